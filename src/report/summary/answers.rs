//! 情况说明: what districts answered, for staff who accept it or ask again.
//!
//! Decisions are made in the list of findings, to which every line leads.

use super::Summary;
use super::list::{Item, List};
use crate::finding::{Answer, Finding, State};
use crate::report::page::Heading;
use crate::report::styles::Light;
use regex::Regex;
use rust_xlsxwriter::{Workbook, XlsxError};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Numbers of mobile and fixed telephones; no code of a school begins like them.
static TELEPHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)(?:1[3-9][0-9]{9}|0[0-9]{2,3}[-－ ]?[0-9]{7,8})(?-u:\b)")
        .expect("the pattern is a regular expression")
});

/// Words of a clerk without telephone numbers, which appear nowhere in the summary.
pub(super) fn discreet(text: &str) -> String {
    TELEPHONE.replace_all(text, "（电话略）").into_owned()
}

/// Writes the answers.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let answered: Vec<(usize, &Finding, &Answer)> = summary
        .judged
        .findings
        .iter()
        .enumerate()
        .filter_map(|(at, finding)| Some((at, finding, finding.answer.as_ref()?)))
        .collect();
    let list = List {
        name: summary.names.answers,
        title: summary.pick("情况说明", "Explanations"),
        text: text(summary, &answered),
        columns: vec![
            heading("编号", "Finding", 10.0, 10.0),
            heading("单位", "Unit", 10.0, 22.0),
            heading("表", "Form", 7.0, 12.0),
            heading("指标", "Variable", 12.0, 28.0),
            heading("填报值", "Found", 9.0, 16.0),
            heading("问题", "What is wrong", 24.0, 44.0),
            heading("原因类别", "Reason", 9.0, 16.0),
            heading("情况说明", "Explanation", 24.0, 52.0),
            heading("未成立的原因", "Why it does not hold", 10.0, 26.0),
            heading("状态", "State", 9.0, 12.0),
            heading("到达", "Arrived", 12.0, 18.0),
        ],
        lines: answered
            .iter()
            .map(|(at, finding, answer)| line(summary, *at, finding, answer))
            .collect(),
    };
    super::list::write(book, summary, &list)
}

/// How many there are, by state and by class of reason.
fn text(summary: &Summary<'_>, answered: &[(usize, &Finding, &Answer)]) -> String {
    let all = answered.len();
    let of = |state: State| answered.iter().filter(|(_, f, _)| f.state == state).count();
    let (waiting, accepted, back) = (
        of(State::Explained),
        of(State::Accepted),
        of(State::SentBack),
    );
    let refused = answered.iter().filter(|(_, f, _)| f.refused.is_some());
    let refused = refused.count();
    let mut text = summary.say(&both!(
        "共 {all} 条：待认可 {waiting}，已认可 {accepted}，退回补充 {back}，未成立 {refused}",
        "{all} in all: {waiting} to be looked at, {accepted} accepted, {back} sent back, {refused} do not hold"
    ));
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for (.., answer) in answered {
        *classes.entry(answer.reason.as_str()).or_default() += 1;
    }
    let classes: Vec<String> = classes
        .into_iter()
        .map(|(class, count)| {
            let class = match class {
                "" => summary.pick("未选类别", "no class chosen"),
                class => class,
            };
            format!("{class} {count}")
        })
        .collect();
    if !classes.is_empty() {
        let classes = classes.join(summary.pick("，", ", "));
        text += &summary.say(&both!("。按原因：{classes}", ". By reason: {classes}"));
    }
    text + summary.pick(
        "。认可、退回补充在“问题清单”里选。",
        ". They are accepted or sent back in the list of findings.",
    )
}

fn line(summary: &Summary<'_>, at: usize, finding: &Finding, answer: &Answer) -> Vec<Item> {
    let variable = finding.variable.as_ref();
    let label = variable.map_or_else(String::new, |variable| summary.say(&variable.label));
    let light = match finding.state {
        State::Accepted | State::Waived | State::Settled => Light::Green,
        State::Explained => Light::Amber,
        State::Open | State::SentBack | State::Held => Light::Red,
    };
    let refused = finding.refused.as_ref();
    vec![
        Item::link(super::findings::place(summary, at), finding.id.clone()),
        Item::Words(finding.district.name.clone()),
        Item::Word(finding.form.clone().unwrap_or_default()),
        Item::Words(label),
        Item::Words(finding.found.clone()),
        Item::Words(summary.say(&finding.message)),
        Item::Word(answer.reason.clone()),
        Item::Words(discreet(&answer.text)),
        Item::Words(refused.map_or_else(String::new, |why| summary.say(why))),
        Item::Lit(summary.say(&finding.state.words()), light),
        Item::Word(answer.arrived.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_left_out_and_codes_of_schools_are_not() {
        for (text, shown) in [
            (
                "撤并3所村小，联系电话13800000000",
                "撤并3所村小，联系电话（电话略）",
            ),
            ("023-66000000 问过", "（电话略） 问过"),
            (
                "学校 2150001136 新建，投入 12345678 元",
                "学校 2150001136 新建，投入 12345678 元",
            ),
        ] {
            assert_eq!(discreet(text), shown);
        }
    }
}
