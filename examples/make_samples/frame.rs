//! What stands around a table: title, number, 填报单位, period and unit above it, names below it.

use crate::city::{District, Period};
use crate::dress::{self, Dress};
use crate::page::Page;

pub struct Frame<'a> {
    /// The form's number.
    pub form: &'a str,
    /// As the office has it.
    pub title: &'a str,
    /// What follows district and month in a title of one's own.
    pub spoken: &'a str,
    pub annex: &'a str,
    pub months: String,
    /// What stands at the right, `None` where it is in the headings or was forgotten.
    pub unit: Option<&'a str>,
    /// The table's last column.
    pub last: u16,
}

/// The first row of headings.
pub fn header(dress: Dress) -> u32 {
    if dress == Dress::Titled { 2 } else { 6 }
}

impl Frame<'_> {
    pub fn draw(&self, page: &mut Page, dress: Dress, district: &District, period: Period) {
        let filler = header(dress) - 1;
        let Period { year, month } = period;
        let right = self.last - 2;
        if dress == Dress::Titled {
            let title = format!("{}{year}年{month}月{}", district.short, self.spoken);
            dress::title(page, 0, self.last, &title);
        } else {
            let annexed = dress == Dress::Annex;
            if annexed {
                page.put(0, 0, self.annex, &dress::plain());
            }
            dress::title(page, u32::from(annexed), self.last, self.title);
            let lines = dress::IDENTITY.split_at(usize::from(annexed)).1;
            dress::identity(page, &format!("{}表", self.form), self.last, lines);
            let office = format!("填报单位（盖章）：{}", district.office);
            page.span((filler, 0), (filler, 2), &office, &dress::plain());
            let centred = dress::plain().centred();
            page.span((filler, 3), (filler, right - 1), &self.months, &centred);
        }
        if let Some(unit) = self.unit {
            let unit = format!("计量单位：{unit}");
            page.span(
                (filler, right),
                (filler, self.last),
                &unit,
                &dress::plain().right(),
            );
        }
    }
}
