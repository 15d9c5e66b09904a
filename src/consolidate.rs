//! The city's table out of the districts': sums, ratios of sums, growth over the same districts.
//!
//! A city figure is never compared over different sets of districts. Each comes as three: what
//! has been reported and by how many, last year's of those same districts, and the growth
//! between these two; beside them stands last year's whole city. Rates are computed from the
//! sums of their numerators and denominators, never averaged, over those districts that have
//! both. Which districts a figure rests on is asked figure by figure: one that could not be read
//! leaves out its district there, and nowhere else.

use crate::baseline::Baseline;
use crate::expr::figures::{Crossing, Figures};
use crate::expr::{Expr, Leaf, exact};
use crate::judged::{Judged, Submission};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Variable};
use crate::rulebook::rule::{Claim, Rule};
use crate::rulebook::written::Missing;
use crate::table::{Draft, DraftColumn, Table, Words};
use std::collections::{BTreeMap, BTreeSet};

/// A figure of the whole city.
#[derive(Debug, Clone, PartialEq)]
pub struct CityFigure {
    /// A position in the form's variables.
    pub variable: usize,
    /// 已报合计: over all districts that reported it, in the unit that is kept.
    pub reported: Option<Exact>,
    /// How many districts reported it, and everything that it is made of.
    pub districts: usize,
    /// Those of them of whom the same is known of last year.
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

/// A form's figures over a set of districts.
pub struct Sums {
    figures: Vec<Option<Exact>>,
    /// By variable: how many districts it rests on.
    pub districts: Vec<usize>,
}

impl Sums {
    /// A figure, in the unit that is kept.
    pub fn figure(&self, variable: usize) -> Option<Exact> {
        self.figures.get(variable).cloned().flatten()
    }
}

/// Adds up the tables of a form, and computes its stated figures from the sums: each over those
/// districts that have everything it follows from.
pub fn sum(form: &Form, rules: &[Rule], tables: &[&Table]) -> Sums {
    let all = tables.iter().map(|table| Own::of(form, table)).collect();
    Adding::new(form, rules, all).sums()
}

/// What a figure over several districts is made of: itself where it adds up, else all that add up
/// among what it is stated to follow from. Nothing where it is neither.
pub fn parts(form: &Form, rules: &[Rule], variable: usize) -> Vec<usize> {
    parts_by(form, &formulas(rules), variable)
}

fn parts_by(form: &Form, formulas: &BTreeMap<usize, &Expr>, variable: usize) -> Vec<usize> {
    let mut parts = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![variable];
    while let Some(variable) = next.pop() {
        if !seen.insert(variable) {
            continue;
        }
        if form.variables[variable].adds_up() {
            parts.insert(variable);
        } else if let Some(follows) = formulas.get(&variable) {
            let mut leaves: Vec<Leaf> = Vec::new();
            follows.leaves(&mut leaves);
            let own = leaves.iter().filter(|leaf| leaf.is_own());
            next.extend(own.map(|leaf| leaf.variable));
        }
    }
    parts.into_iter().collect()
}

/// What each stated figure follows from, by the first rule that says so.
fn formulas(rules: &[Rule]) -> BTreeMap<usize, &Expr> {
    let mut formulas = BTreeMap::new();
    for assertion in rules.iter().flat_map(|rule| &rule.assertions) {
        if let Claim::States {
            stated, follows, ..
        } = &assertion.claim
        {
            formulas.entry(stated.variable).or_insert(follows);
        }
    }
    formulas
}

/// What one district's table of a form comes to: by variable its sum, where it has figures.
struct Own(Vec<Option<Exact>>);

impl Own {
    fn of(form: &Form, table: &Table) -> Self {
        let figure = |(at, variable): (usize, &Variable)| {
            let (sum, count) = variable.adds_up().then(|| table.sum(at))?;
            (count > 0).then_some(sum)
        };
        Self(form.variables.iter().enumerate().map(figure).collect())
    }

    fn has_all(&self, parts: &[usize]) -> bool {
        parts.iter().all(|part| self.0[*part].is_some())
    }
}

/// Some districts' tables of a form being added up.
struct Adding<'a> {
    form: &'a Form,
    formulas: BTreeMap<usize, &'a Expr>,
    /// By variable: what it is made of.
    parts: Vec<Vec<usize>>,
    all: Vec<Own>,
}

impl<'a> Adding<'a> {
    fn new(form: &'a Form, rules: &'a [Rule], all: Vec<Own>) -> Self {
        let formulas = formulas(rules);
        let parts = (0..form.variables.len()).map(|at| parts_by(form, &formulas, at));
        Self {
            form,
            parts: parts.collect(),
            formulas,
            all,
        }
    }

    /// Each figure over the districts that have all its parts.
    fn sums(&self) -> Sums {
        let of = |at: usize| {
            let parts = &self.parts[at];
            let set = self.all.iter().map(|own| own.has_all(parts)).collect();
            (at, set)
        };
        let wanted: Vec<(usize, Vec<bool>)> = (0..self.form.variables.len()).map(of).collect();
        let figures = self.over(&wanted);
        let districts = wanted.iter().zip(&figures);
        let districts = districts
            .map(|((_, set), figure)| if figure.is_some() { count(set) } else { 0 })
            .collect();
        Sums { figures, districts }
    }

    /// Figures, each over its own set of districts. Stated ones over one set are computed together.
    fn over(&self, wanted: &[(usize, Vec<bool>)]) -> Vec<Option<Exact>> {
        let mut figures = vec![None; wanted.len()];
        let mut stated: BTreeMap<&[bool], Vec<usize>> = BTreeMap::new();
        for (nth, (at, set)) in wanted.iter().enumerate() {
            if self.form.variables[*at].adds_up() {
                figures[nth] = self.added(*at, set);
            } else if self.formulas.contains_key(at) {
                stated.entry(set).or_default().push(nth);
            }
        }
        for (set, places) in stated {
            let own: Vec<usize> = places.iter().map(|nth| wanted[*nth].0).collect();
            let mut computed = self.stated(&own, set);
            for nth in places {
                figures[nth] = computed[wanted[nth].0].take();
            }
        }
        figures
    }

    /// Stated figures over one set of districts, by variable.
    fn stated(&self, wanted: &[usize], set: &[bool]) -> Vec<Option<Exact>> {
        let mut figures = vec![None; self.form.variables.len()];
        let mut needed: BTreeSet<usize> = wanted.iter().copied().collect();
        for at in wanted {
            for part in &self.parts[*at] {
                if figures[*part].is_none() {
                    figures[*part] = self.added(*part, set);
                }
            }
            let mut leaves: Vec<Leaf> = Vec::new();
            if let Some(follows) = self.formulas.get(at) {
                follows.leaves(&mut leaves);
            }
            let own = leaves.iter().filter(|leaf| leaf.is_own());
            needed.extend(own.map(|leaf| leaf.variable));
        }
        // Those that rest on other stated figures come out in the second round.
        for _ in 0..2 {
            let table = self.record(&figures);
            let record = Figures::alone(&table);
            for at in &needed {
                let Some(follows) = self.formulas.get(at) else {
                    continue;
                };
                let value = exact::value(follows, &record, 0, Missing::Skip);
                if let Ok(exact::Value::Number(value)) = value {
                    figures[*at] = Some(number::exact(number::to_f64(&value)));
                }
            }
        }
        figures
    }

    /// The sum of one figure, as it is kept: every later figure reads it so.
    fn added(&self, at: usize, set: &[bool]) -> Option<Exact> {
        let among = self.all.iter().zip(set).filter(|(_, is_in)| **is_in);
        let mut own = among.filter_map(|(own, _)| own.0[at].as_ref());
        let first = own.next()?.clone();
        let sum = own.fold(first, |sum, x| sum + x);
        Some(number::exact(number::to_f64(&sum)))
    }

    /// The figures as one record, for the formulas to read.
    fn record(&self, figures: &[Option<Exact>]) -> Table {
        let variables = self.form.variables.iter().zip(figures);
        let columns = variables.map(|(variable, figure)| {
            if variable.is_number() {
                let figure = figure.as_ref().map_or(f64::NAN, number::to_f64);
                return DraftColumn::Numbers(vec![figure]);
            }
            let mut words = Words::default();
            words.push("");
            DraftColumn::Words(words)
        });
        Draft {
            records: 1,
            columns: columns.collect(),
            ..Draft::default()
        }
        .into()
    }
}

fn count(set: &[bool]) -> usize {
    set.iter().filter(|is_in| **is_in).count()
}

/// Whether a district's table has figures for all parts of a figure: whoever lacks one is in no
/// sum of it.
pub fn has_all(table: &Table, parts: &[usize]) -> bool {
    parts.iter().all(|part| table.sum(*part).1 > 0)
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
        let own: Vec<&&Submission> = own.collect();
        let whole: Vec<&Table> = baseline.all(last_year, at).collect();
        let crossings = form.crossings(last_year, judged.period);
        city(form, &judged.rulebook.rules[at], &own, &whole, &crossings)
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
    own: &[&&Submission],
    whole_last_year: &[&Table],
    crossings: &[(usize, Crossing)],
) -> Vec<CityFigure> {
    let tables = own.iter().map(|one| Own::of(form, &one.table));
    let now = Adding::new(form, rules, tables.collect());
    // Who sent nothing a year ago has nothing of any figure.
    let nothing = || Own(vec![None; form.variables.len()]);
    let then = own.iter().map(|one| {
        let table = one.last_year.as_ref();
        table.map_or_else(nothing, |table| Own::of(form, table))
    });
    let then = Adding::new(form, rules, then.collect());
    let reported = now.sums();
    let last_year = sum(form, rules, whole_last_year);
    let crossing = |at: usize| crossings.iter().find(|(v, _)| *v == at).map(|(_, c)| c);
    let of_then = |at: usize| match crossing(at) {
        Some(Crossing::Mapped(variable)) => *variable,
        _ => at,
    };
    let same = |at: usize| {
        let years = now.all.iter().zip(&then.all);
        let (own, before) = (&now.parts[at], &then.parts[of_then(at)]);
        let same = years.map(|(a, b)| a.has_all(own) && b.has_all(before));
        same.collect::<Vec<bool>>()
    };
    let numbers = (0..form.variables.len()).filter(|at| form.variables[*at].is_number());
    let wanted: Vec<(usize, Vec<bool>)> = numbers.map(|at| (at, same(at))).collect();
    let wanted_then = wanted.iter().map(|(at, set)| (of_then(*at), set.clone()));
    let then = then.over(&wanted_then.collect::<Vec<_>>());
    let now = now.over(&wanted);
    wanted
        .into_iter()
        .zip(now.into_iter().zip(then))
        .map(|((at, same), (same_now, same_then))| {
            let (variable, crossing) = (&form.variables[at], crossing(at));
            let earlier = |figure: Option<Exact>| match crossing {
                Some(Crossing::NotComparable) => None,
                Some(Crossing::Converted(factor)) => figure.map(|x| x * factor),
                _ => figure,
            };
            let same_last_year = earlier(same_then);
            let both = same_now.as_ref().zip(same_last_year.as_ref());
            let growth = both.and_then(|(now, before)| {
                if variable.scale() != 0 {
                    return Some(now - before);
                }
                (!number::is_zero(before)).then(|| now / before - Exact::from_integer(1.into()))
            });
            CityFigure {
                variable: at,
                reported: reported.figure(at),
                districts: reported.districts[at],
                comparable: if same_now.is_some() { count(&same) } else { 0 },
                same_now,
                same_last_year,
                growth,
                city_last_year: earlier(last_year.figure(of_then(at))),
                is_ratio: variable.stated,
                has_changed: crossing == Some(&Crossing::NotComparable),
            }
        })
        .collect()
}
