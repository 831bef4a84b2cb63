//! The rows of a batch as it grows.

use std::sync::Arc;

use pointsman_assign::Change;
use pointsman_decision::Snapshot;
use pointsman_domain::{CommandId, Digest, Instant, LeadId, RepId};

use crate::{
    codec,
    command::Keyed,
    committer::freed_by,
    log::{Head, LogKind, LogRow},
    receipt::Receipt,
    row::{BatchRows, IdempotencyRow},
};

/// The rows of a batch as it grows.
#[derive(Debug)]
pub(crate) struct Draft {
    pub rows: BatchRows,
    /// Reps with a slot that may have become free.
    pub freed: Vec<RepId>,
    pub switched: Option<Arc<Snapshot>>,
    /// Prices of a new epoch are in force.
    pub posted: bool,
    /// `committed_at` of the batch.
    pub(crate) at: Instant,
    buffer: Vec<u8>,
}

/// What a log row says besides its place.
pub(crate) struct Entry<'a> {
    pub kind: LogKind,
    pub command: CommandId,
    pub lead: Option<LeadId>,
    pub actor: Option<Box<str>>,
    pub changes: &'a [Change],
    pub detail: Option<Digest>,
    pub facts: Option<Digest>,
}

impl Draft {
    pub fn new(head: Head, at: Instant) -> Self {
        let rows = BatchRows { head: Head { at, ..head }, ..BatchRows::default() };
        Self { rows, freed: Vec::new(), switched: None, posted: false, at, buffer: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.log.is_empty() && self.rows.idempotency.is_empty()
    }

    /// The seq that the next row of the log will have.
    pub(crate) fn next(&self) -> u64 {
        self.rows.head.seq + 1
    }

    pub(crate) fn record(&mut self, entry: Entry<'_>) {
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
            detail: entry.detail,
            facts: entry.facts,
            hash: Digest::default(),
        };
        row.hash = row.chained(head.hash, &mut self.buffer);
        head.hash = row.hash;
        self.freed.extend(entry.changes.iter().filter_map(freed_by).cloned());
        self.rows.log.push(row);
    }

    pub(super) fn remember(&mut self, keyed: Option<&Keyed>, receipt: &Receipt) {
        if let Some(keyed) = keyed {
            let (key, body) = (keyed.key.clone(), keyed.body);
            self.rows.idempotency.push(IdempotencyRow { key, body, at: self.at, receipt: receipt.clone() });
        }
    }
}
