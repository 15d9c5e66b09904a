//! What the evaluators read: a record's own figures, those that it is linked to, and statistics
//! over many records that were worked out before.
//!
//! A figure that is not there comes back as the [`Lack`] that says why. Which tables there are
//! to link to is known to `check`.

use super::groups::Grouped;
use super::{Aggregate, Leaf, Link, Source};
use crate::number::{self, Exact};
use crate::rulebook::written::Missing;
use crate::table::{Absent, Table};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The tables that a rule's leaves are looked up in.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// The records themselves.
    pub own: &'a Table,
    /// The tables that they are linked to.
    pub linked: &'a [(Link, Linked<'a>)],
    /// What the statistics of the rule came to.
    pub aggregates: &'a [(Arc<Aggregate>, Grouped)],
    /// Variables of the records themselves whose meaning has changed since, where the records
    /// are of an earlier period.
    pub crossings: &'a [(usize, Crossing)],
}

/// Another table, and which of its records each record of today is linked to.
#[derive(Debug, Clone)]
pub struct Linked<'a> {
    /// The table.
    pub table: Cow<'a, Table>,
    /// By today's record: the record there, or why there is none.
    pub record: Vec<Result<usize, Lack>>,
    /// Variables whose meaning changed between then and now.
    pub crossings: Vec<(usize, Crossing)>,
}

/// 口径变化: how an earlier figure of a variable whose meaning has changed can be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Crossing {
    /// It can't be compared.
    NotComparable,
    /// It is compared after multiplication.
    Converted(Exact),
    /// What was reported then as another variable is compared.
    Mapped(usize),
}

/// Why there is no figure for a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The cell has none.
    Absent(Absent),
    /// There is no earlier figure for this record.
    NoBaseline,
    /// The district has not sent the other form.
    NoForm,
    /// The other form has no such record.
    NoRecord,
    /// The district has changed its borders since, 区划调整.
    Boundary,
    /// The figure's meaning has changed since, 口径变化.
    Crossing,
}

impl<'a> Figures<'a> {
    /// A table's own figures, linked to nothing.
    pub fn alone(own: &'a Table) -> Self {
        Self {
            own,
            linked: &[],
            aggregates: &[],
            crossings: &[],
        }
    }

    /// A link's table, where there is one.
    pub fn linked(&self, link: Link) -> Option<&'a Linked<'a>> {
        let found = self.linked.iter().find(|(known, _)| *known == link);
        found.map(|(_, linked)| linked)
    }

    /// The table, record and variable that a leaf of today's record is.
    fn at(&self, leaf: Leaf, record: usize) -> Result<(&'a Table, usize, Leaf), Lack> {
        if leaf.is_own() {
            return Ok((self.own, record, crossed(leaf, self.crossings)?));
        }
        let lack = match leaf.link.source {
            Source::Now => Lack::NoForm,
            Source::LastYear | Source::LastPeriod => Lack::NoBaseline,
        };
        let linked = self.linked(leaf.link).ok_or(lack)?;
        let at = (*linked.record.get(record).unwrap_or(&Err(lack)))?;
        Ok((&linked.table, at, crossed(leaf, &linked.crossings)?))
    }

    /// A leaf's figure.
    ///
    /// # Errors
    /// Why there is none.
    pub fn number(&self, leaf: Leaf, record: usize, missing: Missing) -> Result<f64, Lack> {
        let (table, at, there) = self.at(leaf, record)?;
        let figure = match table.number(at, there.variable) {
            Some(x) => x,
            None => match table.absent(at, there.variable).unwrap_or(Absent::Blank) {
                // A dash where something makes no sense counts for nothing too.
                Absent::Blank | Absent::NotApplicable if missing == Missing::Zero => 0.0,
                absent => return Err(Lack::Absent(absent)),
            },
        };
        Ok(match self.conversion(leaf) {
            Some(factor) => number::to_f64(&(number::exact(figure) * factor)),
            None => figure,
        })
    }

    fn conversion(&self, leaf: Leaf) -> Option<&'a Exact> {
        let crossings = if leaf.is_own() {
            self.crossings
        } else {
            &self.linked(leaf.link)?.crossings
        };
        crossings.iter().find_map(|(variable, crossing)| {
            let Crossing::Converted(factor) = crossing else {
                return None;
            };
            (*variable == leaf.variable).then_some(factor)
        })
    }

    /// A leaf's words.
    ///
    /// # Errors
    /// Why there are none.
    pub fn word(&self, leaf: Leaf, record: usize) -> Result<&'a str, Lack> {
        let (table, at, leaf) = self.at(leaf, record)?;
        let absent = || table.absent(at, leaf.variable).unwrap_or(Absent::Blank);
        table
            .word(at, leaf.variable)
            .ok_or_else(|| Lack::Absent(absent()))
    }

    /// Whether nothing stands in a leaf's cell, as where there was no earlier record.
    ///
    /// # Errors
    /// Why there is no telling: the other form was not sent, or means something else.
    pub fn is_blank(&self, leaf: Leaf, record: usize) -> Result<bool, Lack> {
        match self.at(leaf, record) {
            Ok((table, at, leaf)) => Ok(matches!(
                table.absent(at, leaf.variable),
                Some(Absent::Blank | Absent::NoColumn)
            )),
            Err(Lack::NoBaseline | Lack::NoRecord) => Ok(true),
            Err(lack) => Err(lack),
        }
    }

    /// The decimals at which a leaf's figure is stated.
    pub fn decimals(&self, leaf: Leaf, record: usize) -> u8 {
        let at = self.at(leaf, record);
        at.map_or(0, |(table, at, leaf)| {
            table.dress(at, leaf.variable).decimals
        })
    }

    /// The figures of a leaf for a stretch of records, NaN where there is none.
    pub fn floats(&self, leaf: Leaf, records: Range<usize>, missing: Missing) -> Vec<f64> {
        let is_plain = leaf.is_own() && self.crossings.is_empty();
        if is_plain && (missing != Missing::Zero || self.own.is_full(leaf.variable)) {
            return self.own.floats(leaf.variable, records);
        }
        if let Some(linked) = self.linked(leaf.link).filter(|l| l.crossings.is_empty())
            && !leaf.is_own()
            && missing != Missing::Zero
        {
            // The commonest case without a question for each record.
            let figure = |record: usize| {
                let at = linked.record.get(record)?.ok()?;
                linked.table.number(at, leaf.variable)
            };
            return records
                .map(|record| figure(record).unwrap_or(f64::NAN))
                .collect();
        }
        records
            .map(|record| self.number(leaf, record, missing).unwrap_or(f64::NAN))
            .collect()
    }

    /// What a statistic came to.
    pub fn grouped(&self, aggregate: &Arc<Aggregate>) -> Option<&'a Grouped> {
        let mut known = self.aggregates.iter();
        let found = known.find(|(known, _)| Arc::ptr_eq(known, aggregate));
        found.map(|(_, grouped)| grouped)
    }
}

/// A leaf as it was reported when its variable meant something else.
fn crossed(leaf: Leaf, crossings: &[(usize, Crossing)]) -> Result<Leaf, Lack> {
    let mut changed = crossings.iter().filter(|(v, _)| *v == leaf.variable);
    match changed.next() {
        Some((_, Crossing::NotComparable)) => Err(Lack::Crossing),
        Some((_, Crossing::Mapped(variable))) => Ok(Leaf {
            variable: *variable,
            ..leaf
        }),
        Some((_, Crossing::Converted(_))) | None => Ok(leaf),
    }
}
