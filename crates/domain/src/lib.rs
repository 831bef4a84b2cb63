//! The words of Pointsman: every type that two crates say to each other.
//!
//! This crate knows no IO, no clock and no source of randomness. Parsing happens in the
//! constructors here; whoever holds a value may trust it. It leaves every *decision* to others:
//! conditions to `expr`, working time to `workhours`, rules to `rules`, choice to `assign`.
//!
//! Reading order: [`id`] (names and events), [`time`], [`money`], [`probability`], [`hash`],
//! [`attribute`] (the schema every form, policy and feature reads), [`value`], [`index`]
//! (places in a snapshot), [`limit`], [`pick`], [`reason`], [`record`] (one plain struct per canonical table), [`math`] and [`rng`]
//! (pinned arithmetic, so that a replay gives the same bits everywhere).

pub mod attribute;
pub mod credit;
pub mod hash;
pub mod id;
pub mod index;
pub mod limit;
pub mod math;
pub mod money;
pub mod pick;
pub mod probability;
pub mod reason;
pub mod record;
pub mod rng;
pub mod time;
pub mod value;

pub use attribute::{Attribute, AttributeIndex, AttributeSchema, AttributeType, Entity, SchemaError};
pub use credit::CreditReason;
pub use hash::Digest;
pub use id::{
    AccountId, ActivityId, CalendarId, CommandId, ContactId, DecisionId, ExperimentId, IdError, LeadId, LimitId,
    ModelName, OpportunityId, PolicyName, PoolId, QueueId, RepId, RuleId, TeamId, TerritoryId, VariantId,
};
pub use index::{LimitIndex, LimitSet, PoolIndex, RepIndex, TerritoryIndex};
pub use limit::{Availability, COUNTED_ONLY, LimitKind, Window};
pub use money::{Currency, Money};
pub use pick::{CatchUp, Contract, Exploration, Fairness, FairnessMeasure, FairnessWindow, Pick};
pub use probability::Probability;
pub use reason::{Reason, ReasonCode};
pub use record::Absence;
pub use rng::Rng;
pub use time::{Instant, Micros};
pub use value::{Value, Values};
