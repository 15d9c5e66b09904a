#![doc = include_str!("complete.md")]

use super::one_of::known;
use super::{Asks, Failed, Kind, Lowering, Since, Wording};
use crate::expr::exact::Among;
use crate::expr::types::Scope;
use crate::expr::{Link, Source};
use crate::rulebook::rule::{Against, Assertion, Claim, Complete};
use crate::words::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

pub(super) const KIND: Kind = Kind {
    name: "complete",
    doc: include_str!("complete.md"),
    doc_zh: include_str!("complete.zh.md"),
    keys: |_| {},
    rule: |written| super::asked(written.complete.as_ref()),
    say,
};

/// `complete = { against = "last_year" }` or `complete = { file = "schools.csv", column = "code" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The same list a year or a period earlier.
    against: Option<Since>,
    /// A csv file of the rules folder.
    file: Option<String>,
    /// Its column with the keys, by heading; the first where unsaid.
    column: Option<String>,
    /// Its column with names, for the findings.
    name: Option<String>,
    /// Its column with the district's code or name: each district is held against its own.
    district: Option<String>,
}

impl Asks for Asked {
    fn assertions(&self, on: &mut Lowering<'_>, _: Scope<'_>) -> Option<Vec<Assertion>> {
        let span = on.span.clone();
        if on.form.is_fixed() {
            let message = Text::new(
                "complete 只用于浮动表",
                "`complete` is for lists: a fixed form has its rows",
            );
            on.problem(span, message);
            return None;
        }
        let against = match (self.against, &self.file) {
            (Some(earlier), None) => Against::Earlier(Link {
                form: None,
                source: earlier.source(),
            }),
            (None, Some(file)) => {
                if self.district.is_none() {
                    // Else a district would be told of another's.
                    let message = Text::new(
                        "名录要有单位一列：写 district = \"列名\"，各单位只与自己的名录比",
                        "the list wants a column of districts: write district = \"…\", so that each is held against its own",
                    );
                    on.problem(span, message);
                    return None;
                }
                if on.only.is_some() {
                    let message = Text::new(
                        "与名录比时不能写 for：名录里没有这些栏",
                        "`for` can't be asked of a list of names",
                    );
                    on.problem(span, message);
                    return None;
                }
                if on.form.key.len() > 1 {
                    let message = Text::new(
                        "这张表的记录由几栏一起区分（key），名录只有一列，不能这样比",
                        "records of this form are told apart by several columns, and the list has one",
                    );
                    on.problem(span, message);
                    return None;
                }
                let columns = [&self.column, &self.name, &self.district];
                let columns = columns.map(Option::as_deref);
                Against::Known(known(on, file, columns, span)?)
            }
            _ => {
                let message = Text::new(
                    "要写 against = \"last_year\" 或 file = \"….csv\"，只写一个",
                    "write either against = \"last_year\" or file = \"….csv\"",
                );
                on.problem(span, message);
                return None;
            }
        };
        let key = on.form.key.clone();
        let accused = *key.first()?;
        let complete = Arc::new(Complete { key, against });
        Some(vec![Assertion::new(accused, Claim::Complete(complete))])
    }

    fn formula(&self) -> String {
        match (self.against, &self.file) {
            (Some(Since::LastYear), _) => "complete against last_year".to_owned(),
            (Some(Since::LastPeriod), _) => "complete against last_period".to_owned(),
            (None, file) => format!("complete against {}", file.as_deref().unwrap_or("")),
        }
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let (Some(Among::Vanished { key, name }), Claim::Complete(complete)) =
        (&failed.failure.among, &failed.assertion.claim)
    else {
        return Wording::default();
    };
    let label = failed.label();
    let (zh, en) = match &complete.against {
        Against::Earlier(link) if link.source == Source::LastYear => {
            ("上年有", "was there last year")
        }
        Against::Earlier(_) => ("上期有", "was there the period before"),
        Against::Known(_) => ("名录里有", "is on the list"),
    };
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("（{name}）")
    };
    Wording::new(
        Text::new(
            format!("“{}”{key}{name} {zh}，本期没有报", label.zh),
            format!("{} {key}{name} {en} and is not here", label.en),
        ),
        Text::new(
            "漏报的补上；撤并、更名、划转的说明情况",
            "add it if it was left out; if it was closed, merged or renamed, say so",
        ),
    )
}
