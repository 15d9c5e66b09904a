//! What staff decide: read against what the summary said when it was issued, and never lost.

use crate::kit::{FORM, Office, REGISTER, decided, drawn, grid, taken, texts};
use serde_json::Value;
use std::fs;

const SUMMARY: &str = "output/2023-12/summary.xlsx";

/// Applications grew by 65 %: a question.
const BODY: &str = "
| 5 | 合计 | '01 | 99 | 60 | 65 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 40 | 65 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 20 | 65 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";
const BEFORE: &str = "
| 5 | 合计 | '01 | 60 | 50 | 20 | 30 | 80 |
| 6 | 重点 | '02 | 40 | 40 | 0 | 10 | 80 |
| 7 | 一般 | '03 | 20 | 10 | 100 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
";

fn send(office: &Office, name: &str, body: &str) {
    let sheet = drawn(body).replace("巴南区", name);
    office.sheet(&format!("input/2023-12/{name}.xlsx"), &sheet);
    let before = drawn(BEFORE).replace("2023年", "2022年");
    let before = before.replace("巴南区", name);
    office.sheet(&format!("input/2022-12/{name}.xlsx"), &before);
}

fn run(office: &Office, now: &str) {
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", now]);
    assert!(said.code < 2, "{}", said.err);
}

fn summary(office: &Office) -> Vec<u8> {
    fs::read(office.path(SUMMARY)).expect("a summary")
}

/// Decides in a summary on a finding, and saves it as the published one.
fn decide(office: &Office, package: &[u8], id: &str, words: (&str, &str, &str)) {
    office.put(SUMMARY, &decided(package, id, words));
}

fn findings(office: &Office, rule: &str) -> Vec<Value> {
    let report = office.json("output/2023-12/findings.json");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .filter(|one| one["rule"] == rule)
        .cloned()
        .collect()
}

fn finding(office: &Office, rule: &str) -> Value {
    findings(office, rule).pop().expect("a finding")
}

fn id(office: &Office, rule: &str) -> String {
    finding(office, rule)["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// A finding's row in the published list.
fn row(office: &Office, id: &str) -> Vec<String> {
    let rows = grid(&summary(office), "问题清单");
    rows.into_iter().find(|row| row[0] == id).expect("its row")
}

fn says(office: &Office, words: &str) -> bool {
    texts(&summary(office))
        .iter()
        .any(|text| text.contains(words))
}

#[test]
fn an_older_summary_takes_back_nothing_that_it_never_said() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    let older = summary(&office);
    decide(&office, &older, &query, ("放行", "张三", "新建三所学校"));
    run(&office, "2024-01-09T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "waived");
    // Somebody saves the summary of the day before over it, with a word on another matter.
    let other = taken(&older, "巴南区", ("受理", "李四", ""));
    office.put(SUMMARY, &other);
    run(&office, "2024-01-10T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "waived");
    assert_eq!(office.standing("500113", "acceptance"), "taken");
    // Nor does what stood in an older one come back once somebody has decided otherwise.
    let waived = summary(&office);
    decide(&office, &waived, &query, ("退回补充", "张三", "哪三所"));
    run(&office, "2024-01-11T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "sent_back");
    office.put(
        "input/2023-12/汇总表-旧.xlsx",
        &taken(&waived, "巴南区", ("", "", "")),
    );
    run(&office, "2024-01-12T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "sent_back");
    // What was cleared where it stood is taken back, in a copy too.
    assert_eq!(office.standing("500113", "acceptance"), "none");
    decide(&office, &summary(&office), &query, ("", "", ""));
    run(&office, "2024-01-13T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    assert_eq!(finding(&office, "T01-201")["decision"], Value::Null);
}

#[test]
fn what_was_decided_of_a_form_before_it_came_does_not_hold_for_what_comes() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    office.put(
        SUMMARY,
        &taken(&summary(&office), "丰都县", ("受理", "张三", "")),
    );
    send(&office, "丰都县", BODY);
    run(&office, "2024-01-09T02:00");
    assert_eq!(office.standing("500230", "acceptance"), "none");
    assert!(says(
        &office,
        "丰都县 T01 当时还没有报来，“受理”没有采用；报来后再定"
    ));
    office.put(
        SUMMARY,
        &taken(&summary(&office), "丰都县", ("受理", "张三", "")),
    );
    run(&office, "2024-01-10T02:00");
    assert_eq!(office.standing("500230", "acceptance"), "taken");
    // A form that is sent again is another one.
    send(
        &office,
        "丰都县",
        &BODY.replace("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 3 |"),
    );
    run(&office, "2024-01-11T02:00");
    assert_eq!(office.standing("500230", "acceptance"), "none");
}

#[test]
fn a_decision_without_effect_stays_with_the_reason() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    // Nobody has explained anything that could be accepted.
    decide(
        &office,
        &summary(&office),
        &query,
        ("认可", "张三", "电话核实"),
    );
    run(&office, "2024-01-09T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    let shown = row(&office, &query);
    assert_eq!(shown[22..25], ["认可", "张三", "电话核实"]);
    assert!(shown[25].contains("没有成立的说明可以认可"), "{shown:?}");
    // A remark alone decides nothing, and is kept.
    decide(
        &office,
        &summary(&office),
        &query,
        ("", "张三", "等区里回话"),
    );
    run(&office, "2024-01-10T02:00");
    let shown = row(&office, &query);
    assert_eq!(shown[22..25], ["", "张三", "等区里回话"]);
    assert!(shown[25].contains("没有选“处理”"), "{shown:?}");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    // On the board too.
    office.put(
        SUMMARY,
        &taken(&summary(&office), "巴南区", ("", "李四", "等会签")),
    );
    run(&office, "2024-01-11T02:00");
    let board = grid(&summary(&office), "报送状态");
    let line = board
        .iter()
        .find(|row| row[2] == "巴南区")
        .expect("its line");
    assert!(
        line.ends_with(&["李四".to_owned(), "等会签".to_owned()]),
        "{line:?}"
    );
    assert_eq!(office.standing("500113", "acceptance"), "none");
}

#[test]
fn which_of_two_submissions_counts_can_be_decided_and_decided_again() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    let other = drawn(&BODY.replace("| 11 | 10 | 10 | 2 |", "| 11 | 10 | 10 | 3 |"));
    office.sheet("input/2023-12/巴南.xlsx", &other);
    run(&office, "2024-01-08T02:00");
    let asked = finding(&office, "intake.one");
    assert_eq!(
        (&asked["severity"], &asked["state"]),
        (&"query".into(), &"open".into())
    );
    let counts = |figure: &str| {
        let rows = grid(&summary(&office), "T01");
        let row = rows
            .iter()
            .find(|row| row.iter().any(|cell| cell == "其中：学校承担"));
        row.is_some_and(|row| row.iter().any(|cell| cell == figure))
    };
    assert!(counts("3") && !counts("2"));
    let question = id(&office, "intake.one");
    for (day, word, used, figure) in [
        (9, "采用后者", "巴南区.xlsx", "2"),
        (10, "采用前者", "巴南.xlsx", "3"),
    ] {
        decide(
            &office,
            &summary(&office),
            &question,
            (word, "张三", "电话核实"),
        );
        run(&office, &format!("2024-01-{day:02}T02:00"));
        let settled = finding(&office, "intake.one");
        assert_eq!(
            (&settled["severity"], &settled["state"]),
            (&"note".into(), &"settled".into())
        );
        let message = settled["message"]["zh"].as_str().expect("a message");
        assert!(
            message.starts_with(&format!("按市级决定采用“{used}”")),
            "{message}"
        );
        assert!(counts(figure));
        let shown = row(&office, &question);
        assert_eq!(shown[22..25], [word, "张三", "电话核实"]);
    }
    // Cleared, it is asked again.
    decide(&office, &summary(&office), &question, ("", "", ""));
    run(&office, "2024-01-11T02:00");
    assert_eq!(finding(&office, "intake.one")["state"], "open");
}

#[test]
fn a_rule_that_was_released_can_be_held_back_again() {
    let office = Office::new(FORM);
    let flood = "[job]\n\n[flood]\npercent = 30\nat_least = 2\n";
    office.put("rules/job.toml", flood.as_bytes());
    for name in ["巴南区", "南岸区", "丰都县"] {
        send(&office, name, BODY);
    }
    run(&office, "2024-01-08T02:00");
    let guard = id(&office, "T01-201");
    assert_eq!(findings(&office, "T01-201").len(), 1);
    assert!(says(&office, "暂不下发，待市级定"));
    for (day, word, lines, remark) in [
        (9, "下发", 4, "市级已定：下发"),
        (10, "暂不", 1, "市级已定：暂不下发"),
        (11, "下发", 4, "市级已定：下发"),
    ] {
        decide(&office, &summary(&office), &guard, (word, "张三", ""));
        run(&office, &format!("2024-01-{day:02}T02:00"));
        assert_eq!(findings(&office, "T01-201").len(), lines, "{word}");
        assert_eq!(row(&office, &guard)[22], word);
        assert!(says(&office, remark), "{remark}");
        // The city hears of the rule, the districts of their figures.
        let city = findings(&office, "T01-201");
        let city = city.iter().filter(|one| one["audience"] == "city").count();
        assert_eq!(city, 1);
    }
}

#[test]
fn a_decision_is_about_what_its_summary_showed() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    let older = summary(&office);
    // Other figures come, and a run has seen them, before somebody decides in the older one.
    send(
        &office,
        "巴南区",
        &BODY.replace("| 99 | 60 | 65 |", "| 95 | 60 | 58.3 |"),
    );
    run(&office, "2024-01-09T02:00");
    let waived = decided(&older, &query, ("放行", "张三", "99属实"));
    office.put("input/2023-12/汇总表-张三.xlsx", &waived);
    run(&office, "2024-01-10T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    let told = format!("问题 {query}（巴南区 T01） 在那份汇总表发布以后又变了，“放行”没有采用");
    assert!(says(&office, &told));
    // Of what stands there now the same words count, and again after it has changed once more.
    for (day, figures) in [(11, "| 95 | 60 | 58.3 |"), (13, "| 96 | 60 | 60 |")] {
        send(
            &office,
            "巴南区",
            &BODY.replace("| 99 | 60 | 65 |", figures),
        );
        run(&office, &format!("2024-01-{day}T02:00"));
        assert_eq!(finding(&office, "T01-201")["state"], "open");
        decide(&office, &summary(&office), &query, ("放行", "张三", "属实"));
        run(&office, &format!("2024-01-{day}T14:00"));
        assert_eq!(finding(&office, "T01-201")["state"], "waived", "{figures}");
    }
}

#[test]
fn a_copy_that_is_saved_again_says_nothing_twice() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    let path = "input/2023-12/汇总表-张三.xlsx";
    let copy = decided(&summary(&office), &query, ("放行", "张三", "属实"));
    office.put(path, &copy);
    run(&office, "2024-01-09T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "waived");
    decide(&office, &summary(&office), &query, ("", "", ""));
    run(&office, "2024-01-10T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    // The same copy with a word on another matter.
    office.put(path, &taken(&copy, "巴南区", ("受理", "张三", "")));
    run(&office, "2024-01-11T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "open");
    assert_eq!(office.standing("500113", "acceptance"), "taken");
}

#[test]
fn what_was_settled_is_not_taken_back_by_the_summary_in_which_it_was_not() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    for (name, words) in [
        ("甲", ("退回补充", "李四", "哪三所")),
        ("乙", ("放行", "王五", "属实")),
    ] {
        let copy = decided(&summary(&office), &query, words);
        office.put(&format!("input/2023-12/汇总表-{name}.xlsx"), &copy);
    }
    run(&office, "2024-01-09T02:00");
    let opposed = summary(&office);
    assert_eq!(row(&office, &query)[22], "");
    decide(&office, &opposed, &query, ("退回补充", "李四", "哪三所"));
    run(&office, "2024-01-10T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "sent_back");
    office.put(SUMMARY, &taken(&opposed, "巴南区", ("受理", "张三", "")));
    run(&office, "2024-01-11T02:00");
    assert_eq!(finding(&office, "T01-201")["state"], "sent_back");
}

#[test]
fn what_is_typed_and_is_no_word_stays_as_a_remark() {
    let office = Office::new(FORM);
    send(&office, "巴南区", BODY);
    run(&office, "2024-01-08T02:00");
    let query = id(&office, "T01-201");
    decide(
        &office,
        &summary(&office),
        &query,
        ("已核", "王五", "电话问过"),
    );
    run(&office, "2024-01-09T02:00");
    assert_eq!(row(&office, &query)[22..25], ["", "王五", "已核；电话问过"]);
    assert!(says(&office, "处理写的是“已核”，不是下拉列表里的词"));
    office.put(
        SUMMARY,
        &taken(&summary(&office), "巴南区", ("收下", "李四", "好")),
    );
    run(&office, "2024-01-10T02:00");
    let board = grid(&summary(&office), "报送状态");
    let line = board
        .iter()
        .find(|row| row[2] == "巴南区")
        .expect("its line");
    assert!(
        line.ends_with(&["李四".to_owned(), "收下；好".to_owned()]),
        "{line:?}"
    );
    assert!(says(&office, "巴南区 T01 的处理写的是“收下”"));
}

#[test]
fn a_unit_that_reports_no_more_is_told_so_and_counts_nowhere() {
    let office = Office::new(FORM);
    let register = REGISTER.replace("渝东北,,", "渝东北,,2023-06");
    office.put("rules/districts.csv", register.as_bytes());
    send(&office, "巴南区", BODY);
    send(&office, "丰都县", BODY);
    run(&office, "2024-01-08T02:00");
    let refused = finding(&office, "intake.file");
    let message = refused["message"]["zh"].as_str().expect("a message");
    assert!(
        message.starts_with("丰都县在本期不是填报单位，这份表没有采用"),
        "{message}"
    );
    let report = office.json("output/2023-12/findings.json");
    let of_it = report["findings"].as_array().expect("findings").iter();
    assert_eq!(
        of_it
            .filter(|one| one["district"]["name"] == "丰都县")
            .count(),
        1
    );
}
