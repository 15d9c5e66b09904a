//! A rule made ready for use: which units it looks at, and what must hold for each.

use super::written::{Audience, Gives, Missing, Severity};
use crate::expr::{Expr, Leaf};
use crate::number::Exact;
use crate::words::Text;
use std::ops::Range;

/// One check, 审核关系.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `KY01-101`, or `KY01.growth.states` where a key of a column makes it.
    pub id: String,
    /// The kind of check, a name in [`crate::check::KINDS`].
    pub kind: &'static str,
    /// What good data do.
    pub title: Text,
    /// How much a failure weighs.
    pub severity: Severity,
    /// Who hears of it first.
    pub audience: Audience,
    /// The months that it is limited to; empty means all.
    pub months: Vec<u32>,
    /// What happens where a figure is missing.
    pub missing: Missing,
    /// Whether it must be settled before a month is closed.
    pub settle_by_close: bool,
    /// Words of the rule's author for a failure, with `{applications}` to be filled in.
    pub message: Option<Text>,
    /// What to do about a failure, in its author's words.
    pub fix: Option<Text>,
    /// The law or document that it comes from.
    pub source: Option<String>,
    /// How the rule reads for people: the expression as it was written.
    pub formula: String,
    /// Where it stands: file and bytes.
    pub file: String,
    /// Where it stands in the file.
    pub span: Range<usize>,
    /// What must hold, one assertion for each cell that can be accused of a record.
    pub assertions: Vec<Assertion>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
}

/// What a rule says of one record.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The variable at whose cell a failure is shown.
    pub accused: usize,
    /// What must hold.
    pub claim: Claim,
    /// What must hold for the question to be asked at all: a base worth speaking of.
    pub floor: Option<Expr>,
}

/// What must hold of a record.
#[derive(Debug, Clone)]
pub enum Claim {
    /// The cell could be read as what its column asks for.
    Readable,
    /// The cell is filled.
    Filled,
    /// Two figures stand in a relation; the slack is declared.
    Compare {
        /// What was found.
        left: Expr,
        /// How they must stand.
        relation: Relation,
        /// What was expected.
        right: Expr,
        /// By how much they may miss each other.
        slack: Exact,
    },
    /// A figure lies within limits, limits included.
    Between {
        /// The figure.
        value: Expr,
        /// The lower limit.
        low: Expr,
        /// The upper limit.
        high: Expr,
    },
    /// A stated figure follows from others at the precision it is stated with.
    States {
        /// The stated figure.
        stated: Leaf,
        /// What it should follow from.
        follows: Expr,
    },
    /// Anything else that is true or false.
    Holds(Expr),
}

/// How two figures must stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// =
    Equal,
    /// ≠
    NotEqual,
    /// <
    Less,
    /// ≤
    AtMost,
    /// >
    Greater,
    /// ≥
    AtLeast,
}

impl Relation {
    /// The sign that people write.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "≠",
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::Greater => ">",
            Self::AtLeast => "≥",
        }
    }

    /// The sign in an Excel formula.
    pub fn excel(self) -> &'static str {
        match self {
            Self::NotEqual => "<>",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            other => other.sign(),
        }
    }

    /// Whether the relation holds for this order of left and right.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A rule's own test: some figures and what the rule says of them.
#[derive(Debug, Clone)]
pub struct Example {
    /// Figures by the leaf that they stand for; all others are blank.
    pub given: Vec<(Leaf, Given)>,
    /// What must come out.
    pub gives: Gives,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

/// A figure of an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A number as it is kept, and the decimals it is stated with.
    Number(f64, u8),
    /// Words.
    Text(String),
}

impl Assertion {
    /// Every leaf that the assertion reads, the accused cell first, each once.
    pub fn reads(&self) -> Vec<Leaf> {
        let mut leaves = vec![Leaf::own(self.accused)];
        let mut add = |expr: &Expr| expr.leaves(&mut leaves);
        match &self.claim {
            Claim::Readable | Claim::Filled => {}
            Claim::Compare { left, right, .. } => {
                add(left);
                add(right);
            }
            Claim::Between { value, low, high } => {
                add(value);
                add(low);
                add(high);
            }
            Claim::States { stated, follows } => {
                add(&Expr::Leaf(*stated));
                add(follows);
            }
            Claim::Holds(expr) => add(expr),
        }
        if let Some(floor) = &self.floor {
            add(floor);
        }
        let mut seen: Vec<Leaf> = Vec::new();
        leaves.retain(|leaf| {
            let new = !seen.contains(leaf);
            seen.push(*leaf);
            new
        });
        leaves
    }
}
