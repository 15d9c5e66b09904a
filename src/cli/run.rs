//! `hebiao run`

use super::{Exit, Folders, complain, say};
use crate::job::{self, Error, Order};
use crate::log::Log;
use crate::period::Period;
use crate::publish;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 报告期；不写则跑所有有文件夹、没有封库的报告期，从早到晚 / the period; all that have a folder and are not closed if not given
    #[arg(long, value_name = "2023-12", value_parser = Period::parse)]
    period: Option<Period>,
    #[command(flatten)]
    folders: Folders,
    /// 日志写成 JSON / write the log as JSON
    #[arg(long, value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// 逐步说明 / tell each step
    #[arg(short, long)]
    verbose: bool,
    /// 什么都不说 / say nothing
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// one JSON object a line
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let json = matches!(arguments.log, Some(LogFormat::Json));
    let log = Log::new(loaded.lang, arguments.verbose, arguments.quiet, json);
    if arguments.verbose {
        for warning in &loaded.warnings {
            say(&warning.draw(&loaded.sources, loaded.lang));
        }
    }
    let Some(order) = arguments.folders.order(&loaded) else {
        return Exit::Failed;
    };
    let order = Order {
        period: arguments.period,
        ..order
    };
    match job::run(&order, &loaded.rulebook, &loaded.sources, &log) {
        Ok(outcomes) if outcomes.iter().any(job::Outcome::wants_people) => Exit::ForPeople,
        Ok(_) => Exit::Clean,
        Err(error) => {
            complain(loaded.lang, &words(&error), &error);
            Exit::Failed
        }
    }
}

/// What people are told, before the chain of causes.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::NoInput { dir } => format!(
            "没有报送文件夹 {}：里面应有每期一个文件夹，如 2023-12",
            dir.display()
        ),
        Error::NoPeriod { period, dir } => {
            format!("报告期 {period} 没有文件夹 {}", dir.display())
        }
        Error::OutputInInput { output, input } => format!(
            "结果文件夹 {} 在报送文件夹 {} 里面：反馈会被当成报送读进来，请分开放",
            output.display(),
            input.display()
        ),
        Error::NoPeriods { dir } => {
            format!(
                "报送文件夹 {} 里没有报告期文件夹（如 2023-12）",
                dir.display()
            )
        }
        Error::List { dir, .. } => format!("文件夹 {} 读不出来，请检查权限", dir.display()),
        Error::NothingEvaluated { period } => {
            format!("{period} 有报送文件，但没有一条审核关系能够审核：规则与报表对不上")
        }
        Error::Publish(publish::Error::Busy { lock }) => {
            format!(
                "另一次运行还没有结束（锁文件 {}），请稍后再试",
                lock.display()
            )
        }
        Error::Publish(_) => "结果没有发布，原有结果保持不变".to_owned(),
        Error::Report { report, .. } => format!("报告 {report} 写不出来，原有结果保持不变"),
    }
}
