//! .xlsx and .xlsm: calamine's stream of cells with their formats, and the facts beside it.
//!
//! Only calamine's streaming calls are used. The dense ones allocate for two cells in opposite
//! corners, the formula calls for a shared index that a file makes up.

use super::format::built_in;
use super::package::{BookFacts, Package};
use super::{
    Book, Budget, DAYS_TO_1904, Error, NumberFormat, RawCell, RawSheet, Value, facts, formula,
};
use crate::place::Cell;
use calamine::{
    CellErrorType, DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader,
    XlsxError,
};
use quick_xml::events::Event;
use std::collections::BTreeSet;
use std::io::{BufReader, Cursor, Read};
use std::sync::Arc;

/// Reads every worksheet of a package.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let limits = budget.limits;
    let mut package = Package::open(bytes, limits)?;
    let BookFacts {
        parts,
        beside,
        from_1904,
        is_approximate,
    } = package.sheets();
    // calamine looks for styles and strings by their usual names, and reads them up to their last
    // tag: their checksums are for us.
    for (part, is_usual) in beside {
        if !is_usual {
            return Err(Error::Unusual("styles or strings are elsewhere"));
        }
        package.verify(&part)?;
    }
    let mut allowance = formula::Allowance::default();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(refused)?;
    let sheets: Vec<_> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    if sheets.len() as u64 > u64::from(limits.sheets) {
        return Err(Error::OverLimit {
            limit: "sheets",
            found: sheets.len() as u64,
            allowed: u64::from(limits.sheets),
        });
    }
    // Sheets are asked for by their names.
    let names: BTreeSet<&String> = sheets.iter().map(|(name, _)| name).collect();
    if names.len() < sheets.len() {
        return Err(Error::Unusual("two sheets have one name"));
    }
    let mut book = Book {
        about: package.about(".xlsx"),
        ..Book::default()
    };
    let mut formats: Option<Arc<[NumberFormat]>> = None;
    for (name, hidden) in sheets {
        let facts = match parts.get(&name).and_then(|part| package.part(part)) {
            Some(part) => Some(facts::read(part, limits)?),
            None => None,
        };
        let comments = parts.get(&name).map(|part| package.comments(part));
        // A chart sheet that calls itself a worksheet, a part that is not there or is written in
        // a way that one of the two readers does not know.
        let (Ok(mut cells), Some((facts, lost))) = (workbook.worksheet_cells_reader(&name), facts)
        else {
            book.unread.push(name);
            continue;
        };
        let formats = formats.get_or_insert_with(|| {
            let codes = cells.styles().iter().map(|style| {
                let format = style.number_format.as_ref();
                format.map_or_else(NumberFormat::default, |format| {
                    // calamine calls formats General that only Chinese Excel has built in.
                    let built_in = format
                        .format_id
                        .and_then(|id| u16::try_from(id).ok())
                        .map(built_in);
                    let code = built_in.filter(|_| format.format_code == "General");
                    NumberFormat::new(code.unwrap_or(&format.format_code))
                })
            });
            codes.collect()
        });
        let mut sheet = RawSheet::new(name, hidden, Arc::clone(formats));
        sheet.facts = facts;
        sheet.facts.comments = comments.unwrap_or_default();
        sheet.damaged = lost + sheet.facts.damaged.len() as u64;
        sheet.cells.reserve(declared(&cells.dimensions()));
        fill(&mut sheet, &mut cells, from_1904, budget)?;
        sheet.close();
        let part = parts.get(&sheet.name);
        if sheet.damaged > 0
            && let Some(part) = part.and_then(|part| package.part(part))
        {
            sheet.facts.damaged.extend(unread(part, &sheet.cells)?);
            sheet.facts.damaged.sort_unstable();
            sheet.facts.damaged.dedup();
        }
        // Formulas are gone through only where there are some; the stream of cells has no texts.
        if sheet.facts.formulas > 0
            && let Some(part) = part.and_then(|part| package.part(part))
        {
            sheet.formulas = formula::collect(part, &mut allowance);
        }
        book.sheets.push(sheet);
    }
    formula::compute(&mut book, budget)?;
    if is_approximate {
        for sheet in &mut book.sheets {
            sheet.facts.stale.clear();
        }
    }
    Ok(book)
}

/// Puts the cells of a stream on a sheet.
fn fill(
    sheet: &mut RawSheet,
    cells: &mut XlsxCellReader<'_, Cursor<&[u8]>>,
    from_1904: bool,
    budget: &mut Budget<'_>,
) -> Result<(), Error> {
    let mut errors_in_a_row = 0;
    loop {
        let (cell, style) = match cells.next_cell_with_style_id() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            // One bad cell is told and reading goes on; a broken stream repeats its error.
            Err(_) => {
                sheet.damaged += 1;
                errors_in_a_row += 1;
                if errors_in_a_row > 1_000 {
                    break;
                }
                continue;
            }
        };
        errors_in_a_row = 0;
        let (row, column) = cell.get_position();
        if let Some(value) = value(cell.get_value(), from_1904) {
            let format = u32::try_from(style).unwrap_or(0);
            sheet.push(Cell::new(row, column), value, format, budget)?;
        }
    }
    Ok(())
}

/// The cells of a sheet that hold something and were not read: calamine tells of an error, but
/// not where. The sheet is gone through once more, only where there was one.
///
/// # Errors
/// Where cells do not say where they stand: after one that could not be read the others of its row
/// would be taken for their neighbours.
fn unread(part: impl Read, read: &[RawCell]) -> Result<Vec<Cell>, Error> {
    const MOST: usize = 1_000;
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(part));
    let (mut buffer, mut cell, mut found) = (Vec::new(), None, Vec::new());
    while found.len() < MOST {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                "c" => {
                    let mut attributes = tag.attributes().flatten();
                    let name = attributes.find(|a| a.key.as_ref() == "r");
                    let Some(name) = name else {
                        return Err(Error::Unusual("cells without their place"));
                    };
                    cell = Cell::parse(&name.value);
                }
                "v" | "extLst" => {
                    let lost = cell
                        .take()
                        .filter(|cell| read.binary_search_by_key(cell, |raw| raw.cell).is_err());
                    found.extend(lost);
                }
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(found)
}

/// How many cells a sheet says that it has, as far as room is made for them beforehand: what a
/// sheet says of itself may be anything.
fn declared(dimensions: &Dimensions) -> usize {
    const MOST: u64 = 1 << 18;
    let rows = u64::from(dimensions.end.0.saturating_sub(dimensions.start.0)) + 1;
    let columns = u64::from(dimensions.end.1.saturating_sub(dimensions.start.1)) + 1;
    usize::try_from((rows * columns).min(MOST)).unwrap_or(0)
}

fn refused(error: XlsxError) -> Error {
    match error {
        XlsxError::Password => Error::Password,
        other => Error::damaged(other),
    }
}

fn value<'a>(data: &'a DataRef<'a>, from_1904: bool) -> Option<Value<'a>> {
    Some(match data {
        DataRef::Empty => return None,
        #[expect(
            clippy::cast_precision_loss,
            reason = "Excel itself keeps numbers as f64"
        )]
        DataRef::Int(x) => Value::Number(*x as f64),
        DataRef::Float(x) => Value::Number(*x),
        DataRef::SharedString(text) => Value::Text(text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Value::Text(text)
        }
        DataRef::Bool(truth) => Value::Truth(*truth),
        DataRef::DateTime(date) => {
            Value::Date(date.as_f64() + if from_1904 { DAYS_TO_1904 } else { 0.0 })
        }
        DataRef::Error(error) => Value::Error(match error {
            CellErrorType::Div0 => "#DIV/0!",
            CellErrorType::NA => "#N/A",
            CellErrorType::Name => "#NAME?",
            CellErrorType::Null => "#NULL!",
            CellErrorType::Num => "#NUM!",
            CellErrorType::Ref => "#REF!",
            CellErrorType::Value => "#VALUE!",
            CellErrorType::GettingData => "#GETTING_DATA",
        }),
    })
}
