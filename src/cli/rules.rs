//! `hebiao rules …`: what staff do with their rule files before a run needs them.

use super::{Exit, Folders, Loaded, complain, say};
use crate::check::example::{gives, without_examples, wrong_examples};
use crate::check::{KINDS, Kind};
use crate::expr::functions::{FUNCTIONS, Named};
use crate::job;
use crate::rulebook::import::{Each, List, import};
use crate::rulebook::rule::Rule;
use crate::rulebook::source;
use crate::rulebook::written::{Audience, Stage};
use crate::words::{Lang, Text};
use crate::worker::pool::Pool;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 检查全部规则文件，并验算规则自带的例子 / look at all rule files and try their examples
    Check(CheckArguments),
    /// 逐条列出规则自带的例子和结果 / every example of the rules with what comes out
    Test(TestArguments),
    /// 列出全部审核关系 / every rule on a line of its own
    List(ListArguments),
    /// 一条审核关系、一种审核或一个函数是什么意思 / what a rule, a kind of check or a function means
    Explain(ExplainArguments),
    /// 照一张 Excel 报表写出它的规则文件初稿 / a first rule file for an Excel form
    New(NewArguments),
    /// 把一份审核关系表变成规则文件 / turn an office's list of relations into rule files
    Import(ImportArguments),
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

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// 编号、种类或函数名；不写则列出全部种类和函数 / a rule's number, a kind or a function; all if not given
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// 审核关系表：编号、表号、类型、审核关系、级别、提示语 / the list: .xlsx, .xls, .csv …
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 写到哪个文件夹；不写则显示在屏幕上 / the folder to write to; to the screen if not given
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// 空白的或填好的报表 / a blank or filled form
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 哪张工作表；不写则取栏目最多的 / which sheet; the one with the most columns if not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(command: &Command) -> Exit {
    match command {
        Command::Check(arguments) => check(arguments),
        Command::Test(arguments) => test(arguments),
        Command::List(arguments) => list(arguments),
        Command::Explain(arguments) => explain(arguments),
        Command::New(arguments) => new(arguments),
        Command::Import(arguments) => import_list(arguments),
    }
}

fn check(arguments: &CheckArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let rulebook = &loaded.rulebook;
    let wrong = rulebook
        .all_rules()
        .flat_map(|(at, rule)| wrong_examples(rulebook, at, rule));
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
    if let Some(unknown) = arguments
        .ids
        .iter()
        .find(|id| !rulebook.all_rules().any(|(_, rule)| rule.id == **id))
    {
        say(both!("没有审核关系 `{unknown}`", "there is no rule `{unknown}`").get(*lang));
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
    let wanted = |at: usize| arguments.form.as_ref().is_none_or(|id| forms[at].id == *id);
    for (_, rule) in rulebook.all_rules().filter(|(at, _)| wanted(*at)) {
        let severity = rule.severity.words();
        out(&format!(
            "{}\t{}\t{}\t{}",
            rule.id,
            severity.get(*lang),
            rule.title.get(*lang),
            rule.formula
        ));
    }
    Exit::Clean
}

fn explain(arguments: &ExplainArguments) -> Exit {
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
    let name = asked.unwrap_or_default();
    let mut rules = loaded.rulebook.all_rules();
    let Some((_, rule)) = rules.find(|(_, rule)| rule.id == name) else {
        let ids: Vec<&str> = loaded
            .rulebook
            .all_rules()
            .map(|(_, rule)| rule.id.as_str())
            .collect();
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
    out(&rule_words(rule, &loaded));
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

/// A rule as staff ask about it: what it says, for whom, since when, where from.
fn rule_words(rule: &Rule, loaded: &Loaded) -> String {
    let lang = loaded.lang;
    let pick = |zh: &'static str, en: &'static str| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut text = format!("{} {}\n", rule.id, rule.title.get(lang));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name}{}{value}", pick("：", ": "));
        }
    };
    line(pick("式子", "formula"), &rule.formula);
    line(pick("种类", "kind"), rule.kind);
    line(pick("级别", "severity"), rule.severity.words().get(lang));
    let audience = match rule.audience {
        Audience::District => pick("填报单位", "the district"),
        Audience::City => pick("市级", "the city's staff"),
    };
    line(pick("对象", "for"), audience);
    let stage = match rule.stage {
        Stage::Trial => pick("试行", "on trial"),
        Stage::InForce => pick("正式", "in force"),
    };
    line(pick("阶段", "stage"), stage);
    let months: Vec<String> = rule.months.iter().map(u32::to_string).collect();
    line(pick("月份", "months"), &months.join(" "));
    let (from, to) = rule.valid;
    line(
        pick("起", "from"),
        &from.map(String::from).unwrap_or_default(),
    );
    line(pick("止", "to"), &to.map(String::from).unwrap_or_default());
    line(
        pick("依据", "source"),
        rule.source.as_deref().unwrap_or_default(),
    );
    let message = rule.message.as_ref().map_or("", |m| m.get(lang));
    line(pick("提示", "message"), message);
    let place = loaded.sources.files.get(&rule.file).map_or(0, |text| {
        let before = &text.as_bytes()[..rule.span.start.min(text.len())];
        before.iter().filter(|b| **b == b'\n').count() + 1
    });
    line(pick("位置", "at"), &format!("{}:{place}", rule.file));
    let kind = KINDS.iter().find(|kind| kind.name == rule.kind);
    kind.map_or_else(
        || text.clone(),
        |kind| format!("{text}\n{}", kind_words(kind, lang)),
    )
}

/// The workers that read a file which staff name; told and none where they can't be started.
fn pool(folders: &Folders, loaded: &Loaded) -> Option<Pool> {
    match folders.order(loaded) {
        Ok(order) => Some(job::pool(&order, &loaded.rulebook, &loaded.sources)),
        Err(error) => {
            complain(loaded.lang, "找不到自己的程序文件", &error);
            None
        }
    }
}

fn new(arguments: &NewArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let Some(pool) = pool(&arguments.folders, &loaded) else {
        return Exit::Failed;
    };
    let drafts = match job::draft_forms(&arguments.file, &pool) {
        Ok(drafts) => drafts,
        Err(why) => {
            say(why.get(lang));
            return Exit::Failed;
        }
    };
    let wanted = |name: &str| arguments.sheet.as_deref().is_none_or(|sheet| sheet == name);
    let columns = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("[columns."))
            .count()
    };
    let mut why = Text::new("没有这张工作表", "there is no such sheet");
    let mut best: Option<String> = None;
    for (_, draft) in drafts.into_iter().filter(|(name, _)| wanted(name)) {
        match draft {
            Ok(text) if best.as_ref().is_none_or(|b| columns(b) < columns(&text)) => {
                best = Some(text);
            }
            Ok(_) => {}
            Err(reason) => why = reason,
        }
    }
    let Some(text) = best else {
        say(why.get(lang));
        return Exit::Failed;
    };
    out(text.trim_end());
    Exit::Clean
}

fn import_list(arguments: &ImportArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let Some(pool) = pool(&arguments.folders, &loaded) else {
        return Exit::Failed;
    };
    let sheets = match job::read_sheets(&arguments.file, &pool) {
        Ok(sheets) => sheets,
        Err(why) => {
            say(why.get(lang));
            return Exit::Failed;
        }
    };
    let attempt = |form: &str, each: Each, expression: &str| {
        crate::check::attempt(&loaded.rulebook, form, each, expression)
    };
    let lists: Vec<Result<List, Text>> = sheets.iter().map(|rows| import(rows, &attempt)).collect();
    let Some(first) = lists.first() else {
        say(Text::new("文件里没有工作表", "the file has no sheet").get(lang));
        return Exit::Failed;
    };
    if lists.iter().all(Result::is_err) {
        if let Err(why) = first {
            say(why.get(lang));
        }
        return Exit::Failed;
    }
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let (mut read, mut unread) = (0, 0);
    for list in lists.into_iter().flatten() {
        for rule in list.rules {
            let form = &rule.form;
            let head = || format!("[rules]\nform = \"{form}\"\n");
            let text = files.entry(rule.form.clone()).or_insert_with(head);
            let _ = write!(text, "\n{}\n", rule.toml.trim_end());
            read += 1;
        }
        for line in list.unread {
            let (row, relation, why) = (line.row, line.relation, line.why);
            let text = Text::new(
                format!("第 {row} 行没有读懂：{relation}\n  {}", why.zh),
                format!("row {row} could not be read: {relation}\n  {}", why.en),
            );
            say(text.get(lang));
            unread += 1;
        }
    }
    if let Some(folder) = &arguments.to {
        if let Err(why) = write_files(folder, &files) {
            say(why.get(lang));
            return Exit::Failed;
        }
    } else {
        for text in files.values() {
            out(text);
        }
    }
    let text = both!(
        "变成审核关系 {read} 条，没有读懂 {unread} 条；请补上例子后运行 hebiao rules check",
        "{read} rules made, {unread} lines not read; add examples, then run `hebiao rules check`"
    );
    say(text.get(lang));
    if unread > 0 {
        Exit::ForPeople
    } else {
        Exit::Clean
    }
}

/// Writes a file a form; one that is there already is never overwritten.
fn write_files(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), Text> {
    for (form, text) in files {
        let path = folder.join(format!("{form}-审核关系.toml"));
        let shown = path.display().to_string();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => both!(
                "{shown} 已经有了，不覆盖；改名或删去后再导入",
                "{shown} is there already and not overwritten: rename or delete it first"
            ),
            _ => both!("写不了 {shown}：{error}", "cannot write {shown}: {error}"),
        };
        let mut file = std::fs::File::create_new(&path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
    }
    Ok(())
}

/// A line of what was asked for. Nobody listening is no reason to fail.
fn out(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
