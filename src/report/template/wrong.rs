//! Rules as formulas over the cells of a template.
//!
//! What a rule says is written by [`excel::wrong`]; here its figures find their cells, and what
//! is not filled in yet is kept from being wrong.

use super::Sheet;
use crate::expr::excel::{self, Operand};
use crate::expr::{Expr, Leaf, Source};
use crate::report::page;
use crate::rulebook::rule::{Assertion, Claim, Rule};
use crate::rulebook::written::{Blank, Missing};

/// Excel takes formulas of 8192 characters.
const MOST_FORMULA: usize = 8_000;
/// What looks at one cell at a time, and not at all of a range.
const SINGLE: &[&str] = &[
    "IF(", "AND(", "OR(", "NOT(", "MIN(", "MAX(", "AVERAGE(", "CELL(", "/",
];

impl Sheet<'_> {
    /// A formula for a conditional format on the accused cell: true while it breaks the rule.
    /// In a list it is written for the first record, and moves with the rows.
    pub(super) fn wrong_here(self, rule: &Rule, assertion: &Assertion) -> Option<String> {
        let wrong = self.wrong(assertion, false)?;
        let wrong = match assertion.claim {
            Claim::Readable => {
                // Conditional formats take no lists in braces.
                let cell = page::cell_name(self.cell(assertion.accused)?);
                let words = self.words_for_nothing().into_iter();
                let others: Vec<String> = words
                    .map(|word| format!(",{cell}<>{}", quoted(word)))
                    .collect();
                format!("AND({wrong}{})", others.concat())
            }
            _ => self.guarded(rule, assertion, false, &wrong, "FALSE")?,
        };
        Some(wrong).filter(|formula| formula.len() <= MOST_FORMULA)
    }

    /// A formula that is 1 while an assertion of a fixed form is broken, else 0.
    pub(super) fn broken(self, rule: &Rule, assertion: &Assertion) -> Option<String> {
        let wrong = self.wrong(assertion, true)?;
        let wrong = match assertion.claim {
            Claim::Readable => {
                let cell = page::address(self.name, self.cell(assertion.accused)?);
                let words = self.listed_words_for_nothing();
                format!("AND({wrong},ISNA(MATCH(TRIM({cell}),{words},0)))")
            }
            _ => wrong,
        };
        let broken = format!("IFERROR(IF({wrong},1,0),0)");
        let formula = match assertion.claim {
            Claim::Readable | Claim::Filled => broken,
            _ => self.guarded(rule, assertion, true, &broken, "0")?,
        };
        Some(formula).filter(|formula| formula.len() <= MOST_FORMULA)
    }

    /// A formula that counts the records of a list that break an assertion.
    pub(super) fn broken_records(self, rule: &Rule, assertion: &Assertion) -> Option<String> {
        let range = |variable: usize| {
            let sheet = self.name.replace('\'', "''");
            Some(format!("'{sheet}'!{}", self.range(variable)?))
        };
        let own = range(assertion.accused)?;
        let is_number = self.form.variables[assertion.accused].is_number();
        let counted = match &assertion.claim {
            _ if assertion.only.is_some() || assertion.floor.is_some() => return None,
            // A record without its key is no record.
            Claim::Filled => {
                let key = self.form.key.first().copied()?;
                if key == assertion.accused {
                    return None;
                }
                format!("(LEN(TRIM({}))>0)*(LEN(TRIM({own}))=0)", range(key)?)
            }
            Claim::Readable if is_number => {
                let words = self.listed_words_for_nothing();
                format!(
                    "(LEN(TRIM({own}))>0)*ISERROR(VALUE({own}))*ISNA(MATCH(TRIM({own}),{words},0))"
                )
            }
            Claim::Holds(Expr::Among(_, words)) => {
                let words = braces(words.iter().map(String::as_str));
                format!("(LEN(TRIM({own}))>0)*ISNA(MATCH({own},{words},0))")
            }
            Claim::Compare { .. } if rule.kind == "unique" && self.form.key.len() == 1 => {
                format!("(LEN({own})>0)*(COUNTIF({own},{own}&\"\")>1)")
            }
            Claim::Compare { .. } => {
                let operand = |leaf: Leaf| {
                    let variable = self.form.variables.get(leaf.variable)?;
                    Some(Operand::Cell {
                        address: range(leaf.variable).filter(|_| leaf.is_own())?,
                        scale: variable.scale(),
                        text: false,
                    })
                };
                let wrong = excel::wrong(assertion, &operand)?;
                if SINGLE.iter().any(|word| wrong.contains(word)) {
                    return None;
                }
                format!("--({wrong})")
            }
            _ => return None,
        };
        let formula = format!("IFERROR(SUMPRODUCT({counted}),0)");
        Some(formula).filter(|formula| formula.len() <= MOST_FORMULA)
    }

    /// A formula that is true while an assertion fails.
    fn wrong(self, assertion: &Assertion, with_sheet: bool) -> Option<String> {
        if assertion.only.is_some() || assertion.floor.is_some() {
            return None;
        }
        excel::wrong(assertion, &|leaf| self.operand(leaf, with_sheet))
    }

    /// A formula that says `otherwise` while a figure is missing that the rule cannot do without.
    fn guarded(
        self,
        rule: &Rule,
        assertion: &Assertion,
        with_sheet: bool,
        formula: &str,
        otherwise: &str,
    ) -> Option<String> {
        if rule.missing == Missing::Zero {
            return Some(formula.to_owned());
        }
        let mut needed: Vec<String> = Vec::new();
        for leaf in assertion.reads() {
            if leaf.link.source != Source::Now {
                continue;
            }
            let there = self.there(leaf)?;
            let variable = &there.form.variables[leaf.variable];
            // Where a blank means none it is as good as a zero.
            let is_nil = there.form.blank == Blank::Nil && variable.adds_up();
            if is_nil || asks_whether_blank(assertion, leaf) {
                continue;
            }
            let Some(Operand::Cell { address, .. }) = self.operand(leaf, with_sheet) else {
                return None;
            };
            needed.push(format!("LEN(TRIM({address}))=0"));
        }
        Some(match needed.as_slice() {
            [] => formula.to_owned(),
            [one] => format!("IF({one},{otherwise},{formula})"),
            _ => format!("IF(OR({}),{otherwise},{formula})", needed.join(",")),
        })
    }

    /// The sheet of the form that a figure is of, where it is in this workbook.
    fn there(self, leaf: Leaf) -> Option<Self> {
        let Some(form) = leaf.link.form else {
            return Some(self);
        };
        let template = self.template;
        let mut sheets = template.sheets();
        sheets.find(|sheet| sheet.table.at == form)
    }

    /// How a figure is written in a formula: by its cell, or by what was reported earlier.
    pub(super) fn operand(self, leaf: Leaf, with_sheet: bool) -> Option<Operand> {
        if leaf.link.source != Source::Now {
            let is_fixed = self.form.is_fixed();
            let earlier = super::earlier(self.template.wanted, self.table.at, leaf);
            return earlier.filter(|_| is_fixed).map(Operand::Number);
        }
        let there = self.there(leaf)?;
        // A list's single records are none of another form's.
        if leaf.link.form.is_some() && (!with_sheet || !there.form.is_fixed()) {
            return None;
        }
        let cell = there.cell(leaf.variable)?;
        let address = if with_sheet {
            page::address(there.name, cell)
        } else {
            page::cell_name(cell)
        };
        Some(Operand::Cell {
            address,
            scale: there.form.variables[leaf.variable].scale(),
            text: false,
        })
    }

    /// The words that stand for no figure.
    fn words_for_nothing(&self) -> Vec<&str> {
        let words = &self.template.wanted.rulebook.job.blank_words;
        let all = [&words.nil, &words.not_applicable, &words.not_available];
        all.into_iter().flatten().map(String::as_str).collect()
    }

    fn listed_words_for_nothing(&self) -> String {
        braces(self.words_for_nothing().into_iter())
    }
}

/// Whether a rule asks of a figure whether it is there, so that a blank is an answer.
fn asks_whether_blank(assertion: &Assertion, leaf: Leaf) -> bool {
    let mut asked = false;
    for expr in assertion.expressions() {
        expr.visit(&mut |part| {
            asked |= matches!(part, Expr::Blank(blank) if *blank == leaf);
        });
    }
    asked
}

/// Words as a list in a formula: `{"—","无"}`.
fn braces<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.map(quoted).collect();
    format!("{{{}}}", words.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
