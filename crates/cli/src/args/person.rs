//! Flags of `person`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Everything that is known of one person: told, or erased
#[derive(Debug, Subcommand)]
pub enum Person {
    /// Write everything that is stored of a person as JSON
    #[command(after_help = "Example:\n  pointsman person export --email mara@example.com --workspace crm > mara.json")]
    Export {
        #[command(flatten)]
        who: Who,
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
    },
    /// Erase what is personal of a person; it cannot be undone
    #[command(
        long_about = "Name, address, number, keys, personal attributes, and what decisions were taken on, with its salt. \
        Open leads are closed. The record stays whole: 'audit verify' names the request. Beside a running server it goes through \
        its API, with the key of POINTSMAN_API_KEY. Backups made before still hold the person."
    )]
    #[command(
        after_help = "Example:\n  pointsman person erase --email mara@example.com --request GDPR-2026-014 --by olga --workspace crm"
    )]
    Erase {
        #[command(flatten)]
        who: Who,
        /// The request's name, which verifying the record shall say; nothing personal
        #[arg(long, value_name = "NAME")]
        request: String,
        /// Who decides it
        #[arg(long, value_name = "PERSON")]
        by: String,
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct Who {
    /// By the address they are known by
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// By the number they are known by
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// By their id
    #[arg(long, value_name = "ID")]
    pub contact: Option<String>,
}
