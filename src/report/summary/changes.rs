//! 与上次相比: what is new, what has come up again and what was mended since the last run whose
//! inputs differed.

use super::Summary;
use super::list::{Item, List};
use crate::finding::{Finding, Since};
use crate::report::page::Heading;
use crate::report::styles::Light;
use rust_xlsxwriter::{Workbook, XlsxError};

/// More lines than this are counted only: the list of findings has what still stands.
const MOST: usize = 5_000;

/// Writes the changes.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let reopened = of(summary, Since::Reopened);
    let new = of(summary, Since::New);
    let still = of(summary, Since::Still).len();
    let mended = summary.judged.mended();
    let light = |since| match since {
        Since::Reopened => Light::Red,
        Since::New => Light::Amber,
        Since::Still => Light::Grey,
    };
    let known = |(at, finding): &(usize, &Finding)| {
        let word = summary.say(&finding.since.words());
        let place = super::findings::place(summary, *at);
        line(summary, finding, (word, light(finding.since)), place)
    };
    let gone = |finding: &Finding| {
        let word = summary.pick("已解决", "gone").to_owned();
        line(summary, finding, (word, Light::Green), None)
    };
    let lines = reopened.iter().map(known);
    let lines = lines.chain(mended.iter().map(gone));
    let lines = lines.chain(new.iter().map(known));
    let lines: Vec<Vec<Item>> = lines.take(MOST).collect();
    let (again, fresh, gone) = (reopened.len(), new.len(), mended.len());
    let mut text = summary.say(&both!(
        "重新提出 {again} 条，已解决 {gone} 条，新增 {fresh} 条，仍在 {still} 条（在“问题清单”里）。",
        "{again} reopened, {gone} gone, {fresh} new, {still} still there (in the list of findings)."
    ));
    if again + gone + still == 0 && fresh > 0 {
        text += summary.pick(
            "没有上次可比时，全部记为新增。",
            " Without a run to compare with, all are new.",
        );
    }
    if again + gone + fresh > MOST {
        text += &summary.say(&both!(
            "只列前 {MOST} 条。",
            " The first {MOST} are listed."
        ));
    }
    let list = List {
        name: summary.names.changes,
        title: summary.pick("与上次相比", "Since the last run"),
        text,
        columns: vec![
            heading("变化", "Change", 9.0, 12.0),
            heading("编号", "Finding", 10.0, 10.0),
            heading("级别", "Severity", 8.0, 10.0),
            heading("单位", "Unit", 10.0, 22.0),
            heading("表", "Form", 7.0, 12.0),
            heading("指标", "Variable", 12.0, 28.0),
            heading("填报值", "Found", 9.0, 16.0),
            heading("问题", "What is wrong", 24.0, 56.0),
            heading("规则", "Rule", 10.0, 22.0),
            heading("状态", "State", 8.0, 12.0),
        ],
        lines,
    };
    super::list::write(book, summary, &list)
}

fn of<'s>(summary: &'s Summary<'_>, since: Since) -> Vec<(usize, &'s Finding)> {
    let findings = summary.judged.findings.iter().enumerate();
    findings
        .filter(|(_, finding)| finding.since == since)
        .collect()
}

fn line(
    summary: &Summary<'_>,
    finding: &Finding,
    (word, light): (String, Light),
    place: Option<String>,
) -> Vec<Item> {
    let variable = finding.variable.as_ref();
    let label = variable.map_or_else(String::new, |variable| summary.say(&variable.label));
    // What is gone has no state any more.
    let state = match place {
        Some(_) => summary.say(&finding.state.words()),
        None => String::new(),
    };
    vec![
        Item::Lit(word, light),
        Item::link(place, finding.id.clone()),
        Item::Lit(
            summary.say(&finding.severity.words()),
            Light::from(finding.severity),
        ),
        Item::Words(finding.district.name.clone()),
        Item::Word(finding.form.clone().unwrap_or_default()),
        Item::Words(label),
        Item::Words(finding.found.clone()),
        Item::Words(summary.say(&finding.message)),
        Item::Words(finding.rule.clone()),
        Item::Word(state),
    ]
}
