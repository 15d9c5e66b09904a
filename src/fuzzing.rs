//! Doors to inner rooms for the targets in `fuzz/`; no part of an ordinary build.

use crate::intake::value::{self, Asked};
use crate::intake::{self, Wanted};
use crate::place::Cell;
use crate::rulebook::Rulebook;
use crate::rulebook::source::Sources;
use crate::rulebook::written::{BlankWords, Limits, Type};
use crate::workbook::format::{self, Format};
use crate::workbook::overlay::{self, Overlay};
use crate::workbook::sniff::{Kind, sniff};
use crate::workbook::{self, Book, Budget, RawSheet, Value};
use crate::worker::frame;
use std::io::Cursor;
use std::sync::OnceLock;

const KINDS: &[Type] = &[
    Type::Count,
    Type::Number,
    Type::Money,
    Type::Percent,
    Type::Points,
    Type::Change,
    Type::Text,
    Type::Code,
    Type::Date,
    Type::Flag,
];

/// A cell of every kind of column.
pub fn value(bytes: &[u8]) {
    let words = BlankWords::default();
    let text = String::from_utf8_lossy(bytes);
    let (code, text) = text.split_once('\n').unwrap_or(("", &text));
    let number = bytes
        .first_chunk()
        .map_or(0.0, |bytes| f64::from_le_bytes(*bytes));
    for kind in KINDS {
        for unit in [None, Some("万元"), Some("人")] {
            let asked = Asked {
                kind: *kind,
                unit,
                unit_scale: 0,
                stated: true,
                is_change: text.len() % 2 == 0,
                blank_words: &words,
            };
            for value in [
                Value::Text(text),
                Value::Number(number),
                Value::Date(number),
            ] {
                for format in [Format::default(), format::parse(code)] {
                    let read = value::read(value, format, &asked);
                    if let value::Read::Number { value, .. } = read {
                        assert!(value.is_finite());
                    }
                }
            }
        }
    }
}

/// The rules of the repository.
fn rulebook() -> &'static Rulebook {
    static RULES: OnceLock<Rulebook> = OnceLock::new();
    RULES.get_or_init(|| {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let sources = Sources {
            files: [
                file("KY01.toml", include_str!("../rules/KY01.toml")),
                file("JH01.toml", include_str!("../rules/JH01.toml")),
                file("districts.csv", include_str!("../rules/districts.csv")),
                file("job.toml", include_str!("../rules/job.toml")),
            ]
            .into(),
        };
        let loaded = Rulebook::load(&sources, Vec::new());
        loaded
            .map(|(rulebook, _)| rulebook)
            .unwrap_or_else(|_| panic!("the rules load"))
    })
}

/// A sheet whose cells are the input's words, one a line: where tables stand, whose they are.
pub fn headings(bytes: &[u8]) {
    let limits = Limits::default();
    let mut budget = Budget::new(&limits);
    let mut sheet = RawSheet::new("KY01", false, [].into());
    let text = String::from_utf8_lossy(bytes);
    for (row, line) in (0_u32..200).zip(text.lines()) {
        for (column, cell) in (0_u32..60).zip(line.split('\t')) {
            let value = cell.parse().map_or(Value::Text(cell), Value::Number);
            let _ = sheet.push(Cell::new(row, column), value, 0, &mut budget);
        }
    }
    let book = Book {
        sheets: vec![sheet],
        ..Book::default()
    };
    let wanted = Wanted {
        name: "巴南区/12月.xlsx",
        period: crate::period::Period::parse("2023-12").ok(),
        explain: true,
    };
    intake::of_book(&book, wanted, rulebook());
}

/// The facts of a worksheet's XML.
pub fn facts(bytes: &[u8]) {
    workbook::look_at_facts(bytes);
}

/// Formulas of a worksheet's XML, or one by itself.
pub fn formula(bytes: &[u8]) {
    workbook::look_at_formulas(bytes);
}

/// A small overlay: a findings sheet, a colour and a note.
const OVERLAY: &str = r#"{
    "front": {
        "name": "审核反馈", "columns": [12.0], "rows": [], "merges": [], "lists": [], "marks": [],
        "freeze_rows": 0, "landscape": false, "repeat_rows": null, "protect": true,
        "autofilter": null
    },
    "sheets": [{
        "sheet": "T01",
        "marks": [{"cell": "A1", "formula": "A1>1", "tag": "T01-101", "severity": "Error"}],
        "notes": []
    }],
    "properties": [["hebiao.period", "2023-12"]]
}"#;

/// An overlay on a package, and its removal.
pub fn overlay(bytes: &[u8]) {
    let limits = overlay::Limits {
        max_inflated: 16 << 20,
    };
    let overlay = serde_json::from_str(OVERLAY);
    let overlay: Overlay = overlay.unwrap_or_else(|error| panic!("{error}"));
    let mut out = Cursor::new(Vec::new());
    if overlay::apply(Cursor::new(bytes), &mut out, &overlay, &limits).is_ok() {
        let mut bare = Cursor::new(Vec::new());
        let _ = overlay::strip(Cursor::new(out.into_inner()), &mut bare, &[], &limits);
    }
}

/// A message.
pub fn frames(bytes: &[u8]) {
    if let Ok(Some((head, body))) = frame::read(&mut &bytes[..]) {
        let _ = frame::reply(&head, &body);
    }
}

/// Rule files: the input is cut into one for a form, one for the job and a register.
pub fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let names = ["T01.toml", "job.toml", "districts.csv"];
    let files = names.iter().zip(&mut parts);
    let sources = Sources {
        files: files
            .map(|(name, text)| ((*name).to_owned(), text.to_owned()))
            .collect(),
    };
    let _ = Rulebook::load(&sources, Vec::new());
}

/// A submitted file, where its content is of a format that is read here.
fn file(bytes: &[u8], kind: Kind) {
    let limits = Limits {
        cells: 200_000,
        unpacked_bytes: 16 << 20,
        ..Limits::default()
    };
    if sniff(bytes) == kind {
        let _ = workbook::read(bytes, &limits);
    }
}

/// Compound files and bare streams.
pub fn xls(bytes: &[u8]) {
    file(bytes, Kind::Xls);
}

/// Packages of binary parts.
pub fn xlsb(bytes: &[u8]) {
    file(bytes, Kind::Xlsb);
}

/// `OpenDocument` packages.
pub fn ods(bytes: &[u8]) {
    file(bytes, Kind::Ods);
}

/// Separated values.
pub fn text(bytes: &[u8]) {
    file(bytes, Kind::Text);
}

/// Web pages.
pub fn html(bytes: &[u8]) {
    file(bytes, Kind::Html);
}

/// Excel 2003 workbooks in XML.
pub fn xml2003(bytes: &[u8]) {
    file(bytes, Kind::Xml2003);
}
