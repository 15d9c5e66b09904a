//! The register: who must report, in the official order.

use super::list;
use super::source::{Problem, stray_quotes};
use crate::period::Period;
use crate::spelling::fold;
use crate::words::Text;
use chrono::Datelike;
use std::collections::BTreeMap;
use std::ops::Range;

/// The register's file name in the rules folder.
pub const FILE: &str = "districts.csv";
/// The longest code and name together, in bytes: reports are named with them.
const LONGEST_FOLDER: usize = 120;

/// One reporting unit, 填报单位.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct District {
    /// The official code.
    pub code: String,
    /// The name as the office writes it.
    pub name: String,
    /// The office that signs.
    pub org_name: String,
    /// Other names under which it signs, former names included.
    pub aliases: Vec<String>,
    /// The group that it is summed with: 中心城区.
    pub region: String,
    /// The first period in which it reports, if it was founded in the register's time.
    pub valid_from: Option<Period>,
    /// The last period in which it reports.
    pub valid_to: Option<Period>,
    /// The codes of the districts that it was made of, all of each: a pure merger.
    pub predecessors: Vec<String>,
    /// The file with its earlier figures, restated for its borders of today.
    pub baseline_file: Option<String>,
}

impl District {
    /// Whether the district has to report in this period.
    pub fn reports_in(&self, period: Period) -> bool {
        self.valid_from.is_none_or(|from| from <= period)
            && self.valid_to.is_none_or(|to| period <= to)
    }

    /// The district's folder among the reports: code and name.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.code, self.name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [&self.name, &self.org_name]
            .into_iter()
            .chain(&self.aliases)
            .map(String::as_str)
    }
}

/// All reporting units in the official order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// In the order of the file, which is the official one.
    pub districts: Vec<District>,
}

impl Register {
    /// The districts that must report in a period, with their place in the register.
    pub fn due(&self, period: Period) -> impl Iterator<Item = (usize, &District)> {
        self.districts
            .iter()
            .enumerate()
            .filter(move |(_, d)| d.reports_in(period))
    }

    /// The position of the district with this code or name.
    pub fn position(&self, code_or_name: &str) -> Option<usize> {
        let mut districts = self.districts.iter();
        districts.position(|d| d.code == code_or_name || d.name == code_or_name)
    }

    /// The position of the district that the office's own lists call so: by its code, or by any of
    /// its names that no other district has.
    pub fn called(&self, written: &str) -> Option<usize> {
        self.position(written).or_else(|| {
            let written = fold(written);
            let is_so_called = |district: &District| {
                let mut names = district.names().map(fold);
                !written.is_empty() && names.any(|name| name == written)
            };
            let districts = self.districts.iter().enumerate();
            let mut called = districts.filter(|(_, district)| is_so_called(district));
            let (at, _) = called.next()?;
            called.next().is_none().then_some(at)
        })
    }

    /// The groups in the order in which they first stand in the register.
    pub fn regions(&self) -> Vec<&str> {
        let mut regions: Vec<&str> = Vec::new();
        for district in &self.districts {
            if !regions.contains(&district.region.as_str()) {
                regions.push(&district.region);
            }
        }
        regions
    }

    /// The districts that a longer text speaks of: a title, a file name, a signature.
    ///
    /// Of two names that overlap, such as 万州 in 万州区, the longer counts.
    pub fn mentioned(&self, text: &str) -> Vec<usize> {
        let text = fold(text);
        let mut hits: Vec<(Range<usize>, usize)> = Vec::new();
        for (index, district) in self.districts.iter().enumerate() {
            for name in district.names() {
                let name = fold(name);
                if name.chars().count() < 2 {
                    continue;
                }
                hits.extend(
                    text.match_indices(&name)
                        .map(|(at, hit)| (at..at + hit.len(), index)),
                );
            }
        }
        let longest: Vec<usize> = hits
            .iter()
            .filter(|(range, _)| {
                !hits.iter().any(|(other, _)| {
                    other.len() > range.len()
                        && other.start <= range.start
                        && range.end <= other.end
                })
            })
            .map(|(_, index)| *index)
            .collect();
        let mut found: Vec<usize> = longest;
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Reads the register's text: a line a district under a line of headings.
pub fn parse(file: &str, text: &str) -> (Register, Vec<Problem>) {
    let mut reading = Reading {
        file,
        text,
        heads: Vec::new(),
        problems: stray_quotes(file, text, None),
    };
    let mut register = Register::default();
    if !reading.problems.is_empty() {
        return (register, reading.problems);
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    if let Ok(heads) = reader.headers() {
        reading.heads = heads.iter().map(|head| head.trim().to_owned()).collect();
    }
    if !reading.has_columns() {
        return (register, reading.problems);
    }
    // By code: the line that it stands on first.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().byte();
        let span = line_at(text, usize::try_from(start).unwrap_or(0));
        let line = text[..span.start].matches('\n').count() + 1;
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                reading.problem(
                    span,
                    Text::new("这一行读不出来", "this line cannot be read"),
                );
                continue;
            }
        }
        let Some(district) = reading.district(&record, &span) else {
            continue;
        };
        let code = &district.code;
        if let Some(line) = seen.get(code) {
            let message = both!(
                "代码 `{code}` 重复：第 {line} 行已经用过",
                "code `{code}` stands twice: first on line {line}"
            );
            reading.problem(span, message).help = Some(Text::new(
                "每个填报单位一个代码，请改正其中一行",
                "each reporting unit has a code of its own: mend one of the lines",
            ));
            continue;
        }
        if let Some(other) = register.districts.iter().find(|d| d.name == district.name) {
            let (name, code) = (&other.name, &other.code);
            let message = both!(
                "名称 `{name}` 重复：代码 `{code}` 已经用过",
                "the name `{name}` stands twice: first with code `{code}`"
            );
            reading.problem(span, message);
            continue;
        }
        seen.insert(district.code.clone(), line);
        register.districts.push(district);
    }
    for district in &register.districts {
        for code in &district.predecessors {
            if !register.districts.iter().any(|known| known.code == *code) {
                let name = &district.name;
                let message = both!(
                    "{name} 的前身 `{code}` 不在登记表里",
                    "the predecessor `{code}` of {name} is not in the register"
                );
                reading.problem(first_line(text), message).help = Some(Text::new(
                    "撤销的单位也要留一行，写上 valid_to",
                    "a district that is no more keeps its line, with `valid_to`",
                ));
            }
        }
    }
    if register.districts.is_empty() && reading.problems.is_empty() {
        let message = Text::new(
            "登记表里没有填报单位",
            "the register names no reporting unit",
        );
        reading.problem(first_line(text), message);
    }
    (register, reading.problems)
}

struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    heads: Vec<String>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn problem(&mut self, span: Range<usize>, message: Text) -> &mut Problem {
        self.problems.push(Problem::new(self.file, span, message));
        self.problems.last_mut().expect("just added")
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|head| head == name)
    }

    fn has_columns(&mut self) -> bool {
        for needed in ["code", "name", "org_name", "region"] {
            if self.column(needed).is_none() {
                let message = both!(
                    "登记表缺少列 `{needed}`",
                    "the register has no column `{needed}`"
                );
                self.problem(first_line(self.text), message);
            }
        }
        self.problems.is_empty()
    }

    fn field<'r>(&self, record: &'r csv::StringRecord, name: &str) -> &'r str {
        let field = self.column(name).and_then(|at| record.get(at));
        field.map_or("", str::trim)
    }

    /// One line as a district, if it can be one.
    fn district(&mut self, record: &csv::StringRecord, span: &Range<usize>) -> Option<District> {
        let (code, name) = (self.field(record, "code"), self.field(record, "name"));
        if code.is_empty() || name.is_empty() {
            let message = Text::new("代码和名称都要填", "a district needs a code and a name");
            self.problem(span.clone(), message);
            return None;
        }
        // Both become a folder's name.
        let signs = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
        let has_controls = code.chars().chain(name.chars()).any(char::is_control);
        let is_long = code.len() + name.len() > LONGEST_FOLDER;
        let is_odd = has_controls || is_long || name.ends_with(['.', ' ']);
        if code.contains(signs) || name.contains(signs) || code.starts_with('.') || is_odd {
            let message = both!(
                "代码 `{code}` 或名称 `{name}` 含有不能用于文件夹名的符号，或者太长",
                "code `{code}` or name `{name}` has a sign that no folder can be named with, or is too long"
            );
            self.problem(span.clone(), message);
            return None;
        }
        let list = |name: &str| -> Vec<String> {
            let names = self.field(record, name).split('|').map(str::trim);
            names.filter(|n| !n.is_empty()).map(str::to_owned).collect()
        };
        let mut aliases = list("aliases");
        aliases.extend(list("former_names"));
        let predecessors = list("predecessors");
        let baseline_file = list("baseline_file").into_iter().next();
        let (valid_from, valid_to) = (
            self.period(record, "valid_from", span),
            self.period(record, "valid_to", span),
        );
        Some(District {
            code: code.to_owned(),
            name: name.to_owned(),
            org_name: self.field(record, "org_name").to_owned(),
            aliases,
            region: self.field(record, "region").to_owned(),
            valid_from,
            valid_to,
            predecessors,
            baseline_file,
        })
    }

    fn period(
        &mut self,
        record: &csv::StringRecord,
        name: &str,
        span: &Range<usize>,
    ) -> Option<Period> {
        let value = self.field(record, name);
        if value.is_empty() {
            return None;
        }
        // A table program makes a day of a month.
        let of_day = || list::day(value).and_then(|day| Period::new(day.year(), day.month()));
        let read = Period::parse(value).ok().or_else(of_day);
        if read.is_none() {
            let message = both!(
                "`{name}` 应为 2023-12 这样的年月，这里是 `{value}`",
                "`{name}` is `{value}`: expected a month such as 2023-12"
            );
            self.problem(span.clone(), message);
        }
        read
    }
}

fn first_line(text: &str) -> Range<usize> {
    0..text.find('\n').unwrap_or(text.len())
}

/// The line that begins at or after a byte.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let mut start = at.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    start += text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
    let len = text[start..]
        .find(['\r', '\n'])
        .unwrap_or(text.len() - start);
    start..start + len
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "code,name,org_name,aliases,former_names,kind,region,valid_from,valid_to\n";

    fn register(lines: &str) -> Register {
        let (register, problems) = parse(FILE, &format!("{HEAD}{lines}"));
        assert_eq!(problems, []);
        register
    }

    #[test]
    fn of_two_names_that_overlap_the_longer_counts() {
        let register = register(
            "1,江北区,重庆市江北区教育委员会,江北,,district,中心城区,,\n\
             2,两江新区,重庆两江新区教育局,两江,,zone,中心城区,,\n\
             3,开州区,重庆市开州区教育委员会,开州,开县,district,渝东北,,\n",
        );
        assert_eq!(register.mentioned("重庆两江新区教育局（盖章）"), [1]);
        assert_eq!(register.mentioned("填报单位：开县教委"), [2]);
        assert_eq!(register.mentioned("江北区与开州区"), [0, 2]);
        assert_eq!(register.mentioned("12月报表"), [] as [usize; 0]);
    }

    #[test]
    fn a_code_that_stands_twice_is_told_with_both_lines() {
        let text = format!("{HEAD}\n1,甲区,甲,,,,东,,\n1,乙区,乙,,,,东,,\n");
        let (register, problems) = parse(FILE, &text);
        assert_eq!(register.districts.len(), 1);
        assert_eq!(problems[0].message.zh, "代码 `1` 重复：第 3 行已经用过");
    }

    #[test]
    fn a_list_may_call_a_district_by_any_name_that_is_its_own() {
        let register = register(
            "1,江北区,重庆市江北区教育委员会,江北|北区,,district,中心城区,,2023-12-01\n\
             2,渝北区,重庆市渝北区教育委员会,北区,,district,中心城区,2023/9/1,\n\
             3,开州区,,,开县,district,渝东北,,\n",
        );
        for (name, at) in [
            ("2", Some(1)),
            ("江北", Some(0)),
            ("重庆市 江北区教育委员会", Some(0)),
            ("开县", Some(2)),
            ("北区", None),
            ("", None),
        ] {
            assert_eq!(register.called(name), at, "{name}");
        }
        assert_eq!(register.districts[0].valid_to, Period::new(2023, 12));
        assert_eq!(register.districts[1].valid_from, Period::new(2023, 9));
    }
}
