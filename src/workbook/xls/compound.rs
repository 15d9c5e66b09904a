//! Compound files: streams in sectors, chained by a table, as a disk keeps files.
//!
//! Read leniently, as spreadsheets do. The crate `cfb` refuses files that they open without a
//! word, such as those of `SheetJS`, with which web pages make their exports. A chain that goes in
//! a circle ends when it has taken as much as the file has.

const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Streams shorter than this lie in small sectors, which lie in a stream of their own.
const SMALL_STREAM: usize = 4096;
const SMALL_SECTOR: usize = 64;
/// The length of an entry in the directory.
const ENTRY: usize = 128;
/// The kinds of entries.
const STREAM: u8 = 2;
const ROOT: u8 = 5;

/// A compound file.
pub(super) struct Compound<'a> {
    bytes: &'a [u8],
    sector_size: usize,
    /// For each sector, the one that follows it.
    table: Vec<u32>,
    directory: Vec<u8>,
}

impl<'a> Compound<'a> {
    /// Opens a compound file; none where it is no such, or its beginning is damaged.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector_size = match bytes.get(30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut file = Self {
            bytes: bytes.strip_prefix(MAGIC).map(|_| bytes)?,
            sector_size,
            table: Vec::new(),
            directory: Vec::new(),
        };
        file.table = file.table()?;
        file.directory = file.chain(number(bytes, 48)?, bytes.len());
        (*file.directory.get(66)? == ROOT).then_some(file)
    }

    /// A stream at the top of the file, whatever the case of its name.
    pub fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entry(name)?;
        let start = number(entry, 116)?;
        let size = place(entry, 120)?;
        if size >= SMALL_STREAM {
            return Some(self.chain(start, size));
        }
        let table = self.chain(number(self.bytes, 60)?, self.bytes.len());
        let root = self.directory.get(..ENTRY)?;
        let small = self.chain(number(root, 116)?, place(root, 120)?);
        Some(chain(start, &numbers(&table), size, |at| {
            sector(&small, at, SMALL_SECTOR)
        }))
    }

    /// The table lies in sectors that a list names. The list begins in the header and goes on in
    /// sectors whose last number names the next.
    fn table(&self) -> Option<Vec<u32>> {
        let sectors = self.bytes.len() / self.sector_size;
        let mut list = numbers(self.bytes.get(76..512)?);
        let mut next = number(self.bytes, 68)?;
        let mut table = Vec::new();
        for _ in 0..=sectors {
            for at in list {
                let sector = usize::try_from(at).ok().and_then(|at| self.sector(at));
                table.extend(sector.map(numbers).unwrap_or_default());
                if table.len() >= sectors {
                    table.truncate(sectors);
                    return Some(table);
                }
            }
            let Some(sector) = self.sector(usize::try_from(next).ok()?) else {
                break;
            };
            list = numbers(sector);
            next = list.pop()?;
        }
        Some(table)
    }

    /// A sector of the file. The header takes the place of one.
    fn sector(&self, at: usize) -> Option<&'a [u8]> {
        sector(self.bytes, at.checked_add(1)?, self.sector_size)
    }

    fn chain(&self, start: u32, most: usize) -> Vec<u8> {
        chain(start, &self.table, most, |at| self.sector(at))
    }

    /// The entry of a stream among those of the root: embedded workbooks lie deeper.
    fn entry(&self, name: &str) -> Option<&[u8]> {
        let (entries, _) = self.directory.as_chunks::<ENTRY>();
        let mut pending = vec![place(entries.first()?, 76)?];
        for _ in entries {
            // What is beyond the entries stands for none.
            while pending.last().is_some_and(|at| *at >= entries.len()) {
                pending.pop();
            }
            let entry = entries.get(pending.pop()?)?;
            let (units, _) = entry[..64].as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
            let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
            if entry[66] == STREAM && String::from_utf16_lossy(&units).eq_ignore_ascii_case(name) {
                return Some(entry);
            }
            pending.extend([place(entry, 68)?, place(entry, 72)?]);
        }
        None
    }
}

/// One of the sectors that lie side by side. The last may be cut short.
fn sector(bytes: &[u8], at: usize, size: usize) -> Option<&[u8]> {
    let rest = bytes.get(at.checked_mul(size)?..)?;
    let sector = rest.get(..size).unwrap_or(rest);
    (!sector.is_empty()).then_some(sector)
}

/// What the sectors of a chain hold, until it ends or as much as wanted is there.
fn chain<'a>(
    start: u32,
    table: &[u32],
    most: usize,
    sector: impl Fn(usize) -> Option<&'a [u8]>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut next = Some(start);
    for _ in table {
        let Some(at) = next.and_then(|at| usize::try_from(at).ok()) else {
            break;
        };
        let Some(piece) = sector(at) else {
            break;
        };
        bytes.extend_from_slice(piece);
        if bytes.len() >= most {
            break;
        }
        next = table.get(at).copied();
    }
    bytes.truncate(most);
    bytes
}

/// A number of four bytes.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let (number, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u32::from_le_bytes(*number))
}

/// A number that says where something is or how much of it there is.
pub(super) fn place(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number(bytes, at)?).ok()
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|n| u32::from_le_bytes(*n)).collect()
}
