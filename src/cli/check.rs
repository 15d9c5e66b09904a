//! `hebiao check FILE...`, with `--report OUT.xlsx` also as the workbook that the clerk gets back.

use super::{Exit, Folders, complain, say};
use crate::closing::then::OtherRules;
use crate::dialogue::Dialogue;
use crate::finding::Finding;
use crate::job::{self, Order};
use crate::judge::judge;
use crate::judged::Judged;
use crate::log::Log;
use crate::period::Period;
use crate::report::district;
use crate::report::machine::{self, FindingsFile, SeverityCounts};
use crate::submissions::FileRead;
use crate::words::{Lang, Text};
use crate::worker::Source;
use crate::worker::pool::Pool;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 要看的工作簿 / the workbooks to look at
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 报告期；不写则以表内写的为准 / the period; what the form says if not given
    #[arg(long, value_name = "2023-12", value_parser = Period::parse)]
    period: Option<Period>,
    /// 输出格式 / how the findings are shown
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// 把反馈写成工作簿，一次一个文件；已有的文件不覆盖 / write the report on one file to a workbook
    #[arg(long, value_name = "OUT.xlsx")]
    report: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 给人看 / for people
    Text,
    /// 与 findings.json 相同 / as findings.json
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    if !arguments.folders.recover(lang) {
        return Exit::Failed;
    }
    let reading = arguments
        .folders
        .read(&loaded, &arguments.files, arguments.period, false);
    let Some((order, files)) = reading else {
        return Exit::Failed;
    };
    let log = Log::new(lang, false, false, false);
    let pool = job::pool(&order, &loaded.rulebook, &loaded.sources);
    let Some(period) = period(arguments.period, &files, lang) else {
        return Exit::Failed;
    };
    let baseline = match job::baseline(&order, &loaded.rulebook, &pool, period, &files, &log) {
        Ok(baseline) => baseline,
        Err(error) => {
            complain(lang, &super::run::words(&error), &error);
            return Exit::Failed;
        }
    };
    let source = files.first().and_then(|file| file.source.clone());
    let said = Dialogue::recall(&order.output, &loaded.rulebook, period);
    let rules = (&loaded.rulebook, OtherRules::default());
    let mut judged = judge(rules, period, files, &baseline, order.now, said);
    // Of a few files the city can't be judged.
    judged
        .findings
        .retain(|finding| !finding.district.code.is_empty() || !finding.place.file.is_empty());
    if let Some(target) = &arguments.report
        && !write_report(arguments, target, &judged, (&order, &pool, source.as_ref()))
    {
        return Exit::Failed;
    }
    let shown = match arguments.format {
        Format::Text => Ok(text(&judged, lang).into_bytes()),
        Format::Json => machine::json(&FindingsFile::of(&judged)),
    };
    match shown {
        // A reader that has gone away has seen enough.
        Ok(bytes) => drop(std::io::stdout().write_all(&bytes)),
        Err(error) => {
            complain(lang, "结果写不出来", &error);
            return Exit::Failed;
        }
    }
    if judged.findings.iter().any(Finding::is_unsettled) {
        Exit::ForPeople
    } else {
        Exit::Clean
    }
}

/// Writes the report on the one file that was named; told and false where that cannot be.
fn write_report(
    arguments: &Arguments,
    target: &Path,
    judged: &Judged<'_>,
    (order, pool, source): (&Order, &Pool, Option<&Source>),
) -> bool {
    let lang = order.lang;
    let refuse = |why: Text| {
        say(why.get(lang));
        false
    };
    if arguments.files.len() > 1 {
        return refuse(Text::new(
            "--report 一次只写一个文件的反馈",
            "--report is for one file at a time",
        ));
    }
    let shown = target.display();
    if target.exists() {
        return refuse(both!(
            "{shown} 已经有了，不覆盖；请换一个名称",
            "{shown} is there already and not overwritten: choose another name"
        ));
    }
    let mut reports = district::reports(judged, lang).into_iter();
    let Some(report) = reports.next() else {
        return refuse(Text::new(
            "看不出是哪个单位的文件，没有可写的反馈",
            "there is no telling whose file it is, so there is no report to write",
        ));
    };
    match job::write_report(order, pool, &report, source, target) {
        Ok(()) => true,
        Err(error) => {
            complain(lang, &super::run::words(&error), &error);
            false
        }
    }
}

/// The one period that the files are of.
fn period(asked: Option<Period>, files: &[FileRead], lang: Lang) -> Option<Period> {
    if asked.is_some() {
        return asked;
    }
    let received = files.iter().flat_map(|file| &file.reading.received);
    let periods: BTreeSet<Period> = received.filter_map(|received| received.period).collect();
    let mut of = periods.iter();
    match (of.next(), of.next()) {
        (Some(period), None) => Some(*period),
        (None, _) => {
            for file in files {
                let why = file.reading.refused.clone().unwrap_or_default();
                let name = &file.name;
                say(&format!("{name}：{}", why.get(lang)));
            }
            let text = Text::new(
                "看不出是哪个报告期，请用 --period 指明",
                "there is no telling the period: say so with --period",
            );
            say(text.get(lang));
            None
        }
        _ => {
            let list = periods
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ");
            let text = both!(
                "这些文件分属几个报告期（{list}），请用 --period 指明一个",
                "the files are of several periods ({list}): say which with --period"
            );
            say(text.get(lang));
            None
        }
    }
}

/// The findings for a person at a terminal, and what was not evaluated.
fn text(judged: &Judged<'_>, lang: Lang) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    for finding in &judged.findings {
        let Finding {
            place,
            rule,
            message,
            fix,
            severity,
            ..
        } = finding;
        let level = severity.words();
        let (level, message, fix) = (level.get(lang), message.get(lang), fix.get(lang));
        let numbers = finding.variable.as_ref().and_then(|v| v.numbers.as_ref());
        let numbers = numbers.map_or_else(String::new, |n| format!(" · {}", n.get(lang)));
        line(&format!("{place}{numbers}"));
        line(&format!("  {level} [{rule}] {message}"));
        line(&format!("  → {fix}"));
    }
    let SeverityCounts { error, query, note } = SeverityCounts::of(&judged.findings);
    let unevaluated: u64 = judged
        .outcomes
        .iter()
        .map(|rule| rule.counts.unevaluated())
        .sum();
    let looked: u64 = judged.outcomes.iter().map(|rule| rule.counts.units()).sum();
    let period = judged.period;
    let text = both!(
        "{period}：必改 {error}，核实 {query}，提示 {note}；共审核 {looked} 项，未审核 {unevaluated} 项",
        "{period}: {error} errors, {query} queries, {note} notes; {looked} units looked at, {unevaluated} not evaluated"
    );
    line(text.get(lang));
    out
}
