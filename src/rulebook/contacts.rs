//! Whom to call: `contacts.csv`, or `.xlsx`, a line a person.
//!
//! Names and numbers go into the reminders and the telephone list, and nowhere else.

use super::Rulebook;
use super::form::Form;
use super::list::List;
use super::register::Register;
use super::source::{Problem, Sources};
use crate::words::Text;

/// The file's name in the rules folder.
pub const FILE: &str = "contacts.csv";

/// A person to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The district's position in the register; none where it is the office's own desk.
    pub district: Option<usize>,
    /// Positions of the forms that the person answers for; all where none is named.
    pub forms: Vec<usize>,
    /// The name.
    pub name: String,
    /// The number, as it is written.
    pub phone: String,
}

impl Contact {
    /// Whether the person answers for a form, or for what is of no one form.
    pub fn answers_for(&self, form: Option<usize>) -> bool {
        self.forms.is_empty() || form.is_none_or(|form| self.forms.contains(&form))
    }
}

impl Rulebook {
    /// Whom to call in a district, or at the office itself, in the order of the file.
    pub fn contacts_of(&self, district: Option<usize>) -> Vec<&Contact> {
        let all = self.contacts.iter();
        all.filter(|one| one.district == district).collect()
    }
}

/// Reads the file; without it nobody is known.
pub(super) fn load(
    sources: &Sources,
    register: &Register,
    forms: &[Form],
    problems: &mut Vec<Problem>,
) -> Vec<Contact> {
    let Some(list) = List::read(sources, FILE, &["code", "name", "phone"], problems) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for line in list.lines() {
        let (name, phone) = (line.get("name"), line.get("phone"));
        if name.is_empty() && phone.is_empty() {
            let message = Text::new(
                "没有写姓名和电话，这一行没有用",
                "neither name nor number: the line is of no use",
            );
            problems.push(line.problem(("name", message)).warning());
            continue;
        }
        let district = match line.get("code") {
            "" => None,
            _ => match line.district("code", register) {
                Ok(district) => Some(district),
                Err(wrong) => {
                    problems.push(line.problem(wrong));
                    continue;
                }
            },
        };
        let ids = line.get("forms").split('|').map(str::trim);
        let mut own = Vec::new();
        for id in ids.filter(|id| !id.is_empty()) {
            let Some(form) = forms.iter().position(|form| form.id == id) else {
                let message = both!("没有表号 `{id}`", "there is no form `{id}`");
                problems.push(line.problem(("forms", message)));
                continue;
            };
            own.push(form);
        }
        all.push(Contact {
            district,
            forms: own,
            name: name.to_owned(),
            phone: phone.to_owned(),
        });
    }
    all
}
