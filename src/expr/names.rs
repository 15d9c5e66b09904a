//! The name of a column or row among all of a form: an id, a label, an alias, a label's last part.

use super::parse::{Mistake, Node};
use crate::rulebook::source::{did_you_mean, nearest};
use crate::spelling::without_unit;
use crate::words::Text;

/// Something that has a name.
pub(super) struct Named<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its label, a path.
    pub label: &'a str,
    /// Other wordings of the label.
    pub aliases: &'a [String],
}

/// Why a name means nothing, or too much.
pub(super) struct Unknown {
    ambiguous: bool,
    near: Option<Text>,
}

impl Unknown {
    /// What is said of it, where it stands.
    pub fn mistake(self, node: &Node, name: &str, is_column: bool) -> Mistake {
        let message = match (self.ambiguous, is_column) {
            (true, _) => both!(
                "`{name}` 可以指好几项，请写全",
                "`{name}` can mean several things: write it out"
            ),
            (false, true) => both!("没有叫 `{name}` 的栏", "there is no column `{name}`"),
            (false, false) => both!("没有叫 `{name}` 的行", "there is no row `{name}`"),
        };
        Mistake::new(node.span.clone(), message).help(self.near)
    }
}

/// A name among ids, then whole labels and aliases, then last parts of labels.
pub(super) fn look_up(name: &str, known: &[Named<'_>]) -> Result<usize, Unknown> {
    if let Some(at) = known.iter().position(|k| k.id == name) {
        return Ok(at);
    }
    let core = |label: &str| -> Vec<String> {
        label.split('›').map(|part| without_unit(part).0).collect()
    };
    let wanted = core(name);
    let whole = |k: &Named<'_>| {
        core(k.label) == wanted || k.aliases.iter().any(|alias| core(alias) == wanted)
    };
    let last = |k: &Named<'_>| core(k.label).last() == wanted.last() && wanted.len() == 1;
    let tests: [&dyn Fn(&Named<'_>) -> bool; 2] = [&whole, &last];
    for test in tests {
        let hits: Vec<usize> = (0..known.len()).filter(|at| test(&known[*at])).collect();
        match hits.as_slice() {
            [] => {}
            [only] => return Ok(*only),
            several => {
                let ids = several
                    .iter()
                    .map(|at| format!("`{}`", known[*at].id))
                    .collect::<Vec<_>>();
                let list = ids.join(" ");
                let near = Some(both!("可以写 {list}", "write one of {list}"));
                return Err(Unknown {
                    ambiguous: true,
                    near,
                });
            }
        }
    }
    let names: Vec<&str> = known
        .iter()
        .flat_map(|k| {
            [k.id, k.label]
                .into_iter()
                .chain(k.aliases.iter().map(String::as_str))
        })
        .collect();
    let near = nearest(name, names.iter().copied());
    let near = match near {
        Some(near) => Some(both!("是否想写 `{near}`？", "did you mean `{near}`?")),
        None => did_you_mean(name, &known.iter().map(|k| k.id).collect::<Vec<_>>()),
    };
    Err(Unknown {
        ambiguous: false,
        near,
    })
}
