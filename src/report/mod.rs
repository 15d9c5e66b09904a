//! What comes out: workbooks for people, files for machines.
//!
//! A report computes nothing: it shows what was judged. The staff's workbook is written anew
//! ([`summary`]); a district gets its own workbook back with an overlay ([`district`]).

pub mod catalogue;
pub mod clean;
pub mod data;
pub mod district;
pub mod history;
mod key;
pub mod machine;
pub mod official;
mod page;
pub mod reminders;
pub mod sentences;
mod styles;
pub mod summary;
pub mod template;
