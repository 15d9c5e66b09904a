//! How the cost of checking grows with rules and with records.
//!
//! `cargo bench --bench rules` looks at lists of up to 200,000 records with up to a thousand
//! rules of the kinds that offices have, and prints beside each time the floor: as many bare
//! passes over two columns of the same length. Nothing is asserted; the ratio is what to watch.

use hebiao::check::run::{Batch, Owner, check};
use hebiao::check::tables::Tables;
use hebiao::expr::Link;
use hebiao::finding::Unit;
use hebiao::period::Period;
use hebiao::rulebook::Rulebook;
use hebiao::rulebook::rule::Rule;
use hebiao::rulebook::source::Sources;
use hebiao::table::{CellDress, Draft, DraftColumn, Dress, Table, Words};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

const FORM: &str = r#"
[form]
id = "B01"
title = "学校"
rows = "list"
key = ["code"]
[columns]
code = { label = "代码", type = "code" }
stage = { label = "学段", type = "text" }
pupils = { label = "在校生数", type = "number", unit = "人" }
boys = { label = "男生", type = "number", unit = "人" }
girls = { label = "女生", type = "number", unit = "人" }
classes = { label = "班数", type = "number", unit = "人" }
spent = { label = "经费", type = "money", unit = "万元" }
rate = { label = "占比", type = "percent" }
"#;

/// What a thousand rules are made of: plain comparisons, sums, quotients, growth, words,
/// conditions, and every twentieth a statistic by group.
const CHECKS: [&str; 20] = [
    "boys <= pupils",
    "girls <= pupils",
    "pupils = boys + girls",
    "pupils >= classes",
    "rate <= 100%",
    "share(boys, pupils) <= 100%",
    "pupils / classes <= 60",
    "spent >= 0",
    "spent * 10000 / pupils >= 3",
    "growth(pupils) between -30% and 300%",
    "pupils >= last_year(pupils) - 1000",
    "stage in (“小学”, “初中”)",
    "stage = “小学” or pupils >= 1",
    "not (pupils < classes)",
    "abs(boys - girls) <= 10000",
    "pupils is not blank",
    "boys + girls - pupils <= 1",
    "girls between 0 and 5000",
    "round(spent, 2) = spent",
    "pupils <= 50 * median(pupils by stage)",
];

fn rulebook(rules: usize) -> Rulebook {
    let mut text = FORM.to_owned();
    for at in 0..rules {
        let check = CHECKS[at % CHECKS.len()];
        writeln!(
            text,
            "[[rule]]\nid = \"R{at}\"\ntitle = \"r\"\nseverity = \"query\"\ncheck = \"{check}\""
        )
        .expect("a rule");
    }
    let mut sources = Sources::default();
    let register = "code,name,org_name,region\n1,甲区,甲区教委,东\n";
    let files = &mut sources.files;
    files.insert("districts.csv".to_owned(), register.to_owned());
    files.insert("B01.toml".to_owned(), text);
    match Rulebook::load(&sources, Vec::new()) {
        Ok((rulebook, _)) => rulebook,
        Err(wrong) => panic!("{:#?}", wrong.problems),
    }
}

/// Records that keep nearly all rules; a few of each thousand don't.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn table(records: usize) -> Table {
    let number =
        |make: &dyn Fn(usize) -> f64| DraftColumn::Numbers((0..records).map(make).collect());
    let mut codes = Words::default();
    let mut stages = Words::default();
    for record in 0..records {
        codes.push(&format!("{record:010}"));
        stages.push(if record % 3 == 0 { "初中" } else { "小学" });
    }
    let boys = |record: usize| (record * 7 % 400) as f64 + 50.0;
    let girls = |record: usize| (record * 11 % 400) as f64 + 50.0;
    let off = |record: usize| f64::from(u8::from(record.is_multiple_of(997)));
    let columns = vec![
        DraftColumn::Words(codes),
        DraftColumn::Words(stages),
        number(&|r| boys(r) + girls(r) + off(r)),
        number(&boys),
        number(&girls),
        number(&|r| (r % 20) as f64 + 10.0),
        number(&|r| hebiao::number::shift((r * 13 % 100_000) as f64, -2)),
        number(&|r| hebiao::number::shift((r % 1000) as f64, -3)),
    ];
    let draft = Draft {
        records,
        dress: Dress {
            usual: vec![CellDress::default(); columns.len()],
            ..Dress::default()
        },
        columns,
        ..Draft::default()
    };
    draft.into()
}

fn time(mut run: impl FnMut()) -> Duration {
    let once = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..3).map(|_| once(&mut run)).min().unwrap_or_default()
}

/// As many passes over two columns as there are rules, on all cores.
fn floor(table: &Table, rules: usize) -> Duration {
    let all = 0..table.records();
    let (a, b) = (table.floats(2, all.clone()), table.floats(3, all));
    time(|| {
        let failed: usize = (0..rules)
            .into_par_iter()
            .map(|_| {
                let pairs = black_box(&a).iter().zip(black_box(&b));
                pairs.filter(|(a, b)| a < b).count()
            })
            .sum();
        black_box(failed);
    })
}

fn main() {
    println!(
        "{:>8} {:>6} {:>10} {:>10} {:>6}",
        "records", "rules", "ms", "floor ms", "ratio"
    );
    for (records, rules) in [
        (20_000, 100),
        (20_000, 1_000),
        (200_000, 100),
        (200_000, 1_000),
    ] {
        let rulebook = rulebook(rules);
        let (now, before) = (table(records), table(records));
        let period = Period::new(2023, 12).expect("a month");
        let find = |_: usize, of: Period, _: usize| Some(if of == period { &now } else { &before });
        let tables = Tables {
            forms: &rulebook.forms,
            period,
            find: &find,
            has_breaks: true,
            is_new: &|_| false,
        };
        let owner = Owner {
            district: 0,
            unit: Unit::default(),
            file: "",
        };
        let own = &rulebook.rules[0];
        let links: BTreeSet<Link> = own.iter().flat_map(Rule::links).collect();
        let batches = [Batch::new(
            0,
            Cow::Borrowed(&now),
            vec![owner],
            &links,
            &tables,
        )];
        let taken = time(|| {
            let failed: u64 = own
                .par_iter()
                .map(|rule| check(rule, 0, &batches, &tables).counts.failed)
                .sum();
            black_box(failed);
        });
        let floor = floor(&now, rules);
        let (ms, bare) = (taken.as_secs_f64() * 1e3, floor.as_secs_f64() * 1e3);
        println!(
            "{records:>8} {rules:>6} {ms:>10.0} {bare:>10.1} {:>6.1}",
            ms / bare
        );
    }
}
