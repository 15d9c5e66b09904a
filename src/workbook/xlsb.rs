//! .xlsb: Excel's binary workbooks, packages of BIFF12 records ([MS-XLSB]).
//!
//! Every record that matters is read here. calamine is not used: it leaves out formulas whose
//! result is an error and the cells that `SheetJS` writes without their column, panics on records
//! that are cut short, and tells neither styles nor merges nor what is hidden; to learn those, the
//! records have to be gone through anyway. Formulas are only counted: they stand there as tokens.
//!
//! Excel always stores results, so no cell of an .xlsb is without one.

use super::format::built_in;
use super::package::Package;
use super::{Book, Budget, DAYS_TO_1904, Error, NumberFormat, RawSheet, Value, error_by_code};
use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range};
use crate::rulebook::written::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// The kinds of records, by their numbers in [MS-XLSB] 2.3.
mod kind {
    pub const ROW: u16 = 0;
    pub const BLANK: u16 = 1;
    pub const RK: u16 = 2;
    pub const ERROR: u16 = 3;
    pub const TRUTH: u16 = 4;
    pub const REAL: u16 = 5;
    pub const TEXT: u16 = 6;
    pub const SHARED_TEXT: u16 = 7;
    pub const FORMULA_TEXT: u16 = 8;
    pub const FORMULA_REAL: u16 = 9;
    pub const FORMULA_TRUTH: u16 = 10;
    pub const FORMULA_ERROR: u16 = 11;
    /// The first and last of seven cells that stand behind the one before: `BLANK` to
    /// `SHARED_TEXT` without a column. [MS-XLSB] leaves them out, but Excel reads them.
    pub const NEXT_BLANK: u16 = 12;
    pub const NEXT_SHARED_TEXT: u16 = 18;
    pub const SHARED_STRING: u16 = 19;
    pub const FORMAT: u16 = 44;
    pub const CELL_FORMAT: u16 = 47;
    pub const COLUMNS: u16 = 60;
    pub const RICH_TEXT: u16 = 62;
    pub const SHEET_END: u16 = 130;
    pub const BOOK_END: u16 = 132;
    pub const BOOK_PROPERTIES: u16 = 153;
    pub const SHEET_OF_BOOK: u16 = 156;
    pub const MERGE: u16 = 176;
    pub const PROTECTION: u16 = 535;
    pub const CELL_FORMATS_BEGIN: u16 = 617;
    pub const CELL_FORMATS_END: u16 = 618;
}

/// Reads every worksheet of a package.
///
/// # Errors
/// When it is damaged or goes over a limit.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let limits = budget.limits;
    let mut package = Package::open(bytes, limits)?;
    let root = package.relations("");
    let workbook = root.part("/officeDocument").unwrap_or("xl/workbook.bin");
    let related = package.relations(workbook);
    let outline = Outline::read(records(&mut package, workbook)?)?;
    let (found, allowed) = (outline.sheets.len() as u64, u64::from(limits.sheets));
    if found > allowed {
        return Err(Error::OverLimit {
            limit: "sheets",
            found,
            allowed,
        });
    }
    let styles = match related.part("/styles") {
        Some(part) => Styles::read(records(&mut package, part)?)?,
        None => Styles::default(),
    };
    let strings = match related.part("/sharedStrings") {
        Some(part) => Strings::read(records(&mut package, part)?, limits)?,
        None => Strings::default(),
    };
    let formats: Arc<[NumberFormat]> = styles.formats.as_slice().into();
    let (mut sheets, mut unread) = (Vec::new(), Vec::new());
    let mut parts = BTreeSet::new();
    for listed in outline.sheets {
        let Some(part) = related.of(&listed.relation) else {
            unread.push(listed.name);
            continue;
        };
        // Charts, dialogs and macro sheets have no figures.
        if related.worksheet(&listed.relation).is_none() {
            continue;
        }
        // A thousand sheets could share one large part.
        if !parts.insert(part) {
            return Err(Error::damaged("two sheets share a part"));
        }
        let mut reading = Worksheet {
            sheet: RawSheet::new(listed.name, listed.hidden, formats.clone()),
            styles: &styles,
            strings: &strings,
            is_1904: outline.is_1904,
            budget,
            row: None,
            next_column: 0,
        };
        reading.read(records(&mut package, part)?)?;
        reading.sheet.close();
        sheets.push(reading.sheet);
    }
    Ok(Book {
        sheets,
        unread,
        about: package.about(".xlsb"),
    })
}

fn records<'p, 'a>(
    package: &'p mut Package<'a>,
    name: &str,
) -> Result<Records<impl BufRead + use<'p, 'a>>, Error> {
    let part = package.part(name);
    let part = part.ok_or_else(|| Error::damaged(format!("there is no part `{name}`")))?;
    Ok(Records {
        part: BufReader::new(part),
        body: Vec::new(),
    })
}

fn cut_off() -> Error {
    Error::damaged("a record is cut off")
}

/// The records of a part, one by one.
struct Records<R> {
    part: R,
    body: Vec<u8>,
}

impl<R: BufRead> Records<R> {
    /// The kind of the next record and what stands in it; nothing at the part's end.
    fn next(&mut self) -> Result<Option<(u16, Fields<'_>)>, Error> {
        if self.part.fill_buf().map_err(Error::damaged)?.is_empty() {
            return Ok(None);
        }
        // Seven bits a byte, the highest bit says that another byte follows.
        let kind = self.number(2)?;
        let size = u64::from(self.number(4)?);
        self.body.clear();
        let mut body = (&mut self.part).take(size);
        body.read_to_end(&mut self.body).map_err(Error::damaged)?;
        if self.body.len() as u64 != size {
            return Err(cut_off());
        }
        let kind = u16::try_from(kind).map_err(Error::damaged)?;
        Ok(Some((kind, Fields(&self.body))))
    }

    fn number(&mut self, most_bytes: u32) -> Result<u32, Error> {
        let mut number = 0;
        for at in 0..most_bytes {
            let mut byte = [0];
            self.part.read_exact(&mut byte).map_err(Error::damaged)?;
            number |= u32::from(byte[0] & 0x7f) << (7 * at);
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        Ok(number)
    }
}

/// What is left of a record's body.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.bytes().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn f64(&mut self) -> Option<f64> {
        self.bytes().map(f64::from_le_bytes)
    }

    /// A text with its length before it; an empty one where there is none.
    fn text(&mut self) -> Option<String> {
        let length = match self.u32()? {
            u32::MAX => 0,
            length => usize::try_from(length).ok()?.checked_mul(2)?,
        };
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let (units, _) = text.as_chunks();
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        let text = char::decode_utf16(units);
        Some(
            text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        )
    }

    /// A number in four bytes: the upper half of a float or thirty bits of a whole number, as it
    /// is or in hundredths.
    fn rk(&mut self) -> Option<f64> {
        let raw = self.u32()?;
        let number = if raw & 2 == 0 {
            f64::from_bits(u64::from(raw & !3) << 32)
        } else {
            f64::from(raw.cast_signed() >> 2)
        };
        Some(if raw & 1 == 0 { number } else { number / 100.0 })
    }

    fn error(&mut self) -> Option<&'static str> {
        self.u8().and_then(error_by_code)
    }
}

/// What the workbook part says.
#[derive(Default)]
struct Outline {
    sheets: Vec<ListedSheet>,
    is_1904: bool,
}

struct ListedSheet {
    name: String,
    hidden: bool,
    /// The id of the relation to its part.
    relation: String,
}

impl Outline {
    fn read(mut records: Records<impl BufRead>) -> Result<Self, Error> {
        let mut outline = Self::default();
        while let Some((kind, mut fields)) = records.next()? {
            match kind {
                kind::BOOK_PROPERTIES => {
                    let flags = fields.u32().ok_or_else(cut_off)?;
                    outline.is_1904 = flags & 1 == 1;
                }
                kind::SHEET_OF_BOOK => {
                    let sheet = ListedSheet::read(&mut fields).ok_or_else(cut_off)?;
                    outline.sheets.push(sheet);
                }
                kind::BOOK_END => return Ok(outline),
                _ => {}
            }
        }
        Err(cut_off())
    }
}

impl ListedSheet {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let state = fields.u32()?;
        let _number = fields.u32()?;
        Some(Self {
            hidden: state != 0,
            relation: fields.text()?,
            name: fields.text()?,
        })
    }
}

/// The number formats of a book.
struct Styles {
    formats: Vec<NumberFormat>,
    /// For each cell format, the position of its number format.
    of_cells: Vec<u32>,
}

impl Default for Styles {
    fn default() -> Self {
        Self {
            formats: vec![NumberFormat::new("General")],
            of_cells: Vec::new(),
        }
    }
}

impl Styles {
    fn read(mut records: Records<impl BufRead>) -> Result<Self, Error> {
        let mut styles = Self::default();
        let mut own = BTreeMap::new();
        let mut positions = BTreeMap::from([(0, 0)]);
        let mut is_of_cells = false;
        while let Some((kind, mut fields)) = records.next()? {
            match kind {
                kind::FORMAT => {
                    let number = fields.u16().ok_or_else(cut_off)?;
                    own.insert(number, fields.text().ok_or_else(cut_off)?);
                }
                kind::CELL_FORMATS_BEGIN => is_of_cells = true,
                kind::CELL_FORMATS_END => is_of_cells = false,
                // The same records stand among the styles that people name.
                kind::CELL_FORMAT if is_of_cells => {
                    let _parent = fields.u16().ok_or_else(cut_off)?;
                    let number = fields.u16().ok_or_else(cut_off)?;
                    let position = *positions.entry(number).or_insert_with(|| {
                        let code = own.get(&number).map_or(built_in(number), String::as_str);
                        styles.formats.push(NumberFormat::new(code));
                        u32::try_from(styles.formats.len() - 1).unwrap_or(0)
                    });
                    styles.of_cells.push(position);
                }
                _ => {}
            }
        }
        Ok(styles)
    }
}

/// The texts that cells share, one behind the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn read(mut records: Records<impl BufRead>, limits: &Limits) -> Result<Self, Error> {
        let mut strings = Self::default();
        while let Some((kind, mut fields)) = records.next()? {
            if kind != kind::SHARED_STRING {
                continue;
            }
            let _flags = fields.u8().ok_or_else(cut_off)?;
            strings.text += &fields.text().ok_or_else(cut_off)?;
            strings.ends.push(strings.text.len());
            for (limit, found, allowed) in [
                (
                    "strings_bytes",
                    strings.text.len() as u64,
                    limits.strings_bytes,
                ),
                ("cells", strings.ends.len() as u64, limits.cells),
            ] {
                if found > allowed {
                    return Err(Error::OverLimit {
                        limit,
                        found,
                        allowed,
                    });
                }
            }
        }
        Ok(strings)
    }

    fn get(&self, at: u32) -> Option<&str> {
        let at = usize::try_from(at).ok()?;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(at)?)
    }
}

/// A worksheet on the way out of its records.
struct Worksheet<'a, 'b> {
    sheet: RawSheet,
    styles: &'a Styles,
    strings: &'a Strings,
    is_1904: bool,
    budget: &'a mut Budget<'b>,
    /// The row that cells stand in, where it is one that a sheet can have.
    row: Option<u32>,
    /// The column behind the cell that was read last.
    next_column: u32,
}

impl Worksheet<'_, '_> {
    fn read(&mut self, mut records: Records<impl BufRead>) -> Result<(), Error> {
        while let Some((kind, mut fields)) = records.next()? {
            match kind {
                kind::ROW => self.begin_row(&mut fields).ok_or_else(cut_off)?,
                kind::BLANK..=kind::NEXT_SHARED_TEXT | kind::RICH_TEXT => {
                    self.read_cell(kind, &mut fields)?;
                }
                kind::COLUMNS => self.see_columns(&mut fields).ok_or_else(cut_off)?,
                kind::MERGE => {
                    let merge = merge(&mut fields).ok_or_else(cut_off)?;
                    self.sheet.merge(merge, self.budget.limits)?;
                }
                kind::PROTECTION => {
                    let _hash = fields.u16().ok_or_else(cut_off)?;
                    self.sheet.facts.protected = fields.u32().ok_or_else(cut_off)? != 0;
                }
                kind::SHEET_END => {
                    let hidden = &mut self.sheet.facts.hidden_rows;
                    hidden.sort_unstable();
                    hidden.dedup();
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(cut_off())
    }

    fn begin_row(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let row = fields.u32()?;
        self.row = Some(row).filter(|row| *row < MAX_ROWS);
        self.next_column = 0;
        let [_, _, _, _, _, _, _, flags] = fields.bytes()?;
        let is_hidden = flags & 0x10 != 0;
        self.sheet
            .facts
            .hidden_rows
            .extend(self.row.filter(|_| is_hidden));
        Some(())
    }

    fn see_columns(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (first, last) = (fields.u32()?, fields.u32()?);
        let [_, _, _, _, _, _, _, _, flags] = fields.bytes()?;
        if flags & 1 != 0 {
            // Columns come in order, so that none is told twice.
            let hidden = &mut self.sheet.facts.hidden_columns;
            let first = first.max(hidden.last().map_or(0, |column| column + 1));
            hidden.extend(first..=last.min(MAX_COLUMNS - 1));
        }
        Some(())
    }

    /// Reads a cell. One that can't be made out is told, and reading goes on.
    fn read_cell(&mut self, kind: u16, fields: &mut Fields<'_>) -> Result<(), Error> {
        let is_next = (kind::NEXT_BLANK..=kind::NEXT_SHARED_TEXT).contains(&kind);
        let kind = if is_next {
            kind - kind::NEXT_BLANK + kind::BLANK
        } else {
            kind
        };
        let column = if is_next {
            self.next_column
        } else {
            fields.u32().ok_or_else(cut_off)?
        };
        self.next_column = column.saturating_add(1);
        let style = fields.u32().ok_or_else(cut_off)? & 0x00ff_ffff;
        if kind == kind::BLANK {
            return Ok(());
        }
        let (Some(row), true) = (self.row, column < MAX_COLUMNS) else {
            self.sheet.damaged += 1;
            return Ok(());
        };
        let cell = Cell::new(row, column);
        if (kind::FORMULA_TEXT..=kind::FORMULA_ERROR).contains(&kind) {
            self.sheet.facts.formulas += 1;
        }
        let format = self.styles.of_cells.get(style as usize).copied();
        let format = format.unwrap_or(0);
        let text: String;
        let value = match kind {
            kind::RK | kind::REAL | kind::FORMULA_REAL => {
                let number = if kind == kind::RK {
                    fields.rk()
                } else {
                    fields.f64()
                };
                number
                    .filter(|x| x.is_finite())
                    .map(|x| self.number(x, format))
            }
            kind::ERROR | kind::FORMULA_ERROR => fields.error().map(Value::Error),
            kind::TRUTH | kind::FORMULA_TRUTH => fields.u8().map(|byte| Value::Truth(byte != 0)),
            kind::SHARED_TEXT => {
                let shared = fields.u32().and_then(|at| self.strings.get(at));
                shared.map(Value::Text)
            }
            kind::TEXT | kind::FORMULA_TEXT | kind::RICH_TEXT => {
                if kind == kind::RICH_TEXT {
                    let _flags = fields.u8();
                }
                match fields.text() {
                    Some(own) => {
                        text = own;
                        Some(Value::Text(&text))
                    }
                    None => None,
                }
            }
            _ => None,
        };
        if let Some(value) = value {
            return self.sheet.push(cell, value, format, self.budget);
        }
        self.sheet.damaged += 1;
        self.sheet.facts.damaged.push(cell);
        Ok(())
    }

    fn number(&self, x: f64, format: u32) -> Value<'static> {
        let format = self.styles.formats.get(format as usize);
        match format {
            Some(format) if format.shown.date && self.is_1904 => Value::Date(x + DAYS_TO_1904),
            Some(format) if format.shown.date => Value::Date(x),
            _ => Value::Number(x),
        }
    }
}

fn merge(fields: &mut Fields<'_>) -> Option<Range> {
    let [first_row, last_row] = [fields.u32()?, fields.u32()?].map(|row| row.min(MAX_ROWS - 1));
    let [first, last] = [fields.u32()?, fields.u32()?].map(|column| column.min(MAX_COLUMNS - 1));
    Some(Range {
        first: Cell::new(first_row, first),
        last: Cell::new(last_row, last),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ods::tests::{Dice, packed, shown};
    use super::*;
    use calamine::{Data, DataType, Reader as _, Xlsb};
    use std::io::Cursor;

    const SHEETJS: &[u8] = include_bytes!("../../tests/files/sheetjs.xlsb");

    fn read(bytes: &[u8]) -> Result<Book, Error> {
        super::read(bytes, &mut Budget::new(&Limits::default()))
    }

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        let sevens = |number: usize| {
            let [low, high] = [number & 0x7f, number >> 7].map(|part| u8::try_from(part).unwrap());
            if high == 0 {
                vec![low]
            } else {
                vec![low | 0x80, high]
            }
        };
        [sevens(kind.into()), sevens(body.len()), body.to_vec()].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let length = u32::try_from(units.len()).unwrap().to_le_bytes();
        let units = units.into_iter().flat_map(u16::to_le_bytes);
        length.into_iter().chain(units).collect()
    }

    fn cell(kind: u16, column: u32, style: u32, value: &[u8]) -> Vec<u8> {
        let head = [column.to_le_bytes(), style.to_le_bytes()].concat();
        record(kind, &[&head, value].concat())
    }

    fn row(number: u32, is_hidden: bool) -> Vec<u8> {
        let mut body = [0; 17];
        body[..4].copy_from_slice(&number.to_le_bytes());
        body[11] = if is_hidden { 0x10 } else { 0 };
        record(kind::ROW, &body)
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn rk(value: i32, is_hundredths: bool) -> [u8; 4] {
        (value << 2 | 2 | i32::from(is_hundredths)).to_le_bytes()
    }

    /// What stands behind the result of a formula: its flags and the tokens of `1`.
    fn formula() -> Vec<u8> {
        [&[0, 0][..], &numbers(&[3]), &[0x1e, 1, 0], &numbers(&[0])].concat()
    }

    const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    /// A workbook of a visible and a hidden sheet; the records are the visible sheet's cells.
    fn book(cells: &[Vec<u8>], is_1904: bool) -> Vec<u8> {
        let listed = |state, number, id, name| {
            let body = [numbers(&[state, number]), wide(id), wide(name)].concat();
            record(kind::SHEET_OF_BOOK, &body)
        };
        let workbook = [
            record(131, &[]),
            record(
                kind::BOOK_PROPERTIES,
                &[numbers(&[u32::from(is_1904), 0]), wide("")].concat(),
            ),
            record(143, &[]),
            listed(0, 1, "rId1", "人口情况"),
            listed(1, 2, "rId2", "隐藏表"),
            listed(0, 3, "rId5", "图"),
            record(144, &[]),
            // calamine stops at this record and at no other that is bound to come.
            record(157, &[0; 26]),
            record(kind::BOOK_END, &[]),
        ];
        let cell_format = |number: u16| {
            let mut body = [0; 16];
            body[2..4].copy_from_slice(&number.to_le_bytes());
            record(kind::CELL_FORMAT, &body)
        };
        let own = |number: u16, code| {
            record(
                kind::FORMAT,
                &[&number.to_le_bytes()[..], &wide(code)].concat(),
            )
        };
        let styles = [
            record(278, &[]),
            record(615, &numbers(&[2])),
            own(164, "0.0%"),
            own(165, "yyyy\"年\"m\"月\"d\"日\""),
            record(616, &[]),
            record(626, &numbers(&[1])),
            cell_format(9),
            record(627, &[]),
            record(kind::CELL_FORMATS_BEGIN, &numbers(&[6])),
            [0, 164, 165, 10, 31, 999].map(cell_format).concat(),
            record(kind::CELL_FORMATS_END, &[]),
            record(279, &[]),
        ];
        let shared = |text| record(kind::SHARED_STRING, &[&[0][..], &wide(text)].concat());
        let strings = [
            record(159, &numbers(&[3, 3])),
            shared("地区"),
            shared(""),
            shared("总人口\n（万人）"),
            record(160, &[]),
        ];
        let sheet = |cells: &[Vec<u8>]| {
            [
                record(129, &[]),
                record(148, &numbers(&[0, 100, 0, 20])),
                record(390, &[]),
                record(
                    kind::COLUMNS,
                    &[&numbers(&[2, 3, 2304, 0])[..], &[1, 0]].concat(),
                ),
                record(391, &[]),
                record(145, &[]),
                cells.concat(),
                record(146, &[]),
                record(
                    kind::PROTECTION,
                    &[&[0, 0][..], &numbers(&[1; 16])].concat(),
                ),
                record(177, &numbers(&[1])),
                record(kind::MERGE, &numbers(&[0, 0, 0, 5])),
                record(178, &[]),
                record(kind::SHEET_END, &[]),
            ]
            .concat()
        };
        let hidden = [row(0, false), cell(kind::RK, 0, 0, &rk(1, false))];
        let relation = |id, kind, target| {
            format!(r#"<Relationship Id="{id}" Type="{RELATION}/{kind}" Target="{target}"/>"#)
        };
        let relations = [
            relation("rId1", "worksheet", "worksheets/sheet1.bin"),
            relation("rId2", "worksheet", "worksheets/sheet2.bin"),
            relation("rId3", "styles", "/xl/styles.bin"),
            relation("rId4", "sharedStrings", "sharedStrings.bin"),
            relation("rId5", "chartsheet", "chartsheets/sheet1.bin"),
        ];
        let relations = format!("<Relationships>{}</Relationships>", relations.concat());
        packed(&[
            ("xl/workbook.bin", &workbook.concat()),
            ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
            ("xl/styles.bin", &styles.concat()),
            ("xl/sharedStrings.bin", &strings.concat()),
            ("xl/worksheets/sheet1.bin", &sheet(cells)),
            ("xl/worksheets/sheet2.bin", &sheet(&hidden)),
        ])
    }

    fn some_of_each() -> Vec<Vec<u8>> {
        let real = |x: f64| x.to_le_bytes();
        let with_formula = |value: &[u8]| [value, &formula()].concat();
        vec![
            row(0, false),
            cell(kind::SHARED_TEXT, 0, 0, &numbers(&[0])),
            cell(kind::SHARED_TEXT, 1, 0, &numbers(&[2])),
            cell(kind::SHARED_TEXT, 2, 0, &numbers(&[1])),
            cell(kind::TEXT, 3, 0, &wide("行内文字")),
            row(3, true),
            cell(kind::RK, 0, 0, &rk(-12, false)),
            cell(kind::RK, 1, 0, &rk(1250, true)),
            cell(kind::RK, 2, 1, &rk(50, true)),
            cell(kind::REAL, 3, 1, &real(0.806)),
            cell(kind::RK, 4, 2, &rk(45_297, false)),
            cell(kind::REAL, 5, 4, &real(45_297.5)),
            cell(kind::RK, 6, 0, &0x3ff8_0000_u32.to_le_bytes()),
            row(4, false),
            cell(kind::TRUTH, 0, 0, &[1]),
            cell(kind::ERROR, 1, 0, &[0x2a]),
            cell(kind::FORMULA_REAL, 2, 3, &with_formula(&real(0.3))),
            cell(kind::FORMULA_TEXT, 3, 0, &with_formula(&wide("合格"))),
            cell(kind::FORMULA_TRUTH, 4, 0, &with_formula(&[0])),
            cell(kind::FORMULA_ERROR, 5, 0, &with_formula(&[0x07])),
            cell(kind::BLANK, 6, 1, &[]),
            record(13, &[&numbers(&[1])[..], &rk(7, false)].concat()),
            record(18, &numbers(&[0, 0])),
            cell(
                kind::RICH_TEXT,
                9,
                0,
                &[&[1][..], &wide("红字"), &numbers(&[0])].concat(),
            ),
        ]
    }

    #[test]
    fn each_kind_of_cell_is_read_with_its_format() {
        let book = read(&book(&some_of_each(), false)).unwrap();
        assert_eq!(
            shown(&book.sheets[0]),
            [
                "A1 地区",
                "B1 总人口\n（万人）",
                "D1 行内文字",
                "A4 -12",
                "B4 12.5",
                "C4 0.5 as 0.0%",
                "D4 0.806 as 0.0%",
                "E4 day 45297 as yyyy\"年\"m\"月\"d\"日\"",
                "F4 day 45297.5 as yyyy\"年\"m\"月\"d\"日\"",
                "G4 1.5",
                "A5 true",
                "B5 #N/A",
                "C5 0.3 as 0.00%",
                "D5 合格",
                "E5 false",
                "F5 #DIV/0!",
                "H5 7 as 0.0%",
                "I5 地区",
                "J5 红字",
            ]
        );
        assert_eq!(book.about.kind, ".xlsb");
    }

    #[test]
    fn what_is_around_the_cells_is_told() {
        let book = read(&book(&some_of_each(), false)).unwrap();
        let names: Vec<_> = book.sheets.iter().map(|s| (&*s.name, s.hidden)).collect();
        assert_eq!(names, [("人口情况", false), ("隐藏表", true)]);
        let facts = &book.sheets[0].facts;
        assert_eq!(facts.hidden_rows, [3]);
        assert_eq!(facts.hidden_columns, [2, 3]);
        assert_eq!(facts.merges, [Range::parse("A1:F1").unwrap()]);
        assert_eq!(facts.formulas, 4);
        assert!(facts.protected);
        assert_eq!(shown(&book.sheets[1]), ["A1 1"]);
    }

    #[test]
    fn days_of_the_1904_calendar_are_told_in_that_of_1900() {
        let cells = [row(0, false), cell(kind::RK, 0, 2, &rk(43_835, false))];
        let book = read(&book(&cells, true)).unwrap();
        assert_eq!(
            shown(&book.sheets[0]),
            ["A1 day 45297 as yyyy\"年\"m\"月\"d\"日\""]
        );
    }

    #[test]
    fn a_cell_that_cannot_be_made_out_is_told_and_the_others_are_read() {
        let cells = [
            row(0, false),
            cell(kind::SHARED_TEXT, 0, 0, &numbers(&[99])),
            cell(kind::ERROR, 1, 0, &[0x99]),
            cell(kind::REAL, 2, 0, &f64::NAN.to_le_bytes()),
            cell(kind::TEXT, 3, 0, &numbers(&[u32::MAX / 2])),
            cell(kind::RK, 20_000, 0, &rk(1, false)),
            cell(kind::RK, 4, 999, &rk(1, false)),
            cell(kind::REAL, 5, 0, &[]),
            row(MAX_ROWS, false),
            cell(kind::RK, 0, 0, &rk(1, false)),
        ];
        let book = read(&book(&cells, false)).unwrap();
        let sheet = &book.sheets[0];
        assert_eq!(shown(sheet), ["E1 1"]);
        assert_eq!(sheet.damaged, 7);
        let places: Vec<_> = sheet.facts.damaged.iter().map(Cell::to_string).collect();
        assert_eq!(places, ["A1", "B1", "C1", "D1", "F1"]);
    }

    #[test]
    fn limits_hold() {
        let over = |limits: Limits| {
            let book = book(&some_of_each(), false);
            match super::read(&book, &mut Budget::new(&limits)) {
                Err(Error::OverLimit { limit, .. }) => limit,
                other => panic!("{other:?}"),
            }
        };
        let limits = Limits::default();
        assert_eq!(
            over(Limits {
                sheets: 1,
                ..limits
            }),
            "sheets"
        );
        assert_eq!(
            over(Limits {
                cells: 18,
                ..limits
            }),
            "cells"
        );
        assert_eq!(
            over(Limits {
                merges: 0,
                ..limits
            }),
            "merges"
        );
        assert_eq!(
            over(Limits {
                strings_bytes: 20,
                ..limits
            }),
            "strings_bytes"
        );
    }

    #[test]
    fn what_sheetjs_writes_is_read() {
        let book = read(SHEETJS).unwrap();
        let names: Vec<_> = book.sheets.iter().map(|s| (&*s.name, s.hidden)).collect();
        assert_eq!(names, [("人口情况", false), ("隐藏表", true)]);
        assert_eq!(
            shown(&book.sheets[0]),
            [
                "A1 地区",
                "B1 总人口",
                "C1 城镇化率",
                "D1 日期",
                "E1 真假",
                "A2 东街",
                "B2 12.5",
                "C2 0.806 as 0.0%",
                "D2 day 45297 as yyyy/m/d",
                "E2 true",
                "A3 西街",
                "B3 3",
                "C3 0.3333333333333333 as 0%",
                "D3 day 45291 as yyyy/m/d",
                "E3 false",
                "A4 南街",
                "B4 123456789.123",
                "C4 -0.25 as 0.00%",
                "E4 true",
                "B5 15.5",
                "C5 #DIV/0!",
                "D5 #N/A",
            ]
        );
        let facts = &book.sheets[0].facts;
        assert_eq!(facts.hidden_rows, [2]);
        assert_eq!(facts.hidden_columns, [3]);
        assert_eq!(facts.merges, [Range::parse("A7:C8").unwrap()]);
        assert!(facts.protected);
        assert_eq!(book.about.application.as_deref(), Some("SheetJS"));
        assert_eq!(book.about.properties, [("hebiao".into(), "abc".into())]);
    }

    #[test]
    fn calamine_reads_the_same_from_what_these_tests_write() {
        let bytes = book(&some_of_each(), false);
        let mut other: Xlsb<_> = Xlsb::new(Cursor::new(&bytes[..])).unwrap();
        let range = other.worksheet_range("人口情况").unwrap();
        let ours = &read(&bytes).unwrap().sheets[0];
        let mut same = 0;
        for raw in &ours.cells {
            let theirs = range.get_value((raw.cell.row, raw.cell.column));
            let is_same = match (ours.value(raw), theirs) {
                (Value::Number(x), Some(theirs)) => theirs.as_f64() == Some(x),
                (Value::Date(x), Some(Data::DateTime(theirs))) => theirs.as_f64() == x,
                (Value::Text(text), Some(Data::String(theirs))) => text == theirs,
                (Value::Truth(truth), Some(Data::Bool(theirs))) => truth == *theirs,
                (Value::Error(error), Some(Data::Error(theirs))) => error == theirs.to_string(),
                // What calamine leaves out.
                (_, None | Some(Data::Empty)) => continue,
                _ => false,
            };
            assert!(is_same, "{} {theirs:?}", raw.cell);
            same += 1;
        }
        assert_eq!((same, ours.cells.len()), (15, 19));
    }

    #[test]
    fn a_package_cut_short_is_an_error_not_a_panic() {
        for length in (0..SHEETJS.len()).step_by(37) {
            assert!(read(&SHEETJS[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn spoilt_records_are_read_or_refused() {
        let mut dice = Dice::new(7);
        let originals = [
            Dice::parts(SHEETJS),
            Dice::parts(&book(&some_of_each(), false)),
        ];
        for _ in 0..200 {
            for parts in &originals {
                let _ = read(&dice.spoil(parts));
            }
        }
    }
}
