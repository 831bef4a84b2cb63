//! Figures of the company as it stands: what is reported, in columns, as of one moment.
//!
//! `desk` keeps the columns fresh and the answers that were given, `question` reads period and
//! filters of an address, `reported` keeps figures of days for dashboards, `provenance` says what an answer rests on. Figures are computed by
//! `measure`, sentences made by `report`.

mod desk;
mod provenance;
mod question;
mod reported;

pub use desk::{Desk, Measured, run};
pub(crate) use desk::{PATIENCE, locked};
pub use provenance::about;
pub use question::{LIST_PARAMETERS, PARAMETERS, Question, Visible, period_of, quarter_names};
pub use reported::{keep_days, nothing_kept};
