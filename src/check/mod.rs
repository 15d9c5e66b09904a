//! The kinds of checks: what each lowers to, and what it says of a failure.
//!
//! A kind has one job, to lower what stands in a rule file to
//! [`Assertion`]s. Counting, exactness, formulas and places
//! then exist once, in [`run`]. Adding a kind touches its own files and one line in [`KINDS`].
//!
//! No file is opened here and no path is known.

mod bounds;
pub mod example;
mod expression;
mod part_of;
mod required;
mod restates;
pub mod run;
mod states;
mod total;
mod typed;

pub use expression::lower as lower_rule;
pub(crate) use expression::same_id;

use crate::expr::columns::Figures;
use crate::expr::exact::Failure;
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, Source, parse};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Written};
use crate::rulebook::rule::{Assertion, Rule};
use crate::rulebook::source::Problem;
use crate::rulebook::written::{Audience, Axis, Missing, Severity, Type};
use crate::words::Text;
use std::ops::Range;

/// A kind of check.
pub struct Kind {
    /// Its name in rule ids and lists.
    pub name: &'static str,
    /// What it checks and why, for readers of English: also the module's documentation.
    pub doc: &'static str,
    /// The same in Chinese.
    pub doc_zh: &'static str,
    /// Makes the rules that keys on columns and rows ask for.
    pub lower: fn(&mut Lowering<'_>),
    /// What a failure means, and what to do about it.
    pub say: fn(&Failed<'_>) -> Wording,
}

/// All kinds, in the order in which their rules are listed.
pub const KINDS: &[Kind] = &[
    typed::KIND,
    required::KIND,
    bounds::KIND,
    total::KIND,
    part_of::KIND,
    states::KIND,
    restates::KIND,
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
    /// The rules so far.
    pub rules: Vec<Rule>,
    /// What was found wrong.
    pub problems: Vec<Problem>,
}

/// What a failure is about, for the kind that puts it into words.
pub struct Failed<'a> {
    /// The form.
    pub form: &'a Form,
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
}

/// What a finding says and asks for.
pub struct Wording {
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
    /// Where the kind knows better than the rule how much it weighs.
    pub severity: Option<Severity>,
}

impl Wording {
    fn new(message: Text, fix: Text) -> Self {
        Self {
            message,
            fix,
            severity: None,
        }
    }
}

impl Lowering<'_> {
    /// A rule that a key of a column or row makes; its severity is the kind's default.
    fn rule(&mut self, kind: &'static str, id: String, title: Text, severity: Severity) -> Rule {
        Rule {
            id,
            kind,
            title,
            severity,
            audience: Audience::District,
            months: Vec::new(),
            missing: Missing::Skip,
            settle_by_close: false,
            message: None,
            fix: None,
            source: None,
            formula: String::new(),
            file: self.form.file.clone(),
            span: 0..0,
            assertions: Vec::new(),
            examples: Vec::new(),
        }
    }

    /// The rows of a form as scopes for names: each row of a fixed form, or the list's one.
    fn rows(&self) -> Vec<Option<usize>> {
        rows(self.form)
    }

    fn problem(&mut self, span: Range<usize>, message: Text) {
        self.problems
            .push(Problem::new(&self.form.file, span, message));
    }

    /// Parses and resolves an expression of a key in a scope, noting what is wrong with it.
    fn expression(&mut self, written: &Written, scope: Scope<'_>) -> Option<Expr> {
        match resolve(written, scope) {
            Ok(expr) => Some(expr.0),
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }
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
    written: &Written,
    scope: Scope<'_>,
) -> Result<crate::expr::types::Typed, Box<Problem>> {
    let is_row = |no: &str| {
        scope
            .form
            .rows
            .iter()
            .any(|row| row.no.as_deref() == Some(no))
    };
    parse::parse(&written.text, &is_row)
        .and_then(|node| scope.resolve(&node))
        .map_err(|mistake| Box::new(at_file(scope.form, written, mistake)))
}

/// A mistake in an expression, moved to where the expression stands in the rule file.
pub(crate) fn at_file(form: &Form, written: &Written, mistake: parse::Mistake) -> Problem {
    // One quote before the text; in a text with escapes or three quotes places would be off,
    // and the whole value is shown instead.
    let plain = written.span.len() == written.text.len() + 2;
    let span = if plain {
        let start = written.span.start + 1;
        start + mistake.span.start..start + mistake.span.end
    } else {
        written.span.clone()
    };
    let problem = Problem::new(&form.file, span, mistake.message);
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
        leaf_words(self.form, self.figures, leaf, self.record)
    }

    /// What the accused cell says, as it was written where it was not a plain number.
    pub fn found(&self) -> String {
        self.leaf(Leaf::own(self.assertion.accused))
    }
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
    if leaf.source == Source::Own
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
            let decimals = form.variables[leaf.variable]
                .stated
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
