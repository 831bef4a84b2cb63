//! What the queue carries: everything that changes load, and what comes back.

use std::sync::Arc;

use pointsman_assign::{CounterKey, Ledger, price::PriceBook};
use pointsman_decision::{Decided, Facts, Qualified, Snapshot, Ticket};
use pointsman_domain::{CommandId, ContactId, CreditReason, Digest, Instant, LeadId, Micros, RepId};

use crate::{
    log,
    receipt::Receipt,
    row::{AccountRow, ContactRow, ErasedLead, IdempotencyKey, LeadRow, Response},
    stage::StageFact,
};

/// A client's key with the hash of what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    pub key: IdempotencyKey,
    /// SHA-256 of the request's body.
    pub body: Digest,
}

/// A new enquiry, as rows.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub lead: LeadRow,
    /// Where the person is not known yet.
    pub new_contact: Option<ContactRow>,
    /// Where the company is not known yet.
    pub new_account: Option<AccountRow>,
    /// `email:…`, `phone:…`.
    pub duplicate_keys: Vec<Box<str>>,
    /// How far back an open lead of the same person is the same enquiry.
    pub duplicate_window: Micros,
    /// The company's domain, by which somebody else may just have made its account.
    pub domain: Option<Box<str>>,
}

/// Why a lead is decided.
#[derive(Debug, Clone)]
pub enum Occasion {
    Arrival(Box<Arrival>),
    /// It waits, and something changed.
    Again,
    /// It is parked and looked at again: written only if it moves.
    Retry,
    /// Whoever had it or was asked does not take it: their slot is freed and it is decided again,
    /// without them, in one transaction.
    Declined(Decline),
}

/// Who does not take a lead, and why.
#[derive(Debug, Clone)]
pub struct Decline {
    pub rep: RepId,
    /// Declined, or expired.
    pub response: Response,
    pub reason: Option<Box<str>>,
    /// Of the response's own row; the decision has another.
    pub command: CommandId,
}

/// One decision to take.
#[derive(Debug)]
pub struct Decide {
    pub command: CommandId,
    pub ticket: Ticket,
    pub occasion: Occasion,
    pub idempotency: Option<Keyed>,
    pub actor: Option<Box<str>>,
    pub qualified: Qualified,
    /// The position in the log at which the facts were read.
    pub read_at: u64,
    pub(crate) contact: Option<pointsman_domain::ContactId>,
    pub(crate) account: Option<pointsman_domain::AccountId>,
    pub(crate) person_known: bool,
    pub(crate) facts: Vec<u8>,
    pub(crate) salt: [u8; 16],
    pub(crate) facts_digest: Digest,
    pub(crate) unit: Box<str>,
}

impl Decide {
    /// Freezes the facts: what is written is what was qualified. `salt` is chance from outside.
    pub fn new(
        command: CommandId,
        ticket: Ticket,
        occasion: Occasion,
        facts: &Facts,
        qualified: Qualified,
        salt: [u8; 16],
    ) -> Self {
        let body = serde_json::to_vec(facts).expect("facts have text keys");
        let unit = qualified.drawn.as_ref().map_or_else(|| facts.unit().into(), |drawn| drawn.unit.clone());
        Self {
            command,
            ticket,
            occasion,
            idempotency: None,
            actor: None,
            qualified,
            read_at: facts.read_at,
            contact: facts.contact.as_ref().map(|contact| contact.id),
            account: facts.account.as_ref().map(|account| account.id),
            person_known: facts.contact.as_ref().is_some_and(|contact| contact.known),
            facts_digest: log::salted(&salt, &body),
            facts: body,
            salt,
            unit,
        }
    }

    pub fn lead(&self) -> LeadId {
        self.qualified.place.lead()
    }
}

/// A stage fact to take in.
#[derive(Debug, Clone)]
pub struct Staging {
    pub command: CommandId,
    pub lead: LeadId,
    /// `known_at` is set under the head.
    pub fact: StageFact,
    pub actor: Option<Box<str>>,
    pub idempotency: Option<Keyed>,
}

/// An assignment by a named person.
#[derive(Debug, Clone)]
pub struct Transfer {
    pub command: CommandId,
    pub lead: LeadId,
    pub to: RepId,
    /// The owner the person saw; anybody else now, and the transfer is declined.
    pub expected: Option<RepId>,
    /// What the lead draws on at the new owner.
    pub claims: Vec<CounterKey>,
    pub actor: Box<str>,
    pub reason: Option<Box<str>>,
    pub idempotency: Option<Keyed>,
}

/// A rep takes a lead that they were offered.
#[derive(Debug, Clone)]
pub struct Accept {
    pub command: CommandId,
    pub lead: LeadId,
    pub rep: RepId,
    pub actor: Box<str>,
    pub idempotency: Option<Keyed>,
}

/// A lead that shall not count against whoever had it: quota and turn are given back.
#[derive(Debug, Clone)]
pub struct Credit {
    pub command: CommandId,
    pub lead: LeadId,
    pub reason: CreditReason,
    pub actor: Box<str>,
    pub idempotency: Option<Keyed>,
}

/// A person or a company, as somebody says they are.
#[derive(Debug, Clone)]
pub struct Keep {
    pub command: CommandId,
    pub kept: Kept,
    pub actor: Box<str>,
    pub idempotency: Option<Keyed>,
}

/// See [`Keep`]. `seen` is the version that was there, `None` where there was nothing; `read_at` the
/// position in the log at which that was read.
#[derive(Debug, Clone)]
pub enum Kept {
    Account { row: AccountRow, external_id: Option<Box<str>>, seen: Option<u64>, read_at: u64 },
    Contact { row: ContactRow, external_id: Option<Box<str>>, keys: Vec<Box<str>>, seen: Option<u64>, read_at: u64 },
}

/// What is personal of a person goes, on request.
#[derive(Debug, Clone)]
pub struct Erase {
    pub command: CommandId,
    pub contact: ContactId,
    pub request: Box<str>,
    pub actor: Box<str>,
    pub leads: Vec<ErasedLead>,
    pub keys: Vec<Box<str>>,
    pub idempotency: Option<Keyed>,
}

/// New documents go live. Compiled before the head is taken.
#[derive(Debug, Clone)]
pub struct Switch {
    pub command: CommandId,
    pub snapshot: Arc<Snapshot>,
    /// The documents that these were made from: with others live by now it is declined. `None`
    /// replaces whatever is live.
    pub over: Option<Digest>,
    pub author: Box<str>,
    pub reason: Box<str>,
}

/// Prices of the next epoch. Declined as stale when another process posted that epoch already, or
/// other documents went live since they were solved.
#[derive(Debug, Clone)]
pub struct Post {
    pub command: CommandId,
    pub snapshot: Digest,
    pub book: Arc<PriceBook>,
}

/// A look at the ledger as the last batch left it.
pub type Look = Box<dyn FnOnce(&Ledger) + Send>;

/// One command of the queue.
pub enum Command {
    Decide(Box<Decide>),
    Stage(Box<Staging>),
    Transfer(Box<Transfer>),
    Accept(Box<Accept>),
    Credit(Box<Credit>),
    Keep(Box<Keep>),
    Erase(Box<Erase>),
    Switch(Box<Switch>),
    Post(Box<Post>),
    /// Decides without writing: what would happen now.
    Preview(Box<Decide>),
    Look(Look),
    /// Time passed: leads whose hour has come are woken.
    Tick,
    /// No more commands are taken; what was taken is done.
    Stop,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Decide(_) => "Decide",
            Self::Stage(_) => "Stage",
            Self::Transfer(_) => "Transfer",
            Self::Accept(_) => "Accept",
            Self::Credit(_) => "Credit",
            Self::Keep(_) => "Keep",
            Self::Erase(_) => "Erase",
            Self::Switch(_) => "Switch",
            Self::Post(_) => "Post",
            Self::Preview(_) => "Preview",
            Self::Look(_) => "Look",
            Self::Tick => "Tick",
            Self::Stop => "Stop",
        })
    }
}

/// An acknowledged command: on disk when this is seen.
#[derive(Debug)]
pub struct Done {
    pub receipt: Receipt,
    /// The same key was answered before; this is that answer.
    pub replayed: bool,
    /// What was decided, where this command decided something.
    pub decided: Option<Box<Decided>>,
}

/// Why a command was not done. Nothing was written; only after [`Unavailable`](Self::Unavailable)
/// a commit that was under way may turn out to be done: the same idempotency key tells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    #[error("what the decision was to be taken on has changed: read and qualify again")]
    Stale,
    #[error("this idempotency key was used with another body")]
    KeyReused,
    #[error("the lead is with {}", present.as_ref().map_or("nobody", |rep| rep.as_str()))]
    OwnerChanged { present: Option<RepId> },
    #[error("there is no such lead")]
    UnknownLead,
    #[error("there is no such person")]
    UnknownPerson,
    #[error("the lead is closed")]
    Closed,
    #[error("the offer ended at {until}")]
    OfferOver { until: Instant },
    #[error("the lead was credited before, because of {}", before.as_str())]
    Credited { before: CreditReason },
    #[error("the lead took no turn and no quota")]
    NothingTaken,
    #[error("the lead waits no longer")]
    Moot,
    #[error("this command alone could not be written")]
    Failed,
    #[error("the store does not answer")]
    Unavailable,
}

/// What comes back: the command itself, and what became of it.
#[derive(Debug)]
pub struct Reply {
    pub command: Command,
    pub result: Result<Done, Declined>,
    /// Of the batch that it went through; `None` where there was none, or it did not commit at once.
    pub pace: Option<Pace>,
}

/// How long a batch took, for whoever watches; a decision never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Commands of the batch: they share what follows.
    pub commands: usize,
    /// The batch was put together; what came before was waiting.
    pub taken: std::time::Instant,
    /// Read, decided, not yet written.
    pub chosen: std::time::Instant,
    /// On disk.
    pub written: std::time::Instant,
}
