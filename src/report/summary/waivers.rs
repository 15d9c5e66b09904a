//! 放行: what stands as it is by a decision, with who decided it and why.

use super::Summary;
use super::list::{Item, List};
use crate::finding::{Finding, State};
use crate::report::page::Heading;
use crate::report::styles::Light;
use rust_xlsxwriter::{Workbook, XlsxError};

/// Writes the waivers.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let findings = summary.judged.findings.iter().enumerate();
    let lines: Vec<Vec<Item>> = findings
        .filter(|(_, finding)| finding.state == State::Waived)
        .map(|(at, finding)| line(summary, at, finding))
        .collect();
    let all = lines.len();
    let list = List {
        name: summary.names.waivers,
        title: summary.pick("放行", "Waivers"),
        text: summary.say(&both!(
            "共 {all} 条按原数通过；只对这一期、这一记录有效。",
            "{all} figures stand as they are, each for this record and period only."
        )),
        columns: vec![
            heading("编号", "Finding", 10.0, 10.0),
            heading("级别", "Severity", 8.0, 10.0),
            heading("单位", "Unit", 10.0, 22.0),
            heading("表", "Form", 7.0, 12.0),
            heading("指标", "Variable", 12.0, 28.0),
            heading("填报值", "Found", 9.0, 16.0),
            heading("问题", "What is wrong", 24.0, 50.0),
            heading("规则", "Rule", 10.0, 22.0),
            heading("放行人", "Waived by", 10.0, 14.0),
            heading("放行理由", "Why", 20.0, 44.0),
            heading("时间", "Since", 12.0, 18.0),
        ],
        lines,
    };
    super::list::write(book, summary, &list)
}

fn line(summary: &Summary<'_>, at: usize, finding: &Finding) -> Vec<Item> {
    let variable = finding.variable.as_ref();
    let label = variable.map_or_else(String::new, |variable| summary.say(&variable.label));
    let decision = finding.decision.as_ref();
    let (by, remark, seen) = decision.map_or_else(Default::default, |decision| {
        let seen = decision.seen.clone();
        (decision.by.clone(), decision.remark.clone(), seen)
    });
    vec![
        Item::link(super::findings::place(summary, at), finding.id.clone()),
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
        Item::Word(by),
        Item::Words(remark),
        Item::Word(seen),
    ]
}
