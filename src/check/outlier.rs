#![doc = include_str!("outlier.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::{Scope, Typed};
use crate::number::{self, Exact};
use crate::rulebook::rule::{Assertion, Claim, Method, Outlier};
use crate::statistics::{Exponent, HidiroglouBerthelot, Mad, Quantile};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "outlier",
    doc: include_str!("outlier.md"),
    doc_zh: include_str!("outlier.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.outlier.as_ref()),
    say,
};

/// `outlier = { of = "applications", method = "hb", against = "last_year(applications)" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// By which method.
    #[schemars(with = "Named")]
    method: Spanned<Named>,
    /// The earlier figure of `hb`.
    #[schemars(with = "Option<String>")]
    against: Option<Spanned<String>>,
    /// What the figure is a part of, of `binomial`.
    #[schemars(with = "Option<String>")]
    whole: Option<Spanned<String>>,
    /// Fewer units than this are no basis; 10 where unsaid.
    at_least: Option<usize>,
    /// `hb`: how much size counts, 0, 0.5 or 1; 0.5 where unsaid.
    #[schemars(with = "Option<f64>")]
    u: Option<Spanned<f64>>,
    /// `hb`: the least spread, as a share of the median score; 0.05 where unsaid.
    a: Option<f64>,
    /// `hb`: how many spreads are usual, down and up; 7 where unsaid. `mad`: how many standard
    /// deviations; 3.5 where unsaid.
    c: Option<f64>,
    /// `hb`: the same for figures that are too small, where that differs.
    c_low: Option<f64>,
    /// `hb`: the share at which the lower quartile stands; 0.25 where unsaid.
    #[schemars(with = "Option<f64>")]
    quartile: Option<Spanned<f64>>,
    /// `hb`: how quantiles are found; `type-7` where unsaid.
    quantile: Option<Quantile>,
    /// `binomial`: how seldom chance alone brings a count that stands out; 0.01 where unsaid.
    #[schemars(with = "Option<f64>")]
    alpha: Option<Spanned<f64>>,
}

/// The methods by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Named {
    /// Hidiroglou and Berthelot, on the ratio to an earlier figure.
    Hb,
    /// The median deviation.
    Mad,
    /// Chance: a count of a whole against the share over all districts.
    Binomial,
}

/// Fewer units than this are no basis, where a rule does not say.
const AT_LEAST: usize = 10;

impl Asked {
    fn number(given: Option<f64>, usual: f64) -> Exact {
        let given = given.and_then(number::canonical);
        number::exact(given.unwrap_or(usual))
    }

    fn within(
        on: &mut Lowering<'_>,
        given: Option<&Spanned<f64>>,
        usual: f64,
        limits: Range<f64>,
    ) -> Option<Exact> {
        let Some(given) = given else {
            return Some(number::exact(usual));
        };
        let x = *given.get_ref();
        if x > limits.start && x < limits.end {
            return number::canonical(x).map(number::exact);
        }
        let (low, high) = (limits.start, limits.end);
        let message = both!(
            "应在 {low} 和 {high} 之间",
            "expected a number between {low} and {high}"
        );
        on.problem(given.span(), message);
        None
    }

    /// Parameters that the method does not have, or that can't be.
    fn is_odd(&self, on: &mut Lowering<'_>) -> bool {
        let method = *self.method.get_ref();
        let of_hb = [
            ("against", self.against.is_some()),
            ("u", self.u.is_some()),
            ("a", self.a.is_some()),
            ("c_low", self.c_low.is_some()),
            ("quartile", self.quartile.is_some()),
            ("quantile", self.quantile.is_some()),
        ];
        let of_binomial = [
            ("whole", self.whole.is_some()),
            ("alpha", self.alpha.is_some()),
        ];
        let foreign = of_hb
            .into_iter()
            .filter(|_| method != Named::Hb)
            .chain(
                of_binomial
                    .into_iter()
                    .filter(|_| method != Named::Binomial),
            )
            .chain(
                [("c", self.c.is_some())]
                    .into_iter()
                    .filter(|_| method == Named::Binomial),
            )
            .find(|(_, given)| *given);
        let numbers = [self.a, self.c, self.c_low].into_iter().flatten();
        let is_negative = numbers.into_iter().any(|x| !x.is_finite() || x < 0.0);
        let message = match foreign {
            Some((key, _)) => both!("这个方法没有参数 {key}", "this method has no `{key}`"),
            None if is_negative || self.at_least == Some(0) => Text::new(
                "参数应是不小于 0 的数，at_least 至少是 1",
                "parameters are 0 or more, `at_least` is 1 or more",
            ),
            None => return false,
        };
        on.problem(self.method.span(), message);
        true
    }

    fn method(&self, on: &mut Lowering<'_>, scope: Scope<'_>, value: &Typed) -> Option<Method> {
        if self.is_odd(on) {
            return None;
        }
        let at_least = self.at_least.unwrap_or(AT_LEAST).max(2);
        let wants = |on: &mut Lowering<'_>, key: &str| {
            let message = both!("这个方法要写 {key}", "this method wants `{key}`");
            on.problem(self.method.span(), message);
        };
        match self.method.get_ref() {
            Named::Hb => {
                let Some(against) = &self.against else {
                    wants(on, "against");
                    return None;
                };
                let exponent = match self.u.as_ref().map(|u| *u.get_ref()) {
                    None | Some(0.5) => Exponent::Half,
                    Some(0.0) => Exponent::Zero,
                    Some(1.0) => Exponent::One,
                    Some(_) => {
                        let message = Text::new("u 只能是 0、0.5 或 1", "`u` is 0, 0.5 or 1");
                        let span = self.u.as_ref().map_or(0..0, Spanned::span);
                        on.problem(span, message);
                        return None;
                    }
                };
                let parameters = HidiroglouBerthelot {
                    exponent,
                    a: Self::number(self.a, 0.05),
                    c_low: Self::number(self.c_low.or(self.c), 7.0),
                    c_high: Self::number(self.c, 7.0),
                    quartile: Self::within(on, self.quartile.as_ref(), 0.25, 0.0..0.5)?,
                    kind: self.quantile.unwrap_or_default(),
                    at_least,
                };
                Some(Method::HidiroglouBerthelot {
                    before: on.figure(against, scope, Some(value))?.0,
                    parameters,
                })
            }
            Named::Mad => Some(Method::Mad(Mad {
                factor: Self::number(self.c, 3.5),
                at_least,
            })),
            Named::Binomial => {
                let Some(whole) = &self.whole else {
                    wants(on, "whole");
                    return None;
                };
                Some(Method::Binomial {
                    whole: on.figure(whole, scope, Some(value))?.0,
                    alpha: Self::within(on, self.alpha.as_ref(), 0.01, 0.0..1.0)?,
                    at_least,
                })
            }
        }
    }
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let value = on.figure(&self.of, scope, None)?;
        let method = self.method(on, scope, &value)?;
        let outlier = Outlier {
            value: value.0,
            method,
        };
        let assertion = on.accusing(Claim::Outlier(Box::new(outlier)), self.of.span())?;
        Some(vec![assertion])
    }

    fn formula(&self) -> String {
        let of = self.of.get_ref();
        let method = match self.method.get_ref() {
            Named::Hb => {
                let against = self.against.as_ref().map_or("", |a| a.get_ref().as_str());
                format!("HB({of} / {against})")
            }
            Named::Mad => format!("MAD({of})"),
            Named::Binomial => {
                let whole = self.whole.as_ref().map_or("", |w| w.get_ref().as_str());
                format!("binomial({of} of {whole})")
            }
        };
        let at = |written: Option<&Spanned<f64>>| written.map(|x| *x.get_ref());
        let parameters = [
            ("u", at(self.u.as_ref())),
            ("a", self.a),
            ("c", self.c),
            ("c_low", self.c_low),
            ("quartile", at(self.quartile.as_ref())),
            ("alpha", at(self.alpha.as_ref())),
        ];
        let parameters = parameters.into_iter();
        let said = parameters.filter_map(|(name, value)| Some(format!("{name} = {}", value?)));
        let said: Vec<String> = [method].into_iter().chain(said).collect();
        said.join(", ")
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let Claim::Outlier(outlier) = &failed.assertion.claim else {
        return Wording::default();
    };
    let (label, found) = (failed.label(), failed.figure(&outlier.value));
    let (against, than_zh, than_en) = match &outlier.method {
        Method::HidiroglouBerthelot { before, .. } => (
            Some(before),
            "变化幅度明显不同于其他单位",
            "changed otherwise than in the other districts",
        ),
        Method::Mad(_) => (None, "明显偏离其他单位", "is far from the other districts'"),
        Method::Binomial { whole, .. } => (
            Some(whole),
            "占比明显不同于全市",
            "is an unusual share for the city",
        ),
    };
    let against = against.map_or_else(Text::default, |expr| {
        let (name, figure) = (failed.name(expr), failed.figure(expr));
        Text::new(
            format!("，{} {figure}", name.zh),
            format!(", {} {figure}", name.en),
        )
    });
    Wording::new(
        Text::new(
            format!("“{}”{found}{}：{than_zh}", label.zh, against.zh),
            format!("{} {found}{} {than_en}", label.en, against.en),
        ),
        Text::new(
            "市级研判；需要时下发给填报单位核实",
            "for staff to judge; release it to the district where it must be asked",
        ),
    )
}
