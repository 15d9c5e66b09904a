//! A submission's figures: typed columns, where each came from, and how it was dressed.
//!
//! Intake fills a [`Draft`] in a worker process; what arrives is a [`Table`] of polars columns.
//! A record of a list is a row of the sheet; a fixed form is one record whose variables are its
//! cells. Nothing here knows what the figures mean.

use crate::hash;
use crate::number::{self, Exact};
use crate::place::Cell;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, Float64Chunked, IntoSeries, NewChunkedArray, PolarsError,
    StringChunked,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

/// A column on its way from a worker: absent numbers are NaN, absent words are empty.
#[derive(Debug, Clone, PartialEq)]
pub enum DraftColumn {
    /// Canonical numbers in the variable's own unit.
    Numbers(Vec<f64>),
    /// Words.
    Words(Words),
}

/// Many short texts in one piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// All texts, one behind the other.
    pub bytes: String,
    /// Where each ends.
    pub ends: Vec<u32>,
}

impl Words {
    /// Adds a text; an empty one stands for nothing.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// Lets every text that was left out end where the one before it ends.
    pub fn close_gaps(&mut self) {
        let mut last = 0;
        for end in &mut self.ends {
            last = last.max(*end);
            *end = last;
        }
    }

    /// One of the texts.
    pub fn get(&self, at: usize) -> &str {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = at.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(at)).unwrap_or("")
    }

    /// The texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = *end as usize;
            let text = self.bytes.get(start..end).unwrap_or("");
            start = end;
            text
        })
    }
}

/// Why there is no figure in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Absent {
    /// Nothing stands there.
    Blank,
    /// A word that means none, or a blank in a form where that means none; kept as zero.
    Nil,
    /// A word or an error value that means: makes no sense here.
    NotApplicable,
    /// A word that means: not known.
    NotAvailable,
    /// Something stands there that is not what the column asks for.
    Unreadable(Unreadable),
    /// The submission has no such column or row.
    NoColumn,
}

/// Why a cell's content is not what its column asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unreadable {
    /// Words where a number is asked.
    NotANumber,
    /// Another unit or quantity than the column's: 人 in a column of 所, % in one of counts.
    OtherUnit,
    /// Digits were lost: `5.00113E+09`.
    Scientific,
    /// A formula that was typed as text.
    FormulaAsText,
    /// Beyond all measure: no figure of a form has sixteen digits.
    TooLarge,
    /// No day, month or year.
    NotADate,
    /// Neither 是 nor 否.
    NotAFlag,
    /// 约 近 余 以上: never a number.
    Approximate,
    /// `#REF!` and its like.
    ErrorValue,
    /// A date where a number is asked.
    DateForNumber,
    /// A count with decimals or a negative one.
    NotACount,
    /// The reader could not make out the cell.
    Damaged,
    /// A formula whose result was not stored.
    NoResult,
}

/// How a cell's figure stands in the workbook, where it is not the plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CellDress {
    /// Power of ten from what the cell stores to what is kept: −2 for 14.7 in a rate's cell.
    pub scale: i8,
    /// The decimals at which the figure is stated, in the unit that people see.
    pub decimals: u8,
    /// Whether the figure was read from text.
    pub text: bool,
    /// Whether there is more to it than the number, such as a unit: no formula reads it then.
    pub worded: bool,
}

/// The dress of a table: a default for each variable, and the cells that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dress {
    /// By variable.
    pub usual: Vec<CellDress>,
    /// By record and variable.
    #[serde(with = "pairs")]
    pub other: BTreeMap<(u32, u32), CellDress>,
}

/// Where a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The file, where it is another than the rest of the submission came from.
    pub file: Option<&'a str>,
    /// The sheet.
    pub sheet: &'a str,
    /// The cell.
    pub cell: Cell,
}

/// Which sheet, rows and columns a stretch of records came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The file, where it is another than the rest of the submission came from: a correction.
    pub file: Option<String>,
    /// The sheet's name.
    pub sheet: String,
    /// Whether the sheet is hidden.
    pub hidden: bool,
    /// The sheet column of each column of the form; none where the sheet has no such column.
    pub columns: Vec<Option<u32>>,
    /// The sheet row of each record (list) or of each row of the form (fixed).
    pub rows: Vec<Option<u32>>,
    /// The first record of the block.
    pub first: u32,
}

/// Places of what is no plain number, and the text that stood there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Why there is no figure, where it is not simply blank.
    #[serde(with = "pairs")]
    pub absent: BTreeMap<(u32, u32), Absent>,
    /// What stood in cells that could not be taken as they were.
    #[serde(with = "pairs")]
    pub written: BTreeMap<(u32, u32), String>,
}

/// JSON has no maps with pairs as keys: they travel as lists.
mod pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    type Pairs<T> = BTreeMap<(u32, u32), T>;

    pub fn serialize<T: Serialize, S: Serializer>(
        map: &Pairs<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<Pairs<T>, D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Vec::<((u32, u32), T)>::deserialize(from).map(|list| list.into_iter().collect())
    }
}

/// A table as intake leaves it: everything but the polars columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// How many records.
    pub records: usize,
    /// By variable.
    pub columns: Vec<DraftColumn>,
    /// What is known of single cells.
    pub marks: Marks,
    /// How the figures are dressed.
    pub dress: Dress,
    /// Where the records came from.
    pub blocks: Vec<Block>,
}

impl Draft {
    /// Puts another list's records behind these: a list that is spread over sheets.
    pub fn append(&mut self, other: Self) {
        let shift = u32::try_from(self.records).unwrap_or(u32::MAX);
        let moved = |key: &(u32, u32)| (key.0 + shift, key.1);
        for record in 0..other.records {
            for variable in 0..other.columns.len() {
                let key = key(record, variable);
                let dress = other.dress.of(key);
                if dress != self.dress.usual.get(variable).copied().unwrap_or_default() {
                    self.dress.other.insert(moved(&key), dress);
                }
            }
        }
        self.records += other.records;
        for (own, more) in self.columns.iter_mut().zip(other.columns) {
            match (own, more) {
                (DraftColumn::Numbers(own), DraftColumn::Numbers(more)) => own.extend(more),
                (DraftColumn::Words(own), DraftColumn::Words(more)) => {
                    for word in more.iter() {
                        own.push(word);
                    }
                }
                _ => {}
            }
        }
        let Marks { absent, written } = other.marks;
        let marks = &mut self.marks;
        marks
            .absent
            .extend(absent.iter().map(|(k, v)| (moved(k), *v)));
        marks
            .written
            .extend(written.into_iter().map(|(k, v)| (moved(&k), v)));
        self.blocks
            .extend(other.blocks.into_iter().map(|mut block| {
                block.first += shift;
                block
            }));
    }

    /// Why a record has no figure here; `None` where it has one.
    pub fn absent(&self, record: usize, variable: usize) -> Option<Absent> {
        let mark = self.marks.absent.get(&key(record, variable)).copied();
        match (self.figure(record, variable), mark) {
            (Figure::Nothing, mark) => Some(mark.unwrap_or(Absent::Blank)),
            (_, Some(Absent::Nil)) => Some(Absent::Nil),
            _ => None,
        }
    }

    /// A hash of all figures: the same figures have the same one.
    pub fn fingerprint(&self) -> String {
        let mut bytes: Vec<u8> = Vec::new();
        for column in &self.columns {
            match column {
                DraftColumn::Numbers(numbers) => {
                    bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
                }
                DraftColumn::Words(words) => {
                    bytes.extend(words.bytes.as_bytes());
                    bytes.extend(words.ends.iter().flat_map(|end| end.to_le_bytes()));
                }
            }
        }
        hash::of(&bytes)
    }

    /// The exact sum of a column's figures.
    pub fn sum(&self, variable: usize) -> Exact {
        match self.columns.get(variable) {
            Some(DraftColumn::Numbers(numbers)) => {
                number::sum(numbers.iter().copied().filter(|x| !x.is_nan())).0
            }
            _ => Exact::default(),
        }
    }

    /// Where a variable of a record stands on its sheet.
    pub fn cell(&self, record: usize, column: usize, row: Option<usize>) -> Option<(&str, Cell)> {
        self.blocks.iter().find_map(|block| {
            let at = row.unwrap_or(record.checked_sub(block.first as usize)?);
            let row = (*block.rows.get(at)?)?;
            let column = (*block.columns.get(column)?)?;
            Some((block.sheet.as_str(), Cell::new(row, column)))
        })
    }

    /// This list with some records replaced by a correction's: pairs of own record and the
    /// correction's. `file` is where the correction came from.
    #[must_use]
    pub fn corrected(&self, by: &Self, pairs: &[(usize, usize)], file: &str) -> Self {
        let replaced: BTreeMap<usize, usize> = pairs.iter().copied().collect();
        let mut columns = Vec::with_capacity(self.columns.len());
        for (own, other) in self.columns.iter().zip(&by.columns) {
            columns.push(match (own, other) {
                (DraftColumn::Numbers(own), DraftColumn::Numbers(other)) => {
                    let mut own = own.clone();
                    for (at, from) in &replaced {
                        own[*at] = other[*from];
                    }
                    DraftColumn::Numbers(own)
                }
                (DraftColumn::Words(own), DraftColumn::Words(other)) => {
                    let mut words = Words::default();
                    for (at, word) in own.iter().enumerate() {
                        words.push(replaced.get(&at).map_or(word, |from| other.get(*from)));
                    }
                    DraftColumn::Words(words)
                }
                (own, _) => own.clone(),
            });
        }
        let is_own = |key: &(u32, u32)| !replaced.contains_key(&(key.0 as usize));
        let (mut marks, mut dress) = (self.marks.clone(), self.dress.clone());
        marks.absent.retain(|key, _| is_own(key));
        marks.written.retain(|key, _| is_own(key));
        dress.other.retain(|key, _| is_own(key));
        let mut blocks = Vec::new();
        for (at, from) in &replaced {
            for variable in 0..columns.len() {
                let (to, from) = (key(*at, variable), key(*from, variable));
                marks
                    .absent
                    .extend(by.marks.absent.get(&from).map(|v| (to, *v)));
                marks
                    .written
                    .extend(by.marks.written.get(&from).map(|v| (to, v.clone())));
                dress.other.insert(to, by.dress.of(from));
            }
            let first = u32::try_from(*at).unwrap_or(u32::MAX);
            blocks.extend(by.blocks.iter().find_map(|block| {
                let row = *block.rows.get(from.checked_sub(block.first as usize)?)?;
                Some(Block {
                    file: Some(file.to_owned()),
                    rows: vec![row],
                    first,
                    ..block.clone()
                })
            }));
        }
        blocks.extend(self.blocks.iter().cloned());
        Self {
            records: self.records,
            columns,
            marks,
            dress,
            blocks,
        }
    }

    /// These figures as they would be if they stood where another's stand.
    #[must_use]
    pub fn on_sheet_of(&self, other: &Self) -> Self {
        Self {
            blocks: other.blocks.clone(),
            ..self.clone()
        }
    }

    /// Takes over these variables of the one record of another fixed form: a form that is spread
    /// over sheets.
    pub fn take_over(&mut self, other: Self, variables: &[usize]) {
        for variable in variables.iter().copied() {
            let at = key(0, variable);
            match (self.columns.get_mut(variable), other.columns.get(variable)) {
                (Some(DraftColumn::Numbers(own)), Some(DraftColumn::Numbers(more))) => {
                    own.clone_from(more);
                }
                (Some(DraftColumn::Words(own)), Some(DraftColumn::Words(more))) => {
                    own.clone_from(more);
                }
                _ => {}
            }
            if let Some(usual) = self.dress.usual.get_mut(variable) {
                *usual = other.dress.of(at);
            }
            self.marks.absent.remove(&at);
            self.marks.written.remove(&at);
            if let Some(absent) = other.marks.absent.get(&at) {
                self.marks.absent.insert(at, *absent);
            }
            if let Some(written) = other.marks.written.get(&at) {
                self.marks.written.insert(at, written.clone());
            }
        }
        self.blocks.extend(other.blocks);
    }
}

impl Dress {
    /// How a cell is dressed.
    fn of(&self, key: (u32, u32)) -> CellDress {
        let usual = || self.usual.get(key.1 as usize);
        self.other
            .get(&key)
            .or_else(usual)
            .copied()
            .unwrap_or_default()
    }
}

/// What a record has in one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure<'a> {
    /// A number.
    Number(f64),
    /// Words.
    Word(&'a str),
    /// Nothing.
    Nothing,
}

impl Figure<'_> {
    /// As text; nothing is empty.
    pub fn shown(self) -> String {
        match self {
            Self::Number(x) => number::show(&number::exact(x)),
            Self::Word(word) => word.to_owned(),
            Self::Nothing => String::new(),
        }
    }
}

/// Figures by record and variable, on their way or arrived.
pub trait Records {
    /// How many records there are.
    fn count(&self) -> usize;

    /// What a record has in one place.
    fn figure(&self, record: usize, variable: usize) -> Figure<'_>;

    /// The cell in which a figure of a column, and in a fixed form of a row, stands.
    fn place(&self, record: usize, column: usize, row: Option<usize>) -> Option<Cell>;

    /// The key of each record of a list: its words or figures joined.
    fn keys(&self, variables: &[usize]) -> Vec<String> {
        let key = |record: usize| {
            let parts = variables
                .iter()
                .map(|variable| self.figure(record, *variable).shown());
            parts.collect::<Vec<_>>().join(" ")
        };
        (0..self.count()).map(key).collect()
    }
}

impl Records for Draft {
    fn count(&self) -> usize {
        self.records
    }

    fn figure(&self, record: usize, variable: usize) -> Figure<'_> {
        match self.columns.get(variable) {
            Some(DraftColumn::Numbers(numbers)) => match numbers.get(record) {
                Some(x) if !x.is_nan() => Figure::Number(*x),
                _ => Figure::Nothing,
            },
            Some(DraftColumn::Words(words)) => match words.get(record) {
                "" => Figure::Nothing,
                word => Figure::Word(word),
            },
            None => Figure::Nothing,
        }
    }

    fn place(&self, record: usize, column: usize, row: Option<usize>) -> Option<Cell> {
        self.cell(record, column, row).map(|(_, cell)| cell)
    }
}

impl Records for Table {
    fn count(&self) -> usize {
        self.records
    }

    fn figure(&self, record: usize, variable: usize) -> Figure<'_> {
        let number = self.number(record, variable).map(Figure::Number);
        let word = || self.word(record, variable).map(Figure::Word);
        number.or_else(word).unwrap_or(Figure::Nothing)
    }

    fn place(&self, record: usize, column: usize, row: Option<usize>) -> Option<Cell> {
        self.spot(record, column, row).map(|spot| spot.cell)
    }
}

/// The figures of a submission, or of several stacked ones.
#[derive(Debug, Clone)]
pub struct Table {
    records: usize,
    columns: Vec<Values>,
    marks: Marks,
    dress: Dress,
    /// Where the records came from.
    pub blocks: Vec<Block>,
    /// The sums of a list's columns once somebody has asked for them: nearly every report does. A
    /// few records are added up anew.
    sums: Vec<OnceLock<Box<(Exact, usize)>>>,
}

/// Of more records than this sums are kept.
const FEW: usize = 8;

#[derive(Debug, Clone)]
enum Values {
    Numbers(Float64Chunked),
    Words(StringChunked),
}

impl From<Draft> for Table {
    fn from(draft: Draft) -> Self {
        let columns: Vec<Values> = draft
            .columns
            .into_iter()
            .map(|column| match column {
                DraftColumn::Numbers(numbers) if numbers.iter().any(|x| x.is_nan()) => {
                    let numbers = numbers.into_iter().map(|x| (!x.is_nan()).then_some(x));
                    Values::Numbers(Float64Chunked::from_iter_options("".into(), numbers))
                }
                DraftColumn::Numbers(numbers) => {
                    Values::Numbers(Float64Chunked::from_vec("".into(), numbers))
                }
                DraftColumn::Words(words) => Values::Words(StringChunked::from_iter_options(
                    "".into(),
                    words.iter().map(|word| (!word.is_empty()).then_some(word)),
                )),
            })
            .collect();
        let sums = if draft.records > FEW {
            columns.iter().map(|_| OnceLock::new()).collect()
        } else {
            Vec::new()
        };
        Self {
            records: draft.records,
            columns,
            marks: draft.marks,
            dress: draft.dress,
            blocks: draft.blocks,
            sums,
        }
    }
}

impl Table {
    /// How many records there are.
    pub fn records(&self) -> usize {
        self.records
    }

    /// A record's figure, if it has one; an empty list has none at any record.
    pub fn number(&self, record: usize, variable: usize) -> Option<f64> {
        match self.columns.get(variable)? {
            Values::Numbers(numbers) if record < self.records => numbers.get(record),
            Values::Numbers(_) | Values::Words(_) => None,
        }
    }

    /// A record's words, if it has any.
    pub fn word(&self, record: usize, variable: usize) -> Option<&str> {
        match self.columns.get(variable)? {
            Values::Words(words) if record < self.records => words.get(record),
            Values::Words(_) | Values::Numbers(_) => None,
        }
    }

    /// A stretch of a column of figures, NaN where there is none.
    pub fn floats(&self, variable: usize, records: Range<usize>) -> Vec<f64> {
        match self.columns.get(variable) {
            Some(Values::Numbers(numbers)) => match numbers.cont_slice() {
                Ok(plain) => plain.get(records).unwrap_or_default().to_vec(),
                Err(_) => records
                    .map(|record| numbers.get(record).unwrap_or(f64::NAN))
                    .collect(),
            },
            _ => vec![f64::NAN; records.len()],
        }
    }

    /// The same with another figure in one place.
    #[must_use]
    pub fn with_number(&self, record: usize, variable: usize, figure: f64) -> Self {
        let mut changed = self.clone();
        if let Some(Values::Numbers(numbers)) = changed.columns.get_mut(variable) {
            let all = numbers.iter().enumerate();
            let figures = all.map(|(at, x)| if at == record { Some(figure) } else { x });
            *numbers = Float64Chunked::from_iter_options("".into(), figures);
        }
        changed.marks.absent.remove(&key(record, variable));
        if let Some(sum) = changed.sums.get_mut(variable) {
            sum.take();
        }
        changed
    }

    /// The sum of a column's figures, and how many there are.
    pub fn sum(&self, variable: usize) -> (Exact, usize) {
        let Some(Values::Numbers(numbers)) = self.columns.get(variable) else {
            return (Exact::default(), 0);
        };
        let sum = || number::sum(numbers.iter().flatten());
        match self.sums.get(variable) {
            Some(known) => (**known.get_or_init(|| Box::new(sum()))).clone(),
            None => sum(),
        }
    }

    /// Why a record has no figure here; `None` where it has one.
    pub fn absent(&self, record: usize, variable: usize) -> Option<Absent> {
        let mark = self.marks.absent.get(&key(record, variable)).copied();
        let there = match self.columns.get(variable) {
            Some(Values::Numbers(_)) => self.number(record, variable).is_some(),
            Some(Values::Words(_)) => self.word(record, variable).is_some(),
            None => return Some(Absent::NoColumn),
        };
        match (there, mark) {
            (true, Some(Absent::Nil)) => Some(Absent::Nil),
            (true, _) => None,
            (false, mark) => Some(mark.unwrap_or(Absent::Blank)),
        }
    }

    /// Whether every record has a plain figure or word here.
    pub fn is_full(&self, variable: usize) -> bool {
        let nulls = match self.columns.get(variable) {
            Some(Values::Numbers(numbers)) => numbers.null_count(),
            Some(Values::Words(words)) => words.null_count(),
            None => return false,
        };
        nulls == 0
    }

    /// The text that stood in a cell, where it was not the plain figure.
    pub fn written(&self, record: usize, variable: usize) -> Option<&str> {
        self.marks
            .written
            .get(&key(record, variable))
            .map(String::as_str)
    }

    /// How a cell is dressed.
    pub fn dress(&self, record: usize, variable: usize) -> CellDress {
        self.dress.of(key(record, variable))
    }

    /// Where a variable of a record stands. `column` and `row` are the positions of the
    /// variable's column and, in a fixed form, row.
    pub fn spot(&self, record: usize, column: usize, row: Option<usize>) -> Option<Spot<'_>> {
        let wanted = u32::try_from(record).ok()?;
        // The first block that has the record says where it stands: corrections come before what
        // they correct. A fixed form's stacked records have one block each, or several where the
        // form is spread over sheets.
        let mut blocks = self.blocks.iter().filter(|block| {
            block.first <= wanted
                && (row.is_some() && block.first == wanted
                    || row.is_none() && ((wanted - block.first) as usize) < block.rows.len())
        });
        blocks.find_map(|block| {
            let at = row.unwrap_or((wanted - block.first) as usize);
            let sheet_row = (*block.rows.get(at)?)?;
            let sheet_column = (*block.columns.get(column)?)?;
            Some(Spot {
                file: block.file.as_deref(),
                sheet: &block.sheet,
                cell: Cell::new(sheet_row, sheet_column),
            })
        })
    }

    /// Whether some of the figures came from this file, as a correction of the rest.
    pub fn is_corrected_by(&self, file: &str) -> bool {
        let mut files = self.blocks.iter().filter_map(|block| block.file.as_deref());
        files.any(|known| known == file)
    }

    /// The record of a list that stands in a row of a sheet of a file: of a correction, or of
    /// what the rest came from.
    pub fn record_at(&self, file: &str, sheet: &str, row: u32) -> Option<usize> {
        let corrects = self.is_corrected_by(file);
        self.blocks
            .iter()
            .filter(|block| block.sheet == sheet && block.file.is_some() == corrects)
            .find_map(|block| {
                let at = block.rows.iter().position(|r| *r == Some(row))?;
                Some(block.first as usize + at)
            })
    }

    /// Tables of one form one under the other, in this order.
    pub fn stack(tables: &[&Self]) -> Self {
        let mut first = 0_u32;
        let mut stacked = Draft::default();
        let variables = tables.first().map_or(0, |table| table.columns.len());
        for table in tables {
            stacked
                .blocks
                .extend(table.blocks.iter().cloned().map(|mut block| {
                    block.first += first;
                    block
                }));
            let moved = |key: &(u32, u32)| (key.0 + first, key.1);
            stacked
                .marks
                .absent
                .extend(table.marks.absent.iter().map(|(k, v)| (moved(k), *v)));
            let written = table.marks.written.iter();
            stacked
                .marks
                .written
                .extend(written.map(|(k, v)| (moved(k), v.clone())));
            for variable in 0..variables {
                for record in 0..table.records {
                    let key = key(record, variable);
                    stacked
                        .dress
                        .other
                        .insert(moved(&key), table.dress(record, variable));
                }
            }
            first += u32::try_from(table.records).unwrap_or(0);
        }
        stacked.records = first as usize;
        stacked.columns = (0..variables)
            .map(|variable| {
                let is_number = tables
                    .iter()
                    .any(|table| matches!(table.columns.get(variable), Some(Values::Numbers(_))));
                if is_number {
                    return DraftColumn::Numbers(
                        tables
                            .iter()
                            .flat_map(|table| table.floats(variable, 0..table.records))
                            .collect(),
                    );
                }
                let mut words = Words::default();
                for table in tables {
                    for record in 0..table.records {
                        words.push(table.word(record, variable).unwrap_or(""));
                    }
                }
                DraftColumn::Words(words)
            })
            .collect();
        stacked.into()
    }

    /// The table as a data frame under the given names, one for each variable.
    ///
    /// # Errors
    /// When two names are the same.
    pub fn frame(&self, names: &[String]) -> Result<DataFrame, PolarsError> {
        let columns = self.columns.iter().zip(names).map(|(values, name)| {
            let series = match values {
                Values::Numbers(numbers) => numbers.clone().into_series(),
                Values::Words(words) => words.clone().into_series(),
            };
            PolarsColumn::from(series.with_name(name.as_str().into()))
        });
        DataFrame::new_infer_height(columns.collect())
    }
}

fn key(record: usize, variable: usize) -> (u32, u32) {
    (
        u32::try_from(record).unwrap_or(u32::MAX),
        u32::try_from(variable).unwrap_or(u32::MAX),
    )
}
