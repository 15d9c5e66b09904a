//! Rules over units: pass, fail or not evaluated, counted for every unit that was looked at.
//!
//! A unit is a record, a district's whole form, or the city. Statistics that a rule rests on are
//! worked out before its units are looked at; kinds that judge figures among their like do so for
//! all units at once.

use super::tables::Tables;
use super::{Failed, leaf_words, natively};
use crate::expr::columns::{Verdict, verdicts};
use crate::expr::exact::{self, Among, Failure, Judgement, Reason, judge};
use crate::expr::figures::{Crossing, Figures, Lack, Linked};
use crate::expr::groups::{self, Grouped};
use crate::expr::{Aggregate, Leaf, Link, Reach, Source};
use crate::finding::{self, Behind, Finding, ReadCell, Since, State, TOLD_IN_FULL, Unit, Variable};
use crate::hash;
use crate::number::{self, Exact};
use crate::place::Place;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Assertion, Claim, Relation, Rule};
use crate::rulebook::written::{Audience, Each, Severity, Stage};
use crate::table::{Draft, Table};
use crate::words::Text;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many units of a rule passed, failed and could not be evaluated, with the reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// It held.
    pub passed: u64,
    /// It did not.
    pub failed: u64,
    /// It could not be said, and why.
    pub not_evaluated: BTreeMap<Reason, u64>,
}

impl Counts {
    /// All units that were looked at.
    pub fn units(&self) -> u64 {
        self.passed + self.failed + self.unevaluated()
    }

    /// Those that could not be evaluated.
    pub fn unevaluated(&self) -> u64 {
        self.not_evaluated.values().sum()
    }
}

/// Whose records these are, for places and ids.
#[derive(Debug, Clone)]
pub struct Owner<'a> {
    /// The district's position in the register.
    pub district: usize,
    /// The district.
    pub unit: Unit,
    /// The submitted file.
    pub file: &'a str,
}

/// Records of one form: of a list those of one submission, of a fixed form one of each district.
pub struct Batch<'a> {
    /// The form's position.
    pub form: usize,
    /// The records.
    pub own: Cow<'a, Table>,
    /// Whose they are.
    pub owners: Vec<Owner<'a>>,
    /// The tables that they are linked to.
    pub linked: Vec<(Link, Linked<'a>)>,
}

impl<'a> Batch<'a> {
    /// Records with everything that these rules read of other tables.
    pub fn new(
        form: usize,
        own: Cow<'a, Table>,
        owners: Vec<Owner<'a>>,
        links: &BTreeSet<Link>,
        tables: &Tables<'a>,
    ) -> Self {
        let districts: Vec<usize> = owners.iter().map(|owner| owner.district).collect();
        let linked = |link: &Link| (*link, tables.linked(form, &own, &districts, *link));
        Self {
            linked: links.iter().map(linked).collect(),
            form,
            own,
            owners,
        }
    }

    fn owner(&self, record: usize) -> usize {
        record.min(self.owners.len().saturating_sub(1))
    }

    /// The figures of the records themselves.
    pub(super) fn figures<'b>(
        &'b self,
        aggregates: &'b [(Arc<Aggregate>, Grouped)],
    ) -> Figures<'b> {
        Figures {
            own: &self.own,
            linked: &self.linked,
            aggregates,
            crossings: &[],
        }
    }
}

/// A batch with the statistics of a rule, and how many units it has.
pub(super) struct Prepared<'a> {
    /// The records.
    pub batch: &'a Batch<'a>,
    /// What the rule's statistics came to.
    pub aggregates: Vec<(Arc<Aggregate>, Grouped)>,
    /// So many of its records are units, from the first: all, or one for a list's whole district.
    pub units: usize,
}

impl Prepared<'_> {
    /// What the evaluators read.
    pub fn figures(&self) -> Figures<'_> {
        self.batch.figures(&self.aggregates)
    }
}

/// What came of one rule.
#[derive(Default)]
pub struct Checked {
    /// The counts.
    pub counts: Counts,
    /// The districts that a unit of was evaluated of, and those that one failed of.
    pub looked_at: BTreeSet<usize>,
    /// Those with a failure.
    pub fired: BTreeSet<usize>,
    /// Units that could not be evaluated, by district and reason.
    pub unevaluated: BTreeMap<(usize, Reason), u64>,
    /// The findings, in the order of records.
    pub findings: Vec<Finding>,
}

/// Looks at every unit of a form with one rule.
pub fn check(rule: &Rule, form: usize, batches: &[Batch<'_>], tables: &Tables<'_>) -> Checked {
    if rule.each == Each::City {
        return check_city(rule, form, batches, tables);
    }
    let prepared = prepare(rule, form, batches, tables);
    let mut checked = Checked::default();
    let native = natively::judge(rule, &prepared);
    for (at, prepared) in prepared.iter().enumerate() {
        let figures = prepared.figures();
        let batch = prepared.batch;
        let mut telling = Telling {
            rule,
            form: &tables.forms[form],
            tables,
            batch,
            figures,
            told: vec![Told::default(); batch.owners.len()],
            ids: BTreeMap::new(),
            checked: &mut checked,
        };
        for (which, assertion) in rule.assertions.iter().enumerate() {
            match native.as_ref().and_then(|all| all.get(at)?.get(which)) {
                Some(judgements) => {
                    for (record, judgement) in judgements {
                        telling.tell(assertion, *record, judgement);
                    }
                }
                None => look(rule, assertion, prepared.units, &mut telling),
            }
        }
        telling.close();
    }
    checked
}

/// Looks at every record with one assertion: whole columns vouch for what clearly holds, all
/// else is looked at exactly.
fn look(rule: &Rule, assertion: &Assertion, units: usize, telling: &mut Telling<'_, '_>) {
    let scale = telling.form.variables[assertion.accused].scale();
    let figures = telling.figures;
    let fast = verdicts(assertion, &figures, rule.missing, scale, units);
    for (record, verdict) in fast.into_iter().enumerate() {
        // A narrowing or a floor is a question of its own.
        let is_plain = assertion.floor.is_none() && assertion.only.is_none();
        if verdict == Verdict::True && is_plain {
            telling.pass(record);
            continue;
        }
        let judgement = match narrowed(assertion, &figures, record, rule) {
            Some(judgement) => judgement,
            None => judge(assertion, &figures, record, rule.missing, scale),
        };
        telling.tell(assertion, record, &judgement);
    }
}

/// What a rule's narrowing says of a record: that it is no unit at all, or can't be told. None
/// where it is one.
pub(super) fn narrowed(
    assertion: &Assertion,
    figures: &Figures<'_>,
    record: usize,
    rule: &Rule,
) -> Option<Judgement> {
    let only = assertion.only.as_ref()?;
    match exact::truth(only, figures, record, rule.missing) {
        Ok(true) => None,
        Ok(false) => Some(Judgement::NotConcerned),
        Err(reason) => Some(Judgement::NotEvaluated(reason)),
    }
}

/// Works out the statistics of a rule for all batches.
fn prepare<'a>(
    rule: &Rule,
    form: usize,
    batches: &'a [Batch<'a>],
    tables: &Tables<'_>,
) -> Vec<Prepared<'a>> {
    let is_list = !tables.forms[form].is_fixed();
    let mut prepared: Vec<Prepared<'_>> = batches
        .iter()
        .map(|batch| Prepared {
            batch,
            aggregates: Vec::new(),
            units: if is_list && rule.each == Each::District {
                1
            } else {
                batch.own.records()
            },
        })
        .collect();
    for aggregate in rule.aggregates() {
        let over_own = aggregate.over == Link::OWN;
        if aggregate.reach == Reach::City && over_own {
            let all: Vec<Figures<'_>> = batches.iter().map(|batch| batch.figures(&[])).collect();
            let grouped = groups::over(&aggregate, &all, &all, rule.missing);
            for (prepared, grouped) in prepared.iter_mut().zip(grouped) {
                prepared.aggregates.push((Arc::clone(&aggregate), grouped));
            }
            continue;
        }
        for prepared in &mut prepared {
            let grouped = if over_own {
                let figures = prepared.batch.figures(&[]);
                let own = [figures];
                let mut grouped = groups::over(&aggregate, &own, &own, rule.missing).swap_remove(0);
                // A district without records is one unit all the same.
                if aggregate.groups.is_empty() {
                    grouped.group.resize(prepared.units.max(1), Some(0));
                }
                grouped
            } else if !aggregate.groups.is_empty() {
                // Of an earlier list, by groups: each record asks for the group it is in now.
                let asking = [prepared.batch.figures(&[])];
                let of = |there: &[Figures<'_>]| {
                    groups::over(&aggregate, there, &asking, rule.missing).swap_remove(0)
                };
                let district = prepared.batch.owners.first().map(|owner| owner.district);
                let earlier = district.map(|at| There::new(&aggregate, form, at, tables));
                match earlier {
                    Some(Ok(there)) => of(&[there.figures()]),
                    Some(Err(lack)) => Grouped::by_unit(vec![Err(lack.into())], prepared.units),
                    None => of(&[]),
                }
            } else {
                let owners = prepared.batch.owners.iter();
                let values =
                    owners.map(|owner| of_district(&aggregate, form, owner.district, tables, rule));
                let values: Vec<_> = values.collect();
                let units = prepared.units.max(1);
                Grouped::by_unit(values, units)
            };
            prepared.aggregates.push((Arc::clone(&aggregate), grouped));
        }
    }
    prepared
}

/// A statistic over one district's records of another table.
fn of_district(
    aggregate: &Aggregate,
    form: usize,
    district: usize,
    tables: &Tables<'_>,
    rule: &Rule,
) -> Result<Exact, Reason> {
    let there = There::new(aggregate, form, district, tables).map_err(Reason::from)?;
    groups::value(aggregate, &[there.figures()], rule.missing)
}

/// The records that a statistic goes over, in a district's table of another form or time.
struct There<'a> {
    own: &'a Table,
    linked: Vec<(Link, Linked<'a>)>,
    crossings: Vec<(usize, Crossing)>,
}

impl<'a> There<'a> {
    fn new(
        aggregate: &Aggregate,
        form: usize,
        district: usize,
        tables: &Tables<'a>,
    ) -> Result<Self, Lack> {
        let there = aggregate.over.form.unwrap_or(form);
        let then = Tables {
            period: tables.period_of(form, aggregate.over),
            ..*tables
        };
        let own = tables.table(form, aggregate.over, district)?;
        let links: BTreeSet<Link> = aggregate.reads().iter().map(|leaf| leaf.link).collect();
        let others = links.into_iter().filter(|link| *link != Link::OWN);
        let linked = |link| (link, then.linked(there, own, &[district], link));
        Ok(Self {
            own,
            linked: others.map(linked).collect(),
            crossings: tables.crossings(form, aggregate.over),
        })
    }

    fn figures(&self) -> Figures<'_> {
        Figures {
            own: self.own,
            linked: &self.linked,
            aggregates: &[],
            crossings: &self.crossings,
        }
    }
}

/// A rule of the whole city: one unit, over the districts that have everything that it compares.
fn check_city(rule: &Rule, form: usize, batches: &[Batch<'_>], tables: &Tables<'_>) -> Checked {
    let links = rule.compared();
    let owners = batches.iter().flat_map(|batch| &batch.owners);
    let has_all = |owner: &&Owner<'_>| {
        let found = |link: &Link| tables.table(form, *link, owner.district).is_ok();
        links.iter().all(found)
    };
    let owners: Vec<&Owner<'_>> = owners.filter(has_all).collect();
    let mut checked = Checked::default();
    if batches.iter().all(|batch| batch.owners.is_empty()) {
        return checked;
    }
    let lack = if owners.is_empty() {
        let link = links.iter().next();
        let earlier = link.is_none_or(|link| link.source != Source::Now);
        Some(if earlier {
            Reason::NoBaseline
        } else {
            Reason::NoForm
        })
    } else {
        None
    };
    let mut aggregates = Vec::new();
    for aggregate in rule.aggregates() {
        let of = owners
            .iter()
            .filter_map(|owner| There::new(&aggregate, form, owner.district, tables).ok());
        let of: Vec<There<'_>> = of.collect();
        let figures: Vec<Figures<'_>> = of.iter().map(There::figures).collect();
        let value = match lack {
            Some(reason) => Err(reason),
            None => groups::value(&aggregate, &figures, rule.missing),
        };
        aggregates.push((aggregate, Grouped::by_unit(vec![value], 1)));
    }
    let nothing: Table = Draft {
        records: 1,
        ..Draft::default()
    }
    .into();
    let batch = Batch {
        form,
        own: Cow::Borrowed(&nothing),
        owners: vec![Owner {
            district: usize::MAX,
            unit: Unit::default(),
            file: "",
        }],
        linked: Vec::new(),
    };
    let figures = batch.figures(&aggregates);
    let mut telling = Telling {
        rule,
        form: &tables.forms[form],
        tables,
        batch: &batch,
        figures,
        told: vec![Told::default()],
        ids: BTreeMap::new(),
        checked: &mut checked,
    };
    for assertion in &rule.assertions {
        look(rule, assertion, 1, &mut telling);
    }
    telling.close();
    let count = owners.len();
    let over = both!("（按 {count} 个单位汇总）", " (over {count} districts)");
    for finding in &mut checked.findings {
        finding.message.zh += &over.zh;
        finding.message.en += &over.en;
    }
    checked
}

#[derive(Clone, Default)]
struct Told {
    looked_at: bool,
    failed: u64,
    last: Option<usize>,
    /// The finding of each slip of a whole column: its column and its power of ten.
    slips: BTreeMap<(usize, i32), usize>,
}

/// Counting, and putting failures into words.
struct Telling<'a, 't> {
    rule: &'a Rule,
    form: &'a Form,
    tables: &'a Tables<'t>,
    batch: &'a Batch<'a>,
    figures: Figures<'a>,
    told: Vec<Told>,
    /// How often each id has come up.
    ids: BTreeMap<String, u32>,
    checked: &'a mut Checked,
}

impl Telling<'_, '_> {
    /// Counts a unit for which the rule holds.
    fn pass(&mut self, record: usize) {
        self.checked.counts.passed += 1;
        self.told[self.batch.owner(record)].looked_at = true;
    }

    fn tell(&mut self, assertion: &Assertion, record: usize, judgement: &Judgement) {
        let failure = match judgement {
            Judgement::Pass => return self.pass(record),
            Judgement::NotConcerned => return,
            Judgement::NotEvaluated(reason) => {
                let counts = &mut self.checked.counts.not_evaluated;
                *counts.entry(*reason).or_default() += 1;
                let district = self.batch.owners[self.batch.owner(record)].district;
                let own = &mut self.checked.unevaluated;
                *own.entry((district, *reason)).or_default() += 1;
                return;
            }
            Judgement::Fail(failure) => failure,
        };
        let owner = self.batch.owner(record);
        self.checked.counts.failed += 1;
        self.told[owner].looked_at = true;
        self.checked.fired.insert(self.batch.owners[owner].district);
        // What a slip of a whole column explains is counted, and told once with all its cells.
        if failure.folded {
            let cell = self.cell(assertion, record, &self.batch.owners[owner]);
            let slip = slip(assertion, failure).and_then(|slip| self.told[owner].slips.get(&slip));
            if let (Some(cell), Some(at)) = (cell, slip) {
                let finding = &mut self.checked.findings[*at];
                finding.read.push(cell.clone());
                finding.behind.slipped.push(cell);
            }
            return;
        }
        let told = &mut self.told[owner];
        told.failed += 1;
        if told.failed > TOLD_IN_FULL as u64 {
            return;
        }
        let failed = Failed {
            form: self.form,
            forms: self.tables.forms,
            rule: self.rule,
            assertion,
            figures: &self.figures,
            record,
            failure,
            severity: self.rule.severity_of(self.tables.period),
        };
        let mut finding = self.finding(&failed, owner);
        // Two records of one key, or two assertions about one cell, are two findings.
        let times = self.ids.entry(finding.id.clone()).or_insert(0_u32);
        *times += 1;
        if *times > 1 {
            finding.id = finding::id(&finding.id, "", "", &times.to_string());
        }
        let at = self.checked.findings.len();
        if let Some(slip) = slip(assertion, failure) {
            let own = self.cell(assertion, record, &self.batch.owners[owner]);
            finding.behind.slipped.extend(own);
            self.told[owner].slips.entry(slip).or_insert(at);
        }
        self.checked.findings.push(finding);
        self.told[owner].last = Some(at);
    }

    /// The accused cell of a record.
    fn cell(&self, assertion: &Assertion, record: usize, owner: &Owner<'_>) -> Option<ReadCell> {
        let variable = &self.form.variables[assertion.accused];
        let own = self.figures.own;
        let spot = own.spot(record, variable.column, variable.row)?;
        Some(ReadCell {
            file: spot.file.unwrap_or(owner.file).to_owned(),
            sheet: spot.sheet.to_owned(),
            range: spot.cell.to_string(),
        })
    }

    /// One line for each owner's findings beyond those told in full.
    fn close(&mut self) {
        for (owner, told) in self.told.iter().enumerate() {
            if told.looked_at {
                self.checked
                    .looked_at
                    .insert(self.batch.owners[owner].district);
            }
            let rest = told.failed.saturating_sub(TOLD_IN_FULL as u64);
            if let Some(last) = told.last.filter(|_| rest > 0) {
                let more =
                    self.rest_of_many(&self.checked.findings[last], rest, told.failed, owner);
                self.checked.findings.push(more);
            }
        }
    }

    fn rest_of_many(&self, last: &Finding, rest: u64, all: u64, owner: usize) -> Finding {
        let full = TOLD_IN_FULL;
        let code = &self.batch.owners[owner].unit.code;
        let period = self.tables.period.to_string();
        Finding {
            id: finding::id(&self.rule.id, code, &period, "rest"),
            place: Place {
                cell: None,
                ..last.place.clone()
            },
            read: Vec::new(),
            record: None,
            variable: None,
            found: String::new(),
            expected: None,
            difference: None,
            reference: None,
            limits: None,
            effect: None,
            message: both!(
                "同样的问题共 {all} 处，前 {full} 处已逐条列出，另有 {rest} 处",
                "the same in {all} places: {full} are listed one by one, {rest} more are not"
            ),
            count: rest,
            ..last.clone()
        }
    }

    fn finding(&self, failed: &Failed<'_>, owner: usize) -> Finding {
        let (form, rule, record) = (failed.form, failed.rule, failed.record);
        let accused = failed.assertion.accused;
        let variable = &form.variables[accused];
        let owner = &self.batch.owners[owner];
        let wording = super::say(failed);
        let record_name = name(failed);
        let about = format!("{} {}", record_name.as_deref().unwrap_or(""), variable.id);
        // A kind may know that it is less, never that it is more; what is on trial is for staff
        // to look at, and keeps nobody from passing.
        let severity = match rule.stage {
            Stage::Trial => Severity::Note,
            Stage::InForce => wording
                .severity
                .map_or(failed.severity, |severity| severity.max(failed.severity)),
        };
        let Failure {
            expected,
            difference,
            decimals,
            among,
            ..
        } = failed.failure;
        // A limit is told as one: ≤ 100 %.
        let sign = match &failed.assertion.claim {
            Claim::Compare { relation, .. } if *relation != Relation::Equal => relation.sign(),
            _ => "",
        };
        let expected = expected.as_ref().map(|x| match decimals {
            Some(_) => super::show(form, accused, x, *decimals),
            None => format!("{sign}{}", failed.limit_words(x)),
        });
        let effect = match among {
            Some(Among::Outside { effect, .. }) => Some(number::to_f64(effect)),
            _ => None,
        };
        // What has vanished stands nowhere.
        let is_there = !matches!(among, Some(Among::Vanished { .. }))
            && (record < failed.figures.own.records() || !failed.has_record());
        let period = self.tables.period.to_string();
        let audience = match rule.stage {
            Stage::Trial => Audience::City,
            Stage::InForce => rule.audience,
        };
        Finding {
            id: finding::id(&rule.id, &owner.unit.code, &period, &about),
            rule: rule.id.clone(),
            severity,
            audience,
            stage: rule.stage,
            district: owner.unit.clone(),
            form: Some(form.id.clone()),
            place: place(failed, owner),
            read: self.read(failed, owner),
            record: record_name,
            variable: Some(Variable {
                id: variable.id.clone(),
                label: form.variable_label(accused),
                numbers: form.variable_numbers(accused),
            }),
            found: if is_there {
                failed.found()
            } else {
                String::new()
            },
            // What a query expects is the city's business; only what must be can be told.
            expected: expected.filter(|_| severity == Severity::Error),
            difference: difference
                .as_ref()
                .filter(|_| !matches!(rule.kind, "check" | "unique") && failed.computed().is_none())
                .map(|gap| failed.show_gap(accused, gap))
                .or_else(|| change(failed)),
            reference: reference(failed).map(|(_, words)| words),
            limits: failed.limits(),
            effect,
            message: in_english(wording.message),
            fix: in_english(wording.fix),
            state: State::Open,
            since: Since::New,
            basis: basis(failed),
            settle_by_close: rule.settle_by_close,
            answer: None,
            refused: None,
            proposals: Vec::new(),
            decision: None,
            count: 1,
            behind: Behind {
                assertion: failed.position(),
                slipped: Vec::new(),
                made_of: None,
            },
        }
    }

    /// The cells that the assertion read, the accused first.
    fn read(&self, failed: &Failed<'_>, owner: &Owner<'_>) -> Vec<ReadCell> {
        let own = failed.figures.own;
        let mut leaves = failed.assertion.reads();
        if !failed.has_record() || matches!(failed.failure.among, Some(Among::Vanished { .. })) {
            leaves.retain(|leaf| !leaf.is_own());
        }
        let cell = |leaf: Leaf| {
            let form = &self.tables.forms[leaf.link.form.unwrap_or(self.batch.form)];
            let variable = &form.variables[leaf.variable];
            if leaf.is_own() {
                let spot = own.spot(failed.record, variable.column, variable.row)?;
                return Some(ReadCell {
                    file: spot.file.unwrap_or(owner.file).to_owned(),
                    sheet: spot.sheet.to_owned(),
                    range: spot.cell.to_string(),
                });
            }
            let period = self.tables.period_of(self.batch.form, leaf.link);
            Some(ReadCell {
                file: period.to_string(),
                sheet: form.id.clone(),
                range: variable.id.clone(),
            })
        };
        leaves.into_iter().filter_map(cell).collect()
    }
}

/// The district's own earlier figure that a failure is held against, as people call it.
fn reference(failed: &Failed<'_>) -> Option<(Leaf, Text)> {
    if !failed.has_record() || matches!(failed.failure.among, Some(Among::Vanished { .. })) {
        return None;
    }
    let is_earlier = |leaf: &Leaf| leaf.link.form.is_none() && leaf.link.source != Source::Now;
    let leaf = failed.assertion.reads().into_iter().find(is_earlier)?;
    let figure = failed
        .figures
        .number(leaf, failed.record, failed.rule.missing);
    figure.ok()?;
    let words = leaf_words(failed.form, failed.figures, leaf, failed.record);
    let words = match leaf.link.source {
        Source::LastYear => both!("上年同期 {words}", "last year {words}"),
        _ => both!("上期 {words}", "last time {words}"),
    };
    Some((leaf, in_english(words)))
}

/// By how much the accused figure differs from the same one earlier.
fn change(failed: &Failed<'_>) -> Option<String> {
    let (leaf, _) = reference(failed)?;
    let accused = failed.assertion.accused;
    if leaf.variable != accused {
        return None;
    }
    let missing = failed.rule.missing;
    let earlier = failed.figures.number(leaf, failed.record, missing).ok()?;
    let now = failed.figures.own.number(failed.record, accused)?;
    let gap = number::exact(now) - number::exact(earlier);
    Some(failed.show_gap(accused, &gap))
}

/// What an answer to this failure is about: the rule as it reads, what was found, and the
/// district's own figures that were read. What others reported is not in it, so that no answer
/// is asked for twice because a neighbour sent something.
fn basis(failed: &Failed<'_>) -> String {
    let Failed {
        form, rule, record, ..
    } = *failed;
    let mut parts = vec![
        rule.id.clone(),
        rule.formula.clone(),
        rule.narrowed_to.zh.clone(),
    ];
    parts.push(failed.found());
    let has_own = failed.has_record()
        && !matches!(
            failed.failure.among,
            Some(Among::Vanished { .. } | Among::Outside { .. })
        );
    if has_own {
        let leaves = failed.assertion.reads().into_iter();
        let of = |leaf: &Leaf| leaf.link.form.map_or(form, |other| &failed.forms[other]);
        parts.extend(leaves.map(|leaf| leaf_words(of(&leaf), failed.figures, leaf, record)));
    }
    hash::of(parts.join("\0").as_bytes())[..12].to_owned()
}

/// The column and the power of ten of a slip that was diagnosed.
fn slip(assertion: &Assertion, failure: &Failure) -> Option<(usize, i32)> {
    match (&assertion.claim, &failure.among) {
        (Claim::Scale(scale), Some(Among::Scaled { power, .. })) => Some((scale.column, *power)),
        _ => None,
    }
}

/// What the record is called: its row, or its key.
fn name(failed: &Failed<'_>) -> Option<String> {
    if let Some(Among::Vanished { key, .. }) = &failed.failure.among {
        return Some(key.clone());
    }
    let form = failed.form;
    let variable = &form.variables[failed.assertion.accused];
    if !failed.has_record() {
        return None;
    }
    match variable.row {
        Some(row) => Some(form.rows[row].id.clone()),
        None => form
            .key
            .iter()
            .map(|key| {
                let key = Leaf::own(*key);
                leaf_words(form, failed.figures, key, failed.record)
            })
            .reduce(|all, part| format!("{all} {part}")),
    }
}

/// The accused cell, or the sheet where a whole list is accused.
fn place(failed: &Failed<'_>, owner: &Owner<'_>) -> Place {
    let variable = &failed.form.variables[failed.assertion.accused];
    let at = failed
        .figures
        .own
        .spot(failed.record, variable.column, variable.row);
    let is_cell =
        failed.has_record() && !matches!(failed.failure.among, Some(Among::Vanished { .. }));
    Place {
        file: at.and_then(|at| at.file).unwrap_or(owner.file).to_owned(),
        sheet: at.map(|at| at.sheet.to_owned()),
        cell: at.map(|at| at.cell).filter(|_| is_cell),
    }
}

/// Figures carry their unit's sign as people write it; for readers of English points are points.
fn in_english(text: Text) -> Text {
    Text {
        en: text.en.replace("个百分点", " points"),
        ..text
    }
}

/// What a reason is called.
pub fn reason_words(reason: Reason) -> Text {
    let (zh, en) = match reason {
        Reason::Missing => ("缺数", "a figure is missing"),
        Reason::NotApplicable => ("不适用", "not applicable"),
        Reason::Unreadable => ("单元格读不出", "a cell is unreadable"),
        Reason::NoColumn => ("没有这一栏", "the column is missing"),
        Reason::DivisionByZero => ("分母为零", "the divisor is zero"),
        Reason::NoBaseline => ("没有往期数", "no earlier figure"),
        Reason::BelowFloor => ("基数太小", "the base is too small"),
        Reason::NoForm => ("相关的表未报", "the other form is missing"),
        Reason::NoRecord => ("相关的表没有这条记录", "the other form has no such record"),
        Reason::Boundary => ("区划调整", "borders have changed"),
        Reason::Crossing => ("口径变化，不可比", "the definition has changed"),
        Reason::NotPositive => ("有数不大于零", "a figure is not above zero"),
        Reason::TooFew => ("可比较的单位太少", "too few units to compare"),
        Reason::NoSpread => ("各单位没有差异", "the units don't differ"),
    };
    Text::new(zh, en)
}
