//! Notes (classic comments): what they say is in one part, their boxes are in another.
//!
//! Whatever we say stands below a line of its own, in a note of ours or under somebody else's
//! words, and is taken off again at that line. Threaded conversations are left alone: Excel
//! keeps them in a part of their own and rewrites the note that stands for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::parts::Package;
use super::place::Cell;
use super::sheet::{ORDER, Sheet};
use super::styles::prefixed;
use super::xml::{
    DECLARATION, Edits, Outline, escaped_cell, escaped_content, held_by_a_cell, place_in_order,
};
use super::{AUTHOR, Note, OverlayError};

/// Below this line everything is ours.
pub(in crate::workbook) const LINE: &str = "—— 核表 ——";
const COMMENTS_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml";
const DRAWING_TYPE: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";
/// The three namespaces that VML of Excel's has.
const NAMESPACES: &str = " xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"";
/// The shape that all notes are made from.
const SHAPE_TYPE: &str = "<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>";
/// A note's width in pixels: 24 Chinese characters of nine points.
const WIDTH: f64 = 300.0;

/// Takes our words off a sheet's notes, and says whether there were any.
pub(super) fn strip<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &mut Sheet,
) -> Result<bool, OverlayError> {
    let Some((rel, part)) = comments_of(package, sheet)? else {
        return Ok(false);
    };
    let text = package.text(&part)?;
    let outline = Outline::parse(&part, &text)?;
    let authors = authors(&outline);
    let somebody = authors.iter().position(|author| author != AUTHOR);
    let mut edits = Edits::default();
    let mut removed = BTreeSet::new();
    let mut left = 0;
    let mut traced = false;
    let mut needs_author = false;
    for comment in comments(&outline) {
        let is_ours = author_of(&outline, comment, &authors).is_some_and(|author| author == AUTHOR);
        let texts = texts(&outline, comment);
        let line = texts
            .iter()
            .position(|&text| outline.content(text).contains(LINE));
        traced |= is_ours || line.is_some();
        let theirs = line.map_or(0, |line| kept_until(&outline, &texts, line));
        if line.is_some() && theirs > 0 || line.is_none() && !is_ours {
            left += 1;
        } else {
            edits.remove(&outline, comment);
            removed.extend(cell_of(&outline, comment));
            continue;
        }
        let Some(line) = line else { continue };
        cut(&outline, &mut edits, &texts, line);
        if is_ours {
            // Somebody has written above the line of a note of ours: from now on it is theirs.
            needs_author |= somebody.is_none();
            let author = somebody.unwrap_or(authors.len());
            edits.set(&outline, comment, "authorId", &author.to_string());
        }
    }
    if needs_author && let Some(list) = outline.child(0, "authors") {
        edits.append(
            &outline,
            list,
            &prefixed("<author></author>", outline.prefix()),
        );
    }
    if left == 0 && traced {
        package.drop_rels(&sheet.part, &[rel.as_str()])?;
        package.drop_part(&part)?;
    } else {
        let changed = edits.apply(&text);
        package.put_if_changed(&part, &text, changed);
    }
    if !removed.is_empty() {
        remove_boxes(package, sheet, &removed)?;
    }
    Ok(traced)
}

/// How many characters other than blanks stand before our line.
fn kept_until(outline: &Outline, texts: &[usize], line: usize) -> usize {
    let before: String = texts[..line]
        .iter()
        .map(|&text| outline.content(text))
        .collect();
    let last = outline.content(texts[line]);
    let last = last.split(LINE).next().unwrap_or_default();
    before.trim().len() + last.trim().len()
}

/// Takes off our line and what follows it.
fn cut(outline: &Outline, edits: &mut Edits, texts: &[usize], line: usize) {
    let run_of = |text: usize| {
        let around = outline.node(text).parent;
        if outline.name(around) == "r" {
            around
        } else {
            text
        }
    };
    for &text in &texts[line + 1..] {
        edits.remove(outline, run_of(text));
    }
    let text = texts[line];
    let content = outline.content(text);
    let raw = outline.raw(text);
    let kept = match raw.split_once(LINE) {
        Some((kept, _)) => kept.to_owned(),
        None => escaped_content(content.split(LINE).next().unwrap_or_default()),
    };
    // The line break before our line is ours; LibreOffice puts it at the end of the run before.
    let shortened = without_break(&kept);
    if shortened.is_empty() && line > 0 {
        edits.remove(outline, run_of(text));
        if kept.is_empty() {
            let before = outline.raw(texts[line - 1]);
            let place = outline.node(texts[line - 1]);
            edits.replace(place.inner + without_break(before).len()..place.close, "");
        }
    } else {
        edits.replace(
            outline.node(text).inner..outline.node(text).close,
            shortened,
        );
    }
}

/// The text as it is written, without a line break at its end.
fn without_break(raw: &str) -> &str {
    ["\n", "&#10;", "&#xA;", "&#xa;"]
        .iter()
        .find_map(|line_break| raw.strip_suffix(line_break))
        .unwrap_or(raw)
}

/// Takes the boxes of notes that are gone out of the sheet's drawing, and the drawing away if
/// it was there for them alone.
fn remove_boxes<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &mut Sheet,
    cells: &BTreeSet<Cell>,
) -> Result<(), OverlayError> {
    let Some((rel, part)) = drawing_of(package, sheet)? else {
        return Ok(());
    };
    let text = package.text(&part)?;
    let outline = Outline::parse_lenient(&part, &text)?;
    let mut gone = BTreeSet::new();
    for (cell, shape) in boxes(&outline) {
        if cells.contains(&cell) {
            gone.insert(shape);
        }
    }
    let is_empty = outline.children(0).all(|child| {
        gone.contains(&child) || matches!(outline.name(child), "shapelayout" | "shapetype")
    });
    if !is_empty {
        let mut edits = Edits::default();
        for &shape in &gone {
            edits.remove(&outline, shape);
        }
        let changed = edits.apply(&text);
        package.put_if_changed(&part, &text, changed);
        return Ok(());
    }
    package.drop_rels(&sheet.part, &[rel.as_str()])?;
    package.drop_part(&part)?;
    let outline = sheet.outline()?;
    let mut edits = Edits::default();
    if let Some(element) = outline.child(0, "legacyDrawing") {
        edits.remove(&outline, element);
    }
    sheet.text = edits.apply(&sheet.text);
    Ok(())
}

/// Puts notes on the sheet that is `index` in the workbook. Says the cells that have a threaded
/// conversation and were left alone.
pub(super) fn add<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &mut Sheet,
    index: usize,
    notes: &[Note],
) -> Result<Vec<String>, OverlayError> {
    let mut wanted: BTreeMap<Cell, String> = BTreeMap::new();
    for note in notes {
        let said = wanted.entry(Cell::expect(&note.cell)?).or_default();
        if !said.is_empty() {
            said.push('\n');
        }
        said.push_str(&note.text);
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let part = if let Some((_, part)) = comments_of(package, sheet)? {
        part
    } else {
        let part = free_part(package, "xl/hebiao-comments", "xml");
        let empty = format!(
            "{DECLARATION}<comments xmlns=\"{}\"><authors></authors><commentList></commentList></comments>",
            package.main_namespace()
        );
        package.put(&part, empty.into_bytes());
        package.set_content_type(&part, COMMENTS_TYPE)?;
        package.add_rel(&sheet.part, "comments", &part)?;
        part
    };
    let text = package.text(&part)?;
    let outline = Outline::parse(&part, &text)?;
    let malformed =
        || OverlayError::cannot(format!("`{part}` has no list of authors and comments"));
    let author_list = outline.child(0, "authors").ok_or_else(malformed)?;
    let comment_list = outline.child(0, "commentList").ok_or_else(malformed)?;
    let authors = authors(&outline);
    let author = authors.iter().position(|author| author == AUTHOR);
    let existing: BTreeMap<Cell, usize> = comments(&outline)
        .filter_map(|comment| Some((cell_of(&outline, comment)?, comment)))
        .collect();

    let mut edits = Edits::default();
    let mut added = String::new();
    let mut threaded = Vec::new();
    for (cell, said) in &wanted {
        let said = format!("{LINE}\n{said}");
        let said = escaped_cell(&held_by_a_cell(&said));
        match existing.get(cell) {
            Some(&comment) if is_threaded(&outline, comment, &authors) => {
                threaded.push(cell.to_string());
            }
            Some(&comment) => append_words(&outline, &mut edits, comment, &said),
            None => {
                added += &format!(
                    "<comment ref=\"{cell}\" authorId=\"{}\"><text>{}</text></comment>",
                    author.unwrap_or(authors.len()),
                    run(&said)
                );
            }
        }
    }
    if !added.is_empty() {
        edits.append(&outline, comment_list, &prefixed(&added, outline.prefix()));
        if author.is_none() {
            let author = format!("<author>{AUTHOR}</author>");
            edits.append(&outline, author_list, &prefixed(&author, outline.prefix()));
        }
    }
    let changed = edits.apply(&text);
    let cells: Vec<Cell> = {
        let outline = Outline::parse(&part, &changed)?;
        comments(&outline)
            .filter_map(|comment| cell_of(&outline, comment))
            .collect()
    };
    package.put_if_changed(&part, &text, changed);
    add_boxes(package, sheet, index, &cells, &wanted)?;
    Ok(threaded)
}

/// Our words as a run of rich text.
fn run(said: &str) -> String {
    format!(
        "<r><rPr><sz val=\"9\"/><color indexed=\"81\"/><rFont val=\"宋体\"/><family val=\"3\"/><charset val=\"134\"/></rPr><t xml:space=\"preserve\">{said}</t></r>"
    )
}

/// Puts our words below somebody else's. A text is either one piece or runs; it stays what it is.
fn append_words(outline: &Outline, edits: &mut Edits, comment: usize, said: &str) {
    let Some(text) = outline.child(comment, "text") else {
        return;
    };
    let said = format!("\n{said}");
    let last_run = outline
        .children(text)
        .filter(|&run| outline.name(run) == "r")
        .last();
    match (last_run, outline.child(text, "t")) {
        (None, Some(piece)) => {
            edits.set(outline, piece, "xml:space", "preserve");
            edits.append(outline, piece, &said);
        }
        (Some(last), _) => {
            edits.insert(
                outline.node(last).end,
                prefixed(&run(&said), outline.prefix()),
            );
        }
        (None, None) => edits.append(outline, text, &prefixed(&run(&said), outline.prefix())),
    }
}

/// Gives a box to each note that has none: Excel repairs notes without one.
fn add_boxes<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &mut Sheet,
    index: usize,
    cells: &[Cell],
    said: &BTreeMap<Cell, String>,
) -> Result<(), OverlayError> {
    let part = if let Some((_, part)) = drawing_of(package, sheet)? {
        part
    } else {
        let part = free_part(package, "xl/drawings/hebiao-notes", "vml");
        // A block is a thousand numbers for shapes; each sheet has blocks of its own.
        let blocks: Vec<String> = (index + 1..=index + 1 + cells.len() / 1000)
            .map(|block| block.to_string())
            .collect();
        let empty = format!(
            "<xml{NAMESPACES}><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" data=\"{}\"/></o:shapelayout>{SHAPE_TYPE}</xml>",
            blocks.join(",")
        );
        package.put(&part, empty.into_bytes());
        package.set_content_type(&part, DRAWING_TYPE)?;
        let rel = package.add_rel(&sheet.part, "vmlDrawing", &part)?;
        let outline = sheet.outline()?;
        let mut edits = Edits::default();
        edits.insert(
            place_in_order(&outline, &ORDER, "legacyDrawing"),
            format!(
                "<{}legacyDrawing xmlns:r=\"{}\" r:id=\"{rel}\"/>",
                outline.prefix(),
                package.relationships_namespace()
            ),
        );
        sheet.text = edits.apply(&sheet.text);
        part
    };
    let text = package.text(&part)?;
    let outline = Outline::parse_lenient(&part, &text)?;
    let boxed: BTreeSet<Cell> = boxes(&outline).map(|(cell, _)| cell).collect();
    let sheet_outline = sheet.outline()?;
    let grid = Grid::of(&sheet_outline);
    let declared = if NAMESPACES
        .split(" xmlns")
        .all(|one| outline.tag(0).contains(one))
    {
        ""
    } else {
        NAMESPACES
    };
    let mut added = String::new();
    if !text.contains("\"_x0000_t202\"") {
        added += &SHAPE_TYPE.replacen("<v:shapetype", &format!("<v:shapetype{declared}"), 1);
    }
    let mut number = greatest_shape(&text).max(1024 * (index + 1));
    let mut new: BTreeSet<Cell> = cells.iter().copied().collect();
    new.retain(|cell| !boxed.contains(cell));
    for cell in new {
        number += 1;
        let anchor = grid.anchor(cell, said.get(&cell).map_or("", String::as_str));
        added += &format!(
            "<v:shape{declared} id=\"_x0000_s{number}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:80pt;margin-top:2pt;width:225pt;height:60pt;z-index:{};visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/><v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{}</x:Row><x:Column>{}</x:Column></x:ClientData></v:shape>",
            number % 1024,
            cell.row - 1,
            cell.column - 1
        );
    }
    let mut edits = Edits::default();
    edits.append(&outline, 0, &added);
    let changed = edits.apply(&text);
    package.put_if_changed(&part, &text, changed);
    Ok(())
}

/// What a sheet says of its columns and rows, in pixels.
struct Grid {
    columns: Vec<(u32, u32, f64)>,
    width: f64,
    height: f64,
}

impl Grid {
    fn of(sheet: &Outline) -> Self {
        let decimal = |element, name| {
            let value: f64 = sheet.attribute(element, name)?.trim().parse().ok()?;
            value.is_finite().then_some(value.max(0.0))
        };
        let format = sheet.child(0, "sheetFormatPr");
        let column = |element| {
            let hidden = sheet
                .attribute(element, "hidden")
                .is_some_and(|is| is == "1" || is == "true");
            let width = if hidden {
                0.0
            } else {
                decimal(element, "width")? * 7.0
            };
            Some((
                sheet.number(element, "min")?,
                sheet.number(element, "max")?,
                width,
            ))
        };
        let columns = sheet.child(0, "cols");
        Self {
            columns: columns
                .into_iter()
                .flat_map(|columns| sheet.children(columns))
                .filter_map(column)
                .take(16_384)
                .collect(),
            width: format
                .and_then(|format| decimal(format, "defaultColWidth"))
                .map_or(64.0, |width| width * 7.0),
            height: format
                .and_then(|format| decimal(format, "defaultRowHeight"))
                .map_or(20.0, |points| points / 0.75)
                .max(8.0),
        }
    }

    fn width(&self, column: u32) -> f64 {
        let found = self
            .columns
            .iter()
            .find(|(min, max, _)| (min..=max).contains(&&column));
        found.map_or(self.width, |(_, _, width)| *width)
    }

    /// Where the box of a note stands: to the right of its cell, as wide and high as what it
    /// says needs.
    fn anchor(&self, cell: Cell, said: &str) -> String {
        let lines: f64 = said
            .lines()
            .map(|line| {
                let wide = line
                    .chars()
                    .map(|c| if c.is_ascii() { 6.5 } else { 12.5 })
                    .sum::<f64>();
                (wide / (WIDTH - 16.0)).ceil().max(1.0)
            })
            .sum();
        let mut left_over = WIDTH;
        let left = cell.column.min(16_300);
        let mut right = left;
        // Columns that are hidden or thin do not carry a box; those beyond the sheet neither.
        while left_over > self.width(right + 1) && right < left + 60 {
            left_over -= self.width(right + 1);
            right += 1;
        }
        let rows = ((lines + 1.0) * 17.0 + 10.0).min(500.0) / self.height;
        let top = cell.row.saturating_sub(2).min(1_048_500);
        format!(
            "{left}, 12, {top}, 6, {right}, {:.0}, {:.0}, 4",
            left_over.min(self.width(right + 1)),
            f64::from(top) + rows.ceil().max(2.0)
        )
    }
}

/// The sheet's notes: the relationship, and the part if it is there.
fn comments_of<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &Sheet,
) -> Result<Option<(String, String)>, OverlayError> {
    package.related(&sheet.part, &["comments"])
}

/// The drawing that holds the boxes of the sheet's notes.
fn drawing_of<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &Sheet,
) -> Result<Option<(String, String)>, OverlayError> {
    let outline = sheet.outline()?;
    let Some(element) = outline.child(0, "legacyDrawing") else {
        return Ok(None);
    };
    let id = outline.relationship(element).unwrap_or_default();
    let rel = package
        .rels(&sheet.part)?
        .into_iter()
        .find(|rel| rel.id == id);
    let found = rel
        .and_then(|rel| Some((rel.id, rel.target?)))
        .filter(|(_, part)| package.has(part));
    found.map(Some).ok_or_else(|| {
        OverlayError::cannot(format!(
            "the drawing with the notes of `{}` is missing",
            sheet.part
        ))
    })
}

fn authors(outline: &Outline) -> Vec<String> {
    let list = outline.child(0, "authors");
    list.into_iter()
        .flat_map(|list| outline.children(list))
        .map(|author| outline.content(author).into_owned())
        .collect()
}

fn comments<'o>(outline: &'o Outline) -> impl Iterator<Item = usize> + 'o {
    let list = outline.child(0, "commentList");
    list.into_iter()
        .flat_map(|list| outline.children(list))
        .filter(|&comment| outline.name(comment) == "comment")
}

fn cell_of(outline: &Outline, comment: usize) -> Option<Cell> {
    Cell::parse(&outline.attribute(comment, "ref")?)
}

fn author_of<'a>(outline: &Outline, comment: usize, authors: &'a [String]) -> Option<&'a str> {
    let author = outline.number(comment, "authorId")? as usize;
    authors.get(author).map(String::as_str)
}

/// Whether the note stands for a threaded conversation: its author is the conversation's id.
fn is_threaded(outline: &Outline, comment: usize, authors: &[String]) -> bool {
    author_of(outline, comment, authors).is_some_and(|author| author.starts_with("tc="))
}

/// The pieces of a note's text, without readings of its characters.
fn texts(outline: &Outline, comment: usize) -> Vec<usize> {
    outline
        .descendants(comment)
        .filter(|&text| outline.name(text) == "t")
        .filter(|&text| outline.name(outline.node(text).parent) != "rPh")
        .collect()
}

/// The boxes of notes in a drawing: the cell and the shape, at any depth, because in a drawing
/// that leaves an element open ours stand inside of that.
fn boxes<'o>(outline: &'o Outline) -> impl Iterator<Item = (Cell, usize)> + 'o {
    let shapes = outline
        .all()
        .filter(|&shape| outline.name(shape) == "shape");
    shapes.filter_map(|shape| {
        let data = outline.child(shape, "ClientData")?;
        outline
            .attribute(data, "ObjectType")
            .filter(|kind| kind == "Note")?;
        let number = |name| {
            let found: u32 = outline
                .content(outline.child(data, name)?)
                .trim()
                .parse()
                .ok()?;
            found.checked_add(1)
        };
        Some((
            Cell {
                row: number("Row")?,
                column: number("Column")?,
            },
            shape,
        ))
    })
}

/// The greatest number of a shape in a drawing.
fn greatest_shape(text: &str) -> usize {
    text.split("_x0000_s")
        .skip(1)
        .filter_map(|rest| {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            rest[..digits].parse::<usize>().ok()
        })
        .filter(|&number| number < 1 << 26)
        .max()
        .unwrap_or(0)
}

/// The first part name of ours that is not in use.
fn free_part<R: Read + Seek>(package: &Package<R>, stem: &str, extension: &str) -> String {
    (1..=u32::MAX)
        .map(|number| format!("{stem}{number}.{extension}"))
        .find(|part| !package.has(part))
        .expect("there are more numbers than parts")
}
