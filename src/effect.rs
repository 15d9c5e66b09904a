//! 影响: how much of the city's figure hangs on a finding.
//!
//! It is worked out once, as soon as the city's figures are known, and every report shows this
//! one number. The order in which findings are read is settled before; who ranks by effect is
//! the list of what to verify first.

use crate::finding::Finding;
use crate::judged::{Judged, Submission};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::words::Text;
use std::collections::BTreeMap;

/// The submissions that count, by form and district's code.
type Counted<'a> = BTreeMap<(usize, &'a str), &'a Submission>;

/// Says of each finding how much of the city's figure hangs on it, wherever that can be said: what
/// its rule found itself, else its difference, the change since last year, or the district's share.
pub fn weigh(judged: &mut Judged<'_>) {
    let effects = effects(judged);
    for (finding, effect) in judged.findings.iter_mut().zip(effects) {
        if let Some((effect, made_of)) = effect {
            finding.effect = Some(effect);
            finding.behind.made_of = Some(made_of);
        }
    }
}

fn effects(judged: &Judged<'_>) -> Vec<Option<(f64, Text)>> {
    let districts = &judged.rulebook.register.districts;
    let counted: Counted<'_> = judged
        .counted()
        .into_iter()
        .map(|one| ((one.form, districts[one.district].code.as_str()), one))
        .collect();
    let findings = judged.findings.iter();
    findings
        .map(|finding| effect(judged, &counted, finding))
        .collect()
}

/// The effect of a finding, and what it is made of.
fn effect(judged: &Judged<'_>, counted: &Counted<'_>, finding: &Finding) -> Option<(f64, Text)> {
    if let Some(effect) = finding.effect {
        return Some((effect, Text::new("规则所算", "by the rule")));
    }
    let accused = finding.variable.as_ref()?;
    let mut forms = judged.rulebook.forms.iter();
    let at = forms.position(|form| Some(&form.id) == finding.form.as_ref())?;
    let form = &judged.rulebook.forms[at];
    let mut variables = form.variables.iter();
    let variable = variables.position(|variable| variable.id == accused.id)?;
    let mut figures = judged.city.get(at)?.iter();
    let figure = figures.find(|figure| figure.variable == variable)?;
    let city = figure.reported.as_ref()?;
    let submission = *counted.get(&(at, finding.district.code.as_str()))?;
    if !form.variables[variable].adds_up() || number::is_zero(city) {
        return None;
    }
    let (moved, made_of) = moved(form, submission, (variable, finding))?;
    let (zero, share) = (Exact::default(), moved / city);
    let share = if share < zero { zero - share } else { share };
    // Ten digits tell effects apart, and are the same when they are read back.
    Some((number::to_f64(&number::round(&share, 10)), made_of))
}

/// By how much a finding could move the city's figure, and what that is.
fn moved(
    form: &Form,
    submission: &Submission,
    (variable, finding): (usize, &Finding),
) -> Option<(Exact, Text)> {
    let difference = finding.difference.as_deref();
    let plain = difference.map(|text| text.replace([',', '+'], ""));
    if let Some(difference) = plain.and_then(|text| number::parse(text.trim())) {
        return Some((difference, Text::new("差额", "difference")));
    }
    let share = Text::new("份额", "share");
    if !form.is_fixed() {
        // Of a list it is one record's figure.
        let found = number::parse(&finding.found.replace(',', ""))?;
        return Some((found, share));
    }
    let own = submission.table.sum(variable).0;
    let last_year = submission.last_year.as_ref();
    let last_year = last_year.map(|table| table.sum(variable));
    Some(match last_year.filter(|(_, known)| *known > 0) {
        Some((before, _)) => (own - before, Text::new("变动", "change")),
        None => (own, share),
    })
}
