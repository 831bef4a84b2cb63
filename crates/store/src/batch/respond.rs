//! What a rep says to an offer: it is theirs from now on, or it goes on without them.

use pointsman_assign::Change;
use pointsman_domain::Instant;

use super::{Bench, Draft, Verdict, done, draft::Entry, release};
use crate::{
    backend::Found,
    command::{Accept, Decide, Decline, Declined},
    log::LogKind,
    receipt::Receipt,
    row::{AssignmentRow, Custody, Expect, LeadState, Response, ResponseRow},
};

impl Bench {
    /// The slot stays occupied: accepting changes no load. Accepting twice is accepting once.
    pub(super) fn accept(&mut self, command: &Accept, found: &Found, draft: &mut Draft) -> Verdict {
        let (lead, rep) = (command.lead, &command.rep);
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        let receipt = Receipt::Accepted { lead, rep: rep.clone() };
        let (until, sla_due) = match &before.custody {
            Custody::Owned { rep: owner, .. } if owner == rep => return done(receipt),
            Custody::Offered { rep: asked, until, sla_due } if asked == rep => (*until, *sla_due),
            Custody::Closed => return Err(Declined::Closed),
            other => return Err(Declined::OwnerChanged { present: other.owner().cloned() }),
        };
        if draft.at >= until {
            return Err(Declined::OfferOver { until });
        }
        let mut state = LeadState { since: draft.at, version: draft.next(), ..before.clone() };
        state.custody = Custody::Owned { rep: rep.clone(), sla_due };
        state.last_owner = Some(rep.clone());
        let row = response(before, rep.clone(), Response::Accepted, None, draft);
        draft.record(Entry {
            kind: LogKind::Response,
            command: command.command,
            lead: Some(lead),
            actor: Some(command.actor.clone()),
            changes: &[],
            detail: Some(row.digest()),
            facts: None,
        });
        draft.rows.assignments.push(AssignmentRow {
            seq: row.seq,
            lead,
            rep: rep.clone(),
            at: draft.at,
            hop: before.last_owner.is_some(),
            propensity: None,
            actor: None,
            reason: None,
        });
        if let Some(contact) = state.contact {
            draft.rows.contact_owners.push((contact, rep.clone(), row.seq));
        }
        draft.rows.responses.push(row);
        draft.rows.states.push((Expect::Version(before.version), state));
        done(receipt)
    }

    /// Whether the lead is still with the one who does not take it; for an offer that ended, whether
    /// it did.
    pub(super) fn may_decline(decline: &Decline, before: &LeadState, now: Instant) -> Result<(), Declined> {
        let ended = decline.response == Response::Expired;
        match &before.custody {
            Custody::Offered { rep, until, .. } if *rep == decline.rep && (!ended || now >= *until) => Ok(()),
            Custody::Owned { rep, .. } if *rep == decline.rep && !ended => Ok(()),
            _ if ended => Err(Declined::Moot),
            Custody::Closed => Err(Declined::Closed),
            other => Err(Declined::OwnerChanged { present: other.owner().cloned() }),
        }
    }

    /// Frees the slot, and says so in a row of its own before the decision's.
    pub(super) fn decline(
        &mut self,
        command: &Decide,
        decline: &Decline,
        before: &LeadState,
        draft: &mut Draft,
    ) -> LeadState {
        let mut state = before.clone();
        let mut changes: Vec<Change> = Vec::new();
        release(&mut state.claims, &mut changes);
        self.apply(&changes);
        let row = response(before, decline.rep.clone(), decline.response, decline.reason.clone(), draft);
        draft.record(Entry {
            kind: LogKind::Response,
            command: decline.command,
            lead: Some(before.lead),
            actor: command.actor.clone(),
            changes: &changes,
            detail: Some(row.digest()),
            facts: None,
        });
        draft.rows.responses.push(row);
        if !state.declined.contains(&decline.rep) {
            state.declined.push(decline.rep.clone());
        }
        state
    }
}

fn response(
    before: &LeadState,
    rep: pointsman_domain::RepId,
    response: Response,
    reason: Option<Box<str>>,
    draft: &Draft,
) -> ResponseRow {
    ResponseRow { seq: draft.next(), lead: before.lead, rep, offered_at: before.since, at: draft.at, response, reason }
}
