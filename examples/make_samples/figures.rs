//! Exact small arithmetic and seeded chance, so that two runs write the same bytes.
//!
//! Nothing here knows a form or a district.

use std::fmt;

/// A figure as people write it: 14.7 is 147 with one decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub digits: i64,
    pub decimals: u32,
}

impl Shown {
    /// The quotient at so many decimals, half away from zero as Excel's ROUND has it.
    pub fn quotient(numerator: i64, denominator: i64, decimals: u32) -> Shown {
        let scaled = numerator * 10_i64.pow(decimals);
        let size = (2 * scaled.abs() + denominator) / (2 * denominator);
        Shown {
            digits: size * scaled.signum(),
            decimals,
        }
    }

    /// Change against a base, in percent.
    pub fn growth(now: i64, base: i64, decimals: u32) -> Shown {
        Shown::quotient((now - base) * 100, base, decimals)
    }

    /// A part of a whole, in percent.
    pub fn percent(part: i64, whole: i64, decimals: u32) -> Shown {
        Shown::quotient(part * 100, whole, decimals)
    }

    pub fn whole(number: i64) -> Shown {
        Shown {
            digits: number,
            decimals: 0,
        }
    }

    /// The figure moved by so many units of its last decimal.
    pub fn moved(self, by: i64) -> Shown {
        Shown {
            digits: self.digits + by,
            ..self
        }
    }

    /// What a percent-formatted cell stores for this many percent.
    pub fn hundredth(self) -> Shown {
        Shown {
            decimals: self.decimals + 2,
            ..self
        }
    }

    /// The number format that shows these decimals.
    pub fn number_format(self) -> String {
        match self.decimals {
            0 => "0".to_owned(),
            decimals => format!("0.{}", "0".repeat(decimals as usize)),
        }
    }

    /// The nearest float, by way of the text, which is how Excel gets it too.
    pub fn number(self) -> f64 {
        self.to_string()
            .parse()
            .expect("digits and a point make a number")
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let size = self.digits.unsigned_abs();
        let unit = 10_u64.pow(self.decimals);
        write!(f, "{sign}{}", size / unit)?;
        if self.decimals > 0 {
            write!(
                f,
                ".{:0width$}",
                size % unit,
                width = self.decimals as usize
            )?;
        }
        Ok(())
    }
}

/// `SplitMix64`, seeded by words: each district's luck is its own, whatever the others draw.
pub struct Chance(u64);

impl Chance {
    pub fn of(words: &str) -> Chance {
        // FNV-1a: short, well known, and the same on every machine.
        Chance(words.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, the end left out.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a float exactly")]
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// A whole number from `low` to `high`, both included.
    #[expect(clippy::cast_possible_wrap, reason = "the span of small counts fits")]
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1).unsigned_abs()) as i64
    }

    pub fn happens(&mut self, share: f64) -> bool {
        self.between(0.0, 1.0) < share
    }

    /// About this share of a count.
    pub fn share(&mut self, of: i64, low: f64, high: f64) -> i64 {
        portion(of, self.between(low, high))
    }
}

/// This share of a count, as a count.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small counts"
)]
pub fn portion(of: i64, share: f64) -> i64 {
    (of as f64 * share).round() as i64
}

/// Splits a total by weight and largest remainder, no part above its cap.
///
/// The parts add up to the total exactly, which is what makes the city's figures come out.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small counts"
)]
pub fn apportion(total: i64, weights: &[f64], caps: &[i64]) -> Vec<i64> {
    assert!(
        caps.iter().sum::<i64>() >= total,
        "the caps leave room for {total}"
    );
    let all: f64 = weights.iter().sum();
    let quotas: Vec<f64> = weights
        .iter()
        .map(|weight| total as f64 * weight / all)
        .collect();
    let mut parts: Vec<i64> = quotas
        .iter()
        .zip(caps)
        .map(|(quota, cap)| (quota.floor() as i64).min(*cap))
        .collect();
    while parts.iter().sum::<i64>() < total {
        let lack = |i: &usize| quotas[*i] - parts[*i] as f64;
        let next = (0..parts.len())
            .filter(|i| parts[*i] < caps[*i])
            .max_by(|a, b| lack(a).total_cmp(&lack(b)).then(b.cmp(a)))
            .expect("a part is below its cap while the total is not reached");
        parts[next] += 1;
    }
    parts
}
