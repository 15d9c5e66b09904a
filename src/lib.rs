//! 核表 · 合表: checks the statistical workbooks that districts send in, and consolidates them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[macro_use]
pub mod words;
pub mod check;
pub mod expr;
pub mod finding;
pub mod intake;
pub mod number;
pub mod period;
pub mod place;
pub mod rulebook;
pub mod table;
