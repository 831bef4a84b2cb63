//! One batch: its commands run in order, each on the load its predecessors left, and become rows.

use std::sync::Arc;

use pointsman_assign::{Binding, Change, CounterKey, Ledger, Load};
use pointsman_decision::{Decided, Snapshot, decide, record::Outcome};
use pointsman_domain::{CommandId, Digest, Instant, LeadId, RepId, Window, record::Stage};

use crate::{
    backend::{Found, Keys},
    codec,
    command::{Arrival, Command, Decide, Declined, Done, Keyed, Occasion, Staging, Switch, Transfer},
    log::{self, Head, LogKind, LogRow},
    receipt::Receipt,
    row::{
        AssignmentRow, BatchRows, Custody, DecisionRow, DocumentRow, DuplicateRow, Expect, IdempotencyRow, LeadState,
        SnapshotRow, StageRow,
    },
    stage::{StageFact, converge},
};

/// What commands are run on.
#[derive(Debug)]
pub(crate) struct Bench {
    pub ledger: Ledger,
    /// What decides, and its numbers in this ledger.
    pub live: Option<(Arc<Snapshot>, Binding)>,
    pub load: Load,
}

/// The rows of a batch as it grows.
#[derive(Debug)]
pub(crate) struct Draft {
    pub rows: BatchRows,
    /// Reps with a slot that may have become free.
    pub freed: Vec<RepId>,
    pub switched: Option<Arc<Snapshot>>,
    /// `committed_at` of the batch.
    at: Instant,
    buffer: Vec<u8>,
}

/// What a log row says besides its place.
struct Entry<'a> {
    kind: LogKind,
    command: CommandId,
    lead: Option<LeadId>,
    actor: Option<Box<str>>,
    changes: &'a [Change],
    detail: Digest,
    facts: Option<Digest>,
}

impl Draft {
    pub fn new(head: Head, at: Instant) -> Self {
        let rows = BatchRows { head: Head { at, ..head }, ..BatchRows::default() };
        Self { rows, freed: Vec::new(), switched: None, at, buffer: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.log.is_empty() && self.rows.idempotency.is_empty()
    }

    /// The seq that the next row of the log will have.
    fn next(&self) -> u64 {
        self.rows.head.seq + 1
    }

    fn record(&mut self, entry: Entry<'_>) {
        let mut changes = Vec::new();
        codec::encode(entry.changes, &mut changes);
        let head = &mut self.rows.head;
        head.seq += 1;
        head.leads += entry.changes.iter().filter(|change| **change == Change::Decided).count() as u64;
        let mut row = LogRow {
            seq: head.seq,
            kind: entry.kind,
            at: self.at,
            command: entry.command,
            lead: entry.lead,
            actor: entry.actor,
            changes,
            detail: Some(entry.detail),
            facts: entry.facts,
            hash: Digest::default(),
        };
        row.hash = row.chained(head.hash, &mut self.buffer);
        head.hash = row.hash;
        self.freed.extend(entry.changes.iter().filter_map(|change| match change {
            Change::Release { key } => Some(key.rep.clone()),
            Change::Cap { rep, .. } => Some(rep.clone()),
            _ => None,
        }));
        self.rows.log.push(row);
    }

    fn remember(&mut self, keyed: Option<&Keyed>, receipt: &Receipt) {
        if let Some(keyed) = keyed {
            let (key, body) = (keyed.key.clone(), keyed.body);
            self.rows.idempotency.push(IdempotencyRow { key, body, at: self.at, receipt: receipt.clone() });
        }
    }
}

/// Adds what a command touches; what it touches is what must be looked up for it.
pub(crate) fn keys(command: &Command, keys: &mut Keys) {
    let mut idempotency = |keyed: &Option<Keyed>| keys.idempotency.extend(keyed.iter().map(|keyed| keyed.key.clone()));
    match command {
        Command::Decide(decide) => {
            idempotency(&decide.idempotency);
            keys.leads.push(decide.lead());
            keys.contacts.extend(decide.contact);
            keys.accounts.extend(decide.account);
            if let Occasion::Arrival(arrival) = &decide.occasion {
                keys.duplicates.extend(arrival.duplicate_keys.iter().cloned());
                keys.domains.extend(arrival.domain.clone());
                let external_id = arrival.lead.external_id.clone();
                keys.sources.extend(external_id.map(|id| (arrival.lead.source.clone(), id)));
            }
        }
        Command::Stage(staging) => {
            idempotency(&staging.idempotency);
            keys.leads.push(staging.lead);
            keys.staged.push(staging.lead);
        }
        Command::Transfer(transfer) => {
            idempotency(&transfer.idempotency);
            keys.leads.push(transfer.lead);
        }
        Command::Switch(_) | Command::Preview(_) | Command::Look(_) | Command::Tick | Command::Stop => {}
    }
}

type Verdict = Result<Done, Declined>;

fn done(receipt: Receipt) -> Verdict {
    Ok(Done { receipt, replayed: false, decided: None })
}

impl Bench {
    /// Numbers the snapshot's names in the ledger; it decides from now on.
    pub fn bind(&mut self, snapshot: Arc<Snapshot>) {
        let binding = snapshot.bind(&mut self.ledger);
        self.live = Some((snapshot, binding));
    }

    /// Runs one command: what comes of it is applied to the ledger and added to the draft.
    pub fn run(&mut self, command: &Command, found: &Found, draft: &mut Draft) -> Verdict {
        let keyed = match command {
            Command::Decide(decide) => decide.idempotency.as_ref(),
            Command::Stage(staging) => staging.idempotency.as_ref(),
            Command::Transfer(transfer) => transfer.idempotency.as_ref(),
            _ => None,
        };
        if let Some(keyed) = keyed
            && let Some((body, receipt)) = found.idempotency.get(&keyed.key)
        {
            let replayed = Done { receipt: receipt.clone(), replayed: true, decided: None };
            return if *body == keyed.body { Ok(replayed) } else { Err(Declined::KeyReused) };
        }
        let verdict = match command {
            Command::Decide(decide) => self.decide(decide, found, draft),
            Command::Stage(staging) => self.stage(staging, found, draft),
            Command::Transfer(transfer) => self.transfer(transfer, found, draft),
            Command::Switch(switch) => Ok(self.switch(switch, draft)),
            Command::Preview(_) | Command::Look(_) | Command::Tick | Command::Stop => {
                unreachable!("these need no batch")
            }
        };
        if let Ok(done) = &verdict {
            draft.remember(keyed, &done.receipt);
        }
        verdict
    }

    fn apply(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| self.ledger.apply(change));
    }

    fn decide(&mut self, command: &Decide, found: &Found, draft: &mut Draft) -> Verdict {
        let mut ambiguous = Vec::new();
        if let Occasion::Arrival(arrival) = &command.occasion {
            match same_enquiry(arrival, found, draft.at) {
                Same::Nobody => {}
                Same::Lead(receipt) => return done(receipt),
                Same::Several(leads) => ambiguous = leads,
            }
        }
        let Some((snapshot, binding)) = &self.live else { return Err(Declined::Stale) };
        if snapshot.id != command.qualified.snapshot.id || is_stale(command, found) {
            return Err(Declined::Stale);
        }
        let before = match &command.occasion {
            Occasion::Arrival(_) => None,
            Occasion::Again | Occasion::Retry => Some(waits(command, found)?),
        };
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
        self.apply(&decided.changes);
        write_decision(command, before, &decided, draft);
        let receipt = Receipt::Decided { lead, decision: decided.decision.id, ambiguous };
        Ok(Done { receipt, replayed: false, decided: Some(Box::new(decided)) })
    }

    fn stage(&mut self, command: &Staging, found: &Found, draft: &mut Draft) -> Verdict {
        let lead = command.lead;
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        let known = found.stages.get(&lead).map_or(&[][..], Vec::as_slice);
        let fact = StageFact { known_at: draft.at, ..command.fact.clone() };
        let told_before = |old: &StageFact| {
            !fact.external_id.is_empty()
                && (&old.external_id, old.at, old.stage) == (&fact.external_id, fact.at, fact.stage)
        };
        if known.iter().any(told_before) {
            return done(Receipt::Staged { lead, stage: before.stage, closed: false });
        }
        let stage = converge(known.iter().chain([&fact])).map_or(Stage::Open, |current| current.stage);
        let closed = stage.closes() && before.custody != Custody::Closed;
        let mut state = LeadState { stage, version: draft.next(), ..before.clone() };
        let mut changes = Vec::new();
        if closed {
            release(&mut state.claims, &mut changes);
            if self.ledger.is_waiting(lead) {
                changes.push(Change::Awake { lead });
            }
            state.custody = Custody::Closed;
            state.since = draft.at;
        }
        self.apply(&changes);
        let row = StageRow { seq: draft.next(), lead, fact, actor: command.actor.clone() };
        draft.record(Entry {
            kind: LogKind::Outcome,
            command: command.command,
            lead: Some(lead),
            actor: command.actor.clone(),
            changes: &changes,
            detail: row.digest(),
            facts: None,
        });
        draft.rows.stages.push(row);
        draft.rows.states.push((Expect::Version(before.version), state));
        done(Receipt::Staged { lead, stage, closed })
    }

    fn transfer(&mut self, command: &Transfer, found: &Found, draft: &mut Draft) -> Verdict {
        let lead = command.lead;
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        let present = before.custody.owner();
        if before.custody == Custody::Closed {
            return Err(Declined::Closed);
        }
        if present != command.expected.as_ref() {
            return Err(Declined::OwnerChanged { present: present.cloned() });
        }
        let (from, to) = (present.cloned(), command.to.clone());
        if from.as_ref() == Some(&to) {
            return done(Receipt::Transferred { lead, from, to, over: vec![] });
        }
        let mut state = LeadState { since: draft.at, version: draft.next(), ..before.clone() };
        let mut changes = Vec::new();
        release(&mut state.claims, &mut changes);
        if self.ledger.is_waiting(lead) {
            changes.push(Change::Awake { lead });
        }
        // A quota counts a lead once per rep, however often it comes back.
        let counted = |key: &CounterKey| {
            key.window != Window::Always
                && state
                    .claims
                    .iter()
                    .any(|held| (&held.rep, &held.limit, held.partition) == (&key.rep, &key.limit, key.partition))
        };
        let raised: Vec<CounterKey> = command.claims.iter().filter(|key| !counted(key)).cloned().collect();
        changes.extend(raised.iter().map(|key| Change::Claim { key: key.clone() }));
        self.apply(&changes);
        let over = raised.iter().filter(|key| {
            let (used, cap) = self.ledger.used(&key.rep, &key.limit, key.window);
            cap.is_some_and(|cap| used > cap)
        });
        let over = over.map(|key| key.limit.clone()).collect();
        state.claims.extend(raised);
        state.custody = Custody::Owned { rep: to.clone(), sla_due: None };
        state.last_owner = Some(to.clone());
        let row = AssignmentRow {
            seq: draft.next(),
            lead,
            rep: to.clone(),
            at: draft.at,
            hop: before.last_owner.is_some(),
            propensity: None,
            actor: Some(command.actor.clone()),
            reason: command.reason.clone(),
        };
        draft.record(Entry {
            kind: LogKind::Transfer,
            command: command.command,
            lead: Some(lead),
            actor: Some(command.actor.clone()),
            changes: &changes,
            detail: row.digest(),
            facts: None,
        });
        if let Some(contact) = state.contact {
            draft.rows.contact_owners.push((contact, to.clone(), row.seq));
        }
        draft.rows.assignments.push(row);
        draft.rows.states.push((Expect::Version(before.version), state));
        done(Receipt::Transferred { lead, from, to, over })
    }

    fn switch(&mut self, command: &Switch, draft: &mut Draft) -> Done {
        let snapshot = &command.snapshot;
        let moved = |change: &Change| match change {
            Change::Cap { rep, limit, cap } => self.ledger.used(rep, limit, Window::Always).1 != *cap,
            _ => true,
        };
        let changes: Vec<Change> = snapshot.caps().filter(moved).collect();
        self.apply(&changes);
        let (id, author, reason) = (snapshot.id, command.author.clone(), command.reason.clone());
        let seq = draft.next();
        draft.record(Entry {
            kind: LogKind::Switch,
            command: command.command,
            lead: None,
            actor: Some(author.clone()),
            changes: &changes,
            detail: log::switch_digest(&id, &author, &reason, draft.at),
            facts: None,
        });
        let documents = snapshot.documents.iter().map(|(kind, name, body)| DocumentRow {
            kind,
            name: name.into(),
            digest: pointsman_decision::document::digest(body),
            body: Arc::clone(body),
        });
        let documents = documents.collect();
        draft.rows.snapshots.push(SnapshotRow { seq, id, at: draft.at, author, reason, documents });
        draft.rows.head.snapshot = Some(id);
        draft.switched = Some(Arc::clone(snapshot));
        Done { receipt: Receipt::Switched { snapshot: id }, replayed: false, decided: None }
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
        hits.iter().find(|hit| hit.custody != crate::row::CustodyKind::Closed && hit.at >= oldest)
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
            let hits = arrival.duplicate_keys.iter().filter_map(|key| found.duplicates.get(key)).flatten();
            newest = hits.map(|hit| hit.seq).fold(newest, u64::max);
            newest =
                arrival.domain.iter().filter_map(|domain| found.domains.get(domain)).copied().fold(newest, u64::max);
        }
        Occasion::Again | Occasion::Retry => {
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
        Custody::Owned { .. } | Custody::Closed => Err(Declined::Moot),
    }
}

/// Releases the open slots among these claims; quotas stay counted.
fn release(claims: &mut Vec<CounterKey>, changes: &mut Vec<Change>) {
    let is_open = |key: &CounterKey| key.window == Window::Always;
    let (open, quotas): (Vec<_>, Vec<_>) = std::mem::take(claims).into_iter().partition(is_open);
    *claims = quotas;
    changes.extend(open.into_iter().map(|key| Change::Release { key }));
}

fn write_decision(command: &Decide, before: Option<&LeadState>, decided: &Decided, draft: &mut Draft) {
    let decision = &decided.decision;
    let seq = draft.next();
    let owner = decision.owner().cloned();
    let deadline = match &decision.outcome {
        Outcome::Held { until, .. } => Some(*until),
        Outcome::Owned { .. } | Outcome::Parked { .. } => None,
    };
    let contact = before.map_or(command.contact, |state| state.contact);
    let mut claims = before.map_or_else(Vec::new, |state| state.claims.clone());
    claims.extend(decision.claims.iter().cloned());
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
        priority: decision.priority,
        claims,
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
        detail: log::decision_digest(decision),
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
    rows.states.push((before.map_or(Expect::New, |state| Expect::Version(state.version)), state));
    rows.decisions.push(DecisionRow {
        seq,
        decision: decision.clone(),
        facts: command.facts.clone(),
        salt: command.salt,
        trace: decided.trace.clone(),
        unit: command.unit.clone(),
    });
}

fn write_arrival(
    arrival: &Arrival,
    contact: Option<pointsman_domain::ContactId>,
    owner: Option<&RepId>,
    seq: u64,
    rows: &mut BatchRows,
) {
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
