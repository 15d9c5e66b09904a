//! Behind the district's own sheets: findings one by one where a line stands for many, how things
//! were read, and what could not be evaluated. None of the last two is anything to act on.

use super::front::{Cells, line, lines_of, text};
use super::{Line, Writing};
use crate::check::run::reason_words;
use crate::expr::exact::Reason;
use crate::finding::Finding;
use crate::intake::returned::headings;
use crate::judged::Unevaluated;
use crate::note::ReadingNote;
use crate::rulebook::written::Severity;
use crate::workbook::overlay::{FrontCell, FrontRow, FrontSheet, FrontValue, Look};
use std::collections::BTreeMap;

/// The list's name.
pub(super) const LIST: (&str, &str) = ("问题明细", "Findings in full");
/// The name of the sheet with notes.
const NOTES: (&str, &str) = ("读取说明", "How it was read");
/// The columns of the answer on the list: its class, its text, the state.
const ANSWER: (&str, &str, &str) = ("K", "L", "M");
/// The position of the key's column on the list.
const KEY_COLUMN: usize = 13;
/// The list's first row.
const FIRST_LINE: usize = 4;

impl Writing<'_> {
    pub(super) fn behind(&self, lines: &[Line<'_>]) -> Vec<FrontSheet> {
        let many: Vec<&Finding> = members(lines).copied().collect();
        let list = (!many.is_empty()).then(|| self.list(&many));
        list.into_iter().chain(self.notes()).collect()
    }

    /// The state of a line that stands for many: as many of them as are open.
    pub(super) fn light_of_many(&self, many: &[&Finding], row: usize) -> FrontValue {
        let (first, last) = self.rows_of(many);
        let sheet = self.say(LIST.0, LIST.1);
        let range = format!("'{sheet}'!{0}{first}:{0}{last}", ANSWER.2);
        if many[0].severity == Severity::Error {
            let next = self.say("下次审核时检查", "checked next time");
            let is_live = |one: &&&Finding| {
                let light = self.light(one, 1, ("J", ANSWER.0, ANSWER.1));
                matches!(light, FrontValue::Formula { .. })
            };
            let live = many.iter().filter(is_live).count();
            if live == 0 {
                return FrontValue::Text(next);
            }
            // What no formula follows is not known to be right.
            let done = if live == many.len() {
                "✓"
            } else {
                next.as_str()
            };
            let left = format!("COUNTIF({range},\"✗\")");
            return FrontValue::Formula {
                formula: format!("IF({left}=0,\"{done}\",\"✗ \"&{left})"),
                result: format!("✗ {live}"),
            };
        }
        let done = self.say("已说明", "explained");
        let open = self.say("待说明", "to be explained");
        let (reason, answer, _) = super::front::ANSWER;
        let known = self.known_word();
        let back = self.say("待补充", "to be completed");
        let is_open = many.iter().any(|one| one.state.is_open());
        FrontValue::Formula {
            formula: format!(
                "IF(OR(LEN(TRIM({answer}{row}))>0,{reason}{row}=\"{known}\",COUNTIF({range},\"{open}\")+COUNTIF({range},\"{back}\")=0),\"{done}\",\"{open}\")"
            ),
            result: if is_open { open } else { done },
        }
    }

    /// The rows of the list on which these findings stand.
    fn rows_of(&self, many: &[&Finding]) -> (usize, usize) {
        let lines = self.lines();
        let at = members(&lines).position(|one| one.id == many[0].id);
        let first = FIRST_LINE + at.unwrap_or(0);
        (first, first + many.len() - 1)
    }

    fn list(&self, many: &[&Finding]) -> FrontSheet {
        let title = self.say(LIST.0, LIST.1);
        let front = self.say("审核问题清单", "Findings");
        let text_of = self.words(&both!(
            "工作表“{front}”里一行代表多条的，这里逐条列出；可以在那里一次说明，也可以在这里逐条说明。",
            "What one line of `{front}` stands for, one by one: explain it there for all, or here one by one."
        ))
        .to_owned();
        let bold = Look {
            bold: true,
            size: 14.0,
            ..Look::default()
        };
        let mut rows = vec![
            line(&title, &bold, Some(26.0)),
            line(&text_of, &Look::default(), Some(18.0)),
            self.list_headings(),
        ];
        for (at, finding) in many.iter().enumerate() {
            rows.push(self.list_line(finding, FIRST_LINE + at));
        }
        let last = FIRST_LINE + many.len() - 1;
        FrontSheet {
            name: title,
            columns: vec![
                9.5, 9.0, 7.0, 29.0, 30.0, 11.0, 13.0, 11.0, 40.0, 24.0, 14.0, 30.0, 12.0, 4.0,
            ],
            hidden_columns: vec![KEY_COLUMN],
            rows,
            merges: vec!["A1:M1".to_owned(), "A2:M2".to_owned()],
            lists: vec![self.reasons(ANSWER.0, (FIRST_LINE, last))],
            marks: self.lights(ANSWER.2, (FIRST_LINE, last)),
            freeze_rows: 3,
            landscape: true,
            repeat_rows: Some((3, 3)),
            protect: true,
            autofilter: Some(format!("A3:M{last}")),
        }
    }

    fn list_headings(&self) -> FrontRow {
        let names = [
            headings::ID,
            ("级别", "Level"),
            ("表", "Form"),
            ("单元格", "Cell"),
            ("指标", "Variable"),
            ("填报值", "Found"),
            ("应为/参考值", "Expected / compared with"),
            ("差额", "Difference"),
            ("问题", "What is wrong"),
            headings::KNOWN,
            headings::REASON,
            headings::TEXT,
            headings::STATE,
            headings::KEY,
        ];
        self.heads(&names, 50.0)
    }

    fn list_line(&self, finding: &Finding, row: usize) -> FrontRow {
        let shown = Cells::new();
        let places = self.places(finding, false);
        let (message, _) = self.worded(finding);
        let answer = self.answer_cells(finding, None);
        let light = FrontCell {
            value: self.light(finding, row, ("J", ANSWER.0, ANSWER.1)),
            style: shown.centred.clone(),
            link: None,
        };
        let lines = [
            (message, 40.0),
            (places.label.as_str(), 30.0),
            (answer.known.as_str(), 24.0),
            (answer.text.as_str(), 30.0),
            (places.shown.as_str(), 16.0),
        ];
        let lines = lines.iter().map(|(words, width)| lines_of(words, *width));
        FrontRow {
            height: Some(f64::from(lines.max().unwrap_or(1)) * 15.0 + 4.0),
            cells: vec![
                text(&finding.id, &shown.small),
                text(&self.level(finding), &shown.level(finding.severity)),
                text(finding.form.as_deref().unwrap_or(""), &shown.centred),
                places.cell,
                text(&places.label, &shown.plain),
                text(&finding.found, &shown.centred),
                text(&self.expected(finding), &shown.centred),
                text(&self.difference(finding), &shown.centred),
                text(message, &shown.plain),
                text(&answer.known, &shown.plain),
                text(&answer.reason, &answer.look),
                text(&answer.text, &answer.look),
                light,
                text(&answer.key, &shown.plain),
            ],
        }
    }

    /// How things were read, and what was not evaluated; none where there is nothing to say.
    fn notes(&self) -> Option<FrontSheet> {
        let of_file = |note: &&ReadingNote| note.file == self.file.path;
        let notes: Vec<&ReadingNote> = self.judged.notes.iter().filter(of_file).collect();
        let unevaluated = self.unevaluated();
        if notes.is_empty() && unevaluated.is_empty() {
            return None;
        }
        let section = Look {
            bold: true,
            size: 13.0,
            ..Look::default()
        };
        let mut rows = Vec::new();
        if !notes.is_empty() {
            let title = self.say(
                "读取说明：这些内容是这样读的，不用处理",
                "How things were read: nothing to do",
            );
            rows.push(line(&title, &section, Some(24.0)));
            rows.push(self.heads(
                &[("说明", "What"), ("位置", "Where"), ("处数", "Times")],
                20.0,
            ));
            for note in notes {
                let at = match &note.first {
                    Some(first) => format!("{}!{first}", note.sheet),
                    None => note.sheet.clone(),
                };
                rows.push(Self::told(&[
                    self.words(&note.what),
                    &at,
                    &note.count.to_string(),
                ]));
            }
            rows.push(FrontRow::default());
        }
        if !unevaluated.is_empty() {
            let title = self.say(
                "未审核：这些审核关系没有审核，原因如下",
                "Not evaluated: these rules could not be looked at, and why",
            );
            rows.push(line(&title, &section, Some(24.0)));
            rows.push(self.heads(
                &[("审核关系", "Rule"), ("编号", "Id"), ("处数", "Times")],
                20.0,
            ));
            for (words, rule, count) in unevaluated {
                rows.push(Self::told(&[&words, &rule, &count.to_string()]));
            }
        }
        Some(FrontSheet {
            name: self.say(NOTES.0, NOTES.1),
            columns: vec![80.0, 34.0, 8.0],
            rows,
            protect: true,
            ..FrontSheet::default()
        })
    }

    fn told(words: &[&str]) -> FrontRow {
        let plain = Cells::new().plain;
        let lines = words.iter().zip([80.0, 34.0, 8.0]);
        let lines = lines.map(|(words, width)| lines_of(words, width)).max();
        FrontRow {
            height: Some(f64::from(lines.unwrap_or(1)) * 15.0 + 3.0),
            cells: words.iter().map(|words| text(words, &plain)).collect(),
        }
    }

    /// What could not be evaluated of this workbook's forms: in words, rule, count.
    fn unevaluated(&self) -> Vec<(String, String, u64)> {
        let register = &self.judged.rulebook.register.districts;
        let own: Vec<(&str, &str)> = self
            .submissions
            .iter()
            .map(|one| {
                let form = &self.judged.rulebook.forms[one.form];
                (register[one.district].code.as_str(), form.id.as_str())
            })
            .collect();
        let of_own = |one: &&Unevaluated| own.contains(&(&one.district, &one.form));
        let mut found: BTreeMap<(String, String), u64> = BTreeMap::new();
        for one in self.judged.unevaluated.iter().filter(of_own) {
            let rules = self.judged.rulebook.all_rules();
            let Some((_, rule)) = rules.into_iter().find(|(_, rule)| rule.id == one.rule) else {
                continue;
            };
            // What compares districts, or is on trial, is the city's business.
            let for_district = rule.audience == crate::rulebook::written::Audience::District
                && rule.stage == crate::rulebook::written::Stage::InForce;
            if !for_district {
                continue;
            }
            // What stands blank or crossed out is no more to be read.
            let is_blank = matches!(one.reason, Reason::Missing | Reason::NotApplicable);
            if rule.kind == "type" && is_blank {
                continue;
            }
            let title = rule.title_for_district(self.judged.period);
            let (title, why) = (self.words(&title).to_owned(), reason_words(one.reason));
            let why = self.words(&why);
            let words = self
                .words(&both!("{title}（{why}）", "{title} ({why})"))
                .to_owned();
            *found.entry((words, one.rule.clone())).or_default() += one.count;
        }
        found
            .into_iter()
            .map(|((words, rule), count)| (words, rule, count))
            .collect()
    }
}

/// The findings of lines that stand for many.
fn members<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = &'l &'a Finding> {
    lines.iter().flat_map(|line| match line {
        Line::One(_) => &[][..],
        Line::Many(many) => many.as_slice(),
    })
}
