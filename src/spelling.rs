//! One spelling for what people write in many: widths of signs, spaces, units in brackets.
//!
//! Labels, names, rules and figures are compared in it; what stands in a cell stays as it is.

/// A full-width sign as its plain form.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// A label or name with spaces dropped and widths made one, so that two wordings of it compare.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| !is_blank(*c))
        .collect()
}

/// A label without the unit in brackets behind it, folded, and that unit: 覆盖率（%） is 覆盖率.
pub fn without_unit(label: &str) -> (String, Option<String>) {
    let folded = fold(label);
    if let Some(open) = folded.rfind('(').filter(|open| *open > 0)
        && folded.ends_with(')')
    {
        let unit = &folded[open + 1..folded.len() - 1];
        if unit.chars().count() <= 4 {
            return (folded[..open].to_owned(), Some(unit.to_owned()));
        }
    }
    (folded, None)
}

/// Whether a sign can't be seen: a space, or one of those of no width that pasted text brings.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200e}' | '\u{2060}' | '\u{feff}' | '\u{fe0f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_compare_whatever_their_widths_and_spaces() {
        assert_eq!(fold("覆 盖\u{3000}率（％）\u{200b}\u{feff}"), "覆盖率(%)");
        let (label, unit) = without_unit("覆盖率（%）");
        assert_eq!((label.as_str(), unit.as_deref()), ("覆盖率", Some("%")));
        assert_eq!(without_unit("（一）").1, None);
    }
}
