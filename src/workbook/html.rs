//! Web pages with tables, which old systems write under the name `.xls`, and Excel's own.
//!
//! A page becomes one sheet, as Excel opens it: tables stand below each other, and what stands
//! between them goes to column A, a row for each paragraph. Cells are the text that a browser
//! shows, except where Excel wrote the number itself beside it (`x:num`). What is a tag, an
//! attribute or a character is for the tokenizer; no tree is built, so nothing can be too deep.
//!
//! Excel's pages whose sheets are in other files, and those with everything in one archive
//! (`.mht`), hold no table that could be read.

use super::sniff::Kind;
use super::text::decode;
use super::{
    Book, Budget, DAYS_TO_1904, Error, Formats, RawSheet, Value, error_value, within_sheet,
};
use crate::place::{Cell, MAX_COLUMNS, Range};
use encoding_rs::Encoding;
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use std::collections::BTreeMap;

/// What the sheet is called where the page has no name for it.
const SHEET: &str = "网页";
/// The most rows or columns that one cell can span.
const MOST_SPAN: u32 = 1_000;
/// How much of a page is looked at for its encoding.
const HEAD: usize = 4 * 1024;

type StartTag = html5gum::StartTag<()>;

/// Elements whose content is not shown.
const UNSHOWN: &[&str] = &[
    "iframe", "noembed", "noframes", "noscript", "script", "style", "title", "xml",
];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address", "article", "aside", "body", "caption", "center", "dd", "div", "dl", "dt",
    "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
    "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
];

/// Reads the tables of a web page.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Book, Error> {
    if is_archive(bytes) {
        return Err(Error::NotAWorkbook(Kind::Html));
    }
    let declared = declared(bytes);
    // A browser shows a page with some broken characters too; figures are none of them.
    let text = decode(bytes, declared)
        .or_else(|| declared.map(|encoding| encoding.decode_without_bom_handling(bytes).0))
        .ok_or(Error::NotAWorkbook(Kind::Unknown))?;
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Page::new(budget);
    for Ok(token) in Tokenizer::new_with_emitter(&*text, emitter) {
        page.take(token)?;
    }
    page.finish()
}

/// Whether this is a page with its files in one archive, as mail carries it.
fn is_archive(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes)).to_lowercase();
    head.contains("mime-version:") && head.contains("multipart/related")
}

/// The encoding that a page names in its head.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    Tokenizer::new(head).find_map(|Ok(token)| {
        let Token::StartTag(tag) = token else {
            return None;
        };
        let content = attribute(&tag, "content")
            .unwrap_or_default()
            .to_lowercase();
        let within = content
            .split_once("charset=")
            .map(|(_, label)| label.to_owned());
        let label = attribute(&tag, "charset").or(within)?;
        let label = label.split(';').next()?.trim_matches(['"', '\'', ' ']);
        // A page whose head can be read as bytes is not UTF-16, whatever it says.
        let encoding = Encoding::for_label(label.as_bytes())?.output_encoding();
        (tag.name == b"meta").then_some(encoding)
    })
}

fn attribute(tag: &StartTag, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn names_generator(tag: &StartTag) -> bool {
    attribute(tag, "name").is_some_and(|name| name.eq_ignore_ascii_case("generator"))
}

/// How many rows or columns a cell spans. No rows are all that are left.
fn span(tag: &StartTag, name: &str) -> u32 {
    let text = attribute(tag, name).unwrap_or_default();
    let text = text.trim_start();
    let digits = text.split(|c: char| !c.is_ascii_digit()).next();
    match digits.map(str::parse) {
        Some(Ok(0)) if name == "rowspan" => MOST_SPAN,
        Some(Ok(count)) => MOST_SPAN.min(count).max(1),
        _ => 1,
    }
}

/// Whether an element is there but not shown.
fn is_hidden(tag: &StartTag) -> bool {
    let style = attribute(tag, "style").unwrap_or_default();
    declarations(&style)
        .any(|(name, value)| name == "display" && value.to_lowercase().starts_with("none"))
}

/// The number format that the declarations of a style name.
fn number_format(style: &str) -> Option<String> {
    let names = ["mso-number-format", "vnd.ms-excel.numberformat"];
    let mut declarations = declarations(style);
    let found = declarations.find(|(name, _)| names.contains(&name.as_str()));
    found.map(|(_, value)| value)
}

/// The declarations of a style with their values as they are meant.
fn declarations(style: &str) -> impl Iterator<Item = (String, String)> {
    pieces(style, &[';']).filter_map(|(declaration, _)| {
        let (name, value) = declaration.split_once(':')?;
        Some((name.trim().to_lowercase(), unescaped(value.trim())))
    })
}

/// A style's value without its quotation marks. Excel writes four digits where it escapes a
/// character by its number, and may go on with another digit: `\0022d\0022`.
fn unescaped(value: &str) -> String {
    let quoted = ['"', '\''].iter().find_map(|mark| {
        let inner = value.strip_prefix(*mark)?;
        Some(inner.strip_suffix(*mark).unwrap_or(inner))
    });
    let mut rest = quoted.unwrap_or(value);
    let mut text = String::new();
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let code = escaped.get(..4);
        let code = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        let by_number = number.and_then(char::from_u32);
        let c = by_number.or_else(|| escaped.chars().next());
        let length = by_number.map_or_else(|| c.map_or(0, char::len_utf8), |_| 4);
        text.extend(c);
        rest = escaped.get(length..).unwrap_or_default();
    }
    text + rest
}

/// The pieces of a style between these characters, each with the one that ends it. What is quoted
/// or escaped ends nothing.
fn pieces<'a>(
    style: &'a str,
    ends: &'static [char],
) -> impl Iterator<Item = (&'a str, Option<char>)> {
    let mut rest = style;
    std::iter::from_fn(move || {
        let (mut quote, mut escaped) = (None, false);
        let end = rest.char_indices().find(|(_, c)| {
            if escaped {
                escaped = false;
            } else if *c == '\\' {
                escaped = true;
            } else if quote.is_some() {
                quote = quote.filter(|mark| mark != c);
            } else if matches!(c, '"' | '\'') {
                quote = Some(*c);
            } else {
                return ends.contains(c);
            }
            false
        });
        let (piece, behind) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at))?;
        if piece.is_empty() && end.is_none() {
            return None;
        }
        rest = end
            .and_then(|(_, c)| behind.strip_prefix(c))
            .unwrap_or_default();
        Some((piece, end.map(|(_, c)| c)))
    })
}

/// A style sheet without its comments, and without the marks that hid it from old browsers.
fn without_comments(sheet: &str) -> String {
    let sheet = sheet.replace("<!--", "").replace("-->", "");
    let mut parts = sheet.split("/*");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once("*/").map_or("", |(_, behind)| behind));
    }
    text
}

/// What Excel keeps about a workbook in an XML island in the page's head.
#[derive(Default)]
struct Island {
    name: String,
    saved: String,
    is_1904: bool,
    open: Option<Known>,
}

#[derive(Clone, Copy)]
enum Known {
    Name,
    Saved,
}

impl Island {
    fn see(&mut self, token: &Token) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                // The first name is that of the first sheet.
                b"x:name" if self.name.is_empty() => self.open = Some(Known::Name),
                b"o:lastsaved" => self.open = Some(Known::Saved),
                b"x:date1904" => self.is_1904 = true,
                _ => {}
            },
            Token::String(words) => {
                let words = String::from_utf8_lossy(words);
                match self.open {
                    Some(Known::Name) => self.name.push_str(words.trim()),
                    Some(Known::Saved) => self.saved.push_str(words.trim()),
                    None => {}
                }
            }
            Token::EndTag(_) => self.open = None,
            _ => {}
        }
    }
}

/// Words as a browser shows them: of white space one space is left, and lines break where they
/// are told to.
#[derive(Default)]
struct Words {
    text: String,
    has_gap: bool,
}

impl Words {
    fn push(&mut self, words: &str) {
        for c in words.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c') {
                self.has_gap = true;
                continue;
            }
            if self.has_gap && self.stands_in_line() {
                self.text.push(' ');
            }
            self.has_gap = false;
            self.text.push(c);
        }
    }

    /// Lets what comes stand on a line of its own.
    fn new_line(&mut self) {
        if self.stands_in_line() {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.has_gap = false;
    }

    fn stands_in_line(&self) -> bool {
        !self.text.is_empty() && !self.text.ends_with('\n')
    }

    /// The words so far; what comes starts anew.
    fn take(&mut self) -> String {
        let mut text = std::mem::take(self).text;
        text.truncate(text.trim_end_matches('\n').len());
        text
    }
}

/// A page while it is read.
struct Page<'b, 'l> {
    budget: &'b mut Budget<'l>,
    sheet: RawSheet,
    formats: Formats,
    /// The formats of the style sheets, by `td` or `.class`.
    styles: BTreeMap<String, u32>,
    island: Island,
    title: Words,
    generator: Option<String>,
    /// The element whose content is not shown, and that content.
    unshown: Option<(&'static str, String)>,
    /// What stands between tables.
    between: Words,
    /// The row that is open or comes next.
    row: u32,
    table: Option<Table>,
    has_tables: bool,
    is_complete: bool,
}

/// A table while it is read.
#[derive(Default)]
struct Table {
    /// For each column, the first row that no cell from above spans.
    free_from: Vec<u32>,
    /// Where its merged ranges start among those of the sheet.
    merges: usize,
    /// The columns whose elements were seen.
    columns: u32,
    /// Whether some row has more than one cell.
    has_columns: bool,
    row: Option<OpenRow>,
}

/// A row while it is read.
struct OpenRow {
    is_hidden: bool,
    /// How many cells the sheet had before it.
    cells_before: usize,
    /// The column that comes next.
    next: u32,
    cells: u32,
    cell: Option<OpenCell>,
}

/// A cell while it is read.
struct OpenCell {
    tag: StartTag,
    at: Cell,
    words: Words,
    /// How many tables within it are open.
    tables: u32,
}

impl<'b, 'l> Page<'b, 'l> {
    fn new(budget: &'b mut Budget<'l>) -> Self {
        Self {
            budget,
            sheet: RawSheet::default(),
            formats: Formats::new(),
            styles: BTreeMap::new(),
            island: Island::default(),
            title: Words::default(),
            generator: None,
            unshown: None,
            between: Words::default(),
            row: 0,
            table: None,
            has_tables: false,
            is_complete: false,
        }
    }

    fn take(&mut self, token: Token) -> Result<(), Error> {
        self.island.see(&token);
        match token {
            Token::StartTag(tag) => self.start(tag),
            Token::EndTag(tag) => self.end(&String::from_utf8_lossy(&tag.name)),
            Token::String(words) => {
                self.words(&String::from_utf8_lossy(&words));
                Ok(())
            }
            // Excel hides its island from browsers: `<!--[if gte mso 9]><xml>…`.
            Token::Comment(comment) if comment.starts_with(b"[if") => {
                for Ok(token) in Tokenizer::new(comment.as_slice()) {
                    self.island.see(&token);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: StartTag) -> Result<(), Error> {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        if self.unshown.is_some() {
            // An island that nothing ends is over where the page itself goes on.
            if !matches!(name.as_str(), "body" | "table") {
                return Ok(());
            }
            self.unshown = None;
        }
        if let Some(name) = UNSHOWN.iter().find(|unshown| **unshown == name) {
            self.unshown = Some((name, String::new()));
            return Ok(());
        }
        match name.as_str() {
            "table" => self.open_table(),
            "tr" if !self.is_within_cell() => self.open_row(&tag),
            "td" | "th" if !self.is_within_cell() => self.open_cell(tag),
            "col" if !self.is_within_cell() => {
                self.column(&tag);
                Ok(())
            }
            "br" => self.break_line(),
            "meta" if names_generator(&tag) => {
                self.generator = attribute(&tag, "content");
                Ok(())
            }
            name => self.line(name),
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Error> {
        if let Some((unshown, content)) = self.unshown.take_if(|(unshown, _)| *unshown == name) {
            match unshown {
                "style" => self.style_sheet(&content),
                "title" => self.title.push(&content),
                _ => {}
            }
            return Ok(());
        }
        if self.unshown.is_some() {
            return Ok(());
        }
        let inner = self.cell().filter(|cell| cell.tables > 0);
        if let Some(cell) = inner {
            cell.tables -= u32::from(name == "table");
            return self.line(name);
        }
        match name {
            "td" | "th" => self.close_cell()?,
            "tr" => self.close_row()?,
            "table" => self.close_table()?,
            "body" | "html" => self.is_complete = true,
            _ => {}
        }
        self.line(name)
    }

    fn words(&mut self, words: &str) {
        if let Some((_, content)) = &mut self.unshown {
            content.push_str(words);
        } else if let Some(cell) = self.cell() {
            cell.words.push(words);
        } else {
            self.between.push(words);
        }
    }

    fn finish(mut self) -> Result<Book, Error> {
        if self.table.is_some() && !self.is_complete {
            return Err(Error::damaged("the page breaks off within a table"));
        }
        self.close_table()?;
        self.paragraph()?;
        if !self.has_tables {
            return Err(Error::NotAWorkbook(Kind::Html));
        }
        let names = [self.island.name, self.title.take(), SHEET.to_owned()];
        let name = names.into_iter().find(|name| !name.trim().is_empty());
        self.sheet.name = name.unwrap_or_default();
        self.sheet.formats = self.formats.into_table();
        self.sheet.close();
        let mut book = Book {
            sheets: vec![self.sheet],
            ..Book::default()
        };
        ".html".clone_into(&mut book.about.kind);
        book.about.application = self.generator;
        book.about.modified = Some(self.island.saved).filter(|saved| !saved.is_empty());
        Ok(book)
    }

    /// The cell that is open.
    fn cell(&mut self) -> Option<&mut OpenCell> {
        self.table.as_mut()?.row.as_mut()?.cell.as_mut()
    }

    /// Whether what comes belongs to a table within a cell, which is that cell's text.
    fn is_within_cell(&mut self) -> bool {
        self.cell().is_some_and(|cell| cell.tables > 0)
    }

    /// Where an element starts or ends that stands on lines of its own, so does the text.
    fn line(&mut self, element: &str) -> Result<(), Error> {
        if !BLOCKS.contains(&element) {
            return Ok(());
        }
        match self.cell() {
            Some(cell) if matches!(element, "td" | "th") => cell.words.push(" "),
            Some(cell) => cell.words.new_line(),
            None => self.paragraph()?,
        }
        Ok(())
    }

    fn break_line(&mut self) -> Result<(), Error> {
        if let Some(cell) = self.cell() {
            cell.words.break_line();
        } else if self.table.is_none() && self.between.text.is_empty() {
            self.row = self.row.saturating_add(1);
        } else {
            self.paragraph()?;
        }
        Ok(())
    }

    /// Ends what stands between tables: each line is a row. Within a row it has to wait.
    fn paragraph(&mut self) -> Result<(), Error> {
        if self.table.as_ref().is_some_and(|table| table.row.is_some()) {
            self.between.new_line();
            return Ok(());
        }
        for line in self.between.take().lines() {
            let at = within_sheet(self.row, 0)?;
            self.sheet.push(at, Value::Text(line), 0, self.budget)?;
            self.row += 1;
        }
        Ok(())
    }

    fn open_table(&mut self) -> Result<(), Error> {
        self.has_tables = true;
        let lays_out = self.table.as_ref().is_some_and(Table::lays_out_only);
        if let Some(cell) = self.cell() {
            if !lays_out {
                cell.tables += 1;
                cell.words.new_line();
                return Ok(());
            }
            // The table that is open does no more than lay out the page.
            let words = cell.words.take();
            self.between.new_line();
            self.between.text.push_str(&words);
            if let Some(table) = &mut self.table {
                table.row = None;
            }
        }
        self.close_table()?;
        self.paragraph()?;
        self.table = Some(Table {
            merges: self.sheet.facts.merges.len(),
            ..Table::default()
        });
        Ok(())
    }

    /// No cell reaches below its table.
    fn close_table(&mut self) -> Result<(), Error> {
        self.close_row()?;
        let Some(table) = self.table.take() else {
            return Ok(());
        };
        let last = self.row.saturating_sub(1);
        let merges = &mut self.sheet.facts.merges;
        for mut range in merges.split_off(table.merges.min(merges.len())) {
            range.last.row = range.last.row.min(last);
            if range.first != range.last {
                merges.push(range);
            }
        }
        Ok(())
    }

    fn column(&mut self, tag: &StartTag) {
        let Some(table) = &mut self.table else {
            return;
        };
        let first = table.columns;
        table.columns = first.saturating_add(span(tag, "span"));
        if is_hidden(tag) {
            let hidden = &mut self.sheet.facts.hidden_columns;
            let known = hidden.last().map_or(0, |last| last + 1);
            hidden.extend(known.max(first)..table.columns.min(MAX_COLUMNS));
        }
    }

    fn open_row(&mut self, tag: &StartTag) -> Result<(), Error> {
        self.close_row()?;
        self.paragraph()?;
        if let Some(table) = &mut self.table {
            within_sheet(self.row, 0)?;
            table.row = Some(OpenRow {
                is_hidden: is_hidden(tag),
                cells_before: self.sheet.cells.len(),
                next: 0,
                cells: 0,
                cell: None,
            });
        }
        Ok(())
    }

    fn close_row(&mut self) -> Result<(), Error> {
        self.close_cell()?;
        let Some(row) = self.table.as_mut().and_then(|table| table.row.take()) else {
            return Ok(());
        };
        // Excel ends its pages with a hidden row that only keeps the widths of columns.
        if row.is_hidden && self.sheet.cells.len() > row.cells_before {
            self.sheet.facts.hidden_rows.push(self.row);
        }
        self.row += 1;
        self.paragraph()
    }

    fn open_cell(&mut self, tag: StartTag) -> Result<(), Error> {
        self.close_cell()?;
        let has_row = self.table.as_ref().is_some_and(|table| table.row.is_some());
        if self.table.is_some() && !has_row {
            self.open_row(&StartTag::default())?;
        }
        let Some(table) = &mut self.table else {
            return self.paragraph();
        };
        let Some(row) = &mut table.row else {
            return Ok(());
        };
        let is_free = |column: &u32| {
            let from = table.free_from.get(*column as usize);
            from.is_none_or(|from| *from <= self.row)
        };
        let first = (row.next..MAX_COLUMNS).find(is_free).unwrap_or(MAX_COLUMNS);
        let at = within_sheet(self.row, first)?;
        // A cell that would run into one from above ends before it.
        let across = (first..first + span(&tag, "colspan"))
            .take_while(is_free)
            .count();
        let across = u32::try_from(across).unwrap_or(1);
        let down = span(&tag, "rowspan");
        let last = within_sheet(self.row, first + across - 1)?;
        // The cells that it covers count too: each of them is looked at once.
        let (covered, allowed) = (across * down - 1, self.budget.limits.cells);
        Budget::spend(&mut self.budget.cells, "cells", allowed, covered.into())?;
        let last = Cell::new(last.row.saturating_add(down - 1), last.column);
        let wide = table.free_from.len().max(last.column as usize + 1);
        table.free_from.resize(wide, 0);
        let taken = table
            .free_from
            .get_mut(first as usize..=last.column as usize);
        taken.unwrap_or_default().fill(last.row.saturating_add(1));
        row.next = last.column + 1;
        row.cells += 1;
        table.has_columns |= row.cells > 1;
        row.cell = Some(OpenCell {
            tag,
            at,
            words: Words::default(),
            tables: 0,
        });
        if at != last {
            self.sheet
                .merge(Range { first: at, last }, self.budget.limits)?;
        }
        Ok(())
    }

    fn close_cell(&mut self) -> Result<(), Error> {
        let row = self.table.as_mut().and_then(|table| table.row.as_mut());
        let Some(mut cell) = row.and_then(|row| row.cell.take()) else {
            return Ok(());
        };
        let format = self.format(&cell.tag);
        let of_excel = |name: &str| attribute(&cell.tag, name);
        self.sheet.facts.formulas += u64::from(of_excel("x:fmla").is_some());
        let mut shown = cell.words.take();
        if let Some(exact) = of_excel("x:str").filter(|exact| !exact.is_empty()) {
            shown = exact;
        }
        let number = of_excel("x:num").and_then(|exact| {
            let text = if exact.is_empty() { &shown } else { &exact };
            text.trim().parse().ok().filter(|x: &f64| x.is_finite())
        });
        let days = if self.island.is_1904 {
            DAYS_TO_1904
        } else {
            0.0
        };
        let value = if let Some(x) = number {
            self.formats.number(x, format, days)
        } else if let Some(error) = of_excel("x:err").and_then(|text| error_value(&text)) {
            Value::Error(error)
        } else if let Some(truth) = of_excel("x:bool") {
            Value::Truth(truth.eq_ignore_ascii_case("true"))
        } else {
            Value::Text(&shown)
        };
        self.sheet.push(cell.at, value, format, self.budget)
    }

    /// The number format of a cell: its own, that of its class, or that of all cells.
    fn format(&mut self, tag: &StartTag) -> u32 {
        let own = attribute(tag, "style").and_then(|style| number_format(&style));
        if let Some(own) = own {
            return self.formats.place(&own);
        }
        let classes = attribute(tag, "class").unwrap_or_default().to_lowercase();
        let classes = classes
            .split_ascii_whitespace()
            .map(|class| format!(".{class}"));
        let mut names = classes.chain([String::from_utf8_lossy(&tag.name).into_owned()]);
        names
            .find_map(|name| self.styles.get(&name).copied())
            .unwrap_or(0)
    }

    /// Notes the number formats of a style sheet: `.xl65 {mso-number-format:"0\.0%";}`.
    fn style_sheet(&mut self, sheet: &str) {
        let mut selectors = String::new();
        for (piece, end) in pieces(&without_comments(sheet), &['{', '}']) {
            if end == Some('{') {
                selectors = piece.to_lowercase();
                continue;
            }
            let Some(format) = number_format(piece) else {
                continue;
            };
            let place = self.formats.place(&format);
            for selector in selectors.split(',') {
                // `td.xl65` is for that class too.
                let class = selector.find('.').and_then(|at| selector.get(at..));
                let name = class.unwrap_or(selector).trim().to_owned();
                self.styles.insert(name, place);
            }
        }
    }
}

impl Table {
    /// Whether it has had but one cell in a row, and one row high: such a table around another
    /// one is there for the looks of the page.
    fn lays_out_only(&self) -> bool {
        let cell = self.row.as_ref().and_then(|row| row.cell.as_ref());
        !self.has_columns
            && cell.is_some_and(|cell| cell.tables == 0 && span(&cell.tag, "rowspan") == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::Limits;
    use encoding_rs::GBK;

    fn book(page: &[u8]) -> Result<Book, Error> {
        let limits = Limits::default();
        read(page, &mut Budget::new(&limits))
    }

    fn sheet(page: &str) -> RawSheet {
        book(page.as_bytes()).expect("a book").sheets.remove(0)
    }

    fn cells(sheet: &RawSheet) -> Vec<String> {
        let shown = sheet.cells.iter().map(|raw| {
            let format = sheet.format(raw);
            let percent = if format.percent { "%" } else { "" };
            match sheet.value(raw) {
                Value::Text(text) => format!("{}={text}{percent}", raw.cell),
                Value::Number(x) => format!("{} {x}{percent}", raw.cell),
                Value::Date(x) => format!("{} day {x}", raw.cell),
                other => format!("{} {other:?}", raw.cell),
            }
        });
        shown.collect()
    }

    fn merges(sheet: &RawSheet) -> Vec<String> {
        let merges = sheet.facts.merges.iter();
        merges
            .map(|range| format!("{}:{}", range.first, range.last))
            .collect()
    }

    /// As old systems write it: GBK under the name GB2312, tags in capitals, half of them closed.
    const OLD: &str = r#"<html><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><TITLE>政务公开
 统计表</TITLE><script>document.write("<table><tr><td>not this</table>")</script></head>
<BODY><div align=center><b>二〇二四年度</b>统计表</div><div>填报单位：城东街道&nbsp;&nbsp;单位：件</div>
<TABLE border=1><thead>
<TR><TH rowspan=2>指标<TH colspan=2>数量<TH rowspan=2 nowrap>备&nbsp;注
<TR><TH>本年<TH>上年</thead>
<TR><TD>主动公开<br>信息数 <TD align=right>1,234<TD>&nbsp;</TD><TD>见 &lt;附件&gt; &amp; &#35828;明</TD></TR>
<TR style="DISPLAY: none"><TD>隐藏<TD>5</TR>
</TABLE><p>填表人：张三</p><table><tr><td>审核人<td>李四</table></BODY></html>"#;

    #[test]
    fn a_page_of_an_old_system_is_the_sheet_that_excel_shows() {
        let page = GBK.encode(OLD).0;
        let mut book = book(&page).expect("a book");
        let sheet = book.sheets.remove(0);
        assert_eq!(sheet.name, "政务公开 统计表");
        assert_eq!(
            cells(&sheet),
            [
                "A1=二〇二四年度统计表",
                "A2=填报单位：城东街道\u{a0}\u{a0}单位：件",
                "A3=指标",
                "B3=数量",
                "D3=备\u{a0}注",
                "B4=本年",
                "C4=上年",
                "A5=主动公开\n信息数",
                "B5=1,234",
                "D5=见 <附件> & 说明",
                "A6=隐藏",
                "B6=5",
                "A7=填表人：张三",
                "A8=审核人",
                "B8=李四",
            ]
        );
        assert_eq!(merges(&sheet), ["A3:A4", "B3:C3", "D3:D4"]);
        assert_eq!(sheet.facts.hidden_rows, [5]);
    }

    #[test]
    fn a_page_of_excel_keeps_its_numbers_and_formats() {
        let page = r##"<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Excel 11">
<!--[if gte mso 9]><xml><o:DocumentProperties><o:LastSaved>2024-01-06T08:30:00Z</o:LastSaved></o:DocumentProperties></xml><![endif]-->
<style>
<!--table {mso-displayed-decimal-separator:"\.";}
td {mso-number-format:General; font-family:'宋体', sans-serif} /* don't {stop} here */
.xl24 {mso-style-parent:style0; mso-number-format:"0\.0%";}
td.xl25, .xl26 {mso-number-format:"Short Date";}
.xl27 {mso-number-format:"yyyy\0022年\0022m\0022月\0022d\0022日\0022";}
.xl28 {mso-number-format:"_ * \#\,\#\#0\.00_ \;_ * \\-\#\,\#\#0\.00_ ";}
-->
</style><!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet>
<x:Name>表一&amp;二</x:Name></x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook>
<x:ExcelName><x:Name>Print_Area</x:Name></x:ExcelName></xml><![endif]--></head>
<body><table x:str><col width=72><col width=0 span=2 style='display:none'>
<tr><td>标题</td><td class=xl24 x:num="0.1472">14.7%</td><td x:num>12.5</td><td class=xl25 x:num="45356">2024-3-5</td></tr>
<tr><td style='mso-number-format:"\@"'>0012</td><td class="bold xl27" x:num="45356">2024年3月5日</td>
<td style="vnd.ms-excel.numberformat:0.00%" x:num="1" x:fmla="=A1">100.00%</td><td x:str="'a  b ">a b</td></tr>
<tr><td x:err="#DIV/0!">#DIV/0!</td><td x:bool="TRUE">TRUE</td><td x:num="x">12</td><td class=xl28 x:num="1234">1,234.00</td></tr>
<![if supportMisalignedColumns]><tr height=0 style='display:none'><td width=72></td></tr><![endif]>
</table></body></html>"##;
        let mut book = book(page.as_bytes()).expect("a book");
        assert_eq!(
            book.about.application.as_deref(),
            Some("Microsoft Excel 11")
        );
        assert_eq!(book.about.modified.as_deref(), Some("2024-01-06T08:30:00Z"));
        let sheet = book.sheets.remove(0);
        assert_eq!(sheet.name, "表一&二");
        assert_eq!(
            cells(&sheet),
            [
                "A1=标题",
                "B1 0.1472%",
                "C1 12.5",
                "D1 day 45356",
                "A2=0012",
                "B2 day 45356",
                "C2 1%",
                "D2='a  b ",
                "A3 Error(\"#DIV/0!\")",
                "B3 Truth(true)",
                "C3=12",
                "D3 1234",
            ]
        );
        let codes: Vec<&str> = sheet
            .formats
            .iter()
            .map(|format| format.code.as_str())
            .collect();
        assert_eq!(
            codes[1..4],
            ["0.0%", "yyyy/m/d", "yyyy\"年\"m\"月\"d\"日\""]
        );
        assert!(codes.contains(&"_ * #,##0.00_ ;_ * \\-#,##0.00_ ") && codes.contains(&"@"));
        assert_eq!((sheet.facts.formulas, sheet.facts.hidden_rows), (1, vec![]));
        assert_eq!(sheet.facts.hidden_columns, [1, 2]);
    }

    #[test]
    fn spans_shift_cells_and_end_with_their_table() {
        let found = sheet(
            "<table><tr><td rowspan=2 colspan=2>a<td rowspan=0>b<td>c\
             <tr><td>d<td>e<tr><td>f<td colspan=5>g</table>\
             <br><table><tr><td rowspan=9>h<tr><td>i</table>",
        );
        assert_eq!(
            cells(&found),
            [
                "A1=a", "C1=b", "D1=c", "D2=d", "E2=e", "A3=f", "B3=g", "A5=h", "B6=i"
            ]
        );
        assert_eq!(merges(&found), ["A1:B2", "C1:C3", "A5:A6"]);
    }

    #[test]
    fn a_table_within_a_cell_is_its_text_unless_the_outer_one_lays_out_the_page() {
        let found =
            sheet("<table><tr><td>a<td>b<table><tr><td>c<td>d<tr><td>e</table>f<td>g</table>");
        assert_eq!(cells(&found), ["A1=a", "B1=b\nc d\ne\nf", "C1=g"]);
        let found = sheet(
            "<table><tr><td>统计表<br>填报单位：城东街道\
             <table><tr><td>a<td>b<tr><td>c<td>d</table></td></tr>\
             <tr><td>填表人<td>审核人</table>",
        );
        assert_eq!(
            cells(&found),
            [
                "A1=统计表",
                "A2=填报单位：城东街道",
                "A3=a",
                "B3=b",
                "A4=c",
                "B4=d",
                "A5=填表人",
                "A6=审核人"
            ]
        );
    }

    #[test]
    fn white_space_is_what_a_browser_leaves_of_it() {
        let found = sheet(
            "<style>td {}</style><table><caption> 表\n一 </caption>\
             <tr><td>\n  a\n  b <b> c</b><p>d</p><br>e</td><td> </td><td>&nbsp;</td></tr></table>",
        );
        assert_eq!(cells(&found), ["A1=表 一", "A2=a b c\nd\n\ne"]);
        assert_eq!(found.name, "网页");
    }

    #[test]
    fn the_encoding_is_the_one_that_fits() {
        let page = |charset: &str| format!("<meta charset={charset}><table><tr><td>街道</table>");
        let marked = format!("\u{feff}{}", page("gb2312"));
        let mut flawed = GBK.encode(&page("gbk")).0.into_owned();
        flawed.extend(b"<p>\xff</p>");
        for bytes in [
            page("utf-8").into_bytes(),
            GBK.encode(&page("utf-8")).0.into_owned(),
            GBK.encode("<table><tr><td>街道</table>").0.into_owned(),
            marked.into_bytes(),
            flawed,
            page("utf-16")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ] {
            let found = book(&bytes).expect("a book").sheets.remove(0);
            assert_eq!(cells(&found)[0], "A1=街道", "{bytes:x?}");
        }
    }

    #[test]
    fn a_page_that_holds_no_table_is_no_workbook() {
        for page in [
            "<html><body>登录超时，请重新登录</body></html>",
            "<html><head><xml><x:ExcelWorksheet><x:WorksheetSource HRef=\"a.files/sheet001.htm\"/></xml>\
             </head><frameset><frame src=\"a.files/sheet001.htm\"><noframes><body><p>此页使用了框架</p>\
             </body></noframes></frameset></html>",
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"--=_N\"\r\n\r\n----=_N\r\n\
             Content-Type: text/html\r\n\r\n<table><tr><td>a</table>",
        ] {
            assert!(matches!(
                book(page.as_bytes()),
                Err(Error::NotAWorkbook(Kind::Html))
            ));
        }
    }

    #[test]
    fn a_page_that_breaks_off_within_a_table_is_damaged() {
        for page in ["<table><tr><td>1", "<table><tr><td>12</td></tr><!-- "] {
            assert!(matches!(book(page.as_bytes()), Err(Error::Damaged(_))));
        }
        assert_eq!(cells(&sheet("<table><tr><td>1</body>")), ["A1=1"]);
    }

    #[test]
    fn numbers_in_the_page_cannot_ask_for_more_than_a_sheet_has() {
        let wide = "<td colspan=99999>".repeat(17);
        let over = book(format!("<table><tr>{wide}</table>").as_bytes());
        assert!(matches!(over, Err(Error::OverLimit { limit: "cells", .. })));
        let over = book(format!("<table>{}</table>", "<tr>".repeat(1_048_577)).as_bytes());
        assert!(matches!(over, Err(Error::OverLimit { limit: "cells", .. })));
        let over = book(
            "<table><tr><td colspan=2></table>"
                .repeat(100_001)
                .as_bytes(),
        );
        assert!(matches!(
            over,
            Err(Error::OverLimit {
                limit: "merges",
                ..
            })
        ));
        let found =
            sheet(&format!("{}x", "<table><tr><td>".repeat(100_000)).replace('x', "x</html>"));
        assert_eq!(cells(&found), ["A1=x"]);
    }

    #[test]
    fn broken_pages_never_panic() {
        let excel = "<style>.a{mso-number-format:\"\\0022\\@'}</style><!--[if a]><x:Name>b<![endif]--><xml>\
                     <x:Name>c</xml><table><caption>d<col span=3 style=display:none><tr style=x><td rowspan=3 \
                     class=a x:num=1>&#x31;&nbsp;<table><td>e</table><th colspan=0 x:str=f><br><p>g</table>h";
        for page in [OLD, excel] {
            for at in (0..=page.len()).step_by(3) {
                let _ = book(&page.as_bytes()[..at]);
                for byte in *b"<\"\\\xe8" {
                    let mut bytes = page.as_bytes().to_vec();
                    bytes.insert(at, byte);
                    let _ = book(&bytes);
                    bytes.remove(at);
                    bytes.splice(at..(at + 7).min(page.len()), [byte]);
                    let _ = book(&bytes);
                }
            }
        }
    }
}
