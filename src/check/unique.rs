#![doc = include_str!("unique.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, joined};
use crate::expr::types::Scope;
use crate::expr::{Aggregate, Expr, Leaf, Link, Reach, Statistic};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::{Audience, Severity};
use crate::table::Records;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "unique",
    doc: include_str!("unique.md"),
    doc_zh: include_str!("unique.zh.md"),
    keys,
    rule: |written| super::asked(written.unique.as_ref()),
    say,
};

/// `unique = { of = ["code"], over = "city" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What no two records have alike, all of it together.
    #[schemars(with = "Vec<String>")]
    of: Vec<Spanned<String>>,
    /// Within each district, or over all of them.
    #[serde(default)]
    over: Over,
}

/// How far records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Over {
    /// Within each district.
    #[default]
    District,
    /// Over all districts: the same school sent by two of them.
    City,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        if on.form.is_fixed() {
            let message = Text::new(
                "unique 只用于浮动表",
                "`unique` is for lists: a fixed form has one record a district",
            );
            let span = on.span.clone();
            on.problem(span, message);
            return None;
        }
        let key: Vec<Option<usize>> = self.of.iter().map(|w| on.variable(w, scope)).collect();
        let key: Option<Vec<usize>> = key.into_iter().collect();
        let reach = match self.over {
            Over::District => Reach::District,
            Over::City => Reach::City,
        };
        let key = key?;
        if key.is_empty() {
            let message = Text::new("of 是空的", "`of` is empty");
            let span = on.span.clone();
            on.problem(span, message);
            return None;
        }
        Some(vec![alone(&key, reach, on.only.clone())?])
    }

    fn formula(&self) -> String {
        let of = joined(&self.of, ", ");
        match self.over {
            Over::District => format!("count(by {of}) = 1"),
            Over::City => format!("count(by {of})：全市 = 本单位"),
        }
    }
}

/// One rule a column that says so.
fn keys(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate().filter(|(_, c)| c.unique) {
        if form.is_fixed() {
            let message = Text::new("unique 只用于浮动表", "`unique` is for lists");
            on.problem(0..0, message);
            continue;
        }
        let title = Text::new(
            format!("{}不重复", column.label.zh),
            format!("no two records have the same {}", column.label.en),
        );
        let id = format!("{}.{}.unique", form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        rule.formula = format!("count(by {}) = 1", column.id);
        rule.assertions = alone(&[at], Reach::District, None).into_iter().collect();
        on.rules.push(rule);
    }
}

/// A record is the only one of its group, among those that the rule is about; over the city, the
/// only district's.
fn alone(key: &[usize], reach: Reach, only: Option<Expr>) -> Option<Assertion> {
    let count = Aggregate {
        statistic: Statistic::Count,
        over: Link::OWN,
        reach,
        value: None,
        condition: only,
        groups: key.iter().map(|variable| Leaf::own(*variable)).collect(),
        weight: None,
    };
    // Over the city it is only asked whether others have it too.
    let right = match reach {
        Reach::District => Expr::number(Exact::from_integer(1.into())),
        Reach::City => Expr::Aggregate(Arc::new(Aggregate {
            reach: Reach::District,
            ..count.clone()
        })),
    };
    let claim = Claim::Compare {
        left: Expr::Aggregate(Arc::new(count)),
        relation: Relation::Equal,
        right,
        slack: Exact::default(),
    };
    Some(Assertion::new(*key.first()?, claim))
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let times = failed.failure.found.as_ref();
    let times = times.map_or_else(String::new, crate::number::show);
    let Claim::Compare {
        left: Expr::Aggregate(count),
        ..
    } = &failed.assertion.claim
    else {
        return Wording::default();
    };
    if count.reach == Reach::City && failed.rule.audience == Audience::City {
        return Wording::new(
            Text::new(
                format!("“{}”{found} 在全市出现 {times} 次", label.zh),
                format!("{} {found} stands {times} times in the city", label.en),
            ),
            Text::new(
                "与有关单位核实由谁填报",
                "settle with the districts which of them reports it",
            ),
        );
    }
    // Where else it stands, among the district's own records.
    let key: Vec<usize> = count.groups.iter().map(|leaf| leaf.variable).collect();
    let keys = failed.figures.own.keys(&key);
    let own = keys.get(failed.record);
    let variable = &failed.form.variables[failed.assertion.accused];
    let others = keys
        .iter()
        .enumerate()
        .filter(|(at, key)| *at != failed.record && Some(*key) == own);
    let cells: Vec<String> = others
        .filter_map(|(at, _)| {
            let spot = failed.figures.own.spot(at, variable.column, variable.row)?;
            Some(spot.cell.to_string())
        })
        .take(5)
        .collect();
    let cells = cells.join("、");
    Wording::new(
        Text::new(
            format!("“{}”{found} 出现 {times} 次，另见 {cells}", label.zh),
            format!("{} {found} stands {times} times, also at {cells}", label.en),
        ),
        Text::new(
            "重复的删去一条，填错的改正",
            "delete the one that is double, or mend the wrong one",
        ),
    )
}
