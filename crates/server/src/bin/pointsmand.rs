//! `pointsmand DIR`: serves what is live in the store of a workspace, and nothing else; for
//! containers. `pointsman serve` calls the same function.

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        eprintln!("usage: pointsmand DIR   (a workspace with its pointsman.toml; settings also from POINTSMAN_…)");
        return ExitCode::from(2);
    };
    pointsman_server::daemon(&folder)
}
