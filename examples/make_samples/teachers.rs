//! The teachers behind PX01, their ranks and honours, and how they were trained.
//!
//! Teachers of primary and junior schools are those of XX01. Ranks are split off the teachers of
//! their stage, so both ways of adding up come out; honours overlap and add up to nothing.

use crate::city::District;
use crate::figures::{Chance, apportion, portion};
use crate::schools;

/// Figures of 表一 by code (0 is none) and then 合计, 学前, 小学, 初中, 高中.
pub type Staff = [[i64; 5]; 15];

/// A line of 表二.
#[derive(Clone, Copy, Default)]
pub struct Level {
    pub projects: i64,
    pub people: i64,
    pub rural: i64,
    /// 中央, 市级, 区县, 其他, in hundredths of 万元.
    pub funds: [i64; 4],
}

/// What city and state pay for in a year: 万元, and rural teachers on courses of the two levels.
struct Grants {
    year: i64,
    funds: [i64; 2],
    rural: [i64; 2],
}

/// The sums of 2022 were published for 2018 and 2019 together: 1.62 + 1.28 = 2.9 亿元 and 40,000
/// rural teachers.
const GRANTS: [Grants; 2] = [
    Grants {
        year: 2022,
        funds: [16_200, 12_800],
        rural: [22_600, 17_400],
    },
    Grants {
        year: 2023,
        funds: [15_900, 13_300],
        rural: [23_100, 18_500],
    },
];

/// What the city's totals leave to each district.
pub struct Training {
    /// By year as in `GRANTS`: courses paid by the state and by the city, by district.
    paid: [[Vec<Level>; 2]; 2],
}

/// Ranks and what they are called, and who has them, by stage: 正高级 to 未定职级.
const RANKS: [[f64; 6]; 4] = [
    [0.001, 0.03, 0.16, 0.34, 0.12, 0.35],
    [0.002, 0.11, 0.42, 0.34, 0.04, 0.09],
    [0.004, 0.20, 0.42, 0.28, 0.02, 0.08],
    [0.012, 0.29, 0.38, 0.24, 0.01, 0.07],
];

/// 特级教师 to 区县级骨干, in a thousand teachers.
const HONOURS: [(f64, f64); 5] = [
    (0.8, 2.0),
    (0.2, 0.6),
    (1.0, 2.6),
    (18.0, 28.0),
    (62.0, 95.0),
];

/// Published for 2020: 08 to 14 of 巴南区, which stay as they are.
const BANAN: [i64; 7] = [13, 2, 18, 215, 456, 21, 988];

/// 表一 of December.
pub fn staff((number, district): (usize, &District), year: i64) -> Staff {
    let mut chance = Chance::of(&format!("teachers {}", district.code));
    let [primary, junior, senior] = schools::teachers(number, year.max(2022));
    let preschool = chance.share(primary, 0.30, 0.38);
    // Teachers of vocational schools count as senior, and XX01 has none.
    let senior = senior + chance.share(primary + junior, 0.05, 0.09);
    let mut stages = [preschool, primary, junior, senior];
    if year < 2022 {
        // The schools are known from 2022 on.
        let mut fewer = Chance::of(&format!("teachers {} {year}", district.code));
        stages = stages.map(|teachers| fewer.share(teachers, 0.975, 0.995));
    }
    let mut staff = Staff::default();
    for (stage, (teachers, shares)) in stages.into_iter().zip(RANKS).enumerate() {
        staff[1][stage + 1] = teachers;
        let weights = shares.map(|share| share * chance.between(0.9, 1.1));
        let ranks = apportion(teachers, &weights, &[teachers; 6]);
        for (code, count) in (2..).zip(ranks) {
            staff[code][stage + 1] = count;
        }
    }
    let all: i64 = stages.iter().sum();
    // Every year a few more.
    let since = [0.94, 0.97, 1.0][usize::try_from(year - 2021).expect("no year is before 2021")];
    let mut totals = HONOURS.map(|(low, high)| chance.share(all, low / 1000.0, high / 1000.0));
    totals = totals.map(|total| portion(total, since));
    let studios = 2 + portion(all / 350, since);
    let members = studios * chance.whole(28, 46);
    let mut totals: Vec<i64> = totals.into_iter().chain([studios, members]).collect();
    if district.name == "巴南区" {
        totals = BANAN.to_vec();
    }
    for (code, total) in (8..).zip(totals) {
        let weights = [(0, 0.5), (1, 1.0), (2, 1.15), (3, 1.3)].map(|(stage, share)| {
            share
                * chance.between(0.95, 1.05)
                * f64::from(u32::try_from(stages[stage]).expect("a count"))
        });
        let parts = apportion(total, &weights, &stages);
        staff[code][1..].copy_from_slice(&parts);
    }
    for line in &mut staff {
        line[0] = line[1..].iter().sum();
    }
    staff
}

impl Training {
    pub fn new(districts: &[District]) -> Training {
        let paid = GRANTS.map(|grants| [0, 1].map(|source| courses(districts, &grants, source)));
        Training { paid }
    }

    /// Lines 21 to 25 of 表二, the total first.
    pub fn levels(&self, (number, district): (usize, &District), year: i64) -> [Level; 5] {
        let position = GRANTS.iter().position(|grants| grants.year == year);
        let [state, city] = &self.paid[position.expect("samples are made for these years")];
        let (mut state, mut city) = (state[number], city[number]);
        let mut chance = Chance::of(&format!("training {} {year}", district.code));
        let published = (&*district.name, year) == ("巴南区", 2022);
        if district.name == "武隆区" {
            // The city pays for the state's courses and has none of its own.
            state.funds[1] = city.funds[1];
            state.people += city.people;
            state.rural += city.rural;
            city = Level::default();
        } else {
            city.funds[2] = chance.share(city.funds[1], 0.05, 0.2);
            city.projects = chance.whole(4, 14);
        }
        state.projects = chance.whole(3, 9);

        let teachers = staff((number, district), year)[1][0];
        let mut county = own(&mut chance, teachers, (0.5, 0.9), (250.0, 700.0));
        county.projects = chance.whole(12, 40);
        let mut school = own(&mut chance, teachers, (0.8, 1.8), (60.0, 200.0));
        school.projects = chance.whole(45, 130);
        if published {
            // 161 项 and 35,296 人次, published for the years 2016 to 2020 together.
            school.projects = 161 - state.projects - city.projects - county.projects;
            school.people = 35_296 - state.people - city.people - county.people;
        }
        let rural = if district.name == "渝中区" {
            0.0
        } else {
            chance.between(0.2, 0.5)
        };
        for level in [&mut county, &mut school] {
            level.rural = portion(level.people, rural);
        }
        let parts = [state, city, county, school];
        let sum = |of: fn(&Level) -> i64| parts.iter().map(of).sum();
        let total = Level {
            projects: sum(|level| level.projects),
            people: sum(|level| level.people),
            rural: sum(|level| level.rural),
            funds: [
                sum(|l| l.funds[0]),
                sum(|l| l.funds[1]),
                sum(|l| l.funds[2]),
                sum(|l| l.funds[3]),
            ],
        };
        [total, state, city, county, school]
    }
}

/// Visits to schools in a year; those of 巴南区 in 2022 were published for 2016 to 2020.
pub fn visits(district: &District, year: i64) -> i64 {
    match (&*district.name, year) {
        ("巴南区", 2022) => 484,
        _ => Chance::of(&format!("visits {} {year}", district.code)).whole(60, 420),
    }
}

/// The courses of one source: what it pays, whom it reaches, and how many of them are rural.
fn courses(districts: &[District], grants: &Grants, source: usize) -> Vec<Level> {
    let year = grants.year;
    let luck = |district: &District, what: &str, low, high| {
        Chance::of(&format!("{what} {source} {} {year}", district.code)).between(low, high)
    };
    let free = vec![i64::MAX / 64; districts.len()];
    // 武隆区 has its 1.62 and 1.28 百万元.
    let fixed = [16_200, 12_800][source];
    let weight = |district: &District| match &*district.name {
        "武隆区" => 0.0,
        _ => district.heft * luck(district, "grant", 0.85, 1.15),
    };
    let weights: Vec<f64> = districts.iter().map(weight).collect();
    let mut funds = apportion(grants.funds[source] * 100 - fixed, &weights, &free);
    let wulong = districts
        .iter()
        .position(|district| district.name == "武隆区");
    funds[wulong.expect("it is in the register")] = fixed;

    let people: Vec<i64> = districts
        .iter()
        .zip(&funds)
        .map(|(district, funds)| portion(*funds, 100.0 / luck(district, "course", 3800.0, 5200.0)))
        .collect();
    let weight = |(district, people): (&District, &i64)| match &*district.name {
        // There is no countryside.
        "渝中区" => 0.0,
        _ => {
            luck(district, "rural", 0.5, 0.75) * f64::from(u32::try_from(*people).expect("a count"))
        }
    };
    let weights: Vec<f64> = districts.iter().zip(&people).map(weight).collect();
    let rural = apportion(grants.rural[source], &weights, &people);
    let level = |((people, rural), paid)| {
        let mut funds = [0; 4];
        funds[source] = paid;
        Level {
            projects: 0,
            people,
            rural,
            funds,
        }
    };
    people
        .into_iter()
        .zip(rural)
        .zip(funds)
        .map(level)
        .collect()
}

/// Courses that the district or its schools hold for so many of the teachers, at so many yuan.
fn own(chance: &mut Chance, teachers: i64, times: (f64, f64), yuan: (f64, f64)) -> Level {
    let people = chance.share(teachers, times.0, times.1);
    let paid = portion(people, chance.between(yuan.0, yuan.1) / 100.0);
    let other = chance.share(paid, 0.0, 0.1);
    Level {
        people,
        funds: [0, 0, paid - other, other],
        ..Level::default()
    }
}
