//! How many there are of what, counted once for all sheets: so that no two of them differ.

use super::super::{Judged, Submission};
use crate::finding::Finding;
use crate::rulebook::written::Severity;
use crate::standing::{Checking, Reporting};
use std::collections::BTreeMap;

/// Findings by how much they weigh, one for each line of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weights {
    /// 必改
    pub errors: u64,
    /// 核实
    pub queries: u64,
    /// 提示
    pub notes: u64,
}

impl Weights {
    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Query => self.queries += 1,
            Severity::Note => self.notes += 1,
        }
    }

    /// Of all three kinds.
    pub(super) fn all(self) -> u64 {
        self.errors + self.queries + self.notes
    }
}

/// How many units stand how with one form, or with all of theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arrivals {
    /// 应报
    pub asked: usize,
    /// 已报, late and nil ones included.
    pub here: usize,
    /// 未报
    pub missing: usize,
    /// 文件无效
    pub invalid: usize,
    /// 未到期
    pub not_yet: usize,
}

impl Arrivals {
    fn add(&mut self, reporting: Reporting) {
        self.asked += usize::from(reporting != Reporting::NotAsked);
        match reporting {
            Reporting::Missing => self.missing += 1,
            Reporting::Invalid => self.invalid += 1,
            Reporting::NotYetDue => self.not_yet += 1,
            Reporting::Reported | Reporting::Late | Reporting::Nil => self.here += 1,
            Reporting::NotAsked => {}
        }
    }
}

/// Everything that is counted, by positions on the board and in the rulebook.
pub(super) struct Tally<'a> {
    /// By unit and form: how it stands.
    stands: Vec<Vec<(Reporting, Checking)>>,
    /// By unit and form: its findings' positions.
    by_form: Vec<Vec<Vec<usize>>>,
    /// By unit: the positions of all its findings.
    by_unit: Vec<Vec<usize>>,
    /// Findings that belong to no unit of the board.
    pub elsewhere: Vec<usize>,
    findings: &'a [Finding],
    submissions: BTreeMap<(usize, usize), &'a Submission>,
}

impl<'a> Tally<'a> {
    /// Counts a judged run.
    pub(super) fn new(judged: &'a Judged<'a>) -> Self {
        let forms = &judged.rulebook.forms;
        let of_code: BTreeMap<&str, usize> = judged
            .standing
            .iter()
            .enumerate()
            .map(|(at, standing)| (standing.unit.code.as_str(), at))
            .collect();
        let mut tally = Self {
            stands: stands(judged),
            by_form: vec![vec![Vec::new(); forms.len()]; judged.standing.len()],
            by_unit: vec![Vec::new(); judged.standing.len()],
            elsewhere: Vec::new(),
            findings: &judged.findings,
            submissions: BTreeMap::new(),
        };
        for (at, finding) in judged.findings.iter().enumerate() {
            let Some(unit) = of_code.get(finding.district.code.as_str()) else {
                tally.elsewhere.push(at);
                continue;
            };
            tally.by_unit[*unit].push(at);
            let form = forms
                .iter()
                .position(|form| Some(&form.id) == finding.form.as_ref());
            if let Some(form) = form {
                tally.by_form[*unit][form].push(at);
            }
        }
        for submission in &judged.submissions {
            let district = judged.rulebook.register.districts.get(submission.district);
            let unit = district.and_then(|district| of_code.get(district.code.as_str()));
            if let Some(unit) = unit {
                tally
                    .submissions
                    .insert((submission.form, *unit), submission);
            }
        }
        tally
    }

    /// How a unit stands with a form.
    pub(super) fn stands(&self, unit: usize, form: usize) -> (Reporting, Checking) {
        self.stands[unit][form]
    }

    /// What a unit has sent of a form.
    pub(super) fn submission(&self, unit: usize, form: usize) -> Option<&'a Submission> {
        self.submissions.get(&(form, unit)).copied()
    }

    /// The findings of a unit's form, by position.
    pub(super) fn findings(&self, unit: usize, form: usize) -> &[usize] {
        &self.by_form[unit][form]
    }

    /// All findings of a unit, by position.
    pub(super) fn findings_of(&self, unit: usize) -> &[usize] {
        &self.by_unit[unit]
    }

    /// What some findings weigh.
    pub(super) fn weigh(&self, findings: &[usize]) -> Weights {
        let mut weights = Weights::default();
        for at in findings {
            weights.add(self.findings[*at].severity);
        }
        weights
    }

    /// What all findings weigh.
    pub(super) fn weigh_all(&self) -> Weights {
        let mut weights = Weights::default();
        for finding in self.findings {
            weights.add(finding.severity);
        }
        weights
    }

    /// How many units have sent a form.
    pub(super) fn arrivals(&self, form: usize) -> Arrivals {
        self.arrivals_among(form, &|_| true)
    }

    /// The same among some units.
    pub(super) fn arrivals_among(&self, form: usize, among: &dyn Fn(usize) -> bool) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for (_, forms) in self
            .stands
            .iter()
            .enumerate()
            .filter(|(unit, _)| among(*unit))
        {
            arrivals.add(forms[form].0);
        }
        arrivals
    }

    /// How the units stand, each by the worst of its forms.
    pub(super) fn units(&self) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for forms in &self.stands {
            let worst = forms
                .iter()
                .map(|(reporting, _)| *reporting)
                .min_by_key(|reporting| match reporting {
                    Reporting::Missing => 0,
                    Reporting::Invalid => 1,
                    Reporting::NotYetDue => 2,
                    Reporting::Late => 3,
                    Reporting::Nil => 4,
                    Reporting::Reported => 5,
                    Reporting::NotAsked => 6,
                });
            arrivals.add(worst.unwrap_or(Reporting::NotAsked));
        }
        arrivals
    }
}

/// By unit and form, whatever forms the board names.
fn stands(judged: &Judged<'_>) -> Vec<Vec<(Reporting, Checking)>> {
    judged
        .standing
        .iter()
        .map(|standing| {
            let of = |id: &str| standing.forms.iter().find(|form| form.form == id);
            judged
                .rulebook
                .forms
                .iter()
                .map(|form| {
                    of(&form.id).map_or((Reporting::NotAsked, Checking::NotChecked), |form| {
                        (form.reporting, form.checking)
                    })
                })
                .collect()
        })
        .collect()
}
