//! How far each finding has been dealt with: answers and decisions held against it.

use super::candidates::Candidate;
use super::{Before, Compared, Dialogue, about, origin, phrases, void};
use crate::finding::{Answer, Finding, Proposal, Since, State, Word};
use crate::intake::returned::{DecidedOf, Key, Noted, Returned};
use crate::note::ReadingNote;
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
        notes.extend(self.forget_unknown(findings));
        let candidates = self.candidates(findings, of, &mut notes);
        for finding in findings.iter_mut() {
            if matches!(finding.state, State::Held | State::Settled) {
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

    /// Decisions on findings that no run of this period knows of are let go, and told.
    fn forget_unknown(&mut self, findings: &[Finding]) -> Option<ReadingNote> {
        let mut known: BTreeSet<&str> = findings.iter().map(|f| f.id.as_str()).collect();
        known.extend(self.last.keys().map(String::as_str));
        let once = self
            .last_compared
            .iter()
            .flat_map(|compared| &compared.once);
        known.extend(once.map(|finding| finding.id.as_str()));
        let mut gone: Vec<String> = Vec::new();
        self.decisions.retain(|of, _| match of {
            DecidedOf::Finding(id) if !known.contains(id.as_str()) => {
                gone.push(id.clone());
                false
            }
            _ => true,
        });
        let count = gone.len() as u64;
        let ids = gone[..gone.len().min(5)].join(" ");
        (count > 0).then(|| ReadingNote {
            file: String::new(),
            sheet: String::new(),
            what: both!(
                "处理意见没有用上，这些问题本期没有：{ids}",
                "decisions were not used, as there are no such findings in this period: {ids}"
            ),
            first: None,
            count,
        })
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
        let listed = &of.rulebook.job.answers.empty;
        let rank = |one: &Candidate| {
            let holds = one.answer.basis == finding.basis;
            let is_empty = phrases::why_empty(&one.answer.text, listed).is_some();
            (
                holds,
                !is_empty,
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
        let says_more = |one: &&&Candidate| {
            differs(one) && phrases::why_empty(&one.answer.text, listed).is_none()
        };
        if let Some(other) = all.iter().rev().find(says_more) {
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
        let is_former = match kept.decision.word {
            Word::Waive => !is_same,
            Word::Accept => !is_same || !is_same_answer,
            Word::SendBack => !is_same_answer,
            Word::UseFirst | Word::UseSecond => !is_same && finding.state != State::Settled,
            _ => false,
        };
        // The figure or the answer is another one now: this was about the former.
        if is_former {
            return;
        }
        finding.decision = Some(kept.decision.clone());
        if void(&kept.decision, finding).is_some() {
            return;
        }
        let is_guard = matches!(finding.state, State::Held | State::Settled);
        match kept.decision.word {
            Word::Waive => finding.state = State::Waived,
            Word::Accept if finding.state == State::Explained => {
                finding.state = State::Accepted;
                finding.audience = Audience::District;
            }
            Word::SendBack if !is_guard => {
                finding.state = State::SentBack;
                // Whoever is asked for more must see the question.
                finding.audience = Audience::District;
            }
            Word::Release if !is_guard => finding.audience = Audience::District,
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
                answered: matches!(
                    finding.state,
                    State::Explained | State::Accepted | State::Waived
                ),
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

fn words((zh, en): (&str, &str)) -> Text {
    Text::new(zh, en)
}
