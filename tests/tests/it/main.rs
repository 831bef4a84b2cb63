//! The system as its users meet it, and the arrows that must not be there.

mod architecture;
mod bad_input;
mod capacity;
mod commands;
mod demo;
mod doctor;
mod experiments;
mod hostile;
mod kills;
mod kpi;
mod loading;
mod models;
mod notebook;
mod oracle;
mod people;
mod policies;
mod replicas;
mod serve;
mod why_not;
