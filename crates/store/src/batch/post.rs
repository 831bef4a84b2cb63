//! Prices of the next epoch come into force.

use std::sync::Arc;

use pointsman_assign::Change;

use super::{Bench, Draft, Verdict, done, draft::Entry};
use crate::{
    command::{Declined, Post},
    log::LogKind,
    receipt::Receipt,
};

impl Bench {
    /// The book is in the row itself: whoever folds the record has the prices. One process posts
    /// an epoch; what was solved for other documents is not posted at all.
    pub(super) fn post(&mut self, command: &Post, draft: &mut Draft) -> Verdict {
        let epoch = command.book.epoch;
        let fits = self.live.as_ref().is_some_and(|(snapshot, _)| snapshot.id == command.snapshot);
        if !fits || epoch != draft.rows.head.price_epoch + 1 {
            return Err(Declined::Stale);
        }
        let changes = [Change::Prices { book: Arc::clone(&command.book) }];
        self.apply(&changes);
        draft.record(Entry {
            kind: LogKind::PriceEpoch,
            command: command.command,
            lead: None,
            actor: None,
            changes: &changes,
            detail: None,
            facts: None,
        });
        draft.rows.head.price_epoch = epoch;
        draft.posted = true;
        done(Receipt::Posted { epoch })
    }
}
