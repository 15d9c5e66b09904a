//! Everything an office declares: the forms, who reports them, the rules, how a job runs.
//!
//! [`Rulebook::load`] makes rule files ready for use in two steps: as they are written
//! ([`written`]), and as they are meant ([`form`], [`rule`]). What is wrong in any of the files
//! is told all at once, each mistake at its place ([`source`]). No submission is opened here.

pub mod form;
pub mod register;
pub mod rule;
pub mod source;
mod tables;
pub mod written;

use crate::check::{self, KINDS, Lowering};
use crate::period::Due;
use crate::words::Text;
use chrono::FixedOffset;
use form::{Column, Form, Row, Written};
use register::{District, Register};
use rule::Rule;
use source::{Problem, Sources, did_you_mean};
use std::ops::Range;
use tables::{Entry, Tables};
use toml::Spanned;
use written::{
    Axis, BlankWords, ColumnWritten, FormHead, JobWritten, Limits, RowWritten, RowsKind,
    RuleWritten,
};

/// The file with what concerns the whole job.
pub const JOB_FILE: &str = "job.toml";

/// 审核关系库: all forms with their rules, the register, and how the job runs.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// How the job runs.
    pub job: Job,
    /// Who must report.
    pub register: Register,
    /// The forms by their numbers.
    pub forms: Vec<Form>,
    /// The rules of each form, in the order of the forms.
    pub rules: Vec<Vec<Rule>>,
}

/// How the job runs.
#[derive(Debug, Clone)]
pub struct Job {
    /// The language of what comes out.
    pub language: crate::words::Lang,
    /// The office's offset from universal time.
    pub time_zone: FixedOffset,
    /// The office.
    pub office: String,
    /// What all districts together are called.
    pub whole: String,
    /// What a submitted file may cost.
    pub limits: Limits,
    /// Words that stand for no figure.
    pub blank_words: BlankWords,
}

/// Why there is no rulebook to work with.
#[derive(Debug, Clone)]
pub struct Unusable {
    /// The texts, to draw the problems in.
    pub sources: Sources,
    /// Everything that is wrong, in order.
    pub problems: Vec<Problem>,
}

impl Rulebook {
    /// Makes a rulebook out of the texts of its files.
    ///
    /// Warnings come back beside it.
    ///
    /// # Errors
    /// All mistakes of all files, where there is one.
    pub fn load(
        sources: &Sources,
        mut problems: Vec<Problem>,
    ) -> Result<(Self, Vec<Problem>), Unusable> {
        let job = load_job(sources, &mut problems);
        let register = if let Some(text) = sources.files.get(register::FILE) {
            let (register, found) = register::parse(text);
            problems.extend(found);
            register
        } else {
            let file = register::FILE;
            problems.push(Problem::new(
                file,
                0..0,
                both!(
                    "没有填报单位登记表 `{file}`",
                    "there is no register `{file}`"
                ),
            ));
            Register::default()
        };
        let mut forms: Vec<(Form, Vec<Rule>)> = Vec::new();
        let files = sources.files.iter().filter(|(name, _)| is_form_file(name));
        for (name, text) in files {
            let found = load_form(name, text);
            problems.extend(found.1);
            let Some((form, rules)) = found.0 else {
                continue;
            };
            if let Some((other, _)) = forms.iter().find(|(other, _)| other.id == form.id) {
                let (id, file) = (&form.id, &other.file);
                let message = both!(
                    "表号 `{id}` 在 `{file}` 里已经用过",
                    "the form `{id}` already stands in `{file}`"
                );
                problems.push(Problem::new(name, 0..0, message));
                continue;
            }
            for rule in &rules {
                let same = forms
                    .iter()
                    .find_map(|(_, rules)| check::same_id(rules, &rule.id));
                if let Some(other) = same {
                    problems.push(twice(rule, other));
                }
            }
            forms.push((form, rules));
        }
        if !sources.files.keys().any(|name| is_form_file(name)) {
            let message = Text::new(
                "规则文件夹里没有报表：每张报表要有一个 .toml 文件",
                "the rules folder has no form: expected a .toml file for each",
            );
            problems.push(Problem::new(JOB_FILE, 0..0, message));
        }
        forms.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let problems = source::sorted(problems);
        if problems.iter().any(|problem| !problem.warning) {
            return Err(Unusable {
                sources: sources.clone(),
                problems,
            });
        }
        let (forms, rules) = forms.into_iter().unzip();
        Ok((
            Self {
                job,
                register,
                forms,
                rules,
            },
            problems,
        ))
    }

    /// The district at a position, named.
    pub fn unit(&self, district: usize) -> crate::finding::Unit {
        let District { code, name, .. } = &self.register.districts[district];
        crate::finding::Unit {
            code: code.clone(),
            name: name.clone(),
        }
    }

    /// All rules, with the position of their form.
    pub fn all_rules(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.rules
            .iter()
            .enumerate()
            .flat_map(|(form, rules)| rules.iter().map(move |r| (form, r)))
    }
}

fn is_form_file(name: &str) -> bool {
    name != JOB_FILE && name != register::FILE
}

fn twice(rule: &Rule, other: &Rule) -> Problem {
    let (id, file) = (&rule.id, &other.file);
    let message = both!(
        "审核关系编号 `{id}` 重复：`{file}` 里已经用过",
        "the rule id `{id}` stands twice: first in `{file}`"
    );
    Problem::new(&rule.file, rule.span.clone(), message)
}

fn load_job(sources: &Sources, problems: &mut Vec<Problem>) -> Job {
    let text = sources.files.get(JOB_FILE).map_or("", String::as_str);
    let mut tables = Tables::parse(JOB_FILE, text);
    let written: JobWritten = tables.one("job").map(|e| e.value).unwrap_or_default();
    let limits: Limits = tables.one("limits").map(|e| e.value).unwrap_or_default();
    let blank_words: BlankWords = tables
        .one("blank_words")
        .map(|e| e.value)
        .unwrap_or_default();
    let zone: &str = written.time_zone.get_ref();
    let time_zone = zone.parse::<FixedOffset>().unwrap_or_else(|_| {
        let message = both!(
            "`{zone}` 不是时差，应写成 `+08:00`",
            "`{zone}` is no offset: expected one such as `+08:00`"
        );
        tables
            .problems
            .push(Problem::new(JOB_FILE, written.time_zone.span(), message));
        FixedOffset::east_opt(8 * 3600).expect("eight hours are an offset")
    });
    problems.extend(tables.finish(&["job", "limits", "blank_words"]));
    Job {
        language: written.language,
        time_zone,
        office: written.office,
        whole: written.whole,
        limits,
        blank_words,
    }
}

type FormAndRules = Option<(Form, Vec<Rule>)>;

/// One form's file. Rules are only looked at where columns and rows are sound: otherwise each
/// would complain of names that are merely misspelt elsewhere.
fn load_form(file: &str, text: &str) -> (FormAndRules, Vec<Problem>) {
    let mut tables = Tables::parse(file, text);
    let head: Option<Entry<FormHead>> = tables.one("form");
    let columns: Vec<Entry<ColumnWritten>> = tables.named("columns");
    let rows: Vec<Entry<RowWritten>> = tables.named("rows");
    let written: Vec<Entry<RuleWritten>> = tables.array("rule");
    let known = ["form", "columns", "rows", "rule"];
    let Some(head) = head else {
        if tables.problems.is_empty() {
            let message = Text::new("缺少 `[form]`：这是哪张报表？", "there is no `[form]`");
            tables.problems.push(Problem::new(file, 0..0, message));
        }
        return (None, tables.finish(&known));
    };
    let mut problems = tables.finish(&known);
    let sound = problems.is_empty();
    let mut building = Building {
        file,
        problems: Vec::new(),
    };
    let form = building.form(head.value, columns, rows, &head.span);
    let sound = sound && building.problems.is_empty();
    problems.append(&mut building.problems);
    if !sound {
        return (None, problems);
    }
    let mut lowering = Lowering {
        form: &form,
        rules: Vec::new(),
        problems: Vec::new(),
    };
    for kind in KINDS {
        (kind.lower)(&mut lowering);
    }
    for rule in &written {
        let id = rule.value.id.get_ref();
        if let Some(other) = check::same_id(&lowering.rules, id) {
            let line = line_of(text, other.span.start);
            let message = both!(
                "审核关系编号 `{id}` 重复：第 {line} 行已经用过",
                "the rule id `{id}` stands twice: first on line {line}"
            );
            lowering
                .problems
                .push(Problem::new(file, rule.value.id.span(), message));
        }
        check::lower_rule(&mut lowering, &rule.value, rule.value.id.span());
    }
    let Lowering {
        rules,
        problems: found,
        ..
    } = lowering;
    problems.extend(found);
    (Some((form, rules)), problems)
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

struct Building<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Building<'_> {
    fn problem(&mut self, span: Range<usize>, message: Text) -> &mut Problem {
        self.problems.push(Problem::new(self.file, span, message));
        self.problems.last_mut().expect("just added")
    }

    fn form(
        &mut self,
        head: FormHead,
        columns: Vec<Entry<ColumnWritten>>,
        rows: Vec<Entry<RowWritten>>,
        span: &Range<usize>,
    ) -> Form {
        let due = head.due.as_ref().and_then(|due| self.due(due));
        for month in head
            .due_in
            .iter()
            .filter(|m| !(1..=12).contains(m.get_ref()))
        {
            let found = month.get_ref();
            let message = both!("没有 {found} 月", "there is no month {found}");
            self.problem(month.span(), message);
        }
        self.shape(&head, columns.is_empty(), rows.first(), span);
        let ids: Vec<String> = columns.iter().map(|entry| entry.name.clone()).collect();
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let key = head
            .key
            .iter()
            .filter_map(|key| self.known(key, &names, "栏", "column").map(|(at, _)| at))
            .collect();
        let row_ids: Vec<String> = rows.iter().map(|entry| entry.name.clone()).collect();
        let row_names: Vec<&str> = row_ids.iter().map(String::as_str).collect();
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|entry| self.column(entry, head.variables))
            .collect();
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|entry| self.row(entry, &row_names, head.variables))
            .collect();
        self.totals_of_themselves(&rows);
        let id = head.id.get_ref().clone();
        if id.is_empty()
            || !id
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        {
            let message = both!(
                "表号 `{id}` 只能用字母、数字和短横",
                "the form's id `{id}` may have letters, digits and dashes only"
            );
            self.problem(head.id.span(), message);
        }
        let mut form = Form {
            id,
            title: Text::new(head.title.clone(), head.title_en.unwrap_or(head.title)),
            aliases: head.aliases,
            axis: head.variables,
            kind: head.rows,
            key,
            blank: head.blank,
            periodicity: head.period,
            due_in: head.due_in.iter().map(|m| *m.get_ref()).collect(),
            due,
            version: head.version.unwrap_or_default(),
            unit: head.unit,
            row_label: head.row_label,
            row_no: head.row_no,
            signatures: head.signatures,
            columns,
            rows,
            variables: Vec::new(),
            file: self.file.to_owned(),
        };
        form.lay_out_variables();
        form
    }

    fn due(&mut self, due: &Spanned<String>) -> Option<Due> {
        let text = due.get_ref();
        let read = Due::parse(text);
        if read.is_none() {
            let message = both!(
                "看不懂报送期限 `{text}`",
                "cannot read the due date `{text}`"
            );
            self.problem(due.span(), message).help = Some(Text::new(
                "写成 `次月10日`、`当月25日` 或 `12月20日`",
                "write `次月10日`, `当月25日` or `12月20日`",
            ));
        }
        read
    }

    /// Whether a form has what its kind needs: columns, and rows or a key.
    fn shape(
        &mut self,
        head: &FormHead,
        no_columns: bool,
        first_row: Option<&Entry<RowWritten>>,
        span: &Range<usize>,
    ) {
        if no_columns {
            let message = Text::new(
                "报表没有栏目：至少要有一个 `[columns.名称]`",
                "the form has no columns",
            );
            self.problem(span.clone(), message);
        }
        match (head.rows, first_row, head.key.is_empty()) {
            (RowsKind::Fixed, None, _) => {
                let message = Text::new(
                    "固定表没有行：写 `[rows.名称]`，或改为 rows = \"list\"",
                    "a fixed form has no rows: write `[rows.name]`, or rows = \"list\"",
                );
                self.problem(span.clone(), message);
            }
            (RowsKind::List, Some(row), _) => {
                let message = Text::new(
                    "浮动表不写 `[rows.…]`：行由填报单位填",
                    "a list has no `[rows.…]`: districts fill its rows",
                );
                self.problem(row.span.clone(), message);
            }
            (RowsKind::List, _, true) => {
                let message = Text::new(
                    "浮动表要写 key = [\"…\"]：靠哪几栏区分各条记录",
                    "a list needs key = [\"…\"]: the columns that tell its records apart",
                );
                self.problem(span.clone(), message);
            }
            _ => {}
        }
    }

    /// The position of a name among known ones; a mistake where it is not there.
    fn known(
        &mut self,
        name: &Spanned<String>,
        known: &[&str],
        zh: &str,
        en: &str,
    ) -> Option<(usize, Range<usize>)> {
        let id = name.get_ref();
        if let Some(at) = known.iter().position(|known| known == id) {
            return Some((at, name.span()));
        }
        let message = both!("没有叫 `{id}` 的{zh}", "there is no {en} `{id}`");
        self.problem(name.span(), message).help = did_you_mean(id, known);
        None
    }

    fn column(&mut self, entry: Entry<ColumnWritten>, axis: Axis) -> Column {
        let Entry {
            name,
            span,
            value,
            sound,
        } = entry;
        self.identifier(&name, &span);
        if sound && value.r#type.is_none() && axis == Axis::Columns {
            let message = both!("栏 `{name}` 没有写 type", "the column `{name}` has no type");
            self.problem(span.clone(), message).help = Some(Text::new(
                "例如 type = \"count\"（个数）、\"percent\"（百分率）、\"text\"（文字）",
                "such as type = \"count\", \"percent\" or \"text\"",
            ));
        }
        if crate::report::data::KEYS.contains(&name.as_str()) {
            let message = both!(
                "`{name}` 是数据文件自己的列名，请换一个名称",
                "`{name}` is a column of the data files already: choose another name"
            );
            self.problem(span, message);
        }
        let label = value.label.get_ref().clone();
        let words = matches!(value.r#type, Some(written::Type::Text));
        Column {
            id: name,
            no: value.no,
            label: Text::new(label.clone(), value.label_en.unwrap_or(label)),
            aliases: value.aliases,
            kind: value.r#type,
            unit: value.unit,
            required: value.required,
            optional: value.optional.unwrap_or(words),
            min: value.min,
            max: value.max,
            lines: value.lines,
            part_of: value.part_of.map(written_at),
            restates: value.restates.map(written_at),
            states: value.states.map(written_at),
            precision: value.precision,
        }
    }

    fn row(&mut self, entry: Entry<RowWritten>, known: &[&str], axis: Axis) -> Row {
        let Entry {
            name,
            span,
            value,
            sound,
        } = entry;
        self.identifier(&name, &span);
        if sound && axis == Axis::Rows && value.r#type.is_none() {
            let message = both!("行 `{name}` 没有写 type", "the row `{name}` has no type");
            self.problem(span, message);
        }
        if axis == Axis::Columns
            && let Some(wrong) = &value.r#type
        {
            let message = Text::new(
                "只有 variables = \"rows\" 的报表，行才有自己的 type",
                "a row has a type of its own only where variables = \"rows\"",
            );
            self.problem(wrong.span(), message);
        }
        let label = value.label.get_ref().clone();
        let total_of = value
            .total_of
            .iter()
            .filter_map(|part| self.known(part, known, "行", "row"))
            .collect();
        let part_of = value
            .part_of
            .as_ref()
            .and_then(|w| self.known(w, known, "行", "row"));
        Row {
            id: name,
            no: value.no,
            label: Text::new(label.clone(), value.label_en.unwrap_or(label)),
            aliases: value.aliases,
            total_of,
            part_of,
            kind: value.r#type.map(Spanned::into_inner),
            unit: value.unit,
            required: value.required,
            min: value.min,
            max: value.max,
            lines: value.lines,
            states: value.states.map(written_at),
        }
    }

    fn identifier(&mut self, name: &str, span: &Range<usize>) {
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && name.chars().next().is_some_and(|c| !c.is_ascii_digit());
        if !plain {
            let message = both!(
                "名称 `{name}` 只能用字母、数字和下划线，不能以数字开头",
                "the name `{name}` may have letters, digits and underscores, no digit first"
            );
            self.problem(span.clone(), message);
        }
    }

    /// A total that is, through its parts, a part of itself can never add up.
    fn totals_of_themselves(&mut self, rows: &[Row]) {
        for (at, row) in rows.iter().enumerate() {
            let mut seen = vec![false; rows.len()];
            let mut next: Vec<usize> = row.total_of.iter().map(|(part, _)| *part).collect();
            while let Some(part) = next.pop() {
                if part == at {
                    let (id, span) = (row.id.clone(), row.total_of[0].1.clone());
                    let message = both!(
                        "合计 `{id}` 的分项绕回了它自己",
                        "the total `{id}` is a part of itself"
                    );
                    self.problem(span, message);
                    break;
                }
                if !std::mem::replace(&mut seen[part], true) {
                    next.extend(rows[part].total_of.iter().map(|(part, _)| *part));
                }
            }
        }
    }
}

fn written_at(text: Spanned<String>) -> Written {
    Written {
        span: text.span(),
        text: text.into_inner(),
    }
}
