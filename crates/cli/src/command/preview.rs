//! `pointsman preview`: where leads would go, without writing.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::{DocumentSet, Facts, PastLead, Snapshot, Summary, Ticket, preview, preview_all};
use pointsman_domain::{DecisionId, Instant, LeadId, Micros};
use pointsman_report::{Cx, words::why::Teller};
use pointsman_server::{
    ServeConfig,
    enquiry::{LeadBody, Read, read},
    error::Problem,
};
use pointsman_store::{Reader, audit::verify_ledger, backend::Surroundings};
use serde_json::{Map, Value, json};

use super::explain::ladder;
use crate::args::preview::Preview;
use crate::settings::Settings;
use crate::{Done, clock, output, past, store, workspace};

pub fn run(args: &Preview) -> anyhow::Result<Done> {
    let mut desk = Desk::open(args)?;
    match (&args.lead, &args.leads) {
        (Some(file), _) => one(&mut desk, file, args),
        (None, Some(file)) => {
            let leads = from_file(&mut desk, file)?;
            many(&desk, &leads, args)
        }
        (None, None) => {
            let leads = desk.history()?;
            many(&desk, &leads, args)
        }
    }
}

/// The documents that decide, and what the store knows, if there is one.
struct Desk {
    snapshot: Arc<Snapshot>,
    reader: Option<Box<dyn Reader>>,
    config: ServeConfig,
    now: Instant,
}

impl Desk {
    /// What is live in the store, else the folder's files; with a draft in place of the policy.
    fn open(args: &Preview) -> anyhow::Result<Self> {
        let settings = Settings::read(&args.workspace)?;
        let mut reader = store::exists(&args.workspace)?.then(|| store::read(&args.workspace)).transpose()?;
        let mut documents: Option<DocumentSet> = None;
        if let Some(reader) = &mut reader
            && let Some(snapshot) = reader.head()?.snapshot
        {
            documents = reader.documents(&snapshot)?;
        }
        let mut documents = match documents {
            Some(documents) => documents,
            None => workspace::documents(&args.workspace)?,
        };
        if let Some(file) = &args.policy {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            documents = documents.with_policy(&text).with_context(|| file.display().to_string())?;
        }
        let snapshot = Snapshot::compile(documents).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            anyhow::anyhow!("nothing can be decided under these documents:\n{}", lines.join("\n"))
        })?;
        let now = match &args.at {
            Some(text) => text.parse().with_context(|| format!("--at '{text}'"))?,
            None => clock::now(),
        };
        let config = ServeConfig {
            duplicate_window: Micros::DAY.times(i64::from(settings.server.duplicate_days)),
            ..ServeConfig::of_folder(&args.workspace)
        };
        Ok(Self { snapshot: Arc::new(snapshot), reader, config, now })
    }

    /// Every lead of the store, as it was known at its first decision.
    fn history(&mut self) -> anyhow::Result<Vec<PastLead>> {
        let Some(reader) = &mut self.reader else { bail!("the workspace has no store yet, so there is no history") };
        Ok(past::decided(&mut **reader, &self.snapshot)?.into_iter().map(|(_, lead)| lead).collect())
    }

    /// The facts of a body that came at an instant.
    fn facts(&mut self, body: &LeadBody, at: Instant, place: &str) -> anyhow::Result<Facts> {
        let outside = store::outside();
        let Read { mut enquiry, .. } = read(body, &self.snapshot, &self.config, &outside)
            .map_err(|problem| anyhow::anyhow!("{place}: {}", faults(&problem)))?;
        enquiry.at = at;
        enquiry.id = LeadId::new(at, clock::chance());
        let around = match &mut self.reader {
            Some(reader) => reader.around(&enquiry.around())?,
            None => Surroundings::default(),
        };
        Ok(enquiry.arrive(&around).0)
    }
}

/// What is wrong with a body, field by field.
fn faults(problem: &Problem) -> String {
    match problem {
        Problem::Fields(faults) => {
            faults.iter().map(|fault| format!("{} {}", fault.field, fault.problem)).collect::<Vec<_>>().join("; ")
        }
        other => format!("{other:?}"),
    }
}

fn one(desk: &mut Desk, file: &Path, args: &Preview) -> anyhow::Result<Done> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let place = file.display().to_string();
    let body: LeadBody = serde_json::from_slice(&text).with_context(|| place.clone())?;
    let at = desk.now;
    let facts = desk.facts(&body, at, &place)?;
    let mut ledger = match &mut desk.reader {
        Some(reader) => verify_ledger(&mut **reader)?.1,
        None => desk.snapshot.fresh_ledger(),
    };
    let ticket = Ticket { decision: DecisionId::new(at, clock::chance()), seed: clock::chance() as u64 };
    let (_, explanation) = preview(&desk.snapshot, &facts, at, ticket, &mut ledger)?;
    let teller = Teller { snapshot: &desk.snapshot, cx: if args.german { Cx::DE } else { Cx::EN } };
    let sentence = teller.sentence(&explanation);
    match args.json {
        true => output::json(&json!({ "sentence": sentence, "explanation": explanation }))?,
        false => output::text(format!("{sentence}\n{}", ladder(&explanation, &desk.snapshot, teller.cx)))?,
    }
    Ok(Done::Fine)
}

fn many(desk: &Desk, leads: &[PastLead], args: &Preview) -> anyhow::Result<Done> {
    if leads.is_empty() {
        bail!("there is no lead to route");
    }
    let started = clock::Stopwatch::start();
    let routed = preview_all(&desk.snapshot, leads);
    let seconds = started.seconds();
    let summary = Summary::of(&desk.snapshot, &routed);
    if args.json {
        output::json(&json!({ "policy": desk.snapshot.policy().name, "summary": summary }))?;
        return Ok(Done::Fine);
    }
    output::note(format!("{} leads in {seconds:.1} s", leads.len()));
    let share = |leads: u64| format!("{:.1} %", leads as f64 * 100.0 / summary.leads as f64);
    let row = |id: String, leads: u64| vec![id, leads.to_string(), share(leads)];
    let reps: Vec<_> = summary.by_rep.iter().map(|count| row(count.id.to_string(), count.leads)).collect();
    let mut rules: Vec<_> = summary.by_rule.iter().map(|count| row(count.id.to_string(), count.leads)).collect();
    let by_rules: u64 = summary.by_rule.iter().map(|count| count.leads).sum();
    rules.push(row("the fallback".into(), summary.leads - by_rules));
    let queues: Vec<_> = summary.by_queue.iter().map(|count| row(count.id.to_string(), count.leads)).collect();
    let mut parts = vec![format!(
        "{} leads under policy '{}': {} owned, {} parked, {} still waiting at the end",
        summary.leads,
        desk.snapshot.policy().name,
        summary.owned,
        summary.parked,
        summary.held
    )];
    for (head, rows) in [("rep", reps), ("rule", rules), ("queue", queues)] {
        if !rows.is_empty() {
            parts.push(output::table(&[head, "leads", "share"], &rows));
        }
    }
    output::text(parts.join("\n\n"))?;
    Ok(Done::Fine)
}

/// One lead a line (JSON) or a row (CSV with a header).
fn from_file(desk: &mut Desk, file: &Path) -> anyhow::Result<Vec<PastLead>> {
    let rows = match file.extension().and_then(|end| end.to_str()) {
        Some("jsonl" | "ndjson") => jsonl(file)?,
        Some("csv") => csv(file, desk.snapshot.currency.as_str())?,
        _ => bail!("{}: is neither .csv nor .jsonl", file.display()),
    };
    let mut leads = Vec::with_capacity(rows.len());
    for (line, mut row) in rows {
        let place = format!("{} line {line}", file.display());
        let mut time = |name: &str| match row.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some).with_context(|| format!("{place}: {name}")),
            Some(_) => bail!("{place}: {name} is not a time"),
        };
        let (at, closed) = (time("at")?.unwrap_or(desk.now), time("closed")?);
        let body: LeadBody = serde_json::from_value(Value::Object(row)).with_context(|| place.clone())?;
        let facts = desk.facts(&body, at, &place)?;
        // The line is the seed: the same file gives the same summary.
        leads.push(PastLead::anew(facts, at, line as u64, closed));
    }
    Ok(leads)
}

type Rows = Vec<(usize, Map<String, Value>)>;

fn jsonl(file: &Path) -> anyhow::Result<Rows> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line): (usize, &str)| {
        let row = serde_json::from_str(line).with_context(|| format!("{} line {}", file.display(), at + 1))?;
        Ok((at + 1, row))
    };
    lines.map(read).collect()
}

/// Columns that are fields of the lead; every other column is an attribute.
const FIELDS: [&str; 5] = ["source", "external_id", "originator", "at", "closed"];

fn csv(file: &Path, currency: &str) -> anyhow::Result<Rows> {
    let mut reader = ::csv::Reader::from_path(file).with_context(|| format!("cannot read {}", file.display()))?;
    let head = reader.headers().with_context(|| file.display().to_string())?.clone();
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        let record = record.with_context(|| format!("{} line {line}", file.display()))?;
        let mut row = Map::new();
        row.insert("source".into(), "preview".into());
        for (name, cell) in head.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            match name.split_once('.') {
                _ if FIELDS.contains(&name) => drop(row.insert(name.into(), cell.into())),
                Some((entity @ ("account" | "contact"), field @ ("name" | "domain" | "email" | "phone"))) => {
                    let entity = row.entry(entity).or_insert_with(|| json!({}));
                    entity[field] = cell.into();
                }
                _ if name == "value" => drop(row.insert(name.into(), json!({ "amount": cell, "currency": currency }))),
                _ => {
                    let attributes = row.entry("attributes").or_insert_with(|| json!({}));
                    attributes[name] = cell.into();
                }
            }
        }
        rows.push((line, row));
    }
    Ok(rows)
}
