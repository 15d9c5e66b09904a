//! A judged run: plain data, between judging and reporting.
//!
//! Whoever judges fills it, `consolidate` and `effect` add the city's side of it, and every report
//! is made of it alone.

use crate::baseline::earlier::Earlier;
use crate::check::run::Counts;
use crate::closing::Closing;
use crate::closing::corrections::Correction;
use crate::closing::then::OtherRules;
use crate::consolidate::CityFigure;
use crate::dialogue::{Compared, Dialogue};
use crate::expr::exact::Reason;
use crate::finding::Finding;
use crate::note::ReadingNote;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::rulebook::written::{Severity, Stage};
use crate::standing::DistrictStanding;
use crate::table::Table;
use crate::words::Text;
use chrono::NaiveDateTime;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A judged run, whole: what every report is made of.
pub struct Judged<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// The period.
    pub period: Period,
    /// The time that the job was given, in the office's zone.
    pub now: NaiveDateTime,
    /// The districts that must report, in the official order, with how they stand.
    pub standing: Vec<DistrictStanding>,
    /// The submissions in force, by form and then district in the register's order.
    pub submissions: Vec<Submission>,
    /// The files that were found, in order of their names.
    pub files: Vec<FileFound>,
    /// All findings, in the order in which they are read.
    pub findings: Vec<Finding>,
    /// Every rule with its counts, in the rulebook's order.
    pub outcomes: Vec<RuleOutcome>,
    /// The city's figures of each form of the rulebook; empty where the form is not asked for.
    pub city: Vec<Vec<CityFigure>>,
    /// 对比数: the earlier figures that it is compared with, and how far they are settled.
    pub earlier: Vec<Earlier>,
    /// 读取说明: what was read otherwise than it is written.
    pub notes: Vec<ReadingNote>,
    /// 未审核: what could not be evaluated of whom, and why.
    pub unevaluated: Vec<Unevaluated>,
    /// What this run is compared with, and the findings that are no more since.
    pub compared: Compared,
    /// What was said so far.
    pub dialogue: Dialogue,
    /// 封库: the closing of the period, where it is closed.
    pub closed: Option<Closing>,
    /// Of what the period was closed with, the files that are not as they were: the forms whose
    /// accepted figures are not known, by number; the board of then has none.
    pub damaged: Vec<Option<String>>,
    /// What in the rules is not as it was when the period was closed.
    pub other_rules: OtherRules,
    /// 更正: what has come since the period was closed and differs from what was accepted.
    pub corrections: Vec<Correction>,
    /// Where something differs, by form and district: what was accepted.
    pub accepted: BTreeMap<(usize, usize), Accepted>,
}

/// What was accepted of a district's form that is not in force any more.
pub struct Accepted {
    /// The figures; none where the form had not been sent when the month was closed.
    pub submission: Option<Submission>,
    /// Whether they were accepted with errors that nobody had waived.
    pub has_open_error: bool,
}

impl Judged<'_> {
    /// Whether the figures are final: the period is closed, and every form that it was closed with
    /// is among them with the figures of then.
    pub fn is_final(&self) -> bool {
        self.closed.is_some() && self.other_rules.gone.is_empty() && self.damaged.is_empty()
    }

    /// Findings of the last run whose inputs differed that are no more.
    pub fn mended(&self) -> &[Finding] {
        &self.compared.mended
    }

    /// How far last year's figures are settled of the forms that are asked for.
    pub fn last_year(&self) -> impl Iterator<Item = &Earlier> {
        let due = move |id: &str| {
            let mut forms = self.rulebook.forms.iter();
            forms.any(|form| form.id == id && form.is_due_in(self.period))
        };
        let then = self.period.last_year();
        let all = self.earlier.iter();
        all.filter(move |one| one.period == then && due(&one.form))
    }

    /// The submissions that the city's figures are made of, by form and then district: those in
    /// force, and in a closed month the accepted ones whatever has come since.
    pub fn counted(&self) -> Vec<&Submission> {
        let in_force = self.submissions.iter();
        let mut counted: BTreeMap<(usize, usize), &Submission> = in_force
            .map(|one| ((one.form, one.district), one))
            .collect();
        for (of, accepted) in &self.accepted {
            match &accepted.submission {
                Some(submission) => counted.insert(*of, submission),
                None => counted.remove(of),
            };
        }
        counted.into_values().collect()
    }

    /// The forms and districts whose figures count though an error of theirs still stands, as
    /// positions in the rulebook.
    pub fn with_open_errors(&self) -> BTreeSet<(usize, usize)> {
        let rulebook = self.rulebook;
        let of = |finding: &Finding| {
            let mut forms = rulebook.forms.iter();
            let form = forms.position(|form| Some(&form.id) == finding.form.as_ref())?;
            let mut districts = rulebook.register.districts.iter();
            let district = districts.position(|of| of.code == finding.district.code)?;
            Some((form, district))
        };
        let errors = self.findings.iter().filter(|one| one.is_open_error());
        let mut all: BTreeSet<(usize, usize)> = errors.filter_map(of).collect();
        for (of, accepted) in &self.accepted {
            if accepted.has_open_error {
                all.insert(*of);
            } else {
                all.remove(of);
            }
        }
        all
    }
}

/// 未审核: units of a rule that could not be evaluated of one district.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Unevaluated {
    /// The district's code.
    pub district: String,
    /// The form.
    pub form: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: Reason,
    /// How many units.
    pub count: u64,
}

/// A submission in force.
pub struct Submission {
    /// The form's position in the rulebook.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The file, relative to the period's folder.
    pub file: String,
    /// Its figures.
    pub table: Table,
    /// The same district's accepted figures of last year.
    pub last_year: Option<Table>,
}

/// A file of the input folder.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct FileFound {
    /// Its path, relative to the period's folder.
    pub path: String,
    /// Its hash.
    pub sha256: String,
    /// What kind of file it is, such as `.xls`; empty where it was not opened.
    pub kind: String,
    /// When a run first saw this content.
    pub arrived: String,
    /// Why it could not be used, if it could not.
    pub refused: Option<Text>,
}

/// A rule with what came of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RuleOutcome {
    /// The rule's id.
    pub rule: String,
    /// The form, by number.
    pub form: String,
    /// What good data do.
    pub title: Text,
    /// How it reads.
    pub formula: String,
    /// Its severity.
    pub severity: Severity,
    /// Whether it is on trial.
    pub stage: Stage,
    /// The law or document that it comes from.
    pub source: Option<String>,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}
