//! Worlds with known truth, and what policies make of them.
//!
//! Two doors: [`external`] runs online policies on a matrix of true probabilities made elsewhere;
//! [`world`] draws a whole company from a readable file and [`mod@run`] routes its leads through
//! the very same `qualify` and `decide` as production. Reading and writing files is left to `cli`,
//! statistics to `experiment`.
//!
//! Reading order: [`world`], [`mod@run`], [`pricing`], [`compare`], [`ab`], [`history`], [`external`],
//! [`trials`] (experiments on experiments).

pub mod ab;
pub mod compare;
pub mod external;
pub mod history;
pub mod pricing;
pub mod run;
pub mod trials;
pub mod world;

pub use ab::{AbConfig, AbRow, AbRun};
pub use compare::{Contender, Stretch, compare};
pub use pricing::{Pricer, PricingConfig};
pub use run::{LeadRun, Owned, Setting, run, run_watched};
pub use world::{World, WorldError, WorldFile, WorldLead};
