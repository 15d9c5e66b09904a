//! Names are looked up, and what makes no sense is refused before anything runs.
//!
//! A rate is not a number, points are no rate, and unlike units don't compare: a rule that
//! mixes them would fire on true figures or never.

use super::functions::{FUNCTIONS, STATISTICS};
use super::names::{Named, look_up};
use super::parse::{self, Clauses, Kind, Measure, Mistake, Node};
use super::{
    Aggregate, Constant, Expr, Function, Leaf, Link, Operation, Pattern, Reach, Source, Statistic,
};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Variable};
use crate::rulebook::rule::Relation;
use crate::rulebook::source::did_you_mean;
use crate::rulebook::written::{Each, Type};
use crate::words::Text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What kind of thing an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// A figure with its unit.
    Figure(Option<String>),
    /// A bare number of the rule's text.
    Bare,
    /// A quotient: comparable with rates and with numbers.
    Quotient,
    /// A rate.
    Rate,
    /// A difference of rates, 百分点.
    Points,
    /// Words.
    Words,
    /// True or false.
    Truth,
}

impl Measured {
    fn words(&self) -> Text {
        match self {
            Self::Figure(Some(unit)) => both!("数（{unit}）", "a number ({unit})"),
            Self::Figure(None) | Self::Bare | Self::Quotient => Text::new("数", "a number"),
            Self::Rate => Text::new("百分率", "a rate"),
            Self::Points => Text::new("百分点", "percentage points"),
            Self::Words => Text::new("文字", "text"),
            Self::Truth => Text::new("判断（真/假）", "a condition"),
        }
    }
}

/// Where names are looked up: a form among all forms, and what the rule is at.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// All forms of the rulebook, for names of others.
    pub forms: &'a [Form],
    /// The form.
    pub form: &'a Form,
    /// The row, in a fixed form's rule for each row.
    pub row: Option<usize>,
    /// The column, in a rule for each column.
    pub column: Option<usize>,
    /// What one unit of the rule is.
    pub each: Each,
    /// Names of the rule itself.
    pub locals: &'a Locals,
    /// Whether this is within a statistic, each of whose records is looked at by itself.
    pub inside: bool,
    /// How many derived figures deep this is.
    pub depth: u8,
}

/// Names that one rule has for itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Locals {
    /// What a template's names stand for.
    pub names: Vec<(String, String)>,
    /// `limit`, which depends on the group.
    pub limit: Option<GroupLimit>,
}

/// A limit that differs by group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupLimit {
    /// The variable that says the group.
    pub by: String,
    /// The limit of each group.
    pub values: Vec<(String, Exact, Measure)>,
}

/// A rule without names of its own.
pub const NO_LOCALS: &Locals = &Locals {
    names: Vec::new(),
    limit: None,
};

/// Derived figures that rest on derived figures further than this go round in a circle.
const DEEPEST: u8 = 32;

/// An expression with what it stands for.
pub type Typed = (Expr, Measured);

impl<'a> Scope<'a> {
    /// A form by itself, at no row and no column.
    pub fn new(forms: &'a [Form], form: &'a Form) -> Self {
        Self {
            forms,
            form,
            row: None,
            column: None,
            each: Each::Row,
            locals: NO_LOCALS,
            inside: false,
            depth: 0,
        }
    }

    /// The same at a row.
    #[must_use]
    pub fn at_row_of(self, row: Option<usize>) -> Self {
        Self { row, ..self }
    }

    /// Looks up every name of an expression and sees that its parts go together.
    ///
    /// # Errors
    /// The first mistake, at its place in the text.
    pub fn resolve(&self, node: &Node) -> Result<Typed, Mistake> {
        match &node.kind {
            Kind::Number(value, measure) => Ok((
                Expr::Number(Constant::from(value.clone())),
                match measure {
                    Measure::Plain => Measured::Bare,
                    Measure::Percent => Measured::Rate,
                    Measure::Points => Measured::Points,
                },
            )),
            Kind::Text(text) => Ok((Expr::Text(text.clone()), Measured::Words)),
            Kind::Name(name, None) if let Some(typed) = self.named(node, name) => typed,
            Kind::Name(..) | Kind::ColumnNo(..) | Kind::RowNo(_) => {
                let variable = self.variable(node)?;
                self.only_within_statistics(node)?;
                let measure = measure(&self.form.variables[variable]);
                Ok((Expr::Leaf(Leaf::own(variable)), measure))
            }
            Kind::Of(form, inner) => self.of_form(node, form, inner),
            Kind::Nothing => Ok((Expr::Call(Function::Coalesce, Vec::new()), Measured::Bare)),
            Kind::Neg(inner) => {
                let (expr, measure) = self.numeric(inner)?;
                Ok((Expr::Neg(Box::new(expr)), measure))
            }
            Kind::Not(inner) => Ok((Expr::Not(Box::new(self.truth(inner)?)), Measured::Truth)),
            Kind::And(a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok((Expr::And(Box::new(a), Box::new(b)), Measured::Truth))
            }
            Kind::Or(a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok((Expr::Or(Box::new(a), Box::new(b)), Measured::Truth))
            }
            Kind::Arithmetic(operation, a, b) => self.arithmetic(node, *operation, a, b),
            Kind::Compare(relation, a, b) => self.compare(node, *relation, a, b),
            Kind::Between(value, low, high) => {
                if let (Some(least), Some(most)) = (constant(low), constant(high))
                    && least > most
                {
                    let message = Text::new(
                        "between 后面小的在前，大的在后",
                        "`between` has the lesser limit first",
                    );
                    return Err(Mistake::new(low.span.clone(), message));
                }
                let above = self.compare(node, Relation::AtLeast, value, low)?.0;
                let below = self.compare(node, Relation::AtMost, value, high)?.0;
                Ok((Expr::And(Box::new(above), Box::new(below)), Measured::Truth))
            }
            Kind::In(value, list) if let Some(among) = self.among(value, list)? => {
                Ok((among, Measured::Truth))
            }
            Kind::In(value, list) => {
                let mut any = None;
                for item in list {
                    let one = self.compare(item, Relation::Equal, value, item)?.0;
                    any = Some(match any {
                        None => one,
                        Some(before) => Expr::Or(Box::new(before), Box::new(one)),
                    });
                }
                any.map(|expr| (expr, Measured::Truth)).ok_or_else(|| {
                    let message = Text::new("in 后面的列表是空的", "the list after `in` is empty");
                    Mistake::new(node.span.clone(), message)
                })
            }
            Kind::Blank(inner) => match self.resolve(inner)?.0 {
                Expr::Leaf(leaf) => Ok((Expr::Blank(leaf), Measured::Truth)),
                _ => Err(Mistake::new(
                    inner.span.clone(),
                    Text::new(
                        "is blank 前面应是一个指标",
                        "`is blank` asks about one variable",
                    ),
                )),
            },
            Kind::Call(name, arguments, clauses) => {
                let wanted = STATISTICS.iter().find(|(known, _)| known == name);
                let is_statistic = arguments.len() < 2 || *clauses != Clauses::default();
                match wanted {
                    Some((_, statistic)) if is_statistic => {
                        self.aggregate(node, *statistic, arguments, clauses)
                    }
                    _ if *clauses == Clauses::default() => self.call(node, name, arguments),
                    _ => Err(Mistake::new(
                        node.span.clone(),
                        Text::new(
                            "where、by、weight 只用在 sum mean median count cv min max 里",
                            "`where`, `by` and `weight` belong to sum, mean, median, count, cv, min and max",
                        ),
                    )),
                }
            }
        }
    }

    /// Words that are one of several, where it is words that are looked at.
    fn among(&self, value: &Node, list: &[Node]) -> Result<Option<Expr>, Mistake> {
        let words = list.iter().map(|item| match &item.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => None,
        });
        let Some(words) = words.collect::<Option<BTreeSet<String>>>() else {
            return Ok(None);
        };
        let (Expr::Leaf(leaf), Measured::Words) = self.resolve(value)? else {
            return Ok(None);
        };
        for item in list {
            if let Kind::Text(word) = &item.kind {
                self.is_choice(item, leaf, word)?;
            }
        }
        Ok((!words.is_empty()).then(|| Expr::Among(leaf, Arc::new(words))))
    }

    /// An expression that must be true or false.
    ///
    /// # Errors
    /// The first mistake, at its place in the text.
    pub fn truth(&self, node: &Node) -> Result<Expr, Mistake> {
        match self.resolve(node)? {
            (expr, Measured::Truth) => Ok(expr),
            (_, other) => {
                let other = other.words();
                Err(Mistake::new(
                    node.span.clone(),
                    Text::new(
                        format!("这里应是一个判断（如 a <= b），现在是{}", other.zh),
                        format!("expected a condition such as `a <= b`, found {}", other.en),
                    ),
                ))
            }
        }
    }

    fn numeric(&self, node: &Node) -> Result<Typed, Mistake> {
        match self.resolve(node)? {
            (_, other @ (Measured::Words | Measured::Truth)) => {
                let other = other.words();
                Err(Mistake::new(
                    node.span.clone(),
                    Text::new(
                        format!("这里应是数，现在是{}", other.zh),
                        format!("expected a number, found {}", other.en),
                    ),
                ))
            }
            typed => Ok(typed),
        }
    }

    fn arithmetic(
        &self,
        node: &Node,
        operation: Operation,
        a: &Node,
        b: &Node,
    ) -> Result<Typed, Mistake> {
        let ((left, x), (right, y)) = (self.numeric(a)?, self.numeric(b)?);
        let measure = match operation {
            Operation::Add | Operation::Subtract => match (&x, &y) {
                // What is left of the whole is a rate itself.
                (Measured::Rate, Measured::Rate)
                    if operation == Operation::Subtract && is_whole(&left) =>
                {
                    Measured::Rate
                }
                (Measured::Rate, Measured::Rate) if operation == Operation::Subtract => {
                    Measured::Points
                }
                (Measured::Rate, Measured::Points) => Measured::Rate,
                (Measured::Quotient, Measured::Bare) | (Measured::Bare, Measured::Quotient) => {
                    Measured::Quotient
                }
                _ => {
                    Self::comparable(node, (&left, &x), (&right, &y))?;
                    if x == Measured::Bare { y } else { x }
                }
            },
            Operation::Multiply => match (&x, &y) {
                (Measured::Bare | Measured::Quotient | Measured::Rate, _) => {
                    if x == Measured::Rate && y == Measured::Bare {
                        x
                    } else {
                        y
                    }
                }
                (_, Measured::Bare | Measured::Quotient | Measured::Rate) => x,
                _ => Measured::Figure(None),
            },
            Operation::Divide => match (&x, &y) {
                (_, Measured::Bare) => x,
                (Measured::Figure(a), Measured::Figure(b)) if a != b => Measured::Figure(None),
                // 万元 ÷ 80% are 万元 still.
                (Measured::Figure(_), Measured::Rate) => x,
                _ => Measured::Quotient,
            },
        };
        Ok((Expr::arithmetic(operation, left, right), measure))
    }

    fn compare(
        &self,
        node: &Node,
        relation: Relation,
        a: &Node,
        b: &Node,
    ) -> Result<Typed, Mistake> {
        let ((left, x), (right, y)) = (self.resolve(a)?, self.resolve(b)?);
        let is_like = |x: &Measured| matches!(x, Measured::Words | Measured::Truth);
        if (is_like(&x) || is_like(&y)) && !matches!(relation, Relation::Equal | Relation::NotEqual)
        {
            let message = Text::new(
                "文字和判断只能用 = 或 ≠ 比较",
                "text and conditions compare with = or ≠ only",
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        Self::comparable(node, (&left, &x), (&right, &y))?;
        match (&left, &right) {
            (Expr::Leaf(leaf), Expr::Text(text)) => self.is_choice(b, *leaf, text)?,
            (Expr::Text(text), Expr::Leaf(leaf)) => self.is_choice(a, *leaf, text)?,
            _ => {}
        }
        Ok((
            Expr::Compare(relation, Box::new(left), Box::new(right)),
            Measured::Truth,
        ))
    }

    /// Whether a word is one that may stand in a column with a list of choices: no record would
    /// ever have another.
    fn is_choice(&self, node: &Node, leaf: Leaf, word: &str) -> Result<(), Mistake> {
        let form = leaf.link.form.map_or(self.form, |at| &self.forms[at]);
        let column = &form.columns[form.variables[leaf.variable].column];
        let Some(choices) = column
            .one_of
            .as_ref()
            .map(|listed| listed.get_ref().words_here())
        else {
            return Ok(());
        };
        if choices.is_empty() || choices.iter().any(|choice| choice == word) {
            return Ok(());
        }
        let (label, list) = (&column.label.zh, choices.join("、"));
        let known: Vec<&str> = choices.iter().map(String::as_str).collect();
        let message = both!(
            "“{word}”不在“{label}”的选项里：{list}",
            "`{word}` is none of the choices of `{label}`: {list}"
        );
        Err(Mistake::new(node.span.clone(), message).help(did_you_mean(word, &known)))
    }

    /// Whether two things can be compared or added, and if not, why.
    pub(crate) fn comparable(
        node: &Node,
        (left, x): (&Expr, &Measured),
        (right, y): (&Expr, &Measured),
    ) -> Result<(), Mistake> {
        use Measured::{Bare, Figure, Points, Quotient, Rate, Truth, Words};
        let is_zero = |expr: &Expr| matches!(expr, Expr::Number(c) if number::is_zero(&c.exact));
        // What a limit by group has for a group that it does not name goes with anything.
        let is_nothing =
            |expr: &Expr| matches!(expr, Expr::Call(Function::Coalesce, none) if none.is_empty());
        let fits = match (x, y) {
            _ if is_nothing(left) || is_nothing(right) => true,
            (Words, Words) | (Truth, Truth) => true,
            (Words | Truth, _) | (_, Words | Truth) => false,
            (Rate | Points, Bare) => is_zero(right),
            (Bare, Rate | Points) => is_zero(left),
            (Rate, Rate | Quotient) | (Quotient, Rate) | (Points, Points) => true,
            (Rate | Points, _) | (_, Rate | Points) => false,
            (Figure(Some(a)), Figure(Some(b))) => a == b,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let (a, b) = (x.words(), y.words());
        let message = Text::new(
            format!("{}不能与{}相比或相加减", a.zh, b.zh),
            format!("{} can't be compared with or added to {}", a.en, b.en),
        );
        let bare = |expr: &Expr| match expr {
            Expr::Number(constant) => Some(constant.exact.clone()),
            Expr::Neg(inner) => match inner.as_ref() {
                Expr::Number(constant) => Some(-constant.exact.clone()),
                _ => None,
            },
            _ => None,
        };
        let help = match (x, y, left, right) {
            (Rate, Bare, _, number) | (Bare, Rate, number, _) => bare(number).map(|exact| {
                let whole = number::show(&(&exact * number::power_of_ten(2)));
                let plain = number::show(&exact);
                both!(
                    "百分率要带 % 号：写 {plain}% 或 {whole}%",
                    "a rate is written with its sign: {plain}% or {whole}%"
                )
            }),
            (Rate, Points, ..) | (Points, Rate, ..) => Some(Text::new(
                "两个百分率之差才是百分点",
                "points are the difference of two rates",
            )),
            _ => None,
        };
        Err(Mistake::new(node.span.clone(), message).help(help))
    }

    fn call(&self, node: &Node, name: &str, arguments: &[Node]) -> Result<Typed, Mistake> {
        let Some(takes) = FUNCTIONS.iter().find(|f| f.name == name).map(|f| &f.takes) else {
            let known: Vec<&str> = FUNCTIONS.iter().map(|f| f.name).collect();
            let message = both!("没有叫 `{name}` 的函数", "there is no function `{name}`");
            return Err(Mistake::new(node.span.clone(), message).help(did_you_mean(name, &known)));
        };
        if !takes.contains(&arguments.len()) {
            let (least, most, found) = (takes.start(), takes.end(), arguments.len());
            let range = if least == most {
                least.to_string()
            } else {
                format!("{least}–{most}")
            };
            let message = both!(
                "`{name}` 要 {range} 个参数，这里有 {found} 个",
                "`{name}` takes {range} arguments, found {found}"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        match name {
            "matches" => self.matches(arguments),
            "split" => self.split(node, arguments),
            "per_head" => self.per_head(arguments),
            "last_year" => self.earlier(&arguments[0], Source::LastYear),
            "last_period" => self.earlier(&arguments[0], Source::LastPeriod),
            "growth" => self.growth(node, arguments),
            "change" => {
                let (left, measure) = self.numeric(&arguments[0])?;
                if measure != Measured::Rate {
                    return self.growth(node, arguments);
                }
                let (right, other) = self.second(arguments)?;
                Self::comparable(node, (&left, &measure), (&right, &other))?;
                Ok((
                    Expr::arithmetic(Operation::Subtract, left, right),
                    Measured::Points,
                ))
            }
            "share" => {
                let (part, x) = self.numeric(&arguments[0])?;
                let (whole, y) = self.numeric(&arguments[1])?;
                Self::comparable(node, (&part, &x), (&whole, &y))?;
                Ok((
                    Expr::arithmetic(Operation::Divide, part, whole),
                    Measured::Rate,
                ))
            }
            "sum" => {
                let (parts, measure) = self.alike(node, arguments)?;
                Ok((Expr::sum(parts), measure))
            }
            "abs" => {
                let (expr, measure) = self.numeric(&arguments[0])?;
                Ok((Expr::Call(Function::Abs, vec![expr]), measure))
            }
            "round" => self.round(arguments),
            "if" => {
                let condition = self.truth(&arguments[0])?;
                let (mut both, measure) = self.alike(node, &arguments[1..])?;
                both.insert(0, condition);
                Ok((Expr::Call(Function::If, both), measure))
            }
            "min" | "max" | "mean" | "coalesce" => {
                let function = match name {
                    "min" => Function::Min,
                    "max" => Function::Max,
                    "mean" => Function::Mean,
                    _ => Function::Coalesce,
                };
                let (parts, measure) = self.alike(node, arguments)?;
                Ok((Expr::Call(function, parts), measure))
            }
            _ => {
                let message = both!(
                    "`{name}` 只能统计一组记录，括号里写一个指标",
                    "`{name}` is a statistic over records and takes one variable"
                );
                Err(Mistake::new(node.span.clone(), message))
            }
        }
    }

    /// Arguments that must all be of one measure.
    fn alike(&self, node: &Node, arguments: &[Node]) -> Result<(Vec<Expr>, Measured), Mistake> {
        let mut parts = Vec::new();
        let mut measure: Option<Measured> = None;
        for argument in arguments {
            let (expr, found) = self.numeric(argument)?;
            if let (Some(measure), Some(first)) = (&measure, parts.first()) {
                Self::comparable(node, (first, measure), (&expr, &found))?;
            }
            if measure.is_none() || measure == Some(Measured::Bare) {
                measure = Some(found);
            }
            parts.push(expr);
        }
        Ok((parts, measure.unwrap_or(Measured::Bare)))
    }

    /// The second argument of `growth` and `change`, which is last year's where unsaid.
    fn second(&self, arguments: &[Node]) -> Result<Typed, Mistake> {
        match arguments.get(1) {
            Some(second) => self.numeric(second),
            None => self.earlier(&arguments[0], Source::LastYear),
        }
    }

    fn growth(&self, node: &Node, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (now, x) = self.numeric(&arguments[0])?;
        let (before, y) = self.second(arguments)?;
        Self::comparable(node, (&now, &x), (&before, &y))?;
        Ok((
            Expr::Call(Function::Growth, vec![now, before]),
            Measured::Rate,
        ))
    }

    fn earlier(&self, argument: &Node, source: Source) -> Result<Typed, Mistake> {
        match self.resolve(argument)? {
            (Expr::Leaf(leaf), measure) if leaf.link.source == Source::Now => {
                let link = Link {
                    source,
                    ..leaf.link
                };
                Ok((Expr::Leaf(Leaf { link, ..leaf }), measure))
            }
            // Last year's sum goes over the records that there were last year.
            (Expr::Aggregate(aggregate), measure) if aggregate.over.source == Source::Now => {
                let over = Link {
                    source,
                    ..aggregate.over
                };
                let earlier = Aggregate {
                    over,
                    ..aggregate.as_ref().clone()
                };
                Ok((Expr::Aggregate(Arc::new(earlier)), measure))
            }
            _ => Err(Mistake::new(
                argument.span.clone(),
                Text::new(
                    "往期数只能取一个指标或一个汇总，例如 last_year(applications)",
                    "an earlier figure is that of one variable or one statistic, as in `last_year(applications)`",
                ),
            )),
        }
    }

    /// A name of the rule, a derived figure or a threshold.
    fn named(&self, node: &Node, name: &str) -> Option<Result<Typed, Mistake>> {
        let locals = &self.locals;
        if let Some((_, stands_for)) = locals.names.iter().find(|(known, _)| known == name) {
            let kind = Kind::Name(stands_for.clone(), None);
            let scope = Self {
                locals: NO_LOCALS,
                ..*self
            };
            return Some(scope.resolve(&Node {
                kind,
                span: node.span.clone(),
            }));
        }
        if let (Some(limit), "limit" | "界限") = (&locals.limit, name) {
            return Some(self.resolve(&self.limit(limit, node)));
        }
        if self.form.column_named(name).is_some() {
            return None;
        }
        if let Some(threshold) = self.form.thresholds.iter().find(|t| t.id == name) {
            let number = Kind::Number(threshold.value.clone(), threshold.measure);
            return Some(self.resolve(&Node {
                kind: number,
                span: node.span.clone(),
            }));
        }
        let named = |d: &&crate::rulebook::form::Derived| d.id == name || d.label.zh == name;
        let derived = self.form.derived.iter().find(named)?;
        Some(self.derived(node, &derived.is.text, name))
    }

    fn derived(&self, node: &Node, text: &str, name: &str) -> Result<Typed, Mistake> {
        if self.depth >= DEEPEST {
            let message = both!(
                "派生指标 `{name}` 绕回了它自己",
                "the derived figure `{name}` rests on itself"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        let deeper = Self {
            depth: self.depth + 1,
            locals: NO_LOCALS,
            ..*self
        };
        // What is wrong within the derived figure is told where it stands; here, where it is used.
        parse::parse(text, &|no| self.is_row(no))
            .and_then(|inner| deeper.resolve(&inner))
            .map_err(|mistake| Mistake {
                span: node.span.clone(),
                ..mistake
            })
    }

    /// Whether a number in brackets is the number of a row.
    pub fn is_row(&self, no: &str) -> bool {
        let mut rows = self.form.rows.iter();
        rows.any(|row| row.no.as_deref() == Some(no))
    }

    /// A limit by group as the chain of choices that it is.
    fn limit(&self, limit: &GroupLimit, node: &Node) -> Node {
        let span = &node.span;
        let at = |kind: Kind| Node {
            kind,
            span: span.clone(),
        };
        // The variable of a template is itself the group.
        let template = self.locals.names.iter().find(|(name, _)| *name == limit.by);
        if let Some((_, stands_for)) = template {
            let value = limit.values.iter().find(|(group, ..)| group == stands_for);
            return at(value.map_or(Kind::Nothing, |(_, value, measure)| {
                Kind::Number(value.clone(), *measure)
            }));
        }
        limit
            .values
            .iter()
            .rev()
            .fold(at(Kind::Nothing), |rest, (group, value, measure)| {
                let is_group = Kind::Compare(
                    Relation::Equal,
                    Box::new(at(Kind::Name(limit.by.clone(), None))),
                    Box::new(at(Kind::Text(group.clone()))),
                );
                let value = at(Kind::Number(value.clone(), *measure));
                let choice = vec![at(is_group), value, rest];
                at(Kind::Call("if".to_owned(), choice, Clauses::default()))
            })
    }

    /// A figure of a record belongs into a statistic where the unit is more than a record.
    fn only_within_statistics(&self, node: &Node) -> Result<(), Mistake> {
        let whole_district = self.each == Each::District && !self.form.is_fixed();
        if self.inside || !(whole_district || self.each == Each::City) {
            return Ok(());
        }
        let message = Text::new(
            "这里一次看的是许多条记录，要说明怎么汇总",
            "the unit has many records: say which statistic of them is meant",
        );
        Err(
            Mistake::new(node.span.clone(), message).help(Some(Text::new(
                "例如 sum(在校生数)、count(where 学段 = \"小学\")",
                "such as `sum(pupils)` or `count(where stage = \"小学\")`",
            ))),
        )
    }

    fn other_form(&self, node: &Node, name: &str) -> Result<(usize, &'a Form), Mistake> {
        let found = self.forms.iter().position(|form| form.id == name);
        found.map(|at| (at, &self.forms[at])).ok_or_else(|| {
            let known: Vec<&str> = self.forms.iter().map(|form| form.id.as_str()).collect();
            let message = both!("没有表号 `{name}`", "there is no form `{name}`");
            Mistake::new(node.span.clone(), message).help(did_you_mean(name, &known))
        })
    }

    /// Something of another form of the same district.
    fn of_form(&self, node: &Node, name: &str, inner: &Node) -> Result<Typed, Mistake> {
        let (at, form) = self.other_form(node, name)?;
        if form.id == self.form.id {
            return self.resolve(inner);
        }
        let there = Self {
            inside: true,
            depth: self.depth,
            ..Self::new(self.forms, form)
        };
        let (expr, measure) = there.resolve(inner)?;
        if matches!(expr, Expr::Number(_)) {
            return Ok((expr, measure));
        }
        let Expr::Leaf(leaf) = expr else {
            let message = Text::new(
                "表号后面应是那张表的一个指标",
                "a form's number is followed by one of its variables",
            );
            return Err(Mistake::new(node.span.clone(), message));
        };
        if !form.is_fixed() && !self.is_keyed_like(form) {
            let message = both!(
                "{name} 是浮动表，有许多条记录，要说明怎么汇总，例如 sum({name}.…)",
                "{name} is a list of many records: say which statistic is meant, as in `sum({name}.…)`"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        if self.each == Each::City && !self.inside {
            self.only_within_statistics(node)?;
        }
        let link = Link {
            form: Some(at),
            source: leaf.link.source,
        };
        Ok((Expr::Leaf(Leaf { link, ..leaf }), measure))
    }

    /// Whether each record of this list is one of another list, by the same key.
    fn is_keyed_like(&self, other: &Form) -> bool {
        let names = |form: &Form| -> Vec<String> {
            let columns = form.key.iter().map(|key| form.columns[*key].id.clone());
            columns.collect()
        };
        let by_record = self.inside || matches!(self.each, Each::Row | Each::Column);
        !self.form.is_fixed() && by_record && names(self.form) == names(other)
    }

    fn aggregate(
        &self,
        node: &Node,
        statistic: Statistic,
        arguments: &[Node],
        clauses: &Clauses,
    ) -> Result<Typed, Mistake> {
        let fail = |message: Text| Err(Mistake::new(node.span.clone(), message));
        if self.inside {
            return fail(Text::new(
                "汇总里面不能再有汇总",
                "a statistic can't stand within a statistic",
            ));
        }
        if arguments.is_empty() && statistic != Statistic::Count {
            return fail(Text::new(
                "要写明对哪个指标汇总，例如 sum(在校生数)",
                "say of which variable, as in `sum(pupils)`",
            ));
        }
        if arguments.len() > 1 {
            return fail(Text::new(
                "带 where、by、weight 的汇总，括号里只写一个指标",
                "with `where`, `by` or `weight` there is one variable in the brackets",
            ));
        }
        // Of another form where the first name in it is another form's.
        let other = match arguments.first() {
            Some(argument) => first_name(argument),
            None => clauses.condition.as_deref().and_then(first_name),
        };
        let (form, over) = match other {
            Some(First::Of(at, name)) if name != self.form.id => {
                let (position, form) = self.other_form(at, name)?;
                (form, Some(position))
            }
            _ => (self.form, None),
        };
        let is_weighted = matches!(statistic, Statistic::Mean | Statistic::Variation);
        if clauses.weight.is_some() && !is_weighted {
            return fail(Text::new(
                "只有 mean 和 cv 可以加权",
                "only `mean` and `cv` take a weight",
            ));
        }
        let city = self.each == Each::City;
        if form.is_fixed() && !city {
            return fail(both!(
                "固定表一个单位只有一份，没有可汇总的记录；几行相加写成 a + b",
                "a fixed form is one record a district: add its rows as `a + b`"
            ));
        }
        let by_row = !city && self.each == Each::Row && !self.form.is_fixed() && over.is_none();
        if !clauses.groups.is_empty() && !by_row {
            return fail(Text::new(
                "分组（by）只用在浮动表逐行（each = \"row\"）的审核里",
                "groups (`by`) need a record that belongs to one: a list's rule for each row",
            ));
        }
        let inner = Self {
            inside: true,
            row: None,
            column: None,
            ..Self { form, ..*self }
        };
        let (value, measure) = match arguments.first() {
            None => (None, Measured::Bare),
            Some(argument) if statistic == Statistic::Count => {
                let (expr, measure) = inner.resolve(argument)?;
                if measure == Measured::Truth {
                    return fail(Text::new(
                        "条件写在 where 后面：count(where …)",
                        "a condition stands behind `where`: `count(where …)`",
                    ));
                }
                (Some(expr), Measured::Bare)
            }
            Some(argument) => {
                let (expr, measure) = inner.numeric(argument)?;
                (Some(expr), measure)
            }
        };
        let condition = clauses.condition.as_deref().map(|node| inner.truth(node));
        let weight = clauses.weight.as_deref().map(|node| inner.numeric(node));
        let mut groups = Vec::new();
        for group in &clauses.groups {
            groups.push(Leaf::own(inner.variable(group)?));
        }
        let aggregate = Aggregate {
            statistic,
            over: Link {
                form: over,
                source: Source::Now,
            },
            reach: if city { Reach::City } else { Reach::District },
            value,
            condition: condition.transpose()?,
            groups,
            weight: weight.transpose()?.map(|(expr, _)| expr),
        };
        let measure = match statistic {
            Statistic::Variation => Measured::Quotient,
            Statistic::Count => Measured::Figure(None),
            _ => measure,
        };
        Ok((Expr::Aggregate(Arc::new(aggregate)), measure))
    }

    /// `round(a, n)`: to whole tens where n is below zero.
    fn round(&self, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (expr, measure) = self.numeric(&arguments[0])?;
        let places = match arguments.get(1).map(|node| &node.kind) {
            Some(Kind::Neg(inner))
                if let Kind::Number(places, Measure::Plain) = &inner.kind
                    && places.is_integer()
                    && *places <= Exact::from_integer(15.into()) =>
            {
                -places.clone()
            }
            None => Exact::default(),
            Some(Kind::Number(places, Measure::Plain))
                if places.is_integer() && *places <= Exact::from_integer(15.into()) =>
            {
                places.clone()
            }
            Some(_) => {
                let message = Text::new(
                    "round 的第二个参数是小数位数，应为整数",
                    "the second argument of `round` is a whole number of decimals",
                );
                return Err(Mistake::new(arguments[1].span.clone(), message));
            }
        };
        // Decimals are those that people see: of 80.6% one.
        let kept = match measure {
            Measured::Rate | Measured::Points => places + Exact::from_integer(2.into()),
            _ => places,
        };
        Ok((
            Expr::Call(Function::Round, vec![expr, Expr::number(kept)]),
            measure,
        ))
    }

    fn matches(&self, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (expr, measure) = self.resolve(&arguments[0])?;
        let is_words = measure == Measured::Words;
        let (Expr::Leaf(leaf), Kind::Text(text), true) = (expr, &arguments[1].kind, is_words)
        else {
            let message = Text::new(
                "matches 要写成 matches(指标, \"格式\")",
                "write it as `matches(variable, \"pattern\")`",
            );
            return Err(Mistake::new(arguments[0].span.clone(), message));
        };
        let pattern = Pattern::new(text)
            .map_err(|message| Mistake::new(arguments[1].span.clone(), message))?;
        Ok((Expr::Matches(leaf, pattern), Measured::Truth))
    }

    /// `split(area, own, other, …)`: the share of a figure that falls to the first weight.
    fn split(&self, node: &Node, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (whole, measure) = self.numeric(&arguments[0])?;
        let (weights, _) = self.alike(node, &arguments[1..])?;
        let own = weights[0].clone();
        let share = Expr::arithmetic(Operation::Divide, own, Expr::sum(weights));
        Ok((Expr::arithmetic(Operation::Multiply, whole, share), measure))
    }

    /// `per_head(money, people)`: in 元, whatever the unit of the money.
    fn per_head(&self, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (money, measure) = self.numeric(&arguments[0])?;
        let unit = match &measure {
            Measured::Figure(Some(unit)) => number::power_of_money(unit),
            _ => None,
        };
        let Some(power) = unit else {
            let message = Text::new(
                "per_head 的第一个参数应是以元、万元或亿元计的金额",
                "the first argument of `per_head` is an amount in 元, 万元 or 亿元",
            );
            return Err(Mistake::new(arguments[0].span.clone(), message));
        };
        let (people, _) = self.numeric(&arguments[1])?;
        let yuan = Expr::arithmetic(
            Operation::Multiply,
            money,
            Expr::number(number::power_of_ten(power)),
        );
        Ok((
            Expr::arithmetic(Operation::Divide, yuan, people),
            Measured::Figure(None),
        ))
    }

    /// The variable that a name, a 栏次 or a 行次 stands for here.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn variable(&self, node: &Node) -> Result<usize, Mistake> {
        let form = self.form;
        let fail = |message: Text| Mistake::new(node.span.clone(), message);
        match &node.kind {
            Kind::ColumnNo(number, row) => {
                let column = form.columns.iter().position(|c| c.no == Some(*number));
                let column = column.ok_or_else(|| {
                    fail(both!("没有第 {number} 栏", "there is no column {number}"))
                })?;
                match row {
                    Some(row) => Ok(form.variable(column, Some(self.row(node, row)?))),
                    None => self.at_column(node, column),
                }
            }
            Kind::RowNo(number) => {
                let row = form
                    .rows
                    .iter()
                    .position(|r| r.no.as_deref() == Some(number));
                let row = row
                    .ok_or_else(|| fail(both!("没有第 {number} 行", "there is no row {number}")))?;
                self.at_row(node, row)
            }
            Kind::Name(name, Some(row)) => {
                let column = self.column(node, name)?;
                let row = self.row(node, row)?;
                Ok(form.variable(column, Some(row)))
            }
            Kind::Name(name, None) if self.column.is_some() => {
                let row = self.row(node, name)?;
                self.at_row(node, row)
            }
            Kind::Name(name, None) => {
                let column = self.column(node, name)?;
                self.at_column(node, column)
            }
            _ => Err(fail(Text::new("这里应是一个指标", "expected a variable"))),
        }
    }

    /// The row or column that a name means where the other axis is not given.
    fn at_column(&self, node: &Node, column: usize) -> Result<usize, Mistake> {
        if self.form.is_fixed() && self.row.is_none() {
            let id = &self.form.columns[column].id;
            let message = both!(
                "`{id}` 是一栏，这里要指明是哪一行，例如 `{id}[total]`",
                "`{id}` is a whole column: say which row, as in `{id}[total]`"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        Ok(self.form.variable(column, self.row))
    }

    fn at_row(&self, node: &Node, row: usize) -> Result<usize, Mistake> {
        let Some(column) = self.column else {
            let id = &self.form.rows[row].id;
            let message = both!(
                "`{id}` 是一行；只有 each = \"column\" 的规则能这样写",
                "`{id}` is a row: only a rule with each = \"column\" can name it alone"
            );
            return Err(Mistake::new(node.span.clone(), message));
        };
        Ok(self.form.variable(column, Some(row)))
    }

    fn column(&self, node: &Node, name: &str) -> Result<usize, Mistake> {
        let known = self.form.columns.iter().map(|c| Named {
            id: &c.id,
            label: &c.label.zh,
            aliases: &c.aliases,
        });
        look_up(name, &known.collect::<Vec<_>>())
            .map_err(|unknown| unknown.mistake(node, name, true))
    }

    fn row(&self, node: &Node, name: &str) -> Result<usize, Mistake> {
        if let Some(row) = self
            .form
            .rows
            .iter()
            .position(|r| r.no.as_deref() == Some(name))
        {
            return Ok(row);
        }
        let known = self.form.rows.iter().map(|r| Named {
            id: &r.id,
            label: &r.label.zh,
            aliases: &r.aliases,
        });
        look_up(name, &known.collect::<Vec<_>>())
            .map_err(|unknown| unknown.mistake(node, name, false))
    }
}

/// What a number of the rule's text comes to.
fn constant(node: &Node) -> Option<Exact> {
    match &node.kind {
        Kind::Number(value, _) => Some(value.clone()),
        Kind::Neg(inner) => Some(-constant(inner)?),
        _ => None,
    }
}

/// Whether an expression is 100 %.
fn is_whole(expr: &Expr) -> bool {
    let one = Exact::from_integer(1.into());
    matches!(expr, Expr::Number(constant) if constant.exact == one)
}

/// What kind of thing a variable is.
pub(crate) fn measure(variable: &Variable) -> Measured {
    match variable.kind {
        Type::Percent => Measured::Rate,
        Type::Points => Measured::Points,
        Type::Text | Type::Code | Type::Flag | Type::Date => Measured::Words,
        Type::Count | Type::Number | Type::Money | Type::Change => {
            Measured::Figure(variable.unit.clone())
        }
    }
}

/// Whose the first name of an expression is.
enum First<'a> {
    /// The rule's own form's.
    Own,
    /// Another form's, which is named there.
    Of(&'a Node, &'a str),
}

/// The first name of an expression, in order of reading.
fn first_name(node: &Node) -> Option<First<'_>> {
    match &node.kind {
        Kind::Of(form, _) => Some(First::Of(node, form)),
        Kind::Name(..) | Kind::ColumnNo(..) | Kind::RowNo(_) => Some(First::Own),
        Kind::Number(..) | Kind::Text(_) | Kind::Nothing => None,
        Kind::Neg(a) | Kind::Not(a) | Kind::Blank(a) => first_name(a),
        Kind::Arithmetic(_, a, b) | Kind::Compare(_, a, b) | Kind::And(a, b) | Kind::Or(a, b) => {
            first_name(a).or_else(|| first_name(b))
        }
        Kind::Between(a, b, c) => [a, b, c].into_iter().find_map(|node| first_name(node)),
        Kind::In(a, list) => first_name(a).or_else(|| list.iter().find_map(first_name)),
        Kind::Call(_, arguments, _) => arguments.iter().find_map(first_name),
    }
}
