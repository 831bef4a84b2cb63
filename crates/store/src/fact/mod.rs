//! What is reported: one narrow row a lead, made from the record and kept beside it.
//!
//! The rows are a projection. They follow the log by seq, a few hundred leads at a time, each part
//! in a transaction of its own that moves a cursor only if nobody else did; so any number of
//! processes may do it, a kill loses nothing, and the path of a decision knows nothing of it.
//! Whoever reads rows or views calls [`Projector::catch_up`] first.
//!
//! Reading order: [`Life`] (what is stored of a lead), [`lead`](mod@lead) (a life to a row), `narrow` (a
//! row as integers), `notified` (who was told, which no row of the log says), [`Projector`] (the follower), `rep_day` (what each rep's days held).

mod lead;
mod life;
pub(crate) mod narrow;
pub(crate) mod notified;
mod projector;
mod rep_day;
mod target;

pub use life::{Life, Rating, Response};
pub use projector::{Projection, Projector};
pub use rep_day::{Answered, Day, RepDays, row as rep_day_row};
