//! One plain struct per canonical table (DESIGN: history and features). `store` streams them,
//! `sim` makes them, `pipeline` turns them into columns and back, `scoring` folds them.
//!
//! Every fact has two times: `at`, when it happened, and `known_at`, when it was learned;
//! an import without the second uses `at`.

use serde::{Deserialize, Serialize};

use crate::{AccountId, ActivityId, ContactId, Instant, LeadId, Money, OpportunityId, RepId, TeamId, Values};

/// The stages of a lead, in the order of progress; the last five are terminal or at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Open,
    Attempted,
    Contacted,
    Qualified,
    Opportunity,
    Won,
    Lost,
    Unqualified,
    Nurture,
    Merged,
    Erased,
}

impl Stage {
    /// Closes custody: nothing more is to be done with the lead now.
    pub fn closes(self) -> bool {
        self >= Self::Won
    }

    /// Nothing follows unless somebody reopens.
    pub fn is_terminal(self) -> bool {
        self.closes() && self != Self::Nurture
    }
}

/// What kind of thing somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    Call,
    Mail,
    Meeting,
    PageView,
    Task,
    /// A change of the lead's state in the source system.
    State,
    Other,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub id: LeadId,
    /// The system it came from, and its name there; unique together.
    pub source_system: Box<str>,
    pub external_id: Box<str>,
    pub at: Instant,
    pub known_at: Instant,
    pub contact: Option<ContactId>,
    pub account: Option<AccountId>,
    /// In the order of the workspace's attribute schema.
    pub attributes: Values,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub external_id: Box<str>,
    pub known_at: Instant,
    pub name: Option<Box<str>>,
    pub email: Option<Box<str>>,
    pub phone: Option<Box<str>>,
    pub account: Option<AccountId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub external_id: Box<str>,
    pub known_at: Instant,
    pub name: Box<str>,
    pub domain: Option<Box<str>>,
    pub parent: Option<AccountId>,
    pub owner: Option<RepId>,
    pub attributes: Values,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opportunity {
    pub id: OpportunityId,
    pub external_id: Box<str>,
    pub at: Instant,
    pub known_at: Instant,
    pub account: Option<AccountId>,
    pub owner: Option<RepId>,
    pub stage: Stage,
    pub amount: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rep {
    pub id: RepId,
    /// The name in the source system.
    pub external_id: Box<str>,
    pub name: Box<str>,
    pub team: Option<TeamId>,
    pub active: bool,
}

/// How a lead came to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentKind {
    /// The first owner: a training row.
    First,
    /// A later owner: left out of fits unless asked for.
    Hop,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    pub lead: LeadId,
    pub rep: RepId,
    pub at: Instant,
    pub known_at: Instant,
    pub kind: AssignmentKind,
    /// Probability with which this choice was drawn, where it was logged.
    pub propensity: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    pub id: ActivityId,
    pub lead: LeadId,
    /// `None`: nobody known, or a machine.
    pub rep: Option<RepId>,
    pub at: Instant,
    pub known_at: Instant,
    pub kind: ActivityKind,
    /// The source system's word for it (`W_Nabellen offertes`).
    pub label: Box<str>,
    /// The transition of an event log that has them (`START`, `COMPLETE`).
    pub lifecycle: Option<Box<str>>,
    /// By a person rather than a system.
    pub human: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub lead: LeadId,
    pub at: Instant,
    pub known_at: Instant,
    pub stage: Stage,
    /// Revenue, on a win.
    pub value: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    pub rep: RepId,
    pub from: Instant,
    pub until: Instant,
    pub known_at: Instant,
    pub backup: Option<RepId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub lead: LeadId,
    pub rep: RepId,
    pub at: Instant,
    pub known_at: Instant,
    /// 1 (useless) to 5 (perfect).
    pub score: u8,
    pub reason: Option<Box<str>>,
}
