//! `hebiao reopen 2023-12 --why "…"`: 解封.

use super::{Exit, Folders, close, complain, say};
use crate::baseline::Baseline;
use crate::closing;
use crate::period::Period;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 要解封的报告期 / the period
    #[arg(value_name = "2023-12", value_parser = Period::parse)]
    period: Period,
    /// 为什么解封 / why
    #[arg(long, value_name = "TEXT", value_parser = close::text)]
    why: String,
    /// 谁解封的 / who reopens it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let (lang, period) = (loaded.lang, arguments.period);
    let output = &arguments.folders.output;
    let now = arguments.folders.now(&loaded.rulebook);
    let asked = (arguments.why.clone(), arguments.by.clone());
    match closing::reopen(output, period, now, asked) {
        Ok(None) => {
            let text = both!(
                "{period} 没有封库，不用解封",
                "{period} is not closed, so there is nothing to reopen"
            );
            say(text.get(lang));
            Exit::Clean
        }
        Ok(Some(closing)) => {
            let at = &closing.at;
            let text = both!(
                "{period} 已解封（原于 {at} 封库），原来的数和原因留在 accepted/{period}/",
                "{period} is open again (it was closed at {at}); the former figures and the reason stay in accepted/{period}/"
            );
            say(text.get(lang));
            let text = both!(
                "再封以前先运行 hebiao run --period {period}：封库期间发布的还是那时验收的数",
                "before closing it again run `hebiao run --period {period}`: what was published while it was closed are the figures of then"
            );
            say(text.get(lang));
            let resting = Baseline::resting_on(&loaded.rulebook, output, period);
            let names = |is_closed: bool| {
                let later = resting.iter();
                let later = later.filter(|later| closing::is_closed(output, **later) == is_closed);
                later.map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            let (open, closed) = (names(false), names(true));
            if !open.is_empty() {
                let text = both!(
                    "以它为对比数的以后各期：{open}，重新封库以前按暂数对比，请重新运行",
                    "later months that compare with it: {open}; until it is closed again they compare with provisional figures: run them again"
                );
                say(text.get(lang));
            }
            if !closed.is_empty() {
                let text = both!(
                    "以它为对比数、已经封库的：{closed}，已验收的数不变；要改的另列更正",
                    "closed months that compare with it: {closed}; their accepted figures stand, and changes are corrections"
                );
                say(text.get(lang));
            }
            Exit::Clean
        }
        Err(error) => {
            complain(lang, &close::words(&error), &error);
            Exit::Failed
        }
    }
}
