//! Flags of `pointsman roi`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// What Pointsman brought in money, with its interval and the sentence the evidence allows
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Computes from one file: leads before (a frozen baseline) and in the period, contribution margin, hours, \
    costs, and whatever comparisons there are: before and after, weeks against their trend, teams that started later, \
    switchback, budget split, a random hold-out. The strongest comparison counts, and the report says no more than it \
    allows. Amounts in the file are in major units."
)]
#[command(
    after_help = "Example:\n  pointsman roi count --workspace crm --from 2025-07-01 --until 2025-10-01\n  pointsman roi baseline --spec roi.toml      once, before the start\n  pointsman roi --spec roi.toml --html roi.html\n  pointsman roi --spec roi.toml --workspace crm     and /roi tells it"
)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Roi {
    #[command(subcommand)]
    pub step: Option<RoiStep>,
    /// The file that says everything
    #[arg(long, value_name = "FILE.toml", required = true)]
    pub spec: Option<PathBuf>,
    /// Write the report in English to FILE.html and in German to FILE.de.html
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
    /// Keep it in this workspace's store, where /roi, /v1/roi and rpt_roi_quarter_v1 tell it; also while a server runs
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Who keeps it
    #[arg(long, value_name = "NAME", default_value = "command line", requires = "workspace")]
    pub by: String,
    /// Draws orders of start dates and the rehearsal
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum RoiStep {
    /// Freeze the file's baseline: at least three months, mature, once
    #[command(
        long_about = "Writes the baseline of the file with today's date and a hash to the place that `frozen` names. From \
        then on a changed baseline is refused, in the file and in the frozen copy."
    )]
    Baseline {
        /// The file that says everything
        #[arg(long, value_name = "FILE.toml")]
        spec: PathBuf,
        /// Print the frozen baseline as JSON
        #[arg(long)]
        json: bool,
    },
    /// Count leads, missed and won leads of a workspace's history, to be put into the file
    #[command(
        long_about = "A lead is missed if no person touched it within the maturity window, whatever its end; it is won if it \
        was touched and won within the window. Leads whose window is not over in the data are in no count."
    )]
    Count {
        /// Folder of the workspace
        #[arg(long, value_name = "DIR", default_value = ".")]
        workspace: PathBuf,
        /// First day of arrival
        #[arg(long, value_name = "DAY")]
        from: String,
        /// First day that no longer counts
        #[arg(long, value_name = "DAY")]
        until: String,
        /// The maturity window
        #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
        maturity_days: u16,
        /// Only leads for which a condition over their attributes holds
        #[arg(long = "where", value_name = "CONDITION")]
        condition: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
