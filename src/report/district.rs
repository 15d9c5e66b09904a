//! What goes back to a district: its own workbook with a findings sheet in front.
//!
//! For each workbook that was sent this makes the overlay that a worker puts on: a line a
//! finding with a link to its cell, colours that go when a number is mended, notes, and a live
//! light for what must be mended. Nobody else's figures are in it, and no limit that would let
//! a number through.

use super::machine::SeverityCounts;
use super::{FileFound, Judged, ReadingNote, Submission};
use crate::expr::excel::{self, Operand};
use crate::expr::{Leaf, Source};
use crate::finding::Finding;
use crate::intake::{MADE_FROM, OF_ARRIVAL, OF_DISTRICT, OF_PERIOD, OF_VERSIONS};
use crate::number;
use crate::place::Cell;
use crate::rulebook::form::Form;
use crate::rulebook::rule::{Assertion, Rule};
use crate::rulebook::written::{Audience, Severity};
use crate::words::{Lang, Text};
use crate::workbook::overlay::{
    FrontCell, FrontRow, FrontSheet, FrontValue, ListValidation, Look, Mark, Note, Overlay,
    SheetOverlay, Tint,
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};
use std::collections::BTreeMap;

/// A district's report on one file.
pub struct Report {
    /// Relative to the period's output folder.
    pub path: String,
    /// The submitted file, relative to the period's input folder.
    pub file: String,
    /// What is laid over it.
    pub overlay: Overlay,
    /// Whether the file could not be used, so that there is nothing to lay it over.
    pub refused: bool,
}

/// The reasons that an explanation chooses from.
const REASONS: &[(&str, &str)] = &[
    ("新建投用", "newly opened"),
    ("撤并划转", "merged or transferred"),
    ("政策调整", "policy changed"),
    ("口径变化", "definition changed"),
    ("更正往期", "earlier month corrected"),
    ("时点差异", "other reference date"),
    ("录入错误（已改）", "typing slip (mended)"),
    ("其他", "other"),
];

/// The reports on all files that belong to a known district.
pub fn reports(judged: &Judged<'_>, lang: Lang) -> Vec<Report> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    judged
        .files
        .iter()
        .filter_map(|file| {
            let findings: Vec<&Finding> = judged
                .findings
                .iter()
                .filter(|f| f.place.file == file.path && f.audience == Audience::District)
                .collect();
            let submissions: Vec<&Submission> = judged
                .submissions
                .iter()
                .filter(|s| s.file == file.path || s.table.is_corrected_by(&file.path))
                .collect();
            let district = submissions.first().map(|s| s.district).or_else(|| {
                let code = &findings.first()?.district.code;
                judged
                    .rulebook
                    .register
                    .districts
                    .iter()
                    .position(|d| d.code == *code)
            })?;
            let district = &judged.rulebook.register.districts[district];
            let forms: Vec<&str> = submissions
                .iter()
                .map(|s| judged.rulebook.forms[s.form].id.as_str())
                .collect();
            let what = match (forms.is_empty(), lang) {
                (false, _) => forms.join("+"),
                (true, Lang::Zh) => "文件无效".to_owned(),
                (true, Lang::En) => "not usable".to_owned(),
            };
            let month = judged.period.words();
            let name = match lang {
                Lang::Zh => format!("审核反馈-{}-{}-{what}", month.zh, district.name),
                Lang::En => format!("Findings-{}-{}-{what}", judged.period, district.name),
            };
            let path = format!("districts/{}/{name}", district.folder());
            let count = taken.entry(path.clone()).or_insert(0);
            *count += 1;
            let path = match *count {
                1 => format!("{path}.xlsx"),
                n => format!("{path}-{n}.xlsx"),
            };
            let writing = Writing {
                judged,
                lang,
                file,
                findings,
                submissions,
            };
            let name = writing.words(&Text::same(district.name.clone())).to_owned();
            Some(Report {
                overlay: writing.overlay(&name, &district.code),
                path,
                file: file.path.clone(),
                refused: file.refused.is_some(),
            })
        })
        .collect()
}

struct Writing<'a> {
    judged: &'a Judged<'a>,
    lang: Lang,
    file: &'a FileFound,
    findings: Vec<&'a Finding>,
    submissions: Vec<&'a Submission>,
}

/// A finding whose rule can be followed to its cells.
struct Traced<'a> {
    form: &'a Form,
    rule: &'a Rule,
    assertion: &'a Assertion,
    submission: &'a Submission,
    record: usize,
}

/// A sheet's marks, and the texts of the notes on its cells.
type Marked = (Vec<Mark>, BTreeMap<Cell, Vec<String>>);

/// The first row of the list, from one: title, sentence, counts, a blank, the headings.
const FIRST_LINE: usize = 6;
/// Excel takes formulas of 8192 characters.
const MOST_FORMULA: usize = 8000;

impl<'a> Writing<'a> {
    fn words<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.lang)
    }

    fn say(&self, zh: &str, en: &str) -> String {
        Text::new(zh, en).get(self.lang).to_owned()
    }

    fn overlay(&self, district: &str, code: &str) -> Overlay {
        let period = self.judged.period.to_string();
        let forms: Vec<&str> = self
            .submissions
            .iter()
            .map(|s| self.judged.rulebook.forms[s.form].id.as_str())
            .collect();
        let version = |s: &&Submission| {
            let form = &self.judged.rulebook.forms[s.form];
            format!("{}={}", form.id, form.version)
        };
        let versions: Vec<String> = self.submissions.iter().map(version).collect();
        Overlay {
            front: self.front(district),
            sheets: self.sheets(),
            properties: vec![
                (OF_PERIOD.to_owned(), period),
                (OF_DISTRICT.to_owned(), code.to_owned()),
                (OF_VERSIONS.to_owned(), versions.join(" ")),
                ("hebiao.forms".to_owned(), forms.join(" ")),
                (OF_ARRIVAL.to_owned(), self.file.arrived.clone()),
                (MADE_FROM.to_owned(), self.file.sha256.clone()),
            ],
        }
    }

    fn front(&self, district: &str) -> FrontSheet {
        let counts = SeverityCounts::of(self.findings.iter().copied());
        let month = self.judged.period.words();
        let (zh, en) = (&month.zh, &month.en);
        let title = match self.lang {
            Lang::Zh => format!("审核反馈　{district}　{zh}"),
            Lang::En => format!("Findings: {district}, {en}"),
        };
        let mut rows = vec![
            line(
                &title,
                &Look {
                    bold: true,
                    size: 16.0,
                    ..Look::default()
                },
                Some(28.0),
            ),
            line(
                &self.what_to_do(counts),
                &Look {
                    wrap: true,
                    ..Look::default()
                },
                Some(34.0),
            ),
            line(
                &self.tally(counts),
                &Look {
                    bold: true,
                    ..Look::default()
                },
                Some(20.0),
            ),
            FrontRow::default(),
        ];
        let mut merges: Vec<String> = (1..=3).map(|row| format!("A{row}:M{row}")).collect();
        if !self.findings.is_empty() {
            rows.push(self.headings());
        }
        for (at, finding) in self.findings.iter().enumerate() {
            rows.push(self.line(finding, FIRST_LINE + at));
        }
        let last = FIRST_LINE + self.findings.len() - 1;
        let has_lines = !self.findings.is_empty();
        self.unevaluated_and_notes(&mut rows, &mut merges);
        FrontSheet {
            name: self.say("审核问题清单", "Findings"),
            columns: self.widths(),
            rows,
            merges,
            lists: has_lines.then(|| self.reasons(last)).into_iter().collect(),
            marks: if has_lines {
                self.lights(last)
            } else {
                Vec::new()
            },
            freeze_rows: if has_lines { 5 } else { 0 },
            landscape: true,
            repeat_rows: has_lines.then_some((5, 5)),
            protect: true,
            autofilter: has_lines.then(|| format!("A5:M{last}")),
        }
    }

    /// The columns' widths: where a cell is by row and column takes more room in English.
    fn widths(&self) -> Vec<f64> {
        let (place, gap) = match self.lang {
            Lang::Zh => (16.0, 9.0),
            Lang::En => (22.0, 11.5),
        };
        vec![
            9.5, 6.5, 7.0, place, 22.0, 11.0, 11.0, gap, 44.0, 30.0, 13.0, 30.0, 12.0,
        ]
    }

    /// One sentence on what to do and by when.
    fn what_to_do(&self, counts: SeverityCounts) -> String {
        let forms = self.judged.rulebook.forms.iter();
        let asked =
            forms.filter(|form| self.submissions.is_empty() && form.is_due_in(self.judged.period));
        let due = self
            .submissions
            .iter()
            .map(|s| &self.judged.rulebook.forms[s.form])
            // A file that could not be read may be any of the forms that are asked for.
            .chain(asked)
            .filter_map(|form| form.due)
            .map(|due| due.date(self.judged.period))
            .min();
        // A day that has passed helps nobody: then as soon as possible.
        let by = match due.filter(|due| *due >= self.judged.now.date()) {
            Some(due) => {
                let (month, day) = (due.format("%-m").to_string(), due.format("%-d").to_string());
                both!("于{month}月{day}日前报回", " by {due}")
            }
            None => Text::new("尽快报回", " as soon as possible"),
        };
        if let Some(why) = &self.file.refused {
            let file = self.file.path.rsplit('/').next().unwrap_or_default();
            let text = Text::new(
                format!("文件“{file}”无效，须重报：{}。请{}。", why.zh, by.zh),
                format!(
                    "The file `{file}` could not be used: {}. Please send it{}.",
                    why.en, by.en
                ),
            );
            return self.words(&text).to_owned();
        }
        let text = match (counts.error, counts.query + counts.note) {
            (0, 0) => Text::new(
                "审核通过，没有需要修改或说明的问题。",
                "Everything passed: there is nothing to mend or to explain.",
            ),
            (0, _) => Text::new(
                format!(
                    "请逐条核实：数字有误的在原表修改，无误的在“情况说明”栏写明原因；保存后将本文件{}。",
                    by.zh
                ),
                format!(
                    "Please look at each line: mend what is wrong in your own sheets, explain what is right in the column `Explanation`, save this file and send it back{}.",
                    by.en
                ),
            ),
            _ => Text::new(
                format!(
                    "请先改正“必改”各条（在原表直接修改，改对后右端变为 ✓），再逐条说明“核实”各条；保存后将本文件{}。",
                    by.zh
                ),
                format!(
                    "Please mend every `error` in your own sheets (the light at the right turns to ✓), explain every `query`, save this file and send it back{}.",
                    by.en
                ),
            ),
        };
        self.words(&text).to_owned()
    }

    fn tally(&self, counts: SeverityCounts) -> String {
        let SeverityCounts { error, query, note } = counts;
        self.words(&both!(
            "必改 {error}　核实 {query}　提示 {note}",
            "errors {error} · queries {query} · notes {note}"
        ))
        .to_owned()
    }

    fn headings(&self) -> FrontRow {
        let names = [
            ("编号", "No."),
            ("级别", "Level"),
            ("表", "Form"),
            ("单元格", "Cell"),
            ("指标", "Variable"),
            ("填报值", "Found"),
            ("应为", "Expected"),
            ("差额", "Difference"),
            ("问题", "What is wrong"),
            ("怎么改", "What to do"),
            ("原因类别", "Reason"),
            ("情况说明", "Explanation"),
            ("状态", "State"),
        ];
        let style = Look {
            bold: true,
            fill: Some(0x00D9_E2F3),
            border: true,
            wrap: true,
            center: true,
            ..Look::default()
        };
        let cells = names
            .iter()
            .map(|(zh, en)| text(&self.say(zh, en), &style))
            .collect();
        FrontRow {
            height: Some(22.0),
            cells,
        }
    }

    fn line(&self, finding: &Finding, row: usize) -> FrontRow {
        let plain = Look {
            border: true,
            wrap: true,
            ..Look::default()
        };
        let centred = Look {
            center: true,
            ..plain.clone()
        };
        let level = Look {
            bold: true,
            fill: Some(fill(finding.severity)),
            ..centred.clone()
        };
        let open = Look {
            unlocked: true,
            fill: Some(0x00FF_FDE7),
            ..plain.clone()
        };
        let is_query = finding.severity != Severity::Error;
        let answer = if is_query { &open } else { &plain };
        let cell = finding
            .place
            .cell
            .map_or_else(String::new, |cell| cell.to_string());
        let numbers = finding.variable.as_ref().and_then(|v| v.numbers.as_ref());
        let place = match numbers {
            Some(numbers) if !cell.is_empty() => format!("{cell} · {}", self.words(numbers)),
            _ => cell.clone(),
        };
        let link = finding
            .place
            .sheet
            .as_ref()
            .filter(|_| !cell.is_empty() && !self.file_is_refused())
            .map(|sheet| format!("'{}'!{cell}", sheet.replace('\'', "''")));
        let label = finding
            .variable
            .as_ref()
            .map_or("", |v| self.words(&v.label));
        let (message, fix) = (self.words(&finding.message), self.words(&finding.fix));
        let expected = finding.expected.as_deref().unwrap_or("");
        let gap = finding.difference.as_deref().unwrap_or("");
        let place_look = Look {
            color: link.is_some().then_some(0x0005_63C1),
            ..centred.clone()
        };
        let cells = vec![
            text(
                &finding.id,
                &Look {
                    size: 9.0,
                    ..centred.clone()
                },
            ),
            text(self.words(&finding.severity.words()), &level),
            text(finding.form.as_deref().unwrap_or(""), &centred),
            FrontCell {
                link,
                ..text(&place, &place_look)
            },
            text(label, &plain),
            text(&finding.found, &centred),
            text(expected, &centred),
            text(gap, &centred),
            text(message, &plain),
            text(fix, &plain),
            text("", answer),
            text("", answer),
            FrontCell {
                value: self.light(finding, row),
                style: centred,
                link: None,
            },
        ];
        // Rows of wrapped text don't grow by themselves where the file is not written by Excel.
        let lines = [
            (message, 44.0),
            (fix, 30.0),
            (label, 22.0),
            (place.as_str(), 16.0),
        ]
        .iter()
        .map(|(words, width)| lines_of(words, *width))
        .max()
        .unwrap_or(1);
        FrontRow {
            height: Some(f64::from(lines) * 15.0 + 4.0),
            cells,
        }
    }

    fn file_is_refused(&self) -> bool {
        self.file.refused.is_some()
    }

    /// The live state of a finding: mended or not, explained or not, or that the next run looks.
    fn light(&self, finding: &Finding, row: usize) -> FrontValue {
        if finding.severity != Severity::Error {
            let (done, open) = (
                self.say("已说明", "explained"),
                self.say("待说明", "to be explained"),
            );
            return FrontValue::Formula {
                formula: format!("IF(LEN(TRIM(L{row}))>0,\"{done}\",\"{open}\")"),
                result: open,
            };
        }
        let wrong = self
            .trace(finding)
            .and_then(|traced| Self::wrong(&traced, true));
        let formula =
            wrong.map(|wrong| format!("IF(ISERROR({wrong}),\"✗\",IF({wrong},\"✗\",\"✓\"))"));
        match formula.filter(|formula| formula.len() <= MOST_FORMULA) {
            Some(formula) => FrontValue::Formula {
                formula,
                result: "✗".to_owned(),
            },
            None => FrontValue::Text(self.say("下次审核时检查", "checked next time")),
        }
    }

    /// The rule, record and submission behind a finding about a figure.
    fn trace(&self, finding: &Finding) -> Option<Traced<'a>> {
        let submission = self
            .submissions
            .iter()
            .copied()
            .find(|s| Some(&self.judged.rulebook.forms[s.form].id) == finding.form.as_ref())?;
        let form = &self.judged.rulebook.forms[submission.form];
        let rules = &self.judged.rulebook.rules[submission.form];
        let rule = rules.iter().find(|rule| rule.id == finding.rule)?;
        let variable = finding.variable.as_ref()?;
        let assertion = rule.assertions.get(finding.behind.assertion)?;
        // What is told of other rules' units has no assertion.
        if form.variables[assertion.accused].id != variable.id {
            return None;
        }
        let record = if form.is_fixed() {
            0
        } else {
            let (sheet, cell) = (finding.place.sheet.as_ref()?, finding.place.cell?);
            submission
                .table
                .record_at(&finding.place.file, sheet, cell.row)?
        };
        Some(Traced {
            form,
            rule,
            assertion,
            submission,
            record,
        })
    }

    /// A formula that is true while the finding stands; addresses name their sheet where the
    /// formula stands on another one.
    fn wrong(traced: &Traced<'_>, with_sheet: bool) -> Option<String> {
        let Traced {
            form,
            assertion,
            submission,
            record,
            ..
        } = *traced;
        let accused = &form.variables[assertion.accused];
        let table = &submission.table;
        let home = table.spot(record, accused.column, accused.row)?;
        let operand = |leaf: Leaf| {
            // Another form's figures stand in another workbook.
            let own = leaf.link.form.is_none();
            let variable = form.variables.get(leaf.variable).filter(|_| own)?;
            match leaf.link.source {
                Source::Now => {
                    let spot = table.spot(record, variable.column, variable.row)?;
                    let (sheet, cell) = (spot.sheet, spot.cell);
                    // A formula reaches no other file.
                    if spot.file != home.file || !with_sheet && sheet != home.sheet {
                        return None;
                    }
                    let dress = table.dress(record, leaf.variable);
                    if dress.worded {
                        return None;
                    }
                    let address = if with_sheet {
                        format!("'{}'!{cell}", sheet.replace('\'', "''"))
                    } else {
                        cell.to_string()
                    };
                    Some(Operand::Cell {
                        address,
                        scale: i32::from(dress.scale),
                        text: dress.text,
                    })
                }
                Source::LastYear if form.is_fixed() => {
                    let last_year = submission.last_year.as_ref()?;
                    last_year.number(record, leaf.variable).map(Operand::Number)
                }
                Source::LastYear | Source::LastPeriod => None,
            }
        };
        excel::wrong(assertion, &operand).filter(|formula| formula.len() <= MOST_FORMULA)
    }

    /// True while a queried cell holds what was asked about.
    fn unchanged(traced: &Traced<'_>, cell: Cell) -> String {
        let Traced {
            assertion,
            submission,
            record,
            ..
        } = *traced;
        let table = &submission.table;
        let dress = table.dress(record, assertion.accused);
        match table.number(record, assertion.accused) {
            Some(_)
                if table.absent(record, assertion.accused) == Some(crate::table::Absent::Nil) =>
            {
                format!("LEN(TRIM({cell}))=0")
            }
            Some(x) if !dress.text => {
                let stored = number::shift(x, -i32::from(dress.scale));
                format!("{cell}={stored}")
            }
            _ => {
                let written = table.written(record, assertion.accused).unwrap_or("");
                format!("{cell}&\"\"=\"{}\"", written.replace('"', "\"\""))
            }
        }
    }

    /// Colours and notes on the district's own sheets.
    fn sheets(&self) -> Vec<SheetOverlay> {
        let mut sheets: BTreeMap<&str, Marked> = BTreeMap::new();
        if self.file_is_refused() {
            return Vec::new();
        }
        for finding in &self.findings {
            let (Some(sheet), Some(cell)) = (&finding.place.sheet, finding.place.cell) else {
                continue;
            };
            let (marks, notes) = sheets.entry(sheet).or_default();
            let traced = self.trace(finding);
            let formula = match (&traced, finding.severity) {
                (Some(traced), Severity::Error) => {
                    Self::wrong(traced, false).unwrap_or_else(|| Self::unchanged(traced, cell))
                }
                // A query's colour must not teach which number would get through.
                (Some(traced), _) => Self::unchanged(traced, cell),
                (None, _) if finding.found.is_empty() => format!("LEN(TRIM({cell}))=0"),
                (None, _) => format!("{cell}&\"\"=\"{}\"", finding.found.replace('"', "\"\"")),
            };
            // A foot's cell holds more than what is missing in it: its note says enough.
            if traced.is_some() || finding.found.is_empty() {
                marks.push(Mark {
                    cell: cell.to_string(),
                    formula,
                    tag: finding.rule.clone(),
                    severity: tint(finding.severity),
                });
            }
            let level = self.words(&finding.severity.words()).to_owned();
            let (message, fix) = (self.words(&finding.message), self.words(&finding.fix));
            let source = traced.as_ref().and_then(|t| t.rule.source.as_deref());
            let source = source.map_or_else(String::new, |s| format!("\n（{s}）"));
            let note = format!("【{level}】{message}\n→ {fix}{source}\n[{}]", finding.id);
            notes.entry(cell).or_default().push(note);
        }
        sheets
            .into_iter()
            .map(|(sheet, (marks, notes))| SheetOverlay {
                sheet: sheet.to_owned(),
                marks,
                notes: notes
                    .into_iter()
                    .map(|(cell, texts)| Note {
                        cell: cell.to_string(),
                        text: texts.join("\n\n"),
                    })
                    .collect(),
            })
            .collect()
    }

    fn reasons(&self, last: usize) -> ListValidation {
        let choices = REASONS.iter().map(|(zh, en)| self.say(zh, en)).collect();
        ListValidation {
            range: format!("K{FIRST_LINE}:K{last}"),
            choices,
        }
    }

    /// ✓ and 已说明 turn green.
    fn lights(&self, last: usize) -> Vec<Mark> {
        let done = self.say("已说明", "explained");
        let mark = |formula: String, severity| Mark {
            cell: format!("M{FIRST_LINE}:M{last}"),
            formula,
            tag: "light".to_owned(),
            severity,
        };
        vec![
            mark(
                format!("OR(M{FIRST_LINE}=\"✓\",M{FIRST_LINE}=\"{done}\")"),
                Tint::Good,
            ),
            mark(format!("M{FIRST_LINE}=\"✗\""), Tint::Error),
        ]
    }

    /// What was read otherwise than it is written stands below the list and in none of its counts.
    fn unevaluated_and_notes(&self, rows: &mut Vec<FrontRow>, merges: &mut Vec<String>) {
        let notes: Vec<&ReadingNote> = self
            .judged
            .notes
            .iter()
            .filter(|note| note.file == self.file.path)
            .collect();
        if notes.is_empty() {
            return;
        }
        rows.push(FrontRow::default());
        let heading = self.say(
            "读取说明（无需处理）",
            "How things were read (nothing to do)",
        );
        rows.push(line(
            &heading,
            &Look {
                bold: true,
                ..Look::default()
            },
            None,
        ));
        for note in notes {
            let first = note.first.as_deref().unwrap_or("");
            let (sheet, count) = (&note.sheet, note.count);
            let what = self.words(&note.what);
            let at = if first.is_empty() {
                sheet.clone()
            } else {
                format!("{sheet}!{first}")
            };
            let times = both!("{count} 处", "{count} times");
            let words = format!("{what}（{at}，{}）", self.words(&times));
            rows.push(line(
                &words,
                &Look {
                    wrap: true,
                    size: 10.0,
                    ..Look::default()
                },
                None,
            ));
            merges.push(format!("A{0}:M{0}", rows.len()));
        }
    }
}

fn text(words: &str, style: &Look) -> FrontCell {
    let value = match words {
        "" => FrontValue::Empty,
        words => FrontValue::Text(words.to_owned()),
    };
    FrontCell {
        value,
        style: style.clone(),
        link: None,
    }
}

fn line(words: &str, style: &Look, height: Option<f64>) -> FrontRow {
    FrontRow {
        height,
        cells: vec![text(words, style)],
    }
}

/// How many lines a text takes in a column of this width; Chinese signs are two wide.
fn lines_of(words: &str, width: f64) -> u32 {
    let columns = unicode_width::UnicodeWidthStr::width(words);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a text of some hundred signs"
    )]
    let lines = (columns as f64 / (width - 1.0)).ceil() as u32;
    lines.clamp(1, 12)
}

fn fill(severity: Severity) -> u32 {
    match severity {
        Severity::Error => 0x00F8_CBAD,
        Severity::Query => 0x00FF_E699,
        Severity::Note => 0x00DD_EBF7,
    }
}

fn tint(severity: Severity) -> Tint {
    match severity {
        Severity::Error => Tint::Error,
        Severity::Query => Tint::Query,
        Severity::Note => Tint::Note,
    }
}

/// A workbook for what cannot be overlaid: the findings sheet alone.
///
/// # Errors
/// When it cannot be put together, which would be a fault of ours.
pub fn alone(
    overlay: &Overlay,
    lang: Lang,
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut book = Workbook::new();
    // Without a date of its own the hour would be inside, and no two runs alike.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = book.add_worksheet();
    let (name, words) = match lang {
        Lang::Zh => ("说明", "原文件无法作为工作簿返回，问题见前一张表。"),
        Lang::En => (
            "Note",
            "Your file can't be sent back as a workbook; the sheet in front says why.",
        ),
    };
    sheet.set_name(name)?.write_string(0, 0, words)?;
    let base = book.save_to_buffer()?;
    let bare = Overlay {
        sheets: Vec::new(),
        ..overlay.clone()
    };
    let mut out = std::io::Cursor::new(Vec::new());
    let limits = crate::workbook::overlay::Limits {
        max_inflated: 64 << 20,
    };
    crate::workbook::overlay::apply(std::io::Cursor::new(base), &mut out, &bare, &limits)?;
    Ok(out.into_inner())
}
