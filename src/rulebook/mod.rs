//! Everything an office declares: the forms, who reports them, the rules, how a job runs.
//!
//! [`Rulebook::load`] makes rule files ready for use in two steps: as they are written
//! ([`written`]), and as they are meant ([`form`], [`rule`]). What is wrong in any of the files
//! is told all at once, each mistake at its place ([`source`]). No submission is opened here.

mod building;
pub mod calendar;
pub mod contacts;
pub mod draft;
pub mod form;
pub mod import;
mod list;
mod loading;
pub mod register;
pub mod revisions;
pub mod rule;
pub mod source;
mod tables;
pub mod workbooks;
pub mod written;

pub(crate) use building::{limit, not_a_limit, period};

use crate::words::Text;
use calendar::{Calendar, Extension};
use chrono::FixedOffset;
use contacts::Contact;
use form::Form;
use loading::Loading;
use register::{District, Register};
use revisions::Revision;
use rule::Rule;
use source::{Problem, Sources};
use std::ops::Range;
use tables::Tables;
use written::{Answers, BlankWords, Flood, JobWritten, Limits};

/// The file with what concerns the whole job.
pub const JOB_FILE: &str = "job.toml";

/// 审核关系库: all forms with their rules, the register, and how the job runs.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// How the job runs.
    pub job: Job,
    /// Who must report.
    pub register: Register,
    /// The forms by their numbers.
    pub forms: Vec<Form>,
    /// The rules of each form, in the order of the forms.
    pub rules: Vec<Vec<Rule>>,
    /// Earlier figures that were revised since, or restated for new borders.
    pub revisions: Vec<Revision>,
    /// Holidays and make-up workdays.
    pub calendar: Calendar,
    /// Who may send what later.
    pub extensions: Vec<Extension>,
    /// Whom to call.
    pub contacts: Vec<Contact>,
}

/// How the job runs.
#[derive(Debug, Clone)]
pub struct Job {
    /// The language of what comes out.
    pub language: crate::words::Lang,
    /// The office's offset from universal time.
    pub time_zone: FixedOffset,
    /// The office.
    pub office: String,
    /// What all districts together are called.
    pub whole: String,
    /// What a submitted file may cost.
    pub limits: Limits,
    /// Words that stand for no figure.
    pub blank_words: BlankWords,
    /// When a query looks like a fault of the rule.
    pub flood: Flood,
    /// What is taken for an explanation.
    pub answers: Answers,
    /// Files that change rules and thresholds of the others, and where they are named.
    pub include: Vec<(String, Range<usize>)>,
}

/// Why there is no rulebook to work with.
#[derive(Debug, Clone)]
pub struct Unusable {
    /// The texts, to draw the problems in.
    pub sources: Sources,
    /// Everything that is wrong, in order.
    pub problems: Vec<Problem>,
}

impl Rulebook {
    /// Makes a rulebook out of the texts of its files.
    ///
    /// Warnings come back beside it.
    ///
    /// # Errors
    /// All mistakes of all files, where there is one.
    pub fn load(
        sources: &Sources,
        mut problems: Vec<Problem>,
    ) -> Result<(Self, Vec<Problem>), Unusable> {
        let is_told = problems.iter().any(|problem| {
            let list = workbooks::csv_of(&problem.file);
            !problem.warning && list.as_deref() == Some(register::FILE)
        });
        if !is_told && sources.list(register::FILE).is_none() {
            let file = register::FILE;
            let message = both!(
                "没有填报单位登记表 `{file}`",
                "there is no register `{file}`"
            );
            problems.push(Problem::new(file, 0..0, message));
        }
        let (rulebook, mut problems) = Self::assemble(sources, problems)?;
        if rulebook.forms.is_empty() {
            let message = Text::new(
                "规则文件夹里没有报表：每张报表要有一个 .toml 文件",
                "the rules folder has no form: expected a .toml file for each",
            );
            problems = vec![Problem::new(JOB_FILE, 0..0, message)];
            return Err(Unusable {
                sources: sources.clone(),
                problems,
            });
        }
        Ok((rulebook, problems))
    }

    /// Makes ready what is there, without asking whether it is enough to run with.
    ///
    /// # Errors
    /// All mistakes of all files, where there is one.
    pub fn assemble(
        sources: &Sources,
        mut problems: Vec<Problem>,
    ) -> Result<(Self, Vec<Problem>), Unusable> {
        let job = load_job(sources, &mut problems);
        let text = sources.list(register::FILE);
        let register = text.map_or_else(Register::default, |(file, text)| {
            let (register, found) = register::parse(file, text);
            problems.extend(found);
            register
        });
        let mut loading = Loading::default();
        for (name, text) in &sources.files {
            if is_included(&job, name) {
                problems.extend(loading.include(name, text));
            } else if is_form_file(name) {
                problems.extend(loading.file(name, text));
            }
        }
        for (name, span) in &job.include {
            if !sources.files.contains_key(name) {
                let message = both!("没有文件 `{name}`", "there is no file `{name}`");
                problems.push(Problem::new(JOB_FILE, span.clone(), message));
            }
        }
        let (forms, rules) = loading.finish(sources, &job, &mut problems);
        let calendar = calendar::load(sources, &mut problems);
        // What names districts waits for a register that has some: otherwise every line would
        // complain.
        let (revisions, extensions, contacts) = if register.districts.is_empty() {
            (Vec::new(), Vec::new(), Vec::new())
        } else {
            (
                revisions::load(sources, &register, &forms, &mut problems),
                calendar::extensions(sources, &register, &forms, &calendar, &mut problems),
                contacts::load(sources, &register, &forms, &mut problems),
            )
        };
        let mut problems = source::sorted(problems);
        if problems.iter().any(|problem| !problem.warning) {
            // What is merely to be thought about waits until the mistakes are mended.
            problems.retain(|problem| !problem.warning);
        }
        if problems.iter().any(|problem| !problem.warning) {
            return Err(Unusable {
                sources: sources.clone(),
                problems,
            });
        }
        Ok((
            Self {
                job,
                register,
                forms,
                rules,
                revisions,
                calendar,
                extensions,
                contacts,
            },
            problems,
        ))
    }

    /// The same rules as they stand without what offices change in files of their own: by these
    /// a rule's own examples are meant. None where nothing is changed.
    pub fn unchanged(&self, sources: &Sources) -> Option<Self> {
        if self.job.include.is_empty() {
            return None;
        }
        let mut own = sources.clone();
        for (name, _) in &self.job.include {
            own.files.insert(name.clone(), String::new());
        }
        Some(Self::assemble(&own, Vec::new()).ok()?.0)
    }

    /// The district at a position, named.
    pub fn unit(&self, district: usize) -> crate::finding::Unit {
        let District { code, name, .. } = &self.register.districts[district];
        crate::finding::Unit {
            code: code.clone(),
            name: name.clone(),
        }
    }

    /// All rules, with the position of their form.
    pub fn all_rules(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.rules
            .iter()
            .enumerate()
            .flat_map(|(form, rules)| rules.iter().map(move |r| (form, r)))
    }
}

fn is_form_file(name: &str) -> bool {
    name != JOB_FILE
        && std::path::Path::new(name)
            .extension()
            .is_some_and(|e| e == "toml")
}

fn is_included(job: &Job, name: &str) -> bool {
    job.include.iter().any(|(included, _)| included == name)
}

fn load_job(sources: &Sources, problems: &mut Vec<Problem>) -> Job {
    let text = sources.files.get(JOB_FILE).map_or("", String::as_str);
    let mut tables = Tables::parse(JOB_FILE, text);
    let written: JobWritten = tables.one("job").map(|e| e.value).unwrap_or_default();
    let limits: Limits = tables.one("limits").map(|e| e.value).unwrap_or_default();
    let blank_words: BlankWords = tables
        .one("blank_words")
        .map(|e| e.value)
        .unwrap_or_default();
    let zone: &str = written.time_zone.get_ref();
    let time_zone = zone.parse::<FixedOffset>().unwrap_or_else(|_| {
        let message = both!(
            "`{zone}` 不是时差，应写成 `+08:00`",
            "`{zone}` is no offset: expected one such as `+08:00`"
        );
        tables
            .problems
            .push(Problem::new(JOB_FILE, written.time_zone.span(), message));
        FixedOffset::east_opt(8 * 3600).expect("eight hours are an offset")
    });
    let flood: Flood = tables.one("flood").map(|e| e.value).unwrap_or_default();
    let answers: Answers = tables.one("answers").map(|e| e.value).unwrap_or_default();
    problems.extend(tables.finish(&["job", "limits", "blank_words", "flood", "answers"]));
    let include = written.include.into_iter();
    Job {
        include: include
            .map(|name| (name.get_ref().clone(), name.span()))
            .collect(),
        flood,
        answers,
        language: written.language,
        time_zone,
        office: written.office,
        whole: written.whole,
        limits,
        blank_words,
    }
}
