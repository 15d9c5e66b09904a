//! An `OpenDocument` spreadsheet: the few parts that a program needs to open it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{decimals, end, escaped, shown};
use crate::dress;
use crate::page::{Book, Cell, Look, Page, Stored, Value};

const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";

const MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"#;

const SPACES: &str = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.2""#;

pub fn bytes(book: &Book) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Dated by the period, never by the clock.
    let (year, month) = dress::due(book.dated);
    let date = DateTime::from_date_and_time(u16::try_from(year)?, month, book.saved, 0, 0, 0)?;
    let packed = SimpleFileOptions::default().last_modified_time(date);
    let plain = packed.compression_method(CompressionMethod::Stored);
    let styles = format!("<office:document-styles {SPACES}/>");
    let meta = format!(
        "<office:document-meta {SPACES}><office:meta><meta:generator>LibreOffice/7.4\
         </meta:generator><dc:date>{year}-{month:02}-{:02}T00:00:00</dc:date></office:meta>\
         </office:document-meta>",
        book.saved
    );
    let parts = [
        ("mimetype", plain, KIND),
        ("META-INF/manifest.xml", packed, MANIFEST),
        ("content.xml", packed, &content(book)?),
        ("styles.xml", packed, &styles),
        ("meta.xml", packed, &meta),
    ];
    for (name, options, text) in parts {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The sheets, and the styles that their cells, columns and rows refer to.
fn content(book: &Book) -> Result<String, std::fmt::Error> {
    let mut styles = Styles::default();
    let mut tables = String::new();
    for page in &book.pages {
        table(&mut tables, page, &mut styles)?;
    }
    let xml = styles.xml;
    Ok(format!(
        "<office:document-content {SPACES}><office:automatic-styles>\
         <style:style style:name=\"hidden\" style:family=\"table\">\
         <style:table-properties table:display=\"false\"/></style:style>{xml}\
         </office:automatic-styles><office:body><office:spreadsheet>{tables}\
         </office:spreadsheet></office:body></office:document-content>"
    ))
}

fn table(xml: &mut String, page: &Page, styles: &mut Styles) -> std::fmt::Result {
    let hidden = if page.hidden {
        " table:style-name=\"hidden\""
    } else {
        ""
    };
    let name = escaped(&page.name);
    write!(xml, "<table:table table:name=\"{name}\"{hidden}>")?;
    let (rows, columns) = end(page);
    for column in 0..columns {
        let width = page.widths.get(&column).copied().unwrap_or(8.43);
        let style = styles.size("table-column", "column-width", width * 5.25)?;
        write!(xml, "<table:table-column table:style-name=\"{style}\"/>")?;
    }
    for row in 0..rows {
        let height = page.heights.get(&row).copied().unwrap_or(15.0);
        let style = styles.size("table-row", "row-height", height)?;
        write!(xml, "<table:table-row table:style-name=\"{style}\">")?;
        for column in 0..columns {
            match page.cells.get(&(row, column)) {
                Some(cell) => self::cell(xml, page, (row, column), cell, styles)?,
                None => xml.push_str("<table:table-cell/>"),
            }
        }
        xml.push_str("</table:table-row>");
    }
    xml.push_str("</table:table>");
    Ok(())
}

fn cell(
    xml: &mut String,
    page: &Page,
    (row, column): (u32, u16),
    cell: &Cell,
    styles: &mut Styles,
) -> std::fmt::Result {
    let around = page
        .merges
        .iter()
        .find(|(first_row, first, last_row, last)| {
            (*first_row..=*last_row).contains(&row) && (*first..=*last).contains(&column)
        });
    let (tag, spans) = match around {
        Some((first_row, first, last_row, last)) if (*first_row, *first) == (row, column) => {
            let (down, right) = (last_row - first_row + 1, last - first + 1);
            let spans = format!(
                " table:number-columns-spanned=\"{right}\" table:number-rows-spanned=\"{down}\""
            );
            ("table:table-cell", spans)
        }
        Some(_) => ("table:covered-table-cell", String::new()),
        None => ("table:table-cell", String::new()),
    };
    let style = styles.cell(&cell.look)?;
    write!(xml, "<{tag} table:style-name=\"{style}\"{spans}")?;
    let format = cell.look.number_format.as_deref();
    match &cell.value {
        Value::Formula { text, result } => {
            write!(xml, " table:formula=\"of:{}\"", formula(text))?;
            if let Stored::Number(number) = result {
                value(xml, *number, format)?;
            } else {
                xml.push_str(" office:value-type=\"string\" office:string-value=\"\"");
            }
        }
        Value::Number(number) => value(xml, *number, format)?,
        Value::Text(_) => xml.push_str(" office:value-type=\"string\""),
        Value::Blank => {}
    }
    xml.push('>');
    if let Some(comment) = &cell.comment {
        let comment = escaped(comment);
        write!(
            xml,
            "<office:annotation><text:p>{comment}</text:p></office:annotation>"
        )?;
    }
    let shown = shown(&cell.value, format);
    for line in shown.lines() {
        write!(xml, "<text:p>{}</text:p>", escaped(line))?;
    }
    write!(xml, "</{tag}>")
}

fn value(xml: &mut String, number: f64, format: Option<&str>) -> std::fmt::Result {
    let kind = match format {
        Some(format) if format.ends_with('%') => "percentage",
        _ => "float",
    };
    write!(
        xml,
        " office:value-type=\"{kind}\" office:value=\"{number}\""
    )
}

/// A formula in the notation of `OpenDocument`, where `C11:C13` is `[.C11:.C13]`.
fn formula(text: &str) -> String {
    let mut written = String::new();
    let is_place = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| !is_place(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(first.len_utf8()));
        let is_cell = word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.ends_with(|c: char| c.is_ascii_digit());
        if is_cell {
            written += &["[.", &word.replace(':', ":."), "]"].concat();
        } else {
            written += &escaped(word).replace(',', ";");
        }
        rest = behind;
    }
    written
}

/// Styles that were asked for, each written once.
#[derive(Default)]
struct Styles {
    xml: String,
    names: BTreeMap<String, String>,
}

impl Styles {
    /// The name of a style with this content; `{name}` in it stands for its name.
    fn name(&mut self, content: &str) -> String {
        let next = format!("s{}", self.names.len());
        let name = self.names.entry(content.to_owned()).or_insert_with(|| {
            self.xml.push_str(&content.replace("{name}", &next));
            next
        });
        name.clone()
    }

    /// A column's width or a row's height, in points.
    fn size(&mut self, family: &str, what: &str, points: f64) -> Result<String, std::fmt::Error> {
        let mut xml = String::new();
        write!(
            xml,
            "<style:style style:name=\"{{name}}\" style:family=\"{family}\">"
        )?;
        write!(
            xml,
            "<style:{family}-properties style:{what}=\"{points}pt\"/></style:style>"
        )?;
        Ok(self.name(&xml))
    }

    fn cell(&mut self, look: &Look) -> Result<String, std::fmt::Error> {
        let mut xml =
            String::from("<style:style style:name=\"{name}\" style:family=\"table-cell\"");
        if let Some(format) = &look.number_format {
            let data = self.name(&number_style(format));
            write!(xml, " style:data-style-name=\"{data}\"")?;
        }
        xml.push_str("><style:table-cell-properties style:vertical-align=\"middle\"");
        if look.bordered {
            xml.push_str(" fo:border=\"0.5pt solid #000000\"");
        }
        if look.wrap {
            xml.push_str(" fo:wrap-option=\"wrap\"");
        }
        xml.push_str("/>");
        let align = match look {
            Look { centred: true, .. } => "center",
            Look { right: true, .. } => "end",
            _ => "",
        };
        if !align.is_empty() {
            write!(
                xml,
                "<style:paragraph-properties fo:text-align=\"{align}\"/>"
            )?;
        }
        let Look { font, size, .. } = look;
        let weight = if look.bold {
            " fo:font-weight=\"bold\""
        } else {
            ""
        };
        write!(
            xml,
            "<style:text-properties fo:font-family=\"{font}\" style:font-family-asian=\"{font}\" \
             style:font-size-asian=\"{size}pt\" fo:font-size=\"{size}pt\"{weight}/></style:style>"
        )?;
        Ok(self.name(&xml))
    }
}

fn number_style(format: &str) -> String {
    let (kind, sign) = match format {
        "@" => return "<number:text-style style:name=\"{name}\"><number:text-content/></number:text-style>".to_owned(),
        percent if percent.ends_with('%') => ("percentage", "<number:text>%</number:text>"),
        _ => ("number", ""),
    };
    let decimals = decimals(format);
    let grouping = if format.starts_with("#,") {
        " number:grouping=\"true\""
    } else {
        ""
    };
    format!(
        "<number:{kind}-style style:name=\"{{name}}\"><number:number \
         number:decimal-places=\"{decimals}\" number:min-integer-digits=\"1\"{grouping}/>{sign}\
         </number:{kind}-style>"
    )
}
