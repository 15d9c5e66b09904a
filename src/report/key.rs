//! 主要数据: which of the city's figures are told first, what they are called, and what of them
//! rests on errors.

use crate::consolidate::{self, CityFigure};
use crate::judged::{Judged, Submission};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Rule, stated};
use crate::rulebook::written::{Axis, Type};
use crate::words::Text;

/// How many key figures there are.
const KEY_FIGURES: usize = 6;

/// The first figures of each form that add up or are rates, the forms by turns; each with its
/// form's position.
pub(super) fn key_figures<'a>(judged: &'a Judged<'_>) -> Vec<(usize, &'a CityFigure)> {
    let candidates: Vec<Vec<&CityFigure>> = (0..judged.rulebook.forms.len())
        .map(|form| candidates(judged, form))
        .collect();
    let longest = candidates.iter().map(Vec::len).max().unwrap_or(0);
    let mut taken = vec![0; candidates.len()];
    let mut room = KEY_FIGURES;
    for turn in 0..longest {
        for (form, figures) in candidates.iter().enumerate() {
            if room > 0 && figures.len() > turn {
                taken[form] += 1;
                room -= 1;
            }
        }
    }
    candidates
        .into_iter()
        .zip(taken)
        .enumerate()
        .flat_map(|(form, (figures, taken))| {
            figures
                .into_iter()
                .take(taken)
                .map(move |figure| (form, figure))
        })
        .collect()
}

/// What may be a key figure of a form: its first row's own figures, or its first rates where
/// variables run down. An of-which is told by its whole.
pub(super) fn candidates<'a>(judged: &'a Judged<'_>, at: usize) -> Vec<&'a CityFigure> {
    let form = &judged.rulebook.forms[at];
    let mut figures = figures(judged, at);
    figures.retain(|figure| {
        let place = &form.variables[figure.variable];
        let column = &form.columns[place.column];
        figure.reported.is_some()
            && column.part_of.is_none()
            && place.row.is_none_or(|row| match form.axis {
                Axis::Columns => row == 0,
                Axis::Rows => form.rows[row].part_of.is_none(),
            })
    });
    if form.axis == Axis::Rows {
        figures.sort_by_key(|figure| !figure.is_ratio);
    }
    figures
}

/// The figures of a form that are about this period: neither a repeated earlier figure nor a
/// stated growth, which the city's own growth says better.
pub(super) fn figures<'a>(judged: &'a Judged<'_>, at: usize) -> Vec<&'a CityFigure> {
    let (form, rules) = (&judged.rulebook.forms[at], &judged.rulebook.rules[at]);
    let city = judged.city.get(at).into_iter().flatten();
    city.filter(|figure| is_own(form, rules, figure.variable))
        .collect()
}

fn is_own(form: &Form, rules: &[Rule], variable: usize) -> bool {
    let place = &form.variables[variable];
    let column = &form.columns[place.column];
    let among_values =
        form.axis == Axis::Columns || form.value_columns().next() == Some(place.column);
    let growth = stated(rules, variable).is_some_and(|expr| expr.growth().is_some());
    let in_key = !form.is_fixed() && form.key.contains(&variable);
    among_values && column.restates.is_none() && !growth && !in_key
}

/// What of a city's figure comes from units whose form still has errors.
pub(super) struct Resting {
    /// How many units.
    pub units: usize,
    /// Their share in the figure, as a ratio; none where it does not add up or is zero.
    pub share: Option<Exact>,
}

/// The same for every figure of a run, which asks once whose errors are open.
pub(super) struct Restings<'a> {
    judged: &'a Judged<'a>,
    /// The submissions with errors that count.
    with_errors: Vec<&'a Submission>,
}

impl<'a> Restings<'a> {
    /// Of a judged run.
    pub(super) fn new(judged: &'a Judged<'a>) -> Self {
        let errors = judged.with_open_errors();
        let mut with_errors = judged.counted();
        with_errors.retain(|one| errors.contains(&(one.form, one.district)));
        Self {
            judged,
            with_errors,
        }
    }

    /// What of a form's figure rests on errors; none where nothing does.
    pub(super) fn of(&self, form: usize, figure: &CityFigure) -> Option<Resting> {
        let rulebook = self.judged.rulebook;
        let (of, rules) = (&rulebook.forms[form], &rulebook.rules[form]);
        let parts = consolidate::parts(of, rules, figure.variable);
        let own = self.with_errors.iter().filter(|one| one.form == form);
        // Who lacks a part of it is in no sum of it.
        let own = own.filter(|one| consolidate::has_all(&one.table, &parts));
        let (mut sum, mut units) = (Exact::default(), 0);
        for submission in own {
            sum += submission.table.sum(figure.variable).0;
            units += 1;
        }
        let variable = &of.variables[figure.variable];
        let whole = figure.reported.as_ref();
        let whole = whole.filter(|whole| variable.adds_up() && !number::is_zero(whole));
        (units > 0).then(|| Resting {
            units,
            share: whole.map(|whole| sum / whole),
        })
    }
}

/// What the city's figures call a variable: its row and column, or the row alone where variables
/// run down.
pub(super) fn label(form: &Form, variable: usize) -> Text {
    match (form.axis, form.variables[variable].row) {
        (Axis::Rows, Some(row)) => form.rows[row].label.clone(),
        _ => form.variable_label(variable),
    }
}

/// The unit in which people see a variable.
pub(super) fn unit(form: &Form, variable: usize) -> String {
    let variable = &form.variables[variable];
    match (&variable.unit, variable.kind) {
        (_, Type::Percent) => "%".to_owned(),
        (Some(unit), _) => unit.clone(),
        (None, Type::Count | Type::Number | Type::Money) => form.unit.clone().unwrap_or_default(),
        (None, _) => String::new(),
    }
}
