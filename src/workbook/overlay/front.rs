//! The findings sheet as XML: cells, drop-downs, lights, links, print set-up.
//!
//! Texts stand in the cells themselves and not in the workbook's shared list, which is thereby
//! left as it is. What the sheet says is left to the caller.

use super::book::LONGEST_NAME;
use super::place::{Area, Cell};
use super::sheet::{checked_formula, conditional_formats};
use super::styles::{Styles, Tints};
use super::xml::{DECLARATION, escaped, escaped_cell, escaped_content, held_by_a_cell};
use super::{FrontCell, FrontSheet, FrontValue, ListValidation, OverlayError};

/// The most links of a sheet; Excel repairs more.
const MOST_LINKS: usize = 65_530;
/// The most characters of a drop-down's choices.
const LONGEST_CHOICES: usize = 255;

/// Whether Excel takes this as a sheet's name.
pub(super) fn check_name(name: &str) -> Result<(), OverlayError> {
    let fits = (1..=LONGEST_NAME).contains(&name.encode_utf16().count());
    let allowed =
        !name.contains(['[', ']', ':', '*', '?', '/', '\\']) && !name.contains(char::is_control);
    if fits && allowed && !name.starts_with('\'') && !name.ends_with('\'') {
        Ok(())
    } else {
        Err(OverlayError::NotASheetName {
            found: name.to_owned(),
        })
    }
}

/// The sheet's part, its elements in the order of the schema.
pub(super) fn worksheet(
    front: &FrontSheet,
    styles: &mut Styles,
    namespace: &str,
    (tints, is_in_view): (&Tints, bool),
) -> Result<String, OverlayError> {
    let mut links = String::new();
    let mut link_count = 0;
    let mut data = String::new();
    for (row, number) in front.rows.iter().zip(1u32..) {
        let height = row
            .height
            .filter(|height| height.is_finite())
            .map(|height| format!(" ht=\"{}\" customHeight=\"1\"", height.clamp(0.0, 409.5)))
            .unwrap_or_default();
        data += &format!("<row r=\"{number}\"{height}>");
        for (cell, column) in row.cells.iter().zip(1u32..) {
            let place = Cell {
                row: number,
                column,
            };
            data += &cell_element(cell, place, styles)?;
            if let Some(location) = cell.link.as_ref().filter(|_| link_count < MOST_LINKS) {
                link_count += 1;
                links += &format!(
                    "<hyperlink ref=\"{place}\" location=\"{}\"/>",
                    escaped(location)
                );
            }
        }
        data += "</row>";
    }
    let orientation = if front.landscape {
        "landscape"
    } else {
        "portrait"
    };
    let protection = if front.protect {
        // In this element 0 says that something is allowed.
        "<sheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\" formatColumns=\"0\" formatRows=\"0\" autoFilter=\"0\"/>"
    } else {
        ""
    };
    let filter = match &front.autofilter {
        Some(range) => format!("<autoFilter ref=\"{}\"/>", Area::expect(range)?),
        None => String::new(),
    };
    Ok([
        DECLARATION,
        &format!("<worksheet xmlns=\"{namespace}\">"),
        "<sheetPr><pageSetUpPr fitToPage=\"1\"/></sheetPr>",
        &view(front.freeze_rows, is_in_view),
        "<sheetFormatPr defaultRowHeight=\"15\"/>",
        &columns(&front.columns, &front.hidden_columns),
        "<sheetData>",
        &data,
        "</sheetData>",
        protection,
        &filter,
        &merges(&front.merges)?,
        &conditional_formats("", &front.marks, tints)?,
        &drop_downs(&front.lists)?,
        &wrapped("hyperlinks", None, &links),
        "<pageMargins left=\"0.4\" right=\"0.4\" top=\"0.6\" bottom=\"0.6\" header=\"0.3\" footer=\"0.3\"/>",
        // 9 is A4; as many pages down as it takes.
        &format!("<pageSetup paperSize=\"9\" orientation=\"{orientation}\" fitToHeight=\"0\"/>"),
        "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter>",
        "</worksheet>",
    ]
    .concat())
}

fn cell_element(
    cell: &FrontCell,
    place: Cell,
    styles: &mut Styles,
) -> Result<String, OverlayError> {
    let style = styles.look(&cell.style);
    Ok(match &cell.value {
        FrontValue::Text(text) if !text.is_empty() => format!(
            "<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
            escaped_cell(&held_by_a_cell(text))
        ),
        FrontValue::Number(number) if number.is_finite() => {
            format!("<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>")
        }
        FrontValue::Formula { formula, result } => format!(
            "<c r=\"{place}\" s=\"{style}\" t=\"str\"><f>{}</f><v>{}</v></c>",
            escaped_content(checked_formula(&place.to_string(), formula)?),
            escaped_cell(&held_by_a_cell(result))
        ),
        _ => format!("<c r=\"{place}\" s=\"{style}\"/>"),
    })
}

/// Whether the sheet is the one in view, and how many of its upper rows stay.
fn view(freeze: u32, is_in_view: bool) -> String {
    let pane = if freeze == 0 {
        String::new()
    } else {
        let first = Cell {
            row: freeze + 1,
            column: 1,
        };
        format!(
            "<pane ySplit=\"{freeze}\" topLeftCell=\"{first}\" activePane=\"bottomLeft\" state=\"frozen\"/><selection pane=\"bottomLeft\" activeCell=\"{first}\" sqref=\"{first}\"/>"
        )
    };
    let selected = if is_in_view { " tabSelected=\"1\"" } else { "" };
    format!(
        "<sheetViews><sheetView showGridLines=\"0\"{selected} workbookViewId=\"0\">{pane}</sheetView></sheetViews>"
    )
}

fn columns(widths: &[f64], hidden: &[usize]) -> String {
    let columns: String = widths
        .iter()
        .zip(1u32..)
        .filter(|(width, _)| width.is_finite())
        .map(|(width, number)| {
            let width = width.clamp(0.0, 255.0);
            let is_hidden = hidden.iter().any(|column| column + 1 == number as usize);
            let hidden = if is_hidden { " hidden=\"1\"" } else { "" };
            format!("<col min=\"{number}\" max=\"{number}\" width=\"{width}\"{hidden} customWidth=\"1\"/>")
        })
        .collect();
    wrapped("cols", None, &columns)
}

fn merges(merges: &[String]) -> Result<String, OverlayError> {
    let mut areas = merges
        .iter()
        .map(|merge| Area::expect(merge))
        .collect::<Result<Vec<_>, _>>()?;
    areas.sort_by_key(|area| area.first);
    for (index, area) in areas.iter().enumerate() {
        let below = areas[index + 1..]
            .iter()
            .take_while(|other| other.first.row <= area.last.row);
        let other = below.into_iter().find(|other| area.meets(other));
        if let Some(second) = other.or((area.first == area.last).then_some(area)) {
            return Err(OverlayError::Merges {
                first: area.to_string(),
                second: second.to_string(),
            });
        }
    }
    let elements: String = areas
        .iter()
        .map(|area| format!("<mergeCell ref=\"{area}\"/>"))
        .collect();
    Ok(wrapped("mergeCells", Some(areas.len()), &elements))
}

fn drop_downs(lists: &[ListValidation]) -> Result<String, OverlayError> {
    let mut elements = String::new();
    for list in lists {
        let choices = list.choices.join(",");
        if list.choices.is_empty()
            || list
                .choices
                .iter()
                .any(|choice| choice.contains(',') || choice.trim().is_empty())
            || choices.encode_utf16().count() > LONGEST_CHOICES
        {
            return Err(OverlayError::Choices {
                range: list.range.clone(),
                found: choices,
            });
        }
        elements += &format!(
            "<dataValidation type=\"list\" allowBlank=\"1\" showInputMessage=\"1\" showErrorMessage=\"1\" sqref=\"{}\"><formula1>\"{}\"</formula1></dataValidation>",
            Area::expect(&list.range)?,
            escaped_content(&choices.replace('"', "\"\""))
        );
    }
    Ok(wrapped("dataValidations", Some(lists.len()), &elements))
}

/// An element around others, or nothing: Excel repairs lists without entries.
fn wrapped(name: &str, count: Option<usize>, elements: &str) -> String {
    if elements.is_empty() {
        return String::new();
    }
    let count = count
        .map(|count| format!(" count=\"{count}\""))
        .unwrap_or_default();
    format!("<{name}{count}>{elements}</{name}>")
}
