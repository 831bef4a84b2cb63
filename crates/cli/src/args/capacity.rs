//! Commands about capacity: prices, assigning a list, replaying the past.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// What a place of each rep is worth to the leads still to come
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Prints the price book in force: for every rep and limit the places left and what the next one is worth, \
    as the last committed decision left it. Works while a server runs."
)]
#[command(after_help = "Example:\n  pointsman prices --workspace crm")]
pub struct Prices {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Assign a list of leads at once, the best way there is
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Reads a CSV or Parquet list and assigns all its leads together: within the policy, everybody's limits and \
    the load there is, the sum of value × chance of winning is the greatest possible. Prints what changes against the \
    present owners. Without --dry-run the assignments are recorded, by the running server if there is one.\n\n\
    Columns: lead_id (of a lead in the store) or external_id (with --source), the attributes of attributes.toml by name, \
    and where known owner, value, email, phone. Others are ignored and named."
)]
#[command(
    after_help = "Example:\n  pointsman assign --leads list.csv --workspace crm --dry-run\n  pointsman assign --leads list.csv --workspace crm --by 'Jo Ops' --reason 'spring fair' --out plan.csv"
)]
pub struct Assign {
    /// The list
    #[arg(long, value_name = "FILE.csv|parquet")]
    pub leads: PathBuf,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// What the list's columns are called: [columns] with ours = "theirs"
    #[arg(long, value_name = "FILE.toml")]
    pub mapping: Option<PathBuf>,
    /// Another policy of the workspace than the one that rules
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// The system that external ids belong to
    #[arg(long, value_name = "NAME", default_value = "list")]
    pub source: String,
    /// Places by rep (rep,capacity) instead of what the limits leave
    #[arg(long, value_name = "FILE.csv")]
    pub capacity: Option<PathBuf>,
    /// A lead stays with its owner unless it gains more than this share by moving
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub keep: f64,
    /// Assign as of this time (RFC 3339); the next time at which most reps are there when absent
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Say what would change, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The person who assigns, as the record names them
    #[arg(long, value_name = "NAME", default_value = "pointsman assign")]
    pub by: String,
    /// Why, as the record keeps it
    #[arg(long, value_name = "TEXT", default_value = "assigned from a list")]
    pub reason: String,
    /// Write lead,owner,before,change,chance
    #[arg(long, value_name = "FILE.csv")]
    pub out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Replay past leads of a workspace through a policy
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Takes the leads that a workspace decided between two times, in their order, and routes them by another \
    policy, with turns, caps, absences, SLA clocks and holds as they were. A lead keeps its slot as long as it really stayed \
    open, whoever gets it. Says who would have gone elsewhere, load and fairness, SLA misses, expected wins, and what the \
    logged propensities prove of it."
)]
#[command(
    after_help = "Example:\n  pointsman backtest --policy policies/new.toml --workspace crm --from 2026-01-01 --to 2026-04-01"
)]
pub struct Backtest {
    /// The policy to judge
    #[arg(long, value_name = "NEW.toml")]
    pub policy: PathBuf,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// First arrivals (RFC 3339, or a day)
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Arrivals before this time
    #[arg(long, value_name = "TIME")]
    pub to: String,
    /// A model that did not choose (artifact.json) to judge by; without one the model that chooses judges itself
    #[arg(long, value_name = "FILE.json")]
    pub judge: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the report as a page
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
}
