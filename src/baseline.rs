//! 对比数: what was accepted for earlier periods.
//!
//! A period that was run is taken from what was published then, one that was not is read on
//! the spot from its submissions. Either way the figures are the districts' own.

use crate::check::tables::period_of;
use crate::expr::Link;
use crate::number;
use crate::period::Period;
use crate::report::data;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::table::{CellDress, Draft, DraftColumn, Dress, Records, Table, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// The figures of earlier periods: by period, form and district, positions in the rulebook.
#[derive(Debug, Default)]
pub struct Baseline {
    tables: BTreeMap<(Period, usize, usize), Table>,
}

impl Baseline {
    /// The periods that a run of this period compares with, for each form that is asked for, and
    /// those of forms of other months that came along.
    pub fn wanted(
        rulebook: &Rulebook,
        period: Period,
        along: &[(Period, usize)],
    ) -> Vec<(Period, usize)> {
        let mut wanted: Vec<(Period, usize)> = rulebook
            .forms
            .iter()
            .enumerate()
            .filter(|(_, form)| form.is_due_in(period))
            .flat_map(|(at, form)| [(period.last_year(), at), (form.period_before(period), at)])
            .chain(along.iter().copied())
            .collect();
        for (form, rule) in rulebook.all_rules() {
            if rulebook.forms[form].is_due_in(period) && rule.is_in_force(period) {
                let of = |link: Link| period_of(&rulebook.forms, period, form, link);
                let links = rule.links().into_iter();
                wanted.extend(links.map(|link| (of(link), link.form.unwrap_or(form))));
            }
        }
        wanted.retain(|(of, _)| *of != period || along.iter().any(|(along, _)| along == of));
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Takes a form's figures of a period from what was published; whether they were there.
    pub fn take_published(
        &mut self,
        output: &Path,
        rulebook: &Rulebook,
        (period, form): (Period, usize),
    ) -> bool {
        let path = output
            .join(period.to_string())
            .join("data")
            .join(format!("{}.parquet", rulebook.forms[form].id));
        let Ok(file) = File::open(path) else {
            return false;
        };
        let Ok(tables) = data::read(file, &rulebook.forms[form]) else {
            return false;
        };
        for (code, table) in tables {
            let district = rulebook
                .register
                .districts
                .iter()
                .position(|d| d.code == code);
            if let Some(district) = district {
                self.add(period, form, district, table);
            }
        }
        true
    }

    /// Adds a district's figures.
    pub fn add(&mut self, period: Period, form: usize, district: usize, table: Table) {
        self.tables.insert((period, form, district), table);
    }

    /// Makes the past what later periods are compared with: districts that were merged have the
    /// sum of those they were made of, figures that were revised are what they are now.
    pub fn adjust(&mut self, rulebook: &Rulebook) {
        let keys: BTreeSet<(Period, usize)> =
            self.tables.keys().map(|(p, f, _)| (*p, *f)).collect();
        for (at, district) in rulebook.register.districts.iter().enumerate() {
            if district.predecessors.is_empty() {
                continue;
            }
            for (period, form) in &keys {
                if self.tables.contains_key(&(*period, *form, at)) {
                    continue;
                }
                let of = |code: &String| {
                    let mut districts = rulebook.register.districts.iter();
                    let before = districts.position(|d| d.code == *code)?;
                    self.tables.get(&(*period, *form, before))
                };
                let parts: Option<Vec<&Table>> = district.predecessors.iter().map(of).collect();
                if let Some(parts) = parts {
                    let merged = merged(&rulebook.forms[*form], &parts);
                    self.add(*period, *form, at, merged);
                }
            }
        }
        let mut restated = BTreeSet::new();
        for revision in &rulebook.revisions {
            let key = (revision.period, revision.form, revision.district);
            let form = &rulebook.forms[revision.form];
            // What is restated for new borders stands for the whole form of then.
            if revision.restated && form.is_fixed() && restated.insert(key) {
                self.tables.insert(key, merged(form, &[]));
            }
            let Some(table) = self.tables.get_mut(&key) else {
                continue;
            };
            let record = match &revision.record {
                None if form.is_fixed() => Some(0),
                None => None,
                Some(wanted) => table.keys(&form.key).iter().position(|key| key == wanted),
            };
            if let Some(record) = record {
                *table = table.with_number(record, revision.variable, revision.value);
            }
        }
    }

    /// A district's figures of a period, where they are known.
    pub fn table(&self, period: Period, form: usize, district: usize) -> Option<&Table> {
        self.tables.get(&(period, form, district))
    }

    /// All districts' figures of a period.
    pub fn all(&self, period: Period, form: usize) -> impl Iterator<Item = &Table> {
        self.tables
            .iter()
            .filter(move |((p, f, _), _)| (*p, *f) == (period, form))
            .map(|(_, table)| table)
    }
}

/// The tables of merged districts as one: records of a list together, quantities of a fixed form
/// added up. What does not add up is not known then.
fn merged(form: &Form, parts: &[&Table]) -> Table {
    if !form.is_fixed() {
        return Table::stack(parts);
    }
    let column = |(at, variable): (usize, &crate::rulebook::form::Variable)| {
        if !variable.is_number() {
            let mut words = Words::default();
            words.push("");
            return DraftColumn::Words(words);
        }
        let (mut sum, mut known) = (number::Exact::default(), 0);
        for part in parts {
            let (figure, count) = part.sum(at);
            sum += figure;
            known += count;
        }
        let adds_up = variable.adds_up() && known == parts.len() && known > 0;
        let figure = if adds_up {
            number::to_f64(&sum)
        } else {
            f64::NAN
        };
        DraftColumn::Numbers(vec![figure])
    };
    let draft = Draft {
        records: 1,
        columns: form.variables.iter().enumerate().map(column).collect(),
        dress: Dress {
            usual: vec![CellDress::default(); form.variables.len()],
            ..Dress::default()
        },
        ..Draft::default()
    };
    draft.into()
}
