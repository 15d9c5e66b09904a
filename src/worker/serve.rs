//! The worker's side: one request after the other until its standard input ends.

use super::{Reply, Request, frame};
use crate::hash;
use crate::intake;
use crate::rulebook::Rulebook;
use crate::workbook::overlay;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

/// Address space that the program itself takes, beside what a file may.
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
            Request::Rules(sources) => match Rulebook::load(&sources, Vec::new()) {
                Ok((loaded, _)) => {
                    limit_memory(loaded.job.limits.memory_bytes);
                    rulebook = Some(loaded);
                    Reply::Ready
                }
                Err(_) => Reply::Refused {
                    why: "the rules do not load in the worker".to_owned(),
                },
            },
            Request::Read { path, name, period } => match &rulebook {
                Some(rulebook) => Reply::Read {
                    sha256: hash::of_file(&path).unwrap_or_default(),
                    reading: intake::read(&path, &name, period, rulebook),
                },
                None => Reply::Refused {
                    why: "the rules have not been sent".to_owned(),
                },
            },
            Request::Annotate {
                source,
                target,
                overlay,
            } => {
                let limits = rulebook
                    .as_ref()
                    .map_or_else(Default::default, |r| r.job.limits);
                match annotate(&source, &target, &overlay, limits.unpacked_bytes) {
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

fn annotate(
    source: &Path,
    target: &Path,
    overlay: &overlay::Overlay,
    max_inflated: u64,
) -> Result<overlay::Applied, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let package = BufReader::new(File::open(source).map_err(|e| words(&e))?);
    let mut out = BufWriter::new(File::create(target).map_err(|e| words(&e))?);
    let limits = overlay::Limits { max_inflated };
    let applied = overlay::apply(package, &mut out, overlay, &limits).map_err(|e| words(&e))?;
    out.flush().map_err(|e| words(&e))?;
    Ok(applied)
}

/// A file may not take more memory than allowed: the allocation fails, and this worker with it.
#[cfg(unix)]
fn limit_memory(bytes: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = bytes.saturating_add(OWN_MEMORY);
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

#[cfg(not(unix))]
fn limit_memory(_: u64) {}
