//! 核表 · 合表: checks the statistical workbooks that districts send in, and consolidates them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[macro_use]
pub mod words;
pub mod baseline;
pub mod check;
pub mod cli;
pub mod consolidate;
pub mod expr;
pub mod finding;
pub mod intake;
pub mod job;
pub mod judge;
pub mod log;
pub mod number;
pub mod period;
pub mod place;
pub mod publish;
pub mod report;
pub mod rulebook;
pub mod standing;
pub mod table;
pub mod workbook;
pub mod worker;
