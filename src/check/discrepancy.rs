//! 差额诊断: what may be behind a total that does not add up.
//!
//! These are the tests by which bookkeepers look for an error (差数法、除二法、除九法). Each asks
//! what a single figure would have to be for the sum to balance, and whether a known slip leads
//! from that to what stands there. The answer is a suspicion and never a verdict: it rests only on
//! the figures given, and where more than three of them fit it says nothing.
//!
//! Figures are shown without their sign, as a part that is taken away stands in its cell without
//! one. Whether the sum is wrong at all, and how to say that, is left to the rule.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use crate::number::{self, Exact};
use crate::words::Text;

/// A figure that took part.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// How people find its cell: 第04行, or 合计 · 申报数.
    pub name: &'a Text,
    /// What was added: negative also where the rule takes the figure away.
    pub value: Exact,
    /// Last year's figure, with its sign as in `value`, where it is known.
    pub last_year: Option<Exact>,
}

/// What may be behind a total that is not the sum of its parts: the likeliest cause only, and
/// none where nothing fits or the sum is right.
///
/// `total` is as stated, `parts` are what was added up.
pub fn suspicion(total: &Part<'_>, parts: &[Part<'_>]) -> Option<Text> {
    let gap = &total.value - parts.iter().map(|part| &part.value).sum::<Exact>();
    if number::is_zero(&gap) {
        return None;
    }
    let total = Suspect::new(total, &total.value - &gap);
    let parts: Vec<Suspect<'_>> = parts
        .iter()
        .filter(|part| !number::is_zero(&part.value))
        .map(|part| Suspect::new(part, &part.value + &gap))
        .collect();
    let all = || std::iter::once(&total).chain(&parts);
    let size = plain(&gap);

    let is_part = |gap: &Exact, zh: &str, en: &str| {
        let fitting = parts.iter().filter(|x| x.cell.value == *gap);
        let who = either(fitting.map(Suspect::name))?;
        Some(Text::new(
            format!("差 {size} = {}，{zh}", who.zh),
            format!("off by {size}, which is {}: {en}", who.en),
        ))
    };
    // Twice a figure is missing both where the total takes it away instead of adding it, and where
    // the figure itself has the wrong sign.
    let reversed = || {
        let fitting = all().filter(|x| x.due == -&x.cell.value);
        let who = either(fitting.map(Suspect::name))?;
        Some(Text::new(
            format!("差 {size} 的一半 = {}，疑正负号反", who.zh),
            format!(
                "off by {size}, half of which is {}: probably the wrong sign",
                who.en
            ),
        ))
    };
    is_part(&-&gap, "疑漏加", "probably left out")
        .or_else(|| is_part(&gap, "疑重复加", "probably added twice"))
        .or_else(reversed)
        .or_else(|| probably(all().filter_map(|x| x.slipped(&[Slip::TooMany, Slip::TooFew]))))
        .or_else(|| probably(all().filter_map(|x| x.slipped(&[Slip::Transposed]))))
        .or_else(|| probably(all().filter_map(Suspect::miscopied)))
        .or_else(|| probably(total.copied()))
        .or_else(|| probably(total.slipped(&[Slip::OneDigit])))
        // It does not explain how large the gap is, so it takes a part that stands out alone.
        .or_else(|| {
            let mut copied = parts.iter().filter_map(Suspect::copied);
            let only = copied.next();
            probably(only.filter(|_| copied.next().is_none()))
        })
}

/// How a slip of the hand may have led from the expected figure to the one found: a digit too many
/// or too few at the end (ten times, a tenth), two neighbouring digits transposed, one digit wrong.
///
/// Both are to be in the unit in which people see them, and rounded alike.
pub fn slip(found: &Exact, expected: &Exact) -> Option<Text> {
    let what = Slip::between(found, expected)?.name(found, expected);
    Some(Text::new(
        format!("疑{}", what.zh),
        format!("probably {}", what.en),
    ))
}

/// Whether a figure is another with one digit wrong.
pub fn is_one_digit_off(found: &Exact, other: &Exact) -> bool {
    Slip::between(found, other) == Some(Slip::OneDigit)
}

/// With fewer digits, figures are alike by chance.
const TELLING_DIGITS: usize = 3;

/// A figure, what it would have to be for the sum to balance, and the slip that leads there.
struct Suspect<'a> {
    cell: &'a Part<'a>,
    due: Exact,
    slip: Option<Slip>,
}

impl<'a> Suspect<'a> {
    fn new(cell: &'a Part<'a>, due: Exact) -> Self {
        let slip = Slip::between(&cell.value, &due);
        Self { cell, due, slip }
    }

    fn name(&self) -> Text {
        self.cell.name.clone()
    }

    /// One of these slips of the hand, and where.
    fn slipped(&self, slips: &[Slip]) -> Option<Text> {
        let slip = self.slip.filter(|slip| slips.contains(slip))?;
        let what = slip.name(&self.cell.value, &self.due);
        let name = self.cell.name;
        Some(Text::new(
            format!("{}{}", name.zh, what.zh),
            format!("{} in {}", what.en, name.en),
        ))
    }

    /// Nothing has changed since last year, but for one digit.
    fn miscopied(&self) -> Option<Text> {
        let is_miscopied =
            self.slip == Some(Slip::OneDigit) && self.cell.last_year.as_ref() == Some(&self.due);
        let (found, due) = (plain(&self.cell.value), plain(&self.due));
        let name = self.cell.name;
        is_miscopied.then(|| {
            Text::new(
                format!("{}误抄（填 {found}，上年 {due}，只差一位）", name.zh),
                format!("last year's {due} miscopied as {found} in {}", name.en),
            )
        })
    }

    /// Last year's figure stands where another is due.
    fn copied(&self) -> Option<Text> {
        let is_copied = self.cell.last_year.as_ref() == Some(&self.cell.value)
            && digits_of(&self.cell.value) >= TELLING_DIGITS;
        let found = plain(&self.cell.value);
        let name = self.cell.name;
        is_copied.then(|| {
            Text::new(
                format!("{}误抄上年数 {found}", name.zh),
                format!("last year's {found} copied in {}", name.en),
            )
        })
    }
}

/// A slip of the hand in a single figure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slip {
    TooMany,
    TooFew,
    Transposed,
    OneDigit,
}

impl Slip {
    fn between(found: &Exact, expected: &Exact) -> Option<Self> {
        if number::is_zero(found) || found.signum() != expected.signum() {
            return None;
        }
        let (written, due) = aligned(found, expected)?;
        let in_front = |digits: &str| digits.trim_start_matches('0').to_owned();
        if in_front(&written) == in_front(&due) + "0" {
            return Some(Self::TooMany);
        }
        if in_front(&due) == in_front(&written) + "0" {
            return Some(Self::TooFew);
        }
        if written.len() != due.len() {
            return None;
        }
        let wrong: Vec<(usize, u8, u8)> = written
            .bytes()
            .zip(due.bytes())
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(at, (a, b))| (at, a, b))
            .collect();
        match wrong[..] {
            [(first, a, b), (second, c, d)] if second == first + 1 && a == d && b == c => {
                Some(Self::Transposed)
            }
            // A last digit that is off by one may come from rounding.
            [(at, a, b)] if at + 1 == due.len() && a.abs_diff(b) == 1 => None,
            [_] => (digits_of(expected) >= TELLING_DIGITS).then_some(Self::OneDigit),
            _ => None,
        }
    }

    fn name(self, found: &Exact, expected: &Exact) -> Text {
        let (found, due) = (plain(found), plain(expected));
        match self {
            Self::TooMany => both!(
                "多一位（{due} 误写为 {found}）",
                "one digit too many ({found} for {due})"
            ),
            Self::TooFew => both!(
                "少一位（{due} 误写为 {found}）",
                "one digit too few ({found} for {due})"
            ),
            Self::Transposed => both!(" {due} 误写为 {found}", "{found} typed for {due}"),
            Self::OneDigit => both!(
                "写错一位（{due} 误写为 {found}）",
                "one digit wrong ({found} for {due})"
            ),
        }
    }
}

/// The digits of two figures with as many decimals each, or `None` where one is no plain decimal.
fn aligned(a: &Exact, b: &Exact) -> Option<(String, String)> {
    // Without fractions, as this is asked of every figure of a sum.
    let ten = BigInt::from(10);
    let (places, scale) = (0..=6_u8)
        .map(|places| (places, ten.pow(places.into())))
        .find(|(_, scale)| [a, b].iter().all(|x| (scale % x.denom()).is_zero()))?;
    let digits = |x: &Exact| {
        let whole = x.numer().abs() * (&scale / x.denom());
        format!(
            "{:0>width$}",
            whole.to_string(),
            width = usize::from(places) + 1
        )
    };
    Some((digits(a), digits(b)))
}

/// How many digits a figure has, zeros in front left out.
fn digits_of(x: &Exact) -> usize {
    plain(x).replace('.', "").trim_start_matches('0').len()
}

/// A figure as shown, without its sign.
fn plain(x: &Exact) -> String {
    number::show(&x.abs())
}

/// All that fit, as long as they are few enough to look at.
fn either(fitting: impl IntoIterator<Item = Text>) -> Option<Text> {
    let fitting: Vec<Text> = fitting.into_iter().collect();
    match &fitting[..] {
        [one] => Some(one.clone()),
        [one, other] => Some(Text::new(
            format!("{}或{}", one.zh, other.zh),
            format!("{} or {}", one.en, other.en),
        )),
        [first, _, _] => Some(Text::new(
            format!("{}等 3 处之一", first.zh),
            format!("one of 3, such as {}", first.en),
        )),
        _ => None,
    }
}

fn probably(fitting: impl IntoIterator<Item = Text>) -> Option<Text> {
    let who = either(fitting)?;
    Some(Text::new(
        format!("疑{}", who.zh),
        format!("probably {}", who.en),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::exact;

    /// What is suspected of a total and its parts, which are 第01行 and so on; each figure is
    /// this year's and last year's.
    fn suspected(total: (f64, Option<f64>), parts: &[(f64, Option<f64>)]) -> Option<Text> {
        let names: Vec<Text> = (0..=parts.len())
            .map(|row| both!("第{row:02}行", "row {row:02}"))
            .collect();
        let total_name = Text::new("合计", "the total");
        let part = |name, (value, last_year): (f64, Option<f64>)| Part {
            name,
            value: exact(value),
            last_year: last_year.map(exact),
        };
        let all: Vec<Part<'_>> = names
            .iter()
            .skip(1)
            .zip(parts)
            .map(|(name, figures)| part(name, *figures))
            .collect();
        suspicion(&part(&total_name, total), &all)
    }

    fn zh(total: (f64, Option<f64>), parts: &[(f64, Option<f64>)]) -> String {
        suspected(total, parts).map_or_else(String::new, |text| text.zh)
    }

    /// The same without last year's figures.
    fn said(total: f64, parts: &[f64]) -> String {
        let parts: Vec<(f64, Option<f64>)> = parts.iter().map(|x| (*x, None)).collect();
        zh((total, None), &parts)
    }

    #[test]
    fn a_gap_that_is_a_part_was_left_out_or_added_twice() {
        assert_eq!(
            said(1131.0, &[300.0, 520.0, 311.0, 48.0]),
            "差 48 = 第04行，疑漏加"
        );
        assert_eq!(
            said(1227.0, &[300.0, 520.0, 311.0, 48.0]),
            "差 48 = 第04行，疑重复加"
        );
        assert_eq!(said(2.6, &[1.37, 0.48, 1.23]), "差 0.48 = 第02行，疑漏加");
        let english = suspected((300.0, None), &[(300.0, None), (48.0, None)]);
        assert_eq!(
            english.map(|text| text.en).as_deref(),
            Some("off by 48, which is row 02: probably left out")
        );
    }

    #[test]
    fn a_part_that_is_taken_away_can_be_left_out_too() {
        assert_eq!(said(520.0, &[520.0, -48.0]), "差 48 = 第02行，疑漏加");
        assert_eq!(said(424.0, &[520.0, -48.0]), "差 48 = 第02行，疑重复加");
    }

    #[test]
    fn half_the_gap_shows_a_wrong_sign() {
        assert_eq!(
            said(772.0, &[300.0, 520.0, 48.0]),
            "差 96 的一半 = 第03行，疑正负号反"
        );
        // The rule takes it away, the office added it.
        assert_eq!(
            said(868.0, &[300.0, 520.0, -48.0]),
            "差 96 的一半 = 第03行，疑正负号反"
        );
        assert_eq!(
            said(-820.0, &[300.0, 520.0]),
            "差 1640 的一半 = 合计，疑正负号反"
        );
        // Twice a part too much is no known slip.
        assert_eq!(said(964.0, &[300.0, 520.0, 48.0]), "");
    }

    #[test]
    fn a_digit_too_many_or_too_few_is_named_with_its_cell() {
        assert_eq!(
            said(868.0, &[300.0, 520.0, 480.0]),
            "疑第03行多一位（48 误写为 480）"
        );
        assert_eq!(
            said(868.0, &[300.0, 52.0, 48.0]),
            "疑第02行少一位（520 误写为 52）"
        );
        assert_eq!(
            said(8680.0, &[300.0, 520.0, 48.0]),
            "疑合计多一位（868 误写为 8680）"
        );
        assert_eq!(
            said(3.08, &[1.37, 4.8, 1.23]),
            "疑第02行多一位（0.48 误写为 4.8）"
        );
    }

    #[test]
    fn transposed_digits_are_named_with_their_cell() {
        assert_eq!(said(853.0, &[300.0, 501.0, 25.0]), "疑第03行 52 误写为 25");
        assert_eq!(said(1176.0, &[480.0, 687.0]), "疑合计 1167 误写为 1176");
        assert_eq!(said(3.08, &[1.37, 0.84, 1.23]), "疑第02行 0.48 误写为 0.84");
        assert_eq!(said(5.13, &[5.0, 1.03]), "疑第02行 0.13 误写为 1.03");
        let english = suspected((853.0, None), &[(300.0, None), (501.0, None), (25.0, None)]);
        assert_eq!(
            english.map(|text| text.en).as_deref(),
            Some("probably 25 typed for 52 in row 03")
        );
        // The rule takes 52 away; its cell has no sign.
        assert_eq!(said(248.0, &[300.0, -25.0]), "疑第02行 52 误写为 25");
    }

    #[test]
    fn last_years_figure_with_a_digit_wrong_is_miscopied() {
        let parts = [(1238.0, Some(1288.0)), (455.0, Some(471.0))];
        assert_eq!(
            zh((1743.0, Some(1759.0)), &parts),
            "疑第01行误抄（填 1238，上年 1288，只差一位）"
        );
    }

    #[test]
    fn an_unchanged_total_or_the_only_unchanged_part_is_copied() {
        let parts = [(1238.0, Some(1304.0)), (455.0, Some(471.0))];
        assert_eq!(zh((1775.0, Some(1775.0)), &parts), "疑合计误抄上年数 1775");
        let parts = [(1238.0, Some(1238.0)), (455.0, Some(471.0))];
        assert_eq!(
            zh((1770.0, Some(1709.0)), &parts),
            "疑第01行误抄上年数 1238"
        );
        let parts = [(1238.0, Some(1238.0)), (455.0, Some(455.0))];
        assert_eq!(zh((1770.0, Some(1709.0)), &parts), "");
        // So small a figure may well have stayed the same.
        let parts = [(1238.0, Some(1304.0)), (45.0, Some(45.0))];
        assert_eq!(zh((1360.0, Some(1349.0)), &parts), "");
    }

    #[test]
    fn one_wrong_digit_is_said_of_the_total_only() {
        assert_eq!(said(1733.0, &[1238.0, 455.0]), "");
        assert_eq!(
            said(1793.0, &[1238.0, 455.0]),
            "疑合计写错一位（1693 误写为 1793）"
        );
        assert_eq!(said(1694.0, &[1238.0, 455.0]), "", "may be rounding");
        assert_eq!(said(85.0, &[41.0, 24.0]), "", "two digits are too few");
    }

    #[test]
    fn the_likeliest_cause_comes_first() {
        // 27 is a part, and also what 52 for 25 makes.
        assert_eq!(
            said(852.0, &[300.0, 500.0, 52.0, 27.0]),
            "差 27 = 第04行，疑漏加"
        );
        // A tenth of 480 would do, and so would a digit of the total.
        assert_eq!(
            said(868.0, &[820.0, 480.0]),
            "疑第02行多一位（48 误写为 480）"
        );
        // 90 is twice 45, and what 10 for 100 makes.
        assert_eq!(
            said(555.0, &[500.0, 45.0, 100.0]),
            "差 90 的一半 = 第02行，疑正负号反"
        );
    }

    #[test]
    fn few_candidates_are_named_and_many_are_not() {
        let (two, three, four) = ([48.0; 2], [48.0; 3], [48.0; 4]);
        assert_eq!(
            said(1005.0, &[&[957.0], &two[..]].concat()),
            "差 48 = 第02行或第03行，疑漏加"
        );
        assert_eq!(
            said(1053.0, &[&[957.0], &three[..]].concat()),
            "差 48 = 第02行等 3 处之一，疑漏加"
        );
        assert_eq!(said(1102.0, &[&[958.0], &four[..]].concat()), "");
        assert_eq!(
            said(852.0, &[300.0, 500.0, 25.0]),
            "疑合计 825 误写为 852或第03行 52 误写为 25"
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_fits() {
        assert_eq!(said(1371.0, &[300.0, 520.0, 48.0]), "");
        assert_eq!(said(868.0, &[300.0, 520.0, 48.0]), "");
        assert_eq!(said(868.0, &[300.0, 520.0, 48.0, 0.0]), "");
        assert_eq!(said(5.0, &[0.0, 0.0]), "");
        assert_eq!(said(5.0, &[]), "");
    }

    #[test]
    fn a_single_figure_that_is_off_is_explained() {
        let slip = |found, expected| slip(&exact(found), &exact(expected)).map(|text| text.zh);
        assert_eq!(slip(25.0, 52.0).as_deref(), Some("疑 52 误写为 25"));
        assert_eq!(
            slip(146.0, 14.6).as_deref(),
            Some("疑多一位（14.6 误写为 146）")
        );
        assert_eq!(
            slip(48.0, 480.0).as_deref(),
            Some("疑少一位（480 误写为 48）")
        );
        assert_eq!(
            slip(13.65, 18.65).as_deref(),
            Some("疑写错一位（18.65 误写为 13.65）")
        );
        for (found, expected) in [
            (14.6, 14.6),
            (14.6, 14.7),
            (52.0, -25.0),
            (0.0, 500.0),
            (2467.0, 7264.0),
            (33.3, 1e-9),
        ] {
            assert_eq!(slip(found, expected), None, "{found} for {expected}");
        }
    }

    /// Random figures, the same on every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u32) -> u32 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            u32::try_from(self.0 % u64::from(end)).expect("below a u32")
        }

        /// A total and its three to ten parts, each of two to five digits, without last year's.
        fn balanced(&mut self) -> Vec<Figures> {
            let parts = 3 + self.below(8);
            let mut figures = vec![(0, None)];
            for _ in 0..parts {
                let size = 10_u32.pow(1 + self.below(4));
                let part = i64::from(size + self.below(9 * size));
                figures[0].0 += part;
                figures.push((part, None));
            }
            figures
        }
    }

    /// This year's figure and last year's.
    type Figures = (i64, Option<i64>);

    /// Two neighbouring digits transposed, where that makes a number as long.
    fn transposed(figure: i64, dice: &mut Dice) -> i64 {
        let low = 10_i64.pow(dice.below(figure.ilog10()));
        let (tens, ones) = (figure / low / 10 % 10, figure / low % 10);
        let swapped = figure + (ones - tens) * 9 * low;
        if swapped.ilog10() == figure.ilog10() {
            swapped
        } else {
            figure
        }
    }

    /// The third digit from the right wrong, where there is one.
    fn digit_wrong(figure: i64) -> i64 {
        match figure / 100 % 10 {
            _ if figure < 100 => figure,
            0..5 => figure + 400,
            _ => figure - 400,
        }
    }

    #[test]
    fn planted_slips_are_recognised() {
        /// Spoils a sum, of which the figure at 0 is the total, by a slip with the figure given.
        type Plant = fn(&mut [Figures], usize, &mut Dice);
        const ROUNDS: usize = 20_000;
        // What is said, whether of the total, in how many percent at least.
        let kinds: [(&str, bool, usize, Plant); 12] = [
            ("疑漏加", false, 99, |sum, at, _| sum[0].0 -= sum[at].0),
            ("疑重复加", false, 99, |sum, at, _| {
                sum[0].0 += sum[at].0;
            }),
            ("疑正负号反", false, 98, |sum, at, _| sum[at].0 *= -1),
            ("多一位", false, 98, |sum, at, _| sum[at].0 *= 10),
            ("多一位", true, 98, |sum, at, _| sum[at].0 *= 10),
            ("少一位", false, 98, |sum, at, _| {
                sum[0].0 += sum[at].0 * 9;
            }),
            // Small slips of this kind fit other figures too.
            (" 误写为 ", false, 90, |sum, at, dice| {
                sum[at].0 = transposed(sum[at].0, dice);
            }),
            (" 误写为 ", true, 95, |sum, at, dice| {
                sum[at].0 = transposed(sum[at].0, dice);
            }),
            ("误抄", false, 95, |sum, at, _| {
                sum[at] = (digit_wrong(sum[at].0), Some(sum[at].0));
            }),
            ("误抄上年数", true, 98, |sum, at, _| {
                let last_year = sum[at].0 * 6 / 7;
                sum[at] = (last_year, Some(last_year));
            }),
            ("写错一位", true, 95, |sum, at, _| {
                sum[at].0 = digit_wrong(sum[at].0);
            }),
            ("", true, 99, |sum, _, dice| {
                sum[0].0 += 1 + i64::from(dice.below(10_000));
            }),
        ];
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let mut recognised = vec![(0, 0); kinds.len()];
        for round in 0..ROUNDS {
            let (wording, of_total, _, plant) = kinds[round % kinds.len()];
            // Every other sum is of money, in hundredths.
            let unit = if (round / kinds.len()).is_multiple_of(2) {
                1.0
            } else {
                100.0
            };
            let said = |sum: &[Figures]| {
                let figure = |x: i64| f64::from(i32::try_from(x).expect("small")) / unit;
                let figures: Vec<(f64, Option<f64>)> = sum
                    .iter()
                    .map(|(x, last)| (figure(*x), last.map(figure)))
                    .collect();
                zh(figures[0], &figures[1..])
            };
            let balanced = dice.balanced();
            assert_eq!(said(&balanced), "");

            let parts = u32::try_from(balanced.len() - 1).expect("small");
            let (at, name) = match 1 + dice.below(parts) {
                _ if of_total => (0, "合计".to_owned()),
                row => (
                    usize::try_from(row).expect("small"),
                    format!("第{row:02}行"),
                ),
            };
            let mut spoilt = balanced.clone();
            plant(&mut spoilt, at, &mut dice);
            if spoilt.iter().zip(&balanced).all(|(is, was)| is.0 == was.0) {
                continue;
            }
            let text = said(&spoilt);
            let right = match wording {
                "" => text.is_empty(),
                _ => text.contains(wording) && text.contains(&name),
            };
            let (rights, all) = &mut recognised[round % kinds.len()];
            *all += 1;
            *rights += usize::from(right);
        }
        for ((wording, of_total, share, _), (right, all)) in kinds.iter().zip(recognised) {
            assert!(
                all > 1000 && right * 100 > all * share,
                "{wording}, of the total: {of_total}: {right} of {all}"
            );
        }
    }
}
