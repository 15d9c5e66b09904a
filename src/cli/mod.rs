//! The command line: arguments in, exit code out.

mod check;
mod close;
mod inspect;
mod reopen;
mod rules;
mod run;
mod status;
mod template;

use crate::job::{self, Order};
use crate::log::Log;
use crate::period::Period;
use crate::publish::Output;
use crate::rulebook::source::{Problem, ReadError, Sources};
use crate::rulebook::workbooks::Sheets;
use crate::rulebook::written::Limits;
use crate::rulebook::{JOB_FILE, Rulebook, Unusable};
use crate::submissions::FileRead;
use crate::words::{Lang, Text};
use crate::worker::Source;
use crate::worker::pool::{Failure, Pool, WorkerCommand};
use chrono::{NaiveDateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The argument that opens the worker's door; it is looked at before anything else.
pub const WORKER: &str = "worker-process";

/// What the exit code says. cron reads nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to act on.
    Clean,
    /// Something for people: errors, queries, missing forms.
    ForPeople,
    /// The job could not run, and nothing was published.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::ForPeople => 1,
            Exit::Failed => 2,
        })
    }
}

/// 核表 · 合表：审核区县报来的统计工作簿，汇总全市数字，把问题标回各单位自己的工作簿。
///
/// Checks the statistical workbooks that districts send in, consolidates them, and sends each
/// district its own workbook back with what is to be mended or explained.
#[derive(Debug, Parser)]
#[command(name = "hebiao", version, propagate_version = true, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
退出码 / exit code:
  0  没有需要处理的事 / nothing to act on
  1  有需要人处理的事：必改、核实、缺报 / something for people
  2  任务没有跑成，没有发布任何结果 / the job could not run, nothing was published

例 / examples:
  hebiao run                          所有有文件夹、没有封库的报告期 / every period with a folder that is not closed
  hebiao run --period 2023-12         只跑一期 / one period
  hebiao check 巴南区.xlsx --period 2023-12   只看一个文件，不写任何东西 / one file, nothing written
  hebiao status                       报送状态：谁还没有报 / the board: who is missing
  hebiao inspect 巴南区.xlsx          这个文件是怎样读懂的 / how it was understood
  hebiao close 2023-12                封库：这一期的数成为已验收的数 / make a month's figures the accepted ones
  hebiao rules check                  检查规则文件 / look at the rule files";

#[derive(Debug, Subcommand)]
enum Command {
    /// 审核、汇总并发布 / check, consolidate and publish
    Run(run::Arguments),
    /// 只审核给定的文件，不写任何东西 / check single files, nothing is written
    Check(check::Arguments),
    /// 哪个单位的哪张表报了没有、审得怎样 / who has sent what, and how it stands
    Status(status::Arguments),
    /// 看一个文件是怎样读懂的 / how a file was understood
    Inspect(inspect::Arguments),
    /// 封库：发布的数成为已验收的对比数 / the published figures become the accepted ones
    Close(close::Arguments),
    /// 解封 / take a closing back
    Reopen(reopen::Arguments),
    /// 填报模板，每个单位一份 / workbooks to be filled in, one a district
    Template(template::Arguments),
    /// 规则文件 / the rule files
    #[command(subcommand)]
    Rules(rules::Command),
}

/// Where things are, for every command.
#[derive(Debug, Clone, Args)]
struct Folders {
    /// 规则文件夹 / the folder of rule files
    #[arg(long, value_name = "DIR", default_value = "rules")]
    rules: PathBuf,
    /// 报送文件夹，每期一个子文件夹 / the folder of submissions, a folder a period
    #[arg(long, value_name = "DIR", default_value = "input")]
    input: PathBuf,
    /// 结果文件夹 / the folder of results
    #[arg(long, value_name = "DIR", default_value = "output")]
    output: PathBuf,
    /// 结果和提示用的语言，默认按 job.toml / the language, as job.toml says if not given
    #[arg(long, value_name = "LANG")]
    lang: Option<LangArgument>,
    /// 当作现在的时间，办公所在时区 / the time to take for now, in the office's zone
    #[arg(long, value_name = "2024-01-08T02:00", value_parser = time)]
    now: Option<NaiveDateTime>,
    /// 同时读几个文件，默认为处理器核数 / how many files are read at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArgument {
    /// 中文
    Zh,
    /// English
    En,
}

fn time(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or_else(|| {
            format!("`{text}` 不是时间，应写成 / expected a time such as 2024-01-08T02:00")
        })
}

/// Reads the arguments and does what they ask.
pub fn main(arguments: impl Iterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Failed
            } else {
                Exit::Clean
            };
        }
    };
    match cli.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Close(arguments) => close::run(&arguments),
        Command::Reopen(arguments) => reopen::run(&arguments),
        Command::Template(arguments) => template::run(&arguments),
        Command::Rules(command) => rules::run(&command),
    }
}

/// The rules of a folder, or everything that is wrong with them, told.
struct Loaded {
    rulebook: Rulebook,
    sources: Sources,
    warnings: Vec<Problem>,
    lang: Lang,
}

impl Folders {
    /// Reads single files, for a period or as they say themselves; told and none where the
    /// workers cannot be started.
    fn read(
        &self,
        loaded: &Loaded,
        files: &[PathBuf],
        period: Option<Period>,
        explain: bool,
    ) -> Option<(Order, Vec<FileRead>)> {
        let order = Order {
            period,
            ..self.order(loaded)?
        };
        let pool = job::pool(&order, &loaded.rulebook, &loaded.sources);
        let files = files.iter().map(|path| {
            let name = path.to_string_lossy().replace('\\', "/");
            (Source::file(path.clone()), name)
        });
        let how = job::HowToRead {
            period,
            explain,
            now: order.now,
        };
        let log = Log::new(loaded.lang, false, false, false);
        let files = job::read_files(files.collect(), how, &loaded.rulebook, &pool, &log);
        Some((order, files))
    }

    /// The language that was asked for.
    fn asked(&self) -> Option<Lang> {
        self.lang.map(|lang| match lang {
            LangArgument::Zh => Lang::Zh,
            LangArgument::En => Lang::En,
        })
    }

    fn load(&self) -> Option<Loaded> {
        let asked = self.asked();
        let lang = asked.unwrap_or_default();
        let read = Sources::read(&self.rules).and_then(|(mut sources, mut problems)| {
            problems.extend(sources.add_workbooks(&self.rules, &sheets)?);
            Ok((sources, problems))
        });
        let (sources, problems) = match read {
            Ok(read) => read,
            Err(error) => {
                let zh = match &error {
                    ReadError::NoFolder { dir } => format!(
                        "没有规则文件夹 {}：里面应有 job.toml、districts.csv 和每张报表一个 .toml",
                        dir.display()
                    ),
                    ReadError::Read { path, .. } => format!("规则文件 {} 读不出来", path.display()),
                };
                complain(lang, &zh, &error);
                return None;
            }
        };
        let loaded = Rulebook::load(&sources, problems);
        Self::told(asked, loaded, sources)
    }

    /// What concerns the whole job alone, without forms and rules; the defaults where there is
    /// nothing.
    fn load_job(&self) -> Option<Loaded> {
        let mut sources = Sources::default();
        if let Ok(text) = std::fs::read_to_string(self.rules.join(JOB_FILE)) {
            // The files that are named there are not looked at here.
            let own = text.parse().map_or(text, |mut table: toml::Table| {
                let job = table.get_mut("job").and_then(toml::Value::as_table_mut);
                job.map(|job| job.remove("include"));
                table.to_string()
            });
            sources.files.insert(JOB_FILE.to_owned(), own);
        }
        let loaded = Rulebook::assemble(&sources, Vec::new());
        Self::told(self.asked(), loaded, sources)
    }

    /// What was loaded, or none with all mistakes told.
    fn told(
        asked: Option<Lang>,
        result: Result<(Rulebook, Vec<Problem>), Unusable>,
        sources: Sources,
    ) -> Option<Loaded> {
        let lang = asked.unwrap_or_default();
        match result {
            Ok((rulebook, warnings)) => {
                let lang = asked.unwrap_or(rulebook.job.language);
                Some(Loaded {
                    rulebook,
                    sources,
                    warnings,
                    lang,
                })
            }
            Err(Unusable { sources, problems }) => {
                for problem in &problems {
                    say(&format!("{}\n", problem.draw(&sources, lang)));
                }
                let count = problems.iter().filter(|problem| !problem.warning).count();
                let text = both!(
                    "规则文件有 {count} 处错误，改正后再运行；没有读取任何报送文件。",
                    "the rule files have {count} mistakes; no submission was opened."
                );
                say(text.get(lang));
                None
            }
        }
    }

    /// Now, in the office's time. This is the only clock of the program.
    fn now(&self, rulebook: &Rulebook) -> NaiveDateTime {
        self.now.unwrap_or_else(|| {
            Utc::now()
                .with_timezone(&rulebook.job.time_zone)
                .naive_local()
        })
    }

    fn workers(&self) -> usize {
        self.workers.map_or_else(
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            usize::from,
        )
    }

    /// What the job is asked to do; told and none where the program cannot find itself.
    fn order(&self, loaded: &Loaded) -> Option<Order> {
        let worker = match worker() {
            Ok(worker) => worker,
            Err(error) => {
                complain(loaded.lang, "找不到自己的程序文件", &error);
                return None;
            }
        };
        Some(Order {
            input: self.input.clone(),
            output: self.output.clone(),
            period: None,
            lang: loaded.lang,
            now: self.now(&loaded.rulebook),
            workers: self.workers(),
            worker,
        })
    }

    /// Puts right what an earlier run may have left half done, before results are read; told and
    /// false where that cannot be.
    fn recover(&self, lang: Lang) -> bool {
        let recovered = Output::recover(&self.output);
        if let Err(error) = &recovered {
            complain(lang, "结果文件夹里有上次没有写完的内容，恢复不了", error);
        }
        recovered.is_ok()
    }
}

/// This program as a worker.
fn worker() -> io::Result<WorkerCommand> {
    Ok(WorkerCommand {
        program: std::env::current_exe()?,
        arguments: vec![WORKER.into()],
    })
}

/// What stands in a list that the office keeps as a workbook. It is opened in a worker, as all
/// workbooks are; the rules with their limits are not known yet, so the usual limits hold.
fn sheets(path: &Path) -> Result<Sheets, Text> {
    let worker = worker().map_err(|_| Failure::Died.words())?;
    let pool = Pool::new(worker, 1, Sources::default(), Limits::default());
    job::read_sheets(path, &pool)
}

/// A line to whoever started the program. Nobody listening is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// An error with its causes, under the sentence that people read.
fn complain(lang: Lang, zh: &str, error: &dyn std::error::Error) {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        chain = format!("{chain}: {source}");
        cause = source.source();
    }
    match lang {
        Lang::Zh if !zh.is_empty() => say(&format!("核表：{zh}\n（{chain}）")),
        Lang::Zh => say(&format!("核表：{chain}")),
        Lang::En => say(&format!("hebiao: {chain}")),
    }
}
