//! `hebiao template`: blank workbooks for the districts, with what is known of last year in them.

use super::{Exit, Folders, Loaded, complain, say};
use crate::job::{self, Order};
use crate::log::Log;
use crate::period::Period;
use crate::report::template::{self, Wanted};
use crate::rulebook::Rulebook;
use crate::words::Text;
use chrono::{Datelike, NaiveDate};
use clap::Args;
use rayon::prelude::*;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder that templates go to, where none is named: a folder a period in it.
const FOLDER: &str = "templates";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 报告期；不写则为下一个要报的报告期 / the period; the next that is due if not given
    #[arg(long, value_name = "2024-01", value_parser = Period::parse)]
    period: Option<Period>,
    /// 填报单位的代码或名称；不写则每个单位一份 / a district by code or name; all if not given
    #[arg(long, value_name = "CODE")]
    district: Vec<String>,
    /// 表号；不写则为这一期要报的全部报表 / a form; all that are due if not given
    #[arg(long, value_name = "ID")]
    form: Vec<String>,
    /// 写到哪个文件夹；已有的文件不覆盖 / the folder to write to; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    if !arguments.folders.recover(loaded.lang) {
        return Exit::Failed;
    }
    match write(arguments, &loaded) {
        Ok(told) => {
            say(told.get(loaded.lang));
            Exit::Clean
        }
        Err(None) => Exit::Failed,
        Err(Some(why)) => {
            say(why.get(loaded.lang));
            Exit::Failed
        }
    }
}

/// Writes the workbooks and says how many; why not, where that is not told yet.
fn write(arguments: &Arguments, loaded: &Loaded) -> Result<Text, Option<Text>> {
    let (rulebook, lang) = (&loaded.rulebook, loaded.lang);
    let order = arguments.folders.order(loaded).ok_or(None)?;
    let period = arguments
        .period
        .or_else(|| next_due(rulebook, order.now.date()))
        .ok_or_else(|| Some(Text::new("没有要报的报表", "no form is asked for")))?;
    let forms = forms(arguments, rulebook, period)?;
    let districts = districts(arguments, rulebook, period)?;
    let pool = job::pool(&order, rulebook, &loaded.sources);
    let log = Log::new(lang, false, false, false);
    let order = Order {
        period: Some(period),
        ..order
    };
    let baseline = match job::baseline(&order, rulebook, &pool, period, &[], &log) {
        Ok(baseline) => baseline,
        Err(error) => {
            complain(lang, &super::run::words(&error), &error);
            return Err(None);
        }
    };
    let wanted = |district: &usize| Wanted {
        rulebook,
        period,
        district: *district,
        forms: &forms,
        baseline: &baseline,
        lang,
    };
    let default = Path::new(FOLDER).join(period.to_string());
    let folder = arguments.to.clone().unwrap_or(default);
    // Looked at for all of them first, so that no half of a set is written.
    for district in &districts {
        let path = folder.join(template::name(&wanted(district)));
        if path.exists() {
            return Err(Some(is_there(&path)));
        }
    }
    let made: Vec<_> = districts
        .par_iter()
        .map(|district| {
            let wanted = wanted(district);
            let bytes = template::write(&wanted).map_err(|error| error.to_string());
            (template::name(&wanted), bytes)
        })
        .collect();
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return Err(Some(not_written(&folder, &error.to_string())));
    }
    for (name, bytes) in made {
        let path = folder.join(name);
        let bytes = bytes.map_err(|error| Some(not_written(&path, &error)))?;
        let written = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(&bytes));
        if let Err(error) = written {
            return Err(Some(match error.kind() {
                ErrorKind::AlreadyExists => is_there(&path),
                _ => not_written(&path, &error.to_string()),
            }));
        }
    }
    let (count, shown) = (districts.len(), folder.display());
    let names = forms.iter().map(|at| rulebook.forms[*at].id.as_str());
    let names = names.collect::<Vec<_>>().join(" ");
    Ok(both!(
        "{period} 的模板写好 {count} 份（{names}），在 {shown}",
        "{count} templates for {period} ({names}) written to {shown}"
    ))
}

fn is_there(path: &Path) -> Text {
    let shown = path.display();
    both!(
        "{shown} 已经有了，不覆盖；没有写任何文件。请改名、删去，或用 --to 指定别的文件夹",
        "{shown} is there already and not overwritten: rename or delete it, or name another folder with --to"
    )
}

fn not_written(path: &Path, why: &str) -> Text {
    let shown = path.display();
    both!("写不了 {shown}：{why}", "cannot write {shown}: {why}")
}

/// The earliest period in which a form is still to be sent.
fn next_due(rulebook: &Rulebook, today: NaiveDate) -> Option<Period> {
    let month = i64::from(today.year()) * 12 + i64::from(today.month0());
    // The month that is over is reported in the one that follows it.
    let mut periods = (month - 1..month + 12).filter_map(|month| {
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        Period::new(year, u32::try_from(month.rem_euclid(12)).ok()? + 1)
    });
    let is_due = |period: &Period| {
        let mut forms = 0..rulebook.forms.len();
        forms.any(|form| {
            rulebook.forms[form].is_due_in(*period)
                && match rulebook.usual_due(form, *period) {
                    Some(due) => due >= today,
                    None => (period.year(), period.month()) >= (today.year(), today.month()),
                }
        })
    };
    periods.find(is_due)
}

/// The forms that are asked for: by number, or by the sheet that they stand on.
fn forms(
    arguments: &Arguments,
    rulebook: &Rulebook,
    period: Period,
) -> Result<Vec<usize>, Option<Text>> {
    let all = rulebook.forms.iter().enumerate();
    let due: Vec<usize> = all
        .filter(|(_, form)| form.is_due_in(period))
        .map(|(at, _)| at)
        .collect();
    let is_named = |at: usize, id: &str| {
        let form = &rulebook.forms[at];
        form.id == id || form.print.sheet.as_deref() == Some(id)
    };
    for id in &arguments.form {
        let known = (0..rulebook.forms.len()).any(|at| is_named(at, id));
        if !known {
            return Err(Some(both!("没有表号 `{id}`", "there is no form `{id}`")));
        }
        if !due.iter().any(|at| is_named(*at, id)) {
            return Err(Some(both!(
                "{id} 在 {period} 不要求报",
                "{id} is not asked for in {period}"
            )));
        }
    }
    let asked =
        |at: &usize| arguments.form.is_empty() || arguments.form.iter().any(|id| is_named(*at, id));
    let forms: Vec<usize> = due.into_iter().filter(asked).collect();
    if forms.is_empty() {
        return Err(Some(both!(
            "{period} 没有要报的报表",
            "no form is asked for in {period}"
        )));
    }
    Ok(forms)
}

fn districts(
    arguments: &Arguments,
    rulebook: &Rulebook,
    period: Period,
) -> Result<Vec<usize>, Option<Text>> {
    let all: Vec<usize> = rulebook.register.due(period).map(|(at, _)| at).collect();
    let mut asked = Vec::new();
    for name in &arguments.district {
        let is_named = |at: &&usize| {
            let district = &rulebook.register.districts[**at];
            district.code == *name || district.name == *name
        };
        match all.iter().find(is_named) {
            Some(at) => asked.push(*at),
            None => {
                return Err(Some(both!(
                    "{period} 的填报单位里没有 `{name}`",
                    "`{name}` is no district that reports in {period}"
                )));
            }
        }
    }
    Ok(if asked.is_empty() { all } else { asked })
}
