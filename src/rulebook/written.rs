//! Rule files as they are written: one struct for each kind of table, field by field.
//!
//! These structs say what may stand in a rule file and nothing more; the JSON Schema for
//! editors is made from them. What the words mean together is found out in `form` and in
//! `check`. There is no `untagged`, `flatten` or `tag` here: with them toml loses every place.

use crate::period::Periodicity;
use crate::words::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// `[form]`: what is asked, and how the form looks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormHead {
    /// The form's own number, 表号: `KY01`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The title as it stands over the form.
    pub title: String,
    /// The title for readers of English.
    pub title_en: Option<String>,
    /// Other titles under which districts send it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Which way the variables run: `columns`, or `rows` where each row is its own indicator.
    #[serde(default)]
    pub variables: Axis,
    /// `fixed` 固定表 or `list` 浮动表.
    #[serde(default)]
    pub rows: RowsKind,
    /// The columns that tell the records of a list apart.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub key: Vec<Spanned<String>>,
    /// What a blank cell means.
    #[serde(default)]
    pub blank: Blank,
    /// How often the form is asked for.
    #[serde(default)]
    pub period: Periodicity,
    /// The months in which it is asked for; all, where none is named.
    #[serde(default)]
    #[schemars(with = "Vec<u32>")]
    pub due_in: Vec<Spanned<u32>>,
    /// The day by which: `次月10日`, `当月25日`, `12月20日`.
    #[schemars(with = "Option<String>")]
    pub due: Option<Spanned<String>>,
    /// 报表制度版本
    pub version: Option<String>,
    /// The unit that the unit line must name (计量单位：项); none where each row has its own.
    pub unit: Option<String>,
    /// The heading over the rows' names (甲): `课题类别`.
    pub row_label: Option<String>,
    /// The heading over the rows' codes (乙): `代码`.
    pub row_no: Option<String>,
    /// The people who must have signed in the foot.
    #[serde(default)]
    pub signatures: Vec<String>,
}

/// Which way the variables of a form run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Each column is a variable.
    #[default]
    Columns,
    /// Each row is a variable with its own type and unit.
    Rows,
}

/// Whether a form's rows are given or filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RowsKind {
    /// 固定表: the rows stand in the rule file.
    #[default]
    Fixed,
    /// 浮动表: a row for each thing reported.
    List,
}

/// What a blank cell of a form means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Blank {
    /// None: the form's instructions say that what is nil is left blank.
    Nil,
    /// Not known: it is missing.
    #[default]
    Ask,
}

/// What stands in a cell.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// A whole number of things or people.
    Count,
    /// A number with decimals.
    Number,
    /// An amount in 元, 万元 or 亿元.
    Money,
    /// A rate; 80.6 % is kept as 0.806.
    Percent,
    /// 百分点, the difference of two rates.
    Points,
    /// 增减: points where the row is a rate, growth in percent where it is a quantity.
    Change,
    /// Words.
    Text,
    /// A code: text that may look like a number.
    Code,
    /// A day.
    Date,
    /// 是 / 否
    Flag,
}

/// `max = { value = 100, source = "by definition" }`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The limit in the column's own unit: points for a rate.
    #[schemars(with = "f64")]
    pub value: Spanned<f64>,
    /// Where the limit comes from.
    pub source: Option<String>,
    /// `error`, unless said otherwise: a limit that a true figure can exceed is a `query`.
    pub severity: Option<Severity>,
    /// Who hears of it first.
    pub audience: Option<Audience>,
}

/// `lines = { alert = 60, basic = 80, development = 95 }`: 警戒线 基本线 发展线.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// 警戒线
    pub alert: f64,
    /// 基本线
    pub basic: f64,
    /// 发展线
    pub development: f64,
    /// Whose lines they are.
    pub source: Option<String>,
}

/// `[columns.x]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnWritten {
    /// 栏次
    pub no: Option<u32>,
    /// The header path: `申报数 › 本年累计`.
    #[schemars(with = "String")]
    pub label: Spanned<String>,
    /// The label for readers of English.
    pub label_en: Option<String>,
    /// Other wordings of the header.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What stands in the cells; in a form whose variables run down, the row's own type if unsaid.
    pub r#type: Option<Type>,
    /// 计量单位
    pub unit: Option<String>,
    /// Whether the cells must be filled.
    #[serde(default)]
    pub required: bool,
    /// Whether a submission without this column can't be used. It can, for remarks.
    pub optional: Option<bool>,
    /// The least value.
    pub min: Option<Bound>,
    /// The greatest value.
    pub max: Option<Bound>,
    /// The three lines of a rate.
    pub lines: Option<Lines>,
    /// The column that this one is an of-which of.
    #[schemars(with = "Option<String>")]
    pub part_of: Option<Spanned<String>>,
    /// An earlier figure that this column repeats: `last_year(applications)`.
    #[schemars(with = "Option<String>")]
    pub restates: Option<Spanned<String>>,
    /// What this column states of others: `growth(applications, applications_last_year)`.
    #[schemars(with = "Option<String>")]
    pub states: Option<Spanned<String>>,
    /// At which precision a figure is taken as stated: `shown`, `typed`.
    pub precision: Option<Precision>,
}

/// At which precision a stated figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// The decimals that the cell's number format shows.
    Shown,
    /// The decimals of the number that was typed.
    Typed,
}

/// `[rows.x]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowWritten {
    /// 行次, the code: `01`.
    pub no: Option<String>,
    /// The row's name.
    #[schemars(with = "String")]
    pub label: Spanned<String>,
    /// The label for readers of English.
    pub label_en: Option<String>,
    /// Other wordings of the label.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The rows that this one is the total of.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub total_of: Vec<Spanned<String>>,
    /// The row that this one is an of-which of.
    #[schemars(with = "Option<String>")]
    pub part_of: Option<Spanned<String>>,
    /// What stands in the row's cells, where variables run down.
    #[schemars(with = "Option<Type>")]
    pub r#type: Option<Spanned<Type>>,
    /// The row's unit, where variables run down.
    pub unit: Option<String>,
    /// Whether the row's own figure must be filled.
    #[serde(default)]
    pub required: bool,
    /// The least value, where variables run down.
    pub min: Option<Bound>,
    /// The greatest value, where variables run down.
    pub max: Option<Bound>,
    /// The three lines of a rate.
    pub lines: Option<Lines>,
    /// What the row's own figure states of others: `share(numerator, denominator)`.
    #[schemars(with = "Option<String>")]
    pub states: Option<Spanned<String>>,
}

/// How much a failed rule weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 必改: logic is broken; no true figures look like that.
    Error,
    /// 核实: unusual; to be mended or explained.
    Query,
    /// 提示: worth knowing.
    Note,
}

/// Who hears of a finding first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The district's clerk.
    #[default]
    District,
    /// The city's staff, who may release it to the district.
    City,
}

/// What one unit of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Each row by itself.
    #[default]
    Row,
    /// Each column by itself: the rule speaks of rows.
    Column,
    /// Each district's whole form: the rule speaks of single cells.
    District,
}

/// What a rule does where a figure is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It is not evaluated there.
    #[default]
    Skip,
    /// It counts what is missing as zero.
    Zero,
    /// It fails.
    Fail,
}

/// `[[rule]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleWritten {
    /// The rule's number: `KY01-101`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// What good data do.
    pub title: String,
    /// The title for readers of English.
    pub title_en: Option<String>,
    /// How much a failure weighs.
    #[schemars(with = "Severity")]
    pub severity: Spanned<Severity>,
    /// What one unit is.
    #[serde(default)]
    pub each: Each,
    /// The rows that it is limited to.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rows: Vec<Spanned<String>>,
    /// The columns that it is limited to.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub columns: Vec<Spanned<String>>,
    /// The months that it is limited to.
    #[serde(default)]
    #[schemars(with = "Vec<u32>")]
    pub months: Vec<Spanned<u32>>,
    /// Who hears of it first.
    #[serde(default)]
    pub audience: Audience,
    /// Whether its findings must be explained and accepted before a month is closed.
    #[serde(default)]
    pub settle_by_close: bool,
    /// What must hold.
    #[schemars(with = "Option<String>")]
    pub check: Option<Spanned<String>>,
    /// What happens where a figure is missing.
    #[serde(default)]
    pub missing: Missing,
    /// A ratio is not asked about from a smaller base.
    pub at_least: Option<f64>,
    /// A ratio is not asked about for a smaller change.
    pub by_at_least: Option<f64>,
    /// What the finding says; `{applications}` puts the cell's figure in.
    #[schemars(with = "Option<String>")]
    pub message: Option<Spanned<String>>,
    /// The message for readers of English.
    #[schemars(with = "Option<String>")]
    pub message_en: Option<Spanned<String>>,
    /// What to do about it.
    pub fix: Option<String>,
    /// The same for readers of English.
    pub fix_en: Option<String>,
    /// The law or document that the rule comes from.
    pub source: Option<String>,
    /// The rule's own tests.
    #[serde(default)]
    pub example: Vec<ExampleWritten>,
}

/// `[[rule.example]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExampleWritten {
    /// The figures of one record, by variable.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub given: Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>,
    /// What the rule says of it.
    #[schemars(with = "Gives")]
    pub gives: Spanned<Gives>,
}

/// What a rule says of its example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It cannot be said.
    NotEvaluated,
}

/// `[job]` of `job.toml`: how the whole run goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JobWritten {
    /// The language of what comes out.
    pub language: Lang,
    /// The office's offset from universal time: `+08:00`.
    #[schemars(with = "String")]
    pub time_zone: Spanned<String>,
    /// The office that runs it, as it signs.
    pub office: String,
    /// The name of the whole: `全市`.
    pub whole: String,
}

impl Default for JobWritten {
    fn default() -> Self {
        Self {
            language: Lang::Zh,
            time_zone: Spanned::new(0..0, "+08:00".to_owned()),
            office: "重庆市教育委员会".to_owned(),
            whole: "全市".to_owned(),
        }
    }
}

/// `[limits]` of `job.toml`: what a submitted file may cost.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The greatest size of a file in bytes.
    pub file_bytes: u64,
    /// The greatest sum of what its parts unpack to, in bytes.
    pub unpacked_bytes: u64,
    /// The greatest number of parts in a package, or of files in an archive.
    pub entries: u64,
    /// The greatest number of sheets.
    pub sheets: u32,
    /// The greatest number of filled cells of one file.
    pub cells: u64,
    /// The greatest size of all words in a file, in bytes.
    pub strings_bytes: u64,
    /// The greatest number of merged ranges of one sheet.
    pub merges: u64,
    /// Seconds after which a file is given up.
    pub seconds: u64,
    /// Memory that reading one file may take, in bytes.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            file_bytes: 64 * MIB,
            unpacked_bytes: 512 * MIB,
            entries: 20_000,
            sheets: 1_000,
            cells: 5_000_000,
            strings_bytes: 64 * MIB,
            merges: 100_000,
            seconds: 20,
            memory_bytes: 400 * MIB,
        }
    }
}

/// `[blank_words]` of `job.toml`: words that stand for no figure, with their meaning.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlankWords {
    /// There is none: 无.
    pub nil: Vec<String>,
    /// It makes no sense here: —, 不适用.
    pub not_applicable: Vec<String>,
    /// It is not known: 未统计.
    pub not_available: Vec<String>,
}

impl Default for BlankWords {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        Self {
            nil: words(&["无", "没有", "零"]),
            not_applicable: words(&["—", "－", "-", "--", "——", "/", "不适用", "×"]),
            not_available: words(&["未统计", "暂无", "不详", "…"]),
        }
    }
}

/// A whole form file, for the published schema.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "the schema of the file is made from it; its tables are read one by one"
)]
pub struct FormFile {
    form: FormHead,
    columns: BTreeMap<String, ColumnWritten>,
    rows: Option<BTreeMap<String, RowWritten>>,
    rule: Option<Vec<RuleWritten>>,
}

/// The whole of `job.toml`, for the published schema.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "the schema of the file is made from it; its tables are read one by one"
)]
pub struct JobFile {
    job: Option<JobWritten>,
    limits: Option<Limits>,
    blank_words: Option<BlankWords>,
}
