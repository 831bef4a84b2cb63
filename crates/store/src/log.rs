//! The record: one row of `log` per command under the head, chained by hash.
//!
//! ```text
//! hash(n) = SHA-256( hash(n − 1) ‖ the row's bytes )        hash(0) = 32 zero bytes
//! ```
//!
//! The row's bytes are [`LogRow::content`]. What a row only points at (the decision, the facts,
//! the documents) is in the chain by its own digest; facts by a salted one, so that erasing the
//! facts and their salt leaves a chain that still verifies and tells nothing.

use pointsman_decision::Decision;
use pointsman_domain::{CommandId, Digest, Instant, LeadId};
use sha2::{Digest as _, Sha256};

/// What kind of command a row records. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LogKind {
    Decision = 1,
    /// A stage fact about a lead.
    Outcome = 2,
    /// An assignment by a named person.
    Transfer = 3,
    /// Documents went live; caps changed with them.
    Switch = 4,
    /// A rep's answer to an offer.
    Response = 5,
    /// A quota given back (bad lead, no-show …).
    Credit = 6,
    PriceEpoch = 7,
    /// Personal data removed on request.
    Erasure = 8,
    /// A person or a company was written.
    Kept = 9,
    /// Leads of a history that another system kept.
    Load = 10,
}

impl LogKind {
    const ALL: [Self; 10] = [
        Self::Decision,
        Self::Outcome,
        Self::Transfer,
        Self::Switch,
        Self::Response,
        Self::Credit,
        Self::PriceEpoch,
        Self::Erasure,
        Self::Kept,
        Self::Load,
    ];

    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Outcome => "outcome",
            Self::Transfer => "transfer",
            Self::Switch => "switch",
            Self::Response => "response",
            Self::Credit => "credit",
            Self::PriceEpoch => "price_epoch",
            Self::Erasure => "erasure",
            Self::Kept => "kept",
            Self::Load => "load",
        }
    }
}

/// One row of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    pub seq: u64,
    pub kind: LogKind,
    /// `committed_at` of the batch: never runs backwards along `seq`.
    pub at: Instant,
    pub command: CommandId,
    pub lead: Option<LeadId>,
    /// Who asked for it, where a person or a key did.
    pub actor: Option<Box<str>>,
    /// What it changes in the ledger, as [`crate::codec`] writes it.
    pub changes: Vec<u8>,
    /// SHA-256 of the detail row this kind has.
    pub detail: Option<Digest>,
    /// Salted SHA-256 of the facts a decision was taken on.
    pub facts: Option<Digest>,
    pub hash: Digest,
}

impl LogRow {
    /// Everything the hash covers, unambiguous: numbers little endian, texts with their length.
    pub fn content(&self, out: &mut Vec<u8>) {
        out.clear();
        out.push(1);
        out.extend(self.seq.to_le_bytes());
        out.push(self.kind as u8);
        out.extend(self.at.unix_micros().to_le_bytes());
        out.extend(self.command.bytes());
        optional(out, self.lead.map(|lead| lead.bytes()).as_ref().map(|bytes| &bytes[..]));
        optional(out, self.actor.as_deref().map(str::as_bytes));
        optional(out, Some(&self.changes));
        optional(out, self.detail.as_ref().map(|digest| &digest.bytes()[..]));
        optional(out, self.facts.as_ref().map(|digest| &digest.bytes()[..]));
    }

    /// The hash this row must have after a row of hash `previous`; `buffer` is scratch.
    pub fn chained(&self, previous: Digest, buffer: &mut Vec<u8>) -> Digest {
        self.content(buffer);
        let mut hasher = Sha256::new();
        hasher.update(previous.bytes());
        hasher.update(&buffer);
        Digest::new(hasher.finalize().into())
    }
}

fn optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => out.extend(u32::MAX.to_le_bytes()),
        Some(bytes) => {
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        }
    }
}

/// The one row that every writer locks: where the record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    pub seq: u64,
    pub hash: Digest,
    /// What decides; `None` in a store to which nothing was applied yet.
    pub snapshot: Option<Digest>,
    pub price_epoch: u64,
    /// Leads that got a first decision, ever.
    pub leads: u64,
    /// `committed_at` of the last row.
    pub at: Instant,
}

/// SHA-256 of a detail row's bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

/// SHA-256 over salt and facts: what the chain keeps of them.
pub fn salted(salt: &[u8; 16], facts: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(facts);
    Digest::new(hasher.finalize().into())
}

/// What the chain holds of a decision: SHA-256 of its canonical JSON.
pub fn decision_digest(decision: &Decision) -> Digest {
    json_digest(decision)
}

/// What the chain holds of documents going live.
pub fn switch_digest(snapshot: &Digest, author: &str, reason: &str, at: Instant) -> Digest {
    json_digest(&(snapshot, author, reason, at))
}

pub(crate) fn json_digest(value: &impl serde::Serialize) -> Digest {
    digest(&serde_json::to_vec(value).expect("our rows have text keys and finite numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> LogRow {
        LogRow {
            seq: 7,
            kind: LogKind::Decision,
            at: Instant::from_unix_micros(1),
            command: CommandId::from_bytes([3; 16]),
            lead: Some(LeadId::from_bytes([4; 16])),
            actor: None,
            changes: vec![1, 0],
            detail: Some(Digest::new([5; 32])),
            facts: None,
            hash: Digest::default(),
        }
    }

    #[test]
    fn every_field_is_in_the_hash() {
        let mut buffer = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut check = |row: LogRow, previous: Digest| {
            assert!(seen.insert(row.chained(previous, &mut buffer)), "{row:?}");
        };
        let none = Digest::default();
        check(row(), none);
        check(row(), Digest::new([1; 32]));
        check(LogRow { seq: 8, ..row() }, none);
        check(LogRow { kind: LogKind::Outcome, ..row() }, none);
        check(LogRow { at: Instant::from_unix_micros(2), ..row() }, none);
        check(LogRow { command: CommandId::from_bytes([9; 16]), ..row() }, none);
        check(LogRow { lead: None, ..row() }, none);
        check(LogRow { actor: Some("".into()), ..row() }, none);
        check(LogRow { changes: vec![1], ..row() }, none);
        check(LogRow { detail: None, ..row() }, none);
        check(LogRow { facts: Some(none), ..row() }, none);
    }
}
