//! What is in an output folder and not ours goes with it from one publication to the next.
//!
//! When this happens is the business of the steps in `publish`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::disk::{
    Entry, Kind, exists, expect_folder, flush_folder, is_absent, sha256, slashed, walk,
};
use super::{CARRY, Error, MANIFEST};

/// The longest name of a file that common file systems take, in bytes.
pub(super) const LONGEST_NAME: usize = 255;

/// Copies what is not ours, or no longer as we wrote it, from one output folder into another, and
/// says the names of the copies.
///
/// A second time, nothing more is copied. Copies, not hard links: a program that has the file open
/// would write through a link into both.
pub(super) fn carry_over(from: &Path, into: &Path, dir: &Path) -> Result<BTreeSet<String>, Error> {
    let known = Known::read(from)?;
    let mut carried = BTreeSet::new();
    let mut touched = BTreeSet::new();
    for entry in walk(from)? {
        match carry_one(&entry, from, into, dir, &known, &mut touched) {
            Ok(copy) => carried.extend(copy),
            // Programs save through passing files; one that has gone is nobody's loss.
            Err(_) if !exists(&from.join(&entry.path))? => {}
            Err(error) => return Err(error),
        }
    }
    for folder in touched {
        flush_folder(&folder)?;
    }
    Ok(carried)
}

/// What a folder's manifest says is ours.
struct Known {
    /// Path to hash and size; nothing if there is no manifest that can be understood.
    outputs: Option<BTreeMap<String, (String, Option<u64>)>>,
    /// The folders on the way to the outputs.
    folders: BTreeSet<String>,
}

#[derive(Deserialize)]
struct FormerManifest {
    outputs: Vec<FormerOutput>,
}

#[derive(Deserialize)]
struct FormerOutput {
    path: String,
    sha256: String,
    bytes: Option<u64>,
}

impl Known {
    fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let mut known = Self {
            outputs: None,
            folders: BTreeSet::new(),
        };
        match fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_file() => {}
            Ok(_) => return Ok(known),
            Err(source) if is_absent(&source) => return Ok(known),
            Err(source) => return Err(Error::Read { path, source }),
        }
        let bytes = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        if let Ok(manifest) = serde_json::from_slice::<FormerManifest>(&bytes) {
            let mut outputs = BTreeMap::new();
            for FormerOutput {
                path,
                sha256,
                bytes,
            } in manifest.outputs
            {
                for (end, _) in path.match_indices('/') {
                    known.folders.insert(path[..end].to_owned());
                }
                outputs.insert(path, (sha256.to_ascii_lowercase(), bytes));
            }
            known.outputs = Some(outputs);
        }
        Ok(known)
    }

    /// Whether the entry is ours, as we wrote it.
    fn covers(&self, root: &Path, entry: &Entry) -> Result<bool, Error> {
        let (Some(outputs), Some(path)) = (&self.outputs, slashed(&entry.path)) else {
            return Ok(false);
        };
        match entry.kind {
            Kind::EmptyFolder => Ok(self.folders.contains(&path)),
            Kind::File { .. } if path == MANIFEST => Ok(true),
            Kind::File { bytes } => match outputs.get(&path) {
                Some((_, Some(size))) if *size != bytes => Ok(false),
                Some((hash, _)) => Ok(sha256(&root.join(&entry.path))? == *hash),
                None => Ok(false),
            },
            Kind::Link | Kind::Special => Ok(false),
        }
    }
}

fn carry_one(
    entry: &Entry,
    from: &Path,
    into: &Path,
    dir: &Path,
    known: &Known,
    touched: &mut BTreeSet<PathBuf>,
) -> Result<Option<String>, Error> {
    if known.covers(from, entry)? {
        return Ok(None);
    }
    if entry.kind == Kind::EmptyFolder {
        make_room(into, &entry.path, touched)?;
        return Ok(None);
    }
    let above = entry.path.parent().expect("an entry is below its root");
    let folder = make_room(into, above, touched)?;
    let source = from.join(&entry.path);
    let Some(copy) = place(&source, entry.kind, &into.join(&folder), dir)? else {
        return Ok(None);
    };
    touched.insert(into.join(&folder));
    let copy = folder.join(copy);
    Ok(Some(
        slashed(&copy).unwrap_or_else(|| copy.to_string_lossy().into_owned()),
    ))
}

/// Makes the folders of a relative path, and says what the path is now: where a file or a link has
/// the name of a folder, the folder is called otherwise.
fn make_room(
    into: &Path,
    relative: &Path,
    touched: &mut BTreeSet<PathBuf>,
) -> Result<PathBuf, Error> {
    let mut made = PathBuf::new();
    for part in relative {
        let mut name = part.to_owned();
        let mut path = into.join(&made).join(&name);
        if exists(&path)? && expect_folder(&path).is_err() {
            name.push("（人工文件夹）");
            path = into.join(&made).join(&name);
        }
        if exists(&path)? {
            expect_folder(&path)?;
        } else {
            fs::create_dir(&path).map_err(|source| Error::CreateFolder {
                path: path.clone(),
                source,
            })?;
            touched.insert(into.join(&made));
            touched.insert(path);
        }
        made.push(name);
    }
    Ok(made)
}

/// Copies a file or link into a folder, and says under which name it is there; nothing if what
/// stands there under its own name is the same.
fn place(source: &Path, kind: Kind, folder: &Path, dir: &Path) -> Result<Option<OsString>, Error> {
    let failed = |source_of_failure| Error::CarryOver {
        path: source.to_owned(),
        source: source_of_failure,
    };
    let own_name = source.file_name().expect("an entry has a name");
    let mut name = own_name.to_owned();
    let mut hash = None;
    for digits in [8, 16, 64] {
        let target = folder.join(&name);
        if !exists(&target)? {
            match kind {
                Kind::File { .. } => copy_file(source, &target, &dir.join(CARRY)),
                Kind::Link => copy_link(source, &target),
                // Opening a pipe would wait for ever.
                Kind::Special | Kind::EmptyFolder => {
                    return Err(Error::NotAFile {
                        path: source.to_owned(),
                    });
                }
            }
            .map_err(failed)?;
            return Ok(Some(name));
        }
        if is_same(source, kind, &target)? {
            return Ok((name != own_name).then_some(name));
        }
        if hash.is_none() {
            hash = Some(match kind {
                Kind::Link => crate::hash::of(
                    fs::read_link(source)
                        .map_err(failed)?
                        .as_os_str()
                        .as_encoded_bytes(),
                ),
                _ => sha256(source)?,
            });
        }
        let hash = hash.as_deref().expect("it was set above");
        name = edited_name(own_name, &hash[..digits]);
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

fn is_same(source: &Path, kind: Kind, target: &Path) -> Result<bool, Error> {
    let unreadable = |source| Error::Read {
        path: target.to_owned(),
        source,
    };
    let facts = fs::symlink_metadata(target).map_err(unreadable)?;
    match kind {
        Kind::File { bytes } => {
            Ok(facts.is_file() && facts.len() == bytes && sha256(target)? == sha256(source)?)
        }
        Kind::Link => Ok(facts.is_symlink()
            && fs::read_link(target).map_err(unreadable)?
                == fs::read_link(source).map_err(|reason| Error::Read {
                    path: source.to_owned(),
                    source: reason,
                })?),
        Kind::Special | Kind::EmptyFolder => Ok(false),
    }
}

/// `summary（人工修改 1a2b3c4d）.xlsx`
pub(super) fn edited_name(name: &OsStr, digits: &str) -> OsString {
    let mark = format!("（人工修改 {digits}）");
    let path = Path::new(name);
    let mut stem = path.file_stem().unwrap_or(name).to_owned();
    let extension = path.extension();
    let rest = mark.len() + extension.map_or(0, |extension| extension.len() + 1);
    if let Some(text) = stem.to_str()
        && text.len() + rest > LONGEST_NAME
    {
        let end = text.floor_char_boundary(LONGEST_NAME.saturating_sub(rest));
        stem = text[..end].into();
    }
    stem.push(mark);
    if let Some(extension) = extension {
        stem.push(".");
        stem.push(extension);
    }
    stem
}

/// The copy grows at `desk`, so a kill leaves no half of it among the reports.
fn copy_file(source: &Path, target: &Path, desk: &Path) -> io::Result<()> {
    let mut reader = File::open(source)?;
    let facts = reader.metadata()?;
    match fs::remove_file(desk) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut writer = File::create_new(desk)?;
    let copied = io::copy(&mut reader, &mut writer).and_then(|_| {
        // A file system that keeps no times or permissions is no reason to stop.
        if let Ok(modified) = facts.modified() {
            let _ = writer.set_modified(modified);
        }
        let _ = writer.set_permissions(facts.permissions());
        writer.sync_all()
    });
    drop(writer);
    let placed = copied.and_then(|()| fs::rename(desk, target));
    if placed.is_err() {
        let _ = fs::remove_file(desk);
    }
    placed
}

#[cfg(unix)]
fn copy_link(source: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(source)?, target)
}

#[cfg(windows)]
fn copy_link(source: &Path, target: &Path) -> io::Result<()> {
    let to = fs::read_link(source)?;
    if source.is_dir() {
        std::os::windows::fs::symlink_dir(to, target)
    } else {
        std::os::windows::fs::symlink_file(to, target)
    }
}
