//! How a form looks: fonts and borders, the frame around the table, and each district's habits.
//!
//! The same figures come in many dresses. What the figures are is left to the forms.

use crate::city::{District, Period};
use crate::figures::Chance;
use crate::page::{Look, Page};
use crate::write::Kind;

/// A way in which a form is laid out or sent.
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
    /// 序号 in front, and an empty column between the labels and the figures.
    Serial,
    /// A sheet for each month of the year.
    Monthly,
    /// All forms in one workbook.
    Together,
    /// An old .xls in `仿宋_GB2312`, its figures typed as text.
    Old,
    /// Other words, and 立项数 in front of 申报数.
    Reworded,
    /// Behind a cover and a sheet of instructions.
    Behind,
    /// Columns of one's own checks at the right, and last year's form on a hidden sheet.
    Helped,
    /// Remarks and comments, as it came back from being asked about.
    Remarked,
    /// Made with WPS.
    Wps,
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
    pub kind: Kind,
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
            Dress::Serial,
            Dress::Monthly,
            Dress::Together,
            Dress::Old,
            Dress::Reworded,
            Dress::Behind,
            Dress::Helped,
            Dress::Remarked,
            Dress::Wps,
        ];
        let dress = dresses[district % dresses.len()];
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
        let old = dress == Dress::Old;
        Habits {
            dress,
            kind: match district {
                _ if old => Kind::Xls,
                15 | 17 => Kind::Xls,
                3 | 28 | 33 => Kind::Ods,
                4 | 30 => Kind::Csv,
                _ => Kind::Xlsx,
            },
            manner: if old {
                Manner::Text('％')
            } else {
                manners[(district + district / 8) % 5]
            },
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

/// Where KY01 stands in a dress; rows count from zero.
pub struct Layout {
    pub title: u32,
    /// The identity block's lines: all, all but the number of the form, or none.
    pub identity: &'static [&'static str],
    /// The line of 填报单位, period and unit.
    pub filler: u32,
    pub header: u32,
    pub numbered: bool,
    /// The table's rows in order, `None` for the heading 补充资料.
    pub order: [Option<usize>; 7],
    /// The column of the labels.
    pub label: u16,
    /// First columns of the groups 申报数 and 立项数, and of what follows them.
    pub groups: [u16; 3],
}

impl Layout {
    pub fn of(dress: Dress) -> Layout {
        let official = Layout {
            title: 0,
            identity: &IDENTITY,
            filler: 5,
            header: 6,
            numbered: true,
            order: [Some(0), Some(1), Some(2), Some(3), None, Some(4), Some(5)],
            label: 0,
            groups: [2, 6, 10],
        };
        match dress {
            Dress::Annex => Layout {
                title: 1,
                identity: IDENTITY.split_at(1).1,
                ..official
            },
            Dress::Titled => Layout {
                identity: &[],
                filler: 1,
                header: 2,
                ..official
            },
            Dress::TotalLast => Layout {
                numbered: false,
                order: [Some(1), Some(2), Some(3), Some(0), None, Some(4), Some(5)],
                ..official
            },
            Dress::Serial => Layout {
                label: 1,
                groups: [4, 8, 12],
                ..official
            },
            Dress::Reworded => Layout {
                groups: [6, 2, 10],
                ..official
            },
            _ => official,
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
        self.groups[column / 4] + small(column % 4)
    }

    /// The column of 备注.
    pub fn remark(&self) -> u16 {
        self.groups[2] + 3
    }

    /// The line of names and dates, one empty row under the table.
    pub fn foot(&self) -> u32 {
        self.body() + 8
    }
}

fn small(column: usize) -> u16 {
    u16::try_from(column).expect("a form has few columns")
}

/// The month after, in which the form is sent.
pub fn due(period: Period) -> (i64, u8) {
    match period.month {
        12 => (period.year + 1, 1),
        month => (period.year, month + 1),
    }
}

/// The sheet 封面 that some put in front.
pub fn cover(name: &str, district: &District, period: Period) -> Page {
    let mut page = Page::new("封面");
    page.widths.insert(0, 80.0);
    title(&mut page, 5, 0, name);
    let centred = plain().centred();
    let (year, month) = due(period);
    let lines = [
        format!("（{}年1—{}月）", period.year, period.month),
        format!("填报单位（盖章）：{}", district.office),
        format!("{year}年{month}月"),
    ];
    for (row, line) in (8..).step_by(3).zip(lines) {
        page.put(row, 0, line, &centred);
    }
    page
}

/// The sheet 填表说明 that some put in front.
pub fn guide(lines: &[&str]) -> Page {
    let mut page = Page::new("填表说明");
    page.widths.extend([(0, 16.0), (1, 10.0)]);
    page.width(2..6, 14.0);
    title(&mut page, 0, 5, "填表说明");
    for (row, line) in (2..).zip(lines) {
        page.put(row, 0, *line, &plain());
    }
    page
}

/// 宋体 11, as everything but titles.
pub fn plain() -> Look {
    Look {
        font: "宋体",
        size: 11.0,
        bold: false,
        bordered: false,
        centred: false,
        right: false,
        wrap: false,
        number_format: None,
    }
}

/// A cell of the table: thin borders there and nowhere else.
pub fn boxed() -> Look {
    Look {
        bordered: true,
        ..plain()
    }
}

/// A heading, whose line breaks count.
pub fn heading() -> Look {
    boxed().centred().wrapped()
}

/// 黑体 18 over all columns.
pub fn title(page: &mut Page, row: u32, last: u16, text: &str) {
    let look = Look {
        font: "黑体",
        size: 18.0,
        centred: true,
        ..plain()
    };
    page.heights.insert(row, 30.0);
    page.span((row, 0), (row, last), text, &look);
}

/// The identity block over the last three columns, above the line of 填报单位.
pub fn identity(page: &mut Page, form: &str, last: u16, lines: &[&str]) {
    for (row, line) in (1..5).rev().zip(lines.iter().rev()) {
        let number = if line.ends_with('：') { form } else { "" };
        let text = format!("{line}{number}");
        page.span((row, last - 2), (row, last), &text, &plain());
    }
}

/// The line of names and dates, and the instructions below it.
pub fn foot(page: &mut Page, row: u32, last: u16, names: &str, notes: &str) {
    page.span((row, 0), (row, last), names, &plain());
    page.heights.insert(row + 1, 64.0);
    page.span((row + 1, 0), (row + 1, last), notes, &plain().wrapped());
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

/// The path of KY01's file within its period's folder, and of a workbook of all forms. Where it
/// names a district, it is this one.
pub fn ky01_path(district: &District, habits: &Habits, period: Period) -> String {
    let District { name, short, .. } = district;
    let Period { year, month } = period;
    let office = office(district);
    let path = match habits.turn % 6 {
        0 => format!("附件2：{short}KY01表（{year}年{month}月）"),
        1 => format!("{short}{office}-课题"),
        2 => format!("{name}/{month}月报表 最终版(1)"),
        3 => short.clone(),
        4 => format!("{short}{office}{year}年{month}月（盖章）"),
        _ => format!("{name}/新建 Microsoft Excel 工作表"),
    };
    format!("{path}.{}", habits.kind.extension())
}

/// The path of another form's file, which never is that of `ky01_path`: the form's number, what
/// people call it, and the time that it is about.
pub fn path(
    (form, called): (&str, &str),
    district: &District,
    kind: Kind,
    turn: usize,
    period: Period,
) -> String {
    let District { name, short, .. } = district;
    let Period { year, month } = period;
    let path = match turn % 4 {
        0 => format!("附件3：{short}{form}表（{year}年{month}月）"),
        1 => format!("{short}{}-{called}", office(district)),
        2 => format!("{name}/{called}"),
        _ => format!("{form} {short} {year}年{month}月"),
    };
    format!("{path}.{}", kind.extension())
}

/// What the office is called in passing.
fn office(district: &District) -> &'static str {
    match &district.office {
        full if full.ends_with("教育局") => "教育局",
        full if full.ends_with("公共服务局") => "公共服务局",
        _ => "教委",
    }
}
