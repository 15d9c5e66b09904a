//! Rules over records: pass, fail or not evaluated, counted for every unit that was looked at.

use super::{Failed, kind, leaf_words};
use crate::expr::Source;
use crate::expr::columns::{Figures, Verdict, verdicts};
use crate::expr::exact::{Failure, Judgement, Reason, judge};
use crate::finding::{self, Finding, ReadCell, State, TOLD_IN_FULL, Unit, Variable};
use crate::period::Period;
use crate::place::Place;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Claim, Relation, Rule};
use crate::rulebook::written::Severity;
use crate::words::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many units of a rule passed, failed and could not be evaluated, with the reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// It held.
    pub passed: u64,
    /// It did not.
    pub failed: u64,
    /// It could not be said, and why.
    pub not_evaluated: BTreeMap<Reason, u64>,
}

impl Counts {
    /// All units that were looked at.
    pub fn units(&self) -> u64 {
        self.passed + self.failed + self.unevaluated()
    }

    /// Those that could not be evaluated.
    pub fn unevaluated(&self) -> u64 {
        self.not_evaluated.values().sum()
    }

    /// Adds another's units.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        for (reason, count) in &other.not_evaluated {
            *self.not_evaluated.entry(*reason).or_default() += count;
        }
    }
}

/// Whose records these are, for places and ids.
pub struct Owner<'a> {
    /// The district.
    pub unit: &'a Unit,
    /// The submitted file.
    pub file: &'a str,
}

/// What is looked at in one go: records of one form.
pub struct Batch<'a> {
    /// The form.
    pub form: &'a Form,
    /// The period.
    pub period: Period,
    /// The figures.
    pub figures: Figures<'a>,
    /// Who each record belongs to, as a position in `owners`.
    pub owner: &'a dyn Fn(usize) -> usize,
    /// The submissions.
    pub owners: &'a [Owner<'a>],
}

/// What came of one rule in one batch.
pub struct Checked {
    /// Counts by owner.
    pub counts: Vec<Counts>,
    /// The findings, in the order of records.
    pub findings: Vec<Finding>,
}

/// Looks at every record of a batch with one rule.
pub fn check(rule: &Rule, batch: &Batch<'_>) -> Checked {
    let mut checked = Checked {
        counts: vec![Counts::default(); batch.owners.len()],
        findings: Vec::new(),
    };
    let mut told: Vec<Told> = vec![Told::default(); batch.owners.len()];
    for assertion in &rule.assertions {
        let scale = batch.form.variables[assertion.accused].scale();
        let columns = verdicts(assertion, &batch.figures, rule.missing, scale);
        for (record, verdict) in columns.into_iter().enumerate() {
            let owner = (batch.owner)(record);
            let counts = &mut checked.counts[owner];
            // Whole columns only vouch for what clearly holds; a floor is a question of its own.
            if verdict == Verdict::True && assertion.floor.is_none() {
                counts.passed += 1;
                continue;
            }
            match judge(assertion, &batch.figures, record, rule.missing, scale) {
                Judgement::Pass => counts.passed += 1,
                Judgement::NotEvaluated(reason) => {
                    *counts.not_evaluated.entry(reason).or_default() += 1;
                }
                Judgement::Fail(failure) => {
                    counts.failed += 1;
                    let told = &mut told[owner];
                    told.failed += 1;
                    if told.failed <= TOLD_IN_FULL as u64 {
                        let failed = Failed {
                            form: batch.form,
                            rule,
                            assertion,
                            figures: &batch.figures,
                            record,
                            failure: &failure,
                        };
                        checked.findings.push(finding(&failed, batch, owner));
                        told.last = Some(checked.findings.len() - 1);
                    }
                }
            }
        }
    }
    for (owner, told) in told.into_iter().enumerate() {
        let rest = told.failed.saturating_sub(TOLD_IN_FULL as u64);
        if let Some(last) = told.last.filter(|_| rest > 0) {
            let more = rest_of_many(
                &checked.findings[last],
                rest,
                told.failed,
                rule,
                batch,
                owner,
            );
            checked.findings.push(more);
        }
    }
    checked
}

#[derive(Clone, Default)]
struct Told {
    failed: u64,
    last: Option<usize>,
}

/// One line for all findings beyond those told in full.
fn rest_of_many(
    last: &Finding,
    rest: u64,
    all: u64,
    rule: &Rule,
    batch: &Batch<'_>,
    owner: usize,
) -> Finding {
    let full = TOLD_IN_FULL;
    let code = &batch.owners[owner].unit.code;
    Finding {
        id: finding::id(&rule.id, code, &batch.period.to_string(), "rest"),
        severity: rule.severity,
        place: Place {
            cell: None,
            ..last.place.clone()
        },
        read: Vec::new(),
        record: None,
        variable: None,
        found: String::new(),
        expected: None,
        difference: None,
        message: both!(
            "同样的问题共 {all} 处，前 {full} 处已逐条列出，另有 {rest} 处",
            "the same in {all} places: {full} are listed one by one, {rest} more are not"
        ),
        count: rest,
        ..last.clone()
    }
}

fn finding(failed: &Failed<'_>, batch: &Batch<'_>, owner: usize) -> Finding {
    let (form, rule, record) = (failed.form, failed.rule, failed.record);
    let accused = failed.assertion.accused;
    let variable = &form.variables[accused];
    let owner = &batch.owners[owner];
    let table = failed.figures.own;
    let wording = (kind(rule).say)(failed);
    let at = table.spot(record, variable.column, variable.row);
    let name = match variable.row {
        Some(row) => Some(form.rows[row].id.clone()),
        None if form.key.is_empty() => None,
        None => form
            .key
            .iter()
            .map(|key| leaf_words(form, failed.figures, crate::expr::Leaf::own(*key), record))
            .reduce(|all, part| format!("{all} {part}")),
    };
    let about = format!("{} {}", name.as_deref().unwrap_or(""), variable.id);
    let severity = wording.severity.unwrap_or(rule.severity);
    let shown = |x: &crate::number::Exact| failed.show(accused, x);
    let Failure {
        expected,
        difference,
        decimals,
        ..
    } = failed.failure;
    // A limit is told as one: ≤ 100 %.
    let sign = match &failed.assertion.claim {
        Claim::Compare { relation, .. } if *relation != Relation::Equal => relation.sign(),
        _ => "",
    };
    let expected = expected.as_ref().map(|x| match decimals {
        Some(_) => super::show(form, accused, x, *decimals),
        None => format!("{sign}{}", shown(x)),
    });
    Finding {
        id: finding::id(
            &rule.id,
            &owner.unit.code,
            &batch.period.to_string(),
            &about,
        ),
        rule: rule.id.clone(),
        severity,
        audience: rule.audience,
        district: owner.unit.clone(),
        form: Some(form.id.clone()),
        place: Place {
            file: at.and_then(|at| at.file).unwrap_or(owner.file).to_owned(),
            sheet: at.map(|at| at.sheet.to_owned()),
            cell: at.map(|at| at.cell),
        },
        read: read(failed, batch, owner),
        record: name,
        variable: Some(Variable {
            id: variable.id.clone(),
            label: form.variable_label(accused),
            numbers: form.variable_numbers(accused),
        }),
        found: failed.found(),
        // What a query expects is the city's business; only what must be can be told.
        expected: expected.filter(|_| severity == Severity::Error),
        difference: difference
            .as_ref()
            .filter(|_| rule.kind != "check")
            .map(|gap| failed.show_gap(accused, gap)),
        message: in_english(wording.message),
        fix: in_english(wording.fix),
        state: State::Open,
        count: 1,
    }
}

/// Figures carry their unit's sign as people write it; for readers of English points are points.
fn in_english(text: Text) -> Text {
    Text {
        en: text.en.replace("个百分点", " points"),
        ..text
    }
}

/// The cells that the assertion read, the accused first.
fn read(failed: &Failed<'_>, batch: &Batch<'_>, owner: &Owner<'_>) -> Vec<ReadCell> {
    failed
        .assertion
        .reads()
        .iter()
        .filter_map(|leaf| {
            let variable = &failed.form.variables[leaf.variable];
            let earlier = match leaf.source {
                Source::Own => {
                    let own = failed.figures.own;
                    let spot = own.spot(failed.record, variable.column, variable.row)?;
                    return Some(ReadCell {
                        file: spot.file.unwrap_or(owner.file).to_owned(),
                        sheet: spot.sheet.to_owned(),
                        range: spot.cell.to_string(),
                    });
                }
                Source::LastYear => batch.period.last_year(),
                Source::LastPeriod => failed.form.period_before(batch.period),
            };
            Some(ReadCell {
                file: earlier.to_string(),
                sheet: failed.form.id.clone(),
                range: variable.id.clone(),
            })
        })
        .collect()
}

/// What a reason is called.
pub fn reason_words(reason: Reason) -> Text {
    let (zh, en) = match reason {
        Reason::Missing => ("缺数", "a figure is missing"),
        Reason::NotApplicable => ("不适用", "not applicable"),
        Reason::Unreadable => ("单元格读不出", "a cell is unreadable"),
        Reason::NoColumn => ("没有这一栏", "the column is missing"),
        Reason::DivisionByZero => ("分母为零", "the divisor is zero"),
        Reason::NoBaseline => ("没有往期数", "no earlier figure"),
        Reason::BelowFloor => ("基数太小", "the base is too small"),
    };
    Text::new(zh, en)
}
