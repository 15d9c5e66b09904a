//! What a sheet holds and how it looks, whatever kind of file it is written to.
//!
//! The forms fill pages, and `write` knows the kinds of files. Rows and columns count from zero.

use std::collections::BTreeMap;

use crate::city::Period;
use crate::figures::Shown;

/// A workbook before it is written.
#[derive(Clone)]
pub struct Book {
    pub pages: Vec<Page>,
    pub program: Program,
    /// The period it reports on, from which the file has its date.
    pub dated: Period,
    /// The day of the month after on which it was saved.
    pub saved: u8,
}

/// What the workbook says that it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Excel,
    Wps,
}

#[derive(Clone)]
pub struct Page {
    pub name: String,
    pub hidden: bool,
    /// The sheet that is open when the workbook is.
    pub active: bool,
    pub cells: BTreeMap<(u32, u16), Cell>,
    /// First row and column, last row and column.
    pub merges: Vec<(u32, u16, u32, u16)>,
    /// In characters, as Excel counts them.
    pub widths: BTreeMap<u16, f64>,
    /// In points.
    pub heights: BTreeMap<u32, f64>,
    /// The first row and column that scroll.
    pub freeze: Option<(u32, u16)>,
    pub landscape: bool,
    /// 9 is A4 and 8 is A3.
    pub paper: u8,
}

#[derive(Clone)]
pub struct Cell {
    pub value: Value,
    pub look: Look,
    pub comment: Option<String>,
}

#[derive(Clone, PartialEq)]
pub enum Value {
    Blank,
    Text(String),
    Number(f64),
    /// As it is typed, with the sign of equality.
    Formula {
        text: String,
        result: Stored,
    },
}

/// What a formula gave when the workbook was saved.
#[derive(Clone, PartialEq)]
pub enum Stored {
    Number(f64),
    Error(&'static str),
}

#[derive(Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub struct Look {
    pub font: &'static str,
    pub size: f64,
    pub bold: bool,
    pub bordered: bool,
    /// Centred or to the right; otherwise as the value's type has it.
    pub centred: bool,
    pub right: bool,
    pub wrap: bool,
    pub number_format: Option<String>,
}

impl Page {
    pub fn new(name: &str) -> Page {
        Page {
            name: name.to_owned(),
            hidden: false,
            active: false,
            cells: BTreeMap::new(),
            merges: Vec::new(),
            widths: BTreeMap::new(),
            heights: BTreeMap::new(),
            freeze: None,
            landscape: false,
            paper: 9,
        }
    }

    pub fn put(&mut self, row: u32, col: u16, value: impl Into<Value>, look: &Look) {
        let cell = Cell {
            value: value.into(),
            look: look.clone(),
            comment: None,
        };
        self.cells.insert((row, col), cell);
    }

    /// Text over several cells; over a single one it is no merge.
    pub fn span(&mut self, first: (u32, u16), last: (u32, u16), text: &str, look: &Look) {
        for row in first.0..=last.0 {
            for col in first.1..=last.1 {
                self.put(row, col, Value::Blank, look);
            }
        }
        self.put(first.0, first.1, text, look);
        if first != last {
            self.merges.push((first.0, first.1, last.0, last.1));
        }
    }

    /// One width for several columns.
    pub fn width(&mut self, columns: std::ops::Range<u16>, characters: f64) {
        self.widths
            .extend(columns.map(|column| (column, characters)));
    }

    /// A comment on a cell that is there.
    pub fn comment(&mut self, row: u32, col: u16, text: &str) {
        let cell = self.cells.get_mut(&(row, col));
        cell.expect("only what is there is commented").comment = Some(text.to_owned());
    }
}

impl Look {
    pub fn centred(self) -> Look {
        Look {
            centred: true,
            ..self
        }
    }

    pub fn right(self) -> Look {
        Look {
            right: true,
            ..self
        }
    }

    pub fn wrapped(self) -> Look {
        Look { wrap: true, ..self }
    }

    pub fn shown(self, number_format: &str) -> Look {
        Look {
            number_format: Some(number_format.to_owned()),
            ..self
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Shown::whole(number).into()
    }
}

impl From<Shown> for Value {
    fn from(shown: Shown) -> Value {
        Value::Number(shown.number())
    }
}
