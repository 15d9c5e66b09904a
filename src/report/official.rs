//! A form as the office prints it: where title, headings, rows and foot of its table stand.
//!
//! `frames` lays the sheets out as plain data, and the template and the clean tables that go up
//! are both drawn after them, so that what goes out looks like what comes in. Forms that share a
//! sheet stand on it one below the other. How it is drawn is for `draw`, how 审核关系 are written
//! in official notation for `relations`.

pub(super) mod draw;
mod relations;

pub(super) use relations::relation;

use super::page::SheetNames;
use crate::period::{Period, Periodicity};
use crate::rulebook::Rulebook;
use crate::rulebook::form::{Column, Form, Row};
use crate::rulebook::rule::{Claim, Rule};
use crate::rulebook::written::{Paper, Type};
use crate::words::Text;
use std::collections::BTreeSet;

/// A frame has at least so many columns, so that its three lines stand beside each other.
const LEAST_COLUMNS: usize = 6;
/// The widest table, in digits, that can be read on one A4 page lying.
const WIDEST_ON_A4: f64 = 230.0;
/// The widest table that can be read on one A4 page standing.
const WIDEST_STANDING: f64 = 110.0;

/// A sheet as the office prints it. Rows and columns count from zero.
pub(super) struct Frame<'a> {
    /// The sheet's name.
    pub name: String,
    /// The title over all.
    pub title: Text,
    /// 表号, 制定机关 and what else stands at the upper right, a row each from row 1 on.
    pub identity: Vec<Text>,
    /// The time that it covers.
    pub covers: Text,
    /// The unit line.
    pub unit: Option<Text>,
    /// The tables, from top to bottom.
    pub tables: Vec<Placed<'a>>,
    /// How wide each column is.
    pub widths: Vec<f64>,
    /// The row of the signatures.
    pub foot: usize,
    /// Who signs.
    pub signatures: Vec<String>,
    /// 说明, without their numbers.
    pub notes: Vec<Text>,
    /// The paper.
    pub paper: Paper,
}

/// A form's table on its sheet.
pub(super) struct Placed<'a> {
    /// The form's position in the rulebook.
    pub at: usize,
    /// The form.
    pub form: &'a Form,
    /// The line over the table, with its row.
    pub caption: Option<(usize, Text)>,
    /// The headings.
    pub head: Vec<HeadCell>,
    /// The row of the numbered line, 甲 乙 1 2 3.
    pub numbers: usize,
    /// What stands in each column.
    pub columns: Vec<Shown>,
    /// What stands in each row of the body.
    pub lines: Vec<Line>,
}

/// What stands in a column of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// 序号 of a list's records.
    Serial,
    /// The rows' names.
    Label,
    /// The rows' codes.
    Code,
    /// A column of the form.
    Column(usize),
}

/// What stands in a row of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// A line without figures.
    Heading(Text),
    /// A row of the form.
    Row(usize),
    /// The sum of a list.
    Total(String),
    /// A record of a list.
    Record(usize),
}

/// A cell of the headings, which may reach over several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeadCell {
    /// Its upper left corner, row and column.
    pub first: (usize, usize),
    /// Its lower right corner.
    pub last: (usize, usize),
    /// What it says.
    pub text: Text,
}

impl Frame<'_> {
    /// The row of 填报单位, the time and the unit.
    pub fn filler(&self) -> usize {
        1 + self.identity.len()
    }

    /// The last column.
    pub fn last_column(&self) -> usize {
        self.widths.len() - 1
    }

    /// The first column of the block at the right.
    pub fn right(&self) -> usize {
        self.widths.len() - 3
    }
}

impl Placed<'_> {
    /// The first row of the body.
    pub fn first(&self) -> usize {
        self.numbers + 1
    }

    /// The last row of the body.
    pub fn last(&self) -> usize {
        self.numbers + self.lines.len().max(1)
    }

    /// The first row of the headings.
    pub fn top(&self) -> usize {
        let rows = self.head.iter().map(|cell| cell.first.0);
        rows.min().unwrap_or(self.numbers)
    }

    /// The sheet's column of a column of the form.
    pub fn column_of(&self, column: usize) -> Option<usize> {
        let mut columns = self.columns.iter();
        columns.position(|shown| *shown == Shown::Column(column))
    }

    /// The sheet's row of a row of a fixed form.
    pub fn row_of(&self, row: usize) -> Option<usize> {
        let at = self.lines.iter().position(|line| *line == Line::Row(row))?;
        Some(self.first() + at)
    }

    /// The rows of a list's records, first and last.
    pub fn records(&self) -> Option<(usize, usize)> {
        let is_record = |line: &Line| matches!(line, Line::Record(_));
        let first = self.lines.iter().position(is_record)?;
        let last = self.lines.iter().rposition(is_record)?;
        Some((self.first() + first, self.first() + last))
    }

    /// Where a variable of a fixed form stands.
    pub fn cell(&self, variable: usize) -> Option<(usize, usize)> {
        let variable = self.form.variables.get(variable)?;
        Some((
            self.row_of(variable.row?)?,
            self.column_of(variable.column)?,
        ))
    }

    /// The signs of the numbered line: 栏次 where a column has one, the rest in order 甲 乙 丙.
    pub fn signs(&self) -> Vec<String> {
        const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
        let mut stems = STEMS.chars();
        let sign = |shown: &Shown| match shown {
            Shown::Column(at) if self.form.columns[*at].no.is_some() => {
                let no = self.form.columns[*at].no.unwrap_or_default();
                no.to_string()
            }
            _ => stems.next().map_or_else(String::new, String::from),
        };
        self.columns.iter().map(sign).collect()
    }

    /// The cells in which nothing is asked for: the numerator of a row that is a plain count.
    /// They stand in a column whose figures rates of other rows are made of.
    pub fn crossed_out(&self, rules: &[Rule]) -> Vec<usize> {
        let form = self.form;
        if form.value_columns().next().is_none() {
            return Vec::new();
        }
        let mut used: BTreeSet<usize> = BTreeSet::new();
        for assertion in rules.iter().flat_map(|rule| &rule.assertions) {
            if let Claim::States { follows, .. } = &assertion.claim {
                let mut leaves = Vec::new();
                follows.leaves(&mut leaves);
                used.extend(leaves.iter().filter(|l| l.is_own()).map(|l| l.variable));
            }
        }
        let column = |variable: &usize| form.variables[*variable].column;
        let columns: BTreeSet<usize> = used.iter().map(column).collect();
        let is_crossed_out = |variable: &usize| {
            let at = column(variable);
            form.columns[at].kind == Some(Type::Number)
                && columns.contains(&at)
                && !used.contains(variable)
        };
        (0..form.variables.len()).filter(is_crossed_out).collect()
    }
}

/// A row's label as it is printed: set in, a short total spread, its unit in brackets where no
/// column says it and most rows have another.
pub(super) fn row_label(form: &Form, row: &Row) -> Text {
    let indent = "\u{3000}".repeat(row.indent);
    let zh = match row.label.zh.as_str() {
        "合计" => "合\u{3000}\u{3000}计",
        other => other,
    };
    let most = row.unit.as_ref().is_some_and(|unit| {
        let same = form.rows.iter().filter(|r| r.unit.as_ref() == Some(unit));
        same.count() * 2 > form.rows.len()
    });
    let unit = row.unit.as_ref();
    let unit = unit.filter(|_| form.unit_column().is_none() && !most);
    let (unit_zh, unit_en) = unit.map_or_else(Default::default, |unit| {
        (format!("（{unit}）"), format!(" ({unit})"))
    });
    Text::new(
        format!("{indent}{zh}{unit_zh}"),
        format!("{indent}{}{unit_en}", row.label.en),
    )
}

/// The form's columns of a table, each with where it stands.
pub(super) fn shown_columns<'t>(
    table: &'t Placed<'_>,
) -> impl Iterator<Item = (usize, usize)> + 't {
    let columns = table.columns.iter().enumerate();
    columns.filter_map(|(at, shown)| match shown {
        Shown::Column(column) => Some((at, *column)),
        _ => None,
    })
}

/// The lines of a table's body, each with its row.
pub(super) fn lines<'t>(table: &'t Placed<'_>) -> impl Iterator<Item = (usize, &'t Line)> {
    let first = table.first();
    let lines = table.lines.iter().enumerate();
    lines.map(move |(nth, line)| (first + nth, line))
}

/// The sheets of some forms, each with all of them that stand on it. `records` says how many
/// rows a list has, `names` what other sheets of the workbook are called.
pub(super) fn frames<'a>(
    rulebook: &'a Rulebook,
    period: Period,
    forms: &[usize],
    records: &dyn Fn(usize) -> usize,
    names: &mut SheetNames,
) -> Vec<Frame<'a>> {
    let mut sheets: Vec<(String, Vec<usize>)> = Vec::new();
    for at in forms {
        let form = &rulebook.forms[*at];
        let name = form.print.sheet.as_ref().unwrap_or(&form.id);
        match sheets.iter_mut().find(|(known, _)| known == name) {
            Some((_, forms)) => forms.push(*at),
            None => sheets.push((name.clone(), vec![*at])),
        }
    }
    let frame = |(name, forms): (String, Vec<usize>)| {
        let sheet = names.free(&name, "");
        frame(rulebook, period, (&name, sheet), &forms, records)
    };
    sheets.into_iter().map(frame).collect()
}

fn frame<'a>(
    rulebook: &'a Rulebook,
    period: Period,
    (name, sheet): (&str, String),
    forms: &[usize],
    records: &dyn Fn(usize) -> usize,
) -> Frame<'a> {
    let all: Vec<&Form> = forms.iter().map(|at| &rulebook.forms[*at]).collect();
    // Names and numbers are those of the first form, the foot that of the last.
    let first = all[0];
    let office = &rulebook.job.office;
    let mut identity = vec![
        both!("表\u{3000}\u{3000}号：{name}表", "Form: {name}"),
        both!("制定机关：{office}", "Issued by: {office}"),
    ];
    identity.extend(first.print.identity.iter().map(Text::same));
    let shared = first.print.title.clone().filter(|_| forms.len() > 1);
    let mut top = identity.len() + 2;
    let mut tables = Vec::new();
    for at in forms {
        let form = &rulebook.forms[*at];
        let is_below = !tables.is_empty();
        let caption = form.print.caption.clone().filter(|_| is_below);
        if is_below {
            top += 1;
        }
        let caption = caption.map(|text| (top - 1, text));
        let table = placed(*at, form, top, caption, records(*at));
        top = table.last() + 1;
        tables.push(table);
    }
    let widths = widths(&tables);
    let mut notes: Vec<Text> = Vec::new();
    for note in all.iter().flat_map(|form| &form.print.notes) {
        let note = Text::same(note);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.extend(relations::all(rulebook, forms, period));
    let mut signatures: Vec<String> = Vec::new();
    for label in all.iter().flat_map(|form| &form.signatures) {
        if !signatures.contains(label) {
            signatures.push(label.clone());
        }
    }
    let lines: usize = tables.iter().map(|table| table.lines.len()).sum();
    Frame {
        title: shared.unwrap_or_else(|| first.title.clone()),
        covers: covers(first, period),
        unit: all.iter().copied().find_map(unit_line),
        paper: all
            .iter()
            .find_map(|form| form.print.paper)
            .unwrap_or_else(|| paper(&widths, lines)),
        foot: top + 1,
        name: sheet,
        identity,
        tables,
        widths,
        signatures,
        notes,
    }
}

fn unit_line(form: &Form) -> Option<Text> {
    match (&form.print.unit, &form.unit) {
        (Some(line), _) => Some(Text::same(line)),
        (None, Some(unit)) => Some(both!("计量单位：{unit}", "Unit: {unit}")),
        (None, None) => None,
    }
}

/// The time that a form covers, as it is printed: the year so far, or the school year's day.
fn covers(form: &Form, period: Period) -> Text {
    let (year, month) = (period.year(), period.month());
    // A school year begins in September.
    let begun = match form.periodicity {
        Periodicity::SchoolYear if month < 9 => year - 1,
        _ => year,
    };
    let next = begun + 1;
    if let Some(pattern) = &form.print.covers {
        let from = month.saturating_sub(2).max(1);
        let words = pattern
            .replace("{year}", &begun.to_string())
            .replace("{next}", &next.to_string())
            .replace("{from}", &from.to_string())
            .replace("{month}", &month.to_string());
        return Text::same(words);
    }
    if form.periodicity == Periodicity::SchoolYear {
        return both!(
            "{begun}/{next}学年初（9月1日）",
            "School year {begun}/{next} (1 September)"
        );
    }
    let en = period.words().en;
    match month {
        1 => both!("{year}年1月", "{en}"),
        _ => both!("{year}年1—{month}月", "January to {en}"),
    }
}

fn placed(
    at: usize,
    form: &Form,
    top: usize,
    caption: Option<(usize, Text)>,
    records: usize,
) -> Placed<'_> {
    let columns = columns(form);
    let (head, depth) = head(form, &columns, top);
    Placed {
        at,
        form,
        caption,
        head,
        numbers: top + depth,
        columns,
        lines: body(form, records),
    }
}

/// The columns in the order of the official form: the rows' names, what their unit is, their
/// codes, then the form's columns by their numbers.
fn columns(form: &Form) -> Vec<Shown> {
    let mut shown = Vec::new();
    let unit = form.unit_column();
    if form.is_fixed() {
        shown.push(Shown::Label);
        shown.extend(unit.map(Shown::Column));
        if form.row_no.is_some() {
            shown.push(Shown::Code);
        }
    } else if form.row_no.is_some() {
        shown.push(Shown::Serial);
    }
    let rest = (0..form.columns.len()).filter(|at| !form.is_fixed() || Some(*at) != unit);
    let rest: Vec<usize> = rest.collect();
    // A rule file may have its reasons for another order: numbered columns stand by number.
    let no = |at: &usize| form.columns[*at].no;
    let mut numbered: Vec<usize> = rest.iter().copied().filter(|at| no(at).is_some()).collect();
    numbered.sort_by_key(no);
    let mut numbered = numbered.into_iter();
    let in_order = rest.iter().map(|at| match no(at) {
        Some(_) => numbered.next().unwrap_or(*at),
        None => *at,
    });
    shown.extend(in_order.map(Shown::Column));
    shown
}

fn body(form: &Form, records: usize) -> Vec<Line> {
    if !form.is_fixed() {
        let total = form.print.total.clone().map(Line::Total);
        return total
            .into_iter()
            .chain((0..records).map(Line::Record))
            .collect();
    }
    let mut lines = Vec::new();
    for (at, row) in form.rows.iter().enumerate() {
        lines.extend(row.heading.clone().map(Line::Heading));
        lines.push(Line::Row(at));
    }
    lines
}

/// The parts of a column's label, in both languages; where they have not as many, English has
/// the whole in its last.
fn parts(column: &Column) -> Vec<Text> {
    let split = |text: &str| -> Vec<String> {
        let parts = text.split('›').map(|part| part.trim().to_owned());
        parts.collect()
    };
    let (zh, en) = (split(&column.label.zh), split(&column.label.en));
    let fits = zh.len() == en.len();
    let count = zh.len();
    let part = |(at, zh): (usize, String)| {
        let en = match (fits, at + 1 == count) {
            (true, _) => en[at].clone(),
            (false, true) => column.label.en.clone(),
            (false, false) => zh.clone(),
        };
        Text::new(broken(&zh), en)
    };
    zh.into_iter().enumerate().map(part).collect()
}

/// A heading with its line breaks: before a bracket, after 其中.
fn broken(text: &str) -> String {
    text.replace('（', "\n（")
        .replace("其中：", "其中：\n")
        .trim()
        .to_owned()
}

/// The headings of a table as a tree, and how many rows they take.
fn head(form: &Form, columns: &[Shown], top: usize) -> (Vec<HeadCell>, usize) {
    let paths: Vec<Vec<Text>> = columns
        .iter()
        .map(|shown| match shown {
            Shown::Label => vec![named(form.row_label.as_deref(), "指标名称", "Item")],
            Shown::Code => vec![named(form.row_no.as_deref(), "代码", "Code")],
            Shown::Serial => vec![named(form.row_no.as_deref(), "序号", "No.")],
            Shown::Column(at) => parts(&form.columns[*at]),
        })
        .collect();
    let depth = paths.iter().map(Vec::len).max().unwrap_or(1);
    let mut head = Vec::new();
    for level in 0..depth {
        let mut column = 0;
        while column < paths.len() {
            let path = &paths[column];
            let Some(text) = path.get(level) else {
                column += 1;
                continue;
            };
            let is_last = level + 1 == path.len();
            let same = |other: &&Vec<Text>| {
                !is_last && other.len() > level + 1 && other[..=level] == path[..=level]
            };
            let more = paths[column + 1..].iter().take_while(same).count();
            let bottom = if is_last { depth - 1 } else { level };
            head.push(HeadCell {
                first: (top + level, column),
                last: (top + bottom, column + more),
                text: text.clone(),
            });
            column += more + 1;
        }
    }
    (head, depth)
}

fn named(own: Option<&str>, zh: &str, en: &str) -> Text {
    Text::new(own.unwrap_or(zh), en)
}

/// How wide the columns of a sheet are, after the widest of its tables.
fn widths(tables: &[Placed<'_>]) -> Vec<f64> {
    let count = tables.iter().map(|table| table.columns.len()).max();
    let count = count.unwrap_or(0).max(LEAST_COLUMNS);
    let mut widths = vec![9.5_f64; count];
    for (nth, table) in tables.iter().enumerate() {
        for (at, shown) in table.columns.iter().enumerate() {
            let width = match shown {
                Shown::Serial | Shown::Code => 6.0,
                Shown::Label => label_width(table.form),
                Shown::Column(column) => column_width(&table.form.columns[*column]),
            };
            widths[at] = if nth == 0 {
                width
            } else {
                widths[at].max(width)
            };
        }
    }
    widths
}

fn label_width(form: &Form) -> f64 {
    let labels = form.rows.iter().map(|row| row_label(form, row));
    let widest = labels.map(|label| super::page::width(&label.zh) + 2.0);
    widest.fold(16.0, f64::max).min(44.0)
}

fn column_width(column: &Column) -> f64 {
    match column.kind {
        Some(Type::Code) => 14.0,
        Some(Type::Text) if column.required => 24.0,
        Some(Type::Text) if column.label.zh == "备注" => 20.0,
        Some(Type::Text | Type::Date | Type::Flag) => 11.0,
        Some(Type::Money) => 12.0,
        _ => 10.0,
    }
}

/// The paper after the table: standing where it is narrow, A3 where it is very wide.
fn paper(widths: &[f64], lines: usize) -> Paper {
    let all: f64 = widths.iter().sum();
    if all > WIDEST_ON_A4 {
        Paper::A3Landscape
    } else if all <= WIDEST_STANDING || lines > widths.len() * 3 && all <= WIDEST_STANDING * 1.3 {
        Paper::A4Portrait
    } else {
        Paper::A4Landscape
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::source::Sources;
    use std::path::Path;

    /// The repository's own rules: the forms of the samples.
    fn rulebook() -> Rulebook {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let (sources, problems) = Sources::read(&folder).expect("the rules");
        let loaded = Rulebook::load(&sources, problems);
        loaded.map(|(rulebook, _)| rulebook).expect("sound rules")
    }

    fn drawn(id: &str) -> (Vec<String>, Vec<String>) {
        let rulebook = rulebook();
        let at = rulebook.forms.iter().position(|form| form.id == id);
        let period = Period::parse("2023-12").expect("a period");
        let mut names = SheetNames::new(&[]);
        let form = [at.expect("the form")];
        let frames = frames(&rulebook, period, &form, &|_| 2, &mut names);
        let table = &frames[0].tables[0];
        let cell = super::super::page::cell_name;
        let head = table.head.iter();
        let head = head.map(|one| {
            let text = one.text.zh.replace('\n', "");
            format!("{}:{} {text}", cell(one.first), cell(one.last))
        });
        (head.collect(), table.signs())
    }

    #[test]
    fn headings_are_merged_as_the_official_form_has_them() {
        let (head, signs) = drawn("KY01");
        for expected in [
            "A7:A8 课题类别",
            "B7:B8 代码",
            "C7:F7 申报数",
            "D8:D8 其中：本月",
            "G7:J7 立项数",
            "K7:K8 立项率（%）",
            "N7:N8 备注",
        ] {
            assert!(
                head.iter().any(|cell| cell == expected),
                "{expected}: {head:?}"
            );
        }
        let signs = signs.join(" ");
        assert_eq!(signs, "甲 乙 1 2 3 4 5 6 7 8 9 10 11 丙");
    }

    #[test]
    fn a_list_has_three_levels_and_its_own_signs() {
        let (head, signs) = drawn("XX01");
        for expected in [
            "A7:A9 序号",
            "I7:L7 教学班数",
            "I8:I9 合计",
            "P8:V8 小学",
            "V9:V9 六年级",
        ] {
            assert!(
                head.iter().any(|cell| cell == expected),
                "{expected}: {head:?}"
            );
        }
        assert_eq!(
            &signs[..9],
            ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "1"]
        );
    }

    #[test]
    fn columns_stand_by_their_numbers_and_the_unit_before_the_code() {
        let (head, signs) = drawn("JF01");
        assert!(
            head.iter().any(|cell| cell == "D7:D7 本年预算数"),
            "{head:?}"
        );
        assert_eq!(signs.join(" "), "甲 乙 丙 1 2 3 4 5 丁");
    }

    #[test]
    fn the_time_is_written_as_offices_do() {
        let rulebook = rulebook();
        let period = Period::parse("2023-12").expect("a period");
        let said = |id: &str| {
            let form = rulebook.forms.iter().find(|form| form.id == id);
            covers(form.expect("the form"), period).zh
        };
        assert_eq!(said("KY01"), "2023年1—12月");
        assert_eq!(said("XX01"), "2023/2024学年初（9月1日）");
        assert_eq!(said("JF01"), "2023年1—12月（快报）");
        assert_eq!(said("JH01"), "2023年10—12月");
    }
}
