//! Zip archives of submissions, looked into one level deep.
//!
//! Windows in China writes the names of an archive's entries in GBK and does not say so.

use super::Error;
use crate::rulebook::written::Limits;
use encoding_rs::GB18030;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The names of an archive's members, by their positions; empty where an entry is no file that
/// anybody sent, such as a folder.
///
/// # Errors
/// When the archive is damaged or holds more than is allowed.
pub fn members(bytes: &[u8], limits: &Limits) -> Result<Vec<String>, Error> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(Error::damaged)?;
    let found = zip.len() as u64;
    if found > limits.entries {
        return Err(Error::OverLimit {
            limit: "entries",
            found,
            allowed: limits.entries,
        });
    }
    (0..zip.len())
        .map(|index| {
            let entry = zip.by_index_raw(index).map_err(Error::damaged)?;
            let name = name(entry.name_raw());
            Ok(if entry.is_file() { name } else { String::new() })
        })
        .collect()
}

/// The bytes of one member.
///
/// # Errors
/// When it cannot be unpacked, or is larger than a file may be.
pub fn member(bytes: &[u8], index: usize, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(Error::damaged)?;
    if zip.by_index_raw(index).is_ok_and(|entry| entry.encrypted()) {
        return Err(Error::Password);
    }
    let part = zip.by_index(index).map_err(Error::damaged)?;
    let mut unpacked = Vec::new();
    part.take(limits.file_bytes + 1)
        .read_to_end(&mut unpacked)
        .map_err(Error::damaged)?;
    if unpacked.len() as u64 > limits.file_bytes {
        return Err(Error::OverLimit {
            limit: "file_bytes",
            found: unpacked.len() as u64,
            allowed: limits.file_bytes,
        });
    }
    Ok(unpacked)
}

/// A name as its writer meant it, with `/` between folders and nothing that leads out of them.
fn name(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
    };
    let parts = text
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    #[test]
    fn names_in_gbk_are_read_and_lead_nowhere() {
        let (gbk, ..) = GB18030.encode("巴南区\\课题.xls");
        assert_eq!(name(&gbk), "巴南区/课题.xls");
        assert_eq!(name("巴南区.xlsx".as_bytes()), "巴南区.xlsx");
        assert_eq!(name(b"../../etc/passwd"), "etc/passwd");
    }

    #[test]
    fn members_come_out_as_they_went_in() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_directory("a", SimpleFileOptions::default())
            .expect("a folder");
        zip.start_file("a/b.csv", SimpleFileOptions::default())
            .expect("a file");
        zip.write_all(b"1,2").expect("its bytes");
        let bytes = zip.finish().expect("an archive").into_inner();
        let limits = Limits::default();
        assert_eq!(members(&bytes, &limits).expect("members"), ["", "a/b.csv"]);
        assert_eq!(member(&bytes, 1, &limits).expect("a member"), b"1,2");
        let small = Limits {
            file_bytes: 2,
            ..limits
        };
        assert!(matches!(
            member(&bytes, 1, &small),
            Err(Error::OverLimit { .. })
        ));
        assert!(member(&bytes, 9, &limits).is_err());
        assert!(members(&bytes[..20], &limits).is_err());
    }
}
