//! Links to other workbooks: formulas that fetch figures elsewhere are replaced by their values.
//!
//! Where the report is opened the other workbook is not, so Excel would ask whether to look for
//! it and then lose what stands in the cells; a link may also start a program (DDE). The value
//! that was sent stays, the formula goes, and with it every name, drop-down and colour that
//! leads out. All other cells stay the bytes they are. Charts that draw on another workbook
//! keep the links as they are. What is said of it is left to the caller.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use super::OverlayError;
use super::parts::Package;
use super::sheet::{Sheet, removal};
use super::xml::Outline;

/// The links of a workbook, and the names that lead out of it.
#[derive(Debug, Default)]
pub(super) struct Links {
    parts: Vec<String>,
    /// In small letters.
    names: BTreeSet<String>,
}

impl Links {
    /// Takes the links away from the workbook part, with the names that lead out. Nothing is
    /// taken where a chart draws on them.
    pub(super) fn detach<R: Read + Seek>(
        package: &mut Package<R>,
        workbook: &str,
    ) -> Result<Self, OverlayError> {
        let rels = package.rels(workbook)?;
        let of_kind = |kind: &str| {
            let found = rels.iter().filter(|rel| rel.kind == kind);
            found.cloned().collect::<Vec<_>>()
        };
        let links = of_kind("externalLink");
        if links.is_empty() || charts_lead_out(package)? {
            return Ok(Self::default());
        }
        let text = package.text(workbook)?;
        let outline = Outline::parse(workbook, &text)?;
        let mut found = Self {
            parts: links.iter().filter_map(|rel| rel.target.clone()).collect(),
            names: BTreeSet::new(),
        };
        let list = outline.child(0, "definedNames");
        let defined: Vec<usize> = list
            .into_iter()
            .flat_map(|list| outline.children(list))
            .collect();
        let mut gone = BTreeSet::new();
        // A name may stand for another name, so this goes on until no further one is found.
        loop {
            let before = gone.len();
            for &name in &defined {
                if found.leads_out(&outline.content(name)) && gone.insert(name) {
                    let known = outline.attribute(name, "name").unwrap_or_default();
                    found.names.insert(known.to_lowercase());
                }
            }
            if gone.len() == before {
                break;
            }
        }
        gone.extend(outline.child(0, "externalReferences"));
        let edits = removal(&outline, &gone, |name| name == "definedNames");
        let changed = edits.apply(&text);
        package.put_if_changed(workbook, &text, changed);

        // The chain names cells that have no formula any more, which Excel would repair; without
        // it Excel builds it anew.
        let chains = of_kind("calcChain");
        let ids: Vec<&str> = links
            .iter()
            .chain(&chains)
            .map(|rel| rel.id.as_str())
            .collect();
        package.drop_rels(workbook, &ids)?;
        for chain in chains.iter().filter_map(|rel| rel.target.as_ref()) {
            package.drop_part(chain)?;
        }
        Ok(found)
    }

    /// Replaces what leads out of the workbook on a sheet; says the cells.
    pub(super) fn detach_from_sheet(&self, sheet: &mut Sheet) -> Result<Vec<String>, OverlayError> {
        if self.parts.is_empty() {
            return Ok(Vec::new());
        }
        self.detach_around(sheet)?;
        let Some(data) = sheet.data()? else {
            return Ok(Vec::new());
        };
        let Some((data, cells)) = self.without_links(&sheet.part, data)? else {
            return Ok(Vec::new());
        };
        sheet.replace_data(data);
        Ok(cells)
    }

    /// Drops the parts of the links.
    pub(super) fn drop_parts<R: Read + Seek>(
        self,
        package: &mut Package<R>,
    ) -> Result<(), OverlayError> {
        package.drop_unreferenced(self.parts)?;
        Ok(())
    }

    /// Drop-downs, colours and linked objects that lead out.
    fn detach_around(&self, sheet: &mut Sheet) -> Result<(), OverlayError> {
        let outline = sheet.outline()?;
        let leads_out = |element: usize| match outline.name(element) {
            "cfRule" | "dataValidation" => outline.descendants(element).any(|formula| {
                matches!(
                    outline.name(formula),
                    "formula" | "formula1" | "formula2" | "f"
                ) && self.leads_out(&outline.content(formula))
            }),
            "oleObject" => outline.attribute(element, "link").is_some(),
            _ => false,
        };
        let gone: BTreeSet<usize> = outline.all().filter(|&at| leads_out(at)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let mut edits = removal(&outline, &gone, |name| {
            matches!(
                name,
                "conditionalFormatting"
                    | "conditionalFormattings"
                    | "dataValidations"
                    | "oleObjects"
                    | "AlternateContent"
                    | "Choice"
                    | "Fallback"
                    | "ext"
                    | "extLst"
            )
        });
        let lists = outline
            .all()
            .filter(|&list| outline.name(list) == "dataValidations");
        for list in lists.filter(|&list| outline.attribute(list, "count").is_some()) {
            let left = outline.children(list).filter(|child| !gone.contains(child));
            edits.set(&outline, list, "count", &left.count().to_string());
        }
        sheet.text = edits.apply(&sheet.text);
        Ok(())
    }

    /// The cell data without the formulas that lead out, and the cells that had one; nothing if
    /// there is none. A formula that is shared goes from all cells that share it.
    fn without_links(
        &self,
        part: &str,
        data: &str,
    ) -> Result<Option<(String, Vec<String>)>, OverlayError> {
        let formulas = formulas(part, data)?;
        let shared: BTreeSet<&str> = formulas
            .iter()
            .filter(|formula| self.leads_out(&formula.words))
            .filter_map(|formula| formula.shared.as_deref())
            .collect();
        let mut left = String::with_capacity(data.len());
        let mut cells = Vec::new();
        let mut at = 0;
        for formula in &formulas {
            let is_shared = formula
                .shared
                .as_deref()
                .is_some_and(|number| shared.contains(number));
            if is_shared || self.leads_out(&formula.words) {
                left.push_str(&data[at..formula.start]);
                at = formula.end;
                cells.push(formula.cell.clone());
            }
        }
        left.push_str(&data[at..]);
        Ok((!cells.is_empty()).then_some((left, cells)))
    }

    /// Whether a formula has `[1]` of another workbook, or a name that stands for one. `表[1]`
    /// and `表[[1]]` are columns of a table, and `[0]` is the workbook itself.
    fn leads_out(&self, formula: &str) -> bool {
        // What stands between double quotes is text.
        formula.split('"').step_by(2).any(|code| {
            let numbered = code.match_indices('[').any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let is_column =
                    before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '['));
                let Some((number, after)) = code[at + 1..].split_once(']') else {
                    return false;
                };
                // A sheet or a name follows; behind a column's name nothing of the kind does.
                let leads_on = !after.is_empty() && !after.starts_with([']', ',', ':', ')']);
                !is_column && leads_on && number.parse::<u32>().is_ok_and(|number| number > 0)
            });
            let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\');
            let mut words = code.split(|c: char| !in_name(c));
            numbered
                || !self.names.is_empty()
                    && words.any(|word| self.names.contains(&word.to_lowercase()))
        })
    }
}

/// A formula in the cell data.
struct Formula {
    start: usize,
    end: usize,
    /// The cell, as far as the writer says it.
    cell: String,
    words: String,
    /// The number by which cells share it.
    shared: Option<String>,
}

/// The formulas of a sheet, in order.
fn formulas(part: &str, data: &str) -> Result<Vec<Formula>, OverlayError> {
    let broken = |what: &dyn std::fmt::Display| {
        OverlayError::cannot(format!("`{part}` is not well-formed XML: {what}"))
    };
    let position =
        |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    let mut reader = Reader::from_str(data);
    let mut found: Vec<Formula> = Vec::new();
    let mut cell = String::new();
    let mut open = None;
    loop {
        let start = position(&reader);
        let event = reader.read_event().map_err(|error| broken(&error))?;
        let end = position(&reader);
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |wanted: &str| {
                    let mut all = tag.attributes().flatten();
                    let found = all.find(|attribute| attribute.key.as_ref() == wanted)?;
                    Some(found.value.into_owned())
                };
                match tag.local_name().as_ref() {
                    "c" => cell = attribute("r").unwrap_or_default(),
                    "f" => {
                        found.push(Formula {
                            start,
                            end,
                            cell: cell.clone(),
                            words: String::new(),
                            shared: attribute("si"),
                        });
                        open = (!is_empty).then_some(end);
                    }
                    _ => {}
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "f" => {
                if let (Some(inner), Some(formula)) = (open.take(), found.last_mut()) {
                    let raw = &data[inner..start];
                    formula.words = unescape(raw).map_or_else(|_| raw.to_owned(), Into::into);
                    formula.end = end;
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Whether a chart draws on another workbook. What it shows is kept in a part that is not
/// rewritten, so the links have to stay for it.
fn charts_lead_out<R: Read + Seek>(package: &mut Package<R>) -> Result<bool, OverlayError> {
    let charts: Vec<String> = package
        .parts()
        .into_iter()
        .filter(|part| part.to_ascii_lowercase().starts_with("xl/charts/"))
        .filter(|part| part.to_ascii_lowercase().ends_with(".xml"))
        .collect();
    let links = Links::default();
    for part in charts {
        let text = package.text(&part)?;
        let outline = Outline::parse(&part, &text)?;
        let mut formulas = outline.all().filter(|&at| outline.name(at) == "f");
        if formulas.any(|formula| links.leads_out(&outline.content(formula))) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_another_workbook_is_told_from_columns_and_text() {
        let links = Links {
            parts: Vec::new(),
            names: ["外部".to_owned()].into(),
        };
        let lead_out = [
            "[1]Sheet1!A1",
            "SUM('[2]去年 汇总'!$C$10,1)",
            "[3]!单价",
            "VLOOKUP(A1,外部,2,0)",
        ];
        let stay = [
            "表1[1]",
            "表1[[1]:[2]]",
            "SUM(表1[[#This Row],[2]])",
            "[0]!校验",
            "\"[1]Sheet1!A1\"&A1",
            "外部数据",
            "SUM(去年!A1:B2)",
        ];
        for formula in lead_out {
            assert!(links.leads_out(formula), "{formula}");
        }
        for formula in stay {
            assert!(!links.leads_out(formula), "{formula}");
        }
    }

    #[test]
    fn only_formulas_that_lead_out_go_and_values_stay() {
        let data = "<sheetData><row><c r=\"A1\"><f>[1]S!A1</f><v>5</v></c><c r=\"B1\"><f t=\"shared\" ref=\"B1:B2\" si=\"0\">[1]S!B1</f><v>6</v></c><c r=\"C1\" t=\"str\"><f>A1&amp;\"[1]\"</f><v>5[1]</v></c></row><row><c r=\"B2\"><f t=\"shared\" si=\"0\"/><v>7</v></c></row></sheetData>";
        let (left, cells) = Links::default()
            .without_links("sheet1.xml", data)
            .expect("cell data")
            .expect("links");
        assert_eq!(cells, ["A1", "B1", "B2"]);
        assert_eq!(
            left,
            "<sheetData><row><c r=\"A1\"><v>5</v></c><c r=\"B1\"><v>6</v></c><c r=\"C1\" t=\"str\"><f>A1&amp;\"[1]\"</f><v>5[1]</v></c></row><row><c r=\"B2\"><v>7</v></c></row></sheetData>"
        );
    }
}
