//! Runs of a whole company.

mod company;
