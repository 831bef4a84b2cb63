//! Row groups of a canonical table, read and decoded on all threads and taken in order.

use std::{
    fs::File,
    path::{Path, PathBuf},
    str::FromStr,
};

use polars::prelude::*;
use polars_parquet::read::{RowGroupMetadata, infer_schema, read_metadata};

use crate::{FeatureError, History, ReadError, ahead, batches::decode, frame, tables::Table};

/// The wanted columns of some rows.
pub struct Group<'a> {
    path: &'a Path,
    columns: Vec<polars::prelude::Column>,
    names: &'a [String],
    /// Rows before these.
    pub start: usize,
}

impl Group<'_> {
    pub fn column(&self, at: usize) -> &polars::prelude::Column {
        &self.columns[at]
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, polars::prelude::Column::len)
    }

    pub fn fault(&self, column: usize, row: usize, problem: impl Into<String>) -> ReadError {
        let column = self.names[column].as_str().into();
        ReadError::Cell {
            path: self.path.to_owned(),
            line: (self.start + row) as u64 + 1,
            column,
            problem: problem.into(),
        }
    }

    pub fn texts(&self, at: usize) -> Result<&StringChunked, ReadError> {
        self.columns[at].str().map_err(|e| self.fault(at, 0, e.to_string()))
    }

    pub fn times(&self, at: usize) -> Result<Vec<i64>, ReadError> {
        let times = self.columns[at].datetime().map_err(|e| self.fault(at, 0, e.to_string()))?;
        let unit = times.time_unit();
        if times.physical().null_count() > 0 {
            let row = times.physical().iter().position(|at| at.is_none()).unwrap_or_default();
            return Err(self.fault(at, row, "is missing"));
        }
        Ok(times.physical().into_no_null_iter().map(|at| frame::micros(at, unit)).collect())
    }

    /// Missing is NaN.
    pub fn numbers(&self, at: usize) -> Result<Vec<f64>, ReadError> {
        let physical = self.columns[at].to_physical_repr();
        frame::numbers(&physical).ok_or_else(|| self.fault(at, 0, "holds no numbers"))
    }

    pub fn id<T: FromStr<Err: std::fmt::Display>>(
        &self,
        text: Option<&str>,
        column: usize,
        row: usize,
    ) -> Result<T, ReadError> {
        let text = text.ok_or_else(|| self.fault(column, row, "is missing"))?;
        text.parse().map_err(|e: T::Err| self.fault(column, row, e.to_string()))
    }
}

/// Hands each row group's wanted columns to `parse`, on any thread, and what comes of it to `take`, in
/// the order of the rows.
pub fn for_each_group<T: Send>(
    history: &History,
    table: Table,
    wanted: &[String],
    parse: impl Fn(&Group<'_>) -> Result<T, FeatureError> + Sync,
    mut take: impl FnMut(T) -> Result<(), FeatureError>,
) -> Result<(), FeatureError> {
    let path: PathBuf = history.path(table);
    let format = |problem: String| ReadError::Format { path: path.clone(), problem };
    let metadata = read_metadata(&mut open(&path)?).map_err(|e| format(e.to_string()))?;
    let schema = infer_schema(&metadata).map_err(|e| format(e.to_string()))?;
    let field = |name: &String| {
        schema.get(name).ok_or_else(|| ReadError::Column {
            path: path.clone(),
            column: name.as_str().into(),
            problem: "is missing; import the data again".into(),
        })
    };
    let fields: Vec<&ArrowField> = wanted.iter().map(field).collect::<Result<_, _>>()?;
    let groups = metadata.row_groups.iter().scan(0, |start, rows| {
        *start += rows.num_rows();
        Some((*start - rows.num_rows(), rows))
    });
    let work = |(start, rows)| {
        let columns = columns(&path, rows, &fields)?;
        parse(&Group { path: &path, columns, names: wanted, start })
    };
    ahead::in_order(groups, work, |parsed| take(parsed?))
}

fn open(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })
}

fn columns(
    path: &Path,
    rows: &RowGroupMetadata,
    fields: &[&ArrowField],
) -> Result<Vec<polars::prelude::Column>, ReadError> {
    let mut file = open(path)?;
    let mut column = |field: &&ArrowField| Ok(decode(&mut file, rows, field)?.rechunk().into_column());
    let columns: Result<_, String> = fields.iter().map(&mut column).collect();
    columns.map_err(|problem| ReadError::Format { path: path.to_owned(), problem })
}
