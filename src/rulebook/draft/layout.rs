//! Which way a table runs, and which of its columns name the rows.

use super::MOST_ROWS;
use super::kinds::{is_long_code, is_unit};
use super::labels::{is_of_which, is_ordinal, is_total, without_brackets};
use super::sheet::{Heading, Seen, Table};
use crate::number;
use crate::spelling::without_unit;
use std::collections::BTreeSet;

/// Which way a table runs, and which of its columns name the rows.
#[derive(Default)]
pub(super) struct Layout {
    /// Whether the rows are filled in, not printed.
    pub(super) is_list: bool,
    /// Whether each row is a variable with a unit of its own.
    pub(super) runs_down: bool,
    /// The column of the rows' names.
    pub(super) label: Option<usize>,
    /// The column of their codes.
    pub(super) code: Option<usize>,
    /// The column of their units.
    pub(super) unit: Option<usize>,
    /// 序号, which says nothing.
    pub(super) serial: Option<usize>,
}

impl Layout {
    pub(super) fn of_a_list() -> Self {
        Self {
            is_list: true,
            ..Self::default()
        }
    }

    pub(super) fn of(table: &Table) -> Self {
        let columns = &table.columns;
        let leaf_is = |words: &[&str]| {
            let mut places = columns.iter();
            places.position(|column| words.contains(&column.leaf().as_str()))
        };
        let serial = leaf_is(&["序号"]);
        let unit = leaf_is(&["计量单位", "单位"]).filter(|at| columns[*at].words().any(is_unit));
        let is_code = |column: &Heading| {
            let codes: Vec<&Seen> = column
                .body
                .iter()
                .map(|(_, seen)| seen)
                .filter(|s| **s != Seen::Nothing)
                .collect();
            codes.len() >= 2 && codes.iter().all(|seen| row_code(seen).is_some())
        };
        let named = ["代码", "行次", "行号", "编号", "指标代码", "行"];
        let code = columns
            .iter()
            .position(|column| named.contains(&column.leaf().as_str()) && is_code(column));
        let first_figures = columns
            .iter()
            .position(|column| column.no.is_some())
            .unwrap_or(columns.len());
        let mut label = None;
        for (at, column) in columns.iter().enumerate().take(first_figures) {
            let distinct = column.words().collect::<BTreeSet<_>>().len();
            let most = label.map_or(1, |(_, most)| most);
            if ![serial, unit, code].contains(&Some(at)) && distinct > most {
                label = Some((at, distinct));
            }
        }
        let label = label.map(|(at, _)| at);
        let labels = || {
            label
                .map(|at| &columns[at])
                .into_iter()
                .flat_map(Heading::words)
        };
        let speaks =
            labels().any(|label| is_total(label) || is_of_which(label) || is_ordinal(label));
        let is_record = |column: &Heading| {
            let leaf = without_brackets(&column.leaf());
            let counts = column.no.is_some()
                || column.figures().next().is_some()
                || column
                    .path
                    .last()
                    .is_some_and(|leaf| without_unit(leaf).1.is_some_and(|unit| is_unit(&unit)));
            !counts
                && (RECORDS.iter().any(|word| leaf.ends_with(word))
                    || column.words().filter(|word| is_long_code(word)).count() > 1)
        };
        let has_records = columns.iter().any(is_record);
        let mut others = columns
            .iter()
            .enumerate()
            .filter(|(at, _)| Some(*at) != serial);
        let is_filled = others.any(|(_, column)| column.figures().next().is_some());
        let is_list = match label {
            None => true,
            Some(_) if table.body.len() > MOST_ROWS => true,
            Some(_) if code.is_some() || unit.is_some() => false,
            Some(_) if has_records => true,
            Some(_) => serial.is_some() && is_filled && !speaks,
        };
        Self {
            is_list,
            runs_down: !is_list && unit.is_some(),
            label: label.filter(|_| !is_list),
            code: code
                .or(serial.filter(|at| is_code(&columns[*at])))
                .filter(|_| !is_list),
            unit,
            serial,
        }
    }
}

/// The code of a row: up to three digits.
pub(super) fn row_code(seen: &Seen) -> Option<String> {
    let code = match seen {
        Seen::Words(words) => words.clone(),
        Seen::Figure {
            value,
            percent: false,
        } => number::show(&number::exact(*value)),
        _ => return None,
    };
    ((1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// Headings of lists: what they name is filled in, not printed.
const RECORDS: &[&str] = &[
    "标识码",
    "学校代码",
    "机构代码",
    "单位代码",
    "学校名称",
    "机构名称",
    "单位名称",
    "学校",
    "姓名",
    "身份证号",
    "编号",
    "课题名称",
    "项目名称",
];
