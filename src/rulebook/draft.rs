//! The first draft of a form file out of a form's own sheet.
//!
//! A sheet shows most of what a form file says: title, number, unit, the paths of its headings,
//! the codes and labels of its rows, who signs. What it only hints at is guessed — types from
//! units and figures, totals from formulas, figures and labels, ratios from formulas and labels —
//! and each guess has a short comment, so that whoever completes the file knows where to look.
//! What is not even hinted at is left out rather than made up.
//!
//! Reading the workbook, choosing the sheet and writing the file are left to the caller.

mod form;
mod formula;
mod frame;
mod kinds;
mod labels;
mod layout;
mod sheet;
mod written;

use crate::words::Text;
use form::Form;
use frame::Frame;
use layout::Layout;
use sheet::{Grid, Table};

/// A sheet as it is drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its filled cells, in order of rows, then columns.
    pub cells: Vec<Cell>,
    /// Merged ranges: first row, first column, last row, last column, from zero.
    pub merges: Vec<[u32; 4]>,
}

/// A filled cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its row, from zero.
    pub row: u32,
    /// Its column, from zero.
    pub column: u32,
    /// What stands in it; of a formula its result.
    pub content: Content,
    /// Its formula, without the equals sign.
    pub formula: Option<String>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text(String),
    /// A number.
    Number {
        /// As it is stored: 0.147 for 14.7%.
        value: f64,
        /// Whether its format shows a percentage.
        percent: bool,
    },
    /// A day.
    Date,
}

/// The form file that a sheet suggests, with comments on what was guessed. `file` is the file's
/// name.
///
/// # Errors
/// When the sheet holds no table.
pub fn draft(file: &str, sheet: &Sheet) -> Result<String, Text> {
    let name = &sheet.name;
    let no_table = || {
        both!(
            "工作表“{name}”里没有找到表格：没有哪一行写着两个以上的栏名",
            "the sheet `{name}` holds no table: no row has two headings or more"
        )
    };
    let grid = Grid::new(sheet);
    let table = Table::find(&grid).ok_or_else(no_table)?;
    let frame = Frame::of(file, &grid, &table);
    let mut layout = Layout::of(&table);
    let mut form = Form::new(&grid, &frame, &table, &layout);
    if !layout.is_list && form.rows.is_empty() {
        layout = Layout::of_a_list();
        form = Form::new(&grid, &frame, &table, &layout);
    }
    if form.columns.is_empty() {
        return Err(no_table());
    }
    form.relate_columns(&grid);
    form.relate_rows(&grid);
    Ok(form.written(file, &frame, &table, &layout))
}

/// A fixed form with more rows than this is none.
const MOST_ROWS: usize = 500;

/// What is said of a guess.
const BY_FORMULA: &str = "由公式推断";
const BY_FIGURES: &str = "由数字推断，请核对";
const BY_LABEL: &str = "由名称推断，请核对";
const GUESSED: &str = "猜的，请核对";

#[cfg(test)]
mod tests;
