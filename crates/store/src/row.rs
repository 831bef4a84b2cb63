//! What one batch writes: one plain struct per table.

use pointsman_assign::{CounterKey, LedgerState, LineId};
use pointsman_decision::{Decision, DocumentKind, Hold, record::Outcome as Decided};
use pointsman_domain::{
    AccountId, ContactId, CreditReason, DecisionId, Digest, Instant, LeadId, Money, QueueId, RepId, Values,
    record::Stage,
};
use serde::{Deserialize, Serialize};

use crate::{
    cell::{Cell, maybe, no_bytes, no_int, no_text},
    log::{Head, LogRow, digest, json_digest},
    receipt::Receipt,
    stage::StageFact,
};

/// An enquiry as it came in, normalised; never changed afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    pub id: LeadId,
    pub source: Box<str>,
    /// Its name in that source; unique together.
    pub external_id: Option<Box<str>>,
    pub at: Instant,
    pub contact: Option<ContactId>,
    pub account: Option<AccountId>,
    pub attributes: Values,
    pub value: Option<Money>,
    pub originator: Option<RepId>,
    pub completeness: f64,
}

impl LeadRow {
    /// In the order of [`cells`](Self::cells).
    pub const COLUMNS: [&str; 11] = [
        "id",
        "source",
        "external_id",
        "at",
        "known_at",
        "contact",
        "account",
        "attributes",
        "value",
        "originator",
        "completeness",
    ];

    pub(crate) fn cells(&self, known_at: Instant) -> [Cell<'_>; 11] {
        let attributes = serde_json::to_string(&self.attributes).expect("attributes have finite numbers");
        [
            self.id.bytes().into(),
            (&*self.source).into(),
            maybe(self.external_id.as_deref(), no_text),
            self.at.into(),
            known_at.into(),
            maybe(self.contact.map(|id| id.bytes()), no_bytes),
            maybe(self.account.map(|id| id.bytes()), no_bytes),
            attributes.into(),
            maybe(self.value.map(Money::minor_units), no_int),
            maybe(self.originator.as_ref().map(RepId::as_str), no_text),
            self.completeness.into(),
        ]
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    pub id: ContactId,
    pub name: Option<Box<str>>,
    pub email: Option<Box<str>>,
    /// E.164.
    pub phone: Option<Box<str>>,
    pub account: Option<AccountId>,
    /// Who dealt with this person last.
    pub owner: Option<RepId>,
    /// The seq that last changed what facts read of it.
    pub version: u64,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    pub id: AccountId,
    pub name: Box<str>,
    /// The name without legal form, for matching.
    pub name_key: Box<str>,
    pub domain: Option<Box<str>>,
    pub parent: Option<AccountId>,
    pub owner: Option<RepId>,
    pub version: u64,
}

/// Who holds a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "custody", rename_all = "snake_case")]
pub enum Custody {
    Owned {
        rep: RepId,
        sla_due: Option<Instant>,
    },
    /// The rep is asked until then; it occupies their slot.
    Offered {
        rep: RepId,
        until: Instant,
        sla_due: Option<Instant>,
    },
    Held {
        hold: Hold,
        until: Instant,
        wake_at: Instant,
    },
    Parked {
        queue: QueueId,
        alarm: bool,
    },
    Closed,
}

impl Custody {
    pub fn of(outcome: &Decided) -> Self {
        match outcome.clone() {
            Decided::Owned { rep, sla_due } => Self::Owned { rep, sla_due },
            Decided::Offered { rep, until, sla_due } => Self::Offered { rep, until, sla_due },
            Decided::Held { hold, until, wake_at } => Self::Held { hold, until, wake_at },
            Decided::Parked { queue, alarm } => Self::Parked { queue, alarm },
        }
    }

    pub fn kind(&self) -> CustodyKind {
        match self {
            Self::Owned { .. } => CustodyKind::Owned,
            Self::Offered { .. } => CustodyKind::Offered,
            Self::Held { .. } => CustodyKind::Held,
            Self::Parked { .. } => CustodyKind::Parked,
            Self::Closed => CustodyKind::Closed,
        }
    }

    /// Who has it, or is asked to take it: whose slot it occupies.
    pub fn owner(&self) -> Option<&RepId> {
        match self {
            Self::Owned { rep, .. } | Self::Offered { rep, .. } => Some(rep),
            Self::Held { .. } | Self::Parked { .. } | Self::Closed => None,
        }
    }
}

impl Custody {
    /// When an offer ends.
    pub fn offered_until(&self) -> Option<Instant> {
        match self {
            Self::Offered { until, .. } => Some(*until),
            Self::Owned { .. } | Self::Held { .. } | Self::Parked { .. } | Self::Closed => None,
        }
    }
}

/// Custody without its particulars: what lists filter by. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CustodyKind {
    Owned = 1,
    Held = 2,
    Parked = 3,
    Closed = 4,
    Offered = 5,
}

impl CustodyKind {
    pub const ALL: [Self; 5] = [Self::Owned, Self::Offered, Self::Held, Self::Parked, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owned => "owned",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Closed => "closed",
            Self::Offered => "offered",
        }
    }
}

/// Where a lead stands now: the two registers, and what routing must remember of it. A
/// projection of the record: everything in it can be told from the rows that led here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadState {
    pub lead: LeadId,
    pub custody: Custody,
    pub stage: Stage,
    /// When custody last changed.
    pub since: Instant,
    /// The decision that last moved it.
    pub decision: DecisionId,
    pub first_decided: Instant,
    /// Of the first decision, kept through every later one.
    pub seed: u64,
    /// When a hold ends at the latest; set by the first hold.
    pub deadline: Option<Instant>,
    pub last_owner: Option<RepId>,
    /// Who declined it, or let an offer end: they are not asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<RepId>,
    pub priority: u8,
    /// The counters it holds; a release lowers exactly the open ones of these.
    pub claims: Vec<CounterKey>,
    /// The turns it took; a credit gives back exactly these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<TurnTaken>,
    /// Quota and turn were given back; once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Credited>,
    pub contact: Option<ContactId>,
    /// Whether the person was known before this lead.
    pub person_known: bool,
    /// The seq that last changed it.
    pub version: u64,
}

/// A turn that a lead took in a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnTaken {
    pub line: LineId,
    pub rep: RepId,
    /// 1, or the expected value, as the line's measure counts.
    pub amount: f64,
}

/// Why, when and by whom a lead was taken off the account of whoever had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    pub reason: CreditReason,
    pub at: Instant,
    pub by: Box<str>,
}

/// How a lead came to a rep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AssignmentRow {
    pub seq: u64,
    pub lead: LeadId,
    pub rep: RepId,
    pub at: Instant,
    pub hop: bool,
    pub propensity: Option<f64>,
    /// The person who assigned it by hand.
    pub actor: Option<Box<str>>,
    pub reason: Option<Box<str>>,
}

impl AssignmentRow {
    /// What the chain holds of an assignment by hand.
    pub fn digest(&self) -> Digest {
        json_digest(self)
    }
}

/// What a rep can say to an offer, or leave unsaid. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Response {
    Accepted = 1,
    Declined = 2,
    Expired = 3,
}

impl Response {
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Declined, Self::Expired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|response| *response as i64 == number)
    }
}

/// A rep's answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseRow {
    pub seq: u64,
    pub lead: LeadId,
    pub rep: RepId,
    /// When the lead came to the rep.
    pub offered_at: Instant,
    pub at: Instant,
    pub response: Response,
    pub reason: Option<Box<str>>,
}

impl ResponseRow {
    /// What the chain holds of a response.
    pub fn digest(&self) -> Digest {
        json_digest(self)
    }
}

impl StageRow {
    /// What the chain holds of a stage fact.
    pub fn digest(&self) -> Digest {
        json_digest(self)
    }
}

/// A decision with what it was taken on.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRow {
    pub seq: u64,
    pub decision: Decision,
    /// [`pointsman_decision::Facts`] as JSON: what is personal in a decision, erasable.
    pub facts: Vec<u8>,
    pub salt: [u8; 16],
    pub trace: Vec<u8>,
    /// The unit of randomisation, where the decision is part of an experiment.
    pub unit: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRow {
    pub seq: u64,
    pub lead: LeadId,
    pub fact: StageFact,
    pub actor: Option<Box<str>>,
}

/// What makes two enquiries the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRow {
    /// `email:…` or `phone:…`, as `intake` makes it.
    pub key: Box<str>,
    pub at: Instant,
    pub lead: LeadId,
    pub contact: Option<ContactId>,
    pub seq: u64,
}

/// A client's key for one request: scoped to who asks and what for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey {
    /// API key and route.
    pub scope: Box<str>,
    pub key: Box<str>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IdempotencyRow {
    pub key: IdempotencyKey,
    /// SHA-256 of the request's body.
    pub body: Digest,
    pub at: Instant,
    pub receipt: Receipt,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DocumentRow {
    pub kind: DocumentKind,
    pub name: Box<str>,
    pub digest: Digest,
    pub body: std::sync::Arc<[u8]>,
}

/// A set of documents that went live together.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotRow {
    pub seq: u64,
    pub id: Digest,
    pub at: Instant,
    pub author: Box<str>,
    pub reason: Box<str>,
    pub documents: Vec<DocumentRow>,
}

/// A company as somebody says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAccount {
    pub expect: Expect,
    pub row: AccountRow,
    pub external_id: Option<Box<str>>,
}

/// A person as somebody says they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptContact {
    pub expect: Expect,
    pub row: ContactRow,
    pub external_id: Option<Box<str>>,
    /// Keys by which they are recognised from now on.
    pub keys: Vec<Box<str>>,
    pub at: Instant,
}

/// A key of a person who has no lead yet names this lead, which there is not.
pub const NO_LEAD: LeadId = LeadId::from_bytes([0; 16]);

/// A lead whose person is erased, with what is left of its attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct ErasedLead {
    pub lead: LeadId,
    pub attributes: Values,
}

/// An erasure on request.
#[derive(Debug, Clone, PartialEq)]
pub struct ErasureRow {
    pub seq: u64,
    /// What verify calls it.
    pub request: Box<str>,
    pub at: Instant,
    pub contact: ContactId,
    pub leads: Vec<ErasedLead>,
    /// Keys that go, whatever lead of the person they are of.
    pub keys: Vec<Box<str>>,
}

impl ErasureRow {
    /// What the chain holds of an erasure.
    pub fn digest(&self) -> Digest {
        erasure_digest(self.seq, &self.request, self.at, Some(self.contact))
    }
}

pub(crate) fn erasure_digest(seq: u64, request: &str, at: Instant, contact: Option<ContactId>) -> Digest {
    json_digest(&(seq, request, at, contact))
}

/// Whether a row replaces one that the batch has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    New,
    /// The row must be there at this version; anything else aborts the batch.
    Version(u64),
}

/// Checkpoints of the ledger that a store keeps: the newest, and some to compare.
pub const CHECKPOINTS_KEPT: i64 = 4;

/// The ledger as of a row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    pub seq: u64,
    /// Hash of that row: a checkpoint of another history is not taken.
    pub hash: Digest,
    /// SHA-256 of the body.
    pub digest: Digest,
    /// [`pointsman_assign::LedgerState`] as JSON.
    pub body: Vec<u8>,
}

impl CheckpointRow {
    pub fn of(head: &Head, state: &LedgerState) -> Self {
        let body = serde_json::to_vec(state).expect("a ledger has text names and finite numbers");
        Self { seq: head.seq, hash: head.hash, digest: digest(&body), body }
    }

    /// The ledger it holds; `None` if it is not whole, or of another format.
    pub fn state(&self) -> Option<LedgerState> {
        let whole = digest(&self.body) == self.digest;
        whole.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

/// Everything one batch writes, in the order of its commands.
#[derive(Debug, Clone, Default)]
pub struct BatchRows {
    pub log: Vec<LogRow>,
    pub decisions: Vec<DecisionRow>,
    pub leads: Vec<LeadRow>,
    pub contacts: Vec<ContactRow>,
    /// Contacts whose owner changed: id, owner, version.
    pub contact_owners: Vec<(ContactId, RepId, u64)>,
    pub accounts: Vec<AccountRow>,
    pub states: Vec<(Expect, LeadState)>,
    pub assignments: Vec<AssignmentRow>,
    pub stages: Vec<StageRow>,
    pub responses: Vec<ResponseRow>,
    pub duplicates: Vec<DuplicateRow>,
    pub idempotency: Vec<IdempotencyRow>,
    pub snapshots: Vec<SnapshotRow>,
    pub kept_accounts: Vec<KeptAccount>,
    pub kept_contacts: Vec<KeptContact>,
    pub erasures: Vec<ErasureRow>,
    /// Now and then.
    pub checkpoint: Option<CheckpointRow>,
    /// Where the record stands afterwards.
    pub head: Head,
}
