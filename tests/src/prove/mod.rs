//! Proofs that take minutes; one file each.

pub mod connections;
pub mod fuzz_bodies;
