//! 对比数: what was accepted for earlier periods.
//!
//! A month that was closed gives the figures that were accepted, one that was run what was published
//! then, one that was not is read on the spot from its submissions. Either way the figures are the
//! districts' own. Files that are not what was written are never used: they are told by name, and
//! the next best takes their place, 暂.

pub mod earlier;

use crate::check::tables::period_of;
use crate::closing::{self, Manifest, Month, Taken};
use crate::expr::Link;
use crate::number;
use crate::period::Period;
use crate::rulebook::Rulebook;
use crate::rulebook::form::Form;
use crate::rulebook::revisions::Revision;
use crate::table::{CellDress, Draft, DraftColumn, Dress, Records, Table, Words};
use crate::words::Text;
use earlier::Earlier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The figures of earlier periods: by period, form and district, positions in the rulebook.
#[derive(Debug, Default)]
pub struct Baseline {
    tables: BTreeMap<(Period, usize, usize), Table>,
    /// Which of them are in a merged district's as well.
    merged: BTreeSet<(Period, usize, usize)>,
    /// The months that were looked at, with what was published for them.
    months: BTreeMap<Period, (Month, Option<Manifest>)>,
    /// How what was taken or read stands.
    standings: BTreeMap<(Period, usize), Standing>,
    /// Files that are not what was written.
    changed: BTreeSet<Altered>,
}

/// How far the figures of an earlier period are settled.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 已验收: the month is closed with them.
    Accepted,
    /// 暂: they were published, and may still change.
    Provisional,
    /// 暂: the period was not run, and they were read from its submissions on the spot.
    OnTheSpot,
}

impl Standing {
    /// The word people use.
    pub fn words(self) -> Text {
        let (zh, en) = match self {
            Self::Accepted => ("已验收", "accepted"),
            Self::Provisional | Self::OnTheSpot => ("暂", "provisional"),
        };
        Text::new(zh, en)
    }
}

/// A file of earlier figures that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Altered {
    /// Of which period.
    pub period: Period,
    /// The file, relative to the output folder.
    pub file: String,
    /// The form's position; none where it is the closing itself.
    pub form: Option<usize>,
    /// Whether it is what a month was closed with.
    pub was_accepted: bool,
}

impl Baseline {
    /// The periods that a run of this period compares with, for each form that is asked for, and
    /// those of forms of other months that came along.
    pub fn wanted(
        rulebook: &Rulebook,
        period: Period,
        along: &[(Period, usize)],
    ) -> Vec<(Period, usize)> {
        let mut wanted: Vec<(Period, usize)> = rulebook
            .forms
            .iter()
            .enumerate()
            .filter(|(_, form)| form.is_due_in(period))
            .flat_map(|(at, form)| [(period.last_year(), at), (form.period_before(period), at)])
            .chain(along.iter().copied())
            .collect();
        for (form, rule) in rulebook.all_rules() {
            if rulebook.forms[form].is_due_in(period) && rule.is_in_force(period) {
                let of = |link: Link| period_of(&rulebook.forms, period, form, link);
                let links = rule.links().into_iter();
                wanted.extend(links.map(|link| (of(link), link.form.unwrap_or(form))));
            }
        }
        wanted.retain(|(of, _)| *of != period || along.iter().any(|(along, _)| along == of));
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Takes a form's figures of a period from what was accepted, or else from what was published;
    /// whether they were there.
    pub fn take_published(
        &mut self,
        output: &Path,
        rulebook: &Rulebook,
        (period, form): (Period, usize),
    ) -> bool {
        let taken = match self.taken(output, rulebook, (period, form)) {
            Taken::Tables(tables) => Some((tables, Standing::Accepted)),
            Taken::Open => self.published(output, rulebook, (period, form), None),
            Taken::Changed { sha256, .. } => {
                self.published(output, rulebook, (period, form), sha256.as_deref())
            }
        };
        let Some((tables, standing)) = taken else {
            return false;
        };
        self.standings.insert((period, form), standing);
        for (code, table) in tables {
            let district = rulebook
                .register
                .districts
                .iter()
                .position(|d| d.code == code);
            if let Some(district) = district {
                self.add(period, form, district, table);
            }
        }
        true
    }

    /// Looks at what the period itself was closed with, so that it is told where that was changed.
    pub fn look_at(&mut self, output: &Path, rulebook: &Rulebook, period: Period) {
        for form in 0..rulebook.forms.len() {
            self.taken(output, rulebook, (period, form));
        }
    }

    /// What was accepted of a form, with a note of it where that was changed.
    fn taken(
        &mut self,
        output: &Path,
        rulebook: &Rulebook,
        (period, form): (Period, usize),
    ) -> Taken {
        let (month, _) = self.month(output, period);
        let taken = month.tables(&rulebook.forms[form]);
        let own = month.name(closing::FILE);
        if let Taken::Changed { file, .. } = &taken {
            self.changed.insert(Altered {
                period,
                file: file.clone(),
                form: (*file != own).then_some(form),
                was_accepted: true,
            });
        }
        taken
    }

    /// What was published of a form, if it is still what the run wrote. What is known to be accepted
    /// by its hash is so here as well.
    fn published(
        &mut self,
        output: &Path,
        rulebook: &Rulebook,
        (period, at): (Period, usize),
        accepted: Option<&str>,
    ) -> Option<(BTreeMap<String, Table>, Standing)> {
        let form = &rulebook.forms[at];
        let (_, manifest) = self.month(output, period);
        let sha256 = manifest.as_ref()?.figures(form)?.to_owned();
        let file = format!("{period}/{}", closing::figures(form));
        let Some(tables) = closing::tables(&output.join(&file), form, &sha256) else {
            self.changed.insert(Altered {
                period,
                file,
                form: Some(at),
                was_accepted: false,
            });
            return None;
        };
        let standing = if accepted == Some(sha256.as_str()) {
            Standing::Accepted
        } else {
            Standing::Provisional
        };
        Some((tables, standing))
    }

    /// A month as its files say that it is; they are looked at once.
    fn month(&mut self, output: &Path, period: Period) -> &(Month, Option<Manifest>) {
        self.months
            .entry(period)
            .or_insert_with(|| (Month::of(output, period), Manifest::read(output, period)))
    }

    /// How far a form's figures of a period are settled.
    pub fn standing(&self, period: Period, form: usize) -> Standing {
        let known = self.standings.get(&(period, form));
        known.copied().unwrap_or(Standing::OnTheSpot)
    }

    /// The files that are not what was written, by period.
    pub fn changed(&self) -> impl Iterator<Item = &Altered> {
        self.changed.iter()
    }

    /// How many forms' figures of earlier periods are accepted ones.
    pub fn accepted(&self) -> usize {
        let all = self.standings.values();
        all.filter(|one| **one == Standing::Accepted).count()
    }

    /// The hashes of the figures that were published or accepted for the months compared with.
    pub fn hashes(&self, period: Period) -> Vec<String> {
        let earlier = self.months.iter().filter(|(of, _)| **of != period);
        let hashes = earlier.flat_map(|(_, (month, manifest))| {
            let outputs = manifest.iter().flat_map(|manifest| &manifest.outputs);
            let accepted = month
                .closing()
                .into_iter()
                .flat_map(|closing| &closing.files);
            outputs.chain(accepted)
        });
        let figures = hashes.filter(|file| file.path.starts_with("data/"));
        figures.map(|file| file.sha256.clone()).collect()
    }

    /// The months that were closed and are open again, as far as their figures are compared with.
    pub fn reopened(&self) -> impl Iterator<Item = Period> {
        let months = self.months.iter();
        let reopened = months.filter(|(_, (month, _))| month.reopening().is_some());
        let periods = reopened.map(|(period, _)| *period);
        periods.filter(|period| self.tables.keys().any(|(of, _, _)| of == period))
    }

    /// What a period is compared with, by month and form: all that there are earlier figures of.
    pub fn earlier(&self, rulebook: &Rulebook, period: Period) -> Vec<Earlier> {
        let has_figures = |(of, form): (Period, usize)| {
            let mut own = self.tables.range((of, form, 0)..=(of, form, usize::MAX));
            own.next().is_some()
        };
        let standings = self.standings.iter();
        let standings = standings.filter(|(of, _)| of.0 < period && has_figures(**of));
        let earlier = standings.filter_map(|((of, form), standing)| {
            let (month, _) = self.months.get(of)?;
            let form = rulebook.forms[*form].id.clone();
            Some(Earlier::of(month, (*of, form), *standing))
        });
        earlier.collect()
    }

    /// The later periods that were published and compare with this one, oldest first.
    pub fn resting_on(rulebook: &Rulebook, output: &Path, period: Period) -> Vec<Period> {
        let folders = fs::read_dir(output).into_iter().flatten().flatten();
        let periods = folders.filter_map(|folder| {
            let of = Period::parse(&folder.file_name().to_string_lossy()).ok()?;
            (of > period && Manifest::read(output, of).is_some()).then_some(of)
        });
        let rests = |of: &Period| {
            let wanted = Self::wanted(rulebook, *of, &[]);
            wanted.iter().any(|(earlier, _)| *earlier == period)
        };
        let mut resting: Vec<Period> = periods.filter(rests).collect();
        resting.sort_unstable();
        resting
    }

    /// Adds a district's figures; what was not taken from files was read on the spot.
    pub fn add(&mut self, period: Period, form: usize, district: usize, table: Table) {
        let standing = self.standings.entry((period, form));
        standing.or_insert(Standing::OnTheSpot);
        self.tables.insert((period, form, district), table);
    }

    /// Makes the past what later periods are compared with: figures that were revised are what
    /// they are now, districts that were merged have the sum of those they were made of.
    pub fn adjust(&mut self, rulebook: &Rulebook) {
        // A revision of a part goes into the sum; one of the whole, or of new borders, replaces it.
        let is_of_whole = |revision: &Revision| {
            let district = &rulebook.register.districts[revision.district];
            revision.restated || !district.predecessors.is_empty()
        };
        self.revise(rulebook, |revision| !is_of_whole(revision));
        self.merge(rulebook);
        self.revise(rulebook, is_of_whole);
    }

    fn merge(&mut self, rulebook: &Rulebook) {
        let keys: BTreeSet<(Period, usize)> =
            self.tables.keys().map(|(p, f, _)| (*p, *f)).collect();
        for (at, district) in rulebook.register.districts.iter().enumerate() {
            if district.predecessors.is_empty() {
                continue;
            }
            for (period, form) in &keys {
                if self.tables.contains_key(&(*period, *form, at)) {
                    continue;
                }
                let of = |code: &String| {
                    let mut districts = rulebook.register.districts.iter();
                    let before = districts.position(|d| d.code == *code)?;
                    let key = (*period, *form, before);
                    self.tables.contains_key(&key).then_some(key)
                };
                let parts: Option<Vec<_>> = district.predecessors.iter().map(of).collect();
                if let Some(parts) = parts {
                    let tables = parts.iter().filter_map(|key| self.tables.get(key));
                    let merged = merged(&rulebook.forms[*form], &tables.collect::<Vec<_>>());
                    self.add(*period, *form, at, merged);
                    self.merged.extend(parts);
                }
            }
        }
    }

    fn revise(&mut self, rulebook: &Rulebook, wanted: impl Fn(&Revision) -> bool) {
        let mut restated = BTreeSet::new();
        for revision in rulebook.revisions.iter().filter(|one| wanted(one)) {
            let key = (revision.period, revision.form, revision.district);
            let form = &rulebook.forms[revision.form];
            // What is restated for new borders stands for the whole form of then.
            if revision.restated && form.is_fixed() && restated.insert(key) {
                self.tables.insert(key, merged(form, &[]));
            }
            let Some(table) = self.tables.get_mut(&key) else {
                continue;
            };
            let record = match &revision.record {
                None if form.is_fixed() => Some(0),
                None => None,
                Some(wanted) => table.keys(&form.key).iter().position(|key| key == wanted),
            };
            if let Some(record) = record {
                *table = table.with_number(record, revision.variable, revision.value);
            }
        }
    }

    /// A district's figures of a period, where they are known.
    pub fn table(&self, period: Period, form: usize, district: usize) -> Option<&Table> {
        self.tables.get(&(period, form, district))
    }

    /// All districts' figures of a period, each once: what has gone into a merged district's
    /// stands there.
    pub fn all(&self, period: Period, form: usize) -> impl Iterator<Item = &Table> {
        self.tables
            .iter()
            .filter(move |((p, f, _), _)| (*p, *f) == (period, form))
            .filter(|(key, _)| !self.merged.contains(key))
            .map(|(_, table)| table)
    }
}

/// The tables of merged districts as one: records of a list together, quantities of a fixed form
/// added up. What does not add up is not known then.
fn merged(form: &Form, parts: &[&Table]) -> Table {
    if !form.is_fixed() {
        return Table::stack(parts);
    }
    let column = |(at, variable): (usize, &crate::rulebook::form::Variable)| {
        if !variable.is_number() {
            let mut words = Words::default();
            words.push("");
            return DraftColumn::Words(words);
        }
        let (mut sum, mut known) = (number::Exact::default(), 0);
        for part in parts {
            let (figure, count) = part.sum(at);
            sum += figure;
            known += count;
        }
        let adds_up = variable.adds_up() && known == parts.len() && known > 0;
        let figure = if adds_up {
            number::to_f64(&sum)
        } else {
            f64::NAN
        };
        DraftColumn::Numbers(vec![figure])
    };
    let draft = Draft {
        records: 1,
        columns: form.variables.iter().enumerate().map(column).collect(),
        dress: Dress {
            usual: vec![CellDress::default(); form.variables.len()],
            ..Dress::default()
        },
        ..Draft::default()
    };
    draft.into()
}
