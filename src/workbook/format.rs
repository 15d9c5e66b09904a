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
    /// The power of ten of the 万 or 亿 that it shows behind the number.
    pub named: i8,
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
    let is_general = code
        .get(..7)
        .is_some_and(|head| head.eq_ignore_ascii_case("general"));
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
                for quoted in chars.by_ref().take_while(|c| *c != '"') {
                    format.named = format.named.max(power(quoted));
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
            'G' | 'g' if is_general => return format,
            other => format.named = format.named.max(power(other)),
        }
    }
    if format.date {
        return Format {
            date: true,
            ..Format::default()
        };
    }
    // `0!.0,"万"` shows 12345 as 1.2万: the comma takes three digits, the literal point one more.
    // Nobody divides by more than a billion.
    let trailing_commas = trailing_commas.min(3);
    format.scale = -3 * trailing_commas - i8::from(point_is_literal && trailing_commas > 0);
    if point_is_literal && trailing_commas > 0 {
        decimals = 1;
        after_point = true;
    }
    format.decimals = (shows_digits && (after_point || code.contains('0'))).then_some(decimals);
    format
}

/// The power of ten that a sign stands for.
fn power(sign: char) -> i8 {
    match sign {
        '万' => 4,
        '亿' => 8,
        _ => 0,
    }
}

/// The code of a number format that is not written into files, as the Chinese Excel shows it.
pub fn built_in(number: u16) -> &'static str {
    match number {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 => "\"¥\"#,##0;\"¥\"-#,##0",
        6 => "\"¥\"#,##0;[Red]\"¥\"-#,##0",
        7 => "\"¥\"#,##0.00;\"¥\"-#,##0.00",
        8 => "\"¥\"#,##0.00;[Red]\"¥\"-#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14 => "yyyy/m/d",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 52 | 57 => "yyyy\"年\"m\"月\"",
        28 | 29 | 51 | 53 | 54 | 58 => "m\"月\"d\"日\"",
        30 => "m-d-yy",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 => "h\"时\"mm\"分\"",
        33 => "h\"时\"mm\"分\"ss\"秒\"",
        34 | 55 => "AM/PM h\"时\"mm\"分\"",
        35 | 56 => "AM/PM h\"时\"mm\"分\"ss\"秒\"",
        37 => "#,##0;-#,##0",
        38 => "#,##0;[Red]-#,##0",
        39 => "#,##0.00;-#,##0.00",
        40 => "#,##0.00;[Red]-#,##0.00",
        41 | 42 => "_ * #,##0_ ;_ * -#,##0_ ;_ * \"-\"_ ;_ @_ ",
        43 | 44 => "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}

/// The code behind a name that Excel has for a format; any other format is its own code.
pub fn by_name(format: &str) -> &str {
    match format {
        "" | "General" | "General Number" => "General",
        "General Date" => "yyyy/m/d h:mm",
        "Long Date" => "yyyy\"年\"m\"月\"d\"日\"",
        "Medium Date" => "d-mmm-yy",
        "Short Date" => "yyyy/m/d",
        "Long Time" => "h:mm:ss AM/PM",
        "Medium Time" => "h:mm AM/PM",
        "Short Time" => "h:mm",
        "Currency" => "\"¥\"#,##0.00;[Red]\"¥\"-#,##0.00",
        "Euro Currency" => "\"€\"#,##0.00;[Red]\"€\"-#,##0.00",
        "Fixed" => "0.00",
        "Standard" => "#,##0.00",
        "Percent" => "0.00%",
        "Scientific" => "0.00E+00",
        "Yes/No" => "\"Yes\";\"Yes\";\"No\"",
        "True/False" => "\"True\";\"True\";\"False\"",
        "On/Off" => "\"On\";\"On\";\"Off\"",
        code => code,
    }
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
