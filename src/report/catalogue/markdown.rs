//! The catalogue as Markdown.

use super::{Catalogue, Change, Entry};
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
    let (entry, verb, facts) = match change {
        Change::Added(entry) => (entry, Text::new("新增", "new"), &[][..]),
        Change::Removed(entry) => (entry, Text::new("取消", "gone"), &[][..]),
        Change::Reworded { now, facts } => (now, Text::new("修改", "changed"), &facts[..]),
    };
    let title = escaped(entry.title.get(lang));
    let _ = writeln!(text, "- **{}** {} {title}", verb.get(lang), entry.id);
    for (name, before, now) in facts {
        let (name, before, now) = (name.get(lang), before.get(lang), now.get(lang));
        let sign = if lang == Lang::Zh { "：" } else { ": " };
        let nothing = if lang == Lang::Zh {
            "（无）"
        } else {
            "(none)"
        };
        let or_nothing = |says: &str| {
            if says.is_empty() {
                nothing.to_owned()
            } else {
                shown(says)
            }
        };
        let _ = writeln!(
            text,
            "  - {name}{sign}{} → {}",
            or_nothing(before),
            or_nothing(now)
        );
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
