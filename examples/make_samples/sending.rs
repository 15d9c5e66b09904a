//! Which district sends what, when, and in which files.

use std::path::{Path, PathBuf};

use crate::city::{City, District, Period};
use crate::dress::{self, Dress, Habits};
use crate::funding::Funding;
use crate::jh01::Indicators;
use crate::page::{Book, Page, Program};
use crate::planted::Notes;
use crate::teachers::Training;
use crate::write::Kind;
use crate::{jf01, jh01, ky01, px01, xx01};

const DECEMBER: Period = Period {
    year: 2023,
    month: 12,
};

/// What the forms are filled from.
pub struct Sources {
    pub city: City,
    pub funding: Funding,
    pub training: Training,
    pub indicators: Indicators,
}

/// A file on its way.
#[derive(Clone)]
pub struct Sending {
    /// Within the period's folder.
    pub path: String,
    pub kind: Kind,
    pub book: Book,
    /// How many percent of it arrived, where it broke off.
    pub arrived: usize,
    /// Comes when the day has passed.
    pub late: bool,
}

impl Sending {
    /// Within the folder of all samples. What is late waits in a folder that is no period's.
    pub fn path(&self) -> PathBuf {
        let folder = if self.late { "late" } else { "" };
        let period = self.book.dated.to_string();
        Path::new(folder).join(period).join(&self.path)
    }
}

/// A form, or the forms that stand on one sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Ky01,
    Xx01,
    Px01,
    Jf01,
    Jh01,
}

const FORMS: [Form; 5] = [Form::Ky01, Form::Xx01, Form::Px01, Form::Jf01, Form::Jh01];

impl Form {
    fn number(self) -> &'static str {
        match self {
            Form::Ky01 => "KY01",
            Form::Xx01 => "XX01",
            Form::Px01 => "PX01",
            Form::Jf01 => "JF01",
            Form::Jh01 => "JH01",
        }
    }

    /// What people call it.
    fn called(self) -> &'static str {
        match self {
            Form::Ky01 => "课题",
            Form::Xx01 => "学校",
            Form::Px01 => "教师",
            Form::Jf01 => "教育经费",
            Form::Jh01 => "均衡监测",
        }
    }

    /// As the office calls it.
    fn title(self) -> &'static str {
        match self {
            Form::Ky01 => ky01::NAME,
            Form::Xx01 => xx01::NAME,
            Form::Px01 => px01::NAME,
            Form::Jf01 => jf01::NAME,
            Form::Jh01 => jh01::NAME,
        }
    }

    fn is_sent(self, district: &District, period: Period) -> bool {
        match self {
            Form::Ky01 => true,
            Form::Xx01 => xx01::sends(district, period),
            Form::Px01 => px01::sends(district, period),
            Form::Jf01 => jf01::sends(district, period),
            Form::Jh01 => jh01::sends(district, period),
        }
    }

    fn is_late(self, district: &District, period: Period) -> bool {
        let name = &*district.name;
        period == DECEMBER
            && matches!(
                (self, name),
                (Form::Jh01, "城口县" | "巫溪县") | (Form::Xx01, "奉节县")
            )
    }

    /// Its sheets, filled in, the notes on them being about the first.
    fn pages(
        self,
        sources: &Sources,
        sheet: &str,
        district: (usize, &District),
        period: Period,
        notes: &mut Notes,
    ) -> Vec<Page> {
        match self {
            Form::Ky01 => vec![ky01::page(&sources.city, sheet, district, period, notes)],
            Form::Xx01 => xx01::pages(sheet, district, period, notes),
            Form::Px01 => vec![px01::page(
                &sources.training,
                sheet,
                district,
                period,
                notes,
            )],
            Form::Jf01 => vec![jf01::page(&sources.funding, sheet, district, period, notes)],
            Form::Jh01 => vec![jh01::page(
                &sources.indicators,
                sheet,
                district,
                period,
                notes,
            )],
        }
    }
}

/// All that a district sends for a period, and the notes on it.
pub fn all(
    sources: &Sources,
    (number, district): (usize, &District),
    period: Period,
) -> (Vec<Sending>, Vec<Notes>) {
    let habits = Habits::of(number);
    let mut notes = Vec::new();
    let mut sendings: Vec<Sending> = Vec::new();
    for form in FORMS {
        if !form.is_sent(district, period) {
            continue;
        }
        let path = path(form, district, &habits, period);
        let sheet = sheet(form, &habits, period);
        let mut found = Notes::on((form.number(), &sheet), district, period, &path);
        let told = told(form, district, period);
        let pages = form.pages(sources, &sheet, (number, district), told, &mut found);
        notes.push(found);
        if habits.dress == Dress::Together && form != Form::Ky01 {
            sendings[0].book.pages.extend(pages);
            continue;
        }
        let pages = dressed(pages, form, sources, (number, district), period);
        sendings.push(Sending {
            path,
            kind: kind(form, &habits),
            book: book(pages, &habits, period),
            arrived: arrived(form, district, period),
            late: form.is_late(district, period),
        });
    }
    if period == DECEMBER {
        let further = further(&mut sendings, (number, district));
        sendings.extend(further);
        notes.extend(mishaps(&habits, district));
    }
    (sendings, notes)
}

/// A file's path within the period's folder.
fn path(form: Form, district: &District, habits: &Habits, period: Period) -> String {
    if form == Form::Ky01 || habits.dress == Dress::Together {
        dress::ky01_path(district, habits, period)
    } else {
        let names = (form.number(), form.called());
        dress::path(names, district, kind(form, habits), habits.turn, period)
    }
}

/// The period that a form is about: one district takes the form of the quarter before.
fn told(form: Form, district: &District, period: Period) -> Period {
    match (form, &*district.name) {
        (Form::Jh01, "云阳县") if period == DECEMBER => Period {
            year: 2023,
            month: 9,
        },
        _ => period,
    }
}

/// How many percent of a file arrive.
fn arrived(form: Form, district: &District, period: Period) -> usize {
    match (form, &*district.name) {
        (Form::Jh01, "丰都县") if period == DECEMBER => 60,
        _ => 100,
    }
}

/// Corrections, copies, and versions that compete, beside what a district has sent already. Of
/// what is sent twice the true one is in force.
fn further(sendings: &mut [Sending], (number, district): (usize, &District)) -> Vec<Sending> {
    let first = sendings[0].clone();
    let again = |path: &str, saved: u8| {
        let mut again = first.clone();
        path.clone_into(&mut again.path);
        again.book.saved = saved;
        again
    };
    let three_schools = |path: &str| {
        let mut lines = again(path, 5);
        let sheet = sheet(Form::Xx01, &Habits::of(number), DECEMBER);
        lines.book.pages = vec![xx01::three_schools(&sheet, (number, district), DECEMBER)];
        lines
    };
    let mistake = |sending: &mut Sending| ky01::mistake(&mut sending.book.pages[0], number);
    match &*district.name {
        "巫山县" => {
            mistake(&mut sendings[0]);
            vec![again("巫山县KY01表（更正）.xlsx", 5)]
        }
        "北碚区" => {
            mistake(&mut sendings[0]);
            vec![again("北碚区/12月报表 最终版(1).xlsx", 6)]
        }
        "南川区" => vec![again("附件2：南川区KY01表（2023年12月）副本.xlsx", 3)],
        "武隆区" => {
            let mut rival = again("武隆区课题.xlsx", 3);
            mistake(&mut rival);
            vec![rival]
        }
        "铜梁区" => vec![three_schools("铜梁区/学校 更正.xlsx")],
        "璧山区" => vec![three_schools("璧山区/学校 第2次.xlsx")],
        _ => Vec::new(),
    }
}

/// What is noted of files rather than of figures.
fn mishaps(habits: &Habits, district: &District) -> Option<Notes> {
    let on = |form: Form, sheet: &str, path: &str, rule: &str, what: &str| {
        let mut notes = Notes::on((form.number(), sheet), district, DECEMBER, path);
        notes.slip("", rule, what);
        Some(notes)
    };
    let usual = |form| path(form, district, habits, DECEMBER);
    match &*district.name {
        "丰都县" => on(
            Form::Jh01,
            "",
            &usual(Form::Jh01),
            "intake.file",
            "只传来六成，文件损坏",
        ),
        "云阳县" => on(
            Form::Jh01,
            "",
            &usual(Form::Jh01),
            "intake.file",
            "报的是2023年9月的表",
        ),
        "万盛经开区" => on(
            Form::Jh01,
            "JH01",
            &usual(Form::Jh01),
            "intake.nil",
            "零报告，上年有数",
        ),
        "石柱土家族自治县" => on(
            Form::Ky01,
            "11月",
            &usual(Form::Ky01),
            "intake.past",
            "11月的表与当时报的有一个数不同",
        ),
        "璧山区" => on(
            Form::Xx01,
            "",
            "璧山区/学校 第2次.xlsx",
            "intake.one",
            "第2次只有三所学校，疑为部分更正，不能替换整份",
        ),
        "武隆区" => on(
            Form::Ky01,
            "",
            "武隆区课题.xlsx",
            "intake.one",
            "报了两份，有一个数不同，看不出哪份较新",
        ),
        _ => None,
    }
}

/// What is noted of all districts together.
pub fn of_the_city(period: Period) -> Option<Notes> {
    let mut notes = Notes::on_city("KY01", period);
    notes.slip("", "KY01-302", "全市立项课题没有全部观摩，属实，只提示市级");
    (period.month == 12).then_some(notes)
}

fn book(pages: Vec<Page>, habits: &Habits, dated: Period) -> Book {
    let program = if habits.dress == Dress::Wps {
        Program::Wps
    } else {
        Program::Excel
    };
    Book {
        pages,
        program,
        dated,
        saved: 3,
    }
}

/// Only forms of one sheet and few headings are sent as csv.
fn kind(form: Form, habits: &Habits) -> Kind {
    match habits.kind {
        Kind::Csv if !matches!(form, Form::Ky01 | Form::Jh01) => Kind::Xlsx,
        kind => kind,
    }
}

/// What the sheet of a form is called.
fn sheet(form: Form, habits: &Habits, period: Period) -> String {
    let place = FORMS.iter().position(|other| *other == form);
    let place = place.expect("all forms are among them") + 1;
    match habits.dress {
        // This is what a sheet without a name is called.
        _ if kind(form, habits) == Kind::Csv => "文本".to_owned(),
        Dress::Together => format!("{place}.{}", form.called()),
        Dress::Monthly if form == Form::Ky01 => format!("{}月", period.month),
        Dress::Titled | Dress::Serial => "Sheet1".to_owned(),
        Dress::Annex | Dress::Behind => form.called().to_owned(),
        _ => form.number().to_owned(),
    }
}

/// A form's sheets with what a district puts around them.
fn dressed(
    mut pages: Vec<Page>,
    form: Form,
    sources: &Sources,
    (number, district): (usize, &District),
    period: Period,
) -> Vec<Page> {
    let other = |period, sheet: &str| {
        let mut ignored = Notes::on(("", sheet), district, period, "");
        ky01::page(
            &sources.city,
            sheet,
            (number, district),
            period,
            &mut ignored,
        )
    };
    let Period { year, month } = period;
    match (Habits::of(number).dress, form) {
        (Dress::Behind, _) => {
            let guide = match form {
                Form::Ky01 => ky01::guide(),
                _ => dress::guide(&["一、按年度口径填报。", "二、没有数据的栏不填。"]),
            };
            pages[0].active = true;
            pages.splice(0..0, [guide, dress::cover(form.title(), district, period)]);
        }
        (Dress::Monthly, Form::Ky01) => {
            pages[0].active = true;
            let this = pages.remove(0);
            pages.extend(
                (1..month).map(|month| other(Period { year, month }, &format!("{month}月"))),
            );
            if period == DECEMBER && district.name == "石柱土家族自治县" {
                ky01::mistake(&mut pages[10], number);
            }
            pages.push(this);
        }
        (Dress::Helped, Form::Ky01) if year > 2022 => {
            let mut last = other(
                Period {
                    year: year - 1,
                    month,
                },
                "去年",
            );
            last.hidden = true;
            pages.push(last);
        }
        (Dress::Old, _) => {
            for cell in pages.iter_mut().flat_map(|page| page.cells.values_mut()) {
                cell.look.font = "仿宋_GB2312";
            }
        }
        _ => {}
    }
    pages
}
