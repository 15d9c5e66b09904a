//! Number formats, as far as they change what a clerk sees.
//!
//! A format can show a number a hundred times larger (`0.0%`), a thousand times smaller
//! (`#,##0,`), ten thousand times smaller (`0!.0,"万"`), as a day, or with so many decimals. What
//! the clerk sees is what is meant.

/// What a number format does to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Format {
    /// Power of ten from what is stored to what is shown, the percent sign aside: −3 for a
    /// trailing comma.
    pub scale: i8,
    /// Whether it shows a percentage.
    pub percent: bool,
    /// The decimals that it shows; none where it shows what there is.
    pub decimals: Option<u8>,
    /// Whether it shows a day or time.
    pub date: bool,
}

/// Reads a format code such as `#,##0.00;[Red]-#,##0.00`.
pub fn parse(code: &str) -> Format {
    let mut format = Format::default();
    let mut shows_digits = false;
    let mut after_point = false;
    let mut decimals = 0_u8;
    let mut trailing_commas = 0_i8;
    let mut point_is_literal = false;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Only the first section, that of positive numbers, is looked at.
            ';' => break,
            '"' => {
                for quoted in chars.by_ref() {
                    if quoted == '"' {
                        break;
                    }
                }
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                // [h]:mm is a duration; [Red], [$¥-804] and [>100] are not about the number.
                if matches!(
                    inner.to_ascii_lowercase().as_str(),
                    "h" | "hh" | "m" | "mm" | "s" | "ss"
                ) {
                    format.date = true;
                }
            }
            // `0!.0` and `0\.0` show a point that is no decimal point: the last digits of what
            // is left after the commas stand behind it.
            '\\' | '!' => point_is_literal |= chars.next() == Some('.'),
            '_' | '*' => {
                chars.next();
            }
            '0' | '#' | '?' => {
                shows_digits = true;
                trailing_commas = 0;
                if after_point {
                    decimals = decimals.saturating_add(1);
                }
            }
            '.' => after_point = true,
            ',' if shows_digits => trailing_commas = trailing_commas.saturating_add(1),
            '%' => format.percent = true,
            'y' | 'Y' | 'd' | 'D' | 'm' | 'M' | 'h' | 'H' | 's' | 'S' if !shows_digits => {
                format.date = true;
            }
            'G' | 'g' if code.to_ascii_lowercase().starts_with("general") => return format,
            _ => {}
        }
    }
    if format.date {
        return Format {
            date: true,
            ..Format::default()
        };
    }
    // `0!.0,"万"` shows 12345 as 1.2万: the comma takes three digits, the literal point one more.
    format.scale = -3 * trailing_commas - i8::from(point_is_literal && trailing_commas > 0);
    if point_is_literal && trailing_commas > 0 {
        decimals = 1;
        after_point = true;
    }
    format.decimals = (shows_digits && (after_point || code.contains('0'))).then_some(decimals);
    format
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str) -> (i8, bool, Option<u8>, bool) {
        let format = parse(code);
        (format.scale, format.percent, format.decimals, format.date)
    }

    #[test]
    fn a_format_says_what_the_clerk_sees() {
        assert_eq!(shown("General"), (0, false, None, false));
        assert_eq!(shown("@"), (0, false, None, false));
        assert_eq!(shown("0"), (0, false, Some(0), false));
        assert_eq!(shown("#,##0.00"), (0, false, Some(2), false));
        assert_eq!(shown("0.0%"), (0, true, Some(1), false));
        assert_eq!(shown("#,##0,"), (-3, false, Some(0), false));
        assert_eq!(shown("0!.0,\"万\""), (-4, false, Some(1), false));
        assert_eq!(shown("yyyy\"年\"m\"月\"d\"日\""), (0, false, None, true));
        assert_eq!(shown("[$-804]yyyy/m/d"), (0, false, None, true));
        assert_eq!(
            shown("#,##0.00;[Red]-#,##0.00%"),
            (0, false, Some(2), false)
        );
        assert_eq!(shown("0\"项\""), (0, false, Some(0), false));
    }
}
