//! Flags of `pointsman flow`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Analyse how leads move today: where they wait, who touches them, whom nobody touches
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Reads the canonical tables in DIR/data (with --mapping it imports the INPUT files there first) and writes \
    DIR/reports/flow: the report as HTML in English and German, every list behind it as CSV and Parquet, and a questionnaire \
    for reps whose answers stand beside the numbers next time."
)]
#[command(
    after_help = "Example:\n  pointsman flow --into bank --mapping mappings/bpi2012.toml events.csv.gz cases.csv\n  \
    pointsman flow --workspace crm --from 2026-07-01T00:00:00Z --where 'lead.employees >= 500' --json"
)]
pub struct Flow {
    /// Folder of the workspace
    #[arg(long, alias = "workspace", value_name = "DIR")]
    pub into: PathBuf,
    /// Import the INPUT files by this mapping first
    #[arg(long, value_name = "FILE.toml", requires = "inputs")]
    pub mapping: Option<PathBuf>,
    /// Only leads that came in from this time on
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only leads that came in before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only leads for which a condition over their attributes holds
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// Only activities with this transition of an event log (COMPLETE); several by comma
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    pub lifecycle: Vec<String>,
    /// Only activities whose name begins like this (W_); several by comma
    #[arg(long, value_name = "BEGINNING", value_delimiter = ',')]
    pub steps: Vec<String>,
    /// Only activities of people
    #[arg(long)]
    pub people_only: bool,
    /// Attribute of leads that says where they came from; 'source' or 'channel' where there is one
    #[arg(long, value_name = "ATTRIBUTE")]
    pub source: Option<String>,
    /// Working hours: a calendar of the workspace; Monday to Friday, 9 to 17 when absent
    #[arg(long, value_name = "NAME")]
    pub calendar: Option<String>,
    /// Zone of hours and weekdays; the workspace's when absent
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Touched once and then left alone this many days is dropped
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub quiet_days: u16,
    /// Answered questionnaires: CSV with question, answer (1 to 5), comment
    #[arg(long, value_name = "FILE.csv")]
    pub answers: Option<PathBuf>,
    /// A territory table (docs/policy.md) that assignments are compared with, as of their day
    #[arg(long, value_name = "FILE.csv")]
    pub territories: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Files to import first: CSV, gzip or Parquet
    #[arg(value_name = "INPUT", requires = "mapping")]
    pub inputs: Vec<PathBuf>,
}
