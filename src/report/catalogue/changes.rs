//! What changed from one folder of rules to another, key by key as the files have it.
//!
//! The files are compared and not what is made of them: so whatever can alter an outcome shows,
//! a slack or a unit as well as a formula.

use crate::rulebook::source::Sources;
use crate::rulebook::{calendar, contacts};
use crate::words::Text;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// How an entry of the rule files differs from the earlier version's: a rule, a column, a limit,
/// a line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A rule's number, `KY01 columns.growth`, `districts.csv 500101`.
    pub entry: String,
    /// Its title or label now, or then where it is gone.
    pub title: String,
    /// What became of it.
    pub what: What,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// Some of its keys say something else: the key, before, now; empty where it is not there.
    Changed(Vec<(String, String, String)>),
}

impl What {
    /// 新增, 取消, 修改
    pub fn words(&self) -> Text {
        match self {
            Self::Added => Text::new("新增", "new"),
            Self::Removed => Text::new("取消", "gone"),
            Self::Changed(_) => Text::new("修改", "changed"),
        }
    }
}

/// An entry's keys with what stands under them.
type Keys = BTreeMap<String, String>;

/// Every difference, in order of the entries' names.
pub(super) fn changes(before: &Sources, now: &Sources) -> Vec<Change> {
    let (before, now) = (entries(before), entries(now));
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let change = |name: &String| {
        let what = match (before.get(name), now.get(name)) {
            (Some(then), Some(keys)) => {
                let differing = differing(then, keys);
                if differing.is_empty() {
                    return None;
                }
                What::Changed(differing)
            }
            (None, _) => What::Added,
            (_, None) => What::Removed,
        };
        let keys = now.get(name).or_else(|| before.get(name))?;
        let title = keys.get("title").or_else(|| keys.get("label"));
        Some(Change {
            entry: name.clone(),
            title: title.cloned().unwrap_or_default(),
            what,
        })
    };
    names.into_iter().filter_map(change).collect()
}

fn differing(then: &Keys, now: &Keys) -> Vec<(String, String, String)> {
    let mut keys: Vec<&String> = then.keys().chain(now.keys()).collect();
    keys.sort();
    keys.dedup();
    let says = |keys: &Keys, key: &str| keys.get(key).cloned().unwrap_or_default();
    let all = keys
        .into_iter()
        .map(|key| (key.clone(), says(then, key), says(now, key)));
    all.filter(|(_, then, now)| then != now).collect()
}

/// All entries of all files.
fn entries(sources: &Sources) -> BTreeMap<String, Keys> {
    let mut all = BTreeMap::new();
    // When things are due and whom to call is no rule; and numbers of people stay in the lists
    // that are made for calling.
    let by_the_way = [calendar::FILE, calendar::EXTENSIONS, contacts::FILE];
    let files = sources.files.iter();
    for (file, text) in files.filter(|(file, _)| !by_the_way.contains(&file.as_str())) {
        if let Some(list) = file.strip_suffix(".csv") {
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let name = line.split(',').next().unwrap_or_default();
                let keys = Keys::from([(String::new(), line.to_owned())]);
                all.insert(format!("{list}.csv {name}"), keys);
            }
        } else if let Ok(table) = text.parse::<Table>() {
            of_file(file, &table, &mut all);
        }
    }
    all
}

fn of_file(file: &str, table: &Table, all: &mut BTreeMap<String, Keys>) {
    let named = |section: &str, key: &str| table.get(section)?.get(key)?.as_str();
    // A rule keeps its number wherever it stands; a column is its form's.
    let of = named("form", "id")
        .or_else(|| named("rules", "form"))
        .unwrap_or(file);
    for (section, value) in table {
        match value {
            Value::Array(entries) => {
                for (at, entry) in (1..).zip(entries) {
                    let known = ["id", "rule", "threshold"].map(|key| entry.get(key)?.as_str());
                    let name = match known.into_iter().flatten().next() {
                        Some(name) if section == "rule" => name.to_owned(),
                        Some(name) => format!("{of} {section} {name}"),
                        None => format!("{of} {section} {at}"),
                    };
                    let mut keys = Keys::new();
                    flatten(String::new(), entry, &mut keys);
                    all.insert(name, keys);
                }
            }
            Value::Table(inner) if inner.values().all(Value::is_table) => {
                for (name, entry) in inner {
                    let mut keys = Keys::new();
                    flatten(String::new(), entry, &mut keys);
                    all.insert(format!("{of} {section}.{name}"), keys);
                }
            }
            _ => {
                let mut keys = Keys::new();
                flatten(String::new(), value, &mut keys);
                all.insert(format!("{of} {section}"), keys);
            }
        }
    }
}

/// Everything under a value by its path: `max.value`.
fn flatten(path: String, value: &Value, keys: &mut Keys) {
    let below = |name: &str| match path.as_str() {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                flatten(below(name), value, keys);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_table) => {
            for (at, value) in (1..).zip(values) {
                flatten(below(&at.to_string()), value, keys);
            }
        }
        Value::String(text) => {
            keys.insert(path, text.clone());
        }
        other => {
            keys.insert(path, other.to_string());
        }
    }
}
