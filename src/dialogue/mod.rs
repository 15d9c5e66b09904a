//! 往来: what districts answer to findings, what staff decide, and what has become of both.
//!
//! Nobody explains a number twice. An explanation is about a finding's *basis*: the rule as it
//! reads and the district's own figures that it read. It is carried over every run and every
//! return until one of these changes; then the question is asked again with the old text beside
//! it. What staff decide is about the same basis, and a waiver does not cover another figure.
//!
//! Everything can be found again in the returned workbooks and in edited summaries. What a run
//! has found out is also written down in `dialogue.json` ([`recall`]), which says as well what
//! this run is compared with: the last one whose inputs differed.
//!
//! ```text
//! returned workbooks ─┐
//! dialogue.json ──────┼─► Dialogue ─► settle: findings with their states ─► reports
//! edited summaries ───┘
//! ```

mod candidates;
mod phrases;
pub mod recall;
mod settle;

pub use recall::DialogueFile;
pub use settle::{FileWritten, Situation};

use crate::finding::{Answer, Decision, Finding, Opposed, Word};
use crate::intake::returned::{Decided, DecidedOf};
use crate::report::ReadingNote;
use crate::words::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where a proposed explanation comes from, as it is told.
pub mod origin {
    /// What was explained when the form was asked for the last time.
    pub const EARLIER: (&str, &str) = ("上期说明", "explained last time");
    /// The column 备注.
    pub const REMARK: (&str, &str) = ("备注", "remark");
    /// A comment at the cell.
    pub const COMMENT: (&str, &str) = ("批注", "comment");
    /// A line 注： under the table.
    pub const NOTE: (&str, &str) = ("表下的注", "note under the table");
    /// Another copy of the report that came back.
    pub const OTHER: (&str, &str) = ("另一份返回件的说明", "from another returned file");
    /// The district's own answer to figures that have changed since.
    pub const FORMER: (&str, &str) = ("原说明", "explained before");
    /// All of them.
    pub const ALL: [(&str, &str); 6] = [EARLIER, REMARK, COMMENT, NOTE, OTHER, FORMER];
}

/// What has been said so far, and what this run is compared with.
#[derive(Debug, Clone, Default)]
pub struct Dialogue {
    /// The findings of the last run as they stood, by id.
    pub(crate) last: BTreeMap<String, Finding>,
    /// What the last run was compared with, and its inputs.
    pub(crate) last_compared: Option<Compared>,
    /// When the last run was.
    pub(crate) last_now: Option<String>,
    /// What staff decided, this run's decisions included.
    pub(crate) decisions: BTreeMap<DecidedOf, Kept>,
    /// Answers that held when the form was asked for the last time: by what they are about,
    /// whatever the period.
    pub(crate) earlier: BTreeMap<About, Answer>,
    /// The summaries that were read already, by their hashes: what was decided since stands.
    pub(crate) summaries: BTreeSet<String>,
    /// The marks of the summaries that were issued.
    pub(crate) issued: BTreeSet<String>,
    /// By district and form: the hash of the file that was in force in the last run.
    pub(crate) in_force: BTreeMap<String, String>,
    /// A hash of everything that this run is made of.
    pub(crate) inputs: String,
    /// What is to be said of summaries that were read.
    pub(crate) notes: Vec<ReadingNote>,
}

/// What a run was compared with.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Compared {
    /// A hash of the inputs of the run that was compared.
    pub inputs: String,
    /// When the run was that it was compared with; none for a first run.
    pub with: Option<String>,
    /// The findings of that run.
    pub before: BTreeMap<String, Before>,
    /// Those of them that were no more.
    pub mended: Vec<Finding>,
    /// Every finding of the period that was there once and is no more.
    pub once: Vec<Finding>,
}

/// A finding of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Before {
    /// Its basis.
    pub basis: String,
    /// Whether it was answered, accepted or waived.
    pub answered: bool,
}

/// What a finding is about, whatever its period: rule, district, record, variable.
pub type About = (String, String, String, String);

/// So much of an answer is shown beside a finding, on one line.
const SHOWN: usize = 300;

/// An answer as it is shown beside a finding.
pub(crate) fn as_shown(text: &str) -> String {
    let words: String = text.chars().take(SHOWN).collect();
    words.replace('\n', " ").trim().to_owned()
}

/// What a finding is about, whatever its period.
pub(crate) fn about(finding: &Finding) -> About {
    let variable = finding.variable.as_ref().map(|v| v.id.clone());
    (
        finding.rule.clone(),
        finding.district.code.clone(),
        finding.record.clone().unwrap_or_default(),
        variable.unwrap_or_default(),
    )
}

/// A decision with what it was about when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Kept {
    /// The decision.
    pub decision: Decision,
    /// The basis of the finding, or the hash of the form's file; empty until a run knows it.
    pub basis: String,
    /// The explanation that was decided on, as a hash.
    pub answer: String,
}

/// A summary that was read.
#[derive(Debug, Clone)]
pub struct SummaryRead {
    /// Its name in reports.
    pub name: String,
    /// The hash of its bytes.
    pub sha256: String,
    /// Whether it is the published one, edited: the last word.
    pub is_published: bool,
    /// What stands in it.
    pub decided: Vec<Decided>,
}

impl Dialogue {
    /// Takes in what staff wrote into summaries that were not read before. What the published one
    /// says is the last word; of copies that disagree none counts until somebody decides.
    pub fn take(&mut self, summaries: &[SummaryRead], now: &str) {
        let new: Vec<&SummaryRead> = summaries
            .iter()
            .filter(|summary| !self.summaries.contains(&summary.sha256))
            .collect();
        let mut spoken: BTreeMap<DecidedOf, Vec<(&SummaryRead, Decision)>> = BTreeMap::new();
        for summary in new {
            self.summaries.insert(summary.sha256.clone());
            for decided in &summary.decided {
                if !decided.unknown.is_empty() && matches!(decided.of, DecidedOf::Finding(_)) {
                    self.note_unknown(summary, decided);
                }
                let Some(word) = decided.word else {
                    // Blank where a word was put in: taken back.
                    let known = self.decisions.get(&decided.of);
                    let was_there = known.is_some_and(|kept| kept.decision.opposed.is_empty());
                    if summary.is_published && decided.unknown.is_empty() && was_there {
                        self.decisions.remove(&decided.of);
                    }
                    continue;
                };
                let decision = Decision {
                    word,
                    by: decided.by.clone(),
                    remark: decided.remark.clone(),
                    seen: now.to_owned(),
                    opposed: Vec::new(),
                };
                let spoken = spoken.entry(decided.of.clone()).or_default();
                spoken.push((summary, decision));
            }
        }
        for (of, said) in spoken {
            if let Some(kept) = self.one(self.decisions.get(&of), &said, &of) {
                self.decisions.insert(of, kept);
            }
        }
    }

    /// What is decided where this was said, and that was known; none where it is no news.
    fn one(
        &self,
        known: Option<&Kept>,
        said: &[(&SummaryRead, Decision)],
        of: &DecidedOf,
    ) -> Option<Kept> {
        let is_opposed = known.is_some_and(|kept| !kept.decision.opposed.is_empty());
        // The board has one name and one remark for all forms of a unit, joined.
        let is_form = matches!(of, DecidedOf::Form(..));
        let among = |own: &str, shown: &str| {
            let mut parts = shown.split(['；', ';']).map(str::trim);
            own == shown || is_form && (own.is_empty() || parts.any(|part| part == own))
        };
        let is_known = |decision: &Decision| {
            known.is_some_and(|kept| {
                let kept = &kept.decision;
                kept.word == decision.word
                    && among(&kept.by, &decision.by)
                    && among(&kept.remark, &decision.remark)
            })
        };
        let news: Vec<&(&SummaryRead, Decision)> = said
            .iter()
            // The published one settles what others disagree on, whichever word it takes.
            .filter(|(summary, decision)| !is_known(decision) || summary.is_published && is_opposed)
            .collect();
        let published = news.iter().find(|(summary, _)| summary.is_published);
        let (_, decision) = published.or(news.first())?;
        let mut decision = decision.clone();
        let others = news.iter().map(|(_, other)| other);
        // What was decided of another figure or answer is no contradiction.
        let (basis, answer) = self.about_now(of);
        let is_same = |kept: &&Kept| {
            kept.basis.is_empty() || (&kept.basis, &kept.answer) == (&basis, &answer)
        };
        let earlier = known.filter(is_same).filter(|_| published.is_none());
        let earlier = earlier.map(|kept| &kept.decision);
        for other in others.chain(earlier) {
            if other.word != decision.word && (other.by != decision.by || other.by.is_empty()) {
                let opposed = Opposed {
                    word: other.word,
                    by: other.by.clone(),
                };
                if !decision.opposed.contains(&opposed) {
                    decision.opposed.push(opposed);
                }
            }
        }
        Some(Kept {
            decision,
            basis,
            answer,
        })
    }

    /// The basis and the answer, or the file, that the last run left.
    fn about_now(&self, of: &DecidedOf) -> (String, String) {
        match of {
            DecidedOf::Finding(id) => self.last.get(id).map_or_else(Default::default, |finding| {
                (
                    finding.basis.clone(),
                    settle::answer_hash(finding.answer.as_ref()),
                )
            }),
            DecidedOf::Form(district, form) => {
                let file = self.in_force.get(&format!("{district} {form}"));
                (file.cloned().unwrap_or_default(), String::new())
            }
        }
    }

    /// The mark of the summary that this run issues: other inputs, another mark.
    pub fn issue(&self) -> &str {
        self.inputs.get(..16).unwrap_or_default()
    }

    /// Whether a run of this period issued a summary with this mark. Where nothing is known of
    /// earlier runs, none can be told from another.
    pub fn has_issued(&self, mark: Option<&str>) -> bool {
        self.issued.is_empty() || mark.is_some_and(|mark| self.issued.contains(mark))
    }

    /// A workbook that calls itself a summary and was never issued.
    pub fn note_foreign(&mut self, name: &str) {
        self.notes.push(ReadingNote {
            file: name.to_owned(),
            sheet: String::new(),
            what: Text::new(
                "自称汇总表，但不是本任务发布的，里面的处理意见没有采用",
                "it calls itself a summary and was never issued: what was decided in it does not count",
            ),
            first: None,
            count: 1,
        });
    }

    /// A summary that staff have edited and that can't be read: nothing in it counts, and they hear
    /// of it.
    pub fn note_unreadable(&mut self, name: &str, why: &Text) {
        let (zh, en) = (&why.zh, &why.en);
        self.notes.push(ReadingNote {
            file: name.to_owned(),
            sheet: String::new(),
            what: Text::new(
                format!("改过的汇总表读不出来，里面的处理意见没有用上：{zh}"),
                format!("the edited summary can't be read, and what was decided in it does not count: {en}"),
            ),
            first: None,
            count: 1,
        });
    }

    fn note_unknown(&mut self, summary: &SummaryRead, decided: &Decided) {
        let DecidedOf::Finding(id) = &decided.of else {
            return;
        };
        let found = &decided.unknown;
        self.notes.push(ReadingNote {
            file: summary.name.clone(),
            sheet: String::new(),
            what: both!(
                "“处理”栏里的“{found}”（问题 {id}）不是下拉列表里的词，没有采用",
                "`{found}` in the column `Decision` (finding {id}) is no word of the list and was not used"
            ),
            first: None,
            count: 1,
        });
    }

    /// The word on a finding, where one counts.
    pub fn word_on(&self, finding: &str) -> Option<Word> {
        let kept = self
            .decisions
            .get(&DecidedOf::Finding(finding.to_owned()))?;
        kept.decision
            .opposed
            .is_empty()
            .then_some(kept.decision.word)
    }

    /// The word on a question that is asked the same way again.
    pub fn word_on_asked(&self, asked: &Finding) -> Option<Word> {
        let kept = self.decisions.get(&DecidedOf::Finding(asked.id.clone()))?;
        let is_same = kept.basis.is_empty() || kept.basis == asked.basis_of_words();
        self.word_on(&asked.id).filter(|_| is_same)
    }

    /// A summary of another period: nothing in it counts here.
    pub fn note_other_period(&mut self, name: &str, of: &str) {
        self.notes.push(ReadingNote {
            file: name.to_owned(),
            sheet: String::new(),
            what: both!(
                "这是 {of} 的汇总表，里面的处理意见不用于本期",
                "this is the summary of {of}: what was decided in it does not count here"
            ),
            first: None,
            count: 1,
        });
    }
}

/// Why a decision has no effect, where it has none.
pub fn void(decision: &Decision) -> Option<Text> {
    if let Some(other) = decision.opposed.first() {
        let (word, by) = (other.word.words(), &other.by);
        let (zh, en) = (word.zh, word.en);
        return Some(Text::new(
            format!("与另一份汇总表不一致（{by} {zh}），暂不生效；请在发布的汇总表里定一个"),
            format!(
                "another summary says otherwise ({en}, {by}); neither counts until the published summary says one"
            ),
        ));
    }
    let lacks_reason = decision.by.trim().is_empty() || decision.remark.trim().is_empty();
    (decision.word == Word::Waive && lacks_reason).then(|| {
        Text::new(
            "放行要写处理人和备注（理由），补齐后生效",
            "a waiver needs a name and a reason; fill in both",
        )
    })
}
