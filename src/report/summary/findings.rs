//! 问题清单: every finding on a line of its own, for staff who decide what becomes of it.
//!
//! It can be filtered by unit, form and severity; each line leads to the figure on its form's
//! sheet. Staff decide in it: what was decided before stands there already, and a line's
//! drop-down offers what fits the line, wherever it is sorted to. Decisions are read back by the
//! words of the headings from any edited copy.

use super::answers::discreet;
use super::{FormSheet, Summary};
use crate::dialogue;
use crate::finding::{Decision, Finding, Opposed, State, Word};
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::rulebook::written::{Audience, Severity, Stage};
use crate::submissions::ONE_RULE;
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, Formula, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeMap;

/// The row of the headings.
const HEAD: usize = 2;
/// More findings than this are counted only: no one reads them, and Excel would be slow.
const MOST: usize = 100_000;
/// The column that leads to the form's sheet.
const LINK: usize = 5;
/// The column of the effects, numbers that can be sorted and filtered.
const EFFECT: usize = 13;
/// The columns that staff fill in: 处理, 处理人, 备注.
const DECISION: usize = 22;
/// What others decided otherwise.
const OPPOSED: usize = DECISION + 3;
/// The hidden column that says which of [`CHOICES`] a line offers: it moves with its line where
/// staff sort, as a drop-down of the cell alone would not.
const KIND: usize = OPPOSED + 1;

/// What can be decided: of an error; of a query to a district; of what only staff know of; of a
/// rule that is held back; of two submissions.
const CHOICES: [&[Word]; 5] = [
    &[Word::Waive],
    &[Word::Accept, Word::SendBack, Word::Waive],
    &[Word::Accept, Word::SendBack, Word::Waive, Word::Release],
    &[Word::Release, Word::Hold],
    &[Word::UseFirst, Word::UseSecond],
];

/// Which of [`CHOICES`] a finding offers.
fn offered(finding: &Finding) -> usize {
    match (finding.severity, finding.audience) {
        _ if finding.rule == ONE_RULE => 4,
        _ if matches!(finding.state, State::Held | State::Settled) => 3,
        (Severity::Error, _) => 0,
        (_, Audience::District) => 1,
        (_, Audience::City) => 2,
    }
}

/// The cell of a finding in the list, for links from other sheets.
pub(super) fn place(summary: &Summary<'_>, finding: usize) -> Option<String> {
    (finding < MOST).then(|| page::address(summary.names.findings, (HEAD + 1 + finding, 0)))
}

/// Writes the list.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.findings)?;
    let findings = &summary.judged.findings;
    let shown = &findings[..findings.len().min(MOST)];
    titles(sheet, summary, shown.len())?;
    let lines: Vec<Vec<String>> = shown
        .iter()
        .map(|finding| cells(summary, finding))
        .collect();
    let widths = page::headings(sheet, HEAD, &columns(summary), &lines, &summary.styles.head)?;
    let targets = Targets::new(summary);
    let formats = Formats::new(summary);
    for (at, (finding, cells)) in shown.iter().zip(&lines).enumerate() {
        let at = HEAD + 1 + at;
        line(sheet, summary, at, (finding, cells), &formats)?;
        page::count(
            sheet,
            (at, KIND),
            offered(finding) as u64 + 1,
            &summary.styles.count,
        )?;
        if let Some((target, name)) = targets.of(finding) {
            page::link(sheet, (at, LINK), &target, name, &summary.styles.link)?;
        }
        page::fit_row(sheet, at, cells, &widths)?;
    }
    let last = HEAD + shown.len().max(1);
    let more = findings.len() - shown.len();
    if more > 0 {
        let text = both!(
            "另有 {more} 条没有列在这里，全部在 findings.json 中",
            "{more} more are not listed here; findings.json has all of them"
        );
        page::words(
            sheet,
            (last + 1, 0),
            &summary.say(&text),
            &summary.styles.sentence,
        )?;
    }
    sheet.autofilter(page::row(HEAD), 0, page::row(last), page::col(KIND))?;
    decisions(sheet, summary, last)?;
    sheet.set_freeze_panes(page::row(HEAD + 1), 4)?;
    page::paper(sheet, Paper::Wide(4), summary.footer(), Some((HEAD, HEAD)))
}

fn titles(sheet: &mut Worksheet, summary: &Summary<'_>, shown: usize) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    page::words(
        sheet,
        (0, 0),
        summary.pick("审核问题清单", "Findings"),
        &styles.title,
    )?;
    sheet.set_row_height(0, 26)?;
    let findings = &summary.judged.findings;
    let weights = summary.tally.weigh_all();
    let (errors, queries, notes, all) = (
        weights.errors,
        weights.queries,
        weights.notes,
        weights.all(),
    );
    let mut text = summary.say(&both!(
        "必改 {errors} 条 · 核实 {queries} 条 · 提示 {notes} 条，共 {all} 条",
        "{errors} errors · {queries} queries · {notes} notes: {all} in all"
    ));
    if shown < findings.len() {
        text += &summary.say(&both!(
            "，列出前 {shown} 条",
            "; the first {shown} are listed"
        ));
    }
    let cells: u64 = findings.iter().map(|finding| finding.count).sum();
    if cells != all {
        text += &summary.say(&both!("，涉及 {cells} 处", ", standing for {cells} places"));
    }
    if all == 0 {
        text += &summary.say(&super::overview::nothing_found(summary));
    }
    text += summary.pick(
        "。“处理”“处理人”“备注”由市级填写，排序、筛选、另存都可以；下次运行按编号读取。",
        ". Staff fill in decision, name and remark; the list may be sorted, filtered and saved elsewhere: \
         the next run reads decisions by their ids.",
    );
    page::words(
        sheet,
        (1, 0),
        &text,
        &styles.sentence.clone().unset_text_wrap(),
    )
}

fn columns(summary: &Summary<'_>) -> Vec<Heading> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    vec![
        heading("编号", "Id", 10.0, 10.0),
        heading("级别", "Severity", 8.0, 10.0),
        heading("对象", "For", 8.0, 10.0),
        heading("单位", "Unit", 10.0, 22.0),
        heading("表", "Form", 7.0, 12.0),
        heading("看表", "See", 10.0, 12.0),
        heading("单元格", "Cell", 16.0, 34.0),
        heading("行次栏次", "Numbers", 10.0, 22.0),
        heading("指标", "Variable", 12.0, 26.0),
        heading("填报值", "Found", 9.0, 16.0),
        heading("应为", "Expected", 9.0, 18.0),
        heading("差额", "Difference", 8.0, 18.0),
        heading("参考范围", "Usual range", 8.0, 18.0),
        heading("影响", "Effect", 7.0, 10.0),
        heading("问题", "What is wrong", 24.0, 46.0),
        heading("怎么改", "What to do", 20.0, 34.0),
        heading("规则", "Rule", 10.0, 22.0),
        heading("状态", "State", 8.0, 12.0),
        heading("与上次相比", "Since", 9.0, 12.0),
        heading("原因类别", "Reason", 8.0, 16.0),
        heading("情况说明", "Explanation", 14.0, 34.0),
        heading("说明未成立、可能的说明", "Refused, or proposed", 14.0, 30.0),
        heading("处理", "Decision", 12.0, 12.0),
        heading("处理人", "By", 10.0, 14.0),
        heading("备注", "Remark", 20.0, 30.0),
        heading("未生效的原因", "Decided otherwise", 9.0, 24.0),
        heading("选项", "Choices", 8.0, 8.0),
    ]
}

/// What stands in a finding's line.
fn cells(summary: &Summary<'_>, finding: &Finding) -> Vec<String> {
    let audience = match finding.audience {
        Audience::District => summary.pick("区县", "district"),
        Audience::City => summary.pick("市级", "city"),
    };
    let state = match finding.state {
        State::Open if finding.stage == Stage::Trial => summary.pick("试行", "on trial").to_owned(),
        state => summary.say(&state.words()),
    };
    let unit = match finding.district.name.as_str() {
        "" => summary.pick("（未识别）", "(not known)").to_owned(),
        name => name.to_owned(),
    };
    let variable = finding.variable.as_ref();
    let numbers = variable.and_then(|variable| variable.numbers.as_ref());
    let of_record = |label: String| match &finding.record {
        // In a fixed form the label names the row already.
        Some(record) if variable.is_none_or(|v| !v.id.contains('[')) => format!("{record} {label}"),
        _ => label,
    };
    vec![
        finding.id.clone(),
        summary.say(&finding.severity.words()),
        audience.to_owned(),
        unit,
        finding.form.clone().unwrap_or_default(),
        String::new(),
        finding.place.to_string(),
        numbers.map_or_else(String::new, |numbers| summary.say(numbers)),
        of_record(variable.map_or_else(String::new, |variable| summary.say(&variable.label))),
        finding.found.clone(),
        finding.expected.clone().unwrap_or_default(),
        finding.difference.clone().unwrap_or_default(),
        finding.limits.clone().unwrap_or_default(),
        finding.effect.map_or_else(String::new, share),
        summary.say(&finding.message),
        summary.say(&finding.fix),
        finding.rule.clone(),
        state,
        summary.say(&finding.since.words()),
        finding
            .answer
            .as_ref()
            .map_or_else(String::new, |answer| answer.reason.clone()),
        finding
            .answer
            .as_ref()
            .map_or_else(String::new, |answer| discreet(&answer.text)),
        beside_answer(summary, finding),
        settled(finding, |decision| summary.say(&decision.word.words())),
        settled(finding, |decision| decision.by.clone()),
        settled(finding, |decision| decision.remark.clone()),
        decided(finding, |decision| {
            without_effect(summary, decision, finding)
        }),
    ]
}

/// Why an answer does not hold, else what may be one already.
fn beside_answer(summary: &Summary<'_>, finding: &Finding) -> String {
    if let Some(why) = &finding.refused {
        return discreet(&summary.say(why));
    }
    if finding.answer.is_some() {
        return String::new();
    }
    let proposals = finding.proposals.iter().map(|proposal| {
        let (from, text) = (summary.say(&proposal.from), discreet(&proposal.text));
        summary.say(&both!("{from}：{text}", "{from}: {text}"))
    });
    proposals.collect::<Vec<_>>().join("\n")
}

fn decided(finding: &Finding, of: impl Fn(&Decision) -> String) -> String {
    finding.decision.as_ref().map(of).unwrap_or_default()
}

/// The same where nobody disagrees: else the cell waits for whoever settles it.
fn settled(finding: &Finding, of: impl Fn(&Decision) -> String) -> String {
    let decision = finding.decision.as_ref();
    let agreed = decision.filter(|decision| decision.opposed.is_empty());
    agreed.map(of).unwrap_or_default()
}

/// Why a decision has no effect: others decided otherwise, or a waiver lacks name or reason.
fn without_effect(summary: &Summary<'_>, decision: &Decision, finding: &Finding) -> String {
    if !decision.opposed.is_empty() {
        return opposed(summary, decision);
    }
    dialogue::void(decision, finding).map_or_else(String::new, |why| summary.say(&why))
}

/// Who decided what where they disagree: then none of the decisions counts.
pub(super) fn opposed(summary: &Summary<'_>, decision: &Decision) -> String {
    let own = Opposed {
        word: decision.word,
        by: decision.by.clone(),
    };
    let others = std::iter::once(&own).chain(&decision.opposed).map(|other| {
        let (by, word) = (&other.by, summary.say(&other.word.words()));
        summary.say(&both!("{by}：{word}", "{by}: {word}"))
    });
    others.collect::<Vec<_>>().join(summary.pick("；", "; "))
}

/// A share of the city's total, in percent.
fn share(effect: f64) -> String {
    format!("{:.2}%", effect * 100.0)
}

/// The formats of a line, made once.
struct Formats {
    /// By severity: the word's.
    severity: [Format; 3],
    /// Of figures as they were written.
    figure: Format,
    /// Of a share of the city's figure.
    effect: Format,
    /// Of short words.
    centred: Format,
    /// Of why a decision has no effect.
    void: Format,
}

impl Formats {
    fn new(summary: &Summary<'_>) -> Self {
        let word = |light| summary.styles.word(Some(light), Tone::Plain);
        Self {
            severity: [word(Light::Red), word(Light::Amber), word(Light::Blue)],
            centred: summary.styles.centred.clone().set_text_wrap(),
            void: word(Light::Red).set_text_wrap(),
            effect: summary.styles.cell(Look::Percent(2), Tone::Plain, None),
            figure: summary
                .styles
                .cell(Look::Number(0), Tone::Plain, None)
                .set_text_wrap(),
        }
    }
}

fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: usize,
    finding: (&Finding, &[String]),
    formats: &Formats,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let (finding, cells) = finding;
    for (column, text) in cells.iter().enumerate() {
        if let Some(effect) = finding.effect.filter(|_| column == EFFECT) {
            let (row, column) = (page::row(at), page::col(column));
            sheet.write_number_with_format(row, column, effect, &formats.effect)?;
            continue;
        }
        let format = match column {
            1 => &formats.severity[finding.severity as usize],
            0 | 2 | 4 | 7 | 17..=19 => &formats.centred,
            9..=13 => &formats.figure,
            DECISION..OPPOSED => &styles.answer,
            OPPOSED if !text.is_empty() => &formats.void,
            _ => &styles.wrapped,
        };
        page::words(sheet, (at, column), text, format)?;
    }
    Ok(())
}

/// Where the figures that findings are about stand.
struct Targets<'s> {
    sheets: BTreeMap<&'s str, FormSheet<'s>>,
    units: BTreeMap<&'s str, usize>,
    status: &'s str,
}

impl<'s> Targets<'s> {
    fn new(summary: &'s Summary<'_>) -> Self {
        let standing = &summary.judged.standing;
        Self {
            sheets: summary
                .sheets()
                .map(|sheet| (sheet.form.id.as_str(), sheet))
                .collect(),
            units: standing
                .iter()
                .enumerate()
                .map(|(at, s)| (s.unit.code.as_str(), at))
                .collect(),
            status: summary.names.status,
        }
    }

    /// The cell that a finding leads to, and what the link is called: the figure on the form's
    /// sheet, or the unit on the board.
    fn of(&self, finding: &Finding) -> Option<(String, &'s str)> {
        let unit = *self.units.get(finding.district.code.as_str())?;
        let sheet = finding
            .form
            .as_deref()
            .and_then(|form| self.sheets.get(form));
        Some(match sheet {
            Some(sheet) => (
                page::address(sheet.name, sheet.cell_of(unit, finding)),
                sheet.name,
            ),
            None => (
                page::address(self.status, super::status::cell_of(unit)),
                self.status,
            ),
        })
    }
}

/// What staff can decide of a finding, as a drop-down. The lists stand in hidden cells of the
/// first row, where no line is sorted or deleted.
fn decisions(sheet: &mut Worksheet, summary: &Summary<'_>, last: usize) -> Result<(), XlsxError> {
    let mut ranges: Vec<String> = Vec::new();
    let mut at = KIND + 1;
    for words in CHOICES {
        let first = at;
        for word in words {
            let text = summary.say(&word.words());
            page::words(sheet, (0, at), &text, &summary.styles.text)?;
            at += 1;
        }
        let (first, last) = (page::letters(first), page::letters(at - 1));
        ranges.push(format!("${first}$1:${last}$1"));
    }
    for column in KIND..at {
        sheet.set_column_hidden(page::col(column))?;
    }
    let (kind, first, ranges) = (page::letters(KIND), HEAD + 2, ranges.join(","));
    let fitting = Formula::new(format!("CHOOSE(${kind}{first},{ranges})"));
    let meaning = summary.pick(
        "认可：说明成立；退回补充：请区县再说明；放行：按原数通过；下发：发给区县核实；暂不：先看规则；采用前者、后者：两份报送用哪份",
        "accept the explanation; ask again; waive: the figure stands; release to the district; \
         hold: look at the rule first; which of two submissions is used",
    );
    let choice = DataValidation::new()
        .allow_list_formula(fitting)
        .set_input_title(summary.pick("处理", "Decision"))?
        .set_input_message(meaning)?
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title(summary.pick("处理", "Decision"))?
        .set_error_message(summary.pick("请从下拉列表中选择", "Please choose from the list"))?;
    let column = page::col(DECISION);
    sheet.add_data_validation(
        page::row(HEAD + 1),
        column,
        page::row(last),
        column,
        &choice,
    )?;
    Ok(())
}
