#![doc = include_str!("accumulates.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, total};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, Link, Source};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "accumulates",
    doc: include_str!("accumulates.md"),
    doc_zh: include_str!("accumulates.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.accumulates.as_ref()),
    say,
};

/// `accumulates = { to_date = "applications", period = "applications_month" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// 本年累计
    #[schemars(with = "String")]
    to_date: Spanned<String>,
    /// 本月, 本季
    #[schemars(with = "String")]
    period: Spanned<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let to_date = on.figure(&self.to_date, scope, None)?;
        on.figure(&self.period, scope, Some(&to_date))?;
        let accused = on.variable(&self.to_date, scope)?;
        let this = on.variable(&self.period, scope)?;
        let before = Expr::Leaf(Leaf {
            link: Link {
                form: None,
                source: Source::LastPeriod,
            },
            variable: accused,
        });
        let claim = Claim::Compare {
            left: Expr::Leaf(Leaf::own(accused)),
            relation: Relation::Equal,
            right: Expr::sum([before, Expr::Leaf(Leaf::own(this))]),
            slack: Exact::default(),
        };
        Some(vec![Assertion::new(accused, claim)])
    }

    fn formula(&self) -> String {
        let (to_date, period) = (self.to_date.get_ref(), self.period.get_ref());
        format!("{to_date} = last_period({to_date}) + {period}")
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let reads = failed.assertion.reads();
    let [_, before, this] = reads.as_slice() else {
        return Wording::default();
    };
    let (label, found) = (failed.label(), failed.found());
    let (before, this) = (failed.leaf(*before), failed.leaf(*this));
    let at = failed.assertion.accused;
    let show = |x: Option<&Exact>| x.map_or_else(String::new, |x| failed.show(at, x));
    let sum = show(failed.failure.expected.as_ref());
    // Most often the month's own figure was typed into the year's column.
    let fix = if failed.value(Leaf::own(at)) == failed.value(reads[2]) {
        Text::new(
            "疑把本期数填进了累计栏：累计应加上以前各期",
            "this period's figure was probably typed as the cumulative one",
        )
    } else {
        let why = total::suspicion(failed).unwrap_or_default();
        let why = if why.zh.is_empty() {
            why
        } else {
            Text::new(format!("{}；", why.zh), format!("{}; ", why.en))
        };
        Text::new(
            format!(
                "{}核对本期数与累计数；更正往期数的，说明更正了哪一期",
                why.zh
            ),
            format!(
                "{}check both; if an earlier period was corrected, say which",
                why.en
            ),
        )
    };
    Wording::new(
        Text::new(
            format!(
                "“{}”填报 {found}，上期累计 {before} 加本期 {this} 为 {sum}",
                label.zh
            ),
            format!(
                "{} is {found}, but the period before ({before}) and this one ({this}) make {sum}",
                label.en
            ),
        ),
        fix,
    )
}
