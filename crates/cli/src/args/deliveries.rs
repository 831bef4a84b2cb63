//! Flags of `deliveries`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Messages to other systems and letters to reps: what did not arrive, another try, a test
#[derive(Debug, Subcommand)]
pub enum Deliveries {
    /// How each receiver is doing, and the messages that did not arrive; exit 1 if any was given up
    #[command(after_help = "Example:\n  pointsman deliveries list --workspace crm --state dead")]
    List {
        /// Only waiting or dead ones
        #[arg(long, value_name = "STATE", value_parser = ["waiting", "dead"])]
        state: Option<String>,
        /// Only those of this receiver
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Try messages again at once, also those that were given up
    #[command(
        after_help = "Example:\n  pointsman deliveries retry crm.1234 --workspace crm\n  pointsman deliveries retry --all --sink crm --workspace crm"
    )]
    Retry {
        /// Their ids, as the list names them
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<String>,
        /// Every message that was given up
        #[arg(long)]
        all: bool,
        /// With --all: only those of this receiver
        #[arg(long, value_name = "NAME", requires = "all")]
        sink: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Send one test message, signed like every other, or a test letter, and say what came of it; exit 1 if it did not arrive
    #[command(
        after_help = "Example:\n  pointsman deliveries ping crm --workspace crm\n  pointsman deliveries ping reps --to olga@firm.example --workspace crm"
    )]
    Ping {
        /// The receiver or mail server, as pointsman.toml names it
        #[arg(value_name = "NAME")]
        name: String,
        /// To whom a test letter goes, where NAME is a mail server
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Print a new secret for a receiver or a source; it is kept nowhere
    #[command(after_help = "Example:\n  pointsman deliveries secret > crm.secret")]
    Secret,
}

#[derive(Debug, ClapArgs)]
pub struct At {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
