//! The little of polars that reading needs: columns of a Parquet file as plain vectors.

use std::{fs::File, path::Path};

use polars::prelude::*;

pub(crate) fn column_names(path: &Path) -> Result<Vec<String>, String> {
    let mut reader = open(path)?;
    let schema = reader.schema().map_err(|e| e.to_string())?;
    Ok(schema.iter_names().map(ToString::to_string).collect())
}

pub(crate) fn row_count(path: &Path) -> Result<usize, String> {
    open(path)?.num_rows().map_err(|e| e.to_string())
}

fn open(path: &Path) -> Result<ParquetReader<File>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    Ok(ParquetReader::new(file))
}

/// Some rows of some columns, in the order of `columns` (all where `None`).
pub(crate) fn read_slice(
    path: &Path,
    columns: Option<&[String]>,
    start: usize,
    rows: usize,
) -> Result<DataFrame, String> {
    let reader = open(path)?.with_columns(columns.map(<[String]>::to_vec)).with_slice(Some((start, rows)));
    let frame = reader.finish().map_err(|e| e.to_string())?;
    match columns {
        Some(columns) => frame.select(columns.iter().map(String::as_str)).map_err(|e| e.to_string()),
        None => Ok(frame),
    }
}

/// A column of numbers as `f64`, missing as NaN; `None` for another type.
pub(crate) fn numbers(column: &Column) -> Option<Vec<f64>> {
    if !(column.dtype().is_primitive_numeric() || column.dtype().is_bool()) {
        return None;
    }
    let numbers = column.cast(&DataType::Float64).ok()?;
    Some(numbers.f64().ok()?.iter().map(|x| x.unwrap_or(f64::NAN)).collect())
}

/// Every column as texts: times in RFC 3339, numbers shortest, missing empty.
pub(crate) fn texts(frame: &DataFrame) -> Result<Vec<Vec<String>>, String> {
    frame.columns().iter().map(texts_of).collect()
}

pub(crate) fn texts_of(column: &Column) -> Result<Vec<String>, String> {
    let say = |e: PolarsError| e.to_string();
    let text = |value: Option<String>| value.unwrap_or_default();
    Ok(match column.dtype() {
        DataType::Datetime(unit, _) => {
            let unit = *unit;
            let instant = |at: i64| pointsman_domain::Instant::from_unix_micros(micros(at, unit)).to_string();
            let integers = column.cast(&DataType::Int64).map_err(say)?;
            integers.i64().map_err(say)?.iter().map(|at| text(at.map(instant))).collect()
        }
        DataType::Date => {
            let integers = column.cast(&DataType::Int32).map_err(say)?;
            let day = |days: i32| pointsman_domain::Value::Date(days).to_string();
            integers.i32().map_err(say)?.iter().map(|days| text(days.map(day))).collect()
        }
        DataType::Boolean => column.bool().map_err(say)?.iter().map(|b| text(b.map(|b| b.to_string()))).collect(),
        DataType::Float32 | DataType::Float64 => {
            let numbers = column.cast(&DataType::Float64).map_err(say)?;
            numbers.f64().map_err(say)?.iter().map(|x| text(x.filter(|x| !x.is_nan()).map(|x| x.to_string()))).collect()
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => {
            let numbers = column.cast(&DataType::Int64).map_err(say)?;
            numbers.i64().map_err(say)?.iter().map(|n| text(n.map(|n| n.to_string()))).collect()
        }
        DataType::UInt64 => {
            let numbers = column.u64().map_err(say)?;
            numbers.iter().map(|n| text(n.map(|n| n.to_string()))).collect()
        }
        _ => {
            let strings = column.cast(&DataType::String).map_err(say)?;
            strings.str().map_err(say)?.iter().map(|s| text(s.map(str::to_owned))).collect()
        }
    })
}

pub(crate) fn micros(at: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => at.div_euclid(1000),
        TimeUnit::Microseconds => at,
        TimeUnit::Milliseconds => at.saturating_mul(1000),
    }
}
