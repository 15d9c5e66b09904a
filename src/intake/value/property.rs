//! Figures in every dress read back as themselves, and nothing else reads as a figure.

use super::{Asked, Read, read};
use crate::rulebook::written::{BlankWords, Type};
use crate::table::Absent;
use crate::workbook::Value;
use crate::workbook::format::{Format, parse};

const KINDS: [Type; 6] = [
    Type::Count,
    Type::Number,
    Type::Money,
    Type::Percent,
    Type::Points,
    Type::Change,
];
const UP: [&str; 6] = ["增长", "增加", "上升", "提高", "升高", "↑"];
const DOWN: [&str; 6] = ["下降", "减少", "降低", "回落", "下滑", "↓"];
const CURRENCY: [&str; 3] = ["¥", "￥", "人民币"];
const SPACES: [&str; 8] = [
    "", "", "", " ", "\u{3000}", "\u{a0}", "\u{2009}", "\u{200b}",
];

/// Marsaglia's xorshift: small, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % sides
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let sides = u64::try_from(of.len()).unwrap();
        of[usize::try_from(self.below(sides)).unwrap()]
    }
}

/// A column as these tests ask for it.
#[derive(Debug, Clone, Copy)]
struct Column {
    kind: Type,
    unit_scale: i8,
}

impl Column {
    fn any(dice: &mut Dice) -> Self {
        let kind = dice.pick(&KINDS);
        let unit_scale = if kind == Type::Money {
            dice.pick(&[0, -4, 4])
        } else {
            0
        };
        Self { kind, unit_scale }
    }

    fn is_rate(self) -> bool {
        matches!(self.kind, Type::Percent | Type::Points | Type::Change)
    }

    fn read(self, raw: Value<'_>, format: Format, words: &BlankWords) -> Read {
        let unit = match self.kind {
            Type::Count | Type::Number => "人",
            Type::Money => "万元",
            _ => "%",
        };
        let asked = Asked {
            kind: self.kind,
            unit: Some(unit),
            unit_scale: self.unit_scale,
            stated: true,
            is_change: true,
            blank_words: words,
        };
        read(raw, format, &asked)
    }

    /// What may stand behind a figure, and the power of ten that it stands for.
    fn suffixes(self) -> Vec<(&'static str, i32)> {
        match self.kind {
            Type::Count | Type::Number => vec![
                ("", 0),
                ("人", 0),
                ("万", 4),
                ("万人", 4),
                ("亿", 8),
                ("亿人", 8),
            ],
            Type::Money => vec![
                ("", i32::from(self.unit_scale)),
                ("元", -4),
                ("千元", -1),
                ("万元", 0),
                ("百万元", 2),
                ("亿元", 4),
            ],
            Type::Percent => vec![("", -2), ("%", -2), ("‰", -3)],
            Type::Points => vec![("", -2), ("%", -2), ("百分点", -2), ("个百分点", -2)],
            _ => vec![
                ("", -2),
                ("%", -2),
                ("‰", -3),
                ("百分点", -2),
                ("个百分点", -2),
            ],
        }
    }

    /// What may stand before a figure of this sign, piece by piece.
    fn prefixes(self, negative: bool) -> Vec<Vec<&'static str>> {
        let signs: &[&str] = if negative { &["-"] } else { &["", "+"] };
        let mut all: Vec<Vec<&str>> = signs.iter().map(|sign| vec![*sign]).collect();
        if self.kind == Type::Money {
            for (sign, currency) in signs.iter().flat_map(|s| CURRENCY.map(|c| (*s, c))) {
                all.extend([vec![sign, currency], vec![currency, sign]]);
            }
        }
        if self.is_rate() {
            for word in if negative { DOWN } else { UP } {
                all.extend([vec![word], vec!["同比", word]]);
            }
            all.push(vec!["同比", if negative { "-" } else { "+" }]);
        }
        if negative {
            all.push(vec!["("]);
            if self.kind == Type::Money {
                all.extend(CURRENCY.map(|currency| vec!["(", currency]));
            }
        }
        all
    }

    /// Whether ¥ without a unit is 元 here.
    fn bare_currency_fits(self) -> bool {
        self.unit_scale == -4
    }
}

/// `mantissa` × 10^`exponent`.
fn decimal(negative: bool, mantissa: u64, exponent: i32) -> f64 {
    let x: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
    if negative && mantissa > 0 { -x } else { x }
}

/// A figure, and what it was dressed as.
struct Dressed {
    text: String,
    value: f64,
    decimals: i32,
}

/// Puts a random figure into a random dress that the column takes.
fn dressed(dice: &mut Dice, column: Column) -> Dressed {
    let digits = u32::try_from(1 + dice.below(11)).unwrap();
    let mut mantissa = dice.below(10_u64.pow(digits));
    let (suffix, scale) = dice.pick(&column.suffixes());
    if suffix.starts_with('亿') {
        mantissa %= 10_000_000;
    }
    let decimals = match column.kind {
        Type::Count if suffix.starts_with(['万', '亿']) => dice.below(5),
        Type::Count => 0,
        _ => dice.below(7),
    };
    let decimals = i32::try_from(decimals).unwrap();
    let negative = column.kind != Type::Count && dice.once_in(3);
    let prefixes = column.prefixes(negative);
    let prefixes: Vec<&Vec<&str>> = prefixes
        .iter()
        .filter(|pieces| {
            let currency = pieces.iter().any(|piece| CURRENCY.contains(piece));
            !currency || !suffix.is_empty() || column.bare_currency_fits()
        })
        .collect();
    let prefix = dice.pick(&prefixes);

    let places = usize::try_from(decimals).unwrap();
    let padded = format!("{mantissa:0>width$}", width = places + 1);
    let (whole, part) = padded.split_at(padded.len() - places);
    let mut number = if dice.once_in(2) {
        grouped(whole)
    } else {
        whole.to_owned()
    };
    if places > 0 {
        number = format!("{number}.{part}");
    }
    let mut pieces: Vec<&str> = prefix.clone();
    pieces.extend([number.as_str(), suffix]);
    if prefix.contains(&"(") {
        pieces.push(")");
    }
    let wide = dice.once_in(3);
    let apostrophe = if dice.once_in(8) { "'" } else { "" };
    let mut text = format!("{}{apostrophe}", dice.pick(&SPACES));
    for piece in pieces {
        text.push_str(dice.pick(&SPACES));
        text.extend(piece.chars().map(|c| match c {
            '-' if dice.once_in(3) => '−',
            '!'..='~' if wide => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            _ => c,
        }));
    }
    text.push_str(dice.pick(&SPACES));
    let seen = if column.is_rate() { -2 } else { 0 };
    Dressed {
        text,
        value: decimal(negative, mantissa, scale - decimals),
        decimals: (decimals - (scale - seen)).clamp(0, 8),
    }
}

/// Digits with thousands separators.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn a_figure_reads_back_as_itself_in_every_dress() {
    let words = BlankWords::default();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..200_000 {
        let column = Column::any(&mut dice);
        let figure = dressed(&mut dice, column);
        let read = column.read(Value::Text(&figure.text), Format::default(), &words);
        let Read::Number { value, dress, how } = read else {
            panic!("{column:?} {:?}: {read:?}", figure.text);
        };
        let expected = (figure.value, figure.decimals, true);
        let found = (value, i32::from(dress.decimals), dress.text);
        assert_eq!(found, expected, "{column:?} {:?}", figure.text);
        assert!(how.is_some());
    }
}

#[test]
fn a_stored_number_reads_as_what_its_format_shows() {
    let words = BlankWords::default();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let formats = ["General", "0.00", "0.0%", "#,##0,", "0!.0,\"万\"", "0.00,%"].map(parse);
    for _ in 0..200_000 {
        let column = Column::any(&mut dice);
        let format = dice.pick(&formats);
        let digits = u32::try_from(1 + dice.below(11)).unwrap();
        let mantissa = dice.below(10_u64.pow(digits));
        let count = column.kind == Type::Count;
        let places = if count { 0 } else { dice.below(9) };
        let places = i32::try_from(places).unwrap();
        let negative = !count && dice.once_in(3);
        let scale = match (column.is_rate(), format.percent) {
            (true, true) => format.scale,
            (true, false) => format.scale - 2,
            (false, _) if format.scale == 0 => column.unit_scale,
            // 万 behind the number is a part of 万元, and makes 人 of what is shown.
            (false, _) if column.kind == Type::Money => format.scale,
            (false, _) => format.scale + format.named,
        };
        let stored = decimal(negative, mantissa, -places - i32::from(scale));
        // What a formula gives is off by a bit in the last place.
        let noise = dice.below(2);
        let stored = if stored == 0.0 || stored.abs() >= 1e14 {
            stored
        } else {
            f64::from_bits(stored.to_bits() + noise)
        };
        let seen = if column.is_rate() { 2 } else { 0 };
        let mut decimals = places - seen;
        let mut rest = mantissa;
        while decimals > 0 && rest.is_multiple_of(10) {
            rest /= 10;
            decimals -= 1;
        }
        let read = column.read(Value::Number(stored), format, &words);
        if stored.abs() >= 1e15 {
            assert!(matches!(read, Read::Absent(_)), "{stored}");
            continue;
        }
        let Read::Number { value, dress, .. } = read else {
            panic!("{column:?} {stored} {format:?}: {read:?}");
        };
        let expected = (
            decimal(negative, mantissa, -places),
            decimals.clamp(0, 8),
            false,
        );
        let found = (value, i32::from(dress.decimals), dress.text);
        assert_eq!(found, expected, "{column:?} {stored} {format:?}");
    }
}

/// The figure that a text is, found the other way round: by what it would be built of.
fn reference(column: Column, text: &str) -> Option<f64> {
    let narrow: String = text
        .chars()
        .filter(|c| !['\u{200b}', '\u{feff}'].contains(c))
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap(),
            '−' => '-',
            '\u{3000}' | '\u{a0}' | '\u{2009}' => ' ',
            c => c,
        })
        .collect();
    let in_number = |c: char| "0123456789.,".contains(c);
    let words: Vec<&str> = narrow.split(' ').filter(|word| !word.is_empty()).collect();
    if words
        .windows(2)
        .any(|pair| pair[0].ends_with(in_number) && pair[1].starts_with(in_number))
    {
        return None;
    }
    let tight = words.concat();
    let tight = tight.strip_prefix('\'').unwrap_or(&tight);
    let unchanged = ["持平", "同比持平", "与上年持平"];
    if column.is_rate() && unchanged.contains(&tight) {
        return Some(0.0);
    }
    for negative in [false, true] {
        for prefix in column.prefixes(negative) {
            let currency = prefix.iter().any(|piece| CURRENCY.contains(piece));
            let closing = if prefix.contains(&"(") { ")" } else { "" };
            let Some(rest) = tight.strip_prefix(&prefix.concat()) else {
                continue;
            };
            for (suffix, scale) in column.suffixes() {
                if currency && suffix.is_empty() && !column.bare_currency_fits() {
                    continue;
                }
                let number = rest.strip_suffix(&format!("{suffix}{closing}"));
                let may_end_in_point = suffix.is_empty();
                if let Some(x) = number.and_then(|n| built(n, may_end_in_point, negative, scale)) {
                    let count = column.kind == Type::Count;
                    let fits = x.abs() < 1e15 && !(count && (x < 0.0 || x.fract() != 0.0));
                    return fits.then_some(x);
                }
            }
        }
    }
    None
}

fn built(number: &str, may_end_in_point: bool, negative: bool, scale: i32) -> Option<f64> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let places = number.split_once('.').map(|(_, part)| part.len());
    let (whole, part) = digits.split_at_checked(digits.len().checked_sub(places.unwrap_or(0))?)?;
    let point = match places {
        None => String::new(),
        Some(0) if !may_end_in_point => return None,
        Some(_) => format!(".{part}"),
    };
    let fits = number == format!("{whole}{point}")
        || number == format!("{}{point}", grouped(whole)) && !whole.starts_with('0');
    let exponent = scale - i32::try_from(part.len()).ok()?;
    (fits && !digits.is_empty())
        .then(|| digits.parse().ok())
        .flatten()
        .map(|mantissa| decimal(negative, mantissa, exponent))
}

const TOKENS: [&str; 74] = [
    "0",
    "1",
    "2",
    "5",
    "9",
    "12",
    "30",
    "０",
    "３",
    ".",
    "．",
    "。",
    ",",
    "，",
    "、",
    ",000",
    "-",
    "－",
    "−",
    "—",
    "+",
    "＋",
    "(",
    ")",
    "（",
    "）",
    "%",
    "％",
    "‰",
    "个",
    "百分点",
    "增长",
    "增加",
    "下降",
    "减少",
    "↑",
    "↓",
    "同比",
    "持平",
    "与上年",
    "约",
    "近",
    "多",
    "以上",
    "万",
    "亿",
    "千",
    "百",
    "元",
    "人",
    "项",
    "㎡",
    "¥",
    "￥",
    "人民币",
    "十",
    "二",
    "三",
    "E",
    "e",
    "'",
    "至",
    "~",
    "=",
    "#",
    "/",
    "年",
    "月",
    "日",
    " ",
    "\u{3000}",
    "\u{2009}",
    "\u{200b}",
    ":",
];

/// Tokens at random, or a dressed figure with one slip.
fn scribble(dice: &mut Dice, column: Column) -> String {
    if dice.once_in(2) {
        return (0..=dice.below(6)).map(|_| dice.pick(&TOKENS)).collect();
    }
    let mut chars: Vec<char> = dressed(dice, column).text.chars().collect();
    let length = u64::try_from(chars.len()).unwrap();
    let at = usize::try_from(dice.below(length)).unwrap();
    match dice.below(3) {
        0 => {
            chars.remove(at);
        }
        1 => {
            let other = usize::try_from(dice.below(length)).unwrap();
            chars.swap(at, other);
        }
        _ => {
            let slip = dice.pick(&TOKENS);
            chars.splice(at..at, slip.chars());
        }
    }
    chars.into_iter().collect()
}

#[test]
fn nothing_else_reads_as_a_figure() {
    let words = BlankWords::default();
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let mut figures = 0;
    for _ in 0..150_000 {
        let column = Column::any(&mut dice);
        let text = scribble(&mut dice, column);
        let read = column.read(Value::Text(&text), Format::default(), &words);
        let found = match read {
            Read::Number { value, .. } => Some(value),
            Read::Absent(_) => None,
            Read::Words { .. } => panic!("{text:?}"),
        };
        assert_eq!(found, reference(column, &text), "{column:?} {text:?}");
        figures += u32::from(found.is_some());
    }
    assert!(figures > 5_000, "{figures}");
}

#[test]
fn no_text_is_too_odd_to_be_looked_at() {
    let words = BlankWords::default();
    let mut dice = Dice(0x0fed_cba9_8765_4321);
    for round in 0..100_000 {
        let text: String = (0..dice.below(12))
            .map(|_| {
                let odd = u32::try_from(dice.below(0x3_0000)).unwrap();
                let token = dice.pick(&TOKENS);
                char::from_u32(odd)
                    .filter(|_| dice.once_in(3))
                    .map_or_else(|| token.to_owned(), String::from)
            })
            .collect();
        for kind in [Type::Text, Type::Code, Type::Date, Type::Flag] {
            let column = Column {
                kind,
                unit_scale: 0,
            };
            let read = column.read(Value::Text(&text), Format::default(), &words);
            let said = match read {
                Read::Words { text, .. } => text,
                Read::Absent(Absent::NoColumn) | Read::Number { .. } => panic!("{text:?}"),
                Read::Absent(_) => continue,
            };
            // What was read once is read the same again.
            let again = column.read(Value::Text(&said), Format::default(), &words);
            let same = Read::Words {
                text: said,
                how: None,
            };
            assert_eq!(again, same, "{round} {kind:?} {text:?}");
        }
    }
}
