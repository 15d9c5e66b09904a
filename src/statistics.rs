//! Statistics that tell an unusual figure from a usual one: quantiles, the coefficient of
//! variation, and limits by Hidiroglou and Berthelot, by the median deviation and by chance.
//!
//! Floating point decides nothing here. What is rational is computed in [`Exact`]; a square root
//! is taken in `f64`, rounded to ten significant digits by [`significant`], and goes on as that
//! decimal. Only `+ - * /` and `sqrt` of floats are used, which are the same on every machine.
//! [`binomial_limits`] sums floats, and therefore has a margin far wider than their error.
//!
//! Which figures are compared with which, and what is said of an unusual one, is left to others.

use std::iter;

use num_traits::{One, Signed, ToPrimitive, Zero};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::number::{self, Exact};
use crate::words::Text;

/// Why a statistic has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    /// Too few figures that can be compared.
    TooFew {
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The figures, or most of them, are the same.
    NoSpread,
    /// The mean is zero, or nothing beside the spread.
    NoMean,
    /// The weights sum to nothing, or one of them is negative.
    NoWeight,
}

impl Undefined {
    /// The reason, as half a sentence.
    pub fn words(self) -> Text {
        match self {
            Self::TooFew { found, needed } => both!(
                "可比较的数据只有 {found} 个，至少需要 {needed} 个",
                "only {found} figures can be compared, at least {needed} are needed"
            ),
            Self::NoSpread => Text::new(
                "数据全部或大多相同，无法衡量差异",
                "all or most figures are the same, so there is no spread to measure by",
            ),
            Self::NoMean => Text::new("平均数为零", "the mean is zero"),
            Self::NoWeight => Text::new(
                "权数合计为零或有负数",
                "the weights sum to zero, or one is negative",
            ),
        }
    }
}

/// How a quantile between two figures is found (Hyndman & Fan 1996, whose numbers these are).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum Quantile {
    /// At place `p(n+1)`: SPSS, and Excel's `QUARTILE.EXC`.
    #[serde(rename = "type-6")]
    Type6,
    /// At place `p(n-1)+1`: R, and Excel's `QUARTILE.INC`.
    #[default]
    #[serde(rename = "type-7")]
    Type7,
}

/// The quantile at share `p` of figures that are sorted; `None` where there are none.
/// A place before the first figure or behind the last is that figure.
pub fn quantile(sorted: &[Exact], p: &Exact, kind: Quantile) -> Option<Exact> {
    let last = Exact::from_integer(sorted.len().checked_sub(1)?.into());
    let place = match kind {
        Quantile::Type6 => p * (&last + whole(2)) - whole(1),
        Quantile::Type7 => p * &last,
    };
    let place = place.clamp(Exact::zero(), last);
    let below = place.to_integer().to_usize()?;
    let (low, high) = (sorted.get(below)?, sorted.get(below + 1));
    Some(high.map_or_else(|| low.clone(), |high| low + place.fract() * (high - low)))
}

/// The median of figures in any order; `None` where there are none.
pub fn median(values: &[Exact]) -> Option<Exact> {
    quantile(&sorted(values.to_vec()), &half(), Quantile::Type7)
}

/// The sum, two by two: denominators grow as late as they can.
pub fn sum(values: impl Iterator<Item = Exact>) -> Exact {
    let mut layer: Vec<Exact> = values.collect();
    while layer.len() > 1 {
        layer = layer.chunks(2).map(|pair| pair.iter().sum()).collect();
    }
    layer.pop().unwrap_or_default()
}

/// A float, as some square root gives it, as a decimal of ten significant digits: half up, for
/// negative numbers half down, as Excel rounds. `None` where it is no number.
pub fn significant(x: f64) -> Option<Exact> {
    let exact = number::exact(number::canonical(x)?);
    let text = format!("{x:e}");
    let exponent: i32 = text.split_once('e')?.1.parse().ok()?;
    Some(number::round(&exact, 9 - exponent))
}

/// The coefficient of variation 差异系数 of values with their weights, to ten significant digits.
///
/// Population form: the square root of `Σw(x-x̄)²/Σw`, over the size of `x̄ = Σwx/Σw`. So the
/// evaluation of balanced compulsory education 县域义务教育均衡发展督导评估 has it, where `x` is
/// what a school has per pupil and `w` its pupils; its composite is the plain mean of several.
///
/// # Errors
/// Where there are no values, the mean is zero or the weights are no weights.
pub fn coefficient_of_variation(values: &[(Exact, Exact)]) -> Result<Exact, Undefined> {
    enough(values.len(), 1)?;
    let weight: Exact = values.iter().map(|(_, w)| w).sum();
    if !weight.is_positive() || values.iter().any(|(_, w)| w.is_negative()) {
        return Err(Undefined::NoWeight);
    }
    let mean = values.iter().map(|(x, w)| x * w).sum::<Exact>() / &weight;
    if mean.is_zero() {
        return Err(Undefined::NoMean);
    }
    let squares = values.iter().map(|(x, w)| w * (x - &mean).pow(2));
    let variance = squares.sum::<Exact>() / weight;
    root(&(variance / mean.pow(2))).ok_or(Undefined::NoMean)
}

/// How much the size of a unit counts in [`HidiroglouBerthelot`]: the power `U` of its figure.
/// Other powers than these would not be the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exponent {
    /// U = 0: size is ignored.
    Zero,
    /// U = 1/2, the usual one: large units have narrower limits.
    Half,
    /// U = 1: a change weighs by what it comes to.
    One,
}

/// Limits for the ratio of a unit's figures in two periods, learnt from all units (Hidiroglou &
/// Berthelot 1986, *Survey Methodology* 12:73-83).
///
/// Ratios are centred on their median, alike up and down, and multiplied by the size of the unit
/// to the power `U`, which gives the scores `E`. A score may lie below the median score by
/// `c_low` times the distance to the lower quartile, and above it likewise. That distance is at
/// least `a` times the median score; where the median score is zero, at least `a` itself.
///
/// This last, and that unchanged units are left out where they are half of all or more, is
/// Statistics Norway's practice (function `Hb` of their R package Kostra). It holds limits open
/// where the quartiles fall together, because half of the units or more share one ratio. With an
/// odd number of units the median score is always zero, and `a` is a score then, which has the
/// dimension of the figures to the power `U`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HidiroglouBerthelot {
    /// `U`, 1/2 usually.
    pub exponent: Exponent,
    /// `A`, 0.05 usually.
    pub a: Exact,
    /// `C` downwards: 4 to 7 usually, 20 in Norway.
    pub c_low: Exact,
    /// `C` upwards.
    pub c_high: Exact,
    /// The share at which the lower quartile stands, 0.25 usually; the upper is its mirror.
    pub quartile: Exact,
    /// How the quartiles are found.
    pub kind: Quantile,
    /// How many units it takes, those left out not counted.
    pub at_least: usize,
}

/// What [`HidiroglouBerthelot`] says of all units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HbLimits {
    /// The median of the ratios compared.
    pub median_ratio: Exact,
    /// What it says of each, in the order in which they were given.
    pub units: Vec<HbUnit>,
}

/// What [`HidiroglouBerthelot`] says of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all units are judged")]
pub enum HbUnit {
    /// One of its figures isn't above zero (or is too large for any sheet): it has no ratio.
    Excluded,
    /// Its figures are equal, as those of half of the units or more are: there is nothing to judge.
    Unchanged,
    /// It was compared with the others.
    Judged {
        /// The figure now over the figure before.
        ratio: Exact,
        /// `E`: how far the ratio is from the median, by the size of the unit.
        score: Exact,
        /// Whether the ratio is beyond its limits; at a limit it is not.
        is_outside: bool,
        /// The lowest usual ratio for a unit of this size.
        low: Exact,
        /// The highest usual ratio for a unit of this size.
        high: Exact,
    },
}

impl HidiroglouBerthelot {
    /// The limits that follow from the figures of all units, before and now.
    ///
    /// # Errors
    /// Where too few units can be compared, or every unit that could is unchanged.
    pub fn limits(&self, pairs: &[(Exact, Exact)]) -> Result<HbLimits, Undefined> {
        let units: Vec<Option<Unit>> = pairs.iter().map(|pair| self.unit(pair)).collect();
        let usable = units.iter().flatten().count();
        enough(usable, self.at_least)?;
        let unchanged = units.iter().flatten().filter(|u| u.is_unchanged()).count();
        if unchanged == usable {
            return Err(Undefined::NoSpread);
        }
        let drop_unchanged = 2 * unchanged >= usable;
        let is_dropped = |unit: &Unit| drop_unchanged && unit.is_unchanged();
        let mut compared: Vec<&Unit> = units.iter().flatten().collect();
        compared.retain(|unit| !is_dropped(unit));
        enough(compared.len(), self.at_least)?;

        let ratios: Vec<Exact> = compared.iter().map(|unit| unit.ratio.clone()).collect();
        let centre = median(&ratios).ok_or(Undefined::NoSpread)?;
        let scores = compared.iter().map(|unit| unit.score(&centre)).collect();
        let (lowest, highest) = self
            .usual_scores(&sorted(scores))
            .ok_or(Undefined::NoSpread)?;
        let judge = |unit: Option<Unit>| match unit {
            None => HbUnit::Excluded,
            Some(unit) if is_dropped(&unit) => HbUnit::Unchanged,
            Some(unit) => unit.judged(&centre, &lowest, &highest),
        };
        Ok(HbLimits {
            units: units.into_iter().map(judge).collect(),
            median_ratio: centre,
        })
    }

    fn unit(&self, (before, now): &(Exact, Exact)) -> Option<Unit> {
        if !before.is_positive() || !now.is_positive() {
            return None;
        }
        let size = before.max(now);
        let scale = match self.exponent {
            Exponent::Zero => Exact::one(),
            Exponent::Half => root(size).filter(Signed::is_positive)?,
            Exponent::One => size.clone(),
        };
        let ratio = now / before;
        Some(Unit { ratio, scale })
    }

    fn usual_scores(&self, scores: &[Exact]) -> Option<(Exact, Exact)> {
        let centre = quantile(scores, &half(), self.kind)?;
        let lower = quantile(scores, &self.quartile, self.kind)?;
        let upper = quantile(scores, &(whole(1) - &self.quartile), self.kind)?;
        let least = if centre.is_zero() {
            self.a.clone()
        } else {
            (&self.a * &centre).abs()
        };
        let down = (&centre - lower).max(least.clone());
        let up = (upper - &centre).max(least);
        Some((&centre - &self.c_low * down, centre + &self.c_high * up))
    }
}

/// A unit that can be compared: its ratio, and its size to the power `U`.
struct Unit {
    ratio: Exact,
    scale: Exact,
}

impl Unit {
    fn is_unchanged(&self) -> bool {
        self.ratio.is_one()
    }

    fn score(&self, centre: &Exact) -> Exact {
        let distance = if self.ratio < *centre {
            whole(1) - centre / &self.ratio
        } else {
            &self.ratio / centre - whole(1)
        };
        distance * &self.scale
    }

    /// The ratio at which a unit of this size has this score: [`Unit::score`] turned round.
    fn ratio_at(&self, score: &Exact, centre: &Exact) -> Exact {
        if score.is_negative() {
            centre * &self.scale / (&self.scale - score)
        } else {
            centre * (&self.scale + score) / &self.scale
        }
    }

    fn judged(self, centre: &Exact, lowest: &Exact, highest: &Exact) -> HbUnit {
        let score = self.score(centre);
        HbUnit::Judged {
            is_outside: score < *lowest || score > *highest,
            low: self.ratio_at(lowest, centre),
            high: self.ratio_at(highest, centre),
            score,
            ratio: self.ratio,
        }
    }
}

/// Limits about the median, by the median absolute deviation from it (Iglewicz & Hoaglin 1993,
/// *How to Detect and Handle Outliers*: the modified z-score).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mad {
    /// How many standard deviations are usual, were the figures normal: 3.5 usually.
    pub factor: Exact,
    /// How many figures it takes.
    pub at_least: usize,
}

impl Mad {
    /// The lowest and the highest usual figure: the median ± `factor · MAD / 0.6745`.
    ///
    /// # Errors
    /// Where there are too few figures, or more than half of them are the same.
    pub fn limits(&self, values: &[Exact]) -> Result<(Exact, Exact), Undefined> {
        enough(values.len(), self.at_least)?;
        let centre = median(values).ok_or(Undefined::NoSpread)?;
        let distances: Vec<Exact> = values.iter().map(|x| (x - &centre).abs()).collect();
        let mad = median(&distances)
            .filter(Signed::is_positive)
            .ok_or(Undefined::NoSpread)?;
        let reach = &self.factor * mad / Exact::new(6745.into(), 10_000.into());
        Ok((&centre - &reach, centre + reach))
    }
}

/// Beyond this many trials the float error would come near the margin of [`binomial_limits`].
const MOST_TRIALS: u64 = 10_000_000_000;

/// The smallest and the largest count among `n` that is no surprise where each counts with
/// probability `p`: those `k` with `P(X ≤ k) ≥ alpha/2` and `P(X ≥ k) ≥ alpha/2`.
///
/// They are the counts whose confidence interval by Clopper & Pearson (1934, *Biometrika*
/// 26:404-413) at level `1 - alpha` holds `p`. The tails are summed in floats; one that misses
/// `alpha/2` by less than a part in 10⁹, twice what the floats can err by, is no surprise.
/// The work grows with the square root of `n`. `None` where `alpha` is not above 0 and at most 1,
/// or `n` is above ten thousand million.
pub fn binomial_limits(n: u64, p: &Exact, alpha: &Exact) -> Option<(u64, u64)> {
    let tail = alpha.to_f64().filter(|a| *a > 0.0 && *a <= 1.0)? / 2.0;
    if n > MOST_TRIALS {
        return None;
    }
    if !p.is_positive() {
        return Some((0, 0));
    }
    if *p >= whole(1) {
        return Some((n, n));
    }
    let mode = (p * Exact::from_integer((n + 1).into())).to_integer();
    let mode = mode.to_u64()?.min(n);
    let odds = (p / (whole(1) - p)).to_f64()?;
    // What lies beyond a weight of this size is less than that share of the whole.
    let vanishing = tail * 1e-15;
    let below = weights_downwards(mode, n, odds, vanishing)?;
    let above = weights_downwards(n - mode, n, 1.0 / odds, vanishing)?;
    let first = mode + 1 - u64::try_from(below.len()).ok()?;
    let last = mode + u64::try_from(above.len()).ok()? - 1;

    let weights: Vec<f64> = below
        .into_iter()
        .rev()
        .chain(above.into_iter().skip(1))
        .collect();
    let limit = weights.iter().sum::<f64>() * tail * (1.0 - 1e-9);
    Some((
        first + surprises(weights.iter(), limit),
        last - surprises(weights.iter().rev(), limit),
    ))
}

/// How likely the counts from `mode` downwards are, each against `mode`, until they vanish.
fn weights_downwards(mode: u64, n: u64, odds: f64, vanishing: f64) -> Option<Vec<f64>> {
    let (mode, n) = (mode.to_f64()?, n.to_f64()?);
    let next = |(count, weight): &(f64, f64)| {
        (*count > 0.0 && *weight > vanishing)
            .then(|| (count - 1.0, weight * count / (n - count + 1.0) / odds))
    };
    let counts = iter::successors(Some((mode, 1.0)), next);
    Some(counts.map(|(_, weight)| weight).collect())
}

/// How many counts come before the sum of the weights, taken from the end, is up to the limit.
fn surprises<'a>(weights: impl Iterator<Item = &'a f64>, limit: f64) -> u64 {
    let mut sum = 0.0;
    let mut found = 0;
    for weight in weights {
        sum += weight;
        if sum >= limit {
            break;
        }
        found += 1;
    }
    found
}

fn enough(found: usize, needed: usize) -> Result<(), Undefined> {
    let needed = needed.max(1);
    if found < needed {
        return Err(Undefined::TooFew { found, needed });
    }
    Ok(())
}

fn sorted(mut values: Vec<Exact>) -> Vec<Exact> {
    values.sort();
    values
}

/// The square root to ten significant digits; `None` beyond what a float can hold.
fn root(x: &Exact) -> Option<Exact> {
    significant(x.to_f64()?.sqrt())
}

fn whole(x: usize) -> Exact {
    Exact::from_integer(x.into())
}

fn half() -> Exact {
    Exact::new(1.into(), 2.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        number::parse(text).expect("a plain decimal")
    }

    fn all(texts: &[&str]) -> Vec<Exact> {
        texts.iter().map(|text| exact(text)).collect()
    }

    fn over(a: i64, b: i64) -> Exact {
        Exact::new(a.into(), b.into())
    }

    fn pairs(figures: &[(i64, i64)]) -> Vec<(Exact, Exact)> {
        let pair = |(before, now): &(i64, i64)| (over(*before, 1), over(*now, 1));
        figures.iter().map(pair).collect()
    }

    fn method(exponent: Exponent, c: &str) -> HidiroglouBerthelot {
        HidiroglouBerthelot {
            exponent,
            a: exact("0.05"),
            c_low: exact(c),
            c_high: exact(c),
            quartile: exact("0.25"),
            kind: Quantile::Type7,
            at_least: 3,
        }
    }

    /// Low, high and whether outside, of one that was judged.
    fn verdict(unit: &HbUnit) -> (Exact, Exact, bool) {
        match unit {
            HbUnit::Judged {
                ratio,
                is_outside,
                low,
                high,
                ..
            } => {
                assert_eq!(*is_outside, ratio < low || ratio > high);
                (low.clone(), high.clone(), *is_outside)
            }
            other => panic!("not judged: {other:?}"),
        }
    }

    #[test]
    fn quantiles_stand_between_figures_as_their_type_says() {
        // Places 0.7 1.75 3.5 6.3 by type 6, and 1.5 2.25 3.5 5.5 by type 7.
        let values = all(&["1", "2", "4", "8", "16", "33"]);
        for (p, six, seven) in [
            ("0.1", "1", "1.5"),
            ("0.25", "1.75", "2.5"),
            ("0.5", "6", "6"),
            ("0.9", "33", "24.5"),
        ] {
            let at = |kind| quantile(&values, &exact(p), kind);
            assert_eq!(at(Quantile::Type6), Some(exact(six)), "{p}");
            assert_eq!(at(Quantile::Type7), Some(exact(seven)), "{p}");
        }
        assert_eq!(quantile(&[], &exact("0.5"), Quantile::Type6), None);
        assert_eq!(
            quantile(&values, &exact("7"), Quantile::Type7),
            Some(exact("33"))
        );
    }

    #[test]
    fn median_and_mean_take_figures_in_any_order() {
        assert_eq!(median(&all(&["9", "1", "4"])), Some(exact("4")));
        assert_eq!(median(&all(&["9", "1", "4", "5"])), Some(exact("4.5")));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn ten_significant_digits_are_kept_half_up() {
        for (x, kept) in [
            (2_f64.sqrt(), "1.414213562"),
            (1_234_567_890.5, "1234567891"),
            (-1_234_567_890.5, "-1234567891"),
            (0.000_123_456_789_05, "0.0001234567891"),
            (9_999_999_999.9, "10000000000"),
            (0.0, "0"),
        ] {
            assert_eq!(significant(x), Some(exact(kept)), "{x}");
        }
        assert_eq!(significant(f64::INFINITY), None);
        assert_eq!(significant(f64::NAN), None);
    }

    #[test]
    fn the_coefficient_of_variation_weighs_schools_by_their_pupils() {
        let schools = [(279, 45), (137, 37), (935, 89), (160, 76), (402, 55)];
        let values = schools.map(|(books, pupils)| (over(books, pupils), over(pupils, 1)));
        assert_eq!(coefficient_of_variation(&values), Ok(exact("0.5152566299")));

        let (x, s) = (exact("5.515273"), exact("1.643162"));
        let two = [(&x - &s, exact("3")), (&x + &s, exact("3"))];
        let single = coefficient_of_variation(&two).unwrap();
        assert_eq!(number::show_rounded(&single, 6), "0.297929");

        let singles = all(&[
            "0.297929", "0.501787", "0.401952", "0.288419", "0.37545", "0.312782", "0.394205",
        ]);
        let composite = sum(singles.iter().cloned()) / whole(singles.len());
        assert_eq!(number::show_rounded(&composite, 6), "0.367503");
    }

    #[test]
    fn a_coefficient_without_mean_or_weight_is_undefined() {
        let of = |pairs: &[(i64, i64)]| {
            let values: Vec<_> = pairs
                .iter()
                .map(|(x, w)| (over(*x, 1), over(*w, 1)))
                .collect();
            coefficient_of_variation(&values)
        };
        let (found, needed) = (0, 1);
        assert_eq!(of(&[]), Err(Undefined::TooFew { found, needed }));
        assert_eq!(of(&[(-1, 2), (1, 2)]), Err(Undefined::NoMean));
        assert_eq!(of(&[(1, 0)]), Err(Undefined::NoWeight));
        assert_eq!(of(&[(1, 3), (2, -1)]), Err(Undefined::NoWeight));
        assert_eq!(of(&[(7, 3), (7, 5)]), Ok(Exact::zero()));
        assert_eq!(of(&[(-1, 1), (-3, 1)]), Ok(exact("0.5")));
    }

    #[test]
    fn ratio_limits_can_be_followed_by_hand() {
        // Scores -1/4, -1/9, 0, 1/10, 1; so from 0 - 4/9 to 0 + 4/10.
        let figures = pairs(&[
            (100, 200),
            (100, 90),
            (0, 5),
            (100, 100),
            (100, 80),
            (100, 110),
        ]);
        let found = method(Exponent::Zero, "4").limits(&figures).unwrap();
        assert_eq!(found.median_ratio, exact("1"));
        assert_eq!(found.units[2], HbUnit::Excluded);
        let limits = |is_outside| (over(9, 13), exact("1.4"), is_outside);
        assert_eq!(verdict(&found.units[0]), limits(true));
        for place in [1, 3, 4, 5] {
            assert_eq!(verdict(&found.units[place]), limits(false));
        }
    }

    #[test]
    fn a_unit_at_its_limit_passes() {
        let figures = pairs(&[(100, 200), (100, 90), (100, 100), (100, 80), (100, 110)]);
        let found = method(Exponent::Zero, "10").limits(&figures).unwrap();
        assert_eq!(verdict(&found.units[0]), (over(9, 19), exact("2"), false));
    }

    #[test]
    fn ratio_limits_agree_with_a_computation_elsewhere() {
        // Computed in Python, with fractions and 60-digit square roots.
        let table = [
            (1204, 1250, "0.9064955488", "1.0929832049", false),
            (356, 331, "0.8186108706", "1.1449903131", false),
            (2210, 2305, "0.9368345518", "1.0772952818", false),
            (87, 120, "0.7117204102", "1.2255550035", true),
            (640, 655, "0.8659149007", "1.1156855548", false),
            (4102, 6120, "0.9719408163", "1.0603645932", true),
            (975, 960, "0.8919992204", "1.1008558485", false),
            (1508, 1580, "0.9189760615", "1.0864042748", false),
            (59, 50, "0.6283555206", "1.3074129879", false),
            (731, 752, "0.8753840479", "1.1101998839", false),
        ];
        let figures = pairs(&table.map(|(before, now, ..)| (before, now)));
        let found = method(Exponent::Half, "4").limits(&figures).unwrap();
        assert_eq!(found.median_ratio, over(21_153, 20_468));
        for ((.., low, high, outside), unit) in table.iter().zip(&found.units) {
            let (lowest, highest, is_outside) = verdict(unit);
            assert_eq!(number::show_rounded(&lowest, 10), *low);
            assert_eq!(number::show_rounded(&highest, 10), *high);
            assert_eq!(is_outside, *outside);
        }
    }

    #[test]
    fn a_change_weighs_by_the_size_of_the_unit() {
        let figures = pairs(&[(100, 200), (100, 90), (100, 100), (100, 80), (1, 2)]);
        let outside = |exponent| {
            let found = method(exponent, "4").limits(&figures).unwrap();
            let units = found.units.iter().map(|unit| verdict(unit).2);
            units.collect::<Vec<bool>>()
        };
        assert_eq!(outside(Exponent::Zero), [false; 5]);
        // Scores 200, -11 1/9, 0, -25 and 2: of the two that doubled, the large one is outside.
        assert_eq!(outside(Exponent::One), [true, false, false, false, false]);
    }

    #[test]
    fn units_with_one_ratio_have_limits_by_the_least_distance() {
        let mut figures = pairs(&[(100, 110), (200, 220), (300, 330), (10, 11), (100, 140)]);
        let found = method(Exponent::Zero, "4").limits(&figures).unwrap();
        assert_eq!(found.median_ratio, exact("1.1"));
        assert_eq!(
            verdict(&found.units[0]),
            (over(11, 12), exact("1.32"), false)
        );
        assert!(verdict(&found.units[4]).2);

        figures.pop();
        let found = method(Exponent::Zero, "4").limits(&figures).unwrap();
        assert!(found.units.iter().all(|unit| !verdict(unit).2));
    }

    #[test]
    fn unchanged_units_are_left_out_where_they_are_half() {
        let mut figures = pairs(&[(5, 5), (10, 11), (6, 6), (10, 12), (10, 13), (7, 7)]);
        let found = method(Exponent::Zero, "4").limits(&figures).unwrap();
        assert_eq!(found.median_ratio, exact("1.2"));
        assert_eq!(found.units[0], HbUnit::Unchanged);
        assert!(!verdict(&found.units[1]).2);

        figures.pop();
        let found = method(Exponent::Zero, "4").limits(&figures).unwrap();
        assert_eq!(found.median_ratio, exact("1.1"));
        assert!(!verdict(&found.units[0]).2);
    }

    #[test]
    fn limits_are_ratios_whatever_the_width() {
        let figures = pairs(&[(100, 110), (100, 120), (100, 130), (100, 150)]);
        let first = |c| {
            let found = method(Exponent::Zero, c).limits(&figures).unwrap();
            verdict(&found.units[0])
        };
        // The median score is -1/1200, so that both limits are below the median ratio of 1.25.
        assert_eq!(first("0"), (over(1500, 1201), over(1500, 1201), true));
        let (low, _, is_outside) = first("1000000");
        assert!(low.is_positive() && !is_outside);
    }

    #[test]
    fn ratio_limits_need_units_that_changed() {
        let method = method(Exponent::Half, "4");
        let too_few = |found| Err(Undefined::TooFew { found, needed: 3 });
        let limits = |figures: &[(i64, i64)]| method.limits(&pairs(figures));
        assert_eq!(limits(&[]), too_few(0));
        assert_eq!(limits(&[(1, 2), (3, 4), (5, 0), (-5, -6)]), too_few(2));
        assert_eq!(limits(&[(1, 1), (3, 3), (5, 5), (6, 7)]), too_few(1));
        assert_eq!(limits(&[(1, 1), (3, 3), (5, 5)]), Err(Undefined::NoSpread));
    }

    #[test]
    fn median_deviation_gives_exact_limits() {
        let (factor, at_least) = (exact("3.5"), 5);
        let mad = Mad { factor, at_least };
        // Median 3, deviations 2 1 0 1 97, their median 1.
        let reach = over(35_000, 6745);
        assert_eq!(
            mad.limits(&all(&["1", "2", "3", "4", "100"])),
            Ok((exact("3") - &reach, exact("3") + &reach))
        );
        assert_eq!(
            mad.limits(&all(&["1", "3", "3", "3", "100"])),
            Err(Undefined::NoSpread)
        );
        let (found, needed) = (1, 5);
        assert_eq!(
            mad.limits(&all(&["1"])),
            Err(Undefined::TooFew { found, needed })
        );
    }

    #[test]
    fn counts_within_chance_agree_with_exact_tails() {
        // Computed in Python, with fractions; the last three with sixty digits.
        for (n, p, alpha, limits) in [
            (10, (1, 2), (5, 100), (2, 8)),
            // Tails of just 56/1024 and 11/1024, which pass; and a little more, which don't.
            (10, (1, 2), (112, 1024), (2, 8)),
            (10, (1, 2), (112_001, 1_024_000), (3, 7)),
            (10, (1, 2), (22, 1024), (1, 9)),
            (36, (909, 3581), (5, 100), (4, 14)),
            (36, (909, 3581), (1, 1000), (2, 18)),
            (36, (909, 3581), (1, 1_000_000_000_000), (0, 29)),
            (1, (1, 3), (5, 100), (0, 1)),
            // The median is above the mode.
            (2, (33, 100), (1, 1), (1, 1)),
            (400, (1, 1000), (5, 100), (0, 2)),
            (400, (999, 1000), (5, 100), (398, 400)),
            (3581, (909, 3581), (1, 100), (842, 977)),
            (10_000_000, (909, 3581), (5, 100), (2_535_700, 2_541_095)),
            (10_000_000, (1, 1_000_000), (5, 100), (4, 17)),
            (10_000_000, (1, 2), (1, 1_000_000), (4_992_266, 5_007_734)),
        ] {
            let (p, alpha) = (over(p.0, p.1), over(alpha.0, alpha.1));
            assert_eq!(
                binomial_limits(n, &p, &alpha),
                Some(limits),
                "{n} {p} {alpha}"
            );
        }
    }

    #[test]
    fn certain_and_impossible_counts_have_one_limit() {
        let limits = |n, p, alpha| binomial_limits(n, &exact(p), &exact(alpha));
        assert_eq!(limits(7, "0", "0.05"), Some((0, 0)));
        assert_eq!(limits(7, "-1", "0.05"), Some((0, 0)));
        assert_eq!(limits(7, "1", "0.05"), Some((7, 7)));
        assert_eq!(limits(0, "0.5", "0.05"), Some((0, 0)));
        let least = number::power_of_ten(-400);
        let tail = exact("0.05");
        assert_eq!(binomial_limits(7, &least, &tail), Some((0, 0)));
        assert_eq!(binomial_limits(7, &(whole(1) - least), &tail), Some((7, 7)));
        assert_eq!(limits(7, "0.5", "0"), None);
        assert_eq!(limits(7, "0.5", "1.5"), None);
        assert_eq!(limits(u64::MAX, "0.5", "0.05"), None);
    }

    #[test]
    fn reasons_are_told_in_both_languages() {
        let (found, needed) = (2, 8);
        let text = Undefined::TooFew { found, needed }.words();
        assert_eq!(text.zh, "可比较的数据只有 2 个，至少需要 8 个");
        assert!(text.en.starts_with("only 2 figures"));
    }
}
