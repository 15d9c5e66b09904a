//! What every summary that was issued had to show.
//!
//! An edited summary may be days old. Only against what stood in it when it was issued can be told
//! what somebody has written since, and about which figure. So it is kept for each finding and
//! form how it has stood since which issue; an issue in which nothing of it changed adds nothing.

use crate::finding::{Decision, Word};
use crate::intake::returned::DecidedOf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The summaries that were issued, and what they showed. Findings and forms are named as
/// [`DecidedOf::key`] writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Showings {
    /// The summaries by their marks, numbered in the order in which they were issued.
    issues: BTreeMap<String, u32>,
    /// By finding or form: how it has stood, oldest first.
    stood: BTreeMap<String, Vec<Stood>>,
    /// By finding or form: what a file of an issue said of it when it was last read, where that is
    /// something else than was issued.
    heard: BTreeMap<String, BTreeMap<String, Said>>,
}

/// How a finding or form has stood since an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct Stood {
    /// The issue's number.
    since: u32,
    /// What it showed; none where it was not there.
    shown: Option<Shown>,
}

/// What a summary shows of a finding or form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// The basis of the finding, or the hash of the form's file.
    pub basis: String,
    /// The hash of the finding's answer.
    pub answer: String,
    /// The decision that stands in its cells.
    pub said: Option<Said>,
}

/// A decision as it stands in its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    /// What.
    pub word: Word,
    /// Who.
    pub by: String,
    /// 备注
    pub remark: String,
}

impl Said {
    /// A decision as it is printed.
    pub fn of(decision: &Decision) -> Self {
        Self {
            word: decision.word,
            by: decision.by.clone(),
            remark: decision.remark.clone(),
        }
    }

    /// Whether this is what other cells say. The board has one name and one remark for all forms
    /// of a unit, joined.
    pub fn is_said_by(&self, other: &Self, of: &DecidedOf) -> bool {
        let is_form = matches!(of, DecidedOf::Form(..));
        let among = |own: &str, shown: &str| {
            let mut parts = shown.split(['；', ';']).map(str::trim);
            own == shown || is_form && (own.is_empty() || parts.any(|part| part == own))
        };
        self.word == other.word && among(&self.by, &other.by) && among(&self.remark, &other.remark)
    }
}

impl Showings {
    /// Whether nothing is known of earlier issues.
    pub fn is_empty(&self) -> bool {
        self.issues.is_empty()
    }

    /// Whether a summary with this mark was issued.
    pub fn has(&self, mark: &str) -> bool {
        self.issues.contains_key(mark)
    }

    /// What an issue showed of a finding or form; none where it was not there, or where nothing is
    /// known of the issue.
    pub fn shown(&self, mark: Option<&str>, key: &str) -> Option<&Shown> {
        let number = *self.issues.get(mark?)?;
        let stood = self.stood.get(key)?.iter();
        let last = stood.take_while(|one| one.since <= number).last()?;
        last.shown.as_ref()
    }

    /// Takes in what a file of an issue says of a finding or form beside what was issued, and says
    /// whether the same file said something else, or nothing, when it was read before.
    pub fn hear(&mut self, (mark, file): (&str, &str), key: &str, said: Option<&Said>) -> bool {
        let Some(number) = self.issues.get(mark) else {
            return said.is_some();
        };
        let source = format!("{number} {file}");
        let Some(said) = said else {
            if let Some(heard) = self.heard.get_mut(key) {
                heard.remove(&source);
            }
            return false;
        };
        let heard = self.heard.entry(key.to_owned()).or_default();
        heard.insert(source, said.clone()).as_ref() != Some(said)
    }

    /// Adds an issue with all that it shows. The last one may be issued again.
    pub fn issue(&mut self, mark: &str, mut now: BTreeMap<String, Shown>) {
        let last = self.issues.values().max().copied().unwrap_or(0);
        let again = self.issues.get(mark).filter(|number| **number == last);
        let since = again.map_or(last + 1, |number| *number);
        self.issues.insert(mark.to_owned(), since);
        for (key, stood) in &mut self.stood {
            let shown = now.remove(key);
            if stood.last().is_none_or(|last| last.shown != shown) {
                stood.push(Stood { since, shown });
            }
        }
        let new = now.into_iter().map(|(key, shown)| {
            let shown = Some(shown);
            (key, vec![Stood { since, shown }])
        });
        self.stood.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(basis: &str, word: Option<Word>) -> Shown {
        let said = word.map(|word| Said {
            word,
            by: "王芳".to_owned(),
            remark: String::new(),
        });
        Shown {
            basis: basis.to_owned(),
            answer: String::new(),
            said,
        }
    }

    #[test]
    fn an_issue_shows_what_stood_in_it_then() {
        let mut showings = Showings::default();
        let one = |key: &str, shown: Shown| BTreeMap::from([(key.to_owned(), shown)]);
        showings.issue("a", one("x", shown("1", None)));
        showings.issue("b", one("x", shown("1", Some(Word::Waive))));
        // The same once more adds nothing, and what is gone is gone.
        showings.issue("b", one("x", shown("1", Some(Word::Waive))));
        showings.issue("c", one("y", shown("2", None)));
        assert_eq!(showings.shown(Some("a"), "x"), Some(&shown("1", None)));
        let then = shown("1", Some(Word::Waive));
        assert_eq!(showings.shown(Some("b"), "x"), Some(&then));
        assert_eq!(showings.shown(Some("c"), "x"), None);
        assert_eq!(showings.shown(Some("c"), "y"), Some(&shown("2", None)));
        assert_eq!(showings.shown(Some("?"), "y"), None);
        assert_eq!(showings.stood["x"].len(), 3);
    }

    #[test]
    fn what_a_file_said_before_is_no_news() {
        let mut showings = Showings::default();
        showings.issue("a", BTreeMap::new());
        let waived = shown("", Some(Word::Waive)).said;
        let back = shown("", Some(Word::SendBack)).said;
        let mut hear = |file, said: &Option<Said>| showings.hear(("a", file), "x", said.as_ref());
        assert!(hear("李.xlsx", &waived));
        assert!(!hear("李.xlsx", &waived));
        assert!(hear("王.xlsx", &waived));
        // Whoever changes his mind twice is heard twice.
        assert!(hear("李.xlsx", &back));
        assert!(hear("李.xlsx", &waived));
        assert!(!hear("李.xlsx", &None));
        assert!(hear("李.xlsx", &waived));
    }
}
