//! The offline half of the data: CRM exports and event logs to canonical Parquet tables, tables
//! to point-in-time features, and the files that evaluation and experiments read.
//!
//! This is the only crate that knows polars; no polars type leaves it. What columns mean is said
//! by a mapping (`intake`), what a feature is by a specification (`scoring`); learning is left to
//! `training`, analysis to `experiment`, sentences and flags to the command line.
//!
//! Reading order: [`import`] (files in, tables out, all or nothing), `source` (rows of a CSV,
//! gzip or Parquet file), `stage` (write aside, then rename), `rows`, `sheet` and [`tables`] (columns of
//! the canonical tables; `docs/tables.md` describes them), [`history`] (tables back to records),
//! [`features`] and `asof` (tables to a feature table, as of each decision's border), `encode` and
//! [`feature_file`] (its file), `ahead` (work on all threads, results in order),
//! [`table`] (a table made elsewhere, for `evaluate`), [`batches`] (columns of a large table,
//! a slice at a time), [`npy`] and [`predictions`], [`flow`] (tables to a log of what happened), [`kpi`]
//! (tables to the rows that figures are measured on), `data_file` (result tables to CSV and Parquet),
//! `table_file` (any table, row by row).

mod ahead;
mod answers;
mod asof;
pub mod batches;
mod csv_file;
mod data_file;
mod digest;
mod encode;
mod error;
pub mod feature_file;
pub mod features;
pub mod flow;
mod frame;
pub mod history;
pub mod import;
pub mod kpi;
pub mod npy;
pub mod predictions;
mod rows;
mod sheet;
mod source;
pub mod sql;
mod stage;
pub mod table;
mod table_file;

pub mod tables;

pub use answers::read_answers;
pub use batches::{Batch, BatchColumn, Texts, Wanted, column_names, for_each_batch};
pub use data_file::write_data_table;
pub use digest::file_digest;
pub use error::{FileFault, ImportError, ReadError};
use feature_file::FeatureWriter;
pub use feature_file::{FeatureNote, read_features, write_features};
pub use features::{FeatureError, FeatureSummary, build_features, features, state_at};
pub use flow::{FlowError, FlowFilter, FlowInput, flow_input};
pub use history::{Canonical, History};
pub use import::{FileReport, ImportReport, ImportRequest, Progress, import};
pub use kpi::{KpiInput, KpiRead, KpiReadError, kpi_input};
pub use npy::{Matrix, read_npy, write_npy};
pub use predictions::write_predictions;
pub use table::{parse_time, read_table};
pub use table_file::{Field, FileFormat, TableFile};
