//! The feature table on disk: `features/NAME.parquet` and beside it `NAME.json`, which says what
//! Parquet cannot: of whom each number speaks, and which specification made the table.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use pointsman_domain::Digest;
use pointsman_scoring::{FeatureSpec, FeatureTable, Scope, TimeScale};
use polars::{io::parquet, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{ReadError, table};

/// What the file beside the table says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureNote {
    pub format: u32,
    /// SHA-256 of the specification.
    pub spec_digest: Digest,
    pub spec: FeatureSpec,
    pub rows: u64,
    pub time_scale: TimeScale,
    pub numbers: Vec<NumberNote>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberNote {
    pub name: Box<str>,
    pub scope: Scope,
}

fn note_path(path: &Path) -> PathBuf {
    path.with_extension("json")
}

/// Writes `path` and its note; each appears when it is whole, the table last.
pub fn write_features(path: &Path, table: &FeatureTable, spec: &FeatureSpec) -> Result<(), ReadError> {
    let mut writer = FeatureWriter::create(path, table)?;
    writer.write(table)?;
    writer.finish(spec)
}

/// Writes a table chunk by chunk; file and note appear when [`FeatureWriter::finish`] is called.
pub struct FeatureWriter {
    path: PathBuf,
    aside: PathBuf,
    parquet: parquet::write::BatchedWriter<File>,
    time_scale: TimeScale,
    numbers: Vec<NumberNote>,
    rows: u64,
}

impl std::fmt::Debug for FeatureWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeatureWriter").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn failed(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::Write { path: path.to_owned(), source: std::io::Error::other(error) }
}

impl FeatureWriter {
    /// Begins a file of tables that have the columns of `like`.
    pub fn create(path: &Path, like: &FeatureTable) -> Result<Self, ReadError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(path, e))?;
        }
        let aside = path.with_extension("part");
        let frame = frame_of(&like.take(&[])).map_err(|e| failed(path, e))?;
        let file = File::create(&aside).map_err(|e| failed(path, e))?;
        let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Zstd(None));
        let parquet = writer.batched(frame.schema()).map_err(|e| failed(path, e))?;
        let numbers = like.numbers.iter().map(|n| NumberNote { name: n.name.clone(), scope: n.scope }).collect();
        Ok(Self { path: path.to_owned(), aside, parquet, time_scale: like.time_scale, numbers, rows: 0 })
    }

    pub fn write(&mut self, chunk: &FeatureTable) -> Result<(), ReadError> {
        let mut frame = frame_of(chunk).map_err(|e| failed(&self.path, e))?;
        frame.rechunk_mut_par();
        self.parquet.write_batch(&frame).map_err(|e| failed(&self.path, e))?;
        self.rows += chunk.len() as u64;
        Ok(())
    }

    pub fn finish(self, spec: &FeatureSpec) -> Result<(), ReadError> {
        let Self { path, aside, parquet, time_scale, numbers, rows } = self;
        let fail = |e: std::io::Error| failed(&path, e);
        parquet.finish().map_err(|e| failed(&path, e))?;
        let note = FeatureNote { format: 1, spec_digest: spec.digest(), spec: spec.clone(), rows, time_scale, numbers };
        let json = serde_json::to_string_pretty(&note).map_err(|e| failed(&path, e))?;
        let note_aside = path.with_extension("json.part");
        std::fs::write(&note_aside, json).map_err(fail)?;
        std::fs::rename(note_aside, note_path(&path)).map_err(fail)?;
        std::fs::rename(&aside, &path).map_err(fail)
    }
}

/// Reads a table that [`write_features`] wrote.
pub fn read_features(path: &Path) -> Result<(FeatureTable, FeatureNote), ReadError> {
    let beside = note_path(path);
    let text = match std::fs::read_to_string(&beside) {
        Ok(text) => text,
        Err(source) => return Err(ReadError::Open { path: beside, source }),
    };
    let format = |problem: String| ReadError::Format { path: beside.clone(), problem };
    let note: FeatureNote = serde_json::from_str(&text).map_err(|e| format(e.to_string()))?;
    if note.format != 1 {
        return Err(format(format!("has format {}; this version reads format 1", note.format)));
    }
    let mut table = table::read(path, Some(note.time_scale))?;
    for category in &mut table.categories {
        category.name = category.name.strip_prefix("c_").unwrap_or(&category.name).into();
    }
    for number in &mut table.numbers {
        let name: Box<str> = number.name.strip_prefix("n_").unwrap_or(&number.name).into();
        let known = note.numbers.iter().find(|n| n.name == name);
        number.scope = known
            .ok_or_else(|| format(format!("says nothing of the number '{name}'; build the features again")))?
            .scope;
        number.name = name;
    }
    if table.len() as u64 != note.rows {
        return Err(format(format!("speaks of {} rows, the table has {}", note.rows, table.len())));
    }
    Ok((table, note))
}

fn frame_of(table: &FeatureTable) -> PolarsResult<DataFrame> {
    let known = |x: f64| Some(x).filter(|x| !x.is_nan());
    let numbers = |name: &str, values: &[f64]| {
        Float64Chunked::from_iter_options(name.into(), values.iter().map(|x| known(*x))).into_column()
    };
    let texts = |name: &str, coded: &pointsman_scoring::Coded| {
        let texts = (0..coded.codes.len()).map(|row| coded.text(row));
        StringChunked::from_iter_options(name.into(), texts).into_column()
    };
    let times = |name: &str, values: &[i64]| {
        let known = values.iter().map(|at| Some(*at).filter(|at| *at != i64::MAX));
        let integers = Int64Chunked::from_iter_options(name.into(), known);
        match table.time_scale {
            TimeScale::Micros => integers.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column(),
            TimeScale::Order => integers.into_column(),
        }
    };
    let ids = StringChunked::from_iter_options("lead_id".into(), table.lead_id.iter().map(|id| Some(&**id)));
    let won = Int64Chunked::from_iter_options("y".into(), table.y.iter().map(|y| Some(i64::from(*y))));
    let mut columns = vec![
        ids.into_column(),
        times("ts", &table.ts),
        times("label_ts", &table.label_ts),
        texts("rep", &table.rep),
        won.into_column(),
        numbers("value", &table.value),
    ];
    columns.extend(table.categories.iter().map(|c| texts(&format!("c_{}", c.name), &c.values)));
    columns.extend(table.numbers.iter().map(|n| numbers(&format!("n_{}", n.name), &n.values)));
    columns.extend(table.weight.iter().map(|w| numbers("weight", w)));
    columns.extend(table.propensity.iter().map(|p| numbers("propensity", p)));
    DataFrame::new(table.len(), columns)
}
