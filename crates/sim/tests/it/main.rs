//! Runs of a whole company, experiments on experiments, and real pasts by another policy.

mod company;
mod market;
mod past;
mod shock;
mod trials;
