#![doc = include_str!("pattern.md")]

use super::one_of::words_of;
use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, Pattern};
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "pattern",
    doc: include_str!("pattern.md"),
    doc_zh: include_str!("pattern.zh.md"),
    keys,
    rule: |written| super::asked(written.pattern.as_ref()),
    say,
};

/// `pattern = { of = "code", is = "[0-9]{10}" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The words that are looked at.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// The form that all of them must have: a regular expression.
    #[schemars(with = "String")]
    is: Spanned<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let accused = words_of(on, &self.of, scope)?;
        let pattern = read(on, &self.is)?;
        Some(vec![matches(accused, pattern)])
    }

    fn formula(&self) -> String {
        format!("matches({}, \"{}\")", self.of.get_ref(), self.is.get_ref())
    }
}

fn read(on: &mut Lowering<'_>, written: &Spanned<String>) -> Option<Pattern> {
    match Pattern::new(written.get_ref()) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            on.problem(written.span(), message);
            None
        }
    }
}

/// One rule a column with a form of its own.
fn keys(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate() {
        let Some(written) = &column.pattern else {
            continue;
        };
        let Some(pattern) = read(on, written) else {
            continue;
        };
        let title = Text::new(
            format!("{}的格式符合规定", column.label.zh),
            format!("{} has the form that is asked", column.label.en),
        );
        let id = format!("{}.{}.pattern", form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        rule.formula = format!("matches({}, \"{}\")", column.id, written.get_ref());
        rule.span = written.span();
        let cells = on.rows().into_iter().map(|row| form.variable(at, row));
        let texts = cells.filter(|cell| !form.variables[*cell].is_number());
        rule.assertions = texts.map(|cell| matches(cell, pattern.clone())).collect();
        on.key_rule(rule);
    }
}

fn matches(accused: usize, pattern: Pattern) -> Assertion {
    let claim = Claim::Holds(Expr::Matches(Leaf::own(accused), pattern));
    Assertion::new(accused, claim)
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let Claim::Holds(Expr::Matches(_, pattern)) = &failed.assertion.claim else {
        return Wording::default();
    };
    let form = &pattern.written;
    Wording::new(
        Text::new(
            format!("“{}”填的是“{found}”，不符合规定的格式 {form}", label.zh),
            format!("{} is `{found}`, which has not the form {form}", label.en),
        ),
        Text::new("按规定的格式重新填写", "write it in the form asked"),
    )
}
