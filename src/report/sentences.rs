//! 汇总说明: sentences that are ready to go up with the city's tables.
//!
//! Who has reported, what the key figures come to and over which districts, what is not
//! comparable and why, what the districts gave as reasons, and what remains open. Growth stands
//! only where the set of districts that it rests on stands with it.

use super::key::{self, Resting, Restings};
use crate::baseline::earlier;
use crate::closing::Closing;
use crate::consolidate::CityFigure;
use crate::expr::figures::Crossing;
use crate::finding::State;
use crate::judged::Judged;
use crate::number::{self, Exact};
use crate::rulebook::form::{Break, Form};
use crate::rulebook::written::{Axis, Severity, Type};
use crate::standing::Reporting;
use crate::words::Text;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many columns of a change of meaning are named.
const COLUMNS: usize = 3;

/// The sentences, in the order in which they are read.
pub fn sentences(judged: &Judged<'_>) -> Vec<Text> {
    let (units, month) = (judged.standing.len(), judged.period.words());
    let forms: Vec<usize> = (0..judged.rulebook.forms.len())
        .filter(|form| judged.rulebook.forms[*form].is_due_in(judged.period))
        .collect();
    let count = forms.len();
    let mut all = vec![Text::new(
        format!("{}应报单位 {units} 个，报表 {count} 张。", month.zh),
        format!("For {}, {units} units are to send {count} forms.", month.en),
    )];
    all.extend(forms.iter().map(|form| arrivals(judged, *form)));
    let figures = key::key_figures(judged);
    let restings = Restings::new(judged);
    let mut of_then = figures.iter().map(|(_, figure)| &figure.city_last_year);
    let is_compared = of_then.any(Option::is_some);
    all.extend(figures.into_iter().map(|(form, figure)| {
        let rests = restings.of(form, figure);
        key_figure(judged, form, figure, rests)
    }));
    all.extend(provisional(judged).filter(|_| is_compared));
    for form in forms {
        let form = &judged.rulebook.forms[form];
        let (then, now) = (judged.period.last_year(), judged.period);
        let between = form
            .breaks
            .iter()
            .filter(|one| then < one.since && one.since <= now);
        all.extend(between.map(|one| changed(form, one)));
    }
    all.extend(reasons(judged));
    all.extend(waived(judged));
    match &judged.closed {
        Some(closing) => all.extend(closed(judged, closing)),
        None => all.extend(open(judged)),
    }
    all
}

/// KY01：应报 41、实报 38、缺报 3；未报 2（…）；文件无效 1（…）；迟报 2（…）。
fn arrivals(judged: &Judged<'_>, form: usize) -> Text {
    let form = &judged.rulebook.forms[form];
    let mut by_word: BTreeMap<Reporting, Vec<&str>> = BTreeMap::new();
    for standing in &judged.standing {
        if let Some(own) = standing.forms.iter().find(|own| own.form == form.id) {
            by_word
                .entry(own.reporting)
                .or_default()
                .push(&standing.unit.name);
        }
    }
    by_word.remove(&Reporting::NotAsked);
    let asked: usize = by_word.values().map(Vec::len).sum();
    let here = by_word.iter().filter(|(word, _)| word.is_here());
    let here: usize = here.map(|(_, names)| names.len()).sum();
    let lacking = asked - here;
    let named = |wanted: Reporting| {
        let names = by_word.get(&wanted)?;
        let (word, count) = (wanted.words(), names.len());
        Some(Text::new(
            format!("{} {count}（{}）", word.zh, names.join("、")),
            format!("{} {count} ({})", word.en, names.join(", ")),
        ))
    };
    let (id, title) = (&form.id, &form.title);
    let mut parts = vec![Text::new(
        format!(
            "{id}《{}》：应报 {asked}、实报 {here}、缺报 {lacking}",
            title.zh
        ),
        format!(
            "{id} {}: asked {asked}, here {here}, lacking {lacking}",
            title.en
        ),
    )];
    let worth_naming = [
        Reporting::Missing,
        Reporting::Invalid,
        Reporting::AfterClose,
        Reporting::Extended,
        Reporting::NotYetDue,
        Reporting::Late,
        Reporting::Nil,
    ];
    parts.extend(worth_naming.into_iter().filter_map(named));
    sentence(&parts)
}

/// A figure of the city with the districts that it rests on, its growth over the same districts,
/// and what of it rests on open errors.
fn key_figure(judged: &Judged<'_>, at: usize, figure: &CityFigure, rests: Option<Resting>) -> Text {
    let form = &judged.rulebook.forms[at];
    let variable = &form.variables[figure.variable];
    let (kind, unit) = (variable.kind, key::unit(form, figure.variable));
    let label = key::label(form, figure.variable);
    let of_form = judged.standing.iter().flat_map(|standing| &standing.forms);
    let asked = of_form.filter(|own| own.form == form.id && own.reporting != Reporting::NotAsked);
    let (asked, here) = (asked.count(), figure.districts);
    let shown = |x: &Option<Exact>| x.as_ref().map(|x| amount(kind, x, &unit));
    let reported = shown(&figure.reported).unwrap_or_default();
    let (id, how) = (&form.id, how_added(figure));
    let mut parts = vec![Text::new(
        format!(
            "{id} {}：已报 {here}/{asked} 个单位，{}{reported}",
            label.zh, how.zh
        ),
        format!(
            "{id} {}: {here} of {asked} units, {}{reported}",
            label.en, how.en
        ),
    )];
    parts.push(compared(kind, &unit, figure));
    if let Some(whole) = shown(&figure.city_last_year).filter(|_| !figure.has_changed) {
        let name = &judged.rulebook.job.whole;
        parts.push(both!(
            "上年{name} {whole}",
            "last year's whole city {whole}"
        ));
    }
    parts.extend(rests.map(resting_on_errors));
    sentence(&parts)
}

/// The growth, with the set of districts that it is over.
fn compared(kind: Type, unit: &str, figure: &CityFigure) -> Text {
    if figure.has_changed {
        return Text::new(
            "口径变化，与上年不可比",
            "not comparable with last year: its meaning has changed",
        );
    }
    let shown = |x: &Option<Exact>| x.as_ref().map(|x| amount(kind, x, unit));
    let both_years = shown(&figure.same_now).zip(shown(&figure.same_last_year));
    let Some(((now, before), growth)) = both_years.zip(grown(kind, figure)) else {
        return Text::new("没有上年可比的数", "nothing of last year to compare with");
    };
    let same = figure.comparable;
    Text::new(
        format!(
            "同口径（今年、上年都有数的 {same} 个单位）{now}，上年同期 {before}，{}",
            growth.zh
        ),
        format!(
            "over the same {same} units {now}, a year ago {before}, {}",
            growth.en
        ),
    )
}

/// 暂: that last year's figures may still change, and why.
fn provisional(judged: &Judged<'_>) -> Option<Text> {
    let Text { zh, en } = earlier::why(judged.last_year())?;
    Some(both!(
        "上年数为暂数：{zh}。",
        "Last year's figures are provisional: {en}."
    ))
}

fn how_added(figure: &CityFigure) -> Text {
    if figure.is_ratio {
        Text::new("按分子、分母汇总后计算为 ", "as a ratio of sums ")
    } else {
        Text::new("合计 ", "in all ")
    }
}

/// A figure with its unit, as people see it: rates in percent with one decimal, amounts with two
/// at most.
fn amount(kind: Type, x: &Exact, unit: &str) -> String {
    match kind {
        Type::Percent => format!("{}%", number::show_rounded(&hundred_times(x), 1)),
        Type::Points => number::show_rounded(&hundred_times(x), 1) + unit,
        _ => format!("{} {unit}", number::show(&number::round(x, 2)))
            .trim_end()
            .to_owned(),
    }
}

/// How much it has grown, in words; of a rate in points.
fn grown(kind: Type, figure: &CityFigure) -> Option<Text> {
    let growth = hundred_times(figure.growth.as_ref()?);
    let is_rate = matches!(kind, Type::Percent | Type::Points);
    let growth = number::round(&growth, if is_rate { 1 } else { 2 });
    if number::is_zero(&growth) {
        return Some(Text::new("持平", "unchanged"));
    }
    let is_more = growth > Exact::default();
    let size = number::show(&if is_more { growth } else { -growth });
    Some(match (is_rate, is_more) {
        (false, true) => both!("增长 {size}%", "up {size} %"),
        (false, false) => both!("下降 {size}%", "down {size} %"),
        (true, true) => both!("提高 {size} 个百分点", "up {size} points"),
        (true, false) => both!("降低 {size} 个百分点", "down {size} points"),
    })
}

fn hundred_times(x: &Exact) -> Exact {
    x * number::power_of_ten(2)
}

/// What of a figure comes from districts whose form has errors that are not mended.
fn resting_on_errors(Resting { units, share }: Resting) -> Text {
    match share {
        Some(share) => {
            let share = number::show_rounded(&hundred_times(&share), 1);
            both!(
                "其中 {share}% 来自尚有必改未改的 {units} 个单位",
                "{share} % of it from {units} units with errors not mended"
            )
        }
        None => both!(
            "所依据的单位中 {units} 个尚有必改未改",
            "{units} of the units have errors not mended"
        ),
    }
}

/// 口径变化: what means something else than a year ago, and what becomes of the comparison.
fn changed(form: &Form, one: &Break) -> Text {
    let mut columns: Vec<Text> = Vec::new();
    for (variable, _) in &one.variables {
        let label = match form.axis {
            Axis::Rows => key::label(form, *variable),
            Axis::Columns => form.columns[form.variables[*variable].column].label.clone(),
        };
        if !columns.contains(&label) {
            columns.push(label);
        }
    }
    let count = columns.len();
    columns.truncate(COLUMNS);
    let mut names = Text::joined(&columns, &Text::new("、", ", "));
    if count > COLUMNS {
        let Text { zh, en } = names;
        names = both!("{zh}等 {count} 项", "{en} and others, {count} in all");
    }
    let then = match one.variables.first() {
        Some((_, Crossing::Converted(_))) => {
            Text::new("以前的数折算后比较", "earlier figures are converted")
        }
        Some((_, Crossing::Mapped(_))) => {
            Text::new("与以前的对应栏比较", "compared with the column that it was")
        }
        _ => Text::new("与以前的数不可比", "not comparable with earlier figures"),
    };
    let (id, reason, since) = (&form.id, &one.reason, one.since.words());
    sentence(&[Text::new(
        format!(
            "口径变化：{id} {}自{}起，{reason}，{}",
            names.zh, since.zh, then.zh
        ),
        format!(
            "Meaning changed: {id} {} since {}, {reason}: {}",
            names.en, since.en, then.en
        ),
    )])
}

/// 情况说明 by 原因类别, the most frequent first.
fn reasons(judged: &Judged<'_>) -> Option<Text> {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut all, mut accepted) = (0_u64, 0_u64);
    for finding in &judged.findings {
        let answer = finding
            .answer
            .as_ref()
            .filter(|_| matches!(finding.state, State::Explained | State::Accepted));
        let Some(answer) = answer else { continue };
        *by_reason.entry(answer.reason.trim()).or_default() += 1;
        all += 1;
        accepted += u64::from(finding.state == State::Accepted);
    }
    if all == 0 {
        return None;
    }
    let mut by_reason: Vec<(&str, u64)> = by_reason.into_iter().collect();
    by_reason.sort_by_key(|(_, count)| Reverse(*count));
    let named = |(reason, count): (&str, u64)| match reason {
        "" => both!("未选类别 {count}", "no class chosen {count}"),
        reason => Text::same(format!("{reason} {count}")),
    };
    let named: Vec<Text> = by_reason.into_iter().map(named).collect();
    let Text { zh, en } = Text::joined(&named, &Text::new("、", ", "));
    Some(both!(
        "各单位说明 {all} 条：{zh}；其中已认可 {accepted} 条。",
        "Explained by the units: {all} ({en}); accepted: {accepted}."
    ))
}

/// What was let stand.
fn waived(judged: &Judged<'_>) -> Option<Text> {
    let findings = judged.findings.iter();
    let waived = findings.filter(|finding| finding.state == State::Waived);
    let waived = waived.count();
    (waived > 0).then(|| both!("放行 {waived} 条。", "Waived: {waived}."))
}

/// What nobody has dealt with yet.
fn open(judged: &Judged<'_>) -> Option<Text> {
    let (mut errors, mut queries) = (0, 0);
    for finding in &judged.findings {
        match (finding.state, finding.severity) {
            (State::Waived, _) => {}
            (_, Severity::Error) => errors += 1,
            (state, Severity::Query) if state.is_open() => queries += 1,
            _ => {}
        }
    }
    (errors + queries > 0).then(|| {
        both!(
            "尚未处理：必改 {errors} 条、核实 {queries} 条。",
            "Still open: errors {errors}, queries {queries}."
        )
    })
}

/// What is not as it was closed, how the month was closed, what was open then, and how much has
/// come since.
fn closed(judged: &Judged<'_>, closing: &Closing) -> Vec<Text> {
    let mut parts = vec![closing.words()];
    let open = closing.open.iter();
    let open: Vec<Text> = open.map(|(kind, count)| kind.words(*count)).collect();
    if !open.is_empty() {
        let Text { zh, en } = Text::joined(&open, &Text::new("、", ", "));
        parts.push(both!("封库时未办结：{zh}", "open then: {en}"));
    }
    let corrections = judged.corrections.len();
    let since = (corrections > 0).then(|| {
        both!(
            "封库后报来的与已验收的有 {corrections} 处不同，列在“更正”；本稿各数均为已验收的数。",
            "What has come since differs in {corrections} places and is listed as corrections; all figures here are the accepted ones."
        )
    });
    let other = &judged.other_rules;
    let gone = other.gone.iter().map(|form| {
        let Text { zh, en } = form.words();
        both!("未定案：{zh}。", "Not final: {en}.")
    });
    let columns = other.columns.iter().map(|one| sentence(&[one.not_shown()]));
    let damaged = judged.damaged.iter().map(|form| match form {
        Some(form) => both!(
            "未定案：{form} 封库时存的数被改动、损坏或没有了，表中是现报的数。",
            "Not final: the figures of {form} that were kept at the close were changed, damaged or lost; those here have come since."
        ),
        None => Text::new(
            "未定案：封库时存的报送状态被改动、损坏或没有了。",
            "Not final: the board that was kept at the close was changed, damaged or lost.",
        ),
    });
    let told = gone.chain(damaged).chain(columns).chain([sentence(&parts)]);
    told.chain(since).collect()
}

/// One sentence of several parts, with its full stop.
fn sentence(parts: &[Text]) -> Text {
    let Text { zh, en } = Text::joined(parts, &Text::new("；", "; "));
    both!("{zh}。", "{en}.")
}
