use crate::kit::{Office, copy, repository};
use polars::prelude::{ParquetReader, SerReader};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

#[derive(Deserialize)]
struct Planted {
    slip: Vec<Slip>,
    never: Vec<Never>,
}

#[derive(Deserialize)]
struct Slip {
    period: String,
    district: String,
    rule: String,
    file: String,
    sheet: String,
    cell: String,
}

#[derive(Deserialize)]
struct Never {
    period: String,
    district: String,
    form: String,
    sheet: String,
    cell: String,
}

const PERIODS: [&str; 3] = ["2022-12", "2023-11", "2023-12"];

fn run() -> Office {
    let office = Office::with_samples(&PERIODS);
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(said.err, "", "on a pipe a run that went well is silent");
    office
}

/// What was found and where: period, district, rule, file, sheet, cell.
fn found(office: &Office) -> BTreeSet<[String; 6]> {
    let mut found = BTreeSet::new();
    for period in PERIODS {
        let findings = office.json(&format!("output/{period}/findings.json"));
        for finding in findings["findings"].as_array().expect("findings") {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
            let place = &finding["place"];
            // In which band a rate lies is no slip.
            if text(&finding["rule"]).rsplit('.').next() == Some("lines") {
                continue;
            }
            found.insert([
                period.to_owned(),
                text(&finding["district"]["code"]),
                text(&finding["rule"]),
                format!("{period}/{}", text(&place["file"])),
                text(&place["sheet"]),
                text(&place["cell"]),
            ]);
        }
    }
    found
}

/// How many districts stand how with a form: `late 40, missing 1`.
fn standing(office: &Office, period: &str, form: &str) -> String {
    let findings = office.json(&format!("output/{period}/findings.json"));
    let mut standing: BTreeMap<String, usize> = BTreeMap::new();
    for district in findings["districts"].as_array().expect("districts") {
        for one in district["forms"].as_array().expect("forms") {
            if one["form"] == form {
                let key = one["reporting"].as_str().expect("a word").to_owned();
                *standing.entry(key).or_insert(0) += 1;
            }
        }
    }
    let counts = standing
        .iter()
        .map(|(word, count)| format!("{word} {count}"));
    counts.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_planted_slip_is_found_at_its_cell_and_nothing_else_is() {
    let planted = fs::read_to_string(repository().join("tests/planted.toml")).expect("the list");
    let planted: Planted = toml::from_str(&planted).expect("a list of slips");
    let found = found(&run());
    let expected: BTreeSet<[String; 6]> = planted
        .slip
        .into_iter()
        .map(|s| [s.period, s.district, s.rule, s.file, s.sheet, s.cell])
        .collect();
    let missed: Vec<_> = expected.difference(&found).collect();
    let beyond: Vec<_> = found.difference(&expected).collect();
    assert!(
        missed.is_empty() && beyond.is_empty(),
        "missed {missed:#?}\nbeyond {beyond:#?}"
    );
    for never in planted.never {
        let hit = found.iter().find(|f| {
            f[0] == never.period
                && f[1] == never.district
                && f[2].starts_with(&never.form)
                && f[4] == never.sheet
                && f[5] == never.cell
        });
        assert_eq!(hit, None);
    }
}

/// The sum of a column of the data file over the lines that have this value in that column.
fn sum(office: &Office, file: &str, (key, value): (&str, &str), column: &str) -> f64 {
    let data = fs::File::open(office.path("output").join(file)).expect("data");
    let frame = ParquetReader::new(data).finish().expect("a table");
    let keys = frame
        .column(key)
        .expect("a key")
        .str()
        .expect("words")
        .clone();
    let figures = frame
        .column(column)
        .expect("a column")
        .f64()
        .expect("figures")
        .clone();
    keys.iter()
        .zip(figures.iter())
        .filter(|(key, _)| *key == Some(value))
        .filter_map(|(_, x)| x)
        .sum()
}

#[test]
fn the_citys_published_totals_come_out() {
    let office = run();
    let projects = [
        ("2022-12", "applications", 3123.0),
        ("2022-12", "approved", 775.0),
        ("2023-12", "applications", 3581.0),
        ("2023-12", "applications_last_year", 3123.0),
        ("2023-12", "approved", 909.0),
        ("2023-12", "approved_last_year", 775.0),
        ("2023-12", "opened", 117.0),
        ("2023-12", "observed", 755.0),
    ];
    for (period, column, figure) in projects {
        let file = format!("{period}/data/KY01.parquet");
        let reported = sum(&office, &file, ("row", "total"), column);
        assert_eq!(reported, figure, "{period} {column}");
    }
    let indicator = |row, column| sum(&office, "2022-12/data/JH01.parquet", ("row", row), column);
    assert_eq!(indicator("new_places", "current"), 110_000.0);
    assert_eq!(indicator("dropouts", "current"), 0.0);
    let rates = [
        ("grouped_share", 80.0, 0.1),
        ("retention_nine", 95.79, 0.01),
        ("broadband", 100.0, 0.1),
        ("multimedia", 100.0, 0.1),
        ("sunshine", 98.0, 0.1),
    ];
    for (row, published, digit) in rates {
        let rate = 100.0 * indicator(row, "numerator") / indicator(row, "denominator");
        assert!((rate - published).abs() <= digit / 2.0, "{row} {rate}");
    }
    let money = |row| {
        sum(
            &office,
            "2022-12/data/JF01.parquet",
            ("row", row),
            "to_date",
        )
    };
    assert_eq!(money("aid").round(), 168_800.0);
    assert_eq!(money("aided"), 4_422_900.0);
    let schools = "2023-12/data/XX01.parquet";
    assert_eq!(
        sum(&office, schools, ("district", "LJ"), "pupils"),
        93_000.0
    );
}

#[test]
fn some_are_silent_late_damaged_or_of_another_month() {
    let office = run();
    // The one file is cut off, the other is the form of September.
    assert_eq!(
        standing(&office, "2023-12", "JH01"),
        "invalid 2, nil 1, not_yet_due 3, reported 35"
    );
    assert_eq!(standing(&office, "2023-12", "KY01"), "reported 41");
    assert_eq!(standing(&office, "2023-11", "JH01"), "not_asked 41");
    assert_eq!(standing(&office, "2022-12", "XX01"), "late 40, missing 1");

    let late = repository().join("input/late/2023-12");
    copy(&late, &office.path("input/2023-12"));
    assert_eq!(office.hebiao(&["run", "--now", "2024-01-12T02:00"]).code, 1);
    assert_eq!(
        standing(&office, "2023-12", "JH01"),
        "invalid 2, late 2, missing 1, nil 1, reported 35"
    );
}

#[test]
fn an_unchanged_report_that_comes_back_changes_nothing() {
    let office = run();
    let before = found(&office);
    let report = "审核反馈-2023年12月-巴南区-KY01.xlsx";
    let from = format!("output/2023-12/districts/500113-巴南区/{report}");
    let to = format!("input/2023-12/{report}");
    fs::copy(office.path(&from), office.path(&to)).expect("a report to send back");
    assert_eq!(office.hebiao(&["run", "--now", "2024-01-09T02:00"]).code, 1);
    assert_eq!(found(&office), before);
}

#[test]
fn counts_of_every_rule_add_up_to_the_units_looked_at() {
    let office = run();
    let findings = office.json("output/2023-12/findings.json");
    let rule = |id: &str| {
        let rules = findings["rules"].as_array().expect("rules");
        let rule = rules
            .iter()
            .find(|rule| rule["rule"] == id)
            .expect("the rule")
            .clone();
        let reasons = rule["not_evaluated"].as_object().expect("reasons").values();
        let reasons: u64 = reasons.filter_map(serde_json::Value::as_u64).sum();
        rule["passed"].as_u64().unwrap_or(0) + rule["failed"].as_u64().unwrap_or(0) + reasons
    };
    // 41 districts: a total in eight columns, a growth in six rows, a rule of one row.
    assert_eq!(rule("KY01.total.total"), 41 * 8);
    assert_eq!(rule("KY01.growth.states"), 41 * 6);
    assert_eq!(rule("KY01-101"), 41);
    assert_eq!(rule("JH01-101"), 36);
    assert_eq!(rule("intake.file"), 190);
}
