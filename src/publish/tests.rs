use std::env;
use std::process::{self, Command};

use tempfile::TempDir;

use std::ffi::OsStr;
use std::io::Write;

use super::carry::{LONGEST_NAME, edited_name};
use super::disk::{Kind, slashed, walk};
use super::*;

/// Where the environment sets this, folders are not exchanged but renamed twice.
pub(super) const TWO_STEPS: &str = "HEBIAO_TEST_TWO_STEPS";
const KILLED_AT: &str = "HEBIAO_TEST_KILLED_AT";
const CHILD: &str = "HEBIAO_TEST_OUTPUT";

const P: &str = "2023-12";

pub(super) fn reached(step: &str) {
    if env::var(KILLED_AT).is_ok_and(|at| at == step) {
        process::abort();
    }
}

#[test]
fn a_first_output_appears_under_its_period() {
    let dir = folder();
    publish(
        &dir,
        "summary.xlsx = S1, districts/500113-巴南区/审核反馈.xlsx = D1",
    );
    assert_eq!(
        drawn(&dir),
        "
2023-12/districts/500113-巴南区/审核反馈.xlsx = D1
2023-12/run.json
2023-12/summary.xlsx = S1
"
    );
}

#[test]
fn the_manifest_is_told_every_staged_file_in_order() {
    let dir = folder();
    let output = Output::open(dir.path()).unwrap();
    let stage = output.stage(P).unwrap();
    stage.create("b").unwrap().0.write_all(b"abc").unwrap();
    fs::create_dir_all(stage.path().join("a/nobody")).unwrap();
    fs::write(stage.path().join("a/z"), "").unwrap();
    let mut told = Vec::new();
    stage
        .publish(|staged| {
            told = staged.to_vec();
            Ok::<_, String>(b"{}".to_vec())
        })
        .unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|file| format!("{} {} {}", file.path, file.bytes, &file.sha256[..8]))
        .collect();
    assert_eq!(told, ["a/z 0 e3b0c442", "b 3 ba7816bf"]);
    assert!(!dir.path().join("2023-12/a/nobody").exists());
}

#[test]
fn a_file_is_put_below_the_folder_and_nowhere_else() {
    let dir = folder();
    let output = Output::open(dir.path()).unwrap();
    for content in ["one", "two"] {
        output
            .put("accepted/2023-12/a", content.as_bytes())
            .unwrap();
    }
    for name in ["", "../a", "/a", "a/../../b"] {
        assert!(output.put(name, b"x").is_err(), "{name}");
    }
    drop(output);
    publish(&dir, "summary.xlsx = S1");
    assert_eq!(
        drawn(&dir),
        "
2023-12/run.json
2023-12/summary.xlsx = S1
accepted/2023-12/a = two
"
    );
    assert_eq!(leftovers(&dir), [""; 0]);
}

#[test]
fn what_the_new_run_no_longer_makes_goes() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1, reminders/a.txt = R");
    let carried = publish(&dir, "summary.xlsx = S2");
    assert_eq!(carried, [""; 0]);
    assert_eq!(
        drawn(&dir),
        "\n2023-12/run.json\n2023-12/summary.xlsx = S2\n"
    );
}

#[test]
fn an_edited_summary_is_kept_under_a_name_of_its_own_and_once() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    write(&dir, "2023-12/summary.xlsx", "decided");
    let kept = "summary（人工修改 8d3c6686）.xlsx";
    for content in ["S2", "S3"] {
        let carried = publish(&dir, &format!("summary.xlsx = {content}"));
        assert_eq!(carried, [kept]);
    }
    let expected = "
2023-12/run.json
2023-12/summary.xlsx = S3
2023-12/summary（人工修改 8d3c6686）.xlsx = decided
";
    assert_eq!(drawn(&dir), expected);

    write(&dir, "2023-12/summary.xlsx", "decided");
    publish(&dir, "summary.xlsx = S3");
    assert_eq!(drawn(&dir), expected);
}

#[test]
fn an_edited_file_that_is_no_longer_made_keeps_its_name() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1, old.xlsx = 12");
    write(&dir, "2023-12/old.xlsx", "21");
    assert_eq!(publish(&dir, "summary.xlsx = S2"), ["old.xlsx"]);
}

#[test]
fn files_and_empty_folders_of_others_stay() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1, districts/a/x.xlsx = X");
    write(&dir, "2023-12/.hidden", "h");
    write(&dir, "2023-12/districts/a/notes/deep/er/电话.txt", "n");
    fs::create_dir_all(dir.path().join("2023-12/空/夹")).unwrap();
    for _ in 0..2 {
        let carried = publish(&dir, "summary.xlsx = S2");
        assert_eq!(carried, [".hidden", "districts/a/notes/deep/er/电话.txt"]);
        assert_eq!(
            drawn(&dir),
            "
2023-12/.hidden = h
2023-12/districts/a/notes/deep/er/电话.txt = n
2023-12/run.json
2023-12/summary.xlsx = S2
2023-12/空/夹/
"
        );
    }
}

#[test]
fn a_folder_of_ours_that_somebody_emptied_is_not_kept() {
    let dir = folder();
    publish(&dir, "districts/a/x.xlsx = X");
    fs::remove_file(dir.path().join("2023-12/districts/a/x.xlsx")).unwrap();
    publish(&dir, "summary.xlsx = S2");
    assert_eq!(
        drawn(&dir),
        "\n2023-12/run.json\n2023-12/summary.xlsx = S2\n"
    );
}

#[test]
fn without_a_manifest_everything_is_somebodys() {
    let dir = folder();
    write(&dir, "2023-12/summary.xlsx", "by hand");
    write(&dir, "2023-12/run.json", "{ not ours");
    write(&dir, "2023-12/same.txt", "same");
    let carried = publish(&dir, "summary.xlsx = S1, same.txt = same");
    assert_eq!(
        carried,
        [
            "run（人工修改 4546f03a）.json",
            "summary（人工修改 c9616cb5）.xlsx"
        ]
    );
}

#[test]
fn a_file_of_others_gives_way_to_a_folder_of_ours_and_the_reverse() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    write(&dir, "2023-12/data", "d");
    write(&dir, "2023-12/city/notes.txt", "n");
    for _ in 0..2 {
        let carried = publish(&dir, "data/KY01.parquet = P, city = C");
        assert_eq!(
            carried,
            ["city（人工文件夹）/notes.txt", "data（人工修改 18ac3e73）"]
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_carried_as_links_and_pipes_are_refused() {
    use std::os::unix::ffi::OsStrExt;

    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    let outside = folder();
    write(&outside, "kept.txt", "k");
    let link = dir.path().join(P).join("link");
    std::os::unix::fs::symlink(outside.path(), &link).unwrap();
    let odd = dir.path().join(P).join(OsStr::from_bytes(b"\xffodd"));
    fs::write(&odd, "o").unwrap();
    let carried = publish(&dir, "summary.xlsx = S2, link/a = A");
    let hash = &crate::hash::of(outside.path().as_os_str().as_encoded_bytes())[..8];
    let kept = format!("link（人工修改 {hash}）");
    assert_eq!(carried, [kept.as_str(), "\u{fffd}odd"]);
    assert_eq!(
        fs::read_link(link.with_file_name(kept)).unwrap(),
        outside.path()
    );
    assert_eq!(fs::read(odd).unwrap(), b"o");
    assert_eq!(drawn(&outside), "\nkept.txt = k\n");

    let socket = dir.path().join(P).join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let error = try_publish(&dir, "summary.xlsx = S3").unwrap_err();
    assert!(matches!(error, Error::NotAFile { path } if path == socket));
}

#[test]
fn the_time_and_the_permissions_of_a_carried_file_stay() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    write(&dir, "2023-12/note.txt", "n");
    let note = dir.path().join("2023-12/note.txt");
    let then = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options()
        .append(true)
        .open(&note)
        .and_then(|file| file.set_modified(then))
        .unwrap();
    let mut permissions = fs::metadata(&note).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&note, permissions).unwrap();
    for _ in 0..2 {
        publish(&dir, "summary.xlsx = S2");
        let facts = fs::metadata(&note).unwrap();
        assert_eq!(facts.modified().unwrap(), then);
        assert!(facts.permissions().readonly());
    }
}

#[test]
fn a_long_name_is_cut_to_make_room() {
    let name = format!("{}.xlsx", "名".repeat(83));
    let edited = edited_name(OsStr::new(&name), "1a2b3c4d")
        .into_string()
        .unwrap();
    assert_eq!(
        edited,
        format!("{}（人工修改 1a2b3c4d）.xlsx", "名".repeat(74))
    );
    assert!(edited.len() <= LONGEST_NAME);
}

#[test]
fn a_second_run_is_told_that_the_first_one_is_at_work() {
    let dir = folder();
    let output = Output::open(dir.path()).unwrap();
    let error = Output::open(dir.path()).unwrap_err();
    let lock = dir.path().join(".lock");
    assert_eq!(
        error.to_string(),
        format!("another run holds `{}`", lock.display())
    );
    // Who only reads is not held up by it.
    let stage = output.stage(P).unwrap();
    Output::recover(dir.path()).unwrap();
    drop(stage);
    drop(output);
    Output::open(dir.path()).unwrap();
}

#[test]
fn a_stage_that_is_dropped_leaves_nothing() {
    let dir = folder();
    let output = Output::open(dir.path()).unwrap();
    let stage = output.stage(P).unwrap();
    stage.create("a/b").unwrap();
    assert!(output.stage(P).is_err(), "two stages of one period");
    drop(stage);
    assert_eq!(drawn(&dir), "\n\n");
}

#[test]
fn a_failure_leaves_the_former_output_and_no_stage() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    let before = drawn(&dir);
    let output = Output::open(dir.path()).unwrap();

    let stage = output.stage(P).unwrap();
    stage.create("summary.xlsx").unwrap();
    let error = stage.publish(|_| Err("the sums are off")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot make the manifest for `")
    );
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the sums are off"
    );
    assert_eq!(drawn(&dir), before);

    // Something that cannot be written or copied.
    for obstacle in [".stage-2023-12/run.json/x", ".carry/x", "2023-12.txt"] {
        let stage = output.stage(P).unwrap();
        stage.create("summary.xlsx").unwrap();
        write(&dir, "2023-12/note.txt", "n");
        write(&dir, obstacle, "");
        let published = stage.publish(|_| Ok::<_, String>(b"{}".to_vec()));
        assert_eq!(published.is_err(), obstacle != "2023-12.txt");
        let _ = fs::remove_dir_all(dir.path().join(".carry"));
        if let Err(error) = published {
            let told = error.to_string();
            assert!(
                told.starts_with("cannot ") && told.contains("2023-12/"),
                "{told}"
            );
            fs::remove_file(dir.path().join("2023-12/note.txt")).unwrap();
            assert_eq!(drawn(&dir), before);
        }
    }
}

#[test]
fn a_folder_that_takes_no_files_is_told_before_the_work() {
    let dir = folder();
    write(&dir, "file", "");
    let error = Output::open(&dir.path().join("file/output")).unwrap_err();
    assert!(matches!(error, Error::CreateFolder { .. }));
    write(&dir, ".probe/x", "");
    let error = Output::open(dir.path()).unwrap_err();
    let probe = dir.path().join(".probe");
    assert_eq!(
        error.to_string(),
        format!("cannot write `{}`", probe.display())
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let dir = folder();
    let output = Output::open(dir.path()).unwrap();
    for period in ["", ".", "..", "a/b", ".stage-x", "a/"] {
        assert!(
            matches!(output.stage(period), Err(Error::Name { .. })),
            "{period}"
        );
    }
    let stage = output.stage(P).unwrap();
    for name in ["", "..", "../x", "/x", "a/../b", "run.json"] {
        assert!(
            matches!(stage.create(name), Err(Error::Name { .. })),
            "{name}"
        );
    }
    stage.create("a").unwrap();
    assert!(
        matches!(stage.create("a"), Err(Error::Write { .. })),
        "taken"
    );
    write(&dir, "2024-01", "");
    let error = output.stage("2024-01").unwrap_err();
    assert!(matches!(error, Error::NotAFolder { .. }));
}

#[test]
fn a_folder_that_is_not_there_needs_no_recovery() {
    let dir = folder();
    Output::recover(&dir.path().join("none")).unwrap();
    assert!(!dir.path().join("none").exists());
    Output::recover(dir.path()).unwrap();
    assert!(
        !dir.path().join(".lock").exists(),
        "nothing is written without need"
    );
}

#[test]
fn killed_after_any_step_one_whole_output_stands_and_nothing_of_others_is_lost() {
    const BEFORE: [&str; 4] = [
        "files flushed",
        "manifest written",
        "carried over",
        "sealed",
    ];
    const AFTER: [&str; 3] = ["swapped", "carried over late", "buried"];
    let former = "
2023-12/note.txt = n
2023-12/run.json
2023-12/summary.xlsx = decided
";
    let new = "
2023-12/note.txt = n
2023-12/run.json
2023-12/summary.xlsx = S2
2023-12/summary（人工修改 8d3c6686）.xlsx = decided
";
    for two_steps in [false, true] {
        let between: &[&str] = if two_steps { &["old moved away"] } else { &[] };
        for step in BEFORE.iter().chain(between).chain(&AFTER) {
            for reading in [false, true] {
                let dir = folder();
                publish(&dir, "summary.xlsx = S1, gone.txt = G");
                fs::remove_file(dir.path().join("2023-12/gone.txt")).unwrap();
                write(&dir, "2023-12/summary.xlsx", "decided");
                write(&dir, "2023-12/note.txt", "n");

                killed_while_publishing(&dir, step, two_steps);
                if reading {
                    Output::recover(dir.path()).unwrap();
                } else {
                    drop(Output::open(dir.path()).unwrap());
                    assert_eq!(leftovers(&dir), [""; 0], "{step}");
                }
                let expected = if AFTER.contains(step) { new } else { former };
                assert_eq!(drawn(&dir), expected, "{step}, two steps: {two_steps}");

                publish(&dir, "summary.xlsx = S2");
                assert_eq!(drawn(&dir), new, "{step}, two steps: {two_steps}");
                assert_eq!(leftovers(&dir), [""; 0], "{step}");
            }
        }
    }
}

#[test]
fn a_first_publication_killed_at_any_step_is_there_or_not() {
    for (step, stands) in [
        ("files flushed", false),
        ("manifest written", false),
        ("carried over", false),
        ("sealed", false),
        ("swapped", true),
    ] {
        let dir = folder();
        killed_while_publishing(&dir, step, false);
        drop(Output::open(dir.path()).unwrap());
        assert_eq!(dir.path().join(P).exists(), stands, "{step}");
        assert_eq!(leftovers(&dir), [""; 0], "{step}");
    }
}

/// Run by others, in a process of its own that dies on its way.
#[test]
#[ignore = "a part of the tests of kills"]
fn a_child_that_publishes() {
    if let Some(dir) = env::var_os(CHILD) {
        try_publish_in(Path::new(&dir), "summary.xlsx = S2").unwrap();
    }
}

#[test]
fn equal_manifests_are_told_apart_without_loss() {
    for step in ["sealed", "swapped"] {
        let dir = folder();
        publish(&dir, "summary.xlsx = S2");
        write(&dir, "2023-12/note.txt", "n");
        killed_while_publishing(&dir, step, false);
        Output::recover(dir.path()).unwrap();
        assert_eq!(
            drawn(&dir),
            "\n2023-12/note.txt = n\n2023-12/run.json\n2023-12/summary.xlsx = S2\n",
            "{step}"
        );
    }
}

#[test]
fn what_was_edited_after_the_copying_is_carried_over_late() {
    for two_steps in [false, true] {
        let dir = folder();
        publish(&dir, "summary.xlsx = S1");
        write(&dir, "2023-12/note.txt", "n");
        killed_while_publishing(&dir, "swapped", two_steps);
        let former = leftovers(&dir).remove(0);
        write(&dir, &format!("{former}/summary.xlsx"), "decided");
        write(&dir, &format!("{former}/note.txt"), "longer");
        write(&dir, &format!("{former}/new.txt"), "late");
        Output::recover(dir.path()).unwrap();
        assert_eq!(
            drawn(&dir),
            "
2023-12/new.txt = late
2023-12/note.txt = n
2023-12/note（人工修改 73834add）.txt = longer
2023-12/run.json
2023-12/summary.xlsx = S2
2023-12/summary（人工修改 8d3c6686）.xlsx = decided
"
        );
    }
}

#[test]
fn a_former_output_without_successor_is_put_back() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    killed_while_publishing(&dir, "swapped", false);
    fs::remove_dir_all(dir.path().join(P)).unwrap();
    Output::recover(dir.path()).unwrap();
    assert_eq!(
        drawn(&dir),
        "\n2023-12/run.json\n2023-12/summary.xlsx = S1\n"
    );
}

#[test]
fn a_folder_made_by_hand_after_a_kill_moves_into_the_former_output() {
    let dir = folder();
    publish(&dir, "summary.xlsx = S1");
    killed_while_publishing(&dir, "old moved away", true);
    write(&dir, "2023-12/note.txt", "n");
    Output::recover(dir.path()).unwrap();
    assert_eq!(
        drawn(&dir),
        "\n2023-12/note.txt = n\n2023-12/run.json\n2023-12/summary.xlsx = S1\n"
    );
}

#[test]
fn recovery_of_many_leftovers_minds_each_period() {
    let dir = folder();
    write(&dir, ".stage-2023-10/half.xlsx", "");
    write(&dir, ".gone-2023-11-0/half.xlsx", "");
    write(&dir, ".carry", "half");
    write(&dir, ".old-2023-Q4/summary.xlsx", "Q4");
    write(&dir, ".old-2023-Q4/run.json", "{}");
    write(&dir, ".next-theirs/note.txt", "not ours: no seal");
    write(&dir, ".notes/a", "not ours");
    write(&dir, ".stage-file", "not ours: no folder");
    drop(Output::open(dir.path()).unwrap());
    assert_eq!(leftovers(&dir), [".next-theirs", ".notes", ".stage-file"]);
    assert_eq!(
        drawn(&dir),
        "\n2023-Q4/run.json\n2023-Q4/summary.xlsx = Q4\n"
    );
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(dir: &TempDir, path: &str, content: &str) {
    let path = dir.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Publishes files drawn as `path = content, …` and says what was carried over.
fn publish(dir: &TempDir, files: &str) -> Vec<String> {
    try_publish(dir, files).unwrap()
}

fn try_publish(dir: &TempDir, files: &str) -> Result<Vec<String>, Error> {
    try_publish_in(dir.path(), files)
}

fn try_publish_in(dir: &Path, files: &str) -> Result<Vec<String>, Error> {
    let output = Output::open(dir)?;
    let stage = output.stage(P)?;
    for file in files.split(", ") {
        let (path, content) = file.split_once(" = ").expect("a file is `path = content`");
        stage.create(path)?.0.write_all(content.as_bytes()).unwrap();
    }
    let published = stage.publish(|staged| {
        serde_json::to_vec(&serde_json::json!({ "hebiao": "0.1.0", "outputs": staged }))
    })?;
    Ok(published.carried)
}

fn killed_while_publishing(dir: &TempDir, step: &str, two_steps: bool) {
    let module = module_path!();
    let (_, module) = module.split_once("::").expect("the tests are in a crate");
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", &format!("{module}::a_child_that_publishes")])
        .args(["--ignored", "--nocapture"])
        .env(CHILD, dir.path())
        .env(KILLED_AT, step);
    if two_steps {
        child.env(TWO_STEPS, "1");
    }
    let ended = child.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(told.contains("running 1 test"), "{told}");
    assert!(!ended.status.success(), "not killed at {step}");
}

/// The hidden names in the output folder, without the lock.
fn leftovers(dir: &TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') && name != LOCK)
        .collect();
    names.sort();
    names
}

/// What people see in the output folder; the manifest's content is left out.
fn drawn(dir: &TempDir) -> String {
    let entries = walk(dir.path()).unwrap();
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| (slashed(&entry.path).unwrap(), entry))
        .filter(|(path, _)| !path.starts_with('.'))
        .map(|(path, entry)| match entry.kind {
            Kind::EmptyFolder => format!("{path}/"),
            _ if path.ends_with(MANIFEST) => path,
            _ => {
                let content = fs::read_to_string(dir.path().join(&entry.path)).unwrap();
                format!("{path} = {content}")
            }
        })
        .collect();
    format!("\n{}\n", lines.join("\n"))
}
