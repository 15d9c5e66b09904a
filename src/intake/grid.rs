//! A sheet's cells by place, and its labels as people see them: merges filled in.

use crate::place::{Cell, Range};
use crate::spelling::fold;
use crate::workbook::{RawCell, RawSheet, Value};
use std::collections::BTreeMap;

/// A sheet that can be asked for single cells.
pub struct Grid<'a> {
    /// The sheet.
    pub sheet: &'a RawSheet,
    /// Each row that has cells, with where they stand among the sheet's.
    pub rows: Vec<(u32, std::ops::Range<usize>)>,
    /// Cells of merged ranges of the head.
    merged: BTreeMap<Cell, Range>,
}

/// Merges with more cells than this are no headings.
const MOST_MERGED: u64 = 4_096;
/// A table's heading stands in the first rows of a sheet, if it has one.
pub const HEAD_ROWS: u32 = 200;

impl<'a> Grid<'a> {
    /// Indexes a sheet's cells.
    pub fn new(sheet: &'a RawSheet) -> Self {
        let mut rows: Vec<(u32, std::ops::Range<usize>)> = Vec::new();
        for (at, raw) in sheet.cells.iter().enumerate() {
            match rows.last_mut() {
                Some((row, range)) if *row == raw.cell.row => range.end = at + 1,
                _ => rows.push((raw.cell.row, at..at + 1)),
            }
        }
        let mut merged = BTreeMap::new();
        for range in sheet
            .facts
            .merges
            .iter()
            .filter(|range| range.first.row < HEAD_ROWS)
        {
            let (height, width) = (
                u64::from(range.last.row - range.first.row) + 1,
                u64::from(range.last.column - range.first.column) + 1,
            );
            if height * width > MOST_MERGED {
                continue;
            }
            for row in range.first.row..=range.last.row {
                for column in range.first.column..=range.last.column {
                    merged.insert(Cell::new(row, column), *range);
                }
            }
        }
        Self {
            sheet,
            rows,
            merged,
        }
    }

    /// The filled cells of a row.
    pub fn row(&self, row: u32) -> &'a [RawCell] {
        match self.rows.binary_search_by_key(&row, |(row, _)| *row) {
            Ok(at) => &self.sheet.cells[self.rows[at].1.clone()],
            Err(_) => &[],
        }
    }

    /// A filled cell.
    pub fn cell(&self, cell: Cell) -> Option<&'a RawCell> {
        let row = self.row(cell.row);
        row.binary_search_by_key(&cell.column, |raw| raw.cell.column)
            .ok()
            .map(|at| &row[at])
    }

    /// What stands in a cell.
    pub fn value(&self, cell: Cell) -> Option<Value<'a>> {
        self.cell(cell).map(|raw| self.sheet.value(raw))
    }

    /// The text of a filled cell, if text stands in it.
    pub fn text(&self, raw: &RawCell) -> Option<&'a str> {
        match self.sheet.value(raw) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a number stands in a filled cell.
    pub fn is_number(&self, raw: &RawCell) -> bool {
        matches!(self.sheet.value(raw), Value::Number(_))
    }

    /// Whether a figure stands in a filled cell, be it as a number or as text.
    pub fn is_figure(&self, raw: &RawCell) -> bool {
        match self.sheet.value(raw) {
            Value::Number(_) => true,
            Value::Text(text) => {
                let text = fold(text);
                let sign = |c: char| matches!(c, '.' | ',' | '-' | '+' | '%');
                text.contains(|c: char| c.is_ascii_digit())
                    && text.chars().all(|c| c.is_ascii_digit() || sign(c))
            }
            _ => false,
        }
    }

    /// The merged range that a cell of the head lies in.
    pub fn merge(&self, cell: Cell) -> Option<Range> {
        self.merged.get(&cell).copied()
    }

    /// The words that a person sees at a cell: its own, or those of the merged range.
    pub fn label(&self, cell: Cell) -> Option<&'a str> {
        let at = self.merged.get(&cell).map_or(cell, |range| range.first);
        self.text(self.cell(at)?)
    }

    /// All texts of some rows, in order.
    pub fn texts(&self, rows: std::ops::Range<u32>) -> impl Iterator<Item = (Cell, &'a str)> {
        let from = self
            .sheet
            .cells
            .partition_point(|raw| raw.cell.row < rows.start);
        self.sheet.cells[from..]
            .iter()
            .take_while(move |raw| raw.cell.row < rows.end)
            .filter_map(|raw| self.text(raw).map(|text| (raw.cell, text)))
    }
}
