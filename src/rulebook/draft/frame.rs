//! What stands around the table: title, number, unit line, period, who signs.

use super::Cell;
use super::kinds::is_unit;
use super::labels::{SIGNATURES, is_of_the_frame, tidy};
use super::sheet::{Grid, Table, text};
use crate::spelling::fold;

/// What stands around the table.
pub(super) struct Frame {
    /// Without what is about one submission.
    pub(super) title: Guess,
    pub(super) id: Guess,
    /// The unit of the unit line, where it names one only.
    pub(super) unit: Option<String>,
    /// All units that the unit line names.
    pub(super) units: Vec<String>,
    pub(super) period: Guess,
    pub(super) due: Option<String>,
    /// Whether what is nil is left blank.
    pub(super) is_nil: bool,
    /// Who signs.
    pub(super) signatures: Vec<&'static str>,
}

/// A word of the form file, and how sure it is; sure where nothing is said.
pub(super) struct Guess {
    pub(super) is: String,
    pub(super) remark: &'static str,
}

impl Guess {
    fn new(is: impl Into<String>, remark: &'static str) -> Self {
        Self {
            is: is.into(),
            remark,
        }
    }
}

impl Frame {
    pub(super) fn of(file: &str, grid: &Grid<'_>, table: &Table) -> Self {
        let above: Vec<(&Cell, &str)> = grid.texts(0..table.head.0).collect();
        let notes: String = grid
            .texts(table.end..u32::MAX)
            .map(|(_, text)| fold(text))
            .collect();
        let line = above
            .iter()
            .find_map(|(cell, text)| unit_line(grid, cell, text));
        let units: Vec<String> = line.map(|line| units_of(&line)).unwrap_or_default();
        let signed = |label: &&&str| {
            [":", "("]
                .iter()
                .any(|sign| notes.contains(&format!("{label}{sign}")))
        };
        let mut signatures: Vec<&str> = SIGNATURES.iter().filter(signed).copied().collect();
        signatures.sort_by_key(|label| notes.find(*label));
        Self {
            title: title(file, grid, &above),
            id: form_number(file, grid, &above),
            unit: units.first().filter(|_| units.len() == 1).cloned(),
            units,
            period: period(file, &grid.sheet.name, &above, &notes),
            due: due(&notes),
            is_nil: ["没有数据的", "无数据的", "没有的"].iter().any(|word| {
                notes
                    .split(word)
                    .nth(1)
                    .is_some_and(|rest| rest.chars().take(4).any(|c| c == '空' || c == '不'))
            }),
            signatures,
        }
    }
}

/// What follows a label such as `表号：`, in its own cell or in the next.
fn labelled(grid: &Grid<'_>, cell: &Cell, text: &str, label: &str) -> Option<String> {
    let folded = fold(text);
    let rest = folded.split(label).nth(1)?.strip_prefix(':')?;
    if !rest.is_empty() {
        return Some(rest.to_owned());
    }
    let mut beside = grid
        .row(cell.row)
        .filter(|other| other.column > cell.column);
    beside.find_map(|cell| Some(fold(self::text(cell)?)))
}

fn unit_line(grid: &Grid<'_>, cell: &Cell, text: &str) -> Option<String> {
    let labels = ["计量单位", "金额单位", "货币单位"].into_iter();
    let folded = fold(text);
    let alone = (folded.starts_with("单位:") || folded.contains("(单位:")).then_some("单位");
    labels
        .chain(alone)
        .find_map(|label| labelled(grid, cell, text, label))
}

/// The units that a unit line names: 人、人次、万元（另注明的除外）.
fn units_of(line: &str) -> Vec<String> {
    let named = line
        .split(['、', ',', ';', '(', ')', '/'])
        .map(str::to_owned);
    named.filter(|unit| is_unit(unit)).collect()
}

/// The title: the first line that is merged or long, without what is about one submission.
fn title(file: &str, grid: &Grid<'_>, above: &[(&Cell, &str)]) -> Guess {
    let is_title = |(cell, text): &&(&Cell, &str)| {
        let folded = fold(text);
        let is_wide = grid
            .merge_from(cell)
            .is_some_and(|[_, left, _, right]| right > left);
        let is_attached = ["附件", "附表", "附录"]
            .iter()
            .any(|word| folded.starts_with(word));
        !is_of_the_frame(text)
            && !is_attached
            && !folded.starts_with(|c: char| c.is_ascii_digit() || c == '(')
            && folded.chars().count() >= if is_wide { 3 } else { 6 }
    };
    if let Some((_, text)) = above.iter().find(is_title) {
        let whole = tidy(text);
        let whole = whole
            .split("（单位")
            .flat_map(|part| part.split("(单位"))
            .next()
            .unwrap_or_default();
        let general = without_occasion(whole);
        let remark = if general == whole {
            ""
        } else {
            "去掉了区县名和年月"
        };
        return Guess::new(general, remark);
    }
    let name = tidy(&grid.sheet.name);
    if name.is_ascii() {
        let stem = tidy(file);
        let stem = stem
            .rsplit_once('.')
            .map_or(stem.as_str(), |(stem, _)| stem);
        return Guess::new(stem, "表上没有标题，取自文件名");
    }
    Guess::new(name, "表上没有标题，取自工作表名")
}

/// 巴南区2023年12月课题情况统计表 is 课题情况统计表.
fn without_occasion(title: &str) -> String {
    let Some(year) = title.find("年") else {
        return title.to_owned();
    };
    let before = title[..year].trim_end_matches(|c: char| c.is_ascii_digit());
    if year - before.len() != 4 {
        return title.to_owned();
    }
    let is_time =
        |c: char| c.is_ascii_digit() || "年度学月季上下半初末第一二三四—-–~至".contains(c);
    let after = title[year..].trim_start_matches(is_time);
    let before = if before.ends_with(['区', '县']) {
        ""
    } else {
        before
    };
    let general = format!("{before}{after}");
    if general.chars().count() < 3 {
        title.to_owned()
    } else {
        general
    }
}

/// The form's number, as the form says it, or its sheet or its file.
fn form_number(file: &str, grid: &Grid<'_>, above: &[(&Cell, &str)]) -> Guess {
    let said = above
        .iter()
        .find_map(|(cell, text)| labelled(grid, cell, text, "表号"));
    let said = said.map(|said| {
        let plain = |c: &char| c.is_alphanumeric() || *c == '-' || *c == '_';
        said.trim_end_matches('表')
            .chars()
            .take_while(plain)
            .collect::<String>()
    });
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        return Guess::new(said, "");
    }
    if let Some(number) = number_in(&grid.sheet.name) {
        return Guess::new(number, "取自工作表名");
    }
    number_in(file).map_or_else(
        || Guess::new("FORM01", "表上没有表号，请改"),
        |number| Guess::new(number, "取自文件名"),
    )
}

/// A form's number in a text: capital letters and digits, KY01.
fn number_in(text: &str) -> Option<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric());
    let is_number = |word: &&str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let letters = word.len() - digits.len();
        (1..=6).contains(&letters)
            && (1..=4).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    words.clone().find(is_number).map(str::to_owned)
}

fn period(file: &str, sheet: &str, above: &[(&Cell, &str)], notes: &str) -> Guess {
    let of_the_occasion = |text: &&str| {
        !["有效", "文号", "机关"]
            .iter()
            .any(|word| fold(text).contains(word))
    };
    let lines = above.iter().map(|(_, text)| *text).filter(of_the_occasion);
    let all: String = lines
        .chain([sheet, file])
        .map(|line| fold(line) + " ")
        .collect();
    // 2023年12月报表 is a table of a month, 月报 says how often.
    let is_named = |word: &str| {
        let before: Vec<&str> = all.split(word).collect();
        before
            .iter()
            .rev()
            .skip(1)
            .any(|before| !before.ends_with(|c: char| c.is_ascii_digit()))
    };
    let remark = "由表上的时间推断，请核对";
    if all.contains("学年") {
        Guess::new("school-year", remark)
    } else if is_named("月报") {
        Guess::new("month", "")
    } else if is_named("季报") {
        Guess::new("quarter", "")
    } else if is_named("年报") {
        Guess::new("year", "")
    } else if all.contains("季度") || notes.contains("季后") || all.split('月').any(is_quarter)
    {
        Guess::new("quarter", remark)
    } else if all
        .split('月')
        .rev()
        .skip(1)
        .any(|before| before.ends_with(|c: char| c.is_ascii_digit()))
    {
        Guess::new("month", remark)
    } else if all.contains('年') {
        Guess::new("year", remark)
    } else {
        Guess::new("month", "表上没有写，先作月报")
    }
}

/// Whether the text before 月 ends with three months that are not the year's first, 10—12.
fn is_quarter(before: &str) -> bool {
    let number = |text: &str| {
        let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
        text[rest.len()..]
            .parse::<u32>()
            .ok()
            .map(|number| (rest.len(), number))
    };
    let Some((at, last)) = number(before) else {
        return false;
    };
    let between = before[..at].trim_end_matches(['—', '-', '–', '~', '至', '到']);
    let first = number(between).filter(|_| between.len() < at);
    first.is_some_and(|(_, first)| first > 1 && first.checked_add(2) == Some(last))
}

/// 次月10日 or 12月20日, as the explanations under the table say it.
fn due(notes: &str) -> Option<String> {
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|number| (1..=31).contains(number))
    };
    let words = [
        ("次月", "次月"),
        ("季后", "次月"),
        ("月后", "次月"),
        ("当月", "当月"),
    ];
    let after = words.iter().find_map(|(word, written)| {
        let day = number(notes.split(word).nth(1)?.split('日').next()?)?;
        Some(format!("{written}{day}日"))
    });
    after.or_else(|| {
        let said = notes.split("报送时间:").nth(1)?;
        let (year, said) = match said.strip_prefix("次年") {
            Some(rest) => ("次年", rest),
            None => ("", said.trim_start_matches(['当', '每', '年'])),
        };
        let (month, rest) = said.split_once('月')?;
        let day = number(rest.split('日').next()?)?;
        number(month).map(|month| format!("{year}{month}月{day}日"))
    })
}
