//! 更正: what has come since the month was closed and differs from what was accepted. There is no
//! such sheet where nothing has.

use super::Summary;
use super::list::{Item, List};
use crate::closing::corrections::Correction;
use crate::report::page::Heading;
use rust_xlsxwriter::{Workbook, XlsxError};

/// More lines than this are counted only.
const MOST: usize = 20_000;

/// Writes the corrections.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let corrections = &summary.judged.corrections;
    if corrections.is_empty() {
        return Ok(());
    }
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let all = corrections.len();
    let shown = &corrections[..all.min(MOST)];
    let mut text = summary.say(&both!(
        "封库后报来的有 {all} 处与已验收的不同。各表、汇总和上报稿仍用已验收的数；以后各期要用新数对比的，逐条写进 rules/revisions.csv。",
        "What has come since the close differs in {all} places. All sheets and the clean tables keep \
         the accepted figures; put those that later months shall compare with into rules/revisions.csv."
    ));
    if all > MOST {
        text += &summary.say(&both!(
            "只列前 {MOST} 处，全部在 corrections.json 中。",
            " The first {MOST} are listed; corrections.json has all of them."
        ));
    }
    let list = List {
        name: summary.names.corrections,
        title: summary.pick("更正", "Corrections"),
        text,
        columns: vec![
            heading("单位", "Unit", 10.0, 22.0),
            heading("表", "Form", 7.0, 12.0),
            heading("情况", "What", 10.0, 18.0),
            heading("记录", "Record", 8.0, 22.0),
            heading("指标", "Variable", 14.0, 34.0),
            heading("已验收", "Accepted", 10.0, 20.0),
            heading("现报", "Now", 10.0, 20.0),
            heading("文件", "File", 14.0, 40.0),
            heading("到达", "Arrived", 18.0, 18.0),
        ],
        lines: shown.iter().map(|one| line(summary, one)).collect(),
    };
    super::list::write(book, summary, &list)
}

fn line(summary: &Summary<'_>, one: &Correction) -> Vec<Item> {
    let forms = &summary.judged.rulebook.forms;
    let label = one.variable.as_ref().map(|named| summary.say(&named.label));
    vec![
        Item::Words(one.district.name.clone()),
        Item::Word(one.form.clone()),
        Item::Word(summary.say(&one.change.words())),
        Item::Words(one.key(forms).unwrap_or_default().to_owned()),
        Item::Words(label.unwrap_or_default()),
        Item::Word(one.accepted.clone()),
        Item::Word(one.now.clone()),
        Item::Words(one.file.clone().unwrap_or_default()),
        Item::Word(one.arrived.clone().unwrap_or_default()),
    ]
}
