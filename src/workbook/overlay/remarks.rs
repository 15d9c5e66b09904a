//! What the findings sheet says of the copy itself: that it is a plain one, and what did not
//! come along. It only shows while the overlay is put on, so the caller gives the sentences.

use serde::{Deserialize, Serialize};

use super::{Applied, FrontCell, FrontSheet, FrontValue, Look};

/// No more than this are named one by one.
const MOST_NAMED: usize = 6;

/// Sentences in the report's language. In those about several things `{n}` stands for how many
/// they are and `{}` for their list. An empty one is not said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Remarks {
    /// The row of the findings sheet that they stand in, counted from 1 and merged by the caller;
    /// behind what stands there already. It stays as it is where there is nothing to say.
    pub row: usize,
    /// That this is a plain copy; empty for a workbook that is overlaid as it came.
    pub plain: String,
    /// That macros, controls, embedded documents or connections were left out.
    pub dropped: String,
    /// That formulas leading to other workbooks were replaced by their values.
    pub links: String,
    /// That cells with a conversation got no note.
    pub threads: String,
}

impl Remarks {
    /// Says on the sheet in front what there is to say.
    pub(super) fn put_on(&self, front: &mut FrontSheet, applied: &Applied) {
        let lists = [
            (&self.dropped, &applied.dropped),
            (&self.links, &applied.links),
            (&self.threads, &applied.without_note),
        ];
        let told =
            lists
                .into_iter()
                .filter(|(_, list)| !list.is_empty())
                .map(|(sentence, list)| {
                    let count = list.len().to_string();
                    sentence.replace("{n}", &count).replace("{}", &named(list))
                });
        let mut said: Vec<String> = std::iter::once(self.plain.clone())
            .chain(told)
            .filter(|sentence| !sentence.is_empty())
            .collect();
        let row = self.row.checked_sub(1);
        let Some(row) = row.and_then(|row| front.rows.get_mut(row)) else {
            return;
        };
        if said.is_empty() {
            return;
        }
        if let Some(FrontValue::Text(before)) = row.cells.first().map(|cell| &cell.value) {
            said.insert(0, before.clone());
        }
        // Rows of wrapped text don't grow by themselves where the file is not written by Excel.
        row.height = u32::try_from(said.len())
            .ok()
            .map(|lines| f64::from(lines) * 15.0 + 4.0);
        row.cells = vec![FrontCell {
            value: FrontValue::Text(said.join("\n")),
            style: Look {
                wrap: true,
                color: Some(0x007F_6000),
                ..Look::default()
            },
            link: None,
        }];
    }
}

/// The first of a list, in any language.
fn named(list: &[String]) -> String {
    let first = &list[..list.len().min(MOST_NAMED)];
    let more = if list.len() > MOST_NAMED { " …" } else { "" };
    format!("{}{more}", first.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::overlay::FrontRow;

    #[test]
    fn what_did_not_come_along_is_said_in_its_row() {
        let remarks = Remarks {
            row: 2,
            plain: "副本。".into(),
            links: "{n} 个公式已代之以数值：{}。".into(),
            ..Remarks::default()
        };
        let mut front = FrontSheet {
            rows: vec![FrontRow::default(), FrontRow::default()],
            ..FrontSheet::default()
        };
        let applied = Applied {
            links: (1..=8).map(|row| format!("A{row}")).collect(),
            dropped: vec!["xl/vbaProject.bin".into()],
            ..Applied::default()
        };
        remarks.put_on(&mut front, &applied);
        let FrontValue::Text(said) = &front.rows[1].cells[0].value else {
            panic!("no text");
        };
        assert_eq!(said, "副本。\n8 个公式已代之以数值：A1 A2 A3 A4 A5 A6 …。");
        assert!(front.rows[0].cells.is_empty());
    }
}
