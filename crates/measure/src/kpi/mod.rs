//! Figures of a company in operation: each defined once, as a function over rows.
//!
//! A figure is a closed word ([`Kpi`]) with unit, window, formula and what feeds it. It is measured
//! on [`LeadTable`], leads in columns as of one moment, and on days of reps; the result is a number
//! with its 95 % interval and what it rests on, or the reason why there is none
//! ([`NotMeasured`]), never 0 instead.
//!
//! Rules that hold for all of them. A lead belongs to the day on which it arrived, to the rep who
//! got it first and to that rep's team, whoever closed it. Figures of wins, reach and loss judge a
//! lead when its maturity window is over and what happened within that window; younger leads are
//! pending, so that a young quarter does not look worse than an old one. Times to an event are
//! Kaplan–Meier curves in which waiting leads are censored: leaving them out would make a company
//! look faster the more leads it forgets. Merged and erased leads are in no figure.
//!
//! Reading order: [`Kpi`], [`KpiResult`], [`Selection`], [`KpiSpec`] (`kpi.toml`), [`LeadTable`],
//! [`Kpis`] and what it answers: [`Kpis::measure`], [`Kpis::breakdown`], [`Kpis::board`],
//! [`Kpis::behind`], [`Kpis::brief`]. Formulas and sources are in `docs/kpi.md`.

mod board;
mod brief;
mod clock;
mod definition;
mod feeds;
mod figure;
mod funnel;
mod groups;
mod judge;
mod list;
mod measure;
mod overview;
mod selection;
mod spec;
mod table;
mod work;

pub use board::{Board, BoardFigure, Change, Target, TrendPoint};
pub use brief::{Advice, Brief, Slowest, Untold, Worth};
pub use definition::{Better, Feed, Kpi, KpiUnit, Window};
pub use feeds::Feeds;
pub use figure::{Breakdown, FunnelLimits, GroupResult, KpiResult, Measured, NotMeasured, Spread, Value};
pub use funnel::{FunnelPlot, FunnelPoint, Place};
pub use list::{List, Listed, Part};
pub use measure::Kpis;
pub use overview::{Detail, Overview, RepBalance, Reps, TouchedBy};
pub use selection::{Days, Dimension, Filter, Selection};
pub use spec::{Cost, Handling, KpiSpec, KpiSpecError};
pub use table::LeadTable;
pub use work::Share as RepShare;
