//! Small csv lists of the rules folder: headings, then a line an entry.
//!
//! Lines that begin with `#` are comments, so that a list can say where it comes from. What is
//! wrong is told at its cell; what the columns mean is the business of those who read them.

use super::form::Form;
use super::register::Register;
use super::source::{Problem, Sources, stray_quotes};
use crate::words::Text;
use chrono::NaiveDate;
use std::ops::Range;

/// The sign that a comment begins with.
const COMMENT: Option<u8> = Some(b'#');

/// A list with its headings.
pub(super) struct List<'a> {
    file: &'a str,
    text: &'a str,
    heads: Vec<String>,
    records: Vec<csv::StringRecord>,
}

/// What is wrong with a line: under which heading, and what.
pub(super) type Wrong = (&'static str, Text);

/// One line of a list.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    list: &'a List<'a>,
    record: &'a csv::StringRecord,
}

impl<'a> List<'a> {
    /// Reads a list that must have some columns. None where there is no such file; or where a
    /// quotation mark has no partner or a column is missing, which is told.
    pub(super) fn read(
        sources: &'a Sources,
        file: &'a str,
        needed: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let (file, text) = sources.list(file)?;
        let strays = stray_quotes(file, text, COMMENT);
        if !strays.is_empty() {
            problems.extend(strays);
            return None;
        }
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .comment(COMMENT)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let heads: Vec<String> = match reader.headers() {
            Ok(heads) => heads.iter().map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        };
        let missing = needed
            .iter()
            .find(|name| !heads.iter().any(|head| head == *name));
        if let Some(name) = missing {
            let message = both!("缺少列 `{name}`", "the column `{name}` is missing");
            problems.push(Problem::new(file, line_at(text, 0), message));
            return None;
        }
        let mut records = Vec::new();
        for record in reader.records() {
            match record {
                // A table program leaves lines of nothing but commas behind.
                Ok(record) if record.iter().all(str::is_empty) => {}
                Ok(record) => records.push(record),
                Err(error) => {
                    let at = error.position().map_or(0, byte);
                    let message = Text::new("这一行读不出来", "this line cannot be read");
                    problems.push(Problem::new(file, line_at(text, at), message));
                }
            }
        }
        Some(Self {
            file,
            text,
            heads,
            records,
        })
    }

    /// The lines under the headings.
    pub(super) fn lines(&'a self) -> impl Iterator<Item = Line<'a>> {
        self.records
            .iter()
            .map(move |record| Line { list: self, record })
    }
}

impl<'a> Line<'a> {
    /// What stands under a heading; nothing where there is no such column.
    pub(super) fn get(&self, name: &str) -> &'a str {
        let at = self.list.heads.iter().position(|head| head == name);
        at.and_then(|at| self.record.get(at)).unwrap_or("")
    }

    /// What stands under a heading that must not be empty.
    pub(super) fn filled(&self, name: &'static str) -> Result<&'a str, Wrong> {
        match self.get(name) {
            "" => Err((
                name,
                both!("`{name}` 这一格是空的", "the cell `{name}` is empty"),
            )),
            written => Ok(written),
        }
    }

    /// The position of the form whose number stands under a heading.
    pub(super) fn form(&self, name: &'static str, forms: &[Form]) -> Result<usize, Wrong> {
        let written = self.filled(name)?;
        let found = forms.iter().position(|known| known.id == written);
        found.ok_or_else(|| {
            let message = both!("没有表号 `{written}`", "there is no form `{written}`");
            (name, message)
        })
    }

    /// The position of the district that is named under a heading.
    pub(super) fn district(&self, name: &'static str, register: &Register) -> Result<usize, Wrong> {
        let written = self.filled(name)?;
        register.called(written).ok_or_else(|| {
            let message = both!(
                "登记表里没有单位 `{written}`",
                "there is no district `{written}` in the register"
            );
            (name, message)
        })
    }

    /// A day under a heading.
    pub(super) fn day(&self, name: &'static str) -> Result<NaiveDate, Wrong> {
        let written = self.filled(name)?;
        day(written).ok_or_else(|| {
            let message = both!(
                "`{written}` 不是日期，应写成 `2024-01-10`",
                "`{written}` is no day: expected one such as `2024-01-10`"
            );
            (name, message)
        })
    }

    /// What is wrong, at its place.
    pub(super) fn problem(&self, (name, message): Wrong) -> Problem {
        Problem::new(self.list.file, self.place(name), message)
    }

    /// Where the cell under a heading stands, or the line where that can't be said.
    fn place(&self, name: &str) -> Range<usize> {
        let at = self.record.position().map_or(0, byte);
        let whole = line_at(self.list.text, at);
        let line = &self.list.text[whole.clone()];
        let wanted = self.list.heads.iter().position(|head| head == name);
        // Within quotes a comma parts nothing.
        let Some(wanted) = wanted.filter(|_| !line.contains('"')) else {
            return whole;
        };
        let before: usize = line
            .split(',')
            .take(wanted)
            .map(|cell| cell.len() + 1)
            .sum();
        let Some(cell) = line.split(',').nth(wanted) else {
            return whole;
        };
        let start = whole.start + before + cell.len() - cell.trim_start().len();
        match cell.trim().len() {
            0 => whole,
            length => start..start + length,
        }
    }
}

fn byte(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(0)
}

/// The first line from a byte on that holds an entry: the reader counts blank lines and comments
/// to the line after them.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let mut start = at.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    loop {
        let rest = &text[start..];
        start += rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let rest = &text[start..];
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        if !rest.starts_with('#') {
            return start..start + length;
        }
        start += length;
    }
}

/// A day as people and table programs write it: `2024-01-10`, `2024/1/10`, `2024年1月10日`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let plain = text.replace(['年', '月', '/', '.'], "-");
    let mut parts = plain.trim_end_matches('日').split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.files.insert("x.csv".to_owned(), text.to_owned());
        sources
    }

    #[test]
    fn comments_and_empty_lines_are_no_entries_and_a_mistake_stands_at_its_cell() {
        let text = "# source\ndate, name\n\n# a remark\n2024-13-01, 甲\n,\n2024/2/3,乙\n";
        let sources = sources(text);
        let mut problems = Vec::new();
        let list = List::read(&sources, "x.csv", &["date", "name"], &mut problems);
        let list = list.expect("a list");
        assert_eq!(problems, []);
        let names: Vec<&str> = list.lines().map(|line| line.get("name")).collect();
        assert_eq!(names, ["甲", "乙"]);
        let days: Vec<_> = list.lines().map(|line| line.day("date")).collect();
        assert_eq!(
            days[0].as_ref().map_err(|(_, message)| message.zh.as_str()),
            Err("`2024-13-01` 不是日期，应写成 `2024-01-10`")
        );
        assert_eq!(
            days[1],
            Ok(NaiveDate::from_ymd_opt(2024, 2, 3).expect("a day"))
        );
        let first = list.lines().next().expect("a line");
        let name = first.problem(("name", Text::default()));
        assert_eq!(&text[name.span], "甲");
    }

    #[test]
    fn a_missing_column_is_told_at_the_headings() {
        let text = "# source\ndate\n2024-01-01\n";
        let sources = sources(text);
        let mut problems = Vec::new();
        let list = List::read(&sources, "x.csv", &["date", "kind"], &mut problems);
        assert!(list.is_none());
        assert_eq!(problems[0].message.zh, "缺少列 `kind`");
        assert_eq!(&text[problems[0].span.clone()], "date");
    }

    #[test]
    fn days_are_read_as_people_and_table_programs_write_them() {
        let the_tenth = NaiveDate::from_ymd_opt(2024, 1, 10);
        for text in ["2024-01-10", "2024/1/10", "2024.1.10", "2024年1月10日"] {
            assert_eq!(day(text), the_tenth, "{text}");
        }
        for text in ["", "1月10日", "2024-02-30", "10/1/2024", "2024-1-1-1"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
