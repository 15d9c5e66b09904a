#![doc = include_str!("expression.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, at_file, discrepancy, total};
use crate::expr::types::{Measured, Scope};
use crate::expr::{Expr, Leaf, Link, Source, parse};
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
        // Words and conditions are alike or not; there is no figure to show.
        let is_figure = !matches!(measure, Some(Measured::Words | Measured::Truth));
        let claim = if is_figure {
            claim(truth)
        } else {
            Claim::Holds(truth)
        };
        Some(vec![Assertion {
            measure: measure.filter(|_| is_figure),
            ..on.accusing(claim, span)?
        }])
    }

    fn formula(&self) -> String {
        self.0.clone()
    }
}

/// The claim that says most about a failure: what was found and what was expected.
fn claim(truth: Expr) -> Claim {
    match truth {
        Expr::Compare(relation, left, right) => Claim::Compare {
            left: *left,
            relation,
            right: *right,
            slack: Exact::default(),
        },
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
    let suspicion = total::suspicion(failed).or_else(|| miscopied(failed));
    Wording::new(usual(failed), fix).suspecting(suspicion)
}

/// Last year's figure of either side, or one that the rule's words show, stands where another is
/// due, but for one digit.
fn miscopied(failed: &Failed<'_>) -> Option<Text> {
    let Claim::Compare {
        left,
        relation: Relation::Equal,
        right,
        ..
    } = &failed.assertion.claim
    else {
        return None;
    };
    let found = failed.failure.found.as_ref()?;
    let then = |expr: &Expr| match expr {
        Expr::Leaf(leaf) => failed.value(Leaf {
            link: Link {
                source: Source::LastYear,
                ..leaf.link
            },
            ..*leaf
        }),
        _ => None,
    };
    let is_earlier = |expr: &Expr| {
        let mut leaves = Vec::new();
        expr.leaves(&mut leaves);
        let earlier = |leaf: &Leaf| {
            let column = failed.form.variables.get(leaf.variable);
            let column = column.map(|variable| &failed.form.columns[variable.column]);
            leaf.link.source == Source::LastYear
                || leaf.is_own() && column.is_some_and(|column| column.restates.is_some())
        };
        !leaves.is_empty() && leaves.iter().all(earlier)
    };
    let shown = failed.assertion.fills.iter();
    let shown = shown.filter(|fill| is_earlier(&fill.expr));
    let mut known = [left, right]
        .into_iter()
        .filter_map(then)
        .chain(shown.filter_map(|fill| failed.exactly(&fill.expr)));
    let before = known.find(|before| discrepancy::is_one_digit_off(found, before))?;
    let at = failed.assertion.accused;
    let (found, before) = (failed.show(at, found), failed.show(at, &before));
    Some(both!(
        "疑误抄上年数（填 {found}，上年 {before}，只差一位）",
        "probably last year's {before} miscopied as {found}"
    ))
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
    let computed = failed.computed().map_or_else(Text::default, |x| {
        both!("，计算得 {x}", "; that comes to {x}")
    });
    Text::new(
        format!(
            "{}：“{}”填报 {found}{zh}{}",
            title.zh, label.zh, computed.zh
        ),
        format!("{}: {} is {found}{en}{}", title.en, label.en, computed.en),
    )
}
