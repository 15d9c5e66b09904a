//! Whole columns at once, in floating point that knows how far it can be trusted.
//!
//! Every figure carries a bound on its error. A comparison that the bounds leave open is
//! [`Verdict::Near`], and the record goes to [`exact`](super::exact): so floating point never
//! decides what it can't.

use super::figures::{Figures, Lack};
use super::{Constant, Expr, Function, Leaf, Operation};
use crate::number;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Missing;
use crate::table::Absent;
use std::ops::Range;

/// What whole columns can say of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Too close to say in floating point.
    Near,
    /// Something is missing.
    Null,
}

/// Figures with, for each, how far off it may be. NaN is nothing.
struct Floats {
    value: Vec<f64>,
    error: Vec<f64>,
}

/// Half a unit in the last place, relative.
const UNIT: f64 = f64::EPSILON / 2.0;
/// Below this, sums of whole numbers are exact.
const WHOLE: f64 = 9_007_199_254_740_992.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "both ways exact below the limit, and much faster than asking for the fraction"
)]
fn is_whole(x: f64) -> bool {
    x.abs() < WHOLE && (x as i64) as f64 == x
}

/// So many records are looked at in one go: few enough that what is computed on the way stays
/// in the processor's cache.
const STRETCH: usize = 2048;

/// What an assertion says of each of a table's first records, as far as floating point can tell.
/// `scale` is the power of ten of the stated variable.
pub fn verdicts(
    assertion: &Assertion,
    figures: &Figures<'_>,
    missing: Missing,
    scale: i32,
    records: usize,
) -> Vec<Verdict> {
    in_stretches(figures, missing, records, |run| {
        run.verdicts(assertion, scale)
    })
}

/// What a condition says of each record, as far as floating point can tell.
pub fn truths(condition: &Expr, figures: &Figures<'_>, missing: Missing) -> Vec<Verdict> {
    in_stretches(figures, missing, figures.own.records(), |run| {
        run.truth(condition)
    })
}

fn in_stretches(
    figures: &Figures<'_>,
    missing: Missing,
    records: usize,
    look: impl Fn(&Columns<'_>) -> Vec<Verdict>,
) -> Vec<Verdict> {
    let mut all = Vec::with_capacity(records);
    for start in (0..records).step_by(STRETCH) {
        all.extend(look(&Columns {
            figures,
            missing,
            records: start..records.min(start + STRETCH),
        }));
    }
    all
}

fn and(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::False, _) | (_, Verdict::False) => Verdict::False,
        (Verdict::True, Verdict::True) => Verdict::True,
        (Verdict::Near, _) | (_, Verdict::Near) => Verdict::Near,
        _ => Verdict::Null,
    }
}

fn not(a: Verdict) -> Verdict {
    match a {
        Verdict::True => Verdict::False,
        Verdict::False => Verdict::True,
        other => other,
    }
}

/// A stretch of records.
struct Columns<'a> {
    figures: &'a Figures<'a>,
    missing: Missing,
    records: Range<usize>,
}

impl Columns<'_> {
    fn verdicts(&self, assertion: &Assertion, scale: i32) -> Vec<Verdict> {
        match &assertion.claim {
            Claim::Readable | Claim::Filled => self.presence(assertion),
            Claim::Compare {
                left,
                relation,
                right,
                slack,
            } => {
                let (left, right) = (self.floats(left), self.floats(right));
                self.compare(*relation, &left, &right, number::to_f64(slack))
            }
            Claim::Between { value, low, high } => {
                let (value, low, high) = (self.floats(value), self.floats(low), self.floats(high));
                let above = self.compare(Relation::AtLeast, &value, &low, 0.0);
                let below = self.compare(Relation::AtMost, &value, &high, 0.0);
                above
                    .into_iter()
                    .zip(below)
                    .map(|(a, b)| and(a, b))
                    .collect()
            }
            Claim::States {
                stated,
                follows,
                rounded,
            } => {
                let mut verdicts = self.states(*stated, follows, scale);
                // Rounded operands only widen what is right.
                if !rounded.is_empty() {
                    let open = verdicts.iter_mut().filter(|v| **v == Verdict::False);
                    open.for_each(|verdict| *verdict = Verdict::Near);
                }
                verdicts
            }
            Claim::Holds(expr) => self.truth(expr),
            // Looked at all together, see `check`.
            Claim::Scale(_) | Claim::Outlier(_) | Claim::Complete(_) => {
                vec![Verdict::Near; self.records.len()]
            }
        }
    }

    fn states(&self, stated: Leaf, follows: &Expr, scale: i32) -> Vec<Verdict> {
        let follows = self.floats(follows);
        let told = self.floats(&Expr::Leaf(stated));
        self.records
            .clone()
            .enumerate()
            .map(|(at, record)| {
                let (x, told) = (follows.value[at], told.value[at]);
                if x.is_nan() || told.is_nan() {
                    return Verdict::Null;
                }
                let decimals = i32::from(self.figures.decimals(stated, record));
                let half = 0.5 * 10_f64.powi(scale - decimals);
                let off = (x - told).abs() - half;
                // The two sides' own rounding is far below this share of what is compared.
                let doubt = follows.error[at] + 4.0 * UNIT * (x.abs() + told.abs() + half);
                if off.abs() <= doubt {
                    Verdict::Near
                } else if off < 0.0 {
                    Verdict::True
                } else {
                    Verdict::False
                }
            })
            .collect()
    }

    /// Readable and filled cells: known from the marks, no arithmetic.
    fn presence(&self, assertion: &Assertion) -> Vec<Verdict> {
        let filled = matches!(assertion.claim, Claim::Filled);
        let table = self.figures.own;
        if table.is_full(assertion.accused) {
            return vec![Verdict::True; self.records.len()];
        }
        self.records
            .clone()
            .map(|record| match table.absent(record, assertion.accused) {
                None | Some(Absent::Nil) => Verdict::True,
                Some(Absent::Unreadable(_)) if filled => Verdict::Null,
                Some(Absent::Unreadable(_)) => Verdict::False,
                Some(Absent::Blank) if filled => Verdict::False,
                Some(Absent::NotApplicable | Absent::NotAvailable) if filled => Verdict::True,
                Some(_) => Verdict::Null,
            })
            .collect()
    }

    fn floats(&self, expr: &Expr) -> Floats {
        let n = self.records.len();
        match expr {
            Expr::Number(constant) => {
                let error = if is_whole(constant.float) {
                    0.0
                } else {
                    constant.float.abs() * UNIT
                };
                Floats {
                    value: vec![constant.float; n],
                    error: vec![error; n],
                }
            }
            Expr::Leaf(leaf) => {
                let value = self
                    .figures
                    .floats(*leaf, self.records.clone(), self.missing);
                let error = value
                    .iter()
                    .map(|x| if is_whole(*x) { 0.0 } else { x.abs() * UNIT })
                    .collect();
                Floats { value, error }
            }
            Expr::Neg(inner) => {
                let mut inner = self.floats(inner);
                inner.value.iter_mut().for_each(|x| *x = -*x);
                inner
            }
            Expr::Arithmetic(operation, a, b) => {
                let (a, b) = (self.floats(a), self.floats(b));
                combine(*operation, &a, &b)
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Aggregate(aggregate) => {
                let grouped = self.figures.grouped(aggregate);
                let value: Vec<f64> = self
                    .records
                    .clone()
                    .map(|record| grouped.map_or(f64::NAN, |grouped| grouped.float(record)))
                    .collect();
                // The float is the nearest to a number that may have many more digits.
                let error = value
                    .iter()
                    .map(|x| if is_whole(*x) { 0.0 } else { x.abs() * 1e-14 });
                Floats {
                    error: error.collect(),
                    value,
                }
            }
            Expr::Text(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Blank(_)
            | Expr::Among(..)
            | Expr::Matches(..) => Floats {
                value: vec![f64::NAN; n],
                error: vec![0.0; n],
            },
        }
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Floats {
        let n = self.records.len();
        match function {
            Function::Growth => {
                let (a, b) = (self.floats(&arguments[0]), self.floats(&arguments[1]));
                let mut ratio = combine(Operation::Divide, &a, &b);
                for (x, error) in ratio.value.iter_mut().zip(&mut ratio.error) {
                    *x -= 1.0;
                    *error += x.abs() * UNIT;
                }
                ratio
            }
            Function::Abs => {
                let mut inner = self.floats(&arguments[0]);
                inner.value.iter_mut().for_each(|x| *x = x.abs());
                inner
            }
            Function::Round => match arguments {
                [figure @ Expr::Leaf(_), Expr::Number(places)] => {
                    rounded(self.floats(figure), places)
                }
                _ => unknown(n),
            },
            Function::Min => self.fold(arguments, f64::min),
            Function::Max => self.fold(arguments, f64::max),
            Function::If => {
                let conditions = self.truth(&arguments[0]);
                let (yes, no) = (self.floats(&arguments[1]), self.floats(&arguments[2]));
                let mut chosen = unknown(n);
                for (at, condition) in conditions.into_iter().enumerate() {
                    let from = match condition {
                        Verdict::True => &yes,
                        Verdict::False => &no,
                        Verdict::Near | Verdict::Null => continue,
                    };
                    chosen.value[at] = from.value[at];
                    chosen.error[at] = from.error[at];
                }
                chosen
            }
            Function::Coalesce if !arguments.is_empty() => {
                // What is not there may give way or not: that depends on why it is not.
                let mut first = self.floats(&arguments[0]);
                for (value, error) in first.value.iter_mut().zip(&mut first.error) {
                    if value.is_nan() {
                        (*value, *error) = (0.0, f64::INFINITY);
                    }
                }
                first
            }
            // What is seldom used is left to the exact evaluator whole.
            Function::Mean | Function::Coalesce => unknown(n),
        }
    }

    /// The least or greatest of several, as uncertain as the most uncertain of them.
    fn fold(&self, arguments: &[Expr], choose: fn(f64, f64) -> f64) -> Floats {
        let all = arguments.iter().map(|argument| self.floats(argument));
        let chosen = all.reduce(|mut a, b| {
            for at in 0..a.value.len() {
                let is_missing = a.value[at].is_nan() || b.value[at].is_nan();
                a.value[at] = if is_missing {
                    f64::NAN
                } else {
                    choose(a.value[at], b.value[at])
                };
                a.error[at] = a.error[at].max(b.error[at]);
            }
            a
        });
        chosen.unwrap_or_else(|| unknown(self.records.len()))
    }

    fn compare(
        &self,
        relation: Relation,
        left: &Floats,
        right: &Floats,
        slack: f64,
    ) -> Vec<Verdict> {
        (0..self.records.len())
            .map(|i| {
                let (a, b) = (left.value[i], right.value[i]);
                if a.is_nan() || b.is_nan() {
                    return Verdict::Null;
                }
                let doubt = left.error[i] + right.error[i];
                // Canonical figures that are compared as they stand compare exactly.
                let plain = doubt <= (a.abs() + b.abs()) * UNIT && slack == 0.0 && a == b;
                let gap = a - b;
                let doubt = if doubt == 0.0 {
                    0.0
                } else {
                    doubt + gap.abs() * UNIT
                };
                let near = |limit: f64| doubt > 0.0 && !plain && (gap - limit).abs() <= doubt;
                if near(0.0) || slack > 0.0 && (near(slack) || near(-slack)) || doubt.is_infinite()
                {
                    return Verdict::Near;
                }
                let within = gap.abs() <= slack;
                let order = gap.total_cmp(&0.0);
                let order = if gap == 0.0 {
                    std::cmp::Ordering::Equal
                } else {
                    order
                };
                let holds = match relation {
                    Relation::Equal => within,
                    Relation::NotEqual => !within,
                    Relation::AtMost | Relation::AtLeast => within || relation.holds(order),
                    Relation::Less | Relation::Greater => relation.holds(order) && !within,
                };
                if holds { Verdict::True } else { Verdict::False }
            })
            .collect()
    }

    fn truth(&self, expr: &Expr) -> Vec<Verdict> {
        match expr {
            Expr::Compare(relation, a, b) => {
                if let Some(verdicts) = self.words(*relation, a, b) {
                    return verdicts;
                }
                let (a, b) = (self.floats(a), self.floats(b));
                self.compare(*relation, &a, &b, 0.0)
            }
            Expr::And(a, b) => self
                .truth(a)
                .into_iter()
                .zip(self.truth(b))
                .map(|(a, b)| and(a, b))
                .collect(),
            Expr::Or(a, b) => self
                .truth(a)
                .into_iter()
                .zip(self.truth(b))
                .map(|(a, b)| not(and(not(a), not(b))))
                .collect(),
            Expr::Not(a) => self.truth(a).into_iter().map(not).collect(),
            Expr::Blank(leaf) => self.each(|record| self.figures.is_blank(*leaf, record)),
            Expr::Among(leaf, list) => {
                self.each(|record| Ok(list.contains(self.figures.word(*leaf, record)?)))
            }
            Expr::Matches(leaf, pattern) => {
                self.each(|record| Ok(pattern.matches(self.figures.word(*leaf, record)?)))
            }
            _ => vec![Verdict::Near; self.records.len()],
        }
    }

    /// A comparison of words, where it is one.
    fn words(&self, relation: Relation, a: &Expr, b: &Expr) -> Option<Vec<Verdict>> {
        let ((Expr::Leaf(leaf), Expr::Text(text)) | (Expr::Text(text), Expr::Leaf(leaf))) = (a, b)
        else {
            return None;
        };
        let wanted = relation == Relation::Equal;
        Some(self.each(|record| Ok((self.figures.word(*leaf, record)? == text) == wanted)))
    }

    /// What can be said of each record by itself.
    fn each(&self, holds: impl Fn(usize) -> Result<bool, Lack>) -> Vec<Verdict> {
        let verdict = |record| match holds(record) {
            Ok(true) => Verdict::True,
            Ok(false) => Verdict::False,
            Err(_) => Verdict::Null,
        };
        self.records.clone().map(verdict).collect()
    }
}

/// Figures of which floating point knows nothing.
fn unknown(count: usize) -> Floats {
    Floats {
        value: vec![0.0; count],
        error: vec![f64::INFINITY; count],
    }
}

/// Canonical figures rounded, where they are decimals that can be rounded exactly.
fn rounded(mut figures: Floats, places: &Constant) -> Floats {
    let scale = match places.float {
        0.0 => 1_000_000,
        1.0 => 100_000,
        2.0 => 10_000,
        3.0 => 1_000,
        4.0 => 100,
        _ => return unknown(figures.value.len()),
    };
    for (value, error) in figures.value.iter_mut().zip(&mut figures.error) {
        match number::millionths(*value) {
            // Half away from zero.
            Some(x) => {
                let up = x.abs() + scale / 2;
                let whole = (up - up % scale) * x.signum();
                *value = number::of_millionths(whole);
                *error = if is_whole(*value) {
                    0.0
                } else {
                    value.abs() * UNIT
                };
            }
            None if value.is_nan() => {}
            None => (*value, *error) = (0.0, f64::INFINITY),
        }
    }
    figures
}

/// a ∘ b with its error bound.
fn combine(operation: Operation, a: &Floats, b: &Floats) -> Floats {
    let n = a.value.len();
    let mut out = Floats {
        value: Vec::with_capacity(n),
        error: Vec::with_capacity(n),
    };
    for i in 0..n {
        let (x, y, dx, dy) = (a.value[i], b.value[i], a.error[i], b.error[i]);
        let (value, error) = match operation {
            // What is not known at all stays so: nothing times infinity is no bound.
            _ if dx.is_infinite() || dy.is_infinite() => (
                if x.is_nan() || y.is_nan() {
                    f64::NAN
                } else {
                    0.0
                },
                f64::INFINITY,
            ),
            Operation::Add | Operation::Subtract => {
                let value = if operation == Operation::Add {
                    x + y
                } else {
                    x - y
                };
                let exact = dx == 0.0 && dy == 0.0 && is_whole(value);
                (
                    value,
                    if exact {
                        0.0
                    } else {
                        dx + dy + value.abs() * UNIT
                    },
                )
            }
            Operation::Multiply => {
                let value = x * y;
                let exact = dx == 0.0 && dy == 0.0 && is_whole(value);
                let error = x.abs() * dy + y.abs() * dx + dx * dy + value.abs() * UNIT;
                (value, if exact { 0.0 } else { error })
            }
            Operation::Divide if y == 0.0 && dy == 0.0 => (f64::NAN, 0.0),
            // The divisor may be zero: only exact arithmetic can tell.
            Operation::Divide if y.abs() <= dy => (0.0, f64::INFINITY),
            Operation::Divide => {
                let value = x / y;
                (
                    value,
                    (dx + value.abs() * dy) / (y.abs() - dy) + value.abs() * UNIT,
                )
            }
        };
        out.value.push(value);
        // The bound itself is computed in floating point; a little more keeps it a bound.
        out.error.push(error * 1.000_000_1);
    }
    out
}
