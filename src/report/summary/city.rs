//! 全市汇总: what the city comes to, for those who write the report to the leaders.
//!
//! Each figure is three: what has been reported and by how many, the same units' last year, and
//! the growth between these two; beside them last year's whole city.

use super::form::{NONE, seen, total_look, why_no_total};
use super::{FormSheet, Summary};
use crate::consolidate::CityFigure;
use crate::number::{self, Exact};
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Look, Tone};
use crate::rulebook::form::Form;
use crate::rulebook::rule::Rule;
use crate::rulebook::written::{Axis, Type};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;
/// The last column.
const LAST: usize = 10;

/// Writes the city's figures.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.city)?;
    let styles = &summary.styles;
    let whole = &summary.judged.rulebook.job.whole;
    let period = summary.say(&summary.judged.period.words());
    let title = format!(
        "{whole} · {period}（{}）",
        summary.pick("未定案", "not final")
    );
    page::words(sheet, (0, 0), &title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let text = summary.pick(
        "不同单位范围的数从不相比：同口径增长只在今年、上年都有数的单位之间计算；“上年全市”只供对照。比率按分子、分母汇总后计算，不取各单位比率的平均。",
        "Figures over different sets of units are never compared: growth is between those units \
         that have a figure in both years, and last year's whole city only stands beside it. \
         Rates are ratios of sums, never averages of rates.",
    );
    page::across(sheet, 1, (0, LAST), text, &styles.sentence)?;
    sheet.set_row_height(1, page::height(2))?;
    page::headings(
        sheet,
        HEAD,
        &columns(summary),
        &labels(summary),
        &styles.head,
    )?;
    let mut at = HEAD + 1;
    for form in summary.sheets() {
        at = block(sheet, summary, &form, at)?;
    }
    sheet.set_freeze_panes(page::row(HEAD + 1), 2)?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((HEAD, HEAD)),
    )
}

fn columns(summary: &Summary<'_>) -> Vec<Heading> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    vec![
        heading("行次栏次", "Numbers", 8.0, 20.0),
        heading("指标", "Figure", 24.0, 64.0),
        heading("计量单位", "Unit", 8.0, 8.0),
        heading("已报合计", "Reported", 12.0, 12.0),
        heading("已报单位", "Units", 9.0, 9.0),
        heading("可比单位", "Comparable", 11.0, 11.0),
        heading("同单位今年", "Same units, this year", 12.0, 12.0),
        heading("同单位上年", "Same units, last year", 12.0, 12.0),
        heading("同口径增长", "Growth, same units", 12.0, 12.0),
        heading("上年全市", "Last year, whole city", 12.0, 12.0),
        heading("说明", "Remark", 26.0, 34.0),
    ]
}

/// The labels, after which the columns are measured.
fn labels(summary: &Summary<'_>) -> Vec<Vec<String>> {
    summary
        .sheets()
        .flat_map(|form| {
            let label = |figure: &&CityFigure| {
                vec![
                    numbers(summary, form.form, figure.variable),
                    summary.figure_label(form.form, figure.variable),
                ]
            };
            figures(summary, &form)
                .iter()
                .map(label)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Where people find a figure on the form: its row and column, or its row's code.
fn numbers(summary: &Summary<'_>, form: &Form, variable: usize) -> String {
    let row = form.variables[variable].row;
    match (form.axis, row) {
        (Axis::Rows, Some(row)) => form.rows[row].no.clone().unwrap_or_default(),
        _ => form
            .variable_numbers(variable)
            .map_or_else(String::new, |numbers| summary.say(&numbers)),
    }
}

/// The figures of a form that are about this period: neither a repeated earlier figure nor a
/// stated growth, which the columns beside say better.
pub(super) fn figures<'s>(summary: &'s Summary<'_>, form: &FormSheet<'_>) -> Vec<&'s CityFigure> {
    let rules = &summary.judged.rulebook.rules[form.at];
    let city = summary.judged.city.get(form.at).into_iter().flatten();
    city.filter(|figure| is_own(form.form, rules, figure.variable))
        .collect()
}

fn is_own(form: &Form, rules: &[Rule], variable: usize) -> bool {
    let place = &form.variables[variable];
    let column = &form.columns[place.column];
    let among_values =
        form.axis == Axis::Columns || form.value_columns().next() == Some(place.column);
    let growth = super::layout::stated(rules, variable).is_some_and(|expr| expr.growth().is_some());
    let in_key = !form.is_fixed() && form.key.contains(&variable);
    among_values && column.restates.is_none() && !growth && !in_key
}

/// Writes a form's block and gives the first row under it back.
fn block(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    first: usize,
) -> Result<usize, XlsxError> {
    let (id, title) = (&form.form.id, summary.say(&form.form.title));
    let arrivals = summary.tally.arrivals(form.at);
    let (here, asked) = (arrivals.here, arrivals.asked);
    let heading = both!(
        "{id}  {title}：已报 {here}/{asked}",
        "{id}  {title}: {here} of {asked} reported"
    );
    page::across(
        sheet,
        first,
        (0, LAST),
        &summary.say(&heading),
        &summary.styles.section,
    )?;
    sheet.set_row_height(page::row(first), 22)?;
    let mut at = first + 1;
    for figure in figures(summary, form) {
        line(sheet, summary, form, figure, at)?;
        at += 1;
    }
    Ok(at + 1)
}

fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    figure: &CityFigure,
    at: usize,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let variable = figure.variable;
    let kind = form.form.variables[variable].kind;
    let code = numbers(summary, form.form, variable);
    page::words(sheet, (at, 0), &code, &styles.centred)?;
    page::words(
        sheet,
        (at, 1),
        &summary.figure_label(form.form, variable),
        &styles.text,
    )?;
    page::words(
        sheet,
        (at, 2),
        &Summary::figure_unit(form.form, variable),
        &styles.centred,
    )?;
    let asked = summary.tally.arrivals(form.at).asked;
    let reported = figure.reported.as_ref();
    match form.total_cell(variable) {
        Some(cell) => {
            let format = format_of(summary, kind, reported);
            let result = reported.map_or(NONE.to_owned(), |x| {
                seen(kind, number::to_f64(x)).to_string()
            });
            page::formula(sheet, (at, 3), &cell, &result, &format)?;
        }
        None => value(sheet, summary, (at, 3), kind, reported)?,
    }
    page::words(
        sheet,
        (at, 4),
        &format!("{}/{asked}", figure.districts),
        &styles.centred,
    )?;
    page::count(sheet, (at, 5), figure.comparable as u64, &styles.centred)?;
    value(sheet, summary, (at, 6), kind, figure.same_now.as_ref())?;
    value(
        sheet,
        summary,
        (at, 7),
        kind,
        figure.same_last_year.as_ref(),
    )?;
    growth(sheet, summary, at, kind, figure)?;
    value(
        sheet,
        summary,
        (at, 9),
        kind,
        figure.city_last_year.as_ref(),
    )?;
    let rules = &summary.judged.rulebook.rules[form.at];
    let remark = if figure.has_changed {
        summary
            .pick(
                "口径变化，不可比",
                "defined otherwise last year: not comparable",
            )
            .to_owned()
    } else if figure.is_ratio {
        summary
            .pick("按分子、分母汇总后计算", "ratio of sums")
            .to_owned()
    } else if form.has_total(rules, variable) {
        String::new()
    } else {
        summary.say(&why_no_total())
    };
    page::words(sheet, (at, LAST), &remark, &styles.text)
}

fn format_of(summary: &Summary<'_>, kind: Type, x: Option<&Exact>) -> Format {
    let look = total_look(kind, x.map(|x| seen(kind, number::to_f64(x))));
    summary.styles.cell(look, Tone::Plain, None)
}

fn value(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: (usize, usize),
    kind: Type,
    x: Option<&Exact>,
) -> Result<(), XlsxError> {
    let format = format_of(summary, kind, x);
    let Some(x) = x else {
        return page::words(sheet, at, NONE, &format);
    };
    let x = seen(kind, number::to_f64(x));
    sheet.write_number_with_format(page::row(at.0), page::col(at.1), x, &format)?;
    Ok(())
}

/// The growth as a formula over the two cells beside it: percent for quantities, points for
/// rates, whose format says so.
fn growth(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: usize,
    kind: Type,
    figure: &CityFigure,
) -> Result<(), XlsxError> {
    let (look, x) = grown(kind, figure);
    let format = match look {
        Look::Points => summary
            .styles
            .cell(look, Tone::Plain, None)
            .set_num_format(points(summary)),
        _ => summary.styles.cell(look, Tone::Plain, None),
    };
    let Some(x) = x else {
        return page::words(sheet, (at, 8), NONE, &format);
    };
    let (now, before) = (page::cell_name((at, 6)), page::cell_name((at, 7)));
    let formula = match (look, kind) {
        (Look::Points, Type::Points) => format!("{now}-{before}"),
        (Look::Points, _) => format!("({now}-{before})*100"),
        _ => format!("{now}/{before}-1"),
    };
    page::formula(sheet, (at, 8), &formula, &x.to_string(), &format)
}

/// A growth as it is shown, and how.
pub(super) fn grown(kind: Type, figure: &CityFigure) -> (Look, Option<f64>) {
    let growth = figure.growth.as_ref().map(number::to_f64);
    match kind {
        Type::Percent | Type::Points => (Look::Points, growth.map(|x| number::shift(x, 2))),
        _ => (Look::Growth, growth),
    }
}

/// How a difference of rates is shown, with its unit.
pub(super) fn points(summary: &Summary<'_>) -> &'static str {
    summary.pick(
        "+0.0#\"个百分点\";-0.0#\"个百分点\";0.0\"个百分点\"",
        "+0.0#\" pts\";-0.0#\" pts\";0.0\" pts\"",
    )
}
