//! A form's sheet: the official frame with what is known in it, open where figures go, locked
//! everywhere else and without a password.

use super::entry::Choices;
use super::{Sheet, Template};
use crate::number;
use crate::report::official::draw::{Around, Drawing, signature_line};
use crate::report::official::{Frame, Line, Shown, lines, shown_columns};
use crate::report::page::{self, col, row, words};
use crate::rulebook::form::Variable;
use crate::rulebook::rule::Claim;
use crate::rulebook::written::{Severity, Type};
use crate::words::Lang;
use rust_xlsxwriter::{
    ConditionalFormatFormula, Format, Formula, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

/// What stands in a cell in which nothing is asked for.
const NOTHING: &str = "—";
/// Fill and font of a cell that breaks a rule.
const RED: (u32, u32) = (0x00FF_C7CE, 0x009C_0006);

/// Writes one sheet with all tables that stand on it.
pub(super) fn write(
    book: &mut Workbook,
    template: &Template<'_>,
    frame: &Frame<'_>,
    choices: &mut Choices,
) -> Result<(), XlsxError> {
    let out = book.add_worksheet();
    out.set_name(&frame.name)?;
    let district = template.wanted.district();
    let around = Around {
        title: frame.title.zh.clone(),
        reporter: format!("填报单位（盖章）：{}", district.org_name),
        signatures: (signature_line(&frame.signatures), true),
        remark: None,
    };
    // The form is known by its Chinese words, whatever its reader's language.
    let mut drawing = Drawing {
        out: &mut *out,
        frame,
        dress: &template.dress,
        lang: Lang::Zh,
    };
    drawing.draw(&around)?;
    out.set_footer("&C第 &P 页 / 共 &N 页");
    for table in &frame.tables {
        let sheet = template.sheet(&frame.name, table);
        if sheet.form.is_fixed() {
            fixed(out, sheet)?;
        } else {
            list(out, sheet)?;
        }
        choices.put(out, sheet)?;
        red(out, sheet)?;
    }
    protect(out, frame)
}

/// The body of a fixed form.
fn fixed(out: &mut Worksheet, sheet: Sheet<'_>) -> Result<(), XlsxError> {
    let (form, dress) = (sheet.form, &sheet.template.dress);
    let open = Open::new(sheet);
    for (at, line) in lines(sheet.table) {
        let Line::Row(position) = line else {
            continue;
        };
        for (column, of_form) in shown_columns(sheet.table) {
            if form.unit_column() == Some(of_form) {
                continue;
            }
            let variable = form.variable(of_form, Some(*position));
            let place = (at, column);
            if sheet.known.crossed_out.contains(&variable) {
                words(out, place, NOTHING, &dress.code)?;
            } else if sheet.is_formula(variable) {
                let formula = sheet.total(variable).unwrap_or_default();
                let result = seen(&form.variables[variable], sheet.sum(variable));
                page::formula(out, place, &formula, &result.to_string(), &open.figure)?;
            } else if let Some(figure) = sheet.known.figures.get(&variable) {
                let seen = seen(&form.variables[variable], *figure);
                out.write_number_with_format(row(at), col(column), seen, &open.figure)?;
            } else {
                let format = open.format(&form.variables[variable]);
                out.write_blank(row(at), col(column), format)?;
            }
        }
    }
    Ok(())
}

/// A figure in the unit in which people type it.
fn seen(variable: &Variable, kept: f64) -> f64 {
    number::shift(kept, -variable.scale())
}

/// The body of a list: its sum, last year's records, rows to spare.
fn list(out: &mut Worksheet, sheet: Sheet<'_>) -> Result<(), XlsxError> {
    let (form, dress) = (sheet.form, &sheet.template.dress);
    let open = Open::new(sheet);
    for (at, line) in lines(sheet.table) {
        match line {
            Line::Total(_) => {
                for (column, of_form) in shown_columns(sheet.table) {
                    let range = sheet
                        .range(of_form)
                        .filter(|_| form.variables[of_form].adds_up());
                    if let Some(range) = range {
                        let formula = Formula::new(format!("SUM({range})")).set_result("0");
                        let (row, column) = (row(at), col(column));
                        out.write_formula_with_format(row, column, formula, &dress.figure)?;
                    }
                }
            }
            Line::Record(record) => {
                // A row can be deleted from a protected sheet where all of it is open.
                out.set_row_format(row(at), &open.row)?;
                if sheet.table.columns.first() == Some(&Shown::Serial) {
                    let serial = u64::try_from(record + 1).unwrap_or(0);
                    page::count(out, (at, 0), serial, &open.serial)?;
                }
                let known = sheet.known.records.get(*record);
                for (column, of_form) in shown_columns(sheet.table) {
                    let format = open.format(&form.variables[of_form]);
                    match known.and_then(|known| known.get(&of_form)) {
                        Some(word) => words(out, (at, column), word, format)?,
                        None => {
                            out.write_blank(row(at), col(column), format)?;
                        }
                    }
                }
            }
            Line::Heading(_) | Line::Row(_) => {}
        }
    }
    Ok(())
}

/// The formats of cells that are filled in.
struct Open {
    figure: Format,
    words: Format,
    code: Format,
    serial: Format,
    row: Format,
}

impl Open {
    fn new(sheet: Sheet<'_>) -> Self {
        let dress = &sheet.template.dress;
        Self {
            figure: dress.figure.clone().set_unlocked(),
            words: dress.words.clone().set_unlocked(),
            // A code keeps its zeros, and a day stays as it was written.
            code: dress.code.clone().set_unlocked().set_num_format("@"),
            serial: dress.code.clone().set_unlocked(),
            row: Format::new().set_unlocked(),
        }
    }

    fn format(&self, variable: &Variable) -> &Format {
        match variable.kind {
            Type::Text | Type::Flag => &self.words,
            Type::Code | Type::Date => &self.code,
            _ => &self.figure,
        }
    }
}

/// Cells that break a rule turn red while they are typed.
fn red(out: &mut Worksheet, sheet: Sheet<'_>) -> Result<(), XlsxError> {
    let (fill, font) = RED;
    let format = Format::new()
        .set_background_color(fill)
        .set_font_color(font)
        .set_bold();
    for rule in sheet.rules_of(Severity::Error) {
        for assertion in &rule.assertions {
            // What is not filled in yet is not wrong yet.
            if matches!(assertion.claim, Claim::Filled) {
                continue;
            }
            let Some(first) = sheet.cell(assertion.accused) else {
                continue;
            };
            let Some(wrong) = sheet.wrong_here(rule, assertion) else {
                continue;
            };
            let last = match sheet.table.records() {
                Some((_, last)) if !sheet.form.is_fixed() => (last, first.1),
                _ => first,
            };
            let mark = ConditionalFormatFormula::new()
                .set_rule(Formula::new(wrong))
                .set_format(format.clone());
            let (top, left) = (row(first.0), col(first.1));
            out.add_conditional_format(top, left, row(last.0), col(last.1), &mark)?;
        }
    }
    Ok(())
}

/// Headings and names are protected, without a password. In a list rows go in and out, and it
/// can be filtered; columns can be made wider in every form.
fn protect(out: &mut Worksheet, frame: &Frame<'_>) -> Result<(), XlsxError> {
    let lists = frame.tables.iter().filter(|table| !table.form.is_fixed());
    let mut is_list = false;
    for table in lists {
        is_list = true;
        if let ([_], Some((first, last))) = (frame.tables.as_slice(), table.records()) {
            // The line above the records has the arrows: a sum stays where it is.
            let columns = col(table.columns.len() - 1);
            out.autofilter(row(first - 1), 0, row(last), columns)?;
        }
    }
    out.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        insert_rows: is_list,
        delete_rows: is_list,
        sort: is_list,
        use_autofilter: is_list,
        ..ProtectionOptions::default()
    });
    Ok(())
}
