//! The records of a workbook stream, and the fields and texts in them.
//!
//! A record is a kind, a length and that many bytes. What does not fit into one goes on in
//! CONTINUE records behind it; [`Fields`] steps over their borders.

use super::super::Error;
use encoding_rs::{Encoding, GBK};

/// The kinds of records that are read, by the names that the specification [MS-XLS] gives them.
pub(super) mod kind {
    pub const FORMULA: u16 = 0x0006;
    pub const EOF: u16 = 0x000a;
    pub const PROTECT: u16 = 0x0012;
    pub const DATEMODE: u16 = 0x0022;
    pub const FILEPASS: u16 = 0x002f;
    pub const CONTINUE: u16 = 0x003c;
    pub const CODEPAGE: u16 = 0x0042;
    pub const COLINFO: u16 = 0x007d;
    pub const BOUNDSHEET: u16 = 0x0085;
    pub const MULRK: u16 = 0x00bd;
    pub const RSTRING: u16 = 0x00d6;
    pub const XF: u16 = 0x00e0;
    pub const MERGEDCELLS: u16 = 0x00e5;
    pub const SST: u16 = 0x00fc;
    pub const LABELSST: u16 = 0x00fd;
    pub const NUMBER: u16 = 0x0203;
    pub const LABEL: u16 = 0x0204;
    pub const BOOLERR: u16 = 0x0205;
    pub const STRING: u16 = 0x0207;
    pub const ROW: u16 = 0x0208;
    pub const RK: u16 = 0x027e;
    pub const FORMAT: u16 = 0x041e;
    pub const BOF: u16 = 0x0809;
}

/// How texts are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Letters {
    /// In UTF-16, of which the upper bytes may be left out: BIFF8.
    Unicode,
    /// In a code page: BIFF5.
    Coded(&'static Encoding),
}

impl Default for Letters {
    /// A file that tells no code page was written on a Chinese Windows.
    fn default() -> Self {
        Self::Coded(GBK)
    }
}

/// One record.
pub(super) struct Record<'a> {
    /// One of [`kind`], or another that is of no interest.
    pub kind: u16,
    data: &'a [u8],
    behind: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record at the beginning of a stream.
    fn first(stream: &'a [u8]) -> Option<Self> {
        let (head, rest) = stream.split_first_chunk::<4>()?;
        let length = u16::from_le_bytes([head[2], head[3]]);
        let (data, behind) = rest.split_at_checked(usize::from(length))?;
        Some(Self {
            kind: u16::from_le_bytes([head[0], head[1]]),
            data,
            behind,
        })
    }

    /// Its fields, from the first one on.
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            piece: self.data,
            behind: self.behind,
        }
    }
}

/// How a part of the stream begins.
pub(super) struct Begin {
    /// `0x0600` for BIFF8, `0x0500` for BIFF5; scripts write others.
    pub version: u16,
    /// What it is the part of.
    pub content: u16,
}

/// The records of a workbook or a sheet, without those of charts within it.
pub(super) struct Substream<'a> {
    left: &'a [u8],
    begin: usize,
    depth: u32,
}

impl<'a> Substream<'a> {
    /// The part that begins at a place of the stream.
    ///
    /// # Errors
    /// When none begins there.
    pub fn open(stream: &'a [u8], start: usize) -> Result<(Begin, Self), Error> {
        let begin = stream.get(start..).and_then(Record::first);
        let begin = begin.filter(|record| record.kind == kind::BOF);
        let no_beginning = || Error::damaged("no sheet where one should begin");
        let record = begin.ok_or_else(no_beginning)?;
        let mut fields = record.fields();
        let (version, content) = fields.u16().zip(fields.u16()).ok_or_else(no_beginning)?;
        let substream = Self {
            left: record.behind,
            begin: record.behind.len(),
            depth: 1,
        };
        Ok((Begin { version, content }, substream))
    }

    /// How many bytes have been read.
    pub fn length(&self) -> usize {
        self.begin - self.left.len()
    }
}

impl<'a> Iterator for Substream<'a> {
    type Item = Result<Record<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.depth > 0 {
            let Some(record) = Record::first(self.left) else {
                self.depth = 0;
                return Some(Err(Error::damaged("the stream of records breaks off")));
            };
            self.left = record.behind;
            match record.kind {
                kind::BOF => self.depth += 1,
                kind::EOF => self.depth -= 1,
                _ if self.depth == 1 => return Some(Ok(record)),
                _ => {}
            }
        }
        None
    }
}

/// The fields of a record, read one after the other. None where there are no more.
pub(super) struct Fields<'a> {
    piece: &'a [u8],
    behind: &'a [u8],
}

impl Fields<'_> {
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn f64(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// The next bytes. No field lies across a border.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        if self.piece.is_empty() {
            self.go_on()?;
        }
        let (field, rest) = self.piece.split_first_chunk()?;
        self.piece = rest;
        Some(*field)
    }

    /// How many bytes are left before a border.
    pub fn left(&self) -> usize {
        self.piece.len()
    }

    /// Leaves out so many bytes, over borders too.
    pub fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.piece.len() {
            count -= self.piece.len();
            self.go_on()?;
        }
        self.piece = self.piece.get(count..)?;
        Some(())
    }

    /// A text of so many bytes in a code page or units of UTF-16. What belongs to its looks and
    /// its pronunciation is left out.
    pub fn text(&mut self, count: u16, letters: Letters) -> Option<String> {
        match letters {
            Letters::Coded(encoding) => {
                let (bytes, rest) = self.piece.split_at_checked(usize::from(count))?;
                self.piece = rest;
                let (text, _) = encoding.decode_without_bom_handling(bytes);
                Some(text.into_owned())
            }
            Letters::Unicode => self.unicode(usize::from(count)),
        }
    }

    fn unicode(&mut self, count: usize) -> Option<String> {
        const WIDE: u8 = 1;
        const PRONOUNCED: u8 = 4;
        const RICH: u8 = 8;
        let mut flags = self.u8()?;
        let runs = if flags & RICH == 0 { 0 } else { self.u16()? };
        let pronunciation = if flags & PRONOUNCED == 0 {
            0
        } else {
            self.u32()?
        };
        let mut units: Vec<u16> = Vec::new();
        while units.len() < count {
            // Behind a border the width is told anew.
            if self.piece.is_empty() {
                self.go_on()?;
                flags = self.u8()?;
            }
            let missing = count - units.len();
            if flags & WIDE == 0 {
                let (bytes, rest) = self.piece.split_at(missing.min(self.piece.len()));
                units.extend(bytes.iter().map(|byte| u16::from(*byte)));
                self.piece = rest;
            } else {
                let (pairs, _) = self.piece.as_chunks::<2>();
                let pairs = pairs.get(..missing.min(pairs.len()))?;
                if pairs.is_empty() {
                    return None;
                }
                units.extend(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
                self.piece = self.piece.get(pairs.len() * 2..)?;
            }
        }
        self.skip(usize::from(runs) * 4)?;
        self.skip(usize::try_from(pronunciation).ok()?)?;
        Some(String::from_utf16_lossy(&units))
    }

    /// Steps over a border.
    fn go_on(&mut self) -> Option<()> {
        let next = Record::first(self.behind).filter(|next| next.kind == kind::CONTINUE)?;
        (self.piece, self.behind) = (next.data, next.behind);
        Some(())
    }
}
