//! Parquet: of each row group, the bytes of one wanted column after the other are read and
//! decoded; the file is never mapped or read as a whole.

use std::{
    fs::File,
    io::{Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use polars::prelude::*;
use polars_parquet::read::{
    BasicDecompressor, PageReader, RowGroupMetadata, column_iter_to_arrays, infer_schema, read_metadata,
};

use super::{Batch, BatchColumn, ROWS, Texts, Wanted, clear, empty, missing_column};
use crate::{ReadError, frame};

pub(super) fn names(path: &Path) -> Result<Vec<String>, ReadError> {
    let format = |problem: String| ReadError::Format { path: path.to_owned(), problem };
    let mut file = File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    let metadata = read_metadata(&mut file).map_err(|e| format(e.to_string()))?;
    let schema = infer_schema(&metadata).map_err(|e| format(e.to_string()))?;
    Ok(schema.iter_names().map(ToString::to_string).collect())
}

pub(super) fn read<E: From<ReadError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    each: &mut impl FnMut(&Batch) -> Result<(), E>,
) -> Result<u64, E> {
    let format = |problem: String| ReadError::Format { path: path.to_owned(), problem };
    let mut file = File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    let metadata = read_metadata(&mut file).map_err(|e| format(e.to_string()))?;
    let schema = infer_schema(&metadata).map_err(|e| format(e.to_string()))?;
    let header: Vec<&str> = schema.iter_names().map(PlSmallStr::as_str).collect();
    let mut fields = Vec::new();
    for column in wanted {
        let field = schema.get(column.name());
        fields.push(field.ok_or_else(|| missing_column(path, column.name(), &header))?);
    }
    let mut batch = empty(wanted);
    let mut total = 0;
    for group in &metadata.row_groups {
        let mut columns = Vec::new();
        for (column, field) in wanted.iter().zip(&fields) {
            let series = decode(&mut file, group, field).map_err(format)?;
            columns.push(plain(*column, series).map_err(|problem| ReadError::Column {
                path: path.to_owned(),
                column: column.name().into(),
                problem,
            })?);
        }
        let rows = group.num_rows();
        for start in (0..rows).step_by(ROWS) {
            let end = rows.min(start + ROWS);
            clear(&mut batch);
            batch.rows = end - start;
            for (into, from) in batch.columns.iter_mut().zip(&columns) {
                copy(into, from, start, end);
            }
            each(&batch)?;
        }
        total += rows as u64;
    }
    Ok(total)
}

/// Reads and decodes one column of one row group.
pub(crate) fn decode(file: &mut File, group: &RowGroupMetadata, field: &ArrowField) -> Result<Series, String> {
    let mut chunks = group.columns_under_root_iter(&field.name).into_iter().flatten();
    let (Some(chunk), None) = (chunks.next(), chunks.next()) else {
        return Err(format!("column '{}' is nested; a plain column is needed", field.name));
    };
    let range = chunk.byte_range();
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.seek(SeekFrom::Start(range.start)).map_err(|e| e.to_string())?;
    file.read_exact(&mut bytes).map_err(|_| "is truncated".to_owned())?;
    let pages = PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), usize::MAX);
    let pages = BasicDecompressor::new(pages, Vec::new());
    let types = vec![&chunk.descriptor().descriptor.primitive_type];
    let (arrays, _) = column_iter_to_arrays(vec![pages], types, field.clone(), None).map_err(|e| e.to_string())?;
    Series::try_from((field, arrays)).map_err(|e| e.to_string())
}

fn plain(wanted: Wanted<'_>, series: Series) -> Result<BatchColumn, String> {
    let column = series.into_column();
    match wanted {
        Wanted::Number(_) => match frame::numbers(&column) {
            Some(numbers) => Ok(BatchColumn::Numbers(numbers)),
            None => Err(format!("holds {}, a number is needed", column.dtype())),
        },
        Wanted::Text(_) => {
            let mut texts = Texts::default();
            frame::texts_of(&column)?.iter().for_each(|text| texts.push(text));
            Ok(BatchColumn::Texts(texts))
        }
    }
}

fn copy(into: &mut BatchColumn, from: &BatchColumn, start: usize, end: usize) {
    match (into, from) {
        (BatchColumn::Numbers(into), BatchColumn::Numbers(from)) => into.extend_from_slice(&from[start..end]),
        (BatchColumn::Texts(into), BatchColumn::Texts(from)) => (start..end).for_each(|row| into.push(from.get(row))),
        _ => {}
    }
}
