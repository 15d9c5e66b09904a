//! A workbook of Excel 97 to 2003: BIFF8 records in a stream of an OLE file.
//!
//! Only what the samples need. Formulas are written as their results, as many offices paste them,
//! and there is no room for comments.

use std::collections::BTreeMap;

use super::end;
use crate::page::{Book, Look, Page, Stored, Value};

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;
const SST: u16 = 0x00FC;
/// No record is longer.
const MOST: usize = 8224;
/// The first format of a cell: before it come fifteen of styles and the default one.
const FIRST_FORMAT: u16 = 16;
/// The first number format that is not built in.
const FIRST_NUMBER_FORMAT: u16 = 164;

pub fn bytes(book: &Book) -> Vec<u8> {
    let mut shared = Shared::default();
    let sheets: Vec<Vec<u8>> = book
        .pages
        .iter()
        .map(|page| sheet(page, &mut shared))
        .collect();
    // The length does not depend on where the sheets begin.
    let mut at = shared.globals(book, &vec![0; sheets.len()]).len();
    let mut begins = Vec::new();
    for sheet in &sheets {
        begins.push(at);
        at += sheet.len();
    }
    let mut stream = shared.globals(book, &begins);
    stream.extend(sheets.into_iter().flatten());
    ole(stream)
}

/// What the sheets refer to, each kept once and in the order in which it was first met.
#[derive(Default)]
struct Shared {
    strings: Vec<String>,
    places: BTreeMap<String, u32>,
    looks: Vec<Look>,
    count: u32,
}

impl Shared {
    fn string(&mut self, text: &str) -> u32 {
        self.count += 1;
        let next = u32::try_from(self.strings.len()).expect("a workbook has few texts");
        *self.places.entry(text.to_owned()).or_insert_with(|| {
            self.strings.push(text.to_owned());
            next
        })
    }

    fn format(&mut self, look: &Look) -> u16 {
        let known = self.looks.iter().position(|other| other == look);
        let place = known.unwrap_or_else(|| {
            self.looks.push(look.clone());
            self.looks.len() - 1
        });
        FIRST_FORMAT + small(place)
    }

    /// The records in front of the sheets.
    fn globals(&self, book: &Book, begins: &[usize]) -> Vec<u8> {
        let mut stream = beginning(0x0005);
        record(&mut stream, 0x0042, &words(&[1200]));
        let active = book.pages.iter().position(|page| page.active);
        let active = small(active.unwrap_or(0));
        record(
            &mut stream,
            0x003D,
            &words(&[0, 0, 0x4000, 0x2000, 0x38, active, 0, 1, 600]),
        );

        // Fonts are numbered from 0 with 4 left out; those of the looks come from 5 on.
        for _ in 0..4 {
            font(&mut stream, "宋体", 11.0, false);
        }
        for look in &self.looks {
            font(&mut stream, look.font, look.size, look.bold);
        }
        for (number, look) in (FIRST_NUMBER_FORMAT..).zip(&self.looks) {
            if let Some(format) = &look.number_format {
                let mut data = words(&[number]);
                data.extend(long_text(format));
                record(&mut stream, 0x041E, &data);
            }
        }
        for _ in 0..FIRST_FORMAT - 1 {
            record(
                &mut stream,
                0x00E0,
                &words(&[0, 0, 0xFFF5, 0x20, 0, 0, 0, 0, 0, 0x20C0]),
            );
        }
        record(
            &mut stream,
            0x00E0,
            &words(&[0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0x20C0]),
        );
        for (number, look) in (0..).zip(&self.looks) {
            record(&mut stream, 0x00E0, &cell_format(number, look));
        }
        record(&mut stream, 0x0293, &words(&[0x8000, 0xFF00]));

        for (page, begin) in book.pages.iter().zip(begins) {
            let begin = u32::try_from(*begin).expect("a sample is small");
            let mut data = begin.to_le_bytes().to_vec();
            data.extend(words(&[u16::from(page.hidden)]));
            data.extend(short_text(&page.name));
            record(&mut stream, 0x0085, &data);
        }
        self.texts(&mut stream);
        record(&mut stream, EOF, &[]);
        stream
    }

    /// The texts of all cells, in as many records as it takes.
    fn texts(&self, stream: &mut Vec<u8>) {
        let unique = u32::try_from(self.strings.len()).expect("a workbook has few texts");
        let mut data = [self.count.to_le_bytes(), unique.to_le_bytes()].concat();
        let mut kind = SST;
        for text in &self.strings {
            let text = long_text(text);
            if data.len() + text.len() > MOST {
                record(stream, kind, &data);
                data.clear();
                kind = CONTINUE;
            }
            data.extend(text);
        }
        record(stream, kind, &data);
    }
}

fn sheet(page: &Page, shared: &mut Shared) -> Vec<u8> {
    let mut stream = beginning(0x0010);
    for (column, width) in &page.widths {
        let width = points(*width, 256.0);
        record(
            &mut stream,
            0x007D,
            &words(&[*column, *column, width, 15, 0, 0]),
        );
    }
    let (rows, columns) = end(page);
    let mut size = [0_u32.to_le_bytes(), rows.to_le_bytes()].concat();
    size.extend(words(&[0, columns, 0]));
    record(&mut stream, 0x0200, &size);
    for (row, height) in &page.heights {
        let height = points(*height, 20.0);
        let options = [row_number(*row), 0, columns, height, 0, 0, 0x0140, 15];
        record(&mut stream, 0x0208, &words(&options));
    }
    for ((row, column), cell) in &page.cells {
        assert!(cell.comment.is_none(), "comments are not written");
        let place = words(&[row_number(*row), *column, shared.format(&cell.look)]);
        let (kind, value) = match &cell.value {
            Value::Blank => (0x0201, Vec::new()),
            Value::Number(number)
            | Value::Formula {
                result: Stored::Number(number),
                ..
            } => (0x0203, number.to_le_bytes().to_vec()),
            Value::Text(text) => (0x00FD, shared.string(text).to_le_bytes().to_vec()),
            Value::Formula {
                result: Stored::Error(error),
                ..
            } => (0x0205, vec![error_code(error), 1]),
        };
        record(&mut stream, kind, &[place, value].concat());
    }
    let frozen = if page.freeze.is_some() { 0x0108 } else { 0 };
    let shown = if page.active { 0x0600 } else { 0 };
    let window = [0x00B6 | frozen | shown, 0, 0, 0x40, 0, 0, 0, 0, 0];
    record(&mut stream, 0x023E, &words(&window));
    if let Some((row, column)) = page.freeze {
        let row = row_number(row);
        let active = if column == 0 { 2 } else { 0 };
        record(
            &mut stream,
            0x0041,
            &words(&[column, row, row, column, active]),
        );
    }
    for merges in page.merges.chunks(1000) {
        let mut data = words(&[small(merges.len())]);
        for (first_row, first, last_row, last) in merges {
            let rows = [row_number(*first_row), row_number(*last_row)];
            data.extend(words(&[rows[0], rows[1], *first, *last]));
        }
        record(&mut stream, 0x00E5, &data);
    }
    record(&mut stream, EOF, &[]);
    stream
}

fn beginning(kind: u16) -> Vec<u8> {
    let mut stream = Vec::new();
    record(
        &mut stream,
        BOF,
        &words(&[0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0, 6, 0]),
    );
    stream
}

fn font(stream: &mut Vec<u8>, name: &str, size: f64, bold: bool) {
    let weight = if bold { 700 } else { 400 };
    let mut data = words(&[points(size, 20.0), 0, 0x7FFF, weight, 0]);
    // Neither underlined nor of a family, in the Chinese character set.
    data.extend([0, 0, 134, 0]);
    data.extend(short_text(name));
    record(stream, 0x0031, &data);
}

/// A cell's format, the one of this number: its font and number format have the same.
fn cell_format(number: u16, look: &Look) -> Vec<u8> {
    let shown = match look.number_format {
        Some(_) => FIRST_NUMBER_FORMAT + number,
        None => 0,
    };
    let across = match look {
        Look { centred: true, .. } => 2,
        Look { right: true, .. } => 3,
        _ => 0,
    };
    let wrap = if look.wrap { 8 } else { 0 };
    let middle = 0x10;
    let (lines, colours, below) = if look.bordered {
        (0x1111, 0x2040, 0x2040)
    } else {
        (0, 0, 0)
    };
    words(&[
        5 + number,
        shown,
        1,
        across | wrap | middle,
        0xFC00,
        lines,
        colours,
        below,
        0,
        0x20C0,
    ])
}

fn error_code(error: &str) -> u8 {
    match error {
        "#DIV/0!" => 0x07,
        "#VALUE!" => 0x0F,
        "#REF!" => 0x17,
        "#NAME?" => 0x1D,
        _ => 0x2A,
    }
}

fn record(stream: &mut Vec<u8>, kind: u16, data: &[u8]) {
    assert!(data.len() <= MOST, "a record is short");
    stream.extend(words(&[kind, small(data.len())]));
    stream.extend(data);
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Text with its length in one byte, in UTF-16.
fn short_text(text: &str) -> Vec<u8> {
    let mut bytes = long_text(text);
    bytes.remove(1);
    bytes
}

fn long_text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = words(&[small(units.len())]);
    bytes.push(1);
    bytes.extend(words(&units));
    bytes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are small and positive"
)]
fn points(size: f64, parts: f64) -> u16 {
    (size * parts).round() as u16
}

fn row_number(row: u32) -> u16 {
    u16::try_from(row).expect("a sheet of this kind has 65,536 rows")
}

fn small(count: usize) -> u16 {
    u16::try_from(count).expect("a sample is small")
}

/// An OLE file with this one stream: its header, the table of sectors, the directory, the stream.
fn ole(mut stream: Vec<u8>) -> Vec<u8> {
    const SECTOR: usize = 512;
    const END: u32 = 0xFFFF_FFFE;
    const FREE: u32 = 0xFFFF_FFFF;
    const TABLE: u32 = 0xFFFF_FFFD;
    // A shorter stream would have to stand among small sectors.
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);
    let number = |count: usize| u32::try_from(count).expect("a sample is small");
    let sectors = stream.len() / SECTOR;
    let mut tables = 1;
    while tables * SECTOR / 4 < tables + 1 + sectors {
        tables += 1;
    }
    assert!(tables <= 109, "the header has room for no more tables");

    let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    file.resize(24, 0);
    file.extend(words(&[0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0]));
    let directory = number(tables);
    let header = [0, number(tables), directory, 0, 4096, END, 0, END, 0];
    file.extend(header.iter().flat_map(|value| value.to_le_bytes()));
    let places = (0..109).map(|table| if table < tables { number(table) } else { FREE });
    file.extend(places.flat_map(u32::to_le_bytes));

    let mut table = vec![TABLE; tables];
    table.push(END);
    let first = table.len();
    table.extend((first + 1..first + sectors).map(number));
    table.push(END);
    table.resize(tables * SECTOR / 4, FREE);
    file.extend(table.iter().flat_map(|value| value.to_le_bytes()));

    file.extend(entry("Root Entry", 5, 1, END, 0));
    file.extend(entry(
        "Workbook",
        2,
        FREE,
        number(first),
        number(stream.len()),
    ));
    file.extend([entry("", 0, FREE, 0, 0), entry("", 0, FREE, 0, 0)].concat());
    file.extend(stream);
    file
}

/// An entry of the directory. It has no brothers.
fn entry(name: &str, kind: u8, child: u32, first: u32, size: u32) -> Vec<u8> {
    const NONE: u32 = 0xFFFF_FFFF;
    let units: Vec<u16> = name.encode_utf16().collect();
    let mut bytes = words(&units);
    bytes.resize(64, 0);
    let length = if name.is_empty() {
        0
    } else {
        2 * (units.len() + 1)
    };
    bytes.extend(words(&[small(length)]));
    bytes.extend([kind, 1]);
    bytes.extend(
        [NONE, NONE, child]
            .iter()
            .flat_map(|value| value.to_le_bytes()),
    );
    bytes.resize(116, 0);
    bytes.extend(
        [first, size, 0]
            .iter()
            .flat_map(|value| value.to_le_bytes()),
    );
    bytes
}
