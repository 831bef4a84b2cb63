//! Commands and flags.

pub mod access;
pub mod capacity;
pub mod deliveries;
pub mod experiment;
mod models;
pub mod person;
pub mod preview;
mod team;

mod flow;
pub mod kpi;
pub mod policy;
mod roi;
mod upkeep;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use pointsman_domain::ModelName;

pub use deliveries::Deliveries;
pub use experiment::Experiment;
pub use flow::Flow;
pub use models::{Language, Models, ModelsShow, OneVersion};
pub use roi::{Roi, RoiStep};
pub use team::{Absences, AbsencesImport, Reps};
pub use upkeep::{Backup, Doctor, Export, ExportFormat, Load, Migrate, Restore};

/// Sends every sales lead to the rep most likely to win it, within everybody's capacity, and
/// proves that it did better than before.
///
/// Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 a check found something,
/// 2 bad input or usage, 70 a bug in pointsman.
#[derive(Debug, Parser)]
#[command(name = "pointsman", version, max_term_width = 100)]
#[command(
    after_help = "Example:\n  pointsman demo          see the whole thing on a simulated company\n  pointsman init crm      make a workspace and read on in its files"
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(Demo),
    Init(Init),
    Import(Import),
    Load(Load),
    Export(Export),
    Flow(Flow),
    Kpi(kpi::KpiArgs),
    Report(kpi::Report),
    Roi(Roi),
    Features(Features),
    Train(Train),
    Evaluate(Evaluate),
    #[command(subcommand)]
    Models(Models),
    #[command(subcommand)]
    Policy(policy::Policy),
    Apply(Apply),
    Reps(Reps),
    #[command(subcommand)]
    Absences(Absences),
    Serve(Serve),
    #[command(subcommand)]
    Keys(access::Keys),
    #[command(subcommand)]
    Users(access::Users),
    #[command(subcommand)]
    Deliveries(Deliveries),
    #[command(subcommand)]
    Person(person::Person),
    Prices(capacity::Prices),
    Assign(capacity::Assign),
    Backtest(capacity::Backtest),
    Simulate(Simulate),
    #[command(subcommand)]
    Experiment(Experiment),
    Preview(preview::Preview),
    Explain(Explain),
    Replay(Replay),
    #[command(subcommand)]
    Audit(Audit),
    Migrate(Migrate),
    Backup(Backup),
    Restore(Restore),
    Doctor(Doctor),
}

/// Route a simulated company's leads twice, by its old policy and by Pointsman, and report
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Draws a company whose truth is known, gives it a year of history under round robin, imports that \
    history from CRM files, trains a model on it, routes the next quarter by both policies, runs an A/B test of the two, \
    writes a report and serves the workspace. The same seed gives the same numbers."
)]
#[command(after_help = "Example:\n  pointsman demo --seed 7 --into demo-workspace --no-serve")]
pub struct Demo {
    /// Another seed is another company
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder of the workspace that is made; must be new, or made by an earlier demo
    #[arg(long, value_name = "DIR", default_value = "demo-workspace")]
    pub into: PathBuf,
    /// Independent years behind every interval, at least 2
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub years: u32,
    /// End after the report
    #[arg(long)]
    pub no_serve: bool,
    /// Address to serve at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7171")]
    pub listen: String,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

/// Make a workspace: settings, attributes, reps, a calendar, a policy
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman init crm && pointsman serve --workspace crm")]
pub struct Init {
    /// Folder to make; must be new or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Read CRM exports or an event log into canonical tables
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Reads CSV (gzip or not) and Parquet files by a mapping and writes the canonical Parquet tables into \
    DIR/data. Every input row is taken or set aside with file, line, column and reason. A fault of a whole file writes nothing."
)]
#[command(
    after_help = "Example:\n  pointsman import --mapping mappings/bpi2012.toml --into bank events.csv.gz cases.csv"
)]
pub struct Import {
    /// What the columns mean
    #[arg(long, value_name = "FILE.toml")]
    pub mapping: PathBuf,
    /// Workspace that the tables are written into
    #[arg(long, alias = "workspace", value_name = "DIR")]
    pub into: PathBuf,
    /// Largest share of a file's rows that may be set aside
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub max_set_aside: f64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Files to read: CSV, gzip or Parquet
    #[arg(value_name = "INPUT", required = true)]
    pub inputs: Vec<PathBuf>,
}

/// Build the point-in-time feature table from a workspace's history
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    long_about = "Reads the canonical tables in DIR/data and writes DIR/features: one row per lead and first owner, with \
    everything as it was known at the last full hour before the decision. The specification is DIR/features.toml; without \
    one, a specification made from the attributes is written there first."
)]
#[command(
    after_help = "Example:\n  pointsman features --workspace bank\n  pointsman features describe --workspace bank"
)]
pub struct Features {
    #[command(subcommand)]
    pub describe: Option<FeaturesDescribe>,
    /// Folder of the workspace
    #[arg(long, alias = "into", value_name = "DIR", required = true)]
    pub workspace: Option<PathBuf>,
    /// Instead of building here, write SQL for DuckDB or Spark Connect, for histories beyond one machine
    #[arg(long, value_enum, value_name = "FORM")]
    pub emit: Option<Emit>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Emit {
    Sql,
}

#[derive(Debug, Subcommand)]
pub enum FeaturesDescribe {
    /// Print each feature with coverage, range and drift
    #[command(after_help = "Example:\n  pointsman features describe --workspace bank")]
    Describe {
        /// Folder of the workspace
        #[arg(long, alias = "into", value_name = "DIR")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Train a conversion model on a workspace's feature table
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Trains on leads whose label is mature, keeps each layer only if its forward-chained gain exceeds two \
    standard errors, and writes artifact, feature specification, feature state, manifest and card into DIR/models/NAME/VERSION."
)]
#[command(after_help = "Example:\n  pointsman train --workspace bank --name conversion --promote")]
pub struct Train {
    /// Folder of the workspace
    #[arg(long, alias = "into", value_name = "DIR")]
    pub workspace: PathBuf,
    /// Line of versions that the new one continues
    #[arg(long, value_name = "NAME", default_value = "conversion")]
    pub name: ModelName,
    /// Train on decisions and outcomes before this time only (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Make the new version the one that decides
    #[arg(long)]
    pub promote: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Measure a model on rows it has not seen
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Trains on rows before the split and measures on the rows after it. Works on a workspace's feature table, \
    or on any table with columns lead_id, ts, label_ts, rep, y, value, c_* (categories) and n_* (numbers). With --rolling a \
    model is trained before each stretch of the test rows on what was known by then, and compared with one that is left alone: \
    that is the recommended way of use, and its report says when to refit."
)]
#[command(
    after_help = "Example:\n  pointsman evaluate --table leads.csv --split 2012-01-10 --until 2012-02-15 --labels-known --json\n  pointsman evaluate --workspace crm --split 0.7 --rolling 14d"
)]
pub struct Evaluate {
    /// A CSV or Parquet table made elsewhere
    #[arg(long, value_name = "FILE", required_unless_present = "workspace", conflicts_with = "workspace")]
    pub table: Option<PathBuf>,
    /// A workspace with built features
    #[arg(long, alias = "into", value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// A time (train before, test from), a fraction of the rows in order, or `truth`: everything before its rows
    #[arg(long, value_name = "TIME|FRACTION|truth")]
    pub split: String,
    /// Test rows end before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Train only on rows whose label was known before the split
    #[arg(long)]
    pub labels_known: bool,
    /// Refit as time goes on: test rows in so many stretches, or a stretch this long (14d, 12h)
    #[arg(long, value_name = "PARTS|TIME", num_args = 0..=1, default_missing_value = "8", conflicts_with = "truth")]
    pub rolling: Option<String>,
    /// Leave the reps out
    #[arg(long)]
    pub no_rep: bool,
    /// True probabilities (leads × reps, .npy) of the last rows: adds the gap closed
    #[arg(long, value_name = "FILE.npy")]
    pub truth: Option<PathBuf>,
    /// Names of the truth's columns, one a line; the table's reps in byte order when absent
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub truth_reps: Option<PathBuf>,
    /// Write lead_id,p for every test row
    #[arg(long, value_name = "FILE.csv")]
    pub predictions: Option<PathBuf>,
    /// Another seed draws other numbers
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Check a workspace's files and make them live
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman apply --workspace crm --reason 'new territory team' --dry-run")]
pub struct Apply {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Say what would change, change nothing; exit 1 when something would
    #[arg(long)]
    pub dry_run: bool,
    /// Who applies; recorded with the change
    #[arg(long, value_name = "NAME", default_value = "command line")]
    pub author: String,
    /// Why; recorded with the change
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Serve the HTTP API and pages of a workspace
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Serves what is live in the workspace's store. An empty store is filled from the folder first; later the \
    folder is only compared, and the differences are printed, unless --apply is given. Without keys and users it listens on loopback only; both are made by `pointsman keys` and \
    `pointsman users`, keys also by the environment: POINTSMAN_API_KEYS=NAME:KEY,NAME:KEY."
)]
#[command(
    after_help = "Example:\n  pointsman serve --workspace crm\n  curl -s localhost:7171/v1/leads -H 'content-type: application/json' -d '{\"source\":\"web\",\"attributes\":{\"country\":\"DE\"}}'"
)]
pub struct Serve {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Address to listen on instead of the settings' one
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Make the folder's files live before serving
    #[arg(long)]
    pub apply: bool,
}

/// Judge policies where the truth is known
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Example:\n  pointsman simulate --world worlds/claim.toml --policies manual,expected-value --seeds 5 --first-day 0 --html claim.html"
)]
pub struct Simulate {
    #[command(subcommand)]
    pub other: Option<SimulateOther>,
    /// A company with known truth (TOML); the demo's when absent
    #[arg(long, value_name = "FILE.toml")]
    pub world: Option<PathBuf>,
    /// Policies to compare, the first is the one the others are compared with: manual, weighted-round-robin,
    /// least-loaded, draw, best-score, expected-value-unpriced, expected-value (or pointsman)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_value = "weighted-round-robin,least-loaded")]
    pub policies: Vec<String>,
    /// Another seed draws other numbers
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Independent stretches of leads
    #[arg(long, default_value_t = 5)]
    pub replicates: u32,
    /// Draw so many companies, one stretch each, instead of several stretches of one
    #[arg(long, value_name = "N", conflicts_with = "replicates")]
    pub seeds: Option<u32>,
    /// Days in a stretch
    #[arg(long, default_value_t = 91)]
    pub days: u32,
    /// The day of the world on which the stretch begins
    #[arg(long, value_name = "DAY", default_value_t = 365)]
    pub first_day: u32,
    /// Write the comparison as a page
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum SimulateOther {
    /// Run an online policy on a matrix of true probabilities made elsewhere
    #[command(
        after_help = "Example:\n  pointsman simulate assign --scores S.npy --capacity C.csv --policy prices --seed 1 --json"
    )]
    Assign(SimulateAssign),
    /// Write the past of a company with known truth as its CRM would export it
    #[command(
        long_about = "Routes the leads of a world by weighted round robin and writes what its CRM would export at the end: \
        DIR/crm-export with leads, reps and activities as CSV, and DIR/mappings with the mapping that imports them."
    )]
    #[command(after_help = "Example:\n  pointsman simulate history --days 90 --into sample")]
    History(SimulateHistory),
}

#[derive(Debug, ClapArgs)]
pub struct SimulateHistory {
    /// A company with known truth (TOML); the demo's when absent
    #[arg(long, value_name = "FILE.toml")]
    pub world: Option<PathBuf>,
    /// Another seed is another company
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Days of history
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    /// Folder that the files are written into
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct SimulateAssign {
    /// Leads × reps, true probabilities (f32 or f64), in order of arrival
    #[arg(long, value_name = "FILE.npy")]
    pub scores: PathBuf,
    /// rep,capacity in the column order of the scores
    #[arg(long, value_name = "FILE.csv")]
    pub capacity: PathBuf,
    /// Scores of past leads
    #[arg(long, value_name = "FILE.npy")]
    pub history: Option<PathBuf>,
    /// Scores the policy sees when they are not the truth
    #[arg(long, value_name = "FILE.npy")]
    pub seen: Option<PathBuf>,
    /// Multiplies the forecast of volume
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub forecast_error: f64,
    /// random, round_robin, least_loaded, greedy, static_prices, resolved_prices or prices
    #[arg(long, default_value = "prices")]
    pub policy: String,
    /// Another seed draws other numbers
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write lead,rep (empty: not assigned)
    #[arg(long, value_name = "FILE.csv")]
    pub choices: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a lead went where it went: a sentence, every rung, every candidate
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  pointsman explain lead_01h2xcejqtf2nbrexx3vqjhp41 --workspace crm\n  pointsman explain lead_01h2xcejqtf2nbrexx3vqjhp41 --workspace crm --why-not jonas"
)]
pub struct Explain {
    /// A lead id or a decision id
    #[arg(value_name = "ID")]
    pub id: String,
    /// What would have had to differ for this rep to get it
    #[arg(long, value_name = "REP")]
    pub why_not: Option<String>,
    /// Sentences in German
    #[arg(long)]
    pub german: bool,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Take a recorded decision again and prove that it comes out the same
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman replay decision_01h2xcejqtf2nbrexx3vqjhp41 --workspace crm")]
pub struct Replay {
    /// Id of the decision
    #[arg(value_name = "DECISION")]
    pub id: String,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The chained record of everything that changed
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the hash chain; exit 1 at the first altered or missing row
    #[command(after_help = "Example:\n  pointsman audit verify --workspace crm --ledger")]
    Verify {
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
        /// The head hash noted earlier, so that a cut tail shows
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
        /// Fold the log again and compare every counter
        #[arg(long)]
        ledger: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
