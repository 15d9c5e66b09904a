//! Where the forms' tables stand on a sheet: their headings, columns and rows.
//!
//! A heading is known by its label paths, wherever it stands and in whatever order its columns
//! come. A fixed form's rows are known by their codes and labels, a list's by their keys. One
//! sheet may hold tables of several forms, one below the other.

use super::grid::{Grid, HEAD_ROWS};
use super::value::plain;
use crate::number::power_of_money;
use crate::place::Cell;
use crate::rulebook::form::{Form, Row};
use crate::rulebook::written::Type;
use crate::spelling::{fold, without_unit};
use crate::workbook::{RawCell, Value};
use std::cmp::Reverse;
use std::collections::HashSet;

/// A form's table on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The form's position in the rulebook.
    pub form: usize,
    /// The first and last row of the heading.
    pub head: (u32, u32),
    /// The first row after the table above; what stands from there on is about this table.
    pub from: u32,
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
    /// How many rows of a fixed form are known by their labels, and not by their codes alone.
    pub labelled: usize,
    /// Rows of a list that are no records but sums of some.
    pub sums: Vec<SumRow>,
    /// The row in which the form's heading ends once more, below the table.
    pub again: Option<u32>,
    /// The last row of the table.
    pub last: u32,
    /// The row below the last that may still be about the table.
    pub end: u32,
}

/// A row of a list that adds others up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumRow {
    /// Its row.
    pub row: u32,
    /// What it is called.
    pub label: String,
    /// What it adds up.
    pub kind: SumKind,
    /// How many records stand above it.
    pub above: usize,
}

/// What a row of a list adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumKind {
    /// 合计: all records.
    All,
    /// 小计: those of a group.
    Group,
    /// 其中: some of them.
    OfWhich,
}

/// A heading as it is compared: its parts folded, without units in brackets.
type Path = Vec<String>;

/// The headings of all forms, made ready for comparison once.
pub struct Headings<'a> {
    forms: Vec<Heading<'a>>,
    /// The last parts of all paths: a row without one of them is no heading.
    last_parts: HashSet<String>,
}

struct Heading<'a> {
    form: &'a Form,
    columns: Vec<Vec<Path>>,
    row_label: Option<String>,
    row_no: Option<String>,
    /// By what the form is called: its number, title and other titles.
    names: Vec<String>,
}

/// A row in which a form's heading ends.
#[derive(Clone)]
struct Head {
    form: usize,
    row: u32,
    columns: Vec<Option<u32>>,
    /// How many of the needed columns are there.
    score: usize,
    is_complete: bool,
    /// Whether the sheet calls the form by its name.
    is_named: bool,
}

/// A heading has no more levels than this.
const LEVELS: u32 = 4;

fn path(label: &str) -> Path {
    label.split('›').map(part).collect()
}

/// A part of a heading as it is compared: 其中 in front of it says nothing that its place does
/// not say.
fn part(label: &str) -> String {
    let bare = without_unit(label).0;
    match bare
        .strip_prefix("其中")
        .map(|rest| rest.trim_start_matches(':'))
    {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => bare,
    }
}

impl<'a> Headings<'a> {
    /// The headings of forms.
    pub fn new(forms: &'a [Form]) -> Self {
        let forms: Vec<Heading<'a>> = forms.iter().map(Heading::new).collect();
        let paths = forms
            .iter()
            .flat_map(|heading| heading.columns.iter().flatten());
        let last_parts = paths.filter_map(|path| path.last().cloned()).collect();
        Self { forms, last_parts }
    }

    /// The tables of forms that stand on a sheet, from top to bottom.
    pub fn tables(&self, grid: &Grid<'_>) -> Vec<Located> {
        let mut heads: Vec<Head> = Vec::new();
        // The most complete first; of equals the one that is called by its name.
        let mut found = self.heads(grid);
        found.sort_by_key(|head| {
            let Head {
                form,
                row,
                score,
                is_complete,
                is_named,
                ..
            } = head;
            (Reverse((*is_complete, *is_named, *score)), *row, *form)
        });
        for head in found {
            let apart = |other: &Head| head.row.abs_diff(other.row) >= 2;
            // A second table on a sheet has to be whole: halves of others look like many things.
            if heads.is_empty() || head.is_complete && heads.iter().all(apart) {
                heads.push(head);
            }
        }
        heads.sort_by_key(|head| head.row);
        let ends: Vec<u32> = heads
            .iter()
            .skip(1)
            .map(|next| first_row(grid, next))
            .chain([u32::MAX])
            .collect();
        let mut from = 0;
        let tables = heads.into_iter().zip(ends).map(|(head, end)| {
            let heading = &self.forms[head.form];
            let mut located = heading.table(grid, head, from, end);
            located.again = self.again(grid, &located);
            from = located.last + 1;
            located
        });
        tables.collect()
    }

    /// How many of a form's needed columns the sheet shows in its best row: what is said where
    /// no table was found.
    pub fn nearest(&self, grid: &Grid<'_>) -> Option<(usize, usize, usize)> {
        let best = self.best(grid).into_iter().max_by_key(|head| head.score)?;
        Some((best.form, best.score, self.forms[best.form].needed()))
    }

    /// The row below a table in which the whole heading of its form stands once more.
    fn again(&self, grid: &Grid<'_>, located: &Located) -> Option<u32> {
        let heading = &self.forms[located.form];
        let rows = grid.rows.iter().map(|(row, _)| *row);
        let below = rows.filter(|row| (located.last + 1..located.end).contains(row));
        let mut below = below.take_while(|row| *row < HEAD_ROWS);
        below.find(|row| {
            let columns = heading.columns_at(&self.paths(grid, *row));
            let needed = columns.iter().zip(&heading.form.columns);
            heading.needed() >= 2
                && needed
                    .filter(|(at, column)| at.is_some() && !column.optional)
                    .count()
                    == heading.needed()
        })
    }

    /// Of each form the row in which its heading stands the most complete, if it is one.
    fn heads(&self, grid: &Grid<'_>) -> Vec<Head> {
        let mut best = self.best(grid);
        best.retain(|head| head.score >= self.forms[head.form].needed().clamp(1, 2));
        for head in &mut best {
            let names = &self.forms[head.form].names;
            let calls = |text: &str| {
                let text = fold(text);
                names.iter().any(|name| text.contains(name))
            };
            let above = head.row.saturating_sub(30)..head.row;
            head.is_named =
                calls(&grid.sheet.name) || grid.texts(above).any(|(_, text)| calls(text));
        }
        best.retain(|head| self.is_of_form(grid, head));
        best
    }

    /// Whether a heading is that of its form and not of one that looks like it. Most columns are
    /// there; where few are, or the sheet does not call the form by its name, a fixed form is
    /// known by the labels of its rows too.
    fn is_of_form(&self, grid: &Grid<'_>, head: &Head) -> bool {
        let heading = &self.forms[head.form];
        let has_most = head.score * 10 >= heading.needed() * 6;
        if !heading.form.is_fixed() || has_most && head.is_named {
            return has_most;
        }
        let labelled = heading.table(grid, head.clone(), 0, u32::MAX).labelled;
        let rows = heading.form.rows.len();
        if has_most {
            labelled * 3 >= rows
        } else {
            head.is_named && head.score * 10 >= heading.needed() * 3 && labelled * 10 >= rows * 6
        }
    }

    fn best(&self, grid: &Grid<'_>) -> Vec<Head> {
        let mut best: Vec<Option<Head>> = self.forms.iter().map(|_| None).collect();
        for (row, _) in grid.rows.iter().take_while(|(row, _)| *row < HEAD_ROWS) {
            let paths = self.paths(grid, *row);
            if paths.is_empty() {
                continue;
            }
            for (form, (heading, best)) in self.forms.iter().zip(&mut best).enumerate() {
                if best.as_ref().is_some_and(|head| head.is_complete) {
                    continue;
                }
                let columns = heading.columns_at(&paths);
                let needed = columns.iter().zip(&heading.form.columns);
                let score = needed
                    .filter(|(at, column)| at.is_some() && !column.optional)
                    .count();
                // Of rows that show as much, the first: under it the body begins.
                if score > best.as_ref().map_or(0, |head| head.score) {
                    *best = Some(Head {
                        form,
                        row: *row,
                        columns,
                        score,
                        is_complete: score == heading.needed(),
                        is_named: false,
                    });
                }
            }
        }
        best.into_iter().flatten().collect()
    }

    /// The label paths that end in a row, by sheet column, as far as one of the forms may mean
    /// them.
    fn paths(&self, grid: &Grid<'_>, row: u32) -> Vec<(u32, Path)> {
        // A heading ends where a label of its own stands, or a merged one reaches to.
        let merged = |raw: &RawCell| grid.merge(raw.cell).is_some();
        let labels = |raw: &RawCell| {
            grid.text(raw)
                .is_some_and(|text| self.last_parts.contains(&part(text)))
        };
        let mut merges = grid.sheet.facts.merges.iter();
        let reaches = merges.any(|merge| merge.first.row < row && merge.last.row == row);
        if !reaches && !grid.row(row).iter().any(|raw| merged(raw) || labels(raw)) {
            return Vec::new();
        }
        let first = row.saturating_sub(LEVELS - 1);
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
        let paths = sheet_columns
            .into_iter()
            .map(|column| (column, path_over(grid, row, column)));
        paths
            .filter(|(_, path)| {
                path.last()
                    .is_some_and(|last| self.last_parts.contains(last))
            })
            .collect()
    }
}

/// The label path over a cell.
fn path_over(grid: &Grid<'_>, row: u32, column: u32) -> Path {
    let mut parts: Path = Vec::new();
    let mut seen = None;
    for level in (row.saturating_sub(LEVELS - 1)..=row).rev() {
        let cell = Cell::new(level, column);
        let merge = grid.merge(cell);
        if merge.is_some() && merge == seen {
            continue;
        }
        seen = merge;
        // Over a label of the column's own, a blank is a part of the group to the left.
        let group = || (!parts.is_empty()).then(|| label_left(grid, cell))?;
        if let Some(label) = grid.label(cell).or_else(group) {
            parts.push(part(label));
        }
    }
    parts.reverse();
    parts
}

/// The label to the left of a blank cell, where a sheet has no merged cells: text files lose them,
/// and the label of a group stands over its first column only.
fn label_left<'a>(grid: &Grid<'a>, cell: Cell) -> Option<&'a str> {
    if !grid.sheet.facts.merges.is_empty() || grid.cell(cell).is_some() {
        return None;
    }
    let row = grid.row(cell.row);
    let before = row.partition_point(|raw| raw.cell.column < cell.column);
    grid.text(row[..before].last()?)
}

/// The first row of a heading: it reaches up as far as its merged cells do.
fn first_row(grid: &Grid<'_>, head: &Head) -> u32 {
    let merges = head.columns.iter().flatten();
    let merges = merges.filter_map(|column| grid.merge(Cell::new(head.row, *column)));
    merges.map(|merge| merge.first.row).fold(head.row, u32::min)
}

impl<'a> Heading<'a> {
    fn new(form: &'a Form) -> Self {
        let columns = form
            .columns
            .iter()
            .map(|column| {
                [&column.label.zh]
                    .into_iter()
                    .chain(&column.aliases)
                    .map(|label| path(label))
                    .collect()
            })
            .collect();
        let names = [&form.id, &form.title.zh].into_iter().chain(&form.aliases);
        Self {
            form,
            columns,
            row_label: form.row_label.as_deref().map(fold),
            row_no: form.row_no.as_deref().map(fold),
            names: names.map(|name| fold(name)).collect(),
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

    /// Which sheet column is which column of the form.
    fn columns_at(&self, paths: &[(u32, Path)]) -> Vec<Option<u32>> {
        let mut found: Vec<Option<(usize, u32)>> = vec![None; self.columns.len()];
        for (sheet_column, over) in paths {
            // The longest wording that the path ends with says which column it is.
            let best = self
                .columns
                .iter()
                .enumerate()
                .flat_map(|(at, wordings)| wordings.iter().map(move |wording| (at, wording)))
                .filter(|(_, wording)| over.ends_with(wording))
                .max_by_key(|(at, wording)| (wording.len(), Reverse(*at)));
            if let Some((at, wording)) = best
                && found[at].is_none_or(|(length, _)| length < wording.len())
            {
                found[at] = Some((wording.len(), *sheet_column));
            }
        }
        found
            .into_iter()
            .map(|found| found.map(|(_, column)| column))
            .collect()
    }

    fn table(&self, grid: &Grid<'_>, head: Head, from: u32, end: u32) -> Located {
        let first = first_row(grid, &head).min(head.row + 1 - self.levels(&head));
        let Head {
            form, row, columns, ..
        } = head;
        let merges = columns.iter().flatten();
        let last = merges
            .filter_map(|column| grid.merge(Cell::new(row, *column)))
            .map(|merge| merge.last.row)
            .fold(row, u32::max);
        let units = columns.iter().zip(&self.form.columns).map(|(at, column)| {
            let levels = (row.saturating_sub(LEVELS - 1)..=row).rev();
            let label = |level| grid.label(Cell::new(level, (*at)?));
            let mut brackets = levels.filter_map(|level| without_unit(label(level)?).1);
            // 中央（国培） under 经费（百万元） names no unit of money.
            match column.kind {
                Some(Type::Money) => brackets.find(|unit| power_of_money(unit).is_some()),
                _ => brackets.next(),
            }
        });
        let units = units.collect();
        let mut located = Located {
            form,
            head: (first, last),
            from,
            columns,
            units,
            rows: Vec::new(),
            extra: Vec::new(),
            unknown_rows: Vec::new(),
            torn_rows: Vec::new(),
            labelled: 0,
            sums: Vec::new(),
            again: None,
            last,
            end,
        };
        self.extra_columns(grid, row, &mut located);
        if self.form.is_fixed() {
            self.fixed_rows(grid, &mut located);
        } else {
            self.list_rows(grid, &mut located);
        }
        located
    }

    /// How many rows the labels take that were found, as far as the sheet has so many above.
    fn levels(&self, head: &Head) -> u32 {
        let found = head.columns.iter().zip(&self.columns);
        let found = found
            .filter(|(at, _)| at.is_some())
            .flat_map(|(_, wordings)| wordings);
        let most = found.map(Vec::len).max().unwrap_or(1);
        u32::try_from(most).unwrap_or(1).clamp(1, head.row + 1)
    }

    fn extra_columns(&self, grid: &Grid<'_>, row: u32, located: &mut Located) {
        let mut seen: HashSet<u32> = located.columns.iter().flatten().copied().collect();
        // The lowest label over a column is the one that names it.
        for level in (located.head.0..=row).rev() {
            for raw in grid.row(level) {
                let Some(text) = grid.text(raw) else {
                    continue;
                };
                let label = without_unit(text).0;
                let is_stub =
                    Some(&label) == self.row_label.as_ref() || Some(&label) == self.row_no.as_ref();
                // What lies over several columns is a part of their paths.
                let wide = grid
                    .merge(raw.cell)
                    .is_some_and(|m| m.last.column > m.first.column);
                if seen.insert(raw.cell.column) && !is_stub && !wide && label != "序号" {
                    located
                        .extra
                        .push((raw.cell, text.replace(['\n', '\r'], "")));
                }
            }
        }
        located.extra.sort();
    }

    /// The sheet column under a heading of the stub.
    fn stub(grid: &Grid<'_>, located: &Located, heading: Option<&String>) -> Option<u32> {
        let heading = heading?;
        let (_, last) = located.head;
        (last.saturating_sub(LEVELS - 1)..=last).find_map(|row| {
            let mut cells = grid.row(row).iter();
            cells.find_map(|raw| {
                let text = grid.text(raw)?;
                (without_unit(text).0 == *heading).then_some(raw.cell.column)
            })
        })
    }

    fn fixed_rows(&self, grid: &Grid<'_>, located: &mut Located) {
        let figures: Vec<u32> = located.columns.iter().flatten().copied().collect();
        let leftmost = figures.iter().min().copied().unwrap_or(0);
        let labels = Self::stub(grid, located, self.row_label.as_ref());
        let codes = Self::stub(grid, located, self.row_no.as_ref());
        let mut rows: Vec<Option<u32>> = vec![None; self.form.rows.len()];
        let (head, end) = (located.head.1, located.end);
        let body = grid.rows.iter().map(|(row, _)| *row);
        let body = body
            .skip_while(|row| *row <= head)
            .take_while(|row| *row < end);
        let mut misses = 0;
        for row in body {
            let text = |column: Option<u32>| {
                let value = grid.value(Cell::new(row, column?))?;
                Some(match value {
                    Value::Text(text) => fold(text),
                    Value::Number(x) => plain(x),
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
                    .filter_map(|raw| grid.text(raw))
                    .find(|text| text.chars().any(|c| !c.is_ascii_digit()))
                    .map(fold),
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
            located.labelled += usize::from(by_label.is_some());
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
                    let has_figures = grid
                        .row(row)
                        .iter()
                        .any(|raw| figures.contains(&raw.cell.column) && grid.is_figure(raw));
                    let numbered_line = row == head + 1 && is_numbered_line(grid, row);
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
        // Rows that follow on the last one were added by somebody; what stands apart below the
        // table is not of it.
        let mut below = located.last;
        located.unknown_rows.retain(|(cell, _)| {
            let follows = cell.row <= below + 1;
            below = below.max(if follows { cell.row } else { below });
            follows
        });
        located.rows = rows;
    }

    fn list_rows(&self, grid: &Grid<'_>, located: &mut Located) {
        let keys: Vec<u32> = self
            .form
            .key
            .iter()
            .filter_map(|key| located.columns[*key])
            .collect();
        let of_form: HashSet<u32> = located.columns.iter().flatten().copied().collect();
        let (head, end) = (located.head.1, located.end);
        let after = grid.rows.partition_point(|(row, _)| *row <= head);
        let mut below_foot = false;
        for (row, range) in &grid.rows[after..] {
            let cells = &grid.sheet.cells[range.clone()];
            if *row >= end {
                break;
            }
            if *row == head + 1 && is_numbered_line(grid, *row) {
                continue;
            }
            let is_foot = cells
                .iter()
                .filter_map(|raw| grid.text(raw))
                .take(2)
                .any(is_foot_line);
            if is_foot
                && cells
                    .iter()
                    .filter(|raw| of_form.contains(&raw.cell.column))
                    .count()
                    <= 2
            {
                below_foot = true;
                continue;
            }
            // A list that is printed on several pages may repeat its heading on each.
            if repeats_heading(grid, cells, located) {
                below_foot = false;
                continue;
            }
            let has_key = cells.iter().any(|raw| keys.contains(&raw.cell.column));
            let sum = sum_row(grid, cells);
            if let Some((label, kind)) =
                sum.filter(|_| cells.iter().any(|raw| grid.is_figure(raw) || has_key))
            {
                located.sums.push(SumRow {
                    row: *row,
                    label,
                    kind,
                    above: located.rows.len(),
                });
                located.last = *row;
                continue;
            }
            let has_figures = || {
                let mut figures = cells
                    .iter()
                    .filter(|raw| of_form.contains(&raw.cell.column));
                // Telephone numbers stand below the foot, figures as text above it.
                let is_figure = |raw: &RawCell| {
                    if below_foot {
                        grid.is_number(raw)
                    } else {
                        grid.is_figure(raw)
                    }
                };
                figures.any(|raw| !keys.contains(&raw.cell.column) && is_figure(raw))
            };
            if has_key && !below_foot {
                located.rows.push(Some(*row));
                located.last = *row;
            } else if has_figures() {
                let label = cells.iter().find_map(|raw| grid.text(raw)).map(fold);
                // Where the key is to be filled in.
                let cell = match keys.first() {
                    Some(key) if !below_foot => Cell::new(*row, *key),
                    _ => cells[0].cell,
                };
                located.unknown_rows.push((cell, label.unwrap_or_default()));
            }
        }
    }
}

/// Whether a row shows the labels of the heading's last row once more.
fn repeats_heading(grid: &Grid<'_>, cells: &[RawCell], located: &Located) -> bool {
    let (first, last) = located.head;
    let is_label = |raw: &RawCell| {
        let label = |row| grid.label(Cell::new(row, raw.cell.column));
        (first..=last).any(|row| label(row).is_some() && grid.text(raw) == label(row))
    };
    cells.len() >= 2 && grid.text(&cells[0]).is_some() && cells.iter().all(is_label)
}

/// Whether a text begins the lines under a table: signatures, explanations.
fn is_foot_line(text: &str) -> bool {
    // Every row of a list is asked: most texts are settled by a look at their signs.
    let begins = |c: char| matches!(c, '说' | '注' | '备' | '附' | '填');
    if !text.contains([':', '：']) && !text.trim_start().starts_with(begins) {
        return false;
    }
    let text = fold(text);
    let begins = ["说明", "注:", "注1", "备注:", "附注", "填表说明"];
    let signs = [
        "负责人:",
        "填表人:",
        "填报人:",
        "联系电话:",
        "报出日期:",
        "审核人:",
        "制表人:",
    ];
    begins.iter().any(|word| text.starts_with(word)) || signs.iter().any(|word| text.contains(word))
}

/// What a row of a list adds up, if it is no record: its first words say so.
fn sum_row(grid: &Grid<'_>, cells: &[RawCell]) -> Option<(String, SumKind)> {
    let first = cells.iter().find_map(|raw| grid.text(raw))?;
    if !first.contains(['计', '其']) {
        return None;
    }
    let label = fold(first);
    let core = label.trim_start_matches(['#', '*', '(', '一', '二', '三', '四', '、', ')']);
    // A school may be called what it likes: a sum's name is short, or begins as one.
    let begins = ["合计", "总计", "共计", "小计", "其中"]
        .iter()
        .any(|word| core.starts_with(word));
    let kind = if core.chars().count() > if begins { 30 } else { 10 } {
        return None;
    } else if core.starts_with("其中") {
        SumKind::OfWhich
    } else if core.ends_with("小计") || core.starts_with("小计") {
        SumKind::Group
    } else if ["合计", "总计", "共计"]
        .iter()
        .any(|word| core.ends_with(word) || core.starts_with(word))
    {
        SumKind::All
    } else {
        return None;
    };
    Some((label, kind))
}

/// 甲 乙 丙 1 2 3 …, in whatever order the columns come.
fn is_numbered_line(grid: &Grid<'_>, row: u32) -> bool {
    let mut seen: Vec<i64> = Vec::new();
    for raw in grid.row(row) {
        let number = match grid.sheet.value(raw) {
            Value::Text(text) => {
                let text = fold(text);
                match text.trim_matches(['(', ')', '[', ']']).parse::<i64>() {
                    Ok(number) => number,
                    Err(_) if text.chars().count() <= 1 => continue,
                    Err(_) => return false,
                }
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number below a hundred"
            )]
            Value::Number(x) if x.fract() == 0.0 && x < 100.0 => x as i64,
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
