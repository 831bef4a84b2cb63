//! The statistics against reference numbers, and a whole experiment end to end.

mod compare;
mod end_to_end;
mod engine;
mod off_policy_vectors;
mod vectors;
