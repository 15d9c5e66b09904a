//! Statistics over many records: sums, means, medians, coefficients of variation, by group.
//!
//! They are worked out once for a rule, before its records are looked at, exactly; what is
//! irrational is rounded as [`statistics`] says. A sum is not known where one
//! of its figures is missing: held against a total it would accuse a true figure. The other
//! statistics go over the figures that are there.

use super::columns::{self, Verdict};
use super::exact::{self, Reason, Value};
use super::figures::{Figures, Lack};
use super::{Aggregate, Expr, Statistic};
use crate::number::{self, Exact};
use crate::rulebook::written::Missing;
use crate::statistics;
use std::collections::HashMap;

/// What a statistic came to: a value for each group, and the group of each asking record.
#[derive(Debug, Clone, Default)]
pub struct Grouped {
    /// By group.
    pub values: Vec<Result<Exact, Reason>>,
    /// The same for whole columns, NaN where there is none.
    pub floats: Vec<f64>,
    /// By asking record; none where its group is not known.
    pub group: Vec<Option<u32>>,
}

impl Grouped {
    /// A value for each owner, and so many units: each its own owner's, or all the only one's.
    pub fn by_unit(values: Vec<Result<Exact, Reason>>, units: usize) -> Self {
        let last = values.len().saturating_sub(1);
        let group = (0..units).map(|unit| u32::try_from(unit.min(last)).ok());
        Self::new(values, group.collect())
    }

    fn new(values: Vec<Result<Exact, Reason>>, group: Vec<Option<u32>>) -> Self {
        let float = |value: &Result<Exact, Reason>| value.as_ref().map_or(f64::NAN, number::to_f64);
        Self {
            floats: values.iter().map(float).collect(),
            values,
            group,
        }
    }

    /// The value for a record.
    ///
    /// # Errors
    /// Why there is none.
    pub fn value(&self, record: usize) -> Result<&Exact, Reason> {
        let group = self.group.get(record).copied().flatten();
        let value = group.and_then(|group| self.values.get(group as usize));
        match value {
            Some(Ok(value)) => Ok(value),
            Some(Err(reason)) => Err(*reason),
            None => Err(Reason::Missing),
        }
    }

    /// The same as a float, NaN where there is none.
    pub fn float(&self, record: usize) -> f64 {
        let group = self.group.get(record).copied().flatten();
        let float = group.and_then(|group| self.floats.get(group as usize));
        float.copied().unwrap_or(f64::NAN)
    }
}

/// Works out a statistic over the records of several tables, for the records that ask: each has
/// the value of the group that is named as its own.
pub fn over(
    aggregate: &Aggregate,
    tables: &[Figures<'_>],
    asking: &[Figures<'_>],
    missing: Missing,
) -> Vec<Grouped> {
    let mut names: HashMap<Vec<String>, u32> = HashMap::new();
    let mut gathered: Vec<Gathered> = Vec::new();
    for figures in tables {
        let groups: Vec<Option<u32>> = (0..figures.own.records())
            .map(|record| {
                let name = group_name(aggregate, figures, record)?;
                let next = u32::try_from(names.len()).ok()?;
                let group = *names.entry(name).or_insert(next);
                if group == next {
                    gathered.push(Gathered::default());
                }
                Some(group)
            })
            .collect();
        gather(aggregate, figures, missing, &groups, &mut gathered);
    }
    let mut values: Vec<_> = gathered
        .into_iter()
        .map(|gathered| gathered.statistic(aggregate.statistic))
        .collect();
    // A group that has no records there has what nothing comes to.
    let none = u32::try_from(values.len()).ok();
    values.push(Gathered::default().statistic(aggregate.statistic));
    asking
        .iter()
        .map(|figures| {
            let group = |record| {
                let name = group_name(aggregate, figures, record)?;
                names.get(&name).copied().or(none)
            };
            Grouped::new(
                values.clone(),
                (0..figures.own.records()).map(group).collect(),
            )
        })
        .collect()
}

/// A statistic that has no groups, over the records of several tables.
///
/// # Errors
/// Why there is none.
pub fn value(
    aggregate: &Aggregate,
    tables: &[Figures<'_>],
    missing: Missing,
) -> Result<Exact, Reason> {
    let mut gathered = vec![Gathered::default()];
    for figures in tables {
        let groups = vec![Some(0); figures.own.records()];
        gather(aggregate, figures, missing, &groups, &mut gathered);
    }
    gathered.swap_remove(0).statistic(aggregate.statistic)
}

/// The words and figures that tell a record's group; none where one of them is missing.
fn group_name(aggregate: &Aggregate, figures: &Figures<'_>, record: usize) -> Option<Vec<String>> {
    aggregate
        .groups
        .iter()
        .map(|leaf| {
            if let Ok(word) = figures.word(*leaf, record) {
                return Some(word.to_owned());
            }
            let figure = figures.number(*leaf, record, Missing::Skip).ok()?;
            Some(number::show(&number::exact(figure)))
        })
        .collect()
}

/// The figures of a group.
#[derive(Debug, Clone, Default)]
struct Gathered {
    /// Canonical figures that stand in cells as they are.
    plain: Vec<f64>,
    /// What was computed, with its weight.
    computed: Vec<(Exact, Exact)>,
    /// How many records count.
    records: u64,
    /// Why a figure of a record that counts is not there.
    lacks: Option<Reason>,
}

fn gather(
    aggregate: &Aggregate,
    figures: &Figures<'_>,
    missing: Missing,
    groups: &[Option<u32>],
    into: &mut [Gathered],
) {
    let conditions = aggregate
        .condition
        .as_ref()
        .map(|condition| columns::truths(condition, figures, missing));
    for (record, group) in groups.iter().enumerate() {
        let Some(gathered) = group.and_then(|group| into.get_mut(group as usize)) else {
            continue;
        };
        let counts = match (
            conditions.as_ref().map(|all| all[record]),
            &aggregate.condition,
        ) {
            (Some(Verdict::False), _) => Ok(false),
            (Some(Verdict::Near | Verdict::Null), Some(condition)) => {
                exact::truth(condition, figures, record, missing)
            }
            _ => Ok(true),
        };
        match counts {
            Ok(true) => {}
            Ok(false) => continue,
            Err(reason) => {
                gathered.lacks = gathered.lacks.or(Some(reason));
                continue;
            }
        }
        match (&aggregate.value, &aggregate.weight) {
            (None, _) => gathered.records += 1,
            (Some(Expr::Leaf(leaf)), _) if aggregate.statistic == Statistic::Count => {
                let there = figures.word(*leaf, record).is_ok()
                    || figures.number(*leaf, record, missing).is_ok();
                gathered.records += u64::from(there);
            }
            (Some(Expr::Leaf(leaf)), None) => match figures.number(*leaf, record, missing) {
                Ok(x) => gathered.plain.push(x),
                Err(lack) => gathered.lack(lack.into(), aggregate.statistic),
            },
            (Some(value), weight) => {
                let number = |expr| match exact::value(expr, figures, record, missing) {
                    Ok(Value::Number(x)) => Ok(x),
                    Ok(_) => Err(Reason::Missing),
                    Err(reason) => Err(reason),
                };
                let weight = weight
                    .as_ref()
                    .map_or_else(|| Ok(Exact::from_integer(1.into())), number);
                match number(value).and_then(|value| Ok((value, weight?))) {
                    Ok(pair) => gathered.computed.push(pair),
                    Err(reason) => gathered.lack(reason, aggregate.statistic),
                }
            }
        }
    }
}

impl Gathered {
    /// Only a sum is not known where a figure is missing.
    fn lack(&mut self, reason: Reason, statistic: Statistic) {
        if statistic == Statistic::Sum {
            self.lacks = self.lacks.or(Some(reason));
        }
    }

    fn statistic(self, statistic: Statistic) -> Result<Exact, Reason> {
        if let Some(reason) = self.lacks {
            return Err(reason);
        }
        let Self {
            plain,
            computed,
            records,
            ..
        } = self;
        let count = records + plain.len() as u64 + computed.len() as u64;
        let whole = |x: u64| Exact::from_integer(x.into());
        let weighted = || {
            let plain = plain.iter().map(|x| (number::exact(*x), whole(1)));
            plain.chain(computed.iter().cloned()).collect::<Vec<_>>()
        };
        let values = || weighted().into_iter().map(|(value, _)| value);
        match statistic {
            Statistic::Count => Ok(whole(count)),
            Statistic::Sum => {
                let computed = statistics::sum(computed.into_iter().map(|(value, _)| value));
                Ok(number::sum(plain.iter().copied()).0 + computed)
            }
            Statistic::Mean if computed.is_empty() && count > 0 => {
                Ok(number::sum(plain.iter().copied()).0 / whole(count))
            }
            Statistic::Mean => {
                let all = weighted();
                if all.is_empty() {
                    return Err(Reason::Missing);
                }
                let weights = statistics::sum(all.iter().map(|(_, weight)| weight.clone()));
                if number::is_zero(&weights) {
                    return Err(Reason::DivisionByZero);
                }
                let sum = statistics::sum(all.iter().map(|(value, weight)| value * weight));
                Ok(sum / weights)
            }
            // Canonical figures are in order as they stand.
            Statistic::Median | Statistic::Min | Statistic::Max if computed.is_empty() => {
                let mut plain = plain;
                plain.sort_by(f64::total_cmp);
                let last = plain.len().checked_sub(1).ok_or(Reason::Missing)?;
                let (low, high) = match statistic {
                    Statistic::Min => (0, 0),
                    Statistic::Max => (last, last),
                    _ => (last / 2, last.div_ceil(2)),
                };
                Ok((number::exact(plain[low]) + number::exact(plain[high])) / whole(2))
            }
            Statistic::Median => {
                statistics::median(&values().collect::<Vec<_>>()).ok_or(Reason::Missing)
            }
            Statistic::Min => values().min().ok_or(Reason::Missing),
            Statistic::Max => values().max().ok_or(Reason::Missing),
            Statistic::Variation => {
                // Quotients of all denominators would make numbers of a million digits; fifteen
                // digits are five more than the result has.
                let short = |x: &Exact| number::exact(number::to_f64(x));
                let all: Vec<_> = weighted()
                    .iter()
                    .map(|(x, w)| (short(x), short(w)))
                    .collect();
                statistics::coefficient_of_variation(&all).map_err(Reason::from)
            }
        }
    }
}

impl From<Lack> for Reason {
    fn from(lack: Lack) -> Self {
        use crate::table::Absent;
        match lack {
            Lack::NoBaseline => Self::NoBaseline,
            Lack::NoForm => Self::NoForm,
            Lack::NoRecord => Self::NoRecord,
            Lack::Boundary => Self::Boundary,
            Lack::Crossing => Self::Crossing,
            Lack::Absent(Absent::NotApplicable) => Self::NotApplicable,
            Lack::Absent(Absent::Unreadable(_)) => Self::Unreadable,
            Lack::Absent(Absent::NoColumn) => Self::NoColumn,
            Lack::Absent(Absent::Blank | Absent::Nil | Absent::NotAvailable) => Self::Missing,
        }
    }
}
