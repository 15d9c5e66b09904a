//! .xlsx and .xlsm: calamine's stream of cells with their formats, and the facts beside it.
//!
//! Only calamine's streaming calls are used. The dense ones allocate for two cells in opposite
//! corners, the formula calls for a shared index that a file makes up.

use super::format::{self, Format};
use super::{Error, Facts, RawCell, RawSheet, RawValue, facts};
use crate::place::Cell;
use crate::rulebook::written::Limits;
use calamine::{
    CellErrorType, DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError,
};
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use zip::ZipArchive;

/// Reads every worksheet of a package.
pub(super) fn read(
    file: File,
    limits: &Limits,
    see: &mut dyn FnMut(RawSheet<'_>),
) -> Result<(), Error> {
    let mut package = ZipArchive::new(BufReader::new(file.try_clone()?))
        .map_err(|error| Error::Damaged(Box::new(error)))?;
    guard(&mut package, limits)?;
    let parts = sheet_parts(&mut package);
    let mut file = file;
    file.rewind()?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(refused)?;
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
    let mut formats: Option<Vec<Format>> = None;
    let mut budget = limits.cells;
    for (name, hidden) in sheets {
        let facts = match parts.get(&name).map(|part| package.by_name(part)) {
            Some(Ok(part)) => facts::read(part, limits)?,
            _ => Facts::default(),
        };
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else {
            // A chart sheet that calls itself a worksheet, or a part that is not there.
            continue;
        };
        let formats = formats.get_or_insert_with(|| {
            let styles = cells.styles().iter();
            styles
                .map(|style| {
                    style
                        .number_format
                        .as_ref()
                        .map_or_else(Format::default, |number_format| {
                            format::parse(&number_format.format_code)
                        })
                })
                .collect()
        });
        let room = Vec::with_capacity(declared(&cells.dimensions()));
        let mut sheet = RawSheet {
            name,
            hidden,
            cells: room,
            formats,
            facts,
            damaged: 0,
        };
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
            if let Some(value) = value(cell.get_value()) {
                if budget == 0 {
                    return Err(Error::OverLimit {
                        limit: "cells",
                        found: limits.cells + 1,
                        allowed: limits.cells,
                    });
                }
                budget -= 1;
                let format = u32::try_from(style).unwrap_or(0);
                sheet.cells.push(RawCell {
                    cell: Cell::new(row, column),
                    value,
                    format,
                });
            }
        }
        in_order(&mut sheet);
        if sheet.damaged > 0
            && let Some(Ok(part)) = parts.get(&sheet.name).map(|part| package.by_name(part))
        {
            sheet.facts.damaged.extend(unread(part, &sheet.cells));
            sheet.facts.damaged.sort_unstable();
        }
        see(sheet);
    }
    Ok(())
}

/// Writers may put rows and cells in any order; readers of the sheet rely on it. A cell that
/// stands twice is none that anybody could vouch for.
fn in_order(sheet: &mut RawSheet<'_>) {
    if sheet.cells.is_sorted_by(|a, b| a.cell < b.cell) {
        return;
    }
    sheet.cells.sort_by_key(|raw| raw.cell);
    let twice: Vec<Cell> = sheet
        .cells
        .windows(2)
        .filter(|pair| pair[0].cell == pair[1].cell)
        .map(|pair| pair[0].cell)
        .collect();
    sheet
        .cells
        .retain(|raw| twice.binary_search(&raw.cell).is_err());
    sheet.damaged += twice.len() as u64;
    sheet.facts.damaged.extend(twice);
}

/// The cells of a sheet that hold something and were not read: calamine tells of an error, but
/// not where. The sheet is gone through once more, only where there was one.
fn unread(part: impl Read, read: &[RawCell<'_>]) -> Vec<Cell> {
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
                    cell = name.and_then(|name| Cell::parse(&name.value));
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
    found
}

/// How many cells a sheet says that it has, as far as room is made for them beforehand: what a
/// sheet says of itself may be anything.
fn declared(dimensions: &Dimensions) -> usize {
    const MOST: u64 = 1 << 18;
    let rows = u64::from(dimensions.end.0.saturating_sub(dimensions.start.0)) + 1;
    let columns = u64::from(dimensions.end.1.saturating_sub(dimensions.start.1)) + 1;
    usize::try_from((rows * columns).min(MOST)).unwrap_or(0)
}

/// Holds what the package says of itself against the limits, before anything is unpacked. The
/// sizes may lie, but the reader of the zip stops at them.
fn guard<R: Read + Seek>(package: &mut ZipArchive<R>, limits: &Limits) -> Result<(), Error> {
    let over = |limit, found, allowed| {
        Err(Error::OverLimit {
            limit,
            found,
            allowed,
        })
    };
    let entries = package.len() as u64;
    if entries > limits.entries {
        return over("entries", entries, limits.entries);
    }
    let mut unpacked = 0_u64;
    let (mut workbook, mut binary, mut document, mut open_document) = (false, false, false, false);
    for index in 0..package.len() {
        let entry = package
            .by_index_raw(index)
            .map_err(|error| Error::Damaged(Box::new(error)))?;
        unpacked = unpacked.saturating_add(entry.size());
        let name = entry
            .name()
            .map(Cow::into_owned)
            .unwrap_or_default()
            .to_lowercase();
        workbook |= name.ends_with("workbook.xml");
        binary |= name.ends_with("workbook.bin");
        document |= name == "word/document.xml";
        open_document |= name == "content.xml";
        if name.ends_with("sharedstrings.xml") && entry.size() > limits.strings_bytes {
            return over("strings_bytes", entry.size(), limits.strings_bytes);
        }
    }
    if unpacked > limits.unpacked_bytes {
        return over("unpacked_bytes", unpacked, limits.unpacked_bytes);
    }
    match (workbook, binary, open_document, document) {
        (true, ..) => Ok(()),
        (_, true, ..) => Err(Error::NotAWorkbook("a binary workbook (.xlsb)")),
        (_, _, true, _) => Err(Error::NotAWorkbook("an OpenDocument sheet (.ods)")),
        (_, _, _, true) => Err(Error::NotAWorkbook("a Word document")),
        _ => Err(Error::NotAWorkbook("a zip archive")),
    }
}

/// A custom document property of a package.
pub(super) fn property(file: File, name: &str) -> Option<String> {
    const MOST: u64 = 1 << 20;
    let mut package = ZipArchive::new(BufReader::new(file)).ok()?;
    let mut text = String::new();
    let part = package.by_name("docProps/custom.xml").ok()?;
    part.take(MOST).read_to_string(&mut text).ok()?;
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut inside = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if tag.local_name().as_ref() == "property" => {
                let mut attributes = tag.attributes().flatten();
                inside = attributes.any(|a| a.key.as_ref() == "name" && a.value == name);
            }
            Event::Text(value) if inside && !value.trim().is_empty() => {
                return Some(value.trim().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Which part holds which sheet. What cannot be made out has no facts; its cells are read all
/// the same.
fn sheet_parts<R: Read + Seek>(package: &mut ZipArchive<R>) -> BTreeMap<String, String> {
    let mut text = |name: &str| -> Option<String> {
        let mut text = String::new();
        package
            .by_name(name)
            .ok()?
            .take(16 << 20)
            .read_to_string(&mut text)
            .ok()?;
        Some(text)
    };
    let read = |text: &str, element: &str, key: &str, value: &str| -> Vec<(String, String)> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut found = Vec::new();
        while let Ok(event) = reader.read_event() {
            let (Event::Start(tag) | Event::Empty(tag)) = &event else {
                if event == Event::Eof {
                    break;
                }
                continue;
            };
            if tag.local_name().as_ref() != element {
                continue;
            }
            let attribute = |wanted: &str| {
                tag.attributes()
                    .flatten()
                    .find(|a| a.key.as_ref() == wanted || a.key.local_name().as_ref() == wanted)
                    .and_then(|a| {
                        a.normalized_value(XmlVersion::Implicit1_0)
                            .map(Cow::into_owned)
                            .ok()
                    })
            };
            found.extend(attribute(key).zip(attribute(value)));
        }
        found
    };
    let root = text("_rels/.rels")
        .and_then(|rels| {
            read(&rels, "Relationship", "Type", "Target")
                .into_iter()
                .find(|(kind, _)| kind.ends_with("/officeDocument"))
                .map(|(_, target)| target.trim_start_matches('/').to_owned())
        })
        .unwrap_or_else(|| "xl/workbook.xml".to_owned());
    let (folder, file) = root.rsplit_once('/').unwrap_or(("", &root));
    let targets: BTreeMap<String, String> = text(&format!("{folder}/_rels/{file}.rels"))
        .map(|rels| {
            read(&rels, "Relationship", "Id", "Target")
                .into_iter()
                .collect()
        })
        .unwrap_or_default();
    let sheets = text(&root)
        .map(|book| read(&book, "sheet", "name", "r:id"))
        .unwrap_or_default();
    sheets
        .into_iter()
        .filter_map(|(name, id)| {
            let target = targets.get(&id)?;
            let part = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("{folder}/{target}"),
            };
            Some((name, part))
        })
        .collect()
}

fn refused(error: XlsxError) -> Error {
    match error {
        XlsxError::Password => Error::Password,
        other => Error::Damaged(Box::new(other)),
    }
}

fn value<'a>(data: &DataRef<'a>) -> Option<RawValue<'a>> {
    Some(match data {
        DataRef::Empty => return None,
        #[expect(
            clippy::cast_precision_loss,
            reason = "Excel itself keeps numbers as f64"
        )]
        DataRef::Int(x) => RawValue::Number(*x as f64),
        DataRef::Float(x) => RawValue::Number(*x),
        DataRef::SharedString(text) if text.trim().is_empty() => return None,
        DataRef::SharedString(text) => RawValue::Text(Cow::Borrowed(text)),
        DataRef::String(text) if text.trim().is_empty() => return None,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            RawValue::Text(Cow::Owned(text.clone()))
        }
        DataRef::Bool(truth) => RawValue::Truth(*truth),
        DataRef::DateTime(date) => RawValue::Date(date.as_f64()),
        DataRef::Error(error) => RawValue::Error(match error {
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
