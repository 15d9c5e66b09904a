use crate::kit::{Office, repository};
use calamine::{Reader, Xlsx};
use quick_xml::events::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read};
use zip::ZipArchive;

type Parts = BTreeMap<String, Vec<u8>>;

const FRONT: &str = "审核问题清单";

/// What a report may say otherwise in any workbook: which parts and sheets there are, formats
/// that are appended, and where the report comes from.
const USUAL: &[&str] = &[
    "[content_types].xml",
    "_rels/.rels",
    "docprops/custom.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/workbook.xml",
];

/// The workbooks of `tests/returned`: the accused sheet's part, the other parts that hold its
/// notes or refer to what does not go back, and the parts that do not go back.
type Sent = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const SHEET: &str = "xl/worksheets/sheet1.xml";
const RELS: &str = "xl/worksheets/_rels/sheet1.xml.rels";
const COMMENTS: &str = "xl/comments1.xml";
const DRAWING: &str = "xl/drawings/vmlDrawing1.vml";

const SENT: &[Sent] = &[
    ("epplus.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("excel-2007.xlsx", SHEET, &[], &[]),
    // The conversation's own parts stay, and its cell gets no note of ours.
    ("excel-365-threads.xlsx", SHEET, &[COMMENTS], &[]),
    (
        "excel-macros.xlsm",
        SHEET,
        &[RELS, DRAWING],
        &[
            "xl/activeX/_rels/activeX1.xml.rels",
            "xl/activeX/activeX1.bin",
            "xl/activeX/activeX1.xml",
            "xl/embeddings/oleObject1.bin",
            "xl/vbaProject.bin",
        ],
    ),
    ("excel-pictures.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("excel-protected.xlsx", SHEET, &[RELS], &[]),
    (
        "excel-query-pivot.xlsx",
        SHEET,
        &[RELS, "xl/tables/table1.xml"],
        &[
            "xl/connections.xml",
            "xl/queryTables/queryTable1.xml",
            "xl/tables/_rels/table1.xml.rels",
        ],
    ),
    ("excel-tables-formats.xlsx", SHEET, &[RELS], &[]),
    ("exceljs.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("libreoffice.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("odd-markup.xlsx", "xl/Worksheets/Sheet1.xml", &[], &[]),
    (
        "openpyxl.xlsx",
        SHEET,
        &[
            "xl/comments/comment1.xml",
            "xl/drawings/commentsDrawing1.vml",
        ],
        &[],
    ),
    ("openxml-sdk.xlsx", "xl/worksheets/sheet.xml", &[], &[]),
    (
        "poi.xlsx",
        SHEET,
        &[COMMENTS, "xl/drawings/vmlDrawing0.vml"],
        &[],
    ),
    ("sheetjs.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("sheets-200.xlsx", SHEET, &[], &[]),
    ("strict.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
    ("wps.xlsx", SHEET, &[COMMENTS, DRAWING], &[]),
];

/// Every element that a sheet may have around its cells, but those that a report adds to.
const AROUND: &[&str] = &[
    "sheetPr",
    "dimension",
    "sheetFormatPr",
    "cols",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "drawing",
    "legacyDrawingHF",
    "picture",
    "tableParts",
];

fn sent(name: &str) -> Vec<u8> {
    fs::read(repository().join("tests/returned").join(name)).expect("a workbook that was sent")
}

/// The report on a workbook, as the clerk on the telephone gets it.
fn report(office: &Office, name: &str, workbook: &[u8]) -> Vec<u8> {
    office.put(name, workbook);
    let out = format!("反馈-{name}.xlsx");
    let said = office.hebiao(&[
        "check",
        name,
        "--period",
        "2023-12",
        "--report",
        &out,
        "--now",
        "2024-01-08T02:00",
    ]);
    assert_eq!(said.code, 1, "{name}: {}", said.err);
    for planted in ["KY01!L10", "KY01!F12"] {
        assert!(said.out.contains(planted), "{name}: {}", said.out);
    }
    fs::read(office.path(&out)).expect("a report")
}

fn parts(package: &[u8]) -> Parts {
    let mut zip = ZipArchive::new(Cursor::new(package)).expect("a package");
    let mut parts = Parts::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("a part");
        let name = file.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        if !name.ends_with('/') {
            parts.insert(name, bytes);
        }
    }
    parts
}

fn text<'p>(parts: &'p Parts, name: &str) -> &'p str {
    let bytes = parts.get(name).unwrap_or_else(|| panic!("no part {name}"));
    std::str::from_utf8(bytes).expect("text")
}

/// Each sheet's name and whether it is seen.
fn sheets(package: &[u8]) -> Vec<(String, String)> {
    let book: Xlsx<_> = Xlsx::new(Cursor::new(package)).expect("a workbook");
    let sheets = book.sheets_metadata().iter();
    sheets
        .map(|sheet| (sheet.name.clone(), format!("{:?}", sheet.visible)))
        .collect()
}

/// What stands on the findings sheet, cell by cell.
fn told(package: &[u8]) -> Vec<String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(package)).expect("a workbook");
    let range = book.worksheet_range(FRONT).expect("the findings");
    range.rows().flatten().map(ToString::to_string).collect()
}

/// The last element of a name, from its `<` to its end: a comment may show one before it.
fn element<'t>(xml: &'t str, name: &str) -> Option<&'t str> {
    let ends_name = |c: char| c.is_whitespace() || c == '>' || c == '/';
    let is_start = |&(at, found): &(usize, &str)| {
        let before = xml[..at].rsplit('<').next().unwrap_or_default();
        let prefix = before.is_empty() || before.ends_with(':') && !before.contains(ends_name);
        prefix && xml[at + found.len()..].starts_with(ends_name)
    };
    let (at, _) = xml.match_indices(name).filter(is_start).last()?;
    let start = xml[..at].rfind('<')?;
    let qualified = &xml[start + 1..at + name.len()];
    let inner = start + xml[start..].find('>')? + 1;
    if xml[..inner].ends_with("/>") {
        return Some(&xml[start..inner]);
    }
    let end_tag = format!("</{qualified}");
    let close = inner + xml[inner..].find(&end_tag)?;
    let end = close + xml[close..].find('>')? + 1;
    Some(&xml[start..end])
}

/// An attribute of every element of a name.
fn values(xml: &str, name: &str, attribute: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml.trim_start_matches('\u{FEFF}'));
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == name => {
                let mut all = tag.attributes().flatten();
                let wanted = all.find(|one| one.key.as_ref() == attribute);
                found.push(wanted.map_or_else(String::new, |one| one.value.into_owned()));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// Every part has a type, every type a part; every relationship leads to a part that is there,
/// and no two of a part have one id.
fn is_whole(name: &str, parts: &Parts) {
    let small: BTreeSet<String> = parts.keys().map(|part| part.to_lowercase()).collect();
    let types = text(parts, "[Content_Types].xml");
    let own: Vec<String> = values(types, "Override", "PartName")
        .iter()
        .map(|part| part.trim_start_matches('/').to_lowercase())
        .collect();
    assert_eq!(own.iter().collect::<BTreeSet<_>>().len(), own.len());
    for part in &own {
        assert!(small.contains(part), "{name}: a type for {part}");
    }
    let common: Vec<String> = values(types, "Default", "Extension")
        .iter()
        .map(|extension| format!(".{}", extension.to_lowercase()))
        .collect();
    for part in small.iter().filter(|part| *part != "[content_types].xml") {
        let typed = own.contains(part) || common.iter().any(|ending| part.ends_with(ending));
        assert!(typed, "{name}: no type for {part}");
    }
    for (part, _) in parts.iter().filter(|(part, _)| ends(part, "rels")) {
        let xml = text(parts, part);
        let ids = values(xml, "Relationship", "Id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let folder = part.split("_rels/").next().unwrap_or_default();
        let modes = values(xml, "Relationship", "TargetMode");
        let targets = values(xml, "Relationship", "Target");
        for (target, _) in targets
            .iter()
            .zip(&modes)
            .filter(|(_, mode)| mode.is_empty())
        {
            let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
            if target.starts_with('/') {
                path.clear();
            }
            for step in target.split('/') {
                match step {
                    "" | "." => {}
                    ".." => drop(path.pop()),
                    step => path.push(step),
                }
            }
            let path = path.join("/").to_lowercase();
            assert!(
                small.contains(&path),
                "{name}: {part} leads to {path}, which is not there"
            );
        }
    }
}

#[test]
fn every_workbook_of_the_folder_is_looked_at() {
    let looked_at: BTreeSet<&str> = SENT.iter().map(|(name, ..)| *name).collect();
    let plain = [
        "README.md",
        "excel-links.xlsx",
        "libreoffice.ods",
        "libreoffice.xls",
        "shared-workbook.xlsx",
    ];
    for entry in fs::read_dir(repository().join("tests/returned")).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        assert!(
            looked_at.contains(&*name) || plain.contains(&&*name),
            "{name}"
        );
    }
}

#[test]
fn a_report_is_the_workbook_that_was_sent_whatever_wrote_it() {
    let office = Office::with_samples(&[]);
    for (name, accused, touched, gone) in SENT {
        let before = sent(name);
        let after = report(&office, name, &before);
        let (theirs, ours) = (sheets(&before), sheets(&after));
        assert_eq!(ours[0].0, FRONT, "{name}");
        assert!(ours[1..].starts_with(&theirs), "{name}: {ours:?}");
        let problem = "填报 5，各分项之和为 3";
        let is_told = told(&after).iter().any(|cell| cell.contains(problem));
        assert!(is_told, "{name}");

        let (before, after) = (parts(&before), parts(&after));
        is_whole(name, &after);
        for (part, bytes) in &before {
            if gone.contains(&part.as_str()) {
                assert!(!after.contains_key(part), "{name}: {part}");
                continue;
            }
            let may_differ = part == accused
                || touched.contains(&part.as_str())
                || USUAL.contains(&part.to_lowercase().as_str());
            let same = after.get(part) == Some(bytes);
            assert!(may_differ || same, "{name}: {part} is not as it was sent");
        }
        let (was, is) = (text(&before, accused), text(&after, accused));
        let cells = element(was, "sheetData").expect("cell data");
        assert_eq!(element(is, "sheetData"), Some(cells), "{name}");
        for part in AROUND {
            if let Some(found) = element(was, part) {
                assert!(is.contains(found), "{name}: {part} is not as it was sent");
            }
        }
        for (part, bytes) in &after {
            if ends(part, "xml") || ends(part, "rels") {
                values(std::str::from_utf8(bytes).expect("text"), "", "");
            }
        }
    }
}

#[test]
fn notes_formats_and_drop_downs_of_theirs_are_still_there() {
    for (name, part, words) in [
        ("excel-365-threads.xlsx", COMMENTS, "已开题数请核"),
        ("excel-pictures.xlsx", COMMENTS, "李四 &amp; 王五"),
        (
            "excel-pictures.xlsx",
            SHEET,
            "<legacyDrawing r:id=\"rId3\"/>",
        ),
        ("excel-tables-formats.xlsx", SHEET, "type=\"colorScale\""),
        (
            "excel-tables-formats.xlsx",
            SHEET,
            "<xm:f>去年!$A$11:$A$13</xm:f>",
        ),
        ("excel-tables-formats.xlsx", SHEET, "x14:sparklineGroup "),
        (
            "excel-protected.xlsx",
            "xl/workbook.xml",
            "name=\"参数\" sheetId=\"7\" state=\"veryHidden\"",
        ),
        (
            "excel-protected.xlsx",
            "xl/workbook.xml",
            "name=\"_xlnm.Print_Titles\" localSheetId=\"1\">'KY01'!$7:$9<",
        ),
        (
            "excel-protected.xlsx",
            "docProps/custom.xml",
            "name=\"密级\"",
        ),
        ("epplus.xlsx", COMMENTS, "已开题含结转"),
        ("poi.xlsx", COMMENTS, "按全年口径"),
        ("wps.xlsx", "xl/cellimages.xml", "ID_4F1C0D7B2A"),
    ] {
        let office = Office::with_samples(&[]);
        let after = parts(&report(&office, name, &sent(name)));
        assert!(text(&after, part).contains(words), "{name}: {words}");
    }
}

#[test]
fn a_report_that_is_sent_in_again_gathers_nothing() {
    let office = Office::with_samples(&[]);
    for (name, _, _, gone) in SENT {
        let once = report(&office, name, &sent(name));
        let twice = report(&office, &format!("又-{name}"), &once);
        let (once, twice) = (parts(&once), parts(&twice));
        assert!(once.keys().eq(twice.keys()), "{name}");
        for (part, bytes) in &once {
            // It comes from another file now, and what was left out is left out already.
            let may_differ = part == "docProps/custom.xml"
                || part.starts_with("xl/worksheets/hebiao-") && !gone.is_empty();
            assert!(
                may_differ || twice[part] == *bytes,
                "{name}: {part} differs in the second round"
            );
        }
    }
}

#[test]
fn formulas_that_fetch_figures_elsewhere_come_back_as_values_and_it_is_said() {
    let office = Office::with_samples(&[]);
    let before = sent("excel-links.xlsx");
    let after = report(&office, "excel-links.xlsx", &before);
    let said = told(&after);
    let words = "KY01!P10 KY01!Q10 KY01!P11 KY01!P12 KY01!P13";
    assert!(said.iter().any(|cell| cell.contains(words)), "{said:?}");
    let (before, after) = (parts(&before), parts(&after));
    is_whole("excel-links.xlsx", &after);
    assert!(after.keys().all(|part| !part.contains("externalLink")));
    let book = text(&after, "xl/workbook.xml");
    assert!(!book.contains("externalReference") && !book.contains("外部"));
    assert!(book.contains("申报合计"));
    let (was, is) = (text(&before, SHEET), text(&after, SHEET));
    // The values stay; a formula within the workbook stays a formula.
    assert!(is.contains("<c r=\"Q10\" s=\"2\"><v>7</v></c>"));
    assert!(is.contains("<c r=\"P12\"><v>26</v></c>"));
    assert!(is.contains("<c r=\"Q13\"><f>P13+1</f><v>84</v></c>"));
    let mut without = element(was, "sheetData").expect("cell data").to_owned();
    for formula in [
        "<f>'[1]去年汇总'!$C$10</f>",
        "<f>'[1]去年汇总'!$C$11+[2]Sheet1!A1</f>",
        "<f t=\"shared\" ref=\"P11:P13\" si=\"0\">[1]去年汇总!C11</f>",
        "<f t=\"shared\" si=\"0\"/>",
    ] {
        without = without.replace(formula, "");
    }
    assert_eq!(element(is, "sheetData"), Some(without.as_str()));
}

#[test]
fn what_cannot_be_overlaid_comes_back_as_a_copy_that_says_so() {
    let office = Office::with_samples(&[]);
    for name in ["libreoffice.xls", "libreoffice.ods", "shared-workbook.xlsx"] {
        let after = report(&office, name, &sent(name));
        let names: Vec<(String, String)> = sheets(&after);
        assert_eq!(names[0].0, FRONT, "{name}");
        assert_eq!(names[1], ("KY01".to_owned(), "Visible".to_owned()));
        assert_eq!(names[2], ("去年".to_owned(), "Hidden".to_owned()));
        assert!(
            told(&after).iter().any(|cell| cell.contains("副本")),
            "{name}"
        );
        is_whole(name, &parts(&after));
    }
    // One that is overlaid as it came does not say so.
    let after = report(&office, "excel-2007.xlsx", &sent("excel-2007.xlsx"));
    assert!(told(&after).iter().all(|cell| !cell.contains("副本")));
}

/// Whether a part's name ends in this.
fn ends(part: &str, ending: &str) -> bool {
    part.rsplit('.').next() == Some(ending)
}
