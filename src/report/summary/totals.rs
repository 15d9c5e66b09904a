//! The whole and the groups on a form's sheet: formulas over the units' cells, with the results
//! that were judged.
//!
//! A rate is its summed numerator by its summed denominator wherever both stand on the sheet;
//! otherwise the figure that was judged stands there without a formula.

use super::form::{NONE, Writer, seen, total_look};
use super::layout::{Block, Head, stated};
use crate::consolidate;
use crate::expr::{Expr, Function, Operation};
use crate::number;
use crate::report::page;
use crate::report::styles::{Look, Tone};
use crate::rulebook::written::Type;
use crate::table::Table;
use rust_xlsxwriter::XlsxError;
use std::collections::{BTreeMap, BTreeSet};

/// Excel takes formulas of 8,192 signs.
const LONGEST_FORMULA: usize = 8_000;

impl Writer<'_> {
    /// The lines of the whole or of a group.
    pub(super) fn total(&mut self, block: Block) -> Result<(), XlsxError> {
        let layout = self.sheet.layout;
        let figures = self.totals(block);
        for line in 0..layout.lines.len() {
            let tone = match (block, line) {
                (Block::Whole, _) => Tone::Total,
                (_, 0) => Tone::Group,
                _ => Tone::Detail,
            };
            self.total_heads(block, line, tone)?;
            self.fit(block, line)?;
            for column in 0..layout.columns.len() {
                let variable = layout.variable(self.form, line, column);
                let figure = variable.and_then(|variable| figures.get(&variable).copied());
                self.total_figure(block, line, column, figure, tone)?;
            }
        }
        // The whole stands open: it is what most people come for.
        if block == Block::Whole {
            Ok(())
        } else {
            self.fold(block, true)
        }
    }

    /// The judged figures of the whole, or the sums of a group.
    fn totals(&self, block: Block) -> BTreeMap<usize, f64> {
        let judged = self.summary.judged;
        match block {
            Block::Whole => judged
                .city
                .get(self.sheet.at)
                .into_iter()
                .flatten()
                .filter_map(|figure| {
                    Some((figure.variable, number::to_f64(figure.reported.as_ref()?)))
                })
                .collect(),
            Block::Region(_) | Block::Unit(_) => {
                let tables: Vec<_> = self
                    .members(block)
                    .filter_map(|unit| self.submission(unit))
                    .map(|submission| &submission.table)
                    .collect();
                self.sums(&tables)
            }
        }
    }

    /// The sums of some units' tables, by variable.
    pub(super) fn sums(&self, tables: &[&Table]) -> BTreeMap<usize, f64> {
        let sums = consolidate::sum(self.form, self.rules, tables);
        (0..self.form.variables.len())
            .filter(|variable| self.form.variables[*variable].is_number())
            .filter_map(|variable| Some((variable, number::to_f64(&sums.figure(variable)?))))
            .collect()
    }

    /// The units of a block.
    fn members(&self, block: Block) -> impl Iterator<Item = usize> {
        let (summary, layout) = (self.summary, self.sheet.layout);
        (0..layout.units).filter(move |unit| match block {
            Block::Whole => true,
            Block::Region(region) => summary.region(*unit) == layout.regions[region],
            Block::Unit(one) => *unit == one,
        })
    }

    fn total_heads(&mut self, block: Block, line: usize, tone: Tone) -> Result<(), XlsxError> {
        let (summary, layout) = (self.summary, self.sheet.layout);
        let at = layout.row(block, line);
        let region = match block {
            Block::Region(region) => layout.regions[region].as_str(),
            Block::Whole | Block::Unit(_) => "",
        };
        let name = match block {
            Block::Region(_) => summary.say(&both!("{region}小计", "{region}")),
            _ => summary.judged.rulebook.job.whole.clone(),
        };
        let members: BTreeSet<usize> = self.members(block).collect();
        let among = |unit| members.contains(&unit);
        let arrivals = summary.tally.arrivals_among(self.sheet.at, &among);
        for (place, head) in layout.heads.iter().enumerate() {
            let place = (at, place);
            let text = match head {
                Head::Unit => name.clone(),
                Head::Region => region.to_owned(),
                Head::Line => layout.lines[line].label.clone(),
                Head::Code => layout.lines[line].code.clone(),
                Head::Reporting if line == 0 => format!("{}/{}", arrivals.here, arrivals.asked),
                Head::Errors | Head::Queries | Head::Records if line == 0 => {
                    let result = self.counted(*head, &members);
                    let formula = self.sum_formula(block, None, place.1, at);
                    let format = summary.styles.cell(Look::Number(0), tone, None);
                    page::formula(self.out, place, &formula, &result.to_string(), &format)?;
                    continue;
                }
                _ => String::new(),
            };
            let format = match head {
                Head::Unit => summary.styles.cell(Look::Words, tone, None),
                Head::Line => summary.styles.cell(Look::Words, tone, None).set_text_wrap(),
                _ => summary.styles.word(None, tone),
            };
            page::words(self.out, place, &text, &format)?;
        }
        Ok(())
    }

    /// What a column of counts comes to among some units.
    fn counted(&self, head: Head, members: &BTreeSet<usize>) -> u64 {
        members
            .iter()
            .map(|unit| self.count_of(head, *unit).unwrap_or(0))
            .sum()
    }

    /// A count of a unit; none where it has sent nothing to count.
    pub(super) fn count_of(&self, head: Head, unit: usize) -> Option<u64> {
        let weights = self
            .summary
            .tally
            .weigh(self.summary.tally.findings(unit, self.sheet.at));
        match head {
            Head::Errors => Some(weights.errors),
            Head::Queries => Some(weights.queries),
            _ => self
                .submission(unit)
                .map(|submission| submission.table.records() as u64),
        }
    }

    fn total_figure(
        &mut self,
        block: Block,
        line: usize,
        column: usize,
        figure: Option<f64>,
        tone: Tone,
    ) -> Result<(), XlsxError> {
        let layout = self.sheet.layout;
        let at = (layout.row(block, line), layout.figure_column(column));
        let styles = &self.summary.styles;
        let variable = layout.variable(self.form, line, column);
        let Some(variable) = variable.filter(|v| self.form.variables[*v].is_number()) else {
            return page::words(self.out, at, "", &styles.cell(Look::Words, tone, None));
        };
        let kind = self.form.variables[variable].kind;
        let figure = figure.map(|x| seen(kind, x));
        let format = styles.cell(total_look(kind, figure), tone, None);
        let formula = if self.form.variables[variable].adds_up() {
            Some(self.sum_formula(block, Some(line), at.1, at.0))
        } else {
            let parts = consolidate::parts(self.form, self.rules, variable);
            let parts = self.is_partial(block, &parts).then_some(parts);
            let expr = stated(self.rules, variable);
            expr.and_then(|expr| self.stated_formula(block, kind, expr, parts.as_deref()))
        };
        // Excel takes no longer ones; the figure stands there then.
        let formula = formula.filter(|formula| formula.len() <= LONGEST_FORMULA);
        match (formula, figure) {
            (Some(formula), Some(x)) => {
                page::formula(self.out, at, &formula, &x.to_string(), &format)?;
            }
            (Some(formula), None) => page::formula(self.out, at, &formula, NONE, &format)?,
            (None, x) => super::list::figure(self.out, at, x, &format)?,
        }
        if layout.columns[column].has_band {
            // The folded lines of a group are totals too.
            let tone = if tone == Tone::Detail {
                Tone::Group
            } else {
                tone
            };
            self.band(variable, at, figure, tone)?;
        }
        Ok(())
    }

    /// The sum over a block's units, or a dash where none of them has a figure. Counts, which
    /// have no line of their own, are summed over all lines.
    fn sum_formula(&self, block: Block, line: Option<usize>, column: usize, at: usize) -> String {
        let layout = self.sheet.layout;
        let (first, last) = layout.unit_rows();
        let range = |column: usize| {
            let column = page::letters(column);
            format!("{column}${}:{column}${}", first + 1, last + 1)
        };
        let by_region = matches!(block, Block::Region(_)).then_some(Head::Region);
        let by_line = line.map(|_| Head::Code);
        let conditions: Vec<String> = by_region
            .into_iter()
            .chain(by_line)
            .filter_map(|head| layout.head(head))
            .map(|column| {
                let (own, range) = (page::letters(column), range(column).replace(':', ":$"));
                format!(",${range},${own}{}", at + 1)
            })
            .collect();
        let conditions = conditions.concat();
        let figures = range(column);
        let sum = if conditions.is_empty() {
            format!("SUM({figures})")
        } else {
            format!("SUMIFS({figures}{conditions})")
        };
        // A count is 0 where there is nothing; a figure is not.
        if line.is_none() {
            return sum;
        }
        let counted = if conditions.is_empty() {
            format!("COUNT({figures})")
        } else {
            format!("COUNTIFS({figures},\">-1E+99\"{conditions})")
        };
        format!("IF({counted}=0,\"{NONE}\",{sum})")
    }

    /// Whether some units of a block have some of these figures and not all: a rate is not theirs
    /// then, though their figures are in the sums beside it.
    fn is_partial(&self, block: Block, parts: &[usize]) -> bool {
        let mut units = self.members(block).filter_map(|unit| self.submission(unit));
        units.any(|one| {
            let has = |part: &usize| consolidate::has_all(&one.table, &[*part]);
            parts.iter().any(has) && !parts.iter().all(has)
        })
    }

    /// What a figure comes to over the units of a block that have all the parts, and how many there
    /// are, as formulas. Lines of other figures are looked at beside the figure's own.
    fn over_those_with_all(
        &self,
        block: Block,
        variable: usize,
        parts: &[usize],
    ) -> Option<(String, String)> {
        let layout = self.sheet.layout;
        let (first, last) = layout.unit_rows();
        let (row, column) = layout.cell(block, variable)?;
        let range = |column: usize, at: usize| {
            let (column, first, last) = (page::letters(column), first + at - row, last + at - row);
            format!("${column}${}:${column}${}", first + 1, last + 1)
        };
        let mut conditions: Vec<String> = Vec::new();
        for part in parts {
            let (at, column) = layout.cell(block, *part)?;
            conditions.push(format!("ISNUMBER({})", range(column, at)));
        }
        let by_region = matches!(block, Block::Region(_)).then_some(Head::Region);
        let heads = by_region.into_iter().chain([Head::Code]);
        conditions.extend(heads.filter_map(|head| layout.head(head)).map(|column| {
            let own = page::letters(column);
            format!("({}=${own}{})", range(column, row), row + 1)
        }));
        let conditions = conditions.join("*");
        Some((
            format!("SUMPRODUCT({conditions},{})", range(column, row)),
            format!("SUMPRODUCT({conditions}*1)"),
        ))
    }

    /// A stated figure from the block's own totals, where all of them stand on the sheet; `parts`
    /// where it is over fewer units than these.
    fn stated_formula(
        &self,
        block: Block,
        kind: Type,
        expr: &Expr,
        parts: Option<&[usize]>,
    ) -> Option<String> {
        let layout = self.sheet.layout;
        let mut leaves = Vec::new();
        expr.leaves(&mut leaves);
        let mut cells: Vec<String> = Vec::new();
        for leaf in &leaves {
            let own = leaf.is_own() && self.form.variables[leaf.variable].kind != Type::Points;
            let cell = layout.cell(block, leaf.variable).filter(|_| own)?;
            let cell = page::cell_name(cell);
            if !cells.contains(&cell) {
                cells.push(cell);
            }
        }
        let write = |expr: &Expr| {
            arithmetic(expr, &|variable| match parts {
                None => layout.cell(block, variable).map(page::cell_name),
                Some(parts) => {
                    let is_part = parts.contains(&variable);
                    let over = || self.over_those_with_all(block, variable, parts);
                    is_part.then(over)?.map(|(sum, _)| sum)
                }
            })
        };
        let (value, divisor) = match expr {
            Expr::Arithmetic(Operation::Divide, a, b) => {
                let (a, b) = (write(a)?, write(b)?);
                (format!("{a}/{b}"), Some(b))
            }
            Expr::Call(Function::Growth, arguments) => {
                let (a, b) = (write(arguments.first()?)?, write(arguments.get(1)?)?);
                (format!("{a}/{b}-1"), Some(b))
            }
            other => (write(other)?, None),
        };
        let value = if kind == Type::Points {
            format!("({value})*100")
        } else {
            value
        };
        let value = match divisor {
            Some(divisor) => format!("IF({divisor}=0,\"{NONE}\",{value})"),
            None => value,
        };
        let Some(parts) = parts else {
            let (all, count) = (cells.join(","), cells.len());
            return Some(format!("IF(COUNT({all})<{count},\"{NONE}\",{value})"));
        };
        let (_, units) = self.over_those_with_all(block, *parts.first()?, parts)?;
        Some(format!("IF({units}=0,\"{NONE}\",{value})"))
    }
}

/// Sums and differences of totals; anything else is left to the figure that was judged.
fn arithmetic(expr: &Expr, cell: &dyn Fn(usize) -> Option<String>) -> Option<String> {
    match expr {
        Expr::Leaf(leaf) => cell(leaf.variable),
        Expr::Number(constant) => Some(constant.float.to_string()),
        Expr::Arithmetic(operation, a, b) => {
            let sign = match operation {
                Operation::Add => '+',
                Operation::Subtract => '-',
                Operation::Multiply => '*',
                Operation::Divide => return None,
            };
            Some(format!(
                "({}{sign}{})",
                arithmetic(a, cell)?,
                arithmetic(b, cell)?
            ))
        }
        _ => None,
    }
}
