//! Earlier figures that are no longer what they were when they were reported: revised since
//! (`revisions.csv`), or restated for a district's new borders (the register's `baseline_file`).
//!
//! The closed month itself stays as it was; only what later months are compared with changes.

use super::form::Form;
use super::list::{Line, List, Wrong};
use super::register::{self, Register};
use super::source::{Problem, Sources};
use crate::number;
use crate::period::Period;

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
        if !sources.files.contains_key(file) {
            let message = both!(
                "没有对比数文件 `{file}`",
                "there is no file of earlier figures `{file}`"
            );
            let named_in = sources.list(register::FILE);
            let named_in = named_in.map_or(register::FILE, |(name, _)| name);
            problems.push(Problem::new(named_in, 0..0, message));
            continue;
        }
        let is_needed = |name: &&str| match *name {
            "record" => false,
            "district" => district.is_none(),
            _ => true,
        };
        let needed: Vec<&str> = HEADS.into_iter().filter(is_needed).collect();
        let Some(list) = List::read(sources, file, &needed, problems) else {
            continue;
        };
        for line in list.lines() {
            match revision(line, district, register, forms) {
                Ok(revision) => all.push(revision),
                Err(wrong) => problems.push(line.problem(wrong)),
            }
        }
    }
    all
}

/// A line as a revision, of the district whose file it is or of the one that it names.
fn revision(
    line: Line<'_>,
    of: Option<usize>,
    register: &Register,
    forms: &[Form],
) -> Result<Revision, Wrong> {
    let period = super::period(line.filled("period")?).map_err(|message| ("period", message))?;
    let at = line.form("form", forms)?;
    let form = &forms[at];
    let district = match of {
        Some(district) => district,
        None => line.district("district", register)?,
    };
    let written = line.filled("variable")?;
    let found = form.variables.iter().position(|v| v.id == written);
    let found = found.filter(|position| form.variables[*position].is_number());
    let variable = found.ok_or_else(|| {
        let id = &form.id;
        let message = both!(
            "{id} 没有数字指标 `{written}`",
            "{id} has no variable of numbers `{written}`"
        );
        ("variable", message)
    })?;
    let written = line.filled("value")?;
    let kept = number::parse(written.trim_end_matches('%')).ok_or_else(|| {
        let message = both!("`{written}` 不是数字", "`{written}` is no number");
        ("value", message)
    })?;
    let scale = form.variables[variable].scale();
    let record = line.get("record");
    Ok(Revision {
        period,
        form: at,
        district,
        record: (!record.is_empty()).then(|| record.to_owned()),
        variable,
        value: number::to_f64(&(kept * number::power_of_ten(scale))),
        restated: of.is_some(),
    })
}
