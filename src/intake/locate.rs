//! Where a form's table stands on a sheet: its heading, its columns and its rows.
//!
//! A heading is known by its label paths, wherever it stands and in whatever order its columns
//! come. A fixed form's rows are known by their codes and labels, a list's by their keys.

use super::grid::{Grid, HEAD_ROWS};
use super::value::{fold, plain, without_unit};
use crate::place::Cell;
use crate::rulebook::form::{Form, Row};
use crate::workbook::RawValue;

/// A form's table on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The first and last row of the heading.
    pub head: (u32, u32),
    /// The sheet column of each column of the form.
    pub columns: Vec<Option<u32>>,
    /// The unit in brackets in each column's heading.
    pub units: Vec<Option<String>>,
    /// The sheet row of each row of a fixed form, or of each record of a list.
    pub rows: Vec<Option<u32>>,
    /// Headings that belong to no column of the form.
    pub extra: Vec<(Cell, String)>,
    /// Rows with figures that belong to no row of the form.
    pub unknown_rows: Vec<(Cell, String)>,
    /// Rows whose code says one thing and whose label another.
    pub torn_rows: Vec<(Cell, String)>,
    /// The last row of the table.
    pub last: u32,
}

/// A heading as it is compared: its parts folded, without units in brackets.
type Path = Vec<String>;

/// The heading of a form, made ready for comparison once.
pub struct Heading<'a> {
    form: &'a Form,
    columns: Vec<Vec<Path>>,
    row_label: Option<String>,
    row_no: Option<String>,
}

fn path(label: &str) -> Path {
    label.split('›').map(|part| without_unit(part).0).collect()
}

impl<'a> Heading<'a> {
    /// The heading of a form.
    pub fn new(form: &'a Form) -> Self {
        let columns = form
            .columns
            .iter()
            .map(|column| {
                [&column.label.zh]
                    .into_iter()
                    .chain(&column.aliases)
                    .map(|l| path(l))
                    .collect()
            })
            .collect();
        Self {
            form,
            columns,
            row_label: form.row_label.as_deref().map(fold),
            row_no: form.row_no.as_deref().map(fold),
        }
    }

    /// How many columns a submission can't do without.
    fn needed(&self) -> usize {
        self.form
            .columns
            .iter()
            .filter(|column| !column.optional)
            .count()
    }

    /// Finds the form's table on a sheet, with how many of its columns are there.
    pub fn find(&self, grid: &Grid<'_>) -> Option<(Located, usize)> {
        let mut best: Option<(usize, u32, Vec<Option<u32>>)> = None;
        for (row, _) in grid.rows.iter().take_while(|(row, _)| *row < HEAD_ROWS) {
            let columns = self.columns_at(grid, *row);
            let needed = columns.iter().zip(&self.form.columns);
            let score = needed
                .filter(|(at, column)| at.is_some() && !column.optional)
                .count();
            // Of rows that show as much, the first: under it the body begins.
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, *row, columns));
            }
            if score == self.needed() {
                break;
            }
        }
        let best = best?;
        let (score, row, columns) = best;
        if score < self.needed().clamp(1, 2) || score * 10 < self.needed() * 6 {
            return None;
        }
        Some((self.table(grid, row, columns), score))
    }

    /// The label path over a cell, as far as four rows up.
    fn path_over(grid: &Grid<'_>, row: u32, column: u32) -> Path {
        let mut parts: Path = Vec::new();
        let mut seen = None;
        for level in row.saturating_sub(3)..=row {
            let cell = Cell::new(level, column);
            let merge = grid.merge(cell);
            if merge.is_some() && merge == seen {
                continue;
            }
            seen = merge;
            if let Some(label) = grid.label(cell) {
                parts.push(without_unit(label).0);
            }
        }
        parts
    }

    /// Which sheet column is which column of the form, with this row the last of the heading.
    fn columns_at(&self, grid: &Grid<'_>, row: u32) -> Vec<Option<u32>> {
        let mut found: Vec<Option<(usize, u32)>> = vec![None; self.columns.len()];
        let first = row.saturating_sub(3);
        let mut sheet_columns: Vec<u32> = (first..=row)
            .flat_map(|level| grid.row(level).iter().map(|raw| raw.cell.column))
            .collect();
        let merges = &grid.sheet.facts.merges;
        for merge in merges
            .iter()
            .filter(|m| m.first.row <= row && m.last.row >= first)
        {
            let width = (merge.last.column - merge.first.column).min(512);
            sheet_columns.extend(merge.first.column..=merge.first.column + width);
        }
        sheet_columns.sort_unstable();
        sheet_columns.dedup();
        for sheet_column in sheet_columns {
            let over = Self::path_over(grid, row, sheet_column);
            if over.is_empty() {
                continue;
            }
            // The longest wording that the path ends with says which column it is.
            let best = self
                .columns
                .iter()
                .enumerate()
                .flat_map(|(at, wordings)| wordings.iter().map(move |wording| (at, wording)))
                .filter(|(_, wording)| over.ends_with(wording))
                .max_by_key(|(at, wording)| (wording.len(), std::cmp::Reverse(*at)));
            if let Some((at, wording)) = best
                && found[at].is_none_or(|(length, _)| length < wording.len())
            {
                found[at] = Some((wording.len(), sheet_column));
            }
        }
        found
            .into_iter()
            .map(|found| found.map(|(_, column)| column))
            .collect()
    }

    fn table(&self, grid: &Grid<'_>, row: u32, columns: Vec<Option<u32>>) -> Located {
        let mut first = row;
        let mut last = row;
        for column in columns.iter().flatten() {
            if let Some(merge) = grid.merge(Cell::new(row, *column)) {
                last = last.max(merge.last.row);
                first = first.min(merge.first.row);
            }
        }
        let units = columns
            .iter()
            .map(|column| {
                let column = (*column)?;
                (row.saturating_sub(3)..=row)
                    .rev()
                    .find_map(|level| without_unit(grid.label(Cell::new(level, column))?).1)
            })
            .collect();
        let mut located = Located {
            head: (first, last),
            columns,
            units,
            rows: Vec::new(),
            extra: Vec::new(),
            unknown_rows: Vec::new(),
            torn_rows: Vec::new(),
            last,
        };
        self.extra_columns(grid, row, &mut located);
        if self.form.is_fixed() {
            self.fixed_rows(grid, &mut located);
        } else {
            self.list_rows(grid, &mut located);
        }
        located
    }

    fn extra_columns(&self, grid: &Grid<'_>, row: u32, located: &mut Located) {
        for raw in grid.row(row) {
            let column = raw.cell.column;
            let RawValue::Text(text) = &raw.value else {
                continue;
            };
            let label = without_unit(text).0;
            let is_stub =
                Some(&label) == self.row_label.as_ref() || Some(&label) == self.row_no.as_ref();
            if !located.columns.contains(&Some(column)) && !is_stub && label != "序号" {
                located
                    .extra
                    .push((raw.cell, text.replace(['\n', '\r'], "")));
            }
        }
    }

    /// The sheet column under a heading of the stub.
    fn stub(grid: &Grid<'_>, located: &Located, heading: Option<&String>) -> Option<u32> {
        let heading = heading?;
        let (_, last) = located.head;
        (last.saturating_sub(3)..=last).find_map(|row| {
            grid.row(row).iter().find_map(|raw| match &raw.value {
                RawValue::Text(text) if without_unit(text).0 == *heading => Some(raw.cell.column),
                _ => None,
            })
        })
    }

    fn fixed_rows(&self, grid: &Grid<'_>, located: &mut Located) {
        let figures: Vec<u32> = located.columns.iter().flatten().copied().collect();
        let leftmost = figures.iter().min().copied().unwrap_or(0);
        let labels = Self::stub(grid, located, self.row_label.as_ref());
        let codes = Self::stub(grid, located, self.row_no.as_ref());
        let mut rows: Vec<Option<u32>> = vec![None; self.form.rows.len()];
        let body = grid
            .rows
            .iter()
            .map(|(row, _)| *row)
            .filter(|row| *row > located.head.1);
        let mut misses = 0;
        for row in body {
            let text = |column: Option<u32>| {
                column
                    .and_then(|column| grid.cell(Cell::new(row, column)))
                    .map(|raw| match &raw.value {
                        RawValue::Text(text) => fold(text),
                        RawValue::Number(x) => plain(*x),
                        _ => String::new(),
                    })
            };
            // Without a heading over the labels they are the first words of the row.
            let label = match labels {
                Some(_) => text(labels),
                None => grid
                    .row(row)
                    .iter()
                    .filter(|raw| raw.cell.column < leftmost)
                    .find_map(|raw| match &raw.value {
                        RawValue::Text(text) if text.chars().any(|c| !c.is_ascii_digit()) => {
                            Some(fold(text))
                        }
                        _ => None,
                    }),
            };
            let code = text(codes).filter(|code| !code.is_empty());
            let by_code = code.as_ref().and_then(|code| {
                self.form
                    .rows
                    .iter()
                    .position(|r| r.no.as_deref().is_some_and(|no| same_no(no, code)))
            });
            let by_label = label.as_ref().and_then(|label| {
                let fits = |at: &usize| rows[*at].is_none() && names(&self.form.rows[*at], label);
                // Two rows of one name are told apart by their codes, or by their order.
                match by_code {
                    Some(at) if names(&self.form.rows[at], label) => Some(at),
                    _ => (0..rows.len()).find(fits),
                }
            });
            let at = match (by_code, by_label) {
                (Some(code), Some(label)) if code != label => {
                    let name = self.form.rows[label].label.zh.clone();
                    located
                        .torn_rows
                        .push((Cell::new(row, codes.unwrap_or(0)), name));
                    continue;
                }
                (code, label) => code.or(label),
            };
            match at {
                Some(at) if rows[at].is_none() => {
                    rows[at] = Some(row);
                    located.last = row;
                    misses = 0;
                }
                _ => {
                    let has_figures = grid.row(row).iter().any(|raw| {
                        figures.contains(&raw.cell.column)
                            && matches!(raw.value, RawValue::Number(_))
                    });
                    let numbered_line = row == located.head.1 + 1 && is_numbered_line(grid, row);
                    if rows.iter().all(Option::is_some) && !has_figures {
                        break;
                    }
                    if has_figures && !numbered_line {
                        let name = label.unwrap_or_default();
                        located.unknown_rows.push((Cell::new(row, leftmost), name));
                    }
                    // Far below the last row of the form stands something else.
                    misses += 1;
                    if misses > 200 {
                        break;
                    }
                }
            }
        }
        // What stands below the table's last row is not a row of it.
        located
            .unknown_rows
            .retain(|(cell, _)| cell.row < located.last);
        located.rows = rows;
    }

    fn list_rows(&self, grid: &Grid<'_>, located: &mut Located) {
        let keys: Vec<u32> = self
            .form
            .key
            .iter()
            .filter_map(|key| located.columns[*key])
            .collect();
        let after = grid.rows.partition_point(|(row, _)| *row <= located.head.1);
        for (row, range) in &grid.rows[after..] {
            let cells = &grid.sheet.cells[range.clone()];
            if *row == located.head.1 + 1 && is_numbered_line(grid, *row) {
                continue;
            }
            let of_form = |column: u32| located.columns.contains(&Some(column));
            let has_key = cells.iter().any(|raw| keys.contains(&raw.cell.column));
            let first = cells.iter().find_map(|raw| match &raw.value {
                RawValue::Text(text) => Some(fold(text)),
                _ => None,
            });
            let first = first.unwrap_or_default();
            if ["合计", "小计", "总计", "其中"]
                .iter()
                .any(|word| first.starts_with(word))
            {
                continue;
            }
            let figures = if has_key {
                0
            } else {
                let numbers = cells
                    .iter()
                    .filter(|raw| matches!(raw.value, RawValue::Number(_)));
                numbers.filter(|raw| of_form(raw.cell.column)).count()
            };
            if has_key {
                located.rows.push(Some(*row));
                located.last = *row;
            } else if figures > 0 {
                located
                    .unknown_rows
                    .push((Cell::new(*row, cells[0].cell.column), first));
            } else if first.contains("负责人")
                || first.starts_with("说明")
                || first.starts_with("注")
            {
                break;
            }
        }
    }
}

/// 甲 乙 丙 1 2 3 …, in whatever order the columns come.
fn is_numbered_line(grid: &Grid<'_>, row: u32) -> bool {
    let mut seen: Vec<i64> = Vec::new();
    for raw in grid.row(row) {
        let number = match &raw.value {
            RawValue::Text(text) => {
                let text = fold(text);
                match text.trim_matches(['(', ')']).parse::<i64>() {
                    Ok(number) => number,
                    Err(_) if text.chars().count() <= 1 => continue,
                    Err(_) => return false,
                }
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number below a hundred"
            )]
            RawValue::Number(x) if x.fract() == 0.0 && *x < 100.0 => *x as i64,
            _ => return false,
        };
        if number < 1 || seen.contains(&number) {
            return false;
        }
        seen.push(number);
    }
    seen.len() >= 2
}

/// `01` and `1` are one code.
fn same_no(no: &str, found: &str) -> bool {
    let bare = |text: &str| text.trim_start_matches('0').to_owned();
    no == found || (!found.is_empty() && bare(no) == bare(found))
}

/// Whether a folded label names a row, of-which words and ordinals aside.
fn names(row: &Row, label: &str) -> bool {
    let core = |text: &str| -> String {
        let text = text.trim_start_matches(['#', '*']);
        let text = text
            .strip_prefix("其中:")
            .or_else(|| text.strip_prefix("其中"))
            .unwrap_or(text);
        let ordinal = text.find(['、', '.']).filter(|at| {
            let before = &text[..*at];
            !before.is_empty()
                && before
                    .chars()
                    .all(|c| "一二三四五六七八九十0123456789".contains(c))
        });
        let text = ordinal.map_or(text, |at| {
            &text[at + text[at..].chars().next().map_or(1, char::len_utf8)..]
        });
        text.trim_end_matches([':', ';', ',']).to_owned()
    };
    let wanted = core(label);
    !wanted.is_empty()
        && [&row.label.zh]
            .into_iter()
            .chain(&row.aliases)
            .any(|name| core(&fold(name)) == wanted)
}
