//! Worlds with known truth, and what policies make of them.
//!
//! Two doors: [`external`] runs online policies on a matrix of true probabilities made elsewhere;
//! [`world`] draws a whole company from a readable file and [`mod@run`] routes its leads through
//! the very same `qualify` and `decide` as production. Reading and writing files is left to `cli`,
//! statistics to `experiment`.
//!
//! Reading order: [`world`], [`mod@run`], [`manual`], [`compare`], [`ab`], [`history`], [`backtest`]
//! (what really happened, by another policy), [`external`], [`trials`]
//! (experiments on experiments).

pub mod ab;
pub mod backtest;
pub mod compare;
pub mod external;
pub mod history;
pub mod manual;
pub mod run;
pub mod trials;
pub mod world;

pub use ab::{AbConfig, AbRow, AbRun};
pub use compare::{Contender, Stretch, compare, compare_seeds};
pub use run::{LeadRun, Owned, Setting, run, run_watched};
pub use world::{World, WorldError, WorldFile, WorldLead};
