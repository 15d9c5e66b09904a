//! The lists beside the forms: the register, the calendar, extensions, contacts, revisions, codes.

use crate::kit::{FORM, LIST, Office, REGISTER, book, contents};
use std::fs;

/// An office with one form, and one more file among its rules.
fn with(name: &str, text: &str) -> Office {
    let office = Office::new(FORM);
    office.put(&format!("rules/{name}"), text.as_bytes());
    office
}

/// What `rules check` says.
fn told(office: &Office, code: i32) -> String {
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, code, "{}", said.err);
    said.err
}

/// The register as a workbook, with a title above it; 南岸区 reports from January 2024 on.
const BOOK: &str = "
| 1 | 填报单位登记表 |
| 3 | code | name | org_name | aliases | region | valid_from |
| 4 | 500113 | 巴南区 | 重庆市巴南区教育委员会 | 巴南 | 中心城区 | |
| 5 | 500108 | 南岸区 | 重庆市南岸区教育委员会 | 南岸 | 中心城区 | [yyyy-mm]45292 |
";

/// An office whose register is a workbook and nothing else.
fn with_book(bytes: &[u8]) -> Office {
    let office = Office::new(FORM);
    fs::remove_file(office.path("rules/districts.csv")).expect("taken away");
    office.put("rules/districts.xlsx", bytes);
    office
}

#[test]
fn a_stray_quotation_mark_is_told_where_it_stands_and_swallows_no_line() {
    let register = REGISTER.replacen("重庆市南岸区", "\"重庆市南岸区", 1);
    let between = REGISTER.replacen("巴南区,重庆市", "\"巴南区,\"重庆市", 1);
    for (name, text, line) in [
        ("districts.csv", register.as_str(), 3),
        ("districts.csv", between.as_str(), 2),
        (
            "extensions.csv",
            "period,form,district,until,reason\n2023-12,T01,巴南区,2024-01-15,\"系统故障\n2023-12,T01,南岸区,2024-01-15,停电\n",
            2,
        ),
        ("contacts.csv", "code,name,phone\n500113,\"张三,023", 2),
        (
            "calendar.csv",
            "# 依据\"国办\ndate,kind\n2024-01-01,\"holiday\n2024-01-02,holiday\n",
            3,
        ),
        (
            "revisions.csv",
            "period,form,district,record,variable,value\n2022-12,T01,500113,,\"applications[total],120\n",
            2,
        ),
    ] {
        let said = told(&with(name, text), 2);
        assert!(said.contains("引号没有配对"), "{name}\n{said}");
        assert!(said.contains(&format!("{name}:{line}:")), "{name}\n{said}");
        assert!(said.contains("规则文件有 1 处错误"), "{name}\n{said}");
    }
    let list = LIST.replacen("[columns.name]", "[columns.stage]\nlabel = \"学段\"\ntype = \"text\"\none_of = { file = \"codes.csv\" }\n\n[columns.name]", 1);
    let office = with("codes.csv", "code\n小学\n\"初中\n高中\n");
    office.put("rules/T02.toml", list.as_bytes());
    let said = told(&office, 2);
    assert!(
        said.contains("引号没有配对") && said.contains("codes.csv:3:"),
        "{said}"
    );
    let fine = "code,name,phone\n500113,\"张三, \"\"老张\"\"\",\"023\"\n";
    told(&with("contacts.csv", fine), 0);
}

#[test]
fn register_and_contacts_may_be_workbooks() {
    let office = with_book(&book(&[("说明", "| 1 | 每年一月更新 |"), ("登记表", BOOK)]));
    office.sheet(
        "rules/contacts.xlsx",
        "| 1 | code | name | phone |\n| 2 | 500113 | 张三 | 13800000001 |\n| 3 | 南岸 | 李四 | '023-61110002 |\n",
    );
    office.put("rules/~$districts.xlsx", b"somebody has it open");
    let said = told(&office, 0);
    assert!(said.contains("填报单位 2 个"), "{said}");
    assert!(!said.contains("没有读"), "{said}");
    fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-12T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let board = office.hebiao(&["status"]);
    assert!(board.out.contains("已报 0/1"), "{}", board.out);
    let reminders = contents(&office.path("output/2023-12/reminders"));
    let list = String::from_utf8_lossy(&reminders["电话单.txt"]);
    assert!(list.contains("张三  13800000001"), "{list}");
    let run = office.json("output/2023-12/run.json");
    let rules = run["rules"].as_array().expect("the rules").iter();
    let names: Vec<&str> = rules.filter_map(|rule| rule["path"].as_str()).collect();
    assert_eq!(names, ["T01.toml", "contacts.xlsx", "districts.xlsx"]);
}

#[test]
fn a_mistake_in_a_workbook_is_told_with_its_row() {
    let twice = BOOK.replacen("500108", "500113", 1);
    let said = told(&with_book(&book(&[("登记表", twice.as_str())])), 2);
    assert!(said.contains("districts.xlsx:5:"), "{said}");
    assert!(said.contains("第 4 行已经用过"), "{said}");
    let said = told(&with_book(&book(&[("新", BOOK), ("旧", BOOK)])), 2);
    assert!(said.contains("不止一张工作表有 `code` 列"), "{said}");
}

#[test]
fn a_workbook_that_cannot_be_read_is_one_mistake_and_not_one_in_every_list() {
    let office = with_book(b"%PDF-1.4 a scan");
    office.put(
        "rules/contacts.csv",
        "code,name,phone\n500113,张三,023\n".as_bytes(),
    );
    let said = told(&office, 2);
    assert!(said.contains("`districts.xlsx` 读不出来"), "{said}");
    assert!(said.contains("规则文件有 1 处错误"), "{said}");
}

#[test]
fn of_two_forms_of_one_list_neither_is_guessed_at() {
    let office = Office::new(FORM);
    office.sheet("rules/districts.xlsx", BOOK);
    let said = told(&office, 2);
    assert!(
        said.contains("`districts.csv` 和 `districts.xlsx` 都有"),
        "{said}"
    );
}

#[test]
fn a_workbook_that_is_not_read_is_not_passed_over_in_silence() {
    let calendar = "| 1 | date | kind |\n| 2 | 2024-01-01 | holiday |\n";
    let office = Office::new(FORM);
    office.sheet("rules/calendar.xlsx", calendar);
    let said = told(&office, 2);
    assert!(
        said.contains("`calendar.xlsx` 没有读：请另存为 csv（`calendar.csv`）"),
        "{said}"
    );
    office.put("rules/calendar.csv", b"date,kind\n2024-01-01,holiday\n");
    let said = told(&office, 0);
    assert!(
        said.contains("`calendar.xlsx` 没有读，读的是 `calendar.csv`"),
        "{said}"
    );
    // What may be no list at all keeps nobody from running.
    let office = Office::new(FORM);
    office.sheet("rules/学校代码.xlsx", "| 1 | code |\n");
    // What no rule names is somebody's own.
    assert!(!told(&office, 0).contains("学校代码.xlsx"));
}

#[test]
fn of_two_extensions_the_later_counts() {
    let office = with(
        "extensions.csv",
        "period,form,district,until,reason\n\
         2023-12,T01,丰都县,2024-01-20,系统故障\n\
         2023-12,T01,500230,2024-01-18,停电\n",
    );
    let said = told(&office, 0);
    assert!(
        said.contains("前面已经延到 2024-01-20，以较晚的 2024-01-20 为准"),
        "{said}"
    );
    assert!(said.contains("extensions.csv:3:"), "{said}");
    fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-19T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    assert_eq!(office.standing("500230", "reporting"), "extended");
}

#[test]
fn a_district_may_be_named_as_the_register_knows_it() {
    for name in ["500113", "巴南区", "巴南", "重庆市巴南区教育委员会"] {
        let extensions =
            format!("period,form,district,until,reason\n2023-12,T01,{name},2024-01-15,停电\n");
        let office = with("extensions.csv", &extensions);
        let contacts = format!("code,name,phone\n{name},张三,023\n");
        office.put("rules/contacts.csv", contacts.as_bytes());
        let revisions = format!(
            "period,form,district,variable,value\n2022-12,T01,{name},applications[total],120\n"
        );
        office.put("rules/revisions.csv", revisions.as_bytes());
        told(&office, 0);
    }
}

#[test]
fn an_empty_cell_is_told_as_one() {
    let office = with(
        "extensions.csv",
        "period,form,district,until,reason\n\
         ,T01,巴南区,2024-01-15,停电\n\
         2023-12,,巴南区,2024-01-15,停电\n\
         2023-12,T01,,2024-01-15,停电\n\
         2023-12,T01,巴南区,,停电\n",
    );
    office.put("rules/calendar.csv", b"date,kind\n2024-01-01,\n");
    let revisions = "period,form,district,variable,value\n2022-12,T01,巴南区,,120\n2022-12,T01,巴南区,applications[total],\n";
    office.put("rules/revisions.csv", revisions.as_bytes());
    let said = told(&office, 2);
    for column in [
        "period", "form", "district", "until", "kind", "variable", "value",
    ] {
        assert!(
            said.contains(&format!("`{column}` 这一格是空的")),
            "{column}\n{said}"
        );
    }
    assert!(!said.contains("``"), "{said}");
}
