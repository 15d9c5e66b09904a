//! Submitted files as raw sheets: cells, number formats, and the facts about a sheet.
//!
//! Each file format, and each library that reads one, is known to one file here; what comes
//! out is the same for all: a [`Book`]. Foreign bytes are only touched in worker processes: the
//! libraries are good, but a crafted file can make them abort, and nothing within a process
//! helps then.
//!
//! What a sheet means is for `intake`.

pub mod archive;
mod facts;
pub mod format;
mod formula;
mod html;
mod ods;
pub mod overlay;
mod package;
pub mod plain;
pub mod sniff;
mod text;
mod xls;
mod xlsb;
mod xlsx;
mod xml2003;

use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range};
use crate::rulebook::written::Limits;
use crate::words::Text;
use format::Format;
use serde::{Deserialize, Serialize};
use sniff::{Kind, sniff};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days between the two calendars of spreadsheets.
const DAYS_TO_1904: f64 = 1_462.0;

/// A file, read: its sheets in their order, and what it says of itself.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The sheets.
    pub sheets: Vec<RawSheet>,
    /// The names of sheets that are there and could not be read.
    pub unread: Vec<String>,
    /// What the file says of itself.
    pub about: About,
}

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What kind of file it is, such as `.xls`.
    pub kind: String,
    /// The program that wrote it.
    pub application: Option<String>,
    /// When it was last saved, as the file says: `2024-01-06T08:30:00Z`.
    pub modified: Option<String>,
    /// Custom properties by name; hebiao's own are among them in a returned report.
    pub properties: Vec<(String, String)>,
}

impl About {
    /// A custom property.
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        let found = properties.find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

/// A sheet: its filled cells row by row, and what is known about it.
#[derive(Debug, Clone, Default)]
pub struct RawSheet {
    /// Its name.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// The filled cells, row by row.
    pub cells: Vec<RawCell>,
    /// The workbook's number formats.
    pub formats: Arc<[NumberFormat]>,
    /// What else is known.
    pub facts: Facts,
    /// How many cells the reader could not make out.
    pub damaged: u64,
    /// Formulas with their cells and the positions of these cells' number formats, in order, where
    /// the format tells them as text.
    pub formulas: Vec<(Cell, String, u32)>,
    /// All texts of the cells, one behind the other.
    words: String,
}

/// A filled cell of a sheet. What stands in it is asked of the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawCell {
    /// Where.
    pub cell: Cell,
    /// The position of its number format in [`RawSheet::formats`].
    pub format: u32,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Content {
    Number(f64),
    Date(f64),
    Text { start: u32, length: u32 },
    Truth(bool),
    Error(&'static str),
}

/// What stands in a cell, as its file says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A number.
    Number(f64),
    /// A day as the 1900 calendar counts them.
    Date(f64),
    /// Words.
    Text(&'a str),
    /// TRUE or FALSE.
    Truth(bool),
    /// `#DIV/0!` and its like, with the text that the spreadsheet shows.
    Error(&'static str),
}

/// A number format of a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberFormat {
    /// As it is written: `#,##0.00`.
    pub code: String,
    /// What it does to a number.
    pub shown: Format,
}

impl NumberFormat {
    /// A format by its code.
    pub fn new(code: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            shown: format::parse(&code),
            code,
        }
    }
}

/// The number formats of a workbook as they come up.
#[derive(Debug)]
struct Formats {
    formats: Vec<NumberFormat>,
    places: BTreeMap<String, u32>,
}

impl Formats {
    /// Only `General`.
    fn new() -> Self {
        Self {
            formats: vec![NumberFormat::new("General")],
            places: BTreeMap::from([("General".to_owned(), 0)]),
        }
    }

    /// The place of a format, by its code or its name.
    fn place(&mut self, format: &str) -> u32 {
        let code = format::by_name(format);
        if let Some(place) = self.places.get(code) {
            return *place;
        }
        let place = u32::try_from(self.formats.len()).unwrap_or(0);
        self.formats.push(NumberFormat::new(code));
        self.places.insert(code.to_owned(), place);
        place
    }

    /// A number in the format at this place: a day where it shows one. `days` is what the
    /// calendar of the workbook lacks to the 1900 calendar.
    fn number(&self, x: f64, place: u32, days: f64) -> Value<'static> {
        if self.shows_a_day(place) {
            Value::Date(x + days)
        } else {
            Value::Number(x)
        }
    }

    /// All of them, for the sheets.
    fn into_table(self) -> Arc<[NumberFormat]> {
        self.formats.into()
    }

    fn shows_a_day(&self, place: u32) -> bool {
        let format = self.formats.get(place as usize);
        format.is_some_and(|format| format.shown.date)
    }
}

/// What is known of a sheet besides its cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Merged ranges.
    pub merges: Vec<Range>,
    /// Hidden rows, from zero, in order.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, from zero, in order.
    pub hidden_columns: Vec<u32>,
    /// How many cells hold formulas.
    pub formulas: u64,
    /// Whether the sheet is protected.
    pub protected: bool,
    /// Cells whose formula has no stored result, in order: other programs write such.
    pub without_result: Vec<Cell>,
    /// Cells that the reader could not make out, in order, as far as their places are known.
    pub damaged: Vec<Cell>,
    /// Cells whose formula had no stored result and was computed here, in order. Where blank text
    /// came out, the cell stands in neither list.
    pub computed: Vec<Cell>,
    /// Cells whose stored number is not what their formula comes to, in order, with what it
    /// comes to. The stored number stays.
    pub stale: Vec<(Cell, f64)>,
    /// What people noted at cells, 批注, without what this program put there; only of packages.
    pub comments: Vec<(Cell, String)>,
}

/// Reads a file as what its content is, whatever its name says.
///
/// # Errors
/// When the file cannot be used at all. A sheet that cannot be read is there without cells.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Book, Error> {
    let mut budget = Budget::new(limits);
    match sniff(bytes) {
        Kind::Xlsx => xlsx::read(bytes, &mut budget),
        Kind::Xlsb => xlsb::read(bytes, &mut budget),
        Kind::Ods => ods::read(bytes, &mut budget),
        Kind::Xls => xls::read(bytes, &mut budget),
        Kind::Html => html::read(bytes, &mut budget),
        Kind::Xml2003 => xml2003::read(bytes, &mut budget),
        Kind::Text => text::read(bytes, &mut budget),
        Kind::Encrypted => Err(Error::Password),
        other => Err(Error::NotAWorkbook(other)),
    }
}

/// What one file may still take. Counted, so that it is the same on every machine.
#[derive(Debug)]
pub struct Budget<'a> {
    /// The limits.
    pub limits: &'a Limits,
    cells: u64,
    words: u64,
}

impl<'a> Budget<'a> {
    /// All that the limits allow.
    pub fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            cells: limits.cells,
            words: limits.strings_bytes,
        }
    }

    fn spend(left: &mut u64, limit: &'static str, allowed: u64, amount: u64) -> Result<(), Error> {
        match left.checked_sub(amount) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(Error::OverLimit {
                limit,
                found: allowed - *left + amount,
                allowed,
            }),
        }
    }
}

impl RawSheet {
    /// A sheet without cells yet.
    pub fn new(name: impl Into<String>, hidden: bool, formats: Arc<[NumberFormat]>) -> Self {
        Self {
            name: name.into(),
            hidden,
            formats,
            ..Self::default()
        }
    }

    /// Puts a filled cell at the end. Blank text is no content and is left out.
    ///
    /// # Errors
    /// When the file goes over its budget.
    pub fn push(
        &mut self,
        cell: Cell,
        value: Value<'_>,
        format: u32,
        budget: &mut Budget<'_>,
    ) -> Result<(), Error> {
        let content = match value {
            Value::Number(x) => Content::Number(x),
            Value::Date(serial) => Content::Date(serial),
            Value::Truth(truth) => Content::Truth(truth),
            Value::Error(error) => Content::Error(error),
            Value::Text(text) if text.trim().is_empty() => return Ok(()),
            Value::Text(text) => {
                let allowed = budget.limits.strings_bytes;
                let length = text.len() as u64;
                Budget::spend(&mut budget.words, "strings_bytes", allowed, length)?;
                let span = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let start = span(self.words.len());
                self.words.push_str(text);
                Content::Text {
                    start,
                    length: span(text.len()),
                }
            }
        };
        Budget::spend(&mut budget.cells, "cells", budget.limits.cells, 1)?;
        self.cells.push(RawCell {
            cell,
            format,
            content,
        });
        Ok(())
    }

    /// What stands in a cell of this sheet.
    pub fn value(&self, raw: &RawCell) -> Value<'_> {
        match raw.content {
            Content::Number(x) => Value::Number(x),
            Content::Date(serial) => Value::Date(serial),
            Content::Truth(truth) => Value::Truth(truth),
            Content::Error(error) => Value::Error(error),
            Content::Text { start, length } => {
                let start = start as usize;
                let text = self.words.get(start..start + length as usize);
                Value::Text(text.unwrap_or(""))
            }
        }
    }

    /// The number format of a cell of this sheet.
    pub fn format(&self, raw: &RawCell) -> Format {
        let format = self.formats.get(raw.format as usize);
        format.map(|format| format.shown).unwrap_or_default()
    }

    /// Adds a merged range.
    ///
    /// # Errors
    /// When the sheet has more of them than allowed.
    fn merge(&mut self, range: Range, limits: &Limits) -> Result<(), Error> {
        let (found, allowed) = (self.facts.merges.len() as u64 + 1, limits.merges);
        if found > allowed {
            return Err(Error::OverLimit {
                limit: "merges",
                found,
                allowed,
            });
        }
        self.facts.merges.push(range);
        Ok(())
    }

    /// Takes filled cells out.
    fn forget(&mut self, cells: &[Cell]) {
        self.cells
            .retain(|raw| cells.binary_search(&raw.cell).is_err());
    }

    /// Puts the cells in order, whatever order the file had them in. A cell that stands twice is
    /// none that anybody could vouch for.
    pub fn close(&mut self) {
        if self.cells.is_sorted_by(|a, b| a.cell < b.cell) {
            return;
        }
        self.cells.sort_by_key(|raw| raw.cell);
        let pairs = self.cells.windows(2);
        let mut twice: Vec<Cell> = pairs
            .filter(|pair| pair[0].cell == pair[1].cell)
            .map(|pair| pair[0].cell)
            .collect();
        twice.dedup();
        self.cells
            .retain(|raw| twice.binary_search(&raw.cell).is_err());
        self.damaged += twice.len() as u64;
        self.facts.damaged.extend(twice);
        self.facts.damaged.sort_unstable();
    }
}

/// The error of a cell, by the code that binary workbooks have for it.
fn error_by_code(code: u8) -> Option<&'static str> {
    Some(match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        0x2b => "#GETTING_DATA",
        _ => return None,
    })
}

/// The error of a cell, by the text that it shows.
fn error_value(text: &str) -> Option<&'static str> {
    let known = [
        "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ];
    known.into_iter().find(|error| *error == text.trim())
}

/// The cell in this row and column, both from zero.
///
/// # Errors
/// When no sheet is that large.
fn within_sheet(row: u32, column: u32) -> Result<Cell, Error> {
    for (at, most) in [(row, MAX_ROWS), (column, MAX_COLUMNS)] {
        if at >= most {
            return Err(Error::OverLimit {
                limit: "cells",
                found: u64::from(at) + 1,
                allowed: u64::from(most),
            });
        }
    }
    Ok(Cell::new(row, column))
}

/// Why a file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be opened or read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// It is no workbook.
    #[error("the file is {}, not a workbook that can be read", .0.words().en)]
    NotAWorkbook(Kind),
    /// It is protected by a password.
    #[error("the workbook is protected by a password")]
    Password,
    /// It goes over a limit of `job.toml`.
    #[error("the workbook goes over the limit `{limit}`: found {found}, allowed {allowed}")]
    OverLimit {
        /// The limit's name in `[limits]`.
        limit: &'static str,
        /// How much there is.
        found: u64,
        /// How much may be.
        allowed: u64,
    },
    /// It is written in a way that lawful programs could read differently.
    #[error("the workbook is written in an unusual way: {0}")]
    Unusual(&'static str),
    /// It is damaged.
    #[error("the workbook is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Damaged, and what the library said.
    fn damaged(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Damaged(cause.into())
    }

    /// What a district or staff are told, and what they can do.
    pub fn words(&self) -> Text {
        match self {
            Self::Io(_) => Text::new(
                "文件打不开，请检查文件是否还在、是否有读取权限",
                "the file cannot be opened: is it still there, and may it be read?",
            ),
            Self::NotAWorkbook(kind) => {
                let (what, advice) = (kind.words(), kind.advice());
                Text::new(
                    format!("这是{}，不是可以读取的工作簿。{}", what.zh, advice.zh),
                    format!(
                        "this is {}, not a workbook that can be read: {}",
                        what.en, advice.en
                    ),
                )
            }
            Self::Password => Text::new(
                "工作簿设了打开密码。请取消密码后重报",
                "the workbook is protected by a password: take it off and send it again",
            ),
            Self::OverLimit {
                limit,
                found,
                allowed,
            } => both!(
                "工作簿超出上限 {limit}（{found}，上限 {allowed}）。请删去多余的工作表和格式后重报，或由市级调整 job.toml",
                "the workbook goes over the limit `{limit}` ({found}, allowed {allowed}): take out what is not needed, or change the limit in job.toml"
            ),
            Self::Unusual(_) => Text::new(
                "文件的内部写法不常见，读取没有把握。请用 Excel 或 WPS 打开后另存为新的 .xlsx 再报",
                "the file is written in an unusual way and cannot be read with certainty: open it in Excel or WPS, save it as a new .xlsx and send that",
            ),
            Self::Damaged(_) => Text::new(
                "文件已损坏，读不出来。请重新导出或用 Excel 打开另存后重报",
                "the file is damaged and cannot be read: save or export it anew and send it again",
            ),
        }
    }
}

/// A door for fuzzing: the facts of a worksheet's XML.
#[cfg(fuzzing)]
pub fn look_at_facts(xml: &[u8]) {
    let _ = facts::read(xml, &Limits::default());
}

/// A door for fuzzing: the formulas of a worksheet's XML, computed; and the bytes as one formula.
#[cfg(fuzzing)]
pub fn look_at_formulas(bytes: &[u8]) {
    let limits = Limits::default();
    let mut sheet = RawSheet::new("Sheet1", false, [NumberFormat::default()].into());
    sheet.formulas = formula::collect(bytes, &mut formula::Allowance::default());
    let text = String::from_utf8_lossy(bytes);
    for (row, text) in (0_u32..50).zip(text.lines()) {
        let cell = Cell::new(MAX_ROWS - 1 - row, 5);
        sheet.formulas.push((cell, text.to_owned(), 0));
        sheet.facts.without_result.push(cell);
    }
    sheet.formulas.sort();
    sheet.formulas.dedup_by_key(|formula| formula.0);
    sheet.facts.without_result.sort_unstable();
    let mut book = Book {
        sheets: vec![sheet],
        ..Book::default()
    };
    let _ = formula::compute(&mut book, &mut Budget::new(&limits));
}
