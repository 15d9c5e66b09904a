//! The cases of .ods.

use crate::zip::zip;
use crate::{Case, Outcome};

const OASIS: &str = "urn:oasis:names:tc:opendocument:xmlns";
const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";
const ONE: &str = "<table:table-cell office:value-type='float' office:value='1'/>";

/// Values that are lost or changed without a word.
pub fn values() -> Vec<Case> {
    let words = [
        "<draw:frame><draw:text-box><text:p>shape</text:p></draw:text-box></draw:frame><text:p>12</text:p>",
        "<text:p><text:ruby><text:ruby-base>12</text:ruby-base><text:ruby-text>ruby</text:ruby-text></text:ruby></text:p>",
        "<text:p>1<![CDATA[2]]></text:p>",
    ];
    let words = words.map(|words| {
        format!("<table:table-cell office:value-type='string'>{words}</table:table-cell>")
    });
    let two = table(&row(&ONE.replace('1', "2")));
    let linked =
        format!("<table:dde-links><table:dde-link>{two}</table:dde-link></table:dde-links>");
    vec![
        Case::reads(
            "text-content.ods",
            ods(&table(&row(&words.concat()))),
            "S: A1 \"shape\\n12\", B1 \"12ruby\", C1 \"1\"",
        ),
        Case::reads(
            "linked-table.ods",
            ods(&(table(&row(ONE)) + &linked)),
            "S: A1 2; S: A1 2",
        ),
        Case::reads(
            "percent.ods",
            ods(&table(&row(
                "<table:table-cell office:value-type='percentage' office:value='0.5'/>",
            ))),
            "S: A1 0.5",
        ),
    ]
}

/// Files that are refused whole.
pub fn refusals() -> Vec<Case> {
    let broken = ods(&table(&row(&format!("\n{ONE}\n"))));
    vec![Case::reads("line-breaks.ods", broken, "refused")]
}

/// Files that end the process.
pub fn ends() -> Vec<Case> {
    let many = ONE.replace("/>", " table:number-columns-repeated='95'/>");
    let many = row(&many).replacen("row>", "row table:number-rows-repeated='1048576'>", 1);
    vec![Case::ends(
        "repeated-cells.ods",
        ods(&table(&many)),
        Outcome::Aborts,
    )]
}

/// Files that are read for ever.
pub fn loops() -> Vec<Case> {
    let table = "<table:table table:name='S'>";
    let note = format!(
        "{table}<table:table-row><table:table-cell office:value-type='string'><office:annotation>"
    );
    vec![
        Case::ends("open-table.ods", ods(table), Outcome::RunsOn),
        Case::ends("open-note.ods", ods(&note), Outcome::RunsOn),
    ]
}

fn table(rows: &str) -> String {
    format!("<table:table table:name='S'>{rows}</table:table>")
}

fn row(cells: &str) -> String {
    format!("<table:table-row>{cells}</table:table-row>")
}

fn ods(tables: &str) -> Vec<u8> {
    let names =
        ["office", "table", "text"].map(|name| format!(" xmlns:{name}='{OASIS}:{name}:1.0'"));
    let content = format!(
        "<office:document-content{} xmlns:draw='{OASIS}:drawing:1.0' office:version='1.2'><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
        names.concat()
    );
    let manifest = format!(
        "<manifest:manifest xmlns:manifest='{OASIS}:manifest:1.0' manifest:version='1.2'><manifest:file-entry manifest:full-path='/' manifest:media-type='{KIND}'/><manifest:file-entry manifest:full-path='content.xml' manifest:media-type='text/xml'/></manifest:manifest>"
    );
    zip(&[
        ("mimetype", KIND.into()),
        ("content.xml", content.into()),
        ("META-INF/manifest.xml", manifest.into()),
    ])
}
