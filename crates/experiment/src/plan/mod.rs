//! Before the experiment: how many units, how long, what can be seen.

pub mod groups;
pub mod horizon;
pub mod metric;
pub mod mid;
pub mod outlook;
pub mod power;

pub use groups::Groups;
pub use horizon::{DesignCost, Horizon, Sequential, horizon};
pub use outlook::{MetricOutlook, Outlook, Past, PastLevel, TimeFor, outlook};
