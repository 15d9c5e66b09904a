//! 催报通知 and 电话单: what each district still has to send, mend or explain, for those who write
//! and telephone.
//!
//! Plain texts: one for each district that has something open, and a list of whom to call. In a
//! district's text stands nothing of others. Names and numbers of people stand here, and in no
//! other report.

use crate::finding::{Finding, State};
use crate::judge::FILE_RULE;
use crate::judged::Judged;
use crate::rulebook::calendar::Extension;
use crate::rulebook::contacts::Contact;
use crate::rulebook::form::Form;
use crate::rulebook::register::District;
use crate::rulebook::written::{Audience, Severity};
use crate::standing::{Acceptance, DistrictStanding, FormStanding, Reporting};
use crate::words::{Lang, Text, padded, width};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// The folder of the texts, in the period's folder.
const FOLDER: &str = "reminders";

/// A file by its path in the period's folder, for everything that somebody must be reminded of.
pub fn write(judged: &Judged<'_>, lang: Lang) -> Vec<(String, Vec<u8>)> {
    let all: Vec<Matters<'_>> = judged
        .standing
        .iter()
        .filter_map(|standing| Matters::of(judged, standing))
        .collect();
    let mut files = Vec::new();
    for matters in &all {
        let sections = matters.sections();
        if !sections.is_empty() {
            let name = matters.district().folder();
            let text = file(&letter(matters, &sections), lang);
            files.push((format!("{FOLDER}/{name}.txt"), text));
        }
    }
    let calls = calls(&all);
    if !calls.is_empty() {
        let name = match lang {
            Lang::Zh => "电话单",
            Lang::En => "telephone-list",
        };
        let text = file(&telephone_list(judged, &calls), lang);
        files.push((format!("{FOLDER}/{name}.txt"), text));
    }
    files
}

/// Notepad knows UTF-8 by its mark, and older ones want both signs at a line's end.
fn file(lines: &[Text], lang: Lang) -> Vec<u8> {
    let mut text = String::from('\u{feff}');
    for line in lines {
        text += line.get(lang);
        text += "\r\n";
    }
    text.into_bytes()
}

/// Everything that one district may have to be reminded of.
struct Matters<'a> {
    judged: &'a Judged<'a>,
    /// Its position in the register.
    district: usize,
    /// Its forms, as far as they are asked for.
    forms: Vec<FormMatter<'a>>,
    /// Files that can't be used.
    refused: Vec<&'a Finding>,
    /// What is open and of no one form.
    other: Open,
}

/// One form of a district.
struct FormMatter<'a> {
    at: usize,
    form: &'a Form,
    standing: &'a FormStanding,
    due: Option<NaiveDate>,
    extension: Option<&'a Extension>,
    /// The day on which the submission in force arrived.
    arrived: Option<NaiveDate>,
    open: Open,
}

/// How much a district still has to mend and to explain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Open {
    errors: u64,
    queries: u64,
}

impl Open {
    fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut open = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Error if finding.state != State::Waived => open.errors += 1,
                Severity::Query if finding.state.is_open() => open.queries += 1,
                _ => {}
            }
        }
        open
    }

    /// 必改 3 条、核实 2 条, as far as there is any.
    fn words(self) -> Vec<Text> {
        let Self { errors, queries } = self;
        let errors = (errors > 0).then(|| both!("必改 {errors} 条", "errors: {errors}"));
        let queries = (queries > 0).then(|| both!("核实 {queries} 条", "queries: {queries}"));
        errors.into_iter().chain(queries).collect()
    }
}

/// A heading with what stands under it.
type Section = (Text, Vec<Text>);

impl<'a> Matters<'a> {
    fn of(judged: &'a Judged<'a>, standing: &'a DistrictStanding) -> Option<Self> {
        let rulebook = judged.rulebook;
        let district = rulebook.register.position(&standing.unit.code)?;
        let code = standing.unit.code.as_str();
        let findings = || {
            let all = judged.findings.iter();
            all.filter(move |f| f.district.code == code && f.audience == Audience::District)
        };
        let refused = findings().filter(|finding| finding.rule == FILE_RULE);
        let forms = standing.forms.iter().filter_map(|standing| {
            if standing.reporting == Reporting::NotAsked {
                return None;
            }
            let at = rulebook
                .forms
                .iter()
                .position(|form| form.id == standing.form)?;
            let own = findings().filter(|finding| finding.form.as_ref() == Some(&standing.form));
            Some(FormMatter {
                at,
                form: &rulebook.forms[at],
                standing,
                due: rulebook.due_date(at, district, judged.period),
                extension: rulebook.extension(at, district, judged.period),
                arrived: arrived(judged, at, district),
                open: Open::of(own),
            })
        });
        let of_none = findings().filter(|f| f.form.is_none() && f.rule != FILE_RULE);
        Some(Self {
            judged,
            district,
            forms: forms.collect(),
            refused: refused.collect(),
            other: Open::of(of_none),
        })
    }

    fn district(&self) -> &'a District {
        &self.judged.rulebook.register.districts[self.district]
    }

    fn today(&self) -> NaiveDate {
        self.judged.now.date()
    }

    fn forms_with(&self, reporting: Reporting) -> impl Iterator<Item = &FormMatter<'a>> {
        self.forms
            .iter()
            .filter(move |form| form.standing.reporting == reporting)
    }

    /// What must be done, most pressing first; then what comes.
    fn sections(&self) -> Vec<Section> {
        let by_when = |form: &FormMatter<'_>| form.item(&form.by_when(self.today()));
        let dated = |reporting| -> Vec<Text> { self.forms_with(reporting).map(by_when).collect() };
        let returned = self.forms.iter().filter(|form| form.is_returned());
        let late = self.forms_with(Reporting::Late);
        let all: [Section; 8] = [
            (Text::new("未报", "Missing"), dated(Reporting::Missing)),
            (
                Text::new("文件无效，须重报", "Files that could not be used"),
                self.unusable(),
            ),
            (
                Text::new("退回修改", "Sent back by the office"),
                returned.map(FormMatter::returned).collect(),
            ),
            (
                Text::new("必改", "Errors to mend"),
                self.open(|open| open.errors),
            ),
            (
                Text::new("核实（待说明）", "Queries to answer"),
                self.open(|open| open.queries),
            ),
            (
                Text::new("已同意缓报", "More time was given"),
                dated(Reporting::Extended),
            ),
            (
                Text::new("将到期", "Coming up"),
                dated(Reporting::NotYetDue),
            ),
            (
                Text::new("迟报", "Arrived late"),
                late.filter_map(FormMatter::late).collect(),
            ),
        ];
        let is_there = |section: &Section| !section.1.is_empty();
        all.into_iter().filter(is_there).collect()
    }

    /// The files with the reasons why they can't be used, and the forms that are lacking so.
    fn unusable(&self) -> Vec<Text> {
        let files = self.refused.iter().map(|finding| {
            let file = &finding.place.file;
            let own = file.rsplit('/').next().unwrap_or(file);
            let Text { zh, en } = &finding.message;
            both!("“{own}”：{zh}", "`{own}`: {en}")
        });
        let lacking = self.forms_with(Reporting::Invalid).map(|form| {
            let when = form.by_when(self.today());
            form.item(&Text::new(
                format!("没有可用的数，{}", when.zh),
                format!("no usable figures, {}", when.en),
            ))
        });
        files.chain(lacking).collect()
    }

    /// How many are open, form by form.
    fn open(&self, count: impl Fn(Open) -> u64) -> Vec<Text> {
        let words = |count: u64| both!("{count} 条", "{count}");
        let of_forms = self.forms.iter().filter_map(|form| {
            let count = count(form.open);
            (count > 0).then(|| form.item(&words(count)))
        });
        let other = count(self.other);
        let other = (other > 0).then(|| {
            let Text { zh, en } = words(other);
            both!("不属于某一张表的：{zh}", "of no one form: {en}")
        });
        of_forms.chain(other).collect()
    }

    /// What is open all in all.
    fn all_open(&self) -> Open {
        let forms = self.forms.iter().map(|form| form.open);
        forms.fold(self.other, |all, one| Open {
            errors: all.errors + one.errors,
            queries: all.queries + one.queries,
        })
    }

    /// One sentence for each thing that must be done.
    fn what_to_do(&self) -> Vec<Text> {
        let any = |reporting| self.forms_with(reporting).next().is_some();
        let open = self.all_open();
        let is_returned = self.forms.iter().any(FormMatter::is_returned);
        let comes_back = open != Open::default() || is_returned;
        let all = [
            (
                any(Reporting::Missing) || any(Reporting::Invalid) || !self.refused.is_empty(),
                "未报和文件无效的报表，请尽快报送；确无数据的也要报（零报告）。",
                "Please send what is missing or not usable as soon as possible; where there is nothing to report send a nil return.",
            ),
            (
                is_returned,
                "退回的报表，请按所提意见修改后重新报送。",
                "Please change the forms that were sent back as it is said there, and send them again.",
            ),
            (
                open.errors > 0,
                "必改：在“审核反馈”工作簿里自己的表上直接改正，改对后右端变为 ✓。",
                "Errors: mend them in your own sheets of the findings workbook; the light at the right turns to ✓.",
            ),
            (
                open.queries > 0,
                "核实：数字有误的改正；无误的在“情况说明”栏写明原因，数字不必改动。",
                "Queries: mend what is wrong; what is right stays as it is, with the reason in the column `Explanation`.",
            ),
            (
                comes_back,
                "改好、写好后保存，将原工作簿报回。",
                "Then save the workbook and send it back.",
            ),
            (
                any(Reporting::Extended) || any(Reporting::NotYetDue),
                "未到期的报表，请在期限内报送。",
                "Please send what is coming up in time.",
            ),
            (
                any(Reporting::Late),
                "迟报的报表，今后请在期限内报送。",
                "What arrived late: please send it in time from now on.",
            ),
        ];
        let wanted = all.into_iter().filter(|(is_wanted, ..)| *is_wanted);
        wanted.map(|(_, zh, en)| Text::new(zh, en)).collect()
    }
}

/// The day on which the submission in force arrived.
fn arrived(judged: &Judged<'_>, form: usize, district: usize) -> Option<NaiveDate> {
    let mut own = judged.submissions.iter();
    let own = own.find(|one| (one.form, one.district) == (form, district))?;
    let file = judged.files.iter().find(|file| file.path == own.file)?;
    NaiveDate::parse_from_str(file.arrived.get(..10)?, "%Y-%m-%d").ok()
}

impl FormMatter<'_> {
    /// 《title》（KY01）：what.
    fn item(&self, what: &Text) -> Text {
        let (id, title) = (&self.form.id, &self.form.title);
        Text::new(
            format!("《{}》（{id}）：{}", title.zh, what.zh),
            format!("{} ({id}): {}", title.en, what.en),
        )
    }

    /// By when it is due, and how far away that is.
    fn by_when(&self, today: NaiveDate) -> Text {
        let Some(due) = self.due else {
            return Text::new("请尽快报送", "please send it soon");
        };
        let by = shown(due);
        let left = (due - today).num_days();
        let until = match self.extension {
            Some(Extension { reason, .. }) => Text::new(
                format!("已同意延至{}（{reason}）", by.zh),
                format!("extended until {} ({reason})", by.en),
            ),
            None if left < 0 => Text::new(
                format!("应于{}前报送", by.zh),
                format!("was due by {}", by.en),
            ),
            None => Text::new(format!("将于{}到期", by.zh), format!("due by {}", by.en)),
        };
        let days = days(left.unsigned_abs());
        let left = match left {
            0 => Text::new("就是今天", "which is today"),
            1.. => Text::new(format!("还有 {}", days.zh), format!("{} left", days.en)),
            _ => Text::new(format!("已逾期 {}", days.zh), format!("{} over", days.en)),
        };
        Text::joined(&[until, left], &Text::new("，", ", "))
    }

    /// 退回修改: staff want it changed.
    fn is_returned(&self) -> bool {
        self.standing.acceptance == Acceptance::Returned
    }

    fn returned(&self) -> Text {
        let remark = self.standing.decision.as_ref();
        let remark = remark.map_or("", |decision| decision.remark.as_str());
        let what = match remark {
            "" => Text::new("请修改后重新报送", "please change it and send it again"),
            remark => Text::same(remark),
        };
        self.item(&what)
    }

    fn late(&self) -> Option<Text> {
        let (due, arrived) = self.due.zip(self.arrived)?;
        let by = days((arrived - due).num_days().unsigned_abs());
        let (due, arrived) = (shown(due), shown(arrived));
        Some(self.item(&Text::new(
            format!("{}到期，{}到达，迟 {}", due.zh, arrived.zh, by.zh),
            format!(
                "due by {}, arrived on {}: {} late",
                due.en, arrived.en, by.en
            ),
        )))
    }

    /// What to call about, in a few words; none where a call would be too much.
    fn gist(&self, today: NaiveDate) -> Option<Text> {
        let over = self.due.map_or(0, |due| (today - due).num_days());
        let over = days(over.max(0).unsigned_abs());
        let mut parts = match self.standing.reporting {
            Reporting::Missing if self.due.is_some() => vec![Text::new(
                format!("未报（逾期 {}）", over.zh),
                format!("missing ({} over)", over.en),
            )],
            Reporting::Missing | Reporting::Invalid => vec![self.standing.reporting.words()],
            _ => Vec::new(),
        };
        if self.is_returned() {
            parts.push(Text::new("退回修改", "sent back"));
        }
        parts.extend(self.open.words());
        if parts.is_empty() {
            return None;
        }
        let Text { zh, en } = Text::joined(&parts, &Text::new("、", ", "));
        let id = &self.form.id;
        Some(both!("{id} {zh}", "{id} {en}"))
    }
}

/// A day as people write it.
fn shown(day: NaiveDate) -> Text {
    Text::new(day.format("%Y年%-m月%-d日").to_string(), day.to_string())
}

fn days(count: u64) -> Text {
    match count {
        1 => Text::new("1 天", "1 day"),
        count => both!("{count} 天", "{count} days"),
    }
}

/// The text to one district.
fn letter(matters: &Matters<'_>, sections: &[Section]) -> Vec<Text> {
    let (judged, district) = (matters.judged, matters.district());
    let office = &judged.rulebook.job.office;
    let month = judged.period.words();
    let today = shown(matters.today());
    let to_call = matters
        .forms
        .iter()
        .any(|form| form.gist(matters.today()).is_some());
    let title = if to_call || !matters.refused.is_empty() {
        Text::new("催报通知", "Reminder")
    } else {
        Text::new("报送提示", "Coming up")
    };
    let to = match district.org_name.as_str() {
        "" => district.name.as_str(),
        org_name => org_name,
    };
    let mut lines = vec![
        title,
        Text::default(),
        both!("{to}：", "To: {to}"),
        Text::new(
            format!(
                "截至{}，贵单位{}报表有下列事项，请予办理。",
                today.zh, month.zh
            ),
            format!(
                "As of {}, the following of your forms for {} needs your attention.",
                today.en, month.en
            ),
        ),
    ];
    for (at, (heading, items)) in sections.iter().enumerate() {
        let (number, count) = (at + 1, items.len());
        let ordinal = ["一", "二", "三", "四", "五", "六", "七", "八"];
        let ordinal = ordinal.get(at).copied().unwrap_or("九");
        let Text { zh, en } = heading;
        lines.push(Text::default());
        lines.push(both!(
            "{ordinal}、{zh}（{count} 项）",
            "{number}. {en} ({count})"
        ));
        for (at, item) in (1..).zip(items) {
            let Text { zh, en } = item;
            lines.push(both!("{at}. {zh}", "   {at}) {en}"));
        }
    }
    lines.push(Text::default());
    lines.push(Text::new("办理要求：", "What to do:"));
    for (at, what) in (1..).zip(matters.what_to_do()) {
        let Text { zh, en } = what;
        lines.push(both!("{at}. {zh}", "   {at}) {en}"));
    }
    lines.push(Text::default());
    let desk = judged.rulebook.contacts_of(None);
    let desk: Vec<String> = desk.into_iter().map(name_and_number).collect();
    lines.push(if desk.is_empty() {
        both!("如有疑问，请与{office}联系。", "Questions: {office}.")
    } else {
        let (zh, en) = (desk.join("、"), desk.join(", "));
        both!(
            "如有疑问，请与{office}联系：{zh}。",
            "Questions: {office}, {en}."
        )
    });
    lines.push(Text::default());
    lines.push(Text::same(office.clone()));
    lines.push(today);
    lines
}

fn name_and_number(contact: &Contact) -> String {
    let both = format!("{} {}", contact.name, contact.phone);
    both.trim().to_owned()
}

/// A district to call: what about, each with its form where it is about one.
struct Call<'a> {
    matters: &'a Matters<'a>,
    about: Vec<(Option<usize>, Text)>,
}

/// Whom to call: first those whose figures are not there, then those with most to mend.
fn calls<'a>(all: &'a [Matters<'a>]) -> Vec<Call<'a>> {
    let of_one = |matters: &'a Matters<'a>| {
        let forms = matters.forms.iter().filter_map(|form| {
            let gist = form.gist(matters.today())?;
            Some((Some(form.at), gist))
        });
        let mut about: Vec<(Option<usize>, Text)> = forms.collect();
        let files = matters.refused.len();
        let files = (files > 0).then(|| both!("文件无效 {files} 个", "files not usable: {files}"));
        let other = files.into_iter().chain(matters.other.words());
        about.extend(other.map(|text| (None, text)));
        (!about.is_empty()).then_some(Call { matters, about })
    };
    let mut calls: Vec<Call<'a>> = all.iter().filter_map(of_one).collect();
    // Ties stay in the official order.
    calls.sort_by_key(|call| {
        let lacking = |form: &&FormMatter<'_>| {
            matches!(
                form.standing.reporting,
                Reporting::Missing | Reporting::Invalid
            )
        };
        let open = call.matters.all_open();
        (
            Reverse(call.matters.forms.iter().filter(lacking).count()),
            Reverse(open.errors),
            Reverse(open.queries),
        )
    });
    calls
}

/// The list of whom to call, and what about.
fn telephone_list(judged: &Judged<'_>, calls: &[Call<'_>]) -> Vec<Text> {
    let (month, today) = (judged.period.words(), shown(judged.now.date()));
    let count = calls.len();
    let mut lines = vec![
        Text::new(
            format!("电话单　{}　截至{}　{count} 个单位", month.zh, today.zh),
            format!(
                "Whom to call: {}, as of {}, {count} units",
                month.en, today.en
            ),
        ),
        Text::new(
            "（缺报的在前，再按必改、核实的条数）",
            "(what is missing first, then by errors and queries)",
        ),
    ];
    let people = &judged.rulebook.contacts;
    let widest = |of: fn(&Contact) -> &str| {
        let widths = people.iter().map(|contact| width(of(contact)));
        widths.max().unwrap_or(0) + 2
    };
    let (name, phone) = (
        widest(|one| one.name.as_str()),
        widest(|one| one.phone.as_str()),
    );
    for (at, call) in (1..).zip(calls) {
        let unit = &call.matters.district().name;
        lines.push(Text::default());
        lines.push(Text::same(format!("{at}. {unit}")));
        let mut left: Vec<&(Option<usize>, Text)> = call.about.iter().collect();
        for contact in judged.rulebook.contacts_of(Some(call.matters.district)) {
            let own = call
                .about
                .iter()
                .filter(|(form, _)| contact.answers_for(*form));
            let own: Vec<Text> = own.map(|(_, text)| text.clone()).collect();
            if own.is_empty() {
                continue;
            }
            left.retain(|(form, _)| !contact.answers_for(*form));
            let Text { zh, en } = Text::joined(&own, &Text::new("；", "; "));
            let who = padded(&contact.name, name) + &padded(&contact.phone, phone);
            lines.push(both!("   {who}{zh}", "   {who}{en}"));
        }
        if !left.is_empty() {
            let left: Vec<Text> = left.into_iter().map(|(_, text)| text.clone()).collect();
            let Text { zh, en } = Text::joined(&left, &Text::new("；", "; "));
            lines.push(both!(
                "   （没有登记联系人）{zh}",
                "   (no contact known) {en}"
            ));
        }
    }
    lines
}
