//! `pointsman features`: history to a point-in-time table.

use std::path::Path;

use anyhow::Context;
use pointsman_domain::{AttributeSchema, AttributeType, Instant};
use pointsman_pipeline::{History, features, read_features, write_features};
use pointsman_scoring::{Feature, FeatureKind, FeatureSpec, FeatureTable, LocalTime, Missing, Source};
use pointsman_training::quality;
use pointsman_workhours::Zone;
use serde_json::json;

use crate::args::{Features, FeaturesDescribe};
use crate::settings::Settings;
use crate::{Done, output};

/// Where the specification and the table stand in a workspace.
pub const SPEC_FILE: &str = "features.toml";
pub const TABLE_FILE: &str = "features/leads.parquet";

pub fn run(args: &Features) -> anyhow::Result<Done> {
    if let Some(FeaturesDescribe::Describe { workspace, json }) = &args.describe {
        return describe(workspace, *json);
    }
    let workspace = args.workspace.as_deref().expect("clap requires it without a subcommand");
    let (table, spec) = build(workspace)?;
    let known = table.label_ts.iter().filter(|at| **at != i64::MAX).count();
    let won = table.y.iter().filter(|won| **won).count();
    let reps = table.rep.names.len();
    if args.json {
        output::json(&json!({
            "rows": table.len(), "labels_known": known, "won": won, "reps": reps,
            "categories": table.categories.len(), "numbers": table.numbers.len(), "spec": spec.digest(),
        }))?;
    } else {
        output::text(format!(
            "{known} leads with a first owner and a known outcome, {won} won, {reps} reps; {} more are open; {} categories, {} numbers\n{}",
            table.len() - known,
            table.categories.len(),
            table.numbers.len(),
            workspace.join(TABLE_FILE).display()
        ))?;
    }
    Ok(Done::Fine)
}

/// Builds and writes the table of a workspace.
pub fn build(workspace: &Path) -> anyhow::Result<(FeatureTable, FeatureSpec)> {
    let spec = spec(workspace)?;
    let local = local(workspace)?;
    let spinner = output::spinner("building features");
    let table = features(workspace, &spec, &local);
    spinner.finish_and_clear();
    let table = table.with_context(|| format!("cannot build features from {}", workspace.join("data").display()))?;
    write_features(&workspace.join(TABLE_FILE), &table, &spec)?;
    Ok((table, spec))
}

/// The workspace's specification; made from its attributes and written where there is none.
fn spec(workspace: &Path) -> anyhow::Result<FeatureSpec> {
    let path = workspace.join(SPEC_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("cannot read {}", path.display())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let history = History::open(workspace).with_context(|| {
                format!("{} has no imported history (first: pointsman import --into {0})", workspace.display())
            })?;
            let spec = default_spec(&history.schema);
            std::fs::write(&path, toml::to_string(&spec)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(spec)
        }
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Every attribute that may be a feature, and the time of the week.
fn default_spec(schema: &AttributeSchema) -> FeatureSpec {
    let mut features: Vec<Feature> = Vec::new();
    for (_, entity, attribute) in schema.iter().filter(|(_, _, a)| !a.protected && !a.personal) {
        let kind = match attribute.kind {
            AttributeType::List => continue,
            AttributeType::Integer | AttributeType::Number | AttributeType::Money | AttributeType::Date => {
                FeatureKind::Number
            }
            AttributeType::Text
            | AttributeType::Choice
            | AttributeType::Bool
            | AttributeType::Country
            | AttributeType::Postcode
            | AttributeType::Language => FeatureKind::Category,
        };
        // The same attribute of lead and account is one feature: the lead's.
        if features.iter().any(|f| f.name == attribute.name) {
            continue;
        }
        let source = Source::Attribute { entity, name: attribute.name.clone() };
        features.push(Feature { name: attribute.name.clone(), kind, source, missing: Missing::Own, unit: None });
    }
    let mut time = |name: &str, kind, source| {
        features.push(Feature { name: name.into(), kind, source, missing: Missing::Own, unit: None });
    };
    time("weekday", FeatureKind::Category, Source::Weekday);
    time("hour", FeatureKind::Number, Source::Hour);
    FeatureSpec { format: 1, features, ..FeatureSpec::default() }
}

/// Hour and weekday in the workspace's zone; UTC in a folder that has no settings yet.
pub fn local(workspace: &Path) -> anyhow::Result<impl Fn(Instant) -> LocalTime> {
    let zone = match workspace.join(Settings::FILE).exists() {
        true => Zone::new(&Settings::read(workspace)?.zone)?,
        false => Zone::utc(),
    };
    Ok(move |at: Instant| LocalTime { hour: zone.local_hour(at), weekday: zone.local_weekday(at) + 1 })
}

fn describe(workspace: &Path, json: bool) -> anyhow::Result<Done> {
    let path = workspace.join(TABLE_FILE);
    let (table, _) = read_features(&path)
        .with_context(|| format!("no feature table (first: pointsman features --workspace {})", workspace.display()))?;
    let columns = quality::columns(&table);
    if json {
        output::json(&columns)?;
        return Ok(Done::Fine);
    }
    let rows: Vec<Vec<String>> = columns
        .iter()
        .map(|column| {
            let range = match (column.levels, column.range) {
                (Some(levels), _) => format!("{levels} levels"),
                (None, Some([low, middle, high])) => format!("{low:.4} … {middle:.4} … {high:.4}"),
                (None, None) => "no value".into(),
            };
            vec![
                column.name.to_string(),
                format!("{:.1} %", 100.0 * column.coverage),
                range,
                format!("{:.3}", column.drift),
            ]
        })
        .collect();
    output::text(output::table(&["feature", "coverage", "range (least … median … most)", "drift (PSI)"], &rows))?;
    Ok(Done::Fine)
}
