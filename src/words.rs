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
