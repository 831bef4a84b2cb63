//! Experiments at the desk: everything that API, pages and command line do with them, once. Each
//! function takes the live documents and a reader, and gives documents to make live or a result
//! to show; whoever calls makes them live.

pub mod advice;
pub mod desk;
pub mod diff;
pub mod figures;
pub mod look;
pub mod outlook;
pub mod past;
pub mod report;
pub mod rounds;

pub use advice::{Advised, advise_on};
pub use desk::{DeskError, Findings, Step, all, check, draft, find, step, with};
pub use look::{analyse, looked};
pub use outlook::outlook_of;
pub use past::Past;
