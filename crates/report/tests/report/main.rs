//! One binary for all tests of the crate from outside: they share their fixture.

mod access;
mod charts;
mod fixture;
mod kpi;
mod mail;
mod pages;
mod roi;
