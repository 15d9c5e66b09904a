//! 来源: which files, which rules and which program this summary was made from, for whoever must
//! prove it later or make it again.

use super::Summary;
use crate::baseline::Standing;
use crate::baseline::earlier::{self, Earlier};
use crate::judged::FileFound;
use crate::period::Period;
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::words::Text;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use std::collections::BTreeSet;

/// The row of the first table's headings.
const FIRST: usize = 6;
/// The room of the four columns at least, in digits.
const ROOM: f64 = 150.0;

/// Writes the provenance.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.provenance)?;
    let styles = &summary.styles;
    let title = summary.pick("数据来源与版本", "Sources and versions");
    page::words(sheet, (0, 0), title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let plain = styles.sentence.clone().unset_text_wrap();
    let judged = summary.judged;
    let version = env!("CARGO_PKG_VERSION");
    let office = &judged.rulebook.job.office;
    let (units, period) = (judged.standing.len(), summary.say(&judged.period.words()));
    let program = both!(
        "程序：核表·合表 hebiao {version}",
        "Program: hebiao {version}"
    );
    let run = both!(
        "{office}，{period}，应报单位 {units} 个",
        "{office}, {period}, {units} reporting units"
    );
    page::words(sheet, (1, 0), &summary.say(&program), &plain)?;
    page::words(sheet, (2, 0), &summary.say(&run), &plain)?;
    let past = summary.say(&compared_with(&judged.earlier));
    page::across(sheet, 3, (0, 3), &past, &styles.sentence)?;
    sheet.set_row_height(3, page::height(page::lines_in(&past, ROOM)))?;
    let next = forms(sheet, summary)?;
    files(sheet, summary, next + 1)?;
    page::paper(sheet, Paper::Landscape, summary.footer(), None)
}

/// The months that were compared with: the accepted ones, and those that are 暂 with the reason.
fn compared_with(all: &[Earlier]) -> Text {
    let is_settled = |period: &Period| {
        let mut of_month = all.iter().filter(|one| one.period == *period);
        of_month.all(Earlier::is_settled)
    };
    let months: BTreeSet<Period> = all.iter().map(|one| one.period).collect();
    let settled = months.iter().filter(|period| is_settled(period));
    let settled: Vec<Text> = settled.map(|one| Text::same(one.to_string())).collect();
    let settled = (!settled.is_empty()).then(|| Text::joined(&settled, &Text::new("、", ", ")));
    let parts = [
        (Standing::Accepted, settled),
        (Standing::Provisional, earlier::briefly(all)),
    ];
    let parts = parts.into_iter().filter_map(|(standing, months)| {
        let word = standing.words();
        Some(word.and(&Text::same(" ")).and(&months?))
    });
    let parts: Vec<Text> = parts.collect();
    if parts.is_empty() {
        return Text::new("对比数：没有", "Compared with: nothing");
    }
    let Text { zh, en } = Text::joined(&parts, &Text::new("；", "; "));
    both!("对比数：{zh}", "Compared with: {en}")
}

/// The forms with the versions of their rules; gives the first row under them back.
fn forms(sheet: &mut Worksheet, summary: &Summary<'_>) -> Result<usize, XlsxError> {
    let styles = &summary.styles;
    let rulebook = summary.judged.rulebook;
    let heading = summary.pick("报表制度版本", "Versions of the forms");
    page::across(sheet, FIRST - 1, (0, 3), heading, &styles.section)?;
    let heads = [
        summary.pick("表号、表名", "Form"),
        summary.pick("规则文件", "Rule file"),
        summary.pick("报表制度版本", "Version"),
        summary.pick("审核关系条数", "Rules"),
    ];
    for (column, head) in heads.into_iter().enumerate() {
        page::words(sheet, (FIRST, column), head, &styles.head)?;
    }
    let mut at = FIRST + 1;
    for form in &rulebook.forms {
        let rules = summary
            .judged
            .outcomes
            .iter()
            .filter(|outcome| outcome.form == form.id);
        let name = format!("{}  {}", form.id, summary.say(&form.title));
        page::words(sheet, (at, 0), &name, &styles.text)?;
        page::words(sheet, (at, 1), &form.file, &styles.text)?;
        page::words(sheet, (at, 2), &form.version, &styles.centred)?;
        page::count(sheet, (at, 3), rules.count() as u64, &styles.count)?;
        at += 1;
    }
    Ok(at)
}

/// The files that were found.
fn files(sheet: &mut Worksheet, summary: &Summary<'_>, first: usize) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let files = &summary.judged.files;
    let refused = files.iter().filter(|file| file.refused.is_some()).count();
    let all = files.len();
    let text = both!(
        "报送文件：共 {all} 份，其中不能用的 {refused} 份",
        "Files: {all} found, {refused} of them not usable"
    );
    page::across(sheet, first, (0, 3), &summary.say(&text), &styles.section)?;
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let columns = [
        heading("文件", "File", 40.0, 56.0),
        heading("结果", "Verdict", 30.0, 44.0),
        heading("到达", "Arrived", 18.0, 22.0),
        heading("SHA-256", "SHA-256", 68.0, 68.0),
    ];
    let contents: Vec<Vec<String>> = files
        .iter()
        .map(|file| {
            let verdict = verdict(summary, file);
            vec![
                file.path.clone(),
                verdict,
                file.arrived.clone(),
                file.sha256.clone(),
            ]
        })
        .collect();
    let widths = page::headings(sheet, first + 1, &columns, &contents, &styles.head)?;
    for (at, (file, cells)) in files.iter().zip(&contents).enumerate() {
        let at = first + 2 + at;
        let light = file.refused.is_some().then_some(Light::Red);
        let verdict = styles.cell(Look::Words, Tone::Plain, light).set_text_wrap();
        for (column, text) in cells.iter().enumerate() {
            let format = match column {
                1 => &verdict,
                2 => &styles.centred,
                _ => &styles.wrapped,
            };
            page::words(sheet, (at, column), text, format)?;
        }
        page::fit_row(sheet, at, cells, &widths)?;
    }
    Ok(())
}

/// What became of a file: why it can't be used, or for which units' forms it counts.
fn verdict(summary: &Summary<'_>, file: &FileFound) -> String {
    if let Some(reason) = &file.refused {
        return summary.say(reason);
    }
    let judged = summary.judged;
    let used: Vec<String> = judged
        .submissions
        .iter()
        .filter(|submission| submission.file == file.path)
        .map(|submission| {
            let unit = &judged.rulebook.register.districts[submission.district].name;
            format!("{unit} {}", judged.rulebook.forms[submission.form].id)
        })
        .collect();
    if used.is_empty() {
        return summary.pick("没有采用", "not in force").to_owned();
    }
    let used = used.join(summary.pick("，", ", "));
    summary.say(&both!("采用：{used}", "in force: {used}"))
}
