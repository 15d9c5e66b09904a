//! 填报模板: a district's workbook for a period, ready to be filled in.
//!
//! It looks as the office prints its forms, knows what was reported a year ago, and says while
//! somebody types what the checks would say afterwards: cells that are open and cells that are
//! not, drop-downs, limits, cells that turn red, and a sheet 自查 with a light for each rule. All
//! of that is made from the rules. A form filled in is read without a note.
//!
//! The forms themselves are in Chinese in either language, since that is how they are known and
//! how they go up; what helps to fill them in is in the reader's language. Limits that a query
//! asks about stand nowhere in it.

mod entry;
mod form;
mod lights;
mod wrong;

use super::official::draw::Dress;
use super::official::{self, Frame, Placed};
use super::page::{self, SheetNames};
use super::styles::Styles;
use crate::baseline::Baseline;
use crate::check::tables::period_of;
use crate::expr::figures::Crossing;
use crate::expr::{Expr, Leaf, Source};
use crate::intake::{OF_DISTRICT, OF_PERIOD, OF_VERSIONS};
use crate::number;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::register::District;
use crate::rulebook::rule::{Claim, Rule};
use crate::rulebook::written::{Audience, Blank, Severity, Stage, Type};
use crate::table::{CellDress, Draft, DraftColumn, Dress as Dresses, Table, Words};
use crate::words::{Lang, Text};
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};
use std::collections::BTreeMap;

/// Rows of a list that are left free under last year's records.
const SPARE: usize = 8;
/// Rows of a list where nothing is known of last year.
const BLANK_ROWS: usize = 30;

/// What a template is asked for.
pub struct Wanted<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// The period that it is for.
    pub period: Period,
    /// The district's position in the register.
    pub district: usize,
    /// The forms, positions in the rulebook.
    pub forms: &'a [usize],
    /// What was reported earlier.
    pub baseline: &'a Baseline,
    /// The language of what helps to fill it in.
    pub lang: Lang,
}

/// A district's workbook. The same order gives the same bytes.
///
/// # Errors
/// When the writing library refuses something, which would be a fault of ours.
pub fn write(wanted: &Wanted<'_>) -> Result<Vec<u8>, XlsxError> {
    let template = Template::new(wanted);
    let mut book = Workbook::new();
    book.set_default_format(&Styles::default_cell(), 20, 72)?;
    book.set_properties(&template.properties()?);
    let mut choices = entry::Choices::default();
    for frame in &template.frames {
        form::write(&mut book, &template, frame, &mut choices)?;
    }
    lights::write(&mut book, &template)?;
    choices.write(&mut book)?;
    book.save_to_buffer()
}

/// The name of a district's workbook.
pub fn name(wanted: &Wanted<'_>) -> String {
    let (period, district) = (wanted.period, &wanted.district().name);
    let forms = match wanted.forms {
        [one] => format!("-{}", wanted.rulebook.forms[*one].id),
        _ => String::new(),
    };
    let month = period.words().zh;
    match wanted.lang {
        Lang::Zh => format!("报表-{month}-{district}{forms}.xlsx"),
        Lang::En => format!("Forms-{period}-{district}{forms}.xlsx"),
    }
}

impl Wanted<'_> {
    fn district(&self) -> &District {
        &self.rulebook.register.districts[self.district]
    }
}

/// What all sheets of a workbook are made of.
struct Template<'a> {
    wanted: &'a Wanted<'a>,
    frames: Vec<Frame<'a>>,
    dress: Dress,
    /// By form: what stands in it before anybody has filled it in.
    known: BTreeMap<usize, Known>,
}

/// What stands in a form before anybody has filled it in.
#[derive(Default)]
struct Known {
    /// Of a fixed form: figures of last year by variable, as they are kept.
    figures: BTreeMap<usize, f64>,
    /// Of a list: the words of last year's records, by column.
    records: Vec<BTreeMap<usize, String>>,
    /// Cells in which nothing is asked for.
    crossed_out: Vec<usize>,
}

/// A form with its table, its rules and what is known of it.
#[derive(Clone, Copy)]
struct Sheet<'s> {
    template: &'s Template<'s>,
    /// The sheet's name.
    name: &'s str,
    table: &'s Placed<'s>,
    form: &'s Form,
    rules: &'s [Rule],
    known: &'s Known,
}

impl<'a> Template<'a> {
    fn new(wanted: &'a Wanted<'a>) -> Self {
        let known: BTreeMap<usize, Known> = wanted
            .forms
            .iter()
            .map(|at| (*at, Known::of(wanted, *at)))
            .collect();
        let records = |form: usize| match known.get(&form).map_or(0, |k| k.records.len()) {
            0 => BLANK_ROWS,
            known => known + SPARE,
        };
        let mut names = SheetNames::new(&[lights::name(wanted.lang), entry::CHOICES]);
        let frames = official::frames(
            wanted.rulebook,
            wanted.period,
            wanted.forms,
            &records,
            &mut names,
        );
        let mut template = Self {
            wanted,
            frames,
            dress: Dress::new(),
            known,
        };
        template.cross_out();
        template
    }

    /// Finds the cells in which nothing is asked for.
    fn cross_out(&mut self) {
        for table in self.frames.iter().flat_map(|frame| &frame.tables) {
            let rules = &self.wanted.rulebook.rules[table.at];
            if let Some(known) = self.known.get_mut(&table.at) {
                known.crossed_out = table.crossed_out(rules);
            }
        }
    }

    /// One of two wordings.
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.wanted.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The wording in the reader's language.
    fn say(&self, text: &Text) -> String {
        text.get(self.wanted.lang).to_owned()
    }

    /// Every table with its form, from the first sheet to the last.
    fn sheets(&self) -> impl Iterator<Item = Sheet<'_>> {
        self.frames.iter().flat_map(move |frame| {
            let tables = frame.tables.iter();
            tables.map(move |table| self.sheet(&frame.name, table))
        })
    }

    fn sheet<'s>(&'s self, name: &'s str, table: &'s Placed<'s>) -> Sheet<'s> {
        Sheet {
            template: self,
            name,
            table,
            form: table.form,
            rules: &self.wanted.rulebook.rules[table.at],
            known: &self.known[&table.at],
        }
    }

    /// Who it is for, of when, and by which version of each form: intake trusts these.
    fn properties(&self) -> Result<DocProperties, XlsxError> {
        let wanted = self.wanted;
        let versions = wanted.forms.iter().map(|at| {
            let form = &wanted.rulebook.forms[*at];
            format!("{}={}", form.id, form.version)
        });
        let versions: Vec<String> = versions.collect();
        let period = wanted.period.to_string();
        let office = &wanted.rulebook.job.office;
        Ok(page::properties(office, wanted.period)?
            .set_custom_property(OF_PERIOD, period.as_str())
            .set_custom_property(OF_DISTRICT, wanted.district().code.as_str())
            .set_custom_property(OF_VERSIONS, versions.join(" ").as_str()))
    }
}

impl Known {
    fn of(wanted: &Wanted<'_>, at: usize) -> Self {
        let form = &wanted.rulebook.forms[at];
        if form.is_fixed() {
            Self {
                figures: restated(wanted, at),
                ..Self::default()
            }
        } else {
            Self {
                records: carried(wanted, at),
                ..Self::default()
            }
        }
    }
}

/// The figures of last year that a form repeats, as far as they were accepted and still mean
/// the same.
fn restated(wanted: &Wanted<'_>, at: usize) -> BTreeMap<usize, f64> {
    let rulebook = wanted.rulebook;
    let mut figures = BTreeMap::new();
    let rules = rulebook.rules[at].iter();
    for assertion in rules
        .filter(|rule| rule.kind == "restates")
        .flat_map(|rule| &rule.assertions)
    {
        if let Claim::Compare {
            right: Expr::Leaf(leaf),
            ..
        } = &assertion.claim
            && let Some(figure) = earlier(wanted, at, *leaf)
        {
            figures.insert(assertion.accused, figure);
        }
    }
    figures
}

/// An earlier figure of the district, in the meaning that it has now.
fn earlier(wanted: &Wanted<'_>, at: usize, leaf: Leaf) -> Option<f64> {
    let forms = &wanted.rulebook.forms;
    if leaf.link.source == Source::Now {
        return None;
    }
    let there = leaf.link.form.unwrap_or(at);
    let then = period_of(forms, wanted.period, at, leaf.link);
    let table = wanted.baseline.table(then, there, wanted.district)?;
    if !forms[there].is_fixed() {
        return None;
    }
    let crossings = forms[there].crossings(then, wanted.period);
    let crossing = crossings.iter().find(|(known, _)| *known == leaf.variable);
    match crossing.map(|(_, crossing)| crossing) {
        None => table.number(0, leaf.variable),
        Some(Crossing::NotComparable) => None,
        Some(Crossing::Mapped(variable)) => table.number(0, *variable),
        Some(Crossing::Converted(factor)) => {
            let before = number::exact(table.number(0, leaf.variable)?);
            Some(number::to_f64(&(before * factor)))
        }
    }
}

/// The words of last year's records that a list takes over.
fn carried(wanted: &Wanted<'_>, at: usize) -> Vec<BTreeMap<usize, String>> {
    let form = &wanted.rulebook.forms[at];
    let then = wanted.period.last_year();
    let Some(table) = wanted.baseline.table(then, at, wanted.district) else {
        return Vec::new();
    };
    let columns: Vec<usize> = form.print.carries.clone().unwrap_or_else(|| {
        let is_text = |at: &usize| form.columns[*at].kind == Some(Type::Text);
        let mut texts: Vec<usize> = (0..form.columns.len()).filter(is_text).collect();
        texts.extend(&form.key);
        texts
    });
    let record = |record: usize| -> BTreeMap<usize, String> {
        let words = columns.iter().filter_map(|column| {
            let word = table.word(record, *column)?;
            Some((*column, word.to_owned()))
        });
        words.collect()
    };
    (0..table.records()).map(record).collect()
}

impl<'s> Sheet<'s> {
    /// The rules that a district is told of in this period, of this severity.
    fn rules_of(self, severity: Severity) -> impl Iterator<Item = &'s Rule> {
        let period = self.template.wanted.period;
        self.rules.iter().filter(move |rule| {
            rule.severity_of(period) == severity
                && rule.audience == Audience::District
                && rule.stage == Stage::InForce
                && rule.is_in_force(period)
        })
    }

    /// Where a variable stands: its cell, or the first of a list's column.
    fn cell(self, variable: usize) -> Option<(usize, usize)> {
        if self.form.is_fixed() {
            return self.table.cell(variable);
        }
        let (first, _) = self.table.records()?;
        Some((first, self.table.column_of(variable)?))
    }

    /// The records' cells of a column of a list, as `I12:I40`.
    fn range(self, variable: usize) -> Option<String> {
        let (first, last) = self.table.records()?;
        let column = self.table.column_of(variable)?;
        let (first, last) = (
            page::cell_name((first, column)),
            page::cell_name((last, column)),
        );
        Some(format!("{first}:{last}"))
    }

    /// The formula of a total, where it is the sum of other rows of its column.
    fn total(self, variable: usize) -> Option<String> {
        let place = &self.form.variables[variable];
        let row = &self.form.rows[place.row?];
        if row.total_of.is_empty() || !crate::check::is_additive(self.form, variable) {
            return None;
        }
        let cells = self.parts(variable).map(|part| self.table.cell(part));
        let cells: Option<Vec<(usize, usize)>> = cells.collect();
        let cells = cells?;
        let follow = cells.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        let names: Vec<String> = cells.iter().map(|cell| page::cell_name(*cell)).collect();
        Some(match (follow, names.as_slice()) {
            (true, [first, .., last]) => format!("SUM({first}:{last})"),
            _ => format!("SUM({})", names.join(",")),
        })
    }

    /// What a total is the sum of.
    fn parts(self, variable: usize) -> impl Iterator<Item = usize> {
        let place = &self.form.variables[variable];
        let row = place.row.map(|row| &self.form.rows[row]);
        let parts = row.into_iter().flat_map(|row| &row.total_of);
        parts.map(move |(part, _)| self.form.variable(place.column, Some(*part)))
    }

    /// What a total comes to before anything is filled in.
    fn sum(self, variable: usize) -> f64 {
        let parts = self.parts(variable).map(|part| self.figure(part));
        number::to_f64(&number::sum(parts.flatten()).0)
    }

    /// What stands in a cell before anything is filled in, as it is kept.
    fn figure(self, variable: usize) -> Option<f64> {
        match self.known.figures.get(&variable) {
            Some(figure) => Some(*figure),
            None if self.total(variable).is_some() => Some(self.sum(variable)),
            None => None,
        }
    }

    /// Whether a cell holds the formula of its total. Where last year's accepted parts make
    /// another sum, the accepted figure stands there.
    fn is_formula(self, variable: usize) -> bool {
        let known = self.known.figures.get(&variable);
        self.form.is_fixed()
            && self.total(variable).is_some()
            && known.is_none_or(|figure| *figure == self.sum(variable))
    }

    /// Whether somebody has to fill a cell in: nothing stands in it yet, and something is asked.
    fn is_asked(self, variable: usize) -> bool {
        if !self.form.is_fixed() {
            return !self.known.records.iter().any(|r| r.contains_key(&variable));
        }
        let is_unit = self.form.unit_column() == Some(self.form.variables[variable].column);
        !is_unit
            && !self.known.crossed_out.contains(&variable)
            && !self.known.figures.contains_key(&variable)
            && !self.is_formula(variable)
    }

    /// How a figure stands that is known: a stated one counts with the decimals that it has.
    fn dress(self, variable: usize) -> CellDress {
        let scale = self.form.variables[variable].scale();
        let figure = self.known.figures.get(&variable);
        let seen = figure.map(|figure| number::shift(*figure, -scale));
        CellDress {
            scale: i8::try_from(scale).unwrap_or(0),
            decimals: seen.map_or(0, number::decimals),
            ..CellDress::default()
        }
    }

    /// What the form is worth as it is handed out: the record or records that are known, blanks
    /// as the form reads them.
    fn as_it_is(self) -> Table {
        let form = self.form;
        let records = if form.is_fixed() {
            1
        } else {
            self.known.records.len()
        };
        let column = |(at, variable): (usize, &crate::rulebook::form::Variable)| {
            if !variable.is_number() {
                let mut words = Words::default();
                for record in 0..records {
                    let known = self.known.records.get(record);
                    let word = known.and_then(|known| known.get(&at));
                    words.push(word.map_or("", String::as_str));
                }
                return DraftColumn::Words(words);
            }
            let is_nil = form.blank == Blank::Nil && variable.adds_up();
            let blank = if is_nil { 0.0 } else { f64::NAN };
            let own = if form.is_fixed() {
                self.figure(at)
            } else {
                None
            };
            DraftColumn::Numbers(vec![own.unwrap_or(blank); records])
        };
        let draft = Draft {
            records,
            columns: form.variables.iter().enumerate().map(column).collect(),
            dress: Dresses {
                usual: (0..form.variables.len()).map(|at| self.dress(at)).collect(),
                ..Dresses::default()
            },
            ..Draft::default()
        };
        draft.into()
    }
}
