#![doc = include_str!("decimals.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::Scope;
use crate::expr::{Expr, Function, Leaf};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "decimals",
    doc: include_str!("decimals.md"),
    doc_zh: include_str!("decimals.zh.md"),
    keys,
    rule: |written| super::asked(written.decimals.as_ref()),
    say,
};

/// `decimals = { of = "spent", most = 2 }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// So many decimals at most, in the unit that people see.
    most: u8,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let accused = on.variable(&self.of, scope)?;
        Some(vec![rounded(on, accused, self.most)])
    }

    fn formula(&self) -> String {
        format!("{0} = round({0}, {1})", self.of.get_ref(), self.most)
    }
}

/// One rule a column that says how many decimals it has.
fn keys(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate() {
        let Some(most) = &column.decimals else {
            continue;
        };
        let places = *most.get_ref();
        let title = Text::new(
            format!("{}最多 {places} 位小数", column.label.zh),
            format!("{} has at most {places} decimals", column.label.en),
        );
        let id = format!("{}.{}.decimals", form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        rule.formula = format!("{0} = round({0}, {places})", column.id);
        rule.span = most.span();
        let cells = on.rows().into_iter().map(|row| form.variable(at, row));
        let numbers = cells.filter(|cell| form.variables[*cell].is_number());
        rule.assertions = numbers.map(|cell| rounded(on, cell, places)).collect();
        on.key_rule(rule);
    }
}

/// A figure equals itself, rounded.
fn rounded(on: &Lowering<'_>, accused: usize, most: u8) -> Assertion {
    let kept = i64::from(most) - i64::from(on.form.variables[accused].scale());
    let figure = Expr::Leaf(Leaf::own(accused));
    let places = Expr::number(Exact::from_integer(kept.into()));
    let claim = Claim::Compare {
        left: figure.clone(),
        relation: Relation::Equal,
        right: Expr::Call(Function::Round, vec![figure, places]),
        slack: Exact::default(),
    };
    Assertion::new(accused, claim)
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let right = failed.failure.expected.as_ref();
    let right = right.map_or_else(String::new, |x| failed.show(failed.assertion.accused, x));
    Wording::new(
        Text::new(
            format!("“{}”填报 {found}，小数位数多于规定", label.zh),
            format!("{} is {found}: too many decimals", label.en),
        ),
        both!(
            "按规定的小数位数填，四舍五入为 {right}",
            "round it to {right}"
        ),
    )
}
