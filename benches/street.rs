//! The whole street beside its floor: 41 workbooks of 150,000 cells are read bare, checked, and
//! run with everything that is published, in one go on one machine.
//!
//! Times of different machines, or of different hours on one, tell little; the ratio to the bare
//! read of the same cells in the same minute does. `cargo bench --bench street` prints it.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use calamine::{DataRef, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const PERIOD: &str = "2023-12";
const TIMES: usize = 3;

const DISTRICTS: usize = 41;
const RECORDS: u32 = 5_000;
const COUNTS: u16 = 20;
const DECIMALS: u16 = 6;
/// A code and two texts before the numbers, a percent behind them.
const COLUMNS: u16 = 3 + COUNTS + DECIMALS + 1;
const CELLS: usize = DISTRICTS * RECORDS as usize * COLUMNS as usize;

/// Belongs to what `generate` writes: another word here, and the workbooks are made anew.
const EDITION: &str = "street 1";

/// The first argument of a re-execution that is the floor.
const BARE: &str = "--bare-read";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if arguments.first().is_some_and(|first| first == BARE) {
        read_bare(&arguments[1..])
    } else if arguments.iter().any(|argument| argument == "--bench") {
        bench()
    } else {
        println!("nothing measured: `cargo bench --bench street` does");
        Ok(())
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let ground = Ground::new()?;
    let mut bare = Command::new(std::env::current_exe()?);
    bare.arg(BARE).args(&ground.workbooks);

    let hebiao = env!("CARGO_BIN_EXE_hebiao");
    let mut check = Command::new(hebiao);
    check
        .arg("check")
        .arg("--rules")
        .arg(&ground.rules)
        // Without these the samples of the repository would be read along, as earlier periods.
        .arg("--input")
        .arg(&ground.input)
        .arg("--output")
        .arg(&ground.output)
        .args(["--period", PERIOD, "--format", "json"])
        .args(&ground.workbooks);
    let mut run = Command::new(hebiao);
    run.arg("run")
        .arg("--rules")
        .arg(&ground.rules)
        .arg("--input")
        .arg(&ground.input)
        .arg("--output")
        .arg(&ground.output)
        .args(["--period", PERIOD, "--now", "2024-01-08T02:00", "-q"]);

    let mut contenders = [
        ("bare read", bare),
        ("hebiao check", check),
        ("hebiao run", run),
    ];
    let mut best = [Measure::WORST; 3];
    // In turns, so that a noisy minute is everybody's.
    for _ in 0..TIMES {
        for ((name, command), best) in contenders.iter_mut().zip(&mut best) {
            ground.clear_output()?;
            let wall = ground.time(command, |_| {});
            let wall = wall.map_err(|error| format!("{name}: {error}"))?;
            best.wall = best.wall.min(wall);
        }
    }
    // Watching costs, and more where there are more processes: it has runs of its own.
    for ((name, command), best) in contenders.iter_mut().zip(&mut best) {
        ground.clear_output()?;
        best.peak = ground
            .peak(command)
            .map_err(|error| format!("{name}: {error}"))?;
    }

    let floor = best[0].wall.as_secs_f64();
    let cores = thread::available_parallelism()?;
    let mut table = format!(
        "\n{CELLS} cells in {DISTRICTS} workbooks, {cores} cores, the best of {TIMES}\n\n\
         {:<14}{:>10}{:>10}{:>14}\n",
        "", "time", "ratio", "peak memory"
    );
    for ((name, _), Measure { wall, peak }) in contenders.iter().zip(best) {
        let wall = wall.as_secs_f64();
        let peak = peak.map_or("–".to_owned(), |bytes| {
            format!("{} MB", bytes / 1_000_000)
        });
        writeln!(
            table,
            "{name:<14}{wall:>8.2} s{:>10.2}{peak:>14}",
            wall / floor
        )?;
    }
    stdout().write_all(table.as_bytes())?;
    Ok(())
}

/// The floor: every cell of every workbook with its style, on all cores, and nothing kept.
fn read_bare(workbooks: &[String]) -> Result<()> {
    let next = AtomicUsize::new(0);
    let read = || -> Result<usize> {
        let mut cells = 0;
        while let Some(path) = workbooks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut workbook: Xlsx<_> = open_workbook(path)?;
            for sheet in workbook.sheet_names() {
                let mut reader = workbook.worksheet_cells_reader(&sheet)?;
                while let Some((cell, _style)) = reader.next_cell_with_style_id()? {
                    cells += usize::from(*cell.get_value() != DataRef::Empty);
                }
            }
        }
        Ok(cells)
    };
    let cells = on_all_cores(read)?.into_iter().sum::<usize>();
    if cells < CELLS {
        return Err(format!("{cells} cells were read, {CELLS} are there").into());
    }
    Ok(())
}

fn on_all_cores<T: Send>(work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    let cores = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(&work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker returns its errors"))
            .collect()
    })
}

/// Where the street is run: the workbooks are made once and used again.
struct Ground {
    rules: PathBuf,
    input: PathBuf,
    output: PathBuf,
    errors: PathBuf,
    workbooks: Vec<PathBuf>,
}

impl Ground {
    fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("street");
        let input = root.join("input");
        let mut ground = Self {
            rules: root.join("rules"),
            output: root.join("output"),
            errors: root.join("errors.txt"),
            workbooks: Vec::new(),
            input,
        };
        let register = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/districts.csv");
        let districts = districts(&register)?;
        let folder = ground.input.join(PERIOD);
        for district in &districts {
            ground
                .workbooks
                .push(folder.join(format!("{}-性能样表.xlsx", district.name)));
        }

        fs::create_dir_all(&ground.rules)?;
        fs::copy(&register, ground.rules.join("districts.csv"))?;
        fs::write(ground.rules.join("job.toml"), JOB)?;
        fs::write(ground.rules.join("BENCH.toml"), form()?)?;

        let stamp = root.join("edition");
        if fs::read_to_string(&stamp).is_ok_and(|edition| edition == EDITION) {
            return Ok(ground);
        }
        if ground.input.exists() {
            fs::remove_dir_all(&ground.input)?;
        }
        fs::create_dir_all(&folder)?;
        eprintln!("writing {CELLS} cells into {}", folder.display());
        let next = AtomicUsize::new(0);
        on_all_cores(|| {
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let Some(district) = districts.get(turn) else {
                    return Ok(());
                };
                generate(district, &ground.workbooks[turn])?;
            }
        })?;
        fs::write(stamp, EDITION)?;
        Ok(ground)
    }

    fn clear_output(&self) -> Result<()> {
        if self.output.exists() {
            fs::remove_dir_all(&self.output)?;
        }
        Ok(())
    }

    /// Runs a command to its end; 0 and 1 are the exit codes of a job that was done.
    /// The most memory that a command's processes take together.
    fn peak(&self, command: &mut Command) -> Result<Option<u64>> {
        let ended = AtomicBool::new(false);
        let pid = AtomicU32::new(0);
        thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut peak = None;
                while !ended.load(Ordering::Relaxed) {
                    peak = peak.max(memory_of_tree(pid.load(Ordering::Relaxed)));
                    thread::sleep(Duration::from_millis(10));
                }
                peak
            });
            let timed = self.time(command, |child| pid.store(child, Ordering::Relaxed));
            ended.store(true, Ordering::Relaxed);
            let peak = watch.join().expect("the watch does not panic");
            timed.map(|_| peak)
        })
    }

    /// How long a command takes; its process is told as soon as it runs.
    fn time(&self, command: &mut Command, tell: impl Fn(u32)) -> Result<Duration> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&self.errors)?);
        let start = Instant::now();
        let mut child = command.spawn()?;
        tell(child.id());
        let status = child.wait();
        let wall = start.elapsed();
        match status?.code() {
            Some(0 | 1) => Ok(wall),
            code => {
                let told = fs::read_to_string(&self.errors)?;
                let code = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
                Err(format!("ended with {code}\n{told}").into())
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Measure {
    wall: Duration,
    peak: Option<u64>,
}

impl Measure {
    const WORST: Self = Self {
        wall: Duration::MAX,
        peak: None,
    };
}

/// The bytes that a process and its descendants hold now; nothing where the system does not tell.
///
/// What is mapped from files, the program above all, is shared by the workers and counted once.
/// The kernel keeps these figures; exact shares (`smaps_rollup`) are counted on asking, which
/// slows down the process that is measured.
fn memory_of_tree(root: u32) -> Option<u64> {
    let mut own = None;
    let mut shared = 0;
    let mut family = vec![root];
    while let Some(pid) = family.pop() {
        // A process may end between two looks.
        if let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) {
            let bytes = |name| {
                status
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
                    .map(|kilobytes| kilobytes * 1024)
            };
            if let (Some(anonymous), Some(memory_files), Some(files)) =
                (bytes("RssAnon:"), bytes("RssShmem:"), bytes("RssFile:"))
            {
                own = Some(own.unwrap_or(0) + anonymous + memory_files);
                shared = shared.max(files);
            }
        }
        for task in fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            family.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    own.map(|own| own + shared)
}

struct District {
    /// The first six digits of its schools' codes; zones have letters in their own code.
    prefix: u32,
    name: String,
    org_name: String,
}

fn districts(register: &Path) -> Result<Vec<District>> {
    let mut districts = Vec::new();
    let mut reader = csv::Reader::from_path(register)?;
    let head = reader.headers()?.clone();
    for record in reader.records() {
        let record = record?;
        let field = |name: &str| {
            let column = head.iter().position(|head| head == name);
            column
                .and_then(|column| record.get(column))
                .unwrap_or_default()
                .to_owned()
        };
        districts.push(District {
            prefix: 500_101 + u32::try_from(districts.len())?,
            name: field("name"),
            org_name: field("org_name"),
        });
    }
    districts.truncate(DISTRICTS);
    if districts.len() < DISTRICTS {
        return Err(format!(
            "{} names fewer than {DISTRICTS} districts",
            register.display()
        )
        .into());
    }
    Ok(districts)
}

const JOB: &str = "[job]\nlanguage = \"zh\"\n";

const TOWNS: [&str; 8] = [
    "鱼洞",
    "李家沱",
    "木洞",
    "界石",
    "南泉",
    "一品",
    "接龙",
    "石滩",
];
const KINDS: [&str; 4] = ["公办", "民办", "教育部门", "其他部门"];

/// The rules, in the order in which `Record` lets them fail.
const RULES: [&str; 10] = [
    "c01 <= c02",
    "c03 = c04 + c05",
    "c06 = c07 + c08 + c09",
    "c10 <= c11",
    "c12 >= c13",
    "c14 + c15 <= c16",
    "c17 = c18 + c19 + c20",
    "n01 <= n02",
    "n03 = n04 + n05",
    "n06 <= n03",
];

fn form() -> Result<String> {
    let mut form = "[form]\n\
        id = \"BENCH\"\n\
        title = \"性能样表\"\n\
        rows = \"list\"\n\
        key = [\"code\"]\n\
        blank = \"ask\"\n\
        period = \"month\"\n\
        unit = \"人\"\n\
        version = \"2023.1\"\n"
        .to_owned();
    for (column, (id, kind)) in columns().into_iter().enumerate() {
        let no = column + 1;
        let label = label(column);
        write!(
            form,
            "\n[columns.{id}]\nno = {no}\nlabel = \"{label}\"\ntype = \"{kind}\"\n"
        )?;
    }
    for (number, check) in RULES.iter().enumerate() {
        let number = number + 101;
        write!(
            form,
            "\n[[rule]]\nid = \"BENCH-{number}\"\ntitle = \"{check}\"\nseverity = \"error\"\n\
             check = \"{check}\"\n"
        )?;
    }
    Ok(form)
}

fn columns() -> Vec<(String, &'static str)> {
    let mut columns = vec![
        ("code".to_owned(), "code"),
        ("school".to_owned(), "text"),
        ("kind".to_owned(), "text"),
    ];
    columns.extend((1..=COUNTS).map(|number| (format!("c{number:02}"), "count")));
    columns.extend((1..=DECIMALS).map(|number| (format!("n{number:02}"), "number")));
    columns.push(("share".to_owned(), "percent"));
    columns
}

fn label(column: usize) -> String {
    match column {
        0 => "学校代码".to_owned(),
        1 => "学校名称".to_owned(),
        2 => "办学类型".to_owned(),
        _ => format!("指标{:02}", column - 2),
    }
}

/// A record's numbers; about one in a thousand fails each rule.
struct Record {
    counts: [u32; COUNTS as usize],
    /// In hundredths.
    decimals: [u32; DECIMALS as usize],
    /// In thousandths.
    share: u32,
}

impl Record {
    fn new(number: u32, dice: &mut Dice) -> Self {
        let mut c = [0; COUNTS as usize];
        let mut n = [0; DECIMALS as usize];
        let mut fails = (0..).map(|rule| number % 997 == 90 + rule);
        // Added to one side of each rule.
        let mut slip = || u32::from(fails.next() == Some(true));

        c[1] = dice.up_to(3_000);
        c[0] = dice.up_to(c[1]) + slip() * 4_000;
        c[3] = dice.up_to(900);
        c[4] = dice.up_to(900);
        c[2] = c[3] + c[4] + slip();
        c[6] = dice.up_to(500);
        c[7] = dice.up_to(500);
        c[8] = dice.up_to(500);
        c[5] = c[6] + c[7] + c[8] + slip() * 10;
        c[10] = dice.up_to(2_000);
        c[9] = dice.up_to(c[10]) + slip() * 2_500;
        c[11] = dice.up_to(700);
        c[12] = dice.up_to(c[11]) + slip() * 900;
        c[13] = dice.up_to(300);
        c[14] = dice.up_to(300);
        c[15] = (c[13] + c[14] + dice.up_to(50)) * (1 - slip());
        c[17] = dice.up_to(60);
        c[18] = dice.up_to(60);
        c[19] = dice.up_to(60);
        c[16] = c[17] + c[18] + c[19] + slip() * 2;
        n[1] = dice.up_to(9_000_000);
        n[0] = dice.up_to(n[1]) + slip() * 10_000_000;
        n[3] = dice.up_to(400_000);
        n[4] = dice.up_to(400_000);
        n[2] = n[3] + n[4] + slip();
        n[5] = dice.up_to(n[2]) + slip() * 1_000_000;
        Self {
            share: c[1].min(c[0]) * 1_000 / c[1].max(1),
            counts: c,
            decimals: n,
        }
    }
}

/// One district's workbook: title, unit line, header, records.
fn generate(district: &District, path: &Path) -> Result<()> {
    let mut dice = Dice(district.prefix.into());
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2024, 1, 5)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let [text, whole, hundredths, percent] =
        ["@", "0", "0.00", "0.0%"].map(|shown| Format::new().set_num_format(shown));

    let sheet = workbook.add_worksheet();
    sheet.set_name("性能样表")?;
    let last = COLUMNS - 1;
    sheet.write(0, 0, "性能样表")?;
    sheet.write(1, 0, format!("填报单位（盖章）：{}", district.org_name))?;
    sheet.write(1, last / 2, "2023年12月")?;
    sheet.write(1, last, "计量单位：人")?;
    for column in 0..COLUMNS {
        sheet.write(2, column, label(column.into()))?;
    }
    for number in 0..RECORDS {
        let row = number + 3;
        let record = Record::new(number, &mut dice);
        let town = dice.one_of(&TOWNS);
        sheet.write_with_format(row, 0, format!("{}{number:04}", district.prefix), &text)?;
        sheet.write(row, 1, format!("{town}第{}小学", number % 90 + 1))?;
        sheet.write(row, 2, dice.one_of(&KINDS))?;
        let mut column = 3;
        for count in record.counts {
            sheet.write_with_format(row, column, count, &whole)?;
            column += 1;
        }
        for decimal in record.decimals {
            sheet.write_with_format(row, column, f64::from(decimal) / 100.0, &hundredths)?;
            column += 1;
        }
        sheet.write_with_format(row, column, f64::from(record.share) / 1_000.0, &percent)?;
    }
    workbook.save(path)?;
    Ok(())
}

/// The same throws for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn up_to(&mut self, most: u32) -> u32 {
        u32::try_from(self.throw() % (u64::from(most) + 1)).expect("it is at most `most`")
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let turn = self.throw() % words.len() as u64;
        words[usize::try_from(turn).expect("it is less than the count of words")]
    }
}
