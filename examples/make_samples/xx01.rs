//! XX01, the schools of compulsory education: a line a school, once a year with December.
//!
//! Lines are filled from the true schools, slips change what is typed in them, and totals add up
//! what is typed. Only then the lines get their places, in the order and dress of the district.

mod slips;

use rust_xlsxwriter::utility::{column_number_to_name, row_col_to_cell};

use crate::city::{District, Period};
use crate::dress::{self, Dress, Habits};
use crate::figures::Shown;
use crate::frame::{self, Frame};
use crate::page::{Page, Stored, Value};
use crate::planted::Notes;
use crate::schools::{self, Change, School};

pub const NAME: &str = "重庆市义务教育学校基本情况";

const INSTRUCTIONS: &str = "说明：1.本表由各区县（自治县）教委（教育局、公共服务局）填报，\
    一行一所学校，统计时点为9月1日。2.报送时间：随12月报送，次月10日前。3.没有数据的栏不填，\
    没有该学段的学校不填该学段各栏。4.审核关系：[1]=[2]+[3]+[4]；[8]=[9]+…+[14]；\
    [15]=[16]+[17]+[18]；[7]=[8]+[15]+[19]；[20]≤[8]+[15]；[22]+[23]≤[21]；[24]≤[22]；\
    [25]≤[23]；[26]≤[22]；[27]≤[23]；[28]≤[22]；[29]≤[23]；[31]≤[30]；合计等于各校之和。";

/// A column of the form: its heading from the top down, another wording, and its sign.
struct Heading([&'static str; 3], &'static str, &'static str);

/// As many columns in front of 栏 1, less one: 栏 1 stands in column 8.
const BEFORE: usize = 7;
const CODE: usize = 1;
const SCHOOL: usize = 2;
const KIND: usize = 3;
const SETTING: usize = 5;
const CHANGE: usize = 6;
const BUILT: usize = 7;
const EQUIPMENT: usize = 33 + BEFORE;
const REMARK: usize = 42;

const TOTAL: &str = "合　　计";

/// In the official order. Another wording replaces the topmost heading.
const HEADINGS: [Heading; 43] = [
    Heading(["序号", "", ""], "序号", "甲"),
    Heading(["学校（机构）\n标识码", "", ""], "学校标识码", "乙"),
    Heading(["学校（机构）名称", "", ""], "学校名称", "丙"),
    Heading(["办学类型", "", ""], "学校类型", "丁"),
    Heading(["举办者\n类型", "", ""], "办学性质", "戊"),
    Heading(["城乡\n类型", "", ""], "城乡分类", "己"),
    Heading(["变动\n情况", "", ""], "变动情况", "庚"),
    Heading(["建成\n年份", "", ""], "建校年份", "辛"),
    Heading(["教学班数", "合计", ""], "班数", "1"),
    Heading(["教学班数", "小学", ""], "班数", "2"),
    Heading(["教学班数", "初中", ""], "班数", "3"),
    Heading(["教学班数", "高中", ""], "班数", "4"),
    Heading(["最大班额", "小学", ""], "最大班额", "5"),
    Heading(["最大班额", "初中", ""], "最大班额", "6"),
    Heading(["在校生数", "合计", ""], "学生数", "7"),
    Heading(["在校生数", "小学", "小计"], "学生数", "8"),
    Heading(["在校生数", "小学", "一年级"], "学生数", "9"),
    Heading(["在校生数", "小学", "二年级"], "学生数", "10"),
    Heading(["在校生数", "小学", "三年级"], "学生数", "11"),
    Heading(["在校生数", "小学", "四年级"], "学生数", "12"),
    Heading(["在校生数", "小学", "五年级"], "学生数", "13"),
    Heading(["在校生数", "小学", "六年级"], "学生数", "14"),
    Heading(["在校生数", "初中", "小计"], "学生数", "15"),
    Heading(["在校生数", "初中", "七年级"], "学生数", "16"),
    Heading(["在校生数", "初中", "八年级"], "学生数", "17"),
    Heading(["在校生数", "初中", "九年级"], "学生数", "18"),
    Heading(["在校生数", "高中", ""], "学生数", "19"),
    Heading(
        ["在校生数", "其中：\n随迁子女\n（义务教育）", ""],
        "学生数",
        "20",
    ),
    Heading(["专任教师", "合计", ""], "专任教师", "21"),
    Heading(["专任教师", "其中：\n小学", ""], "专任教师", "22"),
    Heading(["专任教师", "其中：\n初中", ""], "专任教师", "23"),
    Heading(["高于规定\n学历教师", "小学", ""], "高于规定学历教师", "24"),
    Heading(["高于规定\n学历教师", "初中", ""], "高于规定学历教师", "25"),
    Heading(["县级以上\n骨干教师", "小学", ""], "县级以上骨干教师", "26"),
    Heading(["县级以上\n骨干教师", "初中", ""], "县级以上骨干教师", "27"),
    Heading(
        ["体育、艺术\n专任教师", "小学", ""],
        "体育、艺术专任教师",
        "28",
    ),
    Heading(
        ["体育、艺术\n专任教师", "初中", ""],
        "体育、艺术专任教师",
        "29",
    ),
    Heading(
        ["教学及辅助\n用房面积\n（㎡）", "", ""],
        "教学及辅助用房面积",
        "30",
    ),
    Heading(
        ["其中：室内\n体育用房\n（㎡）", "", ""],
        "其中：室内体育用房面积",
        "31",
    ),
    Heading(
        ["体育运动\n场馆面积\n（㎡）", "", ""],
        "体育运动场馆面积",
        "32",
    ),
    Heading(
        ["教学仪器\n设备值\n（万元）", "", ""],
        "教学仪器设备值（万元）",
        "33",
    ),
    Heading(["网络多媒体\n教室（间）", "", ""], "网络多媒体教室数", "34"),
    Heading(["备注", "", ""], "备注", "壬"),
];

/// Whether the district sends the form for the period.
pub fn sends(district: &District, period: Period) -> bool {
    let silent = match period.year {
        2022 => district.name == "彭水苗族土家族自治县",
        _ => matches!(&*district.name, "巫溪县" | "秀山土家族苗族自治县"),
    };
    period.month == 12 && !silent
}

/// The form on a sheet of this name, or on two where the district puts 民办 on one of their own,
/// and notes on the first, which has all slips.
pub fn pages(
    name: &str,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Vec<Page> {
    let sent = slips::sent((number, district), period);
    let layout = Layout::of(number);
    let sheets = layout.sheets(&sent.lines);
    for slip in &sent.slips {
        let cell = layout.address(&sheets[0], slip);
        match slip.rule {
            Some(rule) => notes.slip(&cell, rule, &slip.what),
            None => notes.never(&cell, &slip.what),
        }
    }
    let private = format!("{name}（民办）");
    let names = [name, &private];
    let pages = sheets
        .iter()
        .zip(names)
        .map(|(rows, name)| layout.page(name, rows, &sent, (number, district), period));
    pages.collect()
}

/// The true lines of three schools and nothing else, for a workbook that corrects a part of what
/// `pages` gives for 2023-12.
///
/// 铜梁区 sends it in a file with 更正 in its name, beside the whole: the lines take the place of
/// those with the same codes, and the slips that these have are found no more. 璧山区 sends it
/// later than the whole in a file of 第2次 without 更正: it must not take the whole's place, and
/// staff are asked (`intake.one`).
pub fn three_schools(name: &str, (number, district): (usize, &District), period: Period) -> Page {
    let schools = schools::list(number, period.year);
    let sent = Sent {
        lines: schools.iter().take(3).map(Line::of).collect(),
        ..Sent::default()
    };
    let rows = [Row::School(0), Row::School(1), Row::School(2)];
    Layout::of(number).page(name, &rows, &sent, (number, district), period)
}

/// What a district sends: the lines, and what is false or only looks false in them.
#[derive(Default)]
struct Sent {
    lines: Vec<Line>,
    slips: Vec<Slip>,
    /// A column whose total was not extended to the last line.
    short: Option<usize>,
    /// No 填表人 under the table.
    unsigned: bool,
}

/// A planted slip and where it is found.
struct Slip {
    place: Place,
    column: usize,
    /// `None` for what must not be found.
    rule: Option<&'static str>,
    what: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A line by its number in `Sent`.
    Line(usize),
    Total,
    Foot,
    /// Something is missing, so there is no cell.
    Nowhere,
}

/// A row of the table.
enum Row {
    /// What it is called, and the lines that it adds up.
    Sum(&'static str, Vec<usize>),
    School(usize),
}

/// What is typed in the line of a school, by columns in the official order.
struct Line {
    private: bool,
    values: Vec<Value>,
}

impl Line {
    fn of(school: &School) -> Line {
        let [primary, junior, senior] = school.kind.stages();
        let words = [
            "",
            &school.code,
            &school.name,
            school.kind.label(),
            if school.private { "民办" } else { "公办" },
            school.setting,
            school.change.map_or("—", Change::label),
            &school.built.to_string(),
        ];
        let mut values: Vec<Value> = words.map(Value::from).into();
        values.resize(HEADINGS.len(), Value::Blank);
        let mut line = Line {
            private: school.private,
            values,
        };
        if school.change == Some(schools::Change::Closed) {
            return line;
        }
        let total: i64 = school.grades.iter().sum();
        let of_primary: i64 = school.grades[..6].iter().sum();
        line.put(1, school.classes.iter().sum());
        line.put(7, total + school.senior);
        for (first, pair) in [
            (2, [school.classes[0], school.classes[1]]),
            (5, school.largest),
            (22, [school.teachers[0], school.teachers[1]]),
            (24, school.degree),
            (26, school.backbone),
            (28, school.sports_arts),
        ] {
            line.put_if(primary, first, pair[0]);
            line.put_if(junior, first + 1, pair[1]);
        }
        line.put_if(primary, 8, of_primary);
        line.put_if(junior, 15, total - of_primary);
        for (grade, pupils) in school.grades.into_iter().enumerate() {
            let taught = if grade < 6 { primary } else { junior };
            line.put_if(taught, grade + if grade < 6 { 9 } else { 10 }, pupils);
        }
        line.put_if(senior, 4, school.classes[2]);
        line.put_if(senior, 19, school.senior);
        line.put(20, school.migrants);
        line.put(21, school.teachers.iter().sum());
        line.put(30, school.rooms);
        line.put(31, school.indoor_sports);
        line.put(32, school.sports_ground);
        line.values[33 + BEFORE] = Shown {
            digits: school.equipment,
            decimals: 2,
        }
        .into();
        line.put(34, school.multimedia);
        line
    }

    /// The text in a column, empty where there is a figure or none.
    fn word(&self, column: usize) -> &str {
        match &self.values[column] {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The whole number in a 栏, 0 where there is none.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a count, as it was put there"
    )]
    fn figure(&self, no: usize) -> i64 {
        number(&self.values[no + BEFORE]) as i64
    }

    /// Whether a column is blank for want of the stage: a school that was closed has nothing.
    fn has_not(&self, column: usize) -> bool {
        self.values[column] == Value::Blank && self.values[30 + BEFORE] != Value::Blank
    }

    /// Types a figure into a 栏.
    fn put(&mut self, no: usize, figure: i64) {
        self.values[no + BEFORE] = figure.into();
    }

    /// As `put`, in a stage that the school has.
    fn put_if(&mut self, taught: bool, no: usize, figure: i64) {
        if taught {
            self.put(no, figure);
        }
    }
}

/// Where the table stands and in which order.
struct Layout {
    dress: Dress,
    grouping: Grouping,
    /// The columns of the form from left to right, `None` for an empty one.
    columns: Vec<Option<usize>>,
    /// Totals are formulas.
    formulas: bool,
    /// A nil is left blank.
    blank_nil: bool,
    /// A word in 变动情况 where nothing has changed.
    unchanged: &'static str,
    /// — in the columns of stages that a school has not.
    crossed: bool,
}

/// What is done about 公办 and 民办.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Together,
    /// 小计 under each.
    Subtotals,
    Sheets,
    /// No total either.
    Bare,
}

impl Layout {
    fn of(number: usize) -> Layout {
        let habits = Habits::of(number);
        let mut columns: Vec<Option<usize>> = (0..HEADINGS.len()).map(Some).collect();
        if habits.dress == Dress::Reworded {
            // Teachers stand in front of pupils.
            columns[7 + BEFORE..=29 + BEFORE].rotate_left(14);
        }
        if habits.dress == Dress::Serial {
            columns.insert(BUILT + 1, None);
        }
        Layout {
            dress: habits.dress,
            grouping: match number {
                17 | 31 => Grouping::Bare,
                _ if number % 7 == 2 => Grouping::Subtotals,
                _ if number % 7 == 1 => Grouping::Sheets,
                _ => Grouping::Together,
            },
            columns,
            formulas: habits.formulas && habits.dress != Dress::Old,
            blank_nil: habits.blank_nil,
            unchanged: if number % 5 == 3 { "无" } else { "—" },
            crossed: matches!(number, 0 | 28),
        }
    }

    /// The rows of each sheet.
    fn sheets(&self, lines: &[Line]) -> Vec<Vec<Row>> {
        let all = || (0..lines.len()).collect::<Vec<_>>();
        let (private, public): (Vec<usize>, Vec<usize>) =
            all().into_iter().partition(|line| lines[*line].private);
        let schools = |lines: &[usize]| lines.iter().copied().map(Row::School).collect::<Vec<_>>();
        let total = |lines: Vec<usize>| Row::Sum(TOTAL, lines);
        match self.grouping {
            Grouping::Bare => vec![schools(&all())],
            Grouping::Together if self.dress == Dress::TotalLast => {
                let mut rows = schools(&all());
                rows.push(total(all()));
                vec![rows]
            }
            Grouping::Together => {
                let mut rows = vec![total(all())];
                rows.extend(schools(&all()));
                vec![rows]
            }
            Grouping::Subtotals => {
                let mut rows = vec![total(all())];
                rows.extend(schools(&public));
                rows.push(Row::Sum("公办小计", public));
                rows.extend(schools(&private));
                rows.push(Row::Sum("民办小计", private));
                vec![rows]
            }
            Grouping::Sheets => {
                let sheet = |lines: Vec<usize>| {
                    let mut rows = schools(&lines);
                    rows.insert(0, total(lines));
                    rows
                };
                vec![sheet(public), sheet(private)]
            }
        }
    }

    fn last(&self) -> u16 {
        small(self.columns.len() - 1)
    }

    /// The first row of the table's body.
    fn body(&self) -> u32 {
        let numbered = u32::from(self.dress != Dress::TotalLast);
        frame::header(self.dress) + 3 + numbered
    }

    fn foot(&self, rows: &[Row]) -> u32 {
        self.body() + u32::try_from(rows.len()).expect("few schools") + 1
    }

    fn column(&self, column: usize) -> u16 {
        let place = self.columns.iter().position(|place| *place == Some(column));
        small(place.expect("every layout has every column"))
    }

    fn address(&self, rows: &[Row], slip: &Slip) -> String {
        let row = |wanted: &dyn Fn(&Row) -> bool| {
            let place = (self.body()..).zip(rows).find(|(_, row)| wanted(row));
            place.expect("slips are on the first sheet").0
        };
        let row = match slip.place {
            Place::Line(line) => row(&|row| matches!(row, Row::School(school) if *school == line)),
            Place::Total => row(&|row| matches!(row, Row::Sum(TOTAL, _))),
            Place::Foot => return row_col_to_cell(self.foot(rows), 0),
            Place::Nowhere => return String::new(),
        };
        row_col_to_cell(row, self.column(slip.column))
    }

    fn page(
        &self,
        name: &str,
        rows: &[Row],
        sent: &Sent,
        (number, district): (usize, &District),
        period: Period,
    ) -> Page {
        let mut page = Page::new(name);
        page.landscape = true;
        page.paper = 8;
        let total = u32::from(matches!(rows[0], Row::Sum(..)));
        page.freeze = Some((self.body() + total, 3));
        page.widths
            .extend([(0, 5.0), (1, 13.0), (2, 26.0), (3, 16.0)]);
        page.width(4..self.last(), 8.0);
        page.widths.insert(self.last(), 20.0);

        let frame = Frame {
            form: "XX01",
            title: NAME,
            spoken: "义务教育学校基本情况统计表",
            annex: "附件6",
            months: format!("{}/{}学年初（9月1日）", period.year, period.year + 1),
            unit: None,
            last: self.last(),
        };
        frame.draw(&mut page, self.dress, district, period);
        self.headings(&mut page);
        self.draw(&mut page, rows, sent);
        if self.dress == Dress::Helped {
            self.check(&mut page, rows);
        }
        let names = dress::signatures(district, number, period, !sent.unsigned);
        dress::foot(
            &mut page,
            self.foot(rows),
            self.last(),
            &names,
            INSTRUCTIONS,
        );
        page
    }

    /// Three rows of headings and the numbered line.
    fn headings(&self, page: &mut Page) {
        let top = frame::header(self.dress);
        let look = dress::heading();
        page.heights
            .extend([(top, 32.0), (top + 1, 24.0), (top + 2, 32.0)]);
        let paths: Vec<[String; 3]> = self
            .columns
            .iter()
            .map(|column| self.path(*column))
            .collect();
        for (column, path) in paths.iter().enumerate() {
            let first = small(column);
            // How many columns from here on have this heading, 0 where it began before.
            let across = |levels: usize| {
                let alike = |other: &&[String; 3]| other[..levels] == path[..levels];
                match column.checked_sub(1) {
                    Some(before) if alike(&&paths[before]) => 0,
                    _ => paths[column..].iter().take_while(alike).count(),
                }
            };
            let [group, heading, detail] = path;
            let mut span = |row: u32, columns: usize, text: &str, down: u32| {
                if columns > 0 {
                    let last = small(column + columns - 1);
                    page.span((row, first), (row + down, last), text, &look);
                }
            };
            if heading.is_empty() {
                span(top, 1, group, 2);
            } else {
                span(top, across(1), group, 0);
                if detail.is_empty() {
                    span(top + 1, 1, heading, 1);
                } else {
                    span(top + 1, across(2), heading, 0);
                    span(top + 2, 1, detail, 0);
                }
            }
        }
        if self.dress != Dress::TotalLast {
            for (place, column) in (0..).zip(&self.columns) {
                let sign = column.map_or("", |column| HEADINGS[column].2);
                page.put(top + 3, place, sign, &look);
            }
        }
    }

    /// A column's headings from the top down, in the words of the dress.
    fn path(&self, column: Option<usize>) -> [String; 3] {
        let Some(column) = column else {
            return Default::default();
        };
        let Heading(path, other, _) = HEADINGS[column];
        let mut path = path.map(str::to_owned);
        match self.dress {
            Dress::Reworded => other.clone_into(&mut path[0]),
            Dress::UnitsInside if path[0] == "教学班数" => path[0] += "（个）",
            Dress::UnitsInside if !path[1].is_empty() => path[0] += "（人）",
            _ => {}
        }
        path
    }

    /// The body of the table.
    fn draw(&self, page: &mut Page, rows: &[Row], sent: &Sent) {
        let mut serial = 0;
        for (row, content) in (self.body()..).zip(rows) {
            if let Row::School(_) = content {
                serial += 1;
            }
            for (place, column) in (0..).zip(&self.columns) {
                let mut look = dress::boxed();
                let mut value = match (column, content) {
                    (None, _) => Value::Blank,
                    (Some(column), Row::Sum(label, lines)) => {
                        let short = *label == TOTAL && sent.short == Some(*column);
                        let lines = &lines[..lines.len() - usize::from(short)];
                        self.sum((*column, place), rows, lines, sent)
                    }
                    (Some(0), Row::School(_)) => serial.into(),
                    (Some(column), Row::School(line)) => self.typed(&sent.lines[*line], *column),
                };
                if *column == Some(EQUIPMENT) {
                    look = look.shown("0.00");
                }
                if let (Dress::Old, Value::Number(number)) = (self.dress, &value) {
                    value = number.to_string().into();
                }
                page.put(row, place, value, &look);
            }
            if let Row::Sum(label, _) = content {
                let look = dress::boxed().centred();
                page.span((row, 0), (row, small(BUILT)), label, &look);
                if self.dress == Dress::Remarked {
                    let all = self.column(7 + BEFORE);
                    page.comment(row, all, "已与学籍系统9月1日数核对");
                }
            }
        }
    }

    /// What is typed for a school, in the words of the district.
    fn typed(&self, line: &Line, column: usize) -> Value {
        let remarked = self.dress == Dress::Remarked;
        match (column, line.word(CHANGE)) {
            (CHANGE, "—") => self.unchanged.into(),
            (REMARK, "新建") if remarked => "秋季学期投用".into(),
            (REMARK, "撤并") if remarked => "学生并入中心校".into(),
            (REMARK, "更名") if remarked => "因学区调整更名".into(),
            _ if column < REMARK && self.crossed && line.has_not(column) => "—".into(),
            _ if self.blank_nil && line.values[column] == Value::Number(0.0) => Value::Blank,
            _ => line.values[column].clone(),
        }
    }

    /// A total as it is typed, or as a formula over the rows of the sheet.
    fn sum(
        &self,
        (column, place): (usize, u16),
        rows: &[Row],
        lines: &[usize],
        sent: &Sent,
    ) -> Value {
        if !(1 + BEFORE..REMARK).contains(&column) {
            return Value::Blank;
        }
        // Of largest classes there is no sum, but a largest one.
        if matches!(column - BEFORE, 5 | 6) {
            let sizes = lines
                .iter()
                .map(|line| number(&sent.lines[*line].values[column]));
            return sizes.fold(0.0, f64::max).into();
        }
        let hundredths = |line: &usize| (number(&sent.lines[*line].values[column]) * 100.0).round();
        let sum = lines.iter().map(hundredths).sum::<f64>() / 100.0;
        if !self.formulas {
            return sum.into();
        }
        let letter = column_number_to_name(place);
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for (row, content) in (self.body() + 1..).zip(rows) {
            if matches!(content, Row::School(line) if lines.contains(line)) {
                match ranges.last_mut() {
                    Some((_, last)) if *last + 1 == row => *last = row,
                    _ => ranges.push((row, row)),
                }
            }
        }
        let ranges = ranges
            .iter()
            .map(|(first, last)| format!("{letter}{first}:{letter}{last}"));
        Value::Formula {
            text: format!("=SUM({})", ranges.collect::<Vec<_>>().join(",")),
            result: Stored::Number(sum),
        }
    }

    /// Two columns beside the table, where the clerk sees 0 while all is well.
    fn check(&self, page: &mut Page, rows: &[Row]) {
        let first = self.last() + 2;
        let top = frame::header(self.dress);
        for (place, (text, whole, parts)) in (first..).zip([
            ("校核：班数", 1, [2, 3, 4]),
            ("校核：在校生", 7, [8, 15, 19]),
        ]) {
            page.put(top + 2, place, text, &dress::plain());
            for (row, _) in (self.body()..).zip(rows) {
                let cell = |no: usize| row_col_to_cell(row, self.column(no + BEFORE));
                let figure = |no: usize| {
                    let place = (row, self.column(no + BEFORE));
                    page.cells
                        .get(&place)
                        .map_or(0.0, |cell| number(&cell.value))
                };
                let parts_of = parts.map(cell).join(",");
                let rest = figure(whole) - parts.map(figure).iter().sum::<f64>();
                let formula = Value::Formula {
                    text: format!("={}-SUM({parts_of})", cell(whole)),
                    result: Stored::Number(rest),
                };
                page.put(row, place, formula, &dress::plain());
            }
        }
    }
}

/// The number in a cell, 0 where there is none.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number)
        | Value::Formula {
            result: Stored::Number(number),
            ..
        } => *number,
        _ => 0.0,
    }
}

fn small(count: usize) -> u16 {
    u16::try_from(count).expect("a form has few columns")
}
