//! The commands around policies.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use pointsman_domain::PolicyName;

/// Routing policies
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Write a commented policy in the standard order, to start from
    #[command(
        long_about = "Writes DIR/policies/NAME.toml: legal and contract, named accounts, open opportunity, the account's \
        owner with parents and subsidiaries, prior contact, territory, skill and language, everything else, fallback."
    )]
    #[command(after_help = "Example:\n  pointsman policy new inbound --workspace crm")]
    New {
        /// Name of the policy
        #[arg(value_name = "NAME", default_value = "standard")]
        name: PolicyName,
        /// Folder of the workspace
        #[arg(long, value_name = "DIR", default_value = ".")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Check(Check),
    Diff(Diff),
    Publish(Publish),
}

/// Find mistakes before they route anybody; exit 1 with findings, 2 when something does not load
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Loads the workspace and looks for rules that never fire, rules that share leads without meaning to, \
    conditions that are always or never true, pools without anybody or with everybody away in the next 30 days, skills \
    nobody has, overflows that add nobody, reps nobody reaches, gaps and overlaps of territories, too many rules, too much \
    nesting, and policies that nobody reviewed for 90 days. Every finding names rules with lines and an example lead. What \
    cannot be decided is not reported. A rule with allow = [\"shadowed\"] means it. Exit codes: 0 nothing found, 1 findings, \
    2 something does not load."
)]
#[command(
    after_help = "Example:\n  pointsman policy check --workspace crm\n  pointsman policy check --workspace crm draft.toml --json"
)]
pub struct Check {
    /// A policy that is not in the workspace yet, in place of its namesake
    #[arg(value_name = "FILE.toml", conflicts_with = "policy")]
    pub file: Option<PathBuf>,
    /// Only this policy of the workspace
    #[arg(long, value_name = "NAME")]
    pub policy: Option<PolicyName>,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What differs between two policies, in words and on past leads
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Says which rules were added, removed, moved and changed, and which of a sample of leads would go \
    elsewhere: from where to where, how many, with examples. Each lead is decided by itself at its own time, on an empty \
    load, so that a difference comes from the policies and not from whose turn it was. The sample is DIR/data (made by \
    import) and every lead that the workspace's store decided, unless --leads names a CSV with a column a lead attribute; the columns at, account.name, account.domain and \
    account.owner are read too. Exit 0 without a difference, 1 with one."
)]
#[command(
    after_help = "Example:\n  pointsman policy diff default draft.toml --workspace crm\n  pointsman policy diff old.toml new.toml --workspace crm --leads leads.csv --json"
)]
pub struct Diff {
    /// A policy of the workspace by its name, or a file
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The same
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// The sample of leads
    #[arg(long, value_name = "FILE.csv")]
    pub leads: Option<PathBuf>,
    /// At most this many leads, the latest
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub most: usize,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Make one policy live and leave everything else as it is
#[derive(Debug, ClapArgs)]
#[command(
    long_about = "Copies one policy into the store as an immutable document named by its content, with author and reason. \
    It is checked against what is live, not against the folder. A running server has the store: use its API then."
)]
#[command(after_help = "Example:\n  pointsman policy publish default --workspace crm --reason 'Austria goes to DACH'")]
pub struct Publish {
    /// A policy of the workspace by its name, or a file
    #[arg(value_name = "NAME|FILE")]
    pub policy: String,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// Also make it the policy that rules
    #[arg(long)]
    pub rule: bool,
    /// Who publishes; recorded with the change
    #[arg(long, value_name = "NAME", default_value = "command line")]
    pub author: String,
    /// Why; recorded with the change
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
