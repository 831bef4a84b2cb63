//! The door from outside, in one binary: linking it once is most of what these tests cost.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod access;
mod activities;
mod batch;
mod crm;
#[cfg(unix)]
mod daemon;
mod deliveries;
mod door;
mod experiments;
mod exported;
mod flow;
mod hooks;
mod hostile;
mod kpis;
mod languages;
mod mail;
mod observed;
mod people;
mod policies;
#[path = "../../../../tests/src/postgres.rs"]
mod postgres;
mod prices;
mod promise;
mod responses;
mod roi;
mod roles;
mod traces;
mod why;
mod world;
