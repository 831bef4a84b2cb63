//! Flags of `pointsman kpi` and `pointsman report`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use pointsman_measure::kpi::{Dimension, Kpi, Part};

/// Figures of a company in operation, each with its interval and the leads behind it
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Measures speed, promises, conversion, balance, accuracy and cost on the workspace's live store, or on its imported tables (DIR/data) where there is none. What \
    the data cannot tell is said, never guessed. Without a period, the thirteen weeks before the history ends. What figures \
    mean here (maturity, targets, costs) is DIR/kpi.toml; docs/kpi.md defines each."
)]
#[command(
    after_help = "Example:\n  pointsman kpi --workspace crm --quarter 2026-Q3\n  pointsman kpi --workspace crm --kpi conversion --by rep --filter team=north\n  \
    pointsman kpi --workspace crm --kpi lost-leads --list --part hits\n  pointsman kpi --workspace crm --html kpi.html"
)]
pub struct KpiArgs {
    /// Folder of the workspace
    #[arg(long, alias = "into", value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    #[command(flatten)]
    pub period: PeriodArgs,
    /// Only these figures, by comma
    #[arg(long, value_name = "FIGURE,…", value_delimiter = ',', value_parser = figure)]
    pub kpi: Vec<Kpi>,
    /// The figures of each group: team, rep, source, path …
    #[arg(long, value_name = "DIMENSION", value_parser = dimension)]
    pub by: Option<Dimension>,
    /// Only leads of a group: team=north; several names by comma, an empty name is "not known"
    #[arg(long = "filter", value_name = "DIMENSION=NAME")]
    pub filters: Vec<String>,
    /// Only leads for which a condition over their attributes holds
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// The leads behind one figure instead of its value
    #[arg(long, requires = "kpi")]
    pub list: bool,
    /// Which of them: all, counted, hits, misses, pending
    #[arg(long, value_name = "PART", default_value = "all", value_parser = part, requires = "list")]
    pub part: Part,
    /// Leads of a list at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Measure the imported tables (DIR/data) even where a store has leads
    #[arg(long)]
    pub imported: bool,
    /// Leave out what is told of single reps
    #[arg(long)]
    pub no_reps: bool,
    /// Write the page in English to FILE.html and in German to FILE.de.html
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A quarter in two pages: seven questions, pictures, experiments, return, recommendations
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Answers what whoever pays asks, each with a number and its interval: are we faster, how many leads did \
    nobody touch, does work go to the right people, what did it bring, is it the tool, what does it cost, what to change. \
    Written to DIR/reports/QUARTER.html and QUARTER.de.html, two pages of A4 each. The return comes from an ROI file \
    (pointsman roi), experiments from the store; what cannot be told is said, with when it can."
)]
#[command(after_help = "Example:\n  pointsman report --workspace crm --quarter 2026-Q3 --roi roi.toml")]
pub struct Report {
    /// Folder of the workspace
    #[arg(long, alias = "into", value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// The quarter: 2026-Q3
    #[arg(long, value_name = "QUARTER")]
    pub quarter: String,
    /// The ROI file; DIR/roi.toml where there is one
    #[arg(long, value_name = "FILE.toml")]
    pub roi: Option<PathBuf>,
    /// Draws the rehearsal of the ROI file
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Measure the imported tables (DIR/data) even where a store has leads
    #[arg(long)]
    pub imported: bool,
    /// Leave out what is told of single reps
    #[arg(long)]
    pub no_reps: bool,
    /// Where to write instead: English to FILE.html, German to FILE.de.html
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct PeriodArgs {
    /// A quarter of arrival: 2026-Q3
    #[arg(long, value_name = "QUARTER", conflicts_with_all = ["from", "until"])]
    pub quarter: Option<String>,
    /// First day of arrival
    #[arg(long, value_name = "DAY", requires = "until")]
    pub from: Option<String>,
    /// First day that no longer counts
    #[arg(long, value_name = "DAY", requires = "from")]
    pub until: Option<String>,
}

fn figure(text: &str) -> Result<Kpi, String> {
    let known = || Kpi::ALL.map(Kpi::slug).join(", ");
    Kpi::parse(text).ok_or_else(|| format!("no such figure; there are {}", known()))
}

fn dimension(text: &str) -> Result<Dimension, String> {
    let known = || Dimension::ALL.map(Dimension::slug).join(", ");
    Dimension::parse(text).ok_or_else(|| format!("no such dimension; there are {}", known()))
}

fn part(text: &str) -> Result<Part, String> {
    Part::parse(text).ok_or_else(|| format!("there are {}", Part::ALL.map(Part::slug).join(", ")))
}
