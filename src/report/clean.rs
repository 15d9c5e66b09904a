//! 上报稿: the tables that go up, as the office prints them.
//!
//! Each fixed form comes in its official frame with the city's figures, and every form with a
//! table of the whole, the groups and the districts in the official order. There are values and
//! no formulas, no colours and no notes, and the sheets print as they are. Rates are ratios of
//! sums. Until the month is closed, with all that it was closed with, every title says 未定案. What
//! stands on the last sheet comes from outside; nothing is judged here.

use super::official::draw::{Around, Drawing, Dress, lay, signature_line};
use super::official::{self, Frame, Line, Placed, lines, shown_columns};
use super::page::{self, SheetNames, across, col, row, words};
use super::styles::Styles;
use crate::check::restates;
use crate::consolidate;
use crate::judged::{Judged, Submission};
use crate::number;
use crate::rulebook::form::Form;
use crate::rulebook::written::{Axis, Paper};
use crate::standing::Reporting;
use crate::table::Table;
use crate::words::{Lang, Text};
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};
use std::collections::{BTreeMap, BTreeSet};

/// What stands where nothing is asked for.
const NOTHING: &str = "—";
/// So many rows are printed on one page.
const ONE_PAGE: usize = 64;
/// The row of the headings of a table of districts; their numbers stand below.
const HEAD: usize = 2;
/// The columns in front of its figures: serial number and name.
const STUB: usize = 2;
/// How wide its columns are.
const SERIAL: f64 = 6.0;
const NAME: f64 = 22.0;
const FIGURE: f64 = 11.0;
/// The widest table of districts that can be read on A4.
const WIDEST_ON_A4: f64 = 230.0;
/// More corrections than this are counted only.
const MOST_CORRECTIONS: usize = 500;
/// How wide the sentences are.
const SENTENCE: f64 = 84.0;

/// The workbook's name.
pub fn name(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "上报稿.xlsx",
        Lang::En => "Clean tables.xlsx",
    }
}

/// Writes the workbook: `sentences` are those of 汇总说明. The same run gives the same bytes.
///
/// # Errors
/// When the writing library refuses something, which would be a fault of ours.
pub fn write(judged: &Judged<'_>, sentences: &[Text], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let clean = Clean {
        judged,
        counted: judged.counted(),
        unfilled: Vec::new(),
        lang,
        dress: Dress::new(),
    };
    let forms = 0..judged.rulebook.forms.len();
    let unfilled = forms.map(|at| clean.unfilled(at)).collect();
    let clean = Clean { unfilled, ..clean };
    let mut book = Workbook::new();
    book.set_default_format(&Styles::default_cell(), 20, 72)?;
    book.set_properties(&clean.properties()?);
    let forms = &judged.rulebook.forms;
    let due: Vec<usize> = (0..forms.len())
        .filter(|at| forms[*at].is_due_in(judged.period))
        .collect();
    let fixed: Vec<usize> = due
        .iter()
        .copied()
        .filter(|at| forms[*at].is_fixed())
        .collect();
    let mut names = SheetNames::new(&[clean.notes_name(), clean.corrections_name()]);
    let frames = official::frames(judged.rulebook, judged.period, &fixed, &|_| 0, &mut names);
    for frame in &frames {
        clean.official(book.add_worksheet(), frame)?;
        for table in &frame.tables {
            clean.districts(book.add_worksheet(), table.at, &mut names)?;
        }
    }
    for at in due.iter().filter(|at| !forms[**at].is_fixed()) {
        clean.districts(book.add_worksheet(), *at, &mut names)?;
    }
    clean.sentences(book.add_worksheet(), sentences)?;
    if !judged.corrections.is_empty() {
        clean.corrections(book.add_worksheet())?;
    }
    book.save_to_buffer()
}

struct Clean<'a> {
    judged: &'a Judged<'a>,
    /// The submissions whose figures it is made of.
    counted: Vec<&'a Submission>,
    /// By form: the figures that nobody has filled in. Blank cells are kept as zero, and a zero that
    /// nobody wrote does not go up.
    unfilled: Vec<BTreeSet<usize>>,
    lang: Lang,
    dress: Dress,
}

/// A column of a table of districts.
struct Column {
    label: String,
    /// 栏次, or 行次 where variables run down.
    number: String,
    variable: usize,
}

impl Clean<'_> {
    fn say(&self, text: &Text) -> String {
        text.get(self.lang).to_owned()
    }

    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// What the sheet of sentences is called.
    fn notes_name(&self) -> &'static str {
        self.pick("汇总说明", "Notes")
    }

    /// What the sheet of corrections is called.
    fn corrections_name(&self) -> &'static str {
        self.pick("更正", "Corrections")
    }

    /// A title, which says that it is not final for as long as that is so.
    fn title(&self, title: &Text) -> String {
        let open = if self.judged.is_final() {
            ""
        } else {
            self.pick("（未定案）", " (not final)")
        };
        self.say(title) + open
    }

    fn footer(&self) -> &'static str {
        if self.judged.is_final() {
            self.pick("&C第 &P 页 / 共 &N 页", "&Cpage &P of &N")
        } else {
            self.pick(
                "&C内部资料 · 第 &P 页 / 共 &N 页",
                "&CInternal · page &P of &N",
            )
        }
    }

    fn office(&self) -> String {
        let office = &self.judged.rulebook.job.office;
        self.say(&both!(
            "汇总单位（盖章）：{office}",
            "Compiled by: {office}"
        ))
    }

    fn submissions(&self, at: usize) -> impl Iterator<Item = &Submission> {
        let all = self.counted.iter().copied();
        all.filter(move |submission| submission.form == at)
    }

    /// The figures of a fixed form that nobody has filled in.
    fn unfilled(&self, at: usize) -> BTreeSet<usize> {
        let form = &self.judged.rulebook.forms[at];
        let is_filled = |variable: usize| {
            self.submissions(at).any(|one| {
                let is_accepted = self.judged.accepted.contains_key(&(at, one.district));
                match one.table.number(0, variable) {
                    // What is read back from accepted figures does not say what was blank; what
                    // is in force does, where it says the same.
                    Some(x) if is_accepted => {
                        x != 0.0 || self.writes_zero((at, one.district), variable)
                    }
                    Some(_) => one.table.absent(0, variable).is_none(),
                    None => false,
                }
            })
        };
        let adds_up = |variable: &usize| form.variables[*variable].adds_up();
        let variables = (0..form.variables.len()).filter(adds_up);
        let variables = variables.filter(|_| form.is_fixed());
        variables.filter(|variable| !is_filled(*variable)).collect()
    }

    /// Whether the submission in force has a zero there that was written.
    fn writes_zero(&self, of: (usize, usize), variable: usize) -> bool {
        let mut submissions = self.judged.submissions.iter();
        let own = submissions.find(|one| (one.form, one.district) == of);
        own.is_some_and(|one| {
            let table = &one.table;
            table.number(0, variable) == Some(0.0) && table.absent(0, variable).is_none()
        })
    }

    /// Figures by variable, those left out that nobody has filled in.
    fn filled(
        &self,
        at: usize,
        figures: impl Iterator<Item = (usize, f64)>,
    ) -> BTreeMap<usize, f64> {
        let figures = figures.filter(|(variable, _)| !self.unfilled[at].contains(variable));
        figures.collect()
    }

    /// Over whom a form's figures are: how many were to report, how many are here, who is not.
    fn coverage(&self, at: usize) -> Text {
        let form = &self.judged.rulebook.forms[at];
        let (mut asked, mut here) = (0, 0);
        let mut missing: Vec<&str> = Vec::new();
        for district in &self.judged.standing {
            let mut own = district.forms.iter();
            let Some(own) = own.find(|one| one.form == form.id) else {
                continue;
            };
            if own.reporting == Reporting::NotAsked {
                continue;
            }
            asked += 1;
            if own.reporting.is_here() {
                here += 1;
            } else {
                missing.push(&district.unit.name);
            }
        }
        let (zh, en) = (missing.join("、"), missing.join(", "));
        let (zh, en) = if missing.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("，缺：{zh}"), format!(", missing: {en}"))
        };
        let restated = self.restated(at);
        Text::new(
            format!(
                "注：应报 {asked} 个单位，汇总 {here} 个{zh}。比率按分子、分母汇总后计算。{}",
                restated.zh
            ),
            format!(
                "{here} of {asked} districts are in it{en}. Rates are ratios of sums.{}",
                restated.en
            ),
        )
    }

    /// Whose earlier figures are not those that they reported then: the columns that repeat them
    /// add up what is written, while growth is told over what was accepted.
    fn restated(&self, at: usize) -> Text {
        let rules = self.judged.rulebook.rules[at].iter();
        let rules = rules.filter(|rule| rule.kind == restates::KIND.name);
        let rules: BTreeSet<&str> = rules.map(|rule| rule.id.as_str()).collect();
        let findings = self.judged.findings.iter();
        let found = findings.filter(|finding| rules.contains(finding.rule.as_str()));
        // Where the guard holds a rule back many have it, and one line stands for them.
        let (held, found): (Vec<_>, Vec<_>) =
            found.partition(|finding| finding.district.code.is_empty());
        let codes = found.iter().map(|finding| finding.district.code.as_str());
        let codes: BTreeSet<&str> = codes.collect();
        let districts = &self.judged.rulebook.register.districts;
        let is_accepted = |code: &str| {
            let district = districts.iter().position(|of| of.code == code);
            district.is_some_and(|of| self.judged.accepted.contains_key(&(at, of)))
        };
        let units = self.judged.standing.iter().map(|standing| &standing.unit);
        // What has come since the close is no part of these sums.
        let names = units
            .filter(|unit| codes.contains(unit.code.as_str()))
            .filter(|unit| !is_accepted(&unit.code));
        let names: Vec<&str> = names.map(|unit| unit.name.as_str()).collect();
        if names.is_empty() && held.is_empty() {
            return Text::default();
        }
        let (zh, en) = if held.is_empty() {
            (names.join("、"), names.join(", "))
        } else {
            ("较多单位".to_owned(), "many districts".to_owned())
        };
        let form = &self.judged.rulebook.forms[at].id;
        let mut then = self.judged.last_year();
        let is_settled = then.all(|one| one.form != *form || one.is_settled());
        let (open_zh, open_en) = if is_settled {
            ("", "")
        } else {
            ("（暂数）", " (provisional)")
        };
        Text::new(
            format!(
                "上年（往期）数按各单位填报数汇总，其中 {zh} 所填与已报数不一致；“汇总说明”的增长按已报数{open_zh}计算。"
            ),
            format!(
                " Columns that repeat earlier figures add up what districts wrote; {en} wrote others than they reported then. Growth in the notes is over what was reported{open_en}."
            ),
        )
    }

    /// A form, or several on one sheet, in the official frame with the city's figures.
    fn official(&self, out: &mut Worksheet, frame: &Frame<'_>) -> Result<(), XlsxError> {
        out.set_name(&frame.name)?;
        let mut remarks: Vec<String> = Vec::new();
        for table in &frame.tables {
            let remark = self.say(&self.coverage(table.at));
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        let around = Around {
            title: self.title(&frame.title),
            reporter: self.office(),
            signatures: (signature_line(&frame.signatures), false),
            remark: Some(remarks.join("\n")),
        };
        let mut drawing = Drawing {
            out: &mut *out,
            frame,
            dress: &self.dress,
            lang: self.lang,
        };
        drawing.draw(&around)?;
        for table in &frame.tables {
            self.figures(out, table)?;
        }
        out.set_footer(self.footer());
        Ok(())
    }

    /// The city's figures in the body of a form.
    fn figures(&self, out: &mut Worksheet, table: &Placed<'_>) -> Result<(), XlsxError> {
        let form = table.form;
        let city = self.whole(table.at);
        let crossed_out = table.crossed_out(&self.judged.rulebook.rules[table.at]);
        for (at, line) in lines(table) {
            let Line::Row(position) = line else {
                continue;
            };
            for (column, of_form) in shown_columns(table) {
                if form.unit_column() == Some(of_form) {
                    continue;
                }
                let variable = form.variable(of_form, Some(*position));
                if crossed_out.contains(&variable) {
                    words(out, (at, column), NOTHING, &self.dress.code)?;
                    continue;
                }
                let figure = city.get(&variable).copied();
                self.figure(out, (at, column), form, variable, figure)?;
            }
        }
        Ok(())
    }

    /// The city's judged figures of a form, by variable, as they are kept.
    fn whole(&self, at: usize) -> BTreeMap<usize, f64> {
        let figures = self.judged.city.get(at).into_iter().flatten();
        let figures = figures.filter_map(|figure| {
            Some((figure.variable, number::to_f64(figure.reported.as_ref()?)))
        });
        self.filled(at, figures)
    }

    /// The sums over some districts, rates as ratios of them.
    fn sums(&self, at: usize, tables: &[&Table]) -> BTreeMap<usize, f64> {
        let rulebook = self.judged.rulebook;
        let form = &rulebook.forms[at];
        let sums = consolidate::sum(form, &rulebook.rules[at], tables);
        let figures = (0..form.variables.len())
            .filter_map(|variable| Some((variable, number::to_f64(&sums.figure(variable)?))));
        self.filled(at, figures)
    }

    /// A figure over several districts, in the unit of the form: what was computed is rounded.
    fn figure(
        &self,
        out: &mut Worksheet,
        at: (usize, usize),
        form: &Form,
        variable: usize,
        figure: Option<f64>,
    ) -> Result<(), XlsxError> {
        let place = &form.variables[variable];
        let Some(figure) = figure else {
            out.write_blank(row(at.0), col(at.1), &self.dress.figure)?;
            return Ok(());
        };
        let seen = number::exact(figure) * number::power_of_ten(-place.scale());
        let (seen, format): (_, Format) = if place.scale() != 0 {
            let format = self.dress.figure.clone().set_num_format("0.0");
            (number::round(&seen, 1), format)
        } else if place.stated {
            (number::round(&seen, 2), self.dress.figure.clone())
        } else {
            (seen, self.dress.figure.clone())
        };
        let (row, column) = (row(at.0), col(at.1));
        out.write_number_with_format(row, column, number::to_f64(&seen), &format)?;
        Ok(())
    }

    /// A form over the whole, the groups and the districts, a line each.
    fn districts(
        &self,
        out: &mut Worksheet,
        at: usize,
        names: &mut SheetNames,
    ) -> Result<(), XlsxError> {
        let form = &self.judged.rulebook.forms[at];
        out.set_name(names.free(&form.id, self.pick(" 分区县", " by district")))?;
        let columns = self.columns(form);
        let last = STUB + columns.len().max(4) - 1;
        self.over(out, form, &columns, last)?;
        let mut next = HEAD + 2;
        let whole = self.judged.rulebook.job.whole.clone();
        let city = self.whole(at);
        self.line(out, next, ("", &whole), form, &columns, &city)?;
        next += 1;
        let register = &self.judged.rulebook.register;
        for region in register
            .regions()
            .into_iter()
            .filter(|region| !region.is_empty())
        {
            let among = self.submissions(at);
            let among = among.filter(|one| register.districts[one.district].region == region);
            let tables: Vec<&Table> = among.map(|one| &one.table).collect();
            let sums = self.sums(at, &tables);
            let name = self.say(&both!("{region}小计", "{region}, subtotal"));
            self.line(out, next, ("", &name), form, &columns, &sums)?;
            next += 1;
        }
        for (nth, (district, unit)) in register.due(self.judged.period).enumerate() {
            let own = self.submissions(at).find(|one| one.district == district);
            let figures = own.map_or_else(BTreeMap::new, |one| self.own(form, at, &one.table));
            let serial = (nth + 1).to_string();
            self.line(out, next, (&serial, &unit.name), form, &columns, &figures)?;
            next += 1;
        }
        self.under(out, at, next, last)
    }

    /// A district's own figures: those that it sent, or a list's sums.
    fn own(&self, form: &Form, at: usize, table: &Table) -> BTreeMap<usize, f64> {
        if !form.is_fixed() {
            return self.sums(at, &[table]);
        }
        let figures = (0..form.variables.len())
            .filter_map(|variable| Some((variable, table.number(0, variable)?)));
        self.filled(at, figures)
    }

    /// The columns of a table of districts: of a form whose variables stand in columns those of
    /// its first row, which is the total; each row's own figure where variables run down.
    fn columns(&self, form: &Form) -> Vec<Column> {
        let own = form.value_columns().next();
        if let (Axis::Rows, Some(own)) = (form.axis, own) {
            let rows = form.rows.iter().enumerate();
            let column = |(at, row): (usize, &crate::rulebook::form::Row)| {
                let unit = row.unit.as_ref();
                let unit = unit.map_or_else(String::new, |unit| format!("\n（{unit}）"));
                Column {
                    label: self.say(&row.label) + &unit,
                    number: row.no.clone().unwrap_or_default(),
                    variable: form.variable(own, Some(at)),
                }
            };
            let columns = rows.map(column);
            return columns
                .filter(|column| form.variables[column.variable].is_number())
                .collect();
        }
        let first = form.is_fixed().then_some(0);
        let mut columns: Vec<(Option<u32>, Column)> = form
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let shown = Column {
                    label: self.say(&column.label).replace(" › ", "\n"),
                    number: column.no.map_or_else(String::new, |no| no.to_string()),
                    variable: form.variable(at, first),
                };
                (column.no, shown)
            })
            .filter(|(_, column)| {
                let variable = &form.variables[column.variable];
                variable.is_number() && (variable.adds_up() || variable.stated)
            })
            .collect();
        columns.sort_by_key(|(no, _)| no.unwrap_or(u32::MAX));
        columns.into_iter().map(|(_, column)| column).collect()
    }

    /// Title, unit and headings.
    fn over(
        &self,
        out: &mut Worksheet,
        form: &Form,
        columns: &[Column],
        last: usize,
    ) -> Result<(), XlsxError> {
        let dress = &self.dress;
        let month = self.judged.period.words();
        let title = self.title(&Text::new(
            format!("{}（分区县）", form.title.zh),
            format!("{}, by district", form.title.en),
        ));
        across(out, 0, (0, last), &title, &dress.title)?;
        out.set_row_height(0, 34)?;
        let mut line = format!("{}\u{3000}\u{3000}{}", self.office(), self.say(&month));
        if let Some(unit) = &form.unit {
            line.push_str("\u{3000}\u{3000}");
            line.push_str(&self.say(&both!("计量单位：{unit}", "Unit: {unit}")));
        }
        across(out, 1, (0, last), &line, &dress.plain)?;
        let stubs = [
            (self.pick("序号", "No."), SERIAL),
            (self.pick("单位", "District"), NAME),
        ];
        let mut lines = 1;
        for (at, (text, width)) in stubs.iter().enumerate() {
            out.set_column_width(col(at), *width)?;
            words(out, (HEAD, at), text, &dress.head)?;
            words(out, (HEAD + 1, at), ["甲", "乙"][at], &dress.code)?;
        }
        for (nth, column) in columns.iter().enumerate() {
            let at = STUB + nth;
            out.set_column_width(col(at), FIGURE)?;
            words(out, (HEAD, at), &column.label, &dress.head)?;
            words(out, (HEAD + 1, at), &column.number, &dress.code)?;
            lines = lines.max(page::lines_in(&column.label, FIGURE));
        }
        out.set_row_height(row(HEAD), page::height(lines))?;
        Ok(())
    }

    fn line(
        &self,
        out: &mut Worksheet,
        at: usize,
        (serial, name): (&str, &str),
        form: &Form,
        columns: &[Column],
        figures: &BTreeMap<usize, f64>,
    ) -> Result<(), XlsxError> {
        words(out, (at, 0), serial, &self.dress.code)?;
        words(out, (at, 1), name, &self.dress.label)?;
        for (nth, column) in columns.iter().enumerate() {
            let figure = figures.get(&column.variable).copied();
            self.figure(out, (at, STUB + nth), form, column.variable, figure)?;
        }
        Ok(())
    }

    /// Who signs, over whom the figures are, and the paper.
    fn under(
        &self,
        out: &mut Worksheet,
        at: usize,
        next: usize,
        last: usize,
    ) -> Result<(), XlsxError> {
        let dress = &self.dress;
        let form = &self.judged.rulebook.forms[at];
        let line = signature_line(&form.signatures);
        across(out, next + 1, (0, last), &line, &dress.plain)?;
        let remark = self.say(&self.coverage(at));
        let wrapped = dress.plain.clone().set_text_wrap();
        across(out, next + 2, (0, last), &remark, &wrapped)?;
        let figures = u32::try_from(last + 1 - STUB).map_or(0.0, f64::from);
        let all = SERIAL + NAME + FIGURE * figures;
        let lines = page::lines_in(&remark, all);
        out.set_row_height(row(next + 2), page::height(lines))?;
        let paper = if all > WIDEST_ON_A4 {
            Paper::A3Landscape
        } else {
            Paper::A4Landscape
        };
        lay(out, paper);
        // A line a district fits on one page in a city; a country's go on.
        if next <= ONE_PAGE {
            out.set_print_fit_to_pages(1, 1);
        }
        out.set_footer(self.footer());
        out.set_repeat_rows(0, row(HEAD + 1))?;
        out.set_freeze_panes(row(HEAD + 2), col(STUB))?;
        Ok(())
    }

    /// 汇总说明: the sentences, numbered.
    fn sentences(&self, out: &mut Worksheet, sentences: &[Text]) -> Result<(), XlsxError> {
        out.set_name(self.notes_name())?;
        let dress = &self.dress;
        out.set_column_width(0, SENTENCE)?;
        let month = self.judged.period.words();
        let title = self.title(&Text::new(
            format!("{}汇总说明", month.zh),
            format!("Notes on {}", month.en),
        ));
        words(out, (0, 0), &title, &dress.title)?;
        out.set_row_height(0, 34)?;
        let wrapped = dress.plain.clone().set_text_wrap();
        for (nth, sentence) in sentences.iter().enumerate() {
            let number = nth + 1;
            let text = format!("{number}. {}", self.say(sentence));
            words(out, (1 + nth, 0), &text, &wrapped)?;
            let lines = page::lines_in(&text, SENTENCE);
            out.set_row_height(row(1 + nth), page::height(lines) + 4.0)?;
        }
        lay(out, Paper::A4Portrait);
        out.set_footer(self.footer());
        Ok(())
    }

    /// 更正: what has come since the close, and changes none of the figures here.
    fn corrections(&self, out: &mut Worksheet) -> Result<(), XlsxError> {
        out.set_name(self.corrections_name())?;
        let dress = &self.dress;
        let columns = [
            (self.pick("单位", "District"), 14.0),
            (self.pick("表", "Form"), 9.0),
            (self.pick("情况", "What"), 16.0),
            (self.pick("指标", "Figure"), 40.0),
            (self.pick("已验收", "Accepted"), 15.0),
            (self.pick("现报", "Now"), 15.0),
            (self.pick("到达", "Arrived"), 18.0),
        ];
        let title = self.title(&Text::new("封库后的更正", "Corrections since the close"));
        across(out, 0, (0, columns.len() - 1), &title, &dress.title)?;
        out.set_row_height(0, 34)?;
        for (at, (text, width)) in columns.iter().enumerate() {
            out.set_column_width(col(at), *width)?;
            words(out, (1, at), text, &dress.head)?;
        }
        let wrapped = dress.label.clone().set_text_wrap();
        let all = &self.judged.corrections;
        let shown = &all[..all.len().min(MOST_CORRECTIONS)];
        for (nth, one) in shown.iter().enumerate() {
            let key = one.key(&self.judged.rulebook.forms).unwrap_or_default();
            let label = one.variable.as_ref();
            let label = label.map_or_else(String::new, |variable| self.say(&variable.label));
            let figure = format!("{key} {label}").trim().to_owned();
            let cells = [
                one.district.name.clone(),
                one.form.clone(),
                self.say(&one.change.words()),
                figure,
                one.accepted.clone(),
                one.now.clone(),
                one.arrived.clone().unwrap_or_default(),
            ];
            let mut lines = 1;
            for (at, (text, (_, width))) in cells.iter().zip(&columns).enumerate() {
                words(out, (2 + nth, at), text, &wrapped)?;
                lines = lines.max(page::lines_in(text, *width));
            }
            out.set_row_height(row(2 + nth), page::height(lines))?;
        }
        let more = all.len() - shown.len();
        if more > 0 {
            let text = both!(
                "另有 {more} 处，见 corrections.json",
                "{more} more are in corrections.json"
            );
            words(out, (2 + shown.len(), 0), &self.say(&text), &dress.plain)?;
        }
        lay(out, Paper::A4Landscape);
        out.set_footer(self.footer());
        out.set_repeat_rows(0, 1)?;
        Ok(())
    }

    fn properties(&self) -> Result<DocProperties, XlsxError> {
        let judged = self.judged;
        Ok(
            page::properties(&judged.rulebook.job.office, judged.period)?
                .set_title(name(self.lang).trim_end_matches(".xlsx")),
        )
    }
}
