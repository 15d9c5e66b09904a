//! The text of an expression into a tree of names, numbers and signs.
//!
//! What a Chinese keyboard types is accepted: （）＜＞＝≤≥≠＋－×÷，“”％ and full-width digits.
//! Names are not looked up here; that is for [`types`](super::types).

use super::Operation;
use crate::number::{self, Exact};
use crate::rulebook::rule::Relation;
use crate::words::Text;
use std::ops::Range;

/// A part of an expression and where it stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What a part of an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `12`, `30%`, `0.5百分点`
    Number(Exact, Measure),
    /// `"小学"`
    Text(String),
    /// An id or a label, perhaps with the other axis in brackets: `current[coverage]`.
    Name(String, Option<String>),
    /// `[5]`, 栏次, perhaps with a row's number: `[5][01]`.
    ColumnNo(u32, Option<String>),
    /// `(01)`, 行次
    RowNo(String),
    /// −a
    Neg(Box<Node>),
    /// not a
    Not(Box<Node>),
    /// a + b
    Arithmetic(Operation, Box<Node>, Box<Node>),
    /// a <= b
    Compare(Relation, Box<Node>, Box<Node>),
    /// a and b
    And(Box<Node>, Box<Node>),
    /// a or b
    Or(Box<Node>, Box<Node>),
    /// a between b and c
    Between(Box<Node>, Box<Node>, Box<Node>),
    /// a in (b, c)
    In(Box<Node>, Vec<Node>),
    /// a is blank
    Blank(Box<Node>),
    /// f(a, b), perhaps with clauses: `sum(a where b by c weight d)`.
    Call(String, Vec<Node>, Clauses),
    /// `XX01.pupils`: something of another form.
    Of(String, Box<Node>),
    /// No value: what a limit by group has for groups that it does not name.
    Nothing,
}

/// Over which records a statistic goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clauses {
    /// Which records count.
    pub condition: Option<Box<Node>>,
    /// What makes records a group.
    pub groups: Vec<Node>,
    /// How much each weighs.
    pub weight: Option<Box<Node>>,
}

/// What a number was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Bare.
    Plain,
    /// With a percent sign.
    Percent,
    /// In 百分点.
    Points,
}

/// Why a text is no expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in bytes of the expression.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: Text,
    /// What was probably meant.
    pub help: Option<Text>,
}

impl Mistake {
    /// A mistake without advice.
    pub fn new(span: Range<usize>, message: Text) -> Self {
        Self {
            span,
            message,
            help: None,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: Option<Text>) -> Self {
        self.help = help;
        self
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Exact, Measure, String),
    Text(String),
    Word(String),
    Label(String),
    Sign(&'static str),
}

/// The words that open the clauses of a statistic.
const WHERE: &[&str] = &["where", "其中"];
const BY: &[&str] = &["by", "按"];
const WEIGHT: &[&str] = &["weight", "加权"];

/// Longer expressions than this are lists, and no rule that people can read.
const MOST_TOKENS: usize = 1_000;

/// Deeper nesting than this is no rule that people can read.
const MAX_DEPTH: usize = 64;

/// Parses a whole expression. `is_row` says whether `(01)` is a row's number in this form.
///
/// # Errors
/// The first mistake, with its place in the text.
pub fn parse(text: &str, is_row: &dyn Fn(&str) -> bool) -> Result<Node, Mistake> {
    let tokens = tokens(text)?;
    if let Some((_, span)) = tokens.get(MOST_TOKENS) {
        let message = both!(
            "式子太长：最多 {MOST_TOKENS} 个词和符号；长的名单请放进 csv 文件，用 one_of",
            "the expression is too long: {MOST_TOKENS} words and signs at most; long lists go into a csv file, see `one_of`"
        );
        return Err(Mistake::new(span.clone(), message));
    }
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        end: text.len(),
        is_row,
        depth: 0,
    };
    let node = parser.either()?;
    match parser.tokens.get(parser.at) {
        None => Ok(node),
        Some((_, span)) => Err(Mistake::new(
            span.clone(),
            Text::new(
                "这里多出了内容，前面的式子已经完整",
                "the expression was complete before this",
            ),
        )),
    }
}

/// Full-width signs and digits as their plain forms; one character stays one character.
fn plain(c: char) -> char {
    match c {
        '“' | '”' => '"',
        '×' => '*',
        '÷' => '/',
        '—' | '－' | '−' | '–' => '-',
        '、' => ',',
        '【' => '[',
        '】' => ']',
        other => crate::spelling::half_width(other),
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Mistake> {
    let chars: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, plain(c))).collect();
    let offset = |index: usize| chars.get(index).map_or(text.len(), |(at, _)| *at);
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (start, c) = chars[i];
        let pair = chars.get(i + 1).map(|(_, next)| *next);
        let from = i;
        let token = match c {
            c if c.is_whitespace() => {
                i += 1;
                continue;
            }
            '0'..='9' => {
                while i < chars.len() && (chars[i].1.is_ascii_digit() || chars[i].1 == '.') {
                    i += 1;
                }
                let lexeme: String = chars[from..i].iter().map(|(_, c)| *c).collect();
                let Some(value) = number::parse(&lexeme) else {
                    let message = both!("`{lexeme}` 不是数字", "`{lexeme}` is no number");
                    return Err(Mistake::new(start..offset(i), message));
                };
                let hundredth = number::power_of_ten(-2);
                if chars.get(i).is_some_and(|(_, c)| *c == '%') {
                    i += 1;
                    Token::Number(value * hundredth, Measure::Percent, lexeme)
                } else if text[offset(i)..].starts_with("百分点") {
                    i += 3;
                    Token::Number(value * hundredth, Measure::Points, lexeme)
                } else {
                    Token::Number(value, Measure::Plain, lexeme)
                }
            }
            '"' | '「' => {
                let close = if c == '"' { '"' } else { '」' };
                i += 1;
                while i < chars.len() && chars[i].1 != close {
                    i += 1;
                }
                if i == chars.len() {
                    let message = both!("缺少结尾的 `{close}`", "the closing `{close}` is missing");
                    return Err(Mistake::new(start..text.len(), message));
                }
                // Words are kept as they were written, full-width signs included.
                let inner = text[offset(from + 1)..offset(i)].to_owned();
                i += 1;
                if c == '"' {
                    Token::Text(inner)
                } else {
                    Token::Label(inner)
                }
            }
            c if c.is_alphabetic() || c == '_' => {
                while i < chars.len() && (chars[i].1.is_alphanumeric() || chars[i].1 == '_') {
                    i += 1;
                }
                Token::Word(chars[from..i].iter().map(|(_, c)| *c).collect())
            }
            _ => {
                let sign = match (c, pair) {
                    ('<', Some('=')) | ('≤' | '≦', _) => "<=",
                    ('>', Some('=')) | ('≥' | '≧', _) => ">=",
                    ('<', Some('>')) | ('!', Some('=')) | ('≠', _) => "!=",
                    ('=', Some('=') | _) => "=",
                    ('<', _) => "<",
                    ('>', _) => ">",
                    ('+', _) => "+",
                    ('-', _) => "-",
                    ('*', _) => "*",
                    ('/', _) => "/",
                    ('(', _) => "(",
                    (')', _) => ")",
                    ('[', _) => "[",
                    (']', _) => "]",
                    (',', _) => ",",
                    ('.', _) => ".",
                    _ => {
                        let span = start..offset(i + 1);
                        let sign = &text[span.clone()];
                        let message = both!("不认识的符号 `{sign}`", "unknown sign `{sign}`");
                        let help = (c == ';').then(|| {
                            Text::new(
                                "一条审核关系只写一个式子，请拆成几条 [[rule]]",
                                "one rule holds one expression: write several `[[rule]]`",
                            )
                        });
                        return Err(Mistake::new(span, message).help(help));
                    }
                };
                let two = matches!(
                    (c, pair),
                    ('<' | '>' | '!' | '=', Some('=')) | ('<', Some('>'))
                );
                i += if two { 2 } else { 1 };
                Token::Sign(sign)
            }
        };
        tokens.push((token, start..offset(i)));
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [(Token, Range<usize>)],
    at: usize,
    end: usize,
    is_row: &'a dyn Fn(&str) -> bool,
    depth: usize,
}

impl Parser<'_> {
    fn token(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end..self.end, |(_, span)| span.clone())
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token(), Some(Token::Sign(s)) if *s == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let taken = self.is_sign(sign);
        self.at += usize::from(taken);
        taken
    }

    fn take_word(&mut self, words: &[&str]) -> bool {
        let taken = matches!(self.token(), Some(Token::Word(w)) if words.contains(&w.as_str()));
        self.at += usize::from(taken);
        taken
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Mistake> {
        if self.take_sign(sign) {
            return Ok(());
        }
        let message = both!("这里应有 `{sign}`", "expected `{sign}` here");
        Err(Mistake::new(self.here(), message))
    }

    fn joined(a: Node, b: Node, kind: impl FnOnce(Box<Node>, Box<Node>) -> Kind) -> Node {
        let span = a.span.start..b.span.end;
        Node {
            kind: kind(Box::new(a), Box::new(b)),
            span,
        }
    }

    fn either(&mut self) -> Result<Node, Mistake> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = Text::new("式子嵌套太深", "the expression is nested too deeply");
            return Err(Mistake::new(self.here(), message));
        }
        let mut left = self.both()?;
        while self.take_word(&["or", "或", "或者"]) {
            left = Self::joined(left, self.both()?, Kind::Or);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Node, Mistake> {
        let mut left = self.negation()?;
        while self.take_word(&["and", "且", "并且"]) {
            left = Self::joined(left, self.negation()?, Kind::And);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Node, Mistake> {
        let start = self.here().start;
        let mut odd = false;
        while self.take_word(&["not", "非"]) {
            odd = !odd;
        }
        let inner = self.comparison()?;
        if !odd {
            return Ok(inner);
        }
        let span = start..inner.span.end;
        Ok(Node {
            kind: Kind::Not(Box::new(inner)),
            span,
        })
    }

    fn comparison(&mut self) -> Result<Node, Mistake> {
        let left = self.sum()?;
        let start = left.span.start;
        if self.take_word(&["between"]) {
            let low = self.sum()?;
            if !self.take_word(&["and", "且"]) {
                let message = Text::new(
                    "between 的两个界限之间要写 and",
                    "the two limits of `between` are joined by `and`",
                );
                return Err(Mistake::new(self.here(), message));
            }
            let high = self.sum()?;
            let span = start..high.span.end;
            let kind = Kind::Between(Box::new(left), Box::new(low), Box::new(high));
            return Ok(Node { kind, span });
        }
        if self.take_word(&["in"]) {
            self.expect_sign("(")?;
            let list = self.arguments()?.0;
            let span = start..self.tokens[self.at - 1].1.end;
            return Ok(Node {
                kind: Kind::In(Box::new(left), list),
                span,
            });
        }
        if self.take_word(&["is"]) {
            let negated = self.take_word(&["not"]);
            if !self.take_word(&["blank"]) {
                let message = Text::new(
                    "这里应为 is blank 或 is not blank",
                    "expected `is blank` or `is not blank`",
                );
                return Err(Mistake::new(self.here(), message));
            }
            let span = start..self.tokens[self.at - 1].1.end;
            let blank = Node {
                kind: Kind::Blank(Box::new(left)),
                span: span.clone(),
            };
            return Ok(if negated {
                Node {
                    kind: Kind::Not(Box::new(blank)),
                    span,
                }
            } else {
                blank
            });
        }
        let relations = [
            ("<=", Relation::AtMost),
            (">=", Relation::AtLeast),
            ("!=", Relation::NotEqual),
            ("=", Relation::Equal),
            ("<", Relation::Less),
            (">", Relation::Greater),
        ];
        for (sign, relation) in relations {
            if self.take_sign(sign) {
                let right = self.sum()?;
                let second = self.here();
                if relations.iter().any(|(sign, _)| self.is_sign(sign)) {
                    let message = Text::new(
                        "一条式子里只能有一个比较号，请拆成两条或用 and 连接",
                        "one comparison at a time: join two with `and`",
                    );
                    return Err(Mistake::new(second, message));
                }
                return Ok(Self::joined(left, right, |a, b| {
                    Kind::Compare(relation, a, b)
                }));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Node, Mistake> {
        let mut left = self.product()?;
        loop {
            let operation = if self.take_sign("+") {
                Operation::Add
            } else if self.take_sign("-") {
                Operation::Subtract
            } else {
                return Ok(left);
            };
            left = Self::joined(left, self.product()?, |a, b| {
                Kind::Arithmetic(operation, a, b)
            });
        }
    }

    fn product(&mut self) -> Result<Node, Mistake> {
        let mut left = self.factor()?;
        loop {
            let operation = if self.take_sign("*") {
                Operation::Multiply
            } else if self.take_sign("/") {
                Operation::Divide
            } else {
                return Ok(left);
            };
            left = Self::joined(left, self.factor()?, |a, b| {
                Kind::Arithmetic(operation, a, b)
            });
        }
    }

    fn factor(&mut self) -> Result<Node, Mistake> {
        let start = self.here().start;
        let mut odd = false;
        while self.take_sign("-") {
            odd = !odd;
        }
        let inner = self.primary()?;
        if !odd {
            return Ok(inner);
        }
        let span = start..inner.span.end;
        Ok(Node {
            kind: Kind::Neg(Box::new(inner)),
            span,
        })
    }

    fn arguments(&mut self) -> Result<(Vec<Node>, Clauses), Mistake> {
        let (mut list, mut clauses) = (Vec::new(), Clauses::default());
        if self.take_sign(")") {
            return Ok((list, clauses));
        }
        if !self.at_clause() {
            list.push(self.either()?);
            while self.take_sign(",") {
                list.push(self.either()?);
            }
        }
        loop {
            let twice = (clauses.condition.is_some() && self.is_word(WHERE))
                || (!clauses.groups.is_empty() && self.is_word(BY))
                || (clauses.weight.is_some() && self.is_word(WEIGHT));
            if twice {
                let message = Text::new("这里写了两次", "this stands twice");
                return Err(Mistake::new(self.here(), message));
            }
            if self.take_word(WHERE) {
                clauses.condition = Some(Box::new(self.either()?));
            } else if self.take_word(BY) {
                clauses.groups.push(self.primary()?);
                while self.take_sign(",") {
                    clauses.groups.push(self.primary()?);
                }
            } else if self.take_word(WEIGHT) {
                clauses.weight = Some(Box::new(self.sum()?));
            } else {
                self.expect_sign(")")?;
                return Ok((list, clauses));
            }
        }
    }

    fn at_clause(&self) -> bool {
        self.is_word(&[WHERE, BY, WEIGHT].concat())
    }

    fn is_word(&self, words: &[&str]) -> bool {
        matches!(self.token(), Some(Token::Word(word)) if words.contains(&word.as_str()))
    }

    /// `[coverage]` behind a name: the other axis.
    fn index(&mut self) -> Result<Option<String>, Mistake> {
        if !self.take_sign("[") {
            return Ok(None);
        }
        let inner = match self.token().cloned() {
            Some(Token::Word(word) | Token::Label(word)) => word,
            Some(Token::Number(_, Measure::Plain, lexeme)) => lexeme,
            _ => {
                let message =
                    Text::new("方括号里应为行的名称", "expected a row's name in brackets");
                return Err(Mistake::new(self.here(), message));
            }
        };
        self.at += 1;
        self.expect_sign("]")?;
        Ok(Some(inner))
    }

    fn primary(&mut self) -> Result<Node, Mistake> {
        let span = self.here();
        let start = span.start;
        let Some(token) = self.token().cloned() else {
            let message = Text::new("式子没有写完", "the expression ends too early");
            return Err(Mistake::new(span, message));
        };
        self.at += 1;
        let kind = match token {
            Token::Number(value, measure, _) => Kind::Number(value, measure),
            Token::Text(text) => Kind::Text(text),
            Token::Label(form) | Token::Word(form) if self.is_sign(".") => {
                self.at += 1;
                Kind::Of(form, Box::new(self.primary()?))
            }
            Token::Label(label) => Kind::Name(label, self.index()?),
            Token::Word(word) if self.is_sign("(") => {
                self.at += 1;
                let (arguments, clauses) = self.arguments()?;
                Kind::Call(word, arguments, clauses)
            }
            Token::Word(word) => Kind::Name(word, self.index()?),
            Token::Sign("[") => {
                let Some(Token::Number(_, Measure::Plain, lexeme)) = self.token().cloned() else {
                    let message = Text::new(
                        "`[ ]` 里应为栏次，例如 [5]",
                        "expected a column number such as [5]",
                    );
                    return Err(Mistake::new(self.here(), message));
                };
                self.at += 1;
                self.expect_sign("]")?;
                if let Ok(number) = lexeme.parse() {
                    Kind::ColumnNo(number, self.index()?)
                } else {
                    let message = both!("`{lexeme}` 不是栏次", "`{lexeme}` is no column number");
                    return Err(Mistake::new(span, message));
                }
            }
            Token::Sign("(") => {
                // `(01)` is a row where the form has such a number, else a bracketed number.
                if let Some(Token::Number(_, Measure::Plain, lexeme)) = self.token().cloned()
                    && matches!(self.tokens.get(self.at + 1), Some((Token::Sign(")"), _)))
                    && (self.is_row)(&lexeme)
                {
                    self.at += 2;
                    Kind::RowNo(lexeme)
                } else {
                    let inner = self.either()?;
                    self.expect_sign(")")?;
                    inner.kind
                }
            }
            Token::Sign(sign) => {
                let message = both!("这里不该是 `{sign}`", "`{sign}` can't stand here");
                return Err(Mistake::new(span, message));
            }
        };
        Ok(Node {
            kind,
            span: start..self.tokens[self.at - 1].1.end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Kind {
        parse(text, &|no| no.len() == 2)
            .unwrap_or_else(|m| panic!("{text}: {}", m.message.en))
            .kind
    }

    /// The tree without its places, which differ where signs are wider.
    fn shape(text: &str) -> String {
        let tree = format!("{:?}", parsed(text));
        let mut parts = tree.split("span: ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| {
            all + part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
        })
    }

    #[test]
    fn what_a_chinese_keyboard_types_is_the_same_expression() {
        assert_eq!(shape("（０１）＝（02）＋（03）"), shape("(01) = (02)+(03)"));
        assert_eq!(shape("［5］≤［1］"), shape("[5] <= [1]"));
        assert_eq!(
            shape("学段 = “小学” 且 a ≠ 3"),
            shape("学段 = \"小学\" and a != 3")
        );
    }

    #[test]
    fn a_number_in_brackets_is_a_row_only_where_the_form_has_it() {
        assert!(matches!(parsed("(01)"), Kind::RowNo(no) if no == "01"));
        assert!(matches!(parsed("(5)"), Kind::Number(..)));
    }

    #[test]
    fn mistakes_are_at_their_place() {
        let mistake = |text: &str| {
            let mistake = parse(text, &|_| false).expect_err("a mistake");
            (text[mistake.span].to_owned(), mistake.message.zh)
        };
        assert_eq!(mistake("立项数 <= ").1, "式子没有写完");
        assert_eq!(mistake("a <= b <= c").0, "<=");
        assert_eq!(mistake("a @ b").0, "@");
        assert_eq!(mistake("a b").0, "b");
        assert_eq!(mistake("\"小学").1, "缺少结尾的 `\"`");
        assert!(parse(&"(".repeat(10_000), &|_| false).is_err());
    }
}
