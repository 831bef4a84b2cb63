//! Training: a feature table in, a fitted, gated, calibrated artifact and its card out.
//!
//! This crate is the only home of linfa and ndarray. It leaves the making of tables to
//! `pipeline`, the meaning of features and the serving of models to `scoring` (whose artifact it
//! writes and whose code it predicts with, so that what is judged is what serves), and sentences
//! and charts to `report`.
//!
//! Reading order: [`train`](mod@train) (the whole of it), [`maturity`] (which labels count),
//! [`encode`] (rows as numbers), [`plan`] (which layers, and fitting them), [`hier`] (partial
//! pooling over reps), [`drift`] (lead effects that move), [`boost`] (trees), [`chain`] and
//! [`gates`] (which layers earn their place), [`segments`] (where reps differ), [`calibrate`],
//! [`value`], [`assemble`] (the artifact), [`card`], [`held_out`] and [`quality`] (what is known about it),
//! [`evaluate`] and [`gap`] (judging on a later part of a table), [`compare`] (two models), [`rolling`]
//! (refitting as time goes on).

pub mod assemble;
pub mod boost;
pub mod calibrate;
pub mod card;
pub mod chain;
pub mod compare;
pub(crate) mod dense;
pub mod drift;
pub mod encode;
pub mod evaluate;
pub mod gap;
pub mod gates;
pub mod held_out;
pub mod hier;
pub mod maturity;
pub mod plan;
pub mod quality;
pub mod rolling;
pub mod segments;
pub mod train;
pub mod value;

pub use evaluate::{EvaluateConfig, EvaluateError, Evaluated, Split, Truth, evaluate_table};
pub use train::{TrainConfig, TrainError, Trained, train};
