//! KY01, research projects applied for and approved, cumulative by month.
//!
//! The counts come from the city and the rates follow from them. The slips are planted between
//! the two, so that a false count carries its true consequences and nothing else.

use rust_xlsxwriter::utility::{column_number_to_name, row_col_to_cell};

use crate::city::{self, City, District, Period};
use crate::dress::{self, Dress, Habits, Layout, Manner, NoBase};
use crate::figures::Shown;
use crate::page::{Page, Stored, Value};
use crate::planted::Notes;

const NOVEMBER: Period = Period {
    year: 2023,
    month: 11,
};
const DECEMBER: Period = Period {
    year: 2023,
    month: 12,
};

// 栏 1 to 11, counted from zero.
const APPLICATIONS: usize = 0;
const APPLICATIONS_MONTH: usize = 1;
const APPLICATIONS_LAST_YEAR: usize = 2;
const GROWTH: usize = 3;
const APPROVED: usize = 4;
const APPROVED_MONTH: usize = 5;
const APPROVED_LAST_YEAR: usize = 6;
const APPROVED_GROWTH: usize = 7;
const APPROVAL_RATE: usize = 8;
const OPENED: usize = 9;
const OBSERVED: usize = 10;
/// The columns that count, in the city's order.
const COUNTS: [usize; 8] = [0, 1, 2, 4, 5, 6, 9, 10];

// Rows 01 to 06, counted from zero.
const TOTAL: usize = 0;
const MAJOR: usize = 1;
const KEY: usize = 2;
const GENERAL: usize = 3;
const SCHOOL_LED: usize = 4;
const YOUNG_LED: usize = 5;

const LABELS: [&str; 6] = [
    "合　　计",
    "　一、重大课题",
    "　二、重点课题",
    "　三、一般课题",
    "　其中：中小学、幼儿园承担",
    "　其中：青年教师主持",
];

pub const NAME: &str = "重庆市教育科学规划课题申报立项情况";

const INSTRUCTIONS: &str = "说明：1.本表由各区县（自治县）教委（教育局、公共服务局）填报。\
    2.报送时间：次月10日前。3.没有数据的栏不填。4.审核关系：(01)=(02)+(03)+(04)；(05)≤(01)；\
    (06)≤(01)；[2]≤[1]；[6]≤[5]；[5]≤[1]；[10]≤[5]；[11]≤[5]；[4]=([1]－[3])÷[3]×100；\
    [8]=([5]－[7])÷[7]×100；[9]=[5]÷[1]×100。";

/// What a clerk put into a cell of the table.
#[derive(PartialEq)]
enum Entry {
    Count(i64),
    Rate(Shown),
    /// A rate whose base is nil.
    NoBase,
    /// As typed, in whatever manner the rest is.
    Typed(Shown),
    Text(String),
}

type Table = [[i64; 11]; 6];
type Entries = [[Entry; 11]; 6];

/// A district's form for a period, on a sheet of this name.
pub fn page(
    city: &City,
    sheet: &str,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Page {
    let habits = Habits::of(number);
    let layout = Layout::of(habits.dress);
    let mut counts = table(city, number, period);
    let december = table(city, number, DECEMBER);
    let within = false_counts(&district.name, period, &december, &mut counts);
    let history = false_history(&district.name, period, &december, &mut counts);
    for (line, column, rule, what) in within.into_iter().chain(history) {
        notes.slip(&address(&layout, line, column), rule, &what);
    }
    let mut entries = entries(&counts, habits.decimals);
    if period == DECEMBER {
        let planted = false_rates(&district.name, &counts, &mut entries);
        if let Some((line, column, rule, what)) = planted {
            notes.slip(&address(&layout, line, column), rule, &what);
        }
        note_nils(&habits, &layout, &entries, notes);
    }
    for (column, rule, what) in true_questions(&district.name, period, &counts) {
        notes.slip(&address(&layout, TOTAL, column), rule, &what);
    }

    let mut page = Page::new(sheet);
    frame(&mut page, &layout, (number, district), period, notes);
    header(&mut page, &layout, &habits);
    body(&mut page, &layout, &habits, &entries);
    match habits.dress {
        Dress::Helped => checks(&mut page, &layout, &counts),
        Dress::Remarked => page.comment(
            layout.row(TOTAL),
            layout.column(APPLICATIONS),
            "市教委退回：请核对。答：已与申报名册核对，数字无误。",
        ),
        _ => {}
    }
    page
}

/// One figure more than there is: what a version that does not count, or no longer, differs in.
pub fn mistake(page: &mut Page, number: usize) {
    let layout = Layout::of(Habits::of(number).dress);
    let place = (layout.row(YOUNG_LED), layout.column(APPLICATIONS_LAST_YEAR));
    let cell = page.cells.get_mut(&place).expect("the cell is in the form");
    let Value::Number(figure) = &mut cell.value else {
        panic!("a figure to change")
    };
    *figure += 1.0;
}

fn table(city: &City, number: usize, period: Period) -> Table {
    let mut table = Table::default();
    for (cells, counts) in table.iter_mut().zip(city.counts(number, period)) {
        for (column, count) in COUNTS.into_iter().zip(counts) {
            cells[column] = count;
        }
    }
    table
}

fn address(layout: &Layout, line: usize, column: usize) -> String {
    row_col_to_cell(layout.row(line), layout.column(column))
}

/// A planted slip: line, column, the rule that finds it, and what it is.
type Slip = (usize, usize, &'static str, String);

/// Slips in counts within the form, made before the rates, which therefore follow from them.
fn false_counts(name: &str, period: Period, december: &Table, counts: &mut Table) -> Vec<Slip> {
    match (name, period) {
        ("永川区", NOVEMBER | DECEMBER) => {
            // The same excess in both months: the month between them stays true.
            let excess = december[TOTAL][APPLICATIONS] + 5 - december[SCHOOL_LED][APPLICATIONS];
            counts[SCHOOL_LED][APPLICATIONS] += excess;
            let part = counts[SCHOOL_LED][APPLICATIONS];
            let whole = counts[TOTAL][APPLICATIONS];
            let what = format!("中小学、幼儿园承担的申报数{part}大于合计{whole}");
            vec![(SCHOOL_LED, APPLICATIONS, "KY01.school_led.part_of", what)]
        }
        ("璧山区", DECEMBER) => {
            let cumulative = counts[YOUNG_LED][APPLICATIONS];
            let month = cumulative + 2;
            counts[YOUNG_LED][APPLICATIONS_MONTH] = month;
            let rule = "KY01.applications_month.part_of";
            let larger = format!("青年教师主持课题的本月申报数{month}大于本年累计{cumulative}");
            let broken = format!("本年累计{cumulative}不等于上月累计加本月{month}");
            vec![
                (YOUNG_LED, APPLICATIONS_MONTH, rule, larger),
                (YOUNG_LED, APPLICATIONS, "KY01-202", broken),
            ]
        }
        ("南川区", DECEMBER) => {
            let part = counts[KEY][APPROVED_MONTH];
            assert!(part > 0, "a part to leave out");
            counts[TOTAL][APPROVED_MONTH] -= part;
            let stated = counts[TOTAL][APPROVED_MONTH];
            let sum = format!("本月立项合计填{stated}，漏加重点课题{part}");
            let broken = format!("立项数本年累计不等于上月累计加本月{stated}，因合计漏加重点课题");
            vec![
                (TOTAL, APPROVED_MONTH, "KY01.total.total", sum),
                (TOTAL, APPROVED, "KY01-205", broken),
            ]
        }
        ("渝北区", DECEMBER) => {
            let truth = counts[TOTAL][OBSERVED];
            let stated = city::transposed(truth);
            counts[TOTAL][OBSERVED] = stated;
            let what = format!("线上观摩合计{truth}误写为{stated}");
            let part = counts[SCHOOL_LED][OBSERVED];
            let larger = format!("中小学、幼儿园承担的线上观摩{part}大于合计{stated}，因合计误写");
            vec![
                (TOTAL, OBSERVED, "KY01.total.total", what),
                (SCHOOL_LED, OBSERVED, "KY01.school_led.part_of", larger),
            ]
        }
        ("江北区", DECEMBER) => {
            let truth = counts[GENERAL][APPLICATIONS_MONTH];
            let stated = truth * 10;
            counts[GENERAL][APPLICATIONS_MONTH] = stated;
            let sum = format!("一般课题本月申报数{truth}多写一个0，成{stated}，合计对不上");
            let broken = format!("本年累计不等于上月累计加本月{stated}，因本月多写一个0");
            vec![
                (TOTAL, APPLICATIONS_MONTH, "KY01.total.total", sum),
                (GENERAL, APPLICATIONS, "KY01-202", broken),
            ]
        }
        ("潼南区", DECEMBER) => {
            let approved = counts[YOUNG_LED][APPROVED];
            let observed = approved + 1;
            counts[YOUNG_LED][OBSERVED] = observed;
            let what = format!("青年教师主持课题的线上观摩{observed}大于立项{approved}");
            vec![(YOUNG_LED, OBSERVED, "KY01-103", what)]
        }
        ("大足区", DECEMBER) => {
            let approved = counts[SCHOOL_LED][APPROVED];
            let opened = approved + 1;
            counts[SCHOOL_LED][OPENED] = opened;
            let what = format!("中小学、幼儿园承担的已开题{opened}大于立项{approved}");
            let whole = counts[TOTAL][OPENED];
            let larger = format!("中小学、幼儿园承担的已开题{opened}大于合计{whole}");
            vec![
                (SCHOOL_LED, OPENED, "KY01-102", what),
                (SCHOOL_LED, OPENED, "KY01.school_led.part_of", larger),
            ]
        }
        _ => Vec::new(),
    }
}

/// Counts that do not go with what was reported before, by a slip or after a correction.
fn false_history(name: &str, period: Period, december: &Table, counts: &mut Table) -> Vec<Slip> {
    match (name, period) {
        ("开州区", DECEMBER) => {
            let truth = counts[YOUNG_LED][APPLICATIONS_LAST_YEAR];
            let stated = truth + 3;
            counts[YOUNG_LED][APPLICATIONS_LAST_YEAR] = stated;
            let rule = "KY01.applications_last_year.restates";
            let what = format!("青年教师主持课题的上年同期申报数填{stated}，上年报{truth}");
            vec![(YOUNG_LED, APPLICATIONS_LAST_YEAR, rule, what)]
        }
        ("綦江区", DECEMBER) => {
            let truth = counts[SCHOOL_LED][APPROVED_LAST_YEAR];
            let stated = truth + 2;
            counts[SCHOOL_LED][APPROVED_LAST_YEAR] = stated;
            let rule = "KY01.approved_last_year.restates";
            let what = format!("中小学、幼儿园承担的上年同期立项数填{stated}，上年报{truth}");
            vec![(SCHOOL_LED, APPROVED_LAST_YEAR, rule, what)]
        }
        ("九龙坡区", DECEMBER) => {
            let month = counts[YOUNG_LED][APPLICATIONS_MONTH];
            let truth = std::mem::replace(&mut counts[YOUNG_LED][APPLICATIONS], month);
            let broken = format!("青年教师主持课题的本年累计填成本月数{month}，应为{truth}");
            let fallen = format!("本年累计{month}小于上月累计，因填成了本月数");
            vec![
                (YOUNG_LED, APPLICATIONS, "KY01-202", broken),
                (YOUNG_LED, APPLICATIONS, "KY01-204", fallen),
            ]
        }
        ("涪陵区", NOVEMBER) => {
            counts[SCHOOL_LED][APPROVED] += december[SCHOOL_LED][APPROVED_MONTH] + 1;
            Vec::new()
        }
        ("涪陵区", DECEMBER) => {
            let cumulative = counts[SCHOOL_LED][APPROVED];
            let broken =
                format!("本年累计立项{cumulative}不等于上月累计加本月，因更正11月数，须说明");
            let fallen = format!("本年累计立项{cumulative}小于上月累计，因更正11月数，须说明");
            vec![
                (SCHOOL_LED, APPROVED, "KY01-205", broken),
                (SCHOOL_LED, APPROVED, "KY01-206", fallen),
            ]
        }
        _ => Vec::new(),
    }
}

/// True figures of the total that have to be asked about: column, rule, and why.
fn true_questions(
    name: &str,
    period: Period,
    counts: &Table,
) -> Vec<(usize, &'static str, String)> {
    let line = counts[TOTAL];
    let mut questions = Vec::new();
    let (observed, approved) = (line[OBSERVED], line[APPROVED]);
    if period.month == 12 && observed != approved {
        let what = format!("立项{approved}项，线上观摩{observed}项，没有全部观摩，须说明");
        questions.push((OBSERVED, "KY01-208", what));
    }
    let jump = |now: usize, base: usize| {
        let jump = Shown::growth(line[now], line[base], 1);
        assert!(jump.digits > 300, "more than 30 %");
        jump
    };
    match name {
        "铜梁区" if period == DECEMBER => {
            let jump = jump(APPLICATIONS, APPLICATIONS_LAST_YEAR);
            let what = format!("合计申报数同比增长{jump}%，属实但变动较大，须说明");
            questions.push((APPLICATIONS, "KY01-201", what));
        }
        "万州区" | "高新区" if period == DECEMBER => {
            let jump = jump(APPROVED, APPROVED_LAST_YEAR);
            let what = format!("合计立项数同比增长{jump}%，属实但变动较大，须说明");
            questions.push((APPROVED, "KY01-207", what));
        }
        _ => {}
    }
    if name == "高新区" {
        let what = "立项率远高于全市，属实，只提示市级".to_owned();
        questions.push((APPROVED, "KY01-301", what));
    }
    questions
}

/// The table as filled in: the rates follow from the counts.
fn entries(counts: &Table, decimals: u32) -> Entries {
    let mut entries = counts.map(|line| {
        let growth = |now: usize, base: usize| match line[base] {
            0 => Entry::NoBase,
            _ => Entry::Rate(Shown::growth(line[now], line[base], decimals)),
        };
        let mut entries = line.map(Entry::Count);
        entries[GROWTH] = growth(APPLICATIONS, APPLICATIONS_LAST_YEAR);
        entries[APPROVED_GROWTH] = growth(APPROVED, APPROVED_LAST_YEAR);
        entries[APPROVAL_RATE] = match line[APPLICATIONS] {
            0 => Entry::NoBase,
            all => Entry::Rate(Shown::percent(line[APPROVED], all, decimals)),
        };
        entries
    });
    // A sum that is wrong was typed, also where the others are formulas.
    for column in COUNTS {
        let [total, parts @ ..] = [TOTAL, MAJOR, KEY, GENERAL].map(|line| counts[line][column]);
        if total != parts.iter().sum() {
            entries[TOTAL][column] = Entry::Typed(Shown::whole(total));
        }
    }
    entries
}

/// Slips in what is stated, and one true figure that has to be asked about.
fn false_rates(name: &str, counts: &Table, entries: &mut Entries) -> Option<Slip> {
    let growth = |line: usize, decimals| {
        let [now, _, base, ..] = counts[line];
        Shown::growth(now, base, decimals)
    };
    let whole = growth(TOTAL, 1);
    let mut rule = "KY01.growth.states";
    let (line, column, entry, what) = match name {
        "彭水苗族土家族自治县" => {
            let stated = whole.moved(20);
            let what = format!("合计申报数同比增长填{stated}%，应为{whole}%");
            (TOTAL, GROWTH, Entry::Rate(stated), what)
        }
        "黔江区" => {
            let truth = growth(GENERAL, 1);
            let cut = truth.moved(-1);
            // A last digit of nil would not be shown, and then nothing is cut.
            assert!(cut.digits == growth(GENERAL, 4).digits / 1000 && cut.digits % 10 != 0);
            let what = format!("一般课题申报数同比增长截尾填{cut}%，应四舍五入为{truth}%");
            (GENERAL, GROWTH, Entry::Rate(cut), what)
        }
        "酉阳土家族苗族自治县" => {
            let rounded = growth(TOTAL, 0);
            assert!(rounded.digits * 10 != whole.digits, "a digit is lost");
            let what =
                format!("合计申报数同比增长填文字{rounded}.0%，应为{whole}%，取整后才是{rounded}%");
            (TOTAL, GROWTH, Entry::Text(format!("{rounded}.0%")), what)
        }
        "渝北区" => {
            rule = "KY01.approved_growth.states";
            let line = counts[TOTAL];
            let wrong = Shown::growth(line[APPROVED], line[APPLICATIONS_LAST_YEAR], 1);
            let truth = Shown::growth(line[APPROVED], line[APPROVED_LAST_YEAR], 1);
            let what = format!("合计立项数同比增长填{wrong}%，误以第3栏为基数，应为{truth}%");
            (TOTAL, APPROVED_GROWTH, Entry::Rate(wrong), what)
        }
        "合川区" => {
            rule = "KY01.approval_rate.states";
            let (approved, all) = (counts[KEY][APPROVED], counts[KEY][APPLICATIONS]);
            let ratio = Shown::quotient(approved, all, 2);
            let truth = Shown::percent(approved, all, 1);
            let what = format!("重点课题立项率填比值{ratio}，应为{truth}%");
            (KEY, APPROVAL_RATE, Entry::Typed(ratio), what)
        }
        "万州区" => {
            rule = "KY01.observed.type";
            let what = "青年教师主持课题的线上观摩数填“约30”，不是数".to_owned();
            (YOUNG_LED, OBSERVED, Entry::Text("约30".to_owned()), what)
        }
        _ => return None,
    };
    entries[line][column] = entry;
    Some((line, column, rule, what))
}

/// Rates over a base of nil are no slips, however they are written, nor is a blank row of nils.
fn note_nils(habits: &Habits, layout: &Layout, entries: &Entries, notes: &mut Notes) {
    let written = match habits.no_base {
        NoBase::Dash => "填“—”",
        NoBase::DivisionError => "显示#DIV/0!",
        NoBase::Blank => "空白",
    };
    for (line, cells) in entries.iter().enumerate() {
        for column in [GROWTH, APPROVED_GROWTH, APPROVAL_RATE] {
            if cells[column] == Entry::NoBase {
                let what = format!("基数为零，第{}栏{written}，不算差错", column + 1);
                notes.never(&address(layout, line, column), &what);
            }
        }
        let counts = COUNTS.map(|column| &entries[line][column]);
        if habits.blank_nil
            && line == MAJOR
            && counts.iter().all(|entry| **entry == Entry::Count(0))
        {
            let what = "没有重大课题，整行空白，不算差错";
            notes.never(&address(layout, line, APPLICATIONS), what);
        }
    }
}

/// Everything around the table.
fn frame(
    page: &mut Page,
    layout: &Layout,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) {
    let Period { year, month } = period;
    let dress = Habits::of(number).dress;
    let (label, last) = (layout.label, layout.remark());
    page.width(0..last, 9.5);
    page.widths
        .extend([(label, 28.0), (label + 1, 6.0), (last, 20.0)]);

    if dress == Dress::Annex {
        page.put(0, 0, "附件2", &dress::plain());
    }
    let name = match dress {
        Dress::Titled => format!("{}{year}年{month}月教育科研课题情况统计表", district.short),
        _ => NAME.to_owned(),
    };
    dress::title(page, layout.title, last, &name);
    dress::identity(page, "KY01表", last, layout.identity);

    let filler = layout.filler;
    if dress != Dress::Titled {
        let office = format!("填报单位（盖章）：{}", district.office);
        page.span((filler, 0), (filler, 4), &office, &dress::plain());
        let months = format!("{year}年1—{month}月");
        let centred = dress::plain().centred();
        page.span((filler, 5), (filler, 9), &months, &centred);
    }
    let missing = period == DECEMBER && district.name == "梁平区";
    if missing {
        let cell = row_col_to_cell(filler, last);
        notes.slip(&cell, "KY01.unit_line", "缺计量单位，栏目名称中也没有");
    } else if dress != Dress::UnitsInside {
        let right = dress::plain().right();
        page.span((filler, last - 3), (filler, last), "计量单位：项", &right);
    }

    let unsigned = period == DECEMBER && matches!(&*district.name, "垫江县" | "忠县");
    if unsigned {
        let cell = row_col_to_cell(layout.foot(), 0);
        notes.slip(&cell, "KY01.signatures", "填表人未填");
    }
    let names = dress::signatures(district, number, period, !unsigned);
    dress::foot(page, layout.foot(), last, &names, INSTRUCTIONS);

    page.freeze = Some((layout.body(), 0));
    page.landscape = true;
}

/// The two rows of headings and the numbered line.
fn header(page: &mut Page, layout: &Layout, habits: &Habits) {
    let format = dress::heading();
    let top = layout.header;
    let unit = if habits.dress == Dress::UnitsInside {
        "（项）"
    } else {
        ""
    };
    let official = [
        "本年累计",
        "其中：\n本月",
        "上年同期\n累计",
        "同比增长\n（%）",
    ];
    let (groups, below) = match habits.dress {
        Dress::Reworded => (
            [
                ["课题申报数", "申报课题（项）", "申请数"][habits.turn % 3],
                "获准立项数",
            ],
            ["本年累计", "当月", "去年同期\n累计", "增幅\n（%）"],
        ),
        Dress::UnitsInside => (["申报数（项）", "立项数（项）"], official),
        _ => (["申报数", "立项数"], official),
    };
    page.heights.extend([(top, 22.0), (top + 1, 34.0)]);
    let (label, remark) = (layout.label, layout.remark());
    if label > 0 {
        page.span((top, 0), (top + 1, 0), "序号", &format);
    }
    page.span((top, label), (top + 1, label), "课题类别", &format);
    page.span((top, label + 1), (top + 1, label + 1), "代码", &format);
    for (group, first) in groups.into_iter().zip(layout.groups) {
        page.span((top, first), (top, first + 3), group, &format);
        for (column, label) in (first..).zip(below) {
            page.put(top + 1, column, label, &format);
        }
    }
    let last = [
        "立项率\n（%）",
        &format!("已开题{unit}"),
        &format!("线上观摩{unit}"),
        "备注",
    ];
    for (column, label) in (layout.groups[2]..).zip(last) {
        page.span((top, column), (top + 1, column), label, &format);
    }
    if layout.numbered {
        for (column, sign) in [(label, "甲"), (label + 1, "乙"), (remark, "丙")] {
            page.put(top + 2, column, sign, &format);
        }
        for (column, number) in (0..11).zip(1..) {
            page.put(
                top + 2,
                layout.column(column),
                Shown::whole(number),
                &format,
            );
        }
    }
}

fn body(page: &mut Page, layout: &Layout, habits: &Habits, entries: &Entries) {
    let boxed = dress::boxed();
    let centred = boxed.clone().centred();
    let mut number = 1;
    for (row, line) in (layout.body()..).zip(layout.order) {
        page.heights.insert(row, 20.0);
        for column in 0..=layout.remark() {
            page.put(row, column, Value::Blank, &boxed);
        }
        let Some(line) = line else {
            page.put(row, layout.label, "补充资料：合计中", &boxed);
            continue;
        };
        if layout.label > 0 {
            page.put(row, 0, Shown::whole(number), &centred);
            number += 1;
        }
        page.put(row, layout.label, LABELS[line], &boxed);
        let code = format!("{:02}", line + 1);
        page.put(row, layout.label + 1, code, &centred);
        for (column, entry) in entries[line].iter().enumerate() {
            put(page, layout, habits, (line, column), entry);
        }
        let remark = remark(habits, line, &entries[line]);
        page.put(row, layout.remark(), remark, &boxed);
    }
}

/// Every other clerk says why not all projects could be watched.
fn remark(habits: &Habits, line: usize, entries: &[Entry; 11]) -> &'static str {
    let differs = entries[OBSERVED] != entries[APPROVED];
    match line {
        GENERAL if differs && habits.turn.is_multiple_of(2) => "其余课题下月安排观摩",
        TOTAL if habits.dress == Dress::Remarked => "已与申报名册、立项文件核对",
        SCHOOL_LED if habits.dress == Dress::Remarked => "含特殊教育学校",
        _ => "",
    }
}

/// Columns of one's own at the right: what is left of a total without its parts.
fn checks(page: &mut Page, layout: &Layout, counts: &Table) {
    let first = layout.remark() + 2;
    for (place, column) in (first..).zip([APPLICATIONS, APPROVED]) {
        let [total, major, general] =
            [TOTAL, MAJOR, GENERAL].map(|line| address(layout, line, column));
        let text = format!("={total}-SUM({major}:{general})");
        let [all, parts @ ..] = [TOTAL, MAJOR, KEY, GENERAL].map(|line| counts[line][column]);
        let left = Shown::whole(all - parts.iter().sum::<i64>());
        let result = Stored::Number(left.number());
        page.put(layout.header, place, "校核", &dress::plain());
        let formula = Value::Formula { text, result };
        page.put(layout.row(TOTAL), place, formula, &dress::plain());
    }
}

/// Writes one entry in the manner of the district.
fn put(
    page: &mut Page,
    layout: &Layout,
    habits: &Habits,
    (line, column): (usize, usize),
    entry: &Entry,
) {
    let look = dress::boxed().right();
    let (row, place) = (layout.row(line), layout.column(column));
    let (value, look): (Value, _) = match *entry {
        Entry::Count(count) if habits.dress == Dress::Old => (count.to_string().into(), look),
        Entry::Count(count) if line == TOTAL && habits.formulas => {
            let letter = column_number_to_name(place);
            let [first, second, third] = [MAJOR, KEY, GENERAL].map(|line| layout.row(line) + 1);
            let text = if habits.turn.is_multiple_of(2) {
                format!("=SUM({letter}{first}:{letter}{third})")
            } else {
                format!("={letter}{first}+{letter}{second}+{letter}{third}")
            };
            let result = Stored::Number(Shown::whole(count).number());
            (Value::Formula { text, result }, look)
        }
        Entry::Count(0) if habits.blank_nil && matches!(line, MAJOR | YOUNG_LED) => {
            (Value::Blank, look)
        }
        Entry::Count(count) => (count.into(), look),
        Entry::Rate(rate) => match habits.manner {
            Manner::Number => (rate.into(), look.shown(&rate.number_format())),
            Manner::Text(sign) => (format!("{rate}{sign}").into(), look),
            Manner::Percent => {
                let look = look.shown(&(rate.number_format() + "%"));
                (rate.hundredth().into(), look)
            }
        },
        Entry::NoBase => match habits.no_base {
            NoBase::Dash => ("—".into(), look.centred()),
            NoBase::DivisionError => {
                let text = division(layout, habits, (line, column));
                let result = Stored::Error("#DIV/0!");
                (Value::Formula { text, result }, look)
            }
            NoBase::Blank => (Value::Blank, look),
        },
        Entry::Typed(figure) => (figure.into(), look),
        Entry::Text(ref text) => (text.clone().into(), look),
    };
    page.put(row, place, value, &look);
}

/// The formula of a rate, which over a base of nil gives an error.
fn division(layout: &Layout, habits: &Habits, (line, column): (usize, usize)) -> String {
    let cell = |column| address(layout, line, column);
    let hundred = if habits.manner == Manner::Percent {
        ""
    } else {
        "*100"
    };
    if column == APPROVAL_RATE {
        format!("={}/{}{hundred}", cell(APPROVED), cell(APPLICATIONS))
    } else {
        let (now, base) = (cell(column - 3), cell(column - 1));
        format!("=({now}-{base})/{base}{hundred}")
    }
}

/// The sheet 填表说明. It holds a small table in the form's own words, which is not the form.
pub fn guide() -> Page {
    let mut page = dress::guide(&[
        "一、本表统计市级教育科学规划课题，校级课题不填。",
        "二、“申报数”指本年1月1日起累计申报的课题；“立项数”以立项文件为准。",
        "三、“已开题”只统计重大、重点课题的集中开题。",
        "四、示例（数字仅为举例）：",
    ]);
    for (column, label) in (0..).zip(["课题类别", "代码", "申报数", "立项数"]) {
        page.put(7, column, label, &dress::heading());
    }
    let boxed = dress::boxed();
    let example = [
        ("合　　计", "01", 100, 25),
        ("　一、重大课题", "02", 20, 5),
        ("　二、重点课题", "03", 80, 20),
    ];
    for (row, (label, code, applications, approved)) in (8..).zip(example) {
        page.put(row, 0, label, &boxed);
        page.put(row, 1, code, &boxed);
        page.put(row, 2, Shown::whole(applications), &boxed);
        page.put(row, 3, Shown::whole(approved), &boxed);
    }
    page
}
