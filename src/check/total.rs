#![doc = include_str!("total.md")]

use super::{Failed, Kind, Lowering, Wording, is_additive};
use crate::expr::{Expr, Leaf};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "total",
    doc: include_str!("total.md"),
    doc_zh: include_str!("total.zh.md"),
    lower,
    say,
};

/// One rule a total row: in every additive column it is the sum of its parts.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, row) in form.rows.iter().enumerate() {
        let Some((_, span)) = row.total_of.first() else {
            continue;
        };
        let assertions: Vec<Assertion> = (0..form.columns.len())
            .map(|column| (column, form.variable(column, Some(at))))
            .filter(|(_, accused)| is_additive(form, *accused))
            .map(|(column, accused)| {
                let parts = row
                    .total_of
                    .iter()
                    .map(|(part, _)| Expr::Leaf(Leaf::own(form.variable(column, Some(*part)))));
                let claim = Claim::Compare {
                    left: Expr::Leaf(Leaf::own(accused)),
                    relation: Relation::Equal,
                    right: Expr::sum(parts),
                    slack: Exact::default(),
                };
                Assertion {
                    accused,
                    claim,
                    floor: None,
                }
            })
            .collect();
        let names: Vec<&str> = row
            .total_of
            .iter()
            .map(|(part, _)| form.rows[*part].id.as_str())
            .collect();
        let title = Text::new(
            format!("{}等于各分项之和", row.label.zh),
            format!("{} is the sum of its parts", row.label.en),
        );
        let rule_id = format!("{}.{}.total", form.id, row.id);
        let span = span.clone();
        let mut rule = on.rule(KIND.name, rule_id, title, Severity::Error);
        rule.formula = format!("{} = {}", row.id, names.join(" + "));
        rule.span = span;
        rule.assertions = assertions;
        on.rules.push(rule);
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let at = failed.assertion.accused;
    let show = |x: Option<&Exact>| x.map_or_else(String::new, |x| failed.show(at, x));
    let sum = show(failed.failure.expected.as_ref());
    let gap = failed.failure.difference.as_ref();
    let gap = gap.map_or_else(String::new, |gap| failed.show_gap(at, gap));
    Wording::new(
        Text::new(
            format!("“{}”填报 {found}，各分项之和为 {sum}，差 {gap}", label.zh),
            format!(
                "{} is {found}, its parts add up to {sum}: off by {gap}",
                label.en
            ),
        ),
        Text::new(
            "逐项核对分项，改正分项或合计",
            "check the parts one by one, and mend the part or the total",
        ),
    )
}
