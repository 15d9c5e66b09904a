//! .xls and .et: the records of a workbook stream, BIFF8 since Excel 97, BIFF5 before.
//!
//! The stream lies in a compound file; old export scripts write it bare. One walk over the records
//! gives cells, formats and facts. calamine's values are not used: on opening it makes dense
//! ranges, half a gigabyte for two cells in opposite corners, a changed byte can make it ask for
//! all memory there is, and of a format it tells only whether it shows a date. To add what is
//! missing would take the same walk again.
//!
//! What the stream says of sizes is never believed: texts and lists grow only by what is read,
//! and all sheets together may be no longer than the stream. A stream that breaks off is damaged,
//! for nobody knows what is missing. Formulas are counted; as text they are not told. A workbook
//! under a password is refused, even under the one that Excel knows by itself.

mod about;
mod compound;
mod records;

use super::format::built_in;
use super::{
    About, Book, Budget, DAYS_TO_1904, Error, NumberFormat, RawSheet, Value, error_by_code, sniff,
};
use crate::place::{Cell, Range};
use crate::rulebook::written::Limits;
use compound::Compound;
use encoding_rs::{BIG5, GBK, WINDOWS_1252};
use records::{Fields, Letters, Record, Substream, kind};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The number of columns that these sheets have.
const COLUMNS: u16 = 256;
/// The greatest length of a format's code, in characters.
const LONGEST_CODE: u16 = 255;

/// Reads every worksheet of a workbook.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let (stream, about) = open(bytes)?;
    let workbook = Workbook::read(&stream, budget.limits)?;
    let mut sheets = Vec::new();
    let mut left = stream.len();
    for listed in &workbook.sheets {
        let (_, records) = Substream::open(&stream, listed.start)?;
        let (sheet, length) = Filling::new(listed, &workbook, budget).fill(records)?;
        left = left
            .checked_sub(length)
            .ok_or_else(|| Error::damaged("sheets lie over each other"))?;
        sheets.push(sheet);
    }
    let kind = ".xls".to_owned();
    Ok(Book {
        sheets,
        about: About { kind, ..about },
        ..Book::default()
    })
}

/// The stream of a workbook, and what its container says of it.
fn open(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, About), Error> {
    if bytes.starts_with(&kind::BOF.to_le_bytes()) {
        return Ok((Cow::Borrowed(bytes), About::default()));
    }
    let file = Compound::open(bytes).ok_or_else(|| Error::damaged("no compound file"))?;
    let stream = file.stream("Workbook").or_else(|| file.stream("Book"));
    let stream = stream.ok_or(Error::NotAWorkbook(sniff::Kind::Unknown))?;
    Ok((Cow::Owned(stream), about::read(&file)))
}

/// What holds for all sheets.
#[derive(Default)]
struct Workbook {
    sheets: Vec<Listed>,
    letters: Letters,
    strings: Strings,
    formats: Arc<[NumberFormat]>,
    /// For each XF, which cells refer to, the position of its number format.
    format_of: Vec<u32>,
    from_1904: bool,
}

/// A worksheet in the workbook's list.
struct Listed {
    name: String,
    hidden: bool,
    start: usize,
}

impl Workbook {
    fn read(stream: &[u8], limits: &Limits) -> Result<Self, Error> {
        const WORKBOOK: u16 = 0x0005;
        const WORKSHEET: u16 = 0x0010;
        let (begin, records) = Substream::open(stream, 0)?;
        let mut workbook = Self::default();
        if begin.version == 0x0600 {
            workbook.letters = Letters::Unicode;
        }
        match begin.content {
            WORKBOOK => {}
            // Export scripts leave out all but the one sheet.
            WORKSHEET => workbook.sheets.push(Listed {
                name: "Sheet1".to_owned(),
                hidden: false,
                start: 0,
            }),
            _ => return Err(Error::NotAWorkbook(sniff::Kind::Xls)),
        }
        let mut formats = Formats::default();
        for record in records {
            let record = record?;
            match record.kind {
                kind::FILEPASS => return Err(Error::Password),
                kind::SST => workbook.strings = Strings::read(record.fields(), limits)?,
                _ => {
                    workbook.take(&record, &mut formats);
                }
            }
            if workbook.sheets.len() as u64 > u64::from(limits.sheets) {
                return Err(Error::OverLimit {
                    limit: "sheets",
                    found: workbook.sheets.len() as u64,
                    allowed: u64::from(limits.sheets),
                });
            }
        }
        (workbook.formats, workbook.format_of) = formats.table();
        Ok(workbook)
    }

    /// Takes one record. One that is too short says nothing.
    fn take(&mut self, record: &Record<'_>, formats: &mut Formats) -> Option<()> {
        let mut fields = record.fields();
        match record.kind {
            kind::CODEPAGE => {
                if let Letters::Coded(encoding) = &mut self.letters {
                    *encoding = match fields.u16()? {
                        1252 | 0x8001 => WINDOWS_1252,
                        950 => BIG5,
                        _ => GBK,
                    };
                }
            }
            kind::DATEMODE => self.from_1904 = fields.u16()? == 1,
            kind::FORMAT => {
                let id = fields.u16()?;
                let count = match self.letters {
                    Letters::Unicode => fields.u16()?,
                    Letters::Coded(_) => u16::from(fields.u8()?),
                };
                if count <= LONGEST_CODE {
                    formats.codes.insert(id, fields.text(count, self.letters)?);
                }
            }
            // Cells name their XF by sixteen bits.
            kind::XF if u16::try_from(formats.ids.len()).is_ok() => {
                let _font = fields.u16()?;
                formats.ids.push(fields.u16()?);
            }
            kind::BOUNDSHEET => {
                let start = usize::try_from(fields.u32()?).ok()?;
                let (visibility, content) = (fields.u8()?, fields.u8()?);
                let count = u16::from(fields.u8()?);
                let name = fields.text(count, self.letters)?;
                // The others are charts and macros.
                if content == 0 {
                    self.sheets.push(Listed {
                        name,
                        hidden: visibility & 3 != 0,
                        start,
                    });
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// The number formats as the file has them.
#[derive(Default)]
struct Formats {
    codes: HashMap<u16, String>,
    /// The number of its format, for each XF.
    ids: Vec<u16>,
}

impl Formats {
    /// The formats that are in use, and the position of its own among them for each XF: thousands
    /// of XFs may share a format.
    fn table(&self) -> (Arc<[NumberFormat]>, Vec<u32>) {
        let mut formats = vec![NumberFormat::new("General")];
        let mut positions = HashMap::from([(0, 0)]);
        let format_of = self.ids.iter().map(|id| {
            *positions.entry(*id).or_insert_with(|| {
                let code = self.codes.get(id).map(String::as_str);
                formats.push(NumberFormat::new(code.unwrap_or_else(|| built_in(*id))));
                u32::try_from(formats.len() - 1).unwrap_or(0)
            })
        });
        let format_of = format_of.collect();
        (formats.into(), format_of)
    }
}

/// The texts that cells refer to by their number, one behind the other: a file can hold millions
/// of empty ones.
#[derive(Default)]
struct Strings {
    all: String,
    ends: Vec<u32>,
}

impl Strings {
    fn read(mut fields: Fields<'_>, limits: &Limits) -> Result<Self, Error> {
        let mut strings = Self::default();
        let _references = fields.u32();
        for _ in 0..fields.u32().unwrap_or(0) {
            let count = fields.u16();
            let Some(text) = count.and_then(|count| fields.text(count, Letters::Unicode)) else {
                break;
            };
            strings.all.push_str(&text);
            let (found, allowed) = (strings.all.len() as u64, limits.strings_bytes);
            if found > allowed {
                return Err(Error::OverLimit {
                    limit: "strings_bytes",
                    found,
                    allowed,
                });
            }
            strings.ends.push(u32::try_from(found).unwrap_or(u32::MAX));
        }
        Ok(strings)
    }

    fn get(&self, number: u32) -> Option<&str> {
        let number = usize::try_from(number).ok()?;
        let end = *self.ends.get(number)? as usize;
        let before = number.checked_sub(1).and_then(|last| self.ends.get(last));
        self.all.get(before.map_or(0, |end| *end as usize)..end)
    }
}

/// A worksheet as it is read.
struct Filling<'a, 'b> {
    workbook: &'a Workbook,
    budget: &'a mut Budget<'b>,
    sheet: RawSheet,
    hidden_rows: BTreeSet<u32>,
    is_column_hidden: [bool; COLUMNS as usize],
    /// A formula whose result is a text, which comes in a record of its own.
    awaiting_text: Option<(Cell, u16)>,
}

impl<'a, 'b> Filling<'a, 'b> {
    fn new(listed: &Listed, workbook: &'a Workbook, budget: &'a mut Budget<'b>) -> Self {
        let formats = Arc::clone(&workbook.formats);
        Self {
            workbook,
            budget,
            sheet: RawSheet::new(listed.name.clone(), listed.hidden, formats),
            hidden_rows: BTreeSet::new(),
            is_column_hidden: [false; COLUMNS as usize],
            awaiting_text: None,
        }
    }

    /// The sheet with what stands in its records, and their length in bytes.
    fn fill(mut self, mut records: Substream<'_>) -> Result<(RawSheet, usize), Error> {
        for record in records.by_ref() {
            let record = record?;
            let mut fields = record.fields();
            match record.kind {
                kind::NUMBER
                | kind::RK
                | kind::LABEL
                | kind::RSTRING
                | kind::LABELSST
                | kind::BOOLERR
                | kind::FORMULA => self.cell(record.kind, &mut fields)?,
                kind::MULRK => self.numbers(&mut fields)?,
                kind::STRING => {
                    if let Some((cell, xf)) = self.awaiting_text.take() {
                        self.text(cell, xf, &mut fields)?;
                    }
                }
                kind::MERGEDCELLS => self.merges(&mut fields)?,
                _ => {
                    self.fact(record.kind, &mut fields);
                }
            }
        }
        self.settle_formula();
        self.sheet.facts.hidden_rows.extend(self.hidden_rows);
        let columns = (0..).zip(self.is_column_hidden);
        let hidden = columns.filter_map(|(column, hidden)| hidden.then_some(column));
        self.sheet.facts.hidden_columns.extend(hidden);
        self.sheet.facts.damaged.sort_unstable();
        self.sheet.facts.without_result.sort_unstable();
        self.sheet.close();
        Ok((self.sheet, records.length()))
    }

    fn cell(&mut self, kind: u16, fields: &mut Fields<'_>) -> Result<(), Error> {
        let Some((cell, xf)) = place(fields).zip(fields.u16()) else {
            self.sheet.damaged += 1;
            return Ok(());
        };
        let workbook = self.workbook;
        match kind {
            kind::NUMBER => self.number(cell, xf, fields.f64()),
            kind::RK => self.number(cell, xf, fields.u32().map(rk)),
            kind::LABELSST => {
                let text = fields.u32().and_then(|number| workbook.strings.get(number));
                self.put(cell, xf, text.map(Value::Text))
            }
            kind::BOOLERR => {
                let value = fields.u8().zip(fields.u8());
                let value = value.and_then(|(value, is_error)| truth_or_error(value, is_error));
                self.put(cell, xf, value)
            }
            kind::FORMULA => self.formula(cell, xf, fields),
            _ => self.text(cell, xf, fields),
        }
    }

    /// One row's numbers, side by side.
    fn numbers(&mut self, fields: &mut Fields<'_>) -> Result<(), Error> {
        let Some((row, first)) = fields.u16().zip(fields.u16()) else {
            self.sheet.damaged += 1;
            return Ok(());
        };
        for column in first..COLUMNS {
            // The last column's number stands at the end.
            if fields.left() <= 2 {
                break;
            }
            let cell = Cell::new(u32::from(row), u32::from(column));
            let xf = fields.u16().unwrap_or(0);
            self.number(cell, xf, fields.u32().map(rk))?;
        }
        Ok(())
    }

    /// The stored result of a formula.
    fn formula(&mut self, cell: Cell, xf: u16, fields: &mut Fields<'_>) -> Result<(), Error> {
        const CALCULATED_ON_OPENING: u16 = 2;
        self.settle_formula();
        self.sheet.facts.formulas += 1;
        let result = fields.array::<8>();
        let flags = fields.u16().unwrap_or(0);
        match result {
            // Programs that cannot calculate write a zero and leave it to the one that opens.
            Some([0, 0, 0, 0, 0, 0, 0, 0]) if flags & CALCULATED_ON_OPENING != 0 => {
                self.sheet.facts.without_result.push(cell);
            }
            Some([0, .., 0xff, 0xff]) => self.awaiting_text = Some((cell, xf)),
            Some([1, _, truth, .., 0xff, 0xff]) => {
                self.put(cell, xf, Some(Value::Truth(truth != 0)))?;
            }
            Some([2, _, error, .., 0xff, 0xff]) => {
                self.put(cell, xf, error_by_code(error).map(Value::Error))?;
            }
            // An empty text.
            Some([3, .., 0xff, 0xff]) => {}
            result => self.number(cell, xf, result.map(f64::from_le_bytes))?,
        }
        Ok(())
    }

    /// Tells of a formula whose text did not come.
    fn settle_formula(&mut self) {
        let cell = self.awaiting_text.take().map(|(cell, _)| cell);
        self.sheet.facts.without_result.extend(cell);
    }

    fn text(&mut self, cell: Cell, xf: u16, fields: &mut Fields<'_>) -> Result<(), Error> {
        let letters = self.workbook.letters;
        let text = fields.u16().and_then(|count| fields.text(count, letters));
        self.put(cell, xf, text.as_deref().map(Value::Text))
    }

    fn number(&mut self, cell: Cell, xf: u16, number: Option<f64>) -> Result<(), Error> {
        let workbook = self.workbook;
        let format = workbook.formats.get(self.format(xf) as usize);
        let is_date = format.is_some_and(|format| format.shown.date);
        let shift = if workbook.from_1904 {
            DAYS_TO_1904
        } else {
            0.0
        };
        let number = number.filter(|number| number.is_finite());
        let value = number.map(|number| {
            if is_date {
                Value::Date(number + shift)
            } else {
                Value::Number(number)
            }
        });
        self.put(cell, xf, value)
    }

    /// Puts a value into the sheet; none is a cell that could not be made out.
    fn put(&mut self, cell: Cell, xf: u16, value: Option<Value<'_>>) -> Result<(), Error> {
        let format = self.format(xf);
        if let Some(value) = value {
            return self.sheet.push(cell, value, format, self.budget);
        }
        self.sheet.damaged += 1;
        self.sheet.facts.damaged.push(cell);
        Ok(())
    }

    fn format(&self, xf: u16) -> u32 {
        let format = self.workbook.format_of.get(usize::from(xf));
        format.copied().unwrap_or(0)
    }

    fn merges(&mut self, fields: &mut Fields<'_>) -> Result<(), Error> {
        for _ in 0..fields.u16().unwrap_or(0) {
            let (rows, columns) = (
                fields.u16().zip(fields.u16()),
                fields.u16().zip(fields.u16()),
            );
            let Some(((top, bottom), (left, right))) = rows.zip(columns) else {
                break;
            };
            if top <= bottom && left <= right && right < COLUMNS {
                let range = Range {
                    first: Cell::new(top.into(), left.into()),
                    last: Cell::new(bottom.into(), right.into()),
                };
                self.sheet.merge(range, self.budget.limits)?;
            }
        }
        Ok(())
    }

    /// Takes a record about the sheet. One that is too short says nothing.
    fn fact(&mut self, kind: u16, fields: &mut Fields<'_>) -> Option<()> {
        match kind {
            kind::ROW => {
                let row = fields.u16()?;
                fields.skip(10)?;
                if fields.u16()? & 0x20 != 0 {
                    self.hidden_rows.insert(u32::from(row));
                }
            }
            kind::COLINFO => {
                let (first, last) = (fields.u16()?, fields.u16()?);
                fields.skip(4)?;
                if fields.u16()? & 1 != 0 {
                    let columns = usize::from(first)..=usize::from(last.min(COLUMNS - 1));
                    self.is_column_hidden.get_mut(columns)?.fill(true);
                }
            }
            kind::PROTECT => self.sheet.facts.protected = fields.u16()? != 0,
            _ => {}
        }
        Some(())
    }
}

/// Where a cell's record says that it is.
fn place(fields: &mut Fields<'_>) -> Option<Cell> {
    let (row, column) = fields.u16().zip(fields.u16())?;
    (column < COLUMNS).then(|| Cell::new(u32::from(row), u32::from(column)))
}

/// A number in four bytes: the upper part of a float or an integer, perhaps a hundred times larger.
fn rk(packed: u32) -> f64 {
    let number = if packed & 2 == 0 {
        f64::from_bits(u64::from(packed & !3) << 32)
    } else {
        f64::from(packed.cast_signed() >> 2)
    };
    if packed & 1 == 0 {
        number
    } else {
        number / 100.0
    }
}

fn truth_or_error(value: u8, is_error: u8) -> Option<Value<'static>> {
    match is_error {
        0 => Some(Value::Truth(value != 0)),
        _ => error_by_code(value).map(Value::Error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBREOFFICE: &[u8] = include_bytes!("../../tests/files/libreoffice.xls");
    /// Written by the Python library xlwt.
    const FROM_1904: &[u8] = include_bytes!("../../tests/files/xlwt-1904.xls");
    /// BIFF5 records in a container that `SheetJS` wrote.
    const EXCEL_5: &[u8] = include_bytes!("../../tests/files/excel5-gbk.xls");

    fn book(bytes: &[u8]) -> Result<Book, Error> {
        let limits = Limits::default();
        read(bytes, &mut Budget::new(&limits))
    }

    fn sheet(bytes: &[u8], at: usize) -> RawSheet {
        book(bytes).expect("a workbook").sheets.remove(at)
    }

    /// What stands in a cell, and the code of its format.
    fn shown(sheet: &RawSheet, cell: &str) -> String {
        let cell = Cell::parse(cell).expect("a cell");
        let Some(raw) = sheet.cells.iter().find(|raw| raw.cell == cell) else {
            return String::new();
        };
        let code = &sheet.formats[raw.format as usize].code;
        match sheet.value(raw) {
            Value::Number(x) => format!("{x} as {code}"),
            Value::Date(x) => format!("day {x} as {code}"),
            Value::Text(text) => text.to_owned(),
            Value::Truth(truth) => truth.to_string(),
            Value::Error(error) => error.to_owned(),
        }
    }

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).expect("a short record");
        [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
    }

    /// A bare stream of one sheet, as a script writes it.
    fn script(version: u16, records: &[Vec<u8>]) -> Vec<u8> {
        let begin = [version.to_le_bytes(), [0x10, 0], [0, 0], [0, 0]].concat();
        let (begin, end) = (record(kind::BOF, &begin), record(kind::EOF, &[]));
        [begin, records.concat(), end].concat()
    }

    fn label(row: u8, text: &[u8]) -> Vec<u8> {
        let length = u8::try_from(text.len()).expect("a short text");
        record(
            kind::LABEL,
            &[&[row, 0, 0, 0, 0, 0, length, 0], text].concat(),
        )
    }

    fn formula(row: u8, result: [u8; 8], flags: u8) -> Vec<u8> {
        let head = [row, 0, 0, 0, 0, 0];
        record(
            kind::FORMULA,
            &[&head[..], &result, &[flags, 0, 0, 0, 0, 0, 0, 0]].concat(),
        )
    }

    #[test]
    fn values_come_with_their_formats() {
        let sheet = sheet(LIBREOFFICE, 0);
        assert_eq!(sheet.name, "填报表");
        for (cell, expected) in [
            ("A1", "2024年第一季度统计报表"),
            ("B3", "1 as General"),
            ("B6", "0.1 as #,##0"),
            ("B8", "44927.5 as 0%"),
            ("C4", "0.0625 as 0.0%"),
            ("E3", "day 45292 as yyyy\\-mm\\-dd"),
            ("H3", "true"),
            ("H4", "false"),
            ("H5", "#DIV/0!"),
            ("H6", "#N/A"),
            ("H7", "12343.778 as General"),
            ("H8", "2024年第一季度统计报表合计"),
            ("H9", ""),
            ("H10", "true"),
            ("H12", "#NAME?"),
            ("J2", "“引号”—①㎡"),
            ("J3", "𠮷野"),
            ("J4", ""),
        ] {
            assert_eq!(shown(&sheet, cell), expected, "{cell}");
        }
        let percent = sheet.cells.iter().filter(|raw| sheet.format(raw).percent);
        assert_eq!(percent.count(), 19);
    }

    #[test]
    fn facts_of_a_sheet_are_told() {
        let sheet = sheet(LIBREOFFICE, 0);
        assert_eq!(sheet.facts.hidden_rows, [5, 8]);
        assert_eq!(sheet.facts.hidden_columns, [3, 11]);
        assert_eq!(sheet.facts.formulas, 11);
        assert!(sheet.facts.protected);
        let merges = ["A1:F1", "J5:K7"].map(|range| Range::parse(range).expect("a range"));
        assert_eq!(sheet.facts.merges, merges);
    }

    #[test]
    fn hidden_sheets_are_told() {
        let book = book(LIBREOFFICE).expect("a workbook");
        let hidden: Vec<bool> = book.sheets.iter().map(|sheet| sheet.hidden).collect();
        assert_eq!(hidden, [false, true, true, false, false]);
        assert_eq!(book.about.kind, ".xls");
        assert_eq!(book.about.modified.as_deref(), Some("2026-11-22T03:42:41Z"));
    }

    #[test]
    fn the_last_cell_of_a_sheet_costs_no_more_than_another() {
        let sheet = sheet(LIBREOFFICE, 1);
        assert_eq!(shown(&sheet, "IV65536"), "角落");
        assert_eq!(sheet.cells.len(), 3);
    }

    #[test]
    fn texts_are_whole_where_their_records_end_in_the_middle() {
        for row in 1..=24 {
            let text = shown(&sheet(LIBREOFFICE, 3), &format!("A{row}"));
            let text = text.trim_end_matches("latin é ");
            let rest = text
                .strip_prefix(&format!("第{}行", row - 1))
                .expect("its beginning");
            let expected = "统计指标解释与说明".repeat(2 + row);
            assert_eq!(rest, expected);
        }
        let sheet = sheet(FROM_1904, 0);
        for row in 1..=60 {
            let text = format!("第{}项指标名称及其统计口径解释", row - 1);
            let expected = text.repeat(1 + (row - 1) % 9);
            assert_eq!(shown(&sheet, &format!("A{row}")), expected);
        }
    }

    #[test]
    fn a_text_may_change_its_width_at_a_border() {
        let text = record(kind::LABEL, &[0, 0, 0, 0, 0, 0, 4, 0, 0, b'a', 0xe9]);
        let more = record(kind::CONTINUE, &[1, 0xdf, 0x7e, 0xa1, 0x8b]);
        let stream = script(0x0600, &[text, more]);
        assert_eq!(shown(&sheet(&stream, 0), "A1"), "aé统计");
    }

    #[test]
    fn days_count_from_1904_where_the_file_says_so() {
        let sheet = sheet(FROM_1904, 0);
        assert_eq!(shown(&sheet, "D1"), "day 45292 as yyyy-mm-dd");
        assert_eq!(shown(&sheet, "C2"), "12345 as 0!.0,\"万\"");
        assert_eq!(sheet.facts.hidden_rows, [5]);
    }

    #[test]
    fn excel_5_wrote_chinese_in_its_code_page() {
        let sheet = sheet(EXCEL_5, 0);
        for (cell, expected) in [
            ("A1", "单位"),
            ("C1", "金额（万元）"),
            ("B2", "0.956 as 0.0%"),
            ("C2", "12345678.9 as 0!.0,\"万\""),
            ("D2", "day 45297 as yyyy\"年\"m\"月\"d\"日\""),
            ("B3", "-2 as 0.0%"),
            ("C3", "123456 as #,##0.00"),
            ("A4", "123.45 as #,##0.00"),
            ("B4", "true"),
            ("C4", "#DIV/0!"),
            ("B5", "合计甲乙"),
        ] {
            assert_eq!(shown(&sheet, cell), expected, "{cell}");
        }
        assert_eq!(sheet.facts.hidden_columns, [3, 4]);
        assert_eq!(sheet.facts.hidden_rows, [4]);
    }

    #[test]
    fn a_bare_sheet_of_a_script_is_a_workbook() {
        let number = [&[1, 0, 0, 0, 0, 0][..], &4.5_f64.to_le_bytes()].concat();
        let texts = label(0, b"\xcd\xb3\xbc\xc6");
        let sheet = sheet(&script(0, &[texts, record(kind::NUMBER, &number)]), 0);
        assert_eq!(sheet.name, "Sheet1");
        assert_eq!(shown(&sheet, "A1"), "统计");
        assert_eq!(shown(&sheet, "A2"), "4.5 as General");
    }

    #[test]
    fn formulas_without_a_result_are_told() {
        const TEXT: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 0xff];
        let result = record(kind::STRING, &[2, 0, b'o', b'k']);
        let sheet = sheet(
            &script(
                0x0500,
                &[
                    formula(0, [0; 8], 0),
                    formula(1, [0; 8], 2),
                    formula(2, 7_f64.to_le_bytes(), 2),
                    formula(3, TEXT, 0),
                    formula(4, TEXT, 0),
                    result,
                ],
            ),
            0,
        );
        let cells = sheet.facts.without_result.iter();
        assert_eq!(cells.map(Cell::to_string).collect::<Vec<_>>(), ["A2", "A4"]);
        assert_eq!(shown(&sheet, "A1"), "0 as General");
        assert_eq!(shown(&sheet, "A3"), "7 as General");
        assert_eq!(shown(&sheet, "A5"), "ok");
        assert_eq!(sheet.facts.formulas, 5);
    }

    #[test]
    fn a_chart_within_a_sheet_has_no_cells_of_it() {
        let chart = script(0x0500, &[label(0, b"series")]);
        let sheet = sheet(&script(0x0500, &[chart, label(1, b"cell")]), 0);
        assert_eq!(sheet.cells.len(), 1);
        assert_eq!(shown(&sheet, "A2"), "cell");
    }

    #[test]
    fn a_compound_file_without_sheets_is_no_workbook() {
        let name: Vec<u8> = "Workbook"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut bytes = LIBREOFFICE.to_vec();
        let at = memchr::memmem::find(&bytes, &name).expect("its name");
        bytes[at] = b'V';
        let found = book(&bytes);
        assert!(matches!(found, Err(Error::NotAWorkbook(_))));
    }

    #[test]
    fn a_password_is_told_of() {
        let encrypted = record(kind::FILEPASS, &[0, 0, 1, 2, 3, 4]);
        let found = book(&script(0x0600, &[encrypted]));
        assert!(matches!(found, Err(Error::Password)));
    }

    #[test]
    fn a_cell_that_cannot_be_made_out_is_told_by_its_place() {
        let nothing = record(kind::NUMBER, &[2, 0, 1, 0, 0, 0, 9]);
        let infinite = [&[3, 0, 1, 0, 0, 0][..], &f64::INFINITY.to_le_bytes()].concat();
        let no_such_text = record(kind::LABELSST, &[4, 0, 1, 0, 0, 0, 9, 9, 0, 0]);
        let beyond = record(kind::NUMBER, &[2, 0, 1, 1, 0, 0]);
        let records = [
            nothing,
            record(kind::NUMBER, &infinite),
            no_such_text,
            beyond,
        ];
        let sheet = sheet(&script(0x0600, &records), 0);
        assert_eq!(sheet.damaged, 4);
        let places = sheet.facts.damaged.iter().map(Cell::to_string);
        assert_eq!(places.collect::<Vec<_>>(), ["B3", "B4", "B5"]);
    }

    #[test]
    fn limits_hold() {
        let limits = Limits {
            merges: 1,
            cells: 400,
            ..Limits::default()
        };
        let found = |bytes| match read(bytes, &mut Budget::new(&limits)) {
            Err(Error::OverLimit { limit, .. }) => limit,
            other => panic!("no limit: {other:?}"),
        };
        assert_eq!(found(LIBREOFFICE), "merges");
        assert_eq!(found(FROM_1904), "cells");
        let limits = Limits {
            sheets: 1,
            ..Limits::default()
        };
        let found = read(LIBREOFFICE, &mut Budget::new(&limits));
        assert!(matches!(
            found,
            Err(Error::OverLimit {
                limit: "sheets",
                ..
            })
        ));
    }

    #[test]
    fn what_the_file_says_of_sizes_is_not_believed() {
        let many = record(kind::SST, &[0xff; 8]);
        let merges = record(kind::MERGEDCELLS, &[0xff, 0xff, 1, 0, 2, 0, 3, 0, 4, 0]);
        let columns = record(kind::COLINFO, &[0, 0, 0xff, 0xff, 0, 0, 0, 0, 1, 0]);
        let sheet = sheet(&script(0x0600, &[many, merges, columns]), 0);
        assert_eq!(
            sheet.facts.merges,
            [Range::parse("D2:E3").expect("a range")]
        );
        assert_eq!(sheet.facts.hidden_columns.len(), 256);
    }

    #[test]
    fn sheets_that_lie_over_each_other_are_damage() {
        let mut begin = record(kind::BOF, &[0, 5, 5, 0]);
        for _ in 0..3 {
            begin.extend(record(kind::BOUNDSHEET, &[61, 0, 0, 0, 0, 0, 1, b'a']));
        }
        begin.extend(record(kind::EOF, &[]));
        assert_eq!(begin.len(), 48);
        begin.extend([0; 13]);
        begin.extend(script(0x0500, &vec![label(0, b"much"); 9]));
        assert!(matches!(book(&begin), Err(Error::Damaged(_))));
    }

    #[test]
    fn a_file_that_breaks_off_is_damaged_or_whole() {
        let cells = |book: &Book| book.sheets.iter().map(|sheet| sheet.cells.len()).sum();
        for file in [LIBREOFFICE, FROM_1904, EXCEL_5] {
            let whole: usize = cells(&book(file).expect("a workbook"));
            let stream = open(file).expect("a stream").0;
            for bytes in [file, &stream] {
                for length in (0..bytes.len()).step_by(97) {
                    let cells = book(&bytes[..length]).map_or(whole, |book| cells(&book));
                    assert_eq!(cells, whole, "{length}");
                }
            }
        }
    }

    #[test]
    fn bytes_changed_at_random_are_no_panic() {
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 11).unwrap_or(0) % below
        };
        for file in [LIBREOFFICE, FROM_1904, EXCEL_5] {
            for _ in 0..700 {
                let mut bytes = file.to_vec();
                for _ in 0..=random(12) {
                    // The headers of the container and of the stream more often than the rest.
                    let range = [512, 2048, bytes.len()][random(3)];
                    bytes[random(range)] = [0, 1, 0x7f, 0xff, 0xfe][random(5)];
                }
                let _ = book(&bytes);
            }
        }
    }

    #[test]
    fn chains_in_a_circle_come_to_an_end() {
        let mut bytes = EXCEL_5.to_vec();
        for number in bytes[512..].as_chunks_mut::<4>().0 {
            if (1..64).contains(&u32::from_le_bytes(*number)) {
                *number = 1_u32.to_le_bytes();
            }
        }
        let _ = book(&bytes);
        for at in [44, 48, 60, 64, 68, 72, 76, 80] {
            for value in [0_u32, 1, 2, u32::MAX, 0xffff_fffa] {
                let mut bytes = LIBREOFFICE.to_vec();
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                let _ = book(&bytes);
            }
        }
    }
}
