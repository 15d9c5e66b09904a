//! 自查: every rule that a formula can say, with a light that is live while somebody types.
//!
//! What must hold has ✓ or ✗. What is only asked about has 请核实, and a limit that would let a
//! figure through is neither written there nor to be found out by trying: such a light only says
//! that there is something to look at. Rules for the city's staff and rules on trial are not
//! here; what no formula can say is looked at when the form is sent.

use super::{Sheet, Template};
use crate::expr::exact::{Judgement, judge};
use crate::expr::figures::Figures;
use crate::expr::{Expr, Leaf, Source};
use crate::number;
use crate::report::official;
use crate::report::page::{self, Heading, col, row, words};
use crate::report::styles::{Styles, Tone};
use crate::rulebook::rule::{Assertion, Claim, Rule};
use crate::rulebook::written::Severity;
use crate::words::{Lang, Text};
use rust_xlsxwriter::{
    ConditionalFormatFormula, Format, Formula, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

/// The row of the headings.
const HEAD: usize = 3;
/// The column of the lights.
const LIGHT: usize = 6;
/// A light's formula grows no longer than this; a rule over many cells has several lights.
const LONGEST: usize = 7_000;
/// `COUNTA` takes so many cells at most.
const MOST_CELLS: usize = 250;
/// Signs of the lights.
const GOOD: &str = "✓";
const BAD: &str = "✗";

/// A line of the sheet.
struct Line {
    rule: String,
    form: String,
    level: Text,
    title: Text,
    relation: Text,
    /// Where the link goes, and what it shows.
    place: (String, String),
    formula: String,
    result: String,
}

/// What a light can say besides ✓ and ✗.
struct Signs {
    open: &'static str,
    ask: &'static str,
}

/// What the sheet is called.
pub(super) fn name(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "自查",
        Lang::En => "Self-check",
    }
}

/// Writes the sheet.
pub(super) fn write(book: &mut Workbook, template: &Template<'_>) -> Result<(), XlsxError> {
    let signs = Signs {
        open: template.pick("未填", "blank"),
        ask: template.pick("请核实", "please check"),
    };
    let mut lines: Vec<Line> = Vec::new();
    for severity in [Severity::Error, Severity::Query] {
        for sheet in template.sheets() {
            for rule in sheet.rules_of(severity) {
                lines.extend(of_rule(sheet, rule, &signs));
            }
        }
    }
    let out = book.add_worksheet();
    out.set_name(name(template.wanted.lang))?;
    let styles = Styles::new();
    head(out, template, &styles, &lines, &signs)?;
    let widths = table(out, template, &styles, &lines)?;
    lamps(out, &lines, &signs)?;
    let last = HEAD + lines.len();
    let columns = widths.len() - 1;
    if !lines.is_empty() {
        out.autofilter(row(HEAD), 0, row(last), col(columns))?;
    }
    out.set_freeze_panes(row(HEAD + 1), 0)?;
    let footer = template.pick("&C第 &P 页 / 共 &N 页", "&Cpage &P of &N");
    page::paper(out, page::Paper::Landscape, footer, Some((HEAD, HEAD)))?;
    out.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    });
    Ok(())
}

/// The title, and what all lights come to.
fn head(
    out: &mut Worksheet,
    template: &Template<'_>,
    styles: &Styles,
    lines: &[Line],
    signs: &Signs,
) -> Result<(), XlsxError> {
    let (name, month) = (
        &template.wanted.district().name,
        template.wanted.period.words(),
    );
    let Text { zh, en } = &month;
    let title = template.say(&both!("自查　{name}　{zh}", "Self-check: {name}, {en}"));
    words(out, (0, 0), &title, &styles.title)?;
    out.set_row_height(0, 28)?;
    let count = |sign: &str| lines.iter().filter(|line| line.result == sign).count();
    let (bad, open) = (count(BAD), count(signs.open));
    let column = page::letters(LIGHT);
    let lights = format!(
        "${column}${}:${column}${}",
        HEAD + 2,
        HEAD + 1 + lines.len().max(1)
    );
    let counted = |sign: &str| format!("COUNTIF({lights},\"{sign}\")");
    let (bad_now, open_now) = (counted(BAD), counted(signs.open));
    // What is blank has not passed.
    let [failed, passed, so_far, blank_to] = [
        template.pick(" 条未通过", " failed"),
        template.pick("全部通过", "all passed"),
        template.pick(
            "已填的没有问题，还有 ",
            "nothing wrong so far, still blank: ",
        ),
        template.pick(" 条未填", ""),
    ];
    let formula = format!(
        "IF({bad_now}>0,{bad_now}&\"{failed}\",IF({open_now}>0,\"{so_far}\"&{open_now}&\"{blank_to}\",\"{passed}\"))"
    );
    let result = match (bad, open) {
        (0, 0) => passed.to_owned(),
        (0, open) => format!("{so_far}{open}{blank_to}"),
        (bad, _) => format!("{bad}{failed}"),
    };
    let formula = Formula::new(formula).set_result(result);
    out.write_formula_with_format(row(1), col(0), formula, &styles.section)?;
    out.set_row_height(1, 24)?;
    let sentence = template.pick(
        "✗ 的先改正再报；“请核实”的对照上年、上期数看一遍，无误的备好情况说明。其余审核关系报送后审核。",
        "Mend what has ✗ before you send it; look again at what says `please check` and be ready to explain it. All other rules are looked at once it is sent.",
    );
    let plain = styles.sentence.clone().unset_text_wrap();
    words(out, (2, 0), sentence, &plain)
}

/// The lines, and how wide their columns are.
fn table(
    out: &mut Worksheet,
    template: &Template<'_>,
    styles: &Styles,
    lines: &[Line],
) -> Result<Vec<f64>, XlsxError> {
    let heading = |zh, en, narrow, wide| Heading::new(template.pick(zh, en), narrow, wide);
    let headings = [
        heading("编号", "Rule", 14.0, 30.0),
        heading("表", "Form", 7.0, 10.0),
        heading("级别", "Level", 7.0, 8.0),
        heading("审核关系", "What good data do", 30.0, 46.0),
        heading("怎样算", "How", 20.0, 40.0),
        heading("单元格", "Cell", 9.0, 12.0),
        heading("状态", "Light", 10.0, 13.0),
    ];
    let cells = |line: &Line| {
        vec![
            line.rule.clone(),
            line.form.clone(),
            template.say(&line.level),
            template.say(&line.title),
            template.say(&line.relation),
            line.place.1.clone(),
            line.result.clone(),
        ]
    };
    let contents: Vec<Vec<String>> = lines.iter().map(cells).collect();
    let widths = page::headings(out, HEAD, &headings, &contents, &styles.head)?;
    let light = styles.word(None, Tone::Plain).set_hidden();
    for (nth, (line, cells)) in lines.iter().zip(&contents).enumerate() {
        let at = HEAD + 1 + nth;
        for (column, cell) in cells.iter().enumerate().take(LIGHT - 1) {
            let format = match column {
                1 | 2 => &styles.centred,
                _ => &styles.wrapped,
            };
            words(out, (at, column), cell, format)?;
        }
        let (target, shown) = &line.place;
        page::link(out, (at, LIGHT - 1), target, shown, &styles.link)?;
        page::formula(out, (at, LIGHT), &line.formula, &line.result, &light)?;
        page::fit_row(out, at, cells, &widths)?;
    }
    Ok(widths)
}

/// The colours of the lights.
fn lamps(out: &mut Worksheet, lines: &[Line], signs: &Signs) -> Result<(), XlsxError> {
    let (first, last) = (HEAD + 1, HEAD + lines.len());
    if lines.is_empty() {
        return Ok(());
    }
    let column = page::letters(LIGHT);
    for (sign, fill, font) in [
        (GOOD, 0x00E2_EFDA, 0x0037_5623),
        (BAD, 0x00FF_C7CE, 0x009C_0006),
        (signs.ask, 0x00FF_EB9C, 0x007F_6000),
    ] {
        let look = Format::new()
            .set_background_color(fill)
            .set_font_color(font);
        let rule = Formula::new(format!("${column}{}=\"{sign}\"", first + 1));
        let lamp = ConditionalFormatFormula::new()
            .set_rule(rule)
            .set_format(look);
        let place = col(LIGHT);
        out.add_conditional_format(row(first), place, row(last), place, &lamp)?;
    }
    Ok(())
}

/// The lights of a rule: one, or several where it is about very many cells.
fn of_rule(sheet: Sheet<'_>, rule: &Rule, signs: &Signs) -> Vec<Line> {
    let as_it_is = sheet.as_it_is();
    let figures = Figures::alone(&as_it_is);
    let fails = |assertion: &Assertion| {
        let scale = sheet.form.variables[assertion.accused].scale();
        (0..as_it_is.records()).any(|record| {
            let judged = judge(assertion, &figures, record, rule.missing, scale);
            matches!(judged, Judgement::Fail(_))
        })
    };
    let is_live = is_live(sheet, rule);
    let mut lines = Vec::new();
    let mut terms: Vec<String> = Vec::new();
    let mut cells: Vec<(usize, usize)> = Vec::new();
    let mut state = (false, false);
    let mut first = None;
    for assertion in &rule.assertions {
        let term = match (is_live, sheet.form.is_fixed()) {
            (true, true) => sheet.broken(rule, assertion),
            (true, false) => sheet.broken_records(rule, assertion),
            (false, _) => is_plain(assertion).then(String::new),
        };
        let (Some(term), Some(home)) = (term, sheet.cell(assertion.accused)) else {
            continue;
        };
        // Nobody can be wrong where nothing is to be filled in.
        if !is_live && to_fill(sheet, assertion).is_empty() {
            continue;
        }
        let length: usize = terms.iter().map(|term| term.len() + 1).sum();
        let own = filled_by(sheet, assertion);
        if length + term.len() > LONGEST || cells.len() + own.len() > MOST_CELLS {
            let at = first.take().unwrap_or(home);
            lines.push(line(sheet, rule, signs, (&terms, &cells), state, at));
            terms.clear();
            cells.clear();
            state = (false, false);
        }
        state.0 |= fails(assertion);
        state.1 |= is_filled(sheet, assertion);
        terms.push(term);
        cells.extend(own);
        first = first.or(Some(home));
    }
    if let Some(at) = first {
        lines.push(line(sheet, rule, signs, (&terms, &cells), state, at));
    }
    lines
}

/// The cells by which it is seen whether there is something to look at: the accused cell where
/// somebody fills it in, else those that it is held against; none where nothing is left to fill in.
fn filled_by(sheet: Sheet<'_>, assertion: &Assertion) -> Vec<(usize, usize)> {
    let asked = to_fill(sheet, assertion);
    let cells = |of: &[usize]| of.iter().filter_map(|at| sheet.cell(*at)).collect();
    if asked.is_empty() {
        return cells(&[assertion.accused]);
    }
    cells(&asked)
}

/// Whether these cells hold something in a form as it is handed out.
fn is_filled(sheet: Sheet<'_>, assertion: &Assertion) -> bool {
    to_fill(sheet, assertion).is_empty()
}

/// The variables that somebody has to fill in for there to be something to look at. A total is
/// filled in by its parts: its own formula says 0 before anybody has typed a figure.
fn to_fill(sheet: Sheet<'_>, assertion: &Assertion) -> Vec<usize> {
    let typed = |variable: usize| -> Vec<usize> {
        if sheet.is_asked(variable) {
            vec![variable]
        } else if sheet.is_formula(variable) {
            let parts = sheet.parts(variable);
            parts.filter(|part| sheet.is_asked(*part)).collect()
        } else {
            Vec::new()
        }
    };
    let accused = typed(assertion.accused);
    if !accused.is_empty() {
        return accused;
    }
    let reads = assertion.reads();
    let own = reads.iter().filter(|leaf| leaf.is_own());
    let mut all: Vec<usize> = own.flat_map(|leaf| typed(leaf.variable)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn line(
    sheet: Sheet<'_>,
    rule: &Rule,
    signs: &Signs,
    (terms, cells): (&[String], &[(usize, usize)]),
    (fails, is_filled): (bool, bool),
    home: (usize, usize),
) -> Line {
    let template = sheet.template;
    let is_error = rule.severity_of(template.wanted.period) == Severity::Error;
    let (bad, open) = (if is_error { BAD } else { signs.ask }, signs.open);
    let names: Vec<String> = if sheet.form.is_fixed() {
        let names = cells.iter().map(|cell| page::address(sheet.name, *cell));
        names.collect()
    } else {
        let records = sheet.table.records().map_or(home.0, |(_, last)| last);
        let range = |cell: &(usize, usize)| {
            let last = page::cell_name((records, cell.1));
            format!("{}:{last}", page::address(sheet.name, *cell))
        };
        cells.iter().map(range).collect()
    };
    let counted = format!("COUNTA({})", names.join(","));
    let is_live = is_live(sheet, rule);
    let (formula, result) = if is_live {
        let formula = format!(
            "IF({counted}=0,\"{open}\",IF({}>0,\"{bad}\",\"{GOOD}\"))",
            terms.join("+")
        );
        let result = match (is_filled, fails) {
            (false, _) => open,
            (true, true) => bad,
            (true, false) => GOOD,
        };
        (formula, result)
    } else {
        let formula = format!("IF({counted}=0,\"{open}\",\"{bad}\")");
        (formula, if is_filled { bad } else { open })
    };
    let relation = is_live
        .then(|| official::relation(template.wanted.rulebook, sheet.table.at, rule))
        .flatten();
    let level = rule.severity_of(template.wanted.period).words();
    Line {
        rule: rule.id.clone(),
        form: sheet.form.id.clone(),
        level,
        title: rule.title_for_district(template.wanted.period),
        relation: relation.unwrap_or_default(),
        place: (page::address(sheet.name, home), page::cell_name(home)),
        formula,
        result: result.to_owned(),
    }
}

/// Whether a light may say that all is well now. An interval is not to be found out by trying.
fn is_live(sheet: Sheet<'_>, rule: &Rule) -> bool {
    rule.severity_of(sheet.template.wanted.period) == Severity::Error
        || rule.assertions.iter().all(is_told)
}

/// Whether a question is about the form's own figures, and not about those of others.
fn is_plain(assertion: &Assertion) -> bool {
    matches!(
        assertion.claim,
        Claim::Compare { .. } | Claim::Between { .. } | Claim::Holds(_)
    )
}

/// Whether a question holds a figure against others that the district knows itself, and against
/// no limit.
fn is_told(assertion: &Assertion) -> bool {
    let Claim::Compare {
        left, right, slack, ..
    } = &assertion.claim
    else {
        return false;
    };
    let has_limit = |expr: &Expr| {
        let mut found = false;
        expr.visit(&mut |part| found |= matches!(part, Expr::Number(_) | Expr::Call(..)));
        found
    };
    let is_own = |leaf: &Leaf| leaf.link.form.is_none() || leaf.link.source == Source::Now;
    number::is_zero(slack)
        && assertion.floor.is_none()
        && !has_limit(left)
        && !has_limit(right)
        && assertion.reads().iter().all(is_own)
}
