//! Rows of a list that add records up: 合计, 小计, 其中. They are held against the records and
//! never counted as such.

use super::figures::SumFigure;
use super::frame::FrameFinding;
use super::locate::{SumKind, SumRow};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::table::{Draft, DraftColumn};
use crate::words::Text;
use std::ops::Range;

/// The sums of one sheet.
pub(super) struct SheetSums {
    /// Its rows that add up, from top to bottom, with their figures.
    pub rows: Vec<(SumRow, Vec<SumFigure>)>,
    /// Figures of rows that could not be read as records, and are told as that: sums that count
    /// them are right.
    pub unread: Vec<SumFigure>,
    /// The records that stand on the sheet.
    pub records: Range<usize>,
}

/// Sums told one by one; a list that has slipped by a row has hundreds.
const TOLD: usize = 20;

/// What does not add up.
pub(super) fn findings(form: &Form, draft: &Draft, sheets: &[SheetSums]) -> Vec<FrameFinding> {
    let mut found = Vec::new();
    for sheet in sheets {
        for at in 0..sheet.rows.len() {
            for figure in &sheet.rows[at].1 {
                found.extend(finding(form, draft, sheet, at, figure));
            }
        }
    }
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        let message = both!(
            "另有 {more} 个合计数与各行相加不符",
            "{more} further sums differ from what the rows add up to"
        );
        found.push(FrameFinding::new("sums", None, message, fix()));
    }
    found
}

fn fix() -> Text {
    Text::new(
        "核对各行和合计行，改正其中一处",
        "check the rows and the sum, and mend the one that is wrong",
    )
}

fn finding(
    form: &Form,
    draft: &Draft,
    sheet: &SheetSums,
    at: usize,
    figure: &SumFigure,
) -> Option<FrameFinding> {
    let DraftColumn::Numbers(numbers) = &draft.columns[figure.variable] else {
        return None;
    };
    let add = |records: Range<usize>| {
        let records = numbers.get(records).unwrap_or_default();
        number::sum(records.iter().copied().filter(|x| !x.is_nan())).0
    };
    let unread = sheet.unread.iter();
    let unread = unread.filter(|unread| unread.variable == figure.variable);
    let unread: Exact = unread.map(|unread| number::exact(unread.value)).sum();
    let stated = number::exact(figure.value);
    let read = &stated - &unread;
    let (row, _) = &sheet.rows[at];
    let all = || add(sheet.records.clone());
    let (expected, holds) = match row.kind {
        // The total of a list that is spread over sheets may stand on any of them.
        SumKind::All => {
            let own = all();
            let whole = add(0..numbers.len());
            let holds = [&stated, &read]
                .into_iter()
                .any(|x| *x == own || *x == whole);
            (own, holds)
        }
        SumKind::Group => {
            let (expected, holds) = group(sheet, at, &stated, &add);
            (expected, holds || group(sheet, at, &read, &add).1)
        }
        SumKind::OfWhich => {
            let own = all();
            let holds = read <= own;
            (own, holds)
        }
    };
    if holds {
        return None;
    }
    let label = &row.label;
    let variable = form.variable_label(figure.variable);
    let (found, expected) = (number::show(&stated), number::show(&expected));
    let message = if row.kind == SumKind::OfWhich {
        Text::new(
            format!("“{label}”的{}是 {found}，大于全部 {expected}", variable.zh),
            format!(
                "{} of `{label}` is {found}, more than all, {expected}",
                variable.en
            ),
        )
    } else {
        Text::new(
            format!(
                "“{label}”的{}是 {found}，各行相加是 {expected}",
                variable.zh
            ),
            format!(
                "{} of `{label}` is {found}, the rows add up to {expected}",
                variable.en
            ),
        )
    };
    Some(FrameFinding {
        found,
        expected: Some(expected),
        ..FrameFinding::new("sums", Some(figure.cell), message, fix())
    })
}

/// A group's sum stands under its rows or over them; where the first one has rows above it, all
/// stand under.
fn group(
    sheet: &SheetSums,
    at: usize,
    stated: &Exact,
    add: &dyn Fn(Range<usize>) -> Exact,
) -> (Exact, bool) {
    let first = sheet.records.start;
    let bounds = |row: &SumRow| first + row.above;
    let own = bounds(&sheet.rows[at].0);
    let is_group = |(row, _): &&(SumRow, Vec<SumFigure>)| row.kind == SumKind::Group;
    let before = sheet.rows[..at].iter().rev().find(is_group);
    let after = sheet.rows[at + 1..].iter().find(is_group);
    let above = add(before.map_or(first, |(row, _)| bounds(row))..own);
    let below = add(own..after.map_or(sheet.records.end, |(row, _)| bounds(row)));
    let holds = *stated == above || *stated == below;
    let over = sheet
        .rows
        .iter()
        .find(is_group)
        .is_some_and(|(row, _)| row.above == 0);
    (if over { below } else { above }, holds)
}
