//! Routing without writing: one lead now, or many past leads in order, under any snapshot.
//!
//! Both are `qualify` and `decide` on a ledger that nobody else sees. Past leads claim, take
//! turns and wait as they would have: an open slot comes back when the lead was closed, a waiting
//! lead is woken by a freed slot, an opening, or its deadline.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use pointsman_assign::{Change, CounterKey, Ledger, Load};
use pointsman_domain::{DecisionId, Instant, LeadId, LimitKind, Micros, QueueId, RepId, RepIndex, RuleId};
use serde::Serialize;

use crate::facts::{Facts, Routing};
use crate::qualify::{Scratch, qualify};
use crate::record::{Decided, Outcome, Ticket};
use crate::snapshot::Snapshot;
use crate::{choose::decide, explain::Explanation, explain::explain, replay::ReplayError};

/// A lead as it was known when it came.
#[derive(Debug, Clone, PartialEq)]
pub struct PastLead {
    pub facts: Facts,
    /// When it is decided.
    pub at: Instant,
    pub seed: u64,
    /// When it was closed and its open slot came back; `None`: it stays open.
    pub closed: Option<Instant>,
}

impl PastLead {
    /// The facts of a past decision, as if the lead had come for the first time.
    pub fn anew(mut facts: Facts, at: Instant, seed: u64, closed: Option<Instant>) -> Self {
        facts.routing = Routing::default();
        Self { facts, at, seed, closed }
    }
}

/// Where one lead ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    pub lead: LeadId,
    pub end: End,
    /// The rule that acted, by its place in the policy; `None`: the fallback.
    pub rule: Option<usize>,
    /// From the first decision to the last.
    pub waited: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Owned(RepIndex),
    /// Still waiting after the last of the leads.
    Held,
    Parked(QueueId),
}

/// One lead decided now on `ledger`, explained. Nothing is applied.
pub fn preview(
    snapshot: &Arc<Snapshot>,
    facts: &Facts,
    now: Instant,
    ticket: Ticket,
    ledger: &mut Ledger,
) -> Result<(Decided, Explanation), ReplayError> {
    let binding = snapshot.bind(ledger);
    let qualified = qualify(snapshot, facts, now, &mut Scratch::new(snapshot));
    let decided = decide(&qualified, ledger, &binding, ticket, &mut Load::default());
    let explanation = explain(snapshot, facts, &decided.decision, &decided.trace)?;
    Ok((decided, explanation))
}

/// Routes past leads in order of time, from an empty ledger. The results are in the order of
/// `leads`, so that two policies are compared by going through both lists together.
pub fn preview_all(snapshot: &Arc<Snapshot>, leads: &[PastLead]) -> Vec<Routed> {
    let mut run = Run::new(snapshot, leads);
    while let Some(Reverse((at, event, index))) = run.events.pop() {
        match event {
            Event::Close => run.close(index as usize, at),
            Event::Decide => run.decide(index as usize, at),
        }
    }
    run.routed
}

/// What happens at an instant, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Close,
    Decide,
}

struct Run<'a> {
    snapshot: &'a Arc<Snapshot>,
    leads: &'a [PastLead],
    ledger: Ledger,
    binding: pointsman_assign::Binding,
    scratch: Scratch,
    load: Load,
    events: BinaryHeap<Reverse<(Instant, Event, u32)>>,
    /// Open slots to give back, by lead.
    open: BTreeMap<u32, Vec<CounterKey>>,
    /// What is kept of a lead between its decisions.
    waiting: BTreeMap<LeadId, (u32, Routing)>,
    routed: Vec<Routed>,
}

impl<'a> Run<'a> {
    fn new(snapshot: &'a Arc<Snapshot>, leads: &'a [PastLead]) -> Self {
        let mut ledger = snapshot.fresh_ledger();
        let binding = snapshot.bind(&mut ledger);
        let at = |(index, lead): (usize, &PastLead)| Reverse((lead.at, Event::Decide, index as u32));
        let undecided =
            |lead: &PastLead| Routed { lead: lead.facts.lead.id, end: End::Held, rule: None, waited: Micros(0) };
        Self {
            snapshot,
            leads,
            ledger,
            binding,
            scratch: Scratch::new(snapshot),
            load: Load::default(),
            events: leads.iter().enumerate().map(at).collect(),
            open: BTreeMap::new(),
            waiting: BTreeMap::new(),
            routed: leads.iter().map(undecided).collect(),
        }
    }

    fn decide(&mut self, index: usize, now: Instant) {
        let lead = &self.leads[index];
        let id = lead.facts.lead.id;
        let again = self.waiting.remove(&id);
        // A lead that was woken earlier is not waiting any more when its own hour comes.
        if again.is_none() && now > lead.at {
            return;
        }
        let kept;
        let facts = match again {
            None => &lead.facts,
            Some((_, routing)) => {
                kept = Facts { routing, ..lead.facts.clone() };
                &kept
            }
        };
        let qualified = qualify(self.snapshot, facts, now, &mut self.scratch);
        let ticket = Ticket { decision: DecisionId::new(now, index as u128), seed: lead.seed };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut self.load);
        if facts.routing.first_decided.is_none() {
            self.ledger.apply(&Change::Decided);
        }
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        let rules = &qualified.policy().rules;
        let rule = decided.decision.rule.as_ref().and_then(|id| rules.iter().position(|rule| rule.id == *id));
        self.scratch.reuse(qualified);
        let end = match decided.decision.outcome {
            Outcome::Owned { ref rep, .. } | Outcome::Offered { ref rep, .. } => {
                let rep = self.snapshot.roster.rep(rep.as_str()).expect("the owner is one of the snapshot's reps");
                self.keep_open(index, decided.decision.claims);
                End::Owned(rep)
            }
            Outcome::Held { until, wake_at, .. } => {
                let routing = Routing {
                    first_decided: Some(lead.at),
                    seed: Some(lead.seed),
                    deadline: Some(until),
                    ..facts.routing.clone()
                };
                self.waiting.insert(id, (index as u32, routing));
                self.events.push(Reverse((wake_at.max(now + Micros(1)), Event::Decide, index as u32)));
                End::Held
            }
            Outcome::Parked { queue, .. } => End::Parked(queue),
        };
        self.routed[index] = Routed { lead: id, end, rule, waited: now - lead.at };
    }

    /// Notes which open slots come back, and when.
    fn keep_open(&mut self, index: usize, claims: Vec<CounterKey>) {
        let limits = &self.snapshot.roster.limits;
        let is_open = |key: &CounterKey| limits.iter().any(|l| l.id == key.limit && l.kind == LimitKind::Open);
        let open: Vec<CounterKey> = claims.into_iter().filter(is_open).collect();
        let lead = &self.leads[index];
        if let Some(closed) = lead.closed.filter(|_| !open.is_empty()) {
            self.open.insert(index as u32, open);
            self.events.push(Reverse((closed, Event::Close, index as u32)));
        }
    }

    /// Gives the slots of a closed lead back; the first in line for one is decided at once.
    fn close(&mut self, index: usize, now: Instant) {
        let Some(keys) = self.open.remove(&(index as u32)) else { return };
        let mut freed: Vec<RepId> = Vec::new();
        for key in keys {
            freed.push(key.rep.clone());
            self.ledger.apply(&Change::Release { key });
        }
        freed.dedup();
        for rep in freed {
            let first = self.ledger.first_in_line(&rep);
            if let Some((index, _)) = first.and_then(|lead| self.waiting.get(&lead)) {
                self.events.push(Reverse((now, Event::Decide, *index)));
            }
        }
    }
}

/// Who gets how many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub leads: u64,
    pub owned: u64,
    pub held: u64,
    pub parked: u64,
    /// Every rep who got a lead, most first.
    pub by_rep: Vec<Count<RepId>>,
    /// Every rule, in the order of the policy, whether it acted or not.
    pub by_rule: Vec<Count<RuleId>>,
    pub by_queue: Vec<Count<QueueId>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count<T> {
    pub id: T,
    pub leads: u64,
}

impl Summary {
    pub fn of(snapshot: &Snapshot, routed: &[Routed]) -> Self {
        let policy = snapshot.policy();
        let mut reps = vec![0u64; snapshot.roster.reps.len()];
        let mut rules = vec![0u64; policy.rules.len()];
        let mut queues: BTreeMap<&QueueId, u64> = BTreeMap::new();
        let (mut owned, mut held) = (0, 0);
        for lead in routed {
            match &lead.end {
                End::Owned(rep) => (owned, reps[rep.0 as usize]) = (owned + 1, reps[rep.0 as usize] + 1),
                End::Held => held += 1,
                End::Parked(queue) => *queues.entry(queue).or_default() += 1,
            }
            if let Some(rule) = lead.rule {
                rules[rule] += 1;
            }
        }
        let named = snapshot.roster.reps.iter().zip(reps).filter(|(_, leads)| *leads > 0);
        let mut by_rep: Vec<_> = named.map(|(rep, leads)| Count { id: rep.id.clone(), leads }).collect();
        by_rep.sort_by_key(|count| Reverse(count.leads));
        let leads = routed.len() as u64;
        Self {
            leads,
            owned,
            held,
            parked: leads - owned - held,
            by_rep,
            by_rule: policy.rules.iter().zip(rules).map(|(rule, leads)| Count { id: rule.id.clone(), leads }).collect(),
            by_queue: queues.into_iter().map(|(queue, leads)| Count { id: queue.clone(), leads }).collect(),
        }
    }
}
