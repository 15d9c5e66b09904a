//! What was planted where: the list that the tests hold against the findings.
//!
//! Only the list; the slips themselves are made where the form is filled in.

use crate::city::{District, Period};

/// The notes on one submission, each a table of TOML.
pub struct Notes {
    /// The lines that say which submission, the same for all.
    submission: [String; 2],
    /// What has to be found.
    pub slips: Vec<String>,
    /// What looks odd, is right, and must not be found.
    pub nevers: Vec<String>,
}

impl Notes {
    pub fn on(
        (form, sheet): (&str, &str),
        district: &District,
        period: Period,
        path: &str,
    ) -> Notes {
        Notes::of((form, sheet), &district.code, period, path)
    }

    /// On what all districts reported together, which stands in no file.
    pub fn on_city(form: &str, period: Period) -> Notes {
        Notes::of((form, ""), "", period, "")
    }

    fn of((form, sheet): (&str, &str), code: &str, period: Period, path: &str) -> Notes {
        let whose = format!("period = \"{period}\"\ndistrict = \"{code}\"\nform = \"{form}\"");
        let place = format!("file = \"{period}/{path}\"\nsheet = \"{sheet}\"");
        Notes {
            submission: [whose, place],
            slips: Vec::new(),
            nevers: Vec::new(),
        }
    }

    pub fn slip(&mut self, cell: &str, rule: &str, what: &str) {
        let [whose, place] = &self.submission;
        self.slips.push(format!(
            "\n[[slip]]\n{whose}\nrule = \"{rule}\"\n{place}\ncell = \"{cell}\"\n\
             what = \"{what}\"\n"
        ));
    }

    pub fn never(&mut self, cell: &str, what: &str) {
        let [whose, place] = &self.submission;
        self.nevers.push(format!(
            "\n[[never]]\n{whose}\n{place}\ncell = \"{cell}\"\nwhat = \"{what}\"\n"
        ));
    }
}

/// The whole list: first what must be found, then what must not.
pub fn list(notes: &[Notes]) -> String {
    let mut toml = String::from(
        "# Slips planted in the sample submissions, and cells that must not be found; `file` is\n\
         # within the samples' folder. Written by\n\
         # `cargo run --release --example make_samples -- --planted tests/planted.toml`.\n",
    );
    toml.extend(notes.iter().flat_map(|notes| notes.slips.clone()));
    toml.extend(notes.iter().flat_map(|notes| notes.nevers.clone()));
    toml
}
