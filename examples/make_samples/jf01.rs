//! JF01, the money for education: budgeted, spent and spent a year before, every quarter.
//!
//! The figures come from `funding`, and growth and progress follow from them. The slips are planted
//! between the two or after both: what follows from a false figure by a formula follows from it
//! truly, and what was typed stays as it was.

use std::collections::BTreeMap;

use rust_xlsxwriter::utility::{column_number_to_name, row_col_to_cell};

use crate::city::{District, Period};
use crate::dress::{self, Dress, Habits, Manner, NoBase};
use crate::figures::{Shown, portion};
use crate::frame::{self, Frame};
use crate::funding::{self, AMOUNTS, Column, Funding};
use crate::page::{Page, Stored, Value};
use crate::planted::Notes;

pub const NAME: &str = "重庆市教育经费投入情况";

const INSTRUCTIONS: &str = "说明：1.本表由各区县（自治县）教委（教育局、公共服务局）填报。\
    2.报送时间：季后10日前，年度数以决算为准。3.没有数据的栏不填。4.审核关系：\
    (02)=(03)+(04)+(05)+(06)+(07)；(02)≤(01)；(10)≥(02)+(09)；(12)≤(11)；(15)≤(14)；(22)≤(21)；\
    (08)=(02)÷(01)×100；(13)=(02)×10000÷(11)；(16)=(15)÷(14)×100；(23)=(22)÷(21)×100；\
    [4]=([2]－[3])÷[3]×100；[5]=[2]÷[1]×100；(12)等于XX01各校小学、初中在校生之和。";

/// A line of the form: code, label, unit.
struct Line(usize, &'static str, &'static str);

const LINES: [Line; 21] = [
    Line(1, "一般公共预算支出", "万元"),
    Line(2, "　其中：一般公共预算教育支出", "万元"),
    Line(3, "　　其中：学前教育", "万元"),
    Line(4, "　　　　　义务教育", "万元"),
    Line(5, "　　　　　普通高中", "万元"),
    Line(6, "　　　　　中等职业教育", "万元"),
    Line(7, "　　　　　其他教育支出", "万元"),
    Line(8, "教育支出占一般公共预算支出比重", "%"),
    Line(9, "政府性基金安排的教育支出", "万元"),
    Line(10, "财政性教育经费合计", "万元"),
    Line(11, "在校学生数（9月1日）", "人"),
    Line(12, "　其中：义务教育", "人"),
    Line(13, "生均一般公共预算教育支出", "元"),
    Line(14, "公用经费预算总额", "万元"),
    Line(15, "　其中：教师培训经费", "万元"),
    Line(16, "教师培训经费占公用经费比例", "%"),
    Line(17, "义务教育学生资助资金", "万元"),
    Line(18, "义务教育学生资助", "人次"),
    Line(21, "薄弱环节改善与能力提升：五年规划总额", "万元"),
    Line(22, "　累计已投入", "万元"),
    Line(23, "　完成规划比例", "%"),
];

// 栏 1 to 5, counted from zero.
const BUDGET: usize = 0;
const SPENT: usize = 1;
const LAST_YEAR: usize = 2;
const GROWTH: usize = 3;
const PROGRESS: usize = 4;

/// Codes of rates, whose growth and progress nobody is asked for.
const RATES: [usize; 3] = [8, 16, 23];

/// Whether the district sends the form for the period. Of the quarters only the fourth is here.
pub fn sends(district: &District, period: Period) -> bool {
    let silent = matches!(&*district.name, "巫溪县" | "石柱土家族自治县" | "大渡口区");
    period.month == 12 && !(period.year == 2023 && silent)
}

/// A district's form for a period, and notes on it. The sheet's name and the path are the notes'.
pub fn page(
    funding: &Funding,
    sheet: &str,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Page {
    let habits = Habits::of(number);
    let layout = Layout::of(&habits);
    let form = Form {
        layout,
        text: habits.dress == Dress::Old,
        in_yuan: period.year == 2023 && matches!(&*district.name, "北碚区" | "高新区"),
        odd_unit: (period.year == 2023 && district.name == "綦江区").then_some((14, "千元")),
        habits,
    };
    let spent = |year| funding.spent((number, district), year);
    let budget = funding.budget((number, district), period.year);
    let mut figures = [budget, spent(period.year), spent(period.year - 1)];
    let mut slips = Vec::new();
    if period.year == 2023 {
        false_figures(&district.name, &mut figures, &mut slips);
        odd_figures(&district.name, &mut figures, &mut slips);
    }
    let mut table = Table::of(&figures, form.habits.decimals);
    if period.year == 2023 {
        false_cells(&district.name, &mut table, &mut slips);
    }
    for Slip(code, column, rule, what) in slips {
        notes.slip(&form.layout.address(code, column), rule, &what);
    }
    never(&form, &district.name, &table, period, notes);

    let mut page = Page::new(sheet);
    page.landscape = true;
    let unit = match &*district.name {
        "高新区" if form.in_yuan => "元",
        _ if form.in_yuan => "元（另注明的除外）",
        _ => "万元（另注明的除外）",
    };
    let around = Frame {
        form: "JF01",
        title: NAME,
        spoken: "教育经费投入情况统计表",
        annex: "附件5",
        months: format!("{}年1—{}月（快报）", period.year, period.month),
        unit: (form.habits.dress != Dress::UnitsInside).then_some(unit),
        last: form.layout.last,
    };
    around.draw(&mut page, form.habits.dress, district, period);
    form.header(&mut page);
    form.body(&mut page, &table);
    form.remarks(&mut page, &district.name, period);

    let unsigned = period.year == 2023 && district.name == "垫江县";
    if let Some((code, unit)) = form.odd_unit {
        let what = format!("第{code}行的计量单位写成{unit}，数字仍是万元");
        let cell = row_col_to_cell(form.layout.row(code), form.layout.label + 1);
        notes.slip(&cell, "JF01-209", &what);
        notes.slip(&form.layout.address(code, SPENT), "JF01-208", &what);
        notes.slip(
            &form.layout.address(code, LAST_YEAR),
            "JF01.last_year.restates",
            &what,
        );
        for column in [BUDGET, SPENT, LAST_YEAR] {
            notes.slip(&form.layout.address(16, column), "JF01-104", &what);
        }
    }
    let foot = form.layout.row(23) + 2;
    if unsigned {
        notes.slip(&row_col_to_cell(foot, 0), "JF01.signatures", "填表人未填");
    }
    let names =
        dress::signatures(district, number, period, !unsigned).replace("统计负责人", "财务负责人");
    dress::foot(&mut page, foot, form.layout.last, &names, INSTRUCTIONS);
    page
}

/// What is planted: code, column, the rule that finds it, and what it is.
struct Slip(usize, usize, &'static str, String);

/// The cells of the table, by code and column. What is not there is blank.
struct Table {
    entries: BTreeMap<(usize, usize), Entry>,
    /// Of growth and progress.
    decimals: u32,
}

#[derive(Clone, PartialEq)]
enum Entry {
    Figure(Shown),
    Text(&'static str),
    /// Growth over nil.
    NoBase,
    /// What makes no sense in this row.
    Crossed,
}

impl Table {
    /// Growth and progress follow from the figures.
    fn of(figures: &[Column; 3], decimals: u32) -> Table {
        let mut table = Table {
            entries: BTreeMap::new(),
            decimals,
        };
        for (column, figures) in figures.iter().enumerate() {
            for (code, figure) in figures.iter().enumerate() {
                if let Some(figure) = figure {
                    table.set(code, column, *figure);
                }
            }
        }
        for Line(code, ..) in LINES {
            let crossed = RATES.contains(&code);
            for column in [GROWTH, PROGRESS] {
                let entry = match table.rate(code, column) {
                    _ if crossed => Some(Entry::Crossed),
                    Some(rate) => Some(Entry::Figure(rate)),
                    None => (column == GROWTH).then_some(Entry::NoBase),
                };
                table
                    .entries
                    .extend(entry.map(|entry| ((code, column), entry)));
            }
        }
        table
    }

    fn set(&mut self, code: usize, column: usize, figure: Shown) {
        self.entries.insert((code, column), Entry::Figure(figure));
    }

    fn get(&self, code: usize, column: usize) -> Option<Shown> {
        match self.entries.get(&(code, column)) {
            Some(Entry::Figure(figure)) => Some(*figure),
            _ => None,
        }
    }

    /// What is there for certain.
    fn figure(&self, code: usize, column: usize) -> Shown {
        self.get(code, column).expect("the figure is there")
    }

    /// Growth or progress as the row's own figures give it.
    fn rate(&self, code: usize, column: usize) -> Option<Shown> {
        let base = if column == GROWTH { LAST_YEAR } else { BUDGET };
        let base = self.get(code, base).filter(|base| base.digits > 0)?;
        let spent = self.get(code, SPENT)?;
        Some(match column {
            GROWTH => Shown::growth(spent.digits, base.digits, self.decimals),
            _ => Shown::percent(spent.digits, base.digits, self.decimals),
        })
    }
}

/// Slips in figures, made before growth and progress, which therefore follow from them.
fn false_figures(name: &str, figures: &mut [Column; 3], slips: &mut Vec<Slip>) {
    let mut slip = |code, column, rule, what: String| slips.push(Slip(code, column, rule, what));
    let before = *figures;
    let truth = |column: usize, code: usize| before[column][code].expect("the figure is there");
    match name {
        "渝中区" => {
            let what = format!("资助资金应为{}万元，填成了元", truth(SPENT, 17));
            slip(17, SPENT, "JF01-208", what);
            figures[SPENT][17] = Some(in_yuan(truth(SPENT, 17)));
        }
        "江津区" => {
            for code in AMOUNTS {
                figures[SPENT][code] = figures[SPENT][code].map(in_yuan);
            }
            let what = "本年累计执行数整栏填成了元";
            slip(1, SPENT, "JF01-208", what.to_owned());
            slip(2, SPENT, "JF01-207", what.to_owned());
            let what = "生均支出以元填报无误，与填成元的第02行对不上".to_owned();
            slip(13, SPENT, "JF01-103", what);
        }
        "永川区" => {
            let truth = truth(SPENT, 9);
            let what = format!("政府性基金安排的教育支出应为{truth}万元，多了一个零");
            slip(9, SPENT, "JF01-208", what.clone());
            slip(10, SPENT, "JF01-101", what);
            figures[SPENT][9] = Some(Shown {
                digits: truth.digits * 10,
                ..truth
            });
        }
        "铜梁区" => {
            let (all, pupils) = (truth(SPENT, 11), truth(SPENT, 12));
            let primary = Shown::whole(portion(pupils.digits, 0.64));
            let what =
                format!("在校学生数应为{all}人，只填了小学{primary}人，小于义务教育{pupils}人");
            slip(12, SPENT, "JF01.students_compulsory.part_of", what.clone());
            slip(13, SPENT, "JF01-103", what);
            figures[SPENT][11] = Some(primary);
        }
        "忠县" => {
            let (all, part) = (truth(BUDGET, 2), truth(BUDGET, 6));
            let stated = all.moved(-part.digits);
            let what = format!("教育支出预算应为{all}万元，填{stated}万元，漏加第06行{part}万元");
            slip(2, BUDGET, "JF01.edu_spending.total", what);
            figures[BUDGET][2] = Some(stated);
            funding::derive(&mut figures[BUDGET]);
        }
        "荣昌区" => {
            let told = (3..8).find_map(|code| Some((code, swapped(truth(BUDGET, code))?)));
            let (code, stated) = told.expect("some figure begins with unlike digits");
            let what = format!(
                "第{code:02}行预算应为{}万元，填成{stated}万元，第02行因此不等于各项之和",
                truth(BUDGET, code)
            );
            slip(2, BUDGET, "JF01.edu_spending.total", what);
            figures[BUDGET][code] = Some(stated);
        }
        "奉节县" => {
            for code in [9, 10] {
                let reported = truth(LAST_YEAR, code);
                let final_account = reported.moved(38_000);
                let what = format!("上年同期填决算数{final_account}万元，上年快报{reported}万元");
                slip(code, LAST_YEAR, "JF01.last_year.restates", what);
                figures[LAST_YEAR][code] = Some(final_account);
            }
        }
        "合川区" => {
            let truth = truth(SPENT, 13);
            let stated = Shown::quotient(truth.digits, 1_000_000, 2);
            let what = format!("生均教育支出应为{truth}元，以万元填了{stated}");
            slip(13, SPENT, "JF01-103", what.clone());
            slip(13, SPENT, "JF01-208", what);
            figures[SPENT][13] = Some(stated);
        }
        _ => {}
    }
}

/// True figures that are asked about.
fn odd_figures(name: &str, figures: &mut [Column; 3], slips: &mut Vec<Slip>) {
    let mut slip = |code, column, rule, what: String| slips.push(Slip(code, column, rule, what));
    let truth = |code: usize| figures[SPENT][code].expect("the figure is there");
    match name {
        "涪陵区" => {
            let pupils = truth(12);
            figures[SPENT][12] = Some(pupils.moved(186));
            let what =
                format!("义务教育在校生比XX01的{pupils}人多186人，是特殊教育学校学生，须说明");
            slip(12, SPENT, "JF01-205", what);
        }
        "沙坪坝区" | "丰都县" | "南岸区" => {
            let pupils = truth(12);
            let schools = match name {
                "丰都县" => "漏报",
                "南岸区" => "没有标识码，未能读取",
                _ => "多报",
            };
            let what = format!("义务教育在校生{pupils}人属实，XX01{schools}一所学校，两表因此不等");
            slip(12, SPENT, "JF01-205", what);
        }
        "巫山县" => {
            let [plan, invested] = [21, 22].map(truth);
            let what = format!("累计已投入{invested}万元超过五年规划{plan}万元，属实，须说明");
            slip(22, SPENT, "JF01-204", what);
        }
        "云阳县" | "黔江区" => {
            let share = truth(16);
            let what = format!("教师培训经费占公用经费{share}%，属实，须说明");
            slip(16, SPENT, "JF01-203", what);
        }
        _ => {}
    }
    for code in [2, 13] {
        // A slip that is told for what it is takes the other questions with it.
        if slips
            .iter()
            .any(|slip| slip.0 == code && slip.2 == "JF01-208")
        {
            continue;
        }
        let told = |column: usize| figures[column][code].expect("the figure is there");
        let (now, before) = (told(SPENT), told(LAST_YEAR));
        if now.digits < before.digits {
            let what = format!("第{code:02}行{now}低于上年同期{before}，须说明");
            slips.push(Slip(code, SPENT, "JF01-202", what));
        }
    }
}

/// The same amount in yuan, with the decimals it had.
fn in_yuan(amount: Shown) -> Shown {
    Shown {
        digits: amount.digits * 10_000,
        ..amount
    }
}

/// The first two digits changed places, 52 for 25, if they are unlike.
fn swapped(figure: Shown) -> Option<Shown> {
    let mut unit = 1;
    while figure.digits / unit >= 100 {
        unit *= 10;
    }
    let pair = figure.digits / unit;
    let (tens, ones) = (pair / 10, pair % 10);
    (tens != ones).then(|| figure.moved((ones * 10 + tens - pair) * unit))
}

/// Slips in single cells: nothing follows from them.
fn false_cells(name: &str, table: &mut Table, slips: &mut Vec<Slip>) {
    let mut slip = |code, column, rule, what: String| slips.push(Slip(code, column, rule, what));
    match name {
        "九龙坡区" => {
            let truth = table.figure(2, SPENT);
            table.set(2, SPENT, in_yuan(truth));
            let what = format!("教育支出应为{truth}万元，填成了元");
            for rule in [
                "JF01-207",
                "JF01.edu_spending.total",
                "JF01.edu_spending.part_of",
            ] {
                slip(2, SPENT, rule, what.clone());
            }
            for (code, rule) in [(8, "JF01-102"), (10, "JF01-101"), (13, "JF01-103")] {
                slip(code, SPENT, rule, what.clone());
            }
            slip(2, GROWTH, "JF01-106", what.clone());
            slip(2, PROGRESS, "JF01-107", what);
        }
        "江津区" => {
            for Line(code, ..) in LINES {
                table.entries.remove(&(code, GROWTH));
                table.entries.remove(&(code, PROGRESS));
            }
        }
        "大足区" => {
            let (code, truth, cut) = cut_growth(table);
            table.set(code, GROWTH, cut);
            let what = format!("同比增长截尾填{cut}%，应四舍五入为{truth}%");
            slip(code, GROWTH, "JF01-106", what);
        }
        "长寿区" => {
            let [spent, budget] = [SPENT, BUDGET].map(|column| table.figure(2, column));
            let truth = table.figure(2, GROWTH);
            let wrong = Shown::growth(spent.digits, budget.digits, table.decimals);
            table.set(2, GROWTH, wrong);
            let what = format!("教育支出同比增长填{wrong}%，误以第1栏为基数，应为{truth}%");
            slip(2, GROWTH, "JF01-106", what);
        }
        "丰都县" => {
            table.entries.insert((18, SPENT), Entry::Text("约8.6万"));
            let what = "资助人次填“约8.6万”，不是数".to_owned();
            slip(18, SPENT, "JF01.to_date.type", what);
        }
        _ => {}
    }
}

/// A growth that loses more than half a unit where it is cut off: its code, itself, what is left.
fn cut_growth(table: &Table) -> (usize, Shown, Shown) {
    let cut = |Line(code, ..): &Line| {
        let [now, base] = [SPENT, LAST_YEAR].map(|column| table.get(*code, column));
        let (now, base) = (now?.digits, base?.digits);
        let truth = table.get(*code, GROWTH)?;
        let exact = Shown::growth(now, base, truth.decimals + 3);
        let cut = Shown {
            digits: exact.digits / 1000,
            ..truth
        };
        // A last digit of nil would not be shown, and then nothing is cut.
        (cut.digits > 0 && cut.digits < truth.digits && cut.digits % 10 != 0)
            .then_some((*code, truth, cut))
    };
    LINES
        .iter()
        .find_map(cut)
        .expect("some growth is rounded up")
}

/// What looks odd and is right.
fn never(form: &Form, name: &str, table: &Table, period: Period, notes: &mut Notes) {
    let mut cell = |code, column, what: &str| {
        notes.never(&form.layout.address(code, column), what);
    };
    match name {
        "巴南区" if period.year == 2023 => {
            cell(21, SPENT, "五年规划30400万元，公布的数");
            cell(22, SPENT, "累计已投入22200万元，公布的数");
            cell(23, SPENT, "22200÷30400＝73.0%，公布的数");
        }
        "北碚区" | "高新区" if form.in_yuan => {
            for code in AMOUNTS {
                cell(code, SPENT, "计量单位是元，折算成万元后无误");
            }
        }
        "城口县" if table.entries.get(&(9, GROWTH)) == Some(&Entry::NoBase) => {
            cell(9, GROWTH, "上年为零，没有增长率，不算差错");
        }
        _ => {}
    }
}

/// Where everything stands, and how the district types it.
struct Form {
    layout: Layout,
    habits: Habits,
    /// Figures are text with separators of thousands.
    text: bool,
    /// All amounts are in yuan, and the line above the table says so.
    in_yuan: bool,
    /// A row whose unit says what its figures are not.
    odd_unit: Option<(usize, &'static str)>,
}

struct Layout {
    /// The first row of the table.
    body: u32,
    /// The column of 指标名称; 计量单位 and 代码 follow.
    label: u16,
    figures: [u16; 5],
    last: u16,
}

impl Layout {
    fn of(habits: &Habits) -> Layout {
        // A column 序号 in front, and an empty one between code and figures.
        let serial = habits.dress == Dress::Serial;
        let numbered = habits.dress != Dress::TotalLast;
        let first = if serial { 5 } else { 3 };
        let order = match habits.dress {
            Dress::Reworded => [3, 0, 1, 2, 4],
            _ => [0, 1, 2, 3, 4],
        };
        Layout {
            body: frame::header(habits.dress) + 1 + u32::from(numbered),
            label: u16::from(serial),
            figures: order.map(|place| first + place),
            last: first + 5,
        }
    }

    fn row(&self, code: usize) -> u32 {
        let above = LINES.iter().position(|line| line.0 == code);
        let above = above.expect("the form has the line");
        // The heading 专项规划 stands above line 21.
        self.body + u32::try_from(above).expect("the form is short") + u32::from(code > 20)
    }

    fn address(&self, code: usize, column: usize) -> String {
        row_col_to_cell(self.row(code), self.figures[column])
    }
}

impl Form {
    fn header(&self, page: &mut Page) {
        let Layout {
            body,
            label,
            figures,
            last,
        } = self.layout;
        let look = dress::heading();
        let row = frame::header(self.habits.dress);
        let labels = match self.habits.dress {
            Dress::Reworded => [
                "本年预算数",
                "本年累计",
                "去年同期\n累计",
                "增幅\n（%）",
                "预算执行\n进度（%）",
            ],
            Dress::UnitsInside => [
                "本年预算数\n（万元）",
                "本年累计执行数\n（万元）",
                "上年同期累计\n（万元）",
                "同比增长\n（%）",
                "执行进度\n（%）",
            ],
            _ => [
                "本年预算数",
                "本年累计\n执行数",
                "上年同期\n累计",
                "同比增长\n（%）",
                "执行进度\n（%）",
            ],
        };
        page.heights.insert(row, 36.0);
        page.width(0..last + 1, 13.0);
        page.widths.extend([
            (label, 36.0),
            (label + 1, 9.0),
            (label + 2, 6.0),
            (last, 22.0),
        ]);
        for column in 0..=last {
            page.put(row, column, Value::Blank, &look);
        }
        if label > 0 {
            page.put(row, 0, "序号", &look);
            page.widths.extend([(0, 6.0), (label + 3, 3.0)]);
        }
        for (column, text) in (label..).zip(["指标名称", "计量单位", "代码"]) {
            page.put(row, column, text, &look);
        }
        for (column, text) in figures.into_iter().zip(labels) {
            page.put(row, column, text, &look);
        }
        page.put(row, last, "备注", &look);
        if body == row + 2 {
            for column in 0..=last {
                page.put(row + 1, column, Value::Blank, &look);
            }
            for (column, sign) in (label..).zip(["甲", "乙", "丙"]) {
                page.put(row + 1, column, sign, &look);
            }
            for (column, number) in figures.into_iter().zip(1_i64..) {
                page.put(row + 1, column, number, &look);
            }
        }
        page.freeze = Some((body, 0));
    }

    fn body(&self, page: &mut Page, table: &Table) {
        let Layout { label, last, .. } = self.layout;
        let boxed = dress::boxed();
        let centred = boxed.clone().centred();
        let heading = self.layout.row(21) - 1;
        for row in self.layout.body..=self.layout.row(23) {
            page.heights.insert(row, 18.0);
            for column in 0..=last {
                page.put(row, column, Value::Blank, &boxed);
            }
        }
        page.put(heading, label, "专项规划（2021—2025年）", &boxed);
        for (serial, Line(code, text, unit)) in (1_i64..).zip(&LINES) {
            let row = self.layout.row(*code);
            let unit = match self.odd_unit {
                Some((odd, unit)) if odd == *code => unit,
                _ if self.in_yuan && *unit == "万元" => "元",
                _ => unit,
            };
            if label > 0 {
                page.put(row, 0, serial, &centred);
            }
            page.put(row, label, *text, &boxed);
            page.put(row, label + 1, unit, &centred);
            page.put(row, label + 2, format!("{code:02}"), &centred);
            for column in 0..5 {
                self.put(page, table, (*code, column));
            }
        }
        if self.habits.dress == Dress::Helped {
            self.check(page, table);
        }
    }

    /// A column of one's own at the right: what is left of (02) without its parts.
    fn check(&self, page: &mut Page, table: &Table) {
        let cell = |code| self.layout.address(code, SPENT);
        let parts: i64 = (3..8).map(|code| table.figure(code, SPENT).digits).sum();
        let left = table.figure(2, SPENT).moved(-parts).number();
        let text = format!("={}-SUM({}:{})", cell(2), cell(3), cell(7));
        let place = self.layout.last + 1;
        page.put(
            frame::header(self.habits.dress),
            place,
            "校核",
            &dress::plain(),
        );
        page.put(
            self.layout.row(2),
            place,
            Value::Formula {
                text,
                result: Stored::Number(left),
            },
            &dress::plain(),
        );
    }

    fn put(&self, page: &mut Page, table: &Table, (code, column): (usize, usize)) {
        let (row, place) = (self.layout.row(code), self.layout.figures[column]);
        let look = dress::boxed().right();
        match table.entries.get(&(code, column)) {
            None => {}
            Some(Entry::Text(text)) => page.put(row, place, *text, &look),
            Some(Entry::Crossed) => page.put(row, place, "—", &dress::boxed().centred()),
            Some(Entry::NoBase) => match self.habits.no_base {
                NoBase::Dash => page.put(row, place, "—", &dress::boxed().centred()),
                NoBase::DivisionError => {
                    let value = Value::Formula {
                        text: self.division(code, column),
                        result: Stored::Error("#DIV/0!"),
                    };
                    page.put(row, place, value, &look);
                }
                NoBase::Blank => {}
            },
            Some(Entry::Figure(figure)) => {
                let is_rate = column > LAST_YEAR || RATES.contains(&code);
                let figure = if AMOUNTS.contains(&code) && !is_rate && self.in_yuan {
                    Shown::whole(figure.digits * 10_i64.pow(4 - figure.decimals))
                } else {
                    *figure
                };
                let formula = self.formula(table, (code, column));
                match self.habits.manner {
                    Manner::Text(sign) if is_rate => {
                        page.put(row, place, format!("{figure}{sign}"), &look);
                    }
                    manner if is_rate => {
                        let (figure, format) = match manner {
                            Manner::Percent => (figure.hundredth(), figure.number_format() + "%"),
                            _ => (figure, figure.number_format()),
                        };
                        let value = formula.map_or(figure.into(), |text| stored(text, figure));
                        page.put(row, place, value, &look.shown(&format));
                    }
                    _ if self.text => page.put(row, place, grouped(figure), &look),
                    _ => {
                        let format = if figure.decimals == 0 {
                            "#,##0"
                        } else {
                            "#,##0.00"
                        };
                        let value = formula.map_or(figure.into(), |text| stored(text, figure));
                        page.put(row, place, value, &look.shown(format));
                    }
                }
            }
        }
    }

    /// The formula of a cell, where the district has one and it gives what stands there.
    fn formula(&self, table: &Table, (code, column): (usize, usize)) -> Option<String> {
        if !self.habits.formulas || self.text {
            return None;
        }
        let figure = table.get(code, column)?;
        if column > LAST_YEAR {
            let decimals = figure.decimals
                + if self.habits.manner == Manner::Percent {
                    2
                } else {
                    0
                };
            let division = self.division(code, column);
            let division = division.trim_start_matches('=');
            let same = table.rate(code, column) == Some(figure);
            return same.then(|| format!("=ROUND({division},{decimals})"));
        }
        let parts: i64 = (3..8)
            .filter_map(|part| table.get(part, column))
            .map(|part| part.digits)
            .sum();
        (code == 2 && parts == figure.digits).then(|| {
            let letter = column_number_to_name(self.layout.figures[column]);
            let [first, last] = [3, 7].map(|part| self.layout.row(part) + 1);
            format!("=SUM({letter}{first}:{letter}{last})")
        })
    }

    /// Growth or progress as a formula.
    fn division(&self, code: usize, column: usize) -> String {
        let cell = |column| self.layout.address(code, column);
        let hundred = if self.habits.manner == Manner::Percent {
            ""
        } else {
            "*100"
        };
        if column == GROWTH {
            format!(
                "=({}-{})/{}{hundred}",
                cell(SPENT),
                cell(LAST_YEAR),
                cell(LAST_YEAR)
            )
        } else {
            format!("={}/{}{hundred}", cell(SPENT), cell(BUDGET))
        }
    }

    /// What some write beside their figures, and some into a comment.
    fn remarks(&self, page: &mut Page, name: &str, period: Period) {
        if self.habits.dress == Dress::Remarked {
            let row = self.layout.row(10);
            page.put(row, self.layout.last, "含教育费附加", &dress::boxed());
            page.comment(row, self.layout.figures[SPENT], "与财政局预算科核对过");
        }
        let remark = match name {
            _ if period.year < 2023 => return,
            "潼南区" => (2, "上年集中支付校舍维修尾款，本年为快报数"),
            "奉节县" => (10, "上年为决算数"),
            "涪陵区" => (12, "含特殊教育学校186人"),
            "巫山县" => (22, "增加县级债券资金，县政府常务会议同意"),
            _ => return,
        };
        let (code, text) = remark;
        let row = self.layout.row(code);
        if code == 22 {
            page.comment(row, self.layout.figures[SPENT], text);
        } else {
            page.put(row, self.layout.last, text, &dress::boxed());
        }
    }
}

fn stored(text: String, figure: Shown) -> Value {
    Value::Formula {
        text,
        result: Stored::Number(figure.number()),
    }
}

/// 1,234,567.89 as text.
fn grouped(figure: Shown) -> String {
    let text = figure.to_string();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}
