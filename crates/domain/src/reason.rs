//! Why a candidate got a lead, or did not: one closed enum of ids and numbers, never text.
//! Sentences are made from it when somebody reads.

use serde::{Deserialize, Serialize};

use crate::{Instant, LeadId, LimitId, RepId, RuleId};

/// The one-byte form kept in a trace. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReasonCode {
    /// Admitted; nothing speaks against this candidate.
    Admitted = 0,
    // Known before any load is read.
    Inactive = 1,
    Absent = 2,
    OutsideHours = 3,
    MissingSkill = 4,
    ExcludedByRule = 5,
    DeclinedBefore = 6,
    /// A dated override sends this rep's leads to somebody else.
    Redirected = 7,
    /// A dated override keeps this rep out of the pool.
    OutOfPool = 8,
    // Known from the load.
    LimitReached = 32,
    /// The free slot belongs to a lead that waits already.
    OlderLeadWaits = 33,
    // The comparison among those who could have taken it.
    LaterTurn = 64,
    HigherLoad = 65,
    LowerSkill = 66,
    FartherTerritory = 67,
    LowerScore = 68,
    LowerValue = 69,
    NotDrawn = 70,
    /// Value minus price is negative and waiting is allowed.
    PriceTooHigh = 71,
    Chosen = 128,
}

impl ReasonCode {
    const ALL: [Self; 20] = [
        Self::Admitted,
        Self::Inactive,
        Self::Absent,
        Self::OutsideHours,
        Self::MissingSkill,
        Self::ExcludedByRule,
        Self::DeclinedBefore,
        Self::Redirected,
        Self::OutOfPool,
        Self::LimitReached,
        Self::OlderLeadWaits,
        Self::LaterTurn,
        Self::HigherLoad,
        Self::LowerSkill,
        Self::FartherTerritory,
        Self::LowerScore,
        Self::LowerValue,
        Self::NotDrawn,
        Self::PriceTooHigh,
        Self::Chosen,
    ];

    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as u8 == byte)
    }
}

/// A reason with its ids and numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    Chosen,
    Inactive,
    Absent {
        until: Option<Instant>,
    },
    OutsideHours {
        until: Option<Instant>,
    },
    MissingSkill {
        skill: Box<str>,
    },
    ExcludedByRule {
        rule: RuleId,
    },
    DeclinedBefore,
    Redirected {
        to: Option<RepId>,
        until: Option<Instant>,
    },
    OutOfPool {
        until: Option<Instant>,
    },
    LimitReached {
        limit: LimitId,
    },
    OlderLeadWaits {
        lead: Option<LeadId>,
    },
    /// Turns behind the chosen one.
    LaterTurn {
        by: f64,
    },
    /// Share of the cap above the chosen one's.
    HigherLoad {
        by: f64,
    },
    LowerSkill {
        by: f64,
    },
    FartherTerritory {
        by: f64,
    },
    /// Probability points below the chosen one.
    LowerScore {
        by: f64,
    },
    /// Value minus price below the chosen one's, in minor units (or wins, without won values).
    LowerValue {
        by: f64,
    },
    NotDrawn {
        propensity: f64,
    },
    PriceTooHigh {
        by: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_their_byte() {
        for code in ReasonCode::ALL {
            assert_eq!(ReasonCode::from_byte(code as u8), Some(code));
        }
        assert_eq!(ReasonCode::from_byte(200), None);
    }
}
