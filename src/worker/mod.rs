//! Foreign bytes are touched only here, in processes that may die.
//!
//! A small pool of re-executions of the program reads submissions and puts overlays on them. A
//! file that makes a library panic, abort, loop or eat memory costs one worker, which is
//! replaced, and one sentence in the report. [`pool`] is the parent's side, [`serve`] the
//! worker's, [`frame`] what goes between them.

pub mod frame;
pub mod pool;
pub mod serve;

use crate::intake::Reading;
use crate::period::Period;
use crate::rulebook::source::Sources;
use crate::words::Text;
use crate::workbook::overlay::Overlay;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a submission is: a file, or a member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its member, by its position.
    pub member: Option<usize>,
}

impl Source {
    /// A file of its own.
    pub fn file(path: PathBuf) -> Self {
        Self { path, member: None }
    }
}

/// What a worker is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// These are the rules; sent once, first.
    Rules {
        /// The rule files.
        sources: Sources,
        /// Memory that the worker may take beside what it takes at rest, in bytes.
        memory: u64,
    },
    /// Read a submission.
    Read {
        /// Where it is.
        source: Source,
        /// Its name in reports: relative to the period's folder.
        name: String,
        /// The run's period.
        period: Option<Period>,
        /// Whether to tell how it was understood.
        explain: bool,
    },
    /// Say what stands in the cells of a file that is no submission, such as a list of rules.
    Texts {
        /// Where it is.
        source: Source,
    },
    /// Draft a form file for each sheet of a form.
    Draft {
        /// Where it is.
        source: Source,
        /// Its name.
        name: String,
    },
    /// Put an overlay on a submission.
    Annotate {
        /// The file as it was sent.
        source: Source,
        /// Where the result goes.
        target: PathBuf,
        /// What is put on.
        overlay: Box<Overlay>,
    },
}

/// A sheet's name and its draft, or why there is none.
pub type SheetDraft = (String, Result<String, Text>);

/// What a worker answers. The columns of a reading's tables travel beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The rules are loaded.
    Ready,
    /// The file is an archive of these files.
    Archive {
        /// Their names, by their position in it.
        members: Vec<String>,
        /// The hash of the archive's bytes, in hexadecimal.
        sha256: String,
    },
    /// A file was read.
    Read {
        /// What is in it.
        reading: Box<Reading>,
        /// The hash of its bytes, in hexadecimal.
        sha256: String,
    },
    /// What stands in a file's cells.
    Texts {
        /// By sheet and row, from the first row and column on; or why it can't be read.
        sheets: Result<Vec<Vec<Vec<String>>>, Text>,
    },
    /// The form files that a form's sheets suggest, by sheet; or why it can't be read.
    Drafts {
        /// A sheet's name and its draft, or why there is none.
        sheets: Result<Vec<SheetDraft>, Text>,
    },
    /// An overlay was put on.
    Annotated {
        /// The findings sheet's name in the result.
        front: String,
        /// Parts that were left out of the result.
        dropped: Vec<String>,
    },
    /// It can't be done with this file.
    Refused {
        /// Why, for the log.
        why: String,
    },
}
