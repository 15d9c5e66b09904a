//! What a file is, by its content: an `.xls` may be a web page, text or a package.

use crate::words::Text;
use memchr::memmem;
use std::io::Cursor;
use zip::ZipArchive;

/// What a file turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `.xlsx`, `.xlsm`: a package of XML parts.
    Xlsx,
    /// `.xlsb`: a package of binary parts.
    Xlsb,
    /// `.ods`: an `OpenDocument` package.
    Ods,
    /// `.xls`, `.et`: a compound file, or its bare stream as Excel 5 wrote it.
    Xls,
    /// A web page with tables, as old systems export under the name `.xls`.
    Html,
    /// An Excel 2003 workbook as one XML file.
    Xml2003,
    /// Separated values.
    Text,
    /// A zip archive of files.
    Archive,
    /// A compound file that holds an encrypted package.
    Encrypted,
    /// Nothing at all.
    Empty,
    /// A PDF.
    Pdf,
    /// A RAR archive.
    Rar,
    /// A 7z archive.
    SevenZip,
    /// A picture, such as the scan of a stamped form.
    Picture,
    /// A Word document.
    Word,
    /// Anything else.
    Unknown,
}

/// What a district can do about a file that is no workbook.
#[derive(Debug, Clone, Copy)]
enum Advice {
    Save,
    Unpack,
    Again,
}

impl Kind {
    /// What it is called, with an article in English.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Xlsx => ("Excel 工作簿（.xlsx）", "a workbook (.xlsx)"),
            Self::Xlsb => ("二进制工作簿（.xlsb）", "a binary workbook (.xlsb)"),
            Self::Ods => ("OpenDocument 表格（.ods）", "an OpenDocument sheet (.ods)"),
            Self::Xls => ("旧版 Excel 文件（.xls）", "an Excel 97 workbook (.xls)"),
            Self::Html => ("网页", "a web page"),
            Self::Xml2003 => ("Excel 2003 XML 表格", "an Excel 2003 XML workbook"),
            Self::Text => ("文本文件", "text"),
            Self::Archive => ("zip 压缩包", "a zip archive"),
            Self::Encrypted => ("加密的工作簿", "an encrypted workbook"),
            Self::Empty => ("空文件", "an empty file"),
            Self::Pdf => ("PDF 文件", "a PDF"),
            Self::Rar => ("RAR 压缩包", "a RAR archive"),
            Self::SevenZip => ("7z 压缩包", "a 7z archive"),
            Self::Picture => ("图片", "a picture"),
            Self::Word => ("Word 文档", "a Word document"),
            Self::Unknown => ("无法识别的文件", "something unknown"),
        };
        Text::new(zh, en)
    }

    /// What a district can do where such a file cannot be used.
    pub fn advice(self) -> Text {
        let advice = match self {
            Self::Rar | Self::SevenZip | Self::Archive => Advice::Unpack,
            Self::Empty | Self::Pdf | Self::Picture | Self::Word => Advice::Again,
            _ => Advice::Save,
        };
        let (zh, en) = match advice {
            Advice::Save => (
                "请用 Excel 或 WPS 另存为 .xlsx 后重报",
                "save it as .xlsx and send it again",
            ),
            Advice::Unpack => (
                "请解压后报送里面的 .xlsx 工作簿",
                "unpack it and send the .xlsx workbook inside",
            ),
            Advice::Again => (
                "请报送填好的 .xlsx 工作簿本身",
                "send the filled .xlsx workbook itself",
            ),
        };
        Text::new(zh, en)
    }

    /// Whether such a file may go along with a workbook: the scan of the stamped form, the
    /// letter that came with it.
    pub fn may_accompany(self) -> bool {
        matches!(self, Self::Pdf | Self::Picture | Self::Word)
    }
}

/// How much of a file's beginning is looked at for words.
const HEAD: usize = 8 * 1024;

/// What a file is.
pub fn sniff(bytes: &[u8]) -> Kind {
    // Old programs end a text with a control-Z or fill its last block with zeros.
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | 0x1a));
    let Some(end) = end else {
        return Kind::Empty;
    };
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return package(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(bytes);
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return *kind;
    }
    if is_bitmap(bytes) {
        return Kind::Picture;
    }
    let head = &bytes[..(end + 1).min(HEAD)];
    let words = words(head);
    if words.contains("mime-version:") && words.contains("multipart/related") {
        return Kind::Html;
    }
    // What comes before the first element says only what kind of XML it is.
    let root = root(&words);
    if root.starts_with("<workbook")
        && words.contains("urn:schemas-microsoft-com:office:spreadsheet")
    {
        return Kind::Xml2003;
    }
    let page = [
        "<html", "<table", "<meta", "<head", "<style", "<body", "<title",
    ];
    if page.iter().any(|tag| root.starts_with(tag)) || words.contains("<table") {
        return Kind::Html;
    }
    if is_text(head) {
        Kind::Text
    } else {
        Kind::Unknown
    }
}

/// What files begin with.
const MAGIC: &[(&[u8], Kind)] = &[
    (b"%PDF", Kind::Pdf),
    (b"Rar!", Kind::Rar),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"\x89PNG", Kind::Picture),
    (b"\xff\xd8\xff", Kind::Picture),
    (b"GIF8", Kind::Picture),
    (b"II*\0", Kind::Picture),
    (b"MM\0*", Kind::Picture),
    // The bare streams of Excel 5 and before: a BOF record.
    (b"\x09\x08\x06\x00", Kind::Xls),
    (b"\x09\x08\x08\x00", Kind::Xls),
    (b"\x09\x08\x10\x00", Kind::Xls),
    (b"{\\rtf", Kind::Word),
];

/// Two letters are no magic: the header says how long the file is.
fn is_bitmap(bytes: &[u8]) -> bool {
    let length = bytes.get(2..6).and_then(|length| length.try_into().ok());
    let length = length.map(u32::from_le_bytes);
    bytes.starts_with(b"BM") && length.is_some_and(|length| u64::from(length) == bytes.len() as u64)
}

/// The Latin letters of a head in lower case. Of UTF-16 every second byte is nothing where they
/// stand.
fn words(head: &[u8]) -> String {
    let bytes: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let words = String::from_utf8_lossy(&bytes).to_lowercase();
    let marks = ['\u{feff}', '\u{fffd}'];
    words.trim_start_matches(marks).trim_start().to_owned()
}

/// A document from its first element on.
fn root(words: &str) -> &str {
    let mut rest = words;
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<!") => ">",
            _ => return rest,
        };
        let Some(at) = rest.find(end) else {
            return "";
        };
        rest = rest[at + end.len()..].trim_start();
    }
}

/// Whether bytes are text: UTF-16 with or without its mark, or anything without control signs.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return true;
    }
    let zeros = |side: usize| {
        let bytes = head.iter().skip(side).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    // Of UTF-16 the signs of the Latin script, digits and commas among them, have a zero each, on
    // one side; of Chinese signs few have one on the other.
    let (first, second) = (zeros(0), zeros(1));
    let wide = first.max(second) * 20 >= head.len() && first.max(second) > 4 * first.min(second);
    wide || first + second == 0 && !has_controls(head)
}

/// Bytes that no text has.
fn has_controls(head: &[u8]) -> bool {
    let controls = head
        .iter()
        .filter(|b| (1..9).contains(*b) || (14..27).contains(*b));
    controls.count() * 100 > head.len()
}

/// What a compound file holds, by the names of its streams, which stand there as UTF-16.
fn compound(bytes: &[u8]) -> Kind {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &name).is_some()
    };
    if holds("EncryptedPackage") {
        Kind::Encrypted
    } else if holds("WordDocument") && !holds("Workbook") {
        Kind::Word
    } else if holds("PowerPoint Document") {
        Kind::Unknown
    } else {
        Kind::Xls
    }
}

/// What a zip holds, by the names of its entries.
fn package(bytes: &[u8]) -> Kind {
    // A damaged package of a workbook is still that: its reader says what is wrong with it.
    let Ok(package) = ZipArchive::new(Cursor::new(bytes)) else {
        return Kind::Xlsx;
    };
    let mut kind = Kind::Archive;
    for name in package.file_names().flatten() {
        let name = name.to_lowercase().replace('\\', "/");
        if name.ends_with("workbook.xml") && name.contains('/') || name == "workbook.xml" {
            return Kind::Xlsx;
        }
        if name.ends_with("workbook.bin") {
            return Kind::Xlsb;
        }
        // An encrypted one may hold nothing else.
        if name == "encrypted-package" {
            return Kind::Ods;
        }
        if name == "ppt/presentation.xml" {
            return Kind::Unknown;
        }
        if name == "word/document.xml" {
            kind = Kind::Word;
        } else if name == "content.xml" && kind == Kind::Archive {
            kind = Kind::Ods;
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn content_decides() {
        let cases: &[(&[u8], Kind)] = &[
            (b"", Kind::Empty),
            (b"\0\0\0", Kind::Empty),
            (b"%PDF-1.7", Kind::Pdf),
            (b"BM,1,2\n", Kind::Text),
            (b"a,b\n1,2\n\x1a", Kind::Text),
            ("合计,1,2\n".as_bytes(), Kind::Text),
            (b"\xba\xcf\xbc\xc6,1\n", Kind::Text),
            (&wide("合计,1,2\n"), Kind::Text),
            (b"<!-- x -->\n<HTML><body>", Kind::Html),
            (b"<?xml version='1.0'?><html xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>", Kind::Html),
            (b"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", Kind::Xml2003),
            (b"MIME-Version: 1.0\nContent-Type: multipart/related;", Kind::Html),
            (b"\x7fELF\x02\x01\x01\0\0\0", Kind::Unknown),
            (b"\x09\x08\x08\x00\x00\x05", Kind::Xls),
        ];
        for (bytes, kind) in cases {
            assert_eq!(sniff(bytes), *kind, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
