//! What a choice may see of the world's load, in the widths in which it is kept.
//!
//! A load is asked for per rung that matched ([`RungAsk`]), made by the ledger, compared by
//! [`crate::pick`], stored as the trace, and read back by replay: one and the same bytes.

use pointsman_domain::{Contract, LimitIndex, LimitSet, Pick, PoolIndex, ReasonCode, RepIndex};

use crate::{Partition, Windows};

/// One candidate that `qualify` admitted to a rung.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    pub rep: RepIndex,
    /// The rep's weight for turns in this pool; positive.
    pub weight: f64,
    /// Which limits of this rep the lead would draw on.
    pub limits: LimitSet,
    /// Which of the lead's [`Windows`] hold in this rep's zone.
    pub zone: u8,
    /// Log-odds of winning, before any effect of load.
    pub logit: f64,
    /// What the rung's pick compares where it is known before load: skill level, narrowness of
    /// the territory; where it explores by posterior, the standard deviation of `logit`.
    /// 0 otherwise.
    pub rank: f32,
}

/// A matched rung with the candidates admitted to it.
#[derive(Debug, Clone, Copy)]
pub struct RungAsk<'a> {
    pub pool: Option<PoolIndex>,
    pub pick: Pick,
    pub candidates: &'a [Ask],
    /// The lead's windows per zone; the first is the workspace's own.
    pub windows: &'a [Windows],
    pub partition: Partition,
    /// What the pool promises, for picks that take turns.
    pub contract: Contract,
    /// What a win of the lead is worth.
    pub value: f64,
}

/// What is the same for all rungs of one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadHeader {
    pub price_epoch: u64,
    pub partition: Partition,
    /// Priority of the first lead that waits ahead of this one, if any does.
    pub waiting_priority: Option<u8>,
}

/// One candidate's load: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadEntry {
    /// `Admitted`, `LaterTurn` (free, but its turn has not come), or why it cannot take the lead.
    pub reason: ReasonCode,
    /// The limit with the fewest free slots; 255 without limits.
    pub limit: LimitIndex,
    /// Free slots under that limit; `u16::MAX` without limits or beyond.
    pub free: u16,
    /// What the pick compares besides score and price: the turn's deadline after the pool's clock
    /// (with other measures what was had in advance, or open leads, by weight), the share of the
    /// cap in use, the skill level, the nearness of the territory; where the pick explores by
    /// posterior, the standard deviation of the score's log-odds.
    pub rank: f32,
    /// Probability of winning.
    pub score: f32,
    /// Sum of the prices of the limits drawn on, in minor units (or wins).
    pub price: f32,
}

impl LoadEntry {
    pub const BYTES: usize = 16;
    pub const NO_LIMIT: LimitIndex = LimitIndex(u8::MAX);

    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = self.reason as u8;
        bytes[1] = self.limit.0;
        bytes[2..4].copy_from_slice(&self.free.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.rank.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.score.to_le_bytes());
        bytes[12..].copy_from_slice(&self.price.to_le_bytes());
        bytes
    }

    /// `None` for a reason that no version wrote.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let word = |at: usize| f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Some(Self {
            reason: ReasonCode::from_byte(bytes[0])?,
            limit: LimitIndex(bytes[1]),
            free: u16::from_le_bytes([bytes[2], bytes[3]]),
            rank: word(4),
            score: word(8),
            price: word(12),
        })
    }
}

/// The entries of one rung, in the order of its candidates (ascending rep index).
#[derive(Debug, Clone, Copy)]
pub struct RungLoad<'a> {
    pub entries: &'a [LoadEntry],
}

/// The load of one decision: a header and, rung after rung, one entry per admitted candidate.
/// Buffers are kept between decisions, so that making a load allocates nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Load {
    pub header: LoadHeader,
    pub(crate) entries: Vec<LoadEntry>,
    /// Where each rung's entries end.
    pub(crate) ends: Vec<u32>,
}

impl Load {
    pub fn clear(&mut self) {
        *self = Self { header: LoadHeader::default(), entries: take(&mut self.entries), ends: take(&mut self.ends) };
    }

    /// Appends one rung; replay builds a load this way from a trace.
    pub fn push_rung(&mut self, entries: impl IntoIterator<Item = LoadEntry>) {
        self.entries.extend(entries);
        self.ends.push(self.entries.len() as u32);
    }

    /// The entries of the last rung, to be completed by what needs all of them.
    pub(crate) fn last_rung(&mut self) -> &mut [LoadEntry] {
        let ends = self.ends.len();
        let from = if ends < 2 { 0 } else { self.ends[ends - 2] as usize };
        &mut self.entries[from..]
    }

    pub fn rungs(&self) -> usize {
        self.ends.len()
    }

    pub fn rung(&self, at: usize) -> RungLoad<'_> {
        let from = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        RungLoad { entries: &self.entries[from..self.ends[at] as usize] }
    }
}

fn take<T>(buffer: &mut Vec<T>) -> Vec<T> {
    let mut taken = std::mem::take(buffer);
    taken.clear();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_sixteen_bytes() {
        let entry = LoadEntry {
            reason: ReasonCode::LimitReached,
            limit: LimitIndex(3),
            free: 7,
            rank: -0.25,
            score: 0.31,
            price: 184.5,
        };
        assert_eq!(LoadEntry::from_bytes(&entry.to_bytes()), Some(entry));
        assert_eq!(LoadEntry::from_bytes(&[250; 16]), None);
    }
}
