//! What a month was closed by, beside the rules of now.
//!
//! A closed month keeps the forms that were asked for then. A form that the rules have gained since
//! is not asked for in it. One that they have lost is told to staff, and until it is settled
//! nothing that is written of the month is final. Columns that only one of the two sides knows are
//! compared with nothing: their names have changed, and no district's figures.

use super::{Month, figures_of};
use crate::period::Period;
use crate::report::data::{self, Shape};
use crate::rulebook::Rulebook;
use crate::rulebook::form::{Form, Variable};
use crate::words::Text;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

/// No month has this number: a form that is due in it alone is asked for in none.
const NO_MONTH: u32 = 0;

/// The rules by which a month is run.
#[derive(Debug)]
pub struct Then<'a> {
    /// Those of now; in a closed month they ask for no form that has come into them since.
    pub rulebook: Cow<'a, Rulebook>,
    /// What else is not as it was when the month was closed.
    pub other: OtherRules,
}

impl<'a> Then<'a> {
    /// The rules of now as they are, whether the month is closed or not.
    pub fn now(rulebook: &'a Rulebook) -> Self {
        Self {
            rulebook: Cow::Borrowed(rulebook),
            other: OtherRules::default(),
        }
    }

    /// The rules for a run of a month.
    pub fn of(rulebook: &'a Rulebook, output: &Path, period: Period) -> Self {
        let mut then = Self::now(rulebook);
        let month = Month::of(output, period);
        let Some(published) = month.published() else {
            return then;
        };
        let asked = published.asked();
        let mut due = BTreeSet::new();
        for (at, form) in rulebook.forms.iter().enumerate() {
            if !form.is_due_in(period) {
                continue;
            }
            if !asked.contains(form.id.as_str()) {
                then.rulebook.to_mut().forms[at].due_in = vec![NO_MONTH];
                continue;
            }
            due.insert(form.id.as_str());
            let shape = month.figures(form).and_then(|file| data::shape(file).ok());
            let other = shape.and_then(|shape| OtherColumns::of((at, form), &shape));
            then.other.columns.extend(other);
        }
        let gone = asked.difference(&due);
        then.other.gone = gone.map(|form| Gone::of(&month, form)).collect();
        then
    }
}

/// What in the rules of now is not as it was when a month was closed, as far as its figures go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherRules {
    /// Forms that it was closed with and that are not asked for in it any more.
    pub gone: Vec<Gone>,
    /// Forms with columns that only one of the two sides knows.
    pub columns: Vec<OtherColumns>,
}

impl OtherRules {
    /// The columns of a form that only one of the two sides knows, if there are any.
    pub fn of_form(&self, form: usize) -> Option<&OtherColumns> {
        self.columns.iter().find(|one| one.form == form)
    }
}

/// A form that a month was closed with, and that is not asked for in it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its number.
    pub form: String,
    /// Whether its accepted figures are as they were written; none where nobody had sent it.
    pub is_kept: Option<bool>,
}

impl Gone {
    fn of(month: &Month, form: &str) -> Self {
        let path = figures_of(form);
        let closing = month.closing().into_iter();
        let mut files = closing.flat_map(|closing| &closing.files);
        let was_sent = files.any(|file| file.path == path);
        Self {
            form: form.to_owned(),
            is_kept: was_sent.then(|| month.copy(&path).is_some()),
        }
    }

    /// What is missing, and where its figures are.
    pub fn words(&self) -> Text {
        let (form, file) = (&self.form, figures_of(&self.form));
        let missing = both!(
            "封库时有 {form}，现在的规则本期不要求报这张表，汇总和上报稿里没有它",
            "the month was closed with {form}, which the rules of now do not ask for: the summary and the clean tables lack it"
        );
        match self.is_kept {
            None => missing,
            Some(true) => missing.and(&both!(
                "；已验收的数在 {file}",
                "; its accepted figures are in `{file}`"
            )),
            Some(false) => missing.and(&both!(
                "；封库时存的 {file} 被改动、损坏或没有了",
                "; `{file}`, kept when it was closed, was changed, damaged or lost"
            )),
        }
    }
}

/// Columns of a form, and rows where they are given, that only one side knows: the figures that
/// were accepted, or the rules of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherColumns {
    /// The form's position in the rulebook.
    pub form: usize,
    /// The form's number.
    pub id: String,
    /// What the accepted figures do not have, with its label.
    pub new: Vec<Text>,
    /// What the rules of now do not have, by id.
    pub gone: Vec<Text>,
    /// The variables without accepted figures.
    pub unknown: BTreeSet<usize>,
    /// Whether the records of a list can still be told from each other.
    pub has_key: bool,
}

impl OtherColumns {
    /// What the two sides of a form do not share; none where they share all.
    fn of((at, form): (usize, &Form), shape: &Shape) -> Option<Self> {
        let is_number = |column: usize| {
            let mut own = form.variables.iter().filter(|one| one.column == column);
            own.any(Variable::is_number)
        };
        // A column that has become one of another kind is another one.
        let has_column = |column: usize| {
            let then = shape.columns.get(&form.columns[column].id);
            then == Some(&is_number(column))
        };
        let has_row = |row: usize| shape.rows.contains(&form.rows[row].id);
        let columns = form.columns.iter().enumerate();
        let columns = columns.filter(|(column, _)| !has_column(*column));
        let mut new: Vec<Text> = columns.map(|(_, one)| named(&one.id, &one.label)).collect();
        let rows = form.rows.iter().enumerate();
        let rows = rows.filter(|(row, _)| !has_row(*row));
        new.extend(rows.map(|(_, one)| named(&format!("[{}]", one.id), &one.label)));
        let is_column = |id: &String| form.columns.iter().any(|one| one.id == *id);
        let is_row = |id: &String| form.rows.iter().any(|one| one.id == *id);
        let columns = shape.columns.keys().filter(|id| !is_column(id));
        let mut gone: Vec<Text> = columns.map(Text::same).collect();
        let rows = shape.rows.iter().filter(|id| !is_row(id));
        gone.extend(rows.map(|id| Text::same(format!("[{id}]"))));
        if new.is_empty() && gone.is_empty() {
            return None;
        }
        let variables = form.variables.iter().enumerate();
        let unknown = variables.filter(|(_, one)| {
            let has_row = one.row.is_none_or(has_row);
            !has_row || !has_column(one.column)
        });
        Some(Self {
            form: at,
            id: form.id.clone(),
            new,
            gone,
            unknown: unknown.map(|(variable, _)| variable).collect(),
            has_key: form.key.iter().all(|column| has_column(*column)),
        })
    }

    /// Which they are.
    fn words(&self) -> Text {
        let id = &self.id;
        let mut parts: Vec<Text> = Vec::new();
        if !self.new.is_empty() {
            let Text { zh, en } = some_of(&self.new);
            parts.push(both!(
                "封库时没有同样的 {zh}",
                "not there when it was closed: {en}"
            ));
        }
        if !self.gone.is_empty() {
            let Text { zh, en } = some_of(&self.gone);
            parts.push(both!("现在没有封库时的 {zh}", "no longer there: {en}"));
        }
        let Text { zh, en } = Text::joined(&parts, &Text::new("，", "; "));
        both!("{id} {zh}", "{id}: {en}")
    }

    /// That they are compared with nothing.
    pub fn not_compared(&self) -> Text {
        let told = self.words().and(&Text::new(
            "，没有与已验收的数比较",
            "; compared with nothing that was accepted",
        ));
        if self.has_key {
            return told;
        }
        told.and(&Text::new(
            "；主键在其中，各条记录都没有比较",
            "; the key is among them, so no record is compared",
        ))
    }

    /// Which of them stand nowhere but in the file of accepted figures, and which nowhere at all.
    pub fn not_shown(&self) -> Text {
        let mut told = self.words();
        if !self.new.is_empty() {
            told = told.and(&Text::new(
                "；前者没有已验收的数，汇总和上报稿里不填",
                "; the former have no accepted figures and stay empty here and in the summary",
            ));
        }
        if !self.gone.is_empty() {
            let file = figures_of(&self.id);
            told = told.and(&both!(
                "；封库时各栏的数都在 {file}",
                "; all that was accepted is in `{file}`"
            ));
        }
        told
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.new.len() + self.gone.len()
    }
}

/// A name in the language of rules, with what people call it.
fn named(id: &str, label: &Text) -> Text {
    let Text { zh, en } = label;
    both!("{id}（{zh}）", "{id} ({en})")
}

/// The first few of several, and how many more there are.
pub(super) fn some_of(names: &[Text]) -> Text {
    const NAMED: usize = 5;
    let (some, rest) = names.split_at(names.len().min(NAMED));
    let some = Text::joined(some, &Text::new("、", ", "));
    match rest.len() {
        0 => some,
        count => some.and(&both!(" 等，另 {count} 个", " and {count} more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(new: &[&str], gone: &[&str], has_key: bool) -> OtherColumns {
        let texts = |names: &[&str]| names.iter().map(|name| Text::same(*name)).collect();
        OtherColumns {
            form: 0,
            id: "T01".to_owned(),
            new: texts(new),
            gone: texts(gone),
            unknown: BTreeSet::new(),
            has_key,
        }
    }

    #[test]
    fn what_one_side_alone_knows_is_named_both_ways() {
        let told = other(&["granted（立项数）"], &["approved"], true).not_compared();
        assert_eq!(
            told.zh,
            "T01 封库时没有同样的 granted（立项数），现在没有封库时的 approved，没有与已验收的数比较"
        );
        let told = other(&[], &["approved"], true).not_shown();
        assert_eq!(
            told.zh,
            "T01 现在没有封库时的 approved；封库时各栏的数都在 data/T01.parquet"
        );
        let told = other(&["code"], &[], false).not_compared();
        assert!(told.zh.ends_with("各条记录都没有比较"), "{}", told.zh);
    }

    #[test]
    fn a_form_that_is_gone_says_where_its_figures_are() {
        let gone = |is_kept| {
            let form = "T03".to_owned();
            Gone { form, is_kept }.words().zh
        };
        assert!(gone(None).ends_with("汇总和上报稿里没有它"));
        assert!(gone(Some(true)).ends_with("已验收的数在 data/T03.parquet"));
        assert!(gone(Some(false)).ends_with("被改动、损坏或没有了"));
    }
}
