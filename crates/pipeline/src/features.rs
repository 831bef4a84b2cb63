//! Point-in-time features of every lead at the moment it was given to its first owner.
//!
//! Rates, loads and tenure are those of the last full hour before the decision, over facts learned
//! strictly before it; what is known of the lead itself (attributes, activities) is that of the
//! decision. `asof` counts over columns; `scoring::Executor` gives one lead the same numbers.

use std::path::Path;

use pointsman_domain::{Instant, LeadId};
use pointsman_scoring::{FeatureSpec, FeatureState, FeatureTable, LocalTime, SpecError, StateError};

use crate::{
    FeatureWriter, ReadError, ahead,
    asof::{self, Chunk},
    encode::Ids,
};

#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the feature specification does not fit the imported data")]
    Spec(#[from] SpecError),
    #[error("the facts are out of order")]
    State(#[from] StateError),
    #[error("lead {lead} was assigned to '{rep}' but is in no row of leads")]
    NoLead { lead: LeadId, rep: Box<str> },
    #[error("'{rep}' in assignments is no name of a rep")]
    Rep { rep: Box<str> },
}

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeatureSummary {
    pub rows: u64,
    pub labels_known: u64,
    pub won: u64,
    pub reps: u64,
    pub categories: u64,
    pub numbers: u64,
}

impl FeatureSummary {
    fn add(&mut self, chunk: &FeatureTable) {
        self.rows += chunk.len() as u64;
        self.labels_known += chunk.label_ts.iter().filter(|at| **at != i64::MAX).count() as u64;
        self.won += chunk.y.iter().filter(|won| **won).count() as u64;
        self.reps = chunk.rep.names.len() as u64;
        self.categories = chunk.categories.len() as u64;
        self.numbers = chunk.numbers.len() as u64;
    }
}

/// Builds the feature table of a workspace into a file, chunk by chunk: rows in order of time (leads
/// given away at the same microsecond by id). Leads that are not closed yet have no `label_ts`;
/// merged and erased ones are left out. `value` is in minor units.
///
/// `local` tells hour and weekday in the workspace's zone; `progress` hears of every row written.
pub fn build_features(
    workspace: &Path,
    spec: &FeatureSpec,
    local: &dyn Fn(Instant) -> LocalTime,
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<FeatureSummary, FeatureError> {
    let mut summary = FeatureSummary::default();
    asof::with_chunks(workspace, spec, local, |mut chunks| {
        let Some(first) = chunks.next() else { return Ok(()) };
        let mut writer = FeatureWriter::create(into, &first.table)?;
        let shape = writer.shape();
        let counted = std::iter::once(first).chain(chunks).inspect(|chunk| summary.add(&chunk.table));
        let encode = |chunk: Chunk| shape.encode(Ids::Leads(&chunk.leads), chunk.table);
        ahead::in_order(counted, encode, |rows| {
            writer.write(&rows.map_err(|e| writer.failed(e))?)?;
            progress(writer.rows());
            Ok::<(), ReadError>(())
        })?;
        Ok(writer.finish(spec)?)
    })?;
    Ok(summary)
}

/// The same table in memory. Leads that are not closed yet have `label_ts` = [`i64::MAX`].
pub fn features(
    workspace: &Path,
    spec: &FeatureSpec,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureTable, FeatureError> {
    asof::with_chunks(workspace, spec, local, |chunks| {
        let tables = chunks.map(Chunk::into_table);
        let join = |mut whole: FeatureTable, chunk| {
            append(&mut whole, chunk);
            whole
        };
        Ok(tables.reduce(join).unwrap_or_default())
    })
}

/// Joins a chunk that has the same columns and dictionaries.
fn append(table: &mut FeatureTable, chunk: FeatureTable) {
    table.lead_id.extend(chunk.lead_id);
    table.ts.extend(chunk.ts);
    table.label_ts.extend(chunk.label_ts);
    table.rep.codes.extend(chunk.rep.codes);
    table.y.extend(chunk.y);
    table.value.extend(chunk.value);
    for (into, from) in table.categories.iter_mut().zip(chunk.categories) {
        into.values.codes.extend(from.values.codes);
    }
    for (into, from) in table.numbers.iter_mut().zip(chunk.numbers) {
        into.values.extend(from.values);
    }
    if let (Some(into), Some(from)) = (&mut table.propensity, chunk.propensity) {
        into.extend(from);
    }
}

/// The feature state of a workspace at a border: what a server starts with, folded from the same
/// facts as the table.
pub fn state_at(
    workspace: &Path,
    spec: &FeatureSpec,
    border: Instant,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureState, FeatureError> {
    asof::state_at(workspace, spec, border, local)
}
