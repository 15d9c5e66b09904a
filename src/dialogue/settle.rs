//! How far each finding has been dealt with: answers and decisions held against it.

use super::{Before, Compared, Dialogue, about, origin, phrases, void};
use crate::finding::{Answer, Finding, Proposal, Since, State, Word};
use crate::intake::returned::{DecidedOf, Key, Noted, Returned, TAKE_KNOWN};
use crate::report::ReadingNote;
use crate::rulebook::Rulebook;
use crate::rulebook::written::{Audience, Severity};
use crate::spelling::fold;
use crate::words::Text;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in a file beside its figures.
#[derive(Debug, Clone)]
pub struct FileWritten<'a> {
    /// Its name in reports.
    pub name: &'a str,
    /// When it arrived.
    pub arrived: String,
    /// The period that it says it is of, in a property of ours.
    pub period: Option<&'a str>,
    /// The district that it says it is of, likewise.
    pub district: Option<&'a str>,
    /// The answers in it.
    pub answers: &'a [Returned],
    /// Whether a findings sheet is there whose column of answers is gone.
    pub is_torn: bool,
    /// Comments and notes.
    pub noted: &'a [Noted],
}

/// What a run knows around its findings.
pub struct Situation<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// The period, as it is written.
    pub period: String,
    /// What was written into the files.
    pub files: Vec<FileWritten<'a>>,
    /// By district's code and form: the file in force.
    pub in_force: BTreeMap<(String, String), String>,
    /// What stands in the column 备注 of a finding's row.
    pub remark: &'a dyn Fn(&Finding) -> Option<String>,
}

/// An answer that may be one to a finding.
#[derive(Debug, Clone)]
struct Candidate {
    answer: Answer,
    /// Whether it was typed since the report was issued.
    is_new: bool,
    /// Whether it was written for this finding alone, and not for all of its rule.
    is_own: bool,
}

/// A hash of what was answered, to tell whether a decision is about it.
pub(super) fn answer_hash(answer: Option<&Answer>) -> String {
    answer.map_or_else(String::new, |answer| {
        Key::of_answer(&answer.reason, &answer.text)
    })
}

impl Dialogue {
    /// Gives every finding its state, its answer, and what it is to the last run. What is to be
    /// said of answers that could not be used comes back.
    pub fn settle(&mut self, findings: &mut [Finding], of: &Situation<'_>) -> Vec<ReadingNote> {
        let mut notes = std::mem::take(&mut self.notes);
        let candidates = self.candidates(findings, of, &mut notes);
        for finding in findings.iter_mut() {
            if finding.state == State::Held {
                self.decide(finding);
                continue;
            }
            let own = candidates.get(finding.id.as_str());
            self.answer(finding, own.map_or(&[][..], Vec::as_slice), of, &mut notes);
            self.decide(finding);
            if finding.state.is_open() && finding.severity == Severity::Query {
                finding.proposals = self.proposals(finding, of);
            }
        }
        notes
    }

    /// Every answer in every file, by the finding that it is an answer to.
    fn candidates(
        &self,
        findings: &[Finding],
        of: &Situation<'_>,
        notes: &mut Vec<ReadingNote>,
    ) -> BTreeMap<String, Vec<Candidate>> {
        let known: BTreeMap<&str, &Finding> = findings
            .iter()
            .map(|finding| (finding.id.as_str(), finding))
            .collect();
        let mut found: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for file in &of.files {
            let other = file.period.filter(|period| *period != of.period);
            if let Some(other) = other.filter(|_| file.answers.iter().any(is_answer)) {
                notes.push(note(
                    file,
                    "",
                    both!(
                        "这是 {other} 的反馈，里面的情况说明不用于本期",
                        "this is a report of {other}: the explanations in it are not used here"
                    ),
                ));
                continue;
            }
            if file.answers.is_empty() && file.is_torn {
                notes.push(note(file, "", Text::new(
                    "问题清单里的“情况说明”栏不见了，没有读到说明",
                    "the column `Explanation` of the findings sheet is gone: no explanation was read",
                )));
            }
            let keys: BTreeMap<&str, &Key> = file
                .answers
                .iter()
                .filter_map(|one| one.key.as_ref())
                .map(|key| (key.about.as_str(), key))
                .collect();
            for one in file.answers.iter().filter(|one| is_answer(one)) {
                let key = key_of(one, &keys);
                let about = key.map_or(one.id.as_str(), |key| key.about.as_str());
                let was_edited = !one.id.is_empty() && about.len() == 8 && one.id != about;
                if was_edited {
                    let now = &one.id;
                    notes.push(note(
                        file,
                        &one.place,
                        both!(
                            "编号被改成了“{now}”，按原编号 {about} 处理",
                            "the id was changed to `{now}`; it is taken for {about}"
                        ),
                    ));
                }
                if let Some(rule) = about.strip_prefix('~') {
                    for finding in Self::of_rule(findings, rule, file, &keys) {
                        let issued = keys.get(finding.id.as_str()).copied();
                        let candidate = self.candidate(one, file, finding, of, (issued, false));
                        found.entry(finding.id.clone()).or_default().push(candidate);
                    }
                    continue;
                }
                let Some(finding) = known.get(about) else {
                    // What has been mended needs no answer; what nobody knows is told.
                    if !self.last.contains_key(about) && key.is_none() {
                        let (id, text) = (&one.id, &one.text);
                        notes.push(note(file, &one.place, both!(
                            "编号“{id}”对不上任何问题，说明没有用上：{text}",
                            "the id `{id}` is no finding's, and the explanation was not used: {text}"
                        )));
                    }
                    continue;
                };
                let candidate = self.candidate(one, file, finding, of, (key, true));
                found.entry(about.to_owned()).or_default().push(candidate);
            }
        }
        found
    }

    /// The findings of a rule that a row for many stands for: those of the file's district.
    fn of_rule<'f>(
        findings: &'f [Finding],
        rule: &str,
        file: &FileWritten<'_>,
        keys: &BTreeMap<&str, &Key>,
    ) -> Vec<&'f Finding> {
        let of_rule = || findings.iter().filter(|finding| finding.rule == rule);
        // The list behind names them one by one; where it is gone, the workbook knows whose it is.
        let listed = of_rule().filter(|finding| keys.contains_key(finding.id.as_str()));
        let mut districts: BTreeSet<&str> = listed
            .map(|finding| finding.district.code.as_str())
            .collect();
        districts.extend(file.district);
        of_rule()
            .filter(|finding| districts.contains(finding.district.code.as_str()))
            .collect()
    }

    fn candidate(
        &self,
        one: &Returned,
        file: &FileWritten<'_>,
        finding: &Finding,
        of: &Situation<'_>,
        (issued, is_own): (Option<&Key>, bool),
    ) -> Candidate {
        let (reason, text) = effective(one);
        let key = issued.filter(|_| is_own);
        let is_new = key.is_none_or(|key| key.answer != Key::of_answer(&one.reason, &one.text));
        let form = (
            finding.district.code.clone(),
            finding.form.clone().unwrap_or_default(),
        );
        let in_force = of.in_force.get(&form).is_some_and(|name| name == file.name);
        // What is typed beside figures is about those figures; what was carried along is about
        // those that the report was issued with.
        let basis = match issued {
            _ if is_new && in_force => finding.basis.clone(),
            Some(issued) => issued.basis.clone(),
            None => match self.last.get(&finding.id) {
                Some(last) => last.basis.clone(),
                None => finding.basis.clone(),
            },
        };
        Candidate {
            answer: Answer {
                reason,
                text,
                file: file.name.to_owned(),
                arrived: file.arrived.clone(),
                basis,
            },
            is_new,
            is_own,
        }
    }

    /// Chooses the answer to a finding, and says whether it holds.
    fn answer(
        &self,
        finding: &mut Finding,
        candidates: &[Candidate],
        of: &Situation<'_>,
        notes: &mut Vec<ReadingNote>,
    ) {
        let last = self
            .last
            .get(&finding.id)
            .and_then(|last| last.answer.clone());
        let last = last.map(|answer| Candidate {
            answer,
            is_new: false,
            is_own: true,
        });
        let mut all: Vec<&Candidate> = last.iter().chain(candidates).collect();
        let rank = |one: &Candidate| {
            let holds = one.answer.basis == finding.basis;
            (
                holds,
                one.is_own,
                one.answer.arrived.clone(),
                one.is_new,
                one.answer.file.clone(),
            )
        };
        all.sort_by_cached_key(|one| rank(one));
        let Some(chosen) = all.pop() else {
            return;
        };
        let answer = chosen.answer.clone();
        let holds = answer.basis == finding.basis;
        let differs = |other: &&&Candidate| {
            other.is_new
                && other.answer.basis == answer.basis
                && other.is_own == chosen.is_own
                && (&other.answer.reason, &other.answer.text) != (&answer.reason, &answer.text)
        };
        if let Some(other) = all.iter().rev().find(differs) {
            let (id, one, two) = (&finding.id, &answer.text, &other.answer.text);
            let (file, of_other) = (&answer.file, &other.answer.file);
            notes.push(ReadingNote {
                file: answer.file.clone(),
                sheet: String::new(),
                what: both!(
                    "对问题 {id} 收到两种说明，采用“{file}”里的“{one}”；“{of_other}”里写的是“{two}”",
                    "two explanations of finding {id} came: `{one}` in `{file}` is used, `{of_other}` says `{two}`"
                ),
                first: None,
                count: 1,
            });
            finding.proposals.push(Proposal {
                from: words(origin::OTHER),
                text: other.answer.text.clone(),
            });
        }
        let listed = &of.rulebook.job.answers.empty;
        if finding.severity == Severity::Error {
            let office = &of.rulebook.job.office;
            finding.refused = Some(both!(
                "“必改”要改数，写说明不能代替；确实无误的，请联系{office}放行",
                "an error must be mended and can't be explained; if the figure is right, ask {office} for a waiver"
            ));
        } else if let Some(why) = phrases::why_empty(&answer.text, listed) {
            finding.refused = Some(why);
        } else if holds {
            finding.state = State::Explained;
        } else {
            finding.refused = Some(Text::new(
                "数字或规则已变，原说明不再适用，请重新说明",
                "the figures or the rule have changed since: please explain again",
            ));
        }
        finding.answer = Some(answer);
    }

    /// What staff decided of a finding.
    fn decide(&mut self, finding: &mut Finding) {
        let Some(kept) = self
            .decisions
            .get_mut(&DecidedOf::Finding(finding.id.clone()))
        else {
            return;
        };
        if kept.basis.is_empty() {
            kept.basis.clone_from(&finding.basis);
            kept.answer = answer_hash(finding.answer.as_ref());
        }
        let is_same = kept.basis == finding.basis;
        let is_same_answer = kept.answer == answer_hash(finding.answer.as_ref());
        finding.decision = Some(kept.decision.clone());
        if void(&kept.decision).is_some() {
            return;
        }
        match kept.decision.word {
            Word::Waive if is_same => finding.state = State::Waived,
            Word::Accept if is_same && finding.state == State::Explained => {
                finding.state = State::Accepted;
            }
            Word::SendBack if is_same_answer && finding.state != State::Held => {
                finding.state = State::SentBack;
            }
            Word::Release if finding.state != State::Held => finding.audience = Audience::District,
            Word::Waive | Word::Accept | Word::SendBack => {
                // The figure or the answer is another one now: this was about the former.
                finding.decision = None;
            }
            _ => {}
        }
    }

    /// What may be the answer already.
    fn proposals(&self, finding: &Finding, of: &Situation<'_>) -> Vec<Proposal> {
        let mut found = std::mem::take(&mut finding.proposals.clone());
        if let Some(earlier) = self.earlier.get(&about(finding)) {
            found.push(Proposal {
                from: words(origin::EARLIER),
                text: earlier.text.clone(),
            });
        }
        if let Some(remark) = (of.remark)(finding) {
            found.push(Proposal {
                from: words(origin::REMARK),
                text: remark,
            });
        }
        let file = of.files.iter().find(|file| file.name == finding.place.file);
        let noted = file.map_or(&[][..], |file| file.noted).iter();
        let on_sheet = noted.filter(|one| Some(&one.sheet) == finding.place.sheet.as_ref());
        found.extend(on_sheet.filter_map(|one| match one.cell {
            Some(cell) => (Some(cell) == finding.place.cell).then(|| Proposal {
                from: words(origin::COMMENT),
                text: one.text.clone(),
            }),
            None => Some(Proposal {
                from: words(origin::NOTE),
                text: one.text.clone(),
            }),
        }));
        let listed = &of.rulebook.job.answers.empty;
        let own = finding.answer.as_ref().map(|answer| fold(&answer.text));
        let mut seen = BTreeSet::new();
        found.retain(|one| {
            let text = fold(&one.text);
            phrases::why_empty(&one.text, listed).is_none()
                && Some(&text) != own.as_ref()
                && seen.insert(text)
        });
        found
    }

    /// What has changed since the last run whose inputs differed: each finding learns what it is
    /// to that run, and those that are no more come back, with when that run was.
    pub fn compare(&self, findings: &mut [Finding]) -> Compared {
        let now: BTreeSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        let same_inputs = self
            .last_compared
            .as_ref()
            .filter(|compared| compared.inputs == self.inputs);
        let compared = match same_inputs {
            Some(compared) => compared.clone(),
            None => self.newly_compared(&now),
        };
        for finding in findings {
            finding.since = match compared.before.get(&finding.id) {
                None => Since::New,
                Some(before)
                    if before.answered
                        && finding.state.is_open()
                        && before.basis != finding.basis =>
                {
                    Since::Reopened
                }
                Some(_) => Since::Still,
            };
        }
        compared
    }
}

impl Dialogue {
    /// The last run, as this one is compared with it.
    fn newly_compared(&self, now: &BTreeSet<String>) -> Compared {
        let before = self.last.values().map(|finding| {
            let before = Before {
                basis: finding.basis.clone(),
                answered: !finding.state.is_open() && finding.state != State::Held,
            };
            (finding.id.clone(), before)
        });
        let is_gone = |finding: &&Finding| !now.contains(&finding.id);
        let mended: Vec<Finding> = self.last.values().filter(is_gone).cloned().collect();
        let once = self
            .last_compared
            .iter()
            .flat_map(|compared| &compared.once);
        let known: BTreeSet<&str> = mended.iter().map(|finding| finding.id.as_str()).collect();
        let once = once
            .filter(is_gone)
            .filter(|one| !known.contains(one.id.as_str()));
        let once: Vec<Finding> = once.chain(&mended).cloned().collect();
        Compared {
            inputs: self.inputs.clone(),
            with: self.last_now.clone(),
            before: before.collect(),
            mended,
            once,
        }
    }
}

/// Whether anything was answered.
fn is_answer(one: &Returned) -> bool {
    let (reason, text) = effective(one);
    !text.is_empty() || !reason.is_empty()
}

/// The key of the finding that a row is about. Where the id that is seen is another finding's of
/// the same sheet, the rows were sorted without their last column, and the id is right.
fn key_of<'k>(one: &'k Returned, keys: &BTreeMap<&str, &'k Key>) -> Option<&'k Key> {
    let for_many = |key: &&Key| key.about.starts_with('~');
    let own = one.key.as_ref();
    let seen = || keys.get(one.id.as_str()).copied();
    own.filter(for_many).or_else(seen).or(own)
}

/// What an answer says: where it takes what is known so far, that.
fn effective(one: &Returned) -> (String, String) {
    let takes = [TAKE_KNOWN.0, TAKE_KNOWN.1].contains(&one.reason.as_str());
    if !takes {
        return (one.reason.clone(), one.text.clone());
    }
    if !one.text.is_empty() {
        return (String::new(), one.text.clone());
    }
    // Each line is `上期说明：…`; the first of these is the one that is meant.
    let said = one.known.lines().find_map(|line| {
        let (from, said) = line.split_once('：').or_else(|| line.split_once(": "))?;
        let is_known = origin::ALL
            .iter()
            .any(|(zh, en)| [*zh, *en].contains(&from.trim()));
        is_known.then(|| said.trim().to_owned())
    });
    (String::new(), said.unwrap_or_default())
}

fn words((zh, en): (&str, &str)) -> Text {
    Text::new(zh, en)
}

fn note(file: &FileWritten<'_>, place: &str, what: Text) -> ReadingNote {
    let (sheet, cell) = place.rsplit_once('!').unwrap_or((place, ""));
    ReadingNote {
        file: file.name.to_owned(),
        sheet: sheet.to_owned(),
        what,
        first: (!cell.is_empty()).then(|| cell.to_owned()),
        count: 1,
    }
}
