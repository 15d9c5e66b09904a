//! The cells of a sheet, and where on it the table stands.

use super::labels::{is_foot, is_of_the_frame, tidy};
use super::{Cell, Content, MOST_ROWS, Sheet};
use crate::number;
use crate::spelling::{fold, without_unit};
use std::collections::{BTreeMap, BTreeSet};

/// A heading begins above this row.
const HEAD_ROWS: u32 = 60;

/// A heading has no more levels than this.
const LEVELS: u32 = 5;

/// Where the table of a sheet stands.
pub(super) struct Table {
    /// The first and last row of its heading.
    pub(super) head: (u32, u32),
    /// Its rows, as far as there is something in them.
    pub(super) body: Vec<u32>,
    /// The first row below it.
    pub(super) end: u32,
    /// Its columns, from left to right.
    pub(super) columns: Vec<Heading>,
    /// The row in which another table begins below it.
    pub(super) another: Option<u32>,
}

impl Table {
    /// The first table of a sheet, if there is one.
    pub(super) fn find(grid: &Grid<'_>) -> Option<Self> {
        let rows = grid.rows_from(0);
        let above = |row: &u32| *row < HEAD_ROWS;
        let first =
            |is: &dyn Fn(u32) -> bool| rows.iter().copied().take_while(above).find(|row| is(*row));
        let numbered =
            first(&|row| row > 0 && is_numbered(grid, row) && ends_heading(grid, row - 1));
        let (first, last) = if let Some(row) = numbered {
            head_above(grid, row - 1)
        } else {
            let pure = first(&|row| is_heading(grid, row, 3))
                .or_else(|| first(&|row| is_heading(grid, row, 2)));
            head_below(
                grid,
                pure.or_else(|| first(&|row| labels(grid, row).0 > 1))?,
            )
        };
        let mut table = Self {
            head: (first, last),
            body: Vec::new(),
            end: u32::MAX,
            columns: Vec::new(),
            another: None,
        };
        let start = numbered.unwrap_or(last) + 1;
        let mut before = start;
        for row in grid.rows_from(start) {
            let after_gap = row > before + 1;
            let foots = grid.row(row).filter_map(text).take(2).any(is_foot);
            let apart = || is_heading(grid, row, 3) || grid.row(row).count() < 2;
            if foots || is_numbered(grid, row) && row > start || after_gap && apart() {
                table.end = row;
                break;
            }
            table.body.push(row);
            before = row;
        }
        let below = grid.rows_from(table.end);
        table.another = below
            .into_iter()
            .find(|row| is_numbered(grid, *row) || is_heading(grid, *row, 3));
        table.columns = table.headings(grid, numbered);
        Some(table)
    }

    fn headings(&self, grid: &Grid<'_>, numbered: Option<u32>) -> Vec<Heading> {
        let (first, last) = self.head;
        let cells = grid.cells.range((first, 0)..(last + 1, 0));
        let mut columns: BTreeSet<u32> = cells.map(|((_, column), _)| *column).collect();
        for [top, left, bottom, right] in &grid.sheet.merges {
            if *top <= last && *bottom >= first {
                columns.extend(*left..=(*right).min(left.saturating_add(512)));
            }
        }
        // Row labels may stand without a heading, to the left of all that have one.
        let rightmost = columns.last().copied().unwrap_or(0);
        for row in self.body.iter().take(MOST_ROWS) {
            columns.extend(
                grid.row(*row)
                    .map(|cell| cell.column)
                    .filter(|at| *at < rightmost),
            );
        }
        let heading = |at: u32| {
            let mark = numbered.map_or(Seen::Nothing, |row| mark(grid, row, at));
            let body = self.body.iter();
            Heading {
                at,
                path: self.path(grid, at),
                no: match mark {
                    Seen::Figure { value, .. } => number::show(&number::exact(value)).parse().ok(),
                    _ => None,
                },
                is_words: matches!(mark, Seen::Words(_)),
                body: body.map(|row| (*row, grid.seen(*row, at))).collect(),
            }
        };
        columns.into_iter().map(heading).collect()
    }

    /// The labels over a column, from the top.
    fn path(&self, grid: &Grid<'_>, column: u32) -> Vec<String> {
        let (first, last) = self.head;
        let mut path: Vec<String> = Vec::new();
        let mut below = None;
        for level in (first..=last).rev() {
            let merge = grid.merge(level, column);
            if merge.is_some() && merge == below {
                continue;
            }
            below = merge;
            let (row, at) = merge.map_or((level, column), |merge| (merge[0], merge[1]));
            // Without merged cells the label of a group stands over its first column only.
            let group = || {
                let inherits = grid.sheet.merges.is_empty() && !path.is_empty();
                let mut left = grid
                    .cells
                    .range((row, 0)..(row, at))
                    .rev()
                    .filter(|_| inherits);
                left.find_map(|(_, cell)| text(cell))
            };
            if let Some(label) = grid.text(row, at).or_else(group) {
                path.push(tidy(label));
            }
        }
        path.reverse();
        path
    }
}

/// A column of the sheet.
pub(super) struct Heading {
    pub(super) at: u32,
    pub(super) path: Vec<String>,
    /// Its number in the numbered line.
    pub(super) no: Option<u32>,
    /// Whether the numbered line has 甲, 乙 … there.
    pub(super) is_words: bool,
    /// What stands under it, by rows.
    pub(super) body: Vec<(u32, Seen)>,
}

impl Heading {
    pub(super) fn leaf(&self) -> String {
        self.path
            .last()
            .map(|leaf| without_unit(leaf).0)
            .unwrap_or_default()
    }

    pub(super) fn label(&self) -> String {
        self.path.join(" › ")
    }

    pub(super) fn figures(&self) -> impl Iterator<Item = (f64, bool)> {
        self.body.iter().filter_map(|(_, seen)| match seen {
            Seen::Figure { value, percent } => Some((*value, *percent)),
            _ => None,
        })
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.body.iter().filter_map(|(_, seen)| match seen {
            Seen::Words(words) => Some(words.as_str()),
            _ => None,
        })
    }
}

/// The cells of a sheet by their places.
pub(super) struct Grid<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) cells: BTreeMap<(u32, u32), &'a Cell>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        let filled = sheet
            .cells
            .iter()
            .filter(|cell| cell.formula.is_some() || seen(cell) != Seen::Nothing || is_dash(cell));
        Self {
            sheet,
            cells: filled.map(|cell| ((cell.row, cell.column), cell)).collect(),
        }
    }

    pub(super) fn row(&self, row: u32) -> impl Iterator<Item = &'a Cell> {
        self.cells
            .range((row, 0)..=(row, u32::MAX))
            .map(|(_, cell)| *cell)
    }

    /// The rows with something in them, from one on.
    fn rows_from(&self, first: u32) -> Vec<u32> {
        let rows = self.cells.range((first, 0)..).map(|((row, _), _)| *row);
        rows.collect::<BTreeSet<u32>>().into_iter().collect()
    }

    pub(super) fn seen(&self, row: u32, column: u32) -> Seen {
        self.cells
            .get(&(row, column))
            .map_or(Seen::Nothing, |cell| seen(cell))
    }

    pub(super) fn text(&self, row: u32, column: u32) -> Option<&'a str> {
        self.cells.get(&(row, column)).and_then(|cell| text(cell))
    }

    fn merge(&self, row: u32, column: u32) -> Option<[u32; 4]> {
        let mut merges = self.sheet.merges.iter().copied();
        merges.find(|[top, left, bottom, right]| {
            (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
        })
    }

    /// The merged range of which a cell is the first, if it reaches beyond it.
    pub(super) fn merge_from(&self, cell: &Cell) -> Option<[u32; 4]> {
        let is_first = |merge: &[u32; 4]| (merge[0], merge[1]) == (cell.row, cell.column);
        self.merge(cell.row, cell.column).filter(is_first)
    }

    /// The texts of some rows, as they stand.
    pub(super) fn texts(
        &self,
        rows: std::ops::Range<u32>,
    ) -> impl Iterator<Item = (&'a Cell, &'a str)> {
        let cells = self
            .cells
            .range((rows.start, 0)..(rows.end.max(rows.start), 0));
        cells.filter_map(|(_, cell)| Some((*cell, text(cell)?)))
    }
}

/// What a cell of the body tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    Nothing,
    Figure { value: f64, percent: bool },
    Words(String),
    Day,
}

pub(super) fn seen(cell: &Cell) -> Seen {
    let text = match &cell.content {
        Content::Date => return Seen::Day,
        Content::Number { value, percent, .. } => {
            let canonical = number::canonical(*value);
            let percent = *percent;
            return canonical.map_or(Seen::Nothing, |value| Seen::Figure { value, percent });
        }
        Content::Text(text) => fold(text),
    };
    let is_error = ["#DIV", "#N/A", "#REF", "#VALUE", "#NAME", "#NUM", "#NULL"];
    if text.chars().all(is_a_dash) || is_error.iter().any(|error| text.starts_with(error)) {
        return Seen::Nothing;
    }
    let bare = text.trim_end_matches('%').replace(',', "");
    // A code keeps its leading zero, and is longer than a figure gets.
    let is_code = bare.len() > 9 || bare.len() > 1 && bare.starts_with('0') && !bare.contains('.');
    let figure = number::parse(&bare).filter(|_| !is_code);
    match figure {
        Some(value) => Seen::Figure {
            value: number::to_f64(&value),
            percent: text.ends_with('%'),
        },
        None => Seen::Words(text),
    }
}

pub(super) fn text(cell: &Cell) -> Option<&str> {
    match &cell.content {
        Content::Text(text) if !fold(text).is_empty() => Some(text),
        _ => None,
    }
}

pub(super) fn figure(grid: &Grid<'_>, row: u32, column: u32) -> Option<f64> {
    match grid.seen(row, column) {
        Seen::Figure { value, .. } => Some(value),
        _ => None,
    }
}

fn is_a_dash(c: char) -> bool {
    matches!(c, '-' | '—' | '–' | '/' | '×' | '…')
}

/// Whether a cell is crossed out: it belongs to the table and says nothing.
pub(super) fn is_dash(cell: &Cell) -> bool {
    text(cell).is_some_and(|text| fold(text).chars().all(is_a_dash))
}

/// What the numbered line says over a column.
fn mark(grid: &Grid<'_>, row: u32, column: u32) -> Seen {
    match grid.seen(row, column) {
        Seen::Words(words) => {
            let bare = words.trim_matches(['(', ')', '[', ']']);
            match number::parse(bare) {
                Some(value) => Seen::Figure {
                    value: number::to_f64(&value),
                    percent: false,
                },
                None => Seen::Words(bare.to_owned()),
            }
        }
        other => other,
    }
}

/// 甲 乙 丙 1 2 3 …, in whatever order the columns come.
fn is_numbered(grid: &Grid<'_>, row: u32) -> bool {
    let (mut words, mut numbers) = (0, BTreeSet::new());
    for cell in grid.row(row) {
        match mark(grid, row, cell.column) {
            Seen::Words(word) if word.chars().all(|c| "甲乙丙丁戊己庚辛壬癸".contains(c)) =>
            {
                words += 1;
            }
            Seen::Figure { value, .. }
                if value.fract() == 0.0 && (1.0..1000.0).contains(&value) =>
            {
                numbers.insert(number::show(&number::exact(value)));
            }
            _ => return false,
        }
    }
    let follows = (1..=numbers.len()).all(|number| numbers.contains(&number.to_string()));
    follows && !numbers.is_empty() && words + numbers.len() > 2
}

/// How many cells of a row may be labels of a heading, and how many can't be.
pub(super) fn labels(grid: &Grid<'_>, row: u32) -> (usize, usize) {
    let is_label = |cell: &&Cell| {
        let words = text(cell).filter(|_| matches!(seen(cell), Seen::Words(_)));
        words.is_some_and(|words| {
            let is_code = fold(words).bytes().all(|b| b.is_ascii_digit());
            !is_code && !is_of_the_frame(words) && words.chars().count() <= 60
        })
    };
    let labels = grid.row(row).filter(is_label).count();
    (labels, grid.row(row).count() - labels)
}

/// Whether a row holds labels of a heading, at least so many, and nothing else.
fn is_heading(grid: &Grid<'_>, row: u32, least: usize) -> bool {
    matches!(labels(grid, row), (labels, 0) if labels >= least)
}

/// Whether a heading may end in a row: with labels, or with merged cells that reach to it.
fn ends_heading(grid: &Grid<'_>, row: u32) -> bool {
    let mut merges = grid.sheet.merges.iter();
    labels(grid, row).0 > 1 || merges.any(|[top, _, bottom, _]| *top < row && *bottom == row)
}

/// The heading that ends in a row: it goes up as long as there are labels.
fn head_above(grid: &Grid<'_>, last: u32) -> (u32, u32) {
    let mut first = last;
    while first > 0 && last - first + 1 < LEVELS {
        let above = first - 1;
        let leftmost = grid.row(last).map(|cell| cell.column).min().unwrap_or(0);
        // A group may stand alone in its row, a title spreads from the left.
        let is_group = grid.row(above).all(|cell| {
            cell.column > leftmost.min(1)
                && grid
                    .merge_from(cell)
                    .is_some_and(|[_, left, _, right]| right > left)
        });
        if !(is_heading(grid, above, 2) || is_heading(grid, above, 1) && is_group) {
            break;
        }
        first = above;
    }
    (first, last)
}

/// The heading that begins in a row: it goes down as its merged cells do, and below groups.
fn head_below(grid: &Grid<'_>, first: u32) -> (u32, u32) {
    let mut last = first;
    loop {
        let merges = || {
            (first..=last)
                .flat_map(|row| grid.row(row))
                .filter_map(|cell| grid.merge_from(cell))
        };
        let reach = merges()
            .map(|merge| merge[2])
            .fold(last, u32::max)
            .min(first + LEVELS);
        let has_group = merges().any(|[_, left, bottom, right]| right > left && bottom == reach);
        // Without merged cells: the row below has labels where this one is blank.
        let fills = grid.row(reach + 1).any(|cell| {
            let before = grid.row(reach).any(|group| group.column < cell.column);
            before && grid.text(reach, cell.column).is_none()
        });
        let goes_on =
            is_heading(grid, reach + 1, 1) && (has_group || grid.sheet.merges.is_empty() && fills);
        let next = if goes_on { reach + 1 } else { reach };
        if next == last || next - first > LEVELS {
            return (first, last);
        }
        last = next;
    }
}
