//! Where leads would go by what a policy says, whoever is busy: each by itself, on an empty load.
//! Two policies differ for a lead exactly if its places do; a turn that shifts is no difference.

use std::sync::Arc;

use pointsman_assign::{Ledger, Load};
use pointsman_domain::{DecisionId, PoolId, QueueId, RepId, RuleId};
use serde::Serialize;

use crate::choose::decide;
use crate::preview::PastLead;
use crate::qualify::{Scratch, qualify};
use crate::record::{Outcome, Ticket};
use crate::snapshot::Snapshot;

/// Where one lead goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Pool(PoolId),
    Rep(RepId),
    Queue(QueueId),
    /// It waits, because nobody the rule names is there.
    Waits(RuleId),
}

/// The place of every lead and the rule that sends it there (`None`: the fallback).
pub fn places(snapshot: &Arc<Snapshot>, leads: &[PastLead]) -> Vec<(Place, Option<RuleId>)> {
    let mut ledger = Ledger::default();
    snapshot.caps().for_each(|cap| ledger.apply(&cap));
    let binding = snapshot.bind(&mut ledger);
    let (mut scratch, mut load) = (Scratch::new(snapshot), Load::default());
    let place = |lead: &PastLead| {
        let qualified = qualify(snapshot, &lead.facts, lead.at, &mut scratch);
        let ticket = Ticket { decision: DecisionId::new(lead.at, u128::from(lead.seed)), seed: lead.seed };
        let decision = decide(&qualified, &ledger, &binding, ticket, &mut load).decision;
        let place = match &decision.outcome {
            Outcome::Owned { rep, .. } | Outcome::Offered { rep, .. } => {
                let index = snapshot.roster.rep(rep.as_str());
                let by_rule =
                    |rule: usize| Some(&snapshot.policies[qualified.policy].rules[rule].id) == decision.rule.as_ref();
                let asked = |ask: &pointsman_assign::Ask| Some(ask.rep) == index;
                let rung = qualified.rungs.iter().find(|r| by_rule(r.rule) && qualified.asks(r).iter().any(asked));
                match rung.and_then(|rung| rung.pool) {
                    Some(pool) => Place::Pool(snapshot.roster.pool_at(pool).id.clone()),
                    None => Place::Rep(rep.clone()),
                }
            }
            Outcome::Parked { queue, .. } => Place::Queue(queue.clone()),
            Outcome::Held { .. } => match &decision.rule {
                Some(rule) => Place::Waits(rule.clone()),
                None => Place::Queue(qualified.policy().fallback.clone()),
            },
        };
        (place, decision.rule)
    };
    leads.iter().map(place).collect()
}
