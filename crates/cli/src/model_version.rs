//! One version of a model on disk, `models/NAME/VERSION`: artifact, feature specification, feature
//! state, card and manifest. The manifest names the others by hash; a version whose parts do not
//! have these hashes does not load.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_decision::document;
use pointsman_domain::{Digest, Instant, ModelName};
use pointsman_scoring::{Artifact, FeatureSpec, ModelCard};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// `manifest.json`: what a version was made from and what belongs to it, by hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub name: ModelName,
    pub version: Box<str>,
    pub trained_at: Instant,
    /// Nothing learned at or after this instant was used.
    pub until: Instant,
    pub engine: Box<str>,
    pub rows: u64,
    pub train_seconds: f64,
    pub artifact: Digest,
    pub features: Digest,
    pub data: Digest,
    pub state: Digest,
    /// Of `card.json`; absent in versions written before cards were sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Digest>,
}

/// A version that was read and is whole.
#[derive(Debug, Clone)]
pub struct ModelVersion {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub artifact: Artifact,
    pub card: ModelCard,
}

impl ModelVersion {
    /// Reads a version and checks every part against the manifest, and the manifest against the
    /// place it lies in.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let manifest: Manifest = json(&folder.join("manifest.json"))?;
        if manifest.format != 1 {
            bail!("{}: format {} is newer than this version reads (1)", folder.display(), manifest.format);
        }
        let file = folder.join("artifact.json");
        let artifact = Artifact::load(&bytes(&file)?).with_context(|| format!("{} does not load", file.display()))?;
        let spec: FeatureSpec = json(&folder.join("features.json"))?;
        let card: ModelCard = json(&folder.join("card.json"))?;
        let state = document::digest(&bytes(&folder.join("state.json"))?);
        let sealed = [
            ("artifact.json", manifest.artifact, artifact.digest()),
            ("features.json", manifest.features, spec.digest()),
            ("state.json", manifest.state, state),
            ("card.json", manifest.artifact, card.artifact),
            (
                "card.json",
                manifest.card.unwrap_or_default(),
                match manifest.card {
                    Some(_) => document::digest(&bytes(&folder.join("card.json"))?),
                    None => Digest::default(),
                },
            ),
        ];
        for (file, expected, found) in sealed {
            if expected != found {
                bail!(
                    "{} was altered or belongs to another version: its hash is {}, the manifest says {}",
                    folder.join(file).display(),
                    found.short(),
                    expected.short()
                );
            }
        }
        Ok(Self { folder: folder.to_owned(), manifest, artifact, card })
    }

    /// `NAME/VERSION`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.manifest.name, self.manifest.version)
    }
}

pub fn json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    serde_json::from_slice(&bytes(path)?).with_context(|| format!("cannot read {}", path.display()))
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Where a model version lives.
pub fn folder(workspace: &Path, name: &ModelName, version: &str) -> PathBuf {
    workspace.join("models").join(name.as_str()).join(version)
}

/// The versions in a model's folder, oldest first.
pub fn versions(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e).with_context(|| format!("cannot list {}", folder.display())),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_by_key(|name| (name.parse::<u32>().unwrap_or(u32::MAX), name.clone()));
    Ok(names)
}

/// Name and version of `NAME/VERSION`.
fn parse(text: &str) -> anyhow::Result<(ModelName, &str)> {
    match text.split_once('/') {
        Some((name, version)) if !version.is_empty() && !version.contains(['/', '\\', '.']) => {
            Ok((name.parse()?, version))
        }
        _ => bail!("'{text}' is no version: write NAME/VERSION, for example conversion/1"),
    }
}

/// `NAME/VERSION` that exists and is whole.
pub fn find(workspace: &Path, text: &str) -> anyhow::Result<ModelVersion> {
    let (name, version) = parse(text)?;
    let path = folder(workspace, &name, version);
    if !path.join("manifest.json").exists() {
        bail!("there is no version '{text}' (see: pointsman models list --workspace {})", workspace.display());
    }
    ModelVersion::read(&path)
}
