//! `pointsman load`: imported history into the store, so that before and after are measured by one
//! definition.

use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use pointsman_decision::Snapshot;
use pointsman_domain::{
    AttributeSchema, Entity, Value,
    record::{Absence, Account, Activity, Assignment, Contact, Feedback, Lead, Opportunity, Outcome, Rep},
};
use pointsman_intake::{completeness, duplicate_keys, normalise::company_key};
use pointsman_pipeline::{Canonical, History};
use pointsman_store::{
    Loader,
    load::{KeyedAccount, LEADS, LeadCounts, Loadable, PastLead, ROWS},
    row::LeadRow,
};
use serde_json::json;

use crate::args::Load;
use crate::{Done, output, settings::Settings, store, workspace};

pub fn run(args: &Load) -> anyhow::Result<Done> {
    let into = args.into.as_deref().unwrap_or(&args.folder);
    let loaded = load(&args.folder, into)?;
    report(args, &loaded)?;
    Ok(Done::Fine)
}

/// Copies the history of one workspace into the store of a workspace, whose documents are live.
pub fn load(folder: &Path, into: &Path) -> anyhow::Result<Loaded> {
    let history = workspace::history(folder)?;
    check_currency(&history, into)?;
    let opened = store::write(into)?;
    if opened.live.iter().next().is_none() {
        bail!("nothing is live in the store of {0} (first: pointsman apply --workspace {0})", into.display());
    }
    let snapshot = Arc::new(workspace::compile(into, opened.live.clone())?);
    let left_out = unknown_attributes(&history.schema, &snapshot.schema);
    let keys_of = |email: Option<&str>, phone: Option<&str>, country: &str| {
        duplicate_keys(email, phone, country).iter().map(|key| key.to_string().into()).collect()
    };
    let loader = Loader::new(&*opened.store, Arc::clone(&snapshot), store::outside(), Box::new(keys_of));
    let mut work = Work { history: &history, loader: loader?, tables: Vec::new() };
    work.tables()?;
    let leads = work.leads(&snapshot)?;
    Ok(Loaded { tables: work.tables, leads, left_out })
}

fn check_currency(history: &History, into: &Path) -> anyhow::Result<()> {
    let ours = Settings::read(into)?.currency;
    match history.currency() {
        Some(theirs) if theirs != ours => {
            bail!(
                "the history counts money in {theirs}, {} in {ours}: import it with currency = \"{ours}\"",
                into.display()
            )
        }
        _ => Ok(()),
    }
}

/// Attributes of the history that the store's schema does not have: they are left out.
fn unknown_attributes(history: &AttributeSchema, live: &AttributeSchema) -> Vec<String> {
    let unknown = history.iter().filter(|(_, entity, attribute)| live.find(*entity, &attribute.name).is_none());
    let named = |entity: Entity, name: &str| match entity {
        Entity::Lead => name.to_owned(),
        Entity::Account => format!("account.{name}"),
        Entity::Contact => format!("contact.{name}"),
    };
    unknown.map(|(_, entity, attribute)| named(entity, &attribute.name)).collect()
}

/// What came of it.
pub struct Loaded {
    tables: Vec<LoadedTable>,
    pub leads: LeadCounts,
    /// Attributes that the store's schema does not have.
    left_out: Vec<String>,
}

/// How many rows a table has, and how many of them were new.
struct LoadedTable {
    table: &'static str,
    rows: u64,
    new: u64,
}

struct Work<'a> {
    history: &'a History,
    loader: Loader,
    tables: Vec<LoadedTable>,
}

impl Work<'_> {
    /// Everything but leads.
    fn tables(&mut self) -> anyhow::Result<()> {
        self.table(Rep::clone)?;
        self.table(Absence::clone)?;
        self.table(|account: &Account| KeyedAccount {
            name_key: company_key(&account.name).into(),
            account: account.clone(),
        })?;
        self.table(Contact::clone)?;
        self.table(Opportunity::clone)?;
        self.table(Assignment::clone)?;
        self.table(Outcome::clone)?;
        self.table(Activity::clone)?;
        self.table(Feedback::clone)
    }

    fn table<R: Canonical, L: Loadable>(&mut self, as_row: impl Fn(&R) -> L) -> anyhow::Result<()> {
        let (table, rows) = (R::TABLE.name(), self.history.count(R::TABLE)?);
        let bar = output::bar(&format!("loading {table}"), rows);
        let (mut new, loader) = (0, &mut self.loader);
        let done = self.history.in_batches(ROWS, |batch: &[R]| {
            let rows: Vec<L> = batch.iter().map(&as_row).collect();
            new += loader.rows(&rows).with_context(|| format!("cannot load {table}"))?;
            bar.inc(batch.len() as u64);
            Ok::<(), anyhow::Error>(())
        });
        bar.finish_and_clear();
        done?;
        self.tables.push(LoadedTable { table, rows, new });
        Ok(())
    }

    fn leads(&mut self, snapshot: &Snapshot) -> anyhow::Result<LeadCounts> {
        let bar: ProgressBar = output::bar("loading leads", self.history.count(Lead::TABLE)?);
        let mut counts = LeadCounts::default();
        let (history, loader) = (self.history, &mut self.loader);
        let done = history.in_batches(LEADS, |batch: &[Lead]| {
            let leads: Vec<PastLead> = batch.iter().map(|lead| past_lead(lead, &history.schema, snapshot)).collect();
            let done = loader.leads(&leads).context("cannot load leads")?;
            counts += done;
            bar.inc(batch.len() as u64);
            Ok::<(), anyhow::Error>(())
        });
        bar.finish_and_clear();
        done?;
        Ok(counts)
    }
}

fn past_lead(lead: &Lead, theirs: &AttributeSchema, snapshot: &Snapshot) -> PastLead {
    let schema = &snapshot.schema;
    let attributes = schema.adopt(theirs, &lead.attributes);
    let country = schema.find(Entity::Lead, "country").and_then(|index| attributes.get(index));
    let country = match country {
        Some(Value::Text(code)) => code.clone(),
        _ => "".into(),
    };
    let completeness = completeness(schema, Entity::Lead, &attributes).share();
    let row = LeadRow {
        id: lead.id,
        source: lead.source_system.clone(),
        external_id: Some(lead.external_id.clone()),
        at: lead.at,
        contact: lead.contact,
        account: lead.account,
        attributes,
        value: None,
        originator: None,
        completeness,
    };
    PastLead { row, known_at: lead.known_at, country }
}

fn report(args: &Load, Loaded { tables, leads, left_out }: &Loaded) -> anyhow::Result<()> {
    if args.json {
        let tables: Vec<_> = tables.iter().map(|t| json!({ "table": t.table, "rows": t.rows, "new": t.new })).collect();
        let LeadCounts { new, changed, unchanged, own, owned } = *leads;
        let leads = json!({ "new": new, "changed": changed, "unchanged": unchanged, "left_alone": own, "open_with_owner": owned });
        return output::json(&json!({ "tables": tables, "leads": leads, "attributes_left_out": left_out }));
    }
    let mut rows: Vec<Vec<String>> =
        tables.iter().map(|t| vec![t.table.to_owned(), t.rows.to_string(), t.new.to_string()]).collect();
    let read = leads.new + leads.changed + leads.unchanged + leads.own;
    rows.push(vec!["leads".into(), read.to_string(), leads.new.to_string()]);
    output::text(output::table(&["table", "rows", "new"], &rows))?;
    output::text(format!(
        "\nleads: {} new, {} changed, {} as they were, {} left alone (Pointsman deals with them); {} of the new and changed are open and their owner's",
        leads.new, leads.changed, leads.unchanged, leads.own, leads.owned
    ))?;
    if !left_out.is_empty() {
        output::text(format!("attributes that attributes.toml does not have are left out: {}", left_out.join(", ")))?;
    }
    Ok(())
}
