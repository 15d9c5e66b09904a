use crate::kit::{FORM, Office, REGISTER, decided, drawn, taken, texts};
use calamine::{Reader, Xlsx};
use hebiao::standing::{Acceptance, Checking, Reporting};
use hebiao::words;
use serde_json::{Value, json};
use std::fs;
use std::io::{Cursor, Read};

const PATH: &str = "output/2023-12/summary.xlsx";

/// December 2023, with everything in order.
const BODY: &str = "
| 5 | 合计 | '01 | 90 | 90 | 0 | 30 | 80 |
| 6 | 重点 | '02 | 60 | 60 | 0 | 10 | 80 |
| 7 | 一般 | '03 | 30 | 30 | 0 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 10 | 10 | 0 | 2 | 80 |
";

/// An office with one district, so that nobody else is missing.
fn office(body: &str) -> Office {
    let office = Office::new(FORM);
    let register: Vec<&str> = REGISTER.lines().take(2).collect();
    office.put("rules/districts.csv", register.join("\n").as_bytes());
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(body));
    office
}

fn run(office: &Office, now: &str, more: &[&str]) {
    let arguments = ["run", "--period", "2023-12", "--now", now];
    let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
    let said = office.hebiao(&arguments);
    assert!(said.code < 2, "{}", said.err);
}

fn summary(office: &Office) -> Vec<u8> {
    fs::read(office.path(PATH)).expect("a summary")
}

/// The word of 受理 of the only unit's only form.
fn acceptance(office: &Office, board: &str) -> String {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(summary(office))).expect("a workbook");
    let range = book.worksheet_range(board).expect("the board");
    let at = |column| range.get_value((4, column)).expect("a cell").to_string();
    assert_eq!(at(2), "巴南区");
    at(6)
}

/// Where a link of the first page leads: the sheet and the cell; and that the sheet is there.
fn led_to(office: &Office, shown: &str) -> (String, String) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(summary(office))).expect("a workbook");
    let formulas = book.worksheet_formula("总览").expect("the first page");
    let mut links = formulas.used_cells();
    let link = links.find(|(_, _, formula)| formula.contains(shown));
    let (_, _, link) = link.unwrap_or_else(|| panic!("no link {shown}"));
    let parts: Vec<&str> = link.split(['\'', '!', '"']).collect();
    let (sheet, cell) = (parts[2].to_owned(), parts[4].to_owned());
    assert!(book.sheet_names().contains(&sheet), "{link}");
    (sheet, cell)
}

fn says(office: &Office, words: &str) -> bool {
    texts(&summary(office)).iter().any(|t| t.contains(words))
}

fn id(office: &Office, rule: &str) -> String {
    let report = office.json("output/2023-12/findings.json");
    let mut findings = report["findings"].as_array().expect("findings").iter();
    let found = findings.find(|finding| finding["rule"] == rule);
    let id = found.expect("the finding")["id"].as_str();
    id.expect("an id").to_owned()
}

#[test]
fn opposite_decisions_on_a_form_stand_on_the_board_and_decide_nothing() {
    let office = office(BODY);
    run(&office, "2024-01-08T02:00", &[]);
    assert_eq!(acceptance(&office, "报送状态"), "");
    assert!(says(&office, "处理意见不一致 0 处"));
    for (name, words) in [
        ("甲", ("受理", "张三", "")),
        ("乙", ("退回修改", "李四", "缺一行")),
    ] {
        let copy = taken(&summary(&office), "巴南区", words);
        office.put(&format!("input/2023-12/汇总表-{name}.xlsx"), &copy);
    }
    run(&office, "2024-01-09T02:00", &[]);
    assert_eq!(acceptance(&office, "报送状态"), "不一致");
    assert_eq!(office.standing("500113", "acceptance"), "none");
    let place = led_to(&office, "处理意见不一致 1 处");
    assert_eq!(place, ("报送状态".to_owned(), "G5".to_owned()));
    run(&office, "2024-01-09T03:00", &["--lang", "en"]);
    assert_eq!(acceptance(&office, "Status"), "disagree");
    assert!(says(&office, "decisions that disagree: 1"));
    run(&office, "2024-01-09T04:00", &[]);
    // Saved with the word as it is, or without it: staff have not settled it.
    for (day, words) in [(10, ("不一致", "", "问一下")), (11, ("", "", ""))] {
        let saved = taken(&summary(&office), "巴南区", words);
        office.put(PATH, &saved);
        run(&office, &format!("2024-01-{day}T02:00"), &[]);
        assert_eq!(acceptance(&office, "报送状态"), "不一致");
        assert_eq!(office.standing("500113", "acceptance"), "none");
        assert!(!says(&office, "不是下拉列表里的词"));
    }
    let settled = taken(&summary(&office), "巴南区", ("受理", "王五", ""));
    office.put(PATH, &settled);
    run(&office, "2024-01-12T02:00", &[]);
    assert_eq!(acceptance(&office, "报送状态"), "受理");
    assert_eq!(office.standing("500113", "acceptance"), "taken");
    assert!(says(&office, "处理意见不一致 0 处"));
}

#[test]
fn opposite_decisions_on_a_finding_are_counted_and_led_to() {
    let slip = BODY.replace("| 10 | 10 | 0 | 2 |", "| 10 | 10 | 0 | 12 |");
    let office = office(&slip);
    run(&office, "2024-01-08T02:00", &[]);
    let error = id(&office, "T01-101");
    let waived = decided(&summary(&office), &error, ("放行", "张三", "按文件口径"));
    office.put("input/2023-12/汇总表-甲.xlsx", &waived);
    // Not offered for an error, but a word all the same.
    let back = decided(&summary(&office), &error, ("退回补充", "李四", "再核"));
    office.put("input/2023-12/汇总表-乙.xlsx", &back);
    run(&office, "2024-01-09T02:00", &[]);
    let (sheet, _) = led_to(&office, "处理意见不一致 1 处");
    assert_eq!(sheet, "问题清单");
    let manifest = office.json("output/2023-12/run.json");
    assert_eq!(manifest["waivers"], json!([]));
}

#[test]
fn who_waives_stands_in_the_manifest() {
    let slip = BODY.replace("| 10 | 10 | 0 | 2 |", "| 10 | 10 | 0 | 12 |");
    let office = office(&slip);
    run(&office, "2024-01-08T02:00", &[]);
    let manifest = office.json("output/2023-12/run.json");
    assert_eq!(manifest["waivers"], json!([]));
    let error = id(&office, "T01-101");
    let waived = decided(&summary(&office), &error, ("放行", "张三", "按文件口径"));
    office.put(PATH, &waived);
    run(&office, "2024-01-09T02:00", &[]);
    let report = office.json("output/2023-12/findings.json");
    let mut findings = report["findings"].as_array().expect("findings").iter();
    let found = findings.find(|finding| finding["id"] == error.as_str());
    let manifest = office.json("output/2023-12/run.json");
    let waiver = json!({
        "id": error,
        "rule": "T01-101",
        "district": { "code": "500113", "name": "巴南区" },
        "form": "T01",
        "found": found.expect("the finding")["found"],
        "by": "张三",
        "remark": "按文件口径",
        "seen": "2024-01-09T02:00",
    });
    assert_eq!(manifest["waivers"], Value::Array(vec![waiver]));
}

#[test]
fn a_returned_form_is_named_as_returned_when_the_month_is_to_be_closed() {
    let office = office(BODY);
    // Late, which is not what keeps the month open.
    run(&office, "2024-01-12T02:00", &[]);
    let back = taken(&summary(&office), "巴南区", ("退回修改", "李四", "缺一行"));
    office.put(PATH, &back);
    run(&office, "2024-01-13T02:00", &[]);
    assert_eq!(office.standing("500113", "acceptance"), "returned");
    let said = office.hebiao(&["close", "2023-12", "--now", "2024-01-20T09:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("巴南区 T01 退回\n"), "{}", said.err);
    assert!(!said.err.contains("迟报"), "{}", said.err);
}

#[test]
fn a_closed_month_says_so_on_the_first_page_and_on_the_terminal() {
    const CLOSED: &str = "已封库：2024-01-20T09:00，王芳；保留意见：口径待省里明确";
    let office = office(BODY);
    run(&office, "2024-01-08T02:00", &[]);
    assert!(!says(&office, "已封库："));
    let said = office.hebiao(&[
        "close",
        "2023-12",
        "--by",
        "王芳",
        "--with-reservations",
        "口径待省里明确",
        "--now",
        "2024-01-20T09:00",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let status = || office.hebiao(&["status"]).out;
    let line = |out: &str| out.lines().nth(1).expect("a line").to_owned();
    assert_eq!(line(&status()), CLOSED);
    run(&office, "2024-01-21T02:00", &[]);
    assert!(says(&office, CLOSED));
    assert!(!says(&office, "封库后更正"));
    assert_eq!(line(&status()), CLOSED);
    let mended = BODY
        .replace("| 90 | 90 | 0 |", "| 91 | 91 | 0 |")
        .replace("| 30 | 30 | 0 |", "| 31 | 31 | 0 |");
    office.sheet("input/2023-12/巴南区 第2次.xlsx", &drawn(&mended));
    run(&office, "2024-01-25T02:00", &[]);
    led_to(&office, "封库后更正 4 处");
    assert_eq!(line(&status()), format!("{CLOSED}；封库后更正 4 处"));
    let english = office.hebiao(&["status", "--lang", "en"]).out;
    assert_eq!(
        line(&english),
        "closed: 2024-01-20T09:00, 王芳; reservations: 口径待省里明确; corrections since: 4"
    );
}

/// How wide each column of the board is, in digits.
fn widths(office: &Office) -> Vec<f64> {
    let mut zip = zip::ZipArchive::new(Cursor::new(summary(office))).expect("a package");
    let mut part = zip.by_name("xl/worksheets/sheet2.xml").expect("the board");
    let mut xml = String::new();
    part.read_to_string(&mut xml).expect("text");
    let mut widths = Vec::new();
    for column in xml.split("<col ").skip(1) {
        let number = |name: &str| -> f64 {
            let rest = column.split(&format!("{name}=\"")).nth(1).expect(name);
            let text = rest.split('"').next().expect("a value");
            text.parse().expect("a number")
        };
        let (first, last) = (number("min"), number("max"));
        let mut at = first;
        while at <= last {
            widths.push(number("width"));
            at += 1.0;
        }
    }
    widths
}

#[test]
fn the_boards_columns_hold_the_longest_of_their_words() {
    let office = office(BODY);
    for lang in ["zh", "en"] {
        run(&office, "2024-01-08T02:00", &["--lang", lang]);
        let of = |text: words::Text| {
            let is_zh = lang == "zh";
            words::width(if is_zh { &text.zh } else { &text.en })
        };
        let reporting = Reporting::ALL.map(|one| of(one.words()));
        let checking = Checking::ALL.map(|one| of(one.words()));
        let acceptance = Acceptance::ALL.map(|one| of(one.words()));
        let widths = widths(&office);
        let longest = [&reporting[..], &checking, &acceptance];
        for (column, longest) in widths[4..7].iter().zip(longest) {
            let longest = longest.iter().max().expect("words");
            let longest = f64::from(u32::try_from(*longest).expect("a width"));
            assert!(*column > longest + 1.0, "{lang}: {longest} in {column}");
        }
    }
}
