//! Whole columns at once, in floating point that knows how far it can be trusted.
//!
//! Every figure carries a bound on its error. A comparison that the bounds leave open is
//! [`Verdict::Near`], and the record goes to [`exact`](super::exact): so floating point never
//! decides what it can't.

use super::{Expr, Function, Leaf, Operation, Source};
use crate::number;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Missing;
use crate::table::{Absent, Table};
use std::borrow::Cow;

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

/// The tables that a rule's leaves are looked up in.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// The records themselves.
    pub own: &'a Table,
    /// The figures of a year earlier.
    pub last_year: Option<&'a Earlier<'a>>,
    /// The figures of the form's period before.
    pub last_period: Option<&'a Earlier<'a>>,
}

/// An earlier period's table, and which of its records each record of today is.
#[derive(Debug, Clone)]
pub struct Earlier<'a> {
    /// The table.
    pub table: Cow<'a, Table>,
    /// By today's record.
    pub record: Vec<Option<usize>>,
}

/// Why there is no figure for a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The cell has none.
    Absent(Absent),
    /// There is no earlier figure for this record.
    NoBaseline,
}

impl<'a> Figures<'a> {
    /// The table and record that a leaf of today's record is looked up in.
    fn at(&self, source: Source, record: usize) -> Option<(&'a Table, usize)> {
        let earlier = match source {
            Source::Own => return Some((self.own, record)),
            Source::LastYear => self.last_year?,
            Source::LastPeriod => self.last_period?,
        };
        let at = earlier.record.get(record).copied().flatten()?;
        Some((&earlier.table, at))
    }

    /// A leaf's figure.
    ///
    /// # Errors
    /// Why there is none.
    pub fn number(&self, leaf: Leaf, record: usize, missing: Missing) -> Result<f64, Lack> {
        let (table, at) = self.at(leaf.source, record).ok_or(Lack::NoBaseline)?;
        match table.number(at, leaf.variable) {
            Some(x) => Ok(x),
            None => match table.absent(at, leaf.variable).unwrap_or(Absent::Blank) {
                Absent::Blank if missing == Missing::Zero => Ok(0.0),
                absent => Err(Lack::Absent(absent)),
            },
        }
    }

    /// A leaf's words.
    ///
    /// # Errors
    /// Why there are none.
    pub fn word(&self, leaf: Leaf, record: usize) -> Result<&'a str, Lack> {
        let (table, at) = self.at(leaf.source, record).ok_or(Lack::NoBaseline)?;
        table
            .word(at, leaf.variable)
            .ok_or_else(|| Lack::Absent(table.absent(at, leaf.variable).unwrap_or(Absent::Blank)))
    }

    /// Whether nothing stands in a leaf's cell.
    pub fn is_blank(&self, leaf: Leaf, record: usize) -> bool {
        self.at(leaf.source, record).is_none_or(|(table, at)| {
            matches!(
                table.absent(at, leaf.variable),
                Some(Absent::Blank | Absent::NoColumn)
            )
        })
    }

    /// The decimals at which a leaf's figure is stated.
    pub fn decimals(&self, leaf: Leaf, record: usize) -> u8 {
        self.at(leaf.source, record)
            .map_or(0, |(table, at)| table.dress(at, leaf.variable).decimals)
    }

    fn floats(&self, leaf: Leaf, missing: Missing) -> Vec<f64> {
        if leaf.source == Source::Own && missing != Missing::Zero {
            return self.own.floats(leaf.variable);
        }
        (0..self.own.records())
            .map(|record| self.number(leaf, record, missing).unwrap_or(f64::NAN))
            .collect()
    }
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

fn is_whole(x: f64) -> bool {
    x.fract() == 0.0 && x.abs() < WHOLE
}

/// What an assertion says of every record, as far as floating point can tell. `scale` is the
/// power of ten of the stated variable.
pub fn verdicts(
    assertion: &Assertion,
    figures: &Figures<'_>,
    missing: Missing,
    scale: i32,
) -> Vec<Verdict> {
    let run = Columns {
        figures,
        missing,
        records: figures.own.records(),
    };
    match &assertion.claim {
        Claim::Readable | Claim::Filled => run.presence(assertion),
        Claim::Compare {
            left,
            relation,
            right,
            slack,
        } => {
            let (left, right) = (run.floats(left), run.floats(right));
            run.compare(*relation, &left, &right, number::to_f64(slack))
        }
        Claim::Between { value, low, high } => {
            let (value, low, high) = (run.floats(value), run.floats(low), run.floats(high));
            let above = run.compare(Relation::AtLeast, &value, &low, 0.0);
            let below = run.compare(Relation::AtMost, &value, &high, 0.0);
            above
                .into_iter()
                .zip(below)
                .map(|(a, b)| and(a, b))
                .collect()
        }
        Claim::States { stated, follows } => {
            let follows = run.floats(follows);
            let told = run.floats(&Expr::Leaf(*stated));
            (0..run.records)
                .map(|record| {
                    let (x, told) = (follows.value[record], told.value[record]);
                    if x.is_nan() || told.is_nan() {
                        return Verdict::Null;
                    }
                    let decimals = i32::from(figures.decimals(*stated, record));
                    let half = 0.5 * 10_f64.powi(scale - decimals);
                    let off = (x - told).abs() - half;
                    // The two sides' own rounding is far below this share of what is compared.
                    let doubt = follows.error[record] + 4.0 * UNIT * (x.abs() + told.abs() + half);
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
        Claim::Holds(expr) => run.truth(expr),
    }
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

struct Columns<'a> {
    figures: &'a Figures<'a>,
    missing: Missing,
    records: usize,
}

impl Columns<'_> {
    /// Readable and filled cells: known from the marks, no arithmetic.
    fn presence(&self, assertion: &Assertion) -> Vec<Verdict> {
        let filled = matches!(assertion.claim, Claim::Filled);
        let table = self.figures.own;
        if table.is_full(assertion.accused) {
            return vec![Verdict::True; self.records];
        }
        (0..self.records)
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
        let n = self.records;
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
                let value = self.figures.floats(*leaf, self.missing);
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
            Expr::Call(Function::Growth, arguments) => {
                let (a, b) = (self.floats(&arguments[0]), self.floats(&arguments[1]));
                let mut ratio = combine(Operation::Divide, &a, &b);
                for (x, error) in ratio.value.iter_mut().zip(&mut ratio.error) {
                    *x -= 1.0;
                    *error += x.abs() * UNIT;
                }
                ratio
            }
            Expr::Call(Function::Abs, arguments) => {
                let mut inner = self.floats(&arguments[0]);
                inner.value.iter_mut().for_each(|x| *x = x.abs());
                inner
            }
            // What is seldom used and easily misjudged is left to the exact evaluator whole.
            Expr::Call(..) => Floats {
                value: vec![0.0; n],
                error: vec![f64::INFINITY; n],
            },
            Expr::Text(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Blank(_) => Floats {
                value: vec![f64::NAN; n],
                error: vec![0.0; n],
            },
        }
    }

    fn compare(
        &self,
        relation: Relation,
        left: &Floats,
        right: &Floats,
        slack: f64,
    ) -> Vec<Verdict> {
        (0..self.records)
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
            Expr::Blank(leaf) => (0..self.records)
                .map(|record| {
                    if self.figures.is_blank(*leaf, record) {
                        Verdict::True
                    } else {
                        Verdict::False
                    }
                })
                .collect(),
            _ => vec![Verdict::Near; self.records],
        }
    }

    /// A comparison of words, where it is one.
    fn words(&self, relation: Relation, a: &Expr, b: &Expr) -> Option<Vec<Verdict>> {
        let ((Expr::Leaf(leaf), Expr::Text(text)) | (Expr::Text(text), Expr::Leaf(leaf))) = (a, b)
        else {
            return None;
        };
        Some(
            (0..self.records)
                .map(|record| match self.figures.word(*leaf, record) {
                    Ok(word) if (word == text) == (relation == Relation::Equal) => Verdict::True,
                    Ok(_) => Verdict::False,
                    Err(_) => Verdict::Null,
                })
                .collect(),
        )
    }
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
