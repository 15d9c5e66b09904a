//! Rule files as they are written: one struct for each kind of table, field by field.
//!
//! These structs say what may stand in a rule file and nothing more; the JSON Schema for
//! editors is made from them. What the words mean together is found out in `form` and in
//! `check`. There is no `untagged`, `flatten` or `tag` here: with them toml loses every place.

use crate::check;
use crate::period::Periodicity;
use crate::words::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};
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
    /// What the office prints around its table.
    #[serde(default)]
    pub print: PrintWritten,
}

/// `[form.print]`: what the office prints around a form's table. Templates and the clean tables
/// that go up look like that.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrintWritten {
    /// The sheet that it stands on, where several forms share one; a sheet of its number if unsaid.
    pub sheet: Option<String>,
    /// The title over a shared sheet.
    pub title: Option<String>,
    /// That title for readers of English.
    pub title_en: Option<String>,
    /// The line over the form's own table on a shared sheet, below the first: `表二　教师培训情况`.
    pub caption: Option<String>,
    /// That line for readers of English.
    pub caption_en: Option<String>,
    /// Lines at the upper right under 表号 and 制定机关, such as `有效期至：…`.
    pub identity: Vec<String>,
    /// The time that it covers, with `{year}`, `{next}` (the year after), `{month}` and `{from}`
    /// (the first month of the quarter): `{year}年1—{month}月`.
    pub covers: Option<String>,
    /// The unit line, where it is more than 计量单位 and the form's unit.
    pub unit: Option<String>,
    /// What the row of a list is called that adds up all others, above them: `合计`.
    pub total: Option<String>,
    /// The columns of a list that a template takes over from last year's records; its key and
    /// its words if unsaid.
    #[schemars(with = "Option<Vec<String>>")]
    pub carries: Option<Vec<Spanned<String>>>,
    /// The paper, where it does not follow from the table's width.
    pub paper: Option<Paper>,
    /// 说明 under the table, one after the other; 审核关系 follow by themselves.
    pub notes: Vec<String>,
}

/// The paper that a form is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// A4, standing.
    A4Portrait,
    /// A4, lying.
    A4Landscape,
    /// A3, lying.
    A3Landscape,
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
    /// The limit in the column's own unit: points for a rate. A number, or a threshold's name.
    #[schemars(with = "serde_json::Value")]
    pub value: Spanned<toml::Value>,
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
    /// 警戒线: a number, or the name of a threshold.
    #[schemars(with = "serde_json::Value")]
    pub alert: toml::Value,
    /// 基本线
    #[schemars(with = "serde_json::Value")]
    pub basic: toml::Value,
    /// 发展线
    #[schemars(with = "serde_json::Value")]
    pub development: toml::Value,
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
    #[schemars(with = "Option<Lines>")]
    pub lines: Option<Spanned<Lines>>,
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
    /// The most decimals that its figures have.
    #[schemars(with = "Option<u8>")]
    pub decimals: Option<Spanned<u8>>,
    /// The decimals to which its figures were rounded before others were computed from them.
    pub rounded: Option<u8>,
    /// The form that words must have, a regular expression.
    #[schemars(with = "Option<String>")]
    pub pattern: Option<Spanned<String>>,
    /// The words that may stand in it.
    #[schemars(with = "Option<check::one_of::Listed>")]
    pub one_of: Option<Spanned<check::one_of::Listed>>,
    /// Whether no two records have the same.
    #[serde(default)]
    pub unique: bool,
    /// Whether figures of several records add up; a largest class, a year or a mean does not.
    pub adds_up: Option<bool>,
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
    /// A line without figures that is printed over the row: `一、资源覆盖`.
    pub heading: Option<String>,
    /// That line for readers of English.
    pub heading_en: Option<String>,
    /// By how many signs the printed label is set in.
    #[serde(default)]
    pub indent: u8,
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
    #[schemars(with = "Option<Lines>")]
    pub lines: Option<Spanned<Lines>>,
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
    #[serde(alias = "必改")]
    Error,
    /// 核实: unusual; to be mended or explained.
    #[serde(alias = "核实")]
    Query,
    /// 提示: worth knowing.
    #[serde(alias = "提示")]
    Note,
}

/// Who hears of a finding first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The district's clerk.
    #[serde(alias = "填报单位")]
    #[default]
    District,
    /// The city's staff, who may release it to the district.
    #[serde(alias = "市级")]
    City,
}

/// What one unit of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Each row by itself.
    #[serde(alias = "逐行")]
    #[default]
    Row,
    /// Each column by itself: the rule speaks of rows.
    #[serde(alias = "逐栏")]
    Column,
    /// Each district's whole form: the rule speaks of single cells, or of statistics of a list.
    #[serde(alias = "填报单位")]
    District,
    /// All districts together: the rule speaks of statistics.
    #[serde(alias = "全市")]
    City,
}

/// Whether a rule is in force.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 试行: staff see what it finds, districts don't.
    #[serde(alias = "试行")]
    Trial,
    /// 正式
    #[serde(alias = "正式")]
    #[default]
    InForce,
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
    /// How much it weighs in some months, by month: `{ 12 = "error" }`. Logical rules only.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Severity>")]
    pub severity_in: BTreeMap<Spanned<String>, Severity>,
    /// `trial` 试行 or `in-force` 正式.
    #[serde(default)]
    pub stage: Stage,
    /// The first period in which it is in force: `2023-09`.
    #[schemars(with = "Option<String>")]
    pub valid_from: Option<Spanned<String>>,
    /// The last period in which it is in force.
    #[schemars(with = "Option<String>")]
    pub valid_to: Option<Spanned<String>>,
    /// 下发: its findings go out even where more districts have them than the flood guard lets by.
    #[serde(default)]
    pub released: bool,
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
    /// What a record must be like to be looked at: `学段 = "小学"`.
    #[schemars(with = "Option<String>")]
    pub r#for: Option<Spanned<String>>,
    /// A template: the variables that it is made for, each in turn called `it`, or tables of
    /// names of your own: `[{ part = "a", whole = "b" }]`.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub over: Vec<Spanned<toml::Value>>,
    /// What `limit` stands for: `{ by = "stage", "小学" = 45, "初中" = 50 }`.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub limit: Option<Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>>,
    /// What must hold.
    #[schemars(with = "Option<String>")]
    pub check: Option<Spanned<check::expression::Asked>>,
    /// What must be filled.
    #[schemars(with = "Option<String>")]
    pub required: Option<Spanned<check::required::Asked>>,
    /// How many decimals there may be.
    #[schemars(with = "Option<check::decimals::Asked>")]
    pub decimals: Option<Spanned<check::decimals::Asked>>,
    /// Limits.
    #[schemars(with = "Option<check::bounds::Asked>")]
    pub range: Option<Spanned<check::bounds::Asked>>,
    /// 清零: what must be zero.
    #[schemars(with = "Option<Vec<String>>")]
    pub zero: Option<Spanned<check::zero::Asked>>,
    /// Words that must be of a list.
    #[schemars(with = "Option<check::one_of::Asked>")]
    pub one_of: Option<Spanned<check::one_of::Asked>>,
    /// The form that words must have.
    #[schemars(with = "Option<check::pattern::Asked>")]
    pub pattern: Option<Spanned<check::pattern::Asked>>,
    /// What no two records may have alike.
    #[schemars(with = "Option<check::unique::Asked>")]
    pub unique: Option<Spanned<check::unique::Asked>>,
    /// What a list must still have.
    #[schemars(with = "Option<check::complete::Asked>")]
    pub complete: Option<Spanned<check::complete::Asked>>,
    /// A total and its parts.
    #[schemars(with = "Option<check::total::Asked>")]
    pub total: Option<Spanned<check::total::Asked>>,
    /// Parts that don't come to more than the whole.
    #[schemars(with = "Option<check::part_of::Asked>")]
    pub part_of: Option<Spanned<check::part_of::Asked>>,
    /// 本年累计 = 上月累计 + 本月.
    #[schemars(with = "Option<check::accumulates::Asked>")]
    pub accumulates: Option<Spanned<check::accumulates::Asked>>,
    /// Figures that are there together, or not together.
    #[schemars(with = "Option<check::pair::Asked>")]
    pub pair: Option<Spanned<check::pair::Asked>>,
    /// A figure that was reported before.
    #[schemars(with = "Option<check::restates::Asked>")]
    pub restates: Option<Spanned<check::restates::Asked>>,
    /// A figure that follows from others.
    #[schemars(with = "Option<check::states::Asked>")]
    pub states: Option<Spanned<check::states::Asked>>,
    /// 只增不减: a figure that does not fall.
    #[schemars(with = "Option<check::non_decreasing::Asked>")]
    pub non_decreasing: Option<Spanned<check::non_decreasing::Asked>>,
    /// 计量单位疑误: a figure that may be off by a power of ten.
    #[schemars(with = "Option<check::scale::Asked>")]
    pub scale: Option<Spanned<check::scale::Asked>>,
    /// A figure far from those of the other districts.
    #[schemars(with = "Option<check::outlier::Asked>")]
    pub outlier: Option<Spanned<check::outlier::Asked>>,
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
    #[schemars(with = "Option<String>")]
    pub fix: Option<Spanned<String>>,
    /// The same for readers of English.
    #[schemars(with = "Option<String>")]
    pub fix_en: Option<Spanned<String>>,
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
    /// The figures of a record, by variable, or of several records.
    #[schemars(with = "serde_json::Value")]
    pub given: GivenWritten,
    /// What the rule says of it.
    #[schemars(with = "Gives")]
    pub gives: Spanned<Gives>,
}

/// A record of an example as it is written, figures by variable.
pub type RecordWritten = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

/// One record or several.
#[derive(Debug)]
pub struct GivenWritten(pub Vec<RecordWritten>);

impl<'de> Deserialize<'de> for GivenWritten {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;
        impl<'de> de::Visitor<'de> for OneOrSeveral {
            type Value = GivenWritten;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("map")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let record = RecordWritten::deserialize(de::value::MapAccessDeserializer::new(map));
                Ok(GivenWritten(vec![record?]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(GivenWritten)
            }
        }
        from.deserialize_any(OneOrSeveral)
    }
}

/// `[thresholds.x]`: a limit that comes from somewhere, named so that rules don't repeat it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThresholdWritten {
    /// A number, or a rate with its sign in quotes.
    #[schemars(with = "serde_json::Value")]
    pub value: Spanned<toml::Value>,
    /// What people call it.
    pub label: Option<String>,
    /// The law or document that it comes from.
    pub source: String,
    /// The day of that document, or the day from which it holds.
    pub date: Option<String>,
}

/// `[derived.x]`: a figure that is computed, and not filled in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedWritten {
    /// How.
    #[schemars(with = "String")]
    pub is: Spanned<String>,
    /// What people call it.
    pub label: Option<String>,
    /// The same for readers of English.
    pub label_en: Option<String>,
}

/// `[[break]]`: a column whose meaning changed, 口径变化.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakWritten {
    /// The column.
    #[schemars(with = "String")]
    pub column: Spanned<String>,
    /// The row, where only one changed.
    #[schemars(with = "Option<String>")]
    pub row: Option<Spanned<String>>,
    /// The first period in which it means what it means now: `2023-09`.
    #[schemars(with = "String")]
    pub since: Spanned<String>,
    /// Why.
    pub reason: String,
    /// Earlier figures are comparable after multiplication by this.
    #[schemars(with = "Option<f64>")]
    pub factor: Option<Spanned<f64>>,
    /// The column that it was reported as before.
    #[schemars(with = "Option<String>")]
    pub before: Option<Spanned<String>>,
}

/// `[rules]` of a file that has more rules for a form of another file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesHead {
    /// The form's number.
    #[schemars(with = "String")]
    pub form: Spanned<String>,
}

/// `[[override]]` of an included file: an office's own limit, weight or validity for a rule or
/// threshold that stands elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideWritten {
    /// The rule's number.
    #[schemars(with = "Option<String>")]
    pub rule: Option<Spanned<String>>,
    /// The threshold, with its form: `XX01.class_size`.
    #[schemars(with = "Option<String>")]
    pub threshold: Option<Spanned<String>>,
    /// The threshold's value here.
    #[schemars(with = "Option<serde_json::Value>")]
    pub value: Option<Spanned<toml::Value>>,
    /// Where that comes from.
    pub source: Option<String>,
    /// The day of that document.
    pub date: Option<String>,
    /// How much a failure weighs here.
    #[schemars(with = "Option<Severity>")]
    pub severity: Option<Spanned<Severity>>,
    /// Who hears of it first.
    pub audience: Option<Audience>,
    /// Whether it is on trial here.
    pub stage: Option<Stage>,
    /// The first period in which it is in force here.
    #[schemars(with = "Option<String>")]
    pub valid_from: Option<Spanned<String>>,
    /// The last period in which it is in force here.
    #[schemars(with = "Option<String>")]
    pub valid_to: Option<Spanned<String>>,
    /// Whether staff have released it in spite of the flood guard.
    pub released: Option<bool>,
}

/// `[answers]` of `job.toml`: what is taken for an explanation.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Phrases that explain nothing; what is nearly one of them does not either.
    pub empty: Vec<String>,
}

impl Default for Answers {
    fn default() -> Self {
        let phrases = [
            "核实无误",
            "情况属实",
            "经核实数据无误",
            "经核对无误",
            "数据属实",
            "经核實數據無誤",
            "与实际相符",
            "如实填报",
            "以此为准",
        ];
        Self {
            empty: phrases.map(str::to_owned).to_vec(),
        }
    }
}

/// `[flood]` of `job.toml`: when a query looks like a fault of the rule.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Flood {
    /// The share of the districts that were looked at, in percent, beyond which it is held back.
    pub percent: u32,
    /// Fewer districts than this are no flood.
    pub at_least: usize,
}

impl Default for Flood {
    fn default() -> Self {
        Self {
            percent: 33,
            at_least: 5,
        }
    }
}

/// What a rule says of its example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// It holds.
    #[serde(alias = "通过")]
    Pass,
    /// It does not.
    #[serde(alias = "不通过")]
    Fail,
    /// It cannot be said.
    #[serde(alias = "不审核")]
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
    /// Files of this folder that change rules and thresholds of the others, in this order.
    #[schemars(with = "Vec<String>")]
    pub include: Vec<Spanned<String>>,
}

impl Default for JobWritten {
    fn default() -> Self {
        Self {
            language: Lang::Zh,
            time_zone: Spanned::new(0..0, "+08:00".to_owned()),
            office: "重庆市教育委员会".to_owned(),
            whole: "全市".to_owned(),
            include: Vec::new(),
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
    thresholds: Option<BTreeMap<String, ThresholdWritten>>,
    derived: Option<BTreeMap<String, DerivedWritten>>,
    r#break: Option<Vec<BreakWritten>>,
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
    flood: Option<Flood>,
    answers: Option<Answers>,
}
