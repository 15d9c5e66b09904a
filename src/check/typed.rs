#![doc = include_str!("typed.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::Severity;
use crate::table::{Absent, Unreadable};
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "type",
    doc: include_str!("typed.md"),
    doc_zh: include_str!("typed.zh.md"),
    lower,
    say,
};

/// One rule a column: every cell reads as what the column asks for.
fn lower(on: &mut Lowering<'_>) {
    for (at, column) in on.form.columns.iter().enumerate() {
        let assertions: Vec<Assertion> = on
            .rows()
            .into_iter()
            .map(|row| on.form.variable(at, row))
            .filter(|variable| on.form.variables[*variable].is_number())
            .map(|accused| Assertion {
                accused,
                claim: Claim::Readable,
                floor: None,
            })
            .collect();
        if assertions.is_empty() {
            continue;
        }
        let label = &column.label;
        let title = Text::new(
            format!("{}应能读成数字", label.zh),
            format!("{} reads as a number", label.en),
        );
        let id = format!("{}.{}.type", on.form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        rule.formula = format!("{} is a number", column.id);
        rule.assertions = assertions;
        on.rules.push(rule);
    }
}

fn say(failed: &Failed<'_>) -> Wording {
    let found = failed.found();
    let why = failed
        .figures
        .own
        .absent(failed.record, failed.assertion.accused);
    let Some(Absent::Unreadable(why)) = why else {
        return Wording::new(Text::default(), Text::default());
    };
    let (message, fix) = match why {
        Unreadable::Approximate => (
            both!(
                "填的是“{found}”：约、近、余、以上这类说法不是准确数",
                "`{found}` is an approximation, not a figure"
            ),
            Text::new(
                "填准确的数字；估计数请在备注中说明",
                "enter the exact figure; say in the remarks if it is estimated",
            ),
        ),
        Unreadable::ErrorValue => (
            both!(
                "公式结果是错误值 {found}",
                "the formula gives the error {found}"
            ),
            Text::new(
                "改正公式或直接填数字",
                "mend the formula or enter the figure",
            ),
        ),
        Unreadable::DateForNumber => (
            both!(
                "这里应填数字，填的是日期 {found}",
                "`{found}` is a date where a number is asked"
            ),
            Text::new(
                "改填数字，并把单元格格式改为“常规”",
                "enter the number and set the cell's format to General",
            ),
        ),
        Unreadable::NotACount => (
            both!(
                "填的是 {found}，个数应为不小于 0 的整数",
                "{found} is no count: expected a whole number from 0 up"
            ),
            Text::new("核对后填整数", "enter a whole number"),
        ),
        Unreadable::NotANumber => (
            both!(
                "这里应填数字，填的是“{found}”",
                "expected a number, found `{found}`"
            ),
            Text::new(
                "只填数字，文字请写在备注栏",
                "enter the number alone; words go into the remarks",
            ),
        ),
        Unreadable::NoResult => (
            Text::new(
                "公式没有计算结果：文件不是用 Excel 或 WPS 保存的",
                "the formula has no stored result: the file was not saved by Excel or WPS",
            ),
            Text::new(
                "用 Excel 或 WPS 打开后保存一次，再报",
                "open it in Excel or WPS, save it once, and send it again",
            ),
        ),
        Unreadable::Damaged => (
            Text::new("这个单元格读不出来", "this cell cannot be read"),
            Text::new(
                "清除单元格内容和格式后重新填写",
                "clear the cell's contents and format and fill it anew",
            ),
        ),
    };
    Wording::new(message, fix)
}
