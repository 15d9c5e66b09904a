//! Excel 2003 workbooks in one XML file ("XML Spreadsheet 2003"), which old systems write because
//! it is plain text, and often call `.xls`.
//!
//! Rows and cells stand one behind the other unless they state an index; an index that goes back
//! is one that Excel does not open either. Formats may be names (`Percent`, `Short Date`), which
//! Excel's web pages have too: [`Formats`] knows both for the two readers.

use super::sniff::Kind;
use super::text::decode;
use super::{
    Book, Budget, DAYS_TO_1904, Error, Formats, RawSheet, Value, error_value, within_sheet,
};
use crate::place::{Cell, MAX_COLUMNS, MAX_ROWS, Range};
use chrono::{NaiveDate, NaiveDateTime};
use encoding_rs::Encoding;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Elements lie at most seven deep, the marks of rich text within them aside.
const MOST_DEPTH: u32 = 100;

/// Reads a workbook in one XML file.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    let text = decode(bytes, declared(bytes)).ok_or_else(|| Error::damaged("not text"))?;
    let mut reader = Reader::from_str(&text);
    let mut workbook = Workbook::new(budget);
    let mut depth = 0_u32;
    let mut complete = false;
    loop {
        match reader.read_event().map_err(Error::damaged)? {
            Event::Start(tag) => {
                if depth == 0 && tag.local_name().as_ref() != "Workbook" {
                    return Err(Error::NotAWorkbook(Kind::Unknown));
                }
                depth += 1;
                if depth > MOST_DEPTH {
                    return Err(Error::damaged("too many elements within each other"));
                }
                workbook.start(&tag)?;
            }
            Event::Empty(tag) => {
                workbook.start(&tag)?;
                workbook.end(tag.local_name().as_ref())?;
            }
            Event::End(tag) => {
                workbook.end(tag.local_name().as_ref())?;
                depth = depth.saturating_sub(1);
                complete |= depth == 0;
            }
            Event::Text(text) => workbook.words(&text.xml10_content()),
            Event::CData(text) => workbook.words(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = character(&reference).ok_or_else(|| Error::damaged("unknown entity"))?;
                workbook.words(c.encode_utf8(&mut [0; 4]));
            }
            Event::Eof if complete && depth == 0 => break,
            Event::Eof => return Err(Error::damaged("the file ends before its end tag")),
            _ => {}
        }
    }
    Ok(workbook.finish())
}

/// The encoding that the first line of an XML file names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes));
    let (_, rest) = head.split_once("?>")?.0.split_once("encoding")?;
    let label = rest.split(['"', '\'']).nth(1)?;
    // A file whose declaration can be read as bytes is not UTF-16.
    Some(Encoding::for_label(label.as_bytes())?.output_encoding())
}

/// The character that an entity stands for.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    match reference.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok()?,
    }
}

/// An attribute by its name without a prefix.
fn attribute<'a>(tag: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    let mut attributes = tag.attributes();
    // The check for attributes that stand twice takes long where there are many.
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok()
}

/// An attribute that counts something.
fn count(tag: &BytesStart<'_>, name: &str) -> u32 {
    let found = attribute(tag, name);
    found.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Where a row, column or cell stands, from zero: at its index, else where the one before it ends.
fn index(tag: &BytesStart<'_>, next: u32) -> Result<u32, Error> {
    let Some(text) = attribute(tag, "Index") else {
        return Ok(next);
    };
    let index = text.parse::<u32>().ok().and_then(|n| n.checked_sub(1));
    let index = index.filter(|index| *index >= next);
    index.ok_or_else(|| Error::damaged(format!("`ss:Index` {text} after {next}")))
}

fn is_set(tag: &BytesStart<'_>, name: &str) -> bool {
    attribute(tag, name).is_some_and(|value| value == "1")
}

/// The serial number, in the 1900 calendar, of `2024-03-05T08:30:00.000`.
fn serial(text: &str) -> Option<f64> {
    let moment = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(chrono::NaiveTime::MIN);
    let passed = moment - start;
    let days = i32::try_from(passed.num_days()).ok()?;
    let seconds =
        i32::try_from((passed - chrono::TimeDelta::days(days.into())).num_seconds()).ok()?;
    // The 1900 calendar has a 29 February that was none: what is before it counts one less.
    let days = if days <= 60 { days - 1 } else { days };
    Some(f64::from(days) + f64::from(seconds) / 86_400.0)
}

/// A workbook while it is read.
struct Workbook<'b, 'l> {
    budget: &'b mut Budget<'l>,
    book: Book,
    formats: Formats,
    /// The formats of the styles.
    styles: BTreeMap<String, u32>,
    style: Option<String>,
    /// What the workbook's calendar lacks to the 1900 calendar.
    days: f64,
    sheet: Option<RawSheet>,
    /// Where the table starts.
    origin: Cell,
    /// The format of the table, and those of its columns and of the row.
    table_format: Option<u32>,
    column_formats: Vec<Option<u32>>,
    row_format: Option<u32>,
    next_row: u32,
    next_column: u32,
    row: u32,
    cell: Option<OpenCell>,
    in_comment: bool,
    /// The words of an element whose words matter.
    words: Option<String>,
}

/// A cell while it is read.
struct OpenCell {
    at: Cell,
    format: u32,
    has_formula: bool,
    has_result: bool,
    /// The type of its data.
    kind: String,
}

impl<'b, 'l> Workbook<'b, 'l> {
    fn new(budget: &'b mut Budget<'l>) -> Self {
        Self {
            budget,
            book: Book::default(),
            formats: Formats::new(),
            styles: BTreeMap::new(),
            style: None,
            days: 0.0,
            sheet: None,
            origin: Cell::new(0, 0),
            table_format: None,
            column_formats: Vec::new(),
            row_format: None,
            next_row: 0,
            next_column: 0,
            row: 0,
            cell: None,
            in_comment: false,
            words: None,
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        match tag.local_name().as_ref() {
            "Date1904" => self.days = DAYS_TO_1904,
            "Style" => self.open_style(tag),
            "NumberFormat" => {
                let format = attribute(tag, "Format").unwrap_or_default();
                let place = self.formats.place(&format);
                self.styles
                    .extend(self.style.clone().map(|style| (style, place)));
            }
            "Worksheet" => self.open_sheet(tag)?,
            "Table" => {
                let start = |name| count(tag, name).saturating_sub(1);
                self.origin = within_sheet(start("TopCell"), start("LeftCell"))?;
                self.table_format = self.format(tag);
                (self.next_row, self.next_column) = (0, 0);
            }
            "Column" => self.column(tag)?,
            "Row" => self.open_row(tag)?,
            "Cell" => self.open_cell(tag)?,
            // A note on a cell has data too.
            "Comment" => self.in_comment = true,
            "Data" if !self.in_comment => {
                if let Some(cell) = &mut self.cell {
                    cell.kind = attribute(tag, "Type").unwrap_or_default().into_owned();
                    self.words = Some(String::new());
                }
            }
            "LastSaved" | "Visible" => self.words = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Error> {
        match name {
            "Style" => self.style = None,
            "Worksheet" => {
                if let Some(mut sheet) = self.sheet.take() {
                    sheet.close();
                    self.book.sheets.push(sheet);
                }
            }
            "Cell" => self.close_cell(),
            "Comment" => self.in_comment = false,
            "Data" if !self.in_comment => self.close_data()?,
            "LastSaved" => self.book.about.modified = self.words.take(),
            "Visible" => {
                let hidden = self
                    .words
                    .take()
                    .is_some_and(|words| words.ends_with("Hidden"));
                if let Some(sheet) = &mut self.sheet {
                    sheet.hidden = hidden;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn words(&mut self, text: &str) {
        if let Some(words) = &mut self.words {
            words.push_str(text);
        }
    }

    fn finish(mut self) -> Book {
        let formats = self.formats.into_table();
        for sheet in &mut self.book.sheets {
            sheet.formats = Arc::clone(&formats);
        }
        ".xml".clone_into(&mut self.book.about.kind);
        self.book
    }

    /// A style shows what its parent shows, unless it states a format itself.
    fn open_style(&mut self, tag: &BytesStart<'_>) {
        let named = |name| attribute(tag, name).map(Cow::into_owned);
        self.style = named("ID");
        let parent = named("Parent").unwrap_or_else(|| "Default".to_owned());
        let inherited = self.styles.get(&parent).copied();
        self.styles.extend(self.style.clone().zip(inherited));
    }

    /// The format of the style that an element names.
    fn format(&self, tag: &BytesStart<'_>) -> Option<u32> {
        let style = attribute(tag, "StyleID")?;
        Some(self.styles.get(style.as_ref()).copied().unwrap_or(0))
    }

    fn open_sheet(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let (found, allowed) = (self.book.sheets.len() as u64 + 1, self.budget.limits.sheets);
        if found > u64::from(allowed) {
            return Err(Error::OverLimit {
                limit: "sheets",
                found,
                allowed: allowed.into(),
            });
        }
        let name = attribute(tag, "Name").unwrap_or_default();
        let mut sheet = RawSheet::new(name, false, Arc::default());
        sheet.facts.protected = is_set(tag, "Protected");
        self.sheet = Some(sheet);
        self.table_format = None;
        self.column_formats.clear();
        Ok(())
    }

    /// A column, or several that are alike.
    fn column(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let first = index(tag, self.next_column)?;
        let last = first.saturating_add(count(tag, "Span")).min(MAX_COLUMNS);
        self.next_column = last + 1;
        // A second table of a sheet, which Excel never writes, has nothing new to say.
        let known = self.column_formats.len();
        if let Some(format) = self.format(tag).filter(|_| known <= first as usize) {
            self.column_formats.resize(first.min(last) as usize, None);
            self.column_formats.resize(last as usize + 1, Some(format));
        }
        let left = self.origin.column;
        if let Some(sheet) = self.sheet.as_mut().filter(|_| is_set(tag, "Hidden")) {
            let hidden = &mut sheet.facts.hidden_columns;
            let known = hidden.last().map_or(0, |column| column + 1);
            let end = (left + last + 1).min(MAX_COLUMNS);
            hidden.extend(known.max(left.saturating_add(first))..end);
        }
        Ok(())
    }

    /// A row; one with a span stands for several, which are empty and so of no matter.
    fn open_row(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let first = index(tag, self.next_row)?;
        self.row = within_sheet(self.origin.row.saturating_add(first), 0)?.row;
        self.next_row = first.saturating_add(count(tag, "Span")).saturating_add(1);
        self.next_column = 0;
        self.row_format = self.format(tag);
        if let Some(sheet) = self.sheet.as_mut().filter(|_| is_set(tag, "Hidden")) {
            sheet.facts.hidden_rows.push(self.row);
        }
        Ok(())
    }

    fn open_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let Some(sheet) = &mut self.sheet else {
            return Ok(());
        };
        let column = index(tag, self.next_column)?;
        let at = within_sheet(self.row, self.origin.column.saturating_add(column))?;
        let (across, down) = (count(tag, "MergeAcross"), count(tag, "MergeDown"));
        self.next_column = column.saturating_add(across).saturating_add(1);
        if across > 0 || down > 0 {
            let last = Cell::new(
                at.row.saturating_add(down).min(MAX_ROWS - 1),
                at.column.saturating_add(across).min(MAX_COLUMNS - 1),
            );
            sheet.merge(Range { first: at, last }, self.budget.limits)?;
        }
        let has_formula = attribute(tag, "Formula").is_some();
        sheet.facts.formulas += u64::from(has_formula);
        let of_column = self.column_formats.get(column as usize).copied().flatten();
        let format = self.format(tag).or(self.row_format).or(of_column);
        let format = format.or(self.table_format);
        self.cell = Some(OpenCell {
            at,
            format: format.or(self.styles.get("Default").copied()).unwrap_or(0),
            has_formula,
            has_result: false,
            kind: String::new(),
        });
        Ok(())
    }

    fn close_data(&mut self) -> Result<(), Error> {
        let (Some(cell), Some(sheet)) = (&mut self.cell, &mut self.sheet) else {
            return Ok(());
        };
        let words = self.words.take().unwrap_or_default();
        let value = match cell.kind.as_str() {
            "String" | "" => Some(Value::Text(&words)),
            // What has a formula is without a result then.
            _ if words.trim().is_empty() => return Ok(()),
            "Number" => {
                let number = words.trim().parse().ok().filter(|x: &f64| x.is_finite());
                number.map(|x| self.formats.number(x, cell.format, self.days))
            }
            "DateTime" => serial(&words)
                .map(|serial| serial - self.days)
                .map(|x| self.formats.number(x, cell.format, self.days)),
            "Boolean" => match words.trim() {
                "0" => Some(Value::Truth(false)),
                "1" => Some(Value::Truth(true)),
                _ => None,
            },
            "Error" => error_value(&words).map(Value::Error),
            _ => None,
        };
        cell.has_result = true;
        if let Some(value) = value {
            sheet.push(cell.at, value, cell.format, self.budget)
        } else {
            sheet.damaged += 1;
            sheet.facts.damaged.push(cell.at);
            Ok(())
        }
    }

    fn close_cell(&mut self) {
        if let (Some(cell), Some(sheet)) = (self.cell.take(), &mut self.sheet)
            && cell.has_formula
            && !cell.has_result
        {
            sheet.facts.without_result.push(cell.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::Limits;

    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">"#;

    fn book(body: &str) -> Result<Book, Error> {
        let limits = Limits::default();
        let text = format!("{HEAD}{body}</Workbook>");
        read(text.as_bytes(), &mut Budget::new(&limits))
    }

    fn sheet(table: &str) -> RawSheet {
        let body = format!("<Worksheet ss:Name=\"表\"><Table>{table}</Table></Worksheet>");
        book(&body).expect("a book").sheets.remove(0)
    }

    fn cells(sheet: &RawSheet) -> Vec<String> {
        let shown = sheet.cells.iter().map(|raw| {
            let format = sheet.format(raw);
            let percent = if format.percent { "%" } else { "" };
            match sheet.value(raw) {
                Value::Text(text) => format!("{}={text}{percent}", raw.cell),
                Value::Number(x) => format!("{} {x}{percent}", raw.cell),
                Value::Date(x) => format!("{} day {x}{percent}", raw.cell),
                other => format!("{} {other:?}{percent}", raw.cell),
            }
        });
        shown.collect()
    }

    #[test]
    fn a_workbook_is_read_with_merges_formats_and_what_is_hidden() {
        let book = book(
            r#"<DocumentProperties xmlns="urn:schemas-microsoft-com:office:office">
 <LastSaved>2024-01-06T08:30:00Z</LastSaved></DocumentProperties>
<Styles>
 <Style ss:ID="Default" ss:Name="Normal"><NumberFormat/></Style>
 <Style ss:ID="s21"><NumberFormat ss:Format="Percent"/></Style>
 <Style ss:ID="s22"><NumberFormat ss:Format="Short Date"/></Style>
 <Style ss:ID="s23" ss:Parent="s21"><Font ss:Bold="1"/></Style>
 <Style ss:ID="s24"><NumberFormat ss:Format="0.0&quot;%&quot;"/></Style>
</Styles>
<Worksheet ss:Name="表一 &amp; 表二" ss:Protected="1">
 <Table ss:ExpandedColumnCount="4">
  <Column ss:Index="3" ss:StyleID="s21"/><Column ss:Hidden="1" ss:Span="1"/>
  <Row><Cell ss:MergeAcross="2"><Data ss:Type="String">统计表&#10;（一）</Data></Cell>
   <Cell><Data ss:Type="String"><![CDATA[<备注>]]></Data>
    <Comment ss:Author="x"><ss:Data>不是<B>格内</B>文字</ss:Data></Comment></Cell></Row>
  <Row ss:Index="4"><Cell ss:MergeDown="1"><Data ss:Type="String">甲</Data></Cell>
   <Cell ss:StyleID="s24"><Data ss:Type="Number">12.5</Data></Cell>
   <Cell><Data ss:Type="Number">0.147</Data></Cell>
   <Cell ss:StyleID="s23"><Data ss:Type="Number">1</Data></Cell></Row>
  <Row ss:Hidden="1"><Cell ss:Index="2" ss:StyleID="s22"><Data ss:Type="DateTime">2024-03-05T12:00:00.000</Data></Cell>
   <Cell ss:StyleID="Default" ss:Formula="=R[-1]C*2"><Data ss:Type="DateTime">1900-01-01T00:00:00.000</Data></Cell></Row>
  <Row ss:Hidden="1" ss:Span="1"/>
  <Row><Cell><Data ss:Type="Boolean">1</Data></Cell><Cell><Data ss:Type="Error">#DIV/0!</Data></Cell>
   <Cell ss:Formula="=1+1"/><Cell ss:Formula="=1+1"><Data ss:Type="Number"></Data></Cell></Row>
 </Table>
 <WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>
</Worksheet>
<Worksheet ss:Name="表三"/>"#,
        )
        .expect("a book");
        assert_eq!(book.about.modified.as_deref(), Some("2024-01-06T08:30:00Z"));
        assert_eq!(book.sheets.len(), 2);
        let sheet = &book.sheets[0];
        assert_eq!((sheet.name.as_str(), sheet.hidden), ("表一 & 表二", true));
        assert_eq!(
            cells(sheet),
            [
                "A1=统计表\n（一）",
                "D1=<备注>",
                "A4=甲",
                "B4 12.5",
                "C4 0.147%",
                "D4 1%",
                "B5 day 45356.5",
                "C5 1",
                "A8 Truth(true)",
                "B8 Error(\"#DIV/0!\")",
            ]
        );
        let facts = &sheet.facts;
        let ranges = ["A1:C1", "A4:A5"].map(|text| Range::parse(text).expect("a range"));
        assert_eq!(facts.merges, ranges);
        assert_eq!(facts.hidden_rows, [4, 5]);
        assert_eq!(facts.hidden_columns, [3, 4]);
        assert_eq!((facts.formulas, facts.protected), (3, true));
        let without: Vec<String> = facts.without_result.iter().map(Cell::to_string).collect();
        assert_eq!(without, ["C8", "D8"]);
    }

    #[test]
    fn days_of_the_1904_calendar_are_those_of_the_1900_calendar() {
        let book = book(
            r#"<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>
<Styles><Style ss:ID="d"><NumberFormat ss:Format="yyyy\-mm\-dd"/></Style></Styles>
<Worksheet ss:Name="a"><Table ss:StyleID="d"><Row>
<Cell><Data ss:Type="Number">0</Data></Cell>
<Cell><Data ss:Type="DateTime">1904-01-01T00:00:00.000</Data></Cell></Row></Table></Worksheet>"#,
        );
        let book = book.expect("a book");
        assert_eq!(cells(&book.sheets[0]), ["A1 day 1462", "B1 day 1462"]);
    }

    #[test]
    fn what_cannot_be_made_out_is_told_by_cell() {
        let found = sheet(
            r#"<Row><Cell><Data ss:Type="Number">12a</Data></Cell>
<Cell><Data ss:Type="Number">inf</Data></Cell><Cell><Data ss:Type="String">x</Data></Cell></Row>"#,
        );
        assert_eq!(cells(&found), ["C1=x"]);
        assert_eq!(found.facts.damaged, [Cell::new(0, 0), Cell::new(0, 1)]);
        assert_eq!(found.damaged, 2);
    }

    #[test]
    fn the_encoding_is_the_declared_one() {
        let text = HEAD.replace("UTF-8", "gb2312")
            + "<Worksheet ss:Name=\"表\"><Table><Row><Cell><Data ss:Type=\"String\">街道\
               </Data></Cell></Row></Table></Worksheet></Workbook>";
        let limits = Limits::default();
        let bytes = encoding_rs::GBK.encode(&text).0;
        let book = read(&bytes, &mut Budget::new(&limits)).expect("a book");
        assert_eq!(cells(&book.sheets[0]), ["A1=街道"]);
    }

    #[test]
    fn a_file_that_is_cut_off_is_damaged_wherever_it_ends() {
        let whole = format!(
            "{HEAD}<Worksheet ss:Name=\"表\"><Table><Column ss:Span=\"2\" ss:Hidden=\"1\"/>\
             <Row ss:Span=\"3\"><Cell ss:Index=\"2\" ss:MergeDown=\"3\" ss:Formula=\"=1\">\
             <Data ss:Type=\"Number\">1&#x31;</Data></Cell></Row></Table></Worksheet></Workbook>"
        );
        let limits = Limits::default();
        for end in 0..whole.len() {
            let found = read(&whole.as_bytes()[..end], &mut Budget::new(&limits));
            assert!(matches!(found, Err(Error::Damaged(_))), "{end}");
        }
        for at in 0..whole.len() {
            for byte in [0, b'<', b'>', b'"', b'&', b'9', b' ', 0xe8] {
                let mut bytes = whole.as_bytes().to_vec();
                bytes[at] = byte;
                let _ = read(&bytes, &mut Budget::new(&limits));
            }
        }
    }

    #[test]
    fn numbers_in_the_file_cannot_ask_for_more_than_a_sheet_has() {
        let huge = u32::MAX;
        for table in [
            format!("<Row ss:Index=\"{huge}\"><Cell/></Row>"),
            format!("<Row><Cell ss:Index=\"{huge}\"/></Row>"),
            format!("<Row><Cell ss:MergeAcross=\"{huge}\"/><Cell/></Row>"),
        ] {
            let found = book(&format!("<Worksheet><Table>{table}</Table></Worksheet>"));
            assert!(matches!(
                found,
                Err(Error::OverLimit { limit: "cells", .. })
            ));
        }
        let found = sheet(&format!(
            "<Column ss:Index=\"{huge}\" ss:Span=\"{huge}\" ss:Hidden=\"1\" ss:StyleID=\"a\"/>\
             <Row ss:Span=\"{huge}\" ss:Hidden=\"1\"><Cell ss:MergeDown=\"{huge}\"/></Row>"
        ));
        assert_eq!(found.facts.hidden_rows, [0]);
        assert_eq!(found.facts.merges[0].last, Cell::new(MAX_ROWS - 1, 0));
        let deep = "<B>".repeat(1_000_000);
        assert!(matches!(book(&deep), Err(Error::Damaged(_))));
        let back =
            "<Worksheet><Table><Row ss:Index=\"2\"/><Row ss:Index=\"2\"/></Table></Worksheet>";
        assert!(matches!(book(back), Err(Error::Damaged(_))));
    }
}
