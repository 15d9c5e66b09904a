//! Numbers as people mean them: decimals of at most fifteen digits.
//!
//! Excel stores binary floating point, but what a clerk means is the decimal that Excel
//! shows. [`canonical`] brings every number to the `f64` that lies nearest to that decimal,
//! so that two plain columns compare exactly. Arithmetic on such numbers is not exact
//! (`1.62 + 1.28` is not `2.9`), and is left to [`Exact`] wherever it could decide something.
//!
//! Reading text as a number is the business of `intake`; formulas are the business of `expr`.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

/// An exact rational number, in which every verdict is taken that floating point cannot take.
pub type Exact = BigRational;

/// The digits of a finite `f64` and the power of ten of the last of them.
///
/// At most fifteen digits are kept: that is what Excel shows and stores.
fn digits(x: f64) -> (i64, i32) {
    let text = format!("{x:.14e}");
    let (mantissa, exponent) = text.split_once('e').expect("`e` format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a small integer");
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let mut digits: i64 = digits.parse().expect("sixteen characters fit an i64");
    let mut exponent = exponent - 14;
    if digits == 0 {
        return (0, 0);
    }
    while digits % 10 == 0 {
        digits /= 10;
        exponent += 1;
    }
    (digits, exponent)
}

fn from_digits(digits: i64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}")
        .parse()
        .expect("digits and an exponent are a float")
}

/// Millionths: the finest decimals that are recognised without taking a number's digits apart.
const MILLION: f64 = 1e6;

/// A number in whole millionths, where it is a decimal of at most six places and not too large.
///
/// A quotient of two exactly representable numbers is rounded correctly: a number that equals
/// such a quotient is the one nearest to that decimal, and is it, for all that canonical numbers
/// stand for.
#[expect(clippy::cast_possible_truncation, reason = "below 1e15")]
pub fn millionths(x: f64) -> Option<i64> {
    let scaled = (x * MILLION).round();
    (scaled.abs() < 1e15 && scaled / MILLION == x).then_some(scaled as i64)
}

/// The number that so many millionths are.
pub fn of_millionths(millionths: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 1e15, as `millionths` gives them"
    )]
    let scaled = millionths as f64;
    scaled / MILLION
}

/// The `f64` nearest to the decimal of fifteen digits that `x` stands for, or `None` where `x`
/// is no number at all. Negative zero becomes zero.
///
/// ```
/// use hebiao::number::canonical;
/// assert_eq!(canonical(0.1 + 0.2), Some(0.3));
/// assert_eq!(canonical(f64::NAN), None);
/// ```
pub fn canonical(x: f64) -> Option<f64> {
    if !x.is_finite() {
        return None;
    }
    if x.fract() == 0.0 && x.abs() < 1e15 {
        return Some(x + 0.0);
    }
    if millionths(x).is_some() {
        return Some(x);
    }
    let (digits, exponent) = digits(x);
    Some(from_digits(digits, exponent) + 0.0)
}

/// `x` times a power of ten, exact in decimals: `shift(80.6, -2)` is `0.806`.
pub fn shift(x: f64, power: i32) -> f64 {
    if power == 0 || x == 0.0 || !x.is_finite() {
        return x;
    }
    // Both sides of the quotient are exact, so it is the nearest to the shifted decimal.
    if let Some(scaled) = millionths(x).filter(|_| (-15..=6).contains(&power)) {
        #[expect(clippy::cast_precision_loss, reason = "below 1e15")]
        return scaled as f64 / 10_f64.powi(6 - power);
    }
    let (digits, exponent) = digits(x);
    from_digits(digits, exponent + power)
}

/// How many decimals the canonical number `x` has: 2 for `3.25`, 0 for `20`.
pub fn decimals(x: f64) -> u8 {
    if let Some(mut scaled) = millionths(x) {
        let mut places = 6;
        while places > 0 && scaled % 10 == 0 {
            scaled /= 10;
            places -= 1;
        }
        return places;
    }
    u8::try_from((-digits(x).1).max(0)).unwrap_or(u8::MAX)
}

/// The decimal that the canonical number `x` stands for, as an exact number.
pub fn exact(x: f64) -> Exact {
    if x.fract() == 0.0 && x.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e15")]
        return Exact::from_integer(BigInt::from(x as i64));
    }
    let (digits, exponent) = digits(x);
    Exact::from_integer(BigInt::from(digits)) * power_of_ten(exponent)
}

/// The exact number nearest to a float again, for reports and sorting.
pub fn to_f64(x: &Exact) -> f64 {
    canonical(x.to_f64().unwrap_or(f64::NAN)).unwrap_or(f64::NAN)
}

/// `10^power` as an exact number.
pub fn power_of_ten(power: i32) -> Exact {
    let size = BigInt::from(10).pow(power.unsigned_abs());
    if power < 0 {
        Exact::new(BigInt::from(1), size)
    } else {
        Exact::from_integer(size)
    }
}

/// The power of ten of a unit of money: 4 of 万元.
pub fn power_of_money(unit: &str) -> Option<i32> {
    match crate::spelling::fold(unit).as_str() {
        "元" => Some(0),
        "千元" => Some(3),
        "万元" => Some(4),
        "百万元" => Some(6),
        "亿元" => Some(8),
        _ => None,
    }
}

/// `x` rounded to `decimals`, half away from zero as Excel's `ROUND` does it.
///
/// ```
/// use hebiao::number::{exact, round, show};
/// assert_eq!(show(&round(&exact(2.345), 2)), "2.35");
/// assert_eq!(show(&round(&exact(-2.345), 2)), "-2.35");
/// ```
pub fn round(x: &Exact, decimals: i32) -> Exact {
    let scale = power_of_ten(decimals);
    // `Ratio::round` takes ties away from zero.
    (x * &scale).round() / scale
}

/// `x` with the digits beyond `decimals` cut off: what people do who forget to round.
pub fn cut(x: &Exact, decimals: i32) -> Exact {
    let scale = power_of_ten(decimals);
    (x * &scale).trunc() / scale
}

/// An exact number as people write it: all its decimals where there are at most six,
/// otherwise rounded to four.
pub fn show(x: &Exact) -> String {
    let mut decimals = 0;
    while decimals <= 6 {
        if (x * power_of_ten(decimals)).is_integer() {
            return show_rounded(x, decimals.unsigned_abs());
        }
        decimals += 1;
    }
    show_rounded(x, 4)
}

/// An exact number with just so many decimals, zeros included: `15` with one decimal is `15.0`.
pub fn show_rounded(x: &Exact, decimals: u32) -> String {
    let places = i32::try_from(decimals).unwrap_or(0);
    let scaled = (round(x, places) * power_of_ten(places)).to_integer();
    let digits = format!(
        "{:0>width$}",
        scaled.abs().to_string(),
        width = decimals as usize + 1
    );
    let (whole, part) = digits.split_at(digits.len() - decimals as usize);
    let sign = if scaled.is_negative() { "-" } else { "" };
    if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    }
}

/// Reads a plain decimal such as `-12.50`, as rule files and texts write it.
pub fn parse(text: &str) -> Option<Exact> {
    let (sign, body) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = body.split_once('.').unwrap_or((body, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    // A number of a hundred digits is a slip of the hand, not a figure.
    if whole.len() + part.len() > 40 {
        return None;
    }
    let digits: BigInt = format!("{whole}{part}").parse().ok()?;
    let power = -i32::try_from(part.len()).ok()?;
    Some(Exact::from_integer(digits * sign) * power_of_ten(power))
}

/// Whether an exact number is nothing.
pub fn is_zero(x: &Exact) -> bool {
    x.is_zero()
}

/// The exact sum of figures, and how many there are.
pub fn sum(figures: impl Iterator<Item = f64>) -> (Exact, usize) {
    let mut sum = Exact::default();
    let mut count = 0;
    // Nearly all figures are whole millionths, which add up without big numbers.
    let mut whole = 0_i128;
    for x in figures {
        count += 1;
        match millionths(x) {
            Some(scaled) => whole += i128::from(scaled),
            None => sum += exact(x),
        }
    }
    (
        sum + Exact::from_integer(whole.into()) * power_of_ten(-6),
        count,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_decimal_that_excel_shows() {
        assert_eq!(canonical(80.6), Some(80.6));
        assert_eq!(canonical(1.62 + 1.28), Some(2.9));
        assert_eq!(canonical(-0.0).map(f64::is_sign_negative), Some(false));
        assert_eq!(canonical(1e300), Some(1e300));
        assert_eq!(canonical(1.0 / 3.0), Some(0.333_333_333_333_333));
    }

    #[test]
    fn percents_move_by_decimals_not_by_division() {
        assert_eq!(shift(80.6, -2), 0.806);
        assert_eq!(shift(0.147, 2), 14.7);
        assert_eq!(decimals(shift(14.67, -2)), 4);
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(exact(1.62) + exact(1.28), exact(2.9));
    }

    #[test]
    fn rounding_is_half_away_from_zero_as_in_excel() {
        assert_eq!(show(&round(&exact(14.65), 1)), "14.7");
        assert_eq!(show(&round(&exact(-14.65), 1)), "-14.7");
        assert_eq!(show(&cut(&exact(14.67), 1)), "14.6");
    }

    #[test]
    fn numbers_are_shown_with_the_decimals_they_have() {
        assert_eq!(show(&exact(0.806)), "0.806");
        assert_eq!(show(&(exact(458.0) / exact(3123.0))), "0.1467");
        assert_eq!(show_rounded(&exact(15.0), 1), "15.0");
        assert_eq!(show_rounded(&exact(-0.04), 1), "0.0");
    }

    #[test]
    fn only_plain_decimals_are_read() {
        assert_eq!(parse("-12.50"), Some(exact(-12.5)));
        for text in ["", ".", "1e5", "1,000", "１", "--1", "1.2.3"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
