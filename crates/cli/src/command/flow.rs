//! `pointsman flow`: how leads move today.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_domain::{Currency, Instant, Micros};
use pointsman_measure::{
    export,
    flow::{self, FlowConfig, survey},
};
use pointsman_pipeline::{FlowFilter, FlowInput, file_digest, flow_input, read_answers, write_data_table};
use pointsman_report::{
    Cx, Day,
    file::stand_alone,
    flow::{self as report, FlowReport},
    part::{Document, DocumentKind, Provenance},
};
use pointsman_workhours::{Calendar, CalendarFile, Zone};

use crate::args::{Flow, Import};
use crate::settings::Settings;
use crate::{Done, output, workspace};

/// Years around the history that working hours are laid out for.
const SPARE_YEARS: i16 = 1;

pub fn run(args: &Flow) -> anyhow::Result<Done> {
    if let Some(mapping) = &args.mapping {
        let request = Import {
            mapping: mapping.clone(),
            into: args.into.clone(),
            max_set_aside: 0.01,
            json: false,
            inputs: args.inputs.clone(),
        };
        super::import::import_files(&request)?;
    }
    let answers = match &args.answers {
        Some(path) => survey::tally(&read_answers(path)?),
        None => Vec::new(),
    };
    workspace::history(&args.into)?;
    let input = flow_input(&args.into, &filter(args)?)?;
    if input.log.leads.is_empty() {
        bail!("no lead is left: widen --from, --until or --where");
    }
    let config = FlowConfig {
        calendar: calendar(args, &input)?,
        quiet: Micros::DAY.times(i64::from(args.quiet_days)),
        fast: FlowConfig::FAST,
    };
    let mut found = flow::analyse(&input.log, &input.filled, &config);
    found.survey = answers;
    found.has_activities = input.has_activities;
    let zone = config.calendar.zone();
    if let Some(table) = &args.territories {
        found.territories = Some(super::territories::compare(&args.into, table, &input.log, zone)?);
    }
    let day = |at: Option<Instant>| Day::from_unix_days(at.map_or(0, |at| i64::from(zone.local_day(at))));
    let report = FlowReport {
        from: day(found.from),
        until: day(found.until),
        flow: &found,
        currency: currency(&args.into, &input)?,
        zone: zone.name().to_owned(),
        calendar: args.calendar.clone(),
        quiet: config.quiet,
        provenance: provenance(args)?,
    };
    let folder = args.into.join("reports/flow");
    write(&folder, args, &input, &report)?;
    if args.json {
        output::json(&found)?;
    } else {
        output::text(describe(&report, &folder))?;
    }
    Ok(Done::Fine)
}

fn filter(args: &Flow) -> anyhow::Result<FlowFilter> {
    let time = |text: &Option<String>| -> anyhow::Result<Option<Instant>> {
        let parse = |text: &String| Instant::parse_as_written(text).with_context(|| format!("'{text}' is no time"));
        text.as_ref().map(parse).transpose()
    };
    let words = |words: &[String]| words.iter().map(|word| word.as_str().into()).collect();
    Ok(FlowFilter {
        from: time(&args.from)?,
        until: time(&args.until)?,
        condition: args.condition.as_deref().map(Into::into),
        lifecycles: words(&args.lifecycle),
        steps: words(&args.steps),
        people_only: args.people_only,
        source: args.source.as_deref().map(Into::into),
    })
}

/// That of the imported amounts, else the workspace's; euro in a folder that says neither.
fn currency(workspace: &Path, input: &FlowInput) -> anyhow::Result<Currency> {
    match (input.currency, workspace.join(Settings::FILE).exists()) {
        (Some(currency), _) => Ok(currency),
        (None, true) => Ok(Settings::read(workspace)?.currency),
        (None, false) => Ok(Currency::EUR),
    }
}

fn calendar(args: &Flow, input: &FlowInput) -> anyhow::Result<Calendar> {
    let zone = match &args.zone {
        Some(zone) => zone.clone(),
        None if args.into.join(Settings::FILE).exists() => Settings::read(&args.into)?.zone.into(),
        None => "UTC".into(),
    };
    let zone = Zone::new(&zone)?;
    let Some(name) = &args.calendar else { return Ok(FlowConfig::office_hours(zone)) };
    let path = args.into.join("calendars").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: CalendarFile = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    let year = |at: Option<Instant>| {
        let text = at.map(|at| at.to_string()).unwrap_or_default();
        text.split('-').next().and_then(|year| year.parse::<i16>().ok()).unwrap_or(2000)
    };
    let years = year(input.log.start()) - SPARE_YEARS..=year(input.log.end()) + SPARE_YEARS;
    Ok(Calendar::new(&file, years)?)
}

/// The page in both languages, the result, every list behind it, and the questionnaire.
fn write(folder: &Path, args: &Flow, input: &FlowInput, report: &FlowReport<'_>) -> anyhow::Result<()> {
    let cannot = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    for (cx, file, other) in [(Cx::EN, "flow.html", "flow.de.html"), (Cx::DE, "flow.de.html", "flow.html")] {
        let page = report::page(report, Some(other.to_owned()), cx);
        std::fs::write(folder.join(file), stand_alone(&page, report, cx)?).with_context(cannot)?;
    }
    std::fs::write(folder.join("flow.json"), serde_json::to_vec_pretty(report.flow)?).with_context(cannot)?;
    for table in export::flow_tables(report.flow, &input.log) {
        write_data_table(folder, &table).with_context(cannot)?;
    }
    // An answered questionnaire is never written over.
    let questionnaire = folder.join("questionnaire.csv");
    if args.answers.is_none() && !questionnaire.exists() {
        std::fs::write(questionnaire, report::questionnaire()).with_context(cannot)?;
    }
    Ok(())
}

/// Everything that makes the same numbers again.
fn provenance(args: &Flow) -> anyhow::Result<Provenance> {
    let mut documents = Vec::new();
    for file in ["leads", "activities", "assignments", "outcomes"] {
        let path = args.into.join("data").join(format!("{file}.parquet"));
        let digest = file_digest(&path).with_context(|| format!("cannot read {}", path.display()))?;
        documents.push(Document { kind: DocumentKind::Data, name: file.into(), version: String::new(), digest });
    }
    let mut command = String::from("pointsman flow --workspace DIR");
    let mut flag = |name: &str, value: &str| command.push_str(&format!(" --{name} '{value}'"));
    for (name, value) in [
        ("from", &args.from),
        ("until", &args.until),
        ("where", &args.condition),
        ("source", &args.source),
        ("calendar", &args.calendar),
        ("zone", &args.zone),
    ] {
        if let Some(value) = value {
            flag(name, value);
        }
    }
    for (name, words) in [("lifecycle", &args.lifecycle), ("steps", &args.steps)] {
        if !words.is_empty() {
            flag(name, &words.join(","));
        }
    }
    if let Some(table) = &args.territories {
        let digest = file_digest(table).with_context(|| format!("cannot read {}", table.display()))?;
        let name = table.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        flag("territories", &name);
        documents.push(Document { kind: DocumentKind::Data, name, version: String::new(), digest });
    }
    if args.people_only {
        command.push_str(" --people-only");
    }
    command.push_str(&format!(" --quiet-days {}", args.quiet_days));
    let engine = format!("pointsman {}", env!("CARGO_PKG_VERSION"));
    Ok(Provenance { engine, documents, seeds: Vec::new(), command })
}

fn describe(report: &FlowReport<'_>, folder: &Path) -> String {
    let page = report::page(report, None, Cx::EN);
    let mut lines = Vec::new();
    if let Some(verdict) = &page.verdict {
        lines.push(format!("{}. {}", verdict.answer, verdict.sentence));
    }
    lines.extend(
        page.sections.iter().filter(|s| !s.sentence.is_empty()).map(|s| format!("\n{}\n  {}", s.heading, s.sentence)),
    );
    lines.push(format!("\n{}", folder.join("flow.html").display()));
    lines.join("\n")
}
