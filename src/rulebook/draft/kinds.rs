//! What stands in a column or row, as far as headings, units and figures tell.

use super::frame::Frame;
use super::labels::core;
use super::sheet::{Heading, Seen};
use super::{BY_LABEL, GUESSED};
use crate::spelling::{fold, without_unit};

/// What stands in a column or row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kind {
    /// None: what the rows say.
    pub(super) is: Option<&'static str>,
    pub(super) unit: Option<String>,
    pub(super) remark: &'static str,
}

impl Kind {
    pub(super) fn new(is: &'static str, unit: Option<&str>, remark: &'static str) -> Self {
        Self {
            is: Some(is),
            unit: unit.map(str::to_owned),
            remark,
        }
    }

    fn of_unit(unit: &str, is_whole: bool, remark: &'static str) -> Self {
        let is = match unit {
            "%" => return Self::new("percent", None, remark),
            "百分点" => return Self::new("points", None, remark),
            unit if MONEY.contains(&unit) => "money",
            unit if COUNTED.contains(&unit) && !unit.starts_with('万') && is_whole => "count",
            _ => "number",
        };
        Self::new(is, Some(unit), remark)
    }

    pub(super) fn is_additive(&self) -> bool {
        matches!(self.is, Some("count" | "number" | "money") | None)
    }

    /// Whether figures of both can be added up.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        self.is_additive() && other.is_additive() && self.unit == other.unit
    }
}

/// What the heading and the figures of a column say of its kind.
pub(super) fn kind_of(column: &Heading, frame: &Frame) -> Kind {
    let leaf = column.leaf();
    let label = fold(&column.label());
    let ends = |words: &[&str]| words.iter().any(|word| leaf.ends_with(word));
    let figures: Vec<(f64, bool)> = column.figures().collect();
    let words: Vec<&str> = column.words().collect();
    let is_whole = figures
        .iter()
        .all(|(value, percent)| value.fract() == 0.0 && *value >= 0.0 && !percent);
    let bracket = column
        .path
        .iter()
        .rev()
        .find_map(|part| without_unit(part).1.filter(|unit| is_unit(unit)));
    if let Some(unit) = bracket {
        return Kind::of_unit(&unit, is_whole, "");
    }
    if leaf.starts_with("是否")
        || words.len() > 1 && words.iter().all(|word| matches!(*word, "是" | "否"))
    {
        return Kind::new("flag", None, "");
    }
    if ends(&["日期"]) || column.body.iter().any(|(_, seen)| *seen == Seen::Day) {
        return Kind::new("date", None, "");
    }
    if ends(CODES) {
        return Kind::new("code", None, "");
    }
    if ends(WORDS) || column.is_words {
        return Kind::new("text", None, "");
    }
    if label.contains("百分点") {
        return Kind::new("points", None, BY_LABEL);
    }
    let is_rate = || {
        let shown = figures.iter().filter(|(_, percent)| *percent).count();
        label.contains('%')
            || ends(RATES)
            || GROWTHS.iter().any(|word| leaf.contains(word))
            || shown * 2 > figures.len()
    };
    if is_rate() {
        return Kind::new(
            "percent",
            None,
            if label.contains('%') { "" } else { GUESSED },
        );
    }
    if words.len() > 1 && words.iter().all(|word| is_long_code(word)) {
        return Kind::new("code", None, GUESSED);
    }
    if words.len() > figures.len() {
        return Kind::new("text", None, GUESSED);
    }
    let given = GIVEN_AWAY
        .iter()
        .find(|(word, _)| label.contains(word))
        .map(|(_, unit)| *unit);
    let is_money = |unit: &str| MONEY.contains(&unit);
    let unit = match (given, frame.units.as_slice()) {
        // Pupils are not counted in 万元, and money not in 项.
        (Some(Some(unit)), [only]) if is_money(only) => Some(unit),
        (Some(None), units) => units.iter().map(String::as_str).find(|unit| is_money(unit)),
        (_, [only]) => return Kind::of_unit(only, is_whole, ""),
        (Some(unit), _) => unit,
        (None, _) => None,
    };
    match unit {
        Some(unit) => Kind::of_unit(unit, is_whole, BY_LABEL),
        None if is_whole && (!figures.is_empty() || leaf.ends_with('数')) => {
            Kind::new("count", None, GUESSED)
        }
        None => Kind::new("number", None, GUESSED),
    }
}

/// What stands in a column where each row has its own kind.
pub(super) fn kind_across(column: &Heading, frame: &Frame) -> Kind {
    let leaf = fold(&column.label());
    let of_rows = || Kind {
        is: None,
        unit: None,
        remark: "类型和单位随行",
    };
    if leaf.contains("增减") || leaf.contains("百分点") {
        return Kind::new("change", None, "");
    }
    if leaf.contains("分子") || leaf.contains("分母") {
        return Kind::new("number", None, "");
    }
    let kind = kind_of(column, frame);
    match kind.is {
        Some("percent" | "text" | "code" | "date" | "flag")
            if column.no.is_none() || kind.is == Some("percent") =>
        {
            kind
        }
        _ => of_rows(),
    }
}

/// What a row's name and unit say of its kind.
pub(super) fn row_kind(label: &str, unit: Option<&str>) -> Kind {
    let is_rate = || RATES.iter().any(|word| core(label).ends_with(word));
    match unit {
        Some("%") => Kind::new("percent", Some("%"), ""),
        Some(unit) => Kind::of_unit(unit, true, ""),
        None if is_rate() => Kind::new("percent", None, GUESSED),
        None => Kind::new("number", None, GUESSED),
    }
}

/// Whether words are a code as schools and people have.
pub(super) fn is_long_code(word: &str) -> bool {
    word.len() > 3 && word.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a word is a unit that is known here.
pub(super) fn is_unit(unit: &str) -> bool {
    [MONEY, COUNTED, MEASURED]
        .iter()
        .any(|units| units.contains(&unit))
        || matches!(unit, "%" | "百分点")
}

const MONEY: &[&str] = &["元", "千元", "万元", "亿元"];

/// Units of what is counted one by one.
const COUNTED: &[&str] = &[
    "项", "人", "所", "个", "人次", "校次", "次", "台", "册", "套", "间", "件", "名", "户", "班",
    "校", "门", "篇", "场", "份", "处", "位", "辆", "万人", "万册",
];
const MEASURED: &[&str] = &[
    "㎡",
    "平方米",
    "亩",
    "公顷",
    "小时",
    "学时",
    "天",
    "岁",
    "吨",
    "公里",
    "个/班",
    "元/人",
    "人/个",
    "册/生",
    "台/百人",
];

/// Units that the thing's own name gives away; none where it is an amount of money.
const GIVEN_AWAY: &[(&str, Option<&str>)] = &[
    ("人次", Some("人次")),
    ("次数", Some("次")),
    ("经费", None),
    ("支出", None),
    ("收入", None),
    ("投入", None),
    ("资金", None),
    ("金额", None),
    ("预算", None),
    ("设备值", None),
    ("面积", Some("平方米")),
    ("学校数", Some("所")),
    ("班数", Some("个")),
    ("班级数", Some("个")),
    ("人数", Some("人")),
    ("学生", Some("人")),
    ("在校生", Some("人")),
    ("教师", Some("人")),
    ("教职工", Some("人")),
];
const RATES: &[&str] = &["率", "比例", "占比", "比重", "百分比", "进度"];
pub(super) const GROWTHS: &[&str] = &["同比", "增长", "增幅", "增减"];
const WORDS: &[&str] = &[
    "备注",
    "说明",
    "名称",
    "姓名",
    "地址",
    "类型",
    "性质",
    "类别",
    "等级",
    "单位",
    "情况",
    "职务",
    "职称",
    "性别",
    "联系人",
    "负责人",
];
const CODES: &[&str] = &[
    "代码",
    "标识码",
    "编码",
    "编号",
    "证号",
    "号码",
    "电话",
    "学号",
    "年份",
];
