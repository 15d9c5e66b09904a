//! Rules over lists, districts, the city, earlier periods and other forms: each test sends what
//! districts would, runs, and looks at what was found.

use crate::kit::{Office, REGISTER, Said, book};
use std::fmt::Write;

/// A list of schools.
const SCHOOLS: &str = r#"
[form]
id = "S01"
title = "学校情况"
rows = "list"
key = ["code"]
[columns]
code = { no = 1, label = "代码", type = "code" }
name = { no = 2, label = "名称", type = "text" }
stage = { no = 3, label = "学段", type = "text" }
pupils = { no = 4, label = "在校生数", type = "count", unit = "人" }
classes = { no = 5, label = "班数", type = "count", unit = "个" }
spent = { no = 6, label = "经费", type = "money", unit = "万元" }
"#;

/// A fixed form of three figures.
const FUNDS: &str = r#"
[form]
id = "F01"
title = "经费情况"
row_label = "项目"
[columns]
amount = { no = 1, label = "金额", type = "money", unit = "万元" }
people = { no = 2, label = "人数", type = "count", unit = "人" }
[rows]
all = { no = "01", label = "合计" }
own = { no = "02", label = "自筹" }
"#;

/// An office with as many districts as are wanted, 甲01区 and on.
struct City {
    office: Office,
}

impl City {
    fn new(districts: usize, rules: &str) -> Self {
        let office = Office::new(&format!("{SCHOOLS}{rules}"));
        let mut register = "code,name,org_name,region\n".to_owned();
        for at in 1..=districts {
            writeln!(register, "{at:02},甲{at:02}区,甲{at:02}区教委,东").expect("a line");
        }
        office.put("rules/districts.csv", register.as_bytes());
        Self { office }
    }

    fn with_funds(self, rules: &str) -> Self {
        // One unit, so that the two columns may be added and compared.
        let form = format!("{FUNDS}{rules}")
            .replace("万元", "人")
            .replace("money", "number");
        self.office.put("rules/F01.toml", form.as_bytes());
        self
    }

    /// Sends a list: a record a line, its cells with `|` between.
    fn schools(&self, period: &str, district: usize, records: &str) {
        let mut drawn = "
| 1 | 学校情况 | | | | | |
| 2 | 代码 | 名称 | 学段 | 在校生数 | 班数 | 经费 |
"
        .to_owned();
        for (row, record) in (3..).zip(records.lines()) {
            writeln!(drawn, "| {row} | '{} |", record.trim()).expect("a line");
        }
        let path = format!("input/{period}/甲{district:02}区-学校.xlsx");
        self.office.put(&path, &book(&[("S01", &drawn)]));
    }

    /// Sends the fixed form: amount and people of its two rows.
    fn funds(&self, period: &str, district: usize, figures: [&str; 4]) {
        let [a, b, c, d] = figures;
        let drawn = format!(
            "
| 1 | 经费情况 | | |
| 2 | 项目 | 金额 | 人数 |
| 3 | 合计 | {a} | {b} |
| 4 | 自筹 | {c} | {d} |
"
        );
        let path = format!("input/{period}/甲{district:02}区-经费.xlsx");
        self.office.put(&path, &book(&[("F01", &drawn)]));
    }

    fn run(&self, period: &str) -> Found {
        let arguments = ["run", "--period", period, "--now", "2024-01-06T02:00"];
        let said = self.office.hebiao(&arguments);
        assert!(said.code < 2, "{}", said.err);
        let json = self.office.json(&format!("output/{period}/findings.json"));
        Found { json }
    }
}

struct Found {
    json: serde_json::Value,
}

impl Found {
    /// The findings of a rule: district, record, cell.
    fn of(&self, rule: &str) -> Vec<String> {
        let all = self.json["findings"].as_array().expect("findings");
        let of_rule = all.iter().filter(|f| f["rule"] == rule);
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        of_rule
            .map(|f| {
                let cell = text(&f["place"]["cell"]);
                let district = text(&f["district"]["name"]);
                format!("{district} {} {cell}", text(&f["record"]))
            })
            .collect()
    }

    /// The first finding of a rule.
    fn first(&self, rule: &str) -> &serde_json::Value {
        let all = self.json["findings"].as_array().expect("findings");
        let found = all.iter().find(|f| f["rule"] == rule);
        found.unwrap_or_else(|| panic!("{rule} found nothing"))
    }

    fn message(&self, rule: &str) -> &str {
        self.first(rule)["message"]["zh"].as_str().expect("words")
    }

    /// Passed, failed, and what was not evaluated.
    fn counts(&self, rule: &str) -> String {
        let all = self.json["rules"].as_array().expect("rules");
        let one = all.iter().find(|r| r["rule"] == rule).expect("the rule");
        format!(
            "{}+{} {}",
            one["passed"], one["failed"], one["not_evaluated"]
        )
    }
}

/// A rule of a list's form, its first lines filled in.
fn rule(id: &str, body: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ntitle = \"{id}\"\nseverity = \"query\"\n{body}\n")
}

const TWO_STAGES: &str = "1 | 一小 | 小学 | 900 | 20 | 10
2 | 二小 | 小学 | 1000 | 20 | 10
3 | 一中 | 初中 | 1000 | 20 | 10
4 | 二中 | 初中 | 1001 | 20 | 10";

#[test]
fn a_limit_differs_by_group_and_a_rule_is_narrowed() {
    let limits = r#"
check = "pupils / classes <= limit"
limit = { by = "stage", "小学" = 45, "初中" = 50 }"#;
    let narrow = "for = '学段 = \"小学\"'\ncheck = \"pupils <= 900\"";
    let city = City::new(1, &(rule("L-1", limits) + &rule("L-2", narrow)));
    city.schools(
        "2023-12",
        1,
        &format!("{TWO_STAGES}\n5 | 高中 | 高中 | 9000 | 1 | 1"),
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("L-1"), ["甲01区 2 D4", "甲01区 4 D6"]);
    // What no limit is named for is not evaluated; what the rule is not about is no unit.
    assert_eq!(found.counts("L-1"), r#"2+2 {"not_applicable":1}"#);
    assert_eq!(found.counts("L-2"), "1+1 {}");
}

#[test]
fn a_template_is_one_rule_over_many_variables() {
    let same = "over = [\"pupils\", \"classes\"]\ncheck = \"it >= 10\"\nmessage = \"{it} 太少\"";
    let pairs = "over = [{ a = \"pupils\", b = \"classes\" }]\ncheck = \"a / b >= 1\"";
    let city = City::new(1, &(rule("T-1", same) + &rule("T-2", pairs)));
    city.schools(
        "2023-12",
        1,
        "1 | 一小 | 小学 | 9 | 20 | 1\n2 | 二小 | 小学 | 100 | 3 | 1",
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("T-1"), ["甲01区 1 D3", "甲01区 2 E4"]);
    assert_eq!(found.message("T-1"), "9 太少");
    assert_eq!(found.of("T-2"), ["甲01区 1 D3"]);
}

#[test]
fn statistics_of_a_districts_records_by_group() {
    let above = rule("G-1", "check = \"pupils <= 2 * median(pupils by stage)\"");
    let sum = rule(
        "G-2",
        "each = \"district\"\ncheck = \"sum(pupils where stage = '小学') >= 100\"",
    )
    .replace('\'', "“")
    .replace("小学“", "小学”");
    let city = City::new(1, &(above + &sum));
    let records = "1 | 一 | 小学 | 10 | 1 | 1
2 | 二 | 小学 | 30 | 1 | 1
3 | 三 | 小学 | 10 | 1 | 1
4 | 四 | 初中 | 300 | 1 | 1";
    city.schools("2023-12", 1, records);
    let found = city.run("2023-12");
    assert_eq!(found.of("G-1"), ["甲01区 2 D4"]);
    // A rule of the whole district has the sheet for a place, and what was computed.
    assert_eq!(found.of("G-2"), ["甲01区 - -"]);
    assert_eq!(found.first("G-2")["found"], "50");
    assert_eq!(found.counts("G-2"), "0+1 {}");
}

#[test]
fn a_sum_is_not_known_where_a_figure_is_missing() {
    let skip = rule("M-1", "each = \"district\"\ncheck = \"sum(pupils) >= 1\"");
    let zero = rule(
        "M-2",
        "each = \"district\"\nmissing = \"zero\"\ncheck = \"sum(pupils) >= 1\"",
    );
    let fail = rule(
        "M-3",
        "each = \"district\"\nmissing = \"fail\"\ncheck = \"sum(pupils) >= 1\"",
    );
    let mean = rule("M-4", "each = \"district\"\ncheck = \"mean(pupils) = 10\"");
    let city = City::new(1, &[skip, zero, fail, mean].concat());
    city.schools(
        "2023-12",
        1,
        "1 | 一 | 小学 | 10 | 1 | 1\n2 | 二 | 小学 | | 1 | 1",
    );
    let found = city.run("2023-12");
    assert_eq!(found.counts("M-1"), r#"0+0 {"missing":1}"#);
    assert_eq!(found.counts("M-2"), "1+0 {}");
    assert_eq!(found.counts("M-3"), "0+1 {}");
    assert_eq!(found.counts("M-4"), "1+0 {}");
}

#[test]
fn a_school_stands_once_in_its_district_and_once_in_the_city() {
    let own = "severity_in = { 12 = \"error\" }\nunique = { of = [\"code\"] }";
    let all = "audience = \"city\"\nunique = { of = [\"code\", \"name\"], over = \"city\" }";
    let city = City::new(2, &(rule("U-1", own) + &rule("U-2", all)));
    city.schools(
        "2023-12",
        1,
        "1 | 一小 | 小学 | 9 | 1 | 1\n1 | 又一小 | 小学 | 8 | 1 | 1",
    );
    city.schools(
        "2023-12",
        2,
        "1 | 一小 | 小学 | 7 | 1 | 1\n2 | 二小 | 小学 | 6 | 1 | 1",
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("U-1"), ["甲01区 1 A3", "甲01区 1 A4"]);
    assert_eq!(found.first("U-1")["severity"], "error");
    assert_eq!(found.message("U-1"), "“代码”1 出现 2 次，另见 A4");
    assert_eq!(found.of("U-2"), ["甲01区 1 A3", "甲02区 1 A3"]);
    assert_eq!(found.message("U-2"), "“代码”1 在全市出现 2 次");
}

#[test]
fn what_was_there_last_year_is_there_still() {
    let city = City::new(2, &rule("C-1", "complete = { against = \"last_year\" }"));
    for district in [1, 2] {
        city.schools(
            "2023-12",
            district,
            "1 | 一小 | 小学 | 9 | 1 | 1\n3 | 三小 | 小学 | 9 | 1 | 1",
        );
    }
    city.schools(
        "2022-12",
        1,
        "1 | 一小 | 小学 | 9 | 1 | 1\n2 | 二小 | 小学 | 9 | 1 | 1",
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("C-1"), ["甲01区 2 -"]);
    assert_eq!(found.message("C-1"), "“代码”2 上年有，本期没有报");
    assert_eq!(found.counts("C-1"), r#"1+1 {"no_baseline":1}"#);
}

#[test]
fn a_form_is_held_against_another_of_the_same_district() {
    let funds = rule(
        "X-1",
        "each = \"district\"\ncheck = \"people[all] = sum(S01.pupils)\"\nmessage = \"{people[all]} 人，学校表合计 {sum(S01.pupils)} 人\"",
    );
    let schools = rule(
        "X-2",
        "each = \"district\"\ncheck = \"sum(pupils) <= F01.people[all]\"",
    );
    let city = City::new(3, &schools).with_funds(&funds);
    for district in 1..=3 {
        city.schools(
            "2023-12",
            district,
            "1 | 一 | 小学 | 9 | 1 | 1\n2 | 二 | 小学 | 8 | 1 | 1",
        );
    }
    city.funds("2023-12", 1, ["1", "17", "1", "1"]);
    city.funds("2023-12", 2, ["1", "16", "1", "1"]);
    let found = city.run("2023-12");
    assert_eq!(found.of("X-1"), ["甲02区 all C3"]);
    assert_eq!(found.message("X-1"), "16 人，学校表合计 17 人");
    assert_eq!(found.counts("X-1"), "1+1 {}");
    // The third has not sent the other form: that is the reason, and no failure.
    assert_eq!(found.counts("X-2"), r#"1+1 {"no_form":1}"#);
}

#[test]
fn a_form_of_another_rhythm_means_its_newest_run() {
    let quarterly = FUNDS.replace(
        "title = \"经费情况\"",
        "title = \"经费情况\"\nperiod = \"quarter\"\ndue_in = [3, 6, 9, 12]",
    );
    let city = City::new(
        1,
        &rule(
            "R-1",
            "each = \"district\"\ncheck = \"sum(pupils) = F01.people[all]\"",
        ),
    );
    city.office.put("rules/F01.toml", quarterly.as_bytes());
    city.schools("2023-11", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    city.funds("2023-09", 1, ["1", "9", "1", "1"]);
    city.funds("2023-06", 1, ["1", "8", "1", "1"]);
    assert_eq!(city.run("2023-11").counts("R-1"), "1+0 {}");
}

#[test]
fn the_city_is_never_compared_over_different_districts() {
    let body =
        "each = \"city\"\naudience = \"city\"\ncheck = \"sum(pupils) <= last_year(sum(pupils))\"";
    let city = City::new(3, &rule("Y-1", body));
    for (district, now) in [(1, 10), (2, 20), (3, 700)] {
        city.schools(
            "2023-12",
            district,
            &format!("1 | 一 | 小学 | {now} | 1 | 1"),
        );
    }
    city.schools("2022-12", 1, "1 | 一 | 小学 | 10 | 1 | 1");
    city.schools("2022-12", 2, "1 | 一 | 小学 | 19 | 1 | 1");
    let found = city.run("2023-12");
    // 30 against 29: the third, without a last year, is on neither side.
    assert_eq!(found.counts("Y-1"), "0+1 {}");
    assert_eq!(found.first("Y-1")["found"], "30");
    assert!(
        found.message("Y-1").contains("按 2 个单位汇总"),
        "{}",
        found.message("Y-1")
    );
    assert_eq!(found.first("Y-1")["district"]["name"], "全市");
}

#[test]
fn a_slip_of_the_unit_is_diagnosed_by_the_other_cells() {
    let scale = "scale = { of = \"spent\", against = \"last_year(spent)\", between = [0.4, 2.5] }";
    let growth = "check = \"growth(spent) between -30% and 30%\"\nat_least = 1\nby_at_least = 1";
    let city = City::new(2, &(rule("Z-1", scale) + &rule("Z-2", growth)));
    for district in [1, 2] {
        city.schools(
            "2022-12",
            district,
            "1 | 一 | 小学 | 9 | 1 | 12
2 | 二 | 小学 | 9 | 1 | 13.5
3 | 三 | 小学 | 9 | 1 | 14
4 | 四 | 小学 | 9 | 1 | 20",
        );
    }
    city.schools(
        "2023-12",
        1,
        "1 | 一 | 小学 | 9 | 1 | 13
2 | 二 | 小学 | 9 | 1 | 142000
3 | 三 | 小学 | 9 | 1 | 14
4 | 四 | 小学 | 9 | 1 | 6",
    );
    city.schools(
        "2023-12",
        2,
        "1 | 一 | 小学 | 9 | 1 | 130000
2 | 二 | 小学 | 9 | 1 | 142000
3 | 三 | 小学 | 9 | 1 | 150000
4 | 四 | 小学 | 9 | 1 | 21",
    );
    let found = city.run("2023-12");
    // One cell of the first; the whole column of the second is told once.
    assert_eq!(found.of("Z-1"), ["甲01区 2 F4", "甲02区 1 F3"]);
    assert_eq!(found.counts("Z-1"), "4+4 {}");
    let message = found.message("Z-1");
    assert!(message.contains("疑把元填成了万元栏"), "{message}");
    assert!(message.contains("其他 2 个单元格正常"), "{message}");
    // What follows from the slip is counted with its rule, and folded; what does not is told.
    assert!(message.contains("由此引起的另 1 条"), "{message}");
    assert!(found.of("Z-2").contains(&"甲01区 4 F6".to_owned()));
    assert!(!found.of("Z-2").contains(&"甲01区 2 F4".to_owned()));
}

/// Twelve districts with an applications-like figure, this year and last.
fn twelve(rules: &str, figures: &[(f64, f64)]) -> Found {
    let city = City::new(figures.len(), "").with_funds(rules);
    for (district, (before, now)) in (1..).zip(figures) {
        for (period, amount) in [("2022-12", before), ("2023-12", now)] {
            city.funds(period, district, [&amount.to_string(), "100", "1", "1"]);
        }
    }
    city.run("2023-12")
}

#[test]
fn outliers_are_for_the_city_with_limits_and_rank_by_effect() {
    let hb = "audience = \"city\"\nrows = [\"all\"]\noutlier = { of = \"amount\", method = \"hb\", against = \"last_year(amount)\", c = 4 }";
    let mad =
        "audience = \"city\"\nrows = [\"all\"]\noutlier = { of = \"amount\", method = \"mad\" }";
    let rules = rule("O-1", hb) + &rule("O-2", mad);
    let mut figures: Vec<(f64, f64)> = (0..10)
        .map(|at| {
            let size = 1000.0 + 10.0 * f64::from(at);
            (size, size * (1.0 + 0.01 * f64::from(at % 5)))
        })
        .collect();
    figures.push((1000.0, 1500.0));
    figures.push((1000.0, 3000.0));
    let found = twelve(&rules, &figures);
    // The one that weighs more in the city's total stands first.
    assert_eq!(found.of("O-1"), ["甲12区 all B3", "甲11区 all B3"]);
    assert_eq!(found.counts("O-1"), "10+2 {}");
    let first = found.first("O-1");
    assert_eq!(first["audience"], "city");
    let limits = first["limits"].as_str().expect("limits as ratios");
    assert!(limits.contains('%') && limits.contains('…'), "{limits}");
    assert_eq!(found.of("O-2"), ["甲12区 all B3", "甲11区 all B3"]);
}

#[test]
fn outliers_without_spread_or_with_too_few_units_are_not_evaluated() {
    let hb = "audience = \"city\"\nrows = [\"all\"]\noutlier = { of = \"amount\", method = \"hb\", against = \"last_year(amount)\" }";
    let mad = "audience = \"city\"\nrows = [\"all\"]\noutlier = { of = \"amount\", method = \"mad\", at_least = 3 }";
    let rules = rule("O-1", hb) + &rule("O-2", mad);
    let found = twelve(&rules, &[(5.0, 5.0), (5.0, 5.0), (5.0, 5.0), (5.0, 9.0)]);
    assert_eq!(found.counts("O-1"), r#"0+0 {"too_few":4}"#);
    assert_eq!(found.counts("O-2"), r#"0+0 {"no_spread":4}"#);
}

#[test]
fn a_share_of_a_few_is_held_against_chance() {
    let body = "audience = \"city\"\nrows = [\"all\"]\noutlier = { of = \"amount\", whole = \"people\", method = \"binomial\", at_least = 3 }";
    let rules = rule("B-1", body);
    // 100 people each, half of them: 20 of 100 is no chance, 40 of 100 is.
    let figures = [
        (1.0, 50.0),
        (1.0, 52.0),
        (1.0, 56.0),
        (1.0, 40.0),
        (1.0, 20.0),
    ];
    let found = twelve(&rules, &figures);
    assert_eq!(found.of("B-1"), ["甲05区 all B3"]);
}

#[test]
fn a_rule_that_fires_nearly_everywhere_is_one_line_to_staff() {
    let city = City::new(6, &rule("N-1", "check = \"pupils <= 5\""));
    for district in 1..=6 {
        city.schools(
            "2023-12",
            district,
            "1 | 一 | 小学 | 9 | 1 | 1\n2 | 二 | 小学 | 9 | 1 | 1",
        );
    }
    let found = city.run("2023-12");
    assert_eq!(found.of("N-1"), ["全市 - -"]);
    let one = found.first("N-1");
    assert_eq!(
        (one["audience"].as_str(), one["state"].as_str()),
        (Some("city"), Some("held"))
    );
    assert_eq!(one["count"], 12);
    assert_eq!(found.counts("N-1"), "0+12 {}");
    // Released, it goes out.
    let released = format!(
        "{SCHOOLS}{}",
        rule("N-1", "released = true\ncheck = \"pupils <= 5\"")
    );
    city.office.put("rules/T01.toml", released.as_bytes());
    assert_eq!(city.run("2023-12").of("N-1").len(), 12);
}

#[test]
fn a_rule_on_trial_is_seen_by_staff_only() {
    let city = City::new(
        1,
        &rule("V-1", "stage = \"trial\"\ncheck = \"pupils <= 5\""),
    );
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    let found = city.run("2023-12");
    let one = found.first("V-1");
    assert_eq!(
        (one["audience"].as_str(), one["stage"].as_str()),
        (Some("city"), Some("trial"))
    );
    assert_eq!(city.office.standing("01", "checking"), "passed");
}

#[test]
fn rules_have_a_first_and_a_last_month() {
    let rules = rule("W-1", "valid_from = \"2024-01\"\ncheck = \"pupils <= 5\"")
        + &rule("W-2", "valid_to = \"2023-12\"\ncheck = \"pupils <= 5\"");
    let city = City::new(1, &rules);
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    let found = city.run("2023-12");
    assert!(found.of("W-1").is_empty());
    assert_eq!(found.of("W-2").len(), 1);
}

#[test]
fn an_offices_own_limits_change_rules_without_copying_them() {
    let rules = "[thresholds.most]\nvalue = 45\nlabel = \"班额上限\"\nsource = \"教督〔2017〕6号\"\ndate = \"2017-04-19\"\n".to_owned()
        + &rule("I-1", "check = \"pupils / classes <= most\"");
    let city = City::new(1, &rules);
    city.schools("2023-12", 1, "1 | 一 | 小学 | 480 | 10 | 1");
    assert_eq!(city.run("2023-12").of("I-1").len(), 1);
    city.office.put(
        "rules/job.toml",
        "[job]\ninclude = [\"本地.toml\"]\n".as_bytes(),
    );
    let own = "[[override]]\nthreshold = \"S01.most\"\nvalue = 50\nsource = \"渝教〔2024〕1号\"\n";
    city.office.put("rules/本地.toml", own.as_bytes());
    assert!(city.run("2023-12").of("I-1").is_empty());
    let graver = format!("{own}[[override]]\nrule = \"I-1\"\nstage = \"trial\"\n");
    city.office.put("rules/本地.toml", graver.as_bytes());
    city.schools("2023-12", 1, "1 | 一 | 小学 | 510 | 10 | 1");
    assert_eq!(city.run("2023-12").first("I-1")["stage"], "trial");
}

#[test]
fn nothing_is_compared_across_a_change_of_definition() {
    let growth = rule("K-1", "check = \"growth(pupils) between -30% and 30%\"");
    let with = |broken: &str| {
        let city = City::new(1, &format!("{broken}{growth}"));
        city.schools("2022-12", 1, "1 | 一 | 小学 | 100 | 25 | 1");
        city.schools("2023-12", 1, "1 | 一 | 小学 | 200 | 26 | 1");
        city.run("2023-12").counts("K-1")
    };
    assert_eq!(with(""), "0+1 {}");
    let since = "[[break]]\ncolumn = \"pupils\"\nsince = \"2023-09\"\nreason = \"含学前班\"\n";
    assert_eq!(with(since), r#"0+0 {"crossing":1}"#);
    assert_eq!(with(&format!("{since}factor = 2.0\n")), "1+0 {}");
    assert_eq!(with(&since.replace("2023-09", "2022-12")), "0+1 {}");
}

#[test]
fn the_past_of_merged_districts_and_revised_figures_is_what_is_compared_with() {
    let growth = rule(
        "P-1",
        "rows = [\"all\"]\ncheck = \"growth(people) between -10% and 10%\"",
    );
    let city = City::new(1, "").with_funds(&growth);
    let register = "code,name,org_name,region,valid_to,predecessors\n\
                    01,甲01区,甲01区教委,东,,02|03\n\
                    02,甲02区,甲02区教委,东,2023-06,\n\
                    03,甲03区,甲03区教委,东,2023-06,\n";
    city.office.put("rules/districts.csv", register.as_bytes());
    city.funds("2023-12", 1, ["1", "100", "1", "1"]);
    city.funds("2022-12", 2, ["1", "60", "1", "1"]);
    // One of the two is not known: the borders have changed, and nothing can be said.
    assert_eq!(city.run("2023-12").counts("P-1"), r#"0+0 {"boundary":1}"#);
    city.funds("2022-12", 3, ["1", "35", "1", "1"]);
    assert_eq!(city.run("2023-12").counts("P-1"), "1+0 {}");
    let revised = "period,form,district,record,variable,value,date,reason\n\
                   2022-12,F01,01,,people[all],50,2023-03-01,更正\n";
    city.office.put("rules/revisions.csv", revised.as_bytes());
    assert_eq!(city.run("2023-12").counts("P-1"), "0+1 {}");
}

#[test]
fn a_district_with_new_borders_is_compared_with_its_restated_past() {
    let growth = rule(
        "P-2",
        "rows = [\"all\"]\ncheck = \"growth(people) between -10% and 10%\"",
    );
    let city = City::new(1, "").with_funds(&growth);
    let register =
        "code,name,org_name,region,baseline_file\n01,甲01区,甲01区教委,东,甲01区-2022.csv\n";
    city.office.put("rules/districts.csv", register.as_bytes());
    city.funds("2023-12", 1, ["1", "100", "1", "1"]);
    city.funds("2022-12", 1, ["1", "300", "1", "1"]);
    let restated = "period,form,variable,value\n2022-12,F01,people[all],95\n";
    city.office
        .put("rules/甲01区-2022.csv", restated.as_bytes());
    assert_eq!(city.run("2023-12").counts("P-2"), "1+0 {}");
    let wrong = restated
        .replace("people[all]", "peple[all]")
        .replace("95", "many");
    city.office.put("rules/甲01区-2022.csv", wrong.as_bytes());
    let said = city.office.hebiao(&["rules", "check"]);
    assert!(
        said.err.contains("F01 没有数字指标 `peple[all]`"),
        "{}",
        said.err
    );
}

#[test]
fn totals_have_the_slack_that_is_declared() {
    let total = |slack: &str| {
        let body = format!(
            "each = \"district\"\ntotal = {{ of = \"amount[all]\", parts = [\"amount[own]\", \"people[own]\"]{slack} }}"
        );
        let rules = rule("S-1", &body);
        let city = City::new(1, "").with_funds(&rules);
        city.funds("2023-12", 1, ["10.2", "1", "5.05", "5"]);
        city.run("2023-12")
    };
    let found = total("");
    assert_eq!(found.counts("S-1"), "0+1 {}");
    assert!(total(", slack = 0.15").of("S-1").is_empty());
    assert!(total(", rounded = 1").of("S-1").is_empty());
    assert_eq!(total(", slack = 0.14").of("S-1").len(), 1);
}

#[test]
fn a_stated_figure_over_rounded_operands_has_their_room() {
    // 1.6 of 12.4, both rounded: between 12.45 % and 13.36 %.
    let stated = |share: &str, rounded: &str| {
        let form = format!(
            "[form]\nid = \"F01\"\ntitle = \"经费情况\"\nrow_label = \"项目\"\n[columns]\n\
             part = {{ label = \"部分\", type = \"money\", unit = \"亿元\"{rounded} }}\n\
             whole = {{ label = \"全部\", type = \"money\", unit = \"亿元\"{rounded} }}\n\
             share = {{ label = \"占比（%）\", type = \"percent\", states = \"share(part, whole)\" }}\n\
             [rows]\nall = {{ label = \"合计\" }}\n"
        );
        let office = Office::new(&form);
        let drawn = format!(
            "| 1 | 经费情况 | | | |\n| 2 | 项目 | 部分 | 全部 | 占比（%） |\n| 3 | 合计 | 1.6 | 12.4 | {share} |"
        );
        office.findings(&drawn).contains("F01.share.states")
    };
    assert!(!stated("12.9", "") && stated("13.3", ""));
    for right in ["12.9", "13.3", "12.5", "13.4"] {
        assert!(!stated(right, ", rounded = 1"), "{right}");
    }
    assert!(stated("13.5", ", rounded = 1") && stated("12.3", ", rounded = 1"));
}

#[test]
fn a_total_that_is_off_says_what_bookkeepers_look_for() {
    let total = "total = { of = \"pupils\", parts = [\"classes\", \"spent\"] }";
    let form = SCHOOLS.replace(
        "type = \"money\", unit = \"万元\"",
        "type = \"count\", unit = \"人\"",
    );
    let form = form.replace("unit = \"个\"", "unit = \"人\"");
    let city = City::new(1, "");
    city.office.put(
        "rules/T01.toml",
        format!("{form}{}", rule("D-1", total)).as_bytes(),
    );
    city.schools("2023-12", 1, "1 | 一 | 小学 | 480 | 480 | 48");
    let found = city.run("2023-12");
    assert!(
        found.message("D-1").contains("疑漏加"),
        "{}",
        found.message("D-1")
    );
}

#[test]
fn pairs_lists_patterns_and_cumulative_figures() {
    let rules = [
        rule("E-1", "pair = { compulsory = [\"pupils\", \"classes\"] }"),
        rule("E-2", "pair = { exclusive = [\"pupils\", \"spent\"] }"),
        rule(
            "E-3",
            "one_of = { of = \"stage\", list = [\"小学\", \"初中\"] }",
        ),
        rule("E-4", "pattern = { of = \"code\", is = \"[0-9]{3}\" }"),
        rule(
            "E-5",
            "accumulates = { to_date = \"pupils\", period = \"classes\" }",
        ),
        rule(
            "E-6",
            "non_decreasing = { of = \"spent\", since = \"last_period\" }",
        ),
        rule("E-7", "zero = [\"spent\"]"),
        rule("E-8", "decimals = { of = \"spent\", most = 1 }"),
        rule("E-9", "range = { of = \"classes\", min = 1, max = 20 }"),
        rule("E-10", "required = \"name\""),
    ];
    let form = SCHOOLS.replace("unit = \"个\"", "unit = \"人\"");
    let city = City::new(1, "");
    city.office.put(
        "rules/T01.toml",
        format!("{form}{}", rules.concat()).as_bytes(),
    );
    city.schools(
        "2023-11",
        1,
        "101 | 一 | 小学 | 10 | 1 | 5\n102 | 二 | 小学 | 10 | 1 | 5",
    );
    city.schools(
        "2023-12",
        1,
        "101 | 一 | 小学 | 12 | 2 | 4.25\n102 | | 大学 | 30 | 30 |\n3 | 三 | 初中 | | 5 | 0",
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("E-1"), ["甲01区 3 E5"]);
    assert_eq!(found.of("E-2"), ["甲01区 101 F3"]);
    assert_eq!(found.of("E-3"), ["甲01区 102 C4"]);
    assert_eq!(found.of("E-4"), ["甲01区 3 A5"]);
    assert_eq!(found.of("E-5"), ["甲01区 102 D4"]);
    assert_eq!(found.of("E-6"), ["甲01区 101 F3"]);
    assert_eq!(found.of("E-7"), ["甲01区 101 F3"]);
    assert_eq!(found.of("E-8"), ["甲01区 101 F3"]);
    assert_eq!(found.of("E-9"), ["甲01区 102 E4"]);
    assert_eq!(found.of("E-10"), ["甲01区 102 B4"]);
}

#[test]
fn an_offices_list_of_relations_becomes_a_rule_file_that_loads() {
    let city = City::new(1, "").with_funds("");
    let list = book(&[(
        "审核关系",
        "
| 1 | 审核关系表 | | | | |
| 2 | 编号 | 表号 | 类型 | 审核关系 | 级别 | 提示语 |
| 3 | A1 | F01 | 表内 | 1栏≥2栏 | 必改 | 金额不小于人数 |
| 4 | A2 | F01 | 表内 | (01)≥(02) | 必改 | |
| 5 | A3 | F01 | 表间 | 01行2栏=若干 | 核实 | |
| 6 | A4 | F01 | 跨期 | 1栏≥上年1栏 | 必改 | |
",
    )]);
    city.office.put("审核关系.xlsx", &list);
    let said: Said = city
        .office
        .hebiao(&["rules", "import", "审核关系.xlsx", "--to", "rules"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("第 5 行没有读懂"), "{}", said.err);
    let checked = city.office.hebiao(&["rules", "check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    city.funds("2023-12", 1, ["1", "2", "3", "1"]);
    let found = city.run("2023-12");
    assert_eq!(found.of("A1"), ["甲01区 all B3"]);
    assert_eq!(found.of("A2"), ["甲01区 all B3"]);
}

#[test]
fn a_rules_own_tests_are_run_with_several_records() {
    let unique = "unique = { of = [\"code\"] }\n[[rule.example]]\ngiven = [{ code = \"1\" }, { code = \"1\" }]\ngives = \"fail\"\n[[rule.example]]\ngiven = [{ code = \"1\" }, { code = \"2\" }]\ngives = \"pass\"";
    let wrong =
        "check = \"pupils <= 5\"\n[[rule.example]]\ngiven = { pupils = 9 }\ngives = \"pass\"";
    let city = City::new(1, &(rule("Q-1", unique) + &rule("Q-2", wrong)));
    let said = city.office.hebiao(&["rules", "test"]);
    assert_eq!(said.code, 2);
    assert!(
        said.out.contains("✓ Q-1 1: fail") && said.out.contains("✓ Q-1 2: pass"),
        "{}",
        said.out
    );
    assert!(said.out.contains("✗ Q-2 1: fail"), "{}", said.out);
    let checked = city.office.hebiao(&["rules", "check"]);
    assert!(
        checked.err.contains("`Q-2` 没有不通过的例子"),
        "{}",
        checked.err
    );
    assert!(!checked.err.contains("`Q-1` 没有"), "{}", checked.err);
}

#[test]
fn rules_explain_says_what_a_rule_a_kind_and_a_function_mean() {
    let office = Office::new(SCHOOLS);
    office.put("rules/districts.csv", REGISTER.as_bytes());
    for (name, has) in [
        ("scale", "计量单位"),
        ("cv", "差异系数"),
        ("S01.code.type", "代码"),
    ] {
        let said = office.hebiao(&["rules", "explain", name]);
        assert_eq!(said.code, 0, "{name}: {}", said.err);
        assert!(said.out.contains(has), "{name}: {}", said.out);
    }
    let listed = office.hebiao(&["rules", "list", "S01"]);
    assert!(
        listed.out.contains("S01.code.type\t必改\t"),
        "{}",
        listed.out
    );
    let unknown = office.hebiao(&["rules", "list", "S09"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("有的是：S01"), "{}", unknown.err);
    let said = office.hebiao(&["rules", "explain", "scael"]);
    assert_eq!(said.code, 2);
}

#[test]
fn an_earlier_statistic_by_group_is_that_of_the_records_own_group() {
    let body = "check = \"growth(sum(pupils by stage), last_year(sum(pupils by stage))) <= 30%\"\nat_least = 1";
    let city = City::new(1, &rule("H-1", body));
    city.schools(
        "2022-12",
        1,
        "1 | 一 | 小学 | 100 | 1 | 1\n2 | 二 | 小学 | 100 | 1 | 1\n3 | 三 | 初中 | 800 | 1 | 1",
    );
    city.schools(
        "2023-12",
        1,
        "1 | 一 | 小学 | 200 | 1 | 1\n2 | 二 | 小学 | 200 | 1 | 1\n3 | 三 | 初中 | 800 | 1 | 1",
    );
    let found = city.run("2023-12");
    assert_eq!(found.of("H-1"), ["甲01区 1 D3", "甲01区 2 D4"]);
    assert_eq!(found.counts("H-1"), "1+2 {}");
}

#[test]
fn statistics_of_the_past_know_of_changed_definitions_too() {
    let body = "each = \"district\"\ncheck = \"sum(pupils) = last_year(sum(pupils))\"";
    let with = |broken: &str| {
        let city = City::new(1, &format!("{broken}{}", rule("J-1", body)));
        city.schools("2022-12", 1, "1 | 一 | 小学 | 100 | 25 | 1");
        city.schools("2023-12", 1, "1 | 一 | 小学 | 600 | 26 | 1");
        city.run("2023-12").counts("J-1")
    };
    let one =
        "[[break]]\ncolumn = \"pupils\"\nsince = \"2023-03\"\nreason = \"一\"\nfactor = 2.0\n";
    let two =
        "[[break]]\ncolumn = \"pupils\"\nsince = \"2023-09\"\nreason = \"二\"\nfactor = 3.0\n";
    assert_eq!(
        with(&one.replace("factor = 2.0\n", "")),
        r#"0+0 {"crossing":1}"#
    );
    assert_eq!(with(one), "0+1 {}");
    // Two changes, one after the other.
    assert_eq!(with(&format!("{one}{two}")), "1+0 {}");
}

#[test]
fn what_staff_alone_see_explains_nothing_to_a_district() {
    let scale = "stage = \"trial\"\nscale = { of = \"spent\", against = \"last_year(spent)\", between = [0.4, 2.5] }";
    let growth = "check = \"growth(spent) between -30% and 30%\"\nat_least = 1\nby_at_least = 1";
    let city = City::new(1, &(rule("Z-1", scale) + &rule("Z-2", growth)));
    city.schools("2022-12", 1, "1 | 一 | 小学 | 9 | 1 | 10");
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 100000");
    let found = city.run("2023-12");
    assert_eq!(found.first("Z-1")["severity"], "note");
    assert_eq!(found.of("Z-2"), ["甲01区 1 F3"]);
    assert_eq!(city.office.standing("01", "checking"), "to_explain");
}

#[test]
fn two_findings_have_two_ids_and_a_rule_asks_of_its_own_records_only() {
    let all = rule("U-1", "unique = { of = [\"code\"] }");
    let some = rule(
        "U-2",
        "for = \"stage = “小学”\"\nunique = { of = [\"code\"] }",
    );
    let gone = rule(
        "U-3",
        "for = \"stage = “小学”\"\ncomplete = { against = \"last_year\" }",
    );
    let city = City::new(1, &[all, some, gone].concat());
    city.schools(
        "2022-12",
        1,
        "7 | 旧小 | 小学 | 9 | 1 | 1\n8 | 旧中 | 初中 | 9 | 1 | 1",
    );
    city.schools(
        "2023-12",
        1,
        "1 | 一 | 小学 | 9 | 1 | 1\n1 | 又一 | 初中 | 9 | 1 | 1",
    );
    let found = city.run("2023-12");
    let ids = |rule: &str| -> Vec<String> {
        let all = found.json["findings"].as_array().expect("findings");
        let own = all.iter().filter(|f| f["rule"] == rule);
        own.map(|f| f["id"].to_string()).collect()
    };
    assert_ne!(ids("U-1")[0], ids("U-1")[1]);
    assert_eq!(found.counts("U-2"), "1+0 {}");
    assert_eq!(found.of("U-3"), ["甲01区 7 -"]);
}

#[test]
fn a_rule_of_a_districts_list_is_held_against_its_own_part_of_the_offices() {
    let body = "complete = { file = \"名录.csv\", column = \"代码\", name = \"名称\", district = \"单位\" }";
    let city = City::new(2, &rule("C-2", body));
    city.office.put(
        "rules/名录.csv",
        "代码,名称,单位\n1,一小,01\n2,二小,甲02区\n3,三小,甲02区\n".as_bytes(),
    );
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    city.schools("2023-12", 2, "2 | 二 | 小学 | 9 | 1 | 1");
    let found = city.run("2023-12");
    assert_eq!(found.of("C-2"), ["甲02区 3 -"]);
    assert_eq!(found.message("C-2"), "“代码”3（三小） 名录里有，本期没有报");
}

#[test]
fn a_stated_figure_of_a_rule_counts_at_the_precision_it_is_stated_with() {
    let form = "[form]\nid = \"F01\"\ntitle = \"经费情况\"\nrow_label = \"项目\"\n[columns]\n\
         part = { label = \"部分\", type = \"count\", unit = \"人\" }\n\
         whole = { label = \"全部\", type = \"count\", unit = \"人\" }\n\
         share = { label = \"占比（%）\", type = \"percent\" }\n\
         [rows]\nall = { label = \"合计\" }\n\
         [[rule]]\nid = \"F-1\"\ntitle = \"占比\"\nseverity = \"error\"\n\
         states = { of = \"share\", follows = \"share(part, whole)\" }\n";
    let office = Office::new(form);
    let stated = |share: &str| {
        let drawn = format!(
            "| 1 | 经费情况 | | | |\n| 2 | 项目 | 部分 | 全部 | 占比（%） |\n| 3 | 合计 | 2 | 3 | {share} |"
        );
        office.findings(&drawn).contains("F-1")
    };
    assert!(!stated("66.7") && !stated("67"));
    assert!(stated("66.6") && stated("67.1"));
}

#[test]
fn nothing_that_stands_in_a_rule_file_exhausts_the_program() {
    let long = format!("check = \"pupils{} > 0\"", " + 1".repeat(10_000));
    let words = vec!["“x”"; 3_000].join(", ");
    let list = format!("check = \"code in ({words})\"");
    let of_of = format!("check = \"{}pupils > 0\"", "S01.".repeat(50_000));
    for body in [long, list, of_of] {
        let city = City::new(1, &rule("X-9", &body));
        let said = city.office.hebiao(&["rules", "check"]);
        assert_eq!(said.code, 2);
        assert!(
            said.err.contains("式子太长"),
            "{}",
            &said.err[..200.min(said.err.len())]
        );
    }
    let mut derived = "[derived]\nd7 = { is = \"pupils\" }\n".to_owned();
    for at in 0..7 {
        let sum = vec![format!("d{}", at + 1); 12].join(" + ");
        writeln!(derived, "d{at} = {{ is = \"{sum}\" }}").expect("a line");
    }
    let city = City::new(
        1,
        &format!("{derived}{}", rule("X-9", "check = \"d0 > 0\"")),
    );
    let said = city.office.hebiao(&["rules", "check"]);
    assert!(said.err.contains("层层展开后太长"), "{}", said.err);
}

#[test]
fn a_rate_is_told_in_its_band() {
    let form = "[form]\nid = \"F01\"\ntitle = \"覆盖情况\"\nrow_label = \"项目\"\n[columns]\n\
         rate = { label = \"覆盖率（%）\", type = \"percent\", lines = { alert = 60, basic = 80, development = 95 } }\n\
         [rows]\na = { label = \"一\" }\nb = { label = \"二\" }\nc = { label = \"三\" }\n";
    let office = Office::new(form);
    let said = office.findings(
        "| 1 | 覆盖情况 | |\n| 2 | 项目 | 覆盖率（%） |\n| 3 | 一 | 59.9 |\n| 4 | 二 | 60 |\n| 5 | 三 | 80 |",
    );
    assert!(said.contains("59.9%，低于警戒线 60%"), "{said}");
    assert!(
        said.contains("60%，在警戒线 60% 与基本线 80% 之间"),
        "{said}"
    );
    assert!(!said.contains("80%，"), "{said}");
}

#[test]
fn a_failure_against_a_larger_form_comes_back_in_the_districts_workbook() {
    let mut rows = "[rows]\n".to_owned();
    for at in 3..40 {
        writeln!(rows, "r{at} = {{ label = \"行{at}\" }}").expect("a line");
    }
    let small = rule(
        "G-9",
        "severity_in = { 12 = \"error\" }\neach = \"district\"\ncheck = \"people[all] = G01.people[r39]\"",
    );
    let large = FUNDS
        .replace("F01", "G01")
        .replace("经费情况", "大表")
        .replace("[rows]\n", &rows);
    let city = City::new(1, "").with_funds(&small);
    city.office.put("rules/G01.toml", large.as_bytes());
    let mut drawn = "| 1 | 大表 | | |\n| 2 | 项目 | 金额 | 人数 |\n| 3 | 合计 | 1 | 1 |\n| 4 | 自筹 | 1 | 1 |\n".to_owned();
    for at in 3..40 {
        writeln!(drawn, "| {} | 行{at} | 1 | 7 |", at + 2).expect("a line");
    }
    city.office
        .put("input/2023-12/甲01区-大表.xlsx", &book(&[("G01", &drawn)]));
    city.funds("2023-12", 1, ["1", "8", "1", "1"]);
    let found = city.run("2023-12");
    assert_eq!(found.of("G-9"), ["甲01区 all C3"]);
}

#[test]
fn a_form_that_nobody_knew_becomes_a_rule_file_that_loads() {
    let office = Office::new(FUNDS);
    let form = book(&[
        ("说明", "| 1 | 填表前请先看说明 |"),
        (
            "营养餐",
            "
| 1 | 学生营养改善计划实施情况 | | | | |
| 2 | 表号：YY01表 | | | | |
| 3 | 填报单位（盖章）： | | 2023年12月 | | 计量单位：人 |
| 4 | 学段 | 代码 | 应享受人数 | 实际享受人数 | 享受比例（%） |
| 5 | 甲 | 乙 | 1 | 2 | 3 |
| 6 | 合计 | '01 | {C7+C8}300 | {D7+D8}280 | {D6/C6*100}93.3 |
| 7 | 一、小学 | '02 | 200 | 190 | 95 |
| 8 | 二、初中 | '03 | 100 | 90 | 90 |
| 10 | 单位负责人：张伟　填表人：王芳 | | | | |
",
        ),
    ]);
    office.put("营养餐.xlsx", &form);
    let said = office.hebiao(&["rules", "new", "营养餐.xlsx"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for part in ["id = \"YY01\"", "享受比例", "total_of", "填表人"] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    office.put("rules/YY01.toml", said.out.as_bytes());
    let checked = office.hebiao(&["rules", "check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    let refused = office.hebiao(&["rules", "new", "营养餐.xlsx", "--sheet", "说明"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("没有找到表格"), "{}", refused.err);
}

#[test]
fn an_empty_list_is_one_unit_and_never_stops_the_run() {
    let rules = rule(
        "E-1",
        "each = \"district\"\ncheck = 'count(where stage = \"小学\") >= 1 and count(where stage = \"初中\") >= 1'",
    ) + &rule(
        "E-2",
        "each = \"district\"\ncheck = 'count(code) = F01.people[all]'",
    );
    let city = City::new(2, &rules).with_funds("");
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    city.schools("2023-12", 2, "");
    city.funds("2023-12", 2, ["1", "5", "1", "1"]);
    let found = city.run("2023-12");
    assert_eq!(found.counts("E-1"), "0+2 {}");
    assert_eq!(found.of("E-2"), ["甲02区 - -"]);
}

#[test]
fn words_and_conditions_are_alike_or_not() {
    let rules = rule(
        "W-1",
        "check = 'stage = last_year(stage)'\n[[rule.example]]\ngiven = { stage = \"小学\", \"last_year(stage)\" = \"初中\" }\ngives = \"fail\"",
    ) + &rule(
        "W-2",
        "check = '(pupils > 0) = (classes > 0)'\n[[rule.example]]\ngiven = { pupils = 3, classes = 0 }\ngives = \"fail\"\n[[rule.example]]\ngiven = { pupils = 0, classes = 0 }\ngives = \"pass\"",
    );
    let city = City::new(1, &rules);
    let said = city.office.hebiao(&["rules", "test"]);
    assert_eq!(said.code, 0, "{}", said.out);
}

#[test]
fn a_statistic_is_of_one_variable_and_conditions_have_their_place() {
    for (check, why) in [
        ("count(pupils > 100) >= 0", "条件写在 where 后面"),
        (
            "sum(pupils, classes where stage = \"小学\") >= 0",
            "括号里只写一个指标",
        ),
    ] {
        let body = format!("each = \"district\"\ncheck = '{check}'");
        let city = City::new(1, &rule("S-1", &body));
        let said = city.office.hebiao(&["rules", "check"]);
        assert_eq!(said.code, 2, "{check}");
        assert!(said.err.contains(why), "{check}: {}", said.err);
    }
}

#[test]
fn keys_ask_for_units_that_go_together() {
    let form = "[form]\nid = \"K01\"\ntitle = \"经费\"\n[columns]\nall = { label = \"全部\", type = \"money\", unit = \"万元\" }\npart = { label = \"部分\", type = \"money\", unit = \"元\"KEY }\n[rows]\na = { label = \"甲\" }\n";
    for key in [
        ", part_of = \"all\"",
        ", restates = \"last_year(all)\"",
        ", states = \"all\"",
        ", states = \"share(part, part)\"",
    ] {
        let office = Office::new(&form.replace("KEY", key));
        let said = office.hebiao(&["rules", "check"]);
        assert_eq!(said.code, 2, "{key}");
        let is_told = ["不能与", "单位是", "不是百分率"];
        assert!(
            is_told.iter().any(|why| said.err.contains(why)),
            "{key}: {}",
            said.err
        );
    }
}

#[test]
fn what_vanished_is_named_and_no_other_record_is_accused() {
    let city = City::new(1, &rule("V-1", "complete = { against = \"last_year\" }"));
    city.schools(
        "2022-12",
        1,
        "1 | 一 | 小学 | 9 | 1 | 1\n2 | 二 | 小学 | 9 | 1 | 1",
    );
    city.schools("2023-12", 1, "1 | 一 | 小学 | 9 | 1 | 1");
    let found = city.run("2023-12");
    let first = found.first("V-1");
    assert_eq!(
        (&first["record"], &first["found"]),
        (&"2".into(), &"".into())
    );
    assert_eq!(first["read"].as_array().map(Vec::len), Some(1), "{first}");
    assert!(
        found.message("V-1").contains("“代码”2 上年有"),
        "{}",
        found.message("V-1")
    );
}

#[test]
fn the_same_code_twice_in_one_district_is_no_question_to_the_city() {
    let city = City::new(
        2,
        &rule(
            "U-1",
            "audience = \"city\"\nunique = { of = [\"code\"], over = \"city\" }",
        ),
    );
    city.schools(
        "2023-12",
        1,
        "1 | 一 | 小学 | 9 | 1 | 1\n1 | 二 | 小学 | 9 | 1 | 1\n3 | 三 | 小学 | 9 | 1 | 1",
    );
    city.schools("2023-12", 2, "3 | 三 | 小学 | 9 | 1 | 1");
    assert_eq!(
        city.run("2023-12").of("U-1"),
        ["甲01区 3 A5", "甲02区 3 A3"]
    );
}

#[test]
fn a_computed_figure_is_told_as_what_it_comes_to() {
    let rules = rule("C-1", "range = { of = 'share(pupils, pupils)', max = 50 }")
        + &rule(
            "C-2",
            "check = 'pupils / classes <= 45'\nmessage = \"每班 {found}\"",
        );
    let city = City::new(1, &rules);
    city.schools("2023-12", 1, "1 | 一 | 小学 | 936 | 12 | 1");
    let found = city.run("2023-12");
    assert_eq!(found.message("C-2"), "每班 78");
    assert!(
        found.message("C-1").contains("填报 936，计算得 100%"),
        "{}",
        found.message("C-1")
    );
}

#[test]
fn last_years_figure_with_one_digit_wrong_is_suspected() {
    let body = "rows = [\"all\"]\ncheck = 'people = amount'\nmessage = \"{people} 人，上年 {last_year(people)} 人\"";
    let city = City::new(1, "").with_funds(&rule("M-1", body));
    city.funds("2022-12", 1, ["775", "775", "1", "1"]);
    city.funds("2023-12", 1, ["909", "755", "1", "1"]);
    let found = city.run("2023-12");
    let message = found.message("M-1");
    assert!(
        message.contains("疑误抄上年数（填 755，上年 775，只差一位）"),
        "{message}"
    );
}

#[test]
fn an_offices_own_limit_is_cited_and_spoils_no_example() {
    let form = format!(
        "{}\n[thresholds]\nmost = {{ value = 45, source = \"某文件\" }}\n{}",
        SCHOOLS,
        rule(
            "L-1",
            "check = 'pupils / classes <= most'\n[[rule.example]]\ngiven = { pupils = 44, classes = 1 }\ngives = \"pass\"\n[[rule.example]]\ngiven = { pupils = 46, classes = 1 }\ngives = \"fail\""
        )
    );
    let office = Office::new(&form);
    office.put(
        "rules/job.toml",
        "[job]\ninclude = [\"local.toml\"]\n".as_bytes(),
    );
    let own = "[[override]]\nthreshold = \"S01.most\"\nvalue = 40\nsource = \"本市标准\"\ndate = \"2024-01\"\n";
    office.put("rules/local.toml", own.as_bytes());
    let said = office.hebiao(&["rules", "check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("例子不符 0 处"), "{}", said.err);
    let said = office.hebiao(&["rules", "explain", "l-1"]);
    assert!(
        said.out.contains("依据：本市标准（2024-01）"),
        "{}",
        said.out
    );
}
