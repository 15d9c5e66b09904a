//! What people read, in both languages at once.
//!
//! Every sentence is made as a [`Text`], Chinese and English side by side, where the thing it
//! speaks of is at hand; which of the two is shown is decided by whoever prints it. So the two
//! can't drift apart, and machine-readable reports carry both.

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

/// A language that people read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

/// One sentence, label or name in both languages.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub struct Text {
    /// What a reader of Chinese sees.
    pub zh: String,
    /// What a reader of English sees.
    pub en: String,
}

impl Text {
    /// A text of two given wordings.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// A name or figure that is the same in both languages.
    pub fn same(text: impl Into<String>) -> Self {
        let zh = text.into();
        Self { en: zh.clone(), zh }
    }

    /// The same with more behind it.
    #[must_use]
    pub fn and(mut self, more: &Self) -> Self {
        self.zh += &more.zh;
        self.en += &more.en;
        self
    }

    /// Without space at either end.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        Self::new(self.zh.trim(), self.en.trim())
    }

    /// Several as one, with what stands between them.
    pub fn joined(texts: &[Self], between: &Self) -> Self {
        let all = |lang| -> Vec<&str> { texts.iter().map(|text| text.get(lang)).collect() };
        Self::new(
            all(Lang::Zh).join(&between.zh),
            all(Lang::En).join(&between.en),
        )
    }

    /// The wording in this language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// How many columns of a screen a text takes: a Chinese character takes two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text with spaces behind it, so that it takes so many columns.
pub fn padded(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(spaces))
}

/// A text in lines of at most so many columns of a screen, those behind the first set in. It is
/// broken between words and behind the commas of a list of names; what is longer than a line is
/// broken where it must be.
pub fn folded(text: &str, columns: usize) -> Vec<String> {
    const INSET: &str = "  ";
    let ends = |c: char| c.is_whitespace() || "、，；：".contains(c);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in text.split_inclusive(ends) {
        let used = width(&line) + width(piece.trim_end());
        if used > columns && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, INSET.to_owned()));
        }
        for c in piece.chars() {
            let used = width(&line) + width(c.encode_utf8(&mut [0; 4]));
            // A blank at the end of a line takes no room.
            if used > columns && !c.is_whitespace() && width(&line) > INSET.len() {
                lines.push(std::mem::replace(&mut line, INSET.to_owned()));
            }
            line.push(c);
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Makes a [`Text`] out of two format strings that see the same variables.
///
/// ```
/// use hebiao::both;
/// let found = 3;
/// assert_eq!(both!("有 {found} 处", "{found} places").en, "3 places");
/// ```
#[macro_export]
macro_rules! both {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::words::Text {
            zh: format!($zh),
            en: format!($en),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_folded_between_names_and_never_wider_than_the_screen() {
        for (text, columns, lines) in [
            ("", 10, &[""][..]),
            ("T01  已报 1/3", 20, &["T01  已报 1/3"]),
            (
                "未报 3：南岸区、丰都县、巴南区",
                16,
                &["未报 3：南岸区、", "  丰都县、巴南区"],
            ),
            (
                "missing 2: Nan'an, Fengdu",
                12,
                &["missing 2:", "  Nan'an,", "  Fengdu"],
            ),
            (
                "秀山土家族苗族自治县",
                10,
                &["秀山土家族", "  苗族自治", "  县"],
            ),
        ] {
            assert_eq!(folded(text, columns), lines, "{text} {columns}");
        }
    }
}
