//! The list as it was handed over: rows to leads, and whatever cannot be read by its line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use pointsman_decision::{Facts, LeadFacts, Snapshot, plan::Listed};
use pointsman_domain::{AttributeIndex, Entity, Instant, LeadId, RepId, RepIndex, Values};
use pointsman_intake::completeness;
use pointsman_pipeline::{Wanted, column_names, for_each_batch};
use pointsman_store::{Reader, enquiry};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::clock;

/// One row with what is stored of its lead.
#[derive(Debug)]
pub struct Row {
    /// As the list calls it.
    pub name: String,
    pub external_id: Option<String>,
    /// In the store already.
    pub stored: Option<LeadId>,
    pub listed: Listed,
    /// Who has it, in the store's words; perhaps nobody of the roster any more.
    pub owner_id: Option<RepId>,
    /// What a form would have sent: attributes, contact, value.
    pub body: Map<String, Json>,
}

/// A row that is not assigned, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SetAside {
    pub line: u64,
    pub column: String,
    pub problem: String,
}

#[derive(Debug, Default)]
pub struct List {
    pub rows: Vec<Row>,
    pub set_aside: Vec<SetAside>,
    pub ignored: Vec<String>,
}

/// `--mapping`: ours = "theirs".
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// What a column of the list says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Says {
    LeadId,
    ExternalId,
    Owner,
    Value,
    Email,
    Phone,
    Attribute(AttributeIndex, String),
}

pub fn read(
    path: &Path,
    mapping: Option<&Path>,
    source: &str,
    snapshot: &Snapshot,
    mut store: Option<&mut Box<dyn Reader>>,
    at: Instant,
) -> anyhow::Result<List> {
    let names = mapping.map(names).transpose()?.unwrap_or_default();
    let theirs = column_names(path)?;
    let mut list = List::default();
    let mut columns: Vec<(String, Says)> = Vec::new();
    for name in &theirs {
        let ours = names.columns.iter().find(|(_, their)| *their == name).map_or(name.as_str(), |(ours, _)| ours);
        match says(ours, snapshot) {
            Some(says) => columns.push((name.clone(), says)),
            None => list.ignored.push(name.clone()),
        }
    }
    if let Some((ours, their)) = names.columns.iter().find(|(_, their)| !theirs.contains(their)) {
        bail!("the mapping takes {ours} from '{their}', which {} has no column of", path.display());
    }
    if columns.is_empty() {
        bail!("{} has no column that this workspace knows (columns: {})", path.display(), theirs.join(", "));
    }
    let wanted: Vec<Wanted<'_>> = columns.iter().map(|(name, _)| Wanted::Text(name)).collect();
    // The first line is the header.
    let mut line = 1;
    for_each_batch::<anyhow::Error>(path, &wanted, |batch| {
        for row in 0..batch.rows {
            line += 1;
            let cells: Vec<&str> = (0..columns.len()).map(|column| batch.text(column, row).trim()).collect();
            match one(&columns, &cells, line, source, snapshot, store.as_deref_mut(), at)? {
                Ok(row) => list.rows.push(row),
                Err(fault) => list.set_aside.push(fault),
            }
        }
        Ok(())
    })?;
    Ok(list)
}

fn names(path: &Path) -> anyhow::Result<Names> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("mapping {}", path.display()))
}

fn says(name: &str, snapshot: &Snapshot) -> Option<Says> {
    let attribute = |name: &str| {
        let name = name.strip_prefix("lead.").unwrap_or(name);
        snapshot.schema.find(Entity::Lead, name).map(|index| Says::Attribute(index, name.to_owned()))
    };
    match name {
        "lead_id" => Some(Says::LeadId),
        "external_id" | "id" => Some(Says::ExternalId),
        "owner" => Some(Says::Owner),
        "email" => Some(Says::Email),
        "phone" => Some(Says::Phone),
        "value" if snapshot.schema.find(Entity::Lead, "value").is_none() => Some(Says::Value),
        name => attribute(name),
    }
}

/// Reads a row; the outer error is the store's.
fn one(
    columns: &[(String, Says)],
    cells: &[&str],
    line: u64,
    source: &str,
    snapshot: &Snapshot,
    store: Option<&mut Box<dyn Reader>>,
    at: Instant,
) -> anyhow::Result<Result<Row, SetAside>> {
    let mut values = Values::missing(snapshot.schema.len());
    let (mut attributes, mut contact, mut body) = (Map::new(), Map::new(), Map::new());
    let (mut owner, mut value, mut lead_id, mut external_id) = (None, None, None, None);
    for ((name, says), text) in columns.iter().zip(cells).filter(|(_, text)| !text.is_empty()) {
        let fault = |problem: String| SetAside { line, column: name.clone(), problem };
        let read = match says {
            Says::LeadId => text.parse::<LeadId>().map(|id| lead_id = Some(id)).map_err(|e| e.to_string()),
            Says::ExternalId => {
                external_id = Some((*text).to_owned());
                Ok(())
            }
            Says::Owner => match snapshot.roster.rep(text) {
                Some(rep) => {
                    owner = Some(rep);
                    Ok(())
                }
                None => Err(format!("'{text}' is not in the roster")),
            },
            Says::Value => match snapshot.currency.parse_amount(text) {
                Some(money) => {
                    value = Some(money);
                    body.insert("value".into(), serde_json::json!({ "minor_units": money.minor_units() }));
                    Ok(())
                }
                None => Err(format!("'{text}' is not an amount like 1200.00")),
            },
            Says::Email | Says::Phone => {
                let key = if *says == Says::Email { "email" } else { "phone" };
                contact.insert(key.into(), Json::String((*text).to_owned()));
                Ok(())
            }
            Says::Attribute(index, ours) => {
                let (_, attribute) = snapshot.schema.get(*index).expect("the index is of this schema");
                attribute.parse(text).map_err(|e| e.to_string()).map(|read| {
                    values.set(*index, read);
                    attributes.insert(ours.clone(), Json::String((*text).to_owned()));
                })
            }
        };
        if let Err(problem) = read {
            return Ok(Err(fault(problem)));
        }
    }
    let name = match (&lead_id, &external_id) {
        (Some(id), _) => id.to_string(),
        (None, Some(id)) => id.clone(),
        (None, None) => format!("line {line}"),
    };
    let record = match store {
        None => None,
        Some(store) => {
            let found = match (lead_id, &external_id) {
                (Some(id), _) => Some(id),
                (None, Some(external)) => store.lead_by_source(source, external)?,
                (None, None) => None,
            };
            found.map(|id| store.lead(id)).transpose()?.flatten().map(|record| {
                let around = store.around(&enquiry::around_again(&record));
                around.map(|around| (record, around))
            })
        }
    };
    if lead_id.is_some() && record.is_none() {
        let problem = "no lead of this id is stored".into();
        return Ok(Err(SetAside { line, column: "lead_id".into(), problem }));
    }
    body.insert("attributes".into(), Json::Object(attributes));
    if !contact.is_empty() {
        body.insert("contact".into(), Json::Object(contact));
    }
    let (facts, stored, owner, owner_id) = match record.transpose()? {
        Some((record, around)) => {
            let owner = record.state.custody.owner().cloned();
            let present: Option<RepIndex> = owner.as_ref().and_then(|rep| snapshot.roster.rep(rep.as_str()));
            (enquiry::again(&record, None, &around), Some(record.row.id), present, owner)
        }
        None => {
            let id = LeadId::new(at, clock::chance());
            let complete = completeness(&snapshot.schema, Entity::Lead, &values).share();
            let facts = LeadFacts { id, arrived: at, attributes: values, value, originator: None };
            (Facts { completeness: complete, ..Facts::of(facts) }, None, owner, None)
        }
    };
    let counted = stored.is_some() && owner.is_some();
    Ok(Ok(Row { name, external_id, stored, owner_id, listed: Listed { facts, owner, counted }, body }))
}
