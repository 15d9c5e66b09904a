//! 对比数: what was accepted for earlier periods.
//!
//! A period that was run is taken from what was published then, one that was not is read on
//! the spot from its submissions. Either way the figures are the districts' own.

use crate::period::Period;
use crate::report::data;
use crate::rulebook::Rulebook;
use crate::table::Table;
use std::collections::BTreeMap;
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
