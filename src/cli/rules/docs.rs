//! `hebiao rules docs`: the catalogue of rules, as workbooks and as Markdown.

use super::write_new;
use crate::cli::{Exit, Folders, Loaded, complain, say};
use crate::report::catalogue::{Catalogue, markdown, workbook};
use crate::words::{Lang, Text};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 写到哪个文件夹 / the folder to write to
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// 以前的规则文件夹，写明与它相比的变动 / an earlier folder of rules, to say what changed since
    #[arg(long, value_name = "DIR")]
    since: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let mut catalogue = Catalogue::of(&loaded.rulebook);
    if let Some(earlier) = &arguments.since {
        let name = earlier.file_name();
        let name = name.map_or_else(|| earlier.to_string_lossy(), |name| name.to_string_lossy());
        let folders = Folders {
            rules: earlier.clone(),
            ..arguments.folders.clone()
        };
        let Some(Loaded { sources, .. }) = folders.load() else {
            return Exit::Failed;
        };
        catalogue = catalogue.since(&name, &sources.as_csv(), &loaded.sources.as_csv());
    }
    if let Err(error) = std::fs::create_dir_all(&arguments.to) {
        let shown = arguments.to.display();
        complain(lang, &format!("建不了文件夹 {shown}"), &error);
        return Exit::Failed;
    }
    let mut files = Vec::new();
    for (lang, name) in [(Lang::Zh, "审核关系目录"), (Lang::En, "rules")] {
        files.push((
            format!("{name}.md"),
            markdown(&catalogue, lang).into_bytes(),
        ));
        match workbook(&catalogue, lang) {
            Ok(bytes) => files.push((format!("{name}.xlsx"), bytes)),
            Err(error) => {
                complain(lang, "目录写不出来", &error);
                return Exit::Failed;
            }
        }
    }
    if !write_new(&arguments.to, &files, lang) {
        return Exit::Failed;
    }
    let (count, shown) = (catalogue.entries.len(), arguments.to.display());
    let since = catalogue.since.as_ref();
    let since = since.map_or_else(Text::default, |(name, changes)| {
        let changes = changes.len();
        both!(
            "；与 {name} 相比变动 {changes} 条",
            "; {changes} changed since {name}"
        )
    });
    let Text { zh, en } = since;
    let text = both!(
        "审核关系和标准 {count} 条，写在 {shown}{zh}",
        "{count} rules and limits, written to {shown}{en}"
    );
    say(text.get(lang));
    Exit::Clean
}
