//! What the formulas of a book come to: each is computed once, after those that it needs.

use super::parse::{Area, Function, Part, Sign, parse};
use crate::number;
use crate::place::{Cell, Range};
use crate::workbook::{RawSheet, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The longest words that are compared or handed on, in bytes.
const MOST_WORDS: usize = 256;
/// A difference this small beside what it is taken from comes from binary fractions, not from
/// figures: 0.1+0.2-0.3 is nothing.
const NOTHING: f64 = f64::EPSILON * 16.0;

/// What a formula or a part of it comes to.
pub(super) type Outcome<'a> = Result<Operand<'a>, Halt>;

/// A value in a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand<'a> {
    /// What an empty cell holds.
    Blank,
    /// A number, not canonical: a third times three is one.
    Number(f64),
    /// Words.
    Text(Cow<'a, str>),
    /// TRUE or FALSE.
    Truth(bool),
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// There is an error instead, as Excel shows it.
    Error(&'static str),
    /// It is not computed.
    Unknown,
}

const DIVISION_BY_ZERO: Halt = Halt::Error("#DIV/0!");
const NO_SUCH_NUMBER: Halt = Halt::Error("#NUM!");
const NO_NUMBER: Halt = Halt::Error("#VALUE!");

/// What the formulas of each sheet come to, in their order, as far as it comes out of looking at
/// so many cells.
pub(super) fn outcomes(sheets: &[RawSheet], work: u32) -> Vec<Vec<Outcome<'static>>> {
    let names = sheets.iter().map(|sheet| sheet.name.to_lowercase());
    let states = sheets
        .iter()
        .map(|sheet| vec![State::New; sheet.formulas.len()]);
    let mut evaluation = Evaluation {
        sheets,
        by_name: names.zip(0..).collect(),
        states: states.collect(),
        work,
    };
    for (sheet, raw) in sheets.iter().enumerate() {
        for at in 0..raw.formulas.len() {
            evaluation.settle(sheet, at);
        }
    }
    let outcome = |state| match state {
        State::Done(outcome) => outcome.map(Operand::into_owned),
        State::New | State::Open => Err(Halt::Unknown),
    };
    let states = evaluation.states.into_iter();
    states
        .map(|states| states.into_iter().map(outcome).collect())
        .collect()
}

/// How far a formula is.
#[derive(Debug, Clone)]
enum State<'a> {
    New,
    /// What it needs is being computed.
    Open,
    Done(Outcome<'a>),
}

struct Evaluation<'a> {
    sheets: &'a [RawSheet],
    /// The sheets' positions by their names in small letters.
    by_name: HashMap<String, usize>,
    /// By sheet and by position among its formulas.
    states: Vec<Vec<State<'a>>>,
    /// How many cells may still be looked at.
    work: u32,
}

impl<'a> Evaluation<'a> {
    /// Computes a formula and all that it needs. The path is kept here and not in calls, for it
    /// can be as long as there are formulas.
    fn settle(&mut self, sheet: usize, at: usize) {
        let mut path = vec![(sheet, at)];
        while let Some(&(sheet, at)) = path.last() {
            match self.states[sheet][at] {
                State::New => {
                    self.states[sheet][at] = State::Open;
                    // Texts are parsed again when they are computed: parsed, all the formulas
                    // of a path would take much memory.
                    let formula = parse(&self.sheets[sheet].formulas[at].1);
                    for area in formula.iter().flat_map(|formula| &formula.areas) {
                        // An area that is too large or nowhere is met again when it is computed.
                        let _ = self.add_needed(sheet, area, &mut path);
                    }
                }
                State::Open => {
                    self.states[sheet][at] = State::Done(self.result(sheet, at));
                    path.pop();
                }
                State::Done(_) => {
                    path.pop();
                }
            }
        }
    }

    /// Adds the formulas of an area that have not been computed yet.
    fn add_needed(
        &mut self,
        home: usize,
        area: &Area<'_>,
        path: &mut Vec<(usize, usize)>,
    ) -> Result<(), Halt> {
        let (sheet, range) = self.place(home, area)?;
        let (formulas, mut cells) = (&self.sheets[sheet].formulas, Vec::new());
        gather(
            formulas,
            |(cell, ..)| *cell,
            range,
            &mut self.work,
            &mut cells,
        )?;
        let positions = cells.iter().flat_map(|cell| position(formulas, *cell));
        let new = positions.filter(|at| matches!(self.states[sheet][*at], State::New));
        path.extend(new.map(|at| (sheet, at)));
        Ok(())
    }

    /// What a formula comes to, those that it needs being done. One that still is not needs
    /// this one in turn.
    fn result(&mut self, sheet: usize, at: usize) -> Outcome<'a> {
        let (cell, text, _) = &self.sheets[sheet].formulas[at];
        let Some(formula) = parse(text) else {
            let stored = stored(&self.sheets[sheet], *cell)?;
            // Formulas leave nothing empty: what is stored here is not known.
            let is_known = stored != Operand::Blank;
            return is_known.then_some(stored).ok_or(Halt::Unknown);
        };
        match self.value(sheet, &formula.root)? {
            Operand::Blank => Ok(Operand::Number(0.0)),
            filled => Ok(filled),
        }
    }

    /// The sheet and the cells that an area of a formula of this sheet means.
    fn place(&self, home: usize, area: &Area<'_>) -> Result<(usize, Range), Halt> {
        let sheet = match area.sheet() {
            Some(name) => *self
                .by_name
                .get(&name.to_lowercase())
                .ok_or(Halt::Unknown)?,
            None => home,
        };
        Ok((sheet, area.range()))
    }

    /// What a cell holds, computed anew where it has a formula.
    fn at(&self, sheet: usize, cell: Cell) -> Outcome<'a> {
        let raw = &self.sheets[sheet];
        match position(&raw.formulas, cell).map(|at| &self.states[sheet][at]) {
            Ok(State::Done(outcome)) => outcome.clone(),
            Ok(State::New | State::Open) => Err(Halt::Unknown),
            Err(_) => stored(raw, cell),
        }
    }

    /// The cells of a range that may hold something, in order.
    fn filled(&mut self, sheet: usize, range: Range) -> Result<Vec<Cell>, Halt> {
        let (sheet, mut found) = (&self.sheets[sheet], Vec::new());
        let facts = &sheet.facts;
        let work = &mut self.work;
        gather(&sheet.cells, |raw| raw.cell, range, work, &mut found)?;
        gather(&sheet.formulas, |(cell, ..)| *cell, range, work, &mut found)?;
        gather(&facts.without_result, |cell| *cell, range, work, &mut found)?;
        gather(&facts.damaged, |cell| *cell, range, work, &mut found)?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What a part of a formula of this sheet comes to.
    fn value(&mut self, home: usize, part: &Part<'a>) -> Outcome<'a> {
        match part {
            Part::Nothing => Ok(Operand::Blank),
            Part::Number(number) => Ok(Operand::Number(*number)),
            Part::Text(text) => Ok(Operand::Text(text.clone())),
            Part::Truth(truth) => Ok(Operand::Truth(*truth)),
            Part::Area(area) => {
                let (sheet, range) = self.place(home, area)?;
                if range.first != range.last {
                    return Err(Halt::Unknown);
                }
                match self.at(sheet, range.first)? {
                    Operand::Text(text) if text.len() > MOST_WORDS => Err(Halt::Unknown),
                    value => Ok(value),
                }
            }
            Part::Chain(first, rest) => {
                let mut value = self.value(home, first)?;
                for (sign, part) in rest {
                    value = operated(&value, *sign, self.value(home, part))?;
                }
                Ok(value)
            }
            Part::Call(function, arguments) => self.call(home, *function, arguments),
        }
    }

    fn call(&mut self, home: usize, function: Function, arguments: &[Part<'a>]) -> Outcome<'a> {
        let result = match (function, arguments) {
            (Function::If, _) => {
                return match self.chosen(home, arguments)? {
                    Some(part) => self.value(home, part),
                    None => Ok(Operand::Truth(false)),
                };
            }
            (Function::IfError, [value, instead]) => {
                return match self.value(home, value) {
                    Err(Halt::Error(_)) => self.value(home, instead),
                    known => known,
                };
            }
            (Function::Abs, [number]) => self.number(home, number)?.abs(),
            (Function::Round, [number, digits]) => {
                rounded(self.number(home, number)?, self.number(home, digits)?)
            }
            _ => self.tally(home, function, arguments)?.result(function)?,
        };
        finite(result).map(Operand::Number)
    }

    fn number(&mut self, home: usize, part: &Part<'a>) -> Result<f64, Halt> {
        number(&self.value(home, part)?)
    }

    /// The argument of an IF that its first decides for, if there is one.
    fn chosen<'p>(
        &mut self,
        home: usize,
        arguments: &'p [Part<'a>],
    ) -> Result<Option<&'p Part<'a>>, Halt> {
        let [condition, choices @ ..] = arguments else {
            return Err(Halt::Unknown);
        };
        let truth = match self.value(home, condition)? {
            Operand::Blank => false,
            Operand::Number(number) => number != 0.0,
            Operand::Truth(truth) => truth,
            Operand::Text(_) => return Err(Halt::Unknown),
        };
        Ok(choices.get(usize::from(!truth)))
    }

    /// The numbers among the arguments of SUM and its like.
    fn tally(
        &mut self,
        home: usize,
        function: Function,
        arguments: &[Part<'a>],
    ) -> Result<Tally, Halt> {
        let mut tally = Tally {
            skips_errors: function == Function::Count,
            ..Tally::default()
        };
        for part in arguments {
            match self.add_to(&mut tally, home, part) {
                Err(Halt::Error(_)) if tally.skips_errors => {}
                done => done?,
            }
        }
        Ok(tally)
    }

    fn add_to(&mut self, tally: &mut Tally, home: usize, part: &Part<'a>) -> Result<(), Halt> {
        match part {
            Part::Area(area) => {
                let (sheet, range) = self.place(home, area)?;
                for cell in self.filled(sheet, range)? {
                    match self.at(sheet, cell) {
                        Ok(Operand::Number(number)) => tally.add(number),
                        // What is no number counts only where it is written into the formula.
                        Ok(_) => {}
                        Err(Halt::Error(_)) if tally.skips_errors => {}
                        Err(halt) => return Err(halt),
                    }
                }
            }
            // An IF hands on the cells themselves.
            Part::Call(Function::If, arguments) => match self.chosen(home, arguments)? {
                Some(part) => self.add_to(tally, home, part)?,
                None => tally.add(0.0),
            },
            // Words from it may be taken for a cell's or for written ones: nobody says which.
            Part::Call(Function::IfError, _) => match self.value(home, part)? {
                Operand::Number(number) => tally.add(number),
                _ => return Err(Halt::Unknown),
            },
            part => tally.add(self.number(home, part)?),
        }
        Ok(())
    }
}

impl Operand<'_> {
    fn into_owned(self) -> Operand<'static> {
        match self {
            Self::Blank => Operand::Blank,
            Self::Number(number) => Operand::Number(number),
            Self::Text(text) => Operand::Text(Cow::Owned(text.into_owned())),
            Self::Truth(truth) => Operand::Truth(truth),
        }
    }

    /// What a blank is taken for beside another value.
    fn beside(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Blank, Self::Text(_)) => Self::Text(Cow::Borrowed("")),
            (Self::Blank, Self::Truth(_)) => Self::Truth(false),
            (Self::Blank, _) => Self::Number(0.0),
            (filled, _) => filled.clone(),
        }
    }

    /// Every number is less than any words, and these are less than FALSE.
    fn rank(&self) -> u8 {
        match self {
            Self::Blank | Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Truth(_) => 2,
        }
    }
}

/// The numbers that are summed, counted or compared.
#[derive(Debug, Default)]
struct Tally {
    skips_errors: bool,
    count: u32,
    /// The sum, what its additions have lost, and the sum of all sizes.
    sum: f64,
    lost: f64,
    size: f64,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl Tally {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
        self.size += number.abs();
        self.count += 1;
        self.least = Some(self.least.map_or(number, |least| least.min(number)));
        self.greatest = Some(
            self.greatest
                .map_or(number, |greatest| greatest.max(number)),
        );
    }

    fn result(&self, function: Function) -> Result<f64, Halt> {
        let total = without_dust(self.sum + self.lost, self.size);
        match function {
            Function::Count => Ok(f64::from(self.count)),
            Function::Average if self.count == 0 => Err(DIVISION_BY_ZERO),
            Function::Average => Ok(total / f64::from(self.count)),
            Function::Max => Ok(self.greatest.unwrap_or(0.0)),
            Function::Min => Ok(self.least.unwrap_or(0.0)),
            Function::Sum => Ok(total),
            Function::Abs | Function::If | Function::IfError | Function::Round => {
                Err(Halt::Unknown)
            }
        }
    }
}

/// The position of the formula of a cell.
fn position(formulas: &[(Cell, String, u32)], cell: Cell) -> Result<usize, usize> {
    formulas.binary_search_by_key(&cell, |(cell, ..)| *cell)
}

/// Adds the cells of an ordered list that lie in a range, going from row to row and never over
/// what is blank.
fn gather<T>(
    list: &[T],
    cell_of: impl Fn(&T) -> Cell,
    range: Range,
    work: &mut u32,
    found: &mut Vec<Cell>,
) -> Result<(), Halt> {
    let (left, right) = (range.first.column, range.last.column);
    let mut next = range.first;
    let mut rest = list;
    loop {
        rest = rest
            .split_at(rest.partition_point(|entry| cell_of(entry) < next))
            .1;
        let cell = rest.first().map(&cell_of);
        let Some(cell) = cell.filter(|cell| cell.row <= range.last.row) else {
            return Ok(());
        };
        *work = work.checked_sub(1).ok_or(Halt::Unknown)?;
        next = if cell.column < left {
            Cell::new(cell.row, left)
        } else if cell.column > right {
            Cell::new(cell.row + 1, left)
        } else {
            found.push(cell);
            Cell::new(cell.row, cell.column + 1)
        };
    }
}

/// What the file says that a cell holds.
fn stored(sheet: &RawSheet, cell: Cell) -> Outcome<'_> {
    let is_in = |cells: &[Cell]| cells.binary_search(&cell).is_ok();
    // Where not all could be read, nobody knows what a blank is.
    if sheet.damaged > 0 || is_in(&sheet.facts.damaged) || is_in(&sheet.facts.without_result) {
        return Err(Halt::Unknown);
    }
    let found = sheet.cells.binary_search_by_key(&cell, |raw| raw.cell);
    let Some(raw) = found.ok().and_then(|at| sheet.cells.get(at)) else {
        return Ok(Operand::Blank);
    };
    match sheet.value(raw) {
        Value::Number(x) | Value::Date(x) if x.is_finite() => Ok(Operand::Number(x)),
        Value::Number(_) | Value::Date(_) => Err(Halt::Unknown),
        Value::Text(text) => Ok(Operand::Text(Cow::Borrowed(text))),
        Value::Truth(truth) => Ok(Operand::Truth(truth)),
        Value::Error(error) => Err(Halt::Error(error)),
    }
}

/// A value as a number.
fn number(operand: &Operand<'_>) -> Result<f64, Halt> {
    let text = match operand {
        Operand::Blank => return Ok(0.0),
        Operand::Number(number) => return Ok(*number),
        Operand::Truth(truth) => return Ok(f64::from(u8::from(*truth))),
        Operand::Text(text) => text.trim_matches(' '),
    };
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    match text.parse::<f64>() {
        Ok(number) if text.chars().all(is_plain) && number.is_finite() => Ok(number),
        // Excel also makes numbers of days, of sums of money, and of more.
        _ if text.contains(char::is_numeric) => Err(Halt::Unknown),
        _ => Err(NO_NUMBER),
    }
}

/// What an operation comes to. What is wrong with the left side is told before the right one.
fn operated<'a>(left: &Operand<'a>, sign: Sign, right: Outcome<'a>) -> Outcome<'a> {
    let numbers = || Ok((number(left)?, number(&right.clone()?)?));
    let result = match sign {
        Sign::Add => {
            let (a, b) = numbers()?;
            without_dust(a + b, a.abs())
        }
        Sign::Subtract => {
            let (a, b) = numbers()?;
            without_dust(a - b, a.abs())
        }
        Sign::Multiply => {
            let (a, b) = numbers()?;
            a * b
        }
        Sign::Divide => match numbers()? {
            (_, 0.0) => return Err(DIVISION_BY_ZERO),
            (a, b) => a / b,
        },
        Sign::Power => match numbers()? {
            (0.0, 0.0) => return Err(NO_SUCH_NUMBER),
            (0.0, b) if b < 0.0 => return Err(DIVISION_BY_ZERO),
            (a, b) => a.powf(b),
        },
        comparison => return compared(left, comparison, &right?).map(Operand::Truth),
    };
    finite(result).map(Operand::Number)
}

/// Whether a comparison holds.
fn compared(left: &Operand<'_>, sign: Sign, right: &Operand<'_>) -> Result<bool, Halt> {
    let order = match (left.beside(right), right.beside(left)) {
        (Operand::Number(a), Operand::Number(b)) => {
            let order = number::canonical(a).partial_cmp(&number::canonical(b));
            order.ok_or(Halt::Unknown)?
        }
        (Operand::Truth(a), Operand::Truth(b)) => a.cmp(&b),
        (Operand::Text(a), Operand::Text(b)) => {
            if a.to_lowercase() == b.to_lowercase() {
                Ordering::Equal
            } else if matches!(sign, Sign::Equal | Sign::NotEqual) {
                Ordering::Less
            } else {
                // Which words come first, each language says for itself.
                return Err(Halt::Unknown);
            }
        }
        (a, b) => a.rank().cmp(&b.rank()),
    };
    Ok(match sign {
        Sign::Equal => order.is_eq(),
        Sign::NotEqual => order.is_ne(),
        Sign::Less => order.is_lt(),
        Sign::LessOrEqual => order.is_le(),
        Sign::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// A sum, which is nothing if it is next to nothing beside the size of what was added.
fn without_dust(sum: f64, size: f64) -> f64 {
    if sum.abs() < size * NOTHING { 0.0 } else { sum }
}

/// As Excel's ROUND does it: the decimal is rounded, half away from zero. Exact numbers would say
/// the same, but take long for very small ones.
fn rounded(number: f64, digits: f64) -> f64 {
    // Beyond these no `f64` has digits.
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let digits = digits.trunc().clamp(-400.0, 400.0) as i32;
    let shifted = number::shift(number, digits);
    // Of fifteen digits, none is left to be rounded.
    if shifted.abs() >= 1e15 {
        return number;
    }
    number::shift(shifted.round(), -digits)
}

fn finite(number: f64) -> Result<f64, Halt> {
    number.is_finite().then_some(number).ok_or(NO_SUCH_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_exact_numbers() {
        let numbers = [
            2.675,
            1.005,
            14.65,
            0.0,
            4_999.5,
            1e-300,
            0.1 + 0.2,
            1.0 / 3.0,
            1e15 / 7.0,
            1e22,
        ];
        for number in numbers.into_iter().flat_map(|number| [number, -number]) {
            for digits in -20..=20 {
                let exact = number::round(&number::exact(number), digits);
                let found = number::canonical(rounded(number, f64::from(digits)));
                assert_eq!(found, Some(number::to_f64(&exact)), "{number} {digits}");
            }
        }
        assert_eq!(rounded(1e300, 400.0), 1e300);
        assert_eq!(rounded(1e300, -400.0), 0.0);
    }
}
