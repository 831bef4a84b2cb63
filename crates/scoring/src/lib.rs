//! Scoring: what a feature is, what a model is, and one lead × many reps to probabilities.
//!
//! This crate is pure: it knows no IO, no clock, no polars and no linfa. Learning is left to
//! `training`, which writes the [`Artifact`] read here; building tables to `pipeline`, which
//! follows the same [`FeatureSpec`] and folds the same [`FeatureState`]; choosing to `assign`.
//!
//! Reading order: [`spec`] (which features), [`state`] (what is counted as of a border), [`row`]
//! (features of one lead), [`table`] (features of many), [`artifact`] (the model; `sealed` as a file),
//! [`model`] (compiled for a roster; `segment`, `trees` and `rep_trees` place a lead in it), [`explain`],
//! [`card`] (what is known about a model), [`metrics`].

pub mod artifact;
mod canonical;
pub mod card;
pub mod explain;
mod lead_row;
pub mod metrics;
pub mod model;
mod rep_trees;
pub mod row;
mod sealed;
pub mod segment;
mod shape;
pub mod spec;
pub mod state;
pub mod table;
pub mod trees;

pub use artifact::{Artifact, Calibration, Fallback};
pub use card::{Evaluation, GapClosed, Interval, Layer, LayerTrial, ModelCard, Verdict};
pub use explain::{Contribution, Part};
pub use lead_row::{LeadRow, NO_LEVEL};
pub use model::Model;
pub use row::{Executor, FeatureRow, LeadFacts, LocalTime};
pub use sealed::ArtifactError;
pub use spec::{Feature, FeatureKind, FeatureSpec, Missing, RateOf, Source, SpecError};
pub use state::{FeatureState, StateError, Tally};
pub use table::{CategoryColumn, Coded, FeatureTable, NumberColumn, Scope, TableError, TimeScale};
