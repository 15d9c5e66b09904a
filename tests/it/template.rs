use crate::kit::{FORM, Office, contents, drawn};
use calamine::{Data, Reader, Xlsx};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Last year's figures of 巴南区.
const LAST_YEAR: &str = "
| 5 | 合计 | '01 | 3123 | 3000 | 4.1 | 775 | 100 |
| 6 | 重点 | '02 | 763 | 700 | 9 | 175 | 80 |
| 7 | 一般 | '03 | 2360 | 2300 | 2.61 | 600 | |
| 8 | 其中：学校承担 | '04 | 2900 | 2800 | 3.6 | 1 | |
";

/// An office that knows last year, with the template of 巴南区 for December 2023.
fn office(form: &str) -> (Office, Vec<u8>) {
    let office = Office::new(form);
    let last = drawn(LAST_YEAR).replace("2023年", "2022年");
    office.sheet("input/2022-12/巴南区.xlsx", &last);
    let bytes = template(&office, &["--district", "500113"]);
    (office, bytes)
}

fn template(office: &Office, more: &[&str]) -> Vec<u8> {
    let asked = [&["template", "--period", "2023-12", "--to", "t"], more].concat();
    let said = office.hebiao(&asked);
    assert_eq!(said.code, 0, "{}", said.err);
    let written = contents(&office.path("t"));
    let (_, bytes) = written.into_iter().next().expect("a template");
    bytes
}

/// The parts of a package by name.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a package");
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).expect("a part");
            let mut text = String::new();
            part.read_to_string(&mut text).expect("XML");
            (part.name().expect("a name").into_owned(), text)
        })
        .collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    let found = parts(bytes).into_iter().find(|(known, _)| known == name);
    found.map(|(_, text)| text).unwrap_or_default()
}

/// The same workbook as a clerk saves it: these cells of the first sheet filled in, formulas kept.
fn filled(bytes: &[u8], cells: &[(&str, &str)]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mut text) in parts(bytes) {
        if name == "xl/worksheets/sheet1.xml" {
            for (cell, value) in cells {
                text = with_cell(&text, cell, value);
            }
        }
        out.start_file(name, SimpleFileOptions::default())
            .expect("a part");
        out.write_all(text.as_bytes()).expect("a part");
    }
    out.finish().expect("a package").into_inner()
}

fn with_cell(sheet: &str, cell: &str, value: &str) -> String {
    let start = sheet.find(&format!("<c r=\"{cell}\"")).expect("the cell");
    let tag = start + sheet[start..].find('>').expect("a tag");
    let is_blank = sheet.as_bytes()[tag - 1] == b'/';
    let end = if is_blank {
        tag + 1
    } else {
        tag + sheet[tag..].find("</c>").expect("an end") + "</c>".len()
    };
    let old = &sheet[start..end];
    let between = |text: &str, from: &str, to: &str| {
        let rest = &text[text.find(from)? + from.len()..];
        Some(rest[..rest.find(to)?].to_owned())
    };
    let style = between(old, " s=\"", "\"").unwrap_or_default();
    let formula = between(old, "<f>", "</f>").map(|f| format!("<f>{f}</f>"));
    let formula = formula.unwrap_or_default();
    let new = match value.parse::<f64>() {
        Ok(_) => format!("<c r=\"{cell}\" s=\"{style}\">{formula}<v>{value}</v></c>"),
        Err(_) => {
            format!("<c r=\"{cell}\" s=\"{style}\" t=\"inlineStr\"><is><t>{value}</t></is></c>")
        }
    };
    format!("{}{new}{}", &sheet[..start], &sheet[end..])
}

const FIGURES: &[(&str, &str)] = &[
    ("C8", "3581"),
    ("E8", "14.7"),
    ("F8", "909"),
    ("G8", "100"),
    ("C9", "881"),
    ("E9", "15.5"),
    ("F9", "199"),
    ("G9", "80.6"),
    ("C10", "2700"),
    ("E10", "14.4"),
    ("F10", "710"),
    ("C11", "3000"),
    ("E11", "3.4"),
    ("F11", "1"),
];

#[test]
fn a_template_that_is_filled_in_has_no_finding_and_no_note() {
    let (office, blank) = office(FORM);
    office.put("input/2023-12/报表.xlsx", &filled(&blank, FIGURES));
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    let report = office.json("output/2023-12/findings.json");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(office.standing("500113", "reporting"), "reported");
    assert_eq!(office.standing("500113", "checking"), "passed");
    // 读取说明 of the staff's workbook: headings, and nothing under them.
    let bytes = std::fs::read(office.path("output/2023-12/summary.xlsx")).expect("a summary");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let notes = book.worksheet_range("读取说明").expect("the notes");
    let told = notes
        .rows()
        .flatten()
        .any(|cell| cell.to_string().contains("报表.xlsx"));
    assert!(!told, "{notes:?}");
}

#[test]
fn a_slip_in_a_template_is_found_at_its_cell() {
    let (office, blank) = office(FORM);
    let mut cells = FIGURES.to_vec();
    cells.push(("G8", "100.6"));
    office.put("巴南区.xlsx", &filled(&blank, &cells));
    let said = office.hebiao(&["check", "巴南区.xlsx", "--period", "2023-12"]);
    assert!(said.out.contains("T01!G8"), "{}", said.out);
    assert!(said.out.contains("必改 1，核实 0"), "{}", said.out);
}

#[test]
fn a_template_sent_in_blank_is_a_nil_return() {
    let (office, blank) = office(FORM);
    office.put("input/2023-12/巴南区.xlsx", &blank);
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    assert_eq!(office.standing("500113", "reporting"), "nil");
    // A year ago there was something.
    let report = office.json("output/2023-12/findings.json");
    let rules = report["findings"].as_array().expect("findings").iter();
    let rules: Vec<&str> = rules.filter_map(|f| f["rule"].as_str()).collect();
    assert_eq!(rules, ["intake.nil"]);
}

#[test]
fn last_years_figures_stand_in_it_and_its_totals_are_live() {
    let (_, blank) = office(FORM);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(blank)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["T01", "自查"]);
    let sheet = book.worksheet_range("T01").expect("the form");
    let shown = |row: u32, column: u32| {
        let value = sheet.get_value((row, column));
        value.map_or_else(String::new, Data::to_string)
    };
    assert_eq!(shown(3, 0), "填报单位（盖章）：重庆市巴南区教育委员会");
    assert_eq!(shown(3, 3), "2023年1—12月");
    assert_eq!(shown(7, 0), "合\u{3000}\u{3000}计");
    // 上年同期, of the total and its parts.
    let last_year: Vec<String> = (7..11).map(|row| shown(row, 3)).collect();
    assert_eq!(last_year, ["3123", "763", "2360", "2900"]);
    let formulas = book.worksheet_formula("T01").expect("formulas");
    let formula = formulas.get_value((7, 2)).cloned().unwrap_or_default();
    assert_eq!(formula, "SUM(C9:C10)");
}

#[test]
fn a_rate_over_100_is_refused_and_nothing_tells_what_a_question_would_let_through() {
    let (_, blank) = office(FORM);
    let sheet = part(&blank, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<formula2>100</formula2>"));
    assert!(sheet.contains("type=\"whole\""));
    assert!(sheet.contains("<sheetProtection"));
    assert!(!sheet.contains("password") && !sheet.contains("hashValue"));
    for (name, text) in parts(&blank) {
        assert!(!text.contains("30%") && !text.contains("(0.3)"), "{name}");
    }
    let lights = part(&blank, "xl/worksheets/sheet2.xml");
    assert!(lights.contains("全部通过"), "{lights}");
    let words = part(&blank, "xl/sharedStrings.xml");
    assert!(words.contains("申报数变动较大") && lights.contains("请核实"));
}

#[test]
fn a_template_is_never_written_over_another_file() {
    let (office, first) = office(FORM);
    let asked = ["template", "--period", "2023-12", "--to", "t"];
    let said = office.hebiao(&asked);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("不覆盖"), "{}", said.err);
    let written = contents(&office.path("t"));
    assert_eq!(written.values().collect::<Vec<_>>(), [&first]);
    let unknown = office.hebiao(&[&asked[..3], &["--form", "T09"]].concat());
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("没有表号 `T09`"), "{}", unknown.err);
}

#[test]
fn a_template_of_an_older_version_of_the_form_is_asked_about() {
    let versioned = |version: &str| {
        FORM.replace(
            "blank = \"nil\"",
            &format!("blank = \"nil\"\nversion = \"{version}\""),
        )
    };
    let (office, blank) = office(&versioned("2023.1"));
    office.put("rules/T01.toml", versioned("2024.1").as_bytes());
    office.put("巴南区.xlsx", &filled(&blank, FIGURES));
    let said = office.hebiao(&["check", "巴南区.xlsx", "--period", "2023-12"]);
    assert!(said.out.contains("[T01.version]"), "{}", said.out);
}

#[test]
fn the_templates_of_all_forms_are_known_when_they_come_back_blank() {
    let office = Office::with_samples(&["2022-12"]);
    let blank = template(&office, &["--district", "巴南区"]);
    let again = {
        let said = office.hebiao(&[
            "template",
            "--period",
            "2023-12",
            "--to",
            "u",
            "--district",
            "巴南区",
        ]);
        assert_eq!(said.code, 0, "{}", said.err);
        contents(&office.path("u")).into_values().next()
    };
    assert_eq!(
        again.as_ref(),
        Some(&blank),
        "the same order gives the same bytes"
    );
    office.put("input/2023-12/巴南区.xlsx", &blank);
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    let report = office.json("output/2023-12/findings.json");
    let districts = report["districts"].as_array().expect("districts");
    let own = districts.iter().find(|d| d["code"] == "500113");
    let forms = own.expect("the district")["forms"]
        .as_array()
        .expect("forms");
    for form in forms {
        assert_eq!(form["reporting"], "nil", "{form}");
    }
    // The foot is unsigned, and that is all that has to be mended.
    let findings = report["findings"].as_array().expect("findings").iter();
    let errors = findings.filter(|f| f["severity"] == "error");
    let others: Vec<&str> = errors
        .filter_map(|f| f["rule"].as_str())
        .filter(|rule| !rule.ends_with(".signatures"))
        .collect();
    assert_eq!(others, [] as [&str; 0]);
}
