//! What is wrong with a form rather than with a figure: its columns and rows, unit, signatures.

use super::grid::Grid;
use super::identity::Surroundings;
use super::locate::Located;
use super::value::{money_scale_among, plain};
use crate::place::Cell;
use crate::rulebook::form::Form;
use crate::rulebook::written::{Severity, Type};
use crate::spelling::fold;
use crate::words::Text;
use crate::workbook::Value;
use serde::{Deserialize, Serialize};

/// What is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFinding {
    /// What is looked at, the last part of the rule's id: `unit_line`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Where.
    pub cell: Option<Cell>,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: Option<String>,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
}

/// What is looked at in every form besides its figures: the last part of the rule's id, its
/// title in both languages, and how much a failure weighs.
pub const FRAME_RULES: &[(&str, &str, &str, Severity)] = &[
    (
        "columns",
        "栏目齐全",
        "all columns are there",
        Severity::Error,
    ),
    (
        "rows",
        "行次齐全、代码与名称相符",
        "all rows are there, code and label agree",
        Severity::Error,
    ),
    (
        "signatures",
        "表尾签名齐全",
        "the foot is signed",
        Severity::Error,
    ),
    (
        "unit_line",
        "写明计量单位",
        "the unit is named",
        Severity::Query,
    ),
    (
        "month",
        "文件名、文件夹与表内的月份一致",
        "file name, folder and form speak of one month",
        Severity::Query,
    ),
    (
        "version",
        "是现在使用的报表制度版本",
        "the form is of the version in use",
        Severity::Query,
    ),
    (
        "sums",
        "合计、小计与各行相符",
        "sums agree with the rows",
        Severity::Error,
    ),
    (
        "formulas",
        "公式的结果是最新的",
        "the results of formulas are up to date",
        Severity::Query,
    ),
    (
        "sheets",
        "工作簿里的每张报表都能归属",
        "every form in the workbook can be placed",
        Severity::Error,
    ),
    (
        "cells",
        "单元格都能读出",
        "every cell can be read",
        Severity::Error,
    ),
];

impl FrameFinding {
    /// A finding of one of [`FRAME_RULES`].
    pub fn new(rule: &str, cell: Option<Cell>, message: Text, fix: Text) -> Self {
        let severity = FRAME_RULES
            .iter()
            .find(|known| known.0 == rule)
            .map(|known| known.3);
        Self {
            rule: rule.to_owned(),
            severity: severity.unwrap_or(Severity::Query),
            cell,
            found: String::new(),
            expected: None,
            message,
            fix,
        }
    }
}

/// Looks at a form as it stands around its figures.
pub(super) fn findings(
    form: &Form,
    grid: &Grid<'_>,
    located: &Located,
    around: &Surroundings,
) -> Vec<FrameFinding> {
    let mut found = columns(form, located);
    found.extend(rows(form, located));
    found.extend(signatures(form, located, around));
    found.extend(unit_line(form, grid, located, around));
    found.extend(again(located));
    found.extend(stale(grid, located));
    found.extend(damaged_words(form, grid, located));
    found.extend(damaged(grid));
    found
}

/// The form once more on the same sheet, below the table that is read.
fn again(located: &Located) -> Option<FrameFinding> {
    let row = located.again?;
    let line = row + 1;
    let message = both!(
        "同一工作表第 {line} 行起又有一份这张表，没有读取",
        "the same sheet holds the form once more from row {line} on, which was not read"
    );
    let fix = Text::new(
        "一张工作表只留一份后重报",
        "leave one on the sheet and send it again",
    );
    let finding = FrameFinding::new("sheets", Some(Cell::new(row, 0)), message, fix);
    Some(FrameFinding {
        severity: Severity::Query,
        ..finding
    })
}

/// Figures whose formula says other than the result that is stored beside it.
fn stale(grid: &Grid<'_>, located: &Located) -> Vec<FrameFinding> {
    let rows = located.head.1..=located.last;
    let of_table =
        |cell: &Cell| rows.contains(&cell.row) && located.columns.contains(&Some(cell.column));
    let stale = grid
        .sheet
        .facts
        .stale
        .iter()
        .filter(|(cell, _)| of_table(cell));
    let finding = |(cell, fresh): &(Cell, f64)| {
        let stored = match grid.value(*cell) {
            Some(Value::Number(x)) => plain(x),
            _ => String::new(),
        };
        let fresh = plain(*fresh);
        let message = both!(
            "单元格里存的公式结果是 {stored}，按公式现在应是 {fresh}",
            "the stored result of the formula is {stored}, the formula now gives {fresh}"
        );
        let fix = Text::new(
            "用 Excel 或 WPS 打开，按 F9 重新计算，核对后保存再报",
            "open it, recalculate with F9, look at the figure, save and send it again",
        );
        FrameFinding {
            found: stored,
            expected: Some(fresh),
            ..FrameFinding::new("formulas", Some(*cell), message, fix)
        }
    };
    stale.map(finding).collect()
}

fn columns(form: &Form, located: &Located) -> Vec<FrameFinding> {
    let head = Some(Cell::new(located.head.0, 0));
    let missing = form.columns.iter().zip(&located.columns);
    missing
        .filter(|(column, at)| at.is_none() && !column.optional)
        .map(|(column, _)| {
            let label = column.label.zh.clone();
            let message = both!("缺少栏目“{label}”", "the column `{label}` is missing");
            let fix = Text::new(
                "用下发的表样填报，不要删改栏目",
                "use the form that was issued and leave its columns as they are",
            );
            let finding = FrameFinding::new("columns", head, message, fix);
            FrameFinding {
                expected: Some(label),
                ..finding
            }
        })
        .collect()
}

fn rows(form: &Form, located: &Located) -> Vec<FrameFinding> {
    if !form.is_fixed() {
        return without_key(form, located).into_iter().collect();
    }
    let head = Some(Cell::new(located.head.0, 0));
    let torn: Vec<&String> = located.torn_rows.iter().map(|(_, name)| name).collect();
    let missing = form
        .rows
        .iter()
        .zip(&located.rows)
        .filter(|(row, at)| at.is_none() && !torn.contains(&&row.label.zh))
        .map(|(row, _)| {
            let label = row.label.zh.clone();
            let message = both!("缺少“{label}”这一行", "the row `{label}` is missing");
            let fix = Text::new(
                "补上这一行，没有数据的留空",
                "put the row in again, blank where there is nothing",
            );
            let finding = FrameFinding::new("rows", head, message, fix);
            FrameFinding {
                expected: Some(label),
                ..finding
            }
        });
    let contradicting = located.torn_rows.iter().map(|(cell, label)| {
        let message = both!(
            "“{label}”这一行的代码与名称不符，没有读取",
            "code and label of the row `{label}` contradict each other; it was not read"
        );
        let fix = Text::new("改正代码或名称", "mend the code or the label");
        let finding = FrameFinding::new("rows", Some(*cell), message, fix);
        FrameFinding {
            found: label.clone(),
            ..finding
        }
    });
    missing.chain(contradicting).collect()
}

/// Rows of a list with figures but nothing that tells which record they are.
fn without_key(form: &Form, located: &Located) -> Option<FrameFinding> {
    let (first, _) = located.unknown_rows.first()?;
    let count = located.unknown_rows.len();
    let keys = form
        .key
        .iter()
        .map(|key| form.columns[*key].label.zh.as_str());
    let keys = keys.collect::<Vec<_>>().join("、");
    let message = both!(
        "有 {count} 行填了数字，但没有填“{keys}”或写在表尾以下，没有读取",
        "{count} rows have figures but no `{keys}`, or stand below the table's foot; they were not read"
    );
    let fix = both!(
        "补填“{keys}”，把各行写在表尾签名以上",
        "fill in `{keys}` and keep the rows above the foot"
    );
    Some(FrameFinding::new("rows", Some(*first), message, fix))
}

fn signatures(form: &Form, located: &Located, around: &Surroundings) -> Vec<FrameFinding> {
    let signed = |label: &String| around.signatures.get(label);
    let unsigned = form
        .signatures
        .iter()
        .filter(|label| signed(label).is_none_or(|s| s.1.is_empty()));
    unsigned
        .map(|label| {
            let foot = Cell::new(located.last + 2, 0);
            let cell = signed(label).map_or(foot, |(cell, _)| *cell);
            let message = both!("表尾“{label}”没有填写", "the foot does not name {label}");
            let fix = both!("补填{label}姓名", "fill in the name");
            FrameFinding::new("signatures", Some(cell), message, fix)
        })
        .collect()
}

fn unit_line(
    form: &Form,
    grid: &Grid<'_>,
    located: &Located,
    around: &Surroundings,
) -> Option<FrameFinding> {
    let unit = form.unit.as_ref()?;
    let Some((cell, found)) = &around.unit else {
        let in_heading = located.units.iter().flatten().any(|found| found == unit);
        return (!in_heading).then(|| no_unit(grid, located, unit));
    };
    if fold(found).contains(&fold(unit)) || money_scale_among(found, unit).is_some() {
        return None;
    }
    let message = both!(
        "计量单位写的是“{found}”，本表应为“{unit}”",
        "the unit line says `{found}`, the form is in `{unit}`"
    );
    let fix = Text::new(
        "核对各栏数字是按哪个单位填的，再改正计量单位",
        "check in which unit the figures are, then mend the line",
    );
    let finding = FrameFinding::new("unit_line", Some(*cell), message, fix);
    Some(FrameFinding {
        found: found.clone(),
        expected: Some(unit.clone()),
        ..finding
    })
}

/// Shown where the official form has the line: in the row over the heading, at the right.
fn no_unit(grid: &Grid<'_>, located: &Located, unit: &str) -> FrameFinding {
    let right = located.columns.iter().flatten().max().copied().unwrap_or(0);
    let cell = Cell::new(located.head.0.saturating_sub(1), right);
    let cell = grid.merge(cell).map_or(cell, |range| range.first);
    let message = both!(
        "没有写明计量单位（应为“{unit}”）",
        "no unit is named (expected `{unit}`)"
    );
    let fix = both!(
        "在表头右上方写“计量单位：{unit}”",
        "write `计量单位：{unit}` over the heading's right end"
    );
    let finding = FrameFinding::new("unit_line", Some(cell), message, fix);
    FrameFinding {
        expected: Some(unit.to_owned()),
        ..finding
    }
}

/// Figures that were typed although the other figures of their row or column are formulas: what
/// somebody does to a total that would not come out.
pub(super) fn typed_over(grid: &Grid<'_>, located: &Located) -> Vec<Cell> {
    /// Fewer formulas than this are no pattern.
    const LEAST: usize = 3;
    let is_formula = |cell: Cell| {
        let formulas = &grid.sheet.formulas;
        formulas
            .binary_search_by_key(&cell, |(cell, ..)| *cell)
            .is_ok()
    };
    let rows: Vec<u32> = located.rows.iter().flatten().copied().collect();
    let columns: Vec<u32> = located.columns.iter().flatten().copied().collect();
    let mut found = Vec::new();
    let mut line = |cells: &mut dyn Iterator<Item = Cell>| {
        let numbers = cells.filter(|cell| grid.cell(*cell).is_some_and(|raw| grid.is_number(raw)));
        let (formulas, typed): (Vec<Cell>, Vec<Cell>) = numbers.partition(|cell| is_formula(*cell));
        if formulas.len() >= LEAST && typed.len() * 3 <= formulas.len() {
            found.extend(typed);
        }
    };
    if grid.sheet.formulas.len() >= LEAST {
        for row in &rows {
            line(&mut columns.iter().map(|column| Cell::new(*row, *column)));
        }
        for column in &columns {
            line(&mut rows.iter().map(|row| Cell::new(*row, *column)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Cells of words that the reader could not make out: no check of figures tells them.
fn damaged_words(form: &Form, grid: &Grid<'_>, located: &Located) -> Vec<FrameFinding> {
    let is_words = |cell: &&Cell| {
        let column = located
            .columns
            .iter()
            .position(|at| *at == Some(cell.column));
        (located.head.1..=located.last).contains(&cell.row)
            && column.is_some_and(|at| form.columns[at].kind == Some(Type::Text))
    };
    let damaged = grid.sheet.facts.damaged.iter().filter(is_words);
    let finding = |cell: &Cell| {
        let message = Text::new("这个单元格读不出来", "this cell cannot be read");
        let fix = Text::new(
            "清除单元格内容和格式后重新填写",
            "clear the cell's contents and format and fill it anew",
        );
        FrameFinding::new("cells", Some(*cell), message, fix)
    };
    damaged.map(finding).collect()
}

/// Cells that the reader could not make out. Those of the table are told each at its place.
fn damaged(grid: &Grid<'_>) -> Option<FrameFinding> {
    let known = grid.sheet.facts.damaged.len() as u64;
    let count = grid.sheet.damaged.saturating_sub(known);
    (count > 0).then(|| {
        let message = both!(
            "有 {count} 个单元格读不出来（例如 #SPILL! 一类的新函数结果）",
            "{count} cells can't be read, such as results of new functions (`#SPILL!`)"
        );
        let fix = Text::new(
            "把公式结果粘贴为数值后重报",
            "paste the results as values and send it again",
        );
        FrameFinding::new("cells", None, message, fix)
    })
}
