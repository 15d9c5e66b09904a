//! A plain list on a sheet of its own: title, sentence, headings, lines that can be filtered.

use super::Summary;
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Light, Look, Tone};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;

/// A sheet with a list.
pub(super) struct List {
    /// The sheet's name.
    pub name: &'static str,
    /// What stands over it.
    pub title: &'static str,
    /// What is to be known of it.
    pub text: String,
    /// Its columns.
    pub columns: Vec<Heading>,
    /// Its lines, an item a column.
    pub lines: Vec<Vec<Item>>,
}

/// What stands in a cell of a list.
pub(super) enum Item {
    /// Words, over several lines where they are long.
    Words(String),
    /// A word in the middle.
    Word(String),
    /// A word in the middle, lit.
    Lit(String, Light),
    /// A number that counts something.
    Count(u64),
    /// A figure; a dash where there is none.
    Figure(Option<f64>, Look),
    /// A link to a finding's cell, with its id.
    Link(String, String),
}

impl Item {
    /// A link where there is somewhere to go, else the word alone.
    pub(super) fn link(target: Option<String>, id: String) -> Self {
        match target {
            Some(target) => Self::Link(target, id),
            None => Self::Word(id),
        }
    }

    /// As it is shown, to be measured.
    fn shown(&self) -> String {
        match self {
            Self::Words(text) | Self::Word(text) | Self::Lit(text, _) | Self::Link(_, text) => {
                text.clone()
            }
            Self::Count(count) => count.to_string(),
            Self::Figure(x, look) => x.map_or_else(String::new, |x| written(*look, x)),
        }
    }

    fn write(
        &self,
        sheet: &mut Worksheet,
        summary: &Summary<'_>,
        at: (usize, usize),
    ) -> Result<(), XlsxError> {
        let styles = &summary.styles;
        match self {
            Self::Words(text) => page::words(sheet, at, text, &styles.wrapped),
            Self::Word(text) => {
                let format = styles.centred.clone().set_text_wrap();
                page::words(sheet, at, text, &format)
            }
            Self::Lit(text, light) => {
                let format = styles.word(Some(*light), Tone::Plain).set_text_wrap();
                page::words(sheet, at, text, &format)
            }
            Self::Count(count) => page::count(sheet, at, *count, &styles.count),
            Self::Figure(x, look) => {
                let format = styles.cell(*look, Tone::Plain, None);
                figure(sheet, at, *x, &format)
            }
            Self::Link(target, id) => page::id_link(sheet, at, target, id, &styles.link),
        }
    }
}

/// Writes a figure, or a dash where there is none.
pub(super) fn figure(
    sheet: &mut Worksheet,
    at: (usize, usize),
    x: Option<f64>,
    format: &rust_xlsxwriter::Format,
) -> Result<(), XlsxError> {
    let Some(x) = x else {
        return page::words(sheet, at, super::form::NONE, format);
    };
    sheet.write_number_with_format(page::row(at.0), page::col(at.1), x, format)?;
    Ok(())
}

/// A figure as its cell shows it, to be measured: Excel shows `###` where it does not fit.
pub(super) fn written(look: Look, x: f64) -> String {
    let signed = |text: String| if x < 0.0 { format!("-{text}") } else { text };
    match look {
        Look::Words => String::new(),
        Look::Number(decimals) => {
            let text = format!("{:.*}", usize::from(decimals), x.abs());
            let whole = text.find('.').unwrap_or(text.len());
            signed(format!("{}{text}", ",".repeat(whole.saturating_sub(1) / 3)))
        }
        Look::Percent(decimals) => {
            signed(format!("{:.*}%", usize::from(decimals), (x * 100.0).abs()))
        }
        Look::Growth => format!("{:+.1}%", x * 100.0),
        Look::Points => format!("{x:+.2}"),
    }
}

/// Writes a list.
pub(super) fn write(
    book: &mut Workbook,
    summary: &Summary<'_>,
    list: &List,
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(list.name)?;
    let styles = &summary.styles;
    page::words(sheet, (0, 0), list.title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let plain = styles.sentence.clone().unset_text_wrap();
    page::words(sheet, (1, 0), &list.text, &plain)?;
    let shown = |line: &Vec<Item>| line.iter().map(Item::shown).collect::<Vec<String>>();
    let contents: Vec<Vec<String>> = list.lines.iter().map(shown).collect();
    let widths = page::headings(sheet, HEAD, &list.columns, &contents, &styles.head)?;
    for (at, (line, texts)) in list.lines.iter().zip(&contents).enumerate() {
        let at = HEAD + 1 + at;
        for (column, item) in line.iter().enumerate() {
            item.write(sheet, summary, (at, column))?;
        }
        page::fit_row(sheet, at, texts, &widths)?;
    }
    let last = HEAD + list.lines.len().max(1);
    let right = page::col(list.columns.len() - 1);
    sheet.autofilter(page::row(HEAD), 0, page::row(last), right)?;
    sheet.set_freeze_panes(page::row(HEAD + 1), 2)?;
    page::paper(
        sheet,
        Paper::Landscape,
        summary.footer(),
        Some((HEAD, HEAD)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_measured_as_its_cell_shows_it() {
        for (look, x, shown) in [
            (Look::Number(0), 1_234_567.0, 9),
            (Look::Number(2), -1240.5, 9),
            (Look::Number(0), 999.0, 3),
            (Look::Percent(1), 0.806, 5),
            (Look::Growth, -0.0321, 5),
            (Look::Points, 1.5, 5),
        ] {
            assert_eq!(written(look, x).len(), shown, "{look:?} {x}");
        }
    }
}
