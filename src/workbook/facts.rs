//! What calamine does not tell of a sheet: merges, hidden rows and columns, formulas,
//! protection.
//!
//! A light pass over the same XML. The head and the tail of a sheet are parsed; its data, which
//! is nearly all of it, is only searched for rows and formulas in the stream.

use super::{Error, Facts};
use crate::place::{Cell, Range};
use crate::rulebook::written::Limits;
use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use std::io::Read;

/// The pieces in which a sheet's data is searched.
const PIECE: u64 = 256 * 1024;
/// The greatest head or tail: a hundred thousand merges are four megabytes.
const MOST_AROUND: usize = 16 << 20;

/// Reads the facts of a worksheet's XML, and how many values were lost in cells that do not say
/// where they stand.
///
/// # Errors
/// When the part cannot be read, or has more merged ranges than allowed.
pub(super) fn read(part: impl Read, limits: &Limits) -> Result<(Facts, u64), Error> {
    let mut facts = Facts::default();
    let mut lost = 0;
    let mut around = Around {
        facts: &mut facts,
        limits,
    };
    let mut stream = Stream {
        part,
        buffer: Vec::new(),
        ended: false,
    };
    let head = stream.until(b"sheetData", MOST_AROUND)?;
    around.parse(&head)?;
    // The prefix of a namespace, if the writer uses one: `<x:sheetData`.
    let before = head
        .iter()
        .rposition(|byte| *byte == b'<')
        .unwrap_or(head.len());
    let prefix = head.get(before + 1..).unwrap_or_default().to_vec();
    let row = [b"<", prefix.as_slice(), b"row"].concat();
    let formula = [b"<", prefix.as_slice(), b"f"].concat();
    let end = [b"</", prefix.as_slice(), b"sheetData"].concat();
    let cells = CellTags::new(&prefix);
    let (row, formula) = (memmem::Finder::new(&row), memmem::Finder::new(&formula));
    let has_data =
        stream.buffer.starts_with(b"sheetData") && !stream.buffer.starts_with(b"sheetData/");
    let branches = memmem::Finder::new(b"AlternateContent");
    let mut has_branches = false;
    // Values in several pieces, with references or as character data, come to us in part or not
    // at all: they are told instead of taken for what came.
    let see = |piece: &[u8]| {
        for at in row.find_iter(piece) {
            hidden_row(&piece[at + row.needle().len()..], around.facts);
        }
        // `&#53;`, `<![CDATA[5]]>`, `<?x?>`: all three signs are rare where figures stand.
        for at in memchr::memchr3_iter(b'&', b'!', b'?', piece) {
            let at = match piece[at] {
                b'&' => at,
                // Of `#DIV/0!` the sign is a part.
                _ if at > 0 && piece[at - 1] == b'<' => at - 1,
                _ => continue,
            };
            if cells.is_in_value(&piece[..at]) {
                match cells.around(piece, at) {
                    Some(cell) => around.facts.damaged.push(cell),
                    None => lost += 1,
                }
            }
        }
        has_branches |= branches.find(piece).is_some();
        for at in formula.find_iter(piece) {
            let next = piece.get(at + formula.needle().len());
            if next.is_some_and(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace()) {
                around.facts.formulas += 1;
                if cells.is_without_result(piece, at) {
                    match cells.around(piece, at) {
                        Some(cell) => around.facts.without_result.push(cell),
                        None => lost += 1,
                    }
                }
            }
        }
    };
    // `<sheetData/>` has no end of its own.
    let is_whole = !has_data || stream.skip_to(&end, &cells.end, see)?;
    // Of what stands in two branches readers take the one or the other.
    if has_branches {
        return Err(Error::Unusual("branches within the cells"));
    }
    if !is_whole {
        return Err(Error::damaged("a sheet breaks off"));
    }
    let tail = stream.rest(MOST_AROUND)?;
    around.parse(&tail)?;
    facts.without_result.sort_unstable();
    facts.damaged.sort_unstable();
    Ok((facts, lost))
}

/// The attributes of one `<row`, looked at only for `hidden`.
fn hidden_row(rest: &[u8], facts: &mut Facts) {
    let Some(tag) = memchr::memchr(b'>', rest).map(|end| &rest[..end]) else {
        return;
    };
    if memmem::find(tag, b" hidden=\"1\"").is_none()
        && memmem::find(tag, b" hidden=\"true\"").is_none()
    {
        return;
    }
    let number = memmem::find(tag, b" r=\"").and_then(|at| {
        let digits = tag[at + 4..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        digits
            .map(|byte| char::from(*byte))
            .collect::<String>()
            .parse::<u32>()
            .ok()
    });
    if let Some(number) = number.filter(|number| *number > 0) {
        facts.hidden_rows.push(number - 1);
    }
}

/// The tags of a cell, in the sheet's own namespace prefix.
struct CellTags {
    start: Vec<u8>,
    value: Vec<u8>,
    end: Vec<u8>,
}

impl CellTags {
    fn new(prefix: &[u8]) -> Self {
        Self {
            start: [b"<", prefix, b"c"].concat(),
            value: [b"<", prefix, b"v"].concat(),
            end: [b"</", prefix, b"c"].concat(),
        }
    }

    /// Whether no result is stored beside a formula.
    fn is_without_result(&self, piece: &[u8], formula: usize) -> bool {
        let end = self.end_after(piece, formula);
        let cell = &piece[formula..end];
        // `<v>5</v>` is a result; `<v/>`, `<v></v>` and nothing at all are none.
        let result = memmem::find(cell, &self.value)
            .and_then(|at| memchr::memchr(b'>', &cell[at..]).map(|close| at + close))
            .is_some_and(|close| cell[close - 1] != b'/' && cell.get(close + 1) != Some(&b'<'));
        // An empty text is a result too.
        !result && self.attribute(piece, formula, b"t") != Some(b"str")
    }

    /// Where the cell ends that a place in a piece lies in.
    fn end_after(&self, piece: &[u8], place: usize) -> usize {
        let mut ends = memmem::find_iter(&piece[place..], &self.end).map(|at| place + at);
        let whole = |at: &usize| {
            let next = piece.get(at + self.end.len());
            next.is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
        };
        ends.find(whole).unwrap_or(piece.len())
    }

    /// Whether a text breaks off within a value.
    fn is_in_value(&self, before: &[u8]) -> bool {
        let tag = memchr::memrchr(b'<', before).map(|at| &before[at..]);
        let rest = tag.and_then(|tag| tag.strip_prefix(self.value.as_slice()));
        let first = rest.and_then(|rest| rest.first());
        first.is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
    }

    /// The cell that a place in a piece lies in, if it says where it stands.
    fn around(&self, piece: &[u8], place: usize) -> Option<Cell> {
        let name = self.attribute(piece, place, b"r")?;
        Cell::parse(std::str::from_utf8(name).ok()?)
    }

    /// An attribute of the cell that a place in a piece lies in, however its tag is written.
    fn attribute<'a>(&self, piece: &'a [u8], place: usize, name: &[u8]) -> Option<&'a [u8]> {
        let is_tag = |at: &usize| {
            let next = piece.get(at + self.start.len());
            next.is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
        };
        let mut starts = memmem::rfind_iter(&piece[..place], &self.start);
        let start = starts.find(is_tag)? + self.start.len();
        let end = memchr::memchr(b'>', &piece[start..place])?;
        let mut rest = &piece[start..start + end];
        while let Some(sign) = memchr::memchr(b'=', rest) {
            let key = rest[..sign].trim_ascii();
            let value = rest[sign + 1..].trim_ascii_start();
            let quote = *value
                .first()
                .filter(|quote| matches!(quote, b'"' | b'\''))?;
            let end = memchr::memchr(quote, &value[1..])?;
            if key == name {
                return Some(&value[1..=end]);
            }
            rest = &value[end + 2..];
        }
        None
    }
}

struct Around<'a> {
    facts: &'a mut Facts,
    limits: &'a Limits,
}

impl Around<'_> {
    /// Parses what stands around the data. The pieces are cut out of their document, so ends
    /// need not match starts.
    fn parse(&mut self, xml: &[u8]) -> Result<(), Error> {
        let text = String::from_utf8_lossy(xml);
        let mut reader = quick_xml::Reader::from_str(&text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag) | Event::Empty(tag)) => self.element(&tag)?,
                // What is cut off in the middle ends the piece.
                Ok(Event::Eof) | Err(_) => return Ok(()),
                Ok(_) => {}
            }
        }
    }

    fn element(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let attribute = |name: &str| {
            tag.attributes()
                .flatten()
                .find(|a| a.key.local_name().as_ref() == name)
                .map(|a| a.value.into_owned())
        };
        let is_set = |name: &str| attribute(name).is_some_and(|v| v == "1" || v == "true");
        match tag.local_name().as_ref() {
            "mergeCell" => {
                if self.facts.merges.len() as u64 >= self.limits.merges {
                    return Err(Error::OverLimit {
                        limit: "merges",
                        found: self.facts.merges.len() as u64 + 1,
                        allowed: self.limits.merges,
                    });
                }
                self.facts
                    .merges
                    .extend(attribute("ref").and_then(|text| Range::parse(&text)));
            }
            "sheetProtection" => self.facts.protected = is_set("sheet"),
            "col" if is_set("hidden") => {
                let number = |name: &str| attribute(name).and_then(|n| n.parse::<u32>().ok());
                if let Some((first, last)) = number("min").zip(number("max")) {
                    let last = last.min(crate::place::MAX_COLUMNS);
                    self.facts
                        .hidden_columns
                        .extend((first.max(1)..=last).map(|n| n - 1));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A stream that is searched piece by piece.
struct Stream<R> {
    part: R,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: Read> Stream<R> {
    fn more(&mut self) -> Result<(), Error> {
        let piece = self.part.by_ref().take(PIECE);
        let read = { piece }.read_to_end(&mut self.buffer);
        let read = read.map_err(Error::damaged)?;
        self.ended = read == 0;
        Ok(())
    }

    /// Everything before a word, which is left where it is. All there is where it never comes.
    fn until(&mut self, word: &[u8], most: usize) -> Result<Vec<u8>, Error> {
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(&self.buffer[searched..], word) {
                let rest = self.buffer.split_off(searched + at);
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            searched = self.buffer.len().saturating_sub(word.len());
            if self.ended || self.buffer.len() > most {
                return Ok(std::mem::take(&mut self.buffer));
            }
            self.more()?;
        }
    }

    /// Shows everything before a word, in pieces of whole cells, and leaves the rest. Whether
    /// the word came.
    fn skip_to(
        &mut self,
        word: &[u8],
        cell_end: &[u8],
        mut see: impl FnMut(&[u8]),
    ) -> Result<bool, Error> {
        loop {
            if let Some(at) = memmem::find(&self.buffer, word) {
                see(&self.buffer[..at]);
                self.buffer.drain(..at);
                return Ok(true);
            }
            if self.ended {
                see(&self.buffer);
                self.buffer.clear();
                return Ok(false);
            }
            // The last cell may be cut off: it is seen with the next piece. Where there is no
            // cell, the last tag is.
            let whole = memmem::rfind(&self.buffer, cell_end)
                .or_else(|| memchr::memrchr(b'<', &self.buffer))
                .unwrap_or(self.buffer.len());
            see(&self.buffer[..whole]);
            self.buffer.drain(..whole);
            if self.buffer.len() > MOST_AROUND {
                self.buffer.clear();
            }
            self.more()?;
        }
    }

    /// What is left of the stream.
    fn rest(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        while !self.ended && self.buffer.len() <= most {
            self.more()?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn facts(xml: &str) -> Facts {
        read(xml.as_bytes(), &Limits::default()).expect("facts").0
    }

    #[test]
    fn facts_stand_around_the_data_and_in_its_rows() {
        let found = facts(
            r#"<worksheet><cols><col min="2" max="3" hidden="1"/><col min="5" max="5"/></cols>
            <sheetData><row r="1"><c r="A1"><f>SUM(B1:B2)</f><v>1</v></c></row>
            <row r="7" hidden="1"/></sheetData>
            <sheetProtection sheet="1"/><mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells></worksheet>"#,
        );
        assert_eq!(found.hidden_columns, [1, 2]);
        assert_eq!(found.hidden_rows, [6]);
        assert_eq!(found.formulas, 1);
        assert!(found.protected);
        assert_eq!(found.merges, [Range::parse("A1:C1").expect("a range")]);
    }

    #[test]
    fn formulas_without_a_result_are_told_by_cell() {
        let found = facts(
            r#"<worksheet><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c>
            <c r="B1" s="3"><f>1+4</f></c><c r="C1"><f>1+4</f><v></v></c>
            <c r="D1"><f>1+4</f><v/></c><c r="E1"><v>1</v></c></row></sheetData></worksheet>"#,
        );
        let cells: Vec<String> = found
            .without_result
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(cells, ["B1", "C1", "D1"]);
    }

    #[test]
    fn a_namespace_prefix_makes_no_difference() {
        let found = facts(
            r#"<x:worksheet><x:sheetData><x:row r="2" hidden="true"><x:c><x:f/></x:c></x:row>
            </x:sheetData><x:mergeCells><x:mergeCell ref="B2:B3"/></x:mergeCells></x:worksheet>"#,
        );
        assert_eq!(
            (found.hidden_rows, found.formulas, found.merges.len()),
            (vec![1], 1, 1)
        );
    }

    #[test]
    fn rows_over_the_pieces_are_found_whole() {
        let mut rows = String::new();
        for n in 1..30_000 {
            let _ = write!(rows, "<row r=\"{n}\" hidden=\"1\"><c><v>1</v></c></row>");
        }
        let found = facts(&format!(
            "<worksheet><sheetData>{rows}</sheetData></worksheet>"
        ));
        assert_eq!(found.hidden_rows.len(), 29_999);
    }

    #[test]
    fn what_is_no_sheet_has_no_facts() {
        for xml in [
            "",
            "<",
            "<sheetData/>",
            "<worksheet/>",
            "\u{feff}<a",
            "<x:sheetData/>",
        ] {
            assert_eq!(facts(xml), Facts::default(), "{xml}");
        }
    }

    #[test]
    fn a_sheet_that_breaks_off_is_damaged() {
        for xml in [
            "<sheetData",
            "<x:sheetData>",
            "<sheetData><row r=\"1\"><c r=\"A1\">",
        ] {
            assert!(read(xml.as_bytes(), &Limits::default()).is_err(), "{xml}");
        }
    }
}
