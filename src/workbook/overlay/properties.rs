//! Custom document properties: where a workbook says which run it comes from.
//!
//! They survive saving by Excel, WPS and `LibreOffice`. Which there are is left to the caller.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use super::OverlayError;
use super::parts::Package;
use super::xml::{DECLARATION, Edits, Outline, escaped, escaped_content};

const PART: &str = "docProps/custom.xml";
const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.custom-properties+xml";
/// Ours begin with this.
const OURS: &str = "hebiao.";
/// The format id that all custom properties bear.
const FORMAT: &str = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";

/// Takes earlier properties of ours away and puts these in, of two of one name the first; says
/// whether there were earlier ones.
pub(super) fn replace<R: Read + Seek>(
    package: &mut Package<R>,
    properties: &[(String, String)],
) -> Result<bool, OverlayError> {
    let existing = package.related("", &["custom-properties", "customProperties"])?;
    let mut traced = false;
    let mut part = None;
    if let Some((rel, path)) = existing {
        let text = package.text(&path)?;
        let outline = Outline::parse(&path, &text)?;
        let mut edits = Edits::default();
        let mut left = 0;
        for property in outline.children(0) {
            if outline
                .attribute(property, "name")
                .is_some_and(|name| is_ours(&name))
            {
                edits.remove(&outline, property);
                traced = true;
            } else {
                left += 1;
            }
        }
        // Where others follow, the part stays: a second overlay is the first one again.
        if traced && left == 0 && properties.is_empty() {
            package.drop_rels("", &[rel.as_str()])?;
            package.drop_part(&path)?;
        } else {
            let changed = edits.apply(&text);
            package.put_if_changed(&path, &text, changed);
            part = Some(path);
        }
    }
    if properties.is_empty() {
        return Ok(traced);
    }

    let base = if package.strict {
        "http://purl.oclc.org/ooxml/officeDocument"
    } else {
        "http://schemas.openxmlformats.org/officeDocument/2006"
    };
    let part = if let Some(part) = part {
        part
    } else {
        let ns = if package.strict {
            "customProperties"
        } else {
            "custom-properties"
        };
        let empty = format!("{DECLARATION}<Properties xmlns=\"{base}/{ns}\"></Properties>");
        package.put(PART, empty.into_bytes());
        package.set_content_type(PART, CONTENT_TYPE)?;
        package.add_rel("", "customProperties", PART)?;
        PART.to_owned()
    };
    let text = package.text(&part)?;
    let outline = Outline::parse(&part, &text)?;
    let prefix = outline.prefix();
    // Property ids begin with 2: 0 and 1 mean other things in the format's forerunner.
    let mut id = outline
        .children(0)
        .filter_map(|property| outline.number(property, "pid"))
        .max()
        .unwrap_or(1)
        .max(1);
    let mut taken: BTreeSet<String> = outline
        .children(0)
        .filter_map(|property| Some(outline.attribute(property, "name")?.to_lowercase()))
        .collect();
    let mut added = String::new();
    for (name, value) in properties {
        if taken.insert(name.to_lowercase()) {
            id = id.saturating_add(1);
            added += &format!(
                "<{prefix}property fmtid=\"{FORMAT}\" pid=\"{id}\" name=\"{}\"><vt:lpwstr xmlns:vt=\"{base}/docPropsVTypes\">{}</vt:lpwstr></{prefix}property>",
                escaped(name),
                escaped_content(value)
            );
        }
    }
    let mut edits = Edits::default();
    edits.append(&outline, 0, &added);
    let changed = edits.apply(&text);
    package.put_if_changed(&part, &text, changed);
    Ok(traced)
}

fn is_ours(name: &str) -> bool {
    name.get(..OURS.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(OURS))
}
