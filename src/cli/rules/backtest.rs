//! `hebiao rules backtest`: what the rules of today would have said on the periods that are
//! stored. Nothing is written.

use super::{are_known, out};
use crate::cli::{Exit, Folders, complain, say};
use crate::finding::State;
use crate::job;
use crate::judged::Judged;
use crate::log::Log;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::words::{Lang, Text};
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 只看这些编号，并列出每个问题 / only these rules, with every finding of theirs
    #[arg(value_name = "RULE")]
    ids: Vec<String>,
    /// 从哪一期起 / the first period
    #[arg(long, value_name = "2022-12", value_parser = Period::parse)]
    from: Option<Period>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let (lang, rulebook) = (loaded.lang, &loaded.rulebook);
    if !are_known(&arguments.ids, rulebook, lang) {
        return Exit::Failed;
    }
    if !arguments.folders.recover(lang) {
        return Exit::Failed;
    }
    let Some(order) = arguments.folders.order(&loaded) else {
        return Exit::Failed;
    };
    // Whoever asks for a rule by number wants to see all that it finds.
    let mut released = rulebook.clone();
    for rule in released.rules.iter_mut().flatten() {
        rule.released |= arguments.ids.contains(&rule.id);
    }
    let mut past = Past::default();
    let log = Log::new(lang, false, false, false);
    let (sources, from) = (&loaded.sources, arguments.from);
    let done = job::look_back(&order, from, &released, sources, &log, &mut |judged| {
        past.take(judged, &arguments.ids, lang);
    });
    if let Err(error) = done {
        complain(lang, &crate::cli::run::words(&error), &error);
        return Exit::Failed;
    }
    if past.periods.is_empty() {
        let text = Text::new("这以后没有报告期文件夹", "there is no period since then");
        say(text.get(lang));
        return Exit::Failed;
    }
    past.show(rulebook, &arguments.ids, lang);
    Exit::Clean
}

/// What a rule said of one period.
#[derive(Default)]
struct Said {
    looked_at: u64,
    failed: u64,
    /// Whether the flood guard held it back.
    is_held: bool,
}

/// What the rules said of the past.
#[derive(Default)]
struct Past {
    periods: Vec<Period>,
    said: BTreeMap<(String, Period), Said>,
    /// The findings of the rules that were asked for by number.
    findings: Vec<String>,
}

impl Past {
    fn take(&mut self, judged: &Judged<'_>, ids: &[String], lang: Lang) {
        let period = judged.period;
        self.periods.push(period);
        for outcome in &judged.outcomes {
            let said = Said {
                looked_at: outcome.counts.passed + outcome.counts.failed,
                failed: outcome.counts.failed,
                is_held: false,
            };
            self.said.insert((outcome.rule.clone(), period), said);
        }
        for finding in &judged.findings {
            if finding.state == State::Held {
                let said = self.said.entry((finding.rule.clone(), period));
                said.or_default().is_held = true;
            }
            if ids.contains(&finding.rule) {
                let (rule, name, place) = (&finding.rule, &finding.district.name, &finding.place);
                let message = finding.message.get(lang);
                let line = format!("{period}\t{rule}\t{name}\t{place}\t{message}");
                self.findings.push(line);
            }
        }
    }

    fn show(&self, rulebook: &Rulebook, ids: &[String], lang: Lang) {
        let cell = |rule: &str, period: Period| {
            let said = self.said.get(&(rule.to_owned(), period));
            let Some(said) = said.filter(|said| said.looked_at > 0) else {
                return "—".to_owned();
            };
            let held = if said.is_held { "*" } else { "" };
            format!("{}/{}{held}", said.failed, said.looked_at)
        };
        let head = Text::new("编号\t级别", "rule\tseverity");
        let periods: Vec<String> = self.periods.iter().map(ToString::to_string).collect();
        let title = Text::new("内容", "what good data do");
        let (head, title) = (head.get(lang), title.get(lang));
        out(&format!("{head}\t{}\t{title}", periods.join("\t")));
        let wanted = |id: &String| ids.is_empty() || ids.contains(id);
        for (_, rule) in rulebook.all_rules().filter(|(_, rule)| wanted(&rule.id)) {
            let cells = self.periods.iter().map(|period| cell(&rule.id, *period));
            let cells = cells.collect::<Vec<_>>().join("\t");
            let (severity, title) = (rule.severity.words(), rule.title.get(lang));
            out(&format!(
                "{}\t{}\t{cells}\t{title}",
                rule.id,
                severity.get(lang)
            ));
        }
        for line in &self.findings {
            out(line);
        }
        let legend = Text::new(
            "不通过/审核的单元；— 没有审核；* 有问题的单位太多，正式运行时只作为一条告诉市级",
            "failed/looked at; — nothing looked at; * in so many districts that a run tells staff once",
        );
        say(legend.get(lang));
    }
}
