use crate::kit::{FORM, LIST, Office, REGISTER, drawn};
use insta::assert_snapshot;
use std::fmt::Write;

/// A form file with one line changed, and what `rules check` says of it.
fn told(from: &str, to: &str) -> String {
    assert!(FORM.contains(from), "{from}");
    told_of(&FORM.replacen(from, to, 1))
}

fn told_of(form: &str) -> String {
    let office = Office::new(form);
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2, "{}", said.err);
    said.err
}

#[test]
fn every_mistake_is_shown_at_its_place_with_what_was_meant() {
    let mistakes: &[(&str, &str)] = &[
        ("label = \"立项数\"", "lable = \"立项数\""),
        ("type = \"count\"", "type = \"counts\""),
        ("type = \"count\"", "type = 3"),
        ("blank = \"nil\"", "blank = \"zero\""),
        ("due = \"次月10日\"", "due = \"下月10号\""),
        (
            "total_of = [\"key\", \"general\"]",
            "total_of = [\"key\", \"genral\"]",
        ),
        ("part_of = \"total\"", "part_of = \"合计\""),
        (
            "states = \"growth(applications, before)\"",
            "states = \"grwth(applications, before)\"",
        ),
        (
            "states = \"growth(applications, before)\"",
            "states = \"growth(applications, before, 3)\"",
        ),
        (
            "states = \"growth(applications, before)\"",
            "states = \"applications - before\"",
        ),
        (
            "restates = \"last_year(applications)\"",
            "restates = \"applications\"",
        ),
        (
            "restates = \"last_year(applications)\"",
            "restates = \"last_year(1)\"",
        ),
        ("check = \"立项数 <= [1]\"", "check = \"立项数 <= [9]\""),
        ("check = \"立项数 <= [1]\"", "check = \"立顶数 <= [1]\""),
        ("check = \"立项数 <= [1]\"", "check = \"立项数 <= \""),
        ("check = \"立项数 <= [1]\"", "check = \"立项数 + [1]\""),
        ("check = \"立项数 <= [1]\"", "check = \"覆盖率 <= 0.3\""),
        ("check = \"立项数 <= [1]\"", "check = \"覆盖率 <= 立项数\""),
        ("check = \"立项数 <= [1]\"", "check = \"立项数 <= “多”\""),
        ("check = \"立项数 <= [1]\"", "check = \"1 <= [4] <= 2\""),
        ("check = \"立项数 <= [1]\"", "chekc = \"立项数 <= [1]\""),
        (
            "check = \"立项数 <= [1]\"",
            "check = \"last_year([1]) <= [1]\"",
        ),
        ("check = \"立项数 <= [1]\"", "check = \"立项数 ＠ [1]\""),
        ("severity = \"error\"", "severity = \"fatal\""),
        (
            "severity = \"error\"",
            "severity = \"error\"\nmessage = \"有 {applicatons} 项\"",
        ),
        ("rows = [\"total\"]", "rows = [\"totel\"]"),
        ("rows = [\"total\"]", "rows = [\"total\"]\nmonths = [13]"),
        ("id = \"T01-201\"", "id = \"T01-101\""),
        ("[columns.approved]", "[column.approved]"),
        ("at_least = 20", "at_least = \"20\""),
        ("title = \"课题情况\"", "title = \"课题情况"),
        ("[rows.key]", "[rows.1key]"),
        (
            "max = { value = 100, source = \"by definition\" }",
            "max = 100",
        ),
        (
            "max = { value = 100, source = \"by definition\" }",
            "max = { value = 1, source = \"by definition\" }",
        ),
        (
            "type = \"count\"",
            "type = \"count\"\none_of = { file = \"codes.csv\" }",
        ),
        ("no = \"02\"", "no = 2"),
        (
            "total_of = [\"key\", \"general\"]",
            "total_of = [\"total\"]",
        ),
    ];
    let mut all = String::new();
    for (from, to) in mistakes {
        let _ = writeln!(all, "════ {to}\n{}", told(from, to));
    }
    assert_snapshot!(all);
}

/// A rule of a list's form, and what `rules check` says of it.
fn told_of_rule(rule: &str) -> String {
    let office = Office::new(FORM);
    office.put("rules/T02.toml", format!("{LIST}\n{rule}").as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2, "{rule}\n{}", said.err);
    said.err
}

#[test]
fn mistakes_in_the_language_of_groups_and_kinds_are_shown_at_their_place() {
    let rules = [
        "check = 'pupils > \"many\"'",
        "check = 'sum(pupils by name) > 0'\neach = 'district'",
        "check = 'pupils > 0'\neach = 'district'",
        "check = 'pupils > 0'\neach = 'city'\naudience = 'city'",
        "check = 'sum(mean(pupils)) > 0'",
        "check = 'sum(T01.approved) > 0'",
        "check = 'T01.approved > 0'",
        "check = 'T09.approved[total] > 0'",
        "check = 'T01.aproved[total] <= pupils'",
        "check = 'abs(pupils where classes > 1) > 0'",
        "check = 'per_head(pupils, classes) > 0'",
        "check = 'matches(code, \"[0-9\")'",
        "check = 'pupils <= equipment'",
        "check = 'pupils <= limit'",
        "check = 'pupils <= limit'\nlimit = { \"小学\" = 45 }",
        "check = 'it > 0'\nover = [\"pupil\"]",
        "for = 'pupils'\ncheck = 'pupils > 0'",
        "check = 'pupils > 0'\nunique = { of = [\"code\"] }",
        "unique = { of = [\"kode\"] }",
        "one_of = { of = \"name\", file = \"codes.csv\" }",
        "one_of = { of = \"pupils\", list = [\"1\"] }",
        "scale = { of = \"pupils\", against = \"last_year(pupils)\", between = [2, 1] }",
        "outlier = { of = \"pupils\", method = \"hb\" }\naudience = 'city'",
        "outlier = { of = \"pupils\", method = \"mad\" }",
        "severity_in = { 13 = \"query\" }\ncheck = 'pupils > 0'",
        "valid_from = \"2023\"\ncheck = 'pupils > 0'",
        "complete = { }",
        "pair = { compulsory = [\"pupils\"] }",
        "valid_from = \"2024-01\"\nvalid_to = \"2023-01\"\ncheck = 'pupils > 0'",
        "pattern = { of = \"code\", is = \"([0-9]{1000}){1000}\" }",
        "check = 'pupils > 0'\n[rule.columns.more]\nlabel = \"又一栏\"",
        "check = 'pupils / classes between 60 and 40'",
        "total = { of = \"pupils\", parts = [] }",
        "check = 'pupils > 0'\nmessage = \"有 {pupils 人\"",
        "check = 'pupils > 0'\nexample = [{ given = [{ pupil = 1 }], gives = \"pass\" }]",
    ];
    let mut all = String::new();
    for rule in rules {
        let whole =
            format!("[[rule]]\nid = \"T02-1\"\ntitle = \"t\"\nseverity = \"query\"\n{rule}\n");
        let _ = writeln!(all, "════ {rule}\n{}", told_of_rule(&whole));
    }
    for rule in [
        "outlier = { of = \"pupils\", method = \"mad\" }\naudience = 'city'",
        "scale = { of = \"pupils\", against = \"classes\", between = [20, 60] }",
        "complete = { against = \"last_year\" }",
        "severity_in = { 1 = \"query\" }\nnon_decreasing = { of = \"pupils\", since = \"last_period\" }",
    ] {
        let whole =
            format!("[[rule]]\nid = \"T02-1\"\ntitle = \"t\"\nseverity = \"error\"\n{rule}\n");
        assert!(told_of_rule(&whole).contains("最多定为核实"), "{rule}");
    }
    assert_snapshot!(all);
}

#[test]
fn what_is_likely_a_mistake_is_a_warning() {
    let office = Office::new(&FORM.replacen("at_least = 20\nby_at_least = 10\n", "", 1));
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_snapshot!(said.err);
}

#[test]
fn a_file_that_is_included_includes_no_other() {
    let office = Office::new(FORM);
    office.put(
        "rules/job.toml",
        "[job]\ninclude = [\"a.toml\"]\n".as_bytes(),
    );
    office.put("rules/a.toml", "[job]\ninclude = [\"a.toml\"]\n".as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("不认识的表 `job`"), "{}", said.err);
    assert!(said.err.contains("a.toml:1:2"), "{}", said.err);
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let form = FORM
        .replacen("label = \"立项数\"", "lable = \"立项数\"", 1)
        .replacen("blank = \"nil\"", "blank = \"zero\"", 1)
        .replacen("no = \"02\"", "no = 2", 1);
    let office = Office::new(&form);
    office.put(
        "rules/job.toml",
        "[job]\nlanguage = \"zh\"\ntime_zone = \"八小时\"\n".as_bytes(),
    );
    let twice = format!("{REGISTER}500113,巴南区,重庆市巴南区教育委员会,,,district,中心城区,,\n");
    office.put("rules/districts.csv", twice.as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2);
    assert_snapshot!(said.err);
}

#[test]
fn a_caret_stands_right_under_chinese_text() {
    let said = told("check = \"立项数 <= [1]\"", "check = \"立项数 <= 立顶数\"");
    let lines: Vec<&str> = said.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("^^^"))
        .expect("a caret");
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let (source, under) = (lines[at - 1], lines[at]);
    let culprit = source.find("立顶数").expect("the culprit");
    assert_eq!(
        width(&source[..culprit]),
        width(&under[..under.find('^').expect("a caret")])
    );
}

#[test]
fn a_rule_file_in_gbk_is_told_to_be_saved_as_utf_8() {
    let office = Office::new(FORM);
    let (gbk, ..) = encoding_rs::GBK.encode(FORM);
    office.put("rules/T01.toml", &gbk);
    let said = office.hebiao(&["run"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("请在编辑器中选择“另存为”，编码选 UTF-8"),
        "{}",
        said.err
    );
}

#[test]
fn a_register_in_gbk_is_read() {
    let office = Office::new(FORM);
    let (gbk, ..) = encoding_rs::GBK.encode(REGISTER);
    office.put("rules/districts.csv", &gbk);
    assert_eq!(office.hebiao(&["rules", "check"]).code, 0);
}

#[test]
fn what_is_not_there_is_told_and_nothing_is_published() {
    let office = Office::new(FORM);
    let said = office.hebiao(&["run", "--rules", "nowhere"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("没有规则文件夹 nowhere"), "{}", said.err);
    let said = office.hebiao(&["run", "--input", "nowhere"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("没有报送文件夹 nowhere"), "{}", said.err);
    let said = office.hebiao(&["run"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("没有报告期文件夹"), "{}", said.err);
    let said = office.hebiao(&["run", "--period", "2023-12"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("报告期 2023-12 没有文件夹"),
        "{}",
        said.err
    );
    let said = office.hebiao(&["run", "--period", "2023-13"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("2023-13"), "{}", said.err);
    assert!(!office.path("output/2023-12").exists());
}

#[test]
fn output_within_input_is_refused() {
    let office = Office::new(FORM);
    std::fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    for output in ["input", "input/2023-12/out", "input/out"] {
        let said = office.hebiao(&["run", "--output", output]);
        assert_eq!(said.code, 2, "{output}");
        assert!(said.err.contains("请分开放"), "{}", said.err);
    }
}

#[test]
fn nothing_has_arrived_yet_is_never_success_and_never_too_early_an_alarm() {
    let office = Office::new(FORM);
    std::fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    let early = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert_eq!((early.code, early.err.as_str()), (0, ""));
    let board = office.json("output/2023-12/findings.json");
    assert_eq!(
        board["districts"][0]["forms"][0]["reporting"],
        "not_yet_due"
    );
    assert_eq!(board["districts"][0]["forms"][0]["checking"], "not_checked");
    let late = office.hebiao(&["run", "--now", "2024-01-11T02:00"]);
    assert_eq!(late.code, 1);
    let board = office.json("output/2023-12/findings.json");
    assert_eq!(board["districts"][0]["forms"][0]["reporting"], "missing");
}

/// A body that is in order.
const IN_ORDER: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";

fn refused(office: &Office) -> String {
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let findings = office.json("output/2023-12/findings.json");
    let messages = findings["findings"].as_array().expect("findings").iter();
    messages
        .map(|f| f["message"]["zh"].as_str().unwrap_or("").to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_workbook_without_the_form_says_what_was_looked_for() {
    let office = Office::new(FORM);
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        "| 1 | 通讯录 | 电话 |\n| 2 | 张三 | 1 |\n",
    );
    assert_snapshot!(refused(&office), @"没有找到要报的报表（T01）的表头。工作表有：T01。请用下发的表样填报");
    let findings = office.json("output/2023-12/findings.json");
    assert_eq!(findings["districts"][0]["forms"][0]["reporting"], "invalid");
}

#[test]
fn a_form_of_another_month_is_not_taken_for_this_one() {
    let office = Office::new(FORM);
    let november = drawn(IN_ORDER).replace("1—12月", "1—11月");
    office.sheet("input/2023-12/巴南区.xlsx", &november);
    assert_snapshot!(refused(&office), @"表内（D2）写的是2023年11月，本期是2023年12月。请核对后重报");
}

#[test]
fn a_district_that_is_not_in_the_register_is_asked_for_its_name() {
    let office = Office::new(FORM);
    let elsewhere = drawn(IN_ORDER).replace("重庆市巴南区", "成都市锦江区");
    office.sheet("input/2023-12/报表.xlsx", &elsewhere);
    assert_snapshot!(refused(&office), @"填报单位“成都市锦江区教育委员会”（A2）不在登记表中。请按登记表填写单位全称后重报");
}

#[test]
fn a_file_that_names_another_district_than_its_sheet_is_not_guessed_about() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/南岸区.xlsx", &drawn(IN_ORDER));
    assert_snapshot!(refused(&office), @"表内（A2）填报单位是巴南区，文件名是南岸区，对不上。请核对后重报");
}

#[test]
fn two_submissions_of_one_form_that_differ_are_asked_about_and_equal_ones_are_not() {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(IN_ORDER));
    office.sheet("input/2023-12/巴南区(1).xlsx", &drawn(IN_ORDER));
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let other = drawn(IN_ORDER).replace("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 3 |");
    office.sheet("input/2023-12/巴南区(1).xlsx", &other);
    assert_snapshot!(refused(&office), @"巴南区 T01 收到两份不同的报送：“巴南区.xlsx”和“巴南区(1).xlsx”，有 1 个数不同，暂用“巴南区.xlsx”。F8 其中：学校承担 · 立项数 2 → 3");
}

#[test]
fn submissions_and_not_one_verdict_is_a_failure() {
    let form = "
[form]
id = \"T01\"
title = \"名册\"
rows = \"list\"
key = [\"name\"]
[columns.name]
label = \"姓名\"
type = \"text\"
optional = false
[columns.school]
label = \"学校\"
type = \"text\"
optional = false
";
    let office = Office::new(form);
    let sheet = "| 1 | 巴南区2023年12月名册 | |\n| 2 | 姓名 | 学校 |\n| 3 | 张三 | 一小 |\n";
    office.sheet("input/2023-12/巴南区.xlsx", sheet);
    let said = office.hebiao(&["run"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("没有一条审核关系能够审核"),
        "{}",
        said.err
    );
}

#[test]
fn examples_that_do_not_come_out_are_told() {
    let wrong = FORM.replace(
        "check = \"立项数 <= [1]\"",
        "check = \"立项数 <= [1]\"\n[[rule.example]]\ngiven = { applications = 3, approved = 4 }\ngives = \"pass\"",
    );
    let office = Office::new(&wrong);
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("例子写的是 pass，实际结果是 fail"),
        "{}",
        said.err
    );
}

#[test]
fn help_is_good_enough_to_work_from() {
    let office = Office::new(FORM);
    for arguments in [&["--help"][..], &["run", "--help"], &["check", "--help"]] {
        let said = office.hebiao(arguments);
        assert_eq!(said.code, 0);
        assert_snapshot!(format!("help of {}", arguments.join(" ")), said.out);
    }
}

#[test]
fn the_rule_that_the_readme_shows_loads_and_its_example_comes_out() {
    let rules = crate::kit::repository().join("rules/KY01.toml");
    let form = std::fs::read_to_string(rules).expect("the form's rules");
    for page in ["README.md", "README.zh-CN.md"] {
        let text = std::fs::read_to_string(crate::kit::repository().join(page)).expect("a page");
        let block = text
            .split("```toml")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("a rule")
            .replace("KY01-101", "KY01-999");
        let said = Office::new(&format!("{form}\n{block}")).hebiao(&["rules", "check"]);
        assert_eq!(said.code, 0, "{page}: {}", said.err);
    }
}

#[test]
fn signs_of_a_chinese_keyboard_in_a_rule_file_are_named() {
    for (from, to, sign) in [
        ("type = \"count\"", "type ＝ \"count\"", "="),
        (
            "total_of = [\"key\", \"general\"]",
            "total_of = [\"key\"，\"general\"]",
            ",",
        ),
        ("[columns.approved]", "【columns.approved】", "["),
        ("label = \"立项数\"", "label = “立项数”", "\""),
    ] {
        let said = told(from, to);
        assert!(
            said.contains(&format!("是中文符号，规则文件要用英文的 `{sign}`")),
            "{to}: {said}"
        );
    }
}

#[test]
fn a_rate_with_a_small_bare_limit_is_asked_about_wherever_it_stands() {
    let column = "max = { value = 100, source = \"by definition\" }";
    for to in ["min = { value = 0.8 }", "max = { value = 0.9 }"] {
        assert!(told(column, to).contains("请写成"), "{to}");
    }
    let crossed = "min = { value = 90 }\nmax = { value = 10 }";
    assert!(told(column, crossed).contains("min 大于 max"));
    let check = "check = \"立项数 <= [1]\"";
    let range = "range = { of = \"coverage\", min = 0.8 }";
    assert!(told(check, range).contains("是 0.8%，还是 80%"));
}

#[test]
fn a_word_that_no_record_can_have_is_a_mistake() {
    let list = LIST.replacen("[columns.name]", "[columns.stage]\nlabel = \"学段\"\ntype = \"text\"\none_of = { list = [\"小学\", \"初中\"] }\n\n[columns.name]", 1);
    let office = Office::new(FORM);
    let rule = "[[rule]]\nid = \"T02-1\"\ntitle = \"t\"\nseverity = \"query\"\nfor = 'stage = \"小 学\"'\ncheck = 'pupils > 0'\n";
    office.put("rules/T02.toml", format!("{list}\n{rule}").as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("“小 学”不在“学段”的选项里：小学、初中"),
        "{}",
        said.err
    );
}

#[test]
fn a_rule_file_that_an_editor_renamed_is_not_passed_over_in_silence() {
    let office = Office::new(FORM);
    office.put("rules/T09.toml.txt", b"");
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("是否应改名为 `T09.toml`"), "{}", said.err);
}

#[test]
fn a_form_that_is_not_monthly_says_when_it_is_due() {
    let due = "due = \"次月10日\"";
    let early = told(due, "period = \"year\"\ndue_in = [12]\ndue = \"1月20日\"");
    assert!(early.contains("第二年的写成 `次年1月20日`"), "{early}");
    let office = Office::new(&FORM.replacen(due, "period = \"year\"", 1));
    let said = office.hebiao(&["rules", "check"]);
    assert!(
        said.err.contains("没有写 due_in：每个月都会催报"),
        "{}",
        said.err
    );
}
