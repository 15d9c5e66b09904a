//! Workbooks are written, overlaid, and read back part by part.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, Format, Note as SheetNote, Table, Workbook,
};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

const LIMITS: Limits = Limits {
    max_inflated: 100_000_000,
};

type Parts = BTreeMap<String, Vec<u8>>;

/// Two forms: KY01 with numbers, a rule of the clerk's and a note of the clerk's at B2, KY02
/// with a table; KY02 is the one in view.
fn submitted() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let first = workbook.add_worksheet();
    first.set_name("KY01").unwrap();
    for (row, name, number) in [(0, "幼儿园", 12.0), (1, "小学", 45.5), (2, "初中", 7.0)] {
        first.write(row, 0, name).unwrap();
        first.write(row, 1, number).unwrap();
    }
    first.write_formula(3, 1, "SUM(B1:B3)").unwrap();
    first
        .insert_note(1, 1, &SheetNote::new("含分校 & 教学点").set_author("张三"))
        .unwrap();
    let rule = ConditionalFormatCell::new()
        .set_rule(ConditionalFormatCellRule::GreaterThan(100))
        .set_format(Format::new().set_bold());
    first.add_conditional_format(0, 1, 3, 1, &rule).unwrap();
    first.set_repeat_rows(0, 0).unwrap();
    let second = workbook.add_worksheet();
    second.set_name("KY02").unwrap();
    second.write(0, 0, "项目").unwrap();
    second.write(1, 0, "甲").unwrap();
    second.add_table(0, 0, 1, 0, &Table::new()).unwrap();
    second.set_repeat_rows(0, 0).unwrap();
    second.set_active(true);
    workbook.save_to_buffer().unwrap()
}

fn mark(cell: &str, formula: &str, severity: Tint) -> Mark {
    Mark {
        cell: cell.into(),
        formula: formula.into(),
        tag: "KY01-101".into(),
        severity,
    }
}

fn text(text: &str) -> FrontCell {
    FrontCell {
        value: FrontValue::Text(text.into()),
        ..FrontCell::default()
    }
}

fn overlay() -> Overlay {
    let look = Look {
        border: true,
        wrap: true,
        fill: Some(0x00FF_F2CC),
        ..Look::default()
    };
    let unlocked = Look {
        unlocked: true,
        ..look.clone()
    };
    let light = FrontValue::Formula {
        formula: "IF('KY01'!B4<>SUM('KY01'!B1:B3),\"✗\",\"✓\")".into(),
        result: "✗".into(),
    };
    let cells = vec![
        FrontCell {
            value: FrontValue::Text("=1+1 是文字 _x0041_\u{1}<".into()),
            style: look.clone(),
            link: Some("'KY01'!B4".into()),
        },
        FrontCell {
            value: FrontValue::Number(64.5),
            style: look.clone(),
            link: None,
        },
        FrontCell {
            value: FrontValue::Empty,
            style: unlocked,
            link: None,
        },
        FrontCell {
            value: light,
            style: look,
            link: None,
        },
    ];
    Overlay {
        front: FrontSheet {
            name: "审核反馈".into(),
            columns: vec![24.0, 10.0, 20.0, 6.0],
            hidden_columns: Vec::new(),
            rows: vec![
                FrontRow {
                    height: Some(30.0),
                    cells: vec![text("请于1月5日前改正")],
                },
                FrontRow {
                    height: None,
                    cells: ["单元格", "填报值", "原因类别", "状态"].map(text).to_vec(),
                },
                FrontRow {
                    height: None,
                    cells,
                },
            ],
            merges: vec!["A1:D1".into()],
            lists: vec![ListValidation {
                range: "C3:C3".into(),
                choices: vec!["统计口径".into(), "实际增减".into()],
            }],
            marks: vec![mark("D3", "$D3=\"✓\"", Tint::Good)],
            freeze_rows: 2,
            landscape: true,
            repeat_rows: Some((1, 2)),
            protect: true,
            autofilter: Some("A2:D3".into()),
        },
        behind: vec![FrontSheet {
            name: "读取说明".into(),
            ..FrontSheet::default()
        }],
        sheets: vec![SheetOverlay {
            sheet: "ky01".into(),
            marks: vec![
                mark("B4", "B4<>SUM(B1:B3)", Tint::Query),
                mark("B4", "B4<0", Tint::Error),
                mark("B2", "B2>40", Tint::Note),
            ],
            notes: vec![
                Note {
                    cell: "B4".into(),
                    text: "合计与分项不符".into(),
                },
                Note {
                    cell: "B2".into(),
                    text: "比上年增加一倍".into(),
                },
            ],
        }],
        remarks: Remarks::default(),
        properties: vec![
            ("hebiao.run".into(), "7".into()),
            ("hebiao.period".into(), "2023-12".into()),
        ],
    }
}

fn applied(package: &[u8], overlay: &Overlay) -> (Vec<u8>, Applied) {
    let mut out = Cursor::new(Vec::new());
    let applied = apply(Cursor::new(package), &mut out, overlay, &LIMITS).unwrap();
    (out.into_inner(), applied)
}

fn stripped(package: &[u8], names: &[&str]) -> (Vec<u8>, bool) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut out = Cursor::new(Vec::new());
    let was = strip(Cursor::new(package), &mut out, &names, &LIMITS).unwrap();
    (out.into_inner(), was)
}

fn refused(package: &[u8]) -> String {
    let out = Cursor::new(Vec::new());
    apply(Cursor::new(package), out, &overlay(), &LIMITS)
        .unwrap_err()
        .to_string()
}

fn parts(package: &[u8]) -> Parts {
    let mut zip = ZipArchive::new(Cursor::new(package)).unwrap();
    let mut parts = Parts::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        parts.insert(file.name().unwrap().into_owned(), bytes);
    }
    for (name, bytes) in &parts {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        if !text.is_empty() {
            xml::Outline::parse(name, text).unwrap();
        }
    }
    parts
}

fn packed(parts: &Parts) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn part<'p>(parts: &'p Parts, name: &str) -> &'p str {
    std::str::from_utf8(parts.get(name).unwrap_or_else(|| panic!("no part {name}"))).unwrap()
}

/// The workbook with other words in one of its parts.
fn reworded(package: &[u8], name: &str, words: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = parts(package);
    let mut text = part(&parts, name).to_owned();
    for (from, to) in words {
        assert!(text.contains(from), "{name} does not say {from}");
        text = text.replace(from, to);
    }
    parts.insert(name.into(), text.into_bytes());
    packed(&parts)
}

/// The parts that the one workbook has and the other has not, or not the same.
fn changed<'p>(before: &'p Parts, after: &Parts) -> Vec<&'p str> {
    before
        .iter()
        .filter(|(name, bytes)| after.get(*name) != Some(bytes))
        .map(|(name, _)| name.as_str())
        .collect()
}

fn cell_data(sheet: &str) -> &str {
    let end = sheet.find("</sheetData>").unwrap();
    &sheet[sheet.find("<sheetData>").unwrap()..end]
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn untouched_parts_and_cell_data_are_the_same_bytes() {
    let before = submitted();
    let (after, applied) = applied(&before, &overlay());
    let (before, after) = (parts(&before), parts(&after));
    assert_eq!(
        changed(&before, &after),
        [
            "[Content_Types].xml",
            "_rels/.rels",
            "xl/_rels/workbook.xml.rels",
            "xl/comments1.xml",
            "xl/drawings/vmlDrawing1.vml",
            "xl/styles.xml",
            "xl/workbook.xml",
            "xl/worksheets/sheet1.xml",
            "xl/worksheets/sheet2.xml",
        ]
    );
    for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        assert_eq!(
            cell_data(part(&before, sheet)),
            cell_data(part(&after, sheet))
        );
    }
    let unselected = part(&before, "xl/worksheets/sheet2.xml").replace(" tabSelected=\"1\"", "");
    assert_eq!(part(&after, "xl/worksheets/sheet2.xml"), unselected);
    assert_eq!(
        applied,
        Applied {
            front: "审核反馈".into(),
            ..Applied::default()
        }
    );
}

#[test]
fn the_findings_sheet_comes_first_and_what_counts_sheets_counts_on() {
    let (after, _) = applied(&submitted(), &overlay());
    let parts = parts(&after);
    let book = part(&parts, "xl/workbook.xml");
    assert!(book.contains("<sheets><sheet name=\"审核反馈\" sheetId=\"3\""));
    assert!(book.contains("activeTab=\"0\""));
    assert!(
        book.contains("localSheetId=\"1\">'KY01'!$1:$1<")
            || book.contains("localSheetId=\"1\">KY01!$1:$1<")
    );
    assert!(
        book.contains("localSheetId=\"2\">'KY02'!$1:$1<")
            || book.contains("localSheetId=\"2\">KY02!$1:$1<")
    );
    assert_eq!(count(book, "localSheetId=\"0\""), 3);
    let front = part(&parts, "xl/worksheets/hebiao-findings.xml");
    assert!(front.contains("=1+1 是文字 _x005F_x0041__x0001_&lt;"));
    assert!(
        front.contains("location=\"&apos;KY01&apos;!B4\"")
            || front.contains("location=\"'KY01'!B4\"")
    );
}

#[test]
fn a_second_overlay_is_the_first_one_again() {
    let (once, _) = applied(&submitted(), &overlay());
    let (twice, _) = applied(&once, &overlay());
    assert_eq!(changed(&parts(&once), &parts(&twice)), [""; 0]);
    assert!(once == twice);
}

#[test]
fn what_was_put_on_comes_off() {
    let before = submitted();
    let (overlaid, _) = applied(&before, &overlay());
    let (after, was) = stripped(&overlaid, &[]);
    assert!(was);
    let (before, after) = (parts(&before), parts(&after));
    let names = |parts: &Parts| parts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for name in [
        "xl/worksheets/sheet1.xml",
        "[Content_Types].xml",
        "_rels/.rels",
    ] {
        assert_eq!(part(&before, name), part(&after, name));
    }
    let comments = part(&after, "xl/comments1.xml");
    assert!(comments.contains("含分校 &amp; 教学点") && !comments.contains("比上年"));
    assert!(!stripped(&packed(&before), &["KY01"]).1);
}

#[test]
fn somebody_elses_note_and_format_stay_with_ours_below() {
    let (after, _) = applied(&submitted(), &overlay());
    let parts = parts(&after);
    let comments = part(&parts, "xl/comments1.xml");
    assert_eq!(count(comments, "<comment "), 2);
    assert!(comments.contains("含分校 &amp; 教学点"));
    assert!(comments.contains("\n—— 核表 ——\n比上年增加一倍"));
    let boxes = part(&parts, "xl/drawings/vmlDrawing1.vml");
    assert_eq!(count(boxes, "ObjectType=\"Note\""), 2);
    let sheet = part(&parts, "xl/worksheets/sheet1.xml");
    assert_eq!(count(sheet, "<cfRule "), 4);
    assert!(sheet.contains("type=\"cellIs\" dxfId=\"0\" priority=\"4\""));
    // The error on B4 goes before the query on B4.
    assert!(sheet.find("B4&lt;0").unwrap() < sheet.find("B4&lt;&gt;SUM").unwrap());
    assert!(sheet.find("<conditionalFormatting").unwrap() < sheet.find("<pageMargins").unwrap());
}

#[test]
fn a_sheet_without_notes_gets_them_and_loses_them() {
    let mut wanted = overlay();
    wanted.sheets[0].sheet = "KY02".into();
    wanted.sheets[0].marks.clear();
    let before = submitted();
    let (after, _) = applied(&before, &wanted);
    let with = parts(&after);
    let sheet = part(&with, "xl/worksheets/sheet2.xml");
    assert!(sheet.find("<legacyDrawing ").unwrap() < sheet.find("<tableParts").unwrap());
    assert!(part(&with, "[Content_Types].xml").contains("/xl/drawings/hebiao-notes1.vml"));
    assert!(with.contains_key("xl/hebiao-comments1.xml"));
    let without = parts(&stripped(&after, &[]).0);
    let names = |parts: &Parts| parts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&without), names(&parts(&before)));
    assert!(!part(&without, "xl/worksheets/sheet2.xml").contains("legacyDrawing"));
}

#[test]
fn a_renamed_findings_sheet_is_known_by_its_hidden_name() {
    let (once, _) = applied(&submitted(), &overlay());
    let words = [("'审核反馈'", "'给局里'"), ("\"审核反馈\"", "\"给局里\"")];
    let renamed = reworded(&once, "xl/workbook.xml", &words);
    let mut moved = parts(&renamed);
    let sheet = moved.remove("xl/worksheets/hebiao-findings.xml").unwrap();
    moved.insert("xl/worksheets/sheet9.xml".into(), sheet);
    let moved = reworded(
        &packed(&moved),
        "[Content_Types].xml",
        &[("hebiao-findings", "sheet9")],
    );
    let moved = reworded(
        &moved,
        "xl/_rels/workbook.xml.rels",
        &[("hebiao-findings", "sheet9")],
    );
    let (again, _) = applied(&moved, &overlay());
    assert_eq!(changed(&parts(&once), &parts(&again)), [""; 0]);
    assert_eq!(parts(&once).len(), parts(&again).len());
}

#[test]
fn a_sheet_of_that_name_is_the_clerks_unless_the_workbook_bears_another_sign() {
    let theirs = reworded(
        &submitted(),
        "xl/workbook.xml",
        &[("name=\"KY02\"", "name=\"审核反馈\"")],
    );
    let (after, applied_to) = applied(&theirs, &overlay());
    assert_eq!(applied_to.front, "审核反馈2");
    assert!(parts(&after).contains_key("xl/worksheets/sheet2.xml"));
    assert!(!stripped(&theirs, &["审核反馈"]).1);
    let mark = mark("A1", "A1=0", Tint::Note);
    let mut only_mark = overlay();
    only_mark.sheets[0].marks = vec![mark];
    let (marked, _) = applied(&submitted(), &only_mark);
    let words = [("name=\"hebiao_findings\"", "name=\"other\"")];
    let marked = reworded(&marked, "xl/workbook.xml", &words);
    assert!(stripped(&marked, &["审核反馈"]).1);
}

#[test]
fn words_above_our_line_are_kept_as_somebodys() {
    let mut wanted = overlay();
    wanted.sheets[0].notes = vec![Note {
        cell: "A1".into(),
        text: "请核实".into(),
    }];
    let (after, _) = applied(&submitted(), &wanted);
    let answered = reworded(
        &after,
        "xl/comments1.xml",
        &[("—— 核表 ——\n请核实", "已核实，无误\n—— 核表 ——\n请核实")],
    );
    let (after, _) = stripped(&answered, &[]);
    let (after, _) = stripped(&after, &[]);
    let parts = parts(&after);
    let comments = part(&parts, "xl/comments1.xml");
    assert!(comments.contains("已核实，无误</t>") && !comments.contains("请核实"));
}

#[test]
fn a_line_break_that_libreoffice_has_moved_comes_off_with_our_words() {
    let (after, _) = applied(&submitted(), &overlay());
    let words = [
        ("教学点</t>", "教学点&#10;</t>"),
        ("\n—— 核表 ——\n比上年", "—— 核表 ——&#10;比上年"),
        ("<author>核表</author>", "<author> </author>"),
    ];
    let saved = reworded(&after, "xl/comments1.xml", &words);
    let parts = parts(&stripped(&saved, &[]).0);
    let comments = part(&parts, "xl/comments1.xml");
    assert!(comments.contains("教学点</t></r></text></comment></commentList>"));
}

#[test]
fn threaded_conversations_are_left_alone() {
    let threaded = reworded(
        &submitted(),
        "xl/comments1.xml",
        &[(
            "<author>张三</author>",
            "<author>tc={12345678-0000-0000-0000-000000000000}</author>",
        )],
    );
    let (after, applied) = applied(&threaded, &overlay());
    assert_eq!(applied.without_note, ["KY01!B2"]);
    assert!(!part(&parts(&after), "xl/comments1.xml").contains("比上年"));
}

#[test]
fn macros_controls_and_connections_do_not_go_back() {
    let mut parts_of = parts(&submitted());
    for name in [
        "xl/vbaProject.bin",
        "xl/connections.xml",
        "xl/activeX/activeX1.xml",
        "xl/activeX/activeX1.bin",
    ] {
        parts_of.insert(name.into(), b"<x/>".to_vec());
    }
    let rel = |id: &str, kind: &str, target: &str| {
        format!(
            "<Relationship Id=\"{id}\" Type=\"http://schemas.example/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    parts_of.insert(
        "xl/activeX/_rels/activeX1.xml.rels".into(),
        format!(
            "<Relationships>{}",
            rel("rId1", "activeXControlBinary", "activeX1.bin")
        )
        .into_bytes(),
    );
    let package = packed(&parts_of);
    let end = "</Relationships>";
    let package = reworded(
        &package,
        "xl/_rels/workbook.xml.rels",
        &[(end, &rel("rId90", "vbaProject", "vbaProject.bin"))],
    );
    let package = reworded(
        &package,
        "xl/_rels/workbook.xml.rels",
        &[(end, &rel("rId91", "connections", "/xl/connections.xml"))],
    );
    let package = reworded(
        &package,
        "xl/worksheets/_rels/sheet2.xml.rels",
        &[(end, &rel("rId92", "control", "../activeX/activeX1.xml"))],
    );
    let controls = "<mc:AlternateContent xmlns:mc=\"mc\" xmlns:r=\"r\"><mc:Choice Requires=\"x14\"><controls><mc:AlternateContent><mc:Choice Requires=\"x14\"><control r:id=\"rId92\"/></mc:Choice><mc:Fallback/></mc:AlternateContent></controls></mc:Choice></mc:AlternateContent><tableParts";
    let package = reworded(
        &package,
        "xl/worksheets/sheet2.xml",
        &[("<tableParts", controls)],
    );
    let package = reworded(
        &package,
        "[Content_Types].xml",
        &[
            (
                "openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                "ms-excel.sheet.macroEnabled.main+xml",
            ),
            (
                "<Override",
                "<Default Extension=\"bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/><Override",
            ),
        ],
    );
    let (after, applied) = applied(&package, &overlay());
    assert_eq!(
        applied.dropped,
        [
            "xl/activeX/activeX1.bin",
            "xl/activeX/activeX1.xml",
            "xl/connections.xml",
            "xl/vbaProject.bin"
        ]
    );
    let after = parts(&after);
    let types = part(&after, "[Content_Types].xml");
    assert!(types.contains("spreadsheetml.sheet.main+xml") && !types.contains("vbaProject"));
    assert!(!part(&after, "xl/worksheets/sheet2.xml").contains("AlternateContent"));
    assert!(part(&after, "xl/worksheets/sheet2.xml").contains("<tableParts"));
}

#[test]
fn styles_without_conditional_formats_or_no_styles_at_all_are_enough() {
    let before = submitted();
    let mut bare = parts(&before);
    let styles = part(&bare, "xl/styles.xml").to_owned();
    let start = styles.find("<dxfs").unwrap();
    let end = styles.find("</dxfs>").unwrap() + "</dxfs>".len();
    bare.insert(
        "xl/styles.xml".into(),
        format!("{}{}", &styles[..start], &styles[end..]).into_bytes(),
    );
    let (after, _) = applied(&packed(&bare), &overlay());
    let after = parts(&after);
    let written = part(&after, "xl/styles.xml");
    assert!(written.contains("</cellStyles><dxfs count=\"4\"><dxf>"));
    assert!(written.find("</dxfs>").unwrap() < written.find("<tableStyles").unwrap());

    bare.remove("xl/styles.xml");
    let none = reworded(
        &packed(&bare),
        "xl/_rels/workbook.xml.rels",
        &[("relationships/styles", "relationships/other")],
    );
    let none = reworded(
        &none,
        "[Content_Types].xml",
        &[("/xl/styles.xml", "/xl/other.xml")],
    );
    let after = parts(&applied(&none, &overlay()).0);
    assert!(part(&after, "xl/styles.xml").contains("<fills count=\"3\">"));
}

#[test]
fn prefixed_and_strict_workbooks_get_elements_of_their_own_kind() {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut package = submitted();
    for name in [
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
    ] {
        let text = part(&parts(&package), name).to_owned();
        let body = text.split_once("?>").unwrap().1;
        let body = body
            .replace("</", "\u{1}")
            .replace('<', "<x:")
            .replace('\u{1}', "</x:");
        let body = body.replace(&format!("xmlns=\"{main}\""), &format!("xmlns:x=\"{main}\""));
        let mut all = parts(&package);
        all.insert(name.into(), body.trim().as_bytes().to_vec());
        package = packed(&all);
    }
    let (after, _) = applied(&package, &overlay());
    let parts_of = parts(&after);
    assert!(part(&parts_of, "xl/workbook.xml").contains("<x:sheets><x:sheet name=\"审核反馈\""));
    assert!(
        part(&parts_of, "xl/worksheets/sheet1.xml")
            .contains("</x:cfRule></x:conditionalFormatting>")
    );
    assert!(part(&parts_of, "xl/styles.xml").contains("<x:dxf><x:font><x:b/>"));

    let strict = reworded(
        &submitted(),
        "xl/workbook.xml",
        &[(main, "http://purl.oclc.org/ooxml/spreadsheetml/main")],
    );
    let (after, _) = applied(&strict, &overlay());
    assert!(part(&parts(&after), "xl/worksheets/hebiao-findings.xml").contains("purl.oclc.org"));
}

#[test]
fn formats_that_excel_has_moved_to_the_extensions_come_off_too() {
    let ours = "<extLst><ext uri=\"{78C0D931-6437-407d-A8EE-F0AAD7539E65}\"><x14:conditionalFormattings xmlns:x14=\"a\" xmlns:xm=\"b\"><x14:conditionalFormatting><x14:cfRule type=\"expression\" priority=\"9\"><xm:f>AND(N(\"hebiao KY01-101\")=0,KY02!A1=1)</xm:f></x14:cfRule><xm:sqref>B3</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst></worksheet>";
    let before = submitted();
    let with = reworded(
        &before,
        "xl/worksheets/sheet1.xml",
        &[("</worksheet>", ours)],
    );
    let (after, was) = stripped(&with, &[]);
    assert!(was);
    assert_eq!(
        part(&parts(&after), "xl/worksheets/sheet1.xml"),
        part(&parts(&before), "xl/worksheets/sheet1.xml")
    );
}

#[test]
fn a_calculation_chain_that_leads_to_the_findings_sheet_goes_with_it() {
    let (overlaid, _) = applied(&submitted(), &overlay());
    let mut all = parts(&overlaid);
    all.insert(
        "xl/calcChain.xml".into(),
        b"<calcChain><c r=\"D3\" i=\"3\"/></calcChain>".to_vec(),
    );
    let chain = "<Relationship Id=\"rId77\" Type=\"http://schemas.example/calcChain\" Target=\"calcChain.xml\"/></Relationships>";
    let package = reworded(
        &packed(&all),
        "xl/_rels/workbook.xml.rels",
        &[("</Relationships>", chain)],
    );
    let after = parts(&stripped(&package, &[]).0);
    assert!(!after.contains_key("xl/calcChain.xml"));
    assert!(!part(&after, "xl/_rels/workbook.xml.rels").contains("calcChain"));
}

#[test]
fn what_is_no_such_package_is_refused_in_words() {
    assert!(refused(b"not a zip").starts_with("this package cannot be overlaid: "));
    let cut = reworded(
        &submitted(),
        "xl/worksheets/sheet1.xml",
        &[("</worksheet>", "")],
    );
    assert!(refused(&cut).contains("`xl/worksheets/sheet1.xml` is not well-formed XML"));
    let entities = reworded(
        &submitted(),
        "xl/workbook.xml",
        &[("<workbook", "<!DOCTYPE a [<!ENTITY b \"c\">]><workbook")],
    );
    assert!(refused(&entities).contains("document type"));
    let other = reworded(
        &submitted(),
        "[Content_Types].xml",
        &[("spreadsheetml.sheet.main", "wordprocessingml.document.main")],
    );
    assert!(refused(&other).contains("expected a workbook in XML"));
    let out = Cursor::new(Vec::new());
    let error = apply(
        Cursor::new(submitted()),
        out,
        &overlay(),
        &Limits { max_inflated: 1000 },
    );
    assert!(matches!(
        error,
        Err(OverlayError::TooLarge { limit: 1000, .. })
    ));
}

#[test]
fn what_excel_would_repair_is_refused_before_it_is_written() {
    let refusal = |change: &dyn Fn(&mut Overlay)| {
        let mut wanted = overlay();
        change(&mut wanted);
        let out = Cursor::new(Vec::new());
        apply(Cursor::new(submitted()), out, &wanted, &LIMITS).unwrap_err()
    };
    let long = vec!["很".repeat(128), "长".repeat(127)];
    assert!(matches!(
        refusal(&|it| it.front.lists[0].choices.clone_from(&long)),
        OverlayError::Choices { .. }
    ));
    assert!(matches!(
        refusal(&|it| it.front.merges.push("B1:B2".into())),
        OverlayError::Merges { .. }
    ));
    assert!(matches!(
        refusal(&|it| it.front.name = "a/b".into()),
        OverlayError::NotASheetName { .. }
    ));
    assert!(matches!(
        refusal(&|it| it.sheets[0].sheet = "KY09".into()),
        OverlayError::NoSuchSheet { .. }
    ));
    assert!(matches!(
        refusal(&|it| it.sheets[0].marks[0].cell = "XFE1".into()),
        OverlayError::NotAPlace { .. }
    ));
    assert!(matches!(
        refusal(&|it| it.sheets[0].marks[0].formula.clear()),
        OverlayError::Formula { .. }
    ));
}

#[test]
fn damaged_packages_never_stop_the_program() {
    let (package, _) = applied(&submitted(), &overlay());
    let all = parts(&package);
    for (name, bytes) in &all {
        for cut in [
            0,
            bytes.len() / 3,
            bytes.len() / 2,
            bytes.len().saturating_sub(9),
        ] {
            let mut damaged = all.clone();
            damaged.insert(name.clone(), bytes[..cut].to_vec());
            let out = Cursor::new(Vec::new());
            let _ = apply(Cursor::new(packed(&damaged)), out, &overlay(), &LIMITS);
        }
        let mut damaged = all.clone();
        damaged.remove(name);
        let out = Cursor::new(Vec::new());
        let _ = apply(Cursor::new(packed(&damaged)), out, &overlay(), &LIMITS);
        let mut damaged = all.clone();
        let swapped: Vec<u8> = bytes
            .iter()
            .map(|&b| if b == b'"' { b'=' } else { b })
            .collect();
        damaged.insert(name.clone(), swapped);
        let out = Cursor::new(Vec::new());
        let _ = apply(Cursor::new(packed(&damaged)), out, &overlay(), &LIMITS);
    }
}
