//! Formulas whose results a file does not hold, or no longer holds.
//!
//! Other programs write formulas without results, and some change figures without computing
//! anew. What consists of the four operations, powers, comparisons and the few functions that
//! statistical forms are added up with is computed here as Excel computes it. A formula with
//! anything else in it, or one that needs what is not known, is not computed: a stored result is
//! taken as it stands, and a missing one stays missing. Nothing is guessed.
//!
//! What a computed or a stale figure means for a submission is for `intake`.

mod collect;
mod evaluate;
mod parse;

pub(super) use collect::{Allowance, collect};

use super::{Book, Budget, Error, RawSheet, Value};
use crate::number::canonical;
use crate::place::Cell;
use evaluate::{Halt, Operand, Outcome};

/// The longest formula, in bytes: more characters Excel does not take.
const MOST_LENGTH: usize = 8_192;
/// How deep parentheses and functions are nested at most, as in Excel.
const MOST_DEPTH: usize = 64;
/// How many cells the formulas of one book may look at.
const MOST_WORK: u32 = 5_000_000;
/// How far a stored number may be from what its formula comes to, and how far relative to it.
const TOLERANCE: f64 = 1e-9;

/// Computes the formulas of a book.
///
/// Results fill the cells that have none, and `facts.computed` names these; where a stored number
/// is not what its formula comes to, `facts.stale` says so. A result that is blank text fills
/// no cell, but the cell is no longer without a result.
///
/// # Errors
/// When the results go over the file's budget.
pub(super) fn compute(book: &mut Book, budget: &mut Budget<'_>) -> Result<(), Error> {
    let outcomes = evaluate::outcomes(&book.sheets, MOST_WORK);
    if is_never_computed(book, &outcomes) {
        forget_results(book);
    }
    for (sheet, outcomes) in book.sheets.iter_mut().zip(outcomes) {
        take(sheet, outcomes, budget)?;
    }
    Ok(())
}

/// Whether the program that wrote the book stored 0 for every formula and left the rest to the
/// program that opens it.
fn is_never_computed(book: &Book, outcomes: &[Vec<Outcome<'static>>]) -> bool {
    let is_zero = |sheet: &RawSheet, cell: &Cell| {
        let stored = sheet.cells.binary_search_by_key(cell, |raw| raw.cell);
        stored.is_err()
            || stored.is_ok_and(|at| sheet.value(&sheet.cells[at]) == Value::Number(0.0))
    };
    let is_more = |outcome: &Outcome<'_>| matches!(outcome, Ok(Operand::Number(x)) if *x != 0.0);
    book.sheets
        .iter()
        .all(|sheet| sheet.formulas.iter().all(|(cell, ..)| is_zero(sheet, cell)))
        && outcomes.iter().flatten().any(is_more)
}

/// Lets every formula stand without a result.
fn forget_results(book: &mut Book) {
    for sheet in &mut book.sheets {
        let cells: Vec<Cell> = sheet.formulas.iter().map(|(cell, ..)| *cell).collect();
        sheet.forget(&cells);
        sheet.facts.without_result = cells;
    }
}

/// Takes what the formulas of a sheet come to, in their order.
fn take(
    sheet: &mut RawSheet,
    outcomes: Vec<Outcome<'static>>,
    budget: &mut Budget<'_>,
) -> Result<(), Error> {
    let mut fresh = Vec::new();
    for ((cell, _, format), outcome) in sheet.formulas.iter().zip(outcomes) {
        let stored = sheet.cells.binary_search_by_key(cell, |raw| raw.cell);
        match (stored.map(|at| sheet.value(&sheet.cells[at])), outcome) {
            (_, Err(Halt::Unknown)) => {}
            (Ok(Value::Number(stored)), Ok(Operand::Number(number))) => {
                if let Some(number) = canonical(number).filter(|number| is_far(stored, *number)) {
                    sheet.facts.stale.push((*cell, number));
                }
            }
            (Err(_), outcome) if sheet.facts.without_result.binary_search(cell).is_ok() => {
                fresh.push((*cell, *format, outcome));
            }
            _ => {}
        }
    }
    sheet.facts.without_result.retain(|cell| {
        let found = fresh.binary_search_by_key(cell, |(cell, ..)| *cell);
        found.is_err()
    });
    for (cell, format, outcome) in &fresh {
        let written = sheet.formats.get(*format as usize);
        let is_date = written.is_some_and(|format| format.shown.date);
        let value = match outcome {
            Ok(Operand::Number(number)) => match canonical(*number) {
                Some(number) if is_date => Value::Date(number),
                Some(number) => Value::Number(number),
                None => continue,
            },
            Ok(Operand::Text(text)) if text.trim().is_empty() => continue,
            Ok(Operand::Text(text)) => Value::Text(text),
            Ok(Operand::Truth(truth)) => Value::Truth(*truth),
            Ok(Operand::Blank) | Err(Halt::Unknown) => continue,
            Err(Halt::Error(error)) => Value::Error(error),
        };
        sheet.push(*cell, value, *format, budget)?;
        sheet.facts.computed.push(*cell);
    }
    sheet.close();
    Ok(())
}

/// Whether a stored number is not the one that its formula comes to.
fn is_far(stored: f64, number: f64) -> bool {
    let distance = (stored - number).abs();
    distance > TOLERANCE && distance > TOLERANCE * stored.abs().max(number.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::Limits;
    use crate::workbook::NumberFormat;
    use std::sync::Arc;

    /// The figures that the tables of cases are about; `'` makes text of a number.
    const FIGURES: [(&str, &[(&str, &str)]); 3] = [
        (
            "表",
            &[
                ("A1", "指标"),
                ("B1", "本月"),
                ("C1", "上月"),
                ("B2", "2.675"),
                ("C2", "1.005"),
                ("B3", "0.1"),
                ("C3", "0.2"),
                ("B4", "-14.65"),
                ("C4", "1234.565"),
                ("B5", "0"),
                ("C5", "—"),
                ("B6", "'12"),
                ("C6", "TRUE"),
                ("B8", "3123"),
                ("C8", "458"),
                ("B9", "37.5"),
                ("C9", "=1/0"),
                ("B10", "2024-1-5"),
                ("B11", "1e15"),
                ("C11", "0.3"),
            ],
        ),
        ("1月", &[("C5", "12.34"), ("C6", "5")]),
        ("It's 2月", &[("C5", "7.66")]),
    ];

    /// Formulas over these figures, and what `LibreOffice` shows for them.
    const SHOWN: [(&str, &str); 103] = [
        ("B2+C2", "3.68"),
        ("B3+C3", "0.3"),
        ("B3+C3-C11", "0"),
        ("(B3+C3)-C11", "0"),
        ("SUM(B3:C3)-C11", "0"),
        ("SUM(B3,C3,-C11)", "0"),
        ("B3+C3=C11", "TRUE"),
        ("ROUND(B2,2)", "2.68"),
        ("ROUND(C2,2)", "1.01"),
        ("ROUND(B4,1)", "-14.7"),
        ("ROUND(-2.5,0)", "-3"),
        ("ROUND(C4,-2)", "1200"),
        ("ROUND(C4,-3)", "1000"),
        ("ROUND(B8,-4)", "0"),
        ("ROUND(B2,1.9)", "2.7"),
        ("ROUND(1.15*100,0)", "115"),
        ("ROUND((B8-C8)/C8*100,1)", "581.9"),
        ("ROUND((C4-1234.5)*100,0)", "7"),
        ("ROUND(B8/7,)", "446"),
        ("ROUND(1.45,1)", "1.5"),
        ("ROUND(5.015,2)", "5.02"),
        ("ROUND(1E+15/3,3)", "333333333333333"),
        ("1/3*3", "1"),
        ("1/3*3=1", "TRUE"),
        ("(C8-B8)/B8", "-0.85334614153058"),
        ("C8/B5", "#DIV/0!"),
        ("IF(B5=0,\"\",C8/B5)", ""),
        ("IF(B5=0,0,C8/B5)", "0"),
        ("IF(B5,1)", "FALSE"),
        ("IF(B8>C8,\"增\",\"减\")", "增"),
        ("IF(B8>=3123,IF(C8<458,1,2),3)", "2"),
        ("IF(B8<>3123,1,)", "0"),
        ("IF(D20=\"\",1,2)", "1"),
        ("IF(D20=0,1,2)", "1"),
        ("IF(C5=\"—\",1,2)", "1"),
        ("IF(\"a\"=\"A\",1,2)", "1"),
        ("IF(\"增\"<>\"减\",1,2)", "1"),
        ("IF(B6=12,1,2)", "2"),
        ("\"5\"<4", "FALSE"),
        ("IFERROR(C8/B5,0)", "0"),
        ("IFERROR(C9,\"无\")", "无"),
        ("IFERROR(C8/B8,0)", "0.14665385846942"),
        ("IFERROR(C5+1,-1)", "-1"),
        ("C5+1", "#VALUE!"),
        ("B6+1", "13"),
        ("B6*2", "24"),
        ("-B6", "-12"),
        ("SUM(B6)", "0"),
        ("SUM(\"x\",1)", "#VALUE!"),
        ("SUM(TRUE,1)", "2"),
        ("C6+1", "2"),
        ("SUM(B2:C9)", "#DIV/0!"),
        ("SUM(B:B)", "1.00000000000315E+015"),
        ("SUM(2:3)", "3.98"),
        ("SUM(A1:A20)", "0"),
        ("AVERAGE(B2:B5)", "-2.96875"),
        ("AVERAGE(A1:A20)", "#DIV/0!"),
        ("AVERAGE(B2:B4,B8,B9)", "629.725"),
        ("AVERAGE(1,)", "0.5"),
        ("COUNT(B2:B4,B8,\"7\",\"x\",TRUE)", "6"),
        ("COUNT(C9)", "0"),
        ("MIN(B2:B8)", "-14.65"),
        ("MAX(B2:C8)", "3123"),
        ("MAX(A1:A3)", "0"),
        ("MIN(B2:C9)", "#DIV/0!"),
        ("ABS(B4)", "14.65"),
        ("ABS(C5)", "#VALUE!"),
        ("C9+1", "#DIV/0!"),
        ("C5+C9", "#VALUE!"),
        ("'1月'!C5+'It''s 2月'!C5", "20"),
        ("SUM('1月'!C5:C6,'It''s 2月'!$C$5)", "25"),
        ("ROUND('1月'!C5/'1月'!C6*100,2)", "246.8"),
        ("5%+1", "1.05"),
        ("B8*5%", "156.15"),
        ("-2^2", "4"),
        ("2^3^2", "64"),
        ("2^-1", "0.5"),
        ("(C8/B8)^(1/4)-1", "-0.381167130333006"),
        ("4^0.5", "2"),
        ("(-8)^0.5", "#NUM!"),
        ("+B3", "0.1"),
        ("--B3", "0.1"),
        ("D20", "0"),
        ("D20+1", "1"),
        ("D20=FALSE", "TRUE"),
        ("1E+300*1E+300", "#NUM!"),
        ("B11+0.3", "1E+015"),
        ("100*1.1", "110"),
        ("0.5-0.4-0.1", "0"),
        ("43.1-43.2+1", "0.899999999999999"),
        ("1.1*1.1", "1.21"),
        ("4.35*100", "435"),
        ("SUM(0.1,0.7,-0.8)", "0"),
        ("AVERAGE(0.1,0.2,0.3)", "0.2"),
        ("IF(ROUND(B9*1.15,1)=43.1,\"√\",\"×\")", "√"),
        ("SUM(IF(B5=0,B2:B4,C2:C4))", "-11.875"),
        ("SUM(IFERROR(C9,0),IFERROR(B9,0))", "37.5"),
        ("ROUND(SUM(B2:B4)/COUNT(B2:B4),2)", "-3.96"),
        ("B8/C8-1", "5.81877729257642"),
        ("ROUND(B8/C8-1,4)*100", "581.88"),
        ("1<2", "TRUE"),
        ("2<=1", "FALSE"),
        ("(1<2)+1", "2"),
    ];

    /// Formulas whose results are others in Excel than in `LibreOffice`: those of Excel.
    const SHOWN_BY_EXCEL: [(&str, &str); 7] = [
        ("SUM(\"12\",1)", "13"),
        ("TRUE>\"a\"", "TRUE"),
        ("SUM(C6)", "0"),
        ("SUM(B2:C8)", "4804.895"),
        ("COUNT(A1:C11)", "12"),
        ("1=TRUE", "FALSE"),
        ("0^-1", "#DIV/0!"),
    ];

    fn cell(name: &str) -> Cell {
        Cell::parse(name).expect("a cell")
    }

    /// A book of sheets with cells in any order: `=A1+1` has no stored result, `=A1+1→2` has one.
    fn book(sheets: &[(&str, &[(&str, &str)])]) -> Book {
        let limits = Limits::default();
        let mut budget = Budget::new(&limits);
        let formats = ["General", "0.0%", "yyyy-mm-dd"].map(NumberFormat::new);
        let formats: Arc<[NumberFormat]> = Arc::from(formats);
        let mut book = Book::default();
        for (name, cells) in sheets {
            let mut sheet = RawSheet::new(*name, false, Arc::clone(&formats));
            for (name, content) in *cells {
                let cell = cell(name);
                let mut content = *content;
                if let Some(formula) = content.strip_prefix('=') {
                    let (text, stored) = formula.split_once('→').unwrap_or((formula, ""));
                    sheet.formulas.push((cell, text.to_owned(), 0));
                    content = stored;
                    if stored.is_empty() {
                        sheet.facts.without_result.push(cell);
                        continue;
                    }
                }
                let value = match content.parse() {
                    Ok(number) => Value::Number(number),
                    Err(_) if content == "TRUE" => Value::Truth(true),
                    Err(_) if content.starts_with('#') => Value::Error("#N/A"),
                    Err(_) => Value::Text(content.trim_start_matches('\'')),
                };
                sheet.push(cell, value, 0, &mut budget).expect("a cell");
            }
            sheet.formulas.sort();
            sheet.facts.without_result.sort();
            sheet.close();
            book.sheets.push(sheet);
        }
        book
    }

    fn computed(mut book: Book) -> Book {
        let limits = Limits::default();
        compute(&mut book, &mut Budget::new(&limits)).expect("results");
        book
    }

    /// What stands in a cell of a sheet: `?` where nothing came out.
    fn shown(book: &Book, sheet: usize, name: &str) -> String {
        let (sheet, cell) = (&book.sheets[sheet], cell(name));
        if sheet.facts.without_result.contains(&cell) {
            return "?".to_owned();
        }
        let found = sheet.cells.iter().find(|raw| raw.cell == cell);
        match found.map(|raw| sheet.value(raw)) {
            None => String::new(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Date(serial)) => format!("day {serial}"),
            Some(Value::Text(text)) => text.to_owned(),
            Some(Value::Truth(truth)) => truth.to_string().to_uppercase(),
            Some(Value::Error(error)) => error.to_owned(),
        }
    }

    /// What a formula over the figures comes to.
    fn result(formula: &str) -> String {
        let formula = format!("={formula}");
        let mut sheets = FIGURES.to_vec();
        let first = [sheets[0].1, &[("F1", formula.as_str())]].concat();
        sheets[0].1 = &first;
        shown(&computed(book(&sheets)), 0, "F1")
    }

    #[test]
    fn results_are_those_of_a_spreadsheet() {
        for (formula, expected) in SHOWN.iter().chain(&SHOWN_BY_EXCEL) {
            let expected = match expected.parse::<f64>() {
                Ok(number) => number.to_string(),
                Err(_) => (*expected).to_owned(),
            };
            assert_eq!(result(formula), expected, "{formula}");
        }
    }

    #[test]
    fn what_a_spreadsheet_may_see_otherwise_is_not_computed() {
        for formula in [
            "B10+1",
            "\"1,000\"+1",
            "\"１\"+1",
            "B2:B4+1",
            "IF(\"1\",1,2)",
            "\"增\"<\"减\"",
            "'3月'!C5",
            "VLOOKUP(A1,B:C,2,0)",
            "F1+1",
            "SUM(F:F)",
            "SUM(IFERROR(C5,0))",
        ] {
            assert_eq!(result(formula), "?", "{formula}");
        }
    }

    #[test]
    fn results_go_to_where_none_are_with_the_formats_of_their_cells() {
        let mut book = book(&[(
            "表",
            &[
                ("B1", "0.5"),
                ("A2", "=B1/2"),
                ("A3", "=B1+45000"),
                ("A4", "=\"\""),
                ("A5", "=VLOOKUP(1)"),
                ("A6", "=A4+1"),
            ],
        )]);
        book.sheets[0].formulas[0].2 = 1;
        book.sheets[0].formulas[1].2 = 2;
        let book = computed(book);
        let all = ["A2", "A3", "A4", "A5", "A6"].map(|name| shown(&book, 0, name));
        assert_eq!(all, ["0.25", "day 45000.5", "", "?", "#VALUE!"]);
        let sheet = &book.sheets[0];
        let percent = sheet.cells.iter().find(|raw| raw.cell == cell("A2"));
        assert!(sheet.format(percent.expect("a cell")).percent);
        assert_eq!(sheet.facts.computed, ["A2", "A3", "A6"].map(cell));
        assert_eq!(sheet.facts.without_result, [cell("A5")]);
        assert!(sheet.cells.is_sorted_by_key(|raw| raw.cell));
    }

    #[test]
    fn stale_numbers_are_told_and_kept_and_not_computed_with() {
        let book = computed(book(&[
            (
                "1月",
                &[
                    ("C5", "10"),
                    ("C6", "=C5*2→20.00000000001"),
                    ("C7", "=C5*3→20"),
                    ("C8", "=C7+1→21"),
                    ("C9", "=NOW()*0+7→7"),
                    ("C10", "=C9+C7→27"),
                    ("C11", "=1/3→0.333333333333333"),
                    ("C12", "=C5-10→1e-12"),
                ],
            ),
            ("汇总", &[("A1", "='1月'!C8")]),
        ]));
        let stale = [("C7", 30.0), ("C8", 31.0), ("C10", 37.0)];
        let stale = stale.map(|(name, number)| (cell(name), number));
        assert_eq!(book.sheets[0].facts.stale, stale);
        assert_eq!(shown(&book, 0, "C7"), "20");
        assert_eq!(shown(&book, 1, "A1"), "31");
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_a_blank() {
        let mut book = book(&[(
            "表",
            &[
                ("A1", "={B1:B2*2}"),
                ("A2", "={B1:B2*2}"),
                ("A3", "=SUM(A1:A2)"),
                ("A4", "=A2+1"),
                ("A5", "=C1+1"),
                ("A6", "=SUM(C1:D1)"),
                ("A7", "=COUNT(D1:E1)"),
                ("D1", "5"),
            ],
        )]);
        book.sheets[0].facts.damaged.push(cell("C1"));
        let book = computed(book);
        let all = ["A3", "A4", "A5", "A6", "A7"].map(|name| shown(&book, 0, name));
        assert_eq!(all, ["?", "?", "?", "?", "1"]);
    }

    #[test]
    fn nothing_is_computed_from_a_sheet_that_could_not_be_read_whole() {
        let mut book = book(&[
            ("一", &[("A1", "1")]),
            ("二", &[("A1", "=一!A1"), ("A2", "=一!B9")]),
        ]);
        book.sheets[0].damaged = 1;
        let book = computed(book);
        assert_eq!(["A1", "A2"].map(|name| shown(&book, 1, name)), ["?", "?"]);
    }

    #[test]
    fn circles_are_not_computed_and_neither_is_what_needs_them() {
        let book = computed(book(&[(
            "表",
            &[
                ("A1", "=B1+1→5"),
                ("B1", "=C1+1"),
                ("C1", "=A1+1→9"),
                ("D1", "=D1"),
                ("E1", "=SUM(A1:D1)"),
                ("F1", "=IF(TRUE,1,F1)"),
            ],
        )]));
        let all = ["B1", "D1", "E1", "F1"].map(|name| shown(&book, 0, name));
        assert_eq!(all, ["?", "?", "?", "1"]);
        assert_eq!(book.sheets[0].facts.stale, []);
    }

    #[test]
    fn long_chains_are_computed_whichever_way_they_run() {
        for step in ["up", "down"] {
            let mut sheet = book(&[("表", &[])]).sheets.remove(0);
            for row in 0..10_000 {
                let next = Cell::new(
                    if step == "up" {
                        row + 1
                    } else {
                        row.max(1) - 1
                    },
                    0,
                );
                let is_last = row == if step == "up" { 9_999 } else { 0 };
                let text = if is_last {
                    "1".to_owned()
                } else {
                    format!("{next}+1")
                };
                sheet.formulas.push((Cell::new(row, 0), text, 0));
                sheet.facts.without_result.push(Cell::new(row, 0));
            }
            let book = computed(Book {
                sheets: vec![sheet],
                ..Book::default()
            });
            let end = if step == "up" { "A1" } else { "A10000" };
            assert_eq!(shown(&book, 0, end), "10000");
        }
    }

    #[test]
    fn formulas_are_computed_however_deep_they_are_nested() {
        let nested = format!("{}B8{}", "IF(C8>0,".repeat(63), ",0)".repeat(63));
        assert_eq!(result(&nested), "3123");
    }

    #[test]
    fn blank_areas_are_no_work() {
        let cells = [
            ("A1", "3"),
            ("XFD1048576", "4"),
            ("B1", "=SUM(A1:A1048576)"),
            ("B2", "=SUM(C1:XFD1048576)"),
            ("B3", "=COUNT(A:A,C:XFD)"),
        ];
        let book = computed(book(&[("表", &cells)]));
        let all = ["B1", "B2", "B3"].map(|name| shown(&book, 0, name));
        assert_eq!(all, ["3", "4", "2"]);
    }

    #[test]
    fn work_is_limited() {
        let cells = [
            ("A1", "1"),
            ("A2", "2"),
            ("B1", "=SUM(A1:A2)"),
            ("B2", "=SUM(A:A)"),
        ];
        let book = book(&[("表", &cells)]);
        let known = |work| {
            let outcomes = evaluate::outcomes(&book.sheets, work).remove(0);
            outcomes.iter().map(Result::is_ok).collect::<Vec<_>>()
        };
        assert_eq!(known(16), [true, true]);
        assert_eq!(known(15), [true, false]);
        assert_eq!(known(0), [false, false]);
    }

    #[test]
    fn a_form_is_computed_from_its_xml() {
        let xml = r#"<worksheet><sheetData>
            <row r="5"><c r="C5"><v>12.5</v></c><c r="D5"><v>10</v></c>
            <c r="E5" s="1"><f t="shared" ref="E5:E7" si="3">IF(D5=0,"",ROUND((C5-D5)/D5,4))</f></c></row>
            <row r="6"><c r="C6"><v>7.7</v></c><c r="D6"><v>0</v></c><c r="E6" s="1"><f t="shared" si="3"/></c></row>
            <row r="7"><c r="C7"><f>SUM(C5:C6)</f></c><c r="D7"><f>+D5+D6</f></c>
            <c r="E7" s="1"><f t="shared" si="3"/></c></row></sheetData></worksheet>"#;
        let mut book = book(&[(
            "表",
            &[("C5", "12.5"), ("D5", "10"), ("C6", "7.7"), ("D6", "0")],
        )]);
        let formulas = collect(xml.as_bytes(), &mut Allowance::default());
        let cells = formulas.iter().map(|(cell, ..)| *cell);
        book.sheets[0].facts.without_result = cells.collect();
        book.sheets[0].formulas = formulas;
        let book = computed(book);
        let all = ["E5", "E6", "C7", "D7", "E7"].map(|name| shown(&book, 0, name));
        assert_eq!(all, ["0.25", "", "20.2", "10", "1.02"]);
    }
}
