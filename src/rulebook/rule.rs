//! A rule made ready for use: which units it looks at, and what must hold for each.

use super::written::{Audience, Each, Gives, Missing, Severity, Stage};
use crate::expr::types::Measured;
use crate::expr::{Aggregate, Expr, Leaf, Link, Reach, Statistic};
use crate::number::Exact;
use crate::period::Period;
use crate::statistics::{HidiroglouBerthelot, Mad};
use crate::words::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// What a variable states, if it states something.
pub fn stated(rules: &[Rule], variable: usize) -> Option<&Expr> {
    let mut assertions = rules.iter().flat_map(|rule| &rule.assertions);
    assertions.find_map(|assertion| match &assertion.claim {
        Claim::States {
            stated, follows, ..
        } if stated.variable == variable => Some(follows),
        _ => None,
    })
}

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
    /// How much it weighs in some months, where that is otherwise.
    pub severity_in: BTreeMap<u32, Severity>,
    /// Who hears of it first.
    pub audience: Audience,
    /// Whether it is on trial: then only staff see it.
    pub stage: Stage,
    /// What one unit of it is.
    pub each: Each,
    /// The months that it is limited to; empty means all.
    pub months: Vec<u32>,
    /// The first and the last period in which it is in force, where it has them.
    pub valid: (Option<Period>, Option<Period>),
    /// Whether staff want its findings out even where most districts have them.
    pub released: bool,
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
    /// What it is limited to, as its author wrote that: rows, conditions, floors.
    pub narrowed_to: Text,
    /// Where it stands: file and bytes.
    pub file: String,
    /// Where it stands in the file.
    pub span: Range<usize>,
    /// What must hold, one assertion for each cell that can be accused of a record.
    pub assertions: Vec<Assertion>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
    /// Whether it stands in a rule file as a `[[rule]]`, and is not made by a key.
    pub is_written: bool,
}

impl Rule {
    /// Whether it is looked at in this period.
    pub fn is_in_force(&self, period: Period) -> bool {
        let (from, to) = self.valid;
        (self.months.is_empty() || self.months.contains(&period.month()))
            && from.is_none_or(|from| from <= period)
            && to.is_none_or(|to| period <= to)
    }

    /// The title as a district may read it: the limit of a question is the office's business.
    pub fn title_for_district(&self, period: Period) -> Text {
        if self.kind != "range" || self.severity_of(period) == Severity::Error {
            return self.title.clone();
        }
        let before = |text: &str| {
            let end = text.find(['≤', '≥', '<', '>', '＜', '＞']);
            text[..end.unwrap_or(text.len())].trim().to_owned()
        };
        let (zh, en) = (before(&self.title.zh), before(&self.title.en));
        both!("{zh}在通常的范围内", "{en} is within the usual range")
    }

    /// How much a failure weighs in this period.
    pub fn severity_of(&self, period: Period) -> Severity {
        let in_month = self.severity_in.get(&period.month());
        in_month.copied().unwrap_or(self.severity)
    }

    /// Every statistic that it rests on, each once.
    pub fn aggregates(&self) -> Vec<Arc<Aggregate>> {
        let mut found: Vec<Arc<Aggregate>> = Vec::new();
        for assertion in &self.assertions {
            for expr in assertion.all_expressions() {
                for aggregate in expr.aggregates() {
                    if !found.iter().any(|known| Arc::ptr_eq(known, aggregate)) {
                        found.push(Arc::clone(aggregate));
                    }
                }
            }
        }
        found
    }

    /// Every other table that it or its words read, as seen from one of its records.
    pub fn links(&self) -> BTreeSet<Link> {
        let mut leaves: Vec<Leaf> = self.assertions.iter().flat_map(Assertion::reads).collect();
        for expr in self.assertions.iter().flat_map(Assertion::all_expressions) {
            expr.leaves(&mut leaves);
        }
        let over = self.aggregates();
        let over = over.iter().map(|aggregate| aggregate.over);
        let links = leaves.iter().map(|leaf| leaf.link).chain(over);
        links.filter(|link| *link != Link::OWN).collect()
    }

    /// The other tables that it compares with, its words aside.
    pub fn compared(&self) -> BTreeSet<Link> {
        let mut leaves: Vec<Leaf> = self.assertions.iter().flat_map(Assertion::reads).collect();
        let mut links: BTreeSet<Link> = BTreeSet::new();
        for expr in self.assertions.iter().flat_map(Assertion::expressions) {
            expr.leaves(&mut leaves);
            links.extend(expr.aggregates().iter().map(|aggregate| aggregate.over));
        }
        links.extend(leaves.iter().map(|leaf| leaf.link));
        links.remove(&Link::OWN);
        links
    }

    /// Whether it compares a district with others: then it is for the city's staff.
    pub fn tells_of_others(&self) -> bool {
        let by_others = |assertion: &Assertion| matches!(assertion.claim, Claim::Outlier(_));
        self.each == Each::City
            || self.assertions.iter().any(by_others)
            || self.aggregates().iter().any(|a| a.reach == Reach::City)
    }

    /// Whether it holds figures against earlier ones, or asks what is plausible: a true figure
    /// may fail it.
    pub fn is_plausibility(&self) -> bool {
        use crate::expr::Source;
        let mut reads = self.assertions.iter().flat_map(Assertion::reads);
        let by_others =
            |assertion: &Assertion| matches!(assertion.claim, Claim::Scale(_) | Claim::Outlier(_));
        // The middle and the spread of many say what is usual, not what must be.
        let usual = |aggregate: &Arc<Aggregate>| {
            matches!(
                aggregate.statistic,
                Statistic::Mean | Statistic::Median | Statistic::Variation
            )
        };
        reads.any(|leaf| leaf.link.source != Source::Now)
            || self.assertions.iter().any(by_others)
            || self.aggregates().iter().any(usual)
    }
}

/// What a rule says of one record.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The variable at whose cell a failure is shown.
    pub accused: usize,
    /// What must hold.
    pub claim: Claim,
    /// What a record must be like to be looked at at all.
    pub only: Option<Expr>,
    /// What must hold for the question to be asked: a base worth speaking of.
    pub floor: Option<Expr>,
    /// In which measure its left side is, where that is computed.
    pub measure: Option<Measured>,
    /// What the names in braces of the rule's words stand for.
    pub fills: Arc<Vec<Fill>>,
}

/// A name in braces of a rule's words.
#[derive(Debug, Clone)]
pub struct Fill {
    /// What stands in the braces.
    pub name: String,
    /// What it comes to.
    pub expr: Expr,
    /// In which measure.
    pub measure: Measured,
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
        /// Operands that are rounded themselves, and to how many decimals of what is kept.
        rounded: Vec<(Leaf, u8)>,
    },
    /// Anything else that is true or false.
    Holds(Expr),
    /// A figure is not off by a power of ten.
    Scale(Box<Scale>),
    /// A figure is not far from those of the other districts.
    Outlier(Box<Outlier>),
    /// What was there is there still.
    Complete(Arc<Complete>),
}

/// How a slip of the unit or of the decimal point is told: the quotient of two figures that are
/// alike in size lies far outside of what is usual, and within it once a power of ten is taken
/// away.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The figure.
    pub value: Expr,
    /// What it is like in size.
    pub against: Expr,
    /// The least usual quotient.
    pub low: Exact,
    /// The greatest usual quotient.
    pub high: Exact,
    /// The form's column, whose other cells speak for or against a slip.
    pub column: usize,
}

/// How a figure is held against those of the other districts.
#[derive(Debug, Clone)]
pub struct Outlier {
    /// The figure.
    pub value: Expr,
    /// The method with its parameters.
    pub method: Method,
}

/// A published method for telling outliers.
#[derive(Debug, Clone)]
pub enum Method {
    /// On the ratio to an earlier figure.
    HidiroglouBerthelot {
        /// The earlier figure.
        before: Expr,
        /// Its parameters.
        parameters: HidiroglouBerthelot,
    },
    /// On the distance from the median.
    Mad(Mad),
    /// On the share of a whole, against the share over all districts.
    Binomial {
        /// The whole.
        whole: Expr,
        /// How seldom a count must be to stand out.
        alpha: Exact,
        /// Fewer units than this are no basis.
        at_least: usize,
    },
}

/// What a list must still have.
#[derive(Debug, Clone, PartialEq)]
pub struct Complete {
    /// The variables that tell records apart.
    pub key: Vec<usize>,
    /// Where what must be there is known from.
    pub against: Against,
}

/// Where it is known from what a list must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The same list a year or a period earlier.
    Earlier(Link),
    /// A list of the office.
    Known(Vec<Known>),
}

/// Something that an office knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its key: a code, a word.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// The code or name of the district that it is in; none where all are meant.
    pub district: Option<String>,
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
    /// The records, each with figures by the leaf that they stand for; all others are blank.
    pub given: Vec<GivenRecord>,
    /// The same as its author wrote it: `applications = 3581, approved = 3582`.
    pub written: String,
    /// What must come out.
    pub gives: Gives,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

/// A record of an example.
#[derive(Debug, Clone, Default)]
pub struct GivenRecord {
    /// Whose record it is, where it matters.
    pub district: String,
    /// Its figures.
    pub figures: Vec<(Leaf, Given)>,
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
    /// An assertion that looks at every record.
    pub fn new(accused: usize, claim: Claim) -> Self {
        Self {
            accused,
            claim,
            only: None,
            floor: None,
            measure: None,
            fills: Arc::default(),
        }
    }

    /// The expressions that are evaluated for it.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = match &self.claim {
            Claim::Readable | Claim::Filled | Claim::Complete(_) => Vec::new(),
            Claim::Compare { left, right, .. } => vec![left, right],
            Claim::Between { value, low, high } => vec![value, low, high],
            Claim::States { follows, .. } => vec![follows],
            Claim::Holds(expr) => vec![expr],
            Claim::Scale(scale) => vec![&scale.value, &scale.against],
            Claim::Outlier(outlier) => match &outlier.method {
                Method::HidiroglouBerthelot { before, .. } => vec![&outlier.value, before],
                Method::Mad(_) => vec![&outlier.value],
                Method::Binomial { whole, .. } => vec![&outlier.value, whole],
            },
        };
        all.extend(&self.floor);
        all.extend(&self.only);
        all
    }

    /// The same with what only the rule's words need.
    fn all_expressions(&self) -> impl Iterator<Item = &Expr> {
        let fills = self.fills.iter().map(|fill| &fill.expr);
        self.expressions().into_iter().chain(fills)
    }

    /// Every leaf that the assertion reads, the accused cell first, each once.
    pub fn reads(&self) -> Vec<Leaf> {
        let mut leaves = vec![Leaf::own(self.accused)];
        if let Claim::Complete(complete) = &self.claim {
            leaves.extend(complete.key.iter().map(|key| Leaf::own(*key)));
            if let Against::Earlier(link) = complete.against {
                let there = |key: &usize| Leaf {
                    link,
                    variable: *key,
                };
                leaves.extend(complete.key.iter().map(there));
            }
        }
        for expr in self.expressions() {
            expr.leaves(&mut leaves);
        }
        let mut seen: BTreeSet<Leaf> = BTreeSet::new();
        leaves.retain(|leaf| seen.insert(*leaf));
        leaves
    }
}
