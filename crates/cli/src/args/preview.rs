//! Flags of `pointsman preview`.

use std::path::PathBuf;

use clap::Args;

/// Where a lead would go, or many past ones, without writing anything
#[derive(Debug, Args)]
#[command(
    long_about = "Decides under the live policy, or under a draft with --policy. One lead (--lead) is decided on the load as \
    it is now and explained. Many leads (--leads, or --history for those in the store) are routed in order of time from an \
    empty load: they claim places, take turns and wait as they would have, and a summary says who gets how many. In a file, \
    columns or fields are those of POST /v1/leads; 'at' is when a lead came and 'closed' when it gave its place back."
)]
#[command(
    after_help = "Example:\n  pointsman preview --lead lead.json --workspace crm\n  pointsman preview --leads past.csv --policy draft.toml --workspace crm"
)]
pub struct Preview {
    /// One lead as JSON, as POST /v1/leads takes it
    #[arg(long, value_name = "FILE.json", required_unless_present_any = ["leads", "history"])]
    pub lead: Option<PathBuf>,
    /// Many leads, one a row
    #[arg(long, value_name = "FILE.csv|jsonl", conflicts_with_all = ["lead", "history"])]
    pub leads: Option<PathBuf>,
    /// The leads in the workspace's store, as they were known at their first decision
    #[arg(long, conflicts_with = "lead")]
    pub history: bool,
    /// A draft instead of the policy that rules
    #[arg(long, value_name = "FILE.toml")]
    pub policy: Option<PathBuf>,
    /// Another time than now (RFC 3339); with many leads, that of rows that have none
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workspace: PathBuf,
    /// Sentences in German
    #[arg(long)]
    pub german: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
