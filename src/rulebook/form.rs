//! A form made ready for use: its columns, rows and variables, each known by its position.

use super::written::{Axis, Blank, Bound, Lines, Paper, Precision, RowsKind, Type};
use crate::check::one_of::Listed;
use crate::expr::figures::Crossing;
use crate::expr::parse::Measure;
use crate::number::Exact;
use crate::period::{Due, Period, Periodicity};
use crate::spelling::fold;
use crate::words::Text;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A form, 报表: what is asked of the districts.
#[derive(Debug, Clone)]
pub struct Form {
    /// 表号
    pub id: String,
    /// Its title.
    pub title: Text,
    /// Other titles.
    pub aliases: Vec<String>,
    /// Which way its variables run.
    pub axis: Axis,
    /// Whether its rows are given.
    pub kind: RowsKind,
    /// Positions of the key columns of a list.
    pub key: Vec<usize>,
    /// What a blank means.
    pub blank: Blank,
    /// How often it is asked for.
    pub periodicity: Periodicity,
    /// The months in which it is asked for; empty means all.
    pub due_in: Vec<u32>,
    /// By when.
    pub due: Option<Due>,
    /// 报表制度版本
    pub version: String,
    /// What the unit line must name.
    pub unit: Option<String>,
    /// The heading over the rows' names.
    pub row_label: Option<String>,
    /// The heading over the rows' codes.
    pub row_no: Option<String>,
    /// Who must have signed.
    pub signatures: Vec<String>,
    /// What is printed around its table.
    pub print: Print,
    /// In the order of the file.
    pub columns: Vec<Column>,
    /// In the order of the file; empty for a list.
    pub rows: Vec<Row>,
    /// A list's columns, or the cells of a fixed form, row by row.
    pub variables: Vec<Variable>,
    /// Limits that come from somewhere.
    pub thresholds: Vec<Threshold>,
    /// Figures that are computed from others.
    pub derived: Vec<Derived>,
    /// Variables whose meaning changed.
    pub breaks: Vec<Break>,
    /// The rule file.
    pub file: String,
}

/// What the office prints around a form's table.
#[derive(Debug, Clone, Default)]
pub struct Print {
    /// The sheet that it shares with other forms.
    pub sheet: Option<String>,
    /// The title over that sheet.
    pub title: Option<Text>,
    /// The line over its own table there.
    pub caption: Option<Text>,
    /// Lines at the upper right under 表号 and 制定机关.
    pub identity: Vec<String>,
    /// The time that it covers, with names in braces.
    pub covers: Option<String>,
    /// The unit line.
    pub unit: Option<String>,
    /// What the row of a list is called that adds up all others.
    pub total: Option<String>,
    /// The columns of a list that a template takes over from last year's records.
    pub carries: Option<Vec<usize>>,
    /// The paper.
    pub paper: Option<Paper>,
    /// 说明 under the table.
    pub notes: Vec<String>,
}

/// A limit that comes from somewhere, 标准.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// Its name in the language of rules.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Its value; of a rate as a ratio.
    pub value: Exact,
    /// As what it was written.
    pub measure: Measure,
    /// The law or document, with its day.
    pub source: String,
    /// Whether an office has set it in a file of its own.
    pub is_own: bool,
}

/// A figure that is computed and not filled in, 派生指标.
#[derive(Debug, Clone)]
pub struct Derived {
    /// Its name in the language of rules.
    pub id: String,
    /// What people call it.
    pub label: Text,
    /// How it is computed.
    pub is: Written,
}

/// 口径变化: what an earlier figure of some variables is worth.
#[derive(Debug, Clone)]
pub struct Break {
    /// The variables.
    pub variables: Vec<(usize, Crossing)>,
    /// The first period with the new meaning.
    pub since: Period,
    /// Why.
    pub reason: String,
}

/// A column, 栏.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of a column that stands by itself"
)]
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the language of rules.
    pub id: String,
    /// 栏次
    pub no: Option<u32>,
    /// The header path.
    pub label: Text,
    /// Other wordings.
    pub aliases: Vec<String>,
    /// What stands in it, unless the rows say so.
    pub kind: Option<Type>,
    /// 计量单位
    pub unit: Option<String>,
    /// Whether it must be filled.
    pub required: bool,
    /// Whether a submission can do without the column.
    pub optional: bool,
    /// Limits.
    pub min: Option<Bound>,
    /// Limits.
    pub max: Option<Bound>,
    /// The three lines of a rate.
    pub lines: Option<Spanned<Lines>>,
    /// Of-which: the column of which it is a part.
    pub part_of: Option<Written>,
    /// The earlier figure that it repeats.
    pub restates: Option<Written>,
    /// What it states.
    pub states: Option<Written>,
    /// At which precision.
    pub precision: Option<Precision>,
    /// The most decimals of its figures.
    pub decimals: Option<Spanned<u8>>,
    /// The decimals to which its figures are rounded.
    pub rounded: Option<u8>,
    /// The form of its words.
    pub pattern: Option<Spanned<String>>,
    /// The words that may stand in it.
    pub one_of: Option<Spanned<Listed>>,
    /// Whether no two records have the same.
    pub unique: bool,
    /// Whether figures of several records add up, where they are amounts.
    pub adds_up: bool,
}

impl Column {
    /// Whether what stands in it is a change: of points, or of growth as its label or what it
    /// states says.
    fn is_change(&self, kind: Type) -> bool {
        let named = || {
            let words = ["增长", "增减", "同比", "环比", "变动"];
            words.iter().any(|word| self.label.zh.contains(word))
        };
        let grows = || {
            self.states
                .as_ref()
                .is_some_and(|states| states.text.contains("growth"))
        };
        match kind {
            Type::Points => true,
            Type::Percent => self.kind == Some(Type::Change) || named() || grows(),
            _ => false,
        }
    }
}

/// A row of a fixed form, 行.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name in the language of rules.
    pub id: String,
    /// 行次
    pub no: Option<String>,
    /// Its label.
    pub label: Text,
    /// Other wordings.
    pub aliases: Vec<String>,
    /// A line without figures that is printed over it.
    pub heading: Option<Text>,
    /// By how many signs its printed label is set in.
    pub indent: usize,
    /// Positions of its parts, and where that is said.
    pub total_of: Vec<(usize, Range<usize>)>,
    /// Of-which.
    pub part_of: Option<(usize, Range<usize>)>,
    /// What stands in it, where variables run down.
    pub kind: Option<Type>,
    /// 计量单位
    pub unit: Option<String>,
    /// Whether its own figure must be filled.
    pub required: bool,
    /// Limits.
    pub min: Option<Bound>,
    /// Limits.
    pub max: Option<Bound>,
    /// The three lines of a rate.
    pub lines: Option<Spanned<Lines>>,
    /// What its own figure states.
    pub states: Option<Written>,
}

/// An expression as it is written, and where: bytes of the file at which its text begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The expression.
    pub text: String,
    /// Where the whole value stands in the file, quotes included.
    pub span: Range<usize>,
}

/// A variable: a column of a list, or one cell of a fixed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// `applications` or `applications[total]`.
    pub id: String,
    /// Its column's position.
    pub column: usize,
    /// Its row's position, in a fixed form.
    pub row: Option<usize>,
    /// What stands in it.
    pub kind: Type,
    /// 计量单位
    pub unit: Option<String>,
    /// Whether its column's figures add up at all.
    pub adds: bool,
    /// Whether it states something, so that the precision of what stands there matters.
    pub stated: bool,
    /// Whether it is a change, so that words such as 增长 and 持平 say something.
    pub is_change: bool,
}

impl Variable {
    /// Whether the variable is kept as a number.
    pub fn is_number(&self) -> bool {
        !matches!(self.kind, Type::Text | Type::Code | Type::Flag | Type::Date)
    }

    /// Whether figures of several districts may be added up.
    pub fn adds_up(&self) -> bool {
        matches!(self.kind, Type::Count | Type::Number | Type::Money) && self.adds && !self.stated
    }

    /// The power of ten between the unit that people see and what is kept: −2 for a rate
    /// and for a difference of rates, so that 80.6 % − 79.9 % = 0.7 points holds as it stands.
    pub fn scale(&self) -> i32 {
        if matches!(self.kind, Type::Percent | Type::Points) {
            -2
        } else {
            0
        }
    }
}

impl Form {
    /// Whether the form is asked for in this month's run.
    pub fn is_due_in(&self, period: Period) -> bool {
        self.due_in.is_empty() || self.due_in.contains(&period.month())
    }

    /// The earlier run that a form of this periodicity follows on.
    pub fn period_before(&self, period: Period) -> Period {
        period.before(self.periodicity)
    }

    /// The newest run, this one included, in which the form was asked for.
    pub fn newest_due(&self, period: Period) -> Period {
        let mut newest = period;
        for _ in 0..12 {
            if self.is_due_in(newest) {
                return newest;
            }
            newest = newest.before(Periodicity::Month);
        }
        period
    }

    /// What earlier figures of a period are worth in another, where meanings changed between.
    pub fn crossings(&self, then: Period, now: Period) -> Vec<(usize, Crossing)> {
        let mut all: BTreeMap<usize, Crossing> = BTreeMap::new();
        let is_between = |one: &&Break| then < one.since && one.since <= now;
        let between = self.breaks.iter().filter(is_between);
        for (variable, crossing) in between.flat_map(|one| &one.variables) {
            let together = match (all.get(variable), crossing) {
                (None, one) => one.clone(),
                (Some(Crossing::Converted(x)), Crossing::Converted(y)) => {
                    Crossing::Converted(x * y)
                }
                // Two changes, one of which can't be computed away.
                _ => Crossing::NotComparable,
            };
            all.insert(*variable, together);
        }
        all.into_iter().collect()
    }

    /// Whether the form is fixed.
    pub fn is_fixed(&self) -> bool {
        self.kind == RowsKind::Fixed
    }

    /// The position of a variable: of a column in a list, of a cell in a fixed form.
    pub fn variable(&self, column: usize, row: Option<usize>) -> usize {
        match (self.is_fixed(), row) {
            (true, Some(row)) => row * self.columns.len() + column,
            _ => column,
        }
    }

    /// The column 计量单位, which says for each row in which unit its figures are.
    pub fn unit_column(&self) -> Option<usize> {
        let is_unit = |column: &Column| {
            column.kind == Some(Type::Text) && fold(&column.label.zh) == "计量单位"
        };
        self.columns.iter().position(is_unit)
    }

    /// The column 备注, in which people explain what they were not asked for.
    pub fn remark_column(&self) -> Option<usize> {
        let is_remark = |column: &Column| {
            column.kind == Some(Type::Text)
                && ["备注", "说明", "情况说明"].contains(&fold(&column.label.zh).as_str())
        };
        self.columns.iter().position(is_remark)
    }

    /// A column by its id.
    pub fn column_named(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    /// What people call a variable: `合计 · 申报数›本年累计`.
    pub fn variable_label(&self, variable: usize) -> Text {
        let variable = &self.variables[variable];
        let column = &self.columns[variable.column].label;
        match variable.row.map(|row| &self.rows[row].label) {
            None => column.clone(),
            Some(row) => Text::new(
                format!("{} · {}", row.zh, column.zh.replace(" › ", "›")),
                format!("{} · {}", row.en, column.en.replace(" › ", "›")),
            ),
        }
    }

    /// Where people find a variable by numbers: `第02行第5栏`, as far as it has numbers.
    pub fn variable_numbers(&self, variable: usize) -> Option<Text> {
        let variable = &self.variables[variable];
        let column = self.columns[variable.column].no;
        let row = variable.row.and_then(|row| self.rows[row].no.as_ref());
        match (row, column) {
            (Some(row), Some(column)) => {
                Some(both!("第{row}行第{column}栏", "row {row}, column {column}"))
            }
            (None, Some(column)) => Some(both!("第{column}栏", "column {column}")),
            _ => None,
        }
    }

    /// The columns that hold the rows' own figure, where variables run down.
    pub fn value_columns(&self) -> impl Iterator<Item = usize> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| self.axis == Axis::Rows && column.kind.is_none())
            .map(|(at, _)| at)
    }

    /// Fills in the variables once columns and rows are known.
    pub(super) fn lay_out_variables(&mut self) {
        let values: Vec<usize> = self.value_columns().collect();
        let of_column = |column: &Column, row: Option<&Row>, own: bool| {
            let kind = match (column.kind, row.and_then(|row| row.kind)) {
                (Some(Type::Change), Some(Type::Percent)) => Type::Points,
                (Some(Type::Change), _) => Type::Percent,
                (Some(kind), _) => kind,
                (None, kind) => kind.unwrap_or(Type::Text),
            };
            let row_unit = row.and_then(|row| row.unit.clone());
            let states =
                column.states.is_some() || (own && row.is_some_and(|r| r.states.is_some()));
            let unit = match column.kind {
                Some(_) => column.unit.clone(),
                None => row_unit,
            };
            (kind, unit, states)
        };
        let mut variables = Vec::new();
        let rows: Vec<Option<usize>> = if self.is_fixed() {
            (0..self.rows.len()).map(Some).collect()
        } else {
            vec![None]
        };
        for row in rows {
            for (at, column) in self.columns.iter().enumerate() {
                let (kind, unit, stated) =
                    of_column(column, row.map(|row| &self.rows[row]), values.contains(&at));
                let id = match row {
                    Some(row) => format!("{}[{}]", column.id, self.rows[row].id),
                    None => column.id.clone(),
                };
                variables.push(Variable {
                    id,
                    column: at,
                    row,
                    kind,
                    unit,
                    adds: column.adds_up,
                    stated,
                    is_change: column.is_change(kind),
                });
            }
        }
        self.variables = variables;
    }
}
