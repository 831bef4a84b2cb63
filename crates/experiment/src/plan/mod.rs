//! Before the experiment: how many units, how long, what can be seen.

pub mod horizon;
pub mod metric;
pub mod mid;
pub mod power;

pub use horizon::{DesignCost, Horizon, Sequential, horizon};
