//! `data/<form>.parquet`: a form's figures for machines, and the way back for later periods.
//!
//! One row a record (list) or a row of the form (fixed), with period, district, name and region
//! in front. Figures are in the unit that is kept: rates as ratios. Each file says of itself what
//! its columns are; `docs/data.md` describes both.

use crate::period::Period;
use crate::rulebook::form::Form;
use crate::rulebook::register::Register;
use crate::rulebook::written::Type;
use crate::table::{CellDress, Draft, DraftColumn, Dress, Marks, Table, Words};
use crate::words::Text;
use polars::prelude::{
    Column, DataFrame, DataType, KeyValueMetadata, NamedFrom, ParquetCompression, ParquetReader,
    ParquetWriter, PlSmallStr, PolarsError, SerReader, Series,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Cursor;

/// Records go into one row group up to this many.
const ROW_GROUP: usize = 1 << 17;

/// The columns before a form's own, whose names no column of a form can have.
pub const KEYS: [&str; 5] = ["period", "district", "district_name", "region", "row"];

/// The key of a file's metadata under which it says what its columns are.
const ABOUT: &str = "hebiao";

/// The version of what stands there; it grows when a reader would have to change.
const VERSION: u32 = 1;

/// What a file holds, for whoever has nothing but the file.
#[derive(Serialize)]
struct About<'a> {
    version: u32,
    period: Period,
    form: &'a str,
    title: &'a Text,
    form_version: &'a str,
    columns: Vec<Described<'a>>,
    /// Of a fixed form.
    rows: Vec<Described<'a>>,
}

/// A column or row. Where the rows say what stands in them, their columns have no type.
#[derive(Serialize)]
struct Described<'a> {
    id: &'a str,
    no: Option<String>,
    label: &'a Text,
    #[serde(rename = "type")]
    kind: Option<Type>,
    unit: Option<&'a str>,
}

impl<'a> About<'a> {
    fn of(form: &'a Form, period: Period) -> Self {
        let columns = form.columns.iter().map(|column| Described {
            id: &column.id,
            no: column.no.map(|no| no.to_string()),
            label: &column.label,
            kind: column.kind,
            unit: kept(column.kind, column.unit.as_deref()),
        });
        let rows = form.rows.iter().map(|row| Described {
            id: &row.id,
            no: row.no.clone(),
            label: &row.label,
            kind: row.kind,
            unit: kept(row.kind, row.unit.as_deref()),
        });
        Self {
            version: VERSION,
            period,
            form: &form.id,
            title: &form.title,
            form_version: &form.version,
            columns: columns.collect(),
            rows: rows.collect(),
        }
    }
}

/// The unit of the figures as they are kept: of rates, ratios, whatever the form calls them.
fn kept(kind: Option<Type>, unit: Option<&str>) -> Option<&str> {
    match kind {
        Some(Type::Percent | Type::Points | Type::Change) => Some("1"),
        _ => unit,
    }
}

/// Writes the tables of a form, with each district's position in the register.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    to: File,
    form: &Form,
    register: &Register,
    period: Period,
    tables: &[(usize, &Table)],
) -> Result<(), PolarsError> {
    let mut frame: Option<DataFrame> = None;
    for (district, table) in tables {
        let part = part(form, register, period, *district, table)?;
        match &mut frame {
            None => frame = Some(part),
            Some(all) => {
                all.vstack_mut(&part)?;
            }
        }
    }
    let mut frame = frame.unwrap_or_else(DataFrame::empty);
    let about = serde_json::to_string(&About::of(form, period))
        .map_err(|error| PolarsError::ComputeError(error.to_string().into()))?;
    let about = KeyValueMetadata::from_static(vec![(ABOUT.to_owned(), about)]);
    ParquetWriter::new(to)
        .with_key_value_metadata(Some(about))
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(ROW_GROUP))
        .set_parallel(false)
        .finish(&mut frame)?;
    Ok(())
}

fn part(
    form: &Form,
    register: &Register,
    period: Period,
    district: usize,
    table: &Table,
) -> Result<DataFrame, PolarsError> {
    let rows = if form.is_fixed() {
        form.rows.len()
    } else {
        table.records()
    };
    let unit = &register.districts[district];
    let same = |name: &str, value: &str| {
        Column::new_scalar(
            name.into(),
            polars::prelude::Scalar::from(PlSmallStr::from(value)),
            rows,
        )
    };
    let mut columns = vec![
        same("period", &period.to_string()),
        same("district", &unit.code),
        same("district_name", &unit.name),
        same("region", &unit.region),
    ];
    if !form.is_fixed() {
        columns.push(same("row", ""));
        let names: Vec<String> = form
            .columns
            .iter()
            .map(|column| column.id.clone())
            .collect();
        columns.extend(table.frame(&names)?.columns().iter().cloned());
        return DataFrame::new_infer_height(columns);
    }
    let ids: Vec<&str> = form.rows.iter().map(|row| row.id.as_str()).collect();
    columns.push(Series::new("row".into(), ids).into());
    for (at, column) in form.columns.iter().enumerate() {
        let variables = (0..rows).map(|row| form.variable(at, Some(row)));
        let name = column.id.as_str().into();
        let is_number = variables.clone().any(|v| form.variables[v].is_number());
        columns.push(if is_number {
            let numbers: Vec<Option<f64>> = variables.map(|v| table.number(0, v)).collect();
            Series::new(name, numbers).into()
        } else {
            let words: Vec<Option<&str>> = variables.map(|v| table.word(0, v)).collect();
            Series::new(name, words).into()
        });
    }
    DataFrame::new_infer_height(columns)
}

/// What a file of figures has, whatever the form of now asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its own columns by id, and whether they are of numbers.
    pub columns: BTreeMap<String, bool>,
    /// The ids of its rows, where the form gives them.
    pub rows: BTreeSet<String>,
}

/// Reads what a file has: its columns and rows.
///
/// # Errors
/// When it is no file of figures.
pub fn shape(file: Vec<u8>) -> Result<Shape, PolarsError> {
    let frame = ParquetReader::new(Cursor::new(file)).finish()?;
    let rows = frame.column(KEYS[4])?.cast(&DataType::String)?;
    let rows = rows.str()?.iter().flatten();
    let rows = rows.filter(|row| !row.is_empty()).map(str::to_owned);
    let columns = frame.columns().iter();
    let columns = columns.filter(|column| !KEYS.contains(&column.name().as_str()));
    let columns = columns.map(|column| {
        let is_number = matches!(column.dtype(), DataType::Float64);
        (column.name().to_string(), is_number)
    });
    Ok(Shape {
        rows: rows.collect(),
        columns: columns.collect(),
    })
}

/// Reads the tables of a form back, by district code. Columns that the form no longer has are
/// left out, columns that it did not have then are absent.
///
/// # Errors
/// When the file cannot be read or has none of the key columns.
pub fn read(from: File, form: &Form) -> Result<BTreeMap<String, Table>, PolarsError> {
    let frame = ParquetReader::new(from).finish()?;
    let words = |name: &str| -> Result<Vec<String>, PolarsError> {
        let column = frame.column(name)?.cast(&DataType::String)?;
        Ok(column
            .str()?
            .iter()
            .map(|word| word.unwrap_or("").to_owned())
            .collect())
    };
    let (districts, rows) = (words(KEYS[1])?, words(KEYS[4])?);
    let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, code) in districts.iter().enumerate() {
        of.entry(code).or_default().push(at);
    }
    let mut numbers: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut texts: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (at, column) in form.columns.iter().enumerate() {
        let Ok(found) = frame.column(&column.id) else {
            continue;
        };
        if let Ok(found) = found.f64() {
            numbers.insert(at, found.iter().map(|x| x.unwrap_or(f64::NAN)).collect());
        } else if let Ok(found) = found.str() {
            texts.insert(
                at,
                found
                    .iter()
                    .map(|word| word.unwrap_or("").to_owned())
                    .collect(),
            );
        }
    }
    let mut tables = BTreeMap::new();
    for (code, lines) in of {
        let records = if form.is_fixed() { 1 } else { lines.len() };
        let columns = form.variables.iter().map(|variable| {
            // A fixed form's cell stands in the line of its row; a list's in every line.
            let lines: Vec<Option<usize>> = match variable.row {
                None => lines.iter().copied().map(Some).collect(),
                Some(row) => {
                    vec![
                        lines
                            .iter()
                            .copied()
                            .find(|line| rows[*line] == form.rows[row].id),
                    ]
                }
            };
            if variable.is_number() {
                let column = numbers.get(&variable.column);
                let number = |line: &Option<usize>| {
                    line.and_then(|line| column?.get(line).copied())
                        .unwrap_or(f64::NAN)
                };
                return DraftColumn::Numbers(lines.iter().map(number).collect());
            }
            let column = texts.get(&variable.column);
            let mut words = Words::default();
            for line in &lines {
                let word = line.and_then(|line| column?.get(line).map(String::as_str));
                words.push(word.unwrap_or(""));
            }
            DraftColumn::Words(words)
        });
        let draft = Draft {
            records,
            columns: columns.collect(),
            marks: Marks::default(),
            dress: Dress {
                usual: vec![CellDress::default(); form.variables.len()],
                ..Dress::default()
            },
            blocks: Vec::new(),
        };
        tables.insert(code.to_owned(), draft.into());
    }
    Ok(tables)
}
