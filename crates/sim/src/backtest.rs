//! Past leads through another policy, in the order of time: turns, caps, absences, SLA clocks and
//! holds as they were.
//!
//! What is not known is said: a lead keeps its slot for as long as it really stayed open, and is
//! touched as long after it was handed over as it really was, whoever gets it. Expected wins come
//! from a judge that the caller brings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use pointsman_assign::{Change, CounterKey, Ledger, Load};
use pointsman_decision::{
    Facts, Figures, Market, Outcome, PricingConfig, Routing, Scratch, Snapshot, Ticket, decide, draws_on,
    pricing::REMEMBERED, qualify,
};
use pointsman_domain::{DecisionId, Instant, LeadId, Micros, RepId, RepIndex, Window};
use pointsman_experiment::off_policy::{Estimator, LoggedDecision, PolicyValue, Support, estimate, support};
use serde::Serialize;

/// One lead as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct PastLead {
    /// As they were at its first decision.
    pub facts: Facts,
    pub at: Instant,
    pub seed: u64,
    pub owned: Option<PastOwner>,
    /// It waited for an owner at least once.
    pub held: bool,
    /// When its slot came back; `None`: it is open still.
    pub closed_at: Option<Instant>,
    /// `None` until its outcome is known.
    pub won: Option<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PastOwner {
    pub rep: RepId,
    pub at: Instant,
    pub sla_due: Option<Instant>,
    /// The first sign of work on it.
    pub touched_at: Option<Instant>,
    /// Probability with which this owner was drawn.
    pub propensity: f64,
}

/// What is replayed.
pub struct Replay<'a> {
    pub snapshot: &'a Arc<Snapshot>,
    /// In the order of time; those that arrived before `from` only hold their slots.
    pub leads: &'a [PastLead],
    pub from: Instant,
    /// Nothing is decided from here on, and nothing is known.
    pub until: Instant,
    pub priced: bool,
    /// Probability that a rep wins a lead, by somebody who does not choose.
    pub judge: &'a dyn Fn(&Facts, Instant, RepIndex) -> f64,
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("leads", &self.leads.len()).field("from", &self.from).finish()
    }
}

/// What a policy made of the leads.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Made {
    pub owned: u64,
    pub waiting: u64,
    pub parked: u64,
    /// Leads that waited at least once.
    pub held: u64,
    /// Touched after the SLA's end, or not at all by then.
    pub sla_missed: u64,
    pub sla_known: u64,
    /// Median time from the first decision to an owner, in minutes.
    pub minutes_to_owner: f64,
    pub expected_wins: f64,
    pub expected_value: f64,
    /// Of leads received by those who received any.
    pub gini: f64,
    pub by_rep: BTreeMap<RepId, u64>,
}

/// What the logged propensities prove.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OffPolicy {
    pub support: Support,
    /// Wins a lead by importance weights, normalised.
    pub snips: Option<PolicyValue>,
    /// The same, helped by the judge.
    pub doubly_robust: Option<PolicyValue>,
    /// Wins a lead as it was, of the same leads.
    pub as_it_was: f64,
    /// Why nothing follows, where nothing does.
    pub warning: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestResult {
    pub format: u32,
    pub policy: String,
    pub from: Instant,
    pub to: Instant,
    pub leads: u64,
    /// With another owner than they had.
    pub elsewhere: u64,
    pub as_it_was: Made,
    pub replayed: Made,
    /// From, to, how many: the most frequent first.
    pub moves: Vec<(RepId, RepId, u64)>,
    pub off_policy: Option<OffPolicy>,
    pub notes: Vec<String>,
}

/// Where a lead went under the policy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Went {
    Owned { rep: RepIndex, at: Instant, sla_due: Option<Instant>, propensity: f64 },
    Waits,
    Parked,
}

/// Routes the leads again.
pub fn backtest(replay: &Replay<'_>) -> BacktestResult {
    let mut run = Run::new(replay);
    run.go();
    let judged: Vec<usize> = (0..replay.leads.len()).filter(|&n| replay.leads[n].at >= replay.from).collect();
    let mut moves: BTreeMap<(RepId, RepId), u64> = BTreeMap::new();
    let roster = &replay.snapshot.roster;
    for &n in &judged {
        if let (Some(Went::Owned { rep, .. }), Some(owner)) = (run.went[n], &replay.leads[n].owned)
            && roster.rep_at(rep).id != owner.rep
        {
            *moves.entry((owner.rep.clone(), roster.rep_at(rep).id.clone())).or_default() += 1;
        }
    }
    let elsewhere = moves.values().sum();
    let mut moves: Vec<(RepId, RepId, u64)> = moves.into_iter().map(|((a, b), n)| (a, b, n)).collect();
    moves.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    BacktestResult {
        format: 1,
        policy: replay.snapshot.policy().name.to_string(),
        from: replay.from,
        to: replay.until,
        leads: judged.len() as u64,
        elsewhere,
        as_it_was: as_it_was(replay, &judged),
        replayed: run.made(&judged),
        moves,
        off_policy: off_policy(replay, &run.went, &judged),
        notes: Vec::new(),
    }
}

/// Something that happens at an instant; slots come back before leads are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Free(usize),
    Wake(usize),
    Arrive(usize),
}

struct Run<'a> {
    replay: &'a Replay<'a>,
    ledger: Ledger,
    binding: pointsman_assign::Binding,
    scratch: Scratch,
    load: Load,
    market: Market,
    went: Vec<Option<Went>>,
    held: Vec<bool>,
    deadlines: Vec<Option<Instant>>,
    claims: Vec<Vec<CounterKey>>,
    events: BinaryHeap<Reverse<(Instant, Event)>>,
    /// Where each lead stands in the list.
    places: BTreeMap<LeadId, usize>,
    /// How long a lead that really never had an owner is taken to stay open.
    usual: Micros,
}

impl<'a> Run<'a> {
    fn new(replay: &'a Replay<'a>) -> Self {
        let mut ledger = Ledger::default();
        replay.snapshot.caps().for_each(|cap| ledger.apply(&cap));
        let binding = replay.snapshot.bind(&mut ledger);
        let n = replay.leads.len();
        let mut open: Vec<i64> =
            replay.leads.iter().filter_map(|lead| open_for(lead, replay.until)).map(|m| m.0).collect();
        open.sort_unstable();
        let usual = Micros(open.get(open.len() / 2).copied().unwrap_or(Micros::DAY.0));
        Self {
            replay,
            binding,
            ledger,
            scratch: Scratch::new(replay.snapshot),
            load: Load::default(),
            market: Market::new(replay.snapshot, PricingConfig::simulated()),
            went: vec![None; n],
            held: vec![false; n],
            deadlines: vec![None; n],
            claims: vec![Vec::new(); n],
            events: BinaryHeap::new(),
            places: replay.leads.iter().enumerate().map(|(n, lead)| (lead.facts.lead.id, n)).collect(),
            usual,
        }
    }

    fn go(&mut self) {
        self.look_back();
        for (n, lead) in self.replay.leads.iter().enumerate() {
            if lead.at >= self.replay.from {
                self.events.push(Reverse((lead.at, Event::Arrive(n))));
            } else {
                self.carry_over(n);
            }
        }
        while let Some(Reverse((now, event))) = self.events.pop() {
            if now >= self.replay.until {
                break;
            }
            match event {
                Event::Arrive(n) => self.decide(n, now),
                // It may have been woken by a freed slot before.
                Event::Wake(n) if self.went[n] == Some(Went::Waits) => self.decide(n, now),
                Event::Wake(_) => {}
                Event::Free(n) => self.free(n, now),
            }
        }
    }

    /// The market knows the leads from before, as it did then.
    fn look_back(&mut self) {
        if !self.replay.priced {
            return;
        }
        let before = self.replay.leads.iter().filter(|lead| lead.at < self.replay.from && lead.owned.is_some());
        let before: Vec<&PastLead> = before.collect();
        for lead in &before[before.len().saturating_sub(REMEMBERED)..] {
            let qualified = qualify(self.replay.snapshot, &lead.facts, lead.at, &mut self.scratch);
            self.market.saw(&qualified, 1.0);
        }
    }

    /// A lead from before holds its owner's slot until it really closed.
    fn carry_over(&mut self, n: usize) {
        let lead = &self.replay.leads[n];
        let still = lead.closed_at.is_none_or(|closed| closed > self.replay.from);
        let owner = lead.owned.as_ref().filter(|owner| still && owner.at < self.replay.from);
        let Some(rep) = owner.and_then(|owner| self.replay.snapshot.roster.rep(owner.rep.as_str())) else { return };
        let mut keys = draws_on(self.replay.snapshot, &lead.facts, rep, self.replay.from, &mut self.scratch);
        keys.retain(|key| {
            key.window == Window::Always && self.ledger.used(&key.rep, &key.limit, key.window).1.is_some()
        });
        keys.iter().for_each(|key| self.ledger.apply(&Change::Claim { key: key.clone() }));
        self.claims[n] = keys;
        if let Some(closed) = lead.closed_at {
            self.events.push(Reverse((closed, Event::Free(n))));
        }
    }

    fn decide(&mut self, n: usize, now: Instant) {
        let (snapshot, lead) = (self.replay.snapshot, &self.replay.leads[n]);
        let deadline = self.deadlines[n];
        let routing = Routing { deadline, first_decided: deadline.map(|_| lead.at), ..Routing::default() };
        let facts = Facts { routing, ..lead.facts.clone() };
        let qualified = qualify(snapshot, &facts, now, &mut self.scratch);
        let ticket = Ticket { decision: DecisionId::new(now, n as u128), seed: lead.seed };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut self.load);
        if self.went[n].is_none() {
            self.ledger.apply(&Change::Decided);
        }
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        self.went[n] = Some(match decided.decision.outcome {
            // Whether somebody would have declined is not known of the past.
            Outcome::Owned { rep, sla_due } | Outcome::Offered { rep, sla_due, .. } => {
                let open = open_for(lead, self.replay.until).unwrap_or(self.usual);
                self.events.push(Reverse((now + open, Event::Free(n))));
                self.claims[n] = decided.decision.claims;
                let rep = snapshot.roster.rep(rep.as_str()).expect("the chosen rep is of the roster");
                if self.replay.priced {
                    self.market.saw(&qualified, 1.0);
                    self.reprice(now);
                }
                Went::Owned { rep, at: now, sla_due, propensity: decided.decision.propensity }
            }
            Outcome::Held { until, wake_at, .. } => {
                self.held[n] = true;
                self.deadlines[n] = Some(until);
                self.events.push(Reverse((wake_at.max(now + Micros(1)), Event::Wake(n))));
                Went::Waits
            }
            Outcome::Parked { .. } => Went::Parked,
        });
    }

    fn reprice(&mut self, now: Instant) {
        let snapshot = self.replay.snapshot;
        if self.market.due(snapshot, self.ledger.decided(), now) {
            let book = self.market.book(snapshot, Figures::of(snapshot, &self.ledger, now));
            self.ledger.apply(&Change::Prices { book: Arc::new(book) });
        }
    }

    /// The slot comes back, and whoever is first in line for it is woken.
    fn free(&mut self, n: usize, now: Instant) {
        let keys = std::mem::take(&mut self.claims[n]);
        for key in keys.into_iter().filter(|key| key.window == Window::Always) {
            let rep = key.rep.clone();
            self.ledger.apply(&Change::Release { key });
            let first = self.ledger.first_in_line(&rep);
            if let Some(&waiting) = first.and_then(|lead| self.places.get(&lead)) {
                self.events.push(Reverse((now, Event::Wake(waiting))));
            }
        }
    }

    fn made(&self, judged: &[usize]) -> Made {
        let mut made = Made::default();
        let mut minutes = Vec::new();
        for &n in judged {
            let lead = &self.replay.leads[n];
            made.held += u64::from(self.held[n]);
            match self.went[n] {
                Some(Went::Owned { rep, at, sla_due, .. }) => {
                    made.owned += 1;
                    minutes.push((at - lead.at).0 as f64 / Micros::MINUTE.0 as f64);
                    let touched =
                        lead.owned.as_ref().map(|owner| owner.touched_at.map(|touched| at + (touched - owner.at)));
                    if let (Some(due), Some(touched)) = (sla_due, touched) {
                        made.sla(due, touched, self.replay.until);
                    }
                    made.expect(self.replay, lead, at, rep);
                }
                Some(Went::Waits) | None => made.waiting += 1,
                Some(Went::Parked) => made.parked += 1,
            }
        }
        made.finish(minutes)
    }
}

/// How long it occupied a slot.
fn open_for(lead: &PastLead, until: Instant) -> Option<Micros> {
    let owner = lead.owned.as_ref()?;
    Some(Micros((lead.closed_at.unwrap_or(until) - owner.at).0.max(1)))
}

fn as_it_was(replay: &Replay<'_>, judged: &[usize]) -> Made {
    let mut made = Made::default();
    let mut minutes = Vec::new();
    for &n in judged {
        let lead = &replay.leads[n];
        made.held += u64::from(lead.held);
        let Some(owner) = lead.owned.as_ref().filter(|owner| owner.at < replay.until) else {
            made.waiting += 1;
            continue;
        };
        made.owned += 1;
        minutes.push((owner.at - lead.at).0 as f64 / Micros::MINUTE.0 as f64);
        if let Some(due) = owner.sla_due {
            made.sla(due, owner.touched_at, replay.until);
        }
        match replay.snapshot.roster.rep(owner.rep.as_str()) {
            Some(rep) => made.expect(replay, lead, owner.at, rep),
            None => *made.by_rep.entry(owner.rep.clone()).or_default() += 1,
        }
    }
    made.finish(minutes)
}

impl Made {
    fn sla(&mut self, due: Instant, touched: Option<Instant>, until: Instant) {
        if touched.is_some() || due < until {
            self.sla_known += 1;
            self.sla_missed += u64::from(touched.is_none_or(|touched| touched > due));
        }
    }

    fn expect(&mut self, replay: &Replay<'_>, lead: &PastLead, at: Instant, rep: RepIndex) {
        let chance = (replay.judge)(&lead.facts, at, rep);
        self.expected_wins += chance;
        self.expected_value += chance * lead.facts.lead.value.map_or(1.0, |value| value.minor_units() as f64);
        *self.by_rep.entry(replay.snapshot.roster.rep_at(rep).id.clone()).or_default() += 1;
    }

    fn finish(mut self, mut minutes: Vec<f64>) -> Self {
        minutes.sort_by(f64::total_cmp);
        self.minutes_to_owner = minutes.get(minutes.len() / 2).copied().unwrap_or(0.0);
        let received: Vec<f64> = self.by_rep.values().map(|n| *n as f64).collect();
        let total: f64 = received.iter().sum();
        let spread: f64 = received.iter().flat_map(|a| received.iter().map(move |b| (a - b).abs())).sum();
        self.gini = if total > 0.0 { spread / (2.0 * received.len() as f64 * total) } else { 0.0 };
        self
    }
}

/// Decisions that were drawn with a known probability below one, seen from the policy. A turn was
/// not drawn: nothing else could have happened, so it proves nothing of another policy.
fn off_policy(replay: &Replay<'_>, went: &[Option<Went>], judged: &[usize]) -> Option<OffPolicy> {
    let mut log = Vec::new();
    let (mut wins, mut drawn) = (0.0, 0.0);
    for &n in judged {
        let lead = &replay.leads[n];
        let (Some(owner), Some(won)) = (&lead.owned, lead.won) else { continue };
        let rep = replay.snapshot.roster.rep(owner.rep.as_str());
        let (Some(rep), true) = (rep, owner.propensity > 0.0 && owner.propensity < 1.0) else { continue };
        let reward = f64::from(u8::from(won));
        wins += reward;
        drawn += 1.0;
        let judge = |rep| (replay.judge)(&lead.facts, owner.at, rep);
        let (same, model_policy) = match went[n] {
            Some(Went::Owned { rep: to, .. }) => (to == rep, judge(to)),
            _ => (false, 0.0),
        };
        let weight = if same { 1.0 / owner.propensity } else { 0.0 };
        let largest_weight = 1.0 / owner.propensity;
        log.push(LoggedDecision { weight, reward, model_chosen: judge(rep), model_policy, largest_weight });
    }
    let support = support(&log).ok()?;
    let warning = support.check().err().map(|_| {
        format!(
            "{} decisions were drawn with a known probability, and count as {:.0} for this policy: too few to say anything",
            support.decisions, support.effective_sample
        )
    });
    let say = |estimator| warning.is_none().then(|| estimate(&log, estimator).ok()).flatten();
    Some(OffPolicy {
        snips: say(Estimator::SelfNormalisedIps),
        doubly_robust: say(Estimator::DoublyRobust),
        as_it_was: wins / drawn,
        support,
        warning,
    })
}
