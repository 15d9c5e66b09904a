use crate::kit::{Office, repository};
use hebiao::closing::ClosedFile;
use hebiao::closing::corrections::CorrectionsFile;
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
        (
            "closed.schema.json",
            value(schemars::schema_for!(ClosedFile)),
        ),
        (
            "corrections.schema.json",
            value(schemars::schema_for!(CorrectionsFile<'_>)),
        ),
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
        let report = office.json(&format!("output/2023-12/{file}"));
        let mut wrong = Vec::new();
        Holding {
            root: &schema,
            wrong: &mut wrong,
        }
        .hold("", &schema, &report);
        assert_eq!(wrong, [] as [String; 0], "{file}");
    }
}

#[test]
fn a_report_that_does_not_fit_is_noticed() {
    let (_, schema) = schemas().remove(0);
    let report = serde_json::json!({ "version": "1", "period": "2023-12", "findings": [{}] });
    let mut wrong = Vec::new();
    Holding {
        root: &schema,
        wrong: &mut wrong,
    }
    .hold("", &schema, &report);
    assert!(wrong.iter().any(|w| w.starts_with("/version")), "{wrong:?}");
    assert!(
        wrong.iter().any(|w| w.contains("`rules` is missing")),
        "{wrong:?}"
    );
    assert!(
        wrong.iter().any(|w| w.starts_with("/findings/0")),
        "{wrong:?}"
    );
}

/// Holds a value against the words of JSON Schema that our schemas use.
///
/// The well-kept validators add features to crates that polars is built on, so that the tests
/// would build all of it a second time.
struct Holding<'a> {
    root: &'a serde_json::Value,
    wrong: &'a mut Vec<String>,
}

impl Holding<'_> {
    fn hold(&mut self, at: &str, schema: &serde_json::Value, value: &serde_json::Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self
                .root
                .pointer(reference.trim_start_matches('#'))
                .expect("a definition");
            self.hold(at, target, value);
        }
        for alternatives in [&schema["anyOf"], &schema["oneOf"]] {
            let Some(alternatives) = alternatives.as_array() else {
                continue;
            };
            let fits = alternatives.iter().any(|one| {
                let mut wrong = Vec::new();
                Holding {
                    root: self.root,
                    wrong: &mut wrong,
                }
                .hold(at, one, value);
                wrong.is_empty()
            });
            if !fits {
                self.wrong
                    .push(format!("{at}: {value} fits no alternative"));
            }
        }
        let is = |kind: &serde_json::Value| match kind.as_str().unwrap_or("") {
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            _ => false,
        };
        let kinds = match &schema["type"] {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::Array(kinds) => kinds.iter().collect(),
            kind => vec![kind],
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
            self.wrong
                .push(format!("{at}: {value} is not {}", schema["type"]));
        }
        if !schema["const"].is_null() && schema["const"] != *value {
            self.wrong
                .push(format!("{at}: {value} is not {}", schema["const"]));
        }
        if schema["enum"]
            .as_array()
            .is_some_and(|known| !known.contains(value))
        {
            self.wrong
                .push(format!("{at}: {value} is not one of {}", schema["enum"]));
        }
        if let (Some(items), schema) = (value.as_array(), &schema["items"]) {
            for (index, item) in items.iter().enumerate() {
                self.hold(&format!("{at}/{index}"), schema, item);
            }
        }
        let Some(object) = value.as_object() else {
            return;
        };
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap_or("")) {
                self.wrong.push(format!(
                    "{at}: `{}` is missing",
                    name.as_str().unwrap_or("")
                ));
            }
        }
        for (name, inner) in object {
            let known = &schema["properties"][name];
            let other = &schema["additionalProperties"];
            self.hold(
                &format!("{at}/{name}"),
                if known.is_null() { other } else { known },
                inner,
            );
        }
    }
}
