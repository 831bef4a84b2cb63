//! Policies and territories as their users write them.

mod fuzz;
mod lint;
mod territory;
mod world;
