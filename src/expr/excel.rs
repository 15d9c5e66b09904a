//! An expression as a formula of the district's own workbook.
//!
//! Only functions that Excel 2010 has are used. A figure is written the way it is dressed in
//! its cell: 14.7 in a rate's cell becomes `E10/100`, words that hold a number are put through
//! `VALUE`. Where no formula can say what a rule says, there is none, and the report says
//! that the next run will look.

use super::{Expr, Function, Leaf, Operation};
use crate::number;
use crate::rulebook::rule::{Assertion, Claim, Relation};

/// How a leaf is written in a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A cell, how far its figure is from what is kept, and whether it holds text.
    Cell {
        /// `E10`, or `'KY01'!E10` from another sheet.
        address: String,
        /// Power of ten from the cell's number to what is kept.
        scale: i32,
        /// Whether the figure was read from text.
        text: bool,
    },
    /// A figure that stands in no cell of the workbook, such as last year's.
    Number(f64),
    /// Words that stand in no cell of the workbook.
    Words(String),
}

/// Differences below this are floating point's, not the district's.
const PLACES: i32 = 9;

/// A formula that is true while the assertion fails, if one can say it.
pub fn wrong(assertion: &Assertion, operand: &dyn Fn(Leaf) -> Option<Operand>) -> Option<String> {
    let write = |expr: &Expr| formula(expr, operand);
    Some(match &assertion.claim {
        Claim::Readable => {
            let cell = address(operand(Leaf::own(assertion.accused))?)?;
            format!(
                "AND(LEN(TRIM({cell}))>0,ISERROR(VALUE({})))",
                plain_sign(&cell)
            )
        }
        Claim::Filled => {
            let cell = address(operand(Leaf::own(assertion.accused))?)?;
            format!("LEN(TRIM({cell}))=0")
        }
        Claim::Compare {
            left,
            relation,
            right,
            slack,
        } => {
            let gap = format!("ROUND({}-({}),{PLACES})", write(left)?, write(right)?);
            let slack = number::show(slack);
            match relation {
                Relation::Equal => format!("ABS({gap})>{slack}"),
                Relation::NotEqual => format!("ABS({gap})<={slack}"),
                Relation::AtMost => format!("{gap}>{slack}"),
                Relation::Less => format!("{gap}>=-{slack}"),
                Relation::AtLeast => format!("{gap}<-{slack}"),
                Relation::Greater => format!("{gap}<={slack}"),
            }
        }
        Claim::Between { value, low, high } => {
            let value = write(value)?;
            format!(
                "OR(ROUND({value}-({}),{PLACES})<0,ROUND({value}-({}),{PLACES})>0)",
                write(low)?,
                write(high)?
            )
        }
        // What is as uncertain as its operands, or judged among others, no formula says.
        Claim::Scale(_) | Claim::Outlier(_) | Claim::Complete(_) => return None,
        Claim::States { rounded, .. } if !rounded.is_empty() => return None,
        Claim::States {
            stated, follows, ..
        } => {
            let gap = format!("{}-({})", write(&Expr::Leaf(*stated))?, write(follows)?);
            let places = match operand(*stated)? {
                Operand::Cell { address, scale, .. } => places(&address, scale),
                Operand::Number(_) | Operand::Words(_) => return None,
            };
            // Floating point's own errors are far below the twelfth decimal.
            format!("ROUND(ABS({gap})-0.5*10^-{places},12)>0")
        }
        Claim::Holds(expr) => format!("NOT({})", write(expr)?),
    })
}

/// The decimals at which a cell states its figure as it stands now, counted where the figure is
/// kept: 3 for 14.7 in a rate's cell, for 14.7% and for 0.147 in a percent format.
fn places(cell: &str, scale: i32) -> String {
    let bare = format!(
        "SUBSTITUTE({},\"%\",\"\")",
        plain_sign(&format!("{cell}&\"\""))
    );
    let decimals = format!("IF(ISNUMBER(FIND(\".\",{bare})),LEN({bare})-FIND(\".\",{bare}),0)");
    if scale == 0 {
        return format!("MIN(8,{decimals})");
    }
    let shift = scale.unsigned_abs();
    format!(
        "IF(AND(ISNUMBER({cell}),{}),MAX({shift},{decimals}),{shift}+MIN(8,{decimals}))",
        in_percent(cell)
    )
}

/// Whether a cell has a percent format: then Excel itself has divided by a hundred.
fn in_percent(cell: &str) -> String {
    format!("LEFT(CELL(\"format\",{cell}),1)=\"P\"")
}

/// A text with the full-width percent sign made plain.
fn plain_sign(text: &str) -> String {
    format!("SUBSTITUTE({text},\"％\",\"%\")")
}

fn address(operand: Operand) -> Option<String> {
    match operand {
        Operand::Cell { address, .. } => Some(address),
        Operand::Number(_) | Operand::Words(_) => None,
    }
}

/// A number as a formula takes it; an exponent is written with a capital letter.
fn literal(x: f64) -> String {
    let plain = format!("{x}");
    if plain.len() <= 17 {
        plain
    } else {
        format!("{x:E}")
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn formula(expr: &Expr, operand: &dyn Fn(Leaf) -> Option<Operand>) -> Option<String> {
    let write = |expr: &Expr| formula(expr, operand);
    let list = |arguments: &[Expr]| {
        arguments
            .iter()
            .map(write)
            .collect::<Option<Vec<_>>>()
            .map(|list| list.join(","))
    };
    Some(match expr {
        Expr::Number(constant) => literal(constant.float),
        Expr::Text(text) => quoted(text),
        Expr::Leaf(leaf) => figure(operand(*leaf)?),
        Expr::Blank(leaf) => format!("LEN(TRIM({}))=0", address(operand(*leaf)?)?),
        Expr::Neg(a) => format!("-({})", write(a)?),
        Expr::Not(a) => format!("NOT({})", write(a)?),
        Expr::And(a, b) => format!("AND({},{})", write(a)?, write(b)?),
        Expr::Or(a, b) => format!("OR({},{})", write(a)?, write(b)?),
        Expr::Arithmetic(operation, a, b) => {
            let sign = match operation {
                Operation::Add => '+',
                Operation::Subtract => '-',
                Operation::Multiply => '*',
                Operation::Divide => '/',
            };
            format!("({}{sign}{})", write(a)?, write(b)?)
        }
        Expr::Compare(relation, a, b) => {
            let words = |expr: &Expr| matches!(expr, Expr::Text(_));
            if words(a) || words(b) {
                format!("{}{}{}", write(a)?, relation.excel(), write(b)?)
            } else {
                let gap = format!("ROUND({}-({}),{PLACES})", write(a)?, write(b)?);
                format!("{gap}{}0", relation.excel())
            }
        }
        Expr::Among(..) | Expr::Matches(..) | Expr::Aggregate(_) => return None,
        Expr::Call(function, arguments) => match function {
            Function::Growth => {
                format!("({}/{}-1)", write(&arguments[0])?, write(&arguments[1])?)
            }
            Function::Abs => format!("ABS({})", list(arguments)?),
            Function::Round => format!("ROUND({})", list(arguments)?),
            Function::Min => format!("MIN({})", list(arguments)?),
            Function::Max => format!("MAX({})", list(arguments)?),
            Function::Mean => format!("AVERAGE({})", list(arguments)?),
            Function::If => format!("IF({})", list(arguments)?),
            // The first that is filled: Excel has no such function.
            Function::Coalesce => return None,
        },
    })
}

fn figure(operand: Operand) -> String {
    match operand {
        Operand::Number(x) if x < 0.0 => format!("({})", literal(x)),
        Operand::Number(x) => literal(x),
        Operand::Words(text) => quoted(&text),
        Operand::Cell {
            address,
            scale,
            text,
        } => {
            let zeros = "0".repeat(scale.unsigned_abs() as usize);
            let number = match scale {
                0 => address.clone(),
                // A rate's cell may get a percent format as its number is mended.
                -2 => format!("IF({},{address},{address}/100)", in_percent(&address)),
                s if s < 0 => format!("({address}/1{zeros})"),
                _ => format!("({address}*1{zeros})"),
            };
            if !text {
                return number;
            }
            // `VALUE` of "14.7%" is 0.147 already; of "14.7" it is in the column's unit.
            let half = plain_sign(&address);
            let divisor = match scale {
                s if s < 0 => format!("/IF(ISNUMBER(FIND(\"%\",{half})),1,1{zeros})"),
                _ => String::new(),
            };
            format!("IF(ISNUMBER({address}),{number},VALUE({half}){divisor})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Leaf;
    use crate::number::Exact;

    #[expect(clippy::unnecessary_wraps, reason = "the shape that formulas ask for")]
    fn cells(leaf: Leaf) -> Option<Operand> {
        let letter = ["C", "D", "E", "F"][leaf.variable];
        let scale = if leaf.variable == 3 { -2 } else { 0 };
        Some(Operand::Cell {
            address: format!("{letter}10"),
            scale,
            text: false,
        })
    }

    fn own(variable: usize) -> Expr {
        Expr::Leaf(Leaf::own(variable))
    }

    #[test]
    fn a_total_that_is_off_is_a_difference_beyond_floating_point() {
        let claim = Claim::Compare {
            left: own(0),
            relation: Relation::Equal,
            right: Expr::sum([own(1), own(2)]),
            slack: Exact::default(),
        };
        let assertion = Assertion::new(0, claim);
        assert_eq!(
            wrong(&assertion, &cells).as_deref(),
            Some("ABS(ROUND(C10-((D10+E10)),9))>0")
        );
    }

    #[test]
    fn a_stated_growth_is_held_against_its_operands_at_the_decimals_it_has_now() {
        let follows = Expr::Call(Function::Growth, vec![own(0), own(2)]);
        let claim = Claim::States {
            stated: Leaf::own(3),
            follows,
            rounded: Vec::new(),
        };
        let assertion = Assertion::new(3, claim);
        let formula = wrong(&assertion, &cells).expect("a formula");
        assert!(
            formula.contains("IF(LEFT(CELL(\"format\",F10),1)=\"P\",F10,F10/100)-((C10/E10-1))")
        );
        assert!(formula.contains("FIND(\".\","), "{formula}");
        assert!(formula.len() < 1_500, "{}", formula.len());
    }
}
