//! The HTTP door: a JSON API, pages, metrics.
//!
//! Handlers are thin: they read a body, parse it, call one function, map the answer. What comes
//! in is normalised by `intake`, decided by `decision` through `store`'s queue, explained from
//! the record. Status codes are known here and nowhere else; polars and linfa are never linked.
//!
//! Reading order: [`settings`] and [`config`] (what serving needs to be told), [`daemon()`], [`serve()`], [`listen`]
//! (connections), [`router`] (every route
//! once), [`access`] (roles, scopes, keys), `around` (ids, who it is, limits), [`state`], [`body`] and [`enquiry`] (from bytes to an
//! enquiry), [`answer`], [`deliver`] (telling other systems), [`api`] (one file per thing), [`error`] (problems), [`openapi`],
//! [`metrics`], [`traces`], `login`, `pages`.

pub mod access;
pub mod address;
pub mod answer;
pub mod api;
mod around;
pub mod body;
pub mod config;
pub mod daemon;
pub mod deliver;
pub mod enquiry;
mod errand;
pub mod error;
pub mod etag;
pub mod experiment;
pub mod findings;
pub mod flow;
pub mod kpi;
pub mod links;
pub mod listen;
mod login;
pub mod metrics;
pub mod openapi;
mod pages;
mod readers;
pub mod roi;
pub mod router;
mod serve;
pub mod settings;
pub mod state;
pub mod traces;

pub use config::{ApiKey, ServeConfig, StartError};
pub use daemon::daemon;
pub use router::app;
pub use serve::{asked_to_end, serve};
pub use state::State;
