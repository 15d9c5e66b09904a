//! Hundreds of workbooks of every format with something broken in each: the job always ends,
//! and every file has its sentence or its figures.

use crate::kit::{FORM, Office, book, drawn, repository};
use std::fs;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;

const BODY: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 80 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | 80 |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | 80 |
| 8 | 其中：学校承担 | '04 | {SUM(C6:C7)/9}11 | 10 | 10% | 2 | 80 |
";

/// Dice that fall the same way every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap_or(0)
    }

    /// Bytes with a few of them changed, left out, doubled or cut off.
    fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            if bytes.is_empty() {
                break;
            }
            match self.below(6) {
                0 => bytes[at] = u8::try_from(self.below(256)).unwrap_or(0),
                1 => bytes[at] ^= 1 << self.below(8),
                2 => {
                    let end = (at + 1 + self.below(40)).min(bytes.len());
                    bytes.drain(at..end);
                }
                3 => {
                    let end = (at + 1 + self.below(40)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => bytes.splice(at..at, *b"99999999999").for_each(drop),
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    }

    /// A package with one of its parts spoilt and packed again, so that its checksums hold.
    fn spoil_inside(&mut self, package: &[u8]) -> Vec<u8> {
        let mut zip = zip::ZipArchive::new(Cursor::new(package)).expect("a package");
        let chosen = self.below(zip.len());
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..zip.len() {
            let mut part = zip.by_index(index).expect("a part");
            let name = part.name().expect("a name").into_owned();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("its bytes");
            if index == chosen {
                bytes = self.spoil(&bytes);
            }
            out.start_file(name, SimpleFileOptions::default())
                .expect("a part");
            out.write_all(&bytes).expect("its bytes");
        }
        out.finish().expect("a package").into_inner()
    }
}

/// Whole files of every format, with their extensions.
fn whole() -> Vec<(&'static str, Vec<u8>)> {
    let file = |name: &str| fs::read(repository().join("tests/files").join(name)).expect("a file");
    let lines = "巴南区2023年12月课题情况\n类别,代码,申报数,,,立项数,覆盖率（%）\n,,本年,上年同期,增长（%）,,\n合计,01,99,90,10,30,80\n";
    let page = format!(
        "<html><body><table><tr><td>{}</td></tr></table></body></html>",
        lines
            .replace(',', "</td><td>")
            .replace('\n', "</td></tr><tr><td>")
    );
    let rows = lines
        .replace(',', "</Data></Cell><Cell><Data ss:Type=\"String\">")
        .replace(
            '\n',
            "</Data></Cell></Row><Row><Cell><Data ss:Type=\"String\">",
        );
    let rows = format!("<Row><Cell><Data ss:Type=\"String\">{rows}</Data></Cell></Row>");
    let sheet = "urn:schemas-microsoft-com:office:spreadsheet";
    let xml = format!(
        "<?xml version=\"1.0\"?><Workbook xmlns=\"{sheet}\" xmlns:ss=\"{sheet}\"><Worksheet ss:Name=\"T01\"><Table>{rows}</Table></Worksheet></Workbook>"
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("巴南区.csv", SimpleFileOptions::default())
        .expect("a member");
    zip.write_all(lines.as_bytes()).expect("its bytes");
    vec![
        (
            "xlsx",
            book(&[("T01", &drawn(BODY)), ("-去年", "| 1 | 1 | 2 |")]),
        ),
        ("xls", file("libreoffice.xls")),
        ("xls", file("excel5-gbk.xls")),
        ("xlsb", file("sheetjs.xlsb")),
        ("ods", file("libreoffice.ods")),
        ("csv", lines.as_bytes().to_vec()),
        ("html", page.into_bytes()),
        ("xml", xml.into_bytes()),
        ("zip", zip.finish().expect("an archive").into_inner()),
    ]
}

#[test]
fn five_hundred_broken_files_get_their_sentences_and_the_good_one_its_results() {
    const EACH: usize = 60;
    let office = Office::new(FORM);
    let mut dice = Dice(202_312);
    let mut sent = 0;
    for (kind, bytes) in whole() {
        for at in 0..EACH {
            let is_package = matches!(kind, "xlsx" | "xlsb" | "ods");
            let spoilt = if is_package && at % 3 > 0 {
                dice.spoil_inside(&bytes)
            } else {
                dice.spoil(&bytes)
            };
            sent += 1;
            office.put(&format!("input/2023-12/巴南区/{sent:04}.{kind}"), &spoilt);
        }
    }
    office.sheet(
        "input/2023-12/南岸区.xlsx",
        &drawn(BODY).replace("巴南区", "南岸区"),
    );
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let run = office.json("output/2023-12/run.json");
    let files = run["files"].as_array().expect("files");
    let told = |name: &str| {
        let mut of = files.iter().filter(|file| {
            let path = file["path"].as_str().expect("a path");
            path == name || path.starts_with(&format!("{name}/"))
        });
        of.next().is_some()
    };
    let (mut refused, mut usable) = (0, 0);
    for file in files {
        match file["refused"]["zh"].as_str() {
            Some(why) => {
                assert!(why.chars().count() > 6, "{file}");
                refused += 1;
            }
            None => usable += 1,
        }
    }
    assert!(sent >= 500 && files.len() > sent, "{sent} {}", files.len());
    // Both happen: what is broken is refused, what is only scratched is read.
    assert!(
        refused > 100 && usable > 10,
        "{refused} refused, {usable} usable"
    );
    for entry in fs::read_dir(office.path("input/2023-12/巴南区")).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = format!("巴南区/{}", name.to_string_lossy());
        assert!(told(&name), "{name}");
    }
    assert_eq!(office.standing("500108", "checking"), "passed");
}
