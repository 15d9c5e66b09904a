//! How cells look in the workbooks that are written anew.
//!
//! Headings are in 黑体 and everything else in 宋体, which every office machine has. Colours are
//! light enough to be printed, and none of them says anything alone: a word, a weight or a note
//! stands with each. Which cell looks how is decided by the sheets.

use crate::rulebook::written::Severity;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, FormatUnderline};

/// The font of headings.
pub(super) const HEADING: &str = "黑体";
/// The font of everything else.
pub(super) const BODY: &str = "宋体";
const LINE: u32 = 0x00A6_A6A6;
const HEAD_FILL: u32 = 0x00DD_E3EA;
const TOTAL_FILL: u32 = 0x00E9_EDF2;
const GROUP_FILL: u32 = 0x00F4_F6F8;
const LINK: u32 = 0x0005_63C1;

/// What a figure is, so far as its looks are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Words.
    Words,
    /// A number with so many decimals, thousands apart.
    Number(u8),
    /// A ratio, shown in percent with so many decimals.
    Percent(u8),
    /// A growth: its sign stands before it.
    Growth,
    /// A difference of rates, already in points.
    Points,
}

/// What a line is among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A line like the others.
    Plain,
    /// A line that belongs to the one above it.
    Detail,
    /// A group's subtotal.
    Group,
    /// The whole.
    Total,
}

/// How pressing a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// Something must be mended, or is missing.
    Red,
    /// Something must be explained, or came late.
    Amber,
    /// In order.
    Green,
    /// Worth knowing.
    Blue,
    /// Nothing to say yet.
    Grey,
}

impl Light {
    /// Fill and font.
    fn colours(self) -> (u32, u32) {
        match self {
            Self::Red => (0x00FF_C7CE, 0x009C_0006),
            Self::Amber => (0x00FF_EB9C, 0x007F_6000),
            Self::Green => (0x00E2_EFDA, 0x0037_5623),
            Self::Blue => (0x00DD_EBF7, 0x001F_3864),
            Self::Grey => (0x00F2_F2F2, 0x0059_5959),
        }
    }
}

impl From<Severity> for Light {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Red,
            Severity::Query => Self::Amber,
            Severity::Note => Self::Blue,
        }
    }
}

/// The formats that sheets share.
pub struct Styles {
    /// The page's title.
    pub title: Format,
    /// A sentence under the title.
    pub sentence: Format,
    /// A heading over a block.
    pub section: Format,
    /// A column's heading.
    pub head: Format,
    /// Words in a table.
    pub text: Format,
    /// Words in a table that may need several lines.
    pub wrapped: Format,
    /// A word in the middle of its cell.
    pub centred: Format,
    /// A whole number in a table.
    pub count: Format,
    /// A link in a table.
    pub link: Format,
    /// A place where staff write.
    pub answer: Format,
}

impl Styles {
    /// All of them.
    pub fn new() -> Self {
        let head = boxed(&heading(11.0))
            .set_background_color(HEAD_FILL)
            .set_align(FormatAlign::Center)
            .set_text_wrap();
        let text = boxed(&body());
        Self {
            title: heading(16.0).set_align(FormatAlign::VerticalCenter),
            sentence: body()
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            section: heading(12.0)
                .set_align(FormatAlign::VerticalCenter)
                .set_border_bottom(FormatBorder::Medium)
                .set_border_bottom_color(LINE),
            head,
            wrapped: text.clone().set_text_wrap(),
            centred: text.clone().set_align(FormatAlign::Center),
            count: text.clone().set_num_format("#,##0"),
            link: text
                .clone()
                .set_align(FormatAlign::Center)
                .set_font_color(LINK)
                .set_underline(FormatUnderline::Single),
            answer: text
                .clone()
                .set_background_color(0x00FF_FFF0)
                .set_text_wrap(),
            text,
        }
    }

    /// What a cell looks like that nobody wrote to, and on which column widths rest.
    pub fn default_cell() -> Format {
        body()
    }

    /// A figure or word of a line in a table, lit where there is something to say.
    pub fn cell(&self, look: Look, tone: Tone, light: Option<Light>) -> Format {
        let mut format = match tone {
            Tone::Plain | Tone::Detail => self.text.clone(),
            Tone::Group => self.text.clone().set_background_color(GROUP_FILL),
            Tone::Total => self
                .text
                .clone()
                .set_background_color(TOTAL_FILL)
                .set_bold(),
        };
        if look == Look::Words && tone == Tone::Detail {
            format = format.set_indent(1);
        }
        if look != Look::Words {
            // A dash instead of a figure stands where figures stand.
            format = format
                .set_num_format(look.number_format())
                .set_align(FormatAlign::Right);
        }
        match light {
            Some(light) => lit(format, light),
            None => format,
        }
    }

    /// A word in the middle of its cell, lit.
    pub fn word(&self, light: Option<Light>, tone: Tone) -> Format {
        self.cell(
            Look::Words,
            if tone == Tone::Detail {
                Tone::Plain
            } else {
                tone
            },
            light,
        )
        .set_align(FormatAlign::Center)
    }
}

impl Look {
    fn number_format(self) -> String {
        let decimals = |n: u8| match n {
            0 => String::new(),
            n => format!(".{}", "0".repeat(usize::from(n))),
        };
        match self {
            Self::Words => "General".to_owned(),
            Self::Number(n) => format!("#,##0{}", decimals(n)),
            Self::Percent(n) => format!("0{}%", decimals(n)),
            Self::Growth => "+0.0%;-0.0%;0.0%".to_owned(),
            Self::Points => "+0.0#;-0.0#;0.0".to_owned(),
        }
    }
}

/// Red is bold and amber is slanted, so that they differ on a black and white print too.
fn lit(format: Format, light: Light) -> Format {
    let (fill, font) = light.colours();
    let format = format.set_background_color(fill).set_font_color(font);
    match light {
        Light::Red => format.set_bold(),
        Light::Amber => format.set_italic(),
        Light::Green | Light::Blue | Light::Grey => format,
    }
}

fn body() -> Format {
    Format::new().set_font_name(BODY).set_font_size(11)
}

fn heading(size: f64) -> Format {
    Format::new().set_font_name(HEADING).set_font_size(size)
}

fn boxed(format: &Format) -> Format {
    format
        .clone()
        .set_border(FormatBorder::Thin)
        .set_border_color(LINE)
        .set_align(FormatAlign::VerticalCenter)
}
