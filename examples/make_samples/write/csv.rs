//! Separated values in GBK: what a cell shows, and nothing of how it looks.

use std::error::Error;

use csv::Writer;
use encoding_rs::GBK;

use super::{end, shown};
use crate::page::Book;

pub fn bytes(book: &Book) -> Result<Vec<u8>, Box<dyn Error>> {
    let [page] = book.pages.as_slice() else {
        return Err("a csv file holds one sheet".into());
    };
    let (rows, columns) = end(page);
    let mut writer = Writer::from_writer(Vec::new());
    for row in 0..rows {
        let fields = (0..columns).map(|column| {
            page.cells
                .get(&(row, column))
                .map_or_else(String::new, |cell| {
                    shown(&cell.value, cell.look.number_format.as_deref())
                })
        });
        writer.write_record(fields)?;
    }
    let text = String::from_utf8(writer.into_inner()?)?;
    let (bytes, _, lost) = GBK.encode(&text);
    if lost {
        return Err("a character that GBK does not have".into());
    }
    Ok(bytes.into_owned())
}
