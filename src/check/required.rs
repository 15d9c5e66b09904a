#![doc = include_str!("required.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::Scope;
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::Severity;
use crate::words::Text;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "required",
    doc: include_str!("required.md"),
    doc_zh: include_str!("required.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.required.as_ref()),
    say,
};

/// One rule a required column, and one a required row where variables run down.
fn lower(on: &mut Lowering<'_>) {
    let filled = |accused| Assertion::new(accused, Claim::Filled);
    for (at, column) in on
        .form
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.required)
    {
        let cells = on.rows().into_iter().map(|row| on.form.variable(at, row));
        let assertions = cells.map(filled).collect();
        push(on, &column.id, &column.label, assertions);
    }
    let values: Vec<usize> = on.form.value_columns().take(1).collect();
    for (at, row) in on
        .form
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.required)
    {
        let cells = values
            .iter()
            .map(|column| on.form.variable(*column, Some(at)));
        let assertions = cells.map(filled).collect();
        push(on, &row.id, &row.label, assertions);
    }
}

fn push(on: &mut Lowering<'_>, id: &str, label: &Text, assertions: Vec<Assertion>) {
    let title = Text::new(
        format!("{}必填", label.zh),
        format!("{} is filled in", label.en),
    );
    let rule_id = format!("{}.{id}.required", on.form.id);
    let mut rule = on.rule(KIND.name, rule_id, title, Severity::Error);
    rule.formula = format!("{id} is not blank");
    rule.assertions = assertions;
    on.rules.push(rule);
}

/// `required = "pupils"`
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Asked(String);

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let written = Spanned::new(on.span.clone(), self.0.clone());
        let accused = on.variable(&written, scope)?;
        Some(vec![Assertion::new(accused, Claim::Filled)])
    }

    fn formula(&self) -> String {
        format!("{} is not blank", self.0)
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let label = failed.label();
    Wording::new(
        Text::new(
            format!("“{}”没有填", label.zh),
            format!("{} is blank", label.en),
        ),
        Text::new(
            "补填；确实没有的填 0，不适用的填“—”",
            "fill it in: 0 if there is none, `—` if it does not apply",
        ),
    )
}
