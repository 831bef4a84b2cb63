//! Experiments on experiments: how often rules that look call a difference that is not there, and
//! which design recovers an effect when variants share reps.
//!
//! [`looking`] needs no company; [`interference`] is a world in which the truth is known, and
//! [`designs`] judges what each design says of it.

pub mod designs;
pub mod following;
pub mod interference;
pub mod looking;
