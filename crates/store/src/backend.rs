//! The contract between the committer and a database. Two traits: [`Backend`] writes, under the
//! head, on a thread of its own; [`Reader`] reads outside it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use pointsman_decision::{Decision, DocumentSet};
use pointsman_domain::{
    AccountId, ContactId, DecisionId, Digest, ExperimentId, Instant, LeadId, RepId, Values, VariantId,
};

use pointsman_measure::rows::{self, Names};

use crate::{
    cell::Cell,
    error::StoreError,
    fact::{Answered, Life, Projection},
    loaded::{Past, Table},
    log::{Head, LogRow},
    receipt::Receipt,
    row::{
        AccountRow, AssignmentRow, BatchRows, CheckpointRow, ContactRow, CustodyKind, DocumentRow, IdempotencyKey,
        LeadRow, LeadState, Response, ResponseRow, StageRow,
    },
    shelf::Shelf,
    stage::StageFact,
    statements::Statements,
    upkeep::Upkeep,
    view::View,
};

/// Everything a batch needs to know of the database, asked for in one go.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    pub leads: Vec<LeadId>,
    /// Leads whose stage facts are wanted too.
    pub staged: Vec<LeadId>,
    /// (source, external id).
    pub sources: Vec<(Box<str>, Box<str>)>,
    pub idempotency: Vec<IdempotencyKey>,
    pub duplicates: Vec<Box<str>>,
    pub contacts: Vec<ContactId>,
    pub accounts: Vec<AccountId>,
    pub domains: Vec<Box<str>>,
    /// Normalised names of companies that would be new.
    pub names: Vec<Box<str>>,
    /// What persons and companies are called in the systems they come from.
    pub external_contacts: Vec<Box<str>>,
    pub external_accounts: Vec<Box<str>>,
}

/// What there is under those keys.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub leads: BTreeMap<LeadId, LeadState>,
    pub stages: BTreeMap<LeadId, Vec<StageFact>>,
    pub sources: BTreeMap<(Box<str>, Box<str>), LeadId>,
    pub idempotency: BTreeMap<IdempotencyKey, (Digest, Receipt)>,
    /// Oldest first.
    pub duplicates: BTreeMap<Box<str>, Vec<DuplicateHit>>,
    /// The seq that last changed what facts read of it.
    pub contacts: BTreeMap<ContactId, u64>,
    pub accounts: BTreeMap<AccountId, u64>,
    pub domains: BTreeMap<Box<str>, u64>,
    pub names: BTreeMap<Box<str>, u64>,
    /// Who was found last under a duplicate key, with a lead or without.
    pub holders: BTreeMap<Box<str>, KeyHolder>,
    pub external_contacts: BTreeMap<Box<str>, (ContactId, u64)>,
    pub external_accounts: BTreeMap<Box<str>, (AccountId, u64)>,
}

impl Found {
    /// Of several rows of one key the one that was written last counts.
    pub(crate) fn held(&mut self, key: &str, holder: KeyHolder) {
        let newest = self.holders.entry(key.into()).or_insert(holder);
        if newest.seq < holder.seq {
            *newest = holder;
        }
    }
}

/// The newest row of a duplicate key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHolder {
    pub contact: Option<ContactId>,
    pub seq: u64,
}

/// A lead that has one of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateHit {
    pub lead: LeadId,
    pub at: Instant,
    pub custody: CustodyKind,
    pub decision: DecisionId,
}

/// Writes. One batch is `begin`, reads, `write`, `commit`; whatever fails in between, `rollback`.
pub trait Backend: Send {
    /// Opens a transaction and locks the head row: until `commit` or `rollback` nobody else writes.
    fn begin(&mut self) -> Result<Head, StoreError>;

    /// The database's clock as the last `begin` found it, where the database has one that all its
    /// writers share.
    fn clock(&self) -> Option<Instant> {
        None
    }

    /// Log rows after `seq`, in order, as the open transaction sees them.
    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError>;

    /// The newest checkpoint of the ledger that belongs to this very log.
    fn checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError>;

    fn look_up(&mut self, keys: &Keys) -> Result<Found, StoreError>;

    /// Writes the rows and moves the head to `rows.head`. [`StoreError::Refused`] when an
    /// assertion fails (a row that must be new is there, one that must be at a version is not).
    fn write(&mut self, rows: &BatchRows) -> Result<(), StoreError>;

    /// Returns only when everything is on disk. After an error the outcome is unknown: the
    /// caller looks at the record under the next head.
    fn commit(&mut self) -> Result<(), StoreError>;

    fn rollback(&mut self);

    /// The documents of a snapshot; outside a transaction.
    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError>;

    /// Between two batches: whatever the database needs now and then.
    fn rest(&mut self) {}

    /// Adds rows of a history inside the open transaction; a row that is there stays as it is.
    /// How many were new.
    fn put(&mut self, table: &Table, rows: Vec<Vec<Cell<'_>>>) -> Result<u64, StoreError>;

    /// What was loaded about these leads.
    fn past(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, Past>, StoreError>;

    /// How these people are reached, and who dealt with them last.
    fn people(&mut self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, ContactRow>, StoreError>;
}

/// What is done with each row of a stream.
pub type Visit<'a> = &'a mut dyn FnMut(LogRow) -> Result<(), StoreError>;

/// What a door asks for before it builds the facts of a lead.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub duplicate_keys: Vec<Box<str>>,
    pub domain: Option<Box<str>>,
    /// Normalised company name, tried when the domain finds nothing.
    pub company: Option<Box<str>>,
    /// A person and a company that are known already.
    pub contact: Option<ContactId>,
    pub account: Option<AccountId>,
}

/// What is known around one lead, read in one go at `read_at`.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    pub read_at: u64,
    pub contact: Option<ContactRow>,
    pub account: Option<AccountRow>,
    /// The nearest of the account's parents that has an owner: its name, and whose it is.
    pub parent_owner: Option<(Box<str>, RepId)>,
    /// The owner among its subsidiaries, where they agree on one.
    pub subsidiary_owner: Option<RepId>,
    /// Whether the account has an open opportunity, and whose.
    pub opportunity: Option<Option<RepId>>,
}

/// A lead with everything that is stored of it.
#[derive(Debug, Clone)]
pub struct LeadRecord {
    pub row: LeadRow,
    pub state: LeadState,
    pub contact: Option<ContactRow>,
    pub account: Option<AccountRow>,
    /// Seq of the head when this was read.
    pub read_at: u64,
}

/// A decision as it is kept. Facts and trace may have aged out or been erased.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    pub seq: u64,
    pub decision: Decision,
    pub facts: Option<Vec<u8>>,
    pub trace: Option<Vec<u8>>,
}

/// Which leads a list shows, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeadFilter {
    pub custody: Option<CustodyKind>,
    /// Only leads before this one: the last of the page before.
    pub before: Option<LeadId>,
    pub limit: u32,
}

/// How many leads stand where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub by_custody: BTreeMap<CustodyKind, u64>,
    /// Parked leads by queue.
    pub by_queue: BTreeMap<Box<str>, u64>,
}

/// What `audit verify` compares one log row with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The digest that the detail row has now; `None` when there is none.
    pub detail: Option<Digest>,
    /// The salted digest that the facts have now.
    pub facts: Option<Digest>,
    /// The digest of the trace as it is now, and as the decision names it.
    pub trace: Option<(Digest, Digest)>,
    /// The erasure request that removed the facts.
    pub erased_by: Option<Box<str>>,
    /// Something beside the row that contradicts it.
    pub contradiction: Option<String>,
}

impl Evidence {
    /// What stands behind a rep's answer: its row, and the assignment that accepting is.
    pub(crate) fn of_response(response: Option<&ResponseRow>, assignment: Option<&AssignmentRow>) -> Self {
        let told = assignment.map(|row| (&row.rep, row.lead, row.at));
        let accepted = response.filter(|row| row.response == Response::Accepted);
        let implied = accepted.map(|row| (&row.rep, row.lead, row.at));
        Self {
            detail: response.map(ResponseRow::digest),
            contradiction: (told != implied).then(|| "its assignment says something else".to_owned()),
            ..Self::default()
        }
    }
}

/// Which leads' courses are read.
#[derive(Debug, Clone, Copy)]
pub enum Courses<'a> {
    /// Those exposed to an experiment, in the order of their first exposure.
    Of(&'a ExperimentId),
    /// Those that arrived since, oldest first.
    Since(Instant),
}

/// One lead from arrival to where it stands: what analyses of experiments and plans read.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadCourse {
    pub lead: LeadId,
    pub arrived: Instant,
    pub attributes: Values,
    /// Account, else contact, else the lead itself; of an exposed lead what was randomised.
    pub unit: Box<str>,
    pub first_decided: Instant,
    /// Where the courses of an experiment are read.
    pub exposure: Option<Exposure>,
    /// The first owner.
    pub owned: Option<(RepId, Instant)>,
    /// In the order in which they became known.
    pub stages: Vec<StageFact>,
}

/// The first exposure of a lead to an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    pub variant: VariantId,
    pub epoch: u32,
    /// With which the variant was drawn.
    pub propensity: f64,
    pub at: Instant,
}

/// What is done with each row of a view: its cells in the order of [`View::columns`], flags as 0
/// and 1, dates as days.
pub type ViewVisit<'a> = &'a mut dyn FnMut(&[Cell<'_>]) -> Result<(), StoreError>;

/// Reads, outside the head. Each call sees one consistent state.
pub trait Reader: Send {
    fn head(&mut self) -> Result<Head, StoreError>;
    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError>;
    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError>;
    fn around(&mut self, around: &Around) -> Result<Surroundings, StoreError>;
    fn lead(&mut self, id: LeadId) -> Result<Option<LeadRecord>, StoreError>;
    fn lead_by_source(&mut self, source: &str, external_id: &str) -> Result<Option<LeadId>, StoreError>;
    fn leads(&mut self, filter: LeadFilter) -> Result<Vec<(LeadRow, LeadState)>, StoreError>;
    /// What a rep has or is asked to take, newest first; those before `before`.
    fn leads_with(
        &mut self,
        rep: &RepId,
        before: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<(LeadRow, LeadState)>, StoreError>;
    fn decision(&mut self, id: DecisionId) -> Result<Option<StoredDecision>, StoreError>;
    /// What these decisions were taken on, where it is still kept.
    fn facts_of(&mut self, decisions: &[DecisionId]) -> Result<BTreeMap<DecisionId, Vec<u8>>, StoreError>;
    fn contact(&mut self, id: ContactId) -> Result<Option<ContactRow>, StoreError>;
    fn account(&mut self, id: AccountId) -> Result<Option<AccountRow>, StoreError>;
    /// Oldest first.
    fn decisions_of(&mut self, lead: LeadId) -> Result<Vec<Decision>, StoreError>;
    /// Newest first.
    fn last_decisions(&mut self, limit: u32) -> Result<Vec<Decision>, StoreError>;
    fn assignments_of(&mut self, lead: LeadId) -> Result<Vec<AssignmentRow>, StoreError>;
    fn stages_of(&mut self, lead: LeadId) -> Result<Vec<StageRow>, StoreError>;
    fn responses_of(&mut self, lead: LeadId) -> Result<Vec<ResponseRow>, StoreError>;
    /// Leads whose offer ended by `now`, the longest ago first.
    fn offers_over(&mut self, now: Instant, limit: u32) -> Result<Vec<LeadId>, StoreError>;
    fn counts(&mut self) -> Result<Counts, StoreError>;
    /// Streams leads with what became of them; memory does not grow with them.
    fn courses(&mut self, which: Courses<'_>, visit: &mut dyn FnMut(LeadCourse)) -> Result<(), StoreError>;
    /// For `audit verify`: what stands behind rows of the log, one each, in their order.
    fn evidence(&mut self, rows: &[LogRow]) -> Result<Vec<Evidence>, StoreError>;
    /// For `audit verify --ledger`: the checkpoints that are kept, oldest first.
    fn checkpoints(&mut self) -> Result<Vec<CheckpointRow>, StoreError>;
    /// Sets of documents that will be live in a moment, or are.
    fn announced(&mut self) -> Result<Vec<Digest>, StoreError> {
        Ok(Vec::new())
    }
    /// For `audit verify --ledger`: the claims each owned lead holds.
    fn held_claims(&mut self, visit: &mut dyn FnMut(LeadState)) -> Result<(), StoreError>;

    /// Where the rows that are reported stand in the record.
    fn projected(&mut self) -> Result<u64, StoreError>;
    /// The words of those rows.
    fn names(&mut self) -> Result<Names, StoreError>;
    /// Rows of leads written after `seq`, and where the projection stood on that state.
    fn facts_after(&mut self, seq: u64, visit: &mut dyn FnMut(rows::LeadRow)) -> Result<u64, StoreError>;
    /// Everything that is stored of these leads, in their order; who is not there is left out.
    fn lives(&mut self, leads: &[LeadId]) -> Result<Vec<Life>, StoreError>;
    /// What reps did, each with who and when.
    fn touches(&mut self, visit: &mut dyn FnMut(&str, Instant)) -> Result<(), StoreError>;
    /// Offers and the answers to them, each with who and when.
    fn offers(&mut self, visit: &mut dyn FnMut(&str, Instant, Answered)) -> Result<(), StoreError>;
    /// The leads that a load brought or changed.
    fn loaded_by(&mut self, seq: u64) -> Result<Vec<LeadId>, StoreError>;
    /// Decisions after `seq` with what they were taken on, at most `limit`, oldest first.
    fn decisions_after(&mut self, seq: u64, limit: u32) -> Result<Vec<StoredDecision>, StoreError>;
    /// The number that a set of documents has in this store's columns.
    fn snapshot_number(&mut self, id: &Digest) -> Result<Option<i64>, StoreError>;
    /// Streams a view in the order of its first column.
    fn view(&mut self, view: &View, visit: ViewVisit<'_>) -> Result<(), StoreError>;
    /// The columns that a view really has in this database.
    fn view_columns(&mut self, view: &View) -> Result<Vec<String>, StoreError>;
}

/// The next rows of the log, at most so many: for whoever reads on the same connection what stands
/// behind each. Rows before one that cannot be read come first; it is an error where it is the next.
pub(crate) fn log_page(reader: &mut dyn Reader, after: u64, most: usize) -> Result<Vec<LogRow>, StoreError> {
    let mut rows = Vec::new();
    // A page that is full ends the stream early; that is no fault.
    let full = || StoreError::Refused { what: "a page that is full".into(), source: None };
    let read = reader.log_after(after, &mut |row| {
        if rows.len() == most {
            return Err(full());
        }
        rows.push(row);
        Ok(())
    });
    match read {
        Err(StoreError::Refused { .. }) if rows.len() == most => Ok(rows),
        Err(StoreError::Damaged { .. }) if !rows.is_empty() => Ok(rows),
        read => read.map(|()| rows),
    }
}

/// A database of one company, chosen at run time by its [`Location`](crate::Location).
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// A connection that writes; the caller gives it a thread of its own.
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError>;
    /// A connection that reads, on whatever thread may wait.
    fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;
    /// What is kept beside the record.
    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError>;
    /// What keeps the rows that are reported.
    fn projection(&self) -> Result<Box<dyn Projection>, StoreError>;
    /// Plain statements, for what is not on the way of a decision.
    fn statements(&self) -> Result<Box<dyn Statements>, StoreError>;
    /// Whether several processes may write at once.
    fn is_shared(&self) -> bool {
        false
    }
    /// Tells the other processes which documents will be live in a moment, so that they compile
    /// them ahead.
    fn announce(&self, _snapshot: &Digest, _documents: &[DocumentRow]) -> Result<(), StoreError> {
        Ok(())
    }
    /// Starts what keeps the database in order beside the batches; it ends when dropped.
    fn upkeep(&self) -> Result<Option<Upkeep>, StoreError> {
        Ok(None)
    }
}

impl<T: Store + ?Sized> Store for Arc<T> {
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError> {
        T::backend(self)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        T::reader(self)
    }

    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError> {
        T::shelf(self)
    }

    fn projection(&self) -> Result<Box<dyn Projection>, StoreError> {
        T::projection(self)
    }

    fn statements(&self) -> Result<Box<dyn Statements>, StoreError> {
        T::statements(self)
    }

    fn is_shared(&self) -> bool {
        T::is_shared(self)
    }

    fn announce(&self, snapshot: &Digest, documents: &[DocumentRow]) -> Result<(), StoreError> {
        T::announce(self, snapshot, documents)
    }

    fn upkeep(&self) -> Result<Option<Upkeep>, StoreError> {
        T::upkeep(self)
    }
}
