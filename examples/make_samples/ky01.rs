//! KY01, research projects applied for and approved, cumulative by month.
//!
//! The counts come from the city and the rates follow from them. The slips are planted between
//! the two, so that a false count carries its true consequences and nothing else.

use rust_xlsxwriter::utility::{column_number_to_name, row_col_to_cell};
use rust_xlsxwriter::{FormatAlign, Formula, Workbook, Worksheet, XlsxError};

use crate::city::{City, District, Period};
use crate::dress::{self, Dress, Habits, Layout, Manner, NoBase};
use crate::figures::Shown;
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
const APPROVED_LAST_YEAR: usize = 6;
const APPROVED_GROWTH: usize = 7;
const APPROVAL_RATE: usize = 8;
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

const NAME: &str = "重庆市教育科学规划课题申报立项情况";

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
    Text(&'static str),
}

type Table = [[i64; 11]; 6];
type Entries = [[Entry; 11]; 6];

/// A district's form for a period, and the notes on it.
pub fn submission(
    city: &City,
    (number, district): (usize, &District),
    period: Period,
) -> Result<(String, Workbook, Notes), XlsxError> {
    let habits = Habits::of(number);
    let layout = Layout::of(habits.dress);
    let path = dress::ky01_path(district, &habits, period);
    let mut notes = Notes::on(("KY01", layout.sheet), district, period, &path);

    let mut counts = table(city, number, period);
    if period == DECEMBER || period == NOVEMBER {
        let december = table(city, number, DECEMBER);
        let planted = false_counts(&district.name, period, &december, &mut counts);
        for (line, column, rule, what) in planted {
            notes.slip(&address(&layout, line, column), rule, &what);
        }
    }
    let mut entries = entries(&counts, habits.decimals);
    if period == DECEMBER {
        let planted = false_rates(&district.name, &counts, &mut entries);
        if let Some((line, column, rule, what)) = planted {
            notes.slip(&address(&layout, line, column), rule, &what);
        }
        note_bases(&habits, &layout, &entries, &mut notes);
    }

    let mut workbook = dress::workbook(period)?;
    if habits.dress == Dress::Behind {
        dress::cover(&mut workbook, NAME, district, period)?;
        instructions(&mut workbook)?;
    }
    let sheet = workbook.add_worksheet().set_name(layout.sheet)?;
    frame(sheet, &layout, (number, district), period, &mut notes)?;
    header(sheet, &layout, &habits)?;
    body(sheet, &layout, &habits, &entries)?;
    if habits.dress == Dress::Behind {
        sheet.set_active(true);
    }
    Ok((path, workbook, notes))
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

/// Slips in counts, made before the rates, which therefore follow from them.
fn false_counts(name: &str, period: Period, december: &Table, counts: &mut Table) -> Vec<Slip> {
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
        ("永川区", _) => {
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
        _ => Vec::new(),
    }
}

/// The table as filled in: the rates follow from the counts.
fn entries(counts: &Table, decimals: u32) -> Entries {
    counts.map(|line| {
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
    })
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
        "城口县" => {
            let truth = growth(GENERAL, 1);
            let cut = truth.moved(-1);
            // A last digit of nil would not be shown, and then nothing is cut.
            assert!(cut.digits == growth(GENERAL, 4).digits / 1000 && cut.digits % 10 != 0);
            let what = format!("一般课题申报数同比增长截尾填{cut}%，应四舍五入为{truth}%");
            (GENERAL, GROWTH, Entry::Rate(cut), what)
        }
        "酉阳土家族苗族自治县" => {
            assert!(growth(TOTAL, 0).digits == 15 && whole.digits != 150);
            let what = format!("合计申报数同比增长填文字15.0%，应为{whole}%，取整后才是15%");
            (TOTAL, GROWTH, Entry::Text("15.0%"), what)
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
            (YOUNG_LED, OBSERVED, Entry::Text("约30"), what)
        }
        "铜梁区" => {
            rule = "KY01-201";
            assert!(whole.digits > 300, "more than 30 %");
            let what = format!("合计申报数同比增长{whole}%，属实但变动较大，须说明");
            // The true figure is asked about where it stands, and stays as it is.
            (
                TOTAL,
                APPLICATIONS,
                Entry::Count(counts[TOTAL][APPLICATIONS]),
                what,
            )
        }
        _ => return None,
    };
    entries[line][column] = entry;
    Some((line, column, rule, what))
}

/// Rates over a base of nil are no slips, however they are written.
fn note_bases(habits: &Habits, layout: &Layout, entries: &Entries, notes: &mut Notes) {
    let written = match habits.no_base {
        NoBase::Dash => "填“—”",
        NoBase::DivisionError => "显示#DIV/0!",
        NoBase::Blank => return,
    };
    for (line, cells) in entries.iter().enumerate() {
        for column in [GROWTH, APPROVED_GROWTH, APPROVAL_RATE] {
            if cells[column] == Entry::NoBase {
                let what = format!("基数为零，第{}栏{written}，不算差错", column + 1);
                notes.never(&address(layout, line, column), &what);
            }
        }
    }
}

/// Everything around the table.
fn frame(
    sheet: &mut Worksheet,
    layout: &Layout,
    (number, district): (usize, &District),
    period: Period,
    notes: &mut Notes,
) -> Result<(), XlsxError> {
    let Period { year, month } = period;
    let dress = Habits::of(number).dress;
    sheet
        .set_column_width(0, 28)?
        .set_column_width(1, 6)?
        .set_column_width(13, 20)?;
    sheet.set_column_range_width(2, 12, 9.5)?;

    if dress == Dress::Annex {
        sheet.write_with_format(0, 0, "附件2", &dress::plain())?;
    }
    let name = match dress {
        Dress::Titled => format!("{}{year}年{month}月教育科研课题情况统计表", district.short),
        _ => NAME.to_owned(),
    };
    dress::title(sheet, layout.title, 13, &name)?;
    dress::identity(sheet, "KY01表", 13, layout.identity)?;

    let filler = layout.filler;
    if dress != Dress::Titled {
        let office = format!("填报单位（盖章）：{}", district.office);
        dress::span(sheet, (filler, 0), (filler, 4), &office, &dress::plain())?;
        let months = format!("{year}年1—{month}月");
        let centred = dress::plain().set_align(FormatAlign::Center);
        dress::span(sheet, (filler, 5), (filler, 9), &months, &centred)?;
    }
    let missing = period == DECEMBER && district.name == "梁平区";
    if missing {
        let cell = row_col_to_cell(filler, 13);
        notes.slip(&cell, "KY01.unit_line", "缺计量单位，栏目名称中也没有");
    } else if dress != Dress::UnitsInside {
        let right = dress::plain().set_align(FormatAlign::Right);
        dress::span(sheet, (filler, 10), (filler, 13), "计量单位：项", &right)?;
    }

    let unsigned = period == DECEMBER && matches!(&*district.name, "垫江县" | "忠县");
    if unsigned {
        let cell = row_col_to_cell(layout.foot(), 0);
        notes.slip(&cell, "KY01.signatures", "填表人未填");
    }
    let names = dress::signatures(district, number, period, !unsigned);
    dress::foot(sheet, layout.foot(), 13, &names, INSTRUCTIONS)?;

    sheet.set_freeze_panes(layout.body(), 0)?;
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The two rows of headings and the numbered line.
fn header(sheet: &mut Worksheet, layout: &Layout, habits: &Habits) -> Result<(), XlsxError> {
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
    sheet.set_row_height(top, 22)?.set_row_height(top + 1, 34)?;
    dress::span(sheet, (top, 0), (top + 1, 0), "课题类别", &format)?;
    dress::span(sheet, (top, 1), (top + 1, 1), "代码", &format)?;
    for (group, first) in groups.into_iter().zip(layout.groups) {
        dress::span(sheet, (top, first), (top, first + 3), group, &format)?;
        for (column, label) in (first..).zip(below) {
            sheet.write_with_format(top + 1, column, label, &format)?;
        }
    }
    let last = [
        "立项率\n（%）",
        &format!("已开题{unit}"),
        &format!("线上观摩{unit}"),
        "备注",
    ];
    for (column, label) in (10..).zip(last) {
        dress::span(sheet, (top, column), (top + 1, column), label, &format)?;
    }
    if layout.numbered {
        for (column, sign) in [(0, "甲"), (1, "乙"), (13, "丙")] {
            sheet.write_with_format(top + 2, column, sign, &format)?;
        }
        for (column, number) in (0..11).zip(1..) {
            sheet.write_with_format(top + 2, layout.column(column), number, &format)?;
        }
    }
    Ok(())
}

fn body(
    sheet: &mut Worksheet,
    layout: &Layout,
    habits: &Habits,
    entries: &Entries,
) -> Result<(), XlsxError> {
    let boxed = dress::boxed();
    let centred = boxed.clone().set_align(FormatAlign::Center);
    for (row, line) in (layout.body()..).zip(layout.order) {
        sheet.set_row_height(row, 20)?;
        let Some(line) = line else {
            sheet.write_with_format(row, 0, "补充资料：合计中", &boxed)?;
            for column in 1..14 {
                sheet.write_blank(row, column, &boxed)?;
            }
            continue;
        };
        sheet.write_with_format(row, 0, LABELS[line], &boxed)?;
        sheet.write_with_format(row, 1, format!("{:02}", line + 1), &centred)?;
        for (column, entry) in entries[line].iter().enumerate() {
            put(sheet, layout, habits, (line, column), entry)?;
        }
        sheet.write_with_format(row, 13, remark(habits, line, &entries[line]), &boxed)?;
    }
    Ok(())
}

/// Every other clerk says why not all projects could be watched.
fn remark(habits: &Habits, line: usize, entries: &[Entry; 11]) -> &'static str {
    let differs = entries[OBSERVED] != entries[APPROVED];
    if differs && line == GENERAL && habits.turn.is_multiple_of(2) {
        "其余课题下月安排观摩"
    } else {
        ""
    }
}

/// Writes one entry in the manner of the district.
fn put(
    sheet: &mut Worksheet,
    layout: &Layout,
    habits: &Habits,
    (line, column): (usize, usize),
    entry: &Entry,
) -> Result<(), XlsxError> {
    let format = dress::boxed().set_align(FormatAlign::Right);
    let (row, place) = (layout.row(line), layout.column(column));
    match *entry {
        Entry::Count(count) if line == TOTAL && habits.formulas => {
            let letter = column_number_to_name(place);
            let [first, second, third] = [MAJOR, KEY, GENERAL].map(|line| layout.row(line) + 1);
            let sum = if habits.turn.is_multiple_of(2) {
                format!("=SUM({letter}{first}:{letter}{third})")
            } else {
                format!("={letter}{first}+{letter}{second}+{letter}{third}")
            };
            let formula = Formula::new(sum).set_result(count.to_string());
            sheet.write_with_format(row, place, formula, &format)?
        }
        Entry::Count(0) if habits.blank_nil && matches!(line, MAJOR | YOUNG_LED) => {
            sheet.write_blank(row, place, &format)?
        }
        Entry::Count(count) => sheet.write_with_format(row, place, count, &format)?,
        Entry::Rate(rate) => match habits.manner {
            Manner::Number => {
                let shown = format.set_num_format(rate.number_format());
                sheet.write_with_format(row, place, rate.number(), &shown)?
            }
            Manner::Text(sign) => {
                sheet.write_with_format(row, place, format!("{rate}{sign}"), &format)?
            }
            Manner::Percent => {
                let shown = format.set_num_format(rate.number_format() + "%");
                sheet.write_with_format(row, place, rate.hundredth().number(), &shown)?
            }
        },
        Entry::NoBase => match habits.no_base {
            NoBase::Dash => {
                let centred = format.set_align(FormatAlign::Center);
                sheet.write_with_format(row, place, "—", &centred)?
            }
            NoBase::DivisionError => {
                let formula = Formula::new(division(layout, habits, (line, column)));
                sheet.write_with_format(row, place, formula.set_result("#DIV/0!"), &format)?
            }
            NoBase::Blank => sheet.write_blank(row, place, &format)?,
        },
        Entry::Typed(figure) => sheet.write_with_format(row, place, figure.number(), &format)?,
        Entry::Text(text) => sheet.write_with_format(row, place, text, &format)?,
    };
    Ok(())
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
fn instructions(workbook: &mut Workbook) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name("填表说明")?;
    sheet
        .set_column_width(0, 16)?
        .set_column_width(1, 10)?
        .set_column_range_width(2, 5, 14)?;
    dress::title(sheet, 0, 5, "填表说明")?;
    let lines = [
        "一、本表统计市级教育科学规划课题，校级课题不填。",
        "二、“申报数”指本年1月1日起累计申报的课题；“立项数”以立项文件为准。",
        "三、“已开题”只统计重大、重点课题的集中开题。",
        "四、示例（数字仅为举例）：",
    ];
    for (row, line) in (2..).zip(lines) {
        sheet.write_with_format(row, 0, line, &dress::plain())?;
    }
    for (column, label) in (0..).zip(["课题类别", "代码", "申报数", "立项数"]) {
        sheet.write_with_format(7, column, label, &dress::heading())?;
    }
    let boxed = dress::boxed();
    let example = [
        ("合　　计", "01", 100, 25),
        ("　一、重大课题", "02", 20, 5),
        ("　二、重点课题", "03", 80, 20),
    ];
    for (row, (label, code, applications, approved)) in (8..).zip(example) {
        sheet.write_with_format(row, 0, label, &boxed)?;
        sheet.write_with_format(row, 1, code, &boxed)?;
        sheet.write_with_format(row, 2, applications, &boxed)?;
        sheet.write_with_format(row, 3, approved, &boxed)?;
    }
    Ok(())
}
