#![doc = include_str!("bounds.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::{Measured, Scope};
use crate::expr::{Expr, Leaf};
use crate::number::{self, Exact};
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::{Audience, Bound, Severity};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "range",
    doc: include_str!("bounds.md"),
    doc_zh: include_str!("bounds.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.range.as_ref()),
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
        if are_crossed(on, column.min.as_ref(), column.max.as_ref()) {
            continue;
        }
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
        if are_crossed(on, row.min.as_ref(), row.max.as_ref()) {
            continue;
        }
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

/// Whether limits of one column or row are the wrong way round; told.
fn are_crossed(on: &mut Lowering<'_>, min: Option<&Bound>, max: Option<&Bound>) -> bool {
    let (Some(min), Some(max)) = (min, max) else {
        return false;
    };
    let (Some((low, _)), Some((high, _))) = (on.limit(min), on.limit(max)) else {
        return true;
    };
    let are_crossed = low > high;
    if are_crossed {
        let message = Text::new("min 大于 max", "`min` is greater than `max`");
        on.problem(min.value.span(), message);
    }
    are_crossed
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
    let Some((limit, source)) = on.limit(bound) else {
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
    let is_rate = |cell: &usize| on.form.variables[*cell].scale() != 0;
    let in_percent =
        matches!(bound.value.get_ref(), toml::Value::String(text) if text.ends_with(['%', '％']));
    if in_percent && !cells.iter().all(is_rate) {
        let message = Text::new(
            "这一栏不是百分率，界限不带 % 号",
            "this is no rate: its limit has no percent sign",
        );
        on.problem(bound.value.span(), message);
        return;
    }
    if cells.iter().any(is_rate) && on.asks_of_rate(bound.value.get_ref(), bound.value.span()) {
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
    rule.source = source;
    rule.span = bound.value.span();
    rule.assertions = cells
        .iter()
        .map(|accused| {
            let kept = &limit * number::power_of_ten(on.form.variables[*accused].scale());
            let claim = Claim::Compare {
                left: Expr::Leaf(Leaf::own(*accused)),
                relation,
                right: Expr::number(kept),
                slack: Exact::default(),
            };
            Assertion::new(*accused, claim)
        })
        .collect();
    on.key_rule(rule);
}

/// `range = { of = "class_size", min = 1, max = 45 }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// The least, in the figure's own unit: a number, or an expression in quotes.
    #[schemars(with = "Option<serde_json::Value>")]
    min: Option<Spanned<toml::Value>>,
    /// The greatest.
    #[schemars(with = "Option<serde_json::Value>")]
    max: Option<Spanned<toml::Value>>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let typed = on.figure(&self.of, scope, None)?;
        // A bare number is in the unit that people see: 80 of a rate is 80 %.
        let is_rate = matches!(typed.1, Measured::Rate | Measured::Points);
        let scale = if is_rate { -2 } else { 0 };
        let mut limit = |written: &Spanned<toml::Value>| match written.get_ref() {
            toml::Value::String(text) => {
                let text = Spanned::new(written.span(), text.clone());
                Some(on.figure(&text, scope, Some(&typed))?.0)
            }
            other => {
                let Some((limit, _)) = crate::rulebook::limit(other) else {
                    on.problem(written.span(), crate::rulebook::not_a_limit());
                    return None;
                };
                if is_rate && on.asks_of_rate(other, written.span()) {
                    return None;
                }
                Some(Expr::number(limit * number::power_of_ten(scale)))
            }
        };
        let (low, high) = (self.min.as_ref(), self.max.as_ref());
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (Some(limit(low)?), Some(limit(high)?)),
            (Some(low), None) => (Some(limit(low)?), None),
            (None, Some(high)) => (None, Some(limit(high)?)),
            (None, None) => (None, None),
        };
        if let (Some(Expr::Number(low)), Some(Expr::Number(high))) = (&low, &high)
            && low.exact > high.exact
        {
            let message = Text::new("min 大于 max", "`min` is greater than `max`");
            let span = self.min.as_ref().map_or(0..0, Spanned::span);
            on.problem(span, message);
            return None;
        }
        let value = typed.0;
        let compare = |relation, right| Claim::Compare {
            left: value.clone(),
            relation,
            right,
            slack: Exact::default(),
        };
        let claim = match (low, high) {
            (Some(low), Some(high)) => Claim::Between {
                value: value.clone(),
                low,
                high,
            },
            (Some(low), None) => compare(Relation::AtLeast, low),
            (None, Some(high)) => compare(Relation::AtMost, high),
            (None, None) => {
                let message = Text::new("要写 min 或 max", "write `min` or `max`");
                on.problem(self.of.span(), message);
                return None;
            }
        };
        Some(vec![Assertion {
            measure: Some(typed.1),
            ..on.accusing(claim, self.of.span())?
        }])
    }

    fn formula(&self) -> String {
        let of = self.of.get_ref();
        let shown = |value: &Spanned<toml::Value>| match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match (&self.min, &self.max) {
            (Some(min), Some(max)) => format!("{of} between {} and {}", shown(min), shown(max)),
            (Some(min), None) => format!("{of} >= {}", shown(min)),
            (None, Some(max)) => format!("{of} <= {}", shown(max)),
            (None, None) => of.clone(),
        }
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let told = failed.told();
    let limit = failed.failure.expected.as_ref();
    let limit = limit.map_or_else(String::new, |limit| failed.limit_words(limit));
    let above = failed
        .failure
        .difference
        .as_ref()
        .is_some_and(|d| *d > Exact::default());
    // A limit that a true figure can exceed is the city's: told to the district, it would only
    // teach which number gets through.
    let tells = failed.severity == Severity::Error || failed.rule.audience == Audience::City;
    let message = match (tells, above) {
        // Who misses a limit of law has made no mistake.
        _ if failed.severity == Severity::Note => {
            let (zh, en) = if above {
                ("高于", "above")
            } else {
                ("低于", "below")
            };
            Text::new(
                format!("{}，{zh} {limit}", told.zh),
                format!("{}, {en} {limit}", told.en),
            )
        }
        (false, _) => Text::new(
            format!("{}，不在通常范围内，是否属实？", told.zh),
            format!("{}, which is unusual: is it right?", told.en),
        ),
        (true, true) => Text::new(
            format!("{}，不应超过 {limit}", told.zh),
            format!("{}, it can't exceed {limit}", told.en),
        ),
        (true, false) => Text::new(
            format!("{}，不应低于 {limit}", told.zh),
            format!("{}, it can't be below {limit}", told.en),
        ),
    };
    let fix = if failed.severity == Severity::Note {
        Text::new(
            "核对数据；属实的，了解原因和改进计划",
            "check the figures; where they are right, ask for reasons and plans",
        )
    } else {
        Text::new(
            "核对分子、分母和计量单位后改正",
            "check numerator, denominator and unit, and mend it",
        )
    };
    Wording::new(message, fix)
}
