//! As-of features over columns: the same numbers as the row executor gives lead by lead, for
//! millions of leads in memory that does not grow with the features.
//!
//! What a lead's row needs of the lead itself (attributes, activities, its label) is read into
//! columns, one entry a lead that has an owner. What is known of everybody else is counted while the
//! leads are walked in order of time: before the leads of a border, the facts learned before it are
//! added to integer counters by rep, segment and day. Rates are formed at the end, by the functions that
//! `scoring` uses too, so both agree bit by bit. Rows leave in chunks.
//!
//! Row groups are decoded on all threads, and chunks encoded; the walk between them is one thread's.
//!
//! Reading order: `owned` (what is kept, `column` by column), `read` (from the canonical tables, by
//! `group`, `places`, `words`), `attributes` (with `local` times), `label`, `hours`, `counters`, `walk`, this file.

mod attributes;
mod column;
mod counters;
mod group;
mod hours;
mod label;
mod local;
mod owned;
mod places;
mod read;
mod walk;
mod words;

use std::path::Path;

use pointsman_domain::{Instant, RepId};
use pointsman_scoring::{Executor, FeatureSpec, FeatureState, LocalTime};

use crate::{FeatureError, History};
use owned::Owned;
use walk::segment_columns;
pub use walk::{Chunk, Walk};

/// Hands the feature table of a workspace to `each`: chunks in order of time, at least one. All
/// chunks share one dictionary a column.
pub fn with_chunks<R>(
    workspace: &Path,
    spec: &FeatureSpec,
    local: &dyn Fn(Instant) -> LocalTime,
    each: impl FnOnce(Walk<'_>) -> Result<R, FeatureError>,
) -> Result<R, FeatureError> {
    let history = History::open(workspace)?;
    let executor = Executor::new(spec.clone(), &history.schema)?;
    let owned = Owned::read(&history, &executor, local)?;
    each(Walk::new(&owned, &executor))
}

/// The feature state of a workspace at a border, folded from the same columns.
pub fn state_at(
    workspace: &Path,
    spec: &FeatureSpec,
    border: Instant,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureState, FeatureError> {
    let history = History::open(workspace)?;
    let executor = Executor::new(spec.clone(), &history.schema)?;
    let owned = Owned::read(&history, &executor, local)?;
    let segments = segment_columns(&executor);
    let mut state = FeatureState::empty(spec.digest(), spec.segments.len());
    state.advance(border);
    let reps: Vec<RepId> = owned.rep_ids()?;
    for row in owned.by_known_at() {
        let (row, known_at) = (row as usize, Instant::from_unix_micros(owned.known_at[row as usize]));
        if known_at < border {
            let level = |&column: &usize| owned.categories[column].text(row).unwrap_or_default();
            let levels: Vec<&str> = segments.iter().map(level).collect();
            let at = Instant::from_unix_micros(owned.at[row]);
            state.assigned(owned.lead[row], &reps[owned.rep[row] as usize], &levels, at, known_at)?;
        }
    }
    for (lead, stage, known_at) in owned.closings() {
        if known_at < border {
            state.closed(lead, stage, known_at)?;
        }
    }
    Ok(state)
}
