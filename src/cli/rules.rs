//! `hebiao rules …`: what staff do with their rule files before a run needs them.

mod backtest;
mod docs;
mod explain;
mod make;

use super::{Exit, Folders, Loaded, say};
use crate::check::example::{gives, without_examples, wrong_examples};
use crate::report::catalogue::Catalogue;
use crate::rulebook::rule::Rule;
use crate::rulebook::{Rulebook, source};
use crate::words::Lang;
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 检查全部规则文件，并验算规则自带的例子 / look at all rule files and try their examples
    Check(CheckArguments),
    /// 逐条列出规则自带的例子和结果 / every example of the rules with what comes out
    Test(TestArguments),
    /// 列出全部审核关系 / every rule on a line of its own
    List(ListArguments),
    /// 一条审核关系、一种审核或一个函数是什么意思 / what a rule, a kind of check or a function means
    Explain(explain::Arguments),
    /// 审核关系目录：Excel 和 Markdown，中英文各一份 / the catalogue of rules, as workbooks and Markdown
    Docs(docs::Arguments),
    /// 用现在的规则重新审核以往各期，不写任何结果 / what the rules would have said on past periods
    Backtest(backtest::Arguments),
    /// 照一张 Excel 报表写出它的规则文件初稿 / a first rule file for an Excel form
    New(make::NewArguments),
    /// 把一份审核关系表变成规则文件 / turn an office's list of relations into rule files
    Import(make::ImportArguments),
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    /// 只看这些编号 / only these rules
    #[arg(value_name = "RULE")]
    ids: Vec<String>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// 只看这张表的 / only this form's
    #[arg(value_name = "FORM")]
    form: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(command: &Command) -> Exit {
    match command {
        Command::Check(arguments) => check(arguments),
        Command::Test(arguments) => test(arguments),
        Command::List(arguments) => list(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Docs(arguments) => docs::run(arguments),
        Command::Backtest(arguments) => backtest::run(arguments),
        Command::New(arguments) => make::new(arguments),
        Command::Import(arguments) => make::import_list(arguments),
    }
}

fn check(arguments: &CheckArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let rulebook = &loaded.rulebook;
    let unchanged = rulebook.unchanged(&loaded.sources);
    let by = unchanged.as_ref().unwrap_or(rulebook);
    let wrong = by
        .all_rules()
        .flat_map(|(at, rule)| wrong_examples(by, at, rule));
    let wrong = source::sorted(wrong.collect());
    let bare = rulebook
        .all_rules()
        .filter_map(|(_, rule)| without_examples(rule));
    let warnings: Vec<_> = loaded.warnings.iter().cloned().chain(bare).collect();
    let warnings = source::sorted(warnings);
    for problem in warnings.iter().chain(&wrong) {
        say(&format!("{}\n", problem.draw(&loaded.sources, loaded.lang)));
    }
    let (forms, rules) = (rulebook.forms.len(), rulebook.all_rules().count());
    let (districts, warnings) = (rulebook.register.districts.len(), warnings.len());
    let failed = wrong.len();
    let text = both!(
        "报表 {forms} 张，审核关系 {rules} 条，填报单位 {districts} 个；提醒 {warnings} 处，例子不符 {failed} 处",
        "{forms} forms, {rules} rules, {districts} districts; {warnings} warnings, {failed} wrong examples"
    );
    say(text.get(loaded.lang));
    if failed > 0 {
        Exit::Failed
    } else {
        Exit::Clean
    }
}

fn test(arguments: &TestArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let Loaded { rulebook, lang, .. } = &loaded;
    let unchanged = rulebook.unchanged(&loaded.sources);
    let rulebook = unchanged.as_ref().unwrap_or(rulebook);
    if !are_known(&arguments.ids, rulebook, *lang) {
        return Exit::Failed;
    }
    let wanted = |rule: &Rule| arguments.ids.is_empty() || arguments.ids.contains(&rule.id);
    let (mut right, mut wrong) = (0, 0);
    for (at, rule) in rulebook.all_rules().filter(|(_, rule)| wanted(rule)) {
        for (number, example) in (1..).zip(&rule.examples) {
            let found = gives(&rulebook.forms, at, rule, example);
            let (id, is, said) = (&rule.id, found.name(), example.gives.name());
            if found == example.gives {
                right += 1;
                out(&format!("✓ {id} {number}: {is}"));
            } else {
                wrong += 1;
                let text = both!(
                    "✗ {id} {number}: {is}，例子写的是 {said}",
                    "✗ {id} {number}: {is}, the example says {said}"
                );
                out(text.get(*lang));
            }
        }
    }
    let text = both!(
        "例子 {right} 个相符，{wrong} 个不符",
        "{right} examples come out, {wrong} don't"
    );
    say(text.get(*lang));
    if wrong > 0 { Exit::Failed } else { Exit::Clean }
}

fn list(arguments: &ListArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let Loaded { rulebook, lang, .. } = &loaded;
    let forms = &rulebook.forms;
    if let Some(wanted) = &arguments.form
        && !forms.iter().any(|form| form.id == *wanted)
    {
        let known: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
        let known = known.join(" ");
        let text = both!(
            "没有表号 `{wanted}`，有的是：{known}",
            "there is no form `{wanted}`; there are: {known}"
        );
        say(text.get(*lang));
        return Exit::Failed;
    }
    let catalogue = Catalogue::of(rulebook);
    let wanted = |form: &String| arguments.form.as_ref().is_none_or(|id| form == id);
    for entry in catalogue.entries.iter().filter(|entry| wanted(&entry.form)) {
        let says = |name: &str| {
            let mut facts = entry.facts.iter();
            let fact = facts.find(|fact| fact.name.zh == name);
            fact.map_or("", |fact| fact.says.get(*lang))
        };
        // A limit has no severity.
        let severity = match says("级别") {
            "" => says("种类"),
            severity => severity,
        };
        let (id, title) = (&entry.id, entry.title.get(*lang));
        out(&format!("{id}\t{severity}\t{title}\t{}", says("式子")));
    }
    Exit::Clean
}

/// Whether there are rules of these numbers; told where not.
fn are_known(ids: &[String], rulebook: &Rulebook, lang: Lang) -> bool {
    let known: Vec<&str> = rulebook.all_rules().map(|(_, rule)| &*rule.id).collect();
    let unknown = ids.iter().filter(|id| !known.contains(&id.as_str()));
    let mut all = true;
    for id in unknown {
        let near = source::did_you_mean(id, &known).unwrap_or_default();
        let text = both!("没有审核关系 `{id}`", "there is no rule `{id}`");
        say(&format!("{}  {}", text.get(lang), near.get(lang)));
        all = false;
    }
    all
}

/// Writes files that were not there; one that is there already is never overwritten.
fn write_new(folder: &Path, files: &[(String, Vec<u8>)], lang: Lang) -> bool {
    for (name, bytes) in files {
        let path = folder.join(name);
        let shown = path.display().to_string();
        let written = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(bytes));
        if let Err(error) = written {
            let text = match error.kind() {
                std::io::ErrorKind::AlreadyExists => both!(
                    "{shown} 已经有了，不覆盖；改名或删去后再来",
                    "{shown} is there already and not overwritten: rename or delete it first"
                ),
                _ => both!("写不了 {shown}：{error}", "cannot write {shown}: {error}"),
            };
            say(text.get(lang));
            return false;
        }
    }
    true
}

/// A line of what was asked for. Nobody listening is no reason to fail.
fn out(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
