//! Everything that is known of one person: found, told, erased.
//!
//! A lead names its person, and no index leads back: that would cost every lead that comes in for
//! the sake of a request a month. So the rows of a person are found by one pass over leads and keys,
//! outside the head, a second or two in a million leads.

use std::{collections::BTreeSet, sync::Arc};

use pointsman_decision::{Decision, Facts, Snapshot};
use pointsman_domain::{CommandId, ContactId, Instant, LeadId, Values, record::Stage};
use serde::Serialize;

use crate::{
    backend::Reader,
    command::{Command, Declined, Erase, Staging},
    error::StoreError,
    outside::Outside,
    queue::{Handle, Pending},
    receipt::Receipt,
    row::{AccountRow, AssignmentRow, ContactRow, CustodyKind, ErasedLead, LeadRow, LeadState, ResponseRow, StageRow},
    stage::StageFact,
    statements::{Row, Statements},
};

/// A key by which a person is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonKey {
    pub key: Box<str>,
    pub at: Instant,
    pub lead: LeadId,
}

/// The person's leads and keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    pub leads: Vec<LeadId>,
    pub keys: Vec<PersonKey>,
}

/// One erasure of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erasure {
    pub request: Box<str>,
    pub at: Instant,
}

/// One decision with what it was taken on.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionFile {
    pub decision: Decision,
    /// `None` where it aged out or was erased.
    pub facts: Option<Facts>,
}

/// One lead of a person, whole.
#[derive(Debug, Clone, Serialize)]
pub struct LeadFile {
    pub lead: LeadRow,
    pub state: LeadState,
    pub account: Option<AccountRow>,
    pub decisions: Vec<DecisionFile>,
    pub assignments: Vec<AssignmentRow>,
    pub responses: Vec<ResponseRow>,
    pub stages: Vec<StageRow>,
}

/// Everything that is stored of a person.
#[derive(Debug, Clone, Serialize)]
pub struct PersonFile {
    pub format: u32,
    pub contact: ContactRow,
    pub keys: Vec<PersonKey>,
    pub leads: Vec<LeadFile>,
    pub erasures: Vec<Erasure>,
}

/// Finds the person's rows.
pub fn trail(statements: &mut dyn Statements, contact: ContactId) -> Result<Trail, StoreError> {
    let what = "find what is known of a person";
    let leads =
        statements.rows(what, "SELECT id FROM leads WHERE contact = $1 ORDER BY id", vec![contact.bytes().into()])?;
    let sql = "SELECT key, at, lead FROM duplicate_keys WHERE contact = $1 ORDER BY key, at, lead";
    let keys = statements.rows(what, sql, vec![contact.bytes().into()])?;
    let key = |row: &Row| Ok(PersonKey { key: row.text(0)?, at: row.at(1)?, lead: row.id(2, LeadId::from_bytes)? });
    Ok(Trail {
        leads: leads.iter().map(|row| row.id(0, LeadId::from_bytes)).collect::<Result<_, StoreError>>()?,
        keys: keys.iter().map(key).collect::<Result<_, StoreError>>()?,
    })
}

/// Tells everything; `None` where there is no such person.
pub fn export(
    reader: &mut dyn Reader,
    statements: &mut dyn Statements,
    contact: ContactId,
) -> Result<Option<PersonFile>, StoreError> {
    let Some(row) = reader.contact(contact)? else { return Ok(None) };
    let trail = trail(statements, contact)?;
    let mut leads = Vec::new();
    for lead in trail.leads {
        let Some(record) = reader.lead(lead)? else { continue };
        let mut decisions = Vec::new();
        for decision in reader.decisions_of(lead)? {
            let facts = reader.decision(decision.id)?.and_then(|stored| stored.facts);
            let facts = facts.and_then(|facts| serde_json::from_slice(&facts).ok());
            decisions.push(DecisionFile { decision, facts });
        }
        leads.push(LeadFile {
            lead: record.row,
            state: record.state,
            account: record.account,
            decisions,
            assignments: reader.assignments_of(lead)?,
            responses: reader.responses_of(lead)?,
            stages: reader.stages_of(lead)?,
        });
    }
    let sql = "SELECT request, at FROM erasures WHERE contact = $1 ORDER BY seq";
    let erasures = statements.rows("read erasures", sql, vec![contact.bytes().into()])?;
    let erasure = |row: &Row| Ok(Erasure { request: row.text(0)?, at: row.at(1)? });
    let erasures = erasures.iter().map(erasure).collect::<Result<_, StoreError>>()?;
    Ok(Some(PersonFile { format: 1, contact: row, keys: trail.keys, leads, erasures }))
}

/// Who asks for an erasure, and by which name verify shall call it.
#[derive(Debug, Clone)]
pub struct Request {
    pub name: Box<str>,
    pub actor: Box<str>,
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub contact: ContactId,
    pub request: Box<str>,
    /// Its row of the record.
    pub seq: u64,
    pub leads: usize,
    /// Leads that were open: nobody works on them any more.
    pub closed: usize,
    pub keys: usize,
}

/// Why nothing, or not all, was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is no such person")]
    Unknown,
    #[error("the store did not take it: {0}")]
    Declined(#[from] Declined),
    #[error("too many commands wait already, or the store is shutting down")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A lead of the person that comes in meanwhile is found by the next pass; once the keys are gone
/// there is none.
const PASSES: u32 = 5;

/// Closes the person's open leads, then erases facts, salts and whatever is personal. Blocks.
pub fn erase(
    reader: &mut dyn Reader,
    statements: &mut dyn Statements,
    handle: &Handle,
    outside: &Outside,
    contact: ContactId,
    request: &Request,
) -> Result<Erased, EraseError> {
    let mut told: Option<Erased> = None;
    for _ in 0..PASSES {
        if reader.contact(contact)?.is_none() {
            return Err(EraseError::Unknown);
        }
        let trail = trail(statements, contact)?;
        let left = told.is_some() && !has_facts(statements, contact)? && trail.keys.is_empty();
        if let (true, Some(told)) = (left, told.clone()) {
            return Ok(told);
        }
        let snapshot = handle.live();
        let (mut leads, mut closed) = (Vec::new(), 0);
        for lead in &trail.leads {
            let Some(record) = reader.lead(*lead)? else { continue };
            if record.state.custody.kind() != CustodyKind::Closed {
                closed += usize::from(close(handle, outside, *lead, request)?);
            }
            leads.push(ErasedLead { lead: *lead, attributes: redacted(&record.row.attributes, snapshot.as_ref()) });
        }
        let keys: BTreeSet<Box<str>> = trail.keys.iter().map(|key| key.key.clone()).collect();
        let keys = keys.into_iter().collect();
        let command = CommandId::new(outside.now(), outside.chance());
        let (name, actor) = (request.name.clone(), request.actor.clone());
        let (leads_of, keys_of) = (leads.len(), trail.keys.len());
        let erase = Erase { command, contact, request: name, actor, leads, keys, idempotency: None };
        let receipt = wait(handle.submit(Command::Erase(Box::new(erase))))?;
        let Receipt::Erased { seq, request, .. } = receipt else { return Err(EraseError::Declined(Declined::Failed)) };
        let before = told.take();
        told = Some(Erased {
            contact,
            request,
            seq: before.as_ref().map_or(seq, |before| before.seq),
            leads: before.as_ref().map_or(leads_of, |before| before.leads.max(leads_of)),
            closed: closed + before.as_ref().map_or(0, |before| before.closed),
            keys: keys_of + before.as_ref().map_or(0, |before| before.keys),
        });
    }
    told.ok_or(EraseError::Busy)
}

fn has_facts(statements: &mut dyn Statements, contact: ContactId) -> Result<bool, StoreError> {
    let sql = "SELECT f.seq FROM leads l JOIN decisions d ON d.lead = l.id JOIN facts f ON f.seq = d.seq
        WHERE l.contact = $1 LIMIT 1";
    Ok(!statements.rows("find what is known of a person", sql, vec![contact.bytes().into()])?.is_empty())
}

/// Ends custody of an open lead: without its person nobody can work on it.
fn close(handle: &Handle, outside: &Outside, lead: LeadId, request: &Request) -> Result<bool, EraseError> {
    let now = outside.now();
    let fact = StageFact {
        at: now,
        known_at: now,
        stage: Stage::Erased,
        source_rank: 0,
        external_id: "".into(),
        reopen: false,
        value: None,
        reason: Some(format!("erased by request {}", request.name).into()),
    };
    let command = CommandId::new(now, outside.chance());
    let staging = Staging { command, lead, fact, actor: Some(request.actor.clone()), idempotency: None };
    match wait(handle.submit(Command::Stage(Box::new(staging))))? {
        Receipt::Staged { closed, .. } => Ok(closed),
        _ => Ok(false),
    }
}

fn wait(pending: Result<Pending, crate::queue::Full>) -> Result<Receipt, EraseError> {
    let reply = pending.map_err(|_| EraseError::Busy)?.wait().map_err(|_| EraseError::Busy)?;
    Ok(reply.result?.receipt)
}

/// The attributes without those that the schema calls personal.
fn redacted(values: &Values, snapshot: Option<&Arc<Snapshot>>) -> Values {
    let mut left = values.clone();
    for (index, _) in values.iter() {
        let personal =
            |snapshot: &Arc<Snapshot>| snapshot.schema.get(index).is_none_or(|(_, attribute)| attribute.personal);
        if snapshot.is_none_or(personal) {
            left.set(index, None);
        }
    }
    left
}
