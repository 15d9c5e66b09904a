//! What a formula says of the form: a sum, a growth, a share, a difference.

use super::kinds::Kind;
use crate::spelling::fold;

/// A formula that holds two cells against each other.
pub(super) struct Ratio {
    is: Operation,
    pub(super) a: (u32, u32),
    pub(super) b: (u32, u32),
}

enum Operation {
    /// a ÷ b − 1
    Growth,
    /// a ÷ b
    Share,
    /// a − b
    Difference,
}

impl Ratio {
    /// Reads `E10/C10-1`, `(E10-C10)/C10*100`, `G10/C10`, `E10-C10`, in whatever they are wrapped.
    pub(super) fn read(formula: &str) -> Option<Self> {
        let text = plain(formula);
        let new = |is, a: &str, b: &str| {
            Some(Self {
                is,
                a: cell(a)?,
                b: cell(b)?,
            })
        };
        let quotient = |text: &str| -> Option<Self> {
            let (over, under) = parted(text, '/')?;
            let under = unwrapped(under);
            match parted(unwrapped(over), '-') {
                Some((now, then)) if then == under => new(Operation::Growth, now, under),
                Some(_) => None,
                None => new(Operation::Share, unwrapped(over), under),
            }
        };
        let bare = unwrapped(&text);
        match parted(bare, '-') {
            Some((over, "1" | "100" | "100%")) => {
                let ratio = quotient(unwrapped(over))?;
                matches!(ratio.is, Operation::Share).then_some(Self {
                    is: Operation::Growth,
                    ..ratio
                })
            }
            Some((a, b)) => new(Operation::Difference, a, b),
            None => quotient(bare),
        }
    }

    /// What a figure of some kind states, if it follows from two others in this way.
    pub(super) fn of(
        &self,
        kind: &Kind,
        (a, of_a): (&str, &Kind),
        (b, of_b): (&str, &Kind),
    ) -> Option<String> {
        let alike = of_a.is == of_b.is && of_a.unit == of_b.unit;
        let quantities = of_a.is_additive() && of_b.is_additive();
        match (&self.is, kind.is) {
            (Operation::Growth | Operation::Difference, Some("change")) if alike => {
                Some(format!("change({a}, {b})"))
            }
            (Operation::Growth, Some("percent")) if alike && quantities => {
                Some(format!("growth({a}, {b})"))
            }
            (Operation::Share, Some("percent")) if quantities => Some(format!("share({a}, {b})")),
            (Operation::Share, Some("number")) if quantities && of_a.is != Some("money") => {
                Some(format!("{a} / {b}"))
            }
            (Operation::Difference, Some("count" | "number" | "money")) if alike && quantities => {
                Some(format!("{a} - {b}"))
            }
            (Operation::Difference, Some("points")) if alike && !quantities => {
                Some(format!("{a} - {b}"))
            }
            _ => None,
        }
    }
}

/// The cells that a formula adds up, if it does nothing else.
pub(super) fn summed(formula: &str) -> Option<Vec<(u32, u32)>> {
    let text = plain(formula);
    let mut cells = Vec::new();
    for part in split(unwrapped(&text), '+') {
        let arguments = part
            .strip_prefix("SUM(")
            .and_then(|rest| rest.strip_suffix(')'));
        for area in split(arguments.unwrap_or(part), ',') {
            match area.split_once(':') {
                None => cells.push(cell(area)?),
                Some((from, to)) => {
                    let (from, to) = (cell(from)?, cell(to)?);
                    let rows = from.0..=to.0.min(from.0.saturating_add(500));
                    let columns = from.1..=to.1.min(from.1.saturating_add(500));
                    // A range of a sheet is one row or one column, or adds up something else.
                    if from.0 != to.0 && from.1 != to.1 {
                        return None;
                    }
                    cells.extend(
                        rows.flat_map(|row| columns.clone().map(move |column| (row, column))),
                    );
                }
            }
        }
    }
    Some(cells)
}

/// A formula in capitals, without spaces and dollar signs.
pub(super) fn plain(formula: &str) -> String {
    let formula = fold(formula).to_ascii_uppercase().replace('$', "");
    formula.trim_start_matches(['=', '+']).to_owned()
}

/// A formula without what only guards or dresses its result: brackets, `ROUND`, `IFERROR`, `IF`,
/// a hundredfold.
fn unwrapped(text: &str) -> &str {
    let inner = || {
        let open = text.find('(')?;
        let inside = text[open + 1..].strip_suffix(')')?;
        // The bracket that opens first must be the one that closes last.
        let arguments = split(inside, ',');
        let balanced = arguments.iter().all(|argument| is_balanced(argument));
        match (&text[..open], arguments.as_slice()) {
            _ if !balanced => None,
            ("", [one]) => Some(*one),
            ("ROUND" | "IFERROR", [first, _]) => Some(*first),
            ("IF", [_, a, b]) => Some(if b.contains('/') { *b } else { *a }),
            _ => None,
        }
    };
    let hundredfold = text
        .strip_suffix("*100")
        .or_else(|| text.strip_suffix("*100%"))
        .or_else(|| text.strip_prefix("100*"));
    let hundredfold =
        hundredfold.filter(|rest| split(rest, '-').len() == 1 && split(rest, '+').len() == 1);
    match inner().or(hundredfold) {
        Some(rest) => unwrapped(rest),
        None => text,
    }
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// A text parted at a sign outside of all brackets.
fn split(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == sign && depth == 0 {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A text parted in two at the only such sign outside of all brackets.
fn parted(text: &str, sign: char) -> Option<(&str, &str)> {
    match split(text, sign).as_slice() {
        [a, b] => Some((*a, *b)),
        _ => None,
    }
}

/// The row and column of `AB10`.
pub(super) fn cell(text: &str) -> Option<(u32, u32)> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = &text[..text.len() - digits.len()];
    if !(1..=3).contains(&letters.len()) {
        return None;
    }
    let column = letters.bytes().fold(0, |column, letter| {
        column * 26 + u32::from(letter - b'A') + 1
    });
    let row: u32 = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}
