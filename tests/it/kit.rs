//! An office to test in: a folder with rules, submissions and results, and the program.

use calamine::{Reader, Xlsx};
use hebiao::place::{Cell, column_letters};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of its own with `rules/`, `input/` and `output/`.
pub struct Office {
    dir: TempDir,
}

/// Three districts, in the shape of the real register.
pub const REGISTER: &str = "\
code,name,org_name,aliases,former_names,kind,region,valid_from,valid_to
500113,巴南区,重庆市巴南区教育委员会,巴南,,district,中心城区,,
500108,南岸区,重庆市南岸区教育委员会,南岸,,district,中心城区,,
500230,丰都县,重庆市丰都县教育委员会,丰都,,county,渝东北,,
";

impl Office {
    /// An office with one form, described by the text of its rule file.
    pub fn new(form: &str) -> Self {
        let office = Self {
            dir: tempfile::tempdir().expect("a folder for the test"),
        };
        office.put("rules/districts.csv", REGISTER.as_bytes());
        office.put("rules/T01.toml", form.as_bytes());
        fs::create_dir_all(office.path("input")).expect("a folder");
        office
    }

    /// An office with the rules and samples of the repository.
    pub fn with_samples(periods: &[&str]) -> Self {
        let office = Self {
            dir: tempfile::tempdir().expect("a folder for the test"),
        };
        copy(&repository().join("rules"), &office.path("rules"));
        for period in periods {
            let from = repository().join("input").join(period);
            copy(&from, &office.path("input").join(period));
        }
        office
    }

    /// A path in the office.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Puts a file there.
    pub fn put(&self, relative: &str, bytes: &[u8]) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a folder in the office")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// Draws a sheet and puts it there as a workbook, see [`book`].
    pub fn sheet(&self, relative: &str, drawn: &str) {
        self.put(relative, &book(&[("T01", drawn)]));
    }

    /// Runs the program in the office.
    pub fn hebiao(&self, arguments: &[&str]) -> Said {
        Said::from(
            self.command(arguments)
                .output()
                .expect("the program starts"),
        )
    }

    /// The program, ready to be started in the office.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hebiao"));
        command.args(arguments).current_dir(self.dir.path());
        command
    }

    /// What `hebiao check` says of one drawn sheet, without the sentence of counts.
    pub fn findings(&self, drawn: &str) -> String {
        self.sheet("巴南区.xlsx", drawn);
        let said = self.hebiao(&["check", "巴南区.xlsx", "--period", "2023-12"]);
        assert!(said.code < 2, "{}", said.err);
        said.out
    }

    /// How a district stands with its first form, as `findings.json` of December 2023 says.
    pub fn standing(&self, code: &str, of: &str) -> String {
        let report = self.json("output/2023-12/findings.json");
        let districts = report["districts"].as_array().expect("districts");
        let mut with_code = districts.iter().filter(|d| d["code"] == code);
        let district = with_code.next().expect("the district");
        district["forms"][0][of].as_str().expect("words").to_owned()
    }

    /// A published file, read as JSON.
    pub fn json(&self, relative: &str) -> serde_json::Value {
        let bytes = fs::read(self.path(relative)).expect("a published file");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

/// A workbook of drawn sheets by name; a name that begins with `-` is hidden.
///
/// A line is a row: its number, then its cells from column A on; `'12` is text, `12.3%` a number
/// in percent format, `[0.00]12` a number in that format, `{SUM(B1:B2)}12` a formula with its
/// stored result, `=#DIV/0!` an error. `merge A1:C1`, `hide row 5` and `hide column C` stand on
/// lines of their own.
pub fn book(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = ExcelDateTime::from_ymd(2024, 1, 6).expect("a day");
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    for (name, drawn) in sheets {
        let sheet = book.add_worksheet();
        sheet
            .set_name(name.trim_start_matches('-'))
            .expect("a name");
        sheet.set_hidden(name.starts_with('-'));
        draw(sheet, drawn);
    }
    book.save_to_buffer().expect("a workbook")
}

fn draw(sheet: &mut Worksheet, drawn: &str) {
    let percent = Format::new().set_num_format("0.0%");
    let lines = drawn.lines().map(str::trim);
    for line in lines.clone() {
        let cell = |text: &str| Cell::parse(text).expect("a cell");
        let column = |cell: Cell| u16::try_from(cell.column).expect("a column");
        if let Some((first, last)) = line.strip_prefix("merge ").and_then(|r| r.split_once(':')) {
            let (a, b) = (cell(first), cell(last));
            sheet
                .merge_range(a.row, column(a), b.row, column(b), "", &Format::new())
                .expect("a merge");
        } else if let Some(row) = line.strip_prefix("hide row ") {
            let row: u32 = row.parse().expect("a row");
            sheet.set_row_hidden(row - 1).expect("a row");
        } else if let Some(letter) = line.strip_prefix("hide column ") {
            let at = column(cell(&format!("{letter}1")));
            sheet.set_column_hidden(at).expect("a column");
        }
    }
    for line in lines.filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Ok(row) = cells[0].parse::<u32>() else {
            continue;
        };
        for (column, text) in (0_u16..).zip(&cells[1..]) {
            let at = (row - 1, column);
            if text.is_empty() {
                continue;
            }
            if let Some(text) = text.strip_prefix('\'') {
                sheet.write_string(at.0, at.1, text).expect("a cell");
            } else if let Some((code, x)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
                let format = Format::new().set_num_format(code);
                let x: f64 = x.parse().expect("a number behind its format");
                sheet
                    .write_number_with_format(at.0, at.1, x, &format)
                    .expect("a cell");
            } else if let Some((formula, result)) =
                text.strip_prefix('{').and_then(|t| t.split_once('}'))
            {
                let formula = Formula::new(formula).set_result(result);
                sheet.write_formula(at.0, at.1, formula).expect("a cell");
            } else if let Some(x) = text.strip_suffix('%').and_then(|x| x.parse::<f64>().ok()) {
                sheet
                    .write_number_with_format(at.0, at.1, x / 100.0, &percent)
                    .expect("a cell");
            } else if let Ok(x) = text.parse::<f64>() {
                sheet.write_number(at.0, at.1, x).expect("a cell");
            } else if let Some(error) = text.strip_prefix('=') {
                let formula = Formula::new("1/0").set_result(error);
                sheet.write_formula(at.0, at.1, formula).expect("a cell");
            } else {
                sheet.write_string(at.0, at.1, *text).expect("a cell");
            }
        }
    }
}

/// A workbook with something else in one place of one of its sheets.
pub fn edited(package: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut hits = 0;
    let out = with_sheets(package, |_, text| {
        hits += text.matches(from).count();
        text.replace(from, to)
    });
    assert_eq!(hits, 1, "{from}");
    out
}

/// A workbook with the text of each sheet's part made anew.
fn with_sheets(package: &[u8], mut make: impl FnMut(&str, String) -> String) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(package)).expect("a package");
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("its bytes");
        if name.starts_with("xl/worksheets/") && !name.contains("/_rels/") {
            bytes = make(&name, String::from_utf8(bytes).expect("text")).into_bytes();
        }
        out.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a part");
        out.write_all(&bytes).expect("its bytes");
    }
    out.finish().expect("a package").into_inner()
}

/// A sheet's text with other words in a cell that is there.
fn put_words(sheet: &str, cell: &str, words: &str) -> String {
    let start = sheet.find(&format!("<c r=\"{cell}\"")).expect("the cell");
    let tag = start + sheet[start..].find('>').expect("its tag") + 1;
    let end = if sheet[..tag].ends_with("/>") {
        tag
    } else {
        start + sheet[start..].find("</c>").expect("its end") + 4
    };
    let style = sheet[start..tag]
        .split(" s=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let style = style.map_or_else(String::new, |style| format!(" s=\"{style}\""));
    let cell = format!("<c r=\"{cell}\"{style} t=\"inlineStr\"><is><t>{words}</t></is></c>");
    format!("{}{cell}{}", &sheet[..start], &sheet[end..])
}

/// The sheets of a workbook with the texts of their cells, by row and column from A1.
fn grids(package: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(package)).expect("a workbook");
    let names = book.sheet_names();
    let sheets = names.into_iter().map(|name| {
        let range = book.worksheet_range(&name).expect("a sheet");
        let (rows, columns) = range
            .end()
            .map_or((0, 0), |(row, column)| (row + 1, column + 1));
        let text = |at| {
            range
                .get_value(at)
                .map_or_else(String::new, ToString::to_string)
        };
        let row = |row| (0..columns).map(|column| text((row, column))).collect();
        (name, (0..rows).map(row).collect())
    });
    sheets.collect()
}

/// The texts of a sheet's cells, by row and column from A1.
pub fn grid(package: &[u8], sheet: &str) -> Vec<Vec<String>> {
    let mut grids = grids(package).into_iter();
    let found = grids.find(|(name, _)| name == sheet);
    found.expect("the sheet").1
}

/// Every text of a workbook.
pub fn texts(package: &[u8]) -> Vec<String> {
    let sheets = grids(package).into_iter();
    sheets
        .flat_map(|(_, rows)| rows)
        .flatten()
        .filter(|text| !text.is_empty())
        .collect()
}

/// The row of the findings sheet that begins with an id.
pub fn front_row(package: &[u8], id: &str) -> Vec<String> {
    let (_, rows) = grids(package).swap_remove(0);
    let mut rows = rows.into_iter();
    rows.find(|row| row[0] == id).expect("the finding's row")
}

/// A returned report with words typed into columns of a finding's row.
pub fn typed(package: &[u8], id: &str, words: &[(&str, &str)]) -> Vec<u8> {
    let (_, rows) = grids(package).swap_remove(0);
    let row = rows
        .iter()
        .position(|row| row[0] == id)
        .expect("the finding's row")
        + 1;
    with_sheets(package, |name, text| {
        if !name.ends_with("hebiao-findings.xml") {
            return text;
        }
        words.iter().fold(text, |text, (column, words)| {
            put_words(&text, &format!("{column}{row}"), words)
        })
    })
}

/// A summary in which staff decided on a finding: word, name, remark.
pub fn decided(package: &[u8], id: &str, words: (&str, &str, &str)) -> Vec<u8> {
    filled(package, "处理", |row| row[0] == id, words)
}

/// A summary in which staff decided on a unit's first form: word, name, remark.
pub fn taken(package: &[u8], unit: &str, words: (&str, &str, &str)) -> Vec<u8> {
    filled(package, "受理", |row| row[2] == unit, words)
}

/// A summary with words in a row of the sheet that has the heading.
fn filled(
    package: &[u8],
    heading: &str,
    is_wanted: impl Fn(&[String]) -> bool,
    words: (&str, &str, &str),
) -> Vec<u8> {
    let (sheet, head, rows) = grids(package)
        .into_iter()
        .enumerate()
        .find_map(|(at, (_, rows))| {
            let head = rows
                .iter()
                .position(|row| row.iter().any(|cell| cell == heading))?;
            Some((at, head, rows))
        })
        .expect("the sheet with the heading");
    let row = rows.iter().position(|row| is_wanted(row)).expect("the row") + 1;
    let column = |name: &str| {
        let at = rows[head]
            .iter()
            .position(|cell| cell == name)
            .expect("a heading");
        column_letters(u32::try_from(at).expect("a column"))
    };
    let (word, by, remark) = words;
    let words = [(heading, word), ("处理人", by), ("备注", remark)];
    with_sheets(package, |name, text| {
        if !name.ends_with(&format!("/sheet{}.xml", sheet + 1)) {
            return text;
        }
        words.iter().fold(text, |text, (heading, words)| {
            put_words(&text, &format!("{}{row}", column(heading)), words)
        })
    })
}

/// What the program said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; 255 where it was killed.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(255),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Every file below a folder with its bytes, by relative path.
pub fn contents(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, into: &mut std::collections::BTreeMap<String, Vec<u8>>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), into);
            } else {
                into.insert(name, fs::read(entry.path()).unwrap_or_default());
            }
        }
    }
    let mut all = std::collections::BTreeMap::new();
    walk(folder, "", &mut all);
    all
}

/// A small form with a total, an of-which, a rate, a growth and a rule.
pub const FORM: &str = r#"
[form]
id = "T01"
title = "课题情况"
blank = "nil"
due = "次月10日"
row_label = "类别"
row_no = "代码"

[columns.applications]
no = 1
label = "申报数 › 本年"
type = "count"

[columns.before]
no = 2
label = "申报数 › 上年同期"
type = "count"
restates = "last_year(applications)"

[columns.growth]
no = 3
label = "申报数 › 增长（%）"
type = "percent"
states = "growth(applications, before)"

[columns.approved]
no = 4
label = "立项数"
type = "count"

[columns.coverage]
no = 5
label = "覆盖率（%）"
type = "percent"
max = { value = 100, source = "by definition" }

[rows.total]
no = "01"
label = "合计"
total_of = ["key", "general"]

[rows.key]
no = "02"
label = "重点"

[rows.general]
no = "03"
label = "一般"

[rows.school]
no = "04"
label = "其中：学校承担"
part_of = "total"

[[rule]]
id = "T01-101"
title = "立项数不大于申报数"
title_en = "No more approvals than applications"
severity = "error"
check = "立项数 <= [1]"

[[rule]]
id = "T01-201"
title = "申报数变动较大"
title_en = "Applications changed much"
severity = "query"
rows = ["total"]
check = "growth(applications) between -30% and 30%"
at_least = 20
by_at_least = 10
"#;

/// The form's sheet with everything in order; cells are drawn by the caller from row 5 on.
pub fn drawn(body: &str) -> String {
    format!(
        "
| 1 | 课题情况 | | | | | | |
| 2 | 填报单位：重庆市巴南区教育委员会 | | | 2023年1—12月 | | | |
| 3 | 类别 | 代码 | 申报数 | 申报数 | 申报数 | 立项数 | 覆盖率（%） |
| 4 | | | 本年 | 上年同期 | 增长（%） | | |
{body}"
    )
}

/// A list of schools with a total, groups and stages.
pub const LIST: &str = r#"
[form]
id = "T02"
title = "学校情况"
rows = "list"
key = ["code"]
due = "次月10日"
signatures = ["填表人"]

[columns.code]
no = 1
label = "学校代码"
type = "code"

[columns.name]
no = 2
label = "学校名称"
type = "text"

[columns.classes]
no = 3
label = "班数"
type = "count"
unit = "个"

[columns.pupils]
no = 4
label = "在校生数 › 合计"
type = "count"
unit = "人"

[columns.primary]
no = 5
label = "在校生数 › 小学 › 小计"
type = "count"
unit = "人"

[columns.equipment]
no = 6
label = "设备值"
type = "money"
unit = "万元"
optional = true
"#;
