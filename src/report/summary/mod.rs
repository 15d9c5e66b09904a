//! `summary.xlsx`, the staff's workbench: what came, what does not add up, what the city comes to.
//!
//! One file a sheet. `layout` says where a form's figures stand, `tally` counts, so that two
//! sheets can't count differently, `list` writes plain lists, and `page` knows paper, widths and
//! links. Totals are formulas over the units' cells with the results that were judged. Earlier
//! months come from `history`. The clean table that goes up is not here.

mod answers;
mod changes;
mod city;
mod corrections;
mod findings;
mod focus;
mod form;
mod layout;
mod ledger;
mod list;
mod overview;
mod provenance;
mod reading;
mod rules;
mod status;
mod tally;
mod totals;
mod trend;
mod variation;
mod waivers;
mod year;

use super::history::{History, Month};
use super::key::{self, Restings};
use super::page::{self, SheetNames};
use super::styles::Styles;
use crate::finding::Unit;
use crate::intake::returned::{ISSUE, SUMMARY_OF};
use crate::judged::Judged;
use crate::rulebook::form::Form;
use crate::words::{Lang, Text};
use layout::Layout;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};
use tally::Tally;

/// The staff's workbook, in a period's published folder.
pub const SUMMARY: &str = "summary.xlsx";

/// Writes the summary of a judged run, with the months before it. The same run and months give
/// the same bytes.
///
/// # Errors
/// When the writing library refuses something, which would be a fault of ours.
pub fn write(judged: &Judged<'_>, history: &History, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let summary = Summary::new(judged, history, lang);
    let mut book = Workbook::new();
    // 72 pixels are a column of the body font's default width.
    book.set_default_format(&Styles::default_cell(), 20, 72)?;
    book.set_properties(&summary.properties()?);
    overview::write(&mut book, &summary)?;
    status::write(&mut book, &summary)?;
    city::write(&mut book, &summary)?;
    year::write(&mut book, &summary)?;
    trend::write(&mut book, &summary)?;
    trend::contributions(&mut book, &summary)?;
    for form in 0..judged.rulebook.forms.len() {
        if let Some(sheet) = FormSheet::of(&summary, form) {
            form::write(&mut book, &summary, &sheet)?;
        }
    }
    variation::write(&mut book, &summary)?;
    findings::write(&mut book, &summary)?;
    focus::write(&mut book, &summary)?;
    answers::write(&mut book, &summary)?;
    waivers::write(&mut book, &summary)?;
    changes::write(&mut book, &summary)?;
    corrections::write(&mut book, &summary)?;
    rules::write(&mut book, &summary)?;
    ledger::write(&mut book, &summary)?;
    reading::write(&mut book, &summary)?;
    provenance::write(&mut book, &summary)?;
    book.save_to_buffer()
}

/// What all sheets are made of.
struct Summary<'a> {
    judged: &'a Judged<'a>,
    lang: Lang,
    styles: Styles,
    names: Names,
    /// By form; none for a form that is not asked for this month.
    layouts: Vec<Option<Layout>>,
    /// By unit on the board: its group.
    regions: Vec<String>,
    tally: Tally<'a>,
    /// What of the city's figures rests on errors.
    restings: Restings<'a>,
    /// The months before.
    history: &'a History,
    /// The month itself, in the shape of those before.
    month: Month,
}

/// A form that has a sheet.
struct FormSheet<'s> {
    /// Its position in the rulebook.
    at: usize,
    form: &'s Form,
    layout: &'s Layout,
    name: &'s str,
}

impl<'s> FormSheet<'s> {
    fn of(summary: &'s Summary<'_>, at: usize) -> Option<Self> {
        Some(Self {
            at,
            form: &summary.judged.rulebook.forms[at],
            layout: summary.layouts[at].as_ref()?,
            name: &summary.names.forms[at],
        })
    }
}

impl<'a> Summary<'a> {
    fn new(judged: &'a Judged<'a>, history: &'a History, lang: Lang) -> Self {
        let rulebook = judged.rulebook;
        let regions = rulebook.register.regions();
        let units = judged.standing.len();
        let layouts = rulebook
            .forms
            .iter()
            .zip(&rulebook.rules)
            .map(|(form, rules)| {
                form.is_due_in(judged.period)
                    .then(|| Layout::new(form, rules, &regions, units, lang))
            })
            .collect();
        Self {
            judged,
            lang,
            styles: Styles::new(),
            names: Names::new(&rulebook.forms, lang),
            layouts,
            regions: judged
                .standing
                .iter()
                .map(|standing| region(judged, &standing.unit))
                .collect(),
            tally: Tally::new(judged),
            restings: Restings::new(judged),
            history,
            month: Month::of(judged),
        }
    }

    /// The wording in the reader's language.
    fn say(&self, text: &Text) -> String {
        text.get(self.lang).to_owned()
    }

    /// One of two wordings.
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The forms that are asked for, each with its sheet.
    fn sheets(&self) -> impl Iterator<Item = FormSheet<'_>> {
        (0..self.layouts.len()).filter_map(|form| FormSheet::of(self, form))
    }

    /// The footer of every page.
    fn footer(&self) -> &'static str {
        if self.judged.is_final() {
            return self.pick("&C第 &P 页 / 共 &N 页", "&CPage &P of &N");
        }
        self.pick(
            "&C内部资料 · 第 &P 页 / 共 &N 页",
            "&CInternal · page &P of &N",
        )
    }

    /// Whether the figures are final.
    fn finality(&self) -> &'static str {
        if self.judged.is_final() {
            return self.pick("已封库", "closed");
        }
        self.pick("未定案", "not final")
    }

    /// The group of a unit on the board.
    fn region(&self, unit: usize) -> &str {
        &self.regions[unit]
    }

    /// What the city's figures call a variable: its row and column, or the row alone where
    /// variables run down.
    fn figure_label(&self, form: &Form, variable: usize) -> String {
        self.say(&key::label(form, variable))
    }

    /// The unit in which people see a variable.
    fn figure_unit(form: &Form, variable: usize) -> String {
        key::unit(form, variable)
    }

    fn properties(&self) -> Result<DocProperties, XlsxError> {
        let period = self.judged.period;
        let words = period.words();
        let Text { zh, en } = &words;
        let office = &self.judged.rulebook.job.office;
        Ok(page::properties(office, period)?
            .set_title(self.say(&both!("{zh}报表审核汇总", "Summary of {en}")))
            .set_custom_property(SUMMARY_OF, period.to_string())
            .set_custom_property(ISSUE, self.judged.dialogue.issue()))
    }
}

fn region(judged: &Judged<'_>, unit: &Unit) -> String {
    let mut districts = judged.rulebook.register.districts.iter();
    districts
        .find(|district| district.code == unit.code)
        .map_or_else(String::new, |district| district.region.clone())
}

/// What the sheets are called.
struct Names {
    overview: &'static str,
    status: &'static str,
    city: &'static str,
    year: &'static str,
    trend: &'static str,
    contributions: &'static str,
    variation: &'static str,
    findings: &'static str,
    focus: &'static str,
    answers: &'static str,
    waivers: &'static str,
    changes: &'static str,
    corrections: &'static str,
    rules: &'static str,
    ledger: &'static str,
    reading: &'static str,
    provenance: &'static str,
    /// By form.
    forms: Vec<String>,
}

impl Names {
    fn new(forms: &[Form], lang: Lang) -> Self {
        let pick = |zh, en| if lang == Lang::Zh { zh } else { en };
        let mut names = Self {
            overview: pick("总览", "Overview"),
            status: pick("报送状态", "Status"),
            city: pick("全市汇总", "City"),
            year: pick("同比", "Year on year"),
            trend: pick("趋势", "Trend"),
            contributions: pick("增长拉动", "Growth by unit"),
            variation: pick("差异系数", "Variation"),
            findings: pick("问题清单", "Findings"),
            focus: pick("重点核实名单", "To verify first"),
            answers: pick("情况说明", "Explanations"),
            waivers: pick("放行", "Waivers"),
            changes: pick("与上次相比", "Since the last run"),
            corrections: pick("更正", "Corrections"),
            rules: pick("审核关系", "Rules"),
            ledger: pick("报送质量台账", "Quality of reporting"),
            reading: pick("读取说明", "Reading"),
            provenance: pick("来源", "Provenance"),
            forms: Vec::new(),
        };
        let mut all = SheetNames::new(&[
            names.overview,
            names.status,
            names.city,
            names.year,
            names.trend,
            names.contributions,
            names.variation,
            names.findings,
            names.focus,
            names.answers,
            names.waivers,
            names.changes,
            names.corrections,
            names.rules,
            names.ledger,
            names.reading,
            names.provenance,
        ]);
        names.forms = forms.iter().map(|form| all.free(&form.id, "")).collect();
        names
    }
}
