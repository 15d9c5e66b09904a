//! A sheet a form, for staff who look at one form over all units: the whole and the groups with
//! live totals, every unit's figures as it sent them, flagged cells with notes.
//!
//! Where a figure stands is for `layout`, how it is added up for `totals`.

use super::layout::{Block, FIRST, HEADINGS, Head, is_ratio};
use super::list::written;
use super::{FormSheet, Summary};
use crate::check::lines::levels;
use crate::closing::corrections::{Change, Correction};
use crate::finding::{Finding, Variable};
use crate::judged::Submission;
use crate::number;
use crate::report::page::{self, Paper};
use crate::report::styles::{Light, Look, Tone};
use crate::rulebook::form::Form;
use crate::rulebook::rule::Rule;
use crate::rulebook::written::{Severity, Type};
use crate::table::{Absent, Table};
use crate::words::Text;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// What stands where there is no figure to show.
pub(super) const NONE: &str = "—";
/// Findings that a note tells in full.
const TOLD_IN_A_NOTE: usize = 3;
/// A sheet wider than this, in digits, would be too small to read on one page.
const WIDEST_ON_A4: f64 = 230.0;
/// How wide a column of figures is at least.
const FIGURE: f64 = 9.5;
/// How wide a column of bands is.
const BAND: f64 = 3.4;
/// A rate below the alert line, from there, from the basic line, from the development line.
const BANDS: [&str; 4] = ["▼", "▲", "◆", "●"];

/// Writes the sheet of a form.
pub(super) fn write(
    book: &mut Workbook,
    summary: &Summary<'_>,
    sheet: &FormSheet<'_>,
) -> Result<(), XlsxError> {
    let worksheet = book.add_worksheet();
    worksheet.set_name(sheet.name)?;
    let rulebook = summary.judged.rulebook;
    let mut writer = Writer {
        summary,
        sheet,
        form: sheet.form,
        rules: &rulebook.rules[sheet.at],
        columns: Vec::new(),
        out: worksheet,
    };
    let width = writer.widths()?;
    writer.titles()?;
    writer.headings()?;
    writer.total(Block::Whole)?;
    for region in 0..sheet.layout.regions.len() {
        writer.total(Block::Region(region))?;
    }
    for unit in 0..sheet.layout.units {
        writer.unit(unit)?;
    }
    writer.elsewhere()?;
    let beside = sheet.layout.head(Head::Code).unwrap_or(0) + 1;
    let paper = if width > WIDEST_ON_A4 {
        Paper::Wide(beside - 1)
    } else {
        Paper::Landscape
    };
    page::paper(writer.out, paper, summary.footer(), Some((0, FIRST - 1)))?;
    writer
        .out
        .set_freeze_panes(page::row(FIRST), page::col(beside))?;
    Ok(())
}

/// Writes one form's sheet, block by block.
pub(super) struct Writer<'s> {
    pub(super) summary: &'s Summary<'s>,
    pub(super) sheet: &'s FormSheet<'s>,
    pub(super) form: &'s Form,
    pub(super) rules: &'s [Rule],
    /// How wide each column of figures is.
    columns: Vec<f64>,
    pub(super) out: &'s mut Worksheet,
}

impl<'s> Writer<'s> {
    /// Sets the columns' widths, folds those away that only serve others, and gives the width
    /// of what is in sight back.
    fn widths(&mut self) -> Result<f64, XlsxError> {
        let layout = self.sheet.layout;
        let standing = &self.summary.judged.standing;
        let mut all = 0.0;
        for (at, head) in layout.heads.iter().enumerate() {
            let width = match head {
                Head::Unit => widest(standing.iter().map(|s| s.unit.name.as_str()), 22.0),
                Head::Region => widest(layout.regions.iter().map(String::as_str), 12.0),
                Head::Line => self.label_width(),
                Head::Reporting => super::status::reporting_width(self.summary),
                Head::Checking => super::status::checking_width(self.summary),
                Head::Records | Head::Code | Head::Errors | Head::Queries => {
                    page::room_for([self.head_words(*head).as_str()]).max(6.0)
                }
            };
            self.out.set_column_width(page::col(at), width)?;
            all += width;
        }
        for (at, column) in layout.columns.iter().enumerate() {
            let width = if column.is_words {
                16.0
            } else {
                self.figure_width(at)
            };
            let width = width.max(page::longest_word(&column.label) + 1.0);
            let place = page::col(layout.figure_column(at));
            self.out.set_column_width(place, width)?;
            self.columns.push(width);
            all += if column.folded { 0.0 } else { width };
            if column.has_band {
                let place = page::col(layout.last_of(at));
                self.out.set_column_width(place, BAND)?;
                all += BAND;
            }
        }
        let folded = |column: &super::layout::Shown| column.folded;
        if let Some(first) = layout.columns.iter().position(folded) {
            let (first, last) = (
                layout.figure_column(first),
                layout.last_of(layout.columns.len() - 1),
            );
            self.out
                .group_columns_collapsed(page::col(first), page::col(last))?;
        }
        Ok(all)
    }

    /// How wide the column of the form's rows is; longer labels take several lines.
    fn label_width(&self) -> f64 {
        let lines = self.sheet.layout.lines.iter();
        widest(lines.map(|line| line.label.as_str()), 28.0)
    }

    /// Makes a line as high as its label and the words in it need.
    pub(super) fn fit(&mut self, block: Block, line: usize) -> Result<(), XlsxError> {
        let layout = self.sheet.layout;
        // Under another line a label is indented.
        let label = page::lines_in(&layout.lines[line].label, self.label_width() - 2.0);
        let submission = match block {
            Block::Unit(unit) => self.submission(unit).filter(|_| self.form.is_fixed()),
            Block::Whole | Block::Region(_) => None,
        };
        let words = |column: usize| {
            let table = &submission?.table;
            let variable = layout.variable(self.form, line, column)?;
            let is_number = self.form.variables[variable].is_number();
            let text = match (is_number, table.number(0, variable)) {
                (false, _) => table.word(0, variable)?,
                (true, None) => table.written(0, variable)?,
                (true, Some(_)) => return None,
            };
            Some(page::lines_in(text, self.columns[column]))
        };
        let lines = (0..layout.columns.len()).filter_map(words);
        let lines = lines.fold(label, usize::max);
        if lines > 1 {
            let row = page::row(layout.row(block, line));
            self.out.set_row_height(row, page::height(lines))?;
        }
        Ok(())
    }

    /// Room for the largest figure of a column, and for the digits that it may grow by.
    fn figure_width(&self, column: usize) -> f64 {
        let judged = self.summary.judged;
        let mut widest = 0.0_f64;
        for line in 0..self.sheet.layout.lines.len() {
            let variable = self.sheet.layout.variable(self.form, line, column);
            let Some(variable) = variable.filter(|v| self.form.variables[*v].is_number()) else {
                continue;
            };
            let kind = self.form.variables[variable].kind;
            let mut see = |look: Look, x: f64| {
                widest = widest.max(page::width(&written(look, seen(kind, x))));
            };
            let mut city = judged.city.get(self.sheet.at).into_iter().flatten();
            let total = city.find(|figure| figure.variable == variable);
            if let Some(total) = total.and_then(|figure| figure.reported.as_ref()) {
                let x = number::to_f64(total);
                see(total_look(kind, Some(seen(kind, x))), x);
            }
            for unit in 0..self.sheet.layout.units {
                let submission = self.submission(unit).filter(|_| self.form.is_fixed());
                if let Some(x) = submission.and_then(|one| one.table.number(0, variable)) {
                    see(unit_look(kind, x, None), x);
                }
            }
        }
        (widest + 3.0).max(FIGURE)
    }

    /// In which band a rate lies, beside it; of a total as a formula over it.
    pub(super) fn band(
        &mut self,
        variable: usize,
        at: (usize, usize),
        x: Option<f64>,
        tone: Tone,
    ) -> Result<(), XlsxError> {
        let place = (at.0, at.1 + 1);
        let format = self.summary.styles.word(None, tone);
        let Some(levels) = levels(self.form, variable) else {
            return page::words(self.out, place, "", &format);
        };
        let kind = self.form.variables[variable].kind;
        let levels = levels.map(|level| seen(kind, number::to_f64(&level)));
        let reached = |x: f64| levels.iter().filter(|level| x >= **level).count();
        let band = x.map_or("", |x| BANDS[reached(x)]);
        if matches!(tone, Tone::Plain | Tone::Detail) {
            return page::words(self.out, place, band, &format);
        }
        let cell = page::cell_name(at);
        let [alert, basic, development] = levels;
        let [below, low, middle, high] = BANDS;
        let formula = format!(
            "IF(ISNUMBER({cell}),IF({cell}>={development},\"{high}\",IF({cell}>={basic},\"{middle}\",IF({cell}>={alert},\"{low}\",\"{below}\"))),\"\")"
        );
        page::formula(self.out, place, &formula, band, &format)
    }

    fn titles(&mut self) -> Result<(), XlsxError> {
        let summary = self.summary;
        let (id, title) = (&self.form.id, summary.say(&self.form.title));
        let Text { zh, en } = summary.judged.period.words();
        let title = summary.say(&both!("{id}  {title}（{zh}）", "{id}  {title} ({en})"));
        page::words(self.out, (0, 0), &title, &summary.styles.title)?;
        self.out.set_row_height(0, 26)?;
        let unit = match &self.form.unit {
            Some(unit) => summary.say(&both!("计量单位：{unit}。", "Unit: {unit}. ")),
            None => String::new(),
        };
        let folded = self.sheet.layout.lines.len() > 1
            || self.sheet.layout.columns.iter().any(|column| column.folded);
        let fold = if folded {
            summary.pick(
                "点左边或上方的 + 展开其他行、栏。",
                " The + signs unfold further lines and columns.",
            )
        } else {
            ""
        };
        let legend = summary.pick(
            "合计为公式；比率按分子、分母汇总后计算。红底加粗＝必改，黄底斜体＝核实，蓝底＝提示：批注里有问题和编号。",
            "Totals are live; rates are ratios of sums. Red and bold: error; amber and slanted: query; \
             blue: note. The notes tell each finding with its id.",
        );
        let bands = if self.sheet.layout.columns.iter().any(|c| c.has_band) {
            summary.pick(
                "三线：●发展线以上 ◆基本线以上 ▲警戒线以上 ▼警戒线以下。",
                " Bands: ● from the development line, ◆ from the basic line, ▲ from the alert line, ▼ below it.",
            )
        } else {
            ""
        };
        let plain = summary.styles.sentence.clone().unset_text_wrap();
        let text = format!("{unit}{legend}{bands}{fold}");
        page::words(self.out, (1, 0), &text, &plain)
    }

    fn headings(&mut self) -> Result<(), XlsxError> {
        let (summary, layout) = (self.summary, self.sheet.layout);
        let format = &summary.styles.head;
        for (at, head) in layout.heads.iter().enumerate() {
            let text = self.head_words(*head);
            let (first, last) = (page::row(HEADINGS), page::row(FIRST - 1));
            self.out
                .merge_range(first, page::col(at), last, page::col(at), &text, format)?;
        }
        let (mut lines, mut above) = (1, 1);
        let mut at = 0;
        while at < layout.columns.len() {
            let column = &layout.columns[at];
            let same = layout.columns[at..].iter().take_while(|other| {
                column.group.is_some()
                    && other.group == column.group
                    && other.folded == column.folded
            });
            let many = same.count().max(1);
            let place = (layout.figure_column(at), layout.last_of(at + many - 1));
            if let Some(group) = &column.group {
                let room = self.columns[at..at + many].iter().sum();
                above = above.max(page::lines_in(group, room));
                page::across(self.out, HEADINGS, place, group, format)?;
            } else {
                let (first, last) = (page::row(HEADINGS), page::row(HEADINGS + 1));
                let place = page::col(place.0);
                self.out
                    .merge_range(first, place, last, place, &column.label, format)?;
            }
            for (more, column) in layout.columns[at..at + many].iter().enumerate() {
                let place = layout.figure_column(at + more);
                if column.group.is_some() {
                    page::words(self.out, (HEADINGS + 1, place), &column.label, format)?;
                }
                lines = lines.max(page::lines_in(&column.label, self.columns[at + more]));
                page::words(self.out, (FIRST - 1, place), &column.number, format)?;
                if column.has_band {
                    self.band_heading(place + 1, column.group.is_some())?;
                }
            }
            at += many;
        }
        self.out
            .set_row_height(page::row(HEADINGS), page::height(above))?;
        self.out
            .set_row_height(page::row(HEADINGS + 1), page::height(lines.max(2)))?;
        Ok(())
    }

    /// The heading of a column of bands; under a group's heading it starts a row lower.
    fn band_heading(&mut self, column: usize, in_group: bool) -> Result<(), XlsxError> {
        let format = &self.summary.styles.head;
        let (first, last) = (HEADINGS + usize::from(in_group), FIRST - 1);
        let text = self.summary.pick("线", "");
        let column = page::col(column);
        let (first, last) = (page::row(first), page::row(last));
        self.out
            .merge_range(first, column, last, column, text, format)?;
        Ok(())
    }

    fn head_words(&self, head: Head) -> String {
        let pick = |zh, en| self.summary.pick(zh, en).to_owned();
        match head {
            Head::Unit => pick("填报单位", "Unit"),
            Head::Region => pick("分组", "Group"),
            Head::Line => match &self.form.row_label {
                Some(label) => label.clone(),
                None => pick("项目", "Line"),
            },
            Head::Code => pick("行次", "No."),
            Head::Reporting => pick("报送", "Reporting"),
            Head::Checking => pick("审核", "Checking"),
            Head::Errors => pick("必改", "Errors"),
            Head::Queries => pick("核实", "Queries"),
            Head::Records => pick("记录数", "Records"),
        }
    }

    /// What a unit has sent of the form.
    pub(super) fn submission(&self, unit: usize) -> Option<&Submission> {
        self.summary.tally.submission(unit, self.sheet.at)
    }

    /// Folds the further lines of a block under its first.
    pub(super) fn fold(&mut self, block: Block, closed: bool) -> Result<(), XlsxError> {
        let layout = self.sheet.layout;
        if layout.lines.len() < 2 {
            return Ok(());
        }
        self.out.group_symbols_above(true);
        let (first, last) = (
            layout.row(block, 1),
            layout.row(block, layout.lines.len() - 1),
        );
        self.out.group_rows(page::row(first), page::row(last))?;
        if closed {
            for at in first..=last {
                self.out.set_row_hidden(page::row(at))?;
            }
        }
        Ok(())
    }

    /// The lines of a unit.
    fn unit(&mut self, unit: usize) -> Result<(), XlsxError> {
        let layout = self.sheet.layout;
        let findings = self.findings_by_cell(unit);
        let sums = match self.submission(unit) {
            Some(submission) if !self.form.is_fixed() => self.sums(&[&submission.table]),
            _ => BTreeMap::new(),
        };
        for line in 0..layout.lines.len() {
            let tone = if line == 0 { Tone::Plain } else { Tone::Detail };
            self.unit_heads(unit, line, tone, &findings)?;
            self.fit(Block::Unit(unit), line)?;
            for column in 0..layout.columns.len() {
                let at = (
                    layout.row(Block::Unit(unit), line),
                    layout.figure_column(column),
                );
                let found = findings.get(&at).map_or(&[][..], Vec::as_slice);
                let light = found
                    .iter()
                    .map(|finding| finding.severity)
                    .min()
                    .map(Light::from);
                let variable = layout.variable(self.form, line, column);
                let own = self.submission(unit).filter(|_| self.form.is_fixed());
                let x = variable.and_then(|v| match own {
                    Some(own) => own.table.number(0, v),
                    None => sums.get(&v).copied(),
                });
                match (variable, self.form.is_fixed()) {
                    (Some(variable), true) => self.figure(unit, variable, at, tone, light)?,
                    (Some(variable), false) => self.sum(variable, x, at, light)?,
                    (None, _) => {}
                }
                if let Some(variable) = variable.filter(|_| layout.columns[column].has_band) {
                    let kind = self.form.variables[variable].kind;
                    self.band(variable, at, x.map(|x| seen(kind, x)), tone)?;
                }
                self.tell(at, found)?;
            }
        }
        self.tell_corrections(unit)?;
        let is_first = |at: &(usize, usize)| at.0 == layout.row(Block::Unit(unit), 0);
        // A flagged cell is not folded out of sight.
        self.fold(Block::Unit(unit), findings.keys().all(is_first))
    }

    /// What was found of the form and is charged to no unit, such as by a rule over the whole city,
    /// under the units: so the sheet has as many findings as the list.
    fn elsewhere(&mut self) -> Result<(), XlsxError> {
        let (summary, layout, form) = (self.summary, self.sheet.layout, self.form);
        let all = &summary.judged.findings;
        let is_own = |at: &&usize| all[**at].form.as_ref() == Some(&form.id);
        let own = summary.tally.elsewhere.iter().filter(is_own);
        let own: Vec<usize> = own.copied().collect();
        let places = layout.head(Head::Errors).zip(layout.head(Head::Queries));
        let Some((errors, queries)) = places.filter(|_| !own.is_empty()) else {
            return Ok(());
        };
        let at = layout.unit_rows().1 + 1;
        let format = summary.styles.word(None, Tone::Group);
        let text = summary.pick(
            "另有不属于任何单位的问题",
            "Findings that belong to no unit",
        );
        page::across(self.out, at, (0, errors - 1), text, &format)?;
        let findings: Vec<&Finding> = own.iter().map(|at| &all[*at]).collect();
        self.tell((at, 0), &findings)?;
        let weights = summary.tally.weigh(&own);
        page::count(self.out, (at, errors), weights.errors, &format)?;
        page::count(self.out, (at, queries), weights.queries, &format)
    }

    /// A unit's findings by the cell at which they are shown; those without one stand at its name.
    /// Of figures that were accepted and are not in force any more there is nothing to find.
    fn findings_by_cell(&self, unit: usize) -> BTreeMap<(usize, usize), Vec<&'s Finding>> {
        let mut by_cell: BTreeMap<(usize, usize), Vec<&'s Finding>> = BTreeMap::new();
        if !self.corrections(unit).is_empty() {
            return by_cell;
        }
        for at in self.summary.tally.findings(unit, self.sheet.at) {
            let finding = &self.summary.judged.findings[*at];
            let cell = self.sheet.cell_of(unit, finding);
            by_cell.entry(cell).or_default().push(finding);
        }
        by_cell
    }

    /// What has come since the month was closed and is not what a unit's lines show.
    fn corrections(&self, unit: usize) -> &'s [&'s Correction] {
        self.summary.tally.corrections(unit, self.sheet.at)
    }

    /// A note at each figure for which another one has come since the close; about a record or the
    /// whole form it stands at the unit's name.
    fn tell_corrections(&mut self, unit: usize) -> Result<(), XlsxError> {
        let mut by_cell: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for one in self.corrections(unit) {
            let cell = self.sheet.cell_at(unit, one.variable.as_ref());
            let (then, now) = (&one.accepted, &one.now);
            let key = one.key(&self.summary.judged.rulebook.forms);
            let of = key.map_or_else(String::new, |key| format!("{key} "));
            let text = match one.change {
                Change::Changed => both!(
                    "更正：{of}已验收 {then}，封库后报来 {now}",
                    "Correction: {of}accepted {then}, {now} has come since"
                ),
                change => Text::same(of).and(&change.words()),
            };
            let told = by_cell.entry(cell).or_default();
            told.push(self.summary.say(&text));
        }
        for (at, mut told) in by_cell {
            let more = told.len().saturating_sub(TOLD_IN_A_NOTE);
            told.truncate(TOLD_IN_A_NOTE);
            if more > 0 {
                let text = both!(
                    "另有 {more} 处，见“更正”。",
                    "{more} more under Corrections."
                );
                told.push(self.summary.say(&text));
            }
            page::note(self.out, at, &told.join("\n"))?;
        }
        Ok(())
    }

    fn unit_heads(
        &mut self,
        unit: usize,
        line: usize,
        tone: Tone,
        findings: &BTreeMap<(usize, usize), Vec<&Finding>>,
    ) -> Result<(), XlsxError> {
        let (summary, layout) = (self.summary, self.sheet.layout);
        let styles = &summary.styles;
        let (reporting, checking) = summary.tally.stands(unit, self.sheet.at);
        for (place, head) in layout.heads.iter().enumerate() {
            let at = (layout.row(Block::Unit(unit), line), place);
            let (text, format) = match head {
                Head::Unit => {
                    let name = summary.judged.standing[unit].unit.name.clone();
                    let found = findings.get(&at).map_or(&[][..], Vec::as_slice);
                    let light = found.iter().map(|finding| finding.severity).min();
                    self.tell(at, found)?;
                    (name, styles.cell(Look::Words, tone, light.map(Light::from)))
                }
                Head::Region => (summary.region(unit).to_owned(), styles.word(None, tone)),
                Head::Line => {
                    let label = layout.lines[line].label.clone();
                    let format = styles.cell(Look::Words, tone, None);
                    (label, format.set_text_wrap())
                }
                Head::Code => (layout.lines[line].code.clone(), styles.word(None, tone)),
                Head::Reporting if line == 0 => {
                    let light = super::status::reporting_light(reporting);
                    (summary.say(&reporting.words()), styles.word(light, tone))
                }
                Head::Checking if line == 0 => {
                    let light = super::status::checking_light(checking);
                    (summary.say(&checking.words()), styles.word(light, tone))
                }
                Head::Errors | Head::Queries | Head::Records if line == 0 => {
                    self.unit_count(*head, unit, at)?;
                    continue;
                }
                _ => (String::new(), styles.word(None, tone)),
            };
            page::words(self.out, at, &text, &format)?;
        }
        Ok(())
    }

    /// A count of a unit; one of findings leads to the first of them in the list.
    fn unit_count(&mut self, head: Head, unit: usize, at: (usize, usize)) -> Result<(), XlsxError> {
        let summary = self.summary;
        let Some(count) = self.count_of(head, unit) else {
            return page::words(self.out, at, "", &summary.styles.text);
        };
        let wanted = match head {
            Head::Errors => Some(Severity::Error),
            Head::Queries => Some(Severity::Query),
            _ => None,
        };
        let findings = summary.tally.findings(unit, self.sheet.at);
        let severity = |at: &&usize| Some(summary.judged.findings[**at].severity) == wanted;
        match findings
            .iter()
            .find(severity)
            .and_then(|at| super::findings::place(summary, *at))
        {
            Some(target) => page::link(
                self.out,
                at,
                &target,
                &count.to_string(),
                &summary.styles.link,
            ),
            None => page::count(self.out, at, count, &summary.styles.count),
        }
    }

    /// A unit's figure as it was read, or what stood there instead.
    fn figure(
        &mut self,
        unit: usize,
        variable: usize,
        at: (usize, usize),
        tone: Tone,
        light: Option<Light>,
    ) -> Result<(), XlsxError> {
        let styles = &self.summary.styles;
        let kind = self.form.variables[variable].kind;
        let words = styles.cell(Look::Words, Tone::Plain, light);
        let Some(table) = self.submission(unit).map(|submission| &submission.table) else {
            return page::words(self.out, at, "", &words);
        };
        if !self.form.variables[variable].is_number() {
            let text = table.word(0, variable).unwrap_or("").to_owned();
            return page::words(self.out, at, &text, &words.set_text_wrap());
        }
        if let Some(x) = table.number(0, variable) {
            let stated = self.form.variables[variable].stated;
            let decimals = stated.then(|| table.dress(0, variable).decimals);
            let format = styles.cell(unit_look(kind, x, decimals), tone, light);
            let (row, column) = (page::row(at.0), page::col(at.1));
            self.out
                .write_number_with_format(row, column, seen(kind, x), &format)?;
            return Ok(());
        }
        let table = self.told_by(unit, table, variable);
        let text = match (table.written(0, variable), table.absent(0, variable)) {
            (Some(written), _) => written.to_owned(),
            (None, Some(Absent::NotApplicable)) => NONE.to_owned(),
            (None, _) => String::new(),
        };
        let format = styles.cell(Look::Number(0), tone, light);
        page::words(self.out, at, &text, &format.set_text_wrap())
    }

    /// The table that says why there is no figure: accepted ones do not say what stood there
    /// instead, the submission in force does if it has none either.
    fn told_by<'t>(&self, unit: usize, table: &'t Table, variable: usize) -> &'t Table
    where
        's: 't,
    {
        let judged = self.summary.judged;
        if judged.accepted.is_empty() {
            return table;
        }
        let code = &judged.standing[unit].unit.code;
        let mut submissions = judged.submissions.iter();
        let in_force = submissions.find(|one| {
            let district = &judged.rulebook.register.districts[one.district];
            one.form == self.sheet.at && district.code == *code
        });
        let in_force = in_force.map(|one| &one.table);
        in_force
            .filter(|table| table.number(0, variable).is_none())
            .unwrap_or(table)
    }

    /// A list's sum or ratio of sums.
    fn sum(
        &mut self,
        variable: usize,
        sum: Option<f64>,
        at: (usize, usize),
        light: Option<Light>,
    ) -> Result<(), XlsxError> {
        let kind = self.form.variables[variable].kind;
        let sum = sum.map(|x| seen(kind, x));
        let look = total_look(kind, sum);
        let format: Format = self.summary.styles.cell(look, Tone::Plain, light);
        match sum {
            Some(x) => {
                self.out
                    .write_number_with_format(page::row(at.0), page::col(at.1), x, &format)?;
                Ok(())
            }
            None => page::words(self.out, at, "", &format),
        }
    }

    /// A note with the findings of a cell.
    fn tell(&mut self, at: (usize, usize), findings: &[&Finding]) -> Result<(), XlsxError> {
        if findings.is_empty() {
            return Ok(());
        }
        let summary = self.summary;
        let mut told: Vec<String> = findings
            .iter()
            .take(TOLD_IN_A_NOTE)
            .map(|finding| {
                let severity = summary.say(&finding.severity.words());
                let (id, rule) = (&finding.id, &finding.rule);
                let (message, fix) = (summary.say(&finding.message), summary.say(&finding.fix));
                let ask = summary.pick("怎么改：", "To do: ");
                format!("【{severity}】{id} {rule}\n{message}\n{ask}{fix}")
            })
            .collect();
        let more = findings.len().saturating_sub(TOLD_IN_A_NOTE);
        if more > 0 {
            let text = both!(
                "另有 {more} 条，见问题清单。",
                "{more} more in the list of findings."
            );
            told.push(summary.say(&text));
        }
        page::note(self.out, at, &told.join("\n\n"))
    }
}

impl FormSheet<'_> {
    /// The cell at which a finding of a unit is shown.
    pub(super) fn cell_of(&self, unit: usize, finding: &Finding) -> (usize, usize) {
        self.cell_at(unit, finding.variable.as_ref())
    }

    /// The cell of a unit's figure; its name where it is about none.
    fn cell_at(&self, unit: usize, variable: Option<&Variable>) -> (usize, usize) {
        let block = Block::Unit(unit);
        let variable = variable.and_then(|accused| {
            self.form
                .variables
                .iter()
                .position(|variable| variable.id == accused.id)
        });
        variable
            .and_then(|variable| self.layout.cell(block, variable))
            .unwrap_or((self.layout.row(block, 0), 0))
    }

    /// Whether a variable's figures over several units make sense as one figure.
    pub(super) fn has_total(&self, rules: &[Rule], variable: usize) -> bool {
        self.form.variables[variable].adds_up() || is_ratio(self.form, rules, variable)
    }
}

/// The width of the widest of these texts, up to a limit.
fn widest<'t>(texts: impl Iterator<Item = &'t str>, most: f64) -> f64 {
    texts
        .map(|text| page::width(text) + 2.0)
        .fold(8.0, f64::max)
        .min(most)
}

/// A figure as people see it: points, not hundredths of one. A percent is shown by its format.
pub(super) fn seen(kind: Type, x: f64) -> f64 {
    if kind == Type::Points {
        number::shift(x, 2)
    } else {
        x
    }
}

/// How a unit's figure is shown: a stated one with the decimals that it was stated with.
fn unit_look(kind: Type, x: f64, decimals: Option<u8>) -> Look {
    match kind {
        Type::Percent => Look::Percent(
            decimals
                .unwrap_or_else(|| number::decimals(number::shift(x, 2)))
                .min(4),
        ),
        Type::Points => Look::Points,
        _ => Look::Number(number::decimals(x).max(decimals.unwrap_or(0)).min(4)),
    }
}

/// How a figure over several units is shown.
pub(super) fn total_look(kind: Type, x: Option<f64>) -> Look {
    match kind {
        Type::Percent => Look::Percent(1),
        Type::Points => Look::Points,
        Type::Count => Look::Number(0),
        _ => Look::Number(x.map_or(0, number::decimals).min(2)),
    }
}

/// Both wordings of why a figure has no total.
pub(super) fn why_no_total() -> Text {
    Text::new(
        "没有分子、分母，不汇总",
        "no numerator and denominator: not summed",
    )
}
