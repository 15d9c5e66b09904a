//! Separated values: what `.csv`, `.tsv` and `.txt` files hold, whatever they are called.
//!
//! A record is a row and a blank line an empty one, as Excel counts them when it opens the file.
//! Every cell is text as it is written; what figures there are in it is for `intake`. How a file
//! of text is encoded is decided here for web pages and XML too.

use super::sniff::Kind;
use super::{About, Book, Budget, Error, NumberFormat, RawSheet, Value, within_sheet};
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the one sheet of a text file is called.
const SHEET: &str = "文本";
/// How many records are looked at to find out what separates the fields.
const SAMPLE: usize = 50;
/// How much of a file is looked at for the zero bytes of UTF-16.
const HEAD: usize = 8 * 1024;
/// Stands for a separator that is not a byte, in a text that has no use for it.
const STAND_IN: u8 = b'\x1f';

/// Reads a file of separated values.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let text = decode(bytes, None).ok_or(Error::NotAWorkbook(Kind::Unknown))?;
    let text = text.trim_end_matches(['\0', '\u{1a}']);
    let (separator, text) =
        stated_separator(text).unwrap_or_else(|| (likely_separator(text), text));
    let mut sheet = RawSheet::new(SHEET, false, [NumberFormat::new("General")].into());
    let (plain, byte) = with_a_byte_for(separator, text);
    let mut records = Records::new(&plain, byte);
    while let Some((row, record)) = records.read_next()? {
        for (column, field) in (0..).zip(record) {
            if field.trim().is_empty() {
                continue;
            }
            let field = if separator.is_ascii() {
                Cow::Borrowed(field)
            } else {
                Cow::Owned(field.replace(char::from(STAND_IN), separator.encode_utf8(&mut [0; 4])))
            };
            let value = Value::Text(quoted_by_formula(&field).unwrap_or(&field));
            sheet.push(within_sheet(row, column)?, value, 0, budget)?;
        }
    }
    sheet.close();
    Ok(Book {
        sheets: vec![sheet],
        about: About {
            kind: ".csv".to_owned(),
            ..About::default()
        },
        ..Book::default()
    })
}

/// The words of a file of text: by its byte order mark, by the zero bytes of UTF-16, as it says of
/// itself, as UTF-8 or as GB18030, whichever comes first that fits without a flaw.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    declared: Option<&'static Encoding>,
) -> Option<Cow<'a, str>> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(length..)?;
        return encoding.decode_without_bom_handling_and_without_replacement(rest);
    }
    let candidates = [utf_16(bytes), declared, Some(UTF_8), Some(GB18030)];
    let mut candidates = candidates.into_iter().flatten();
    candidates.find_map(|it| it.decode_without_bom_handling_and_without_replacement(bytes))
}

/// The UTF-16 of a text without a mark: every Latin letter, digit and comma has a zero byte, all
/// of them on the same side.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    // Zeros behind a text of another encoding are padding.
    let head = head.get(..=head.iter().rposition(|b| *b != 0)?)?;
    let zeros = |side| {
        let side = head.iter().skip(side).step_by(2);
        side.filter(|b| **b == 0).count()
    };
    let (first, second) = (zeros(0), zeros(1));
    let enough = head.len() / 20;
    if second > enough && second > 4 * first {
        Some(UTF_16LE)
    } else if first > enough && first > 4 * second {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The separator that a first line such as `sep=;` states, and the text behind that line.
fn stated_separator(text: &str) -> Option<(char, &str)> {
    let rest = ["sep=", "SEP="]
        .iter()
        .find_map(|word| text.strip_prefix(word))?;
    let separator = rest.chars().next().filter(|c| !"\"\r\n".contains(*c))?;
    let rest = rest.strip_prefix(separator)?;
    let ends = ["\r\n", "\n", "\r"];
    let rest = ends.iter().find_map(|end| rest.strip_prefix(end))?;
    Some((separator, rest))
}

/// The separator that makes the most of the first records alike; of several, the one that gives
/// more fields, and a comma before the others.
fn likely_separator(text: &str) -> char {
    let plain = [';', '\t', ','].map(|separator| (evenness(text, separator), separator));
    let fitting = plain.into_iter().filter(|(even, _)| even.holds_for(2));
    let best = fitting.max_by_key(|(even, _)| (even.alike, even.fields));
    if let Some((_, separator)) = best {
        return separator;
    }
    // Sentences have full-width commas too: only lines that are mostly alike are a table.
    let even = evenness(text, '，');
    if even.holds_for(even.records.div_ceil(2)) {
        '，'
    } else {
        ','
    }
}

/// How alike a separator makes the first records of a text.
struct Evenness {
    /// How many of them have the same number of fields, more than one.
    alike: usize,
    /// That number.
    fields: usize,
    /// How many were looked at.
    records: usize,
}

impl Evenness {
    fn holds_for(&self, records: usize) -> bool {
        self.alike > 0 && self.alike >= records.min(self.records)
    }
}

fn evenness(text: &str, separator: char) -> Evenness {
    let (plain, byte) = with_a_byte_for(separator, text);
    let mut records = Records::new(&plain, byte);
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut seen = 0;
    while seen < SAMPLE
        && let Ok(Some((_, record))) = records.read_next()
    {
        seen += 1;
        *counts.entry(record.len()).or_default() += 1;
    }
    let several = counts.into_iter().filter(|(fields, _)| *fields > 1);
    let most = several.max_by_key(|(fields, alike)| (*alike, *fields));
    let (fields, alike) = most.unwrap_or_default();
    Evenness {
        alike,
        fields,
        records: seen,
    }
}

/// A text in which the separator is a single byte, as the reader of records wants it.
fn with_a_byte_for(separator: char, text: &str) -> (Cow<'_, str>, u8) {
    match u8::try_from(separator) {
        Ok(byte) if byte.is_ascii() => (Cow::Borrowed(text), byte),
        _ => {
            let stand_in = char::from(STAND_IN);
            let text = text.replace(separator, stand_in.encode_utf8(&mut [0; 4]));
            (Cow::Owned(text), STAND_IN)
        }
    }
}

/// The text of `="0012"`, by which Excel is told that a number is text.
fn quoted_by_formula(field: &str) -> Option<&str> {
    let text = field.trim().strip_prefix("=\"")?.strip_suffix('"')?;
    (!text.contains('"')).then_some(text)
}

/// The records of a text, with the rows that they stand in.
struct Records<'a> {
    text: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    row: u32,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: u8) -> Self {
        Self {
            text: text.as_bytes(),
            reader: ReaderBuilder::new()
                .delimiter(separator)
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes()),
            record: StringRecord::new(),
            row: 0,
        }
    }

    fn read_next(&mut self) -> Result<Option<(u32, &StringRecord)>, Error> {
        let start = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let more = self.reader.read_record(&mut self.record);
        if !more.map_err(Error::damaged)? {
            return Ok(None);
        }
        let row = self.row.saturating_add(self.blank_lines(start));
        self.row = row.saturating_add(1);
        Ok(Some((row, &self.record)))
    }

    /// How many blank lines the reader leaves out before the record that it reads from here.
    fn blank_lines(&self, start: usize) -> u32 {
        let (before, mut rest) = self.text.split_at_checked(start).unwrap_or_default();
        // The reader stops in the middle of a line's end.
        if before.ends_with(b"\r") {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        let mut lines = 0;
        let ends: [&[u8]; 3] = [b"\r\n", b"\n", b"\r"];
        while let Some(behind) = ends.iter().find_map(|end| rest.strip_prefix(*end)) {
            rest = behind;
            lines += 1;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::Limits;

    fn cells(bytes: &[u8]) -> Vec<String> {
        let limits = Limits::default();
        let book = read(bytes, &mut Budget::new(&limits)).expect("a book");
        let sheet = &book.sheets[0];
        let shown = sheet.cells.iter().map(|raw| match sheet.value(raw) {
            Value::Text(text) => format!("{}={text}", raw.cell),
            other => panic!("{other:?}"),
        });
        shown.collect()
    }

    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_text_reads_the_same_in_every_encoding() {
        let text = "指标,数量\r\n主动公开,12\r\n依申请公开,3456\r\n收到,7\r\n";
        let expected = [
            "A1=指标",
            "B1=数量",
            "A2=主动公开",
            "B2=12",
            "A3=依申请公开",
            "B3=3456",
            "A4=收到",
            "B4=7",
        ];
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            GB18030.encode(text).0.into_owned(),
            utf_16(text, u16::to_le_bytes),
            utf_16(text, u16::to_be_bytes),
            utf_16(&marked, u16::to_le_bytes),
            utf_16(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(cells(&bytes), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_text_is_no_workbook() {
        let limits = Limits::default();
        for bytes in [b"\xff\xff\xff".as_slice(), b"a,b\n1,\xff\n"] {
            let found = read(bytes, &mut Budget::new(&limits));
            assert!(matches!(found, Err(Error::NotAWorkbook(Kind::Unknown))));
        }
    }

    #[test]
    fn the_separator_is_the_one_that_makes_lines_alike() {
        for text in [
            "a,b;c\n1,2\n3,4\n",
            "t\n\na\tb,b\n1\t2\n3\t4,5\n",
            "a;b\n1,5;2,5\n3,25;4\n",
            "甲，乙\n一，二\n三，四\n",
        ] {
            let last = cells(text.as_bytes()).pop().unwrap_or_default();
            assert!(last.starts_with('B'), "{text}: {last}");
        }
        let letter = "各街道：\n请于五日前报送，逾期不候。\n特此通知\n办公室\n";
        assert_eq!(cells(letter.as_bytes())[1], "A2=请于五日前报送，逾期不候。");
    }

    #[test]
    fn a_stated_separator_is_obeyed_and_is_no_row() {
        assert_eq!(
            cells(b"sep=;\r\na,1;b,2\r\nc,3;d,4"),
            ["A1=a,1", "B1=b,2", "A2=c,3", "B2=d,4"]
        );
        assert_eq!(cells("sep=，\na，\"b，c\"".as_bytes()), ["A1=a", "B1=b，c"]);
        assert_eq!(cells(b"sep=\n"), ["A1=sep="]);
    }

    #[test]
    fn records_and_blank_lines_are_rows() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "|a,b|\"x|y\",\"say \"\"hi\"\"\"||,z|".replace('|', end);
            let broken = format!("A3=x{end}y");
            assert_eq!(
                cells(text.as_bytes()),
                ["A2=a", "B2=b", &broken, "B3=say \"hi\"", "B5=z"]
            );
        }
    }

    #[test]
    fn a_text_that_excel_is_told_of_by_a_formula_is_text() {
        assert_eq!(
            cells(b"a,b\n=\"0012\",\"=\"\"0013\"\"\"\n=A1,x"),
            ["A1=a", "B1=b", "A2=0012", "B2=0013", "A3==A1", "B3=x"]
        );
    }

    #[test]
    fn what_old_programs_put_at_the_end_is_no_text() {
        assert_eq!(cells(b"a,b\r\n1,2\r\n\x1a\0\0\0").len(), 4);
        assert_eq!(cells(b"a,b\0").len(), 2);
        assert!(cells(b"").is_empty() && cells(b"\xef\xbb\xbf\n").is_empty());
    }

    #[test]
    fn a_table_that_no_sheet_can_hold_is_over_the_limit() {
        let limits = Limits::default();
        let wide = format!("{}x", ",".repeat(16_384));
        let long = format!("{}x", "\n".repeat(1_048_576));
        for text in [wide, long] {
            let found = read(text.as_bytes(), &mut Budget::new(&limits));
            assert!(matches!(
                found,
                Err(Error::OverLimit { limit: "cells", .. })
            ));
        }
        let last = format!("{}{}x", "\n".repeat(1_048_575), ",".repeat(16_383));
        assert_eq!(cells(last.as_bytes()), ["XFD1048576=x"]);
    }

    #[test]
    fn broken_texts_never_panic() {
        let whole = "sep=;\r\n\"甲;\"\"乙\";=\"1\"\r\n\n，，;\t\"\n\"\"\"x".as_bytes();
        let limits = Limits::default();
        for end in 0..=whole.len() {
            for (at, byte) in (0..end).flat_map(|at| [0, b'"', b'\n', 0xff].map(|b| (at, b))) {
                let mut bytes = whole[..end].to_vec();
                bytes[at] = byte;
                let _ = read(&bytes, &mut Budget::new(&limits));
            }
        }
    }
}
