//! How a form looks: fonts and borders, the frame around the table, and each district's habits.
//!
//! The same figures come in many dresses. What the figures are is left to the forms.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::city::{District, Period};
use crate::figures::Chance;

/// A way of laying out KY01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// As the office drew it.
    Official,
    /// 附件2 in the corner, the number of the form missing.
    Annex,
    /// District and month in the title, nothing else above the table.
    Titled,
    /// 合计 under its parts, no numbered line.
    TotalLast,
    /// The unit in the headings instead of above them.
    UnitsInside,
    /// Other words, and 立项数 in front of 申报数.
    Reworded,
    /// Behind a cover and a sheet of instructions.
    Behind,
}

/// How a rate is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Number,
    /// Text ending in this sign, half or full width.
    Text(char),
    /// A percent-formatted cell.
    Percent,
}

/// What stands in a rate whose base is nil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBase {
    Dash,
    DivisionError,
    Blank,
}

/// What a clerk does every month.
pub struct Habits {
    pub dress: Dress,
    pub manner: Manner,
    pub decimals: u32,
    pub no_base: NoBase,
    /// Leaves a nil blank in the rows that are often nil.
    pub blank_nil: bool,
    /// The line 合计 adds up by formulas.
    pub formulas: bool,
    /// Which of the reworded labels and of the file names.
    pub turn: usize,
}

impl Habits {
    /// Spread over the register, with cycles that do not fall together.
    pub fn of(district: usize) -> Habits {
        let dresses = [
            Dress::Official,
            Dress::Annex,
            Dress::Titled,
            Dress::TotalLast,
            Dress::UnitsInside,
            Dress::Reworded,
            Dress::Behind,
            Dress::Official,
        ];
        let manners = [
            Manner::Number,
            Manner::Text('%'),
            Manner::Number,
            Manner::Percent,
            if district.is_multiple_of(2) {
                Manner::Text('％')
            } else {
                Manner::Number
            },
        ];
        Habits {
            dress: dresses[district % 8],
            manner: manners[(district + district / 8) % 5],
            decimals: match (district % 9, district % 11) {
                (4, _) => 2,
                (_, 6) => 0,
                _ => 1,
            },
            no_base: [NoBase::Dash, NoBase::DivisionError, NoBase::Blank][district / 2 % 3],
            blank_nil: district.is_multiple_of(3),
            formulas: district % 3 == 1,
            turn: district + district / 8,
        }
    }
}

/// What the office prints in the corner of its forms.
pub const IDENTITY: [&str; 4] = [
    "表　　号：",
    "制定机关：重庆市教育委员会",
    "备案文号：（样例，未备案）",
    "有效期至：（样例）",
];

/// Where KY01 stands in a dress; rows count from zero, as `rust_xlsxwriter` has them.
pub struct Layout {
    pub sheet: &'static str,
    pub title: u32,
    /// The identity block's lines: all, all but the number of the form, or none.
    pub identity: &'static [&'static str],
    /// The line of 填报单位, period and unit.
    pub filler: u32,
    pub header: u32,
    pub numbered: bool,
    /// The table's rows in order, `None` for the heading 补充资料.
    pub order: [Option<usize>; 7],
    /// First columns of the groups 申报数 and 立项数.
    pub groups: [u16; 2],
}

impl Layout {
    pub fn of(dress: Dress) -> Layout {
        let official = Layout {
            sheet: "KY01",
            title: 0,
            identity: &IDENTITY,
            filler: 5,
            header: 6,
            numbered: true,
            order: [Some(0), Some(1), Some(2), Some(3), None, Some(4), Some(5)],
            groups: [2, 6],
        };
        match dress {
            Dress::Official => official,
            Dress::Annex => Layout {
                sheet: "课题",
                title: 1,
                identity: IDENTITY.split_at(1).1,
                ..official
            },
            Dress::Titled => Layout {
                sheet: "Sheet1",
                identity: &[],
                filler: 1,
                header: 2,
                ..official
            },
            Dress::TotalLast => Layout {
                sheet: "1.课题",
                numbered: false,
                order: [Some(1), Some(2), Some(3), Some(0), None, Some(4), Some(5)],
                ..official
            },
            Dress::UnitsInside => Layout {
                sheet: "Sheet1",
                ..official
            },
            Dress::Reworded => Layout {
                sheet: "课题",
                groups: [6, 2],
                ..official
            },
            Dress::Behind => Layout {
                sheet: "1.课题",
                ..official
            },
        }
    }

    /// The first row under the header.
    pub fn body(&self) -> u32 {
        self.header + 2 + u32::from(self.numbered)
    }

    /// The row of a line of the form.
    pub fn row(&self, line: usize) -> u32 {
        let place = (self.body()..)
            .zip(self.order)
            .find(|(_, other)| *other == Some(line));
        place.expect("every dress has every line").0
    }

    /// The column of 栏 1 to 11, counted from zero.
    pub fn column(&self, column: usize) -> u16 {
        match column {
            0..4 => self.groups[0] + small(column),
            4..8 => self.groups[1] + small(column - 4),
            _ => small(column) + 2,
        }
    }

    /// The line of names and dates, one empty row under the table.
    pub fn foot(&self) -> u32 {
        self.body() + 8
    }
}

fn small(column: usize) -> u16 {
    u16::try_from(column).expect("a form has few columns")
}

/// A workbook dated by its period, never by the clock.
pub fn workbook(period: Period) -> Result<Workbook, XlsxError> {
    let (year, month) = due(period);
    let year = u16::try_from(year).expect("samples are of our time");
    let created = ExcelDateTime::from_ymd(year, month, 3)?;
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    Ok(workbook)
}

/// The month after, in which the form is sent.
fn due(period: Period) -> (i64, u8) {
    match period.month {
        12 => (period.year + 1, 1),
        month => (period.year, month + 1),
    }
}

/// The sheet 封面 that some put in front.
pub fn cover(
    workbook: &mut Workbook,
    name: &str,
    district: &District,
    period: Period,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name("封面")?;
    sheet.set_column_width(0, 80)?;
    title(sheet, 5, 0, name)?;
    let centred = plain().set_align(FormatAlign::Center);
    let (year, month) = due(period);
    let lines = [
        format!("（{}年1—{}月）", period.year, period.month),
        format!("填报单位（盖章）：{}", district.office),
        format!("{year}年{month}月"),
    ];
    for (row, line) in (8..).step_by(3).zip(lines) {
        sheet.write_with_format(row, 0, line, &centred)?;
    }
    Ok(())
}

/// 宋体 11, as everything but titles.
pub fn plain() -> Format {
    Format::new()
        .set_font_name("宋体")
        .set_font_size(11)
        .set_align(FormatAlign::VerticalCenter)
}

/// A cell of the table: thin borders there and nowhere else.
pub fn boxed() -> Format {
    plain().set_border(FormatBorder::Thin)
}

/// A heading, whose line breaks count.
pub fn heading() -> Format {
    boxed().set_align(FormatAlign::Center).set_text_wrap()
}

/// Text over several cells; a span of one cell is no merge.
pub fn span(
    sheet: &mut Worksheet,
    from: (u32, u16),
    to: (u32, u16),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if from == to {
        sheet.write_with_format(from.0, from.1, text, format)?;
    } else {
        sheet.merge_range(from.0, from.1, to.0, to.1, text, format)?;
    }
    Ok(())
}

/// 黑体 18 over all columns.
pub fn title(sheet: &mut Worksheet, row: u32, last: u16, text: &str) -> Result<(), XlsxError> {
    let format = Format::new()
        .set_font_name("黑体")
        .set_font_size(18)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter);
    sheet.set_row_height(row, 30)?;
    span(sheet, (row, 0), (row, last), text, &format)
}

/// The identity block over the last three columns, above the line of 填报单位.
pub fn identity(
    sheet: &mut Worksheet,
    form: &str,
    last: u16,
    lines: &[&str],
) -> Result<(), XlsxError> {
    for (row, line) in (1..5).rev().zip(lines.iter().rev()) {
        let number = if line.ends_with('：') { form } else { "" };
        span(
            sheet,
            (row, last - 2),
            (row, last),
            &format!("{line}{number}"),
            &plain(),
        )?;
    }
    Ok(())
}

/// The line of names and dates, and the instructions below it.
pub fn foot(
    sheet: &mut Worksheet,
    row: u32,
    last: u16,
    names: &str,
    notes: &str,
) -> Result<(), XlsxError> {
    span(sheet, (row, 0), (row, last), names, &plain())?;
    sheet.set_row_height(row + 1, 64)?;
    let format = plain().set_text_wrap().set_align(FormatAlign::Top);
    span(sheet, (row + 1, 0), (row + 1, last), notes, &format)
}

/// Who signed, invented for the district; `clerk` false leaves 填表人 empty.
pub fn signatures(district: &District, number: usize, period: Period, clerk: bool) -> String {
    let mut chance = Chance::of(&format!("names {}", district.code));
    let mut name = || {
        let family = ["张", "李", "王", "刘", "陈", "杨", "周", "吴", "唐", "何"];
        let given = [
            "伟", "娜", "芳", "敏", "静", "强", "磊", "洋", "勇", "燕", "杰", "娟",
        ];
        let mut pick = |from: &[&'static str]| {
            from[usize::try_from(chance.whole(0, 9)).expect("not negative") % from.len()]
        };
        format!("{}　{}", pick(&family), pick(&given))
    };
    let (head, statistician, filler) = (name(), name(), name());
    let filler = if clerk { &filler } else { "" };
    let (year, month) = due(period);
    let day = 3 + number % 6;
    format!(
        "单位负责人：{head}　　统计负责人：{statistician}　　填表人：{filler}　　\
         联系电话：023-660000{number:02}　　报出日期：{year}年{month}月{day}日"
    )
}

/// The file's path within its period's folder. Where it names a district, it is this one.
pub fn ky01_path(district: &District, habits: &Habits, period: Period) -> String {
    let District { name, short, .. } = district;
    let Period { year, month } = period;
    let office = office(district);
    match habits.turn % 6 {
        0 => format!("附件2：{short}KY01表（{year}年{month}月）.xlsx"),
        1 => format!("{short}{office}-课题.xlsx"),
        2 => format!("{name}/{month}月报表 最终版(1).xlsx"),
        3 => format!("{short}.xlsx"),
        4 => format!("{short}{office}{year}年{month}月（盖章）.xlsx"),
        _ => format!("{name}/新建 Microsoft Excel 工作表.xlsx"),
    }
}

/// As `ky01_path`; the two never meet.
pub fn jh01_path(district: &District, habits: &Habits, period: Period) -> String {
    let District { name, short, .. } = district;
    let year = period.year;
    match habits.turn % 4 {
        0 => format!("附件3：{short}JH01表（{year}年四季度）.xlsx"),
        1 => format!("{short}{}-优质均衡监测.xlsx", office(district)),
        2 => format!("{name}/四季度监测表.xlsx"),
        _ => format!("JH01 {short} {year}年第4季度.xlsx"),
    }
}

/// What the office is called in passing.
fn office(district: &District) -> &'static str {
    match &district.office {
        full if full.ends_with("教育局") => "教育局",
        full if full.ends_with("公共服务局") => "公共服务局",
        _ => "教委",
    }
}
