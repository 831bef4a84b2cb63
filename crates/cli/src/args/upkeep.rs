//! Flags of the commands that look after a store.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Bring the tables of a workspace's store to what this version needs
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Runs the migrations that are left, each once, all or none. A change of the tables first adds (expand) and \
    only a later version takes away (contract), so replicas of the version before go on working while you replace them one \
    by one. A SQLite store is brought up to date whenever it is opened; a PostgreSQL schema only by this command."
)]
#[command(after_help = "Example:\n  pointsman migrate --workspace crm --dry-run\n  pointsman migrate --workspace crm")]
pub struct Migrate {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Say what would run, and end with 1 if something would
    #[arg(long, alias = "status")]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Copy a workspace's store into one file, while it is in use
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Writes a SQLite file that holds the store as it was at one instant, whichever kind of store it is: it can \
    be restored into the other kind, and read and verified by itself (url = \"sqlite:FILE\")."
)]
#[command(after_help = "Example:\n  pointsman backup --workspace crm crm-2026-11-25.db")]
pub struct Backup {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// File to write; must not exist
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Fill a workspace's empty store from a backup
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Copies a backup into the store that the workspace's settings name, SQLite or PostgreSQL, all or nothing, \
    and verifies the record afterwards. A store that holds anything already is left alone."
)]
#[command(after_help = "Example:\n  pointsman restore --workspace crm crm-2026-11-25.db")]
pub struct Restore {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// A file that `pointsman backup` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Check a workspace, its store and this machine
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Checks settings and documents, the store's format and record, how long this disk takes to keep what it is \
    given and what rate of decisions that allows, the clock, and the limit of open files. Ends with 1 if something is wrong."
)]
#[command(after_help = "Example:\n  pointsman doctor --workspace crm")]
pub struct Doctor {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
