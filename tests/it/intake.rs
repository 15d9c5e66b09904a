//! What districts really send, in all the dresses that it comes in.

use crate::kit::{FORM, LIST, Office, book, drawn};
use insta::assert_snapshot;

const BODY: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

/// What `hebiao inspect` says of a file, read for December 2023.
fn inspected(office: &Office, name: &str, bytes: &[u8]) -> String {
    office.put(name, bytes);
    let said = office.hebiao(&["inspect", name, "--period", "2023-12"]);
    assert!(said.code < 2, "{}", said.err);
    said.out
}

/// What the rules say of the same file.
fn checked(office: &Office, name: &str) -> String {
    let said = office.hebiao(&["check", name, "--period", "2023-12"]);
    assert!(said.code < 2, "{}", said.err);
    said.out
}

fn fixed(name: &str, sheets: &[(&str, &str)]) -> String {
    let office = Office::new(FORM);
    let seen = inspected(&office, name, &book(sheets));
    format!("{seen}---\n{}", checked(&office, name))
}

fn list(sheets: &[(&str, &str)]) -> String {
    let office = Office::new(FORM);
    office.put("rules/T02.toml", LIST.as_bytes());
    let seen = inspected(&office, "巴南区.xlsx", &book(sheets));
    format!("{seen}---\n{}", checked(&office, "巴南区.xlsx"))
}

#[test]
fn the_official_frame_is_read() {
    assert_snapshot!(fixed(
        "附件2：巴南区T01表（2023年12月）.xlsx",
        &[(
            "T01",
            "
merge A1:G1
merge C7:E7
merge A7:A8
merge B7:B8
merge F7:F8
merge G7:G8
| 1 | 课题情况 |
| 2 | | | | | | 表　　号：T01表 |
| 3 | | | | | | 制定机关：重庆市教育委员会 |
| 4 | | | | | | 备案文号：（样例，未备案） |
| 5 | | | | | | 有效期至：2025年6月 |
| 6 | 填报单位（盖章）：重庆市巴南区教育委员会 | | | 2023年1—12月 | | 计量单位：项 |
| 7 | 类别 | 代码 | 申报数 | | | 立项数 | 覆盖率（%） |
| 8 | | | 本年 | 上年同期 | 增长（%） | | |
| 9 | 甲 | 乙 | 1 | 2 | 3 | 4 | 5 |
| 10 | 合　　计 | '01 | 99 | 90 | 10.0 | 30 | 80 |
| 11 | 　一、重点 | '02 | 66 | 60 | 10.0 | 10 | 80 |
| 12 | 　二、一般 | '03 | 33 | 30 | 10.0 | 20 | 80 |
| 13 | 补充资料：合计中 |
| 14 | 　其中：学校承担 | '04 | 11 | 10 | 10.0 | 2 | 80 |
| 16 | 单位负责人：张　伟　　填表人：王　芳　　报出日期：2024年1月6日 |
| 17 | 说明：1.本表由各区县教委填报。2.报送时间：次月10日前。 |
"
        )]
    ));
}

#[test]
fn a_title_tells_district_and_month_where_nothing_else_does() {
    assert_snapshot!(fixed(
        "新建 Microsoft Excel 工作表.xlsx",
        &[(
            "Sheet1",
            "
| 1 | 附件2 |
| 2 | 巴南区2023年12月教育科研课题情况统计表 |
| 4 | 类别 | 申报数（项） | 申报数（项） | 申报数（项） | 立项数（项） | 覆盖率（%） |
| 5 | | 本年 | 上年同期 | 增长（%） | | |
| 6 | 重点 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | 11 | 10 | 10 | 2 | 80 |
| 9 | 合计 | 99 | 90 | 10 | 30 | 80 |
"
        )]
    ));
}

#[test]
fn ordinals_and_blank_columns_stand_in_nobodys_way() {
    assert_snapshot!(fixed(
        "巴南区.xlsx",
        &[(
            "T01",
            "
| 2 | 填报单位： | | 重庆市巴南区教育委员会 | | | | | | 单位：项 |
| 3 | 序号 | 类别 | 代码 | | 申报数 | 申报数 | | 申报数 | 立项数 | 覆盖率（%） |
| 4 | | | | | 本年 | 上年同期 | | 增长（%） | | |
| 6 | 1 | 合计 | '01 | | 99 | 90 | | 10 | 30 | 80 |
| 7 | 2 | 重点 | '02 | | 66 | 60 | | 10 | 10 | 80 |
| 9 | 3 | 一般 | '03 | | 33 | 30 | | 10 | 20 | 80 |
| 10 | 4 | 其中：学校承担 | '04 | | 11 | 10 | | 10 | 2 | 80 |
"
        )]
    ));
}

#[test]
fn of_twelve_months_only_the_one_that_is_due_counts() {
    let sheets: Vec<(String, String)> = (1..=12)
        .map(|month| {
            let text = drawn(BODY).replace("2023年1—12月", "");
            (format!("{month}月"), text)
        })
        .collect();
    let sheets: Vec<(&str, &str)> = sheets
        .iter()
        .map(|(n, d)| (n.as_str(), d.as_str()))
        .collect();
    let told = fixed("巴南区.xlsx", &sheets);
    let told: Vec<&str> = told
        .lines()
        .filter(|line| !line.starts_with("      ") && !line.contains("工作表“"))
        .collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn covers_helpers_and_hidden_copies_are_told_from_the_form() {
    let helper = drawn(BODY).replace("| 覆盖率（%） |", "| 覆盖率（%） | 校核 |");
    let last_year = drawn(BODY).replace("99", "98").replace("2023年1—12月", "");
    let form = helper.replace("填报单位：重庆市巴南区教育委员会", "");
    assert_snapshot!(fixed(
        "12月报表 最终版(1).xlsx",
        &[
            ("封面", "| 3 | 单位名称 | 重庆市巴南区教育委员会 |"),
            (
                "填表说明",
                "| 1 | 说明：各区县（如万州区、涪陵区）每月10日前报送上年同期数和2022年12月数 |"
            ),
            ("1.课题", &form),
            ("-去年", &last_year),
        ]
    ));
}

#[test]
fn two_forms_stand_on_one_sheet() {
    let office = Office::new(FORM);
    office.put("rules/T02.toml", LIST.as_bytes());
    let text = drawn(BODY)
        + "
| 10 | 学校情况 |
| 11 | 学校代码 | 学校名称 | 班数 | 在校生数 | 在校生数 |
| 12 | | | | 合计 | 小学 |
| 13 | | | | | 小计 |
| 14 | '5001130001 | 巴南一小 | 12 | 500 | 500 |
| 15 | '5001130002 | 巴南二小 | 10 | 400 | 400 |
| 16 | 合计 | | 22 | 900 | 900 |
| 18 | 填表人：王芳 |
";
    let seen = inspected(&office, "巴南区.xlsx", &book(&[("报表", &text)]));
    assert_snapshot!(format!("{seen}---\n{}", checked(&office, "巴南区.xlsx")));
}

const SCHOOLS: &str = "
merge D4:E4
merge A4:A6
| 1 | 学校情况 |
| 2 | 填报单位：重庆市巴南区教育委员会 | | 2023/2024学年初（9月1日） |
| 4 | 学校代码 | 学校名称 | 班数 | 在校生数 | | 设备值（元） |
| 5 | | | | 合计 | 小学 | |
| 6 | | | | | 小计 | |
| 7 | 甲 | 乙 | 1 | 2 | 3 | 4 |
";

#[test]
fn sums_of_a_list_are_checked_and_never_counted() {
    assert_snapshot!(list(&[(
        "T02",
        &format!(
            "{SCHOOLS}
| 8 | 合计 | | 32 | 1400 | 1400 | 30000 |
| 9 | '5001130001 | 巴南一小 | 12 | 500 | 500 | 10000 |
| 10 | '5001130002 | 巴南二小 | 10 | 400 | 400 | 10000 |
| 11 | 公办小计 | | 22 | 901 | 900 | 20000 |
| 12 | '5001130003 | 巴南三小 | 10 | 500 | 500 | 10000 |
| 13 | 民办小计 | | 10 | 500 | 500 | 10000 |
| 14 | 其中：寄宿 | | 40 | 100 | 100 | |
| 16 | 填表人：王芳　　联系电话：023-66000000 |
| 17 | '5001130009 | 写在表尾以下 | 1 | 2 | 3 | |
"
        )
    )]));
}

#[test]
fn a_list_that_is_spread_over_sheets_is_one_submission() {
    let first = format!(
        "{SCHOOLS}| 8 | '5001130001 | 巴南一小 | 12 | 500 | 500 | |\n| 9 | 合计 | | 22 | 900 | 900 | |\n| 11 | 填表人：王芳 |"
    );
    let second = format!("{SCHOOLS}| 8 | '5001130002 | 巴南二小 | 10 | 400 | 400 | |\nhide row 8");
    assert_snapshot!(list(&[("公办", &first), ("民办", &second)]));
}

#[test]
fn a_fixed_form_that_is_spread_over_sheets_is_one_submission() {
    let lines: Vec<&str> = BODY.trim().lines().collect();
    let (first, second) = (drawn(&lines[..2].join("\n")), drawn(&lines[2..].join("\n")));
    assert_snapshot!(fixed("巴南区.xlsx", &[("上", &first), ("下", &second)]));
}

#[test]
fn columns_that_are_missing_or_extra_and_rows_that_are_unknown_are_told() {
    assert_snapshot!(fixed(
        "巴南区.xlsx",
        &[(
            "T01",
            "
| 2 | 填报单位：重庆市巴南区教育委员会 | | | 2023年1—12月 |
| 3 | 类别 | 代码 | 申报数 | 申报数 | 申报数 | 立项数 | 备注 |
| 4 | | | 本年 | 上年同期 | 增长（%） | | |
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 较多 |
| 7 | 专项 | '09 | 5 | 5 | 0 | 1 | |
| 8 | 一般 | '03 | 33 | 30 | 10 | 20 | |
hide column D
hide row 8
"
        )]
    ));
}

/// The official frame as separated values: what merged cells said is lost.
const SEPARATED: &str = "课题情况,,,,,,
填报单位：重庆市巴南区教育委员会,,,2023年1—12月,,,单位：项
类别,代码,申报数,,,立项数,覆盖率（%）
,,本年,上年同期,增长（%）,,
甲,乙,1,2,3,4,5
合　　计,01,99,90,10.0,30,80
　重点,02,66,60,10.0,10,80

　一般,03,\"33\",30,10.0,２０,80％
　其中：学校承担,04,11,10,10.0,2,80
";

#[test]
fn separated_values_are_read_in_every_encoding() {
    let office = Office::new(FORM);
    let wide = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let marked = |text: &str| [&[0xff, 0xfe][..], &wide(text)].concat();
    let tabs = SEPARATED.replace(',', "\t");
    let (gbk, ..) = encoding_rs::GB18030.encode(SEPARATED);
    let files = [
        ("utf8.csv", SEPARATED.as_bytes().to_vec()),
        ("bom.csv", [b"\xef\xbb\xbf", SEPARATED.as_bytes()].concat()),
        ("gbk.csv", gbk.to_vec()),
        ("utf16.txt", marked(&tabs)),
        ("bare.tsv", wide(&tabs)),
        ("semi.xls", SEPARATED.replace(',', ";").into_bytes()),
    ];
    for (name, bytes) in files {
        let seen = inspected(&office, name, &bytes);
        let expected = "读出：巴南区 T01 2023-12，1 条记录，20 个数，0 处没有数，0 处读不出";
        assert!(seen.contains(expected), "{name}: {seen}");
        assert!(
            checked(&office, name).starts_with("2023-12：必改 0，核实 0"),
            "{name}"
        );
    }
}

#[test]
fn a_web_page_under_the_name_xls_is_read() {
    let office = Office::new(FORM);
    let page = "<html><head><meta http-equiv=content-type content='text/html; charset=gb2312'></head><body>
<div>填报单位：重庆市巴南区教育委员会</div><div>2023年12月</div>
<table border=1><tr><td rowspan=2>类别<td rowspan=2>代码<td colspan=3>申报数<td rowspan=2>立项数<td rowspan=2>覆盖率（%）</tr>
<tr><td>本年<td>上年同期<td>增长（%）</tr>
<tr><td>合计<td>01<td>99<td>90<td>10.0<td>30<td>80</tr>
<tr><td>重点<td>02<td>66<td>60<td>10.0<td>10<td>80</tr>
<tr><td>一般<td>03<td>33<td>30<td>10.0<td>20<td>80</tr>
<tr><td>其中：学校承担<td>04<td>11<td>10<td>10.0<td>12<td>80</tr>
</table></body></html>";
    let (bytes, ..) = encoding_rs::GBK.encode(page);
    let seen = inspected(&office, "导出.xls", &bytes);
    assert!(seen.contains("20 个数，0 处没有数"), "{seen}");
    let said = checked(&office, "导出.xls");
    assert!(said.contains("导出.xls › 网页!F8"), "{said}");
}

/// What is no package comes back as a plain workbook with the findings on it, at the same cells.
#[test]
fn a_submission_in_text_comes_back_as_a_workbook() {
    let office = Office::new(FORM);
    let wrong = SEPARATED.replace("04,11,10,10.0,2,80", "04,11,10,10.0,12,80");
    office.put("input/2023-12/巴南区.csv", wrong.as_bytes());
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let said = office.hebiao(&["inspect", report, "--period", "2023-12"]);
    assert!(said.out.contains("工作表“文本” A1:G10"), "{}", said.out);
    // Mended there and sent back, it takes the place of the text that it was made from.
    let bytes = std::fs::read(office.path(report)).expect("a report");
    office.put("input/2023-12/回复.xlsx", &bytes);
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-09T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let run = office.json("output/2023-12/run.json");
    assert_eq!(run["files"].as_array().map(Vec::len), Some(2));
}

/// What fresh eyes found: each was read wrongly, or refused, once.
#[test]
fn what_clerks_do_to_the_frame_does_not_mislead() {
    let office = Office::new(FORM);
    let told = |name: &str, drawn: &str| {
        let seen = inspected(&office, name, &book(&[("课题（含上年同期）", drawn)]));
        (seen, checked(&office, name))
    };
    // A blank reporter beside the month: the file's name says whose it is.
    let blank = drawn(BODY).replace("填报单位：重庆市巴南区教育委员会", "填报单位：");
    let (seen, said) = told("巴南区.xlsx", &blank);
    assert!(said.starts_with("2023-12：必改 0，核实 0"), "{seen}{said}");
    // A row that was added below the last is not passed over in silence.
    let added = drawn(&format!("{BODY}| 9 | 专项 | '09 | 5 | 5 | 0 | 1 | 80 |"));
    let (seen, _) = told("巴南区.xlsx", &added);
    assert!(seen.contains("多出的行“专项”，没有读取"), "{seen}");
    // The form once more on the same sheet.
    let again = drawn(BODY)
        + "
| 20 | 类别 | 代码 | 申报数 | 申报数 | 申报数 | 立项数 | 覆盖率（%） |
| 21 | | | 本年 | 上年同期 | 增长（%） | | |
| 22 | 合计 | '01 | 1 | 1 | 0 | 1 | 80 |";
    let (_, said) = told("巴南区.xlsx", &again);
    assert!(
        said.contains("同一工作表第 21 行起又有一份这张表"),
        "{said}"
    );
}

#[test]
fn what_clerks_do_to_a_list_does_not_mislead() {
    let rows = |unit: &str, total: &str, head: &str| {
        format!(
            "
| 1 | 学校情况 | | | | | {unit} |
| 2 | 填报单位：重庆市巴南区教育委员会 |
| 4 | 学校代码 | 学校名称 | 班数 | 在校生数 | 在校生数 | 设备值 |
| 5 | | | | 合计 | 小学 | |
| 6 | | | | | 小计 | |
| 7 | '5001130001 | 巴南一小 | 12 | 500 | 500 | 10000 |
{head}
| 11 | '5001130002 | 巴南二小 | 10 | 400 | 400 | 20000 |
| 12 | {total} | | 22 | 900 | 900 | 30000 |
| 14 | 填表人：王芳 |
"
        )
    };
    let again = "
| 8 | 学校代码 | 学校名称 | 班数 | 在校生数 | 在校生数 | 设备值 |
| 9 | | | | 合计 | 小学 | |
| 10 | | | | | 小计 | |";
    let total = "合计（含民办学校在内的全部）";
    for unit in ["金额单位：元", "（单位：元）", "计量单位:元"] {
        let told = list(&[("T02", &rows(unit, total, again))]);
        assert!(told.contains("记录 2 条"), "{told}");
        assert!(
            told.contains("按表上写明的计量单位换算（2 处）"),
            "{unit} {told}"
        );
        assert!(told.contains("必改 0，核实 0"), "{told}");
    }
}

#[test]
fn a_total_that_was_typed_over_its_formula_is_noted() {
    let body = "
| 5 | 合计 | '01 | {SUM(C6:C7)}99 | {SUM(D6:D7)}90 | 10 | {SUM(F6:F7)}30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | {(C6-D6)/D6*100}10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | {(C7-D7)/D7*100}10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | {(C8-D8)/D8*100}10 | 2 | 80 |
";
    let told = fixed("巴南区.xlsx", &[("T01", &drawn(body))]);
    let note = "T01!E5 同一行（栏）其他数是公式，这里是手工填的数";
    assert!(told.contains(note), "{told}");
    assert!(told.contains("必改 0，核实 0"), "{told}");
}

/// A form of money with a unit for each row, over another that shares its frame.
const TWO_TABLES: &str = r#"
[form]
id = "T03A"
title = "经费投入情况"
due = "次月10日"
variables = "rows"
row_label = "指标"
row_no = "代码"
unit = "万元"
signatures = ["填表人"]
[columns]
unit = { label = "计量单位", type = "text" }
to_date = { no = 1, label = "本年累计" }
before = { no = 2, label = "上年同期" }
[rows]
spent = { no = "01", label = "教育支出", type = "money", unit = "万元" }
pupils = { no = "02", label = "学生数", type = "count", unit = "人" }
"#;

const BELOW: &str = r#"
[form]
id = "T03B"
title = "培训情况"
due = "次月10日"
row_label = "层次"
row_no = "代码"
signatures = ["填表人"]
[columns]
people = { no = 1, label = "培训人次", type = "count" }
funds = { no = 2, label = "培训经费", type = "money", unit = "万元" }
[rows]
all = { no = "21", label = "合计" }
city = { no = "22", label = "市级" }
"#;

const BOTH_TABLES: &str = "
| 1 | 经费投入情况 | | | | |
| 2 | 填报单位：重庆市巴南区教育委员会 | | 2023年1—12月 | | 计量单位：元（另注明的除外） |
| 3 | 指标 | 代码 | 计量单位 | 本年累计 | 上年同期 |
| 4 | 教育支出 | '01 | 元 | 12345000 | 11000000 |
| 5 | 学生数 | '02 | 人 | 300 | 290 |
| 7 | 层次 | 代码 | 培训人次 | 培训经费 |
| 8 | 合计 | '21 | 40 | 52000 |
| 9 | 市级 | '22 | 40 | 52000 |
| 11 | 填表人：王　芳 |
";

#[test]
fn the_second_table_of_a_sheet_shares_its_frame_and_each_figure_has_its_nearest_unit() {
    let office = Office::new(TWO_TABLES);
    office.put("rules/T03B.toml", BELOW.as_bytes());
    let bytes = book(&[("报表", BOTH_TABLES)]);
    let seen = inspected(&office, "报表.xlsx", &bytes);
    assert!(seen.contains("读出：巴南区 T03A 2023-12"), "{seen}");
    assert!(seen.contains("读出：巴南区 T03B 2023-12"), "{seen}");
    assert!(
        checked(&office, "报表.xlsx").contains("必改 0，核实 0"),
        "{seen}"
    );
    office.put("input/2023-12/报表.xlsx", &bytes);
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(kept(&office, "T03A", "to_date"), [1234.5, 300.0]);
    assert_eq!(kept(&office, "T03B", "funds"), [5.2, 5.2]);
    // A row's own unit is nearer than the line over the table.
    let own = BOTH_TABLES.replace("| 元 | 12345000 |", "| 万元 | 1234.5 |");
    office.put("input/2023-12/报表.xlsx", &book(&[("报表", &own)]));
    office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert_eq!(kept(&office, "T03A", "to_date"), [1234.5, 300.0]);
}

/// The figures of a published column, row by row.
fn kept(office: &Office, form: &str, column: &str) -> Vec<f64> {
    use polars::prelude::{ParquetReader, SerReader};
    let path = office.path(&format!("output/2023-12/data/{form}.parquet"));
    let file = std::fs::File::open(path).expect("data");
    let frame = ParquetReader::new(file).finish().expect("a table");
    let figures = frame
        .column(column)
        .expect("a column")
        .f64()
        .expect("figures");
    figures.iter().flatten().collect()
}

#[test]
fn a_form_that_no_rule_file_describes_is_never_taken_for_one_that_looks_like_it() {
    let other = "
| 1 | 安全隐患排查情况 | | | | | |
| 2 | 填报单位：重庆市巴南区教育委员会 | | | 2023年1—12月 | | |
| 3 | 类别 | 代码 | 申报数 | 申报数 | 申报数 | 立项数 | 投入 |
| 4 | | | 本年 | 上年同期 | 增长（%） | | |
| 5 | 校舍 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 消防 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 食品 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 交通 | '04 | 11 | 10 | 10 | 2 | 80 |
";
    let office = Office::new(FORM);
    let seen = inspected(&office, "巴南区.xlsx", &book(&[("安全", other)]));
    assert!(!seen.contains("报表 T01"), "{seen}");
    // Called by its name, with the labels of its rows, it is the form, its headings reworded.
    let reworded = drawn(BODY)
        .replace("申报数", "申请")
        .replace("课题情况", "T01 课题情况");
    let seen = inspected(&office, "巴南区.xlsx", &book(&[("报表", &reworded)]));
    assert!(
        seen.contains("报表 T01") && seen.contains("缺 申报数"),
        "{seen}"
    );
}

#[test]
fn a_yearly_form_of_another_year_is_asked_about() {
    let form = FORM.replacen(
        "due = \"次月10日\"",
        "period = \"year\"\ndue_in = [12]\ndue = \"次年1月20日\"",
        1,
    );
    let office = Office::new(&form);
    let sheet = |year: &str| drawn(BODY).replace("2023年1—12月", year);
    assert!(!office.findings(&sheet("2023年")).contains("T01.month"));
    let other = office.findings(&sheet("2022年度"));
    assert!(
        other.contains("表内（D2）写的是2022年，本期是2023年"),
        "{other}"
    );
}
