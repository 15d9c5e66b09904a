//! Files, folders and the disk below them, as publishing needs them: nothing here knows of periods.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::{Error, Staged};
use crate::hash;

/// How many files are flushed side by side.
const FLUSHERS: usize = 8;

/// A leaf of a folder's tree: folders appear only if nothing is in them.
pub(super) struct Entry {
    pub path: PathBuf,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File { bytes: u64 },
    Link,
    EmptyFolder,
    Special,
}

/// Everything below a folder, sorted, hidden files too, links not followed.
pub(super) fn walk(root: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let unreadable = |source| Error::Read {
            path: path.clone(),
            source,
        };
        let mut empty = true;
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            empty = false;
            let below = folder.join(entry.file_name());
            let facts = match entry.metadata() {
                Ok(facts) => facts,
                // Programs save through passing files; one that has gone is nobody's loss.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(Error::Read {
                        path: entry.path(),
                        source,
                    });
                }
            };
            let kind = if facts.is_dir() {
                folders.push(below);
                continue;
            } else if facts.is_symlink() {
                Kind::Link
            } else if facts.is_file() {
                Kind::File { bytes: facts.len() }
            } else {
                Kind::Special
            };
            entries.push(Entry { path: below, kind });
        }
        if empty && !folder.as_os_str().is_empty() {
            entries.push(Entry {
                path: folder,
                kind: Kind::EmptyFolder,
            });
        }
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

/// Hashes the staged files and brings them to the disk; empty folders go.
pub(super) fn flush_files(stage: &Path) -> Result<Vec<Staged>, Error> {
    let mut files = Vec::new();
    for Entry { path, kind } in walk(stage)? {
        match kind {
            Kind::File { bytes } => files.push((path, bytes)),
            Kind::EmptyFolder => {
                // Removing fails where something is left, and there it ends.
                path.ancestors()
                    .filter(|folder| !folder.as_os_str().is_empty())
                    .all(|folder| fs::remove_dir(stage.join(folder)).is_ok());
            }
            Kind::Link | Kind::Special => {
                return Err(Error::NotAFile {
                    path: stage.join(path),
                });
            }
        }
    }
    // A flush is mostly waiting, and the disk serves many waiting at a time.
    let share = files.len().div_ceil(FLUSHERS).max(1);
    let mut staged = thread::scope(|scope| {
        let flushers: Vec<_> = files
            .chunks(share)
            .map(|files| {
                scope.spawn(|| {
                    files
                        .iter()
                        .map(|(path, bytes)| flush_file(stage, path, *bytes))
                        .collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        let mut staged = Vec::with_capacity(files.len());
        for flusher in flushers {
            match flusher.join() {
                Ok(files) => staged.extend(files?),
                Err(panic) => resume_unwind(panic),
            }
        }
        Ok(staged)
    })?;
    staged.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(staged)
}

fn flush_file(stage: &Path, relative: &Path, bytes: u64) -> Result<Staged, Error> {
    let Some(name) = slashed(relative) else {
        return Err(Error::Name {
            name: relative.to_string_lossy().into_owned(),
        });
    };
    let path = stage.join(relative);
    // Windows flushes only what is open for writing.
    let flushed = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .and_then(|file| {
            let hash = hash::of_open(&file)?;
            file.sync_all()?;
            Ok(hash)
        });
    match flushed {
        Ok(sha256) => Ok(Staged {
            path: name,
            sha256,
            bytes,
        }),
        Err(source) => Err(Error::Write { path, source }),
    }
}

/// Brings the names in a folder and in all below it to the disk.
pub(super) fn flush_folders(root: &Path) -> Result<(), Error> {
    let mut folders = BTreeSet::from([root.to_owned()]);
    for entry in walk(root)? {
        let deepest = match entry.kind {
            Kind::EmptyFolder => entry.path.as_path(),
            _ => entry.path.parent().expect("an entry is below its root"),
        };
        folders.extend(deepest.ancestors().map(|folder| root.join(folder)));
    }
    folders.iter().try_for_each(|folder| flush_folder(folder))
}

#[cfg(unix)]
pub(super) fn flush_folder(folder: &Path) -> Result<(), Error> {
    match File::open(folder).and_then(|opened| opened.sync_all()) {
        Err(source)
            // Some file systems of the network flush no folders.
            if !matches!(
                source.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(Error::Write {
                path: folder.to_owned(),
                source,
            })
        }
        _ => Ok(()),
    }
}

/// Windows has no such call for folders.
#[cfg(not(unix))]
pub(super) fn flush_folder(_: &Path) -> Result<(), Error> {
    Ok(())
}

pub(super) fn write_synced(
    options: &mut OpenOptions,
    path: &Path,
    bytes: &[u8],
) -> Result<(), Error> {
    options
        .write(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|source| not_renamed(from, to, source))
}

pub(super) fn not_renamed(from: &Path, to: &Path, source: io::Error) -> Error {
    if cfg!(windows) || source.kind() == io::ErrorKind::ResourceBusy {
        for folder in [from, to] {
            if let Some(path) = held_file(folder) {
                return Error::Held { path, source };
            }
        }
    }
    Error::Rename {
        from: from.to_owned(),
        to: to.to_owned(),
        source,
    }
}

/// The first file that cannot be opened for writing: an office program that has it open forbids it.
fn held_file(folder: &Path) -> Option<PathBuf> {
    walk(folder)
        .ok()?
        .into_iter()
        .filter(|entry| matches!(entry.kind, Kind::File { .. }))
        .map(|entry| folder.join(entry.path))
        .find(|path| OpenOptions::new().append(true).open(path).is_err())
}

/// Whether the system could exchange the two folders in one step.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;

    #[cfg(test)]
    if std::env::var_os(super::tests::TWO_STEPS).is_some() {
        return Ok(false);
    }
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        // File systems of the network and of memory sticks know no exchange.
        Err(errno)
            if [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&errno) =>
        {
            Ok(false)
        }
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn exists(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(source) if is_absent(&source) => Ok(false),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

pub(super) fn expect_folder(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_dir() => Ok(()),
        Ok(_) => Err(Error::NotAFolder {
            path: path.to_owned(),
        }),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// A relative path as manifests write it, unless its name is no text.
pub(super) fn slashed(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.iter().map(OsStr::to_str).collect();
    parts.map(|parts| parts.join("/"))
}

pub(super) fn sha256(path: &Path) -> Result<String, Error> {
    hash::of_file(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}
