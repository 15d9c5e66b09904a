//! Draws a [`Frame`]: title, headings, stubs and foot, on paper of its size.
//!
//! 黑体 18 for the title, 宋体 11 for the rest, thin lines around the table and nowhere else. What
//! stands in the figures' cells is for whoever draws.

use super::{Frame, Line, Placed, Shown, row_label};
use crate::report::page::{self, across, col, row, words};
use crate::report::styles::{BODY, HEADING};
use crate::rulebook::written::Paper;
use crate::words::{Lang, Text};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, IgnoreError, Worksheet, XlsxError};

/// Excel's numbers for the sizes of paper.
const A3: u8 = 8;
const A4: u8 = 9;
/// The height of a row of the body, in points.
const BODY_HEIGHT: f64 = 19.0;

/// The formats of official tables.
pub(in crate::report) struct Dress {
    /// The title.
    pub title: Format,
    /// Words outside of the table.
    pub plain: Format,
    right: Format,
    centred: Format,
    /// A heading.
    pub head: Format,
    /// A row's name.
    pub label: Format,
    /// A code, a serial number, a unit: in the middle of its cell.
    pub code: Format,
    /// A figure.
    pub figure: Format,
    /// Words of a record.
    pub words: Format,
}

impl Dress {
    /// All of them.
    pub fn new() -> Self {
        let plain = Format::new()
            .set_font_name(BODY)
            .set_font_size(11)
            .set_align(FormatAlign::VerticalCenter);
        let boxed = plain.clone().set_border(FormatBorder::Thin);
        Self {
            title: Format::new()
                .set_font_name(HEADING)
                .set_font_size(18)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            right: plain.clone().set_align(FormatAlign::Right),
            centred: plain.clone().set_align(FormatAlign::Center),
            head: boxed.clone().set_align(FormatAlign::Center).set_text_wrap(),
            label: boxed.clone().set_text_wrap(),
            code: boxed.clone().set_align(FormatAlign::Center),
            figure: boxed.clone().set_align(FormatAlign::Right),
            words: boxed.set_text_wrap(),
            plain,
        }
    }
}

/// What is said around the tables.
pub(in crate::report) struct Around {
    /// The title.
    pub title: String,
    /// Who reports.
    pub reporter: String,
    /// The line of signatures, and whether people write in it.
    pub signatures: (String, bool),
    /// What stands over the other lines of the foot.
    pub remark: Option<String>,
}

/// A frame on its sheet.
pub(in crate::report) struct Drawing<'s> {
    /// The sheet.
    pub out: &'s mut Worksheet,
    /// Where everything stands.
    pub frame: &'s Frame<'s>,
    /// How it looks.
    pub dress: &'s Dress,
    /// The language of its words.
    pub lang: Lang,
}

/// Lays a sheet on its paper, as wide as the page.
pub(in crate::report) fn lay(out: &mut Worksheet, paper: Paper) {
    let (size, lying) = match paper {
        Paper::A4Portrait => (A4, false),
        Paper::A4Landscape => (A4, true),
        Paper::A3Landscape => (A3, true),
    };
    out.set_paper_size(size)
        .set_margins(0.5, 0.5, 0.6, 0.7, 0.3, 0.35)
        .set_print_fit_to_pages(1, 0)
        .set_print_center_horizontally(true)
        .set_zoom(100);
    if lying {
        out.set_landscape();
    }
}

/// More columns than this are not printed on one page.
const MOST_ACROSS: usize = 24;

/// The line of signatures, with room for the names.
pub(in crate::report) fn signature_line(labels: &[String]) -> String {
    const ROOM: &str = "\u{3000}\u{3000}\u{3000}\u{3000}";
    let mut line: Vec<String> = labels
        .iter()
        .map(|label| format!("{label}：{ROOM}\u{3000}"))
        .collect();
    line.push(format!("联系电话：{ROOM}\u{3000}\u{3000}"));
    line.push("报出日期：\u{3000}\u{3000}年\u{3000}月\u{3000}日".to_owned());
    line.concat()
}

impl Drawing<'_> {
    fn say<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.lang)
    }

    /// All but the figures.
    pub fn draw(&mut self, around: &Around) -> Result<(), XlsxError> {
        for (at, width) in self.frame.widths.iter().enumerate() {
            self.out.set_column_width(col(at), *width)?;
        }
        self.above(around)?;
        let frame = self.frame;
        for table in &frame.tables {
            self.headings(table)?;
            self.stubs(table)?;
        }
        self.below(around)?;
        self.sheet()
    }

    fn above(&mut self, around: &Around) -> Result<(), XlsxError> {
        let (frame, dress) = (self.frame, self.dress);
        let last = frame.last_column();
        across(self.out, 0, (0, last), &around.title, &dress.title)?;
        self.out.set_row_height(0, 34)?;
        for (at, line) in frame.identity.iter().enumerate() {
            let text = self.say(line).to_owned();
            across(self.out, 1 + at, (frame.right(), last), &text, &dress.plain)?;
        }
        let (at, right) = (frame.filler(), frame.right());
        // Merged cells cut off what does not fit: the name takes the columns that it needs.
        let needed = page::width(&around.reporter) + 2.0;
        let mut room = 0.0;
        let fits = frame.widths.iter().position(|width| {
            room += width;
            room >= needed
        });
        let left = fits.unwrap_or(last).min(right - 2);
        across(self.out, at, (0, left), &around.reporter, &dress.plain)?;
        let covers = self.say(&frame.covers).to_owned();
        across(self.out, at, (left + 1, right - 1), &covers, &dress.centred)?;
        if let Some(unit) = &frame.unit {
            let unit = self.say(unit).to_owned();
            across(self.out, at, (right, last), &unit, &dress.right)?;
        }
        self.out.set_row_height(row(at), 20)?;
        Ok(())
    }

    fn headings(&mut self, table: &Placed<'_>) -> Result<(), XlsxError> {
        let dress = self.dress;
        if let Some((at, caption)) = &table.caption {
            let caption = self.say(caption).to_owned();
            let last = table.columns.len() - 1;
            across(self.out, *at, (0, last), &caption, &dress.centred)?;
            self.out.set_row_height(row(*at), 24)?;
        }
        for cell in &table.head {
            let text = self.say(&cell.text).to_owned();
            if cell.first == cell.last {
                words(self.out, cell.first, &text, &dress.head)?;
            } else {
                let (first, last) = (cell.first, cell.last);
                let (top, left) = (row(first.0), col(first.1));
                let (bottom, right) = (row(last.0), col(last.1));
                self.out
                    .merge_range(top, left, bottom, right, &text, &dress.head)?;
            }
        }
        for at in table.top()..table.numbers {
            let lines = self.lines_of(table, at);
            self.out.set_row_height(row(at), page::height(lines))?;
        }
        for (at, sign) in table.signs().iter().enumerate() {
            let place = (table.numbers, at);
            match sign.parse::<u64>() {
                Ok(number) => page::count(self.out, place, number, &dress.code)?,
                Err(_) => words(self.out, place, sign, &dress.code)?,
            }
        }
        Ok(())
    }

    /// How many lines the headings that stand in this row alone need.
    fn lines_of(&self, table: &Placed<'_>, at: usize) -> usize {
        let own = table.head.iter().filter(|cell| cell.last.0 == at);
        let lines = own.map(|cell| {
            let widths = self.frame.widths[cell.first.1..=cell.last.1].iter();
            let rows = cell.last.0 - cell.first.0 + 1;
            page::lines_in(self.say(&cell.text), widths.sum()).div_ceil(rows)
        });
        lines.max().unwrap_or(1)
    }

    /// The rows' names and codes, with lines around every cell.
    fn stubs(&mut self, table: &Placed<'_>) -> Result<(), XlsxError> {
        let (dress, form) = (self.dress, table.form);
        for (nth, line) in table.lines.iter().enumerate() {
            let at = table.first() + nth;
            let mut lines = 1;
            for (column, shown) in table.columns.iter().enumerate() {
                let text = match (line, shown) {
                    (Line::Heading(text), Shown::Label) => self.say(text).to_owned(),
                    (Line::Row(row), Shown::Label) => {
                        let label = row_label(form, &form.rows[*row]);
                        self.say(&label).to_owned()
                    }
                    (Line::Row(row), Shown::Code) => form.rows[*row].no.clone().unwrap_or_default(),
                    (Line::Row(row), Shown::Column(column))
                        if form.unit_column() == Some(*column) =>
                    {
                        form.rows[*row].unit.clone().unwrap_or_default()
                    }
                    (Line::Total(label), _) if column == 0 => label.clone(),
                    _ => String::new(),
                };
                let format = match shown {
                    Shown::Label => &dress.label,
                    _ => &dress.code,
                };
                if text.is_empty() {
                    self.out.write_blank(row(at), col(column), format)?;
                } else {
                    words(self.out, (at, column), &text, format)?;
                    let room = self.frame.widths.get(column).copied();
                    lines = lines.max(page::lines_in(&text, room.unwrap_or(f64::MAX)));
                }
            }
            let height = page::height(lines).max(BODY_HEIGHT);
            self.out.set_row_height(row(at), height)?;
        }
        Ok(())
    }

    fn below(&mut self, around: &Around) -> Result<(), XlsxError> {
        let (frame, dress) = (self.frame, self.dress);
        let last = frame.last_column();
        let (line, open) = &around.signatures;
        let format = if *open {
            dress.plain.clone().set_unlocked()
        } else {
            dress.plain.clone()
        };
        across(self.out, frame.foot, (0, last), line, &format)?;
        self.out.set_row_height(row(frame.foot), 20)?;
        let mut text = String::new();
        if let Some(remark) = &around.remark {
            text.push_str(remark);
            text.push('\n');
        }
        text.push_str(&self.notes());
        if text.trim().is_empty() {
            return Ok(());
        }
        let at = frame.foot + 1;
        let wrapped = dress.plain.clone().set_text_wrap();
        across(self.out, at, (0, last), &text, &wrapped)?;
        let room: f64 = frame.widths.iter().sum();
        let lines = page::lines_in(&text, room);
        self.out.set_row_height(row(at), page::height(lines))?;
        Ok(())
    }

    /// `说明：1.… 2.…`
    fn notes(&self) -> String {
        let notes = self.frame.notes.iter().enumerate();
        let told: Vec<String> = notes
            .map(|(at, note)| format!("{}.{}", at + 1, self.say(note)))
            .collect();
        let told = told.concat();
        match (told.is_empty(), self.lang) {
            (true, _) => told,
            (false, Lang::Zh) => format!("说明：{told}"),
            (false, Lang::En) => format!("Notes: {told}"),
        }
    }

    /// Paper, and the headings on every page of a long list.
    fn sheet(&mut self) -> Result<(), XlsxError> {
        let frame = self.frame;
        lay(self.out, frame.paper);
        // A fixed form is one page, foot and notes included.
        if frame.tables.iter().all(|table| table.form.is_fixed()) {
            self.out.set_print_fit_to_pages(1, 1);
        }
        if let [table] = frame.tables.as_slice() {
            self.out
                .set_repeat_rows(row(table.top()), row(table.numbers))?;
            let stub = table.columns.iter().take_while(|shown| match shown {
                Shown::Serial | Shown::Label | Shown::Code => true,
                Shown::Column(at) => {
                    let form = table.form;
                    // A record is known by its key and by the name behind it.
                    let is_named = at.checked_sub(1).is_some_and(|key| form.key.contains(&key));
                    form.unit_column() == Some(*at) || form.key.contains(at) || is_named
                }
            });
            let beside = stub.count();
            // A list of very many columns is printed over two pages side by side, each with the
            // names of its records.
            if !table.form.is_fixed() && table.columns.len() > MOST_ACROSS && beside > 0 {
                self.out.set_print_fit_to_pages(2, 0).set_page_order(true);
                self.out.set_repeat_columns(0, col(beside - 1))?;
            }
            self.out.set_freeze_panes(row(table.first()), col(beside))?;
        }
        let (rows, columns) = (row(frame.foot + 1), col(frame.last_column()));
        self.out
            .ignore_error_range(0, 0, rows, columns, IgnoreError::NumberStoredAsText)?;
        Ok(())
    }
}
