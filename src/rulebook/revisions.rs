//! Earlier figures that are no longer what they were when they were reported: revised since
//! (`revisions.csv`), or restated for a district's new borders (the register's `baseline_file`).
//!
//! The closed month itself stays as it was; only what later months are compared with changes.

use super::form::Form;
use super::register::Register;
use super::source::{Problem, Sources};
use crate::number;
use crate::period::Period;
use crate::words::Text;

/// The file with revisions, in the rules folder.
pub const FILE: &str = "revisions.csv";

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Of when.
    pub period: Period,
    /// The form's position.
    pub form: usize,
    /// The district's position in the register.
    pub district: usize,
    /// The key of the record, in a list.
    pub record: Option<String>,
    /// The variable's position.
    pub variable: usize,
    /// What is compared with, as it is kept.
    pub value: f64,
    /// Whether the whole form of that period is what the file says, and nothing else.
    pub restated: bool,
}

/// The columns of the file.
pub const HEADS: [&str; 6] = ["period", "form", "district", "record", "variable", "value"];

/// Reads `revisions.csv`, and the files that the register names.
pub(super) fn load(
    sources: &Sources,
    register: &Register,
    forms: &[Form],
    problems: &mut Vec<Problem>,
) -> Vec<Revision> {
    let restated = register.districts.iter().enumerate().filter_map(|(at, d)| {
        let file = d.baseline_file.as_deref()?;
        Some((file, Some(at)))
    });
    let mut all = Vec::new();
    let revised = sources.files.contains_key(FILE).then_some((FILE, None));
    for (file, district) in restated.chain(revised) {
        let Some(text) = sources.files.get(file) else {
            let message = both!(
                "没有对比数文件 `{file}`",
                "there is no file of earlier figures `{file}`"
            );
            problems.push(Problem::new(super::register::FILE, 0..0, message));
            continue;
        };
        all.extend(read(file, text, district, register, forms, problems));
    }
    all
}

fn read(
    file: &str,
    text: &str,
    of: Option<usize>,
    register: &Register,
    forms: &[Form],
    problems: &mut Vec<Problem>,
) -> Vec<Revision> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads: Vec<String> = match reader.headers() {
        Ok(heads) => heads.iter().map(str::to_owned).collect(),
        Err(_) => Vec::new(),
    };
    let column = |name: &str| heads.iter().position(|head| head == name);
    let optional = |name: &str| name == "record" || (name == "district" && of.is_some());
    let missing = HEADS
        .iter()
        .find(|name| column(name).is_none() && !optional(name));
    if let Some(name) = missing {
        let message = both!("缺少列 `{name}`", "the column `{name}` is missing");
        problems.push(Problem::new(file, 0..0, message));
        return Vec::new();
    }
    let mut all = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            let message = Text::new("这一行读不出来", "a line can't be read");
            problems.push(Problem::new(file, 0..0, message));
            continue;
        };
        let at = record.position().map_or(0, csv::Position::byte);
        let at = usize::try_from(at).unwrap_or(0);
        let line = at..text[at..].find('\n').map_or(text.len(), |end| at + end);
        let cell = |name: &str| {
            let cell = column(name).and_then(|at| record.get(at));
            cell.unwrap_or("").to_owned()
        };
        let cells = HEADS.map(cell);
        match revision(&cells, of, register, forms) {
            Ok(revision) => all.push(revision),
            Err(message) => problems.push(Problem::new(file, line, message)),
        }
    }
    all
}

fn revision(
    [period, form, district, record, variable, value]: &[String; 6],
    of: Option<usize>,
    register: &Register,
    forms: &[Form],
) -> Result<Revision, Text> {
    let at = forms.iter().position(|known| known.id == *form);
    let at = at.ok_or_else(|| both!("没有表号 `{form}`", "there is no form `{form}`"))?;
    let district = of.or_else(|| register.position(district)).ok_or_else(|| {
        both!(
            "登记表里没有单位 `{district}`",
            "there is no district `{district}` in the register"
        )
    })?;
    let found = forms[at].variables.iter().position(|v| v.id == *variable);
    let position = found.filter(|position| forms[at].variables[*position].is_number());
    let variable = position.ok_or_else(|| {
        both!(
            "{form} 没有数字指标 `{variable}`",
            "{form} has no variable of numbers `{variable}`"
        )
    })?;
    let kept = number::parse(value.trim_end_matches('%'))
        .ok_or_else(|| both!("`{value}` 不是数字", "`{value}` is no number"))?;
    let scale = forms[at].variables[variable].scale();
    Ok(Revision {
        period: super::period(period)?,
        form: at,
        district,
        record: (!record.is_empty()).then(|| record.clone()),
        variable,
        value: number::to_f64(&(kept * number::power_of_ten(scale))),
        restated: of.is_some(),
    })
}
