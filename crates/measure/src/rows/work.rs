//! What people did with leads, and what became of them.

use pointsman_domain::{
    Instant, LeadId, Money,
    record::{ActivityKind, Stage},
};
use serde::{Deserialize, Serialize};

use super::{LocalDay, Name};

/// One thing somebody did (`rpt_activity_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityRow {
    pub lead: LeadId,
    /// `None`: nobody known, or a machine.
    pub rep: Option<Name>,
    pub team: Option<Name>,
    pub at: Instant,
    pub known_at: Instant,
    pub day: LocalDay,
    pub kind: ActivityKind,
    /// The source system's word for it.
    pub label: Option<Name>,
    pub human: bool,
}

/// One fact about a lead's stage (`rpt_outcome_v1`); the lead's stage is what they converge to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRow {
    pub lead: LeadId,
    /// The owner at that moment.
    pub rep: Option<Name>,
    pub team: Option<Name>,
    pub at: Instant,
    pub known_at: Instant,
    pub day: LocalDay,
    pub stage: Stage,
    /// Revenue, on a win.
    pub value: Option<Money>,
    pub reason: Option<Name>,
}

/// A rep's rating of a lead (`rpt_feedback_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedbackRow {
    pub lead: LeadId,
    pub rep: Name,
    pub team: Option<Name>,
    pub at: Instant,
    pub known_at: Instant,
    pub day: LocalDay,
    /// 1 (useless) to 5 (perfect).
    pub score: u8,
    /// Only where the workspace has a closed list of reasons: free text may name people.
    pub reason: Option<Name>,
}

/// A step of a lead's checklist that was done (`rpt_checklist_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChecklistRow {
    pub lead: LeadId,
    pub step: Name,
    pub at: Instant,
    pub known_at: Instant,
    pub day: LocalDay,
    pub by: Option<Name>,
}
