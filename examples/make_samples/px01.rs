//! PX01, teachers and their training: two tables on one sheet, every year.
//!
//! 表一 (PX01A) has the codes 01 to 14, 表二 (PX01B) 21 to 29, so a cell is known by code and 栏.
//! The figures come from `teachers`, and the slips are planted into the finished tables.

use std::collections::BTreeMap;

use rust_xlsxwriter::utility::row_col_to_cell;

use crate::city::{District, Period};
use crate::dress::{self, Dress, Habits};
use crate::figures::{Shown, portion};
use crate::frame::{self, Frame};
use crate::jh01;
use crate::page::{Page, Stored, Value};
use crate::planted::Notes;
use crate::teachers::{self, Level, Training};

pub const NAME: &str = "重庆市教师队伍与培训情况";

const INSTRUCTIONS: &str = "说明：1.本表由各区县（自治县）教委（教育局、公共服务局）填报。\
    2.报送时间：次年1月10日前。3.没有数据的栏不填。4.审核关系：表一：(01)=(02)+(03)+(04)+(05)+(06)+(07)；\
    [1]=[2]+[3]+[4]+[5]；(08)至(12)≤(01)，荣誉称号互有重叠，不相加；表二：(21)=(22)+(23)+(24)+(25)；\
    [4]=[5]+[6]+[7]+[8]；[3]≤[2]；(27)、(28)、(29)等于JH01(14)、(15)、(16)。";

const LABELS: [(usize, &str); 23] = [
    (1, "专任教师总数"),
    (2, "　正高级"),
    (3, "　副高级"),
    (4, "　一级"),
    (5, "　二级"),
    (6, "　三级"),
    (7, "　未定职级"),
    (8, "特级教师"),
    (9, "市级学科带头人"),
    (10, "市级学科名师"),
    (11, "市级骨干教师"),
    (12, "区县级骨干（校长、学科带头人、骨干教师）"),
    (13, "名师工作室（个）"),
    (14, "工作室学员"),
    (21, "合　　计"),
    (22, "国家级"),
    (23, "市级"),
    (24, "区县级"),
    (25, "校级"),
    (26, "补充：检查指导（校次）"),
    (27, "补充：符合交流条件教师（人）"),
    (28, "　　　实际交流（人）"),
    (29, "　　　　其中骨干（人）"),
];

// 栏 of 表一, counted from zero: 合计, then the stages, then 上年同期合计.
const TOTAL: usize = 0;
const PRESCHOOL: usize = 1;
const PRIMARY: usize = 2;
const JUNIOR: usize = 3;
const SENIOR: usize = 4;
const LAST_YEAR: usize = 5;

// 栏 of 表二, counted from zero: the funds by source follow their total.
const PROJECTS: usize = 0;
const PEOPLE: usize = 1;
const RURAL: usize = 2;
const FUNDS: usize = 3;

/// Whether the district sends the form for the period.
pub fn sends(district: &District, period: Period) -> bool {
    let silent = matches!(
        &*district.name,
        "江北区" | "城口县" | "酉阳土家族苗族自治县"
    );
    period.month == 12 && !(period.year == 2023 && silent)
}

/// A district's form for a period, and notes on it. The sheet's name and the path are the notes'.
pub fn page(
    training: &Training,
    sheet: &str,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Page {
    let habits = Habits::of(number);
    let form = Form {
        layout: Layout::of(&habits),
        captioned: habits.turn % 2 == 1,
        in_millions: district.name == "武隆区",
        habits,
    };
    let mut table = table(training, (number, district), period.year);
    let mut slips = Vec::new();
    if period.year == 2023 {
        plant_teachers((number, district), &mut table, &mut slips);
        plant_training((number, district), &mut table, &mut slips);
    }
    for Slip(code, column, rule, what) in slips {
        notes.slip(&form.layout.address(code, column), rule, &what);
    }
    never(&form, &district.name, period, notes);

    let mut page = Page::new(sheet);
    let last = form.layout.last;
    let around = Frame {
        form: "PX01",
        title: NAME,
        spoken: "教师队伍与培训情况统计表",
        annex: "附件4",
        months: format!("{}年1—12月", period.year),
        unit: (form.habits.dress != Dress::UnitsInside).then_some("人、人次、万元"),
        last,
    };
    around.draw(&mut page, form.habits.dress, district, period);
    form.headings(&mut page);
    form.body(&mut page, &table);
    let names = dress::signatures(district, number, period, true);
    let foot = form.layout.row(29) + 2;
    dress::foot(&mut page, foot, last, &names, INSTRUCTIONS);
    page
}

/// What is planted: code, column, the rule that finds it, and what it is.
struct Slip(usize, usize, &'static str, String);

/// Figures by code and column; those in 万元 have two decimals.
type Table = BTreeMap<(usize, usize), Shown>;

fn table(training: &Training, (number, district): (usize, &District), year: i64) -> Table {
    let mut table = Table::new();
    let mut count = |code, column, count| table.insert((code, column), Shown::whole(count));
    let [before, now] = [year - 1, year].map(|year| teachers::staff((number, district), year));
    for code in 1..15 {
        for (column, figure) in now[code].into_iter().enumerate() {
            count(code, column, figure);
        }
        count(code, LAST_YEAR, before[code][0]);
    }
    let levels = training.levels((number, district), year);
    for (code, level) in (21..).zip(&levels) {
        count(code, PROJECTS, level.projects);
        count(code, PEOPLE, level.people);
        count(code, RURAL, level.rural);
    }
    count(26, PROJECTS, teachers::visits(district, year));
    for (code, figure) in (27..).zip(jh01::exchange((number, district), year)) {
        count(code, PROJECTS, figure);
    }
    for (code, level) in (21..).zip(&levels) {
        fund(&mut table, code, level);
    }
    table
}

fn fund(table: &mut Table, code: usize, level: &Level) {
    let all: i64 = level.funds.iter().sum();
    for (column, digits) in (FUNDS..).zip([all].into_iter().chain(level.funds)) {
        table.insert(
            (code, column),
            Shown {
                digits,
                decimals: 2,
            },
        );
    }
}

/// Makes line 21 the sum of what now stands below it.
fn add_up(table: &mut Table) {
    for column in 0..8 {
        let parts: i64 = (22..26).map(|code| table[&(code, column)].digits).sum();
        table
            .entry((21, column))
            .and_modify(|total| total.digits = parts);
    }
}

/// Slips in 表一.
fn plant_teachers(
    (number, district): (usize, &District),
    table: &mut Table,
    slips: &mut Vec<Slip>,
) {
    let mut slip = |code, column, rule, what: &str| {
        slips.push(Slip(code, column, rule, what.to_owned()));
    };
    let truth = table.clone();
    let mut set = |code, column, digits| {
        table
            .entry((code, column))
            .and_modify(|figure| figure.digits = digits);
    };
    let of = |code, column| truth[&(code, column)].digits;
    match &*district.name {
        "南川区" => {
            let [all, part] = [TOTAL, PRESCHOOL].map(|column| of(5, column));
            set(5, TOTAL, all - part);
            let what = format!(
                "二级教师合计应为{all}人，填{}人，漏加学前{part}人",
                all - part
            );
            slip(5, TOTAL, "PX01A-101", &what);
            slip(1, TOTAL, "PX01A.teachers.total", &what);
        }
        "綦江区" => {
            let earlier = teachers::staff((number, district), 2021);
            for (code, copied) in earlier.iter().map(|line| line[0]).enumerate().skip(1) {
                let reported = of(code, LAST_YEAR);
                set(code, LAST_YEAR, copied);
                if copied != reported {
                    let what = format!("上年同期抄了前年的{copied}，上年报{reported}");
                    slip(code, LAST_YEAR, "PX01A.last_year.restates", &what);
                }
            }
        }
        "璧山区" => {
            let (count, teachers) = (of(12, PRESCHOOL), of(1, PRESCHOOL));
            let stated = teachers + 23;
            set(12, PRESCHOOL, stated);
            let what = format!(
                "学前区县级骨干应为{count}人，填了教职工{stated}人，大于专任教师{teachers}人"
            );
            slip(12, PRESCHOOL, "PX01A.backbone_county.part_of", &what);
            slip(12, TOTAL, "PX01A-101", &what);
        }
        "铜梁区" => {
            let unlike = |code: &usize| of(*code, PRIMARY) / 10 % 10 != of(*code, PRIMARY) % 10;
            let code = (3..8).find(unlike).expect("a swap of like digits is none");
            let count = of(code, PRIMARY);
            let (tens, ones) = (count / 10 % 10, count % 10);
            let stated = count + 9 * (ones - tens);
            set(code, PRIMARY, stated);
            let what = format!("小学第{code:02}行应为{count}人，填成{stated}人");
            slip(code, TOTAL, "PX01A-101", &what);
            slip(1, PRIMARY, "PX01A.teachers.total", &what);
        }
        "沙坪坝区" => {
            // True: few of the district's own titles went to senior schools.
            let moved = of(12, SENIOR) - of(11, SENIOR) + 4;
            set(12, SENIOR, of(12, SENIOR) - moved);
            set(12, JUNIOR, of(12, JUNIOR) + moved);
            let what = "高中市级骨干教师多于区县级骨干，属实，提示市级";
            slip(11, SENIOR, "PX01A-301", what);
        }
        _ => {}
    }
}

/// Slips in 表二.
fn plant_training(
    (number, district): (usize, &District),
    table: &mut Table,
    slips: &mut Vec<Slip>,
) {
    let mut slip = |code, column, rule, what: &str| {
        slips.push(Slip(code, column, rule, what.to_owned()));
    };
    let truth = table.clone();
    let mut set = |code, column, digits| {
        table
            .entry((code, column))
            .and_modify(|figure| figure.digits = digits);
    };
    let of = |code, column| truth[&(code, column)].digits;
    match &*district.name {
        "开州区" => {
            let [people, rural] = [PEOPLE, RURAL].map(|column| of(23, column));
            set(23, RURAL, people + 12);
            let what = format!(
                "市级培训乡村教师填{}人次，应为{rural}人次，大于培训{people}人次",
                people + 12
            );
            slip(23, RURAL, "PX01B.rural.part_of", &what);
            add_up(table);
        }
        "垫江县" => {
            let funds = truth[&(24, FUNDS)];
            set(24, FUNDS, funds.digits * 10_000);
            let what = format!("区县级培训经费应为{funds}万元，填成了元");
            slip(24, FUNDS, "PX01B-203", &what);
            slip(24, FUNDS, "PX01B-101", &what);
            slip(21, FUNDS, "PX01B.total.total", &what);
        }
        "长寿区" => {
            for code in 21..26 {
                for column in FUNDS..8 {
                    set(code, column, of(code, column) * 10_000);
                }
            }
            slip(21, FUNDS, "PX01B-203", "经费各栏整栏填成了元");
        }
        "万州区" => {
            let paid = portion(of(25, PEOPLE), 0.125);
            for (column, digits) in (FUNDS..8).zip([paid, 0, 0, paid, 0]) {
                set(25, column, digits);
            }
            let what = "校级培训每人次12.5元，属实，校内教研不付课酬，须说明";
            slip(25, FUNDS, "PX01B-203", what);
            add_up(table);
        }
        "高新区" => {
            for column in FUNDS..8 {
                set(25, column, 0);
            }
            let what = "校级培训没有经费，属实，须说明";
            slip(25, FUNDS, "PX01B-202", what);
            add_up(table);
        }
        "大渡口区" => {
            let people = of(25, PEOPLE);
            set(25, PEOPLE, people * 10);
            let what = format!("校级培训应为{people}人次，多了一个零");
            slip(21, PEOPLE, "PX01B-201", &what);
            slip(25, FUNDS, "PX01B-203", &what);
            add_up(table);
        }
        "黔江区" => {
            let what = "本表按名册填报，JH01第15、16行多填，两表不一致";
            slip(28, PROJECTS, "PX01B-103", what);
            slip(29, PROJECTS, "PX01B-104", what);
        }
        "江津区" => {
            let [eligible, ..] = jh01::exchange((number, district), 2022);
            set(27, PROJECTS, eligible);
            let what = format!(
                "符合交流条件教师抄了上年的{eligible}人，JH01是{}人",
                of(27, PROJECTS)
            );
            slip(27, PROJECTS, "PX01B-102", &what);
        }
        _ => {}
    }
}

/// Published figures, which are right.
fn never(form: &Form, name: &str, period: Period, notes: &mut Notes) {
    let mut cell = |code, column, what: &str| {
        notes.never(&form.layout.address(code, column), what);
    };
    match name {
        "巴南区" => {
            for (code, _) in &LABELS[7..14] {
                cell(*code, TOTAL, "公布的数（2020年）");
            }
            if period.year == 2022 {
                for (code, column) in [(21, PROJECTS), (21, PEOPLE), (26, PROJECTS)] {
                    cell(code, column, "公布的数（2016—2020年累计）");
                }
            }
        }
        "武隆区" => cell(22, FUNDS, "1.62＋1.28＝2.9（百万元）"),
        _ => {}
    }
}

/// Where everything stands, and how the district types it.
struct Form {
    layout: Layout,
    habits: Habits,
    /// The second table has a line of its own above its headings.
    captioned: bool,
    /// Funds in 百万元, which the heading says.
    in_millions: bool,
}

struct Layout {
    /// The first rows of the two tables.
    bodies: [u32; 2],
    total_last: bool,
    /// The column of the labels; 代码 follows.
    label: u16,
    /// The columns of the figures.
    figures: [Vec<u16>; 2],
    last: u16,
}

impl Layout {
    fn of(habits: &Habits) -> Layout {
        let total_last = habits.dress == Dress::TotalLast;
        // Two rows of headings, and the numbered line.
        let headings = 2 + u32::from(!total_last);
        let first = frame::header(habits.dress) + headings;
        let serial = habits.dress == Dress::Serial;
        let start = if serial { 4 } else { 2 };
        let orders: [&[u16]; 2] = match habits.dress {
            Dress::Reworded => [&[4, 0, 1, 2, 3, 5], &[2, 0, 1, 3, 4, 5, 6, 7]],
            _ => [&[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3, 4, 5, 6, 7]],
        };
        Layout {
            // 14 lines and a heading above, an empty row or a caption between.
            bodies: [first, first + 16 + headings],
            total_last,
            label: u16::from(serial),
            figures: orders.map(|order| order.iter().map(|place| start + place).collect()),
            last: start + 8,
        }
    }

    fn row(&self, code: usize) -> u32 {
        let row = match code {
            ..8 => code - 1,
            // The heading 荣誉称号与梯队 stands above line 08.
            8..15 => code,
            _ => code - 21,
        };
        let parts = if code < 15 { 7 } else { 5 };
        let row = match row {
            0 if self.total_last => parts - 1,
            row if self.total_last && row < parts => row - 1,
            row => row,
        };
        self.bodies[usize::from(code > 20)] + u32::try_from(row).expect("the form is short")
    }

    fn column(&self, code: usize, column: usize) -> u16 {
        self.figures[usize::from(code > 20)][column]
    }

    /// The last column of one of the tables.
    fn last_of(&self, which: usize) -> u16 {
        let figures = self.figures[which].iter().max();
        figures.expect("a table has figures") + 1
    }

    fn address(&self, code: usize, column: usize) -> String {
        row_col_to_cell(self.row(code), self.column(code, column))
    }
}

impl Form {
    fn headings(&self, page: &mut Page) {
        let Layout {
            bodies,
            label,
            figures,
            last,
            total_last,
        } = &self.layout;
        let look = dress::heading();
        let top = bodies.map(|body| body - 2 - u32::from(!total_last));
        let units = |with, without| {
            if self.habits.dress == Dress::UnitsInside {
                with
            } else {
                without
            }
        };
        let reworded = self.habits.dress == Dress::Reworded;
        page.width(0..last + 1, 11.0);
        page.widths
            .extend([(*label, 34.0), (label + 1, 6.0), (*last, 14.0)]);
        page.freeze = Some((bodies[0], 0));

        let teachers = [
            units("合计\n（人）", "合计"),
            units("学前\n（人）", "学前"),
            units("小学\n（人）", "小学"),
            units("初中\n（人）", "初中"),
            if reworded {
                "高中"
            } else {
                "高中\n（含中职）"
            },
            if reworded {
                "上年合计"
            } else {
                "上年同期\n合计"
            },
        ];
        self.margin(page, top[0], ["指标名称", "代码"], self.layout.last_of(0));
        for (column, text) in figures[0].iter().zip(teachers) {
            page.span((top[0], *column), (top[0] + 1, *column), text, &look);
        }
        if self.captioned {
            let caption = "表二　教师培训情况（本年累计）";
            page.span(
                (top[1] - 1, 0),
                (top[1] - 1, *last),
                caption,
                &dress::plain().centred(),
            );
        }
        self.margin(page, top[1], ["培训层次", "代码"], *last);
        let people = [
            if reworded {
                "项目数"
            } else {
                "项目数\n（项）"
            },
            units("培训人次\n（人次）", "培训人次"),
            "其中：\n乡村教师",
        ];
        for (column, text) in figures[1].iter().zip(people) {
            page.span((top[1], *column), (top[1] + 1, *column), text, &look);
        }
        let funds = if self.in_millions {
            "经费（百万元）"
        } else {
            "经费（万元）"
        };
        let [from, to] = [FUNDS, 7].map(|column| figures[1][column]);
        page.span((top[1], from), (top[1], to), funds, &look);
        for (column, text) in
            figures[1][FUNDS..]
                .iter()
                .zip(["合计", "中央\n（国培）", "市级", "区县", "其他"])
        {
            page.put(top[1] + 1, *column, text, &look);
        }
        if !total_last {
            for (body, figures) in bodies.iter().zip(figures) {
                page.put(body - 1, *label, "甲", &look);
                page.put(body - 1, label + 1, "乙", &look);
                for (column, number) in figures.iter().zip(1_i64..) {
                    page.put(body - 1, *column, number, &look);
                }
            }
        }
    }

    /// The headings at both sides of the figures, boxes everywhere else.
    fn margin(&self, page: &mut Page, top: u32, labels: [&str; 2], last: u16) {
        let look = dress::heading();
        let numbered = u32::from(!self.layout.total_last);
        for row in top..top + 2 + numbered {
            page.heights.insert(row, 30.0);
            for column in 0..=last {
                page.put(row, column, Value::Blank, &look);
            }
        }
        if self.layout.label > 0 {
            page.span((top, 0), (top + 1, 0), "序号", &look);
        }
        for (column, text) in (self.layout.label..).zip(labels) {
            page.span((top, column), (top + 1, column), text, &look);
        }
        page.span((top, last), (top + 1, last), "备注", &look);
    }

    fn body(&self, page: &mut Page, table: &Table) {
        let boxed = dress::boxed();
        let heading = self.layout.row(8) - 1;
        let firsts = [
            self.layout.bodies[0]..=self.layout.row(14),
            self.layout.bodies[1]..=self.layout.row(29),
        ];
        for (which, rows) in firsts.into_iter().enumerate() {
            for row in rows {
                page.heights.insert(row, 18.0);
                for column in 0..=self.layout.last_of(which) {
                    page.put(row, column, Value::Blank, &boxed);
                }
            }
        }
        page.put(heading, self.layout.label, "荣誉称号与梯队", &boxed);
        for (serial, (code, text)) in (1_i64..).zip(LABELS) {
            let row = self.layout.row(code);
            if self.layout.label > 0 {
                page.put(row, 0, serial, &boxed.clone().centred());
            }
            page.put(row, self.layout.label, text, &boxed);
            page.put(
                row,
                self.layout.label + 1,
                format!("{code:02}"),
                &boxed.clone().centred(),
            );
        }
        for ((code, column), figure) in table {
            self.put(page, table, (*code, *column), *figure);
        }
        if self.habits.dress == Dress::Helped {
            self.check(page, table);
        }
    }

    /// A column of one's own at the right: what is left of 合计 without its parts, by line.
    fn check(&self, page: &mut Page, table: &Table) {
        let place = self.layout.last + 1;
        page.put(
            frame::header(self.habits.dress),
            place,
            "校核",
            &dress::plain(),
        );
        for (lines, all, parts) in [
            (1..15, TOTAL, PRESCHOOL..LAST_YEAR),
            (21..26, FUNDS, FUNDS + 1..8),
        ] {
            for code in lines {
                let sum: i64 = parts.clone().map(|part| table[&(code, part)].digits).sum();
                let left = table[&(code, all)].moved(-sum).number();
                let cell = |column| self.layout.address(code, column);
                let text = format!(
                    "={}-SUM({}:{})",
                    cell(all),
                    cell(parts.start),
                    cell(parts.end - 1)
                );
                let value = Value::Formula {
                    text,
                    result: Stored::Number(left),
                };
                page.put(self.layout.row(code), place, value, &dress::plain());
            }
        }
    }

    fn put(&self, page: &mut Page, table: &Table, (code, column): (usize, usize), figure: Shown) {
        let (row, place) = (self.layout.row(code), self.layout.column(code, column));
        let look = dress::boxed().right();
        let funds = code > 20 && column >= FUNDS;
        let decimals = if funds && self.in_millions {
            4
        } else {
            figure.decimals
        };
        let figure = Shown { decimals, ..figure };
        if figure.digits == 0 && (self.habits.blank_nil || code > 20) {
            return;
        }
        if self.habits.dress == Dress::Old {
            return page.put(row, place, figure.to_string(), &look);
        }
        let look = if funds && !self.in_millions {
            look.shown("0.00")
        } else {
            look
        };
        let parts = match (code, column) {
            (..15, TOTAL) => PRESCHOOL..LAST_YEAR,
            (21..26, FUNDS) => FUNDS + 1..8,
            _ => 0..0,
        };
        let sum: i64 = parts.clone().map(|part| table[&(code, part)].digits).sum();
        if self.habits.formulas && !parts.is_empty() && sum == figure.digits {
            let cells: Vec<String> = parts.map(|part| self.layout.address(code, part)).collect();
            let text = format!("={}", cells.join("+"));
            let value = Value::Formula {
                text,
                result: Stored::Number(figure.number()),
            };
            page.put(row, place, value, &look);
        } else {
            page.put(row, place, figure, &look);
        }
    }
}
