//! What labels say by their wording, and the names that they get in the language of rules.

use crate::spelling::{fold, is_blank, without_unit};
use std::collections::BTreeSet;

/// What stands over and under tables and belongs to none.
const OF_THE_FRAME: &[&str] = &[
    "填报单位",
    "报送单位",
    "制定机关",
    "备案文号",
    "批准文号",
    "批准机关",
    "有效期",
];

/// Who signs.
pub(super) const SIGNATURES: &[&str] = &[
    "单位负责人",
    "统计负责人",
    "财务负责人",
    "部门负责人",
    "分管领导",
    "审核人",
    "复核人",
    "填表人",
    "填报人",
    "制表人",
    "经办人",
];

/// A label as the form file writes it: without line breaks and spaces, but for those between
/// English words.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let mut gap = false;
    for c in text.trim_matches(is_blank).chars() {
        if is_blank(c) || c.is_control() {
            gap = true;
            continue;
        }
        let is_english = |c: char| c.is_ascii_graphic();
        if gap && is_english(c) && tidy.ends_with(is_english) {
            tidy.push(' ');
        }
        gap = false;
        tidy.push(c);
    }
    tidy
}

/// A label folded, without of-which words, ordinals and the unit in brackets.
pub(super) fn core(label: &str) -> String {
    let bare = without_unit(label).0;
    let bare = bare.trim_start_matches(['#', '*']);
    let bare = bare
        .strip_prefix("其中")
        .unwrap_or(bare)
        .trim_start_matches(':');
    let is_ordinal = |c: char| "一二三四五六七八九十0123456789()".contains(c);
    let rest = bare.trim_start_matches(is_ordinal);
    match rest.strip_prefix(['、', '.']) {
        Some(rest) => rest.to_owned(),
        None if bare.starts_with('(') && !rest.is_empty() => rest.to_owned(),
        None => bare.to_owned(),
    }
}

pub(super) fn without_brackets(label: &str) -> String {
    let mut depth = 0_u32;
    let outside = |c: &char| {
        depth += u32::from(*c == '(');
        let is_outside = depth == 0;
        depth -= u32::from(*c == ')' && depth > 0);
        is_outside
    };
    label.chars().filter(outside).collect()
}

pub(super) fn is_of_which(label: &str) -> bool {
    let label = fold(label);
    label.starts_with("其中") || label.starts_with('#')
}

/// Whether a label begins with 一、 or （一）.
pub(super) fn is_ordinal(label: &str) -> bool {
    let label = fold(label);
    let rest = label
        .trim_start_matches('(')
        .trim_start_matches(|c| "一二三四五六七八九十".contains(c));
    rest.len() < label.trim_start_matches('(').len() && rest.starts_with(['、', ')'])
}

pub(super) fn is_subtotal(label: &str) -> bool {
    core(label).contains("小计")
}

pub(super) fn is_total(label: &str) -> bool {
    let core = core(label);
    let has = |word: &&str| core.contains(*word);
    !is_of_which(label)
        && (core == "计" || ["合计", "总计", "共计", "小计", "总数"].iter().any(has))
}

/// Whether a line is about the form and not of its table.
pub(super) fn is_of_the_frame(text: &str) -> bool {
    // A title may have 单位：元 in brackets.
    let text = without_brackets(&fold(text));
    let labelled = text.contains(':') && !is_of_which(&text);
    labelled || OF_THE_FRAME.iter().any(|word| text.contains(word))
}

/// Whether a text begins the lines under a table.
pub(super) fn is_foot(text: &str) -> bool {
    let text = fold(text);
    let begins = ["说明", "注:", "注1", "备注:", "附注", "填表说明"];
    let signs = SIGNATURES.iter().chain(&["联系电话", "报出日期", "负责人"]);
    begins.iter().any(|word| text.starts_with(word))
        || text.contains(':') && signs.into_iter().any(|word| text.contains(word))
}

/// The names of columns and rows, each once.
#[derive(Default)]
pub(super) struct Ids(BTreeSet<String>);

impl Ids {
    pub(super) fn of(&mut self, path: &[String], fallback: &str) -> String {
        let named = name(path).filter(|name| !TAKEN.contains(&name.as_str()));
        let name = named.unwrap_or_else(|| fallback.to_owned());
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut free = std::iter::once(name.clone())
            .chain(numbered)
            .filter(|name| !self.0.contains(name));
        let name = free.next().unwrap_or(name);
        self.0.insert(name.clone());
        name
    }
}

/// A label path in English, if the dictionary has all of it.
pub(super) fn name(path: &[String]) -> Option<String> {
    let parts: Vec<String> = path
        .iter()
        .map(|part| translated(&without_brackets(&core(part))))
        .collect::<Option<_>>()?;
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    Some(if parts.is_empty() {
        "current".to_owned()
    } else {
        parts.join("_")
    })
}

fn translated(label: &str) -> Option<String> {
    let (mut words, mut rest) = (Vec::new(), label);
    while !rest.is_empty() {
        let known = DICTIONARY.iter().filter(|(word, _)| rest.starts_with(word));
        let (word, english) = known.max_by_key(|(word, _)| word.len())?;
        words.push(*english);
        rest = &rest[word.len()..];
    }
    words.retain(|word| !word.is_empty());
    Some(words.join("_"))
}

/// Names that the data files or the language of rules need for themselves.
const TAKEN: &[&str] = &[
    "name", "period", "district", "region", "row", "and", "or", "not", "in", "is", "blank",
    "between", "where", "by", "weight", "it", "limit",
];

/// Office words and the names that they get in the language of rules; those that say nothing
/// beside others have none.
const DICTIONARY: &[(&str, &str)] = &[
    ("申报课题", "applications"),
    ("课题申报", "applications"),
    ("申报", "applications"),
    ("申请", "applications"),
    ("获准立项", "approved"),
    ("立项率", "approval_rate"),
    ("立项", "approved"),
    ("结题", "completed"),
    ("开题", "opened"),
    ("课题", "projects"),
    ("项目", "projects"),
    ("重大", "major"),
    ("重点", "key"),
    ("一般", "general"),
    ("本年累计", ""),
    ("累计", ""),
    ("本年", ""),
    ("情况", ""),
    ("数", ""),
    ("已", ""),
    ("的", ""),
    ("本月", "month"),
    ("当月", "month"),
    ("本季", "quarter"),
    ("本期", "current"),
    ("上年同期", "last_year"),
    ("去年同期", "last_year"),
    ("上年", "last_year"),
    ("去年", "last_year"),
    ("上期", "last_period"),
    ("同比增长", "growth"),
    ("同比", "growth"),
    ("增长", "growth"),
    ("增幅", "growth"),
    ("增减", "change"),
    ("合计", "total"),
    ("总计", "total"),
    ("共计", "total"),
    ("总数", "total"),
    ("小计", "subtotal"),
    ("其他", "other"),
    ("其它", "other"),
    ("学校数", "schools"),
    ("学校", "school"),
    ("机构", "institution"),
    ("小学", "primary"),
    ("初级中学", "junior"),
    ("初中", "junior"),
    ("高中", "senior"),
    ("中职", "vocational"),
    ("学前教育", "preschool"),
    ("学前", "preschool"),
    ("幼儿园", "kindergartens"),
    ("义务教育", "compulsory"),
    ("特殊教育", "special"),
    ("在校学生", "pupils"),
    ("在校生", "pupils"),
    ("学生", "pupils"),
    ("毕业生", "graduates"),
    ("招生", "admissions"),
    ("女生", "girls"),
    ("男生", "boys"),
    ("寄宿生", "boarders"),
    ("随迁子女", "migrant_children"),
    ("留守儿童", "left_behind_children"),
    ("专任教师", "teachers"),
    ("教师", "teachers"),
    ("教职工", "staff"),
    ("骨干", "backbone"),
    ("交流轮岗", "exchanged"),
    ("培训", "training"),
    ("人次", "attendances"),
    ("人数", "people"),
    ("最大班额", "largest_class"),
    ("班额", "class_size"),
    ("教学班", "classes"),
    ("班级", "classes"),
    ("班", "classes"),
    ("一年级", "grade_1"),
    ("二年级", "grade_2"),
    ("三年级", "grade_3"),
    ("四年级", "grade_4"),
    ("五年级", "grade_5"),
    ("六年级", "grade_6"),
    ("七年级", "grade_7"),
    ("八年级", "grade_8"),
    ("九年级", "grade_9"),
    ("经费", "funds"),
    ("资金", "funds"),
    ("支出", "spending"),
    ("收入", "income"),
    ("投入", "investment"),
    ("预算", "budget"),
    ("执行", "executed"),
    ("金额", "amount"),
    ("资助", "grants"),
    ("中央", "central"),
    ("国家级", "national_level"),
    ("市级", "city_level"),
    ("区县级", "district_level"),
    ("区县", "district_level"),
    ("校级", "school_level"),
    ("公办", "public"),
    ("民办", "private"),
    ("城区", "urban"),
    ("镇区", "town"),
    ("乡村", "rural"),
    ("面积", "area"),
    ("校舍", "buildings"),
    ("图书", "books"),
    ("计算机", "computers"),
    ("教室", "classrooms"),
    ("学位", "places"),
    ("新增", "new"),
    ("计划", "planned"),
    ("实际", "actual"),
    ("完成", "done"),
    ("目标", "target"),
    ("数量", "quantity"),
    ("覆盖", "coverage"),
    ("巩固", "retention"),
    ("入学", "enrolment"),
    ("满意", "satisfaction"),
    ("进度", "progress"),
    ("率", "rate"),
    ("比例", "rate"),
    ("占比", "share"),
    ("比重", "share"),
    ("分子", "numerator"),
    ("分母", "denominator"),
    ("计量单位", "unit"),
    ("标识码", "code"),
    ("代码", "code"),
    ("编码", "code"),
    ("编号", "code"),
    ("名称", "name"),
    ("姓名", "full_name"),
    ("性别", "sex"),
    ("类型", "type"),
    ("类别", "category"),
    ("性质", "nature"),
    ("办学", "school"),
    ("地址", "address"),
    ("电话", "phone"),
    ("日期", "date"),
    ("年份", "year"),
    ("备注", "remark"),
    ("说明", "note"),
];
