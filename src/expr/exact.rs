//! One record in rational numbers: what holds, what was found, what was expected, and why
//! something can't be said.

use super::figures::{Figures, Lack};
use super::{Expr, Function, Leaf, Operation};
use crate::number::{self, Exact};
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Missing;
use crate::statistics::Undefined;
use crate::table::Absent;
use num_traits::{Signed, ToPrimitive, Zero};
use serde::Serialize;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(Exact),
    /// Words.
    Text(String),
    /// True or false.
    Truth(bool),
}

/// Why a rule could not be evaluated for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A figure is missing.
    Missing,
    /// A figure makes no sense here, by the district's own word.
    NotApplicable,
    /// A cell could not be read; that is a finding of its own.
    Unreadable,
    /// The submission has no such column; that is a finding of its own.
    NoColumn,
    /// A divisor is zero.
    DivisionByZero,
    /// There is no accepted earlier figure.
    NoBaseline,
    /// The base or the change is too small to ask about.
    BelowFloor,
    /// The district has not sent the other form.
    NoForm,
    /// The other form has no record of this key.
    NoRecord,
    /// The district's borders have changed, 区划调整.
    Boundary,
    /// The figure's meaning has changed, 口径变化.
    Crossing,
    /// A figure that the method needs above zero is not.
    NotPositive,
    /// There are too few units for a statistic.
    TooFew,
    /// The units don't differ, so nothing can stand out.
    NoSpread,
}

impl From<Undefined> for Reason {
    fn from(why: Undefined) -> Self {
        match why {
            Undefined::TooFew { .. } => Self::TooFew,
            Undefined::NoSpread => Self::NoSpread,
            Undefined::NoMean | Undefined::NoWeight => Self::DivisionByZero,
        }
    }
}

/// What an assertion says of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// It holds.
    Pass,
    /// It does not.
    Fail(Box<Failure>),
    /// It can't be said.
    NotEvaluated(Reason),
    /// The rule is not about this record.
    NotConcerned,
}

/// What was found and what was expected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failure {
    /// What the rule found: its left side, or the accused figure.
    pub found: Option<Exact>,
    /// What it expected.
    pub expected: Option<Exact>,
    /// Found less expected.
    pub difference: Option<Exact>,
    /// A stated figure that was cut off instead of rounded.
    pub cut: bool,
    /// The decimals at which the accused figure is stated, where that decided.
    pub decimals: Option<u8>,
    /// How the figure stands among its like, where that decided.
    pub among: Option<Among>,
    /// Whether it is one with a slip that is told elsewhere.
    pub folded: bool,
}

/// How a figure stands among those of the other records or districts.
#[derive(Debug, Clone, PartialEq)]
pub enum Among {
    /// It is so many powers of ten off, while so many others of its column are not, and so many
    /// are by the same.
    Scaled {
        /// The power of ten: 4 for 元 where 万元 was asked.
        power: i32,
        /// Others that are as usual.
        usual: usize,
        /// Others that are off by the same.
        alike: usize,
    },
    /// It is outside limits that the other districts set.
    Outside {
        /// The lower limit, as it is shown.
        low: Exact,
        /// The upper limit, as it is shown.
        high: Exact,
        /// Whether the limits are of the ratio to the earlier figure.
        is_ratio: bool,
        /// How much of the city's total hangs on it.
        effect: Exact,
    },
    /// A record that is no more.
    Vanished {
        /// Its key.
        key: String,
        /// What it is called, where a list says so.
        name: String,
    },
}

type Evaluated = Result<Value, Reason>;

/// What an assertion says of one record. `scale` is the power of ten of the stated variable.
pub fn judge(
    assertion: &Assertion,
    figures: &Figures<'_>,
    record: usize,
    missing: Missing,
    scale: i32,
) -> Judgement {
    let run = Run {
        figures,
        record,
        missing,
    };
    match run.judge(assertion, scale) {
        Ok(None) => Judgement::Pass,
        Ok(Some(failure)) => Judgement::Fail(Box::new(failure)),
        Err(Reason::Missing) if missing == Missing::Fail => Judgement::Fail(Box::default()),
        Err(reason) => Judgement::NotEvaluated(reason),
    }
}

/// Whether a condition holds for one record.
///
/// # Errors
/// Why it can't be said.
pub fn truth(
    condition: &Expr,
    figures: &Figures<'_>,
    record: usize,
    missing: Missing,
) -> Result<bool, Reason> {
    Run {
        figures,
        record,
        missing,
    }
    .truth(condition)
}

/// What an expression comes to for one record, as a number.
///
/// # Errors
/// Why it comes to none.
pub fn number(
    expr: &Expr,
    figures: &Figures<'_>,
    record: usize,
    missing: Missing,
) -> Result<Exact, Reason> {
    Run {
        figures,
        record,
        missing,
    }
    .number(expr)
}

/// What an expression comes to for one record.
///
/// # Errors
/// Why it comes to nothing.
pub fn value(expr: &Expr, figures: &Figures<'_>, record: usize, missing: Missing) -> Evaluated {
    Run {
        figures,
        record,
        missing,
    }
    .value(expr)
}

struct Run<'a> {
    figures: &'a Figures<'a>,
    record: usize,
    missing: Missing,
}

impl Run<'_> {
    fn judge(&self, assertion: &Assertion, scale: i32) -> Result<Option<Failure>, Reason> {
        if let Some(floor) = &assertion.floor
            && !self.truth(floor)?
        {
            return Err(Reason::BelowFloor);
        }
        let failed = |found: Exact, expected: Exact| {
            let difference = Some(&found - &expected);
            Failure {
                found: Some(found),
                expected: Some(expected),
                difference,
                ..Failure::default()
            }
        };
        match &assertion.claim {
            Claim::Readable | Claim::Filled => self.presence(assertion),
            Claim::Compare {
                left,
                relation,
                right,
                slack,
            } => {
                if let Some((left, right)) = self.millionths(left).zip(self.millionths(right))
                    && slack.is_zero()
                    && relation.holds(left.cmp(&right))
                {
                    return Ok(None);
                }
                let (left, right) = (self.number(left)?, self.number(right)?);
                let holds = compare(*relation, &left, &right, slack);
                Ok((!holds).then(|| failed(left, right)))
            }
            Claim::Between { value, low, high } => {
                let value = self.number(value)?;
                // Beyond one limit it fails, even where the other is not known.
                let (low, high) = (self.number(low), self.number(high));
                let (low, high) = match (low, high) {
                    (Ok(low), Err(_)) if value < low => return Ok(Some(failed(value, low))),
                    (Err(_), Ok(high)) if value > high => return Ok(Some(failed(value, high))),
                    (low, high) => (low?, high?),
                };
                if value < low {
                    return Ok(Some(failed(value, low)));
                }
                Ok((value > high).then(|| failed(value, high)))
            }
            Claim::States {
                stated,
                follows,
                rounded,
            } => self.states(*stated, follows, rounded, scale),
            // Looked at all together, see `check`.
            Claim::Scale(_) | Claim::Outlier(_) | Claim::Complete(_) => Err(Reason::TooFew),
            Claim::Holds(expr) => {
                let holds = self.truth(expr)?;
                let found = self
                    .figures
                    .number(Leaf::own(assertion.accused), self.record, self.missing)
                    .ok()
                    .map(number::exact);
                Ok((!holds).then(|| Failure {
                    found,
                    ..Failure::default()
                }))
            }
        }
    }

    /// Which cells are readable and filled was found out in reading; see `columns`.
    fn presence(&self, assertion: &Assertion) -> Result<Option<Failure>, Reason> {
        let failure = || Ok(Some(Failure::default()));
        let filled = matches!(assertion.claim, Claim::Filled);
        match self.figures.own.absent(self.record, assertion.accused) {
            None | Some(Absent::Nil) => Ok(None),
            Some(Absent::Unreadable(_)) if filled => Err(Reason::Unreadable),
            Some(Absent::Unreadable(_)) => failure(),
            Some(Absent::Blank) if filled => failure(),
            Some(Absent::NotApplicable | Absent::NotAvailable) if filled => Ok(None),
            Some(absent) => Err(Lack::Absent(absent).into()),
        }
    }

    /// A stated figure is right where the true one, rounded to the decimals stated, gives it;
    /// at a tie both ways of rounding do.
    ///
    /// Where operands are rounded themselves, the true figure lies between what the least and
    /// the greatest of them would give, and it is right where that touches what is stated.
    fn states(
        &self,
        stated: Leaf,
        follows: &Expr,
        rounded: &[(Leaf, u8)],
        scale: i32,
    ) -> Result<Option<Failure>, Reason> {
        let told = self.leaf(stated)?;
        let truth = self.number(follows)?;
        let decimals = self.figures.decimals(stated, self.record);
        let places = i32::from(decimals) - scale;
        let half = number::power_of_ten(-places) / Exact::from_integer(2.into());
        let (low, high) = self.range(follows, rounded)?;
        if &told + &half >= low && &told - &half <= high {
            return Ok(None);
        }
        Ok(Some(Failure {
            cut: decimals > 0 && rounded.is_empty() && number::cut(&truth, places) == told,
            difference: Some(&told - &truth),
            found: Some(told),
            expected: Some(truth),
            decimals: Some(decimals),
            ..Failure::default()
        }))
    }

    /// The least and the greatest that an expression may be, each of its parts by itself; none
    /// where there is no end.
    fn interval(&self, expr: &Expr, rounded: &[(Leaf, u8)]) -> Result<Interval, Reason> {
        let inner = |expr: &Expr| self.interval(expr, rounded);
        Ok(match expr {
            Expr::Leaf(leaf) => {
                let value = self.leaf(*leaf)?;
                let places = rounded.iter().find(|(known, _)| known == leaf);
                let half = places.map_or_else(Exact::default, |(_, places)| {
                    number::power_of_ten(-i32::from(*places)) / Exact::from_integer(2.into())
                });
                (Some(&value - &half), Some(value + half))
            }
            Expr::Neg(a) => {
                let (low, high) = inner(a)?;
                (high.map(|x| -x), low.map(|x| -x))
            }
            Expr::Arithmetic(operation, a, b) => span(*operation, inner(a)?, inner(b)?),
            Expr::Call(Function::Growth, arguments) => {
                let ratio = span(
                    Operation::Divide,
                    inner(&arguments[0])?,
                    inner(&arguments[1])?,
                );
                let less = |x: Option<Exact>| x.map(|x| x - Exact::from_integer(1.into()));
                (less(ratio.0), less(ratio.1))
            }
            other => {
                let value = self.number(other)?;
                (Some(value.clone()), Some(value))
            }
        })
    }

    /// The least and the greatest that an expression may be where operands are rounded: at the
    /// ends of each operand's own range, since quotients and sums are monotonous in each.
    fn range(&self, expr: &Expr, rounded: &[(Leaf, u8)]) -> Result<(Exact, Exact), Reason> {
        let (low, high) = self.interval(expr, rounded)?;
        // A divisor that may be zero leaves everything open.
        let (Some(low), Some(high)) = (low, high) else {
            let any = number::power_of_ten(300);
            return Ok((-any.clone(), any));
        };
        if rounded.len() > MOST_ROUNDED {
            return Ok((low, high));
        }
        let mut ends = vec![expr.clone()];
        for (leaf, decimals) in rounded.iter().take(MOST_ROUNDED) {
            let half = number::power_of_ten(-i32::from(*decimals)) / Exact::from_integer(2.into());
            ends = ends
                .iter()
                .flat_map(|expr| [-half.clone(), half.clone()].map(|by| shifted(expr, *leaf, &by)))
                .collect();
        }
        let mut values = Vec::with_capacity(ends.len());
        for end in &ends {
            values.push(self.number(end)?);
        }
        let low = values.iter().min().cloned().ok_or(Reason::Missing)?;
        let high = values.iter().max().cloned().ok_or(Reason::Missing)?;
        Ok((low, high))
    }

    /// A sum of figures in whole millionths, where all of it is: exact without big numbers.
    /// Sums of money are the commonest of what whole columns leave open.
    fn millionths(&self, expr: &Expr) -> Option<i128> {
        match expr {
            Expr::Number(constant) => number::millionths(constant.float)
                .filter(|_| number::exact(constant.float) == constant.exact)
                .map(i128::from),
            Expr::Leaf(leaf) => {
                let figure = self.figures.number(*leaf, self.record, self.missing).ok()?;
                number::millionths(figure).map(i128::from)
            }
            Expr::Neg(a) => Some(-self.millionths(a)?),
            Expr::Arithmetic(Operation::Add, a, b) => {
                Some(self.millionths(a)? + self.millionths(b)?)
            }
            Expr::Arithmetic(Operation::Subtract, a, b) => {
                Some(self.millionths(a)? - self.millionths(b)?)
            }
            _ => None,
        }
    }

    fn leaf(&self, leaf: Leaf) -> Result<Exact, Reason> {
        match self.figures.number(leaf, self.record, self.missing) {
            Ok(x) => Ok(number::exact(x)),
            Err(lack) => Err(lack.into()),
        }
    }

    fn number(&self, expr: &Expr) -> Result<Exact, Reason> {
        match self.value(expr)? {
            Value::Number(number) => Ok(number),
            Value::Text(_) | Value::Truth(_) => Err(Reason::Missing),
        }
    }

    fn truth(&self, expr: &Expr) -> Result<bool, Reason> {
        match self.value(expr)? {
            Value::Truth(truth) => Ok(truth),
            Value::Text(_) | Value::Number(_) => Err(Reason::Missing),
        }
    }

    fn word(&self, leaf: Leaf) -> Result<&str, Reason> {
        self.figures.word(leaf, self.record).map_err(Reason::from)
    }

    fn value(&self, expr: &Expr) -> Evaluated {
        Ok(match expr {
            Expr::Number(constant) => Value::Number(constant.exact.clone()),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Leaf(leaf) => match self.figures.word(*leaf, self.record) {
                Ok(word) => Value::Text(word.to_owned()),
                Err(_) => Value::Number(self.leaf(*leaf)?),
            },
            Expr::Blank(leaf) => Value::Truth(self.figures.is_blank(*leaf, self.record)?),
            Expr::Among(leaf, list) => Value::Truth(list.contains(self.word(*leaf)?)),
            Expr::Matches(leaf, pattern) => Value::Truth(pattern.matches(self.word(*leaf)?)),
            Expr::Aggregate(aggregate) => {
                let grouped = self.figures.grouped(aggregate).ok_or(Reason::Missing)?;
                Value::Number(grouped.value(self.record)?.clone())
            }
            Expr::Neg(a) => Value::Number(-self.number(a)?),
            Expr::Not(a) => Value::Truth(!self.truth(a)?),
            Expr::Arithmetic(operation, a, b) => {
                Value::Number(arithmetic(*operation, self.number(a)?, self.number(b)?)?)
            }
            Expr::Compare(relation, a, b) => Value::Truth(match (self.value(a)?, self.value(b)?) {
                (Value::Number(a), Value::Number(b)) => relation.holds(a.cmp(&b)),
                (Value::Text(a), Value::Text(b)) => (a == b) == (*relation == Relation::Equal),
                (Value::Truth(a), Value::Truth(b)) => (a == b) == (*relation == Relation::Equal),
                _ => return Err(Reason::Missing),
            }),
            // Kleene: what is false on one side is false whatever stands on the other.
            Expr::And(a, b) => match (self.truth(a), self.truth(b)) {
                (Ok(false), _) | (_, Ok(false)) => Value::Truth(false),
                (a, b) => Value::Truth(both(a, b, |a, b| a && b)?),
            },
            Expr::Or(a, b) => match (self.truth(a), self.truth(b)) {
                (Ok(true), _) | (_, Ok(true)) => Value::Truth(true),
                (a, b) => Value::Truth(both(a, b, |a, b| a || b)?),
            },
            Expr::Call(function, arguments) => return self.call(*function, arguments),
        })
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Evaluated {
        let all = || {
            arguments
                .iter()
                .map(|a| self.number(a))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Value::Number(match function {
            Function::Growth => {
                let (now, before) = (self.number(&arguments[0])?, self.number(&arguments[1])?);
                arithmetic(Operation::Divide, now, before)? - Exact::from_integer(1.into())
            }
            Function::Abs => self.number(&arguments[0])?.abs(),
            Function::Round => {
                let places = self
                    .number(&arguments[1])?
                    .to_i32()
                    .unwrap_or(0)
                    .clamp(-15, 15);
                number::round(&self.number(&arguments[0])?, places)
            }
            Function::Min => all()?.into_iter().min().ok_or(Reason::Missing)?,
            Function::Max => all()?.into_iter().max().ok_or(Reason::Missing)?,
            Function::Mean => {
                let all = all()?;
                let count = Exact::from_integer(all.len().into());
                all.into_iter().sum::<Exact>() / count
            }
            Function::Coalesce => {
                // What is missing gives way to the next; what is unreadable does not.
                let mut figures = arguments.iter().map(|a| self.number(a));
                if arguments.is_empty() {
                    return Err(Reason::NotApplicable);
                }
                let lacks = |figure: &Result<Exact, Reason>| {
                    !matches!(
                        figure,
                        Err(Reason::Missing | Reason::NotApplicable | Reason::NoBaseline)
                    )
                };
                figures.find(lacks).unwrap_or(Err(Reason::Missing))?
            }
            Function::If => {
                let chosen = if self.truth(&arguments[0])? { 1 } else { 2 };
                self.number(&arguments[chosen])?
            }
        }))
    }
}

/// Two conditions as one; where neither can be said, a figure that is missing is the reason
/// whichever side it stands on.
fn both(
    a: Result<bool, Reason>,
    b: Result<bool, Reason>,
    holds: fn(bool, bool) -> bool,
) -> Result<bool, Reason> {
    match (a, b) {
        (Err(_), Err(Reason::Missing)) => Err(Reason::Missing),
        (a, b) => Ok(holds(a?, b?)),
    }
}

/// More rounded operands than this are not looked at in all combinations.
const MOST_ROUNDED: usize = 8;

/// The least and the greatest, none where there is no end.
type Interval = (Option<Exact>, Option<Exact>);

/// a ∘ b where both may be anything between two ends.
fn span(operation: Operation, a: Interval, b: Interval) -> Interval {
    let ((Some(a), Some(c)), (Some(b), Some(d))) = (a, b) else {
        return (None, None);
    };
    let holds_zero = !b.is_positive() && !d.is_negative();
    if operation == Operation::Divide && holds_zero {
        return (None, None);
    }
    let apply = |x: &Exact, y: &Exact| match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide => x / y,
    };
    let corners = [apply(&a, &b), apply(&a, &d), apply(&c, &b), apply(&c, &d)];
    (corners.iter().min().cloned(), corners.iter().max().cloned())
}

/// An expression with one of its operands moved.
fn shifted(expr: &Expr, leaf: Leaf, by: &Exact) -> Expr {
    let inner = |expr: &Expr| Box::new(shifted(expr, leaf, by));
    match expr {
        Expr::Leaf(known) if *known == leaf => {
            Expr::arithmetic(Operation::Add, expr.clone(), Expr::number(by.clone()))
        }
        Expr::Neg(a) => Expr::Neg(inner(a)),
        Expr::Arithmetic(operation, a, b) => Expr::Arithmetic(*operation, inner(a), inner(b)),
        Expr::Call(function, arguments) => Expr::Call(
            *function,
            arguments.iter().map(|a| shifted(a, leaf, by)).collect(),
        ),
        other => other.clone(),
    }
}

fn arithmetic(operation: Operation, a: Exact, b: Exact) -> Result<Exact, Reason> {
    Ok(match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide if b.is_zero() => return Err(Reason::DivisionByZero),
        Operation::Divide => a / b,
    })
}

/// Whether a relation holds within a declared slack; a limit itself always passes.
pub fn compare(relation: Relation, left: &Exact, right: &Exact, slack: &Exact) -> bool {
    let within = (left - right).abs() <= *slack;
    match relation {
        Relation::Equal => within,
        Relation::NotEqual => !within,
        Relation::AtMost | Relation::AtLeast => within || relation.holds(left.cmp(right)),
        Relation::Less | Relation::Greater => relation.holds(left.cmp(right)) && !within,
    }
}
