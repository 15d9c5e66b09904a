//! How a file was understood, told sheet by sheet: the answer to "why does it say that?".

use super::grid::Grid;
use super::identity::{Evidence, Surroundings};
use super::locate::{Headings, Located};
use crate::place::{Cell, Range};
use crate::rulebook::Rulebook;
use crate::words::Text;
use serde::{Deserialize, Serialize};

/// A sheet, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetSeen {
    /// Its name.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// Whether it is protected.
    pub protected: bool,
    /// The cells that hold something, as a rectangle.
    pub filled: Option<Range>,
    /// How many cells hold formulas.
    pub formulas: u64,
    /// How many of its rows and columns are hidden.
    pub hidden_lines: (usize, usize),
    /// The tables on it.
    pub tables: Vec<TableSeen>,
    /// Where there is none: the form that it comes nearest to, and how many of its columns are
    /// there of how many.
    pub nearest: Option<(String, usize, usize)>,
}

/// A table, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSeen {
    /// The form's number and title.
    pub form: (String, Text),
    /// The first and last row of its heading, from zero.
    pub head: (u32, u32),
    /// Its columns: id, label path, and where each stands.
    pub columns: Vec<(String, Text, Option<u32>)>,
    /// The rows of a fixed form: id, label, and where each stands.
    pub rows: Vec<(String, Text, Option<u32>)>,
    /// A list's records: how many, and the first and last row.
    pub records: Option<(usize, u32, u32)>,
    /// Rows that add others up.
    pub sums: Vec<(u32, String)>,
    /// Headings and rows that were passed over.
    pub passed_over: Vec<(Cell, String)>,
    /// What the unit line says.
    pub unit: Option<(Cell, String)>,
    /// What the identity rests on.
    pub evidence: Vec<Evidence>,
    /// Whose it is and of when: `巴南区 2023-12`; none where it is not used.
    pub whose: Option<String>,
    /// Why it is not used, if it is not.
    pub unused: Option<Text>,
}

impl SheetSeen {
    /// A sheet, its tables still to come.
    pub(super) fn new(grid: &Grid<'_>, headings: &Headings<'_>, rulebook: &Rulebook) -> Self {
        let sheet = grid.sheet;
        let cells = || sheet.cells.iter().map(|raw| raw.cell);
        let columns = cells().map(|cell| cell.column);
        let filled = cells()
            .next()
            .zip(cells().next_back())
            .map(|(first, last)| Range {
                first: Cell::new(first.row, columns.clone().min().unwrap_or(0)),
                last: Cell::new(last.row, columns.max().unwrap_or(0)),
            });
        Self {
            name: sheet.name.clone(),
            hidden: sheet.hidden,
            protected: sheet.facts.protected,
            filled,
            formulas: sheet.facts.formulas,
            hidden_lines: (
                sheet.facts.hidden_rows.len(),
                sheet.facts.hidden_columns.len(),
            ),
            tables: Vec::new(),
            nearest: headings
                .nearest(grid)
                .map(|(form, found, needed)| (rulebook.forms[form].id.clone(), found, needed)),
        }
    }
}

impl TableSeen {
    /// A located table, before it is known whose it is.
    pub(super) fn new(rulebook: &Rulebook, located: &Located, around: &Surroundings) -> Self {
        let form = &rulebook.forms[located.form];
        let columns = form.columns.iter().zip(&located.columns);
        let rows = form.rows.iter().zip(&located.rows);
        let records = || {
            let rows = || located.rows.iter().flatten();
            let (first, last) = rows().next().zip(rows().last())?;
            Some((located.rows.len(), *first, *last))
        };
        let extra = located.extra.iter().chain(&located.unknown_rows);
        Self {
            form: (form.id.clone(), form.title.clone()),
            head: located.head,
            columns: columns
                .map(|(column, at)| (column.id.clone(), column.label.clone(), *at))
                .collect(),
            rows: rows
                .map(|(row, at)| (row.id.clone(), row.label.clone(), *at))
                .collect(),
            records: if form.is_fixed() { None } else { records() },
            sums: located
                .sums
                .iter()
                .map(|sum| (sum.row, sum.label.clone()))
                .collect(),
            passed_over: extra.chain(&located.torn_rows).cloned().collect(),
            unit: around.unit.clone(),
            evidence: Vec::new(),
            whose: None,
            unused: None,
        }
    }
}
