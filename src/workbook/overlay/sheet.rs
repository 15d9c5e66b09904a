//! A sheet of the workbook: its cell data as bytes, and the elements around them as text.
//!
//! The data are most of a sheet and never change, so they are neither parsed nor rewritten: a
//! short stand-in takes their place in the text that is outlined. Notes are left to `notes`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::ops::Range;

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::parts::{Package, utf8};
use super::place::{Area, Cell};
use super::styles::Tints;
use super::xml::{Edits, Outline, escaped_content, place_in_order};
use super::{Mark, OverlayError};

/// What formulas of ours begin with: `N` of a text is 0, in every program and version, and the
/// text survives saving.
const MARKER: &str = "N(\"hebiao";
/// Excel's limit of a formula.
const LONGEST_FORMULA: usize = 8192;

/// The children of `worksheet`, as the schema orders them; Excel repairs other orders.
pub(super) const ORDER: [&str; 38] = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
];

/// The element before conditional formats: ours stand before those that a sheet has, because
/// `LibreOffice` goes by the order and Excel by the priority.
const BEFORE_FORMATS: &str = "phoneticPr";

/// A sheet part, opened.
pub(super) struct Sheet {
    pub part: String,
    /// The part's text with `<sheetData/>` in the data's place.
    pub text: String,
    before: String,
    bytes: Vec<u8>,
    data: Option<Range<usize>>,
    has_other_data: bool,
}

impl Sheet {
    /// Opens a worksheet, a chart sheet or a dialog sheet.
    pub(super) fn open<R: Read + Seek>(
        package: &mut Package<R>,
        part: &str,
    ) -> Result<Self, OverlayError> {
        let bytes = package.bytes(part)?;
        let whole = utf8(part, &bytes)?;
        let mark = bytes.len() - whole.len();
        let data = find_data(part, whole)?;
        let text = match &data {
            Some((place, stand_in)) => {
                [&whole[..place.start], stand_in, &whole[place.end..]].concat()
            }
            None => whole.to_owned(),
        };
        let outline = Outline::parse(part, &text)?;
        let root = outline.name(0);
        if !matches!(root, "worksheet" | "chartsheet" | "dialogsheet") {
            return Err(OverlayError::cannot(format!(
                "`{part}` is a `{root}`, expected a sheet"
            )));
        }
        Ok(Self {
            part: part.to_owned(),
            before: text.clone(),
            text,
            data: data.map(|(place, _)| place.start + mark..place.end + mark),
            bytes,
            has_other_data: false,
        })
    }

    /// The cell data, tags included; nothing for a sheet without cells.
    pub(super) fn data(&self) -> Result<Option<&str>, OverlayError> {
        let place = self.data.clone();
        place
            .map(|place| utf8(&self.part, &self.bytes[place]))
            .transpose()
    }

    /// Puts other cell data in the place of those that came.
    pub(super) fn replace_data(&mut self, data: String) {
        self.data = Some(0..data.len());
        self.bytes = data.into_bytes();
        self.has_other_data = true;
    }

    /// The sheet's elements as things stand.
    pub(super) fn outline(&self) -> Result<Outline<'_>, OverlayError> {
        Outline::parse(&self.part, &self.text)
    }

    /// Takes earlier conditional formats of ours off, and says whether there were any.
    ///
    /// A format belongs to us if one of its formulas bears the marker, wherever it was copied
    /// to. Excel moves formats that look at other sheets into the extension list. The formats
    /// that stay get the priorities back that they had before [`Self::mark`].
    pub(super) fn strip(&mut self) -> Result<bool, OverlayError> {
        if !self.text.contains("hebiao") {
            return Ok(false);
        }
        let outline = self.outline()?;
        let ours: BTreeSet<usize> = rules(&outline)
            .filter(|&rule| {
                outline.descendants(rule).any(|formula| {
                    matches!(outline.name(formula), "formula" | "f")
                        && outline.content(formula).contains(MARKER)
                })
            })
            .collect();
        let mut edits = removal(&outline, &ours, |name| {
            matches!(
                name,
                "conditionalFormatting" | "conditionalFormattings" | "ext" | "extLst"
            )
        });
        let went: Vec<u32> = ours
            .iter()
            .filter_map(|&rule| outline.number(rule, "priority"))
            .collect();
        for rule in rules(&outline).filter(|rule| !ours.contains(rule)) {
            if let Some(priority) = outline.number(rule, "priority") {
                let before = went.iter().filter(|&&gone| gone < priority).count();
                let left = u32::try_from(before).map_or(priority, |before| priority - before);
                edits.set(&outline, rule, "priority", &left.to_string());
            }
        }
        self.text = edits.apply(&self.text);
        Ok(!ours.is_empty())
    }

    /// The sheet is no longer selected. Excel opens several selected sheets as a group, and what
    /// is typed into one of them goes into all.
    pub(super) fn deselect(&mut self) -> Result<(), OverlayError> {
        if !self.text.contains("tabSelected") {
            return Ok(());
        }
        let outline = self.outline()?;
        let mut edits = Edits::default();
        let views = outline.child(0, "sheetViews");
        for view in views.into_iter().flat_map(|views| outline.children(views)) {
            // `LibreOffice` says of each other sheet that it is not selected: that stays.
            let is_selected = outline
                .attribute(view, "tabSelected")
                .is_some_and(|is| is == "1" || is == "true");
            if is_selected {
                edits.unset(&outline, view, "tabSelected");
            }
        }
        self.text = edits.apply(&self.text);
        Ok(())
    }

    /// Puts marks on the sheet. They go before the formats that it has, whose priorities are
    /// shifted: a clerk's own colours would hide what is wrong.
    pub(super) fn mark(&mut self, marks: &[Mark], tints: &Tints) -> Result<(), OverlayError> {
        if marks.is_empty() {
            return Ok(());
        }
        let outline = self.outline()?;
        let formats = conditional_formats(outline.prefix(), marks, tints)?;
        let mut edits = Edits::default();
        let shift = u32::try_from(marks.len()).unwrap_or(u32::MAX);
        for rule in rules(&outline) {
            if let Some(priority) = outline.number(rule, "priority") {
                let shifted = priority.saturating_add(shift);
                edits.set(&outline, rule, "priority", &shifted.to_string());
            }
        }
        edits.insert(place_in_order(&outline, &ORDER, BEFORE_FORMATS), formats);
        self.text = edits.apply(&self.text);
        Ok(())
    }

    /// Hands the sheet back to the package if anything about it was changed.
    pub(super) fn close<R: Read + Seek>(self, package: &mut Package<R>) {
        if self.text == self.before && !self.has_other_data {
            return;
        }
        let Some(data) = self.data else {
            package.put(&self.part, self.text.into_bytes());
            return;
        };
        // Nothing before the data bears their name, and the outline was well-formed.
        let stand_in = Outline::parse(&self.part, &self.text)
            .ok()
            .and_then(|outline| {
                let child = outline.child(0, "sheetData")?;
                Some(outline.node(child).start..outline.node(child).end)
            });
        let stand_in = stand_in.expect("no change takes the cell data away");
        let mut bytes = Vec::with_capacity(self.text.len() + data.len());
        bytes.extend_from_slice(&self.text.as_bytes()[..stand_in.start]);
        bytes.extend_from_slice(&self.bytes[data]);
        bytes.extend_from_slice(&self.text.as_bytes()[stand_in.end..]);
        package.put(&self.part, bytes);
    }
}

/// The place of the cell data, tags included, and what stands for them meanwhile.
///
/// The start tag is read as XML, so that a comment cannot pass for it. From there on only the
/// end tag is looked for: in cells `<` stands for nothing but markup, and whoever hides an end
/// tag in a comment or a CDATA section gets a part that is not well-formed, hence no overlay.
fn find_data(part: &str, text: &str) -> Result<Option<(Range<usize>, String)>, OverlayError> {
    let broken =
        |what: &str| OverlayError::cannot(format!("`{part}` is not well-formed XML: {what}"));
    let mut reader = Reader::from_str(text);
    let mut depth = 0usize;
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader
            .read_event()
            .map_err(|error| broken(&error.to_string()))?;
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let (name, is_empty) = match event {
            Event::Start(tag) => (tag.name().as_ref().to_owned(), false),
            Event::Empty(tag) => (tag.name().as_ref().to_owned(), true),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Eof => return Ok(None),
            _ => continue,
        };
        if depth == 1 && name.rsplit(':').next() == Some("sheetData") {
            let stand_in = format!("<{name}/>");
            if is_empty {
                return Ok(Some((start..end, stand_in)));
            }
            let end_tag = format!("</{name}");
            let close = memmem::find(&text.as_bytes()[end..], end_tag.as_bytes())
                .ok_or_else(|| broken("the cell data do not end"))?;
            let after = end + close + end_tag.len();
            let tail = text[after..].trim_start();
            if !tail.starts_with('>') {
                return Err(broken("the cell data do not end"));
            }
            return Ok(Some((start..text.len() - tail.len() + 1, stand_in)));
        }
        if !is_empty {
            depth += 1;
        }
    }
}

/// The rules of conditional formats, those of the extension list included.
fn rules<'o>(outline: &'o Outline) -> impl Iterator<Item = usize> + 'o {
    outline.all().filter(|&rule| outline.name(rule) == "cfRule")
}

/// The elements for marks, cell by cell, with priorities from 1 on: of several marks on a cell
/// the graver one colours it.
pub(super) fn conditional_formats(
    prefix: &str,
    marks: &[Mark],
    tints: &Tints,
) -> Result<String, OverlayError> {
    let mut cells: BTreeMap<(Cell, Cell), Vec<&Mark>> = BTreeMap::new();
    for mark in marks {
        let area = Area::expect(&mark.cell)?;
        cells.entry((area.first, area.last)).or_default().push(mark);
    }
    let mut formats = String::new();
    let mut priority = 0u32;
    for ((first, last), mut marks) in cells {
        marks.sort_by_key(|mark| mark.severity);
        formats += &format!(
            "<{prefix}conditionalFormatting sqref=\"{}\">",
            Area { first, last }
        );
        for mark in marks {
            priority = priority.saturating_add(1);
            formats += &format!(
                "<{prefix}cfRule type=\"expression\" dxfId=\"{}\" priority=\"{priority}\"><{prefix}formula>{}</{prefix}formula></{prefix}cfRule>",
                tints.number(mark.severity),
                escaped_content(&marked_formula(mark)?)
            );
        }
        formats += &format!("</{prefix}conditionalFormatting>");
    }
    Ok(formats)
}

/// The mark's formula with the sign by which it is found again.
fn marked_formula(mark: &Mark) -> Result<String, OverlayError> {
    let formula = checked_formula(&mark.cell, &mark.formula)?;
    let formula = format!(
        "AND({MARKER} {}\")=0,{formula})",
        mark.tag.replace('"', "\"\"")
    );
    checked_formula(&mark.cell, &formula).map(str::to_owned)
}

/// The formula without `=`, if Excel takes one of its length.
pub(super) fn checked_formula<'f>(cell: &str, formula: &'f str) -> Result<&'f str, OverlayError> {
    let formula = formula.strip_prefix('=').unwrap_or(formula);
    let found = formula.encode_utf16().count();
    if formula.trim().is_empty() || found > LONGEST_FORMULA {
        return Err(OverlayError::Formula {
            cell: cell.to_owned(),
            found,
        });
    }
    Ok(formula)
}

/// Takes elements out, and with them each element around that has become hollow: it may be so,
/// and has nothing left but what says nothing by itself.
pub(super) fn removal(
    outline: &Outline,
    elements: &BTreeSet<usize>,
    may_be_hollow: impl Fn(&str) -> bool,
) -> Edits {
    let mut gone = elements.clone();
    let parent = |&element: &usize| outline.node(element).parent;
    let mut around: BTreeSet<usize> = elements.iter().map(parent).collect();
    // An element comes before what it holds, so the last one is decided first.
    while let Some(element) = around.pop_last() {
        let is_hollow = element != 0
            && may_be_hollow(outline.name(element))
            && outline.children(element).all(|child| {
                gone.contains(&child)
                    || matches!(outline.name(child), "sqref" | "Fallback")
                        && outline.children(child).next().is_none()
            });
        if is_hollow && gone.insert(element) {
            around.insert(outline.node(element).parent);
        }
    }
    let mut edits = Edits::default();
    for element in gone {
        edits.remove(outline, element);
    }
    edits
}
