//! What a load writes to, and what it finds of an earlier one.

use pointsman_domain::{Instant, RepId};

use crate::stage::StageFact;

/// A table that rows of a history are added to.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// What is done about a row that is there.
    pub conflict: &'static str,
}

/// What was loaded about one lead.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Oldest first.
    pub owners: Vec<(Instant, RepId)>,
    pub stages: Vec<StageFact>,
    /// The first thing that a person did about it, and the first meeting.
    pub attempted: Option<Instant>,
    pub met: Option<Instant>,
    /// Whether a load was the last to change it; `None` for a lead that is new.
    pub ours: Option<bool>,
}
