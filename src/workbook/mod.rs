//! Submitted files as raw sheets: cells, number formats, and the facts about a sheet.
//!
//! Each file format, and each library that reads one, is known to one file here; what comes
//! out is the same for all. Foreign bytes are only touched in worker processes: the libraries
//! are good, but a crafted file can make them abort, and nothing within a process helps then.
//!
//! What a sheet means is for `intake`.

mod facts;
pub mod format;
pub mod overlay;
mod xlsx;

use crate::place::{Cell, Range};
use crate::rulebook::written::Limits;
use crate::words::Text;
use format::Format;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What stands in a cell, as its file says it.
#[derive(Debug, Clone, PartialEq)]
pub enum RawValue<'a> {
    /// A number.
    Number(f64),
    /// A day, as the spreadsheet counts them.
    Date(f64),
    /// Words.
    Text(Cow<'a, str>),
    /// TRUE or FALSE.
    Truth(bool),
    /// `#DIV/0!` and its like, with the text that the spreadsheet shows.
    Error(&'static str),
}

/// A filled cell of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct RawCell<'a> {
    /// Where.
    pub cell: Cell,
    /// What.
    pub value: RawValue<'a>,
    /// The position of its number format in [`RawSheet::formats`].
    pub format: u32,
}

/// A sheet: its filled cells in the order of the file, and what is known about it.
#[derive(Debug)]
pub struct RawSheet<'a> {
    /// Its name.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// The filled cells, row by row.
    pub cells: Vec<RawCell<'a>>,
    /// The workbook's number formats.
    pub formats: &'a [Format],
    /// What else is known.
    pub facts: Facts,
    /// How many cells the reader could not make out.
    pub damaged: u64,
}

/// What is known of a sheet besides its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Merged ranges.
    pub merges: Vec<Range>,
    /// Hidden rows, from zero, in order.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, from zero, in order.
    pub hidden_columns: Vec<u32>,
    /// How many cells hold formulas.
    pub formulas: u64,
    /// Whether the sheet is protected.
    pub protected: bool,
    /// Cells whose formula has no stored result, in order: other programs write such.
    pub without_result: Vec<Cell>,
    /// Cells that the reader could not make out, in order, as far as their places are known.
    pub damaged: Vec<Cell>,
}

/// Why a file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be opened or read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// It is no workbook.
    #[error("the file is {0}, not a workbook that can be read")]
    NotAWorkbook(&'static str),
    /// It is protected by a password.
    #[error("the workbook is protected by a password")]
    Password,
    /// It goes over a limit of `job.toml`.
    #[error("the workbook goes over the limit `{limit}`: found {found}, allowed {allowed}")]
    OverLimit {
        /// The limit's name in `[limits]`.
        limit: &'static str,
        /// How much there is.
        found: u64,
        /// How much may be.
        allowed: u64,
    },
    /// It is damaged.
    #[error("the workbook is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// What a district or staff are told, and what they can do.
    pub fn words(&self) -> Text {
        match self {
            Self::Io(_) => Text::new(
                "文件打不开，请检查文件是否还在、是否有读取权限",
                "the file cannot be opened: is it still there, and may it be read?",
            ),
            Self::NotAWorkbook(what) => {
                let known = KINDS_OF_FILES.iter().find(|kind| kind.0 == *what);
                let (_, zh, advice) =
                    known
                        .copied()
                        .unwrap_or(("", "无法识别的文件", Advice::Save));
                let advice = advice.words();
                Text::new(
                    format!("这是{zh}，不是可以读取的工作簿。{}", advice.zh),
                    format!(
                        "this is {what}, not a workbook that can be read: {}",
                        advice.en
                    ),
                )
            }
            Self::Password => Text::new(
                "工作簿设了打开密码。请取消密码后重报",
                "the workbook is protected by a password: take it off and send it again",
            ),
            Self::OverLimit {
                limit,
                found,
                allowed,
            } => both!(
                "工作簿超出上限 {limit}（{found}，上限 {allowed}）。请删去多余的工作表和格式后重报，或由市级调整 job.toml",
                "the workbook goes over the limit `{limit}` ({found}, allowed {allowed}): take out what is not needed, or change the limit in job.toml"
            ),
            Self::Damaged(_) => Text::new(
                "文件已损坏，读不出来。请重新导出或用 Excel 打开另存后重报",
                "the file is damaged and cannot be read: save or export it anew and send it again",
            ),
        }
    }
}

/// What a file can turn out to be, in both languages, and what helps.
const KINDS_OF_FILES: &[(&str, &str, Advice)] = &[
    ("an empty file", "空文件", Advice::Again),
    (
        "an Excel 97 workbook (.xls)",
        "旧版 Excel 文件（.xls）",
        Advice::Save,
    ),
    (
        "a binary workbook (.xlsb)",
        "二进制工作簿（.xlsb）",
        Advice::Save,
    ),
    (
        "an OpenDocument sheet (.ods)",
        "OpenDocument 表格（.ods）",
        Advice::Save,
    ),
    ("a PDF", "PDF 文件", Advice::Again),
    ("a RAR archive", "RAR 压缩包", Advice::Unpack),
    ("a 7z archive", "7z 压缩包", Advice::Unpack),
    ("a zip archive", "zip 压缩包", Advice::Unpack),
    ("a picture", "图片", Advice::Again),
    ("a web page", "网页", Advice::Save),
    ("a Word document", "Word 文档", Advice::Again),
    ("text", "文本文件", Advice::Save),
    ("something unknown", "无法识别的文件", Advice::Save),
];

/// What a district can do about a file that is no workbook.
#[derive(Debug, Clone, Copy)]
enum Advice {
    /// Excel can open it and save it as a workbook.
    Save,
    /// The workbook is inside.
    Unpack,
    /// It has to be another file.
    Again,
}

impl Advice {
    fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Save => (
                "请用 Excel 或 WPS 另存为 .xlsx 后重报",
                "save it as .xlsx and send it again",
            ),
            Self::Unpack => (
                "请解压后报送里面的 .xlsx 工作簿",
                "unpack it and send the .xlsx workbook inside",
            ),
            Self::Again => (
                "请报送填好的 .xlsx 工作簿本身",
                "send the filled .xlsx workbook itself",
            ),
        };
        Text::new(zh, en)
    }
}

/// Opens a file for what its content is, whatever its name says, and shows every sheet of it.
///
/// # Errors
/// When the file cannot be used at all. A sheet that cannot be read is shown without cells.
pub fn read(path: &Path, limits: &Limits, see: &mut dyn FnMut(RawSheet<'_>)) -> Result<(), Error> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > limits.file_bytes {
        return Err(Error::OverLimit {
            limit: "file_bytes",
            found: size,
            allowed: limits.file_bytes,
        });
    }
    let mut head = Vec::new();
    file.by_ref().take(8 * 1024).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    match sniff(&head) {
        "zip" => xlsx::read(file, limits, see),
        "cfb" => {
            // Both an encrypted package and an old workbook are compound files; the names of
            // their streams stand in the directory as UTF-16.
            let mut all = head;
            file.take(limits.file_bytes).read_to_end(&mut all)?;
            let name: Vec<u8> = "EncryptedPackage"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            if memchr::memmem::find(&all, &name).is_some() {
                return Err(Error::Password);
            }
            Err(Error::NotAWorkbook("an Excel 97 workbook (.xls)"))
        }
        other => Err(Error::NotAWorkbook(other)),
    }
}

/// The value of a custom property of a package, such as the one by which a returned report is
/// known; none where the file is no package or has no such property.
pub fn property(path: &Path, name: &str) -> Option<String> {
    xlsx::property(File::open(path).ok()?, name)
}

/// What a file's first bytes say that it is.
fn sniff(head: &[u8]) -> &'static str {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if head.is_empty() {
        return "an empty file";
    }
    let known: &[(&[u8], &'static str)] = &[
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cfb"),
        (b"%PDF", "a PDF"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
    ];
    if let Some((_, what)) = known.iter().find(|(magic, _)| starts(magic)) {
        return what;
    }
    let text = String::from_utf8_lossy(head).trim_start().to_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") || text.contains("<table") {
        return "a web page";
    }
    if head.contains(&0) {
        "something unknown"
    } else {
        "text"
    }
}
