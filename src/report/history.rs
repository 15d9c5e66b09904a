//! Earlier months as they were published: what trends, the ledger of quality and the noise of
//! rules are made of.
//!
//! It is read from what stands in the output folder, the twelve months before a period. A month
//! that was never run, or whose files can't be read, is left blank: nothing here is needed for a
//! verdict. The month itself comes from the run that is being reported.

use super::data;
use super::machine::FINDINGS;
use crate::consolidate;
use crate::finding::{Answer, Finding, Since, State, Unit};
use crate::judged::{Judged, Submission};
use crate::number;
use crate::period::{Period, Periodicity};
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::written::{Audience, Severity};
use crate::standing::{Acceptance, Reporting};
use crate::table::Table;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

/// How many months are looked back on.
pub const MONTHS: usize = 12;

/// The months before a period, oldest first: the same month a year ago is the first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// All of them, blank where nothing was published.
    pub months: Vec<Month>,
}

/// A month.
#[derive(Debug, Clone, PartialEq)]
pub struct Month {
    /// Which.
    pub period: Period,
    /// By form, in the rulebook's order.
    pub forms: Vec<FormMonth>,
    /// By district's code: 必改 about none of the forms that were asked of it, such as a file that
    /// can't be used.
    pub unplaced: BTreeMap<String, u64>,
    /// What came of the findings of each rule.
    pub rules: BTreeMap<String, Noise>,
}

/// A form in a month.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FormMonth {
    /// The city's figures by variable, rates as ratios of sums; empty where nothing is known.
    pub city: Vec<Point>,
    /// By district's code: its figures by variable, of a list their sums.
    pub districts: BTreeMap<String, Vec<Option<f64>>>,
    /// By district's code: how it reported; only where the form was asked for.
    pub quality: BTreeMap<String, Quality>,
}

/// A figure of the city.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// In the unit that is kept; none where nobody reported it.
    pub figure: Option<f64>,
    /// How many districts it rests on.
    pub districts: usize,
}

/// How well a district reported a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// 报送
    pub reporting: Reporting,
    /// 受理
    pub acceptance: Acceptance,
    /// 必改 that were found, mended ones not counted.
    pub errors: u64,
    /// Those of them that the district has to mend: others are for the city's staff.
    pub to_mend: u64,
    /// How many submissions came that differ from each other.
    pub submissions: u32,
}

impl Quality {
    /// 按时
    pub fn is_on_time(&self) -> bool {
        self.reporting.is_here() && self.reporting != Reporting::Late
    }

    /// 一次通过: the first submission had nothing that the district has to mend.
    pub fn has_passed_first(&self) -> bool {
        self.reporting.is_here()
            && self.submissions <= 1
            && self.to_mend == 0
            && self.acceptance != Acceptance::Returned
    }

    /// 退回: how often it had to be sent again, and once more while it is with the district.
    pub fn returns(&self) -> u64 {
        let again = u64::from(self.submissions.saturating_sub(1));
        again + u64::from(self.acceptance == Acceptance::Returned)
    }
}

/// What the findings of a rule led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noise {
    /// Findings, those that are gone included.
    pub found: u64,
    /// To a mended number.
    pub mended: u64,
    /// To an explanation.
    pub explained: u64,
    /// To nothing: waived, or still there without an answer.
    pub nothing: u64,
}

impl Noise {
    fn add(&mut self, state: State, since: Since, has_answer: bool) {
        // A line that says what staff decided is nobody's finding.
        if state == State::Settled {
            return;
        }
        self.found += 1;
        match state {
            _ if has_answer => self.explained += 1,
            State::Explained | State::Accepted | State::SentBack => self.explained += 1,
            State::Waived => self.nothing += 1,
            State::Open if since != Since::New => self.nothing += 1,
            // Nobody has had time to answer it.
            State::Open | State::Held | State::Settled => {}
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            mended: self.mended + other.mended,
            explained: self.explained + other.explained,
            nothing: self.nothing + other.nothing,
        }
    }
}

impl History {
    /// The twelve months before a period, from what was published.
    pub fn read(output: &Path, rulebook: &Rulebook, period: Period) -> Self {
        let mut months = Vec::with_capacity(MONTHS);
        let mut of = period;
        for _ in 0..MONTHS {
            of = of.before(Periodicity::Month);
            months.push(Month::published(output, rulebook, of));
        }
        months.reverse();
        Self { months }
    }

    /// A month, if it is among them.
    pub fn month(&self, period: Period) -> Option<&Month> {
        self.months.iter().find(|month| month.period == period)
    }
}

impl Month {
    /// The month of a run.
    pub fn of(judged: &Judged<'_>) -> Self {
        let rulebook = judged.rulebook;
        let counted = judged.counted();
        let forms = rulebook.forms.iter().enumerate().map(|(at, form)| {
            let own = counted.iter().copied().filter(|one| one.form == at);
            let own: Vec<&Submission> = own.collect();
            let city = judged.city.get(at).map_or_else(Vec::new, |figures| {
                let mut points = vec![Point::default(); form.variables.len()];
                for figure in figures {
                    points[figure.variable] = Point {
                        figure: figure.reported.as_ref().map(number::to_f64),
                        districts: figure.districts,
                    };
                }
                points
            });
            let districts = own.iter().map(|one| {
                let code = rulebook.register.districts[one.district].code.clone();
                (code, sums(rulebook, at, &[&one.table]).0)
            });
            FormMonth {
                city,
                districts: districts.collect(),
                quality: BTreeMap::new(),
            }
        });
        let mut month = Self {
            period: judged.period,
            forms: forms.collect(),
            unplaced: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        for district in &judged.standing {
            for standing in &district.forms {
                let quality = Quality {
                    reporting: standing.reporting,
                    acceptance: standing.acceptance,
                    errors: 0,
                    to_mend: 0,
                    submissions: standing.sent,
                };
                month.stands(rulebook, &district.unit.code, &standing.form, quality);
            }
        }
        for finding in &judged.findings {
            month.found(rulebook, &Told::from(finding));
        }
        for finding in &judged.compared.once {
            month.mended(&finding.rule);
        }
        month
    }

    /// A month as it was published; blank where it was not.
    fn published(output: &Path, rulebook: &Rulebook, period: Period) -> Self {
        let folder = output.join(period.to_string());
        let of_form = |(at, form): (usize, &Form)| figures(&folder, rulebook, (at, form));
        let forms = rulebook.forms.iter().enumerate().map(of_form);
        let mut month = Self {
            period,
            forms: forms.collect(),
            unplaced: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        let findings = fs::read(folder.join(FINDINGS)).ok();
        let findings = findings.and_then(|bytes| serde_json::from_slice::<Published>(&bytes).ok());
        let Some(published) = findings else {
            return month;
        };
        for district in &published.districts {
            for form in &district.forms {
                let quality = Quality {
                    reporting: form.reporting,
                    acceptance: form.acceptance.unwrap_or(Acceptance::None),
                    errors: 0,
                    to_mend: 0,
                    submissions: form.sent,
                };
                month.stands(rulebook, &district.code, &form.form, quality);
            }
        }
        for told in &published.findings {
            month.found(rulebook, told);
        }
        for told in &published.mended {
            month.mended(&told.rule);
        }
        month
    }

    /// Whether anything is known of it.
    pub fn is_blank(&self) -> bool {
        let has_figures = |form: &FormMonth| !form.city.is_empty() || !form.quality.is_empty();
        !self.forms.iter().any(has_figures)
    }

    fn form(&mut self, rulebook: &Rulebook, id: Option<&str>) -> Option<&mut FormMonth> {
        let mut forms = rulebook.forms.iter();
        let at = forms.position(|form| Some(form.id.as_str()) == id)?;
        self.forms.get_mut(at)
    }

    fn stands(&mut self, rulebook: &Rulebook, code: &str, form: &str, quality: Quality) {
        if quality.reporting == Reporting::NotAsked {
            return;
        }
        if let Some(form) = self.form(rulebook, Some(form)) {
            form.quality.insert(code.to_owned(), quality);
        }
    }

    fn found(&mut self, rulebook: &Rulebook, told: &Told) {
        let noise = self.rules.entry(told.rule.clone()).or_default();
        noise.add(told.state, told.since, told.answer.is_some());
        if told.severity != Severity::Error || told.state == State::Waived {
            return;
        }
        let code = &told.district.code;
        let form = self.form(rulebook, told.form.as_deref());
        if let Some(quality) = form.and_then(|form| form.quality.get_mut(code)) {
            quality.errors += 1;
            quality.to_mend += u64::from(told.audience == Audience::District);
        } else {
            *self.unplaced.entry(code.clone()).or_default() += 1;
        }
    }

    fn mended(&mut self, rule: &str) {
        let noise = self.rules.entry(rule.to_owned()).or_default();
        noise.found += 1;
        noise.mended += 1;
    }
}

/// What is read of a published `findings.json`; what older versions did not write has defaults.
#[derive(Deserialize)]
struct Published {
    findings: Vec<Told>,
    districts: Vec<Stood>,
    #[serde(default)]
    mended: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    rule: String,
    severity: Severity,
    #[serde(default)]
    audience: Audience,
    district: Unit,
    form: Option<String>,
    #[serde(default)]
    state: State,
    #[serde(default)]
    since: Since,
    #[serde(default)]
    answer: Option<Answer>,
}

impl From<&Finding> for Told {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            severity: finding.severity,
            audience: finding.audience,
            district: finding.district.clone(),
            form: finding.form.clone(),
            state: finding.state,
            since: finding.since,
            answer: finding.answer.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Stood {
    code: String,
    forms: Vec<StoodForm>,
}

#[derive(Deserialize)]
struct StoodForm {
    form: String,
    reporting: Reporting,
    #[serde(default)]
    acceptance: Option<Acceptance>,
    #[serde(default)]
    sent: u32,
}

/// A form's figures of a month as they were published.
fn figures(folder: &Path, rulebook: &Rulebook, (at, form): (usize, &Form)) -> FormMonth {
    let path = folder.join("data").join(format!("{}.parquet", form.id));
    let tables = File::open(path)
        .ok()
        .and_then(|file| data::read(file, form).ok());
    let Some(tables) = tables else {
        return FormMonth::default();
    };
    let all: Vec<&Table> = tables.values().collect();
    let (city, districts) = sums(rulebook, at, &all);
    let points = city.into_iter().zip(districts);
    FormMonth {
        city: points
            .map(|(figure, districts)| Point { figure, districts })
            .collect(),
        districts: tables
            .iter()
            .map(|(code, table)| (code.clone(), sums(rulebook, at, &[table]).0))
            .collect(),
        quality: BTreeMap::new(),
    }
}

/// By variable: the figure over some tables, and on how many of them it rests.
fn sums(rulebook: &Rulebook, at: usize, tables: &[&Table]) -> (Vec<Option<f64>>, Vec<usize>) {
    let form = &rulebook.forms[at];
    let sums = consolidate::sum(form, &rulebook.rules[at], tables);
    let figure = |variable: usize| {
        let is_number = form.variables[variable].is_number();
        let figure = is_number.then(|| sums.figure(variable)).flatten();
        figure.as_ref().map(number::to_f64)
    };
    let figures = (0..form.variables.len()).map(figure).collect();
    (figures, sums.districts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(reporting: Reporting, submissions: u32, errors: u64) -> Quality {
        Quality {
            reporting,
            acceptance: Acceptance::None,
            errors,
            to_mend: errors,
            submissions,
        }
    }

    #[test]
    fn a_form_has_passed_at_once_if_its_only_submission_had_no_error() {
        for (quality, on_time, at_once, returns) in [
            (quality(Reporting::Reported, 1, 0), true, true, 0),
            (quality(Reporting::Late, 1, 0), false, true, 0),
            (quality(Reporting::Nil, 1, 0), true, true, 0),
            (quality(Reporting::Reported, 3, 0), true, false, 2),
            (quality(Reporting::Reported, 1, 2), true, false, 0),
            (quality(Reporting::Missing, 0, 0), false, false, 0),
        ] {
            assert_eq!(quality.is_on_time(), on_time, "{quality:?}");
            assert_eq!(quality.has_passed_first(), at_once, "{quality:?}");
            assert_eq!(quality.returns(), returns, "{quality:?}");
        }
        let for_staff = Quality {
            to_mend: 0,
            ..quality(Reporting::Reported, 1, 1)
        };
        assert!(for_staff.has_passed_first());
    }

    #[test]
    fn findings_lead_to_an_explanation_or_to_nothing() {
        let mut noise = Noise::default();
        noise.add(State::Accepted, Since::Still, true);
        noise.add(State::Open, Since::Still, false);
        noise.add(State::Open, Since::New, false);
        noise.add(State::Waived, Since::Still, false);
        let led = (noise.found, noise.explained, noise.nothing);
        assert_eq!(led, (4, 1, 2));
    }
}
