//! TOML text into written tables, with every mistake of the file in one go.
//!
//! The text is parsed so that syntax errors don't end the reading; then each table is
//! deserialised by itself. Where that fails, the mistake is noted at its place, the offending
//! entry is dropped, and the table is tried again: so one misspelt key hides no other.

use super::source::{Problem, did_you_mean};
use crate::words::Text;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// One parsed file, its top-level tables still to be understood.
pub struct Tables<'a> {
    file: &'a str,
    root: DeTable<'a>,
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
}

/// A key, its table, and where the key stands.
pub struct Entry<T> {
    /// The key.
    pub name: String,
    /// Where the key stands.
    pub span: Range<usize>,
    /// What stands under it.
    pub value: T,
    /// Whether all of it could be understood.
    pub sound: bool,
}

impl<'a> Tables<'a> {
    /// Parses a file's text. Syntax errors become problems; what can be understood is kept.
    pub fn parse(file: &'a str, text: &'a str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut problems: Vec<Problem> = Vec::new();
        let mut wide_lines = BTreeSet::new();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let Some((place, sign)) = wide_sign(text, span.start) else {
                problems.push(Problem::new(file, span, syntax(error.message())));
                continue;
            };
            // All that follows on the line follows from the sign.
            if wide_lines.insert(place.start) {
                let wide = &text[place.clone()];
                let message = both!(
                    "这里的 `{wide}` 是中文符号，规则文件要用英文的 `{sign}`",
                    "`{wide}` is a Chinese sign: a rule file wants `{sign}`"
                );
                problems.push(Problem::new(file, place, message));
            }
        }
        Self {
            file,
            root: root.into_inner(),
            problems,
        }
    }

    fn remove(&mut self, key: &str) -> Option<(Range<usize>, Spanned<DeValue<'a>>)> {
        let found = self.root.keys().find(|name| name.get_ref() == key)?.clone();
        let span = found.span();
        self.root.remove(&found).map(|value| (span, value))
    }

    /// The table under a key, if it is there and can be understood.
    pub fn one<T: DeserializeOwned>(&mut self, key: &str) -> Option<Entry<T>> {
        let (span, value) = self.remove(key)?;
        let (value, sound) = self.understand(value, &span)?;
        Some(Entry {
            name: key.to_owned(),
            span,
            value,
            sound,
        })
    }

    /// The tables of tables under a key (`[columns.x]`), in the order of the file.
    pub fn named<T: DeserializeOwned>(&mut self, key: &str) -> Vec<Entry<T>> {
        let Some((span, value)) = self.remove(key) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.into_inner() else {
            let message = both!(
                "`{key}` 应写成 `[{key}.名称]` 这样的表",
                "`{key}` must be tables such as `[{key}.name]`"
            );
            self.problems.push(Problem::new(self.file, span, message));
            return Vec::new();
        };
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .filter_map(|(name, value)| {
                let span = name.span();
                let (value, sound) = self.understand(value, &span)?;
                Some(Entry {
                    name: name.into_inner().into_owned(),
                    span,
                    value,
                    sound,
                })
            })
            .collect()
    }

    /// The tables of an array (`[[rule]]`), in the order of the file.
    pub fn array<T: DeserializeOwned>(&mut self, key: &str) -> Vec<Entry<T>> {
        let Some((span, value)) = self.remove(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.into_inner() else {
            let message = both!(
                "`{key}` 应写成 `[[{key}]]`",
                "`{key}` must be written `[[{key}]]`"
            );
            self.problems.push(Problem::new(self.file, span, message));
            return Vec::new();
        };
        array
            .into_iter()
            .filter_map(|mut value| {
                let span = value.span();
                self.misplaced(key, value.get_mut());
                let (value, sound) = self.understand(value, &span)?;
                Some(Entry {
                    name: key.to_owned(),
                    span,
                    value,
                    sound,
                })
            })
            .collect()
    }

    /// A column or row of the form that got under an entry of an array: `[rule.columns.x]`.
    fn misplaced(&mut self, key: &str, value: &mut DeValue<'a>) {
        let DeValue::Table(table) = value else { return };
        for section in ["columns", "rows"] {
            let Some((name, inner)) = table.get_key_value(section) else {
                continue;
            };
            let DeValue::Table(inside) = inner.get_ref() else {
                continue;
            };
            let first = inside.keys().next();
            let first = first.map_or("…", |first| first.get_ref().as_ref());
            let message = both!(
                "`[{key}.{section}.{first}]` 是在 `[[{key}]]` 里面；报表的栏和行不在它里面",
                "`[{key}.{section}.{first}]` lies within `[[{key}]]`, and a form's columns and rows do not"
            );
            let help = both!("写成 `[{section}.{first}]`", "write `[{section}.{first}]`");
            let problem = Problem::new(self.file, name.span(), message).help(help);
            self.problems.push(problem);
            table.remove(section);
        }
    }

    /// Tells of every top-level key that nobody asked for.
    pub fn finish(mut self, known: &[&str]) -> Vec<Problem> {
        for key in self.root.keys() {
            let name = key.get_ref();
            let message = both!("不认识的表 `{name}`", "unknown table `{name}`");
            let problem = Problem::new(self.file, key.span(), message);
            self.problems.push(match did_you_mean(name, known) {
                Some(help) => problem.help(help),
                None => problem,
            });
        }
        self.problems
    }

    fn understand<T: DeserializeOwned>(
        &mut self,
        mut value: Spanned<DeValue<'a>>,
        key: &Range<usize>,
    ) -> Option<(T, bool)> {
        let before = self.problems.len();
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(value) => return Some((value, self.problems.len() == before)),
                Err(error) => error,
            };
            let span = error.span().unwrap_or_else(|| key.clone());
            let missing = error.message().starts_with("missing field");
            if missing && self.problems.len() > before {
                // Most likely what is missing is what was just dropped.
                return None;
            }
            let at = if missing { key.clone() } else { span.clone() };
            self.problems
                .push(translate(self.file, at, error.message()));
            // Without the entry that was wrong, the next mistake of the table shows itself.
            if missing || !drop_at(value.get_mut(), &span) {
                return None;
            }
        }
    }
}

/// Drops the innermost entry of a value that the span lies in; whether there was one.
fn drop_at(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    let inside = |range: Range<usize>| range.start <= span.start && span.end <= range.end;
    match value {
        DeValue::Table(table) => {
            let Some(key) = table
                .iter()
                .find(|(key, value)| inside(key.span()) || inside(value.span()))
                .map(|(key, _)| key.clone())
            else {
                return false;
            };
            let deeper = table.get_mut(&key).is_some_and(|inner| {
                matches!(inner.get_ref(), DeValue::Table(_) | DeValue::Array(_))
                    && inner.span() != *span
                    && drop_at(inner.get_mut(), span)
            });
            if !deeper {
                table.remove(&key);
            }
            true
        }
        DeValue::Array(array) => {
            let Some(index) = array.iter().position(|value| inside(value.span())) else {
                return false;
            };
            let deeper = drop_at((**array)[index].get_mut(), span);
            if !deeper {
                let rest = array.iter().cloned().enumerate();
                *array = rest
                    .filter(|(at, _)| *at != index)
                    .map(|(_, value)| value)
                    .collect();
            }
            true
        }
        _ => false,
    }
}

/// The first sign of a Chinese keyboard outside of quotes on the line of a place, and the one that
/// was meant.
fn wide_sign(text: &str, at: usize) -> Option<(Range<usize>, &'static str)> {
    let before = text.get(..at.min(text.len()))?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?;
    let mut quote = None;
    for (offset, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '#' => return None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                let sign = match c {
                    '＝' => "=",
                    '：' => "=",
                    '，' | '、' => ",",
                    '［' | '【' => "[",
                    '］' | '】' => "]",
                    '｛' => "{",
                    '｝' => "}",
                    '“' | '”' | '＂' => "\"",
                    '‘' | '’' => "'",
                    '．' | '。' => ".",
                    '－' => "-",
                    '＃' => "#",
                    _ => continue,
                };
                let from = start + offset;
                return Some((from..from + c.len_utf8(), sign));
            }
        }
    }
    None
}

/// A syntax error in the reader's words; the library's own stand at the end, for the engineer.
fn syntax(library: &str) -> Text {
    let zh = match library {
        m if m.contains("duplicate key") => "同一个键写了两次",
        m if m.contains("unquoted key") || m.contains("invalid unquoted") => {
            "含中文的键和表名要加英文引号，例如 `\"小学\" = 45`、`[columns.\"小学数\"]`"
        }
        m if m.contains("quote") || m.contains("string") => "文字没有写完整：两端要有英文引号 `\"`",
        m if m.contains("missing value") => "等号后面没有值",
        m if m.contains("bare key") || m.contains("key") => {
            "键名写法不对：含中文的键要加英文引号，例如 `\"小学\" = 45`"
        }
        m if m.contains("array") => "方括号 `[ ]` 没有写完整",
        m if m.contains("table") => "大括号 `{ }` 或表头没有写完整",
        _ => "写法不合 TOML 规则",
    };
    Text::new(zh, format!("this is no valid TOML: {library}"))
}

/// A library's sentence about a table that does not fit, in the reader's words.
fn translate(file: &str, span: Range<usize>, library: &str) -> Problem {
    let quoted: Vec<&str> = library.split('`').skip(1).step_by(2).collect();
    let problem = |message: Text| Problem::new(file, span.clone(), message);
    if let Some(name) = library.strip_prefix("unknown field").and(quoted.first()) {
        let problem = problem(both!("不认识的键 `{name}`", "unknown key `{name}`"));
        return match did_you_mean(name, &quoted[1..]) {
            Some(help) => problem.help(help),
            None => problem,
        };
    }
    if let Some(name) = library.strip_prefix("unknown variant").and(quoted.first()) {
        let known = quoted[1..]
            .iter()
            .map(|k| format!("`{k}`"))
            .collect::<Vec<_>>()
            .join(" ");
        let near = super::source::nearest(name, quoted[1..].iter().copied());
        let problem = problem(both!(
            "不认识的值 `{name}`，可用的有：{known}",
            "unknown value `{name}`: expected one of {known}"
        ));
        return match near {
            Some(near) => problem.help(both!("是否想写 `{near}`？", "did you mean `{near}`?")),
            None => problem,
        };
    }
    if let Some(name) = library.strip_prefix("missing field").and(quoted.first()) {
        return problem(both!(
            "这里缺少键 `{name}`",
            "the key `{name}` is missing here"
        ));
    }
    if let Some((found, expected)) = library
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        let (zh_found, zh_expected) = (kind(found), kind(expected));
        return problem(Text::new(
            format!("类型不对：这里是{zh_found}，应为{zh_expected}"),
            format!("wrong type: found {found}, expected {expected}"),
        ));
    }
    if library.starts_with("invalid length") {
        return problem(Text::new(
            "写法不对：这里要写成 { … }，例如 { list = [\"小学\", \"初中\"] }",
            "wrong shape: expected a table such as { list = [\"a\", \"b\"] }",
        ));
    }
    if library.starts_with("invalid value: integer") {
        return problem(Text::new(
            "数太大或太小，这里应为不大的整数",
            format!("the number does not fit: {library}"),
        ));
    }
    if library.starts_with("wanted string") {
        return problem(Text::new(
            "类型不对：这里应为带引号的文字",
            "wrong type: expected a text in quotes",
        ));
    }
    problem(Text::new(
        format!("这一项的值不合要求（{library}）"),
        format!("this value does not fit: {library}"),
    ))
}

/// serde's word for a kind of value, in Chinese.
fn kind(word: &str) -> String {
    let pairs = [
        ("string", "文字"),
        ("integer", "整数"),
        ("floating point", "小数"),
        ("boolean", "true/false"),
        ("sequence", "列表 [ ]"),
        ("map", "表 { }"),
        ("struct", "表 { }"),
        ("u32", "整数"),
        ("u64", "整数"),
        ("f64", "数字"),
        ("number", "数字"),
        ("enum", "文字"),
        ("datetime", "日期"),
    ];
    let name = pairs
        .iter()
        .find(|(en, _)| word.contains(en))
        .map_or("别的类型", |(_, zh)| zh);
    match word.split('`').nth(1).or_else(|| word.split('"').nth(1)) {
        Some(value) if !word.contains("struct") => format!("{name} `{value}`"),
        _ => name.to_owned(),
    }
}
