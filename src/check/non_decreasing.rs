#![doc = include_str!("non_decreasing.md")]

use super::{Asks, Failed, Kind, Lowering, Since, Wording};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf, Link, Source};
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "non_decreasing",
    doc: include_str!("non_decreasing.md"),
    doc_zh: include_str!("non_decreasing.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.non_decreasing.as_ref()),
    say,
};

/// `non_decreasing = { of = "spending_per_pupil", since = "last_year" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// Since when it must not have fallen.
    since: Since,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        on.figure(&self.of, scope, None)?;
        let accused = on.variable(&self.of, scope)?;
        let source = self.since.source();
        let before = Leaf {
            link: Link { form: None, source },
            variable: accused,
        };
        let claim = Claim::Compare {
            left: Expr::Leaf(Leaf::own(accused)),
            relation: Relation::AtLeast,
            right: Expr::Leaf(before),
            slack: Exact::default(),
        };
        Some(vec![Assertion::new(accused, claim)])
    }

    fn formula(&self) -> String {
        let of = self.of.get_ref();
        match self.since {
            Since::LastYear => format!("{of} >= last_year({of})"),
            Since::LastPeriod => format!("{of} >= last_period({of})"),
        }
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let reads = failed.assertion.reads();
    let Some(before) = reads.get(1) else {
        return Wording::default();
    };
    let (label, found, before_words) = (failed.label(), failed.found(), failed.leaf(*before));
    let (zh, en) = match before.link.source {
        Source::LastYear => ("上年同期", "a year earlier"),
        _ => ("上期", "the period before"),
    };
    Wording::new(
        Text::new(
            format!(
                "“{}”填报 {found}，低于{zh}的 {before_words}，应只增不减",
                label.zh
            ),
            format!("{} is {found}, less than {before_words} {en}", label.en),
        ),
        Text::new(
            "核对数字；确有减少的，说明原因",
            "check the figure; if it did fall, say why",
        ),
    )
}
