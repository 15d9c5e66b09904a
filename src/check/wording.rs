//! What a finding says: its kind's words, or the rule author's with the figures put in.

use super::rule::{braces, growth};
use super::{Failed, Wording, kind, measured_words};
use crate::expr::Expr;
use crate::expr::types::Measured;
use crate::number::{self, Exact};
use crate::words::Text;

/// What a failure is told as: in its author's words where the rule has some.
pub(super) fn say(failed: &Failed<'_>) -> Wording {
    let mut wording = (kind(failed.rule).say)(failed);
    let filled = |words: &Text| Text::new(fill(failed, &words.zh), fill(failed, &words.en));
    if let Some(message) = &failed.rule.message {
        wording.message = filled(message);
    }
    if let Some(fix) = &failed.rule.fix {
        wording.fix = filled(fix);
    }
    if let Some(why) = &wording.suspicion {
        let message = &mut wording.message;
        message.zh = format!("{}；{}", message.zh, why.zh);
        message.en = format!("{}; {}", message.en, why.en);
    }
    wording
}

/// Puts figures into the braces of an author's words.
fn fill(failed: &Failed<'_>, text: &str) -> String {
    let growth = growth(&failed.assertion.claim);
    let percent = |x: &Exact| measured_words(&Measured::Rate, &number::round(x, 3));
    let show = |x: Option<&Exact>| {
        x.map_or_else(String::new, |x| match growth {
            Some(_) => percent(x),
            None => failed.show(failed.assertion.accused, x),
        })
    };
    let mut out = String::new();
    let mut done = 0;
    for (at, name) in braces(text) {
        out.push_str(&text[done..at - 1]);
        done = at + name.len() + 1;
        out.push_str(&match name {
            "found" => failed.computed().unwrap_or_else(|| failed.found()),
            "growth_found" => growth
                .and_then(|(now, before)| {
                    let ratio = failed.exactly(now)? / failed.exactly(before)?;
                    Some(percent(&(ratio - Exact::from_integer(1.into()))))
                })
                .unwrap_or_default(),
            "expected" => show(failed.failure.expected.as_ref()),
            "limits" => failed.limits().unwrap_or_default(),
            "difference" => match (&failed.failure.difference, growth) {
                (Some(gap), None) => failed.show_gap(failed.assertion.accused, gap),
                (gap, _) => show(gap.as_ref()),
            },
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
