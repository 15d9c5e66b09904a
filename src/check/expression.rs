#![doc = include_str!("expression.md")]

use super::rule::{RESERVED, braces, growth};
use super::{Asks, Failed, Kind, Lowering, Wording, at_file, measured_words, total};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, parse};
use crate::number::{self, Exact};
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
        let truth = parse::parse(&self.0, &|no| scope.is_row(no)).and_then(|n| scope.truth(&n));
        let truth = match truth {
            Ok(truth) => truth,
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
        Some(vec![on.accusing(claim(truth), span)?])
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
    let fix = failed
        .rule
        .fix
        .clone()
        .unwrap_or_else(|| match failed.rule.severity {
            Severity::Error => Text::new(
                "核对后改正其中一项",
                "check the figures and mend one of them",
            ),
            Severity::Query | Severity::Note => Text::new(
                "核对原始记录；数字无误的，说明情况",
                "check the records; if the figure is right, explain it",
            ),
        });
    let message = match &failed.rule.message {
        Some(words) => Text::new(fill(failed, &words.zh), fill(failed, &words.en)),
        None => usual(failed),
    };
    let message = match total::suspicion(failed).filter(|_| failed.rule.message.is_none()) {
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
    let figures = |zh: bool| {
        let reads: Vec<Leaf> = failed.assertion.reads();
        reads
            .iter()
            .skip(1)
            .filter(|leaf| failed.has_record() || !leaf.is_own())
            .map(|leaf| {
                let name = failed.leaf_name(*leaf);
                let name = if zh { &name.zh } else { &name.en };
                format!("{name} {}", failed.leaf(*leaf))
            })
            .collect::<Vec<_>>()
            .join(if zh { "，" } else { ", " })
    };
    let (zh, en) = (figures(true), figures(false));
    let sep = if zh.is_empty() { "" } else { "：" };
    Text::new(
        format!(
            "{}：“{}”填报 {found}{}{zh}",
            title.zh,
            label.zh,
            if zh.is_empty() { "" } else { "，" }
        ),
        format!(
            "{}: {} is {found}{}{en}",
            title.en,
            label.en,
            if sep.is_empty() { "" } else { ", " }
        ),
    )
}

/// Puts figures into the braces of an author's words.
fn fill(failed: &Failed<'_>, text: &str) -> String {
    let show = |x: Option<&Exact>| {
        x.map_or_else(String::new, |x| failed.show(failed.assertion.accused, x))
    };
    let mut out = String::new();
    let mut done = 0;
    for (at, name) in braces(text) {
        out.push_str(&text[done..at - 1]);
        done = at + name.len() + 1;
        out.push_str(&match name {
            "found" => failed.found(),
            "growth_found" if growth(&failed.assertion.claim).is_some() => {
                let percent = failed
                    .failure
                    .found
                    .as_ref()
                    .map(|x| x * number::power_of_ten(2));
                percent.map_or_else(String::new, |x| {
                    format!("{}%", number::show(&number::round(&x, 1)))
                })
            }
            "expected" => show(failed.failure.expected.as_ref()),
            "limits" => failed.limits().unwrap_or_default(),
            "difference" => failed
                .failure
                .difference
                .as_ref()
                .map_or_else(String::new, |gap| {
                    failed.show_gap(failed.assertion.accused, gap)
                }),
            name if RESERVED.contains(&name) => String::new(),
            name => placed(failed, name),
        });
    }
    out.push_str(&text[done..]);
    out
}

/// The figure that a name in braces stands for.
fn placed(failed: &Failed<'_>, name: &str) -> String {
    let mut fills = failed.assertion.fills.iter();
    let Some(fill) = fills.find(|fill| fill.name == name) else {
        return String::new();
    };
    match &fill.expr {
        Expr::Leaf(leaf) => failed.leaf(*leaf),
        expr => failed
            .exactly(expr)
            .map_or_else(String::new, |x| measured_words(&fill.measure, &x)),
    }
}
