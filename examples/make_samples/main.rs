//! Writes the sample submissions: what 41 districts sent in three months.
//!
//! `cargo run --release --example make_samples [-- FOLDER] [--planted LIST]` writes to `input`
//! unless told otherwise. The same bytes come out every time, and the city's totals are the
//! published ones; the way a district gets there is invented. `--planted` also writes the list of
//! slips that the tests hold against the findings. What comes late waits in the folder `late`.

mod city;
mod dress;
mod figures;
mod frame;
mod funding;
mod jf01;
mod jh01;
mod ky01;
mod page;
mod planted;
mod px01;
mod schools;
mod sending;
mod teachers;
mod write;
mod xx01;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::city::{City, Period};
use crate::funding::Funding;
use crate::jh01::Indicators;
use crate::sending::{Sending, Sources};
use crate::teachers::Training;

const PERIODS: [Period; 3] = [
    Period {
        year: 2022,
        month: 12,
    },
    Period {
        year: 2023,
        month: 11,
    },
    Period {
        year: 2023,
        month: 12,
    },
];

/// A report that a run gave back on one of these files, sent in again as it was: nothing of it is
/// a submission.
const RETURNED: (&str, &[u8]) = (
    "2023-12/巴南区/审核反馈-2023年12月-巴南区-KY01.xlsx",
    include_bytes!("returned.xlsx"),
);

fn main() -> Result<(), Box<dyn Error>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut target = PathBuf::from("input");
    let mut list = None;
    let mut arguments = env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--planted" {
            list = Some(
                arguments
                    .next()
                    .ok_or("--planted needs the path of the list")?,
            );
        } else {
            target = argument.into();
        }
    }

    let districts = city::register(&project.join("rules/districts.csv"))?;
    let sources = Sources {
        city: City::new(&districts),
        funding: Funding::new(&districts),
        training: Training::new(&districts),
        indicators: Indicators::new(&districts),
    };
    let mut notes = Vec::new();
    let mut paths = BTreeSet::new();
    for period in PERIODS {
        for district in districts.iter().enumerate() {
            let (sendings, found) = sending::all(&sources, district, period);
            for sending in sendings {
                let path = sending.path();
                save(&target.join(&path), &sending)?;
                if !paths.insert(path) {
                    return Err(format!("two files are called {}", sending.path).into());
                }
            }
            notes.extend(found);
        }
        notes.extend(sending::of_the_city(period));
    }
    let (path, report) = RETURNED;
    let path = PathBuf::from(path);
    fs::create_dir_all(target.join(&path).parent().expect("a file has a folder"))?;
    fs::write(target.join(path), report)?;
    if let Some(list) = list {
        fs::write(list, planted::list(&notes))?;
    }
    // A closed pipe is no reason to fail.
    let _ = writeln!(io::stdout(), "{} files", paths.len() + 1);
    Ok(())
}

/// Writes a workbook, or only its first so many percent, as a broken transfer leaves it.
fn save(path: &Path, sending: &Sending) -> Result<(), Box<dyn Error>> {
    let bytes = sending.kind.bytes(&sending.book)?;
    let kept = bytes.len() * sending.arrived / 100;
    fs::create_dir_all(path.parent().expect("a file has a folder"))?;
    fs::write(path, &bytes[..kept])?;
    Ok(())
}
