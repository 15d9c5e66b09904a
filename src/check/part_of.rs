#![doc = include_str!("part_of.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, is_additive, joined};
use crate::expr::Expr;
use crate::expr::types::Scope;
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "part_of",
    doc: include_str!("part_of.md"),
    doc_zh: include_str!("part_of.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.part_of.as_ref()),
    say,
};

/// One rule an of-which row or column: a part is not more than its whole.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, row) in form.rows.iter().enumerate() {
        let Some((whole, span)) = &row.part_of else {
            continue;
        };
        let pairs = (0..form.columns.len())
            .map(|column| {
                (
                    form.variable(column, Some(at)),
                    form.variable(column, Some(*whole)),
                )
            })
            .collect();
        let whole = &form.rows[*whole];
        push(
            on,
            (&row.id, &row.label),
            (&whole.id, &whole.label),
            pairs,
            span.clone(),
        );
    }
    for (at, column) in form.columns.iter().enumerate() {
        let Some(written) = &column.part_of else {
            continue;
        };
        let Some(whole) = form.column_named(&written.text) else {
            let id = &written.text;
            on.problem(
                written.span.clone(),
                both!("没有叫 `{id}` 的栏", "there is no column `{id}`"),
            );
            continue;
        };
        let pairs = on
            .rows()
            .into_iter()
            .map(|row| (form.variable(at, row), form.variable(whole, row)))
            .collect();
        let whole = &form.columns[whole];
        push(
            on,
            (&column.id, &column.label),
            (&whole.id, &whole.label),
            pairs,
            written.span.clone(),
        );
    }
}

fn push(
    on: &mut Lowering<'_>,
    (id, label): (&str, &Text),
    (whole_id, whole): (&str, &Text),
    pairs: Vec<(usize, usize)>,
    span: std::ops::Range<usize>,
) {
    let title = Text::new(
        format!("{}不大于{}", label.zh, whole.zh),
        format!("{} is not more than {}", label.en, whole.en),
    );
    let rule_id = format!("{}.{id}.part_of", on.form.id);
    let form = on.form;
    let mut rule = on.rule(KIND.name, rule_id, title, Severity::Error);
    rule.formula = format!("{id} <= {whole_id}");
    rule.span = span;
    for (part, whole) in pairs {
        if !is_additive(form, part) || !is_additive(form, whole) {
            continue;
        }
        let (left, right) = (on.cell(part), on.cell(whole));
        if !on.go_together(&left, &right, rule.span.clone()) {
            return;
        }
        let claim = Claim::Compare {
            left: left.0,
            relation: Relation::AtMost,
            right: right.0,
            slack: Exact::default(),
        };
        rule.assertions.push(Assertion::new(part, claim));
    }
    on.key_rule(rule);
}

/// `part_of = { parts = ["a", "b"], whole = "c" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What comes to no more than the whole, together.
    #[schemars(with = "Vec<String>")]
    parts: Vec<Spanned<String>>,
    /// The whole.
    #[schemars(with = "String")]
    whole: Spanned<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let whole = on.figure(&self.whole, scope, None)?;
        let parts = on.figures(&self.parts, scope, Some(&whole))?;
        if parts.is_empty() {
            let message = Text::new("parts 是空的", "`parts` is empty");
            let span = on.span.clone();
            on.problem(span, message);
            return None;
        }
        let claim = Claim::Compare {
            left: Expr::sum(parts),
            relation: Relation::AtMost,
            right: whole.0,
            slack: Exact::default(),
        };
        Some(vec![on.accusing(claim, self.whole.span())?])
    }

    fn formula(&self) -> String {
        format!("{} <= {}", joined(&self.parts, " + "), self.whole.get_ref())
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let Claim::Compare { left, right, .. } = &failed.assertion.claim else {
        return Wording::default();
    };
    let (name, total) = (failed.name(right), failed.figure(right));
    if !matches!(left, Expr::Leaf(_)) {
        let sum = failed.figure(left);
        return Wording::new(
            Text::new(
                format!("各部分合计 {sum}，大于所属的“{}”{total}", name.zh),
                format!("the parts come to {sum}, more than {}: {total}", name.en),
            ),
            Text::new("核对后改正其中一项", "check them and mend one of them"),
        );
    }
    Wording::new(
        Text::new(
            format!("“{}”填报 {found}，大于所属的“{}”{total}", label.zh, name.zh),
            format!(
                "{} is {found}, more than {} of which it is a part: {total}",
                label.en, name.en
            ),
        ),
        Text::new("核对后改正其中一项", "check both and mend one of them"),
    )
}
