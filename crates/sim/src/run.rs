//! One company, one stretch of leads, one or more policies: every decision is taken by the very
//! code that serves production, on a ledger, in the order of time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use pointsman_assign::{Binding, Change, Ledger, Load};
use pointsman_decision::{
    Decided, DocumentKind, DocumentSet, Facts, Figures, LeadFacts, Market, Outcome, PricingConfig, Qualified, Routing,
    Scratch, Snapshot, SnapshotError, Ticket, decide, qualify,
};
use pointsman_domain::{AttributeIndex, DecisionId, Instant, Micros, RepId, RepIndex, Rng, Value, Values, Window};

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
    /// False: nobody ever turned to it, and it cannot be won.
    pub touched: bool,
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

/// The same with a model that knows the truth, up to the errors that the world's file gives it.
pub fn documents_with_scores(world: &World, policy: &str, pick: &str) -> DocumentSet {
    let mut set = documents(world, policy, pick);
    let (artifact, spec) = world.artifact();
    set.insert(DocumentKind::Model, "", artifact.save());
    set.insert(DocumentKind::Features, "", serde_json::to_vec(&spec).expect("a specification has text keys"));
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

/// Streams of a lead's seed: its decisions use the seed itself.
const REACTION: u64 = 11;
const OFFERS: u64 = 20;
const DECLINES: u64 = 40;

struct Run<'a> {
    setting: &'a Setting<'a>,
    ledger: Ledger,
    binding: Binding,
    scratch: Vec<Scratch>,
    load: Load,
    results: Vec<Option<LeadRun>>,
    deadlines: BTreeMap<usize, Instant>,
    /// Who declined each lead.
    declined: Vec<Vec<RepId>>,
    /// Until when each rep is busy with leads they already have.
    busy: Vec<Instant>,
    market: Market,
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
            declined: vec![Vec::new(); setting.leads.len()],
            busy: vec![Instant::MIN; reps],
            market: Market::new(snapshot, setting.pricing),
            ledger,
        }
    }

    /// Decides one lead now; when it has to wait, says until when.
    fn step(&mut self, index: usize, now: Instant, watch: &mut Watch<'_>) -> Option<Instant> {
        let lead = &self.setting.leads[index];
        let policy = (self.setting.route)(lead, now);
        let snapshot = &self.setting.policies[policy];
        let mut facts = facts(lead, &self.setting.world.file.reps.teams, self.deadlines.get(&index).copied());
        facts.routing.declined.clone_from(&self.declined[index]);
        let qualified = qualify(snapshot, &facts, now, &mut self.scratch[policy]);
        let ticket = Ticket { decision: DecisionId::new(now, u128::from(lead.seed)), seed: lead.seed };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut self.load);
        watch(index, &facts, &decided);
        if self.results[index].is_none() {
            self.ledger.apply(&Change::Decided);
            self.results[index] = Some(LeadRun { policy, decided_at: now, owned: None });
        }
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        let again = match &decided.decision.outcome {
            Outcome::Held { until, wake_at, .. } => {
                self.deadlines.insert(index, *until);
                Some(*wake_at)
            }
            Outcome::Parked { .. } => None,
            Outcome::Owned { rep, .. } | Outcome::Offered { rep, .. } if self.declines(index) => {
                let minutes = self.setting.world.file.reaction.decline_minutes;
                let took =
                    Rng::stream(lead.seed, DECLINES + self.declined[index].len() as u64).exponential(minutes.max(0.01));
                for key in decided.decision.claims.iter().filter(|key| key.window == Window::Always) {
                    self.ledger.apply(&Change::Release { key: key.clone() });
                }
                self.declined[index].push(rep.clone());
                Some(now + Micros((took * Micros::MINUTE.0 as f64) as i64 + 1))
            }
            Outcome::Owned { rep, sla_due } | Outcome::Offered { rep, sla_due, .. } => {
                self.hand_over(index, rep, now, *sla_due, &decided);
                self.learn(policy, &qualified, now);
                None
            }
        };
        self.scratch[policy].reuse(qualified);
        again
    }

    /// Whether the rep to whom a lead was just offered declines it; the third one takes it.
    fn declines(&self, index: usize) -> bool {
        let share = self.setting.world.file.reaction.declines;
        let before = self.declined[index].len();
        let mut rng = Rng::stream(self.setting.leads[index].seed, OFFERS + before as u64);
        share > 0.0 && before < 2 && rng.uniform() < share
    }

    /// The rep works leads one after the other, in working hours.
    fn hand_over(&mut self, index: usize, rep: &RepId, now: Instant, sla_due: Option<Instant>, decided: &Decided) {
        let (world, lead) = (self.setting.world, &self.setting.leads[index]);
        let snapshot = &self.setting.policies[0];
        let rep = snapshot.roster.rep(rep.as_str()).expect("the chosen rep is of the roster");
        let calendar = snapshot.calendar(rep);
        let free_at = self.busy[rep.0 as usize].max(now);
        let free_at = calendar.next_available(free_at, &snapshot.absences[rep.0 as usize]).unwrap_or(free_at);
        let reaction = &world.file.reaction;
        let mut rng = Rng::stream(lead.seed, REACTION);
        let turned = Micros((rng.exponential(1.0) * reaction.minutes * Micros::MINUTE.0 as f64) as i64);
        let touched_at = if turned.0 > 0 { calendar.due_at(free_at, turned).unwrap_or(free_at) } else { free_at };
        let waited = calendar.worked_between(lead.at, touched_at);
        let patience = Micros((reaction.gives_up_hours.min(1e6) * Micros::HOUR.0 as f64) as i64);
        let touched = rng.uniform() >= reaction.overlooked && waited <= patience;
        if touched {
            self.busy[rep.0 as usize] = calendar.due_at(touched_at, lead.service).unwrap_or(touched_at);
        }
        let truth = &world.reps[rep.0 as usize];
        let probability = if touched { world.probability(lead, truth, waited) } else { 0.0 };
        let owned = Owned {
            rep,
            at: now,
            touched_at,
            at_once: world.probability(lead, truth, Micros(0)),
            probability,
            won: lead.luck < probability,
            sla_kept: touched && sla_due.is_none_or(|due| touched_at <= due),
            propensity: decided.decision.propensity,
            touched,
        };
        if let Some(result) = &mut self.results[index] {
            result.owned = Some(owned);
        }
    }

    /// Tells the market, and posts new prices when a solve is due.
    fn learn(&mut self, policy: usize, qualified: &Qualified, now: Instant) {
        if !self.setting.priced.contains(&true) {
            return;
        }
        let snapshot = &self.setting.policies[policy];
        match self.setting.priced[policy] {
            true => self.market.saw(qualified, 1.0),
            false => self.market.count(snapshot, now, 1.0),
        }
        if self.market.due(snapshot, self.ledger.decided(), now) {
            let book = self.market.book(snapshot, Figures::of(snapshot, &self.ledger, now));
            self.ledger.apply(&Change::Prices { book: Arc::new(book) });
        }
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
