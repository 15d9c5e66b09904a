use crate::kit::{FORM, Office, drawn};
use polars::prelude::{ParquetReader, SerReader};
use std::fs::File;

const BODY: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | 80 |
";

/// What a published file of figures says of itself.
fn about(office: &Office, relative: &str) -> serde_json::Value {
    let file = File::open(office.path(relative)).expect("data");
    let mut reader = ParquetReader::new(file);
    let known = reader.get_metadata().expect("metadata");
    let known = known.key_value_metadata().as_ref().expect("keys");
    let ours = known.iter().find(|one| one.key == "hebiao");
    let json = ours.and_then(|one| one.value.as_deref());
    serde_json::from_str(json.expect("a description")).expect("JSON")
}

#[test]
fn a_file_of_figures_says_of_itself_what_its_columns_are() {
    let form = FORM
        .replace(
            "due = \"次月10日\"",
            "due = \"次月10日\"\nversion = \"2023.1\"",
        )
        .replace("type = \"count\"\n", "type = \"count\"\nunit = \"项\"\n");
    let office = Office::new(&form);
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(BODY));
    assert!(office.hebiao(&["run", "--now", "2024-01-08T02:00"]).code < 2);

    let about = about(&office, "output/2023-12/data/T01.parquet");
    assert_eq!(about["form"], "T01");
    assert_eq!(about["form_version"], "2023.1");
    assert_eq!(about["period"], "2023-12");
    let growth = &about["columns"][2];
    assert_eq!(growth["id"], "growth");
    assert_eq!(growth["no"], "3");
    // 10 % is kept as 0.1, whatever the heading says.
    assert_eq!(growth["unit"], "1");
    assert_eq!(about["columns"][0]["unit"], "项");
    assert_eq!(about["rows"][3]["label"]["zh"], "其中：学校承担");
}

#[test]
fn an_effect_is_the_share_of_the_citys_figure_that_hangs_on_a_finding() {
    let office = Office::new(FORM);
    // More approvals than applications, in the total and in a part.
    let off = BODY.replacen("| 30 |", "| 130 |", 1);
    let off = off.replace("| 20 | 80 |", "| 120 | 80 |");
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(&off));
    let other = drawn(BODY).replace("巴南区", "丰都县");
    office.sheet("input/2023-12/丰都县.xlsx", &other);
    assert!(office.hebiao(&["run", "--now", "2024-01-08T02:00"]).code < 2);

    let report = office.json("output/2023-12/findings.json");
    let findings = report["findings"].as_array().expect("findings");
    let effect = |variable: &str| {
        let mut about = findings.iter().filter(|f| f["variable"]["id"] == variable);
        about.next().expect("a finding")["effect"].as_f64()
    };
    // 130 of the city's 160, and 120 of its 140.
    assert_eq!(effect("approved[total]"), Some(0.8125));
    assert_eq!(effect("approved[general]"), Some(0.857_142_857_1));
}
