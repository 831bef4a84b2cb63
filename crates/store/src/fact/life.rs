//! Everything that is stored of one lead, as its row is made from it.

use pointsman_decision::Decision;
use pointsman_domain::{Instant, RepId, record::ActivityKind};

use crate::row::{AssignmentRow, LeadRow, LeadState, StageRow};

/// See the module.
#[derive(Debug, Clone)]
pub struct Life {
    pub row: LeadRow,
    /// It came from a history that another system kept.
    pub imported: bool,
    pub state: LeadState,
    /// Oldest first.
    pub decisions: Vec<Decision>,
    /// Oldest first, those of a history included.
    pub assignments: Vec<AssignmentRow>,
    /// In the order in which they became known, those of a history included.
    pub stages: Vec<StageRow>,
    /// What people did, oldest first; what came in as stage facts is not here.
    pub activities: Vec<(Instant, ActivityKind)>,
    /// Oldest first.
    pub offers: Vec<(Instant, RepId)>,
    pub responses: Vec<(Instant, Response)>,
    /// When a rep was first told of it.
    pub notified: Option<Instant>,
    /// Changes of owner by reason: misrouted, requested.
    pub misrouted: u32,
    pub requested: u32,
    /// The last one.
    pub rating: Option<Rating>,
    pub checklist_done: u32,
}

/// A rep's answer to an offer. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Response {
    Accepted = 1,
    Declined = 2,
    Expired = 3,
    Withdrawn = 4,
}

impl Response {
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        let all = [Self::Accepted, Self::Declined, Self::Expired, Self::Withdrawn];
        all.into_iter().find(|response| *response as i64 == number)
    }
}

/// How useful a rep found the lead, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    pub at: Instant,
    pub score: u8,
}
