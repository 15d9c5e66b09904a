//! How far the figures are settled that a period is compared with, and why they are not.
//!
//! Where the figures come from is the business of the module above.

use super::Standing;
use crate::closing::Month;
use crate::period::Period;
use crate::words::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A form's figures of an earlier month that a period is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    /// The month, `2022-12`.
    #[schemars(with = "String")]
    pub period: Period,
    /// The form's number.
    pub form: String,
    /// How far they are settled.
    pub standing: Standing,
    /// When the month was closed, in the office's time; none while it is open.
    pub closed: Option<String>,
    /// When it was opened again, where it was closed once and is open.
    pub reopened: Option<String>,
}

impl Earlier {
    /// A form's figures of a month that stands like this.
    pub fn of(month: &Month, (period, form): (Period, String), standing: Standing) -> Self {
        Self {
            period,
            form,
            standing,
            closed: month.closing().map(|closing| closing.at.clone()),
            reopened: month.reopening().map(|reopening| reopening.at.clone()),
        }
    }

    /// Whether they will not change any more; else they are 暂.
    pub fn is_settled(&self) -> bool {
        self.standing == Standing::Accepted
    }
}

/// Why figures are 暂, month by month: `2022年12月未封库`; none where all are settled.
pub fn why<'e>(all: impl IntoIterator<Item = &'e Earlier>) -> Option<Text> {
    said(all, Unsettled::words)
}

/// The same where there is little room: `2022-12 未封库`.
pub fn briefly<'e>(all: impl IntoIterator<Item = &'e Earlier>) -> Option<Text> {
    said(all, Unsettled::briefly)
}

fn said<'e>(
    all: impl IntoIterator<Item = &'e Earlier>,
    how: impl Fn(&Unsettled<'e>) -> Text,
) -> Option<Text> {
    let mut months: BTreeMap<Period, Vec<&Earlier>> = BTreeMap::new();
    for one in all {
        months.entry(one.period).or_default().push(one);
    }
    let months = months.into_values().filter_map(Unsettled::of);
    let said: Vec<Text> = months.map(|month| how(&month)).collect();
    (!said.is_empty()).then(|| Text::joined(&said, &Text::new("；", "; ")))
}

/// A month with figures that are not settled.
struct Unsettled<'e> {
    /// The first of them: what is true of the month is true of all.
    first: &'e Earlier,
    /// Their forms, where others of the month are settled.
    forms: Vec<&'e str>,
}

impl<'e> Unsettled<'e> {
    /// Of all forms of a month; none where they are settled.
    fn of(all: Vec<&'e Earlier>) -> Option<Self> {
        let of_month = all.len();
        let mut open = all;
        open.retain(|one| !one.is_settled());
        let first = *open.first()?;
        let forms = open.iter().map(|one| one.form.as_str());
        let forms = forms.filter(|_| open.len() < of_month).collect();
        Some(Self { first, forms })
    }

    fn words(&self) -> Text {
        let Text { zh, en } = self.named(self.first.period.words());
        match (&self.first.closed, &self.first.reopened) {
            (Some(_), _) => both!(
                "{zh}封库时存的数不能用",
                "what {en} was closed with cannot be used"
            ),
            (None, Some(at)) => both!("{zh}已于 {at} 解封", "{en} was opened again at {at}"),
            (None, None) => both!("{zh}未封库", "{en} is not closed"),
        }
    }

    fn briefly(&self) -> Text {
        let Text { zh, en } = self.named(Text::same(self.first.period.to_string()));
        match (&self.first.closed, &self.first.reopened) {
            (Some(_), _) => both!("{zh} 封库数不能用", "{en} altered"),
            (None, Some(_)) => both!("{zh} 已解封", "{en} reopened"),
            (None, None) => both!("{zh} 未封库", "{en} open"),
        }
    }

    /// The month, with the forms that it is about.
    fn named(&self, month: Text) -> Text {
        if self.forms.is_empty() {
            return month;
        }
        let Text { zh, en } = month;
        let (forms, listed) = (self.forms.join("、"), self.forms.join(", "));
        both!("{zh}（{forms}）", "{en} ({listed})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(period: &str, form: &str, standing: Standing) -> Earlier {
        Earlier {
            period: Period::parse(period).unwrap(),
            form: form.to_owned(),
            standing,
            closed: None,
            reopened: None,
        }
    }

    fn closed(form: &str, standing: Standing) -> Earlier {
        Earlier {
            closed: Some("2023-01-20T09:00".to_owned()),
            ..earlier("2022-12", form, standing)
        }
    }

    #[test]
    fn a_month_is_named_once_with_the_reason() {
        let mut all = vec![
            earlier("2022-12", "T01", Standing::Provisional),
            earlier("2022-12", "T02", Standing::OnTheSpot),
            earlier("2023-11", "T01", Standing::Provisional),
        ];
        all[2].reopened = Some("2024-02-01T09:00".to_owned());
        let said = why(&all).unwrap();
        assert_eq!(
            said.zh,
            "2022年12月未封库；2023年11月已于 2024-02-01T09:00 解封"
        );
        assert_eq!(
            said.en,
            "December 2022 is not closed; November 2023 was opened again at 2024-02-01T09:00"
        );
        let brief = briefly(&all).unwrap();
        assert_eq!(brief.zh, "2022-12 未封库；2023-11 已解封");
    }

    #[test]
    fn forms_are_named_where_they_differ() {
        let all = [
            closed("T01", Standing::Accepted),
            closed("T02", Standing::OnTheSpot),
        ];
        let said = why(&all).unwrap();
        assert_eq!(said.zh, "2022年12月（T02）封库时存的数不能用");
        assert_eq!(why(&all[1..]).unwrap().zh, "2022年12月封库时存的数不能用");
        assert_eq!(why(&all[..1]), None);
    }
}
