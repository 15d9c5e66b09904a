//! A rule's own examples: what it says of the figures that its author gave.

use super::run::{Batch, Owner, check};
use super::tables::Tables;
use super::{Lowering, resolve};
use crate::expr::types::{Measured, Scope};
use crate::expr::{Expr, Leaf, Link, Source, parse};
use crate::finding::Unit;
use crate::number;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::rulebook::form::{Form, Written};
use crate::rulebook::rule::{Example, Given, GivenRecord, Rule};
use crate::rulebook::source::Problem;
use crate::rulebook::written::{Blank, ExampleWritten, Gives, RecordWritten};
use crate::table::{CellDress, Draft, DraftColumn, Dress, Table, Words};
use crate::words::Text;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The examples of a rule that do not come out as their author says.
pub fn wrong_examples(rulebook: &Rulebook, form: usize, rule: &Rule) -> Vec<Problem> {
    rule.examples
        .iter()
        .filter_map(|example| {
            let found = gives(&rulebook.forms, form, rule, example);
            (found != example.gives).then(|| {
                let (id, is, said) = (&rule.id, found.name(), example.gives.name());
                let message = both!(
                    "审核关系 `{id}` 的例子写的是 {said}，实际结果是 {is}",
                    "the example of rule `{id}` says {said}, but the rule gives {is}"
                );
                Problem::new(&rule.file, example.span.clone(), message)
            })
        })
        .collect()
}

/// Rules that don't show by examples what passes and what fails.
pub fn without_examples(rule: &Rule) -> Option<Problem> {
    let has = |gives| rule.examples.iter().any(|example| example.gives == gives);
    let (zh, en) = match (has(Gives::Pass), has(Gives::Fail)) {
        _ if !rule.is_written => return None,
        (true, true) => return None,
        (true, false) => ("没有不通过的例子", "has no example that fails"),
        (false, true) => ("没有通过的例子", "has no example that passes"),
        (false, false) => (
            "没有例子：要有通过的和不通过的各一个",
            "has no examples: one that passes and one that fails are wanted",
        ),
    };
    let id = &rule.id;
    let message = both!("审核关系 `{id}` {zh}", "rule `{id}` {en}");
    Some(Problem::new(&rule.file, rule.span.clone(), message).warning())
}

impl Gives {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

/// What a rule says of an example: it fails where any of its units fails, and is not evaluated
/// where none could be. The example's records go the way that submissions go.
pub fn gives(forms: &[Form], form: usize, rule: &Rule, example: &Example) -> Gives {
    // Any month in which all forms that are read are due will do.
    let Some(period) = Period::new(2023, 12) else {
        return Gives::NotEvaluated;
    };
    let mut districts: Vec<&str> = Vec::new();
    for (at, record) in example.given.iter().enumerate() {
        // In a fixed form each record is another district's; in a list all are one's, if unsaid.
        let same = !forms[form].is_fixed() && record.district.is_empty() && at > 0;
        if !same && (record.district.is_empty() || !districts.contains(&&*record.district)) {
            districts.push(&record.district);
        }
    }
    let of = |district: usize| -> Vec<&GivenRecord> {
        let fixed = forms[form].is_fixed() && districts[district].is_empty();
        if fixed {
            return example.given.iter().skip(district).take(1).collect();
        }
        let own = example.given.iter();
        own.filter(|record| record.district == districts[district])
            .collect()
    };
    let links = rule.links();
    let lookup = Tables {
        forms,
        period,
        find: &|_, _, _| None,
        has_breaks: false,
        is_new: &|_| false,
    };
    let mut tables: BTreeMap<(usize, Period, usize), Table> = BTreeMap::new();
    for district in 0..districts.len() {
        let records = of(district);
        for link in links.iter().copied().chain([Link::OWN]) {
            let there = link.form.unwrap_or(form);
            let when = lookup.period_of(form, link);
            if let Some(table) = table(&forms[there], &records, link) {
                tables.insert((there, when, district), table);
            }
        }
    }
    let tables_of = |form, period, district| tables.get(&(form, period, district));
    let tables = Tables {
        find: &tables_of,
        ..lookup
    };
    let owner = |district: usize| Owner {
        district,
        unit: Unit::default(),
        file: "",
    };
    let own: Vec<(usize, &Table)> = (0..districts.len())
        .filter_map(|district| Some((district, tables_of(form, period, district)?)))
        .collect();
    let batches: Vec<Batch<'_>> = if forms[form].is_fixed() {
        let stacked: Vec<&Table> = own.iter().map(|(_, table)| *table).collect();
        let owners = own.iter().map(|(district, _)| owner(*district)).collect();
        let stacked = Cow::Owned(Table::stack(&stacked));
        vec![Batch::new(form, stacked, owners, &links, &tables)]
    } else {
        own.iter()
            .map(|(district, table)| {
                let owners = vec![owner(*district)];
                Batch::new(form, Cow::Borrowed(*table), owners, &links, &tables)
            })
            .collect()
    };
    let counts = check(rule, form, &batches, &tables).counts;
    match (counts.failed, counts.passed) {
        (0, 0) => Gives::NotEvaluated,
        (0, _) => Gives::Pass,
        _ => Gives::Fail,
    }
}

/// A rule's examples made ready for use, at the first place that the rule looks at.
pub(super) fn lower(
    on: &mut Lowering<'_>,
    written: &[ExampleWritten],
    scopes: &[Scope<'_>],
) -> Vec<Example> {
    let Some(scope) = scopes.first() else {
        return Vec::new();
    };
    // A record speaks of its own figures, whatever the unit of the rule.
    let scope = Scope {
        inside: true,
        ..*scope
    };
    written
        .iter()
        .map(|example| Example {
            given: example
                .given
                .0
                .iter()
                .map(|record| given_record(on, record, scope))
                .collect(),
            written: as_written(&example.given.0),
            gives: *example.gives.get_ref(),
            span: example.gives.span(),
        })
        .collect()
}

/// The records as people read them, figures in the order of the file.
fn as_written(records: &[RecordWritten]) -> String {
    let record = |record: &RecordWritten| {
        let mut figures: Vec<_> = record.iter().collect();
        figures.sort_by_key(|(name, _)| name.span().start);
        let figures = figures
            .iter()
            .map(|(name, value)| format!("{} = {}", name.get_ref(), value.get_ref()));
        figures.collect::<Vec<_>>().join(", ")
    };
    let records: Vec<String> = records.iter().map(record).collect();
    records.join("; ")
}

fn given_record(on: &mut Lowering<'_>, written: &RecordWritten, scope: Scope<'_>) -> GivenRecord {
    let mut record = GivenRecord::default();
    for (name, value) in written {
        if name.get_ref() == "district" {
            let district = value.get_ref().as_str().unwrap_or_default();
            district.clone_into(&mut record.district);
            continue;
        }
        // Between two stars, so that the place of a mistake is that of the bare key.
        let key = Written {
            text: name.get_ref().clone(),
            span: if name.span().len() == name.get_ref().len() {
                name.span().start.saturating_sub(1)..name.span().end + 1
            } else {
                name.span()
            },
        };
        let leaf = match of_another_list(on, &key.text, scope).map_or_else(
            || resolve(&on.file, &key, scope),
            |leaf| Ok((Expr::Leaf(leaf), Measured::Bare)),
        ) {
            Ok((Expr::Leaf(leaf), _)) => leaf,
            Ok(_) => {
                let message = Text::new("这里应是一个指标", "expected a variable");
                on.problem(name.span(), message);
                continue;
            }
            Err(problem) => {
                on.problems.push(*problem);
                continue;
            }
        };
        let form = leaf.link.form.map_or(on.form, |at| &on.forms[at]);
        if let Some(figure) = figure(form, leaf, value.get_ref()) {
            record.figures.push((leaf, figure));
        } else {
            let message = Text::new(
                "这里应是数字或带引号的文字，百分率写成 \"80.6%\"",
                "expected a number or a text; a rate is written \"80.6%\"",
            );
            on.problem(value.span(), message);
        }
    }
    record
}

/// A figure of a record of another form's list, as `XX01.pupils`.
fn of_another_list(on: &Lowering<'_>, name: &str, scope: Scope<'_>) -> Option<Leaf> {
    let (form, name) = name.split_once('.')?;
    let at = on.forms.iter().position(|known| known.id == form)?;
    let there = &on.forms[at];
    let node = parse::parse(name, &|_| false)
        .ok()
        .filter(|_| !there.is_fixed())?;
    let scope = Scope {
        inside: true,
        ..Scope::new(scope.forms, there)
    };
    let link = Link {
        form: Some(at),
        source: Source::Now,
    };
    let variable = scope.variable(&node).ok()?;
    Some(Leaf { link, variable })
}

/// A figure of an example: a number in the variable's own unit, a rate with its sign, words.
fn figure(form: &Form, leaf: Leaf, value: &toml::Value) -> Option<Given> {
    let variable = &form.variables[leaf.variable];
    let number = |text: &str, scale: i32| {
        let exact = number::parse(text)?;
        let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
        let kept = number::to_f64(&(exact * number::power_of_ten(scale)));
        Some(Given::Number(kept, u8::try_from(decimals).ok()?))
    };
    match value {
        // A code that looks like a number is words.
        toml::Value::Integer(x) if !variable.is_number() => Some(Given::Text(x.to_string())),
        toml::Value::Integer(x) => number(&x.to_string(), variable.scale()),
        toml::Value::Float(x) => number(&x.to_string(), variable.scale()),
        toml::Value::String(text) if !variable.is_number() => Some(Given::Text(text.clone())),
        toml::Value::String(text) => match text.strip_suffix('%') {
            Some(rate) => number(rate.trim(), -2),
            None => number(text, variable.scale()),
        },
        _ => None,
    }
}

/// What a figure that is not given is: none where the form's blanks mean none.
fn nothing(form: &Form, variable: usize) -> f64 {
    if form.blank == Blank::Nil && form.variables[variable].adds_up() {
        0.0
    } else {
        f64::NAN
    }
}

/// The example's records of one table, everything that is not given blank; none where nothing of
/// it is given.
fn table(form: &Form, records: &[&GivenRecord], link: Link) -> Option<Table> {
    // Records of today are there even where nothing is given of them.
    let is_there = |record: &&&GivenRecord| {
        let mut figures = record.figures.iter();
        let own = link == Link::OWN && record.figures.iter().all(|(leaf, _)| leaf.is_own());
        own || figures.any(|(leaf, _)| leaf.link == link)
    };
    let there: Vec<&GivenRecord> = records.iter().filter(is_there).copied().collect();
    if there.is_empty() && !(link == Link::OWN && form.is_fixed()) {
        return None;
    }
    let mut dress = Dress {
        usual: vec![CellDress::default(); form.variables.len()],
        ..Dress::default()
    };
    let given = |record: &GivenRecord, variable: usize| {
        let mut figures = record.figures.iter();
        let found = figures.find(|(leaf, _)| leaf.variable == variable && leaf.link == link);
        // A record is the same record earlier, by its key.
        let key = || {
            let mut figures = record.figures.iter();
            let is_key = form.key.contains(&variable) && link.source != Source::Now;
            figures.find(|(leaf, _)| is_key && leaf.is_own() && leaf.variable == variable)
        };
        found.or_else(key).map(|(_, given)| given.clone())
    };
    let count = there.len().max(1);
    let blank = GivenRecord::default();
    let there: Vec<&GivenRecord> = if there.is_empty() {
        vec![&blank]
    } else {
        there
    };
    let columns = (0..form.variables.len())
        .map(|variable| {
            if form.variables[variable].is_number() {
                let numbers = there.iter().enumerate().map(|(at, record)| {
                    let Some(Given::Number(x, decimals)) = given(record, variable) else {
                        return nothing(form, variable);
                    };
                    let at = (
                        u32::try_from(at).unwrap_or(0),
                        u32::try_from(variable).unwrap_or(0),
                    );
                    let stated = CellDress {
                        decimals,
                        ..CellDress::default()
                    };
                    dress.other.insert(at, stated);
                    x
                });
                return DraftColumn::Numbers(numbers.collect());
            }
            let mut words = Words::default();
            for record in &there {
                match given(record, variable) {
                    Some(Given::Text(text)) => words.push(&text),
                    _ => words.push(""),
                }
            }
            DraftColumn::Words(words)
        })
        .collect();
    let draft = Draft {
        records: count,
        columns,
        dress,
        ..Draft::default()
    };
    Some(draft.into())
}
