#![doc = include_str!("required.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::Severity;
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "required",
    doc: include_str!("required.md"),
    doc_zh: include_str!("required.zh.md"),
    lower,
    say,
};

/// One rule a required column, and one a required row where variables run down.
fn lower(on: &mut Lowering<'_>) {
    let filled = |accused| Assertion {
        accused,
        claim: Claim::Filled,
        floor: None,
    };
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
