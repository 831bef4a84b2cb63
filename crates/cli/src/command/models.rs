//! `pointsman models`: the versions of a workspace.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_report::Locale;
use serde_json::json;

use super::card_words;
use super::model_report::CardPage;
use crate::args::{Language, Models, ModelsShow, OneVersion};
use crate::model_version::{self, Manifest, ModelVersion};
use crate::registry::{Entry, Registry};
use crate::{Done, clock, output, workspace};

pub fn run(args: &Models) -> anyhow::Result<Done> {
    match args {
        Models::List { workspace, json } => list(workspace, *json),
        Models::Show(args) => show(args),
        Models::Promote(OneVersion { version, workspace }) => promote(workspace, version),
        Models::Shadow { version, off: _, workspace } => shadow(workspace, version.as_deref()),
        Models::Rollback { workspace } => roll_back(workspace),
        Models::Compare { first, second, workspace, json } => {
            super::models_compare::run(workspace, first.as_deref(), second.as_deref(), *json)
        }
    }
}

fn list(folder: &Path, as_json: bool) -> anyhow::Result<Done> {
    let registry = Registry::read(folder)?;
    let mark = |title: &str| {
        let is = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.title() == title);
        match (is(&registry.promoted), is(&registry.shadow)) {
            (true, _) => "promoted",
            (_, true) => "shadow",
            _ => "",
        }
    };
    let mut found = Vec::new();
    for name in model_version::versions(&folder.join("models"))? {
        for version in model_version::versions(&folder.join("models").join(&name))? {
            let path = folder.join("models").join(&name).join(&version);
            // One version that does not load must not hide the others.
            found.push((format!("{name}/{version}"), ModelVersion::read(&path)));
        }
    }
    if as_json {
        let rows: Vec<_> = found
            .iter()
            .map(|(title, version)| match version {
                Ok(v) => json!({
                    "version": title, "promoted": mark(title) == "promoted", "shadow": mark(title) == "shadow",
                    "manifest": v.manifest, "fallback": v.card.fallback, "chained_log_loss": v.card.chained_log_loss,
                }),
                Err(e) => json!({ "version": title, "error": format!("{e:#}") }),
            })
            .collect();
        output::json(&rows)?;
        return Ok(Done::Fine);
    }
    let row = |(title, version): &(String, anyhow::Result<ModelVersion>)| match version {
        Err(e) => vec![title.clone(), String::new(), String::new(), String::new(), String::new(), format!("{e:#}")],
        Ok(v) => vec![
            title.clone(),
            v.manifest.rows.to_string(),
            v.card.chained_log_loss.map_or_else(String::new, |loss| format!("{loss:.4}")),
            output::word(&v.card.fallback),
            v.manifest.artifact.short(),
            mark(title).into(),
        ],
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    output::text(output::table(&["version", "rows", "log-loss", "level", "artifact", ""], &rows))?;
    Ok(Done::Fine)
}

fn show(args: &ModelsShow) -> anyhow::Result<Done> {
    let found = model_version::find(&args.of.workspace, &args.of.version)?;
    let card = &found.card;
    let page = CardPage::of(&found.manifest, card);
    let locale = match args.language {
        Language::En => Locale::En,
        Language::De => Locale::De,
    };
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    if let Some(path) = &args.html {
        write(path, page.html(locale)?)?;
    }
    if let Some(path) = &args.markdown {
        write(path, page.markdown(locale))?;
    }
    if args.json {
        output::json(card)?;
    } else if args.html.is_none() && args.markdown.is_none() {
        output::text(describe(&found))?;
    }
    Ok(Done::Fine)
}

fn describe(version: &ModelVersion) -> String {
    let card = &version.card;
    let mut lines = vec![
        format!(
            "{}: {} rows, {} won ({:.1} %), level: {}",
            version.title(),
            card.rows,
            card.wins,
            100.0 * card.base_rate,
            output::word(&card.fallback)
        ),
        format!("artifact {}", card.artifact),
    ];
    if let (Some(loss), Some(base)) = (card.chained_log_loss, card.chained_base_log_loss) {
        lines.push(format!("forward-chained log-loss {loss:.4}, base rate {base:.4}"));
    }
    if let Some(chained) = &card.chained {
        let auc = chained.auc.map_or("not defined".into(), |auc| format!("{auc:.3}"));
        lines.push(format!(
            "AUC {auc}, calibration error {:.4} (perfectly calibrated: below {:.4} in 95 %)",
            chained.ece, chained.ece_calibrated_q95
        ));
    }
    lines.push(String::new());
    lines.push(card_words::trials(&card.layers));
    lines.extend(card.protected_used.iter().map(|name| format!("note: the protected attribute '{name}' is used")));
    lines.extend(card.limits.iter().map(|l| format!("note: {}", card_words::limit(l))));
    lines.join("\n")
}

fn promote(folder: &Path, text: &str) -> anyhow::Result<Done> {
    let found = model_version::find(folder, text)?;
    workspace::promote(folder, &found.manifest.name, &found.manifest.version)?;
    output::text(format!("{text} is promoted; make it live with: pointsman apply --workspace {}", folder.display()))?;
    Ok(Done::Fine)
}

fn shadow(folder: &Path, version: Option<&str>) -> anyhow::Result<Done> {
    let Some(text) = version else {
        Registry::change(folder, |registry| {
            registry.shadow = None;
            Ok(())
        })?;
        output::text("no version runs in the shadow")?;
        return Ok(Done::Fine);
    };
    let found = model_version::find(folder, text)?;
    let Manifest { name, version, artifact, .. } = &found.manifest;
    workspace::fitting(folder, name, version)?;
    Registry::change(folder, |registry| {
        if registry.promoted.as_ref().is_some_and(|promoted| promoted.title() == text) {
            bail!("{text} is the one that decides; a shadow is another version")
        }
        registry.shadow =
            Some(Entry { name: name.clone(), version: version.clone(), artifact: *artifact, at: clock::now() });
        Ok(())
    })?;
    output::text(format!(
        "{text} runs in the shadow; judge it with: pointsman models compare --workspace {}",
        folder.display()
    ))?;
    Ok(Done::Fine)
}

fn roll_back(folder: &Path) -> anyhow::Result<Done> {
    let title = Registry::change(folder, |registry| {
        let entry = registry.roll_back()?.clone();
        let found = workspace::fitting(folder, &entry.name, &entry.version)?;
        if found.manifest.artifact != entry.artifact {
            bail!("{} was altered since it decided: promote another version", entry.title())
        }
        Ok(entry.title())
    })?;
    output::text(format!(
        "{title} is promoted again; make it live with: pointsman apply --workspace {}",
        folder.display()
    ))?;
    Ok(Done::Fine)
}
