#![doc = include_str!("lines.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::expr::{Expr, Leaf};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::{Audience, Lines, Severity};
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "lines",
    doc: include_str!("lines.md"),
    doc_zh: include_str!("lines.zh.md"),
    keys,
    rule: |_| None,
    say,
};

/// One rule a column or row with three lines: it is not below the lowest.
fn keys(on: &mut Lowering<'_>) {
    let form = on.form;
    let values: Vec<usize> = form.value_columns().take(1).collect();
    let columns = form.columns.iter().enumerate().filter_map(|(at, column)| {
        let cells = on.rows().into_iter().map(|row| form.variable(at, row));
        Some((
            &column.id,
            &column.label,
            column.lines.as_ref()?,
            cells.collect(),
        ))
    });
    let rows = form.rows.iter().enumerate().filter_map(|(at, row)| {
        let cells = values.iter().map(|column| form.variable(*column, Some(at)));
        Some((&row.id, &row.label, row.lines.as_ref()?, cells.collect()))
    });
    let all: Vec<(&String, &Text, &Lines, Vec<usize>)> = columns.chain(rows).collect();
    for (id, label, lines, cells) in all {
        let title = Text::new(
            format!("{}不低于警戒线", label.zh),
            format!("{} is not below the alert line", label.en),
        );
        let rule_id = format!("{}.{id}.lines", form.id);
        let mut rule = on.rule(KIND.name, rule_id, title, Severity::Note);
        rule.formula = format!("{id} >= {}", lines.alert);
        rule.audience = Audience::City;
        rule.source.clone_from(&lines.source);
        if !(lines.alert < lines.basic && lines.basic < lines.development) {
            let message = both!(
                "`{id}` 的三线应由低到高：警戒线、基本线、发展线",
                "the three lines of `{id}` must rise: alert, basic, development"
            );
            on.problem(0..0, message);
            continue;
        }
        let numbers = cells
            .into_iter()
            .filter(|cell| form.variables[*cell].is_number());
        for accused in numbers {
            let Some(alert) = kept(form, accused, lines.alert) else {
                continue;
            };
            let claim = Claim::Compare {
                left: Expr::Leaf(Leaf::own(accused)),
                relation: Relation::AtLeast,
                right: Expr::number(alert),
                slack: Exact::default(),
            };
            rule.assertions.push(Assertion::new(accused, claim));
        }
        on.key_rule(rule);
    }
}

/// A line as its variable keeps figures.
fn kept(form: &Form, variable: usize, line: f64) -> Option<Exact> {
    let scale = form.variables[variable].scale();
    Some(number::exact(number::canonical(line)?) * number::power_of_ten(scale))
}

fn say(failed: &Failed<'_>) -> Wording {
    let (label, found) = (failed.label(), failed.found());
    let alert = failed.failure.expected.as_ref();
    let alert = alert.map_or_else(String::new, |x| failed.show(failed.assertion.accused, x));
    Wording::new(
        Text::new(
            format!("“{}”{found}，低于警戒线 {alert}", label.zh),
            format!("{} is {found}, below the alert line of {alert}", label.en),
        ),
        Text::new("关注，不要求修改", "to watch; nothing is to be mended"),
    )
}
