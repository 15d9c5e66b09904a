#![doc = include_str!("total.md")]

use super::discrepancy::Part;
use super::{Asks, Failed, Kind, Lowering, Wording, discrepancy, is_additive, joined};
use crate::expr::types::{Measured, Scope, Typed};
use crate::expr::{Expr, Leaf, Link, Operation, Source};
use crate::number::{self, Exact};
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "total",
    doc: include_str!("total.md"),
    doc_zh: include_str!("total.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.total.as_ref()),
    say,
};

/// One rule a total row: in every additive column it is the sum of its parts.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, row) in form.rows.iter().enumerate() {
        let Some((_, span)) = row.total_of.first() else {
            continue;
        };
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
        for column in 0..form.columns.len() {
            let accused = form.variable(column, Some(at));
            if !is_additive(form, accused) {
                continue;
            }
            let total = on.cell(accused);
            let parts = row.total_of.iter();
            let parts: Vec<Typed> = parts
                .map(|(part, _)| on.cell(form.variable(column, Some(*part))))
                .collect();
            let mut fit = parts.iter();
            if !fit.all(|part| on.go_together(&total, part, rule.span.clone())) {
                return;
            }
            let claim = Claim::Compare {
                left: total.0,
                relation: Relation::Equal,
                right: Expr::sum(parts.into_iter().map(|part| part.0)),
                slack: Exact::default(),
            };
            rule.assertions.push(Assertion::new(accused, claim));
        }
        on.key_rule(rule);
    }
}

/// `total = { of = "all", parts = ["men", "women"] }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The total.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// What it is the sum of.
    #[schemars(with = "Vec<String>")]
    parts: Vec<Spanned<String>>,
    /// By how much it may miss, where parts were rounded one by one.
    #[schemars(with = "Option<f64>")]
    slack: Option<Spanned<f64>>,
    /// The decimals to which total and parts were rounded, instead of a slack: half a unit of the
    /// last place for each of them.
    #[schemars(with = "Option<u8>")]
    rounded: Option<Spanned<u8>>,
}

impl Asks for Asked {
    /// One assertion a unit: the total is the sum of its parts.
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let total = on.figure(&self.of, scope, None)?;
        let parts = on.figures(&self.parts, scope, Some(&total))?;
        let is_rate = matches!(total.1, Measured::Rate | Measured::Points);
        let total = total.0;
        if parts.is_empty() {
            let message = Text::new("parts 是空的：没有分项", "`parts` is empty");
            let span = on.span.clone();
            on.problem(span, message);
            return None;
        }
        // Of rates in points, as people see them.
        let seen = number::power_of_ten(if is_rate { -2 } else { 0 });
        let slack = match (&self.slack, &self.rounded) {
            (Some(slack), None) => {
                let declared = number::canonical(*slack.get_ref()).filter(|x| *x >= 0.0);
                let Some(declared) = declared else {
                    let message = Text::new("slack 应是不小于 0 的数", "`slack` is 0 or more");
                    on.problem(slack.span(), message);
                    return None;
                };
                number::exact(declared) * seen
            }
            (None, Some(places)) => {
                // Each of n parts and the total may be off by half a unit of its last place.
                let unit = number::power_of_ten(-i32::from(*places.get_ref()));
                unit * seen * Exact::new((parts.len() + 1).into(), 2.into())
            }
            (None, None) => Exact::default(),
            (Some(slack), Some(_)) => {
                let message = Text::new(
                    "slack 和 rounded 只写一个",
                    "write either `slack` or `rounded`",
                );
                on.problem(slack.span(), message);
                return None;
            }
        };
        let claim = Claim::Compare {
            left: total,
            relation: Relation::Equal,
            right: Expr::sum(parts),
            slack,
        };
        Some(vec![on.accusing(claim, self.of.span())?])
    }

    fn formula(&self) -> String {
        let slack = match (&self.slack, &self.rounded) {
            (Some(slack), _) => format!(" ± {}", slack.get_ref()),
            (_, Some(places)) => format!(" (rounded {})", places.get_ref()),
            _ => String::new(),
        };
        let (of, parts) = (self.of.get_ref(), joined(&self.parts, " + "));
        format!("{of} = {parts}{slack}")
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
    .suspecting(suspicion(failed))
}

/// 差额诊断, of a claim that one figure is the sum of others.
pub(super) fn suspicion(failed: &Failed<'_>) -> Option<Text> {
    let Claim::Compare {
        left: Expr::Leaf(total),
        relation: Relation::Equal,
        right,
        ..
    } = &failed.assertion.claim
    else {
        return None;
    };
    let mut signed = Vec::new();
    addends(right, false, &mut signed)?;
    let named: Option<Vec<(Text, Exact, Option<Exact>)>> = std::iter::once((*total, false))
        .chain(signed)
        .map(|(leaf, negative)| {
            let sign = |x: Exact| if negative { -x } else { x };
            let value = failed.value(leaf)?;
            let last_year = failed.value(Leaf {
                link: Link {
                    source: Source::LastYear,
                    ..leaf.link
                },
                ..leaf
            });
            Some((failed.short(leaf), sign(value), last_year.map(sign)))
        })
        .collect();
    let named = named?;
    let parts: Vec<Part<'_>> = named
        .iter()
        .map(|(name, value, last_year)| Part {
            name,
            value: value.clone(),
            last_year: last_year.clone(),
        })
        .collect();
    let (total, parts) = parts.split_first()?;
    discrepancy::suspicion(total, parts)
}

/// The figures that a sum adds and takes away; none where it is no such sum.
fn addends(expr: &Expr, negative: bool, into: &mut Vec<(Leaf, bool)>) -> Option<()> {
    match expr {
        Expr::Leaf(leaf) => into.push((*leaf, negative)),
        Expr::Arithmetic(Operation::Add, a, b) => {
            addends(a, negative, into)?;
            addends(b, negative, into)?;
        }
        Expr::Arithmetic(Operation::Subtract, a, b) => {
            addends(a, negative, into)?;
            addends(b, !negative, into)?;
        }
        _ => return None,
    }
    Some(())
}
