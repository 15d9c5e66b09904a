//! The language of rules: from the text of a rule to a verdict on a record.
//!
//! One tree, [`Expr`], has two evaluators. [`columns`] goes over whole columns in floating
//! point and says true, false, *near* or nothing; [`exact`] takes one record in rational
//! numbers and is asked wherever the first can't be sure, for what failed and for the reason
//! why something could not be said. [`parse`] and [`types`] make the tree and refuse what makes
//! no sense before anything runs; [`excel`] writes it as a formula of a workbook.
//!
//! What a rule is, and to which units it applies, is known to `rulebook` and `check`.

pub mod columns;
pub mod exact;
pub mod excel;
pub mod parse;
pub mod types;

use crate::number::{self, Exact};
use crate::rulebook::rule::Relation;

/// An expression, every name in it resolved.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number of the rule's text.
    Number(Constant),
    /// Words of the rule's text.
    Text(String),
    /// A figure of the record.
    Leaf(Leaf),
    /// −a
    Neg(Box<Expr>),
    /// not a
    Not(Box<Expr>),
    /// a + b and its like
    Arithmetic(Operation, Box<Expr>, Box<Expr>),
    /// a <= b and its like
    Compare(Relation, Box<Expr>, Box<Expr>),
    /// a and b
    And(Box<Expr>, Box<Expr>),
    /// a or b
    Or(Box<Expr>, Box<Expr>),
    /// a is blank
    Blank(Leaf),
    /// One of [`Function`].
    Call(Function, Vec<Expr>),
}

/// A number that stands in a rule: exact, and its nearest float.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// As it was written.
    pub exact: Exact,
    /// For whole columns.
    pub float: f64,
}

impl From<Exact> for Constant {
    fn from(exact: Exact) -> Self {
        let float = number::to_f64(&exact);
        Self { exact, float }
    }
}

/// A figure that an expression reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// Whose figure.
    pub source: Source,
    /// Which: a position in the form's variables.
    pub variable: usize,
}

impl Leaf {
    /// A figure of the record itself.
    pub fn own(variable: usize) -> Self {
        Self {
            source: Source::Own,
            variable,
        }
    }
}

/// Whose figure a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The record's own.
    Own,
    /// The figure accepted for the same record a year earlier, 上年同期数.
    LastYear,
    /// The figure accepted for the form's period before, 上期数.
    LastPeriod,
}

/// The four operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// +
    Add,
    /// −
    Subtract,
    /// ×
    Multiply,
    /// ÷
    Divide,
}

/// What a rule can call by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `growth(a, b)`: a ÷ b − 1.
    Growth,
    /// `abs(a)`
    Abs,
    /// `round(a, n)`: half away from zero, as Excel's.
    Round,
    /// `min(a, b, …)`
    Min,
    /// `max(a, b, …)`
    Max,
    /// `coalesce(a, b, …)`: the first that is there.
    Coalesce,
    /// `if(a, b, c)`
    If,
}

/// The names of the language, with how many arguments each takes.
pub const FUNCTIONS: &[(&str, std::ops::RangeInclusive<usize>)] = &[
    ("abs", 1..=1),
    ("change", 1..=2),
    ("coalesce", 1..=64),
    ("growth", 1..=2),
    ("if", 3..=3),
    ("last_period", 1..=1),
    ("last_year", 1..=1),
    ("max", 1..=64),
    ("min", 1..=64),
    ("round", 1..=2),
    ("share", 2..=2),
    ("sum", 1..=64),
];

impl Expr {
    /// A number known to the code, such as a declared limit.
    pub fn number(exact: Exact) -> Self {
        Self::Number(Constant::from(exact))
    }

    /// a ∘ b
    pub fn arithmetic(operation: Operation, left: Self, right: Self) -> Self {
        Self::Arithmetic(operation, Box::new(left), Box::new(right))
    }

    /// The sum of at least one part. A chain of additions, not a fold over what is there: with
    /// a part missing the sum is not known.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts
            .into_iter()
            .reduce(|sum, part| Self::arithmetic(Operation::Add, sum, part))
            .unwrap_or_else(|| Self::number(Exact::default()))
    }

    /// Adds every leaf of the expression, in order of reading.
    pub fn leaves(&self, into: &mut Vec<Leaf>) {
        self.visit(&mut |expr| {
            if let Self::Leaf(leaf) | Self::Blank(leaf) = expr {
                into.push(*leaf);
            }
        });
    }

    /// Shows every part of the expression to `see`, the whole first.
    pub fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Number(_) | Self::Text(_) | Self::Leaf(_) | Self::Blank(_) => {}
            Self::Neg(a) | Self::Not(a) => a.visit(see),
            Self::Arithmetic(_, a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b) => {
                a.visit(see);
                b.visit(see);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|a| a.visit(see)),
        }
    }

    /// The first call of `growth`, whose base and change a ratio rule's floors speak of.
    pub fn growth(&self) -> Option<(&Self, &Self)> {
        let mut found = None;
        self.visit(&mut |expr| {
            if let Self::Call(Function::Growth, arguments) = expr {
                found = found.or_else(|| arguments.first().zip(arguments.get(1)));
            }
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::columns::{Figures, Verdict, verdicts};
    use super::exact::{Judgement, judge};
    use super::*;
    use crate::rulebook::rule::{Assertion, Claim};
    use crate::rulebook::written::Missing;
    use crate::table::{Draft, DraftColumn, Table};

    /// `SplitMix64`, so that every run sees the same cases.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut x = self.0;
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (x ^ (x >> 31)) % sides
        }

        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        fn figure(&mut self) -> f64 {
            let whole = self.roll(2000) as f64 - 500.0;
            match self.roll(6) {
                0 => f64::NAN,
                1 => 0.0,
                2 => whole,
                3 => number::shift(whole, -1),
                4 => number::shift(whole, -2),
                _ => number::canonical(whole / 7.0).unwrap_or(0.0),
            }
        }

        fn expression(&mut self, depth: u32) -> Expr {
            let inner = |dice: &mut Self| Box::new(dice.expression(depth - 1));
            match self.roll(if depth == 0 { 2 } else { 8 }) {
                0 => Expr::Leaf(Leaf::own(usize::try_from(self.roll(4)).unwrap_or(0))),
                1 => {
                    let figure = self.figure();
                    let figure = if figure.is_nan() { 0.3 } else { figure };
                    Expr::number(number::exact(figure))
                }
                2 => Expr::Neg(inner(self)),
                3 => Expr::Call(Function::Growth, vec![*inner(self), *inner(self)]),
                4 => Expr::Call(Function::Abs, vec![*inner(self)]),
                side => {
                    let operations = [
                        Operation::Add,
                        Operation::Subtract,
                        Operation::Multiply,
                        Operation::Divide,
                    ];
                    let at = usize::try_from(self.roll(side.min(4))).unwrap_or(0);
                    Expr::Arithmetic(operations[at], inner(self), inner(self))
                }
            }
        }

        fn truth(&mut self, depth: u32) -> Expr {
            let relations = [
                Relation::Equal,
                Relation::NotEqual,
                Relation::Less,
                Relation::AtMost,
                Relation::Greater,
                Relation::AtLeast,
            ];
            match self.roll(if depth == 0 { 1 } else { 4 }) {
                1 => Expr::Not(Box::new(self.truth(depth - 1))),
                2 => Expr::And(
                    Box::new(self.truth(depth - 1)),
                    Box::new(self.truth(depth - 1)),
                ),
                3 => Expr::Or(
                    Box::new(self.truth(depth - 1)),
                    Box::new(self.truth(depth - 1)),
                ),
                _ => {
                    let at = usize::try_from(self.roll(6)).unwrap_or(0);
                    let (a, b) = (self.expression(2), self.expression(2));
                    Expr::Compare(relations[at], Box::new(a), Box::new(b))
                }
            }
        }
    }

    #[test]
    fn whole_columns_never_contradict_exact_arithmetic() {
        let mut dice = Dice(2023);
        let mut decided = 0;
        for _ in 0..2_000 {
            let columns = (0..4)
                .map(|_| DraftColumn::Numbers((0..25).map(|_| dice.figure()).collect()))
                .collect();
            let draft = Draft {
                records: 25,
                columns,
                ..Draft::default()
            };
            let table = Table::from(draft);
            let figures = Figures {
                own: &table,
                last_year: None,
                last_period: None,
            };
            let claim = match dice.roll(2) {
                0 => Claim::Holds(dice.truth(2)),
                _ => Claim::Compare {
                    left: dice.expression(2),
                    relation: Relation::AtMost,
                    right: dice.expression(2),
                    slack: number::exact(0.5),
                },
            };
            let assertion = Assertion {
                accused: 0,
                claim,
                floor: None,
            };
            let fast = verdicts(&assertion, &figures, Missing::Skip, 0);
            for (record, verdict) in fast.into_iter().enumerate() {
                let sure = judge(&assertion, &figures, record, Missing::Skip, 0);
                decided += u32::from(verdict == Verdict::True || verdict == Verdict::False);
                match verdict {
                    Verdict::True => assert_eq!(sure, Judgement::Pass, "{assertion:?}"),
                    Verdict::False => {
                        assert!(matches!(sure, Judgement::Fail(_)), "{assertion:?} {sure:?}");
                    }
                    Verdict::Null => {
                        assert!(
                            matches!(sure, Judgement::NotEvaluated(_)),
                            "{assertion:?} {sure:?}"
                        );
                    }
                    Verdict::Near => {}
                }
            }
        }
        assert!(decided > 15_000, "{decided}");
    }
}
