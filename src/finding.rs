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
    /// Found less expected.
    pub difference: Option<String>,
    /// 参考范围: within which the others' figures would have it, for the city's staff only.
    pub limits: Option<String>,
    /// How much of the city's total hangs on it, as a share, where a method says so.
    pub effect: Option<f64>,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
    /// How far it has been dealt with.
    pub state: State,
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
            limits: None,
            effect: None,
            message: Text::default(),
            fix: Text::default(),
            state: State::Open,
            count: 1,
            behind: Behind::default(),
        }
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
    /// 暂扣: it came up in so many districts that the rule itself is looked at first.
    Held,
}

/// The id of a finding: eight hexadecimal digits of what it is about.
pub fn id(rule: &str, district: &str, period: &str, about: &str) -> String {
    let whole = [rule, district, period, about].join("\0");
    hash::of(whole.as_bytes())[..8].to_owned()
}

/// Puts findings in the order in which they are read: by severity, what weighs most in the
/// city's total first, then by district as the caller ranks it, form, place and rule.
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
