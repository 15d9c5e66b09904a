//! A submission's figures: typed columns, where each came from, and how it was dressed.
//!
//! Intake fills a [`Draft`] in a worker process; what arrives is a [`Table`] of polars columns.
//! A record of a list is a row of the sheet; a fixed form is one record whose variables are its
//! cells. Nothing here knows what the figures mean.

use crate::number::{self, Exact};
use crate::place::Cell;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, Float64Chunked, IntoSeries, NewChunkedArray, PolarsError,
    StringChunked,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// Which sheet, rows and columns a stretch of records came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
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

/// The figures of a submission, or of several stacked ones.
#[derive(Debug, Clone)]
pub struct Table {
    records: usize,
    columns: Vec<Values>,
    marks: Marks,
    dress: Dress,
    /// Where the records came from.
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
enum Values {
    Numbers(Float64Chunked),
    Words(StringChunked),
}

impl From<Draft> for Table {
    fn from(draft: Draft) -> Self {
        let columns = draft
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
        Self {
            records: draft.records,
            columns,
            marks: draft.marks,
            dress: draft.dress,
            blocks: draft.blocks,
        }
    }
}

impl Table {
    /// How many records there are.
    pub fn records(&self) -> usize {
        self.records
    }

    /// A record's figure, if it has one.
    pub fn number(&self, record: usize, variable: usize) -> Option<f64> {
        match self.columns.get(variable)? {
            Values::Numbers(numbers) => numbers.get(record),
            Values::Words(_) => None,
        }
    }

    /// A record's words, if it has any.
    pub fn word(&self, record: usize, variable: usize) -> Option<&str> {
        match self.columns.get(variable)? {
            Values::Words(words) => words.get(record),
            Values::Numbers(_) => None,
        }
    }

    /// A whole column of figures, NaN where there is none.
    pub fn floats(&self, variable: usize) -> Vec<f64> {
        match self.columns.get(variable) {
            Some(Values::Numbers(numbers)) => {
                numbers.iter().map(|x| x.unwrap_or(f64::NAN)).collect()
            }
            _ => vec![f64::NAN; self.records],
        }
    }

    /// The sum of a column's figures, and how many there are.
    pub fn sum(&self, variable: usize) -> (Exact, usize) {
        let mut sum = Exact::default();
        let mut count = 0;
        // Nearly all figures are whole millionths, which add up without big numbers.
        let mut millionths = 0_i128;
        if let Some(Values::Numbers(numbers)) = self.columns.get(variable) {
            for x in numbers.iter().flatten() {
                count += 1;
                match number::millionths(x) {
                    Some(scaled) => millionths += i128::from(scaled),
                    None => sum += number::exact(x),
                }
            }
        }
        let fine = Exact::from_integer(millionths.into()) * number::power_of_ten(-6);
        (sum + fine, count)
    }

    /// Why a record has no figure here; `None` where it has one.
    pub fn absent(&self, record: usize, variable: usize) -> Option<Absent> {
        let mark = self.marks.absent.get(&key(record, variable)).copied();
        let there = match self.columns.get(variable) {
            Some(Values::Numbers(numbers)) => numbers.get(record).is_some(),
            Some(Values::Words(words)) => words.get(record).is_some(),
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
        self.dress
            .other
            .get(&key(record, variable))
            .or_else(|| self.dress.usual.get(variable))
            .copied()
            .unwrap_or_default()
    }

    /// The sheet and cell of a variable of a record. `column` and `row` are the positions of
    /// the variable's column and, in a fixed form, row.
    pub fn cell(&self, record: usize, column: usize, row: Option<usize>) -> Option<(&str, Cell)> {
        let wanted = u32::try_from(record).ok()?;
        // Blocks are in order of their first record; a fixed form's stacked records have one each,
        // or several where the form is spread over sheets.
        let mut blocks = self.blocks.iter().filter(|block| {
            block.first <= wanted
                && (row.is_some() && block.first == wanted
                    || row.is_none() && ((wanted - block.first) as usize) < block.rows.len())
        });
        blocks.find_map(|block| {
            let at = row.unwrap_or((wanted - block.first) as usize);
            let sheet_row = (*block.rows.get(at)?)?;
            let sheet_column = (*block.columns.get(column)?)?;
            Some((block.sheet.as_str(), Cell::new(sheet_row, sheet_column)))
        })
    }

    /// The record of a list that stands in a row of a sheet.
    pub fn record_at(&self, sheet: &str, row: u32) -> Option<usize> {
        self.blocks
            .iter()
            .filter(|block| block.sheet == sheet)
            .find_map(|block| {
                let at = block.rows.iter().position(|r| *r == Some(row))?;
                Some(block.first as usize + at)
            })
    }

    /// The record, as a list's key names it, of each record: its words or figures joined.
    pub fn keys(&self, variables: &[usize]) -> Vec<String> {
        (0..self.records)
            .map(|record| {
                let parts: Vec<String> = variables
                    .iter()
                    .map(|variable| match self.word(record, *variable) {
                        Some(word) => word.to_owned(),
                        None => self
                            .number(record, *variable)
                            .map_or_else(String::new, |x| x.to_string()),
                    })
                    .collect();
                parts.join(" ")
            })
            .collect()
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
                            .flat_map(|table| table.floats(variable))
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
