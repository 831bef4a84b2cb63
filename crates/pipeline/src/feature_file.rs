//! The feature table on disk: `features/NAME.parquet` and beside it `NAME.json`, which says what
//! Parquet cannot: of whom each number speaks, and which specification made the table.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use pointsman_domain::Digest;
use pointsman_scoring::{FeatureSpec, FeatureTable, Scope, TimeScale};
use polars::prelude::{PolarsError, PolarsResult};
use polars_parquet::write::{CompressedPage, DynIter, DynStreamingIterator, FileWriter, fallible_streaming_iterator};
use serde::{Deserialize, Serialize};

use crate::{
    ReadError,
    encode::{Ids, RowGroup, Shape},
    table,
};

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
    let rows = writer.shape().encode(Ids::Texts(&table.lead_id), table.clone()).map_err(|e| failed(path, e))?;
    writer.write(&rows)?;
    writer.finish(spec)
}

/// Writes a table chunk by chunk; file and note appear when [`FeatureWriter::finish`] is called.
pub(crate) struct FeatureWriter {
    path: PathBuf,
    aside: PathBuf,
    shape: Shape,
    parquet: FileWriter<BufWriter<File>>,
    time_scale: TimeScale,
    numbers: Vec<NumberNote>,
    rows: u64,
}

fn failed(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::Write { path: path.to_owned(), source: std::io::Error::other(error) }
}

impl FeatureWriter {
    /// Begins a file of tables that have the columns of `like`.
    pub fn create(path: &Path, like: &FeatureTable) -> Result<Self, ReadError> {
        let fail = |e: PolarsError| failed(path, e);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(path, e))?;
        }
        let aside = path.with_extension("part");
        let shape = Shape::of(like).map_err(fail)?;
        let file = BufWriter::new(File::create(&aside).map_err(|e| failed(path, e))?);
        let parquet = FileWriter::try_new(file, shape.schema.clone(), shape.options).map_err(fail)?;
        let numbers = like.numbers.iter().map(|n| NumberNote { name: n.name.clone(), scope: n.scope }).collect();
        Ok(Self { path: path.to_owned(), aside, shape, parquet, time_scale: like.time_scale, numbers, rows: 0 })
    }

    /// What encodes rows for this file.
    pub fn shape(&self) -> Shape {
        self.shape.clone()
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// That something went wrong on the way into this file.
    pub fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
        failed(&self.path, error)
    }

    /// Writes what [`Shape::encode`] gave.
    pub fn write(&mut self, group: &RowGroup) -> Result<(), ReadError> {
        let columns = DynIter::new(group.columns.iter().map(|column| Ok(pages(column))));
        let written = self.parquet.write(group.rows as u64, columns);
        written.map_err(|e| self.failed(e))?;
        self.rows += group.rows as u64;
        Ok(())
    }

    pub fn finish(self, spec: &FeatureSpec) -> Result<(), ReadError> {
        let Self { path, aside, shape: _, mut parquet, time_scale, numbers, rows } = self;
        let fail = |e: std::io::Error| failed(&path, e);
        parquet.end(None).map_err(|e| failed(&path, e))?;
        let note = FeatureNote { format: 1, spec_digest: spec.digest(), spec: spec.clone(), rows, time_scale, numbers };
        let json = serde_json::to_string_pretty(&note).map_err(|e| failed(&path, e))?;
        let note_aside = path.with_extension("json.part");
        std::fs::write(&note_aside, json).map_err(fail)?;
        std::fs::rename(note_aside, note_path(&path)).map_err(fail)?;
        std::fs::rename(&aside, &path).map_err(fail)
    }
}

fn pages(column: &[CompressedPage]) -> DynStreamingIterator<'_, CompressedPage, PolarsError> {
    DynStreamingIterator::new(fallible_streaming_iterator::convert(column.iter().map(PolarsResult::Ok)))
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
