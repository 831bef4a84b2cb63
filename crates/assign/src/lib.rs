//! Choosing under capacity: candidates with values in, a choice with its propensity out.
//!
//! The [`Ledger`](ledger::Ledger) is the one fold of claims, releases, credits and cap changes:
//! the store persists what it says, the simulator runs on it, replay checks it. For one lead it
//! makes a [`Load`](load::Load): everything of the world's load that the choice may see, already
//! rounded to the widths in which it is kept. [`pick`] then chooses from that alone, so that a
//! stored load replays to the same choice, bit for bit.
//!
//! Left to others: who may take a lead (`rules`), what a win is worth (`scoring`), which rung is
//! walked next (`decision`).
//!
//! Reading order: [`bound`] (limits and counter keys), [`change`], [`ledger`] with `queue` (who waits for
//! whom), [`turn`] (fair turns)
//! and [`line`](mod@line), [`load`], [`pick`], then [`price`] (what a slot is worth to the leads still to come) and
//! [`flow`] (the exact optimum in hindsight).

pub mod bound;
pub mod change;
pub mod flow;
pub mod ledger;
pub mod line;
pub mod load;
pub mod pick;
pub mod posted;
pub mod price;
mod queue;
pub mod turn;

pub use bound::{CounterKey, Partition, Windows};
pub use change::{Change, Place, Waiting};
pub use ledger::{Binding, Ledger, LedgerState, Part};
pub use line::{Share, window_of};
pub use load::{Ask, Load, LoadEntry, LoadHeader, RungAsk, RungLoad};
pub use pick::{Choice, Choosing, Draw, choose};
pub use posted::{Ladder, Posted};
pub use turn::{LineId, Standing};
