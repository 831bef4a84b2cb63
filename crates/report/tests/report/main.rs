//! One binary for all tests of the crate from outside: they share their fixture.

mod charts;
mod fixture;
mod pages;
mod roi;
