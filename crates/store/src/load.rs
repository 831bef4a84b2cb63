//! History that another system kept, copied in: so that before and after are measured by one
//! definition. Nothing here was decided by Pointsman, so no row of the record stands behind it one
//! by one; a batch of leads is one row of the log, which raises the counters of open leads that
//! have an owner: they are that rep's work, whoever gave it to them.
//!
//! Everything but leads is added as it is and never changed. Leads come last, so that a lead is
//! seen only with everything about it; killed in between and run again, it goes on. A lead that
//! was loaded before takes in what was learned since, unless Pointsman dealt with it meanwhile.

use std::sync::Arc;

use pointsman_assign::{Change, CounterKey};
use pointsman_decision::{ContactFacts, Scratch, Snapshot, draws_on};
use pointsman_domain::{
    AccountId, CommandId, ContactId, DecisionId, Instant, LeadId, Money, RepId, Window,
    record::{
        Absence, Account, Activity, Assignment, AssignmentKind, Contact, Feedback, Opportunity, Outcome, Rep, Stage,
    },
};

pub use crate::cell::Cell;
use crate::{
    backend::{Backend, Found, Keys, Store, Surroundings},
    batch::{Draft, Entry},
    cell::{maybe, no_bytes, no_float, no_int, no_text},
    enquiry,
    error::StoreError,
    loaded::{Past, Table},
    log::{LogKind, digest},
    number::{activity_number, stage_number},
    outside::Outside,
    row::{Custody, DuplicateRow, Expect, LeadRow, LeadState},
    stage::{StageFact, converge},
    upkeep::Upkeep,
};

/// Leads of one batch: one row of the log, some tens of milliseconds under the head.
pub const LEADS: usize = 1_000;
/// Rows of another table in one transaction.
pub const ROWS: usize = 5_000;

const KEEP: &str = "ON CONFLICT DO NOTHING";

/// A lead as a history tells it.
#[derive(Debug, Clone)]
pub struct PastLead {
    pub row: LeadRow,
    pub known_at: Instant,
    /// For telephone numbers without a country of their own.
    pub country: Box<str>,
}

/// A record that is one row of a table.
pub trait Loadable {
    const TABLE: Table;
    fn cells(&self) -> Vec<Cell<'_>>;
}

/// What became of leads, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeadCounts {
    pub new: u64,
    /// Loaded before, and something was learned since.
    pub changed: u64,
    pub unchanged: u64,
    /// Came through the door, or Pointsman dealt with it since: left alone.
    pub own: u64,
    /// Of the new and changed ones: open, with an owner.
    pub owned: u64,
}

impl std::ops::AddAssign for LeadCounts {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.own += more.own;
        self.owned += more.owned;
    }
}

/// Makes the keys under which a person is found again: e-mail, phone, country.
pub type KeysOf = Box<dyn Fn(Option<&str>, Option<&str>, &str) -> Vec<Box<str>>>;

/// Copies a history into a store.
pub struct Loader {
    backend: Box<dyn Backend>,
    snapshot: Arc<Snapshot>,
    scratch: Scratch,
    outside: Outside,
    keys_of: KeysOf,
    /// The head when it began: whatever has a greater version was changed by this load.
    began: u64,
    _upkeep: Option<Upkeep>,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loader")
    }
}

impl Loader {
    pub fn new(
        store: &dyn Store,
        snapshot: Arc<Snapshot>,
        outside: Outside,
        keys_of: KeysOf,
    ) -> Result<Self, StoreError> {
        let began = store.reader()?.head()?.seq;
        let scratch = Scratch::new(&snapshot);
        Ok(Self { backend: store.backend()?, snapshot, scratch, outside, keys_of, began, _upkeep: store.upkeep()? })
    }

    /// Adds rows of a table; how many were new.
    pub fn rows<R: Loadable>(&mut self, rows: &[R]) -> Result<u64, StoreError> {
        let mut new = 0;
        for part in rows.chunks(ROWS) {
            new +=
                self.under_head(|loader, _| loader.backend.put(&R::TABLE, part.iter().map(Loadable::cells).collect()))?;
        }
        Ok(new)
    }

    /// Adds leads, or takes in what was learned of them since.
    pub fn leads(&mut self, leads: &[PastLead]) -> Result<LeadCounts, StoreError> {
        let mut counts = LeadCounts::default();
        for part in leads.chunks(LEADS) {
            counts += self.under_head(|loader, draft| loader.batch(part, draft))?;
        }
        Ok(counts)
    }

    /// One transaction; what the draft holds is written at its end.
    fn under_head<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Draft) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let head = self.backend.begin()?;
        let at = self.outside.committed_at(self.backend.clock()).max(head.at);
        let mut draft = Draft::new(head, at);
        let done = work(self, &mut draft).and_then(|done| match draft.is_empty() {
            true => Ok(done),
            false => self.backend.write(&draft.rows).map(|()| done),
        });
        match done {
            Ok(done) => {
                self.backend.commit()?;
                self.backend.rest();
                Ok(done)
            }
            Err(error) => {
                self.backend.rollback();
                Err(error)
            }
        }
    }

    fn batch(&mut self, leads: &[PastLead], draft: &mut Draft) -> Result<LeadCounts, StoreError> {
        let ids: Vec<LeadId> = leads.iter().map(|lead| lead.row.id).collect();
        let keys = Keys {
            sources: leads.iter().filter_map(|l| Some((l.row.source.clone(), l.row.external_id.clone()?))).collect(),
            contacts: leads.iter().filter_map(|l| l.row.contact).collect(),
            accounts: leads.iter().filter_map(|l| l.row.account).collect(),
            leads: ids.clone(),
            ..Keys::default()
        };
        let found = self.backend.look_up(&keys)?;
        let mut past = self.backend.past(&ids)?;
        let people = self.backend.people(&keys.contacts)?;
        let (seq, mut counts, mut written, mut changes) = (draft.next(), LeadCounts::default(), Vec::new(), Vec::new());
        let mut owners: std::collections::BTreeMap<ContactId, RepId> = std::collections::BTreeMap::new();
        for lead in leads {
            let past = past.remove(&lead.row.id).unwrap_or_default();
            let before = found.leads.get(&lead.row.id);
            if is_own(lead, &past, before, &found) {
                counts.own += 1;
                continue;
            }
            let row = linked(&lead.row, &found);
            let state = self.state(&row, &past, before, seq);
            if before.is_some_and(|before| LeadState { version: before.version, ..state.clone() } == *before) {
                counts.unchanged += 1;
                continue;
            }
            changed_claims(before, &state, &mut changes);
            counts.owned += u64::from(state.custody.owner().is_some());
            let person = row.contact.and_then(|id| people.get(&id));
            if let (Some(person), Some(owner)) = (person, &state.last_owner)
                && (person.owner.is_none() || person.version > self.began)
            {
                owners.insert(person.id, owner.clone());
            }
            match before {
                Some(before) => {
                    counts.changed += 1;
                    written.push(lead_cells(&row, lead.known_at, seq));
                    draft.rows.states.push((Expect::Version(before.version), state));
                }
                None => {
                    counts.new += 1;
                    let (email, phone) = person.map_or((None, None), |p| (p.email.as_deref(), p.phone.as_deref()));
                    let keys = (self.keys_of)(email, phone, &lead.country).into_iter();
                    draft.rows.duplicates.extend(keys.map(|key| DuplicateRow {
                        key,
                        at: row.at,
                        lead: row.id,
                        contact: row.contact,
                        seq,
                    }));
                    draft.rows.states.push((Expect::New, state));
                    written.push(lead_cells(&row, lead.known_at, seq));
                }
            }
        }
        if draft.rows.states.is_empty() {
            return Ok(counts);
        }
        self.backend.put(&LEADS_TABLE, written)?;
        draft.rows.contact_owners.extend(owners.into_iter().map(|(contact, owner)| (contact, owner, seq)));
        let command = CommandId::new(draft.at, self.outside.chance());
        draft.record(Entry {
            kind: LogKind::Load,
            command,
            lead: None,
            actor: Some("load".into()),
            changes: &changes,
            detail: None,
            facts: None,
        });
        Ok(counts)
    }

    /// Where a lead of a history stands. Open without an owner it is nobody's work: it stays with
    /// the system it came from, and nothing routes it.
    fn state(&mut self, row: &LeadRow, past: &Past, before: Option<&LeadState>, seq: u64) -> LeadState {
        let facts = past.facts();
        let current = converge(&facts);
        let stage = current.map_or(Stage::Open, |fact| fact.stage);
        let last = past.owners.last();
        let owned = last.filter(|_| !stage.closes());
        let closed = current.filter(|_| stage.closes()).map(StageFact::happened);
        LeadState {
            lead: row.id,
            custody: match owned {
                Some((_, rep)) => Custody::Owned { rep: rep.clone(), sla_due: None },
                None => Custody::Closed,
            },
            stage,
            since: owned.map(|(at, _)| *at).or(closed).unwrap_or(row.at),
            decision: DecisionId::NONE,
            first_decided: row.at,
            seed: 0,
            deadline: None,
            last_owner: last.map(|(_, rep)| rep.clone()),
            declined: Vec::new(),
            priority: 0,
            claims: owned.map_or_else(Vec::new, |(_, rep)| self.claims(row, rep)),
            turns: Vec::new(),
            credited: None,
            contact: row.contact,
            person_known: before.is_some_and(|before| before.person_known),
            version: seq,
        }
    }

    /// The open slots that it occupies; quotas of new leads were another system's.
    fn claims(&mut self, row: &LeadRow, rep: &RepId) -> Vec<CounterKey> {
        let Some(index) = self.snapshot.roster.rep(rep.as_str()) else { return Vec::new() };
        let contact = row.contact.map(|id| ContactFacts { id, known: false, email_domain: None, owner: None });
        let facts = enquiry::build(row, contact, None, &Surroundings::default(), Default::default());
        let mut claims = draws_on(&self.snapshot, &facts, index, row.at, &mut self.scratch);
        claims.retain(|key| key.window == Window::Always);
        claims
    }
}

impl Past {
    /// What is known of the stage; what people did raises it as the same activity would today.
    fn facts(&self) -> Vec<StageFact> {
        let done = |at: Option<Instant>, stage, name: &str| {
            at.map(|at| StageFact { external_id: StageFact::of_activity(name).into(), ..fact(at, at, stage, None) })
        };
        let activities = [done(self.attempted, Stage::Attempted, "load"), done(self.met, Stage::Contacted, "load-met")];
        self.stages.iter().cloned().chain(activities.into_iter().flatten()).collect()
    }
}

/// A stage fact of a history.
pub(crate) fn fact(at: Instant, known_at: Instant, stage: Stage, value: Option<Money>) -> StageFact {
    StageFact { at, known_at, stage, source_rank: 0, external_id: "load".into(), reopen: false, value, reason: None }
}

/// Whether it is a lead of Pointsman's own: from the door, or dealt with since it was loaded.
fn is_own(lead: &PastLead, past: &Past, before: Option<&LeadState>, found: &Found) -> bool {
    let source = lead.row.external_id.clone().map(|id| (lead.row.source.clone(), id));
    let elsewhere = source.and_then(|source| found.sources.get(&source)).is_some_and(|id| *id != lead.row.id);
    elsewhere || (before.is_some() && past.ours != Some(true))
}

/// The lead with the person and company that are there.
fn linked(row: &LeadRow, found: &Found) -> LeadRow {
    LeadRow {
        contact: row.contact.filter(|id| found.contacts.contains_key(id)),
        account: row.account.filter(|id| found.accounts.contains_key(id)),
        ..row.clone()
    }
}

fn changed_claims(before: Option<&LeadState>, now: &LeadState, changes: &mut Vec<Change>) {
    let held = before.map_or(&[][..], |state| &state.claims);
    let released = held.iter().filter(|key| !now.claims.contains(key));
    changes.extend(released.map(|key| Change::Release { key: key.clone() }));
    let raised = now.claims.iter().filter(|key| !held.contains(key));
    changes.extend(raised.map(|key| Change::Claim { key: key.clone() }));
}

/// Those of every lead, then where it came from and the row of the log that loaded it.
const LEADS_COLUMNS: [&str; 13] = {
    let [a, b, c, d, e, f, g, h, i, j, k] = LeadRow::COLUMNS;
    [a, b, c, d, e, f, g, h, i, j, k, "origin", "loaded"]
};

/// A lead that is there keeps what it is; that this load concerns it is noted.
const LEADS_TABLE: Table = Table {
    name: "leads",
    columns: &LEADS_COLUMNS,
    conflict: "ON CONFLICT (id) DO UPDATE SET loaded = excluded.loaded",
};

fn lead_cells(row: &LeadRow, known_at: Instant, seq: u64) -> Vec<Cell<'static>> {
    let own = row.cells(known_at).map(Cell::into_owned);
    own.into_iter().chain(["import".into(), seq.into()]).collect()
}

fn text(text: Option<&str>) -> Cell<'_> {
    maybe(text, no_text)
}

fn rep(rep: Option<&RepId>) -> Cell<'_> {
    text(rep.map(RepId::as_str))
}

fn account(id: Option<AccountId>) -> Cell<'static> {
    maybe(id.map(|id| id.bytes()), no_bytes)
}

impl Loadable for Rep {
    const TABLE: Table =
        Table { name: "reps", columns: &["id", "external_id", "name", "team", "active"], conflict: KEEP };

    fn cells(&self) -> Vec<Cell<'_>> {
        let team = text(self.team.as_ref().map(pointsman_domain::TeamId::as_str));
        vec![self.id.as_str().into(), (&*self.external_id).into(), (&*self.name).into(), team, self.active.into()]
    }
}

impl Loadable for Absence {
    const TABLE: Table =
        Table { name: "absences", columns: &["rep", "starts", "ends", "known_at", "backup"], conflict: KEEP };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.rep.as_str().into(),
            self.from.into(),
            self.until.into(),
            self.known_at.into(),
            rep(self.backup.as_ref()),
        ]
    }
}

/// A company, with the key under which it is found by name.
#[derive(Debug, Clone)]
pub struct KeyedAccount {
    pub account: Account,
    pub name_key: Box<str>,
}

impl Loadable for KeyedAccount {
    const TABLE: Table = Table {
        name: "accounts",
        columns: &[
            "id",
            "external_id",
            "known_at",
            "name",
            "name_key",
            "domain",
            "parent",
            "owner",
            "attributes",
            "version",
        ],
        conflict: KEEP,
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        let row = &self.account;
        let attributes = serde_json::to_string(&row.attributes).expect("attributes have finite numbers");
        vec![
            row.id.bytes().into(),
            (&*row.external_id).into(),
            row.known_at.into(),
            (&*row.name).into(),
            (&*self.name_key).into(),
            text(row.domain.as_deref()),
            account(row.parent),
            rep(row.owner.as_ref()),
            attributes.into(),
            0u64.into(),
        ]
    }
}

impl Loadable for Contact {
    const TABLE: Table = Table {
        name: "contacts",
        columns: &["id", "external_id", "known_at", "name", "email", "phone", "account", "version"],
        conflict: KEEP,
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.bytes().into(),
            (&*self.external_id).into(),
            self.known_at.into(),
            text(self.name.as_deref()),
            text(self.email.as_deref()),
            text(self.phone.as_deref()),
            account(self.account),
            0u64.into(),
        ]
    }
}

impl Loadable for Opportunity {
    const TABLE: Table = Table {
        name: "opportunities",
        columns: &["id", "external_id", "at", "known_at", "account", "owner", "stage", "amount"],
        conflict: KEEP,
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.bytes().into(),
            (&*self.external_id).into(),
            self.at.into(),
            self.known_at.into(),
            account(self.account),
            rep(self.owner.as_ref()),
            stage_number(self.stage).into(),
            maybe(self.amount.map(Money::minor_units), no_int),
        ]
    }
}

impl Loadable for Assignment {
    const TABLE: Table = Table {
        name: "loaded_assignments",
        columns: &["lead", "at", "rep", "known_at", "hop", "propensity"],
        conflict: KEEP,
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.lead.bytes().into(),
            self.at.into(),
            self.rep.as_str().into(),
            self.known_at.into(),
            (self.kind == AssignmentKind::Hop).into(),
            maybe(self.propensity, no_float),
        ]
    }
}

impl Loadable for Outcome {
    const TABLE: Table =
        Table { name: "loaded_stages", columns: &["lead", "at", "stage", "known_at", "value"], conflict: KEEP };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.lead.bytes().into(),
            self.at.into(),
            stage_number(self.stage).into(),
            self.known_at.into(),
            maybe(self.value.map(Money::minor_units), no_int),
        ]
    }
}

impl Loadable for Activity {
    const TABLE: Table = Table {
        name: "activities",
        columns: &["id", "lead", "rep", "at", "known_at", "kind", "label", "human"],
        conflict: KEEP,
    };

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.bytes().into(),
            self.lead.bytes().into(),
            rep(self.rep.as_ref()),
            self.at.into(),
            self.known_at.into(),
            activity_number(self.kind).into(),
            (&*self.label).into(),
            self.human.into(),
        ]
    }
}

impl Loadable for Feedback {
    const TABLE: Table = Table {
        name: "feedback",
        columns: &["id", "lead", "rep", "at", "known_at", "score", "reason"],
        conflict: KEEP,
    };

    /// A rating has no name of its own: who, about what and when is one.
    fn cells(&self) -> Vec<Cell<'_>> {
        let named = format!("{} {} {}", self.lead, self.rep, self.at.unix_micros());
        let id: [u8; 16] = std::array::from_fn(|at| digest(named.as_bytes()).bytes()[at]);
        vec![
            id.into(),
            self.lead.bytes().into(),
            self.rep.as_str().into(),
            self.at.into(),
            self.known_at.into(),
            self.score.into(),
            text(self.reason.as_deref()),
        ]
    }
}
