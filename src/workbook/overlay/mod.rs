//! What goes back to a district is the workbook that it sent, with an overlay.
//!
//! The overlay is a findings sheet in front, further sheets of ours behind, conditional formats and notes on the accused
//! cells, and custom document properties. Everything else stays as it came: parts that need no
//! change are copied in their compressed form, and in the sheets that get marks the cell data
//! are carried over as bytes. An overlay from an earlier run is taken off in the same pass, so
//! that a workbook can travel back and forth for years without anything piling up. What is of
//! ours is recognised by signs that survive saving by other programs:
//!
//! - sheets of ours by their parts' names, else by a hidden defined name that travels with the
//!   sheet, else by the sheet's name where the workbook bears another sign of ours;
//! - conditional formats by `N("hebiao …")` in their formula;
//! - notes by the line `—— 核表 ——`, below which everything is ours;
//! - properties by `hebiao.` at the beginning of their name.
//!
//! Macros, `ActiveX` controls, embedded objects, connections, ribbons and signatures are dropped
//! by name; formulas that fetch figures from other workbooks are replaced by their values. The bytes are foreign: whatever cannot be understood ends in
//! `OverlayError::CannotOverlay`, and the caller sends a plain copy. What the sheet says, and
//! which cells are accused, is left to the caller; so are xls, xlsb and ods.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "markup is read best in one piece, and building it takes no time beside compressing it"
)]

mod book;
mod front;
mod hazards;
mod links;
mod notes;
mod parts;
mod place;
mod properties;
mod remarks;
mod sheet;
mod styles;
#[cfg(test)]
mod tests;
mod xml;

use std::io::{Read, Seek, Write};

use serde::{Deserialize, Serialize};

use book::Book;
use hazards::Hazards;
use links::Links;
use parts::Package;
pub use remarks::Remarks;
use sheet::Sheet;
use styles::Styles;

pub(super) use notes::LINE;

/// Who signs the notes.
pub const AUTHOR: &str = "核表";

/// Everything that is laid over one workbook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overlay {
    /// The findings sheet.
    pub front: FrontSheet,
    /// Further sheets of ours, behind the workbook's own.
    pub behind: Vec<FrontSheet>,
    /// What is put on the workbook's own sheets.
    pub sheets: Vec<SheetOverlay>,
    /// What is said on the findings sheet of the copy itself.
    pub remarks: Remarks,
    /// Custom document properties; only names that begin with `hebiao.` are taken off again.
    pub properties: Vec<(String, String)>,
}

/// What is put on one sheet of the workbook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SheetOverlay {
    /// The sheet's name.
    pub sheet: String,
    /// Cells that are coloured while something is wrong.
    pub marks: Vec<Mark>,
    /// Cells that get a note; several notes on a cell become one.
    pub notes: Vec<Note>,
}

/// A colour that stands as long as a formula is true.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mark {
    /// The cell, or the range whose first cell the formula is written for.
    pub cell: String,
    /// True while the cell is wrong; without `=`.
    pub formula: String,
    /// Whose mark it is, for instance a rule's id.
    pub tag: String,
    /// The colour.
    pub severity: Tint,
}

/// The colours of marks: light fills with dark letters, to be told apart in print as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tint {
    /// Red.
    Error,
    /// Amber.
    Query,
    /// Blue.
    Note,
    /// Green, for lights on the findings sheet.
    Good,
}

/// A note on a cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// The cell.
    pub cell: String,
    /// What it says, below the line `—— 核表 ——`.
    pub text: String,
}

/// The sheet in front. Rows count from 1 and columns from A, without gaps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FrontSheet {
    /// Its name; a number is added when the workbook has a sheet of that name.
    pub name: String,
    /// The columns' widths in characters.
    pub columns: Vec<f64>,
    /// Columns that are not shown, from 0.
    pub hidden_columns: Vec<usize>,
    /// The rows.
    pub rows: Vec<FrontRow>,
    /// Merged ranges, as `A1:H1`.
    pub merges: Vec<String>,
    /// Drop-downs.
    pub lists: Vec<ListValidation>,
    /// Marks on this sheet.
    pub marks: Vec<Mark>,
    /// How many rows stay while scrolling.
    pub freeze_rows: u32,
    /// Printed across.
    pub landscape: bool,
    /// The first and last row printed on each page, counted from 1.
    pub repeat_rows: Option<(u32, u32)>,
    /// Protected without a password: cells whose style is `unlocked`, the columns' widths, the
    /// rows' heights and the filter stay usable.
    pub protect: bool,
    /// The range with filter buttons.
    pub autofilter: Option<String>,
}

/// A row of the sheet in front.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FrontRow {
    /// In points; what Excel finds right if nothing is said.
    pub height: Option<f64>,
    /// From column A on.
    pub cells: Vec<FrontCell>,
}

/// A cell of the sheet in front.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FrontCell {
    /// What it holds.
    pub value: FrontValue,
    /// How it looks.
    pub style: Look,
    /// A place in the workbook that a click leads to, as `'KY01'!E11`. Excel repairs a sheet
    /// with more than 65,530 links, so those after that are left out.
    pub link: Option<String>,
}

/// What a cell of the sheet in front holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum FrontValue {
    /// Nothing but a look.
    #[default]
    Empty,
    /// Text, also when it begins as a formula would.
    Text(String),
    /// A number; what is not finite is left empty.
    Number(f64),
    /// A formula without `=`, and the text it shows until it is calculated.
    Formula {
        /// The formula.
        formula: String,
        /// Its result as things stand.
        result: String,
    },
}

/// How a cell of the sheet in front looks; the letters are 宋体.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a button of Excel's, independent of the others"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Bold letters.
    pub bold: bool,
    /// Of the letters, in points.
    pub size: f64,
    /// Of the letters, as `0xRRGGBB`.
    pub color: Option<u32>,
    /// Behind the letters, as `0xRRGGBB`.
    pub fill: Option<u32>,
    /// A thin line on each side.
    pub border: bool,
    /// Long text goes on in the next line.
    pub wrap: bool,
    /// Centred.
    pub center: bool,
    /// Stays open when the sheet is protected; what is typed there is text.
    pub unlocked: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            bold: false,
            size: 11.0,
            color: None,
            fill: None,
            border: false,
            wrap: false,
            center: false,
            unlocked: false,
        }
    }
}

/// A drop-down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListValidation {
    /// The cells that have it.
    pub range: String,
    /// What can be chosen: no commas, 255 characters with the commas between them.
    pub choices: Vec<String>,
}

/// How far a foreign package is followed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    /// The most bytes that its parts may inflate to, all together.
    pub max_inflated: u64,
}

/// What else happened to the workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The name that the findings sheet has got.
    pub front: String,
    /// The parts that do not go back: macros, controls, embedded objects, connections.
    pub dropped: Vec<String>,
    /// Cells (`sheet!E11`) whose formula led to another workbook and was replaced by its value.
    pub links: Vec<String>,
    /// Cells (`sheet!E11`) that have a threaded conversation and therefore got no note.
    pub without_note: Vec<String>,
}

/// Why there is no overlay.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// The workbook is of a kind that a plain copy has to do for.
    #[error("this package cannot be overlaid: {reason}")]
    CannotOverlay {
        /// What was found.
        reason: String,
    },
    /// Inflated, it is larger than the caller wants to handle.
    #[error("the package inflates to {found} bytes, at most {limit} were expected")]
    TooLarge {
        /// As declared or as met.
        found: u64,
        /// The caller's limit.
        limit: u64,
    },
    /// Marks or notes for a sheet that is not there or is no worksheet.
    #[error("marks are meant for worksheet `{sheet}`, the workbook has no such worksheet")]
    NoSuchSheet {
        /// The name that was looked for.
        sheet: String,
    },
    /// A cell or range that Excel would not read.
    #[error("`{found}` is given as a place, expected a cell as `E11` or a range as `A1:H1`")]
    NotAPlace {
        /// What was given.
        found: String,
    },
    /// A sheet name that Excel would not take.
    #[error(
        "`{found}` is given as a sheet name, expected 1 to 31 characters without `[ ] : * ? / \\` and not beginning or ending with `'`"
    )]
    NotASheetName {
        /// What was given.
        found: String,
    },
    /// A drop-down that Excel would repair.
    #[error(
        "the drop-down at `{range}` is `{found}`, expected choices without commas, at most 255 characters in all"
    )]
    Choices {
        /// Where it was to be.
        range: String,
        /// The choices, joined.
        found: String,
    },
    /// A formula that Excel would repair.
    #[error("the formula at `{cell}` has {found} characters, expected 1 to 8192")]
    Formula {
        /// Where it was to be.
        cell: String,
        /// Its length.
        found: usize,
    },
    /// Merged ranges that Excel would repair.
    #[error(
        "the merged ranges `{first}` and `{second}` overlap, expected ranges of two or more cells apart from each other"
    )]
    Merges {
        /// One of them; the same as the other if it is a single cell.
        first: String,
        /// The other.
        second: String,
    },
    /// The result could not be written.
    #[error("the overlaid package could not be written")]
    Write {
        /// What the zip library or the disk said.
        source: zip::result::ZipError,
    },
}

impl OverlayError {
    /// The package is of a kind that cannot be overlaid.
    fn cannot(reason: impl Into<String>) -> Self {
        Self::CannotOverlay {
            reason: reason.into(),
        }
    }
}

/// Takes an earlier overlay off the workbook, puts this one on, and writes the result.
///
/// # Errors
/// [`OverlayError::CannotOverlay`] and [`OverlayError::TooLarge`] speak of the package and call
/// for a plain copy; the others speak of the overlay or of the disk. `out` is not usable then.
pub fn apply(
    package: impl Read + Seek,
    out: impl Write + Seek,
    overlay: &Overlay,
    limits: &Limits,
) -> Result<Applied, OverlayError> {
    let mut package = Package::open(package, limits)?;
    let mut book = Book::open(&mut package)?;
    for sheet in std::iter::once(&overlay.front).chain(&overlay.behind) {
        front::check_name(&sheet.name)?;
    }
    for wanted in &overlay.sheets {
        if !book
            .own_sheets()
            .any(|sheet| sheet.is_worksheet && sheet.is_named(&wanted.sheet))
        {
            return Err(OverlayError::NoSuchSheet {
                sheet: wanted.sheet.clone(),
            });
        }
    }
    let mut applied = Applied::default();
    let mut traced = properties::replace(&mut package, &overlay.properties)?;
    let mut hazards = Hazards::detach(&mut package, &book.path)?;
    let links = Links::detach(&mut package, &book.path)?;
    let mut styles = Styles::open(&mut package, &book.path)?;
    let tints = styles.tints();

    for (index, entry) in book.own_sheets().enumerate() {
        let mut sheet = Sheet::open(&mut package, &entry.part)?;
        traced |= sheet.strip()?;
        traced |= notes::strip(&mut package, &mut sheet)?;
        sheet.deselect()?;
        hazards.detach_from_sheet(&mut package, &mut sheet)?;
        let replaced = links.detach_from_sheet(&mut sheet)?.into_iter();
        let place = |cell| format!("{}!{cell}", entry.name);
        applied.links.extend(replaced.map(place));
        for wanted in overlay
            .sheets
            .iter()
            .filter(|wanted| entry.is_named(&wanted.sheet))
        {
            sheet.mark(&wanted.marks, &tints)?;
            let left_out = notes::add(&mut package, &mut sheet, index, &wanted.notes)?;
            applied.without_note.extend(
                left_out
                    .into_iter()
                    .map(|cell| format!("{}!{cell}", entry.name)),
            );
        }
        sheet.close(&mut package);
    }
    let names = std::iter::once(&overlay.front).chain(&overlay.behind);
    let names: Vec<&str> = names.map(|sheet| sheet.name.as_str()).collect();
    book.remove_fronts(&mut package, &names, traced)?;
    applied.dropped = hazards.drop_parts(&mut package, &book.path)?;
    links.drop_parts(&mut package)?;

    let namespace = package.main_namespace();
    let mut front = overlay.front.clone();
    overlay.remarks.put_on(&mut front, &applied);
    let mut texts = Vec::new();
    for (at, sheet) in std::iter::once(&front).chain(&overlay.behind).enumerate() {
        let is_front = at == 0;
        let text = front::worksheet(sheet, &mut styles, namespace, (&tints, is_front))?;
        texts.push((sheet, text, is_front));
    }
    styles.close(&mut package)?;
    for (sheet, text, is_front) in texts {
        let name = book.free_name(&sheet.name);
        book.insert(&mut package, sheet, &name, (text, is_front))?;
        if is_front {
            applied.front = name;
        }
    }
    package.write(out)?;
    Ok(applied)
}

/// Takes an earlier overlay off the workbook, says whether there was one, and writes the result.
///
/// `names` are the names that findings sheets bear. A sheet of such a name goes only if the
/// workbook bears another sign of ours, because a district may have a sheet 审核反馈 of its own.
///
/// # Errors
/// As [`apply`].
pub fn strip(
    package: impl Read + Seek,
    out: impl Write + Seek,
    names: &[String],
    limits: &Limits,
) -> Result<bool, OverlayError> {
    let mut package = Package::open(package, limits)?;
    let mut book = Book::open(&mut package)?;
    let mut traced = properties::replace(&mut package, &[])?;
    for entry in book.own_sheets() {
        let mut sheet = Sheet::open(&mut package, &entry.part)?;
        traced |= sheet.strip()?;
        traced |= notes::strip(&mut package, &mut sheet)?;
        sheet.close(&mut package);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    traced |= book.remove_fronts(&mut package, &names, traced)?;
    package.write(out)?;
    Ok(traced)
}
