use crate::kit::{FORM, Office, contents, drawn};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// A rule that the sheets below break, with its own tests.
const STRICTER: &str = r#"
[[rule]]
id = "T01-202"
title = "立项数不过半"
title_en = "Half at most are approved"
severity = "query"
rows = ["total"]
check = "approved <= 50% * applications"
message = "立项数 {approved} 超过申报数 {applications} 的一半"
[[rule.example]]
given = { applications = 100, approved = 50 }
gives = "pass"
[[rule.example]]
given = { applications = 100, approved = 51 }
gives = "fail"
"#;

/// An office whose district sent the same figures in two months.
fn office() -> Office {
    let office = Office::new(&format!("{FORM}{STRICTER}"));
    let body = "
| 5 | 合计 | '01 | 100 | 90 | 11.1 | 60 | |
| 6 | 重点 | '02 | 60 | 50 | 20.0 | 30 | |
| 7 | 一般 | '03 | 40 | 40 | 0.0 | 30 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";
    let december = drawn(body);
    let november = december.replace("1—12月", "1—11月");
    office.sheet("input/2023-11/巴南区.xlsx", &november);
    office.sheet("input/2023-12/巴南区.xlsx", &december);
    office
}

#[test]
fn a_rule_is_explained_with_its_examples_and_how_often_it_fired() {
    let office = office();
    let before = office.hebiao(&["rules", "explain", "T01-202"]);
    assert_eq!(before.code, 0, "{}", before.err);
    for part in [
        "范围：行 total",
        "例子：applications = 100, approved = 50 → 通过\n    applications = 100, approved = 51 → 不通过",
        "各期：还没有审核过",
    ] {
        assert!(before.out.contains(part), "{part}\n{}", before.out);
    }
    office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    let after = office.hebiao(&["rules", "explain", "T01-202"]);
    assert!(
        after.out.contains("2023-12：通过 0，不通过 1，未审核 0"),
        "{}",
        after.out
    );
    assert!(
        after.out.contains("2023-11：通过 0，不通过 1"),
        "{}",
        after.out
    );
    let floors = office.hebiao(&["rules", "explain", "T01-201", "--lang", "en"]);
    let narrowed = "limited to: rows total; base at least 20; change at least 10";
    assert!(floors.out.contains(narrowed), "{}", floors.out);
}

#[test]
fn the_past_is_judged_by_todays_rules_and_nothing_is_written() {
    let office = office();
    let said = office.hebiao(&["rules", "backtest"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let line = "T01-202\t核实\t1/1\t1/1\t立项数不过半";
    assert!(
        said.out.contains("2023-11\t2023-12") && said.out.contains(line),
        "{}",
        said.out
    );
    let said = office.hebiao(&["rules", "backtest", "T01-202", "--from", "2023-12"]);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines,
        [
            "编号\t级别\t2023-12\t内容",
            "T01-202\t核实\t1/1\t立项数不过半",
            "2023-12\tT01-202\t巴南区\t巴南区.xlsx › T01!F5\t立项数 60 超过申报数 100 的一半",
        ]
    );
    assert!(contents(&office.path("output")).is_empty());
    let unknown = office.hebiao(&["rules", "backtest", "T01-20"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("是否想写 `T01-20"), "{}", unknown.err);
    let late = office.hebiao(&["rules", "backtest", "--from", "2024-01"]);
    assert_eq!(late.code, 2);
}

fn sheets(bytes: &[u8]) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let sheets = book.worksheets().into_iter();
    sheets
        .map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect()))
        .collect()
}

#[test]
fn the_catalogue_comes_in_both_languages_with_what_changed() {
    let office = office();
    let earlier = FORM.replacen("-30%", "-25%", 1).replacen(
        "[[rule]]\nid = \"T01-101\"",
        "[[rule]]\nid = \"T01-100\"\ntitle = \"旧的\"\nseverity = \"error\"\ncheck = \"approved >= 0\"\n\n[[rule]]\nid = \"T01-101\"",
        1,
    );
    office.put("rules-2023.1/T01.toml", earlier.as_bytes());
    office.put(
        "rules-2023.1/districts.csv",
        crate::kit::REGISTER.as_bytes(),
    );
    let arguments = ["rules", "docs", "--to", "目录", "--since", "rules-2023.1"];
    let said = office.hebiao(&arguments);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err.contains("与 rules-2023.1 相比变动 3 条"),
        "{}",
        said.err
    );
    let files = contents(&office.path("目录"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "rules.md",
            "rules.xlsx",
            "审核关系目录.md",
            "审核关系目录.xlsx"
        ]
    );
    let zh = String::from_utf8_lossy(&files["审核关系目录.md"]);
    for part in [
        "- **修改** T01-201 申报数变动较大\n  - check：growth(applications) between -25% and 30% → growth(applications) between -30% and 30%",
        "- **新增** T01-202",
        "- **取消** T01-100 旧的",
        "### T01-101 立项数不大于申报数\n\n- 级别：必改\n- 式子：立项数 \\<= \\[1\\]",
    ] {
        assert!(zh.contains(part), "{part}\n{zh}");
    }
    let en = String::from_utf8_lossy(&files["rules.md"]);
    assert!(en.contains("- **gone** T01-100"), "{en}");
    let sheets = sheets(&files["审核关系目录.xlsx"]);
    let names: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["审核关系", "变动"]);
    let has = |rows: &[Vec<Data>], text: &str| rows.iter().flatten().any(|cell| cell == text);
    assert!(
        has(&sheets[0].1, "T01-202")
            && has(&sheets[0].1, "growth(applications) between -30% and 30%")
    );
    assert!(has(&sheets[1].1, "取消"));
    let again = office.hebiao(&arguments);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("不覆盖"), "{}", again.err);
}
