//! The kinds of checks: what each lowers to, and what it says of a failure.
//!
//! A kind has one job, to lower what stands in a rule file to
//! [`Assertion`]s. Counting, exactness, formulas and places
//! then exist once, in [`run`]. Adding a kind touches its own files and one line in [`KINDS`].
//!
//! No file is opened here and no path is known.

pub mod accumulates;
pub mod bounds;
pub mod complete;
pub mod decimals;
mod discrepancy;
pub mod example;
pub mod expression;
pub(crate) mod lines;
mod natively;
pub mod non_decreasing;
pub mod one_of;
pub mod outlier;
pub mod pair;
pub mod part_of;
pub mod pattern;
pub mod required;
pub mod restates;
mod rule;
pub mod run;
pub mod scale;
pub mod states;
pub mod tables;
pub mod total;
mod typed;
pub mod unique;
mod wording;
pub mod zero;

pub use rule::{attempt, lower as lower_rule};
pub(crate) use rule::{check_whole, plausibility_is_no_error};
use wording::say;

use crate::expr::exact::{self, Among, Failure};
use crate::expr::figures::Figures;
use crate::expr::types::{self, Measured, Scope, Typed};
use crate::expr::{Expr, Leaf, Source, parse};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Written};
use crate::rulebook::rule::{Assertion, Claim, Rule};
use crate::rulebook::source::{Problem, Sources};
use crate::rulebook::written::{
    Audience, Axis, Bound, Each, Missing, RuleWritten, Severity, Stage, Type,
};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A kind of check.
pub struct Kind {
    /// Its name in rule files and lists.
    pub name: &'static str,
    /// What it checks and why, for readers of English: also the module's documentation.
    pub doc: &'static str,
    /// The same in Chinese.
    pub doc_zh: &'static str,
    /// Makes the rules that keys on columns and rows ask for.
    pub keys: fn(&mut Lowering<'_>),
    /// What a `[[rule]]` asks of it, if it asks for this kind, and where.
    pub rule: fn(&RuleWritten) -> Option<AsksAt<'_>>,
    /// What a failure means, and what to do about it.
    pub say: fn(&Failed<'_>) -> Wording,
}

/// Since when, of kinds that compare with the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Since {
    /// A year ago.
    LastYear,
    /// The form's period before.
    LastPeriod,
}

impl Since {
    fn source(self) -> Source {
        match self {
            Self::LastYear => Source::LastYear,
            Self::LastPeriod => Source::LastPeriod,
        }
    }
}

/// What a rule asks, and where.
type AsksAt<'a> = (&'a dyn Asks, Range<usize>);

/// What a `[[rule]]` asks of its kind.
pub trait Asks {
    /// What must hold of each unit, at one place of the form. What is wrong is noted, and then
    /// there is nothing to assert.
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>>;

    /// How the rule reads for people.
    fn formula(&self) -> String;
}

/// What is asked under one key, as [`Kind::rule`] gives it.
fn asked<T: Asks>(written: Option<&Spanned<T>>) -> Option<AsksAt<'_>> {
    written.map(|written| (written.get_ref() as &dyn Asks, written.span()))
}

/// All kinds, in the order in which their rules are listed.
pub const KINDS: &[Kind] = &[
    typed::KIND,
    required::KIND,
    decimals::KIND,
    bounds::KIND,
    zero::KIND,
    lines::KIND,
    one_of::KIND,
    pattern::KIND,
    unique::KIND,
    complete::KIND,
    total::KIND,
    part_of::KIND,
    states::KIND,
    restates::KIND,
    accumulates::KIND,
    non_decreasing::KIND,
    pair::KIND,
    scale::KIND,
    outlier::KIND,
    expression::KIND,
];

/// The kind of a rule.
pub fn kind(rule: &Rule) -> &'static Kind {
    KINDS
        .iter()
        .find(|kind| kind.name == rule.kind)
        .unwrap_or(&expression::KIND)
}

/// A form whose keys are being made into rules.
pub struct Lowering<'a> {
    /// The form.
    pub form: &'a Form,
    /// All forms of the rulebook.
    pub forms: &'a [Form],
    /// The texts of all rule files, for lists of codes.
    pub sources: &'a Sources,
    /// The file that is being read.
    pub file: String,
    /// Where what is being made ready stands in it.
    pub span: Range<usize>,
    /// The rules so far.
    pub rules: Vec<Rule>,
    /// What was found wrong.
    pub problems: Vec<Problem>,
    /// What a record must be like for the rule in hand.
    pub only: Option<Expr>,
}

/// What a failure is about, for the kind that puts it into words.
pub struct Failed<'a> {
    /// The form.
    pub form: &'a Form,
    /// All forms of the rulebook.
    pub forms: &'a [Form],
    /// The rule.
    pub rule: &'a Rule,
    /// What did not hold.
    pub assertion: &'a Assertion,
    /// The figures.
    pub figures: &'a Figures<'a>,
    /// Of which record.
    pub record: usize,
    /// What was found and expected.
    pub failure: &'a Failure,
    /// How much it weighs in this period.
    pub severity: Severity,
}

/// What a finding says and asks for.
#[derive(Debug, Default)]
pub struct Wording {
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
    /// What may be behind it, told after the message, be that the kind's or the author's.
    pub suspicion: Option<Text>,
    /// Where the kind knows better than the rule how much it weighs.
    pub severity: Option<Severity>,
}

impl Wording {
    fn new(message: Text, fix: Text) -> Self {
        Self {
            message,
            fix,
            suspicion: None,
            severity: None,
        }
    }

    fn suspecting(self, suspicion: Option<Text>) -> Self {
        Self { suspicion, ..self }
    }
}

impl<'a> Lowering<'a> {
    /// A rule that a key of a column or row makes; its severity is the kind's default.
    fn rule(&mut self, kind: &'static str, id: String, title: Text, severity: Severity) -> Rule {
        Rule {
            id,
            kind,
            title,
            severity,
            severity_in: BTreeMap::new(),
            audience: Audience::District,
            stage: Stage::InForce,
            each: Each::Row,
            months: Vec::new(),
            valid: (None, None),
            released: false,
            missing: Missing::Skip,
            settle_by_close: false,
            message: None,
            fix: None,
            source: None,
            formula: String::new(),
            narrowed_to: Text::default(),
            file: self.file.clone(),
            span: 0..0,
            assertions: Vec::new(),
            examples: Vec::new(),
            is_written: false,
        }
    }

    /// The rows of a form as scopes for names: each row of a fixed form, or the list's one.
    fn rows(&self) -> Vec<Option<usize>> {
        rows(self.form)
    }

    fn problem(&mut self, span: Range<usize>, message: Text) {
        self.problems.push(Problem::new(&self.file, span, message));
    }

    /// Takes a rule that a key makes; a key that finds nothing to look at is a mistake.
    fn key_rule(&mut self, mut rule: Rule) {
        if rule.assertions.is_empty() {
            let id = rule.id.clone();
            let message = both!(
                "`{id}`：这一栏的类型用不上这个键",
                "`{id}`: the key means nothing for a column of this type"
            );
            self.problem(rule.span, message);
            return;
        }
        // A true figure may differ from what was reported earlier.
        if rule.is_plausibility() {
            rule.severity = rule.severity.max(Severity::Query);
        }
        self.rules.push(rule);
    }

    /// The form by itself.
    fn scope(&self) -> Scope<'a> {
        Scope::new(self.forms, self.form)
    }

    /// An expression in a scope, noting what is wrong with it.
    fn term(&mut self, written: &Spanned<String>, scope: Scope<'_>) -> Option<Typed> {
        let written = Written {
            text: written.get_ref().clone(),
            span: written.span(),
        };
        match resolve(&self.file, &written, scope) {
            Ok(typed) => Some(typed),
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    /// An expression that is a figure, and goes with another where there is one.
    fn figure(
        &mut self,
        written: &Spanned<String>,
        scope: Scope<'_>,
        with: Option<&Typed>,
    ) -> Option<Typed> {
        let typed = self.term(written, scope)?;
        let span = written.span();
        if matches!(typed.1, Measured::Words | Measured::Truth) {
            let message = Text::new("这里应是数", "expected a number");
            self.problem(span, message);
            return None;
        }
        if let Some(other) = with
            && !self.go_together(other, &typed, span)
        {
            return None;
        }
        Some(typed)
    }

    /// Whether two things can be held against each other; told where not.
    fn go_together(&mut self, a: &Typed, b: &Typed, span: Range<usize>) -> bool {
        let node = parse::Node {
            kind: parse::Kind::Nothing,
            span: 0..0,
        };
        let Err(mistake) = Scope::comparable(&node, (&a.0, &a.1), (&b.0, &b.1)) else {
            return true;
        };
        let problem = Problem::new(&self.file, span, mistake.message);
        self.problems.push(match mistake.help {
            Some(help) => problem.help(help),
            None => problem,
        });
        false
    }

    /// A variable of the form as a term.
    fn cell(&self, variable: usize) -> Typed {
        let measure = types::measure(&self.form.variables[variable]);
        (Expr::Leaf(Leaf::own(variable)), measure)
    }

    /// Several figures that go with another.
    fn figures(
        &mut self,
        written: &[Spanned<String>],
        scope: Scope<'_>,
        with: Option<&Typed>,
    ) -> Option<Vec<Expr>> {
        let figures: Vec<Option<Typed>> = written
            .iter()
            .map(|w| self.figure(w, scope, with))
            .collect();
        figures.into_iter().map(|figure| Some(figure?.0)).collect()
    }

    /// A variable of the form's own.
    fn variable(&mut self, written: &Spanned<String>, scope: Scope<'_>) -> Option<usize> {
        match self.term(written, scope)?.0 {
            Expr::Leaf(leaf) if leaf.is_own() => Some(leaf.variable),
            _ => {
                let message =
                    Text::new("这里应是本表的一个指标", "expected a variable of this form");
                self.problem(written.span(), message);
                None
            }
        }
    }

    /// An assertion that accuses the first figure of this form that it reads.
    fn accusing(&mut self, claim: Claim, span: Range<usize>) -> Option<Assertion> {
        let mut assertion = Assertion::new(0, claim);
        let mut leaves = Vec::new();
        let mut expressions = assertion.expressions().into_iter();
        expressions
            .by_ref()
            .for_each(|expr| expr.leaves(&mut leaves));
        let own = leaves.iter().find(|leaf| leaf.is_own());
        let own = own.or_else(|| leaves.iter().find(|leaf| leaf.link.form.is_none()));
        let counts = assertion.expressions().iter().any(|expr| {
            let mut counted = expr.aggregates().into_iter();
            counted.any(|aggregate| aggregate.over.form.is_none())
        });
        // Where records are merely counted they stand by their key.
        let key = self.form.key.first().copied().filter(|_| counts);
        if let Some(variable) = own.map(|leaf| leaf.variable).or(key) {
            assertion.accused = variable;
            return Some(assertion);
        }
        let message = Text::new(
            "式子里没有本表的指标，不知道该审哪一格",
            "the expression reads no figure of this form: there is no cell to show",
        );
        self.problem(span, message);
        None
    }

    /// Whether a bare limit of a rate may mean something else: 0.8 may be 0.8% or 80%. Told.
    fn asks_of_rate(&mut self, written: &toml::Value, span: Range<usize>) -> bool {
        let (Some((limit, _)), false) = (
            crate::rulebook::limit(written),
            matches!(written, toml::Value::String(_)),
        ) else {
            return false;
        };
        let is_small = limit > Exact::default() && limit <= number::power_of_ten(0);
        if is_small {
            let seen = number::show(&limit);
            let whole = number::show(&(limit * number::power_of_ten(2)));
            let message = both!(
                "百分率的界限写了 {seen}：是 {seen}%，还是 {whole}%？请写成 \"{seen}%\" 或 {whole}",
                "a rate has {seen} for a limit: is that {seen}% or {whole}%? write \"{seen}%\" or {whole}"
            );
            self.problem(span, message);
        }
        is_small
    }

    /// A declared limit as a number, and where it comes from.
    fn limit(&mut self, bound: &Bound) -> Option<(Exact, Option<String>)> {
        if let toml::Value::String(name) = bound.value.get_ref()
            && let Some(threshold) = self.form.thresholds.iter().find(|t| t.id == *name)
        {
            let scale = match threshold.measure {
                parse::Measure::Plain => 0,
                _ => 2,
            };
            let value = &threshold.value * number::power_of_ten(scale);
            return Some((
                value,
                bound.source.clone().or(Some(threshold.source.clone())),
            ));
        }
        let Some((value, measure)) = crate::rulebook::limit(bound.value.get_ref()) else {
            let mut message = crate::rulebook::not_a_limit();
            if let toml::Value::String(name) = bound.value.get_ref() {
                message = both!(
                    "`{name}` 不是数字，也没有叫这个名称的标准（[thresholds.{name}]）",
                    "`{name}` is no number, and there is no threshold of that name"
                );
            }
            self.problem(bound.value.span(), message);
            return None;
        };
        let scale = if measure == parse::Measure::Plain {
            0
        } else {
            2
        };
        Some((value * number::power_of_ten(scale), bound.source.clone()))
    }

    /// Parses and resolves an expression of a key in a scope, noting what is wrong with it.
    fn expression(&mut self, written: &Written, scope: Scope<'_>) -> Option<Typed> {
        match resolve(&self.file, written, scope) {
            Ok(typed) => Some(typed),
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }
}

/// Names as one text.
fn joined(names: &[Spanned<String>], between: &str) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.get_ref().as_str()).collect();
    names.join(between)
}

/// The rows that a rule for each row is made for.
pub(crate) fn rows(form: &Form) -> Vec<Option<usize>> {
    if form.is_fixed() {
        (0..form.rows.len()).map(Some).collect()
    } else {
        vec![None]
    }
}

/// Parses and resolves a written expression; a mistake comes back at its place in the file.
pub(crate) fn resolve(
    file: &str,
    written: &Written,
    scope: Scope<'_>,
) -> Result<Typed, Box<Problem>> {
    parse::parse(&written.text, &|no| scope.is_row(no))
        .and_then(|node| scope.resolve(&node))
        .map_err(|mistake| Box::new(at_file(file, written, mistake)))
}

/// A mistake in an expression, moved to where the expression stands in the rule file.
pub(crate) fn at_file(file: &str, written: &Written, mistake: parse::Mistake) -> Problem {
    // One quote before the text; in a text with escapes or three quotes places would be off,
    // and the whole value is shown instead.
    let plain = written.span.len() == written.text.len() + 2;
    let span = if plain {
        let start = written.span.start + 1;
        start + mistake.span.start..start + mistake.span.end
    } else {
        written.span.clone()
    };
    let problem = Problem::new(file, span, mistake.message);
    match mistake.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// Whether a variable is one of a form's plain, additive figures of a row or column: those that
/// totals and of-whichs are about.
pub(crate) fn is_additive(form: &Form, variable: usize) -> bool {
    let variable = &form.variables[variable];
    let own = form.axis == Axis::Columns || form.columns[variable.column].kind.is_none();
    own && matches!(variable.kind, Type::Count | Type::Number | Type::Money)
        && form.columns[variable.column].states.is_none()
}

impl Failed<'_> {
    /// What the accused cell is called.
    pub fn label(&self) -> Text {
        self.form.variable_label(self.assertion.accused)
    }

    /// A number in the unit in which people see a variable: 0.806 of a rate as `80.6%`.
    pub fn show(&self, variable: usize, x: &Exact) -> String {
        show(self.form, variable, x, None)
    }

    /// A difference in the unit in which people see a variable: of two rates, in points.
    pub fn show_gap(&self, variable: usize, gap: &Exact) -> String {
        let shown = show(self.form, variable, gap, None);
        match (self.form.variables[variable].kind, shown.strip_suffix('%')) {
            (Type::Percent, Some(points)) => format!("{points}个百分点"),
            _ => shown,
        }
    }

    /// A leaf's figure as people see it, or a word for why there is none.
    pub fn leaf(&self, leaf: Leaf) -> String {
        leaf_words(self.form_of(leaf), self.figures, leaf, self.record)
    }

    /// What the accused cell says, as it was written where it was not a plain number; what was
    /// computed where the unit is more than a record.
    pub fn found(&self) -> String {
        if self.has_record() {
            return self.leaf(Leaf::own(self.assertion.accused));
        }
        let found = self.failure.found.as_ref();
        found.map_or_else(String::new, |x| match &self.assertion.measure {
            Some(measure) => measured_words(measure, x),
            None => self.show(self.assertion.accused, x),
        })
    }

    /// What was held against the limit, where that is not the accused cell but computed: a share,
    /// a growth, a sum.
    pub fn computed(&self) -> Option<String> {
        let accused = Expr::Leaf(Leaf::own(self.assertion.accused));
        let left = match &self.assertion.claim {
            Claim::Compare { left, .. } => left,
            Claim::Between { value, .. } => value,
            _ => return None,
        };
        let (found, measure) = (
            self.failure.found.as_ref()?,
            self.assertion.measure.as_ref()?,
        );
        let is_one_cell = matches!(left, Expr::Leaf(_)) && *left == accused;
        (!is_one_cell).then(|| short_words(measure, found))
    }

    /// What stands in the accused cell, and what it comes to where something is computed from it.
    pub fn told(&self) -> Text {
        let (label, found) = (self.label(), self.found());
        let computed = self.computed().filter(|_| self.has_record());
        let computed = computed.map_or_else(Text::default, |x| {
            both!("，计算得 {x}", "; that comes to {x}")
        });
        Text::new(
            format!("“{}”填报 {found}{}", label.zh, computed.zh),
            format!("{} is {found}{}", label.en, computed.en),
        )
    }

    /// A limit in the measure of what was held against it.
    pub fn limit_words(&self, limit: &Exact) -> String {
        match &self.assertion.measure {
            Some(measure) if self.computed().is_some() => short_words(measure, limit),
            _ => self.show(self.assertion.accused, limit),
        }
    }

    /// Which of the rule's assertions it is.
    pub fn position(&self) -> usize {
        let mut all = self.rule.assertions.iter();
        all.position(|one| std::ptr::eq(one, self.assertion))
            .unwrap_or(0)
    }

    /// Whether the unit is a record, so that there is a cell to show.
    pub fn has_record(&self) -> bool {
        match self.rule.each {
            Each::Row | Each::Column => true,
            Each::District => self.form.is_fixed(),
            Each::City => false,
        }
    }

    /// 参考范围, where the other districts set one.
    pub fn limits(&self) -> Option<String> {
        let Some(Among::Outside {
            low,
            high,
            is_ratio,
            ..
        }) = &self.failure.among
        else {
            return None;
        };
        if *is_ratio {
            let percent = |x: &Exact| {
                let change = (x - Exact::from_integer(1.into())) * number::power_of_ten(2);
                let shown = number::show_rounded(&change, 1);
                let sign = if change > Exact::default() { "+" } else { "" };
                format!("{sign}{shown}%")
            };
            return Some(format!("{}…{}", percent(low), percent(high)));
        }
        let at = self.assertion.accused;
        let short = |x: &Exact| self.show(at, &number::round(x, 4 - self.scale()));
        Some(format!("{}…{}", short(low), short(high)))
    }

    /// The power of ten between what people see of the accused figure and what is kept.
    pub fn scale(&self) -> i32 {
        self.form.variables[self.assertion.accused].scale()
    }

    fn form_of(&self, leaf: Leaf) -> &Form {
        leaf.link
            .form
            .and_then(|at| self.forms.get(at))
            .unwrap_or(self.form)
    }

    /// What an expression comes to here.
    fn exactly(&self, expr: &Expr) -> Option<Exact> {
        exact::number(expr, self.figures, self.record, self.rule.missing).ok()
    }

    /// A leaf's figure, in the digits that people see.
    fn value(&self, leaf: Leaf) -> Option<Exact> {
        let scale = self.form_of(leaf).variables[leaf.variable].scale();
        Some(self.exactly(&Expr::Leaf(leaf))? * number::power_of_ten(-scale))
    }

    /// An expression's figure as people see it.
    fn figure(&self, expr: &Expr) -> String {
        match expr {
            Expr::Leaf(leaf) => self.leaf(*leaf),
            other => self
                .exactly(other)
                .map_or_else(String::new, |x| number::show(&x)),
        }
    }

    /// What an expression is called: a variable's label, with its form and time where they are
    /// not this form and now.
    fn name(&self, expr: &Expr) -> Text {
        match expr {
            Expr::Leaf(leaf) => self.leaf_name(*leaf),
            Expr::Aggregate(aggregate) => match aggregate.over.source {
                Source::Now => Text::new("汇总数", "the statistic"),
                Source::LastYear => Text::new("上年同期汇总数", "last year's statistic"),
                Source::LastPeriod => Text::new("上期汇总数", "the last period's statistic"),
            },
            _ => Text::new("计算值", "the computed figure"),
        }
    }

    /// What a leaf is called.
    fn leaf_name(&self, leaf: Leaf) -> Text {
        let form = self.form_of(leaf);
        let Text { zh, en } = form.variable_label(leaf.variable);
        let of = if leaf.link.form.is_some() {
            format!("{} ", form.id)
        } else {
            String::new()
        };
        let (when_zh, when_en) = match leaf.link.source {
            Source::Now => ("", ""),
            Source::LastYear => ("上年同期数 ", "last year's "),
            Source::LastPeriod => ("上期数 ", "the last period's "),
        };
        Text::new(format!("{when_zh}{of}{zh}"), format!("{when_en}{of}{en}"))
    }

    /// The shortest name by which people find a leaf's cell: its row or column where that alone
    /// tells it from the others of a sum, by its number if it has one.
    fn short(&self, leaf: Leaf) -> Text {
        let form = self.form_of(leaf);
        let variable = &form.variables[leaf.variable];
        let accused = &self.form.variables[self.assertion.accused];
        if variable.column != accused.column || leaf.link.form.is_some() {
            return self.leaf_name(leaf);
        }
        match variable.row.map(|row| &form.rows[row]) {
            Some(row) => match &row.no {
                Some(no) => both!("第{no}行", "row {no}"),
                None => row.label.trimmed(),
            },
            None => self.leaf_name(leaf),
        }
    }
}

/// An expression's figure as people read it: a rate with its sign.
fn measured_words(measure: &Measured, x: &Exact) -> String {
    let hundred = || x * number::power_of_ten(2);
    match measure {
        Measured::Rate => format!("{}%", number::show(&number::round(&hundred(), 2))),
        Measured::Points => format!("{}个百分点", number::show(&number::round(&hundred(), 2))),
        _ => number::show(x),
    }
}

/// The same with no more decimals than are read.
fn short_words(measure: &Measured, x: &Exact) -> String {
    let places = if matches!(measure, Measured::Rate | Measured::Points) {
        4
    } else {
        2
    };
    measured_words(measure, &number::round(x, places))
}

/// A number in the unit in which people see a variable, with given decimals or its own.
pub fn show(form: &Form, variable: usize, x: &Exact, decimals: Option<u8>) -> String {
    let variable = &form.variables[variable];
    let seen = x * number::power_of_ten(-variable.scale());
    let text = match decimals {
        Some(decimals) => number::show_rounded(&seen, u32::from(decimals)),
        None if variable.scale() != 0 && !is_short(&seen) => number::show_rounded(&seen, 2),
        None => number::show(&seen),
    };
    match variable.kind {
        Type::Percent => format!("{text}%"),
        Type::Points => format!("{text}个百分点"),
        _ => text,
    }
}

fn is_short(x: &Exact) -> bool {
    (x * number::power_of_ten(4)).is_integer()
}

/// A leaf's figure as people see it: as it was written where that is known.
pub fn leaf_words(form: &Form, figures: &Figures<'_>, leaf: Leaf, record: usize) -> String {
    if leaf.is_own()
        && let Some(written) = figures.own.written(record, leaf.variable)
    {
        return written.to_owned();
    }
    if let Ok(word) = figures.word(leaf, record) {
        return word.to_owned();
    }
    match figures.number(leaf, record, Missing::Skip) {
        Ok(x) => {
            let exact = number::exact(x);
            // What was reported elsewhere or earlier is a figure, not a way of stating it.
            let decimals = (leaf.is_own() && form.variables[leaf.variable].stated)
                .then(|| figures.decimals(leaf, record));
            show(form, leaf.variable, &exact, decimals)
        }
        Err(_) => "（空）".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use crate::rulebook::Rulebook;
    use crate::rulebook::source::Sources;

    /// The rule that a kind's documentation shows, in a form of its own.
    fn shown(doc: &str) -> String {
        let example = doc
            .split("```toml")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let example = example.expect("every kind shows a rule");
        let rows = if example.contains("[rows.") {
            "[columns.pupils]\nlabel = \"在校生\"\ntype = \"count\"\n"
        } else if example.contains("[columns.code]") {
            "rows = \"list\"\nkey = [\"code\"]\n"
        } else {
            "[rows.all]\nlabel = \"合计\"\n"
        };
        format!("[form]\nid = \"X\"\ntitle = \"样例\"\n{rows}{example}")
    }

    #[test]
    fn the_rule_that_each_kind_shows_loads() {
        let register = "code,name,org_name,region\n1,甲区,甲区教委,东\n";
        for kind in KINDS {
            let mut sources = Sources::default();
            sources
                .files
                .insert("districts.csv".to_owned(), register.to_owned());
            sources.files.insert("X.toml".to_owned(), shown(kind.doc));
            match Rulebook::load(&sources, Vec::new()) {
                Ok((rulebook, _)) => {
                    let rules = &rulebook.rules[0];
                    assert!(
                        rules.iter().any(|rule| rule.kind == kind.name),
                        "{}",
                        kind.name
                    );
                }
                Err(wrong) => panic!("{}: {:#?}", kind.name, wrong.problems),
            }
            assert!(!kind.doc_zh.is_empty());
        }
    }
}
