//! Days, months, years and school years, each in one way of writing.
//!
//! What comes out is `2023-09-01`, `2023-09`, `2023` or `2022/2023`, as fine as it was written.

use super::{How, Read, absent, bare, has_gap, plain};
use crate::rulebook::written::BlankWords;
use crate::spelling::{half_width, is_blank};
use crate::table::Unreadable;
use crate::workbook::Value;
use chrono::{NaiveDate, TimeDelta};

/// Reads a cell of a column of dates.
pub(super) fn read(raw: Value<'_>, blank_words: &BlankWords) -> Read {
    let (text, date) = match raw {
        Value::Date(serial) => (None, day(serial)),
        // 2023.1 can be January or October.
        Value::Number(x) if x.fract() == 0.0 => {
            let text = plain(x);
            let date = written(&text);
            (Some(text), date)
        }
        Value::Text(text) => {
            if let Some(absent) = absent(&bare(text), blank_words) {
                return Read::Absent(absent);
            }
            (Some(text.trim_matches(is_blank).to_owned()), written(text))
        }
        Value::Number(_) | Value::Truth(_) => (None, None),
        Value::Error(_) => return Unreadable::ErrorValue.into(),
    };
    date.map_or(Unreadable::NotADate.into(), |date| Read::Words {
        how: text.filter(|text| *text != date).map(|_| How::Date),
        text: date,
    })
}

/// A day of the 1900 calendar, its time of day dropped: 1 is `1900-01-01`. That calendar has a
/// 1900-02-29, which never was.
pub fn day(serial: f64) -> Option<String> {
    const NEVER: i64 = 60;
    if !(1.0..2_958_466.0).contains(&serial) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the days up to the year 9999"
    )]
    let days = serial.floor() as i64;
    let before_first = match days {
        NEVER => return None,
        ..NEVER => NaiveDate::from_ymd_opt(1899, 12, 31),
        _ => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let day = before_first?.checked_add_signed(TimeDelta::try_days(days)?)?;
    Some(day.format("%Y-%m-%d").to_string())
}

/// Whether a text is a day.
pub(super) fn is_day(text: &str) -> bool {
    written(text).is_some_and(|date| date.len() == DAY)
}

/// The length of `2023-09-01`.
const DAY: usize = 10;

/// A date as people write it in its one way of writing, if it is one.
fn written(text: &str) -> Option<String> {
    let split = text
        .trim_matches(is_blank)
        .rsplit_once(|c: char| c.is_whitespace() || c == 'T');
    match split {
        Some((day, time)) if is_time(time) => date(day).filter(|date| date.len() == DAY),
        _ => date(text),
    }
}

/// A date without a time of day.
fn date(text: &str) -> Option<String> {
    if has_gap(text, |c| c.is_ascii_digit()) {
        return None;
    }
    let text = bare(text);
    let years = text
        .strip_suffix("学年")
        .or_else(|| text.strip_suffix("学年度"));
    if let Some(years) = years {
        school_year(years)
    } else if let Some((year, rest)) = text.split_once('年') {
        in_words(year, rest)
    } else {
        in_digits(&text)
    }
}

fn is_time(text: &str) -> bool {
    let text: String = text.chars().map(half_width).collect();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, part)| {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            whole
        } else {
            ""
        }
    });
    let parts: Vec<&str> = whole.split(':').collect();
    let below = |text: &str, most: u32| digits(text, 1, 2).is_some_and(|part| part < most);
    match parts[..] {
        [hour, minute] => below(hour, 24) && below(minute, 60),
        [hour, minute, second] => below(hour, 24) && below(minute, 60) && below(second, 60),
        _ => false,
    }
}

/// `2022—2023` and `2022`.
fn school_year(years: &str) -> Option<String> {
    let years = years.replace("——", "—");
    match years.split_once(['-', '−', '–', '—', '~', '/', '至']) {
        Some((first, second)) => following(year(first)?, year(second)?),
        None => year(&years).and_then(|first| following(first, first + 1)),
    }
}

fn following(first: u32, second: u32) -> Option<String> {
    (second == first + 1).then(|| format!("{first}/{second}"))
}

/// What follows `2023年`: nothing, `度`, `9月` or `9月1日`.
fn in_words(year_written: &str, rest: &str) -> Option<String> {
    let year = year(year_written)?;
    if rest.is_empty() || rest == "度" {
        return Some(year.to_string());
    }
    let (month, day) = rest.split_once('月')?;
    if day.is_empty() {
        return self::month(year, small(month)?);
    }
    let day = day.strip_suffix(['日', '号'])?;
    calendar(year, small(month)?, small(day)?)
}

/// `2023.9.1`, `2023-09`, `2022/2023`, `20230901`, `2023`.
fn in_digits(text: &str) -> Option<String> {
    let usual = |year: &u32| (1900..=2100).contains(year);
    let separator = ['-', '/', '.'].into_iter().find(|c| text.contains(*c));
    let Some(separator) = separator else {
        if let Some(year) = digits(text, 4, 4) {
            return Some(year).filter(usual).map(|year| year.to_string());
        }
        let day = digits(text, 8, 8)?;
        let year = Some(day / 10_000).filter(usual)?;
        return calendar(year, day / 100 % 100, day % 100);
    };
    let parts: Vec<&str> = text.split(separator).collect();
    let year = full_year(parts.first()?)?;
    match parts[1..] {
        [month, day] => calendar(year, digits(month, 1, 2)?, digits(day, 1, 2)?),
        [second] if separator == '/' && second.len() == 4 => following(year, full_year(second)?),
        [month] => self::month(year, digits(month, 1, 2)?),
        _ => None,
    }
}

fn calendar(year: u32, month: u32, day: u32) -> Option<String> {
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(day.format("%Y-%m-%d").to_string())
}

fn month(year: u32, month: u32) -> Option<String> {
    (1..=12)
        .contains(&month)
        .then(|| format!("{year}-{month:02}"))
}

/// A number of so many plain digits.
fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn full_year(text: &str) -> Option<u32> {
    digits(text, 4, 4).filter(|year| *year >= 1000)
}

/// `2023` or `二〇二三`.
fn year(text: &str) -> Option<u32> {
    let plain: Option<String> = text
        .chars()
        .map(|c| char::from_digit(numeral(c)?, 10))
        .collect();
    full_year(text).or_else(|| full_year(&plain?))
}

/// A month or day: `09`, `9`, `九`, `十二`, `二十一`.
fn small(text: &str) -> Option<u32> {
    let one = |text: &str| {
        let mut chars = text.chars();
        let digit = numeral(chars.next()?)?;
        (chars.next().is_none() && digit > 0).then_some(digit)
    };
    digits(text, 1, 2).or_else(|| match text.split_once('十') {
        None => one(text),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { one(tens)? };
            let ones = if ones.is_empty() { 0 } else { one(ones)? };
            Some(tens * 10 + ones)
        }
    })
}

fn numeral(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Absent;

    fn cell(raw: Value<'_>) -> Read {
        read(raw, &BlankWords::default())
    }

    fn said(date: &str, how: Option<How>) -> Read {
        let text = date.to_owned();
        Read::Words { text, how }
    }

    #[test]
    fn days_are_read_in_the_ways_people_write_them() {
        for text in [
            "2023年9月1日",
            "2023年09月01日",
            "2023 年 9 月 1 日",
            "２０２３年９月１日",
            "2023年9月1号",
            "2023.9.1",
            "２０２３．９．１",
            "2023. 9. 1",
            "2023/9/1",
            "2023-9-1",
            "'2023-09-01",
            "2023-09-01 00:00:00",
            "2023-09-01T08:30:00.000",
            "2023年9月1日　08：30",
            "20230901",
            "２０２３0901",
            "二〇二三年九月一日",
            "二○二三年九月一日",
            "二零二三年9月1日",
        ] {
            let expected = said("2023-09-01", Some(How::Date));
            assert_eq!(cell(Value::Text(text)), expected, "{text}");
        }
        for (text, date) in [
            ("一九九八年十二月三十一日", "1998-12-31"),
            ("二〇二四年二月二十九日", "2024-02-29"),
            ("二〇二四年十月二十日", "2024-10-20"),
            ("1891年10月1日", "1891-10-01"),
        ] {
            assert_eq!(cell(Value::Text(text)), said(date, Some(How::Date)));
        }
    }

    #[test]
    fn coarser_dates_stay_as_coarse_as_they_are() {
        for (text, date) in [
            ("2023年9月", "2023-09"),
            ("2023年09月", "2023-09"),
            ("二〇二三年十一月", "2023-11"),
            ("2023/9", "2023-09"),
            ("2023.10", "2023-10"),
            ("2023年", "2023"),
            ("2023年度", "2023"),
            ("二〇二三年", "2023"),
            ("２０２３", "2023"),
            ("2022—2023学年", "2022/2023"),
            ("2022——2023学年", "2022/2023"),
            ("2022-2023学年", "2022/2023"),
            ("2022－2023 学年度", "2022/2023"),
            ("2022/2023学年", "2022/2023"),
            ("2022学年", "2022/2023"),
            ("二〇二二至二〇二三学年", "2022/2023"),
        ] {
            assert_eq!(
                cell(Value::Text(text)),
                said(date, Some(How::Date)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_canonical_is_read_as_it_stands() {
        for date in ["2023-09-01", "2023-09", "2023", "2022/2023"] {
            let text = format!(" \u{200e}{date}\u{3000}");
            assert_eq!(cell(Value::Text(&text)), said(date, None));
        }
    }

    #[test]
    fn a_serial_is_the_day_that_the_spreadsheet_shows() {
        for (serial, date) in [
            (1.0, "1900-01-01"),
            (59.9, "1900-02-28"),
            (61.0, "1900-03-01"),
            (45_170.999, "2023-09-01"),
            (2_958_465.5, "9999-12-31"),
        ] {
            assert_eq!(cell(Value::Date(serial)), said(date, None));
        }
        for serial in [-1.0, 0.0, 0.75, 60.0, 60.5, 2_958_466.0, 1e300, f64::NAN] {
            let read = cell(Value::Date(serial));
            assert_eq!(read, Unreadable::NotADate.into(), "{serial}");
        }
    }

    #[test]
    fn a_number_is_a_year_or_a_day_in_eight_digits() {
        assert_eq!(cell(Value::Number(2023.0)), said("2023", None));
        let day = said("2023-09-01", Some(How::Date));
        assert_eq!(cell(Value::Number(20_230_901.0)), day);
        for x in [1899.0, 2101.0, 2023.9, 45_170.0, 202_309.0, -2023.0, 1e300] {
            let read = cell(Value::Number(x));
            assert_eq!(read, Unreadable::NotADate.into(), "{x}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "2023年2月30日",
            "2023年13月",
            "2023年0月1日",
            "2023-02-29",
            "20230230",
            "2023-9/1",
            "2023、9、1",
            "2023.9.1.",
            "23年9月1日",
            "23-9-1",
            "9月1日",
            "2023年9月1",
            "2023年9",
            "2023年一二月",
            "2023年9月1日起",
            "约2023年",
            "2023 0901",
            "202309",
            "1899",
            "2101",
            "45170",
            "2022-2023",
            "2022-2024学年",
            "2023-2022学年",
            "2022-23学年",
            "2022—2023学年第一学期",
            "2023-09-01 25:00",
            "2023-09-01 00:00 00:00",
            "2023年9月 08:30",
            "九月",
            "长期",
            "年月日",
            "学年",
        ] {
            let read = cell(Value::Text(text));
            assert_eq!(read, Unreadable::NotADate.into(), "{text}");
        }
        assert_eq!(cell(Value::Truth(true)), Unreadable::NotADate.into());
        assert_eq!(cell(Value::Error("#N/A")), Unreadable::ErrorValue.into());
        assert_eq!(
            cell(Value::Text("不详")),
            Read::Absent(Absent::NotAvailable)
        );
    }
}
