//! What is closed stays closed: accepted figures, corrections, reopening.

use crate::kit::{FORM, Office, Said, book, contents, drawn, grid, texts};
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::Instant;

const DISTRICTS: [&str; 3] = ["巴南区", "南岸区", "丰都县"];

/// December 2023, with last year's figures as they were reported then.
const NOW: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

/// December 2022.
const THEN: &str = "
| 5 | 合计 | '01 | 90 | 90 | 0 | 30 | 80 |
| 6 | 重点 | '02 | 60 | 60 | 0 | 10 | 80 |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
";

/// A district's sheet of a December.
fn sheet(name: &str, year: &str, body: &str) -> String {
    drawn(body)
        .replace("巴南区", name)
        .replace("2023年", &format!("{year}年"))
}

fn send(office: &Office, year: &str, name: &str, body: &str) {
    let path = format!("input/{year}-12/{name}.xlsx");
    office.sheet(&path, &sheet(name, year, body));
}

/// Two Decembers from all three districts, both run; everything is in order.
fn office() -> Office {
    let office = Office::new(FORM);
    for name in DISTRICTS {
        send(&office, "2022", name, THEN);
        send(&office, "2023", name, NOW);
    }
    run(&office, "2022-12", "2023-01-08T02:00", 0);
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    office
}

fn run(office: &Office, period: &str, now: &str, code: i32) -> Said {
    let said = office.hebiao(&["run", "--period", period, "--now", now]);
    let findings = office.json(&format!("output/{period}/findings.json"));
    assert_eq!(said.code, code, "{} {findings:#}", said.err);
    said
}

fn close(office: &Office, period: &str, more: &[&str], code: i32) -> String {
    let arguments = ["close", period, "--now", "2024-01-20T09:00"];
    let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
    let said = office.hebiao(&arguments);
    assert_eq!(said.code, code, "{}", said.err);
    said.err
}

fn reopen(office: &Office, period: &str) -> String {
    let said = office.hebiao(&[
        "reopen",
        period,
        "--why",
        "巴南区漏报一所学校",
        "--by",
        "李明",
        "--now",
        "2024-02-01T09:00",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.err
}

fn closed(office: &Office, period: &str) -> Value {
    office.json(&format!("output/accepted/{period}/closed.json"))
}

/// What a published period says of the past that it was compared with.
fn told_of_the_past(office: &Office, period: &str) -> Vec<String> {
    let report = office.json(&format!("output/{period}/findings.json"));
    let findings = report["findings"].as_array().expect("findings").iter();
    let of_rule = findings.filter(|finding| finding["rule"] == "intake.accepted");
    of_rule
        .map(|f| f["message"]["zh"].as_str().expect("a message").to_owned())
        .collect()
}

/// All words of a published summary.
fn summary(office: &Office, period: &str) -> String {
    let path = office.path(&format!("output/{period}/summary.xlsx"));
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("a summary")).expect("zip");
    let mut part = zip.by_name("xl/sharedStrings.xml").expect("its words");
    let mut text = String::new();
    part.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_month_in_order_is_closed_with_the_hashes_of_what_was_published() {
    let office = office();
    let said = close(&office, "2023-12", &["--by", "王芳"], 0);
    assert!(said.contains("2023-12 已封库"), "{said}");
    let closed = closed(&office, "2023-12");
    assert_eq!(closed["closed"]["at"], "2024-01-20T09:00");
    assert_eq!(closed["closed"]["by"], "王芳");
    assert_eq!(closed["closed"]["open"], serde_json::json!({}));
    let files = closed["closed"]["files"].as_array().expect("files");
    let mut names: Vec<&str> = Vec::new();
    for file in files {
        let path = file["path"].as_str().expect("a path");
        let copy = fs::read(office.path(&format!("output/accepted/2023-12/1/{path}")));
        let published = fs::read(office.path(&format!("output/2023-12/{path}")));
        let (copy, published) = (copy.expect("a copy"), published.expect("published"));
        assert_eq!(file["sha256"], hebiao::hash::of(&copy).as_str());
        assert_eq!(copy, published);
        names.push(path);
    }
    names.sort_unstable();
    assert_eq!(names, ["data/T01.parquet", "findings.json", "run.json"]);
    // Once more there is nothing to do; a run of the month shows it on the board.
    let said = close(&office, "2023-12", &[], 0);
    assert!(
        said.contains("已于 2024-01-20T09:00 封库，数没有变"),
        "{said}"
    );
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    assert_eq!(office.standing("500113", "acceptance"), "accepted");
    let corrections = office.json("output/2023-12/corrections.json");
    assert_eq!(corrections["corrections"], serde_json::json!([]));
    let said = close(&office, "2023-12", &[], 0);
    assert!(said.contains("数没有变"), "{said}");
}

#[test]
fn what_is_open_is_counted_and_named_and_needs_reservations() {
    let office = Office::new(FORM);
    let slip = NOW.replace("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 12 |");
    send(&office, "2023", "巴南区", &slip);
    run(&office, "2023-12", "2024-01-12T02:00", 1);
    let said = close(&office, "2023-12", &[], 1);
    assert!(
        said.contains("还不能封库：缺报 2 份，必改未改 1 条"),
        "{said}"
    );
    assert!(said.contains("丰都县 T01 未报"), "{said}");
    assert!(said.contains("[T01-101]"), "{said}");
    assert!(!office.path("output/accepted").exists());
    close(&office, "2023-12", &["--with-reservations", "  "], 2);
    let said = close(
        &office,
        "2023-12",
        &["--with-reservations", "丰都县受灾，未能按时报送"],
        0,
    );
    assert!(said.contains("保留意见：丰都县受灾"), "{said}");
    let closed = closed(&office, "2023-12");
    let open = serde_json::json!({ "missing": 2, "error": 1 });
    assert_eq!(closed["closed"]["open"], open);
    assert_eq!(closed["closed"]["reservations"], "丰都县受灾，未能按时报送");
    run(&office, "2023-12", "2024-01-21T02:00", 1);
    assert_eq!(office.standing("500113", "acceptance"), "accepted");
    assert_eq!(office.standing("500230", "acceptance"), "none");
}

#[test]
fn a_closing_rests_on_a_run_of_what_is_there() {
    let office = Office::new(FORM);
    for name in DISTRICTS {
        send(&office, "2023", name, NOW);
    }
    let said = close(&office, "2023-12", &[], 2);
    assert!(said.contains("还没有发布过结果"), "{said}");
    assert!(!office.path("output").exists());
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    // Another file, one that changed, and one that is gone.
    let (name, path) = ("巴南区.xlsx", "input/2023-12/巴南区.xlsx");
    let before = fs::read(office.path(path)).expect("a submission");
    office.put("input/2023-12/巴南区补充.xlsx", b"new");
    assert!(close(&office, "2023-12", &[], 2).contains("巴南区补充.xlsx"));
    fs::remove_file(office.path("input/2023-12/巴南区补充.xlsx")).expect("taken away");
    office.put(path, b"changed");
    assert!(close(&office, "2023-12", &[], 2).contains(name));
    fs::remove_file(office.path(path)).expect("taken away");
    assert!(close(&office, "2023-12", &[], 2).contains(name));
    office.put(path, &before);
    let (folder, away) = (office.path("input/2023-12"), office.path("away"));
    fs::rename(&folder, &away).expect("moved away");
    assert!(close(&office, "2023-12", &[], 2).contains("报送文件夹 input/2023-12 不在"));
    fs::rename(&away, &folder).expect("moved back");
    // What staff decided since has not been taken in.
    let summary = fs::read(office.path("output/2023-12/summary.xlsx")).expect("a summary");
    office.put("output/2023-12/summary.xlsx", b"decided");
    assert!(close(&office, "2023-12", &[], 2).contains("summary.xlsx"));
    office.put("output/2023-12/summary.xlsx", &summary);
    close(&office, "2023-12", &[], 0);
}

#[test]
fn the_content_of_an_archive_counts_as_submitted() {
    let office = Office::new(FORM);
    let packed = |body: &str| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in DISTRICTS {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{name}.xlsx"), options)
                .expect("a member");
            let sheet = sheet(name, "2023", body);
            zip.write_all(&book(&[("T01", &sheet)])).expect("its bytes");
        }
        zip.finish().expect("an archive").into_inner()
    };
    let sent = packed(NOW);
    office.put("input/2023-12/全部.zip", &sent);
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    office.put("input/2023-12/全部.zip", &packed(THEN));
    assert!(close(&office, "2023-12", &[], 2).contains("全部.zip"));
    office.put("input/2023-12/全部.zip", &sent);
    close(&office, "2023-12", &[], 0);
}

#[test]
fn what_comes_after_the_close_is_a_dated_correction_and_the_accepted_figures_stand() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    let mended = THEN
        .replace("| 90 | 90 | 0 |", "| 91 | 91 | 0 |")
        .replace("| 30 | 30 | 0 |", "| 31 | 31 | 0 |");
    office.sheet(
        "input/2022-12/巴南区 第2次.xlsx",
        &sheet("巴南区", "2022", &mended),
    );
    run(&office, "2022-12", "2024-01-25T02:00", 0);
    let report = office.json("output/2022-12/corrections.json");
    let all = report["corrections"].as_array().expect("corrections");
    let shown: Vec<String> = all
        .iter()
        .map(|c| {
            let of = |name: &str| c[name].as_str().unwrap_or("—").to_owned();
            let (file, arrived) = (of("file"), of("arrived"));
            let id = c["variable"]["id"].as_str().expect("a figure");
            format!("{id} {} → {} {file} {arrived}", of("accepted"), of("now"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "applications[total] 90 → 91 巴南区 第2次.xlsx 2024-01-25T02:00",
            "before[total] 90 → 91 巴南区 第2次.xlsx 2024-01-25T02:00",
            "applications[general] 30 → 31 巴南区 第2次.xlsx 2024-01-25T02:00",
            "before[general] 30 → 31 巴南区 第2次.xlsx 2024-01-25T02:00",
        ]
    );
    assert!(summary(&office, "2022-12").contains("与已验收的有 4 处不同，列为更正"));
    // What is published keeps the accepted figures, and has the corrections beside them.
    let read = |name: &str| fs::read(office.path(&format!("output/{name}"))).expect("a file");
    assert_eq!(
        read("2022-12/data/T01.parquet"),
        read("accepted/2022-12/1/data/T01.parquet")
    );
    let total = |workbook: &[u8], sheet: &str| {
        let mut rows = grid(workbook, sheet).into_iter();
        let row = rows.find(|row| {
            row.iter()
                .any(|cell| cell.replace('\u{3000}', "") == "合计")
        });
        row.expect("the total").join("|")
    };
    let workbook = read("2022-12/summary.xlsx");
    let shown = total(&workbook, "T01");
    assert!(shown.contains("|270|"), "{shown}");
    assert_eq!(
        grid(&workbook, "更正")[3][..5],
        ["巴南区", "T01", "改动", "", "合计 · 申报数›本年"]
    );
    assert_eq!(grid(&workbook, "更正")[3][5..7], ["90", "91"]);
    let clean = read("2022-12/上报稿.xlsx");
    let shown = total(&clean, "T01");
    assert!(shown.contains("|270|"), "{shown}");
    let shown = texts(&clean).join("\n");
    assert!(
        !shown.contains("未定案") && shown.contains("本稿各数均为已验收的数"),
        "{shown}"
    );
    assert_eq!(grid(&clean, "更正").len(), 2 + 4);
    let said = close(&office, "2022-12", &[], 1);
    assert!(said.contains("有 4 处与已验收的不同"), "{said}");
    // A year later the accepted figures are compared with …
    run(&office, "2023-12", "2024-01-26T02:00", 0);
    // … until staff take the corrections over: then the same figures have been adjusted.
    let lines = fs::read(office.path("output/2022-12/corrections.csv")).expect("lines");
    office.put("rules/revisions.csv", &lines);
    run(&office, "2023-12", "2024-01-27T02:00", 1);
    let report = office.json("output/2023-12/findings.json");
    let findings = report["findings"].as_array().expect("findings");
    assert!(
        findings
            .iter()
            .all(|finding| finding["district"]["name"] == "巴南区"),
        "{findings:#?}"
    );
}

#[test]
fn a_form_that_comes_or_goes_after_the_close_is_a_correction_as_a_whole() {
    let office = Office::new(FORM);
    send(&office, "2023", "巴南区", NOW);
    send(&office, "2023", "南岸区", NOW);
    run(&office, "2023-12", "2024-01-12T02:00", 1);
    close(&office, "2023-12", &["--with-reservations", "先报市里"], 0);
    send(&office, "2023", "丰都县", NOW);
    fs::remove_file(office.path("input/2023-12/南岸区.xlsx")).expect("taken away");
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    let report = office.json("output/2023-12/corrections.json");
    let all = report["corrections"]
        .as_array()
        .expect("corrections")
        .iter();
    let shown: Vec<(&str, &str)> = all
        .map(|c| {
            let name = c["district"]["name"].as_str().expect("a name");
            (name, c["change"].as_str().expect("a change"))
        })
        .collect();
    assert_eq!(shown, [("南岸区", "form_gone"), ("丰都县", "form_came")]);
    // The board and the totals are those of the close.
    assert_eq!(office.standing("500108", "reporting"), "late");
    assert_eq!(office.standing("500230", "reporting"), "after_close");
    let clean = fs::read(office.path("output/2023-12/上报稿.xlsx")).expect("clean tables");
    let shown = texts(&clean).join("\n");
    assert!(
        shown.contains("应报 3 个单位，汇总 2 个，缺：丰都县"),
        "{shown}"
    );
    assert!(!office.path("output/2023-12/corrections.csv").exists());
}

#[test]
fn accepted_figures_that_were_changed_by_hand_are_noticed_and_not_used() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    assert_eq!(told_of_the_past(&office, "2023-12"), [""; 0]);
    let copy = "output/accepted/2022-12/1/data/T01.parquet";
    let spoil = |path: &str| {
        let mut bytes = fs::read(office.path(path)).expect("figures");
        let last = bytes.len() / 2;
        bytes[last] ^= 1;
        office.put(path, &bytes);
    };
    spoil(copy);
    run(&office, "2023-12", "2024-01-22T02:00", 1);
    let told = told_of_the_past(&office, "2023-12");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("accepted/2022-12/1/data/T01.parquet"),
        "{told:?}"
    );
    assert!(told[0].contains("已发布的结果里有相同的一份"), "{told:?}");
    // The published ones too: then the submissions are read again.
    spoil("output/2022-12/data/T01.parquet");
    run(&office, "2023-12", "2024-01-23T02:00", 1);
    let told = told_of_the_past(&office, "2023-12");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().all(|t| t.contains("报送文件里现读的数")),
        "{told:?}"
    );
    // A closing that no closing wrote closes nothing.
    let file = office.path("output/accepted/2022-12/closed.json");
    let text = fs::read_to_string(&file).expect("a closing");
    fs::write(&file, text.replace("2024-01-20", "2024-01-19")).expect("changed");
    run(&office, "2023-12", "2024-01-24T02:00", 1);
    let told = told_of_the_past(&office, "2023-12").join("\n");
    assert!(told.contains("accepted/2022-12/closed.json"), "{told}");
    assert!(told.contains("按未封库看待"), "{told}");
    assert!(close(&office, "2022-12", &[], 2).contains("closed.json"));
    // Nor is a month open again because its closing was taken away.
    fs::remove_file(&file).expect("taken away");
    run(&office, "2023-12", "2024-01-25T02:00", 1);
    let told = told_of_the_past(&office, "2023-12").join("\n");
    assert!(told.contains("accepted/2022-12/closed.json"), "{told}");
}

#[test]
fn a_month_is_closed_again_with_the_figures_of_now() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    let mended = THEN
        .replace("| 90 | 90 | 0 |", "| 91 | 91 | 0 |")
        .replace("| 30 | 30 | 0 |", "| 31 | 31 | 0 |");
    let path = "input/2022-12/巴南区 第2次.xlsx";
    office.sheet(path, &sheet("巴南区", "2022", &mended));
    run(&office, "2022-12", "2024-01-25T02:00", 0);
    reopen(&office, "2022-12");
    // What was published while it was closed are the figures of then.
    let said = close(&office, "2022-12", &[], 2);
    assert!(said.contains("上次运行时是封库的"), "{said}");
    run(&office, "2022-12", "2024-01-26T02:00", 0);
    close(&office, "2022-12", &[], 0);
    run(&office, "2022-12", "2024-01-27T02:00", 0);
    let report = office.json("output/2022-12/corrections.json");
    assert_eq!(report["corrections"], Value::Array(Vec::new()));
    let summary = fs::read(office.path("output/2022-12/summary.xlsx")).expect("a summary");
    let rows = grid(&summary, "T01").into_iter();
    let mut rows = rows.filter(|row| row.iter().any(|cell| cell == "合计"));
    assert!(rows.any(|row| row.iter().any(|cell| cell == "271")));
}

#[test]
fn a_closed_month_whose_copy_was_changed_is_not_final() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    let path = office.path("output/accepted/2022-12/1/data/T01.parquet");
    let mut bytes = fs::read(&path).expect("the copy");
    bytes.push(0);
    fs::write(&path, bytes).expect("changed");
    run(&office, "2022-12", "2024-01-25T02:00", 1);
    let clean = fs::read(office.path("output/2022-12/上报稿.xlsx")).expect("clean tables");
    let shown = texts(&clean).join("\n");
    assert!(shown.contains("（未定案）"), "{shown}");
    assert!(
        shown.contains("未定案：T01 封库时存的数被改动、损坏或没有了"),
        "{shown}"
    );
}

#[test]
fn reopening_keeps_what_was_and_tells_the_months_that_rest_on_it() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    let said = reopen(&office, "2022-12");
    assert!(said.contains("2022-12 已解封"), "{said}");
    assert!(said.contains("以后各期：2023-12"), "{said}");
    let file = closed(&office, "2022-12");
    assert_eq!(file["closed"], Value::Null);
    let last = &file["history"][0];
    assert_eq!(last["why"], "巴南区漏报一所学校");
    assert_eq!(last["by"], "李明");
    assert_eq!(last["closing"]["at"], "2024-01-20T09:00");
    assert!(
        office
            .path("output/accepted/2022-12/1/data/T01.parquet")
            .exists()
    );
    run(&office, "2023-12", "2024-02-02T02:00", 0);
    assert!(summary(&office, "2023-12").contains("2022-12 已解封，本期对比数为暂数"));
    // There is nothing to take back a second time.
    assert!(reopen(&office, "2022-12").contains("没有封库"));
    // Closed again it has copies of their own, and the note is gone.
    close(&office, "2022-12", &[], 0);
    assert_eq!(closed(&office, "2022-12")["closed"]["number"], 2);
    assert!(
        office
            .path("output/accepted/2022-12/2/data/T01.parquet")
            .exists()
    );
    run(&office, "2023-12", "2024-02-03T02:00", 0);
    assert!(!summary(&office, "2023-12").contains("已解封"));
}

#[test]
fn a_run_without_a_period_passes_closed_months_over() {
    let office = office();
    close(&office, "2022-12", &[], 0);
    let said = office.hebiao(&["run", "--now", "2024-01-22T02:00", "--log", "json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains(r#""event":"closed""#), "{}", said.err);
    let now = |period: &str| office.json(&format!("output/{period}/run.json"))["now"].clone();
    assert_eq!(now("2022-12"), "2023-01-08T02:00");
    assert_eq!(now("2023-12"), "2024-01-22T02:00");
    // All closed: nothing to do, and that is no failure.
    close(&office, "2023-12", &[], 0);
    assert_eq!(office.hebiao(&["run", "--now", "2024-01-23T02:00"]).code, 0);
    assert_eq!(now("2023-12"), "2024-01-22T02:00");
    // The past is still there to try rules on.
    let said = office.hebiao(&["rules", "backtest"]);
    assert!(said.out.contains("2022-12\t2023-12"), "{}", said.out);
}

#[test]
fn a_month_closed_by_other_rules_says_so() {
    let office = office();
    close(&office, "2023-12", &[], 0);
    let rules = format!("{FORM}\n# looked at again\n");
    office.put("rules/T01.toml", rules.as_bytes());
    let said = close(&office, "2023-12", &[], 0);
    assert!(
        said.contains("封库时用的规则与现在的不同：T01.toml"),
        "{said}"
    );
    run(&office, "2023-12", "2024-01-22T02:00", 0);
    assert!(summary(&office, "2023-12").contains("封库时用的规则与现在的不同：T01.toml"));
}

/// A second form.
const BUILDINGS: &str = r#"
[form]
id = "T03"
title = "校舍情况"
blank = "nil"
due = "次月10日"
row_label = "用途"
row_no = "代码"

[columns.rooms]
no = 1
label = "房间数"
type = "count"

[rows.all]
no = "01"
label = "全部"

[rows.teaching]
no = "02"
label = "教学用房"
"#;

/// Its sheet.
const ROOMS: &str = "
| 1 | 校舍情况 | | |
| 2 | 填报单位：重庆市巴南区教育委员会 | | 2023年1—12月 |
| 3 | 用途 | 代码 | 房间数 |
| 4 | 全部 | '01 | 57 |
| 5 | 教学用房 | '02 | 41 |
";

fn read(office: &Office, path: &str) -> Vec<u8> {
    fs::read(office.path(path)).expect("a file")
}

fn corrections(office: &Office) -> Value {
    office.json("output/2023-12/corrections.json")["corrections"].clone()
}

#[test]
fn a_column_renamed_after_the_close_is_compared_with_nothing_and_named() {
    let office = Office::new(FORM);
    let body = NOW
        .replace("| 99 | 90 | 10 | 30 |", "| 99 | 90 | 10 | 31 |")
        .replace("| 66 | 60 | 10 | 10 |", "| 66 | 60 | 10 | 11 |");
    for name in DISTRICTS {
        send(&office, "2023", name, &body);
    }
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    close(&office, "2023-12", &[], 0);
    let has = |workbook: &str, figure: &str| {
        let rows = grid(&read(&office, workbook), "T01").into_iter();
        rows.flatten().any(|cell| cell == figure)
    };
    let workbooks = ["output/2023-12/summary.xlsx", "output/2023-12/上报稿.xlsx"];
    for workbook in workbooks {
        assert!(has(workbook, "297") && has(workbook, "93"), "{workbook}");
    }
    let rules = FORM.replace("[columns.approved]", "[columns.granted]");
    office.put("rules/T01.toml", rules.as_bytes());
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    assert_eq!(corrections(&office), serde_json::json!([]));
    assert!(!office.path("output/2023-12/corrections.csv").exists());
    let told = "T01 封库时没有同样的 granted（立项数），现在没有封库时的 approved";
    let note = format!("{told}，没有与已验收的数比较");
    assert!(summary(&office, "2023-12").contains(&note));
    // What nobody has accepted under this name is in neither workbook, and the tables say so.
    assert_eq!(
        read(&office, "output/2023-12/data/T01.parquet"),
        read(&office, "output/accepted/2023-12/1/data/T01.parquet")
    );
    for workbook in workbooks {
        assert!(has(workbook, "297") && !has(workbook, "93"), "{workbook}");
    }
    let shown = texts(&read(&office, workbooks[1])).join("\n");
    assert!(!shown.contains("未定案") && shown.contains(told), "{shown}");
    assert!(shown.contains("都在 data/T01.parquet"), "{shown}");
    assert_eq!(office.standing("500113", "acceptance"), "accepted");
}

#[test]
fn a_figure_is_still_corrected_where_another_column_was_renamed() {
    let office = Office::new(FORM);
    for name in DISTRICTS {
        send(&office, "2023", name, NOW);
    }
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    close(&office, "2023-12", &[], 0);
    let rules = FORM.replace("[columns.before]", "[columns.a_year_ago]");
    let rules = rules.replace(
        "growth(applications, before)",
        "growth(applications, a_year_ago)",
    );
    office.put("rules/T01.toml", rules.as_bytes());
    let mended = NOW.replace("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 3 |");
    let mended = sheet("巴南区", "2023", &mended);
    office.sheet("input/2023-12/巴南区 第2次.xlsx", &mended);
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    let all = corrections(&office);
    let all = all.as_array().expect("corrections");
    let ids: Vec<&str> = all
        .iter()
        .map(|one| one["variable"]["id"].as_str().expect("a figure"))
        .collect();
    assert_eq!(ids, ["approved[school]"]);
}

#[test]
fn a_form_that_is_new_since_the_close_is_not_asked_for() {
    let office = Office::new(FORM);
    for name in DISTRICTS {
        send(&office, "2023", name, NOW);
    }
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    close(&office, "2023-12", &[], 0);
    office.put("rules/T03.toml", BUILDINGS.as_bytes());
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    let report = office.json("output/2023-12/findings.json");
    let districts = report["districts"].as_array().expect("districts");
    for district in districts {
        let forms = district["forms"].as_array().expect("forms").iter();
        let of_form = |id: &str| {
            let mut forms = forms.clone();
            let form = forms.find(|form| form["form"] == id);
            form.expect("the form")["reporting"].clone()
        };
        assert_eq!(of_form("T01"), "reported");
        assert_eq!(of_form("T03"), "not_asked");
    }
    let shown = texts(&read(&office, "output/2023-12/上报稿.xlsx")).join("\n");
    assert!(
        !shown.contains("T03") && !shown.contains("校舍情况"),
        "{shown}"
    );
    assert!(
        !shown.contains("未定案") && shown.contains("报表 1 张"),
        "{shown}"
    );
    for (name, text) in contents(&office.path("output/2023-12/reminders")) {
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("T03"), "{name}: {text}");
    }
    // Open again the month asks for all that the rules of now ask for.
    reopen(&office, "2023-12");
    run(&office, "2023-12", "2024-02-02T02:00", 1);
    let shown = texts(&read(&office, "output/2023-12/上报稿.xlsx")).join("\n");
    assert!(shown.contains("报表 2 张"), "{shown}");
}

#[test]
fn a_form_that_is_gone_since_the_close_is_told_and_the_month_is_not_final() {
    let office = Office::new(FORM);
    office.put("rules/T03.toml", BUILDINGS.as_bytes());
    for name in DISTRICTS {
        let (first, second) = (sheet(name, "2023", NOW), ROOMS.replace("巴南区", name));
        let sent = book(&[("T01", &first), ("T03", &second)]);
        office.put(&format!("input/2023-12/{name}.xlsx"), &sent);
    }
    run(&office, "2023-12", "2024-01-08T02:00", 0);
    close(&office, "2023-12", &[], 0);
    run(&office, "2023-12", "2024-01-21T02:00", 0);
    let shown = texts(&read(&office, "output/2023-12/上报稿.xlsx")).join("\n");
    assert!(
        shown.contains("校舍情况") && !shown.contains("未定案"),
        "{shown}"
    );
    fs::remove_file(office.path("rules/T03.toml")).expect("taken away");
    run(&office, "2023-12", "2024-01-22T02:00", 1);
    let told = told_of_the_past(&office, "2023-12");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("封库时有 T03"), "{told:?}");
    assert!(told[0].contains("data/T03.parquet"), "{told:?}");
    assert_eq!(corrections(&office), serde_json::json!([]));
    for form in ["T01", "T03"] {
        assert_eq!(
            read(&office, &format!("output/2023-12/data/{form}.parquet")),
            read(
                &office,
                &format!("output/accepted/2023-12/1/data/{form}.parquet")
            )
        );
    }
    let shown = texts(&read(&office, "output/2023-12/上报稿.xlsx")).join("\n");
    assert!(shown.contains("课题情况（未定案）"), "{shown}");
    assert!(shown.contains("未定案：封库时有 T03"), "{shown}");
    assert!(summary(&office, "2023-12").contains("报表审核汇总（未定案）"));
    // A form that is only not asked for in this month any more is gone from it as well.
    let rules = BUILDINGS.replace("due = \"次月10日\"", "due_in = [6]\ndue = \"次月10日\"");
    office.put("rules/T03.toml", rules.as_bytes());
    run(&office, "2023-12", "2024-01-23T02:00", 1);
    assert_eq!(told_of_the_past(&office, "2023-12").len(), 1);
    assert_eq!(corrections(&office), serde_json::json!([]));
    // With the rules of then all is as it was.
    office.put("rules/T03.toml", BUILDINGS.as_bytes());
    run(&office, "2023-12", "2024-01-24T02:00", 0);
    assert_eq!(told_of_the_past(&office, "2023-12"), [""; 0]);
}

/// Whether the month is closed; if so all that it was closed with is there.
fn is_whole(office: &Office) -> bool {
    let path = office.path("output/accepted/2023-12/closed.json");
    let Ok(bytes) = fs::read(path) else {
        return false;
    };
    let file: Value = serde_json::from_slice(&bytes).expect("a whole file");
    let (number, files) = (&file["closed"]["number"], &file["closed"]["files"]);
    let Some(files) = files.as_array() else {
        return false;
    };
    for file in files {
        let path = file["path"].as_str().expect("a path");
        let copy = office.path(&format!("output/accepted/2023-12/{number}/{path}"));
        let copy = fs::read(copy).expect("a copy");
        assert_eq!(file["sha256"], hebiao::hash::of(&copy).as_str());
    }
    true
}

#[test]
fn killed_at_any_moment_a_month_is_closed_or_it_is_not() {
    let office = office();
    let started = Instant::now();
    close(&office, "2023-12", &[], 0);
    let whole = started.elapsed();
    for moment in 0..30_u32 {
        reopen(&office, "2023-12");
        let mut child = office
            .command(&["close", "2023-12", "--now", "2024-01-20T09:00"])
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // The thirtieth moments of a closing, a little stirred.
        thread::sleep(whole * (moment * 17 % 30) / 30);
        let _ = child.kill();
        let _ = child.wait();
        is_whole(&office);
        // Whatever was left, it can be closed, or is.
        close(&office, "2023-12", &[], 0);
        assert!(is_whole(&office), "after moment {moment}");
    }
    let hidden: Vec<String> = fs::read_dir(office.path("output"))
        .expect("the output")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.') && name != ".lock")
        .collect();
    assert_eq!(hidden, [""; 0]);
}
