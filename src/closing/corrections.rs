//! 更正: what has arrived for a closed month since, and differs from what was accepted.
//!
//! The accepted figures stay. What differs is listed with the day on which it arrived, and staff
//! who take a correction over put its line into `rules/revisions.csv`: `corrections.csv` has the
//! lines as that file has them. From then on later months compare with the revised figure.

use super::open::Published;
use super::then::{OtherColumns, some_of};
use super::{Closing, Error, FILE, Manifest, Month, Taken, figures, other_rules};
use crate::baseline::Baseline;
use crate::finding::{Unit, Variable};
use crate::hash;
use crate::judged::{Accepted, Judged, Submission};
use crate::note::ReadingNote;
use crate::number;
use crate::period::Period;
use crate::report::machine;
use crate::rulebook::form::Form;
use crate::rulebook::revisions;
use crate::rulebook::source::Sources;
use crate::standing::{Acceptance, Reporting};
use crate::submissions::{What, differences};
use crate::table::Table;
use crate::words::Text;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the shape of `corrections.json`.
const VERSION: u32 = 1;
/// All corrections of a period, in its published folder.
const FILE_OF_ALL: &str = "corrections.json";

/// One figure, record or form that is no longer what was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Correction {
    /// Whose.
    pub district: Unit,
    /// The form's number.
    pub form: String,
    /// What has happened.
    pub change: Change,
    /// A row's id in a fixed form, the key of a list's record; none where it is the whole form.
    pub record: Option<String>,
    /// The figure; none where it is a whole record or form.
    pub variable: Option<Variable>,
    /// What was accepted, as people read it; empty where there was nothing.
    pub accepted: String,
    /// What has come since; empty where there is nothing.
    pub now: String,
    /// The file that is in force now, relative to the period's folder; none where there is none.
    pub file: Option<String>,
    /// When that file arrived: the correction's day.
    pub arrived: Option<String>,
    /// What has come, where it is a number, as it is kept.
    #[serde(skip)]
    pub number: Option<f64>,
}

impl Correction {
    /// The key of the list's record that it is about; a fixed form's rows are told by their labels.
    pub fn key(&self, forms: &[Form]) -> Option<&str> {
        let form = forms.iter().find(|form| form.id == self.form);
        let is_list = form.is_some_and(|form| !form.is_fixed());
        self.record.as_deref().filter(|_| is_list)
    }
}

/// What has happened to something that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The figure or word is another.
    Changed,
    /// The record is new.
    RecordCame,
    /// The record is no longer there.
    RecordGone,
    /// The form had not been sent when the month was closed.
    FormCame,
    /// The form is no longer there.
    FormGone,
}

impl Change {
    /// The words people use.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Changed => ("改动", "changed"),
            Self::RecordCame => ("增加记录", "record added"),
            Self::RecordGone => ("减少记录", "record gone"),
            Self::FormCame => ("封库后补报", "sent after the close"),
            Self::FormGone => ("封库后撤去", "gone since the close"),
        };
        Text::new(zh, en)
    }
}

/// `corrections.json`
#[derive(Debug, Serialize, JsonSchema)]
pub struct CorrectionsFile<'a> {
    /// The version of this shape.
    pub version: u32,
    /// The period, `2023-12`.
    #[schemars(with = "String")]
    pub period: Period,
    /// When the month was closed, in the office's time.
    pub closed: &'a str,
    /// 保留意见, where it was closed with something open.
    pub reservations: Option<&'a str>,
    /// By form, then district in the register's order, then as the form has its figures.
    pub corrections: &'a [Correction],
}

/// By district's code and form's number: whether it was accepted, of all that was or that is here.
type WasAccepted<'a> = BTreeMap<(&'a str, &'a str), bool>;

/// Puts a judged run beside the closing of its month, where the month is closed: what was accepted
/// is so on the board and stays in the city's figures, and what differs from it is a correction.
pub fn beside_the_closing<'a>(
    mut judged: Judged<'a>,
    output: &Path,
    sources: &Sources,
    baseline: &Baseline,
) -> Judged<'a> {
    let month = Month::of(output, judged.period);
    let Some(closing) = month.closing() else {
        return judged;
    };
    let rulebook = judged.rulebook;
    let published = month.published();
    judged.damaged.extend(published.is_none().then_some(None));
    let failed = published.as_ref().map(Published::with_open_errors);
    let failed = failed.unwrap_or_default();
    judged
        .notes
        .extend(by_other_rules(&month, closing, sources));
    let not_compared = not_compared(&judged, &month);
    judged.notes.extend(not_compared);
    let mut was_accepted = WasAccepted::new();
    for (at, form) in rulebook.forms.iter().enumerate() {
        // A copy that was changed is told by the baseline, and compared with nothing.
        // Nor is a form that is not asked for any more.
        if !form.is_due_in(judged.period) {
            continue;
        }
        let Taken::Tables(mut then) = month.tables(form) else {
            judged.damaged.push(Some(form.id.clone()));
            continue;
        };
        for (district, of) in rulebook.register.districts.iter().enumerate() {
            let before = then.remove(&of.code);
            let key = (of.code.as_str(), form.id.as_str());
            if before.is_some() || in_force(&judged, (at, district)).is_some() {
                was_accepted.insert(key, before.is_some());
            }
            let found = since(&judged, (at, district), before.as_ref());
            if let Some(first) = found.first() {
                let file = first.file.as_deref().unwrap_or_default();
                let note = noted(&form.id, file, &of.name, found.len());
                judged.notes.push(note);
            }
            if found.is_empty() && !stands_apart(&judged, at, before.as_ref()) {
                continue;
            }
            judged.corrections.extend(found);
            let last_year = baseline.table(judged.period.last_year(), at, district);
            let submission = before.map(|table| Submission {
                form: at,
                district,
                file: month.name(&format!("{}/{}", closing.number, figures(form))),
                table,
                last_year: last_year.cloned(),
            });
            let accepted = Accepted {
                has_open_error: failed.contains(&key) && submission.is_some(),
                submission,
            };
            judged.accepted.insert((at, district), accepted);
        }
    }
    on_the_board(&mut judged, published.as_ref(), &was_accepted);
    judged.closed = Some(closing.clone());
    judged
}

/// The submission of a form and district that is in force.
fn in_force<'j>(judged: &'j Judged<'_>, of: (usize, usize)) -> Option<&'j Submission> {
    let mut submissions = judged.submissions.iter();
    submissions.find(|one| (one.form, one.district) == of)
}

/// In what a district's form is no longer what was accepted, and since when.
fn since(
    judged: &Judged<'_>,
    (at, district): (usize, usize),
    accepted: Option<&Table>,
) -> Vec<Correction> {
    let rulebook = judged.rulebook;
    let now = in_force(judged, (at, district));
    let other = judged.other_rules.of_form(at);
    let tables = (accepted, now.map(|one| &one.table));
    let mut found = between(&rulebook.forms[at], rulebook.unit(district), tables, other);
    let file = now.map(|one| one.file.as_str());
    let mut files = judged.files.iter();
    let arrived = files.find(|one| Some(one.path.as_str()) == file);
    let arrived = arrived.map(|one| one.arrived.clone());
    for correction in &mut found {
        correction.file = file.map(str::to_owned);
        correction.arrived.clone_from(&arrived);
    }
    found
}

/// Whether what is in force cannot stand for what was accepted though nothing that can be compared
/// differs: it has columns besides whose figures nobody has accepted.
fn stands_apart(judged: &Judged<'_>, at: usize, accepted: Option<&Table>) -> bool {
    let other = judged.other_rules.of_form(at);
    accepted.is_some() && other.is_some_and(|other| !other.unknown.is_empty())
}

/// Shows on the board what was accepted as it had come then, and what came after as that.
fn on_the_board(
    judged: &mut Judged<'_>,
    published: Option<&Published>,
    was_accepted: &WasAccepted<'_>,
) {
    for district in &mut judged.standing {
        let code = district.unit.code.as_str();
        for form in &mut district.forms {
            let then = published.and_then(|published| published.standing(code, &form.form));
            match was_accepted.get(&(code, form.form.as_str())) {
                Some(true) => {
                    // How it had come then is how it counts.
                    let then = then.filter(|then| then.reporting.is_here());
                    form.reporting = then.map_or(form.reporting, |then| then.reporting);
                    // What staff have sent back since is waited for, closed or not.
                    if form.acceptance != Acceptance::Returned {
                        form.acceptance = Acceptance::Accepted;
                    }
                }
                Some(false) => form.reporting = Reporting::AfterClose,
                None => {}
            }
        }
    }
}

/// A file by its name.
type NamedFile = (&'static str, Vec<u8>);
/// Why something could not be written.
type WriteError = Box<dyn std::error::Error + Send + Sync>;

/// What a closed month's run publishes of its corrections, by name.
///
/// # Errors
/// When something cannot be written, which would be a fault of ours.
pub fn reports(judged: &Judged<'_>) -> Result<Vec<NamedFile>, WriteError> {
    let Some(closing) = &judged.closed else {
        return Ok(Vec::new());
    };
    let whole = machine::json(&CorrectionsFile {
        version: VERSION,
        period: judged.period,
        closed: &closing.at,
        reservations: closing.reservations.as_deref(),
        corrections: &judged.corrections,
    })?;
    let mut files = vec![(FILE_OF_ALL, whole)];
    if let Some(lines) = for_revisions(judged)? {
        files.push(("corrections.csv", lines));
    }
    Ok(files)
}

/// How many corrections the last run of a closed month published; none before there was one.
///
/// # Errors
/// When they can't be read, or are not as that run wrote them.
pub fn published(output: &Path, manifest: &Manifest) -> Result<usize, Error> {
    #[derive(Deserialize)]
    struct Listed {
        corrections: Vec<IgnoredAny>,
    }
    let mut outputs = manifest.outputs.iter();
    let Some(known) = outputs.find(|file| file.path == FILE_OF_ALL) else {
        return Ok(0);
    };
    let path = output.join(manifest.period.to_string()).join(FILE_OF_ALL);
    let bytes = super::read(&path)?;
    if hash::of(&bytes) != known.sha256 {
        return Err(Error::Edited { path });
    }
    let listed: Result<Listed, _> = serde_json::from_slice(&bytes);
    let listed = listed.map_err(|source| Error::Understand { path, source })?;
    Ok(listed.corrections.len())
}

/// In what a district's form is no longer what was accepted, as far as both know its columns; of
/// which file is still to be said.
fn between(
    form: &Form,
    district: Unit,
    (accepted, now): (Option<&Table>, Option<&Table>),
    other: Option<&OtherColumns>,
) -> Vec<Correction> {
    let bare = Correction {
        district,
        form: form.id.clone(),
        change: Change::Changed,
        record: None,
        variable: None,
        accepted: String::new(),
        now: String::new(),
        file: None,
        arrived: None,
        number: None,
    };
    let whole = |change| {
        vec![Correction {
            change,
            ..bare.clone()
        }]
    };
    let (accepted, now) = match (accepted, now) {
        (Some(accepted), Some(now)) => (accepted, now),
        (Some(_), None) => return whole(Change::FormGone),
        (None, Some(_)) => return whole(Change::FormCame),
        (None, None) => return Vec::new(),
    };
    // Without their key no record is known to be the one of then.
    if other.is_some_and(|other| !other.has_key) {
        return Vec::new();
    }
    let is_known = |variable: usize| other.is_none_or(|other| !other.unknown.contains(&variable));
    let is_compared = |variable: usize| is_kept(form, variable) && is_known(variable);
    let mut found = Vec::new();
    for gap in differences(form, accepted, now) {
        let (change, variable) = match gap.what {
            What::Figure(variable) if is_compared(variable) => (Change::Changed, Some(variable)),
            What::Figure(_) => continue,
            What::Gone => (Change::RecordGone, None),
            What::Come => (Change::RecordCame, None),
        };
        let row = variable.and_then(|variable| form.variables[variable].row);
        let record = row.map_or(gap.record, |row| form.rows[row].id.clone());
        found.push(Correction {
            change,
            record: Some(record),
            variable: variable.map(|variable| Variable {
                id: form.variables[variable].id.clone(),
                label: form.variable_label(variable),
                numbers: form.variable_numbers(variable),
            }),
            accepted: gap.first,
            now: gap.second,
            number: gap.number,
            ..bare.clone()
        });
    }
    found
}

/// Whether a variable comes back from the files of figures: words do not, where others of their
/// column are numbers.
fn is_kept(form: &Form, variable: usize) -> bool {
    let own = &form.variables[variable];
    let mut same = form.variables.iter().filter(|one| one.column == own.column);
    own.is_number() || !same.any(crate::rulebook::form::Variable::is_number)
}

/// What the file's own readers are told: that it comes too late to change what was accepted.
fn noted(form: &str, file: &str, name: &str, count: usize) -> ReadingNote {
    ReadingNote {
        file: file.to_owned(),
        sheet: String::new(),
        what: both!(
            "{name} {form}：本月已封库，与已验收的有 {count} 处不同，列为更正；已验收的数不变",
            "{name} {form}: the month is closed; {count} places differ from what was accepted and are listed as corrections; the accepted figures stand"
        ),
        first: None,
        count: count as u64,
    }
}

/// That a month was closed by other rules than it is looked at with now.
fn by_other_rules(month: &Month, closing: &Closing, sources: &Sources) -> Option<ReadingNote> {
    let names = other_rules(closing, sources);
    (!names.is_empty()).then(|| ReadingNote {
        file: month.name(FILE),
        sheet: String::new(),
        what: told_of_rules(&names),
        first: None,
        count: names.len() as u64,
    })
}

/// The sentence that says so.
pub fn told_of_rules(names: &[String]) -> Text {
    let names: Vec<Text> = names.iter().map(Text::same).collect();
    let Text { zh, en } = some_of(&names);
    both!(
        "封库时用的规则与现在的不同：{zh}",
        "the month was closed by other rules than those of now: {en}"
    )
}

/// Which columns only the accepted figures or only the rules of now know, a line a form.
fn not_compared(judged: &Judged<'_>, month: &Month) -> Vec<ReadingNote> {
    let forms = judged.other_rules.columns.iter();
    let notes = forms.map(|form| ReadingNote {
        file: month.name(FILE),
        sheet: String::new(),
        what: form.not_compared(),
        first: None,
        count: form.count() as u64,
    });
    notes.collect()
}

/// The corrections that `revisions.csv` can take over, as its lines; none where there are none.
fn for_revisions(
    judged: &Judged<'_>,
) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>> {
    // Excel takes a text for Chinese only with this mark.
    let mut lines = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    lines.write_record(revisions::HEADS.iter().chain(&["accepted", "arrived"]))?;
    let mut any = false;
    for correction in &judged.corrections {
        let forms = &judged.rulebook.forms;
        let form = forms.iter().find(|form| form.id == correction.form);
        let (Some(form), Some(named), Some(number)) =
            (form, &correction.variable, correction.number)
        else {
            continue;
        };
        let Some(variable) = form.variables.iter().find(|one| one.id == named.id) else {
            continue;
        };
        let record = correction.key(forms);
        // A district's own words are never to be computed by whoever opens the file.
        if record.is_some_and(|key| key.starts_with(['=', '+', '-', '@', '\t', '\r'])) {
            continue;
        }
        any = true;
        lines.write_record([
            judged.period.to_string(),
            form.id.clone(),
            correction.district.code.clone(),
            record.unwrap_or_default().to_owned(),
            named.id.clone(),
            // In the unit that people see, as that file has it.
            number::shift(number, -variable.scale()).to_string(),
            correction.accepted.clone(),
            correction.arrived.clone().unwrap_or_default(),
        ])?;
    }
    let written = lines
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(any.then_some(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_of_many_rule_files_are_named() {
        let names: Vec<String> = ["a", "b", "c", "d", "e", "f", "g"].map(String::from).into();
        let told = told_of_rules(&names);
        assert_eq!(
            told.zh,
            "封库时用的规则与现在的不同：a、b、c、d、e 等，另 2 个"
        );
        assert!(told.en.ends_with("a, b, c, d, e and 2 more"), "{}", told.en);
        assert!(told_of_rules(&names[..1]).zh.ends_with("：a"));
    }
}
