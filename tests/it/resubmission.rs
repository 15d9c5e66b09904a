//! What a district sends again: which one counts, and who is asked.

use crate::kit::{FORM, LIST, Office, Said, drawn, edited};
use serde_json::Value;

const BODY: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

fn run(office: &Office, now: &str) -> Said {
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", now]);
    assert!(said.code < 2, "{}", said.err);
    said
}

/// The findings of a published run.
fn findings(office: &Office) -> Vec<Value> {
    let report = office.json("output/2023-12/findings.json");
    report["findings"].as_array().expect("findings").clone()
}

fn messages(office: &Office, rule: &str) -> Vec<String> {
    let of_rule = findings(office).into_iter().filter(|f| f["rule"] == rule);
    of_rule
        .map(|f| f["message"]["zh"].as_str().expect("a message").to_owned())
        .collect()
}

/// The published figures of a district's form, summed up over its table: what is in force.
fn approved(office: &Office) -> String {
    let said = office.hebiao(&[
        "inspect",
        "--period",
        "2023-12",
        "input/2023-12/巴南区.xlsx",
    ]);
    said.out
}

fn mended(from: &str, to: &str) -> String {
    drawn(&BODY.replace(from, to))
}

#[test]
fn two_signs_that_agree_make_the_newer_one_count() {
    let office = Office::new(FORM);
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &mended("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 12 |"),
    );
    run(&office, "2024-01-08T02:00");
    assert_eq!(messages(&office, "T01-101").len(), 1);
    // It arrives later, and its name says that it is the second: the slip is gone.
    office.sheet("input/2023-12/巴南区 第2次.xlsx", &drawn(BODY));
    let said = run(&office, "2024-01-09T02:00");
    assert_eq!(said.code, 0, "{:?}", findings(&office));
    // Whichever comes first by name, the later one still counts a night later.
    let said = run(&office, "2024-01-10T02:00");
    assert_eq!(said.code, 0, "{:?}", findings(&office));
}

#[test]
fn one_sign_alone_is_asked_about_and_what_was_in_force_stays() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BODY));
    run(&office, "2024-01-08T02:00");
    office.sheet(
        "input/2023-12/另一份.xlsx",
        &mended("| 33 | 30 | 10 | 20 | 80 |", "| 33 | 30 | 10 | 20 | 81 |"),
    );
    let said = run(&office, "2024-01-09T02:00");
    assert_eq!(said.code, 1);
    let asked = messages(&office, "intake.one");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("暂用“巴南区.xlsx”"), "{asked:?}");
    assert!(
        asked[0].contains("G7 一般 · 覆盖率（%） 80% → 81%"),
        "{asked:?}"
    );
    // The district is not asked: nobody but staff can choose.
    assert_eq!(findings(&office)[0]["audience"], "city");
}

#[test]
fn signs_that_contradict_each_other_decide_nothing() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区 第3次.xlsx", &drawn(BODY));
    run(&office, "2024-01-08T02:00");
    office.sheet(
        "input/2023-12/巴南区 第2次.xlsx",
        &mended("| 20 | 80 |", "| 19 | 80 |"),
    );
    assert_eq!(run(&office, "2024-01-09T02:00").code, 1);
    assert!(messages(&office, "intake.one")[0].contains("暂用“巴南区 第3次.xlsx”"));
}

#[test]
fn a_returned_report_without_a_change_is_no_submission() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BODY));
    run(&office, "2024-01-08T02:00");
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let bytes = std::fs::read(office.path(report)).expect("a report");
    office.put("input/2023-12/巴南区回复.xlsx", &bytes);
    // The district mends its own workbook and sends that: the untouched report says nothing.
    let said = run(&office, "2024-01-09T02:00");
    assert_eq!(said.code, 0, "{:?}", findings(&office));
    let run_json = office.json("output/2023-12/run.json");
    assert_eq!(run_json["files"].as_array().map(Vec::len), Some(2));
    assert!(approved(&office).contains("巴南区 T01 2023-12"));
}

const SCHOOLS: &str = "
| 1 | 学校情况 |
| 2 | 填报单位：重庆市巴南区教育委员会 | | 2023年12月 |
| 4 | 学校代码 | 学校名称 | 班数 | 在校生数 | 在校生数 | 设备值 |
| 5 | | | | 合计 | 小学 | |
| 6 | | | | | 小计 | |
";

fn schools(count: u32, pupils: impl Fn(u32) -> u32) -> String {
    use std::fmt::Write;
    let mut text = SCHOOLS.to_owned();
    for at in 0..count {
        let (row, pupils) = (7 + at, pupils(at));
        let _ = writeln!(
            text,
            "| {row} | '50011300{at:02} | 学校{at} | 12 | {pupils} | {pupils} | 10 |"
        );
    }
    let foot = 8 + count;
    let _ = writeln!(text, "| {foot} | 填表人：王芳 |");
    text
}

fn list() -> Office {
    let office = Office::new(FORM);
    std::fs::remove_file(office.path("rules/T01.toml")).expect("a file");
    office.put("rules/T02.toml", LIST.as_bytes());
    office
}

#[test]
fn a_list_that_lost_a_third_of_its_records_is_held() {
    let office = list();
    office.sheet("input/2023-12/巴南区.xlsx", &schools(10, |at| 500 + at));
    run(&office, "2024-01-08T02:00");
    office.sheet(
        "input/2023-12/巴南区 第2次.xlsx",
        &schools(3, |at| 600 + at),
    );
    assert_eq!(run(&office, "2024-01-09T02:00").code, 1);
    let asked = messages(&office, "intake.one");
    assert!(asked[0].contains("疑为部分更正，未替换"), "{asked:?}");
    assert!(asked[0].contains("3 条记录、班数合计 36"), "{asked:?}");
}

#[test]
fn a_correction_replaces_the_rows_of_the_same_key_and_says_so() {
    let office = list();
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &schools(10, |at| if at == 1 { 0 } else { 500 }),
    );
    run(&office, "2024-01-08T02:00");
    // One school's figures, right now, and a slip of its own: its primary pupils are no count.
    let slip = "学校1 | 12 | 510 | '约500 |";
    let wrong = schools(2, |_| 510).replace("学校1 | 12 | 510 | 510 |", slip);
    office.sheet("input/2023-12/巴南区更正.xlsx", &wrong);
    run(&office, "2024-01-09T02:00");
    let found = findings(&office);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["rule"], "T02.primary.type");
    assert_eq!(found[0]["place"]["file"], "巴南区更正.xlsx");
    assert_eq!(found[0]["place"]["cell"], "E8");
    // Both workbooks come back, the finding in the one that it is in.
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T02-2.xlsx";
    assert!(office.path(report).is_file());
}

#[test]
fn figures_of_last_year_are_asked_about_and_so_are_a_neighbours() {
    let office = list();
    let body = schools(12, |at| 400 + at);
    let last_year = body.replace("2023年12月", "2022年12月");
    office.sheet("input/2022-12/巴南区.xlsx", &last_year);
    office.sheet("input/2023-12/巴南区.xlsx", &body);
    office.sheet(
        "input/2023-12/南岸区.xlsx",
        &body.replace("巴南区", "南岸区"),
    );
    run(&office, "2024-01-08T02:00");
    let copied: Vec<Value> = findings(&office)
        .into_iter()
        .filter(|f| f["rule"] == "intake.copied")
        .collect();
    let told = |code: &str| {
        let mut of = copied.iter().filter(|f| f["district"]["code"] == code);
        of.next()
            .map(|f| (f["audience"].clone(), f["message"]["zh"].clone()))
    };
    let (audience, message) = told("500113").expect("a finding");
    assert_eq!(audience, "district");
    assert_eq!(message, "T02 的数字与上年同期报的完全相同");
    let (audience, message) = told("500108").expect("a finding");
    assert_eq!(audience, "city");
    assert!(
        message
            .as_str()
            .expect("words")
            .contains("与巴南区的数字完全相同")
    );
    // Nothing of it stands in the district's own report.
    let report = "output/2023-12/districts/500108-南岸区";
    for (name, bytes) in crate::kit::contents(&office.path(report)) {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
        for at in 0..zip.len() {
            let mut text = Vec::new();
            let mut part = zip.by_index(at).expect("a part");
            std::io::Read::read_to_end(&mut part, &mut text).expect("its bytes");
            assert!(!String::from_utf8_lossy(&text).contains("巴南"), "{name}");
        }
    }
}

#[test]
fn a_nil_return_is_lawful_and_asked_about_where_there_was_something() {
    let office = Office::new(FORM);
    let blank = "| 5 | 合计 | '01 |\n| 6 | 重点 | '02 |\n| 7 | 一般 | '03 |\n| 8 | 其中：学校承担 | '04 | 无 |";
    let last_year = drawn(BODY).replace("2023年1—12月", "2022年1—12月");
    office.sheet("input/2022-12/巴南区.xlsx", &last_year);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(blank));
    office.sheet(
        "input/2023-12/南岸区.xlsx",
        &drawn(blank).replace("巴南区", "南岸区"),
    );
    run(&office, "2024-01-08T02:00");
    let asked = messages(&office, "intake.nil");
    assert_eq!(
        asked,
        ["T01 是零报告，上年同期不为零；由此引起的另 5 条未逐条列出"]
    );
    for code in ["500113", "500108"] {
        assert_eq!(office.standing(code, "reporting"), "nil");
    }
}

#[test]
fn a_quiet_change_of_another_month_in_the_same_workbook_is_asked_about() {
    let office = Office::new(FORM);
    let november = drawn(BODY).replace("2023年1—12月", "2023年1—11月");
    office.sheet("input/2023-11/巴南区.xlsx", &november);
    let changed = november.replace("| 99 | 90 |", "| 98 | 90 |");
    office.put(
        "input/2023-12/巴南区.xlsx",
        &crate::kit::book(&[("11月", &changed), ("12月", &drawn(BODY))]),
    );
    run(&office, "2024-01-08T02:00");
    let asked = messages(&office, "intake.past");
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains("2023年11月的表与当时报的有 1 个数不同：C5 合计 · 申报数›本年 99 → 98"),
        "{asked:?}"
    );
}

#[test]
fn a_scan_goes_along_with_a_workbook_and_is_nothing_by_itself() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区/报表.xlsx", &drawn(BODY));
    office.put("input/2023-12/巴南区/盖章扫描件.pdf", b"%PDF-1.7");
    office.put("input/2023-12/南岸区.jpg", b"\xff\xd8\xff\xe0");
    run(&office, "2024-01-08T02:00");
    let refused = messages(&office, "intake.file");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains("图片"), "{refused:?}");
    assert_eq!(office.standing("500113", "reporting"), "reported");
    assert_eq!(office.standing("500108", "reporting"), "invalid");
}

#[test]
fn an_archive_is_looked_into_and_its_members_come_back_as_themselves() {
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    let office = Office::new(FORM);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let good = crate::kit::book(&[(
        "T01",
        &mended("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 12 |"),
    )]);
    let near = crate::kit::book(&[("T01", &drawn(BODY).replace("巴南区", "南岸区"))]);
    for (name, bytes) in [
        ("巴南区/报表.xlsx", &good),
        ("南岸区.xlsx", &near),
        ("__MACOSX/x", &good),
    ] {
        zip.start_file(name, SimpleFileOptions::default())
            .expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    let bytes = zip.finish().expect("an archive").into_inner();
    office.put("input/2023-12/两区报表.zip", &bytes);
    run(&office, "2024-01-08T02:00");
    assert_eq!(messages(&office, "intake.file"), [""; 0]);
    let found = findings(&office);
    assert_eq!(found[0]["place"]["file"], "两区报表.zip/巴南区/报表.xlsx");
    for report in [
        "500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx",
        "500108-南岸区/审核反馈-2023年12月-南岸区-T01.xlsx",
    ] {
        assert!(
            office
                .path("output/2023-12/districts")
                .join(report)
                .is_file()
        );
    }
}

#[test]
fn two_returned_copies_of_one_report_are_asked_about_whenever_they_come() {
    let office = Office::new(FORM);
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &mended("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 12 |"),
    );
    run(&office, "2024-01-08T02:00");
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let bytes = std::fs::read(office.path(report)).expect("a report");
    for (at, figure) in [(1, "3"), (2, "4")] {
        let name = format!("input/2023-12/回复 第{at}次.xlsx");
        office.put(
            &name,
            &edited(
                &bytes,
                "<c r=\"F8\"><v>12</v>",
                &format!("<c r=\"F8\"><v>{figure}</v>"),
            ),
        );
        run(&office, &format!("2024-01-{:02}T02:00", 8 + at));
    }
    let asked = messages(&office, "intake.one");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].contains("F8 其中：学校承担 · 立项数 3 → 4"),
        "{asked:?}"
    );
}

#[test]
fn a_correction_by_itself_is_asked_about() {
    let office = list();
    office.sheet("input/2023-12/巴南区更正.xlsx", &schools(3, |_| 500));
    assert_eq!(run(&office, "2024-01-08T02:00").code, 1);
    let asked = messages(&office, "intake.one");
    assert!(asked[0].contains("没有收到原报"), "{asked:?}");
}

#[test]
fn an_empty_list_is_a_nil_return_and_no_failure() {
    let office = list();
    office.sheet("input/2023-12/巴南区.xlsx", &schools(0, |_| 0));
    let said = run(&office, "2024-01-08T02:00");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(office.standing("500113", "reporting"), "nil");
}

#[test]
fn a_report_of_an_older_version_of_the_form_is_asked_about() {
    let office =
        Office::new(&FORM.replace("blank = \"nil\"", "blank = \"nil\"\nversion = \"2023.1\""));
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BODY));
    run(&office, "2024-01-08T02:00");
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let bytes = std::fs::read(office.path(report)).expect("a report");
    std::fs::remove_file(office.path("input/2023-12/巴南区.xlsx")).expect("a file");
    office.put("input/2023-12/巴南区.xlsx", &bytes);
    let newer = FORM.replace("blank = \"nil\"", "blank = \"nil\"\nversion = \"2024.1\"");
    office.put("rules/T01.toml", newer.as_bytes());
    run(&office, "2024-01-09T02:00");
    let asked = messages(&office, "T01.version");
    assert_eq!(
        asked,
        ["这份 T01 是按报表制度 2023.1 版填的，现在用的是 2024.1 版"]
    );
}

#[test]
fn of_two_returned_reports_the_later_one_is_newer() {
    let office = Office::new(FORM);
    let wrong = |figure: &str| {
        mended(
            "| 11 | 10 | 10 | 2 |",
            &format!("| 11 | 10 | 10 | {figure} |"),
        )
    };
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let mut issued = Vec::new();
    for (day, figure) in [(8, "12"), (9, "13")] {
        office.sheet("input/2023-12/巴南区.xlsx", &wrong(figure));
        run(&office, &format!("2024-01-{day:02}T02:00"));
        issued.push(std::fs::read(office.path(report)).expect("a report"));
    }
    std::fs::remove_file(office.path("input/2023-12/巴南区.xlsx")).expect("a file");
    for (name, bytes, figure) in [
        ("回复.xlsx", &issued[0], "12"),
        ("回复(1).xlsx", &issued[1], "13"),
    ] {
        let from = format!("<c r=\"F8\"><v>{figure}</v>");
        let to = if figure == "12" {
            "<c r=\"F8\"><v>99</v>"
        } else {
            "<c r=\"F8\"><v>2</v>"
        };
        office.put(&format!("input/2023-12/{name}"), &edited(bytes, &from, to));
    }
    // Both came in one night; report and name say which is the later.
    let said = run(&office, "2024-01-10T02:00");
    assert_eq!(said.code, 0, "{:?}", findings(&office));
}
