//! What is allowed in a cell and what is told of it: drop-downs, limits, input messages.
//!
//! All of it follows from the rules that are errors: a count is a whole number from 0 on, a rate
//! that cannot exceed 100 is refused as 101 while it is typed, words are chosen from their list.

use super::Sheet;
use crate::expr::Expr;
use crate::number::{self, Exact};
use crate::report::official::{Line, lines, shown_columns};
use crate::report::page::{self, col, letters, row};
use crate::rulebook::rule::{Claim, Relation, Rule};
use crate::rulebook::written::{Severity, Type};
use crate::words::{Lang, Text};
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, Formula, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeMap;

/// The sheet with lists that are too long for a drop-down of their own.
pub(super) const CHOICES: &str = "选项";
/// What Excel takes for the words of a drop-down, for a title and for a message.
const MOST_LISTED: usize = 250;
const MOST_TITLE: usize = 30;
const MOST_MESSAGE: usize = 250;
/// A number that no figure of a form comes near.
const ANY: &str = "1E+15";

/// Lists that stand on a sheet of their own, which is hidden.
#[derive(Default)]
pub(super) struct Choices {
    lists: Vec<Vec<String>>,
}

/// The limits of a figure in the unit in which people see it.
#[derive(Default)]
struct Limits {
    low: Option<Exact>,
    high: Option<Exact>,
}

impl Choices {
    /// Puts validations and messages on every open cell of a form.
    pub(super) fn put(&mut self, out: &mut Worksheet, sheet: Sheet<'_>) -> Result<(), XlsxError> {
        let (limits, lists) = (limits(sheet), lists(sheet));
        let mut put = |out: &mut Worksheet,
                       first: (usize, usize),
                       last: usize,
                       variable: usize|
         -> Result<(), XlsxError> {
            let words = lists.get(&variable);
            let validation = self.validation(sheet, variable, limits.get(&variable), words)?;
            let (top, column) = (row(first.0), col(first.1));
            out.add_data_validation(top, column, row(last), column, &validation)?;
            Ok(())
        };
        if let Some((first, last)) = sheet.table.records().filter(|_| !sheet.form.is_fixed()) {
            for (column, of_form) in shown_columns(sheet.table) {
                put(out, (first, column), last, of_form)?;
            }
            return Ok(());
        }
        for (at, line) in lines(sheet.table) {
            let Line::Row(position) = line else {
                continue;
            };
            for (column, of_form) in shown_columns(sheet.table) {
                let variable = sheet.form.variable(of_form, Some(*position));
                let is_unit = sheet.form.unit_column() == Some(of_form);
                if !is_unit && !sheet.known.crossed_out.contains(&variable) {
                    put(out, (at, column), at, variable)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the lists.
    pub(super) fn write(&self, book: &mut Workbook) -> Result<(), XlsxError> {
        if self.lists.is_empty() {
            return Ok(());
        }
        let out = book.add_worksheet();
        out.set_name(CHOICES)?.set_hidden(true);
        for (column, words) in self.lists.iter().enumerate() {
            for (at, word) in words.iter().enumerate() {
                out.write_string(row(at), col(column), word)?;
            }
        }
        Ok(())
    }

    fn validation(
        &mut self,
        sheet: Sheet<'_>,
        variable: usize,
        limits: Option<&Limits>,
        words: Option<&Vec<String>>,
    ) -> Result<DataValidation, XlsxError> {
        let template = sheet.template;
        let kind = sheet.form.variables[variable].kind;
        let none = Limits::default();
        let limits = limits.unwrap_or(&none);
        let validation = match (words, kind) {
            (Some(words), _) => self.listed(words)?,
            (None, Type::Text | Type::Code | Type::Date | Type::Flag) => {
                DataValidation::new().allow_any_value()
            }
            (None, Type::Count) => DataValidation::new().allow_whole_number_formula(between(
                limits.low.as_ref().map_or("0".to_owned(), number::show),
                limits.high.as_ref(),
            )),
            (None, _) => DataValidation::new().allow_decimal_number_formula(between(
                limits.low.as_ref().map_or(format!("-{ANY}"), number::show),
                limits.high.as_ref(),
            )),
        };
        let (title, message) = told(sheet, variable, limits, words);
        let refused = template.pick("这个数填不进去", "This can't be entered");
        validation
            .set_input_title(page::shortened(&title, MOST_TITLE))?
            .set_input_message(page::shortened(&message, MOST_MESSAGE))?
            .set_error_title(refused)?
            .set_error_message(page::shortened(&message, MOST_MESSAGE))
    }

    /// A drop-down: its words where they are few, else their cells on a sheet of their own.
    fn listed(&mut self, words: &[String]) -> Result<DataValidation, XlsxError> {
        let length: usize = words
            .iter()
            .map(|word| word.encode_utf16().count() + 1)
            .sum();
        let is_plain = !words.iter().any(|word| word.contains([',', '"']));
        if length <= MOST_LISTED && is_plain {
            return DataValidation::new().allow_list_strings(words);
        }
        let known = self.lists.iter().position(|list| list == words);
        let at = known.unwrap_or_else(|| {
            self.lists.push(words.to_vec());
            self.lists.len() - 1
        });
        let (column, count) = (letters(at), words.len());
        let range = Formula::new(format!("='{CHOICES}'!${column}$1:${column}${count}"));
        Ok(DataValidation::new().allow_list_formula(range))
    }
}

fn between(low: String, high: Option<&Exact>) -> DataValidationRule<Formula> {
    let high = high.map_or(ANY.to_owned(), number::show);
    DataValidationRule::Between(Formula::new(low), Formula::new(high))
}

/// By variable: what errors limit it to. A limit that a true figure may exceed is none here.
fn limits(sheet: Sheet<'_>) -> BTreeMap<usize, Limits> {
    let mut found: BTreeMap<usize, Limits> = BTreeMap::new();
    for rule in sheet.rules_of(Severity::Error).filter(|r| is_limit(r)) {
        for assertion in rule.assertions.iter().filter(|a| a.only.is_none()) {
            let variable = assertion.accused;
            let scale = sheet.form.variables[variable].scale();
            let seen = |expr: &Expr| match expr {
                Expr::Number(limit) => Some(&limit.exact * number::power_of_ten(-scale)),
                _ => None,
            };
            let limits = found.entry(variable).or_default();
            match &assertion.claim {
                Claim::Compare {
                    left: Expr::Leaf(leaf),
                    relation,
                    right,
                    ..
                } if leaf.is_own() && leaf.variable == variable => match relation {
                    Relation::AtMost => limits.high = seen(right).or(limits.high.take()),
                    Relation::AtLeast => limits.low = seen(right).or(limits.low.take()),
                    _ => {}
                },
                Claim::Between {
                    value: Expr::Leaf(leaf),
                    low,
                    high,
                } if leaf.is_own() && leaf.variable == variable => {
                    limits.low = seen(low).or(limits.low.take());
                    limits.high = seen(high).or(limits.high.take());
                }
                _ => {}
            }
        }
    }
    found
}

fn is_limit(rule: &Rule) -> bool {
    rule.kind == "range"
}

/// By variable: the words that may stand there, in the order of the rule file where it has them.
fn lists(sheet: Sheet<'_>) -> BTreeMap<usize, Vec<String>> {
    let mut found = BTreeMap::new();
    let rules = sheet.rules_of(Severity::Error);
    for assertion in rules.flat_map(|rule| &rule.assertions) {
        let Claim::Holds(Expr::Among(leaf, words)) = &assertion.claim else {
            continue;
        };
        if !leaf.is_own() || assertion.only.is_some() {
            continue;
        }
        let column = &sheet.form.columns[sheet.form.variables[leaf.variable].column];
        let written = column
            .one_of
            .as_ref()
            .map(|listed| listed.get_ref().words_here());
        let words: Vec<String> = match written {
            Some(written) if !written.is_empty() => written.to_vec(),
            _ => words.iter().cloned().collect(),
        };
        found.insert(leaf.variable, words);
    }
    found
}

/// What a cell's message says: which cell it is, the unit, what may stand in it.
fn told(
    sheet: Sheet<'_>,
    variable: usize,
    limits: &Limits,
    words: Option<&Vec<String>>,
) -> (String, String) {
    let (form, template) = (sheet.form, sheet.template);
    let place = &form.variables[variable];
    let column = &form.columns[place.column];
    let label = template.say(&column.label).replace(" › ", "›");
    let mut said: Vec<Text> = Vec::new();
    said.extend(place.row.map(|row| form.rows[row].label.trimmed()));
    said.extend(form.variable_numbers(variable));
    let unit = place.unit.as_ref().filter(|_| place.kind != Type::Percent);
    said.extend(unit.map(|unit| both!("单位：{unit}", "unit: {unit}")));
    said.extend(match place.kind {
        Type::Count => Some(Text::new("填整数，不小于 0", "a whole number, 0 or more")),
        Type::Percent => Some(Text::new(
            "按百分数填，80.6% 填 80.6",
            "in percent: 80.6 for 80.6%",
        )),
        Type::Points => Some(Text::new("填百分点数", "in percentage points")),
        Type::Date => Some(Text::new("年份或日期", "a year or a day")),
        Type::Flag => Some(Text::new("填“是”或“否”", "是 or 否")),
        _ => None,
    });
    let shown = number::show;
    said.extend(
        limits
            .low
            .as_ref()
            .map(shown)
            .map(|x| both!("不小于 {x}", "at least {x}")),
    );
    said.extend(
        limits
            .high
            .as_ref()
            .map(shown)
            .map(|x| both!("不大于 {x}", "at most {x}")),
    );
    if words.is_some() {
        said.push(Text::new("从列表里选", "choose from the list"));
    }
    if sheet.known.figures.contains_key(&variable) {
        said.push(Text::new(
            "已填上年报的数；要改的，报送时说明原因",
            "what was reported last year; if you change it say why",
        ));
    } else if column.restates.is_some() && place.is_number() {
        said.push(Text::new(
            "与上年已报数一致",
            "as it was reported last year",
        ));
    }
    if form.is_fixed() && sheet.is_formula(variable) {
        said.push(Text::new("自动求和", "added up by itself"));
    }
    if column.required {
        said.push(Text::new("必填", "must be filled in"));
    }
    let between = match template.wanted.lang {
        Lang::Zh => "；",
        Lang::En => "; ",
    };
    let said: Vec<String> = said.iter().map(|line| template.say(line)).collect();
    (label, said.join(between))
}
