//! `pointsman`: the one binary users meet. It composes: reads with `pipeline` or `store`, computes
//! in the pure rooms, renders with `report`. Nothing is decided here.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 a check ran and found
//! something, 2 bad input or usage, 70 a bug of ours.

mod args;
mod client;
mod clock;
mod command;
mod model_version;
mod output;
mod past;
mod registry;
mod store;
mod workspace;

use std::process::ExitCode;

use clap::Parser;
use pointsman_server::settings;

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Fine,
    /// A check ran and found something.
    Found,
}

/// Exit codes; 70 is `EX_SOFTWARE` of sysexits.h.
const FOUND: u8 = 1;
const BAD_INPUT: u8 = 2;
const OUR_BUG: u8 = 70;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        output::note(format!(
            "pointsman: this is a bug in pointsman, not in your input: {panic}\n  \
             please report it with the command you ran; nothing half-written is left behind"
        ));
    }));
    let args = args::Args::parse();
    match std::panic::catch_unwind(|| command::run(args)) {
        Ok(Ok(Done::Fine)) => ExitCode::SUCCESS,
        Ok(Ok(Done::Found)) => ExitCode::from(FOUND),
        Ok(Err(error)) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            // The alternate form joins the chain of causes with colons.
            eprintln!("pointsman: {error:#}");
            ExitCode::from(BAD_INPUT)
        }
        Err(_) => ExitCode::from(OUR_BUG),
    }
}
