//! The package: which parts it has, how they refer to each other, and what becomes of each.
//!
//! Parts that nobody touches are copied in their compressed form, so they stay the very bytes.
//! What a part says is left to the other modules; this one knows relationships and content
//! types only.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::xml::{DECLARATION, Edits, Outline, escaped};
use super::{Limits, OverlayError};

const CONTENT_TYPES: &str = "[Content_Types].xml";
/// More parts than any workbook has; each costs a look at the lists of parts.
const MOST_PARTS: usize = 20_000;
/// The namespace of relationships' types in the transitional conformance class.
const TRANSITIONAL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// The same in strict OOXML.
const STRICT: &str = "http://purl.oclc.org/ooxml/officeDocument/relationships";

/// What becomes of a part that came with the package.
enum Fate {
    Kept,
    Replaced(Vec<u8>),
    Dropped,
}

struct Entry {
    name: String,
    fate: Fate,
}

/// A relationship between parts.
#[derive(Debug, Clone)]
pub(super) struct Rel {
    pub id: String,
    /// The last word of its type: `worksheet`, `comments`.
    pub kind: String,
    /// The part it leads to; nothing when it leads out of the package.
    pub target: Option<String>,
}

/// An opened package with the changes made so far.
pub(super) struct Package<R> {
    zip: ZipArchive<R>,
    entries: Vec<Entry>,
    /// Part names do not differ in case, and some old writers used backslashes.
    places: BTreeMap<String, usize>,
    /// New parts by key: the name as it is written, and the bytes.
    added: BTreeMap<String, (String, Vec<u8>)>,
    limit: u64,
    /// Strict OOXML has other namespaces for everything.
    pub strict: bool,
}

impl<R: Read + Seek> Package<R> {
    /// Opens a package and looks whether its sizes are within the limits.
    pub(super) fn open(reader: R, limits: &Limits) -> Result<Self, OverlayError> {
        let foreign = |error: ZipError| {
            OverlayError::cannot(format!("it was read as a zip package, and: {error}"))
        };
        let mut zip = ZipArchive::new(reader).map_err(foreign)?;
        if zip.len() > MOST_PARTS {
            return Err(OverlayError::cannot(format!(
                "it has more than {MOST_PARTS} parts"
            )));
        }
        let mut entries = Vec::with_capacity(zip.len());
        let mut places = BTreeMap::new();
        let mut inflated: u64 = 0;
        for index in 0..zip.len() {
            let file = zip.by_index_raw(index).map_err(foreign)?;
            let name = file.name().map_err(foreign)?.into_owned();
            if file.encrypted() {
                return Err(OverlayError::cannot(format!("`{name}` is encrypted")));
            }
            inflated = inflated.saturating_add(file.size());
            if places.insert(key(&name), index).is_some() {
                return Err(OverlayError::cannot(format!(
                    "it has two parts named `{name}`"
                )));
            }
            entries.push(Entry {
                name,
                fate: Fate::Kept,
            });
        }
        if inflated > limits.max_inflated {
            return Err(OverlayError::TooLarge {
                found: inflated,
                limit: limits.max_inflated,
            });
        }
        if zip.has_duplicate_names() {
            return Err(OverlayError::cannot("it has two parts of one name"));
        }
        Ok(Self {
            zip,
            entries,
            places,
            added: BTreeMap::new(),
            limit: limits.max_inflated,
            strict: false,
        })
    }

    /// Whether the part is there as things stand.
    pub(super) fn has(&self, part: &str) -> bool {
        self.added.contains_key(&key(part))
            || self
                .places
                .get(&key(part))
                .is_some_and(|&index| !matches!(self.entries[index].fate, Fate::Dropped))
    }

    /// The part's bytes as things stand.
    pub(super) fn bytes(&mut self, part: &str) -> Result<Vec<u8>, OverlayError> {
        if let Some((_, bytes)) = self.added.get(&key(part)) {
            return Ok(bytes.clone());
        }
        let missing = || OverlayError::cannot(format!("it has no part `{part}`"));
        let &index = self.places.get(&key(part)).ok_or_else(missing)?;
        match &self.entries[index].fate {
            Fate::Replaced(bytes) => return Ok(bytes.clone()),
            Fate::Dropped => return Err(missing()),
            Fate::Kept => {}
        }
        let broken = |error: &dyn std::fmt::Display| {
            OverlayError::cannot(format!("`{part}` cannot be inflated: {error}"))
        };
        let file = self.zip.by_index(index).map_err(|error| broken(&error))?;
        let mut bytes = Vec::new();
        file.take(self.limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| broken(&error))?;
        let found = bytes.len() as u64;
        if found > self.limit {
            return Err(OverlayError::TooLarge {
                found,
                limit: self.limit,
            });
        }
        Ok(bytes)
    }

    /// The part as text.
    pub(super) fn text(&mut self, part: &str) -> Result<String, OverlayError> {
        let bytes = self.bytes(part)?;
        Ok(utf8(part, &bytes)?.to_owned())
    }

    /// Replaces a part, or adds it.
    pub(super) fn put(&mut self, part: &str, bytes: Vec<u8>) {
        match self.places.get(&key(part)) {
            Some(&index) if !matches!(self.entries[index].fate, Fate::Dropped) => {
                self.entries[index].fate = Fate::Replaced(bytes);
            }
            _ => {
                self.added.insert(key(part), (part.to_owned(), bytes));
            }
        }
    }

    /// The names of the parts as things stand.
    pub(super) fn parts(&self) -> Vec<String> {
        let kept = self
            .entries
            .iter()
            .filter(|entry| !matches!(entry.fate, Fate::Dropped));
        kept.map(|entry| entry.name.replace('\\', "/"))
            .chain(self.added.values().map(|(name, _)| name.clone()))
            .collect()
    }

    /// Drops a part with its own relationships and its content type.
    pub(super) fn drop_part(&mut self, part: &str) -> Result<(), OverlayError> {
        self.drop_bytes(part);
        self.drop_types(&[part.to_owned()])
    }

    fn drop_bytes(&mut self, part: &str) {
        for name in [part.to_owned(), rels_of(part)] {
            if let Some(&index) = self.places.get(&key(&name)) {
                self.entries[index].fate = Fate::Dropped;
            }
            self.added.remove(&key(&name));
        }
    }

    fn drop_types(&mut self, parts: &[String]) -> Result<(), OverlayError> {
        let gone: BTreeSet<String> = parts.iter().map(|part| key(part)).collect();
        let text = self.text(CONTENT_TYPES)?;
        let types = Outline::parse(CONTENT_TYPES, &text)?;
        let mut edits = Edits::default();
        for child in types.children(0) {
            if types
                .attribute(child, "PartName")
                .is_some_and(|name| gone.contains(&key(&name)))
            {
                edits.remove(&types, child);
            }
        }
        let changed = edits.apply(&text);
        self.put_if_changed(CONTENT_TYPES, &text, changed);
        Ok(())
    }

    /// Replaces a text only where it is another one, so that untouched parts stay raw copies.
    pub(super) fn put_if_changed(&mut self, part: &str, before: &str, after: String) {
        if before != after {
            self.put(part, after.into_bytes());
        }
    }

    /// The part's content type, from its own entry or from its extension.
    pub(super) fn content_type(&mut self, part: &str) -> Result<Option<String>, OverlayError> {
        let text = self.text(CONTENT_TYPES)?;
        let types = Outline::parse(CONTENT_TYPES, &text)?;
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        let own = types.children(0).find(|&child| {
            types
                .attribute(child, "PartName")
                .is_some_and(|name| key(&name) == key(part))
        });
        let common = types.children(0).find(|&child| {
            types
                .attribute(child, "Extension")
                .is_some_and(|found| found.eq_ignore_ascii_case(extension))
        });
        let found = own.or(common);
        Ok(found
            .and_then(|child| types.attribute(child, "ContentType"))
            .map(Into::into))
    }

    /// Says the part's content type in an entry of its own.
    pub(super) fn set_content_type(&mut self, part: &str, kind: &str) -> Result<(), OverlayError> {
        let text = self.text(CONTENT_TYPES)?;
        let types = Outline::parse(CONTENT_TYPES, &text)?;
        let mut edits = Edits::default();
        let own = types.children(0).find(|&child| {
            types
                .attribute(child, "PartName")
                .is_some_and(|name| key(&name) == key(part))
        });
        match own {
            Some(child) => edits.set(&types, child, "ContentType", kind),
            None => edits.append(
                &types,
                0,
                &format!(
                    "<{}Override PartName=\"/{}\" ContentType=\"{kind}\"/>",
                    types.prefix(),
                    escaped(part)
                ),
            ),
        }
        let changed = edits.apply(&text);
        self.put_if_changed(CONTENT_TYPES, &text, changed);
        Ok(())
    }

    /// Takes away the common content type of an extension when it is this one and no part of
    /// the extension is left.
    pub(super) fn drop_default_type(
        &mut self,
        extension: &str,
        kind: &str,
    ) -> Result<(), OverlayError> {
        let ending = format!(".{extension}");
        if self
            .parts()
            .iter()
            .any(|part| part.to_ascii_lowercase().ends_with(&ending))
        {
            return Ok(());
        }
        let text = self.text(CONTENT_TYPES)?;
        let types = Outline::parse(CONTENT_TYPES, &text)?;
        let mut edits = Edits::default();
        for child in types.children(0) {
            let is = |name, value: &str| {
                types
                    .attribute(child, name)
                    .is_some_and(|found| found.eq_ignore_ascii_case(value))
            };
            if is("Extension", extension) && is("ContentType", kind) {
                edits.remove(&types, child);
            }
        }
        let changed = edits.apply(&text);
        self.put_if_changed(CONTENT_TYPES, &text, changed);
        Ok(())
    }

    /// The relationships of a part; those of the package itself for an empty name.
    pub(super) fn rels(&mut self, part: &str) -> Result<Vec<Rel>, OverlayError> {
        let path = rels_of(part);
        if !self.has(&path) {
            return Ok(Vec::new());
        }
        let text = self.text(&path)?;
        let outline = Outline::parse(&path, &text)?;
        let rel = |child| {
            let kind = outline.attribute(child, "Type")?;
            let external = outline
                .attribute(child, "TargetMode")
                .is_some_and(|mode| mode == "External");
            let target = outline.attribute(child, "Target")?;
            Some(Rel {
                id: outline.attribute(child, "Id")?.into_owned(),
                kind: kind
                    .trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                target: (!external).then(|| self.written(resolve(part, &target))),
            })
        };
        Ok(outline.children(0).filter_map(rel).collect())
    }

    /// The part's name as the package writes it. Names do not differ in case, but the names
    /// that are made from them are better alike.
    fn written(&self, part: String) -> String {
        match self.places.get(&key(&part)) {
            Some(&index) => {
                let name = self.entries[index].name.replace('\\', "/");
                name.trim_start_matches('/').to_owned()
            }
            None => part,
        }
    }

    /// The first relationship of one of the kinds that leads to a part that is there: its id,
    /// and the part.
    pub(super) fn related(
        &mut self,
        part: &str,
        kinds: &[&str],
    ) -> Result<Option<(String, String)>, OverlayError> {
        let rels = self.rels(part)?;
        Ok(rels
            .into_iter()
            .filter(|rel| kinds.contains(&rel.kind.as_str()))
            .filter_map(|rel| Some((rel.id, rel.target?)))
            .find(|(_, part)| self.has(part)))
    }

    /// Adds a relationship and says its id.
    pub(super) fn add_rel(
        &mut self,
        part: &str,
        kind: &str,
        target: &str,
    ) -> Result<String, OverlayError> {
        let path = rels_of(part);
        let taken: BTreeSet<String> = self.rels(part)?.into_iter().map(|rel| rel.id).collect();
        let id = (1..=u32::MAX)
            .map(|number| format!("rIdHebiao{number}"))
            .find(|id| !taken.contains(id))
            .expect("there are more numbers than relationships");
        if !self.has(&path) {
            let empty = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"></Relationships>";
            self.put(&path, format!("{DECLARATION}{empty}").into_bytes());
        }
        let kind = self.rel_type(kind);
        let text = self.text(&path)?;
        let outline = Outline::parse(&path, &text)?;
        let mut edits = Edits::default();
        edits.append(
            &outline,
            0,
            &format!(
                "<{}Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"/{}\"/>",
                outline.prefix(),
                escaped(target)
            ),
        );
        let changed = edits.apply(&text);
        self.put(&path, changed.into_bytes());
        Ok(id)
    }

    /// Takes relationships away, by their ids. A list that is left empty goes as a whole.
    pub(super) fn drop_rels(&mut self, part: &str, ids: &[&str]) -> Result<(), OverlayError> {
        let path = rels_of(part);
        if ids.is_empty() || !self.has(&path) {
            return Ok(());
        }
        let text = self.text(&path)?;
        let outline = Outline::parse(&path, &text)?;
        let mut edits = Edits::default();
        let mut left = 0;
        for child in outline.children(0) {
            if outline
                .attribute(child, "Id")
                .is_some_and(|id| ids.contains(&id.as_ref()))
            {
                edits.remove(&outline, child);
            } else {
                left += 1;
            }
        }
        let changed = edits.apply(&text);
        if left == 0 {
            return self.drop_part(&path);
        }
        self.put_if_changed(&path, &text, changed);
        Ok(())
    }

    /// Drops those of the parts that nothing leads to any more, and whatever only they led to;
    /// says which.
    pub(super) fn drop_unreferenced(
        &mut self,
        parts: Vec<String>,
    ) -> Result<Vec<String>, OverlayError> {
        let mut dropped = Vec::new();
        if parts.is_empty() {
            return Ok(dropped);
        }
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for rels in self.parts().iter().filter(|part| is_rels(part)) {
            for target in self
                .rels(&source_of(rels))?
                .into_iter()
                .filter_map(|rel| rel.target)
            {
                *uses.entry(key(&target)).or_default() += 1;
            }
        }
        let mut waiting = parts;
        while let Some(part) = waiting.pop() {
            if !self.has(&part) || uses.get(&key(&part)).is_some_and(|&count| count > 0) {
                continue;
            }
            for target in self.rels(&part)?.into_iter().filter_map(|rel| rel.target) {
                if let Some(count) = uses.get_mut(&key(&target)) {
                    *count = count.saturating_sub(1);
                }
                waiting.push(target);
            }
            self.drop_bytes(&part);
            dropped.push(part);
        }
        dropped.sort();
        self.drop_types(&dropped)?;
        Ok(dropped)
    }

    /// The namespace of workbooks, sheets, styles and comments.
    pub(super) fn main_namespace(&self) -> &'static str {
        if self.strict {
            "http://purl.oclc.org/ooxml/spreadsheetml/main"
        } else {
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        }
    }

    /// The namespace of `r:id`.
    pub(super) fn relationships_namespace(&self) -> &'static str {
        if self.strict { STRICT } else { TRANSITIONAL }
    }

    /// The full type of a relationship, by its last word.
    fn rel_type(&self, kind: &str) -> String {
        let kind = match kind {
            "customProperties" if !self.strict => "custom-properties",
            kind => kind,
        };
        format!("{}/{kind}", self.relationships_namespace())
    }

    /// Writes the package: its own parts in their order, then those added, by name.
    pub(super) fn write(mut self, out: impl Write + Seek) -> Result<(), OverlayError> {
        let failed = |source| OverlayError::Write { source };
        // Nothing of the hour goes in, so two runs write the same bytes. Packing is the dearest
        // part of a run: level 2 takes half of the time of level 4 and little more room.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(2))
            .last_modified_time(DateTime::default());
        let mut writer = ZipWriter::new(out);
        for (index, entry) in self.entries.iter().enumerate() {
            match &entry.fate {
                Fate::Kept => {
                    let file = self.zip.by_index_raw(index).map_err(failed)?;
                    writer.raw_copy_file(file).map_err(failed)?;
                }
                Fate::Replaced(bytes) => {
                    writer
                        .start_file(entry.name.as_str(), options)
                        .map_err(failed)?;
                    writer
                        .write_all(bytes)
                        .map_err(|error| failed(error.into()))?;
                }
                Fate::Dropped => {}
            }
        }
        for (name, bytes) in self.added.values() {
            writer.start_file(name.as_str(), options).map_err(failed)?;
            writer
                .write_all(bytes)
                .map_err(|error| failed(error.into()))?;
        }
        writer.finish().map_err(failed)?;
        Ok(())
    }
}

/// The part's bytes as text, without a byte order mark. Other encodings than UTF-8 are allowed by the standard and used by
/// next to nobody.
pub(super) fn utf8<'b>(part: &str, bytes: &'b [u8]) -> Result<&'b str, OverlayError> {
    let other = || OverlayError::cannot(format!("`{part}` is in another encoding than UTF-8"));
    let text = std::str::from_utf8(bytes).map_err(|_| other())?;
    let text = text.trim_start_matches('\u{FEFF}');
    let declared = text
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .and_then(|(declaration, _)| declaration.split_once("encoding"))
        .map(|(_, rest)| {
            rest.trim_start_matches([' ', '=', '"', '\''])
                .to_ascii_lowercase()
        });
    match declared {
        Some(encoding) if !encoding.starts_with("utf-8") && !encoding.starts_with("us-ascii") => {
            Err(other())
        }
        _ => Ok(text),
    }
}

/// One key for all ways to write a part's name.
fn key(part: &str) -> String {
    part.replace('\\', "/")
        .trim_start_matches('/')
        .to_lowercase()
}

/// The part that holds a part's relationships.
fn rels_of(part: &str) -> String {
    let (folder, name) = part
        .rsplit_once('/')
        .map_or(("", part), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}_rels/{name}.rels")
}

fn is_rels(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part.rsplit('.').next() == Some("rels")
        && (part.starts_with("_rels/") || part.contains("/_rels/"))
}

/// The part whose relationships are held by this part.
fn source_of(rels: &str) -> String {
    let at = rels.to_ascii_lowercase().rfind("_rels/").unwrap_or(0);
    let name = rels.get(at + "_rels/".len()..).unwrap_or_default();
    format!(
        "{}{}",
        &rels[..at],
        &name[..name.len().saturating_sub(".rels".len())]
    )
}

/// The part that a relationship of `part` leads to.
fn resolve(part: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let target = target.split('#').next().unwrap_or_default();
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut folders: Vec<&str> = part.split('/').collect();
    folders.pop();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    folders.join("/")
}
