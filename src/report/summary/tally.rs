//! How many there are of what, counted once for all sheets: so that no two of them differ.

use crate::closing::corrections::Correction;
use crate::closing::open::{Kind, unsettled};
use crate::finding::{Decision, Finding, State};
use crate::judged::{Judged, Submission};
use crate::rulebook::written::Severity;
use crate::standing::{Acceptance, Checking, FormStanding, Reporting};
use crate::submissions::ONE_RULE;
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
    /// 未报, or too late for a closed month
    pub missing: usize,
    /// 文件无效
    pub invalid: usize,
    /// 未到期, those with more time included.
    pub not_yet: usize,
}

impl Arrivals {
    fn add(&mut self, reporting: Reporting) {
        if reporting == Reporting::NotAsked {
            return;
        }
        self.asked += 1;
        if reporting.is_here() {
            self.here += 1;
        } else if matches!(reporting, Reporting::Missing | Reporting::AfterClose) {
            self.missing += 1;
        } else if reporting == Reporting::Invalid {
            self.invalid += 1;
        } else {
            self.not_yet += 1;
        }
    }
}

/// What of the findings must still be done before the month can be closed, one for each line of
/// the list. What is on trial stands in nobody's way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Undone {
    /// 必改 that have neither been mended nor waived.
    pub errors: u64,
    /// 核实 that districts have not answered, or not well enough.
    pub to_explain: u64,
    /// Answers that staff have not looked at.
    pub to_accept: u64,
    /// 核实 that only staff know of so far.
    pub of_city: u64,
    /// Rules that are held back.
    pub held: u64,
    /// Decisions that disagree with each other, on findings and on forms.
    pub opposed: u64,
}

impl Undone {
    /// Counts as the close does, so that both say the same of a month.
    fn add(&mut self, finding: &Finding) {
        self.opposed += u64::from(is_opposed(finding.decision.as_ref()));
        match unsettled(finding) {
            Some(Kind::Error) => self.errors += 1,
            Some(Kind::ToAccept) if finding.state == State::Explained => self.to_accept += 1,
            Some(Kind::ToAccept | Kind::Query) => self.to_explain += 1,
            Some(Kind::ForStaff) if finding.state == State::Held => self.held += 1,
            Some(Kind::ForStaff) => self.of_city += 1,
            Some(Kind::Missing | Kind::Unusable | Kind::Returned) | None => {}
        }
    }
}

/// Whether others decided otherwise, so that none of the decisions counts.
fn is_opposed(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| !decision.opposed.is_empty())
}

/// Whether staff disagree on a form, which is neither taken nor returned until one of them settles
/// it.
pub(super) fn is_disputed(form: &FormStanding) -> bool {
    form.reporting != Reporting::NotAsked
        && form.acceptance != Acceptance::Accepted
        && is_opposed(form.decision.as_ref())
}

/// Everything that is counted, by positions on the board and in the rulebook.
pub(super) struct Tally<'a> {
    /// By unit and form: how it stands.
    stands: Vec<Vec<Option<&'a FormStanding>>>,
    /// By unit and form: its findings' positions.
    by_form: Vec<Vec<Vec<usize>>>,
    /// By unit: the positions of all its findings.
    by_unit: Vec<Vec<usize>>,
    /// Findings that belong to no unit of the board.
    pub elsewhere: Vec<usize>,
    /// By rule: how many lines of the list are its own, and the line of the flood guard.
    by_rule: BTreeMap<&'a str, (u64, Option<&'a Finding>)>,
    findings: &'a [Finding],
    submissions: BTreeMap<(usize, usize), &'a Submission>,
    /// By form and unit: what has come since the close and is not what was accepted.
    corrections: BTreeMap<(usize, usize), Vec<&'a Correction>>,
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
            by_rule: BTreeMap::new(),
            findings: &judged.findings,
            submissions: BTreeMap::new(),
            corrections: BTreeMap::new(),
        };
        for (at, finding) in judged.findings.iter().enumerate() {
            let (lines, guard) = tally.by_rule.entry(&finding.rule).or_default();
            *lines += 1;
            let is_guard =
                finding.rule != ONE_RULE && matches!(finding.state, State::Held | State::Settled);
            if is_guard {
                *guard = Some(finding);
            }
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
        for one in &judged.corrections {
            let form = forms.iter().position(|form| form.id == one.form);
            let unit = of_code.get(one.district.code.as_str());
            if let Some((form, unit)) = form.zip(unit) {
                let own = tally.corrections.entry((form, *unit)).or_default();
                own.push(one);
            }
        }
        for submission in judged.counted() {
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
        self.standing(unit, form)
            .map_or((Reporting::NotAsked, Checking::NotChecked), |form| {
                (form.reporting, form.checking)
            })
    }

    /// The same with what staff decided; none where the board does not name the form.
    pub(super) fn standing(&self, unit: usize, form: usize) -> Option<&'a FormStanding> {
        self.stands[unit][form]
    }

    /// What a unit has sent of a form.
    pub(super) fn submission(&self, unit: usize, form: usize) -> Option<&'a Submission> {
        self.submissions.get(&(form, unit)).copied()
    }

    /// What has come of a unit's form since the close and is not what was accepted.
    pub(super) fn corrections(&self, unit: usize, form: usize) -> &[&'a Correction] {
        self.corrections
            .get(&(form, unit))
            .map_or(&[], Vec::as_slice)
    }

    /// The findings of a unit's form, by position.
    pub(super) fn findings(&self, unit: usize, form: usize) -> &[usize] {
        &self.by_form[unit][form]
    }

    /// All findings of a unit, by position.
    pub(super) fn findings_of(&self, unit: usize) -> &[usize] {
        &self.by_unit[unit]
    }

    /// How many lines of the list a rule has, and that of the flood guard.
    pub(super) fn of_rule(&self, rule: &str) -> (u64, Option<&'a Finding>) {
        self.by_rule.get(rule).copied().unwrap_or_default()
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

    /// What must still be done.
    pub(super) fn undone(&self) -> Undone {
        let mut undone = Undone::default();
        for finding in self.findings {
            undone.add(finding);
        }
        undone.opposed += self.disputed().count() as u64;
        undone
    }

    /// The units' forms that staff disagree on: unit and form.
    pub(super) fn disputed(&self) -> impl Iterator<Item = (usize, usize)> {
        let units = self.stands.iter().enumerate();
        units.flat_map(|(unit, forms)| {
            let disputed = forms.iter().enumerate();
            let disputed = disputed.filter(|(_, form)| form.is_some_and(is_disputed));
            disputed.map(move |(form, _)| (unit, form))
        })
    }

    /// The first finding that staff disagree on, by position.
    pub(super) fn first_disputed(&self) -> Option<usize> {
        let mut findings = self.findings.iter();
        findings.position(|finding| is_opposed(finding.decision.as_ref()))
    }

    /// What a unit must still do, and the first finding of it.
    pub(super) fn undone_of(&self, unit: usize) -> (Undone, Option<usize>) {
        let mut all = Undone::default();
        let mut first = None;
        for at in self.findings_of(unit) {
            let mut one = Undone::default();
            one.add(&self.findings[*at]);
            if one.errors + one.to_explain > 0 {
                first = first.or(Some(*at));
            }
            all.add(&self.findings[*at]);
        }
        let forms = self.stands[unit].iter().flatten();
        all.opposed += forms.filter(|form| is_disputed(form)).count() as u64;
        (all, first)
    }

    /// How many units have sent a form.
    pub(super) fn arrivals(&self, form: usize) -> Arrivals {
        self.arrivals_among(form, &|_| true)
    }

    /// The same among some units.
    pub(super) fn arrivals_among(&self, form: usize, among: &dyn Fn(usize) -> bool) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for unit in (0..self.stands.len()).filter(|unit| among(*unit)) {
            arrivals.add(self.stands(unit, form).0);
        }
        arrivals
    }

    /// How the units stand, each by the worst of its forms.
    pub(super) fn units(&self) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for unit in 0..self.stands.len() {
            let forms = 0..self.stands[unit].len();
            let reporting = forms.map(|form| self.stands(unit, form).0);
            let worst = reporting.min_by_key(|reporting| urgency(*reporting));
            arrivals.add(worst.unwrap_or(Reporting::NotAsked));
        }
        arrivals
    }
}

/// The lower the worse.
pub(super) fn urgency(reporting: Reporting) -> u8 {
    const WORST_FIRST: [Reporting; 4] = [
        Reporting::Missing,
        Reporting::Invalid,
        Reporting::AfterClose,
        Reporting::NotYetDue,
    ];
    const BEST_LAST: [Reporting; 4] = [
        Reporting::Late,
        Reporting::Nil,
        Reporting::Reported,
        Reporting::NotAsked,
    ];
    let place = |among: &[Reporting]| among.iter().position(|known| *known == reporting);
    let place = place(&WORST_FIRST).or(place(&BEST_LAST).map(|at| WORST_FIRST.len() + 1 + at));
    // What is none of them has been given more time.
    u8::try_from(place.unwrap_or(WORST_FIRST.len())).unwrap_or(u8::MAX)
}

/// By unit and form, whatever forms the board names.
fn stands<'a>(judged: &'a Judged<'_>) -> Vec<Vec<Option<&'a FormStanding>>> {
    let forms = &judged.rulebook.forms;
    let units = judged.standing.iter();
    units
        .map(|standing| {
            let of = |id: &str| standing.forms.iter().find(|form| form.form == id);
            forms.iter().map(|form| of(&form.id)).collect()
        })
        .collect()
}
