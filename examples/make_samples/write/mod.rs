//! A `Book` as the bytes of a file.

mod csv;
mod ods;
mod xls;
mod xlsx;

use std::error::Error;

use crate::page::{Book, Page, Stored, Value};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Xlsx,
    Xls,
    Ods,
    /// In GBK, as Excel writes it where Chinese is spoken. There is only one sheet in it.
    Csv,
}

impl Kind {
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Xlsx => "xlsx",
            Kind::Xls => "xls",
            Kind::Ods => "ods",
            Kind::Csv => "csv",
        }
    }

    pub fn bytes(self, book: &Book) -> Result<Vec<u8>, Box<dyn Error>> {
        match self {
            Kind::Xlsx => xlsx::bytes(book),
            Kind::Xls => Ok(xls::bytes(book)),
            Kind::Ods => ods::bytes(book),
            Kind::Csv => csv::bytes(book),
        }
    }
}

/// What a cell shows.
fn shown(value: &Value, number_format: Option<&str>) -> String {
    match value {
        Value::Blank => String::new(),
        Value::Text(text) => text.clone(),
        Value::Number(number) => figure(*number, number_format),
        Value::Formula { result, .. } => match result {
            Stored::Number(number) => figure(*number, number_format),
            Stored::Error(error) => (*error).to_owned(),
        },
    }
}

/// A number in the formats that the samples use: so many decimals, thousands, per cent.
fn figure(number: f64, format: Option<&str>) -> String {
    let Some(format) = format.filter(|format| format.contains('0')) else {
        return number.to_string();
    };
    let percent = format.ends_with('%');
    let scale = if percent { 100.0 } else { 1.0 };
    let mut text = format!("{:.*}", decimals(format), number * scale);
    if format.starts_with("#,") {
        text = grouped(&text);
    }
    if percent {
        text.push('%');
    }
    text
}

/// Commas between thousands.
fn grouped(figure: &str) -> String {
    let (whole, rest) = figure.split_at(figure.find('.').unwrap_or(figure.len()));
    let digits = whole.trim_start_matches('-');
    let mut text = whole[..whole.len() - digits.len()].to_owned();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text + rest
}

/// How many decimals a number format shows.
fn decimals(format: &str) -> usize {
    let behind = format.split_once('.').map_or("", |(_, behind)| behind);
    behind.bytes().take_while(|byte| *byte == b'0').count()
}

/// Text within XML, and within an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Row and column just behind the last cell.
fn end(page: &Page) -> (u32, u16) {
    let rows = page.cells.keys().map(|(row, _)| row + 1).max();
    let columns = page.cells.keys().map(|(_, column)| column + 1).max();
    (rows.unwrap_or(0), columns.unwrap_or(0))
}
