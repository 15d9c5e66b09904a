#![doc = include_str!("one_of.md")]

use super::{Asks, Failed, Kind, Lowering, Wording};
use crate::expr::types::Scope;
use crate::expr::{Expr, Leaf};
use crate::rulebook::rule::{Assertion, Claim, Known};
use crate::rulebook::source::{nearest, stray_quotes};
use crate::rulebook::written::Severity;
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "one_of",
    doc: include_str!("one_of.md"),
    doc_zh: include_str!("one_of.zh.md"),
    keys,
    rule: |written| super::asked(written.one_of.as_ref()),
    say,
};

/// `{ list = ["小学", "初中"] }` or `{ file = "codes.csv", column = "code" }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// The words themselves.
    #[serde(default)]
    list: Vec<String>,
    /// A csv file of the rules folder.
    file: Option<String>,
    /// Its column, by heading; the first where unsaid.
    column: Option<String>,
}

/// `one_of = { of = "stage", list = ["小学", "初中"] }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The words that are looked at.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// The words themselves.
    #[serde(default)]
    list: Vec<String>,
    /// A csv file of the rules folder.
    file: Option<String>,
    /// Its column, by heading; the first where unsaid.
    column: Option<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let accused = words_of(on, &self.of, scope)?;
        let listed = Listed {
            list: self.list.clone(),
            file: self.file.clone(),
            column: self.column.clone(),
        };
        let words = listed.words(on, self.of.span())?;
        Some(vec![among(accused, words)])
    }

    fn formula(&self) -> String {
        let listed = match &self.file {
            Some(file) => file.clone(),
            None => self.list.join("、"),
        };
        format!("{} in ({listed})", self.of.get_ref())
    }
}

impl Listed {
    /// The words that are listed on the spot; none where they stand in a file.
    pub fn words_here(&self) -> &[String] {
        &self.list
    }

    /// The words that may stand there.
    fn words(&self, on: &mut Lowering<'_>, span: Range<usize>) -> Option<Arc<BTreeSet<String>>> {
        let words: BTreeSet<String> = match &self.file {
            None => self.list.iter().cloned().collect(),
            Some(file) => known(on, file, [self.column.as_deref(), None, None], span.clone())?
                .into_iter()
                .map(|known| known.key)
                .collect(),
        };
        if words.is_empty() {
            let message = Text::new("列表是空的", "the list is empty");
            on.problem(span, message);
            return None;
        }
        Some(Arc::new(words))
    }
}

/// A column of a csv file of the rules folder, each word with what stands beside it in two
/// others: a name, and a district.
pub(super) fn known(
    on: &mut Lowering<'_>,
    file: &str,
    columns: [Option<&str>; 3],
    span: Range<usize>,
) -> Option<Vec<Known>> {
    let sources = on.sources;
    let Some((file, text)) = sources.list(file) else {
        let message = both!(
            "规则文件夹里没有 `{file}`",
            "there is no `{file}` in the rules folder"
        );
        on.problem(span, message);
        return None;
    };
    let strays = stray_quotes(file, text, None);
    if !strays.is_empty() {
        on.problems.extend(strays);
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads = reader.headers().cloned().unwrap_or_default();
    let place = |name: &str| heads.iter().position(|head| head == name);
    let unknown = columns
        .into_iter()
        .flatten()
        .find(|name| place(name).is_none());
    if let Some(column) = unknown {
        let message = both!(
            "`{file}` 没有列 `{column}`",
            "`{file}` has no column `{column}`"
        );
        on.problem(span, message);
        return None;
    }
    let [word, name, district] = columns.map(|column| column.and_then(place));
    let records = reader.records().filter_map(Result::ok);
    let all = records.filter_map(|record| {
        let cell = |at: usize| record.get(at).map(str::to_owned);
        Some(Known {
            key: cell(word.unwrap_or(0)).filter(|word| !word.is_empty())?,
            name: name.and_then(cell).unwrap_or_default(),
            district: district.and_then(cell),
        })
    });
    let all: Vec<Known> = all.collect();
    if all.is_empty() {
        let message = both!("`{file}` 是空的", "`{file}` is empty");
        on.problem(span, message);
        return None;
    }
    Some(all)
}

/// A variable that has words.
pub(super) fn words_of(
    on: &mut Lowering<'_>,
    written: &Spanned<String>,
    scope: Scope<'_>,
) -> Option<usize> {
    let variable = on.variable(written, scope)?;
    if on.form.variables[variable].is_number() {
        let id = on.form.variables[variable].id.clone();
        let message = both!("`{id}` 是数，不是文字", "`{id}` is a number, not words");
        on.problem(written.span(), message);
        return None;
    }
    Some(variable)
}

/// One rule a column with a list of its own.
fn keys(on: &mut Lowering<'_>) {
    let form = on.form;
    for (at, column) in form.columns.iter().enumerate() {
        let Some(listed) = &column.one_of else {
            continue;
        };
        let Some(words) = listed.get_ref().words(on, listed.span()) else {
            continue;
        };
        let title = Text::new(
            format!("{}在规定的选项之内", column.label.zh),
            format!("{} is one of the list", column.label.en),
        );
        let id = format!("{}.{}.one_of", form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        let shown: Vec<&str> = words.iter().take(12).map(String::as_str).collect();
        rule.formula = format!("{} in ({})", column.id, shown.join("、"));
        rule.span = listed.span();
        let cells = on.rows().into_iter().map(|row| form.variable(at, row));
        let texts = cells.filter(|cell| !form.variables[*cell].is_number());
        rule.assertions = texts.map(|cell| among(cell, Arc::clone(&words))).collect();
        on.key_rule(rule);
    }
}

fn among(accused: usize, words: Arc<BTreeSet<String>>) -> Assertion {
    let claim = Claim::Holds(Expr::Among(Leaf::own(accused), words));
    Assertion::new(accused, claim)
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let Claim::Holds(Expr::Among(_, words)) = &failed.assertion.claim else {
        return Wording::default();
    };
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let fix = if all.len() <= 12 {
        let list = all.join("、");
        both!("从这些里选一个：{list}", "choose one of: {list}")
    } else if let Some(near) = nearest(&found, all.iter().copied()) {
        both!("是否应为“{near}”？", "was `{near}` meant?")
    } else {
        Text::new("按规定的选项填写", "write it as the list has it")
    };
    Wording::new(
        Text::new(
            format!("“{}”填的是“{found}”，不在规定的选项之内", label.zh),
            format!("{} is `{found}`, which is not on the list", label.en),
        ),
        fix,
    )
}
