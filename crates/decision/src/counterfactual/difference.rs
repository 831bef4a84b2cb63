//! What may differ from the record.

use pointsman_domain::{Instant, LimitId, PoolId, RepId, RuleId, Value};
use pointsman_rules::OwnerOf;
use serde::Serialize;

/// One thing that would have been different.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Difference {
    /// A fact of the lead, its person or its company, as conditions write it.
    Fact {
        field: Box<str>,
        from: Option<String>,
        to: Option<String>,
        #[serde(skip)]
        value: Option<Value>,
    },
    /// The account, person or lead that a rule asks the owner of belongs to the rep.
    Owner {
        of: OwnerOf,
        from: Option<RepId>,
    },
    InPool {
        pool: PoolId,
    },
    Skill {
        skill: Box<str>,
        from: u8,
        to: u8,
    },
    Active,
    /// Back from an absence that lasts until then.
    Back {
        until: Option<Instant>,
    },
    /// At work at an hour that is outside the rep's.
    AtWork {
        until: Option<Instant>,
    },
    NotExcluded {
        rule: RuleId,
    },
    NotDeclined,
    FreeSlot {
        limit: LimitId,
    },
    /// No older lead waits for the rep's free slot.
    NobodyAhead,
    /// Turns that the rep would have been owed more.
    SoonerTurn {
        by: f64,
    },
    /// Share of the open cap in use.
    LowerLoad {
        by: f64,
    },
    /// A territory that fits more narrowly.
    NearerTerritory {
        by: f64,
    },
    /// Probability of winning.
    HigherScore {
        from: f64,
        to: f64,
    },
    LowerPrice {
        from: f64,
        to: f64,
    },
    /// The draw would have had to fall otherwise; the chance of that was this.
    AnotherDraw {
        propensity: f64,
    },
}
