#![doc = include_str!("pair.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, joined};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "pair",
    doc: include_str!("pair.md"),
    doc_zh: include_str!("pair.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.pair.as_ref()),
    say,
};

/// `pair = { compulsory = ["people", "money"] }` or `pair = { exclusive = ["owned", "rented"] }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Where one of them is there, all are.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    compulsory: Vec<Spanned<String>>,
    /// Where one of them is there, no other is.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    exclusive: Vec<Spanned<String>>,
}

impl Asks for Asked {
    /// One assertion for each two of them that are neighbours, or for each two at all: the second
    /// is accused.
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let compulsory = !self.compulsory.is_empty();
        let names = if compulsory {
            &self.compulsory
        } else {
            &self.exclusive
        };
        if names.len() < 2 || (compulsory && !self.exclusive.is_empty()) {
            let message = Text::new(
                "写 compulsory 或 exclusive，其中至少两个指标",
                "write either `compulsory` or `exclusive`, with two variables or more",
            );
            let span = on.span.clone();
            on.problem(span, message);
            return None;
        }
        let found: Vec<Option<usize>> = names.iter().map(|w| on.variable(w, scope)).collect();
        let variables: Option<Vec<usize>> = found.into_iter().collect();
        let variables = variables?;
        let there = |variable: usize| Box::new(there(on, variable));
        let not = |variable: usize| Box::new(Expr::Not(there(variable)));
        let mut assertions = Vec::new();
        for (at, first) in variables.iter().copied().enumerate() {
            for second in variables.iter().copied().skip(at + 1) {
                let holds = if compulsory {
                    // Both, or neither.
                    Expr::Or(
                        Box::new(Expr::And(there(first), there(second))),
                        Box::new(Expr::And(not(first), not(second))),
                    )
                } else {
                    Expr::Or(not(first), not(second))
                };
                assertions.push(Assertion::new(second, Claim::Holds(holds)));
                if compulsory {
                    break;
                }
            }
        }
        Some(assertions)
    }

    fn formula(&self) -> String {
        if self.compulsory.is_empty() {
            format!("{}：只填其一", joined(&self.exclusive, "、"))
        } else {
            format!("{}：同时有或同时没有", joined(&self.compulsory, "、"))
        }
    }
}

/// Whether a figure is there: filled, and not zero where it is a number.
fn there(on: &Lowering<'_>, variable: usize) -> Expr {
    let leaf = Leaf::own(variable);
    let filled = Expr::Not(Box::new(Expr::Blank(leaf)));
    if !on.form.variables[variable].is_number() {
        return filled;
    }
    let zero = Expr::number(Exact::default());
    let is_some = Expr::Compare(
        Relation::NotEqual,
        Box::new(Expr::Leaf(leaf)),
        Box::new(zero),
    );
    Expr::And(Box::new(filled), Box::new(is_some))
}

fn say(failed: &Failed<'_>) -> Wording {
    let reads = failed.assertion.reads();
    let Some(other) = reads.get(1) else {
        return Wording::default();
    };
    let (label, found) = (failed.label(), failed.found());
    let (name, there) = (failed.leaf_name(*other), failed.leaf(*other));
    Wording::new(
        Text::new(
            format!(
                "“{}”填报 {found}，而“{}”填报 {there}：{}",
                label.zh, name.zh, failed.rule.title.zh
            ),
            format!(
                "{} is {found} while {} is {there}: {}",
                label.en, name.en, failed.rule.title.en
            ),
        ),
        Text::new("核对后改正其中一项", "check both and mend one of them"),
    )
}
