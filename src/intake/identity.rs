//! Whose form it is and of which month: what the sheet, the file's name and its folder say.
//!
//! What stands in the sheet counts before what somebody called the file; signs that contradict
//! each other are never settled by guessing.

use super::grid::Grid;
use super::locate::Located;
use super::value::fold;
use crate::period::{self, Mention, Period};
use crate::place::Cell;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::words::Text;
use std::collections::BTreeMap;

/// What stands around a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// What the line 填报单位 says.
    pub reporter: Option<(Cell, String)>,
    /// What the line 表号 says.
    pub form_no: Option<(Cell, String)>,
    /// The form's title as it stands there.
    pub title: Option<(Cell, String)>,
    /// What the line 计量单位 says.
    pub unit: Option<(Cell, String)>,
    /// The month that the sheet speaks of.
    pub month: Option<(Cell, Mention)>,
    /// By label: the names of those who have signed.
    pub signatures: BTreeMap<String, (Cell, String)>,
}

/// Looks over and under a table.
pub fn surroundings(grid: &Grid<'_>, form: &Form, located: &Located) -> Surroundings {
    let mut found = Surroundings::default();
    let (first, last) = (located.head.0, located.last);
    for (cell, text) in grid.texts(move |row| row < first) {
        let folded = fold(text);
        if let Some(value) = after(text, "填报单位") {
            found.reporter.get_or_insert((cell, value));
        }
        if let Some(value) = after(text, "表号") {
            found.form_no.get_or_insert((cell, value));
        }
        if let Some(value) = after(text, "计量单位").or_else(|| after(text, "单位")) {
            found.unit.get_or_insert((cell, value));
        }
        let titles = [&form.title.zh].into_iter().chain(&form.aliases);
        if found.title.is_none()
            && titles
                .into_iter()
                .any(|title| folded.contains(&fold(title)))
        {
            found.title = Some((cell, text.to_owned()));
        }
        let is_about_time = !["有效期", "制定机关", "备案", "文号"]
            .iter()
            .any(|w| folded.contains(w));
        if let Some(month) = period::mention(text).filter(|_| is_about_time) {
            found.month.get_or_insert((cell, month));
        }
    }
    for (cell, text) in grid.texts(move |row| row > last) {
        for label in &form.signatures {
            if let Some(name) = after(text, label) {
                found
                    .signatures
                    .entry(label.clone())
                    .or_insert((cell, name));
            }
        }
        if let Some(value) = after(text, "填报单位") {
            found.reporter.get_or_insert((cell, value));
        }
    }
    found
}

/// What follows `label：` in a text, as far as the next label. Brackets between label and colon
/// (填报单位（盖章）：) don't matter, nor do spaces inside the label (表　　号).
fn after(text: &str, label: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().map(super::value::half_width).collect();
    let label: Vec<char> = label.chars().collect();
    let mut start = None;
    for from in 0..chars.len() {
        // A label begins a text or stands behind a space: 计量单位 is not 填报单位's 单位.
        if from > 0 && !chars[from - 1].is_whitespace() {
            continue;
        }
        let (mut at, mut matched) = (from, 0);
        while at < chars.len() && matched < label.len() {
            if chars[at] == label[matched] {
                matched += 1;
            } else if !(chars[at].is_whitespace() && matched > 0) {
                break;
            }
            at += 1;
        }
        if matched < label.len() {
            continue;
        }
        if chars.get(at) == Some(&'(') {
            at += chars[at..]
                .iter()
                .position(|c| *c == ')')
                .map_or(0, |end| end + 1);
        }
        while chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        if chars.get(at) == Some(&':') {
            start = Some(at + 1);
            break;
        }
    }
    let start = start?;
    let rest = &chars[start..];
    let end = match rest.iter().position(|c| *c == ':') {
        None => rest.len(),
        // The next label reaches back to the last space before its colon.
        Some(colon) => rest[..colon]
            .iter()
            .rposition(|c| c.is_whitespace())
            .unwrap_or(0),
    };
    Some(rest[..end].iter().collect::<String>().trim().to_owned())
}

/// Who and when, or why that cannot be said.
pub struct Identity {
    /// The district's position in the register.
    pub district: usize,
    /// The period.
    pub period: Period,
}

/// Where a submission lies: what its path says.
pub struct Path<'a> {
    /// Relative to the period's folder.
    pub file: &'a str,
    /// The period that the run is of; none for a single file that is only looked at.
    pub period: Option<Period>,
}

/// Puts the signs together.
///
/// # Errors
/// What contradicts what, or what is missing, in words for the district.
pub fn identify(
    rulebook: &Rulebook,
    form: &Form,
    around: &Surroundings,
    path: &Path<'_>,
) -> Result<Identity, Text> {
    if let Some((cell, no)) = &around.form_no {
        let no = fold(no);
        let other = rulebook.forms.iter().find(|other| no.contains(&other.id));
        if let Some(other) = other.filter(|other| other.id != form.id && !no.contains(&form.id)) {
            let (other, this) = (&other.id, &form.id);
            return Err(both!(
                "表号写的是 {other}（{cell}），表头却是 {this}。请核对是哪张表后重报",
                "the form's number says {other} ({cell}), its heading is that of {this}: send it again as one of them"
            ));
        }
    }
    Ok(Identity {
        district: district(rulebook, around, path)?,
        period: month(form, around, path)?,
    })
}

fn district(rulebook: &Rulebook, around: &Surroundings, path: &Path<'_>) -> Result<usize, Text> {
    let register = &rulebook.register;
    let name = |at: usize| register.districts[at].name.clone();
    let (folders, file) = path.file.rsplit_once('/').unwrap_or(("", path.file));
    let outside: Vec<(Text, Vec<usize>)> = [
        (Text::new("文件夹名", "the folder's name"), folders),
        (Text::new("文件名", "the file's name"), file),
    ]
    .into_iter()
    .map(|(sign, text)| (sign, register.mentioned(text)))
    .filter(|(_, found)| found.len() == 1)
    .collect();
    let inside = [&around.reporter, &around.title]
        .into_iter()
        .flatten()
        .map(|(cell, text)| (*cell, text, register.mentioned(text)))
        .find(|(_, _, found)| found.len() == 1);
    let unknown = around
        .reporter
        .as_ref()
        .filter(|(_, text)| !text.is_empty());
    match (inside, outside.first()) {
        (Some((cell, _, found)), _) => {
            for (sign, other) in &outside {
                if other[0] != found[0] {
                    let (a, b) = (name(found[0]), name(other[0]));
                    return Err(Text::new(
                        format!(
                            "表内（{cell}）填报单位是{a}，{}是{b}，对不上。请核对后重报",
                            sign.zh
                        ),
                        format!(
                            "the sheet ({cell}) says {a}, {} says {b}: send it again so that they agree",
                            sign.en
                        ),
                    ));
                }
            }
            Ok(found[0])
        }
        (None, Some((_, found))) if unknown.is_none() => Ok(found[0]),
        (None, _) => Err(match unknown {
            Some((cell, text)) => both!(
                "填报单位“{text}”（{cell}）不在登记表中。请按登记表填写单位全称后重报",
                "the reporter `{text}` ({cell}) is not in the register: write the name as it stands there"
            ),
            None => Text::new(
                "看不出是哪个单位填报的：表内没有填报单位，文件名里也没有。请填写“填报单位”后重报",
                "there is no telling who reports: fill in 填报单位 and send it again",
            ),
        }),
    }
}

fn month(form: &Form, around: &Surroundings, path: &Path<'_>) -> Result<Period, Text> {
    let file = path.file.rsplit('/').next().unwrap_or(path.file);
    let Some(wanted) = path.period else {
        let named = around
            .month
            .map(|(_, mention)| mention)
            .or_else(|| period::mention(file));
        return named
            .and_then(|mention| Period::new(mention.year?, mention.month))
            .ok_or_else(|| {
                Text::new(
                    "看不出是哪个月的报表，请用 --period 2023-12 指明",
                    "there is no telling which month it is of: say so with --period 2023-12",
                )
            });
    };
    if let Some((cell, found)) = around.month
        && !found.fits(wanted)
    {
        let (asked, month) = (wanted.words(), found.month);
        let year = found.year.map_or(String::new(), |year| format!("{year}年"));
        return Err(Text::new(
            format!(
                "表内（{cell}）写的是{year}{month}月，本期是{}。请核对后重报",
                asked.zh
            ),
            format!(
                "the sheet ({cell}) is of {year}{month}月, this run of {}: send the right month",
                asked.en
            ),
        ));
    }
    if around.month.is_none()
        && let Some(found) = period::mention(file)
        && !found.fits(wanted)
    {
        let (asked, month, id) = (wanted.words(), found.month, &form.id);
        return Err(Text::new(
            format!(
                "{id} 表内没有写月份，文件名写的是{month}月，本期是{}。请核对后重报",
                asked.zh
            ),
            format!(
                "{id} names no month, its file's name says {month}月, this run is of {}",
                asked.en
            ),
        ));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn labels_are_found_in_the_lines_that_forms_have() {
        let foot = "单位负责人：张　伟　　统计负责人：　　填表人：王　芳　　联系电话：023-66000000";
        assert_eq!(after(foot, "单位负责人").as_deref(), Some("张 伟"));
        assert_eq!(after(foot, "统计负责人").as_deref(), Some(""));
        assert_eq!(after(foot, "填表人").as_deref(), Some("王 芳"));
        assert_eq!(after("表　　号：KY01表", "表号").as_deref(), Some("KY01表"));
        let line = "填报单位（盖章）：重庆市巴南区教育委员会";
        assert_eq!(
            after(line, "填报单位").as_deref(),
            Some("重庆市巴南区教育委员会")
        );
        assert_eq!(after(line, "单位"), None);
        assert_eq!(after("计量单位:项", "计量单位").as_deref(), Some("项"));
    }
}
