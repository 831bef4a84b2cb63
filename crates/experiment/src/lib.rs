//! Experiments on routing: designs that stay valid when variants share reps, statistics that stay
//! valid when people look.
//!
//! Pure: rows come in as arguments, numbers and closed enums go out. Reading files is `pipeline`'s,
//! keeping rows `store`'s, and every sentence `report`'s.
//!
//! Reading order: [`undefined`] (named refusals), [`moments`] (the sufficient statistics),
//! [`special`] (distribution functions), [`stats`] (the methods, one a module), [`spec`] (the
//! experiment file), [`analysis`] (rows → result → verdict), [`randomise`] (buckets, switchback
//! schedules, budget splits), [`live`] (from draft to promoted, and which variant a lead gets), [`plan`]
//! (sample size, power, duration), [`off_policy`] (what another
//! policy would have brought), [`advisor`] (which design is honest).

pub mod advisor;
pub mod analysis;
pub mod live;
pub mod moments;
pub mod off_policy;
pub mod plan;
pub mod randomise;
pub mod spec;
pub mod special;
pub mod stats;
pub mod undefined;

pub use undefined::Undefined;
