//! The list of 审核关系 that an office keeps in a sheet becomes rules.
//!
//! Each line of 编号 表号 类型 审核关系 级别 提示语 holds one relation or several, in the many ways in
//! which offices write them: `1栏≥2栏`, `01行=02+03+04行`, `若1栏>0，则2栏>0`. A relation is taken
//! over only if every sign of it is understood and the form has what it names; all others are
//! handed back with the reason. A bare number that may be a column as well as a figure is not
//! guessed at.
//!
//! Reading the sheet, knowing the forms and writing the files are left to the caller.

use super::written::Each;
use crate::spelling::{fold, half_width, is_blank, without_unit};
use crate::words::Text;
use std::collections::BTreeSet;

/// A relation that became a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The form that it belongs to, as the list names it.
    pub form: String,
    /// The rule, from `[[rule]]` to its last line end.
    pub toml: String,
    /// The row of the sheet that it stood in, from 1.
    pub row: usize,
}

/// A relation that could not be turned into a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The row of the sheet that it stands in, from 1.
    pub row: usize,
    /// The relation as it is written there.
    pub relation: String,
    /// Why it was not understood.
    pub why: Text,
}

/// What became of a list, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// What became rules.
    pub rules: Vec<Imported>,
    /// What did not.
    pub unread: Vec<Unread>,
}

/// Turns the rows of a sheet, from its first, into rules.
///
/// `attempt` is given a form, what one unit is and an expression, and says what is wrong with it
/// in that form.
///
/// # Errors
/// When no row has the headings 审核关系 and 表号.
pub fn import(
    rows: &[Vec<String>],
    attempt: &dyn Fn(&str, Each, &str) -> Result<(), Text>,
) -> Result<List, Text> {
    let mut numbered = rows.iter().zip(1..);
    let headings = numbered.find_map(|(cells, _)| Headings::of(cells));
    let headings = headings.ok_or_else(|| {
        Text::new(
            "没有找到表头：要有“审核关系”和“表号”两列",
            "no heading row: the columns 审核关系 and 表号 are needed",
        )
    })?;
    let mut list = List::default();
    let mut ids = BTreeSet::new();
    for (cells, row) in numbered.filter(|(cells, _)| !cells.iter().all(|c| c.trim().is_empty())) {
        let line = headings.line(cells, row);
        let parts = parts(line.relation);
        if parts.is_empty() {
            list.unread.push(Unread {
                row,
                relation: String::new(),
                why: Text::new("审核关系是空的", "there is no relation"),
            });
        }
        for (part, number) in parts.iter().zip(1..) {
            let mut id = line.id.clone();
            if parts.len() > 1 {
                id = format!("{id}-{number}");
            }
            let rule = line.rule(&id, part, attempt).and_then(|toml| {
                if ids.insert(id.clone()) {
                    return Ok(toml);
                }
                Err(both!(
                    "编号 {id} 前面已经用过",
                    "the number {id} is taken above"
                ))
            });
            match rule {
                Ok(toml) => list.rules.push(Imported {
                    form: line.form.clone(),
                    toml,
                    row,
                }),
                Err(why) => list.unread.push(Unread {
                    row,
                    relation: part.written.clone(),
                    why,
                }),
            }
        }
    }
    Ok(list)
}

type Attempt<'a> = &'a dyn Fn(&str, Each, &str) -> Result<(), Text>;

/// Where the columns of the list stand.
struct Headings {
    id: Option<usize>,
    form: usize,
    kind: Option<usize>,
    relation: usize,
    level: Option<usize>,
    hint: Option<usize>,
}

impl Headings {
    fn of(cells: &[String]) -> Option<Self> {
        let labels: Vec<String> = cells.iter().map(|cell| without_unit(cell).0).collect();
        // The wording named first wins where a list has two: 编号 before 序号.
        let at = |wordings: &[&str]| {
            let mut places = wordings
                .iter()
                .map(|wording| labels.iter().position(|label| label == wording));
            places.find_map(|place| place)
        };
        Some(Self {
            id: at(&["编号", "审核编号", "公式编号", "序号"]),
            form: at(&["表号", "报表", "报表表号", "表名", "报表名称"])?,
            kind: at(&["类型", "审核类型"]),
            relation: at(&[
                "审核关系",
                "审核关系式",
                "审核公式",
                "公式",
                "关系式",
                "表达式",
            ])?,
            level: at(&["级别", "审核级别", "性质", "审核性质", "强制", "是否强制"]),
            hint: at(&["提示语", "提示信息", "错误提示", "提示", "审核说明", "说明"]),
        })
    }

    fn line<'a>(&self, cells: &'a [String], row: usize) -> Line<'a> {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |c| c.trim());
        let named = fold(cell(Some(self.form)));
        let form = match named.strip_suffix('表').unwrap_or(&named) {
            id if id.is_ascii() => id.to_owned(),
            _ => cell(Some(self.form)).to_owned(),
        };
        let id = match cell(self.id) {
            "" => format!("{form}-{row}"),
            id => id.to_owned(),
        };
        Line {
            row,
            id,
            form,
            kind: cell(self.kind),
            relation: cell(Some(self.relation)),
            level: cell(self.level),
            hint: cell(self.hint),
        }
    }
}

/// One line of the list.
struct Line<'a> {
    row: usize,
    id: String,
    form: String,
    kind: &'a str,
    relation: &'a str,
    level: &'a str,
    hint: &'a str,
}

impl Line<'_> {
    /// The rule that one part of this line's relation stands for.
    fn rule(&self, id: &str, part: &Part, attempt: Attempt<'_>) -> Result<String, Text> {
        if self.form.is_empty() {
            return Err(Text::new(
                "没有写表号（合并的单元格请拆开，每行都填）",
                "the form is not named (unmerge the cells and fill each)",
            ));
        }
        let whole = self.sensible(&part.written, attempt);
        let without = part.without_number.as_ref();
        let relation = match (whole, without.map(|text| self.sensible(text, attempt))) {
            (Ok(_), Some(Ok(_))) => {
                return Err(Text::new(
                    "开头的编号也可能是行次",
                    "the number in front may be that of a row",
                ));
            }
            (Err(_), Some(read)) | (read, _) => read?,
        };
        let stated = self.severity()?;
        let (severity, remark) = match stated {
            // A true figure can always be reported, however far it is from an earlier one.
            Some("error") if relation.earlier => ("query", "# 与往期比较，最多定为核实\n"),
            Some(severity) => (severity, ""),
            None if relation.earlier => ("query", ""),
            None => ("error", ""),
        };
        // What good data do is the relation; the hint says what is wrong where they don't.
        let title = part.without_number.as_ref().unwrap_or(&part.written);
        let each = match relation.each {
            Each::Row => "",
            Each::Column => "each = \"column\"\n",
            Each::District | Each::City => "each = \"district\"\n",
        };
        let message = if self.hint.is_empty() {
            String::new()
        } else {
            // Braces in a message would be filled with figures.
            let hint = self
                .hint
                .replace(['{', '｛'], "（")
                .replace(['}', '｝'], "）");
            format!("message = {}\n", quoted(&hint))
        };
        let (id, title, asks) = (quoted(id), quoted(title), asked(&relation.check));
        Ok(format!(
            "[[rule]]\nid = {id}\ntitle = {title}\n{remark}severity = \"{severity}\"\n\
             {each}{asks}\n{message}source = \"审核关系表第 {} 行\"\n",
            self.row
        ))
    }

    /// A relation that is understood and makes sense in the form.
    fn sensible(&self, text: &str, attempt: Attempt<'_>) -> Result<Relation, Text> {
        let relation = Relation::read(text, &self.form)?;
        attempt(&self.form, relation.each, &relation.check)?;
        let column = |no: &str| attempt(&self.form, Each::Row, &format!("[{no}] is not blank"));
        let row = |no: &str| attempt(&self.form, Each::Column, &format!("({no}) is not blank"));
        // Where a form has no row 5, `(5)` would quietly be the figure 5, and `is blank` be refused.
        if let Some(no) = relation.rows.iter().find(|no| row(no).is_err()) {
            return Err(both!("没有第 {no} 行", "there is no row {no}"));
        }
        // People leave out 栏 and 行: `5栏≤45` is clear only where there is no column 45.
        let mut figures = relation.figures.iter();
        if let Some(no) = figures.find(|no| column(no).is_ok() || row(no).is_ok()) {
            return Err(unclear(no));
        }
        Ok(relation)
    }

    /// What 级别 says; where it is empty, what 类型 says, if that is a level.
    fn severity(&self) -> Result<Option<&'static str>, Text> {
        let level = self.level;
        if level.is_empty() {
            return Ok(severity(self.kind));
        }
        let unknown = || both!("级别“{level}”看不懂", "unknown level `{level}`");
        severity(level).map(Some).ok_or_else(unknown)
    }
}

/// How much a relation weighs by the offices' words for it.
fn severity(word: &str) -> Option<&'static str> {
    let word = half(word).to_uppercase();
    let mut core = word.as_str();
    for ending in ["审核", "校验", "错误", "性", "型", "类", "级"] {
        core = core
            .strip_suffix(ending)
            .filter(|c| !c.is_empty())
            .unwrap_or(core);
    }
    match core {
        "必改" | "强制" | "准强制" | "逻辑" | "错误" | "A" | "是" => Some("error"),
        "核实" | "合理" | "警告" | "提醒" | "非强制" | "经验" | "B" | "否" => {
            Some("query")
        }
        "提示" | "C" => Some("note"),
        _ => None,
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

/// One of several relations in a cell.
struct Part {
    written: String,
    /// Without its `1.` or `（1）`, where the parts count up like this.
    without_number: Option<String>,
}

/// The relations of a cell, which are divided by semicolons, stops, line ends, and by counting.
fn parts(relation: &str) -> Vec<Part> {
    let mut parts: Vec<String> = Vec::new();
    for piece in relation.split(['；', ';', '。', '\n', '\r']) {
        for (at, word) in piece.split_whitespace().enumerate() {
            let counted = parts.first().is_some_and(|first| number(first).is_some());
            let next = number(word).is_some_and(|(number, _)| number == parts.len() + 1);
            let ends = |c: char| c.is_alphanumeric() || ")）]］】%％".contains(c);
            match parts.last_mut() {
                Some(part) if at > 0 && !(counted && next && part.ends_with(ends)) => {
                    part.extend([" ", word]);
                }
                // A relation broken over two lines must not lose its second half.
                Some(part) if at == 0 && goes_on(word) => part.extend([" ", word]),
                _ => parts.push(word.to_owned()),
            }
        }
    }
    let mut numbered = parts.iter().zip(1..);
    let count_up = parts.len() > 1
        && numbered.all(|(part, at)| number(part).is_some_and(|(number, _)| number == at));
    let part = |written: String| Part {
        without_number: number(&written)
            .filter(|_| count_up)
            .map(|(_, rest)| rest.to_owned()),
        written,
    };
    parts.into_iter().map(part).collect()
}

/// Whether a text begins as no relation can: `+04行`, `则2栏>0`.
fn goes_on(text: &str) -> bool {
    const BEGIN: [&str; 10] = [
        "(",
        "[",
        "Σ",
        "栏",
        "行",
        "若",
        "last_year",
        "last_period",
        "本表",
        "",
    ];
    word(&half(text).to_uppercase()).is_some_and(|(_, meaning)| !BEGIN.contains(&meaning))
}

/// The number in front of a part, and what follows it: `1.` `1、` `1）` `（1）` `①`.
fn number(part: &str) -> Option<(usize, &str)> {
    if let Some(circled @ '①'..='⑳') = part.chars().next() {
        let number = usize::try_from(u32::from(circled) - u32::from('①')).ok()? + 1;
        return Some((number, part.strip_prefix(circled)?.trim_start()));
    }
    let inner = part.strip_prefix(['(', '（']);
    let (digits, rest) = inner
        .unwrap_or(part)
        .split_once(|c: char| !half_width(c).is_ascii_digit())?;
    let sign = &inner.unwrap_or(part)[digits.len()..];
    let sign = half_width(sign.chars().next()?);
    let closes = sign == ')' || (inner.is_none() && matches!(sign, '.' | '、'));
    // Only rows are numbered `01`.
    let digits = half(digits);
    if !closes || digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().ok()?, rest.trim_start()))
}

fn half(text: &str) -> String {
    text.chars().map(half_width).collect()
}

/// Longer than this is no relation that people can read.
const LONGEST: usize = 500;

/// Deeper nesting than this neither.
const DEEPEST: usize = 16;

/// What a relation says, in the language of the rules.
#[derive(Debug)]
struct Relation {
    check: String,
    each: Each,
    /// Whether it compares with an earlier period.
    earlier: bool,
    /// The rows of its own form that it names alone.
    rows: Vec<String>,
    /// The whole numbers without 栏 or 行 in a relation that has these words.
    figures: Vec<String>,
}

impl Relation {
    fn read(written: &str, form: &str) -> Result<Self, Text> {
        if written.chars().count() > LONGEST {
            return Err(both!(
                "超过 {LONGEST} 个字，请拆成几条",
                "longer than {LONGEST} characters: divide it"
            ));
        }
        let mut text = half(written);
        for word in ["不得", "不应", "不能", "不可"] {
            text = text.replace(word, "不");
        }
        let (tokens, offsets) = tokens(&text)?;
        let mut reader = Reader {
            form,
            text: &text,
            tokens: &tokens,
            offsets: &offsets,
            at: 0,
            axis: None,
            places: Vec::new(),
            figures: Vec::new(),
            depth: 0,
        };
        let check = reader.relation()?;
        let (places, figures) = (reader.places, reader.figures);
        let names = |axis| places.iter().any(|p| p.names(axis));
        let own = || places.iter().filter(|p| p.form.is_none());
        let cells = own().filter(|p| p.names(Axis::Row) && p.names(Axis::Column));
        let each = match (names(Axis::Row), names(Axis::Column)) {
            (true, true) => Each::District,
            (true, false) => Each::Column,
            (false, true) => Each::Row,
            (false, false) => {
                return Err(Text::new(
                    "没有写是哪一栏、哪一行",
                    "it names no column and no row",
                ));
            }
        };
        if own().any(|p| p.names(Axis::Row))
            && own().any(|p| p.names(Axis::Column))
            && cells.count() < own().count()
        {
            return Err(Text::new(
                "有的写了行和栏，有的只写了一样",
                "some name a row and a column, others only one of them",
            ));
        }
        let alone = own().filter(|p| !p.names(Axis::Column));
        Ok(Self {
            check,
            each,
            earlier: places.iter().any(|p| p.earlier.is_some()),
            rows: alone.filter_map(|p| p.row.clone()).collect(),
            figures,
        })
    }
}

/// The two ways in which a form is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Column,
    Row,
}

/// A column, a row or a cell, perhaps of another form or an earlier period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    form: Option<String>,
    column: Option<u32>,
    row: Option<String>,
    /// The function that fetches it from an earlier period.
    earlier: Option<&'static str>,
}

impl Place {
    /// Sets one axis; `None` where it is set already or `no` is no number of a column.
    fn with(mut self, axis: Axis, no: &str) -> Option<Self> {
        match axis {
            Axis::Column if self.column.is_none() => self.column = Some(no.parse().ok()?),
            Axis::Row if self.row.is_none() => self.row = Some(no.to_owned()),
            _ => return None,
        }
        Some(self)
    }

    fn names(&self, axis: Axis) -> bool {
        match axis {
            Axis::Column => self.column.is_some(),
            Axis::Row => self.row.is_some(),
        }
    }

    fn written(&self) -> String {
        let mut text = match (self.column, &self.row) {
            (Some(column), Some(row)) => format!("[{column}][{row}]"),
            (Some(column), None) => format!("[{column}]"),
            (None, row) => format!("({})", row.as_deref().unwrap_or_default()),
        };
        if let Some(form) = &self.form {
            text = format!("{form}.{text}");
        }
        match self.earlier {
            Some(function) => format!("{function}({text})"),
            None => text,
        }
    }

    /// The places strictly between two that differ in one axis only, and there count up.
    fn between(&self, last: &Self) -> Option<Vec<Self>> {
        if self.row == last.row {
            let (from, to) = (self.column?, last.column?);
            let place = |column| Self {
                column: Some(column),
                ..self.clone()
            };
            return (place(to) == *last && from < to && to - from < MOST)
                .then(|| (from + 1..to).map(place).collect());
        }
        let (first, last_no) = (self.row.as_ref()?, last.row.as_ref()?);
        let (from, to): (u32, u32) = (first.parse().ok()?, last_no.parse().ok()?);
        let width = first.len();
        let place = |no| Self {
            row: Some(format!("{no:0width$}")),
            ..self.clone()
        };
        (place(to) == *last && from < to && to - from < MOST)
            .then(|| (from + 1..to).map(place).collect())
    }
}

/// A range of more columns or rows than this is a slip of the hand.
const MOST: u32 = 100;

#[derive(Debug, PartialEq)]
enum Token {
    /// A whole number, which may be that of a column or row.
    Number(String),
    /// `30%`, `0.5`, `5百分点`: surely a figure.
    Constant(String),
    /// A form's id.
    Form(String),
    /// A sign or word, by its meaning in [`WORDS`].
    Sign(&'static str),
}

/// What offices write, and the one sign that it means here; nothing for what only fills.
#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    (">=", ">="), ("≥", ">="), ("≧", ">="), ("大于等于", ">="), ("大于或等于", ">="),
    ("不小于", ">="), ("不低于", ">="), ("不少于", ">="),
    ("<=", "<="), ("≤", "<="), ("≦", "<="), ("小于等于", "<="), ("小于或等于", "<="),
    ("不大于", "<="), ("不超过", "<="), ("不高于", "<="), ("不多于", "<="),
    ("!=", "!="), ("<>", "!="), ("≠", "!="), ("不等于", "!="), ("不为", "!="),
    ("=", "="), ("==", "="), ("等于", "="), ("为", "="),
    (">", ">"), ("大于", ">"), ("超过", ">"), ("高于", ">"), ("多于", ">"),
    ("<", "<"), ("小于", "<"), ("低于", "<"), ("少于", "<"),
    ("不为空", "is not blank"), ("≠空", "is not blank"), ("非空", "is not blank"), ("必填", "is not blank"),
    ("为空", "is blank"), ("=空", "is blank"),
    ("+", "+"), ("加", "+"), ("*", "*"), ("×", "*"), ("乘以", "*"), ("乘", "*"),
    ("-", "-"), ("—", "-"), ("−", "-"), ("–", "-"), ("减", "-"), ("/", "/"), ("÷", "/"), ("除以", "/"),
    ("(", "("), (")", ")"), ("[", "["), ("【", "["), ("]", "]"), ("】", "]"),
    (",", ","), (":", ":"), (".", "."), ("、", "、"), ("和", "、"), ("与", "、"), ("及", "、"),
    ("~", ".."), ("〜", ".."), ("至", ".."), ("到", ".."), ("..", ".."), ("...", ".."), ("…", ".."), ("……", ".."), ("⋯", ".."),
    ("Σ", "Σ"), ("∑", "Σ"), ("之和", "之和"), ("的和", "之和"), ("合计", "之和"), ("总和", "之和"),
    ("栏", "栏"), ("栏次", "栏"), ("列", "栏"), ("行", "行"), ("行次", "行"),
    ("表", "表"), ("本表", "本表"), ("的", "的"),
    ("上年", "last_year"), ("上年度", "last_year"), ("上年同期", "last_year"), ("上年同期数", "last_year"),
    ("去年", "last_year"), ("去年同期", "last_year"),
    ("上期", "last_period"), ("上月", "last_period"), ("上季", "last_period"), ("上季度", "last_period"),
    ("若", "若"), ("如", "若"), ("如果", "若"), ("当", "若"), ("IF", "若"),
    ("则", "则"), ("那么", "则"), ("THEN", "则"), ("时", "时"),
    ("且", "and"), ("并且", "and"), ("AND", "and"), ("或", "or"), ("或者", "or"), ("OR", "or"),
    ("第", ""), ("应", ""), ("应该", ""), ("应当", ""), ("须", ""), ("必须", ""), ("本期", ""),
];

/// The longest of [`WORDS`] that a text begins with, and its meaning.
fn word(text: &str) -> Option<(&'static str, &'static str)> {
    let known = WORDS.iter().filter(|(word, _)| text.starts_with(word));
    known.max_by_key(|(word, _)| word.len()).copied()
}

/// The tokens of a text of half-width signs, and where each begins.
fn tokens(text: &str) -> Result<(Vec<Token>, Vec<usize>), Text> {
    let (mut tokens, mut offsets) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |within: &dyn Fn(char) -> bool| {
            &rest[..rest.find(|c| !within(c)).unwrap_or(rest.len())]
        };
        let (token, length) = if is_blank(c) {
            (None, c.len_utf8())
        } else if c.is_ascii_digit() {
            let (token, length) = figure(rest);
            (Some(token), length)
        } else if c.is_ascii_alphabetic() {
            let letters = run(&|c| c.is_ascii_alphabetic());
            let keyword = WORDS
                .iter()
                .find(|(word, _)| letters.eq_ignore_ascii_case(word));
            let id = run(&|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            let id = id.trim_end_matches('-');
            match keyword {
                Some((word, meaning)) => (Some(Token::Sign(meaning)), word.len()),
                None => (Some(Token::Form(id.to_owned())), id.len()),
            }
        } else {
            let (word, meaning) = word(rest).ok_or_else(|| not_understood(rest))?;
            let token = Some(Token::Sign(meaning)).filter(|_| !meaning.is_empty());
            (token, word.len())
        };
        if let Some(token) = token {
            tokens.push(token);
            offsets.push(at);
        }
        at += length;
    }
    Ok((tokens, offsets))
}

/// The number that a text begins with, and its length in bytes.
fn figure(text: &str) -> (Token, usize) {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let mut length = digits(text);
    let whole = &text[..length];
    if let Some(part) = text[length..].strip_prefix('.') {
        let places = digits(part);
        length += if places > 0 { places + 1 } else { 0 };
    }
    let figure = &text[..length];
    for (unit, plain) in [("%", "%"), ("百分点", "百分点"), ("个百分点", "百分点")] {
        if text[length..].starts_with(unit) {
            return (
                Token::Constant(format!("{figure}{plain}")),
                length + unit.len(),
            );
        }
    }
    if figure == whole {
        (Token::Number(figure.to_owned()), length)
    } else {
        (Token::Constant(figure.to_owned()), length)
    }
}

fn not_understood(rest: &str) -> Text {
    let start: String = rest.trim_start().chars().take(12).collect();
    match start.chars().next() {
        None => Text::new("没有写完", "it ends too early"),
        Some(',') => Text::new(
            "逗号前后是两条关系，请用分号隔开",
            "divide relations by a semicolon, not a comma",
        ),
        Some(_) => both!("从“{start}”起看不懂", "not understood from `{start}` on"),
    }
}

fn unclear(no: &str) -> Text {
    both!(
        "“{no}”没有写明是栏、是行还是数",
        "`{no}` may be a column, a row or a figure"
    )
}

/// A part of a sum.
#[derive(Debug)]
enum Term {
    /// A number with neither 栏 nor 行.
    Bare(String),
    /// What was named, and the 栏 or 行 behind it, which may stand for the numbers before it too.
    Place(Place, Option<Axis>),
    /// A sum, not yet in brackets.
    Sum(String),
    /// A figure or product.
    Text(String),
    /// `…` between two parts of a sum, which count up in ones.
    Dots,
    /// `～` between the first and the last.
    To,
}

type Terms = Vec<(&'static str, Term)>;

/// Reads a relation from its tokens.
struct Reader<'a> {
    form: &'a str,
    text: &'a str,
    tokens: &'a [Token],
    offsets: &'a [usize],
    at: usize,
    /// What `栏次：` or `行次：` in front says of all bare numbers.
    axis: Option<Axis>,
    /// All that was named.
    places: Vec<Place>,
    /// The whole numbers that may be more than figures.
    figures: Vec<String>,
    /// The brackets that are open.
    depth: usize,
}

impl Reader<'_> {
    fn ahead(&self) -> &[Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    fn take_one(&mut self, signs: &[&str]) -> Option<&'static str> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else {
            return None;
        };
        if !signs.contains(sign) {
            return None;
        }
        self.at += 1;
        Some(sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        self.take_one(&[sign]).is_some()
    }

    fn stuck(&self) -> Text {
        let offset = self.offsets.get(self.at).copied();
        not_understood(&self.text[offset.unwrap_or(self.text.len())..])
    }

    fn has(&self, signs: &[&str]) -> bool {
        let is = |token: &Token| matches!(token, Token::Sign(sign) if signs.contains(sign));
        self.tokens.iter().any(is)
    }

    fn relation(&mut self) -> Result<String, Text> {
        if let [Token::Sign(mark @ ("栏" | "行")), Token::Sign(":"), ..] = self.tokens {
            self.axis = Some(axis(mark));
            self.at = 2;
        }
        let asks = self.take("若");
        let condition = self.condition()?;
        let end = self.at;
        let when = self.take("时");
        let comma = self.take(",");
        let follows = self.take("则") || when || (comma && asks);
        let text = if follows {
            format!("not ({condition}) or {}", self.condition()?)
        } else {
            self.at = end;
            condition
        };
        if !self.ahead().is_empty() {
            return Err(self.stuck());
        }
        if asks && !follows {
            return Err(Text::new("“若”后面没有“则”", "an `if` without a `then`"));
        }
        Ok(text)
    }

    fn condition(&mut self) -> Result<String, Text> {
        let mut text = self.comparison()?;
        while let Some(word) = self.take_one(&["and", "or"]) {
            text.extend([" ", word, " ", &self.comparison()?]);
        }
        Ok(text)
    }

    fn comparison(&mut self) -> Result<String, Text> {
        let mut left = self.sum()?;
        if let Some(blank) = self.take_one(&["is not blank", "is blank"]) {
            return Ok(format!("{left} {blank}"));
        }
        let mut comparisons = Vec::new();
        let mut direction = None;
        let signs = [">=", "<=", "!=", "=", ">", "<"];
        while let Some(sign) = self.take_one(&signs) {
            let kind = sign.chars().next();
            if direction.is_some_and(|before| before != kind || kind == Some('!')) {
                self.at -= 1;
                return Err(self.stuck());
            }
            direction = Some(kind);
            let right = self.sum()?;
            comparisons.push(format!("{left} {sign} {right}"));
            left = right;
        }
        if comparisons.is_empty() {
            return Err(if self.ahead().is_empty() {
                Text::new(
                    "没有比较号（=、≥、≤ 等）",
                    "nothing is compared: there is no =, ≥ or ≤",
                )
            } else {
                self.stuck()
            });
        }
        Ok(comparisons.join(" and "))
    }

    fn sum(&mut self) -> Result<String, Text> {
        let mut terms = Terms::new();
        let mut sign = self.take_one(&["-"]).unwrap_or("+");
        loop {
            let term = if self.take("..") {
                Term::Dots
            } else {
                self.product()?
            };
            terms.push((sign, term));
            let Some(next) = self.take_one(&["+", "-"]) else {
                break;
            };
            sign = next;
        }
        // `2栏+3栏之和` says the same as the signs.
        if terms.len() > 1 && terms.iter().all(|(sign, _)| *sign == "+") {
            self.take("之和");
        }
        self.added(terms)
    }

    fn product(&mut self) -> Result<Term, Text> {
        let first = self.factor()?;
        let mut rest = String::new();
        loop {
            let sign = match self.ahead() {
                // 1栏的30%
                [Token::Sign("的"), Token::Constant(_), ..] => "*",
                [Token::Sign(sign @ ("*" | "/")), ..] => sign,
                _ => break,
            };
            self.at += 1;
            let factor = self.factor()?;
            rest.extend([" ", sign, " ", &self.operand(factor)?]);
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Term::Text(self.operand(first)? + &rest))
    }

    fn factor(&mut self) -> Result<Term, Text> {
        let summed = self.take("Σ");
        let start = self.at;
        // Only what stands behind tells `9-14栏之和` from a difference.
        match self.list() {
            Ok(terms) if terms.len() > 1 && (self.take("之和") || summed) => {
                return Ok(Term::Sum(self.added(terms)?));
            }
            _ if summed => return Err(unclear_range()),
            _ => self.at = start,
        }
        let is_row = matches!(self.ahead(), [_, Token::Number(_), Token::Sign(")"), ..]);
        if !is_row && self.depth < DEEPEST && self.take("(") {
            self.depth += 1;
            let sum = self.sum()?;
            self.depth -= 1;
            if !self.take(")") {
                return Err(self.stuck());
            }
            return Ok(Term::Sum(sum));
        }
        self.named()
    }

    /// `2、5～8栏`, the numbers perhaps in one pair of brackets: `[9..14]`.
    fn list(&mut self) -> Result<Terms, Text> {
        let bracket = match self.ahead() {
            [Token::Sign("(" | "["), _, Token::Sign(")" | "]"), ..] => None,
            _ => self.take_one(&["(", "["]),
        };
        let mut terms = vec![("+", self.named()?)];
        loop {
            if self.take_one(&["..", "-"]).is_some() {
                terms.push(("+", Term::To));
            } else if !self.take("、") {
                break;
            }
            terms.push(("+", self.named()?));
        }
        let Some(bracket) = bracket else {
            return Ok(terms);
        };
        let (close, own) = match bracket {
            "[" => ("]", Axis::Column),
            _ => (")", Axis::Row),
        };
        if !self.take(close) {
            return Err(self.stuck());
        }
        let behind = self.take_one(&["栏", "行"]).map(axis);
        if let Some((_, last @ Term::Bare(_))) = terms.last_mut() {
            placed(last, behind.unwrap_or(own))?;
        }
        Ok(terms)
    }

    /// A figure, or a column, row or cell with what stands around it.
    fn named(&mut self) -> Result<Term, Text> {
        if let [Token::Constant(figure), ..] = self.ahead() {
            let term = Term::Text(figure.clone());
            self.at += 1;
            return Ok(term);
        }
        let start = self.at;
        let mut place = Place::default();
        let mut other = None;
        loop {
            match self.ahead() {
                [Token::Sign(time @ ("last_year" | "last_period")), ..]
                    if place.earlier.is_none() =>
                {
                    place.earlier = Some(time);
                    self.at += 1;
                }
                [Token::Form(form), ..] if other.is_none() => {
                    other = Some(form.clone());
                    self.at += 1;
                    self.take_one(&["表", "."]);
                }
                [Token::Sign("本表"), ..] if other.is_none() => {
                    other = Some(self.form.to_owned());
                    self.at += 1;
                }
                _ => break,
            }
            self.take("的");
        }
        let bare = place.earlier.is_none() && other.is_none();
        let form = self.form;
        let is_other = |id: &String| !id.eq_ignore_ascii_case(form);
        let before = self.tokens.get(..start).unwrap_or_default();
        let is_left_out = other.is_none()
            && before
                .iter()
                .any(|token| matches!(token, Token::Form(id) if is_other(id)));
        place.form = other.filter(is_other);
        let mut behind = None;
        while let Some((axis, no, is_behind, length)) = self.numbered(&place) {
            let single = place.column.is_none() && place.row.is_none();
            let Some(next) = place.clone().with(axis, &no) else {
                return Err(self.stuck());
            };
            place = next;
            behind = Some(axis).filter(|_| is_behind && single && bare);
            self.at += length;
        }
        if place.column.is_none() && place.row.is_none() {
            let [Token::Number(no), ..] = self.ahead() else {
                return Err(self.stuck());
            };
            if !bare {
                return Err(unclear(no));
            }
            let mut term = Term::Bare(no.clone());
            if let Some(axis) = self.axis {
                placed(&mut term, axis)?;
            }
            self.at += 1;
            return Ok(term);
        }
        // In `PX01表2栏+3栏` the second may be of either form.
        if is_left_out {
            return Err(Text::new(
                "前面写了别的表，后面的栏、行也要写明是哪张表",
                "after another form is named, each column and row needs its form",
            ));
        }
        if let [
            Token::Sign("("),
            Token::Sign(time @ ("last_year" | "last_period")),
            Token::Sign(")"),
            ..,
        ] = self.ahead()
            && place.earlier.is_none()
        {
            place.earlier = Some(time);
            behind = None;
            self.at += 3;
        }
        Ok(Term::Place(place, behind))
    }

    /// The column or row that is named next: which, its number, whether 栏 or 行 stands behind it,
    /// and the tokens that it takes.
    fn numbered(&self, place: &Place) -> Option<(Axis, String, bool, usize)> {
        use Token::{Number, Sign};
        let (axis, no, is_behind, length) = match self.ahead() {
            [Number(no), Sign(mark @ ("栏" | "行")), ..] => (axis(mark), no, true, 2),
            [Sign(mark @ ("栏" | "行")), Number(no), ..] => (axis(mark), no, false, 2),
            [Sign("["), Number(no), Sign("]"), Sign("栏"), ..] => (Axis::Column, no, true, 4),
            [Sign("["), Number(no), Sign("]"), ..] if place.column.is_some() => {
                (Axis::Row, no, false, 3)
            }
            [Sign("["), Number(no), Sign("]"), ..] => (Axis::Column, no, false, 3),
            [Sign("("), Number(no), Sign(")"), Sign("行"), ..] => (Axis::Row, no, true, 4),
            [Sign("("), Number(no), Sign(")"), Sign("栏"), rest @ ..]
                if !matches!(rest, [Number(_), ..]) =>
            {
                (Axis::Column, no, true, 4)
            }
            [Sign("("), Number(no), Sign(")"), ..] => (Axis::Row, no, false, 3),
            _ => return None,
        };
        Some((axis, no.clone(), is_behind, length))
    }

    /// A sum in the language of the rules, its ranges written out.
    fn added(&mut self, mut terms: Terms) -> Result<String, Text> {
        let names_rows = self.has(&["行"]);
        // The 栏 or 行 behind the last stands for all before it: 2+3+4栏.
        let mut behind = None;
        for (_, term) in terms.iter_mut().rev() {
            match term {
                Term::Place(_, mark) => behind = *mark,
                Term::Bare(no) => {
                    let row = (names_rows && is_padded(no)).then_some(Axis::Row);
                    if let Some(axis) = behind.or(row) {
                        placed(term, axis)?;
                    }
                }
                Term::Sum(_) | Term::Text(_) => behind = None,
                Term::Dots | Term::To => {}
            }
        }
        let terms = written_out(terms)?;
        // Nobody adds two figures.
        let mut bare = terms.iter().filter_map(|(_, term)| match term {
            Term::Bare(no) => Some(no),
            _ => None,
        });
        if let (Some(no), Some(_)) = (bare.next(), bare.next()) {
            return Err(unclear(no));
        }
        let mut text = String::new();
        for (sign, term) in terms {
            let part = match term {
                Term::Sum(sum) if sign == "+" => sum,
                term => self.operand(term)?,
            };
            match (text.as_str(), sign) {
                ("", "+") => text = part,
                ("", sign) => text.extend([sign, &part]),
                (_, sign) => text.extend([" ", sign, " ", &part]),
            }
        }
        Ok(text)
    }

    fn operand(&mut self, term: Term) -> Result<String, Text> {
        match term {
            Term::Place(place, _) => {
                let text = place.written();
                self.places.push(place);
                Ok(text)
            }
            Term::Bare(no) if is_padded(&no) => Err(unclear(&no)),
            Term::Bare(no) => {
                if no != "0" && self.has(&["栏", "行"]) {
                    self.figures.push(no.clone());
                }
                Ok(no)
            }
            Term::Text(text) => Ok(text),
            Term::Sum(sum) => Ok(format!("({sum})")),
            Term::Dots | Term::To => Err(unclear_range()),
        }
    }
}

fn axis(mark: &str) -> Axis {
    if mark == "行" {
        Axis::Row
    } else {
        Axis::Column
    }
}

/// `02`, as only rows are numbered.
fn is_padded(no: &str) -> bool {
    no.len() > 1 && no.starts_with('0')
}

/// Makes a bare number that of a column or row; nothing is always the figure 0.
fn placed(term: &mut Term, axis: Axis) -> Result<(), Text> {
    if let Term::Bare(no) = term
        && no != "0"
    {
        let place = Place::default().with(axis, no);
        let place = place.ok_or_else(|| both!("没有第 {no} 栏", "there is no column {no}"))?;
        *term = Term::Place(place, Some(axis));
    }
    Ok(())
}

/// The terms with those that `…` and `～` leave out.
fn written_out(terms: Terms) -> Result<Terms, Text> {
    let mut all = Terms::new();
    let mut terms = terms.into_iter().peekable();
    while let Some((sign, term)) = terms.next() {
        if !matches!(term, Term::Dots | Term::To) {
            all.push((sign, term));
            continue;
        }
        let (Some((_, Term::Place(first, _))), Some(("+", Term::Place(last, _))), "+") =
            (all.last(), terms.peek(), sign)
        else {
            return Err(unclear_range());
        };
        // 2+4+… goes on in other steps.
        if let (Term::Dots, [.., (_, Term::Place(before, _)), _]) = (&term, all.as_slice())
            && before
                .between(first)
                .is_none_or(|skipped| !skipped.is_empty())
        {
            return Err(unclear_range());
        }
        let places = first.between(last).ok_or_else(unclear_range)?;
        all.extend(
            places
                .into_iter()
                .map(|place| ("+", Term::Place(place, None))),
        );
    }
    Ok(all)
}

fn unclear_range() -> Text {
    Text::new(
        "“从几到几”没有写清楚",
        "it is not clear from where to where the range goes",
    )
}

/// What a rule asks: that the relation holds, or of one figure that is a quotient of others that
/// it is stated right, at the precision that it is stated with.
fn asked(check: &str) -> String {
    let is_one = |text: &str| {
        text.chars()
            .all(|c| "[]()".contains(c) || c.is_ascii_digit())
    };
    match check.split_once(" = ") {
        Some((of, follows)) if is_one(of) && follows.contains('/') => {
            let (of, follows) = (quoted(of), quoted(follows));
            format!("states = {{ of = {of}, follows = {follows} }}")
        }
        _ => format!("check = {}", quoted(check)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |cells: &&[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        lines.iter().map(row).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of an attempt")]
    fn anything(_: &str, _: Each, _: &str) -> Result<(), Text> {
        Ok(())
    }

    /// A list of one line for KY01, with this relation, level and hint.
    fn one(relation: &str, level: &str, hint: &str) -> List {
        let rows = rows(&[
            &["编号", "表号", "类型", "审核关系", "级别", "提示语"],
            &["7", "KY01", "", relation, level, hint],
        ]);
        import(&rows, &anything).expect("there are headings")
    }

    fn rule(relation: &str, level: &str, hint: &str) -> String {
        let list = one(relation, level, hint);
        assert_eq!(list.unread, [], "{relation}");
        list.rules[0].toml.clone()
    }

    fn value(toml: &str, key: &str) -> Option<String> {
        let line = toml
            .lines()
            .find_map(|l| l.strip_prefix(&format!("{key} = ")))?;
        Some(line.trim_matches('"').to_owned())
    }

    /// What is checked, behind `列`, `行` or `表` for each row, column or form.
    fn check(relation: &str) -> String {
        let toml = rule(relation, "", "");
        let each = match value(&toml, "each").as_deref() {
            None => "行",
            Some("column") => "列",
            _ => "表",
        };
        let stated = value(&toml, "states").map(|states| {
            let parts: Vec<&str> = states.split('"').collect();
            format!("{} = {}", parts[1], parts[3])
        });
        let check = value(&toml, "check").or(stated).expect("a check");
        format!("{each} {check}")
    }

    fn why(relation: &str) -> String {
        let list = one(relation, "", "");
        assert_eq!(list.rules, [], "{relation}");
        list.unread[0].why.zh.clone()
    }

    #[test]
    fn columns_are_named_in_many_ways() {
        for text in [
            "1栏≥2栏",
            "第1栏≥第2栏",
            "栏1≥栏2",
            "栏次1>=栏次2",
            "[1]栏≥[2]栏",
            "［１］≧【2】",
            "(1)栏 ≥ (2)栏",
            "01栏≥02栏",
            "１列＞＝２列",
            "本表第1栏应大于等于第2栏。",
            "1栏不小于2栏",
            "1栏不得小于2栏",
            "1栏应不低于2栏",
            "KY01表1栏≥KY01表2栏",
            "KY01.[1]≥ky01.[2]",
        ] {
            assert_eq!(check(text), "行 [1] >= [2]", "{text}");
        }
    }

    #[test]
    fn rows_are_named_in_many_ways() {
        for text in [
            "01行=02+03+04行",
            "第01行=第02+03+04行",
            "01=02+03+04行",
            "01行=02+03+04",
            "行次：01=02+03+04",
            "行01=行02+行03+行04",
            "(01)行=(02)行+(03)行+(04)行",
            "（０１）＝（０２）＋（０３）＋（０４）",
            "01行等于02行加03行加04行",
            "01行=02、03、04行之和",
            "01行=02行、03行和04行合计",
            "01行=02行+03行+04行之和",
        ] {
            assert_eq!(check(text), "列 (01) = (02) + (03) + (04)", "{text}");
        }
        assert_eq!(check("1栏=2+3+4栏"), "行 [1] = [2] + [3] + [4]");
        assert_eq!(check("栏次：1=2+3-4"), "行 [1] = [2] + [3] - [4]");
    }

    #[test]
    fn cells_are_named_by_row_and_column() {
        assert_eq!(
            check("01行1栏 >= 02行1栏 + 03行1栏"),
            "表 [1][01] >= [1][02] + [1][03]"
        );
        for text in ["1栏01行≤2栏(02)", "(01)[1]≤栏2行02", "[1][01]≤(02)栏2"] {
            assert_eq!(check(text), "表 [1][01] <= [2][02]", "{text}");
        }
    }

    #[test]
    fn ranges_are_written_out() {
        for text in [
            "1栏=Σ2..4栏",
            "1栏=∑2-4栏",
            "1栏=Σ(2栏～4栏)",
            "1栏=Σ（2、3、4）栏",
            "[1]=Σ[2..4]",
            "[1]=Σ[2]…[4]",
            "1栏=2栏+…+4栏",
            "1栏=2+……+4栏",
            "1栏=2栏+3栏+...+4栏",
            "1栏=2～4栏之和",
            "1栏=第2至4栏的和",
            "1栏=2栏-4栏合计",
            "1栏=2、3至4栏之和",
        ] {
            assert_eq!(check(text), "行 [1] = [2] + [3] + [4]", "{text}");
        }
        assert_eq!(
            check("[8]=9～14栏之和"),
            "行 [8] = [9] + [10] + [11] + [12] + [13] + [14]"
        );
        assert_eq!(check("(08)=(09)+…+(11)"), "列 (08) = (09) + (10) + (11)");
        assert_eq!(
            check("01行1栏=02行1栏+…+04行1栏"),
            "表 [1][01] = [1][02] + [1][03] + [1][04]"
        );
        assert_eq!(check("1栏=5栏-Σ2..3栏"), "行 [1] = [5] - ([2] + [3])");
    }

    #[test]
    fn earlier_periods_are_fetched() {
        for text in [
            "1栏≥上年1栏",
            "1栏≥1栏（上年）",
            "1栏≥上年同期1栏",
            "1栏≥去年同期的1栏",
            "[1]≥[1](上年同期)",
        ] {
            assert_eq!(check(text), "行 [1] >= last_year([1])", "{text}");
        }
        for text in ["[1]=上月[1]+[2]", "1栏=上期1栏+2栏", "1栏=上季第1栏+2栏"] {
            assert_eq!(check(text), "行 [1] = last_period([1]) + [2]", "{text}");
        }
        assert_eq!(
            check("01行1栏>上年01行1栏"),
            "表 [1][01] > last_year([1][01])"
        );
    }

    #[test]
    fn conditions_are_turned_into_either_or() {
        for text in [
            "若1栏>0，则2栏>0",
            "如果1栏大于0，那么2栏应大于0",
            "1栏>0时2栏>0",
            "当1栏＞0时，2栏＞0",
            "IF 1栏>0 THEN 2栏>0",
            "若1栏>0，2栏>0",
            "1栏>0则2栏>0",
        ] {
            assert_eq!(check(text), "行 not ([1] > 0) or [2] > 0", "{text}");
        }
        assert_eq!(
            check("若1栏为0且2栏=0，则3栏不为0或4栏必填"),
            "行 not ([1] = 0 and [2] = 0) or [3] != 0 or [4] is not blank"
        );
    }

    #[test]
    fn cells_that_must_be_filled_are_told_from_those_that_must_not_be_nothing() {
        for text in ["1栏不为空", "1栏不能为空", "1栏非空", "1栏必填", "1栏≠空"]
        {
            assert_eq!(check(text), "行 [1] is not blank", "{text}");
        }
        assert_eq!(
            check("若1栏=0，则2栏应为空"),
            "行 not ([1] = 0) or [2] is blank"
        );
        assert_eq!(check("1栏≠0"), "行 [1] != 0");
    }

    #[test]
    fn comparisons_have_words_and_signs() {
        for (text, sign) in [
            ("1栏不大于2栏", "<="),
            ("1栏不超过2栏", "<="),
            ("1栏小于等于2栏", "<="),
            ("1栏≦2栏", "<="),
            ("1栏小于2栏", "<"),
            ("1栏＜2栏", "<"),
            ("1栏大于2栏", ">"),
            ("1栏等于2栏", "="),
            ("1栏＝2栏", "="),
            ("1栏<>2栏", "!="),
            ("1栏不等于2栏", "!="),
        ] {
            assert_eq!(check(text), format!("行 [1] {sign} [2]"), "{text}");
        }
        assert_eq!(check("0≤3栏≤100%"), "行 0 <= [3] and [3] <= 100%");
    }

    #[test]
    fn figures_stay_figures() {
        assert_eq!(check("2栏/1栏≤100%"), "行 [2] / [1] <= 100%");
        assert_eq!(check("２栏÷１栏≥３０．５％"), "行 [2] / [1] >= 30.5%");
        assert_eq!(check("4栏＝2栏/1栏×100%"), "行 [4] = [2] / [1] * 100%");
        assert_eq!(check("2栏不超过1栏的30%"), "行 [2] <= [1] * 30%");
        assert_eq!(
            check("(13)=(02)×10000/(11)"),
            "列 (13) = (02) * 10000 / (11)"
        );
        assert_eq!(check("4栏=（1栏－3栏）÷3栏"), "行 [4] = ([1] - [3]) / [3]");
        assert_eq!(check("5栏≥-5个百分点"), "行 [5] >= -5百分点");
        assert_eq!(check("[1]≤[2]+5"), "行 [1] <= [2] + 5");
    }

    #[test]
    fn a_quotient_is_stated_at_its_own_precision() {
        let toml = rule("4栏＝2栏/1栏×100%", "", "");
        assert!(toml.contains(r#"states = { of = "[4]", follows = "[2] / [1] * 100%" }"#));
        assert!(rule("4栏＝2栏+1栏", "", "").contains("check = "));
    }

    #[test]
    fn other_forms_are_named_and_the_own_is_not() {
        assert_eq!(check("1栏=PX01表2栏"), "行 [1] = PX01.[2]");
        assert_eq!(check("1栏-PX01表2栏≥本表3栏"), "行 [1] - PX01.[2] >= [3]");
        let unsaid = "前面写了别的表，后面的栏、行也要写明是哪张表";
        assert_eq!(why("1栏=PX01表2栏+3栏"), unsaid);
        assert_eq!(
            check("JH01表14行1栏=PX01表第28行第1栏"),
            "表 JH01.[1][14] = PX01.[1][28]"
        );
        let rows = rows(&[&["表号", "审核关系"], &["教师表", "KY01表1栏=PX01表2栏"]]);
        let list = import(&rows, &anything).expect("there are headings");
        assert_eq!(list.rules[0].form, "教师表");
        assert_eq!(
            value(&list.rules[0].toml, "check").as_deref(),
            Some("KY01.[1] = PX01.[2]")
        );
    }

    #[test]
    fn a_cell_of_several_relations_is_several_rules() {
        for text in [
            "1栏≥2栏；（01）=（02）+（03）",
            "1栏≥2栏\r\n(01)=(02)+(03)",
            "1.1栏≥2栏；2.(01)=(02)+(03)。",
            "1、1栏≥2栏 2、(01)=(02)+(03)",
            "（1）1栏≥2栏；（2）(01)=(02)+(03)",
            "①1栏≥2栏；②(01)=(02)+(03)",
        ] {
            let list = one(text, "", "");
            assert_eq!(list.unread, [], "{text}");
            let of = |key| {
                let values = list.rules.iter().filter_map(|r| value(&r.toml, key));
                values.collect::<Vec<_>>()
            };
            assert_eq!(of("id"), ["7-1", "7-2"], "{text}");
            assert_eq!(of("check"), ["[1] >= [2]", "(01) = (02) + (03)"], "{text}");
            assert_eq!(of("title")[0], "1栏≥2栏", "{text}");
        }
    }

    #[test]
    fn a_relation_broken_over_lines_stays_whole() {
        assert_eq!(check("01行=02行\n＋03行"), "列 (01) = (02) + (03)");
        assert_eq!(check("1栏>0\n则2栏>0"), "行 not ([1] > 0) or [2] > 0");
        assert_eq!(check("1栏>0\nor 2栏>0"), "行 [1] > 0 or [2] > 0");
        assert_eq!(one("01行=02行+\n03行", "", "").rules, []);
    }

    #[test]
    fn rows_of_one_digit_are_not_taken_for_numbers_of_parts() {
        let list = one("(1)=(2)+(3)；(2)≥(4)", "", "");
        let checks = list.rules.iter().filter_map(|r| value(&r.toml, "check"));
        assert_eq!(
            checks.collect::<Vec<_>>(),
            ["(1) = (2) + (3)", "(2) >= (4)"]
        );
        let list = one("(1)1栏>0；(2)2栏>0", "", "");
        assert_eq!(list.unread[0].why.zh, "开头的编号也可能是行次");
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_place() {
        for (text, reason) in [
            ("申报数≥立项数", "从“申报数≥立项数”起看不懂"),
            ("1栏≥2栏的", "从“的”起看不懂"),
            ("1栏≥", "没有写完"),
            ("1栏", "没有比较号（=、≥、≤ 等）"),
            ("1栏≥2栏，3栏≥4栏", "逗号前后是两条关系，请用分号隔开"),
            ("若1栏>0", "“若”后面没有“则”"),
            ("C10=SUM(C11)", "从“=SUM(C11)”起看不懂"),
            ("1栏≥2栏 3栏", "从“3栏”起看不懂"),
            ("1栏=2栏 不含03行", "从“不含03行”起看不懂"),
            ("1栏≠2栏≠3栏", "从“≠3栏”起看不懂"),
            ("1栏不大于等于2栏", "从“等于2栏”起看不懂"),
            ("1栏1栏≥2栏", "从“1栏≥2栏”起看不懂"),
            ("1.5栏≥2栏", "从“栏≥2栏”起看不懂"),
            ("上年上期1栏≥2栏", "从“上期1栏≥2栏”起看不懂"),
            ("5≥3", "没有写是哪一栏、哪一行"),
            ("99999999999栏≥2栏", "从“99999999999栏”起看不懂"),
        ] {
            assert_eq!(why(text), reason, "{text}");
        }
        assert_eq!(why(&"（".repeat(501)), "超过 500 个字，请拆成几条");
        assert!(why(&"（".repeat(500)).contains("看不懂"));
    }

    #[test]
    fn numbers_that_may_be_columns_are_not_guessed_at() {
        for text in [
            "1栏=2+3",
            "1栏=2栏+3",
            "[1]=[2]+3+4",
            "1≥2栏",
            "1=2栏+3栏",
            "2/1栏≤100%",
            "1栏≥02",
            "上年1+2栏≥3栏",
            "KY01表1+2栏≥3栏",
            "01行1栏=2+02行1栏",
            "1栏≥2",
            "100*2栏=1栏",
            "2栏/1≤100%",
        ] {
            let why = why(text);
            assert!(why.ends_with("没有写明是栏、是行还是数"), "{text}: {why}");
        }
        for text in [
            "1栏=5～2栏之和",
            "1栏=2+4+…+8栏",
            "1栏=…+8栏",
            "1栏=2栏-…-8栏",
            "1栏=2栏+…+08行",
            "1栏=Σ2栏",
            "1栏=Σ2..999栏",
            "(01)=(2)+…+(07)",
            "1栏=上年2栏+…+5栏",
        ] {
            assert_eq!(why(text), "“从几到几”没有写清楚", "{text}");
        }
        for text in ["01行1栏≥2栏", "01行≥2栏", "01行1栏=02行+03行"] {
            assert_eq!(why(text), "有的写了行和栏，有的只写了一样", "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_in_the_form_is_unread() {
        let rows = rows(&[
            &["表号", "审核关系"],
            &["KY01", "[9]≥[1]"],
            &["KY01", "(01)=(02)+(3)"],
        ]);
        let list = import(&rows, &|form, each, text| {
            assert_eq!(form, "KY01");
            match (each, text) {
                (Each::Row, "[9] >= [1]") => Err(Text::same("没有第 9 栏")),
                (Each::Column, "(3) is not blank") => Err(Text::same("不是指标")),
                _ => Ok(()),
            }
        })
        .expect("there are headings");
        assert_eq!(list.rules, []);
        let reasons: Vec<_> = list.unread.iter().map(|u| (u.row, &*u.why.zh)).collect();
        assert_eq!(reasons, [(2, "没有第 9 栏"), (3, "没有第 3 行")]);
    }

    #[test]
    fn a_number_is_a_figure_where_the_form_has_no_such_column_or_row() {
        let rows = rows(&[
            &["表号", "审核关系"],
            &["KY01", "0<5栏≤45；2栏≤3栏*100+50；2000≥7栏"],
        ]);
        let list = import(&rows, &|_, _, text| match text {
            "[45] is not blank" | "[100] is not blank" | "[50] is not blank"
            | "(45) is not blank" | "(100) is not blank" | "(50) is not blank" => {
                Err(Text::default())
            }
            _ => Ok(()),
        })
        .expect("there are headings");
        let checks = list.rules.iter().filter_map(|r| value(&r.toml, "check"));
        let expected = ["0 < [5] and [5] <= 45", "[2] <= [3] * 100 + 50"];
        assert_eq!(checks.collect::<Vec<_>>(), expected);
        assert_eq!(list.unread[0].relation, "2000≥7栏");
    }

    #[test]
    fn levels_have_many_words() {
        let severity = |level: &str| value(&rule("1栏≥2栏", level, ""), "severity");
        for level in [
            "",
            "必改",
            "强制性",
            "强制性审核",
            "逻辑性审核",
            "错误",
            "A类",
            "ａ",
            "是",
        ] {
            assert_eq!(severity(level).as_deref(), Some("error"), "{level}");
        }
        for level in [
            "核实性",
            "核实",
            "合理性",
            "警告",
            "提醒",
            "非强制性",
            "B",
            "核实性错误",
            "否",
        ] {
            assert_eq!(severity(level).as_deref(), Some("query"), "{level}");
        }
        for level in ["提示", "提示性审核", "C"] {
            assert_eq!(severity(level).as_deref(), Some("note"), "{level}");
        }
        let list = one("1栏≥2栏", "重要", "");
        assert_eq!(list.unread[0].why.zh, "级别“重要”看不懂");
    }

    #[test]
    fn a_comparison_with_an_earlier_period_is_never_an_error() {
        let remark = "# 与往期比较，最多定为核实\nseverity = \"query\"\n";
        let forced = rule("1栏≥上月1栏", "强制", "");
        assert!(forced.contains(remark), "{forced}");
        let unsaid = rule("1栏≥上年1栏", "", "");
        assert!(unsaid.contains("severity = \"query\"") && !unsaid.contains('#'));
        assert_eq!(
            value(&rule("1栏≥上年1栏", "提示", ""), "severity").as_deref(),
            Some("note")
        );
    }

    #[test]
    fn a_rule_says_where_it_comes_from_and_is_proper_toml() {
        assert_eq!(
            rule("（01）≥（02）", "核实", "合计{1}\"小\"于\\其中\u{7}项"),
            "[[rule]]\nid = \"7\"\ntitle = \"（01）≥（02）\"\n\
             severity = \"query\"\neach = \"column\"\ncheck = \"(01) >= (02)\"\n\
             message = \"合计（1）\\\"小\\\"于\\\\其中\\u0007项\"\nsource = \"审核关系表第 2 行\"\n"
        );
        assert!(!rule("1栏≥2栏", "", "").contains("message"));
    }

    #[test]
    fn headings_stand_below_a_title_in_any_order_and_wording() {
        let rows = rows(&[
            &["KY01 审核关系一览"],
            &[],
            &["错误提示", "公 式", "审核类型", "报表", "备注", "序号"],
            &["小了", "1栏≥2栏", "核实性审核", "ＫＹ０１表", "", "K1"],
            &["", "", "", "", "", ""],
            &["", "3栏≥4栏", "表内", "KY01", "", ""],
            &["", "5栏≥6栏", "", "KY01", "", "K1"],
            &["", "5栏≥6栏", "", "", "", "K2"],
            &["", "", "", "KY01", "", "K3"],
        ]);
        let list = import(&rows, &anything).expect("there are headings");
        let of = |rule: &Imported| {
            let get = |key| value(&rule.toml, key).expect("a value");
            (rule.row, rule.form.clone(), get("id"), get("severity"))
        };
        let expected = [(4, "K1", "query"), (6, "KY01-6", "error")]
            .map(|(row, id, level)| (row, "KY01".to_owned(), id.to_owned(), level.to_owned()));
        assert_eq!(list.rules.iter().map(of).collect::<Vec<_>>(), expected);
        let unread: Vec<_> = list.unread.iter().map(|u| (u.row, &*u.why.zh)).collect();
        assert_eq!(
            unread,
            [
                (7, "编号 K1 前面已经用过"),
                (8, "没有写表号（合并的单元格请拆开，每行都填）"),
                (9, "审核关系是空的"),
            ]
        );
    }

    #[test]
    fn a_sheet_without_headings_is_no_list() {
        let rows = rows(&[&["编号", "内容"], &["1", "1栏≥2栏"]]);
        assert!(import(&rows, &anything).is_err());
    }
}
