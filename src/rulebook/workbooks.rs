//! Lists that an office keeps as workbooks: the register and the contacts may be `.xlsx`.
//!
//! What stands in such a workbook becomes the text that a csv file would have, a line a row. So
//! each list is read in one way, and a mistake in it is told with the row that it stands in. A
//! workbook is opened by whoever asks, in a worker, as all workbooks are.

use super::source::{Problem, ReadError, Sources};
use super::{calendar, contacts, register, revisions};
use crate::words::Text;
use std::fs;
use std::path::Path;

/// What stands in a workbook's cells, by sheet and row.
pub type Sheets = Vec<Vec<Vec<String>>>;

/// The lists that may be workbooks.
const EITHER: [&str; 2] = [register::FILE, contacts::FILE];
/// The lists that are read as csv alone.
const PLAIN: [&str; 3] = [calendar::FILE, calendar::EXTENSIONS, revisions::FILE];
/// How the files of table programs end.
const ENDINGS: [&str; 6] = ["xlsx", "xlsm", "xlsb", "xls", "et", "ods"];
/// A column that both lists must have: its heading shows in which row a list begins.
const KNOWN_BY: &str = "code";

impl Sources {
    /// A list by its name as csv: the file that it is in, and its text.
    pub fn list(&self, name: &str) -> Option<(&str, &str)> {
        let found = self.files.get_key_value(name).or_else(|| {
            let name = as_workbook(name)?;
            self.files.get_key_value(&name)
        });
        found.map(|(file, text)| (file.as_str(), text.as_str()))
    }

    /// The same with each list under its name as csv, so that one that moved into a workbook is
    /// compared with what it was.
    #[must_use]
    pub fn as_csv(&self) -> Self {
        let files = self.files.iter().map(|(name, text)| {
            let name = csv_of(name).unwrap_or_else(|| name.clone());
            (name, text.clone())
        });
        Self {
            files: files.collect(),
        }
    }

    /// Adds the lists that are workbooks, and tells what is no list that can be read. `read` opens
    /// a workbook and says what stands in it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn add_workbooks(
        &mut self,
        dir: &Path,
        read: &dyn Fn(&Path) -> Result<Sheets, Text>,
    ) -> Result<Vec<Problem>, ReadError> {
        let failed = |source| ReadError::Read {
            path: dir.to_owned(),
            source,
        };
        let mut books: Vec<(String, String)> = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy().into_owned();
            books.extend(csv_of(&name).map(|list| (name, list)));
        }
        books.sort();
        let is_read = |(name, list): &(String, String)| {
            EITHER.contains(&list.as_str()) && as_workbook(list).as_ref() == Some(name)
        };
        let (lists, others): (Vec<_>, Vec<_>) = books.into_iter().partition(is_read);
        let mut problems = Vec::new();
        for (name, list) in &lists {
            problems.extend(self.take(dir, name, list, read));
        }
        for (name, list) in &others {
            problems.extend(self.not_read(name, list));
        }
        Ok(problems)
    }

    /// Takes a list out of its workbook; what is wrong, where that can't be.
    fn take(
        &mut self,
        dir: &Path,
        name: &str,
        list: &str,
        read: &dyn Fn(&Path) -> Result<Sheets, Text>,
    ) -> Option<Problem> {
        let wrong = |message: Text| Some(Problem::new(name, 0..0, message));
        if self.files.contains_key(list) {
            return wrong(both!(
                "`{list}` 和 `{name}` 都有，不知道以哪个为准，请只留一个",
                "both `{list}` and `{name}` are there: keep the one that counts"
            ));
        }
        let path = dir.join(name);
        // A link to a rule file is followed; a worker follows none.
        let path = path.canonicalize().unwrap_or(path);
        let sheets = match read(&path) {
            Ok(sheets) => sheets,
            Err(Text { zh, en }) => {
                return wrong(both!(
                    "`{name}` 读不出来：{zh}",
                    "`{name}` cannot be read: {en}"
                ));
            }
        };
        let mut found = sheets.iter().filter_map(|rows| Some((rows, head(rows)?)));
        let text = match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                return wrong(both!(
                    "`{name}` 有不止一张工作表有 `{KNOWN_BY}` 列，请只留一张",
                    "more than one sheet of `{name}` has the column `{KNOWN_BY}`: keep one"
                ));
            }
            (Some((rows, head)), None) => text(rows, head),
            // Whoever reads the list tells which columns are missing.
            (None, _) => {
                let filled = sheets.iter().find(|rows| !rows.is_empty());
                filled.map_or_else(String::new, |rows| text(rows, 0))
            }
        };
        self.files.insert(name.to_owned(), text);
        None
    }

    /// That a workbook was passed over, where it may be a list that somebody counts on: one of ours,
    /// or one that a rule names. Without those that the rules lack they can't be used.
    fn not_read(&self, name: &str, list: &str) -> Option<Problem> {
        let is_ours = EITHER.contains(&list) || PLAIN.contains(&list);
        if !is_ours && !self.files.values().any(|text| text.contains(list)) {
            return None;
        }
        if let Some((other, _)) = self.list(list) {
            let message = both!(
                "`{name}` 没有读，读的是 `{other}`",
                "`{name}` was not read, `{other}` was"
            );
            return Some(Problem::new(name, 0..0, message).warning());
        }
        let message = both!(
            "`{name}` 没有读：请另存为 csv（`{list}`）",
            "`{name}` was not read: save it as csv, `{list}`"
        );
        let problem = Problem::new(name, 0..0, message);
        Some(if is_ours { problem } else { problem.warning() })
    }
}

/// The csv file that a file of a table program stands for. What such a program keeps beside a file
/// that is open stands for none.
pub(super) fn csv_of(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    let is_by_the_way = name.starts_with(['.', '~']);
    (!is_by_the_way && ENDINGS.contains(&ending.as_str())).then(|| format!("{stem}.csv"))
}

/// What a list is called as a workbook, by its name as csv.
fn as_workbook(list: &str) -> Option<String> {
    let stem = list.strip_suffix(".csv")?;
    Some(format!("{stem}.xlsx"))
}

/// The row with the headings.
fn head(rows: &[Vec<String>]) -> Option<usize> {
    let mut rows = rows.iter();
    rows.position(|row| row.iter().any(|cell| cell.trim() == KNOWN_BY))
}

/// A sheet as a csv file has it. A title above the headings and comments are left out, their lines
/// stay empty, so that a line has the number of its row.
fn text(rows: &[Vec<String>], head: usize) -> String {
    let width = rows.get(head).map_or(0, Vec::len);
    let line = |(at, row): (usize, &Vec<String>)| {
        let first = row.first().map_or("", |cell| cell.trim_start());
        if at < head || row.is_empty() || first.starts_with('#') {
            return "\n".to_owned();
        }
        let mut cells: Vec<String> = row.iter().map(|cell| one_line(cell)).collect();
        cells.resize(cells.len().max(width), String::new());
        cells.join(",") + "\n"
    };
    rows.iter().enumerate().map(line).collect()
}

/// A cell's words on one line, in quotation marks where a csv file needs them.
fn one_line(cell: &str) -> String {
    let words = cell.replace(['\r', '\n'], " ");
    let words = words.trim();
    if words.contains([',', '"']) {
        format!("\"{}\"", words.replace('"', "\"\""))
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(drawn: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        drawn.iter().map(row).collect()
    }

    #[test]
    fn a_line_has_the_number_of_its_row() {
        let rows = rows(&[
            &["填报单位登记表"],
            &[],
            &["code", "name", "region"],
            &["# 主城, 其他"],
            &["500113", "巴南\n区"],
            &["500108", "南\"岸,区", "东"],
        ]);
        assert_eq!(head(&rows), Some(2));
        assert_eq!(
            text(&rows, 2),
            "\n\ncode,name,region\n\n500113,巴南 区,\n500108,\"南\"\"岸,区\",东\n"
        );
    }

    #[test]
    fn what_lies_beside_an_open_workbook_is_none() {
        assert_eq!(csv_of("calendar.XLS").as_deref(), Some("calendar.csv"));
        for name in ["~$districts.xlsx", ".districts.xlsx", "KY01.toml", "xlsx"] {
            assert_eq!(csv_of(name), None, "{name}");
        }
    }
}
