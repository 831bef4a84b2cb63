//! Leads that a store has decided, to be routed again by another policy.

use std::collections::{BTreeMap, btree_map::Entry};

use anyhow::Context;
use pointsman_decision::{Facts, PastLead, Snapshot};
use pointsman_domain::{AttributeSchema, Digest, LeadId};
use pointsman_store::{Reader, backend::LeadFilter, row::CustodyKind};

use crate::output;

/// Leads read at once.
const PAGE: u32 = 1000;

/// Every lead of the store, newest first, as it was known at its first decision; attributes in the order of
/// `snapshot`. Says how many are left out because their facts are gone.
pub fn decided(reader: &mut dyn Reader, snapshot: &Snapshot) -> anyhow::Result<Vec<(LeadId, PastLead)>> {
    let mut leads = Vec::new();
    // The attributes that a decision knew, by the documents it was taken on.
    let mut schemas: BTreeMap<Digest, AttributeSchema> = BTreeMap::new();
    let (mut before, mut gone) = (None, 0u64);
    loop {
        let page = reader.leads(LeadFilter { custody: None, before, limit: PAGE })?;
        let Some((last, _)) = page.last() else { break };
        before = Some(last.id);
        for (row, state) in page {
            let first = reader.decisions_of(row.id)?.into_iter().next();
            let stored = first.map(|first| reader.decision(first.id)).transpose()?.flatten();
            let facts = stored.as_ref().and_then(|stored| stored.facts.as_ref().map(|facts| (stored, facts)));
            let Some((stored, facts)) = facts else {
                gone += 1;
                continue;
            };
            let mut facts: Facts = serde_json::from_slice(facts).with_context(|| format!("facts of {}", row.id))?;
            let taken_on = stored.decision.snapshot;
            if taken_on != snapshot.id {
                if let Entry::Vacant(entry) = schemas.entry(taken_on) {
                    let documents =
                        reader.documents(&taken_on)?.context("the documents of a decision are not stored")?;
                    entry.insert(documents.schema().context("the attributes of a decision cannot be read")?);
                }
                facts.lead.attributes = snapshot.schema.adopt(&schemas[&taken_on], &facts.lead.attributes);
            }
            let closed = (state.custody.kind() == CustodyKind::Closed).then_some(state.since);
            leads.push((row.id, PastLead::anew(facts, state.first_decided, state.seed, closed)));
        }
    }
    if gone > 0 {
        output::note(format!("{gone} leads whose facts aged out or were erased are left out"));
    }
    Ok(leads)
}
