//! The cases of .xlsb.

use crate::xlsx::{relations, types};
use crate::zip::zip;
use crate::{Case, Outcome};

const RELATED: &[(&str, &str)] = &[
    ("worksheet", "worksheets/sheet1.bin"),
    ("styles", "styles.bin"),
];

/// Values that are lost or changed without a word.
pub fn values() -> Vec<Case> {
    // A font with a colour of the theme, tinted by 04E9: taken for a record, these bytes begin a
    // list of formats, and the next ones say that it is empty.
    let font = [
        0xdc, 0, 0, 0, 0x90, 1, 0, 0, 0, 0, 0, 0, 7, 1, 0xe9, 4, 4, 0, 0, 0, 0,
    ];
    // The result #DIV/0! and the formula 1/0.
    let quotient = [7, 0, 0, 7, 0, 0, 0, 0x1e, 1, 0, 0x1e, 0, 0, 6, 0, 0, 0, 0];
    let font = record(0x2b, &[&font, &text("A")]);
    vec![
        Case::reads(
            "formula-error.xlsb",
            xlsb(&[cell(0x0b, 0, 0, &quotient), number(1, 0, 2.0)], &[]),
            "S: B1 2",
        ),
        Case::reads(
            "rich-text.xlsb",
            xlsb(
                &[
                    cell(0x3e, 0, 0, &[&[0], text("x").as_slice()].concat()),
                    number(1, 0, 2.0),
                ],
                &[],
            ),
            "S: B1 2",
        ),
        Case::reads(
            "short-record.xlsb",
            xlsb(&[number(0, 0, 5.0), cell(5, 1, 0, &[])], &[]),
            "S: A1 5, B1 5",
        ),
        Case::reads(
            "style-body.xlsb",
            xlsb(&[number(0, 0, 45_170.0)], &[font, formats(14)]),
            "S: A1 45170",
        ),
        Case::reads(
            "percent.xlsb",
            xlsb(&[number(0, 0, 0.5)], &[formats(9)]),
            "S: A1 0.5",
        ),
    ]
}

/// Files that end the process.
pub fn ends() -> Vec<Case> {
    let corners = [number(0, 0, 1.0), row(1_048_575), number(16_383, 0, 1.0)];
    let index = [cell(7, 0, 0, &[9, 0, 0, 0])];
    vec![
        Case::ends("two-corners.xlsb", xlsb(&corners, &[]), Outcome::Aborts),
        Case::ends("string-index.xlsb", xlsb(&index, &[]), Outcome::Panics),
        Case::ends("relation.xlsb", package(&[], &[], &[]), Outcome::Panics),
    ]
}

/// A workbook of one sheet; its cells begin in the first row.
fn xlsb(cells: &[Vec<u8>], styles: &[Vec<u8>]) -> Vec<u8> {
    package(cells, styles, RELATED)
}

fn package(cells: &[Vec<u8>], styles: &[Vec<u8>], related: &[(&str, &str)]) -> Vec<u8> {
    let sheet = [0, 0, 0, 0, 1, 0, 0, 0];
    let book = [
        record(0x83, &[]),
        record(0x8f, &[]),
        record(0x9c, &[&sheet, &text("r1"), &text("S")]),
        record(0x90, &[]),
        record(0x84, &[]),
    ];
    let sheet = [
        record(0x81, &[]),
        record(0x94, &[&[0; 16]]),
        record(0x91, &[]),
        row(0),
        cells.concat(),
        record(0x92, &[]),
        record(0x82, &[]),
    ];
    let styles = [
        record(0x116, &[]),
        styles.concat(),
        record(0x269, &[&[0; 4]]),
        record(0x117, &[]),
    ];
    let kinds = [
        ("workbook", "sheet.binary.macroEnabled.main"),
        ("worksheets/sheet1", "worksheet"),
        ("styles", "styles"),
    ];
    let list = kinds.map(|(part, kind)| {
        format!(
            "<Override PartName='/xl/{part}.bin' ContentType='application/vnd.ms-excel.{kind}'/>"
        )
    });
    zip(&[
        ("[Content_Types].xml", types(&list.concat()).into()),
        (
            "_rels/.rels",
            relations(&[("officeDocument", "xl/workbook.bin")]).into(),
        ),
        ("xl/workbook.bin", book.concat()),
        ("xl/_rels/workbook.bin.rels", relations(related).into()),
        ("xl/worksheets/sheet1.bin", sheet.concat()),
        ("xl/styles.bin", styles.concat()),
    ])
}

/// The list of formats: one, by the number of a code that every program knows.
fn formats(code: u8) -> Vec<u8> {
    let format = [0, 0, code, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    [
        record(0x269, &[&[1, 0, 0, 0]]),
        record(0x2f, &[&format]),
        record(0x26a, &[]),
    ]
    .concat()
}

/// A record: its type, its length, its content.
fn record(kind: u16, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let byte = |n: usize| u8::try_from(n).expect("a small record");
    let kind = usize::from(kind);
    let mut bytes = vec![byte(kind % 128)];
    if kind >= 128 {
        bytes = vec![byte(kind % 128 + 128), byte(kind / 128)];
    }
    assert!(content.len() < 128, "a small record");
    bytes.push(byte(content.len()));
    bytes.extend(content);
    bytes
}

fn row(number: u32) -> Vec<u8> {
    record(0, &[&number.to_le_bytes(), &[0; 13]])
}

fn cell(kind: u16, column: u32, format: u32, value: &[u8]) -> Vec<u8> {
    record(kind, &[&column.to_le_bytes(), &format.to_le_bytes(), value])
}

fn number(column: u32, format: u32, x: f64) -> Vec<u8> {
    cell(5, column, format, &x.to_le_bytes())
}

fn text(text: &str) -> Vec<u8> {
    let letters = u32::try_from(text.encode_utf16().count()).expect("a short text");
    let mut bytes = letters.to_le_bytes().to_vec();
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}
