//! An experiment that is live: its document, how it moves from draft to promoted, and which variant
//! a lead gets.
//!
//! The document is immutable and content-addressed like every other document that decides; a
//! transition makes the next one. What a start freezes is named by a digest, so a later reader can
//! tell that nothing was changed under a running test.

mod adapt;
mod document;
mod lifecycle;
mod policy_text;
mod routing;
mod table;

pub use document::{Epoch, Event, Frozen, FrozenPolicy, LayerRange, LiveError, LiveExperiment, LookRecord, State};
pub use lifecycle::{Action, LifecycleError, Start};
pub use policy_text::{PolicyTextError, changed, renamed};
pub use routing::{Assigned, Routing, RoutingError};
pub use table::{ExposedLead, LiveColumnError, LiveTable, StageReached, live_columns, live_number, live_spec};
