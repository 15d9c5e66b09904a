//! 报送质量台账: how well each unit has reported, month by month: in time, passed at once, errors,
//! returns.
//!
//! Months that were not run are left out and named. The sums in front are live.

use super::Summary;
use crate::period::Period;
use crate::report::history::{Month, Quality};
use crate::report::page::{self, Paper};
use crate::report::styles::{Look, Tone};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// The row of the months; the columns' headings stand under it.
const HEAD: usize = 2;
/// The first unit's row.
const FIRST: usize = HEAD + 2;
/// The columns before the counts: unit and group.
const BEFORE: usize = 2;
/// The columns of a month: 应报 按时 一次通过 必改 退回.
const COUNTS: usize = 5;
/// Behind the sums over all months: 按时率 and 一次通过率.
const RATES: usize = 2;
/// The first month's column.
const MONTHS: usize = BEFORE + COUNTS + RATES;

/// How a unit reported in a month, all forms together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reported {
    asked: u64,
    on_time: u64,
    at_once: u64,
    errors: u64,
    returns: u64,
}

impl Reported {
    fn add(&mut self, quality: &Quality) {
        self.asked += 1;
        self.on_time += u64::from(quality.is_on_time());
        self.at_once += u64::from(quality.has_passed_first());
        self.errors += quality.errors;
        self.returns += quality.returns();
    }

    fn counts(self) -> [u64; COUNTS] {
        [
            self.asked,
            self.on_time,
            self.at_once,
            self.errors,
            self.returns,
        ]
    }
}

/// Writes the ledger.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.ledger)?;
    let styles = &summary.styles;
    let title = summary.pick("报送质量台账", "Quality of reporting");
    page::words(sheet, (0, 0), title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let last_year = summary.judged.period.last_year();
    let before = summary.history.months.iter();
    let before = before.filter(|month| month.period > last_year);
    let (known, blank): (Vec<&Month>, Vec<&Month>) = before
        .chain([&summary.month])
        .partition(|month| month.forms.iter().any(|form| !form.quality.is_empty()));
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), &text(summary, &blank), &plain)?;
    headings(sheet, summary, &known)?;
    let units = summary.judged.standing.len();
    let mut sums = vec![[0; COUNTS]; known.len()];
    for unit in 0..units {
        let at = FIRST + unit;
        let standing = &summary.judged.standing[unit].unit;
        page::words(sheet, (at, 0), &standing.name, &styles.text)?;
        page::words(sheet, (at, 1), summary.region(unit), &styles.centred)?;
        let months: Vec<Option<Reported>> = known
            .iter()
            .map(|month| reported(month, &standing.code))
            .collect();
        let mut all = [0; COUNTS];
        for (which, month) in months.iter().enumerate() {
            let first = MONTHS + COUNTS * which;
            let Some(counts) = month.map(Reported::counts) else {
                for more in 0..COUNTS {
                    page::words(sheet, (at, first + more), "", &styles.count)?;
                }
                continue;
            };
            for (more, count) in counts.into_iter().enumerate() {
                page::count(sheet, (at, first + more), count, &styles.count)?;
                sums[which][more] += count;
                all[more] += count;
            }
        }
        over_months(sheet, summary, at, known.len(), all, Tone::Plain)?;
    }
    total(sheet, summary, &sums)?;
    let right = MONTHS + COUNTS * known.len() - 1;
    let bottom = FIRST + units.max(1) - 1;
    sheet.autofilter(page::row(FIRST - 1), 0, page::row(bottom), page::col(right))?;
    sheet.set_freeze_panes(page::row(FIRST), page::col(BEFORE))?;
    page::paper(
        sheet,
        Paper::Wide(BEFORE - 1),
        summary.footer(),
        Some((HEAD, FIRST - 1)),
    )
}

fn text(summary: &Summary<'_>, blank: &[&Month]) -> String {
    let mut text = summary
        .pick(
            "按时：限期内报送（含零报告）；一次通过：第一次报送就没有要本单位改的必改；必改：期末仍有的条数，放行的不算；退回：重报次数。单位：张次、条、次。",
            "In time: by the due day, nil returns included. At once: the first submission had no errors for \
             the unit to mend. Errors: those that stood at the end, waived ones left out. Returns: how often \
             it was sent again.",
        )
        .to_owned();
    if !blank.is_empty() {
        let months = blank.iter().map(|month| month.period.to_string());
        let months = months.collect::<Vec<String>>();
        let months = months.join(summary.pick("、", ", "));
        text += &summary.say(&both!(
            "没有已公布数据的月份：{months}。",
            " Nothing was published for {months}."
        ));
    }
    text
}

/// How a unit reported in a month; none where nothing was asked of it and nothing found.
fn reported(month: &Month, code: &str) -> Option<Reported> {
    let mut reported = Reported::default();
    let forms = month.forms.iter();
    for quality in forms.filter_map(|form| form.quality.get(code)) {
        reported.add(quality);
    }
    // A file that can't be used is of no form, and an error all the same.
    reported.errors += month.unplaced.get(code).copied().unwrap_or(0);
    (reported.asked > 0 || reported.errors > 0).then_some(reported)
}

fn headings(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    known: &[&Month],
) -> Result<(), XlsxError> {
    let head = &summary.styles.head;
    let pick = |zh, en| summary.pick(zh, en);
    let names = summary.judged.standing.iter().map(|s| s.unit.name.as_str());
    let widest = names.map(page::width).fold(10.0, f64::max) + 2.0;
    let counts = [
        pick("应报", "Asked"),
        pick("按时", "In time"),
        pick("一次通过", "At once"),
        pick("必改", "Errors"),
        pick("退回", "Returns"),
    ];
    let rates = [
        pick("按时率", "In time, share"),
        pick("一次通过率", "At once, share"),
    ];
    let mut heads = vec![
        (pick("填报单位", "Unit"), widest.min(24.0)),
        (pick("分组", "Group"), 12.0),
    ];
    heads.extend(counts.map(|text| (text, 8.0)));
    heads.extend(rates.map(|text| (text, 11.0)));
    for _ in known {
        heads.extend(counts.map(|text| (text, 7.0)));
    }
    let mut lines = 1;
    for (column, (text, width)) in heads.into_iter().enumerate() {
        let width = width.max(page::longest_word(text) + 1.0);
        page::words(sheet, (FIRST - 1, column), text, head)?;
        sheet.set_column_width(page::col(column), width)?;
        lines = lines.max(page::lines_in(text, width));
    }
    sheet.set_row_height(page::row(FIRST - 1), page::height(lines))?;
    page::across(sheet, HEAD, (0, BEFORE - 1), "", head)?;
    let months = known.len();
    let all = summary.say(&both!("{months} 个月合计", "{months} months"));
    page::across(sheet, HEAD, (BEFORE, MONTHS - 1), &all, head)?;
    for (which, month) in known.iter().enumerate() {
        let first = MONTHS + COUNTS * which;
        let period: Period = month.period;
        let words = summary.say(&period.words());
        page::across(sheet, HEAD, (first, first + COUNTS - 1), &words, head)?;
    }
    Ok(())
}

/// The live sums over the months, with the rates made of them.
fn over_months(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: usize,
    months: usize,
    all: [u64; COUNTS],
    tone: Tone,
) -> Result<(), XlsxError> {
    let format = summary.styles.cell(Look::Number(0), tone, None);
    let row = at + 1;
    for (more, count) in all.iter().enumerate() {
        let cells = (0..months).map(|which| {
            let letters = page::letters(MONTHS + COUNTS * which + more);
            format!("{letters}{row}")
        });
        let formula = format!("SUM({})", cells.collect::<Vec<_>>().join(","));
        let result = count.to_string();
        page::formula(sheet, (at, BEFORE + more), &formula, &result, &format)?;
    }
    let format = summary.styles.cell(Look::Percent(1), tone, None);
    let asked = page::letters(BEFORE);
    for (more, part) in [all[1], all[2]].into_iter().enumerate() {
        let letters = page::letters(BEFORE + 1 + more);
        let formula = format!("IF({asked}{row}=0,\"—\",{letters}{row}/{asked}{row})");
        let result = share(part, all[0]);
        let place = (at, BEFORE + COUNTS + more);
        page::formula(sheet, place, &formula, &result, &format)?;
    }
    Ok(())
}

/// A share as the cell of its formula has it.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return super::form::NONE.to_owned();
    }
    let exact = |x: u64| crate::number::Exact::from_integer(x.into());
    crate::number::to_f64(&(exact(part) / exact(whole))).to_string()
}

/// The whole under the units.
fn total(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    sums: &[[u64; COUNTS]],
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let units = summary.judged.standing.len();
    let at = FIRST + units;
    let words = styles.cell(Look::Words, Tone::Total, None);
    let whole = &summary.judged.rulebook.job.whole;
    page::across(sheet, at, (0, BEFORE - 1), whole, &words)?;
    let format: Format = styles.cell(Look::Number(0), Tone::Total, None);
    let mut all = [0; COUNTS];
    for (which, counts) in sums.iter().enumerate() {
        for (more, count) in counts.iter().enumerate() {
            let column = MONTHS + COUNTS * which + more;
            let letters = page::letters(column);
            let (first, last) = (FIRST + 1, FIRST + units.max(1));
            let formula = format!("SUM({letters}{first}:{letters}{last})");
            page::formula(sheet, (at, column), &formula, &count.to_string(), &format)?;
            all[more] += count;
        }
    }
    over_months(sheet, summary, at, sums.len(), all, Tone::Total)
}
