//! The money and the students behind JF01, for every district and year.
//!
//! Amounts have the decimals of the district's books. Parts are split off their totals and rates
//! follow from their parts, so the form adds up by itself until a slip is planted.

use crate::city::District;
use crate::figures::{Chance, Shown, apportion, portion};
use crate::schools;

/// A column of JF01 by the codes of its rows; 0, 19 and 20 are no codes.
pub type Column = [Option<Shown>; 24];

/// Codes of amounts in 万元.
pub const AMOUNTS: [usize; 14] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 14, 15, 17, 21, 22];

/// Aid for pupils: the year, 万元, 人次. Of 2022 it is published.
const AID: [(i64, i64, i64); 3] = [
    (2021, 161_300, 4_316_200),
    (2022, 168_800, 4_422_900),
    (2023, 173_500, 4_461_700),
];

/// The first year that anything is told of.
const FIRST: i64 = 2021;

/// What the city's totals leave to each district.
pub struct Funding {
    /// By year as in `AID`: 万元 and 人次, by district.
    aid: Vec<[Vec<i64>; 2]>,
}

impl Funding {
    pub fn new(districts: &[District]) -> Funding {
        let free = vec![i64::MAX / 64; districts.len()];
        let share = |year: i64, what: &str, total: i64| {
            let weight = |(number, district): (usize, &District)| {
                let code = &district.code;
                let need = Chance::of(&format!("aid {code}")).between(0.8, 1.2);
                let luck = Chance::of(&format!("{what} {code} {year}")).between(0.98, 1.02);
                need * luck * students(number, district, year).0
            };
            let weights: Vec<f64> = districts.iter().enumerate().map(weight).collect();
            apportion(total, &weights, &free)
        };
        let aid = AID
            .map(|(year, funds, times)| [share(year, "aid", funds), share(year, "aided", times)]);
        Funding { aid: aid.into() }
    }

    /// 本年累计执行数, whole years.
    pub fn spent(&self, (number, district): (usize, &District), year: i64) -> Column {
        let mut habit = Chance::of(&format!("funding {}", district.code));
        let mut luck = Chance::of(&format!("funding {} {year}", district.code));
        let books = Books::of(number);
        let mut spent = [None; 24];
        let (pupils, all) = counted(number, district, year);
        let education = education(&books, (number, district), year);

        let stages = [0.09, 0.57, 0.17, 0.08, 0.09];
        let weights =
            stages.map(|share| share * habit.between(0.85, 1.15) * luck.between(0.98, 1.02));
        let parts = apportion(education, &weights, &[education; 5]);
        for (code, part) in (3..).zip(parts) {
            spent[code] = Some(books.amount(part));
        }
        spent[2] = Some(books.amount(education));
        let share = habit.between(0.17, 0.25);
        spent[1] = Some(books.amount(portion(education, 1.0 / share)));
        let from_funds = portion(
            education,
            habit.between(0.02, 0.06) * luck.between(0.9, 1.1),
        );
        // A poor county where no land was sold in 2022.
        let from_funds = if (&*district.name, year) == ("城口县", 2022) {
            0
        } else {
            from_funds
        };
        let more = portion(education, habit.between(0.004, 0.02));
        spent[9] = Some(books.amount(from_funds));
        spent[10] = Some(books.amount(education + from_funds + more));

        spent[11] = Some(Shown::whole(all));
        spent[12] = Some(Shown::whole(pupils));
        let operating = portion(education, habit.between(0.10, 0.14));
        let least = match &*district.name {
            "云阳县" | "黔江区" if year == 2023 => (0.042, 0.047),
            _ => (0.053, 0.07),
        };
        spent[14] = Some(books.amount(operating));
        spent[15] = Some(books.amount(portion(operating, luck.between(least.0, least.1))));

        let position = usize::try_from(year - FIRST).expect("no year is before the first");
        let [funds, times] = &self.aid[position];
        spent[17] = Some(books.whole(funds[number]));
        spent[18] = Some(Shown::whole(times[number]));
        let (plan, invested) = improvement(district, year);
        spent[21] = Some(books.whole(plan));
        spent[22] = Some(books.whole(invested));
        derive(&mut spent);
        spent
    }

    /// 本年预算数: what was spent in whole years is near to it. Students and plans have none.
    pub fn budget(&self, (number, district): (usize, &District), year: i64) -> Column {
        let spent = self.spent((number, district), year);
        let mut luck = Chance::of(&format!("budget {} {year}", district.code));
        let mut budget = [None; 24];
        for code in [1, 3, 4, 5, 6, 7, 9, 14, 15, 17] {
            let planned = portion(digits(&spent, code), luck.between(0.985, 1.06));
            budget[code] = spent[code].map(|spent| Shown {
                digits: planned,
                ..spent
            });
        }
        let education = (3..8).map(|code| digits(&budget, code)).sum();
        budget[2] = spent[2].map(|spent| Shown {
            digits: education,
            ..spent
        });
        let more = digits(&spent, 10) - digits(&spent, 2) - digits(&spent, 9);
        let all = education + digits(&budget, 9) + more;
        budget[10] = spent[10].map(|spent| Shown {
            digits: all,
            ..spent
        });
        derive(&mut budget);
        budget
    }
}

/// The digits of a figure, nil where it is blank.
pub fn digits(column: &Column, code: usize) -> i64 {
    column[code].map_or(0, |shown| shown.digits)
}

/// Rates and the figure per head, where their parts are there.
pub fn derive(column: &mut Column) {
    let rate = |part: usize, whole: usize| match digits(column, whole) {
        0 => None,
        whole => Some(Shown::percent(digits(column, part), whole, 1)),
    };
    let rates = [rate(2, 1), rate(15, 14), rate(22, 21)];
    for (code, rate) in [8, 16, 23].into_iter().zip(rates) {
        column[code] = rate;
    }
    column[13] = column[2].zip(column[11]).map(|(spent, students)| {
        let yuan = spent.digits * 10_i64.pow(4 - spent.decimals);
        Shown::quotient(yuan, students.digits, 2)
    });
}

/// How a district keeps its books: whole 万元, or with two decimals.
struct Books {
    decimals: u32,
}

impl Books {
    fn of(number: usize) -> Books {
        let decimals = if number.is_multiple_of(4) { 0 } else { 2 };
        Books { decimals }
    }

    /// So many units of the last decimal.
    fn amount(&self, digits: i64) -> Shown {
        Shown {
            digits,
            decimals: self.decimals,
        }
    }

    /// So many 万元.
    fn whole(&self, amount: i64) -> Shown {
        self.amount(amount * 10_i64.pow(self.decimals))
    }
}

/// Public spending on education. It follows the students where they grow, and does not fall where
/// they do not.
fn education(books: &Books, (number, district): (usize, &District), year: i64) -> i64 {
    let per_student = Chance::of(&format!("per student {}", district.code)).between(1.35, 1.85);
    let (_, first) = students(number, district, FIRST);
    let mut spent = per_student * first;
    for year in FIRST + 1..=year {
        let more = students(number, district, year).1 / students(number, district, year - 1).1;
        let luck = Chance::of(&format!("spending {} {year}", district.code)).between(1.012, 1.045);
        spent *= match (&*district.name, year) {
            // Less than the year before, as the preliminary figures have it.
            ("潼南区", 2023) => 0.983,
            // More than the year before, but not for each student.
            ("梁平区", 2023) => more * 0.996,
            _ => more.max(1.0) * luck,
        };
    }
    portion(10_i64.pow(books.decimals), spent)
}

/// The plan of five years for weak schools and what was spent on it so far, in 万元.
fn improvement(district: &District, year: i64) -> (i64, i64) {
    let mut chance = Chance::of(&format!("improvement {}", district.code));
    let plan = portion(210, district.heft * chance.between(0.8, 1.25)) * 100;
    let pace = chance.between(0.66, 0.80);
    match (&*district.name, year) {
        // Published.
        ("巴南区", 2023) => (30_400, 22_200),
        ("巴南区", 2022) => (30_400, 14_800),
        ("巴南区", _) => (30_400, 7_300),
        // More than was planned.
        ("巫山县", 2023) => (plan, portion(plan, 1.083)),
        (_, 2023) => (plan, portion(plan, pace)),
        (_, 2022) => (plan, portion(plan, pace * 0.64)),
        _ => (plan, portion(plan, pace * 0.3)),
    }
}

/// Pupils of compulsory age, and all students with kindergartens, senior and vocational schools.
fn counted(number: usize, district: &District, year: i64) -> (i64, i64) {
    let mut chance = Chance::of(&format!("students {}", district.code));
    let others = chance.between(1.5, 1.65);
    // The schools are known from 2022 on.
    let pupils = match year {
        FIRST => portion(
            schools::compulsory_pupils(number, 2022),
            chance.between(0.985, 1.01),
        ),
        _ => schools::compulsory_pupils(number, year),
    };
    (pupils, portion(pupils, others))
}

/// The same as floats.
#[expect(clippy::cast_precision_loss, reason = "counts of students are small")]
fn students(number: usize, district: &District, year: i64) -> (f64, f64) {
    let (pupils, all) = counted(number, district, year);
    (pupils as f64, all as f64)
}
