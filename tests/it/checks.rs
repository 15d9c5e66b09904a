use crate::kit::{FORM, Office, drawn};
use calamine::{Reader, Xlsx};
use insta::assert_snapshot;
use std::io::Cursor;

fn findings(body: &str) -> String {
    Office::new(FORM).findings(&drawn(body))
}

#[test]
fn a_form_in_order_has_no_findings() {
    assert_snapshot!(findings(
        "
| 5 | 合计 | '01 | 3581 | 3123 | 14.7 | 909 | 100 |
| 6 | 重点 | '02 | 881 | 763 | 15 | 199 | 80.6 |
| 7 | 一般 | '03 | 2700 | 2360 | 14.41 | 710 | |
| 8 | 其中：学校承担 | '04 | 3581 | 3000 | 19 | 1 | |
"
    ));
}

#[test]
fn a_total_that_is_off_is_shown_at_its_own_cell() {
    assert_snapshot!(findings(
        "
| 5 | 合计 | '01 | 100 | 50 | 100 | 30 | |
| 6 | 重点 | '02 | 60 | 20 | 200 | 10 | |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | |
| 8 | 其中：学校承担 | '04 | | | | | |
"
    ));
}

#[test]
fn a_part_is_not_more_than_its_whole() {
    assert_snapshot!(findings(
        "
| 5 | 合计 | '01 | 90 | 50 | 80 | 30 | |
| 6 | 重点 | '02 | 60 | 20 | 200 | 10 | |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | |
| 8 | 其中：学校承担 | '04 | 91 | 50 | 82 | 30 | |
"
    ));
}

#[test]
fn a_coverage_of_100_6_is_an_error_and_100_is_not() {
    assert_snapshot!(findings(
        "
| 5 | 合计 | '01 | 90 | 50 | 80 | 30 | 100.6 |
| 6 | 重点 | '02 | 60 | 20 | 200 | 10 | 100 |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | 100.6% |
| 8 | 其中：学校承担 | '04 | | | | | '100.0％ |
"
    ));
}

/// One stated growth from 3123 to 3581, in a form that is in order otherwise.
fn stated(growth: &str) -> String {
    let body = format!(
        "
| 5 | 合计 | '01 | 3581 | 3123 | {growth} | 909 | |
| 6 | 重点 | '02 | 3581 | 3123 | | 909 | |
| 7 | 一般 | '03 | | | | | |
| 8 | 其中：学校承担 | '04 | | | | | |
"
    );
    findings(&body)
}

#[test]
fn a_stated_growth_counts_at_the_precision_it_is_stated_with() {
    for right in ["'15%", "'14.7%", "'14.67%", "14.7", "14.67", "15", "14.665"] {
        assert!(!stated(right).contains("T01.growth.states"), "{right}");
    }
    let wrong = stated("'15.0%");
    assert!(wrong.contains("必改 [T01.growth.states]"), "{wrong}");
    assert!(wrong.contains("14.67%"), "{wrong}");
    let cut = stated("'14.6%");
    assert!(cut.contains("核实 [T01.growth.states]"), "{cut}");
    assert!(
        cut.contains("疑为截尾") && cut.contains("应四舍五入为 14.7%"),
        "{cut}"
    );
}

#[test]
fn a_quotient_over_nothing_is_no_finding() {
    for honest in ["=#DIV/0!", "—", ""] {
        let body = format!(
            "
| 5 | 合计 | '01 | 5 | 0 | {honest} | 2 | |
| 6 | 重点 | '02 | 5 | 0 | {honest} | 2 | |
| 7 | 一般 | '03 | | | | | |
| 8 | 其中：学校承担 | '04 | | | | | |
"
        );
        assert!(
            findings(&body).starts_with("2023-12：必改 0，核实 0"),
            "{honest}"
        );
    }
}

#[test]
fn one_slip_gives_one_finding_and_the_rest_is_not_evaluated() {
    assert_snapshot!(findings(
        "
| 5 | 合计 | '01 | 约90 | 50 | 80 | 30 | |
| 6 | 重点 | '02 | 60 | 20 | 200 | 10 | |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | |
| 8 | 其中：学校承担 | '04 | 12 | 12 | 0 | 3 | |
"
    ));
}

#[test]
fn money_of_one_place_adds_up_exactly() {
    let form = r#"
[form]
id = "T02"
title = "经费"
blank = "nil"
row_label = "项目"
[columns.money]
label = "金额（亿元）"
type = "money"
unit = "亿元"
[rows.total]
label = "合计"
total_of = ["a", "b"]
[rows.a]
label = "国培"
[rows.b]
label = "市培"
[columns.remark]
label = "备注"
type = "text"
[[rule]]
id = "T02-1"
title = "市培不大于国培"
severity = "error"
each = "column"
check = "市培 <= 国培 - 0.34"
"#;
    let office = Office::new(form);
    let said = office.findings(
        "
| 1 | 经费 | | |
| 2 | 填报单位：巴南区 | 2023年12月 | |
| 3 | 项目 | 金额（亿元） | 备注 |
| 4 | 合计 | 2.9 | |
| 5 | 国培 | 1.62 | |
| 6 | 市培 | 1.28 | |
",
    );
    assert!(said.starts_with("2023-12：必改 0，核实 0"), "{said}");
}

#[test]
fn the_past_is_compared_with_what_was_reported_then() {
    let office = Office::new(FORM);
    let last = drawn(
        "
| 5 | 合计 | '01 | 100 | 90 | 11.1 | 30 | |
| 6 | 重点 | '02 | 60 | 60 | 0 | 10 | |
| 7 | 一般 | '03 | 40 | 30 | 33.3 | 20 | |
| 8 | 其中：学校承担 | '04 | | | | | |
",
    );
    office.sheet(
        "input/2022-12/巴南区.xlsx",
        &last.replace("2023年", "2022年"),
    );
    let now = drawn(
        "
| 5 | 合计 | '01 | 150 | 101 | 48.5 | 30 | |
| 6 | 重点 | '02 | 110 | 61 | 80.3 | 10 | |
| 7 | 一般 | '03 | 40 | 40 | 0 | 20 | |
| 8 | 其中：学校承担 | '04 | | | | | |
",
    );
    assert_snapshot!(office.findings(&now));
}

#[test]
fn a_table_is_found_wherever_it_stands_and_its_columns_in_any_order() {
    let office = Office::new(FORM);
    assert_snapshot!(office.findings(
        "
| 3 | | 附件2 | | | | | | |
| 5 | | 巴南区2023年12月课题情况 | | | | | | |
| 9 | | 序号 | 类别 | 立项数 | 覆盖率 (%) | 上年同期 | 本年 | 增长（%） |
| 10 | | | | | | 申报数 | 申报数 | 申报数 |
| 11 | | 序号 | 类别 | 立项数 | 覆盖率 (%) | 上年同期 | 本年 | 增长（%） |
| 12 | | 1 | 重 点 | 10 | 80 | 60 | 66 | 10 |
| 13 | | 2 | 一　般 | 20 | 101 | 30 | 33 | 10 |
| 14 | | 3 | #学校承担 | 2 | 80 | 10 | 11 | 10 |
| 15 | | 4 | 合  计 | 30 | 80 | 90 | 99 | 10 |
"
    ));
}

#[test]
fn a_formula_longer_than_excel_takes_is_left_to_the_next_run() {
    use std::fmt::Write;
    let parts: Vec<String> = (2..62).map(|at| format!("r{at}")).collect();
    let list: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
    let mut form = format!(
        "[form]\nid = \"T01\"\ntitle = \"长表\"\nrow_label = \"类别\"\nrow_no = \"代码\"\n[columns]\nn = {{ label = \"数\", type = \"count\" }}\n[rows.all]\nno = \"01\"\nlabel = \"合计\"\ntotal_of = [{}]\n",
        list.join(", ")
    );
    let mut sheet = "\n| 1 | 长表 | | |\n| 2 | 填报单位：重庆市巴南区教育委员会 | | 2023年1—12月 |\n| 3 | 类别 | 代码 | 数 |\n| 4 | 合计 | '01 | '１，０００ |\n".to_owned();
    for (at, part) in (2..).zip(&parts) {
        let _ = write!(
            form,
            "[rows.{part}]\nno = \"{at:02}\"\nlabel = \"第{at}类\"\n"
        );
        let row = at + 3;
        let _ = writeln!(sheet, "| {row} | 第{at}类 | '{at:02} | '１，０００ |");
    }
    let office = Office::new(&form);
    office.sheet("input/2023-12/巴南区.xlsx", &sheet);
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let findings = office.json("output/2023-12/findings.json");
    assert_eq!(findings["findings"][0]["rule"], "T01.all.total");
}

#[test]
fn a_clerk_on_the_telephone_gets_the_report_on_one_file() {
    let office = Office::new(FORM);
    office.sheet(
        "巴南区.xlsx",
        &drawn(
            "
| 5 | 合计 | '01 | 99 | 90 | 10 | 100 | |
| 6 | 重点 | '02 | 66 | 60 | 10 | 50 | |
| 7 | 一般 | '03 | 33 | 30 | 10 | 50 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
",
        ),
    );
    let period = ["--period", "2023-12", "--report"];
    let check = |file: &str, out: &str| {
        let arguments = [&["check", file], &period[..], &[out]].concat();
        office.hebiao(&arguments)
    };
    assert_eq!(check("巴南区.xlsx", "反馈.xlsx").code, 1);
    let bytes = std::fs::read(office.path("反馈.xlsx")).expect("a report");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["审核问题清单", "T01", "读取说明"]);
    let front = book.worksheet_range("审核问题清单").expect("the findings");
    let told = front.rows().flatten().map(ToString::to_string);
    assert!(
        told.clone()
            .any(|cell| cell.contains("填报 100，合计 · 申报数›本年 99"))
    );
    let again = check("巴南区.xlsx", "反馈.xlsx");
    assert_eq!(again.code, 2);
    assert!(again.err.contains("不覆盖"), "{}", again.err);
    // What cannot be read comes back as the findings alone.
    office.put("巴南区教委.xlsx", b"PK");
    assert_eq!(check("巴南区教委.xlsx", "无效.xlsx").code, 1);
    let bytes = std::fs::read(office.path("无效.xlsx")).expect("a report");
    let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["审核问题清单", "说明"]);
}
