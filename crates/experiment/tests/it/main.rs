//! The statistics against reference numbers, and a whole experiment end to end.

mod adaptive;
mod compare;
mod end_to_end;
mod engine;
mod live;
mod off_policy_vectors;
mod vectors;
