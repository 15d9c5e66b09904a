#![doc = include_str!("typed.md")]

use super::{Failed, Kind, Lowering, Wording};
use crate::rulebook::rule::{Assertion, Claim};
use crate::rulebook::written::{Severity, Type};
use crate::table::{Absent, Unreadable};
use crate::words::Text;

pub(super) const KIND: Kind = Kind {
    name: "type",
    doc: include_str!("typed.md"),
    doc_zh: include_str!("typed.zh.md"),
    keys: lower,
    rule: |_| None,
    say,
};

/// One rule a column: every cell reads as what the column asks for.
fn lower(on: &mut Lowering<'_>) {
    for (at, column) in on.form.columns.iter().enumerate() {
        let assertions: Vec<Assertion> = on
            .rows()
            .into_iter()
            .map(|row| on.form.variable(at, row))
            // Any words are text; all other types can be read wrongly.
            .filter(|variable| on.form.variables[*variable].kind != Type::Text)
            .map(|accused| Assertion::new(accused, Claim::Readable))
            .collect();
        if assertions.is_empty() {
            continue;
        }
        let label = &column.label;
        let (zh, en) = match on.form.variables[assertions[0].accused].kind {
            Type::Date => ("日期", "date"),
            Type::Flag => ("是或否", "flag"),
            Type::Code => ("代码", "code"),
            _ => ("数字", "number"),
        };
        let title = Text::new(
            format!("{}应能读成{zh}", label.zh),
            format!("{} reads as a {en}", label.en),
        );
        let id = format!("{}.{}.type", on.form.id, column.id);
        let mut rule = on.rule(KIND.name, id, title, Severity::Error);
        rule.formula = format!("{} is a {en}", column.id);
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
        return Wording::default();
    };
    let [zh, en, fix_zh, fix_en] = words(why).map(|text| text.replace("{found}", &found));
    Wording::new(Text::new(zh, en), Text::new(fix_zh, fix_en))
}

/// What is wrong and what to do about it, in Chinese and English; `{found}` is what stands there.
fn words(why: Unreadable) -> [&'static str; 4] {
    match why {
        Unreadable::Approximate => [
            "填的是“{found}”：约、近、余、以上这类说法不是准确数",
            "`{found}` is an approximation, not a figure",
            "填准确的数字；估计数请在备注中说明",
            "enter the exact figure; say in the remarks if it is estimated",
        ],
        Unreadable::ErrorValue => [
            "公式结果是错误值 {found}",
            "the formula gives the error {found}",
            "改正公式或直接填数字",
            "mend the formula or enter the figure",
        ],
        Unreadable::DateForNumber => [
            "这里应填数字，填的是日期 {found}",
            "`{found}` is a date where a number is asked",
            "改填数字，并把单元格格式改为“常规”",
            "enter the number and set the cell's format to General",
        ],
        Unreadable::NotACount => [
            "填的是 {found}，个数应为不小于 0 的整数",
            "{found} is no count: expected a whole number from 0 up",
            "核对后填整数",
            "enter a whole number",
        ],
        Unreadable::NotANumber => [
            "这里应填数字，填的是“{found}”",
            "expected a number, found `{found}`",
            "只填数字，文字请写在备注栏",
            "enter the number alone; words go into the remarks",
        ],
        Unreadable::OtherUnit => [
            "填的是“{found}”，计量单位与本栏不同",
            "`{found}` is in another unit than the column's",
            "换算成本栏的计量单位，只填数字",
            "convert it to the column's unit and enter the number alone",
        ],
        Unreadable::Scientific => [
            "填的是“{found}”：科学计数法，后面的数字可能已经丢失",
            "`{found}` is in scientific notation: digits may have been lost",
            "把单元格格式改为文本或常规，重新填写完整的数字",
            "set the cell's format to text or General and enter all digits again",
        ],
        Unreadable::FormulaAsText => [
            "公式“{found}”是按文本写的，没有结果",
            "the formula `{found}` stands there as text and has no result",
            "把单元格格式改为“常规”后重新录入公式，或直接填数字",
            "set the cell's format to General and enter the formula or the number again",
        ],
        Unreadable::TooLarge => [
            "填的是 {found}，超出表格能准确保存的范围（15 位）",
            "{found} is beyond what a sheet keeps exactly (15 digits)",
            "核对后重新填写",
            "check it and enter it anew",
        ],
        Unreadable::NotADate => [
            "填的是“{found}”，不是日期",
            "`{found}` is no date",
            "按“2023年9月1日”的样子填写",
            "write it as 2023-09-01",
        ],
        Unreadable::NotAFlag => [
            "填的是“{found}”，应填“是”或“否”",
            "expected 是 or 否, found `{found}`",
            "改填“是”或“否”",
            "enter 是 or 否",
        ],
        Unreadable::NoResult => [
            "公式没有计算结果：文件不是用 Excel 或 WPS 保存的",
            "the formula has no stored result: the file was not saved by Excel or WPS",
            "用 Excel 或 WPS 打开后保存一次，再报",
            "open it in Excel or WPS, save it once, and send it again",
        ],
        Unreadable::Damaged => [
            "这个单元格读不出来",
            "this cell cannot be read",
            "清除单元格内容和格式后重新填写",
            "clear the cell's contents and format and fill it anew",
        ],
    }
}
