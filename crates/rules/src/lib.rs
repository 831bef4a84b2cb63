//! Policy text to a checked [`Policy`]: which reps may take a lead, and why the others may not.
//!
//! Three documents are read here. The [`Roster`] (`reps.toml`) says who there is: reps, teams,
//! pools, limits. A [`Territory`] (`territories/NAME.csv`) says which pool or rep a place belongs
//! to. The [`Policy`] (`policies/NAME.toml`) is an ordered ladder of rules over both: the first
//! whose condition holds names who may take the lead, how one of them is picked, and what happens
//! when nobody is free. A policy without a total fallback does not load.
//!
//! Left to others: the condition language (`expr`), who is here now (`workhours`), how full
//! somebody is and which of the admitted gets it (`assign`), the walk down the ladder (`decision`).
//!
//! Reading order: [`length`] (durations as people write them), [`roster`], [`away`]
//! (absences and dated overrides), [`roll`] and [`hr`] (absences as they come in), [`territory`],
//! [`policy`], [`admit`], [`lint`] (what is probably a mistake),
//! [`words`] (what a rule says), [`mod@diff`] (what changed).

pub mod admit;
pub mod away;
pub mod diff;
pub mod hr;
pub mod length;
pub mod lint;
pub mod policy;
pub mod roll;
pub mod roster;
pub mod territory;
pub mod words;

pub use admit::{Admission, Known, admit};
pub use away::{Away, AwayError, AwayFile};
pub use policy::{LeadType, OnFull, OwnerOf, Policy, PolicyError, Review, Rule, RuleFault, Target};
pub use roster::{Limit, Pool, Rep, Roster, RosterError};
pub use territory::{Destination, Territory, TerritoryError};
