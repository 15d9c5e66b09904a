//! A workbook of Excel 2007 and after.

use std::error::Error;
use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Note, Workbook,
    Worksheet, XlsxError,
};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::dress;
use crate::page::{Book, Cell, Look, Page, Program, Stored, Value};

pub fn bytes(book: &Book) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut workbook = Workbook::new();
    // Dated by the period, never by the clock.
    let (year, month) = dress::due(book.dated);
    let year = u16::try_from(year).expect("samples are of our time");
    let created = ExcelDateTime::from_ymd(year, month, book.saved)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for page in &book.pages {
        write_page(workbook.add_worksheet(), page)?;
    }
    let bytes = workbook.save_to_buffer()?;
    match book.program {
        Program::Excel => Ok(bytes),
        Program::Wps => by_wps(&bytes),
    }
}

/// The package with another program's name in it, for which `rust_xlsxwriter` has no setting.
fn by_wps(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut package = ZipArchive::new(Cursor::new(bytes))?;
    let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..package.len() {
        let mut part = package.by_index(index)?;
        if part.name()? == "docProps/app.xml" {
            let mut text = String::new();
            part.read_to_string(&mut text)?;
            let date = part.last_modified().unwrap_or_default();
            let options = SimpleFileOptions::default().last_modified_time(date);
            changed.start_file("docProps/app.xml", options)?;
            changed.write_all(text.replace("Microsoft Excel", "WPS 表格").as_bytes())?;
        } else {
            changed.raw_copy_file(part)?;
        }
    }
    Ok(changed.finish()?.into_inner())
}

fn write_page(sheet: &mut Worksheet, page: &Page) -> Result<(), XlsxError> {
    sheet.set_name(&page.name)?;
    sheet.set_hidden(page.hidden).set_active(page.active);
    for (column, width) in &page.widths {
        sheet.set_column_width(*column, *width)?;
    }
    for (row, height) in &page.heights {
        sheet.set_row_height(*row, *height)?;
    }
    for (first_row, first, last_row, last) in &page.merges {
        sheet.merge_range(*first_row, *first, *last_row, *last, "", &Format::new())?;
    }
    for ((row, column), cell) in &page.cells {
        write_cell(sheet, (*row, *column), cell)?;
    }
    if let Some((row, column)) = page.freeze {
        sheet.set_freeze_panes(row, column)?;
    }
    if page.landscape {
        sheet.set_landscape();
    }
    sheet
        .set_paper_size(page.paper)
        .set_print_fit_to_pages(1, 0);
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
) -> Result<(), XlsxError> {
    let format = format(&cell.look);
    match &cell.value {
        Value::Blank => sheet.write_blank(row, column, &format)?,
        Value::Text(text) => sheet.write_with_format(row, column, text, &format)?,
        Value::Number(number) => sheet.write_with_format(row, column, *number, &format)?,
        Value::Formula { text, result } => {
            let result = match result {
                Stored::Number(number) => number.to_string(),
                Stored::Error(error) => (*error).to_owned(),
            };
            let formula = Formula::new(text).set_result(result);
            sheet.write_with_format(row, column, formula, &format)?
        }
    };
    if let Some(comment) = &cell.comment {
        sheet.insert_note(row, column, &Note::new(comment))?;
    }
    Ok(())
}

fn format(look: &Look) -> Format {
    let mut format = Format::new()
        .set_font_name(look.font)
        .set_font_size(look.size)
        .set_align(FormatAlign::VerticalCenter);
    if look.bold {
        format = format.set_bold();
    }
    if look.bordered {
        format = format.set_border(FormatBorder::Thin);
    }
    if look.centred {
        format = format.set_align(FormatAlign::Center);
    }
    if look.right {
        format = format.set_align(FormatAlign::Right);
    }
    if look.wrap {
        format = format.set_text_wrap();
    }
    if let Some(shown) = &look.number_format {
        format = format.set_num_format(shown);
    }
    format
}
