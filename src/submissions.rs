//! Which of several submissions of one form is in force.
//!
//! A district sends again what it has mended, under whatever name. A returned report is known by
//! the submission that it was made from. Otherwise the newer one counts only if two signs say
//! that it is newer and none contradicts; else the one in force stays and staff are asked, with
//! the difference cell by cell. Nothing here judges a figure by a rule.

use crate::dialogue::Dialogue;
use crate::finding::{Finding, State, Unit, Word};
use crate::intake::{FrameFinding, OF_ARRIVAL, Reading, Received};
use crate::note::ReadingNote;
use crate::number;
use crate::period::Period;
use crate::place::Place;
use crate::rulebook::Rulebook;
use crate::rulebook::form::{Form, Variable};
use crate::rulebook::written::{Audience, Severity, Type};
use crate::spelling;
use crate::table::{Draft, Figure, Records};
use crate::words::Text;
use crate::worker::Source;
use chrono::NaiveDateTime;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The rule that every district's form is looked at with: one submission is in force.
pub const ONE_RULE: &str = "intake.one";

/// A file that was looked into.
#[derive(Debug)]
pub struct FileRead {
    /// Relative to the period's folder.
    pub name: String,
    /// Where it is, if it may be opened.
    pub source: Option<Source>,
    /// The hash of its bytes; empty where it was not opened.
    pub sha256: String,
    /// When a run first saw this content, in the office's time.
    pub arrived: NaiveDateTime,
    /// What is in it.
    pub reading: Reading,
}

/// A submission of a form, with the file that it came in.
#[derive(Debug)]
pub struct Sent {
    /// The file's position.
    pub file: usize,
    /// The form's position in the rulebook.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The sheet.
    pub sheet: String,
    /// What is wrong with the form itself.
    pub frame: Vec<FrameFinding>,
    /// The figures.
    pub draft: Draft,
}

/// The submissions in force, and what is to be said of the others.
#[derive(Debug, Default)]
pub struct Choice {
    /// By form and then district, in the register's order.
    pub in_force: Vec<Sent>,
    /// Forms of other periods that came along with this one's.
    pub other_periods: Vec<(Period, Sent)>,
    /// What staff are asked.
    pub findings: Vec<Finding>,
    /// What was decided by signs.
    pub notes: Vec<ReadingNote>,
    /// How many forms came in one way only, and how many are asked about.
    pub counts: (u64, u64),
    /// By form and district: how many submissions came that differ from each other.
    pub sent: BTreeMap<(usize, usize), u32>,
}

/// Chooses among what was read.
pub fn choose(
    rulebook: &Rulebook,
    period: Period,
    files: &mut [FileRead],
    dialogue: &Dialogue,
) -> Choice {
    let mut choice = Choice::default();
    let mut sent: BTreeMap<(usize, usize), Vec<Sent>> = BTreeMap::new();
    for (at, file) in files.iter_mut().enumerate() {
        for received in std::mem::take(&mut file.reading.received) {
            let Received {
                form,
                district,
                period: of,
                sheet,
                frame,
                draft,
            } = received;
            let one = Sent {
                file: at,
                form,
                district,
                sheet,
                frame,
                draft,
            };
            match of {
                Some(of) if of != period => choice.other_periods.push((of, one)),
                _ => sent.entry((form, district)).or_default().push(one),
            }
        }
    }
    for ((form, district), all) in sent {
        let choosing = Choosing {
            period,
            files,
            dialogue,
            form: &rulebook.forms[form],
            unit: rulebook.unit(district),
        };
        let different = Choosing::different(&all);
        choice.sent.insert((form, district), different);
        let asked = choice.findings.len();
        choice
            .in_force
            .extend(choosing.one(all, &mut choice.findings, &mut choice.notes));
        if choice.findings.len() > asked {
            choice.counts.1 += 1;
        } else {
            choice.counts.0 += 1;
        }
    }
    choice
}

/// A list that comes with less than this share of what is in force is part of it at most.
const LEAST_SHARE: (usize, usize) = (7, 10);

struct Choosing<'a> {
    period: Period,
    files: &'a [FileRead],
    dialogue: &'a Dialogue,
    form: &'a Form,
    unit: Unit,
}

impl Choosing<'_> {
    /// The one in force of all submissions of a form.
    fn one(
        &self,
        all: Vec<Sent>,
        findings: &mut Vec<Finding>,
        notes: &mut Vec<ReadingNote>,
    ) -> Option<Sent> {
        let mut all = self.without_originals(all);
        all.sort_by(|a, b| {
            let order = |one: &Sent| {
                let FileRead { arrived, name, .. } = &self.files[one.file];
                let Ordinal {
                    is_final,
                    corrects,
                    number,
                } = ordinal(name);
                (*arrived, is_final, corrects, number, name.clone())
            };
            order(a).cmp(&order(b))
        });
        let mut all = all.into_iter();
        let mut current = all.next()?;
        if all.len() == 0 && !self.form.is_fixed() && is_correction(&self.files[current.file].name)
        {
            findings.push(self.without_original(&current));
        }
        for next in all {
            let gaps = self.differences(&current.draft, &next.draft);
            if gaps.is_empty() {
                continue;
            }
            let file = &self.files[next.file].name;
            if !self.form.is_fixed() && is_correction(file) {
                self.correct(&mut current, &next, notes);
                continue;
            }
            // Two clerks have mended one report, each in their own way.
            let original = |one: &Sent| self.files[one.file].reading.made_from();
            let is_twin = original(&current).is_some() && original(&current) == original(&next);
            match self.newer(current.file, next.file).filter(|_| !is_twin) {
                Some(Ordering::Less) if self.is_partial(&current.draft, &next.draft) => {
                    let asked = self.held(&current, &next);
                    self.ask(asked, &mut current, next, (findings, notes));
                }
                Some(Ordering::Less) => {
                    notes.push(self.replaced(&current, &next, gaps.len()));
                    current = next;
                }
                Some(_) => notes.push(self.replaced(&next, &current, gaps.len())),
                None => {
                    let asked = self.competing(&current, &next, &gaps);
                    self.ask(asked, &mut current, next, (findings, notes));
                }
            }
        }
        Some(current)
    }

    /// Asks staff which of two counts, unless they have said so of these very two.
    fn ask(
        &self,
        asked: Finding,
        current: &mut Sent,
        next: Sent,
        (findings, notes): (&mut Vec<Finding>, &mut Vec<ReadingNote>),
    ) {
        let word = self.dialogue.word_on_asked(&asked);
        let used = match word {
            Some(Word::UseFirst) => current.file,
            Some(Word::UseSecond) => next.file,
            _ => {
                findings.push(asked);
                return;
            }
        };
        let (id, file) = (&self.form.id, &self.files[used].name);
        findings.push(settled(asked, file));
        notes.push(ReadingNote {
            file: file.clone(),
            sheet: next.sheet.clone(),
            what: both!(
                "{id} 有两份报送，按市级决定采用“{file}”",
                "{id} was sent twice; staff decided for `{file}`"
            ),
            first: None,
            count: 1,
        });
        if word == Some(Word::UseSecond) {
            *current = next;
        }
    }

    /// How many submissions differ from each other.
    fn different(all: &[Sent]) -> u32 {
        let different: BTreeSet<String> = all.iter().map(|one| one.draft.fingerprint()).collect();
        u32::try_from(different.len()).unwrap_or(u32::MAX)
    }

    /// Returned reports take the place of the submission that they were made from; those that
    /// still have the figures they were issued with are no submissions.
    fn without_originals(&self, all: Vec<Sent>) -> Vec<Sent> {
        let original = |one: &Sent| {
            let made_from = self.files[one.file].reading.made_from()?;
            let of = |other: &&Sent| self.files[other.file].sha256 == made_from;
            all.iter().find(of).filter(|other| other.file != one.file)
        };
        let mut dropped: BTreeSet<usize> = BTreeSet::new();
        for one in &all {
            if let Some(original) = original(one) {
                let unchanged = self.differences(&original.draft, &one.draft).is_empty();
                dropped.insert(if unchanged { one.file } else { original.file });
            }
        }
        all.into_iter()
            .filter(|one| !dropped.contains(&one.file))
            .collect()
    }

    /// Which of two files is the newer, if two signs agree on that and none contradicts.
    fn newer(&self, a: usize, b: usize) -> Option<Ordering> {
        let (a, b) = (&self.files[a], &self.files[b]);
        let saved = (&a.reading.about.modified, &b.reading.about.modified);
        let saved = match saved {
            // A time of the office's zone and one of Greenwich don't compare.
            (Some(a), Some(b)) if a.ends_with('Z') == b.ends_with('Z') => a.cmp(b),
            _ => Ordering::Equal,
        };
        let issued = |file: &FileRead| file.reading.about.property(OF_ARRIVAL).map(str::to_owned);
        let issued = match (issued(a), issued(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => Ordering::Equal,
        };
        let signs = [
            a.arrived.cmp(&b.arrived),
            saved,
            issued,
            ordinal(&a.name).and_then(ordinal(&b.name)),
        ];
        let count = |order: Ordering| signs.iter().filter(|sign| **sign == order).count();
        let (older, newer) = (count(Ordering::Greater), count(Ordering::Less));
        match (newer, older) {
            (2.., 0) => Some(Ordering::Less),
            (0, 2..) => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Whether a list has lost so much against the one in force that it can only be a part.
    fn is_partial(&self, current: &Draft, next: &Draft) -> bool {
        let (share, of) = LEAST_SHARE;
        if self.form.is_fixed() {
            return false;
        }
        let main = self.form.variables.iter().position(Variable::adds_up);
        let total = |draft: &Draft| {
            let total = main.map(|main| draft.sum(main));
            total.map(|total| total * number::Exact::from_integer(of.into()))
        };
        let least = |total: number::Exact| total * number::Exact::new(share.into(), of.into());
        next.records * of < current.records * share || total(next) < total(current).map(least)
    }

    /// Rows of the same key replace those in force.
    fn correct(&self, current: &mut Sent, by: &Sent, notes: &mut Vec<ReadingNote>) {
        let own = keyed(current.draft.keys(&self.form.key));
        let other = keyed(by.draft.keys(&self.form.key));
        let pairs: Vec<(usize, usize)> = other
            .iter()
            .filter_map(|(key, from)| Some((*own.get(key)?, *from)))
            .collect();
        let file = &self.files[by.file].name;
        let first = pairs
            .first()
            .and_then(|(_, from)| by.draft.cell(*from, *self.form.key.first()?, None));
        let first = first.map(|(_, cell)| cell.to_string());
        let mut note = |what: Text, first: Option<String>, count: usize| {
            notes.push(ReadingNote {
                file: file.clone(),
                sheet: by.sheet.clone(),
                what,
                first,
                count: count as u64,
            });
        };
        let id = &self.form.id;
        if !pairs.is_empty() {
            let keys: Vec<&str> = pairs
                .iter()
                .filter_map(|(_, from)| by_position(&other, *from))
                .collect();
            let list = brief_list(&keys);
            note(
                both!(
                    "更正：{id} 的这些行替换了原报的行（{list}）",
                    "correction: these rows of {id} replace those sent before ({list})"
                ),
                first,
                pairs.len(),
            );
        }
        let unknown: Vec<&str> = other
            .keys()
            .filter(|key| !own.contains_key(*key))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            let list = brief_list(&unknown);
            note(
                both!(
                    "更正里的这些行原报中没有，没有采用（{list}）",
                    "these rows of the correction were not sent before and are not used ({list})"
                ),
                None,
                unknown.len(),
            );
        }
        current.draft = current.draft.corrected(&by.draft, &pairs, file);
    }

    fn replaced(&self, older: &Sent, newer: &Sent, gaps: usize) -> ReadingNote {
        let (old, id) = (&self.files[older.file].name, &self.form.id);
        ReadingNote {
            file: self.files[newer.file].name.clone(),
            sheet: newer.sheet.clone(),
            what: both!(
                "{id} 报了不止一次，这份较新，替换了“{old}”（{gaps} 个数不同）",
                "{id} was sent more than once; this one is newer and replaces `{old}` ({gaps} figures differ)"
            ),
            first: None,
            count: 1,
        }
    }

    fn competing(&self, current: &Sent, next: &Sent, gaps: &[Difference]) -> Finding {
        let (first, second) = (&self.files[current.file].name, &self.files[next.file].name);
        let (name, form, gap) = (&self.unit.name, &self.form.id, gaps.len());
        let shown = shown(gaps);
        Finding {
            found: second.clone(),
            message: Text::new(
                format!(
                    "{name} {form} 收到两份不同的报送：“{first}”和“{second}”，有 {gap} 个数不同，暂用“{first}”。{}",
                    shown.zh
                ),
                format!(
                    "{name} sent {form} twice, `{first}` and `{second}`, with {gap} figures that differ; `{first}` is used. {}",
                    shown.en
                ),
            ),
            fix: Text::new(
                "与填报单位核实以哪份为准，在汇总表“处理”栏选采用前者或采用后者",
                "ask the district which one counts, and choose it in the column `Decision` of the summary",
            ),
            ..self.asked(second)
        }
    }

    fn held(&self, current: &Sent, next: &Sent) -> Finding {
        let (first, second) = (&self.files[current.file].name, &self.files[next.file].name);
        let (name, form) = (&self.unit.name, &self.form.id);
        let (had, has) = (current.draft.records, next.draft.records);
        let main = self.form.variables.iter().position(Variable::adds_up);
        let total =
            |draft: &Draft| main.map_or_else(String::new, |main| number::show(&draft.sum(main)));
        let label = main
            .map(|main| self.form.variable_label(main))
            .unwrap_or_default();
        let (before, after) = (total(&current.draft), total(&next.draft));
        Finding {
            found: second.clone(),
            message: Text::new(
                format!(
                    "{name} {form} 新报的“{second}”有 {has} 条记录、{}合计 {after}，原报“{first}”有 {had} 条、合计 {before}：疑为部分更正，未替换",
                    label.zh
                ),
                format!(
                    "{name} sent `{second}` for {form} with {has} records and {after} in all ({}), `{first}` had {had} and {before}: it looks like a correction of a part and was not put in its place",
                    label.en
                ),
            ),
            fix: Text::new(
                "部分更正请在文件名写“更正”；确是全表的，与填报单位核实后在“处理”栏选采用后者",
                "a correction of some rows has 更正 in its name; if it is the whole list, choose the second in the column `Decision`",
            ),
            ..self.asked(second)
        }
    }

    fn without_original(&self, one: &Sent) -> Finding {
        let file = &self.files[one.file].name;
        let (name, form, has) = (&self.unit.name, &self.form.id, one.draft.records);
        Finding {
            found: file.clone(),
            message: both!(
                "{name} {form} 只收到更正“{file}”（{has} 条记录），没有收到原报，暂按全表审核",
                "{name} sent only a correction of {form}, `{file}` with {has} records, and nothing that it corrects; it is taken for the whole list"
            ),
            fix: Text::new(
                "向填报单位要原报",
                "ask the district for the list that it corrects",
            ),
            ..self.asked(file)
        }
    }

    fn asked(&self, file: &str) -> Finding {
        let form = Some(self.form.id.clone());
        let about = format!("{} {file}", self.form.id);
        Finding {
            audience: Audience::City,
            place: Place {
                file: file.to_owned(),
                sheet: None,
                cell: None,
            },
            ..Finding::bare(
                ONE_RULE,
                Severity::Query,
                self.unit.clone(),
                form,
                self.period,
                &about,
            )
        }
    }

    /// The figures in which two submissions of the form differ.
    fn differences(&self, a: &Draft, b: &Draft) -> Vec<Difference> {
        differences(self.form, a, b)
    }
}

/// The question once staff have said which one counts: it stays where they can say otherwise.
fn settled(asked: Finding, file: &str) -> Finding {
    let Text { zh, en } = &asked.message;
    Finding {
        severity: Severity::Note,
        state: State::Settled,
        basis: asked.basis_of_words(),
        message: Text::new(
            format!("按市级决定采用“{file}”。当时的问题：{zh}"),
            format!("staff decided for `{file}`. The question was: {en}"),
        ),
        fix: Text::new(
            "要用另一份的，在“处理”栏改选；清空则重新询问",
            "to use the other one choose it in the column `Decision`; cleared, it is asked again",
        ),
        ..asked
    }
}

/// In what two submissions of a form differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// In a variable, by its position.
    Figure(usize),
    /// The second lacks the record.
    Gone,
    /// Only the second has the record.
    Come,
}

/// A figure in which two submissions of one form differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// In what.
    pub what: What,
    /// The record's key, in a list.
    pub record: String,
    /// The second's figure as it is kept, where it is a number.
    pub number: Option<f64>,
    /// Where it stands in the second, as `E11`; or the record that only one of them has.
    pub at: String,
    /// What people call it.
    pub label: Text,
    /// The first's figure.
    pub first: String,
    /// The second's.
    pub second: String,
}

/// The figures in which two submissions of a form differ: those of a fixed form cell by cell,
/// those of a list record by record as their keys say.
pub fn differences(form: &Form, a: &impl Records, b: &impl Records) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |of_a: usize, of_b: usize, key: &str| {
        for (at, variable) in form.variables.iter().enumerate() {
            let (first, second) = (a.figure(of_a, at), b.figure(of_b, at));
            if first == second {
                continue;
            }
            let number = match second {
                Figure::Number(x) => Some(x),
                Figure::Word(_) | Figure::Nothing => None,
            };
            let show = |figure: Figure<'_>| shown_figure(figure, variable.kind, variable.scale());
            let (first, second) = (show(first), show(second));
            let label = form.variable_label(at);
            let cell = b.place(of_b, variable.column, variable.row);
            let of = |label: String| {
                if key.is_empty() {
                    label
                } else {
                    format!("{key} {label}")
                }
            };
            found.push(Difference {
                what: What::Figure(at),
                record: key.to_owned(),
                number,
                at: cell.map_or_else(String::new, |cell| cell.to_string()),
                label: Text::new(of(label.zh), of(label.en)),
                first,
                second,
            });
        }
    };
    if form.is_fixed() {
        compare(0, 0, "");
        return found;
    }
    let (keys_a, keys_b) = (keyed(a.keys(&form.key)), keyed(b.keys(&form.key)));
    for (key, of_b) in &keys_b {
        if let Some(of_a) = keys_a.get(key) {
            compare(*of_a, *of_b, key.split('\u{0}').next().unwrap_or_default());
        }
    }
    let only = |what: What,
                these: &BTreeMap<String, usize>,
                those: &BTreeMap<String, usize>,
                label: &Text| {
        let missing = these.keys().filter(|key| !those.contains_key(*key));
        let lines: Vec<Difference> = missing
            .map(|key| Difference {
                what,
                record: key.replace('\u{0}', " #"),
                number: None,
                at: key.replace('\u{0}', " #"),
                label: label.clone(),
                first: String::new(),
                second: String::new(),
            })
            .collect();
        lines
    };
    let gone = only(
        What::Gone,
        &keys_a,
        &keys_b,
        &Text::new("后一份没有这条记录", "the second lacks this record"),
    );
    let come = only(
        What::Come,
        &keys_b,
        &keys_a,
        &Text::new("后一份多出这条记录", "only the second has this record"),
    );
    found.extend(gone);
    found.extend(come);
    found
}

/// A figure as people write it: a rate in percent.
fn shown_figure(figure: Figure<'_>, kind: Type, scale: i32) -> String {
    let sign = match kind {
        Type::Percent => "%",
        Type::Points => "个百分点",
        _ => "",
    };
    match figure {
        Figure::Number(x) => format!("{}{sign}", Figure::Number(number::shift(x, -scale)).shown()),
        other => other.shown(),
    }
}

/// Records by key; of several with one key each by its turn.
fn keyed(keys: Vec<String>) -> BTreeMap<String, usize> {
    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (at, key) in keys.into_iter().enumerate() {
        let turn = turns.entry(key.clone()).or_insert(0);
        *turn += 1;
        let key = if *turn == 1 {
            key
        } else {
            format!("{key}\u{0}{turn}")
        };
        found.insert(key, at);
    }
    found
}

fn by_position(keys: &BTreeMap<String, usize>, at: usize) -> Option<&str> {
    let mut keys = keys.iter();
    keys.find(|(_, position)| **position == at)
        .map(|(key, _)| key.as_str())
}

/// Differences that a sentence names one by one.
const NAMED: usize = 20;

/// Differences as a sentence shows them: the first ones, and how many more.
pub fn shown(gaps: &[Difference]) -> Text {
    let list = |get: &dyn Fn(&Difference) -> String, more: String| {
        let lines: Vec<String> = gaps.iter().take(NAMED).map(get).collect();
        let more = if gaps.len() > NAMED {
            more
        } else {
            String::new()
        };
        format!("{}{more}", lines.join("；"))
    };
    let rest = gaps.len().saturating_sub(NAMED);
    let line = |gap: &Difference, label: &str| {
        let Difference {
            at, first, second, ..
        } = gap;
        if first.is_empty() && second.is_empty() {
            format!("{at} {label}")
        } else {
            let blank = |text: &str| {
                if text.is_empty() {
                    "—".to_owned()
                } else {
                    text.to_owned()
                }
            };
            format!("{at} {label} {} → {}", blank(first), blank(second))
        }
    };
    Text::new(
        list(&|gap| line(gap, &gap.label.zh), format!("；另有 {rest} 处")),
        list(
            &|gap| line(gap, &gap.label.en),
            format!("; and {rest} more"),
        )
        .replace('；', "; "),
    )
}

/// A few of many names.
fn brief_list(names: &[&str]) -> String {
    const SOME: usize = 5;
    let list = names[..names.len().min(SOME)].join("、");
    if names.len() > SOME {
        format!("{list}…")
    } else {
        list
    }
}

/// Whether a file's name says that it corrects some rows.
fn is_correction(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.contains("更正")
}

/// How late a file's name says that it is: 终稿 over others, 更正 over what it corrects, and the
/// number of a version or copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Ordinal {
    is_final: bool,
    corrects: bool,
    number: u32,
}

impl Ordinal {
    /// The later of two, where all that they say agrees.
    fn and_then(self, other: Self) -> Ordering {
        let signs = [
            self.is_final.cmp(&other.is_final),
            self.corrects.cmp(&other.corrects),
            self.number.cmp(&other.number),
        ];
        let has = |order: Ordering| signs.contains(&order);
        match (has(Ordering::Less), has(Ordering::Greater)) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

/// What a file's name says of its turn: 第2次 二稿 v3 (1) 更正 修订 终稿 最终版.
fn ordinal(name: &str) -> Ordinal {
    let file = spelling::fold(name.rsplit('/').next().unwrap_or(name)).to_lowercase();
    let stem = file
        .rsplit_once('.')
        .map_or(file.as_str(), |(stem, _)| stem);
    let has = |words: &[&str]| words.iter().any(|word| stem.contains(word));
    let chars: Vec<char> = stem.chars().collect();
    let digit = |c: char| "零一二三四五六七八九".chars().position(|d| d == c);
    // The number in front of a sign, Chinese or not: 第2次, 二稿.
    let before = |at: usize| -> Option<u32> {
        let last = *chars.get(at.checked_sub(1)?)?;
        if let Some(value) = digit(last) {
            return u32::try_from(value).ok();
        }
        let from = chars[..at]
            .iter()
            .rposition(|c| !c.is_ascii_digit())
            .map_or(0, |p| p + 1);
        let digits: String = chars[from..at].iter().collect();
        digits.parse().ok()
    };
    let after = |at: usize| -> Option<u32> {
        let digits: String = chars
            .get(at..)?
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        digits.parse().ok()
    };
    let mut number = 0;
    for (at, c) in chars.iter().enumerate() {
        let found = match c {
            '次' | '稿' | '版' => before(at),
            'v' => after(at + 1),
            // `(1)` at the end, as a file manager numbers copies.
            ')' if at + 1 == chars.len() => before(at).filter(|n| *n < 100),
            _ => None,
        };
        number = found.map_or(number, |found| number.max(found));
    }
    Ordinal {
        is_final: has(&["终稿", "最终", "定稿", "终版"]),
        corrects: has(&["更正", "修订", "修改", "订正", "补报", "重报"]),
        number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_comes_later() {
        let later = |a: &str, b: &str| ordinal(a).and_then(ordinal(b)) == Ordering::Less;
        assert!(later("巴南区.xlsx", "巴南区 第2次.xlsx"));
        assert!(later("巴南区第2次.xlsx", "巴南区第3次.xlsx"));
        assert!(later("巴南区.xlsx", "巴南区(1).xlsx"));
        assert!(later("巴南区（1）.xlsx", "巴南区（2）.xlsx"));
        assert!(later("一稿.xls", "二稿.xls"));
        assert!(later("巴南v1.xlsx", "巴南v2.xlsx"));
        assert!(later("巴南区.xlsx", "巴南区（更正）.xlsx"));
        assert!(later("巴南区二稿.xlsx", "巴南区最终版(3).xlsx"));
        // Signs within one name that disagree say nothing.
        assert!(!later("巴南区第2次.xlsx", "巴南区更正.xlsx"));
        assert!(!later("巴南区2023年12月.xlsx", "巴南区2023年12月表.xlsx"));
        assert!(!later("a.xlsx", "b.xlsx"));
    }
}
