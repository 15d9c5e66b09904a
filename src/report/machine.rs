//! `findings.json` and `run.json`: what machines read.
//!
//! Their shapes are these structs; the schemas in `docs/` are made from them.

use crate::baseline::earlier::Earlier;
use crate::expr::exact::Reason;
use crate::finding::{Finding, State, Unit};
use crate::hash;
use crate::judged::{FileFound, Judged, RuleOutcome};
use crate::period::Period;
use crate::publish::MANIFEST;
use crate::rulebook::source::Sources;
use crate::standing::DistrictStanding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The findings of a period, in its published folder.
pub const FINDINGS: &str = "findings.json";

/// The version of both shapes; it grows when a reader would have to change.
pub const VERSION: u32 = 1;

/// `findings.json`
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingsFile<'a> {
    /// The version of this shape.
    pub version: u32,
    /// The period, `2023-12`.
    #[schemars(with = "String")]
    pub period: Period,
    /// Every finding, in the order in which people read them.
    pub findings: &'a [Finding],
    /// Every finding of the period that was there once and is no more.
    pub mended: &'a [Finding],
    /// Every rule with its counts.
    pub rules: Vec<RuleCounts<'a>>,
    /// Every district that must report, with how its forms stand.
    pub districts: &'a [DistrictStanding],
}

/// A rule's three counts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleCounts<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Units that passed.
    pub passed: u64,
    /// Units that failed.
    pub failed: u64,
    /// Units that could not be evaluated, by reason.
    pub not_evaluated: &'a BTreeMap<Reason, u64>,
}

/// `run.json`, the manifest: what a run was made of and what came out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunFile<'a> {
    /// The version of this shape.
    pub version: u32,
    /// The program's version.
    pub program: &'a str,
    /// The period, `2023-12`.
    #[schemars(with = "String")]
    pub period: Period,
    /// The run's time as the job was told it, in the office's time.
    pub now: String,
    /// The submitted files with their hashes and arrivals.
    pub files: &'a [FileFound],
    /// The archives that some of them came in, with their hashes.
    pub archives: Vec<Hashed>,
    /// The rule files with their hashes.
    pub rules: Vec<Hashed>,
    /// 对比数: the earlier figures that were compared with, and how far they are settled.
    pub compared_with: &'a [Earlier],
    /// The files of this folder with their hashes.
    pub outputs: Vec<Hashed>,
    /// How many findings of each severity.
    pub counts: SeverityCounts,
    /// Which closing the month had when it was run: its accepted figures are what was published.
    pub closed: Option<u32>,
    /// 放行: what stands as it is by a decision, in the order of the findings.
    pub waivers: Vec<Waiver<'a>>,
}

/// A finding whose figure stands by a decision with a name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waiver<'a> {
    /// The finding's id.
    pub id: &'a str,
    /// Its rule.
    pub rule: &'a str,
    /// Whose figure it is.
    pub district: &'a Unit,
    /// The form, where it is about one.
    pub form: Option<&'a str>,
    /// What stands in the cell.
    pub found: &'a str,
    /// Who let it stand.
    pub by: &'a str,
    /// 备注: why.
    pub remark: &'a str,
    /// When a run first saw the decision.
    pub seen: &'a str,
}

/// What of these findings was waived, in their order.
pub fn waivers(findings: &[Finding]) -> Vec<Waiver<'_>> {
    let waived = findings.iter();
    let waived = waived.filter(|finding| finding.state == State::Waived);
    waived
        .map(|finding| {
            let decision = finding.decision.as_ref();
            Waiver {
                id: &finding.id,
                rule: &finding.rule,
                district: &finding.district,
                form: finding.form.as_deref(),
                found: &finding.found,
                by: decision.map_or("", |one| one.by.as_str()),
                remark: decision.map_or("", |one| one.remark.as_str()),
                seen: decision.map_or("", |one| one.seen.as_str()),
            }
        })
        .collect()
}

/// A file and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hashed {
    /// The file.
    pub path: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Hashed {
    /// The rule files.
    pub fn rules(sources: &Sources) -> Vec<Self> {
        let files = sources.files.iter();
        files
            .map(|(name, text)| Self {
                path: name.clone(),
                sha256: hash::of(text.as_bytes()),
                bytes: text.len() as u64,
            })
            .collect()
    }
}

/// How many findings of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeverityCounts {
    /// 必改
    pub error: u64,
    /// 核实
    pub query: u64,
    /// 提示
    pub note: u64,
}

impl SeverityCounts {
    /// Counts findings; one that stands for several counts as all of them.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        use crate::rulebook::written::Severity::{Error, Note, Query};
        let mut counts = Self::default();
        for finding in findings {
            let count = match finding.severity {
                Error => &mut counts.error,
                Query => &mut counts.query,
                Note => &mut counts.note,
            };
            *count += finding.count;
        }
        counts
    }
}

impl<'a> FindingsFile<'a> {
    /// What `findings.json` says of a judged run.
    pub fn of(judged: &'a Judged<'_>) -> Self {
        let counts = |outcome: &'a RuleOutcome| RuleCounts {
            rule: &outcome.rule,
            passed: outcome.counts.passed,
            failed: outcome.counts.failed,
            not_evaluated: &outcome.counts.not_evaluated,
        };
        Self {
            version: VERSION,
            period: judged.period,
            findings: &judged.findings,
            mended: &judged.compared.once,
            rules: judged.outcomes.iter().map(counts).collect(),
            districts: &judged.standing,
        }
    }
}

/// A report as JSON for people to read too, with a line's end at its end.
///
/// # Errors
/// When a value cannot be written, which would be a fault of ours.
pub fn json(report: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(report)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// How things stood when a period was published.
#[derive(Debug, Clone, Deserialize)]
pub struct Board {
    /// The period.
    pub period: Period,
    /// All findings.
    pub findings: Vec<Finding>,
    /// Every district that must report, with how its forms stand.
    pub districts: Vec<DistrictStanding>,
    /// The run's time; empty where the manifest does not say.
    #[serde(skip)]
    pub now: String,
}

/// What was published of a period; none where nothing was.
///
/// # Errors
/// When it is there and cannot be read.
pub fn published(output: &Path, period: Period) -> io::Result<Option<Board>> {
    #[derive(Deserialize)]
    struct Manifest {
        now: String,
    }
    let folder = output.join(period.to_string());
    let bytes = match fs::read(folder.join(FINDINGS)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut board: Board = serde_json::from_slice(&bytes)?;
    let manifest = fs::read(folder.join(MANIFEST)).ok();
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    board.now = manifest.map(|manifest| manifest.now).unwrap_or_default();
    Ok(Some(board))
}

/// What came of a rule in a period that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Units that passed.
    pub passed: u64,
    /// Units that failed.
    pub failed: u64,
    /// Units that could not be evaluated.
    pub not_evaluated: u64,
}

/// What came of a rule in every published period that looked at it, oldest first. A file that
/// can't be read is passed over: this is for people who wonder, not for a verdict.
pub fn history(output: &Path, rule: &str) -> Vec<(Period, Tally)> {
    #[derive(Deserialize)]
    struct File {
        period: Period,
        rules: Vec<Counted>,
    }
    #[derive(Deserialize)]
    struct Counted {
        rule: String,
        passed: u64,
        failed: u64,
        not_evaluated: BTreeMap<String, u64>,
    }
    let folders = fs::read_dir(output).into_iter().flatten().flatten();
    let files = folders.filter_map(|folder| {
        let bytes = fs::read(folder.path().join(FINDINGS)).ok()?;
        serde_json::from_slice::<File>(&bytes).ok()
    });
    let mut found: Vec<(Period, Tally)> = files
        .filter_map(|file| {
            let counts = file.rules.into_iter().find(|one| one.rule == rule)?;
            let tally = Tally {
                passed: counts.passed,
                failed: counts.failed,
                not_evaluated: counts.not_evaluated.values().sum(),
            };
            Some((file.period, tally))
        })
        .collect();
    found.sort_by_key(|(period, _)| *period);
    found
}
