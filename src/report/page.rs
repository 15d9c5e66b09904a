//! What all sheets written anew have in common: paper, headings, widths, links, notes.
//!
//! Column widths are measured here, because Chinese characters take two digits' room each and
//! the writing library counts them as one. What stands on a sheet is for the sheets.

use crate::period::Period;
use crate::place::{Cell, MAX_ROWS};
use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, Formula, IgnoreError, Note, RowNum, Url,
    Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

/// Points that one line of text needs.
const LINE_HEIGHT: f64 = 15.0;
/// The height that Excel allows.
const MOST_HEIGHT: f64 = 405.0;
/// The characters that a cell of Excel holds, less room for a sign that some are missing.
const MOST_CHARACTERS: usize = 32_000;
/// Excel repairs away a sheet with more than 65,530 plain links; a list has one a line.
const MOST_LINKS: usize = 65_000;
/// Excel's number for A4.
const A4: u8 = 9;

/// What a workbook says of itself: made on the first day of the period, which is no clock, so that
/// the same run gives the same bytes.
pub(super) fn properties(office: &str, period: Period) -> Result<DocProperties, XlsxError> {
    let created = ExcelDateTime::from_ymd(
        u16::try_from(period.year()).unwrap_or(2000),
        u8::try_from(period.month()).unwrap_or(1),
        1,
    )?;
    Ok(DocProperties::new()
        .set_author("hebiao")
        .set_company(office)
        .set_creation_datetime(&created))
}

/// The beginning of a text, in the units in which Excel counts.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut room = most;
    text.chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= room;
            room = room.saturating_sub(c.len_utf16());
            fits
        })
        .collect()
}

/// The longest name that Excel gives a sheet, in the units in which it counts.
const LONGEST_NAME: usize = 31;

/// The names of a workbook's sheets, each of which no other sheet has.
pub(super) struct SheetNames {
    taken: Vec<String>,
}

impl SheetNames {
    /// Names that are given away already, `History` among them, which Excel keeps for itself.
    pub(super) fn new(taken: &[&str]) -> Self {
        let taken = taken.iter().chain(&["History"]);
        Self {
            taken: taken.map(|name| name.to_lowercase()).collect(),
        }
    }

    /// A name that Excel takes and no other sheet has: a form's, and what the sheet has of it.
    pub(super) fn free(&mut self, form: &str, what: &str) -> String {
        let allowed = |c: char| !"[]:*?/\\'".contains(c) && !c.is_control();
        let form: String = form
            .chars()
            .map(|c| if allowed(c) { c } else { '_' })
            .collect();
        let length = |text: &str| text.encode_utf16().count();
        let mut turn = 1;
        loop {
            let turns = if turn == 1 {
                String::new()
            } else {
                format!("_{turn}")
            };
            let ending = format!("{turns}{what}");
            let name = shortened(&form, LONGEST_NAME.saturating_sub(length(&ending))) + &ending;
            let known = name.to_lowercase();
            if !name.is_empty() && !self.taken.contains(&known) {
                self.taken.push(known);
                return name;
            }
            turn += 1;
        }
    }
}

/// A position as a row.
pub(super) fn row(at: usize) -> RowNum {
    RowNum::try_from(at).unwrap_or(RowNum::MAX)
}

/// A position as a column.
pub(super) fn col(at: usize) -> ColNum {
    ColNum::try_from(at).unwrap_or(ColNum::MAX)
}

/// How a sheet is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paper {
    /// A4, lying, the table as wide as the page.
    Landscape,
    /// A4, lying, the table over two pages side by side, because it would be too small to read
    /// on one; the columns up to this one stand on both.
    Wide(usize),
}

/// Sets up the paper: headings repeated, the footer with page numbers.
pub(super) fn paper(
    sheet: &mut Worksheet,
    paper: Paper,
    footer: &str,
    repeat: Option<(usize, usize)>,
) -> Result<(), XlsxError> {
    sheet
        .set_paper_size(A4)
        .set_margins(0.5, 0.5, 0.6, 0.7, 0.3, 0.35)
        .set_print_fit_to_pages(1, 0)
        .set_print_center_horizontally(true)
        .set_footer(footer)
        .set_landscape()
        .set_zoom(100);
    if let Paper::Wide(column) = paper {
        sheet.set_print_fit_to_pages(2, 0).set_page_order(true);
        sheet.set_repeat_columns(0, col(column))?;
    }
    if let Some((first, last)) = repeat {
        sheet.set_repeat_rows(row(first), row(last))?;
    }
    // Codes and what districts wrote are words, also where they look like numbers.
    sheet.ignore_error_range(0, 0, MAX_ROWS - 1, 255, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// A column of a plain table: its heading and how wide it may grow.
pub(super) struct Heading {
    text: String,
    narrow: f64,
    wide: f64,
}

impl Heading {
    /// A heading over cells between these widths, in digits.
    pub(super) fn new(text: impl Into<String>, narrow: f64, wide: f64) -> Self {
        Self {
            text: text.into(),
            narrow,
            wide,
        }
    }
}

/// Writes the headings of a table, sets the widths after what will stand under them, and gives
/// the widths back.
pub(super) fn headings(
    sheet: &mut Worksheet,
    at: usize,
    headings: &[Heading],
    contents: &[Vec<String>],
    format: &Format,
) -> Result<Vec<f64>, XlsxError> {
    let mut widths = Vec::with_capacity(headings.len());
    let mut lines = 1;
    for (column, heading) in headings.iter().enumerate() {
        let texts = contents.iter().filter_map(|cells| cells.get(column));
        let widest = texts
            .map(|text| widest_line(text) + 2.0)
            .fold(0.0, f64::max);
        // No word of a heading is broken.
        let narrow = heading.narrow.max(longest_word(&heading.text) + 1.0);
        let width = widest.max(narrow).min(heading.wide.max(narrow));
        sheet.write_string_with_format(row(at), col(column), &heading.text, format)?;
        sheet.set_column_width(col(column), width)?;
        lines = lines.max(lines_in(&heading.text, width));
        widths.push(width);
    }
    sheet.set_row_height(row(at), height(lines) + 4.0)?;
    Ok(widths)
}

fn widest_line(text: &str) -> f64 {
    text.lines().map(width).fold(0.0, f64::max)
}

/// How many digits' room a text takes.
pub(super) fn width(text: &str) -> f64 {
    u32::try_from(text.width()).map_or(f64::MAX, f64::from)
}

fn width_of(c: char) -> f64 {
    width(c.encode_utf8(&mut [0; 4]))
}

/// Whether a line may be broken on either side of a character: at a blank, and at Chinese ones,
/// which are two digits wide.
fn is_alone(c: char) -> bool {
    c.is_whitespace() || width_of(c) > 1.0
}

/// The width of the longest stretch of a text in which no line is broken.
pub(super) fn longest_word(text: &str) -> f64 {
    text.split(is_alone).map(width).fold(0.0, f64::max)
}

/// The width of a column in which none of these words is cut.
pub(super) fn room_for<'t>(words: impl IntoIterator<Item = &'t str>) -> f64 {
    let widths = words.into_iter().map(|word| width(word) + 2.0);
    widths.fold(0.0, f64::max)
}

/// How many lines a text takes in a column of this width: words go on a new line whole, and
/// Chinese text is broken anywhere.
pub(super) fn lines_in(text: &str, column: f64) -> usize {
    let room = (column - 1.0).max(2.0);
    text.lines()
        .map(|line| {
            // What stands on the line so far, and the word that grows behind it.
            let (mut lines, mut used, mut word) = (1, 0.0, 0.0);
            for c in line.chars() {
                if is_alone(c) {
                    (used, word) = (used + word, 0.0);
                }
                word += width_of(c);
                // Blanks at the end of a line take no room.
                if !c.is_whitespace() && used + word > room {
                    lines += 1;
                    // A word that is longer than the column is broken where it must be.
                    if used > 0.0 {
                        used = 0.0;
                    } else {
                        word = width_of(c);
                    }
                }
                if is_alone(c) {
                    (used, word) = (used + word, 0.0);
                }
            }
            lines
        })
        .sum::<usize>()
        .max(1)
}

/// The height that so many lines need.
pub(super) fn height(lines: usize) -> f64 {
    let lines = u32::try_from(lines).map_or(f64::MAX, f64::from);
    (lines * LINE_HEIGHT + 3.0).min(MOST_HEIGHT)
}

/// A row's height, so that each of its wrapped cells is seen whole.
pub(super) fn fit_row(
    sheet: &mut Worksheet,
    at: usize,
    cells: &[String],
    widths: &[f64],
) -> Result<(), XlsxError> {
    let lines = cells
        .iter()
        .zip(widths)
        .map(|(text, width)| lines_in(text, *width));
    sheet.set_row_height(row(at), height(lines.max().unwrap_or(1)))?;
    Ok(())
}

/// Text that a cell can hold: what stood in a workbook can be longer than Excel takes back.
pub(super) fn held(text: &str) -> String {
    if text.len() <= MOST_CHARACTERS {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(MOST_CHARACTERS / 2).collect();
    cut.push('…');
    cut
}

/// Writes words, which stay words whatever they begin with.
pub(super) fn words(
    sheet: &mut Worksheet,
    at: (usize, usize),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    sheet.write_string_with_format(row(at.0), col(at.1), held(text), format)?;
    Ok(())
}

/// Writes a number that counts something.
pub(super) fn count(
    sheet: &mut Worksheet,
    at: (usize, usize),
    number: u64,
    format: &Format,
) -> Result<(), XlsxError> {
    // No count of a summary comes near 2^53.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    sheet.write_number_with_format(row(at.0), col(at.1), number as f64, format)?;
    Ok(())
}

/// Writes words over several columns of one row.
pub(super) fn across(
    sheet: &mut Worksheet,
    at: usize,
    columns: (usize, usize),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let (first, last) = columns;
    if first == last {
        return words(sheet, (at, first), text, format);
    }
    sheet.merge_range(row(at), col(first), row(at), col(last), &held(text), format)?;
    Ok(())
}

/// A cell of a sheet as formulas and links name it: `'KY01'!F12`.
pub(super) fn address(sheet: &str, at: (usize, usize)) -> String {
    format!("'{}'!{}", sheet.replace('\'', "''"), cell_name(at))
}

/// A cell's name: `F12`.
pub(super) fn cell_name(at: (usize, usize)) -> String {
    let part = |n: usize| u32::try_from(n).unwrap_or(u32::MAX - 1);
    Cell::new(part(at.0), part(at.1)).to_string()
}

/// A column's letters.
pub(super) fn letters(column: usize) -> String {
    crate::place::column_letters(u32::try_from(column).unwrap_or(0))
}

/// Writes a finding's id with a link to a cell of the workbook. As a plain link, because the result
/// of a formula is a number where it reads as one, such as 57899026 or 844e2420, and ids are looked
/// up as words. Further down than a sheet holds plain links it is the words alone.
pub(super) fn id_link(
    sheet: &mut Worksheet,
    at: (usize, usize),
    target: &str,
    id: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if at.0 > MOST_LINKS {
        return words(sheet, at, id, format);
    }
    let url = Url::new(format!("internal:{target}")).set_text(id);
    sheet.write_url_with_format(row(at.0), col(at.1), url, format)?;
    Ok(())
}

/// Writes a link to a cell of the workbook. A formula, because of [`MOST_LINKS`].
pub(super) fn link(
    sheet: &mut Worksheet,
    at: (usize, usize),
    target: &str,
    shown: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let quoted = |text: &str| text.replace('"', "\"\"");
    // A number is shown as one, so that it can be sorted and added up.
    let is_number = shown.parse::<u64>().is_ok_and(|x| x.to_string() == shown);
    // The writing library takes for a number what reads as one, such as a sheet named 12e3; with a
    // blank behind it, it is words.
    let reads_as_one = !is_number && shown.parse::<f64>().is_ok();
    let shown = if reads_as_one {
        format!("{shown} ")
    } else {
        shown.to_owned()
    };
    let friendly = if is_number {
        shown.clone()
    } else {
        format!("\"{}\"", quoted(&shown))
    };
    let formula = format!("HYPERLINK(\"#{}\",{friendly})", quoted(target));
    let formula = Formula::new(formula).set_result(shown);
    sheet.write_formula_with_format(row(at.0), col(at.1), formula, format)?;
    Ok(())
}

/// Writes a formula with the result that it has.
pub(super) fn formula(
    sheet: &mut Worksheet,
    at: (usize, usize),
    formula: &str,
    result: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let formula = Formula::new(formula).set_result(result);
    sheet.write_formula_with_format(row(at.0), col(at.1), formula, format)?;
    Ok(())
}

/// Hangs a note on a cell, large enough for its text.
pub(super) fn note(sheet: &mut Worksheet, at: (usize, usize), text: &str) -> Result<(), XlsxError> {
    const COLUMNS: f64 = 44.0;
    let lines = u32::try_from(lines_in(text, COLUMNS)).unwrap_or(1).min(24);
    let note = Note::new(held(text))
        .set_author("核表")
        .add_author_prefix(false)
        .set_font_name("宋体")
        .set_font_size(9)
        .set_width(300)
        .set_height(16 * lines + 14);
    sheet.insert_note(row(at.0), col(at.1), &note)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_excel_takes_and_that_differ() {
        let mut names = SheetNames::new(&["Notes"]);
        let long = "A_FORM_WITH_A_VERY_LONG_NUMBER_INDEED";
        assert_eq!(names.free("KY01", ""), "KY01");
        assert_eq!(names.free("ky01", ""), "ky01_2");
        assert_eq!(names.free("notes", ""), "notes_2");
        assert_eq!(names.free("a/b", ""), "a_b");
        assert_eq!(
            names.free(long, " by district"),
            "A_FORM_WITH_A_VERY_ by district"
        );
        assert_eq!(
            names.free(long, " by district"),
            "A_FORM_WITH_A_VER_2 by district"
        );
    }

    #[test]
    fn words_go_on_a_new_line_whole_and_chinese_text_breaks_anywhere() {
        for (text, column, lines) in [
            ("", 10.0, 1),
            ("to be explained", 16.0, 1),
            ("to be explained", 15.0, 2),
            ("City last year, published", 13.0, 3),
            ("其中：学校承担", 15.0, 1),
            ("其中：学校承担", 14.0, 2),
            ("已与申报名册、立项文件核对", 16.0, 2),
            ("KY01.applications_last_year.restates", 22.0, 2),
            ("a\nb", 10.0, 2),
        ] {
            assert_eq!(lines_in(text, column), lines, "{text} {column}");
        }
    }

    #[test]
    fn a_column_is_as_wide_as_the_longest_word_of_its_heading() {
        assert_eq!(longest_word("Not evaluated"), 9.0);
        assert_eq!(longest_word("Satisfaction（%）"), 12.0);
        assert_eq!(longest_word("一次通过"), 0.0);
        assert_eq!(room_for(["文件无效", "late"]), 10.0);
    }
}
