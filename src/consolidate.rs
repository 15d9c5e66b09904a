//! The city's table out of the districts': sums, ratios of sums, growth over the same districts.
//!
//! A city figure is never compared over different sets of districts. Each comes as three: what
//! has been reported and by how many, last year's of those same districts, and the growth
//! between these two; beside them stands last year's whole city. Rates are computed from the
//! sums of their numerators and denominators, never averaged.

use crate::baseline::Baseline;
use crate::expr::figures::{Crossing, Figures};
use crate::expr::{Leaf, exact};
use crate::number::{self, Exact};
use crate::report::Judged;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Claim, Rule};
use crate::rulebook::written::Missing;
use crate::table::{CellDress, Draft, DraftColumn, Dress, Marks, Table, Words};

/// One district's share in the city's figures.
struct Share<'a> {
    table: &'a Table,
    /// The same district's figures of last year, where they were accepted.
    last_year: Option<&'a Table>,
}

/// A figure of the whole city.
#[derive(Debug, Clone, PartialEq)]
pub struct CityFigure {
    /// A position in the form's variables.
    pub variable: usize,
    /// 已报合计: over all districts that reported it, in the unit that is kept.
    pub reported: Option<Exact>,
    /// How many districts reported it.
    pub districts: usize,
    /// Those of them whose last year's figure is known.
    pub comparable: usize,
    /// The comparable districts' figure this year.
    pub same_now: Option<Exact>,
    /// The same districts' figure last year.
    pub same_last_year: Option<Exact>,
    /// 同口径增长: between the two; for rates the difference.
    pub growth: Option<Exact>,
    /// Last year's whole city.
    pub city_last_year: Option<Exact>,
    /// Whether it is a ratio of sums, 按分子、分母汇总后计算.
    pub is_ratio: bool,
    /// Whether its meaning has changed since last year, 口径变化: then nothing is compared.
    pub has_changed: bool,
}

/// A form's figures over a set of districts, as one record.
pub struct Sums {
    table: Table,
    /// By variable: how many districts had a figure.
    pub districts: Vec<usize>,
}

/// Adds up the tables of a form, and computes its stated figures from the sums.
pub fn sum(form: &Form, rules: &[Rule], tables: &[&Table]) -> Sums {
    let mut districts = vec![0; form.variables.len()];
    let columns = form
        .variables
        .iter()
        .enumerate()
        .map(|(at, variable)| {
            if !variable.is_number() {
                let mut words = Words::default();
                words.push("");
                return DraftColumn::Words(words);
            }
            if !variable.adds_up() {
                return DraftColumn::Numbers(vec![f64::NAN]);
            }
            let mut total = Exact::default();
            for table in tables {
                let (sum, count) = table.sum(at);
                total += sum;
                districts[at] += usize::from(count > 0);
            }
            let total = if districts[at] > 0 {
                number::to_f64(&total)
            } else {
                f64::NAN
            };
            DraftColumn::Numbers(vec![total])
        })
        .collect();
    let draft = Draft {
        records: 1,
        columns,
        marks: Marks::default(),
        dress: Dress {
            usual: vec![CellDress::default(); form.variables.len()],
            ..Dress::default()
        },
        blocks: Vec::new(),
    };
    let mut sums = Sums {
        table: draft.into(),
        districts,
    };
    sums.compute_stated(form, rules);
    sums
}

impl Sums {
    /// A figure, in the unit that is kept.
    pub fn figure(&self, variable: usize) -> Option<Exact> {
        self.table.number(0, variable).map(number::exact)
    }

    /// Stated figures of the sums themselves: the ratio of sums. Those that rest on other
    /// stated figures come out in the second round.
    fn compute_stated(&mut self, form: &Form, rules: &[Rule]) {
        for _ in 0..2 {
            let mut found: Vec<(usize, f64, usize)> = Vec::new();
            let figures = Figures::alone(&self.table);
            for assertion in rules.iter().flat_map(|rule| &rule.assertions) {
                let Claim::States {
                    stated, follows, ..
                } = &assertion.claim
                else {
                    continue;
                };
                let value = exact::value(follows, &figures, 0, Missing::Skip);
                let Ok(exact::Value::Number(value)) = value else {
                    continue;
                };
                let mut leaves: Vec<Leaf> = Vec::new();
                follows.leaves(&mut leaves);
                let rests_on = leaves
                    .iter()
                    .filter(|leaf| leaf.is_own())
                    .map(|leaf| self.districts[leaf.variable])
                    .min();
                found.push((
                    stated.variable,
                    number::to_f64(&value),
                    rests_on.unwrap_or(0),
                ));
            }
            if found.is_empty() {
                return;
            }
            let numbers = |at: usize| match found.iter().find(|(variable, ..)| *variable == at) {
                Some((_, value, _)) => *value,
                None => self.table.number(0, at).unwrap_or(f64::NAN),
            };
            let columns = form
                .variables
                .iter()
                .enumerate()
                .map(|(at, variable)| {
                    if variable.is_number() {
                        return DraftColumn::Numbers(vec![numbers(at)]);
                    }
                    let mut words = Words::default();
                    words.push("");
                    DraftColumn::Words(words)
                })
                .collect();
            for (variable, _, districts) in &found {
                self.districts[*variable] = *districts;
            }
            self.table = Draft {
                records: 1,
                columns,
                ..Draft::default()
            }
            .into();
        }
    }
}

/// The city's figures of every form that is asked for.
pub fn consolidate(judged: &Judged<'_>, baseline: &Baseline) -> Vec<Vec<CityFigure>> {
    let last_year = judged.period.last_year();
    let counted = judged.counted();
    let form_figures = |(at, form): (usize, &Form)| {
        if !form.is_due_in(judged.period) {
            return Vec::new();
        }
        let own = counted.iter().filter(|submission| submission.form == at);
        let shares: Vec<Share<'_>> = own
            .map(|submission| Share {
                table: &submission.table,
                last_year: submission.last_year.as_ref(),
            })
            .collect();
        let whole: Vec<&Table> = baseline.all(last_year, at).collect();
        let crossings = form.crossings(last_year, judged.period);
        city(
            form,
            &judged.rulebook.rules[at],
            &shares,
            &whole,
            &crossings,
        )
    };
    judged
        .rulebook
        .forms
        .iter()
        .enumerate()
        .map(form_figures)
        .collect()
}

fn city(
    form: &Form,
    rules: &[Rule],
    shares: &[Share<'_>],
    whole_last_year: &[&Table],
    crossings: &[(usize, Crossing)],
) -> Vec<CityFigure> {
    let tables: Vec<&Table> = shares.iter().map(|share| share.table).collect();
    let same: Vec<&Share<'_>> = shares
        .iter()
        .filter(|share| share.last_year.is_some())
        .collect();
    let now: Vec<&Table> = same.iter().map(|share| share.table).collect();
    let before: Vec<&Table> = same.iter().filter_map(|share| share.last_year).collect();
    let reported = sum(form, rules, &tables);
    let (same_now, same_before) = (sum(form, rules, &now), sum(form, rules, &before));
    let last_year = sum(form, rules, whole_last_year);
    form.variables
        .iter()
        .enumerate()
        .filter(|(_, variable)| variable.is_number())
        .map(|(at, variable)| {
            let crossing = crossings.iter().find(|(v, _)| *v == at).map(|(_, c)| c);
            let earlier = |sums: &Sums| match crossing {
                None => sums.figure(at),
                Some(Crossing::NotComparable) => None,
                Some(Crossing::Converted(factor)) => sums.figure(at).map(|x| x * factor),
                Some(Crossing::Mapped(variable)) => sums.figure(*variable),
            };
            let (now, before) = (same_now.figure(at), earlier(&same_before));
            let growth = now.as_ref().zip(before.as_ref()).and_then(|(now, before)| {
                if variable.scale() != 0 {
                    return Some(now - before);
                }
                (!number::is_zero(before)).then(|| now / before - Exact::from_integer(1.into()))
            });
            CityFigure {
                variable: at,
                reported: reported.figure(at),
                districts: reported.districts[at],
                comparable: same_now.districts[at].min(same_before.districts[at]),
                same_now: now,
                same_last_year: before,
                growth,
                city_last_year: earlier(&last_year),
                is_ratio: variable.stated,
                has_changed: crossing == Some(&Crossing::NotComparable),
            }
        })
        .collect()
}
