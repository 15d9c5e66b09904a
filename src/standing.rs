//! How each district stands with each form: the status board's plain data.
//!
//! Three dimensions are kept apart: 报送 what has arrived, 审核 what the checks say, and 受理 what
//! staff decided, 已验收 once the month is closed.

use crate::finding::{Decision, Finding, State, Unit};
use crate::rulebook::written::{Audience, Severity};
use crate::words::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 报送: whether and how a form has arrived.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reporting {
    /// 未到期: not here, and not yet due.
    NotYetDue,
    /// 缓报: not here, past its usual day, and the district was given more time.
    Extended,
    /// 未报: not here though due.
    Missing,
    /// 已报
    Reported,
    /// 迟报: here, after it was due.
    Late,
    /// 零报告: here, identified, and nil throughout.
    Nil,
    /// 文件无效: something was sent that cannot be used.
    Invalid,
    /// 封库后报: here, though the month was closed without it; its figures count for nothing.
    AfterClose,
    /// —: the form is not asked for in this month.
    NotAsked,
}

/// 审核: what the checks say of a form.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Checking {
    /// 未审: nothing to check.
    NotChecked,
    /// 未通过: something must be mended.
    Failed,
    /// 待说明: something must be explained.
    ToExplain,
    /// 通过
    Passed,
    /// 放行: it passes because staff let something stand.
    Waived,
}

/// 受理: what staff decided of a form.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// —: nothing yet.
    None,
    /// 退回
    Returned,
    /// 已受理
    Taken,
    /// 已验收: the month is closed with it.
    Accepted,
}

impl Acceptance {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Returned, Self::Taken, Self::Accepted];

    /// The word on the board.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::None => ("—", "—"),
            Self::Returned => ("退回", "returned"),
            Self::Taken => ("已受理", "taken"),
            Self::Accepted => ("已验收", "accepted"),
        };
        Text::new(zh, en)
    }
}

/// One district and one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormStanding {
    /// The form's number.
    pub form: String,
    /// 报送
    pub reporting: Reporting,
    /// 审核
    pub checking: Checking,
    /// 受理
    pub acceptance: Acceptance,
    /// What staff decided of it.
    pub decision: Option<Decision>,
    /// How many submissions of it came that differ from each other.
    #[serde(default)]
    pub sent: u32,
}

/// One district with all its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DistrictStanding {
    /// The district.
    #[serde(flatten)]
    pub unit: Unit,
    /// Its forms, in the rulebook's order.
    pub forms: Vec<FormStanding>,
}

impl Reporting {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NotYetDue,
        Self::Extended,
        Self::Missing,
        Self::Reported,
        Self::Late,
        Self::Nil,
        Self::Invalid,
        Self::AfterClose,
        Self::NotAsked,
    ];

    /// The word on the board.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::NotYetDue => ("未到期", "not yet due"),
            Self::Extended => ("缓报", "extended"),
            Self::Missing => ("未报", "missing"),
            Self::Reported => ("已报", "reported"),
            Self::Late => ("迟报", "late"),
            Self::Nil => ("零报告", "nil return"),
            Self::Invalid => ("文件无效", "file not usable"),
            Self::AfterClose => ("封库后报", "after the close"),
            Self::NotAsked => ("—", "—"),
        };
        Text::new(zh, en)
    }

    /// Whether the form's figures are there, and count.
    pub fn is_here(self) -> bool {
        matches!(self, Self::Reported | Self::Late | Self::Nil)
    }
}

impl Checking {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NotChecked,
        Self::Failed,
        Self::ToExplain,
        Self::Passed,
        Self::Waived,
    ];

    /// The word on the board.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::NotChecked => ("未审", "not checked"),
            Self::Failed => ("未通过", "to be mended"),
            Self::ToExplain => ("待说明", "to be explained"),
            Self::Passed => ("通过", "passed"),
            Self::Waived => ("放行", "waived"),
        };
        Text::new(zh, en)
    }

    /// What the findings of a form that is here come to. What is for the city's staff does not
    /// keep a district from passing.
    pub fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut own = findings.filter(|finding| finding.audience == Audience::District);
        let first = own
            .by_ref()
            .map(|finding| match (finding.severity, finding.state) {
                (_, State::Waived) => Self::Waived,
                (Severity::Error, _) => Self::Failed,
                (Severity::Query, state) if state.is_open() => Self::ToExplain,
                _ => Self::Passed,
            });
        first
            .min_by_key(|checking| match checking {
                Self::Failed => 0,
                Self::ToExplain => 1,
                Self::Waived => 2,
                _ => 3,
            })
            .unwrap_or(Self::Passed)
    }
}

impl Severity {
    /// The word people use.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Error => ("必改", "error"),
            Self::Query => ("核实", "query"),
            Self::Note => ("提示", "note"),
        };
        Text::new(zh, en)
    }
}
