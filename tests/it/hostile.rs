use crate::kit::{FORM, Office, drawn};
use std::fs;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const IN_ORDER: &str = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";

/// A package of these parts.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("a package").into_inner()
}

/// A workbook with one sheet of this XML and these shared strings.
fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>";
    let rels = |list: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{list}</Relationships>"
        )
    };
    let rel = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    package(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", rels(&rel("rId1", "officeDocument", "xl/workbook.xml")).as_bytes()),
        (
            "xl/workbook.xml",
            format!("<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"T01\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>").as_bytes(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            rels(&(rel("rId1", "worksheet", "worksheets/sheet1.xml") + &rel("rId2", "sharedStrings", "sharedStrings.xml"))).as_bytes(),
        ),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\">{sheet}</worksheet>").as_bytes(),
        ),
    ])
}

/// Runs an office in which 巴南区 sends a hostile file and 南岸区 a good one; the good one's
/// results come out, and the hostile one gets the sentence.
fn against(file: &[u8]) -> String {
    let office = Office::new(FORM);
    office.put("input/2023-12/巴南区.xlsx", file);
    told(&office)
}

fn told(office: &Office) -> String {
    let good = drawn(IN_ORDER).replace("巴南区", "南岸区");
    office.sheet("input/2023-12/南岸区.xlsx", &good);
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let report = office.json("output/2023-12/findings.json");
    let districts = report["districts"].as_array().expect("districts");
    let form = |code: &str| {
        let district = districts
            .iter()
            .find(|d| d["code"] == code)
            .expect("the district");
        district["forms"][0].clone()
    };
    assert_eq!(form("500108")["reporting"], "reported");
    assert_eq!(form("500108")["checking"], "passed");
    assert_eq!(form("500113")["reporting"], "invalid", "{report:#}");
    assert!(
        office
            .path("output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-文件无效.xlsx")
            .is_file()
    );
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "intake.file");
    finding["message"]["zh"]
        .as_str()
        .expect("a sentence")
        .to_owned()
}

#[test]
fn what_is_no_workbook_says_what_it_is() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "空文件"),
        (b"%PDF-1.7 ...", "PDF 文件"),
        (b"Rar!\x1a\x07\x00", "RAR 压缩包"),
        (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
        (b"\x89PNG\r\n", "图片"),
        (b"<html><frameset></frameset></html>", "网页"),
        (b"{\\rtf1 }", "Word 文档"),
        (b"\x7fELF\x02\x01\x01\0", "无法识别的文件"),
    ];
    for (bytes, what) in cases {
        let message = against(bytes);
        assert!(message.contains(what), "{message}");
        assert!(message.contains(".xlsx"), "{message}");
    }
    let inner = package(&[("a.txt", b"1")]);
    let office = Office::new(FORM);
    office.put("input/2023-12/巴南区.zip", &package(&[("内.zip", &inner)]));
    let message = told(&office);
    assert!(message.contains("zip 压缩包"), "{message}");
    assert!(against(&package(&[])).contains("压缩包里没有文件"));
}

#[test]
fn a_password_is_asked_to_be_taken_off() {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(2048, 0);
    file.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(against(&file).contains("密码"));
}

#[test]
fn a_file_that_is_cut_off_is_damaged() {
    let office = Office::new(FORM);
    office.sheet("whole.xlsx", &drawn(IN_ORDER));
    let whole = fs::read(office.path("whole.xlsx")).expect("a workbook");
    for share in [1, 3, 6, 9] {
        assert!(against(&whole[..whole.len() * share / 10]).contains("已损坏"));
    }
}

/// calamine 0.38 reserves room for as many strings as the file says: the process aborts.
#[test]
fn a_reader_that_aborts_makes_one_file_not_usable_and_nothing_worse() {
    let strings = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" count=\"99999999999\" uniqueCount=\"99999999999\"></sst>";
    let message = against(&workbook("<sheetData/>", strings));
    assert!(message.contains("读取程序无法处理"), "{message}");
}

#[test]
fn two_cells_in_opposite_corners_cost_nothing() {
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    assert!(against(&workbook(sheet, "<sst/>")).contains("没有找到要报的报表"));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![b' '; 80 << 20];
    let mut parts = vec![("xl/workbook.xml".to_owned(), &zeros[..])];
    for part in 0..8 {
        parts.push((format!("xl/media/{part}.bin"), &zeros[..]));
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), *bytes))
        .collect();
    let message = against(&package(&parts));
    assert!(message.contains("unpacked_bytes"), "{message}");
}

/// What `check` says of the workbook in order, with something in its sheet's XML changed.
fn told_of(from: &str, to: &str) -> String {
    let office = Office::new(FORM);
    office.sheet("whole.xlsx", &drawn(IN_ORDER));
    let whole = fs::File::open(office.path("whole.xlsx")).expect("open");
    let mut zip = zip::ZipArchive::new(whole).expect("zip");
    let mut parts = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut bytes).expect("its bytes");
        if name.ends_with("sheet1.xml") {
            let xml = String::from_utf8(bytes).expect("XML");
            assert!(xml.contains(from), "{xml}");
            bytes = xml.replace(from, to).into_bytes();
        }
        parts.push((name, bytes));
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    office.put("巴南区.xlsx", &package(&parts));
    let said = office.hebiao(&["check", "巴南区.xlsx", "--period", "2023-12"]);
    said.out
}

/// The of-which row's approvals, a figure that nothing else rests on.
const CELL: &str = "<c r=\"F8\"><v>2</v></c>";

#[test]
fn one_cell_that_cannot_be_read_is_told_at_its_place_and_loses_no_other() {
    let said = told_of(CELL, "<c r=\"F8\" t=\"e\"><v>#SPILL!</v></c>");
    assert!(said.contains("T01!F8"), "{said}");
    assert!(said.contains("这个单元格读不出来"), "{said}");
    assert!(said.contains("必改 1，核实 0"), "{said}");
}

#[test]
fn a_formula_without_a_stored_result_is_never_taken_for_nothing() {
    for cell in [
        "<c r=\"F8\"><f>NOW()</f></c>",
        "<c r=\"F8\"><f>NOW()</f><v></v></c>",
        "<c r=\"F8\"><f>NOW()</f><v/></c>",
        "<c r='F8'><f>NOW()</f></c >",
    ] {
        let said = told_of(CELL, cell);
        assert!(said.contains("T01!F8"), "{said}");
        assert!(said.contains("公式没有计算结果"), "{said}");
        assert!(said.contains("必改 1，核实 0"), "{said}");
    }
}

#[test]
fn a_formula_of_plain_arithmetic_is_computed_where_its_result_is_missing() {
    let said = told_of(CELL, "<c r=\"F8\"><f>SUM(F6:F7)/10</f></c>");
    assert!(said.contains("必改 0，核实 0"), "{said}");
    let said = told_of(CELL, "<c r=\"F8\"><f>F5*2</f></c>");
    assert!(said.contains("立项数”填报 60"), "{said}");
}

#[test]
fn a_result_that_is_out_of_date_is_asked_about() {
    let said = told_of(CELL, "<c r=\"F8\"><f>SUM(F6:F7)/10</f><v>2</v></c>");
    assert!(
        said.contains("存的公式结果是 2，按公式现在应是 3"),
        "{said}"
    );
    assert!(said.contains("必改 0，核实 1"), "{said}");
}

/// A package of the kit's workbook with some of its parts renamed or doubled.
fn repacked(rename: impl Fn(&str) -> Vec<String>) -> Vec<u8> {
    let office = Office::new(FORM);
    office.sheet("whole.xlsx", &drawn(IN_ORDER));
    let bytes = fs::read(office.path("whole.xlsx")).expect("a workbook");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut bytes).expect("its bytes");
        for name in rename(&name) {
            let own = String::from_utf8_lossy(&bytes).replace("\"styles.xml\"", "\"styles1.xml\"");
            let is_renamed = name.ends_with("workbook.xml.rels")
                && rename("xl/styles.xml")[0] != "xl/styles.xml";
            parts.push((
                name,
                if is_renamed {
                    own.into_bytes()
                } else {
                    bytes.clone()
                },
            ));
        }
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    package(&parts)
}

#[test]
fn what_readers_could_take_in_two_ways_is_not_read() {
    let twice = |name: &str| match name {
        "xl/worksheets/sheet1.xml" => vec![name.to_owned(), "xl/worksheets/Sheet1.xml".to_owned()],
        _ => vec![name.to_owned()],
    };
    assert!(against(&repacked(twice)).contains("内部写法不常见"));
    let elsewhere = |name: &str| match name {
        "xl/styles.xml" => vec!["xl/styles1.xml".to_owned()],
        _ => vec![name.to_owned()],
    };
    assert!(against(&repacked(elsewhere)).contains("内部写法不常见"));
    let branches =
        "<sheetData><row r=\"1\"><mc:AlternateContent xmlns:mc=\"x\"/></row></sheetData>";
    assert!(against(&workbook(branches, "<sst/>")).contains("内部写法不常见"));
}

/// calamine 0.38 passes over references and character data in a value. Fifty approvals of eleven
/// applications are a finding if they are read; if they are lost, that is one.
#[test]
fn a_value_that_is_lost_on_its_way_is_never_taken_for_nothing() {
    for value in ["&#53;0", "<![CDATA[50]]>", "5<?x?>0", "5<!---->0"] {
        let said = told_of(CELL, &format!("<c r=\"F8\"><v>{value}</v></c>"));
        assert!(said.contains("T01!F8"), "{said}");
    }
}

#[test]
fn a_cell_that_stands_twice_is_not_chosen_from() {
    let said = told_of(CELL, &format!("{CELL}<c r=\"F8\"><v>3</v></c>"));
    assert!(
        said.contains("T01!F8") && said.contains("必改 1，核实 0"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn links_folders_and_lock_files_are_not_opened() {
    let office = Office::new(FORM);
    office.sheet("secret.xlsx", &drawn(IN_ORDER));
    fs::create_dir_all(office.path("input/2023-12/巴南区.xlsx"))
        .expect("a folder with a workbook's name");
    office.put("input/2023-12/~$南岸区.xlsx", b"somebody has it open");
    std::os::unix::fs::symlink(
        office.path("secret.xlsx"),
        office.path("input/2023-12/巴南区 12月.xlsx"),
    )
    .expect("a link");
    let message = told(&office);
    assert!(message.contains("链接或特殊文件"), "{message}");
    let run = office.json("output/2023-12/run.json");
    assert_eq!(run["files"].as_array().expect("files").len(), 2);
}

#[test]
fn text_that_looks_like_a_formula_stays_text() {
    let office = Office::new(FORM);
    let body = IN_ORDER.replace("| 11 | 10 |", "| '=1+cmd|10 |");
    office.sheet(
        "input/2023-12/巴南区.xlsx",
        &drawn(&body.replace("=1+cmd", "=HYPERLINK(1)")),
    );
    office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    let folder = office.path("output/2023-12/districts/500113-巴南区");
    let report = fs::read_dir(folder)
        .expect("reports")
        .flatten()
        .next()
        .expect("a report")
        .path();
    let mut zip = zip::ZipArchive::new(fs::File::open(report).expect("open")).expect("zip");
    let mut front = String::new();
    let part = zip
        .by_name("xl/worksheets/hebiao-findings.xml")
        .expect("the findings sheet");
    std::io::Read::read_to_string(&mut { part }, &mut front).expect("XML");
    assert!(front.contains("=HYPERLINK(1)"), "{front}");
    assert!(!front.contains("<f>HYPERLINK"), "{front}");
}

/// A worker that takes the rules and then never answers is given up and told of.
#[cfg(unix)]
#[test]
fn a_worker_that_never_answers_is_given_up() {
    use hebiao::rulebook::source::Sources;
    use hebiao::rulebook::written::Limits;
    use hebiao::worker::pool::{Failure, Pool, WorkerCommand};
    use hebiao::worker::{Request, Source};
    let ready = r#"{"reply":"ready","drafts":[]}"#;
    let script = format!(
        "printf '\\{:03o}\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000{ready}'; exec sleep 60",
        ready.len()
    );
    let command = WorkerCommand {
        program: "sh".into(),
        arguments: vec!["-c".into(), script.into()],
    };
    let limits = Limits {
        seconds: 1,
        ..Limits::default()
    };
    let pool = Pool::new(command, 1, Sources::default(), limits);
    let request = Request::Read {
        source: Source::file("x".into()),
        explain: false,
        name: "x".to_owned(),
        period: None,
    };
    let answers = pool.run(&[request], &|_| {});
    assert!(
        matches!(answers[0], Err(Failure::Patience(_))),
        "{answers:?}"
    );
}

/// A piece for each number, one behind the other.
fn numbered(from: usize, to: usize, piece: impl Fn(usize) -> String) -> String {
    (from..to).map(piece).collect::<Vec<_>>().concat()
}

/// A workbook with so many sheets.
fn with_sheets(count: usize) -> Vec<u8> {
    let bytes = workbook("<sheetData/>", "<sst/>");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).expect("its text");
        if name == "xl/workbook.xml" {
            let list = numbered(2, count, |at| {
                format!("<sheet name=\"S{at}\" sheetId=\"{at}\" r:id=\"rId1\"/>")
            });
            text = text.replace("</sheets>", &format!("{list}</sheets>"));
        }
        parts.push((name, text.into_bytes()));
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    package(&parts)
}

/// Files that nobody should send, with what is said of each.
fn traps() -> Vec<(String, Vec<u8>, &'static str)> {
    let lots = |piece: &str, count: usize| piece.repeat(count);
    let merges = numbered(1, 100_002, |at| format!("<mergeCell ref=\"A{at}:B{at}\"/>"));
    let laughs =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let sheet = |data: &str| workbook(data, "<sst/>");
    let empty_rows = numbered(1, 1_000_001, |row| format!("<row r=\"{row}\"/>"));
    let traps = [
        (
            "merges",
            sheet(&format!("<sheetData/><mergeCells>{merges}</mergeCells>")),
            "上限 merges",
        ),
        ("sheets", with_sheets(5_000), "上限 sheets"),
        (
            "strings",
            workbook(
                "<sheetData/>",
                &format!("<sst><si><t>{}</t></si></sst>", lots("字", 25_000_000)),
            ),
            "上限 strings_bytes",
        ),
        (
            "blanks",
            sheet(&format!(
                "<sheetData>{}</sheetData>",
                lots(" ", 560_000_000)
            )),
            "上限 unpacked_bytes",
        ),
        (
            "rows",
            sheet(&format!("<sheetData>{empty_rows}</sheetData>")),
            "没有找到要报的报表",
        ),
        (
            "deep",
            sheet(&format!(
                "<sheetData>{}</sheetData>",
                lots("<a>", 1_000_000)
            )),
            "没有找到要报的报表",
        ),
        (
            "laughs",
            workbook(
                "<sheetData/>",
                &format!("{laughs}<sst><si><t>&b;</t></si></sst>"),
            ),
            "",
        ),
        ("name'\"\n🙂", b"%PDF-1.7".to_vec(), "PDF"),
        (
            "html",
            b"<table><tr><td rowspan=999999999 colspan=999999999>1</table>".to_vec(),
            "",
        ),
        ("csv", lots("1,", 2_000_000).into_bytes(), "上限 cells"),
        ("cells", lots("1\n", 1_100_000).into_bytes(), "上限 cells"),
        (&lots("长", 80), b"%PDF-1.7".to_vec(), "PDF"),
    ];
    let owned = |(name, bytes, said): (&str, Vec<u8>, &'static str)| (name.to_owned(), bytes, said);
    traps.map(owned).to_vec()
}

/// Everything at once: each file has its sentence, the good one its results, and the job its end.
#[test]
fn a_folder_of_traps_costs_one_sentence_each() {
    let table = traps();
    let office = Office::new(FORM);
    for (name, bytes, _) in &table {
        office.put(&format!("input/2023-12/巴南区/{name}.xlsx"), bytes);
    }
    fs::create_dir_all(office.path("input/2023-12/文件夹.xlsx")).expect("a folder");
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let odd = office
            .path("input/2023-12")
            .join(OsStr::from_bytes(b"\xff\xfe.xlsx"));
        fs::write(odd, b"x").expect("a file");
        let pipe = office.path("input/2023-12/管道.xlsx");
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.expect("mkfifo").success());
    }
    let good = drawn(IN_ORDER).replace("巴南区", "南岸区");
    office.sheet("input/2023-12/南岸区.xlsx", &good);
    let said = office.hebiao(&["run", "--period", "2023-12", "--now", "2024-01-08T02:00"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let run = office.json("output/2023-12/run.json");
    let files = run["files"].as_array().expect("files");
    for (name, _, expected) in &table {
        let path = format!("巴南区/{name}.xlsx");
        let file = files.iter().find(|file| file["path"] == path.as_str());
        let why = &file.unwrap_or_else(|| panic!("{name} is not told"))["refused"]["zh"];
        let why = why.as_str().unwrap_or_else(|| panic!("{name} was used"));
        assert!(why.contains(expected), "{name}: {why}");
    }
    assert_eq!(office.standing("500108", "checking"), "passed");
}

/// A folder that is linked in would bring other people's files into the reports.
#[cfg(unix)]
#[test]
fn a_linked_folder_is_not_followed() {
    let office = Office::new(FORM);
    office.sheet("elsewhere/巴南区.xlsx", &drawn(IN_ORDER));
    std::os::unix::fs::symlink(office.path("elsewhere"), office.path("input/2023-12"))
        .expect("a link");
    let said = office.hebiao(&["run", "--period", "2023-12"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("links are not followed"), "{}", said.err);
    assert!(!office.path("output/2023-12").exists());
}
