use crate::kit::{Office, repository};
use hebiao::report::machine::{FindingsFile, RunFile};
use hebiao::rulebook::written::{FormFile, JobFile};
use std::fs;

fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    let value = |schema: schemars::Schema| schema.to_value();
    vec![
        (
            "findings.schema.json",
            value(schemars::schema_for!(FindingsFile<'_>)),
        ),
        ("run.schema.json", value(schemars::schema_for!(RunFile<'_>))),
        ("form.schema.json", value(schemars::schema_for!(FormFile))),
        ("job.schema.json", value(schemars::schema_for!(JobFile))),
    ]
}

/// The published schemas are those of the structs. Run with `UPDATE_SCHEMAS=1` after a change.
#[test]
fn the_published_schemas_are_those_of_the_program() {
    for (name, schema) in schemas() {
        let path = repository().join("docs/schema").join(name);
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).expect("written");
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            text,
            "{name}"
        );
    }
}

#[test]
fn what_is_published_fits_the_published_schemas() {
    let office = Office::with_samples(&["2023-11", "2023-12"]);
    office.hebiao(&["run", "--now", "2024-01-08T02:00"]);
    for (file, schema) in [
        ("findings.json", "findings.schema.json"),
        ("run.json", "run.schema.json"),
    ] {
        let schema = fs::read(repository().join("docs/schema").join(schema)).expect("a schema");
        let schema: serde_json::Value = serde_json::from_slice(&schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let report = office.json(&format!("output/2023-12/{file}"));
        let wrong: Vec<String> = validator
            .iter_errors(&report)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(wrong, [] as [String; 0], "{file}");
    }
}
