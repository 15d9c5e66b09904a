//! `hebiao status`: the board on a terminal, as it was published.
//!
//! What is missing stands first, then a line a district: 报送, 审核, 受理 of each form side by
//! side, below each other in groups of forms where the terminal is narrow. Nothing is read anew, so
//! it says what the last run said.

use super::{Exit, Folders, complain, say};
use crate::closing::{Manifest, Month, corrections};
use crate::finding::Finding;
use crate::intake::discover;
use crate::period::Period;
use crate::report::machine::{self, Board};
use crate::rulebook::written::Severity;
use crate::standing::{DistrictStanding, FormStanding, Reporting};
use crate::words::{Lang, Text, folded, padded, width};
use clap::Args;
use std::io::{self, Write};
use std::path::Path;

/// What stands between two columns.
const BETWEEN: &str = "  ";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 报告期；不写则看最近发布的一期 / the period; the newest published one if not given
    #[arg(long, value_name = "2023-12", value_parser = Period::parse)]
    period: Option<Period>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let folders = &arguments.folders;
    let Some(loaded) = folders.load_job() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    if !folders.recover(lang) {
        return Exit::Failed;
    }
    let board = match board(&folders.output, arguments.period) {
        Ok(Some(board)) => board,
        Ok(None) => {
            let run = Text::new(
                "还没有发布任何结果，先运行 hebiao run",
                "nothing has been published yet: start with `hebiao run`",
            );
            let text = arguments.period.map_or(run, |period| {
                both!(
                    "{period} 还没有发布结果，先运行 hebiao run --period {period}",
                    "nothing has been published for {period}: start with `hebiao run --period {period}`"
                )
            });
            say(text.get(lang));
            return Exit::Failed;
        }
        Err(error) => {
            complain(lang, "已发布的结果读不出来", &error);
            return Exit::Failed;
        }
    };
    let closed = closed(&folders.output, board.period);
    let told = Told::new(&board, closed, lang, room()).all();
    // A reader that has gone away has seen enough.
    let _ = io::stdout().write_all(told.as_bytes());
    if wants_people(&board) {
        Exit::ForPeople
    } else {
        Exit::Clean
    }
}

/// How many columns there are to write in: as `COLUMNS` says, else as the terminal does; none in
/// a pipe, where a line may be as long as it is.
fn room() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok();
    let said = said.and_then(|columns| columns.trim().parse::<usize>().ok());
    said.filter(|columns| *columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0))
    })
}

/// What was published of a period, or of the newest.
fn board(output: &Path, period: Option<Period>) -> io::Result<Option<Board>> {
    if let Some(period) = period {
        return machine::published(output, period);
    }
    let periods = match discover::periods(output) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        periods => periods?,
    };
    for period in periods.into_iter().rev() {
        if let Some(board) = machine::published(output, period)? {
            return Ok(Some(board));
        }
    }
    Ok(None)
}

/// That a month is closed, and how many corrections have been published since.
fn closed(output: &Path, period: Period) -> Option<Text> {
    let month = Month::of(output, period);
    let closing = month.closing()?;
    let manifest = Manifest::read(output, period);
    let count = manifest.and_then(|manifest| corrections::published(output, &manifest).ok());
    let words = closing.words();
    Some(match count.filter(|count| *count > 0) {
        Some(count) => words.and(&both!(
            "；封库后更正 {count} 处",
            "; corrections since: {count}"
        )),
        None => words,
    })
}

fn wants_people(board: &Board) -> bool {
    let mut forms = board.districts.iter().flat_map(|district| &district.forms);
    board.findings.iter().any(Finding::is_unsettled)
        || forms.any(|form| matches!(form.reporting, Reporting::Missing | Reporting::Invalid))
}

/// The board being told, line by line.
struct Told<'a> {
    board: &'a Board,
    /// That the month is closed, where it is.
    closed: Option<Text>,
    lang: Lang,
    /// How wide a line may be, if that matters.
    room: Option<usize>,
    /// The forms that the districts have, in their order.
    forms: Vec<&'a str>,
    out: String,
}

impl<'a> Told<'a> {
    fn new(board: &'a Board, closed: Option<Text>, lang: Lang, room: Option<usize>) -> Self {
        let forms = board.districts.first().into_iter();
        let forms = forms.flat_map(|district| &district.forms);
        Self {
            board,
            closed,
            lang,
            room,
            forms: forms.map(|form| form.form.as_str()).collect(),
            out: String::new(),
        }
    }

    fn all(mut self) -> String {
        let (month, now) = (self.board.period.words(), &self.board.now);
        let title = Text::new(
            format!("{}　报送状态　（{now} 的运行）", month.zh),
            format!("{} · status board (run of {now})", month.en),
        );
        self.line(title.get(self.lang));
        if let Some(closed) = self.closed.take() {
            self.line(closed.get(self.lang));
        }
        self.line("");
        for at in 0..self.forms.len() {
            self.arrivals(at);
        }
        self.line("");
        self.districts();
        self.out
    }

    /// A sentence, over as many lines as it needs.
    fn line(&mut self, text: &str) {
        let Some(room) = self.room else {
            return self.row(text);
        };
        for line in folded(text, room) {
            self.row(&line);
        }
    }

    /// A line as it stands.
    fn row(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn standings(
        &self,
        form: usize,
    ) -> impl Iterator<Item = (&'a DistrictStanding, &'a FormStanding)> {
        let id = self.forms[form];
        self.board.districts.iter().filter_map(move |district| {
            let own = district.forms.iter().find(|own| own.form == id)?;
            Some((district, own))
        })
    }

    /// Of how many districts a form is asked for.
    fn asked(&self, at: usize) -> usize {
        let asked = self.standings(at);
        let asked = asked.filter(|(_, form)| form.reporting != Reporting::NotAsked);
        asked.count()
    }

    /// How many have sent a form, and who has not.
    fn arrivals(&mut self, at: usize) {
        let asked = self.asked(at);
        let here = self
            .standings(at)
            .filter(|(_, form)| form.reporting.is_here());
        let here = here.count();
        let id = self.forms[at];
        if asked == 0 {
            let text = both!("{id}  本期不报", "{id}  not asked for");
            return self.line(text.get(self.lang));
        }
        let mut parts = vec![both!(
            "{id}  已报 {here}/{asked}",
            "{id}  here {here}/{asked}"
        )];
        let lacking = [
            Reporting::Missing,
            Reporting::Invalid,
            Reporting::AfterClose,
            Reporting::Extended,
        ];
        for wanted in lacking {
            let names = self
                .standings(at)
                .filter(|(_, form)| form.reporting == wanted);
            let names: Vec<&str> = names
                .map(|(district, _)| district.unit.name.as_str())
                .collect();
            if !names.is_empty() {
                let (word, count) = (wanted.words(), names.len());
                parts.push(Text::new(
                    format!("{} {count}：{}", word.zh, names.join("、")),
                    format!("{} {count}: {}", word.en, names.join(", ")),
                ));
            }
        }
        let waiting = self
            .standings(at)
            .filter(|(_, form)| form.reporting == Reporting::NotYetDue);
        let waiting = waiting.count();
        if waiting > 0 {
            parts.push(both!("未到期 {waiting}", "not yet due {waiting}"));
        }
        let text = Text::joined(&parts, &Text::new("；", "; "));
        self.line(text.get(self.lang));
    }

    /// The three words of a form. A long dash is two columns wide on some terminals and one on
    /// others, so that nothing would stand under the other.
    fn words(&self, form: &FormStanding) -> [String; 3] {
        let checking = if form.reporting == Reporting::NotAsked {
            Text::same("—")
        } else {
            form.checking.words()
        };
        [form.reporting.words(), checking, form.acceptance.words()]
            .map(|text| text.get(self.lang).replace('—', "-"))
    }

    /// A line a district, or one a group of forms, and what is open in all. Forms that are not
    /// asked for have no column.
    fn districts(&mut self) {
        let legend = Text::new(
            "每张表三格：报送 审核 受理；后面是未处理的必改、核实条数",
            "three words a form: reporting, checking, acceptance; then open errors and queries",
        );
        self.line(legend.get(self.lang));
        let names = self.board.districts.iter().map(|one| one.unit.name.clone());
        let names: Vec<String> = std::iter::once(String::new()).chain(names).collect();
        let names = in_one_column(&[names]);
        let asked = (0..self.forms.len()).filter(|at| self.asked(*at) > 0);
        let mut columns: Vec<Vec<String>> = asked.map(|at| self.form_column(at)).collect();
        columns.push(self.counts());
        for (at, group) in groups(&names, columns, self.room).iter().enumerate() {
            if at > 0 {
                self.row("");
            }
            for line in in_one_column(group) {
                self.row(&line);
            }
        }
        let open = |severity| {
            let all = self.board.findings.iter();
            all.filter(|one| Finding::is_unsettled(one) && one.severity == severity)
                .count()
        };
        let (errors, queries) = (open(Severity::Error), open(Severity::Query));
        let text = both!(
            "未处理：必改 {errors} 条，核实 {queries} 条",
            "open: errors {errors}, queries {queries}"
        );
        self.line("");
        self.line(text.get(self.lang));
    }

    /// A form's column: its number, then its three words of every district, each word under its
    /// like.
    fn form_column(&self, at: usize) -> Vec<String> {
        let id = self.forms[at];
        let all: Vec<[String; 3]> = self
            .board
            .districts
            .iter()
            .map(|district| {
                let own = district.forms.iter().find(|own| own.form == id);
                own.map(|own| self.words(own)).unwrap_or_default()
            })
            .collect();
        let widest = |word: usize| all.iter().map(|words| width(&words[word])).max();
        let widths = [0, 1, 2].map(|word| widest(word).unwrap_or(0));
        let cell = |words: &[String; 3]| {
            let words = words.iter().zip(widths);
            let words: Vec<String> = words.map(|(word, width)| padded(word, width)).collect();
            words.join(" ")
        };
        let mut cells = vec![id.to_owned()];
        cells.extend(all.iter().map(cell));
        cells
    }

    /// How many findings of each district are open, errors and queries.
    fn counts(&self) -> Vec<String> {
        let (errors, queries) = match self.lang {
            Lang::Zh => ("必改", "核实"),
            Lang::En => ("errors", "queries"),
        };
        in_one_column(&[
            self.count_column(errors, Severity::Error),
            self.count_column(queries, Severity::Query),
        ])
    }

    /// How many findings of one severity.
    fn count_column(&self, heading: &str, severity: Severity) -> Vec<String> {
        let mut cells = vec![heading.to_owned()];
        cells.extend(self.board.districts.iter().map(|district| {
            let own = self.board.findings.iter().filter(|finding| {
                finding.district.code == district.unit.code
                    && finding.severity == severity
                    && Finding::is_unsettled(finding)
            });
            own.count().to_string()
        }));
        cells
    }
}

/// Columns side by side, as one in which all cells are equally wide.
fn in_one_column(columns: &[Vec<String>]) -> Vec<String> {
    let widest = |cells: &Vec<String>| cells.iter().map(|cell| width(cell)).max();
    let widths: Vec<usize> = columns
        .iter()
        .map(|cells| widest(cells).unwrap_or(0))
        .collect();
    let rows = columns.first().map_or(0, Vec::len);
    let row = |row: usize| {
        let cells = columns.iter().zip(&widths);
        let cells = cells.map(|(cells, width)| padded(&cells[row], *width));
        cells.collect::<Vec<String>>().join(BETWEEN)
    };
    (0..rows).map(row).collect()
}

/// The columns in groups that fit into the room, each behind the names; all in one where the room
/// does not matter. One that fits nowhere stands alone.
fn groups(
    names: &[String],
    columns: Vec<Vec<String>>,
    room: Option<usize>,
) -> Vec<Vec<Vec<String>>> {
    let widest = |cells: &[String]| cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
    let mut groups: Vec<Vec<Vec<String>>> = Vec::new();
    let mut used = 0;
    for column in columns {
        let wide = BETWEEN.len() + widest(&column);
        let fits = room.is_none_or(|room| used + wide <= room);
        if let Some(group) = groups.last_mut().filter(|_| fits) {
            group.push(column);
            used += wide;
        } else {
            groups.push(vec![names.to_vec(), column]);
            used = widest(names) + wide;
        }
    }
    groups
}
