//! Where things are, in the words of the person who has the workbook open.
//!
//! Rows and columns count from zero here, as in the file formats; what people read
//! (`E11`) is made in one place, [`Cell`]'s `Display`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The greatest number of rows that a sheet can have.
pub const MAX_ROWS: u32 = 1_048_576;
/// The greatest number of columns that a sheet can have.
pub const MAX_COLUMNS: u32 = 16_384;

/// One cell of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The row, from zero.
    pub row: u32,
    /// The column, from zero. Kept as a number: as text, `AA` would come before `B`.
    pub column: u32,
}

impl Cell {
    /// The cell in this row and column, both from zero.
    pub fn new(row: u32, column: u32) -> Self {
        Self { row, column }
    }

    /// Reads `E11` or `$E$11`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| *c != '$').collect();
        let split = plain.find(|c: char| c.is_ascii_digit())?;
        let (letters, number) = plain.split_at(split);
        if letters.is_empty() || letters.len() > 3 {
            return None;
        }
        let mut column = 0_u32;
        for letter in letters.bytes() {
            let letter = letter.to_ascii_uppercase();
            if !letter.is_ascii_uppercase() {
                return None;
            }
            column = column * 26 + u32::from(letter - b'A') + 1;
        }
        let row: u32 = number.parse().ok()?;
        (1..=MAX_ROWS)
            .contains(&row)
            .then_some(())
            .filter(|()| column <= MAX_COLUMNS)
            .map(|()| Self {
                row: row - 1,
                column: column - 1,
            })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_letters(self.column), self.row + 1)
    }
}

/// A column's letters: 0 is `A`, 26 is `AA`.
pub fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.extend(char::from_digit(digit + 10, 36).map(|letter| letter.to_ascii_uppercase()));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A rectangle of cells, both corners included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The upper left corner.
    pub first: Cell,
    /// The lower right corner.
    pub last: Cell,
}

impl Range {
    /// Reads `A1:F1` or `A1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let (a, b) = (Cell::parse(first)?, Cell::parse(last)?);
        Some(Self {
            first: Cell::new(a.row.min(b.row), a.column.min(b.column)),
            last: Cell::new(a.row.max(b.row), a.column.max(b.column)),
        })
    }

    /// Whether the cell lies inside.
    pub fn contains(&self, cell: Cell) -> bool {
        (self.first.row..=self.last.row).contains(&cell.row)
            && (self.first.column..=self.last.column).contains(&cell.column)
    }
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The submitted file, relative to the period's input folder; empty where the finding is
    /// about a district that sent nothing.
    pub file: String,
    /// The sheet's name, where the finding is about a sheet.
    pub sheet: Option<String>,
    /// The cell, where the finding is about one.
    #[serde(with = "cell_text")]
    pub cell: Option<Cell>,
}

mod cell_text {
    use super::Cell;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde's `with` asks for this signature")]
    pub fn serialize<S: Serializer>(cell: &Option<Cell>, to: S) -> Result<S::Ok, S::Error> {
        match cell {
            Some(cell) => to.collect_str(cell),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cell>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        text.map(|text| {
            Cell::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a cell")))
        })
        .transpose()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, " › {sheet}")?;
        }
        if let Some(cell) = self.cell {
            write!(f, "!{cell}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_excel_names_them() {
        for (cell, name) in [
            ((0, 0), "A1"),
            ((10, 4), "E11"),
            ((0, 26), "AA1"),
            ((1_048_575, 16_383), "XFD1048576"),
        ] {
            assert_eq!(Cell::new(cell.0, cell.1).to_string(), name);
            assert_eq!(Cell::parse(name), Some(Cell::new(cell.0, cell.1)));
        }
        for text in ["", "A", "1", "A0", "XFE1", "A1048577", "AAAA1", "一1"] {
            assert_eq!(Cell::parse(text), None, "{text}");
        }
    }
}
