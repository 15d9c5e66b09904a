//! `hebiao rules new` and `hebiao rules import`: rule files out of what an office has.

use super::{out, write_new};
use crate::cli::{Exit, Folders, Loaded, say};
use crate::job;
use crate::rulebook::import::{List, import};
use crate::rulebook::written::Each;
use crate::words::Text;
use crate::worker::pool::Pool;
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// 审核关系表：编号、表号、类型、审核关系、级别、提示语 / the list: .xlsx, .xls, .csv …
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 写到哪个文件夹；不写则显示在屏幕上 / the folder to write to; to the screen if not given
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewArguments {
    /// 空白的或填好的报表 / a blank or filled form
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 哪张工作表；不写则取栏目最多的 / which sheet; the one with the most columns if not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn new(arguments: &NewArguments) -> Exit {
    // Where the first form is drafted there are no rules yet, and the file that the draft goes to
    // may be there already, empty.
    let Some(loaded) = arguments.folders.load_job() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let Some(pool) = pool(&arguments.folders, &loaded) else {
        return Exit::Failed;
    };
    let drafts = match job::draft_forms(&arguments.file, &pool) {
        Ok(drafts) => drafts,
        Err(why) => {
            say(why.get(lang));
            return Exit::Failed;
        }
    };
    let wanted = |name: &str| arguments.sheet.as_deref().is_none_or(|sheet| sheet == name);
    let columns = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("[columns."))
            .count()
    };
    let mut why = Text::new("没有这张工作表", "there is no such sheet");
    let mut best: Option<String> = None;
    for (_, draft) in drafts.into_iter().filter(|(name, _)| wanted(name)) {
        match draft {
            Ok(text) if best.as_ref().is_none_or(|b| columns(b) < columns(&text)) => {
                best = Some(text);
            }
            Ok(_) => {}
            Err(reason) => why = reason,
        }
    }
    let Some(text) = best else {
        say(why.get(lang));
        return Exit::Failed;
    };
    out(text.trim_end());
    Exit::Clean
}

pub(super) fn import_list(arguments: &ImportArguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let Some(pool) = pool(&arguments.folders, &loaded) else {
        return Exit::Failed;
    };
    let sheets = match job::read_sheets(&arguments.file, &pool) {
        Ok(sheets) => sheets,
        Err(why) => {
            say(why.get(lang));
            return Exit::Failed;
        }
    };
    let attempt = |form: &str, each: Each, expression: &str| {
        crate::check::attempt(&loaded.rulebook, form, each, expression)
    };
    let lists: Vec<Result<List, Text>> = sheets.iter().map(|rows| import(rows, &attempt)).collect();
    let Some(first) = lists.first() else {
        say(Text::new("文件里没有工作表", "the file has no sheet").get(lang));
        return Exit::Failed;
    };
    if lists.iter().all(Result::is_err) {
        if let Err(why) = first {
            say(why.get(lang));
        }
        return Exit::Failed;
    }
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let (mut read, mut unread) = (0, 0);
    for list in lists.into_iter().flatten() {
        for rule in list.rules {
            let form = &rule.form;
            let head = || format!("[rules]\nform = \"{form}\"\n");
            let text = files.entry(rule.form.clone()).or_insert_with(head);
            let _ = write!(text, "\n{}\n", rule.toml.trim_end());
            read += 1;
        }
        for line in list.unread {
            let (row, relation, why) = (line.row, line.relation, line.why);
            let text = Text::new(
                format!("第 {row} 行没有读懂：{relation}\n  {}", why.zh),
                format!("row {row} could not be read: {relation}\n  {}", why.en),
            );
            say(text.get(lang));
            unread += 1;
        }
    }
    if let Some(folder) = &arguments.to {
        let files = files.into_iter();
        let files = files.map(|(form, text)| (format!("{form}-审核关系.toml"), text.into_bytes()));
        if !write_new(folder, &files.collect::<Vec<_>>(), lang) {
            return Exit::Failed;
        }
    } else {
        for text in files.values() {
            out(text);
        }
    }
    let text = both!(
        "变成审核关系 {read} 条，没有读懂 {unread} 条；请补上例子后运行 hebiao rules check",
        "{read} rules made, {unread} lines not read; add examples, then run `hebiao rules check`"
    );
    say(text.get(lang));
    if unread > 0 {
        Exit::ForPeople
    } else {
        Exit::Clean
    }
}

/// The workers that read a file which staff name; told and none where they can't be started.
fn pool(folders: &Folders, loaded: &Loaded) -> Option<Pool> {
    let order = folders.order(loaded)?;
    Some(job::pool(&order, &loaded.rulebook, &loaded.sources))
}
