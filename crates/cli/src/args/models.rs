//! Flags of `pointsman models`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

/// Model versions of a workspace
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Every version with its quality
    #[command(after_help = "Example:\n  pointsman models list --workspace crm")]
    List {
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// The card of one version
    #[command(
        alias = "card",
        after_help = "Example:\n  pointsman models show conversion/1 --workspace crm --html card.html"
    )]
    Show(ModelsShow),
    /// Make a version the one that decides; applied to a running store by `pointsman apply`
    #[command(
        after_help = "Example:\n  pointsman models promote conversion/1 --workspace crm && pointsman apply --workspace crm"
    )]
    Promote(OneVersion),
    /// Let a version run in the shadow of the promoted one: it decides nothing, `compare` judges it
    #[command(
        after_help = "Example:\n  pointsman models shadow conversion/2 --workspace crm\n  pointsman models shadow --off --workspace crm"
    )]
    Shadow {
        /// Which version
        #[arg(value_name = "NAME/VERSION", required_unless_present = "off")]
        version: Option<String>,
        /// No version runs in the shadow any more
        #[arg(long, conflicts_with = "version")]
        off: bool,
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
    },
    /// Make the version decide that was promoted before
    #[command(after_help = "Example:\n  pointsman models rollback --workspace crm && pointsman apply --workspace crm")]
    Rollback {
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
    },
    /// Two versions on the leads that came after both; the promoted one and its shadow when not named
    #[command(
        long_about = "Scores every lead of the feature table that was given away after both versions were trained and whose \
    outcome is known, by both. Prints log-loss, calibration, how often they name the same best rep, and the paired difference \
    with its interval. Exit 1 when the second is worse beyond chance."
    )]
    #[command(after_help = "Example:\n  pointsman models compare conversion/1 conversion/2 --workspace crm")]
    Compare {
        /// The version that decides
        #[arg(value_name = "NAME/VERSION", requires = "second")]
        first: Option<String>,
        /// The version that might
        #[arg(value_name = "NAME/VERSION")]
        second: Option<String>,
        /// Folder of the workspace
        #[arg(long, value_name = "DIR")]
        workspace: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub struct OneVersion {
    /// Which version
    #[arg(value_name = "NAME/VERSION")]
    pub version: String,
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct ModelsShow {
    #[command(flatten)]
    pub of: OneVersion,
    /// Write the card as one HTML file with charts
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,
    /// Write the card as Markdown
    #[arg(long, value_name = "FILE.md")]
    pub markdown: Option<PathBuf>,
    /// Language of the two files
    #[arg(long, value_enum, default_value = "en")]
    pub language: Language,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    En,
    De,
}
