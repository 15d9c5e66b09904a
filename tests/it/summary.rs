use crate::kit::{FORM, Office, drawn};
use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use hebiao::place;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::sync::LazyLock;

/// The summary of December 2023 with the two earlier months before it, read back once.
static SUMMARY: LazyLock<Book> = LazyLock::new(|| {
    let office = Office::with_samples(&["2022-12", "2023-11", "2023-12"]);
    let said = office.hebiao(&["run", "--now", "2024-01-12T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    Book::read(&office, "output/2023-12/summary.xlsx")
});

/// A workbook's values and formulas by sheet.
struct Book {
    names: Vec<String>,
    values: BTreeMap<String, Range<Data>>,
    formulas: BTreeMap<String, Range<String>>,
    /// What the same run says to programs.
    report: serde_json::Value,
}

impl Book {
    fn read(office: &Office, path: &str) -> Self {
        let mut book: Xlsx<_> = open_workbook(office.path(path)).expect("a workbook");
        let names = book.sheet_names();
        let mut values = BTreeMap::new();
        let mut formulas = BTreeMap::new();
        for name in &names {
            values.insert(name.clone(), book.worksheet_range(name).expect("values"));
            let formula = book.worksheet_formula(name).expect("formulas");
            formulas.insert(name.clone(), formula);
        }
        Self {
            names,
            values,
            formulas,
            report: office.json(&path.replace("summary.xlsx", "findings.json")),
        }
    }

    fn cell(&self, sheet: &str, row: u32, column: u32) -> &Data {
        let values = self.values[sheet].get_value((row, column));
        values.unwrap_or(&Data::Empty)
    }

    fn text(&self, sheet: &str, row: u32, column: u32) -> String {
        self.cell(sheet, row, column).to_string()
    }

    fn number(&self, sheet: &str, row: u32, column: u32) -> Option<f64> {
        match self.cell(sheet, row, column) {
            Data::Float(x) => Some(*x),
            Data::Int(x) => x.to_string().parse().ok(),
            _ => None,
        }
    }

    fn count(&self, sheet: &str, row: u32, column: u32) -> u64 {
        let text = self.text(sheet, row, column);
        text.parse()
            .unwrap_or_else(|_| panic!("{sheet} {row} {column}: {text}"))
    }

    /// How many rows and columns a sheet has.
    fn size(&self, sheet: &str) -> (u32, u32) {
        let end = self.values[sheet].end().expect("cells");
        (end.0 + 1, end.1 + 1)
    }

    /// The column under a heading.
    fn column(&self, sheet: &str, row: u32, heading: &str) -> u32 {
        let (_, columns) = self.size(sheet);
        let mut all = 0..columns;
        all.find(|column| self.text(sheet, row, *column) == heading)
            .unwrap_or_else(|| panic!("{sheet} has no column {heading}"))
    }

    /// The first row in which this stands in a column.
    fn row(&self, sheet: &str, column: u32, text: &str) -> u32 {
        let (rows, _) = self.size(sheet);
        let mut all = 0..rows;
        all.find(|row| self.text(sheet, *row, column) == text)
            .unwrap_or_else(|| panic!("{sheet} has no row {text}"))
    }

    /// What stands in a column of the list of findings, line by line.
    fn findings(&self, heading: &str) -> Vec<String> {
        let column = self.column("问题清单", 2, heading);
        let (rows, _) = self.size("问题清单");
        let lines = (3..rows).filter(|row| !self.text("问题清单", *row, 0).is_empty());
        lines
            .map(|row| self.text("问题清单", row, column))
            .collect()
    }

    /// How many findings there are of each severity.
    fn weights(&self) -> [u64; 3] {
        let severities = self.findings("级别");
        ["必改", "核实", "提示"].map(|word| {
            severities
                .iter()
                .filter(|severity| *severity == word)
                .count() as u64
        })
    }

    /// The cells of `A1:B2` or `A1`, row by row.
    fn range(&self, sheet: &str, range: &str) -> Vec<&Data> {
        let range = place::Range::parse(&range.replace('$', "")).expect("a range");
        let rows = range.first.row..=range.last.row;
        rows.flat_map(|row| {
            let columns = range.first.column..=range.last.column;
            columns.map(move |column| self.cell(sheet, row, column))
        })
        .collect()
    }
}

/// The number behind a word, as in `必改 12 · 核实 3`.
fn behind(text: &str, word: &str) -> u64 {
    let rest = text.split(word).nth(1).expect("the word");
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().expect("a number")
}

/// The last sum of a formula, worked out from the cells that it reads.
fn worked_out(book: &Book, sheet: &str, formula: &str) -> Option<f64> {
    let number = |cell: &Data| match cell {
        Data::Float(x) => *x,
        _ => 0.0,
    };
    let start = formula.rfind("SUM")?;
    let (name, rest) = formula[start..].split_once('(')?;
    let arguments: Vec<&str> = rest.split(')').next()?.split(',').collect();
    if name == "SUM" {
        let cells = arguments.iter().flat_map(|range| book.range(sheet, range));
        return Some(cells.map(number).sum());
    }
    let mut figures: Vec<f64> = book
        .range(sheet, arguments[0])
        .into_iter()
        .map(number)
        .collect();
    for condition in arguments[1..].chunks(2) {
        let wanted = book.range(sheet, condition[1])[0].to_string();
        let cells = book.range(sheet, condition[0]);
        for (figure, cell) in figures.iter_mut().zip(cells) {
            if cell.to_string() != wanted {
                *figure = 0.0;
            }
        }
    }
    Some(figures.iter().sum())
}

#[test]
fn counts_are_the_same_on_overview_board_list_and_rules() {
    let book = &*SUMMARY;
    let listed = book.weights();
    assert!(listed.iter().all(|count| *count > 0), "{listed:?}");
    let overview = book.text("总览", 1, 0);
    let said = ["必改", "核实", "提示"].map(|word| behind(&overview, word));
    assert_eq!(said, listed, "{overview}");
    let title = book.text("问题清单", 1, 0);
    assert_eq!(
        ["必改", "核实", "提示"].map(|word| behind(&title, word)),
        listed
    );

    let board = "报送状态";
    let first = book.column(board, 3, "必改");
    let whole = book.row(board, 0, "全市");
    let at = |row: u32| [0, 1, 2].map(|more| book.count(board, row, first + more));
    let elsewhere = match book.text(board, whole + 1, 0).as_str() {
        "" => [0; 3],
        _ => at(whole + 1),
    };
    let of_units: Vec<[u64; 3]> = (4..whole)
        .filter(|row| book.number(board, *row, 0).is_some())
        .map(at)
        .collect();
    assert_eq!(of_units.len(), 41);
    for which in 0..3 {
        let units: u64 = of_units.iter().map(|counts| counts[which]).sum();
        assert_eq!(units, at(whole)[which]);
        assert_eq!(units + elsewhere[which], listed[which]);
    }

    let column = book.column("审核关系", 2, "列出");
    let total = book.row("审核关系", 0, "合计");
    assert_eq!(
        book.count("审核关系", total, column),
        listed.iter().sum::<u64>()
    );
}

#[test]
fn open_errors_on_the_overview_are_those_of_the_list() {
    let book = &*SUMMARY;
    let (rows, columns) = book.size("总览");
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let texts = cells.map(|(row, column)| book.text("总览", row, column));
    let card = texts.filter(|text| text.starts_with("必改未改"));
    let cards: Vec<String> = card.collect();
    assert_eq!(cards.len(), 1, "{cards:?}");
    let severities = book.findings("级别");
    let states = book.findings("状态");
    let open = severities.iter().zip(&states);
    let open = open.filter(|(severity, state)| *severity == "必改" && *state == "未处理");
    assert_eq!(behind(&cards[0], "必改未改"), open.count() as u64);
}

#[test]
fn every_live_total_is_the_sum_of_its_cells() {
    let book = &*SUMMARY;
    let mut seen = 0;
    for name in &book.names {
        let formulas = &book.formulas[name];
        let Some(start) = formulas.start() else {
            continue;
        };
        for (row, column, formula) in formulas.used_cells() {
            let (row, column) = (start.0 as usize + row, start.1 as usize + column);
            let at = |n: usize| u32::try_from(n).expect("a position");
            let stored = book.number(name, at(row), at(column));
            let (Some(stored), Some(sum)) = (stored, worked_out(book, name, formula)) else {
                continue;
            };
            let slack = 1e-9 * sum.abs().max(1.0);
            assert!(
                (stored - sum).abs() <= slack,
                "{name} {row} {column}: {formula} has {stored}, its cells {sum}"
            );
            seen += 1;
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn groups_add_up_to_the_city() {
    let book = &*SUMMARY;
    let sheet = "全市汇总";
    let (first, last) = (
        book.column(sheet, 2, "已报单位") + 1,
        book.column(sheet, 2, "含必改未改"),
    );
    assert_eq!(last - first, 4);
    let (rows, _) = book.size(sheet);
    let mut seen = 0;
    for row in 3..rows {
        let is_sum = book.text(sheet, row, last + 1).is_empty();
        let Some(total) = book.number(sheet, row, first - 2).filter(|_| is_sum) else {
            continue;
        };
        let groups = (first..last).filter_map(|column| book.number(sheet, row, column));
        let groups: f64 = groups.sum();
        let slack = 1e-9 * total.abs().max(1.0);
        assert!(
            (groups - total).abs() <= slack,
            "row {row}: {groups} {total}"
        );
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn units_add_up_to_the_citys_growth() {
    let book = &*SUMMARY;
    let sheet = "增长拉动";
    let sum = book.row(sheet, 0, "各单位之和");
    let (_, columns) = book.size(sheet);
    let growths: Vec<f64> = (2..columns)
        .filter_map(|column| book.number(sheet, sum + 1, column))
        .collect();
    for (more, growth) in (0..).zip(&growths) {
        let units = book.number(sheet, sum, 2 + more).expect("a sum");
        assert!((units - growth).abs() < 1e-6, "{units} {growth}");
    }
    // What is repeated on every page stands over these columns.
    assert_eq!(book.text(sheet, 2, 0), "填报单位");
    assert_eq!(book.row(sheet, 0, "万州区"), 3);
    // Applications of the city: 3581 after 3123.
    let row = book.row("同比", 1, "合计 · 申报数›本年累计");
    let growth = book.number("同比", row, 8).expect("a growth");
    assert!((growth - (3581.0 / 3123.0 - 1.0)).abs() < 1e-9, "{growth}");
    let known = growths
        .iter()
        .any(|known| (known - growth * 100.0).abs() < 1e-6);
    assert!(known, "{growths:?}");
}

#[test]
fn last_year_stands_as_it_was_published_and_months_that_were_not_run_are_blank() {
    let book = &*SUMMARY;
    let published = book.column("同比", 2, "上年全市（暂）");
    let row = book.row("同比", 1, "合计 · 申报数›本年累计");
    assert_eq!(book.number("同比", row, published), Some(3123.0));
    let row = book.row("趋势", 1, "合计 · 申报数›本年累计");
    let month = |name: &str| {
        let column = book.column("趋势", 2, name);
        book.number("趋势", row, column)
    };
    assert_eq!(month("2023-12"), Some(3581.0));
    assert!(month("2023-11").is_some());
    assert_eq!(month("2023-10"), None);
}

#[test]
fn the_ledger_has_the_errors_of_the_board_and_who_has_nothing_to_mend_has_passed() {
    let book = &*SUMMARY;
    let (sheet, board) = ("报送质量台账", "报送状态");
    let month = book.column(sheet, 2, "2023年12月");
    assert_eq!(book.text(sheet, 3, month + 2), "一次通过");
    assert_eq!(book.text(sheet, 3, month + 3), "必改");
    let of = |unit: &str, more: u32| book.count(sheet, book.row(sheet, 0, unit), month + more);
    let errors = book.column(board, 3, "必改");
    let whole = book.row(board, 0, "全市");
    for row in (4..whole).filter(|row| book.number(board, *row, 0).is_some()) {
        let unit = book.text(board, row, 2);
        assert_eq!(of(&unit, 3), book.count(board, row, errors), "{unit}");
    }
    assert_eq!(of("全市", 3), book.count(board, whole, errors));
    // KY01 of 41 units and the five other forms of December.
    assert_eq!(of("全市", 0), 41 * 6);
    // Both claim one school; which of them is wrong staff find out, and until then neither is.
    assert_eq!((of("沙坪坝区", 3), of("沙坪坝区", 2)), (1, 6));
    assert_eq!((of("高新区", 3), of("高新区", 2)), (1, 6));
}

#[test]
fn a_findings_effect_is_one_number_in_both_lists_and_for_programs() {
    let book = &*SUMMARY;
    let told = book.report["findings"].as_array().expect("findings");
    let told: BTreeMap<&str, Option<f64>> = told
        .iter()
        .map(|one| (one["id"].as_str().expect("an id"), one["effect"].as_f64()))
        .collect();
    let lines = |sheet: &str| -> Vec<(String, Option<f64>)> {
        let columns = ["编号", "影响"].map(|heading| book.column(sheet, 2, heading));
        let (rows, _) = book.size(sheet);
        let line = |row| {
            let effect = book.number(sheet, row, columns[1]);
            (book.text(sheet, row, columns[0]), effect)
        };
        (3..rows).map(line).collect()
    };
    let mut listed = lines("问题清单");
    listed.retain(|(id, _)| !id.is_empty());
    assert_eq!(listed.len(), told.len());
    let mut ranked = lines("重点核实名单");
    ranked.retain(|(id, _)| id != "—");
    assert!(ranked.len() > 100, "{}", ranked.len());
    assert!(ranked.iter().all(|(_, effect)| effect.is_some()));
    for (id, effect) in listed.iter().chain(&ranked) {
        assert_eq!(effect, &told[id.as_str()], "{id}");
    }
}

#[test]
fn an_id_is_a_word_on_every_list() {
    let book = &*SUMMARY;
    let ids = book.findings("编号");
    let mut seen = 0;
    for sheet in ["重点核实名单", "情况说明", "放行", "与上次相比"] {
        let column = book.column(sheet, 2, "编号");
        let (rows, _) = book.size(sheet);
        for row in 3..rows {
            match book.cell(sheet, row, column) {
                Data::Empty => {}
                Data::String(text) if text == "—" => {}
                Data::String(id) => {
                    assert!(ids.contains(id), "{sheet}: {id}");
                    seen += 1;
                }
                other => panic!("{sheet} {row}: {other:?}"),
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_forms_sheet_has_as_many_findings_as_the_list() {
    let book = &*SUMMARY;
    let severities = book.findings("级别");
    let forms = book.findings("表");
    for form in ["KY01", "JH01", "XX01", "PX01A", "PX01B", "JF01"] {
        let (rows, _) = book.size(form);
        let mut all = 0..rows;
        let elsewhere = all.find(|row| book.text(form, *row, 0) == "另有不属于任何单位的问题");
        // A rule over the whole city.
        assert_eq!(elsewhere.is_some(), form == "KY01", "{form}");
        let whole = book.row(form, 0, "全市");
        for word in ["必改", "核实"] {
            let column = book.column(form, 2, word);
            let more = elsewhere.map_or(0, |row| book.count(form, row, column));
            let listed = severities.iter().zip(&forms);
            let listed = listed.filter(|(severity, of)| *severity == word && *of == form);
            let shown = book.count(form, whole, column) + more;
            assert_eq!(shown, listed.count() as u64, "{form} {word}");
        }
    }
}

/// A month's sheet of the small form, as a district sends it.
fn month(district: &str, months: &str) -> String {
    let body = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";
    let drawn = drawn(body).replace("巴南区", district);
    drawn.replace("2023年1—12月", months)
}

/// The charts of a summary.
fn charts(office: &Office) -> String {
    let file = fs::File::open(office.path("output/2023-12/summary.xlsx")).expect("a summary");
    let mut zip = zip::ZipArchive::new(file).expect("a package");
    let mut all = String::new();
    for at in 0..zip.len() {
        let mut part = zip.by_index(at).expect("a part");
        if part.name().expect("a name").starts_with("xl/charts/chart") {
            part.read_to_string(&mut all).expect("a chart");
        }
    }
    all
}

#[test]
fn months_over_different_numbers_of_units_are_not_joined() {
    let office = Office::new(FORM);
    let sent = [
        ("input/2023-11/巴南区.xlsx", month("巴南区", "2023年1—11月")),
        ("input/2023-12/巴南区.xlsx", month("巴南区", "2023年1—12月")),
        ("input/2023-12/丰都县.xlsx", month("丰都县", "2023年1—12月")),
    ];
    for (path, sheet) in &sent {
        office.sheet(path, sheet);
    }
    let run = || {
        let said = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
        assert!(said.code < 2, "{}", said.err);
        let book = Book::read(&office, "output/2023-12/summary.xlsx");
        let row = book.row("趋势", 1, "合计 · 申报数›本年");
        (book.text("趋势", row + 1, 3), charts(&office))
    };
    let (said, drawn) = run();
    assert_eq!(said, "单位数不同");
    assert!(drawn.contains("（单位数不同：1–2，不连线）"), "{drawn}");
    assert!(drawn.contains("<a:noFill/>"), "{drawn}");
    // Over the same number of units they are.
    fs::remove_file(office.path(sent[2].0)).expect("a file");
    let (said, drawn) = run();
    assert_eq!(said, "");
    let is_joined = drawn.contains("<c:lineChart>") && !drawn.contains("<a:noFill/>");
    assert!(is_joined, "{drawn}");
}

#[test]
fn staff_find_their_columns_by_name_and_what_each_line_offers() {
    let book = &*SUMMARY;
    for heading in ["编号", "处理", "处理人", "备注"] {
        book.column("问题清单", 2, heading);
    }
    for heading in ["代码", "受理", "处理人", "备注"] {
        book.column("报送状态", 3, heading);
    }
    let audiences = book.findings("对象");
    let severities = book.findings("级别");
    let choices = book.findings("选项");
    for ((audience, severity), choice) in audiences.iter().zip(&severities).zip(&choices) {
        match (audience.as_str(), severity.as_str()) {
            (_, "必改") => assert_eq!(choice, "1"),
            ("区县", _) => assert_eq!(choice, "2"),
            _ => assert!(matches!(choice.as_str(), "3" | "4" | "5"), "{choice}"),
        }
    }
}

#[test]
fn who_signed_and_whom_to_telephone_stands_nowhere() {
    let book = &*SUMMARY;
    for (name, values) in &book.values {
        for (_, _, cell) in values.used_cells() {
            let text = cell.to_string();
            for private in ["023-66", "张　伟", "李　娜", "王　芳"] {
                assert!(!text.contains(private), "{name}: {text}");
            }
        }
    }
}
