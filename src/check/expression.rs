#![doc = include_str!("expression.md")]

use super::{Failed, Kind, Lowering, Wording, at_file, leaf_words, resolve};
use crate::expr::types::Scope;
use crate::expr::{Constant, Expr, Function, Leaf, Operation, Source, parse};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Written};
use crate::rulebook::rule::{Assertion, Claim, Example, Given, Relation, Rule};
use crate::rulebook::source::{Problem, did_you_mean};
use crate::rulebook::written::{Axis, Each, ExampleWritten, RuleWritten, Severity};
use crate::words::Text;
use std::ops::Range;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "check",
    doc: include_str!("expression.md"),
    doc_zh: include_str!("expression.zh.md"),
    lower: |_| {},
    say,
};

/// Makes a `[[rule]]` ready for use. What is wrong with it is added to the problems.
pub fn lower(on: &mut Lowering<'_>, written: &RuleWritten, span: Range<usize>) {
    let Some(check) = &written.check else {
        let id = written.id.get_ref();
        let message = both!(
            "审核关系 `{id}` 没有写 check：不知道要审什么",
            "rule `{id}` has no `check`: there is nothing to look at"
        );
        on.problem(written.id.span(), message);
        return;
    };
    let expression = Written {
        text: check.get_ref().clone(),
        span: check.span(),
    };
    let months: Vec<u32> = written.months.iter().map(|m| *m.get_ref()).collect();
    if let Some(wrong) = written
        .months
        .iter()
        .find(|m| !(1..=12).contains(m.get_ref()))
    {
        on.problem(
            wrong.span(),
            Text::new("月份应为 1 到 12", "a month is 1 to 12"),
        );
    }
    let Some(scopes) = scopes(on, written) else {
        return;
    };
    let mut assertions = Vec::new();
    for scope in &scopes {
        // What is wrong in one row is wrong in all: it is told once.
        let Some(assertion) = assertion(on, written, &expression, *scope) else {
            return;
        };
        assertions.push(assertion);
    }
    plausible(on, written, &expression, &assertions);
    for words in [&written.message, &written.message_en]
        .into_iter()
        .flatten()
    {
        placeholders(on, words, &scopes);
    }
    let examples = examples(on, &written.example, &scopes);
    let pair = |zh: Option<&String>, en: Option<&String>| {
        zh.map(|zh| Text::new(zh.clone(), en.unwrap_or(zh).clone()))
    };
    let mut rule = on.rule(
        KIND.name,
        written.id.get_ref().clone(),
        Text::new(
            written.title.clone(),
            written
                .title_en
                .clone()
                .unwrap_or_else(|| written.title.clone()),
        ),
        *written.severity.get_ref(),
    );
    rule.audience = written.audience;
    rule.months = months;
    rule.missing = written.missing;
    rule.settle_by_close = written.settle_by_close;
    rule.message = pair(
        written.message.as_ref().map(Spanned::get_ref),
        written.message_en.as_ref().map(Spanned::get_ref),
    );
    rule.fix = pair(written.fix.as_ref(), written.fix_en.as_ref());
    rule.source.clone_from(&written.source);
    rule.formula.clone_from(check.get_ref());
    rule.span = span;
    rule.assertions = assertions;
    rule.examples = examples;
    on.rules.push(rule);
}

/// What compares with the past is never an error, and a ratio wants a floor.
fn plausible(
    on: &mut Lowering<'_>,
    written: &RuleWritten,
    expression: &Written,
    assertions: &[Assertion],
) {
    let file = &on.form.file;
    let is_error = *written.severity.get_ref() == Severity::Error;
    let bare = |a: &Assertion| a.floor.is_none() && growth(&a.claim).is_some();
    if !is_error && assertions.iter().any(bare) {
        let message = Text::new(
            "增长率类审核没有写基数下限：基数很小时一两个数的变化也会报出",
            "a ratio without a floor also fires on tiny bases",
        );
        let problem = Problem::new(file, expression.span.clone(), message).help(Text::new(
            "加上 at_least = 20（基数不小于）和 by_at_least = 10（变化不小于）",
            "add `at_least = 20` for the base and `by_at_least = 10` for the change",
        ));
        on.problems.push(problem.warning());
    }
    let has_floor = written.at_least.is_some() || written.by_at_least.is_some();
    if has_floor && !assertions.iter().any(|a| growth(&a.claim).is_some()) {
        let message = Text::new(
            "at_least、by_at_least 只用于增长率，这条式子里没有 growth(…)",
            "`at_least` and `by_at_least` are floors of a growth, and there is no `growth(…)` here",
        );
        on.problem(expression.span.clone(), message);
    }
    let mut reads = assertions.iter().flat_map(Assertion::reads);
    if is_error && reads.any(|leaf| leaf.source != Source::Own) {
        let message = Text::new(
            "与往期数比较的审核最多定为核实：真实的数字也可能不同",
            "a rule that compares with the past is a query at most: true figures may differ",
        );
        let problem = Problem::new(file, written.severity.span(), message).help(Text::new(
            "改为 severity = \"query\"；需要月底前说清的，加 settle_by_close = true",
            "write severity = \"query\", with settle_by_close = true if it must be settled",
        ));
        on.problems.push(problem);
    }
}

/// The rows, columns or whole forms that the rule is evaluated for.
fn scopes<'a>(on: &mut Lowering<'a>, written: &RuleWritten) -> Option<Vec<Scope<'a>>> {
    let form = on.form;
    let row_ids: Vec<&str> = form.rows.iter().map(|row| row.id.as_str()).collect();
    let column_ids: Vec<&str> = form
        .columns
        .iter()
        .map(|column| column.id.as_str())
        .collect();
    let rows = chosen(on, &written.rows, &row_ids, "行", "row");
    let columns = chosen(on, &written.columns, &column_ids, "栏", "column");
    let scope = |row, column| Scope { form, row, column };
    let idle = match written.each {
        Each::Row => written.columns.first(),
        Each::Column => written.rows.first(),
        Each::District => written.rows.first().or(written.columns.first()),
    };
    if let Some(name) = idle {
        let message = Text::new(
            "rows 只限定逐行（each = \"row\"）的审核，columns 只限定逐栏（each = \"column\"）的审核",
            "`rows` limits a rule with each = \"row\", `columns` one with each = \"column\"",
        );
        on.problem(name.span(), message);
        return None;
    }
    Some(match written.each {
        Each::District => vec![scope(None, None)],
        Each::Row if !form.is_fixed() => vec![scope(None, None)],
        Each::Row => match rows {
            Some(rows) => rows.into_iter().map(|row| scope(Some(row), None)).collect(),
            None => (0..form.rows.len())
                .map(|row| scope(Some(row), None))
                .collect(),
        },
        Each::Column if !form.is_fixed() => {
            let message = Text::new(
                "浮动表没有固定的行，不能用 each = \"column\"",
                "a list has no fixed rows: each = \"column\" makes no sense",
            );
            on.problem(written.id.span(), message);
            return None;
        }
        Each::Column => {
            let all: Vec<usize> = match form.axis {
                Axis::Rows => form.value_columns().take(1).collect(),
                Axis::Columns => (0..form.columns.len())
                    .filter(|column| super::is_additive(form, form.variable(*column, Some(0))))
                    .collect(),
            };
            columns
                .unwrap_or(all)
                .into_iter()
                .map(|column| scope(None, Some(column)))
                .collect()
        }
    })
}

/// The positions of named rows or columns; `None` where none are named.
fn chosen(
    on: &mut Lowering<'_>,
    names: &[Spanned<String>],
    known: &[&str],
    zh: &str,
    en: &str,
) -> Option<Vec<usize>> {
    let mut positions = Vec::new();
    for name in names {
        let id = name.get_ref();
        if let Some(at) = known.iter().position(|known| known == id) {
            positions.push(at);
            continue;
        }
        let message = both!("没有叫 `{id}` 的{zh}", "there is no {en} `{id}`");
        let problem = Problem::new(&on.form.file, name.span(), message);
        on.problems.push(match did_you_mean(id, known) {
            Some(help) => problem.help(help),
            None => problem,
        });
    }
    (!names.is_empty()).then_some(positions)
}

fn assertion(
    on: &mut Lowering<'_>,
    written: &RuleWritten,
    expression: &Written,
    scope: Scope<'_>,
) -> Option<Assertion> {
    let form = on.form;
    let is_row = |no: &str| form.rows.iter().any(|row| row.no.as_deref() == Some(no));
    let resolved = parse::parse(&expression.text, &is_row)
        .and_then(|node| scope.truth(&node))
        .map_err(|mistake| at_file(form, expression, mistake));
    let truth = match resolved {
        Ok(truth) => truth,
        Err(problem) => {
            on.problems.push(problem);
            return None;
        }
    };
    let mut leaves = Vec::new();
    truth.leaves(&mut leaves);
    let Some(accused) = leaves.iter().find(|leaf| leaf.source == Source::Own) else {
        let message = Text::new(
            "式子里没有本表的指标，不知道该审哪一格",
            "the expression reads no figure of this form: there is no cell to show",
        );
        on.problem(expression.span.clone(), message);
        return None;
    };
    let accused = accused.variable;
    let claim = claim(truth);
    let floor = floor(&claim, written);
    Some(Assertion {
        accused,
        claim,
        floor,
    })
}

/// The claim that says most about a failure: what was found and what was expected.
fn claim(truth: Expr) -> Claim {
    match truth {
        Expr::Compare(relation, left, right)
            if !matches!(*left, Expr::Text(_)) && !matches!(*right, Expr::Text(_)) =>
        {
            Claim::Compare {
                left: *left,
                relation,
                right: *right,
                slack: Exact::default(),
            }
        }
        Expr::And(above, below) => match (*above, *below) {
            (
                Expr::Compare(Relation::AtLeast, value, low),
                Expr::Compare(Relation::AtMost, same, high),
            ) if value == same => Claim::Between {
                value: *value,
                low: *low,
                high: *high,
            },
            (a, b) => Claim::Holds(Expr::And(Box::new(a), Box::new(b))),
        },
        other => Claim::Holds(other),
    }
}

/// The growth that a claim asks about, if it asks about one.
fn growth(claim: &Claim) -> Option<(&Expr, &Expr)> {
    match claim {
        Claim::Between { value, .. } => value.growth(),
        Claim::Compare { left, right, .. } => left.growth().or_else(|| right.growth()),
        Claim::Holds(expr) => expr.growth(),
        Claim::Readable | Claim::Filled | Claim::States { .. } => None,
    }
}

/// `at_least` for the base and `by_at_least` for the change, as one condition.
fn floor(claim: &Claim, written: &RuleWritten) -> Option<Expr> {
    let (now, before) = growth(claim)?;
    let constant =
        |x: f64| number::canonical(x).map(|x| Expr::Number(Constant::from(number::exact(x))));
    let base = written
        .at_least
        .and_then(constant)
        .map(|least| Expr::Compare(Relation::AtLeast, Box::new(before.clone()), Box::new(least)));
    let change = written.by_at_least.and_then(constant).map(|least| {
        let gap = Expr::arithmetic(Operation::Subtract, now.clone(), before.clone());
        let size = Expr::Call(Function::Abs, vec![gap]);
        Expr::Compare(Relation::AtLeast, Box::new(size), Box::new(least))
    });
    match (base, change) {
        (Some(base), Some(change)) => Some(Expr::And(Box::new(base), Box::new(change))),
        (base, change) => base.or(change),
    }
}

/// The names in braces of a message, each with what stands before it.
fn braces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        rest.find('}').map(|end| (at + 1, &rest[..end]))
    })
}

fn placeholders(on: &mut Lowering<'_>, words: &Spanned<String>, scopes: &[Scope<'_>]) {
    let Some(scope) = scopes.first() else { return };
    for (at, name) in braces(words.get_ref()) {
        if RESERVED.contains(&name) {
            continue;
        }
        let start = words.span().start + 1 + at;
        let written = Written {
            text: name.to_owned(),
            span: start - 1..start + name.len() + 1,
        };
        if let Err(problem) = resolve(&written, *scope) {
            on.problems.push(*problem);
        }
    }
}

/// Names in braces that stand for the failure itself.
const RESERVED: &[&str] = &["found", "expected", "difference", "growth_found"];

fn examples(
    on: &mut Lowering<'_>,
    written: &[ExampleWritten],
    scopes: &[Scope<'_>],
) -> Vec<Example> {
    let Some(scope) = scopes.first() else {
        return Vec::new();
    };
    let mut examples = Vec::new();
    for example in written {
        let mut given = Vec::new();
        for (name, value) in example.given.get_ref() {
            // Between two stars, so that the place of a mistake is that of the bare key.
            let key = Written {
                text: name.get_ref().clone(),
                span: if name.span().len() == name.get_ref().len() {
                    name.span().start.saturating_sub(1)..name.span().end + 1
                } else {
                    name.span()
                },
            };
            let leaf = match resolve(&key, *scope) {
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
            if let Some(figure) = figure(on.form, leaf, value.get_ref()) {
                given.push((leaf, figure));
            } else {
                let message = Text::new(
                    "这里应是数字或带引号的文字，百分率写成 \"80.6%\"",
                    "expected a number or a text; a rate is written \"80.6%\"",
                );
                on.problem(value.span(), message);
            }
        }
        let gives = *example.gives.get_ref();
        examples.push(Example {
            given,
            gives,
            span: example.gives.span(),
        });
    }
    examples
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

fn say(failed: &Failed<'_>) -> Wording {
    let fix = failed
        .rule
        .fix
        .clone()
        .unwrap_or_else(|| match failed.rule.severity {
            Severity::Error => Text::new(
                "核对后改正其中一项",
                "check the figures and mend one of them",
            ),
            Severity::Query | Severity::Note => Text::new(
                "核对原始记录；数字无误的，说明情况",
                "check the records; if the figure is right, explain it",
            ),
        });
    let message = match &failed.rule.message {
        Some(words) => Text::new(fill(failed, &words.zh), fill(failed, &words.en)),
        None => usual(failed),
    };
    Wording::new(message, fix)
}

/// What a failure says where the rule's author has left it to us. A query does not show its
/// limits: they are the city's, and would only teach which number gets through.
fn usual(failed: &Failed<'_>) -> Text {
    let (label, found, title) = (failed.label(), failed.found(), &failed.rule.title);
    let figures = |zh: bool| {
        let reads: Vec<Leaf> = failed.assertion.reads();
        reads
            .iter()
            .skip(1)
            .map(|leaf| {
                let name = failed.form.variable_label(leaf.variable);
                let when = match (leaf.source, zh) {
                    (Source::Own, _) => "",
                    (Source::LastYear, true) => "上年同期数 ",
                    (Source::LastYear, false) => "last year's ",
                    (Source::LastPeriod, true) => "上期数 ",
                    (Source::LastPeriod, false) => "the last period's ",
                };
                let name = if zh { &name.zh } else { &name.en };
                format!("{when}{name} {}", failed.leaf(*leaf))
            })
            .collect::<Vec<_>>()
            .join(if zh { "，" } else { ", " })
    };
    let (zh, en) = (figures(true), figures(false));
    let sep = if zh.is_empty() { "" } else { "：" };
    Text::new(
        format!(
            "{}：“{}”填报 {found}{}{zh}",
            title.zh,
            label.zh,
            if zh.is_empty() { "" } else { "，" }
        ),
        format!(
            "{}: {} is {found}{}{en}",
            title.en,
            label.en,
            if sep.is_empty() { "" } else { ", " }
        ),
    )
}

/// Puts figures into the braces of an author's words.
fn fill(failed: &Failed<'_>, text: &str) -> String {
    let variable = &failed.form.variables[failed.assertion.accused];
    let column_scope = failed.rule.assertions.len() > 1 || variable.row.is_some();
    let scopes = [
        Scope {
            form: failed.form,
            row: variable.row,
            column: None,
        },
        Scope {
            form: failed.form,
            row: None,
            column: column_scope.then_some(variable.column),
        },
    ];
    let show = |x: Option<&Exact>| {
        x.map_or_else(String::new, |x| failed.show(failed.assertion.accused, x))
    };
    let mut out = String::new();
    let mut done = 0;
    for (at, name) in braces(text) {
        out.push_str(&text[done..at - 1]);
        done = at + name.len() + 1;
        let written = Written {
            text: name.to_owned(),
            span: 0..0,
        };
        out.push_str(&match name {
            "found" => failed.found(),
            "growth_found" if growth(&failed.assertion.claim).is_some() => {
                let percent = failed
                    .failure
                    .found
                    .as_ref()
                    .map(|x| x * number::power_of_ten(2));
                percent.map_or_else(String::new, |x| {
                    format!("{}%", number::show(&number::round(&x, 1)))
                })
            }
            "expected" => show(failed.failure.expected.as_ref()),
            "difference" => failed
                .failure
                .difference
                .as_ref()
                .map_or_else(String::new, |gap| {
                    failed.show_gap(failed.assertion.accused, gap)
                }),
            _ => scopes
                .iter()
                .find_map(|scope| match resolve(&written, *scope) {
                    Ok((Expr::Leaf(leaf), _)) => {
                        Some(leaf_words(failed.form, failed.figures, leaf, failed.record))
                    }
                    _ => None,
                })
                .unwrap_or_default(),
        });
    }
    out.push_str(&text[done..]);
    out
}

/// Whether two rules of a form have one id: told by the caller, who sees all rules.
pub(crate) fn same_id<'a>(rules: &'a [Rule], id: &str) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.id == id)
}
