//! `hebiao rules explain`: what a rule, a kind of check or a function means.

use super::out;
use crate::check::{self, KINDS, Kind};
use crate::cli::{Exit, Folders, Loaded, say};
use crate::expr::functions::{FUNCTIONS, Named};
use crate::period::Period;
use crate::report::catalogue::{Catalogue, Entry};
use crate::report::machine::{self, Tally};
use crate::rulebook::source::{self, Problem};
use crate::words::{Lang, Text};
use clap::Args;
use std::fmt::Write as _;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// 编号、种类或函数名；不写则列出全部种类和函数 / a rule's number, a kind or a function; all if not given
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let asked = arguments.name.as_deref();
    let named = |name: &str| {
        let kind = KINDS.iter().find(|kind| kind.name == name);
        let function = FUNCTIONS.iter().find(|function| function.name == name);
        (kind, function)
    };
    let lang = arguments.folders.asked().unwrap_or_default();
    match asked.map(named) {
        None => {
            let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let functions: Vec<&str> = FUNCTIONS.iter().map(|f| f.name).collect();
            let (kinds, functions) = (kinds.join(" "), functions.join(" "));
            let text = both!(
                "审核种类：{kinds}\n函数：{functions}",
                "kinds of checks: {kinds}\nfunctions: {functions}"
            );
            out(text.get(lang));
            return Exit::Clean;
        }
        Some((None, None)) => {}
        Some((kind, function)) => {
            if let Some(kind) = kind {
                out(&kind_words(kind, lang));
            }
            if let Some(function) = function {
                out(&function_words(function, lang));
            }
            return Exit::Clean;
        }
    }
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    if !arguments.folders.recover(lang) {
        return Exit::Failed;
    }
    let name = asked.unwrap_or_default();
    let entries = Catalogue::of(&loaded.rulebook).entries;
    let Some(entry) = entries.iter().find(|one| one.id.eq_ignore_ascii_case(name)) else {
        let ids = entries.iter().map(|entry| entry.id.as_str());
        let near = source::nearest(name, ids).map_or_else(Text::default, |near| {
            both!("，是否想看 `{near}`？", "; did you mean `{near}`?")
        });
        let text = Text::new(
            format!("没有叫 `{name}` 的审核关系、种类或函数{}", near.zh),
            format!("there is no rule, kind or function `{name}`{}", near.en),
        );
        say(text.get(loaded.lang));
        return Exit::Failed;
    };
    let history = machine::history(&arguments.folders.output, &entry.id);
    out(&words(entry, &loaded, &history));
    Exit::Clean
}

fn kind_words(kind: &Kind, lang: Lang) -> String {
    let doc = match lang {
        Lang::Zh => kind.doc_zh,
        Lang::En => kind.doc,
    };
    let example = kind
        .doc
        .split("```toml")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    match (lang, example) {
        (Lang::Zh, Some(example)) => format!("{}\n{doc}\n例：\n{}", kind.name, example.trim()),
        _ => format!("{}\n{doc}", kind.name),
    }
}

fn function_words(function: &Named, lang: Lang) -> String {
    let (written, says) = (function.written, function.says());
    let (check, given) = (function.check, function.given);
    let text = Text::new(
        format!(
            "{written}\n{}\n例：check = '{check}'\n    given = {given}",
            says.zh
        ),
        format!(
            "{written}\n{}\nexample: check = '{check}'\n         given = {given}",
            says.en
        ),
    );
    text.get(lang).to_owned()
}

/// A rule or a limit as staff ask about it: what it says, for whom, since when, where from, and how
/// often it was broken.
fn words(entry: &Entry, loaded: &Loaded, history: &[(Period, Tally)]) -> String {
    let lang = loaded.lang;
    let mut text = format!("{} {}\n", entry.id, entry.title.get(lang));
    let mut line = |name: &str, value: &str| {
        let sign = if lang == Lang::Zh { "：" } else { ": " };
        let value = value.replace('\n', "\n    ");
        let _ = writeln!(text, "  {name}{sign}{value}");
    };
    for fact in entry
        .facts
        .iter()
        .filter(|fact| fact.says != Text::default())
    {
        line(fact.name.get(lang), fact.says.get(lang));
    }
    let mut rules = loaded.rulebook.all_rules();
    let rule = rules
        .find(|(_, rule)| rule.id == entry.id)
        .map(|(_, rule)| rule);
    if let Some(rule) = rule {
        let place = Problem::new(&rule.file, rule.span.clone(), Text::default());
        let place = format!("{}:{}", rule.file, place.line(&loaded.sources));
        line(Text::new("位置", "at").get(lang), &place);
    }
    for (period, tally) in history {
        let Tally {
            passed,
            failed,
            not_evaluated,
        } = tally;
        let said = both!(
            "通过 {passed}，不通过 {failed}，未审核 {not_evaluated}",
            "{passed} passed, {failed} failed, {not_evaluated} not evaluated"
        );
        line(&period.to_string(), said.get(lang));
    }
    if history.is_empty() && rule.is_some() {
        let never = Text::new("还没有审核过", "not run yet");
        line(Text::new("各期", "so far").get(lang), never.get(lang));
    }
    match rule {
        Some(rule) => format!("{text}\n{}", kind_words(check::kind(rule), lang)),
        None => text,
    }
}
