//! `dialogue.json`: what a run has found out about answers and decisions, for the runs after it.

use super::settle::answer_hash;
use super::{Compared, Dialogue, Kept, Said, Showings, Shown, about};
use crate::finding::{Decision, Finding, State};
use crate::intake::returned::DecidedOf;
use crate::judged::Judged;
use crate::period::Period;
use crate::report::machine::FINDINGS;
use crate::rulebook::Rulebook;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Its name in a period's folder of results.
pub const FILE: &str = "dialogue.json";
/// The version of its shape.
const VERSION: u32 = 1;

/// `dialogue.json`
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DialogueFile {
    /// The version of this shape.
    pub version: u32,
    /// What this run was compared with.
    pub compared: Compared,
    /// What staff decided of findings.
    pub findings: BTreeMap<String, Kept>,
    /// What staff decided of districts' forms, by district and form: `500113 KY01`.
    pub forms: BTreeMap<String, Kept>,
    /// The summaries that were read, by their hashes.
    pub summaries: BTreeSet<String>,
    /// What the summaries that were issued had to show.
    pub showings: Showings,
    /// By district and form, the hash of the file in force.
    pub in_force: BTreeMap<String, String>,
}

/// What is read of `findings.json`.
#[derive(Deserialize)]
struct Findings {
    findings: Vec<Finding>,
}

/// What is read of `run.json`.
#[derive(Deserialize)]
struct Run {
    now: String,
}

impl Dialogue {
    /// What was known after the last run of a period, and what was explained when its forms were
    /// asked for before. What can't be read is passed over: all of it stands in the workbooks that
    /// people sent, too.
    pub fn recall(output: &Path, rulebook: &Rulebook, period: Period) -> Self {
        let folder = output.join(period.to_string());
        let mut dialogue = Self::default();
        let findings = read::<Findings>(&folder.join(FINDINGS));
        let last = findings.into_iter().flat_map(|file| file.findings);
        dialogue.last = last.map(|finding| (finding.id.clone(), finding)).collect();
        dialogue.last_now = read::<Run>(&folder.join(crate::publish::MANIFEST)).map(|run| run.now);
        if let Some(file) = read::<DialogueFile>(&folder.join(FILE)) {
            dialogue.last_compared = Some(file.compared);
            dialogue.in_force = file.in_force;
            dialogue.summaries = file.summaries;
            dialogue.showings = file.showings;
            let findings = file.findings.into_iter();
            let forms = file.forms.into_iter();
            dialogue.decisions = findings
                .map(|(id, kept)| (DecidedOf::Finding(id), kept))
                .chain(forms.filter_map(|(key, kept)| {
                    let (district, form) = key.split_once(' ')?;
                    Some((DecidedOf::Form(district.to_owned(), form.to_owned()), kept))
                }))
                .collect();
        }
        let before = rulebook.forms.iter().filter(|form| form.is_due_in(period));
        let before: BTreeSet<Period> = before.map(|form| form.period_before(period)).collect();
        for earlier in before.into_iter().filter(|earlier| *earlier < period) {
            let path = output.join(earlier.to_string()).join(FINDINGS);
            let findings = read::<Findings>(&path)
                .into_iter()
                .flat_map(|file| file.findings);
            for finding in findings {
                let holds = matches!(finding.state, State::Explained | State::Accepted);
                let key = about(&finding);
                if let Some(answer) = finding.answer.filter(|_| holds) {
                    dialogue.earlier.insert(key, answer);
                }
            }
        }
        dialogue
    }

    /// Says what this run is made of: files, rules, decisions, and the summaries that were read.
    pub fn made_of<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        let mut whole: Vec<String> = parts.map(str::to_owned).collect();
        whole.extend(self.summaries.iter().cloned());
        whole.extend(self.decisions.iter().map(|(of, kept)| {
            let decision = &kept.decision;
            format!(
                "{of:?} {:?} {} {} {:?}",
                decision.word, decision.by, decision.remark, decision.opposed
            )
        }));
        self.inputs = crate::hash::of(whole.join("\n").as_bytes());
    }
}

impl DialogueFile {
    /// What is to be known after a run.
    pub fn of(judged: &Judged<'_>) -> Self {
        let dialogue = &judged.dialogue;
        let in_force = judged.submissions.iter().filter_map(|one| {
            let file = judged.files.iter().find(|file| file.path == one.file)?;
            let district = judged.rulebook.register.districts[one.district]
                .code
                .clone();
            let form = judged.rulebook.forms[one.form].id.clone();
            Some((DecidedOf::Form(district, form).key(), file.sha256.clone()))
        });
        let in_force: BTreeMap<String, String> = in_force.collect();
        let (mut findings, mut forms) = (BTreeMap::new(), BTreeMap::new());
        for (of, kept) in &dialogue.decisions {
            let (key, mut kept) = (of.key(), kept.clone());
            match of {
                DecidedOf::Finding(_) => findings.insert(key, kept),
                DecidedOf::Form(..) => {
                    // What nothing was known of is about what is in force now.
                    if let Some(file) = in_force.get(&key).filter(|_| kept.basis.is_empty()) {
                        kept.basis.clone_from(file);
                    }
                    forms.insert(key, kept)
                }
            };
        }
        let mut showings = dialogue.showings.clone();
        showings.issue(dialogue.issue(), shown(judged, &in_force));
        Self {
            version: VERSION,
            compared: judged.compared.clone(),
            findings,
            forms,
            summaries: dialogue.summaries.clone(),
            showings,
            in_force,
        }
    }
}

/// What the summary of a run shows: all findings, and the forms that have come. Where people
/// disagree the cells are blank.
fn shown(judged: &Judged<'_>, in_force: &BTreeMap<String, String>) -> BTreeMap<String, Shown> {
    let said = |decision: Option<&Decision>| {
        let agreed = decision.filter(|decision| decision.opposed.is_empty());
        agreed.map(Said::of)
    };
    let findings = judged.findings.iter().map(|finding| {
        let shown = Shown {
            basis: finding.basis.clone(),
            answer: answer_hash(finding.answer.as_ref()),
            said: said(finding.decision.as_ref()),
        };
        (DecidedOf::Finding(finding.id.clone()).key(), shown)
    });
    let forms = judged.standing.iter().flat_map(|district| {
        district.forms.iter().filter_map(|form| {
            let of = DecidedOf::Form(district.unit.code.clone(), form.form.clone()).key();
            let said = said(form.decision.as_ref());
            let file = in_force.get(&of).cloned();
            let is_there = file.is_some() || said.is_some();
            let basis = file.unwrap_or_default();
            let answer = String::new();
            is_there.then_some((
                of,
                Shown {
                    basis,
                    answer,
                    said,
                },
            ))
        })
    });
    findings.chain(forms).collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
