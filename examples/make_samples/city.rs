//! The districts, and the research projects behind their figures.
//!
//! Every project is there with the months of its life, and a form only counts them. So whatever
//! must hold between the cells holds by itself, in every month, until a slip is planted.

use std::error::Error;
use std::fmt;
use std::path::Path;

use crate::figures::{Chance, apportion};

/// A month that is reported on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub year: i64,
    pub month: u8,
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// A line of the register.
#[derive(Debug)]
pub struct District {
    pub code: String,
    pub name: String,
    /// What people call it in file names: 石柱县 for 石柱土家族自治县.
    pub short: String,
    /// As it signs its forms.
    pub office: String,
    /// Its size beside the others, 1 in the middle.
    pub heft: f64,
}

/// The districts in the register's order.
pub fn register(path: &Path) -> Result<Vec<District>, Box<dyn Error>> {
    let mut districts = Vec::new();
    for line in csv::Reader::from_path(path)?.records() {
        let line = line?;
        let name = line[1].to_owned();
        let called = line[3]
            .split('|')
            .next()
            .filter(|alias| alias.ends_with('县'));
        districts.push(District {
            code: line[0].to_owned(),
            short: called.unwrap_or(&name).to_owned(),
            office: line[2].to_owned(),
            heft: heft(&name, &line[6]),
            name,
        });
    }
    Ok(districts)
}

fn heft(name: &str, region: &str) -> f64 {
    let usual = match region {
        "中心城区" => 1.15,
        "主城新区" => 1.0,
        "渝东北" => 0.85,
        _ => 0.7,
    };
    usual
        * match name {
            "渝北区" => 2.7,
            "万州区" => 2.0,
            "沙坪坝区" | "九龙坡区" | "巴南区" | "江津区" | "合川区" | "永川区" | "涪陵区"
            | "开州区" | "云阳县" => 1.4,
            "城口县" | "巫溪县" | "武隆区" | "大渡口区" | "万盛经开区" => 0.6,
            _ => 1.0,
        }
}

/// One application for a project, and what became of it within its year.
struct Project {
    /// 0 重大, 1 重点, 2 一般.
    category: usize,
    school_led: bool,
    young_led: bool,
    applied: u8,
    approved: Option<u8>,
    opened: Option<u8>,
    observed: Option<u8>,
}

/// What the city publishes for a year, by category.
struct Published {
    year: i64,
    applied: [i64; 3],
    approved: [i64; 3],
    /// 重点 projects opened; the 重大 ones all are, the 一般 ones are not.
    opened: i64,
    /// Approved projects that nobody could watch online.
    unobserved: i64,
}

const PUBLISHED: [Published; 3] = [
    published(2023, [36, 845, 2700], [12, 187, 710], 105, 154),
    published(2022, [30, 733, 2360], [10, 160, 605], 88, 120),
    published(2021, [27, 650, 2118], [9, 142, 548], 80, 90),
];

/// A line of `PUBLISHED`, in the order of its fields.
const fn published(
    year: i64,
    applied: [i64; 3],
    approved: [i64; 3],
    opened: i64,
    unobserved: i64,
) -> Published {
    Published {
        year,
        applied,
        approved,
        opened,
        unobserved,
    }
}

/// What sets a district apart, where a planted slip needs certain figures around it.
struct Traits {
    young: (f64, f64),
    /// Share of the year's applications that come in December.
    december: f64,
    /// Growth beside the city's.
    growth: (f64, f64),
    /// Approvals beside the city's rate.
    approval: f64,
}

fn traits(name: &str, year: i64) -> Traits {
    let usual = Traits {
        young: (0.18, 0.38),
        december: 0.05,
        growth: (0.93, 1.08),
        approval: 1.0,
    };
    match (name, year) {
        // Few young people and a late rush: a month of 7 fits under the total, not under the 5.
        ("璧山区", _) => Traits {
            young: (0.06, 0.07),
            december: 0.2,
            ..usual
        },
        // A true jump in December: growth was ordinary until November.
        ("铜梁区", 2023) => Traits {
            december: 0.3,
            growth: (1.27, 1.28),
            ..usual
        },
        // About thirty projects observed, as the slip says.
        ("万州区", _) => Traits {
            young: (0.68, 0.7),
            ..usual
        },
        // Far more successful than anybody else, and rightly asked about.
        ("高新区", _) => Traits {
            approval: 2.2,
            ..usual
        },
        _ => usual,
    }
}

/// Two digits typed the wrong way round.
pub fn transposed(number: i64) -> i64 {
    number % 10 * 10 + number / 10
}

/// All projects of the years that the forms look at.
pub struct City {
    /// By year as in `PUBLISHED`, then by district.
    years: Vec<Vec<Vec<Project>>>,
}

impl City {
    pub fn new(districts: &[District]) -> City {
        let mut years = Vec::new();
        let mut later: Option<[Vec<i64>; 3]> = None;
        for published in &PUBLISHED {
            let applied = applications(districts, published, later.as_ref());
            years.push(projects(districts, published, &applied));
            later = Some(applied);
        }
        City { years }
    }

    /// The counts of KY01 for a district, by row and then by count column in the form's order.
    pub fn counts(&self, district: usize, period: Period) -> [[i64; 8]; 6] {
        let year = PUBLISHED
            .iter()
            .position(|published| published.year == period.year);
        let year = year.expect("samples are made for published years");
        let now = &self.years[year][district];
        let before = &self.years[year + 1][district];
        let until = |month: Option<u8>| month.is_some_and(|month| month <= period.month);
        let within = |month: Option<u8>| month == Some(period.month);
        std::array::from_fn(|row| {
            let count = |projects: &[Project], holds: &dyn Fn(&Project) -> bool| {
                let counted = projects
                    .iter()
                    .filter(|p| in_row(p, row) && holds(p))
                    .count();
                i64::try_from(counted).expect("a district has few projects")
            };
            [
                count(now, &|p| until(Some(p.applied))),
                count(now, &|p| within(Some(p.applied))),
                count(before, &|p| until(Some(p.applied))),
                count(now, &|p| until(p.approved)),
                count(now, &|p| within(p.approved)),
                count(before, &|p| until(p.approved)),
                count(now, &|p| until(p.opened)),
                count(now, &|p| until(p.observed)),
            ]
        })
    }
}

/// Rows 01 to 06 of KY01.
fn in_row(project: &Project, row: usize) -> bool {
    match row {
        0 => true,
        4 => project.school_led,
        5 => project.young_led,
        category => project.category == category - 1,
    }
}

/// Applications by category and district. An earlier year is drawn from the later one, so that
/// a district's growth stays near the city's.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn applications(
    districts: &[District],
    published: &Published,
    later: Option<&[Vec<i64>; 3]>,
) -> [Vec<i64>; 3] {
    let free = vec![i64::MAX / 64; districts.len()];
    std::array::from_fn(|category| {
        let weight = |(i, district): (usize, &District)| {
            let mut chance = Chance::of(&format!("growth {} {}", district.code, published.year));
            let Some(later) = later else {
                return district.heft * chance.between(0.85, 1.15);
            };
            let (low, high) = traits(&district.name, published.year + 1).growth;
            // 重大 projects are ones and twos: without the 0.3 a nil would stay nil every year.
            (later[category][i] as f64 + 0.3) / chance.between(low, high)
        };
        let weights: Vec<f64> = districts.iter().enumerate().map(weight).collect();
        apportion(published.applied[category], &weights, &free)
    })
}

/// The projects of one year, by district.
fn projects(
    districts: &[District],
    published: &Published,
    applied: &[Vec<i64>; 3],
) -> Vec<Vec<Project>> {
    let approval: Vec<f64> = districts
        .iter()
        .map(|district| traits(&district.name, published.year).approval)
        .collect();
    let approved: [Vec<i64>; 3] = std::array::from_fn(|category| {
        split(
            districts,
            published,
            ("approved", published.approved[category]),
            (&applied[category], &approval),
        )
    });
    let even = vec![1.0; districts.len()];
    let opened = split(
        districts,
        published,
        ("opened", published.opened),
        (&approved[1], &even),
    );
    // The published sum of 2023 has a slip in it: 渝北区 watched all of its projects, and typed two
    // digits the wrong way round.
    let whole = |i: usize| approved.iter().map(|category| category[i]).sum::<i64>();
    let slip = districts
        .iter()
        .position(|district| published.year == 2023 && district.name == "渝北区");
    let lost = slip.map_or(0, |i| whole(i) - transposed(whole(i)));
    // A question that comes up in more than a third of the districts is held for a fault of the
    // rule, so those that did not open all their projects to watchers are twelve.
    let closed: Vec<i64> = approved[2]
        .iter()
        .enumerate()
        .map(|(i, general)| match i % 7 {
            3 | 5 if slip != Some(i) => *general,
            _ => 0,
        })
        .collect();
    let unobserved = split(
        districts,
        published,
        ("unobserved", published.unobserved - lost),
        (&closed, &even),
    );

    districts
        .iter()
        .enumerate()
        .map(|(i, district)| {
            let mut chance = Chance::of(&format!("projects {} {}", district.code, published.year));
            let traits = traits(&district.name, published.year);
            // Who leads the projects is much the same every year.
            let mut habit = Chance::of(&format!("leads {}", district.code));
            let young = habit.between(traits.young.0, traits.young.1);
            let school = habit.between(0.55, 0.75);
            let mut projects = Vec::new();
            for category in 0..3 {
                let open = [approved[0][i], opened[i], 0][category];
                let unseen = [0, 0, unobserved[i]][category];
                for number in 0..applied[category][i] {
                    let late = chance.happens(traits.december);
                    let applied = if late { 12 } else { month(&mut chance, 2, 11) };
                    let passed = number < approved[category][i];
                    let approved = passed.then(|| month(&mut chance, applied.max(6), 12));
                    projects.push(Project {
                        category,
                        school_led: chance.happens(school),
                        young_led: chance.happens(young),
                        applied,
                        approved,
                        opened: approved
                            .filter(|_| number < open)
                            .map(|month| month.max(10)),
                        observed: approved.filter(|_| number >= unseen),
                    });
                }
            }
            projects
        })
        .collect()
}

fn month(chance: &mut Chance, first: u8, last: u8) -> u8 {
    u8::try_from(chance.whole(first.into(), last.into())).expect("a month is at most 12")
}

/// A total over the districts, roughly in the proportions of the counts it is a part of and of
/// what is usual there.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn split(
    districts: &[District],
    published: &Published,
    (what, total): (&str, i64),
    (of, habit): (&[i64], &[f64]),
) -> Vec<i64> {
    let weight = |(district, (of, habit)): (&District, (&i64, &f64))| {
        let seed = format!("{what} {total} {} {}", district.code, published.year);
        *of as f64 * habit * Chance::of(&seed).between(0.8, 1.2)
    };
    let counts = of.iter().zip(habit);
    let weights: Vec<f64> = districts.iter().zip(counts).map(weight).collect();
    apportion(total, &weights, of)
}
