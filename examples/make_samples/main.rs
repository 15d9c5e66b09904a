//! Writes the sample submissions: what 41 districts sent in three months.
//!
//! `cargo run --release --example make_samples [-- FOLDER] [--planted LIST]` writes to `input`
//! unless told otherwise. The same bytes come out every time, and the city's totals are the
//! published ones; the way a district gets there is invented. `--planted` also writes the list of
//! slips that the tests hold against the findings.

mod city;
mod dress;
mod figures;
mod jh01;
mod ky01;
mod planted;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use rust_xlsxwriter::Workbook;

use crate::city::{City, Period};

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
    let city = City::new(&districts);
    let mut notes = Vec::new();
    let mut count = 0;
    for period in PERIODS {
        let folder = target.join(period.to_string());
        for district in districts.iter().enumerate() {
            let (path, workbook, found) = ky01::submission(&city, district, period)?;
            save(workbook, &folder.join(path), None)?;
            notes.push(found);
            count += 1;
            if let Some((path, workbook, found)) = jh01::submission(district, period)? {
                save(workbook, &folder.join(path), jh01::cut(district.1, period))?;
                notes.push(found);
                count += 1;
            }
        }
    }
    if let Some(list) = list {
        fs::write(list, planted::list(&notes))?;
    }
    // A closed pipe is no reason to fail.
    let _ = writeln!(io::stdout(), "{count} files");
    Ok(())
}

/// Writes a workbook, or only its first so many percent, as a broken transfer leaves it.
fn save(mut workbook: Workbook, path: &Path, cut: Option<usize>) -> Result<(), Box<dyn Error>> {
    let bytes = workbook.save_to_buffer()?;
    let kept = bytes.len() * cut.unwrap_or(100) / 100;
    fs::create_dir_all(path.parent().expect("a file has a folder"))?;
    fs::write(path, &bytes[..kept])?;
    Ok(())
}
