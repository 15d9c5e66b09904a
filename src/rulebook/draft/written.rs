//! The form file, line by line.

use super::form::{Column, Form, Row};
use super::frame::Frame;
use super::kinds::Kind;
use super::labels::is_of_which;
use super::layout::Layout;
use super::sheet::Table;
use super::{BY_FORMULA, BY_LABEL};
use crate::spelling::without_unit;

/// A form file as it grows.
struct Toml(String);

impl Toml {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A key with a value that is written already, and a remark where there is one.
    fn key(&mut self, key: &str, value: &str, remark: &str) {
        let line = format!("{key} = {value}");
        self.line(&if remark.is_empty() {
            line
        } else {
            format!("{line}  # {remark}")
        });
    }

    fn words(&mut self, key: &str, words: &str, remark: &str) {
        self.key(key, &quoted(words), remark);
    }

    fn kind(&mut self, kind: &Kind) {
        match kind.is {
            Some(is) => self.words("type", is, kind.remark),
            None => self.line(&format!("# {}", kind.remark)),
        }
        if let Some(unit) = &kind.unit {
            self.words("unit", unit, "");
        }
    }
}

fn quoted(words: &str) -> String {
    let plain: String = words.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(quoted).collect();
    format!("[{}]", quoted.join(", "))
}

impl Form {
    pub(super) fn written(
        &self,
        file: &str,
        frame: &Frame,
        table: &Table,
        layout: &Layout,
    ) -> String {
        let mut toml = Toml(String::new());
        let title = &frame.title.is;
        let file: String = file.chars().filter(|c| !c.is_control()).collect();
        toml.line(&format!("# {title}：由“{file}”起草。"));
        toml.line("# 带说明的各行是推断的，请核对、补全，再运行 hebiao rules check。");
        if let Some(row) = table.another {
            toml.line(&format!(
                "# 工作表第 {} 行起还有一张表，没有起草。",
                row + 1
            ));
        }
        toml.line("");
        self.write_head(&mut toml, frame, table, layout);
        let key = layout.is_list.then(|| self.key());
        for (at, column) in self.columns.iter().enumerate() {
            self.write_column(
                &mut toml,
                column,
                self.columns[..at]
                    .iter()
                    .any(|other| other.path == column.path),
            );
            if key == Some(at) {
                toml.key("required", "true", "");
                toml.key("unique", "true", "");
            }
        }
        for (at, row) in self.rows.iter().enumerate() {
            for (_, heading) in self.headings.iter().filter(|(above, _)| *above == at) {
                toml.line(&format!("\n# 小标题：{heading}"));
            }
            self.write_row(&mut toml, row);
        }
        self.write_rules(&mut toml, &frame.id.is);
        toml.0
    }

    fn write_head(&self, toml: &mut Toml, frame: &Frame, table: &Table, layout: &Layout) {
        toml.line("[form]");
        toml.words("id", &frame.id.is, frame.id.remark);
        toml.words("title", &frame.title.is, frame.title.remark);
        if layout.runs_down {
            toml.words("variables", "rows", "一行一个指标");
        }
        toml.words("rows", if layout.is_list { "list" } else { "fixed" }, "");
        if layout.is_list {
            toml.key(
                "key",
                &list([self.columns[self.key()].id.as_str()]),
                "区分各条记录的栏，请核对",
            );
        }
        if frame.is_nil {
            toml.words("blank", "nil", "说明里写着没有数据的不填");
        } else {
            toml.words("blank", "ask", "空格表示没有的，改为 nil");
        }
        toml.words("period", &frame.period.is, frame.period.remark);
        if frame.period.is == "quarter" {
            toml.key("due_in", "[3, 6, 9, 12]", "");
        } else if frame.period.is != "month" {
            toml.key("due_in", "[12]", "哪个月报，请核对");
        }
        match &frame.due {
            Some(due) => toml.words("due", due, "取自说明"),
            None => toml.line("# due = \"次月10日\"  # 报送期限，请补"),
        }
        if let Some(unit) = &frame.unit {
            toml.words("unit", unit, "");
        }
        for (key, at) in [("row_label", layout.label), ("row_no", layout.code)] {
            let leaf = at.and_then(|at| table.columns[at].path.last());
            if let Some(leaf) = leaf {
                // It is compared without a unit in brackets.
                let has_unit = without_unit(leaf).1.is_some();
                let end = leaf
                    .rfind(['(', '（'])
                    .filter(|_| has_unit)
                    .unwrap_or(leaf.len());
                toml.words(key, &leaf[..end], "");
            }
        }
        if !frame.signatures.is_empty() {
            toml.key("signatures", &list(frame.signatures.iter().copied()), "");
        }
    }

    /// The column by which a list's records are known.
    fn key(&self) -> usize {
        let first = |kind: &str, fits: &dyn Fn(&str) -> bool| {
            let is_key =
                |at: &usize| self.columns[*at].kind.is == Some(kind) && fits(&self.leaf(*at));
            (0..self.columns.len()).find(is_key)
        };
        let code = first("code", &|leaf| {
            !leaf.ends_with("年份") && !leaf.ends_with("电话")
        });
        let named = code.or_else(|| {
            first("text", &|leaf| {
                leaf.ends_with("名称") || leaf.ends_with("姓名")
            })
        });
        named.or_else(|| first("text", &|_| true)).unwrap_or(0)
    }

    fn write_column(&self, toml: &mut Toml, column: &Column, is_again: bool) {
        toml.line(&format!("\n[columns.{}]", column.id));
        if let Some(no) = column.no {
            toml.key("no", &no.to_string(), "");
        }
        let remark = if is_again {
            "与前面一栏同名，请区分"
        } else {
            ""
        };
        toml.words("label", &column.path.join(" › "), remark);
        toml.kind(&column.kind);
        if let Some(whole) = column.part_of {
            toml.words("part_of", &self.columns[whole].id, "由“其中”推断");
        }
        if let Some(now) = column.restates {
            toml.words(
                "restates",
                &format!("last_year({})", self.columns[now].id),
                BY_LABEL,
            );
        }
        if let Some((states, remark)) = &column.states {
            toml.words("states", states, remark);
        }
    }

    fn write_row(&self, toml: &mut Toml, row: &Row) {
        toml.line(&format!("\n[rows.{}]", row.id));
        if let Some(no) = &row.no {
            toml.words("no", no, "");
        }
        toml.words("label", &row.label, "");
        if let Some(kind) = &row.kind {
            toml.kind(kind);
        }
        if let Some((parts, remark)) = &row.total_of {
            toml.key(
                "total_of",
                &list(parts.iter().map(|part| self.rows[*part].id.as_str())),
                remark,
            );
        }
        match row.part_of {
            Some(whole) => toml.words(
                "part_of",
                &self.rows[whole].id,
                "由“其中”推断，请核对是哪一行的",
            ),
            None if is_of_which(&row.label) => {
                toml.line("# part_of = \"…\"  # 没有看出是哪一行的其中");
            }
            None => {}
        }
        if let Some(states) = &row.states {
            toml.words("states", states, BY_FORMULA);
        }
    }

    /// The sums that columns have, and two rules to begin with.
    fn write_rules(&self, toml: &mut Toml, form: &str) {
        for ((at, parts), number) in self.sums.iter().zip(101..) {
            let (of, label) = (&self.columns[*at].id, self.columns[*at].path.join("›"));
            let parts = list(parts.iter().map(|part| self.columns[*part].id.as_str()));
            toml.line(&format!("\n[[rule]]  # {BY_FORMULA}"));
            toml.words("id", &format!("{form}-{number}"), "");
            toml.words("title", &format!("{label}等于各分项之和"), "");
            toml.words("severity", "error", "");
            toml.key(
                "total",
                &format!("{{ of = \"{of}\", parts = {parts} }}"),
                "",
            );
        }
        toml.line("\n# 审核关系写在下面。例如（去掉行首的 # 就生效）：");
        for (number, (title, severity, check)) in [201, 301].into_iter().zip(self.examples()) {
            toml.line("# [[rule]]");
            toml.line(&format!("# id = \"{form}-{number}\""));
            toml.line(&format!("# title = {}", quoted(&title)));
            toml.line(&format!("# severity = \"{severity}\""));
            toml.line(&format!("# {check}"));
        }
    }

    /// Two rules that this form could have: title, severity and check.
    fn examples(&self) -> [(String, &'static str, String); 2] {
        let first = &self.columns[0];
        let filled = || {
            let title = format!("{}已填写", first.path.join("›"));
            (title, "error", format!("required = \"{}\"", first.id))
        };
        let (each, quantities) = self.quantities();
        let mut pairs = quantities
            .windows(2)
            .filter(|pair| pair[0].kind.goes_with(pair[1].kind));
        let bound = pairs.next().map(|pair| {
            let title = format!("{}不大于{}", pair[1].label, pair[0].label);
            let check = format!("{each}check = \"{} <= {}\"", pair[1].name, pair[0].name);
            (title, "error", check)
        });
        let change = quantities.first().map(|quantity| {
            let title = format!("{}变动较大", quantity.label);
            let growth = format!("growth({}) between -30% and 30%", quantity.figure);
            let each = if each.is_empty() {
                ""
            } else {
                "each = \"district\"\n# "
            };
            let check = format!("{each}check = \"{growth}\"\n# at_least = 20\n# by_at_least = 10");
            (title, "query", check)
        });
        [bound.unwrap_or_else(filled), change.unwrap_or_else(filled)]
    }

    /// What rules can compare, and how such rules begin: rows where variables run down, else
    /// columns.
    fn quantities(&self) -> (&'static str, Vec<Quantity<'_>>) {
        let values = self.columns.iter().find(|column| column.kind.is.is_none());
        if let Some(value) = values {
            let rows = self.rows.iter().filter_map(|row| {
                Some(Quantity {
                    name: row.name(),
                    figure: format!("{}[{}]", value.id, row.id),
                    label: row.label.clone(),
                    kind: row.kind.as_ref().filter(|kind| kind.is_additive())?,
                })
            });
            return ("each = \"column\"\n# ", rows.collect());
        }
        let is_plain = |column: &&Column| {
            column.adds_up() && column.restates.is_none() && column.part_of.is_none()
        };
        let columns = self.columns.iter().filter(is_plain).map(|column| Quantity {
            name: column.id.clone(),
            figure: column.id.clone(),
            label: column.path.join("›"),
            kind: &column.kind,
        });
        ("", columns.collect())
    }
}

/// What a rule can compare.
struct Quantity<'a> {
    /// In a rule that goes through columns or rows.
    name: String,
    /// In one of a single figure.
    figure: String,
    label: String,
    kind: &'a Kind,
}
