//! Documents go live, and the caps change with them.

use std::sync::Arc;

use pointsman_assign::Change;
use pointsman_decision::{DocumentKind, Snapshot};
use pointsman_domain::Window;

use super::{Bench, Draft, Verdict, done, draft::Entry};
use crate::{
    command::{Declined, Switch},
    log::{self, LogKind},
    receipt::Receipt,
    row::{DocumentRow, SnapshotRow},
};

impl Bench {
    pub(super) fn switch(&mut self, command: &Switch, draft: &mut Draft) -> Verdict {
        let live = self.live.as_ref().map(|(snapshot, _)| snapshot.id);
        if command.over.is_some() && command.over != live {
            return Err(Declined::Stale);
        }
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
            detail: Some(log::switch_digest(&id, &author, &reason, draft.at)),
            facts: None,
        });
        let documents = document_rows(snapshot);
        draft.rows.snapshots.push(SnapshotRow { seq, id, at: draft.at, author, reason, documents });
        draft.rows.head.snapshot = Some(id);
        draft.switched = Some(Arc::clone(snapshot));
        done(Receipt::Switched { snapshot: id })
    }
}

/// A snapshot's documents as rows.
pub(crate) fn document_rows(snapshot: &Snapshot) -> Vec<DocumentRow> {
    let row = |(kind, name, body): (DocumentKind, &str, &Arc<[u8]>)| DocumentRow {
        kind,
        name: name.into(),
        digest: pointsman_decision::document::digest(body),
        body: Arc::clone(body),
    };
    snapshot.documents.iter().map(row).collect()
}
