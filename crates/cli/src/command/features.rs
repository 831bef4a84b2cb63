//! `pointsman features`: history to a point-in-time table.

use std::path::Path;

use anyhow::Context;
use pointsman_domain::{AttributeSchema, AttributeType, Entity, Instant, record::ActivityKind};
use pointsman_pipeline::{FeatureSummary, build_features, read_features, sql};
use pointsman_scoring::{Feature, FeatureKind, FeatureSpec, FeatureTable, LocalTime, Missing, RateOf, Source};
use pointsman_training::quality;
use pointsman_workhours::Zone;
use serde_json::json;

use crate::args::{Emit, Features, FeaturesDescribe};
use crate::model_version::ModelVersion;
use crate::settings::Settings;
use crate::{Done, output, workspace::history};

/// Where the specification and the table stand in a workspace.
pub const SPEC_FILE: &str = "features.toml";
pub const TABLE_FILE: &str = "features/leads.parquet";

pub fn run(args: &Features) -> anyhow::Result<Done> {
    if let Some(FeaturesDescribe::Describe { workspace, json }) = &args.describe {
        return describe(workspace, *json);
    }
    let workspace = args.workspace.as_deref().expect("clap requires it without a subcommand");
    if args.emit == Some(Emit::Sql) {
        return emit_sql(workspace);
    }
    let (built, spec) = build(workspace)?;
    let FeatureSummary { rows, labels_known, won, reps, categories, numbers } = built;
    if args.json {
        output::json(&json!({
            "rows": rows, "labels_known": labels_known, "won": won, "reps": reps,
            "categories": categories, "numbers": numbers, "spec": spec.digest(),
        }))?;
    } else {
        output::text(format!(
            "{labels_known} leads with a first owner and a known outcome, {won} won, {reps} reps; {} more are open; {categories} categories, {numbers} numbers\n{}",
            rows - labels_known,
            workspace.join(TABLE_FILE).display()
        ))?;
    }
    Ok(Done::Fine)
}

/// Builds and writes the table of a workspace.
pub fn build(workspace: &Path) -> anyhow::Result<(FeatureSummary, FeatureSpec)> {
    let spec = spec(workspace)?;
    let local = local(workspace)?;
    let spinner = output::spinner("building features");
    let progress = |rows: u64| spinner.set_message(format!("building features: {rows} leads"));
    let built = build_features(workspace, &spec, &local, &workspace.join(TABLE_FILE), &progress);
    spinner.finish_and_clear();
    let built = built.with_context(|| format!("cannot build features from {}", workspace.join("data").display()))?;
    Ok((built, spec))
}

/// Writes the specification as SQL for an engine of one's own, beside the table.
fn emit_sql(workspace: &Path) -> anyhow::Result<Done> {
    let spec = spec(workspace)?;
    let history = history(workspace)?;
    let offsets = sql::offsets(workspace, &spec, &zone(workspace)?)?;
    let files = sql::lower(&spec, &history.schema, &offsets)?;
    let folder = workspace.join("features/sql");
    let write = || {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("features.sql"), &files.features)?;
        std::fs::write(folder.join("suffstats.sql"), &files.suffstats)?;
        std::fs::write(folder.join("check.sql"), &files.check)?;
        std::fs::write(folder.join("client.py"), &files.client)
    };
    write().with_context(|| format!("cannot write into {}", folder.display()))?;
    output::text(format!(
        "{}\nrun it with: python3 {} {} OUT [duckdb | sc://HOST:PORT]",
        folder.display(),
        folder.join("client.py").display(),
        workspace.join("data").display()
    ))?;
    Ok(Done::Fine)
}

/// The workspace's specification; made from its attributes and written where there is none.
fn spec(workspace: &Path) -> anyhow::Result<FeatureSpec> {
    let path = workspace.join(SPEC_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("cannot read {}", path.display())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let history = history(workspace)?;
            let spec = default_spec(&history.schema);
            std::fs::write(&path, toml::to_string(&spec)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(spec)
        }
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Attributes that people are protected by law from being judged by, whatever a schema says.
const PROTECTED: [&str; 16] = [
    "age",
    "birth_date",
    "birthday",
    "citizenship",
    "date_of_birth",
    "disability",
    "ethnicity",
    "gender",
    "marital_status",
    "nationality",
    "political_opinion",
    "race",
    "religion",
    "sex",
    "sexual_orientation",
    "union",
];
/// Segments by which win rates are kept, and levels of one.
const SEGMENTS: usize = 3;
const SEGMENT_LEVELS: usize = 60;

/// Every attribute that may be a feature, the time of the week where the lead is, activities before
/// the decision, and the record of reps and segments as of the border.
fn default_spec(schema: &AttributeSchema) -> FeatureSpec {
    let mut features: Vec<Feature> = Vec::new();
    let mut segments: Vec<Box<str>> = Vec::new();
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
        if PROTECTED.contains(&&*attribute.name) || features.iter().any(|f| f.name == attribute.name) {
            continue;
        }
        let few = attribute.kind == AttributeType::Choice && (2..=SEGMENT_LEVELS).contains(&attribute.values.len());
        if few && segments.len() < SEGMENTS {
            segments.push(attribute.name.clone());
        }
        let source = Source::Attribute { entity, name: attribute.name.clone() };
        features.push(Feature { name: attribute.name.clone(), kind, source, missing: Missing::Own, unit: None });
    }
    let place = ["timezone", "country"].into_iter().find(|name| schema.find(Entity::Lead, name).is_some());
    let mut add = |name: &str, kind, source, unit: Option<&str>| {
        if !features.iter().any(|f| *f.name == *name) {
            features.push(Feature {
                name: name.into(),
                kind,
                source,
                missing: Missing::Own,
                unit: unit.map(Into::into),
            });
        }
    };
    let of = |name: &str| (Entity::Lead, Box::<str>::from(name));
    let (weekday, hour) = match place.map(of) {
        None => (Source::Weekday, Source::Hour),
        Some((entity, name)) => (Source::WeekdayOf { entity, name: name.clone() }, Source::HourOf { entity, name }),
    };
    add("weekday", FeatureKind::Category, weekday, None);
    add("hour", FeatureKind::Number, hour, Some("hours"));
    let number = FeatureKind::Number;
    for (name, kind) in [
        ("calls_before", ActivityKind::Call),
        ("mails_before", ActivityKind::Mail),
        ("meetings_before", ActivityKind::Meeting),
        ("page_views_before", ActivityKind::PageView),
    ] {
        add(name, number, Source::Engagement { kind }, Some("activities"));
    }
    let rate = |of: RateOf, shrink: f64| Source::WinRate { of, shrink };
    add("rep_rate", number, rate(RateOf::Rep, 20.0), Some("share won"));
    add("rep_rate_90_days", number, Source::RecentRate { days: 90, shrink: 20.0 }, Some("share won"));
    add("rep_tenure", number, Source::Tenure, Some("days"));
    add("rep_open_leads", number, Source::OpenLeads, Some("leads"));
    add("rep_utilisation", number, Source::Utilisation { days: 30 }, Some("leads a lead closed"));
    for segment in &segments {
        add(&format!("{segment}_rate"), number, rate(RateOf::Segment(segment.clone()), 50.0), Some("share won"));
        add(&format!("rep_{segment}_rate"), number, rate(RateOf::RepSegment(segment.clone()), 20.0), Some("share won"));
        let source = Source::Experience { segment: segment.clone() };
        add(&format!("rep_{segment}_experience"), number, source, Some("leads"));
    }
    FeatureSpec {
        format: 1,
        segments,
        protected: PROTECTED.map(Into::into).to_vec(),
        features,
        ..FeatureSpec::default()
    }
}

/// Hour and weekday in the workspace's zone; UTC in a folder that has no settings yet.
pub fn local(workspace: &Path) -> anyhow::Result<impl Fn(Instant) -> LocalTime> {
    let zone = zone(workspace)?;
    Ok(move |at: Instant| LocalTime::in_zone(&zone, at))
}

fn zone(workspace: &Path) -> anyhow::Result<Zone> {
    match workspace.join(Settings::FILE).exists() {
        true => Ok(Zone::new(&Settings::read(workspace)?.zone)?),
        false => Ok(Zone::utc()),
    }
}

/// Since when drift is measured: against what the promoted model learned from, else the older half.
fn reference(workspace: &Path, table: &FeatureTable) -> anyhow::Result<(Vec<usize>, Vec<usize>, String)> {
    let mut order: Vec<usize> = (0..table.len()).collect();
    order.sort_by_key(|&row| table.ts[row]);
    if let Some(folder) = crate::workspace::promoted(workspace)? {
        let version = ModelVersion::read(&folder)?;
        let until = version.manifest.until.unix_micros();
        let learned = order.partition_point(|&row| table.ts[row] < until);
        if learned > 0 && learned < order.len() {
            let newer = order.split_off(learned);
            return Ok((order, newer, format!("what {} learned from, to what came after", version.title())));
        }
    }
    let newer = order.split_off(order.len() / 2);
    Ok((order, newer, "the older half of the leads, to the newer".into()))
}

fn describe(workspace: &Path, json: bool) -> anyhow::Result<Done> {
    let path = workspace.join(TABLE_FILE);
    let (table, note) = read_features(&path)
        .with_context(|| format!("no feature table (first: pointsman features --workspace {})", workspace.display()))?;
    let (older, newer, from) = reference(workspace, &table)?;
    let columns = quality::between(&table, &older, &newer);
    if json {
        output::json(&json!({ "drift_from": from, "features": columns }))?;
        return Ok(Done::Fine);
    }
    let units = |name: &str| note.spec.features.iter().find(|f| *f.name == *name).and_then(|f| f.unit.as_deref());
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
                units(&column.name).unwrap_or_default().to_owned(),
                format!("{:.3}", column.drift),
            ]
        })
        .collect();
    let head = ["feature", "coverage", "range (least … median … most)", "unit", "drift (PSI)"];
    output::text(format!(
        "{}\n\ndrift: from {from}; above 0.1 moved, above 0.25 moved much",
        output::table(&head, &rows)
    ))?;
    Ok(Done::Fine)
}
