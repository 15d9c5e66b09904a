//! Raw sheets become submissions: whose form, of which month, and every figure with its place.
//!
//! Reading never fails: what could be made out comes back, and what was found. A file that
//! cannot be used says why in a sentence. This runs in a worker process; nothing here knows
//! about other submissions, or judges a figure.

pub mod discover;
mod frame;
mod grid;

mod identity;
mod locate;
pub mod value;

pub use frame::{FRAME_RULES, FrameFinding};

use crate::period::Period;
use crate::place::Cell;
use crate::report::ReadingNote;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::register::Register;
use crate::rulebook::written::{Blank, Precision, Severity, Type};
use crate::table::{Absent, Block, CellDress, Draft, DraftColumn, Dress, Marks, Unreadable, Words};
use crate::words::Text;
use crate::workbook::{self, RawSheet, RawValue};
use grid::Grid;
use locate::{Heading, Located};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use value::{Asked, How, Read};

/// A file, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Why the file cannot be used at all.
    pub refused: Option<Text>,
    /// Whose it seems to be all the same, by its name and folder.
    pub district: Option<usize>,
    /// The submissions in it.
    pub received: Vec<Received>,
    /// What was read otherwise than it is written.
    pub notes: Vec<ReadingNote>,
    /// The hash of the submission that this file was made from, where it is a returned report.
    pub made_from: Option<String>,
}

/// The property by which a returned report names the submission that it was made from.
pub const MADE_FROM: &str = "hebiao.submission";

impl Reading {
    /// A file that cannot be used; whose it is, its name and folder may say.
    pub fn refused(why: Text, name: &str, register: &Register) -> Self {
        let mentioned = register.mentioned(name);
        Self {
            refused: Some(why),
            district: mentioned.first().copied().filter(|_| mentioned.len() == 1),
            ..Self::default()
        }
    }
}

/// One form of one district for one period, as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// The form's position in the rulebook.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The period, where it could be told.
    pub period: Option<Period>,
    /// The sheet.
    pub sheet: String,
    /// Why its figures can't be used, if they can't.
    pub refused: Option<Text>,
    /// What is wrong with the form itself.
    pub frame: Vec<FrameFinding>,
    /// The figures. Their columns travel beside this.
    #[serde(skip)]
    pub draft: Draft,
}

/// Reads one file for a run of a period.
pub fn read(path: &Path, name: &str, period: Option<Period>, rulebook: &Rulebook) -> Reading {
    let headings: Vec<Heading<'_>> = rulebook.forms.iter().map(Heading::new).collect();
    let mut job = Job {
        rulebook,
        headings,
        name,
        period,
        out: Found::default(),
    };
    let outcome = workbook::read(path, &rulebook.job.limits, &mut |sheet| job.sheet(&sheet));
    let Found {
        received,
        notes,
        sheets,
        refused,
    } = job.out;
    if let Err(error) = outcome {
        return Reading::refused(error.words(), name, &rulebook.register);
    }
    let mut received = one_of_each(received);
    let Some(first) = received.first_mut() else {
        let why = refused.unwrap_or_else(|| {
            let list = sheets.join("、");
            let forms: Vec<&str> = rulebook.forms.iter().map(|f| f.id.as_str()).collect();
            let known = forms.join("、");
            both!(
                "没有找到要报的报表（{known}）的表头。工作表有：{list}。请用下发的表样填报",
                "no heading of a form ({known}) was found in the sheets {list}: use the form that was issued"
            )
        });
        return Reading::refused(why, name, &rulebook.register);
    };
    // Beside a form that is usable, another one that is not must not go unsaid.
    if let Some(why) = refused {
        let fix = Text::new("改正后重报这张表", "mend it and send the form again");
        first
            .frame
            .push(FrameFinding::new("sheets", None, why, fix));
    }
    Reading {
        refused: None,
        district: Some(first.district),
        received,
        notes,
        made_from: workbook::property(path, MADE_FROM),
    }
}

/// Of several sheets with one form the first is kept; the others are told, in one finding.
fn one_of_each(received: Vec<Received>) -> Vec<Received> {
    let mut kept: Vec<(Received, Vec<String>)> = Vec::new();
    for one in received {
        let same = kept
            .iter_mut()
            .find(|(k, _)| (k.form, k.district) == (one.form, one.district));
        match same {
            Some((_, others)) => others.push(one.sheet),
            None => kept.push((one, Vec::new())),
        }
    }
    kept.into_iter()
        .map(|(mut first, others)| {
            if !others.is_empty() {
                let finding = further_sheets(&first.sheet, &others);
                first.frame.push(finding);
            }
            first
        })
        .collect()
}

fn further_sheets(first: &str, others: &[String]) -> FrameFinding {
    const NAMED: usize = 3;
    let list = others
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("、");
    let (all, more) = (
        others.len() + 1,
        if others.len() > NAMED { "…" } else { "" },
    );
    let message = both!(
        "工作簿里这张表有 {all} 份：“{first}”和“{list}{more}”，按“{first}”审核",
        "the workbook has the form {all} times, on `{first}` and `{list}{more}`; `{first}` is the one that is checked"
    );
    let fix = Text::new("只留一份后重报", "leave one in and send it again");
    let finding = FrameFinding::new("sheets", None, message, fix);
    FrameFinding {
        severity: Severity::Query,
        found: list,
        ..finding
    }
}

#[derive(Default)]
struct Found {
    received: Vec<Received>,
    notes: Vec<ReadingNote>,
    sheets: Vec<String>,
    refused: Option<Text>,
}

struct Job<'a> {
    rulebook: &'a Rulebook,
    headings: Vec<Heading<'a>>,
    name: &'a str,
    period: Option<Period>,
    out: Found,
}

impl Job<'_> {
    fn sheet(&mut self, sheet: &RawSheet<'_>) {
        self.out.sheets.push(sheet.name.clone());
        let grid = Grid::new(sheet);
        // The form whose heading is there the most complete.
        let best = self
            .headings
            .iter()
            .enumerate()
            .filter_map(|(form, heading)| heading.find(&grid).map(|found| (form, found)))
            .max_by_key(|(form, (_, score))| (*score, std::cmp::Reverse(*form)));
        let Some((at, (located, _))) = best else {
            return;
        };
        let form = &self.rulebook.forms[at];
        let around = identity::surroundings(&grid, form, &located);
        let path = identity::Path {
            file: self.name,
            period: self.period,
        };
        let identity = match identity::identify(self.rulebook, form, &around, &path) {
            Ok(identity) => identity,
            Err(why) => {
                self.out.refused.get_or_insert(why);
                return;
            }
        };
        let mut received = Received {
            form: at,
            district: identity.district,
            period: Some(identity.period),
            sheet: sheet.name.clone(),
            frame: frame::findings(form, &grid, &located, &around),
            ..Received::default()
        };
        let mut reader = TableReader {
            form,
            grid: &grid,
            located: &located,
            rulebook: self.rulebook,
            unit: around.unit.as_ref().map(|(_, unit)| unit.as_str()),
            how: BTreeMap::new(),
        };
        received.draft = reader.read();
        self.note(sheet, at, &reader.how, &located);
        self.out.received.push(received);
    }

    fn note(
        &mut self,
        sheet: &RawSheet<'_>,
        form: usize,
        how: &BTreeMap<How, (Cell, u64)>,
        located: &Located,
    ) {
        let is_fixed = self.rulebook.forms[form].is_fixed();
        let mut note = |what: Text, first: Option<Cell>, count: u64| {
            self.out.notes.push(ReadingNote {
                file: self.name.to_owned(),
                sheet: sheet.name.clone(),
                what,
                first: first.map(|cell| cell.to_string()),
                count,
            });
        };
        for (how, (first, count)) in how {
            let what = match how {
                How::TextAsNumber => Text::new(
                    "文本格式的数字，按数字读取",
                    "text that is a number was read as one",
                ),
                How::UnitInCell => Text::new(
                    "单元格里带着计量单位，按数字读取",
                    "a unit behind a number was taken off",
                ),
                How::Converted => Text::new(
                    "按表上写明的计量单位换算",
                    "converted from the unit that the sheet names",
                ),
                How::Scaled => Text::new(
                    "按单元格格式所显示的数读取",
                    "read as the number format shows it",
                ),
            };
            note(what, Some(*first), *count);
        }
        if sheet.hidden {
            note(
                Text::new(
                    "工作表是隐藏的，照样读取",
                    "the sheet is hidden, and was read",
                ),
                None,
                1,
            );
        }
        let hidden = located
            .rows
            .iter()
            .flatten()
            .filter(|row| sheet.facts.hidden_rows.binary_search(row).is_ok());
        let hidden: Vec<&u32> = hidden.collect();
        if let Some(first) = hidden.first() {
            let what = Text::new("隐藏的行，照样读取", "hidden rows were read");
            note(what, Some(Cell::new(**first, 0)), hidden.len() as u64);
        }
        for (cell, label) in &located.extra {
            note(
                both!(
                    "多出的栏目“{label}”，没有读取",
                    "the column `{label}` is not asked for and was not read"
                ),
                Some(*cell),
                1,
            );
        }
        // A list's row without a key is a finding of its own.
        let unknown = located.unknown_rows.iter().filter(|_| is_fixed);
        for (cell, label) in unknown {
            note(
                both!(
                    "多出的行“{label}”，没有读取",
                    "the row `{label}` is not asked for and was not read"
                ),
                Some(*cell),
                1,
            );
        }
    }
}

/// The figures of a located table.
struct TableReader<'a> {
    form: &'a Form,
    grid: &'a Grid<'a>,
    located: &'a Located,
    rulebook: &'a Rulebook,
    unit: Option<&'a str>,
    how: BTreeMap<How, (Cell, u64)>,
}

impl TableReader<'_> {
    fn read(&mut self) -> Draft {
        let form = self.form;
        let records = if form.is_fixed() {
            1
        } else {
            self.located.rows.len()
        };
        let mut draft = Draft {
            records,
            columns: form
                .variables
                .iter()
                .map(|variable| empty(variable.is_number(), records))
                .collect(),
            marks: Marks::default(),
            dress: Dress {
                usual: vec![CellDress::default(); form.variables.len()],
                ..Dress::default()
            },
            blocks: vec![Block {
                sheet: self.grid.sheet.name.clone(),
                hidden: self.grid.sheet.hidden,
                columns: self.located.columns.clone(),
                rows: self.located.rows.clone(),
                first: 0,
            }],
        };
        let scales: Vec<i8> = (0..form.columns.len())
            .map(|column| self.unit_scale(column))
            .collect();
        let uniform: Vec<bool> = (0..form.columns.len())
            .map(|column| self.is_uniform(column))
            .collect();
        // Row by row, as the cells stand: each is looked at once.
        for at in 0..self.located.rows.len() {
            let Some(row) = self.located.rows[at] else {
                self.absent_row(at, &mut draft);
                continue;
            };
            let cells = self.grid.row(row);
            let mut next = 0;
            let mut order: Vec<(u32, usize)> = Vec::with_capacity(form.columns.len());
            for (column, sheet_column) in self.located.columns.iter().enumerate() {
                let (record, variable) = self.position(at, column);
                match sheet_column {
                    Some(sheet_column) => order.push((*sheet_column, column)),
                    None => mark(&mut draft, record, variable, Absent::NoColumn),
                }
            }
            order.sort_unstable();
            for (sheet_column, column) in order {
                while next < cells.len() && cells[next].cell.column < sheet_column {
                    next += 1;
                }
                let raw = cells
                    .get(next)
                    .filter(|raw| raw.cell.column == sheet_column);
                let cell = Cell::new(row, sheet_column);
                self.cell(
                    at,
                    column,
                    cell,
                    raw,
                    scales[column],
                    uniform[column],
                    &mut draft,
                );
            }
        }
        for column in &mut draft.columns {
            if let DraftColumn::Words(words) = column {
                words.close_gaps();
            }
        }
        draft
    }

    fn position(&self, at: usize, column: usize) -> (usize, usize) {
        if self.form.is_fixed() {
            (0, self.form.variable(column, Some(at)))
        } else {
            (at, column)
        }
    }

    fn absent_row(&self, at: usize, draft: &mut Draft) {
        for column in 0..self.form.columns.len() {
            let (record, variable) = self.position(at, column);
            mark(draft, record, variable, Absent::NoColumn);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of one cell")]
    fn cell(
        &mut self,
        at: usize,
        column: usize,
        cell: Cell,
        raw: Option<&workbook::RawCell<'_>>,
        unit_scale: i8,
        uniform: bool,
        draft: &mut Draft,
    ) {
        let form = self.form;
        let (record, variable) = self.position(at, column);
        let asked_of = &form.variables[variable];
        let read = match raw {
            None => Read::Absent(self.nothing_read(cell)),
            Some(raw) => {
                let format = self.grid.sheet.formats.get(raw.format as usize).copied();
                let asked = Asked {
                    kind: asked_of.kind,
                    unit: asked_of.unit.as_deref(),
                    unit_scale,
                    stated: asked_of.stated,
                    blank_words: &self.rulebook.job.blank_words,
                };
                value::read(&raw.value, format.unwrap_or_default(), &asked)
            }
        };
        // In a form whose instructions say that what is nil is left blank, a blank quantity is 0.
        let nil = form.blank == Blank::Nil && asked_of.adds_up();
        let key = (record_key(record), record_key(variable));
        match read {
            Read::Number {
                value,
                mut dress,
                how,
            } => {
                put_number(draft, record, variable, value);
                if let Some(how) = how {
                    self.how.entry(how).or_insert((cell, 0)).1 += 1;
                }
                if let Some(raw) = raw {
                    if asked_of.stated {
                        self.precision(column, raw, uniform, &mut dress);
                    }
                    if let RawValue::Text(text) = &raw.value {
                        draft.marks.written.insert(key, brief(text));
                    }
                }
                if record == 0 {
                    draft.dress.usual[variable] = dress;
                } else if draft.dress.usual[variable] != dress {
                    draft.dress.other.insert(key, dress);
                }
            }
            Read::Words(words) => put_words(draft, record, variable, &words),
            Read::Absent(Absent::Blank | Absent::Nil) if nil => {
                put_number(draft, record, variable, 0.0);
                draft.marks.absent.insert(key, Absent::Nil);
                draft.dress.usual[variable].scale = unit_scale;
                if let Some(RawValue::Text(text)) = raw.map(|raw| &raw.value) {
                    draft.marks.written.insert(key, brief(text));
                }
            }
            Read::Absent(absent) => {
                // "无" is a figure: none of them.
                if absent == Absent::Nil {
                    put_number(draft, record, variable, 0.0);
                }
                mark(draft, record, variable, absent);
                if let (Absent::Unreadable(why), Some(raw)) = (absent, raw) {
                    draft.marks.written.insert(key, shown(&raw.value, why));
                }
            }
        }
    }

    /// Why nothing was read at a cell: it is blank, or something there has no value to read.
    fn nothing_read(&self, cell: Cell) -> Absent {
        let facts = &self.grid.sheet.facts;
        if facts.without_result.binary_search(&cell).is_ok() {
            return Absent::Unreadable(Unreadable::NoResult);
        }
        if facts.damaged.binary_search(&cell).is_ok() {
            return Absent::Unreadable(Unreadable::Damaged);
        }
        Absent::Blank
    }

    /// At which decimals a figure counts as stated, where its format says other than its value.
    fn precision(
        &self,
        column: usize,
        raw: &workbook::RawCell<'_>,
        uniform: bool,
        dress: &mut CellDress,
    ) {
        if dress.text {
            return;
        }
        let shown = self
            .grid
            .sheet
            .formats
            .get(raw.format as usize)
            .and_then(|f| f.decimals);
        match (self.form.columns[column].precision, shown) {
            (Some(Precision::Typed), _) | (_, None) => {}
            (Some(Precision::Shown), Some(shown)) => dress.decimals = shown,
            // A format that the whole column has is the form's, not the clerk's.
            (None, Some(shown)) if !uniform => dress.decimals = shown,
            (None, Some(_)) => {}
        }
    }

    /// Whether all numbers of a column have one format.
    fn is_uniform(&self, column: usize) -> bool {
        let Some(sheet_column) = self.located.columns[column] else {
            return true;
        };
        let stated = (0..if self.form.is_fixed() {
            self.form.rows.len()
        } else {
            1
        })
            .any(|at| self.form.variables[self.position(at, column).1].stated);
        if !stated {
            return true;
        }
        let mut first = None;
        self.located.rows.iter().flatten().all(|row| {
            let Some(raw) = self.grid.cell(Cell::new(*row, sheet_column)) else {
                return true;
            };
            if !matches!(raw.value, RawValue::Number(_)) {
                return true;
            }
            let format = self.grid.sheet.formats.get(raw.format as usize).copied();
            *first.get_or_insert(format) == format
        })
    }

    /// From the unit that heading or unit line names to the form's, for money.
    fn unit_scale(&self, column: usize) -> i8 {
        let column_asked = &self.form.columns[column];
        if column_asked.kind != Some(Type::Money) {
            return 0;
        }
        let Some(asked) = column_asked.unit.as_deref() else {
            return 0;
        };
        let named = self.located.units[column].as_deref().or(self.unit);
        named
            .and_then(|found| value::money_scale(found, asked))
            .unwrap_or(0)
    }
}

fn record_key(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn mark(draft: &mut Draft, record: usize, variable: usize, absent: Absent) {
    // A blank is what an absent figure is if nothing else is said.
    if absent != Absent::Blank {
        draft
            .marks
            .absent
            .insert((record_key(record), record_key(variable)), absent);
    }
}

/// A column without figures yet. Words are put in order of the records, so a list's columns of
/// words grow as they are read.
fn empty(is_number: bool, records: usize) -> DraftColumn {
    if is_number {
        DraftColumn::Numbers(vec![f64::NAN; records])
    } else {
        DraftColumn::Words(Words {
            bytes: String::new(),
            ends: vec![0; records],
        })
    }
}

fn put_number(draft: &mut Draft, record: usize, variable: usize, value: f64) {
    if let DraftColumn::Numbers(numbers) = &mut draft.columns[variable] {
        numbers[record] = value;
    }
}

/// Records come in order, so a text goes to the end, and all later records end there so far.
fn put_words(draft: &mut Draft, record: usize, variable: usize, words: &str) {
    if let DraftColumn::Words(column) = &mut draft.columns[variable] {
        column.bytes.push_str(words);
        column.ends[record] = u32::try_from(column.bytes.len()).unwrap_or(u32::MAX);
    }
}

/// As much of a cell's text as a finding can quote.
fn brief(text: &str) -> String {
    const MOST: usize = 80;
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What stood in a cell that could not be read.
fn shown(raw: &RawValue<'_>, why: Unreadable) -> String {
    match raw {
        RawValue::Text(text) => brief(text),
        RawValue::Number(x) => brief(&value::plain(*x)),
        RawValue::Date(serial) if why == Unreadable::DateForNumber => {
            let date = workbook::format::Format {
                date: true,
                ..Default::default()
            };
            match value::read(
                &RawValue::Date(*serial),
                date,
                &Asked {
                    kind: Type::Date,
                    unit: None,
                    unit_scale: 0,
                    stated: false,
                    blank_words: &crate::rulebook::written::BlankWords::default(),
                },
            ) {
                Read::Words(words) => words,
                _ => value::plain(*serial),
            }
        }
        RawValue::Date(serial) => value::plain(*serial),
        RawValue::Truth(truth) => truth.to_string().to_uppercase(),
        RawValue::Error(error) => (*error).to_owned(),
    }
}
