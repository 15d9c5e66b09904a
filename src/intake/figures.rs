//! The figures of a located table, each read as what its column asks for.

use super::grid::Grid;
use super::locate::Located;
use super::value::{self, Asked, How, Read};
use crate::place::Cell;
use crate::rulebook::form::{Form, Variable};
use crate::rulebook::written::{Blank, BlankWords, Precision, Type};
use crate::table::{Absent, Block, CellDress, Draft, DraftColumn, Dress, Marks, Unreadable, Words};
use crate::workbook::{RawCell, Value};
use std::collections::BTreeMap;

/// How figures were read that do not stand as plain numbers: the first cell, and how many.
pub(super) type Ways = BTreeMap<How, (Cell, u64)>;

/// A figure in a row of a list that adds others up.
pub(super) struct SumFigure {
    /// Its variable.
    pub variable: usize,
    /// Where it stands.
    pub cell: Cell,
    /// The figure.
    pub value: f64,
}

/// Reads a table.
pub(super) struct Reader<'a> {
    /// The form.
    pub form: &'a Form,
    /// The sheet.
    pub grid: &'a Grid<'a>,
    /// Where its table stands.
    pub located: &'a Located,
    /// Words that stand for no figure.
    pub blank_words: &'a BlankWords,
    /// The unit that the unit line names.
    pub unit: Option<&'a str>,
    /// What was read otherwise than it is written.
    pub ways: Ways,
}

impl Reader<'_> {
    /// The figures of all records.
    pub fn read(&mut self) -> Draft {
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
                file: None,
                sheet: self.grid.sheet.name.clone(),
                hidden: self.grid.sheet.hidden,
                columns: self.located.columns.clone(),
                rows: self.located.rows.clone(),
                first: 0,
            }],
        };
        let scales = self.unit_scales();
        let uniform: Vec<bool> = (0..form.columns.len())
            .map(|column| self.is_uniform(column))
            .collect();
        let mut order: Vec<(u32, usize)> = Vec::with_capacity(form.columns.len());
        for (column, sheet_column) in self.located.columns.iter().enumerate() {
            order.extend(sheet_column.map(|sheet_column| (sheet_column, column)));
        }
        order.sort_unstable();
        // Row by row, as the cells stand: each is looked at once.
        for at in 0..self.located.rows.len() {
            for (column, sheet_column) in self.located.columns.iter().enumerate() {
                if sheet_column.is_none() || self.located.rows[at].is_none() {
                    let (record, variable) = self.position(at, column);
                    mark(&mut draft, record, variable, Absent::NoColumn);
                }
            }
            let Some(row) = self.located.rows[at] else {
                continue;
            };
            let cells = self.grid.row(row);
            let mut next = 0;
            for (sheet_column, column) in &order {
                while next < cells.len() && cells[next].cell.column < *sheet_column {
                    next += 1;
                }
                let raw = cells.get(next);
                let raw = raw.filter(|raw| raw.cell.column == *sheet_column);
                let cell = Cell::new(row, *sheet_column);
                let position = self.position(at, *column);
                let read_as = ReadAs {
                    scale: scales[position.1],
                    is_uniform: uniform[*column],
                };
                self.cell(position, cell, raw, read_as, &mut draft);
            }
        }
        for column in &mut draft.columns {
            if let DraftColumn::Words(words) = column {
                words.close_gaps();
            }
        }
        draft
    }

    /// The figures of a row that is no record, of columns that can be added up: it adds records
    /// up, or could not be read as one.
    pub fn sums(&self, row: u32) -> Vec<SumFigure> {
        let scales = self.unit_scales();
        let of_column = |variable: usize| {
            let asked_of = &self.form.variables[variable];
            let column = self.located.columns[asked_of.column].filter(|_| asked_of.adds_up())?;
            let cell = Cell::new(row, column);
            let raw = self.grid.cell(cell)?;
            let asked = self.asked(variable, scales[variable]);
            let format = self.grid.sheet.format(raw);
            match value::read(self.grid.sheet.value(raw), format, &asked) {
                Read::Number { value, .. } => Some(SumFigure {
                    variable,
                    cell,
                    value,
                }),
                _ => None,
            }
        };
        (0..self.form.variables.len())
            .filter_map(of_column)
            .collect()
    }

    fn position(&self, at: usize, column: usize) -> (usize, usize) {
        if self.form.is_fixed() {
            (0, self.form.variable(column, Some(at)))
        } else {
            (at, column)
        }
    }

    fn asked(&self, variable: usize, unit_scale: i8) -> Asked<'_> {
        let asked_of = &self.form.variables[variable];
        Asked {
            kind: asked_of.kind,
            unit: asked_of.unit.as_deref(),
            unit_scale,
            stated: asked_of.stated,
            is_change: asked_of.is_change,
            blank_words: self.blank_words,
        }
    }

    fn cell(
        &mut self,
        (record, variable): (usize, usize),
        cell: Cell,
        raw: Option<&RawCell>,
        read_as: ReadAs,
        draft: &mut Draft,
    ) {
        let form = self.form;
        let asked_of = &form.variables[variable];
        let stands = raw.map(|raw| self.grid.sheet.value(raw));
        let read = match (raw, stands) {
            (Some(_), Some(_)) if self.is_damaged(cell) => {
                Read::Absent(Absent::Unreadable(Unreadable::Damaged))
            }
            (Some(raw), Some(value)) => {
                let format = self.grid.sheet.format(raw);
                value::read(value, format, &self.asked(variable, read_as.scale))
            }
            _ => Read::Absent(self.nothing_read(cell)),
        };
        // In a form whose instructions say that what is nil is left blank, a blank quantity is 0.
        let nil = form.blank == Blank::Nil && asked_of.adds_up();
        let key = (key(record), key(variable));
        match read {
            Read::Number {
                value,
                mut dress,
                how,
            } => {
                put_number(draft, record, variable, value);
                self.note(how, cell);
                dress.worded = dress.text && how != Some(How::TextAsNumber);
                if let Some(raw) = raw.filter(|_| asked_of.stated) {
                    self.precision(asked_of.column, raw, read_as.is_uniform, &mut dress);
                }
                if let Some(Value::Text(text)) = stands {
                    draft.marks.written.insert(key, brief(text));
                }
                if record == 0 {
                    draft.dress.usual[variable] = dress;
                } else if draft.dress.usual[variable] != dress {
                    draft.dress.other.insert(key, dress);
                }
            }
            Read::Words { text, how } => {
                put_words(draft, record, variable, &text);
                self.note(how, cell);
            }
            Read::Absent(Absent::Blank | Absent::Nil) if nil => {
                put_number(draft, record, variable, 0.0);
                draft.marks.absent.insert(key, Absent::Nil);
                draft.dress.usual[variable].scale = read_as.scale;
                if let Some(Value::Text(text)) = stands {
                    draft.marks.written.insert(key, brief(text));
                }
            }
            Read::Absent(absent) => {
                // "无" is a figure: none of them.
                if absent == Absent::Nil {
                    put_number(draft, record, variable, 0.0);
                }
                mark(draft, record, variable, absent);
                if let (Absent::Unreadable(why), Some(value)) = (absent, stands) {
                    draft.marks.written.insert(key, shown(value, why));
                }
            }
        }
    }

    fn note(&mut self, how: Option<How>, cell: Cell) {
        if let Some(how) = how {
            self.ways.entry(how).or_insert((cell, 0)).1 += 1;
        }
    }

    /// Why nothing was read at a cell: it is blank, or something there has no value to read.
    fn nothing_read(&self, cell: Cell) -> Absent {
        let facts = &self.grid.sheet.facts;
        if facts.without_result.binary_search(&cell).is_ok() {
            return Absent::Unreadable(Unreadable::NoResult);
        }
        if self.is_damaged(cell) {
            return Absent::Unreadable(Unreadable::Damaged);
        }
        Absent::Blank
    }

    /// Whether the reader could not make out a cell, though something of it may have come.
    fn is_damaged(&self, cell: Cell) -> bool {
        self.grid.sheet.facts.damaged.binary_search(&cell).is_ok()
    }

    /// At which decimals a figure counts as stated, where its format says other than its value.
    fn precision(&self, column: usize, raw: &RawCell, uniform: bool, dress: &mut CellDress) {
        if dress.text {
            return;
        }
        match (
            self.form.columns[column].precision,
            self.grid.sheet.format(raw).decimals,
        ) {
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
        let rows = if self.form.is_fixed() {
            self.form.rows.len()
        } else {
            1
        };
        let stated = (0..rows).any(|at| self.form.variables[self.position(at, column).1].stated);
        if !stated {
            return true;
        }
        let mut first = None;
        self.located.rows.iter().flatten().all(|row| {
            let Some(raw) = self.grid.cell(Cell::new(*row, sheet_column)) else {
                return true;
            };
            if !self.grid.is_number(raw) {
                return true;
            }
            let format = self.grid.sheet.format(raw);
            *first.get_or_insert(format) == format
        })
    }

    /// By variable: from the unit that the sheet names to the form's, for money. What stands
    /// nearest says it: the heading, then the row's own unit, then the line over the table.
    fn unit_scales(&self) -> Vec<i8> {
        let unit_column = self.form.unit_column();
        let of_rows: Vec<Option<String>> = self
            .located
            .rows
            .iter()
            .map(|row| {
                let cell = Cell::new((*row)?, self.located.columns[unit_column?]?);
                self.grid.text(self.grid.cell(cell)?).map(str::to_owned)
            })
            .collect();
        let scale = |variable: &Variable| {
            let asked = variable
                .unit
                .as_deref()
                .filter(|_| variable.kind == Type::Money)?;
            let of_row = variable.row.and_then(|row| of_rows[row].as_deref());
            let named = [
                self.located.units[variable.column].as_deref(),
                of_row,
                self.unit,
            ];
            let mut named = named.into_iter().flatten();
            named.find_map(|named| value::money_scale_among(named, asked))
        };
        let scales = self.form.variables.iter();
        scales
            .map(|variable| scale(variable).unwrap_or(0))
            .collect()
    }
}

/// What the sheet says of how a cell is to be read.
#[derive(Clone, Copy)]
struct ReadAs {
    /// From the unit that the sheet names to the form's.
    scale: i8,
    /// Whether all numbers of its column have one format.
    is_uniform: bool,
}

fn key(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn mark(draft: &mut Draft, record: usize, variable: usize, absent: Absent) {
    // A blank is what an absent figure is if nothing else is said.
    if absent != Absent::Blank {
        draft
            .marks
            .absent
            .insert((key(record), key(variable)), absent);
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
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 80;
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What stood in a cell that could not be read.
fn shown(value: Value<'_>, why: Unreadable) -> String {
    match value {
        Value::Text(text) => brief(text),
        Value::Number(x) if !x.is_finite() => x.to_string(),
        Value::Number(x) => brief(&value::plain(x)),
        Value::Date(serial) if why == Unreadable::DateForNumber => {
            value::day(serial).unwrap_or_else(|| value::plain(serial))
        }
        Value::Date(serial) => value::plain(serial),
        Value::Truth(truth) => truth.to_string().to_uppercase(),
        Value::Error(error) => error.to_owned(),
    }
}
