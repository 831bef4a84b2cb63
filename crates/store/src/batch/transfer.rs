//! An assignment by a named person, who may exceed a cap and is told.

use pointsman_assign::{Change, CounterKey};
use pointsman_domain::Window;

use super::{Bench, Draft, Verdict, done, draft::Entry, release};
use crate::{
    backend::Found,
    command::{Declined, Transfer},
    log::LogKind,
    receipt::Receipt,
    row::{AssignmentRow, Custody, Expect, LeadState},
};

impl Bench {
    pub(super) fn transfer(&mut self, command: &Transfer, found: &Found, draft: &mut Draft) -> Verdict {
        let lead = command.lead;
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        let present = before.custody.owner();
        if before.custody == Custody::Closed {
            return Err(Declined::Closed);
        }
        if present != command.expected.as_ref() {
            return Err(Declined::OwnerChanged { present: present.cloned() });
        }
        let (from, to) = (present.cloned(), command.to.clone());
        if from.as_ref() == Some(&to) {
            return done(Receipt::Transferred { lead, from, to, over: vec![] });
        }
        let mut state = LeadState { since: draft.at, version: draft.next(), ..before.clone() };
        let mut changes = Vec::new();
        release(&mut state.claims, &mut changes);
        if self.ledger.is_waiting(lead) {
            changes.push(Change::Awake { lead });
        }
        // A quota counts a lead once per rep, however often it comes back.
        let counted = |key: &CounterKey| {
            key.window != Window::Always
                && state
                    .claims
                    .iter()
                    .any(|held| (&held.rep, &held.limit, held.partition) == (&key.rep, &key.limit, key.partition))
        };
        let raised: Vec<CounterKey> = command.claims.iter().filter(|key| !counted(key)).cloned().collect();
        changes.extend(raised.iter().map(|key| Change::Claim { key: key.clone() }));
        self.count_by_hand(&mut state, &to, draft.at, &mut changes);
        self.apply(&changes);
        let over = raised.iter().filter(|key| {
            let (used, cap) = self.ledger.used(&key.rep, &key.limit, key.window);
            cap.is_some_and(|cap| used > cap)
        });
        let over = over.map(|key| key.limit.clone()).collect();
        state.claims.extend(raised);
        state.custody = Custody::Owned { rep: to.clone(), sla_due: None };
        state.last_owner = Some(to.clone());
        let row = AssignmentRow {
            seq: draft.next(),
            lead,
            rep: to.clone(),
            at: draft.at,
            hop: before.last_owner.is_some(),
            propensity: None,
            actor: Some(command.actor.clone()),
            reason: command.reason.clone(),
        };
        draft.record(Entry {
            kind: LogKind::Transfer,
            command: command.command,
            lead: Some(lead),
            actor: Some(command.actor.clone()),
            changes: &changes,
            detail: Some(row.digest()),
            facts: None,
        });
        if let Some(contact) = state.contact {
            draft.rows.contact_owners.push((contact, to.clone(), row.seq));
        }
        draft.rows.assignments.push(row);
        draft.rows.states.push((Expect::Version(before.version), state));
        done(Receipt::Transferred { lead, from, to, over })
    }
}
