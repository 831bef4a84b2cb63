//! `pointsman policy diff`: two policies in words, and on a sample of leads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::{AccountFacts, ContactFacts, Facts, LeadFacts, PastLead, Place, Snapshot, places};
use pointsman_domain::{AccountId, AttributeSchema, ContactId, Entity, Instant, LeadId, Values, record};
use pointsman_pipeline::History;
use pointsman_rules::{diff, words::Names};
use serde::Serialize;

use super::{only, text};
use crate::args::policy::Diff;
use crate::{Done, clock, output, past, store, workspace};

/// Leads that go from one place to another.
#[derive(Debug, Serialize)]
struct Moved {
    from: String,
    to: String,
    leads: usize,
    /// A few of them, as they are named where they came from.
    examples: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Sample {
    leads: usize,
    moved: usize,
    flows: Vec<Moved>,
}

/// A lead and its name where it came from.
type Named = (String, PastLead);

/// Examples named for each flow.
const EXAMPLES: usize = 3;

pub fn run(args: &Diff) -> anyhow::Result<Done> {
    let documents = workspace::documents(&args.workspace)?;
    let load = |named: &str| -> anyhow::Result<Arc<Snapshot>> {
        let text = text(&args.workspace, named)?;
        let snapshot = only(&documents, &text)?;
        Ok(Arc::new(snapshot.map_err(|faults| anyhow::anyhow!("{named} does not load:\n{faults}"))?))
    };
    let (old, new) = (load(&args.old)?, load(&args.new)?);
    let names = Names { roster: &new.roster, territories: &new.territories };
    let changes = diff::diff(old.policy(), new.policy(), names);
    let mut leads = match &args.leads {
        Some(file) => from_csv(file, &new.schema)?,
        None => {
            let mut leads = from_history(&args.workspace, &new.schema)?;
            leads.extend(from_store(&args.workspace, &new)?);
            leads
        }
    };
    leads.sort_by_key(|(_, lead)| lead.at);
    leads.drain(..leads.len().saturating_sub(args.most));
    let sample = compare(&old, &new, &leads);
    if args.json {
        output::json(&serde_json::json!({ "changes": changes, "sample": sample }))?;
    } else {
        output::text(lines(&changes, &sample).join("\n"))?;
    }
    Ok(if changes.is_empty() && sample.moved == 0 { Done::Fine } else { Done::Found })
}

fn compare(old: &Arc<Snapshot>, new: &Arc<Snapshot>, leads: &[Named]) -> Sample {
    let past: Vec<PastLead> = leads.iter().map(|(_, lead)| lead.clone()).collect();
    let (before, after) = (places(old, &past), places(new, &past));
    let mut flows: BTreeMap<(&Place, &Place), Vec<&String>> = BTreeMap::new();
    for (((from, _), (to, _)), (name, _)) in before.iter().zip(&after).zip(leads).filter(|(((a, _), (b, _)), _)| a != b)
    {
        flows.entry((from, to)).or_default().push(name);
    }
    let flow = |((from, to), leads): ((&Place, &Place), Vec<&String>)| Moved {
        from: shown(from),
        to: shown(to),
        leads: leads.len(),
        examples: leads.into_iter().take(EXAMPLES).cloned().collect(),
    };
    let mut flows: Vec<Moved> = flows.into_iter().map(flow).collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.leads));
    Sample { leads: leads.len(), moved: flows.iter().map(|flow| flow.leads).sum(), flows }
}

fn shown(place: &Place) -> String {
    match place {
        Place::Pool(pool) => format!("pool '{pool}'"),
        Place::Rep(rep) => format!("rep '{rep}'"),
        Place::Queue(queue) => format!("queue '{queue}'"),
        Place::Waits(rule) => format!("waiting at rule '{rule}'"),
    }
}

fn lines(changes: &[diff::Change], sample: &Sample) -> Vec<String> {
    let mut lines: Vec<String> = changes.iter().map(|change| format!("  {change}")).collect();
    lines.insert(0, if changes.is_empty() { "the policies say the same".into() } else { "what changes:".into() });
    lines.push(match (sample.leads, sample.moved) {
        (0, _) => "no past leads to compare on: import or route some, or name a CSV with --leads".into(),
        (leads, 0) => format!("all {leads} leads of the sample go where they went"),
        (leads, moved) => format!("{moved} of {leads} leads of the sample go elsewhere:"),
    });
    let row = |flow: &Moved| {
        vec![format!("  {}", flow.from), flow.to.clone(), flow.leads.to_string(), flow.examples.join(", ")]
    };
    if !sample.flows.is_empty() {
        lines.push(output::table(
            &["  from", "to", "leads", "for example"],
            &sample.flows.iter().map(row).collect::<Vec<_>>(),
        ));
    }
    lines
}

/// The leads of DIR/data with what was known around them; none where nothing was imported.
fn from_history(folder: &Path, schema: &AttributeSchema) -> anyhow::Result<Vec<Named>> {
    if !folder.join("data").join("leads.parquet").exists() {
        return Ok(Vec::new());
    }
    let history = History::open(folder)?;
    let accounts: BTreeMap<AccountId, record::Account> = history.accounts()?.into_iter().map(|a| (a.id, a)).collect();
    let contacts: BTreeMap<ContactId, record::Contact> = history.contacts()?.into_iter().map(|c| (c.id, c)).collect();
    let lead = |lead: record::Lead| {
        let attributes = translated(&lead.attributes, &history.schema, schema);
        let mut facts =
            Facts::of(LeadFacts { id: lead.id, arrived: lead.at, attributes, value: None, originator: None });
        facts.contact = lead.contact.and_then(|id| contacts.get(&id)).map(|contact| ContactFacts {
            id: contact.id,
            known: contact.known_at < lead.at,
            email_domain: contact
                .email
                .as_ref()
                .and_then(|mail| mail.split_once('@'))
                .map(|(_, domain)| domain.to_lowercase().into()),
            owner: None,
        });
        facts.account = lead.account.and_then(|id| accounts.get(&id)).map(|account| AccountFacts {
            id: account.id,
            name: account.name.clone(),
            domain: account.domain.clone(),
            owner: account.owner.clone(),
            parent: account.parent.and_then(|id| accounts.get(&id)).map(|parent| parent.name.clone()),
            parent_owner: account.parent.and_then(|id| accounts.get(&id)).and_then(|parent| parent.owner.clone()),
            subsidiary_owner: None,
            open_opportunity: false,
            opportunity_owner: None,
        });
        let (seed, at) = (lead.at.unix_micros() as u64, lead.at);
        (lead.external_id.to_string(), PastLead::anew(facts, at, seed, None))
    };
    Ok(history.leads()?.into_iter().map(lead).collect())
}

/// The leads that were decided here, as they were known then; none where nothing was.
fn from_store(folder: &Path, snapshot: &Snapshot) -> anyhow::Result<Vec<Named>> {
    if !store::exists(folder)? {
        return Ok(Vec::new());
    }
    let leads = past::decided(&mut *store::read(folder)?, snapshot)?;
    Ok(leads.into_iter().map(|(id, lead)| (id.to_string(), lead)).collect())
}

/// Values of one schema in the order of another, by entity, name and word.
fn translated(values: &Values, from: &AttributeSchema, to: &AttributeSchema) -> Values {
    let mut translated = Values::missing(to.len());
    for (index, value) in values.iter() {
        let Some((entity, attribute)) = from.get(index) else { continue };
        let Some(there) = to.find(entity, &attribute.name) else { continue };
        let Some((_, wanted)) = to.get(there) else { continue };
        let read = wanted.parse(&from.show(index, value)).ok().flatten();
        translated.set(there, read);
    }
    translated
}

/// One lead a line: columns are lead attributes, `id`, `at`, `account.name`, `account.domain`,
/// `account.owner`.
fn from_csv(file: &Path, schema: &AttributeSchema) -> anyhow::Result<Vec<Named>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut reader = ::csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let head = reader.headers().with_context(|| file.display().to_string())?.clone();
    let (now, mut leads) = (clock::now(), Vec::new());
    for (place, record) in reader.records().enumerate() {
        let line = place + 2;
        let at_line = || format!("{} line {line}", file.display());
        let record = record.with_context(at_line)?;
        let (mut id, mut at) = (format!("line {line}"), now);
        let mut attributes = Values::missing(schema.len());
        let mut account = None;
        for (name, cell) in head.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty()) {
            match name {
                "id" => id = cell.to_owned(),
                "at" => at = Instant::parse_as_written(cell).with_context(at_line)?,
                "account.name" | "account.domain" | "account.owner" => {
                    let known = account.get_or_insert_with(|| nameless(now, line));
                    match name {
                        "account.name" => known.name = cell.into(),
                        "account.domain" => known.domain = Some(cell.into()),
                        _ => known.owner = Some(cell.parse().with_context(at_line)?),
                    }
                }
                _ => {
                    let Some(index) = schema.find(Entity::Lead, name) else {
                        bail!("{}: column '{name}' is no attribute of leads", file.display())
                    };
                    let (_, attribute) = schema.get(index).context("an attribute of this schema")?;
                    attributes.set(index, attribute.parse(cell).with_context(at_line)?);
                }
            }
        }
        let lead =
            LeadFacts { id: LeadId::new(at, line as u128), arrived: at, attributes, value: None, originator: None };
        let facts = Facts { account, ..Facts::of(lead) };
        leads.push((id, PastLead::anew(facts, at, line as u64, None)));
    }
    Ok(leads)
}

fn nameless(now: Instant, line: usize) -> AccountFacts {
    AccountFacts {
        id: AccountId::new(now, line as u128),
        name: "".into(),
        domain: None,
        owner: None,
        parent: None,
        parent_owner: None,
        subsidiary_owner: None,
        open_opportunity: false,
        opportunity_owner: None,
    }
}
