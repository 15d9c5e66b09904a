//! The style part: what our marks and the findings sheet need, appended to what is there.
//!
//! Formats are kept as text and found again as text, so a second overlay uses those of the
//! first. Existing formats keep their numbers, because every cell of the workbook counts on
//! them. Which cell looks how is left to `front` and `sheet`.

use std::io::{Read, Seek};

use super::parts::Package;
use super::xml::{DECLARATION, Edits, Outline, place_in_order};
use super::{Look, OverlayError, Tint};

const PART: &str = "xl/styles.xml";
const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml";

/// The children of `styleSheet`, as the schema orders them.
const ORDER: [&str; 11] = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
];

/// One list of formats: what it has, and what is appended.
struct List {
    name: &'static str,
    present: Vec<String>,
    added: Vec<String>,
}

impl List {
    /// The number of this format; it is appended if it is not there.
    fn number(&mut self, format: String) -> usize {
        let known = self
            .present
            .iter()
            .chain(&self.added)
            .position(|found| *found == format);
        known.unwrap_or_else(|| {
            self.added.push(format);
            self.present.len() + self.added.len() - 1
        })
    }
}

/// The numbers of the formats for marks.
pub(super) struct Tints([usize; 4]);

impl Tints {
    /// The number of this colour's format.
    pub(super) fn number(&self, tint: Tint) -> usize {
        self.0[tint as usize]
    }
}

/// The style part, opened.
pub(super) struct Styles {
    part: String,
    text: String,
    prefix: String,
    has_base_formats: bool,
    fonts: List,
    fills: List,
    borders: List,
    cells: List,
    conditional: List,
    /// The looks that were asked for: a findings sheet has a dozen of them on thousands of cells.
    looks: Vec<(Look, usize)>,
}

impl Styles {
    /// Opens the workbook's style part, or begins one: a workbook may have none.
    pub(super) fn open<R: Read + Seek>(
        package: &mut Package<R>,
        workbook: &str,
    ) -> Result<Self, OverlayError> {
        let part = if let Some((_, part)) = package.related(workbook, &["styles"])? {
            part
        } else {
            let main = package.main_namespace();
            let empty = format!("{DECLARATION}<styleSheet xmlns=\"{main}\"></styleSheet>");
            package.put(PART, empty.into_bytes());
            package.set_content_type(PART, CONTENT_TYPE)?;
            package.add_rel(workbook, "styles", PART)?;
            PART.to_owned()
        };
        let text = package.text(&part)?;
        let outline = Outline::parse(&part, &text)?;
        let prefix = outline.prefix().to_owned();
        let list = |name: &'static str, seeds: &[&str]| {
            let present: Vec<String> = outline
                .child(0, name)
                .into_iter()
                .flat_map(|list| outline.children(list))
                .map(|format| outline.whole(format).to_owned())
                .collect();
            // Number 0 is what cells without a format have, and fills 0 and 1 are Excel's own.
            let added = if present.is_empty() {
                seeds.iter().map(|seed| prefixed(seed, &prefix)).collect()
            } else {
                Vec::new()
            };
            List {
                name,
                present,
                added,
            }
        };
        let fonts = list(
            "fonts",
            &["<font><sz val=\"11\"/><name val=\"宋体\"/></font>"],
        );
        let fills = list(
            "fills",
            &[
                "<fill><patternFill patternType=\"none\"/></fill>",
                "<fill><patternFill patternType=\"gray125\"/></fill>",
            ],
        );
        let borders = list(
            "borders",
            &["<border><left/><right/><top/><bottom/><diagonal/></border>"],
        );
        let cells = list(
            "cellXfs",
            &["<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>"],
        );
        let conditional = list("dxfs", &[]);
        let has_base_formats = outline
            .child(0, "cellStyleXfs")
            .is_some_and(|list| outline.children(list).next().is_some());
        Ok(Self {
            prefix,
            has_base_formats,
            fonts,
            fills,
            borders,
            cells,
            conditional,
            looks: Vec::new(),
            part,
            text,
        })
    }

    /// The formats for marks.
    pub(super) fn tints(&mut self) -> Tints {
        Tints([Tint::Error, Tint::Query, Tint::Note, Tint::Good].map(|tint| {
            let (letters, behind, bold) = match tint {
                Tint::Error => ("FF9C0006", "FFFFC7CE", "<b/>"),
                Tint::Query => ("FF7F6000", "FFFFEB9C", ""),
                Tint::Note => ("FF1F4E78", "FFDDEBF7", ""),
                Tint::Good => ("FF006100", "FFC6EFCE", ""),
            };
            // In conditional formats a solid fill's colour is its background.
            let format = format!(
                "<dxf><font>{bold}<color rgb=\"{letters}\"/></font><fill><patternFill><bgColor rgb=\"{behind}\"/></patternFill></fill></dxf>"
            );
            self.conditional.number(prefixed(&format, &self.prefix))
        }))
    }

    /// The format of a cell that looks like this.
    pub(super) fn look(&mut self, look: &Look) -> usize {
        if let Some((_, number)) = self.looks.iter().find(|(known, _)| known == look) {
            return *number;
        }
        let number = self.new_look(look);
        self.looks.push((look.clone(), number));
        number
    }

    fn new_look(&mut self, look: &Look) -> usize {
        let size = if look.size.is_finite() {
            look.size.clamp(1.0, 409.0)
        } else {
            11.0
        };
        let bold = if look.bold { "<b/>" } else { "" };
        let color = look.color.map_or("FF000000".to_owned(), argb);
        let font = self.fonts.number(prefixed(
            &format!(
                "<font>{bold}<sz val=\"{size}\"/><color rgb=\"{color}\"/><name val=\"宋体\"/><family val=\"3\"/><charset val=\"134\"/></font>"
            ),
            &self.prefix,
        ));
        let fill = look.fill.map_or(0, |fill| {
            self.fills.number(prefixed(
                &format!(
                    "<fill><patternFill patternType=\"solid\"><fgColor rgb=\"{}\"/><bgColor indexed=\"64\"/></patternFill></fill>",
                    argb(fill)
                ),
                &self.prefix,
            ))
        });
        let line = |side: &str| {
            if look.border {
                format!("<{side} style=\"thin\"><color rgb=\"FFA6A6A6\"/></{side}>")
            } else {
                format!("<{side}/>")
            }
        };
        let sides: String = ["left", "right", "top", "bottom"].map(line).concat();
        let border = self.borders.number(prefixed(
            &format!("<border>{sides}<diagonal/></border>"),
            &self.prefix,
        ));
        let named = if self.has_base_formats {
            " xfId=\"0\""
        } else {
            ""
        };
        // 49 is text: an explanation that begins with a dash is no formula then.
        let kind = if look.unlocked { 49 } else { 0 };
        let center = if look.center {
            " horizontal=\"center\""
        } else {
            ""
        };
        let wrap = if look.wrap { " wrapText=\"1\"" } else { "" };
        let open = if look.unlocked {
            "<protection locked=\"0\"/>"
        } else {
            ""
        };
        let cell = format!(
            "<xf numFmtId=\"{kind}\" fontId=\"{font}\" fillId=\"{fill}\" borderId=\"{border}\"{named} applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" applyBorder=\"1\" applyAlignment=\"1\" applyProtection=\"1\"><alignment{center} vertical=\"center\"{wrap}/>{open}</xf>"
        );
        self.cells.number(prefixed(&cell, &self.prefix))
    }

    /// Writes the part with what was appended.
    pub(super) fn close<R: Read + Seek>(
        self,
        package: &mut Package<R>,
    ) -> Result<(), OverlayError> {
        let Self {
            part,
            text,
            prefix,
            fonts,
            fills,
            borders,
            cells,
            conditional,
            ..
        } = self;
        let outline = Outline::parse(&part, &text)?;
        let mut edits = Edits::default();
        for list in [fonts, fills, borders, cells, conditional] {
            if list.added.is_empty() {
                continue;
            }
            let added = list.added.concat();
            let count = (list.present.len() + list.added.len()).to_string();
            let name = list.name;
            match outline.child(0, name) {
                Some(place) => {
                    edits.append(&outline, place, &added);
                    edits.set(&outline, place, "count", &count);
                }
                None => edits.insert(
                    place_in_order(&outline, &ORDER, name),
                    format!("<{prefix}{name} count=\"{count}\">{added}</{prefix}{name}>"),
                ),
            }
        }
        let changed = edits.apply(&text);
        package.put_if_changed(&part, &text, changed);
        Ok(())
    }
}

fn argb(rgb: u32) -> String {
    format!("FF{:06X}", rgb & 0x00FF_FFFF)
}

/// Markup of ours with the part's namespace prefix on each name.
pub(super) fn prefixed(markup: &str, prefix: &str) -> String {
    if prefix.is_empty() {
        return markup.to_owned();
    }
    let opened = markup.replace('<', &format!("<{prefix}"));
    opened.replace(&format!("<{prefix}/"), &format!("</{prefix}"))
}
