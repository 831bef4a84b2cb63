//! Working time: weekly hours in a zone, holidays, absences, and the local day, week and month.
//!
//! One definition carries everything: an instant is open if its reading on the local clock lies
//! in the hours of that day. So an hour that the clock skips in spring is no working time, and one
//! that it repeats in autumn counts twice. Intervals are half-open. Zones come from the bundled
//! IANA data, whose version ([`tzdb_version`]) a replay records; the machine's own is never read.
//! Who works by which calendar is left to `rules`; what time it is, to the caller.
//!
//! Reading order: [`zone`] (local civil time), [`file`] (a calendar as written), `block` (open
//! intervals with sums), [`calendar`] (open next, due at, worked between), [`absence`],
//! [`icalendar`] (holidays and absences from other systems), [`error`].

pub mod absence;
mod block;
pub mod calendar;
mod civil;
pub mod error;
pub mod file;
pub mod icalendar;
mod place;
pub mod zone;

pub use absence::Absences;
pub use calendar::{Calendar, REACH_YEARS};
pub use error::CalendarError;
pub use file::{CalendarFile, Holiday, WeekHours};
pub use zone::{Zone, tzdb_version};
