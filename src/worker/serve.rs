//! The worker's side: one request after the other until its standard input ends.

use super::{Reply, Request, SheetDraft, Source, frame};
use crate::hash;
use crate::intake::{self, Reading, Wanted, value};
use crate::number;
use crate::place::Range;
use crate::rulebook::written::Limits;
use crate::rulebook::{Rulebook, draft};
use crate::workbook::sniff::{Kind, sniff};
use crate::workbook::{self, Book, RawCell, RawSheet, Value, archive, overlay, plain};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

/// Address space that the program itself takes, where the system does not tell.
const OWN_MEMORY: u64 = 512 << 20;

/// Serves requests from standard input. Returns when it ends; a parent that was killed ends it.
///
/// # Errors
/// When the pipe to the parent breaks.
pub fn serve() -> io::Result<()> {
    let (send, requests) = mpsc::channel::<Vec<u8>>();
    // The input is watched beside the work: a worker that loops over a file still ends when
    // its parent does.
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some((head, _))) = frame::read(&mut input) {
            if send.send(head).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut rulebook: Option<Rulebook> = None;
    for request in requests {
        let reply = match serde_json::from_slice(&request).map_err(io::Error::other)? {
            Request::Rules { sources, memory } => match Rulebook::assemble(&sources, Vec::new()) {
                Ok((loaded, _)) => {
                    limit_memory(memory);
                    rulebook = Some(loaded);
                    Reply::Ready
                }
                Err(_) => Reply::Refused {
                    why: "the rules do not load in the worker".to_owned(),
                },
            },
            Request::Read {
                source,
                name,
                period,
                explain,
            } => match &rulebook {
                Some(rulebook) => {
                    let wanted = Wanted {
                        name: &name,
                        period,
                        explain,
                    };
                    read(&source, wanted, rulebook)
                }
                None => Reply::Refused {
                    why: "the rules have not been sent".to_owned(),
                },
            },
            Request::Texts { source } => {
                let limits = rulebook
                    .as_ref()
                    .map_or_else(Default::default, |r| r.job.limits);
                let book = bytes(&source, &limits).and_then(|b| workbook::read(&b, &limits));
                Reply::Texts {
                    sheets: match book {
                        Ok(book) => Ok(book.sheets.iter().map(texts).collect()),
                        Err(error) => Err(error.words()),
                    },
                }
            }
            Request::Draft { source, name } => {
                let limits = rulebook
                    .as_ref()
                    .map_or_else(Default::default, |r| r.job.limits);
                let book = bytes(&source, &limits).and_then(|b| workbook::read(&b, &limits));
                Reply::Drafts {
                    sheets: match book {
                        Ok(book) => Ok(drafts(&name, &book)),
                        Err(error) => Err(error.words()),
                    },
                }
            }
            Request::Annotate {
                source,
                target,
                overlay,
            } => {
                let limits = rulebook
                    .as_ref()
                    .map_or_else(Default::default, |r| r.job.limits);
                match annotate(&source, &target, *overlay, &limits) {
                    Ok(applied) => Reply::Annotated {
                        front: applied.front,
                        dropped: applied.dropped,
                    },
                    Err(why) => Reply::Refused { why },
                }
            }
        };
        frame::write_reply(&mut output, reply)?;
    }
    Ok(())
}

/// What stands in a sheet's first rows and columns, as text, from A1 on.
fn texts(sheet: &RawSheet) -> Vec<Vec<String>> {
    const ROWS: u32 = 20_000;
    const COLUMNS: u32 = 64;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let cells = sheet.cells.iter();
    for raw in cells.filter(|raw| raw.cell.row < ROWS && raw.cell.column < COLUMNS) {
        let shown = |x: f64| number::show(&number::exact(x));
        let text = match sheet.value(raw) {
            Value::Text(text) => text.to_owned(),
            Value::Number(x) => shown(x),
            Value::Date(serial) => value::day(serial).unwrap_or_else(|| shown(serial)),
            Value::Truth(truth) => truth.to_string().to_uppercase(),
            Value::Error(error) => error.to_owned(),
        };
        let (row, column) = (raw.cell.row as usize, raw.cell.column as usize);
        rows.resize(rows.len().max(row + 1), Vec::new());
        let cells = &mut rows[row];
        cells.resize(cells.len().max(column + 1), String::new());
        cells[column] = text;
    }
    rows
}

/// A form file for each sheet that can be seen.
fn drafts(name: &str, book: &Book) -> Vec<SheetDraft> {
    let seen = book.sheets.iter().filter(|sheet| !sheet.hidden);
    let draft = |sheet: &RawSheet| (sheet.name.clone(), draft::draft(name, &drawn(sheet)));
    seen.map(draft).collect()
}

/// A sheet as a draft sees it.
fn drawn(sheet: &RawSheet) -> draft::Sheet {
    let formulas: BTreeMap<(u32, u32), &str> = sheet
        .formulas
        .iter()
        .map(|(cell, text, _)| ((cell.row, cell.column), text.trim_start_matches('=')))
        .collect();
    let cell = |raw: &RawCell| {
        let shown = &sheet.format(raw);
        let content = match sheet.value(raw) {
            Value::Text(text) => draft::Content::Text(text.to_owned()),
            Value::Number(value) => draft::Content::Number {
                value,
                percent: shown.percent,
            },
            Value::Date(_) => draft::Content::Date,
            Value::Truth(_) | Value::Error(_) => return None,
        };
        let (row, column) = (raw.cell.row, raw.cell.column);
        let formula = formulas.get(&(row, column)).map(|text| (*text).to_owned());
        Some(draft::Cell {
            row,
            column,
            content,
            formula,
        })
    };
    let merges = sheet.facts.merges.iter();
    let merge = |Range { first, last }: &Range| [first.row, first.column, last.row, last.column];
    draft::Sheet {
        name: sheet.name.clone(),
        cells: sheet.cells.iter().filter_map(cell).collect(),
        merges: merges.map(merge).collect(),
    }
}

/// Reads one file.
fn read(source: &Source, wanted: Wanted<'_>, rulebook: &Rulebook) -> Reply {
    let limits = &rulebook.job.limits;
    let refused =
        |error: &workbook::Error| Reading::refused(error.words(), wanted.name, &rulebook.register);
    let bytes = match bytes(source, limits) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Reply::Read {
                reading: Box::new(refused(&error)),
                sha256: String::new(),
            };
        }
    };
    let sha256 = hash::of(&bytes);
    // Archives within archives are not looked into.
    if source.member.is_none() && sniff(&bytes) == Kind::Archive {
        match archive::members(&bytes, limits) {
            Ok(members) => return Reply::Archive { members, sha256 },
            Err(error) => {
                return Reply::Read {
                    reading: Box::new(refused(&error)),
                    sha256,
                };
            }
        }
    }
    Reply::Read {
        reading: Box::new(intake::read(&bytes, wanted, rulebook)),
        sha256,
    }
}

/// The bytes of a submission, as many as are allowed.
fn bytes(source: &Source, limits: &Limits) -> Result<Vec<u8>, workbook::Error> {
    let mut file = open(&source.path)?;
    let size = file.metadata()?.len();
    let over = |found| workbook::Error::OverLimit {
        limit: "file_bytes",
        found,
        allowed: limits.file_bytes,
    };
    if size > limits.file_bytes {
        return Err(over(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    Read::by_ref(&mut file)
        .take(limits.file_bytes + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.file_bytes {
        return Err(over(bytes.len() as u64));
    }
    match source.member {
        Some(member) => archive::member(&bytes, member, limits),
        None => Ok(bytes),
    }
}

/// Opens a file for reading; a link that took its place since it was listed is not followed, a
/// pipe not waited for.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Puts an overlay on a submission, or on a plain copy of one that cannot be overlaid; then the
/// findings sheet says so.
fn annotate(
    source: &Source,
    target: &Path,
    mut overlay: overlay::Overlay,
    limits: &Limits,
) -> Result<overlay::Applied, String> {
    type Done = Result<overlay::Applied, overlay::OverlayError>;
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let sent = bytes(source, limits).map_err(|e| words(&e))?;
    let most = overlay::Limits {
        max_inflated: limits.unpacked_bytes,
    };
    let put_on = |package: &[u8], overlay: &overlay::Overlay| -> Done {
        let failed = |error: io::Error| overlay::OverlayError::Write {
            source: error.into(),
        };
        let mut out = BufWriter::new(File::create(target).map_err(failed)?);
        let applied = overlay::apply(Cursor::new(package), &mut out, overlay, &most)?;
        out.flush().map_err(failed)?;
        Ok(applied)
    };
    if sniff(&sent) == Kind::Xlsx {
        let plain = std::mem::take(&mut overlay.remarks.plain);
        match put_on(&sent, &overlay) {
            Err(
                overlay::OverlayError::CannotOverlay { .. }
                | overlay::OverlayError::TooLarge { .. },
            ) => overlay.remarks.plain = plain,
            done => return done.map_err(|e| words(&e)),
        }
    }
    // Addresses stay what they are.
    let book = workbook::read(&sent, limits).map_err(|e| words(&e))?;
    let package = plain::package(&book).map_err(|e| words(&e))?;
    put_on(&package, &overlay).map_err(|e| words(&e))
}

/// A file may not take more memory than allowed: the allocation fails, and this worker with it.
#[cfg(unix)]
fn limit_memory(bytes: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = bytes.saturating_add(at_rest().unwrap_or(OWN_MEMORY));
    let now = getrlimit(Resource::As);
    let maximum = now.maximum.map_or(limit, |maximum| maximum.min(limit));
    // Where the system does not know such a limit, the parent's watch remains.
    let _ = setrlimit(
        Resource::As,
        Rlimit {
            current: Some(maximum),
            maximum: now.maximum,
        },
    );
}

/// The address space that this process takes now, as Linux tells it.
#[cfg(unix)]
fn at_rest() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').next()?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}

#[cfg(not(unix))]
fn limit_memory(_: u64) {}
