//! Kinds that judge a figure among its like, all units of a rule at once.
//!
//! What is judged here is still counted, placed and put into words like everything else.

use super::run::{Prepared, narrowed};
use crate::expr::Source;
use crate::expr::exact::{self, Among, Failure, Judgement, Reason};
use crate::expr::figures::Figures;
use crate::number::{self, Exact};
use crate::rulebook::rule::{Against, Assertion, Claim, Complete, Method, Outlier, Rule, Scale};
use crate::statistics::{HbUnit, HidiroglouBerthelot, Mad, binomial_limits};
use crate::table::Records;
use num_traits::{Signed, Zero};
use std::collections::{BTreeMap, BTreeSet};

/// By batch and assertion, the units that were looked at with what came out.
type Judgements = Vec<Vec<Vec<(usize, Judgement)>>>;

/// What a rule says of all units of all batches, where its kind looks at them together.
pub(super) fn judge(rule: &Rule, prepared: &[Prepared<'_>]) -> Option<Judgements> {
    match &rule.assertions.first()?.claim {
        Claim::Scale(_) => Some(prepared.iter().map(|one| scale(rule, one)).collect()),
        Claim::Complete(_) => {
            let of = |one: &Prepared<'_>| {
                let assertions = rule.assertions.iter();
                let judged = assertions.map(|assertion| match &assertion.claim {
                    Claim::Complete(complete) => vanished(rule, assertion, complete, one),
                    _ => Vec::new(),
                });
                judged.collect()
            };
            Some(prepared.iter().map(of).collect())
        }
        Claim::Outlier(_) => {
            let mut all: Judgements = prepared.iter().map(|_| Vec::new()).collect();
            for assertion in &rule.assertions {
                let Claim::Outlier(outlier) = &assertion.claim else {
                    continue;
                };
                let judged = outliers(rule, assertion, outlier, prepared);
                for (all, judged) in all.iter_mut().zip(judged) {
                    all.push(judged);
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// A unit's figures for a method, or what is said of it before they are looked at.
fn figures_of(
    rule: &Rule,
    assertion: &Assertion,
    one: &Prepared<'_>,
    record: usize,
    wanted: &[&crate::expr::Expr],
) -> Result<Vec<Exact>, Judgement> {
    let figures = one.figures();
    if let Some(judgement) = narrowed(assertion, &figures, record, rule) {
        return Err(judgement);
    }
    if let Some(floor) = &assertion.floor {
        match exact::truth(floor, &figures, record, rule.missing) {
            Ok(true) => {}
            Ok(false) => return Err(Judgement::NotEvaluated(Reason::BelowFloor)),
            Err(reason) => return Err(Judgement::NotEvaluated(reason)),
        }
    }
    wanted
        .iter()
        .map(|expr| exact::number(expr, &figures, record, rule.missing))
        .collect::<Result<_, _>>()
        .map_err(Judgement::NotEvaluated)
}

/// The powers of ten that slips are made by.
const POWERS: [i32; 8] = [-4, -3, -2, -1, 1, 2, 3, 4];

/// The powers of ten that a unit may be off by, or what is said of it before that is looked at.
type Powers = Result<Vec<i32>, Judgement>;

/// The powers of ten that a figure may be off by, the likeliest first; 0 where it is as usual,
/// none where nothing would make it so.
///
/// The quotient of the two figures must be usual once the power is taken away. Where what is
/// usual spans more than a factor of ten several powers do, and the one that brings the quotient
/// nearest to the middle of it is the likeliest.
fn powers(scale: &Scale, value: &Exact, against: &Exact) -> Vec<i32> {
    let ratio = value / against;
    let is_usual = |ratio: &Exact| *ratio >= scale.low && *ratio <= scale.high;
    if is_usual(&ratio) {
        return vec![0];
    }
    // Squares stand for distances from the geometric middle, without a root.
    let middle = &scale.low * &scale.high;
    let distance = |rest: &Exact| {
        let square = rest * rest / &middle;
        let turned = square.recip();
        square.max(turned)
    };
    let rests = POWERS.map(|power| (power, &ratio * number::power_of_ten(-power)));
    let usual = rests.into_iter().filter(|(_, rest)| is_usual(rest));
    let mut usual: Vec<(i32, Exact)> = usual.map(|(p, rest)| (p, distance(&rest))).collect();
    usual.sort_by(|(_, a), (_, b)| a.cmp(b));
    usual.into_iter().map(|(power, _)| power).collect()
}

/// Slips of unit or decimal point in one batch: each owner's cells of a column speak for each
/// other.
fn scale(rule: &Rule, one: &Prepared<'_>) -> Vec<Vec<(usize, Judgement)>> {
    let mut found: Vec<Vec<(usize, Powers)>> = Vec::new();
    // By owner and column: how many cells may be off by each power.
    let mut columns: BTreeMap<(usize, usize), BTreeMap<i32, usize>> = BTreeMap::new();
    let by_record = one.batch.owners.len() > 1;
    // In a fixed form the rows of a column belong together, in a list its records.
    let group = |record: usize, scale: &Scale| {
        let owner = if by_record { record } else { 0 };
        (owner, scale.column)
    };
    for assertion in &rule.assertions {
        let Claim::Scale(scale) = &assertion.claim else {
            continue;
        };
        let mut cells = Vec::new();
        for record in 0..one.units {
            let wanted = [&scale.value, &scale.against];
            let may_be =
                figures_of(rule, assertion, one, record, &wanted).and_then(|both| {
                    match (both[0].is_positive(), both[1].is_positive()) {
                        (true, true) => Ok(powers(scale, &both[0], &both[1])),
                        (_, false) | (false, true) => {
                            Err(Judgement::NotEvaluated(Reason::NotPositive))
                        }
                    }
                });
            for power in may_be.iter().flatten() {
                let counts = columns.entry(group(record, scale)).or_default();
                *counts.entry(*power).or_default() += 1;
            }
            cells.push((record, may_be));
        }
        found.push(cells);
    }
    let mut told: BTreeSet<((usize, usize), i32)> = BTreeSet::new();
    let mut judged = Vec::new();
    let scales = rule
        .assertions
        .iter()
        .filter_map(|assertion| match &assertion.claim {
            Claim::Scale(scale) => Some(scale),
            _ => None,
        });
    for (scale, cells) in scales.zip(found) {
        let cells = cells.into_iter().map(|(record, may_be)| {
            let may_be = match may_be {
                Ok(powers) => powers,
                Err(judgement) => return (record, judgement),
            };
            let column = group(record, scale);
            let counts = columns.get(&column);
            let count = |power: i32| counts.and_then(|c| c.get(&power)).copied().unwrap_or(0);
            // Of several powers the one that most others of the column may be off by too.
            let likeliest = may_be.iter().rev().max_by_key(|power| count(**power));
            let Some(power) = likeliest.copied().filter(|power| *power != 0) else {
                return (record, Judgement::Pass);
            };
            let (usual, alike) = (count(0), count(power));
            // Most cells of a column off by the same: one slip of the unit, told once.
            let whole_column = alike > 2 && alike > usual;
            let folded = whole_column && !told.insert((column, power));
            let among = Some(Among::Scaled {
                power,
                usual,
                alike: alike - 1,
            });
            let failure = Failure {
                among,
                folded,
                ..Failure::default()
            };
            (record, Judgement::Fail(Box::new(failure)))
        });
        judged.push(cells.collect());
    }
    judged
}

/// What a list no longer has, by key.
fn vanished(
    rule: &Rule,
    assertion: &Assertion,
    complete: &Complete,
    one: &Prepared<'_>,
) -> Vec<(usize, Judgement)> {
    let batch = one.batch;
    let own: BTreeSet<String> = batch.own.keys(&complete.key).into_iter().collect();
    let expected: BTreeMap<String, String> = match &complete.against {
        Against::Known(known) => {
            let unit = batch.owners.first().map(|owner| &owner.unit);
            let is_own = |of: &Option<String>| match (of, unit) {
                (Some(of), Some(unit)) => *of == unit.code || *of == unit.name,
                (of, _) => of.is_none(),
            };
            let own = known.iter().filter(|known| is_own(&known.district));
            own.map(|known| (known.key.clone(), known.name.clone()))
                .collect()
        }
        Against::Earlier(link) => {
            let found = batch.linked.iter().find(|(known, _)| known == link);
            let earlier = found.map(|(_, linked)| &linked.table);
            match earlier.filter(|table| table.records() > 0) {
                Some(table) => {
                    // What the rule is about is asked of the record as it was then.
                    let then = Figures::alone(table);
                    let is_meant =
                        |record: usize| narrowed(assertion, &then, record, rule).is_none();
                    let keys = table.keys(&complete.key).into_iter().enumerate();
                    let meant = keys.filter(|(record, _)| is_meant(*record));
                    meant.map(|(_, key)| (key, String::new())).collect()
                }
                None => return vec![(0, Judgement::NotEvaluated(no_table(link.source)))],
            }
        }
    };
    expected
        .into_iter()
        .map(|(key, name)| {
            if own.contains(&key) {
                return (0, Judgement::Pass);
            }
            let failure = Failure {
                among: Some(Among::Vanished { key, name }),
                ..Failure::default()
            };
            (0, Judgement::Fail(Box::new(failure)))
        })
        .collect()
}

fn no_table(source: Source) -> Reason {
    match source {
        Source::Now => Reason::NoForm,
        Source::LastYear | Source::LastPeriod => Reason::NoBaseline,
    }
}

/// A unit that takes part: batch, record and figures.
struct Unit {
    batch: usize,
    record: usize,
    figures: Vec<Exact>,
}

fn outliers(
    rule: &Rule,
    assertion: &Assertion,
    outlier: &Outlier,
    prepared: &[Prepared<'_>],
) -> Vec<Vec<(usize, Judgement)>> {
    let wanted = match &outlier.method {
        Method::HidiroglouBerthelot { before, .. } => vec![before, &outlier.value],
        Method::Mad(_) => vec![&outlier.value],
        Method::Binomial { whole, .. } => vec![&outlier.value, whole],
    };
    let mut judged: Vec<Vec<(usize, Judgement)>> = prepared.iter().map(|_| Vec::new()).collect();
    let mut units = Vec::new();
    for (batch, one) in prepared.iter().enumerate() {
        for record in 0..one.units {
            match figures_of(rule, assertion, one, record, &wanted) {
                Ok(figures) => units.push(Unit {
                    batch,
                    record,
                    figures,
                }),
                Err(judgement) => judged[batch].push((record, judgement)),
            }
        }
    }
    let verdicts = match &outlier.method {
        Method::HidiroglouBerthelot { parameters, .. } => against_earlier(parameters, &units),
        Method::Mad(mad) => against_median(mad, &units),
        Method::Binomial {
            alpha, at_least, ..
        } => by_chance(alpha, *at_least, &units),
    };
    for (unit, verdict) in units.iter().zip(verdicts) {
        judged[unit.batch].push((unit.record, verdict));
    }
    for judged in &mut judged {
        judged.sort_by_key(|(record, _)| *record);
    }
    judged
}

fn outside(low: Exact, high: Exact, is_ratio: bool, found: &Exact, effect: Exact) -> Judgement {
    Judgement::Fail(Box::new(Failure {
        found: Some(found.clone()),
        among: Some(Among::Outside {
            low,
            high,
            is_ratio,
            effect,
        }),
        ..Failure::default()
    }))
}

/// How much of the total hangs on a figure that should be another.
fn effect(found: &Exact, usual: &Exact, total: &Exact) -> Exact {
    if total.is_zero() {
        return Exact::zero();
    }
    ((found - usual) / total).abs()
}

fn against_earlier(method: &HidiroglouBerthelot, units: &[Unit]) -> Vec<Judgement> {
    let pairs: Vec<(Exact, Exact)> = units
        .iter()
        .map(|unit| (unit.figures[0].clone(), unit.figures[1].clone()))
        .collect();
    let limits = match method.limits(&pairs) {
        Ok(limits) => limits,
        Err(why) => return vec![Judgement::NotEvaluated(why.into()); units.len()],
    };
    let total: Exact = pairs.iter().map(|(_, now)| now).sum();
    let judged = limits.units.into_iter().zip(&pairs);
    judged
        .map(|(unit, (before, now))| match unit {
            HbUnit::Excluded => Judgement::NotEvaluated(Reason::NotPositive),
            HbUnit::Unchanged => Judgement::Pass,
            HbUnit::Judged {
                is_outside: true,
                low,
                high,
                ..
            } => {
                let usual = before * &limits.median_ratio;
                outside(low, high, true, now, effect(now, &usual, &total))
            }
            HbUnit::Judged { .. } => Judgement::Pass,
        })
        .collect()
}

fn against_median(method: &Mad, units: &[Unit]) -> Vec<Judgement> {
    let values: Vec<Exact> = units.iter().map(|unit| unit.figures[0].clone()).collect();
    let (low, high) = match method.limits(&values) {
        Ok(limits) => limits,
        Err(why) => return vec![Judgement::NotEvaluated(why.into()); units.len()],
    };
    let total: Exact = values.iter().map(Signed::abs).sum();
    let usual = crate::statistics::median(&values).unwrap_or_default();
    let judge = |x: &Exact| {
        if *x >= low && *x <= high {
            return Judgement::Pass;
        }
        outside(
            low.clone(),
            high.clone(),
            false,
            x,
            effect(x, &usual, &total),
        )
    };
    values.iter().map(judge).collect()
}

/// A share of a whole against the share over all units: limits within which chance alone would
/// bring a count of this size.
fn by_chance(alpha: &Exact, at_least: usize, units: &[Unit]) -> Vec<Judgement> {
    let parts: Exact = units.iter().map(|unit| &unit.figures[0]).sum();
    let wholes: Exact = units.iter().map(|unit| &unit.figures[1]).sum();
    let too_few = units.len() < at_least;
    if too_few || !wholes.is_positive() {
        let reason = if too_few {
            Reason::TooFew
        } else {
            Reason::DivisionByZero
        };
        return vec![Judgement::NotEvaluated(reason); units.len()];
    }
    let share = &parts / &wholes;
    let count = |x: &Exact| x.is_integer().then(|| u64::try_from(x.to_integer()).ok())?;
    let judge = |unit: &Unit| {
        let (part, whole) = (&unit.figures[0], &unit.figures[1]);
        let (Some(k), Some(n)) = (count(part), count(whole).filter(|n| *n > 0)) else {
            return Judgement::NotEvaluated(Reason::NotPositive);
        };
        let Some((low, high)) = binomial_limits(n, &share, alpha) else {
            return Judgement::NotEvaluated(Reason::TooFew);
        };
        if (low..=high).contains(&k) {
            return Judgement::Pass;
        }
        let of = |count: u64| Exact::from_integer(count.into());
        let usual = &share * whole;
        let weight = effect(part, &usual, &parts);
        outside(of(low), of(high), false, part, weight)
    };
    units.iter().map(judge).collect()
}
