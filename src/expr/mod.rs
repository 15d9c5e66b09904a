//! The language of rules: from the text of a rule to a verdict on a record.
//!
//! One tree, [`Expr`], has two evaluators. [`columns`] goes over whole columns in floating
//! point and says true, false, *near* or nothing; [`exact`] takes one record in rational
//! numbers and is asked wherever the first can't be sure, for what failed and for the reason
//! why something could not be said. [`parse`] and [`types`] make the tree and refuse what makes
//! no sense before anything runs; [`figures`] is what the evaluators read, [`groups`] what
//! statistics over many records come to; [`excel`] writes an expression as a formula of a
//! workbook, and [`functions`] says what can be called by name.
//!
//! What a rule is, and to which units it applies, is known to `rulebook` and `check`.

pub mod columns;
pub mod exact;
pub mod excel;
pub mod figures;
pub mod functions;
pub mod groups;
mod names;
pub mod parse;
pub mod types;

use crate::number::{self, Exact};
use crate::rulebook::rule::Relation;
use crate::words::Text;
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Words that are one of a list.
    Among(Leaf, Arc<BTreeSet<String>>),
    /// Words that have a form.
    Matches(Leaf, Pattern),
    /// One of [`Function`].
    Call(Function, Vec<Expr>),
    /// A statistic over many records.
    Aggregate(Arc<Aggregate>),
}

/// A statistic over the records of a form: of a district's list, or of all districts.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub statistic: Statistic,
    /// Whose records: the rule's own form, another form, one of them a year ago.
    pub over: Link,
    /// Whether over one district or over all of them.
    pub reach: Reach,
    /// Of what, for each record; none where records are counted.
    pub value: Option<Expr>,
    /// Which records count.
    pub condition: Option<Expr>,
    /// Records alike in these are a group; none makes all records one.
    pub groups: Vec<Leaf>,
    /// How much each record weighs; alike where unsaid.
    pub weight: Option<Expr>,
}

/// What can be said of many figures at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum; not known where one is missing.
    Sum,
    /// Their mean, weighted where weights are given.
    Mean,
    /// The middle one, or the mean of the two in the middle.
    Median,
    /// How many there are.
    Count,
    /// 差异系数: the standard deviation, in its population form, by the mean.
    Variation,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

/// Over whose records a statistic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of the district itself.
    District,
    /// Those of all districts.
    City,
}

/// A form of words, 格式: a regular expression that all of a text must match.
#[derive(Debug, Clone)]
pub struct Pattern {
    whole: regex::Regex,
    /// As it is written.
    pub written: String,
}

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, Text> {
        let wrong = |error: regex::Error| {
            if matches!(error, regex::Error::CompiledTooBig(_)) {
                return both!(
                    "`{text}` 展开以后太大，多半是重复次数写得太多；十位数字写成 [0-9]{{10}}",
                    "`{text}` grows too large, mostly by too many repetitions; ten digits are [0-9]{{10}}"
                );
            }
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().to_owned();
            both!(
                "`{text}` 不是正则表达式（{why}）；十位数字写成 [0-9]{{10}}",
                "`{text}` is no regular expression ({why}); ten digits are [0-9]{{10}}"
            )
        };
        // By itself first: brackets that close ours would mean something else.
        regex::Regex::new(text).map_err(wrong)?;
        regex::RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(1 << 20)
            .build()
            .map(|whole| Self {
                whole,
                written: text.to_owned(),
            })
            .map_err(wrong)
    }

    /// Whether all of a text has the form.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
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
    /// In which table it is looked up.
    pub link: Link,
    /// Which: a position in the variables of the link's form.
    pub variable: usize,
}

impl Leaf {
    /// A figure of the record itself.
    pub fn own(variable: usize) -> Self {
        Self {
            link: Link::OWN,
            variable,
        }
    }

    /// Whether it is a figure of the record itself.
    pub fn is_own(self) -> bool {
        self.link == Link::OWN
    }
}

/// From a record to the table that a figure is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Another form of the same district: its position in the rulebook.
    pub form: Option<usize>,
    /// Of when.
    pub source: Source,
}

impl Link {
    /// To the record itself.
    pub const OWN: Self = Self {
        form: None,
        source: Source::Now,
    };
}

/// Of when a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The period that is checked.
    Now,
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
    /// `mean(a, b, …)`
    Mean,
    /// `coalesce(a, b, …)`: the first that is there; of nothing, nothing.
    Coalesce,
    /// `if(a, b, c)`
    If,
}

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

    /// Adds every leaf of the expression, in order of reading: those of a statistic as seen from
    /// the record that asks for it.
    pub fn leaves(&self, into: &mut Vec<Leaf>) {
        self.visit(&mut |expr| match expr {
            Self::Leaf(leaf)
            | Self::Blank(leaf)
            | Self::Among(leaf, _)
            | Self::Matches(leaf, _) => into.push(*leaf),
            Self::Aggregate(aggregate) => aggregate.leaves(into),
            _ => {}
        });
    }

    /// Every statistic of the expression.
    pub fn aggregates(&self) -> Vec<&Arc<Aggregate>> {
        let mut found = Vec::new();
        self.visit(&mut |expr| {
            if let Self::Aggregate(aggregate) = expr {
                found.push(aggregate);
            }
        });
        found
    }

    /// Shows every part of the expression to `see`, the whole first.
    pub fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Number(_)
            | Self::Text(_)
            | Self::Leaf(_)
            | Self::Blank(_)
            | Self::Among(..)
            | Self::Matches(..)
            | Self::Aggregate(_) => {}
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

impl Aggregate {
    /// The expressions that are evaluated for each of its records.
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        [&self.value, &self.condition, &self.weight]
            .into_iter()
            .flatten()
    }

    /// What it reads of its records, as they see it.
    pub fn reads(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.parts().for_each(|part| part.leaves(&mut leaves));
        leaves.extend(&self.groups);
        leaves
    }

    /// What it reads, as seen from the record that asks for it.
    fn leaves(&self, into: &mut Vec<Leaf>) {
        for leaf in self.reads() {
            let source = match leaf.link.source {
                Source::Now => self.over.source,
                earlier => earlier,
            };
            into.push(Leaf {
                link: Link {
                    form: leaf.link.form.or(self.over.form),
                    source,
                },
                variable: leaf.variable,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::columns::{Verdict, verdicts};
    use super::exact::{Judgement, judge};
    use super::figures::Figures;
    use super::*;
    use crate::rulebook::rule::{Assertion, Claim};
    use crate::rulebook::written::Missing;
    use crate::table::{Draft, DraftColumn, Table};
    use rayon::prelude::*;

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
            match self.roll(if depth == 0 { 2 } else { 12 }) {
                0 => Expr::Leaf(Leaf::own(usize::try_from(self.roll(4)).unwrap_or(0))),
                1 => {
                    let figure = self.figure();
                    let figure = if figure.is_nan() { 0.3 } else { figure };
                    Expr::number(number::exact(figure))
                }
                2 => Expr::Neg(inner(self)),
                3 => Expr::Call(Function::Growth, vec![*inner(self), *inner(self)]),
                4 => Expr::Call(Function::Abs, vec![*inner(self)]),
                5 => {
                    let functions = [
                        Function::Min,
                        Function::Max,
                        Function::Mean,
                        Function::Coalesce,
                    ];
                    let at = usize::try_from(self.roll(4)).unwrap_or(0);
                    Expr::Call(functions[at], vec![*inner(self), *inner(self)])
                }
                6 => {
                    let truth = self.truth(0);
                    Expr::Call(Function::If, vec![truth, *inner(self), *inner(self)])
                }
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

    /// A rule of the dice's: a comparison, a condition, a range, a stated figure.
    fn claim(dice: &mut Dice) -> Claim {
        match dice.roll(4) {
            0 => Claim::Holds(dice.truth(2)),
            1 => Claim::Between {
                value: dice.expression(2),
                low: dice.expression(1),
                high: dice.expression(1),
            },
            2 => Claim::States {
                stated: Leaf::own(0),
                follows: dice.expression(2),
                rounded: Vec::new(),
            },
            _ => Claim::Compare {
                left: dice.expression(2),
                relation: Relation::AtMost,
                right: dice.expression(2),
                slack: number::exact(0.5),
            },
        }
    }

    /// A million records and four thousand rules: what whole columns say is what exact arithmetic
    /// says, wherever they say something.
    #[test]
    fn whole_columns_never_contradict_exact_arithmetic() {
        const RECORDS: usize = 250;
        const RULES: u64 = 4_000;
        let agree = |seed: u64| {
            let mut dice = Dice(seed);
            let columns = (0..4)
                .map(|_| DraftColumn::Numbers((0..RECORDS).map(|_| dice.figure()).collect()))
                .collect();
            let draft = Draft {
                records: RECORDS,
                columns,
                ..Draft::default()
            };
            let table = Table::from(draft);
            let figures = Figures::alone(&table);
            let assertion = Assertion::new(0, claim(&mut dice));
            let missing = match dice.roll(3) {
                0 => Missing::Zero,
                _ => Missing::Skip,
            };
            let fast = verdicts(&assertion, &figures, missing, 0, RECORDS);
            let mut decided = 0_u64;
            for (record, verdict) in fast.into_iter().enumerate() {
                let sure = judge(&assertion, &figures, record, missing, 0);
                let agrees = match (verdict, &sure) {
                    (Verdict::Near, _) => continue,
                    (Verdict::True, Judgement::Pass)
                    | (Verdict::False, Judgement::Fail(_))
                    | (Verdict::Null, Judgement::NotEvaluated(_)) => true,
                    _ => false,
                };
                assert!(agrees, "{assertion:?} {verdict:?} {sure:?}");
                decided += 1;
            }
            decided
        };
        let decided: u64 = (0..RULES).into_par_iter().map(agree).sum();
        assert!(decided > 300_000, "{decided}");
    }
}
