//! 暂: growth over figures that may still change says so, and over accepted ones it does not.

use crate::kit::{FORM, Office, drawn, grid, texts};
use serde_json::{Value, json};
use std::fs;

const NOW: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

const THEN: &str = "
| 5 | 合计 | '01 | 90 | 90 | 0 | 30 | 80 |
| 6 | 重点 | '02 | 60 | 60 | 0 | 10 | 80 |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
";

/// Two Decembers of all three districts, all in order.
fn office() -> Office {
    let office = Office::new(FORM);
    for name in ["巴南区", "南岸区", "丰都县"] {
        for (year, body) in [("2022", THEN), ("2023", NOW)] {
            let sheet = drawn(body).replace("巴南区", name);
            let sheet = sheet.replace("2023年", &format!("{year}年"));
            office.sheet(&format!("input/{year}-12/{name}.xlsx"), &sheet);
        }
    }
    office
}

/// Runs the program, which must have nothing for people to do, and gives what it said.
fn hebiao(office: &Office, arguments: &[&str]) -> String {
    let said = office.hebiao(arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    said.err
}

fn run(office: &Office, period: &str, now: &str) {
    hebiao(office, &["run", "--period", period, "--now", now]);
}

fn close(office: &Office, period: &str) -> String {
    hebiao(office, &["close", period, "--now", "2024-01-20T09:00"])
}

/// What December 2023 says that it was compared with.
fn compared_with(office: &Office) -> Value {
    office.json("output/2023-12/run.json")["compared_with"].clone()
}

/// A workbook of December 2023.
fn workbook(office: &Office, name: &str) -> Vec<u8> {
    fs::read(office.path(&format!("output/2023-12/{name}"))).expect("a workbook")
}

/// Whether a sheet of the summary has a text with these words.
fn says(office: &Office, sheet: &str, words: &str) -> bool {
    let cells = grid(&workbook(office, "summary.xlsx"), sheet);
    cells.iter().flatten().any(|cell| cell.contains(words))
}

#[test]
fn growth_over_an_open_month_is_provisional_wherever_it_stands() {
    let office = office();
    run(&office, "2022-12", "2023-01-08T02:00");
    run(&office, "2023-12", "2024-01-08T02:00");
    let known = json!([{
        "period": "2022-12", "form": "T01", "standing": "provisional", "closed": null, "reopened": null,
    }]);
    assert_eq!(compared_with(&office), known);
    assert!(says(&office, "总览", "上年为暂数：2022-12 未封库）"));
    assert!(says(&office, "同比", "上年全市（暂）"));
    assert!(!says(&office, "同比", "公布"));
    assert!(says(&office, "同比", "；上年数为暂数：2022年12月未封库"));
    assert!(says(&office, "来源", "对比数：暂 2022-12 未封库"));
    let clean = texts(&workbook(&office, "上报稿.xlsx")).join("\n");
    assert!(
        clean.contains("上年数为暂数：2022年12月未封库。"),
        "{clean}"
    );
    // The month can be closed all the same.
    let said = close(&office, "2023-12");
    assert!(
        said.contains("2023-12 的对比数是暂数：2022年12月未封库"),
        "{said}"
    );
    // How the month before stands now is what counts.
    close(&office, "2022-12");
    let said = close(&office, "2023-12");
    assert!(!said.contains("暂数"), "{said}");
}

#[test]
fn what_was_read_on_the_spot_is_provisional_too() {
    let office = office();
    run(&office, "2023-12", "2024-01-08T02:00");
    assert_eq!(compared_with(&office)[0]["standing"], "on_the_spot");
    assert!(says(&office, "同比", "上年全市（暂）"));
    assert!(says(&office, "总览", "上年为暂数：2022-12 未封库）"));
}

#[test]
fn growth_over_a_closed_month_is_not_and_over_a_reopened_one_it_is_again() {
    let office = office();
    run(&office, "2022-12", "2023-01-08T02:00");
    close(&office, "2022-12");
    run(&office, "2023-12", "2024-01-21T02:00");
    let known = compared_with(&office);
    assert_eq!(known[0]["standing"], "accepted");
    assert_eq!(known[0]["closed"], "2024-01-20T09:00");
    assert!(says(&office, "同比", "上年全市（公布）"));
    assert!(says(&office, "来源", "对比数：已验收 2022-12"));
    for name in ["summary.xlsx", "上报稿.xlsx"] {
        let all = texts(&workbook(&office, name)).join("\n");
        assert!(!all.contains("暂数"), "{name}: {all}");
    }
    let reopen = ["reopen", "2022-12", "--why", "漏报一所学校"];
    hebiao(
        &office,
        &[&reopen[..], &["--now", "2024-02-01T09:00"]].concat(),
    );
    run(&office, "2023-12", "2024-02-02T02:00");
    let known = compared_with(&office);
    assert_eq!(known[0]["standing"], "provisional");
    assert_eq!(known[0]["reopened"], "2024-02-01T09:00");
    assert!(says(&office, "总览", "上年为暂数：2022-12 已解封）"));
    assert!(says(&office, "来源", "对比数：暂 2022-12 已解封"));
    let why = "2022年12月已于 2024-02-01T09:00 解封";
    assert!(says(&office, "同比", why));
    let clean = texts(&workbook(&office, "上报稿.xlsx")).join("\n");
    assert!(clean.contains(&format!("上年数为暂数：{why}。")), "{clean}");
    assert!(close(&office, "2023-12").contains(why));
}

#[test]
fn a_first_year_has_nothing_that_is_provisional() {
    let office = office();
    fs::remove_dir_all(office.path("input/2022-12")).expect("taken away");
    run(&office, "2023-12", "2024-01-08T02:00");
    assert_eq!(compared_with(&office), json!([]));
    assert!(says(&office, "来源", "对比数：没有"));
    assert!(!says(&office, "总览", "暂数"));
    assert!(!close(&office, "2023-12").contains("暂数"));
}
