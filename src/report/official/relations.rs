//! 审核关系 as offices write them: `(01)=(02)+(03)+(04)`, `[5]≤[1]`.
//!
//! They are written from the rules' own assertions, so that the form says what the checks do.
//! A rule that has no such wording, a list of codes or a comparison with others, has none here.

use crate::expr::{Expr, Function, Leaf, Operation, Source};
use crate::number;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Claim, Relation, Rule};
use crate::rulebook::written::{Audience, Axis, Each, Severity, Stage};
use crate::words::Text;
use std::collections::BTreeSet;

/// Different wordings of one rule beyond which it is told by its title alone.
const MOST_WORDINGS: usize = 3;

/// The line 审核关系 of some forms that stand on one sheet: what must hold, in force now.
pub(super) fn all(rulebook: &Rulebook, forms: &[usize], period: Period) -> Option<Text> {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for form in forms {
        let told = rulebook.rules[*form].iter().filter(|rule| {
            rule.severity_of(period) == Severity::Error
                && rule.audience == Audience::District
                && rule.stage == Stage::InForce
                && rule.is_in_force(period)
        });
        // Rows that are computed alike have one relation.
        let mut seen: BTreeSet<Text> = BTreeSet::new();
        let told: Vec<Text> = told
            .filter_map(|rule| relation(rulebook, *form, rule))
            .filter(|text| seen.insert(text.clone()))
            .collect();
        if told.is_empty() {
            continue;
        }
        let join = |get: fn(&Text) -> &str, between: &str| {
            let all: Vec<&str> = told.iter().map(get).collect();
            all.join(between)
        };
        let caption = rulebook.forms[*form].print.caption.as_ref();
        let caption = caption.filter(|_| forms.len() > 1);
        let (before_zh, before_en) = caption.map_or_else(Default::default, |caption| {
            let short = |text: &str| text.split('\u{3000}').next().unwrap_or("").to_owned();
            (short(&caption.zh) + "：", short(&caption.en) + ": ")
        });
        zh.push(before_zh + &join(|text| &text.zh, "；"));
        en.push(before_en + &join(|text| &text.en, "; "));
    }
    if zh.is_empty() {
        return None;
    }
    let (zh, en) = (zh.join("；"), en.join("; "));
    Some(both!("审核关系：{zh}。", "Relations: {en}."))
}

/// A rule in official notation, if it can be said in it.
pub(in crate::report) fn relation(rulebook: &Rulebook, at: usize, rule: &Rule) -> Option<Text> {
    let form = &rulebook.forms[at];
    // By wording: the rows or columns in which it holds.
    let mut wordings: Vec<(String, BTreeSet<usize>)> = Vec::new();
    let mut by_column = false;
    for assertion in &rule.assertions {
        if assertion.only.is_some() {
            return None;
        }
        let own: Vec<Leaf> = assertion
            .reads()
            .into_iter()
            .filter(|l| l.is_own())
            .collect();
        let naming = match rule.each {
            Each::District => Naming::Cells,
            _ => Naming::of(form, &own)?,
        };
        by_column = matches!(naming, Naming::Rows(_));
        let words = claim(rulebook, form, &naming, &assertion.claim)?;
        let place = match naming {
            Naming::Columns(row) => row,
            Naming::Rows(column) => Some(column),
            Naming::Cells => None,
        };
        match wordings.iter_mut().find(|(known, _)| *known == words) {
            Some((_, places)) => places.extend(place),
            None => wordings.push((words, place.into_iter().collect())),
        }
    }
    if wordings.is_empty() || wordings.len() > MOST_WORDINGS {
        return None;
    }
    let told: Vec<Text> = wordings
        .into_iter()
        .map(|(words, places)| {
            let limits = limits(form, rule, by_column, &places);
            Text::new(
                format!("{words}{}", limits.zh),
                format!("{words}{}", limits.en),
            )
        })
        .collect();
    let join = |get: fn(&Text) -> &str, between: &str| {
        let all: Vec<&str> = told.iter().map(get).collect();
        all.join(between)
    };
    Some(Text::new(
        join(|text| &text.zh, "；"),
        join(|text| &text.en, "; "),
    ))
}

/// How the figures of one assertion are named.
enum Naming {
    /// All stand in one row, or in a list's record: by their columns, `[5]`.
    Columns(Option<usize>),
    /// All stand in one column: by their rows, `(01)`.
    Rows(usize),
    /// By both, `(01)[5]`.
    Cells,
}

impl Naming {
    fn of(form: &Form, leaves: &[Leaf]) -> Option<Self> {
        let place = |leaf: &Leaf| &form.variables[leaf.variable];
        let first = place(leaves.first()?);
        Some(if leaves.iter().all(|leaf| place(leaf).row == first.row) {
            // A figure that stands alone is named by what is its variable.
            let alone = leaves.len() == 1 && form.axis == Axis::Rows;
            match first.row {
                Some(_) if alone => Self::Rows(first.column),
                row => Self::Columns(row),
            }
        } else if leaves.iter().all(|leaf| place(leaf).column == first.column) {
            Self::Rows(first.column)
        } else {
            Self::Cells
        })
    }

    /// What a figure of a form is called.
    fn name(&self, form: &Form, variable: usize) -> Option<String> {
        let place = form.variables.get(variable)?;
        let column = || Some(format!("[{}]", form.columns[place.column].no?));
        let row = || Some(format!("({})", form.rows[place.row?].no.as_ref()?));
        match self {
            Self::Columns(_) => column(),
            Self::Rows(_) => row(),
            Self::Cells => Some(row()? + &column()?),
        }
    }
}

/// Where a written rule is limited to some rows or columns: `（第02、03行）`.
fn limits(form: &Form, rule: &Rule, by_column: bool, places: &BTreeSet<usize>) -> Text {
    let all = if by_column {
        form.value_columns().count().max(1)
    } else {
        form.rows.len()
    };
    if !rule.is_written || places.is_empty() || places.len() >= all {
        return Text::default();
    }
    let number = |at: usize| {
        if by_column {
            form.columns[at].no.map(|no| no.to_string())
        } else {
            form.rows[at].no.clone()
        }
    };
    let list = list(places, &number);
    match (list.is_empty(), by_column) {
        (true, _) => Text::default(),
        (false, true) => both!("（第{list}栏）", " (column {list})"),
        (false, false) => both!("（第{list}行）", " (row {list})"),
    }
}

/// Numbers of places one after the other, those that follow on each other as `01—07`.
fn list(places: &BTreeSet<usize>, number: &dyn Fn(usize) -> Option<String>) -> String {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for at in places {
        match stretches.last_mut() {
            Some((_, last)) if *last + 1 == *at => *last = *at,
            _ => stretches.push((*at, *at)),
        }
    }
    let told = stretches.into_iter().filter_map(|(first, last)| {
        let between = if last == first + 1 { "、" } else { "—" };
        Some(if first == last {
            number(first)?
        } else {
            format!("{}{between}{}", number(first)?, number(last)?)
        })
    });
    told.collect::<Vec<_>>().join("、")
}

fn claim(rulebook: &Rulebook, form: &Form, naming: &Naming, claim: &Claim) -> Option<String> {
    let write = |expr: &Expr| written(rulebook, form, naming, expr).map(|(text, _)| text);
    match claim {
        Claim::Compare {
            left,
            relation,
            right,
            ..
        } => {
            let sign = relation.sign();
            // A limit is shown as people see the figure: 100% of a rate that is kept as 1.
            if let (Expr::Leaf(leaf), Expr::Number(limit)) = (left, right)
                && leaf.is_own()
            {
                let limit = crate::check::show(form, leaf.variable, &limit.exact, None);
                return Some(format!("{}{sign}{limit}", write(left)?));
            }
            Some(format!("{}{sign}{}", write(left)?, write(right)?))
        }
        Claim::States {
            stated, follows, ..
        } => {
            let sign = Relation::Equal.sign();
            let name = naming.name(form, stated.variable)?;
            Some(format!("{name}{sign}{}", write(follows)?))
        }
        Claim::Readable
        | Claim::Filled
        | Claim::Between { .. }
        | Claim::Holds(_)
        | Claim::Scale(_)
        | Claim::Outlier(_)
        | Claim::Complete(_) => None,
    }
}

/// How closely a piece holds together, so that brackets stand where they must.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Sum,
    Product,
    One,
}

fn written(
    rulebook: &Rulebook,
    form: &Form,
    naming: &Naming,
    expr: &Expr,
) -> Option<(String, Bond)> {
    let write = |expr: &Expr| written(rulebook, form, naming, expr);
    let within = |(text, bond): (String, Bond), least: Bond| {
        if bond < least {
            format!("({text})")
        } else {
            text
        }
    };
    Some(match expr {
        Expr::Number(constant) => (number::show(&constant.exact), Bond::One),
        Expr::Leaf(leaf) => (name(rulebook, form, naming, *leaf)?, Bond::One),
        Expr::Arithmetic(operation, a, b) => {
            let (a, b) = (write(a)?, write(b)?);
            let (sign, bond, right) = match operation {
                Operation::Add => ("+", Bond::Sum, Bond::Sum),
                Operation::Subtract => ("－", Bond::Sum, Bond::Product),
                Operation::Multiply => ("×", Bond::Product, Bond::Product),
                Operation::Divide => ("÷", Bond::Product, Bond::One),
            };
            (
                format!("{}{sign}{}", within(a, bond), within(b, right)),
                bond,
            )
        }
        Expr::Call(Function::Growth, arguments) => {
            let (a, b) = (write(arguments.first()?)?, write(arguments.get(1)?)?);
            (
                format!("{}÷{}－1", within(a, Bond::Product), within(b, Bond::One)),
                Bond::Sum,
            )
        }
        Expr::Call(Function::Round, arguments) => write(arguments.first()?)?,
        _ => return None,
    })
}

/// What a figure is called: of another form with its number, of another time with that.
fn name(rulebook: &Rulebook, form: &Form, naming: &Naming, leaf: Leaf) -> Option<String> {
    let there = leaf.link.form.map_or(form, |at| &rulebook.forms[at]);
    let of = if leaf.link.form.is_some() {
        there.id.as_str()
    } else {
        ""
    };
    let when = match leaf.link.source {
        Source::Now => "",
        Source::LastYear => "上年",
        Source::LastPeriod => "上期",
    };
    let name = if leaf.is_own() || leaf.link.form.is_none() {
        naming.name(there, leaf.variable)?
    } else {
        Naming::Cells.name(there, leaf.variable)?
    };
    Some(format!("{when}{of}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::source::Sources;
    use std::path::Path;

    fn told(id: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let (sources, problems) = Sources::read(&folder).expect("the rules");
        let (rulebook, _) = Rulebook::load(&sources, problems).expect("sound rules");
        let at = rulebook.forms.iter().position(|form| form.id == id);
        let period = Period::parse("2023-12").expect("a period");
        all(&rulebook, &[at.expect("the form")], period).map_or_else(String::new, |text| text.zh)
    }

    #[test]
    fn relations_are_written_as_offices_write_them() {
        let projects = told("KY01");
        for relation in [
            "(01)=(02)+(03)+(04)",
            "(05)≤(01)",
            "[2]≤[1]",
            "[4]=[1]÷[3]－1",
            "[5]≤[1]（第01行）",
        ] {
            assert!(projects.contains(relation), "{relation}: {projects}");
        }
        let schools = told("XX01");
        for relation in ["[1]=[2]+[3]+[4]", "[20]≤[8]+[15]", "[31]≤[30]"] {
            assert!(schools.contains(relation), "{relation}: {schools}");
        }
        // What is only asked about is no relation that must hold.
        assert!(!projects.contains("30%"), "{projects}");
    }
}
