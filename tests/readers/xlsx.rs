//! The cases of .xlsx.

use crate::zip::{changed, zip};
use crate::{Case, Outcome};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const BRANCHES: &str = "http://schemas.openxmlformats.org/markup-compatibility/2006";
const MACROS: &str = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet";
const BOOK: &str = "xl/workbook.xml";
const BOOK_RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const SHEET: &str = "xl/worksheets/sheet1.xml";
const SECOND: &str = "xl/worksheets/sheet2.xml";
const STYLES: &str = "xl/styles.xml";
const STRINGS: &str = "xl/sharedStrings.xml";
/// General, a percentage, a day.
const FORMATS: &str = "<xf numFmtId='0'/><xf numFmtId='9'/><xf numFmtId='14'/>";

/// Values that are lost or changed without a word.
pub fn values() -> Vec<Case> {
    vec![
        Case::reads(
            "value-pieces.xlsx",
            one_row(
                "<c r='A1'><v>1&#48;0</v></c><c r='B1'><v>&#53;</v></c><c r='C1'><v>1<![CDATA[00]]></v></c><c r='D1'><v>1<!---->00</v></c><c r='E1'><v>1<?x?>00</v></c><c r='F1' t='str'><v>1<![CDATA[00]]></v></c>",
            ),
            "S: A1 1, B1 nothing, C1 1, D1 1, E1 1, F1 \"1\"",
        ),
        Case::reads(
            "string-index.xlsx",
            xlsx(&[
                (
                    SHEET,
                    sheet("<row r='1'><c r='A1' t='s'><v> 1 </v></c></row>"),
                ),
                (STRINGS, strings("<si><t>zero</t></si><si><t>one</t></si>")),
            ]),
            "S: A1 \"zero\"",
        ),
        Case::reads(
            "child-order.xlsx",
            one_row(
                "<c r='A1' t='inlineStr'><is><t>x</t></is><v>x</v></c><c r='B1'><v>5</v><f>1+4</f></c>",
            ),
            "S: A1 nothing, B1 nothing",
        ),
        Case::reads(
            "east-asian-dates.xlsx",
            xlsx(&[
                (
                    SHEET,
                    sheet(
                        "<row r='1'><c r='A1' s='0'><v>45170</v></c><c r='B1' s='1'><v>45170</v></c></row>",
                    ),
                ),
                (STYLES, styles("<xf numFmtId='31'/><xf numFmtId='57'/>")),
            ]),
            "S: A1 day 45170, B1 day 45170",
        ),
        Case::reads(
            "attribute-blanks.xlsx",
            xlsx(&[
                (BOOK, book("<workbookPr date1904=' 1 '/>", &["S"])),
                (
                    SHEET,
                    sheet(
                        "<row r='1'><c r='A1' s=' 1 '><v>0.5</v></c><c r='B1' s='2'><v>43708</v></c></row>",
                    ),
                ),
                (STYLES, styles(FORMATS)),
            ]),
            "S: A1 0.5, B1 day 43708 as mm-dd-yy",
        ),
        Case::reads(
            "not-finite.xlsx",
            one_row("<c r='A1'><v>1e309</v></c><c r='B1'><v>inf</v></c><c r='C1'><v>NaN</v></c>"),
            "S: A1 inf, B1 inf, C1 NaN",
        ),
    ]
}

/// Values that are put in another place, or in none that a sheet has.
pub fn places() -> Vec<Case> {
    let wrapped = one_row("<c r='A4294967297'><v>1</v></c>");
    vec![
        if cfg!(debug_assertions) {
            Case::ends("wrapped-place.xlsx", wrapped, Outcome::Panics)
        } else {
            Case::reads("wrapped-place.xlsx", wrapped, "S: A1 1")
        },
        Case::reads(
            "beyond-grid.xlsx",
            one_row("<c r='XFE1048577'><v>1</v></c>"),
            "S: XFE1048577 1",
        ),
        Case::reads(
            "shifted-place.xlsx",
            one_row("<c><v>1</v></c><c t='e'><v>#SPILL!</v></c><c><v>3</v></c>"),
            "S: A1 1, an error, B1 3",
        ),
    ]
}

/// Elements that are not meant for the reader.
pub fn elements() -> Vec<Case> {
    let branches = |new: &str, old: &str| {
        format!(
            "<mc:AlternateContent xmlns:mc='{BRANCHES}'><mc:Choice xmlns:n='urn:new' Requires='n'>{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
        )
    };
    let both = branches(
        "<row r='2'><c r='A2'><v>1</v></c></row>",
        "<row r='2'><c r='A2'><v>2</v></c></row>",
    );
    vec![
        Case::reads(
            "two-branches.xlsx",
            xlsx(&[
                (
                    SHEET,
                    sheet(&format!(
                        "<row r='1'><c r='A1' t='s'><v>0</v></c></row>{both}"
                    )),
                ),
                (
                    STRINGS,
                    strings(&format!(
                        "<si>{}</si>",
                        branches("<t>new</t>", "<t>old</t>")
                    )),
                ),
            ]),
            "S: A1 \"newold\", A2 1, A2 2",
        ),
        Case::reads(
            "foreign-names.xlsx",
            one_row("<c r='A1'><v>5</v><q:v xmlns:q='urn:other'>9</q:v></c>"),
            "S: A1 9",
        ),
    ]
}

/// Parts that are mistaken for others, without a word.
pub fn packages() -> Vec<Case> {
    let number = |n: u8| sheet(&format!("<row r='1'><c r='A1'><v>{n}</v></c></row>"));
    let word = || sheet("<row r='1'><c r='A1' t='s'><v>0</v></c></row>");
    let twice = |second: &str| {
        let mut parts = parts(&[(SHEET, number(1))]);
        parts.push((second.to_owned(), number(2).into()));
        zip(&parts)
    };
    let flipped = xlsx(&[(SHEET, word()), (STRINGS, strings("<si><t>1200</t></si>"))]);
    vec![
        Case::reads(
            "styles-part.xlsx",
            xlsx(&[
                (
                    SHEET,
                    sheet(
                        "<row r='1'><c r='A1' s='1'><v>0.5</v></c><c r='B1' s='2'><v>45170</v></c></row>",
                    ),
                ),
                ("xl/styles1.xml", styles(FORMATS)),
            ]),
            "S: A1 0.5, B1 45170",
        ),
        Case::reads(
            "strings-part.xlsx",
            xlsx(&[
                (SHEET, word()),
                (STRINGS, strings("<si><t>left over</t></si>")),
                ("xl/strings1.xml", strings("<si><t>in use</t></si>")),
                (
                    BOOK_RELATIONS,
                    relations(&[
                        ("worksheet", "worksheets/sheet1.xml"),
                        ("sharedStrings", "strings1.xml"),
                    ]),
                ),
            ]),
            "S: A1 \"left over\"",
        ),
        Case::reads(
            "checksum.xlsx",
            changed(flipped, b"1200", b"9200"),
            "S: A1 \"9200\"",
        ),
        Case::reads("two-parts.xlsx", twice(SHEET), "S: A1 2"),
        Case::reads(
            "two-cases.xlsx",
            twice("xl/worksheets/Sheet1.xml"),
            "S: A1 2",
        ),
        Case::reads(
            "two-sheets.xlsx",
            xlsx(&[
                (BOOK, book("", &["S", "S"])),
                (SHEET, number(1)),
                (SECOND, number(2)),
            ]),
            "S: A1 1; S: A1 1",
        ),
    ]
}

/// Files and sheets that are refused whole.
pub fn refusals() -> Vec<Case> {
    let one = || sheet("<row r='1'><c r='A1'><v>1</v></c></row>");
    let bad = || {
        one_row(
            "<c r='A1'><v>1</v></c><c r='B1' t='e'><v>#SPILL!</v></c><c r='C1'><v>3</v><extLst/></c><c r='D1'><v>4</v></c>",
        )
    };
    let mut wide = parts(&[(SHEET, one())]);
    if let Some((_, content)) = wide.last_mut() {
        let text = format!("\u{feff}<?xml version='1.0' encoding='UTF-16'?>{}", one());
        *content = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    vec![
        Case::reads("bad-cells.xlsx", bad(), "S: A1 1, an error, an error, D1 4"),
        Case::reads("bad-cells.xlsx", bad(), "S: refused").dense(),
        Case::reads(
            "macro-sheet.xlsx",
            xlsx(&[
                (BOOK, book("", &["S", "M"])),
                (SHEET, one()),
                (
                    BOOK_RELATIONS,
                    relations(&[
                        ("worksheet", "worksheets/sheet1.xml"),
                        (MACROS, "macrosheets/sheet1.xml"),
                    ]),
                ),
                (
                    "xl/macrosheets/sheet1.xml",
                    "<m:macrosheet xmlns:m='http://schemas.microsoft.com/office/excel/2006/main'/>"
                        .to_owned(),
                ),
            ]),
            "refused",
        ),
        Case::reads(
            "dimension.xlsx",
            xlsx(&[(
                SHEET,
                one().replace("<sheetData>", "<dimension ref='A:B'/><sheetData>"),
            )]),
            "S: refused",
        ),
        Case::reads(
            "part-names.xlsx",
            xlsx(&[
                (BOOK, book("", &["S", "T", "U"])),
                (SHEET, one()),
                (SECOND, one()),
                ("xl/worksheets/a&b.xml", one()),
                (
                    BOOK_RELATIONS,
                    relations(&[
                        ("worksheet", "./worksheets/sheet1.xml"),
                        ("worksheet", "../xl/worksheets/sheet2.xml"),
                        ("worksheet", "worksheets/a&amp;b.xml"),
                    ]),
                ),
            ]),
            "S: refused; T: refused; U: refused",
        ),
        Case::reads("utf-16.xlsx", zip(&wide), "S: refused"),
    ]
}

/// Files that end the process.
pub fn ends() -> Vec<Case> {
    let one = || sheet("<row r='1'><c r='A1'><v>1</v></c></row>");
    let reversed = one().replace("<sheetData>", "<dimension ref='B2:A1'/><sheetData>");
    let mut cases = vec![
        Case::ends(
            "string-count.xlsx",
            xlsx(&[
                (SHEET, one()),
                (
                    STRINGS,
                    strings("").replace("<sst", "<sst uniqueCount='99999999999'"),
                ),
            ]),
            Outcome::Aborts,
        ),
        Case::ends(
            "shared-formula.xlsx",
            one_row("<c r='A1'><f t='shared' ref='A1' si='99999999999'>1</f><v>1</v></c>"),
            Outcome::Aborts,
        )
        .formulas(),
        Case::ends(
            "two-corners.xlsx",
            xlsx(&[(
                SHEET,
                sheet("<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"),
            )]),
            Outcome::Aborts,
        )
        .dense(),
    ];
    // Built for release, the difference wraps and nothing is seen of it.
    if cfg!(debug_assertions) {
        let bytes = xlsx(&[(SHEET, reversed)]);
        cases.push(Case::ends(
            "dimension-reversed.xlsx",
            bytes,
            Outcome::Panics,
        ));
    }
    cases
}

fn sheet(rows: &str) -> String {
    format!("<worksheet xmlns='{MAIN}'><sheetData>{rows}</sheetData></worksheet>")
}

fn strings(items: &str) -> String {
    format!("<sst xmlns='{MAIN}'>{items}</sst>")
}

fn styles(formats: &str) -> String {
    format!("<styleSheet xmlns='{MAIN}'><cellXfs>{formats}</cellXfs></styleSheet>")
}

/// A workbook part with these sheets, related to `r1`, `r2` and so on.
fn book(before: &str, sheets: &[&str]) -> String {
    let sheets = sheets
        .iter()
        .zip(1..)
        .map(|(name, n)| format!("<sheet name='{name}' sheetId='{n}' r:id='r{n}'/>"));
    let sheets: String = sheets.collect();
    format!(
        "<workbook xmlns='{MAIN}' xmlns:r='{OFFICE}'>{before}<sheets>{sheets}</sheets></workbook>"
    )
}

/// Relationships `r1`, `r2` and so on.
pub fn relations(targets: &[(&str, &str)]) -> String {
    let list = targets.iter().zip(1..).map(|((kind, target), n)| {
        let base = if kind.contains(':') {
            String::new()
        } else {
            format!("{OFFICE}/")
        };
        format!("<Relationship Id='r{n}' Type='{base}{kind}' Target='{target}'/>")
    });
    let list: String = list.collect();
    format!("<Relationships xmlns='{PACKAGE}/relationships'>{list}</Relationships>")
}

/// The list of what each part is.
pub fn types(list: &str) -> String {
    format!(
        "<Types xmlns='{PACKAGE}/content-types'><Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>{list}</Types>"
    )
}

/// What a part is, in the words of relationships and of types alike.
fn kind(part: &str) -> Option<&'static str> {
    let kinds = [
        ("worksheets/", "worksheet"),
        ("/styles", "styles"),
        ("trings", "sharedStrings"),
    ];
    let found = kinds.iter().find(|(name, _)| part.contains(name));
    found.map(|(_, kind)| *kind)
}

/// The parts of a workbook: those given, and what every workbook needs besides.
fn parts(given: &[(&str, String)]) -> Vec<(String, Vec<u8>)> {
    let related: Vec<(&str, &str)> = given
        .iter()
        .filter_map(|(name, _)| Some((kind(name)?, name.strip_prefix("xl/")?)))
        .collect();
    let known = [("sheet.main", "workbook.xml")]
        .into_iter()
        .chain(related.clone());
    let list = known.map(|(kind, name)| {
        let name = name.replace('&', "&amp;");
        format!("<Override PartName='/xl/{name}' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml'/>")
    });
    let needed = [
        ("[Content_Types].xml", types(&list.collect::<String>())),
        ("_rels/.rels", relations(&[("officeDocument", BOOK)])),
        (BOOK, book("", &["S"])),
        (BOOK_RELATIONS, relations(&related)),
    ];
    let missing = needed
        .iter()
        .filter(|(name, _)| given.iter().all(|(own, _)| own != name));
    let all = missing.chain(given);
    all.map(|(name, text)| ((*name).to_owned(), text.clone().into()))
        .collect()
}

fn xlsx(given: &[(&str, String)]) -> Vec<u8> {
    zip(&parts(given))
}

fn one_row(cells: &str) -> Vec<u8> {
    xlsx(&[(SHEET, sheet(&format!("<row r='1'>{cells}</row>")))])
}
