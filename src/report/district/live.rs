//! What follows a number while the clerk mends it: lights, colours, notes.
//!
//! A rule is translated into a formula over the district's own cells where that can be. The light
//! of a query never says that a number fits: it says whether the question was answered.

use super::Writing;
use super::front::tint;
use crate::expr::excel::{self, Operand};
use crate::expr::{Leaf, Source};
use crate::finding::{Finding, State};
use crate::judged::Submission;
use crate::number;
use crate::place::Cell;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Assertion, Claim, Rule};
use crate::rulebook::written::Severity;
use crate::table::Absent;
use crate::workbook::overlay::{FrontValue, Mark, Note, SheetOverlay};
use std::collections::BTreeMap;

/// Excel takes formulas of 8192 characters.
const MOST_FORMULA: usize = 8000;

/// A finding whose rule can be followed to its cells.
struct Traced<'a> {
    form: &'a Form,
    rule: &'a Rule,
    assertion: &'a Assertion,
    submission: &'a Submission,
    record: usize,
}

/// A sheet's marks, and the texts of the notes on its cells.
type Marked = (Vec<Mark>, BTreeMap<Cell, Vec<String>>);

impl<'a> Writing<'a> {
    /// The live state of a finding whose answer stands in these columns of this row.
    pub(super) fn light(
        &self,
        finding: &Finding,
        row: usize,
        answer: (&str, &str, &str),
    ) -> FrontValue {
        match finding.state {
            State::Waived | State::Accepted => {
                return FrontValue::Text(self.words(&finding.state.words()).to_owned());
            }
            _ => {}
        }
        if finding.severity != Severity::Error {
            let (known_at, reason, text) = answer;
            let done = self.say("已说明", "explained");
            let open = match finding.state {
                State::SentBack => self.say("待补充", "to be completed"),
                _ => self.say("待说明", "to be explained"),
            };
            let known = self.known_word();
            let result = if finding.state == State::Explained {
                done.clone()
            } else {
                open.clone()
            };
            return FrontValue::Formula {
                formula: format!(
                    "IF(OR(LEN(TRIM({text}{row}))>0,AND({reason}{row}=\"{known}\",LEN(TRIM({known_at}{row}))>0)),\"{done}\",\"{open}\")"
                ),
                result,
            };
        }
        let wrong = self
            .trace(finding)
            .and_then(|traced| Self::wrong(&traced, true));
        let formula =
            wrong.map(|wrong| format!("IF(ISERROR({wrong}),\"✗\",IF({wrong},\"✗\",\"✓\"))"));
        match formula.filter(|formula| formula.len() <= MOST_FORMULA) {
            Some(formula) => FrontValue::Formula {
                formula,
                result: "✗".to_owned(),
            },
            None => FrontValue::Text(self.say("下次审核时检查", "checked next time")),
        }
    }

    /// The rule, record and submission behind a finding about a figure.
    fn trace(&self, finding: &Finding) -> Option<Traced<'a>> {
        let submission = self
            .submissions
            .iter()
            .copied()
            .find(|s| Some(&self.judged.rulebook.forms[s.form].id) == finding.form.as_ref())?;
        let form = &self.judged.rulebook.forms[submission.form];
        let rules = &self.judged.rulebook.rules[submission.form];
        let rule = rules.iter().find(|rule| rule.id == finding.rule)?;
        let variable = finding.variable.as_ref()?;
        let assertion = rule.assertions.get(finding.behind.assertion)?;
        // What is told of other rules' units has no assertion.
        if form.variables[assertion.accused].id != variable.id {
            return None;
        }
        let record = if form.is_fixed() {
            0
        } else {
            let (sheet, cell) = (finding.place.sheet.as_ref()?, finding.place.cell?);
            submission
                .table
                .record_at(&finding.place.file, sheet, cell.row)?
        };
        Some(Traced {
            form,
            rule,
            assertion,
            submission,
            record,
        })
    }

    /// A formula that is true while the finding stands; addresses name their sheet where the
    /// formula stands on another one.
    fn wrong(traced: &Traced<'_>, with_sheet: bool) -> Option<String> {
        let Traced {
            form,
            assertion,
            submission,
            record,
            ..
        } = *traced;
        let accused = &form.variables[assertion.accused];
        // To Excel 2015.9 and 5.00113E+09 are numbers: that says nothing of a date or a code.
        if matches!(assertion.claim, Claim::Readable) && !accused.is_number() {
            return None;
        }
        let table = &submission.table;
        let home = table.spot(record, accused.column, accused.row)?;
        let operand = |leaf: Leaf| {
            // Another form's figures stand in another workbook.
            let own = leaf.link.form.is_none();
            let variable = form.variables.get(leaf.variable).filter(|_| own)?;
            match leaf.link.source {
                Source::Now => {
                    let spot = table.spot(record, variable.column, variable.row)?;
                    let (sheet, cell) = (spot.sheet, spot.cell);
                    // A formula reaches no other file.
                    if spot.file != home.file || !with_sheet && sheet != home.sheet {
                        return None;
                    }
                    let dress = table.dress(record, leaf.variable);
                    // Where the row names another unit than it should, no formula can follow: what
                    // is mended may be the word.
                    let is_converted = form.unit_column().is_some()
                        && i32::from(dress.scale) != 0
                        && variable.scale() == 0;
                    if dress.worded || is_converted {
                        return None;
                    }
                    let address = if with_sheet {
                        format!("'{}'!{cell}", sheet.replace('\'', "''"))
                    } else {
                        cell.to_string()
                    };
                    Some(Operand::Cell {
                        address,
                        scale: i32::from(dress.scale),
                        text: dress.text,
                    })
                }
                Source::LastYear if form.is_fixed() => {
                    let last_year = submission.last_year.as_ref()?;
                    last_year.number(record, leaf.variable).map(Operand::Number)
                }
                Source::LastYear | Source::LastPeriod => None,
            }
        };
        excel::wrong(assertion, &operand).filter(|formula| formula.len() <= MOST_FORMULA)
    }

    /// True while a queried cell holds what was asked about.
    fn unchanged(traced: &Traced<'_>, cell: Cell) -> String {
        let Traced {
            assertion,
            submission,
            record,
            ..
        } = *traced;
        let table = &submission.table;
        let dress = table.dress(record, assertion.accused);
        match table.number(record, assertion.accused) {
            Some(_) if table.absent(record, assertion.accused) == Some(Absent::Nil) => {
                format!("LEN(TRIM({cell}))=0")
            }
            Some(x) if !dress.text => {
                let stored = number::shift(x, -i32::from(dress.scale));
                format!("{cell}={stored}")
            }
            _ => {
                let written = table.written(record, assertion.accused).unwrap_or("");
                format!("{cell}&\"\"=\"{}\"", written.replace('"', "\"\""))
            }
        }
    }

    /// Colours and notes on the district's own sheets.
    pub(super) fn sheets(&self) -> Vec<SheetOverlay> {
        let mut sheets: BTreeMap<&str, Marked> = BTreeMap::new();
        if self.file_is_refused() {
            return Vec::new();
        }
        for finding in &self.findings {
            let (Some(sheet), Some(cell)) = (&finding.place.sheet, finding.place.cell) else {
                continue;
            };
            let (marks, notes) = sheets.entry(sheet).or_default();
            let traced = self.trace(finding);
            let formula = match (&traced, finding.severity) {
                (Some(traced), Severity::Error) => {
                    Self::wrong(traced, false).unwrap_or_else(|| Self::unchanged(traced, cell))
                }
                // A query's colour must not teach which number would get through.
                (Some(traced), _) => Self::unchanged(traced, cell),
                (None, _) if finding.found.is_empty() => format!("LEN(TRIM({cell}))=0"),
                (None, _) => format!("{cell}&\"\"=\"{}\"", finding.found.replace('"', "\"\"")),
            };
            // A foot's cell holds more than what is missing in it: its note says enough.
            let is_open = finding.state.is_open();
            if is_open && (traced.is_some() || finding.found.is_empty()) {
                marks.push(Mark {
                    cell: cell.to_string(),
                    formula,
                    tag: finding.rule.clone(),
                    severity: tint(finding.severity),
                });
            }
            let level = self.words(&finding.severity.words()).to_owned();
            let (message, fix) = self.worded(finding);
            let source = traced.as_ref().and_then(|t| t.rule.source.as_deref());
            let source = source.map_or_else(String::new, |s| format!("\n（{s}）"));
            let note = format!("【{level}】{message}\n→ {fix}{source}\n[{}]", finding.id);
            notes.entry(cell).or_default().push(note);
        }
        sheets
            .into_iter()
            .map(|(sheet, (marks, notes))| SheetOverlay {
                sheet: sheet.to_owned(),
                marks,
                notes: notes
                    .into_iter()
                    .map(|(cell, texts)| Note {
                        cell: cell.to_string(),
                        text: texts.join("\n\n"),
                    })
                    .collect(),
            })
            .collect()
    }
}
