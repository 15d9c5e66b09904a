//! Whose form it is and of which month: what the file's mark, the sheet, its cover, the file's
//! name and its folder say.
//!
//! Signs that contradict each other are never settled by guessing.

use super::frame::FrameFinding;
use super::grid::Grid;
use super::locate::Located;
use crate::period::{self, Mention, Period, Periodicity};
use crate::place::Cell;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::spelling::{fold, half_width};
use crate::words::Text;
use crate::workbook::About;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands around a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// What the line 填报单位 says.
    pub reporter: Option<(Cell, String)>,
    /// What the line 表号 says.
    pub form_no: Option<(Cell, String)>,
    /// What the line 计量单位 says.
    pub unit: Option<(Cell, String)>,
    /// The month that the sheet speaks of.
    pub month: Option<(Cell, Mention)>,
    /// The year that it names without a month.
    pub year: Option<(Cell, i32)>,
    /// A line over the table that names one district and no more: a title.
    pub title: Option<(Cell, String)>,
    /// By label: the names of those who have signed.
    pub signatures: BTreeMap<String, (Cell, String)>,
}

/// How the line with the reporting unit may begin.
const REPORTER: &[&str] = &[
    "填报单位",
    "报送单位",
    "上报单位",
    "单位名称",
    "填报地区",
    "填报区县",
    "区县名称",
];

/// Lines of the official frame that have years and offices in them and say nothing of this
/// submission.
const OF_THE_FRAME: &[&str] = &[
    "有效期",
    "制定机关",
    "备案",
    "批准",
    "文号",
    "报出日期",
    "填报日期",
];

/// A line longer than this is no title.
const LONGEST_TITLE: usize = 60;

/// Looks over and under a table.
pub(super) fn surroundings(
    rulebook: &Rulebook,
    grid: &Grid<'_>,
    form: &Form,
    located: &Located,
) -> Surroundings {
    let mut found = lines(rulebook, grid, located.from..located.head.0);
    for (cell, text) in grid.texts(located.last + 1..located.end) {
        for label in &form.signatures {
            if let Some(name) = labelled(grid, cell, text, label) {
                found
                    .signatures
                    .entry(label.clone())
                    .or_insert((cell, name));
            }
        }
        for label in REPORTER {
            if let Some(value) = labelled(grid, cell, text, label) {
                found.reporter.get_or_insert((cell, value));
            }
        }
    }
    found
}

/// What stands around the tables of one sheet: a frame over the first is also that of those
/// below it, and who signed at the foot signed for all.
pub(super) fn shared(mut tables: Vec<Surroundings>) -> Vec<Surroundings> {
    for at in 1..tables.len() {
        let (above, below) = tables.split_at_mut(at);
        let (above, own) = (&above[at - 1], &mut below[0]);
        own.reporter = own.reporter.take().or_else(|| above.reporter.clone());
        own.form_no = own.form_no.take().or_else(|| above.form_no.clone());
        own.unit = own.unit.take().or_else(|| above.unit.clone());
        own.month = own.month.or(above.month);
        own.year = own.year.or(above.year);
        own.title = own.title.take().or_else(|| above.title.clone());
    }
    for at in (1..tables.len()).rev() {
        let (above, below) = tables.split_at_mut(at);
        for (label, name) in &below[0].signatures {
            let own = above[at - 1].signatures.entry(label.clone());
            own.or_insert_with(|| name.clone());
        }
    }
    tables
}

/// What a sheet without a table says of the workbook: a cover.
pub(super) fn cover(rulebook: &Rulebook, grid: &Grid<'_>) -> Surroundings {
    const ROWS: u32 = 40;
    let mut found = lines(rulebook, grid, 0..ROWS);
    // Instructions speak of many districts and months; only what is labelled counts.
    found.title = None;
    found.month = None;
    found
}

fn lines(rulebook: &Rulebook, grid: &Grid<'_>, rows: std::ops::Range<u32>) -> Surroundings {
    let mut found = Surroundings::default();
    for (cell, text) in grid.texts(rows) {
        let mut is_reporter = false;
        for label in REPORTER {
            if let Some(value) = labelled(grid, cell, text, label) {
                found.reporter.get_or_insert((cell, value));
                is_reporter = true;
            }
        }
        let reported = found
            .reporter
            .as_ref()
            .is_some_and(|(_, known)| known == text.trim());
        if let Some(value) = labelled(grid, cell, text, "表号") {
            found.form_no.get_or_insert((cell, value));
        }
        for label in ["计量单位", "金额单位", "货币单位", "单位"] {
            if let Some(value) = labelled(grid, cell, text, label) {
                // 万元（另注明的除外）
                let value = value.split(['(', ')']).next().unwrap_or_default().trim();
                found.unit.get_or_insert((cell, value.to_owned()));
            }
        }
        let folded = fold(text);
        if OF_THE_FRAME.iter().any(|word| folded.contains(word)) {
            continue;
        }
        if found.title.is_none()
            && !is_reporter
            && !reported
            && folded.chars().count() <= LONGEST_TITLE
            && rulebook.register.mentioned(text).len() == 1
        {
            found.title = Some((cell, text.to_owned()));
        }
        if let Some(month) = period::mention(text) {
            found.month.get_or_insert((cell, month));
        } else if let Some(year) = period::year(text) {
            found.year.get_or_insert((cell, year));
        }
    }
    found
}

/// What a label is followed by, in its own cell or in the next filled one to the right.
fn labelled(grid: &Grid<'_>, cell: Cell, text: &str, label: &str) -> Option<String> {
    let alone = || fold(text).split('(').next() == Some(label);
    let value = after(text, label).or_else(|| alone().then(String::new))?;
    if !value.is_empty() {
        return Some(value);
    }
    let mut beside = grid
        .row(cell.row)
        .iter()
        .filter(|raw| raw.cell.column > cell.column);
    let next = beside.next().and_then(|raw| grid.text(raw));
    // What stands further along the line is another label, or the month.
    let next = next.filter(|next| !next.contains([':', '：']) && period::mention(next).is_none());
    // A label that stands alone without a colon and has nothing beside it is some heading.
    match next {
        Some(next) => Some(next.trim().to_owned()),
        None => text.contains([':', '：']).then(String::new),
    }
}

/// What follows `label：` in a text, as far as the next label. Brackets between label and colon
/// (填报单位（盖章）：) don't matter, nor do spaces inside the label (表　　号).
fn after(text: &str, label: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().map(half_width).collect();
    let label: Vec<char> = label.chars().collect();
    let mut start = None;
    for from in 0..chars.len() {
        // A label begins a text or stands behind a space or bracket: 计量单位 is not 填报单位's 单位.
        if from > 0 && !chars[from - 1].is_whitespace() && chars[from - 1] != '(' {
            continue;
        }
        let (mut at, mut matched) = (from, 0);
        while at < chars.len() && matched < label.len() {
            if chars[at] == label[matched] {
                matched += 1;
            } else if !(chars[at].is_whitespace() && matched > 0) {
                break;
            }
            at += 1;
        }
        if matched < label.len() {
            continue;
        }
        if chars.get(at) == Some(&'(') {
            at += chars[at..]
                .iter()
                .position(|c| *c == ')')
                .map_or(0, |end| end + 1);
        }
        while chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        if chars.get(at) == Some(&':') {
            start = Some(at + 1);
            break;
        }
    }
    let start = start?;
    let rest = &chars[start..];
    let end = match rest.iter().position(|c| *c == ':') {
        None => rest.len(),
        // The next label reaches back to the last space before its colon.
        Some(colon) => rest[..colon]
            .iter()
            .rposition(|c| c.is_whitespace())
            .unwrap_or(0),
    };
    Some(rest[..end].iter().collect::<String>().trim().to_owned())
}

/// Who and when, and what that rests on.
#[derive(Debug)]
pub(super) struct Identity {
    /// The district's position in the register.
    pub district: usize,
    /// The period.
    pub period: Period,
    /// What says so.
    pub evidence: Vec<Evidence>,
    /// Signs that should be looked at, though others decide.
    pub doubts: Vec<FrameFinding>,
}

/// A sign of what a submission is, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is a sign of: the district or the period.
    pub of: Text,
    /// Where it stands.
    pub sign: Text,
    /// What is said there.
    pub says: Text,
}

/// Why a sheet's form cannot be taken for the run's.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// It is of another month; of which district and when, as far as it says.
    Month {
        why: Text,
        district: usize,
        period: Option<Period>,
    },
    /// It is nobody's, or somebody else's.
    Other(Text),
}

/// All that may say what a submission is, beside what stands around its table.
pub(super) struct Signs<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// The file, relative to the period's folder.
    pub file: &'a str,
    /// The period that the run is of; none for a single file that is only looked at.
    pub period: Option<Period>,
    /// What the file says of itself.
    pub about: &'a About,
    /// What its sheets without a table say, with their names.
    pub covers: Vec<(String, Surroundings)>,
}

/// The property by which a returned report names its district, and its period.
pub const OF_DISTRICT: &str = "hebiao.district";
/// The property by which a returned report names the versions of its forms: `KY01=2023.1`.
pub const OF_VERSIONS: &str = "hebiao.versions";
/// The property by which a returned report names its period.
pub const OF_PERIOD: &str = "hebiao.period";

impl Signs<'_> {
    /// Puts the signs of one table together.
    ///
    /// # Errors
    /// What contradicts what, or what is missing, in words for the district.
    pub fn identify(
        &self,
        form: &Form,
        sheet: &str,
        around: &Surroundings,
    ) -> Result<Identity, Mismatch> {
        self.is_of_form(form, sheet, around)?;
        let mut evidence = Vec::new();
        let district = self.district(sheet, around, &mut evidence)?;
        let mut doubts = Vec::new();
        let period = self.month(form, sheet, around, district, &mut evidence, &mut doubts)?;
        doubts.extend(self.version(form));
        let names_no_month = around.month.is_none() && period::mention(sheet).is_none();
        if form.periodicity == Periodicity::Year && names_no_month {
            let year = around.year.filter(|(_, year)| *year != period.year());
            doubts.extend(year.map(|(cell, year)| of_another_year(cell, year, period)));
        }
        Ok(Identity {
            district,
            period,
            evidence,
            doubts,
        })
    }

    /// The form's number and the sheet's name must not speak of another form.
    fn is_of_form(&self, form: &Form, sheet: &str, around: &Surroundings) -> Result<(), Mismatch> {
        let other = |text: &str| {
            let text = fold(text);
            let forms = &self.rulebook.forms;
            let mut others = forms.iter().filter(|other| text.contains(&fold(&other.id)));
            let own = text.contains(&fold(&form.id));
            others
                .find(|other| other.id != form.id && !own)
                .map(|other| other.id.clone())
        };
        let number = around.form_no.as_ref().and_then(|(cell, no)| {
            let sign = both!("表号（{cell}）", "the form's number ({cell})");
            Some((sign, other(no)?))
        });
        let named =
            other(sheet).map(|id| (both!("工作表名“{sheet}”", "the sheet's name `{sheet}`"), id));
        let Some((sign, other)) = number.or(named) else {
            return Ok(());
        };
        let this = &form.id;
        Err(Mismatch::Other(Text::new(
            format!(
                "{}写的是 {other}，表头却是 {this}。请核对是哪张表后重报",
                sign.zh
            ),
            format!(
                "{} says {other}, the heading is that of {this}: send it again as one of them",
                sign.en
            ),
        )))
    }

    fn district(
        &self,
        sheet: &str,
        around: &Surroundings,
        evidence: &mut Vec<Evidence>,
    ) -> Result<usize, Mismatch> {
        let register = &self.rulebook.register;
        let mut signs: Vec<(Text, String, usize)> = Vec::new();
        let mut see = |sign: Text, text: &str| {
            if let [one] = register.mentioned(text)[..] {
                signs.push((sign, text.trim().to_owned(), one));
            }
        };
        let inside = [
            (&around.reporter, "填报单位", "the reporter"),
            (&around.title, "标题", "the title"),
        ];
        for (line, zh, en) in inside {
            if let Some((cell, text)) = line {
                see(both!("表内（{cell}）{zh}", "{en} ({cell})"), text);
            }
        }
        for (name, cover) in &self.covers {
            if let Some((cell, text)) = &cover.reporter {
                see(both!("“{name}”（{cell}）", "`{name}` ({cell})"), text);
            }
        }
        see(Text::new("工作表名", "the sheet's name"), sheet);
        let mut parts = self.file.rsplit('/');
        see(
            Text::new("文件名", "the file's name"),
            parts.next().unwrap_or_default(),
        );
        for folder in parts {
            see(Text::new("文件夹名", "the folder's name"), folder);
        }
        if let Some(code) = self.about.property(OF_DISTRICT) {
            let marked = register.districts.iter().position(|d| d.code == code);
            let sign = Text::new("反馈文件的标识", "the returned report's mark");
            signs.extend(marked.map(|at| (sign, register.districts[at].name.clone(), at)));
        }
        let unknown = around
            .reporter
            .as_ref()
            .filter(|(_, text)| !text.is_empty() && register.mentioned(text).is_empty());
        if let Some((cell, text)) = unknown {
            return Err(Mismatch::Other(both!(
                "填报单位“{text}”（{cell}）不在登记表中。请按登记表填写单位全称后重报",
                "the reporter `{text}` ({cell}) is not in the register: write the name as it stands there"
            )));
        }
        let Some((first, _, district)) = signs.first() else {
            return Err(Mismatch::Other(Text::new(
                "看不出是哪个单位填报的：表内没有填报单位，文件名里也没有。请填写“填报单位”后重报",
                "there is no telling who reports: fill in 填报单位 and send it again",
            )));
        };
        if let Some((sign, _, other)) = signs.iter().find(|(.., other)| other != district) {
            let name = |at: usize| &register.districts[at].name;
            let (a, b) = (name(*district), name(*other));
            return Err(Mismatch::Other(Text::new(
                format!("{}是{a}，{}是{b}，对不上。请核对后重报", first.zh, sign.zh),
                format!(
                    "{} says {a}, {} says {b}: send it again so that they agree",
                    first.en, sign.en
                ),
            )));
        }
        let of = Text::new("单位", "district");
        evidence.extend(signs.iter().map(|(sign, text, _)| Evidence {
            of: of.clone(),
            sign: sign.clone(),
            says: Text::same(text.clone()),
        }));
        Ok(*district)
    }

    fn month(
        &self,
        form: &Form,
        sheet: &str,
        around: &Surroundings,
        district: usize,
        evidence: &mut Vec<Evidence>,
        doubts: &mut Vec<FrameFinding>,
    ) -> Result<Period, Mismatch> {
        let mut inside: Vec<(Text, Mention)> = Vec::new();
        if let Some((cell, month)) = around.month {
            inside.push((both!("表内（{cell}）", "the sheet ({cell})"), month));
        }
        let named = both!("工作表名“{sheet}”", "the sheet's name `{sheet}`");
        inside.extend(period::mention(sheet).map(|month| (named.clone(), month)));
        let mut outside: Vec<(Text, Mention)> = Vec::new();
        if let Some(period) = self
            .about
            .property(OF_PERIOD)
            .and_then(|p| Period::parse(p).ok())
        {
            let sign = Text::new("反馈文件的标识", "the returned report's mark");
            outside.push((sign, period.mentioned()));
        }
        let mut parts = self.file.rsplit('/');
        let file = period::mention(parts.next().unwrap_or_default());
        outside.extend(file.map(|month| (Text::new("文件名", "the file's name"), month)));
        let folders = parts.filter_map(period::mention);
        outside.extend(folders.map(|month| (Text::new("文件夹名", "the folder's name"), month)));
        let Some(wanted) = self
            .period
            .or_else(|| named_period(inside.iter().chain(&outside)))
        else {
            return Err(Mismatch::Other(Text::new(
                "看不出是哪个月的报表，请用 --period 2023-12 指明",
                "there is no telling which month it is of: say so with --period 2023-12",
            )));
        };
        // 去年, 上年: a helper sheet with the figures of another year.
        let name = fold(sheet);
        let elsewhen = ["去年", "上年", "上期", "上月"]
            .iter()
            .any(|word| name.starts_with(word) || name.ends_with(word));
        let says = |mention: &Mention| mention.words();
        let asked = wanted.words();
        if elsewhen {
            let why = Text::new(
                format!("{}说的不是本期{}", named.zh, asked.zh),
                format!("{} does not speak of {}", named.en, asked.en),
            );
            return Err(Mismatch::Month {
                why,
                district,
                period: None,
            });
        }
        let deciding = if inside.is_empty() { &outside } else { &inside };
        if let Some((sign, mention)) = deciding.iter().find(|(_, mention)| !mention.fits(wanted)) {
            let found = says(mention);
            let why = Text::new(
                format!(
                    "{}写的是{}，本期是{}。请核对后重报",
                    sign.zh, found.zh, asked.zh
                ),
                format!(
                    "{} says {}, this run is of {}: send the right month",
                    sign.en, found.en, asked.en
                ),
            );
            let period = mention.year.map_or_else(
                || Period::new(wanted.year(), mention.month).filter(|p| *p < wanted),
                |year| Period::new(year, mention.month),
            );
            return Err(Mismatch::Month {
                why,
                district,
                period,
            });
        }
        let contradicting = outside.iter().filter(|(_, mention)| !mention.fits(wanted));
        doubts.extend(contradicting.map(|(sign, mention)| {
            let (found, id) = (says(mention), &form.id);
            let message = Text::new(
                format!(
                    "{}写的是{}，{id} 表内写的是{}，按表内审核",
                    sign.zh, found.zh, asked.zh
                ),
                format!(
                    "{} says {}, {id} itself {}; the form counts",
                    sign.en, found.en, asked.en
                ),
            );
            let fix = Text::new("核对报的是哪个月的表", "check of which month the form is");
            FrameFinding {
                found: found.zh.clone(),
                expected: Some(asked.zh.clone()),
                ..FrameFinding::new("month", None, message, fix)
            }
        }));
        let of = Text::new("报告期", "period");
        let fitting = inside
            .into_iter()
            .chain(outside)
            .filter(|(_, mention)| mention.fits(wanted));
        evidence.extend(fitting.map(|(sign, mention)| Evidence {
            of: of.clone(),
            says: mention.words(),
            sign,
        }));
        Ok(wanted)
    }

    /// A returned report of another version of the form is asked about: its rows or columns may
    /// mean something else by now.
    fn version(&self, form: &Form) -> Option<FrameFinding> {
        let mut versions = self
            .about
            .property(OF_VERSIONS)?
            .split(' ')
            .filter_map(|v| v.split_once('='));
        let (id, marked) = versions.find(|(id, _)| *id == form.id)?;
        let now = &form.version;
        if marked == now {
            return None;
        }
        let message = both!(
            "这份 {id} 是按报表制度 {marked} 版填的，现在用的是 {now} 版",
            "this {id} was filled by version {marked} of the form, {now} is in use now"
        );
        let fix = Text::new(
            "核对栏目和行次有没有变化，用现在的表样重报",
            "look whether columns and rows have changed, and use the form of today",
        );
        Some(FrameFinding {
            found: marked.to_owned(),
            expected: Some(now.clone()),
            ..FrameFinding::new("version", None, message, fix)
        })
    }
}

/// A yearly form that names another year.
fn of_another_year(cell: Cell, year: i32, wanted: Period) -> FrameFinding {
    let asked = wanted.year();
    let message = both!(
        "表内（{cell}）写的是{year}年，本期是{asked}年，按本期审核",
        "the sheet ({cell}) says {year}, this run is of {asked}; it was checked as {asked}"
    );
    let fix = Text::new("核对报的是哪一年的表", "check of which year the form is");
    FrameFinding {
        found: format!("{year}年"),
        expected: Some(format!("{asked}年")),
        ..FrameFinding::new("month", Some(cell), message, fix)
    }
}

/// The first period that signs name in full.
fn named_period<'a>(signs: impl Iterator<Item = &'a (Text, Mention)>) -> Option<Period> {
    let mut year = None;
    let mut month = None;
    for (_, mention) in signs {
        year = year.or(mention.year);
        month = month.or(Some(mention.month));
    }
    Period::new(year?, month?)
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn labels_are_found_in_the_lines_that_forms_have() {
        let foot = "单位负责人：张　伟　　统计负责人：　　填表人：王　芳　　联系电话：023-66000000";
        assert_eq!(after(foot, "单位负责人").as_deref(), Some("张 伟"));
        assert_eq!(after(foot, "统计负责人").as_deref(), Some(""));
        assert_eq!(after(foot, "填表人").as_deref(), Some("王 芳"));
        assert_eq!(after("表　　号：KY01表", "表号").as_deref(), Some("KY01表"));
        let line = "填报单位（盖章）：重庆市巴南区教育委员会";
        assert_eq!(
            after(line, "填报单位").as_deref(),
            Some("重庆市巴南区教育委员会")
        );
        assert_eq!(after(line, "单位"), None);
        assert_eq!(after("计量单位:项", "计量单位").as_deref(), Some("项"));
    }
}
