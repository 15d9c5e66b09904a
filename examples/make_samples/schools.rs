//! The schools behind XX01, and what other forms tell of their pupils and teachers.
//!
//! A district's schools are drawn once, and the two years belong together: pupils are drawn for
//! 2023, and of those in grade 2 nearly all were in grade 1 in 2022. Teachers, rooms and
//! equipment follow from the pupils, a little above the standards of the rule file. So whatever
//! must hold within a school or between its years holds by itself, until a slip is planted.

use crate::figures::{Chance, apportion, portion};

/// A line of XX01 as it truly is.
#[derive(Clone)]
pub struct School {
    pub code: String,
    pub name: String,
    pub kind: Kind,
    pub private: bool,
    pub setting: &'static str,
    pub change: Option<Change>,
    pub built: i64,
    /// Primary, junior, senior.
    pub classes: [i64; 3],
    /// Primary and junior, as every pair below.
    pub largest: [i64; 2],
    pub grades: [i64; 9],
    pub senior: i64,
    pub migrants: i64,
    pub teachers: [i64; 3],
    pub degree: [i64; 2],
    pub backbone: [i64; 2],
    pub sports_arts: [i64; 2],
    /// Square metres, as the two below.
    pub rooms: i64,
    pub indoor_sports: i64,
    pub sports_ground: i64,
    /// 万元 with two decimals: so many hundredths.
    pub equipment: i64,
    pub multimedia: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Primary,
    TeachingPoint,
    NineYear,
    Junior,
    Complete,
    TwelveYear,
}

/// What became of a school since the year before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change {
    New,
    Closed,
    Renamed,
    HandedOver,
}

/// Pupils of compulsory age in September of 2022 or 2023: XX01's [8] and [15] of all schools.
pub fn compulsory_pupils(district: usize, year: i64) -> i64 {
    let pupils = list(district, year);
    pupils
        .iter()
        .map(|school| school.grades.iter().sum::<i64>())
        .sum()
}

/// Teachers in September of 2022 or 2023: primary, junior, and senior as far as XX01 has them.
pub fn teachers(district: usize, year: i64) -> [i64; 3] {
    let schools = list(district, year);
    std::array::from_fn(|stage| schools.iter().map(|school| school.teachers[stage]).sum())
}

/// The schools that a district, by its place in the register, reports in December of 2022 or
/// 2023. A school that was closed since the year before is there for the last time, with nothing.
pub fn list(district: usize, year: i64) -> Vec<School> {
    let own = sites(district);
    let pupils = enrolment(&DISTRICTS[district], &own);
    let mut schools: Vec<School> = own
        .iter()
        .zip(&pupils)
        .filter(|(site, _)| (site.since..=site.until).contains(&year))
        .map(|(site, years)| school(site, years, year))
        .collect();
    if year == 2022 {
        let went = HANDED_OVER.iter().filter(|(from, _)| *from == district);
        schools.extend(went.map(|(from, _)| handed_over(*from, 2022)));
    }
    schools.sort_by_key(|school| (school.private, school.kind, school.code.clone()));
    schools
}

/// The school that went to another district in 2023, by the name that it had in its first.
pub fn handed_over(from: usize, year: i64) -> School {
    let places = HANDED_OVER.iter().find(|(first, _)| *first == from);
    let &(_, to) = places.expect("the district has given a school away");
    let own = sites(to);
    let pupils = enrolment(&DISTRICTS[to], &own);
    let moved = own.iter().zip(&pupils).find(|(site, _)| site.handed_over);
    let (site, years) = moved.expect("the other was given one");
    let mut school = school(site, years, year);
    school.name = school.name.replacen(DISTRICTS[to].0, DISTRICTS[from].0, 1);
    school
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Primary => "小学",
            Kind::TeachingPoint => "小学教学点",
            Kind::NineYear => "九年一贯制学校",
            Kind::Junior => "初级中学",
            Kind::Complete => "完全中学",
            Kind::TwelveYear => "十二年一贯制学校",
        }
    }

    /// How the names of such schools end.
    fn ending(self) -> &'static str {
        match self {
            Kind::Primary => "小学",
            Kind::TeachingPoint => "村小学教学点",
            Kind::NineYear | Kind::TwelveYear => "学校",
            Kind::Junior => "初级中学",
            Kind::Complete => "中学",
        }
    }

    /// Whether it has primary, junior and senior pupils.
    pub fn stages(self) -> [bool; 3] {
        match self {
            Kind::Primary | Kind::TeachingPoint => [true, false, false],
            Kind::NineYear => [true, true, false],
            Kind::Junior => [false, true, false],
            Kind::Complete => [false, true, true],
            Kind::TwelveYear => [true, true, true],
        }
    }
}

impl Change {
    pub fn label(self) -> &'static str {
        match self {
            Change::New => "新建",
            Change::Closed => "撤并",
            Change::Renamed => "更名",
            Change::HandedOver => "划转",
        }
    }
}

/// What the land is like, which decides on the kinds of schools and their sizes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Land {
    City,
    Towns,
    Hills,
}

use Land::{City, Hills, Towns};

/// A district's schools, pupils of compulsory age and senior pupils of complete schools in 2023.
struct Size(&'static str, usize, i64, i64, Land);

/// In the register's order. There are fewer schools than in reality, and never over 60.
/// 两江新区 has 55 with 93,000 pupils, 巴南区 the 99,449 of which 80.6 % are 80,156: as published.
const DISTRICTS: [Size; 41] = [
    Size("万州区", 52, 37590, 3781, Hills),
    Size("黔江区", 23, 17150, 2041, Hills),
    Size("涪陵区", 42, 41546, 4936, Towns),
    Size("渝中区", 34, 45419, 5880, City),
    Size("大渡口区", 21, 28860, 4103, City),
    Size("江北区", 36, 51840, 7340, City),
    Size("沙坪坝区", 48, 64078, 8285, City),
    Size("九龙坡区", 50, 70492, 9085, City),
    Size("南岸区", 37, 47771, 6752, City),
    Size("北碚区", 34, 43073, 6026, City),
    Size("渝北区", 60, 84147, 11982, City),
    Size("巴南区", 60, 99449, 14477, City),
    Size("长寿区", 30, 31838, 4135, Towns),
    Size("江津区", 43, 44839, 6389, Towns),
    Size("合川区", 41, 42565, 5148, Towns),
    Size("永川区", 45, 44201, 6050, Towns),
    Size("南川区", 32, 35375, 4452, Towns),
    Size("綦江区", 31, 32537, 3865, Towns),
    Size("大足区", 29, 29471, 3495, Towns),
    Size("璧山区", 33, 35367, 4400, Towns),
    Size("铜梁区", 31, 33320, 4713, Towns),
    Size("潼南区", 31, 33067, 3920, Towns),
    Size("荣昌区", 34, 33853, 4311, Towns),
    Size("开州区", 41, 31142, 3391, Hills),
    Size("梁平区", 27, 21626, 2552, Hills),
    Size("武隆区", 13, 9765, 1113, Hills),
    Size("城口县", 8, 7426, 764, Hills),
    Size("丰都县", 26, 19027, 2232, Hills),
    Size("垫江县", 25, 18422, 1994, Hills),
    Size("忠县", 26, 19942, 2277, Hills),
    Size("云阳县", 38, 29360, 3202, Hills),
    Size("奉节县", 29, 23438, 2523, Hills),
    Size("巫山县", 27, 19386, 1946, Hills),
    Size("巫溪县", 15, 10942, 1110, Hills),
    Size("石柱县", 23, 16519, 1690, Hills),
    Size("秀山县", 21, 15660, 1575, Hills),
    Size("酉阳县", 21, 15684, 1882, Hills),
    Size("彭水县", 23, 17421, 2050, Hills),
    Size("两江新区", 55, 81160, 11840, City),
    Size("高新区", 34, 47504, 6622, City),
    Size("万盛", 20, 21053, 2984, Towns),
];

/// From which district to which a school went in 2023: 沙坪坝区 to 高新区, 渝北区 to 两江新区.
const HANDED_OVER: [(usize, usize); 2] = [(6, 39), (10, 38)];

/// What of a school does not change with the year.
struct Site {
    code: String,
    /// Its name without what the kind adds.
    stem: String,
    /// What it was called until 2022, if that was something else.
    earlier_stem: Option<String>,
    kind: Kind,
    private: bool,
    setting: &'static str,
    built: i64,
    /// The first and the last year in which the district lists it.
    since: i64,
    until: i64,
    handed_over: bool,
    /// Pupils of a grade beside those of other schools, primary and junior.
    width: [f64; 2],
    unusual: Unusual,
}

/// What sets a school apart, where a question has to be asked or must not be.
#[derive(Clone, Copy)]
struct Unusual {
    built: Option<i64>,
    /// A primary school with so many pupils.
    pupils: Option<i64>,
    /// Most of its pupils are children of migrants.
    migrants: bool,
    /// Sports grounds and multimedia rooms beside what is usual.
    ground: f64,
    multimedia: f64,
}

fn unusual(place: &str, number: usize) -> Unusual {
    let usual = Unusual {
        built: None,
        pupils: None,
        migrants: false,
        ground: 1.0,
        multimedia: 1.0,
    };
    match (place, number) {
        // Above 2,000 and new; above 2,400 and old; above 2,000, but for children of migrants.
        ("九龙坡区", 4) => Unusual {
            built: Some(2016),
            pupils: Some(2064),
            ..usual
        },
        ("渝北区", 5) => Unusual {
            built: Some(1996),
            pupils: Some(2448),
            ..usual
        },
        ("江北区", 4) => Unusual {
            built: Some(2018),
            pupils: Some(2208),
            migrants: true,
            ..usual
        },
        // In the old town nobody has room, and in the hills it is early for screens.
        ("渝中区", 2 | 6) => Unusual {
            ground: 0.3,
            ..usual
        },
        ("城口县", 1) => Unusual {
            multimedia: 0.8,
            ..usual
        },
        ("巫山县", 3) => Unusual {
            ground: 0.5,
            multimedia: 0.55,
            ..usual
        },
        // The stadium of the county town is a school's.
        ("酉阳县", 0) => Unusual {
            ground: 8.0,
            ..usual
        },
        _ => usual,
    }
}

/// Pupils by grade and senior ones, in 2022 and 2023.
struct Years([([i64; 9], i64); 2]);

impl Years {
    fn of(&self, year: i64) -> ([i64; 9], i64) {
        self.0[usize::from(year == 2023)]
    }

    /// The larger of the two years by the weights 1, 1.1 and 1.32 of primary, junior and senior
    /// pupils, in hundredths: what rooms and equipment were made for.
    fn weighted(&self) -> i64 {
        let weighted = self.0.iter().map(|(grades, senior)| {
            let [primary, junior] = by_stage(grades);
            100 * primary + 110 * junior + 132 * senior
        });
        weighted.max().expect("there are two years")
    }
}

fn by_stage(grades: &[i64; 9]) -> [i64; 2] {
    [grades[..6].iter().sum(), grades[6..].iter().sum()]
}

/// All schools of the two years, with those of 2023 as many as `DISTRICTS` says.
fn sites(district: usize) -> Vec<Site> {
    let Size(place, count, _, _, land) = DISTRICTS[district];
    let mut chance = Chance::of(&format!("schools {place}"));
    let newest = match place {
        "两江新区" => 4,
        "巴南区" | "南岸区" => 3,
        "沙坪坝区" => 2,
        _ => usize::from(count > 20 && chance.happens(0.5)),
    };
    let closed = match land {
        City => 0,
        Towns => chance.whole(0, 1),
        Hills => chance.whole(0, 2),
    };
    let closed = usize::try_from(closed).expect("not negative");
    let received = HANDED_OVER.iter().any(|(_, to)| *to == district);
    let mut sites = Vec::new();
    for number in 0..count + closed {
        let mut site = site(district, number, &mut chance);
        if number >= count {
            // The second of them was closed a year earlier, and 2023 knows nothing of it.
            site.until = if number == count { 2023 } else { 2022 };
        } else if number % 13 == 7 && number / 13 < newest {
            site.since = 2023;
            site.built = 2023;
        } else if number == 3 && count > 30 {
            site.since = 2022;
            site.built = 2022;
        } else if number == 9 && received {
            site.since = 2023;
            site.handed_over = true;
        } else if number == 11 && district % 3 != 1 {
            site.earlier_stem = Some(site.stem.replacen(place, &format!("{place}第二"), 1));
        }
        sites.push(site);
    }
    sites
}

/// One of a district's schools, as if it had always been there.
fn site(district: usize, number: usize, chance: &mut Chance) -> Site {
    let Size(place, count, _, _, land) = DISTRICTS[district];
    // The kinds stand in these shares, in the order of `Kind`.
    let (kinds, settings) = match land {
        City => ([62, 62, 76, 86, 98], [85, 100]),
        Towns => ([52, 60, 74, 89, 99], [40, 80]),
        Hills => ([45, 62, 73, 91, 99], [20, 65]),
    };
    let kind = match (100 * number + 50) / count {
        share if share < kinds[0] => Kind::Primary,
        share if share < kinds[1] => Kind::TeachingPoint,
        share if share < kinds[2] => Kind::NineYear,
        share if share < kinds[3] => Kind::Junior,
        share if share < kinds[4] => Kind::Complete,
        share if share < 100 => Kind::TwelveYear,
        // Beyond the schools that stay: what is closed is a small one.
        _ => Kind::TeachingPoint,
    };
    let setting = match chance.whole(0, 99) {
        _ if kind == Kind::TeachingPoint => "乡村",
        lot if lot < settings[0] => "城区",
        lot if lot < settings[1] => "镇区",
        _ => "乡村",
    };
    let room = match setting {
        "城区" => 1.0,
        "镇区" => 0.75,
        _ => 0.4,
    } * chance.between(0.75, 1.25);
    let width = match kind {
        Kind::Primary => [1.0, 0.0],
        Kind::TeachingPoint => [0.12, 0.0],
        Kind::NineYear | Kind::TwelveYear => [0.65, 1.0],
        Kind::Junior => [0.0, 2.2],
        Kind::Complete => [0.0, 2.3],
    };
    let prefix = match kind {
        Kind::Primary | Kind::TeachingPoint => "21",
        Kind::NineYear | Kind::Junior => "31",
        Kind::Complete | Kind::TwelveYear => "34",
    };
    let unusual = unusual(place, number);
    let private = number % 9 == 5 && kind != Kind::TeachingPoint;
    let built = chance.whole(if private { 1993 } else { 1938 }, 2021);
    Site {
        code: format!("{prefix}50{:02}{:04}", district + 1, 11 + 7 * number),
        stem: format!("{place}{}", words(district, number)),
        earlier_stem: None,
        kind,
        private,
        setting,
        built: unusual.built.unwrap_or(built),
        since: 2000,
        until: 2100,
        handed_over: false,
        width: width.map(|width| width * room),
        unusual,
    }
}

/// Two words that no other school of the district has.
fn words(district: usize, number: usize) -> String {
    let first = [
        "松", "竹", "兰", "桐", "枫", "桂", "柳", "荷", "麦", "橙", "溪", "泉", "岩", "云", "鹿",
        "鹭",
    ];
    let second = [
        "风", "露", "岚", "月", "晖", "韵", "影", "语", "霞", "野", "声", "雨",
    ];
    // 17 and 192 have no common factor, so the pairs do not come back within a district.
    let pair = (number * 17 + district * 5) % (first.len() * second.len());
    format!(
        "{}{}",
        first[pair % first.len()],
        second[pair / first.len()]
    )
}

/// Pupils of all schools, so that those of 2023 add up to the district's.
fn enrolment(size: &Size, sites: &[Site]) -> Vec<Years> {
    let &Size(place, _, compulsory, senior, _) = size;
    let mut weights = Vec::new();
    let mut caps = Vec::new();
    let mut chance = Chance::of(&format!("pupils {place}"));
    for site in sites {
        // A school of 2023 has begun with its first grades, one of 2022 has one grade more.
        let upper = match site.since {
            2023 if !site.handed_over => 1,
            2022 => 2,
            _ => 6,
        };
        for grade in 0..9 {
            let (stage, above) = if grade < 6 {
                (0, grade)
            } else {
                (1, grade - 6)
            };
            let taught = site.until > 2023 && above < upper && site.width[stage] > 0.0;
            let width = match site.unusual.pupils {
                // So much that the cap is reached.
                Some(_) => 2.0,
                None => site.width[stage] * chance.between(0.94, 1.06),
            };
            weights.push(if taught { width } else { 0.0 });
            caps.push(if taught { most_in_grade(site) } else { 0 });
        }
    }
    let cells = apportion(compulsory, &weights, &caps);
    let complete = |site: &Site| f64::from(u8::from(site.kind.stages()[2] && site.until > 2023));
    let weights: Vec<f64> = sites
        .iter()
        .map(|site| complete(site) * chance.between(0.8, 1.2))
        .collect();
    let seniors = apportion(senior, &weights, &vec![senior; sites.len()]);
    sites
        .iter()
        .zip(cells.chunks(9).zip(seniors))
        .map(|(site, (grades, senior))| {
            let now: [i64; 9] = std::array::from_fn(|grade| grades[grade]);
            Years([before(site, now, senior), (now, senior)])
        })
        .collect()
}

/// The most pupils of a grade with which a school of the kind keeps below the largest size.
fn most_in_grade(site: &Site) -> i64 {
    if let Some(pupils) = site.unusual.pupils {
        return pupils / 6;
    }
    let single = if site.built > 2010 { 1900 } else { 2280 };
    match site.kind {
        Kind::Primary | Kind::TeachingPoint => single / 6,
        Kind::Junior | Kind::Complete => single / 3,
        Kind::NineYear | Kind::TwelveYear => (single + 480) / 9,
    }
}

/// A year earlier: everybody a grade lower but for a few who came or left.
fn before(site: &Site, now: [i64; 9], senior: i64) -> ([i64; 9], i64) {
    let mut chance = Chance::of(&format!("a year ago {}", site.code));
    if site.until <= 2023 {
        // Closed since: the last few pupils, or none when it was closed before.
        let few = |_| {
            if site.until == 2023 {
                chance.whole(3, 7)
            } else {
                0
            }
        };
        let first: [i64; 6] = std::array::from_fn(few);
        return (
            std::array::from_fn(|grade| first.get(grade).copied().unwrap_or(0)),
            0,
        );
    }
    let grades = std::array::from_fn(|grade| match grade {
        // Who has left school since then.
        5 | 8 => chance.share(now[grade], 0.94, 1.0),
        _ => chance.share(now[grade + 1], 0.985, 1.015),
    });
    (grades, chance.share(senior, 0.95, 0.99))
}

/// A school as it is in one of the two years.
fn school(site: &Site, years: &Years, year: i64) -> School {
    let change = match (site.since, site.until) {
        (since, _) if since == year && site.handed_over => Some(Change::HandedOver),
        (since, _) if since == year => Some(Change::New),
        (_, until) if until == year => Some(Change::Closed),
        _ if year == 2023 && site.earlier_stem.is_some() => Some(Change::Renamed),
        _ => None,
    };
    let stem = match &site.earlier_stem {
        Some(earlier) if year < 2023 => earlier,
        _ => &site.stem,
    };
    let mut school = School {
        code: site.code.clone(),
        name: format!("{stem}{}", site.kind.ending()),
        kind: site.kind,
        private: site.private,
        setting: site.setting,
        change,
        built: site.built,
        classes: [0; 3],
        largest: [0; 2],
        grades: [0; 9],
        senior: 0,
        migrants: 0,
        teachers: [0; 3],
        degree: [0; 2],
        backbone: [0; 2],
        sports_arts: [0; 2],
        rooms: 0,
        indoor_sports: 0,
        sports_ground: 0,
        equipment: 0,
        multimedia: 0,
    };
    if change != Some(Change::Closed) {
        (school.grades, school.senior) = years.of(year);
        people(&mut school, site.unusual);
        premises(&mut school, site.unusual, years.weighted(), year);
    }
    school
}

/// Classes and teachers, by habits of the school that do not change with the year.
fn people(school: &mut School, unusual: Unusual) {
    let mut chance = Chance::of(&format!("people {}", school.code));
    let seats = [chance.whole(37, 44), chance.whole(41, 49)];
    for (grade, pupils) in school.grades.into_iter().enumerate() {
        let stage = usize::from(grade > 5);
        let classes = up(pupils, seats[stage]);
        school.classes[stage] += classes;
        if classes > 0 {
            school.largest[stage] = school.largest[stage].max(up(pupils, classes));
        }
    }
    school.classes[2] = up(school.senior, 50);

    let pupils = by_stage(&school.grades);
    let migrants = match school.setting {
        _ if unusual.migrants => (0.55, 0.6),
        "城区" => (0.08, 0.3),
        "镇区" => (0.03, 0.1),
        _ => (0.0, 0.03),
    };
    school.migrants = chance.share(pupils[0] + pupils[1], migrants.0, migrants.1);
    // In a thousand pupils: above the standards of 42, 10 and 9, and of 53, 10 and 9.
    let mut per_thousand =
        |low, high| pupils.map(|pupils| up(pupils * chance.whole(low, high), 1000));
    school.backbone = per_thousand(11, 17);
    school.sports_arts = per_thousand(10, 15);
    let [primary, _] = per_thousand(44, 53);
    let [_, junior] = per_thousand(56, 68);
    school.degree = [primary, junior];
    let [primary, _] = per_thousand(57, 68);
    let [_, junior] = per_thousand(76, 92);
    school.teachers = [primary, junior, up(school.senior, 12)];
}

/// Rooms, grounds and equipment for so many weighted pupils, in hundredths. What suffices the
/// junior pupils of a mixed school suffices the primary ones, except for multimedia rooms.
fn premises(school: &mut School, unusual: Unusual, weighted: i64, year: i64) {
    let mut chance = Chance::of(&format!("premises {}", school.code));
    let spacious = if school.setting == "城区" { 0.0 } else { 1.5 };
    let mut each = |low, high| portion(weighted, chance.between(low, high) / 100.0);
    school.indoor_sports = each(0.2, 0.9);
    school.rooms = school.indoor_sports + each(5.4, 7.0 + spacious);
    school.sports_ground = each(9.6, 12.0 + 2.0 * spacious);
    school.sports_ground = portion(school.sports_ground, unusual.ground);
    // 2,900 to 5,200 元, in hundredths of 万元; every year adds something.
    school.equipment = each(29.0, 52.0);
    if year == 2022 {
        school.equipment = portion(school.equipment, 0.94);
    }
    school.multimedia = up(weighted * chance.whole(25, 36), 100_000);
    school.multimedia = portion(school.multimedia, unusual.multimedia);
}

/// The quotient, rounded up to the next whole number.
fn up(count: i64, by: i64) -> i64 {
    (count + by - 1) / by
}
