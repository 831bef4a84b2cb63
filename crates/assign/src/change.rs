//! What changes load, as it is written to the log; and the order in which leads wait.

use pointsman_domain::{Instant, LeadId, LimitId, PoolId, RepId};
use serde::{Deserialize, Serialize};

use crate::{CounterKey, Partition};

/// One change of load: what a log row says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Change {
    /// `None` lifts the cap.
    Cap {
        rep: RepId,
        limit: LimitId,
        cap: Option<u32>,
    },
    Claim {
        key: CounterKey,
    },
    /// A release of an open slot, or a credit to a quota. Lowers exactly what a claim raised.
    Release {
        key: CounterKey,
    },
    /// A turn was taken: where the pool's clock and the rep's next start stand now.
    Turn {
        pool: PoolId,
        partition: Partition,
        clock: f64,
        rep: RepId,
        start: f64,
    },
    /// A rep stood in a pool's line for the first time, or for the first time since it was away;
    /// written with the turn it saw.
    Join {
        pool: PoolId,
        partition: Partition,
        rep: RepId,
        start: f64,
    },
    Wait {
        waiting: Waiting,
    },
    /// The lead waits no longer, whatever became of it.
    Awake {
        lead: LeadId,
    },
    /// A lead got its first decision.
    Decided,
}

/// A lead that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub lead: LeadId,
    /// 0 to 9, higher first.
    pub priority: u8,
    /// First arrival: earlier first among equals.
    pub arrived: Instant,
    /// At this deadline it is decided whatever the prices say.
    pub until: Instant,
    /// When somebody may be free without any release: the next opening or return of a candidate.
    pub wake_at: Instant,
    /// The reps that may take it; a slot of theirs that frees is this lead's. Empty for a priced
    /// hold, which is overtaken freely.
    pub reps: Vec<RepId>,
}

/// The order of waiting leads: priority, then arrival, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    behind: u8,
    arrived: Instant,
    lead: LeadId,
}

impl Place {
    pub fn new(priority: u8, arrived: Instant, lead: LeadId) -> Self {
        Self { behind: u8::MAX - priority, arrived, lead }
    }

    pub fn priority(self) -> u8 {
        u8::MAX - self.behind
    }

    pub fn lead(self) -> LeadId {
        self.lead
    }

    /// First arrival.
    pub fn arrived(self) -> Instant {
        self.arrived
    }
}
