#![doc = include_str!("lines.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::expr::parse::Measure;
use crate::expr::{Expr, Leaf};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Assertion, Claim, Relation};
use crate::rulebook::written::{Audience, Lines, Severity};
use crate::words::Text;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "lines",
    doc: include_str!("lines.md"),
    doc_zh: include_str!("lines.zh.md"),
    keys,
    rule: |_| None,
    say,
};

/// One rule a column or row with three lines: it has reached the basic one.
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
    let all: Vec<(&String, &Text, &Spanned<Lines>, Vec<usize>)> = columns.chain(rows).collect();
    for (id, label, written, cells) in all {
        let (lines, span) = (written.get_ref(), written.span());
        let title = Text::new(
            format!("{}达到基本线", label.zh),
            format!("{} has reached the basic line", label.en),
        );
        let rule_id = format!("{}.{id}.lines", form.id);
        let mut rule = on.rule(KIND.name, rule_id, title, Severity::Note);
        rule.formula = format!("{id} >= {}", named(&lines.basic));
        rule.audience = Audience::City;
        rule.source.clone_from(&lines.source);
        rule.span.clone_from(&span);
        let said = all_named(lines);
        super::rule::cite(on, &mut rule, &said);
        let all = [&lines.alert, &lines.basic, &lines.development];
        let Some(levels) = all
            .map(|written| level(form, written))
            .into_iter()
            .collect()
        else {
            let message = both!(
                "`{id}` 的三线应是数字，或 [thresholds] 里的名称",
                "the three lines of `{id}` are numbers or names of thresholds"
            );
            on.problem(span, message);
            continue;
        };
        let levels: Vec<Exact> = levels;
        if !levels.is_sorted_by(|a, b| a < b) {
            let message = both!(
                "`{id}` 的三线应由低到高：警戒线、基本线、发展线",
                "the three lines of `{id}` must rise: alert, basic, development"
            );
            on.problem(span, message);
            continue;
        }
        let numbers = cells
            .into_iter()
            .filter(|cell| form.variables[*cell].is_number());
        for accused in numbers {
            let basic = kept(form, accused, &levels[1]);
            let claim = Claim::Compare {
                left: Expr::Leaf(Leaf::own(accused)),
                relation: Relation::AtLeast,
                right: Expr::number(basic),
                slack: Exact::default(),
            };
            rule.assertions.push(Assertion::new(accused, claim));
        }
        on.key_rule(rule);
    }
}

/// The three lines of a variable, from the lowest, as its figures are kept; none where it has
/// no lines.
pub(crate) fn levels(form: &Form, variable: usize) -> Option<[Exact; 3]> {
    let place = &form.variables[variable];
    if !place.is_number() {
        return None;
    }
    let is_own = form.value_columns().next() == Some(place.column);
    let row = place.row.filter(|_| is_own);
    let row = row.and_then(|row| form.rows[row].lines.as_ref());
    let lines = row.or(form.columns[place.column].lines.as_ref())?.get_ref();
    let kept = |line: &toml::Value| Some(kept(form, variable, &level(form, line)?));
    Some([
        kept(&lines.alert)?,
        kept(&lines.basic)?,
        kept(&lines.development)?,
    ])
}

/// A line as it is written.
fn named(line: &toml::Value) -> String {
    match line {
        toml::Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

fn all_named(lines: &Lines) -> String {
    [&lines.alert, &lines.basic, &lines.development]
        .map(named)
        .join(" ")
}

/// Where a line lies, in the unit that people see: a number, or a threshold by name.
fn level(form: &Form, written: &toml::Value) -> Option<Exact> {
    if let toml::Value::String(name) = written {
        let threshold = form.thresholds.iter().find(|t| t.id == *name)?;
        let scale = if threshold.measure == Measure::Plain {
            0
        } else {
            2
        };
        return Some(&threshold.value * number::power_of_ten(scale));
    }
    Some(crate::rulebook::limit(written)?.0)
}

/// A line as its variable keeps figures.
fn kept(form: &Form, variable: usize, line: &Exact) -> Exact {
    line * number::power_of_ten(form.variables[variable].scale())
}

fn say(failed: &Failed<'_>) -> Wording {
    let accused = failed.assertion.accused;
    let (form, label, found) = (failed.form, failed.label(), failed.found());
    let variable = &form.variables[accused];
    let row = variable.row.and_then(|row| form.rows[row].lines.as_ref());
    let Some(lines) = row.or(form.columns[variable.column].lines.as_ref()) else {
        return Wording::default();
    };
    let lines = lines.get_ref();
    let kept = |line: &toml::Value| Some(kept(form, accused, &level(form, line)?));
    let shown =
        |line: &toml::Value| kept(line).map_or_else(String::new, |x| failed.show(accused, &x));
    let (alert, basic) = (shown(&lines.alert), shown(&lines.basic));
    let below = failed.failure.found.as_ref().zip(kept(&lines.alert));
    let message = if below.is_some_and(|(x, alert)| *x < alert) {
        Text::new(
            format!("“{}”{found}，低于警戒线 {alert}", label.zh),
            format!("{} is {found}, below the alert line of {alert}", label.en),
        )
    } else {
        Text::new(
            format!(
                "“{}”{found}，在警戒线 {alert} 与基本线 {basic} 之间",
                label.zh
            ),
            format!(
                "{} is {found}, between the alert line of {alert} and the basic line of {basic}",
                label.en
            ),
        )
    };
    Wording::new(
        message,
        Text::new("关注，不要求修改", "to watch; nothing is to be mended"),
    )
}
