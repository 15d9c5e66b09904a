//! Sheets are drawn as text: a line a row, `|` between cells, `<` and `^` for a cell that is merged
//! with the one to its left or above it, `~0.1` for a number in a percent format, `\n` for a line
//! break within a cell, `=formula->result`.

use super::*;

/// A fixed form as a district filled it, with formulas and without its number.
const PROJECTS: &str = r"附件2
重庆市教育科学规划课题申报立项情况|<|<|<|<|<|<|<|<|<|<|<|<|<
|||||||||||制定机关：重庆市教育委员会|<|<
填报单位（盖章）：重庆市武隆区教育委员会|<|<|<|<|2023年1—12月|<|<|<|<|计量单位：项|<|<|<
课题类别|代码|申报数|<|<|<|立项数|<|<|<|立项率\n（%）|已开题|线上观摩|备注
^|^|本年累计|其中：\n本月|上年同期\n累计|同比增长\n（%）|本年累计|其中：\n本月|上年同期\n累计|同比增长\n（%）|^|^|^|^
甲|乙|1|2|3|4|5|6|7|8|9|10|11|丙
合　　计|01|=SUM(C9:C11)->41|2|37|=(C8-E8)/E8*100->10.8|=G9+G10+G11->10|1|10|~0|=G8/C8*100->24.4|1|10
　一、重大课题|02|0|0|0|—|0|0|0|—|—|0|0
　二、重点课题|03|10|1|9|~0.111|2|0|2|~0|~0.2|1|2
　三、一般课题|04|31|1|28|~0.107|8|1|8|~0|~0.258|0|8
补充资料：合计中
　其中：中小学、幼儿园承担|05|26|1|20|~0.3|8|1|4|~1|~0.308|1|8
　其中：青年教师主持|06|9|1|11|~-0.182|2|0|2|~0|~0.222|0|2

单位负责人：刘　强　　统计负责人：唐　磊　　填表人：李　敏　　联系电话：023-66000025|<|<
说明：1.报送时间：次月10日前。2.没有数据的栏不填。|<|<";

/// A form whose variables run down, as a district filled it.
const MONITORED: &str = r"重庆市义务教育优质均衡发展监测表|<|<|<|<|<|<|<|<
||||||表　　号：JH01表|<|<
||||||有效期至：2024年12月|<|<
填报单位（盖章）：重庆市巴南区教育委员会|<|<|2023年10—12月|<|<|单位：见各行|<|<
指标名称|计量单位|代码|分子|分母|本期|上年同期|增减\n（百分点；数量\n指标为增长%）|备注
甲|乙|丙|1|2|3|4|5|丁
一、资源覆盖
义务教育优质教育资源覆盖率|%|01|80156|99449|=D8/E8*100->80.6|77.6|3
教育集团数|个|03|—|—|10|9|11.1
三、教师交流
符合交流条件教师数|人|14|—|—|4050|3667|10.4
实际交流轮岗教师数|人|15|—|—|778|824|-5.6
　其中：骨干教师|人|16|—|—|277|302|-8.3
交流轮岗教师比例|%|17|—|—|=ROUND(F12/F11*100,1)->19.2|22.5|-3.3

单位负责人：何　娜　　填表人：吴　敏|<|<|<|<|<|<|<|<";

/// A list with three rows of headings, blank.
const SCHOOLS: &str = r"重庆市义务教育学校基本情况|<|<|<|<|<|<|<|<|<|<|<|<|<|<
||||||||||||表　　号：XX01表|<|<
填报单位（盖章）：重庆市巴南区教育委员会|<|<|||2023/2024学年初（9月1日）|<|<
序号|学校（机构）\n标识码|学校（机构）\n名称|办学类型|教学班数（个）|<|<|在校生数（人）|<|<|<|<|<|教学仪器\n设备值\n（万元）|备注
^|^|^|^|合计|小学|初中|合计|小学|<|<|初中|其中：\n随迁子女|^|^
^|^|^|^|^|^|^|^|小计|一年级|二年级|^|^|^|^
甲|乙|丙|丁|1|2|3|4|5|6|7|8|9|10|己
|合计|||=SUM(E9:E10)|=SUM(F9:F10)
1||||=F9+G9|||=I9+L9|=SUM(J9:K9)
2||||=F10+G10|||=I10+L10|=SUM(J10:K10)

说明：1.报送时间：12月20日前。";

/// A form whose variables run down, blank, with formulas of rows.
const FUNDS: &str = r#"附件4
教育经费投入情况|<|<|<|<|<|<|<|<
||||||表　　号：JF01表|<|<
填报单位（盖章）：|<||2023年1—12月（快报）|<||计量单位：万元（另注明的除外）|<|<
指标名称|计量\n单位|代码|本年\n预算数|本年累计\n执行数|上年同期\n累计|同比增长\n（%）|执行进度\n（%）|备注
甲|乙|丙|1|2|3|4|5|丁
一般公共预算支出|万元|01||||=IF(F7=0,"",ROUND((E7-F7)/F7*100,1))|=IFERROR(E7/D7*100,"")
　其中：一般公共预算教育支出|万元|02|=SUM(D9:D11)
　　其中：学前教育|万元|03
　　义务教育|万元|04
　　其他教育支出|万元|05
教育支出占一般公共预算支出比重|%|08||=ROUND(E8/E7*100,2)
在校学生数（9月1日）|人|11
　其中：义务教育|人|12

单位负责人：　财务负责人：　填表人：　联系电话：
说明：报送时间：季后15日前。"#;

/// A table like none of the others: no codes, no numbered line, no merged cells.
const CANTEENS: &str = r"学校食堂收支月报（单位：元）
项目|收入||支出||结余|采购次数|验收人|验收日期
|财政补助|学生伙食费|原料|人工||||
第一食堂|1000|2000.5|1500|800|=B4+C4-D4-E4->700.5|3|张伟|2023-09-01
第二食堂|500|700|600|300|=B5+C5-D5-E5->300|2|李娜|
总计|1500|2700.5|2100|1100|1000.5|5||
注：每月5日前报。";

fn drawn(name: &str, drawing: &str) -> Sheet {
    let mut sheet = Sheet {
        name: name.to_owned(),
        ..Sheet::default()
    };
    let lines: Vec<Vec<&str>> = drawing
        .lines()
        .map(|line| line.split('|').collect())
        .collect();
    let place =
        |row: usize, column: usize| [row, column].map(|at| u32::try_from(at).expect("small"));
    for (row, line) in lines.iter().enumerate() {
        for (column, written) in line.iter().enumerate() {
            let at = |row: usize, column: usize| {
                lines.get(row).and_then(|line| line.get(column)).copied()
            };
            if matches!(*written, "" | "<" | "^") {
                continue;
            }
            let right = (column + 1..line.len())
                .take_while(|right| at(row, *right) == Some("<"))
                .last();
            let below = (row + 1..lines.len())
                .take_while(|below| at(*below, column) == Some("^"))
                .last();
            let ([first, left], [last, right]) = (
                place(row, column),
                place(below.unwrap_or(row), right.unwrap_or(column)),
            );
            if (first, left) != (last, right) {
                sheet.merges.push([first, left, last, right]);
            }
            let (result, formula) = match written.strip_prefix('=') {
                Some(formula) => {
                    let (formula, result) = formula.split_once("->").unwrap_or((formula, ""));
                    (result, Some(formula.to_owned()))
                }
                None => (*written, None),
            };
            let bare = result.trim_start_matches('~');
            let content = match bare.parse::<f64>() {
                Ok(value) if bare.len() == 1 || !bare.starts_with('0') || bare.contains('.') => {
                    Content::Number {
                        value,
                        percent: bare != result,
                    }
                }
                _ if bare.starts_with("2023-") => Content::Date,
                _ => Content::Text(bare.replace("\\n", "\n")),
            };
            let [row, column] = place(row, column);
            sheet.cells.push(Cell {
                row,
                column,
                content,
                formula,
            });
        }
    }
    sheet
}

fn drafted(file: &str, name: &str, drawing: &str) -> String {
    draft(file, &drawn(name, drawing)).expect("a table")
}

#[track_caller]
fn assert_says(toml: &str, blocks: &[&str]) {
    for block in blocks {
        assert!(toml.contains(block), "no\n{block}\nin\n{toml}");
    }
}

#[test]
fn a_fixed_form_is_drafted_from_a_filled_sheet() {
    let toml = drafted("武隆区教委.xlsx", "课题", PROJECTS);
    assert_says(
        &toml,
        &[
            r#"[form]
id = "FORM01"  # 表上没有表号，请改
title = "重庆市教育科学规划课题申报立项情况"
rows = "fixed"
blank = "nil"  # 说明里写着没有数据的不填
period = "month"  # 由表上的时间推断，请核对
due = "次月10日"  # 取自说明
unit = "项"
row_label = "课题类别"
row_no = "代码"
signatures = ["单位负责人", "统计负责人", "填表人"]

[columns.applications]
no = 1
label = "申报数 › 本年累计"
type = "count"
unit = "项"

[columns.applications_month]
no = 2
label = "申报数 › 其中：本月"
type = "count"
unit = "项"
part_of = "applications"  # 由“其中”推断

[columns.applications_last_year]
no = 3
label = "申报数 › 上年同期累计"
type = "count"
unit = "项"
restates = "last_year(applications)"  # 由名称推断，请核对

[columns.applications_growth]
no = 4
label = "申报数 › 同比增长（%）"
type = "percent"
states = "growth(applications, applications_last_year)"  # 由公式推断
"#,
            r#"[columns.approved_growth]
no = 8
label = "立项数 › 同比增长（%）"
type = "percent"
states = "growth(approved, approved_last_year)"  # 由名称推断，请核对

[columns.approval_rate]
no = 9
label = "立项率（%）"
type = "percent"
states = "share(approved, applications)"  # 由公式推断
"#,
            r#"[columns.c11]
no = 11
label = "线上观摩"
type = "count"
unit = "项"

[columns.remark]
label = "备注"
type = "text"

[rows.total]
no = "01"
label = "合计"
total_of = ["major_projects", "key_projects", "general_projects"]  # 由公式推断
"#,
            r#"# 小标题：补充资料：合计中

[rows.r05]
no = "05"
label = "其中：中小学、幼儿园承担"
part_of = "total"  # 由“其中”推断，请核对是哪一行的
"#,
            "# id = \"FORM01-201\"\n# title = \"立项数›本年累计不大于申报数›本年累计\"\n# severity = \"error\"\n# check = \"approved <= applications\"",
            "# check = \"growth(applications) between -30% and 30%\"",
        ],
    );
}

#[test]
fn totals_come_from_figures_where_there_are_no_formulas_and_from_labels_where_there_are_none() {
    let total = |drawing: &str| {
        let toml = drafted("a.xlsx", "KY01", drawing);
        toml.lines()
            .find(|line| line.starts_with("total_of"))
            .map(str::to_owned)
    };
    let head = "类别|代码|数量（项）|金额（元）";
    let parts = "total_of = [\"r02\", \"r03\"]";
    let figures = format!("{head}\n合计|01|5|7\n甲类|02|2|3\n乙类|03|3|4");
    assert_eq!(
        total(&figures),
        Some(format!("{parts}  # 由数字推断，请核对"))
    );
    let last = format!("{head}\n甲类|02|2|3\n乙类|03|3|4\n合计|01|5|7");
    assert_eq!(total(&last), Some(format!("{parts}  # 由数字推断，请核对")));
    let blank = format!("{head}\n合计|01\n一、甲类|02\n二、乙类|03\n其中：丙|04");
    assert_eq!(
        total(&blank),
        Some(format!("{parts}  # 由名称推断，请核对"))
    );
    let contradicting = format!("{head}\n合计|01|9|9\n甲类|02|2|3\n乙类|03|3|4");
    assert_eq!(total(&contradicting), None);
    let subtotals = format!(
        "{head}\n合计|01|9|9\n小计|02|4|4\n甲|03|1|3\n乙|04|3|1\n小计|05|5|5\n丙|06|2|2\n丁|07|3|3"
    );
    assert!(total(&subtotals).is_some_and(|line| line.contains("[\"subtotal\", \"subtotal_2\"]")));
}

#[test]
fn variables_that_run_down_have_types_and_units_by_rows() {
    let toml = drafted("巴南.xlsx", "JH01", MONITORED);
    assert_says(
        &toml,
        &[
            r#"variables = "rows"  # 一行一个指标
rows = "fixed"
blank = "ask"  # 空格表示没有的，改为 nil
period = "quarter"  # 由表上的时间推断，请核对
due_in = [3, 6, 9, 12]
# due = "次月10日"  # 报送期限，请补
row_label = "指标名称"
row_no = "代码"
signatures = ["单位负责人", "填表人"]

[columns.unit]
label = "计量单位"
type = "text"

[columns.numerator]
no = 1
label = "分子"
type = "number"
"#,
            r#"[columns.last_year]
no = 4
label = "上年同期"
# 类型和单位随行
restates = "last_year(current)"  # 由名称推断，请核对

[columns.change]
no = 5
label = "增减（百分点；数量指标为增长%）"
type = "change"
states = "change(current, last_year)"  # 由名称推断，请核对
"#,
            r#"# 小标题：一、资源覆盖

[rows.r01]
no = "01"
label = "义务教育优质教育资源覆盖率"
type = "percent"
unit = "%"
states = "share(numerator, denominator)"  # 由公式推断
"#,
            r#"label = "其中：骨干教师"
type = "count"
unit = "人"
part_of = "actual_exchanged_teachers"  # 由“其中”推断，请核对是哪一行的
"#,
            "states = \"share((15), (14))\"  # 由公式推断",
            "# each = \"column\"\n# check = \"(15) <= (14)\"",
        ],
    );
}

#[test]
fn formulas_are_read_through_what_guards_and_dresses_them() {
    let toml = drafted("jf.xlsx", "Sheet1", FUNDS);
    assert_says(
        &toml,
        &[
            "period = \"quarter\"  # 由表上的时间推断，请核对\ndue_in = [3, 6, 9, 12]\ndue = \"次月15日\"  # 取自说明\nunit = \"万元\"",
            "restates = \"last_year(executed)\"  # 由名称推断，请核对",
            "states = \"growth(executed, last_year)\"  # 由公式推断",
            "states = \"share(executed, budget)\"  # 由公式推断",
            "total_of = [\"preschool\", \"compulsory\", \"r05\"]  # 由公式推断\npart_of = \"r01\"  # 由“其中”推断，请核对是哪一行的",
            "label = \"义务教育\"\ntype = \"money\"\nunit = \"万元\"\npart_of = \"r02\"",
            "states = \"share((02), (01))\"  # 由公式推断",
            "label = \"其中：义务教育\"\ntype = \"count\"\nunit = \"人\"\npart_of = \"pupils\"",
        ],
    );
}

#[test]
fn a_list_is_known_by_its_codes() {
    let toml = drafted("xx.xlsx", "Sheet1", SCHOOLS);
    assert_says(
        &toml,
        &[
            r#"id = "XX01"
title = "重庆市义务教育学校基本情况"
rows = "list"
key = ["school_code"]  # 区分各条记录的栏，请核对
blank = "ask"  # 空格表示没有的，改为 nil
period = "school-year"  # 由表上的时间推断，请核对
due_in = [12]  # 哪个月报，请核对
due = "12月20日"  # 取自说明

[columns.school_code]
label = "学校（机构）标识码"
type = "code"
required = true
unique = true

[columns.school_name]
label = "学校（机构）名称"
type = "text"
"#,
            r#"[columns.pupils_primary_grade_1]
no = 6
label = "在校生数（人） › 小学 › 一年级"
type = "count"
unit = "人"
"#,
            r#"label = "在校生数（人） › 其中：随迁子女"
type = "count"
unit = "人"
part_of = "pupils_total"  # 由“其中”推断
"#,
            "label = \"教学仪器设备值（万元）\"\ntype = \"money\"\nunit = \"万元\"",
            "total = { of = \"pupils_total\", parts = [\"pupils_primary_subtotal\", \"pupils_junior\"] }",
        ],
    );
    assert!(!toml.contains("[rows."));
}

#[test]
fn a_table_like_no_other_is_drafted_too() {
    assert_eq!(
        drafted("表.xlsx", "Sheet", CANTEENS),
        r#"# 学校食堂收支月报：由“表.xlsx”起草。
# 带说明的各行是推断的，请核对、补全，再运行 hebiao rules check。

[form]
id = "FORM01"  # 表上没有表号，请改
title = "学校食堂收支月报"
rows = "fixed"
blank = "ask"  # 空格表示没有的，改为 nil
period = "month"
# due = "次月10日"  # 报送期限，请补
unit = "元"
row_label = "项目"

[columns.c1]
label = "收入 › 财政补助"
type = "money"  # 由名称推断，请核对
unit = "元"

[columns.c2]
label = "收入 › 学生伙食费"
type = "money"  # 由名称推断，请核对
unit = "元"

[columns.c3]
label = "支出 › 原料"
type = "money"  # 由名称推断，请核对
unit = "元"

[columns.c4]
label = "支出 › 人工"
type = "money"  # 由名称推断，请核对
unit = "元"

[columns.c5]
label = "结余"
type = "money"
unit = "元"

[columns.c6]
label = "采购次数"
type = "count"  # 由名称推断，请核对
unit = "次"

[columns.c7]
label = "验收人"
type = "text"  # 猜的，请核对

[columns.c8]
label = "验收日期"
type = "date"

[rows.r1]
label = "第一食堂"

[rows.r2]
label = "第二食堂"

[rows.total]
label = "总计"
total_of = ["r1", "r2"]  # 由数字推断，请核对

# 审核关系写在下面。例如（去掉行首的 # 就生效）：
# [[rule]]
# id = "FORM01-201"
# title = "收入›学生伙食费不大于收入›财政补助"
# severity = "error"
# check = "c2 <= c1"
# [[rule]]
# id = "FORM01-301"
# title = "收入›财政补助变动较大"
# severity = "query"
# check = "growth(c1) between -30% and 30%"
# at_least = 20
# by_at_least = 10
"#
    );
}

#[test]
fn titles_numbers_and_rhythms_are_found_in_many_dresses() {
    let table = "项目|数量（个）|金额（元）\n一校|11|12\n二校|3|4";
    let of =
        |file: &str, name: &str, above: &str| drafted(file, name, &format!("{above}\n{table}"));
    let named = of("a.xlsx", "KY07", "巴南区2023年12月课题情况统计表|<|<");
    assert_says(
        &named,
        &[
            "id = \"KY07\"  # 取自工作表名",
            "title = \"课题情况统计表\"  # 去掉了区县名和年月",
        ],
    );
    let by_file = of("附件2：巴南区KY01表（2023年四季度）.xlsx", "Sheet1", "");
    assert_says(
        &by_file,
        &[
            "id = \"KY01\"  # 取自文件名",
            "period = \"quarter\"",
            "# 表上没有标题，取自文件名",
        ],
    );
    let beside = of("a.xlsx", "Sheet1", "学校情况年报表|<|<\n表　号：|教基 1");
    assert_says(&beside, &["id = \"教基1\"\n", "period = \"year\"\n"]);
    assert_says(
        &of("a.xlsx", "12月报表", ""),
        &["period = \"month\"  # 由表上的时间推断，请核对"],
    );
}

#[test]
fn a_second_table_below_is_told() {
    let toml = drafted(
        "a.xlsx",
        "a",
        "项目|代码|数量\n甲|01|1\n乙|02|2\n\n表二\n层次|代码|人次\n丙|01|1",
    );
    assert_says(&toml, &["# 工作表第 6 行起还有一张表，没有起草。"]);
    assert!(!toml.contains("丙"));
}

#[test]
fn signs_in_labels_and_two_columns_of_one_name_leave_the_file_sound() {
    let toml = drafted(
        "a.xlsx",
        "a",
        "项目|\"引\\号\"|数量|数量\n一校|11|12|13\n二校|3|4|5",
    );
    assert_says(
        &toml,
        &[
            "label = \"\\\"引\\\\号\\\"\"",
            "[columns.quantity_2]\nlabel = \"数量\"  # 与前面一栏同名，请区分",
        ],
    );
}

#[test]
fn a_sheet_without_a_table_is_refused() {
    for drawing in [
        "",
        "重庆市教育委员会\n\n填报单位（盖章）：巴南区\n2024年1月",
    ] {
        let refused = draft("a.xlsx", &drawn("封面", drawing)).expect_err("no table");
        assert!(
            refused.zh.contains("“封面”里没有找到表格"),
            "{}",
            refused.zh
        );
    }
}

#[test]
fn formulas_that_say_something_else_say_nothing() {
    for formula in [
        "",
        "(",
        "A0/B1",
        "SUM(A1:B9)",
        "A1*B1",
        "A1/B1+1",
        "Sheet2!A1/B1",
        "IF(A1",
        "1-1",
        "A1-",
    ] {
        let row = format!("一校|11|12|={formula}->3\n二校|11|12|3");
        let toml = drafted("a.xlsx", "a", &format!("项目|人数|人次|班数\n{row}"));
        assert!(
            !toml.contains("states") && !toml.contains("total ="),
            "{formula}: {toml}"
        );
    }
}
