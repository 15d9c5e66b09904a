//! Nobody explains a number twice: answers, decisions, and what becomes of both.

use crate::kit::{FORM, Office, REGISTER, Said, drawn, edited, typed};
use serde_json::Value;

/// Applications grew by 65 %: a question. One approval too many: an error.
const BODY: &str = "
| 5 | 合计 | '01 | 99 | 60 | 65 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 40 | 65 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 20 | 65 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 12 | 80 |
";
const BEFORE: &str = "
| 5 | 合计 | '01 | 60 | 50 | 20 | 30 | 80 |
| 6 | 重点 | '02 | 40 | 40 | 0 | 10 | 80 |
| 7 | 一般 | '03 | 20 | 10 | 100 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
";
const REPORT: &str = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";

fn office() -> Office {
    let office = Office::new(FORM);
    // One district alone, so that nobody else is missing.
    let register: Vec<&str> = REGISTER.lines().take(2).collect();
    office.put("rules/districts.csv", register.join("\n").as_bytes());
    let before = drawn(BEFORE).replace("2023年", "2022年");
    office.sheet("input/2022-12/巴南区.xlsx", &before);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BODY));
    office
}

fn run(office: &Office, now: &str) -> Said {
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", now]);
    assert!(said.code < 2, "{}", said.err);
    said
}

fn finding(office: &Office, rule: &str) -> Value {
    let report = office.json("output/2023-12/findings.json");
    let mut findings = report["findings"].as_array().expect("findings").iter();
    let found = findings.find(|finding| finding["rule"] == rule);
    found.cloned().unwrap_or_default()
}

fn state(office: &Office, rule: &str) -> String {
    let state = finding(office, rule)["state"].clone();
    state.as_str().unwrap_or("none").to_owned()
}

/// The published report with words typed into the rows of some rules.
fn answered(office: &Office, answers: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut bytes = std::fs::read(office.path(REPORT)).expect("a report");
    for (rule, reason, text) in answers {
        let id = finding(office, rule)["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        bytes = typed(&bytes, &id, &[("L", reason), ("M", text)]);
    }
    bytes
}

#[test]
fn an_explanation_holds_until_the_number_changes_and_is_never_asked_for_twice() {
    let office = office();
    assert_eq!(run(&office, "2024-01-08T02:00").code, 1);
    assert_eq!(state(&office, "T01-201"), "open");
    assert_eq!(
        finding(&office, "T01-201")["reference"]["zh"],
        "上年同期 60"
    );
    let reply = answered(
        &office,
        &[("T01-201", "新建投用", "新建3所学校，课题随之增加")],
    );
    office.put("input/2023-12/回复.xlsx", &reply);
    run(&office, "2024-01-09T02:00");
    assert_eq!(state(&office, "T01-201"), "explained");
    // Sent again as it came back, under another name, and with the results gone: it still holds.
    let carried = std::fs::read(office.path(REPORT)).expect("a report");
    office.put("input/2023-12/第二次回复.xlsx", &carried);
    run(&office, "2024-01-10T02:00");
    assert_eq!(state(&office, "T01-201"), "explained");
    std::fs::remove_dir_all(office.path("output")).expect("results");
    run(&office, "2024-01-11T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(found["state"], "explained");
    assert_eq!(found["answer"]["text"], "新建3所学校，课题随之增加");
    // The number changes: the question is asked again, with what was said before.
    let mended = edited(&carried, "<c r=\"C6\"><v>66</v>", "<c r=\"C6\"><v>77</v>");
    let mended = edited(&mended, "<c r=\"C5\"><v>99</v>", "<c r=\"C5\"><v>110</v>");
    office.put("input/2023-12/改数.xlsx", &mended);
    run(&office, "2024-01-12T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(
        (&found["state"], &found["since"]),
        (&Value::from("open"), &Value::from("reopened"))
    );
    assert!(
        found["refused"]["zh"]
            .as_str()
            .expect("why")
            .contains("数字或规则已变")
    );
    assert_eq!(found["answer"]["text"], "新建3所学校，课题随之增加");
    let report = std::fs::read(office.path(REPORT)).expect("a report");
    let id = found["id"].as_str().expect("an id");
    let shown = crate::kit::front_row(&report, id);
    assert!(
        shown
            .iter()
            .any(|cell| cell.contains("原说明：新建3所学校")),
        "{shown:?}"
    );
    // One mark confirms what was said before.
    office.put(
        "input/2023-12/确认.xlsx",
        &typed(&report, id, &[("L", "采用已有说明")]),
    );
    run(&office, "2024-01-13T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(found["state"], "explained");
    assert_eq!(found["answer"]["text"], "新建3所学校，课题随之增加");
}

#[test]
fn an_assurance_is_no_reason_and_an_error_is_not_explained_away() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let words = [
        ("T01-201", "其他", "经核实，数据无误"),
        ("T01-101", "", "撤并3所村小"),
    ];
    office.put("input/2023-12/回复.xlsx", &answered(&office, &words));
    run(&office, "2024-01-09T02:00");
    let (query, error) = (finding(&office, "T01-201"), finding(&office, "T01-101"));
    assert_eq!(query["state"], "open");
    assert!(
        query["refused"]["zh"]
            .as_str()
            .expect("why")
            .contains("没有说出原因")
    );
    assert_eq!(error["state"], "open");
    assert!(
        error["refused"]["zh"]
            .as_str()
            .expect("why")
            .contains("放行")
    );
    assert_eq!(error["answer"]["text"], "撤并3所村小");
}

#[test]
fn what_people_wrote_beside_the_table_is_proposed_and_one_mark_takes_it() {
    let office = Office::new(&FORM.replace(
        "[rows.total]",
        "[columns.remark]\nlabel = \"备注\"\ntype = \"text\"\n\n[rows.total]",
    ));
    let before = drawn(BEFORE).replace("2023年", "2022年");
    office.sheet("input/2022-12/巴南区.xlsx", &before);
    let with_remark = drawn(&BODY.replace("| 65 | 30 | 80 |", "| 65 | 30 | 80 | 新校投用 |"))
        .replace("覆盖率（%） |", "覆盖率（%） | 备注 |");
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &format!("{with_remark}\n| 10 | 注：本年新增两校 |"),
    );
    run(&office, "2024-01-08T02:00");
    let found = finding(&office, "T01-201");
    let proposals: Vec<&str> = found["proposals"]
        .as_array()
        .expect("proposals")
        .iter()
        .map(|one| one["text"].as_str().expect("text"))
        .collect();
    assert_eq!(proposals, ["新校投用", "本年新增两校"]);
    let id = found["id"].as_str().expect("an id");
    let report = std::fs::read(office.path(REPORT)).expect("a report");
    office.put(
        "input/2023-12/回复.xlsx",
        &typed(&report, id, &[("L", "采用已有说明")]),
    );
    run(&office, "2024-01-09T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(
        (&found["state"], &found["answer"]["text"]),
        (&"explained".into(), &"新校投用".into())
    );
}

#[test]
fn two_answers_to_one_question_are_both_shown() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    for (name, text) in [("甲", "新建3所学校"), ("乙", "撤并后统一申报")] {
        let reply = answered(&office, &[("T01-201", "其他", text)]);
        office.put(&format!("input/2023-12/{name}.xlsx"), &reply);
    }
    run(&office, "2024-01-09T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(found["state"], "explained");
    let report = std::fs::read(office.path("output/2023-12/summary.xlsx")).expect("a summary");
    let told = crate::kit::texts(&report);
    assert!(told.iter().any(|t| t.contains("两种说明")
        && t.contains("新建3所学校")
        && t.contains("撤并后统一申报")));
}

#[test]
fn answers_are_found_when_the_sheet_is_torn_about() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let id = finding(&office, "T01-201")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let reply = answered(&office, &[("T01-201", "政策调整", "扩大申报范围")]);
    // The id is edited, the headings are gone: the key at the row's end still knows.
    let torn = edited(&reply, &format!("preserve\">{id}<"), "preserve\">12345678<");
    let torn = edited(&torn, ">情况说明<", ">说点什么<");
    office.put("input/2023-12/回复.xlsx", &torn);
    run(&office, "2024-01-09T02:00");
    assert_eq!(state(&office, "T01-201"), "explained");
    // A list by itself, as text, is no form: its explanations count, and it makes nothing invalid.
    std::fs::remove_file(office.path("input/2023-12/回复.xlsx")).expect("a file");
    std::fs::remove_dir_all(office.path("output")).expect("results");
    let list = format!("编号,级别,原因类别,情况说明\n{id},核实,其他,扩大申报范围至民办学校\n");
    office.put("input/2023-12/问题清单.csv", list.as_bytes());
    run(&office, "2024-01-10T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(
        (&found["state"], &found["answer"]["text"]),
        (&"explained".into(), &"扩大申报范围至民办学校".into())
    );
    assert_eq!(finding(&office, "intake.file"), Value::Null);
}

#[test]
fn what_was_explained_last_month_is_offered_this_month() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let reply = answered(&office, &[("T01-201", "新建投用", "新建3所学校")]);
    office.put("input/2023-12/回复.xlsx", &reply);
    run(&office, "2024-01-09T02:00");
    for (year, body) in [(2024, BODY), (2023, BEFORE)] {
        let sheet = drawn(body).replace("2023年1—12月", &format!("{year}年1月"));
        office.sheet(&format!("input/{year}-01/巴南区.xlsx"), &sheet);
    }
    let said = office.hebiao(&["run", "--period", "2024-01", "--now", "2024-02-08T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    let report = office.json("output/2024-01/findings.json");
    let mut findings = report["findings"].as_array().expect("findings").iter();
    let found = findings
        .find(|f| f["rule"] == "T01-201")
        .expect("a question");
    assert_eq!(found["state"], "open");
    assert_eq!(found["proposals"][0]["from"]["zh"], "上期说明");
    assert_eq!(found["proposals"][0]["text"], "新建3所学校");
}

#[test]
fn many_of_one_kind_are_one_line_with_a_list_and_one_answer_to_all() {
    let rule = "
[[rule]]
id = \"T01-202\"
title = \"覆盖率到 90%\"
severity = \"query\"
check = \"coverage >= 90%\"

[[rule]]
id = \"T01-203\"
title = \"立项数到 50\"
severity = \"query\"
check = \"approved >= 50\"
";
    let rows: Vec<String> = (0..6)
        .map(|n| format!("[rows.r{n}]\nno = \"1{n}\"\nlabel = \"类型{n}\"\n"))
        .collect();
    let office = Office::new(&format!(
        "{}{rule}",
        FORM.replace(
            "[[rule]]\nid = \"T01-101\"",
            &format!("{}[[rule]]\nid = \"T01-101\"", rows.concat())
        )
    ));
    let more: Vec<String> = (0..6)
        .map(|n| format!("| {} | 类型{n} | '1{n} | 60 | 60 | 0 | 60 | 70 |\n", 9 + n))
        .collect();
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &drawn(&format!("{BODY}{}", more.concat())),
    );
    run(&office, "2024-01-08T02:00");
    let report = std::fs::read(office.path(REPORT)).expect("a report");
    let told = crate::kit::texts(&report);
    assert!(
        told.iter().any(|t| t.contains("同样的问题 10 处")),
        "{told:?}"
    );
    let found = finding(&office, "T01-202");
    let id = found["id"].as_str().expect("an id");
    // The row for all of them answers all of them.
    office.put(
        "input/2023-12/回复.xlsx",
        &typed(&report, id, &[("M", "农村校正在建设")]),
    );
    run(&office, "2024-01-09T02:00");
    let report = office.json("output/2023-12/findings.json");
    let findings = report["findings"].as_array().expect("findings").iter();
    let states: Vec<&Value> = findings
        .filter(|f| f["rule"] == "T01-202")
        .map(|f| &f["state"])
        .collect();
    assert_eq!(states, vec!["explained"; 10]);
}

#[test]
fn staff_decide_in_the_summary_and_nothing_that_they_type_is_lost() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let reply = answered(&office, &[("T01-201", "新建投用", "新建3所学校")]);
    office.put("input/2023-12/回复.xlsx", &reply);
    run(&office, "2024-01-09T02:00");
    let id = |rule: &str| {
        finding(&office, rule)["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let (query, error) = (id("T01-201"), id("T01-101"));
    let summary = || std::fs::read(office.path("output/2023-12/summary.xlsx")).expect("a summary");
    let decided = crate::kit::decided(&summary(), &query, ("认可", "张三", ""));
    // A waiver without a reason does not count, and says so.
    let decided = crate::kit::decided(&decided, &error, ("放行", "张三", ""));
    office.put("output/2023-12/summary.xlsx", &decided);
    run(&office, "2024-01-10T02:00");
    assert_eq!(state(&office, "T01-201"), "accepted");
    assert_eq!(state(&office, "T01-101"), "open");
    let decided = crate::kit::decided(&summary(), &error, ("放行", "张三", "按文件口径"));
    office.put("output/2023-12/summary.xlsx", &decided);
    assert_eq!(run(&office, "2024-01-11T02:00").code, 0);
    assert_eq!(state(&office, "T01-101"), "waived");
    assert_eq!(office.standing("500113", "checking"), "waived");
    // A copy that says otherwise: neither counts until the published one says so.
    let other = crate::kit::decided(&summary(), &query, ("退回补充", "李四", "哪三所"));
    office.put("input/2023-12/汇总表-李四.xlsx", &other);
    run(&office, "2024-01-12T02:00");
    let found = finding(&office, "T01-201");
    assert_eq!(found["state"], "explained");
    assert_eq!(found["decision"]["opposed"][0]["by"], "张三");
    // Whichever word the published one takes settles it, the first one too.
    let first = crate::kit::decided(&summary(), &query, ("认可", "张三", ""));
    office.put("output/2023-12/summary.xlsx", &first);
    run(&office, "2024-01-12T14:00");
    assert_eq!(state(&office, "T01-201"), "accepted");
    let last = crate::kit::decided(&summary(), &query, ("退回补充", "王五", "写明校名"));
    office.put("output/2023-12/summary.xlsx", &last);
    run(&office, "2024-01-13T02:00");
    assert_eq!(state(&office, "T01-201"), "sent_back");
    // A new answer is looked at anew.
    let report = std::fs::read(office.path(REPORT)).expect("a report");
    office.put(
        "input/2023-12/补充.xlsx",
        &typed(&report, &query, &[("M", "新建甲校乙校丙校")]),
    );
    run(&office, "2024-01-14T02:00");
    assert_eq!(state(&office, "T01-201"), "explained");
}

#[test]
fn a_summary_that_somebody_has_open_is_left_alone_and_holds_nobody_up() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let path = "output/2023-12/summary.xlsx";
    let standing = std::fs::read(office.path(path)).expect("a summary");
    office.put("output/2023-12/~$summary.xlsx", b"somebody");
    let reply = answered(&office, &[("T01-201", "新建投用", "新建3所学校")]);
    office.put("input/2023-12/回复.xlsx", &reply);
    let said = office.hebiao(&[
        "run",
        "--period",
        "2023-12",
        "--now",
        "2024-01-09T02:00",
        "-v",
    ]);
    assert!(said.err.contains("summary（新）.xlsx"), "{}", said.err);
    // The district's report has come out; the one that is open is still there as it was.
    assert_eq!(state(&office, "T01-201"), "explained");
    assert!(std::fs::read(office.path(path)).expect("a summary") == standing);
    let beside = "output/2023-12/summary（新）.xlsx";
    let new = std::fs::read(office.path(beside)).expect("the new one");
    // What is decided in the one that was open is read when it is closed, and the new one is put
    // in its place.
    let id = finding(&office, "T01-201")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let decided = crate::kit::decided(&standing, &id, ("放行", "张三", "电话核实"));
    office.put(path, &decided);
    std::fs::remove_file(office.path("output/2023-12/~$summary.xlsx")).expect("closed");
    run(&office, "2024-01-10T02:00");
    assert_eq!(state(&office, "T01-201"), "waived");
    assert!(!office.path(beside).exists());
    assert!(std::fs::read(office.path(path)).expect("a summary") != new);
}

#[test]
fn a_summary_is_no_answer_and_what_is_cleared_in_it_is_taken_back() {
    let office = office();
    run(&office, "2024-01-08T02:00");
    let reply = answered(&office, &[("T01-201", "新建投用", "新建3所学校")]);
    office.put("input/2023-12/回复.xlsx", &reply);
    run(&office, "2024-01-09T02:00");
    let path = "output/2023-12/summary.xlsx";
    let summary = || std::fs::read(office.path(path)).expect("a summary");
    let copy = summary();
    office.put("input/2023-12/汇总表.xlsx", &copy);
    let carried = std::fs::read(office.path(REPORT)).expect("a report");
    let mended = edited(&carried, "<c r=\"C6\"><v>66</v>", "<c r=\"C6\"><v>77</v>");
    let mended = edited(&mended, "<c r=\"C5\"><v>99</v>", "<c r=\"C5\"><v>110</v>");
    office.put("input/2023-12/改数.xlsx", &mended);
    for day in 10..13 {
        run(&office, &format!("2024-01-{day}T02:00"));
        // The old explanation stands in the copy of the summary, too, and covers nothing there.
        assert_eq!(state(&office, "T01-201"), "open");
    }
    let id = finding(&office, "T01-101")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let waived = crate::kit::decided(&summary(), &id, ("放行", "张三", "按文件口径"));
    office.put(path, &waived);
    run(&office, "2024-01-13T02:00");
    assert_eq!(state(&office, "T01-101"), "waived");
    office.put(path, &crate::kit::decided(&summary(), &id, ("", "", "")));
    for day in 14..16 {
        run(&office, &format!("2024-01-{day}T02:00"));
        assert_eq!(state(&office, "T01-101"), "open");
    }
}

#[test]
fn a_district_answers_for_itself_and_decides_nothing() {
    let office = Office::new(FORM);
    let before = drawn(BEFORE).replace("2023年", "2022年");
    for name in ["巴南区", "南岸区"] {
        let of = |sheet: &str| sheet.replace("巴南区", name);
        office.sheet(&format!("input/2022-12/{name}.xlsx"), &of(&before));
        office.sheet(&format!("input/2023-12/{name}.xlsx"), &of(&drawn(BODY)));
    }
    run(&office, "2024-01-08T02:00");
    let of = |code: &str, rule: &str| {
        let report = office.json("output/2023-12/findings.json");
        let mut findings = report["findings"].as_array().expect("findings").iter();
        let is_it = |f: &&Value| f["rule"] == rule && f["district"]["code"] == code;
        findings.find(is_it).cloned().expect("the finding")
    };
    let id = |code: &str, rule: &str| of(code, rule)["id"].as_str().expect("an id").to_owned();
    let (own, other) = (id("500113", "T01-201"), id("500108", "T01-201"));
    let list =
        format!("编号,原因类别,情况说明\n{own},其他,新建3所学校\n{other},其他,替邻区说一句\n");
    office.put("input/2023-12/巴南区问题清单.csv", list.as_bytes());
    let error = id("500113", "T01-101");
    let decisions = format!("编号,处理,处理人,备注\n{error},放行,我自己,没有问题\n");
    office.put("input/2023-12/巴南区处理.csv", decisions.as_bytes());
    run(&office, "2024-01-09T02:00");
    assert_eq!(of("500113", "T01-201")["state"], "explained");
    assert_eq!(of("500108", "T01-201")["state"], "open");
    assert_eq!(of("500113", "T01-101")["state"], "open");
}
