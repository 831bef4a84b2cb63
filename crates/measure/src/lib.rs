//! What is reported, defined once: functions over rows, and typed results.
//!
//! Pure: rows come in as arguments, numbers with their intervals go out. Reading tables is
//! `pipeline`'s and `store`'s, sentences and pictures are `report`'s.
//!
//! Reading order: [`flow`] (how leads move today, before anything is automated): [`flow::log`]
//! (rows in), [`flow::analyse`] and its results, [`export`] (results as plain tables), then [`rows`]
//! (what figures of a company in operation are measured on) and [`kpi`] (those figures), then [`roi`] (what it brought in money,
//! and how sure that is).

pub mod estimate;
pub mod export;
pub mod flow;
pub mod kpi;
pub mod roi;
pub mod rows;

pub use estimate::{Estimate, Share};
