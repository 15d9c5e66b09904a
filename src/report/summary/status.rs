//! 报送状态: which unit stands how with which form, for staff who telephone and remind.
//!
//! 报送 what has arrived, 审核 what the checks say and 受理 what staff decided stand side by side
//! for each form; a dash where the form is not asked for. Staff decide in it: 受理 or 退回修改, name
//! and remark. Under the units stand their groups.

use super::Summary;
use super::tally::is_disputed;
use crate::finding::{Decision, Word};
use crate::intake::returned::DISAGREE;
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::{Light, Tone};
use crate::standing::{Acceptance, Checking, Reporting};
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeSet;

/// The rows of the headings: the form's name over its columns.
const HEAD: usize = 2;
/// The first unit's row.
const FIRST: usize = 4;
/// The columns before the forms: number, code, name, group.
const BEFORE: usize = 4;
/// The columns of a form: 报送, 审核, 受理.
const OF_FORM: usize = 3;
/// More forms than this would be too small to read on one page.
const WIDEST_ON_A4: usize = 4;
/// The columns of counts: 必改, 核实, 提示.
const COUNTS: usize = 3;

/// How pressing a word of 报送 is.
pub(super) fn reporting_light(reporting: Reporting) -> Option<Light> {
    const LIGHTS: [(Reporting, Light); 5] = [
        (Reporting::Missing, Light::Red),
        (Reporting::Invalid, Light::Red),
        (Reporting::Late, Light::Amber),
        (Reporting::Reported, Light::Green),
        (Reporting::Nil, Light::Blue),
    ];
    let known = LIGHTS.iter().find(|(known, _)| *known == reporting);
    let light = known.map_or(Light::Grey, |(_, light)| *light);
    (reporting != Reporting::NotAsked).then_some(light)
}

/// How pressing a word of 审核 is.
pub(super) fn checking_light(checking: Checking) -> Option<Light> {
    Some(match checking {
        Checking::Failed => Light::Red,
        Checking::ToExplain => Light::Amber,
        Checking::Passed | Checking::Waived => Light::Green,
        Checking::NotChecked => return None,
    })
}

/// How pressing a word of 受理 is.
fn acceptance_light(acceptance: Acceptance) -> Option<Light> {
    match acceptance {
        Acceptance::Returned => Some(Light::Red),
        Acceptance::Taken | Acceptance::Accepted => Some(Light::Green),
        Acceptance::None => None,
    }
}

/// A unit's name on the board, for links from other sheets.
pub(super) fn cell_of(unit: usize) -> (usize, usize) {
    (FIRST + unit, 2)
}

/// Where staff decide on a unit's form, for links from other sheets.
pub(super) fn decision_of(unit: usize, form: usize) -> (usize, usize) {
    (FIRST + unit, BEFORE + OF_FORM * form + OF_FORM - 1)
}

/// The width of a column of 报送 on any sheet, in which none of its words is cut.
pub(super) fn reporting_width(summary: &Summary<'_>) -> f64 {
    let words = Reporting::ALL.map(|one| summary.say(&one.words()));
    let heading = summary.pick("报送", "Reporting");
    page::room_for(words.iter().map(String::as_str).chain([heading]))
}

/// The same of 审核.
pub(super) fn checking_width(summary: &Summary<'_>) -> f64 {
    let words = Checking::ALL.map(|one| summary.say(&one.words()));
    let heading = summary.pick("审核", "Checking");
    page::room_for(words.iter().map(String::as_str).chain([heading]))
}

/// The same of 受理, which has the words of decisions too.
fn acceptance_width(summary: &Summary<'_>) -> f64 {
    let words = Acceptance::ALL.map(|one| summary.say(&one.words()));
    let decided = [Word::Take, Word::Return].map(|one| summary.say(&one.words()));
    let all = words.iter().chain(&decided).map(String::as_str);
    let heading = summary.pick("受理", "Acceptance");
    page::room_for(all.chain([heading, summary.pick(DISAGREE.0, DISAGREE.1)]))
}

/// Writes the board.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.status)?;
    let styles = &summary.styles;
    let period = summary.say(&summary.judged.period.words());
    let title = format!("{} · {period}", summary.pick("报送状态", "Status board"));
    page::words(sheet, (0, 0), &title, &styles.title)?;
    sheet.set_row_height(0, 26)?;
    let text = summary.pick(
        "报送：来了没有；审核：规则怎么说；受理：市级在下拉列表中选“受理”或“退回修改”，并填处理人、备注。“—”：本期不报。审核只看发给区县的问题，条数含市级问题。",
        "Reporting: what has arrived. Checking: what the rules say. Acceptance: staff choose take or \
         return, with name and remark. A dash: not asked for. Checking looks at the districts' findings, \
         the counts include the city's own.",
    );
    page::words(
        sheet,
        (1, 0),
        text,
        &styles.sentence.clone().unset_text_wrap(),
    )?;
    headings(sheet, summary)?;
    let units = summary.judged.standing.len();
    for unit in 0..units {
        line(sheet, summary, unit)?;
    }
    let last = columns(summary) - 1;
    groups(sheet, summary, FIRST + units + 1)?;
    let bottom = (FIRST + units).max(FIRST + 1) - 1;
    decisions(sheet, summary, bottom)?;
    sheet.autofilter(page::row(FIRST - 1), 0, page::row(bottom), page::col(last))?;
    sheet.set_freeze_panes(page::row(FIRST), 3)?;
    let paper = if summary.judged.rulebook.forms.len() > WIDEST_ON_A4 {
        Paper::Wide(BEFORE - 1)
    } else {
        Paper::Landscape
    };
    page::paper(sheet, paper, summary.footer(), Some((HEAD, FIRST - 1)))
}

/// The column of the first count.
fn counts(summary: &Summary<'_>) -> usize {
    BEFORE + OF_FORM * summary.judged.rulebook.forms.len()
}

/// How many columns there are: behind the forms three counts, the arrival, and two for staff.
fn columns(summary: &Summary<'_>) -> usize {
    counts(summary) + COUNTS + 3
}

fn headings(sheet: &mut Worksheet, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let head = &summary.styles.head;
    let pick = |zh, en| summary.pick(zh, en);
    let mut all = vec![
        Heading::new(pick("序号", "No."), 6.0, 6.0),
        Heading::new(pick("代码", "Code"), 9.0, 10.0),
        Heading::new(pick("填报单位", "Unit"), 12.0, 22.0),
        Heading::new(pick("分组", "Group"), 10.0, 14.0),
    ];
    // The groups' words are no wider than those of all units.
    let everyone = summary.judged.standing.len();
    let of_groups = group_words(summary, (everyone, everyone), everyone, everyone);
    let of_groups = of_groups.map(|text| page::room_for([text.as_str()]));
    let widths = [
        reporting_width(summary).max(of_groups[0]),
        checking_width(summary).max(of_groups[1]),
        acceptance_width(summary).max(of_groups[2]),
    ];
    let words = [
        pick("报送", "Reporting"),
        pick("审核", "Checking"),
        pick("受理", "Acceptance"),
    ];
    for _ in &summary.judged.rulebook.forms {
        let of_form = words.iter().zip(widths);
        all.extend(of_form.map(|(word, width)| Heading::new(*word, width, width)));
    }
    all.extend([
        Heading::new(pick("必改", "Errors"), 7.0, 8.0),
        Heading::new(pick("核实", "Queries"), 7.0, 9.0),
        Heading::new(pick("提示", "Notes"), 7.0, 8.0),
        Heading::new(pick("最后到达", "Last arrival"), 18.0, 20.0),
        Heading::new(pick("处理人", "By"), 10.0, 14.0),
        Heading::new(pick("备注", "Remark"), 20.0, 30.0),
    ]);
    let units = 0..summary.judged.standing.len();
    let contents: Vec<Vec<String>> = units
        .map(|unit| {
            let mut cells = vec![String::new(); columns(summary)];
            cells[2].clone_from(&summary.judged.standing[unit].unit.name);
            summary.region(unit).clone_into(&mut cells[3]);
            let last = cells.len() - 1;
            cells[last - 1] = said(summary, unit, |decision| &decision.by);
            cells[last] = said(summary, unit, |decision| &decision.remark);
            cells
        })
        .collect();
    let widths = page::headings(sheet, FIRST - 1, &all, &contents, head)?;
    let (first, last) = (counts(summary), columns(summary) - 1);
    // What staff wrote stands whole.
    for (unit, cells) in contents.iter().enumerate() {
        let written = cells.iter().zip(&widths).skip(first);
        let lines = written.map(|(text, width)| page::lines_in(text, *width));
        if let Some(lines) = lines.max().filter(|lines| *lines > 1) {
            sheet.set_row_height(page::row(FIRST + unit), page::height(lines))?;
        }
    }
    let forms = &summary.judged.rulebook.forms;
    page::across(sheet, HEAD, (0, BEFORE - 1), "", head)?;
    for (at, form) in forms.iter().enumerate() {
        let first = BEFORE + OF_FORM * at;
        page::across(sheet, HEAD, (first, first + OF_FORM - 1), &form.id, head)?;
    }
    let findings = pick("问题条数（全部报表）", "Findings, all forms");
    page::across(sheet, HEAD, (first, first + COUNTS - 1), findings, head)?;
    page::words(sheet, (HEAD, last - 2), pick("文件", "Files"), head)?;
    let staff = pick("市级填写", "For staff");
    page::across(sheet, HEAD, (last - 1, last), staff, head)
}

/// When the last file in force of a unit arrived.
fn arrival<'s>(summary: &'s Summary<'_>, unit: usize) -> &'s str {
    let forms = 0..summary.judged.rulebook.forms.len();
    let names: BTreeSet<&str> = forms
        .filter_map(|form| summary.tally.submission(unit, form))
        .map(|submission| submission.file.as_str())
        .collect();
    let found = summary
        .judged
        .files
        .iter()
        .filter(|file| names.contains(file.path.as_str()));
    found.map(|file| file.arrived.as_str()).max().unwrap_or("")
}

fn line(sheet: &mut Worksheet, summary: &Summary<'_>, unit: usize) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let at = FIRST + unit;
    let standing = &summary.judged.standing[unit].unit;
    page::count(sheet, (at, 0), unit as u64 + 1, &styles.centred)?;
    page::words(sheet, (at, 1), &standing.code, &styles.centred)?;
    page::words(sheet, (at, 2), &standing.name, &styles.text)?;
    page::words(sheet, (at, 3), summary.region(unit), &styles.centred)?;
    let mut column = BEFORE;
    for form in 0..summary.judged.rulebook.forms.len() {
        let (reporting, checking) = summary.tally.stands(unit, form);
        let word = styles.word(reporting_light(reporting), Tone::Plain);
        page::words(sheet, (at, column), &summary.say(&reporting.words()), &word)?;
        let (text, light) = match reporting {
            Reporting::NotAsked => ("—".to_owned(), None),
            _ => (summary.say(&checking.words()), checking_light(checking)),
        };
        page::words(
            sheet,
            (at, column + 1),
            &text,
            &styles.word(light, Tone::Plain),
        )?;
        accepted(sheet, summary, (at, column + 2), (unit, form))?;
        column += OF_FORM;
    }
    let findings = summary.tally.findings_of(unit);
    let weights = summary.tally.weigh(findings);
    let target = findings
        .first()
        .and_then(|first| super::findings::place(summary, *first));
    for count in [weights.errors, weights.queries, weights.notes] {
        match &target {
            Some(target) if count > 0 => {
                page::link(
                    sheet,
                    (at, column),
                    target,
                    &count.to_string(),
                    &styles.link,
                )?;
            }
            _ => page::count(sheet, (at, column), count, &styles.centred)?,
        }
        column += 1;
    }
    page::words(sheet, (at, column), arrival(summary, unit), &styles.centred)?;
    page::words(
        sheet,
        (at, column + 1),
        &said(summary, unit, |decision| &decision.by),
        &styles.answer,
    )?;
    page::words(
        sheet,
        (at, column + 2),
        &said(summary, unit, |decision| &decision.remark),
        &styles.answer,
    )
}

/// What staff decided of a form, where they write it.
fn accepted(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: (usize, usize),
    (unit, form): (usize, usize),
) -> Result<(), XlsxError> {
    let styles = &summary.styles;
    let standing = summary.tally.standing(unit, form);
    let Some(standing) = standing.filter(|one| one.reporting != Reporting::NotAsked) else {
        return page::words(sheet, at, "—", &styles.centred);
    };
    let text = match (&standing.decision, standing.acceptance) {
        (_, Acceptance::Accepted) => summary.say(&Acceptance::Accepted.words()),
        _ if is_disputed(standing) => summary.pick(DISAGREE.0, DISAGREE.1).to_owned(),
        (Some(decision), _) => summary.say(&decision.word.words()),
        (None, _) => String::new(),
    };
    let light = if is_disputed(standing) {
        Some(Light::Red)
    } else {
        acceptance_light(standing.acceptance)
    };
    let format = match light {
        Some(light) => styles.word(Some(light), Tone::Plain),
        None => styles.answer.clone().set_align(FormatAlign::Center),
    };
    page::words(sheet, at, &text, &format)?;
    match &standing.decision {
        Some(decision) if !decision.opposed.is_empty() => {
            let others = super::findings::opposed(summary, decision);
            let said = both!(
                "意见不一致，都不算数：{others}",
                "others decided otherwise, and none counts: {others}"
            );
            page::note(sheet, at, &summary.say(&said))
        }
        _ => Ok(()),
    }
}

/// A name or remark for all forms of a unit: each wording once.
fn said(summary: &Summary<'_>, unit: usize, of: impl Fn(&Decision) -> &str) -> String {
    let forms = 0..summary.judged.rulebook.forms.len();
    let mut all: Vec<&str> = Vec::new();
    for decision in forms
        .filter_map(|form| summary.tally.standing(unit, form))
        .filter_map(|standing| standing.decision.as_ref())
        .filter(|decision| decision.opposed.is_empty())
    {
        let text = of(decision);
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all.join(summary.pick("；", "; "))
}

/// What staff can decide of a form, as a drop-down in each form's third column.
fn decisions(sheet: &mut Worksheet, summary: &Summary<'_>, last: usize) -> Result<(), XlsxError> {
    let words = [Word::Take, Word::Return].map(|word| summary.say(&word.words()));
    let title = summary.pick("受理", "Acceptance");
    let choice = DataValidation::new()
        .allow_list_strings(&words)?
        .set_input_title(title)?
        .set_input_message(summary.pick(
            "受理：这张表收下；退回修改：请单位改后重报。在行末写处理人、备注",
            "take the form, or return it to be mended; name and remark stand at the end of the line",
        ))?
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title(title)?
        .set_error_message(summary.pick("请从下拉列表中选择", "Please choose from the list"))?;
    for form in 0..summary.judged.rulebook.forms.len() {
        let column = page::col(BEFORE + OF_FORM * form + OF_FORM - 1);
        sheet.add_data_validation(page::row(FIRST), column, page::row(last), column, &choice)?;
    }
    Ok(())
}

/// How many of each group, and of all, have sent and passed; and what no unit is charged with.
fn groups(sheet: &mut Worksheet, summary: &Summary<'_>, first: usize) -> Result<(), XlsxError> {
    let units = summary.judged.standing.len();
    let regions = summary.judged.rulebook.register.regions();
    let mut at = first;
    for region in regions.into_iter().filter(|region| !region.is_empty()) {
        let members: Vec<usize> = (0..units)
            .filter(|unit| summary.region(*unit) == region)
            .collect();
        group(sheet, summary, at, (region, &members), Tone::Group)?;
        at += 1;
    }
    let everyone: Vec<usize> = (0..units).collect();
    group(
        sheet,
        summary,
        at,
        (&summary.judged.rulebook.job.whole, &everyone),
        Tone::Total,
    )?;
    let elsewhere = &summary.tally.elsewhere;
    if elsewhere.is_empty() {
        return Ok(());
    }
    let format = summary.styles.word(None, Tone::Group);
    let text = summary.pick(
        "另有不属于任何单位的问题",
        "Findings that belong to no unit",
    );
    let counts = counts(summary);
    page::across(sheet, at + 1, (0, counts - 1), text, &format)?;
    weights(sheet, summary, (at + 1, counts), elsewhere, &format)
}

fn group(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: usize,
    (name, members): (&str, &[usize]),
    tone: Tone,
) -> Result<(), XlsxError> {
    let format = summary.styles.word(None, tone);
    page::across(sheet, at, (0, BEFORE - 1), name, &format)?;
    let among = |unit| members.contains(&unit);
    let mut column = BEFORE;
    for form in 0..summary.judged.rulebook.forms.len() {
        let arrivals = summary.tally.arrivals_among(form, &among);
        let (here, asked) = (arrivals.here, arrivals.asked);
        let passed = members
            .iter()
            .filter(|unit| {
                let (reporting, checking) = summary.tally.stands(**unit, form);
                reporting.is_here() && checking == Checking::Passed
            })
            .count();
        let standing = |unit: &&usize| summary.tally.standing(**unit, form);
        let taken = members
            .iter()
            .filter(|unit| {
                let acceptance = standing(unit).map(|standing| standing.acceptance);
                matches!(acceptance, Some(Acceptance::Taken | Acceptance::Accepted))
            })
            .count();
        let words = match asked {
            0 => ["—".to_owned(), "—".to_owned(), "—".to_owned()],
            _ => group_words(summary, (here, asked), passed, taken),
        };
        for (more, text) in words.iter().enumerate() {
            page::words(sheet, (at, column + more), text, &format)?;
        }
        column += OF_FORM;
    }
    let findings: Vec<usize> = members
        .iter()
        .flat_map(|unit| summary.tally.findings_of(*unit))
        .copied()
        .collect();
    weights(sheet, summary, (at, column), &findings, &format)
}

/// How many of a group have sent a form, passed and been taken.
fn group_words(
    summary: &Summary<'_>,
    (here, asked): (usize, usize),
    passed: usize,
    taken: usize,
) -> [String; OF_FORM] {
    [
        summary.say(&both!("已报 {here}/{asked}", "{here} of {asked}")),
        summary.say(&both!("通过 {passed}", "{passed} passed")),
        summary.say(&both!("受理 {taken}", "{taken} taken")),
    ]
}

fn weights(
    sheet: &mut Worksheet,
    summary: &Summary<'_>,
    at: (usize, usize),
    findings: &[usize],
    format: &Format,
) -> Result<(), XlsxError> {
    let weights = summary.tally.weigh(findings);
    for (more, count) in [weights.errors, weights.queries, weights.notes]
        .into_iter()
        .enumerate()
    {
        page::count(sheet, (at.0, at.1 + more), count, format)?;
    }
    Ok(())
}
