//! The styles of an .ods: which cell style shows which number format, and which sheets are hidden.
//!
//! A data style is a list of pieces (`number:number`, `number:text`, `number:year`); here it becomes
//! a code such as Excel has. What a code does to a number is for `format`.

use super::super::format::Format;
use super::super::{Error, NumberFormat};
use super::{Xml, attribute, cut_off};
use quick_xml::events::{BytesStart, Event};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::sync::Arc;

/// The formats of what has no style, and of percentages and days whose style doesn't show them.
const BASIC: [&str; 3] = ["General", "0.00%", "yyyy-mm-dd"];
/// The position of a percentage's format in the book's.
pub(super) const PERCENT: u32 = 1;
/// The position of a day's format in the book's.
pub(super) const DAY: u32 = 2;

/// How many number formats a book may have: as many as Excel has cell formats.
const MOST_FORMATS: usize = 65_536;
/// The longest section of a code in bytes; Excel takes 255 characters for a whole code.
const MOST_CODE: usize = 255;
/// The most digits before or behind the point; Excel shows thirty.
const MOST_DIGITS: u32 = 30;
/// How far a style can be from the ancestor that it has its format from.
const MOST_ANCESTORS: usize = 16;

/// The styles of a book, as far as cells and sheets need them.
pub(super) struct Styles {
    formats: Vec<NumberFormat>,
    /// Cell styles with the positions of their formats.
    cells: BTreeMap<String, u32>,
    data: BTreeMap<String, DataStyle>,
    hidden_sheets: BTreeSet<String>,
}

#[derive(Default)]
struct DataStyle {
    code: String,
    /// The styles that stand in for it, each with its condition, such as `value()>=0`.
    instead: Vec<(String, String)>,
}

/// What a cell style says of its format.
struct CellStyle {
    data: Option<String>,
    parent: Option<String>,
}

impl Styles {
    pub(super) fn new() -> Self {
        Self {
            formats: BASIC.map(NumberFormat::new).into(),
            cells: BTreeMap::new(),
            data: BTreeMap::new(),
            hidden_sheets: BTreeSet::new(),
        }
    }

    /// The formats of the book, by position.
    pub(super) fn formats(&self) -> Arc<[NumberFormat]> {
        self.formats.as_slice().into()
    }

    /// The position of a cell style's format.
    pub(super) fn format_of(&self, style: &str) -> Option<u32> {
        self.cells.get(style).copied()
    }

    /// What the format at this position does.
    pub(super) fn shown(&self, format: u32) -> Format {
        let format = self.formats.get(format as usize);
        format.map(|format| format.shown).unwrap_or_default()
    }

    /// Whether sheets of this style are hidden.
    pub(super) fn hides_sheet(&self, style: &str) -> bool {
        self.hidden_sheets.contains(style)
    }

    /// Reads the styles that people name, out of `styles.xml`.
    pub(super) fn read_common(&mut self, mut xml: Xml<impl BufRead>) -> Result<(), Error> {
        loop {
            match xml.next()? {
                Event::Start(tag) => match tag.name().as_ref() {
                    "office:document-styles" => {}
                    "office:styles" => self.read_section(&mut xml)?,
                    _ => xml.skip()?,
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Reads a section of styles up to its end. What it says goes before what was read earlier.
    pub(super) fn read_section(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), Error> {
        let mut cells = BTreeMap::new();
        loop {
            match xml.next()? {
                Event::Start(tag) => {
                    let name = attribute(&tag, "style:name").unwrap_or_default();
                    match tag.name().as_ref() {
                        "style:style" => {
                            let family = attribute(&tag, "style:family");
                            if family.as_deref() == Some("table-cell") {
                                let style = CellStyle {
                                    data: attribute(&tag, "style:data-style-name"),
                                    parent: attribute(&tag, "style:parent-style-name"),
                                };
                                cells.insert(name.clone(), style);
                            }
                            if hides(xml)? {
                                self.hidden_sheets.insert(name);
                            }
                        }
                        "number:number-style"
                        | "number:currency-style"
                        | "number:percentage-style"
                        | "number:date-style"
                        | "number:time-style"
                        | "number:boolean-style"
                        | "number:text-style" => {
                            let style = Writing::new(&tag).read(xml)?;
                            self.data.insert(name, style);
                        }
                        _ => xml.skip()?,
                    }
                }
                Event::End(_) => break,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        self.settle(&cells)
    }

    /// Finds each cell style's format, its own or that of an ancestor.
    fn settle(&mut self, styles: &BTreeMap<String, CellStyle>) -> Result<(), Error> {
        let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
        let mut settled = Vec::new();
        for name in styles.keys() {
            let mut at = name;
            let mut format = None;
            for _ in 0..MOST_ANCESTORS {
                match styles.get(at) {
                    Some(CellStyle {
                        data: Some(data), ..
                    }) => {
                        let position = match positions.get(data.as_str()) {
                            Some(position) => *position,
                            None => self.add_format(data)?,
                        };
                        positions.insert(data, position);
                        format = Some(position);
                    }
                    Some(CellStyle {
                        parent: Some(parent),
                        ..
                    }) => {
                        at = parent;
                        continue;
                    }
                    Some(_) => {}
                    None => format = self.format_of(at),
                }
                break;
            }
            settled.extend(format.map(|format| (name.clone(), format)));
        }
        self.cells.extend(settled);
        Ok(())
    }

    fn add_format(&mut self, data: &str) -> Result<u32, Error> {
        if self.formats.len() >= MOST_FORMATS {
            return Err(Error::damaged("more number formats than a book can have"));
        }
        let position = u32::try_from(self.formats.len()).unwrap_or(0);
        self.formats.push(NumberFormat::new(self.code(data)));
        Ok(position)
    }

    /// The whole code of a data style: first the sections for certain numbers, then its own.
    fn code(&self, data: &str) -> String {
        let Some(style) = self.data.get(data) else {
            return BASIC[0].to_owned();
        };
        let mut sections: Vec<String> = style
            .instead
            .iter()
            .filter_map(|(condition, other)| {
                let condition = condition.strip_prefix("value()")?;
                let code = &self.data.get(other)?.code;
                Some(match condition {
                    // What the order of the sections says anyway.
                    ">=0" | ">0" | "<0" | "=0" => code.clone(),
                    _ => format!("[{condition}]{code}"),
                })
            })
            .collect();
        // Excel's first section is for positive numbers.
        let own_first = matches!(&style.instead[..], [(condition, _)] if condition == "value()<0");
        let own_at = if own_first { 0 } else { sections.len() };
        sections.insert(own_at, style.code.clone());
        sections.join(";")
    }
}

/// Goes behind the end of a style, and says whether it hides a sheet.
fn hides(xml: &mut Xml<impl BufRead>) -> Result<bool, Error> {
    let mut hides = false;
    loop {
        match xml.next()? {
            Event::Start(tag) => {
                hides |= tag.name().as_ref() == "style:table-properties"
                    && attribute(&tag, "table:display").as_deref() == Some("false");
                xml.skip()?;
            }
            Event::End(_) => return Ok(hides),
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}

/// A code that is being written.
struct Writing {
    style: DataStyle,
    is_percentage: bool,
    is_number: bool,
    /// Hours that go on behind 24.
    goes_on: bool,
}

impl Writing {
    fn new(tag: &BytesStart<'_>) -> Self {
        let name = tag.name();
        Self {
            style: DataStyle::default(),
            is_percentage: name.as_ref() == "number:percentage-style",
            is_number: matches!(
                name.as_ref(),
                "number:number-style" | "number:currency-style"
            ),
            goes_on: attribute(tag, "number:truncate-on-overflow").as_deref() == Some("false"),
        }
    }

    fn read(mut self, xml: &mut Xml<impl BufRead>) -> Result<DataStyle, Error> {
        loop {
            match xml.next()? {
                Event::Start(tag) => {
                    let is_long = attribute(&tag, "number:style").as_deref() == Some("long");
                    let either = |long, short| if is_long { long } else { short };
                    let piece = match tag.name().as_ref() {
                        "number:text" | "number:currency-symbol" => {
                            let text = xml.text()?;
                            let text = self.literal(&text);
                            self.add(&text);
                            continue;
                        }
                        "number:number" => {
                            let mut digits = Digits::new(&tag, self.is_number);
                            digits.read(xml)?;
                            self.add(&digits.code());
                            continue;
                        }
                        "style:map" => {
                            let condition = attribute(&tag, "style:condition");
                            let other = attribute(&tag, "style:apply-style-name");
                            // Excel has four sections.
                            if self.style.instead.len() < 3 {
                                self.style.instead.extend(condition.zip(other));
                            }
                            ""
                        }
                        "number:scientific-number" => "0.00E+00",
                        "number:fraction" => "# ?/?",
                        "number:text-content" => "@",
                        "number:year" => either("yyyy", "yy"),
                        "number:month"
                            if attribute(&tag, "number:textual").as_deref() == Some("true") =>
                        {
                            either("mmmm", "mmm")
                        }
                        "number:month" => either("mm", "m"),
                        "number:day" => either("dd", "d"),
                        "number:day-of-week" => either("dddd", "ddd"),
                        "number:hours" if std::mem::take(&mut self.goes_on) => "[h]",
                        "number:hours" => either("hh", "h"),
                        "number:minutes" if std::mem::take(&mut self.goes_on) => "[mm]",
                        "number:minutes" => either("mm", "m"),
                        "number:seconds" => either("ss", "s"),
                        "number:am-pm" => "AM/PM",
                        _ => "",
                    };
                    xml.skip()?;
                    self.add(piece);
                }
                Event::End(_) => break,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        if self.is_percentage && !self.style.code.contains('%') {
            self.style.code.push('%');
        }
        if self.style.code.is_empty() {
            self.style.code.push_str(BASIC[0]);
        }
        Ok(self.style)
    }

    fn add(&mut self, piece: &str) {
        if self.style.code.len() + piece.len() < MOST_CODE {
            self.style.code.push_str(piece);
        }
    }

    /// Words between the digits. A percent sign is one only in a percentage.
    fn literal(&self, text: &str) -> String {
        let mut code = String::new();
        let mut quoted = false;
        for c in text.chars() {
            let is_plain =
                matches!(c, ' ' | '-' | '/' | ':' | '(' | ')') || (c == '%' && self.is_percentage);
            if quoted == (is_plain || c == '"') {
                code.push('"');
                quoted = !quoted;
            }
            if c == '"' {
                code.push('\\');
            }
            code.push(c);
        }
        if quoted {
            code.push('"');
        }
        code
    }
}

/// The digits of a code.
struct Digits {
    whole: u32,
    /// How many decimals it shows, and how many of them even where they are zeros.
    decimals: Option<(u32, u32)>,
    has_grouping: bool,
    /// How many times a thousand it divides by.
    thousands: u32,
    /// Characters among the digits, by how many digits before the point follow them.
    embedded: BTreeMap<u32, String>,
    may_be_general: bool,
}

impl Digits {
    fn new(tag: &BytesStart<'_>, is_number: bool) -> Self {
        let number = |name| -> Option<u32> {
            let number: u32 = attribute(tag, name)?.trim().parse().ok()?;
            Some(number.min(MOST_DIGITS))
        };
        let least = number("number:min-decimal-places")
            .or_else(|| attribute(tag, "number:decimal-replacement").map(|_| 0));
        let factor = attribute(tag, "number:display-factor");
        let factor = factor.and_then(|factor| factor.parse::<f64>().ok());
        Self {
            whole: number("number:min-integer-digits").unwrap_or(0),
            decimals: number("number:decimal-places")
                .map(|most| (most, least.unwrap_or(most).min(most))),
            has_grouping: attribute(tag, "number:grouping").as_deref() == Some("true"),
            thousands: match factor {
                Some(1e3) => 1,
                Some(1e6) => 2,
                Some(1e9) => 3,
                _ => 0,
            },
            embedded: BTreeMap::new(),
            may_be_general: is_number,
        }
    }

    fn read(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), Error> {
        loop {
            match xml.next()? {
                Event::Start(tag) => {
                    let position = attribute(&tag, "number:position");
                    let position = position.and_then(|position| position.parse().ok());
                    let text = xml.text()?;
                    if let Some(position) = position.filter(|p| *p <= MOST_DIGITS) {
                        self.embedded.insert(position, text);
                    }
                }
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
    }

    fn code(&self) -> String {
        let is_plain = !self.has_grouping && self.thousands == 0 && self.embedded.is_empty();
        if self.decimals.is_none() && self.whole <= 1 && is_plain && self.may_be_general {
            return BASIC[0].to_owned();
        }
        let embedded = self
            .embedded
            .keys()
            .last()
            .map_or(0, |position| position + 1);
        let grouped = if self.has_grouping { 4 } else { 1 };
        let mut code = String::new();
        for following in (0..self.whole.max(embedded).max(grouped)).rev() {
            code.push(if following < self.whole { '0' } else { '#' });
            if self.has_grouping && following > 0 && following % 3 == 0 {
                code.push(',');
            }
            for c in self
                .embedded
                .get(&following)
                .into_iter()
                .flat_map(|text| text.chars())
            {
                code.extend(['\\', c]);
            }
        }
        let (most, least) = self.decimals.unwrap_or_default();
        if most > 0 {
            code.push('.');
            code.extend((0..most).map(|at| if at < least { '0' } else { '#' }));
        }
        code.extend((0..self.thousands).map(|_| ','));
        code
    }
}
