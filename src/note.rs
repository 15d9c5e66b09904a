//! What people are told of how their files were read.

use crate::words::Text;
use serde::{Deserialize, Serialize};

/// 读取说明: something that was read otherwise than it is written, grouped.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadingNote {
    /// The file.
    pub file: String,
    /// The sheet.
    pub sheet: String,
    /// What was done.
    pub what: Text,
    /// The first cell, if it is about cells.
    pub first: Option<String>,
    /// How many.
    pub count: u64,
}
