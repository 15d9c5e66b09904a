//! What a run says while it runs: progress on a terminal, nothing on a pipe unless asked.
//!
//! Durations and paths may stand here, because nothing of it is published.

use crate::job::Outcome;
use crate::period::Period;
use crate::words::Lang;
use crate::worker::pool::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Instant;

/// How much a run says, and how.
#[derive(Debug)]
pub struct Log {
    /// The language.
    pub lang: Lang,
    /// Whether each step is told.
    pub verbose: bool,
    /// Whether nothing is told.
    pub quiet: bool,
    /// Whether lines are JSON, for machines that read logs.
    pub json: bool,
    started: Instant,
}

impl Log {
    /// A log that begins now.
    pub fn new(lang: Lang, verbose: bool, quiet: bool, json: bool) -> Self {
        Self {
            lang,
            verbose,
            quiet,
            json,
            started: Instant::now(),
        }
    }

    /// Whether a line is to be written at all: always for machines, to people only where one
    /// looks or has asked.
    fn speaks(&self) -> bool {
        self.json || !self.quiet && (self.verbose || std::io::stderr().is_terminal())
    }

    fn line(&self, event: &str, text: &str, more: serde_json::Value) {
        if !self.speaks() {
            return;
        }
        let line = if self.json {
            let seconds = (self.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
            let mut line = serde_json::json!({ "event": event, "seconds": seconds });
            if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
                line.extend(more);
            }
            line.to_string()
        } else {
            text.to_owned()
        };
        // Nobody listening is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// A period is begun.
    pub fn begin(&self, period: Period) {
        if self.json || self.verbose {
            let text = both!("{period} 开始", "{period} begins");
            self.line(
                "begin",
                text.get(self.lang),
                serde_json::json!({ "period": period }),
            );
        }
    }

    /// A period is closed, and so it is not run.
    pub fn skipped(&self, period: Period) {
        let text = both!(
            "{period} 已封库，跳过（要看更正，运行 hebiao run --period {period}）",
            "{period} is closed and passed over (for corrections run `hebiao run --period {period}`)"
        );
        let more = serde_json::json!({ "period": period });
        self.line("closed", text.get(self.lang), more);
    }

    /// A worker gave no answer for a file.
    pub fn failure(&self, file: &str, failure: &Failure) {
        let text = both!("{file}：{failure}", "{file}: {failure}");
        let more = serde_json::json!({ "file": file, "why": failure.to_string() });
        self.line("worker", text.get(self.lang), more);
    }

    /// A period is done.
    pub fn end(&self, outcome: &Outcome) {
        let Outcome {
            period,
            files,
            counts,
            unsettled: _,
            lacking,
            folder,
            beside,
            kept,
        } = outcome;
        let (error, query, note) = (counts.error, counts.query, counts.note);
        let folder = folder.display();
        let text = both!(
            "{period}：收到文件 {files} 个，必改 {error}，核实 {query}，提示 {note}，未报或无效 {lacking}。结果在 {folder}",
            "{period}: {files} files, {error} errors, {query} queries, {note} notes, {lacking} missing or not usable; published in {folder}"
        );
        let more = serde_json::json!({
            "period": period, "files": files, "errors": error, "queries": query, "notes": note,
            "lacking": lacking, "kept": kept, "beside": beside,
        });
        self.line("published", text.get(self.lang), more);
        if let Some(name) = beside.filter(|_| !self.json) {
            let text = both!(
                "  summary.xlsx 正有人打开，没有动它；新的汇总表是 {name}，下次运行时换上",
                "  somebody has summary.xlsx open, so it was left alone; the new one is {name}, and the next run swaps it in"
            );
            self.line("beside", text.get(self.lang), serde_json::Value::Null);
        }
        for name in kept {
            let text = both!(
                "  保留了不是核表写的文件：{name}",
                "  kept a file of somebody else: {name}"
            );
            if !self.json {
                self.line("kept", text.get(self.lang), serde_json::Value::Null);
            }
        }
    }

    /// A bar on a terminal, and nothing anywhere else.
    pub fn progress(&self, zh: &'static str, en: &'static str, length: usize) -> ProgressBar {
        let bar = ProgressBar::new(length as u64);
        let silent = self.quiet || self.json || !std::io::stderr().is_terminal();
        bar.set_draw_target(if silent {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        });
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        });
        bar
    }
}
