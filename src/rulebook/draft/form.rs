//! The form as far as the sheet shows it: columns, rows, and what they say of each other.

use super::formula::{Ratio, summed};
use super::frame::Frame;
use super::kinds::{GROWTHS, Kind, kind_across, kind_of, row_kind};
use super::labels::{Ids, core, is_of_which, is_ordinal, is_subtotal, is_total, tidy};
use super::layout::{Layout, row_code};
use super::sheet::{Grid, Heading, Seen, Table, figure, is_dash, seen};
use super::{BY_FIGURES, BY_FORMULA, BY_LABEL, Cell};
use crate::number;
use crate::spelling::{fold, is_blank};
use std::collections::{BTreeMap, BTreeSet};

/// The form as far as the sheet shows it.
pub(super) struct Form {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    runs_down: bool,
    /// Headings between the rows, with the number of rows above them.
    pub(super) headings: Vec<(usize, String)>,
    /// Columns that add others up, as their formulas say.
    pub(super) sums: Vec<(usize, Vec<usize>)>,
}

/// A column; others are named by their positions.
pub(super) struct Column {
    pub(super) id: String,
    at: u32,
    pub(super) path: Vec<String>,
    pub(super) no: Option<u32>,
    pub(super) kind: Kind,
    pub(super) part_of: Option<usize>,
    pub(super) restates: Option<usize>,
    pub(super) states: Option<(String, &'static str)>,
}

/// A row of a fixed form; others are named by their positions.
pub(super) struct Row {
    pub(super) id: String,
    at: u32,
    pub(super) label: String,
    pub(super) no: Option<String>,
    /// How far its label is set in.
    indent: usize,
    /// Its own kind, where variables run down.
    pub(super) kind: Option<Kind>,
    pub(super) part_of: Option<usize>,
    pub(super) total_of: Option<(Vec<usize>, &'static str)>,
    pub(super) states: Option<String>,
}

impl Form {
    pub(super) fn new(grid: &Grid<'_>, frame: &Frame, table: &Table, layout: &Layout) -> Self {
        let mut ids = Ids::default();
        let mut form = Self {
            columns: Vec::new(),
            rows: Vec::new(),
            runs_down: layout.runs_down,
            headings: Vec::new(),
            sums: Vec::new(),
        };
        for (at, column) in table.columns.iter().enumerate() {
            let is_stub = [layout.label, layout.code, layout.serial].contains(&Some(at));
            let is_helper = ["校核", "核对", "审核"]
                .iter()
                .any(|word| column.label().contains(word));
            if is_stub || is_helper || column.path.is_empty() {
                continue;
            }
            let kind = if layout.runs_down && layout.unit != Some(at) {
                kind_across(column, frame)
            } else {
                kind_of(column, frame)
            };
            let no = column
                .no
                .filter(|no| form.columns.iter().all(|other| other.no != Some(*no)));
            let number =
                no.map_or_else(|| (form.columns.len() + 1).to_string(), |no| no.to_string());
            form.columns.push(Column {
                id: ids.of(&column.path, &format!("c{number}")),
                at: column.at,
                path: column.path.clone(),
                no,
                kind,
                part_of: None,
                restates: None,
                states: None,
            });
        }
        if let Some(label) = layout.label {
            form.add_rows(grid, table, layout, &table.columns[label], &mut ids);
        }
        form
    }

    fn add_rows(
        &mut self,
        grid: &Grid<'_>,
        table: &Table,
        layout: &Layout,
        labels: &Heading,
        ids: &mut Ids,
    ) {
        let column = |at: Option<usize>| at.map(|at| table.columns[at].at);
        let (codes, units) = (column(layout.code), column(layout.unit));
        let figures: Vec<u32> = self.columns.iter().map(|column| column.at).collect();
        let is_filled = |row: u32| {
            let mut cells = grid.row(row).filter(|cell| figures.contains(&cell.column));
            cells.any(|cell| cell.formula.is_some() || seen(cell) != Seen::Nothing || is_dash(cell))
        };
        let filled = table.body.iter().filter(|row| is_filled(**row)).count();
        let mostly_filled = filled * 2 > table.body.len();
        let mut taken = BTreeSet::new();
        for (row, written) in labels
            .body
            .iter()
            .filter_map(|(row, _)| Some((*row, grid.text(*row, labels.at)?)))
        {
            let label = tidy(written);
            let no = codes.and_then(|at| row_code(&grid.seen(row, at)));
            let is_bare = match codes {
                Some(_) => no.is_none() && !is_filled(row),
                None => mostly_filled && !is_filled(row) || fold(&label).ends_with([':', '中']),
            };
            if is_bare || core(&label).is_empty() {
                self.headings.push((self.rows.len(), label));
                continue;
            }
            let unit = units.and_then(|at| grid.text(row, at)).map(fold);
            let number = no
                .clone()
                .unwrap_or_else(|| (self.rows.len() + 1).to_string());
            let width = |c: char| if c == '\u{3000}' { 2 } else { 1 };
            self.rows.push(Row {
                id: ids.of(std::slice::from_ref(&label), &format!("r{number}")),
                at: row,
                indent: written
                    .chars()
                    .take_while(|c| is_blank(*c))
                    .map(width)
                    .sum(),
                kind: self.runs_down.then(|| row_kind(&label, unit.as_deref())),
                label,
                no: no.filter(|no| taken.insert(no.clone())),
                part_of: None,
                total_of: None,
                states: None,
            });
        }
    }

    fn column_at(&self, at: u32) -> Option<usize> {
        self.columns.iter().position(|column| column.at == at)
    }

    fn row_at(&self, at: u32) -> Option<usize> {
        self.rows.iter().position(|row| row.at == at)
    }

    /// What columns say of each other: earlier figures, of-whichs, ratios, sums.
    pub(super) fn relate_columns(&mut self, grid: &Grid<'_>) {
        for at in 0..self.columns.len() {
            self.columns[at].restates = self.restated(at);
            self.columns[at].part_of = self.whole_of(at);
        }
        let mut formulas: BTreeMap<u32, Vec<&Cell>> = BTreeMap::new();
        let body = self
            .columns
            .iter()
            .map(|column| column.at)
            .collect::<BTreeSet<u32>>();
        for cell in grid
            .sheet
            .cells
            .iter()
            .filter(|cell| body.contains(&cell.column))
        {
            formulas.entry(cell.column).or_default().push(cell);
        }
        for at in 0..self.columns.len() {
            let cells = formulas.get(&self.columns[at].at).into_iter().flatten();
            let found: Vec<(&Cell, &str)> = cells
                .filter_map(|cell| Some((*cell, cell.formula.as_deref()?)))
                .collect();
            let stated = found
                .iter()
                .find_map(|(cell, formula)| self.stated(at, cell.row, formula));
            let stated = stated.filter(|_| !self.runs_down || self.columns[at].kind.is.is_some());
            self.columns[at].states = match stated {
                Some(stated) => Some((stated, BY_FORMULA)),
                None => self.growth_by_label(at).map(|states| (states, BY_LABEL)),
            };
            let sum = found
                .iter()
                .find_map(|(cell, formula)| self.parts_across(at, cell.row, formula));
            self.sums.extend(sum.map(|parts| (at, parts)));
        }
    }

    /// The columns under the same group of the heading.
    fn siblings(&self, at: usize) -> impl DoubleEndedIterator<Item = usize> {
        let group = |at: usize| self.columns[at].path.split_last().map(|(_, group)| group);
        (0..self.columns.len()).filter(move |other| *other != at && group(*other) == group(at))
    }

    pub(super) fn leaf(&self, at: usize) -> String {
        self.columns[at]
            .path
            .last()
            .map(|leaf| core(leaf))
            .unwrap_or_default()
    }

    /// The column whose earlier figure a column repeats.
    fn restated(&self, at: usize) -> Option<usize> {
        let leaf = self.leaf(at);
        let word = EARLIER.iter().find(|word| leaf.contains(**word))?;
        let column = &self.columns[at];
        if !column.kind.is_additive() && column.kind.is != Some("percent")
            || GROWTHS.iter().any(|word| leaf.contains(word))
        {
            return None;
        }
        let bare = |leaf: &str| {
            let leaf = leaf.replace("累计", "");
            ["本年", "本期", "今年"]
                .iter()
                .fold(leaf, |leaf, word| leaf.replace(word, ""))
        };
        let rest = bare(&leaf.replace(word, ""));
        let like = |other: &usize| self.columns[*other].kind.is == column.kind.is;
        let same = self
            .siblings(at)
            .filter(like)
            .find(|other| bare(&self.leaf(*other)) == rest);
        let mut before = self
            .siblings(at)
            .filter(like)
            .rev()
            .skip_while(|other| *other > at);
        same.or_else(|| {
            before.find(|other| self.leaf(*other).starts_with("本年") && rest.is_empty())
        })
    }

    /// The column that an of-which column is a part of.
    fn whole_of(&self, at: usize) -> Option<usize> {
        let path = &self.columns[at].path;
        let (leaf, group) = path.split_last()?;
        if !is_of_which(leaf) {
            return None;
        }
        let fits = |other: &usize| {
            let leaf = self.columns[*other].path.last();
            *other < at
                && leaf.is_some_and(|leaf| !is_of_which(leaf))
                && self.columns[at].kind.goes_with(&self.columns[*other].kind)
        };
        let total = self
            .siblings(at)
            .filter(fits)
            .find(|other| is_total(&self.leaf(*other)));
        let above = || {
            (0..at)
                .filter(fits)
                .find(|other| self.columns[*other].path == group)
        };
        total
            .or_else(|| self.siblings(at).rfind(fits))
            .or_else(above)
    }

    /// What a column's formula in some row says that it is computed from.
    fn stated(&self, at: usize, row: u32, formula: &str) -> Option<String> {
        let ratio = Ratio::read(formula)?;
        let column = |cell: (u32, u32)| {
            self.column_at(cell.1)
                .filter(|other| cell.0 == row && *other != at)
        };
        let (a, b) = (
            &self.columns[column(ratio.a)?],
            &self.columns[column(ratio.b)?],
        );
        ratio.of(&self.columns[at].kind, (&a.id, &a.kind), (&b.id, &b.kind))
    }

    /// The growth that stands beside a figure and the earlier one.
    fn growth_by_label(&self, at: usize) -> Option<String> {
        let function = match self.columns[at].kind.is {
            Some("change") => "change",
            Some("percent") if GROWTHS.iter().any(|word| self.leaf(at).contains(word)) => "growth",
            _ => return None,
        };
        let earlier = self
            .siblings(at)
            .filter(|other| *other < at)
            .rfind(|other| self.columns[*other].restates.is_some())?;
        let now = self.columns[earlier].restates?;
        Some(format!(
            "{function}({}, {})",
            self.columns[now].id, self.columns[earlier].id
        ))
    }

    /// The columns that a column adds up, as its formula in some row says.
    fn parts_across(&self, at: usize, row: u32, formula: &str) -> Option<Vec<usize>> {
        let cells = summed(formula)?;
        let part = |cell: &(u32, u32)| {
            self.column_at(cell.1)
                .filter(|other| cell.0 == row && *other != at)
        };
        let parts: Vec<usize> = cells.iter().map(part).collect::<Option<_>>()?;
        let kind = &self.columns[at].kind;
        (parts.len() > 1
            && parts
                .iter()
                .all(|part| kind.goes_with(&self.columns[*part].kind)))
        .then_some(parts)
    }

    /// What rows say of each other: totals, of-whichs, ratios.
    pub(super) fn relate_rows(&mut self, grid: &Grid<'_>) {
        for at in 0..self.rows.len() {
            self.rows[at].states = self.row_stated(grid, at);
        }
        for at in 0..self.rows.len() {
            let parts = self
                .parts_by_formula(grid, at)
                .map(|parts| (parts, BY_FORMULA));
            let parts = parts.or_else(|| self.parts_by_label(grid, at));
            self.rows[at].total_of =
                parts.filter(|(parts, _)| !parts.iter().any(|part| self.rests_on(*part, at)));
        }
        for at in 0..self.rows.len() {
            self.rows[at].part_of = self.row_whole(grid, at);
        }
    }

    /// What a row's own figure states, as its formula in some column says.
    fn row_stated(&self, grid: &Grid<'_>, at: usize) -> Option<String> {
        let row = &self.rows[at];
        let kind = row.kind.as_ref()?;
        let mut values = self
            .columns
            .iter()
            .filter(|column| column.kind.is.is_none());
        values.find_map(|value| {
            let ratio = Ratio::read(grid.cells.get(&(row.at, value.at))?.formula.as_deref()?)?;
            let operand = |cell: (u32, u32)| {
                if cell.0 == row.at {
                    let column = &self.columns[self.column_at(cell.1)?];
                    return Some((column.id.clone(), &column.kind));
                }
                let other = &self.rows[self.row_at(cell.0).filter(|_| cell.1 == value.at)?];
                Some((other.name(), other.kind.as_ref()?))
            };
            let is_of_one = (ratio.a.0 == row.at) == (ratio.b.0 == row.at);
            let (a, b) = (operand(ratio.a)?, operand(ratio.b).filter(|_| is_of_one)?);
            ratio.of(kind, (&a.0, a.1), (&b.0, b.1))
        })
    }

    fn parts_by_formula(&self, grid: &Grid<'_>, at: usize) -> Option<Vec<usize>> {
        let row = &self.rows[at];
        self.columns
            .iter()
            .filter(|column| column.adds_up())
            .find_map(|column| {
                let cells = summed(grid.cells.get(&(row.at, column.at))?.formula.as_deref()?)?;
                let is_above_or_below = cells
                    .iter()
                    .all(|cell| cell.1 == column.at && cell.0 != row.at);
                let parts: Vec<usize> = cells
                    .iter()
                    .filter_map(|cell| self.row_at(cell.0))
                    .collect();
                (is_above_or_below && parts.len() > 1 && self.go_together(at, &parts))
                    .then_some(parts)
            })
    }

    /// Whether rows have one unit, where each has its own.
    fn go_together(&self, at: usize, parts: &[usize]) -> bool {
        let kind = |at: usize| self.rows[at].kind.as_ref();
        parts.iter().all(|part| match (kind(at), kind(*part)) {
            (Some(a), Some(b)) => a.goes_with(b),
            _ => true,
        })
    }

    /// The parts of a row that is called a total: those whose figures fit, or that the labels
    /// suggest where there are no figures.
    fn parts_by_label(&self, grid: &Grid<'_>, at: usize) -> Option<(Vec<usize>, &'static str)> {
        if !is_total(&self.rows[at].label) {
            return None;
        }
        let mut candidates = self.likely_parts(at);
        candidates.retain(|parts| parts.len() > 1 && self.go_together(at, parts));
        let fits = |parts: &[usize]| self.columns_that_fit(grid, at, parts);
        let fully =
            |parts: &&Vec<usize>| matches!(fits(parts), (fit, all) if fit == all && all > 0);
        if let Some(parts) = candidates.iter().find(fully) {
            return Some((parts.clone(), BY_FIGURES));
        }
        // A slip in some columns does not make a total another one.
        let mostly =
            |parts: &&Vec<usize>| matches!(fits(parts), (fit, all) if fit * 2 > all || all == 0);
        let likely = candidates
            .iter()
            .find(mostly)
            .map(|parts| (parts.clone(), BY_LABEL));
        likely.or_else(|| {
            let shorter = candidates.iter().flat_map(|parts| {
                (2..parts.len()).rev().map(|length| {
                    if parts[0] > at {
                        parts[..length].to_vec()
                    } else {
                        parts[parts.len() - length..].to_vec()
                    }
                })
            });
            let mut fitting = shorter.filter(|parts| fully(&parts));
            fitting.next().map(|parts| (parts, BY_FIGURES))
        })
    }

    /// What a total may be the sum of, the most likely first.
    fn likely_parts(&self, at: usize) -> Vec<Vec<usize>> {
        let label = |at: &usize| self.rows[*at].label.as_str();
        let all = || (0..self.rows.len()).filter(|other| *other != at);
        let mut likely = Vec::new();
        if !is_subtotal(label(&at)) {
            likely.push(all().filter(|other| is_subtotal(label(other))).collect());
            let bracketed = |at: &usize| fold(label(at)).starts_with('(');
            let ordinals: Vec<usize> = all().filter(|other| is_ordinal(label(other))).collect();
            let outer = ordinals.iter().any(|other| !bracketed(other));
            likely.push(
                ordinals
                    .into_iter()
                    .filter(|other| !(outer && bracketed(other)))
                    .collect(),
            );
        }
        let next_heading = self
            .headings
            .iter()
            .map(|(above, _)| *above)
            .find(|above| *above > at);
        let below = at + 1..next_heading.unwrap_or(self.rows.len());
        let indent = self.rows.get(at + 1).map_or(0, |row| row.indent);
        if indent > self.rows[at].indent {
            likely.push(
                below
                    .take_while(|other| {
                        self.rows[*other].indent == indent && !is_of_which(label(other))
                    })
                    .collect(),
            );
        }
        let is_plain = |other: &usize| !is_of_which(label(other));
        let after: Vec<usize> = (at + 1..self.rows.len())
            .take_while(|other| !is_total(label(other)))
            .filter(is_plain)
            .collect();
        let mut before: Vec<usize> = (0..at)
            .rev()
            .take_while(|other| !is_total(label(other)))
            .filter(is_plain)
            .collect();
        before.reverse();
        let totals_first = self.rows.first().is_some_and(|row| is_total(&row.label));
        likely.extend(if totals_first {
            [after, before]
        } else {
            [before, after]
        });
        likely
    }

    /// In how many columns a row's figure is the sum of others', of how many that have figures.
    fn columns_that_fit(&self, grid: &Grid<'_>, at: usize, parts: &[usize]) -> (usize, usize) {
        let (mut fit, mut all) = (0, 0);
        for column in self.columns.iter().filter(|column| column.adds_up()) {
            let figure = |row: usize| figure(grid, self.rows[row].at, column.at);
            let Some(total) = figure(at) else { continue };
            let (sum, count) = number::sum(parts.iter().filter_map(|part| figure(*part)));
            if count > 0 && (total != 0.0 || !number::is_zero(&sum)) {
                all += 1;
                fit += usize::from(sum == number::exact(total));
            }
        }
        (fit, all)
    }

    /// Whether a total has another row among its parts, or among theirs.
    fn rests_on(&self, total: usize, part: usize) -> bool {
        let (mut next, mut seen) = (vec![total], BTreeSet::new());
        while let Some(at) = next.pop() {
            if at == part {
                return true;
            }
            if seen.insert(at) {
                next.extend(self.rows[at].total_of.iter().flat_map(|(parts, _)| parts));
            }
        }
        false
    }

    /// The row that an of-which row is a part of.
    fn row_whole(&self, grid: &Grid<'_>, at: usize) -> Option<usize> {
        let own = &self.rows[at];
        let fits = |other: &usize| {
            let fits = |column: &Column| {
                let figure = |row: usize| figure(grid, self.rows[row].at, column.at);
                figure(at)
                    .zip(figure(*other))
                    .is_none_or(|(part, whole)| part <= whole)
            };
            self.columns
                .iter()
                .filter(|column| column.adds_up())
                .all(fits)
        };
        if !is_of_which(&own.label) {
            // 其中 stands before the first of several, the others are set in as far.
            let before = &self.rows[at.checked_sub(1)?];
            let whole = before.part_of?;
            let follows = own.indent > 0
                && own.indent == before.indent
                && own.indent > self.rows[whole].indent;
            return Some(whole).filter(|whole| {
                follows && !is_ordinal(&own.label) && self.go_together(at, &[*whole]) && fits(whole)
            });
        }
        let mut headings = self.headings.iter().rev();
        let heading = headings
            .find(|(above, _)| *above <= at)
            .map_or("", |(_, label)| label);
        let named = (0..at)
            .rev()
            .filter(|other| heading.contains(&core(&self.rows[*other].label)));
        // Set in under the last of 一、二、三、… it is mostly a part of all of them together.
        let outer = (0..at)
            .rev()
            .filter(|other| self.rows[*other].indent < own.indent)
            .filter(|other| !is_ordinal(&self.rows[*other].label));
        let plain = (0..at)
            .rev()
            .filter(|other| !is_of_which(&self.rows[*other].label));
        let likely = || {
            named
                .clone()
                .chain(outer.clone())
                .chain(plain.clone())
                .filter(|other| self.go_together(at, &[*other]))
        };
        // A slip may have made a part more than its whole.
        likely().find(fits).or_else(|| likely().next())
    }
}

impl Column {
    /// Whether its figures add up: no rates, no words, nothing computed from others.
    pub(super) fn adds_up(&self) -> bool {
        self.kind.is_additive() && self.states.is_none()
    }
}

impl Row {
    /// By what a formula over rows calls it.
    pub(super) fn name(&self) -> String {
        self.no
            .as_ref()
            .map_or_else(|| self.id.clone(), |no| format!("({no})"))
    }
}

/// Headings over the figures of a year before.
const EARLIER: &[&str] = &["上年同期", "去年同期", "上年", "去年"];
