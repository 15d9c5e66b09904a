//! Where each figure of a form stands on its sheet.
//!
//! Headings, the whole, the groups, then a block of lines for each unit in the official order.
//! A form whose variables run in columns gives each of its rows a line, the first in sight and
//! the others folded under it. Where variables run down they become columns, with the figures
//! that their rates are computed from folded to the right. A list is not written out: each unit
//! has one line with its sums. Beside a rate with three lines stands a narrow column for its band.
//! What stands in the cells is for `form`.

use crate::check::lines::levels;
use crate::rulebook::form::{Form, Row};
use crate::rulebook::rule::Rule;
pub(super) use crate::rulebook::rule::stated;
use crate::rulebook::written::Axis;
use crate::words::Lang;

/// The row of the group headings; the columns' own and their numbers stand under it.
pub(super) const HEADINGS: usize = 2;
/// The first row under the headings.
pub(super) const FIRST: usize = 5;

/// The plan of a form's sheet.
pub(super) struct Layout {
    /// The form's rows that have a line each; one nameless line where there are none.
    pub lines: Vec<Line>,
    /// What stands before the figures.
    pub heads: Vec<Head>,
    /// The columns of figures.
    pub columns: Vec<Shown>,
    /// The groups that are summed.
    pub regions: Vec<String>,
    /// How many units there are.
    pub units: usize,
    /// By variable: its line and its position among the columns.
    places: Vec<Option<(usize, usize)>>,
}

/// A line of each block.
pub(super) struct Line {
    /// The form's row.
    row: Option<usize>,
    /// What it is called.
    pub label: String,
    /// The code by which totals find it, different for each line.
    pub code: String,
}

/// What stands before the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// The unit's name.
    Unit,
    /// Its group.
    Region,
    /// The form's row.
    Line,
    /// The row's code.
    Code,
    /// 报送
    Reporting,
    /// 审核
    Checking,
    /// How many findings must be mended.
    Errors,
    /// How many must be explained.
    Queries,
    /// How many records a list has.
    Records,
}

/// A column of figures.
pub(super) struct Shown {
    /// The form's column, or a single variable where variables run down.
    at: At,
    /// The heading over several columns.
    pub group: Option<String>,
    /// Its own heading.
    pub label: String,
    /// 栏次, or the row's code where variables run down.
    pub number: String,
    /// Whether it is folded away at first.
    pub folded: bool,
    /// Whether it holds words.
    pub is_words: bool,
    /// Whether a narrow column beside it says in which band its rates lie.
    pub has_band: bool,
}

#[derive(Clone, Copy)]
enum At {
    Column(usize),
    Variable(usize),
}

/// Whose lines a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// The whole.
    Whole,
    /// A group, by its position.
    Region(usize),
    /// A unit, by its position on the board.
    Unit(usize),
}

impl Layout {
    /// The plan for a form, these groups and so many units.
    pub(super) fn new(
        form: &Form,
        rules: &[Rule],
        regions: &[&str],
        units: usize,
        lang: Lang,
    ) -> Self {
        let down = form.axis == Axis::Rows;
        let lines = if form.is_fixed() && !down && !form.rows.is_empty() {
            lines(&form.rows, lang)
        } else {
            vec![Line {
                row: None,
                label: String::new(),
                code: String::new(),
            }]
        };
        let columns = match (form.is_fixed(), down) {
            (true, true) => indicators(form, rules, lang),
            (true, false) => columns(form, lang, |_| true),
            (false, _) => columns(form, lang, |at| {
                form.variables[at].adds_up() || is_ratio(form, rules, at)
            }),
        };
        let mut heads = vec![Head::Unit, Head::Region];
        if lines.len() > 1 {
            heads.extend([Head::Line, Head::Code]);
        }
        heads.extend([Head::Reporting, Head::Checking, Head::Errors, Head::Queries]);
        if !form.is_fixed() {
            heads.push(Head::Records);
        }
        let mut layout = Self {
            lines,
            heads,
            columns,
            regions: regions
                .iter()
                .filter(|region| !region.is_empty())
                .map(|region| (*region).to_owned())
                .collect(),
            units,
            places: Vec::new(),
        };
        layout.places = layout.find_places(form);
        layout
    }

    fn find_places(&self, form: &Form) -> Vec<Option<(usize, usize)>> {
        let mut places = vec![None; form.variables.len()];
        for line in 0..self.lines.len() {
            for column in 0..self.columns.len() {
                if let Some(variable) = self.variable(form, line, column) {
                    places[variable] = Some((line, column));
                }
            }
        }
        places
    }

    /// The variable whose figure stands in a line and column.
    pub(super) fn variable(&self, form: &Form, line: usize, column: usize) -> Option<usize> {
        match self.columns[column].at {
            At::Variable(variable) => Some(variable),
            At::Column(column) => Some(form.variable(column, self.lines[line].row)),
        }
        .filter(|variable| *variable < form.variables.len())
    }

    /// The sheet's row of a block's line.
    pub(super) fn row(&self, block: Block, line: usize) -> usize {
        let before = match block {
            Block::Whole => 0,
            Block::Region(at) => 1 + at,
            Block::Unit(at) => 1 + self.regions.len() + at,
        };
        FIRST + before * self.lines.len() + line
    }

    /// The rows of all units, first and last.
    pub(super) fn unit_rows(&self) -> (usize, usize) {
        let first = self.row(Block::Unit(0), 0);
        (first, first + (self.units * self.lines.len()).max(1) - 1)
    }

    /// The sheet's column of a head.
    pub(super) fn head(&self, head: Head) -> Option<usize> {
        self.heads.iter().position(|known| *known == head)
    }

    /// The sheet's column of a column of figures.
    pub(super) fn figure_column(&self, column: usize) -> usize {
        let bands = self.columns[..column].iter().filter(|c| c.has_band);
        self.heads.len() + column + bands.count()
    }

    /// The last of the sheet's columns that belongs to a column of figures: its band, if it has one.
    pub(super) fn last_of(&self, column: usize) -> usize {
        self.figure_column(column) + usize::from(self.columns[column].has_band)
    }

    /// The cell of a variable in a block, if it is shown.
    pub(super) fn cell(&self, block: Block, variable: usize) -> Option<(usize, usize)> {
        let (line, column) = (*self.places.get(variable)?)?;
        Some((self.row(block, line), self.figure_column(column)))
    }
}

/// A line for each row. Codes are the form's own where those tell the rows apart.
fn lines(rows: &[Row], lang: Lang) -> Vec<Line> {
    let own: Vec<Option<&str>> = rows.iter().map(|row| row.no.as_deref()).collect();
    // A formula takes 01 and 1 for the same.
    let bare = |no: Option<&str>| no.map(|no| no.trim_start_matches('0').to_owned());
    let told_apart = own
        .iter()
        .enumerate()
        .all(|(at, no)| no.is_some() && !own[..at].iter().any(|other| bare(*other) == bare(*no)));
    rows.iter()
        .enumerate()
        .map(|(at, row)| Line {
            row: Some(at),
            label: row.label.get(lang).to_owned(),
            code: match (told_apart, &row.no) {
                (true, Some(no)) => no.clone(),
                _ => format!("#{}", at + 1),
            },
        })
        .collect()
}

fn columns(form: &Form, lang: Lang, wanted: impl Fn(usize) -> bool) -> Vec<Shown> {
    (0..form.columns.len())
        .filter(|at| wanted(*at))
        .map(|at| {
            let column = &form.columns[at];
            let label = column.label.get(lang);
            let (group, label) = match label.split_once(" › ") {
                Some((group, label)) => (Some(group.to_owned()), label),
                None => (None, label),
            };
            Shown {
                at: At::Column(at),
                group,
                label: label.replace(" › ", "\n"),
                number: column.no.map_or_else(String::new, |no| no.to_string()),
                folded: false,
                is_words: !form.variables[form.variable(at, Some(0))].is_number(),
                has_band: column.lines.is_some(),
            }
        })
        .collect()
}

/// One column for each row's own figure, then those that the rates among them are made of.
fn indicators(form: &Form, rules: &[Rule], lang: Lang) -> Vec<Shown> {
    let Some(own) = form.value_columns().next() else {
        return Vec::new();
    };
    let shown = |variable: usize, folded: bool| {
        let place = &form.variables[variable];
        let row = &form.rows[place.row.unwrap_or(0)];
        let label = match (&place.unit, row.label.get(lang)) {
            (Some(unit), label) if !folded => format!("{label}（{unit}）"),
            (_, label) => label.to_owned(),
        };
        let column = form.columns[place.column].label.get(lang).to_owned();
        let (group, label) = if folded {
            (Some(label), column)
        } else {
            (None, label)
        };
        Shown {
            at: At::Variable(variable),
            group,
            label,
            number: row.no.clone().unwrap_or_default(),
            folded,
            is_words: false,
            has_band: !folded && levels(form, variable).is_some(),
        }
    };
    let main: Vec<usize> = (0..form.rows.len())
        .map(|row| form.variable(own, Some(row)))
        .filter(|variable| form.variables[*variable].is_number())
        .collect();
    let mut parts: Vec<usize> = Vec::new();
    for variable in &main {
        let mut leaves = Vec::new();
        if let Some(expr) = stated(rules, *variable) {
            expr.leaves(&mut leaves);
        }
        for leaf in leaves {
            let new =
                leaf.is_own() && !main.contains(&leaf.variable) && !parts.contains(&leaf.variable);
            if new {
                parts.push(leaf.variable);
            }
        }
    }
    main.iter()
        .map(|variable| shown(*variable, false))
        .chain(parts.iter().map(|variable| shown(*variable, true)))
        .collect()
}

/// Whether a variable states something of the same period, such as a share, and no growth.
pub(super) fn is_ratio(form: &Form, rules: &[Rule], variable: usize) -> bool {
    form.variables[variable].is_number()
        && stated(rules, variable).is_some_and(|expr| {
            let mut leaves = Vec::new();
            expr.leaves(&mut leaves);
            expr.growth().is_none() && leaves.iter().all(|leaf| leaf.is_own())
        })
}
