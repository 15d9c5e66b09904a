#![doc = include_str!("expression.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, at_file, total};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, parse};
use crate::number::Exact;
use crate::rulebook::form::Written;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;
use serde::Deserialize;

pub(super) const KIND: Kind = Kind {
    name: "check",
    doc: include_str!("expression.md"),
    doc_zh: include_str!("expression.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.check.as_ref()),
    say,
};

/// `check = "approved <= applications"`
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Asked(String);

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let read = parse::parse(&self.0, &|no| scope.is_row(no)).and_then(|node| {
            let truth = scope.truth(&node)?;
            let left = match &node.kind {
                parse::Kind::Compare(_, left, _) | parse::Kind::Between(left, ..) => Some(left),
                _ => None,
            };
            let left = left.map(|left| scope.resolve(left)).transpose()?;
            Ok((truth, left.map(|(_, measure)| measure)))
        });
        let (truth, measure) = match read {
            Ok(read) => read,
            Err(mistake) => {
                let written = Written {
                    text: self.0.clone(),
                    span: on.span.clone(),
                };
                on.problems.push(at_file(&on.file, &written, mistake));
                return None;
            }
        };
        let span = on.span.clone();
        Some(vec![Assertion {
            measure,
            ..on.accusing(claim(truth), span)?
        }])
    }

    fn formula(&self) -> String {
        self.0.clone()
    }
}

/// The claim that says most about a failure: what was found and what was expected.
fn claim(truth: Expr) -> Claim {
    match truth {
        Expr::Compare(relation, left, right)
            if !matches!(*left, Expr::Text(_)) && !matches!(*right, Expr::Text(_)) =>
        {
            Claim::Compare {
                left: *left,
                relation,
                right: *right,
                slack: Exact::default(),
            }
        }
        Expr::And(above, below) => match (*above, *below) {
            (
                Expr::Compare(Relation::AtLeast, value, low),
                Expr::Compare(Relation::AtMost, same, high),
            ) if value == same => Claim::Between {
                value: *value,
                low: *low,
                high: *high,
            },
            (a, b) => Claim::Holds(Expr::And(Box::new(a), Box::new(b))),
        },
        other => Claim::Holds(other),
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let fix = match failed.severity {
        Severity::Error => Text::new(
            "核对后改正其中一项",
            "check the figures and mend one of them",
        ),
        Severity::Query | Severity::Note => Text::new(
            "核对原始记录；数字无误的，说明情况",
            "check the records; if the figure is right, explain it",
        ),
    };
    let message = usual(failed);
    let message = match total::suspicion(failed) {
        Some(why) => Text::new(
            format!("{}；{}", message.zh, why.zh),
            format!("{}; {}", message.en, why.en),
        ),
        None => message,
    };
    Wording::new(message, fix)
}

/// What a failure says where the rule's author has left it to us. A query does not show its
/// limits: they are the city's, and would only teach which number gets through.
fn usual(failed: &Failed<'_>) -> Text {
    let (label, found, title) = (failed.label(), failed.found(), &failed.rule.title);
    let mut leaves: Vec<Leaf> = Vec::new();
    for expr in failed.assertion.expressions() {
        expr.visit(&mut |part| {
            if let Expr::Leaf(leaf) | Expr::Blank(leaf) = part {
                leaves.push(*leaf);
            }
        });
    }
    leaves.retain(|leaf| *leaf != Leaf::own(failed.assertion.accused));
    leaves.sort_unstable();
    leaves.dedup();
    let figures = |zh: bool| {
        let figures = leaves.iter().map(|leaf| {
            let name = failed.leaf_name(*leaf);
            let name = if zh { &name.zh } else { &name.en };
            format!(
                "{}{name} {}",
                if zh { "，" } else { ", " },
                failed.leaf(*leaf)
            )
        });
        figures.collect::<String>()
    };
    let (zh, en) = (figures(true), figures(false));
    if !failed.has_record() {
        return Text::new(
            format!("{}：计算得 {found}{zh}", title.zh),
            format!("{}: it comes to {found}{en}", title.en),
        );
    }
    Text::new(
        format!("{}：“{}”填报 {found}{zh}", title.zh, label.zh),
        format!("{}: {} is {found}{en}", title.en, label.en),
    )
}
