//! When forms are due, who is reminded of what, and the board on a terminal.

use crate::kit::{FORM, LIST, Office, REGISTER, Said, contents, drawn};
use hebiao::words::width;
use std::fs;

const BODY: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

/// An office in which 巴南区 has sent its form of December 2023.
fn office(body: &str) -> Office {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(body));
    office
}

fn run(office: &Office, now: &str) -> i32 {
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", now]);
    assert!(said.code < 2, "{}", said.err);
    said.code
}

/// The published reminders as people read them, by name.
fn reminders(office: &Office) -> Vec<(String, String)> {
    let files = contents(&office.path("output/2023-12/reminders"));
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let text = text.strip_prefix('\u{feff}').expect("its mark").to_owned();
        text.replace("\r\n", "\n")
    };
    files
        .into_iter()
        .map(|(name, bytes)| (name, text(bytes)))
        .collect()
}

fn reminder(office: &Office, name: &str) -> String {
    let all = reminders(office);
    let names: Vec<&String> = all.iter().map(|(name, _)| name).collect();
    let found = all.iter().find(|(own, _)| own == name);
    found.unwrap_or_else(|| panic!("{names:?}")).1.clone()
}

#[test]
fn a_due_date_on_a_weekend_or_a_holiday_moves_to_the_next_workday() {
    // 10 February 2024 is the first of eight days off; Sunday the 18th is worked.
    let office = Office::new(FORM);
    fs::create_dir_all(office.path("input/2024-01")).expect("a folder");
    let standing = |now: &str| {
        let said = office.hebiao(&["run", "--period", "2024-01", "--now", now]);
        assert!(said.code < 2, "{}", said.err);
        let board = office.json("output/2024-01/findings.json");
        let word = board["districts"][0]["forms"][0]["reporting"].clone();
        word.as_str().expect("a word").to_owned()
    };
    // Without a calendar it is a Saturday like any other.
    assert_eq!(standing("2024-02-12T02:00"), "not_yet_due");
    assert_eq!(standing("2024-02-13T02:00"), "missing");
    let calendar = fs::read(crate::kit::repository().join("rules/calendar.csv"));
    office.put("rules/calendar.csv", &calendar.expect("the calendar"));
    assert_eq!(standing("2024-02-18T23:00"), "not_yet_due");
    assert_eq!(standing("2024-02-19T02:00"), "missing");
}

#[test]
fn more_time_is_given_to_one_district_only() {
    let office = office(BODY);
    office.put(
        "rules/extensions.csv",
        "period,form,district,until,reason\n2023-12,T01,丰都县,2024/1/15,系统故障\n".as_bytes(),
    );
    let reporting = |code: &str| office.standing(code, "reporting");
    run(&office, "2024-01-10T20:00");
    assert_eq!(reporting("500230"), "not_yet_due");
    run(&office, "2024-01-12T02:00");
    assert_eq!(reporting("500230"), "extended");
    assert_eq!(reporting("500108"), "missing");
    let text = reminder(&office, "500230-丰都县.txt");
    assert!(text.starts_with("报送提示\n"), "{text}");
    assert!(
        text.contains("已同意延至2024年1月15日（系统故障），还有 3 天"),
        "{text}"
    );
    run(&office, "2024-01-16T02:00");
    assert_eq!(reporting("500230"), "missing");
    // What comes within the extension is in time.
    let other = self::office(BODY);
    let extensions = fs::read(office.path("rules/extensions.csv")).expect("a list");
    other.put("rules/extensions.csv", &extensions);
    let sent = drawn(BODY).replace("巴南区", "丰都县");
    other.sheet("input/2023-12/丰都县.xlsx", &sent);
    run(&other, "2024-01-15T02:00");
    assert_eq!(other.standing("500230", "reporting"), "reported");
    assert_eq!(other.standing("500113", "reporting"), "late");
}

#[test]
fn mistakes_in_the_lists_are_told_at_their_lines() {
    let office = Office::new(FORM);
    office.put(
        "rules/calendar.csv",
        "# 依据\ndate,kind,name\n2024-13-01,holiday,元旦\n2024-01-01,假,元旦\n".as_bytes(),
    );
    office.put(
        "rules/extensions.csv",
        "period,form,district,until,reason\n\
         2023-12,T09,巴南区,2024-01-15,故障\n\
         2023-12,T01,巴县,2024-01-15,故障\n\
         2023-12,T01,巴南区,2024-01-05,故障\n\
         2023-12,T01,巴南区,2024-01-15,\n"
            .as_bytes(),
    );
    office.put("rules/contacts.csv", "code,name\n500113,张三\n".as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 2);
    for told in [
        "`2024-13-01` 不是日期，应写成 `2024-01-10`",
        "不认识的值 `假`",
        "没有表号 `T09`",
        "登记表里没有单位 `巴县`",
        "延期到 2024-01-05，比原定的 2024-01-10 还早",
        "延期要写原因",
        "缺少列 `phone`",
    ] {
        assert!(said.err.contains(told), "{told}\n{}", said.err);
    }
    for place in ["calendar.csv:3:1", "calendar.csv:4:", "extensions.csv:5:"] {
        assert!(said.err.contains(place), "{place}\n{}", said.err);
    }
}

#[test]
fn a_district_is_reminded_of_its_own_matters_and_of_no_other_s() {
    // A total that is off, and nothing from the two others.
    let office = office(&BODY.replacen("| 99 |", "| 98 |", 1));
    office.put("input/2023-12/南岸区.xlsx", b"not a workbook");
    assert_eq!(run(&office, "2024-01-12T02:00"), 1);
    let text = reminder(&office, "500113-巴南区.txt");
    assert!(
        text.starts_with("催报通知\n\n重庆市巴南区教育委员会：\n"),
        "{text}"
    );
    assert!(text.contains("迟报"), "{text}");
    assert!(text.contains("必改"), "{text}");
    assert!(!text.contains("南岸") && !text.contains("丰都"), "{text}");
    assert!(text.contains("与重庆市教育委员会联系"), "{text}");
    let text = reminder(&office, "500108-南岸区.txt");
    assert!(text.contains("“南岸区.xlsx”："), "{text}");
    let text = reminder(&office, "500230-丰都县.txt");
    assert!(
        text.contains("《课题情况》（T01）：应于2024年1月10日前报送，已逾期 2 天"),
        "{text}"
    );
    assert!(!text.contains("必改"), "{text}");
}

#[test]
fn before_a_form_is_due_its_day_is_told_and_nobody_is_called() {
    let office = Office::new(FORM);
    fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    assert_eq!(run(&office, "2024-01-08T02:00"), 0);
    let all = reminders(&office);
    assert_eq!(all.len(), 3);
    for (_, text) in all {
        assert!(text.starts_with("报送提示\n"), "{text}");
        assert!(text.contains("将于2024年1月10日到期，还有 2 天"), "{text}");
    }
}

#[test]
fn who_has_nothing_open_is_left_in_peace() {
    let office = office(BODY);
    office.put(
        "rules/districts.csv",
        REGISTER
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
            .as_bytes(),
    );
    assert_eq!(run(&office, "2024-01-08T02:00"), 0);
    assert!(reminders(&office).is_empty());
}

#[test]
fn people_and_their_numbers_stand_in_the_telephone_list_and_nowhere_else() {
    let office = office(&BODY.replacen("| 99 |", "| 98 |", 1));
    let contacts = "code,name,phone,forms\n500113,张三,023-61110001,T01\n丰都县,李四,023-61110002,\n,王五,023-61110003,\n";
    office.put("rules/contacts.csv", contacts.as_bytes());
    run(&office, "2024-01-12T02:00");
    let list = reminder(&office, "电话单.txt");
    let line = list.lines().find(|line| line.contains("李四"));
    assert_eq!(
        line.map(str::trim),
        Some("李四  023-61110002  T01 未报（逾期 2 天）")
    );
    assert!(list.contains("张三  023-61110001  T01 必改"), "{list}");
    assert!(list.contains("（没有登记联系人）T01 未报"), "{list}");
    // First what is missing.
    let place = |name: &str| list.find(name).expect("a unit");
    assert!(place("南岸区") < place("丰都县") && place("丰都县") < place("巴南区"));
    assert!(reminder(&office, "500230-丰都县.txt").contains("王五 023-61110003"));
    for (name, bytes) in contents(&office.path("output/2023-12")) {
        if name.starts_with("reminders/") {
            continue;
        }
        let holds = |what: &str| {
            bytes
                .windows(what.len())
                .any(|part| part == what.as_bytes())
        };
        assert!(!holds("张三") && !holds("61110001"), "{name}");
    }
    let english = office.hebiao(&["run", "--lang", "en", "--now", "2024-01-12T02:00"]);
    assert!(english.code < 2, "{}", english.err);
    let list = reminder(&office, "telephone-list.txt");
    assert!(list.contains("T01 missing (2 days over)"), "{list}");
    assert!(
        reminder(&office, "500230-丰都县.txt").starts_with("Reminder\n"),
        "{list}"
    );
}

#[test]
fn the_board_says_what_is_missing_first_and_stands_in_columns() {
    let office = office(BODY);
    let said = office.hebiao(&["status"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("还没有发布任何结果"), "{}", said.err);
    run(&office, "2024-01-08T02:00");
    run(&office, "2024-01-12T02:00");
    let said = office.hebiao(&["status"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[0],
        "2023年12月　报送状态　（2024-01-12T02:00 的运行）"
    );
    assert_eq!(lines[2], "T01  已报 1/3；未报 2：南岸区、丰都县");
    let line = |name: &str| {
        let found = lines.iter().find(|line| line.starts_with(name));
        found.copied().expect("a line")
    };
    assert_eq!(line("巴南区"), "巴南区  已报 通过 -  0     0");
    assert_eq!(line("丰都县"), "丰都县  未报 未审 -  0     0");
    let none = office.hebiao(&["status", "--period", "2023-11"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("2023-11 还没有发布结果"), "{}", none.err);
    let english = office.hebiao(&["status", "--period", "2023-12", "--lang", "en"]);
    assert!(
        english.out.contains("missing 2: 南岸区, 丰都县"),
        "{}",
        english.out
    );
}

/// The board as a terminal of so many columns shows it.
fn board(office: &Office, columns: &str, lang: &str) -> String {
    let mut command = office.command(&["status", "--lang", lang]);
    let output = command.env("COLUMNS", columns).output();
    Said::from(output.expect("the program starts")).out
}

#[test]
fn on_a_narrow_terminal_the_forms_stand_below_each_other_in_groups() {
    let office = office(BODY);
    office.put("rules/T02.toml", LIST.as_bytes());
    run(&office, "2024-01-12T02:00");
    for lang in ["zh", "en"] {
        let said = board(&office, "46", lang);
        let widest = said.lines().map(width).max();
        assert!(widest <= Some(46), "{said}");
    }
    let said = board(&office, "24", "zh");
    let rows = said.lines().filter(|line| line.starts_with("巴南区"));
    let rows: Vec<&str> = rows.collect();
    // T01, T02, and the counts.
    assert_eq!(
        rows,
        [
            "巴南区  迟报 通过 -",
            "巴南区  未报 未审 -",
            "巴南区  0     0"
        ],
        "{said}"
    );
    // Nobody's name is broken.
    assert!(said.contains("\n  南岸区、丰都县\n"), "{said}");
    let whole = office.hebiao(&["status"]).out;
    assert!(
        whole.contains("巴南区  迟报 通过 -  未报 未审 -  0     0\n"),
        "{whole}"
    );
}

#[test]
fn forms_that_are_not_asked_for_have_no_column_on_the_board() {
    let office = office(BODY);
    let list = LIST.replace("due = \"次月10日\"", "due = \"次月10日\"\ndue_in = [6]");
    office.put("rules/T02.toml", list.as_bytes());
    run(&office, "2024-01-12T02:00");
    let said = office.hebiao(&["status"]).out;
    assert!(said.contains("T02  本期不报\n"), "{said}");
    assert!(said.contains("巴南区  迟报 通过 -  0     0\n"), "{said}");
}

#[test]
fn with_nothing_to_act_on_the_board_says_so_by_its_exit_code() {
    let office = Office::new(FORM);
    fs::create_dir_all(office.path("input/2023-12")).expect("a folder");
    run(&office, "2024-01-08T02:00");
    let said = office.hebiao(&["status"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("T01  已报 0/3；未到期 3"), "{}", said.out);
}
