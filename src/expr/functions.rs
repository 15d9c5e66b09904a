//! What a rule can call by name, each with an example that a test runs.

use super::Statistic;
use crate::words::Text;
use std::ops::RangeInclusive;

/// A name of the language.
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// How many arguments it takes.
    pub takes: RangeInclusive<usize>,
    /// How it is written.
    pub written: &'static str,
    /// What it says, in Chinese and English.
    pub says: [&'static str; 2],
    /// A check with figures for which it holds: records of the list in [`EXAMPLE_FORM`].
    pub check: &'static str,
    /// The records, as an example of a rule gives them.
    pub given: &'static str,
}

/// The list that the examples speak of.
pub const EXAMPLE_FORM: &str = r#"
[form]
id = "XX01"
title = "学校基本情况"
rows = "list"
key = ["code"]
[columns]
code = { label = "学校代码", type = "code" }
stage = { label = "学段", type = "text" }
pupils = { label = "在校生数", type = "count", unit = "人" }
junior = { label = "初中生数", type = "count", unit = "人" }
classes = { label = "班数", type = "count", unit = "个" }
rate = { label = "巩固率（%）", type = "percent" }
area = { label = "校舍面积", type = "number", unit = "㎡" }
spent = { label = "经费支出", type = "money", unit = "万元" }
"#;

impl Named {
    /// What it says.
    pub fn says(&self) -> Text {
        Text::new(self.says[0], self.says[1])
    }
}

/// The statistics among them, which also go over many records.
pub const STATISTICS: &[(&str, Statistic)] = &[
    ("count", Statistic::Count),
    ("cv", Statistic::Variation),
    ("max", Statistic::Max),
    ("mean", Statistic::Mean),
    ("median", Statistic::Median),
    ("min", Statistic::Min),
    ("sum", Statistic::Sum),
];

const MANY: RangeInclusive<usize> = 1..=64;

/// All names, in the order of the alphabet.
pub const FUNCTIONS: &[Named] = &[
    Named {
        name: "abs",
        takes: 1..=1,
        written: "abs(a)",
        says: ["绝对值", "the size of a number without its sign"],
        check: "abs(pupils - 500) <= 100",
        given: "{ pupils = 420 }",
    },
    Named {
        name: "change",
        takes: 1..=2,
        written: "change(a, b)",
        says: [
            "百分率取百分点之差，数量取增长率；不写 b 时与上年同期比",
            "points between rates, growth of quantities; against last year's where b is not given",
        ],
        check: "change(rate) >= -5百分点",
        given: r#"{ rate = "93%", "last_year(rate)" = "97%" }"#,
    },
    Named {
        name: "coalesce",
        takes: MANY,
        written: "coalesce(a, b, …)",
        says: ["第一个有数的", "the first that is there"],
        check: "coalesce(junior, 0) <= pupils",
        given: "{ pupils = 300 }",
    },
    Named {
        name: "count",
        takes: 0..=1,
        written: "count(a where … by …)",
        says: [
            "有几条记录；写了 a 的，只数 a 有内容的",
            "how many records there are; with a, how many have it",
        ],
        check: "count(by code) = 1",
        given: r#"[{ code = "1" }, { code = "2" }]"#,
    },
    Named {
        name: "cv",
        takes: 1..=1,
        written: "cv(a where … by … weight w)",
        says: [
            "差异系数：标准差（总体形式）除以均值，加权时均值和标准差都加权；取十位有效数字",
            "coefficient of variation: standard deviation, in its population form, by the mean, both weighted where a weight is given; to ten significant digits",
        ],
        check: "cv(area / pupils weight pupils) <= 0.52",
        given: "[{ pupils = 45, area = 279 }, { pupils = 37, area = 137 }, { pupils = 89, area = 935 }, { pupils = 76, area = 160 }, { pupils = 55, area = 402 }]",
    },
    Named {
        name: "growth",
        takes: 1..=2,
        written: "growth(a, b)",
        says: [
            "增长率 a ÷ b − 1；不写 b 时与上年同期比",
            "a ÷ b − 1; against last year's where b is not given",
        ],
        check: "growth(pupils) between -30% and 30%",
        given: r#"{ pupils = 3581, "last_year(pupils)" = 3123 }"#,
    },
    Named {
        name: "if",
        takes: 3..=3,
        written: "if(条件, a, b)",
        says: [
            "条件成立取 a，否则取 b",
            "a where the condition holds, else b",
        ],
        check: r#"pupils / classes <= if(stage = "小学", 45, 50)"#,
        given: r#"{ stage = "初中", pupils = 480, classes = 10 }"#,
    },
    Named {
        name: "last_period",
        takes: 1..=1,
        written: "last_period(a)",
        says: ["上期数", "the figure of the form's period before"],
        check: "pupils >= last_period(pupils)",
        given: r#"{ pupils = 12, "last_period(pupils)" = 12 }"#,
    },
    Named {
        name: "last_year",
        takes: 1..=1,
        written: "last_year(a)",
        says: [
            "上年同期数；last_year(sum(a)) 是上年全部记录的合计",
            "the figure of a year earlier; `last_year(sum(a))` goes over last year's records",
        ],
        check: "pupils >= last_year(pupils)",
        given: r#"{ pupils = 12, "last_year(pupils)" = 11 }"#,
    },
    Named {
        name: "matches",
        takes: 2..=2,
        written: "matches(a, \"格式\")",
        says: [
            "文字全部符合正则表达式",
            "all of a text matches a regular expression",
        ],
        check: r#"matches(code, "[0-9]{10}")"#,
        given: r#"{ code = "2150001136" }"#,
    },
    Named {
        name: "max",
        takes: MANY,
        written: "max(a, b, …)，max(a where … by …)",
        says: ["最大的", "the greatest"],
        check: "max(pupils by stage) < 3000",
        given: r#"[{ stage = "小学", pupils = 2999 }, { stage = "初中", pupils = 800 }]"#,
    },
    Named {
        name: "mean",
        takes: MANY,
        written: "mean(a, b, …)，mean(a where … by … weight w)",
        says: [
            "平均数，可以加权；没有数的记录不算在内",
            "the mean, weighted where a weight is given; over the records that have a figure",
        ],
        check: "mean(pupils by stage) between 99 and 101",
        given: r#"[{ stage = "小学", pupils = 98 }, { stage = "小学", pupils = 102 }]"#,
    },
    Named {
        name: "median",
        takes: 1..=1,
        written: "median(a where … by …)",
        says: [
            "中位数；双数时取中间两个的平均",
            "the middle one, or the mean of the two in the middle",
        ],
        check: "pupils <= 5 * median(pupils)",
        given: "[{ pupils = 100 }, { pupils = 200 }, { pupils = 999 }]",
    },
    Named {
        name: "min",
        takes: MANY,
        written: "min(a, b, …)，min(a where … by …)",
        says: ["最小的", "the least"],
        check: "min(pupils, junior) >= 1",
        given: "{ pupils = 5, junior = 1 }",
    },
    Named {
        name: "per_head",
        takes: 2..=2,
        written: "per_head(金额, 人数)",
        says: [
            "人均、生均，以元计，金额按它的计量单位换算",
            "an amount a head in 元, converted from its own unit",
        ],
        check: "per_head(spent, pupils) between 3000 and 60000",
        given: "{ spent = 162.5, pupils = 100 }",
    },
    Named {
        name: "round",
        takes: 1..=2,
        written: "round(a, n)",
        says: [
            "四舍五入到 n 位小数，不写 n 取整",
            "half up to n decimals, whole where n is not given",
        ],
        check: "round(spent, 2) = spent",
        given: "{ spent = 16.25 }",
    },
    Named {
        name: "share",
        takes: 2..=2,
        written: "share(a, b)",
        says: ["a 占 b 的百分率", "a ÷ b as a rate"],
        check: "share(junior, pupils) <= 100%",
        given: "{ junior = 30, pupils = 30 }",
    },
    Named {
        name: "split",
        takes: 2..=16,
        written: "split(a, 本段, 其他段, …)",
        says: [
            "把混合学校的 a 按比例分给第一个学段：a × 本段 ÷ 各段之和",
            "the part of a mixed school's a that falls to the first weight: a × first ÷ all",
        ],
        check: "split(area, pupils, 1.1 * junior) / pupils >= 4.5",
        given: "{ area = 2000, pupils = 200, junior = 100 }",
    },
    Named {
        name: "sum",
        takes: MANY,
        written: "sum(a, b, …)，sum(a where … by …)",
        says: [
            "合计；缺一个就不能合计",
            "the sum; not known where one is missing",
        ],
        check: "sum(pupils by stage) <= 5000",
        given: r#"[{ stage = "小学", pupils = 2000 }, { stage = "小学", pupils = 3000 }]"#,
    },
];

#[cfg(test)]
mod tests {
    use super::{EXAMPLE_FORM, FUNCTIONS};
    use crate::check::example::gives;
    use crate::rulebook::Rulebook;
    use crate::rulebook::source::Sources;
    use crate::rulebook::written::Gives;

    fn rulebook(rules: &str) -> Rulebook {
        let mut sources = Sources::default();
        let register = "code,name,org_name,region\n1,甲区,甲区教委,东\n".to_owned();
        sources.files.insert("districts.csv".to_owned(), register);
        let text = format!("{EXAMPLE_FORM}{rules}");
        sources.files.insert("XX01.toml".to_owned(), text);
        match Rulebook::load(&sources, Vec::new()) {
            Ok((rulebook, _)) => rulebook,
            Err(wrong) => panic!("{:#?}", wrong.problems),
        }
    }

    fn outcome(check: &str, given: &str) -> Gives {
        let rules = format!(
            "[[rule]]\nid = \"F\"\ntitle = \"f\"\nseverity = \"query\"\ncheck = '{check}'\n\
             [[rule.example]]\ngiven = {given}\ngives = \"pass\"\n"
        );
        let rulebook = rulebook(&rules);
        let rule = rulebook.rules[0].last().expect("the rule");
        gives(&rulebook.forms, 0, rule, &rule.examples[0])
    }

    #[test]
    fn every_functions_example_passes() {
        for function in FUNCTIONS {
            let found = outcome(function.check, function.given);
            assert_eq!(found, Gives::Pass, "{}", function.name);
        }
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
    }

    #[test]
    fn the_published_coefficients_of_variation_come_out_to_six_digits() {
        // Books and pupils of five schools: 0.515257, weighted by pupils.
        let schools = "[{ pupils = 45, area = 279 }, { pupils = 37, area = 137 }, { pupils = 89, area = 935 }, { pupils = 76, area = 160 }, { pupils = 55, area = 402 }]";
        let of = "cv(area / pupils weight pupils)";
        for (limits, gives) in [
            ("between 0.5152565 and 0.5152575", Gives::Pass),
            ("<= 0.5152565", Gives::Fail),
        ] {
            assert_eq!(outcome(&format!("{of} {limits}"), schools), gives);
        }
        // Seven single coefficients of a county in 2023, and their composite, a plain mean.
        let composite = "mean(0.297929, 0.501787, 0.401952, 0.288419, 0.37545, 0.312782, 0.394205) between 0.3675025 and 0.3675035";
        let check = format!("pupils > 0 and {composite}");
        assert_eq!(outcome(&check, "{ pupils = 1 }"), Gives::Pass);
    }

    #[test]
    fn a_mixed_school_is_split_before_its_resources_are_compared() {
        // 2000 m² for 200 and 100 pupils at 1 : 1.1 are 1290.32 for the first.
        let check = "split(area, pupils, 1.1 * junior) between 1290.32 and 1290.33";
        let given = "{ area = 2000, pupils = 200, junior = 100 }";
        assert_eq!(outcome(check, given), Gives::Pass);
    }

    #[test]
    fn logic_has_three_values() {
        for (check, given, expected) in [
            ("pupils > 0 or junior > 0", "{ pupils = 1 }", Gives::Pass),
            ("pupils > 0 and junior > 0", "{ pupils = 0 }", Gives::Fail),
            (
                "pupils > 0 or junior > 0",
                "{ pupils = 0 }",
                Gives::NotEvaluated,
            ),
            (
                "pupils > 0 and junior > 0",
                "{ pupils = 1 }",
                Gives::NotEvaluated,
            ),
            ("not (pupils > 0)", "{ junior = 1 }", Gives::NotEvaluated),
            (
                "pupils / junior > 0",
                "{ pupils = 1, junior = 0 }",
                Gives::NotEvaluated,
            ),
            (
                "pupils is blank or pupils > 0",
                "{ junior = 1 }",
                Gives::Pass,
            ),
        ] {
            assert_eq!(outcome(check, given), expected, "{check} {given}");
        }
    }

    #[test]
    fn a_limit_itself_passes() {
        for (check, given) in [
            (
                "growth(pupils) <= 30%",
                r#"{ pupils = 13, "last_year(pupils)" = 10 }"#,
            ),
            ("spent + 1.28 <= 2.9", "{ spent = 1.62 }"),
            (
                "share(junior, pupils) <= 33.3%",
                "{ junior = 333, pupils = 1000 }",
            ),
        ] {
            assert_eq!(outcome(check, given), Gives::Pass, "{check}");
        }
    }
}
