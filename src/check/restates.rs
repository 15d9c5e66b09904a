#![doc = include_str!("restates.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::Scope;
use crate::expr::{Expr, Source};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(crate) const KIND: Kind = Kind {
    name: "restates",
    doc: include_str!("restates.md"),
    doc_zh: include_str!("restates.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.restates.as_ref()),
    say,
};

/// One rule a column that repeats an earlier figure.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate() {
        let Some(written) = &column.restates else {
            continue;
        };
        let title = Text::new(
            format!("{}与上年已报数一致", column.label.zh),
            format!("{} repeats what was reported then", column.label.en),
        );
        let id = format!("{}.{}.restates", form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Query);
        rule.formula = format!("{} = {}", column.id, written.text);
        rule.span = written.span.clone();
        for row in on.rows() {
            let accused = form.variable(at, row);
            if !form.variables[accused].is_number() {
                continue;
            }
            let scope = on.scope().at_row_of(row);
            let Some(earlier) = on.expression(written, scope) else {
                return;
            };
            if !matches!(
                earlier.0,
                Expr::Leaf(leaf) if leaf.link.source != Source::Now
            ) {
                on.problem(written.span.clone(), not_earlier());
                return;
            }
            let stated = on.cell(accused);
            if !on.go_together(&stated, &earlier, written.span.clone()) {
                return;
            }
            let claim = Claim::Compare {
                left: stated.0,
                relation: Relation::Equal,
                right: earlier.0,
                slack: Exact::default(),
            };
            rule.assertions.push(Assertion::new(accused, claim));
        }
        on.key_rule(rule);
    }
}

fn not_earlier() -> Text {
    Text::new(
        "restates 要指明一个往期数，例如 last_year(applications)",
        "`restates` names an earlier figure, as in `last_year(applications)`",
    )
}

/// `restates = { of = "last_year_total", earlier = "last_year(total)" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// What was reported then.
    #[schemars(with = "String")]
    earlier: Spanned<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let of = on.figure(&self.of, scope, None)?;
        let earlier = on.figure(&self.earlier, scope, Some(&of))?;
        if !matches!(earlier.0, Expr::Leaf(leaf) if leaf.link.source != Source::Now) {
            on.problem(self.earlier.span(), not_earlier());
            return None;
        }
        let claim = Claim::Compare {
            left: of.0,
            relation: Relation::Equal,
            right: earlier.0,
            slack: Exact::default(),
        };
        Some(vec![on.accusing(claim, self.of.span())?])
    }

    fn formula(&self) -> String {
        format!("{} = {}", self.of.get_ref(), self.earlier.get_ref())
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let at = failed.assertion.accused;
    let show = |x: Option<&Exact>| x.map_or_else(String::new, |x| failed.show(at, x));
    let accepted = show(failed.failure.expected.as_ref());
    let gap = failed.failure.difference.as_ref();
    let gap = gap.map_or_else(String::new, |gap| failed.show_gap(at, gap));
    let mut reads = failed.assertion.reads().into_iter();
    let then = if reads.any(|leaf| leaf.link.source == Source::LastPeriod) {
        "上期"
    } else {
        "上年"
    };
    Wording::new(
        Text::new(
            format!(
                "“{}”填报 {found}，与{then}已报数 {accepted} 不一致，差 {gap}",
                label.zh
            ),
            format!(
                "{} is {found}, but {accepted} was reported then: off by {gap}",
                label.en
            ),
        ),
        both!(
            "按{then}已报数改正；确需调整{then}数的，说明原因和依据",
            "enter what was reported then, or explain why it is restated"
        ),
    )
}
