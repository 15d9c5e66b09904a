//! A rule's own examples: what it says of the figures that its author gave.

use crate::expr::Source;
use crate::expr::columns::{Earlier, Figures};
use crate::expr::exact::{Judgement, judge};
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Example, Given, Rule};
use crate::rulebook::source::Problem;
use crate::rulebook::written::Gives;
use crate::table::{CellDress, Draft, DraftColumn, Dress, Table, Words};
use std::borrow::Cow;

/// The examples of a rule that do not come out as their author says.
pub fn wrong_examples(form: &Form, rule: &Rule) -> Vec<Problem> {
    rule.examples
        .iter()
        .filter_map(|example| {
            let found = gives(form, rule, example);
            (found != example.gives).then(|| {
                let (id, is, said) = (&rule.id, name(found), name(example.gives));
                let message = both!(
                    "审核关系 `{id}` 的例子写的是 {said}，实际结果是 {is}",
                    "the example of rule `{id}` says {said}, but the rule gives {is}"
                );
                Problem::new(&rule.file, example.span.clone(), message)
            })
        })
        .collect()
}

fn name(gives: Gives) -> &'static str {
    match gives {
        Gives::Pass => "pass",
        Gives::Fail => "fail",
        Gives::NotEvaluated => "not-evaluated",
    }
}

/// What a rule says of an example: it fails where any of its assertions fails, and is not
/// evaluated where none could be.
pub fn gives(form: &Form, rule: &Rule, example: &Example) -> Gives {
    let own = table(form, example, Source::Own);
    let earlier = |source| Earlier {
        table: Cow::Owned(table(form, example, source)),
        record: vec![Some(0)],
    };
    let (last_year, last_period) = (earlier(Source::LastYear), earlier(Source::LastPeriod));
    let figures = Figures {
        own: &own,
        last_year: Some(&last_year),
        last_period: Some(&last_period),
    };
    let mut all = Gives::NotEvaluated;
    for assertion in &rule.assertions {
        let scale = form.variables[assertion.accused].scale();
        match judge(assertion, &figures, 0, rule.missing, scale) {
            Judgement::Fail(_) => return Gives::Fail,
            Judgement::Pass => all = Gives::Pass,
            Judgement::NotEvaluated(_) => {}
        }
    }
    all
}

/// One record with the example's figures of one source, everything else blank.
fn table(form: &Form, example: &Example, source: Source) -> Table {
    let mut usual = vec![CellDress::default(); form.variables.len()];
    let given = |variable: usize| {
        example
            .given
            .iter()
            .find(|(leaf, _)| leaf.source == source && leaf.variable == variable)
            .map(|(_, given)| given)
    };
    let columns = (0..form.variables.len())
        .map(
            |variable| match (given(variable), form.variables[variable].is_number()) {
                (Some(Given::Number(x, decimals)), true) => {
                    usual[variable].decimals = *decimals;
                    DraftColumn::Numbers(vec![*x])
                }
                (_, true) => DraftColumn::Numbers(vec![f64::NAN]),
                (given, false) => {
                    let mut words = Words::default();
                    words.push(match given {
                        Some(Given::Text(text)) => text,
                        _ => "",
                    });
                    DraftColumn::Words(words)
                }
            },
        )
        .collect();
    Draft {
        records: 1,
        columns,
        dress: Dress {
            usual,
            ..Dress::default()
        },
        ..Draft::default()
    }
    .into()
}
