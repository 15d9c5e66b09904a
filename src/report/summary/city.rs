//! 全市汇总: what the city and its groups come to, and what of it rests on open errors.
//!
//! Every figure is the total of its form's sheet. How it compares with last year's is for `year`.

use super::form::{NONE, seen, total_look, why_no_total};
use super::layout::Block;
use super::list::written;
use super::{FormSheet, Summary};
use crate::consolidate::{self, CityFigure, Sums};
use crate::number::{self, Exact};
use crate::report::key::{self, Resting};
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::Tone;
use crate::rulebook::form::Form;
use crate::rulebook::written::{Axis, Type};
use crate::table::Table;
use crate::words::Text;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;
/// The column of the city's figure; the groups' stand behind the number of units.
const TOTAL: usize = 3;
/// The first group's column.
const GROUPS: usize = 5;
/// How wide the column of the figures' labels may grow; longer ones take several lines.
pub(super) const LABEL: f64 = 64.0;
/// How wide the column of the remarks is.
pub(super) const REMARK: f64 = 26.0;

/// Writes the city's figures.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let text = summary.pick(
        "已报合计和各组小计都取自各表的合计行；比率按分子、分母汇总后计算，不取各单位比率的平均。“含必改未改”：合计中来自还有必改问题的单位的部分。与上年比较见“同比”。",
        "Totals and groups' subtotals are those of the forms' sheets; rates are ratios of sums, never \
         averages of rates. The share with open errors comes from units whose form still has errors. \
         For last year see the sheet year on year.",
    );
    let table = CityTable {
        name: summary.names.city,
        text,
        columns: columns(summary),
        labels: labels(summary),
    };
    table.write(book, summary, block)
}

/// A page with a block of lines for each form.
pub(super) struct CityTable {
    /// The sheet's name.
    pub name: &'static str,
    /// What is to be known of its figures.
    pub text: &'static str,
    /// The columns.
    pub columns: Vec<Heading>,
    /// What will stand under them, so far as it is words.
    pub labels: Vec<Vec<String>>,
}

impl CityTable {
    /// Writes it; `block` writes a form's lines from a row on and gives the next one back.
    pub(super) fn write(
        &self,
        book: &mut Workbook,
        summary: &Summary<'_>,
        block: impl Fn(&mut Worksheet, &Summary<'_>, &FormSheet<'_>, usize) -> Result<usize, XlsxError>,
    ) -> Result<(), XlsxError> {
        let sheet = book.add_worksheet();
        sheet.set_name(self.name)?;
        let styles = &summary.styles;
        let whole = &summary.judged.rulebook.job.whole;
        let period = summary.say(&summary.judged.period.words());
        let finality = summary.finality();
        let title = summary.say(&both!(
            "{whole} · {period}（{finality}）",
            "{whole} · {period} ({finality})"
        ));
        page::words(sheet, (0, 0), &title, &styles.title)?;
        sheet.set_row_height(0, 26)?;
        let last = self.columns.len() - 1;
        page::across(sheet, 1, (0, last), self.text, &styles.sentence)?;
        sheet.set_row_height(1, page::height(2))?;
        page::headings(sheet, HEAD, &self.columns, &self.labels, &styles.head)?;
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
}

/// The groups that are summed.
fn groups<'s>(summary: &'s Summary<'_>) -> Vec<&'s str> {
    let regions = summary.judged.rulebook.register.regions().into_iter();
    regions.filter(|region| !region.is_empty()).collect()
}

/// The last column.
fn last(summary: &Summary<'_>) -> usize {
    GROUPS + groups(summary).len() + 1
}

fn columns(summary: &Summary<'_>) -> Vec<Heading> {
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let mut columns = vec![
        heading("行次栏次", "Numbers", 8.0, 20.0),
        heading("指标", "Figure", 24.0, LABEL),
        heading("计量单位", "Unit", 8.0, 8.0),
        heading("已报合计", "Reported", 12.0, 20.0),
        heading("已报单位", "Units", 9.0, 9.0),
    ];
    let groups = groups(summary).into_iter();
    columns.extend(groups.map(|group| Heading::new(group, 11.0, 20.0)));
    columns.push(heading("含必改未改", "With open errors", 12.0, 20.0));
    columns.push(heading("说明", "Remark", REMARK, REMARK));
    columns
}

/// What the columns are measured after.
fn labels(summary: &Summary<'_>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for form in summary.sheets() {
        for figure in figures(summary, &form) {
            let kind = form.form.variables[figure.variable].kind;
            let total = figure.reported.as_ref().map(number::to_f64);
            let total = total.map(|x| seen(kind, x));
            let total = total.map_or_else(String::new, |x| written(total_look(kind, Some(x)), x));
            let mut cells = vec![total; last(summary) + 1];
            cells[0] = numbers(summary, form.form, figure.variable);
            cells[1] = summary.figure_label(form.form, figure.variable);
            cells[last(summary)].clear();
            all.push(cells);
        }
    }
    all
}

/// Where people find a figure on the form: its row and column, or its row's code.
pub(super) fn numbers(summary: &Summary<'_>, form: &Form, variable: usize) -> String {
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
    key::figures(summary.judged, form.at)
}

/// Writes a form's block and gives the first row under it back.
fn block(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    first: usize,
) -> Result<usize, XlsxError> {
    let place = (first, last(summary));
    begin(sheet, summary, form, place, &Text::default())?;
    let rules = &summary.judged.rulebook.rules[form.at];
    let of_group = |group: &&str| {
        let units = 0..summary.judged.standing.len();
        let members = units.filter(|unit| summary.region(*unit) == *group);
        let submissions = members.filter_map(|unit| summary.tally.submission(unit, form.at));
        let tables: Vec<&Table> = submissions.map(|one| &one.table).collect();
        consolidate::sum(form.form, rules, &tables)
    };
    let sums: Vec<Sums> = groups(summary).iter().map(of_group).collect();
    let mut at = first + 1;
    for figure in figures(summary, form) {
        line(sheet, summary, (form, &sums), figure, at)?;
        at += 1;
    }
    Ok(at + 1)
}

/// The heading of a form's block, at a row and up to a column, with more behind it.
pub(super) fn begin(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    (at, last): (usize, usize),
    more: &Text,
) -> Result<(), XlsxError> {
    let (id, title) = (&form.form.id, summary.say(&form.form.title));
    let arrivals = summary.tally.arrivals(form.at);
    let (here, asked) = (arrivals.here, arrivals.asked);
    let heading = both!(
        "{id}  {title}：已报 {here}/{asked}",
        "{id}  {title}: {here} of {asked} reported"
    );
    let section = &summary.styles.section;
    let heading = summary.say(&heading.and(more));
    page::across(sheet, at, (0, last), &heading, section)?;
    sheet.set_row_height(page::row(at), 22)?;
    Ok(())
}

/// Numbers, label and unit of a figure, in a line's first three columns.
pub(super) fn name(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    variable: usize,
    at: usize,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let code = numbers(summary, form.form, variable);
    let label = summary.figure_label(form.form, variable);
    let unit = Summary::figure_unit(form.form, variable);
    page::words(sheet, (at, 0), &code, &styles.centred)?;
    page::words(sheet, (at, 1), &label, &styles.wrapped)?;
    page::words(sheet, (at, 2), &unit, &styles.centred)
}

fn line(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    (form, sums): (&FormSheet<'_>, &[Sums]),
    figure: &CityFigure,
    at: usize,
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let variable = figure.variable;
    let kind = form.form.variables[variable].kind;
    name(sheet, summary, form, variable, at)?;
    total(sheet, summary, form, figure, (at, TOTAL))?;
    let asked = summary.tally.arrivals(form.at).asked;
    let units = format!("{}/{asked}", figure.districts);
    page::words(sheet, (at, TOTAL + 1), &units, &styles.centred)?;
    for (region, sums) in sums.iter().enumerate() {
        let place = (at, GROUPS + region);
        let x = sums.figure(variable);
        let cell = form.layout.cell(Block::Region(region), variable);
        match cell {
            Some(cell) => linked(sheet, summary, place, kind, (form, cell), x.as_ref())?,
            None => value(sheet, summary, place, kind, x.as_ref())?,
        }
    }
    let last = last(summary);
    let rests = rests_on_errors(summary, form, figure);
    page::words(sheet, (at, last - 1), &rests, &styles.centred)?;
    let rules = &summary.judged.rulebook.rules[form.at];
    let remark = if figure.is_ratio && form.has_total(rules, variable) {
        summary
            .pick("按分子、分母汇总后计算", "ratio of sums")
            .to_owned()
    } else if form.has_total(rules, variable) {
        String::new()
    } else {
        summary.say(&why_no_total())
    };
    page::words(sheet, (at, last), &remark, &styles.wrapped)?;
    fit(
        sheet,
        at,
        &summary.figure_label(form.form, variable),
        &remark,
    )
}

/// Makes a line as high as its label and its remark need.
pub(super) fn fit(
    sheet: &mut Worksheet,
    at: usize,
    label: &str,
    remark: &str,
) -> Result<(), XlsxError> {
    let lines = page::lines_in(label, LABEL).max(page::lines_in(remark, REMARK));
    if lines > 1 {
        sheet.set_row_height(page::row(at), page::height(lines))?;
    }
    Ok(())
}

/// What of a figure comes from units whose form still has errors: its share where it adds up,
/// else how many units.
pub(super) fn rests_on_errors(
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    figure: &CityFigure,
) -> String {
    let Some(Resting { units, share }) = summary.restings.of(form.at, figure) else {
        return "0".to_owned();
    };
    match share {
        Some(share) => {
            let share = number::show_rounded(&(share * number::power_of_ten(2)), 1);
            format!("{share}%")
        }
        None => summary.say(&both!("{units} 个", "{units} units")),
    }
}

/// The city's figure, as the total of its form's sheet has it.
pub(super) fn total(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    form: &FormSheet<'_>,
    figure: &CityFigure,
    at: (usize, usize),
) -> Result<(), XlsxError> {
    let kind = form.form.variables[figure.variable].kind;
    let reported = figure.reported.as_ref();
    match form.layout.cell(Block::Whole, figure.variable) {
        Some(cell) => linked(sheet, summary, at, kind, (form, cell), reported),
        None => value(sheet, summary, at, kind, reported),
    }
}

/// A cell that shows what a cell of a form's sheet has.
fn linked(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: (usize, usize),
    kind: Type,
    (form, cell): (&FormSheet<'_>, (usize, usize)),
    x: Option<&Exact>,
) -> Result<(), XlsxError> {
    let format = format_of(summary, kind, x);
    let result = x.map_or(NONE.to_owned(), |x| {
        seen(kind, number::to_f64(x)).to_string()
    });
    page::formula(sheet, at, &page::address(form.name, cell), &result, &format)
}

/// How a figure over several units looks.
pub(super) fn format_of(summary: &Summary<'_>, kind: Type, x: Option<&Exact>) -> Format {
    let look = total_look(kind, x.map(|x| seen(kind, number::to_f64(x))));
    summary.styles.cell(look, Tone::Plain, None)
}

/// A figure, or a dash where there is none.
pub(super) fn value(
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
