//! A decision: the same enquiry is found, stale facts are sent back, the rest is chosen and written.

use pointsman_assign::Change;
use pointsman_decision::{Decided, decide, record::Outcome};
use pointsman_domain::{ContactId, DecisionId, Instant, LeadId, RepId, record::Stage};

use super::{Bench, Draft, Verdict, done, draft::Entry};
use crate::{
    backend::{DuplicateHit, Found},
    command::{Arrival, Decide, Declined, Done, Occasion},
    log::{self, LogKind},
    receipt::Receipt,
    row::{AssignmentRow, BatchRows, Custody, CustodyKind, DecisionRow, DuplicateRow, Expect, LeadState, TurnTaken},
};

impl Bench {
    pub(super) fn decide(&mut self, command: &Decide, found: &Found, draft: &mut Draft) -> Verdict {
        let mut ambiguous = Vec::new();
        if let Occasion::Arrival(arrival) = &command.occasion {
            match same_enquiry(arrival, found, draft.at) {
                Same::Nobody => {}
                Same::Lead(receipt) => return done(receipt),
                Same::Several(leads) => ambiguous = leads,
            }
        }
        let Some((snapshot, _)) = &self.live else { return Err(Declined::Stale) };
        if snapshot.id != command.qualified.snapshot.id || is_stale(command, found) {
            return Err(Declined::Stale);
        }
        let before = match &command.occasion {
            Occasion::Arrival(_) => None,
            Occasion::Again | Occasion::Retry => Some(waits(command, found)?),
            Occasion::Declined(decline) => {
                let before = found.leads.get(&command.lead()).ok_or(Declined::UnknownLead)?;
                Self::may_decline(decline, before, draft.at)?;
                Some(before)
            }
        };
        let expected = before.map_or(Expect::New, |state| Expect::Version(state.version));
        let freed;
        let before = match (&command.occasion, before) {
            (Occasion::Declined(decline), Some(before)) => {
                freed = self.decline(command, decline, before, draft);
                Some(&freed)
            }
            (_, before) => before,
        };
        let Some((_, binding)) = &self.live else { return Err(Declined::Stale) };
        let mut decided = decide(&command.qualified, &self.ledger, binding, command.ticket, &mut self.load);
        let lead = command.lead();
        if let Some(before) = before
            && matches!(command.occasion, Occasion::Retry)
            && Custody::of(&decided.decision.outcome) == before.custody
        {
            return done(Receipt::Unmoved { lead });
        }
        if before.is_none() {
            decided.changes.push(Change::Decided);
        }
        let waits_on = decided.changes.iter().any(|change| matches!(change, Change::Wait { .. }));
        let left: Vec<RepId> = if waits_on { vec![] } else { self.ledger.waits_for(lead).to_vec() };
        self.apply(&decided.changes);
        // It left its place in their lines: whoever is next may find a slot that it did not take.
        draft.freed.extend(left.into_iter().filter(|rep| !self.ledger.is_full(rep)));
        write_decision(command, expected, before, &decided, draft);
        let receipt = Receipt::Decided { lead, decision: decided.decision.id, ambiguous };
        Ok(Done { receipt, replayed: false, decided: Some(Box::new(decided)) })
    }
}

/// Whether an enquiry is one that we have already.
enum Same {
    Nobody,
    Lead(Receipt),
    /// E-mail and phone point to different open leads: reported, not merged.
    Several(Vec<LeadId>),
}

fn same_enquiry(arrival: &Arrival, found: &Found, now: Instant) -> Same {
    let source = arrival.lead.external_id.clone().map(|id| (arrival.lead.source.clone(), id));
    if let Some(lead) = source.and_then(|source| found.sources.get(&source))
        && let Some(state) = found.leads.get(lead)
    {
        return Same::Lead(Receipt::Duplicate { lead: *lead, decision: state.decision });
    }
    let oldest = now - arrival.duplicate_window;
    let open = |key: &str| {
        let hits = found.duplicates.get(key)?;
        // What another system deals with is no enquiry of ours; it only tells who the person is.
        let ours = |hit: &&DuplicateHit| hit.decision != DecisionId::NONE;
        hits.iter().filter(ours).find(|hit| hit.custody != CustodyKind::Closed && hit.at >= oldest)
    };
    let mut hits: Vec<_> = arrival.duplicate_keys.iter().filter_map(|key| open(key)).collect();
    hits.dedup_by_key(|hit| hit.lead);
    match hits[..] {
        [] => Same::Nobody,
        [hit] => Same::Lead(Receipt::Duplicate { lead: hit.lead, decision: hit.decision }),
        _ => Same::Several(hits.iter().map(|hit| hit.lead).collect()),
    }
}

/// Whether a key of the facts changed after they were read.
fn is_stale(command: &Decide, found: &Found) -> bool {
    let contacts = command.contact.and_then(|id| found.contacts.get(&id));
    let accounts = command.account.and_then(|id| found.accounts.get(&id));
    let mut newest = contacts.into_iter().chain(accounts).copied().max().unwrap_or(0);
    match &command.occasion {
        Occasion::Arrival(arrival) => {
            // Also a person whom somebody wrote down without a lead.
            let holders = arrival.duplicate_keys.iter().filter_map(|key| found.holders.get(key));
            let domains = arrival.domain.iter().filter_map(|domain| found.domains.get(domain)).copied();
            let names = arrival.new_account.iter().filter_map(|new| found.names.get(&new.name_key)).copied();
            newest = holders.map(|holder| holder.seq).chain(domains).chain(names).fold(newest, u64::max);
        }
        Occasion::Again | Occasion::Retry | Occasion::Declined(_) => {
            newest = found.leads.get(&command.lead()).map_or(newest, |state| state.version.max(newest));
        }
    }
    newest > command.read_at
}

/// The state of a lead that is decided again: it must still wait or be parked.
fn waits<'a>(command: &Decide, found: &'a Found) -> Result<&'a LeadState, Declined> {
    let state = found.leads.get(&command.lead()).ok_or(Declined::UnknownLead)?;
    match state.custody {
        Custody::Held { .. } | Custody::Parked { .. } => Ok(state),
        Custody::Owned { .. } | Custody::Offered { .. } | Custody::Closed => Err(Declined::Moot),
    }
}

fn write_decision(
    command: &Decide,
    expected: Expect,
    before: Option<&LeadState>,
    decided: &Decided,
    draft: &mut Draft,
) {
    let decision = &decided.decision;
    let seq = draft.next();
    // An offer makes nobody the owner yet.
    let (owner, deadline) = match &decision.outcome {
        Outcome::Owned { rep, .. } => (Some(rep.clone()), None),
        Outcome::Held { until, .. } => (None, Some(*until)),
        Outcome::Offered { .. } | Outcome::Parked { .. } => (None, None),
    };
    let contact = before.map_or(command.contact, |state| state.contact);
    let mut claims = before.map_or_else(Vec::new, |state| state.claims.clone());
    claims.extend(decision.claims.iter().cloned());
    let mut turns = before.map_or_else(Vec::new, |state| state.turns.clone());
    turns.extend(decided.changes.iter().filter_map(|change| match change {
        Change::Turn { line, rep, amount, .. } => {
            Some(TurnTaken { line: line.clone(), rep: rep.clone(), amount: *amount })
        }
        _ => None,
    }));
    let state = LeadState {
        lead: decision.lead,
        custody: Custody::of(&decision.outcome),
        stage: before.map_or(Stage::Open, |state| state.stage),
        since: draft.at,
        decision: decision.id,
        first_decided: before.map_or(decision.decided_at, |state| state.first_decided),
        seed: decision.seed,
        deadline: before.and_then(|state| state.deadline).or(deadline),
        last_owner: owner.clone().or_else(|| before.and_then(|state| state.last_owner.clone())),
        declined: before.map_or_else(Vec::new, |state| state.declined.clone()),
        priority: decision.priority,
        claims,
        turns,
        credited: before.and_then(|state| state.credited.clone()),
        contact,
        person_known: before.map_or(command.person_known, |state| state.person_known),
        version: seq,
    };
    draft.record(Entry {
        kind: LogKind::Decision,
        command: command.command,
        lead: Some(decision.lead),
        actor: command.actor.clone(),
        changes: &decided.changes,
        detail: Some(log::decision_digest(decision)),
        facts: Some(command.facts_digest),
    });
    let rows = &mut draft.rows;
    if let Occasion::Arrival(arrival) = &command.occasion {
        write_arrival(arrival, contact, owner.as_ref(), seq, rows);
    } else if let (Some(contact), Some(owner)) = (contact, &owner) {
        rows.contact_owners.push((contact, owner.clone(), seq));
    }
    if let Some(rep) = owner {
        rows.assignments.push(AssignmentRow {
            seq,
            lead: decision.lead,
            rep,
            at: rows.head.at,
            hop: before.is_some_and(|state| state.last_owner.is_some()),
            propensity: Some(decision.propensity),
            actor: None,
            reason: None,
        });
    }
    rows.states.push((expected, state));
    rows.decisions.push(DecisionRow {
        seq,
        decision: decision.clone(),
        facts: command.facts.clone(),
        salt: command.salt,
        trace: decided.trace.clone(),
        unit: command.unit.clone(),
    });
}

fn write_arrival(arrival: &Arrival, contact: Option<ContactId>, owner: Option<&RepId>, seq: u64, rows: &mut BatchRows) {
    match (&arrival.new_contact, contact, owner) {
        (Some(new), _, owner) => {
            let mut new = new.clone();
            new.owner = owner.cloned();
            new.version = seq;
            rows.contacts.push(new);
        }
        (None, Some(known), Some(owner)) => rows.contact_owners.push((known, owner.clone(), seq)),
        (None, _, _) => {}
    }
    if let Some(new) = &arrival.new_account {
        let mut new = new.clone();
        new.version = seq;
        rows.accounts.push(new);
    }
    rows.leads.push(arrival.lead.clone());
    let (at, lead) = (arrival.lead.at, arrival.lead.id);
    let keys = arrival.duplicate_keys.iter();
    rows.duplicates.extend(keys.map(|key| DuplicateRow { key: key.clone(), at, lead, contact, seq }));
}
