//! Cells and ranges as Excel writes them.

use super::OverlayError;

/// Of a sheet, both counted from 1.
const LAST: Cell = Cell {
    row: 1_048_576,
    column: 16_384,
};

/// A cell's row and column, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub row: u32,
    pub column: u32,
}

impl Cell {
    /// Reads `E11` or `$E$11`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('$', "");
        let digits = text.find(|c: char| c.is_ascii_digit())?;
        let (letters, digits) = text.split_at(digits);
        if letters.is_empty() || letters.len() > 3 || digits.starts_with('+') {
            return None;
        }
        let mut column = 0;
        for letter in letters.chars() {
            let letter = letter.to_ascii_uppercase();
            if !letter.is_ascii_uppercase() {
                return None;
            }
            column = column * 26 + (u32::from(letter) - u32::from('A') + 1);
        }
        let row = digits.parse().ok()?;
        (1..=LAST.row).contains(&row).then_some(())?;
        (column <= LAST.column).then_some(Self { row, column })
    }

    /// Reads a cell that the caller has written.
    pub(super) fn expect(text: &str) -> Result<Self, OverlayError> {
        Self::parse(text).ok_or_else(|| OverlayError::NotAPlace {
            found: text.to_owned(),
        })
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut letters = Vec::new();
        let mut rest = self.column;
        while rest > 0 {
            rest -= 1;
            letters.push(char::from_u32(u32::from('A') + rest % 26).unwrap_or('A'));
            rest /= 26;
        }
        letters.reverse();
        write!(f, "{}{}", letters.iter().collect::<String>(), self.row)
    }
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub first: Cell,
    pub last: Cell,
}

impl Area {
    /// Reads a cell or range that the caller has written.
    pub(super) fn expect(text: &str) -> Result<Self, OverlayError> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let area = Self {
            first: Cell::expect(first)?,
            last: Cell::expect(last)?,
        };
        if area.first.row > area.last.row || area.first.column > area.last.column {
            return Err(OverlayError::NotAPlace {
                found: text.to_owned(),
            });
        }
        Ok(area)
    }

    /// Whether the two have a cell in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.first.row <= other.last.row
            && other.first.row <= self.last.row
            && self.first.column <= other.last.column
            && other.first.column <= self.last.column
    }

    /// With absolute rows and columns, as defined names want it.
    pub(super) fn absolute(&self) -> String {
        [self.first, self.last]
            .map(|cell| {
                let text = cell.to_string();
                let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
                format!("${letters}${}", cell.row)
            })
            .join(":")
    }
}

impl std::fmt::Display for Area {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}:{}", self.first, self.last)
        }
    }
}
