use crate::kit::{Office, repository};
use polars::prelude::{ParquetReader, SerReader};
use serde::Deserialize;
use std::collections::BTreeSet;
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

#[test]
fn every_planted_slip_is_found_at_its_cell_and_nothing_else_is() {
    let planted = fs::read_to_string(repository().join("tests/planted.toml")).expect("the list");
    let planted: Planted = toml::from_str(&planted).expect("a list of slips");
    let office = run();
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
    let mut expected: BTreeSet<[String; 6]> = planted
        .slip
        .into_iter()
        .map(|s| [s.period, s.district, s.rule, s.file, s.sheet, s.cell])
        .collect();
    // The one file that was cut off is no slip of a cell.
    let damaged = found
        .iter()
        .filter(|f| f[2] == "intake.file")
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert_eq!(damaged[0][1], "500230");
    expected.extend(damaged);
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

#[test]
fn the_citys_published_totals_come_out() {
    let office = run();
    let data = fs::File::open(office.path("output/2023-12/data/KY01.parquet")).expect("data");
    let frame = ParquetReader::new(data).finish().expect("a table");
    let rows = frame
        .column("row")
        .expect("rows")
        .str()
        .expect("words")
        .clone();
    let total = |column: &str| -> f64 {
        let figures = frame
            .column(column)
            .expect("a column")
            .f64()
            .expect("figures")
            .clone();
        rows.iter()
            .zip(figures.iter())
            .filter(|(row, _)| *row == Some("total"))
            .filter_map(|(_, x)| x)
            .sum()
    };
    let published = [
        ("applications", 3581.0),
        ("applications_last_year", 3123.0),
        ("approved", 909.0),
        ("approved_last_year", 775.0),
        ("opened", 117.0),
        ("observed", 755.0),
    ];
    for (column, figure) in published {
        assert_eq!(total(column), figure, "{column}");
    }
}

#[test]
fn three_districts_have_not_sent_jh01_and_one_sent_a_damaged_file() {
    let office = run();
    let findings = office.json("output/2023-12/findings.json");
    let mut standing = std::collections::BTreeMap::new();
    for district in findings["districts"].as_array().expect("districts") {
        for form in district["forms"].as_array().expect("forms") {
            if form["form"] == "JH01" {
                let key = form["reporting"].as_str().expect("a word").to_owned();
                *standing.entry(key).or_insert(0) += 1;
            }
        }
    }
    let expected = [("invalid", 1), ("not_yet_due", 3), ("reported", 37)];
    assert_eq!(standing, expected.map(|(k, v)| (k.to_owned(), v)).into());
    let november = office.json("output/2023-11/findings.json");
    assert_eq!(november["districts"][0]["forms"][0]["form"], "JH01");
    assert_eq!(
        november["districts"][0]["forms"][0]["reporting"],
        "not_asked"
    );
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
    assert_eq!(rule("JH01-101"), 37);
    assert_eq!(rule("intake.file"), 79);
}
