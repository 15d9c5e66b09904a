//! Rule files as text, and what is wrong with them, drawn under the very spot.

use crate::words::{Lang, Text};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The texts of all rule files by name: what a run's rules are, whole.
///
/// Worker processes get these texts and build the same [`Rulebook`](super::Rulebook) out of
/// them, so a rule file that changes while a run goes on changes nothing.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Sources {
    /// File name → text.
    pub files: BTreeMap<String, String>,
}

/// Nobody writes a rule file larger than this.
const MOST_BYTES: u64 = 16 << 20;

/// Why the rule files could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such folder.
    #[error("there is no rules folder `{}`: expected one with `job.toml`, `districts.csv` and a `.toml` for each form", dir.display())]
    NoFolder {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder or a file in it cannot be read.
    #[error("cannot read the rule file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Sources {
    /// Reads `*.toml` and `*.csv` of a folder. Rule files that are no UTF-8 are reported as
    /// problems; registers and lists in GBK are understood. What is a workbook is for
    /// [`Sources::add_workbooks`].
    ///
    /// # Errors
    /// When the folder or one of its files cannot be read.
    pub fn read(dir: &Path) -> Result<(Self, Vec<Problem>), ReadError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ReadError::Read { path, source }
        };
        if !dir.is_dir() {
            return Err(ReadError::NoFolder {
                dir: dir.to_owned(),
            });
        }
        let mut sources = Self::default();
        let mut problems = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed(dir))? {
            let path = entry.map_err(failed(dir))?.path();
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            let has = |ending| Path::new(&name).extension().is_some_and(|e| e == ending);
            let is_rules = has("toml");
            let meant = name.strip_suffix(".txt").filter(|name| {
                let name = Path::new(name).extension();
                name.is_some_and(|e| e == "toml" || e == "csv")
            });
            if let Some(meant) = meant {
                let message = both!(
                    "`{name}` 没有读：是否应改名为 `{meant}`？（编辑器可能自动加了 .txt）",
                    "`{name}` was not read: should it be called `{meant}`?"
                );
                problems.push(Problem::new(&name, 0..0, message).warning());
            }
            if name.starts_with('.') || !(is_rules || has("csv")) {
                continue;
            }
            // A pipe would be waited for, a device read for ever.
            let facts = fs::metadata(&path).map_err(failed(&path))?;
            if !facts.is_file() || facts.len() > MOST_BYTES {
                let message = Text::new(
                    "这不是普通的规则文件（管道、设备或大于 16 MB）",
                    "this is no ordinary rule file: a pipe, a device or more than 16 MB",
                );
                problems.push(Problem::new(&name, 0..0, message));
                continue;
            }
            let bytes = fs::read(&path).map_err(failed(&path))?;
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let text = match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(wrong) => {
                    let (text, _, garbled) = encoding_rs::GB18030.decode(bytes);
                    if is_rules || garbled {
                        problems.push(Problem::not_utf8(&name, bytes, wrong.valid_up_to()));
                    }
                    text.into_owned()
                }
            };
            sources.files.insert(name, text);
        }
        problems.sort_by(|a, b| a.file.cmp(&b.file));
        Ok((sources, problems))
    }
}

/// One mistake in a rule file, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// Where, in bytes of the file's text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: Text,
    /// What was probably meant, or what to do.
    pub help: Option<Text>,
    /// Whether the rules can be used all the same.
    pub warning: bool,
}

impl Problem {
    /// A mistake without further advice.
    pub fn new(file: &str, span: Range<usize>, message: Text) -> Self {
        Self {
            file: file.to_owned(),
            span,
            message,
            help: None,
            warning: false,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: Text) -> Self {
        self.help = Some(help);
        self
    }

    /// The same, as something to think about only.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    fn not_utf8(file: &str, bytes: &[u8], at: usize) -> Self {
        let line = bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
        Self::new(
            file,
            0..0,
            both!(
                "文件不是 UTF-8 编码（第 {line} 行起），多半是以 GBK 保存的",
                "the file is not UTF-8 (from line {line} on): it was probably saved as GBK"
            ),
        )
        .help(Text::new(
            "请在编辑器中选择“另存为”，编码选 UTF-8",
            "save it again with the encoding UTF-8",
        ))
    }

    /// The line that the problem is on, from one.
    pub fn line(&self, sources: &Sources) -> usize {
        let text = sources.files.get(&self.file).map_or("", String::as_str);
        let at = self.span.start.min(text.len());
        text.as_bytes()[..at]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1
    }

    /// The problem as a compiler shows it: message, file, line, and a caret under the spot.
    /// Widths are those of the screen, so that the caret is right under Chinese text too.
    pub fn draw(&self, sources: &Sources, lang: Lang) -> String {
        let text = sources.files.get(&self.file).map_or("", String::as_str);
        let whole = |at: usize| {
            (0..=at.min(text.len()))
                .rev()
                .find(|at| text.is_char_boundary(*at))
        };
        let start = whole(self.span.start).unwrap_or(0);
        let end = whole(self.span.end).unwrap_or(start).max(start);
        // A span over several lines is shown by its first.
        let end = text[start..end]
            .find('\n')
            .map_or(end, |newline| start + newline);
        let level = if self.warning {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let level = match (lang, self.warning) {
            (Lang::Zh, false) => level.with_name("错误"),
            (Lang::Zh, true) => level.with_name("提醒"),
            (Lang::En, _) => level,
        };
        let mut group = level.primary_title(self.message.get(lang)).element(
            Snippet::source(text)
                .path(self.file.as_str())
                .annotation(AnnotationKind::Primary.span(start..end)),
        );
        if let Some(help) = &self.help {
            let level = match lang {
                Lang::Zh => Level::HELP.with_name("建议"),
                Lang::En => Level::HELP,
            };
            group = group.element(level.message(help.get(lang)));
        }
        Renderer::plain().render(&[group])
    }
}

/// All problems in the order of files and lines.
pub fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| {
        (&a.file, a.span.start, a.span.end, &a.message).cmp(&(
            &b.file,
            b.span.start,
            b.span.end,
            &b.message,
        ))
    });
    problems.dedup();
    problems
}

/// The quotation marks in a csv list that open a cell and have no partner at its end.
///
/// A cell of a list is of one line. Whoever reads csv would take an open mark and all lines up to
/// the next, or to the end of the file, for one cell. Lines that begin with `comment` are not
/// looked at.
pub fn stray_quotes(file: &str, text: &str, comment: Option<u8>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut start = 0;
    for line in text.split(['\n', '\r']) {
        let is_comment = comment.is_some() && line.bytes().next() == comment;
        if let Some(at) = stray_quote(line).filter(|_| !is_comment) {
            let at = start + at;
            let message = Text::new(
                "引号没有配对：看不出这一格到哪里为止",
                "a quotation mark without a partner: there is no telling where the cell ends",
            );
            problems.push(Problem::new(file, at..at + 1, message).help(Text::new(
                "删去这个引号，或在这一格的末尾补上另一个（一格要写在一行之内）",
                "take it out, or close the cell with another (a cell is of one line)",
            )));
        }
        start += line.len() + 1;
    }
    problems
}

/// Where a quotation mark opens a cell of a line that does not end with one.
fn stray_quote(line: &str) -> Option<usize> {
    let mut rest = line;
    loop {
        let at = line.len() - rest.len();
        let after = match rest.strip_prefix('"') {
            None => rest.trim_start_matches(|c: char| c != ','),
            Some(inside) => {
                // Two marks side by side are one of the cell's words.
                let Some(end) = inside.replace("\"\"", "  ").find('"') else {
                    return Some(at);
                };
                inside[end + 1..].trim_start()
            }
        };
        if after.is_empty() {
            return None;
        }
        let Some(next) = after.strip_prefix(',') else {
            return Some(at);
        };
        rest = next;
    }
}

/// The known name nearest to a misspelt one, if there is one near enough to offer.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| {
            let longer = wrong.chars().count().max(name.chars().count());
            *distance > 0 && *distance * 5 <= longer * 2
        })
        .min()
        .map(|(_, name)| name)
}

/// Advice that offers the nearest known name, or lists what is known where it is little.
pub fn did_you_mean(wrong: &str, known: &[&str]) -> Option<Text> {
    if let Some(name) = nearest(wrong, known.iter().copied()) {
        return Some(both!("是否想写 `{name}`？", "did you mean `{name}`?"));
    }
    (!known.is_empty() && known.len() <= 40).then(|| {
        let list = known
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(" ");
        both!("可用的有：{list}", "known here: {list}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_mark_that_opens_a_cell_has_a_partner_at_its_end() {
        for line in [
            "",
            "a,b",
            "\"\",x",
            "\"a,b\",c",
            "\"a,\"\"b\"\"\" ,\"c\"",
            "系统\"故障\",6\"",
        ] {
            assert_eq!(stray_quote(line), None, "{line}");
        }
        for (line, at) in [
            ("\"", 0),
            ("a,\"b", 2),
            ("a,\"b\"\",c", 2),
            ("a,\"b,\"c", 2),
            ("\"a\",\"b", 4),
        ] {
            assert_eq!(stray_quote(line), Some(at), "{line}");
        }
    }

    #[test]
    fn a_stray_quotation_mark_is_found_on_its_line_and_not_in_a_comment() {
        let text = "# \"依据\n#\"x,\"y\r\n甲,\"乙\r\n丙,丁\n";
        let found = stray_quotes("x.csv", text, Some(b'#'));
        let places: Vec<&str> = found.iter().map(|p| &text[p.span.start..]).collect();
        assert_eq!(places, ["\"乙\r\n丙,丁\n"]);
        assert_eq!(stray_quotes("x.csv", text, None).len(), 2);
    }
}
