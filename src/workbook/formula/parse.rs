//! Formulas as text: their tokens, what they mean, and how they read in another cell.

use super::{MOST_DEPTH, MOST_LENGTH};
use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range, column_letters};
use std::borrow::Cow;
use std::fmt;

/// A formula that can be computed, as far as its text tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Formula<'a> {
    /// What is to be computed.
    pub root: Part<'a>,
    /// All areas that it names.
    pub areas: Vec<Area<'a>>,
}

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part<'a> {
    /// An argument that is left out: `IF(A1>0,B1,)`.
    Nothing,
    /// A number.
    Number(f64),
    /// Words.
    Text(Cow<'a, str>),
    /// TRUE or FALSE.
    Truth(bool),
    /// A cell or a range.
    Area(Area<'a>),
    /// Operations of one rank, from left to right. They are not nested, so that a long sum is
    /// not a deep one.
    Chain(Box<Part<'a>>, Vec<(Sign, Part<'a>)>),
    /// A function of its arguments, of which there are as many as it needs.
    Call(Function, Vec<Part<'a>>),
}

/// An operation between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// The signs that part weaker ones from stronger ones.
const RANKS: [&[Sign]; 4] = [
    &[
        Sign::Equal,
        Sign::NotEqual,
        Sign::Less,
        Sign::LessOrEqual,
        Sign::Greater,
        Sign::GreaterOrEqual,
    ],
    &[Sign::Add, Sign::Subtract],
    &[Sign::Multiply, Sign::Divide],
    &[Sign::Power],
];

/// A function that can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Average,
    Count,
    If,
    IfError,
    Max,
    Min,
    Round,
    Sum,
}

impl Function {
    /// The function of this name, if it takes so many arguments.
    fn named(name: &str, arguments: usize) -> Option<Self> {
        let (function, allowed) = match name.to_ascii_uppercase().as_str() {
            "ABS" => (Self::Abs, 1..=1),
            "AVERAGE" => (Self::Average, 1..=255),
            "COUNT" => (Self::Count, 1..=255),
            "IF" => (Self::If, 2..=3),
            "IFERROR" => (Self::IfError, 2..=2),
            "MAX" => (Self::Max, 1..=255),
            "MIN" => (Self::Min, 1..=255),
            "ROUND" => (Self::Round, 2..=2),
            "SUM" => (Self::Sum, 1..=255),
            _ => return None,
        };
        allowed.contains(&arguments).then_some(function)
    }
}

/// A cell or a range as a formula names it: `C5`, `'1月'!$C$4:D9`, `A:A`, `3:4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area<'a> {
    /// The sheet's name, quoted if the formula quotes it.
    sheet: Option<&'a str>,
    first: Corner,
    last: Option<Corner>,
}

/// A corner of an area; a whole column has no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Corner {
    row: Option<Axis>,
    column: Option<Axis>,
}

/// A row or column, and whether a `$` keeps it where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    at: u32,
    fixed: bool,
}

impl Area<'_> {
    /// The name of the sheet, where it is not the formula's own.
    pub fn sheet(&self) -> Option<String> {
        let quoted = |name: &str| Some(name.strip_prefix('\'')?.strip_suffix('\'')?.to_owned());
        self.sheet.map(|name| match quoted(name) {
            Some(inner) => inner.replace("''", "'"),
            None => name.to_owned(),
        })
    }

    /// The cells.
    pub fn range(&self) -> Range {
        let last = self.last.unwrap_or(self.first);
        let span = |a: Option<Axis>, b: Option<Axis>, end: u32| match (a, b) {
            (Some(a), Some(b)) => (a.at.min(b.at), a.at.max(b.at)),
            _ => (0, end - 1),
        };
        let (top, bottom) = span(self.first.row, last.row, MAX_ROWS);
        let (left, right) = span(self.first.column, last.column, MAX_COLUMNS);
        Range {
            first: Cell::new(top, left),
            last: Cell::new(bottom, right),
        }
    }

    fn shifted(self, from: Cell, to: Cell) -> Option<Self> {
        let moved = |axis: Option<Axis>, from: u32, to: u32, end: u32| match axis {
            Some(Axis { at, fixed: false }) => {
                let at = at.checked_add(to)?.checked_sub(from);
                let at = at.filter(|at| *at < end)?;
                Some(Some(Axis { at, fixed: false }))
            }
            kept => Some(kept),
        };
        let corner = |corner: Corner| {
            Some(Corner {
                row: moved(corner.row, from.row, to.row, MAX_ROWS)?,
                column: moved(corner.column, from.column, to.column, MAX_COLUMNS)?,
            })
        };
        Some(Self {
            first: corner(self.first)?,
            last: match self.last {
                Some(last) => Some(corner(last)?),
                None => None,
            },
            ..self
        })
    }
}

impl fmt::Display for Area<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sheet) = self.sheet {
            write!(f, "{sheet}!")?;
        }
        write!(f, "{}", self.first)?;
        match self.last {
            Some(last) => write!(f, ":{last}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Corner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollar = |axis: Axis| if axis.fixed { "$" } else { "" };
        if let Some(column) = self.column {
            write!(f, "{}{}", dollar(column), column_letters(column.at))?;
        }
        match self.row {
            Some(row) => write!(f, "{}{}", dollar(row), row.at + 1),
            None => Ok(()),
        }
    }
}

/// Reads a formula as a file stores it, without the equals sign: `ROUND(C10/E10*100,1)`.
///
/// There is none where anything in it is beyond what is computed here: another function, a
/// defined name, a table, another file, an array.
pub(super) fn parse(text: &str) -> Option<Formula<'_>> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        areas: Vec::new(),
    };
    let root = parser.chain(0)?;
    parser.peek().is_none().then_some(Formula {
        root,
        areas: parser.areas,
    })
}

/// How the formula of one cell reads in another: what no `$` keeps moves with the cell.
///
/// There is no such text where a reference would leave the sheet, or where the formula has
/// something in it that is never computed.
pub(super) fn shifted(text: &str, from: Cell, to: Cell) -> Option<String> {
    let mut moved = String::with_capacity(text.len());
    let mut copied = 0;
    for (token, span) in tokens(text)? {
        if let Token::Area(area) = token {
            moved.push_str(text.get(copied..span.start)?);
            moved.push_str(&area.shifted(from, to)?.to_string());
            copied = span.end;
        }
    }
    moved.push_str(text.get(copied..)?);
    Some(moved)
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    Number(f64),
    Text(Cow<'a, str>),
    Area(Area<'a>),
    /// The name of a function, TRUE or FALSE, or a defined name.
    Word(&'a str),
    Sign(Sign),
    Percent,
    Open,
    Close,
    Comma,
}

/// The tokens of a formula with their places, or none where one is not known here.
fn tokens(text: &str) -> Option<Vec<(Token<'_>, std::ops::Range<usize>)>> {
    if text.len() > MOST_LENGTH {
        return None;
    }
    let mut found = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (token, length) = token(rest)?;
        let start = text.len() - rest.len();
        found.push((token, start..start + length));
        rest = rest.get(length..)?.trim_ascii_start();
    }
    Some(found)
}

/// The token that a text begins with, and how long it is.
fn token(text: &str) -> Option<(Token<'_>, usize)> {
    let sign = |sign, length| Some((Token::Sign(sign), length));
    match text.chars().next()? {
        '(' => Some((Token::Open, 1)),
        ')' => Some((Token::Close, 1)),
        ',' => Some((Token::Comma, 1)),
        '%' => Some((Token::Percent, 1)),
        '+' => sign(Sign::Add, 1),
        '-' => sign(Sign::Subtract, 1),
        '*' => sign(Sign::Multiply, 1),
        '/' => sign(Sign::Divide, 1),
        '^' => sign(Sign::Power, 1),
        '=' => sign(Sign::Equal, 1),
        '<' if text.starts_with("<>") => sign(Sign::NotEqual, 2),
        '<' if text.starts_with("<=") => sign(Sign::LessOrEqual, 2),
        '<' => sign(Sign::Less, 1),
        '>' if text.starts_with(">=") => sign(Sign::GreaterOrEqual, 2),
        '>' => sign(Sign::Greater, 1),
        '"' => {
            let length = quoted(text, '"')?;
            let inner = text.get(1..length - 1)?;
            let text = if inner.contains('"') {
                Cow::Owned(inner.replace("\"\"", "\""))
            } else {
                Cow::Borrowed(inner)
            };
            Some((Token::Text(text), length))
        }
        '\'' => on_sheet(text, quoted(text, '\'')?),
        c if is_word(c) => area(text, None)
            .map(|(area, length)| (Token::Area(area), length))
            .or_else(|| number(text))
            .or_else(|| {
                let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
                if text.get(length..)?.starts_with('!') {
                    on_sheet(text, length)
                } else {
                    Some((Token::Word(text.get(..length)?), length))
                }
            }),
        _ => None,
    }
}

/// How long the quoted text is that a text begins with; a doubled quote stands for one.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut marks = text.match_indices(quote).map(|(at, _)| at).skip(1);
    let mut end = marks.next()?;
    while let Some(next) = marks.next() {
        if next != end + 1 {
            break;
        }
        end = marks.next()?;
    }
    Some(end + 1)
}

/// The area behind a sheet's name and its exclamation mark.
fn on_sheet(text: &str, name: usize) -> Option<(Token<'_>, usize)> {
    let (sheet, rest) = (text.get(..name)?, text.get(name..)?.strip_prefix('!')?);
    // `[1]` names another file, `1月:3月` a stack of sheets.
    if sheet.contains(['[', ']', ':']) {
        return None;
    }
    let (area, length) = area(rest, Some(sheet))?;
    Some((Token::Area(area), name + 1 + length))
}

/// The area that a text begins with, and how long it is.
fn area<'a>(text: &str, sheet: Option<&'a str>) -> Option<(Area<'a>, usize)> {
    let (first, mut length) = corner(text)?;
    let mut last = None;
    if let Some(rest) = text.get(length..)?.strip_prefix(':') {
        let (corner, more) = corner(rest)?;
        last = Some(corner);
        length += 1 + more;
    }
    let is_whole = match last {
        None => first.row.is_some() && first.column.is_some(),
        Some(last) => {
            first.row.is_some() == last.row.is_some()
                && first.column.is_some() == last.column.is_some()
        }
    };
    let ends = !text
        .get(length..)?
        .starts_with(|c| is_word(c) || matches!(c, '(' | '!' | ':'));
    (is_whole && ends).then_some((Area { sheet, first, last }, length))
}

/// The corner that a text begins with, and how long it is.
fn corner(text: &str) -> Option<(Corner, usize)> {
    let split = |text: &str, is_part: fn(&u8) -> bool| {
        let fixed = text.starts_with('$');
        let length = text.bytes().skip(fixed.into()).take_while(is_part).count();
        (fixed, usize::from(fixed), usize::from(fixed) + length)
    };
    let (fixed, start, end) = split(text, u8::is_ascii_alphabetic);
    let letters = text.get(start..end)?;
    let column = (!letters.is_empty()).then_some(letters);
    let mut length = if column.is_some() { end } else { 0 };
    let column = match column {
        // The row is made up: what is asked is where the column is.
        Some(letters) => Some(Axis {
            at: Cell::parse(&format!("{letters}1"))?.column,
            fixed,
        }),
        None => None,
    };
    let rest = text.get(length..)?;
    let (fixed, start, end) = split(rest, u8::is_ascii_digit);
    let digits = rest.get(start..end)?;
    let row = if digits.is_empty() {
        None
    } else {
        length += end;
        Some(Axis {
            at: Cell::parse(&format!("A{digits}"))?.row,
            fixed,
        })
    };
    (column.is_some() || row.is_some()).then_some((Corner { row, column }, length))
}

/// The number that a text begins with: `12`, `.5`, `1.5E-3`.
fn number(text: &str) -> Option<(Token<'_>, usize)> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or("");
        from + rest.bytes().take_while(u8::is_ascii_digit).count()
    };
    let whole = digits(0);
    let mut end = whole;
    if text.get(end..)?.starts_with('.') {
        end = digits(end + 1);
    }
    if end == 0 || text.get(..end) == Some(".") {
        return None;
    }
    if let Some(rest) = text.get(end..)?.strip_prefix(['e', 'E']) {
        let exponent = end + 1 + usize::from(rest.starts_with(['+', '-']));
        let after = digits(exponent);
        if after == exponent {
            return None;
        }
        end = after;
    }
    if text.get(end..)?.starts_with(is_word) {
        return None;
    }
    let number: f64 = text.get(..end)?.parse().ok()?;
    number.is_finite().then_some((Token::Number(number), end))
}

/// Whether names and unquoted sheets are written with this character.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\\' | '?')
}

struct Parser<'a> {
    tokens: Vec<(Token<'a>, std::ops::Range<usize>)>,
    at: usize,
    depth: usize,
    areas: Vec<Area<'a>>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, token: &Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    /// Operations of a rank, and what is stronger between them.
    fn chain(&mut self, rank: usize) -> Option<Part<'a>> {
        let Some(signs) = RANKS.get(rank) else {
            return self.operand();
        };
        let first = self.chain(rank + 1)?;
        let mut rest = Vec::new();
        while let Some(Token::Sign(sign)) = self.peek()
            && signs.contains(sign)
        {
            let sign = *sign;
            self.at += 1;
            rest.push((sign, self.chain(rank + 1)?));
        }
        Some(joined(first, rest))
    }

    fn operand(&mut self) -> Option<Part<'a>> {
        if self.depth == MOST_DEPTH {
            return None;
        }
        self.depth += 1;
        let operand = match self.next()? {
            Token::Number(number) => Part::Number(number),
            Token::Text(text) => Part::Text(text),
            Token::Area(area) => {
                self.areas.push(area);
                Part::Area(area)
            }
            Token::Sign(Sign::Add) => self.operand()?,
            // Stronger than any sign between two parts: -2^2 is 4.
            Token::Sign(Sign::Subtract) => {
                joined(Part::Number(0.0), vec![(Sign::Subtract, self.operand()?)])
            }
            Token::Open => {
                let inner = self.chain(0)?;
                self.take(&Token::Close).then_some(inner)?
            }
            Token::Word(name) if self.take(&Token::Open) => {
                let arguments = self.arguments()?;
                Part::Call(Function::named(name, arguments.len())?, arguments)
            }
            Token::Word(word) if word.eq_ignore_ascii_case("TRUE") => Part::Truth(true),
            Token::Word(word) if word.eq_ignore_ascii_case("FALSE") => Part::Truth(false),
            _ => return None,
        };
        let mut percents = Vec::new();
        while self.take(&Token::Percent) {
            percents.push((Sign::Divide, Part::Number(100.0)));
        }
        self.depth -= 1;
        Some(joined(operand, percents))
    }

    /// The arguments of a function, to the closing parenthesis.
    fn arguments(&mut self) -> Option<Vec<Part<'a>>> {
        let mut arguments = Vec::new();
        loop {
            arguments.push(match self.peek()? {
                Token::Comma | Token::Close => Part::Nothing,
                _ => self.chain(0)?,
            });
            match self.next()? {
                Token::Comma => {}
                Token::Close => return Some(arguments),
                _ => return None,
            }
        }
    }
}

fn joined<'a>(first: Part<'a>, rest: Vec<(Sign, Part<'a>)>) -> Part<'a> {
    if rest.is_empty() {
        first
    } else {
        Part::Chain(Box::new(first), rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str) -> Cell {
        Cell::parse(name).expect("a cell")
    }

    fn areas(text: &str) -> Vec<String> {
        let formula = parse(text).unwrap_or_else(|| panic!("{text}"));
        formula.areas.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_forms_are_computed_with_is_read() {
        for (text, found) in [
            ("SUM(C11:C13)", &["C11:C13"][..]),
            ("'1月'!$C$4*2", &["'1月'!$C$4"]),
            ("一月!C5+二月!C5", &["一月!C5", "二月!C5"]),
            ("FY24!C5-Sheet1!$C5", &["FY24!C5", "Sheet1!$C5"]),
            ("ROUND((C10-E10)/E10*100, 1)", &["C10", "E10", "E10"]),
            ("IF(E10=0,\"\",C10/E10)", &["E10", "C10", "E10"]),
            ("+C5+5%-1.5E+3*.5", &["C5"]),
            ("sum(A:A,$3:4)", &["A:A", "$3:4"]),
            ("IF(A1<>\"说\"\"明\"\"\",TRUE,)", &["A1"]),
        ] {
            assert_eq!(areas(text), found, "{text}");
        }
        let area = parse("'a''b'!C4:A2").expect("a formula").areas[0];
        assert_eq!(area.sheet().as_deref(), Some("a'b"));
        assert_eq!(Some(area.range()), Range::parse("A2:C4"));
    }

    #[test]
    fn anything_else_is_no_formula() {
        for text in [
            "",
            "=A1",
            "[1]Sheet1!A1",
            "'[1]1月'!A1",
            "'1月:3月'!A1",
            "Sheet1:Sheet3!A1",
            "Table1[合计]",
            "合计",
            "A1&B1",
            "SUM({1,2})",
            "VLOOKUP(A1,B:C,2,0)",
            "A1:INDEX(B:B,3)",
            "SUM(A1:B2 B1:C3)",
            "SUM((A1,B1))",
            "SUM()+",
            "ROUND(A1)",
            "IF(A1)",
            "#REF!+1",
            "Sheet1!#REF!",
            "A1:B",
            "A:3",
            "A1:B2:C3",
            "XFE1",
            "A0",
            "A1048577",
            "1.2.3",
            "1e999",
            "2E",
            ".",
            "'",
            "\"",
            "'1月",
            "'1月'",
            "'1月'!",
            "\"\"\"",
            "(A1",
            "A1)",
            "A1 A2",
            "LOG10(A1)",
            "@A1",
            "Ａ1",
            "１",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_too_deep_or_too_long_is_no_formula() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(MOST_DEPTH - 1)).is_some());
        assert_eq!(parse(&nested(MOST_DEPTH)), None);
        assert_eq!(parse(&"-".repeat(8_000)), None);
        assert_eq!(parse(&"IF(".repeat(2_000)), None);
        // A long sum and a row of percent signs are not deep.
        assert!(parse(&format!("{}1", "1+".repeat(4_000))).is_some());
        assert!(parse(&format!("1{}", "%".repeat(8_000))).is_some());
        assert_eq!(parse(&"1".repeat(MOST_LENGTH + 1)), None);
    }

    #[test]
    fn references_move_with_the_cell_unless_a_dollar_keeps_them() {
        for (text, moved) in [
            ("SUM(C5:C9)", "SUM(D7:D11)"),
            (" $C5 + C$5 + $C$5", " $C7 + D$5 + $C$5"),
            ("'C5 表'!C5&\"", ""),
            ("'C5 表'!C5*LOG10(C5)", "'C5 表'!D7*LOG10(D7)"),
            ("IF(A1=\"C5\",C5,A:A)", "IF(B3=\"C5\",D7,B:B)"),
            ("SUM(3:$4)", "SUM(5:$4)"),
        ] {
            let found = shifted(text, cell("C5"), cell("D7"));
            assert_eq!(found.unwrap_or_default(), moved, "{text}");
        }
        assert_eq!(shifted("B1", cell("B2"), cell("B1")), None);
        assert_eq!(shifted("A2", cell("B2"), cell("A2")), None);
        assert_eq!(shifted("XFD2", cell("B2"), cell("C2")), None);
        assert_eq!(shifted("A1048576", cell("B2"), cell("B1048576")), None);
    }

    #[test]
    fn no_text_is_too_strange() {
        let pieces = [
            "A1", "$", "'", "\"", "!", ":", "(", ")", ",", "%", "+", "-", "1", ".", "e", "E9",
            "月", "😀", "\u{301}", "[", "SUM", "IF(", "<", ">", "=", " ", "\n", "\0", "#",
        ];
        // A plain generator of numbers, the same in every run.
        let mut seed = 7_u64;
        let mut below = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).expect("31 bits") % end
        };
        for _ in 0..20_000 {
            let text: String = (0..below(12))
                .map(|_| pieces[below(pieces.len())])
                .collect();
            let _ = parse(&text);
            let _ = shifted(&text, cell("C5"), cell("A1"));
        }
    }
}
