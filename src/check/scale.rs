#![doc = include_str!("scale.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::exact::Among;
use crate::expr::types::Scope;
use crate::number::{self, Exact};
use crate::rulebook::rule::{Assertion, Claim, Scale};
use crate::rulebook::written::Type;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "scale",
    doc: include_str!("scale.md"),
    doc_zh: include_str!("scale.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.scale.as_ref()),
    say,
};

/// `scale = { of = "spent", against = "last_year(spent)", between = [0.4, 2.5] }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// What it is like in size: its own earlier figure, or another, such as the pupils.
    #[schemars(with = "String")]
    against: Spanned<String>,
    /// The least and the greatest quotient that is usual.
    #[schemars(with = "[f64; 2]")]
    between: Spanned<[f64; 2]>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let (value, _) = on.figure(&self.of, scope, None)?;
        let (against, _) = on.figure(&self.against, scope, None)?;
        let limits = self.between.get_ref().map(number::canonical);
        let [low, high] = limits.map(Option::unwrap_or_default);
        if low <= 0.0 || high <= low {
            let message = Text::new(
                "between 要写两个正数，小的在前",
                "`between` has two numbers above zero, the lesser first",
            );
            on.problem(self.between.span(), message);
            return None;
        }
        let scale = Scale {
            value,
            against,
            low: number::exact(low),
            high: number::exact(high),
            column: 0,
        };
        let mut assertion = on.accusing(Claim::Scale(Box::new(scale)), self.of.span())?;
        let column = on.form.variables[assertion.accused].column;
        if let Claim::Scale(scale) = &mut assertion.claim {
            scale.column = column;
        }
        Some(vec![assertion])
    }

    fn formula(&self) -> String {
        let [low, high] = self.between.get_ref();
        format!(
            "{} / {} between {low} and {high}",
            self.of.get_ref(),
            self.against.get_ref()
        )
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let (
        Some(Among::Scaled {
            power,
            usual,
            alike,
        }),
        Claim::Scale(scale),
    ) = (&failed.failure.among, &failed.assertion.claim)
    else {
        return Wording::default();
    };
    let (label, found) = (failed.label(), failed.found());
    let (against, like) = (failed.name(&scale.against), failed.figure(&scale.against));
    let times = number::show(&number::power_of_ten(power.abs()));
    let is_money = failed.form.variables[failed.assertion.accused].kind == Type::Money;
    let (slip_zh, slip_en) = match (power, is_money) {
        (4, true) => ("疑把元填成了万元栏", "probably 元 in a column of 万元"),
        (-4, true) => ("疑把万元填成了元栏", "probably 万元 in a column of 元"),
        (2 | -2, _) => (
            "疑百分数与比值混填，或小数点错两位",
            "a percent taken for a ratio, or two places off",
        ),
        (1, _) => ("疑多一位", "probably one digit too many"),
        (-1, _) => ("疑少一位", "probably one digit too few"),
        _ => (
            "疑小数点或计量单位有误",
            "the decimal point or the unit is probably wrong",
        ),
    };
    let (size_zh, size_en) = if *power > 0 {
        ("大", "large")
    } else {
        ("小", "small")
    };
    let others = match (usual, alike) {
        (0, 0) => Text::default(),
        (usual, alike) if alike + 1 > *usual && *alike > 1 => {
            let cells = alike + 1;
            both!(
                "；本栏 {cells} 个单元格都是这样，疑为整栏计量单位有误",
                "; {cells} cells of this column are alike: the unit of the whole column"
            )
        }
        (usual, 0) => both!(
            "；本栏其他 {usual} 个单元格正常",
            "; the {usual} other cells of this column are as usual"
        ),
        (usual, alike) => both!(
            "；本栏另有 {alike} 个这样，{usual} 个正常",
            "; {alike} more of this column are alike, {usual} as usual"
        ),
    };
    let right = failed
        .exactly(&scale.value)
        .map(|x| x * number::power_of_ten(-power));
    let show = |x: &Exact| failed.show(failed.assertion.accused, x);
    let right = right.as_ref().map_or_else(String::new, show);
    Wording::new(
        Text::new(
            format!(
                "“{}”填报 {found}，与{} {like} 相比约{size_zh} {times} 倍，{slip_zh}{}",
                label.zh, against.zh, others.zh
            ),
            format!(
                "{} is {found}, about {times} times too {size_en} against {} {like}: {slip_en}{}",
                label.en, against.en, others.en
            ),
        ),
        both!(
            "核对计量单位和小数点；如确为笔误，应为 {right} 左右；数字无误的说明情况",
            "check unit and decimal point; if it is a slip, about {right} is meant; if not, explain"
        ),
    )
}
