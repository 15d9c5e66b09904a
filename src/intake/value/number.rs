//! Figures as offices write them: `１，２３４人`, `（12）`, `3.5万`, `下降3.2%`.
//!
//! A text is one figure in a known dress, from its first sign to its last, or it is none. What
//! certainly is a figure but not certainly of the column's unit is none either.

use super::{Asked, How, Read, absent, bare, date, has_gap, money_scale};
use crate::number::{canonical, decimals, shift};
use crate::rulebook::written::Type;
use crate::spelling::fold;
use crate::table::{Absent, CellDress, Unreadable};
use crate::workbook::Value;
use crate::workbook::format::Format;

/// From here on the last digits of a number are lost.
pub(super) const MOST: f64 = 1e15;

/// Reads a cell of a column of numbers.
pub(super) fn read(raw: Value<'_>, format: Format, asked: &Asked<'_>) -> Read {
    let outcome = match raw {
        Value::Number(x) => number(x, format, asked),
        Value::Text(text) => {
            let body = bare(text);
            if let Some(absent) = absent(&body, asked.blank_words) {
                return Read::Absent(absent);
            }
            if body == NOTHING_DIVIDED && is_rate(asked) {
                return Read::Absent(Absent::NotApplicable);
            }
            self::text(text, &body, asked)
        }
        Value::Truth(_) => Err(Unreadable::NotANumber),
        Value::Date(_) => Err(Unreadable::DateForNumber),
        Value::Error(NOTHING_DIVIDED) if is_rate(asked) => {
            return Read::Absent(Absent::NotApplicable);
        }
        Value::Error(_) => Err(Unreadable::ErrorValue),
    };
    outcome.unwrap_or_else(Read::from)
}

/// Whether folded text is a number in scientific notation, such as `5.00113E+09`.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = sign(exponent).map_or(exponent, |(_, digits)| digits);
    let mantissa = sign(mantissa).map_or(mantissa, |(_, digits)| digits);
    is_decimal(mantissa) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A quotient over nothing is what an honest formula shows where nothing was there.
const NOTHING_DIVIDED: &str = "#DIV/0!";

/// Decimals beyond this are those of a formula's result, not of a statement.
const MOST_DECIMALS: u8 = 8;

/// Whether words such as 增长 say which way a figure goes: of a level they say nothing.
fn is_change(asked: &Asked<'_>) -> bool {
    asked.is_change && is_rate(asked)
}

fn is_rate(asked: &Asked<'_>) -> bool {
    matches!(asked.kind, Type::Percent | Type::Points | Type::Change)
}

/// Power of ten from what people see of the column's figures to what is kept.
fn seen_scale(asked: &Asked<'_>) -> i8 {
    if is_rate(asked) { -2 } else { 0 }
}

/// The power of ten that a unit begins with: 4 for 万元.
fn unit_power(unit: Option<&str>) -> i8 {
    let powers = [("百万", 6), ("万", 4), ("亿", 8), ("千", 3)];
    let unit = unit.unwrap_or_default();
    let found = powers.iter().find(|(word, _)| unit.starts_with(word));
    found.map_or(0, |(_, power)| *power)
}

/// A number of the cell as it is kept.
fn kept(x: f64, scale: i8, asked: &Asked<'_>) -> Result<f64, Unreadable> {
    let fits = |x: &f64| x.abs() < MOST;
    let value = canonical(x)
        .filter(fits)
        .map(|x| shift(x, i32::from(scale)))
        .filter(fits)
        .ok_or(Unreadable::TooLarge)?;
    if asked.kind == Type::Count && (value.fract() != 0.0 || value < 0.0) {
        return Err(Unreadable::NotACount);
    }
    Ok(value)
}

fn number(x: f64, format: Format, asked: &Asked<'_>) -> Result<Read, Unreadable> {
    // In a percent format 0.147 is 14.7 %; in a rate's cell without one, 14.7 is.
    let scale = if is_rate(asked) {
        let percent = if format.percent { 0 } else { -2 };
        format.scale.saturating_add(percent)
    } else if format.scale != 0 {
        // A format that scales shows the unit itself: the heading's is not applied on top. What is
        // shown as 1.2万 is 12,000 where 人 are asked for, and 1.2 where 万元 are.
        match format.named {
            0 => format.scale,
            named => format.scale + named - unit_power(asked.unit),
        }
    } else {
        asked.unit_scale
    };
    let how = if format.scale != 0 {
        Some(How::Scaled)
    } else {
        (!is_rate(asked) && scale != 0).then_some(How::Converted)
    };
    let value = kept(x, scale, asked)?;
    let decimals = if asked.stated {
        decimals(shift(value, -i32::from(seen_scale(asked)))).min(MOST_DECIMALS)
    } else {
        0
    };
    Ok(Read::Number {
        value,
        dress: CellDress {
            scale,
            decimals,
            text: false,
            worded: false,
        },
        how,
    })
}

fn text(text: &str, body: &str, asked: &Asked<'_>) -> Result<Read, Unreadable> {
    if body.starts_with('#') {
        return Err(Unreadable::ErrorValue);
    }
    if body.starts_with('=') {
        return Err(Unreadable::FormulaAsText);
    }
    if is_scientific(body) {
        return Err(Unreadable::Scientific);
    }
    if is_estimate(body) {
        return Err(Unreadable::Approximate);
    }
    if is_change(asked) && UNCHANGED.contains(&body) {
        return Ok(unchanged(asked));
    }
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let figure = if has_gap(text, in_number) {
        Err(Unreadable::NotANumber)
    } else {
        figure(&body.replace('−', "-"), asked)
    };
    figure.map_err(|why| match why {
        Unreadable::NotANumber if date::is_day(text) => Unreadable::DateForNumber,
        why => why,
    })
}

fn figure(body: &str, asked: &Asked<'_>) -> Result<Read, Unreadable> {
    let written = written(body, is_change(asked)).ok_or(Unreadable::NotANumber)?;
    let (scale, how) = unit(&written, asked)?;
    let x: f64 = written.digits.parse().unwrap_or(f64::NAN);
    let value = kept(if written.negative { -x } else { x }, scale, asked)?;
    Ok(Read::Number {
        value,
        dress: CellDress {
            scale,
            decimals: stated_decimals(&written.digits, scale, asked),
            text: true,
            worded: false,
        },
        how: Some(written.how.unwrap_or(how)),
    })
}

/// The decimals written, moved as the figure is: 12.5‰ states 1.25 %.
fn stated_decimals(digits: &str, scale: i8, asked: &Asked<'_>) -> u8 {
    if !asked.stated {
        return 0;
    }
    let written = digits.split_once('.').map_or(0, |(_, part)| part.len());
    let written = i32::try_from(written).unwrap_or(i32::MAX);
    let moved = i32::from(scale) - i32::from(seen_scale(asked));
    let most = i32::from(MOST_DECIMALS);
    u8::try_from(written.saturating_sub(moved).clamp(0, most)).unwrap_or(MOST_DECIMALS)
}

/// Ways of saying that nothing changed.
const UNCHANGED: &[&str] = &[
    "持平",
    "同比持平",
    "与上年持平",
    "与去年持平",
    "与上年同期持平",
    "与去年同期持平",
];

/// No change is a statement of zero at the one decimal that offices state changes with.
fn unchanged(asked: &Asked<'_>) -> Read {
    let scale = seen_scale(asked);
    Read::Number {
        value: 0.0,
        dress: CellDress {
            scale,
            decimals: stated_decimals("0.0", scale, asked),
            text: true,
            worded: false,
        },
        how: Some(How::InWords),
    }
}

/// Words and signs that make a figure an estimate, wherever they stand.
const APPROXIMATE: &[&str] = &[
    "约",
    "近",
    "余",
    "多",
    "几",
    "许",
    "以上",
    "以下",
    "上下",
    "左右",
    "不少于",
    "不低于",
    "超过",
    "翻番",
    "≥",
    "≤",
    ">",
    "<",
    "~",
];

/// What stands between the two ends of a range.
const TO: &[&str] = &["-", "−", "–", "—", "——", "至", "到"];

/// Figures in words, which are never read as numbers.
const NUMERALS: &str = "〇零一二两三四五六七八九十百千万亿";

/// Whether folded text speaks of a figure, but not of an exact one.
fn is_estimate(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    if !text.contains(|c: char| is_digit(c) || NUMERALS.contains(c)) {
        return false;
    }
    let is_range = |to: &str| {
        text.split_once(to).is_some_and(|(low, high)| {
            low.contains(is_digit) && high.starts_with(is_digit) && !high.contains(to)
        })
    };
    APPROXIMATE.iter().any(|word| text.contains(word)) || TO.iter().any(|to| is_range(to))
}

/// A figure taken apart.
struct Written<'a> {
    /// A plain decimal without sign and separators.
    digits: String,
    negative: bool,
    /// Whether ¥ or 人民币 stands before it.
    currency: bool,
    /// What stands behind it.
    unit: &'a str,
    /// How its sign is written, if not as one.
    how: Option<How>,
}

const UP: &[&str] = &["增长", "增加", "上升", "提高", "升高", "↑"];
const DOWN: &[&str] = &["下降", "减少", "降低", "回落", "下滑", "↓"];
const CURRENCY: &[&str] = &["¥", "￥", "人民币"];

/// Takes folded text apart: `[sign] [¥] digits [unit]`, the whole in brackets where it is
/// negative, or with a word for its sign.
fn written(body: &str, may_be_in_words: bool) -> Option<Written<'_>> {
    let bracketed = body
        .strip_prefix('(')
        .and_then(|body| body.strip_suffix(')'));
    let (signed, how, rest) = if let Some(inner) = bracketed {
        (Some(true), Some(How::Accounting), inner)
    } else if let Some((negative, rest)) = in_words(body).filter(|_| may_be_in_words) {
        (Some(negative), Some(How::InWords), rest)
    } else if let Some((negative, rest)) = sign(body) {
        (Some(negative), None, rest)
    } else {
        (None, None, body)
    };
    let behind = CURRENCY.iter().find_map(|sign| rest.strip_prefix(sign));
    let (signed, rest) = match behind {
        Some(behind) if signed.is_none() => sign(behind)
            .map_or((None, behind), |(negative, digits)| {
                (Some(negative), digits)
            }),
        _ => (signed, behind.unwrap_or(rest)),
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','))
        .unwrap_or(rest.len());
    let (digits, unit) = rest.split_at(end);
    // `1.人` is the first point of a list.
    if digits.ends_with('.') && !unit.is_empty() {
        return None;
    }
    Some(Written {
        digits: without_separators(digits).filter(|digits| is_decimal(digits))?,
        negative: signed == Some(true),
        currency: behind.is_some(),
        unit,
        how,
    })
}

/// Whether a plus or minus before the figure makes it negative, and what follows it.
fn sign(text: &str) -> Option<(bool, &str)> {
    let plus = text.strip_prefix('+').map(|rest| (false, rest));
    plus.or_else(|| text.strip_prefix('-').map(|rest| (true, rest)))
}

/// Whether the word before the figure makes it negative, and what follows it.
fn in_words(text: &str) -> Option<(bool, &str)> {
    let compared = text.strip_prefix("同比");
    let rest = compared.unwrap_or(text);
    let behind = |words: &[&str]| words.iter().find_map(|word| rest.strip_prefix(word));
    behind(UP)
        .map(|rest| (false, rest))
        .or_else(|| behind(DOWN).map(|rest| (true, rest)))
        .or_else(|| compared.and_then(sign))
}

fn is_decimal(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    are_digits(whole) && are_digits(part) && !(whole.is_empty() && part.is_empty())
}

/// A number without its thousands separators, if it has them in the right places.
fn without_separators(text: &str) -> Option<String> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let part = &text[whole.len()..];
    if !whole.contains(',') {
        return (!part.contains(',')).then(|| text.to_owned());
    }
    let mut groups = whole.split(',');
    // `0,123` is a decimal to some, and no thousands to anybody.
    let first = groups
        .next()
        .is_some_and(|group| (1..=3).contains(&group.len()) && !group.starts_with('0'));
    let rest = groups.all(|group| group.len() == 3);
    (first && rest && !part.contains(',')).then(|| whole.replace(',', "") + part)
}

/// Power of ten from the figure as written to what is kept, and how its unit was read.
fn unit(written: &Written<'_>, asked: &Asked<'_>) -> Result<(i8, How), Unreadable> {
    let found = written.unit;
    let is_own = |unit: &str| asked.unit.is_some_and(|own| same_unit(&fold(own), unit));
    let converted = |scale: i8, otherwise: How| {
        let how = if scale == 0 {
            otherwise
        } else {
            How::Converted
        };
        (scale, how)
    };
    let known = match asked.kind {
        _ if written.currency && asked.kind != Type::Money => None,
        Type::Percent | Type::Points | Type::Change => match (found, asked.kind) {
            ("" | "%", _) | ("百分点" | "个百分点", Type::Points | Type::Change) => {
                Some((-2, How::TextAsNumber))
            }
            ("‰", Type::Percent | Type::Change) => Some((-3, How::Converted)),
            _ => is_own(found).then_some((-2, How::UnitInCell)),
        },
        _ if found.is_empty() && !written.currency => {
            Some(converted(asked.unit_scale, How::TextAsNumber))
        }
        // The unit in the cell is the form's own, whatever the heading says.
        _ if is_own(found) => Some((0, How::UnitInCell)),
        // ¥ alone is taken for 元 only where the heading does not say otherwise.
        Type::Money if found.is_empty() => asked
            .unit
            .and_then(|own| money_scale("元", own))
            .filter(|scale| *scale == asked.unit_scale)
            .map(|scale| converted(scale, How::UnitInCell)),
        Type::Money => asked
            .unit
            .and_then(|own| money_scale(found, own))
            .map(|scale| converted(scale, How::UnitInCell)),
        _ => multiplied(found, asked.unit.map(fold).as_deref()),
    };
    known.ok_or(if found.is_empty() || is_unit_word(found) {
        Unreadable::OtherUnit
    } else {
        Unreadable::NotANumber
    })
}

/// What 万 or 亿 behind a figure do, alone or before the column's own unit.
fn multiplied(found: &str, own: Option<&str>) -> Option<(i8, How)> {
    let (power, unit) = match found.strip_prefix('万') {
        Some(unit) => (4, unit),
        None => (8, found.strip_prefix('亿')?),
    };
    // In a column of 万人, 3.5万 can be either.
    if own.is_some_and(|own| own.starts_with(['百', '千', '万', '亿'])) {
        return None;
    }
    let fits = unit.is_empty() || own.is_some_and(|own| same_unit(own, unit));
    fits.then_some((power, How::Multiplied))
}

/// Units that are one.
const SAME_UNITS: &[&[&str]] = &[&["㎡", "平方米", "平米", "m²", "m2"], &["年", "年度"]];

fn same_unit(own: &str, found: &str) -> bool {
    let both = |units: &&[&str]| units.contains(&own) && units.contains(&found);
    own == found || SAME_UNITS.iter().any(both)
}

/// Whether what stands behind a figure looks like a unit, and not like another figure.
fn is_unit_word(text: &str) -> bool {
    const LONGEST: usize = 5;
    let in_unit =
        |c: char| (c.is_alphanumeric() && !c.is_ascii_digit()) || "%‰㎡㎥℃°/$€£".contains(c);
    text.chars().count() <= LONGEST && !text.starts_with('/') && text.chars().all(in_unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::BlankWords;
    use crate::workbook::format::parse;

    const RATES: [Type; 3] = [Type::Percent, Type::Points, Type::Change];
    const QUANTITIES: [Type; 3] = [Type::Count, Type::Number, Type::Money];

    /// What is made of a cell: its figure, decimals and how it was read, or why there is none.
    type Made = Result<(f64, u8, Option<How>), Absent>;

    struct Column {
        kind: Type,
        unit: Option<&'static str>,
        unit_scale: i8,
    }

    impl Column {
        fn cell(&self, raw: Value<'_>, format: Format) -> Made {
            let asked = Asked {
                kind: self.kind,
                unit: self.unit,
                unit_scale: self.unit_scale,
                stated: true,
                is_change: true,
                blank_words: &BlankWords::default(),
            };
            match super::super::read(raw, format, &asked) {
                Read::Number { value, dress, how } => Ok((value, dress.decimals, how)),
                Read::Absent(why) => Err(why),
                Read::Words { text, .. } => panic!("{text}"),
            }
        }

        fn text(&self, text: &str) -> Made {
            self.cell(Value::Text(text), Format::default())
        }
    }

    fn column(kind: Type, unit: &'static str) -> Column {
        Column {
            kind,
            unit: Some(unit),
            unit_scale: 0,
        }
    }

    /// A column of this type with the unit that such a column usually has.
    fn usual(kind: Type) -> Column {
        match kind {
            Type::Money => column(kind, "万元"),
            Type::Percent | Type::Points | Type::Change => column(kind, "%"),
            _ => column(kind, "项"),
        }
    }

    fn no(why: Unreadable) -> Made {
        Err(Absent::Unreadable(why))
    }

    fn all_are(columns: &[Type], texts: &[&str], expected: Made) {
        for kind in columns {
            for text in texts {
                assert_eq!(usual(*kind).text(text), expected, "{kind:?} {text:?}");
            }
        }
    }

    #[test]
    fn numbers_are_read_in_the_dresses_they_come_in() {
        let value = |kind, text| {
            usual(kind)
                .text(text)
                .map(|(value, decimals, _)| (value, decimals))
        };
        assert_eq!(value(Type::Count, "３，５８１"), Ok((3581.0, 0)));
        assert_eq!(value(Type::Count, " 12 项 "), Ok((12.0, 0)));
        assert_eq!(value(Type::Percent, "14.70％"), Ok((0.147, 2)));
        assert_eq!(value(Type::Percent, "－3.2"), Ok((-0.032, 1)));
        assert_eq!(value(Type::Points, "0.7个百分点"), Ok((0.007, 1)));
    }

    #[test]
    fn what_is_no_figure_says_why() {
        let absent = |text: &str| usual(Type::Count).text(text).unwrap_err();
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
    fn a_text_that_is_a_number_is_that_number() {
        for (text, value, decimals) in [
            ("1,234,567.8", 1_234_567.8, 1),
            ("１，２３４，５６７．８０", 1_234_567.8, 2),
            ("\u{3000}\u{a0}\u{200b}12\u{2009}\n", 12.0, 0),
            ("'12", 12.0, 0),
            ("’12", 12.0, 0),
            ("+12", 12.0, 0),
            ("＋ 12", 12.0, 0),
            ("−12.0", -12.0, 1),
            ("- 12", -12.0, 0),
            ("007", 7.0, 0),
            (".5", 0.5, 1),
            ("12.", 12.0, 0),
            ("-0", 0.0, 0),
            ("0.123456789", 0.123_456_789, 8),
            ("999999999999999", 999_999_999_999_999.0, 0),
        ] {
            let expected = Ok((value, decimals, Some(How::TextAsNumber)));
            assert_eq!(usual(Type::Number).text(text), expected, "{text:?}");
        }
        let sign = usual(Type::Number).text("-0").unwrap().0;
        assert!(sign.is_sign_positive());
    }

    #[test]
    fn what_is_not_one_figure_is_no_number() {
        let texts = [
            "12-",
            "--12",
            "+-12",
            "12。5",
            "1.2.3",
            "1,2345",
            "1234,567",
            "12,34",
            "0,123",
            ",123",
            "1,234,",
            "1.234,5",
            "1 234",
            "1\u{2009}234",
            "1\u{3000}2",
            "1, 234",
            "1. 5",
            "1 .5",
            "1.人",
            "12/15",
            "12、15",
            "12，15",
            "12;15",
            "3+5",
            "3*5",
            "12人15人",
            "十二",
            "三千五百",
            "一",
            "(-12)",
            "(+12)",
            "-(12)",
            "((12))",
            "(12",
            "12)",
            "()",
            "-",
            "+",
            ".",
            "'",
            "''12",
            "12'",
            "12!",
            "12人（其中女5人）",
            "12（项）",
            "见附表",
            "第12",
            "百分之12",
            "12%%%%%%",
        ];
        for kind in RATES.into_iter().chain(QUANTITIES) {
            for text in texts {
                let made = usual(kind).text(text);
                let blank = ["-", "'"].contains(&text);
                assert!(
                    blank || made == no(Unreadable::NotANumber),
                    "{kind:?} {text:?}: {made:?}"
                );
            }
        }
    }

    #[test]
    fn an_estimate_is_no_number() {
        let texts = [
            "约30",
            "近 30",
            "30余",
            "30多",
            "30以上",
            "30以下",
            "不少于30",
            "不低于30",
            "30左右",
            "翻番30",
            "超过30",
            "将近30",
            "大约30",
            "30几",
            "30上下",
            "30许",
            "≥30",
            "≤30",
            ">30",
            "＜30",
            "~30",
            "～30",
            "12-15",
            "12～15",
            "12至15",
            "12到15",
            "12—15",
            "12–15",
            "12——15",
            "12 - 15",
            "12%-15%",
            "12项至15项",
            "约三十",
            "三十多",
            "近百",
            "十几",
            "三十人以上",
            "下降约3%",
            "增长12-15%",
        ];
        all_are(&RATES, &texts, no(Unreadable::Approximate));
        all_are(&QUANTITIES, &texts, no(Unreadable::Approximate));
        all_are(
            &QUANTITIES,
            &["近期补报", "约定"],
            no(Unreadable::NotANumber),
        );
    }

    #[test]
    fn a_unit_beside_the_figure_is_the_columns_own_or_another() {
        let own = |unit, text: &str| column(Type::Number, unit).text(text);
        let twelve = Ok((12.0, 0, Some(How::UnitInCell)));
        assert_eq!(own("人", "12人"), twelve);
        assert_eq!(own("个/班", "12 个／班"), twelve);
        for unit in ["㎡", "平方米", "平米", "m²"] {
            for text in ["12㎡", "12平方米", "12平米", "12 m²", "12m2"] {
                assert_eq!(own(unit, text), twelve, "{unit} {text}");
            }
        }
        for text in [
            "12人",
            "12人次",
            "12所",
            "12㎡",
            "12元",
            "12百分点",
            "12千项",
            "¥12",
            "￥12项",
        ] {
            assert_eq!(own("项", text), no(Unreadable::OtherUnit), "{text}");
        }
        all_are(
            &RATES,
            &["12人", "12元", "12万", "¥12%"],
            no(Unreadable::OtherUnit),
        );
        let year = column(Type::Count, "年");
        for text in ["1998年", "1998年度", " １９９８ 年"] {
            assert_eq!(year.text(text), Ok((1998.0, 0, Some(How::UnitInCell))));
        }
        let unnamed = Column {
            kind: Type::Number,
            unit: None,
            unit_scale: 0,
        };
        assert_eq!(unnamed.text("12人"), no(Unreadable::OtherUnit));
    }

    #[test]
    fn a_unit_of_money_in_the_cell_goes_before_that_of_the_heading() {
        let heading = |unit, unit_scale| Column {
            kind: Type::Money,
            unit: Some(unit),
            unit_scale,
        };
        for unit_scale in [0, -4] {
            let wan = heading("万元", unit_scale);
            for (text, value, decimals, how) in [
                ("12万元", 12.0, 0, How::UnitInCell),
                ("人民币 12 万元", 12.0, 0, How::UnitInCell),
                ("¥12.5万元", 12.5, 1, How::UnitInCell),
                ("120,000元", 12.0, 4, How::Converted),
                ("人民币120000元", 12.0, 4, How::Converted),
                ("1.5千元", 0.15, 2, How::Converted),
                ("1.25百万元", 125.0, 0, How::Converted),
                ("0.12345亿元", 1234.5, 1, How::Converted),
                ("-¥12万元", -12.0, 0, How::UnitInCell),
                ("￥-12万元", -12.0, 0, How::UnitInCell),
                ("（12万元）", -12.0, 0, How::Accounting),
                ("(¥12万元)", -12.0, 0, How::Accounting),
            ] {
                assert_eq!(wan.text(text), Ok((value, decimals, Some(how))), "{text}");
            }
            for text in [
                "1,234万",
                "3.5亿",
                "12美元",
                "12项",
                "12%",
                "12元/人",
                "¥12",
            ] {
                let made = wan.text(text);
                let plain_yuan = text == "¥12" && unit_scale == -4;
                assert!(
                    plain_yuan || made == no(Unreadable::OtherUnit),
                    "{text}: {made:?}"
                );
            }
        }
        // ¥ says 元, where neither the form nor its heading says otherwise.
        assert_eq!(
            heading("元", 0).text("¥12"),
            Ok((12.0, 0, Some(How::UnitInCell)))
        );
        assert_eq!(
            heading("万元", -4).text("¥12"),
            Ok((0.0012, 4, Some(How::Converted)))
        );
        assert_eq!(
            heading("元/生", 0).text("12元/生"),
            Ok((12.0, 0, Some(How::UnitInCell)))
        );
        assert_eq!(heading("元/生", 0).text("12元"), no(Unreadable::OtherUnit));
        assert_eq!(
            heading("万元", 0).text("¥12/15"),
            no(Unreadable::NotANumber)
        );
        // Without a unit in the cell that of the heading counts.
        let converted = Ok((12.0, 4, Some(How::Converted)));
        assert_eq!(heading("万元", -4).text("120000"), converted);
        let number = heading("万元", -4).cell(Value::Number(120_001.0), Format::default());
        assert_eq!(number, Ok((12.0001, 4, Some(How::Converted))));
        let wan = parse("0!.0,\"万\"");
        let shown = heading("万元", -4).cell(Value::Number(120_000.0), wan);
        assert_eq!(shown, Ok((12.0, 0, Some(How::Scaled))));
    }

    #[test]
    fn ten_thousands_behind_a_count_are_multiplied() {
        for kind in [Type::Count, Type::Number] {
            let people = column(kind, "人");
            let made = |value| Ok((value, 0, Some(How::Multiplied)));
            assert_eq!(people.text("3.5万人"), made(35_000.0));
            assert_eq!(people.text("３．５ 万"), made(35_000.0));
            assert_eq!(people.text("1.2亿"), made(120_000_000.0));
            for text in ["3.5万册", "3.5万元", "1万亿", "3千", "3.5万%"] {
                assert_eq!(people.text(text), no(Unreadable::OtherUnit), "{text}");
            }
            let own = column(kind, "万人").text("12万人");
            assert_eq!(own, Ok((12.0, 0, Some(How::UnitInCell))));
            // Of what the column has ten thousands, one cannot tell.
            assert_eq!(column(kind, "万人").text("12万"), no(Unreadable::OtherUnit));
        }
        let fine = column(Type::Number, "人").text("3.55555万");
        assert_eq!(fine, Ok((35_555.5, 1, Some(How::Multiplied))));
        assert_eq!(
            column(Type::Count, "人").text("3.55555万"),
            no(Unreadable::NotACount)
        );
        assert_eq!(
            column(Type::Count, "人").text("-3万"),
            no(Unreadable::NotACount)
        );
    }

    #[test]
    fn brackets_make_a_figure_negative() {
        for text in ["(12)", "（12）", " （ 12 ） ", "（１２）", "(12项)"] {
            let number = usual(Type::Number).text(text);
            assert_eq!(number, Ok((-12.0, 0, Some(How::Accounting))), "{text}");
            assert_eq!(
                usual(Type::Count).text(text),
                no(Unreadable::NotACount),
                "{text}"
            );
        }
        all_are(
            &RATES,
            &["(3.2%)", "（3.2）"],
            Ok((-0.032, 1, Some(How::Accounting))),
        );
        all_are(
            &RATES,
            &["(3.2)%", "增长(3.2%)", "(增长3.2%)"],
            no(Unreadable::NotANumber),
        );
    }

    #[test]
    fn rates_are_points_of_a_percent_whatever_sign_they_have() {
        let as_text = Ok((0.125, 1, Some(How::TextAsNumber)));
        all_are(&RATES, &["12.5", "12.5%", "１２．５ ％", "+12.5%"], as_text);
        all_are(
            &[Type::Percent, Type::Change],
            &["12.5‰"],
            Ok((0.0125, 2, Some(How::Converted))),
        );
        all_are(&[Type::Points], &["12.5‰"], no(Unreadable::OtherUnit));
        let points = ["12.5百分点", "12.5 个百分点"];
        all_are(&[Type::Points, Type::Change], &points, as_text);
        all_are(&[Type::Percent], &points, no(Unreadable::OtherUnit));
        all_are(
            &QUANTITIES,
            &["12%", "12％", "12‰"],
            no(Unreadable::OtherUnit),
        );
    }

    #[test]
    fn words_of_growth_are_signs() {
        for word in UP {
            let up = Ok((0.15, 1, Some(How::InWords)));
            let texts = [
                format!("{word}15.0%"),
                format!("同比 {word} 15.0％"),
                format!("{word}15.0"),
            ];
            all_are(&RATES, &texts.each_ref().map(String::as_str), up);
        }
        for word in DOWN {
            let down = Ok((-0.032, 1, Some(How::InWords)));
            let texts = [format!("{word}3.2%"), format!("同比{word}3.2")];
            all_are(&RATES, &texts.each_ref().map(String::as_str), down);
        }
        all_are(&RATES, &["同比+3.2%"], Ok((0.032, 1, Some(How::InWords))));
        all_are(&RATES, &["同比－3.2%"], Ok((-0.032, 1, Some(How::InWords))));
        let flat = ["持平", "与上年持平", "同比持平", " 与去年同期 持平"];
        all_are(&RATES, &flat, Ok((0.0, 1, Some(How::InWords))));
        all_are(
            &[Type::Points, Type::Change],
            &["提高0.7个百分点"],
            Ok((0.007, 1, Some(How::InWords))),
        );
        let contradictions = [
            "下降-3.2%",
            "增长-3.2%",
            "下降+3.2%",
            "增长下降3.2%",
            "同比3.2%",
            "同比",
            "增长",
            "基本持平",
            "持平3%",
            "增长3.2%下降1%",
            "不增长3%",
        ];
        all_are(&RATES, &contradictions, no(Unreadable::NotANumber));
        all_are(
            &[Type::Percent],
            &["提高0.7个百分点"],
            no(Unreadable::OtherUnit),
        );
        let words = ["增长15%", "下降3.2", "增加12项", "↑12", "同比+3", "持平"];
        all_are(&QUANTITIES, &words, no(Unreadable::NotANumber));
    }

    #[test]
    fn what_lost_its_digits_or_was_never_computed_is_no_number() {
        for kinds in [RATES, QUANTITIES] {
            let lost = ["5.00113E+09", "1e5", "－1.5Ｅ－3", "'5E+17"];
            all_are(&kinds, &lost, no(Unreadable::Scientific));
            let formulas = ["=C5+C6", "＝SUM(A1:A3)", "'=1"];
            all_are(&kinds, &formulas, no(Unreadable::FormulaAsText));
            let large = [
                "1000000000000000",
                "-1,000,000,000,000,000",
                "999999999999999.9",
            ];
            all_are(&kinds, &large, no(Unreadable::TooLarge));
            all_are(&kinds, &[&"9".repeat(400)], no(Unreadable::TooLarge));
            let days = [
                "2023-09-01",
                "2023/9/1",
                "2023年9月1日",
                "2023-09-01 00:00:00",
            ];
            all_are(&kinds, &days, no(Unreadable::DateForNumber));
            for x in [1e15, -1e15, f64::NAN, f64::NEG_INFINITY, f64::MAX] {
                for kind in kinds {
                    let made = usual(kind).cell(Value::Number(x), Format::default());
                    assert_eq!(made, no(Unreadable::TooLarge), "{x}");
                }
            }
        }
        let scaled = Column {
            kind: Type::Money,
            unit: Some("元"),
            unit_scale: 8,
        };
        assert_eq!(scaled.text("12345678"), no(Unreadable::TooLarge));
    }

    #[test]
    fn values_of_other_kinds_are_no_numbers() {
        for kind in RATES.into_iter().chain(QUANTITIES) {
            let made = |raw| usual(kind).cell(raw, Format::default());
            assert_eq!(made(Value::Truth(true)), no(Unreadable::NotANumber));
            assert_eq!(made(Value::Date(45_170.0)), no(Unreadable::DateForNumber));
            assert_eq!(made(Value::Error("#REF!")), no(Unreadable::ErrorValue));
        }
        let year = column(Type::Count, "年");
        let date = year.cell(Value::Date(45_170.0), Format::default());
        assert_eq!(date, no(Unreadable::DateForNumber));
    }

    #[test]
    fn a_quotient_over_nothing_is_not_applicable_to_a_rate() {
        for raw in [Value::Error("#DIV/0!"), Value::Text("#DIV/0!")] {
            for kind in RATES {
                let made = usual(kind).cell(raw, parse("0.0%"));
                assert_eq!(made, Err(Absent::NotApplicable));
            }
            let made = usual(Type::Number).cell(raw, Format::default());
            assert_eq!(made, no(Unreadable::ErrorValue));
        }
    }

    #[test]
    fn a_percent_format_decides_what_a_number_means() {
        for kind in RATES {
            let made = |x, code| usual(kind).cell(Value::Number(x), parse(code));
            assert_eq!(made(0.147, "0.0%"), Ok((0.147, 1, None)));
            assert_eq!(made(14.7, "General"), Ok((0.147, 1, None)));
            assert_eq!(
                made(14_700.0, "#,##0.0,"),
                Ok((0.147, 1, Some(How::Scaled)))
            );
        }
        // It shows a quantity otherwise, and does not make it another one.
        let half = usual(Type::Number).cell(Value::Number(0.5), parse("0%"));
        assert_eq!(half, Ok((0.5, 1, None)));
        let money = Column {
            kind: Type::Money,
            unit: Some("万元"),
            unit_scale: -4,
        };
        let made = money.cell(Value::Number(50_000.0), parse("0%"));
        assert_eq!(made, Ok((5.0, 0, Some(How::Converted))));
    }

    #[test]
    fn a_scaled_format_means_what_is_shown() {
        let number = column(Type::Number, "人");
        let made = number.cell(Value::Number(12_000.0), parse("0!.0,\"万\""));
        assert_eq!(made, Ok((12_000.0, 0, Some(How::Scaled))));
        let made = number.cell(Value::Number(12_000.0), parse("#,##0,"));
        assert_eq!(made, Ok((12.0, 0, Some(How::Scaled))));
    }

    #[test]
    fn a_stored_count_is_whole_and_not_negative() {
        let count = |x| usual(Type::Count).cell(Value::Number(x), Format::default());
        assert_eq!(count(11.999_999_999_999_998), Ok((12.0, 0, None)));
        assert_eq!(count(12.5), no(Unreadable::NotACount));
        assert_eq!(count(-1.0), no(Unreadable::NotACount));
    }
}
