//! What stands in a cell, read as what its column asks for.
//!
//! A figure is never guessed: what cannot be read for certain is left out with the reason, and
//! the caller keeps the text that stood there. What was read otherwise than it was written is
//! noted. How figures are written is known to `number`, how days and years are to `date`.

mod date;
mod number;
#[cfg(test)]
mod property;

pub use date::day;

use crate::number::power_of_money;
use crate::rulebook::written::{BlankWords, Type};
use crate::spelling::{fold, half_width, is_blank};
use crate::table::{Absent, CellDress, Unreadable};
use crate::words::Text;
use crate::workbook::Value;
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
    /// Whether it asks for a change, so that 增长 and 持平 say something.
    pub is_change: bool,
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
    Words {
        /// A day as `2023-09-01`, a flag as 是 or 否, all else as it is written.
        text: String,
        /// How they were read, if otherwise than they are written.
        how: Option<How>,
    },
    /// No figure, and why.
    Absent(Absent),
}

impl From<Unreadable> for Read {
    fn from(why: Unreadable) -> Self {
        Self::Absent(Absent::Unreadable(why))
    }
}

/// How a figure was read that does not stand as a plain number, or a word as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Text that is a number.
    TextAsNumber,
    /// A unit beside the number, the column's own.
    UnitInCell,
    /// Converted from the unit that the sheet or the cell names.
    Converted,
    /// The number format shows it scaled.
    Scaled,
    /// 万 or 亿 behind the number.
    Multiplied,
    /// A negative number in brackets.
    Accounting,
    /// 增长, 下降 or 持平 for a sign.
    InWords,
    /// A day or year in another form than the canonical one.
    Date,
    /// A tick or its like for 是 or 否.
    Flag,
}

impl How {
    /// What the notes on reading say of it.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::TextAsNumber => (
                "文本格式的数字，按数字读取",
                "text that is a number was read as one",
            ),
            Self::UnitInCell => (
                "单元格里带着计量单位，按数字读取",
                "a unit behind a number was taken off",
            ),
            Self::Converted => (
                "按表上写明的计量单位换算",
                "converted from the unit that the sheet names",
            ),
            Self::Scaled => (
                "按单元格格式所显示的数读取",
                "read as the number format shows it",
            ),
            Self::Multiplied => (
                "数字后带“万”或“亿”，换算成完整的数读取",
                "万 or 亿 behind a number was multiplied out",
            ),
            Self::Accounting => (
                "括号里的数，按负数读取",
                "a number in brackets was read as negative",
            ),
            Self::InWords => (
                "用“增长”“下降”“持平”等字样填的，按正数、负数、零读取",
                "growth, decline or no change in words was read as a figure",
            ),
            Self::Date => (
                "日期、年月、学年按统一写法读取",
                "a day, month, year or school year was read into one way of writing",
            ),
            Self::Flag => (
                "打勾、有无等写法，按“是”“否”读取",
                "a tick or its like was read as 是 (yes) or 否 (no)",
            ),
        };
        Text::new(zh, en)
    }
}

/// Reads a cell as what its column asks for.
pub fn read(raw: Value<'_>, format: Format, asked: &Asked<'_>) -> Read {
    match asked.kind {
        Type::Text => words(raw),
        Type::Code => code(raw),
        Type::Date => date::read(raw, asked.blank_words),
        Type::Flag => flag(raw, asked.blank_words),
        Type::Count | Type::Number | Type::Money | Type::Percent | Type::Points | Type::Change => {
            number::read(raw, format, asked)
        }
    }
}

/// A number as text: a code of ten digits without an exponent.
pub fn plain(x: f64) -> String {
    // The shortest decimal that is this number, without an exponent.
    crate::number::canonical(x).map_or_else(String::new, |x| x.to_string())
}

/// The power of ten between two units of money, if both are: −4 from 元 to 万元.
pub fn money_scale(found: &str, asked: &str) -> Option<i8> {
    let power = |unit: &str| i8::try_from(power_of_money(unit)?).ok();
    Some(power(found)? - power(asked)?)
}

/// The same where a line names several units, one of them of money: 人、人次、万元.
pub fn money_scale_among(found: &str, asked: &str) -> Option<i8> {
    found.split('、').find_map(|unit| money_scale(unit, asked))
}

/// Whether a space that can be seen stands between two signs of a kind: `1 2` is two figures or
/// a slip, never twelve.
fn has_gap(text: &str, is_part: impl Fn(char) -> bool) -> bool {
    let mut before = None;
    let mut space = false;
    for c in text.chars().map(half_width) {
        if is_blank(c) {
            space |= c.is_whitespace();
        } else {
            if space && before.is_some_and(&is_part) && is_part(c) {
                return true;
            }
            before = Some(c);
            space = false;
        }
    }
    false
}

/// A cell's text folded, without the apostrophe that once made it text.
fn bare(text: &str) -> String {
    let mut folded = fold(text);
    if folded.starts_with(['\'', '’', '‘']) {
        folded.remove(0);
    }
    folded
}

/// What folded text says if it stands for nothing.
fn absent(folded: &str, words: &BlankWords) -> Option<Absent> {
    let is = |list: &[String]| list.iter().any(|word| fold(word) == folded);
    if folded.is_empty() {
        Some(Absent::Blank)
    } else if is(&words.nil) {
        Some(Absent::Nil)
    } else if is(&words.not_applicable) {
        Some(Absent::NotApplicable)
    } else if is(&words.not_available) {
        Some(Absent::NotAvailable)
    } else {
        None
    }
}

fn words(raw: Value<'_>) -> Read {
    let text = match raw {
        Value::Text(text) => text.trim_matches(is_blank).to_owned(),
        Value::Number(x) if x.abs() < number::MOST => plain(x),
        Value::Number(_) => return Unreadable::TooLarge.into(),
        Value::Date(serial) => date::day(serial).unwrap_or_else(|| plain(serial)),
        Value::Truth(truth) => truth.to_string().to_uppercase(),
        Value::Error(error) => error.to_owned(),
    };
    if text.is_empty() {
        Read::Absent(Absent::Blank)
    } else {
        Read::Words { text, how: None }
    }
}

fn code(raw: Value<'_>) -> Read {
    match raw {
        // Spreadsheets write `E+`; 12E5 and 3E-2 can be the codes of rooms.
        Value::Text(text)
            if text.contains(['E', 'e', 'Ｅ', 'ｅ'])
                && number::is_scientific(&bare(text))
                && fold(text).to_uppercase().contains("E+") =>
        {
            Unreadable::Scientific.into()
        }
        _ => words(raw),
    }
}

const YES: &[&str] = &["是", "√", "✓", "✔", "☑", "有", "Y", "YES", "TRUE", "1"];
const NO: &[&str] = &["否", "×", "✗", "✘", "无", "N", "NO", "FALSE", "0"];

fn flag(raw: Value<'_>, blank_words: &BlankWords) -> Read {
    let said = match raw {
        Value::Text(text) => bare(text),
        Value::Number(x) => plain(x),
        Value::Truth(truth) => truth.to_string(),
        Value::Date(_) => return Unreadable::NotAFlag.into(),
        Value::Error(_) => return Unreadable::ErrorValue.into(),
    };
    let sign = said.to_uppercase();
    let word = if YES.contains(&sign.as_str()) {
        "是"
    } else if NO.contains(&sign.as_str()) {
        "否"
    } else {
        return absent(&said, blank_words).map_or(Unreadable::NotAFlag.into(), Read::Absent);
    };
    Read::Words {
        text: word.to_owned(),
        how: (said != word).then_some(How::Flag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of a cell in a column of this type, without a unit.
    fn cell(kind: Type, raw: Value<'_>) -> Read {
        let asked = Asked {
            kind,
            unit: None,
            unit_scale: 0,
            stated: true,
            is_change: true,
            blank_words: &BlankWords::default(),
        };
        read(raw, Format::default(), &asked)
    }

    fn said(text: &str, how: Option<How>) -> Read {
        let text = text.to_owned();
        Read::Words { text, how }
    }

    #[test]
    fn units_of_money_are_powers_of_ten_apart() {
        assert_eq!(money_scale("元", "万元"), Some(-4));
        assert_eq!(money_scale("百万元", "万 元"), Some(2));
        assert_eq!(money_scale("亿元", "千元"), Some(5));
        assert_eq!(money_scale_among("人、人次、元", "万元"), Some(-4));
        assert_eq!(money_scale("美元", "元"), None);
    }

    #[test]
    fn words_are_kept_as_they_are() {
        for kind in [Type::Text, Type::Code] {
            let kept = |raw| cell(kind, raw);
            assert_eq!(kept(Value::Text(" ０01-a\u{200b} ")), said("０01-a", None));
            assert_eq!(kept(Value::Text("无")), said("无", None));
            assert_eq!(kept(Value::Text("12E5")), said("12E5", None));
            assert_eq!(
                kept(Value::Number(5_001_130_000.0)),
                said("5001130000", None)
            );
            assert_eq!(kept(Value::Date(45_170.4)), said("2023-09-01", None));
            assert_eq!(kept(Value::Date(0.5)), said("0.5", None));
            assert_eq!(kept(Value::Truth(true)), said("TRUE", None));
            assert_eq!(kept(Value::Error("#REF!")), said("#REF!", None));
            assert_eq!(
                kept(Value::Text(" \u{3000}\u{200b}\u{feff}")),
                Read::Absent(Absent::Blank)
            );
            for x in [5.001_131_98e17, f64::NAN, f64::INFINITY] {
                assert_eq!(kept(Value::Number(x)), Unreadable::TooLarge.into());
            }
        }
    }

    #[test]
    fn a_code_that_lost_its_digits_is_none() {
        for text in ["5.00113E+09", "５.00113Ｅ＋09", " '5e+17"] {
            let read = cell(Type::Code, Value::Text(text));
            assert_eq!(read, Unreadable::Scientific.into(), "{text}");
            assert!(matches!(
                cell(Type::Text, Value::Text(text)),
                Read::Words { .. }
            ));
        }
    }

    #[test]
    fn a_flag_is_yes_or_no_in_any_of_its_signs() {
        let flag = |raw| cell(Type::Flag, raw);
        assert_eq!(flag(Value::Text(" 是 ")), said("是", None));
        assert_eq!(flag(Value::Text("否")), said("否", None));
        for yes in [
            "√",
            "✓",
            "☑",
            "☑\u{fe0f}",
            "有",
            "y",
            "Ｙ",
            "Yes",
            "TRUE",
            "1",
            "１",
        ] {
            assert_eq!(flag(Value::Text(yes)), said("是", Some(How::Flag)), "{yes}");
        }
        for no in ["×", "✗", "无", "n", "No", "false", "0", "'0"] {
            assert_eq!(flag(Value::Text(no)), said("否", Some(How::Flag)), "{no}");
        }
        for (raw, word) in [
            (Value::Truth(true), "是"),
            (Value::Truth(false), "否"),
            (Value::Number(1.0), "是"),
            (Value::Number(0.0), "否"),
        ] {
            assert_eq!(flag(raw), said(word, Some(How::Flag)));
        }
        for raw in [
            Value::Text("部分"),
            Value::Text("是否"),
            Value::Text("√×"),
            Value::Number(2.0),
            Value::Date(1.0),
        ] {
            assert_eq!(flag(raw), Unreadable::NotAFlag.into(), "{raw:?}");
        }
        assert_eq!(flag(Value::Error("#N/A")), Unreadable::ErrorValue.into());
    }

    #[test]
    fn blank_words_stand_for_nothing_but_in_texts_and_codes() {
        for kind in [Type::Count, Type::Percent, Type::Date, Type::Flag] {
            for (text, meaning) in [
                (" \u{3000}\u{a0}\u{200b}\n", Absent::Blank),
                ("'", Absent::Blank),
                ("没 有", Absent::Nil),
                ("－", Absent::NotApplicable),
                ("不适用\u{200b}", Absent::NotApplicable),
                ("…", Absent::NotAvailable),
            ] {
                assert_eq!(
                    cell(kind, Value::Text(text)),
                    Read::Absent(meaning),
                    "{kind:?} {text:?}"
                );
            }
        }
    }
}
