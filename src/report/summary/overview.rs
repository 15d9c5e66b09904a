//! 总览: the one page that staff read first. Who is missing, what stands in the way of closing,
//! six key figures with the units that they rest on, whom to call first.
//!
//! It fits the first screen, A1:P40; everything on it stands in full on another sheet, and links
//! lead there.

use super::form::{NONE, seen, total_look};
use super::tally::{Undone, urgency};
use super::{FormSheet, Summary, city, status, variation, year};
use crate::baseline::earlier;
use crate::consolidate::CityFigure;
use crate::number;
use crate::report::key;
use crate::report::page::{self, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::standing::Reporting;
use crate::words::Text;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The last of the columns, P.
const LAST: usize = 15;
/// How wide each is, in digits.
const WIDTH: f64 = 8.5;
/// How many units to call.
const CALLS: usize = 6;
/// How many names of missing units fit a line.
const NAMES: usize = 16;
/// How many links stand side by side.
const LINKS: usize = 8;

/// The room of some columns side by side, in digits.
#[expect(clippy::cast_precision_loss, reason = "the columns of one page")]
fn room(first: usize, last: usize) -> f64 {
    WIDTH * (last + 1 - first) as f64
}

/// Writes the page.
pub(super) fn write(book: &mut Workbook, summary: &Summary<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(summary.names.overview)?;
    sheet.set_active(true);
    sheet.set_screen_gridlines(false);
    sheet.set_column_range_width(0, page::col(LAST), WIDTH)?;
    let mut page = Page {
        out: sheet,
        summary,
        at: 0,
    };
    page.titles()?;
    page.missing()?;
    page.obstacles()?;
    page.key_figures()?;
    page.calls()?;
    page.links()?;
    let last = page.at;
    sheet.set_print_area(0, 0, page::row(last), page::col(LAST))?;
    sheet.set_freeze_panes(2, 0)?;
    page::paper(sheet, Paper::Landscape, summary.footer(), None)?;
    sheet.set_print_fit_to_pages(1, 1);
    Ok(())
}

/// What is said where there is no finding: praise only where something was looked at.
pub(super) fn nothing_found(summary: &Summary<'_>) -> Text {
    let judged = summary.judged;
    let looked = judged
        .outcomes
        .iter()
        .any(|o| o.counts.passed + o.counts.failed > 0);
    if judged.submissions.is_empty() {
        Text::new("（尚无报送）", " (nothing has arrived yet)")
    } else if looked {
        Text::new(
            "（已审核的数据没有问题）",
            " (nothing wrong with what was checked)",
        )
    } else {
        Text::new("（没有审核任何数据）", " (nothing was checked)")
    }
}

struct Page<'s> {
    out: &'s mut Worksheet,
    summary: &'s Summary<'s>,
    at: usize,
}

impl Page<'_> {
    fn titles(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let (judged, styles) = (summary.judged, &summary.styles);
        let office = &judged.rulebook.job.office;
        let Text { zh, en } = judged.period.words();
        let finality = summary.finality();
        let title = both!(
            "{office}　{zh}报表审核汇总（{finality}）",
            "{office} · summary of {en} ({finality})"
        );
        page::across(self.out, 0, (0, LAST), &summary.say(&title), &styles.title)?;
        self.out.set_row_height(0, 28)?;
        let units = summary.tally.units();
        let (asked, here, missing, invalid, not_yet) = (
            units.asked,
            units.here,
            units.missing,
            units.invalid,
            units.not_yet,
        );
        let weights = summary.tally.weigh_all();
        let (errors, queries, notes) = (weights.errors, weights.queries, weights.notes);
        let mut text = summary.say(&both!(
            "应报 {asked} · 已报 {here} · 未报 {missing} · 文件无效 {invalid}",
            "asked {asked} · reported {here} · missing {missing} · file not usable {invalid}"
        ));
        if not_yet > 0 {
            text += &summary.say(&both!(" · 未到期 {not_yet}", " · not yet due {not_yet}"));
        }
        text += &summary.say(&both!(
            "（个单位，按最差的一张表计）　必改 {errors} · 核实 {queries} · 提示 {notes}（条）",
            " (units, by the worst of their forms)   errors {errors} · queries {queries} · notes {notes}"
        ));
        if weights.all() == 0 {
            text += &summary.say(&nothing_found(summary));
        }
        page::across(self.out, 1, (0, LAST), &text, &styles.sentence)?;
        let lines = page::lines_in(&text, room(0, LAST));
        self.out.set_row_height(1, page::height(lines).max(22.0))?;
        self.at = 2;
        self.closing()?;
        self.at += 1;
        Ok(())
    }

    /// That the month is closed, with what reservations, and how much has been corrected since.
    fn closing(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let Some(closing) = &summary.judged.closed else {
            return Ok(());
        };
        let light = match closing.reservations {
            Some(_) => Light::Amber,
            None => Light::Green,
        };
        let format = |light| {
            let format = summary.styles.cell(Look::Words, Tone::Plain, Some(light));
            format.set_text_wrap()
        };
        let text = summary.say(&closing.words());
        page::across(self.out, self.at, (0, LAST), &text, &format(light))?;
        let lines = page::lines_in(&text, room(0, LAST));
        let height = page::height(lines).max(22.0);
        self.out.set_row_height(page::row(self.at), height)?;
        self.at += 1;
        if summary.judged.corrections.is_empty() {
            return Ok(());
        }
        let count = summary.judged.corrections.len();
        let text = both!(
            "封库后更正 {count} 处",
            "corrections since the close: {count}"
        );
        let (text, format) = (summary.say(&text), format(Light::Red));
        page::across(self.out, self.at, (0, LAST), &text, &format)?;
        let target = page::address(summary.names.corrections, (0, 0));
        page::link(self.out, (self.at, 0), &target, &text, &format)?;
        self.out.set_row_height(page::row(self.at), 22)?;
        self.at += 1;
        Ok(())
    }

    fn section(&mut self, text: &Text) -> Result<(), XlsxError> {
        let words = self.summary.say(text);
        page::across(
            self.out,
            self.at,
            (0, LAST),
            &words,
            &self.summary.styles.section,
        )?;
        self.out.set_row_height(page::row(self.at), 20)?;
        self.at += 1;
        Ok(())
    }

    /// A line of a table: its cells with the columns that they take, first and last.
    fn cells(&mut self, cells: &[(usize, usize, String, &Format)]) -> Result<(), XlsxError> {
        for (first, last, text, format) in cells {
            // What is nothing but a number counts something.
            if let (true, Ok(number)) = (first == last, text.parse()) {
                page::count(self.out, (self.at, *first), number, format)?;
                continue;
            }
            page::across(self.out, self.at, (*first, *last), text, format)?;
        }
        self.at += 1;
        Ok(())
    }

    fn heads(&mut self, heads: &[(usize, usize, &str)]) -> Result<(), XlsxError> {
        let format = self.summary.styles.head.clone().unset_text_wrap();
        let cells: Vec<_> = heads
            .iter()
            .map(|(first, last, text)| (*first, *last, (*text).to_owned(), &format))
            .collect();
        self.cells(&cells)
    }

    /// Who has not sent what.
    fn missing(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        self.section(&Text::new("谁还没有报", "Who is missing"))?;
        let pick = |zh, en| summary.pick(zh, en);
        self.heads(&[
            (0, 4, pick("报表", "Form")),
            (5, 5, pick("应报", "Asked")),
            (6, 6, pick("已报", "Here")),
            (7, 7, pick("未报", "Missing")),
            (8, 8, pick("无效", "Invalid")),
            (9, LAST, pick("名单", "Names")),
        ])?;
        for form in summary.sheets() {
            let arrivals = summary.tally.arrivals(form.at);
            let names = names(summary, &form);
            let styles = &summary.styles;
            let title = format!("{}  {}", form.form.id, summary.say(&form.form.title));
            let count = |n: usize| n.to_string();
            let lines = page::lines_in(&names, room(9, LAST));
            let lines = lines.max(page::lines_in(&title, room(0, 4)));
            self.out
                .set_row_height(page::row(self.at), page::height(lines))?;
            self.cells(&[
                (0, 4, title, &styles.wrapped),
                (5, 5, count(arrivals.asked), &styles.centred),
                (6, 6, count(arrivals.here), &styles.centred),
                (7, 7, count(arrivals.missing), &styles.centred),
                (8, 8, count(arrivals.invalid), &styles.centred),
                (9, LAST, names, &styles.wrapped),
            ])?;
        }
        self.at += 1;
        Ok(())
    }

    /// What must be done before the month can be closed.
    fn obstacles(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        self.section(&match summary.judged.closed {
            None => Text::new("封库以前要办的", "What stands in the way of closing"),
            Some(_) => Text::new("封库后仍没有办结的", "What is still open since the close"),
        })?;
        let undone = summary.tally.undone();
        let (mut missing, mut not_yet, mut invalid) = (0, 0, 0);
        for form in summary.sheets() {
            let arrivals = summary.tally.arrivals(form.at);
            missing += arrivals.missing + arrivals.not_yet;
            not_yet += arrivals.not_yet;
            invalid += arrivals.invalid;
        }
        let absent = match not_yet {
            0 => both!("缺报 {missing} 份", "forms missing: {missing}"),
            _ => both!(
                "缺报 {missing} 份（{not_yet} 份未到期）",
                "forms missing: {missing} ({not_yet} not yet due)"
            ),
        };
        let board = page::address(summary.names.status, (0, 0));
        let list = page::address(summary.names.findings, (0, 0));
        let answers = page::address(summary.names.answers, (0, 0));
        let disputed = self.disputed().unwrap_or_else(|| list.clone());
        let Undone {
            errors,
            to_explain,
            to_accept,
            of_city,
            held,
            opposed,
        } = undone;
        self.cards([
            (
                both!("必改未改 {errors} 条", "open errors: {errors}"),
                &list,
                errors > 0,
            ),
            (
                both!(
                    "核实待说明 {to_explain} 条",
                    "queries to be explained: {to_explain}"
                ),
                &list,
                to_explain > 0,
            ),
            (absent, &board, missing > 0),
            (
                both!("文件无效 {invalid} 份", "files not usable: {invalid}"),
                &board,
                invalid > 0,
            ),
        ])?;
        self.cards([
            (
                both!(
                    "说明待认可 {to_accept} 条",
                    "answers to be looked at: {to_accept}"
                ),
                &answers,
                to_accept > 0,
            ),
            (
                both!("市级核实待定 {of_city} 条", "queries for staff: {of_city}"),
                &list,
                of_city > 0,
            ),
            (
                both!("暂不下发的规则 {held} 条", "rules held back: {held}"),
                &list,
                held > 0,
            ),
            (
                both!(
                    "处理意见不一致 {opposed} 处",
                    "decisions that disagree: {opposed}"
                ),
                &disputed,
                opposed > 0,
            ),
        ])?;
        self.at += 1;
        Ok(())
    }

    /// Where the first decision stands that others contradict: in the list of findings, else on
    /// the board.
    fn disputed(&self) -> Option<String> {
        let summary = self.summary;
        let finding = summary.tally.first_disputed();
        let finding = finding.and_then(|at| super::findings::place(summary, at));
        finding.or_else(|| {
            let (unit, form) = summary.tally.disputed().next()?;
            let place = status::decision_of(unit, form);
            Some(page::address(summary.names.status, place))
        })
    }

    /// Four cards side by side, red where there is something to do.
    fn cards(&mut self, cards: [(Text, &String, bool); 4]) -> Result<(), XlsxError> {
        let summary = self.summary;
        for (card, (text, target, open)) in cards.into_iter().enumerate() {
            let columns = (card * 4, card * 4 + 3);
            let text = summary.say(&text);
            let light = if open { Light::Red } else { Light::Green };
            let format = summary.styles.word(Some(light), Tone::Plain);
            page::across(self.out, self.at, columns, &text, &format)?;
            if open {
                page::link(self.out, (self.at, columns.0), target, &text, &format)?;
            }
        }
        self.out.set_row_height(page::row(self.at), 22)?;
        self.at += 1;
        Ok(())
    }

    /// Six figures of the city, each with the units that it rests on.
    fn key_figures(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let why = earlier::briefly(summary.judged.last_year());
        let provisional = why.map_or_else(Text::default, |Text { zh, en }| {
            both!("；上年为暂数：{zh}", "; last year provisional: {en}")
        });
        let title = Text::new(
            "主要数据（同口径：只比今年、上年都有数的单位；比率按分子、分母汇总后计算；含未改：来自还有必改问题的单位的份额",
            "Key figures (growth over the same units; rates: ratios of sums; errors: the share with open errors",
        );
        self.section(&title.and(&provisional).and(&Text::new("）", ")")))?;
        let pick = |zh, en| summary.pick(zh, en);
        self.heads(&[
            (0, 3, pick("指标", "Figure")),
            (4, 4, pick("单位", "Unit")),
            (5, 6, pick("已报合计", "Reported")),
            (7, 7, pick("已报单位", "Units")),
            (8, 8, pick("可比单位", "Comp.")),
            (9, 10, pick("同单位上年", "Same, last year")),
            (11, 12, pick("同口径增长", "Same-unit growth")),
            (13, 14, pick("上年全市", "City, last year")),
            (15, LAST, pick("含未改", "Errors")),
        ])?;
        let figures = key_figures(summary);
        if figures.is_empty() {
            let none = pick("尚无可汇总的数据", "nothing to add up yet").to_owned();
            return self
                .cells(&[(0, LAST, none, &summary.styles.text)])
                .map(|()| self.at += 1);
        }
        for (form, figure) in &figures {
            self.key_figure(form, figure)?;
        }
        self.at += 1;
        Ok(())
    }

    fn key_figure(&mut self, form: &FormSheet<'_>, figure: &CityFigure) -> Result<(), XlsxError> {
        let summary = self.summary;
        let styles = &summary.styles;
        let kind = form.form.variables[figure.variable].kind;
        let asked = summary.tally.arrivals(form.at).asked;
        let label = summary.figure_label(form.form, figure.variable);
        let unit = Summary::figure_unit(form.form, figure.variable);
        let units = format!("{}/{asked}", figure.districts);
        let rests = city::rests_on_errors(summary, form, figure);
        let light = (rests != "0").then_some(Light::Amber);
        let height = page::height(page::lines_in(&label, room(0, 3)));
        self.out.set_row_height(page::row(self.at), height)?;
        self.cells(&[
            (0, 3, label, &styles.wrapped),
            (4, 4, unit, &styles.centred),
            (7, 7, units, &styles.centred),
            (8, 8, figure.comparable.to_string(), &styles.centred),
            (15, 15, rests, &styles.word(light, Tone::Plain)),
        ])?;
        self.at -= 1;
        let shown = |x: &Option<number::Exact>| x.as_ref().map(|x| seen(kind, number::to_f64(x)));
        let plain = |x: Option<f64>| styles.cell(total_look(kind, x), Tone::Plain, None);
        let (look, growth) = year::grown(kind, figure);
        let growth_format = match look {
            Look::Points => styles
                .cell(look, Tone::Plain, None)
                .set_num_format(year::points(summary)),
            _ => styles.cell(look, Tone::Plain, None),
        };
        let reported = shown(&figure.reported);
        let before = shown(&figure.same_last_year);
        let whole = shown(&figure.city_last_year);
        for (first, x, format) in [
            (5, reported, plain(reported)),
            (9, before, plain(before)),
            (11, growth, growth_format),
            (13, whole, plain(whole)),
        ] {
            let none = if figure.has_changed && first > 5 {
                summary.pick("不可比", "not comparable")
            } else {
                NONE
            };
            page::across(self.out, self.at, (first, first + 1), none, &format)?;
            if let Some(x) = x {
                let (row, column) = (page::row(self.at), page::col(first));
                self.out.write_number_with_format(row, column, x, &format)?;
            }
        }
        let without = self.without(form, figure);
        if !without.is_empty() {
            page::note(self.out, (self.at, 7), &without)?;
        }
        self.at += 1;
        Ok(())
    }

    /// Which units a key figure does not rest on.
    fn without(&self, form: &FormSheet<'_>, figure: &CityFigure) -> String {
        let summary = self.summary;
        let has = |unit: usize| {
            let figures = &summary.month.forms[form.at].districts;
            let code = &summary.judged.standing[unit].unit.code;
            let own = figures.get(code).and_then(|own| own.get(figure.variable));
            own.is_some_and(Option::is_some)
        };
        let units = 0..summary.judged.standing.len();
        let names: Vec<&str> = units
            .filter(|unit| summary.tally.stands(*unit, form.at).0 != Reporting::NotAsked)
            .filter(|unit| !has(*unit))
            .map(|unit| summary.judged.standing[unit].unit.name.as_str())
            .collect();
        if names.is_empty() {
            return String::new();
        }
        let names = names.join(summary.pick("、", ", "));
        summary.say(&both!("不含：{names}", "without {names}"))
    }

    /// The units with most to mend, then with most to explain.
    fn calls(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let calls = calls(summary);
        let (all, shown) = (calls.len(), calls.len().min(CALLS));
        self.section(&both!(
            "先给谁打电话（缺报或有问题的 {all} 个单位，列前 {shown} 个）",
            "Whom to call first ({shown} of {all} units with something missing or wrong)"
        ))?;
        let pick = |zh, en| summary.pick(zh, en);
        self.heads(&[
            (0, 0, pick("次序", "No.")),
            (1, 2, pick("单位", "Unit")),
            (3, 3, pick("必改", "Errors")),
            (4, 4, pick("核实", "Queries")),
            (5, 5, pick("缺报", "Missing")),
            (6, 14, pick("第一个问题", "First finding")),
            (15, 15, pick("清单", "List")),
        ])?;
        if calls.is_empty() {
            let none = format!(
                "{}{}",
                pick("没有必改和核实的问题", "no errors and no queries"),
                summary.say(&nothing_found(summary))
            );
            return self
                .cells(&[(0, LAST, none, &summary.styles.text)])
                .map(|()| self.at += 1);
        }
        for (order, call) in calls.iter().take(CALLS).enumerate() {
            self.call(order + 1, call)?;
        }
        self.at += 1;
        Ok(())
    }

    fn call(&mut self, order: usize, call: &Call) -> Result<(), XlsxError> {
        let summary = self.summary;
        let styles = &summary.styles;
        let unit = &summary.judged.standing[call.unit].unit;
        let finding = call.first.map(|first| &summary.judged.findings[first]);
        let gist = match finding {
            Some(finding) => {
                let message = summary.say(&finding.message);
                let gist = match &finding.form {
                    Some(form) => format!("{form} {message}"),
                    None => message,
                };
                gist.replace('\n', " ")
            }
            None => summary.pick("未报", "nothing has been sent").to_owned(),
        };
        let at = self.at;
        let lines = page::lines_in(&gist, room(6, 14));
        let lines = lines.max(page::lines_in(&unit.name, room(1, 2)));
        self.out
            .set_row_height(page::row(at), page::height(lines))?;
        let lit = |count: u64, light| styles.word((count > 0).then_some(light), Tone::Plain);
        self.cells(&[
            (0, 0, order.to_string(), &styles.centred),
            (1, 2, unit.name.clone(), &styles.wrapped),
            (3, 3, call.errors.to_string(), &lit(call.errors, Light::Red)),
            (
                4,
                4,
                call.queries.to_string(),
                &lit(call.queries, Light::Amber),
            ),
            (5, 5, call.missing.to_string(), &styles.centred),
            (6, 14, gist, &styles.wrapped),
            (15, 15, String::new(), &styles.centred),
        ])?;
        let board = page::address(summary.names.status, status::cell_of(call.unit));
        page::link(self.out, (at, 1), &board, &unit.name, &styles.wrapped)?;
        match call
            .first
            .and_then(|first| super::findings::place(summary, first))
        {
            Some(target) => {
                let shown = summary.pick("看清单", "list");
                page::link(self.out, (at, 15), &target, shown, &styles.link)
            }
            None => Ok(()),
        }
    }

    /// The way to all other sheets.
    fn links(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let names = &summary.names;
        let mut all = vec![names.status, names.city, names.year];
        all.extend([names.trend, names.contributions]);
        all.extend(summary.sheets().map(|form| form.name));
        if variation::is_there(summary) {
            all.push(names.variation);
        }
        all.extend([
            names.findings,
            names.focus,
            names.answers,
            names.waivers,
            names.changes,
            names.rules,
            names.ledger,
            names.reading,
            names.provenance,
        ]);
        if !summary.judged.corrections.is_empty() {
            all.push(names.corrections);
        }
        let format = summary.styles.link.clone().set_text_wrap();
        for (line, side_by_side) in all.chunks(LINKS).enumerate() {
            let row = self.at + line;
            let lines = side_by_side.iter();
            let lines = lines.map(|name| page::lines_in(name, room(0, 1))).max();
            if let Some(lines) = lines.filter(|lines| *lines > 1) {
                self.out
                    .set_row_height(page::row(row), page::height(lines))?;
            }
            for (at, name) in side_by_side.iter().enumerate() {
                let columns = (at * 2, at * 2 + 1);
                page::across(self.out, row, columns, name, &format)?;
                let target = page::address(name, (0, 0));
                page::link(self.out, (row, columns.0), &target, name, &format)?;
            }
        }
        self.at += (all.len() - 1) / LINKS;
        Ok(())
    }
}

/// Who has not sent a form, and whose file can't be used: the most pressing first.
fn names(summary: &Summary<'_>, form: &FormSheet<'_>) -> String {
    let mut absent: BTreeMap<(u8, Reporting), Vec<&str>> = BTreeMap::new();
    for (unit, standing) in summary.judged.standing.iter().enumerate() {
        let reporting = summary.tally.stands(unit, form.at).0;
        if !reporting.is_here() && reporting != Reporting::NotAsked {
            let names = absent.entry((urgency(reporting), reporting)).or_default();
            names.push(&standing.unit.name);
        }
    }
    let lists = absent.into_iter().map(|((_, reporting), all)| {
        let count = all.len();
        let mut list = all[..count.min(NAMES)].join(summary.pick("、", ", "));
        if count > NAMES {
            list += &summary.say(&both!(" 等 {count} 个", " and others, {count} in all"));
        }
        let word = summary.say(&reporting.words());
        summary.say(&both!("{word}：{list}", "{word}: {list}"))
    });
    let lists: Vec<String> = lists.collect();
    if lists.is_empty() {
        return summary.pick("全部已报", "all have reported").to_owned();
    }
    lists.join(summary.pick("；", "; "))
}

/// The key figures, each with its form's sheet.
pub(super) fn key_figures<'s>(summary: &'s Summary<'_>) -> Vec<(FormSheet<'s>, &'s CityFigure)> {
    key::key_figures(summary.judged)
        .into_iter()
        .filter_map(|(form, figure)| Some((FormSheet::of(summary, form)?, figure)))
        .collect()
}

/// A unit that should be called.
struct Call {
    unit: usize,
    /// Those still to be mended.
    errors: u64,
    /// Those still to be explained.
    queries: u64,
    /// How many of its forms are missing or not usable.
    missing: usize,
    /// The first finding of these, if it has any: a unit that has sent nothing has none.
    first: Option<usize>,
}

/// The units with something missing or wrong: first those whose figures are not there at all.
fn calls(summary: &Summary<'_>) -> Vec<Call> {
    let forms = summary.judged.rulebook.forms.len();
    let mut calls: Vec<Call> = (0..summary.judged.standing.len())
        .filter_map(|unit| {
            let (undone, first) = summary.tally.undone_of(unit);
            let is_missing = |form: &usize| {
                let reporting = summary.tally.stands(unit, *form).0;
                matches!(reporting, Reporting::Missing | Reporting::Invalid)
            };
            let missing = (0..forms).filter(is_missing).count();
            (undone.errors + undone.to_explain > 0 || missing > 0).then_some(Call {
                unit,
                errors: undone.errors,
                queries: undone.to_explain,
                missing,
                first,
            })
        })
        .collect();
    // Ties stay in the official order.
    calls.sort_by_key(|call| {
        (
            Reverse(call.missing),
            Reverse(call.errors),
            Reverse(call.queries),
        )
    });
    calls
}
