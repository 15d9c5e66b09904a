//! What people wrote into workbooks of ours: districts their explanations, staff their decisions.
//!
//! Both are known by their headings, on whatever sheet they stand and in whatever order their
//! rows are now; explanations also by the key that stands at the end of each row, where the
//! headings are gone. What it is worth is for `dialogue`.

use super::grid::Grid;
use crate::finding::Word;
use crate::place::{Cell, Range};
use crate::spelling::fold;
use crate::standing::Acceptance;
use crate::workbook::{Book, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The property that a summary bears: the period that it is of.
pub const SUMMARY_OF: &str = "hebiao.summary";

/// The property by which a summary says which run issued it.
pub const ISSUE: &str = "hebiao.issue";

/// The headings of the lists, in both languages; report and reader have them from here.
pub mod headings {
    /// A finding's id.
    pub const ID: (&str, &str) = ("编号", "No.");
    /// What may be the answer already.
    pub const KNOWN: (&str, &str) = ("已有说明", "Known so far");
    /// The class of the reason.
    pub const REASON: (&str, &str) = ("原因类别", "Reason");
    /// The explanation.
    pub const TEXT: (&str, &str) = ("情况说明", "Explanation");
    /// How far it has been dealt with.
    pub const STATE: (&str, &str) = ("状态", "State");
    /// The hidden key.
    pub const KEY: (&str, &str) = ("核表", "hebiao");
    /// A finding's id on the summary.
    pub const SUMMARY_ID: (&str, &str) = ("编号", "Id");
    /// What staff decide.
    pub const DECISION: (&str, &str) = ("处理", "Decision");
    /// Who decided.
    pub const BY: (&str, &str) = ("处理人", "By");
    /// Why.
    pub const REMARK: (&str, &str) = ("备注", "Remark");
    /// A district's code on the board.
    pub const CODE: (&str, &str) = ("代码", "Code");
    /// What staff decide of a form.
    pub const ACCEPTANCE: (&str, &str) = ("受理", "Acceptance");
}

/// What stands on the board where staff disagree on a form. It decides nothing: whoever settles
/// it puts another word in its place.
pub const DISAGREE: (&str, &str) = ("不一致", "disagree");

/// The word of the drop-down that takes what is known so far for the answer.
pub const TAKE_KNOWN: (&str, &str) = ("采用已有说明", "as known so far");

/// What a district wrote to a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Where: `审核问题清单!M7`.
    pub place: String,
    /// The finding's id as it stands there.
    pub id: String,
    /// The key of its row, where it is still there.
    pub key: Option<Key>,
    /// What is known so far, as it was shown.
    pub known: String,
    /// 原因类别
    pub reason: String,
    /// 情况说明
    pub text: String,
}

/// What a row of a findings sheet is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The finding's id, or a rule's after `~` where a row stands for many.
    pub about: String,
    /// The [`crate::finding::Finding::basis`] at which it was issued.
    pub basis: String,
    /// A hash of the answer that it was issued with.
    pub answer: String,
}

impl Key {
    /// Reads `1a2b3c4d:0123456789ab:01234567`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().rsplitn(3, ':');
        let (answer, basis, about) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
        let is_about = about.starts_with('~') || about.len() == 8 && is_hex(about);
        (is_about && is_hex(basis) && answer.len() == 8 && is_hex(answer)).then(|| Self {
            about: about.to_owned(),
            basis: basis.to_owned(),
            answer: answer.to_owned(),
        })
    }

    /// As it stands in a cell.
    pub fn written(&self) -> String {
        let Self {
            about,
            basis,
            answer,
        } = self;
        format!("{about}:{basis}:{answer}")
    }

    /// The hash of an answer.
    pub fn of_answer(reason: &str, text: &str) -> String {
        let both = format!("{}\0{}", reason.trim(), text.trim());
        crate::hash::of(both.as_bytes())[..8].to_owned()
    }
}

/// What staff wrote in the row of a finding or of a district's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Of what.
    pub of: DecidedOf,
    /// The word; none where the cell is blank.
    pub word: Option<Word>,
    /// What stands there and is no word of ours.
    pub unknown: String,
    /// Who.
    pub by: String,
    /// Why.
    pub remark: String,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DecidedOf {
    /// A finding, by its id.
    Finding(String),
    /// A district's form: code and form.
    Form(String, String),
}

impl DecidedOf {
    /// As it stands in `dialogue.json`: a finding's id, or `500113 KY01`.
    pub fn key(&self) -> String {
        match self {
            Self::Finding(id) => id.clone(),
            Self::Form(district, form) => format!("{district} {form}"),
        }
    }
}

/// What people noted beside the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The sheet.
    pub sheet: String,
    /// The cell of a comment; none for a line 注： under the table.
    pub cell: Option<Cell>,
    /// What it says.
    pub text: String,
}

/// Everything that people wrote into a workbook beside its figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// To findings.
    pub answers: Vec<Returned>,
    /// Whether a findings sheet is there whose column of answers is gone.
    pub is_torn: bool,
    /// What staff decided.
    pub decisions: Vec<Decided>,
    /// Whether the workbook is a summary, edited or not.
    pub is_summary: bool,
    /// Whether it looks like one and bears no mark of ours: then nothing of it counts.
    pub is_unmarked: bool,
    /// Comments, and notes under tables.
    pub noted: Vec<Noted>,
}

/// The longest note that is taken for an explanation; beyond it stand instructions.
const LONGEST_NOTE: usize = 400;
/// The longest explanation that is taken.
const LONGEST_ANSWER: usize = 4_000;
/// The most rows of a list that are read: more than any report of ours has.
const MOST_ROWS: usize = 60_000;
/// A merge over more rows than this is no answer to several findings.
const TALLEST_MERGE: u32 = 1_000;
/// Headings stand in the first rows, but rows may have been put in above them.
const HEAD_ROWS: u32 = 60;

/// Whether nothing but lists of ours stands in a workbook: then there is no form to look for.
pub(super) fn is_list_alone(grids: &[Grid<'_>]) -> bool {
    /// A list of findings that is saved as text has some figures in it, too.
    const FIGURES: usize = 10;
    let is_ours = |grid: &Grid<'_>| {
        let sheet = Sheet::new(grid);
        sheet.answers().is_some() || sheet.is_keyed()
    };
    let has_figures = |grid: &Grid<'_>| {
        let cells = grid.sheet.cells.iter();
        cells
            .filter(|raw| grid.is_number(raw))
            .take(FIGURES)
            .count()
            == FIGURES
    };
    grids.iter().all(|grid| is_ours(grid) || !has_figures(grid))
}

/// Reads what was written into a workbook. `form_sheets` are those on which a form was found.
pub(super) fn read(book: &Book, grids: &[Grid<'_>], form_sheets: &[bool]) -> Written {
    let mut written = Written {
        is_summary: book.about.property(SUMMARY_OF).is_some()
            && book.about.property(super::OF_DISTRICT).is_none(),
        ..Written::default()
    };
    for (grid, has_form) in grids.iter().zip(form_sheets) {
        let sheet = Sheet::new(grid);
        if let Some((head, columns)) = sheet.answers() {
            written.answers.extend(sheet.returned(head, &columns));
        } else if !has_form {
            written.answers.extend(sheet.returned_by_keys());
            written.is_torn |= sheet.is_keyed();
        }
        written.decisions.extend(sheet.decided());
        written.decisions.extend(sheet.forms_decided());
        if *has_form {
            written.noted.extend(noted(grid));
        }
    }
    // A list of decisions that bears no mark of ours may be anybody's: a district does not decide.
    if !written.is_summary && !written.decisions.is_empty() {
        written.decisions.clear();
        written.is_unmarked = true;
    }
    // What districts answered stands in a summary for staff to read; it was read where they wrote it.
    let is_report = book.about.property(super::OF_DISTRICT).is_some();
    if written.is_summary || written.is_unmarked && !is_report {
        written.answers.clear();
        written.noted.clear();
        written.is_torn = false;
    }
    written
}

/// Comments at cells, and lines under the table whose first words begin with 注.
fn noted(grid: &Grid<'_>) -> Vec<Noted> {
    let sheet = &grid.sheet.name;
    let comments = grid.sheet.facts.comments.iter();
    let comments = comments.map(|(cell, text)| (Some(*cell), text.clone()));
    let first = |(_, cells): &(u32, std::ops::Range<usize>)| {
        let mut cells = grid.sheet.cells[cells.clone()].iter();
        cells.find_map(|raw| grid.text(raw))
    };
    let lines = grid.rows.iter().filter_map(first).filter_map(|text| {
        let rest = text
            .trim()
            .strip_prefix("备注")
            .or_else(|| text.trim().strip_prefix('注'))?;
        let said = rest.strip_prefix(['：', ':'])?.trim();
        (!said.is_empty()).then(|| (None, said.to_owned()))
    });
    comments
        .chain(lines)
        .filter(|(_, text)| text.chars().count() <= LONGEST_NOTE)
        .map(|(cell, text)| Noted {
            sheet: sheet.clone(),
            cell,
            text,
        })
        .collect()
}

/// The columns of a list of findings that a district answers in.
struct Columns {
    id: Option<u32>,
    known: Option<u32>,
    reason: Option<u32>,
    text: u32,
    key: Option<u32>,
}

struct Sheet<'a> {
    grid: &'a Grid<'a>,
    /// Merged ranges by the rows that they cover, those of very many rows left out.
    merges: BTreeMap<u32, Vec<Range>>,
    /// Texts of rows with headings, folded: by row, then column.
    heads: BTreeMap<u32, BTreeMap<u32, String>>,
}

impl<'a> Sheet<'a> {
    fn new(grid: &'a Grid<'a>) -> Self {
        let mut heads: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
        let rows = grid.rows.iter().take_while(|(row, _)| *row < HEAD_ROWS);
        for (row, range) in rows {
            for raw in &grid.sheet.cells[range.clone()] {
                if let Some(text) = grid.text(raw) {
                    let row = heads.entry(*row).or_default();
                    row.insert(raw.cell.column, fold(text));
                }
            }
        }
        let mut merges: BTreeMap<u32, Vec<Range>> = BTreeMap::new();
        let all = grid.sheet.facts.merges.iter();
        for range in all.filter(|range| range.last.row - range.first.row < TALLEST_MERGE) {
            for row in range.first.row..=range.last.row {
                merges.entry(row).or_default().push(*range);
            }
        }
        Self {
            grid,
            merges,
            heads,
        }
    }

    /// The row and the columns of a list of findings for a district.
    fn answers(&self) -> Option<(u32, Columns)> {
        use headings::{ID, KEY, KNOWN, REASON, STATE, TEXT};
        self.heads.iter().find_map(|(row, cells)| {
            let (reason, state) = (column(cells, REASON), column(cells, STATE));
            // Under whatever name, it stands between the class and the state.
            let between = || Some(reason? + 1).filter(|at| Some(at + 1) == state);
            let columns = Columns {
                id: column(cells, ID),
                known: column(cells, KNOWN),
                reason,
                text: column(cells, TEXT).or_else(between)?,
                key: column(cells, KEY),
            };
            // A form may well have a column 情况说明 of its own.
            (columns.key.is_some() || columns.id.is_some() && columns.reason.is_some())
                .then_some((*row, columns))
        })
    }

    /// The answers under the headings.
    fn returned(&self, head: u32, columns: &Columns) -> Vec<Returned> {
        let rows = self.grid.rows.iter().map(|(row, _)| *row);
        let read = |row| self.answer(row, columns);
        let rows = rows.filter(|row| *row > head).take(MOST_ROWS);
        rows.filter_map(read).collect()
    }

    /// The answers of a list whose headings are gone, by the keys at the rows' ends.
    fn returned_by_keys(&self) -> Vec<Returned> {
        // With headings there, a column that is missing has been taken out.
        if self.is_keyed() {
            return Vec::new();
        }
        let cells = self.grid.sheet.cells.iter();
        let keyed = cells.filter_map(|raw| {
            let column = raw.cell.column;
            Key::parse(self.grid.text(raw)?)?;
            let columns = Columns {
                id: None,
                known: column.checked_sub(4),
                reason: column.checked_sub(3),
                text: column.checked_sub(2)?,
                key: Some(column),
            };
            self.answer(raw.cell.row, &columns)
        });
        keyed.take(MOST_ROWS).collect()
    }

    /// Whether the heading over the keys is there.
    fn is_keyed(&self) -> bool {
        let mut heads = self.heads.values();
        heads.any(|cells| column(cells, headings::KEY).is_some())
    }

    fn answer(&self, row: u32, columns: &Columns) -> Option<Returned> {
        let at = |column: Option<u32>| {
            let shown = column.map_or_else(String::new, |c| self.shown(row, c));
            match shown.char_indices().nth(LONGEST_ANSWER) {
                Some((end, _)) => shown[..end].trim_end().to_owned(),
                None => shown,
            }
        };
        let key = Key::parse(&at(columns.key));
        let (reason, text) = (at(columns.reason), at(Some(columns.text)));
        let id = at(columns.id);
        let is_row = key.is_some() || id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit());
        // A row of ours without an answer says that there is none; other rows are none of ours.
        (is_row || !text.is_empty()).then(|| Returned {
            place: format!("{}!{}", self.grid.sheet.name, Cell::new(row, columns.text)),
            known: at(columns.known),
            id,
            key,
            reason,
            text,
        })
    }

    /// What a person sees at a cell: its own words, or those of the merged range.
    fn shown(&self, row: u32, column: u32) -> String {
        let at = Cell::new(row, column);
        let merges = self.merges.get(&row).into_iter().flatten();
        let merged = merges.into_iter().find(|range| range.contains(at));
        let at = merged.map_or(at, |range| range.first);
        match self.grid.value(at) {
            None => String::new(),
            Some(Value::Text(text)) => text.trim().to_owned(),
            Some(Value::Number(x) | Value::Date(x)) => x.to_string(),
            Some(Value::Truth(truth)) => truth.to_string().to_uppercase(),
            Some(Value::Error(error)) => error.to_owned(),
        }
    }

    /// What staff decided of findings.
    fn decided(&self) -> Vec<Decided> {
        use headings::{BY, DECISION, REMARK, SUMMARY_ID};
        let found = self.heads.iter().find_map(|(row, cells)| {
            let by = column(cells, BY)?;
            Some((
                *row,
                column(cells, SUMMARY_ID)?,
                column(cells, DECISION)?,
                by,
                column(cells, REMARK),
            ))
        });
        let Some((head, id, word, by, remark)) = found else {
            return Vec::new();
        };
        let rows = self.grid.rows.iter().map(|(row, _)| *row);
        let read = |row: u32| {
            let of = self.shown(row, id);
            let is_id = of.len() == 8 && of.chars().all(|c| c.is_ascii_hexdigit());
            let written = self.shown(row, word);
            let by = self.shown(row, by);
            let remark = remark.map_or_else(String::new, |column| self.shown(row, column));
            is_id.then(|| decided_of(DecidedOf::Finding(of), written, by, &remark))
        };
        let rows = rows.filter(|row| *row > head).take(2 * MOST_ROWS);
        rows.filter_map(read).collect()
    }

    /// What staff decided of districts' forms, on the board.
    fn forms_decided(&self) -> Vec<Decided> {
        use headings::{ACCEPTANCE, BY, CODE, REMARK};
        let found = self.heads.iter().find_map(|(row, cells)| {
            let forms: Vec<u32> = columns(cells, ACCEPTANCE);
            (!forms.is_empty()).then_some((*row, column(cells, CODE)?, forms))
        });
        let Some((head, code, forms)) = found else {
            return Vec::new();
        };
        let Some(above) = head.checked_sub(1) else {
            return Vec::new();
        };
        let cells = &self.heads[&head];
        let (by, remark) = (column(cells, BY), column(cells, REMARK));
        let rows = self.grid.rows.iter().map(|(row, _)| *row);
        let mut decided = Vec::new();
        for row in rows.filter(|row| *row > head) {
            let code = self.shown(row, code);
            if code.is_empty() || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
                continue;
            }
            let by = by.map_or_else(String::new, |column| self.shown(row, column));
            let remark = remark.map_or_else(String::new, |column| self.shown(row, column));
            let mut all: Vec<Decided> = Vec::new();
            for column in &forms {
                let written = self.shown(row, *column);
                // What the board says itself waits for nobody's word.
                if is_boards_own(&written) {
                    continue;
                }
                let form = DecidedOf::Form(code.clone(), self.form_above(above, *column));
                let mut one = decided_of(form, written, by.clone(), &remark);
                // The line's remark goes with its words.
                one.word = one
                    .word
                    .filter(|word| *word != Word::Noted || !one.unknown.is_empty());
                all.push(one);
            }
            // Without any it is kept with the first form that waits for one.
            let is_noted =
                all.iter().all(|one| one.word.is_none()) && !(by.is_empty() && remark.is_empty());
            if let Some(first) = all.first_mut().filter(|_| is_noted) {
                first.word = Some(Word::Noted);
            }
            decided.extend(all);
        }
        decided
    }

    /// The form whose number stands above a column, be that merged or at the first of several.
    fn form_above(&self, row: u32, column: u32) -> String {
        let merged = self.shown(row, column);
        if !merged.is_empty() {
            return merged;
        }
        let before = (0..column).rev().map(|column| self.shown(row, column));
        before
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

/// The column with one of these headings.
fn column(cells: &BTreeMap<u32, String>, names: (&str, &str)) -> Option<u32> {
    columns(cells, names).first().copied()
}

/// The columns with one of these headings.
fn columns(cells: &BTreeMap<u32, String>, (zh, en): (&str, &str)) -> Vec<u32> {
    let wanted = [fold(zh), fold(en)];
    let fits = |(column, text): (&u32, &String)| wanted.contains(text).then_some(*column);
    cells.iter().filter_map(fits).collect()
}

/// What cells say. A word that is none of ours decides nothing, and is kept in front of the remark.
fn decided_of(of: DecidedOf, written: String, by: String, remark: &str) -> Decided {
    let word = as_word(&written);
    let unknown = if word.is_none() {
        written
    } else {
        String::new()
    };
    let remark = [unknown.as_str(), remark].map(str::trim);
    let remark = remark.into_iter().filter(|text| !text.is_empty());
    let remark = remark.collect::<Vec<_>>().join("；");
    let is_noted = !(by.is_empty() && remark.is_empty());
    Decided {
        of,
        word: word.or(is_noted.then_some(Word::Noted)),
        unknown,
        by,
        remark,
    }
}

/// Whether a cell of the board says how a form stands, and not what somebody decides.
fn is_boards_own(written: &str) -> bool {
    let written = fold(written);
    let is = |text: &str| fold(text) == written;
    let states = [Acceptance::None, Acceptance::Accepted].map(Acceptance::words);
    is(DISAGREE.0) || is(DISAGREE.1) || states.iter().any(|text| is(&text.zh) || is(&text.en))
}

/// A word of a drop-down, in either language.
fn as_word(written: &str) -> Option<Word> {
    let written = fold(written);
    let is = |word: &&Word| {
        let words = word.words();
        [fold(&words.zh), fold(&words.en)].contains(&written)
    };
    Word::ALL.iter().find(is).copied()
}
