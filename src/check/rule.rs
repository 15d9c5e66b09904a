//! A `[[rule]]` made ready for use, whatever its kind: to which units it applies, when it is in
//! force, whom it is for, and its own tests.

use super::{Asks, KINDS, Lowering, at_file, example, resolve};
use crate::expr::types::{GroupLimit, Locals, Scope};
use crate::expr::{Constant, Expr, Function, Operation, parse};
use crate::number;
use crate::period::Period;
use crate::rulebook::form::Threshold;
use crate::rulebook::form::Written;
use crate::rulebook::rule::{Assertion, Claim, Fill, Relation, Rule};
use crate::rulebook::source::{Problem, did_you_mean};
use crate::rulebook::written::{Audience, Axis, Each, RecordWritten, RuleWritten, Severity};
use crate::rulebook::{self, Rulebook};
use crate::words::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// Makes a `[[rule]]` ready for use. What is wrong with it is added to the problems.
pub fn lower(on: &mut Lowering<'_>, written: &RuleWritten) {
    let Some((kind, asks, span)) = kind(on, written) else {
        return;
    };
    on.span = span.clone();
    let head = head(on, written);
    let Some(locals) = locals(on, written) else {
        return;
    };
    let Some(places) = places(on, written) else {
        return;
    };
    let mut scopes = Vec::new();
    for locals in &locals {
        for place in &places {
            scopes.push(Scope { locals, ..*place });
        }
    }
    let mut assertions = Vec::new();
    for scope in &scopes {
        // What is wrong in one row is wrong in all: it is told once.
        let before = on.problems.len();
        let asserted = condition(on, written, *scope).and_then(|only| {
            on.only = only;
            asks.assertions(on, *scope)
        });
        let Some(asserted) = asserted.filter(|all| !all.is_empty()) else {
            if on.problems.len() == before {
                on.problem(
                    span,
                    Text::new("这里没有可审的内容", "there is nothing to look at here"),
                );
            }
            return;
        };
        for assertion in asserted {
            let Some(assertion) = narrowed(on, written, assertion, *scope) else {
                return;
            };
            assertions.push(assertion);
        }
    }
    if let Some(limit) = &written.limit
        && !["limit", "界限"]
            .iter()
            .any(|name| asks.formula().contains(name))
    {
        let message = Text::new(
            "写了 limit，式子里却没有用到它",
            "`limit` is written, and the rule does not use it",
        );
        on.problem(limit.span(), message);
        return;
    }
    let mut rule = Rule {
        kind,
        formula: asks.formula(),
        assertions,
        ..head
    };
    let said = format!("{} {}", rule.formula, rule.narrowed_to.zh);
    cite(on, &mut rule, &said);
    rule.examples = example::lower(on, &written.example, &scopes);
    plausible(on, written, &rule, &span);
    on.rules.push(rule);
}

/// Whether an expression makes sense in a form, as a rule's check.
///
/// # Errors
/// What is wrong with it.
pub fn attempt(rulebook: &Rulebook, form: &str, each: Each, expression: &str) -> Result<(), Text> {
    let forms = &rulebook.forms;
    let form = forms.iter().find(|known| known.id == form);
    let form = form.ok_or_else(|| Text::new("规则里没有这张表", "there is no such form"))?;
    let base = Scope::new(forms, form);
    let numeric = |cell: usize| form.variables[cell].is_number();
    let scopes: Vec<Scope<'_>> = match each {
        Each::Row => {
            let rows = super::rows(form).into_iter();
            rows.map(|row| base.at_row_of(row)).collect()
        }
        Each::Column => {
            let first = |column: &usize| numeric(form.variable(*column, Some(0)));
            let columns = (0..form.columns.len()).filter(first);
            let scope = |column| Scope {
                column: Some(column),
                ..base
            };
            columns.map(scope).collect()
        }
        Each::District | Each::City => vec![base],
    };
    if scopes.is_empty() {
        let why = Text::new("这张表没有可审的行或栏", "the form has nothing to look at");
        return Err(why);
    }
    for scope in scopes {
        let scope = Scope { each, ..scope };
        let node = parse::parse(expression, &|no| scope.is_row(no));
        node.and_then(|node| scope.truth(&node))
            .map_err(|mistake| mistake.message)?;
    }
    Ok(())
}

/// The one kind that a rule asks for.
fn kind<'w>(
    on: &mut Lowering<'_>,
    written: &'w RuleWritten,
) -> Option<(&'static str, &'w dyn Asks, Range<usize>)> {
    let mut asked = KINDS.iter().filter_map(|kind| {
        let (asks, span) = (kind.rule)(written)?;
        Some((kind.name, asks, span))
    });
    let Some(first) = asked.next() else {
        let id = written.id.get_ref();
        let message = both!(
            "审核关系 `{id}` 没有写 check：不知道要审什么",
            "rule `{id}` has no `check`: there is nothing to look at"
        );
        on.problem(written.id.span(), message);
        return None;
    };
    if let Some((second, _, span)) = asked.next() {
        let one = first.0;
        let message = both!(
            "一条审核关系只有一种：`{one}` 和 `{second}` 请分成两条",
            "a rule is of one kind: write `{one}` and `{second}` as two rules"
        );
        on.problem(span, message);
        return None;
    }
    Some(first)
}

/// Everything of a rule that does not hang on its kind.
fn head(on: &mut Lowering<'_>, written: &RuleWritten) -> Rule {
    // A Chinese keyboard's braces are braces too.
    let halved = |text: &String| text.replace('｛', "{").replace('｝', "}");
    let pair = |zh: Option<&String>, en: Option<&String>| {
        zh.map(|zh| Text::new(halved(zh), halved(en.unwrap_or(zh))))
    };
    let title_en = written.title_en.as_ref().unwrap_or(&written.title);
    let mut rule = on.rule(
        "check",
        written.id.get_ref().clone(),
        Text::new(written.title.clone(), title_en.clone()),
        *written.severity.get_ref(),
    );
    rule.severity_in = severities(on, written);
    rule.audience = written.audience;
    rule.stage = written.stage;
    rule.each = written.each;
    rule.released = written.released;
    rule.months = months(on, written);
    rule.valid = (
        period(on, written.valid_from.as_ref()),
        period(on, written.valid_to.as_ref()),
    );
    rule.missing = written.missing;
    rule.settle_by_close = written.settle_by_close;
    rule.message = pair(
        written.message.as_ref().map(Spanned::get_ref),
        written.message_en.as_ref().map(Spanned::get_ref),
    );
    rule.fix = pair(
        written.fix.as_ref().map(Spanned::get_ref),
        written.fix_en.as_ref().map(Spanned::get_ref),
    );
    rule.source.clone_from(&written.source);
    rule.narrowed_to = narrowing(written);
    rule.span = written.id.span();
    rule.is_written = true;
    rule
}

/// The sources of the thresholds that a rule uses are the rule's: where it names none, and where
/// an office has set a threshold of its own.
pub(super) fn cite(on: &Lowering<'_>, rule: &mut Rule, said: &str) {
    let words: BTreeSet<&str> = said
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .collect();
    let all = on.forms.iter().flat_map(|form| {
        let thresholds = form.thresholds.iter();
        thresholds.map(move |threshold| (form, threshold))
    });
    let used: Vec<&Threshold> = all
        .filter(|(form, threshold)| {
            let named = format!("{}.{}", form.id, threshold.id);
            let own = form.id == on.form.id && words.contains(threshold.id.as_str());
            own || words.contains(named.as_str())
        })
        .map(|(_, threshold)| threshold)
        .collect();
    // What the rule says of itself holds for the limits that nobody has changed.
    let own = rule.source.take();
    let mut sources: Vec<&str> = Vec::new();
    if used.iter().any(|threshold| !threshold.is_own) || used.is_empty() {
        sources.extend(own.as_deref());
    }
    for threshold in &used {
        if threshold.is_own || own.is_none() {
            sources.push(&threshold.source);
        }
    }
    sources.dedup();
    rule.source = (!sources.is_empty()).then(|| sources.join("；"));
}

/// What a rule is limited to, in words.
fn narrowing(written: &RuleWritten) -> Text {
    let names = |names: &[Spanned<String>]| {
        let names: Vec<&str> = names.iter().map(|name| &**name.get_ref()).collect();
        names.join(" ")
    };
    let over = written.over.iter().map(|one| match one.get_ref() {
        toml::Value::String(name) => name.clone(),
        other => other.to_string(),
    });
    let over = over.collect::<Vec<_>>().join(" ");
    let limit = written.limit.as_ref().map(|limit| {
        let pairs = limit.get_ref().iter();
        let pairs = pairs.map(|(key, value)| format!("{} = {}", key.get_ref(), value.get_ref()));
        pairs.collect::<Vec<_>>().join(", ")
    });
    let floor = |least: Option<f64>| least.map(|least| number::show(&number::exact(least)));
    let condition = written.r#for.as_ref().map(|text| text.get_ref().clone());
    let parts = [
        (("行", "rows"), Some(names(&written.rows))),
        (("栏", "columns"), Some(names(&written.columns))),
        (("只看", "where"), condition),
        (("依次对", "for each of"), Some(over)),
        (("limit：", "limit:"), limit),
        (("基数不小于", "base at least"), floor(written.at_least)),
        (
            ("变化不小于", "change at least"),
            floor(written.by_at_least),
        ),
    ];
    let parts = parts.into_iter();
    let said: Vec<(String, String)> = parts
        .filter_map(|((zh, en), says)| {
            let says = says.filter(|says| !says.is_empty())?;
            Some((format!("{zh} {says}"), format!("{en} {says}")))
        })
        .collect();
    let (zh, en): (Vec<_>, Vec<_>) = said.into_iter().unzip();
    Text::new(zh.join("；"), en.join("; "))
}

fn months(on: &mut Lowering<'_>, written: &RuleWritten) -> Vec<u32> {
    for wrong in written
        .months
        .iter()
        .filter(|m| !(1..=12).contains(m.get_ref()))
    {
        on.problem(wrong.span(), not_a_month());
    }
    written.months.iter().map(|m| *m.get_ref()).collect()
}

fn not_a_month() -> Text {
    Text::new("月份应为 1 到 12", "a month is 1 to 12")
}

fn severities(on: &mut Lowering<'_>, written: &RuleWritten) -> BTreeMap<u32, Severity> {
    let mut severities = BTreeMap::new();
    for (month, severity) in &written.severity_in {
        match month.get_ref().parse() {
            Ok(number @ 1..=12) => {
                severities.insert(number, *severity);
            }
            _ => on.problem(month.span(), not_a_month()),
        }
    }
    severities
}

fn period(on: &mut Lowering<'_>, written: Option<&Spanned<String>>) -> Option<Period> {
    match rulebook::period(written?.get_ref()) {
        Ok(period) => Some(period),
        Err(message) => {
            on.problem(written?.span(), message);
            None
        }
    }
}

/// The names of a template, once for each time that it is made; else one set without names.
fn locals(on: &mut Lowering<'_>, written: &RuleWritten) -> Option<Vec<Locals>> {
    let limit = match &written.limit {
        Some(limit) => Some(group_limit(on, limit)?),
        None => None,
    };
    let mut all = Vec::new();
    for one in &written.over {
        let names = match one.get_ref() {
            toml::Value::String(name) => Some(vec![("it".to_owned(), name.clone())]),
            toml::Value::Table(table) => table
                .iter()
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            _ => None,
        };
        let Some(names) = names else {
            let message = Text::new(
                "over 里写指标名，或写成 { a = \"…\", b = \"…\" }",
                "`over` has names of variables, or tables such as { a = \"…\", b = \"…\" }",
            );
            on.problem(one.span(), message);
            return None;
        };
        all.push(Locals {
            names,
            limit: limit.clone(),
        });
    }
    if all.is_empty() {
        all.push(Locals {
            names: Vec::new(),
            limit,
        });
    }
    Some(all)
}

fn group_limit(on: &mut Lowering<'_>, written: &Spanned<RecordWritten>) -> Option<GroupLimit> {
    let mut limit = GroupLimit {
        by: String::new(),
        values: Vec::new(),
    };
    for (name, value) in written.get_ref() {
        if name.get_ref() == "by" {
            value
                .get_ref()
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut limit.by);
            continue;
        }
        // A name of a threshold, or a number.
        let named = value.get_ref().as_str().and_then(|text| {
            let found = on.form.thresholds.iter().find(|t| t.id == text)?;
            Some((found.value.clone(), found.measure))
        });
        let Some((number, measure)) = named.or_else(|| crate::rulebook::limit(value.get_ref()))
        else {
            on.problem(value.span(), crate::rulebook::not_a_limit());
            return None;
        };
        limit.values.push((name.get_ref().clone(), number, measure));
    }
    if limit.by.is_empty() {
        let message = Text::new(
            "limit 要写明按哪个指标分组：by = \"学段\"",
            "`limit` says by which variable it differs: by = \"stage\"",
        );
        on.problem(written.span(), message);
        return None;
    }
    Some(limit)
}

/// The rows, columns or whole forms that the rule is evaluated for.
fn places<'a>(on: &mut Lowering<'a>, written: &RuleWritten) -> Option<Vec<Scope<'a>>> {
    let form = on.form;
    let row_ids: Vec<&str> = form.rows.iter().map(|row| row.id.as_str()).collect();
    let column_ids: Vec<&str> = form
        .columns
        .iter()
        .map(|column| column.id.as_str())
        .collect();
    let rows = chosen(on, &written.rows, &row_ids, "行", "row");
    let columns = chosen(on, &written.columns, &column_ids, "栏", "column");
    let each = written.each;
    let base = on.scope();
    let scope = |row, column| Scope {
        row,
        column,
        each,
        ..base
    };
    let idle = match written.each {
        Each::Row => written.columns.first(),
        Each::Column => written.rows.first(),
        Each::District | Each::City => written.rows.first().or(written.columns.first()),
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
        Each::District | Each::City => vec![scope(None, None)],
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
        let problem = Problem::new(&on.file, name.span(), message);
        on.problems.push(match did_you_mean(id, known) {
            Some(help) => problem.help(help),
            None => problem,
        });
    }
    (!names.is_empty()).then_some(positions)
}

/// What a record must be like to be looked at, where the rule says so; none where that is wrong.
#[expect(clippy::option_option, reason = "nothing wrong, and nothing asked for")]
fn condition(
    on: &mut Lowering<'_>,
    written: &RuleWritten,
    scope: Scope<'_>,
) -> Option<Option<Expr>> {
    let Some(only) = &written.r#for else {
        return Some(None);
    };
    let resolved =
        parse::parse(only.get_ref(), &|no| scope.is_row(no)).and_then(|node| scope.truth(&node));
    match resolved {
        Ok(condition) => Some(Some(condition)),
        Err(mistake) => {
            let written = Written {
                text: only.get_ref().clone(),
                span: only.span(),
            };
            on.problems.push(at_file(&on.file, &written, mistake));
            None
        }
    }
}

/// The assertion with what narrows it, and what its words are filled with.
fn narrowed(
    on: &mut Lowering<'_>,
    written: &RuleWritten,
    mut assertion: Assertion,
    scope: Scope<'_>,
) -> Option<Assertion> {
    assertion.only.clone_from(&on.only);
    assertion.floor = floor(&assertion.claim, written);
    let words = [
        &written.message,
        &written.message_en,
        &written.fix,
        &written.fix_en,
    ];
    let mut fills = Vec::new();
    for written in words.into_iter().flatten() {
        let text = written.get_ref().replace('｛', "{").replace('｝', "}");
        let words = Spanned::new(written.span(), text);
        let opened = words.get_ref().matches('{').count();
        if opened != braces(words.get_ref()).count()
            || opened != words.get_ref().matches('}').count()
        {
            on.problem(
                words.span(),
                Text::new("大括号没有成对", "a brace is not closed"),
            );
            return None;
        }
        for (at, name) in braces(words.get_ref()) {
            let is_outlier = matches!(assertion.claim, Claim::Outlier(_));
            let means_something = match name {
                "found" | "expected" | "difference" => true,
                "limits" => is_outlier,
                "growth_found" => growth(&assertion.claim).is_some(),
                _ => false,
            };
            if means_something {
                continue;
            }
            let start = words.span().start + 1 + at;
            let placeholder = Written {
                text: name.to_owned(),
                span: start - 1..start + name.len() + 1,
            };
            match resolve(&on.file, &placeholder, scope) {
                Ok((expr, measure)) => fills.push(Fill {
                    name: name.to_owned(),
                    expr,
                    measure,
                }),
                Err(problem) => {
                    on.problems.push(*problem);
                    return None;
                }
            }
        }
    }
    assertion.fills = Arc::new(fills);
    Some(assertion)
}

/// The growth that a claim asks about, if it asks about one.
pub(super) fn growth(claim: &Claim) -> Option<(&Expr, &Expr)> {
    match claim {
        Claim::Between { value, .. } => value.growth(),
        Claim::Compare { left, right, .. } => left.growth().or_else(|| right.growth()),
        Claim::Holds(expr) => expr.growth(),
        Claim::Readable
        | Claim::Filled
        | Claim::States { .. }
        | Claim::Scale(_)
        | Claim::Outlier(_)
        | Claim::Complete(_) => None,
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
pub(super) fn braces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        rest.find('}').map(|end| (at + 1, &rest[..end]))
    })
}

/// What compares with the past, or asks what is plausible, is never an error; a ratio wants a
/// floor.
fn plausible(on: &mut Lowering<'_>, written: &RuleWritten, rule: &Rule, at: &Range<usize>) {
    let mut severities = vec![*written.severity.get_ref()];
    severities.extend(written.severity_in.values());
    let is_error = severities.contains(&Severity::Error);
    let bare = |a: &Assertion| a.floor.is_none() && growth(&a.claim).is_some();
    if !is_error && rule.assertions.iter().any(bare) {
        let message = Text::new(
            "增长率类审核没有写基数下限：基数很小时一两个数的变化也会报出",
            "a ratio without a floor also fires on tiny bases",
        );
        let problem = Problem::new(&on.file, at.clone(), message).help(Text::new(
            "加上 at_least = 20（基数不小于）和 by_at_least = 10（变化不小于）",
            "add `at_least = 20` for the base and `by_at_least = 10` for the change",
        ));
        on.problems.push(problem.warning());
    }
    let has_floor = written.at_least.is_some() || written.by_at_least.is_some();
    if has_floor && !rule.assertions.iter().any(|a| a.floor.is_some()) {
        let message = Text::new(
            "at_least、by_at_least 只用于增长率，这条式子里没有 growth(…)",
            "`at_least` and `by_at_least` are floors of a growth, and there is no `growth(…)` here",
        );
        on.problem(at.clone(), message);
    }
    if is_error && rule.is_plausibility() {
        // By month it may be another place that says so.
        let by_month = written.severity_in.iter();
        let by_month = by_month.filter(|(_, severity)| **severity == Severity::Error);
        let at = match by_month.map(|(month, _)| month.span()).next() {
            Some(span) if *written.severity.get_ref() != Severity::Error => span,
            _ => written.severity.span(),
        };
        on.problems.push(plausibility_is_no_error(&on.file, at));
    }
    if !is_error && written.audience == Audience::District {
        tells_its_limit(on, written);
    }
    let problems = check_whole(&on.file, written.id.span(), rule);
    on.problems.extend(problems);
}

/// What can't be of a rule as a whole, in whatever file it was said.
pub(crate) fn check_whole(file: &str, span: Range<usize>, rule: &Rule) -> Option<Problem> {
    if rule.tells_of_others() && rule.audience == Audience::District {
        let message = Text::new(
            "与其他单位比较的审核只给市级看",
            "a rule that compares districts is for the city's staff",
        );
        return Some(Problem::new(file, span, message).help(Text::new(
            "写 audience = \"city\"，由市级决定是否下发",
            "write audience = \"city\"; staff decide what goes out",
        )));
    }
    let (from, to) = rule.valid;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        let message = both!(
            "{from} 起、{to} 止：起在止之后，永远不会生效",
            "in force from {from} to {to}: never"
        );
        return Some(Problem::new(file, span, message));
    }
    None
}

/// A query's limit, told to the district, only teaches which number gets through.
fn tells_its_limit(on: &mut Lowering<'_>, written: &RuleWritten) {
    for words in [&written.message, &written.message_en]
        .into_iter()
        .flatten()
    {
        let limit =
            braces(words.get_ref()).find(|(_, name)| matches!(*name, "expected" | "limits"));
        if let Some((_, name)) = limit {
            let message = both!(
                "核实的提示语里不要写 {{{name}}}：等于告诉填报单位填多少就能通过",
                "a query's message should not tell {{{name}}}: it teaches which number gets through"
            );
            let problem = Problem::new(&on.file, words.span(), message);
            on.problems.push(problem.warning());
        }
    }
}

/// A rule that asks what is plausible, or holds figures against earlier ones, as an error.
pub(crate) fn plausibility_is_no_error(file: &str, span: Range<usize>) -> Problem {
    let message = Text::new(
        "与往期数或其他数比较大小的审核最多定为核实：真实的数字也可能不同",
        "a rule that compares with the past or with others is a query at most: true figures may differ",
    );
    Problem::new(file, span, message).help(Text::new(
        "改为 severity = \"query\"；需要月底前说清的，加 settle_by_close = true",
        "write severity = \"query\", with settle_by_close = true if it must be settled",
    ))
}
