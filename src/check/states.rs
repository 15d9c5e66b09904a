#![doc = include_str!("states.md")]

use super::{Asks, Failed, Kind, Lowering, Wording, discrepancy, show};
use crate::expr::types::{self, Measured, Scope};
use crate::expr::{Expr, Function, Leaf, Operation};
use crate::number::{self, Exact};
use crate::rulebook::form::{Form, Variable, Written};
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::{Axis, Severity, Type};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub(super) const KIND: Kind = Kind {
    name: "states",
    doc: include_str!("states.md"),
    doc_zh: include_str!("states.zh.md"),
    keys: lower,
    rule: |written| super::asked(written.states.as_ref()),
    say,
};

/// One rule a stating column, and one a stating row where variables run down.
fn lower(on: &mut Lowering<'_>) {
    let form = on.form;
    let values: Vec<usize> = form.value_columns().take(1).collect();
    for (at, column) in form.columns.iter().enumerate() {
        let Some(written) = &column.states else {
            continue;
        };
        let cells = on.rows().into_iter().filter(|row| {
            // A row's own statement goes before its column's, and a row without a figure of
            // this kind (a heading's, a text's) states nothing.
            let own = row.is_some_and(|row| form.rows[row].states.is_some());
            !(own && values.contains(&at)) && form.variables[form.variable(at, *row)].is_number()
        });
        let cells: Vec<(usize, Scope<'_>)> = cells
            .map(|row| (form.variable(at, row), on.scope().at_row_of(row)))
            .collect();
        push(on, &column.id, &column.label, written, cells);
    }
    for (at, row) in form.rows.iter().enumerate() {
        let Some(written) = &row.states else { continue };
        if form.axis != Axis::Rows {
            let message = Text::new(
                "只有 variables = \"rows\" 的报表，行才能写 states",
                "a row states something only where variables = \"rows\"",
            );
            on.problem(written.span.clone(), message);
            continue;
        }
        // Rows speak of rows in their own column, or of columns in their own row.
        let cells = values
            .iter()
            .map(|column| {
                let by_row = on.scope().at_row_of(Some(at));
                let by_column = Scope {
                    column: Some(*column),
                    ..on.scope()
                };
                let fits = super::resolve(&on.file, written, by_row).is_ok();
                (
                    form.variable(*column, Some(at)),
                    if fits { by_row } else { by_column },
                )
            })
            .collect();
        push(on, &row.id, &row.label, written, cells);
    }
}

fn push(
    on: &mut Lowering<'_>,
    id: &str,
    label: &Text,
    written: &Written,
    cells: Vec<(usize, Scope<'_>)>,
) {
    let title = Text::new(
        format!("{}与据以计算的数一致", label.zh),
        format!("{} follows from the figures it states", label.en),
    );
    let rule_id = format!("{}.{id}.states", on.form.id);
    let mut rule = on.rule(KIND.name, rule_id, title, Severity::Error);
    rule.formula = format!("{id} = {}", written.text);
    rule.span = written.span.clone();
    let mut told = false;
    for (accused, scope) in cells {
        let variable = &on.form.variables[accused];
        let (follows, measure) = match super::resolve(&on.file, written, scope) {
            Ok(typed) => typed,
            Err(problem) => {
                // One sentence for the expression, not one for each row it is tried on.
                if !told {
                    on.problems.push(*problem);
                }
                told = true;
                continue;
            }
        };
        if let Some(message) = unlike(variable, &measure) {
            if !told {
                on.problem(written.span.clone(), message);
            }
            told = true;
            continue;
        }
        let claim = Claim::States {
            stated: Leaf::own(accused),
            rounded: rounded(on.form, &follows),
            follows,
        };
        rule.assertions.push(Assertion::new(accused, claim));
    }
    if !told {
        on.key_rule(rule);
    }
}

/// Why what an expression comes to can't be what a variable states.
fn unlike(stated: &Variable, follows: &Measured) -> Option<Text> {
    let id = &stated.id;
    let is_rate = matches!(follows, Measured::Rate | Measured::Points);
    match (types::measure(stated), follows) {
        (Measured::Rate | Measured::Points, Measured::Quotient) => None,
        (Measured::Rate | Measured::Points, _) => (!is_rate).then(|| {
            both!(
                "`{id}` 是百分率，这个式子算出来的不是",
                "`{id}` is a rate, the expression is not"
            )
        }),
        // 增减 of a count is its growth.
        _ if stated.kind == Type::Change => None,
        (Measured::Figure(_), _) if is_rate => Some(both!(
            "`{id}` 不是百分率，这个式子算出来的是；类型应为 percent",
            "`{id}` is no rate, the expression is: its type would be `percent`"
        )),
        (Measured::Figure(Some(unit)), Measured::Figure(Some(other))) if unit != *other => {
            Some(both!(
                "`{id}` 的单位是{unit}，这个式子算出来的是{other}",
                "`{id}` is in {unit}, the expression in {other}"
            ))
        }
        _ => None,
    }
}

/// Takes the operands apart again, so that the sentence shows them.
fn operands(expr: &Expr) -> Option<(&Expr, &Expr, &'static str, &'static str)> {
    match expr {
        Expr::Call(Function::Growth, arguments) => {
            Some((&arguments[1], &arguments[0], "增长", "grows by"))
        }
        Expr::Arithmetic(Operation::Divide, a, b) => Some((a, b, "相除得", "divided give")),
        Expr::Arithmetic(Operation::Subtract, a, b) => Some((a, b, "相减得", "differ by")),
        _ => None,
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let at = failed.assertion.accused;
    let (label, found) = (failed.label(), failed.found());
    let Some(truth) = &failed.failure.expected else {
        return Wording::default();
    };
    let decimals = failed.failure.decimals.unwrap_or(0);
    let right = show(failed.form, at, truth, Some(decimals));
    // What is to be typed is told as the cell wants it: a rate's cell without a percent format
    // takes 19.35, and would take 19.35% for something else.
    let dress = failed.figures.own.dress(failed.record, at);
    let right = match right.strip_suffix('%') {
        Some(bare) if !dress.text && dress.scale != 0 => bare.to_owned(),
        _ => right,
    };
    // With more decimals it can be seen how far the figure is from the truth.
    let close = show(failed.form, at, &with_decimals_to_tell(failed, truth), None);
    let figure = |expr: &Expr| failed.figure(expr);
    let Claim::States { follows, .. } = &failed.assertion.claim else {
        return Wording::default();
    };
    let sum = match operands(follows) {
        Some((a, b, zh, en)) => {
            let (a, b) = (figure(a), figure(b));
            let (sign, and) = match follows {
                Expr::Call(..) => ("→", " → "),
                _ => ("、", " and "),
            };
            Text::new(
                format!("{a}{sign}{b} {zh} {close}"),
                format!("{a}{and}{b} {en} {close}"),
            )
        }
        None => Text::new(
            format!("计算得 {close}"),
            format!("the figures give {close}"),
        ),
    };
    if failed.failure.cut {
        let mut wording = Wording::new(
            Text::new(
                format!(
                    "“{}”填报 {found}，疑为截尾：{}，应四舍五入为 {right}",
                    label.zh, sum.zh
                ),
                format!(
                    "{} is {found}, probably cut off: {}, rounded {right}",
                    label.en, sum.en
                ),
            ),
            both!("改为 {right}", "enter {right}"),
        );
        wording.severity = Some(Severity::Query);
        return wording;
    }
    let found_exactly = failed.failure.found.as_ref();
    let right_exactly = number::round(truth, i32::from(decimals) - failed.scale());
    let slip = slip(truth, found_exactly).or_else(|| {
        // Compared in the digits that people see.
        let seen = |x: &Exact| x * number::power_of_ten(-failed.scale());
        discrepancy::slip(&seen(found_exactly?), &seen(&right_exactly))
    });
    let mut fix = both!(
        "改为 {right}，或核对据以计算的数",
        "enter {right}, or check the figures it comes from"
    );
    if let Some(slip) = slip {
        fix = Text::new(
            format!("{}；{}", slip.zh, fix.zh),
            format!("{}; {}", slip.en, fix.en),
        );
    }
    Wording::new(
        Text::new(
            format!("“{}”填报 {found}，与计算结果不符：{}", label.zh, sum.zh),
            format!("{} is {found}, which does not follow: {}", label.en, sum.en),
        ),
        fix,
    )
}

/// The operands that are rounded themselves, as their columns say, with the decimals of what is
/// kept.
fn rounded(form: &Form, follows: &Expr) -> Vec<(Leaf, u8)> {
    let mut leaves = Vec::new();
    follows.leaves(&mut leaves);
    leaves.sort_unstable();
    leaves.dedup();
    let places = |leaf: &Leaf| {
        let variable = form
            .variables
            .get(leaf.variable)
            .filter(|_| leaf.link.form.is_none())?;
        let seen = form.columns[variable.column].rounded?;
        let places = i32::from(seen) - variable.scale();
        Some((*leaf, u8::try_from(places).ok()?))
    };
    leaves.iter().filter_map(places).collect()
}

/// `states = { of = "growth", follows = "growth(a, b)" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The stated figure.
    #[schemars(with = "String")]
    of: Spanned<String>,
    /// What it follows from.
    #[schemars(with = "String")]
    follows: Spanned<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, scope: Scope<'_>) -> Option<Vec<Assertion>> {
        let accused = on.variable(&self.of, scope)?;
        on.figure(&self.of, scope, None)?;
        let (follows, measure) = on.figure(&self.follows, scope, None)?;
        if let Some(message) = unlike(&on.form.variables[accused], &measure) {
            on.problem(self.follows.span(), message);
            return None;
        }
        let claim = Claim::States {
            stated: Leaf::own(accused),
            rounded: rounded(on.form, &follows),
            follows,
        };
        Some(vec![Assertion::new(accused, claim)])
    }

    fn formula(&self) -> String {
        format!("{} = {}", self.of.get_ref(), self.follows.get_ref())
    }
}

/// The true figure with so many decimals that rounding it once more gives the right one: 17.647,
/// which is 17.6, and not 17.65, which looks like 17.7.
fn with_decimals_to_tell(failed: &Failed<'_>, truth: &Exact) -> Exact {
    let scale = failed.form.variables[failed.assertion.accused].scale();
    let stated = i32::from(failed.failure.decimals.unwrap_or(0));
    let right = number::round(truth, stated - scale);
    let enough = |places: &i32| {
        number::round(&number::round(truth, places - scale), stated - scale) == right
    };
    let first = (stated + 1).max(2);
    let places = (first..first + 4).find(enough).unwrap_or(first);
    number::round(truth, places - scale)
}

/// A stated figure that is a hundred times too small or too large: a rate typed as a ratio.
fn slip(truth: &Exact, found: Option<&Exact>) -> Option<Text> {
    let found = found.filter(|x| !number::is_zero(x) && !number::is_zero(truth))?;
    let ratio = number::to_f64(&(found / truth));
    let near = |x: f64| (ratio / x - 1.0).abs() < 0.05;
    if near(0.01) {
        return Some(Text::new(
            "疑把比值当百分数填（差 100 倍）",
            "probably a ratio typed as percent",
        ));
    }
    near(100.0).then(|| {
        Text::new(
            "疑多乘了 100（差 100 倍）",
            "probably multiplied by 100 once too often",
        )
    })
}
