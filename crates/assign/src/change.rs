//! What changes load, as it is written to the log; and the order in which leads wait.

use std::sync::Arc;

use pointsman_domain::{CreditReason, Instant, LeadId, LimitId, RepId};
use serde::{Deserialize, Serialize};

use crate::{
    CounterKey,
    price::PriceBook,
    turn::{LineId, Standing},
};

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
    /// A turn was taken: where the line's clock and the rep stand now, and how much it weighed.
    Turn {
        line: LineId,
        clock: f64,
        rep: RepId,
        standing: Standing,
        amount: f64,
    },
    /// A rep stood in a line for the first time, came back to it, or was paid what it was owed;
    /// written with the turn it saw.
    Join {
        line: LineId,
        rep: RepId,
        standing: Standing,
    },
    /// A turn given back (a bad lead, a no-show) or, negative, charged (an assignment by hand):
    /// settled when the rep next stands in the line.
    Credit {
        line: LineId,
        rep: RepId,
        /// Divided by the rep's weight.
        time: f64,
        amount: f64,
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
    /// Says why the credits and releases beside it were made; counts nothing itself.
    Credited {
        lead: LeadId,
        reason: CreditReason,
    },
    /// Prices of a new epoch; limits that the book does not name cost nothing.
    Prices {
        book: Arc<PriceBook>,
    },
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
