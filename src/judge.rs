//! From what was read to a judged run: which submissions are in force, what the rules say of
//! them, how each district stands. The city's figures are for `consolidate`.
//!
//! All is read before this begins, and nothing is written here.

use crate::baseline::Baseline;
use crate::check::run::{Batch, Checked, Counts, Owner, check};
use crate::consolidate::earlier;
use crate::expr::columns::{Earlier, Figures};
use crate::finding::{self, Finding, State, Unit};
use crate::intake::{FRAME_RULES, FrameFinding, Reading, Received};
use crate::period::Period;
use crate::place::Place;
use crate::report::{FileFound, Judged, ReadingNote, RuleOutcome, Submission};
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::rule::Rule;
use crate::rulebook::written::{Audience, Severity};
use crate::standing::{Checking, DistrictStanding, FormStanding, Reporting};
use crate::table::{Absent, Table};
use crate::words::Text;
use chrono::NaiveDateTime;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The rule that every file is looked at with.
pub const FILE_RULE: &str = "intake.file";
/// The rule that every district's form is looked at with: one submission is in force.
pub const ONE_RULE: &str = "intake.one";

/// A file that was looked into.
#[derive(Debug)]
pub struct FileRead {
    /// Relative to the period's folder.
    pub name: String,
    /// The hash of its bytes; empty where it was not opened.
    pub sha256: String,
    /// When a run first saw this content, in the office's time.
    pub arrived: NaiveDateTime,
    /// What is in it.
    pub reading: Reading,
}

/// A returned report takes the place of the submission that it was made from: the district has
/// mended it and sent it back, under whatever name.
pub fn supersede(files: &mut [FileRead]) {
    for newer in 0..files.len() {
        let Some(made_from) = files[newer].reading.made_from.clone() else {
            continue;
        };
        let forms: Vec<(usize, usize)> = files[newer]
            .reading
            .received
            .iter()
            .map(|received| (received.form, received.district))
            .collect();
        for (at, older) in files.iter_mut().enumerate() {
            if at != newer && older.sha256 == made_from {
                let received = &mut older.reading.received;
                received.retain(|one| !forms.contains(&(one.form, one.district)));
            }
        }
    }
}

/// A submission in force, with what is wrong with its form.
struct InForce {
    form: usize,
    district: usize,
    file: usize,
    sheet: String,
    frame: Vec<FrameFinding>,
    table: Table,
}

/// Judges a period.
pub fn judge<'a>(
    rulebook: &'a Rulebook,
    period: Period,
    files: Vec<FileRead>,
    baseline: &Baseline,
    now: NaiveDateTime,
) -> Judged<'a> {
    let mut judging = Judging {
        rulebook,
        period,
        files: Vec::new(),
        findings: Vec::new(),
        outcomes: Vec::new(),
        notes: Vec::new(),
        refused: Vec::new(),
    };
    let in_force = judging.take(files);
    judging.frames(&in_force);
    for (at, form) in rulebook.forms.iter().enumerate() {
        let own: Vec<&InForce> = in_force.iter().filter(|one| one.form == at).collect();
        judging.rules(at, form, &own, baseline);
    }
    let rank = |code: &str| {
        rulebook
            .register
            .districts
            .iter()
            .position(|d| d.code == code)
            .unwrap_or(usize::MAX)
    };
    finding::sort(&mut judging.findings, rank);
    let standing = judging.standing(&in_force, now);
    let Judging {
        files,
        findings,
        outcomes,
        notes,
        ..
    } = judging;
    let submissions = in_force
        .into_iter()
        .map(|one| Submission {
            file: files[one.file].path.clone(),
            last_year: baseline
                .table(period.last_year(), one.form, one.district)
                .cloned(),
            form: one.form,
            district: one.district,
            table: one.table,
        })
        .collect();
    Judged {
        rulebook,
        period,
        now,
        standing,
        submissions,
        files,
        findings,
        outcomes,
        city: Vec::new(),
        notes,
    }
}

struct Judging<'a> {
    rulebook: &'a Rulebook,
    period: Period,
    files: Vec<FileFound>,
    findings: Vec<Finding>,
    outcomes: Vec<RuleOutcome>,
    notes: Vec<ReadingNote>,
    /// Districts whose file could not be used: it may have been any of their forms.
    refused: Vec<usize>,
}

impl Judging<'_> {
    /// Which submissions are in force. What can't be used is told, and never counts as zero or
    /// as absent.
    fn take(&mut self, files: Vec<FileRead>) -> Vec<InForce> {
        let mut taken: Vec<InForce> = Vec::new();
        let (mut of_files, mut of_forms) = (Counts::default(), Counts::default());
        let mut competing: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (at, file) in files.into_iter().enumerate() {
            let FileRead {
                name,
                sha256,
                arrived,
                reading,
            } = file;
            let arrived = arrived.format("%Y-%m-%dT%H:%M").to_string();
            let Reading {
                refused,
                district,
                received,
                notes,
                ..
            } = reading;
            self.files.push(FileFound {
                path: name.clone(),
                sha256,
                arrived,
                refused: refused.clone(),
            });
            self.notes.extend(notes);
            match &refused {
                Some(why) => {
                    of_files.failed += 1;
                    self.refuse(&name, district, why);
                }
                None => of_files.passed += 1,
            }
            for Received {
                form,
                district,
                sheet,
                frame,
                draft,
                ..
            } in received
            {
                if !self.rulebook.forms[form].is_due_in(self.period) {
                    self.out_of_season(&name, form, sheet);
                    continue;
                }
                let one = InForce {
                    form,
                    district,
                    file: at,
                    sheet,
                    frame,
                    table: draft.into(),
                };
                let same = taken
                    .iter()
                    .find(|o| (o.form, o.district) == (form, district));
                match same {
                    None => taken.push(one),
                    Some(first) => {
                        let gap = differences(&self.rulebook.forms[form], &first.table, &one.table);
                        if gap > 0 {
                            competing.insert((form, district));
                            let first = self.files[first.file].path.clone();
                            self.competing(&one, &first, &name, gap);
                        }
                    }
                }
            }
        }
        of_forms.failed = competing.len() as u64;
        of_forms.passed = taken.len() as u64 - of_forms.failed;
        self.outcome(
            FILE_RULE,
            "",
            Text::new("文件可以读取", "the file can be used"),
            Severity::Error,
            of_files,
        );
        let title = Text::new(
            "一张表只有一份报送有效",
            "one submission of a form is in force",
        );
        self.outcome(ONE_RULE, "", title, Severity::Query, of_forms);
        taken.sort_by_key(|one| (one.form, one.district));
        taken
    }

    fn outcome(&mut self, rule: &str, form: &str, title: Text, severity: Severity, counts: Counts) {
        self.outcomes.push(RuleOutcome {
            rule: rule.to_owned(),
            form: form.to_owned(),
            formula: String::new(),
            source: None,
            title,
            severity,
            counts,
        });
    }

    /// A form that is not asked for in this month is told, and counts for nothing.
    fn out_of_season(&mut self, file: &str, form: usize, sheet: String) {
        let id = &self.rulebook.forms[form].id;
        let what = both!(
            "{id} 本期不要求报，没有审核",
            "{id} is not asked for in this month and was not checked"
        );
        self.notes.push(ReadingNote {
            file: file.to_owned(),
            sheet,
            what,
            first: None,
            count: 1,
        });
    }

    fn refuse(&mut self, file: &str, district: Option<usize>, why: &Text) {
        self.refused.extend(district);
        let unit = district
            .map(|at| self.rulebook.unit(at))
            .unwrap_or_default();
        self.findings.push(Finding {
            fix: Text::new("重新报送可用的文件", "send a file that can be used"),
            message: why.clone(),
            ..bare(
                FILE_RULE,
                Severity::Error,
                unit,
                None,
                file,
                self.period,
                file,
            )
        });
    }

    fn competing(&mut self, one: &InForce, first: &str, second: &str, gap: usize) {
        let form = self.rulebook.forms[one.form].id.clone();
        let unit = self.rulebook.unit(one.district);
        let name = unit.name.clone();
        self.findings.push(Finding {
            audience: Audience::City,
            found: second.to_owned(),
            message: both!(
                "{name} {form} 收到两份不同的报送：“{first}”和“{second}”，有 {gap} 个数不同，暂用“{first}”",
                "{name} sent {form} twice, `{first}` and `{second}`, with {gap} figures that differ; `{first}` is used"
            ),
            fix: Text::new(
                "与填报单位核实以哪份为准，删去另一份",
                "ask the district which one counts, and take the other out",
            ),
            ..bare(ONE_RULE, Severity::Query, unit, Some(form), second, self.period, second)
        });
    }

    /// What is wrong with the forms themselves.
    fn frames(&mut self, in_force: &[InForce]) {
        for (at, form) in self.rulebook.forms.iter().enumerate() {
            let own: Vec<&InForce> = in_force.iter().filter(|one| one.form == at).collect();
            for (rule, zh, en, severity) in FRAME_RULES {
                let applies = match *rule {
                    "signatures" => !form.signatures.is_empty(),
                    "unit_line" => form.unit.is_some(),
                    _ => true,
                };
                if !applies || !form.is_due_in(self.period) {
                    continue;
                }
                let id = format!("{}.{rule}", form.id);
                let mut counts = Counts::default();
                for one in &own {
                    let failed: Vec<&FrameFinding> =
                        one.frame.iter().filter(|f| f.rule == *rule).collect();
                    if failed.is_empty() {
                        counts.passed += 1;
                    } else {
                        counts.failed += 1;
                    }
                    let findings = failed.iter().map(|f| self.frame(&id, form, one, f));
                    let findings: Vec<Finding> = findings.collect();
                    self.findings.extend(findings);
                }
                self.outcome(&id, &form.id, Text::new(*zh, *en), *severity, counts);
            }
        }
    }

    fn frame(&self, id: &str, form: &Form, one: &InForce, found: &FrameFinding) -> Finding {
        let file = &self.files[one.file].path;
        let unit = self.rulebook.unit(one.district);
        let about = format!("{} {}", found.message.en, found.found);
        Finding {
            place: Place {
                file: file.clone(),
                sheet: Some(one.sheet.clone()),
                cell: found.cell,
            },
            found: found.found.clone(),
            expected: found.expected.clone(),
            message: found.message.clone(),
            fix: found.fix.clone(),
            ..bare(
                id,
                found.severity,
                unit,
                Some(form.id.clone()),
                file,
                self.period,
                &about,
            )
        }
    }

    /// Every rule of a form over all of its submissions.
    fn rules(&mut self, at: usize, form: &Form, own: &[&InForce], baseline: &Baseline) {
        if !form.is_due_in(self.period) {
            return;
        }
        let units: Vec<Unit> = own
            .iter()
            .map(|one| self.rulebook.unit(one.district))
            .collect();
        let owners: Vec<Owner<'_>> = own
            .iter()
            .zip(&units)
            .map(|(one, unit)| Owner {
                unit,
                file: &self.files[one.file].path,
            })
            .collect();
        let rules: Vec<&Rule> = self.rulebook.rules[at]
            .iter()
            .filter(|rule| rule.months.is_empty() || rule.months.contains(&self.period.month()))
            .collect();
        let checked = if form.is_fixed() {
            self.fixed(at, form, own, &owners, &rules, baseline)
        } else {
            self.list(at, form, own, &owners, &rules, baseline)
        };
        for (rule, Checked { counts, findings }) in rules.iter().zip(checked) {
            let mut sum = Counts::default();
            for one in &counts {
                sum.add(one);
            }
            self.outcomes.push(RuleOutcome {
                rule: rule.id.clone(),
                form: form.id.clone(),
                title: rule.title.clone(),
                formula: rule.formula.clone(),
                severity: rule.severity,
                source: rule.source.clone(),
                counts: sum,
            });
            self.findings.extend(findings);
        }
    }

    /// A fixed form is one record a district: all districts are stacked and looked at at once.
    fn fixed(
        &self,
        at: usize,
        form: &Form,
        own: &[&InForce],
        owners: &[Owner<'_>],
        rules: &[&Rule],
        baseline: &Baseline,
    ) -> Vec<Checked> {
        let tables: Vec<&Table> = own.iter().map(|one| &one.table).collect();
        let stacked = Table::stack(&tables);
        let before = |period: Period| {
            let known: Vec<Option<&Table>> = own
                .iter()
                .map(|one| baseline.table(period, at, one.district))
                .collect();
            let tables: Vec<&Table> = known.iter().copied().flatten().collect();
            let mut next = 0..;
            let record = known
                .iter()
                .map(|table| table.and_then(|_| next.next()))
                .collect();
            Earlier {
                table: Cow::Owned(Table::stack(&tables)),
                record,
            }
        };
        let last_year = before(self.period.last_year());
        let last_period = before(form.period_before(self.period));
        let batch = Batch {
            form,
            period: self.period,
            figures: Figures {
                own: &stacked,
                last_year: Some(&last_year),
                last_period: Some(&last_period),
            },
            owner: &|record| record,
            owners,
        };
        rules.iter().map(|rule| check(rule, &batch)).collect()
    }

    /// A list is looked at submission by submission, on all cores.
    fn list(
        &self,
        at: usize,
        form: &Form,
        own: &[&InForce],
        owners: &[Owner<'_>],
        rules: &[&Rule],
        baseline: &Baseline,
    ) -> Vec<Checked> {
        let by_submission: Vec<Vec<Checked>> = own
            .par_iter()
            .zip(owners)
            .map(|(one, owner)| {
                let table = |period| baseline.table(period, at, one.district);
                let last_year = earlier(form, &one.table, table(self.period.last_year()));
                let last_period = earlier(form, &one.table, table(form.period_before(self.period)));
                let batch = Batch {
                    form,
                    period: self.period,
                    figures: Figures {
                        own: &one.table,
                        last_year: last_year.as_ref(),
                        last_period: last_period.as_ref(),
                    },
                    owner: &|_| 0,
                    owners: std::slice::from_ref(owner),
                };
                rules.iter().map(|rule| check(rule, &batch)).collect()
            })
            .collect();
        let mut all: Vec<Checked> = rules
            .iter()
            .map(|_| Checked {
                counts: Vec::new(),
                findings: Vec::new(),
            })
            .collect();
        for submission in by_submission {
            for (all, one) in all.iter_mut().zip(submission) {
                all.counts.extend(one.counts);
                all.findings.extend(one.findings);
            }
        }
        all
    }

    fn standing(&self, in_force: &[InForce], now: NaiveDateTime) -> Vec<DistrictStanding> {
        let forms = &self.rulebook.forms;
        self.rulebook
            .register
            .due(self.period)
            .map(|(district, _)| {
                let unit = self.rulebook.unit(district);
                let forms = forms.iter().enumerate().map(|(at, form)| {
                    let one = in_force
                        .iter()
                        .find(|o| (o.form, o.district) == (at, district));
                    let reporting = self.reporting(form, district, one, now);
                    let own = self.findings.iter().filter(|finding| {
                        finding.district == unit && finding.form.as_ref() == Some(&form.id)
                    });
                    let checking = if reporting.is_here() {
                        Checking::of(own)
                    } else {
                        Checking::NotChecked
                    };
                    FormStanding {
                        form: form.id.clone(),
                        reporting,
                        checking,
                    }
                });
                DistrictStanding {
                    forms: forms.collect(),
                    unit,
                }
            })
            .collect()
    }

    fn reporting(
        &self,
        form: &Form,
        district: usize,
        one: Option<&InForce>,
        now: NaiveDateTime,
    ) -> Reporting {
        let due = form.due.map(|due| due.date(self.period));
        let Some(one) = one else {
            if !form.is_due_in(self.period) {
                return Reporting::NotAsked;
            }
            // A file that could not be used may be this form: it is not called missing then.
            if self.refused.contains(&district) {
                return Reporting::Invalid;
            }
            return match due {
                Some(due) if now.date() <= due => Reporting::NotYetDue,
                _ => Reporting::Missing,
            };
        };
        if is_nil(form, &one.table) {
            return Reporting::Nil;
        }
        let arrived = &self.files[one.file].arrived;
        match due {
            Some(due) if arrived.as_str() > due.format("%Y-%m-%dT24").to_string().as_str() => {
                Reporting::Late
            }
            _ => Reporting::Reported,
        }
    }
}

/// A finding about a file or form, its words still to come.
fn bare(
    rule: &str,
    severity: Severity,
    unit: Unit,
    form: Option<String>,
    file: &str,
    period: Period,
    about: &str,
) -> Finding {
    Finding {
        id: finding::id(rule, &unit.code, &period.to_string(), about),
        rule: rule.to_owned(),
        severity,
        audience: Audience::District,
        district: unit,
        form,
        place: Place {
            file: file.to_owned(),
            sheet: None,
            cell: None,
        },
        read: Vec::new(),
        record: None,
        variable: None,
        found: String::new(),
        expected: None,
        difference: None,
        message: Text::default(),
        fix: Text::default(),
        state: State::Open,
        count: 1,
    }
}

/// How many figures of two submissions of one form differ.
fn differences(form: &Form, a: &Table, b: &Table) -> usize {
    if a.records() != b.records() {
        return a.records().abs_diff(b.records()).max(1);
    }
    (0..form.variables.len())
        .map(|variable| {
            let differ = |record: &usize| {
                a.number(*record, variable) != b.number(*record, variable)
                    || a.word(*record, variable) != b.word(*record, variable)
            };
            (0..a.records()).filter(differ).count()
        })
        .sum()
}

/// 零报告: the form is there and says that there is nothing.
fn is_nil(form: &Form, table: &Table) -> bool {
    (0..form.variables.len())
        .filter(|v| form.variables[*v].is_number())
        .all(|variable| {
            (0..table.records()).all(|record| match table.number(record, variable) {
                Some(x) => x == 0.0,
                None => !matches!(
                    table.absent(record, variable),
                    Some(Absent::Unreadable(_) | Absent::NoColumn)
                ),
            })
        })
}
