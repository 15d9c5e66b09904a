//! .ods: `OpenDocument` spreadsheets, as `LibreOffice`, Excel and WPS save them.
//!
//! `content.xml` is read as a stream, with a function for each level (sheet, row, cell, text), so
//! that no nesting in a file makes it recurse. calamine is not used: it loops for ever on a table
//! that is never closed, and tells neither percentages nor hidden rows. What repeats is expanded
//! at the cost of the budget; blank cells and rows cost nothing, however often they repeat. Names
//! are taken with the prefixes that all these programs write.
//!
//! Formulas are only counted: `of:=[.B4]*2` is not how Excel writes them. What lies in drawings,
//! comments and tracked changes is no cell. Flat XML (`.fods`) is not read.

mod styles;

use super::package::Package;
use super::sniff::Kind;
use super::{About, Book, Budget, Error, NumberFormat, RawSheet, Value};
use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range};
use crate::rulebook::written::Limits;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::sync::Arc;
use styles::Styles;

/// How many characters Excel allows in a cell: no count makes more spaces than these.
const MOST_SPACES: usize = 32_767;

/// Reads every sheet of a package.
///
/// # Errors
/// When it is damaged, protected by a password, no spreadsheet, or goes over a limit.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let limits = budget.limits;
    let mut package = Package::open(bytes, limits)?;
    // First: of an encrypted package, no other part need be there.
    if let Some(manifest) = part(&mut package, "META-INF/manifest.xml") {
        refuse_encrypted(manifest)?;
    }
    let meta = part(&mut package, "meta.xml");
    let about = About {
        kind: ".ods".to_owned(),
        // None of it is worth refusing a workbook for.
        ..meta
            .map(said_of_itself)
            .and_then(Result::ok)
            .unwrap_or_default()
    };
    let mut styles = Styles::new();
    if let Some(common) = part(&mut package, "styles.xml") {
        styles.read_common(common)?;
    }
    let content = part(&mut package, "content.xml");
    let content = content.ok_or_else(|| Error::damaged("there is no content.xml"))?;
    let sheets = sheets(content, styles, budget)?;
    Ok(Book {
        sheets,
        about,
        ..Book::default()
    })
}

/// An XML part, event by event. Empty elements come as a start and an end.
struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

fn part<'p, 'a>(
    package: &'p mut Package<'a>,
    name: &str,
) -> Option<Xml<impl BufRead + use<'p, 'a>>> {
    let part = package.part(name)?;
    Some(Xml::new(BufReader::new(part)))
}

impl<R: BufRead> Xml<R> {
    fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
        }
    }

    fn next(&mut self) -> Result<Event<'_>, Error> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        event.map_err(Error::damaged)
    }

    /// Goes behind the end of the element that has just begun.
    fn skip(&mut self) -> Result<(), Error> {
        let mut depth = 1_u64;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text of the element that has just begun, up to its end.
    fn text(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Event::Text(more) => text.push_str(&more.xml10_content()),
                Event::CData(more) => text.push_str(&more.xml10_content()),
                Event::GeneralRef(entity) => text.extend(character(&entity)),
                Event::Start(_) => self.skip()?,
                Event::End(_) => return Ok(text),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
    }
}

fn cut_off() -> Error {
    Error::damaged("a part of the package ends in the middle")
}

/// What `&lt;` or `&#23383;` stand for; nothing for what a document made up itself.
pub(super) fn character(entity: &BytesRef<'_>) -> Option<char> {
    match resolve_xml_entity(entity) {
        Some(text) => text.chars().next(),
        None => entity.resolve_char_ref().ok().flatten(),
    }
}

/// An attribute of an element, where it is there and can be made out.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|attribute| attribute.key.as_ref() == name)?;
    value_of(&found)
}

fn value_of(attribute: &Attribute<'_>) -> Option<String> {
    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
    value.ok().map(Cow::into_owned)
}

/// A count of at least one, which is what it is where nothing is written.
fn count(text: Option<&str>) -> u32 {
    let count = text.and_then(|text| text.trim().parse::<u64>().ok());
    count.map_or(1, |count| u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

fn refuse_encrypted(mut manifest: Xml<impl BufRead>) -> Result<(), Error> {
    loop {
        match manifest.next()? {
            Event::Start(tag) if tag.local_name().as_ref() == "encryption-data" => {
                return Err(Error::Password);
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn said_of_itself(mut meta: Xml<impl BufRead>) -> Result<About, Error> {
    let mut about = About::default();
    loop {
        match meta.next()? {
            Event::Start(tag) => match tag.name().as_ref() {
                "meta:generator" => about.application = Some(meta.text()?),
                "dc:date" => about.modified = Some(meta.text()?),
                "meta:user-defined" => {
                    let name = attribute(&tag, "meta:name").unwrap_or_default();
                    about.properties.push((name, meta.text()?));
                }
                _ => {}
            },
            Event::Eof => return Ok(about),
            _ => {}
        }
    }
}

fn sheets(
    mut xml: Xml<impl BufRead>,
    mut styles: Styles,
    budget: &mut Budget<'_>,
) -> Result<Vec<RawSheet>, Error> {
    let mut sheets = Vec::new();
    let mut formats: Option<Arc<[NumberFormat]>> = None;
    let (mut begun, mut ended) = (false, false);
    loop {
        match xml.next()? {
            Event::Start(tag) => match tag.name().as_ref() {
                "office:document-content" | "office:body" => {}
                "office:spreadsheet" => begun = true,
                "office:automatic-styles" => styles.read_section(&mut xml)?,
                "table:table" if begun => {
                    let allowed = u64::from(budget.limits.sheets);
                    if sheets.len() as u64 >= allowed {
                        return Err(Error::OverLimit {
                            limit: "sheets",
                            found: allowed + 1,
                            allowed,
                        });
                    }
                    let formats = formats.get_or_insert_with(|| styles.formats());
                    let sheet = RawSheet::new(
                        attribute(&tag, "table:name").unwrap_or_default(),
                        attribute(&tag, "table:style-name")
                            .is_some_and(|style| styles.hides_sheet(&style)),
                        formats.clone(),
                    );
                    let protected = attribute(&tag, "table:protected");
                    let mut table = Table::new(sheet, &styles, budget);
                    table.sheet.facts.protected = protected.as_deref() == Some("true");
                    table.read(&mut xml)?;
                    sheets.push(table.sheet);
                }
                // Among these are tracked changes and links, whose tables are no sheets.
                _ => xml.skip()?,
            },
            Event::End(tag) if tag.name().as_ref() == "office:spreadsheet" => ended = true,
            Event::Eof => break,
            _ => {}
        }
    }
    match (begun, ended) {
        (_, true) => Ok(sheets),
        (true, false) => Err(cut_off()),
        // A text or a presentation is such a package, too.
        (false, false) => Err(Error::NotAWorkbook(Kind::Unknown)),
    }
}

/// A sheet on the way out of its XML.
struct Table<'a, 'b> {
    sheet: RawSheet,
    styles: &'a Styles,
    budget: &'a mut Budget<'b>,
    /// The next row.
    row: u32,
    /// The formats that columns give to cells without a style.
    columns: Vec<Option<u32>>,
    hidden_rows: Vec<Run>,
    hidden_columns: Vec<Run>,
}

/// So many rows or columns from the first.
struct Run {
    first: u32,
    length: u32,
}

/// What stands in one cell or in several side by side.
struct Held {
    columns: Run,
    format: u32,
    content: Content,
}

#[derive(Debug, PartialEq)]
enum Content {
    Number(f64),
    Date(f64),
    Text(String),
    Truth(bool),
    Error(&'static str),
    /// The result of a formula, which was never worked out.
    Missing,
    Damaged,
}

impl<'a, 'b> Table<'a, 'b> {
    fn new(sheet: RawSheet, styles: &'a Styles, budget: &'a mut Budget<'b>) -> Self {
        Self {
            sheet,
            styles,
            budget,
            row: 0,
            columns: Vec::new(),
            hidden_rows: Vec::new(),
            hidden_columns: Vec::new(),
        }
    }

    fn read(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), Error> {
        loop {
            match xml.next()? {
                Event::Start(tag) => match tag.name().as_ref() {
                    "table:table-columns"
                    | "table:table-header-columns"
                    | "table:table-column-group"
                    | "table:table-rows"
                    | "table:table-header-rows"
                    | "table:table-row-group" => {}
                    "table:table-column" => {
                        self.see_column(&tag);
                        xml.skip()?;
                    }
                    "table:table-row" => {
                        let repeated = attribute(&tag, "table:number-rows-repeated");
                        let times = count(repeated.as_deref()).min(MAX_ROWS - self.row);
                        if is_hidden(&tag) {
                            self.hidden_rows.push(Run {
                                first: self.row,
                                length: times,
                            });
                        }
                        let format = self.default_format(&tag);
                        self.read_row(xml, times, format)?;
                        self.row += times;
                    }
                    _ => xml.skip()?,
                },
                Event::End(tag) if tag.name().as_ref() == "table:table" => break,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        self.tell_hidden()?;
        self.sheet.close();
        Ok(())
    }

    fn see_column(&mut self, tag: &BytesStart<'_>) {
        let first = u32::try_from(self.columns.len()).unwrap_or(MAX_COLUMNS);
        let repeated = attribute(tag, "table:number-columns-repeated");
        let length = count(repeated.as_deref()).min(MAX_COLUMNS - first);
        if is_hidden(tag) {
            self.hidden_columns.push(Run { first, length });
        }
        let format = self.default_format(tag);
        self.columns.extend((0..length).map(|_| format));
    }

    fn default_format(&self, tag: &BytesStart<'_>) -> Option<u32> {
        let style = attribute(tag, "table:default-cell-style-name")?;
        self.styles.format_of(&style)
    }

    /// Reads a row that stands there so many times.
    fn read_row(
        &mut self,
        xml: &mut Xml<impl BufRead>,
        times: u32,
        default: Option<u32>,
    ) -> Result<(), Error> {
        let (mut held, mut merged) = (Vec::new(), Vec::new());
        let mut column = 0_u32;
        loop {
            let cell = match xml.next()? {
                Event::Start(tag) => match tag.name().as_ref() {
                    "table:table-cell" | "table:covered-table-cell" => Some(WrittenCell::new(&tag)),
                    _ => None,
                },
                Event::End(_) => break,
                Event::Eof => return Err(cut_off()),
                _ => continue,
            };
            let Some(mut cell) = cell else {
                xml.skip()?;
                continue;
            };
            cell.read_text(xml, self.budget.limits)?;
            let content = cell.content();
            let length = cell.repeated.min(MAX_COLUMNS - column);
            if times == 0 || length == 0 {
                // Beyond the last row or column that a sheet can have, where nobody sees it.
                self.sheet.damaged += u64::from(content.is_some());
                continue;
            }
            if cell.has_formula {
                self.sheet.facts.formulas += u64::from(times) * u64::from(length);
            }
            if cell.rows > 1 || cell.columns > 1 {
                merged.push((column, cell.columns, cell.rows));
            }
            if let Some(content) = content {
                let own = cell.style.and_then(|style| self.styles.format_of(&style));
                let of_column = || self.columns.get(column as usize).copied().flatten();
                let format = own.or(default).or_else(of_column).unwrap_or(0);
                let columns = Run {
                    first: column,
                    length,
                };
                held.push(self.held(columns, format, content, &cell.kind));
            }
            column += length;
        }
        if held.is_empty() && merged.is_empty() {
            return Ok(());
        }
        for row in self.row..self.row + times {
            for held in &held {
                self.put(row, held)?;
            }
            for (column, columns, rows) in &merged {
                self.merge(Cell::new(row, *column), *columns, *rows)?;
            }
        }
        Ok(())
    }

    /// What a cell says of itself goes before what its style shows.
    fn held(&self, columns: Run, format: u32, content: Content, kind: &str) -> Held {
        let shown = self.styles.shown(format);
        let (format, content) = match content {
            Content::Number(x) if shown.date => (format, Content::Date(x)),
            Content::Number(_) if kind == "percentage" && !shown.percent => {
                (styles::PERCENT, content)
            }
            Content::Date(_) if !shown.date => (styles::DAY, content),
            _ => (format, content),
        };
        Held {
            columns,
            format,
            content,
        }
    }

    fn put(&mut self, row: u32, held: &Held) -> Result<(), Error> {
        for column in held.columns.first..held.columns.first + held.columns.length {
            let cell = Cell::new(row, column);
            let value = match &held.content {
                Content::Number(x) => Value::Number(*x),
                Content::Date(serial) => Value::Date(*serial),
                Content::Text(text) => Value::Text(text),
                Content::Truth(truth) => Value::Truth(*truth),
                Content::Error(error) => Value::Error(error),
                Content::Missing => {
                    charge(self.budget)?;
                    self.sheet.facts.without_result.push(cell);
                    continue;
                }
                Content::Damaged => {
                    charge(self.budget)?;
                    self.sheet.damaged += 1;
                    self.sheet.facts.damaged.push(cell);
                    continue;
                }
            };
            self.sheet.push(cell, value, held.format, self.budget)?;
        }
        Ok(())
    }

    fn merge(&mut self, first: Cell, columns: u32, rows: u32) -> Result<(), Error> {
        charge(self.budget)?;
        let last = Cell::new(
            first.row.saturating_add(rows - 1).min(MAX_ROWS - 1),
            first
                .column
                .saturating_add(columns - 1)
                .min(MAX_COLUMNS - 1),
        );
        self.sheet.merge(Range { first, last }, self.budget.limits)
    }

    /// Hidden rows and columns are told as far as anything stands in the sheet: people hide all
    /// that they don't use, a million rows.
    fn tell_hidden(&mut self) -> Result<(), Error> {
        let cells = &self.sheet.cells;
        let rows = cells.last().map_or(0, |raw| raw.cell.row + 1);
        let columns = cells.iter().map(|raw| raw.cell.column + 1).max();
        let facts = &mut self.sheet.facts;
        for (runs, end, hidden) in [
            (&self.hidden_rows, rows, &mut facts.hidden_rows),
            (
                &self.hidden_columns,
                columns.unwrap_or(0),
                &mut facts.hidden_columns,
            ),
        ] {
            for run in runs {
                for at in run.first..end.min(run.first + run.length) {
                    charge(self.budget)?;
                    hidden.push(at);
                }
            }
        }
        Ok(())
    }
}

/// What a count makes costs like a filled cell, so that no few bytes make a million of it.
fn charge(budget: &mut Budget<'_>) -> Result<(), Error> {
    let allowed = budget.limits.cells;
    Budget::spend(&mut budget.cells, "cells", allowed, 1)
}

fn is_hidden(tag: &BytesStart<'_>) -> bool {
    let visibility = attribute(tag, "table:visibility");
    matches!(visibility.as_deref(), Some("collapse" | "filter"))
}

/// A cell as it is written.
#[derive(Default)]
struct WrittenCell {
    repeated: u32,
    /// How many columns and rows it spans.
    columns: u32,
    rows: u32,
    style: Option<String>,
    /// `float`, `percentage`, `currency`, `date`, `time`, `boolean` or `string`.
    kind: String,
    is_error: bool,
    has_formula: bool,
    /// What stands in the attribute that belongs to the kind.
    value: Option<String>,
    /// What it shows, paragraph by paragraph, where it has any.
    text: Option<String>,
    damaged: bool,
}

impl WrittenCell {
    fn new(tag: &BytesStart<'_>) -> Self {
        let mut cell = Self {
            repeated: 1,
            columns: 1,
            rows: 1,
            ..Self::default()
        };
        for attribute in tag.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                cell.damaged = true;
                continue;
            };
            let Some(value) = value_of(&attribute) else {
                cell.damaged = true;
                continue;
            };
            match attribute.key.as_ref() {
                "table:style-name" => cell.style = Some(value),
                "table:number-columns-repeated" => cell.repeated = count(Some(&value)),
                "table:number-columns-spanned" => cell.columns = count(Some(&value)),
                "table:number-rows-spanned" => cell.rows = count(Some(&value)),
                "table:formula" => cell.has_formula = true,
                "office:value-type" => cell.kind = value,
                "calcext:value-type" => cell.is_error = value == "error",
                _ => {}
            }
        }
        let name = match cell.kind.as_str() {
            "float" | "currency" | "percentage" => "office:value",
            "date" => "office:date-value",
            "time" => "office:time-value",
            "boolean" => "office:boolean-value",
            _ => "office:string-value",
        };
        cell.value = attribute(tag, name);
        cell
    }

    /// Reads up to the cell's end. White space is what HTML would make of it.
    fn read_text(&mut self, xml: &mut Xml<impl BufRead>, limits: &Limits) -> Result<(), Error> {
        let mut depth = 0_u64;
        let mut after_space = true;
        loop {
            match xml.next()? {
                Event::Start(tag) => {
                    match tag.name().as_ref() {
                        "text:p" | "text:h" => {
                            match &mut self.text {
                                Some(text) => text.push('\n'),
                                None => self.text = Some(String::new()),
                            }
                            after_space = true;
                        }
                        "text:s" => {
                            let spaces = count(attribute(&tag, "text:c").as_deref()) as usize;
                            let text = self.text.get_or_insert_default();
                            let room = MOST_SPACES.saturating_sub(text.len());
                            text.extend((0..spaces.min(room)).map(|_| ' '));
                        }
                        "text:tab" => self.text.get_or_insert_default().push('\t'),
                        "text:line-break" => self.text.get_or_insert_default().push('\n'),
                        // Notes and readings printed small above the words.
                        "text:note" | "text:ruby-text" => {
                            xml.skip()?;
                            continue;
                        }
                        name if name.starts_with("text:") => {}
                        // Comments, drawings and tables within the cell.
                        _ => {
                            xml.skip()?;
                            continue;
                        }
                    }
                    depth += 1;
                }
                Event::Text(text) if depth > 0 => {
                    self.add(&text.xml10_content(), &mut after_space);
                }
                Event::CData(text) if depth > 0 => {
                    self.add(&text.xml10_content(), &mut after_space);
                }
                Event::GeneralRef(entity) => match character(&entity) {
                    Some(c) if depth > 0 => self.add(c.encode_utf8(&mut [0; 4]), &mut after_space),
                    Some(_) => {}
                    None => self.damaged = true,
                },
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
            let length = self.text.as_ref().map_or(0, String::len) as u64;
            if length > limits.strings_bytes {
                return Err(Error::OverLimit {
                    limit: "strings_bytes",
                    found: length,
                    allowed: limits.strings_bytes,
                });
            }
        }
    }

    fn add(&mut self, text: &str, after_space: &mut bool) {
        let own = self.text.get_or_insert_default();
        for c in text.chars() {
            let is_space = matches!(c, ' ' | '\t' | '\n' | '\r');
            if !is_space {
                own.push(c);
            } else if !*after_space {
                own.push(' ');
            }
            *after_space = is_space;
        }
    }

    /// What stands in it, if anything does.
    fn content(&mut self) -> Option<Content> {
        if self.damaged {
            return Some(Content::Damaged);
        }
        let shown = self.text.as_deref().unwrap_or_default().trim();
        // Older programs keep an error as the number 0 that shows `#DIV/0!`.
        if self.is_error || (self.has_formula && is_error_text(shown)) {
            return Some(Content::Error(error(shown)));
        }
        let value = self.value.take();
        // A formula that gave no text has an empty paragraph, or says at least that it is text.
        let says_nothing = value.is_none() && self.text.is_none() && self.kind != "string";
        if self.has_formula && says_nothing {
            return Some(Content::Missing);
        }
        let content = match self.kind.as_str() {
            "float" | "currency" | "percentage" => {
                let number = value.and_then(|value| value.trim().parse().ok());
                // LibreOffice keeps truths as numbers where no format says otherwise.
                number.filter(|x: &f64| x.is_finite()).map(|x| match shown {
                    "TRUE" => Content::Truth(true),
                    "FALSE" => Content::Truth(false),
                    _ => Content::Number(x),
                })
            }
            "date" => value.and_then(|value| serial(&value)).map(Content::Date),
            "time" => value.and_then(|value| days(&value)).map(Content::Date),
            "boolean" => value.map(|value| Content::Truth(value == "true")),
            _ => {
                let text = match value {
                    Some(value) if !value.is_empty() => value,
                    _ => self.text.take().unwrap_or_default(),
                };
                return (!text.trim().is_empty()).then_some(Content::Text(text));
            }
        };
        Some(content.unwrap_or(Content::Damaged))
    }
}

const ERRORS: [&str; 7] = [
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A",
];

fn is_error_text(shown: &str) -> bool {
    ERRORS.contains(&shown) || shown.starts_with("Err:5") || shown.starts_with("错误:5")
}

/// The error that Excel shows where `LibreOffice` shows this.
fn error(shown: &str) -> &'static str {
    if shown.ends_with(":503") {
        return "#NUM!";
    }
    let same = ERRORS.into_iter().find(|error| *error == shown);
    same.unwrap_or("#VALUE!")
}

/// The serial number of `2024-01-06` or `2024-01-06T08:30:00`, as the 1900 calendar counts.
fn serial(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('Z');
    let at = match text.split_once('T') {
        Some(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?,
        None => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_time(NaiveTime::MIN),
    };
    let since = at.date() - NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let days = i32::try_from(since.num_days()).ok()?;
    // Excel's 1900 has a 29th of February.
    let days = if days < 61 { days - 1 } else { days };
    Some(f64::from(days) + f64::from(at.num_seconds_from_midnight()) / 86_400.0)
}

/// How many days `PT08H30M00S` is.
fn days(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let (date, time) = text.strip_prefix('P')?.split_once('T')?;
    let mut seconds = 0.0;
    for (part, units) in [
        (date, &[('D', 86_400.0)][..]),
        (time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)][..]),
    ] {
        let mut rest = part;
        for (unit, length) in units {
            if let Some((number, behind)) = rest.split_once(*unit) {
                seconds += number.parse::<f64>().ok()? * length;
                rest = behind;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(sign * seconds / 86_400.0).filter(|days| days.is_finite())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;
    use std::io::{Cursor, Read};
    use zip::ZipArchive;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const LIBREOFFICE: &[u8] = include_bytes!("../../tests/files/libreoffice.ods");

    type Parts = Vec<(String, Vec<u8>)>;

    /// A package of these parts.
    pub fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut package = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, part) in parts {
            package
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            package.write_all(part).unwrap();
        }
        package.finish().unwrap().into_inner()
    }

    /// A sheet's cells as people read them, with the codes of their formats.
    pub fn shown(sheet: &RawSheet) -> Vec<String> {
        let cells = sheet.cells.iter().map(|raw| {
            let cell = raw.cell;
            let shown = match sheet.value(raw) {
                Value::Number(x) => format!("{cell} {x}"),
                Value::Date(x) => format!("{cell} day {x}"),
                Value::Text(text) => format!("{cell} {text}"),
                Value::Truth(truth) => format!("{cell} {truth}"),
                Value::Error(error) => format!("{cell} {error}"),
            };
            match &*sheet.formats[raw.format as usize].code {
                "General" => shown,
                code => format!("{shown} as {code}"),
            }
        });
        cells.collect()
    }

    /// Numbers that look random and are the same in every run.
    pub struct Dice(u64);

    impl Dice {
        pub fn new(seed: u64) -> Self {
            Self(seed)
        }

        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
        }

        /// The parts of a package.
        pub fn parts(bytes: &[u8]) -> Parts {
            let mut package = ZipArchive::new(Cursor::new(bytes)).unwrap();
            let indices = 0..package.len();
            let parts = indices.map(|index| {
                let mut part = package.by_index(index).unwrap();
                let mut bytes = Vec::new();
                part.read_to_end(&mut bytes).unwrap();
                (part.name().unwrap().into_owned(), bytes)
            });
            parts.collect()
        }

        /// A package of the same parts, one of them spoilt in a few places.
        pub fn spoil(&mut self, parts: &Parts) -> Vec<u8> {
            let mut parts = parts.clone();
            let chosen = self.roll(parts.len());
            let part = &mut parts[chosen].1;
            for _ in 0..=self.roll(4) {
                let at = self.roll(part.len());
                let length = self.roll(20).min(part.len() - at);
                match self.roll(5) {
                    0 => part.truncate(at),
                    1 => drop(part.drain(at..at + length)),
                    2 => {
                        let again = part[at..at + length].to_vec();
                        let to = self.roll(part.len());
                        part.splice(to..to, again);
                    }
                    3 => part[at..at + length].fill([0, 0xff, b'9', b'<'][self.roll(4)]),
                    _ if at < part.len() => part[at] = self.roll(256).try_into().unwrap(),
                    _ => {}
                }
            }
            let parts: Vec<_> = parts
                .iter()
                .map(|(name, part)| (&**name, &**part))
                .collect();
            packed(&parts)
        }
    }

    fn read(bytes: &[u8]) -> Result<Book, Error> {
        super::read(bytes, &mut Budget::new(&Limits::default()))
    }

    /// A package around the content of `office:document-content`.
    fn document(content: &str) -> Vec<u8> {
        let content = format!("<office:document-content>{content}</office:document-content>");
        packed(&[("content.xml", content.as_bytes())])
    }

    /// A package of one sheet around its rows.
    fn rows(rows: &str) -> Vec<u8> {
        document(&format!(
            r#"<office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body>"#
        ))
    }

    fn row(cells: &str) -> RawSheet {
        let bytes = rows(&format!("<table:table-row>{cells}</table:table-row>"));
        read(&bytes).unwrap().sheets.remove(0)
    }

    #[test]
    fn a_real_file_is_read_as_libreoffice_shows_it() {
        let book = read(LIBREOFFICE).unwrap();
        let sheet = &book.sheets[0];
        assert_eq!(
            shown(sheet),
            [
                "A1 城东区2024年度人口情况表",
                "A3 地区",
                "B3 总人口\n（万人）",
                "C3 城镇化率",
                "D3 填报日期",
                "E3 合计",
                "F3 备注",
                "A4 东街",
                "B4 12.5 as #,##0.00;-#,##0.00",
                "C4 0.806 as 0.0%",
                "D4 day 45297 as yyyy\"年\"m\"月\"d\"日\"",
                "E4 25",
                "F4 有  两个空格\t制表",
                "A5 西街",
                "B5 3 as #,##0.00;-#,##0.00",
                "C5 0.5 as 0.0%",
                "D5 day 45291 as yyyy\"年\"m\"月\"d\"日\"",
                "E5 6",
                "F5 #DIV/0!",
                "A6 南街",
                "B6 80.6 as #,##0.00;-#,##0.00",
                "C6 0.1234 as 0%",
                "D6 day 45351 as yyyy\"年\"m\"月\"d\"日\"",
                "E6 161.2",
                "F6 #N/A",
                "B7 123456789 as #,##0,",
                "C7 12345 as 0\\!.0,\"万\"",
                "D7 day 45297.354166666664 as yyyy/m/d h:mm",
                "E7 day 0.3541666666666667 as h:mm",
                "F7 true",
                "A8 同",
                "B8 7",
                "C8 7",
                "D8 7",
                "E8 7",
                "F8 7",
                "G8 7",
                "A9 5",
                "B9 5",
                "C9 5",
                "D9 5",
                "A10 5",
                "B10 5",
                "C10 5",
                "D10 5",
                "A11 5",
                "B11 5",
                "C11 5",
                "D11 5",
                "B12 文字",
                "C12 true",
                "D12 1234.5 as \"¥\"#,##0.00",
                "E12 -0.25 as 0.0%;-0.0%",
                "F12 20 as 0\"项\"",
                "G12 0.00012 as 0.00E+00",
                "H12 day 14 as yyyy-mm-dd",
                "I12 12345 as [>=10000]0\\!.0,\"万\";0",
                "J12 0.5 as # ?/?",
                "K12 35.5 as 0.##",
                "L12 day 1.25 as [h]:mm",
                "M12 001 as @",
                "N12 5 as 000",
                "O12 0.3 as \"约\"0.00%",
                "A14 合并",
                "C14 #NAME?",
                "D14 #REF!",
                "E14 #VALUE!",
                "F14 #N/A",
                "G14 #VALUE!",
                "A30 末行",
            ]
        );
    }

    #[test]
    fn what_is_around_the_cells_of_a_real_file_is_told() {
        let book = read(LIBREOFFICE).unwrap();
        let names: Vec<_> = book.sheets.iter().map(|s| (&*s.name, s.hidden)).collect();
        assert_eq!(
            names,
            [
                ("人口情况", false),
                ("隐藏表", true),
                ("保护表", false),
                ("图", false)
            ]
        );
        let (sheet, facts) = (&book.sheets[0], &book.sheets[0].facts);
        assert_eq!(facts.hidden_rows, [4, 5]);
        assert_eq!(facts.hidden_columns, [3]);
        let merges = [
            "A1:F1", "A14:B15", "A20:C20", "A21:C21", "A22:C22", "A23:C23",
        ];
        assert_eq!(
            facts.merges,
            merges.map(|merge| Range::parse(merge).unwrap())
        );
        assert_eq!(facts.formulas, 14);
        assert_eq!((facts.protected, sheet.damaged), (false, 0));
        assert!(facts.without_result.is_empty());
        assert!(book.sheets[2].facts.protected);
        assert_eq!(shown(&book.sheets[2]), ["B2 a<b>&\"c\""]);
        assert_eq!(shown(&book.sheets[3]), ["A1 0.5 as 0%"]);
        let application = book.about.application.unwrap();
        assert!(application.starts_with("LibreOffice/"), "{application}");
        assert_eq!(book.about.modified.as_deref(), Some("2026-11-22T03:30:21"));
        assert_eq!(book.about.properties, [("AppVersion".into(), "3.1".into())]);
    }

    #[test]
    fn text_keeps_its_spaces_and_breaks_and_leaves_out_comments() {
        let sheet = row("<table:table-cell office:value-type='string'>
               <office:annotation><text:p>批注</text:p></office:annotation>
               <text:p>  <text:span>甲</text:span>\n  <text:s text:c='2'/>乙<text:tab/>丙 </text:p>
               <text:p>丁<text:line-break/>&lt;戊&#x5df1;<text:note>注</text:note></text:p>
               <draw:frame><table:table><table:table-row/></table:table></draw:frame>
             </table:table-cell>");
        assert_eq!(shown(&sheet), ["A1 甲   乙\t丙 \n丁\n<戊己"]);
    }

    #[test]
    fn text_with_an_entity_that_nobody_knows_is_told_as_damaged() {
        let sheet = row(
            "<table:table-cell office:value-type='string'><text:p>共&x;人</text:p></table:table-cell>\
             <table:table-cell office:value-type='float' office:value='&y;'/>\
             <table:table-cell office:value-type='float' office:value='1'/>",
        );
        assert_eq!(shown(&sheet), ["C1 1"]);
        assert_eq!(sheet.facts.damaged, [Cell::new(0, 0), Cell::new(0, 1)]);
    }

    #[test]
    fn values_are_taken_by_their_type() {
        let sheet = row(
            "<table:table-cell office:value-type='percentage' office:value='0.806'/>\
             <table:table-cell office:value-type='currency' office:value='-1.5e2'/>\
             <table:table-cell office:value-type='date' office:date-value='2024-01-06T12:00:00'/>\
             <table:table-cell office:value-type='time' office:time-value='PT06H00M00S'/>\
             <table:table-cell office:value-type='boolean' office:boolean-value='true'/>\
             <table:table-cell office:value-type='string' office:string-value='算出'><text:p>x</text:p></table:table-cell>\
             <table:table-cell><text:p>无类型</text:p></table:table-cell>\
             <table:table-cell office:value-type='float' office:value='1'><text:p>TRUE</text:p></table:table-cell>\
             <table:table-cell table:formula='of:=1/0' office:value-type='float' office:value='0'><text:p>#DIV/0!</text:p></table:table-cell>\
             <table:table-cell office:value-type='date' office:date-value='1900-01-01'/>\
             <table:table-cell office:value-type='float' office:value='NaN'/>\
             <table:table-cell office:value-type='date' office:date-value='去年'/>",
        );
        assert_eq!(
            shown(&sheet),
            [
                "A1 0.806 as 0.00%",
                "B1 -150",
                "C1 day 45297.5 as yyyy-mm-dd",
                "D1 day 0.25 as yyyy-mm-dd",
                "E1 true",
                "F1 算出",
                "G1 无类型",
                "H1 true",
                "I1 #DIV/0!",
                "J1 day 1 as yyyy-mm-dd",
            ]
        );
        assert_eq!(sheet.facts.damaged, [Cell::new(0, 10), Cell::new(0, 11)]);
    }

    #[test]
    fn the_format_is_that_of_the_cell_or_else_of_the_row_or_the_column() {
        let styles = r#"<office:automatic-styles>
            <number:percentage-style style:name="N1"><number:number number:decimal-places="1" number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>
            <number:number-style style:name="N2"><number:number number:decimal-places="0" number:min-integer-digits="2" number:display-factor="1000"><number:embedded-text number:position="1">.</number:embedded-text></number:number><number:text>万</number:text></number:number-style>
            <number:number-style style:name="N3P0"><number:text>-</number:text><number:number number:decimal-places="2"/></number:number-style>
            <number:number-style style:name="N3"><number:number number:decimal-places="2" number:grouping="true"/><style:map style:condition="value()&lt;0" style:apply-style-name="N3P0"/></number:number-style>
            <style:style style:name="p" style:family="table-cell" style:data-style-name="N1"/>
            <style:style style:name="child" style:family="table-cell" style:parent-style-name="p"/>
            <style:style style:name="w" style:family="table-cell" style:data-style-name="N2"/>
            <style:style style:name="n" style:family="table-cell" style:data-style-name="N3"/>
            <style:style style:name="circle" style:family="table-cell" style:parent-style-name="circle"/>
        </office:automatic-styles>"#;
        let cell = "<table:table-cell office:value-type='float' office:value='12345'/>";
        let styled =
            |style: &str| cell.replace("cell ", &format!("cell table:style-name='{style}' "));
        let bytes = document(&format!(
            "{styles}<office:body><office:spreadsheet><table:table>
               <table:table-column table:default-cell-style-name='w' table:number-columns-repeated='2'/>
               <table:table-row>{cell}{}{}</table:table-row>
               <table:table-row table:default-cell-style-name='n'>{cell}{}{}</table:table-row>
             </table:table></office:spreadsheet></office:body>",
            styled("p"),
            styled("circle"),
            styled("child"),
            styled("nobody"),
        ));
        let sheet = read(&bytes).unwrap().sheets.remove(0);
        assert_eq!(
            shown(&sheet),
            [
                "A1 12345 as 0\\.0,\"万\"",
                "B1 12345 as 0.0%",
                "C1 12345",
                "A2 12345 as #,###.00;-#.00",
                "B2 12345 as 0.0%",
                "C2 12345 as #,###.00;-#.00",
            ]
        );
        assert_eq!(sheet.format(&sheet.cells[0]).scale, -4);
        assert!(sheet.format(&sheet.cells[1]).percent);
    }

    #[test]
    fn formulas_without_a_result_are_told_by_cell() {
        let sheet = row(
            "<table:table-cell table:formula='of:=1+1' table:number-columns-repeated='2'/>\
             <table:table-cell table:formula='of:=\"\"'><text:p/></table:table-cell>\
             <table:table-cell table:formula='of:=1+1' office:value-type='float' office:value='2'/>",
        );
        assert_eq!(sheet.facts.formulas, 4);
        assert_eq!(
            sheet.facts.without_result,
            [Cell::new(0, 0), Cell::new(0, 1)]
        );
        assert_eq!(shown(&sheet), ["D1 2"]);
    }

    #[test]
    fn repeated_rows_and_cells_are_told_one_by_one() {
        let bytes = rows(
            "<table:table-column table:number-columns-repeated='16384' table:visibility='collapse'/>\
             <table:table-row table:number-rows-repeated='3'>\
               <table:table-cell table:number-columns-repeated='16000'/>\
               <table:table-cell table:number-columns-repeated='2' office:value-type='float' office:value='5'/>\
             </table:table-row>\
             <table:table-row table:number-rows-repeated='2' table:visibility='filter'>\
               <table:table-cell table:number-columns-spanned='3' table:number-rows-spanned='1'/>\
             </table:table-row>\
             <table:table-row table:number-rows-repeated='1000000'><table:table-cell/></table:table-row>\
             <table:table-row><table:table-cell office:value-type='string'><text:p>末</text:p></table:table-cell></table:table-row>\
             <table:table-row table:number-rows-repeated='99999999999999' table:visibility='collapse'/>",
        );
        let sheet = read(&bytes).unwrap().sheets.remove(0);
        assert_eq!(
            shown(&sheet),
            [
                "WQK1 5",
                "WQL1 5",
                "WQK2 5",
                "WQL2 5",
                "WQK3 5",
                "WQL3 5",
                "A1000006 末"
            ]
        );
        assert_eq!(sheet.facts.hidden_rows, [3, 4]);
        assert_eq!(sheet.facts.hidden_columns.len(), 16_002);
        let merges = ["A4:C4", "A5:C5"].map(|merge| Range::parse(merge).unwrap());
        assert_eq!(sheet.facts.merges, merges);
    }

    #[test]
    fn few_bytes_cannot_make_more_than_the_limits_allow() {
        let cell = |attributes: &str| {
            rows(&format!(
                "<table:table-row table:number-rows-repeated='1048576'>\
                 <table:table-cell table:number-columns-repeated='16384' {attributes}/>\
                 </table:table-row>"
            ))
        };
        let over = |bytes: &[u8]| match read(bytes) {
            Err(Error::OverLimit { limit, .. }) => limit,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            over(&cell("office:value-type='float' office:value='1'")),
            "cells"
        );
        assert_eq!(over(&cell("office:value-type='float'")), "cells");
        assert_eq!(over(&cell("table:formula='of:=1'")), "cells");
        assert_eq!(over(&cell("table:number-columns-spanned='2'")), "merges");
        let long = "字".repeat(50_000);
        let long = cell(&format!(
            "office:value-type='string' office:string-value='{long}'"
        ));
        assert_eq!(over(&long), "strings_bytes");
        let sheets = "<table:table/>".repeat(1_001);
        let sheets = document(&format!(
            "<office:spreadsheet>{sheets}</office:spreadsheet>"
        ));
        assert_eq!(over(&sheets), "sheets");
        let spaces = "<text:s text:c='4000000000'/>".repeat(1_000);
        let sheet = row(&format!(
            "<table:table-cell><text:p>x{spaces}</text:p></table:table-cell>"
        ));
        assert_eq!(shown(&sheet)[0].len(), 3 + MOST_SPACES);
    }

    #[test]
    fn what_lies_beyond_the_last_row_or_column_is_told_as_damaged() {
        let sheet = row("<table:table-cell table:number-columns-repeated='16384'/>\
             <table:table-cell office:value-type='float' office:value='1'/><table:table-cell/>");
        assert_eq!((sheet.cells.len(), sheet.damaged), (0, 1));
    }

    #[test]
    fn a_password_is_told() {
        let manifest = "<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'>\
                        <manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
        let bytes = packed(&[("META-INF/manifest.xml", manifest.as_bytes())]);
        assert!(matches!(read(&bytes), Err(Error::Password)));
    }

    #[test]
    fn tables_in_tracked_changes_and_links_are_no_sheets() {
        let table = "<table:table table:name='不是'><table:table-row/></table:table>";
        let bytes = document(&format!(
            "<office:body><office:spreadsheet>\
             <table:tracked-changes><x>{table}</x></table:tracked-changes>\
             <table:table table:name='是'><table:shapes>{table}</table:shapes></table:table>\
             <table:dde-links><table:dde-link>{table}</table:dde-link></table:dde-links>\
             </office:spreadsheet></office:body>"
        ));
        let names: Vec<_> = read(&bytes)
            .unwrap()
            .sheets
            .into_iter()
            .map(|s| s.name)
            .collect();
        assert_eq!(names, ["是"]);
    }

    #[test]
    fn a_text_document_is_no_workbook() {
        let bytes =
            document("<office:body><office:text><text:p>通知</text:p></office:text></office:body>");
        assert!(matches!(read(&bytes), Err(Error::NotAWorkbook(_))));
    }

    #[test]
    fn a_table_that_is_never_closed_is_damage() {
        for content in [
            "<office:document-content><office:body><office:spreadsheet><table:table>",
            "<office:document-content><office:body><office:spreadsheet><table:table><table:table-row>",
            "<office:document-content><office:body><office:spreadsheet>",
            "<office:document-content><office:body><office:spreadsheet><table:table></office:body>",
        ] {
            let bytes = packed(&[("content.xml", content.as_bytes())]);
            assert!(matches!(read(&bytes), Err(Error::Damaged(_))), "{content}");
        }
    }

    #[test]
    fn deep_nesting_does_no_harm() {
        let (open, close) = (
            "<text:span>".repeat(100_000),
            "</text:span>".repeat(100_000),
        );
        let sheet = row(&format!(
            "<table:table-cell><text:p>{open}深{close}</text:p></table:table-cell>"
        ));
        assert_eq!(shown(&sheet), ["A1 深"]);
        let (open, close) = (
            "<table:table-cell>".repeat(50_000),
            "</table:table-cell>".repeat(50_000),
        );
        assert!(row(&format!("{open}{close}")).cells.is_empty());
    }

    #[test]
    fn a_package_cut_short_is_an_error_not_a_panic() {
        for length in (0..LIBREOFFICE.len()).step_by(37) {
            assert!(read(&LIBREOFFICE[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn spoilt_xml_is_read_or_refused() {
        let mut dice = Dice::new(5);
        let mut parts = Dice::parts(LIBREOFFICE);
        parts.retain(|(name, _)| {
            matches!(
                &**name,
                "content.xml" | "styles.xml" | "meta.xml" | "META-INF/manifest.xml"
            )
        });
        for _ in 0..200 {
            let _ = read(&dice.spoil(&parts));
        }
    }
}
