//! The defects that `docs/readers.md` tells of, on the versions in use. Where a test fails, one of
//! them is mended: it leaves the document, and its guard may leave the program.
//!
//! The minimal files are made here and are the same byte for byte as those in `docs/readers`; with
//! `WRITE_READERS` set they are written there. Each is read in a process of its own, which it may
//! end.
#![cfg(target_os = "linux")]

mod ods;
mod xls;
mod xlsb;
mod xlsx;
mod zip;

use calamine::{Data, DataRef, Ods, Range, Reader, Xls, Xlsb, Xlsx, XlsxCellReader, open_workbook};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How long a file of a few kilobytes may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one is waited for that is never read to its end; others take a tenth of a second.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);
/// The address space that reading it may take, in kilobytes.
const MEMORY: &str = "400000";
/// Tells the other process what to read and how, and before what it answers.
const ASKED: &str = "READERS_FILE";
const HOW: &str = "READERS_HOW";
const ANSWER: &str = "What was read: ";

/// A defect on its minimal file.
struct Case {
    file: &'static str,
    bytes: Vec<u8>,
    how: &'static str,
    outcome: Outcome,
}

/// What comes of reading a file.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    /// These sheets, each with its cells.
    Reads(String),
    Panics,
    Aborts,
    /// It had not ended when patience had.
    RunsOn,
}

impl Case {
    fn reads(file: &'static str, bytes: Vec<u8>, cells: &str) -> Self {
        Self::ends(file, bytes, Outcome::Reads(cells.to_owned()))
    }

    fn ends(file: &'static str, bytes: Vec<u8>, outcome: Outcome) -> Self {
        Self {
            file,
            bytes,
            how: "stream",
            outcome,
        }
    }

    /// Read with `worksheet_range`, which is the only way for all but .xlsx.
    fn dense(self) -> Self {
        Self {
            how: "dense",
            ..self
        }
    }

    /// Read with `worksheet_formula`.
    fn formulas(self) -> Self {
        Self {
            how: "formulas",
            ..self
        }
    }
}

#[test]
fn values_are_lost_or_changed_in_silence() {
    hold(xlsx::values());
    hold(xlsx::places());
    hold(xlsx::elements());
    hold(xlsx::packages());
    hold(xlsb::values());
    hold(xls::values());
    hold(ods::values());
}

#[test]
fn files_and_sheets_are_refused_whole() {
    hold(xlsx::refusals());
    hold(ods::refusals());
}

#[test]
fn processes_end() {
    hold(xlsx::ends());
    hold(xlsb::ends());
    hold(xls::ends());
    hold(ods::ends());
}

#[test]
fn reading_never_ends() {
    thread::scope(|scope| {
        for case in ods::loops() {
            scope.spawn(|| hold(vec![case]));
        }
    });
}

#[test]
fn every_file_is_told_of_in_both_documents() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files: BTreeSet<String> = fs::read_dir(docs.join("readers"))
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    for document in ["readers.md", "readers.zh-CN.md"] {
        let text = fs::read_to_string(docs.join(document)).expect("the document");
        for file in &files {
            assert!(text.contains(&format!("`{file}`")), "{document}: {file}");
        }
    }
}

/// Compares what each case shows with what is told of it.
fn hold(cases: Vec<Case>) {
    for case in cases {
        let path = committed(case.file, &case.bytes);
        let patience = match case.outcome {
            Outcome::RunsOn => SHORT_PATIENCE,
            _ => PATIENCE,
        };
        let outcome = reading(&path, case.how, patience);
        assert_eq!(outcome, case.outcome, "{} ({})", case.file, case.how);
    }
}

/// The committed file, if its bytes are these.
fn committed(file: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/readers");
    let path = folder.join(file);
    if env::var_os("WRITE_READERS").is_some() {
        fs::write(&path, bytes).expect("the file is written");
    }
    assert!(
        fs::read(&path).expect(file) == bytes,
        "{file} is another one"
    );
    assert!(bytes.len() < 4096, "{file} is no small file");
    path
}

/// What comes of reading a file in another process.
fn reading(path: &Path, how: &str, patience: Duration) -> Outcome {
    let tests = env::current_exe().expect("this program");
    let mut child = Command::new("sh")
        .args([
            "-c",
            "ulimit -v \"$1\" && shift && exec \"$@\"",
            "sh",
            MEMORY,
        ])
        .arg(tests)
        .args(["--exact", "answers", "--ignored", "--nocapture"])
        .env(ASKED, path)
        .env(HOW, how)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let started = Instant::now();
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a process") {
            break ended;
        }
        if started.elapsed() > patience {
            child.kill().expect("it is there");
            child.wait().expect("it was there");
            return Outcome::RunsOn;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut said = String::new();
    let mut output = child.stdout.take().expect("its output");
    output.read_to_string(&mut said).expect("text");
    let answer = said.lines().find_map(|line| line.split_once(ANSWER));
    match (answer, ended.code()) {
        (Some((_, cells)), Some(0)) => Outcome::Reads(cells.to_owned()),
        (_, Some(_)) => Outcome::Panics,
        (_, None) => Outcome::Aborts,
    }
}

#[test]
#[ignore = "it is the other process, which the others start"]
fn answers() {
    let Some(path) = env::var_os(ASKED).map(PathBuf::from) else {
        return;
    };
    let cells = match path.extension().and_then(|e| e.to_str()) {
        Some("xlsx") => xlsx_cells(&path, &env::var(HOW).expect("how")),
        Some("xlsb") => open_workbook::<Xlsb<_>, _>(&path).map(dense).ok(),
        Some("xls") => open_workbook::<Xls<_>, _>(&path).map(dense).ok(),
        _ => open_workbook::<Ods<_>, _>(&path).map(dense).ok(),
    };
    println!("{ANSWER}{}", cells.unwrap_or_else(|| "refused".to_owned()));
}

fn xlsx_cells(path: &Path, how: &str) -> Option<String> {
    let mut book: Xlsx<_> = open_workbook(path).ok()?;
    Some(match how {
        "dense" => dense(book),
        "formulas" => {
            let formulas = book.worksheet_formula("S").expect("the formulas");
            format!("{:?}", formulas.get_size())
        }
        _ => sheets(&book.sheet_names(), |name| {
            Some(streamed(book.worksheet_cells_reader(name).ok()?))
        }),
    })
}

/// All sheets by the dense calls.
fn dense<R: Reader<BufReader<fs::File>>>(mut book: R) -> String {
    sheets(&book.sheet_names(), |name| {
        let range: Range<Data> = book.worksheet_range(name).ok()?;
        let (row, column) = range.start()?;
        let cells = range.used_cells().map(|(down, right, value)| {
            let at = |n: usize| u32::try_from(n).expect("a place");
            let value = match value {
                Data::Empty => "nothing".to_owned(),
                Data::String(text) => format!("{text:?}"),
                Data::DateTime(day) => format!("day {}", day.as_f64()),
                other => other.to_string(),
            };
            told((row + at(down), column + at(right)), value)
        });
        Some(cells.collect())
    })
}

fn sheets(names: &[String], mut cells: impl FnMut(&str) -> Option<Vec<String>>) -> String {
    let sheets = names.iter().map(|name| {
        let cells = cells(name).map_or_else(|| "refused".to_owned(), |cells| cells.join(", "));
        format!("{name}: {cells}")
    });
    sheets.collect::<Vec<_>>().join("; ")
}

/// A sheet by the stream of its cells, with their formats where they have any.
fn streamed(mut reader: XlsxCellReader<'_, BufReader<fs::File>>) -> Vec<String> {
    let mut cells = Vec::new();
    loop {
        let (cell, format) = match reader.next_cell_with_style_id() {
            Ok(Some(found)) => found,
            Ok(None) => return cells,
            Err(_) => {
                cells.push("an error".to_owned());
                continue;
            }
        };
        let format = reader
            .styles()
            .get(format)
            .and_then(|style| style.number_format.as_ref());
        let code = format.map(|format| format.format_code.clone());
        let code = code.filter(|code| code != "General");
        let value = match cell.get_value() {
            DataRef::Empty => "nothing".to_owned(),
            DataRef::DateTime(day) => format!("day {}", day.as_f64()),
            DataRef::String(text) => format!("{text:?}"),
            DataRef::SharedString(text) => format!("{text:?}"),
            other => Data::from(other.clone()).to_string(),
        };
        let code = code.map_or_else(String::new, |code| format!(" as {code}"));
        cells.push(told(cell.get_position(), value + &code));
    }
}

/// `B3 5`.
fn told((row, column): (u32, u32), value: impl Display) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = char::from_digit((rest - 1) % 26 + 10, 36).expect("a letter");
        letters.insert(0, letter.to_ascii_uppercase());
        rest = (rest - 1) / 26;
    }
    format!("{letters}{} {value}", row + 1)
}
