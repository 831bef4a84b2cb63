//! Chosen columns of a table of any length, a slice at a time: CSV row by row, Parquet row group
//! by row group and column by column, read from the file rather than mapped, so that memory does
//! not grow with the rows.

mod columnar;
mod number;

use std::{io::Read, path::Path};

use crate::{
    ReadError,
    csv_file::{csv_fault, csv_reader},
};

pub(crate) use columnar::decode;
pub use number::parse_number;

/// A column that is wanted, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// `f64`; missing is NaN, true and false are 1 and 0.
    Number(&'a str),
    /// Text as it stands; missing is the empty text.
    Text(&'a str),
}

impl<'a> Wanted<'a> {
    pub fn name(self) -> &'a str {
        match self {
            Self::Number(name) | Self::Text(name) => name,
        }
    }
}

/// Some rows: the wanted columns, in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<BatchColumn>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BatchColumn {
    Numbers(Vec<f64>),
    Texts(Texts),
}

impl Batch {
    /// Column `at` as numbers; empty where it was asked for as text.
    pub fn numbers(&self, at: usize) -> &[f64] {
        match self.columns.get(at) {
            Some(BatchColumn::Numbers(numbers)) => numbers,
            _ => &[],
        }
    }

    /// Field `row` of column `at` as text; empty where it was asked for as a number.
    pub fn text(&self, at: usize, row: usize) -> &str {
        match self.columns.get(at) {
            Some(BatchColumn::Texts(texts)) => texts.get(row),
            _ => "",
        }
    }
}

/// Many short texts in one allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
    }

    pub fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.all[start..self.ends[row] as usize]
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn clear(&mut self) {
        self.all.clear();
        self.ends.clear();
    }
}

/// Rows in a batch: large enough that nothing is paid per batch, small enough for the cache.
const ROWS: usize = 1 << 14;

/// Hands every batch of the table to `each`, in order; the number of rows.
///
/// `each` may fail with an error of its own, which ends the reading.
pub fn for_each_batch<E: From<ReadError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    mut each: impl FnMut(&Batch) -> Result<(), E>,
) -> Result<u64, E> {
    let mut start = [0; 4];
    let opened = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    opened.map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    if &start == b"PAR1" { columnar::read(path, wanted, &mut each) } else { read_csv(path, wanted, &mut each) }
}

/// The names of a table's columns, in their order.
pub fn column_names(path: &Path) -> Result<Vec<String>, ReadError> {
    let mut start = [0; 4];
    let opened = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    opened.map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    if &start == b"PAR1" {
        return columnar::names(path);
    }
    let mut rows = csv_reader(path)?;
    let header = rows.headers().map_err(|e| csv_fault(path, e))?;
    Ok(header.iter().map(str::to_owned).collect())
}

fn empty(wanted: &[Wanted<'_>]) -> Batch {
    let columns = wanted.iter().map(|column| match column {
        Wanted::Number(_) => BatchColumn::Numbers(Vec::new()),
        Wanted::Text(_) => BatchColumn::Texts(Texts::default()),
    });
    Batch { rows: 0, columns: columns.collect() }
}

fn clear(batch: &mut Batch) {
    batch.rows = 0;
    for column in &mut batch.columns {
        match column {
            BatchColumn::Numbers(numbers) => numbers.clear(),
            BatchColumn::Texts(texts) => texts.clear(),
        }
    }
}

fn missing_column(path: &Path, name: &str, header: &[&str]) -> ReadError {
    let problem = format!("is missing; the table has {}", header.join(", "));
    ReadError::Column { path: path.to_owned(), column: name.into(), problem }
}

fn read_csv<E: From<ReadError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    each: &mut impl FnMut(&Batch) -> Result<(), E>,
) -> Result<u64, E> {
    let mut rows = csv_reader(path)?;
    let header = rows.headers().map_err(|e| csv_fault(path, e))?.clone();
    let header: Vec<&str> = header.iter().collect();
    let mut places = Vec::new();
    for column in wanted {
        let place = header.iter().position(|name| *name == column.name());
        places.push(place.ok_or_else(|| missing_column(path, column.name(), &header))?);
    }
    let mut batch = empty(wanted);
    let mut record = csv::ByteRecord::new();
    let mut total = 0;
    while rows.read_byte_record(&mut record).map_err(|e| csv_fault(path, e))? {
        for ((column, &place), wanted) in batch.columns.iter_mut().zip(&places).zip(wanted) {
            let field = &record[place];
            let fault = |problem: String| {
                let line = record.position().map_or(0, csv::Position::line);
                ReadError::Cell { path: path.to_owned(), line, column: wanted.name().into(), problem }
            };
            match column {
                BatchColumn::Numbers(numbers) => {
                    let number = parse_number(field);
                    let shown = || String::from_utf8_lossy(field).chars().take(60).collect::<String>();
                    numbers.push(number.ok_or_else(|| fault(format!("'{}' is not a number", shown())))?);
                }
                BatchColumn::Texts(texts) => {
                    texts.push(std::str::from_utf8(field).map_err(|_| fault("is not UTF-8".into()))?);
                }
            }
        }
        batch.rows += 1;
        total += 1;
        if batch.rows == ROWS {
            each(&batch)?;
            clear(&mut batch);
        }
    }
    if batch.rows > 0 {
        each(&batch)?;
    }
    Ok(total)
}
