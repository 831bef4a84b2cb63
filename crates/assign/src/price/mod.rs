//! What a place under a limit is worth to the leads still to come.
//!
//! A lead goes to the rep with the greatest value minus price. Prices come from the fluid version
//! of the assignment: if the coming leads look like the [`Sample`], which prices make every limit
//! be used exactly as far as it reaches? [`solve`] finds them, [`MixForecast`] makes the sample
//! from the past, [`Planner`] holds both in one hand, [`PriceBook`] is the answer as a document.
//!
//! Reading order: [`Bound`] and [`Problem`] (the question), `dual` (the function minimised, with
//! formula), `solve`, `closed` (who has no place left), `basis` and `forecast` (which past leads stand for those to come),
//! `planner`, `scarce` (the price of the last few places), `volume` (how many leads are to come),
//! `book` and `market` (from limits as they stand to the book); `rows`, `sample` and
//! `fast_exp` are the arithmetic below.

mod basis;
mod book;
mod closed;
mod dual;
mod fast_exp;
mod forecast;
mod market;
mod planner;
mod rows;
mod sample;
mod scarce;
mod solve;
mod volume;

pub use book::{LimitPrice, PriceBook, SolvedFrom};
pub use forecast::{MixConfig, MixForecast, MixRow};
pub use market::{Horizon, Moment, Standing, solve_book};
pub use planner::{Planner, PlannerConfig};
pub use sample::Sample;
pub use scarce::{Bids, QuotaCosts, slot_costs};
pub use solve::{Solution, SolveConfig, solve};
pub use volume::Volume;

/// Leads fall into at most this many classes: combinations of the conditional limits ("at most 50
/// open enterprise leads") that they draw on.
pub const MAX_CLASSES: u8 = 64;

/// Which side of a rep's leads is bounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Side {
    /// A limit: at most `share`; the price is paid.
    AtMost,
    /// A floor: at least `share`; the price is a subsidy of at most `most`.
    AtLeast { most: f64 },
}

/// One bound on the leads that one column gets. What a lead pays for a column is the sum over the
/// bounds of that column that its class draws on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub column: u32,
    /// Bit k: leads of class k draw on this bound.
    pub classes: u64,
    pub side: Side,
    /// Places left over leads still to come.
    pub share: f64,
}

impl Bound {
    /// A limit that every lead draws on: `places` left for `remaining` leads.
    pub fn limit(column: u32, places: f64, remaining: f64) -> Self {
        Self { column, classes: u64::MAX, side: Side::AtMost, share: (places / remaining.max(1.0)).clamp(0.0, 1.0) }
    }
}

/// What is solved: the leads to come, and the bounds.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    pub sample: &'a Sample,
    pub bounds: &'a [Bound],
}
