//! What keeps a month from being closed, out of what its last run published.
//!
//! Only what is in force counts: rules on trial keep nobody from anything.

use super::Error;
use crate::finding::{Finding, State, Word};
use crate::rulebook::written::{Audience, Severity, Stage};
use crate::standing::{Acceptance, DistrictStanding, FormStanding, Reporting};
use crate::words::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Why something is open.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 缺报
    Missing,
    /// 文件无效
    Unusable,
    /// 退回修改, and nothing new has come.
    Returned,
    /// 必改, neither mended nor waived.
    Error,
    /// 核实 that must be explained and accepted before the month is closed.
    ToAccept,
    /// 核实 that the district has not answered.
    Query,
    /// 核实 that is for staff, who have not decided.
    ForStaff,
}

impl Kind {
    /// So many of them, as people say it.
    pub fn words(self, count: u64) -> Text {
        match self {
            Self::Missing => both!("缺报 {count} 份", "forms missing: {count}"),
            Self::Unusable => both!("文件无效 {count} 份", "files not usable: {count}"),
            Self::Returned => both!("退回修改 {count} 份", "forms returned: {count}"),
            Self::Error => both!("必改未改 {count} 条", "open errors: {count}"),
            Self::ToAccept => both!(
                "封库前须说明并认可 {count} 条",
                "to be explained and accepted before the close: {count}"
            ),
            Self::Query => both!("核实待说明 {count} 条", "queries to be answered: {count}"),
            Self::ForStaff => both!(
                "市级核实待处理 {count} 条",
                "queries for the city's staff to decide: {count}"
            ),
        }
    }
}

/// All that is open, by kind, each named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// In the order of the published findings, the forms in that of the board.
    pub named: BTreeMap<Kind, Vec<Text>>,
}

impl Obstacles {
    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// How many of each kind.
    pub fn counts(&self) -> BTreeMap<Kind, u64> {
        let all = self.named.iter();
        all.map(|(kind, named)| (*kind, named.len() as u64))
            .collect()
    }

    fn add(&mut self, kind: Kind, name: Text) {
        self.named.entry(kind).or_default().push(name);
    }
}

/// What was published of a month, as far as a closing rests on it.
#[derive(Debug, Deserialize)]
pub(super) struct Published {
    findings: Vec<Finding>,
    districts: Vec<DistrictStanding>,
}

impl Published {
    /// The districts and forms with errors that stood, by code and number.
    pub(super) fn with_open_errors(&self) -> BTreeSet<(&str, &str)> {
        let errors = self.findings.iter().filter(|one| one.is_open_error());
        errors
            .filter_map(|one| Some((one.district.code.as_str(), one.form.as_deref()?)))
            .collect()
    }

    /// The forms that were asked for, by number.
    pub(super) fn asked(&self) -> BTreeSet<&str> {
        let forms = self.districts.iter().flat_map(|district| &district.forms);
        let asked = forms.filter(|form| form.reporting != Reporting::NotAsked);
        asked.map(|form| form.form.as_str()).collect()
    }

    /// How a district stood with a form.
    pub(super) fn standing(&self, district: &str, form: &str) -> Option<&FormStanding> {
        let mut districts = self.districts.iter();
        let district = districts.find(|one| one.unit.code == district)?;
        district.forms.iter().find(|one| one.form == form)
    }
}

/// What is open by the findings that were published.
pub(super) fn obstacles(path: &Path) -> Result<Obstacles, Error> {
    let bytes = super::read(path)?;
    let published: Published =
        serde_json::from_slice(&bytes).map_err(|source| Error::Understand {
            path: path.to_owned(),
            source,
        })?;
    let Published {
        findings,
        districts,
    } = published;
    let mut obstacles = Obstacles::default();
    for district in &districts {
        for form in &district.forms {
            let kind = match form.reporting {
                Reporting::NotAsked => continue,
                Reporting::Invalid => Kind::Unusable,
                reporting if !reporting.is_here() => Kind::Missing,
                _ if form.acceptance == Acceptance::Returned => Kind::Returned,
                _ => continue,
            };
            let (name, id) = (&district.unit.name, &form.form);
            let words = match kind {
                Kind::Returned => form.acceptance.words(),
                _ => form.reporting.words(),
            };
            let name = Text::new(
                format!("{name} {id} {}", words.zh),
                format!("{name} {id} {}", words.en),
            );
            obstacles.add(kind, name);
        }
    }
    for finding in &findings {
        if let Some(kind) = unsettled(finding) {
            obstacles.add(kind, name(finding));
        }
    }
    Ok(obstacles)
}

/// What a finding still wants before its month can be closed.
pub(crate) fn unsettled(finding: &Finding) -> Option<Kind> {
    if finding.stage == Stage::Trial {
        return None;
    }
    let decided = finding.decision.as_ref();
    let held = decided.is_some_and(|one| one.word == Word::Hold && one.opposed.is_empty());
    match (finding.severity, finding.state) {
        (Severity::Note, _) | (_, State::Waived) => None,
        (Severity::Error, _) => Some(Kind::Error),
        (Severity::Query, State::Accepted) => None,
        (Severity::Query, _) if finding.settle_by_close => Some(Kind::ToAccept),
        (Severity::Query, State::Explained) => None,
        // 暂不: staff have looked, and ask nobody.
        (Severity::Query, _) if finding.audience == Audience::City => {
            (!held).then_some(Kind::ForStaff)
        }
        (Severity::Query, _) => Some(Kind::Query),
    }
}

fn name(finding: &Finding) -> Text {
    let Finding {
        district,
        place,
        rule,
        message,
        ..
    } = finding;
    let name = &district.name;
    Text::new(
        format!("{name} {place} [{rule}] {}", message.zh),
        format!("{name} {place} [{rule}] {}", message.en),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Decision, Opposed, Unit};
    use crate::period::Period;

    fn finding(severity: Severity, state: State) -> Finding {
        let period = Period::parse("2023-12").unwrap();
        Finding {
            state,
            ..Finding::bare("T01-1", severity, Unit::default(), None, period, "")
        }
    }

    #[test]
    fn an_error_is_settled_by_waiving_alone() {
        for state in [State::Open, State::Explained, State::Accepted] {
            assert_eq!(
                unsettled(&finding(Severity::Error, state)),
                Some(Kind::Error)
            );
        }
        assert_eq!(unsettled(&finding(Severity::Error, State::Waived)), None);
    }

    #[test]
    fn a_query_wants_an_answer_and_some_want_it_accepted() {
        let of = |state, settle_by_close| {
            unsettled(&Finding {
                settle_by_close,
                ..finding(Severity::Query, state)
            })
        };
        assert_eq!(of(State::Open, false), Some(Kind::Query));
        assert_eq!(of(State::SentBack, false), Some(Kind::Query));
        assert_eq!(of(State::Explained, false), None);
        assert_eq!(of(State::Explained, true), Some(Kind::ToAccept));
        assert_eq!(of(State::Accepted, true), None);
        assert_eq!(unsettled(&finding(Severity::Note, State::Open)), None);
    }

    #[test]
    fn what_is_for_staff_wants_a_decision_that_nobody_opposes() {
        let decided = |opposed: Vec<Opposed>| Decision {
            word: Word::Hold,
            by: "李明".to_owned(),
            remark: String::new(),
            seen: String::new(),
            opposed,
        };
        let of = |decision| {
            unsettled(&Finding {
                audience: Audience::City,
                decision,
                ..finding(Severity::Query, State::Held)
            })
        };
        assert_eq!(of(None), Some(Kind::ForStaff));
        assert_eq!(of(Some(decided(Vec::new()))), None);
        let other = Opposed {
            word: Word::Release,
            by: "王芳".to_owned(),
        };
        assert_eq!(of(Some(decided(vec![other]))), Some(Kind::ForStaff));
    }

    #[test]
    fn a_rule_on_trial_keeps_nobody_from_closing() {
        let trial = Finding {
            stage: Stage::Trial,
            ..finding(Severity::Error, State::Open)
        };
        assert_eq!(unsettled(&trial), None);
    }
}
