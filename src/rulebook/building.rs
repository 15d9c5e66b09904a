//! A form out of the written tables: every name in it looked up, every mistake noted.

use super::form::{Break, Column, Derived, Form, Print, Row, Threshold, Written};
use super::source::{Problem, did_you_mean};
use super::tables::Entry;
use super::written::{
    self, Axis, BreakWritten, ColumnWritten, DerivedWritten, FormHead, PrintWritten, RowWritten,
    RowsKind, ThresholdWritten,
};
use crate::expr::figures::Crossing;
use crate::expr::parse::Measure;
use crate::number::{self, Exact};
use crate::period::{Due, Period, Periodicity};
use crate::words::Text;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// Words that mean something else in the language of rules.
const RESERVED: &[&str] = &[
    "and", "or", "not", "in", "is", "blank", "between", "where", "by", "weight", "it", "limit",
    "且", "或", "非", "其中", "按", "加权", "界限",
];

/// Names and numbers that a derived figure may have when all that it rests on is written out.
const MOST_DERIVED: u64 = 5_000;

/// The tables of a form's file beside its head and its rules.
pub(super) struct Parts {
    pub columns: Vec<Entry<ColumnWritten>>,
    pub rows: Vec<Entry<RowWritten>>,
    pub thresholds: Vec<Entry<ThresholdWritten>>,
    pub derived: Vec<Entry<DerivedWritten>>,
    pub breaks: Vec<Entry<BreakWritten>>,
}

/// A form on its way from the written tables.
pub(super) struct Building<'a> {
    /// The file.
    pub file: &'a str,
    /// What was found wrong.
    pub problems: Vec<Problem>,
}

impl Building<'_> {
    /// Notes a mistake.
    pub fn problem(&mut self, span: Range<usize>, message: Text) -> &mut Problem {
        self.problems.push(Problem::new(self.file, span, message));
        self.problems.last_mut().expect("just added")
    }

    /// The form, as far as it can be made out.
    pub fn form(&mut self, head: Entry<FormHead>, parts: Parts) -> Form {
        let Entry {
            value: head, span, ..
        } = head;
        let span = &span;
        let Parts {
            columns,
            rows,
            thresholds,
            derived,
            breaks,
        } = parts;
        let due = head.due.as_ref().and_then(|due| self.due(due));
        self.season(&head, due);
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
        let print = self.print(head.print, &names);
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
        self.numbers(&columns, &rows, span);
        let labels = columns.iter().map(|c| &c.label.zh);
        let names = columns.iter().map(|c| &c.id).chain(labels);
        let mut taken: Vec<String> = names.chain(rows.iter().map(|r| &r.id)).cloned().collect();
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
            print,
            thresholds: thresholds
                .into_iter()
                .filter_map(|entry| self.threshold(entry, &mut taken))
                .collect(),
            derived: derived
                .into_iter()
                .map(|entry| self.derived(entry, &mut taken))
                .collect(),
            breaks: Vec::new(),
            columns,
            rows,
            variables: Vec::new(),
            file: self.file.to_owned(),
        };
        form.lay_out_variables();
        self.overgrown(&form.derived);
        form.breaks = breaks
            .into_iter()
            .filter_map(|entry| self.crossing(entry.value, &form))
            .collect();
        form
    }

    /// What is printed around the table; columns are known by these names.
    fn print(&mut self, written: PrintWritten, columns: &[&str]) -> Print {
        let said = |zh: Option<String>, en: Option<String>| {
            zh.map(|zh| Text::new(zh.clone(), en.unwrap_or(zh)))
        };
        let mut position = |name: &Spanned<String>| {
            let known = self.known(name, columns, "栏", "column");
            known.map(|(at, _)| at)
        };
        let carries = written
            .carries
            .map(|names| names.iter().filter_map(&mut position).collect());
        Print {
            sheet: written.sheet,
            title: said(written.title, written.title_en),
            caption: said(written.caption, written.caption_en),
            identity: written.identity,
            covers: written.covers,
            unit: written.unit,
            total: written.total,
            carries,
            paper: written.paper,
            notes: written.notes,
        }
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
                "写成 `次月10日`、`当月25日`、`12月20日` 或 `次年1月20日`",
                "write `次月10日`, `当月25日`, `12月20日` or `次年1月20日`",
            ));
        }
        read
    }

    /// Whether a form says when it is asked for, and not by a day before its period is over.
    fn season(&mut self, head: &FormHead, due: Option<Due>) {
        let first = head.due_in.iter().map(|month| *month.get_ref()).min();
        if let (Some(Due::Date(month, _)), Some(first), Some(written)) = (due, first, &head.due)
            && month < first
        {
            let message = Text::new(
                "这一天在报告期以前；第二年的写成 `次年1月20日`",
                "this day lies before the period: write `次年1月20日` for the year after",
            );
            self.problem(written.span(), message);
        }
        if head.period != Periodicity::Month && first.is_none() {
            let message = Text::new(
                "没有写 due_in：每个月都会催报。季报写 due_in = [3, 6, 9, 12]，年报写 due_in = [12]",
                "there is no `due_in`, so the form is asked for every month: a yearly one is due_in = [12]",
            );
            let problem = Problem::new(self.file, head.id.span(), message);
            self.problems.push(problem.warning());
        }
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
            decimals: value.decimals,
            rounded: value.rounded,
            pattern: value.pattern,
            one_of: value.one_of,
            unique: value.unique,
            adds_up: value.adds_up.unwrap_or(true),
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
        let heading = value
            .heading
            .map(|zh| Text::new(zh.clone(), value.heading_en.unwrap_or(zh)));
        Row {
            id: name,
            no: value.no,
            label: Text::new(label.clone(), value.label_en.unwrap_or(label)),
            aliases: value.aliases,
            heading,
            indent: usize::from(value.indent),
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

    fn threshold(
        &mut self,
        entry: Entry<ThresholdWritten>,
        taken: &mut Vec<String>,
    ) -> Option<Threshold> {
        let Entry {
            name, span, value, ..
        } = entry;
        self.own_name(&name, &span, taken);
        let Some((number, measure)) = limit(value.value.get_ref()) else {
            self.problem(value.value.span(), not_a_limit());
            return None;
        };
        Some(Threshold {
            label: value.label.unwrap_or_else(|| name.clone()),
            id: name,
            value: number,
            measure,
            source: sourced(&value.source, value.date.as_deref()),
            is_own: false,
        })
    }

    fn derived(&mut self, entry: Entry<DerivedWritten>, taken: &mut Vec<String>) -> Derived {
        let Entry {
            name, span, value, ..
        } = entry;
        self.own_name(&name, &span, taken);
        let label = value.label.unwrap_or_else(|| name.clone());
        if label != name {
            self.taken(&label, &span, taken);
        }
        Derived {
            id: name,
            label: Text::new(label.clone(), value.label_en.unwrap_or(label)),
            is: written_at(value.is),
        }
    }

    /// A name that nothing of the form may have already.
    fn own_name(&mut self, name: &str, span: &Range<usize>, taken: &mut Vec<String>) {
        self.identifier(name, span);
        self.taken(name, span, taken);
    }

    fn taken(&mut self, name: &str, span: &Range<usize>, taken: &mut Vec<String>) {
        if taken.iter().any(|known| known == name) || RESERVED.contains(&name) {
            let message = both!(
                "`{name}` 已经是一栏、一行、标准或语言里的词，请换一个名称",
                "`{name}` is a column, a row, a threshold or a word of the language already"
            );
            self.problem(span.clone(), message);
        }
        taken.push(name.to_owned());
    }

    /// Derived figures that rest on so many others that nobody could follow them.
    fn overgrown(&mut self, derived: &[Derived]) {
        let size = |text: &str, sizes: &BTreeMap<&str, u64>| {
            let words = text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .count() as u64;
            let others = derived.iter().filter_map(|other| {
                let size = *sizes.get(other.id.as_str())?;
                let named = text
                    .matches(&other.id)
                    .count()
                    .max(text.matches(&other.label.zh).count());
                Some(size.saturating_mul(named as u64))
            });
            others.fold(words, u64::saturating_add)
        };
        let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
        // Each round knows what rests on what the round before knew.
        for _ in 0..=derived.len() {
            let next = derived
                .iter()
                .map(|d| (d.id.as_str(), size(&d.is.text, &sizes)));
            sizes = next.collect();
        }
        for one in derived {
            if sizes[one.id.as_str()] > MOST_DERIVED {
                let id = &one.id;
                let message = both!(
                    "派生指标 `{id}` 绕回了它自己，或者层层展开后太长",
                    "the derived figure `{id}` rests on itself, or is too long when written out"
                );
                self.problem(one.is.span.clone(), message);
            }
        }
    }

    /// Numbers that stand twice would mean the first of them only.
    fn numbers(&mut self, columns: &[Column], rows: &[Row], span: &Range<usize>) {
        let columns = columns
            .iter()
            .filter_map(|c| c.no.map(|no| format!("[{no}]")));
        let rows = rows
            .iter()
            .filter_map(|r| r.no.as_ref().map(|no| format!("({no})")));
        let mut seen = Vec::new();
        for number in columns.chain(rows) {
            if seen.contains(&number) {
                let message = both!(
                    "栏次或行次 {number} 写了两次",
                    "the number {number} stands twice"
                );
                self.problem(span.clone(), message);
            }
            seen.push(number);
        }
    }

    fn crossing(&mut self, written: BreakWritten, form: &Form) -> Option<Break> {
        let columns: Vec<&str> = form.columns.iter().map(|c| c.id.as_str()).collect();
        let rows: Vec<&str> = form.rows.iter().map(|r| r.id.as_str()).collect();
        let (column, _) = self.known(&written.column, &columns, "栏", "column")?;
        let before = match &written.before {
            Some(before) => Some(self.known(before, &columns, "栏", "column")?.0),
            None => None,
        };
        let row = match &written.row {
            Some(row) => Some(self.known(row, &rows, "行", "row")?.0),
            None => None,
        };
        let since = self.period(&written.since)?;
        if let (Some(factor), Some(_)) = (&written.factor, &written.before) {
            let message = Text::new("factor 和 before 只写一个", "write `factor` or `before`");
            self.problem(factor.span(), message);
        }
        let factor = match &written.factor {
            None => None,
            Some(factor) => {
                let value = number::canonical(*factor.get_ref()).filter(|x| *x > 0.0);
                if value.is_none() {
                    let message = Text::new("factor 应大于 0", "`factor` is above zero");
                    self.problem(factor.span(), message);
                }
                value
            }
        };
        let of = |row| {
            let crossing = match (before, factor) {
                (Some(before), _) => Crossing::Mapped(form.variable(before, row)),
                (None, Some(factor)) => Crossing::Converted(number::exact(factor)),
                (None, None) => Crossing::NotComparable,
            };
            (form.variable(column, row), crossing)
        };
        let rows = match row {
            Some(row) => vec![Some(row)],
            None => crate::check::rows(form),
        };
        let variables: Vec<(usize, Crossing)> = rows.into_iter().map(of).collect();
        let kind = |variable: usize| form.variables[variable].kind;
        let is_unlike = |(now, crossing): &(usize, Crossing)| match crossing {
            Crossing::Mapped(before) => kind(*now) != kind(*before),
            _ => !form.variables[*now].is_number(),
        };
        if variables.iter().all(is_unlike) {
            let message = Text::new(
                "这一栏不是数，或与 before 的一栏类型不同",
                "the column is no number, or of another type than `before`",
            );
            self.problem(written.column.span(), message);
        }
        Some(Break {
            variables,
            since,
            reason: written.reason,
        })
    }

    /// A period, noted where it is none.
    pub fn period(&mut self, written: &Spanned<String>) -> Option<Period> {
        match period(written.get_ref()) {
            Ok(period) => Some(period),
            Err(message) => {
                self.problem(written.span(), message);
                None
            }
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

/// A source with its day.
pub(super) fn sourced(source: &str, date: Option<&str>) -> String {
    match date {
        Some(date) => format!("{source}（{date}）"),
        None => source.to_owned(),
    }
}

/// A period as rule files write it.
pub(crate) fn period(written: &str) -> Result<Period, Text> {
    Period::parse(written).map_err(|_| {
        both!(
            "`{written}` 不是报告期，应写成 `2023-09`",
            "`{written}` is no period: expected one such as `2023-09`"
        )
    })
}

/// A limit as rule files write it: a number, or a rate with its sign.
pub(crate) fn limit(value: &toml::Value) -> Option<(Exact, Measure)> {
    match value {
        toml::Value::Integer(x) => Some((Exact::from_integer((*x).into()), Measure::Plain)),
        toml::Value::Float(x) => Some((number::exact(number::canonical(*x)?), Measure::Plain)),
        toml::Value::String(text) => {
            let text: String = text.chars().map(crate::spelling::half_width).collect();
            let hundredth = |x: Exact| x * number::power_of_ten(-2);
            match (text.strip_suffix('%'), text.strip_suffix("百分点")) {
                (Some(rate), _) => Some((hundredth(number::parse(rate.trim())?), Measure::Percent)),
                (_, Some(points)) => {
                    Some((hundredth(number::parse(points.trim())?), Measure::Points))
                }
                _ => Some((number::parse(text.trim())?, Measure::Plain)),
            }
        }
        _ => None,
    }
}

/// What is said of a limit that is none.
pub(crate) fn not_a_limit() -> Text {
    Text::new(
        "这里应是数字，百分率写成 \"30%\"",
        "expected a number; a rate is written \"30%\"",
    )
}

fn written_at(text: Spanned<String>) -> Written {
    Written {
        span: text.span(),
        text: text.into_inner(),
    }
}
