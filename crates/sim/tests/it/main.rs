//! Runs of a whole company, and experiments on experiments.

mod company;
mod trials;
