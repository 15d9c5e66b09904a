//! What stands in a cell, read as what its column asks for.
//!
//! A figure is never guessed: what cannot be read for certain is left out with the reason, and
//! the text that stood there is kept. What was read otherwise than it was written is noted.

use crate::number;
use crate::rulebook::written::{BlankWords, Type};
use crate::table::{Absent, CellDress, Unreadable};
use crate::workbook::RawValue;
use crate::workbook::format::Format;

/// What a column asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The type of its cells.
    pub kind: Type,
    /// Its unit.
    pub unit: Option<&'a str>,
    /// Power of ten from the unit that the sheet names to the form's: −4 for 元 where 万元 is asked.
    pub unit_scale: i8,
    /// Whether the precision of what stands there matters.
    pub stated: bool,
    /// Words that stand for no figure.
    pub blank_words: &'a BlankWords,
}

/// What was made of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A number, in the variable's own unit.
    Number {
        /// Canonical.
        value: f64,
        /// How it stands in the cell.
        dress: CellDress,
        /// How it was read, if otherwise than it is written.
        how: Option<How>,
    },
    /// Words.
    Words(String),
    /// No figure, and why.
    Absent(Absent),
}

/// How a figure was read that does not stand as a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Text that is a number.
    TextAsNumber,
    /// A unit behind the number, the column's own.
    UnitInCell,
    /// Converted from the unit that the sheet names.
    Converted,
    /// The number format shows it scaled.
    Scaled,
}

/// A full-width sign as its plain form.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// A label or name with spaces dropped and widths made one, so that two wordings of it compare.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && *c != '\u{feff}')
        .collect()
}

/// A label without the unit in brackets behind it, folded, and that unit: 覆盖率（%） is 覆盖率.
pub fn without_unit(label: &str) -> (String, Option<String>) {
    let folded = fold(label);
    if let Some(open) = folded.rfind('(').filter(|open| *open > 0)
        && folded.ends_with(')')
    {
        let unit = &folded[open + 1..folded.len() - 1];
        if unit.chars().count() <= 4 {
            return (folded[..open].to_owned(), Some(unit.to_owned()));
        }
    }
    (folded, None)
}

/// Decimals beyond this are those of a formula's result, not of a statement.
const MOST_DECIMALS: u8 = 8;

/// Reads a cell as what its column asks for.
pub fn read(raw: &RawValue<'_>, format: Format, asked: &Asked<'_>) -> Read {
    match asked.kind {
        Type::Text | Type::Code | Type::Flag | Type::Date => words(raw, format),
        _ => match raw {
            RawValue::Number(x) => number_cell(*x, format, asked),
            RawValue::Text(text) => text_cell(text, asked),
            RawValue::Truth(_) => Read::Absent(Absent::Unreadable(Unreadable::NotANumber)),
            RawValue::Date(_) => Read::Absent(Absent::Unreadable(Unreadable::DateForNumber)),
            // A quotient over nothing is what an honest formula shows where nothing was there.
            RawValue::Error("#DIV/0!") if is_rate(asked.kind) => {
                Read::Absent(Absent::NotApplicable)
            }
            RawValue::Error(_) => Read::Absent(Absent::Unreadable(Unreadable::ErrorValue)),
        },
    }
}

fn is_rate(kind: Type) -> bool {
    matches!(kind, Type::Percent | Type::Points | Type::Change)
}

fn words(raw: &RawValue<'_>, format: Format) -> Read {
    let text = match raw {
        RawValue::Text(text) => text.trim().to_owned(),
        RawValue::Number(x) => plain(*x),
        RawValue::Date(serial) => day(*serial, format),
        RawValue::Truth(true) => "TRUE".to_owned(),
        RawValue::Truth(false) => "FALSE".to_owned(),
        RawValue::Error(error) => (*error).to_owned(),
    };
    if text.is_empty() {
        Read::Absent(Absent::Blank)
    } else {
        Read::Words(text)
    }
}

/// A number as text: a code of ten digits without an exponent.
pub fn plain(x: f64) -> String {
    number::canonical(x).map_or_else(String::new, |x| number::show(&number::exact(x)))
}

/// A day of the 1900 calendar as people write it.
fn day(serial: f64, format: Format) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the days up to the year 9999"
    )]
    let days = serial.floor().clamp(0.0, 2_958_465.0) as i64;
    let days = chrono::TimeDelta::try_days(days);
    chrono::NaiveDate::from_ymd_opt(1899, 12, 30)
        .zip(days)
        .and_then(|(first, days)| first.checked_add_signed(days))
        .filter(|_| format.date)
        .map_or_else(|| plain(serial), |date| date.format("%Y-%m-%d").to_string())
}

fn number_cell(x: f64, format: Format, asked: &Asked<'_>) -> Read {
    let Some(x) = number::canonical(x) else {
        return Read::Absent(Absent::Unreadable(Unreadable::ErrorValue));
    };
    // In a percent format 0.147 is 14.7 %; in a rate's cell without one, 14.7 is.
    let scale = match (is_rate(asked.kind), format.percent) {
        (true, true) => 0,
        (true, false) => -2,
        (false, true) => 0,
        // A format that scales shows the unit itself: the heading's is not applied on top.
        (false, false) if format.scale != 0 => format.scale,
        (false, false) => asked.unit_scale,
    };
    let value = number::shift(x, i32::from(scale));
    let decimals = if asked.stated {
        let seen = number::shift(
            x,
            if format.percent {
                2
            } else {
                i32::from(format.scale)
            },
        );
        number::decimals(seen).min(MOST_DECIMALS)
    } else {
        0
    };
    if asked.kind == Type::Count && (value.fract() != 0.0 || value < 0.0) {
        return Read::Absent(Absent::Unreadable(Unreadable::NotACount));
    }
    let how = if scale == asked.unit_scale && scale != 0 && !is_rate(asked.kind) {
        Some(How::Converted)
    } else {
        (format.scale != 0).then_some(How::Scaled)
    };
    Read::Number {
        value,
        dress: CellDress {
            scale,
            decimals,
            text: false,
        },
        how,
    }
}

/// Words that make a figure an estimate, wherever they stand.
const APPROXIMATE: &[&str] = &[
    "约",
    "近",
    "余",
    "多",
    "以上",
    "以下",
    "不少于",
    "不低于",
    "左右",
    "翻番",
    "超过",
    "将近",
];

fn text_cell(text: &str, asked: &Asked<'_>) -> Read {
    let folded = fold(text);
    if folded.is_empty() {
        return Read::Absent(Absent::Blank);
    }
    let is = |list: &[String]| list.iter().any(|word| fold(word) == folded);
    if is(&asked.blank_words.nil) {
        return Read::Absent(Absent::Nil);
    }
    if is(&asked.blank_words.not_applicable) {
        return Read::Absent(Absent::NotApplicable);
    }
    if is(&asked.blank_words.not_available) {
        return Read::Absent(Absent::NotAvailable);
    }
    let unreadable = |why| Read::Absent(Absent::Unreadable(why));
    if folded.chars().any(|c| c.is_ascii_digit()) && APPROXIMATE.iter().any(|w| folded.contains(w))
    {
        return unreadable(Unreadable::Approximate);
    }
    if folded.starts_with('#') {
        return unreadable(if folded == "#DIV/0!" && is_rate(asked.kind) {
            return Read::Absent(Absent::NotApplicable);
        } else {
            Unreadable::ErrorValue
        });
    }
    if gap_between_digits(text) {
        return unreadable(Unreadable::NotANumber);
    }
    let mut body = folded.as_str();
    let mut how = How::TextAsNumber;
    if is_rate(asked.kind) {
        for sign in ["个百分点", "百分点", "%"] {
            if let Some(rest) = body.strip_suffix(sign) {
                body = rest;
                break;
            }
        }
    } else if let Some(rest) = asked.unit.and_then(|unit| body.strip_suffix(&fold(unit))) {
        body = rest;
        how = How::UnitInCell;
    }
    let body = body.replace(['−', '－'], "-");
    let Some(plain) = without_separators(&body) else {
        return unreadable(Unreadable::NotANumber);
    };
    let Some(exact) = number::parse(&plain) else {
        return unreadable(Unreadable::NotANumber);
    };
    let scale = match how {
        _ if is_rate(asked.kind) => -2,
        // The unit behind the number is the form's own, whatever the heading says.
        How::UnitInCell => 0,
        _ => asked.unit_scale,
    };
    let value = number::shift(number::to_f64(&exact), i32::from(scale));
    if asked.kind == Type::Count && (value.fract() != 0.0 || value < 0.0) {
        return unreadable(Unreadable::NotACount);
    }
    let decimals = plain.split_once('.').map_or(0, |(_, part)| part.len());
    let decimals = u8::try_from(decimals).unwrap_or(u8::MAX).min(MOST_DECIMALS);
    let decimals = if asked.stated { decimals } else { 0 };
    Read::Number {
        value,
        dress: CellDress {
            scale,
            decimals,
            text: true,
        },
        how: Some(how),
    }
}

/// Whether a space stands between two digits: `1 2` is two figures or a slip, never twelve.
fn gap_between_digits(text: &str) -> bool {
    let is_digit = |c: char| half_width(c).is_ascii_digit();
    let words: Vec<&str> = text.split(|c| half_width(c).is_whitespace()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words
        .windows(2)
        .any(|pair| pair[0].ends_with(is_digit) && pair[1].starts_with(is_digit))
}

/// A number without its thousands separators, if it has them in the right places.
fn without_separators(text: &str) -> Option<String> {
    if !text.contains(',') {
        return Some(text.to_owned());
    }
    let (whole, part) = text
        .split_once('.')
        .map_or((text, None), |(w, p)| (w, Some(p)));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups
        .next()
        .is_some_and(|group| (1..=3).contains(&group.len()));
    let rest = groups.all(|group| group.len() == 3);
    let plain = whole.replace(',', "");
    (first && rest && part.is_none_or(|part| !part.contains(','))).then(|| match part {
        Some(part) => format!("{plain}.{part}"),
        None => plain,
    })
}

/// The power of ten between two units of money, if both are: −4 from 元 to 万元.
pub fn money_scale(found: &str, asked: &str) -> Option<i8> {
    let power = |unit: &str| match fold(unit).as_str() {
        "元" => Some(0_i8),
        "千元" => Some(3),
        "万元" => Some(4),
        "亿元" => Some(8),
        _ => None,
    };
    Some(power(found)? - power(asked)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn asked(kind: Type, words: &BlankWords) -> Asked<'_> {
        Asked {
            kind,
            unit: Some("项"),
            unit_scale: 0,
            stated: true,
            blank_words: words,
        }
    }

    fn text(kind: Type, cell: &str) -> Read {
        let words = BlankWords::default();
        read(
            &RawValue::Text(Cow::Borrowed(cell)),
            Format::default(),
            &asked(kind, &words),
        )
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "each is made for this one look"
    )]
    fn value(read: Read) -> Option<(f64, u8)> {
        match read {
            Read::Number { value, dress, .. } => Some((value, dress.decimals)),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_read_in_the_dresses_they_come_in() {
        assert_eq!(value(text(Type::Count, "３，５８１")), Some((3581.0, 0)));
        assert_eq!(value(text(Type::Count, " 12 项 ")), Some((12.0, 0)));
        assert_eq!(value(text(Type::Percent, "14.70％")), Some((0.147, 2)));
        assert_eq!(value(text(Type::Percent, "－3.2")), Some((-0.032, 1)));
        assert_eq!(value(text(Type::Points, "0.7个百分点")), Some((0.007, 1)));
    }

    #[test]
    fn what_is_no_figure_says_why() {
        let absent = |cell: &str| match text(Type::Count, cell) {
            Read::Absent(absent) => absent,
            other => panic!("{cell}: {other:?}"),
        };
        assert_eq!(absent("约30"), Absent::Unreadable(Unreadable::Approximate));
        assert_eq!(absent("—"), Absent::NotApplicable);
        assert_eq!(absent("无"), Absent::Nil);
        assert_eq!(absent("#REF!"), Absent::Unreadable(Unreadable::ErrorValue));
        assert_eq!(absent("1,23"), Absent::Unreadable(Unreadable::NotANumber));
        assert_eq!(absent("12.5"), Absent::Unreadable(Unreadable::NotACount));
        assert_eq!(absent("1 2"), Absent::Unreadable(Unreadable::NotANumber));
        assert_eq!(absent("-3"), Absent::Unreadable(Unreadable::NotACount));
        assert_eq!(absent("见附件"), Absent::Unreadable(Unreadable::NotANumber));
    }

    #[test]
    fn a_percent_format_decides_what_a_number_means() {
        let words = BlankWords::default();
        let percent = Format {
            percent: true,
            decimals: Some(1),
            ..Format::default()
        };
        let cell = |x, format| read(&RawValue::Number(x), format, &asked(Type::Percent, &words));
        assert_eq!(value(cell(0.147, percent)), Some((0.147, 1)));
        assert_eq!(value(cell(14.7, Format::default())), Some((0.147, 1)));
        let error = RawValue::Error("#DIV/0!");
        let read = read(&error, percent, &asked(Type::Percent, &words));
        assert_eq!(read, Read::Absent(Absent::NotApplicable));
    }

    #[test]
    fn a_unit_in_the_cell_goes_before_that_of_the_heading() {
        let words = BlankWords::default();
        let asked = Asked {
            kind: Type::Money,
            unit: Some("万元"),
            unit_scale: -4,
            stated: false,
            blank_words: &words,
        };
        let text = |text| RawValue::Text(Cow::Borrowed(text));
        let kept = |raw, format| value(read(&raw, format, &asked)).map(|(value, _)| value);
        assert_eq!(kept(text("12万元"), Format::default()), Some(12.0));
        assert_eq!(kept(text("120000"), Format::default()), Some(12.0));
        let wan = crate::workbook::format::parse("0!.0,\"万\"");
        assert_eq!(kept(RawValue::Number(120_000.0), wan), Some(12.0));
    }

    #[test]
    fn a_scaled_format_means_what_is_shown() {
        let words = BlankWords::default();
        let wan = crate::workbook::format::parse("0!.0,\"万\"");
        let asked = Asked {
            kind: Type::Number,
            unit: None,
            unit_scale: 0,
            stated: true,
            blank_words: &words,
        };
        assert_eq!(
            value(read(&RawValue::Number(12000.0), wan, &asked)),
            Some((1.2, 1))
        );
    }
}
