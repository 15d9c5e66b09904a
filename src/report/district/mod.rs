//! What goes back to a district: its own workbook with a findings sheet in front.
//!
//! For each workbook that was sent this makes the overlay that a worker puts on: a line a
//! finding with a link to its cell and a place for the answer (`front`), the same in full where
//! one line stands for many (`behind`), colours that go when a number is mended, notes, and a
//! live light for what must be mended (`live`). Nobody else's figures are in it, and no limit
//! that would let a number through.

mod behind;
mod front;
mod live;

use super::machine::SeverityCounts;
use crate::finding::Finding;
use crate::intake::returned::TAKE_KNOWN;
use crate::intake::{MADE_FROM, OF_ARRIVAL, OF_DISTRICT, OF_PERIOD, OF_VERSIONS};
use crate::judge::COPIED_RULE;
use crate::judged::{FileFound, Judged, Submission};
use crate::rulebook::written::Audience;
use crate::words::{Lang, Text};
use crate::workbook::overlay::{Overlay, Remarks};
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

/// More findings of one rule in a workbook than this are one line, with a list of their own.
const MOST_LINES: usize = 5;

/// The reports on all files that belong to a known district.
pub fn reports(judged: &Judged<'_>, lang: Lang) -> Vec<Report> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    judged
        .files
        .iter()
        .filter_map(|file| {
            let mut findings: Vec<&Finding> = judged
                .findings
                .iter()
                .filter(|f| f.place.file == file.path && f.audience == Audience::District)
                .collect();
            // What waits for the clerk stands first.
            findings.sort_by_key(|finding| (!finding.state.is_open(), finding.count > 1));
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
            let position = district;
            let district = &judged.rulebook.register.districts[position];
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
                district: position,
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
    /// The district's position in the register.
    district: usize,
    file: &'a FileFound,
    findings: Vec<&'a Finding>,
    submissions: Vec<&'a Submission>,
}

/// A line of the findings sheet: one finding, or many of one kind.
enum Line<'a> {
    /// One finding.
    One(&'a Finding),
    /// Findings of one rule, the first in front; they stand one by one in the list behind.
    Many(Vec<&'a Finding>),
}

impl<'a> Writing<'a> {
    fn words<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.lang)
    }

    fn say(&self, zh: &str, en: &str) -> String {
        Text::new(zh, en).get(self.lang).to_owned()
    }

    /// The drop-down's word that takes what is known so far for the answer.
    fn known_word(&self) -> String {
        self.say(TAKE_KNOWN.0, TAKE_KNOWN.1)
    }

    /// What is wrong with a finding's figure and what to do, as the district may hear it: where
    /// staff passed on what they see among all districts, without the others' figures.
    fn worded<'f>(&self, finding: &'f Finding) -> (&'f str, &'f str) {
        // Such rules are the city's own, so what a district sees of them was passed on by staff;
        // so was a neighbour's copy, where anything was decided of it.
        let copied = finding.rule == COPIED_RULE && finding.decision.is_some();
        let mut rules = self.judged.rulebook.all_rules();
        if copied || rules.any(|(_, rule)| rule.id == finding.rule && rule.tells_of_others()) {
            return match self.lang {
                Lang::Zh => (
                    "这个数字需要请贵单位再核实一次",
                    "核对原始数据：有误的改正，无误的说明原因",
                ),
                Lang::En => (
                    "the office asks you to look at this figure once more",
                    "check it against your sources: mend it, or explain it",
                ),
            };
        }
        (self.words(&finding.message), self.words(&finding.fix))
    }

    /// The lines of the findings sheet, those of one kind folded.
    fn lines(&self) -> Vec<Line<'a>> {
        let kind = |finding: &'a Finding| (finding.rule.as_str(), finding.state.is_open());
        let mut kinds: BTreeMap<(&str, bool), Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            kinds.entry(kind(finding)).or_default().push(finding);
        }
        let mut lines = Vec::new();
        for finding in &self.findings {
            match kinds.get(&kind(finding)) {
                Some(many) if many.len() > MOST_LINES => {
                    if many[0].id == finding.id {
                        lines.push(Line::Many(many.clone()));
                    }
                }
                _ => lines.push(Line::One(finding)),
            }
        }
        lines
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
        let lines = self.lines();
        Overlay {
            front: self.front(district, &lines),
            behind: self.behind(&lines),
            sheets: self.sheets(),
            remarks: self.remarks(),
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

    /// What is said of the copy itself, under the counts.
    fn remarks(&self) -> Remarks {
        let file = self.file.path.rsplit('/').next().unwrap_or_default();
        let plain = both!(
            "原文件“{file}”不能直接标注，这是它的副本：数值、文字、合并单元格和隐藏的行列照原样，公式、字体和颜色没有带来。在本文件或原文件中修改都可以。",
            "Your file `{file}` can't be marked itself, so this is a copy of it: figures, texts, merged cells and hidden rows are as you sent them; formulas, fonts and colours did not come along. Mend either of the two."
        );
        Remarks {
            row: 4,
            plain: self.words(&plain).to_owned(),
            dropped: self.say(
                "宏、控件、嵌入文件和对外的数据连接没有带回（{n} 个部件：{}），请在原文件中保留。",
                "Macros, controls, embedded files and data connections did not come back ({n} parts: {}): keep them in your file.",
            ),
            links: self.say(
                "引用其他工作簿的公式已代之以报送时的数值（{n} 个单元格：{}）。",
                "Formulas that lead to other workbooks were replaced by the values that you sent ({n} cells: {}).",
            ),
            threads: self.say(
                "有批注对话的单元格没有加批注，问题见下表（{n} 个单元格：{}）。",
                "Cells with a conversation got no note, see the list below ({n} cells: {}).",
            ),
        }
    }

    /// One sentence on what to do and by when.
    fn what_to_do(&self, counts: SeverityCounts) -> String {
        let (rulebook, period) = (self.judged.rulebook, self.judged.period);
        // A file that could not be read may be any of the forms that are asked for.
        let asked = (0..rulebook.forms.len())
            .filter(|form| self.submissions.is_empty() && rulebook.forms[*form].is_due_in(period));
        let own = self.submissions.iter().map(|submission| submission.form);
        let due = own
            .chain(asked)
            .filter_map(|form| rulebook.due_date(form, self.district, period))
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
        remarks: Remarks::default(),
        ..overlay.clone()
    };
    let mut out = std::io::Cursor::new(Vec::new());
    let limits = crate::workbook::overlay::Limits {
        max_inflated: 64 << 20,
    };
    crate::workbook::overlay::apply(std::io::Cursor::new(base), &mut out, &bare, &limits)?;
    Ok(out.into_inner())
}
