//! Flags of `pointsman experiment`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use pointsman_domain::{ExperimentId, PolicyName, VariantId};

/// A/B tests of routing rules
#[derive(Debug, Subcommand)]
#[command(
    after_help = "The way: new, plan, check, advise, start, status, analyze, report, stop, decide, promote.\n\nExample:\n  pointsman experiment new faster --against best-score --workspace crm && pointsman experiment advise faster --workspace crm"
)]
pub enum Experiment {
    New(New),
    Plan(One),
    Check(One),
    Advise(One),
    Start(Step),
    Status(One),
    Pause(Step),
    Resume(Step),
    Stop(Step),
    Reweigh(Reweigh),
    Analyze(Analyze),
    Report(Report),
    Decide(Decide),
    Promote(Promote),
    List(List),
}

/// The company and the form of the answer
#[derive(Debug, ClapArgs)]
pub struct Where {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What is randomised
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DesignWord {
    Switchback,
    BudgetSplit,
    Cluster,
    Lead,
}

/// Write experiments/ID/experiment.toml to start from
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman experiment new faster --against best-score --workspace crm")]
pub struct New {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    /// The policy that is tried; without one a change to a rule of the default policy is sketched
    #[arg(long, value_name = "POLICY")]
    pub against: Option<PolicyName>,
    /// What is randomised
    #[arg(long, value_enum, default_value = "switchback")]
    pub design: DesignWord,
    /// What a switchback or cluster groups leads by: lead.region, or all
    #[arg(long, value_name = "FIELD", default_value = "all")]
    pub unit: String,
    /// Weights follow the results (top-two Thompson sampling); leads are what is randomised
    #[arg(long, conflicts_with = "aa")]
    pub adaptive: bool,
    /// Both variants are the default policy: a test of the test
    #[arg(long, conflicts_with = "against")]
    pub aa: bool,
    #[command(flatten)]
    pub at: Where,
}

/// One experiment, by its name
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman experiment status faster --workspace crm")]
pub struct One {
    /// Name of the experiment; a draft is read from experiments/ID/experiment.toml
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    #[command(flatten)]
    pub at: Where,
}

/// A step of an experiment's life; who and why are kept
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman experiment pause faster --by olga --reason 'trade fair' --workspace crm")]
pub struct Step {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub at: Where,
}

#[derive(Debug, ClapArgs)]
pub struct Who {
    /// Who does it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Give a running test other weights; a new epoch begins
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  pointsman experiment reweigh faster --weights 0.9,0.1 --by olga --reason careful --workspace crm"
)]
pub struct Reweigh {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    /// One a variant, in their order
    #[arg(long, value_name = "W,…", value_delimiter = ',', required = true)]
    pub weights: Vec<f64>,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub at: Where,
}

/// Look at the effect: of a live test (the look is written down), or of any table of units
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  pointsman experiment analyze faster --by olga --workspace crm\n  pointsman experiment analyze --spec experiments/end-to-end/experiment.toml --data units.csv --json"
)]
pub struct Analyze {
    /// Name of a live experiment
    #[arg(value_name = "ID", required_unless_present = "spec", conflicts_with_all = ["spec", "data"], requires = "workspace")]
    pub id: Option<ExperimentId>,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Who looks
    #[arg(long, value_name = "NAME", default_value = "command line")]
    pub by: String,
    /// What is analysed, and how
    #[arg(long, value_name = "SPEC.toml", requires = "data")]
    pub spec: Option<PathBuf>,
    /// Table with one row a unit
    #[arg(long, value_name = "FILE.csv|parquet", requires = "spec")]
    pub data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Write the report of the last look as one HTML file in each language
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman experiment report faster --workspace crm")]
pub struct Report {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    /// As it was known then (RFC 3339); the last look when absent
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// File to write; DIR/reports/experiment-ID.html when absent
    #[arg(long, value_name = "FILE.html")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub at: Where,
}

/// Say which variant is used from now on
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  pointsman experiment decide faster --winner best-score --by olga --reason '2 points more' --workspace crm"
)]
pub struct Decide {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    /// The variant
    #[arg(long, value_name = "VARIANT")]
    pub winner: VariantId,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub at: Where,
}

/// Make the winner the default policy: first shows the change, then makes exactly that
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  pointsman experiment promote faster --by olga --reason '2 points more' --workspace crm\n  pointsman experiment promote faster --by olga --reason '2 points more' --reviewed HASH --workspace crm"
)]
pub struct Promote {
    /// Name of the experiment
    #[arg(value_name = "ID")]
    pub id: ExperimentId,
    /// The name of the change that was read, as the first call printed it
    #[arg(long, value_name = "HASH")]
    pub reviewed: Option<String>,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub at: Where,
}

/// Every experiment with its state
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pointsman experiment list --workspace crm")]
pub struct List {
    #[command(flatten)]
    pub at: Where,
}
