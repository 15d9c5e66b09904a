//! Reporting periods: which month a run is of, and what "last year" and "due" mean for it.
//!
//! A run is of a month. A form that is due every quarter or year is asked for in the months
//! that its `due_in` names; its own period follows from the month. Holidays and extensions are
//! the rulebook's.

use crate::spelling::half_width;
use crate::words::Text;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A month, such as `2023-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Period {
    year: i32,
    month: u32,
}

/// How often a form is asked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Periodicity {
    /// 月报
    #[default]
    Month,
    /// 季报
    Quarter,
    /// 年报
    Year,
    /// 学年报
    SchoolYear,
}

/// Why a text is no period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a period: expected a year and a month such as `2023-12`")]
pub struct NotAPeriod(String);

impl Period {
    /// The month of a year, where there is such a month.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1..=12).contains(&month) && (1949..=2199).contains(&year)).then_some(Self { year, month })
    }

    /// Reads `2023-12`, and nothing looser: it names a folder.
    ///
    /// # Errors
    /// When the text is anything else, with the text.
    pub fn parse(text: &str) -> Result<Self, NotAPeriod> {
        let wrong = || NotAPeriod(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(wrong());
        }
        let number = |s: &str| -> Option<u32> {
            s.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| s.parse().ok())
                .flatten()
        };
        number(year)
            .zip(number(month))
            .and_then(|(year, month)| Self::new(i32::try_from(year).ok()?, month))
            .ok_or_else(wrong)
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u32 {
        self.month
    }

    /// The period as a text that names it in full would mention it.
    pub fn mentioned(self) -> Mention {
        Mention {
            year: Some(self.year),
            month: self.month,
        }
    }

    /// The same month a year earlier.
    #[must_use]
    pub fn last_year(self) -> Self {
        Self {
            year: self.year - 1,
            ..self
        }
    }

    /// The month that is `months` before this one.
    fn minus(self, months: u32) -> Self {
        let total = self.year * 12 + i32::try_from(self.month).unwrap_or(1)
            - 1
            - i32::try_from(months).unwrap_or(0);
        Self {
            year: total.div_euclid(12),
            month: u32::try_from(total.rem_euclid(12)).unwrap_or(0) + 1,
        }
    }

    /// The period before this one, for a form of this periodicity.
    #[must_use]
    pub fn before(self, periodicity: Periodicity) -> Self {
        match periodicity {
            Periodicity::Month => self.minus(1),
            Periodicity::Quarter => self.minus(3),
            Periodicity::Year | Periodicity::SchoolYear => self.minus(12),
        }
    }

    /// `2023年12月`, or `December 2023` for a reader of English.
    pub fn words(self) -> Text {
        let (year, month) = (self.year, self.month);
        let name = NaiveDate::from_ymd_opt(year, month, 1)
            .map_or_else(String::new, |day| day.format("%B").to_string());
        both!("{year}年{month}月", "{name} {year}")
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl TryFrom<String> for Period {
    type Error = NotAPeriod;

    fn try_from(text: String) -> Result<Self, NotAPeriod> {
        Self::parse(&text)
    }
}

/// The day by which a form is due, as offices write it: `次月10日`, `当月25日`, `12月20日`,
/// `次年1月20日`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A day of the month after the period.
    NextMonth(u32),
    /// A day of the period's own month.
    SameMonth(u32),
    /// A day of a named month of the period's year.
    Date(u32, u32),
    /// A day of a named month of the year after.
    NextYear(u32, u32),
}

impl Due {
    /// Reads one of the wordings.
    pub fn parse(text: &str) -> Option<Self> {
        let day = |text: &str| -> Option<u32> {
            let day: u32 = text.strip_suffix('日')?.parse().ok()?;
            (1..=31).contains(&day).then_some(day)
        };
        if let Some(rest) = text.strip_prefix("次月") {
            return day(rest).map(Self::NextMonth);
        }
        if let Some(rest) = text.strip_prefix("当月") {
            return day(rest).map(Self::SameMonth);
        }
        let (is_next, text) = match text.strip_prefix("次年") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (month, rest) = text.split_once('月')?;
        let month: u32 = month.parse().ok()?;
        let day = day(rest).filter(|_| (1..=12).contains(&month))?;
        Some(if is_next {
            Self::NextYear(month, day)
        } else {
            Self::Date(month, day)
        })
    }

    /// The date for a period; a day that the month does not have is its last.
    pub fn date(self, period: Period) -> NaiveDate {
        let (year, month, day) = match self {
            Self::SameMonth(day) => (period.year, period.month, day),
            Self::NextMonth(day) if period.month == 12 => (period.year + 1, 1, day),
            Self::NextMonth(day) => (period.year, period.month + 1, day),
            Self::Date(month, day) => (period.year, month, day),
            Self::NextYear(month, day) => (period.year + 1, month, day),
        };
        (28..=day.max(28))
            .rev()
            .chain([day])
            .filter(|candidate| *candidate <= day)
            .find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
            .unwrap_or_else(|| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default())
    }
}

/// What a text says about time: `2023年1—12月` ends in December 2023, `12月报表` only says 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// The year, where one is named.
    pub year: Option<i32>,
    /// The (last) month.
    pub month: u32,
}

impl Mention {
    /// As people write it: `2023年12月`.
    pub fn words(self) -> Text {
        let month = self.month;
        match self.year {
            Some(year) => both!("{year}年{month}月", "{year}-{month:02}"),
            None => both!("{month}月", "month {month}"),
        }
    }

    /// Whether the mention can mean this period.
    pub fn fits(self, period: Period) -> bool {
        self.month == period.month && self.year.is_none_or(|year| year == period.year)
    }
}

/// The year that a text names without a month: `2022年度`, `2022年`.
pub fn year(text: &str) -> Option<i32> {
    let text: String = text.chars().map(half_width).collect();
    let before = text.split('年').next().filter(|before| *before != text)?;
    let digits = before.trim_end();
    let start = digits.rfind(|c: char| !c.is_ascii_digit());
    let digits = start.map_or(digits, |at| {
        let next = digits[at..].chars().next().map_or(0, char::len_utf8);
        &digits[at + next..]
    });
    let year: i32 = digits.parse().ok()?;
    (digits.len() == 4 && (1990..2100).contains(&year)).then_some(year)
}

/// Finds the month that a title, a heading or a file name speaks of.
///
/// Understood are `2023年12月`, `2023年1—12月`, `2023年1-12月`, `12月`, `2023-12`, `202312`.
pub fn mention(text: &str) -> Option<Mention> {
    let chars: Vec<char> = text.chars().map(half_width).collect();
    let number_before = |end: usize| -> Option<(usize, u32)> {
        let mut start = end;
        while start > 0 && chars[start - 1].is_ascii_digit() && end - start < 5 {
            start -= 1;
        }
        let digits: String = chars[start..end].iter().collect();
        digits.parse().ok().map(|number| (start, number))
    };
    for (at, _) in chars.iter().enumerate().filter(|(_, c)| **c == '月') {
        let Some((start, month)) = number_before(at).filter(|(_, n)| (1..=12).contains(n)) else {
            continue;
        };
        // 9月1日 is a day: the date of a count, or of sending.
        let digits = chars[at + 1..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        if digits > 0 && matches!(chars.get(at + 1 + digits), Some('日' | '号')) {
            continue;
        }
        // Skip back over `1—` of a range to the year's sign.
        let mut back = start;
        if back > 0 && matches!(chars[back - 1], '-' | '—' | '–' | '~' | '至' | '－') {
            while back > 0 && matches!(chars[back - 1], '-' | '—' | '–' | '~' | '至' | '－' | '月')
            {
                back -= 1;
            }
            back = number_before(back).map_or(back, |(start, _)| start);
        }
        let year = (back > 0 && chars[back - 1] == '年')
            .then(|| number_before(back - 1))
            .flatten()
            .and_then(|(_, year)| i32::try_from(year).ok())
            .filter(|year| (1949..=2199).contains(year));
        return Some(Mention { year, month });
    }
    if let Some(quarter) = quarter(&chars) {
        return Some(quarter);
    }
    // 2023-12, 2023.12, 202312
    for start in 0..chars.len() {
        let digits = chars[start..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        if start > 0 && chars[start - 1].is_ascii_digit() {
            continue;
        }
        let text = |range: std::ops::Range<usize>| -> String { chars[range].iter().collect() };
        let (year, month) = if digits == 6 {
            (text(start..start + 4), text(start + 4..start + 6))
        } else if digits == 4 && matches!(chars.get(start + 4), Some('-' | '.' | '_')) {
            let rest = chars[start + 5..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .count();
            // 2024-01-05 is a day.
            let end = start + 5 + rest;
            let is_day = chars.get(end) == chars.get(start + 4)
                && chars.get(end + 1).is_some_and(char::is_ascii_digit);
            if rest == 0 || rest > 2 || is_day {
                continue;
            }
            (text(start..start + 4), text(start + 5..start + 5 + rest))
        } else {
            continue;
        };
        let found = year.parse().ok().zip(month.parse().ok());
        if let Some(period) = found.and_then(|(year, month)| Period::new(year, month)) {
            return Some(Mention {
                year: Some(period.year),
                month: period.month,
            });
        }
    }
    None
}

/// `2023年第四季度`, `4季度`: the quarter's last month.
fn quarter(chars: &[char]) -> Option<Mention> {
    let at = chars.windows(2).position(|pair| pair == ['季', '度'])?;
    let sign = *chars.get(at.checked_sub(1)?)?;
    let number = ["1一", "2二", "3三", "4四"]
        .iter()
        .position(|signs| signs.contains(sign))?;
    let mut end = at - 1;
    if end > 0 && chars[end - 1] == '第' {
        end -= 1;
    }
    let year = (end > 4 && chars[end - 1] == '年')
        .then(|| chars[end - 5..end - 1].iter().collect::<String>())
        .and_then(|year| year.parse().ok())
        .filter(|year| (1949..=2199).contains(year));
    Some(Mention {
        year,
        month: 3 * (u32::try_from(number).ok()? + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        Period::parse(text).expect("a period")
    }

    #[test]
    fn a_period_names_a_folder_and_nothing_looser() {
        assert_eq!(period("2023-12").to_string(), "2023-12");
        for text in [
            "2023-13",
            "2023-1",
            "23-12",
            "2023/12",
            "2023-00",
            "latest",
            "２０２３-12",
        ] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_period_before_follows_the_forms_periodicity() {
        assert_eq!(
            period("2023-01").before(Periodicity::Month),
            period("2022-12")
        );
        assert_eq!(
            period("2023-03").before(Periodicity::Quarter),
            period("2022-12")
        );
        assert_eq!(period("2023-12").last_year(), period("2022-12"));
    }

    #[test]
    fn due_dates_are_read_as_offices_write_them() {
        let date = |text: &str, of: &str| Due::parse(text).map(|d| d.date(period(of)).to_string());
        assert_eq!(date("次月10日", "2023-12").as_deref(), Some("2024-01-10"));
        assert_eq!(date("当月25日", "2023-11").as_deref(), Some("2023-11-25"));
        assert_eq!(date("12月20日", "2023-12").as_deref(), Some("2023-12-20"));
        assert_eq!(date("当月31日", "2023-02").as_deref(), Some("2023-02-28"));
        assert_eq!(date("下月10号", "2023-12"), None);
    }

    #[test]
    fn months_are_found_in_titles_and_file_names() {
        let found = |text: &str| mention(text).map(|m| (m.year, m.month));
        assert_eq!(found("2023年1—12月"), Some((Some(2023), 12)));
        assert_eq!(
            found("巴南区２０２３年12月教育科研课题情况统计表"),
            Some((Some(2023), 12))
        );
        assert_eq!(found("12月报表 最终版(1).xlsx"), Some((None, 12)));
        assert_eq!(found("KY01_2023-12.xlsx"), Some((Some(2023), 12)));
        assert_eq!(found("202312巴南"), Some((Some(2023), 12)));
        assert_eq!(found("联系电话：023-66000000"), None);
        assert_eq!(found("2023年10—12月"), Some((Some(2023), 12)));
        assert_eq!(found("丰都县.xlsx"), None);
        assert_eq!(found("2022年第3季度"), Some((Some(2022), 9)));
        assert_eq!(found("JH01表（2023年四季度）"), Some((Some(2023), 12)));
        assert_eq!(found("四季度监测表"), Some((None, 12)));
    }
}
