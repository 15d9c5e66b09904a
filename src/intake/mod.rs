//! Raw sheets become submissions: whose form, of which month, and every figure with its place.
//!
//! Reading never fails: what could be made out comes back, and what was found. A file that
//! cannot be used says why in a sentence. This runs in a worker process; nothing here knows
//! about other submissions, or judges a figure.
//!
//! ```text
//! book ─► grid ─► locate (headings, rows) ─► identity (whose, of when) ─► figures ─► one submission a form
//! ```

pub mod discover;
mod figures;
mod frame;
mod grid;
mod identity;
mod locate;
pub mod returned;
pub mod seen;
mod sums;
pub mod value;

pub use frame::{FRAME_RULES, FrameFinding};
pub use identity::{Evidence, OF_DISTRICT, OF_PERIOD, OF_VERSIONS};

use crate::note::ReadingNote;
use crate::period::Period;
use crate::place::Cell;
use crate::rulebook::Rulebook;
use crate::rulebook::register::Register;
use crate::rulebook::written::Severity;
use crate::table::{Draft, Records};
use crate::words::Text;
use crate::workbook::{self, About, Book};
use figures::Ways;
use grid::Grid;
use identity::{Mismatch, Signs, Surroundings};
use locate::{Headings, Located};
use returned::Written;
use seen::{SheetSeen, TableSeen};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use sums::SheetSums;

/// A file, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Why the file cannot be used at all.
    pub refused: Option<Text>,
    /// Whether it is of a kind that goes along with a workbook: a scan, a letter.
    pub accompanies: bool,
    /// Whose it seems to be all the same, by its name and folder.
    pub district: Option<usize>,
    /// The submissions in it.
    pub received: Vec<Received>,
    /// What was read otherwise than it is written.
    pub notes: Vec<ReadingNote>,
    /// What the file says of itself.
    pub about: About,
    /// What people wrote into it beside the figures.
    pub written: Written,
    /// How it was understood; filled only where that is asked for.
    pub seen: Vec<SheetSeen>,
}

/// The property by which a returned report names the submission that it was made from.
pub const MADE_FROM: &str = "hebiao.submission";

/// The property by which a returned report says when the submission arrived that it was made
/// from: of two reports the later one has the later.
pub const OF_ARRIVAL: &str = "hebiao.arrived";

impl Reading {
    /// A file that cannot be used; whose it is, its name and folder may say.
    pub fn refused(why: Text, name: &str, register: &Register) -> Self {
        let mentioned = register.mentioned(name);
        Self {
            refused: Some(why),
            district: mentioned.first().copied().filter(|_| mentioned.len() == 1),
            ..Self::default()
        }
    }

    /// The hash of the submission that this file was made from, where it is a returned report.
    pub fn made_from(&self) -> Option<&str> {
        self.about.property(MADE_FROM)
    }
}

/// One form of one district for one period, as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// The form's position in the rulebook.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The period, where it could be told.
    pub period: Option<Period>,
    /// The sheet.
    pub sheet: String,
    /// What is wrong with the form itself.
    pub frame: Vec<FrameFinding>,
    /// The figures. Their columns travel beside this.
    #[serde(skip)]
    pub draft: Draft,
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The file's name in reports: relative to the period's folder.
    pub name: &'a str,
    /// The period of the run; none for a single file that is only looked at.
    pub period: Option<Period>,
    /// Whether to tell how the file was understood.
    pub explain: bool,
}

/// Reads the bytes of one file.
pub fn read(bytes: &[u8], wanted: Wanted<'_>, rulebook: &Rulebook) -> Reading {
    let book = match workbook::read(bytes, &rulebook.job.limits) {
        Ok(book) => book,
        Err(error) => {
            let accompanies =
                matches!(&error, workbook::Error::NotAWorkbook(kind) if kind.may_accompany());
            return Reading {
                accompanies,
                ..Reading::refused(error.words(), wanted.name, &rulebook.register)
            };
        }
    };
    of_book(&book, wanted, rulebook)
}

/// Makes out the submissions of a workbook.
pub(crate) fn of_book(book: &Book, wanted: Wanted<'_>, rulebook: &Rulebook) -> Reading {
    let headings = Headings::new(&rulebook.forms);
    let grids: Vec<Grid<'_>> = book.sheets.iter().map(Grid::new).collect();
    let tables: Vec<Vec<Located>> = grids.iter().map(|grid| headings.tables(grid)).collect();
    let bare = grids
        .iter()
        .zip(&tables)
        .filter(|(_, tables)| tables.is_empty());
    let signs = Signs {
        rulebook,
        file: wanted.name,
        period: wanted.period,
        about: &book.about,
        covers: bare
            .map(|(grid, _)| (grid.sheet.name.clone(), identity::cover(rulebook, grid)))
            .collect(),
    };
    let mut job = Job {
        rulebook,
        name: wanted.name,
        parts: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
    };
    let mut seen: Vec<SheetSeen> = Vec::new();
    for (grid, tables) in grids.iter().zip(&tables) {
        if wanted.explain {
            seen.push(SheetSeen::new(grid, &headings, rulebook));
        }
        let around = tables.iter().map(|located| {
            identity::surroundings(rulebook, grid, &rulebook.forms[located.form], located)
        });
        let around = identity::shared(around.collect());
        for (located, around) in tables.iter().zip(&around) {
            let mut table_seen = TableSeen::new(rulebook, located, around);
            job.table(&signs, grid, located, around, &mut table_seen);
            if let Some(sheet) = seen.last_mut() {
                sheet.tables.push(table_seen);
            }
        }
    }
    for name in &book.unread {
        let why = Text::new(
            "这个工作表读不出来。请用 Excel 或 WPS 打开后另存为新的 .xlsx 再报",
            "the sheet cannot be read: open the workbook, save it as a new .xlsx and send that",
        );
        job.refused.push((name.clone(), why));
    }
    let names = book
        .sheets
        .iter()
        .map(|sheet| sheet.name.as_str())
        .collect::<Vec<_>>();
    let has_form: Vec<bool> = tables.iter().map(|tables| !tables.is_empty()).collect();
    let written = returned::read(book, &grids, &has_form);
    let mut reading = job.finish(&names);
    // A list of findings that came back without the form is no submission, and its explanations
    // count all the same; so do the decisions of a summary.
    let answers_alone =
        !written.answers.is_empty() && !has_form.contains(&true) && returned::is_list_alone(&grids);
    if written.is_summary || answers_alone {
        reading.refused = None;
        reading.received.clear();
        let what = if written.is_summary {
            Text::new(
                "这是汇总表，只读取了里面的处理意见",
                "this is a summary: what was decided in it was read, and nothing else",
            )
        } else {
            Text::new(
                "文件里只有问题清单，没有报表：读取了情况说明，数字以原报送为准",
                "the file holds the findings sheet alone: its explanations were read, the figures are those sent before",
            )
        };
        reading.notes = vec![ReadingNote {
            file: wanted.name.to_owned(),
            sheet: String::new(),
            what,
            first: None,
            count: 1,
        }];
    }
    if written.is_unmarked {
        let what = Text::new(
            "看起来像汇总表，但没有核表的标记，里面的处理意见没有采用；请用发布的 .xlsx 填写",
            "it looks like a summary and bears no mark of one: what was decided in it does not count; please use the published .xlsx",
        );
        reading.notes.push(ReadingNote {
            file: wanted.name.to_owned(),
            sheet: String::new(),
            what,
            first: None,
            count: 1,
        });
    }
    Reading {
        about: book.about.clone(),
        seen,
        written,
        ..reading
    }
}

/// A table that was read, before it is known whether it is the whole form.
struct Part {
    received: Received,
    hidden: bool,
    /// Rows of a list that add up.
    sums: Vec<SheetSums>,
    /// It is of this other month.
    other_month: Option<Text>,
}

struct Job<'a> {
    rulebook: &'a Rulebook,
    name: &'a str,
    parts: Vec<Part>,
    /// Why a table cannot be used, with its sheet.
    refused: Vec<(String, Text)>,
    notes: Vec<ReadingNote>,
}

impl Job<'_> {
    /// Reads one table.
    fn table(
        &mut self,
        signs: &Signs<'_>,
        grid: &Grid<'_>,
        located: &Located,
        around: &Surroundings,
        seen: &mut TableSeen,
    ) {
        let form = &self.rulebook.forms[located.form];
        let sheet = &grid.sheet.name;
        let mut frame = Vec::new();
        let (district, period, other_month) = match signs.identify(form, sheet, around) {
            Ok(identity) => {
                let district = &self.rulebook.register.districts[identity.district];
                seen.whose = Some(format!("{} {}", district.name, identity.period));
                seen.evidence = identity.evidence;
                frame.extend(identity.doubts);
                (identity.district, Some(identity.period), None)
            }
            Err(Mismatch::Month {
                why,
                district,
                period,
            }) => {
                seen.unused = Some(why.clone());
                (district, period, Some(why))
            }
            Err(Mismatch::Other(why)) => {
                seen.unused = Some(why.clone());
                self.refused.push((sheet.clone(), why));
                return;
            }
        };
        frame.extend(frame::findings(form, grid, located, around));
        let mut reader = figures::Reader {
            form,
            grid,
            located,
            blank_words: &self.rulebook.job.blank_words,
            unit: around.unit.as_ref().map(|(_, unit)| unit.as_str()),
            ways: Ways::new(),
        };
        let draft = reader.read();
        let sums = located.sums.iter();
        let sums = sums.map(|sum| (sum.clone(), reader.sums(sum.row)));
        let unread = located.unknown_rows.iter();
        let unread = unread.flat_map(|(cell, _)| reader.sums(cell.row));
        let sums = SheetSums {
            rows: sums.collect(),
            unread: unread.collect(),
            records: 0..draft.records,
        };
        if other_month.is_none() {
            let ways = reader.ways;
            self.tell(grid, located, &ways);
        }
        self.parts.push(Part {
            received: Received {
                form: located.form,
                district,
                period,
                sheet: sheet.clone(),
                frame,
                draft,
            },
            hidden: grid.sheet.hidden,
            sums: vec![sums],
            other_month,
        });
    }

    /// Puts the parts together.
    fn finish(mut self, sheets: &[&str]) -> Reading {
        let parts = std::mem::take(&mut self.parts);
        let (of_month, others): (Vec<Part>, Vec<Part>) = parts
            .into_iter()
            .partition(|part| part.other_month.is_none());
        let mut forms: Vec<Vec<Part>> = Vec::new();
        for part in of_month {
            let of = |one: &Part| {
                (
                    one.received.form,
                    one.received.district,
                    one.received.period,
                )
            };
            let key = of(&part);
            match forms.iter_mut().find(|parts| of(&parts[0]) == key) {
                Some(parts) => parts.push(part),
                None => forms.push(vec![part]),
            }
        }
        let mut received: Vec<Received> = forms.into_iter().map(|parts| self.one(parts)).collect();
        let other_months = self.other_months(others, &received);
        let register = &self.rulebook.register;
        let Some(first) = received.first_mut() else {
            let why = self
                .refused
                .into_iter()
                .next()
                .map_or_else(|| self::nothing(self.rulebook, sheets), |(_, why)| why);
            return Reading {
                notes: self.notes,
                ..Reading::refused(why, self.name, register)
            };
        };
        // Beside a form that is usable, another one that is not must not go unsaid.
        for (sheet, why) in self.refused {
            let fix = Text::new("改正后重报这张表", "mend it and send the form again");
            let why = Text::new(
                format!("工作表“{sheet}”：{}", why.zh),
                format!("sheet `{sheet}`: {}", why.en),
            );
            first
                .frame
                .push(FrameFinding::new("sheets", None, why, fix));
        }
        Reading {
            district: Some(first.district),
            received: received.into_iter().chain(other_months).collect(),
            notes: self.notes,
            ..Reading::default()
        }
    }

    /// Sheets of other months beside one of this month are ignored with one note, and go along
    /// so that they can be compared with what was accepted then. Where there is none of this
    /// month they say what is wrong.
    fn other_months(&mut self, others: Vec<Part>, received: &[Received]) -> Vec<Received> {
        let mut along = Vec::new();
        let mut ignored: Vec<String> = Vec::new();
        for part in others {
            let of = &part.received;
            let is_here = received
                .iter()
                .any(|one| (one.form, one.district) == (of.form, of.district));
            match part.other_month {
                Some(why) if !is_here => self.refused.push((part.received.sheet, why)),
                _ => {
                    ignored.push(part.received.sheet.clone());
                    if part.received.period.is_some() {
                        along.push(part.received);
                    }
                }
            }
        }
        if let Some(first) = ignored.first() {
            let list = ignored.join("、");
            let what = both!(
                "另有其他时期的表（{list}），没有作为本期审核",
                "there are forms of other periods ({list}); they were not checked as this one"
            );
            let count = ignored.len() as u64;
            self.note(first.clone(), what, None, count);
        }
        along
    }

    /// The one submission that the tables of a form make: one of them, or all together where it
    /// is spread over sheets.
    fn one(&mut self, parts: Vec<Part>) -> Received {
        let form = &self.rulebook.forms[parts[0].received.form];
        // A copy on a hidden sheet is a helper of the one that people see.
        let all_hidden = parts.iter().all(|part| part.hidden);
        let (parts, hidden): (Vec<Part>, Vec<Part>) = parts
            .into_iter()
            .partition(|part| all_hidden || !part.hidden);
        for part in hidden {
            let what = Text::new(
                "隐藏的工作表里另有一份，没有读取",
                "a hidden sheet holds the form once more and was not read",
            );
            self.note(part.received.sheet, what, None, 1);
        }
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Received::default();
        };
        let mut others: Vec<String> = Vec::new();
        for mut part in parts {
            if part.received.draft == whole.received.draft.on_sheet_of(&part.received.draft) {
                continue;
            }
            let spread = if form.is_fixed() {
                let variables = spread_fixed(
                    &whole.received.draft,
                    &part.received.draft,
                    form.columns.len(),
                );
                if let Some(variables) = &variables {
                    whole
                        .received
                        .draft
                        .take_over(part.received.draft, variables);
                }
                variables.is_some()
            } else {
                let is_spread = spread_list(&whole.received.draft, &part.received.draft, &form.key);
                if is_spread {
                    let shift = whole.received.draft.records;
                    for sums in &mut part.sums {
                        sums.records = sums.records.start + shift..sums.records.end + shift;
                    }
                    whole.received.draft.append(part.received.draft);
                    whole.sums.append(&mut part.sums);
                }
                is_spread
            };
            if spread {
                let missing = |finding: &FrameFinding| finding.rule == "rows" && form.is_fixed();
                let frame = part.received.frame.into_iter();
                let frame =
                    frame.filter(|f| !["signatures", "unit_line"].contains(&f.rule.as_str()));
                // Each half lacks the other's rows; what both lack is missing.
                let lacking: Vec<FrameFinding> = frame.collect();
                whole
                    .received
                    .frame
                    .retain(|f| !missing(f) || lacking.iter().any(|l| l.expected == f.expected));
                whole
                    .received
                    .frame
                    .extend(lacking.into_iter().filter(|f| !missing(f)));
                let what = Text::new(
                    "一张表分在几个工作表上，合并读取",
                    "the form is spread over sheets and was read as one",
                );
                self.note(part.received.sheet, what, None, 1);
            } else {
                others.push(part.received.sheet);
            }
        }
        let mut received = whole.received;
        let sums = sums::findings(form, &received.draft, &whole.sums);
        received.frame.extend(sums);
        if !others.is_empty() {
            received
                .frame
                .push(further_sheets(&received.sheet, &others));
        }
        received
    }

    /// 读取说明 of one table.
    fn tell(&mut self, grid: &Grid<'_>, located: &Located, ways: &Ways) {
        let sheet = grid.sheet;
        for (how, (first, count)) in ways {
            self.note(sheet.name.clone(), how.words(), Some(*first), *count);
        }
        let rows = located.head.1..=located.last;
        let of_table =
            |cell: &&Cell| rows.contains(&cell.row) && located.columns.contains(&Some(cell.column));
        let mut cells = |what: Text, cells: &[Cell]| {
            let mut cells = cells.iter().filter(of_table);
            if let Some(first) = cells.next() {
                let count = cells.count() as u64 + 1;
                self.note(sheet.name.clone(), what, Some(*first), count);
            }
        };
        cells(
            Text::new(
                "公式没有存结果，按公式算出",
                "formulas without a stored result were computed",
            ),
            &sheet.facts.computed,
        );
        cells(
            Text::new(
                "同一行（栏）其他数是公式，这里是手工填的数",
                "figures typed where the others of their row or column are formulas",
            ),
            &frame::typed_over(grid, located),
        );
        if sheet.hidden {
            let what = Text::new(
                "工作表是隐藏的，照样读取",
                "the sheet is hidden, and was read",
            );
            self.note(sheet.name.clone(), what, None, 1);
        }
        let hidden = |lines: &[u32], line: u32| lines.binary_search(&line).is_ok();
        let rows = located.rows.iter().flatten();
        let rows: Vec<u32> = rows
            .copied()
            .filter(|row| hidden(&sheet.facts.hidden_rows, *row))
            .collect();
        let columns = located.columns.iter().flatten();
        let columns: Vec<u32> = columns
            .copied()
            .filter(|column| hidden(&sheet.facts.hidden_columns, *column))
            .collect();
        if let Some(first) = rows.first() {
            let what = Text::new("隐藏的行，照样读取", "hidden rows were read");
            self.note(
                sheet.name.clone(),
                what,
                Some(Cell::new(*first, 0)),
                rows.len() as u64,
            );
        }
        if let Some(first) = columns.first() {
            let what = Text::new("隐藏的列，照样读取", "hidden columns were read");
            let cell = Cell::new(located.head.1, *first);
            self.note(sheet.name.clone(), what, Some(cell), columns.len() as u64);
        }
        for (cell, label) in &located.extra {
            let what = both!(
                "多出的栏目“{label}”，没有读取",
                "the column `{label}` is not asked for and was not read"
            );
            self.note(sheet.name.clone(), what, Some(*cell), 1);
        }
        // A list's row without a key is a finding of its own.
        let is_fixed = self.rulebook.forms[located.form].is_fixed();
        for (cell, label) in located.unknown_rows.iter().filter(|_| is_fixed) {
            let what = both!(
                "多出的行“{label}”，没有读取",
                "the row `{label}` is not asked for and was not read"
            );
            self.note(sheet.name.clone(), what, Some(*cell), 1);
        }
    }

    fn note(&mut self, sheet: String, what: Text, first: Option<Cell>, count: u64) {
        self.notes.push(ReadingNote {
            file: self.name.to_owned(),
            sheet,
            what,
            first: first.map(|cell| cell.to_string()),
            count,
        });
    }
}

/// What is said of a workbook in which no form was found.
fn nothing(rulebook: &Rulebook, sheets: &[&str]) -> Text {
    const NAMED: usize = 12;
    let more = if sheets.len() > NAMED { "…" } else { "" };
    let list = sheets[..sheets.len().min(NAMED)].join("、");
    let forms: Vec<&str> = rulebook.forms.iter().map(|f| f.id.as_str()).collect();
    let known = forms.join("、");
    both!(
        "没有找到要报的报表（{known}）的表头。工作表有：{list}{more}。请用下发的表样填报",
        "no heading of a form ({known}) was found in the sheets {list}{more}: use the form that was issued"
    )
}

/// The variables that a second sheet of a fixed form brings, if it is a further piece and no
/// second copy: no row of it stands on the first.
fn spread_fixed(first: &Draft, second: &Draft, columns: usize) -> Option<Vec<usize>> {
    let rows = |draft: &Draft| -> HashSet<usize> {
        let rows = draft
            .blocks
            .iter()
            .flat_map(|block| block.rows.iter().enumerate());
        rows.filter(|(_, row)| row.is_some())
            .map(|(at, _)| at)
            .collect()
    };
    let (own, more) = (rows(first), rows(second));
    (own.is_disjoint(&more) && !more.is_empty()).then(|| {
        let mut variables: Vec<usize> = more
            .into_iter()
            .flat_map(|row| row * columns..(row + 1) * columns)
            .collect();
        variables.sort_unstable();
        variables
    })
}

/// Whether a second sheet of a list is a further piece of it: no record of it stands on the
/// first.
fn spread_list(first: &Draft, second: &Draft, key: &[usize]) -> bool {
    let keys = |draft: &Draft| -> HashSet<String> { draft.keys(key).into_iter().collect() };
    second.records > 0 && keys(first).is_disjoint(&keys(second))
}

fn further_sheets(first: &str, others: &[String]) -> FrameFinding {
    const NAMED: usize = 3;
    let list = others
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("、");
    let (all, more) = (
        others.len() + 1,
        if others.len() > NAMED { "…" } else { "" },
    );
    let message = both!(
        "工作簿里这张表有 {all} 份，内容不同：“{first}”和“{list}{more}”，按“{first}”审核",
        "the workbook has the form {all} times, with different figures, on `{first}` and `{list}{more}`; `{first}` is the one that is checked"
    );
    let fix = Text::new("只留一份后重报", "leave one in and send it again");
    let finding = FrameFinding::new("sheets", None, message, fix);
    FrameFinding {
        severity: Severity::Query,
        found: list,
        ..finding
    }
}
