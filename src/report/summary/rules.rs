//! 审核关系: every rule with what came of it, for staff who must know what was looked at.
//!
//! A rule that looked at nothing is pointed out: silence there is no good news. What a rule's
//! findings led to over twelve months says whether it is worth its noise.

use super::Summary;
use crate::check::run::reason_words;
use crate::finding::{Finding, State, Word};
use crate::judged::RuleOutcome;
use crate::report::history::Noise;
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::rulebook::written::Stage;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;
/// The column of the first count.
const COUNTS: usize = 5;
/// How many counts there are.
const MANY: usize = 7;
/// The column of the remarks.
const REMARK: usize = COUNTS + MANY + 1;

/// Writes the rules.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.rules)?;
    let styles = &summary.styles;
    let outcomes = &summary.judged.outcomes;
    page::words(
        sheet,
        (0, 0),
        summary.pick("审核关系", "Rules"),
        &styles.title,
    )?;
    sheet.set_row_height(0, 26)?;
    let (all, silent) = (
        outcomes.len(),
        outcomes.iter().filter(|o| is_silent(o)).count(),
    );
    let text = both!(
        "共 {all} 条；一次也没有审核的 {silent} 条。通过、未通过、未审核之和是审核的单元数；列出＝问题清单里的条数。后三栏是近十二个月报出的问题的结果。",
        "{all} rules, {silent} of which evaluated nothing. Passed, failed and not evaluated add up to the units \
         looked at; listed are the lines in the list of findings. The next three say what findings of twelve months led to."
    );
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), &summary.say(&text), &plain)?;
    let lines: Vec<Vec<String>> = outcomes
        .iter()
        .map(|outcome| cells(summary, outcome))
        .collect();
    let widths = page::headings(sheet, HEAD, &columns(summary), &lines, &styles.head)?;
    for (at, (outcome, cells)) in outcomes.iter().zip(&lines).enumerate() {
        let at = HEAD + 1 + at;
        line(sheet, summary, at, outcome, cells)?;
        page::fit_row(sheet, at, cells, &widths)?;
    }
    let last = HEAD + all.max(1);
    total(sheet, summary, last)?;
    let right = page::col(columns(summary).len() - 1);
    sheet.autofilter(page::row(HEAD), 0, page::row(last), right)?;
    sheet.set_freeze_panes(page::row(HEAD + 1), 1)?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((HEAD, HEAD)),
    )
}

fn is_silent(outcome: &RuleOutcome) -> bool {
    outcome.counts.passed + outcome.counts.failed == 0
}

fn columns(summary: &Summary<'_>) -> Vec<Heading> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    vec![
        heading("编号", "Rule", 12.0, 28.0),
        heading("表", "Form", 7.0, 12.0),
        heading("内容", "What good data do", 24.0, 36.0),
        heading("审核公式", "Formula", 20.0, 36.0),
        heading("级别", "Severity", 6.0, 10.0),
        heading("通过", "Passed", 8.0, 9.0),
        heading("未通过", "Failed", 8.0, 9.0),
        heading("未审核", "Not evaluated", 8.0, 10.0),
        heading("列出", "Listed", 7.0, 9.0),
        heading("改了数", "Led to a mended number", 8.0, 9.0),
        heading("作了说明", "To an explanation", 8.0, 9.0),
        heading("没有下文", "To nothing", 8.0, 9.0),
        heading("未审核的原因", "Why not", 16.0, 24.0),
        heading("提醒", "Remark", 8.0, 18.0),
        heading("依据", "Source", 8.0, 26.0),
    ]
}

fn cells(summary: &Summary<'_>, outcome: &RuleOutcome) -> Vec<String> {
    let counts = &outcome.counts;
    let reasons = counts.not_evaluated.iter().map(|(reason, count)| {
        let words = summary.say(&reason_words(*reason));
        format!("{words} {count}")
    });
    let trial = outcome.stage == Stage::Trial;
    let (_, guard) = summary.tally.of_rule(&outcome.rule);
    let remark = match (guard, is_silent(outcome), counts.units()) {
        (Some(guard), ..) => guarded(summary, guard),
        (_, false, _) if trial => summary.pick("试行，只给市级看", "on trial, for staff only"),
        (_, true, 0) => summary.pick("没有可审核的数据", "nothing to look at"),
        (_, true, _) => summary.pick("一次也没有审核", "never evaluated"),
        (_, false, _) => "",
    };
    let mut cells = vec![
        outcome.rule.clone(),
        outcome.form.clone(),
        summary.say(&outcome.title),
        outcome.formula.clone(),
        summary.say(&outcome.severity.words()),
    ];
    cells.extend(numbers(summary, outcome).map(|number| number.to_string()));
    cells.extend([
        reasons.collect::<Vec<_>>().join(summary.pick("，", ", ")),
        remark.to_owned(),
        outcome.source.clone().unwrap_or_default(),
    ]);
    cells
}

/// What has become of a rule that came up in too many districts.
fn guarded(summary: &Summary<'_>, guard: &Finding) -> &'static str {
    let decision = guard.decision.as_ref();
    let word = decision
        .filter(|one| one.opposed.is_empty())
        .map(|one| one.word);
    match (guard.state, word) {
        (State::Settled, _) => summary.pick("市级已定：下发", "staff decided to send it out"),
        (_, Some(Word::Hold)) => {
            summary.pick("市级已定：暂不下发", "staff decided to hold it back")
        }
        _ => summary.pick("暂不下发，待市级定", "held back, for staff to decide"),
    }
}

/// The counts of a rule: passed, failed, not evaluated, listed, and what its findings led to.
fn numbers(summary: &Summary<'_>, outcome: &RuleOutcome) -> [u64; MANY] {
    let counts = &outcome.counts;
    let (listed, _) = summary.tally.of_rule(&outcome.rule);
    let last_year = summary.judged.period.last_year();
    let months = summary.history.months.iter();
    let noise = months
        .filter(|month| month.period > last_year)
        .chain([&summary.month])
        .filter_map(|month| month.rules.get(&outcome.rule))
        .fold(Noise::default(), |sum, noise| sum.and(*noise));
    [
        counts.passed,
        counts.failed,
        counts.unevaluated(),
        listed,
        noise.mended,
        noise.explained,
        noise.nothing,
    ]
}

fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: usize,
    outcome: &RuleOutcome,
    cells: &[String],
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let numbers = numbers(summary, outcome);
    for (column, text) in cells.iter().enumerate() {
        if let Some(number) = column.checked_sub(COUNTS).and_then(|at| numbers.get(at)) {
            let light = (column == COUNTS + 1 && *number > 0).then(|| outcome.severity.into());
            let format = styles.cell(Look::Number(0), Tone::Plain, light);
            page::count(sheet, (at, column), *number, &format)?;
            continue;
        }
        match column {
            1 | 4 => page::words(sheet, (at, column), text, &styles.centred)?,
            REMARK if is_silent(outcome) || summary.tally.of_rule(&outcome.rule).1.is_some() => {
                let format = styles.cell(Look::Words, Tone::Plain, Some(Light::Amber));
                page::words(sheet, (at, column), text, &format.set_text_wrap())?;
            }
            _ => page::words(sheet, (at, column), text, &styles.wrapped)?,
        }
    }
    Ok(())
}

/// The sums of the counts, under the list.
fn total(sheet: &mut Worksheet, summary: &Summary<'_>, last: usize) -> Result<(), XlsxError> {
    let mut sums = [0; MANY];
    for outcome in &summary.judged.outcomes {
        for (sum, number) in sums.iter_mut().zip(numbers(summary, outcome)) {
            *sum += number;
        }
    }
    let words = summary.styles.cell(Look::Words, Tone::Total, None);
    page::across(
        sheet,
        last + 1,
        (0, COUNTS - 1),
        summary.pick("合计", "Total"),
        &words,
    )?;
    let number = summary.styles.cell(Look::Number(0), Tone::Total, None);
    for (more, sum) in sums.into_iter().enumerate() {
        let column = COUNTS + more;
        let letters = page::letters(column);
        let formula = format!("SUM({letters}{}:{letters}{})", HEAD + 2, last + 1);
        page::formula(
            sheet,
            (last + 1, column),
            &formula,
            &sum.to_string(),
            &number,
        )?;
    }
    Ok(())
}
