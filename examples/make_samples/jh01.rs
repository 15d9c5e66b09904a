//! JH01, the quarterly indicators of high-quality balanced compulsory education.
//!
//! A year's figures are drawn for a district, some are set to what was published, and rates
//! follow from their parts. Last year's column is the year before, drawn the same way. Slips are
//! planted in the table, before it is laid out.

use rust_xlsxwriter::utility::row_col_to_cell;

use crate::city::{District, Period};
use crate::dress::{self, Dress, Habits};
use crate::figures::{Chance, Shown, apportion, portion};
use crate::page::{Page, Value};
use crate::planted::Notes;
use crate::schools;

pub const NAME: &str = "重庆市义务教育优质均衡发展监测表";

const INSTRUCTIONS: &str = "说明：1.本表由各区县（自治县）教委（教育局、公共服务局）填报。\
    2.报送时间：季后10日前。3.没有数据的栏不填，“—”栏免填。4.审核关系：[3]=[1]÷[2]×100；\
    比率指标[5]=[3]－[4]；(06)=[(07)－(08)+(09)]÷[(10)－(11)]×100；(15)≤(14)；(16)≤(15)；\
    (17)=(15)÷(14)×100；(18)=(16)÷(15)×100；(22)≥(23)+(24)；(25)≥(26)+(27)；(28)=(22)÷(25)。";

/// A line of the form: label, unit, decimals, and whether it is told in numerator and denominator.
struct Line(&'static str, &'static str, u32, bool);

/// The headings, each with the code of the line below it.
const HEADINGS: [(usize, &str); 6] = [
    (1, "一、资源覆盖"),
    (4, "二、普及巩固"),
    (14, "三、教师交流"),
    (19, "四、条件与活动"),
    (22, "五、学位供给（本年累计）"),
    (29, "六、社会认可"),
];

const LINES: [Line; 29] = [
    Line("义务教育优质教育资源覆盖率", "%", 1, true),
    Line("集团化办学、学区制管理学校占比", "%", 1, true),
    Line("教育集团数", "个", 0, false),
    Line("小学学龄儿童净入学率", "%", 2, true),
    Line("九年义务教育巩固率", "%", 2, true),
    Line("初中三年巩固率", "%", 2, false),
    Line("　初中毕业生数", "人", 0, false),
    Line("　转入", "人", 0, false),
    Line("　转出", "人", 0, false),
    Line("　三年前初一在校生", "人", 0, false),
    Line("　死亡", "人", 0, false),
    Line("残疾儿童少年义务教育入学率", "%", 1, true),
    Line("失学辍学人数（动态清零）", "人", 0, false),
    Line("符合交流条件教师数", "人", 0, false),
    Line("实际交流轮岗教师数", "人", 0, false),
    Line("　其中：骨干教师", "人", 0, false),
    Line("交流轮岗教师比例", "%", 1, false),
    Line("交流轮岗教师中骨干教师比例", "%", 1, false),
    Line("宽带网络校校通开通率", "%", 1, true),
    Line("拥有多媒体教室学校占比", "%", 1, true),
    Line("阳光体育大课间活动开展率", "%", 1, true),
    Line("新增公办学位", "个", 0, false),
    Line("　其中：小学", "个", 0, false),
    Line("　其中：初中", "个", 0, false),
    Line("新增教学班", "个", 0, false),
    Line("　其中：小学", "个", 0, false),
    Line("　其中：初中", "个", 0, false),
    Line("平均每班新增学位", "个/班", 1, false),
    Line("社会满意度", "%", 1, true),
];

/// Row of the first heading, counted from zero; without the numbered line one less.
const BODY: u32 = 8;

/// The figures of a year, by the codes of the form; index 0 is not used.
#[derive(Clone)]
struct Figures {
    parts: [Option<(i64, i64)>; 30],
    current: [Option<Shown>; 30],
}

impl Figures {
    fn none() -> Figures {
        Figures {
            parts: [None; 30],
            current: [None; 30],
        }
    }

    fn is_nil(&self) -> bool {
        self.current.iter().all(Option::is_none)
    }

    fn count(&mut self, code: usize, count: i64) {
        self.current[code] = Some(Shown::whole(count));
    }

    /// A rate told in parts.
    fn rate(&mut self, code: usize, part: i64, whole: i64) {
        self.parts[code] = Some((part, whole));
        self.current[code] = Some(Shown::percent(part, whole, LINES[code - 1].2));
    }

    /// The count of a line, nil where it is blank.
    fn of(&self, code: usize) -> i64 {
        self.current[code].map_or(0, |shown| shown.digits)
    }

    /// Rates whose parts are lines of the form.
    fn derive(&mut self) {
        if self.is_nil() {
            return;
        }
        let whole = self.of(10) - self.of(11);
        self.current[6] = Some(Shown::percent(
            self.of(7) - self.of(8) + self.of(9),
            whole,
            2,
        ));
        self.current[17] = Some(Shown::percent(self.of(15), self.of(14), 1));
        self.current[18] = Some(Shown::percent(self.of(16), self.of(15), 1));
        let (places, classes) = (self.of(22), self.of(25));
        self.current[28] = (classes > 0).then(|| Shown::quotient(places, classes, 1));
    }
}

/// All districts' figures in the years that the forms look at.
pub struct Indicators {
    /// 2021, 2022 and 2023, by district.
    years: [Vec<Figures>; 3],
}

impl Indicators {
    pub fn new(districts: &[District]) -> Indicators {
        let year = |year| {
            let told = |district: (usize, &District)| match (&*district.1.name, year) {
                // Nil returns: the one has only begun to report, the other left the form blank.
                ("高新区", ..=2022) | ("万盛经开区", 2023) => Figures::none(),
                _ => figures(district, year),
            };
            districts.iter().enumerate().map(told).collect()
        };
        let mut indicators = Indicators {
            years: [2021, 2022, 2023].map(year),
        };
        publish(&mut indicators.years[1]);
        for figures in indicators.years.iter_mut().flatten() {
            figures.derive();
        }
        indicators
    }

    fn of(&self, district: usize, year: i64) -> &Figures {
        let year = usize::try_from(year - 2021).expect("there is no earlier year");
        &self.years[year][district]
    }
}

/// Whether a district sends the form for a period.
pub fn sends(district: &District, period: Period) -> bool {
    period.month == 12 && !(period.year == 2023 && district.name == "秀山土家族苗族自治县")
}

/// A district's form for a period, on a sheet of this name.
pub fn page(
    indicators: &Indicators,
    sheet: &str,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Page {
    let current = indicators.of(number, period.year).clone();
    let last = if current.is_nil() {
        Figures::none()
    } else {
        indicators.of(number, period.year - 1).clone()
    };
    let mut table = Table {
        changes: changes(&current, &last),
        current,
        last,
        numbered: number % 7 != 2,
        habits: Habits::of(number),
    };
    if period.year == 2023 {
        question(&district.name, &mut table, notes);
        plant(indicators, (number, &district.name), &mut table, notes);
    }
    let mut page = Page::new(sheet);
    frame(&mut page, (number, district), period, table.numbered);
    body(&mut page, &table);
    page
}

/// Sets the sums of 2022 to what the city published: 80 % of schools in groups, 95.79 % retained,
/// 98 % with daily sports, and 110,000 new places.
fn publish(districts: &mut [Figures]) {
    for (code, rate, scale) in [(2, 800, 1000), (5, 9579, 10_000), (21, 980, 1000)] {
        let parts = districts.iter().filter_map(|figures| figures.parts[code]);
        let (drawn, wholes): (Vec<i64>, Vec<i64>) = parts.unzip();
        let all: i64 = wholes.iter().sum();
        let total = Shown::quotient(all * rate, scale, 0).digits;
        let parts = apportion(total, &weights(&drawn), &wholes);
        let told = districts
            .iter_mut()
            .filter(|figures| figures.parts[code].is_some());
        for ((figures, part), whole) in told.zip(parts).zip(wholes) {
            figures.rate(code, part, whole);
        }
    }
    // Where the split is not told, the figure is a published one.
    let (free, fixed): (Vec<_>, Vec<_>) = districts
        .iter_mut()
        .partition(|figures| figures.current[23].is_some());
    let total = 110_000 - fixed.iter().map(|figures| figures.of(22)).sum::<i64>();
    let drawn: Vec<i64> = free.iter().map(|figures| figures.of(22)).collect();
    let places = apportion(total, &weights(&drawn), &vec![total; drawn.len()]);
    for (figures, places) in free.into_iter().zip(places) {
        let primary = portion(places, 0.6);
        let junior = places - primary;
        // Planned for a little less than the largest class that is allowed.
        let (primary_classes, junior_classes) = ((primary + 43) / 44, (junior + 48) / 49);
        supply(
            figures,
            (primary, primary_classes),
            (junior, junior_classes),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn weights(counts: &[i64]) -> Vec<f64> {
    counts.iter().map(|count| *count as f64).collect()
}

/// Lines 14 to 16 as the lists of teachers have them, which PX01 tells too.
pub fn exchange(district: (usize, &District), year: i64) -> [i64; 3] {
    let figures = figures(district, year);
    [14, 15, 16].map(|code| figures.of(code))
}

/// What a district tells of a year: the published figures, and years before that lead to them.
fn figures((number, district): (usize, &District), year: i64) -> Figures {
    let mut figures = drawn((number, district), year);
    let (_, pupils) = figures.parts[1].expect("coverage is told in parts");
    let since = 2023 - year;
    match &*district.name {
        "沙坪坝区" => {
            figures.rate(1, pupils - since * 1100, pupils);
            figures.count(14, 3420 - since * 25);
            figures.count(15, 1050 - since * 60);
            figures.count(16, 338 - since * 21);
        }
        "南岸区" => {
            figures.rate(1, pupils - since * 900, pupils);
            figures.count(3, 35 - since * 2);
            if since == 0 {
                supply(&mut figures, (3240, 72), (1920, 39));
            }
        }
        "巴南区" => {
            figures.rate(1, 80_156 - since * 4100, pupils);
            figures.count(3, 10 - since);
            figures.count(22, 4290 - since * 270);
            figures.count(25, 94 - since * 4);
            // They have never told the split by stage.
            for code in [23, 24, 26, 27] {
                figures.current[code] = None;
            }
        }
        "两江新区" if since == 0 => supply(&mut figures, (4320, 96), (3000, 60)),
        _ => {}
    }
    figures
}

/// Ordinary figures in proportion to the district, a little better every year.
fn drawn((number, district): (usize, &District), year: i64) -> Figures {
    let mut chance = Chance::of(&format!("indicators {}", district.code));
    let mut figures = Figures::none();
    // Schools and pupils are those of XX01, which looks back a year less.
    let known = year.max(2022);
    let pupils = schools::compulsory_pupils(number, known) - (known - year) * 300;
    let schools = schools::list(number, known);
    let schools = schools.iter().filter(|school| school.classes != [0; 3]);
    let schools = i64::try_from(schools.count()).expect("a district has few schools");
    let coverage = chance.between(0.70, 0.90);
    let grouped = chance.between(0.74, 0.92);
    let groups = schools / 6 + chance.whole(1, 4);

    // From here on a year has its own luck, and the trend is in `years`.
    let mut chance = Chance::of(&format!("indicators {} {year}", district.code));
    let years = match year {
        2021 => 0.0,
        2022 => 0.02,
        _ => 0.035,
    };
    figures.rate(1, portion(pupils, coverage + years), pupils);
    figures.rate(2, portion(schools, grouped + years), schools);
    figures.count(3, groups + i64::from(year > 2021) + i64::from(year > 2022));

    let children = chance.share(pupils, 0.64, 0.68);
    figures.rate(
        4,
        children - chance.share(children, 0.0002, 0.0012),
        children,
    );
    let first = chance.share(pupils, 0.10, 0.12);
    figures.rate(5, chance.share(first, 0.952, 0.969), first);
    let entrants = chance.share(pupils, 0.10, 0.12);
    let died = chance.whole(0, 3);
    let (came, left) = (
        chance.share(entrants, 0.01, 0.03),
        chance.share(entrants, 0.01, 0.03),
    );
    let stayed = chance.share(entrants - died, 0.965, 0.992);
    for (code, count) in [
        (7, stayed + came - left),
        (8, came),
        (9, left),
        (10, entrants),
    ] {
        figures.count(code, count);
    }
    figures.count(11, died);
    let disabled = chance.share(pupils, 0.003, 0.005);
    figures.rate(12, chance.share(disabled, 0.965, 1.0), disabled);
    figures.count(13, 0);

    let eligible = chance.share(pupils, 0.030, 0.036);
    let exchanged = chance.share(eligible, 0.12, 0.24);
    figures.count(14, eligible);
    figures.count(15, exchanged);
    figures.count(16, chance.share(exchanged, 0.22, 0.38));

    figures.rate(19, schools, schools);
    figures.rate(20, schools, schools);
    figures.rate(21, chance.share(schools, 0.96, 1.0), schools);

    let (primary, junior) = if chance.happens(0.1) {
        (0, 0)
    } else {
        let primary = portion(34, district.heft * chance.between(0.5, 1.5));
        (primary, portion(primary, chance.between(0.4, 0.7)))
    };
    let primary = (chance.share(primary * 45, 0.93, 1.0), primary);
    let junior = (chance.share(junior * 50, 0.93, 1.0), junior);
    supply(&mut figures, primary, junior);

    let asked = chance.whole(1200, 4800);
    figures.rate(29, chance.share(asked, 0.89, 0.975), asked);
    figures
}

/// New places and classes, primary and junior.
fn supply(figures: &mut Figures, primary: (i64, i64), junior: (i64, i64)) {
    for (code, count) in [
        (22, primary.0 + junior.0),
        (23, primary.0),
        (24, junior.0),
        (25, primary.1 + junior.1),
        (26, primary.1),
        (27, junior.1),
    ] {
        figures.count(code, count);
    }
}

/// The form as filled in.
struct Table {
    current: Figures,
    last: Figures,
    changes: [Change; 30],
    numbered: bool,
    habits: Habits,
}

/// What stands in 栏 5.
#[derive(Clone, Copy)]
enum Change {
    /// Percentage points of a rate, percent of a quantity.
    By(Shown),
    /// Last year's quantity was nil.
    NoBase,
    Blank,
}

impl Table {
    /// The row of a line, counted from zero.
    fn row(&self, code: usize) -> u32 {
        let headings = HEADINGS.iter().filter(|(first, _)| *first <= code).count();
        let above = u32::try_from(code - 1 + headings).expect("the form is short");
        BODY - u32::from(!self.numbered) + above
    }
}

fn changes(current: &Figures, last: &Figures) -> [Change; 30] {
    std::array::from_fn(|code| change(code, current.current[code], last.current[code]))
}

/// The difference of two stated rates, or the growth of a quantity.
fn change(code: usize, now: Option<Shown>, before: Option<Shown>) -> Change {
    match (now, before) {
        (Some(now), Some(before)) if LINES[code - 1].1 == "%" => {
            Change::By(now.moved(-before.digits))
        }
        (Some(_), Some(Shown { digits: 0, .. })) => Change::NoBase,
        (Some(now), Some(before)) => Change::By(Shown::growth(now.digits, before.digits, 1)),
        _ => Change::Blank,
    }
}

/// True figures that are asked about, or told to the city.
fn question(name: &str, table: &mut Table, notes: &mut Notes) {
    let (line, rule, what) = match name {
        "永川区" => {
            let (places, junior) = (table.current.of(23), table.current.of(27));
            let classes = places / 47;
            table.current.count(26, classes);
            table.current.count(25, classes + junior);
            table.current.derive();
            let what =
                format!("新增小学学位{places}、教学班{classes}，每班超过45个，属实，只提示市级");
            (23, "JH01-302", what)
        }
        "忠县" => {
            table.current.rate(29, 1664, 2000);
            let what = "社会满意度83.2%，属实，低于85%，只提示市级".to_owned();
            (29, "JH01.satisfaction.min", what)
        }
        "石柱土家族自治县" => {
            table.current.count(13, 2);
            let what = "失学辍学2人，属实，只提示市级".to_owned();
            (13, "JH01.dropouts.max", what)
        }
        "巴南区" => {
            let what = "平均每班45.6个学位，没有分学段填报，请补填".to_owned();
            (22, "JH01-301", what)
        }
        _ => return,
    };
    notes.slip(&row_col_to_cell(table.row(line), 5), rule, &what);
}

/// Makes the district's slip; whatever follows from a false figure follows from it truly.
fn plant(
    indicators: &Indicators,
    (number, name): (usize, &str),
    table: &mut Table,
    notes: &mut Notes,
) {
    let mut slip = |row: u32, column: u16, rule: &'static str, what: String| {
        notes.slip(&row_col_to_cell(row, column), rule, &what);
    };
    let current = 5;
    match name {
        "长寿区" => {
            let (_, pupils) = table.current.parts[1].expect("coverage is told in parts");
            table.current.rate(1, portion(pupils, 1.006), pupils);
            let what = "优质教育资源覆盖率100.6%，分子大于分母".to_owned();
            slip(table.row(1), current, "JH01.coverage.max", what);
        }
        "黔江区" => {
            let eligible = table.current.of(14);
            let exchanged = portion(eligible, 1.08);
            table.current.count(15, exchanged);
            table.current.count(16, portion(exchanged, 0.3));
            table.current.derive();
            let rate = table.current.current[17].expect("eligible teachers are there");
            let more = format!("实际交流轮岗教师{exchanged}人多于符合条件的{eligible}人");
            slip(table.row(15), current, "JH01.exchanged.part_of", more);
            let over = format!("交流轮岗教师比例{rate}%超过100%，因第15行大于第14行");
            slip(table.row(17), current, "JH01.exchange_rate.max", over);
        }
        "荣昌区" => {
            let truth = table.current.current[2].expect("grouped schools are there");
            let stated = truth.moved(-23);
            table.current.current[2] = Some(stated);
            let what =
                format!("集团化办学、学区制管理学校占比填{stated}%，按分子、分母应为{truth}%");
            slip(table.row(2), current, "JH01.grouped_share.states", what);
        }
        "奉节县" => {
            let last = &mut table.last.current[29];
            let truth = last.expect("satisfaction is there");
            let restated = truth.moved(-17);
            *last = Some(restated);
            let what = format!("社会满意度上年同期填{restated}%，上年报{truth}%");
            slip(table.row(29), 6, "JH01.last_year.restates", what);
        }
        "江津区" => {
            let older = indicators.of(number, 2021);
            for code in 1..30 {
                let (truth, stated) = (table.last.current[code], older.current[code]);
                if let (Some(truth), Some(stated)) = (truth, stated)
                    && truth != stated
                {
                    let what = format!("上年同期填{stated}，是2021年的数，2022年报{truth}");
                    slip(table.row(code), 6, "JH01.last_year.restates", what);
                }
            }
            table.last.current = older.current;
        }
        "铜梁区" => {
            let truth = table.current.of(22);
            let stated = truth - 1000;
            table.current.count(22, stated);
            table.current.derive();
            let what = format!("新增公办学位填{stated}，应为{truth}，小于小学与初中之和");
            slip(table.row(22), current, "JH01-101", what);
        }
        "涪陵区" => {
            let truth = table.current.of(25);
            let stated = truth - 5;
            table.current.count(25, stated);
            table.current.derive();
            let what = format!("新增教学班填{stated}，应为{truth}，小于小学与初中之和");
            slip(table.row(25), current, "JH01-102", what);
        }
        _ => {}
    }
    table.changes = changes(&table.current, &table.last);
    if name == "大足区"
        && let Change::By(truth) = table.changes[4]
    {
        let stated = truth.moved(50);
        table.changes[4] = Change::By(stated);
        let what = format!("小学学龄儿童净入学率增减填{stated}个百分点，应为{truth}个百分点");
        slip(table.row(4), 7, "JH01.change.states", what);
    }
}

/// Everything around the table, and its headings.
fn frame(page: &mut Page, (number, district): (usize, &District), period: Period, numbered: bool) {
    let widths = [38.0, 8.0, 6.0, 11.0, 11.0, 10.0, 10.0, 15.0, 24.0];
    page.widths.extend((0..).zip(widths));
    dress::title(page, 0, 8, NAME);
    dress::identity(page, "JH01表", 8, &dress::IDENTITY);
    let office = format!("填报单位（盖章）：{}", district.office);
    page.span((5, 0), (5, 2), &office, &dress::plain());
    let Period { year, month } = period;
    let months = format!("{year}年{}—{month}月", month - 2);
    let centred = dress::plain().centred();
    page.span((5, 3), (5, 5), &months, &centred);
    let right = dress::plain().right();
    page.span((5, 6), (5, 8), "单位：见各行", &right);

    let format = dress::heading();
    let change = "增减\n（百分点；数量\n指标为增长%）";
    let labels = [
        "指标名称",
        "计量单位",
        "代码",
        "分子",
        "分母",
        "本期",
        "上年同期",
        change,
        "备注",
    ];
    page.heights.insert(6, 48.0);
    for (column, label) in (0..).zip(labels) {
        page.put(6, column, label, &format);
    }
    if numbered {
        for (column, sign) in [(0, "甲"), (1, "乙"), (2, "丙"), (8, "丁")] {
            page.put(7, column, sign, &format);
        }
        for (column, number) in (3..8).zip(1..) {
            page.put(7, column, number, &format);
        }
    }

    let body = BODY - u32::from(!numbered);
    let names = dress::signatures(district, number, period, true);
    dress::foot(page, body + 36, 8, &names, INSTRUCTIONS);
    page.freeze = Some((body, 0));
}

fn body(page: &mut Page, table: &Table) {
    let boxed = dress::boxed();
    let centred = boxed.clone().centred();
    let right = boxed.clone().right();
    for (first, heading) in HEADINGS {
        let row = table.row(first) - 1;
        page.heights.insert(row, 18.0);
        page.put(row, 0, heading, &boxed);
        for column in 1..9 {
            page.put(row, column, Value::Blank, &boxed);
        }
    }
    for (code, Line(label, unit, _, in_parts)) in (1..).zip(&LINES) {
        let row = table.row(code);
        page.heights.insert(row, 18.0);
        page.put(row, 0, *label, &boxed);
        page.put(row, 1, *unit, &centred);
        page.put(row, 2, format!("{code:02}"), &centred);
        let parts = table.current.parts[code].filter(|_| *in_parts);
        if let Some((part, whole)) = parts {
            put(page, (row, 3), Shown::whole(part), table);
            put(page, (row, 4), Shown::whole(whole), table);
        } else {
            let sign = if *in_parts { "" } else { "—" };
            page.put(row, 3, sign, &centred);
            page.put(row, 4, sign, &centred);
        }
        let change = match table.changes[code] {
            Change::By(shown) => Some(shown),
            Change::NoBase | Change::Blank => None,
        };
        let figures = [
            table.current.current[code],
            table.last.current[code],
            change,
        ];
        for (column, figure) in (5..).zip(figures) {
            match figure {
                Some(shown) => put(page, (row, column), shown, table),
                None => page.put(row, column, Value::Blank, &right),
            }
        }
        if let Change::NoBase = table.changes[code] {
            page.put(row, 7, "—", &centred);
        }
        page.put(row, 8, Value::Blank, &boxed);
    }
    if table.habits.dress == Dress::Remarked && !table.current.is_nil() {
        page.put(table.row(15), 8, "含学区内走教", &boxed);
        page.comment(
            table.row(1),
            5,
            "市教委退回：请核对优质学校名单。答：已核对。",
        );
    }
}

/// Writes a figure with the decimals it is stated with.
fn put(page: &mut Page, (row, column): (u32, u16), shown: Shown, table: &Table) {
    let look = dress::boxed().right();
    if table.habits.dress == Dress::Old {
        page.put(row, column, shown.to_string(), &look);
    } else {
        page.put(row, column, shown, &look.shown(&shown.number_format()));
    }
}
