//! `pointsman models compare`: two versions on leads that neither has seen.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_pipeline::read_features;
use pointsman_scoring::FeatureTable;
use pointsman_training::{compare::compare, maturity};

use super::features::TABLE_FILE;
use crate::model_version::{ModelVersion, find};
use crate::registry::{Entry, Registry};
use crate::{Done, output};

pub fn run(folder: &Path, first: Option<&str>, second: Option<&str>, as_json: bool) -> anyhow::Result<Done> {
    let registry = Registry::read(folder)?;
    let named = |given: Option<&str>, entry: Option<&Entry>, missing: &str| {
        given.map(str::to_owned).or_else(|| entry.map(Entry::title)).with_context(|| missing.to_owned())
    };
    let first = find(folder, &named(first, registry.promoted.as_ref(), "no version is promoted: name two versions")?)?;
    let second = find(
        folder,
        &named(
            second,
            registry.shadow.as_ref(),
            "no version runs in the shadow: name two, or first: pointsman models shadow",
        )?,
    )?;
    let path = folder.join(TABLE_FILE);
    let (table, note) = read_features(&path)
        .with_context(|| format!("no feature table (first: pointsman features --workspace {})", folder.display()))?;
    for version in [&first, &second] {
        if version.manifest.features != note.spec_digest {
            bail!(
                "{} was trained on other features than {} has: build the features with its specification, or train again",
                version.title(),
                path.display()
            );
        }
    }
    let rows = unseen(&table, &first, &second);
    let Some(found) = compare(&table.take(&rows), &first.artifact, &second.artifact, 1) else {
        bail!(
            "no lead with a known, mature outcome was given away after {}: there is nothing to compare on yet",
            first.manifest.until.max(second.manifest.until)
        )
    };
    let worse = found.gain.high < 0.0;
    if as_json {
        output::json(&found)?;
    } else {
        let row = |version: &ModelVersion, q: pointsman_training::compare::Quality| {
            let auc = q.auc.map_or_else(String::new, |auc| format!("{auc:.3}"));
            vec![version.title(), format!("{:.4}", q.log_loss), auc, format!("{:.4}", q.ece)]
        };
        let rows = [row(&first, found.first), row(&second, found.second)];
        let verdict = match (found.gain.low > 0.0, worse) {
            (true, _) => "better beyond chance",
            (_, true) => "worse beyond chance",
            _ => "not told apart by these leads",
        };
        let mut text = output::table(&["version", "log-loss", "AUC", "ECE"], &rows);
        text.push_str(&format!(
            "\n\n{} leads; {} saves {:.5} a lead [{:.5}, {:.5}]: {verdict}",
            found.rows,
            second.title(),
            found.gain.estimate,
            found.gain.low,
            found.gain.high
        ));
        if let Some(share) = found.same_best_rep {
            text.push_str(&format!("\nboth name the same best rep for {:.1} % of the leads", 100.0 * share));
        }
        output::text(text)?;
    }
    Ok(if worse { Done::Found } else { Done::Fine })
}

/// Rows after both trainings whose outcome is known, and old enough that outcomes known early do
/// not lead the sample.
fn unseen(table: &FeatureTable, first: &ModelVersion, second: &ModelVersion) -> Vec<usize> {
    let from = first.manifest.until.max(second.manifest.until).unix_micros();
    let known: Vec<usize> = (0..table.len()).filter(|&row| table.label_ts[row] != i64::MAX).collect();
    let labelled = table.take(&known);
    let end = labelled.label_ts.iter().chain(&table.ts).copied().filter(|at| *at != i64::MAX).max().unwrap_or(from);
    let weights = maturity::weights(&labelled, Some(end + 1));
    let mature = |i: usize| weights.as_ref().is_none_or(|weights| weights[i] > 0.0);
    (0..known.len()).filter(|&i| labelled.ts[i] >= from && mature(i)).map(|i| known[i]).collect()
}
