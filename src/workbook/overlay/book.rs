//! The workbook part: which sheets there are, and the places of ours before and behind them.
//!
//! Names and views that count sheets are shifted with it. What the sheets hold is left to
//! `sheet`, what the findings sheet holds to `front`.

use std::io::{Read, Seek};

use super::parts::Package;
use super::place::Area;
use super::xml::{Edits, Outline, escaped, escaped_content, place_in_order};
use super::{FrontSheet, OverlayError};

/// What the parts of sheets of ours begin with.
const OUR_PARTS: &str = "xl/worksheets/hebiao-";
/// A hidden name that belongs to each sheet of ours: it survives the sheet's renaming, and goes
/// along when the sheet is copied.
const FRONT_MARK: &str = "hebiao_findings";
const WORKSHEET_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";

/// The most characters of a sheet's name, in units of UTF-16.
pub(super) const LONGEST_NAME: usize = 31;

/// The children of `workbook`, as the schema orders them.
const ORDER: [&str; 19] = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
];

/// A sheet that came with the workbook.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    pub part: String,
    pub is_worksheet: bool,
    id: u32,
    rel: String,
}

impl Entry {
    /// Sheet names do not differ in case.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }
}

/// The workbook part and its sheets, in order.
pub(super) struct Book {
    pub path: String,
    pub sheets: Vec<Entry>,
    /// The sheets that bear the sign of a findings sheet.
    marked: Vec<usize>,
}

impl Book {
    /// Finds the workbook part and its sheets.
    pub(super) fn open<R: Read + Seek>(package: &mut Package<R>) -> Result<Self, OverlayError> {
        let path = package
            .rels("")?
            .into_iter()
            .find(|rel| rel.kind == "officeDocument")
            .and_then(|rel| rel.target)
            .ok_or_else(|| OverlayError::cannot("it has no workbook part"))?;
        let kind = package.content_type(&path)?.unwrap_or_default();
        if !kind.ends_with(".main+xml")
            || !(kind.contains("spreadsheetml") || kind.contains("ms-excel"))
        {
            return Err(OverlayError::cannot(format!(
                "its main part is of type `{kind}`, expected a workbook in XML"
            )));
        }
        let text = package.text(&path)?;
        let outline = Outline::parse(&path, &text)?;
        package.strict = outline.tag(0).contains("http://purl.oclc.org/ooxml/");
        let rels = package.rels(&path)?;
        if rels.iter().any(|rel| rel.kind == "revisionHeaders") {
            return Err(OverlayError::cannot(
                "it is a shared workbook that keeps a history of changes",
            ));
        }
        let list = outline
            .child(0, "sheets")
            .ok_or_else(|| OverlayError::cannot(format!("`{path}` lists no sheets")))?;
        let mut sheets = Vec::new();
        for child in outline.children(list) {
            let name = outline
                .attribute(child, "name")
                .unwrap_or_default()
                .into_owned();
            let rel = outline
                .relationship(child)
                .and_then(|id| rels.iter().find(|rel| rel.id == id))
                .ok_or_else(|| OverlayError::cannot(format!("sheet `{name}` leads to no part")))?;
            if rel.kind.to_ascii_lowercase().ends_with("macrosheet") {
                return Err(OverlayError::cannot(format!(
                    "`{name}` is a macro sheet of Excel 4"
                )));
            }
            let part = rel
                .target
                .clone()
                .filter(|part| package.has(part))
                .ok_or_else(|| {
                    OverlayError::cannot(format!("the part of sheet `{name}` is missing"))
                })?;
            sheets.push(Entry {
                name,
                part,
                is_worksheet: rel.kind == "worksheet",
                id: outline.number(child, "sheetId").unwrap_or(0),
                rel: rel.id.clone(),
            });
        }
        let marked = marked(&outline, &sheets);
        Ok(Self {
            path,
            sheets,
            marked,
        })
    }

    /// The sheets that do not bear the sign of a findings sheet.
    pub(super) fn own_sheets(&self) -> impl Iterator<Item = &Entry> {
        let sheets = self.sheets.iter().enumerate();
        sheets
            .filter(|(index, _)| !self.marked.contains(index))
            .map(|(_, sheet)| sheet)
    }

    /// Takes earlier findings sheets away: those that bear the mark, or else, if the workbook
    /// bears another sign of ours, those of one of the names. Says whether there was any.
    pub(super) fn remove_fronts<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        names: &[&str],
        traced: bool,
    ) -> Result<bool, OverlayError> {
        let mut doomed = std::mem::take(&mut self.marked);
        if doomed.is_empty() && traced {
            doomed = (0..self.sheets.len())
                .filter(|&index| {
                    let sheet = &self.sheets[index];
                    sheet.is_worksheet && names.iter().any(|name| sheet.is_named(name))
                })
                .collect();
        }
        if doomed.len() == self.sheets.len() {
            return Err(OverlayError::cannot(
                "it holds nothing but a findings sheet",
            ));
        }

        let text = package.text(&self.path)?;
        let outline = Outline::parse(&self.path, &text)?;
        let mut edits = Edits::default();
        if let Some(list) = outline.child(0, "sheets") {
            for (index, child) in outline.children(list).enumerate() {
                if doomed.contains(&index) {
                    edits.remove(&outline, child);
                }
            }
        }
        // A name of a sheet that is gone, and one that leads there, would be repaired by Excel.
        let gone: Vec<String> = doomed
            .iter()
            .map(|&index| self.sheets[index].name.to_lowercase())
            .collect();
        let is_ours = |outline: &Outline, name: usize| {
            is_mark(outline, name)
                || sheet_of(&outline.content(name))
                    .is_some_and(|sheet| gone.contains(&sheet.to_lowercase()))
        };
        let shift = |index: usize| {
            let before = doomed.iter().filter(|&&gone| gone < index).count();
            (!doomed.contains(&index)).then_some(index - before)
        };
        shift_names(&outline, &mut edits, shift, is_ours);
        for view in views(&outline) {
            for name in ["activeTab", "firstSheet"] {
                if let Some(index) = outline.number(view, name) {
                    let shifted = shift(index as usize).unwrap_or(0);
                    edits.set(&outline, view, name, &shifted.to_string());
                }
            }
        }
        let changed = edits.apply(&text);
        package.put_if_changed(&self.path, &text, changed);

        let rels: Vec<&str> = doomed
            .iter()
            .map(|&index| self.sheets[index].rel.as_str())
            .collect();
        package.drop_rels(&self.path, &rels)?;
        for &index in &doomed {
            self.forget_calculation(package, self.sheets[index].id)?;
        }
        let parts = doomed
            .iter()
            .map(|&index| self.sheets[index].part.clone())
            .collect();
        package.drop_unreferenced(parts)?;
        for &index in doomed.iter().rev() {
            self.sheets.remove(index);
        }
        Ok(!doomed.is_empty())
    }

    /// Drops the calculation chain if it leads to a sheet that is gone; Excel builds it anew,
    /// but repairs one that leads nowhere.
    fn forget_calculation<R: Read + Seek>(
        &self,
        package: &mut Package<R>,
        sheet: u32,
    ) -> Result<(), OverlayError> {
        for rel in package
            .rels(&self.path)?
            .into_iter()
            .filter(|rel| rel.kind == "calcChain")
        {
            let Some(part) = rel.target.filter(|part| package.has(part)) else {
                continue;
            };
            let chain = package.bytes(&part)?;
            let entry = format!("i=\"{sheet}\"");
            if memchr::memmem::find(&chain, entry.as_bytes()).is_some() {
                package.drop_rels(&self.path, &[rel.id.as_str()])?;
                package.drop_part(&part)?;
            }
        }
        Ok(())
    }

    /// The name, or the next free one made from it: 审核反馈, 审核反馈2, 审核反馈3.
    pub(super) fn free_name(&self, name: &str) -> String {
        let is_free = |name: &str| !self.sheets.iter().any(|sheet| sheet.is_named(name));
        if is_free(name) {
            return name.to_owned();
        }
        (2..=usize::MAX)
            .map(|number| {
                let ending = number.to_string();
                let mut units = ending.len();
                let kept: String = name
                    .chars()
                    .take_while(|c| {
                        units += c.len_utf16();
                        units <= LONGEST_NAME
                    })
                    .collect();
                kept + &ending
            })
            .find(|name| is_free(name))
            .expect("there are more numbers than sheets")
    }

    /// Puts a sheet of ours before all others and in view, or behind them.
    pub(super) fn insert<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        sheet: &FrontSheet,
        name: &str,
        (text, is_front): (String, bool),
    ) -> Result<(), OverlayError> {
        let id = self.sheets.iter().map(|sheet| sheet.id).max();
        let id = id.unwrap_or(0).saturating_add(1);
        let part = if is_front {
            format!("{OUR_PARTS}findings.xml")
        } else {
            format!("{OUR_PARTS}{id}.xml")
        };
        package.put(&part, text.into_bytes());
        package.set_content_type(&part, WORKSHEET_TYPE)?;
        let rel = package.add_rel(&self.path, "worksheet", &part)?;

        let text = package.text(&self.path)?;
        let outline = Outline::parse(&self.path, &text)?;
        let prefix = outline.prefix();
        let mut edits = Edits::default();
        let element = format!(
            "<{prefix}sheet name=\"{}\" sheetId=\"{id}\" xmlns:r=\"{}\" r:id=\"{rel}\"/>",
            escaped(name),
            package.relationships_namespace()
        );
        if let Some(list) = outline.child(0, "sheets") {
            if is_front {
                edits.insert(outline.node(list).inner, element);
            } else {
                edits.append(&outline, list, &element);
            }
        }
        for view in views(&outline).filter(|_| is_front) {
            for name in ["activeTab", "firstSheet"] {
                if outline.attribute(view, name).is_some() {
                    edits.set(&outline, view, name, "0");
                }
            }
        }
        let at = if is_front { 0 } else { self.sheets.len() };
        if is_front {
            shift_names(&outline, &mut edits, |index| Some(index + 1), |_, _| false);
        }
        let names = front_names(sheet, name, prefix, at)?;
        match outline.child(0, "definedNames") {
            Some(list) => edits.append(&outline, list, &names),
            None => edits.insert(
                place_in_order(&outline, &ORDER, "definedNames"),
                format!("<{prefix}definedNames>{names}</{prefix}definedNames>"),
            ),
        }
        let changed = edits.apply(&text);
        package.put(&self.path, changed.into_bytes());
        let entry = Entry {
            name: name.to_owned(),
            part,
            is_worksheet: true,
            id,
            rel,
        };
        self.sheets.insert(at, entry);
        Ok(())
    }
}

/// The names that belong to the findings sheet: its mark, its filter, its repeated rows.
fn front_names(
    front: &FrontSheet,
    name: &str,
    prefix: &str,
    at: usize,
) -> Result<String, OverlayError> {
    let sheet = format!("'{}'", name.replace('\'', "''"));
    let mut names = vec![(FRONT_MARK, " hidden=\"1\"", format!("{sheet}!$A$1"))];
    if let Some(range) = &front.autofilter {
        let range = Area::expect(range)?.absolute();
        names.push((
            "_xlnm._FilterDatabase",
            " hidden=\"1\"",
            format!("{sheet}!{range}"),
        ));
    }
    if let Some((first, last)) = front.repeat_rows {
        names.push((
            "_xlnm.Print_Titles",
            "",
            format!("{sheet}!${first}:${last}"),
        ));
    }
    Ok(names
        .into_iter()
        .map(|(name, hidden, refers_to)| {
            format!(
                "<{prefix}definedName name=\"{name}\" localSheetId=\"{at}\"{hidden}>{}</{prefix}definedName>",
                escaped_content(&refers_to)
            )
        })
        .collect())
}

/// The sheets that are ours by their part's name or by the defined name that goes with them.
fn marked(outline: &Outline, sheets: &[Entry]) -> Vec<usize> {
    let mut marked: Vec<usize> = (0..sheets.len())
        .filter(|&index| {
            let start = sheets[index].part.get(..OUR_PARTS.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(OUR_PARTS))
        })
        .collect();
    for name in defined_names(outline).filter(|&name| is_mark(outline, name)) {
        let local = outline
            .number(name, "localSheetId")
            .map(|index| index as usize);
        let named = || {
            let sheet = sheet_of(&outline.content(name))?;
            sheets.iter().position(|entry| entry.is_named(&sheet))
        };
        marked.extend(local.or_else(named).filter(|&index| index < sheets.len()));
    }
    marked.sort_unstable();
    marked.dedup();
    marked
}

fn defined_names<'o>(outline: &'o Outline) -> impl Iterator<Item = usize> + 'o {
    outline
        .child(0, "definedNames")
        .into_iter()
        .flat_map(|list| outline.children(list))
}

fn views<'o>(outline: &'o Outline) -> impl Iterator<Item = usize> + 'o {
    outline
        .child(0, "bookViews")
        .into_iter()
        .flat_map(|list| outline.children(list))
}

fn is_mark(outline: &Outline, name: usize) -> bool {
    outline
        .attribute(name, "name")
        .is_some_and(|name| name.eq_ignore_ascii_case(FRONT_MARK))
}

/// The sheet that a reference such as `'第 1 页'!$A$1` begins with.
fn sheet_of(reference: &str) -> Option<String> {
    let (sheet, _) = reference.rsplit_once('!')?;
    let quoted = sheet
        .strip_prefix('\'')
        .and_then(|sheet| sheet.strip_suffix('\''));
    Some(quoted.unwrap_or(sheet).replace("''", "'"))
}

/// Takes defined names away, and gives those that belong to a sheet the sheet's new number.
fn shift_names(
    outline: &Outline,
    edits: &mut Edits,
    shift: impl Fn(usize) -> Option<usize>,
    is_gone: impl Fn(&Outline, usize) -> bool,
) {
    let mut left = 0;
    let mut removed = Edits::default();
    for name in defined_names(outline) {
        let local = outline
            .number(name, "localSheetId")
            .map(|index| shift(index as usize));
        if is_gone(outline, name) || local == Some(None) {
            removed.remove(outline, name);
            continue;
        }
        left += 1;
        if let Some(Some(index)) = local {
            removed.set(outline, name, "localSheetId", &index.to_string());
        }
    }
    match outline.child(0, "definedNames") {
        // An empty list is not allowed.
        Some(list) if left == 0 => edits.remove(outline, list),
        _ => edits.extend(removed),
    }
}
