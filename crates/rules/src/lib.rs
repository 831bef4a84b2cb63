//! Policy text to a checked [`Policy`]: which reps may take a lead, and why the others may not.
//!
//! Two documents are read here. The [`Roster`] (`reps.toml`) says who there is: reps, teams,
//! pools, limits. The [`Policy`] (`policies/NAME.toml`) is an ordered ladder of rules over it: the
//! first whose condition holds names who may take the lead, how one of them is picked, and what
//! happens when nobody is free. A policy without a total fallback does not load.
//!
//! Left to others: the condition language (`expr`), who is here now (`workhours`), how full
//! somebody is and which of the admitted gets it (`assign`), the walk down the ladder (`decision`).
//!
//! Reading order: [`length`] (durations as people write them), [`roster`], [`away`]
//! (absences and dated overrides), [`roll`] and [`hr`] (absences as they come in), [`policy`], [`admit`].

pub mod admit;
pub mod away;
pub mod hr;
pub mod length;
pub mod policy;
pub mod roll;
pub mod roster;

pub use admit::{Admission, Known, admit};
pub use away::{Away, AwayError, AwayFile};
pub use policy::{OnFull, OwnerOf, Policy, PolicyError, Rule, Target};
pub use roster::{Limit, Pool, Rep, Roster, RosterError};
