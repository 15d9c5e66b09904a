//! 趋势: twelve months of the main figures with the units that they rest on; and 增长拉动, what
//! each unit adds to the city's growth.
//!
//! A month that was not run is left blank. Months rest on different sets of units, so the number
//! of units stands under each figure and no growth is taken between them; where these numbers
//! differ no line joins the months either. A unit's share in the growth is in percentage points of
//! the city's, because rates of tiny bases say nothing.

use super::form::{seen, total_look};
use super::list::{figure, written};
use super::overview::key_figures;
use super::{FormSheet, Summary};
use crate::consolidate::CityFigure;
use crate::number::{self, Exact};
use crate::report::history::{Month, Point};
use crate::report::key::candidates;
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Look, Tone};
use rust_xlsxwriter::{
    Chart, ChartLine, ChartMarker, ChartMarkerType, ChartType, Format, Sparkline, SparklineType,
    Workbook, Worksheet, XlsxError,
};

/// The row of the headings.
const HEAD: usize = 2;
/// The column of the small lines.
const LINE: usize = 3;
/// The first month's column.
const MONTHS: usize = 4;
/// How wide a month's column is at least.
const MONTH: f64 = 10.0;
/// How wide the column of the labels may grow; longer ones take several lines.
const LABEL: f64 = 44.0;
/// How many figures of a form are shown.
const OF_FORM: usize = 3;
/// How many rows and columns a chart covers.
const CHART: (usize, usize) = (14, 5);
/// How many charts stand side by side.
const SIDE_BY_SIDE: usize = 3;
/// The first column of what units add, behind unit and group.
const ADDED: usize = 2;
/// How wide these columns are at least.
const SHARE: f64 = 14.0;
/// How a share in the growth is shown.
const SHARES: &str = "+0.00;-0.00;0.00";

/// Writes the trend.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.trend)?;
    let styles = &summary.styles;
    let title = summary.pick("十二个月走势", "Twelve months");
    page::words(sheet, (0, 0), title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let text = summary.pick(
        "各月为当时已报合计，下面一行是已报单位数；单位数不同的月份不相比，图上不连线。空白：该月没有运行，或不报。",
        "Each month as it was reported, with the number of units under it; months over different units \
         are not to be compared, and no line joins them. Blank: the month was not run, or the form not \
         asked for.",
    );
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), text, &plain)?;
    let months = months(summary);
    let lines = lines(summary);
    headings(sheet, summary, &months, &lines)?;
    let mut at = HEAD + 1;
    for (form, figure) in &lines {
        line(sheet, summary, &months, (form, figure), at)?;
        at += 2;
    }
    sheet.set_freeze_panes(page::row(HEAD + 1), 2)?;
    charts(sheet, summary, &months, &lines, at + 1)?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((HEAD, HEAD)),
    )
}

/// Eleven months before and the month itself.
fn months<'s>(summary: &'s Summary<'_>) -> Vec<&'s Month> {
    let before = summary.history.months.iter();
    // The first of them is the same month a year ago.
    let last_year = summary.judged.period.last_year();
    before
        .filter(|month| month.period > last_year)
        .chain([&summary.month])
        .collect()
}

/// The main figures of every form.
fn lines<'s>(summary: &'s Summary<'_>) -> Vec<(FormSheet<'s>, &'s CityFigure)> {
    let mut all = Vec::new();
    for form in summary.sheets() {
        let figures = candidates(summary.judged, form.at)
            .into_iter()
            .take(OF_FORM);
        let figures = figures.filter_map(|figure| Some((FormSheet::of(summary, form.at)?, figure)));
        all.extend(figures);
    }
    all
}

fn point(month: &Month, form: usize, variable: usize) -> Option<Point> {
    let point = month.forms.get(form)?.city.get(variable)?;
    point.figure.map(|_| *point)
}

/// The fewest and the most units that a figure rests on in these months, where they differ.
fn different_units(months: &[&Month], form: usize, variable: usize) -> Option<(usize, usize)> {
    let points = months.iter().filter_map(|at| point(at, form, variable));
    let units: Vec<usize> = points.map(|point| point.districts).collect();
    let (least, most) = (*units.iter().min()?, *units.iter().max()?);
    (least != most).then_some((least, most))
}

fn headings(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    months: &[&Month],
    lines: &[(FormSheet<'_>, &CityFigure)],
) -> Result<(), XlsxError> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let mut columns = vec![
        heading("表", "Form", 8.0, 12.0),
        heading("指标", "Figure", 24.0, LABEL),
        heading("计量单位", "Unit", 8.0, 8.0),
        heading("走势", "Trend", 16.0, 16.0),
    ];
    let months_of = months.iter().map(|month| month.period.to_string());
    columns.extend(months_of.map(|month| Heading::new(month, MONTH, 18.0)));
    let contents: Vec<Vec<String>> = lines
        .iter()
        .map(|(form, figure)| {
            let kind = form.form.variables[figure.variable].kind;
            let mut cells = vec![String::new(); MONTHS];
            cells[1] = summary.figure_label(form.form, figure.variable);
            cells.extend(months.iter().map(|month| {
                let point = point(month, form.at, figure.variable);
                let x = point.and_then(|point| point.figure).map(|x| seen(kind, x));
                x.map_or_else(String::new, |x| written(total_look(kind, Some(x)), x))
            }));
            cells
        })
        .collect();
    page::headings(sheet, HEAD, &columns, &contents, &summary.styles.head)?;
    Ok(())
}

/// A figure's line, and the line with the units under it.
fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    months: &[&Month],
    (form, figure): (&FormSheet<'_>, &CityFigure),
    at: usize,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let kind = form.form.variables[figure.variable].kind;
    let label = summary.figure_label(form.form, figure.variable);
    let unit = Summary::figure_unit(form.form, figure.variable);
    page::words(sheet, (at, 0), &form.form.id, &styles.centred)?;
    page::words(sheet, (at, 1), &label, &styles.wrapped)?;
    let high = page::lines_in(&label, LABEL);
    if high > 1 {
        sheet.set_row_height(page::row(at), page::height(high))?;
    }
    page::words(sheet, (at, 2), &unit, &styles.centred)?;
    page::words(sheet, (at, LINE), "", &styles.text)?;
    let detail = styles.cell(Look::Words, Tone::Detail, None);
    let units = summary.pick("已报单位", "units");
    let differ = different_units(months, form.at, figure.variable).is_some();
    let differing = if differ {
        summary.pick("单位数不同", "units differ")
    } else {
        ""
    };
    for (column, text) in ["", units, "", differing].into_iter().enumerate() {
        page::words(sheet, (at + 1, column), text, &detail)?;
    }
    let mut known = 0;
    for (more, month) in months.iter().enumerate() {
        let column = MONTHS + more;
        let point = point(month, form.at, figure.variable);
        let x = point.and_then(|point| point.figure).map(|x| seen(kind, x));
        let format = styles.cell(total_look(kind, x), Tone::Plain, None);
        let (Some(point), Some(x)) = (point, x) else {
            // Really empty: a chart takes words for zero.
            sheet.write_blank(page::row(at), page::col(column), &format)?;
            sheet.write_blank(page::row(at + 1), page::col(column), &format)?;
            continue;
        };
        known += 1;
        sheet.write_number_with_format(page::row(at), page::col(column), x, &format)?;
        let counted = styles.cell(Look::Number(0), Tone::Plain, None);
        page::count(
            sheet,
            (at + 1, column),
            point.districts as u64,
            &counted.set_italic(),
        )?;
    }
    if known > 1 {
        let range = range(summary, at, (MONTHS, MONTHS + months.len() - 1));
        let small = Sparkline::new().set_range(range);
        let small = if differ {
            small.set_type(SparklineType::Column)
        } else {
            small.show_markers(true)
        };
        sheet.add_sparkline(page::row(at), page::col(LINE), &small)?;
    }
    Ok(())
}

type Range<'s> = (&'s str, u32, u16, u32, u16);

/// Some columns of a row of this sheet.
fn range<'s>(summary: &'s Summary<'_>, at: usize, (first, last): (usize, usize)) -> Range<'s> {
    let row = page::row(at);
    let name = summary.names.trend;
    (name, row, page::col(first), row, page::col(last))
}

/// A chart for each key figure that has two months at least.
fn charts(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    months: &[&Month],
    lines: &[(FormSheet<'_>, &CityFigure)],
    first: usize,
) -> Result<(), XlsxError> {
    let wanted = key_figures(summary);
    let is_wanted = |(form, figure): &(FormSheet<'_>, &CityFigure)| {
        let known = months.iter();
        let known = known.filter(|month| point(month, form.at, figure.variable).is_some());
        let is_key = wanted
            .iter()
            .any(|(other, key)| (other.at, key.variable) == (form.at, figure.variable));
        is_key && known.count() > 1
    };
    let shown = lines.iter().enumerate().filter(|(_, line)| is_wanted(line));
    for (count, (line, (form, figure))) in shown.enumerate() {
        let row = HEAD + 1 + 2 * line;
        let columns = (MONTHS, MONTHS + months.len() - 1);
        let (id, label) = (
            &form.form.id,
            summary.figure_label(form.form, figure.variable),
        );
        let mut chart = Chart::new(ChartType::Line);
        let series = chart.add_series();
        series
            .set_name(&label)
            .set_categories(range(summary, HEAD, columns))
            .set_values(range(summary, row, columns));
        let mut title = format!("{id} {label}");
        if let Some((least, most)) = different_units(months, form.at, figure.variable) {
            let round = ChartMarkerType::Circle;
            series
                .set_format(ChartLine::new().set_hidden(true))
                .set_marker(ChartMarker::new().set_type(round).set_size(7));
            title += &summary.say(&both!(
                "（单位数不同：{least}–{most}，不连线）",
                " (over {least} to {most} units: not joined)"
            ));
        }
        chart.title().set_name(&title);
        chart.title().set_font(&small_font());
        chart.legend().set_hidden();
        chart.set_width(410).set_height(270).set_alt_text(&label);
        let (rows, wide) = CHART;
        let place = (
            first + rows * (count / SIDE_BY_SIDE),
            1 + wide * (count % SIDE_BY_SIDE),
        );
        sheet.insert_chart(page::row(place.0), page::col(place.1), &chart)?;
    }
    Ok(())
}

fn small_font() -> rust_xlsxwriter::ChartFont {
    let mut font = rust_xlsxwriter::ChartFont::new();
    font.set_size(11).set_name("宋体");
    font
}

/// A key figure's growth, taken apart by units.
struct Growth<'s> {
    id: &'s str,
    label: String,
    /// What stands over its column.
    heading: String,
    /// By unit on the board: what it adds, in percentage points.
    shares: Vec<Option<Exact>>,
    /// The city's, in percent.
    whole: Exact,
}

/// The growth of the key figures that add up and that can be compared.
fn growths<'s>(summary: &'s Summary<'_>) -> Vec<Growth<'s>> {
    let judged = summary.judged;
    let hundred = number::power_of_ten(2);
    let grown = |(form, figure): (FormSheet<'s>, &CityFigure)| {
        let variable = figure.variable;
        let before = figure.same_last_year.as_ref()?;
        let crossings = form
            .form
            .crossings(judged.period.last_year(), judged.period);
        let is_same = !crossings.iter().any(|(crossed, _)| *crossed == variable);
        let adds_up = form.form.variables[variable].adds_up();
        if !adds_up || !is_same || number::is_zero(before) {
            return None;
        }
        let share = |unit: usize| {
            let own = summary.tally.submission(unit, form.at)?;
            let then = own.last_year.as_ref()?;
            let ((now, has_now), (before_own, had)) = (own.table.sum(variable), then.sum(variable));
            // Who lacks it in one of the years is no part of the growth.
            if has_now == 0 || had == 0 {
                return None;
            }
            let change = now - before_own;
            // Ten decimals are more than anyone needs, and can be added up.
            Some(number::round(&(change / before * &hundred), 10))
        };
        let (id, label) = (&form.form.id, summary.figure_label(form.form, variable));
        // A line may be broken between two headings, as it may be between Chinese words.
        let broken = label.replace('›', summary.pick("›", "› "));
        Some(Growth {
            id,
            heading: format!("{id} {broken}"),
            label,
            shares: (0..judged.standing.len()).map(share).collect(),
            whole: figure.growth.as_ref()? * &hundred,
        })
    };
    key_figures(summary).into_iter().filter_map(grown).collect()
}

/// Writes what each unit adds to the city's growth, on a sheet of its own: so its own headings
/// stand over it on every printed page.
pub(super) fn contributions(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.contributions)?;
    let styles = &summary.styles;
    let title = summary.pick(
        "各单位对全市同口径增长的拉动",
        "What each unit adds to the city's growth",
    );
    page::words(sheet, (0, 0), title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let growths = growths(summary);
    let text = if growths.is_empty() {
        summary.pick(
            "没有可比的上年数。",
            "There are no figures of last year to compare with.",
        )
    } else {
        summary.pick(
            "单位：百分点。各单位之和＝全市同口径增长。",
            "In percentage points. The units add up to the growth over the same units.",
        )
    };
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), text, &plain)?;
    let repeat = (!growths.is_empty()).then_some((HEAD, HEAD));
    if repeat.is_some() {
        shares(sheet, summary, &growths)?;
    }
    page::paper(sheet, Paper::Landscape, summary.footer(), repeat)
}

/// The units' shares with their headings, the sums under them and a chart.
fn shares(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    growths: &[Growth<'_>],
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let standing = &summary.judged.standing;
    let mut columns = vec![
        Heading::new(summary.pick("填报单位", "Unit"), 18.0, 22.0),
        Heading::new(summary.pick("分组", "Group"), 14.0, 14.0),
    ];
    let headed = growths.iter().map(|growth| growth.heading.as_str());
    columns.extend(headed.map(|heading| Heading::new(heading, SHARE, SHARE)));
    let names: Vec<Vec<String>> = standing
        .iter()
        .map(|standing| vec![standing.unit.name.clone()])
        .collect();
    let widths = page::headings(sheet, HEAD, &columns, &names, &styles.head)?;
    let format = styles
        .cell(Look::Points, Tone::Plain, None)
        .set_num_format(SHARES);
    for (unit, cells) in names.iter().enumerate() {
        let at = HEAD + 1 + unit;
        page::words(sheet, (at, 0), &cells[0], &styles.wrapped)?;
        page::words(sheet, (at, 1), summary.region(unit), &styles.centred)?;
        for (more, growth) in growths.iter().enumerate() {
            let share = growth.shares[unit].as_ref().map(number::to_f64);
            figure(sheet, (at, ADDED + more), share, &format)?;
        }
        page::fit_row(sheet, at, cells, &widths)?;
    }
    sheet.set_freeze_panes(page::row(HEAD + 1), page::col(ADDED))?;
    let rows = (HEAD + 1, HEAD + standing.len().max(1));
    whole(sheet, summary, growths, rows)?;
    bars(sheet, summary, growths, rows)
}

/// The sums under the units, and what the growth was judged to be.
fn whole(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    growths: &[Growth<'_>],
    (first, last): (usize, usize),
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let words = styles.cell(Look::Words, Tone::Total, None);
    let format: Format = styles
        .cell(Look::Points, Tone::Total, None)
        .set_num_format(SHARES);
    let sum = summary.pick("各单位之和", "Sum of the units");
    page::across(sheet, last + 1, (0, ADDED - 1), sum, &words)?;
    let judged = summary.pick("全市同口径增长（%）", "Growth over the same units (%)");
    page::across(sheet, last + 2, (0, ADDED - 1), judged, &words)?;
    for (more, growth) in growths.iter().enumerate() {
        let column = ADDED + more;
        let letters = page::letters(column);
        let formula = format!("SUM({letters}{}:{letters}{})", first + 1, last + 1);
        let sum = growth.shares.iter().flatten().sum::<Exact>();
        let result = number::to_f64(&sum).to_string();
        page::formula(sheet, (last + 1, column), &formula, &result, &format)?;
        let whole = Some(number::to_f64(&number::round(&growth.whole, 10)));
        figure(sheet, (last + 2, column), whole, &format)?;
    }
    Ok(())
}

/// A chart of what the units add to the first figure's growth.
fn bars(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    growths: &[Growth<'_>],
    (first, last): (usize, usize),
) -> Result<(), XlsxError> {
    let Some(growth) = growths.first() else {
        return Ok(());
    };
    let name = summary.names.contributions;
    let (top, bottom, column) = (page::row(first), page::row(last), page::col(ADDED));
    let title = format!(
        "{} {}{}",
        growth.id,
        growth.label,
        summary.pick("：拉动（百分点）", ": percentage points")
    );
    let mut chart = Chart::new(ChartType::Column);
    chart
        .add_series()
        .set_name(&title)
        .set_categories((name, top, 0, bottom, 0))
        .set_values((name, top, column, bottom, column));
    chart.title().set_name(&title);
    chart.title().set_font(&small_font());
    chart.legend().set_hidden();
    chart.set_width(1_000).set_height(320).set_alt_text(&title);
    sheet.insert_chart(page::row(last + 4), 0, &chart)?;
    Ok(())
}
