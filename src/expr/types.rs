//! Names are looked up, and what makes no sense is refused before anything runs.
//!
//! A rate is not a number, points are no rate, and unlike units don't compare: a rule that
//! mixes them would fire on true figures or never.

use super::parse::{Kind, Measure, Mistake, Node};
use super::{Constant, Expr, FUNCTIONS, Function, Leaf, Operation, Source};
use crate::number::{self, Exact};
use crate::rulebook::form::Form;
use crate::rulebook::rule::Relation;
use crate::rulebook::source::did_you_mean;
use crate::rulebook::written::Type;
use crate::spelling::without_unit;
use crate::words::Text;

/// What kind of thing an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// A figure with its unit.
    Figure(Option<String>),
    /// A bare number of the rule's text.
    Bare,
    /// A quotient: comparable with rates and with numbers.
    Quotient,
    /// A rate.
    Rate,
    /// A difference of rates, 百分点.
    Points,
    /// Words.
    Words,
    /// True or false.
    Truth,
}

impl Measured {
    fn words(&self) -> Text {
        match self {
            Self::Figure(Some(unit)) => both!("数（{unit}）", "a number ({unit})"),
            Self::Figure(None) | Self::Bare | Self::Quotient => Text::new("数", "a number"),
            Self::Rate => Text::new("百分率", "a rate"),
            Self::Points => Text::new("百分点", "percentage points"),
            Self::Words => Text::new("文字", "text"),
            Self::Truth => Text::new("判断（真/假）", "a condition"),
        }
    }
}

/// Where names are looked up: a form, and the row or column that the rule is at.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The form.
    pub form: &'a Form,
    /// The row, in a fixed form's rule for each row.
    pub row: Option<usize>,
    /// The column, in a rule for each column.
    pub column: Option<usize>,
}

/// An expression with what it stands for.
pub type Typed = (Expr, Measured);

impl Scope<'_> {
    /// Looks up every name of an expression and sees that its parts go together.
    ///
    /// # Errors
    /// The first mistake, at its place in the text.
    pub fn resolve(&self, node: &Node) -> Result<Typed, Mistake> {
        match &node.kind {
            Kind::Number(value, measure) => Ok((
                Expr::Number(Constant::from(value.clone())),
                match measure {
                    Measure::Plain => Measured::Bare,
                    Measure::Percent => Measured::Rate,
                    Measure::Points => Measured::Points,
                },
            )),
            Kind::Text(text) => Ok((Expr::Text(text.clone()), Measured::Words)),
            Kind::Name(..) | Kind::ColumnNo(_) | Kind::RowNo(_) => {
                let leaf = Leaf::own(self.variable(node)?);
                Ok((Expr::Leaf(leaf), self.measure(leaf)))
            }
            Kind::Neg(inner) => {
                let (expr, measure) = self.numeric(inner)?;
                Ok((Expr::Neg(Box::new(expr)), measure))
            }
            Kind::Not(inner) => Ok((Expr::Not(Box::new(self.truth(inner)?)), Measured::Truth)),
            Kind::And(a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok((Expr::And(Box::new(a), Box::new(b)), Measured::Truth))
            }
            Kind::Or(a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok((Expr::Or(Box::new(a), Box::new(b)), Measured::Truth))
            }
            Kind::Arithmetic(operation, a, b) => self.arithmetic(node, *operation, a, b),
            Kind::Compare(relation, a, b) => self.compare(node, *relation, a, b),
            Kind::Between(value, low, high) => {
                let above = self.compare(node, Relation::AtLeast, value, low)?.0;
                let below = self.compare(node, Relation::AtMost, value, high)?.0;
                Ok((Expr::And(Box::new(above), Box::new(below)), Measured::Truth))
            }
            Kind::In(value, list) => {
                let mut any = None;
                for item in list {
                    let one = self.compare(item, Relation::Equal, value, item)?.0;
                    any = Some(match any {
                        None => one,
                        Some(before) => Expr::Or(Box::new(before), Box::new(one)),
                    });
                }
                any.map(|expr| (expr, Measured::Truth)).ok_or_else(|| {
                    let message = Text::new("in 后面的列表是空的", "the list after `in` is empty");
                    Mistake::new(node.span.clone(), message)
                })
            }
            Kind::Blank(inner) => match self.resolve(inner)?.0 {
                Expr::Leaf(leaf) => Ok((Expr::Blank(leaf), Measured::Truth)),
                _ => Err(Mistake::new(
                    inner.span.clone(),
                    Text::new(
                        "is blank 前面应是一个指标",
                        "`is blank` asks about one variable",
                    ),
                )),
            },
            Kind::Call(name, arguments) => self.call(node, name, arguments),
        }
    }

    /// An expression that must be true or false.
    ///
    /// # Errors
    /// The first mistake, at its place in the text.
    pub fn truth(&self, node: &Node) -> Result<Expr, Mistake> {
        match self.resolve(node)? {
            (expr, Measured::Truth) => Ok(expr),
            (_, other) => {
                let other = other.words();
                Err(Mistake::new(
                    node.span.clone(),
                    Text::new(
                        format!("这里应是一个判断（如 a <= b），现在是{}", other.zh),
                        format!("expected a condition such as `a <= b`, found {}", other.en),
                    ),
                ))
            }
        }
    }

    fn numeric(&self, node: &Node) -> Result<Typed, Mistake> {
        match self.resolve(node)? {
            (_, other @ (Measured::Words | Measured::Truth)) => {
                let other = other.words();
                Err(Mistake::new(
                    node.span.clone(),
                    Text::new(
                        format!("这里应是数，现在是{}", other.zh),
                        format!("expected a number, found {}", other.en),
                    ),
                ))
            }
            typed => Ok(typed),
        }
    }

    fn arithmetic(
        &self,
        node: &Node,
        operation: Operation,
        a: &Node,
        b: &Node,
    ) -> Result<Typed, Mistake> {
        let ((left, x), (right, y)) = (self.numeric(a)?, self.numeric(b)?);
        let measure = match operation {
            Operation::Add | Operation::Subtract => match (&x, &y) {
                (Measured::Rate, Measured::Rate) if operation == Operation::Subtract => {
                    Measured::Points
                }
                (Measured::Rate, Measured::Points) => Measured::Rate,
                (Measured::Quotient, Measured::Bare) | (Measured::Bare, Measured::Quotient) => {
                    Measured::Quotient
                }
                _ => {
                    Self::comparable(node, (&left, &x), (&right, &y))?;
                    if x == Measured::Bare { y } else { x }
                }
            },
            Operation::Multiply => match (&x, &y) {
                (Measured::Bare | Measured::Quotient | Measured::Rate, _) => {
                    if x == Measured::Rate && y == Measured::Bare {
                        x
                    } else {
                        y
                    }
                }
                (_, Measured::Bare | Measured::Quotient | Measured::Rate) => x,
                _ => Measured::Figure(None),
            },
            Operation::Divide => match (&x, &y) {
                (_, Measured::Bare) => x,
                (Measured::Figure(a), Measured::Figure(b)) if a != b => Measured::Figure(None),
                _ => Measured::Quotient,
            },
        };
        Ok((Expr::arithmetic(operation, left, right), measure))
    }

    fn compare(
        &self,
        node: &Node,
        relation: Relation,
        a: &Node,
        b: &Node,
    ) -> Result<Typed, Mistake> {
        let ((left, x), (right, y)) = (self.resolve(a)?, self.resolve(b)?);
        if (x == Measured::Words || y == Measured::Words)
            && !matches!(relation, Relation::Equal | Relation::NotEqual)
        {
            let message = Text::new("文字只能用 = 或 ≠ 比较", "text compares with = or ≠ only");
            return Err(Mistake::new(node.span.clone(), message));
        }
        Self::comparable(node, (&left, &x), (&right, &y))?;
        Ok((
            Expr::Compare(relation, Box::new(left), Box::new(right)),
            Measured::Truth,
        ))
    }

    /// Whether two things can be compared or added, and if not, why.
    fn comparable(
        node: &Node,
        (left, x): (&Expr, &Measured),
        (right, y): (&Expr, &Measured),
    ) -> Result<(), Mistake> {
        use Measured::{Bare, Figure, Points, Quotient, Rate, Truth, Words};
        let is_zero = |expr: &Expr| matches!(expr, Expr::Number(c) if number::is_zero(&c.exact));
        let fits = match (x, y) {
            (Words, Words) | (Truth, Truth) => true,
            (Words | Truth, _) | (_, Words | Truth) => false,
            (Rate | Points, Bare) => is_zero(right),
            (Bare, Rate | Points) => is_zero(left),
            (Rate, Rate | Quotient) | (Quotient, Rate) | (Points, Points) => true,
            (Rate | Points, _) | (_, Rate | Points) => false,
            (Figure(Some(a)), Figure(Some(b))) => a == b,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let (a, b) = (x.words(), y.words());
        let message = Text::new(
            format!("{}不能与{}相比或相加减", a.zh, b.zh),
            format!("{} can't be compared with or added to {}", a.en, b.en),
        );
        let bare = |expr: &Expr| match expr {
            Expr::Number(constant) => Some(constant.exact.clone()),
            Expr::Neg(inner) => match inner.as_ref() {
                Expr::Number(constant) => Some(-constant.exact.clone()),
                _ => None,
            },
            _ => None,
        };
        let help = match (x, y, left, right) {
            (Rate, Bare, _, number) | (Bare, Rate, number, _) => bare(number).map(|exact| {
                let whole = number::show(&(&exact * number::power_of_ten(2)));
                let plain = number::show(&exact);
                both!(
                    "百分率要带 % 号：写 {plain}% 或 {whole}%",
                    "a rate is written with its sign: {plain}% or {whole}%"
                )
            }),
            (Rate, Points, ..) | (Points, Rate, ..) => Some(Text::new(
                "两个百分率之差才是百分点",
                "points are the difference of two rates",
            )),
            _ => None,
        };
        Err(Mistake::new(node.span.clone(), message).help(help))
    }

    fn call(&self, node: &Node, name: &str, arguments: &[Node]) -> Result<Typed, Mistake> {
        let Some((_, takes)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FUNCTIONS.iter().map(|(known, _)| *known).collect();
            let message = both!("没有叫 `{name}` 的函数", "there is no function `{name}`");
            return Err(Mistake::new(node.span.clone(), message).help(did_you_mean(name, &known)));
        };
        if !takes.contains(&arguments.len()) {
            let (least, most, found) = (takes.start(), takes.end(), arguments.len());
            let range = if least == most {
                least.to_string()
            } else {
                format!("{least}–{most}")
            };
            let message = both!(
                "`{name}` 要 {range} 个参数，这里有 {found} 个",
                "`{name}` takes {range} arguments, found {found}"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        match name {
            "last_year" => self.earlier(&arguments[0], Source::LastYear),
            "last_period" => self.earlier(&arguments[0], Source::LastPeriod),
            "growth" => self.growth(node, arguments),
            "change" => {
                let (left, measure) = self.numeric(&arguments[0])?;
                if measure != Measured::Rate {
                    return self.growth(node, arguments);
                }
                let right = self.second(arguments)?;
                Ok((
                    Expr::arithmetic(Operation::Subtract, left, right),
                    Measured::Points,
                ))
            }
            "share" => {
                let (part, whole) = (
                    self.numeric(&arguments[0])?.0,
                    self.numeric(&arguments[1])?.0,
                );
                Ok((
                    Expr::arithmetic(Operation::Divide, part, whole),
                    Measured::Rate,
                ))
            }
            "sum" => {
                let (parts, measure) = self.alike(node, arguments)?;
                Ok((Expr::sum(parts), measure))
            }
            "abs" => {
                let (expr, measure) = self.numeric(&arguments[0])?;
                Ok((Expr::Call(Function::Abs, vec![expr]), measure))
            }
            "round" => {
                let (expr, measure) = self.numeric(&arguments[0])?;
                let places = match arguments.get(1).map(|node| &node.kind) {
                    None => Exact::default(),
                    Some(Kind::Number(places, Measure::Plain)) if places.is_integer() => {
                        places.clone()
                    }
                    Some(_) => {
                        let message = Text::new(
                            "round 的第二个参数是小数位数，应为整数",
                            "the second argument of `round` is a whole number of decimals",
                        );
                        return Err(Mistake::new(arguments[1].span.clone(), message));
                    }
                };
                Ok((
                    Expr::Call(Function::Round, vec![expr, Expr::number(places)]),
                    measure,
                ))
            }
            "if" => {
                let condition = self.truth(&arguments[0])?;
                let (mut both, measure) = self.alike(node, &arguments[1..])?;
                both.insert(0, condition);
                Ok((Expr::Call(Function::If, both), measure))
            }
            "min" | "max" | "coalesce" => {
                let function = match name {
                    "min" => Function::Min,
                    "max" => Function::Max,
                    _ => Function::Coalesce,
                };
                let (parts, measure) = self.alike(node, arguments)?;
                Ok((Expr::Call(function, parts), measure))
            }
            _ => unreachable!("every name in FUNCTIONS is built above"),
        }
    }

    /// Arguments that must all be of one measure.
    fn alike(&self, node: &Node, arguments: &[Node]) -> Result<(Vec<Expr>, Measured), Mistake> {
        let mut parts = Vec::new();
        let mut measure: Option<Measured> = None;
        for argument in arguments {
            let (expr, found) = self.numeric(argument)?;
            if let (Some(measure), Some(first)) = (&measure, parts.first()) {
                Self::comparable(node, (first, measure), (&expr, &found))?;
            }
            if measure.is_none() || measure == Some(Measured::Bare) {
                measure = Some(found);
            }
            parts.push(expr);
        }
        Ok((parts, measure.unwrap_or(Measured::Bare)))
    }

    /// The second argument of `growth` and `change`, which is last year's where unsaid.
    fn second(&self, arguments: &[Node]) -> Result<Expr, Mistake> {
        match arguments.get(1) {
            Some(second) => Ok(self.numeric(second)?.0),
            None => Ok(self.earlier(&arguments[0], Source::LastYear)?.0),
        }
    }

    fn growth(&self, node: &Node, arguments: &[Node]) -> Result<Typed, Mistake> {
        let (now, x) = self.numeric(&arguments[0])?;
        if let Some(second) = arguments.get(1) {
            let (before, y) = self.numeric(second)?;
            Self::comparable(node, (&now, &x), (&before, &y))?;
        }
        let before = self.second(arguments)?;
        Ok((
            Expr::Call(Function::Growth, vec![now, before]),
            Measured::Rate,
        ))
    }

    fn earlier(&self, argument: &Node, source: Source) -> Result<Typed, Mistake> {
        match self.resolve(argument)? {
            (
                Expr::Leaf(Leaf {
                    source: Source::Own,
                    variable,
                }),
                measure,
            ) => Ok((Expr::Leaf(Leaf { source, variable }), measure)),
            _ => Err(Mistake::new(
                argument.span.clone(),
                Text::new(
                    "往期数只能取一个指标，例如 last_year(applications)",
                    "an earlier figure is that of one variable, as in `last_year(applications)`",
                ),
            )),
        }
    }

    fn measure(&self, leaf: Leaf) -> Measured {
        let variable = &self.form.variables[leaf.variable];
        match variable.kind {
            Type::Percent => Measured::Rate,
            Type::Points => Measured::Points,
            Type::Text | Type::Code | Type::Flag | Type::Date => Measured::Words,
            Type::Count | Type::Number | Type::Money | Type::Change => {
                Measured::Figure(variable.unit.clone())
            }
        }
    }

    /// The variable that a name, a 栏次 or a 行次 stands for here.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn variable(&self, node: &Node) -> Result<usize, Mistake> {
        let form = self.form;
        let fail = |message: Text| Mistake::new(node.span.clone(), message);
        match &node.kind {
            Kind::ColumnNo(number) => {
                let column = form.columns.iter().position(|c| c.no == Some(*number));
                let column = column.ok_or_else(|| {
                    fail(both!("没有第 {number} 栏", "there is no column {number}"))
                })?;
                self.at_column(node, column)
            }
            Kind::RowNo(number) => {
                let row = form
                    .rows
                    .iter()
                    .position(|r| r.no.as_deref() == Some(number));
                let row = row
                    .ok_or_else(|| fail(both!("没有第 {number} 行", "there is no row {number}")))?;
                self.at_row(node, row)
            }
            Kind::Name(name, Some(row)) => {
                let column = self.column(node, name)?;
                let row = self.row(node, row)?;
                Ok(form.variable(column, Some(row)))
            }
            Kind::Name(name, None) if self.column.is_some() => {
                let row = self.row(node, name)?;
                self.at_row(node, row)
            }
            Kind::Name(name, None) => {
                let column = self.column(node, name)?;
                self.at_column(node, column)
            }
            _ => Err(fail(Text::new("这里应是一个指标", "expected a variable"))),
        }
    }

    fn at_column(&self, node: &Node, column: usize) -> Result<usize, Mistake> {
        if self.form.is_fixed() && self.row.is_none() {
            let id = &self.form.columns[column].id;
            let message = both!(
                "`{id}` 是一栏，这里要指明是哪一行，例如 `{id}[total]`",
                "`{id}` is a whole column: say which row, as in `{id}[total]`"
            );
            return Err(Mistake::new(node.span.clone(), message));
        }
        Ok(self.form.variable(column, self.row))
    }

    fn at_row(&self, node: &Node, row: usize) -> Result<usize, Mistake> {
        let Some(column) = self.column else {
            let id = &self.form.rows[row].id;
            let message = both!(
                "`{id}` 是一行；只有 each = \"column\" 的规则能这样写",
                "`{id}` is a row: only a rule with each = \"column\" can name it alone"
            );
            return Err(Mistake::new(node.span.clone(), message));
        };
        Ok(self.form.variable(column, Some(row)))
    }

    fn column(&self, node: &Node, name: &str) -> Result<usize, Mistake> {
        let known = self.form.columns.iter().map(|c| Named {
            id: &c.id,
            label: &c.label.zh,
            aliases: &c.aliases,
        });
        look_up(name, &known.collect::<Vec<_>>())
            .map_err(|unknown| unknown.mistake(node, name, true))
    }

    fn row(&self, node: &Node, name: &str) -> Result<usize, Mistake> {
        if let Some(row) = self
            .form
            .rows
            .iter()
            .position(|r| r.no.as_deref() == Some(name))
        {
            return Ok(row);
        }
        let known = self.form.rows.iter().map(|r| Named {
            id: &r.id,
            label: &r.label.zh,
            aliases: &r.aliases,
        });
        look_up(name, &known.collect::<Vec<_>>())
            .map_err(|unknown| unknown.mistake(node, name, false))
    }
}

struct Named<'a> {
    id: &'a str,
    label: &'a str,
    aliases: &'a [String],
}

struct Unknown {
    ambiguous: bool,
    near: Option<Text>,
}

impl Unknown {
    fn mistake(self, node: &Node, name: &str, is_column: bool) -> Mistake {
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
fn look_up(name: &str, known: &[Named<'_>]) -> Result<usize, Unknown> {
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
    let near = crate::rulebook::source::nearest(name, names.iter().copied());
    let near = match near {
        Some(near) => Some(both!("是否想写 `{near}`？", "did you mean `{near}`?")),
        None => did_you_mean(name, &known.iter().map(|k| k.id).collect::<Vec<_>>()),
    };
    Err(Unknown {
        ambiguous: false,
        near,
    })
}
