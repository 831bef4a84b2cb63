//! The price book: what a place under each limit costs, as a document.

use pointsman_domain::{Instant, LimitId, RepId, Window};
use serde::{Deserialize, Serialize};

use crate::Posted;

/// Prices in force from one epoch on, with everything they were solved from. Immutable: the next
/// solve makes the next book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBook {
    pub format: u32,
    pub epoch: u64,
    pub at: Instant,
    pub solved_from: SolvedFrom,
    /// In the order of rep, limit, window; each once.
    pub prices: Vec<LimitPrice>,
}

/// The question that a book answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolvedFrom {
    /// Rows of the forecast sample.
    pub rows: u64,
    /// Lifetime count of first decisions when the book was solved.
    pub leads: u64,
    /// Leads still expected until the workspace's next midnight.
    pub today: f64,
    /// What a coming lead brings on average, at most.
    pub value: f64,
    /// By how much of all leads the most wrong bound was off when the solver stopped.
    pub residual: f64,
}

/// One limit of one rep in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitPrice {
    pub rep: RepId,
    pub limit: LimitId,
    pub window: Window,
    /// In minor units of money, or wins where values are not known; negative is a subsidy.
    pub posted: Posted,
}

impl PriceBook {
    pub const FORMAT: u32 = 1;

    /// Prices that were not solved and hold in every window; each limit is named once.
    pub fn lasting(epoch: u64, at: Instant, prices: impl IntoIterator<Item = (RepId, LimitId, Posted)>) -> Self {
        let named = |(rep, limit, posted)| LimitPrice { rep, limit, window: Window::Always, posted };
        let mut prices: Vec<LimitPrice> = prices.into_iter().map(named).collect();
        prices.sort_by(|a, b| (&a.rep, &a.limit).cmp(&(&b.rep, &b.limit)));
        let solved_from = SolvedFrom { rows: 0, leads: 0, today: 0.0, value: 0.0, residual: 0.0 };
        Self { format: Self::FORMAT, epoch, at, solved_from, prices }
    }

    /// The price of one limit; `None` for a limit that the book does not know, which is free.
    pub fn find(&self, rep: &RepId, limit: &LimitId, window: Window) -> Option<&LimitPrice> {
        let key = |p: &LimitPrice| (&p.rep, &p.limit, p.window).cmp(&(rep, limit, window));
        self.prices.binary_search_by(key).ok().map(|at| &self.prices[at])
    }
}
