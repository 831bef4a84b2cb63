//! A stage fact: the lead's stage converges; one that closes ends custody and frees its slots.

use pointsman_assign::Change;
use pointsman_domain::record::Stage;

use super::{Bench, Draft, Verdict, done, draft::Entry, release};
use crate::{
    backend::Found,
    command::{Declined, Staging},
    log::LogKind,
    receipt::Receipt,
    row::{Custody, Expect, LeadState, StageRow},
    stage::{StageFact, converge},
};

impl Bench {
    pub(super) fn stage(&mut self, command: &Staging, found: &Found, draft: &mut Draft) -> Verdict {
        let lead = command.lead;
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        let known = found.stages.get(&lead).map_or(&[][..], Vec::as_slice);
        let fact = StageFact { known_at: draft.at, ..command.fact.clone() };
        let told_before = |old: &StageFact| {
            // An activity is told by its name alone: without a time each telling is of now.
            let same = (&old.external_id, old.stage) == (&fact.external_id, fact.stage);
            !fact.external_id.is_empty() && same && (old.at == fact.at || fact.is_activity())
        };
        if known.iter().any(told_before) {
            return done(Receipt::Staged { lead, stage: before.stage, closed: false });
        }
        let stage = converge(known.iter().chain([&fact])).map_or(Stage::Open, |current| current.stage);
        let closed = stage.closes() && before.custody != Custody::Closed;
        let mut state = LeadState { stage, version: draft.next(), ..before.clone() };
        let mut changes = Vec::new();
        if closed {
            release(&mut state.claims, &mut changes);
            if self.ledger.is_waiting(lead) {
                changes.push(Change::Awake { lead });
            }
            state.custody = Custody::Closed;
            state.since = draft.at;
        }
        self.apply(&changes);
        let row = StageRow { seq: draft.next(), lead, fact, actor: command.actor.clone() };
        draft.record(Entry {
            kind: LogKind::Outcome,
            command: command.command,
            lead: Some(lead),
            actor: command.actor.clone(),
            changes: &changes,
            detail: Some(row.digest()),
            facts: None,
        });
        draft.rows.stages.push(row);
        draft.rows.states.push((Expect::Version(before.version), state));
        done(Receipt::Staged { lead, stage, closed })
    }
}
