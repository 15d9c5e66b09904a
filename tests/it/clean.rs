use crate::kit::{FORM, Office, drawn};
use calamine::{Data, Range, Reader, Xlsx};
use std::io::Cursor;

const BANAN: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 100 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 20 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 10 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";

const FENGDU: &str = "
| 5 | 合计 | '01 | 60 | 40 | 50 | 12 | 90 |
| 6 | 重点 | '02 | 40 | 30 | 33.3 | 8 | |
| 7 | 一般 | '03 | 20 | 10 | 100 | 4 | |
| 8 | 其中：学校承担 | '04 | | | | | |
";

/// Two of three districts have reported; the clean tables of that run.
fn published() -> Xlsx<Cursor<Vec<u8>>> {
    let office = Office::new(FORM);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BANAN));
    let other = drawn(FENGDU).replace("巴南区", "丰都县");
    office.sheet("input/2023-12/丰都县.xlsx", &other);
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert!(said.code < 2, "{}", said.err);
    let bytes = std::fs::read(office.path("output/2023-12/上报稿.xlsx")).expect("clean tables");
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

fn line(sheet: &Range<Data>, first: &str) -> Vec<String> {
    let text = |cell: &Data| cell.to_string().replace('\u{3000}', "");
    let mut rows = sheet.rows();
    let row = rows.find(|row| row.iter().any(|cell| text(cell) == first));
    row.expect("the line").iter().map(text).collect()
}

#[test]
fn the_citys_sums_stand_in_the_official_frame_as_values() {
    let mut book = published();
    assert_eq!(book.sheet_names(), ["T01", "T01 分区县", "汇总说明"]);
    let sheet = book.worksheet_range("T01").expect("the form");
    // Growth is that of the sums, 159 against 130, and no mean of 10 and 50.
    let total = line(&sheet, "合计");
    assert_eq!(total[..6], ["合计", "01", "159", "130", "22.3", "42"]);
    let formulas = book.worksheet_formula("T01").expect("formulas");
    assert!(formulas.used_cells().next().is_none());
}

#[test]
fn until_the_month_is_closed_the_title_says_so_and_who_is_missing_is_named() {
    let mut book = published();
    let sheet = book.worksheet_range("T01").expect("the form");
    let words: Vec<String> = sheet.rows().flatten().map(ToString::to_string).collect();
    assert_eq!(words[0], "课题情况（未定案）");
    assert!(words.iter().any(|word| word.contains("汇总单位（盖章）：")));
    let missing = "应报 3 个单位，汇总 2 个，缺：南岸区";
    assert!(words.iter().any(|word| word.contains(missing)), "{words:?}");
}

#[test]
fn groups_and_districts_stand_in_the_official_order() {
    let mut book = published();
    let sheet = book.worksheet_range("T01 分区县").expect("the districts");
    let names: Vec<String> = sheet
        .rows()
        .skip(4)
        .filter_map(|row| row.get(1).map(ToString::to_string))
        .take(6)
        .collect();
    let expected = [
        "全市",
        "中心城区小计",
        "渝东北小计",
        "巴南区",
        "南岸区",
        "丰都县",
    ];
    assert_eq!(names, expected);
    assert_eq!(line(&sheet, "渝东北小计")[2..4], ["60", "40"]);
    // What was not sent is blank, and no zero.
    assert_eq!(line(&sheet, "南岸区")[2], "");
}
