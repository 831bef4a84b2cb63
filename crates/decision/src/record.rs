//! The decision as it is kept: what was chosen, from what, with which numbers.

use pointsman_assign::{Change, CounterKey};
use pointsman_domain::{DecisionId, Digest, Instant, LeadId, PolicyName, QueueId, RepId, RuleId};
use serde::{Deserialize, Serialize};

use crate::facts::Exposed;

/// The version of the engine: raised whenever the same snapshot, facts, load, time and seed may
/// give another decision. `replay` under another version shows the difference.
pub const ENGINE: u32 = 3;

/// Where a decision leaves the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    Owned {
        rep: RepId,
        sla_due: Option<Instant>,
    },
    /// The rep is asked: accepted before `until` it is theirs, otherwise it goes on without them.
    Offered {
        rep: RepId,
        until: Instant,
        sla_due: Option<Instant>,
    },
    Held {
        hold: Hold,
        until: Instant,
        wake_at: Instant,
    },
    /// Nobody may take it: a visible queue, perhaps an alarm, and a retry.
    Parked {
        queue: QueueId,
        alarm: bool,
    },
}

/// Why a lead waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// No candidate has a free slot.
    Queued,
    /// Somebody is free, but every price is above what the lead is worth there.
    Priced,
}

/// Where the value of a win came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// The caller named it.
    Given,
    /// The artifact's value model.
    Model,
    /// The workspace counts wins: every win is worth 1.
    Wins,
}

/// What is given from outside: identity and chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub decision: DecisionId,
    /// From the operating system at the door; kept through every later decision of the lead.
    pub seed: u64,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub format: u32,
    pub id: DecisionId,
    pub lead: LeadId,
    pub engine: u32,
    pub snapshot: Digest,
    pub policy: PolicyName,
    /// Rules windows, periods, availability and the feature border together.
    pub decided_at: Instant,
    /// The border of the feature state that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub border: Option<Instant>,
    pub seed: u64,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The rule that acted; `None`: the fallback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    pub priority: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Exposed>,
    /// Probability with which this choice was drawn; turn-based picks have 1.
    pub propensity: f64,
    pub price_epoch: u64,
    /// The chosen rep's probability of winning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What a win is worth, in minor units (or 1).
    pub value: f64,
    pub value_source: ValueSource,
    /// The chosen rep's price, in minor units (or wins).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// The counters this decision raised; a release lowers exactly these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<CounterKey>,
    /// SHA-256 of the trace.
    pub trace: Digest,
}

impl Decision {
    /// Who has the lead, or is asked to take it: whose slot it occupies.
    pub fn owner(&self) -> Option<&RepId> {
        match &self.outcome {
            Outcome::Owned { rep, .. } | Outcome::Offered { rep, .. } => Some(rep),
            Outcome::Held { .. } | Outcome::Parked { .. } => None,
        }
    }
}

impl Decision {
    /// Who became the owner by it; an offer makes nobody that.
    pub fn given_to(&self) -> Option<&RepId> {
        match &self.outcome {
            Outcome::Owned { rep, .. } => Some(rep),
            Outcome::Offered { .. } | Outcome::Held { .. } | Outcome::Parked { .. } => None,
        }
    }
}

/// A decision with what it changes and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub decision: Decision,
    /// What to apply to the ledger and write to the log, in this order.
    pub changes: Vec<Change>,
    /// The load it was taken on: see [`crate::trace`].
    pub trace: Vec<u8>,
}
