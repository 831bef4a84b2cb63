//! Flags about people: who is here, who is away.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Who is here, who returns when, how full everybody is, whose turn it is
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Shows everybody of the live roster with their absence or closed hours, when they are next here, and how \
    much of each limit is used. With --fairness, where everybody stands in the turns of their pools. Works beside a \
    running server."
)]
#[command(
    after_help = "Example:\n  pointsman reps --workspace crm\n  pointsman reps --workspace crm --at 2026-12-24 --fairness"
)]
pub struct Reps {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// As it will be at this time: a date, or RFC 3339; loads are those of now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Entitlement and deficit of everybody in each pool
    #[arg(long)]
    pub fairness: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Who is away, and whose leads go elsewhere for a while
#[derive(Debug, Subcommand)]
pub enum Absences {
    /// Everything that is not over
    #[command(after_help = "Example:\n  pointsman absences list --workspace crm")]
    List {
        /// Folder of the workspace
        #[arg(long, value_name = "DIR", default_value = ".")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take over the absences of an HR system, as CSV or iCalendar
    #[command(
        long_about = "Reads CSV (a header with rep, email, name or employee; from and until, or first_day and last_day; \
        perhaps backup) or iCalendar, and makes it live. Everything that came from the same source before is replaced, so \
        that what the HR system cancelled is gone. A row that cannot be read, or names nobody of the roster, refuses the \
        whole file. While a server runs, send the file to POST /v1/absences/import instead."
    )]
    #[command(
        after_help = "Example:\n  pointsman absences import leave.csv --workspace crm --source personio\n  pointsman absences import mara.ics --workspace crm --rep mara"
    )]
    Import(AbsencesImport),
}

#[derive(Debug, ClapArgs)]
pub struct AbsencesImport {
    /// The export
    #[arg(value_name = "FILE.ics|FILE.csv")]
    pub file: PathBuf,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// Name of the HR system; the file's name when absent
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Whose the whole file is, where it does not say
    #[arg(long, value_name = "REP")]
    pub rep: Option<String>,
    /// Leave out rows of people whom the roster does not list
    #[arg(long)]
    pub skip_unknown: bool,
    /// Say what would change, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
