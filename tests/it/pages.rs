//! The pages about rule files: whatever they show loads, and its examples come out.

use crate::kit::{Office, copy, repository};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

/// The list that what has no other place belongs to.
const LIST: &str = "XS01.toml";

/// The files that a page shows, by name: `<!-- name -->` before a block says where it belongs.
fn shown(page: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut mark = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line
            .strip_prefix("<!-- ")
            .and_then(|l| l.strip_suffix(" -->"))
        {
            mark = Some(name.to_owned());
            continue;
        }
        let language = line.strip_prefix("```");
        if !matches!(language, Some("toml" | "csv")) {
            continue;
        }
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let body = body.join("\n");
        let id = body.lines().find_map(|line| line.strip_prefix("id = \""));
        let id = id
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        let name = match (mark.take(), language) {
            (Some(mark), _) if mark.contains('.') => mark,
            (Some(mark), _) => format!("{mark}.toml"),
            (None, Some("csv")) => "districts.csv".to_owned(),
            (None, _) if body.starts_with("[job]") => "job.toml".to_owned(),
            (None, _) if body.starts_with("[form]") => format!("{id}.toml"),
            (None, _) => LIST.to_owned(),
        };
        let file = files.entry(name).or_default();
        writeln!(file, "{body}").expect("a line");
    }
    let own = files.iter().find(|(_, text)| text.contains("[[override]]"));
    let include = format!("include = [{:?}]", own.map_or("", |(name, _)| name));
    if let Some(job) = files.get_mut("job.toml") {
        *job = job.replace("include = []", &include);
    }
    files
}

fn office(files: &BTreeMap<String, String>) -> Office {
    let office = Office::new("");
    fs::remove_file(office.path("rules/T01.toml")).expect("the form of other tests");
    for (name, text) in files {
        office.put(&format!("rules/{name}"), text.as_bytes());
    }
    office
}

/// What stands between backticks in the last column of the tables from one heading to another.
fn examples<'a>(page: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let start = page.find(from).expect("the heading");
    let end = start + page[start..].find(to).expect("the next heading");
    let rows = page[start..end]
        .lines()
        .filter(|line| line.starts_with('|'));
    let last = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit(" | ").next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn what_the_pages_about_rules_show_loads_and_its_examples_come_out() {
    for (page, from, to, end) in [
        (
            "docs/rules.md",
            "\n## Kinds",
            "\n## Expressions",
            "\n### What is missing",
        ),
        ("docs/rules.zh-CN.md", "| 种类 |", "\n## 式子", "\n### 缺数"),
    ] {
        let text = fs::read_to_string(repository().join(page)).expect("the page");
        let mut files = shown(&text);
        let mut number = 0;
        let mut add = |form: &str, body: &str| {
            number += 1;
            let file = files.entry(form.to_owned()).or_default();
            let head = format!("id = \"P-{number}\"\ntitle = \"{number}\"\nseverity = \"query\"");
            writeln!(file, "[[rule]]\n{head}\naudience = \"city\"\n{body}").expect("a rule");
        };
        for kind in examples(&text, from, to) {
            if kind.contains(" = ") && !kind.starts_with("hebiao") {
                add(LIST, kind);
            }
        }
        for expression in examples(&text, to, end) {
            let signs = ["<", ">", "=", " between ", " in ", "blank", "matches("];
            if expression.len() < 5 || !signs.iter().any(|sign| expression.contains(sign)) {
                continue;
            }
            let (form, each) = match expression {
                e if e.contains("(01)") => ("KT01.toml", "column"),
                e if e.contains("[key]") || e.contains("[02]") => ("KT01.toml", "district"),
                _ => (LIST, "row"),
            };
            add(form, &format!("each = \"{each}\"\ncheck = '{expression}'"));
        }
        assert!(number > 50, "{page}: {number}");
        let said = office(&files).hebiao(&["rules", "check"]);
        assert_eq!(said.code, 0, "{page}: {}", said.err);
    }
}

#[test]
fn the_rules_of_the_five_forms_load_and_their_examples_come_out() {
    let office = Office::new("");
    fs::remove_file(office.path("rules/T01.toml")).expect("the form of other tests");
    copy(&repository().join("rules"), &office.path("rules"));
    let said = office.hebiao(&["rules", "check", "--lang", "en"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("6 forms"), "{}", said.err);
    assert!(
        said.err.contains("0 warnings, 0 wrong examples"),
        "{}",
        said.err
    );
}

#[test]
fn what_the_guide_and_the_page_of_thresholds_show_goes_with_the_rules_of_the_city() {
    for page in ["new-form", "published-figures", "thresholds"] {
        for ending in ["md", "zh-CN.md"] {
            let page = format!("docs/{page}.{ending}");
            let text = fs::read_to_string(repository().join(&page)).expect("the page");
            let office = Office::new("");
            fs::remove_file(office.path("rules/T01.toml")).expect("the form of other tests");
            copy(&repository().join("rules"), &office.path("rules"));
            let files = shown(&text);
            assert!(!files.is_empty(), "{page}");
            for (name, text) in files {
                office.put(&format!("rules/{name}"), text.as_bytes());
            }
            let said = office.hebiao(&["rules", "check", "--lang", "en"]);
            assert_eq!(said.code, 0, "{page}: {}", said.err);
            assert!(
                said.err.contains("0 warnings, 0 wrong examples"),
                "{page}: {}",
                said.err
            );
        }
    }
}
