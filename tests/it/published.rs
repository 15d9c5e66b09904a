use crate::kit::{FORM, Office, contents, copy, drawn};
use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::thread;

const NOW: [&str; 3] = ["run", "--now", "2024-01-08T02:00"];

/// What a run published, and what it said on its way.
fn published(office: &Office, more: &[&str], zone: &str) -> BTreeMap<String, Vec<u8>> {
    let arguments: Vec<&str> = NOW.iter().chain(more).copied().collect();
    let output = office
        .command(&arguments)
        .env("TZ", zone)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    contents(&office.path("output"))
}

fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in a {
        assert!(bytes == &b[name], "{name} differs");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let one = Office::with_samples(&["2022-12", "2023-12"]);
    let first = published(&one, &["--workers", "1"], "UTC");
    assert!(first.len() > 80, "{}", first.len());
    // Another folder, filled the other way round, four workers, another zone.
    let two = Office::with_samples(&[]);
    copy(&one.path("input/2023-12"), &two.path("input/2023-12"));
    copy(&one.path("input/2022-12"), &two.path("input/2022-12"));
    let second = published(&two, &["--workers", "4"], "America/New_York");
    assert_same(&first, &second);
    // And once more over what is there.
    assert_same(&second, &published(&two, &[], "Asia/Shanghai"));
}

#[test]
fn a_second_run_at_once_says_so() {
    let office = Office::with_samples(&["2023-12"]);
    let held = hebiao::publish::Output::open(&office.path("output")).expect("the lock");
    let said = office.hebiao(&NOW);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("另一次运行还没有结束"), "{}", said.err);
    drop(held);
    assert_eq!(office.hebiao(&NOW).code, 1);
}

/// Every output that a manifest names is there with its hash, and nothing is half written.
fn is_whole(office: &Office) -> bool {
    let folder = office.path("output/2023-12");
    let Ok(manifest) = fs::read(folder.join("run.json")) else {
        return false;
    };
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("a whole manifest");
    manifest["outputs"]
        .as_array()
        .expect("outputs")
        .iter()
        .all(|output| {
            let bytes = fs::read(folder.join(output["path"].as_str().expect("a path")));
            output["sha256"] == hebiao::hash::of(&bytes.unwrap_or_default()).as_str()
        })
}

#[test]
fn killed_at_any_moment_the_former_output_stands_or_is_put_back() {
    let office = Office::with_samples(&["2023-12"]);
    let started = std::time::Instant::now();
    assert_eq!(office.hebiao(&NOW).code, 1);
    let whole = started.elapsed();
    assert!(is_whole(&office));
    for moment in 0..50_u32 {
        // A submission changes, so that every run has something new to publish.
        let name = format!("input/2023-12/南岸区 {moment}.xlsx");
        office.put(&name, b"not a workbook");
        let mut child = office
            .command(&NOW)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // The fiftieth moments of a run, a little stirred.
        thread::sleep(whole * (moment * 37 % 50) / 50);
        let _ = child.kill();
        let _ = child.wait();
        // Any command that looks at the output puts it in order first.
        office.hebiao(&["check", "input/2023-12/丰都县.xlsx", "--period", "2023-12"]);
        assert!(is_whole(&office), "after moment {moment}");
        fs::remove_file(office.path(&name)).expect("taken away again");
    }
    assert_eq!(office.hebiao(&NOW).code, 1);
    assert!(is_whole(&office));
    let left: Vec<String> = fs::read_dir(office.path("output"))
        .expect("the output")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with(".lock"))
        .collect();
    assert_eq!(left, ["2023-12"]);
}

#[test]
fn what_people_put_or_changed_there_is_kept() {
    let office = Office::with_samples(&["2023-12"]);
    office.hebiao(&NOW);
    office.put("output/2023-12/电话记录.txt", "巴南区已催".as_bytes());
    office.put("output/2023-12/summary.xlsx", b"edited by staff");
    assert_eq!(office.hebiao(&NOW).code, 1);
    let now = contents(&office.path("output/2023-12"));
    assert_eq!(now["电话记录.txt"], "巴南区已催".as_bytes());
    assert!(now.values().any(|bytes| bytes == b"edited by staff"));
    assert!(now["summary.xlsx"].starts_with(b"PK"));
}

#[test]
fn a_report_is_the_districts_own_workbook_and_its_next_submission() {
    let office = Office::new(FORM);
    let body = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 100.6 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(body));
    assert_eq!(office.hebiao(&NOW).code, 1);
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let parts = |path: &str| {
        let mut zip =
            zip::ZipArchive::new(fs::File::open(office.path(path)).expect("open")).expect("zip");
        let mut parts = BTreeMap::new();
        for index in 0..zip.len() {
            let mut part = zip.by_index(index).expect("a part");
            let name = part.name().expect("a name").into_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut part, &mut bytes).expect("its bytes");
            parts.insert(name, bytes);
        }
        parts
    };
    let data = |parts: &BTreeMap<String, Vec<u8>>| {
        let xml = String::from_utf8(parts["xl/worksheets/sheet1.xml"].clone()).expect("XML");
        let (from, to) = (
            xml.find("<sheetData").expect("data"),
            xml.find("</sheetData>").expect("data"),
        );
        (xml[from..to].to_owned(), xml)
    };
    let (sent, returned) = (parts("input/2023-12/巴南区.xlsx"), parts(report));
    assert_eq!(data(&sent).0, data(&returned).0);
    assert_eq!(sent["xl/theme/theme1.xml"], returned["xl/theme/theme1.xml"]);
    assert!(data(&returned).1.contains("conditionalFormatting"));
    let front =
        String::from_utf8(returned["xl/worksheets/hebiao-findings.xml"].clone()).expect("XML");
    assert!(front.contains("G5"), "{front}");
    // Sent back beside the first one, under a name that comes before or after it, it counts.
    // Sent back as it is, it is read like the first one, the findings sheet aside.
    let bytes = fs::read(office.path(report)).expect("the report");
    office.put("input/2023-12/巴南区.xlsx", &bytes);
    assert_eq!(office.hebiao(&NOW).code, 1);
    let findings = office.json("output/2023-12/findings.json");
    assert_eq!(findings["findings"].as_array().expect("findings").len(), 1);
    assert_eq!(
        parts(report).keys().collect::<Vec<_>>(),
        returned.keys().collect::<Vec<_>>()
    );
}

#[test]
fn a_mended_report_takes_the_place_of_what_it_was_made_from() {
    let office = Office::new(FORM);
    let body = "
| 5 | 合计 | '01 | 99 | 90 | 10 | 30 | 100.6 |
| 6 | 重点 | '02 | 66 | 60 | 10 | 10 | |
| 7 | 一般 | '03 | 33 | 30 | 10 | 20 | |
| 8 | 其中：学校承担 | '04 | 11 | 10 | 10 | 2 | |
";
    office.sheet("input/2023-12/巴南区.xlsx", &drawn(body));
    assert_eq!(office.hebiao(&NOW).code, 1);
    let report = "output/2023-12/districts/500113-巴南区/审核反馈-2023年12月-巴南区-T01.xlsx";
    let returned = fs::File::open(office.path(report)).expect("the report");
    let mut from = zip::ZipArchive::new(returned).expect("zip");
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut bytes).expect("its bytes");
        let xml = String::from_utf8(bytes)
            .expect("XML")
            .replace("<v>100.6</v>", "<v>100</v>");
        let options = zip::write::SimpleFileOptions::default();
        to.start_file(name, options).expect("a part");
        std::io::Write::write_all(&mut to, xml.as_bytes()).expect("its bytes");
    }
    let mended = to.finish().expect("a package").into_inner();
    for name in ["A 巴南.xlsx", "重报 巴南.xlsx"] {
        let name = format!("input/2023-12/{name}");
        office.put(&name, &mended);
        let said = office.hebiao(&NOW);
        let findings = office.json("output/2023-12/findings.json");
        assert_eq!(said.code, 0, "{findings:#}");
        fs::remove_file(office.path(&name)).expect("taken away");
    }
}

#[test]
fn an_earlier_period_counts_the_same_published_or_read_on_the_spot() {
    let office = Office::with_samples(&["2022-12", "2023-11", "2023-12"]);
    let one = ["run", "--now", "2024-01-08T02:00", "--period", "2023-12"];
    assert_eq!(office.hebiao(&one).code, 1);
    let spot = contents(&office.path("output/2023-12"));
    fs::remove_dir_all(office.path("output/2023-12")).expect("emptied");
    assert_eq!(office.hebiao(&NOW).code, 1);
    let published = contents(&office.path("output/2023-12"));
    for (name, bytes) in &spot {
        // The summary shows trends of what was published, the others know the hashes of that.
        let may_differ = ["summary.xlsx", "run.json", "dialogue.json"].contains(&name.as_str());
        assert!(may_differ || published[name] == *bytes, "{name} differs");
    }
}

#[test]
fn a_run_is_silent_on_a_pipe_and_tells_machines_in_json() {
    let office = Office::with_samples(&["2023-12"]);
    let said = office.hebiao(&NOW);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00", "--log", "json"]);
    for line in said.err.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        assert!(line["event"].is_string());
    }
    let said = office.hebiao(&["run", "--now", "2024-01-08T02:00", "-v"]);
    assert!(said.err.contains("必改"), "{}", said.err);
}
