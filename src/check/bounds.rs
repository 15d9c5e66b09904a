#![doc = include_str!("bounds.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::expr::{Expr, Leaf};
use crate::number;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::{Audience, Bound, Severity};
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "bound",
    doc: include_str!("bounds.md"),
    doc_zh: include_str!("bounds.zh.md"),
    lower,
    say,
};

/// One rule a limit, of a column or of a row.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate() {
        let cells: Vec<usize> = on
            .rows()
            .into_iter()
            .map(|row| form.variable(at, row))
            .collect();
        push(
            on,
            &column.id,
            &column.label,
            &cells,
            column.min.as_ref(),
            Relation::AtLeast,
        );
        push(
            on,
            &column.id,
            &column.label,
            &cells,
            column.max.as_ref(),
            Relation::AtMost,
        );
    }
    // A row's limits hold for its own figure; last year's was checked last year.
    let values: Vec<usize> = form.value_columns().take(1).collect();
    for (at, row) in form.rows.iter().enumerate() {
        let cells: Vec<usize> = values.iter().map(|c| form.variable(*c, Some(at))).collect();
        push(
            on,
            &row.id,
            &row.label,
            &cells,
            row.min.as_ref(),
            Relation::AtLeast,
        );
        push(
            on,
            &row.id,
            &row.label,
            &cells,
            row.max.as_ref(),
            Relation::AtMost,
        );
    }
}

fn push(
    on: &mut Lowering<'_>,
    id: &str,
    label: &Text,
    cells: &[usize],
    bound: Option<&Bound>,
    relation: Relation,
) {
    let Some(bound) = bound else { return };
    let Some(limit) = number::canonical(*bound.value.get_ref()).map(number::exact) else {
        let message = Text::new("界限应是数字", "a limit is a number");
        on.problem(bound.value.span(), message);
        return;
    };
    if let Some(words) = cells
        .iter()
        .find(|cell| !on.form.variables[**cell].is_number())
    {
        let id = on.form.variables[*words].id.clone();
        let message = both!(
            "`{id}` 不是数字栏，不能有界限",
            "`{id}` is no number and has no limits"
        );
        on.problem(bound.value.span(), message);
        return;
    }
    let key = if relation == Relation::AtMost {
        "max"
    } else {
        "min"
    };
    let seen = number::show(&limit);
    let title = Text::new(
        format!("{}{}{seen}", label.zh, relation.sign()),
        format!("{} {} {seen}", label.en, relation.sign()),
    );
    let rule_id = format!("{}.{id}.{key}", on.form.id);
    let severity = bound.severity.unwrap_or(Severity::Error);
    let mut rule = on.rule(KIND.name, rule_id, title, severity);
    rule.formula = format!("{id} {} {seen}", relation.excel());
    rule.audience = bound.audience.unwrap_or_default();
    rule.source.clone_from(&bound.source);
    rule.span = bound.value.span();
    rule.assertions = cells
        .iter()
        .map(|accused| {
            let kept = &limit * number::power_of_ten(on.form.variables[*accused].scale());
            let claim = Claim::Compare {
                left: Expr::Leaf(Leaf::own(*accused)),
                relation,
                right: Expr::number(kept),
                slack: number::Exact::default(),
            };
            Assertion {
                accused: *accused,
                claim,
                floor: None,
            }
        })
        .collect();
    on.rules.push(rule);
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let limit = failed
        .failure
        .expected
        .as_ref()
        .map_or_else(String::new, |limit| {
            failed.show(failed.assertion.accused, limit)
        });
    let above = failed
        .failure
        .difference
        .as_ref()
        .is_some_and(|d| *d > number::Exact::default());
    // A limit that a true figure can exceed is the city's: told to the district, it would only
    // teach which number gets through.
    let tells = failed.rule.severity == Severity::Error || failed.rule.audience == Audience::City;
    let message = match (tells, above) {
        (false, _) => Text::new(
            format!("“{}”填报 {found}，不在通常范围内，是否属实？", label.zh),
            format!("{} is {found}, which is unusual: is it right?", label.en),
        ),
        (true, true) => Text::new(
            format!("“{}”填报 {found}，不应超过 {limit}", label.zh),
            format!("{} is {found}, it can't exceed {limit}", label.en),
        ),
        (true, false) => Text::new(
            format!("“{}”填报 {found}，不应低于 {limit}", label.zh),
            format!("{} is {found}, it can't be below {limit}", label.en),
        ),
    };
    Wording::new(
        message,
        Text::new(
            "核对分子、分母和计量单位后改正",
            "check numerator, denominator and unit, and mend it",
        ),
    )
}
