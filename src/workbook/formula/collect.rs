//! Formulas out of a worksheet's XML.

use super::parse::shifted;
use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::BTreeMap;
use std::io::{BufReader, Read};

/// How many formulas of one workbook are kept, and how many bytes of them.
#[derive(Debug)]
pub(in crate::workbook) struct Allowance {
    formulas: usize,
    bytes: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            formulas: 50_000,
            bytes: 16 << 20,
        }
    }
}

impl Allowance {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.formulas = self.formulas.checked_sub(1)?;
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }
}

/// The formulas of a worksheet with their cells and the styles of these, in order.
///
/// A shared formula is written out for every cell that has it, unless it is one that is never
/// computed. An array formula stands in braces, in every cell of its range, so that nobody takes
/// a result that is not stored for a blank. There are none where the workbook has more than is
/// allowed, and from a damaged part only those before the damage.
pub(in crate::workbook) fn collect(
    part: impl Read,
    allowance: &mut Allowance,
) -> Vec<(Cell, String, u32)> {
    let mut collector = Collector {
        allowance,
        next_row: 0,
        next: Cell::new(0, 0),
        style: 0,
        shared: BTreeMap::new(),
        found: Vec::new(),
    };
    let Some(()) = collector.read(part) else {
        // What comes later is not kept either: the same sheets are left out on every machine.
        collector.allowance.formulas = 0;
        return Vec::new();
    };
    let mut found = collector.found;
    found.sort_by_key(|(cell, ..)| *cell);
    found.dedup_by(|later, earlier| {
        let twice = later.0 == earlier.0;
        if twice {
            // Which of the two is meant, nobody knows.
            earlier.1.clear();
        }
        twice
    });
    found
}

struct Collector<'a> {
    allowance: &'a mut Allowance,
    /// The row and the cell that follow, if they do not say where they are.
    next_row: u32,
    next: Cell,
    /// The style of the cell before it.
    style: u32,
    /// The places in `found` of the formulas that others share, by their numbers in the file.
    shared: BTreeMap<u32, usize>,
    found: Vec<(Cell, String, u32)>,
}

/// A formula's tag.
struct Tag {
    kind: Option<String>,
    range: Option<Range>,
    shared: Option<u32>,
}

impl Collector<'_> {
    /// Reads to the end of the data; nothing where there is more than allowed.
    fn read(&mut self, part: impl Read) -> Option<()> {
        let mut reader = quick_xml::Reader::from_reader(BufReader::new(part));
        reader.config_mut().expand_empty_elements = true;
        let (mut buffer, mut text) = (Vec::new(), String::new());
        let mut cell = None;
        let mut open = None;
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                    "row" => self.row(&tag),
                    "c" => cell = self.cell(&tag),
                    "f" if cell.is_some() => {
                        open = Some(Tag::new(&tag));
                        text.clear();
                    }
                    _ => {}
                },
                Ok(Event::Text(piece)) if open.is_some() => text.push_str(&piece.xml10_content()),
                Ok(Event::CData(piece)) if open.is_some() => text.push_str(&piece.xml10_content()),
                Ok(Event::GeneralRef(reference)) if open.is_some() => {
                    match resolved(&reference) {
                        Some(piece) => text.push_str(&piece),
                        // Nobody knows what it stands for: the formula is left out.
                        None => open = None,
                    }
                }
                Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                    "c" => cell = None,
                    "f" => {
                        if let Some((tag, cell)) = open.take().zip(cell) {
                            self.formula(&tag, cell, &text)?;
                        }
                    }
                    "sheetData" => return Some(()),
                    _ => {}
                },
                Ok(Event::Eof) | Err(_) => return Some(()),
                Ok(_) => {}
            }
        }
    }

    fn row(&mut self, tag: &BytesStart<'_>) {
        let number = attribute(tag, "r").and_then(|number| number.parse::<u32>().ok());
        let row = number.map_or(self.next_row, |number| number.saturating_sub(1));
        self.next_row = row.saturating_add(1);
        self.next = Cell::new(row, 0);
    }

    /// The cell of a tag, if a sheet has such a cell.
    fn cell(&mut self, tag: &BytesStart<'_>) -> Option<Cell> {
        let name = attribute(tag, "r").and_then(|name| Cell::parse(&name));
        let cell = name.unwrap_or(self.next);
        self.next = Cell::new(cell.row, cell.column.saturating_add(1));
        let style = attribute(tag, "s").and_then(|style| style.parse().ok());
        self.style = style.unwrap_or(0);
        (cell.row < MAX_ROWS && cell.column < MAX_COLUMNS).then_some(cell)
    }

    fn formula(&mut self, tag: &Tag, cell: Cell, text: &str) -> Option<()> {
        match (tag.kind.as_deref(), tag.shared) {
            (Some("array" | "dataTable"), _) => {
                let range = tag.range.unwrap_or(Range {
                    first: cell,
                    last: cell,
                });
                let text = format!("{{{text}}}");
                for row in range.first.row..=range.last.row {
                    for column in range.first.column..=range.last.column {
                        self.keep(Cell::new(row, column), text.clone())?;
                    }
                }
            }
            (Some("shared"), Some(number)) if text.is_empty() => {
                let master = self.shared.get(&number).and_then(|at| self.found.get(*at));
                if let Some((from, text, _)) = master {
                    // Taken whether or not a text comes out, for looking costs as much.
                    self.allowance.take(text.len())?;
                    if let Some(text) = shifted(text, *from, cell) {
                        self.found.push((cell, text, self.style));
                    }
                }
            }
            (kind, number) => {
                if let (Some("shared"), Some(number)) = (kind, number) {
                    self.shared.insert(number, self.found.len());
                }
                self.keep(cell, text.to_owned())?;
            }
        }
        Some(())
    }

    fn keep(&mut self, cell: Cell, text: String) -> Option<()> {
        self.allowance.take(text.len())?;
        self.found.push((cell, text, self.style));
        Some(())
    }
}

impl Tag {
    fn new(tag: &BytesStart<'_>) -> Self {
        Self {
            kind: attribute(tag, "t"),
            range: attribute(tag, "ref").and_then(|range| Range::parse(&range)),
            shared: attribute(tag, "si").and_then(|number| number.parse().ok()),
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().flatten();
    let found = attributes.find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value.into_owned())
}

/// What `&lt;` or `&#24037;` stands for.
fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character.to_string());
    }
    resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn found(data: &str) -> Vec<String> {
        let xml = format!("<worksheet><sheetData>{data}</sheetData><x:f>1</x:f></worksheet>");
        let formulas = collect(xml.as_bytes(), &mut Allowance::default());
        let shown = formulas.iter();
        shown
            .map(|(cell, text, style)| format!("{cell}={text}|{style}"))
            .collect()
    }

    #[test]
    fn formulas_are_collected_in_order_with_the_styles_of_their_cells() {
        let data = r#"<row r="3"><c r="B3" s="4"><f>IF(A1&lt;&gt;0,&quot;&#24037;&quot;,1)</f><v>1</v></c>
            <c r="C3"><v>2</v></c></row><row r="2"><c r="D2"><f><![CDATA[A1<B1]]></f></c><c r="E2"><f/></c></row>"#;
        assert_eq!(
            found(data),
            ["D2=A1<B1|0", "E2=|0", "B3=IF(A1<>0,\"工\",1)|4"]
        );
    }

    #[test]
    fn cells_and_rows_need_not_say_where_they_are() {
        let data = "<row><c><v>1</v></c><c><f>A1</f></c></row><row><c><f>B1</f></c></row>
            <row r=\"9\"/><row><c/><c r=\"D10\"/><c><f>C1</f></c></row>";
        assert_eq!(found(data), ["B1=A1|0", "A2=B1|0", "E10=C1|0"]);
    }

    #[test]
    fn shared_formulas_are_written_out() {
        let data = r#"<row r="5"><c r="C5"><f t="shared" ref="C5:D6" si="4294967295">SUM(A$1:A4)</f></c>
            <c r="D5"><f t="shared" si="4294967295"/></c><c r="E5"><f t="shared" si="7"/></c></row>
            <row r="6"><c r="C6" s="2"><f t="shared" si="4294967295"></f></c>
            <c r="D6"><f t="shared" si="99999999999">1</f></c></row>"#;
        assert_eq!(
            found(data),
            [
                "C5=SUM(A$1:A4)|0",
                "D5=SUM(B$1:B4)|0",
                "C6=SUM(A$1:A5)|2",
                "D6=1|0"
            ]
        );
        // Where a reference leaves the sheet, there is nothing to compute.
        let data = r#"<row r="5"><c r="C5"><f t="shared" si="0">B5</f></c>
            <c r="A5"><f t="shared" si="0"/></c></row>"#;
        assert_eq!(found(data), ["C5=B5|0"]);
    }

    #[test]
    fn array_formulas_stand_in_braces_wherever_they_reach() {
        let data = r#"<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2*2</f></c>
            <c r="C1"><f t="dataTable" ref="C1:C2" r1="B1"/></c><c r="D1"><f t="array">SUM(A1)</f></c></row>"#;
        assert_eq!(
            found(data),
            [
                "A1={B1:B2*2}|0",
                "C1={}|0",
                "D1={SUM(A1)}|0",
                "A2={B1:B2*2}|0",
                "C2={}|0"
            ]
        );
    }

    #[test]
    fn a_cell_that_stands_twice_has_no_formula_that_anybody_could_vouch_for() {
        let data = r#"<row><c r="A1"><f>1</f></c><c r="A1"><f>2</f></c></row>"#;
        assert_eq!(found(data), ["A1=|0"]);
    }

    #[test]
    fn nothing_is_kept_of_more_than_is_allowed() {
        let mut many = String::from("<sheetData>");
        for row in 1..=50_001 {
            let _ = write!(many, r#"<c r="A{row}"><f>1</f></c>"#);
        }
        let text = format!("IF(A1=\"{}\",1,0)", "-".repeat(8_000));
        let mut long = format!(r#"<sheetData><c r="A1"><f t="shared" si="0">{text}</f></c>"#);
        for row in 1..=2_500 {
            let _ = write!(long, r#"<c r="B{row}"><f t="shared" si="0"/></c>"#);
        }
        let wide = r#"<sheetData><c r="A1"><f t="array" ref="A1:XFD1048576">1</f></c>"#;
        for xml in [many.as_str(), &long, wide] {
            let mut allowance = Allowance::default();
            assert!(collect(xml.as_bytes(), &mut allowance).is_empty());
            let later = collect(&b"<c r=\"A1\"><f>1</f></c>"[..], &mut allowance);
            assert!(later.is_empty());
        }
    }

    #[test]
    fn no_part_is_too_strange() {
        let start = "<c r=\"A1\"><f t=\"shared\" si=\"0\">";
        for text in [
            "",
            "<",
            "<c><f>",
            start,
            "<f>1</f>",
            "</c></f>",
            "<row r='4294967295'><c><f t='shared' si='0'>A1</f></c><c><f t='shared' si='0'/></c>",
            "<c r='月'><f>&x;&#0;</f></c>",
        ] {
            for end in [
                "",
                "</f>",
                "</f></c>",
                "\u{0}",
                "<row r=\"4294967295\"><c/><c/>",
            ] {
                let xml = format!("{text}{end}");
                collect(xml.as_bytes(), &mut Allowance::default());
            }
        }
        collect(
            &b"<c r=\"A1\"><f>\xff</f></c>"[..],
            &mut Allowance::default(),
        );
    }
}
