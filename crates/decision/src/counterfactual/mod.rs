//! A recorded decision taken again in a world that differs from the recorded one.
//!
//! A [`World`] is a snapshot and facts with [`Difference`]s; a [`Record`] is what the trace says of
//! load. Where a rung's load was not recorded (it was not walked) people are taken to have a free
//! slot and a turn like a newcomer's.

mod difference;
mod next;
mod world;

pub use difference::Difference;
pub use next::Next;
pub(crate) use next::next_after;
pub(crate) use world::{Record, Seen, World, may_change};
