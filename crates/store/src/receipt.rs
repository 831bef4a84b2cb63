//! What the committer answers: small, stable, stored with an idempotency key, so that the same
//! request is answered the same way again.

use pointsman_domain::{ContactId, CreditReason, DecisionId, Digest, LeadId, LimitId, PoolId, RepId, record::Stage};
use serde::{Deserialize, Serialize};

/// An acknowledged command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Receipt {
    Decided {
        lead: LeadId,
        decision: DecisionId,
        /// Open leads of the same person, where e-mail and phone point to different ones.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ambiguous: Vec<LeadId>,
    },
    /// The person has an open lead already, or the source sent this lead before: that one's
    /// standing is the answer.
    Duplicate {
        lead: LeadId,
        decision: DecisionId,
    },
    Staged {
        lead: LeadId,
        stage: Stage,
        /// Whether this fact ended custody.
        closed: bool,
    },
    Transferred {
        lead: LeadId,
        from: Option<RepId>,
        to: RepId,
        /// Limits of the new owner that this assignment exceeds: a person may, and is told.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over: Vec<LimitId>,
    },
    /// A rep took a lead that they were offered.
    Accepted {
        lead: LeadId,
        rep: RepId,
    },
    Credited {
        lead: LeadId,
        reason: CreditReason,
        /// Whose account it was taken off.
        reps: Vec<RepId>,
        /// Quotas that were given back.
        quotas: Vec<LimitId>,
        /// Pools in which a turn was given back.
        pools: Vec<PoolId>,
    },
    /// A person or a company is at this version.
    Kept {
        version: u64,
    },
    /// What was personal of a person is gone.
    Erased {
        contact: ContactId,
        request: Box<str>,
        seq: u64,
    },
    Switched {
        snapshot: Digest,
    },
    /// Prices of this epoch are in force.
    Posted {
        epoch: u64,
    },
    /// A parked lead was looked at again and stays where it is; nothing was written.
    Unmoved {
        lead: LeadId,
    },
}
