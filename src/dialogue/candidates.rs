//! The answers in returned files, each with the finding that it may be an answer to.

use super::settle::{FileWritten, Situation};
use super::{Dialogue, about, as_shown, origin};
use crate::finding::{Answer, Finding};
use crate::intake::returned::{Key, Returned, TAKE_KNOWN};
use crate::note::ReadingNote;
use crate::words::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Unknown ids that a note names one by one.
const NAMED: usize = 5;

/// An answer that may be one to a finding.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub answer: Answer,
    /// Whether it was typed since the report was issued.
    pub is_new: bool,
    /// Whether it was written for this finding alone, and not for all of its rule.
    pub is_own: bool,
}

/// Rows of a file that are told together: how many, the first, and some of their ids.
#[derive(Default)]
struct Told {
    count: u64,
    first: String,
    ids: Vec<String>,
}

impl Told {
    fn add(&mut self, one: &Returned, id: &str) {
        if self.count == 0 {
            self.first.clone_from(&one.place);
        }
        self.count += 1;
        if self.ids.len() < NAMED {
            self.ids.push(id.to_owned());
        }
    }

    /// The note, where there is anything to tell. `words` puts the ids into a sentence.
    fn note(&self, file: &FileWritten<'_>, words: impl Fn(&str) -> Text) -> Option<ReadingNote> {
        let more = if self.ids.len() as u64 == self.count {
            ""
        } else {
            " …"
        };
        let ids = format!("{}{more}", self.ids.join(" "));
        (self.count > 0).then(|| ReadingNote {
            count: self.count,
            ..note(file, &self.first, words(&ids))
        })
    }
}

impl Dialogue {
    /// Every answer in every file, by the finding that it is an answer to.
    pub(super) fn candidates(
        &self,
        findings: &[Finding],
        of: &Situation<'_>,
        notes: &mut Vec<ReadingNote>,
    ) -> BTreeMap<String, Vec<Candidate>> {
        let mut found = BTreeMap::new();
        for file in &of.files {
            let other = file.period.filter(|period| *period != of.period);
            if let Some(other) = other.filter(|_| file.answers.iter().any(is_answer)) {
                let what = both!(
                    "这是 {other} 的反馈，里面的情况说明不用于本期",
                    "this is a report of {other}: the explanations in it are not used here"
                );
                notes.push(note(file, "", what));
                continue;
            }
            if file.answers.is_empty() && file.is_torn {
                let what = Text::new(
                    "问题清单里的“情况说明”栏不见了，没有读到说明",
                    "the column `Explanation` of the findings sheet is gone: no explanation was read",
                );
                notes.push(note(file, "", what));
            }
            self.of_file(file, findings, of, (&mut found, notes));
        }
        found
    }

    /// The answers of one file. A district answers for itself: what is about another's findings,
    /// be that by a slip or on purpose, is left out and told.
    fn of_file(
        &self,
        file: &FileWritten<'_>,
        findings: &[Finding],
        of: &Situation<'_>,
        (found, notes): (&mut BTreeMap<String, Vec<Candidate>>, &mut Vec<ReadingNote>),
    ) {
        let known: BTreeMap<&str, &Finding> = findings
            .iter()
            .map(|finding| (finding.id.as_str(), finding))
            .collect();
        let keys: BTreeMap<&str, &Key> = file
            .answers
            .iter()
            .filter_map(|one| one.key.as_ref())
            .map(|key| (key.about.as_str(), key))
            .collect();
        let answers = || file.answers.iter().filter(|one| is_answer(one));
        let about_of = |one: &'_ Returned| -> String {
            let key = key_of(one, &keys);
            key.map_or_else(|| one.id.clone(), |key| key.about.clone())
        };
        // Where the file does not say whose it is, its findings do, if they are all of one.
        let named = answers().filter_map(|one| known.get(about_of(one).as_str()));
        let named: BTreeSet<&str> = named
            .map(|finding| finding.district.code.as_str())
            .collect();
        let only = named.first().copied().filter(|_| named.len() == 1);
        let district = file.district.or(only);
        let (mut edited, mut unknown, mut foreign) =
            (Told::default(), Told::default(), Told::default());
        let mut nothing = Told::default();
        for one in file
            .answers
            .iter()
            .filter(|one| takes_known(one) && !is_answer(one))
        {
            nothing.add(one, &about_of(one));
        }
        // A row for many is read once a rule, however often it stands there.
        let mut rules: BTreeMap<String, &Returned> = BTreeMap::new();
        for one in answers() {
            let key = key_of(one, &keys);
            let about = about_of(one);
            if !one.id.is_empty() && about.len() == 8 && one.id != about {
                edited.add(one, &one.id);
            }
            if let Some(rule) = about.strip_prefix('~') {
                rules.insert(rule.to_owned(), one);
                continue;
            }
            match known.get(about.as_str()) {
                Some(finding) if Some(finding.district.code.as_str()) == district => {
                    let candidate = self.candidate(one, file, finding, of, (key, true));
                    found.entry(about).or_default().push(candidate);
                }
                Some(_) => foreign.add(one, &about),
                // What has been mended needs no answer; what nobody knows is told.
                None if !self.last.contains_key(&about) && key.is_none() => {
                    unknown.add(one, &about);
                }
                None => {}
            }
        }
        for (rule, one) in rules {
            let of_rule = findings.iter().filter(|finding| finding.rule == rule);
            let own = of_rule.filter(|finding| Some(finding.district.code.as_str()) == district);
            for finding in own {
                let issued = keys.get(finding.id.as_str()).copied();
                let candidate = self.candidate(one, file, finding, of, (issued, false));
                found.entry(finding.id.clone()).or_default().push(candidate);
            }
        }
        notes.extend(edited.note(file, |ids| {
            both!(
                "编号被改过（{ids}），按原编号处理",
                "ids were changed ({ids}); their rows are taken for what they were"
            )
        }));
        notes.extend(nothing.note(file, |ids| {
            both!(
                "选了“采用已有说明”，但没有可以采用的：{ids}；请写明原因",
                "`as known so far` was chosen where nothing is known: {ids}; please say why"
            )
        }));
        notes.extend(unknown.note(file, |ids| {
            both!(
                "说明没有用上，编号对不上任何问题：{ids}",
                "explanations were not used, as their ids are no finding's: {ids}"
            )
        }));
        notes.extend(foreign.note(file, |ids| {
            both!(
                "说明没有用上，这些编号不是本单位的问题：{ids}",
                "explanations were not used, as these ids are not this district's findings: {ids}"
            )
        }));
    }

    /// What is taken over by the mark, whole and with its class: a cell shows its beginning only.
    fn adopted(&self, one: &Returned, finding: &Finding) -> Option<(String, String)> {
        if !takes_known(one) || !one.text.is_empty() {
            return None;
        }
        let (_, shown) = effective(one);
        let last = self.last.get(&finding.id);
        let answers = last.and_then(|last| last.answer.as_ref());
        let answers = answers.into_iter().chain(self.earlier.get(&about(finding)));
        let proposals = last.into_iter().flat_map(|last| &last.proposals);
        let known = answers
            .map(|answer| (answer.reason.as_str(), answer.text.as_str()))
            .chain(proposals.map(|proposal| ("", proposal.text.as_str())));
        let mut same = known.filter(|(_, text)| as_shown(text) == shown && !shown.is_empty());
        let (reason, text) = same.next()?;
        Some((reason.to_owned(), text.to_owned()))
    }

    /// An answer as one to this finding. `issued` is the key that the finding's own row was issued
    /// with.
    fn candidate(
        &self,
        one: &Returned,
        file: &FileWritten<'_>,
        finding: &Finding,
        of: &Situation<'_>,
        (issued, is_own): (Option<&Key>, bool),
    ) -> Candidate {
        let (reason, text) = effective(one);
        let (reason, text) = self.adopted(one, finding).unwrap_or((reason, text));
        // A row for many has a key of its own, which says whether somebody has written in it.
        let key = if is_own { issued } else { one.key.as_ref() };
        let last = self.last.get(&finding.id);
        // Without its key a row still repeats what was said of the figures of then.
        let said = last.and_then(|last| last.answer.as_ref());
        let repeated =
            said.filter(|said| key.is_none() && (&said.reason, &said.text) == (&reason, &text));
        let is_new = repeated.is_none()
            && key.is_none_or(|key| key.answer != Key::of_answer(&one.reason, &one.text));
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
            None => match (repeated, last) {
                (Some(said), _) => said.basis.clone(),
                // A file that was there before says nothing of figures that came after it.
                (None, Some(last)) => {
                    let then = self.last_now.as_ref();
                    let is_later = then.is_none_or(|then| file.arrived >= *then);
                    if is_later {
                        last.basis.clone()
                    } else {
                        String::new()
                    }
                }
                (None, None) => finding.basis.clone(),
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
}

/// Whether the mark is set that takes what is known so far for the answer.
fn takes_known(one: &Returned) -> bool {
    [TAKE_KNOWN.0, TAKE_KNOWN.1].contains(&one.reason.as_str())
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
    if !takes_known(one) {
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
