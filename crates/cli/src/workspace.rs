//! A workspace folder as documents, and documents as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_decision::{DocumentKind, DocumentSet, Snapshot};
use pointsman_domain::ModelName;
use pointsman_pipeline::History;

use crate::{
    model_version::{self, ModelVersion},
    registry::Registry,
    settings::Settings,
};

/// Folders whose files are one document each, and how those end.
const NAMED: [(DocumentKind, &str, &str); 3] = [
    (DocumentKind::Calendar, "calendars", "toml"),
    (DocumentKind::Territory, "territories", "csv"),
    (DocumentKind::Policy, "policies", "toml"),
];
/// Files that are one document.
const SINGLE: [(DocumentKind, &str); 3] = [
    (DocumentKind::Attributes, "attributes.toml"),
    (DocumentKind::Roster, "reps.toml"),
    (DocumentKind::Absences, "absences.toml"),
];

/// What was imported into a folder; where nothing was, says what to do first.
pub fn history(workspace: &Path) -> anyhow::Result<History> {
    History::open(workspace).with_context(|| {
        format!("{} has no imported history (first: pointsman import --into {0})", workspace.display())
    })
}

/// The documents that a folder holds, with the promoted model; unchecked.
pub fn documents(workspace: &Path) -> anyhow::Result<DocumentSet> {
    documents_with(workspace, promoted(workspace)?.as_deref())
}

/// The same with the model version of this folder.
fn documents_with(workspace: &Path, model: Option<&Path>) -> anyhow::Result<DocumentSet> {
    let settings = Settings::read(workspace)?;
    let mut set = DocumentSet::default();
    set.insert(DocumentKind::Routing, "", settings.routing_document()?);
    for (kind, file) in SINGLE {
        let path = workspace.join(file);
        match std::fs::read(&path) {
            Ok(body) => set.insert(kind, "", body),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    for (kind, folder, ending) in NAMED {
        for (name, path) in files(&workspace.join(folder), &[ending])? {
            let body = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            set.insert(kind, &name, body);
        }
    }
    for (region, path) in files(&workspace.join("calendars/holidays"), &["toml", "ics"])? {
        let body = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        set.insert(DocumentKind::Holidays, &region, body);
    }
    if let Some(model) = model {
        let read = |file: &str| {
            let path = model.join(file);
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        set.insert(DocumentKind::Model, "", read("artifact.json")?);
        set.insert(DocumentKind::Features, "", read("features.json")?);
        set.insert(DocumentKind::FeatureState, "", read("state.json")?);
    }
    Ok(set)
}

/// The documents of a folder, compiled; every fault with its file.
pub fn check(workspace: &Path) -> anyhow::Result<Snapshot> {
    compile(workspace, documents(workspace)?)
}

/// The same over what is live: experiments live in the store alone, so a folder neither adds nor
/// ends one.
pub fn check_over(workspace: &Path, live: &DocumentSet) -> anyhow::Result<Snapshot> {
    let mut set = documents(workspace)?;
    for (name, body) in live.of(DocumentKind::Experiment) {
        set.insert(DocumentKind::Experiment, name, std::sync::Arc::clone(body));
    }
    compile(workspace, set)
}

pub fn compile(workspace: &Path, set: DocumentSet) -> anyhow::Result<Snapshot> {
    match Snapshot::compile(set) {
        Ok(snapshot) => Ok(snapshot),
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!("{} does not load:\n{}", workspace.display(), lines.join("\n"))
        }
    }
}

/// The files of a folder with one of these endings, by the name before it.
fn files(folder: &Path, endings: &[&str]) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        Err(e) => return Err(e).with_context(|| format!("cannot list {}", folder.display())),
    };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if let (Some(_), Some(stem)) =
            (ending.filter(|ending| endings.contains(ending)), path.file_stem().and_then(|s| s.to_str()))
            && let Some(other) = files.insert(stem.to_owned(), path.clone())
        {
            bail!("{} and {} are both called '{stem}': keep one", other.display(), path.display());
        }
    }
    Ok(files)
}

/// The folder of the promoted model version, if there is one; refused where its artifact is not
/// the one that was promoted.
pub fn promoted(workspace: &Path) -> anyhow::Result<Option<PathBuf>> {
    let Some(entry) = Registry::read(workspace)?.promoted else { return Ok(None) };
    let version = ModelVersion::read(&entry.folder(workspace))?;
    if version.manifest.artifact != entry.artifact {
        bail!("{} was altered after it was promoted: promote it again if that was meant", version.folder.display());
    }
    Ok(Some(version.folder))
}

/// Makes a version the one that decides, if it is whole and fits a workspace that has files to fit.
pub fn promote(workspace: &Path, name: &ModelName, version: &str) -> anyhow::Result<()> {
    let found = fitting(workspace, name, version)?;
    Registry::change(workspace, |registry| {
        registry.promote(name, version, found.manifest.artifact);
        Ok(())
    })
}

/// A version that is whole and that this workspace could decide by.
pub fn fitting(workspace: &Path, name: &ModelName, version: &str) -> anyhow::Result<ModelVersion> {
    let found = ModelVersion::read(&model_version::folder(workspace, name, version))?;
    if workspace.join(Settings::FILE).exists() {
        compile(workspace, documents_with(workspace, Some(&found.folder))?)?;
    }
    Ok(found)
}
