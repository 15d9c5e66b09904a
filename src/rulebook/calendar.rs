//! By when a form is due: the day that the form names, moved off weekends and holidays, and later
//! for a district that was given more time.
//!
//! `calendar.csv` says which weekdays are holidays and which weekend days are worked; what it does
//! not name is as the weekday says. `extensions.csv` says who may send what later, and why.

use super::Rulebook;
use super::form::Form;
use super::list::{Line, List, Wrong};
use super::register::Register;
use super::source::{Problem, Sources};
use crate::period::Period;
use crate::words::Text;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// The file with holidays and make-up workdays, in the rules folder.
pub const FILE: &str = "calendar.csv";
/// The file with extensions, in the rules folder.
pub const EXTENSIONS: &str = "extensions.csv";

/// No row of holidays is longer than this.
const LONGEST: usize = 60;

/// Days on which the office works otherwise than their weekdays say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Whether each is worked.
    days: BTreeMap<NaiveDate, bool>,
}

impl Calendar {
    /// Whether the office works on a day.
    pub fn is_workday(&self, day: NaiveDate) -> bool {
        let declared = self.days.get(&day).copied();
        declared.unwrap_or_else(|| day.weekday().number_from_monday() <= 5)
    }

    /// The day, or the next on which the office works.
    pub fn workday_from(&self, day: NaiveDate) -> NaiveDate {
        let mut days = day.iter_days().take(LONGEST);
        days.find(|day| self.is_workday(*day)).unwrap_or(day)
    }
}

/// 缓报: more time for one district's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The period.
    pub period: Period,
    /// The form's position.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

impl Rulebook {
    /// The day by which a form is due from whoever has no more time; none where it names no day.
    pub fn usual_due(&self, form: usize, period: Period) -> Option<NaiveDate> {
        usual(&self.forms[form], &self.calendar, period)
    }

    /// The extension that a district has for a form; of several, the longest.
    pub fn extension(&self, form: usize, district: usize, period: Period) -> Option<&Extension> {
        let own = self
            .extensions
            .iter()
            .filter(|one| (one.period, one.form, one.district) == (period, form, district));
        own.max_by_key(|one| one.until)
    }

    /// The day by which a form is due from a district.
    pub fn due_date(&self, form: usize, district: usize, period: Period) -> Option<NaiveDate> {
        let extended = self.extension(form, district, period).map(|one| one.until);
        extended.or_else(|| self.usual_due(form, period))
    }
}

fn usual(form: &Form, calendar: &Calendar, period: Period) -> Option<NaiveDate> {
    let due = form.due.filter(|_| form.is_due_in(period))?;
    Some(calendar.workday_from(due.date(period)))
}

/// Reads `calendar.csv`; without it weekends alone are known.
pub(super) fn load(sources: &Sources, problems: &mut Vec<Problem>) -> Calendar {
    let mut calendar = Calendar::default();
    let Some(list) = List::read(sources, FILE, &["date", "kind"], problems) else {
        return calendar;
    };
    for line in list.lines() {
        match declared(line) {
            Ok((day, worked)) => {
                if worked && day.weekday().number_from_monday() <= 5 {
                    let message = both!(
                        "{day} 是星期一至星期五，本来就上班",
                        "{day} is no weekend day: it is worked anyway"
                    );
                    problems.push(line.problem(("date", message)).warning());
                }
                let before = calendar.days.insert(day, worked);
                if before.is_some_and(|before| before != worked) {
                    let message = both!(
                        "{day} 既是放假又是上班",
                        "{day} is both a holiday and a workday"
                    );
                    problems.push(line.problem(("date", message)));
                }
            }
            Err(wrong) => problems.push(line.problem(wrong)),
        }
    }
    calendar
}

/// A day with whether it is worked.
fn declared(line: Line<'_>) -> Result<(NaiveDate, bool), Wrong> {
    let day = line.day("date")?;
    match line.filled("kind")? {
        "holiday" | "放假" => Ok((day, false)),
        "workday" | "上班" => Ok((day, true)),
        kind => {
            let message = both!(
                "不认识的值 `{kind}`，可用的有：`holiday`（放假） `workday`（上班）",
                "unknown value `{kind}`: expected one of `holiday` `workday`"
            );
            Err(("kind", message))
        }
    }
}

/// Reads `extensions.csv`.
pub(super) fn extensions(
    sources: &Sources,
    register: &Register,
    forms: &[Form],
    calendar: &Calendar,
    problems: &mut Vec<Problem>,
) -> Vec<Extension> {
    let needed = ["period", "form", "district", "until", "reason"];
    let Some(list) = List::read(sources, EXTENSIONS, &needed, problems) else {
        return Vec::new();
    };
    let mut all: Vec<Extension> = Vec::new();
    for line in list.lines() {
        match extension(line, register, forms, calendar) {
            Ok(extension) => {
                let is_same = |known: &&Extension| {
                    (known.form, known.district, known.period)
                        == (extension.form, extension.district, extension.period)
                };
                let before = all.iter().filter(is_same).map(|known| known.until).max();
                if let Some(before) = before.filter(|before| *before != extension.until) {
                    let later = before.max(extension.until);
                    let what = both!(
                        "同一张表前面已经延到 {before}，以较晚的 {later} 为准",
                        "the same form is extended to {before} above: the later day counts, {later}"
                    );
                    problems.push(line.problem(("until", what)).warning());
                }
                all.push(extension);
            }
            Err(wrong) => problems.push(line.problem(wrong)),
        }
    }
    all
}

fn extension(
    line: Line<'_>,
    register: &Register,
    forms: &[Form],
    calendar: &Calendar,
) -> Result<Extension, Wrong> {
    let period = super::period(line.filled("period")?).map_err(|message| ("period", message))?;
    let form = line.form("form", forms)?;
    let district = line.district("district", register)?;
    let until = line.day("until")?;
    let id = &forms[form].id;
    let Some(due) = usual(&forms[form], calendar, period) else {
        let message = both!(
            "{id} 在 {period} 没有期限，谈不上延期",
            "{id} is not due by any day in {period}: there is nothing to extend"
        );
        return Err(("period", message));
    };
    if until < due {
        let message = both!(
            "延期到 {until}，比原定的 {due} 还早",
            "extended until {until}, which is before it is due anyway: {due}"
        );
        return Err(("until", message));
    }
    let reason = line.get("reason").to_owned();
    if reason.is_empty() {
        let message = Text::new("延期要写原因", "an extension wants its reason");
        return Err(("reason", message));
    }
    Ok(Extension {
        period,
        form,
        district,
        until,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, month, day).expect("a day")
    }

    fn read(text: &str) -> (Calendar, Vec<Problem>) {
        let mut sources = Sources::default();
        sources.files.insert(FILE.to_owned(), text.to_owned());
        let mut problems = Vec::new();
        let calendar = load(&sources, &mut problems);
        (calendar, problems)
    }

    #[test]
    fn the_calendar_of_the_repository_moves_what_falls_into_the_spring_festival() {
        let (calendar, problems) = read(include_str!("../../rules/calendar.csv"));
        assert_eq!(problems, []);
        // 10 to 17 February are off, and Sunday the 18th is worked for them.
        assert_eq!(calendar.workday_from(day(2, 10)), day(2, 18));
        // Sunday, 4 February is worked too.
        assert_eq!(calendar.workday_from(day(2, 3)), day(2, 4));
        // An ordinary Saturday; an ordinary Wednesday.
        assert_eq!(calendar.workday_from(day(1, 6)), day(1, 8));
        assert_eq!(calendar.workday_from(day(1, 10)), day(1, 10));
    }

    #[test]
    fn without_a_calendar_weekends_are_known() {
        let calendar = Calendar::default();
        assert_eq!(calendar.workday_from(day(2, 10)), day(2, 12));
    }

    #[test]
    fn a_day_is_not_both_and_a_kind_is_known() {
        let (_, problems) = read("date,kind\n2024-02-12,放假\n2024-02-12,上班\n2024-02-13,halb\n");
        let told: Vec<(&str, bool)> = problems
            .iter()
            .map(|problem| (problem.message.zh.as_str(), problem.warning))
            .collect();
        assert_eq!(
            told,
            [
                ("2024-02-12 是星期一至星期五，本来就上班", true),
                ("2024-02-12 既是放假又是上班", false),
                (
                    "不认识的值 `halb`，可用的有：`holiday`（放假） `workday`（上班）",
                    false
                ),
            ]
        );
    }
}
