//! 核表 · 合表: checks the statistical workbooks that districts send in, and consolidates them.
//!
//! Districts fill Excel forms every month. hebiao reads what they sent, holds every figure
//! against declarative rules, adds up the city, and sends each district its own workbook back
//! with the findings in it. It runs unattended; nobody but the district changes a figure.
//!
//! # The data's way
//!
//! ```text
//! rules/ ─► rulebook ──────┬──────────┬──────────┬──────────────┐
//! input/P ─► intake (in worker processes) ─► submissions ─► table ─► judge, dialogue ─► consolidate ─► report ─► publish ─► output/P
//! earlier periods, output/accepted ─► baseline ┘
//! ```
//!
//! One direction, and each arrow is a plain value; [`job::run`] shows the street on one page.
//! All is read before anything is judged, and all is judged before anything is written.
//!
//! # The rooms, from the ground up
//!
//! - [`number`], [`statistics`], [`period`], [`place`], [`spelling`], [`words`], [`hash`]: decimals
//!   as people mean them, published methods, months, cells, one spelling to compare in, sentences
//!   in both languages.
//! - [`table`], [`finding`], [`standing`], [`note`]: plain data of a submission, of what is wrong
//!   with it, of how a district stands, of how files were read.
//! - [`rulebook`]: what an office declares, and every mistake in it at its place.
//! - [`expr`]: the language of rules; whole columns fast, single records exactly, formulas.
//! - [`check`]: the kinds of checks, each lowered to assertions; counting.
//! - [`workbook`]: file formats as raw sheets, and the overlay on a submitted package.
//! - [`intake`]: raw sheets as submissions: whose, of when, every figure with its place.
//! - [`worker`]: processes in which foreign bytes are touched.
//! - [`submissions`]: which of several submissions of a form is in force.
//! - [`closing`]: months whose figures were accepted, and what has arrived for them since.
//! - [`baseline`], [`judge`], [`consolidate`], [`effect`]: earlier periods, verdicts, the city's
//!   figures, how much of them hangs on a finding.
//! - [`dialogue`]: what districts answer, what staff decide, what has become of both.
//! - [`judged`]: the judged run as plain data, which every report is made of.
//! - [`report`], [`publish`]: what comes out, and how it gets there whole or not at all.
//! - [`job`], [`log`], [`cli`]: the street, what it says, and its front door.
//!
//! # What is not where
//!
//! - calamine and quick-xml are known only in [`workbook`]; `rust_xlsxwriter` only in
//!   [`report`] and [`workbook::plain`].
//! - polars is known only in [`table`] and in the machine-readable reports.
//! - No clock but the job's `now`: nothing published depends on when or where it was made.
//! - [`check`] and [`judge`] open no file and see no path.
//! - No threshold of law is in the code: they stand in rule files, each with its source.
//! - The library never re-executes the current program: a pool of workers is given a command.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[macro_use]
pub mod words;
pub mod baseline;
pub mod check;
pub mod cli;
pub mod closing;
pub mod consolidate;
pub mod dialogue;
pub mod effect;
pub mod expr;
pub mod finding;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod hash;
pub mod intake;
pub mod job;
pub mod judge;
pub mod judged;
pub mod log;
pub mod note;
pub mod number;
pub mod period;
pub mod place;
pub mod publish;
pub mod report;
pub mod rulebook;
pub mod spelling;
pub mod standing;
pub mod statistics;
pub mod submissions;
pub mod table;
pub mod workbook;
pub mod worker;
