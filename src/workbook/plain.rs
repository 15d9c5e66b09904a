//! A plain workbook with the cells of a file that is no package: what the overlay is put on where
//! a district sent .xls, .ods or text.
//!
//! Cells keep their addresses, values and number formats, sheets their names, merges and hidden
//! lines. Fonts, colours and formulas stay behind.

use super::{Book, RawSheet, Value};
use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// The bytes of the workbook.
///
/// # Errors
/// When a sheet cannot be written.
pub fn package(book: &Book) -> Result<Vec<u8>, XlsxError> {
    let mut out = Workbook::new();
    // Without a fixed day the hour of writing would be inside.
    let day = ExcelDateTime::from_ymd(2000, 1, 1)?;
    out.set_properties(&DocProperties::new().set_creation_datetime(&day));
    // A workbook in which every sheet is hidden does not open.
    let seen = book.sheets.iter().position(|sheet| !sheet.hidden);
    for (at, sheet) in book.sheets.iter().enumerate() {
        let page = out.add_worksheet();
        page.set_name(&sheet.name)?;
        page.set_hidden(sheet.hidden);
        if at == seen.unwrap_or(0) {
            page.set_active(true);
        }
        // Whoever prints it sees all columns on a page.
        page.set_landscape();
        page.set_print_fit_to_pages(1, 0);
        write(page, sheet)?;
    }
    out.save_to_buffer()
}

/// Merges of more cells than this are backgrounds, not headings.
const MOST_MERGED: u64 = 10_000;

fn write(page: &mut Worksheet, sheet: &RawSheet) -> Result<(), XlsxError> {
    let formats: Vec<Format> = sheet
        .formats
        .iter()
        .map(|format| match format.code.as_str() {
            "" => Format::new(),
            code => Format::new().set_num_format(code),
        })
        .collect();
    let usual = Format::new();
    let middle = Format::new().set_text_wrap();
    let column = |column: u32| ColNum::try_from(column).unwrap_or(ColNum::MAX);
    for merge in &sheet.facts.merges {
        let (first, last) = (merge.first, merge.last);
        let cells = u64::from(last.row - first.row + 1) * u64::from(last.column - first.column + 1);
        if (2..=MOST_MERGED).contains(&cells) {
            let (from, to) = (column(first.column), column(last.column));
            // Merges that overlap are none.
            let _ = page.merge_range(first.row, from, last.row, to, "", &middle);
        }
    }
    let mut widths: BTreeMap<u32, usize> = BTreeMap::new();
    for raw in &sheet.cells {
        let (row, at) = (raw.cell.row, column(raw.cell.column));
        let format = formats.get(raw.format as usize).unwrap_or(&usual);
        match sheet.value(raw) {
            Value::Number(x) | Value::Date(x) if x.is_finite() => {
                page.write_number_with_format(row, at, x, format)?;
            }
            Value::Number(x) | Value::Date(x) => {
                page.write_string(row, at, x.to_string())?;
            }
            Value::Text(text) => {
                let merged = sheet.facts.merges.iter().any(|m| m.contains(raw.cell));
                if !merged {
                    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
                    let known = widths.entry(raw.cell.column).or_default();
                    *known = width.max(*known);
                }
                // A cell holds no more than 32,767 characters.
                let text: String = text.chars().take(32_767).collect();
                page.write_string_with_format(row, at, text, format)?;
            }
            Value::Truth(truth) => {
                page.write_boolean_with_format(row, at, truth, format)?;
            }
            Value::Error(error) => {
                let formula = Formula::new(error).set_result(error);
                page.write_formula_with_format(row, at, formula, format)?;
            }
        }
    }
    for (at, width) in widths {
        #[expect(clippy::cast_precision_loss, reason = "at most forty")]
        page.set_column_width(column(at), width.clamp(8, 40) as f64 + 1.0)?;
    }
    for row in &sheet.facts.hidden_rows {
        page.set_row_hidden(*row)?;
    }
    for at in &sheet.facts.hidden_columns {
        page.set_column_hidden(column(*at))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Cell, Range};
    use crate::rulebook::written::Limits;
    use crate::workbook::{Budget, NumberFormat};

    #[test]
    fn what_is_written_plainly_reads_back_at_the_same_cells() {
        let limits = Limits::default();
        let mut budget = Budget::new(&limits);
        let formats = [NumberFormat::default(), NumberFormat::new("0.0%")];
        let mut sheet = RawSheet::new("课题", false, formats.into());
        let cells = [
            ((0, 0), Value::Text("=标题"), 0),
            ((2, 1), Value::Number(0.147), 1),
            ((2, 2), Value::Error("#DIV/0!"), 0),
            ((2, 3), Value::Truth(true), 0),
        ];
        for ((row, column), value, format) in cells {
            sheet
                .push(Cell::new(row, column), value, format, &mut budget)
                .expect("within the budget");
        }
        sheet.facts.merges.extend(Range::parse("A1:D1"));
        sheet.facts.hidden_rows.push(2);
        let book = Book {
            sheets: vec![sheet],
            ..Book::default()
        };
        let bytes = package(&book).expect("a workbook");
        assert_eq!(bytes, package(&book).expect("the same"));
        let back = crate::workbook::read(&bytes, &limits).expect("a book");
        let sheet = &back.sheets[0];
        let read: Vec<_> = sheet
            .cells
            .iter()
            .map(|raw| (raw.cell, sheet.value(raw)))
            .collect();
        let sent: Vec<_> = cells
            .iter()
            .map(|((row, column), value, _)| (Cell::new(*row, *column), *value))
            .collect();
        assert_eq!(read, sent);
        assert!(sheet.format(&sheet.cells[1]).percent);
        assert_eq!(sheet.facts.hidden_rows, [2]);
        assert_eq!(sheet.facts.merges.len(), 1);
    }
}
