//! What stands in a cell, read as what its column asks for.

/// A full-width sign as its plain form.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// A label or name with spaces dropped and widths made one, so that two wordings of it compare.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && *c != '\u{feff}')
        .collect()
}
