#![doc = include_str!("zero.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, joined};
use crate::expr::Expr;
use crate::expr::types::Scope;
use crate::number::Exact;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "zero",
    doc: include_str!("zero.md"),
    doc_zh: include_str!("zero.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.zero.as_ref()),
    say,
};

/// `zero = ["dropouts"]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Asked(#[schemars(with = "Vec<String>")] Vec<Spanned<String>>);

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let zero = |written: &Spanned<String>| {
            let (left, measure) = on.figure(written, scope, None)?;
            let claim = Claim::Compare {
                left,
                relation: Relation::Equal,
                right: Expr::number(Exact::default()),
                slack: Exact::default(),
            };
            Some(Assertion {
                measure: Some(measure),
                ..on.accusing(claim, written.span())?
            })
        };
        self.0.iter().map(zero).collect()
    }

    fn formula(&self) -> String {
        format!("{} = 0", joined(&self.0, " = "))
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let told = failed.told();
    Wording::new(
        Text::new(
            format!("{}，应清零", told.zh),
            format!("{} and should be zero", told.en),
        ),
        Text::new(
            "核对后改正；确未清零的，逐项写明情况",
            "check it; where it is true, say what is being done",
        ),
    )
}
