//! What Pointsman brought in money, how sure that is, and which sentence the evidence allows.
//!
//! Four components, none counted twice. With L leads, ℓ the share missed (not touched within the
//! maturity window), q the wins per worked lead and V the contribution margin of a win, 0 for
//! without and 1 for with:
//!
//! - conversion C₁ = L₁ (1 − ℓ₁) (q₁ − q₀) V
//! - saved leads C₂ = L₁ (ℓ₀ − ℓ₁) q₀ V
//! - together C₁ + C₂ = L₁ (w₁ − w₀) V, with w = (1 − ℓ) q the wins per lead
//! - time C₃ = hours a rep and week × weeks × reps × rate
//! - shorter cycle C₄ = wins a day × days shorter × V: what is won earlier, once. It stays outside
//!   the headline unless somebody signs for it.
//!
//! Reading order: [`Funnel`] and [`Split`] (the formulas), [`Evidence`] and [`Claim`] (what may be
//! said), [`interrupted`] and [`staggered`] (designs without chance), [`calculate`] and [`Swing`],
//! [`count`], [`Baseline`] and [`Frozen`] (what is compared with, sealed before it is known what comes out),
//! [`spec`] (the file that says all of it), [`planner`] (how sure one will be, and when) and
//! [`rehearsal`] (how often a comparison finds what is not there); [`RoiResult`] is all of it, [`QuarterRow`] what is kept of
//! a quarter.

mod baseline;
mod calculation;
mod count;
mod date;
mod evidence;
mod funnel;
mod input;
pub mod interrupted;
pub mod planner;
mod quarter;
pub mod rehearsal;
mod result;
pub mod spec;
pub mod staggered;
mod tornado;

pub use baseline::{Baseline, BaselineError, Counts, CountsError, FEWEST_MONTHS, Frozen};
pub use calculation::{Component, Cycle, Parts, Roi, RoiInputs, RoiKind, TimeSaved, calculate};
pub use count::{Counted, count};
pub use date::{Date, DateError, Period};
pub use evidence::{Claim, Design, Evidence, best};
pub use funnel::{Funnel, FunnelError, Split};
pub use input::{Given, Input};
pub use quarter::QuarterRow;
pub use result::{Judged, REHEARSALS, RoiError, RoiResult};
pub use spec::RoiSpec;
pub use tornado::{Dial, Swing};
