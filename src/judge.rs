//! From what was read to a judged run: which submissions are in force, what the rules say of
//! them, how each district stands. The city's figures are for `consolidate`.
//!
//! All is read before this begins, and nothing is written here.

use crate::baseline::{Altered, Baseline, Standing};
use crate::check::run::{Batch, Checked, Counts, Owner, check};
use crate::check::tables::Tables;
use crate::closing;
use crate::closing::then::{Gone, OtherRules};
use crate::dialogue::{Compared, Dialogue, FileWritten, Situation};
use crate::expr::Link;
use crate::finding::{self, Decision, Finding, ReadCell, State, Unit, Word};
use crate::intake::returned::{DecidedOf, Written};
use crate::intake::{FRAME_RULES, FrameFinding, OF_DISTRICT, OF_PERIOD, Received};
use crate::judged::{FileFound, Judged, RuleOutcome, Submission, Unevaluated};
use crate::note::ReadingNote;
use crate::period::Period;
use crate::place::Place;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::rule::Rule;
use crate::rulebook::written::{Audience, Each, Severity, Stage};
use crate::standing::{Acceptance, Checking, DistrictStanding, FormStanding, Reporting};
use crate::submissions::{self, Choice, FileRead, ONE_RULE, Sent, choose};
use crate::table::{Absent, Table};
use crate::words::Text;
use chrono::{NaiveDate, NaiveDateTime};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The rule that every file is looked at with.
pub const FILE_RULE: &str = "intake.file";
/// What a form of another month in the same workbook says of figures that were reported then.
pub const PAST_RULE: &str = "intake.past";
/// How many districts of a finding that is held back are named.
const SHOWN_OF_A_FLOOD: usize = 3;
/// What a finding about a rule that is held back is about.
const FLOOD: &str = "flood";
/// Figures that are all those of another submission.
pub const COPIED_RULE: &str = "intake.copied";
/// What was accepted or published for an earlier period is still what was written then.
pub const ACCEPTED_RULE: &str = "intake.accepted";
/// A nil return where there was something a year ago.
pub const NIL_RULE: &str = "intake.nil";

/// A submission in force, with what is wrong with its form.
struct InForce {
    form: usize,
    district: usize,
    file: usize,
    sheet: String,
    frame: Vec<FrameFinding>,
    table: Table,
}

/// Judges a period by rules that may be other ones than it was closed by.
pub fn judge<'a>(
    (rulebook, other_rules): (&'a Rulebook, OtherRules),
    period: Period,
    files: Vec<FileRead>,
    baseline: &Baseline,
    now: NaiveDateTime,
    dialogue: Dialogue,
) -> Judged<'a> {
    let mut judging = Judging {
        rulebook,
        period,
        dialogue,
        written: Vec::new(),
        files: Vec::new(),
        findings: Vec::new(),
        outcomes: Vec::new(),
        notes: Vec::new(),
        refused: Vec::new(),
        unevaluated: Vec::new(),
        sent: BTreeMap::new(),
    };
    let in_force = judging.take(files, baseline);
    judging.copied(&in_force, baseline);
    judging.nil(&in_force, baseline);
    judging.accepted(baseline, &other_rules.gone);
    judging.frames(&in_force);
    for at in 0..rulebook.forms.len() {
        judging.rules(at, &in_force, baseline);
    }
    for finding in &mut judging.findings {
        if finding.basis.is_empty() {
            finding.basis = finding.basis_of_words();
        }
    }
    judging.tell_apart();
    judging.fold_nil();
    judging.fold_slips();
    let compared = judging.settle(&in_force);
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
        unevaluated,
        dialogue,
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
        earlier: baseline.earlier(rulebook, period),
        notes,
        unevaluated,
        compared,
        dialogue,
        closed: None,
        damaged: Vec::new(),
        other_rules,
        corrections: Vec::new(),
        accepted: BTreeMap::new(),
    }
}

/// The period and the district that a file says it is of, in properties of ours.
type SaysOf = (Option<String>, Option<String>);

struct Judging<'a> {
    rulebook: &'a Rulebook,
    period: Period,
    /// What was said so far.
    dialogue: Dialogue,
    /// By file: what people wrote into it, and the period and district that it says it is of.
    written: Vec<(Written, SaysOf)>,
    files: Vec<FileFound>,
    findings: Vec<Finding>,
    outcomes: Vec<RuleOutcome>,
    notes: Vec<ReadingNote>,
    /// Districts whose file could not be used: it may have been any of their forms.
    refused: Vec<usize>,
    unevaluated: Vec<Unevaluated>,
    /// By form and district: how many submissions came that differ from each other.
    sent: BTreeMap<(usize, usize), u32>,
}

impl Judging<'_> {
    /// Which submissions are in force. What can't be used is told, and never counts as zero or
    /// as absent.
    fn take(&mut self, mut files: Vec<FileRead>, baseline: &Baseline) -> Vec<InForce> {
        self.leave_out_of_season(&mut files);
        self.leave_out_of_office(&mut files);
        let Choice {
            in_force,
            other_periods,
            findings,
            notes,
            counts,
            sent,
        } = choose(self.rulebook, self.period, &mut files, &self.dialogue);
        let mut of_files = Counts::default();
        for file in &mut files {
            self.notes.append(&mut file.reading.notes);
            let about = &file.reading.about;
            let says = |name: &str| about.property(name).map(str::to_owned);
            let districts = &self.rulebook.register.districts;
            let found = file.reading.district.map(|at| districts[at].code.clone());
            let of = (says(OF_PERIOD), says(OF_DISTRICT).or(found));
            let written = std::mem::take(&mut file.reading.written);
            self.written.push((written, of));
        }
        let usable: Vec<(&str, usize)> = in_force
            .iter()
            .map(|one| (files[one.file].name.as_str(), one.district))
            .collect();
        for file in &files {
            self.files.push(FileFound {
                path: file.name.clone(),
                sha256: file.sha256.clone(),
                kind: file.reading.about.kind.clone(),
                arrived: file.arrived.format("%Y-%m-%dT%H:%M").to_string(),
                refused: file.reading.refused.clone(),
            });
            match &file.reading.refused {
                None => of_files.passed += 1,
                Some(_) if accompanies(file, &usable) => {
                    of_files.passed += 1;
                    self.notes.push(ReadingNote {
                        file: file.name.clone(),
                        sheet: String::new(),
                        what: Text::new(
                            "随表报来的附件，没有读取",
                            "came along with a workbook and was not read",
                        ),
                        first: None,
                        count: 1,
                    });
                }
                Some(why) => {
                    of_files.failed += 1;
                    self.refuse(&file.name, file.reading.district, why);
                }
            }
        }
        self.findings.extend(findings);
        self.notes.extend(notes);
        self.sent = sent;
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
        let of_forms = Counts {
            passed: counts.0,
            failed: counts.1,
            ..Counts::default()
        };
        self.outcome(ONE_RULE, "", title, Severity::Query, of_forms);
        self.past(&other_periods, baseline);
        let taken = in_force.into_iter().map(|one| InForce {
            form: one.form,
            district: one.district,
            file: one.file,
            sheet: one.sheet,
            frame: one.frame,
            table: one.draft.into(),
        });
        taken.collect()
    }

    /// Forms that are not asked for in this month are told, and count for nothing.
    fn leave_out_of_season(&mut self, files: &mut [FileRead]) {
        let (forms, period) = (&self.rulebook.forms, self.period);
        for file in files {
            let (name, notes) = (&file.name, &mut self.notes);
            file.reading.received.retain(|received| {
                let form = &forms[received.form];
                if form.is_due_in(period) || received.period.is_some_and(|of| of != period) {
                    return true;
                }
                let id = &form.id;
                notes.push(ReadingNote {
                    file: name.clone(),
                    sheet: received.sheet.clone(),
                    what: both!(
                        "{id} 本期不要求报，没有审核",
                        "{id} is not asked for in this month and was not checked"
                    ),
                    first: None,
                    count: 1,
                });
                false
            });
        }
    }

    /// What a unit sent that reports no more, or not yet: it is no part of the city's figures, and
    /// whoever sent it hears so.
    fn leave_out_of_office(&self, files: &mut [FileRead]) {
        let (districts, period) = (&self.rulebook.register.districts, self.period);
        for file in files {
            let received = &mut file.reading.received;
            let is_out = |one: &Received| {
                !districts[one.district].reports_in(period)
                    && one.period.is_none_or(|of| of == period)
            };
            let out = received.iter().filter(|one| is_out(one));
            let out: BTreeSet<usize> = out.map(|one| one.district).collect();
            let Some(first) = out.first().copied() else {
                continue;
            };
            let names = out.iter().map(|of| districts[*of].name.as_str());
            let name = names.collect::<Vec<_>>().join("、");
            let heirs = districts.iter().filter(|heir| {
                let is_of = |of: &usize| heir.predecessors.contains(&districts[*of].code);
                heir.reports_in(period) && out.iter().any(is_of)
            });
            let heirs: Vec<&str> = heirs.map(|heir| heir.name.as_str()).collect();
            let (zh, en) = (heirs.join("、"), heirs.join(", "));
            let (zh, en) = if heirs.is_empty() {
                (String::new(), String::new())
            } else {
                (format!("，由{zh}填报"), format!("; {en} reports for it"))
            };
            let why = both!(
                "{name}在本期不是填报单位{zh}，这份表没有采用。名册有误的，改 rules 里的名册（valid_from、valid_to）",
                "{name} does not report in this period{en}; this was not used. If that is wrong mend the register (`valid_from`, `valid_to`)"
            );
            received.retain(|one| !is_out(one));
            if received.is_empty() {
                file.reading.district = Some(first);
                file.reading.refused = Some(why);
            } else {
                file.reading.notes.push(ReadingNote {
                    file: file.name.clone(),
                    sheet: String::new(),
                    what: why,
                    first: None,
                    count: 1,
                });
            }
        }
    }

    /// Sheets of other months that came along, against what was accepted for those months: a
    /// quiet change is asked about.
    fn past(&mut self, sent: &[(Period, Sent)], baseline: &Baseline) {
        let mut counts = Counts::default();
        // Of a later month nothing can have been reported yet: its sheet waits to be filled.
        let earlier = sent.iter().filter(|(of, _)| *of < self.period);
        for (of, one) in earlier {
            let Some(known) = baseline.table(*of, one.form, one.district) else {
                continue;
            };
            let form = &self.rulebook.forms[one.form];
            let gaps = submissions::differences(form, known, &one.draft);
            if gaps.is_empty() {
                counts.passed += 1;
                continue;
            }
            counts.failed += 1;
            let (words, gap, shown) = (of.words(), gaps.len(), submissions::shown(&gaps));
            let file = self.files[one.file].path.clone();
            let about = format!("{of} {} {}", form.id, self.files[one.file].sha256);
            let bare = self.bare(
                PAST_RULE,
                Severity::Query,
                one.district,
                Some(form.id.clone()),
                &about,
            );
            self.findings.push(Finding {
                place: Place {
                    file,
                    sheet: Some(one.sheet.clone()),
                    cell: None,
                },
                message: Text::new(
                    format!("{}的表与当时报的有 {gap} 个数不同：{}", words.zh, shown.zh),
                    format!("the form of {} differs from what was reported then in {gap} figures: {}", words.en, shown.en),
                ),
                fix: Text::new(
                    "往期数确要更正的，写明原因另报；否则改回当时报的数",
                    "if the past has to be corrected say why and send that month again; else put the old figures back",
                ),
                ..bare
            });
        }
        let title = Text::new(
            "往期的数没有改动",
            "figures of earlier months are as they were reported",
        );
        self.outcome(PAST_RULE, "", title, Severity::Query, counts);
    }

    /// Submissions whose figures are all those of another one: last year's, or a neighbour's.
    fn copied(&mut self, in_force: &[InForce], baseline: &Baseline) {
        let mut counts = Counts::default();
        // Nearly all tables differ in their first figures; those that don't are compared whole.
        let mut known: BTreeMap<_, Vec<&InForce>> = BTreeMap::new();
        for one in in_force {
            let form = &self.rulebook.forms[one.form];
            let Some(first) = first_flows(form, &one.table) else {
                continue;
            };
            let is_same = |table: &Table| flows(form, table).eq(flows(form, &one.table));
            let last_year = baseline.table(self.period.last_year(), one.form, one.district);
            let repeats = last_year.is_some_and(is_same);
            let alike = known.entry((one.form, first)).or_default();
            let neighbour = alike.iter().find(|other| is_same(&other.table));
            let neighbour = neighbour.map(|other| other.district);
            alike.push(one);
            if !repeats && neighbour.is_none() {
                counts.passed += 1;
                continue;
            }
            counts.failed += 1;
            let form = form.id.clone();
            let file = self.files[one.file].path.clone();
            let bare = self.bare(
                COPIED_RULE,
                Severity::Query,
                one.district,
                Some(form.clone()),
                &form,
            );
            let place = Place {
                file,
                sheet: Some(one.sheet.clone()),
                cell: None,
            };
            let finding = match neighbour {
                // A district never hears of another one's figures.
                Some(other) if !repeats => {
                    let (name, other) = (
                        self.rulebook.unit(one.district).name,
                        self.rulebook.unit(other).name,
                    );
                    Finding {
                        audience: Audience::City,
                        message: both!(
                            "{name}的 {form} 与{other}的数字完全相同，疑为误报",
                            "all figures of {form} from {name} are those of {other}"
                        ),
                        fix: Text::new(
                            "与两个单位核实是谁的数",
                            "ask both districts whose figures they are",
                        ),
                        place,
                        ..bare
                    }
                }
                _ => Finding {
                    message: both!(
                        "{form} 的数字与上年同期报的完全相同",
                        "all figures of {form} are those reported a year ago"
                    ),
                    fix: Text::new(
                        "核对是否误报了上年的表；确实相同的说明原因",
                        "was last year's form sent? if the figures are true say why",
                    ),
                    place,
                    ..bare
                },
            };
            self.findings.push(finding);
        }
        let title = Text::new("不是照抄的数", "figures are not copied");
        self.outcome(COPIED_RULE, "", title, Severity::Query, counts);
    }

    /// A nil return is lawful; where there was something a year ago it is asked about.
    fn nil(&mut self, in_force: &[InForce], baseline: &Baseline) {
        let mut counts = Counts::default();
        for one in in_force {
            let form = &self.rulebook.forms[one.form];
            let last_year = baseline.table(self.period.last_year(), one.form, one.district);
            let Some(last_year) = last_year.filter(|_| is_nil(form, &one.table)) else {
                continue;
            };
            if is_nil(form, last_year) {
                counts.passed += 1;
                continue;
            }
            counts.failed += 1;
            let id = form.id.clone();
            let file = self.files[one.file].path.clone();
            let bare = self.bare(
                NIL_RULE,
                Severity::Query,
                one.district,
                Some(id.clone()),
                &id,
            );
            self.findings.push(Finding {
                place: Place {
                    file,
                    sheet: Some(one.sheet.clone()),
                    cell: None,
                },
                message: both!(
                    "{id} 是零报告，上年同期不为零",
                    "{id} is a nil return; a year ago there was something"
                ),
                fix: Text::new(
                    "确无数据的说明原因；漏填的补填",
                    "if there is nothing say why; else fill it in",
                ),
                ..bare
            });
        }
        let title = Text::new("零报告属实", "nil returns are true");
        self.outcome(NIL_RULE, "", title, Severity::Query, counts);
    }

    fn bare(
        &self,
        rule: &str,
        severity: Severity,
        district: usize,
        form: Option<String>,
        about: &str,
    ) -> Finding {
        Finding::bare(
            rule,
            severity,
            self.rulebook.unit(district),
            form,
            self.period,
            about,
        )
    }

    fn outcome(&mut self, rule: &str, form: &str, title: Text, severity: Severity, counts: Counts) {
        self.outcomes.push(RuleOutcome {
            rule: rule.to_owned(),
            form: form.to_owned(),
            formula: String::new(),
            source: None,
            title,
            severity,
            stage: Stage::InForce,
            counts,
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
            place: Place {
                file: file.to_owned(),
                sheet: None,
                cell: None,
            },
            ..Finding::bare(FILE_RULE, Severity::Error, unit, None, self.period, file)
        });
    }

    /// Whether the figures that this period is compared with are those that were accepted or
    /// published. What was changed by hand was not used, and staff hear of it by name, as they do
    /// of forms that the period itself was closed with and that are not asked for any more.
    fn accepted(&mut self, baseline: &Baseline, gone: &[Gone]) {
        let reopened = baseline.reopened().map(|period| ReadingNote {
            file: format!("{}/{period}/{}", closing::FOLDER, closing::FILE),
            sheet: String::new(),
            what: both!(
                "{period} 已解封，本期对比数为暂数",
                "{period} is open again: this period is compared with provisional figures"
            ),
            first: None,
            count: 1,
        });
        self.notes.extend(reopened);
        let found = baseline.changed().map(|one| self.altered(one, baseline));
        let gone = gone.iter().map(|one| self.gone(one));
        let found: Vec<Finding> = found.chain(gone).collect();
        let counts = Counts {
            passed: baseline.accepted() as u64,
            failed: found.len() as u64,
            ..Counts::default()
        };
        // Before the first month is closed there is nothing to look at.
        if counts.passed + counts.failed == 0 {
            return;
        }
        self.findings.extend(found);
        let title = Text::new(
            "往期的数据文件没有改动",
            "files of earlier figures are as they were written",
        );
        self.outcome(ACCEPTED_RULE, "", title, Severity::Query, counts);
    }

    fn altered(&self, one: &Altered, baseline: &Baseline) -> Finding {
        let Altered {
            period,
            file,
            form,
            was_accepted,
        } = one;
        let what = if *was_accepted {
            both!(
                "{period} 封库时存的 {file} 被改动、损坏或没有了，没有采用",
                "`{file}`, kept when {period} was closed, was changed, damaged or lost and is not used"
            )
        } else {
            both!(
                "{period} 已发布的 {file} 被改动、损坏或没有了，没有采用",
                "`{file}`, published for {period}, was changed, damaged or lost and is not used"
            )
        };
        let instead = match form.map(|form| baseline.standing(*period, form)) {
            _ if *period == self.period => Text::new(
                "无法与已验收的数比较",
                "what has come since cannot be compared with it",
            ),
            Some(Standing::Accepted) => Text::new(
                "已发布的结果里有相同的一份，对比用的是那一份",
                "the published results have the same, and that is compared with",
            ),
            Some(Standing::Provisional) => Text::new(
                "对比改用已发布的数，为暂数",
                "what was published is compared with, provisionally",
            ),
            Some(Standing::OnTheSpot) => Text::new(
                "对比改用报送文件里现读的数，为暂数",
                "what the submissions say is compared with, provisionally",
            ),
            None => Text::new(
                "该期按未封库看待，对比数为暂数",
                "the month counts as open, and is compared with provisionally",
            ),
        };
        let fix = if *was_accepted {
            Text::new(
                "从备份恢复这个文件，并查明是谁改的；没有备份的，核实后重新封库",
                "put the file back from a backup and ask who changed it; without one close the month again once its figures are known to be right",
            )
        } else {
            both!(
                "重新运行：hebiao run --period {period}",
                "run it again: `hebiao run --period {period}`"
            )
        };
        let unit = Unit {
            code: String::new(),
            name: self.rulebook.job.whole.clone(),
        };
        let form = form.map(|form| self.rulebook.forms[form].id.clone());
        Finding {
            audience: Audience::City,
            place: Place {
                file: file.clone(),
                sheet: None,
                cell: None,
            },
            message: Text::new(
                format!("{}；{}", what.zh, instead.zh),
                format!("{}; {}", what.en, instead.en),
            ),
            fix,
            ..Finding::bare(
                ACCEPTED_RULE,
                Severity::Query,
                unit,
                form,
                self.period,
                file,
            )
        }
    }

    /// A form that the period was closed with, and that is not asked for in it any more.
    fn gone(&self, one: &Gone) -> Finding {
        let (words, period) = (one.words(), self.period);
        let unit = Unit {
            code: String::new(),
            name: self.rulebook.job.whole.clone(),
        };
        Finding {
            audience: Audience::City,
            place: Place {
                file: format!("{}/{period}/{}", closing::FOLDER, closing::FILE),
                sheet: None,
                cell: None,
            },
            message: words.and(&Text::new("；不能算定稿", "; they are not final")),
            fix: both!(
                "要原样的定稿，用封库时的规则运行这一期；这张表确要取消的，先解封（hebiao reopen {period}），再运行、封库",
                "for final tables run the month by the rules that it was closed by; if the form is to go reopen it (`hebiao reopen {period}`), then run and close it again"
            ),
            ..Finding::bare(
                ACCEPTED_RULE,
                Severity::Query,
                unit,
                None,
                period,
                &format!("gone {}", one.form),
            )
        }
    }

    /// What is wrong with the forms themselves.
    fn frames(&mut self, in_force: &[InForce]) {
        for (at, form) in self.rulebook.forms.iter().enumerate() {
            let own: Vec<&InForce> = in_force.iter().filter(|one| one.form == at).collect();
            for (rule, zh, en, severity) in FRAME_RULES {
                let applies = match *rule {
                    "signatures" => !form.signatures.is_empty(),
                    "unit_line" => form.unit.is_some(),
                    "sums" => !form.is_fixed(),
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
            ..Finding::bare(
                id,
                found.severity,
                unit,
                Some(form.id.clone()),
                self.period,
                &about,
            )
        }
    }

    /// Every rule of a form over all of its submissions, on all cores.
    fn rules(&mut self, at: usize, in_force: &[InForce], baseline: &Baseline) {
        let rulebook = self.rulebook;
        let form = &rulebook.forms[at];
        if !form.is_due_in(self.period) {
            return;
        }
        let known: BTreeMap<(usize, usize), &Table> = in_force
            .iter()
            .map(|one| ((one.form, one.district), &one.table))
            .collect();
        let period = self.period;
        let find = |form, of, district| {
            if of == period {
                return known.get(&(form, district)).copied();
            }
            baseline.table(of, form, district)
        };
        let is_new = |district: usize| {
            let district = rulebook.register.districts.get(district);
            district.is_some_and(|d| !d.predecessors.is_empty())
        };
        let tables = Tables {
            forms: &rulebook.forms,
            period,
            find: &find,
            has_breaks: true,
            is_new: &is_new,
        };
        let rules: Vec<&Rule> = rulebook.rules[at]
            .iter()
            .filter(|rule| rule.is_in_force(period))
            .collect();
        let links: BTreeSet<Link> = rules.iter().flat_map(|rule| rule.links()).collect();
        let own: Vec<(Owner<'_>, &Table)> = in_force
            .iter()
            .filter(|one| one.form == at)
            .map(|one| {
                let owner = Owner {
                    district: one.district,
                    unit: rulebook.unit(one.district),
                    file: &self.files[one.file].path,
                };
                (owner, &one.table)
            })
            .collect();
        let batches: Vec<Batch<'_>> = if form.is_fixed() {
            // One record a district: all are stacked and looked at at once.
            let (owners, stacked): (Vec<_>, Vec<_>) = own.into_iter().unzip();
            let stacked = Cow::Owned(Table::stack(&stacked));
            vec![Batch::new(at, stacked, owners, &links, &tables)]
        } else {
            own.into_par_iter()
                .map(|(owner, table)| {
                    Batch::new(at, Cow::Borrowed(table), vec![owner], &links, &tables)
                })
                .collect()
        };
        let checked: Vec<Checked> = rules
            .par_iter()
            .map(|rule| check(rule, at, &batches, &tables))
            .collect();
        for (rule, checked) in rules.iter().zip(checked) {
            self.outcomes.push(RuleOutcome {
                rule: rule.id.clone(),
                form: form.id.clone(),
                title: rule.title.clone(),
                formula: rule.formula.clone(),
                severity: rule.severity_of(period),
                stage: rule.stage,
                source: rule.source.clone(),
                counts: checked.counts.clone(),
            });
            for ((district, reason), count) in &checked.unevaluated {
                if let Some(of) = rulebook.register.districts.get(*district) {
                    self.unevaluated.push(Unevaluated {
                        district: of.code.clone(),
                        form: form.id.clone(),
                        rule: rule.id.clone(),
                        reason: *reason,
                        count: *count,
                    });
                }
            }
            let findings = self.held_back(rule, checked);
            self.findings.extend(findings);
        }
    }

    /// The flood guard: a query that comes up in more than a share of the districts is most often
    /// a fault of the rule or of the definition, and is one line to staff until they release it.
    fn held_back(&self, rule: &Rule, checked: Checked) -> Vec<Finding> {
        let flood = self.rulebook.job.flood;
        let Checked {
            looked_at,
            fired,
            mut findings,
            ..
        } = checked;
        for finding in &mut findings {
            if finding.district.code.is_empty() && rule.each == Each::City {
                finding.district.name.clone_from(&self.rulebook.job.whole);
            }
        }
        let (fired, all) = (fired.len(), looked_at.len());
        let flood_id = finding::id(&rule.id, "", &self.period.to_string(), FLOOD);
        let is_flood = fired >= flood.at_least
            && fired * 100 > all * flood.percent as usize
            && rule.severity_of(self.period) == Severity::Query
            && rule.audience == Audience::District
            && rule.stage == Stage::InForce
            && !rule.released;
        let Some(first) = findings.first().filter(|_| is_flood) else {
            return findings;
        };
        let is_released = self.dialogue.word_on(&flood_id) == Some(Word::Release);
        let count = findings.iter().map(|finding| finding.count).sum();
        let (title, id) = (&rule.title, &rule.id);
        let unit = Unit {
            code: String::new(),
            name: self.rulebook.job.whole.clone(),
        };
        let form = first.form.clone();
        // A few of them, so that staff can see whether it is the rule or the figures.
        let mut seen = BTreeSet::new();
        let some = findings.iter().filter(|f| seen.insert(&f.district));
        let some = some.take(SHOWN_OF_A_FLOOD);
        let some: Vec<String> = some
            .map(|f| format!("{} {}", f.district.name, f.place))
            .collect();
        let some = some.join("；");
        let bare = Finding::bare(id, Severity::Query, unit, form, self.period, FLOOD);
        let bare = Finding {
            audience: Audience::City,
            stage: rule.stage,
            count,
            ..bare
        };
        if is_released {
            // The line stays, so that staff can hold it back again.
            findings.push(Finding {
                count: 1,
                severity: Severity::Note,
                state: State::Settled,
                message: Text::new(
                    format!(
                        "“{}”在 {all} 个单位中的 {fired} 个报出，共 {count} 处，按市级决定已下发",
                        title.zh
                    ),
                    format!(
                        "`{}` came up in {fired} of {all} districts, {count} times; staff decided to send it out",
                        title.en
                    ),
                ),
                fix: Text::new(
                    "要收回的，在“处理”栏改选“暂不”",
                    "to hold it back choose hold in the column `Decision`",
                ),
                ..bare
            });
            return findings;
        }
        vec![Finding {
            state: State::Held,
            message: Text::new(
                format!(
                    "规则或口径问题？“{}”在 {all} 个单位中的 {fired} 个报出，共 {count} 处，暂不下发。例如 {some}",
                    title.zh
                ),
                format!(
                    "a fault of the rule or the definition? `{}` came up in {fired} of {all} districts, {count} times; it is held back; such as {some}",
                    title.en
                ),
            ),
            fix: both!(
                "核对规则和口径，逐条看用 hebiao rules backtest {id}；确要下发的，在“处理”栏选“下发”（只对本期），长期下发的在规则里写 released = true",
                "look at rule and definition, and at all of them by `hebiao rules backtest {id}`; choose release in the column `Decision` to send them out this period, or write released = true for good"
            ),
            ..bare
        }]
    }

    /// No two findings have one id: what is said of one must not count for the other.
    fn tell_apart(&mut self) {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for finding in &mut self.findings {
            let times = times.entry(finding.id.clone()).or_insert(0);
            *times += 1;
            if *times > 1 {
                finding.id = finding::id(&finding.id, "", "", &times.to_string());
            }
        }
    }

    /// Where a form says that there is nothing, what is implausible about nothing follows from
    /// that: it is counted with its rules, and not listed beside the question.
    fn fold_nil(&mut self) {
        let of = |finding: &Finding| (finding.district.code.clone(), finding.form.clone());
        let nil = self.findings.iter().enumerate();
        let nil = nil.filter(|(_, finding)| finding.rule == NIL_RULE);
        let nil: BTreeMap<_, usize> = nil.map(|(at, finding)| (of(finding), at)).collect();
        let mut folded: BTreeMap<usize, u64> = BTreeMap::new();
        let mut keep = vec![true; self.findings.len()];
        for (at, finding) in self.findings.iter().enumerate() {
            let question = nil.get(&of(finding));
            let is_figure = finding.variable.is_some() && finding.severity != Severity::Error;
            if let Some(question) = question.filter(|_| is_figure) {
                *folded.entry(*question).or_default() += 1;
                keep[at] = false;
            }
        }
        self.fold(folded, keep);
    }

    /// A slip that was diagnosed explains what other queries and notes say of the same cells:
    /// those are counted with their rules, and not listed beside it.
    fn fold_slips(&mut self) {
        let mut slips: BTreeMap<(Audience, &ReadCell), usize> = BTreeMap::new();
        for (at, finding) in self.findings.iter().enumerate() {
            if finding.severity == Severity::Query {
                for cell in &finding.behind.slipped {
                    slips.entry((finding.audience, cell)).or_insert(at);
                }
            }
        }
        if slips.is_empty() {
            return;
        }
        // Staff see what districts see, and not the other way round.
        let seen_by = |audience: Audience| match audience {
            Audience::District => &[Audience::District][..],
            Audience::City => &[Audience::District, Audience::City],
        };
        let mut folded: BTreeMap<usize, u64> = BTreeMap::new();
        let slipped: BTreeSet<ReadCell> = slips.keys().map(|(_, cell)| (*cell).clone()).collect();
        let mut keep = vec![true; self.findings.len()];
        for (at, finding) in self.findings.iter().enumerate() {
            if finding.severity == Severity::Error {
                continue;
            }
            let told = |cell: &ReadCell| {
                let mut by = seen_by(finding.audience).iter();
                by.find_map(|audience| slips.get(&(*audience, cell)).copied())
            };
            let own = &finding.behind.slipped;
            let slip = if own.is_empty() {
                finding.read.iter().find_map(told)
            } else {
                // The same slip by another rule.
                let by_others = own.iter().map(|cell| told(cell).filter(|slip| *slip < at));
                by_others
                    .collect::<Option<Vec<usize>>>()
                    .and_then(|all| all.first().copied())
            };
            if let Some(slip) = slip {
                *folded.entry(slip).or_default() += 1;
                keep[at] = false;
            }
        }
        self.fold(folded, keep);
        self.doubt(&slipped);
    }

    /// Of an error that read a cell whose unit or decimal point is doubted, nobody can say what
    /// should stand there: that cell comes first.
    fn doubt(&mut self, slipped: &BTreeSet<ReadCell>) {
        let errors = self.findings.iter_mut();
        for finding in errors.filter(|finding| finding.severity == Severity::Error) {
            let mut others = finding.read.iter().skip(1);
            let Some(cell) = others.find(|cell| slipped.contains(cell)) else {
                continue;
            };
            let at = &cell.range;
            let more = both!(
                "；疑由 {at} 的计量单位或小数点引起，先核对那一处",
                "; probably because of the unit or decimal point in {at}: look there first"
            );
            finding.expected = None;
            finding.difference = None;
            finding.message.zh += &more.zh;
            finding.message.en += &more.en;
        }
    }

    /// Lets findings go that follow from others, which say how many.
    fn fold(&mut self, folded: BTreeMap<usize, u64>, keep: Vec<bool>) {
        for (from, count) in folded {
            let message = &mut self.findings[from].message;
            let more = both!(
                "；由此引起的另 {count} 条未逐条列出",
                "; {count} more findings that follow from it are not listed"
            );
            message.zh += &more.zh;
            message.en += &more.en;
        }
        let mut keep = keep.into_iter();
        self.findings.retain(|_| keep.next().unwrap_or(true));
    }

    /// Holds what districts answered and staff decided against the findings.
    fn settle(&mut self, in_force: &[InForce]) -> Compared {
        let mut findings = std::mem::take(&mut self.findings);
        let mut dialogue = std::mem::take(&mut self.dialogue);
        let remark = |finding: &Finding| self.remark(finding, in_force);
        let files = self.files.iter().zip(&self.written);
        let files = files.map(|(file, (written, about))| FileWritten {
            name: &file.path,
            arrived: file.arrived.clone(),
            period: about.0.as_deref(),
            district: about.1.as_deref(),
            is_torn: written.is_torn,
            answers: &written.answers,
            noted: &written.noted,
        });
        let by_form = in_force.iter().map(|one| {
            let code = self.rulebook.register.districts[one.district].code.clone();
            let form = self.rulebook.forms[one.form].id.clone();
            ((code, form), self.files[one.file].path.clone())
        });
        let situation = Situation {
            rulebook: self.rulebook,
            period: self.period.to_string(),
            files: files.collect(),
            in_force: by_form.collect(),
            remark: &remark,
        };
        let notes = dialogue.settle(&mut findings, &situation);
        let compared = dialogue.compare(&mut findings);
        self.notes.extend(notes);
        self.findings = findings;
        self.dialogue = dialogue;
        compared
    }

    /// What stands in the column 备注 of the row that a finding is about.
    fn remark(&self, finding: &Finding, in_force: &[InForce]) -> Option<String> {
        let (sheet, cell) = (finding.place.sheet.as_ref()?, finding.place.cell?);
        let one = in_force.iter().find(|one| {
            let form = &self.rulebook.forms[one.form].id;
            Some(form) == finding.form.as_ref()
                && self.rulebook.register.districts[one.district].code == finding.district.code
        })?;
        let form = &self.rulebook.forms[one.form];
        let accused = finding.variable.as_ref()?;
        let accused = form.variables.iter().find(|v| v.id == accused.id)?;
        let column = form.remark_column()?;
        let record = if form.is_fixed() {
            0
        } else {
            one.table.record_at(&finding.place.file, sheet, cell.row)?
        };
        let text = one.table.word(record, form.variable(column, accused.row))?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn standing(&self, in_force: &[InForce], now: NaiveDateTime) -> Vec<DistrictStanding> {
        let forms = &self.rulebook.forms;
        let mut found: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            if let Some(form) = &finding.form {
                let own = found.entry((&finding.district.code, form)).or_default();
                own.push(finding);
            }
        }
        let here: BTreeMap<(usize, usize), &InForce> = in_force
            .iter()
            .map(|one| ((one.form, one.district), one))
            .collect();
        self.rulebook
            .register
            .due(self.period)
            .map(|(district, _)| {
                let unit = self.rulebook.unit(district);
                let forms = forms.iter().enumerate().map(|(at, form)| {
                    let one = here.get(&(at, district)).copied();
                    let reporting = self.reporting(at, district, one, now);
                    let own = found.get(&(unit.code.as_str(), form.id.as_str()));
                    let own = own.into_iter().flatten().copied();
                    let checking = if reporting.is_here() {
                        Checking::of(own)
                    } else {
                        Checking::NotChecked
                    };
                    let (acceptance, decision) = self.acceptance(&unit.code, form, one);
                    FormStanding {
                        form: form.id.clone(),
                        reporting,
                        checking,
                        acceptance,
                        decision,
                        sent: self.sent.get(&(at, district)).copied().unwrap_or(0),
                    }
                });
                DistrictStanding {
                    forms: forms.collect(),
                    unit,
                }
            })
            .collect()
    }

    /// 受理: what staff decided of the submission that is in force now.
    fn acceptance(
        &self,
        district: &str,
        form: &Form,
        one: Option<&InForce>,
    ) -> (Acceptance, Option<Decision>) {
        let of = DecidedOf::Form(district.to_owned(), form.id.clone());
        let kept = self.dialogue.decisions.get(&of);
        let sha256 = one.map(|one| &self.files[one.file].sha256);
        let Some((kept, sha256)) = kept.zip(sha256) else {
            return (Acceptance::None, None);
        };
        // A form that was sent again is another one.
        if !kept.basis.is_empty() && kept.basis != *sha256 {
            return (Acceptance::None, None);
        }
        let acceptance = match kept.decision.word {
            Word::Take if kept.decision.opposed.is_empty() => Acceptance::Taken,
            Word::Return if kept.decision.opposed.is_empty() => Acceptance::Returned,
            _ => Acceptance::None,
        };
        (acceptance, Some(kept.decision.clone()))
    }

    fn reporting(
        &self,
        at: usize,
        district: usize,
        one: Option<&InForce>,
        now: NaiveDateTime,
    ) -> Reporting {
        let form = &self.rulebook.forms[at];
        let due = self.rulebook.due_date(at, district, self.period);
        let Some(one) = one else {
            if !form.is_due_in(self.period) {
                return Reporting::NotAsked;
            }
            // A file that could not be used may be this form: it is not called missing then.
            if self.refused.contains(&district) {
                return Reporting::Invalid;
            }
            let usual = self.rulebook.usual_due(at, self.period);
            let is_past = |day: Option<NaiveDate>| day.is_none_or(|day| day < now.date());
            return match (is_past(usual), is_past(due)) {
                (_, true) => Reporting::Missing,
                (true, false) => Reporting::Extended,
                (false, false) => Reporting::NotYetDue,
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

/// Fewer figures than this are alike by chance.
const LEAST_COPIED: usize = 20;

/// The form's own figures of the period that are not zero, with variable and record. Figures of
/// last year are no flows of this one, and what is computed follows from the others.
fn flows<'a>(form: &'a Form, table: &'a Table) -> impl Iterator<Item = (usize, usize, u64)> + 'a {
    let own = |at: &usize| {
        let variable = &form.variables[*at];
        variable.adds_up() && form.columns[variable.column].restates.is_none()
    };
    let variables = (0..form.variables.len()).filter(own);
    variables.flat_map(move |variable| {
        let figures =
            (0..table.records()).map(move |record| (record, table.number(record, variable)));
        let figures = figures.filter_map(|(record, x)| Some((record, x.filter(|x| *x != 0.0)?)));
        figures.map(move |(record, x)| (variable, record, x.to_bits()))
    })
}

/// The first of a table's flows, as many as tell one table from another; none where there are
/// too few.
fn first_flows(form: &Form, table: &Table) -> Option<Vec<(usize, usize, u64)>> {
    let first: Vec<_> = flows(form, table).take(LEAST_COPIED).collect();
    (first.len() == LEAST_COPIED).then_some(first)
}

/// Whether a file that is no workbook goes along with one that is usable: of the same district,
/// or in the same folder.
fn accompanies(file: &FileRead, usable: &[(&str, usize)]) -> bool {
    let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    file.reading.accompanies
        && usable.iter().any(|(name, district)| {
            file.reading.district == Some(*district)
                || folder(name).is_some() && folder(name) == folder(&file.name)
        })
}

/// 零报告: the form is there and says that there is nothing. What it repeats of an earlier year
/// says nothing of this one.
fn is_nil(form: &Form, table: &Table) -> bool {
    let is_of_now = |variable: &usize| {
        let place = &form.variables[*variable];
        place.is_number() && form.columns[place.column].restates.is_none()
    };
    (0..form.variables.len()).filter(is_of_now).all(|variable| {
        (0..table.records()).all(|record| match table.number(record, variable) {
            Some(x) => x == 0.0,
            None => !matches!(
                table.absent(record, variable),
                Some(Absent::Unreadable(_) | Absent::NoColumn)
            ),
        })
    })
}
