//! What the checks have to say about the districts' figures.
//!
//! A finding is plain data: it carries its words in both languages and is ordered, counted
//! and published as it stands. How it looks in a workbook is for `report`.

use crate::hash;
use crate::period::Period;
use crate::place::Place;
use crate::rulebook::written::{Audience, Severity, Stage};
use crate::words::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Findings of one rule in one submission that are told one by one; the rest are counted.
pub const TOLD_IN_FULL: usize = 200;

/// A failed assertion at its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable over runs while rule, district, form and record stay the same.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// 必改, 核实 or 提示.
    pub severity: Severity,
    /// Who hears of it first.
    pub audience: Audience,
    /// Whether its rule is on trial.
    pub stage: Stage,
    /// Whose figure it is.
    pub district: Unit,
    /// The form, where it is about one.
    pub form: Option<String>,
    /// Where.
    #[schemars(with = "PlaceSchema")]
    pub place: Place,
    /// What the rule read to say so, the accused cell first.
    pub read: Vec<ReadCell>,
    /// The record: a row's id in a fixed form, the key of a list's record.
    pub record: Option<String>,
    /// The variable that is accused.
    pub variable: Option<Variable>,
    /// What stands there.
    pub found: String,
    /// What should stand there, where the rule can say.
    pub expected: Option<String>,
    /// Found less expected, or less the district's own earlier figure.
    pub difference: Option<String>,
    /// 参考值: the district's own earlier figure that it was compared with.
    pub reference: Option<Text>,
    /// 参考范围: within which the others' figures would have it, for the city's staff only.
    pub limits: Option<String>,
    /// How much of the city's figure hangs on it, as a share; none where it touches none.
    pub effect: Option<f64>,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
    /// How far it has been dealt with.
    pub state: State,
    /// What it is to the last run whose inputs differed.
    pub since: Since,
    /// What an answer to it must be about: a hash of the rule as it reads and of the district's
    /// own figures that it read. It never depends on other districts.
    pub basis: String,
    /// Whether it must be settled before the month is closed.
    pub settle_by_close: bool,
    /// 情况说明: the district's answer, whether it holds or not.
    pub answer: Option<Answer>,
    /// Why the answer does not hold, where there is one that does not.
    pub refused: Option<Text>,
    /// What may be the answer already: last month's, a remark, a comment.
    pub proposals: Vec<Proposal>,
    /// What staff decided.
    pub decision: Option<Decision>,
    /// How many cells it stands for: more than one where the rest of many are counted only.
    pub count: u64,
    /// What the run itself still needs to know of it.
    #[serde(skip)]
    pub behind: Behind,
}

/// What stands behind a finding, for those who go on with it in the same run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Behind {
    /// Which of its rule's assertions failed.
    pub assertion: usize,
    /// The cells whose slip it tells: its own, and those that slip with it.
    pub slipped: Vec<ReadCell>,
    /// What its effect is made of, where it has one.
    pub made_of: Option<Text>,
}

impl Finding {
    /// A finding about a file or form, its words still to come. `about` tells it from the other
    /// findings of its rule, district and period.
    pub fn bare(
        rule: &str,
        severity: Severity,
        unit: Unit,
        form: Option<String>,
        period: Period,
        about: &str,
    ) -> Self {
        Self {
            id: id(rule, &unit.code, &period.to_string(), about),
            rule: rule.to_owned(),
            severity,
            audience: Audience::District,
            stage: Stage::InForce,
            district: unit,
            form,
            place: Place {
                file: String::new(),
                sheet: None,
                cell: None,
            },
            read: Vec::new(),
            record: None,
            variable: None,
            found: String::new(),
            expected: None,
            difference: None,
            reference: None,
            limits: None,
            effect: None,
            message: Text::default(),
            fix: Text::default(),
            state: State::Open,
            since: Since::New,
            basis: String::new(),
            settle_by_close: false,
            answer: None,
            refused: None,
            proposals: Vec::new(),
            decision: None,
            count: 1,
            behind: Behind::default(),
        }
    }
}

impl Finding {
    /// Whether somebody still has to do something about it: an error or query that is neither
    /// accepted nor waived.
    pub fn is_unsettled(&self) -> bool {
        self.severity != Severity::Note && !matches!(self.state, State::Accepted | State::Waived)
    }

    /// Whether it is an error that stands: neither mended nor waived.
    pub fn is_open_error(&self) -> bool {
        self.severity == Severity::Error
            && self.state != State::Waived
            && self.stage == Stage::InForce
    }

    /// The basis of a finding that no figures stand behind: what it says.
    pub fn basis_of_words(&self) -> String {
        let whole = [self.rule.as_str(), &self.message.zh].join("\0");
        hash::of(whole.as_bytes())[..12].to_owned()
    }
}

/// The shape of a place in `findings.json`.
#[derive(JsonSchema)]
#[schemars(rename = "Place")]
#[expect(
    dead_code,
    reason = "the schema of a place, whose cell is written as text"
)]
struct PlaceSchema {
    file: String,
    sheet: Option<String>,
    cell: Option<String>,
}

/// A reporting unit, named.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Unit {
    /// Its code; empty where no unit could be made out.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A variable, named for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// `applications[total]`
    pub id: String,
    /// 合计 · 申报数›本年累计
    pub label: Text,
    /// 第01行第1栏, where it has numbers.
    pub numbers: Option<Text>,
}

/// A cell that a rule read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, PartialOrd, Ord)]
pub struct ReadCell {
    /// The submitted file, or the earlier period that the figure is of.
    pub file: String,
    /// The sheet.
    pub sheet: String,
    /// The cell or range.
    pub range: String,
}

/// How far a finding has been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has answered it.
    #[default]
    Open,
    /// 暂不下发: it came up in so many districts that the rule itself is looked at first.
    Held,
    /// 已说明: the district has answered, and staff have not looked yet.
    Explained,
    /// 认可: staff accept the answer.
    Accepted,
    /// 退回补充: staff want to know more.
    SentBack,
    /// 放行: it stands as it is, by a decision with a name.
    Waived,
    /// 已定: staff have said which of two submissions counts, or that a rule's findings go out. The
    /// line stays, so that they can say otherwise.
    Settled,
}

impl State {
    /// The word people use.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Open => ("未处理", "open"),
            Self::Held => ("暂不下发", "held back"),
            Self::Explained => ("已说明", "explained"),
            Self::Accepted => ("已认可", "accepted"),
            Self::SentBack => ("退回补充", "sent back"),
            Self::Waived => ("已放行", "waived"),
            Self::Settled => ("已定", "decided"),
        };
        Text::new(zh, en)
    }

    /// Whether the district has something to do about it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::SentBack)
    }
}

/// What a finding is to the last run whose inputs differed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// 新增: it was not there.
    #[default]
    New,
    /// It was there already.
    Still,
    /// 重新提出: it had been answered, and the figures have changed since.
    Reopened,
}

impl Since {
    /// The word people use.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::New => ("新增", "new"),
            Self::Still => ("仍在", "still there"),
            Self::Reopened => ("重新提出", "reopened"),
        };
        Text::new(zh, en)
    }
}

/// 情况说明: what a district answers to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// 原因类别, as it was chosen; empty where none was.
    pub reason: String,
    /// In the clerk's own words.
    pub text: String,
    /// The file that it stands in, relative to the period's input folder.
    pub file: String,
    /// When that file arrived.
    pub arrived: String,
    /// The [`Finding::basis`] that it is an answer to.
    pub basis: String,
}

/// What may be the answer to a finding already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Where it comes from: 上月说明, 备注, 批注.
    pub from: Text,
    /// What it says.
    pub text: String,
}

/// What staff decided of a finding, a form, two submissions or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What.
    pub word: Word,
    /// Who.
    pub by: String,
    /// 备注
    pub remark: String,
    /// When a run first saw it.
    pub seen: String,
    /// Others who decided otherwise, the same or later; then none of them counts.
    pub opposed: Vec<Opposed>,
}

/// A decision that disagrees with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opposed {
    /// What.
    pub word: Word,
    /// Who.
    pub by: String,
}

/// The words of decisions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// 认可: the answer is accepted.
    Accept,
    /// 退回补充: the answer does not do.
    SendBack,
    /// 放行: the figure stands.
    Waive,
    /// 下发: the district is to be asked.
    Release,
    /// 暂不: not yet.
    Hold,
    /// 受理: the form is taken.
    Take,
    /// 退回修改: the form goes back.
    Return,
    /// 采用前者: of two submissions the first counts.
    UseFirst,
    /// 采用后者: of two submissions the second counts.
    UseSecond,
    /// Nothing: there is a name or a remark, and no word.
    Noted,
}

impl Word {
    /// All that can be chosen.
    pub const ALL: [Self; 9] = [
        Self::Accept,
        Self::SendBack,
        Self::Waive,
        Self::Release,
        Self::Hold,
        Self::Take,
        Self::Return,
        Self::UseFirst,
        Self::UseSecond,
    ];

    /// As it stands in drop-downs.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Accept => ("认可", "accept"),
            Self::SendBack => ("退回补充", "ask again"),
            Self::Waive => ("放行", "waive"),
            Self::Release => ("下发", "release"),
            Self::Hold => ("暂不", "hold"),
            Self::Take => ("受理", "take"),
            Self::Return => ("退回修改", "return"),
            Self::UseFirst => ("采用前者", "use the first"),
            Self::UseSecond => ("采用后者", "use the second"),
            Self::Noted => ("", ""),
        };
        Text::new(zh, en)
    }
}

/// The id of a finding: eight hexadecimal digits of what it is about.
pub fn id(rule: &str, district: &str, period: &str, about: &str) -> String {
    let whole = [rule, district, period, about].join("\0");
    hash::of(whole.as_bytes())[..8].to_owned()
}

/// Puts findings in the order in which they are read: by severity, first what rules over all
/// units rank by effect themselves, then by district as the caller ranks it, form, place and
/// rule. What else hangs on a finding is known later and changes nothing here: a unit's lines
/// stay together.
pub fn sort(findings: &mut [Finding], rank: impl Fn(&str) -> usize) {
    findings.sort_by_cached_key(|f| {
        (
            f.severity,
            // Ten digits tell effects apart, and order them.
            f.effect.map_or_else(
                || "~".to_owned(),
                |x| format!("{:012.10}", 10.0 - x.min(9.0)),
            ),
            rank(&f.district.code),
            f.form.clone(),
            f.place.clone(),
            f.rule.clone(),
            f.id.clone(),
        )
    });
}
