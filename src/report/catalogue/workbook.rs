//! The catalogue as a workbook: the rules with filters, and what changed on a sheet of its own.

use super::{Catalogue, Change, NAMES, What};
use crate::report::page::{self, Heading, Paper};
use crate::report::styles::Styles;
use crate::words::{Lang, Text};
use rust_xlsxwriter::{Workbook, XlsxError};

/// The row of the headings.
const HEAD: usize = 2;

/// The catalogue as a workbook, in one language.
///
/// # Errors
/// When a sheet cannot be written, which would be a fault of ours.
pub fn workbook(catalogue: &Catalogue, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_default_format(&Styles::default_cell(), 20, 64)?;
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&day));
    let sheets = Sheets {
        styles: Styles::new(),
        lang,
    };
    let count = catalogue.entries.len();
    let forms = catalogue
        .forms
        .iter()
        .map(|(id, title, version)| format!("{id} {} {version}", title.get(lang)));
    let forms = forms.collect::<Vec<_>>().join(sheets.pick("；", "; "));
    let office = &catalogue.office;
    let sentence = both!(
        "{office}，共 {count} 条。{forms}",
        "{office}, {count} entries. {forms}"
    );
    sheets.write(
        &mut book,
        ("审核关系", "Rules"),
        &sentence,
        &rules(catalogue, lang),
    )?;
    if let Some((name, changes)) = &catalogue.since {
        let count = changes.len();
        let sentence = both!(
            "与 {name} 相比，变动 {count} 条。键是规则文件里的写法。",
            "Since {name}, {count} entries changed."
        );
        sheets.write(
            &mut book,
            ("变动", "Changes"),
            &sentence,
            &changed(changes, lang),
        )?;
    }
    book.save_to_buffer()
}

/// A table: its headings, and its lines.
type Lines = (Vec<Heading>, Vec<Vec<String>>);

fn rules(catalogue: &Catalogue, lang: Lang) -> Lines {
    let heading = |(zh, en), narrow, wide| Heading::new(Text::new(zh, en).get(lang), narrow, wide);
    let mut headings = vec![
        heading(("编号", "Rule"), 10.0, 28.0),
        heading(("表", "Form"), 7.0, 10.0),
        heading(("内容", "What good data do"), 24.0, 34.0),
    ];
    let widest = |name: &str| match name {
        "式子" | "提示" | "例子" => 38.0,
        "范围" | "怎么改" | "依据" => 24.0,
        _ => 12.0,
    };
    headings.extend(NAMES.iter().map(|name| heading(*name, 6.0, widest(name.0))));
    let lines = catalogue.entries.iter().map(|entry| {
        let title = entry.title.get(lang);
        let facts = entry.facts.iter().map(|fact| fact.says.get(lang));
        let cells = [&*entry.id, &*entry.form, title].into_iter().chain(facts);
        cells.map(str::to_owned).collect()
    });
    (headings, lines.collect())
}

fn changed(changes: &[Change], lang: Lang) -> Lines {
    let heading = |zh, en, narrow, wide| Heading::new(Text::new(zh, en).get(lang), narrow, wide);
    let headings = vec![
        heading("变动", "Change", 8.0, 10.0),
        heading("哪一条", "Entry", 12.0, 30.0),
        heading("内容", "What it is", 24.0, 34.0),
        heading("键", "Key", 8.0, 18.0),
        heading("原来", "Before", 16.0, 44.0),
        heading("现在", "Now", 16.0, 44.0),
    ];
    let mut lines = Vec::new();
    for Change { entry, title, what } in changes {
        let verb = what.words();
        let mut line = |key: &str, before: &str, now: &str| {
            let cells = [verb.get(lang), entry, title, key, before, now];
            lines.push(cells.map(str::to_owned).to_vec());
        };
        match what {
            What::Changed(keys) => {
                for (key, before, now) in keys {
                    line(key, before, now);
                }
            }
            What::Added | What::Removed => line("", "", ""),
        }
    }
    (headings, lines)
}

struct Sheets {
    styles: Styles,
    lang: Lang,
}

impl Sheets {
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    fn write(
        &self,
        book: &mut Workbook,
        name: (&'static str, &'static str),
        sentence: &Text,
        (headings, lines): &Lines,
    ) -> Result<(), XlsxError> {
        let sheet = book.add_worksheet();
        let name = self.pick(name.0, name.1);
        sheet.set_name(name)?;
        page::words(sheet, (0, 0), name, &self.styles.title)?;
        sheet.set_row_height(0, 26)?;
        let plain = self.styles.sentence.clone().unset_text_wrap();
        page::words(sheet, (1, 0), sentence.get(self.lang), &plain)?;
        let widths = page::headings(sheet, HEAD, headings, lines, &self.styles.head)?;
        for (at, cells) in (HEAD + 1..).zip(lines) {
            for (column, text) in cells.iter().enumerate() {
                page::words(sheet, (at, column), text, &self.styles.wrapped)?;
            }
            page::fit_row(sheet, at, cells, &widths)?;
        }
        let last = page::row(HEAD + lines.len().max(1));
        sheet.autofilter(page::row(HEAD), 0, last, page::col(headings.len() - 1))?;
        sheet.set_freeze_panes(page::row(HEAD + 1), 1)?;
        let footer = self.pick("&C第 &P 页，共 &N 页", "&Cpage &P of &N");
        page::paper(sheet, Paper::Wide(0), footer, Some((HEAD, HEAD)))
    }
}
