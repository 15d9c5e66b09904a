//! A zip package of parts, held against the limits before anything of it is unpacked.

use super::overlay::LINE;
use super::{About, Error};
use crate::place::Cell;
use crate::rulebook::written::Limits;
use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::read::ZipFile;

/// A package over the bytes of a file.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    most: u64,
}

/// What the workbook's own part says of its sheets.
pub(super) struct BookFacts {
    /// Which part holds which sheet, by the sheet's name.
    pub parts: BTreeMap<String, String>,
    /// The parts with styles and strings, and whether each stands where it usually does.
    pub beside: Vec<(String, bool)>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    /// Whether formulas are computed otherwise than from the figures as they are stored.
    pub is_approximate: bool,
}

/// The parts that another part refers to.
pub(super) struct Relations(Vec<Relation>);

struct Relation {
    id: String,
    kind: String,
    part: String,
}

impl Relations {
    /// The part of a kind, such as `/styles`.
    pub fn part(&self, kind: &str) -> Option<&str> {
        let mut relations = self.0.iter();
        let found = relations.find(|relation| relation.kind.ends_with(kind))?;
        Some(&found.part)
    }

    /// The part that an id stands for.
    pub fn of(&self, id: &str) -> Option<&str> {
        let mut relations = self.0.iter();
        let found = relations.find(|relation| relation.id == id)?;
        Some(&found.part)
    }

    /// The worksheet that an id stands for, if it is one.
    pub fn worksheet(&self, id: &str) -> Option<&str> {
        let mut relations = self.0.iter();
        let found = relations.find(|relation| relation.id == id)?;
        found.kind.ends_with("/worksheet").then_some(&found.part)
    }
}

/// A part as it is unpacked.
pub(super) type Part<'p, 'a> = std::io::Take<ZipFile<'p, Cursor<&'a [u8]>>>;

/// The greatest part of a package that is read as one text, such as its list of sheets.
const MOST_TEXT: u64 = 16 << 20;

impl<'a> Package<'a> {
    /// Opens a package, if what it says of itself is within the limits. The sizes may lie, but
    /// the reader of the zip stops at them.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(Error::damaged)?;
        let over = |limit, found, allowed| {
            Err(Error::OverLimit {
                limit,
                found,
                allowed,
            })
        };
        let entries = zip.len() as u64;
        if entries > limits.entries {
            return over("entries", entries, limits.entries);
        }
        // Of two parts with one name readers take the one or the other: nobody could say which
        // figures were sent.
        if declared_entries(bytes).is_some_and(|declared| declared != entries % 65_536) {
            return Err(Error::Unusual("two parts have one name"));
        }
        let mut unpacked = 0_u64;
        let mut names = BTreeSet::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(Error::damaged)?;
            unpacked = unpacked.saturating_add(entry.size());
            let name = entry.name().unwrap_or_default().to_lowercase();
            if !names.insert(name.replace('\\', "/")) {
                return Err(Error::Unusual("two parts differ only in case"));
            }
            if name.ends_with("sharedstrings.xml") && entry.size() > limits.strings_bytes {
                return over("strings_bytes", entry.size(), limits.strings_bytes);
            }
        }
        if unpacked > limits.unpacked_bytes {
            return over("unpacked_bytes", unpacked, limits.unpacked_bytes);
        }
        Ok(Self {
            zip,
            most: limits.unpacked_bytes,
        })
    }

    /// A part by its name, if it is there.
    pub fn part(&mut self, name: &str) -> Option<Part<'_, 'a>> {
        let index = self.zip.index_for_name(name).or_else(|| {
            // Names are the same in any case, and some writers use the slash of their system.
            let same = |known: &str| known.replace('\\', "/").eq_ignore_ascii_case(name);
            let mut names = self.zip.file_names();
            names.position(|known| known.is_ok_and(|known| same(&known)))
        })?;
        Some(self.zip.by_index(index).ok()?.take(self.most))
    }

    /// Reads a part to its end, where its checksum is looked at.
    pub fn verify(&mut self, name: &str) -> Result<(), Error> {
        if let Some(mut part) = self.part(name) {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(Error::damaged)?;
        }
        Ok(())
    }

    /// A part as text, if it is there and not beyond all measure.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut text = String::new();
        let part = self.part(name)?;
        part.take(MOST_TEXT).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// What an OOXML package says of itself.
    pub fn about(&mut self, kind: &str) -> About {
        let core = self.text("docProps/core.xml").unwrap_or_default();
        let app = self.text("docProps/app.xml").unwrap_or_default();
        let custom = self.text("docProps/custom.xml").unwrap_or_default();
        About {
            kind: kind.to_owned(),
            application: element(&app, "Application"),
            modified: element(&core, "modified"),
            properties: properties(&custom),
        }
    }

    /// What the workbook's own part says. A sheet whose part cannot be made out has no facts; its
    /// cells are read all the same.
    pub fn sheets(&mut self) -> BookFacts {
        let root = self.relations("");
        let root = root.part("/officeDocument").unwrap_or("xl/workbook.xml");
        let related = self.relations(root);
        let book = self.text(root).unwrap_or_default();
        let epoch = attributes(&book, "workbookPr", &["date1904"]);
        let from_1904 = epoch.iter().any(|set| is_set(&set[0]));
        let sheets = attributes(&book, "sheet", &["name", "id"]).into_iter();
        let parts = sheets.filter_map(|[name, id]| Some((name, related.of(&id)?.to_owned())));
        let parts = parts.collect();
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let of = |kind: &str, name: &str| {
            let part = related.part(kind)?;
            let usual = format!("{folder}/{name}");
            Some((
                part.to_owned(),
                part.eq_ignore_ascii_case(usual.trim_start_matches('/')),
            ))
        };
        let beside = [
            of("/styles", "styles.xml"),
            of("/sharedStrings", "sharedStrings.xml"),
        ];
        // 以显示精度为准, and formulas that go round in circles until they settle.
        let approximate = attributes(&book, "calcPr", &["fullPrecision"]);
        let iterates = attributes(&book, "calcPr", &["iterate"]);
        BookFacts {
            parts,
            beside: beside.into_iter().flatten().collect(),
            from_1904,
            is_approximate: approximate.iter().any(|set| !is_set(&set[0]))
                || iterates.iter().any(|set| is_set(&set[0])),
        }
    }

    /// What people noted at a sheet's cells; what we put there is not theirs.
    pub fn comments(&mut self, sheet: &str) -> Vec<(Cell, String)> {
        let relations = self.relations(sheet);
        let part = relations.part("/comments").map(without_dots);
        let Some(xml) = part.and_then(|part| self.text(&part)) else {
            return Vec::new();
        };
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut found, mut at, mut in_text) = (Vec::new(), None, false);
        while let Ok(event) = reader.read_event() {
            let words = at.as_mut().map(|(_, words): &mut (Cell, String)| words);
            match (event, words) {
                (Event::Eof, _) => break,
                (Event::Start(tag), _) if tag.local_name().as_ref() == "comment" => {
                    let cell = attribute(&tag, "ref").and_then(|cell| Cell::parse(&cell));
                    at = cell.map(|cell| (cell, String::new()));
                }
                (Event::Start(tag), _) => in_text = tag.local_name().as_ref() == "t",
                (Event::End(tag), _) if tag.local_name().as_ref() == "comment" => {
                    found.extend(at.take().and_then(said));
                }
                (Event::End(_), _) => in_text = false,
                (Event::Text(text), Some(words)) if in_text => {
                    words.push_str(&text.xml10_content());
                }
                (Event::GeneralRef(name), Some(words)) if in_text => {
                    words.extend(super::ods::character(&name));
                }
                _ => {}
            }
        }
        found
    }

    /// The parts that a part refers to; those of the package itself where it is none.
    pub fn relations(&mut self, of: &str) -> Relations {
        let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
        let slash = if folder.is_empty() { "" } else { "/" };
        let xml = self.text(&format!("{folder}{slash}_rels/{file}.rels"));
        let found = attributes(
            &xml.unwrap_or_default(),
            "Relationship",
            &["Id", "Type", "Target"],
        );
        let relations = found.into_iter().map(|[id, kind, target]| Relation {
            id,
            kind,
            part: match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("{folder}{slash}{}", target.trim_start_matches("./")),
            },
        });
        Relations(relations.collect())
    }
}

/// How many entries the end of a zip's directory counts, where it does.
fn declared_entries(bytes: &[u8]) -> Option<u64> {
    let end = memmem::rfind(bytes, b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    let count = u16::from_le_bytes(count.try_into().ok()?);
    // All ones say that the count stands elsewhere.
    (count != u16::MAX).then(|| u64::from(count))
}

/// A part's name without steps back: `xl/worksheets/../comments1.xml` is `xl/comments1.xml`.
fn without_dots(part: &str) -> String {
    let mut folders: Vec<&str> = Vec::new();
    for step in part.split('/') {
        match step {
            ".." => drop(folders.pop()),
            "." => {}
            step => folders.push(step),
        }
    }
    folders.join("/")
}

/// A comment as its people wrote it, if they wrote anything. Of a conversation, what stands
/// behind Excel's own sentence about it.
fn said((cell, words): (Cell, String)) -> Option<(Cell, String)> {
    let theirs = words.split(LINE).next().unwrap_or_default();
    let theirs = match theirs.split_once("[Threaded comment]") {
        Some((_, rest)) => rest.split_once("Comment:").map_or(rest, |(_, said)| said),
        None => theirs,
    };
    // Excel begins a comment with its author's name on a line of its own.
    let theirs = match theirs.trim().split_once('\n') {
        Some((author, rest)) if author.trim_end().ends_with([':', '：']) => rest,
        _ => theirs,
    };
    let theirs = theirs.trim();
    (!theirs.is_empty()).then(|| (cell, theirs.to_owned()))
}

fn is_set(value: &str) -> bool {
    value == "1" || value == "true"
}

/// Some attributes of every element of a name that has them all.
fn attributes<const N: usize>(xml: &str, name: &str, wanted: &[&str; N]) -> Vec<[String; N]> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    while let Ok(event) = reader.read_event() {
        let (Event::Start(tag) | Event::Empty(tag)) = &event else {
            if event == Event::Eof {
                break;
            }
            continue;
        };
        if tag.local_name().as_ref() == name {
            let values: Option<Vec<String>> = wanted.iter().map(|w| attribute(tag, w)).collect();
            found.extend(values.and_then(|values| <[String; N]>::try_from(values).ok()));
        }
    }
    found
}

fn attribute(tag: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = tag
        .attributes()
        .flatten()
        .find(|a| a.key.as_ref() == wanted || a.key.local_name().as_ref() == wanted)?;
    let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0);
    value.map(Cow::into_owned).ok()
}

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut inside = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => inside = tag.local_name().as_ref() == name,
            Event::Text(text) if inside && !text.trim().is_empty() => {
                return Some(text.trim().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Custom properties by name.
fn properties(xml: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut found, mut name) = (Vec::new(), None);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) if tag.local_name().as_ref() == "property" => {
                name = attribute(&tag, "name");
            }
            Event::Text(text) if !text.trim().is_empty() => {
                found.extend(name.take().map(|name| (name, text.trim().to_owned())));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}
