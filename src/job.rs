//! The street: one run, from the folder of submissions to what is published.
//!
//! ```text
//! discover → read (workers) → dialogue → baseline → choose → judge → settle → consolidate → report + annotate (workers) → publish
//! ```
//!
//! All is read before anything is judged, and all is judged before anything is written. There is
//! no clock here but the `now` that the job is given.

use crate::baseline::Baseline;
use crate::closing::then::Then;
use crate::closing::{self, Manifest, Month, corrections};
use crate::consolidate::consolidate;
use crate::dialogue::{Dialogue, DialogueFile, SummaryRead, recall};
use crate::effect;
use crate::hash;
use crate::intake::returned::{ISSUE, SUMMARY_OF};
use crate::intake::{Reading, discover};
use crate::judge::judge;
use crate::judged::Judged;
use crate::log::Log;
use crate::period::Period;
use crate::publish::{self, Output, Stage};
use crate::report::history::History;
use crate::report::machine::{
    self, FINDINGS, FindingsFile, Hashed, RunFile, SeverityCounts, VERSION,
};
use crate::report::sentences::sentences;
use crate::report::summary::{self, SUMMARY};
use crate::report::{clean, data, district, reminders};
use crate::rulebook::Rulebook;
use crate::rulebook::source::Sources;
use crate::standing::Reporting;
use crate::submissions::{FileRead, choose};
use crate::words::{Lang, Text};
use crate::worker::pool::{Failure, Pool, WorkerCommand};
use crate::worker::{Reply, Request, SheetDraft, Source};
use chrono::NaiveDateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// The folder with a folder for each period.
    pub input: PathBuf,
    /// The folder that reports are published in.
    pub output: PathBuf,
    /// The period; all that have a folder and are not closed where none is named.
    pub period: Option<Period>,
    /// The language of what comes out.
    pub lang: Lang,
    /// The time in the office's zone.
    pub now: NaiveDateTime,
    /// How many workers read at once.
    pub workers: usize,
    /// How a worker is started.
    pub worker: WorkerCommand,
}

/// A reason for the job to stop with nothing published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no input folder.
    #[error("there is no input folder `{}`: expected one with a folder for each period, such as `2023-12`", dir.display())]
    NoInput {
        /// The folder.
        dir: PathBuf,
    },
    /// There is no folder for the period that was asked for.
    #[error("there is no folder `{}` for the period {period}", dir.display())]
    NoPeriod {
        /// The period.
        period: Period,
        /// The folder.
        dir: PathBuf,
    },
    /// Reports would be read as submissions.
    #[error("the output folder `{}` lies in the input folder `{}`: its reports would be read as submissions", output.display(), input.display())]
    OutputInInput {
        /// The output folder.
        output: PathBuf,
        /// The input folder.
        input: PathBuf,
    },
    /// The input folder holds no period.
    #[error("the input folder `{}` holds no period: expected folders such as `2023-12`", dir.display())]
    NoPeriods {
        /// The folder.
        dir: PathBuf,
    },
    /// A folder of submissions cannot be listed.
    #[error("cannot list the submissions in `{}`", dir.display())]
    List {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There were submissions, and not one rule could be evaluated.
    #[error(
        "there are submissions for {period}, but no rule could be evaluated: the rules or the forms do not fit"
    )]
    NothingEvaluated {
        /// The period.
        period: Period,
    },
    /// The output folder cannot be used.
    #[error(transparent)]
    Publish(#[from] publish::Error),
    /// A report cannot be written.
    #[error("cannot write the report `{report}`")]
    Report {
        /// Its name.
        report: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What came of one period.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The period.
    pub period: Period,
    /// How many files were there.
    pub files: usize,
    /// How many findings of each severity.
    pub counts: SeverityCounts,
    /// How many errors and queries are neither accepted nor waived.
    pub unsettled: usize,
    /// How many forms are missing though due, or sent but not usable.
    pub lacking: usize,
    /// Where it was published.
    pub folder: PathBuf,
    /// The name of the new summary, where the published one was open and stayed.
    pub beside: Option<&'static str>,
    /// Files of other people that were kept.
    pub kept: Vec<String>,
}

impl Outcome {
    /// Whether there is something for people to act on; notes alone are not.
    pub fn wants_people(&self) -> bool {
        self.unsettled > 0 || self.lacking > 0
    }
}

/// Runs every period that is asked for, oldest first.
///
/// # Errors
/// When the job cannot run; what an earlier run published still stands.
pub fn run(
    order: &Order,
    rulebook: &Rulebook,
    sources: &Sources,
    log: &Log,
) -> Result<Vec<Outcome>, Error> {
    let periods = periods(order)?;
    apart(order)?;
    let output = Output::open(&order.output)?;
    let pool = pool(order, rulebook, sources);
    let is_wanted = |period: &Period| {
        let skipped = order.period.is_none() && closing::is_closed(&order.output, *period);
        if skipped {
            log.skipped(*period);
        }
        !skipped
    };
    periods
        .into_iter()
        .filter(is_wanted)
        .map(|period| one(order, rulebook, sources, &pool, &output, period, log))
        .collect()
}

/// Input and output must lie apart.
fn apart(order: &Order) -> Result<(), Error> {
    let whole = |path: &Path| {
        // A folder that is not there yet is where its parent is.
        let (there, rest) = match path.canonicalize() {
            Ok(path) => return path,
            Err(_) => (path.parent().unwrap_or(path), path.file_name()),
        };
        let there = if there.as_os_str().is_empty() {
            Path::new(".")
        } else {
            there
        };
        let there = there.canonicalize().unwrap_or_else(|_| there.to_owned());
        rest.map_or_else(|| there.clone(), |name| there.join(name))
    };
    if whole(&order.output).starts_with(whole(&order.input)) {
        return Err(Error::OutputInInput {
            output: order.output.clone(),
            input: order.input.clone(),
        });
    }
    Ok(())
}

fn periods(order: &Order) -> Result<Vec<Period>, Error> {
    if !order.input.is_dir() {
        return Err(Error::NoInput {
            dir: order.input.clone(),
        });
    }
    if let Some(period) = order.period {
        let dir = order.input.join(period.to_string());
        return if dir.is_dir() {
            Ok(vec![period])
        } else {
            Err(Error::NoPeriod { period, dir })
        };
    }
    let periods = discover::periods(&order.input).map_err(|source| Error::List {
        dir: order.input.clone(),
        source,
    })?;
    if periods.is_empty() {
        return Err(Error::NoPeriods {
            dir: order.input.clone(),
        });
    }
    Ok(periods)
}

/// The workers of a run.
pub fn pool(order: &Order, rulebook: &Rulebook, sources: &Sources) -> Pool {
    Pool::new(
        order.worker.clone(),
        order.workers,
        sources.clone(),
        rulebook.job.limits,
    )
}

fn one(
    order: &Order,
    rulebook: &Rulebook,
    sources: &Sources,
    pool: &Pool,
    output: &Output,
    period: Period,
    log: &Log,
) -> Result<Outcome, Error> {
    log.begin(period);
    let published = output.published(&period.to_string());
    let then = Then::of(rulebook, &order.output, period);
    let rules = (&then, sources);
    let (judged, sources_of) = judged(order, rules, pool, (period, &published), log)?;
    if evaluated_nothing(&judged) {
        return Err(Error::NothingEvaluated { period });
    }
    let beside = beside(&published, order.lang);
    let stage = output.stage(&period.to_string())?;
    write_reports(order, pool, &judged, &sources_of, (&stage, beside), log)?;
    let kept = stage.publish(|staged| {
        let outputs = staged.iter().map(|file| Hashed {
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
        });
        machine::json(&RunFile {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION"),
            period,
            now: order.now.format("%Y-%m-%dT%H:%M").to_string(),
            files: &judged.files,
            archives: archives(&sources_of, &order.input.join(period.to_string())),
            rules: Hashed::rules(sources),
            compared_with: &judged.earlier,
            outputs: outputs.collect(),
            counts: SeverityCounts::of(&judged.findings),
            closed: judged.closed.as_ref().map(|closing| closing.number),
            waivers: machine::waivers(&judged.findings),
        })
    })?;
    let outcome = Outcome {
        period,
        files: judged.files.len(),
        counts: SeverityCounts::of(&judged.findings),
        unsettled: judged
            .findings
            .iter()
            .filter(|one| one.is_unsettled())
            .count(),
        lacking: judged
            .standing
            .iter()
            .flat_map(|district| &district.forms)
            .filter(|form| matches!(form.reporting, Reporting::Missing | Reporting::Invalid))
            .count(),
        folder: published,
        beside,
        kept: kept.carried,
    };
    log.end(&outcome);
    Ok(outcome)
}

/// Judges every period from one on, oldest first, and publishes nothing.
///
/// # Errors
/// When the folder of submissions cannot be used.
pub fn look_back(
    order: &Order,
    from: Option<Period>,
    rulebook: &Rulebook,
    sources: &Sources,
    log: &Log,
    take: &mut dyn FnMut(&Judged<'_>),
) -> Result<(), Error> {
    let pool = pool(order, rulebook, sources);
    // What the rules of now say of the past is asked of them as they are.
    let then = Then::now(rulebook);
    let rules = (&then, sources);
    let periods = periods(order)?.into_iter();
    for period in periods.filter(|period| from.is_none_or(|from| from <= *period)) {
        let published = order.output.join(period.to_string());
        let (judged, _) = judged(order, rules, &pool, (period, &published), log)?;
        take(&judged);
    }
    Ok(())
}

/// Where each file that was read came from, by its name in reports.
type SourcesOf = BTreeMap<String, Source>;

/// A period judged, the city's figures included, and where its files came from.
fn judged<'a>(
    order: &Order,
    (then, sources): (&'a Then<'_>, &Sources),
    pool: &Pool,
    (period, published): (Period, &Path),
    log: &Log,
) -> Result<(Judged<'a>, SourcesOf), Error> {
    let rulebook: &'a Rulebook = &then.rulebook;
    let files = read(order, rulebook, pool, period, &order.input, log)?;
    let files = with_arrivals(files, published, order.now);
    let mut dialogue = Dialogue::recall(&order.output, rulebook, period);
    let summaries = summaries(
        order,
        rulebook,
        pool,
        (period, published),
        &files,
        &mut dialogue,
    );
    let now = order.now.format("%Y-%m-%dT%H:%M").to_string();
    dialogue.take(&summaries, rulebook, &now);
    let baseline = baseline(order, rulebook, pool, period, &files, log)?;
    let texts = sources.files.iter().flat_map(|(name, text)| [name, text]);
    let inputs = files.iter().flat_map(|file| [&file.name, &file.sha256]);
    let past = baseline.hashes(period);
    dialogue.made_of(texts.chain(inputs).chain(&past).map(String::as_str));
    let sources_of = files
        .iter()
        .filter_map(|file| Some((file.name.clone(), file.source.clone()?)))
        .collect();
    let rules = (rulebook, then.other.clone());
    let judged = judge(rules, period, files, &baseline, order.now, dialogue);
    let mut judged = corrections::beside_the_closing(judged, &order.output, sources, &baseline);
    judged.city = consolidate(&judged, &baseline);
    effect::weigh(&mut judged);
    Ok((judged, sources_of))
}

/// The summaries that staff have decided in: copies among the submissions, and what was
/// published if somebody has edited it since, that last.
fn summaries(
    order: &Order,
    rulebook: &Rulebook,
    pool: &Pool,
    (period, published): (Period, &Path),
    files: &[FileRead],
    dialogue: &mut Dialogue,
) -> Vec<SummaryRead> {
    let known = published_hashes(&order.output, period);
    let names = std::fs::read_dir(published).into_iter().flatten().flatten();
    let mut edited: Vec<(Source, String)> = names
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_summary = name.starts_with("summary")
                && Path::new(&name)
                    .extension()
                    .is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
            let is_edited =
                is_summary && hash::of_file(&entry.path()).is_ok_and(|hash| !known.contains(&hash));
            is_edited.then(|| (Source::file(entry.path()), name))
        })
        .collect();
    edited.sort_by(|(_, a), (_, b)| a.cmp(b));
    let how = HowToRead {
        period: Some(period),
        explain: false,
        now: order.now,
    };
    let quiet = Log::new(order.lang, false, true, false);
    let edited = read_files(edited, how, rulebook, pool, &quiet);
    let of = period.to_string();
    let copies = files.iter().map(|file| (file, false));
    let edited = edited.iter().map(|file| (file, true));
    let mut read = Vec::new();
    for (file, is_ours) in copies.chain(edited) {
        let reading = &file.reading;
        if !reading.written.is_summary {
            if is_ours {
                let lacks = Text::new("没有核表的标记", "it bears no mark of ours");
                let why = reading.refused.clone().unwrap_or(lacks);
                dialogue.note_unreadable(&file.name, &why);
            }
            continue;
        }
        let other = reading
            .about
            .property(SUMMARY_OF)
            .filter(|other| *other != of);
        if let Some(other) = other {
            dialogue.note_other_period(&file.name, other);
            continue;
        }
        if !is_ours && !dialogue.has_issued(reading.about.property(ISSUE)) {
            dialogue.note_foreign(&file.name);
            continue;
        }
        read.push(SummaryRead {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            issue: reading.about.property(ISSUE).map(str::to_owned),
            is_published: is_ours && file.name == SUMMARY,
            decided: reading.written.decisions.clone(),
        });
    }
    read
}

/// The hashes of what the last run of a period published.
fn published_hashes(output: &Path, period: Period) -> BTreeSet<String> {
    let manifest = Manifest::read(output, period);
    let outputs = manifest.into_iter().flat_map(|manifest| manifest.outputs);
    outputs.map(|output| output.sha256).collect()
}

/// Reads every submission of a period, in worker processes.
///
/// # Errors
/// When the period's folder cannot be listed.
pub fn read(
    order: &Order,
    rulebook: &Rulebook,
    pool: &Pool,
    period: Period,
    input: &Path,
    log: &Log,
) -> Result<Vec<FileRead>, Error> {
    let folder = input.join(period.to_string());
    let candidates = discover::files(&folder).map_err(|source| Error::List {
        dir: folder.clone(),
        source,
    })?;
    let files: Vec<(Source, String)> = candidates
        .iter()
        .filter(|candidate| candidate.refused.is_none())
        .map(|candidate| (Source::file(candidate.path.clone()), candidate.name.clone()))
        .collect();
    let how = HowToRead {
        period: Some(period),
        explain: false,
        now: order.now,
    };
    let mut read = read_files(files, how, rulebook, pool, log);
    for candidate in candidates {
        let Some(why) = candidate.refused else {
            continue;
        };
        let reading = Reading::refused(why, &candidate.name, &rulebook.register);
        read.push(FileRead {
            name: candidate.name,
            source: None,
            sha256: String::new(),
            arrived: order.now,
            reading,
        });
    }
    read.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(read)
}

/// What stands in the cells of a file that is no submission, by sheet and row, read in a worker.
///
/// # Errors
/// Why it can't be read.
pub fn read_sheets(path: &Path, pool: &Pool) -> Result<Vec<Vec<Vec<String>>>, Text> {
    let source = Source::file(path.to_owned());
    let mut answers = pool.run(&[Request::Texts { source }], &|_| {});
    match answers.pop() {
        Some(Ok(Reply::Texts { sheets })) => sheets,
        Some(Err(failure)) => Err(failure.words()),
        _ => Err(Failure::Died.words()),
    }
}

/// The form files that the sheets of a form suggest, drafted in a worker: a sheet's name and its
/// draft, or why there is none.
///
/// # Errors
/// Why the form can't be read.
pub fn draft_forms(path: &Path, pool: &Pool) -> Result<Vec<SheetDraft>, Text> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let request = Request::Draft {
        source: Source::file(path.to_owned()),
        name: name.unwrap_or_default(),
    };
    match pool.run(&[request], &|_| {}).pop() {
        Some(Ok(Reply::Drafts { sheets })) => sheets,
        Some(Err(failure)) => Err(failure.words()),
        _ => Err(Failure::Died.words()),
    }
}

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub struct HowToRead {
    /// The period that they are taken for; none where they say themselves.
    pub period: Option<Period>,
    /// Whether to tell how each was understood.
    pub explain: bool,
    /// The time in the office's zone.
    pub now: NaiveDateTime,
}

/// Reads files, given with their names in reports, in worker processes; of an archive its
/// members.
pub fn read_files(
    files: Vec<(Source, String)>,
    how: HowToRead,
    rulebook: &Rulebook,
    pool: &Pool,
    log: &Log,
) -> Vec<FileRead> {
    let mut read = Vec::with_capacity(files.len());
    let mut next = files;
    while !next.is_empty() {
        let requests: Vec<Request> = next
            .iter()
            .map(|(source, name)| Request::Read {
                source: source.clone(),
                name: name.clone(),
                period: how.period,
                explain: how.explain,
            })
            .collect();
        let progress = log.progress("读取", "reading", requests.len());
        let answers = pool.run(&requests, &|_| progress.inc(1));
        progress.finish_and_clear();
        let mut inside = Vec::new();
        for ((source, name), answer) in next.into_iter().zip(answers) {
            let refused = |why: Text| Reading::refused(why, &name, &rulebook.register);
            let (reading, sha256) = match answer {
                Ok(Reply::Read { reading, sha256 }) => (*reading, sha256),
                Ok(Reply::Archive { members, sha256 }) => {
                    let members = archived(&source, &name, &members);
                    if !members.is_empty() {
                        inside.extend(members);
                        continue;
                    }
                    let why = Text::new(
                        "压缩包里没有文件。请重新打包后报送",
                        "the archive holds no files: pack it again and send it",
                    );
                    (refused(why), sha256)
                }
                Ok(_) => (refused(Failure::Died.words()), String::new()),
                Err(failure) => {
                    log.failure(&name, &failure);
                    // The hash is taken here where the worker could not say it.
                    let sha256 = hash::of_file(&source.path).unwrap_or_default();
                    (refused(failure.words()), sha256)
                }
            };
            read.push(FileRead {
                name,
                source: Some(source),
                sha256,
                arrived: how.now,
                reading,
            });
        }
        next = inside;
    }
    read
}

/// The members of an archive that may be submissions, named as if it were a folder.
fn archived(archive: &Source, name: &str, members: &[String]) -> Vec<(Source, String)> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    for (position, member) in members.iter().enumerate() {
        let own = member.rsplit('/').next().unwrap_or(member);
        if own.is_empty() || discover::is_by_the_way(own) || member.starts_with("__MACOSX/") {
            continue;
        }
        let mut full = format!("{name}/{member}");
        while !taken.insert(full.clone()) {
            full.push('+');
        }
        let source = Source {
            path: archive.path.clone(),
            member: Some(position),
        };
        found.push((source, full));
    }
    found
}

/// What was accepted for the periods that a run compares with: published, or read on the spot.
///
/// # Errors
/// When an earlier period's folder cannot be listed.
pub fn baseline(
    order: &Order,
    rulebook: &Rulebook,
    pool: &Pool,
    period: Period,
    files: &[FileRead],
    log: &Log,
) -> Result<Baseline, Error> {
    let received = files.iter().flat_map(|file| &file.reading.received);
    let along = received.filter_map(|one| Some((one.period.filter(|of| *of != period)?, one.form)));
    let along: Vec<(Period, usize)> = along.collect();
    let mut baseline = Baseline::default();
    let mut unpublished: BTreeMap<Period, BTreeSet<usize>> = BTreeMap::new();
    for (earlier, form) in Baseline::wanted(rulebook, period, &along) {
        if !baseline.take_published(&order.output, rulebook, (earlier, form)) {
            unpublished.entry(earlier).or_default().insert(form);
        }
    }
    for (earlier, forms) in unpublished {
        if !order.input.join(earlier.to_string()).is_dir() {
            continue;
        }
        let mut files = read(order, rulebook, pool, earlier, &order.input, log)?;
        let said = Dialogue::recall(&order.output, rulebook, earlier);
        for one in choose(rulebook, earlier, &mut files, &said).in_force {
            if forms.contains(&one.form) {
                baseline.add(earlier, one.form, one.district, one.draft.into());
            }
        }
    }
    baseline.adjust(rulebook);
    baseline.look_at(&order.output, rulebook, period);
    Ok(baseline)
}

/// A file arrived when a run first saw its content; that stands in the manifest of the last run.
fn with_arrivals(mut files: Vec<FileRead>, published: &Path, now: NaiveDateTime) -> Vec<FileRead> {
    #[derive(serde::Deserialize)]
    struct Known {
        files: Vec<Arrived>,
    }
    #[derive(serde::Deserialize)]
    struct Arrived {
        sha256: String,
        arrived: String,
    }
    let known: Option<Known> = std::fs::read(published.join(publish::MANIFEST))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let arrivals: BTreeMap<String, NaiveDateTime> = known
        .into_iter()
        .flat_map(|known| known.files)
        .filter_map(|file| {
            let at = NaiveDateTime::parse_from_str(&file.arrived, "%Y-%m-%dT%H:%M").ok()?;
            Some((file.sha256, at))
        })
        .collect();
    for file in &mut files {
        let before = arrivals
            .get(&file.sha256)
            .filter(|_| !file.sha256.is_empty());
        file.arrived = before.copied().unwrap_or(now);
    }
    files
}

/// Submissions are there, and no rule came to a verdict: that is never success.
fn evaluated_nothing(judged: &Judged<'_>) -> bool {
    let verdicts = |rule: &crate::judged::RuleOutcome| rule.counts.passed + rule.counts.failed;
    let of_figures = judged
        .outcomes
        .iter()
        .filter(|rule| !rule.formula.is_empty());
    // A nil return of a list has no figures to look at, and is lawful.
    let has_records = judged.submissions.iter().any(|one| one.table.records() > 0);
    has_records && of_figures.map(verdicts).sum::<u64>() == 0
}

/// The archives that submissions came in, by their names in reports. A file that has gone since it
/// was read has no hash.
fn archives(sources: &SourcesOf, folder: &Path) -> Vec<Hashed> {
    let inside = sources.values().filter(|source| source.member.is_some());
    let paths: BTreeSet<&Path> = inside.map(|source| source.path.as_path()).collect();
    let hashed = paths.into_iter().map(|path| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Hashed {
            path: parts.join("/"),
            sha256: hash::of_file(path).unwrap_or_default(),
            bytes: std::fs::metadata(path).map_or(0, |facts| facts.len()),
        }
    });
    hashed.collect()
}

/// Everything that is published, into the stage: the city's files on one thread, while workers
/// put the overlays on the districts' workbooks.
fn write_reports(
    order: &Order,
    pool: &Pool,
    judged: &Judged<'_>,
    sources: &BTreeMap<String, Source>,
    (stage, beside): (&Stage<'_>, Option<&str>),
    log: &Log,
) -> Result<(), Error> {
    let reports = district::reports(judged, order.lang);
    let mut requests = Vec::new();
    for report in reports.iter().filter(|report| !report.refused) {
        let Some(source) = sources.get(&report.file) else {
            continue;
        };
        // Created here, so that a name that cannot be is an error of the job.
        let (_, target) = stage.create(&report.path)?;
        requests.push(Request::Annotate {
            source: source.clone(),
            target,
            overlay: Box::new(report.overlay.clone()),
        });
    }
    let progress = log.progress("写反馈", "annotating", requests.len());
    let (city, answers) = std::thread::scope(|scope| {
        let city = scope.spawn(|| write_city(order, judged, stage, beside));
        let answers = pool.run(&requests, &|_| progress.inc(1));
        (
            city.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            answers,
        )
    });
    progress.finish_and_clear();
    city?;
    let mut answers = answers.into_iter();
    for report in &reports {
        let done = !report.refused && matches!(answers.next(), Some(Ok(Reply::Annotated { .. })));
        if done {
            continue;
        }
        // What cannot be overlaid comes back as the findings sheet alone.
        let failed = |source| Error::Report {
            report: report.path.clone(),
            source,
        };
        let bytes = district::alone(&report.overlay, order.lang).map_err(failed)?;
        let path = stage.path().join(&report.path);
        if report.refused {
            stage.create(&report.path)?;
        }
        std::fs::write(path, bytes).map_err(|error| failed(Box::new(error)))?;
    }
    Ok(())
}

/// Writes one report where it is asked for: the overlay on the submitted workbook, or the findings
/// alone where that cannot be.
///
/// # Errors
/// When the target cannot be written.
pub fn write_report(
    order: &Order,
    pool: &Pool,
    report: &district::Report,
    source: Option<&Source>,
    target: &Path,
) -> Result<(), Error> {
    if let Some(source) = source.filter(|_| !report.refused) {
        let request = Request::Annotate {
            source: source.clone(),
            target: target.to_owned(),
            overlay: Box::new(report.overlay.clone()),
        };
        if let Some(Ok(Reply::Annotated { .. })) = pool.run(&[request], &|_| {}).pop() {
            return Ok(());
        }
    }
    let name = target.display().to_string();
    let bytes = district::alone(&report.overlay, order.lang).map_err(|e| failed(&name, e))?;
    std::fs::write(target, bytes).map_err(|error| failed(&name, Box::new(error)))
}

fn write_city(
    order: &Order,
    judged: &Judged<'_>,
    stage: &Stage<'_>,
    beside: Option<&str>,
) -> Result<(), Error> {
    let put = |name: &str, bytes: Vec<u8>| -> Result<(), Error> {
        let (mut file, _) = stage.create(name)?;
        file.write_all(&bytes)
            .map_err(|error| failed(name, Box::new(error)))
    };
    let counted = judged.counted();
    let month = Month::of(&order.output, judged.period);
    for (at, form) in judged.rulebook.forms.iter().enumerate() {
        let name = closing::figures(form);
        if let Some(accepted) = month.figures(form) {
            put(&name, accepted)?;
            continue;
        }
        let own = counted.iter().filter(|one| one.form == at);
        let tables: Vec<_> = own.map(|one| (one.district, &one.table)).collect();
        if tables.is_empty() {
            continue;
        }
        let (file, _) = stage.create(&name)?;
        data::write(
            file,
            form,
            &judged.rulebook.register,
            judged.period,
            &tables,
        )
        .map_err(|error| failed(&name, Box::new(error)))?;
    }
    for (name, accepted) in month.figures_beside(&judged.rulebook.forms) {
        put(&name, accepted)?;
    }
    let dialogue = machine::json(&DialogueFile::of(judged));
    put(
        recall::FILE,
        dialogue.map_err(|error| failed(recall::FILE, Box::new(error)))?,
    )?;
    let corrections = corrections::reports(judged);
    for (name, bytes) in corrections.map_err(|error| failed("corrections.json", error))? {
        put(name, bytes)?;
    }
    let findings = machine::json(&FindingsFile::of(judged));
    put(
        FINDINGS,
        findings.map_err(|error| failed(FINDINGS, Box::new(error)))?,
    )?;
    for (path, text) in reminders::write(judged, order.lang) {
        put(&path, text)?;
    }
    let sentences = sentences(judged);
    let name = clean::name(order.lang);
    let clean = clean::write(judged, &sentences, order.lang);
    put(name, clean.map_err(|error| failed(name, Box::new(error)))?)?;
    let history = History::read(&order.output, judged.rulebook, judged.period);
    let workbook = summary::write(judged, &history, order.lang);
    let workbook = workbook.map_err(|error| failed(SUMMARY, Box::new(error)))?;
    let Some(beside) = beside else {
        return put(SUMMARY, workbook);
    };
    // The published one stays with whoever has it open, and the new one stands beside it until
    // the next run. Edited, it is carried over with everything else that is not ours.
    let published = order.output.join(judged.period.to_string());
    let standing = std::fs::read(published.join(SUMMARY));
    let standing = standing.map_err(|error| failed(SUMMARY, Box::new(error)))?;
    if published_hashes(&order.output, judged.period).contains(&hash::of(&standing)) {
        put(SUMMARY, standing)?;
    }
    put(beside, workbook)
}

/// The name that a new summary gets while a program has the published one open: Excel and WPS, or
/// `LibreOffice`, leave a small file beside a workbook for as long.
fn beside(published: &Path, lang: Lang) -> Option<&'static str> {
    let marks = [format!("~${SUMMARY}"), format!(".~lock.{SUMMARY}#")];
    let is_open =
        published.join(SUMMARY).is_file() && marks.iter().any(|mark| published.join(mark).exists());
    is_open.then_some(match lang {
        Lang::Zh => "summary（新）.xlsx",
        Lang::En => "summary (new).xlsx",
    })
}

fn failed(report: &str, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Report {
        report: report.to_owned(),
        source,
    }
}
