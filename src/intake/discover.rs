//! Which files of an input folder are submissions.
//!
//! Names are sorted, so that no file system's order shows in what is published. Links are not
//! followed out of the folder, and what is no file is told, not opened.

use crate::period::Period;
use crate::words::Text;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file of a period's folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its path relative to the period's folder, with `/` between.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Why it is not looked into, if it is not.
    pub refused: Option<Text>,
}

/// Folders deeper than this are nobody's submissions.
const MOST_DEPTH: usize = 8;

/// Everything in a period's folder that may be a submission, sorted by name.
///
/// # Errors
/// When the folder itself cannot be listed.
pub fn files(folder: &Path) -> io::Result<Vec<Candidate>> {
    // Whoever links a folder in would have other people's files read as submissions.
    if folder.symlink_metadata()?.is_symlink() {
        return Err(io::Error::other("it is a link, and links are not followed"));
    }
    let mut found = Vec::new();
    list(folder, "", 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn list(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<Candidate>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name().to_string_lossy().into_owned();
        if is_by_the_way(&own) {
            continue;
        }
        let name = format!("{prefix}{own}");
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if depth == MOST_DEPTH {
                found.push(refused(
                    name,
                    path,
                    Text::new(
                        "文件夹套得太深（八层以上），里面没有读取。请把文件往上移",
                        "the folder lies more than eight deep and was not looked into: move the files up",
                    ),
                ));
            } else if list(&path, &format!("{name}/"), depth + 1, found).is_err() {
                found.push(refused(
                    name,
                    path,
                    Text::new("文件夹打不开，请检查权限", "the folder cannot be opened"),
                ));
            }
            continue;
        }
        if !kind.is_file() {
            found.push(refused(
                name,
                path,
                Text::new(
                    "这是链接或特殊文件，不读取。请把文件本身放进来",
                    "this is a link or a special file and is not read: put the file itself here",
                ),
            ));
            continue;
        }
        let unnamed = path.to_str().is_none().then(|| {
            Text::new(
                "文件名含有无法识别的字符，请改名后重报",
                "the file's name is not readable text: rename it and send it again",
            )
        });
        found.push(Candidate {
            name,
            path,
            refused: unnamed,
        });
    }
    Ok(())
}

/// Whether a file is nobody's submission: the lock file of an open workbook, one of the system.
pub fn is_by_the_way(name: &str) -> bool {
    let known = ["thumbs.db", "desktop.ini"];
    name.starts_with("~$")
        || name.starts_with('.')
        || known.iter().any(|k| name.eq_ignore_ascii_case(k))
}

fn refused(name: String, path: PathBuf, why: Text) -> Candidate {
    Candidate {
        name,
        path,
        refused: Some(why),
    }
}

/// The periods that have a folder, oldest first.
///
/// # Errors
/// When the input folder cannot be listed.
pub fn periods(input: &Path) -> io::Result<Vec<Period>> {
    let mut periods: Vec<Period> = fs::read_dir(input)?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| Period::parse(&entry.file_name().to_string_lossy()).ok())
        .collect();
    periods.sort_unstable();
    Ok(periods)
}
