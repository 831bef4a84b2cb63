//! `models/registry.json`: which version decides, which one runs in its shadow, and what decided
//! before. Written beside and renamed under a lock, so that a reader sees the old state or the new
//! one, and two writers at once lose nothing.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_domain::{Digest, Instant, ModelName};
use pointsman_scoring::Artifact;
use serde::{Deserialize, Serialize};

use crate::{clock::now, model_version};

const FILE: &str = "registry.json";
/// What named the promoted version before there was a registry: one line, NAME/VERSION.
const EARLIER: &str = "promoted";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    pub format: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoted: Option<Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Entry>,
    /// What was promoted before, the latest last; rolling back takes from the end.
    #[serde(default)]
    pub before: Vec<Entry>,
}

/// A version as it was when it was named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: ModelName,
    pub version: Box<str>,
    pub artifact: Digest,
    pub at: Instant,
}

impl Entry {
    pub fn title(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }

    pub fn folder(&self, workspace: &Path) -> PathBuf {
        model_version::folder(workspace, &self.name, &self.version)
    }
}

impl Registry {
    /// The registry of a workspace; an empty one where nothing was ever promoted.
    pub fn read(workspace: &Path) -> anyhow::Result<Self> {
        let path = workspace.join("models").join(FILE);
        let registry: Self = match std::fs::read(&path) {
            Ok(body) => serde_json::from_slice(&body).with_context(|| format!("cannot read {}", path.display()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return earlier(workspace),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
        };
        match registry.format {
            1 => Ok(registry),
            other => bail!("{}: format {other} is newer than this version reads (1)", path.display()),
        }
    }

    /// Changes the registry of a workspace; a `change` that refuses leaves it as it was.
    pub fn change<T>(workspace: &Path, change: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let folder = workspace.join("models");
        let path = folder.join(FILE);
        let refuse = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(&folder).with_context(refuse)?;
        let lock = OpenOptions::new().create(true).append(true).open(folder.join(".registry.lock"));
        let lock = lock.with_context(refuse)?;
        lock.lock().with_context(refuse)?;
        let mut registry = Self::read(workspace)?;
        let result = change(&mut registry)?;
        let fresh = folder.join(".registry.new");
        let write = || {
            let mut file = File::create(&fresh)?;
            file.write_all(&serde_json::to_vec_pretty(&registry)?)?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path)?;
            // The rename itself is on disk only once the folder is.
            File::open(&folder)?.sync_all()
        };
        write().with_context(refuse)?;
        Ok(result)
    }

    /// Makes a version the one that decides; the one before is remembered.
    pub fn promote(&mut self, name: &ModelName, version: &str, artifact: Digest) {
        let entry = Entry { name: name.clone(), version: version.into(), artifact, at: now() };
        if self.shadow.as_ref().is_some_and(|s| s.title() == entry.title()) {
            self.shadow = None;
        }
        if self.promoted.as_ref().is_some_and(|p| p.title() == entry.title()) {
            return;
        }
        self.before.extend(self.promoted.replace(entry));
    }

    /// Back to what was promoted before; returns what decides now.
    pub fn roll_back(&mut self) -> anyhow::Result<&Entry> {
        let Some(earlier) = self.before.pop() else {
            bail!("nothing was promoted before: there is no version to go back to")
        };
        Ok(self.promoted.insert(Entry { at: now(), ..earlier }))
    }
}

fn earlier(workspace: &Path) -> anyhow::Result<Registry> {
    let path = workspace.join("models").join(EARLIER);
    let mut registry = Registry { format: 1, promoted: None, shadow: None, before: Vec::new() };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(registry),
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
    };
    let Some((name, version)) = text.trim().split_once('/') else {
        bail!("{} should hold NAME/VERSION, found '{}'", path.display(), text.trim())
    };
    let name: ModelName = name.parse()?;
    let file = model_version::folder(workspace, &name, version).join("artifact.json");
    let body = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let artifact = Artifact::load(&body).with_context(|| format!("{} does not load", file.display()))?.digest();
    registry.promoted = Some(Entry { name, version: version.into(), artifact, at: Instant::from_unix_micros(0) });
    Ok(registry)
}
