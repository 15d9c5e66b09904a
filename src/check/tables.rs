//! What a rule can see beside its own records: other forms of the same district, earlier periods.
//!
//! A form of another rhythm means its newest run that has begun: the quarterly form of September
//! where November is checked. Where the tables are kept is not known here.

use crate::expr::figures::{Crossing, Lack, Linked};
use crate::expr::{Link, Source};
use crate::period::Period;
use crate::rulebook::form::Form;
use crate::table::{Records, Table};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// All tables of a run, by form, period and district.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    /// All forms.
    pub forms: &'a [Form],
    /// The period that is checked.
    pub period: Period,
    /// A district's table of a form and period, positions in rulebook and register.
    pub find: &'a (dyn Fn(usize, Period, usize) -> Option<&'a Table> + Sync),
    /// Whether changes of definition count; a rule's own examples speak of one definition.
    pub has_breaks: bool,
    /// Whether a district was made of others, so that it has no past of its own.
    pub is_new: &'a (dyn Fn(usize) -> bool + Sync),
}

impl<'a> Tables<'a> {
    /// The run of a form that a link means, seen from a form.
    pub fn period_of(&self, form: usize, link: Link) -> Period {
        period_of(self.forms, self.period, form, link)
    }

    /// The table that a link of a district means, seen from a form.
    ///
    /// # Errors
    /// Why there is none.
    pub fn table(&self, form: usize, link: Link, district: usize) -> Result<&'a Table, Lack> {
        let there = link.form.unwrap_or(form);
        let found = (self.find)(there, self.period_of(form, link), district);
        found.ok_or_else(|| match link.source {
            Source::Now => Lack::NoForm,
            _ if (self.is_new)(district) => Lack::Boundary,
            _ => Lack::NoBaseline,
        })
    }

    /// What has changed in the meaning of the figures that a link means.
    pub fn crossings(&self, form: usize, link: Link) -> Vec<(usize, Crossing)> {
        if !self.has_breaks {
            return Vec::new();
        }
        let there = &self.forms[link.form.unwrap_or(form)];
        let now = Link {
            source: Source::Now,
            ..link
        };
        there.crossings(self.period_of(form, link), self.period_of(form, now))
    }

    /// A form's records linked to the table that a link means: `own` are those of `districts`,
    /// one of each in a fixed form, all of one in a list.
    pub fn linked(&self, form: usize, own: &Table, districts: &[usize], link: Link) -> Linked<'a> {
        let there = &self.forms[link.form.unwrap_or(form)];
        let crossings = self.crossings(form, link);
        let tables: Vec<Result<&Table, Lack>> = districts
            .iter()
            .map(|district| self.table(form, link, *district))
            .collect();
        if self.forms[form].is_fixed() {
            let known: Vec<&Table> = tables
                .iter()
                .filter_map(|t| t.as_ref().ok().copied())
                .collect();
            let mut next = 0..;
            let place = |table: &Result<&Table, Lack>| {
                table.and_then(|_| next.next().ok_or(Lack::NoBaseline))
            };
            return Linked {
                record: tables.iter().map(place).collect(),
                table: Cow::Owned(if there.is_fixed() {
                    Table::stack(&known)
                } else {
                    // Only statistics read a list from here, each district by itself.
                    Table::stack(&[])
                }),
                crossings,
            };
        }
        let (table, record) = match tables.first() {
            Some(Ok(table)) if there.is_fixed() => {
                // A district without records is one unit all the same.
                (Cow::Borrowed(*table), vec![Ok(0); own.records().max(1)])
            }
            Some(Ok(table)) => (
                Cow::Borrowed(*table),
                matched((&self.forms[form], own), (there, table), link),
            ),
            Some(Err(lack)) => (
                Cow::Owned(Table::stack(&[])),
                vec![Err(*lack); own.records()],
            ),
            None => (Cow::Owned(Table::stack(&[])), Vec::new()),
        };
        Linked {
            table,
            record,
            crossings,
        }
    }
}

/// The run of a form that a link means, seen from a form in a period.
pub fn period_of(forms: &[Form], period: Period, form: usize, link: Link) -> Period {
    let there = &forms[link.form.unwrap_or(form)];
    let now = match link.form {
        None => period,
        Some(_) => there.newest_due(period),
    };
    match link.source {
        Source::Now => now,
        Source::LastYear => now.last_year(),
        Source::LastPeriod => there.period_before(now),
    }
}

/// The records of a list that another list's records are, by key.
fn matched(
    (form, own): (&Form, &Table),
    (there, other): (&Form, &Table),
    link: Link,
) -> Vec<Result<usize, Lack>> {
    let lack = match link.source {
        Source::Now => Lack::NoRecord,
        Source::LastYear | Source::LastPeriod => Lack::NoBaseline,
    };
    let known: BTreeMap<String, usize> = other.keys(&there.key).into_iter().zip(0..).collect();
    let keys = own.keys(&form.key);
    keys.iter()
        .map(|key| known.get(key).copied().ok_or(lack))
        .collect()
}
