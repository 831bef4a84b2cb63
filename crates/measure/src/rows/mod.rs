//! The rows that are measured: one plain struct for each view that analysts read (`rpt_*_v1`).
//!
//! A store projects its record into them, `pipeline` reads them off canonical tables, `sim` and
//! tests make them by hand; figures see nothing else. So a figure on a page, the same
//! figure over an exported file, and a query over the view speak of the same rows.
//!
//! Shapes: instants are UTC microseconds, each row's own instant stands beside the local date in
//! the workspace's zone; lengths are microseconds, of wall clock or of service hours (the working
//! hours of the calendar named in [`LeadRow::calendar`]); money is minor units of the workspace's
//! currency; parts of a whole are millionths, so that sums do not depend on their order. What is
//! absent was *not measured* or has not happened: never 0. No row holds personal data; reps are
//! slugs. New fields come at the end of a struct, and columns at the end of a view.
//!
//! Reading order: [`Name`] (how words are kept), [`LeadRow`] (one narrow row a lead: most figures
//! read only this), then what happened to leads: [`DecisionRow`], [`AssignmentRow`], [`OfferRow`],
//! [`ActivityRow`], [`OutcomeRow`], [`FeedbackRow`], [`ChecklistRow`]; [`RepDayRow`] and the
//! dimensions [`RepRow`], [`TeamRow`], [`NameRow`]; and what Pointsman itself reported:
//! [`KpiDayRow`], [`ExperimentRow`], [`RoiQuarterRow`].

mod custody;
mod dimension;
mod history;
mod lead;
mod name;
mod reported;
mod work;

pub use custody::{
    Answer, AssignmentRow, Custody, DecisionRow, DecisionState, Millionths, OfferRow, ReassignReason, TakenBy,
};
pub use dimension::{RepDayRow, RepRow, TeamRow};
pub use history::{HistoryRows, IMPORTED, SIZED_BY, completeness, local_day, size_band};
pub use lead::{BreachCause, LeadRow, Origin, SlaState};
pub use name::{LocalDay, Name, NameRow, Names};
pub use reported::{ExperimentRow, KpiDayRow, RoiQuarterRow};
pub use work::{ActivityRow, ChecklistRow, FeedbackRow, OutcomeRow};
