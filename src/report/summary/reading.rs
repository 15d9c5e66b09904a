//! 读取说明: what was read otherwise than it is written, for staff who wonder where a figure
//! comes from. Nothing here asks for anything, and none of it counts as a finding.

use super::Summary;
use super::answers::discreet;
use crate::report::page::{self, Heading, Paper};
use crate::words::Text;
use rust_xlsxwriter::{Workbook, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;
/// More notes than this are counted only.
const MOST: usize = 20_000;
/// The column of the counts.
const COUNT: usize = 4;

/// Writes the notes.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.reading)?;
    let styles = &summary.styles;
    let notes = &summary.judged.notes;
    page::words(
        sheet,
        (0, 0),
        summary.pick("读取说明", "How things were read"),
        &styles.title,
    )?;
    sheet.set_row_height(0, 26)?;
    let (lines, cells) = (
        notes.len(),
        notes.iter().map(|note| note.count).sum::<u64>(),
    );
    let text = both!(
        "共 {lines} 条、{cells} 处。这里只说明怎么读，不需要处理，也不计入问题。",
        "{lines} notes on {cells} places. They say how things were read; nothing needs to be done."
    );
    let listed = if lines > MOST {
        both!("只列前 {MOST} 条。", " The first {MOST} are listed.")
    } else {
        Text::default()
    };
    let text = Text::new(text.zh + &listed.zh, text.en + &listed.en);
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), &summary.say(&text), &plain)?;
    let heading = |zh, en, narrow, wide| Heading::new(summary.pick(zh, en), narrow, wide);
    let columns = [
        heading("文件", "File", 20.0, 48.0),
        heading("工作表", "Sheet", 10.0, 24.0),
        heading("怎么读的", "What was done", 30.0, 64.0),
        heading("第一处", "First cell", 9.0, 12.0),
        heading("处数", "Places", 8.0, 10.0),
    ];
    let notes = &notes[..notes.len().min(MOST)];
    let contents: Vec<Vec<String>> = notes
        .iter()
        .map(|note| {
            vec![
                note.file.clone(),
                note.sheet.clone(),
                discreet(&summary.say(&note.what)),
                note.first.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let widths = page::headings(sheet, HEAD, &columns, &contents, &styles.head)?;
    for (at, (note, cells)) in notes.iter().zip(&contents).enumerate() {
        let at = HEAD + 1 + at;
        for (column, text) in cells.iter().enumerate() {
            let format = if column == 3 {
                &styles.centred
            } else {
                &styles.wrapped
            };
            page::words(sheet, (at, column), text, format)?;
        }
        page::count(sheet, (at, COUNT), note.count, &styles.count)?;
        page::fit_row(sheet, at, cells, &widths)?;
    }
    let last = HEAD + notes.len().max(1);
    sheet.autofilter(page::row(HEAD), 0, page::row(last), page::col(COUNT))?;
    sheet.set_freeze_panes(page::row(HEAD + 1), 1)?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((HEAD, HEAD)),
    )
}
