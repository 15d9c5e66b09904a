//! The catalogue as Markdown.

use super::{Catalogue, Change, Entry, What};
use crate::words::{Lang, Text};
use std::fmt::Write;

/// The catalogue as Markdown, in one language.
pub fn markdown(catalogue: &Catalogue, lang: Lang) -> String {
    let pick = |zh: &'static str, en: &'static str| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut text = format!("# {}\n", pick("审核关系目录", "The rules"));
    let _ = writeln!(text, "\n{}", catalogue.office);
    if let Some((name, changes)) = &catalogue.since {
        let _ = match lang {
            Lang::Zh => writeln!(text, "\n## 与 {name} 相比\n"),
            Lang::En => writeln!(text, "\n## Since {name}\n"),
        };
        if changes.is_empty() {
            let _ = writeln!(text, "{}", pick("没有变动。", "Nothing changed."));
        }
        for change in changes {
            changed(&mut text, change, lang);
        }
    }
    for (id, title, version) in &catalogue.forms {
        let _ = writeln!(text, "\n## {id} {}\n", title.get(lang));
        let _ = match lang {
            Lang::Zh => writeln!(text, "报表制度版本 {version}"),
            Lang::En => writeln!(text, "version {version}"),
        };
        let of_form = |entry: &&Entry| entry.form == *id;
        for entry in catalogue.entries.iter().filter(of_form) {
            let _ = writeln!(
                text,
                "\n### {} {}\n",
                entry.id,
                escaped(entry.title.get(lang))
            );
            for fact in entry
                .facts
                .iter()
                .filter(|fact| fact.says != Text::default())
            {
                let says = shown(fact.says.get(lang));
                let _ = writeln!(text, "- {}{}{says}", fact.name.get(lang), pick("：", ": "));
            }
        }
    }
    text
}

fn changed(text: &mut String, change: &Change, lang: Lang) {
    let Change { entry, title, what } = change;
    let verb = what.words();
    let (entry, title) = (escaped(entry), escaped(title));
    let _ = writeln!(text, "- **{}** {entry} {title}", verb.get(lang));
    let What::Changed(keys) = what else { return };
    let nothing = Text::new("（无）", "(none)");
    let or_nothing = |says: &str| match says {
        "" => nothing.get(lang).to_owned(),
        says => escaped(&says.replace('\n', " ")),
    };
    let sign = if lang == Lang::Zh { "：" } else { ": " };
    for (key, before, now) in keys {
        let (before, now) = (or_nothing(before), or_nothing(now));
        let _ = writeln!(text, "  - {}{sign}{before} → {now}", escaped(key));
    }
}

/// Formulas and messages stand as they are; several lines under each other.
fn shown(says: &str) -> String {
    let lines: Vec<String> = says.lines().map(escaped).collect();
    match lines.as_slice() {
        [one] => one.clone(),
        several => format!("\n  - {}", several.join("\n  - ")),
    }
}

/// Signs that Markdown would take for its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' | '|'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
