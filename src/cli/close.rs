//! `hebiao close 2023-12`: 封库.

use super::{Exit, Folders, complain, say};
use crate::baseline::Standing;
use crate::baseline::earlier::{self, Earlier};
use crate::closing::corrections::told_of_rules;
use crate::closing::open::Obstacles;
use crate::closing::{self, Closing, Error, Manifest, Month, Order, Verdict};
use crate::period::Period;
use crate::publish;
use crate::rulebook::source::Sources;
use crate::words::{Lang, Text};
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;

/// How many of each kind are named.
const NAMED: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 要封库的报告期 / the period
    #[arg(value_name = "2023-12", value_parser = Period::parse)]
    period: Period,
    /// 还有没办完的也封库，写明保留意见；它会印在结果上 / close with something open, and say why: it is printed with the results
    #[arg(long, value_name = "TEXT", value_parser = text)]
    with_reservations: Option<String>,
    /// 谁封的 / who closes it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

/// A text that says something.
pub(super) fn text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("请写明原因 / say why".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let period = arguments.period;
    let order = Order {
        output: &arguments.folders.output,
        input: &arguments.folders.input,
        period,
        now: arguments.folders.now(&loaded.rulebook),
        by: arguments.by.clone(),
        reservations: arguments.with_reservations.clone(),
    };
    let told = |text: Text| say(text.get(lang));
    match closing::close(&order) {
        Ok(Verdict::Closed(closing)) => {
            told(closed(period, &closing));
            other_rules(&closing, &loaded.sources, lang);
            if let Some(text) = rests_on_open(order.output, period) {
                told(text);
            }
            told(both!(
                "要出定稿（已验收、不带“未定案”），运行 hebiao run --period {period}",
                "for the final reports run `hebiao run --period {period}`"
            ));
            Exit::Clean
        }
        Ok(Verdict::Already(closing)) => {
            let at = &closing.at;
            told(both!(
                "{period} 已于 {at} 封库，数没有变",
                "{period} was closed at {at}, and its figures have not changed"
            ));
            other_rules(&closing, &loaded.sources, lang);
            if let Some(text) = rests_on_open(order.output, period) {
                told(text);
            }
            Exit::Clean
        }
        Ok(Verdict::Differs(closing, count)) => {
            let at = &closing.at;
            told(both!(
                "{period} 已于 {at} 封库；此后发布的有 {count} 处与已验收的不同，列在 corrections.json。已验收的数不变。\n要改用新数的，逐条写进 rules/revisions.csv；要整月重来的，先 hebiao reopen {period} --why “原因”",
                "{period} was closed at {at}; what was published since differs from what was accepted in {count} places, see corrections.json. The accepted figures stand.\nTo compare with new figures put them into rules/revisions.csv; to do the month again run `hebiao reopen {period} --why \"…\"` first"
            ));
            Exit::ForPeople
        }
        Ok(Verdict::Open(obstacles)) => {
            refuse(period, &obstacles, lang);
            Exit::ForPeople
        }
        Err(error) => {
            complain(lang, &words(&error), &error);
            Exit::Failed
        }
    }
}

/// That the month is closed now, and with what open.
fn closed(period: Period, closing: &Closing) -> Text {
    let Some(reservations) = &closing.reservations else {
        return both!("{period} 已封库", "{period} is closed");
    };
    let open = counted(&closing.open);
    if closing.open.is_empty() {
        return both!(
            "{period} 已封库（保留意见：{reservations}）",
            "{period} is closed (reservations: {reservations})"
        );
    }
    let (zh, en) = (open.zh, open.en);
    both!(
        "{period} 已封库，保留意见：{reservations}。没办完的：{zh}",
        "{period} is closed with reservations: {reservations}. Still open: {en}"
    )
}

/// All counts in a line.
fn counted(open: &BTreeMap<closing::open::Kind, u64>) -> Text {
    let words: Vec<Text> = open.iter().map(|(kind, n)| kind.words(*n)).collect();
    let joined = |lang: Lang, between: &str| {
        let words: Vec<&str> = words.iter().map(|words| words.get(lang)).collect();
        words.join(between)
    };
    Text::new(joined(Lang::Zh, "，"), joined(Lang::En, "; "))
}

/// What is in the way: how many of each kind, and the first of them by name.
fn refuse(period: Period, obstacles: &Obstacles, lang: Lang) {
    let counts = counted(&obstacles.counts());
    let (zh, en) = (counts.zh, counts.en);
    let text = both!(
        "{period} 还不能封库：{zh}",
        "{period} cannot be closed yet: {en}"
    );
    say(text.get(lang));
    for (kind, named) in &obstacles.named {
        say(&format!("  {}", kind.words(named.len() as u64).get(lang)));
        for name in named.iter().take(NAMED) {
            say(&format!("    {}", name.get(lang)));
        }
        let rest = named.len().saturating_sub(NAMED);
        if rest > 0 {
            let text = both!("    另有 {rest} 条", "    and {rest} more");
            say(text.get(lang));
        }
    }
    let text = both!(
        "办完后重新运行 hebiao run --period {period}，再封库；确要现在封的，写明保留意见：hebiao close {period} --with-reservations “…”",
        "settle them, run `hebiao run --period {period}` and close it then; to close it as it is say why: `hebiao close {period} --with-reservations \"…\"`"
    );
    say(text.get(lang));
}

/// That the month is compared with months that are open, as they stand now.
fn rests_on_open(output: &Path, period: Period) -> Option<Text> {
    let known = Manifest::read(output, period)?.compared_with.into_iter();
    let open = known.filter_map(|one| {
        let (month, of) = (Month::of(output, one.period), (one.period, one.form));
        let is_open = month.closing().is_none();
        is_open.then(|| Earlier::of(&month, of, Standing::Provisional))
    });
    let Text { zh, en } = earlier::why(&open.collect::<Vec<_>>())?;
    Some(both!(
        "{period} 的对比数是暂数：{zh}。这些期封库以后，再运行 hebiao run --period {period}，增长才是定数",
        "{period} is compared with provisional figures: {en}. Once that is closed run `hebiao run --period {period}` again: its growth is final then"
    ))
}

/// That the rules have changed since the run that was accepted.
fn other_rules(closing: &Closing, sources: &Sources, lang: Lang) {
    let names = closing::other_rules(closing, sources);
    if !names.is_empty() {
        say(told_of_rules(&names).get(lang));
    }
}

/// What people are told, before the chain of causes.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::NotPublished { period, .. } => {
            format!("{period} 还没有发布过结果，请先运行 hebiao run --period {period}")
        }
        Error::RunWhileClosed { period } => format!(
            "{period} 上次运行时是封库的，发布的还是那时验收的数，请先重新运行 hebiao run --period {period}"
        ),
        Error::Edited { path } => format!(
            "{} 在上次运行以后改过或没有了，请先重新运行这一期",
            path.display()
        ),
        Error::Stale { period, files } => format!(
            "{period} 的报送文件在上次运行以后有变化（{}），请先重新运行这一期",
            files.join("、")
        ),
        Error::NoSubmissions { path } => format!("报送文件夹 {} 不在", path.display()),
        Error::Damaged { path } => format!(
            "{} 不是封库时写的样子（被改动或损坏），请从备份恢复；没有备份的，解封后重新封库（closed.json 自己坏了或没有了的，先把它所在的文件夹移到别处）",
            path.display()
        ),
        Error::Read { path, .. } => format!("{} 读不出来，请检查权限", path.display()),
        Error::Understand { path, .. } => {
            format!("{} 看不懂，请先重新运行这一期", path.display())
        }
        Error::Publish(publish::Error::Busy { lock }) => {
            format!(
                "另一次运行还没有结束（锁文件 {}），请稍后再试",
                lock.display()
            )
        }
        Error::Publish(_) => "没有写成，原有状态保持不变".to_owned(),
    }
}
