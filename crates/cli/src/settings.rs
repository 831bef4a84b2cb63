//! `pointsman.toml`: the settings of a workspace. Secrets come from the environment or a file,
//! never from here.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_decision::RoutingSettings;
use pointsman_domain::{Currency, PolicyName};
use pointsman_store::Location;
use serde::{Deserialize, Serialize};

/// The file as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub format: u32,
    /// IANA name: the workspace's day.
    pub zone: Box<str>,
    pub currency: Currency,
    /// The policy that rules outside experiments.
    pub policy: PolicyName,
    #[serde(default)]
    pub store: StoreSettings,
    #[serde(default)]
    pub server: ServerSettings,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// `sqlite:FILE`, relative to the workspace.
    pub url: Box<str>,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: "sqlite:pointsman.db".into() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    pub listen: Box<str>,
    /// Within this many days the same e-mail or phone is the same lead.
    pub duplicate_days: u32,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:7171".into(), duplicate_days: 30 }
    }
}

impl Settings {
    pub const FILE: &'static str = "pointsman.toml";

    /// Reads the settings of a workspace.
    pub fn read(workspace: &Path) -> anyhow::Result<Self> {
        let path = workspace.join(Self::FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            let (folder, file) = (workspace.display(), Self::FILE);
            format!("'{folder}' is no workspace, cannot read its {file} (make one with: pointsman init {folder})")
        })?;
        let settings: Self = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
        if settings.format != 1 {
            bail!("{}: format {} is newer than this version reads (1)", path.display(), settings.format);
        }
        Ok(settings)
    }

    /// Where the store is.
    pub fn store(&self, workspace: &Path) -> anyhow::Result<Location> {
        Location::parse(&self.store.url, workspace).with_context(|| format!("[store] of {}", Self::FILE))
    }

    /// The part that decides, as a document.
    pub fn routing_document(&self) -> anyhow::Result<Vec<u8>> {
        let routing = RoutingSettings {
            format: 1,
            zone: self.zone.clone(),
            currency: self.currency,
            policy: self.policy.clone(),
        };
        Ok(toml::to_string(&routing)?.into_bytes())
    }
}
