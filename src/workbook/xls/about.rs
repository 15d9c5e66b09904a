//! What a compound file says of itself, in its stream `SummaryInformation`.

use super::super::About;
use super::compound::{Compound, place};
use chrono::DateTime;
use encoding_rs::GBK;

const SAVED: u32 = 0x0d;
const APPLICATION: u32 = 0x12;

/// What the file says of itself, as far as that can be read.
pub(super) fn read(file: &Compound<'_>) -> About {
    let stream = file.stream("\u{5}SummaryInformation").unwrap_or_default();
    About {
        application: property(&stream, APPLICATION).and_then(text),
        modified: property(&stream, SAVED).and_then(time),
        ..About::default()
    }
}

/// The type and value of a property in the first set of properties.
fn property(stream: &[u8], id: u32) -> Option<&[u8]> {
    let set = stream.get(place(stream, 44)?..)?;
    let (list, _) = set.get(8..)?.as_chunks::<8>();
    let count = place(set, 4)?;
    let entry = list
        .iter()
        .take(count)
        .find(|entry| entry[..4] == id.to_le_bytes())?;
    set.get(place(entry, 4)?..)
}

fn text(property: &[u8]) -> Option<String> {
    const BYTES: usize = 0x1e;
    if place(property, 0)? != BYTES {
        return None;
    }
    let length = place(property, 4)?;
    let bytes = property.get(8..)?.get(..length)?;
    let bytes = bytes.split(|byte| *byte == 0).next()?;
    let text = match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => GBK.decode(bytes).0.into_owned(),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

fn time(property: &[u8]) -> Option<String> {
    const TIME: usize = 0x40;
    const UNITS_IN_A_SECOND: u64 = 10_000_000;
    const SECONDS_FROM_1601_TO_1970: u64 = 11_644_473_600;
    if place(property, 0)? != TIME {
        return None;
    }
    let (units, _) = property.get(4..)?.split_first_chunk()?;
    let seconds =
        (u64::from_le_bytes(*units) / UNITS_IN_A_SECOND).checked_sub(SECONDS_FROM_1601_TO_1970)?;
    let time = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
