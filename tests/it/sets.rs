//! City figures are never compared over different districts.

use crate::kit::{FORM, Office, drawn, grid};
use std::fs;

/// December of a year, in a district, with its total of this year and the one before.
fn body(now: &str, before: u32, growth: &str) -> String {
    format!(
        "
| 5 | 合计 | '01 | {now} | {before} | {growth} | 30 | 80 |
| 6 | 重点 | '02 | {now} | {before} | {growth} | 10 | 80 |
| 7 | 一般 | '03 | 0 | 0 | | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
"
    )
}

fn send(office: &Office, name: &str, year: &str, body: &str) {
    let sheet = drawn(body).replace("巴南区", name);
    let sheet = sheet.replace("2023年", &format!("{year}年"));
    office.sheet(&format!("input/{year}-12/{name}.xlsx"), &sheet);
}

fn run(office: &Office, period: &str) {
    let now = ["run", "--period", period, "--now", "2024-01-08T02:00"];
    let said = office.hebiao(&now);
    assert!(said.code < 2, "{}", said.err);
}

fn published(office: &Office, name: &str) -> Vec<u8> {
    fs::read(office.path(&format!("output/2023-12/{name}"))).expect("a workbook")
}

/// The first row of a sheet with a cell that says this.
fn row(workbook: &[u8], sheet: &str, label: &str) -> Vec<String> {
    let mut rows = grid(workbook, sheet).into_iter();
    let bare = |cell: &String| cell.replace(['\u{3000}', ' '], "") == label;
    rows.find(|row| row.iter().any(bare)).expect("the row")
}

#[test]
fn a_figure_that_cannot_be_read_leaves_its_district_out_of_every_comparison() {
    let office = Office::new(FORM);
    for (name, before) in [("巴南区", 90), ("南岸区", 40), ("丰都县", 20)] {
        send(
            &office,
            name,
            "2022",
            &body(&before.to_string(), before, "0"),
        );
    }
    run(&office, "2022-12");
    send(&office, "巴南区", "2023", &body("约99", 90, "10"));
    send(&office, "南岸区", "2023", &body("60", 40, "50"));
    send(&office, "丰都县", "2023", &body("30", 20, "50"));
    run(&office, "2023-12");
    let summary = published(&office, "summary.xlsx");
    let total = row(&summary, "同比", "合计·申报数›本年");
    // 90 against 60, and not against all 150 of last year; which stands beside it.
    assert_eq!(total[3..9], ["90", "2/3", "2", "90", "60", "0.5"]);
    assert_eq!(total[10], "150");
    // The rate of the sums is over the same two, though three have stated last year's.
    let clean = row(&published(&office, "上报稿.xlsx"), "T01", "合计");
    assert_eq!(clean[2..5], ["90", "150", "50"]);
    let whole = row(&summary, "T01", "全市");
    assert!(whole.contains(&"0.5".to_owned()), "{whole:?}");
}

#[test]
fn a_merger_changes_nothing_of_last_years_city() {
    let office = Office::new(FORM);
    for (name, before) in [("巴南区", 90), ("南岸区", 40), ("丰都县", 20)] {
        send(
            &office,
            name,
            "2022",
            &body(&before.to_string(), before, "0"),
        );
    }
    run(&office, "2022-12");
    let register = "code,name,org_name,aliases,former_names,kind,region,valid_from,valid_to,predecessors\n\
500113,巴南区,重庆市巴南区教育委员会,巴南,,district,中心城区,,2022-12,\n\
500108,南岸区,重庆市南岸区教育委员会,南岸,,district,中心城区,,2022-12,\n\
500230,丰都县,重庆市丰都县教育委员会,丰都,,county,渝东北,,,\n\
500199,巴岸新区,重庆市巴岸新区教育委员会,巴岸,,district,中心城区,2023-01,,500113|500108\n";
    office.put("rules/districts.csv", register.as_bytes());
    send(&office, "巴岸新区", "2023", &body("143", 130, "10"));
    send(&office, "丰都县", "2023", &body("20", 20, "0"));
    run(&office, "2023-12");
    let total = row(
        &published(&office, "summary.xlsx"),
        "同比",
        "合计·申报数›本年",
    );
    assert_eq!(total[3..8], ["163", "2/2", "2", "163", "150"]);
    assert_eq!(total[10], "150");
    // A revision of a part goes into the sum.
    let revision =
        "period,form,district,record,variable,value\n2022-12,T01,500113,,applications[total],100\n";
    office.put("rules/revisions.csv", revision.as_bytes());
    run(&office, "2023-12");
    let total = row(
        &published(&office, "summary.xlsx"),
        "同比",
        "合计·申报数›本年",
    );
    assert_eq!((total[7].as_str(), total[10].as_str()), ("160", "160"));
}
