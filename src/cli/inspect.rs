//! `hebiao inspect FILE...`: how a file was understood, and why.

use super::{Exit, Folders};
use crate::intake::seen::{SheetSeen, TableSeen};
use crate::intake::{FrameFinding, Reading};
use crate::note::ReadingNote;
use crate::period::Period;
use crate::place::{Cell, column_letters};
use crate::rulebook::Rulebook;
use crate::submissions::FileRead;
use crate::table::{Absent, Records};
use crate::words::{Lang, Text};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 要看的文件 / the files to look into
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 当作哪一期的报送；不写则以文件里写的为准 / the period it is taken for
    #[arg(long, value_name = "2023-12", value_parser = Period::parse)]
    period: Option<Period>,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(loaded) = arguments.folders.load() else {
        return Exit::Failed;
    };
    let lang = loaded.lang;
    let reading = arguments
        .folders
        .read(&loaded, &arguments.files, arguments.period, true);
    let Some((_, files)) = reading else {
        return Exit::Failed;
    };
    let mut exit = Exit::Clean;
    for file in &files {
        let text = Told::new(lang).file(&loaded.rulebook, file);
        // A reader that has gone away has seen enough.
        let _ = std::io::stdout().write_all(text.as_bytes());
        if file.reading.refused.is_some() {
            exit = Exit::ForPeople;
        }
    }
    exit
}

/// What is told, line by line.
struct Told {
    lang: Lang,
    out: String,
}

impl Told {
    fn new(lang: Lang) -> Self {
        Self {
            lang,
            out: String::new(),
        }
    }

    fn line(&mut self, indent: usize, text: &Text) {
        self.out.push_str(&"  ".repeat(indent));
        self.out.push_str(text.get(self.lang));
        self.out.push('\n');
    }

    fn file(mut self, rulebook: &Rulebook, file: &FileRead) -> String {
        let Reading {
            refused,
            received,
            notes,
            about,
            seen,
            ..
        } = &file.reading;
        let facts = [
            Some(about.kind.as_str()),
            about.application.as_deref(),
            about.modified.as_deref(),
        ];
        let facts: Vec<&str> = facts
            .into_iter()
            .flatten()
            .filter(|fact| !fact.is_empty())
            .collect();
        let facts = if facts.is_empty() {
            String::new()
        } else {
            format!("（{}）", facts.join("，"))
        };
        let plain = facts
            .replace('（', " (")
            .replace('）', ")")
            .replace('，', ", ");
        let name = &file.name;
        self.line(0, &both!("{name}{facts}", "{name}{plain}"));
        if let Some(why) = refused {
            self.line(
                1,
                &Text::new(
                    format!("文件无效：{}", why.zh),
                    format!("not usable: {}", why.en),
                ),
            );
        }
        for sheet in seen {
            self.sheet(sheet);
        }
        for one in received {
            let form = &rulebook.forms[one.form];
            let district = &rulebook.register.districts[one.district].name;
            let period = one
                .period
                .map(|period| period.to_string())
                .unwrap_or_default();
            let (mut figures, mut absent, mut unreadable) = (0_usize, 0_usize, 0_usize);
            for record in 0..one.draft.count() {
                for variable in 0..form.variables.len() {
                    match one.draft.absent(record, variable) {
                        None | Some(Absent::Nil) => figures += 1,
                        Some(Absent::Unreadable(_)) => unreadable += 1,
                        Some(_) => absent += 1,
                    }
                }
            }
            let (id, records) = (&form.id, one.draft.count());
            self.line(
                1,
                &both!(
                    "读出：{district} {id} {period}，{records} 条记录，{figures} 个数，{absent} 处没有数，{unreadable} 处读不出",
                    "read: {district} {id} {period}, {records} records, {figures} figures, {absent} absent, {unreadable} unreadable"
                ),
            );
            for finding in &one.frame {
                self.frame(finding);
            }
        }
        if !notes.is_empty() {
            self.line(1, &Text::new("读取说明", "read otherwise than written"));
        }
        for note in notes {
            self.note(note);
        }
        self.out
    }

    fn sheet(&mut self, sheet: &SheetSeen) {
        let range = sheet.filled.map_or_else(String::new, |range| {
            format!("{}:{}", range.first, range.last)
        });
        let mut facts: Vec<Text> = Vec::new();
        if sheet.filled.is_none() {
            facts.push(Text::new("空表", "empty"));
        }
        if sheet.hidden {
            facts.push(Text::new("隐藏", "hidden"));
        }
        if sheet.protected {
            facts.push(Text::new("有保护", "protected"));
        }
        let (rows, columns) = sheet.hidden_lines;
        if rows + columns > 0 {
            facts.push(both!(
                "隐藏 {rows} 行 {columns} 列",
                "{rows} rows and {columns} columns hidden"
            ));
        }
        let formulas = sheet.formulas;
        if formulas > 0 {
            facts.push(both!("{formulas} 个公式", "{formulas} formulas"));
        }
        let list = |get: fn(&Text) -> &String| facts.iter().map(get).cloned().collect::<Vec<_>>();
        let (zh, en) = (list(|t| &t.zh).join("，"), list(|t| &t.en).join(", "));
        let name = &sheet.name;
        self.line(
            1,
            &both!("工作表“{name}” {range} {zh}", "sheet `{name}` {range} {en}").trimmed(),
        );
        if sheet.tables.is_empty() {
            let nearest = sheet.nearest.as_ref().map(|(form, found, needed)| {
                both!(
                    "没有要报的报表；最接近 {form}，{needed} 个栏目认出 {found} 个",
                    "no form; nearest is {form} with {found} of {needed} columns"
                )
            });
            let none = Text::new("没有要报的报表", "no form");
            self.line(2, &nearest.unwrap_or(none));
        }
        for table in &sheet.tables {
            self.table(table);
        }
    }

    fn table(&mut self, table: &TableSeen) {
        let (id, title) = &table.form;
        let (first, last) = (table.head.0 + 1, table.head.1 + 1);
        self.line(
            2,
            &Text::new(
                format!("报表 {id} {}，表头在第 {first}—{last} 行", title.zh),
                format!("form {id} {}, heading in rows {first} to {last}", title.en),
            ),
        );
        match (&table.whose, &table.unused) {
            (Some(whose), _) => self.line(3, &both!("归属：{whose}", "whose: {whose}")),
            (None, Some(why)) => self.line(
                3,
                &Text::new(
                    format!("没有采用：{}", why.zh),
                    format!("not used: {}", why.en),
                ),
            ),
            (None, None) => {}
        }
        for evidence in &table.evidence {
            let (of, sign, says) = (&evidence.of, &evidence.sign, &evidence.says);
            self.line(
                4,
                &Text::new(
                    format!("{}依据 {}：{}", of.zh, sign.zh, says.zh),
                    format!("{} by {}: {}", of.en, sign.en, says.en),
                ),
            );
        }
        if let Some((cell, unit)) = &table.unit {
            self.line(
                3,
                &both!("计量单位：{unit}（{cell}）", "unit: {unit} ({cell})"),
            );
        }
        self.line(3, &Text::new("栏目", "columns"));
        for (id, label, at) in &table.columns {
            let at = at.map_or_else(
                || Text::new("缺", "missing"),
                |column| Text::same(column_letters(column)),
            );
            self.line(
                4,
                &Text::new(
                    format!("{} {} → {id}", at.zh, label.zh),
                    format!("{} {} → {id}", at.en, label.en),
                ),
            );
        }
        if !table.rows.is_empty() {
            self.line(3, &Text::new("行次", "rows"));
        }
        for (id, label, at) in &table.rows {
            let at = at.map_or_else(
                || Text::new("缺", "missing"),
                |row| Text::same((row + 1).to_string()),
            );
            self.line(
                4,
                &Text::new(
                    format!("{} {} → {id}", at.zh, label.zh),
                    format!("{} {} → {id}", at.en, label.en),
                ),
            );
        }
        if let Some((count, first, last)) = table.records {
            let (first, last) = (first + 1, last + 1);
            self.line(
                3,
                &both!(
                    "记录 {count} 条，第 {first}—{last} 行",
                    "{count} records, rows {first} to {last}"
                ),
            );
        }
        for (row, label) in &table.sums {
            let row = row + 1;
            self.line(
                3,
                &both!(
                    "第 {row} 行“{label}”是合计，不算记录",
                    "row {row}, `{label}`, is a sum and no record"
                ),
            );
        }
        for (cell, label) in &table.passed_over {
            self.line(
                3,
                &both!("没有读取 {cell}“{label}”", "passed over {cell} `{label}`"),
            );
        }
    }

    fn frame(&mut self, finding: &FrameFinding) {
        let at = finding
            .cell
            .map_or_else(String::new, |cell: Cell| format!("{cell} "));
        let level = finding.severity.words();
        let (rule, message) = (&finding.rule, &finding.message);
        self.line(
            2,
            &Text::new(
                format!("{at}{} [{rule}] {}", level.zh, message.zh),
                format!("{at}{} [{rule}] {}", level.en, message.en),
            ),
        );
    }

    fn note(&mut self, note: &ReadingNote) {
        let ReadingNote {
            sheet,
            what,
            first,
            count,
            ..
        } = note;
        let at = first
            .as_ref()
            .map_or_else(String::new, |cell| format!("!{cell}"));
        let times = if *count > 1 {
            both!("（{count} 处）", " ({count} places)")
        } else {
            Text::default()
        };
        self.line(
            2,
            &Text::new(
                format!("{sheet}{at} {}{}", what.zh, times.zh),
                format!("{sheet}{at} {}{}", what.en, times.en),
            ),
        );
    }
}
