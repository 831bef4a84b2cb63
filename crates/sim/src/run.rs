//! One company, one stretch of leads, one or more policies: every decision is taken by the very
//! code that serves production, on a ledger, in the order of time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use pointsman_assign::{Binding, Change, Ledger, Load};
use pointsman_decision::{
    Decided, DocumentKind, DocumentSet, Facts, LeadFacts, Outcome, Qualified, Routing, Scratch, Snapshot,
    SnapshotError, Ticket, decide, qualify,
};
use pointsman_domain::{AttributeIndex, DecisionId, Instant, LimitId, Micros, RepId, RepIndex, Value, Values, Window};

use crate::pricing::{Pricer, PricingConfig};
use crate::world::{World, WorldLead};

/// What became of one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadRun {
    /// Which of the policies decided it first.
    pub policy: usize,
    /// When it was first decided.
    pub decided_at: Instant,
    /// Who got it, when, and when they touched it; `None` while it still waits or is parked.
    pub owned: Option<Owned>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Owned {
    pub rep: RepIndex,
    pub at: Instant,
    pub touched_at: Instant,
    /// Probability of winning had it been touched at once: what the choice is judged by.
    pub at_once: f64,
    /// Probability of winning after the wait.
    pub probability: f64,
    pub won: bool,
    pub sla_kept: bool,
    pub propensity: f64,
}

/// What a run is given.
pub struct Setting<'a> {
    pub world: &'a World,
    pub leads: &'a [WorldLead],
    /// Snapshots of the same roster that differ in policy or model.
    pub policies: &'a [Arc<Snapshot>],
    /// Which policy decides a lead that is decided now; asked again when a lead has waited.
    pub route: &'a dyn Fn(&WorldLead, Instant) -> usize,
    /// Which policies choose by prices.
    pub priced: &'a [bool],
    pub pricing: PricingConfig,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("world", &self.world.file.name).field("leads", &self.leads.len()).finish()
    }
}

/// The documents of a world's company under one policy; `more` adds model and features.
pub fn documents(world: &World, policy: &str, pick: &str) -> DocumentSet {
    let mut set = DocumentSet::default();
    let zone = &world.file.zone;
    let currency = &world.file.currency;
    let routing = format!("format = 1\nzone = \"{zone}\"\ncurrency = \"{currency}\"\npolicy = \"{policy}\"\n");
    set.insert(DocumentKind::Routing, "", routing.into_bytes());
    set.insert(DocumentKind::Attributes, "", world.attributes_document().into_bytes());
    set.insert(DocumentKind::Roster, "", world.roster_document().into_bytes());
    set.insert(DocumentKind::Calendar, "office", world.calendar_document().into_bytes());
    set.insert(DocumentKind::Absences, "", world.absences_document().into_bytes());
    set.insert(DocumentKind::Policy, policy, world.policy_document(policy, pick).into_bytes());
    set
}

/// Compiles the documents of a world.
pub fn snapshot(documents: DocumentSet) -> Result<Arc<Snapshot>, Vec<SnapshotError>> {
    Snapshot::compile(documents).map(Arc::new)
}

/// Routes the leads. One entry per lead, in their order.
pub fn run(setting: &Setting<'_>) -> Vec<LeadRun> {
    run_watched(setting, &mut |_, _, _| {})
}

/// Told of every decision: which lead, on what, and what was decided.
pub type Watch<'a> = dyn FnMut(usize, &Facts, &Decided) + 'a;

/// The same, with somebody looking on.
pub fn run_watched(setting: &Setting<'_>, watch: &mut Watch<'_>) -> Vec<LeadRun> {
    let mut run = Run::new(setting);
    let mut wakes: BinaryHeap<Reverse<(Instant, usize)>> = BinaryHeap::new();
    let mut next = 0;
    loop {
        let arrival = setting.leads.get(next).map(|lead| lead.at);
        let wake = wakes.peek().map(|Reverse((at, _))| *at);
        let (now, lead) = match (arrival, wake) {
            (None, None) => break,
            // Who waits goes ahead of who comes.
            (arrival, Some(wake)) if arrival.is_none_or(|at| wake <= at) => {
                let Some(Reverse((_, lead))) = wakes.pop() else { break };
                (wake, lead)
            }
            (Some(at), _) => {
                next += 1;
                (at, next - 1)
            }
            (None, Some(_)) => unreachable!("a wake without arrivals is taken above"),
        };
        if let Some(wake_at) = run.step(lead, now, watch) {
            wakes.push(Reverse((wake_at, lead)));
        }
    }
    run.results.into_iter().map(|result| result.expect("every lead is decided on arrival")).collect()
}

struct Run<'a> {
    setting: &'a Setting<'a>,
    ledger: Ledger,
    binding: Binding,
    scratch: Vec<Scratch>,
    load: Load,
    results: Vec<Option<LeadRun>>,
    deadlines: BTreeMap<usize, Instant>,
    /// Until when each rep is busy with leads they already have.
    busy: Vec<Instant>,
    pricer: Pricer,
    epoch: u64,
    day: DayCount,
    quota: LimitId,
}

/// Decisions per local day, to forecast how many are still to come today.
#[derive(Debug, Clone, Copy, Default)]
struct DayCount {
    day: i32,
    today: f64,
    /// By weekday, exponentially forgotten.
    usual: [f64; 7],
}

impl DayCount {
    fn count(&mut self, day: i32, weekday: u8) {
        if day != self.day {
            let before = (i64::from(weekday) + 6).rem_euclid(7) as usize;
            // Weekends decide nothing, so "yesterday" is whichever day was counted last.
            let yesterday = if day - self.day == 1 {
                before
            } else {
                (before + 7 - (day - self.day - 1).rem_euclid(7) as usize) % 7
            };
            let usual = &mut self.usual[yesterday];
            *usual = if *usual == 0.0 { self.today } else { 0.7 * *usual + 0.3 * self.today };
            (self.day, self.today) = (day, 0.0);
        }
        self.today += 1.0;
    }

    /// Leads still expected today; at least the waiting ones.
    fn left(&self, weekday: u8, waiting: usize) -> f64 {
        (self.usual[usize::from(weekday)] - self.today).max(0.1 * self.usual[usize::from(weekday)]).max(waiting as f64)
    }
}

impl<'a> Run<'a> {
    fn new(setting: &'a Setting<'a>) -> Self {
        let mut ledger = Ledger::default();
        let snapshot = &setting.policies[0];
        snapshot.caps().for_each(|cap| ledger.apply(&cap));
        let binding = snapshot.bind(&mut ledger);
        let reps = snapshot.roster.reps.len();
        Self {
            setting,
            binding,
            scratch: setting.policies.iter().map(|policy| Scratch::new(policy)).collect(),
            load: Load::default(),
            results: vec![None; setting.leads.len()],
            deadlines: BTreeMap::new(),
            busy: vec![Instant::MIN; reps],
            pricer: Pricer::new(reps, setting.pricing),
            epoch: 0,
            day: DayCount::default(),
            quota: LimitId::new("day").expect("a slug"),
            ledger,
        }
    }

    /// Decides one lead now; when it has to wait, says until when.
    fn step(&mut self, index: usize, now: Instant, watch: &mut Watch<'_>) -> Option<Instant> {
        let lead = &self.setting.leads[index];
        let policy = (self.setting.route)(lead, now);
        let snapshot = &self.setting.policies[policy];
        let facts = facts(lead, &self.setting.world.file.reps.teams, self.deadlines.get(&index).copied());
        let qualified = qualify(snapshot, &facts, now, &mut self.scratch[policy]);
        let ticket = Ticket { decision: DecisionId::new(now, u128::from(lead.seed)), seed: lead.seed };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut self.load);
        watch(index, &facts, &decided);
        if self.results[index].is_none() {
            self.ledger.apply(&Change::Decided);
            self.results[index] = Some(LeadRun { policy, decided_at: now, owned: None });
        }
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        match &decided.decision.outcome {
            Outcome::Held { until, wake_at, .. } => {
                self.deadlines.insert(index, *until);
                Some(*wake_at)
            }
            Outcome::Parked { .. } => None,
            Outcome::Owned { rep, sla_due } => {
                self.hand_over(index, rep, now, *sla_due, &decided);
                self.learn(policy, &qualified, now);
                None
            }
        }
    }

    /// The rep works leads one after the other, in working hours.
    fn hand_over(&mut self, index: usize, rep: &RepId, now: Instant, sla_due: Option<Instant>, decided: &Decided) {
        let (world, lead) = (self.setting.world, &self.setting.leads[index]);
        let snapshot = &self.setting.policies[0];
        let rep = snapshot.roster.rep(rep.as_str()).expect("the chosen rep is of the roster");
        let calendar = snapshot.calendar(rep);
        let free_at = self.busy[rep.0 as usize].max(now);
        let touched_at = calendar.next_available(free_at, &snapshot.absences[rep.0 as usize]).unwrap_or(free_at);
        self.busy[rep.0 as usize] = calendar.due_at(touched_at, lead.service).unwrap_or(touched_at);
        let waited = calendar.worked_between(lead.at, touched_at);
        let truth = &world.reps[rep.0 as usize];
        let probability = world.probability(lead, truth, waited);
        let owned = Owned {
            rep,
            at: now,
            touched_at,
            at_once: world.probability(lead, truth, Micros(0)),
            probability,
            won: lead.luck < probability,
            sla_kept: sla_due.is_none_or(|due| touched_at <= due),
            propensity: decided.decision.propensity,
        };
        if let Some(result) = &mut self.results[index] {
            result.owned = Some(owned);
        }
    }

    /// Feeds the pricing, and posts new prices when a solve is due.
    fn learn(&mut self, policy: usize, qualified: &Qualified, now: Instant) {
        if !self.setting.priced.contains(&true) {
            return;
        }
        let snapshot = &self.setting.policies[policy];
        let zone = snapshot.calendars[0].zone();
        let weekday = zone.local_weekday(now);
        self.day.count(zone.local_day(now), weekday);
        if self.setting.priced[policy] {
            let mut values = vec![f64::NEG_INFINITY; snapshot.roster.reps.len()];
            let at = self.load.rungs().saturating_sub(1);
            let asks = qualified.asks(&qualified.rungs[at]);
            for (ask, entry) in asks.iter().zip(self.load.rung(at).entries) {
                values[ask.rep.0 as usize] = qualified.value * f64::from(entry.score);
            }
            self.pricer.saw(values);
        }
        if !self.pricer.due() {
            return;
        }
        let free = |rep: usize| {
            let day = snapshot.calendar(RepIndex(rep as u32)).zone().local_day(now);
            let away = snapshot.absences[rep].end_of(now).is_some();
            let (used, cap) = self.ledger.used(&snapshot.roster.reps[rep].id, &self.quota, Window::Day(day));
            if away { 0 } else { cap.unwrap_or(u32::MAX).saturating_sub(used) }
        };
        let free: Vec<u32> = (0..snapshot.roster.reps.len()).map(free).collect();
        let left = self.day.left(weekday, self.ledger.waiting().count());
        let posted = self.pricer.solve(&free, left);
        self.epoch += 1;
        let named = snapshot.roster.reps.iter().zip(posted);
        self.ledger.post(self.epoch, named.map(|(rep, price)| (rep.id.clone(), self.quota.clone(), price)));
    }
}

/// The facts of a world's lead: its region, then its attributes, in the schema's order.
fn facts(lead: &WorldLead, teams: &[Box<str>], deadline: Option<Instant>) -> Facts {
    debug_assert!(lead.team < teams.len());
    let mut attributes = Values::missing(lead.levels.len() + 1);
    let choice = |level: usize| Some(Value::Choice(level as u16));
    attributes.set(AttributeIndex::new(0), choice(lead.team));
    for (i, level) in lead.levels.iter().enumerate() {
        attributes.set(AttributeIndex::new(i as u16 + 1), choice(*level));
    }
    let facts = LeadFacts { id: lead.id, arrived: lead.at, attributes, value: None, originator: None };
    let routing = Routing { deadline, first_decided: deadline.map(|_| lead.at), ..Routing::default() };
    Facts { routing, ..Facts::of(facts) }
}
