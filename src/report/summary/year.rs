//! 同比: what the city comes to against last year, for those who write the report to the leaders.
//!
//! Each figure is three: what has been reported and by how many, the same units' last year, and
//! the growth between these two. Beside them stands last year's whole city, as it was published
//! and as it has been adjusted since. Where a definition has changed nothing is compared, and
//! what may still change is said to be 暂.

use super::city::{self, CityTable, figures, numbers, value};
use super::form::{NONE, seen, total_look};
use super::list::written;
use super::{FormSheet, Summary};
use crate::baseline::earlier::{self, Earlier};
use crate::consolidate::CityFigure;
use crate::number::{self, Exact};
use crate::report::page::{self, Heading};
use crate::report::styles::{Look, Tone};
use crate::rulebook::written::Type;
use crate::words::Text;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

/// The last column.
const LAST: usize = 11;

/// Writes the city's figures against last year's.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let text = summary.pick(
        "不同单位范围的数从不相比：同口径增长只在今年、上年都有数的单位之间计算；“上年全市”只供对照，有当时的数和调整后的数。比率按分子、分母汇总后计算，不取各单位比率的平均。",
        "Figures over different sets of units are never compared: growth is between those units \
         that have a figure in both years, and last year's whole city, as it was then and as adjusted \
         since, only stands beside it. Rates are ratios of sums, never averages of rates.",
    );
    let table = CityTable {
        name: summary.names.year,
        text,
        columns: columns(summary),
        labels: labels(summary),
    };
    table.write(book, summary, block)
}

fn columns(summary: &Summary<'_>) -> Vec<Heading> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let (then_zh, then_en) = city_then(summary);
    vec![
        heading("行次栏次", "Numbers", 8.0, 20.0),
        heading("指标", "Figure", 24.0, city::LABEL),
        heading("计量单位", "Unit", 8.0, 8.0),
        heading("已报合计", "Reported", 12.0, 20.0),
        heading("已报单位", "Units", 9.0, 9.0),
        heading("可比单位", "Comparable", 11.0, 11.0),
        heading("同单位今年", "Same units, this year", 12.0, 20.0),
        heading("同单位上年", "Same units, last year", 12.0, 20.0),
        heading("同口径增长", "Growth, same units", 14.0, 16.0),
        heading(then_zh, then_en, 12.0, 20.0),
        heading("上年全市（调整后）", "City last year, adjusted", 12.0, 20.0),
        heading("说明", "Remark", city::REMARK, city::REMARK),
    ]
}

/// What last year's whole city is called: nothing is published for good while its month is open.
/// Where forms differ the heading of each says it.
fn city_then(summary: &Summary<'_>) -> (&'static str, &'static str) {
    let last_year = summary.judged.last_year();
    let settled: Vec<bool> = last_year.map(Earlier::is_settled).collect();
    match (settled.contains(&true), settled.contains(&false)) {
        (true, true) => ("上年全市", "City last year"),
        (false, true) => ("上年全市（暂）", "City last year, provisional"),
        _ => ("上年全市（公布）", "City last year, published"),
    }
}

/// What the columns are measured after.
fn labels(summary: &Summary<'_>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for form in summary.sheets() {
        for figure in figures(summary, &form) {
            let kind = form.form.variables[figure.variable].kind;
            let shown = |x: Option<&Exact>| {
                let x = x.map(|x| seen(kind, number::to_f64(x)));
                x.map_or_else(String::new, |x| written(total_look(kind, Some(x)), x))
            };
            let mut cells = vec![String::new(); LAST + 1];
            cells[0] = numbers(summary, form.form, figure.variable);
            cells[1] = summary.figure_label(form.form, figure.variable);
            cells[3] = shown(figure.reported.as_ref());
            cells[6] = shown(figure.same_now.as_ref());
            cells[7] = shown(figure.same_last_year.as_ref());
            cells[9] = shown(published(summary, &form, figure).as_ref());
            cells[10] = shown(figure.city_last_year.as_ref());
            all.push(cells);
        }
    }
    all
}

/// Last year's figure of the whole city as it was published then, whatever it meant.
fn published(summary: &Summary<'_>, form: &FormSheet<'_>, figure: &CityFigure) -> Option<Exact> {
    let month = summary.history.month(summary.judged.period.last_year())?;
    let point = month.forms.get(form.at)?.city.get(figure.variable)?;
    point.figure.map(number::exact)
}

/// Writes a form's block and gives the first row under it back.
fn block(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    first: usize,
) -> Result<usize, XlsxError> {
    let own = summary.judged.last_year();
    let why = earlier::why(own.filter(|one| one.form == form.form.id));
    let provisional = why.map_or_else(Text::default, |Text { zh, en }| {
        both!(
            "；上年数为暂数：{zh}",
            "; last year's figures are provisional: {en}"
        )
    });
    city::begin(sheet, summary, form, (first, LAST), &provisional)?;
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
    let kind = form.form.variables[figure.variable].kind;
    city::name(sheet, summary, form, figure.variable, at)?;
    city::total(sheet, summary, form, figure, (at, 3))?;
    let asked = summary.tally.arrivals(form.at).asked;
    page::words(
        sheet,
        (at, 4),
        &format!("{}/{asked}", figure.districts),
        &styles.centred,
    )?;
    page::count(sheet, (at, 5), figure.comparable as u64, &styles.centred)?;
    value(sheet, summary, (at, 6), kind, figure.same_now.as_ref())?;
    let then = published(summary, form, figure);
    value(sheet, summary, (at, 9), kind, then.as_ref())?;
    if figure.has_changed {
        let text = summary.pick("不可比", "not comparable");
        for column in [7, 8, 10] {
            page::words(sheet, (at, column), text, &styles.centred)?;
        }
    } else {
        let (same, city) = (&figure.same_last_year, &figure.city_last_year);
        value(sheet, summary, (at, 7), kind, same.as_ref())?;
        growth(sheet, summary, at, kind, figure)?;
        value(sheet, summary, (at, 10), kind, city.as_ref())?;
    }
    let is_adjusted = then.is_some() && figure.city_last_year.is_some();
    let is_adjusted = is_adjusted && then != figure.city_last_year;
    let remark = if figure.has_changed {
        summary.pick(
            "口径变化，不可比",
            "defined otherwise last year: not comparable",
        )
    } else if is_adjusted {
        summary.pick("上年数有调整", "last year's figure was adjusted")
    } else if figure.is_ratio {
        summary.pick("按分子、分母汇总后计算", "ratio of sums")
    } else {
        ""
    };
    page::words(sheet, (at, LAST), remark, &styles.wrapped)?;
    let label = summary.figure_label(form.form, figure.variable);
    city::fit(sheet, at, &label, remark)
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
    let stands = |x: &Exact| seen(kind, number::to_f64(x));
    let this_year = figure.same_now.as_ref().map(stands);
    let last_year = figure.same_last_year.as_ref().map(stands);
    let (Some(_), Some(a), Some(b)) = (x, this_year, last_year) else {
        return page::words(sheet, (at, 8), NONE, &format);
    };
    let (now, before) = (page::cell_name((at, 6)), page::cell_name((at, 7)));
    // In Excel's arithmetic, not in exact numbers: a stored result is the one that stays when
    // Excel computes anew, and the difference of near figures has fewer true digits.
    let (formula, result) = match (look, kind) {
        (Look::Points, Type::Points) => (format!("{now}-{before}"), a - b),
        (Look::Points, _) => (format!("({now}-{before})*100"), (a - b) * 100.0),
        _ => (format!("{now}/{before}-1"), a / b - 1.0),
    };
    page::formula(sheet, (at, 8), &formula, &result.to_string(), &format)
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
