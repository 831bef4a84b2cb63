//! `pointsman train`: a feature table to a model version in `models/NAME/VERSION`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pointsman_domain::{Instant, Micros, ModelName};
use pointsman_pipeline::{read_features, state_at};
use pointsman_report::Locale;
use pointsman_scoring::{FeatureTable, ModelCard};
use pointsman_training::{TrainConfig, Trained, train};

use super::card_words::{self, trials};
use super::features::{TABLE_FILE, local};
use super::model_report::CardPage;
use crate::args::Train;
use crate::clock::{Stopwatch, now};
use crate::model_version::{self, Manifest};
use crate::{Done, output, workspace};

pub fn run(args: &Train) -> anyhow::Result<Done> {
    let until = args.until.as_deref().map(str::parse::<Instant>).transpose().context("--until")?;
    let spinner = output::spinner("training");
    let made = make(&args.workspace, &args.name, until);
    spinner.finish_and_clear();
    let made = made?;
    if args.promote {
        workspace::promote(&args.workspace, &args.name, &made.manifest.version)?;
    }
    if args.json {
        output::json(&serde_json::json!({ "manifest": made.manifest, "card": made.card }))?;
    } else {
        output::text(describe(&made))?;
    }
    Ok(Done::Fine)
}

/// A version, written.
pub struct Made {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub card: ModelCard,
    pub trained: Trained,
}

/// Trains on what was known before `until` (everything, when absent) and writes the version.
pub fn make(folder: &Path, name: &ModelName, until: Option<Instant>) -> anyhow::Result<Made> {
    let (table, note) = read_features(&folder.join(TABLE_FILE))
        .with_context(|| format!("no feature table (first: pointsman features --workspace {})", folder.display()))?;
    let until = until.unwrap_or_else(|| end_of_knowledge(&table));
    let past: Vec<usize> = (0..table.len()).filter(|&row| table.ts[row] < until.unix_micros()).collect();
    // A copy of ten million rows is a gigabyte and a half.
    let past = if past.len() == table.len() { table } else { table.take(&past) };
    let config = TrainConfig {
        known_before: Some(until.unix_micros()),
        spec: Some(note.spec_digest),
        protected_used: note.spec.protected_used(),
        ..TrainConfig::default()
    };
    let clock = Stopwatch::start();
    let trained = train(&past, &config).context("cannot train")?;
    let train_seconds = clock.seconds();
    let state = state_at(folder, &note.spec, until.full_hour(), &local(folder)?)?;
    let version = next_version(folder, name)?;
    let card = trained.card.clone();
    let card_json = serde_json::to_vec_pretty(&card)?;
    let artifact = trained.artifact.save();
    let features = serde_json::to_vec(&note.spec)?;
    let state = serde_json::to_vec(&state)?;
    let manifest = Manifest {
        format: 1,
        name: name.clone(),
        version: version.as_str().into(),
        trained_at: now(),
        until,
        engine: config.engine.clone(),
        rows: trained.artifact.provenance.rows,
        train_seconds,
        artifact: trained.artifact.digest(),
        features: note.spec_digest,
        data: trained.artifact.provenance.data,
        state: pointsman_decision::document::digest(&state),
        card: Some(pointsman_decision::document::digest(&card_json)),
    };
    let page = CardPage::of(&manifest, &card);
    let files = [
        ("artifact.json", artifact),
        ("features.json", features),
        ("state.json", state),
        ("card.json", card_json),
        ("card.md", page.markdown(Locale::En).into_bytes()),
        ("card.html", page.html(Locale::En)?.into_bytes()),
        ("manifest.json", serde_json::to_vec_pretty(&manifest)?),
    ];
    let target = model_version::folder(folder, name, &version);
    write_whole(&target, &files)?;
    Ok(Made { folder: target, manifest, card, trained })
}

/// One microsecond after the last thing the table knows.
fn end_of_knowledge(table: &FeatureTable) -> Instant {
    let labels = table.label_ts.iter().copied().filter(|at| *at != i64::MAX);
    let last = labels.chain(table.ts.iter().copied()).max().unwrap_or(0);
    Instant::from_unix_micros(last) + Micros(1)
}

/// Versions count up from 1.
fn next_version(folder: &Path, name: &ModelName) -> anyhow::Result<String> {
    let taken = model_version::versions(&folder.join("models").join(name.as_str()))?;
    let last = taken.iter().filter_map(|version| version.parse::<u32>().ok()).max().unwrap_or(0);
    Ok((last + 1).to_string())
}

/// Writes a folder beside its place and renames it, so that a version is there whole or not at all.
fn write_whole(target: &Path, files: &[(&str, Vec<u8>)]) -> anyhow::Result<()> {
    let Some(parent) = target.parent() else { bail!("{} has no parent folder", target.display()) };
    let fresh = parent.join(format!(".{}.new", target.file_name().unwrap_or_default().to_string_lossy()));
    let write = || {
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh)?;
        }
        std::fs::create_dir_all(&fresh)?;
        for (name, body) in files {
            std::fs::write(fresh.join(name), body)?;
        }
        std::fs::rename(&fresh, target)
    };
    write().with_context(|| format!("cannot write {}", target.display()))
}

fn describe(made: &Made) -> String {
    let manifest = &made.manifest;
    let mut text = format!(
        "{}/{}: {} rows, {:.1} % won, trained in {:.1} s on what was known before {}\n{}\n\n{}",
        manifest.name,
        manifest.version,
        manifest.rows,
        100.0 * made.card.base_rate,
        manifest.train_seconds,
        manifest.until,
        made.folder.display(),
        trials(&made.card.layers)
    );
    for limit in &made.card.limits {
        text.push_str(&format!("\nnote: {}", card_words::limit(limit)));
    }
    text
}
