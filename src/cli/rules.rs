//! `hebiao rules …`

use super::{Exit, Folders, say};
use crate::check::example::wrong_examples;
use crate::rulebook::source;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 检查全部规则文件，并验算规则自带的例子 / look at all rule files and try their examples
    Check(CheckArguments),
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn check(arguments: &CheckArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let rulebook = &loaded.rulebook;
    let wrong = rulebook
        .all_rules()
        .flat_map(|(at, rule)| wrong_examples(&rulebook.forms[at], rule));
    let wrong = source::sorted(wrong.collect());
    for problem in loaded.warnings.iter().chain(&wrong) {
        say(&format!("{}\n", problem.draw(&loaded.sources, loaded.lang)));
    }
    let (forms, rules) = (rulebook.forms.len(), rulebook.all_rules().count());
    let (districts, warnings) = (rulebook.register.districts.len(), loaded.warnings.len());
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
