//! The cases of .xls.

use crate::{Case, Outcome};

const EOF: &[u8] = &[0x0a, 0, 0, 0];
/// The end of a chain of sectors, and a sector that is in none.
const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;

/// Values that are lost or changed without a word.
pub fn values() -> Vec<Case> {
    let strings = record(0xfc, &[&[1, 0, 0, 0, 1, 0, 0, 0], &[1, 0, 0, b'x']]);
    let index = |column: u8, n: u8| record(0xfd, &[&[0, 0, column, 0, 0, 0, n, 0, 0, 0]]);
    let format = |code: u16| {
        let written = record(0x41e, &[&code.to_le_bytes(), &[8, 0, 0], b"yyyy/m/d"]);
        [
            written,
            record(0xe0, &[&[0, 0], &code.to_le_bytes(), &[0; 16]]),
        ]
        .concat()
    };
    let words = [
        record(
            0x06,
            &[
                &[0; 12],
                &[0xff, 0xff],
                &[0; 6],
                &[9, 0, 0x17, 6, 0],
                b"abcdef",
            ],
        ),
        record(0x207, &[&[6, 0, 0], b"abc"]),
        record(0x3c, &[&[0], b"def"]),
    ];
    vec![
        Case::reads(
            "string-index.xls",
            xls(&strings, &[index(0, 7), index(1, 0)], EOF),
            "S: B1 \"x\"",
        ),
        Case::reads(
            "format-id.xls",
            xls(&format(400), &[number(0, 0, 45_170.0)], EOF),
            "S: A1 45170",
        ),
        Case::reads(
            "percent.xls",
            xls(
                &record(0xe0, &[&[0, 0, 9, 0], &[0; 16]]),
                &[number(0, 0, 0.5)],
                EOF,
            ),
            "S: A1 0.5",
        ),
        Case::reads(
            "cut-off.xls",
            xls(&[], &[number(0, 0, 1.0)], &[]),
            "S: A1 1",
        ),
        Case::reads("long-string.xls", xls(&[], &words, EOF), "S: A1 \"abc\""),
    ]
}

/// Files that end the process.
pub fn ends() -> Vec<Case> {
    let corners = [number(0, 0, 1.0), number(65_535, 65_535, 1.0)];
    let vast = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0];
    let vast = record(0x200, &[&vast]);
    let away = [listed(0x0fff_ffff), EOF.to_vec()].concat();
    let merges = record(0xe5, &[&[9, 0]]);
    vec![
        Case::ends("two-corners.xls", xls(&[], &corners, EOF), Outcome::Aborts),
        Case::ends("dimensions.xls", xls(&[], &[vast], EOF), Outcome::Aborts),
        Case::ends(
            "sector-loop.xls",
            compound(&[begin(5), away.clone()].concat(), 1),
            Outcome::Aborts,
        ),
        Case::ends(
            "sheet-offset.xls",
            compound(&[begin(5), away].concat(), END),
            Outcome::Panics,
        ),
        Case::ends("merges.xls", xls(&[], &[merges], EOF), Outcome::Panics),
    ]
}

/// A workbook of one sheet.
fn xls(globals: &[u8], cells: &[Vec<u8>], end: &[u8]) -> Vec<u8> {
    let before = begin(5).len() + globals.len() + listed(0).len() + EOF.len();
    let start = u32::try_from(before).expect("a small workbook");
    let stream = [
        begin(5),
        globals.to_vec(),
        listed(start),
        EOF.to_vec(),
        begin(0x10),
        record(0x200, &[&[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0]]),
        cells.concat(),
        end.to_vec(),
    ];
    compound(&stream.concat(), END)
}

/// The record that begins the globals (5) or a sheet (16).
fn begin(kind: u8) -> Vec<u8> {
    record(0x809, &[&[0, 6, kind, 0], &[0; 12]])
}

/// The record that tells where the sheet S begins.
fn listed(start: u32) -> Vec<u8> {
    record(0x85, &[&start.to_le_bytes(), &[0, 0, 1, 0, b'S']])
}

fn record(kind: u16, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).expect("a small record");
    [kind.to_le_bytes(), length.to_le_bytes()]
        .concat()
        .into_iter()
        .chain(content)
        .collect()
}

fn number(row: u16, column: u16, x: f64) -> Vec<u8> {
    record(
        0x203,
        &[
            &row.to_le_bytes(),
            &column.to_le_bytes(),
            &[0; 2],
            &x.to_le_bytes(),
        ],
    )
}

/// A compound file of one stream. Sector 0 tells which sector follows which, 1 is the directory,
/// 2 tells the same of the small sectors, 3 and 4 hold these.
fn compound(stream: &[u8], after_directory: u32) -> Vec<u8> {
    let length = u32::try_from(stream.len()).expect("a small workbook");
    let small = length.div_ceil(64);
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(24, 0);
    file.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(longs(&[0, 1, 1, 0, 4096, 2, 1, END, 0, 0]));
    file.resize(512, 0xff);
    file.extend(longs(&[0xffff_fffd, after_directory, END, 4, END]));
    file.resize(1024, 0xff);
    file.extend(entry("Root Entry", 5, 1, 3, 1024));
    file.extend(entry("Workbook", 2, FREE, 0, length));
    file.resize(1536, 0);
    file.extend(longs(&(1..small).chain([END]).collect::<Vec<_>>()));
    file.resize(2048, 0xff);
    file.extend(stream);
    file.resize(3072, 0);
    file
}

fn entry(name: &str, kind: u8, child: u32, start: u32, length: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = u8::try_from(entry.len() + 2).expect("a short name");
    entry.resize(64, 0);
    entry.extend([named, 0, kind, 1]);
    entry.extend(longs(&[FREE, FREE, child]));
    entry.resize(116, 0);
    entry.extend(longs(&[start, length, 0]));
    entry
}

fn longs(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}
