//! Flags of `keys` and `users`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// API keys: shown once when made, kept as hashes
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key and print it, this once
    #[command(
        after_help = "Example:\n  pointsman keys new website --scopes leads:send,leads:score --days 365 --workspace crm"
    )]
    New {
        /// Who uses it; the actor of what it does
        #[arg(value_name = "NAME")]
        name: String,
        /// What it may do: scopes, or the name of a role for its scopes (see docs/roles.md)
        #[arg(long, value_name = "SCOPE,…")]
        scopes: String,
        /// Days until it expires; never, if absent
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        days: Option<u16>,
        /// Requests a second it may send; the setting server.rate, if absent
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        rate: Option<u32>,
        #[command(flatten)]
        at: At,
    },
    /// Every key that ever was, without its text
    #[command(after_help = "Example:\n  pointsman keys list --workspace crm")]
    List {
        #[command(flatten)]
        at: At,
    },
    /// From now on nobody uses it
    #[command(after_help = "Example:\n  pointsman keys revoke 0f3a92bc41de --workspace crm")]
    Revoke {
        /// The key's id, the middle of its text
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Make a new key for an old one, which counts until the grace is over
    #[command(after_help = "Example:\n  pointsman keys rotate 0f3a92bc41de --grace-hours 48 --workspace crm")]
    Rotate {
        /// The old key's id
        #[arg(value_name = "ID")]
        id: String,
        /// Hours for which the old key still counts
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        grace_hours: u16,
        #[command(flatten)]
        at: At,
    },
}

/// People who log in
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Let somebody log in; the password is read from the first line of stdin
    #[command(after_help = "Example:\n  pointsman users add olga --role ops --workspace crm < password.txt")]
    Add {
        /// The name they log in with
        #[arg(value_name = "NAME")]
        name: String,
        /// admin, ops, analyst, rep or viewer
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// The rep that this person is; needed for the role rep
        #[arg(long, value_name = "REP")]
        rep: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Everybody who may log in
    #[command(after_help = "Example:\n  pointsman users list --workspace crm")]
    List {
        #[command(flatten)]
        at: At,
    },
    /// Set a new password, read from the first line of stdin; ends their sessions
    #[command(after_help = "Example:\n  pointsman users password olga --workspace crm < password.txt")]
    Password {
        /// Whose
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        at: At,
    },
    /// Keep somebody out, and end their sessions
    #[command(after_help = "Example:\n  pointsman users disable olga --workspace crm")]
    Disable {
        /// Whom
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, ClapArgs)]
pub struct At {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
