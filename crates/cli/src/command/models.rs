//! `pointsman models`: the versions of a workspace.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_domain::ModelName;
use pointsman_scoring::{Artifact, ModelCard, card::Limit};
use serde_json::json;

use super::train::Manifest;
use crate::args::Models;
use crate::{Done, output, workspace};

pub fn run(args: &Models) -> anyhow::Result<Done> {
    match args {
        Models::List { workspace, json } => list(workspace, *json),
        Models::Show { version, workspace, json } => show(workspace, version, *json),
        Models::Promote { version, workspace } => promote(workspace, version),
    }
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

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let body = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&body).with_context(|| format!("cannot read {}", path.display()))
}

fn list(folder: &Path, as_json: bool) -> anyhow::Result<Done> {
    let promoted = workspace::promoted(folder)?;
    let mut found = Vec::new();
    for name in versions(&folder.join("models"))? {
        for version in versions(&folder.join("models").join(&name))? {
            let path = folder.join("models").join(&name).join(&version);
            let manifest: Manifest = read(&path.join("manifest.json"))?;
            let card: ModelCard = read(&path.join("card.json"))?;
            found.push((promoted.as_ref() == Some(&path), manifest, card));
        }
    }
    if as_json {
        let rows: Vec<_> = found.iter().map(|(live, m, c)| json!({ "promoted": live, "manifest": m, "fallback": c.fallback, "chained_log_loss": c.chained_log_loss })).collect();
        output::json(&rows)?;
        return Ok(Done::Fine);
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|(live, m, c)| {
            let loss = c.chained_log_loss.map_or_else(String::new, |loss| format!("{loss:.4}"));
            let mark = if *live { "promoted" } else { "" };
            vec![
                format!("{}/{}", m.name, m.version),
                m.rows.to_string(),
                loss,
                super::evaluate::word(&c.fallback),
                m.artifact.short(),
                mark.into(),
            ]
        })
        .collect();
    output::text(output::table(&["version", "rows", "log-loss", "level", "artifact", ""], &rows))?;
    Ok(Done::Fine)
}

/// `NAME/VERSION` that exists, whose artifact is whole.
fn find(folder: &Path, text: &str) -> anyhow::Result<(ModelName, String, std::path::PathBuf)> {
    let Some((name, version)) = text.split_once('/') else {
        bail!("'{text}' is no version: write NAME/VERSION, for example conversion/1")
    };
    let name: ModelName = name.parse()?;
    let path = workspace::model_folder(folder, &name, version);
    let file = path.join("artifact.json");
    let body = std::fs::read(&file).with_context(|| {
        format!("there is no version '{text}' (see: pointsman models list --workspace {})", folder.display())
    })?;
    Artifact::load(&body).with_context(|| format!("{} does not load", file.display()))?;
    Ok((name, version.to_owned(), path))
}

fn show(folder: &Path, text: &str, as_json: bool) -> anyhow::Result<Done> {
    let (_, _, path) = find(folder, text)?;
    let card: ModelCard = read(&path.join("card.json"))?;
    if as_json {
        output::json(&card)?;
        return Ok(Done::Fine);
    }
    let mut lines = vec![
        format!(
            "{text}: {} rows, {} won ({:.1} %), level: {}",
            card.rows,
            card.wins,
            100.0 * card.base_rate,
            super::evaluate::word(&card.fallback)
        ),
        format!("artifact {}", card.artifact),
    ];
    if let (Some(loss), Some(base)) = (card.chained_log_loss, card.chained_base_log_loss) {
        lines.push(format!("forward-chained log-loss {loss:.4}, base rate {base:.4}"));
    }
    lines.extend(card.limits.iter().map(|l| format!("note: {}", limit(l))));
    output::text(lines.join("\n"))?;
    Ok(Done::Fine)
}

fn promote(folder: &Path, text: &str) -> anyhow::Result<Done> {
    let (name, version, _) = find(folder, text)?;
    workspace::promote(folder, &name, &version)?;
    output::text(format!("{text} is promoted; make it live with: pointsman apply --workspace {}", folder.display()))?;
    Ok(Done::Fine)
}

/// What the card warns of, as a sentence.
pub fn limit(limit: &Limit) -> String {
    match limit {
        Limit::NoRepSignal => "no rep layer earned its place: the model tells leads apart, not reps".into(),
        Limit::NoSignal => "there is no signal in these features: the base rate is used".into(),
        Limit::FewRows { rows } => format!("only {rows} rows: expect wide intervals"),
        Limit::NoPropensities => {
            "past choices were not drawn with a logged probability, so what the model learned of reps is observational"
                .into()
        }
        Limit::ConstantColumn { name } => format!("'{name}' has one value only"),
        Limit::Drift { name, stability_index } => {
            format!("'{name}' moved between the older and the newer half (PSI {stability_index:.2})")
        }
        Limit::ThinReps { reps } => {
            format!("{reps} reps have fewer than 20 leads: their scores are mostly the average")
        }
    }
}
