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

/// Copy imported history into a workspace's store
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Copies the canonical tables in DIR/data into the store, so that before and after are measured by one \
    definition. The leads are marked as imported and have no decisions; one that is open and has an owner is that rep's work \
    and takes a place of theirs; one without stays with the system it came from and is never routed. May be stopped and run \
    again, and run again after a later import: what is there already is not written twice, and a lead that Pointsman dealt \
    with since is left alone. Not while a server runs on a SQLite store."
)]
#[command(
    after_help = "Example:\n  pointsman import --mapping mappings/salesforce.toml --into crm leads.csv\n  pointsman load crm"
)]
pub struct Load {
    /// Folder with the imported history (DIR/data)
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Workspace whose store is filled; the same folder unless said
    #[arg(long, alias = "workspace", value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Write what is reported as files that Tableau, Power BI and notebooks read
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Writes the views rpt_*_v1 of a workspace's store, one file a table, as of now: every file appears when it is \
    whole, export.json names the row of the record that they stand at. No personal data. The table 'candidate' (who was looked \
    at for each decision, with reason, score and price) is decoded from the traces and written when it is named. \
    docs/views.md describes every column. Works while a server runs."
)]
#[command(
    after_help = "Example:\n  pointsman export --workspace crm --into tables\n  pointsman export --workspace crm --table lead --table candidate --format csv --into tables"
)]
pub struct Export {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Table to write (lead, decision, assignment, …, candidate); all views unless said. May be repeated
    #[arg(long = "table", value_name = "TABLE")]
    pub tables: Vec<String>,
    /// Form of the files
    #[arg(long, value_enum, default_value_t = ExportFormat::Parquet)]
    pub format: ExportFormat,
    /// Folder to write into; made where it is missing
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Make the rows of leads anew first, with the calendars that are live now
    #[arg(long)]
    pub rebuild: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    Parquet,
    Csv,
}
