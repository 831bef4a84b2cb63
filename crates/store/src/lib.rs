//! What is live, kept: every decision, and everything that changes load, in one sequence.
//!
//! A [`Service`](service::Service) runs one committer over one database. Whoever wants something
//! done sends a [`Command`](command::Command) through a bounded queue; the committer takes what
//! waits, locks the head row, decides in order, writes one transaction, and answers when it is on
//! disk. Reading happens beside it, through [`Reader`](backend::Reader)s. SQL lives only here;
//! who may take a lead and why is decided in `decision`, HTTP is `server`'s.
//!
//! Reading order: [`log`] (the record and its chain), [`codec`], [`row`] and [`stage`] (what is
//! written), [`backend`] (the contract with a database), [`command`], [`queue`], `committer` and
//! `batch` (the one sequence), `outside` (time and chance), [`enquiry`] (facts), `waker`, `pricer`, `follower`, `going_live`, [`service`],
//! [`load`] (history from elsewhere, into what [`loaded`] says), [`fact`] and [`view`] (what is reported), [`audit`], [`lock`], [`shelf`] (keys and users), [`statements`] and what is made of them ([`outbox`], [`person`], [`directory`], [`reports`]), [`stopwatch`], then [`location`], [`migration`], [`backup`], [`sqlite`] and
//! [`postgres`].

pub mod audit;
pub mod backend;
pub mod backup;
mod batch;
mod cell;
pub mod codec;
pub mod command;
mod committer;
pub mod directory;
pub mod enquiry;
pub mod error;
pub mod fact;
mod follower;
mod going_live;
pub mod load;
pub mod loaded;
pub mod location;
pub mod lock;
pub mod log;
pub mod migration;
mod number;
pub mod outbox;
mod outside;
pub mod person;
pub mod postgres;
mod pricer;
pub mod queue;
pub mod receipt;
pub mod reports;
pub mod row;
pub mod service;
pub mod shelf;
pub mod sqlite;
pub mod stage;
pub mod statements;
pub mod stopwatch;
mod upkeep;
pub mod view;
mod waker;

pub use backend::{Backend, Reader, Store};
pub use command::{Accept, Command, Decide, Decline, Declined, Done, Occasion, Reply};
pub use committer::BATCH;
pub use enquiry::Enquiry;
pub use error::StoreError;
pub use fact::Projector;
pub use going_live::go_live;
pub use load::Loader;
pub use location::Location;
pub use lock::WorkspaceLock;
pub use log::Head;
pub use outbox::Outbox;
pub use outside::{Clock, Outside};
pub use postgres::Postgres;
pub use queue::{Full, Handle, Pending};
pub use receipt::Receipt;
pub use reports::Reports;
pub use service::{Service, ServiceConfig};
pub use shelf::Shelf;
pub use sqlite::Sqlite;
pub use upkeep::Upkeep;
