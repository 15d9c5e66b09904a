//! All rule files together: forms first, since rules speak of each other's; then what offices
//! change; then every rule made ready for use.

use super::Job;
use super::building::{Building, Parts, limit, not_a_limit, sourced};
use super::form::Form;
use super::rule::{Claim, Rule};
use super::source::{Problem, Sources, did_you_mean};
use super::tables::{Entry, Tables};
use super::written::{FormHead, OverrideWritten, RuleWritten, RulesHead, Severity};
use crate::check::{self, KINDS, Lowering};
use crate::expr::types::Scope;
use crate::words::Text;
use std::collections::BTreeMap;
use std::ops::Range;

/// What has been read so far.
#[derive(Default)]
pub(super) struct Loading {
    /// The forms with the rules of their own files.
    pub forms: Vec<(Form, Vec<RuleWritten>)>,
    /// More rules, by file and form's number.
    more: Vec<(String, String, Range<usize>, Vec<RuleWritten>)>,
    /// What offices change, by file.
    overrides: BTreeMap<String, Vec<OverrideWritten>>,
}

impl Loading {
    /// Reads a file with a form, or with more rules for one.
    pub fn file(&mut self, name: &str, text: &str) -> Vec<Problem> {
        let mut tables = Tables::parse(name, text);
        let head: Option<Entry<FormHead>> = tables.one("form");
        let of: Option<Entry<RulesHead>> = tables.one("rules");
        let rules: Vec<Entry<RuleWritten>> = tables.array("rule");
        let rules: Vec<RuleWritten> = rules.into_iter().map(|entry| entry.value).collect();
        if let (Some(of), Some(_)) = (&of, &head) {
            let message = Text::new(
                "一个文件要么是一张报表（[form]），要么是一张报表的审核关系（[rules]）",
                "a file is either a form or more rules for one",
            );
            let problem = Problem::new(name, of.span.clone(), message);
            tables.problems.push(problem);
        }
        if let (Some(of), None) = (of, &head) {
            let form = of.value.form;
            let (id, span) = (form.get_ref().clone(), form.span());
            self.more.push((name.to_owned(), id, span, rules));
            return tables.finish(&["rules", "rule"]);
        }
        let parts = Parts {
            columns: tables.named("columns"),
            rows: tables.named("rows"),
            thresholds: tables.named("thresholds"),
            derived: tables.named("derived"),
            breaks: tables.array("break"),
        };
        let known = [
            "form",
            "columns",
            "rows",
            "thresholds",
            "derived",
            "break",
            "rule",
        ];
        let Some(head) = head else {
            if tables.problems.is_empty() {
                let message = Text::new(
                    "缺少 `[form]`：这是哪张报表？（只有审核关系的文件写 `[rules]`，本地标准写进 job.toml 的 include）",
                    "there is no `[form]`; a file of rules alone begins with `[rules]`, an office's own limits are named in `include` of job.toml",
                );
                tables.problems.push(Problem::new(name, 0..0, message));
            }
            return tables.finish(&known);
        };
        let mut problems = tables.finish(&known);
        let sound = problems.is_empty();
        let mut building = Building {
            file: name,
            problems: Vec::new(),
        };
        let span = head.value.id.span();
        let form = building.form(head, parts);
        let sound = sound && building.problems.iter().all(|problem| problem.warning);
        problems.append(&mut building.problems);
        if let Some((other, _)) = self.forms.iter().find(|(other, _)| other.id == form.id) {
            let (id, file) = (&form.id, &other.file);
            let message = both!(
                "表号 `{id}` 在 `{file}` 里已经用过",
                "the form `{id}` already stands in `{file}`"
            );
            problems.push(Problem::new(name, span, message));
            return problems;
        }
        // Rules are only looked at where columns and rows are sound: otherwise each would
        // complain of names that are merely misspelt elsewhere.
        if sound {
            self.forms.push((form, rules));
        }
        problems
    }

    /// Reads an office's own file.
    pub fn include(&mut self, name: &str, text: &str) -> Vec<Problem> {
        let mut tables = Tables::parse(name, text);
        let all: Vec<Entry<OverrideWritten>> = tables.array("override");
        let all = all.into_iter().map(|entry| entry.value).collect();
        self.overrides.insert(name.to_owned(), all);
        tables.finish(&["override"])
    }

    /// Forms in the order of their numbers, each with its rules.
    pub fn finish(
        mut self,
        sources: &Sources,
        job: &Job,
        problems: &mut Vec<Problem>,
    ) -> (Vec<Form>, Vec<Vec<Rule>>) {
        self.forms.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let included: Vec<(String, Vec<OverrideWritten>)> = job
            .include
            .iter()
            .filter_map(|(name, _)| self.overrides.remove_entry(name))
            .collect();
        // Where a file is unsound its forms are not there, and others may rest on them.
        let complete = !problems.iter().any(|problem| !problem.warning);
        for (file, all) in &included {
            for one in all {
                self.threshold(file, one, complete, problems);
            }
        }
        let (mut forms, written): (Vec<Form>, Vec<Vec<RuleWritten>>) =
            self.forms.into_iter().unzip();
        let mut rules: Vec<Vec<Rule>> = Vec::new();
        for (at, form) in forms.iter().enumerate() {
            let mut lowering = Lowering {
                form,
                forms: &forms,
                sources,
                file: form.file.clone(),
                span: 0..0,
                rules: Vec::new(),
                problems: Vec::new(),
                only: None,
            };
            derived(&mut lowering);
            for kind in KINDS {
                (kind.keys)(&mut lowering);
            }
            for rule in &written[at] {
                check::lower_rule(&mut lowering, rule);
            }
            for (file, _, _, more) in self.more.iter().filter(|(_, id, ..)| *id == form.id) {
                lowering.file.clone_from(file);
                for rule in more {
                    check::lower_rule(&mut lowering, rule);
                }
            }
            // What rests on a form that is not sound is not held against the rule.
            if complete || lowering.problems.is_empty() || forms.len() == 1 {
                problems.append(&mut lowering.problems);
            } else {
                let of_others = |p: &Problem| p.message.en.starts_with("there is no form");
                lowering.problems.retain(|problem| !of_others(problem));
                problems.append(&mut lowering.problems);
            }
            rules.push(lowering.rules);
        }
        for (file, id, span, _) in &self.more {
            if complete && !forms.iter().any(|form| form.id == *id) {
                let known: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
                let message = both!("没有表号 `{id}`", "there is no form `{id}`");
                let problem = Problem::new(file, span.clone(), message);
                problems.push(match did_you_mean(id, &known) {
                    Some(help) => problem.help(help),
                    None => problem,
                });
            }
        }
        twice(&rules, sources, problems);
        state(&mut forms, &rules);
        for (file, all) in &included {
            for one in all {
                override_rule(file, one, &mut rules, complete, problems);
            }
        }
        (forms, rules)
    }

    fn threshold(
        &mut self,
        file: &str,
        one: &OverrideWritten,
        complete: bool,
        problems: &mut Vec<Problem>,
    ) {
        let Some(name) = &one.threshold else {
            return;
        };
        if let Some(severity) = &one.severity {
            let message = Text::new(
                "severity 用来改审核关系（rule），标准没有级别",
                "`severity` is for a rule; a threshold has none",
            );
            problems.push(Problem::new(file, severity.span(), message));
        }
        let (form, id) = name.get_ref().split_once('.').unwrap_or(("", ""));
        let mut forms = self.forms.iter_mut().filter(|(known, _)| known.id == form);
        let threshold = forms.find_map(|(form, _)| form.thresholds.iter_mut().find(|t| t.id == id));
        let Some(threshold) = threshold else {
            if complete {
                let found = name.get_ref();
                let message = both!(
                    "没有标准 `{found}`，应写成 `表号.名称`",
                    "there is no threshold `{found}`: expected `FORM.name`"
                );
                problems.push(Problem::new(file, name.span(), message));
            }
            return;
        };
        let written = one.value.as_ref();
        match written.and_then(|value| limit(value.get_ref())) {
            Some((value, measure)) if measure == threshold.measure => threshold.value = value,
            Some(_) => {
                let message = Text::new(
                    "标准原来是百分率还是数，这里要一样",
                    "a rate stays a rate and a number a number",
                );
                let span = written.map_or(name.span(), toml::Spanned::span);
                problems.push(Problem::new(file, span, message));
            }
            None => {
                let span = written.map_or(name.span(), toml::Spanned::span);
                problems.push(Problem::new(file, span, not_a_limit()));
            }
        }
        threshold.is_own = true;
        if one.source.is_none() {
            let message = Text::new(
                "改标准要写依据：source = \"…\"，最好也写 date",
                "a changed threshold wants its source: source = \"…\", and its date",
            );
            problems.push(Problem::new(file, name.span(), message).warning());
        }
        threshold.source = sourced(one.source.as_deref().unwrap_or(file), one.date.as_deref());
    }
}

/// Marks what rules hold to be stated, so that intake keeps how many decimals it is stated with.
fn state(forms: &mut [Form], rules: &[Vec<Rule>]) {
    for (form, rules) in forms.iter_mut().zip(rules) {
        for assertion in rules.iter().flat_map(|rule| &rule.assertions) {
            if let Claim::States { stated, .. } = &assertion.claim {
                form.variables[stated.variable].stated = true;
            }
        }
    }
}

/// What an office changes of a rule.
fn override_rule(
    file: &str,
    one: &OverrideWritten,
    rules: &mut [Vec<Rule>],
    complete: bool,
    problems: &mut Vec<Problem>,
) {
    let Some(name) = &one.rule else {
        if one.threshold.is_none() {
            let message = Text::new(
                "要写明改哪一条：rule = \"编号\" 或 threshold = \"表号.名称\"",
                "say what is changed: `rule` or `threshold`",
            );
            problems.push(Problem::new(file, 0..0, message));
        }
        return;
    };
    let id = name.get_ref();
    let ids: Vec<String> = rules.iter().flatten().map(|rule| rule.id.clone()).collect();
    let Some(rule) = rules.iter_mut().flatten().find(|rule| rule.id == *id) else {
        if complete {
            let known: Vec<&str> = ids.iter().map(String::as_str).collect();
            let message = both!("没有审核关系 `{id}`", "there is no rule `{id}`");
            let problem = Problem::new(file, name.span(), message);
            problems.push(match did_you_mean(id, &known) {
                Some(help) => problem.help(help),
                None => problem,
            });
        }
        return;
    };
    if let Some(severity) = &one.severity {
        let is_standing = rule.kind == "lines";
        if *severity.get_ref() == Severity::Error && (is_standing || rule.is_plausibility()) {
            problems.push(check::plausibility_is_no_error(file, severity.span()));
        }
        rule.severity = *severity.get_ref();
        rule.severity_in.clear();
    }
    rule.audience = one.audience.unwrap_or(rule.audience);
    rule.stage = one.stage.unwrap_or(rule.stage);
    rule.released = one.released.unwrap_or(rule.released);
    let mut building = Building {
        file,
        problems: Vec::new(),
    };
    let (from, to) = (&one.valid_from, &one.valid_to);
    let from = from.as_ref().and_then(|from| building.period(from));
    let to = to.as_ref().and_then(|to| building.period(to));
    rule.valid = (from.or(rule.valid.0), to.or(rule.valid.1));
    problems.append(&mut building.problems);
    problems.extend(check::check_whole(file, name.span(), rule));
    if let Some(value) = &one.value {
        let message = Text::new(
            "value 用来改标准（threshold），审核关系没有 value",
            "`value` is for a threshold; a rule has none",
        );
        problems.push(Problem::new(file, value.span(), message));
    }
    if let Some(source) = &one.source {
        rule.source = Some(sourced(source, one.date.as_deref()));
    }
}

/// Whether every derived figure makes sense, for a record of a list, or somewhere in a form.
fn derived(on: &mut Lowering<'_>) {
    let form = on.form;
    for derived in &form.derived {
        let scope = Scope::new(on.forms, form);
        let mut places = check::rows(form)
            .into_iter()
            .map(|row| scope.at_row_of(row));
        let found = places
            .next()
            .map(|scope| check::resolve(&on.file, &derived.is, scope));
        if let Some(Err(problem)) = found
            && !places.any(|scope| check::resolve(&on.file, &derived.is, scope).is_ok())
        {
            on.problems.push(*problem);
        }
    }
}

/// An id stands once in all files.
fn twice(rules: &[Vec<Rule>], sources: &Sources, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, &Rule> = BTreeMap::new();
    for rule in rules.iter().flatten() {
        let Some(other) = seen.insert(&rule.id, rule) else {
            continue;
        };
        let (id, file) = (&rule.id, &other.file);
        let message = if *file == rule.file {
            let first = Problem::new(file, other.span.clone(), Text::default());
            let line = first.line(sources);
            both!(
                "审核关系编号 `{id}` 重复：第 {line} 行已经用过",
                "the rule id `{id}` stands twice: first on line {line}"
            )
        } else {
            both!(
                "审核关系编号 `{id}` 重复：`{file}` 里已经用过",
                "the rule id `{id}` stands twice: first in `{file}`"
            )
        };
        problems.push(Problem::new(&rule.file, rule.span.clone(), message));
    }
}
