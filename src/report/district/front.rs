//! The findings sheet: what to do and by when, and a line a finding with a place for the answer.

use super::{Line, REASONS, SeverityCounts, Writing};
use crate::dialogue::{as_shown, origin};
use crate::finding::{Finding, Since, State, Word};
use crate::intake::returned::{Key, headings};
use crate::rulebook::written::Severity;
use crate::standing::Acceptance;
use crate::words::{Lang, Text};
use crate::workbook::overlay::{
    FrontCell, FrontRow, FrontSheet, FrontValue, ListValidation, Look, Mark, Tint,
};

/// The first row of the list, from one: title, sentence, counts, changes, the headings.
const FIRST_LINE: usize = 6;
/// The columns of the answer: its class, its text, the state.
pub(super) const ANSWER: (&str, &str, &str) = ("L", "M", "N");
/// The last column that is shown; behind it stands the key.
const LAST: &str = "N";
/// The position of the key's column.
const KEY_COLUMN: usize = 14;
/// Widths of the columns whose words are measured.
const LABEL: f64 = 17.0;
const FIGURE: f64 = 10.0;
const EXPECTED: f64 = 11.5;
const MESSAGE: f64 = 36.0;
const FIX: f64 = 22.0;
const KNOWN: f64 = 17.0;
const ANSWERED: f64 = 23.0;

impl Writing<'_> {
    pub(super) fn front(&self, district: &str, lines: &[Line<'_>]) -> FrontSheet {
        let month = self.judged.period.words();
        let (zh, en) = (&month.zh, &month.en);
        let title = match self.lang {
            Lang::Zh => format!("审核反馈　{district}　{zh}"),
            Lang::En => format!("Findings: {district}, {en}"),
        };
        let open = self.findings.iter().filter(|f| f.state.is_open()).copied();
        let counts = SeverityCounts::of(open);
        let bold = |size| Look {
            bold: true,
            size,
            ..Look::default()
        };
        let wrapped = Look {
            wrap: true,
            ..Look::default()
        };
        let returned = self.returned();
        let nothing = counts.error + counts.query + counts.note == 0;
        // What staff returned has not passed, whatever the rules say.
        let what = if nothing && !returned.is_empty() {
            returned.trim_start().to_owned()
        } else {
            self.what_to_do(counts) + &returned
        };
        let height = f64::from(lines_of(&what, 175.0)) * 17.0 + 4.0;
        let mut rows = vec![
            line(&title, &bold(16.0), Some(28.0)),
            line(&what, &wrapped, Some(height.max(34.0))),
            line(&self.tally(counts), &bold(11.0), Some(20.0)),
            line(&self.changes(), &remark(), Some(18.0)),
        ];
        let has_lines = !lines.is_empty();
        let heads = if has_lines { 1..5 } else { 0..0 };
        let mut merges: Vec<String> = heads.map(|row| format!("A{row}:{LAST}{row}")).collect();
        if has_lines {
            rows.push(self.headings());
        }
        for (at, line) in lines.iter().enumerate() {
            rows.push(self.line(line, FIRST_LINE + at));
        }
        let last = FIRST_LINE + lines.len() - 1;
        self.mended(&mut rows, &mut merges, has_lines);
        FrontSheet {
            name: self.say("审核问题清单", "Findings"),
            columns: if has_lines {
                self.widths()
            } else {
                vec![110.0]
            },
            hidden_columns: vec![KEY_COLUMN],
            rows,
            merges,
            lists: has_lines
                .then(|| self.reasons(ANSWER.0, (FIRST_LINE, last)))
                .into_iter()
                .collect(),
            marks: if has_lines {
                self.lights(ANSWER.2, (FIRST_LINE, last))
            } else {
                Vec::new()
            },
            freeze_rows: if has_lines { 5 } else { 0 },
            landscape: true,
            repeat_rows: has_lines.then_some((5, 5)),
            protect: true,
            autofilter: has_lines.then(|| format!("A5:{LAST}{last}")),
        }
    }

    /// The columns' widths, narrow enough for a page of A4 that can be read.
    fn widths(&self) -> Vec<f64> {
        // A link does not go on in a second line everywhere.
        let (place, gap) = match self.lang {
            Lang::Zh => (18.5, 9.0),
            Lang::En => (29.0, 11.5),
        };
        vec![
            8.5, 7.5, 6.5, place, LABEL, FIGURE, EXPECTED, gap, MESSAGE, FIX, KNOWN, 11.0,
            ANSWERED, 9.5, 4.0,
        ]
    }

    /// What staff say of the forms that they return.
    fn returned(&self) -> String {
        let districts = self.judged.standing.iter();
        let mut own = districts.filter(|standing| {
            let codes = self.submissions.iter().map(|one| {
                let districts = &self.judged.rulebook.register.districts;
                districts[one.district].code.as_str()
            });
            codes.into_iter().any(|code| code == standing.unit.code)
        });
        let forms = own.next().map_or(&[][..], |standing| &standing.forms);
        let here = |form: &str| {
            let mut submissions = self.submissions.iter();
            submissions.any(|one| self.judged.rulebook.forms[one.form].id == form)
        };
        let returned = forms
            .iter()
            .filter(|form| form.acceptance == Acceptance::Returned && here(&form.form));
        let sentences = returned.map(|form| {
            let remark = form.decision.as_ref().map_or("", |d| d.remark.as_str());
            let id = &form.form;
            let text = both!(
                "\n{id} 已退回修改：{remark}",
                "\n{id} was returned to be mended: {remark}"
            );
            self.words(&text).to_owned()
        });
        sentences.collect()
    }

    /// How much waits for the clerk, and how much has been settled.
    fn tally(&self, open: SeverityCounts) -> String {
        let lines = |severity: Severity| {
            let of = |f: &&&Finding| f.severity == severity && f.state.is_open();
            self.findings.iter().filter(of).count() as u64
        };
        let (error, query, note) = (
            lines(Severity::Error),
            lines(Severity::Query),
            lines(Severity::Note),
        );
        let mut text = self
            .words(&both!(
                "必改 {error}　核实 {query}　提示 {note}",
                "errors {error} · queries {query} · notes {note}"
            ))
            .to_owned();
        for state in [State::Explained, State::Accepted, State::Waived] {
            let of_state = self.findings.iter().filter(|f| f.state == state);
            let count = of_state.count();
            if count > 0 {
                let words = state.words();
                let word = self.words(&words);
                text.extend(["　", word, " ", &count.to_string()]);
            }
        }
        let places = open.error + open.query + open.note;
        if places != error + query + note {
            let more = both!("（涉及 {places} 处）", " (in {places} places)");
            text += self.words(&more);
        }
        text
    }

    /// What has changed since the last run whose inputs differed.
    fn changes(&self) -> String {
        let Some(with) = &self.judged.compared.with else {
            return self.say("本期第一次审核", "checked for the first time this period");
        };
        let count = |since: Since| -> u64 {
            let own = self.findings.iter().filter(|f| f.since == since);
            own.map(|finding| finding.count).sum()
        };
        let (new, still, again) = (
            count(Since::New),
            count(Since::Still),
            count(Since::Reopened),
        );
        let mended: u64 = self.own_mended().map(|finding| finding.count).sum();
        let day = with.split('T').next().unwrap_or(with);
        self.words(&both!(
            "与上次（{day}）相比：新增 {new}　仍在 {still}　重新提出 {again}　已改正 {mended}",
            "since {day}: {new} new · {still} still there · {again} reopened · {mended} mended"
        ))
        .to_owned()
    }

    /// This workbook's findings of the last time that are no more.
    fn own_mended(&self) -> impl Iterator<Item = &Finding> {
        let forms: Vec<&str> = self
            .submissions
            .iter()
            .map(|one| self.judged.rulebook.forms[one.form].id.as_str())
            .collect();
        let codes: Vec<&str> = self
            .submissions
            .iter()
            .map(|one| {
                let districts = &self.judged.rulebook.register.districts;
                districts[one.district].code.as_str()
            })
            .collect();
        self.judged.mended().iter().filter(move |finding| {
            finding.audience == crate::rulebook::written::Audience::District
                && codes.contains(&finding.district.code.as_str())
                && finding
                    .form
                    .as_deref()
                    .is_some_and(|form| forms.contains(&form))
        })
    }

    fn headings(&self) -> FrontRow {
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
            ("怎么改", "What to do"),
            headings::KNOWN,
            headings::REASON,
            headings::TEXT,
            headings::STATE,
            headings::KEY,
        ];
        let height = match self.lang {
            Lang::Zh => 22.0,
            Lang::En => 50.0,
        };
        self.heads(&names, height)
    }

    /// A row of headings.
    pub(super) fn heads(&self, names: &[(&str, &str)], height: f64) -> FrontRow {
        let cells = names
            .iter()
            .map(|(zh, en)| text(&self.say(zh, en), &head()));
        FrontRow {
            height: Some(height),
            cells: cells.collect(),
        }
    }

    fn line(&self, line: &Line<'_>, row: usize) -> FrontRow {
        let (finding, many) = match line {
            Line::One(finding) => (*finding, None),
            Line::Many(many) => (many[0], Some(many.as_slice())),
        };
        let places = self.places(finding, many.is_some());
        let (message, fix) = self.worded(finding);
        let message = match many {
            None => message.to_owned(),
            Some(many) => self.of_many(finding, many),
        };
        let shown = Cells::new();
        let plain = &shown.plain;
        let centred = &shown.centred;
        let answer = self.answer_cells(finding, many);
        let light = match many {
            None => self.light(finding, row, ("K", ANSWER.0, ANSWER.1)),
            Some(many) => self.light_of_many(many, row),
        };
        let known = &answer.known;
        let cells = vec![
            text(&finding.id, &shown.small),
            text(&self.level(finding), &shown.level(finding.severity)),
            text(finding.form.as_deref().unwrap_or(""), centred),
            places.cell,
            text(&places.label, plain),
            text(&finding.found, centred),
            text(&self.expected(finding), centred),
            text(&self.difference(finding), centred),
            text(&message, plain),
            text(fix, plain),
            text(known, plain),
            text(&answer.reason, &answer.look),
            text(&answer.text, &answer.look),
            FrontCell {
                value: light,
                style: centred.clone(),
                link: None,
            },
            text(&answer.key, plain),
        ];
        // Rows of wrapped text don't grow by themselves where the file is not written by Excel.
        let expected = self.expected(finding);
        let gap = self.difference(finding);
        let lines = [
            (message.as_str(), MESSAGE),
            (fix, FIX),
            (known.as_str(), KNOWN),
            (answer.text.as_str(), ANSWERED),
            (places.label.as_str(), LABEL),
            (finding.found.as_str(), FIGURE),
            (expected.as_str(), EXPECTED),
            (gap.as_str(), 8.5),
        ];
        let lines = lines.iter().map(|(words, width)| lines_of(words, *width));
        FrontRow {
            height: Some(f64::from(lines.max().unwrap_or(1)) * 15.0 + 4.0),
            cells,
        }
    }

    /// 必改, and below it what it is to the last run where that is worth a word.
    pub(super) fn level(&self, finding: &Finding) -> String {
        let level = self.words(&finding.severity.words()).to_owned();
        let has_former = self.judged.compared.with.is_some();
        match finding.since {
            Since::Reopened => format!("{level}\n{}", self.words(&Since::Reopened.words())),
            Since::New if has_former => format!("{level}\n{}", self.words(&Since::New.words())),
            _ => level,
        }
    }

    /// 差额, its unit in the reader's language.
    pub(super) fn difference(&self, finding: &Finding) -> String {
        let gap = finding.difference.as_deref().unwrap_or("");
        match self.lang {
            Lang::Zh => gap.to_owned(),
            Lang::En => gap.replace("个百分点", " points"),
        }
    }

    /// 应为 of what must be, 参考值 of what is asked about.
    pub(super) fn expected(&self, finding: &Finding) -> String {
        let reference = finding.reference.as_ref().map(|words| self.words(words));
        let expected = finding.expected.as_deref();
        expected.or(reference).unwrap_or("").to_owned()
    }

    /// Where a finding is, for people and as a link.
    pub(super) fn places(&self, finding: &Finding, is_first: bool) -> Places {
        let cell = finding.place.cell.map(|cell| cell.to_string());
        let numbers = finding.variable.as_ref().and_then(|v| v.numbers.as_ref());
        let shown = match (&cell, numbers) {
            (Some(cell), Some(numbers)) => format!("{cell} · {}", self.words(numbers)),
            (Some(cell), None) => cell.clone(),
            (None, _) => finding.place.sheet.clone().unwrap_or_default(),
        };
        let shown = if is_first {
            self.words(&both!("{shown} 等", "{shown}, …")).to_owned()
        } else {
            shown
        };
        let sheet = finding.place.sheet.as_ref();
        let link = sheet.filter(|_| !self.file_is_refused()).map(|sheet| {
            let cell = cell.as_deref().unwrap_or("A1");
            format!("'{}'!{cell}", sheet.replace('\'', "''"))
        });
        let look = Cells::new().centred;
        let style = Look {
            color: link.is_some().then_some(0x0005_63C1),
            ..look
        };
        let label = finding
            .variable
            .as_ref()
            .map_or("", |v| self.words(&v.label));
        // In a list it is the record that people look for first.
        let record = finding.record.as_deref().filter(|_| {
            let is_cell = finding
                .variable
                .as_ref()
                .is_some_and(|v| v.id.contains('['));
            !is_cell
        });
        Places {
            cell: FrontCell {
                link,
                ..text(&shown, &style)
            },
            label: match record {
                Some(record) => format!("{record}　{label}"),
                None => label.to_owned(),
            },
            shown,
        }
    }

    pub(super) fn file_is_refused(&self) -> bool {
        self.file.refused.is_some()
    }

    /// What stands in the columns of the answer.
    pub(super) fn answer_cells(&self, finding: &Finding, many: Option<&[&Finding]>) -> Answered {
        let is_query = finding.severity != Severity::Error && finding.state != State::Waived;
        let look = Look {
            unlocked: is_query,
            fill: is_query.then_some(0x00FF_FDE7),
            ..Cells::new().plain
        };
        // One answer to many is one only where all have the same.
        let same = many.is_none_or(|many| {
            let first = finding.answer.as_ref().map(|a| (&a.reason, &a.text));
            many.iter()
                .all(|one| one.answer.as_ref().map(|a| (&a.reason, &a.text)) == first)
        });
        let holds = matches!(finding.state, State::Explained | State::Accepted) && same;
        let (reason, text) = match finding.answer.as_ref().filter(|_| holds) {
            Some(answer) => (answer.reason.clone(), answer.text.clone()),
            None => (String::new(), String::new()),
        };
        let key = Key {
            about: match many {
                None => finding.id.clone(),
                Some(_) => format!("~{}", finding.rule),
            },
            basis: match many {
                None => finding.basis.clone(),
                Some(many) => {
                    let all: Vec<&str> = many.iter().map(|one| one.basis.as_str()).collect();
                    crate::hash::of(all.join(" ").as_bytes())[..12].to_owned()
                }
            },
            answer: Key::of_answer(&reason, &text),
        };
        Answered {
            known: self.known(finding),
            look,
            reason,
            text,
            key: key.written(),
        }
    }

    /// What is known so far: proposals first, so that the first line is what can be taken over.
    fn known(&self, finding: &Finding) -> String {
        let colon = self.say("：", ": ");
        let mut lines: Vec<String> = Vec::new();
        let line = |from: &Text, words: &str| {
            let words = as_shown(words);
            format!("{}{colon}{}", self.words(from), words)
        };
        let is_refused = finding.refused.is_some() && finding.state.is_open();
        let is_back = finding.state == State::SentBack;
        if let Some(answer) = finding.answer.as_ref().filter(|_| is_refused || is_back) {
            lines.push(line(
                &Text::new(origin::FORMER.0, origin::FORMER.1),
                &answer.text,
            ));
        }
        lines.extend(
            finding
                .proposals
                .iter()
                .map(|one| line(&one.from, &one.text)),
        );
        if let Some(why) = finding.refused.as_ref().filter(|_| is_refused) {
            lines.push(self.words(why).to_owned());
        }
        if let Some(decision) = finding.decision.as_ref().filter(|_| is_back) {
            lines.push(line(&Word::SendBack.words(), &decision.remark));
        }
        lines.join("\n")
    }

    /// A line for many findings of one kind.
    fn of_many(&self, finding: &Finding, many: &[&Finding]) -> String {
        let count: u64 = many.iter().map(|one| one.count).sum();
        let title = self.judged.outcomes.iter().find(|o| o.rule == finding.rule);
        let (message, _) = self.worded(finding);
        let title = title.map_or(message, |outcome| self.words(&outcome.title));
        let list = self.say(super::behind::LIST.0, super::behind::LIST.1);
        self.words(&both!(
            "同样的问题 {count} 处（“{title}”不成立），逐条见工作表“{list}”。第一处：{message}",
            "the same in {count} places (`{title}` does not hold), one by one on the sheet `{list}`. The first: {message}"
        ))
        .to_owned()
    }

    /// What stands under the list: what was mended since the last time.
    fn mended(&self, rows: &mut Vec<FrontRow>, merges: &mut Vec<String>, has_lines: bool) {
        const MOST: usize = 20;
        let mended: Vec<&Finding> = self.own_mended().collect();
        if mended.is_empty() {
            return;
        }
        rows.push(FrontRow::default());
        let heading = self.say("上次的问题，这次已改正", "Mended since the last time");
        let bold = Look {
            bold: true,
            ..Look::default()
        };
        rows.push(line(&heading, &bold, None));
        let small = Look {
            wrap: true,
            size: 10.0,
            ..Look::default()
        };
        let more = mended.len().saturating_sub(MOST);
        for finding in mended.iter().take(MOST) {
            let (message, _) = self.worded(finding);
            let cell = finding
                .place
                .cell
                .map_or_else(String::new, |c| c.to_string());
            let form = finding.form.as_deref().unwrap_or("");
            let words = format!("✓ {form} {cell}　{message}");
            let width = if has_lines { 170.0 } else { 105.0 };
            let height = f64::from(lines_of(&words, width)) * 16.0;
            rows.push(line(&words, &small, Some(height)));
            if has_lines {
                merges.push(format!("A{0}:{LAST}{0}", rows.len()));
            }
        }
        if more > 0 {
            let text = both!("另有 {more} 条", "and {more} more");
            rows.push(line(self.words(&text), &small, None));
        }
    }

    pub(super) fn reasons(&self, column: &str, (first, last): (usize, usize)) -> ListValidation {
        let known = std::iter::once(self.known_word());
        let choices = REASONS.iter().map(|(zh, en)| self.say(zh, en));
        ListValidation {
            range: format!("{column}{first}:{column}{last}"),
            choices: known.chain(choices).collect(),
        }
    }

    /// ✓ and 已说明 turn green.
    pub(super) fn lights(&self, column: &str, (first, last): (usize, usize)) -> Vec<Mark> {
        let mark = |formula: String, severity| Mark {
            cell: format!("{column}{first}:{column}{last}"),
            formula,
            tag: "light".to_owned(),
            severity,
        };
        let done = [State::Accepted, State::Waived].map(|state| {
            let words = state.words();
            format!("{column}{first}=\"{}\"", self.words(&words))
        });
        let explained = self.say("已说明", "explained");
        vec![
            mark(
                format!(
                    "OR({column}{first}=\"✓\",{column}{first}=\"{explained}\",{})",
                    done.join(",")
                ),
                Tint::Good,
            ),
            mark(format!("LEFT({column}{first},1)=\"✗\""), Tint::Error),
        ]
    }
}

/// Where a finding is.
pub(super) struct Places {
    /// The cell with its link.
    pub cell: FrontCell,
    /// What people call it.
    pub label: String,
    /// As it is shown.
    pub shown: String,
}

/// What stands in the columns of the answer.
pub(super) struct Answered {
    /// What is known so far.
    pub known: String,
    /// How the cells look that the clerk fills in.
    pub look: Look,
    /// The class of the reason.
    pub reason: String,
    /// The explanation.
    pub text: String,
    /// The hidden key.
    pub key: String,
}

/// How the cells of a line look.
pub(super) struct Cells {
    /// Words.
    pub plain: Look,
    /// Figures and short words.
    pub centred: Look,
    /// The id.
    pub small: Look,
}

impl Cells {
    pub(super) fn new() -> Self {
        let plain = Look {
            border: true,
            wrap: true,
            ..Look::default()
        };
        let centred = Look {
            center: true,
            ..plain.clone()
        };
        Self {
            small: Look {
                size: 9.0,
                ..centred.clone()
            },
            plain,
            centred,
        }
    }

    pub(super) fn level(&self, severity: Severity) -> Look {
        Look {
            bold: true,
            fill: Some(fill(severity)),
            ..self.centred.clone()
        }
    }
}

/// How the row looks in which the copy itself is spoken of, too.
fn remark() -> Look {
    Look {
        wrap: true,
        color: Some(0x007F_6000),
        ..Look::default()
    }
}

/// How headings look.
fn head() -> Look {
    Look {
        bold: true,
        fill: Some(0x00D9_E2F3),
        border: true,
        wrap: true,
        center: true,
        ..Look::default()
    }
}

pub(super) fn text(words: &str, style: &Look) -> FrontCell {
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

pub(super) fn line(words: &str, style: &Look, height: Option<f64>) -> FrontRow {
    FrontRow {
        height,
        cells: vec![text(words, style)],
    }
}

/// How many lines a text takes in a column of this width; Chinese signs are two wide.
pub(super) fn lines_of(words: &str, width: f64) -> u32 {
    let of_line = |line: &str| {
        let columns = unicode_width::UnicodeWidthStr::width(line);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a text of some hundred signs"
        )]
        let lines = (columns as f64 / (width - 1.0)).ceil() as u32;
        lines.max(1)
    };
    let lines: u32 = words.lines().map(of_line).sum();
    lines.clamp(1, 24)
}

fn fill(severity: Severity) -> u32 {
    match severity {
        Severity::Error => 0x00F8_CBAD,
        Severity::Query => 0x00FF_E699,
        Severity::Note => 0x00DD_EBF7,
    }
}

pub(super) fn tint(severity: Severity) -> Tint {
    match severity {
        Severity::Error => Tint::Error,
        Severity::Query => Tint::Query,
        Severity::Note => Tint::Note,
    }
}
