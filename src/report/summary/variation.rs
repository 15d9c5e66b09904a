//! 差异系数: how much schools differ, by unit and stage, for those who watch over balance.
//!
//! What is shown is what the rules with `cv(…)` of a list work out, by the same function; a rule
//! that is failed is marked as on the list of findings. Beside each stage stands its composite,
//! the plain mean of its figures.

use super::list::figure;
use super::{FormSheet, Summary};
use crate::expr::figures::Figures;
use crate::expr::{Aggregate, Expr, Link, Reach, Statistic, groups};
use crate::finding::Finding;
use crate::number::{self, Exact};
use crate::report::page::{self, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::rulebook::rule::{Claim, Rule};
use crate::table::Table;
use rayon::prelude::*;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// The row of the stages; the headings and the limits stand under it.
const STAGES: usize = 2;
/// The first unit's row.
const FIRST: usize = STAGES + 3;
/// The first figure's column.
const FIGURES: usize = 2;
/// How wide the columns of figures are at least.
const WIDTH: f64 = 13.0;
/// How wide those of the composites are.
const COMPOSITE: f64 = 11.0;
/// How a coefficient is shown.
const SHOWN: Look = Look::Number(3);

/// A coefficient of variation that a rule of the rulebook looks at.
struct Measure<'s> {
    rule: &'s Rule,
    aggregate: &'s Aggregate,
    /// What weighs the records, by which stages are told apart.
    stage: String,
    /// The greatest usual coefficient, where the rule names a number.
    limit: Option<&'s Exact>,
    /// By unit on the board: its list.
    tables: Vec<Option<&'s Table>>,
}

impl Measure<'_> {
    /// By unit: the coefficient; none where the unit has sent no list, or nothing comes of it.
    fn values(&self) -> Vec<Option<Exact>> {
        let value = |table: Option<&Table>| {
            let figures = [Figures::alone(table?)];
            groups::value(self.aggregate, &figures, self.rule.missing).ok()
        };
        self.tables.iter().copied().map(value).collect()
    }
}

/// A stage: a stretch of measures, and what they come to by unit.
struct Stage<'m> {
    name: &'m str,
    measures: Vec<(&'m Measure<'m>, &'m [Option<Exact>])>,
}

impl Stage<'_> {
    /// The mean of a unit's coefficients, where all are known.
    fn composite(&self, unit: usize) -> Option<Exact> {
        let values = self.measures.iter().map(|(_, values)| values[unit].clone());
        let values: Vec<Exact> = values.collect::<Option<_>>()?;
        let count = Exact::from_integer(values.len().into());
        Some(number::round(&(values.iter().sum::<Exact>() / count), 10))
    }
}

/// Whether a rule looks at a coefficient, so that there is such a sheet.
pub(super) fn is_there(summary: &Summary<'_>) -> bool {
    !measures(summary).is_empty()
}

/// Writes the coefficients.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let measures = measures(summary);
    if measures.is_empty() {
        return Ok(());
    }
    let values: Vec<Vec<Option<Exact>>> = measures.par_iter().map(Measure::values).collect();
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for (measure, values) in measures.iter().zip(&values) {
        let values = values.as_slice();
        match stages.last_mut() {
            Some(stage) if stage.name == measure.stage => stage.measures.push((measure, values)),
            _ => stages.push(Stage {
                name: &measure.stage,
                measures: vec![(measure, values)],
            }),
        }
    }
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.variation)?;
    let styles = &summary.styles;
    let title = summary.pick("校际差异系数", "How much schools differ");
    page::words(sheet, (0, 0), title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let text = summary.pick(
        "差异系数＝标准差（总体）÷平均数，按规则所写的权数加权；综合＝同一学段各项的算术平均。蓝底：超过限值，批注里有问题编号。“—”：没有报送或无法计算。",
        "The coefficient is the standard deviation, in its population form, by the mean, weighted as the \
         rule says; the composite is the plain mean of a stage's. Blue: beyond the limit, with the finding \
         in its note. A dash: no list, or nothing comes of it.",
    );
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), text, &plain)?;
    headings(sheet, summary, &stages)?;
    let findings = findings(summary, &measures);
    for unit in 0..summary.judged.standing.len() {
        line(sheet, summary, &stages, &findings, unit)?;
    }
    sheet.set_freeze_panes(page::row(FIRST), page::col(FIGURES))?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((STAGES, FIRST - 1)),
    )
}

fn measures<'s>(summary: &'s Summary<'_>) -> Vec<Measure<'s>> {
    let judged = summary.judged;
    let mut all = Vec::new();
    for form in summary.sheets().filter(|form| !form.form.is_fixed()) {
        let units = 0..judged.standing.len();
        let tables = units.map(|unit| summary.tally.submission(unit, form.at));
        let tables: Vec<Option<&Table>> = tables.map(|one| Some(&one?.table)).collect();
        for rule in &judged.rulebook.rules[form.at] {
            if !rule.is_in_force(judged.period) {
                continue;
            }
            let claims = rule.assertions.iter().map(|assertion| &assertion.claim);
            let found = claims.filter_map(coefficient);
            all.extend(found.map(|(aggregate, limit)| Measure {
                rule,
                aggregate,
                stage: stage(summary, &form, aggregate),
                limit,
                tables: tables.clone(),
            }));
        }
    }
    all
}

/// The coefficient of a district's own list that a claim limits, and the limit.
fn coefficient(claim: &Claim) -> Option<(&Aggregate, Option<&Exact>)> {
    let Claim::Compare {
        left: Expr::Aggregate(aggregate),
        right,
        ..
    } = claim
    else {
        return None;
    };
    let is_plain = aggregate.statistic == Statistic::Variation
        && aggregate.reach == Reach::District
        && aggregate.over == Link::OWN
        && aggregate.groups.is_empty();
    let limit = match right {
        Expr::Number(number) => Some(&number.exact),
        _ => None,
    };
    is_plain.then_some((aggregate.as_ref(), limit))
}

/// What weighs the records: of pupils the stage that they are in.
fn stage(summary: &Summary<'_>, form: &FormSheet<'_>, aggregate: &Aggregate) -> String {
    match &aggregate.weight {
        Some(Expr::Leaf(leaf)) if leaf.is_own() => {
            summary.say(&form.form.variable_label(leaf.variable))
        }
        _ => summary.say(&form.form.title),
    }
}

/// The findings of these rules, by rule and unit's code.
fn findings<'s>(
    summary: &'s Summary<'_>,
    measures: &[Measure<'_>],
) -> BTreeMap<(&'s str, &'s str), &'s Finding> {
    let is_one = |finding: &&Finding| {
        let mut rules = measures.iter().map(|measure| &measure.rule.id);
        rules.any(|id| *id == finding.rule)
    };
    let findings = summary.judged.findings.iter().filter(is_one);
    findings
        .map(|finding| {
            let key = (finding.rule.as_str(), finding.district.code.as_str());
            (key, finding)
        })
        .collect()
}

fn headings(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    stages: &[Stage<'_>],
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let head = &styles.head;
    let names = summary.judged.standing.iter().map(|s| s.unit.name.as_str());
    let widest = names.map(page::width).fold(10.0, f64::max) + 2.0;
    sheet.set_column_width(0, widest.min(24.0))?;
    sheet.set_column_width(1, 12.0)?;
    for (column, text) in [
        summary.pick("填报单位", "Unit"),
        summary.pick("分组", "Group"),
    ]
    .into_iter()
    .enumerate()
    {
        let column = page::col(column);
        let (first, last) = (page::row(STAGES), page::row(STAGES + 1));
        sheet.merge_range(first, column, last, column, text, head)?;
    }
    let limits = styles.cell(SHOWN, Tone::Group, None);
    let group = styles.cell(Look::Words, Tone::Group, None);
    let limit = summary.pick("限值", "Limit");
    page::across(sheet, FIRST - 1, (0, FIGURES - 1), limit, &group)?;
    let (mut at, mut lines, mut above) = (FIGURES, 1, 1);
    for stage in stages {
        let last = at + stage.measures.len();
        let name = stage.name.replace(" › ", "›");
        let over = summary.pick("以", "weighted by ");
        let weighted = summary.pick("加权", "");
        let over = format!("{over}{name}{weighted}");
        page::across(sheet, STAGES, (at, last), &over, head)?;
        let mut room = COMPOSITE;
        for (measure, _) in &stage.measures {
            let title = summary.say(&measure.rule.title);
            let title = title.trim_end_matches("的差异系数");
            page::words(sheet, (STAGES + 1, at), title, head)?;
            let width = WIDTH.max(page::longest_word(title) + 1.0);
            lines = lines.max(page::lines_in(title, width));
            room += width;
            let limit = measure.limit.map(number::to_f64);
            figure(sheet, (FIRST - 1, at), limit, &limits)?;
            sheet.set_column_width(page::col(at), width)?;
            at += 1;
        }
        above = above.max(page::lines_in(&over, room));
        let composite = summary.pick("综合", "Composite");
        page::words(sheet, (STAGES + 1, at), composite, head)?;
        page::words(sheet, (FIRST - 1, at), "", &limits)?;
        sheet.set_column_width(page::col(at), COMPOSITE)?;
        at += 1;
    }
    sheet.set_row_height(page::row(STAGES), page::height(above))?;
    sheet.set_row_height(page::row(STAGES + 1), page::height(lines))?;
    Ok(())
}

fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    stages: &[Stage<'_>],
    findings: &BTreeMap<(&str, &str), &Finding>,
    unit: usize,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let at = FIRST + unit;
    let standing = &summary.judged.standing[unit].unit;
    page::words(sheet, (at, 0), &standing.name, &styles.text)?;
    page::words(sheet, (at, 1), summary.region(unit), &styles.centred)?;
    let mut column = FIGURES;
    for stage in stages {
        for (measure, values) in &stage.measures {
            let key = (measure.rule.id.as_str(), standing.code.as_str());
            let finding = findings.get(&key);
            let light = finding.map(|finding| Light::from(finding.severity));
            let format = styles.cell(SHOWN, Tone::Plain, light);
            let value = values[unit].as_ref().map(number::to_f64);
            figure(sheet, (at, column), value, &format)?;
            if let Some(finding) = finding {
                let (id, message) = (&finding.id, summary.say(&finding.message));
                page::note(sheet, (at, column), &format!("{id}\n{message}"))?;
            }
            column += 1;
        }
        let composite = stage.composite(unit).as_ref().map(number::to_f64);
        let format = styles.cell(SHOWN, Tone::Group, None);
        figure(sheet, (at, column), composite, &format)?;
        column += 1;
    }
    Ok(())
}
