//! 封库, 解封 and 更正: a month's published figures become the accepted ones, and stay.
//!
//! A closed month is kept apart from what runs publish, because publishing changes a period's
//! whole folder over:
//!
//! ```text
//! output/accepted/2023-12/closed.json    who closed when, with what reservations, and all hashes
//! output/accepted/2023-12/1/             what was published then, byte for byte: the figures
//!                                        (data/*.parquet), findings.json and run.json
//! output/accepted/2023-12/2/             … and when it was closed again
//! ```
//!
//! - `closed.json` alone decides. First it says that the month is open; then the copies are written
//!   into a folder of a new number; then `closed.json` takes the place of the former one in one
//!   step. A kill before that step leaves the month open, and a folder that nobody looks at and
//!   the next closing empties. Copies without a `closed.json` mean that it was taken away.
//! - No run writes here, and nothing is ever taken away: reopening only says in `closed.json` that
//!   the closing no longer counts, and keeps it in its history.
//! - Every copy is known by its hash, and `closed.json` carries a seal over what it says. What was
//!   changed by hand is noticed by every later run that would rest on it, told to staff by name,
//!   and not used.
//! - A closing rests on what was published and judges nothing again. So it is refused where the
//!   submissions, or the summary with staff's decisions, have changed since that run.
//!
//! What keeps a month from being closed is in [`open`], what has arrived since in
//! [`corrections`], and how far the rules are still those of then in [`then`]. Comparing with what
//! was accepted is the business of `baseline`.

pub mod corrections;
pub mod open;
pub mod then;

use crate::baseline::earlier::Earlier;
use crate::hash;
use crate::intake::discover;
use crate::period::Period;
use crate::publish::{self, MANIFEST, Output};
use crate::report::data;
use crate::report::machine::{self, FINDINGS, Hashed};
use crate::report::summary::SUMMARY;
use crate::rulebook::form::Form;
use crate::rulebook::source::Sources;
use crate::table::Table;
use crate::words::Text;
use chrono::NaiveDateTime;
use open::{Kind, Obstacles, Published};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

/// The folder of closed months, in the output folder.
pub const FOLDER: &str = "accepted";
/// What decides whether a month is closed, in the month's folder.
pub const FILE: &str = "closed.json";
/// The version of its shape.
const VERSION: u32 = 1;

/// `accepted/<period>/closed.json`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedFile {
    /// The version of this shape.
    pub version: u32,
    /// The period, `2023-12`.
    #[schemars(with = "String")]
    pub period: Period,
    /// The closing that counts; none while the month is open again.
    pub closed: Option<Closing>,
    /// The closings that were taken back, oldest first.
    pub history: Vec<Reopening>,
    /// The hash of this file with nothing in this place.
    pub seal: String,
}

/// 封库
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closing {
    /// Which closing of the month it is, from one: the name of the folder with its copies.
    pub number: u32,
    /// When, in the office's time.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// 保留意见: why it was closed with something open.
    pub reservations: Option<String>,
    /// What was open, by kind.
    pub open: BTreeMap<Kind, u64>,
    /// The hash of the `run.json` that it rests on.
    pub run: String,
    /// The rule files of that run with their hashes.
    pub rules: Vec<Hashed>,
    /// The copies with their hashes.
    pub files: Vec<Hashed>,
}

impl Closing {
    /// That the month is closed: when, by whom, and with what reservations.
    pub fn words(&self) -> Text {
        let at = &self.at;
        let mut words = both!("已封库：{at}", "closed: {at}");
        if let Some(by) = &self.by {
            words = words.and(&both!("，{by}", ", {by}"));
        }
        if let Some(text) = &self.reservations {
            words = words.and(&both!("；保留意见：{text}", "; reservations: {text}"));
        }
        words
    }
}

/// 解封
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reopening {
    /// What was taken back.
    pub closing: Closing,
    /// When, in the office's time.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub why: String,
}

/// A reason why a month can be neither closed nor reopened.
#[derive(Debug, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "the messages say what the variants and fields are"
)]
pub enum Error {
    #[error("nothing was published for {period} in `{}`: run it first", output.display())]
    NotPublished { period: Period, output: PathBuf },

    #[error(
        "{period} was closed when it was last run, and what was published are the figures of then: run it again first"
    )]
    RunWhileClosed { period: Period },

    #[error("`{}` is not as the run wrote it: run the period again first", path.display())]
    Edited { path: PathBuf },

    #[error("the submissions of {period} have changed since it was run ({}): run it again first", files.join(", "))]
    Stale { period: Period, files: Vec<String> },

    #[error("there is no folder of submissions `{}`", path.display())]
    NoSubmissions { path: PathBuf },

    #[error("`{}` is not as the closing wrote it: put it back from a backup, or reopen and close again; where `closed.json` itself is damaged or lost move its folder away first", path.display())]
    Damaged { path: PathBuf },

    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("`{}` cannot be understood", path.display())]
    Understand {
        path: PathBuf,
        source: serde_json::Error,
    },

    #[error(transparent)]
    Publish(#[from] publish::Error),
}

/// What is asked of [`close`].
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The output folder.
    pub output: &'a Path,
    /// The folder of submissions.
    pub input: &'a Path,
    /// The month.
    pub period: Period,
    /// The time in the office's zone.
    pub now: NaiveDateTime,
    /// Who asks.
    pub by: Option<String>,
    /// Why it is to be closed with something open.
    pub reservations: Option<String>,
}

/// What came of closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is closed now, with this open if there are reservations.
    Closed(Closing),
    /// It was closed already, with the figures that are published.
    Already(Closing),
    /// It was closed already, and so many corrections have been published since.
    Differs(Closing, usize),
    /// It cannot be closed yet.
    Open(Obstacles),
}

/// Makes the published figures of a month the accepted ones.
///
/// # Errors
/// When nothing usable was published, when the input has changed since, or when something can't be
/// read or written. Then nothing has changed.
pub fn close(order: &Order<'_>) -> Result<Verdict, Error> {
    let Order {
        output: dir,
        period,
        ..
    } = *order;
    if !dir.is_dir() {
        return Err(not_published(dir, period));
    }
    let output = Output::open(dir)?;
    let month = Month::of(dir, period);
    let known = month.known()?;
    let manifest = Manifest::read(dir, period).ok_or_else(|| not_published(dir, period))?;
    if let Some(closing) = month.closing() {
        let differing = corrections::published(dir, &manifest)?;
        return Ok(match differing {
            0 => Verdict::Already(closing.clone()),
            count => Verdict::Differs(closing.clone(), count),
        });
    }
    unchanged(order, &manifest)?;
    // What was published while the month was closed keeps the figures of then.
    if manifest.closed.is_some() {
        return Err(Error::RunWhileClosed { period });
    }
    let folder = output.published(&period.to_string());
    let obstacles = open::obstacles(&folder.join(FINDINGS))?;
    if order.reservations.is_none() && !obstacles.is_empty() {
        return Ok(Verdict::Open(obstacles));
    }
    let history = known.map_or_else(Vec::new, |known| known.history);
    let number = u32::try_from(history.len() + 1).unwrap_or(u32::MAX);
    put(&output, period, None, history.clone())?;
    // What a killed closing left is nobody's.
    let _ = fs::remove_dir_all(month.folder.join(number.to_string()));
    let mut files = Vec::new();
    let published = manifest.outputs.iter();
    let copied = published.filter(|file| is_copied(&file.path));
    let names = copied.map(|file| (file.path.as_str(), file.sha256.as_str()));
    for (name, sha256) in names.chain([(MANIFEST, manifest.sha256.as_str())]) {
        let path = folder.join(name);
        let bytes = read(&path)?;
        if hash::of(&bytes) != sha256 {
            return Err(Error::Edited { path });
        }
        output.put(&format!("{FOLDER}/{period}/{number}/{name}"), &bytes)?;
        files.push(Hashed {
            path: name.to_owned(),
            sha256: sha256.to_owned(),
            bytes: bytes.len() as u64,
        });
    }
    let closing = Closing {
        number,
        at: shown(order.now),
        by: order.by.clone(),
        reservations: order.reservations.clone(),
        open: obstacles.counts(),
        run: manifest.sha256,
        rules: manifest.rules,
        files,
    };
    put(&output, period, Some(closing.clone()), history)?;
    Ok(Verdict::Closed(closing))
}

/// Takes a closing back, and gives it; none where the month is not closed.
///
/// # Errors
/// When something can't be read or written. Then nothing has changed.
pub fn reopen(
    dir: &Path,
    period: Period,
    now: NaiveDateTime,
    (why, by): (String, Option<String>),
) -> Result<Option<Closing>, Error> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let output = Output::open(dir)?;
    let Some(known) = Month::of(dir, period).known()? else {
        return Ok(None);
    };
    let Some(closing) = known.closed else {
        return Ok(None);
    };
    let mut history = known.history;
    history.push(Reopening {
        closing: closing.clone(),
        at: shown(now),
        by,
        why,
    });
    put(&output, period, None, history)?;
    Ok(Some(closing))
}

/// Whether a month is closed.
pub fn is_closed(output: &Path, period: Period) -> bool {
    Month::of(output, period).closing().is_some()
}

/// The rule files that are not what they were when a month was closed, by name: changed, gone or
/// new.
pub fn other_rules(closing: &Closing, sources: &Sources) -> Vec<String> {
    fn by_name(files: &[Hashed]) -> BTreeMap<&str, &str> {
        let files = files.iter();
        files
            .map(|f| (f.path.as_str(), f.sha256.as_str()))
            .collect()
    }
    let now = Hashed::rules(sources);
    let (then, now) = (by_name(&closing.rules), by_name(&now));
    let mut names: Vec<&str> = then.keys().chain(now.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| then.get(name) != now.get(name));
    names.into_iter().map(str::to_owned).collect()
}

/// A month as `closed.json` says that it is.
#[derive(Debug, Clone)]
pub struct Month {
    period: Period,
    /// Where its copies are.
    folder: PathBuf,
    /// Nothing where it was never closed, or where that cannot be told.
    known: Option<ClosedFile>,
    /// Whether there is a `closed.json` that no closing wrote.
    is_damaged: bool,
}

/// The accepted figures of a form.
#[derive(Debug)]
pub enum Taken {
    /// The month is not closed.
    Open,
    /// Those of each district by its code; none where nobody had sent the form.
    Tables(BTreeMap<String, Table>),
    /// The copy is not what was accepted.
    Changed {
        /// The file, relative to the output folder.
        file: String,
        /// The hash of what was accepted, where it is known.
        sha256: Option<String>,
    },
}

impl Month {
    /// How a month stands.
    pub fn of(output: &Path, period: Period) -> Self {
        let folder = output.join(FOLDER).join(period.to_string());
        let mut month = Self {
            period,
            folder,
            known: None,
            is_damaged: false,
        };
        match fs::read(month.folder.join(FILE)) {
            Ok(bytes) => {
                let known = serde_json::from_slice::<ClosedFile>(&bytes).ok();
                month.known = known.filter(|known| known.period == period && known.is_sealed());
                month.is_damaged = month.known.is_none();
            }
            // Whoever closes writes it first, so that nothing stands there without it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut beside = fs::read_dir(&month.folder).into_iter().flatten();
                month.is_damaged = beside.next().is_some();
            }
            Err(_) => month.is_damaged = true,
        }
        month
    }

    /// The closing that counts.
    pub fn closing(&self) -> Option<&Closing> {
        self.known.as_ref()?.closed.as_ref()
    }

    /// How it was opened again, where it was closed once and is open.
    pub fn reopening(&self) -> Option<&Reopening> {
        let known = self.known.as_ref().filter(|known| known.closed.is_none());
        known?.history.last()
    }

    /// The name of a file of the month's folder in what people read.
    pub fn name(&self, file: &str) -> String {
        format!("{FOLDER}/{}/{file}", self.period)
    }

    /// The accepted figures of a form.
    pub fn tables(&self, form: &Form) -> Taken {
        if self.is_damaged {
            return Taken::Changed {
                file: self.name(FILE),
                sha256: None,
            };
        }
        let Some(closing) = self.closing() else {
            return Taken::Open;
        };
        let path = figures(form);
        let Some(known) = closing.files.iter().find(|file| file.path == path) else {
            return Taken::Tables(BTreeMap::new());
        };
        let below = format!("{}/{path}", closing.number);
        match tables(&self.folder.join(&below), form, &known.sha256) {
            Some(tables) => Taken::Tables(tables),
            None => Taken::Changed {
                file: self.name(&below),
                sha256: Some(known.sha256.clone()),
            },
        }
    }

    /// What the month was closed with besides the figures; none where that is not as it was.
    fn published(&self) -> Option<Published> {
        serde_json::from_slice(&self.copy(FINDINGS)?).ok()
    }

    /// The file of a form's accepted figures, byte for byte; none where there is none, or not as it
    /// was.
    pub fn figures(&self, form: &Form) -> Option<Vec<u8>> {
        self.copy(&figures(form))
    }

    /// The accepted figures of forms that are not among these, by file and byte for byte.
    pub fn figures_beside(&self, forms: &[Form]) -> Vec<(String, Vec<u8>)> {
        let ours: BTreeSet<String> = forms.iter().map(figures).collect();
        let closing = self.closing().into_iter();
        let files = closing.flat_map(|closing| &closing.files);
        let others = files.filter(|file| is_figures(&file.path) && !ours.contains(&file.path));
        others
            .filter_map(|file| Some((file.path.clone(), self.copy(&file.path)?)))
            .collect()
    }

    /// A file that the month was closed with; none where there is none, or not as it was.
    fn copy(&self, path: &str) -> Option<Vec<u8>> {
        let closing = self.closing()?;
        let known = closing.files.iter().find(|file| file.path == path)?;
        let path = self.folder.join(closing.number.to_string()).join(path);
        let bytes = fs::read(path).ok()?;
        (hash::of(&bytes) == known.sha256).then_some(bytes)
    }

    /// What is known of it, for whoever is about to change that.
    fn known(&self) -> Result<Option<ClosedFile>, Error> {
        if self.is_damaged {
            return Err(Error::Damaged {
                path: self.folder.join(FILE),
            });
        }
        Ok(self.known.clone())
    }
}

impl ClosedFile {
    /// The same with its seal.
    fn sealed(mut self) -> serde_json::Result<Self> {
        self.seal = String::new();
        self.seal = hash::of(&machine::json(&self)?);
        Ok(self)
    }

    /// Whether it says what a closing wrote.
    fn is_sealed(&self) -> bool {
        let sealed = self.clone().sealed();
        sealed.is_ok_and(|sealed| sealed.seal == self.seal)
    }
}

/// The manifest of a published period, as far as it is asked about.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The period.
    pub period: Period,
    /// The submitted files with their hashes.
    pub files: Vec<Submitted>,
    /// Which closing the month had when it was run.
    #[serde(default)]
    pub closed: Option<u32>,
    /// The archives that some of them came in.
    #[serde(default)]
    pub archives: Vec<Hashed>,
    /// The rule files.
    pub rules: Vec<Hashed>,
    /// The earlier figures that it was compared with.
    #[serde(default)]
    pub compared_with: Vec<Earlier>,
    /// The published files.
    pub outputs: Vec<Hashed>,
    /// The hash of the manifest itself.
    #[serde(skip)]
    pub sha256: String,
}

/// A submitted file.
#[derive(Debug, Clone, Deserialize)]
pub struct Submitted {
    /// Its path, relative to the period's folder.
    pub path: String,
    /// Its hash; empty where it was not opened.
    pub sha256: String,
}

impl Manifest {
    /// What was published for a period; nothing where there is none that can be understood.
    pub fn read(output: &Path, period: Period) -> Option<Self> {
        let bytes = fs::read(output.join(period.to_string()).join(MANIFEST)).ok()?;
        let mut manifest: Self = serde_json::from_slice(&bytes).ok()?;
        manifest.sha256 = hash::of(&bytes);
        Some(manifest)
    }

    /// The hash of a form's published figures, where somebody had sent it.
    pub fn figures(&self, form: &Form) -> Option<&str> {
        let path = figures(form);
        let file = self.outputs.iter().find(|file| file.path == path)?;
        Some(&file.sha256)
    }
}

/// Where a form's figures stand in a published or accepted folder.
pub fn figures(form: &Form) -> String {
    figures_of(&form.id)
}

/// The same of a form by its number, which the rules may not have any more.
fn figures_of(form: &str) -> String {
    format!("data/{form}.parquet")
}

/// The figures in a file by district, if the file is what its hash says.
pub fn tables(path: &Path, form: &Form, sha256: &str) -> Option<BTreeMap<String, Table>> {
    let mut file = File::open(path).ok()?;
    if hash::of_open(&file).ok()? != sha256 {
        return None;
    }
    file.rewind().ok()?;
    data::read(file, form).ok()
}

/// Writes `closed.json`: the step that closes or reopens.
fn put(
    output: &Output,
    period: Period,
    closed: Option<Closing>,
    history: Vec<Reopening>,
) -> Result<(), Error> {
    let name = format!("{FOLDER}/{period}/{FILE}");
    let file = ClosedFile {
        version: VERSION,
        period,
        closed,
        history,
        seal: String::new(),
    };
    let bytes = file.sealed().and_then(|file| machine::json(&file));
    let bytes = bytes.map_err(|source| Error::Understand {
        path: PathBuf::from(&name),
        source,
    })?;
    Ok(output.put(&name, &bytes)?)
}

/// That submissions, decisions and results are those of the run that was published.
fn unchanged(order: &Order<'_>, manifest: &Manifest) -> Result<(), Error> {
    let folder = order.output.join(order.period.to_string());
    // What a district's report or a text in the folder has become decides nothing here.
    let decides = |path: &str| is_copied(path) || path == SUMMARY;
    let ours = manifest.outputs.iter();
    for file in ours.filter(|file| decides(&file.path)) {
        let path = folder.join(&file.path);
        if hash::of_file(&path).ok().as_ref() != Some(&file.sha256) {
            return Err(Error::Edited { path });
        }
    }
    let input = order.input.join(order.period.to_string());
    let there = discover::files(&input).map_err(|source| {
        let path = input.clone();
        match source.kind() {
            io::ErrorKind::NotFound => Error::NoSubmissions { path },
            _ => Error::Read { path, source },
        }
    })?;
    let files = manifest.files.iter();
    let files = files.map(|file| (file.path.as_str(), file.sha256.as_str()));
    let archives = manifest.archives.iter();
    let archives = archives.map(|file| (file.path.as_str(), file.sha256.as_str()));
    let known: BTreeMap<&str, &str> = files.chain(archives).collect();
    let is_known = |file: &discover::Candidate| match known.get(file.name.as_str()) {
        // What could not be opened has no hash.
        Some(&"") => true,
        Some(sha256) => {
            file.refused.is_none() && hash::of_file(&file.path).unwrap_or_default() == **sha256
        }
        None => false,
    };
    let new = there.iter().filter(|file| !is_known(file));
    let mut files: Vec<String> = new.map(|file| file.name.clone()).collect();
    let archived = |path: &str| {
        let mut archives = manifest.archives.iter().map(|archive| &archive.path);
        archives.any(|archive| {
            let inside = path.strip_prefix(archive.as_str());
            inside.is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let gone = known
        .keys()
        .filter(|path| !there.iter().any(|file| file.name == **path) && !archived(path));
    files.extend(gone.map(|path| (*path).to_owned()));
    if files.is_empty() {
        return Ok(());
    }
    Err(Error::Stale {
        period: order.period,
        files,
    })
}

/// Whether a published file belongs to what is accepted.
fn is_copied(path: &str) -> bool {
    is_figures(path) || path == FINDINGS
}

/// Whether a published file holds a form's figures.
fn is_figures(path: &str) -> bool {
    path.starts_with("data/")
}

fn not_published(output: &Path, period: Period) -> Error {
    Error::NotPublished {
        period,
        output: output.to_owned(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn shown(now: NaiveDateTime) -> String {
    now.format("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_changed_by_hand_breaks_the_seal() {
        let period = Period::parse("2023-12").unwrap();
        let file = ClosedFile {
            version: VERSION,
            period,
            closed: Some(Closing {
                number: 1,
                at: "2024-01-20T09:00".to_owned(),
                by: Some("王芳".to_owned()),
                reservations: None,
                open: BTreeMap::from([(Kind::Missing, 2)]),
                run: "ab".to_owned(),
                rules: Vec::new(),
                files: Vec::new(),
            }),
            history: Vec::new(),
            seal: String::new(),
        };
        let sealed = file.sealed().unwrap();
        let written = String::from_utf8(machine::json(&sealed).unwrap()).unwrap();
        let back = |text: &str| serde_json::from_str::<ClosedFile>(text).unwrap();
        assert_eq!(back(&written), sealed);
        assert!(back(&written).is_sealed());
        assert!(!back(&written.replace("王芳", "李明")).is_sealed());
    }
}
