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

/// A formula that is true while the assertion fails, if one can say it. `scale` is the power of
/// ten of the stated variable, `decimals` the precision it is stated with.
pub fn wrong(
    assertion: &Assertion,
    operand: &dyn Fn(Leaf) -> Option<Operand>,
    scale: i32,
    decimals: u8,
) -> Option<String> {
    let write = |expr: &Expr| formula(expr, operand);
    Some(match &assertion.claim {
        Claim::Readable => {
            let cell = address(operand(Leaf::own(assertion.accused))?)?;
            format!("AND(LEN(TRIM({cell}))>0,NOT(ISNUMBER({cell})))")
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
        Claim::States { stated, follows } => {
            let places = i32::from(decimals) - scale;
            let gap = format!(
                "ROUND({}-({}),{})",
                write(&Expr::Leaf(*stated))?,
                write(follows)?,
                places + 4
            );
            format!("ABS({gap})>0.5*10^-{places}")
        }
        Claim::Holds(expr) => format!("NOT({})", write(expr)?),
    })
}

fn address(operand: Operand) -> Option<String> {
    match operand {
        Operand::Cell { address, .. } => Some(address),
        Operand::Number(_) | Operand::Words(_) => None,
    }
}

/// A number as a formula takes it. Exponents are written with a capital letter and a sign.
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
        Expr::Call(function, arguments) => match function {
            Function::Growth => {
                format!("({}/{}-1)", write(&arguments[0])?, write(&arguments[1])?)
            }
            Function::Abs => format!("ABS({})", list(arguments)?),
            Function::Round => format!("ROUND({})", list(arguments)?),
            Function::Min => format!("MIN({})", list(arguments)?),
            Function::Max => format!("MAX({})", list(arguments)?),
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
            let plain = match scale {
                0 => address.clone(),
                s if s < 0 => format!("({address}/1{})", "0".repeat(s.unsigned_abs() as usize)),
                s => format!("({address}*1{})", "0".repeat(s.unsigned_abs() as usize)),
            };
            if !text {
                return plain;
            }
            // `VALUE` of "14.7%" is 0.147 already; of "14.7" it is in the column's unit.
            let half = format!("SUBSTITUTE({address},\"％\",\"%\")");
            let divisor = if scale < 0 {
                format!(
                    "/IF(ISNUMBER(FIND(\"%\",{half})),1,1{})",
                    "0".repeat(scale.unsigned_abs() as usize)
                )
            } else {
                String::new()
            };
            format!("IF(ISNUMBER({address}),{plain},VALUE({half}){divisor})")
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
        let assertion = Assertion {
            accused: 0,
            claim,
            floor: None,
        };
        assert_eq!(
            wrong(&assertion, &cells, 0, 0).as_deref(),
            Some("ABS(ROUND(C10-((D10+E10)),9))>0")
        );
    }

    #[test]
    fn a_stated_growth_is_held_against_its_operands_at_its_own_decimals() {
        let follows = Expr::Call(Function::Growth, vec![own(0), own(2)]);
        let claim = Claim::States {
            stated: Leaf::own(3),
            follows,
        };
        let assertion = Assertion {
            accused: 3,
            claim,
            floor: None,
        };
        assert_eq!(
            wrong(&assertion, &cells, -2, 1).as_deref(),
            Some("ABS(ROUND((F10/100)-((C10/E10-1)),7))>0.5*10^-3")
        );
    }
}
