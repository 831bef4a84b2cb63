//! What does not count: a bad lead or a no-show gives quota and turn back; and what counts although
//! no line decided it: an assignment by hand, where the pool says so.

use pointsman_assign::{Change, LineId, Partition, Windows, window_of};
use pointsman_decision::Snapshot;
use pointsman_domain::{FairnessMeasure, Instant, RepId, Window};
use pointsman_rules::Pool;

use super::{Bench, Draft, Verdict, done, draft::Entry};
use crate::{
    backend::Found,
    command::{Credit, Declined},
    log::LogKind,
    receipt::Receipt,
    row::{Credited, Expect, LeadState, TurnTaken},
};

impl Bench {
    /// Whatever custody the lead is in by now: what was counted is what is given back.
    pub(super) fn credit(&mut self, command: &Credit, found: &Found, draft: &mut Draft) -> Verdict {
        let lead = command.lead;
        let Some(before) = found.leads.get(&lead) else { return Err(Declined::UnknownLead) };
        if let Some(credited) = &before.credited {
            return Err(Declined::Credited { before: credited.reason });
        }
        let mut state = LeadState { version: draft.next(), ..before.clone() };
        let is_open = |key: &pointsman_assign::CounterKey| key.window == Window::Always;
        let (open, quotas): (Vec<_>, Vec<_>) = std::mem::take(&mut state.claims).into_iter().partition(is_open);
        state.claims = open;
        let turns = std::mem::take(&mut state.turns);
        if quotas.is_empty() && turns.is_empty() {
            return Err(Declined::NothingTaken);
        }
        let mut changes = vec![Change::Credited { lead, reason: command.reason }];
        changes.extend(quotas.iter().map(|key| Change::Release { key: key.clone() }));
        changes.extend(turns.iter().map(|turn| self.given_back(turn)));
        self.apply(&changes);
        state.credited = Some(Credited { reason: command.reason, at: draft.at, by: command.actor.clone() });
        draft.record(Entry {
            kind: LogKind::Credit,
            command: command.command,
            lead: Some(lead),
            actor: Some(command.actor.clone()),
            changes: &changes,
            // The changes say everything: there is no row beside them.
            detail: None,
            facts: None,
        });
        draft.rows.states.push((Expect::Version(before.version), state));
        let mut reps: Vec<RepId> = quotas.iter().map(|k| &k.rep).chain(turns.iter().map(|t| &t.rep)).cloned().collect();
        reps.sort();
        reps.dedup();
        let mut limits: Vec<_> = quotas.into_iter().map(|key| key.limit).collect();
        limits.dedup();
        let pools = turns.into_iter().map(|turn| turn.line.pool).collect();
        done(Receipt::Credited { lead, reason: command.reason, reps, quotas: limits, pools })
    }

    fn given_back(&self, turn: &TurnTaken) -> Change {
        let time = turn.amount / self.weight(&turn.line, &turn.rep);
        Change::Credit { line: turn.line.clone(), rep: turn.rep.clone(), time, amount: turn.amount }
    }

    /// The rep's weight in the pool as it is now; 1 for who is no member any more.
    fn weight(&self, line: &LineId, rep: &RepId) -> f64 {
        let weight = self.live.as_ref().and_then(|(snapshot, _)| {
            let pool = snapshot.roster.pool(line.pool.as_str())?;
            weight_in(snapshot, snapshot.roster.pool_at(pool), rep)
        });
        weight.unwrap_or(1.0)
    }

    /// Where a pool counts assignments by hand: a turn that the lead took there moves with it, and
    /// one that took none is a turn in every such pool of its new owner.
    pub(super) fn count_by_hand(&self, state: &mut LeadState, to: &RepId, now: Instant, changes: &mut Vec<Change>) {
        let Some((snapshot, _)) = &self.live else { return };
        let counts = |pool: &Pool| pool.fairness.count_manual && pool.contract.measure != FairnessMeasure::OpenWork;
        let named = |turn: &TurnTaken| {
            let pool = snapshot.roster.pool(turn.line.pool.as_str())?;
            Some(snapshot.roster.pool_at(pool)).filter(|pool| counts(pool))
        };
        let took_none = state.turns.is_empty();
        let (moved, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.turns).into_iter().partition(|turn| named(turn).is_some() && turn.rep != *to);
        let mut charged: Vec<TurnTaken> = Vec::new();
        for turn in moved {
            changes.push(self.given_back(&turn));
            if named(&turn).is_some_and(|pool| weight_in(snapshot, pool, to).is_some()) {
                charged.push(TurnTaken { rep: to.clone(), ..turn });
            }
        }
        if took_none {
            let pools = snapshot.roster.pools.iter().filter(|pool| counts(pool));
            let mine = pools.filter(|pool| weight_in(snapshot, pool, to).is_some());
            charged.extend(mine.map(|pool| {
                let line = line_now(snapshot, pool, now);
                let amount = self.ledger.mean_turn(&line);
                TurnTaken { line, rep: to.clone(), amount }
            }));
        }
        changes.extend(charged.iter().map(|turn| {
            let (line, rep, time) = (turn.line.clone(), turn.rep.clone(), -turn.amount / self.weight(&turn.line, to));
            Change::Credit { line, rep, time, amount: -turn.amount }
        }));
        state.turns = kept;
        state.turns.append(&mut charged);
    }
}

fn weight_in(snapshot: &Snapshot, pool: &Pool, rep: &RepId) -> Option<f64> {
    let index = snapshot.roster.rep(rep.as_str())?;
    pool.members.iter().find(|(member, _)| *member == index).map(|(_, weight)| f64::from(*weight))
}

/// The account of a pool that is open now.
fn line_now(snapshot: &Snapshot, pool: &Pool, now: Instant) -> LineId {
    let zone = snapshot.home();
    let windows = Windows { day: zone.local_day(now), week: zone.local_week_monday(now), month: zone.local_month(now) };
    LineId {
        pool: pool.id.clone(),
        partition: Partition::default(),
        measure: pool.contract.measure,
        window: window_of(&pool.contract, &windows),
    }
}
