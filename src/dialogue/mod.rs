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
mod showings;

pub use recall::DialogueFile;
pub use settle::{FileWritten, Situation};
pub use showings::{Said, Showings, Shown};

use crate::finding::{Answer, Decision, Finding, Opposed, Word};
use crate::intake::returned::{Decided, DecidedOf};
use crate::note::ReadingNote;
use crate::rulebook::Rulebook;
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
    /// What the summaries that were issued had to show.
    pub(crate) showings: Showings,
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
    /// Which run issued it, as it says.
    pub issue: Option<String>,
    /// Whether it is the published one, edited: the last word.
    pub is_published: bool,
    /// What stands in it.
    pub decided: Vec<Decided>,
}

impl Dialogue {
    /// Takes in what staff wrote into summaries that were not read before. A cell that is as it was
    /// issued says nothing, whatever has been decided since; one that was cleared takes back what
    /// stood in it. What the published summary says is the last word; of copies that disagree none
    /// counts until somebody decides.
    pub fn take(&mut self, summaries: &[SummaryRead], rulebook: &Rulebook, now: &str) {
        let new: Vec<&SummaryRead> = summaries
            .iter()
            .filter(|summary| !self.summaries.contains(&summary.sha256))
            .collect();
        let mut spoken: BTreeMap<DecidedOf, Vec<(&SummaryRead, Decision)>> = BTreeMap::new();
        for summary in new {
            self.summaries.insert(summary.sha256.clone());
            let renewed = self.renewed(summary);
            for decided in &summary.decided {
                if !decided.unknown.is_empty() {
                    self.note_unknown(summary, decided, rulebook);
                }
                let is_others = matches!(&decided.of, DecidedOf::Form(code, _)
                    if renewed.contains(code.as_str()) && !self.has_new_word(summary, decided));
                if is_others && decided.word.is_some() {
                    continue;
                }
                let Some(said) = self.news(summary, decided) else {
                    continue;
                };
                if self.is_about_another(summary, &decided.of, said.word) {
                    self.note_former(summary, decided, rulebook);
                    continue;
                }
                let Said { word, by, remark } = said;
                let decision = Decision {
                    word,
                    by,
                    remark,
                    seen: now.to_owned(),
                    opposed: Vec::new(),
                };
                let spoken = spoken.entry(decided.of.clone()).or_default();
                spoken.push((summary, decision));
            }
        }
        for (of, mut said) in spoken {
            // Whoever decides says more than whoever only leaves a remark.
            if said.iter().any(|(_, one)| one.word != Word::Noted) {
                said.retain(|(_, one)| one.word != Word::Noted);
            }
            if let Some(kept) = self.one(self.decisions.get(&of), &said, &of) {
                self.decisions.insert(of, kept);
            }
        }
    }

    /// The units with a new word on the board: the name and the remark of their line are those of
    /// that word, and change nothing of the others.
    fn renewed<'s>(&self, summary: &'s SummaryRead) -> BTreeSet<&'s str> {
        let decided = summary.decided.iter();
        let renewed = decided.filter(|decided| self.has_new_word(summary, decided));
        let codes = renewed.filter_map(|decided| match &decided.of {
            DecidedOf::Form(code, _) => Some(code.as_str()),
            DecidedOf::Finding(_) => None,
        });
        codes.collect()
    }

    /// Whether another word stands there than was issued.
    fn has_new_word(&self, summary: &SummaryRead, decided: &Decided) -> bool {
        let shown = self
            .showings
            .shown(summary.issue.as_deref(), &decided.of.key());
        let printed = shown.and_then(|shown| shown.said.as_ref());
        let is_word = decided.word.is_some_and(|word| word != Word::Noted);
        is_word && decided.word != printed.map(|said| said.word)
    }

    /// What cells say that they did not say when their summary was issued, nor when this file was
    /// read before. Cleared ones say nothing more, and what they said is taken back where it still
    /// counts.
    fn news(&mut self, summary: &SummaryRead, decided: &Decided) -> Option<Said> {
        let (of, key) = (&decided.of, decided.of.key());
        let issue = summary.issue.as_deref();
        let shown = self.showings.shown(issue, &key);
        let printed = shown.and_then(|shown| shown.said.clone());
        let said = decided.word.map(|word| Said {
            word,
            by: decided.by.clone(),
            remark: decided.remark.clone(),
        });
        let known = self.decisions.get(of);
        let counts = |kept: &Kept| {
            let own = Said::of(&kept.decision);
            kept.decision.opposed.is_empty() && printed.as_ref() == Some(&own)
        };
        let is_as_printed = known.is_some_and(counts);
        // A remark alone takes back the word that it stood with, and no other.
        let is_decided = known.is_some_and(|kept| kept.decision.word != Word::Noted);
        let is_cleared = said.is_none() && decided.unknown.is_empty() && is_as_printed;
        if is_cleared {
            self.decisions.remove(of);
        }
        let said = said
            .filter(|said| printed.is_none_or(|own| !own.is_said_by(said, of)))
            .filter(|said| said.word != Word::Noted || is_as_printed || !is_decided);
        let source = (issue.unwrap_or_default(), summary.name.as_str());
        let is_new = self.showings.hear(source, &key, said.as_ref());
        said.filter(|_| is_new)
    }

    /// Whether somebody decided of another figure, explanation or file than there is now: of what
    /// has come since they know nothing.
    fn is_about_another(&self, summary: &SummaryRead, of: &DecidedOf, word: Word) -> bool {
        if word == Word::Noted || self.last_now.is_none() {
            return false;
        }
        let (basis, answer) = self.about_now(of);
        if matches!(of, DecidedOf::Form(..)) && basis.is_empty() {
            return true;
        }
        let issue = summary.issue.as_deref();
        if !issue.is_some_and(|issue| self.showings.has(issue)) {
            return false;
        }
        let Some(then) = self.showings.shown(issue, &of.key()) else {
            return matches!(of, DecidedOf::Form(..));
        };
        match word {
            Word::Waive | Word::UseFirst | Word::UseSecond | Word::Take | Word::Return => {
                then.basis != basis
            }
            Word::Accept | Word::SendBack => then.basis != basis || then.answer != answer,
            Word::Release | Word::Hold | Word::Noted => false,
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
        let (basis, answer) = self.about_now(of);
        let is_same = |kept: &&Kept| {
            kept.basis.is_empty() || (&kept.basis, &kept.answer) == (&basis, &answer)
        };
        let is_known = |decision: &Decision| {
            // What was said of another figure, answer or file is to be said again of this one.
            let known = known.filter(is_same).map(|kept| Said::of(&kept.decision));
            known.is_some_and(|known| known.is_said_by(&Said::of(decision), of))
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
        let earlier = known.filter(is_same).filter(|_| published.is_none());
        let earlier = earlier.map(|kept| &kept.decision);
        for other in others.chain(earlier) {
            let is_word = other.word != Word::Noted && decision.word != Word::Noted;
            if is_word
                && other.word != decision.word
                && (other.by != decision.by || other.by.is_empty())
            {
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
            DecidedOf::Form(..) => {
                let file = self.in_force.get(&of.key());
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
        self.showings.is_empty() || mark.is_some_and(|mark| self.showings.has(mark))
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

    /// Something that was written into a summary and was not used.
    fn note_not_used(&mut self, summary: &SummaryRead, what: Text) {
        self.notes.push(ReadingNote {
            file: summary.name.clone(),
            sheet: String::new(),
            what,
            first: None,
            count: 1,
        });
    }

    fn note_former(&mut self, summary: &SummaryRead, decided: &Decided, rulebook: &Rulebook) {
        let Text { zh: at, en: there } = self.named(&decided.of, rulebook);
        let word = decided.word.map(Word::words).unwrap_or_default();
        let (zh, en) = (word.zh, word.en);
        let is_here = self.in_force.contains_key(&decided.of.key());
        let is_form = matches!(decided.of, DecidedOf::Form(..));
        let what = if is_form && !is_here {
            Text::new(
                format!("{at} 当时还没有报来，“{zh}”没有采用；报来后再定"),
                format!("{there} had not come then: `{en}` was not used, decide once it is here"),
            )
        } else {
            Text::new(
                format!("{at} 在那份汇总表发布以后又变了，“{zh}”没有采用；请看现在的再定"),
                format!(
                    "{there} has changed since that summary was issued: `{en}` was not used, look at what stands there now"
                ),
            )
        };
        self.note_not_used(summary, what);
    }

    fn note_unknown(&mut self, summary: &SummaryRead, decided: &Decided, rulebook: &Rulebook) {
        let Text { zh, en } = self.named(&decided.of, rulebook);
        let found = &decided.unknown;
        let what = both!(
            "{zh} 的处理写的是“{found}”，不是下拉列表里的词，没有采用；留在备注里",
            "{en}: `{found}` is no word of the list and was not used; it is kept as a remark"
        );
        self.note_not_used(summary, what);
    }

    /// What was decided on, as people call it.
    fn named(&self, of: &DecidedOf, rulebook: &Rulebook) -> Text {
        match of {
            DecidedOf::Finding(id) => {
                let place = self.last.get(id).map(|finding| {
                    let (name, form) = (&finding.district.name, finding.form.as_deref());
                    format!("{name} {}", form.unwrap_or_default())
                });
                let place = place.unwrap_or_default();
                let place = place.trim();
                both!("问题 {id}（{place}）", "finding {id} ({place})")
            }
            DecidedOf::Form(code, form) => {
                let mut districts = rulebook.register.districts.iter();
                let district = districts.find(|district| district.code == *code);
                let name = district.map_or(code, |district| &district.name);
                Text::same(format!("{name} {form}"))
            }
        }
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

/// Why a decision on a finding has no effect, where it has none.
pub fn void(decision: &Decision, finding: &Finding) -> Option<Text> {
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
    if decision.word == Word::Noted {
        return Some(Text::new(
            "只写了处理人或备注，没有选“处理”",
            "a name or remark alone: nothing was decided",
        ));
    }
    if decision.word == Word::Accept && finding.state.is_open() {
        return Some(Text::new(
            "没有成立的说明可以认可；按原数通过的请选“放行”",
            "there is no explanation to accept; waive it if the figure shall stand",
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
