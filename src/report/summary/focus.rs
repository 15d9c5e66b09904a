//! 重点核实名单: what to verify first, by how much of the city's total hangs on it.
//!
//! Open findings stand here with what they could move, and forms that are missing with the share
//! that the unit had last year, side by side: a small unit's large slip comes behind a large
//! unit's silence.

use super::form::{NONE, seen, total_look};
use super::list::{Item, List};
use super::{FormSheet, Summary, city};
use crate::consolidate::CityFigure;
use crate::finding::{Finding, State};
use crate::number::{self, Exact};
use crate::report::history::FormMonth;
use crate::report::page::Heading;
use crate::report::styles::{Light, Look};
use crate::rulebook::written::{Severity, Stage};
use crate::standing::Reporting;
use crate::words::Text;
use rust_xlsxwriter::{Workbook, XlsxError};
use std::collections::BTreeMap;

/// How many lines people will go through.
const MOST: usize = 300;

/// Something to verify.
struct Line {
    /// The unit's position on the board.
    unit: usize,
    /// The form's position in the rulebook.
    form: usize,
    variable: usize,
    /// The finding's position; none where the form is missing.
    finding: Option<usize>,
    /// As a share of the city's figure.
    effect: f64,
    /// What the effect is made of.
    basis: Text,
}

/// Writes the list.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let (mut lines, without) = lines(summary);
    // Ties stay in the order of the list of findings.
    lines.sort_by(|a, b| b.effect.total_cmp(&a.effect));
    let all = lines.len();
    lines.truncate(MOST);
    let shown = lines.len();
    let mut text = summary.say(&both!(
        "按对全市数的影响排序，共 {all} 条，列前 {shown} 条。差额：与应为数之差；变动：与上年同期之差；份额：本单位占全市；缺报：上年占全市。",
        "By effect on the city's figure, {shown} of {all}. Difference: from what should stand there; change: \
         from last year; share: of the unit in the city; missing: its share last year."
    ));
    if without > 0 {
        text += &summary.say(&both!(
            "另有 {without} 条问题不涉及可汇总的数，没有排入。",
            " {without} findings touch no figure that adds up and are not ranked."
        ));
    }
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let list = List {
        name: summary.names.focus,
        title: summary.pick(
            "重点核实名单（按对全市影响排序）",
            "To verify first, by effect on the city",
        ),
        text,
        columns: vec![
            heading("次序", "No.", 6.0, 6.0),
            heading("单位", "Unit", 10.0, 22.0),
            heading("表", "Form", 7.0, 12.0),
            heading("指标", "Figure", 16.0, 40.0),
            heading("本期数", "This year", 10.0, 18.0),
            heading("上年同期数", "Last year", 10.0, 18.0),
            heading("全市数", "City", 10.0, 20.0),
            heading("影响", "Effect", 9.0, 12.0),
            heading("依据", "Made of", 8.0, 14.0),
            heading("级别", "Severity", 8.0, 18.0),
            heading("问题", "What is wrong", 24.0, 60.0),
            heading("编号", "Finding", 10.0, 10.0),
        ],
        lines: lines
            .iter()
            .enumerate()
            .map(|(at, line)| items(summary, at + 1, line))
            .collect(),
    };
    super::list::write(book, summary, &list)
}

/// All lines, and how many open findings are none.
fn lines(summary: &Summary<'_>) -> (Vec<Line>, usize) {
    let judged = summary.judged;
    let units: BTreeMap<&str, usize> = judged
        .standing
        .iter()
        .enumerate()
        .map(|(at, standing)| (standing.unit.code.as_str(), at))
        .collect();
    let sheets: Vec<FormSheet<'_>> = summary.sheets().collect();
    let mut lines = Vec::new();
    let mut without = 0;
    for (at, finding) in judged.findings.iter().enumerate() {
        if !is_open(finding) {
            continue;
        }
        let unit = units.get(finding.district.code.as_str());
        let mut forms = sheets.iter();
        let form = forms.find(|form| Some(&form.form.id) == finding.form.as_ref());
        let line = unit
            .zip(form)
            .and_then(|(unit, form)| of_finding(form, *unit, (at, finding)));
        match line {
            Some(line) => lines.push(line),
            None => without += 1,
        }
    }
    for form in &sheets {
        for unit in 0..judged.standing.len() {
            lines.extend(of_missing(summary, form, unit));
        }
    }
    (lines, without)
}

/// Whether a finding could still move a figure.
fn is_open(finding: &Finding) -> bool {
    finding.severity != Severity::Note
        && finding.stage == Stage::InForce
        && !matches!(
            finding.state,
            State::Waived | State::Accepted | State::Held | State::Settled
        )
}

fn city_figure<'s>(
    summary: &'s Summary<'_>,
    form: usize,
    variable: usize,
) -> Option<&'s CityFigure> {
    let figures = summary.judged.city.get(form)?;
    figures.iter().find(|figure| figure.variable == variable)
}

fn of_finding(form: &FormSheet<'_>, unit: usize, (at, finding): (usize, &Finding)) -> Option<Line> {
    let accused = finding.variable.as_ref()?;
    let mut variables = form.form.variables.iter();
    let variable = variables.position(|variable| variable.id == accused.id)?;
    Some(Line {
        unit,
        form: form.at,
        variable,
        finding: Some(at),
        effect: finding.effect?,
        basis: finding.behind.made_of.clone()?,
    })
}

/// A unit's form that is missing, with the share that it had last year in the form's main figure.
fn of_missing(summary: &Summary<'_>, form: &FormSheet<'_>, unit: usize) -> Option<Line> {
    let reporting = summary.tally.stands(unit, form.at).0;
    if reporting.is_here() || reporting == Reporting::NotAsked {
        return None;
    }
    let main = main_figure(summary, form)?;
    let own = last_year(summary, form.at, unit, main.variable)?;
    let city = last_city(summary, form.at, main)?;
    (!number::is_zero(&city)).then(|| Line {
        unit,
        form: form.at,
        variable: main.variable,
        finding: None,
        effect: number::to_f64(&number::round(&(own / city), 10)),
        basis: Text::new("缺报", "missing"),
    })
}

/// The figure by which a form's size is told: the first that adds up and is no of-which.
fn main_figure<'s>(summary: &'s Summary<'_>, form: &FormSheet<'_>) -> Option<&'s CityFigure> {
    let is_whole = |figure: &&CityFigure| {
        let variable = &form.form.variables[figure.variable];
        let row = variable.row.map(|row| &form.form.rows[row]);
        variable.adds_up()
            && form.form.columns[variable.column].part_of.is_none()
            && row.is_none_or(|row| row.part_of.is_none())
    };
    city::figures(summary, form).into_iter().find(is_whole)
}

fn last_form<'s>(summary: &'s Summary<'_>, form: usize) -> Option<&'s FormMonth> {
    let last_year = summary.judged.period.last_year();
    summary.history.month(last_year)?.forms.get(form)
}

/// A unit's figure of last year: as it is compared with, or as it was published.
fn last_year(summary: &Summary<'_>, form: usize, unit: usize, variable: usize) -> Option<Exact> {
    let submission = summary.tally.submission(unit, form);
    if let Some(table) = submission.and_then(|one| one.last_year.as_ref()) {
        let (sum, known) = table.sum(variable);
        return (known > 0).then_some(sum);
    }
    let code = &summary.judged.standing[unit].unit.code;
    let figures = last_form(summary, form)?.districts.get(code)?;
    let figure = (*figures.get(variable)?)?;
    Some(number::exact(number::canonical(figure)?))
}

/// The city's figure of last year.
fn last_city(summary: &Summary<'_>, form: usize, figure: &CityFigure) -> Option<Exact> {
    let published = || {
        let point = last_form(summary, form)?.city.get(figure.variable)?;
        Some(number::exact(number::canonical(point.figure?)?))
    };
    figure.city_last_year.clone().or_else(published)
}

fn items(summary: &Summary<'_>, order: usize, line: &Line) -> Vec<Item> {
    let judged = summary.judged;
    let form = &judged.rulebook.forms[line.form];
    let kind = form.variables[line.variable].kind;
    let shown = |x: Option<Exact>| {
        let x = x.map(|x| seen(kind, number::to_f64(&x)));
        Item::Figure(x, total_look(kind, x))
    };
    let submission = summary.tally.submission(line.unit, line.form);
    let own = submission.map(|one| one.table.sum(line.variable));
    let own = own.filter(|(_, known)| *known > 0).map(|(sum, _)| sum);
    let before = last_year(summary, line.form, line.unit, line.variable);
    let city = city_figure(summary, line.form, line.variable);
    let city = city.and_then(|figure| figure.reported.clone());
    let finding = line.finding.map(|at| (at, &judged.findings[at]));
    let (severity, what, id) = if let Some((at, finding)) = finding {
        (
            Item::Lit(
                summary.say(&finding.severity.words()),
                Light::from(finding.severity),
            ),
            summary.say(&finding.message),
            Item::link(super::findings::place(summary, at), finding.id.clone()),
        )
    } else {
        let (reporting, _) = summary.tally.stands(line.unit, line.form);
        let words = summary.say(&reporting.words());
        let light = super::status::reporting_light(reporting);
        (
            Item::Lit(words.clone(), light.unwrap_or(Light::Grey)),
            words,
            Item::Word(NONE.to_owned()),
        )
    };
    vec![
        Item::Count(order as u64),
        Item::Words(judged.standing[line.unit].unit.name.clone()),
        Item::Word(form.id.clone()),
        Item::Words(summary.figure_label(form, line.variable)),
        shown(own),
        shown(before),
        shown(city),
        Item::Figure(Some(line.effect), Look::Percent(2)),
        Item::Word(summary.say(&line.basis)),
        severity,
        Item::Words(what),
        id,
    ]
}
