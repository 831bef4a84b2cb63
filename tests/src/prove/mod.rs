//! Proofs that take minutes; one file each.

pub mod capacity;
pub mod company;
pub mod connections;
pub mod experiments;
pub mod fuzz_bodies;
pub mod kills;
pub mod memory;
pub mod pages;
pub mod replicas;
pub mod roi;
