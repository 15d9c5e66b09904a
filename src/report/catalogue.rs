//! 审核关系目录: every rule for people, and what changed since an earlier version of the rules.
//!
//! What there is to know of a rule is said once, in [`facts`]; `hebiao rules explain` prints the
//! same. Limits that forms declare stand in the catalogue like rules, since a rule that uses one
//! changes with it. The catalogue comes as a workbook and as Markdown; how a workbook's sheets
//! are laid out is left to `page`.

mod changes;
mod markdown;
mod workbook;

pub use changes::{Change, What};
pub use markdown::markdown;
pub use workbook::workbook;

use crate::expr::parse::Measure;
use crate::intake::FRAME_RULES;
use crate::number;
use crate::rulebook::Rulebook;
use crate::rulebook::form::{Break, Derived, Form, Threshold};
use crate::rulebook::rule::Rule;
use crate::rulebook::source::Sources;
use crate::rulebook::written::{Audience, Each, Gives, Missing, Severity, Stage};
use crate::words::Text;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Something to know of a rule: 级别, 式子, 依据 …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: Text,
    /// What there is to know; empty where there is nothing to say.
    pub says: Text,
}

/// A rule, a limit of a form, or something that is looked at in every form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `KY01-101`, or `JH01.class_primary` where it is a limit.
    pub id: String,
    /// The form, by number.
    pub form: String,
    /// What good data do, or what the limit is called.
    pub title: Text,
    /// What there is to know, the same headings in the same order for all.
    pub facts: Vec<Fact>,
}

/// What is written: every entry, and what changed where that was asked.
pub struct Catalogue {
    /// The office.
    pub office: String,
    /// Forms by number, with their titles and the version of each.
    pub forms: Vec<(String, Text, String)>,
    /// By form: limits, what is looked at in every form, rules.
    pub entries: Vec<Entry>,
    /// The earlier version by name, and what changed since.
    pub since: Option<(String, Vec<Change>)>,
}

impl Catalogue {
    /// The catalogue of a rulebook.
    pub fn of(rulebook: &Rulebook) -> Self {
        let forms = rulebook.forms.iter();
        let forms = forms.map(|form| (form.id.clone(), form.title.clone(), form.version.clone()));
        let limits = rulebook.forms.iter().flat_map(|form| {
            let limits = form.thresholds.iter();
            limits.map(|limit| of_limit(&form.id, limit))
        });
        let derived = rulebook.forms.iter().flat_map(|form| {
            let derived = form.derived.iter();
            derived.map(|figure| of_derived(&form.id, figure))
        });
        let breaks = rulebook.forms.iter().flat_map(|form| {
            let breaks = form.breaks.iter();
            breaks.map(|one| of_break(form, one))
        });
        let frames = rulebook.forms.iter().flat_map(|form| {
            let rules = FRAME_RULES.iter();
            rules.map(|(name, zh, en, severity)| of_frame(&form.id, name, (zh, en), *severity))
        });
        let rules = rulebook.all_rules().map(|(at, rule)| Entry {
            id: rule.id.clone(),
            form: rulebook.forms[at].id.clone(),
            title: rule.title.clone(),
            facts: facts(rule),
        });
        let mut entries: Vec<Entry> = limits
            .chain(derived)
            .chain(breaks)
            .chain(frames)
            .chain(rules)
            .collect();
        // A form's limits, its frame, its rules; the sort keeps each in order.
        let rank: BTreeMap<&str, usize> = rulebook.forms.iter().map(|f| &*f.id).zip(0..).collect();
        entries.sort_by_key(|entry| rank[&*entry.form]);
        Self {
            office: rulebook.job.office.clone(),
            forms: forms.collect(),
            entries,
            since: None,
        }
    }

    /// The same with what changed since an earlier version.
    #[must_use]
    pub fn since(self, name: &str, before: &Sources, now: &Sources) -> Self {
        let changes = changes::changes(before, now);
        Self {
            since: Some((name.to_owned(), changes)),
            ..self
        }
    }
}

/// The headings of [`facts`], in their order.
const NAMES: [(&str, &str); 16] = [
    ("级别", "severity"),
    ("式子", "formula"),
    ("范围", "limited to"),
    ("种类", "kind"),
    ("单元", "unit"),
    ("对象", "for"),
    ("阶段", "stage"),
    ("月份", "months"),
    ("起", "from"),
    ("止", "to"),
    ("缺数时", "where a figure is missing"),
    ("封库", "at the close"),
    ("依据", "source"),
    ("提示", "message"),
    ("怎么改", "what to do"),
    ("例子", "examples"),
];

/// What there is to know of a rule, always under the same headings.
pub fn facts(rule: &Rule) -> Vec<Fact> {
    let both = |(zh, en): (&str, &str)| Text::new(zh, en);
    let unit = match rule.each {
        Each::Row => ("逐行", "each row"),
        Each::Column => ("逐栏", "each column"),
        Each::District => ("逐个填报单位", "each district"),
        Each::City => ("全市", "the whole city"),
    };
    let audience = match rule.audience {
        Audience::District => ("填报单位", "the district"),
        Audience::City => ("市级", "the city's staff"),
    };
    let stage = match rule.stage {
        Stage::Trial => ("试行", "on trial"),
        Stage::InForce => ("正式", "in force"),
    };
    let missing = match rule.missing {
        Missing::Skip => ("不审核", "not evaluated"),
        Missing::Zero => ("按零计", "counted as zero"),
        Missing::Fail => ("不通过", "fails"),
    };
    let close = if rule.settle_by_close {
        ("须先办结", "to be settled first")
    } else {
        ("", "")
    };
    let months: Vec<String> = rule.months.iter().map(u32::to_string).collect();
    let says = [
        severity(rule),
        Text::same(&rule.formula),
        rule.narrowed_to.clone(),
        Text::same(rule.kind),
        both(unit),
        both(audience),
        both(stage),
        Text::same(months.join(" ")),
        Text::same(
            rule.valid
                .0
                .map(|from| from.to_string())
                .unwrap_or_default(),
        ),
        Text::same(rule.valid.1.map(|to| to.to_string()).unwrap_or_default()),
        both(missing),
        both(close),
        Text::same(rule.source.clone().unwrap_or_default()),
        rule.message.clone().unwrap_or_default(),
        rule.fix.clone().unwrap_or_default(),
        examples(rule),
    ];
    under_names(says)
}

fn under_names(says: [Text; NAMES.len()]) -> Vec<Fact> {
    let facts = NAMES.iter().zip(says);
    facts
        .map(|((zh, en), says)| Fact {
            name: Text::new(*zh, *en),
            says,
        })
        .collect()
}

/// A limit under the same headings: its value stands where a rule has its formula.
fn of_limit(form: &str, limit: &Threshold) -> Entry {
    let value = match limit.measure {
        Measure::Percent => number::show(&(&limit.value * number::power_of_ten(2))) + "%",
        _ => number::show(&limit.value),
    };
    let says = NAMES.map(|(name, _)| match name {
        "式子" => Text::same(format!("{} = {value}", limit.id)),
        "种类" => Text::new("标准", "a limit"),
        "依据" => Text::same(&limit.source),
        _ => Text::default(),
    });
    Entry {
        id: format!("{form}.{}", limit.id),
        form: form.to_owned(),
        title: Text::same(&limit.label),
        facts: under_names(says),
    }
}

/// A figure that is computed, under the same headings.
fn of_derived(form: &str, figure: &Derived) -> Entry {
    let says = NAMES.map(|(name, _)| match name {
        "式子" => Text::same(format!("{} = {}", figure.id, figure.is.text)),
        "种类" => Text::new("派生指标", "a derived figure"),
        _ => Text::default(),
    });
    Entry {
        id: format!("{form}.{}", figure.id),
        form: form.to_owned(),
        title: figure.label.clone(),
        facts: under_names(says),
    }
}

/// 口径变化, under the same headings.
fn of_break(form: &Form, one: &Break) -> Entry {
    let variables = one.variables.iter();
    let variables: Vec<&str> = variables
        .map(|(variable, _)| form.variables[*variable].id.as_str())
        .collect();
    let says = NAMES.map(|(name, _)| match name {
        "式子" => Text::same(variables.join(" ")),
        "种类" => Text::new("口径变化", "a change of definition"),
        "起" => Text::same(one.since.to_string()),
        _ => Text::default(),
    });
    Entry {
        id: format!("{}.break.{}", form.id, one.since),
        form: form.id.clone(),
        title: Text::same(&one.reason),
        facts: under_names(says),
    }
}

/// What is looked at in every form besides its figures, under the same headings.
fn of_frame(form: &str, name: &str, (zh, en): (&str, &str), severity: Severity) -> Entry {
    let says = NAMES.map(|(heading, _)| match heading {
        "级别" => severity.words(),
        "种类" => Text::new("表式", "the form itself"),
        _ => Text::default(),
    });
    Entry {
        id: format!("{form}.{name}"),
        form: form.to_owned(),
        title: Text::new(zh, en),
        facts: under_names(says),
    }
}

/// 必改, and where it differs by month: 核实；12月 必改.
fn severity(rule: &Rule) -> Text {
    let mut by: BTreeMap<Severity, Vec<String>> = BTreeMap::new();
    for (month, severity) in &rule.severity_in {
        by.entry(*severity).or_default().push(month.to_string());
    }
    let mut text = rule.severity.words();
    for (severity, months) in by {
        let (months, words) = (months.join(" "), severity.words());
        let _ = write!(text.zh, "；{months} 月 {}", words.zh);
        let _ = write!(text.en, "; {} in month {months}", words.en);
    }
    text
}

/// The rule's own tests, one a line.
fn examples(rule: &Rule) -> Text {
    let lines = rule.examples.iter().map(|example| {
        let (zh, en) = match example.gives {
            Gives::Pass => ("通过", "passes"),
            Gives::Fail => ("不通过", "fails"),
            Gives::NotEvaluated => ("不审核", "is not evaluated"),
        };
        let given = &example.written;
        (format!("{given} → {zh}"), format!("{given} → {en}"))
    });
    let (zh, en): (Vec<_>, Vec<_>) = lines.unzip();
    Text::new(zh.join("\n"), en.join("\n"))
}
