//! Foreign XML, changed in place: where its elements stand, and edits to its text.
//!
//! A part is never parsed into objects and written anew, because what we did not understand
//! would be lost. It is outlined once, without recursion, and then spliced. What an element
//! means is left to the modules that ask for it.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::{escape, partial_escape, unescape};
use quick_xml::events::Event;

use super::OverlayError;

/// The declaration that each part of ours begins with.
pub(super) const DECLARATION: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// More elements than any part of a real workbook has outside of its cells. Beyond it the
/// outline itself would be the danger: `<a/>` is four bytes, its place here dozens.
const MOST_ELEMENTS: usize = 4_000_000;

/// Where one element stands in its text.
#[derive(Debug)]
pub(super) struct Node {
    /// Of its `<`.
    pub start: usize,
    /// After the `>` of the start tag.
    pub inner: usize,
    /// Of the end tag's `<`; equal to `end` when the element closes itself.
    pub close: usize,
    /// After the element.
    pub end: usize,
    /// The element around it; the root names itself.
    pub parent: usize,
    /// The first element that is not in its subtree.
    after: usize,
    name_end: usize,
}

/// A text and the places of its elements in document order; element 0 is the root.
pub(super) struct Outline<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

impl<'t> Outline<'t> {
    /// Outlines a well-formed part; anything else cannot be overlaid.
    pub(super) fn parse(part: &str, text: &'t str) -> Result<Self, OverlayError> {
        Self::read(part, text, true)
    }

    /// Outlines VML, where Excel itself leaves `<br>` open: an end tag closes the nearest
    /// element of its name, and one that closes nothing is passed over.
    pub(super) fn parse_lenient(part: &str, text: &'t str) -> Result<Self, OverlayError> {
        Self::read(part, text, false)
    }

    fn read(part: &str, text: &'t str, strict: bool) -> Result<Self, OverlayError> {
        let broken = |what: &dyn Display| {
            OverlayError::cannot(format!("`{part}` is not well-formed XML: {what}"))
        };
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = strict;
        config.allow_unmatched_ends = !strict;
        config.allow_dangling_amp = !strict;
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            let start = position(&reader);
            let event = reader.read_event().map_err(|error| broken(&error))?;
            let end = position(&reader);
            match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let index = nodes.len();
                    if index == MOST_ELEMENTS {
                        return Err(OverlayError::cannot(format!(
                            "`{part}` has more than {MOST_ELEMENTS} elements"
                        )));
                    }
                    if index > 0 && open.is_empty() {
                        return Err(broken(&"it has a second root element"));
                    }
                    nodes.push(Node {
                        start,
                        inner: end,
                        close: end,
                        end,
                        parent: open.last().copied().unwrap_or(0),
                        after: index + 1,
                        name_end: start + 1 + tag.name().as_ref().len(),
                    });
                    if !text[start..end].ends_with("/>") {
                        open.push(index);
                    }
                }
                Event::End(tag) => {
                    let name = tag.name();
                    let is_meant = |&index: &usize| {
                        &text[nodes[index].start + 1..nodes[index].name_end] == name.as_ref()
                    };
                    let Some(depth) = open.iter().rposition(is_meant) else {
                        continue;
                    };
                    let after = nodes.len();
                    for (above, index) in open.drain(depth..).enumerate() {
                        let node = &mut nodes[index];
                        node.close = start;
                        node.end = if above == 0 { end } else { start };
                        node.after = after;
                    }
                }
                Event::DocType(_) => return Err(broken(&"it has a document type declaration")),
                Event::Eof => break,
                _ => {}
            }
        }
        if nodes.is_empty() {
            return Err(broken(&"it has no element"));
        }
        if strict && !open.is_empty() {
            return Err(broken(&"it ends inside of an element"));
        }
        let after = nodes.len();
        for index in open {
            let node = &mut nodes[index];
            (node.close, node.end, node.after) = (text.len(), text.len(), after);
        }
        Ok(Self { text, nodes })
    }

    /// Where the element stands.
    pub(super) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// Every element, in document order.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.nodes.len()
    }

    /// The element's name as it is written, prefix included.
    pub(super) fn qualified(&self, index: usize) -> &'t str {
        let node = &self.nodes[index];
        &self.text[node.start + 1..node.name_end]
    }

    /// The element's name without its prefix.
    pub(super) fn name(&self, index: usize) -> &'t str {
        let name = self.qualified(index);
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// The root's prefix with its colon, or nothing: what elements of ours must bear too.
    pub(super) fn prefix(&self) -> &'t str {
        let name = self.qualified(0);
        &name[..name.len() - self.name(0).len()]
    }

    /// The elements directly in this one.
    pub(super) fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes[index].after;
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.nodes[child].after;
                child
            })
        })
    }

    /// The elements anywhere in this one, itself excepted.
    pub(super) fn descendants(&self, index: usize) -> Range<usize> {
        index + 1..self.nodes[index].after
    }

    /// The first child of that name.
    pub(super) fn child(&self, index: usize, name: &str) -> Option<usize> {
        self.children(index).find(|&child| self.name(child) == name)
    }

    /// The element's start tag.
    pub(super) fn tag(&self, index: usize) -> &'t str {
        let node = &self.nodes[index];
        &self.text[node.start..node.inner]
    }

    /// The whole element as it is written.
    pub(super) fn whole(&self, index: usize) -> &'t str {
        let node = &self.nodes[index];
        &self.text[node.start..node.end]
    }

    /// What stands between the tags, as it is written.
    pub(super) fn raw(&self, index: usize) -> &'t str {
        let node = &self.nodes[index];
        &self.text[node.inner..node.close]
    }

    /// What stands between the tags of an element without children, read.
    pub(super) fn content(&self, index: usize) -> Cow<'t, str> {
        let raw = self.raw(index);
        let raw = raw
            .trim()
            .strip_prefix("<![CDATA[")
            .and_then(|data| data.strip_suffix("]]>"))
            .map_or(raw, |data| data);
        unescape(raw).unwrap_or(Cow::Borrowed(raw))
    }

    /// The value of the attribute with exactly this name.
    pub(super) fn attribute(&self, index: usize, name: &str) -> Option<Cow<'t, str>> {
        let (_, value) = self
            .attributes(index)
            .find(|(key, _)| &self.text[key.clone()] == name)?;
        let raw = &self.text[value];
        Some(unescape(raw).unwrap_or(Cow::Borrowed(raw)))
    }

    /// The value of the attribute as a number.
    pub(super) fn number(&self, index: usize, name: &str) -> Option<u32> {
        self.attribute(index, name)?.trim().parse().ok()
    }

    /// The value of `r:id`, whatever prefix the writer chose for relationships.
    pub(super) fn relationship(&self, index: usize) -> Option<Cow<'t, str>> {
        let (_, value) = self
            .attributes(index)
            .find(|(key, _)| self.text[key.clone()].ends_with(":id"))?;
        let raw = &self.text[value];
        Some(unescape(raw).unwrap_or(Cow::Borrowed(raw)))
    }

    /// The places of the attributes' names and values. What is not an attribute ends the list:
    /// the reader does not look into start tags.
    fn attributes(&self, index: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + '_ {
        let node = &self.nodes[index];
        let mut at = node.name_end;
        std::iter::from_fn(move || {
            let rest = &self.text[at..node.inner];
            let key = at + (rest.len() - rest.trim_start().len());
            let equals = key + self.text[key..node.inner].find('=')?;
            let key = key..key + self.text[key..equals].trim_end().len();
            let value = self.text[equals + 1..node.inner].trim_start();
            let quote = value
                .chars()
                .next()
                .filter(|&quote| quote == '"' || quote == '\'')?;
            let from = node.inner - value.len() + 1;
            let to = from + self.text[from..node.inner].find(quote)?;
            at = to + 1;
            Some((key, from..to))
        })
    }
}

/// After the last event.
fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).expect("a text in memory is addressed by usize")
}

/// Changes to one text, all in terms of the places before any of them.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Takes an element out.
    pub(super) fn remove(&mut self, outline: &Outline, index: usize) {
        let node = outline.node(index);
        self.0.push((node.start..node.end, String::new()));
    }

    /// Puts something else where this range was.
    pub(super) fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.0.push((range, with.into()));
    }

    /// Puts something in.
    pub(super) fn insert(&mut self, at: usize, what: impl Into<String>) {
        self.0.push((at..at, what.into()));
    }

    /// Puts something in as the element's last content, opening a tag that closes itself.
    pub(super) fn append(&mut self, outline: &Outline, index: usize, what: &str) {
        let node = outline.node(index);
        if outline.tag(index).ends_with("/>") {
            let name = outline.qualified(index);
            self.replace(node.inner - 2..node.inner, format!(">{what}</{name}>"));
        } else {
            self.insert(node.close, what);
        }
    }

    /// Gives an attribute this value, whether it is there or not.
    pub(super) fn set(&mut self, outline: &Outline, index: usize, name: &str, value: &str) {
        let found = outline
            .attributes(index)
            .find(|(key, _)| &outline.text[key.clone()] == name);
        match found {
            Some((_, place)) => self.replace(place, escape(value)),
            None => self.insert(
                outline.node(index).name_end,
                format!(" {name}=\"{}\"", escape(value)),
            ),
        }
    }

    /// Takes an attribute away with the blank before it.
    pub(super) fn unset(&mut self, outline: &Outline, index: usize, name: &str) {
        let found = outline
            .attributes(index)
            .find(|(key, _)| &outline.text[key.clone()] == name);
        if let Some((key, value)) = found {
            let before = outline.text[..key.start].trim_end().len();
            self.replace(before..value.end + 1, "");
        }
    }

    /// Adds another set of changes to the same text.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The text with the changes made. A change inside of something removed goes with it.
    pub(super) fn apply(mut self, text: &str) -> String {
        // What is put in at a place comes before what is done to the text from there on.
        self.0
            .sort_by_key(|(range, _)| (range.start, !range.is_empty()));
        let mut changed = String::with_capacity(text.len() + 256);
        let mut at = 0;
        for (range, with) in self.0 {
            if range.start < at {
                continue;
            }
            changed.push_str(&text[at..range.start]);
            changed.push_str(&with);
            at = range.end;
        }
        changed.push_str(&text[at..]);
        changed
    }
}

/// Where a child of the root belongs in a schema that prescribes the order: after the last one
/// that may stand before it. Elements the schema does not know, as `mc:AlternateContent`, stay
/// where they are.
pub(super) fn place_in_order(outline: &Outline, order: &[&str], name: &str) -> usize {
    let rank = |name: &str| order.iter().position(|&known| known == name);
    outline
        .children(0)
        .filter(|&child| rank(outline.name(child)).is_some_and(|found| Some(found) <= rank(name)))
        .last()
        .map_or(outline.node(0).inner, |child| outline.node(child).end)
}

/// Text as it stands in an attribute between double quotes. Characters that XML 1.0 has no way
/// to write are left out.
pub(super) fn escaped(text: &str) -> String {
    escaped_content(text).replace('"', "&quot;")
}

/// Text as it stands between tags.
pub(super) fn escaped_content(text: &str) -> String {
    let allowed: String = text.chars().filter(|&c| is_allowed(c)).collect();
    partial_escape(allowed.as_str()).into_owned()
}

/// Text of a cell or a note: what XML cannot say is written `_xHHHH_` as Excel does, and what
/// only looks so is kept from being read that way.
pub(super) fn escaped_cell(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '\r' || c < ' ' && !is_allowed(c) {
            written.push_str(&format!("_x{:04X}_", u32::from(c)));
        } else if c == '_' && looks_escaped(&text.as_bytes()[at..]) {
            written.push_str("_x005F_");
        } else if is_allowed(c) {
            written.push(c);
        }
    }
    partial_escape(written.as_str()).into_owned()
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

fn looks_escaped(bytes: &[u8]) -> bool {
    bytes.len() >= 7
        && bytes[1] == b'x'
        && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
        && bytes[6] == b'_'
}

/// The text, or as much of it as a cell of Excel holds (32,767 units of UTF-16).
pub(super) fn held_by_a_cell(text: &str) -> Cow<'_, str> {
    const MOST: usize = 32_767;
    if text.len() <= MOST || text.encode_utf16().count() <= MOST {
        return Cow::Borrowed(text);
    }
    let mut units = 0;
    let kept = text.chars().take_while(|c| {
        units += c.len_utf16();
        units < MOST
    });
    Cow::Owned(kept.chain(['…']).collect())
}
