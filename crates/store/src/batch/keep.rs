//! Persons and companies: written as somebody says they are, and persons erased. Neither changes
//! load; both are under the head, so that whoever read the old facts reads them again.

use super::{Bench, Draft, Verdict, done, draft::Entry};
use crate::{
    backend::Found,
    command::{Declined, Erase, Keep, Kept},
    log::LogKind,
    receipt::Receipt,
    row::{ErasureRow, Expect, KeptAccount, KeptContact},
};

impl Bench {
    pub(super) fn keep(&self, command: &Keep, found: &Found, draft: &mut Draft) -> Verdict {
        let (present, seen, read_at) = match &command.kept {
            Kept::Account { row, seen, read_at, .. } => (found.accounts.get(&row.id).copied(), *seen, *read_at),
            Kept::Contact { row, seen, read_at, .. } => (found.contacts.get(&row.id).copied(), *seen, *read_at),
        };
        let changed = present != seen || present.is_some_and(|present| present > read_at);
        if changed || is_somebody_else(&command.kept, found) {
            return Err(Declined::Stale);
        }
        let version = draft.next();
        // Nothing of a person is in the chain, not even as a digest: digests of addresses are guessed.
        draft.record(Entry {
            kind: LogKind::Kept,
            command: command.command,
            lead: None,
            actor: Some(command.actor.clone()),
            changes: &[],
            detail: None,
            facts: None,
        });
        let expect = seen.map_or(Expect::New, Expect::Version);
        match command.kept.clone() {
            Kept::Account { mut row, external_id, .. } => {
                row.version = version;
                draft.rows.kept_accounts.push(KeptAccount { expect, row, external_id });
            }
            Kept::Contact { mut row, external_id, keys, .. } => {
                row.version = version;
                draft.rows.kept_contacts.push(KeptContact { expect, row, external_id, keys, at: draft.at });
            }
        }
        done(Receipt::Kept { version })
    }

    /// Facts and their salts go, and what is personal of the person's rows; the record stays whole.
    pub(super) fn erase(&self, command: &Erase, found: &Found, draft: &mut Draft) -> Verdict {
        if !found.contacts.contains_key(&command.contact) {
            return Err(Declined::UnknownPerson);
        }
        let row = ErasureRow {
            seq: draft.next(),
            request: command.request.clone(),
            at: draft.at,
            contact: command.contact,
            leads: command.leads.clone(),
            keys: command.keys.clone(),
        };
        draft.record(Entry {
            kind: LogKind::Erasure,
            command: command.command,
            lead: None,
            actor: Some(command.actor.clone()),
            changes: &[],
            detail: Some(row.digest()),
            facts: None,
        });
        let receipt = Receipt::Erased { contact: command.contact, request: command.request.clone(), seq: row.seq };
        draft.rows.erasures.push(row);
        done(receipt)
    }
}

/// Whether what they are known by has become somebody else's since it was read: whoever writes
/// reads again, and finds them.
fn is_somebody_else(kept: &Kept, found: &Found) -> bool {
    match kept {
        Kept::Account { row, external_id, read_at, .. } => {
            let domain = row.domain.as_ref().and_then(|domain| found.domains.get(domain));
            let external = external_id.as_ref().and_then(|id| found.external_accounts.get(id));
            domain.is_some_and(|seq| seq > read_at)
                || external.is_some_and(|(account, seq)| *account != row.id && seq > read_at)
        }
        Kept::Contact { row, external_id, keys, read_at, .. } => {
            let mut holders = keys.iter().filter_map(|key| found.holders.get(key));
            let external = external_id.as_ref().and_then(|id| found.external_contacts.get(id));
            holders.any(|holder| holder.contact != Some(row.id) && holder.seq > *read_at)
                || external.is_some_and(|(contact, seq)| *contact != row.id && seq > read_at)
        }
    }
}
