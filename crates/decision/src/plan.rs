//! A list of leads assigned at once: list imports, re-plans of territories.
//!
//! The policy says who may have which lead, the ledger what is free; within these the sum of
//! value × score is the greatest there is ([`pointsman_assign::flow`]). Without a model every rep
//! is as good as the next: then the leads are spread by the reps' weights, as evenly as who may
//! have what allows. The ladder is kept: only leads that a rung could not place go on to the next
//! one, and a rung that holds or parks when full ends there. A lead that stays with its owner draws
//! on no quota again.

use std::sync::Arc;

use pointsman_assign::{
    Ledger,
    flow::{Assignment, FlowError, Optimum, optimum},
};
use pointsman_domain::{COUNTED_ONLY, Instant, LimitIndex, LimitKind, ReasonCode, RepIndex, math};
use pointsman_rules::{OnFull, Target};

use crate::{
    facts::Facts,
    qualify::{Qualified, Rung, Scratch, qualify},
    snapshot::Snapshot,
};

/// One lead of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub facts: Facts,
    /// Who has it now.
    pub owner: Option<RepIndex>,
    /// The ledger counts it among its owner's open leads.
    pub counted: bool,
}

/// Where a lead of the list goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    pub to: Option<RepIndex>,
    /// What a win is worth.
    pub value: f64,
    /// Probability that the new owner wins it, and that the old one does (where the policy lets
    /// them have it); not known without a model.
    pub score: Option<f64>,
    pub score_before: Option<f64>,
    pub why: Why,
}

/// What became of a lead, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// With its owner, who is the best place for it.
    Kept,
    Moved,
    /// It had no owner.
    New,
    /// Whoever may have it has no place left.
    Full,
    /// The policy sends such leads to a queue.
    Queue,
    /// The policy admits nobody; the reason against most.
    Nobody(ReasonCode),
}

impl Why {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Moved => "moved",
            Self::New => "new",
            Self::Full => "full",
            Self::Queue => "queue",
            Self::Nobody(_) => "nobody_eligible",
        }
    }
}

/// How the list is assigned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanConfig {
    /// A lead stays unless it gains more than this share by moving.
    pub keep: f64,
    /// Places by rep, instead of what the limits leave.
    pub places: Option<Vec<u32>>,
}

/// The assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// One for each lead, in their order.
    pub placed: Vec<Placed>,
    /// Places that each rep had for this list.
    pub places: Vec<u32>,
    /// False where a limit beyond the first (a quota beside open leads, a conditional one) bound,
    /// which the optimum takes in one by one.
    pub exact: bool,
}

/// A tie between staying and moving is no reason to move.
const STAY: f64 = 1e-9;
/// Rounds in which leads above a second limit are taken away and placed anew.
const ROUNDS: usize = 40;
/// Halvings of the interval in which the most even share lies: shares are found to a thousandth.
const HALVINGS: usize = 12;

/// Assigns the list at one instant: hours, absences and windows are those of `at`.
pub fn plan(
    snapshot: &Arc<Snapshot>,
    ledger: &Ledger,
    leads: &[Listed],
    at: Instant,
    config: &PlanConfig,
) -> Result<Plan, FlowError> {
    let mut scratch = Scratch::new(snapshot);
    let mut desk = Desk::new(snapshot, ledger, leads, at, config);
    let places = desk.places.clone();
    let modelled = snapshot.scorer.is_some();
    let mut placed: Vec<Placed> = Vec::with_capacity(leads.len());
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<Open> = Vec::with_capacity(leads.len());
    for (n, lead) in leads.iter().enumerate() {
        let qualified = qualify(snapshot, &lead.facts, at, &mut scratch);
        let entry = Open::of(&qualified);
        placed.push(Placed {
            to: None,
            value: qualified.value,
            score: None,
            score_before: lead.owner.and_then(|owner| entry.score(owner)).filter(|_| modelled),
            why: entry.hopeless.unwrap_or(Why::Full),
        });
        if entry.hopeless.is_none() {
            waiting.push((n, 0));
        }
        open.push(entry);
    }
    while !waiting.is_empty() {
        let choices = desk.assign(&open, &waiting, leads, config.keep)?;
        let mut next = Vec::new();
        for ((n, rung), choice) in std::mem::take(&mut waiting).into_iter().zip(choices) {
            match choice {
                Some(to) => {
                    let why = match leads[n].owner {
                        Some(owner) if owner == to => Why::Kept,
                        Some(_) => Why::Moved,
                        None => Why::New,
                    };
                    placed[n] =
                        Placed { to: Some(to), score: open[n].score(to).filter(|_| modelled), why, ..placed[n] };
                }
                None if rung + 1 < open[n].rungs.len() => next.push((n, rung + 1)),
                None => {}
            }
        }
        waiting = next;
    }
    Ok(Plan { placed, places, exact: desk.exact })
}

/// What a lead may still have: the candidates of each rung that may place it.
struct Open {
    rungs: Vec<Vec<Seat>>,
    value: f64,
    hopeless: Option<Why>,
}

#[derive(Clone, Copy)]
struct Seat {
    rep: RepIndex,
    score: f64,
    weight: f64,
    limits: pointsman_domain::LimitSet,
}

impl Open {
    fn of(qualified: &Qualified) -> Self {
        let mut open = Self { rungs: Vec::new(), value: qualified.value.max(0.0), hopeless: None };
        let mut reasons: Vec<ReasonCode> = Vec::new();
        for rung in &qualified.rungs {
            let rule = qualified.rule(rung);
            if matches!(rule.target, Target::Queue(_)) {
                open.hopeless = open.rungs.is_empty().then_some(Why::Queue);
                return open;
            }
            reasons.extend(qualified.admissions(rung).iter().map(|admission| admission.reason));
            let seats: Vec<Seat> = qualified.asks(rung).iter().map(seat).collect();
            let any = !seats.is_empty();
            if any {
                open.rungs.push(seats);
            }
            if ends(rung, &rule.on_full, any) {
                break;
            }
        }
        if open.rungs.is_empty() {
            let most = reasons.iter().max_by_key(|reason| reasons.iter().filter(|other| other == reason).count());
            open.hopeless = Some(Why::Nobody(most.copied().unwrap_or(ReasonCode::ExcludedByRule)));
        }
        open
    }

    fn score(&self, rep: RepIndex) -> Option<f64> {
        self.rungs.iter().flatten().find(|seat| seat.rep == rep).map(|seat| seat.score)
    }
}

fn seat(ask: &pointsman_assign::Ask) -> Seat {
    Seat { rep: ask.rep, score: math::sigmoid(ask.logit), weight: ask.weight, limits: ask.limits }
}

/// Whether a full rung is the end of the ladder for a lead with candidates there.
fn ends(rung: &Rung, on_full: &OnFull, any: bool) -> bool {
    any && !rung.overflow && matches!(on_full, OnFull::Hold(_) | OnFull::Park(_))
}

/// Places as they are filled, rung after rung.
struct Desk<'a> {
    snapshot: &'a Snapshot,
    places: Vec<u32>,
    /// Rep × limit: what the limit leaves; beyond the one that gives the rep's places.
    free: Vec<Vec<Option<u32>>>,
    bounded: bool,
    exact: bool,
}

impl<'a> Desk<'a> {
    fn new(snapshot: &'a Snapshot, ledger: &Ledger, leads: &[Listed], at: Instant, config: &PlanConfig) -> Self {
        let roster = &snapshot.roster;
        let mut counted = vec![0u32; roster.reps.len()];
        for owner in leads.iter().filter(|lead| lead.counted).filter_map(|lead| lead.owner) {
            counted[owner.0 as usize] += 1;
        }
        let free = |rep: usize, limit: usize| -> Option<u32> {
            let (who, limit) = (&roster.reps[rep], &roster.limits[limit]);
            let window = snapshot.calendar(RepIndex(rep as u32)).zone().window(limit.kind, at);
            let (used, cap) = ledger.used(&who.id, &limit.id, window);
            let freed = if limit.kind == LimitKind::Open && limit.when.is_none() { counted[rep] } else { 0 };
            let cap = cap.filter(|cap| *cap != COUNTED_ONLY)?;
            Some(cap.saturating_sub(used.saturating_sub(freed)))
        };
        let free: Vec<Vec<Option<u32>>> = (0..roster.reps.len())
            .map(|rep| (0..roster.limits.len()).map(|limit| free(rep, limit)).collect())
            .collect();
        let unconditional = |rep: usize| {
            let of = (0..roster.limits.len()).filter(|&limit| roster.limits[limit].when.is_none());
            // Kept leads draw on no quota: at most all of them stay.
            let quota = |limit: usize| if roster.limits[limit].kind == LimitKind::Open { 0 } else { counted[rep] };
            of.filter_map(|limit| free[rep][limit].map(|free| free.saturating_add(quota(limit)))).min()
        };
        let places = match &config.places {
            Some(places) => places.clone(),
            None => (0..roster.reps.len()).map(|rep| unconditional(rep).unwrap_or(leads.len() as u32)).collect(),
        };
        Self { snapshot, places, free, bounded: config.places.is_none(), exact: true }
    }

    /// One rung's worth: the greatest sum within the places, then whatever exceeds a second limit
    /// is taken back, dearest last, and placed anew.
    fn assign(
        &mut self,
        open: &[Open],
        waiting: &[(usize, usize)],
        leads: &[Listed],
        keep: f64,
    ) -> Result<Vec<Option<RepIndex>>, FlowError> {
        let columns = self.places.len();
        let mut values = vec![f64::NEG_INFINITY; waiting.len() * columns];
        let mut weights = vec![0.0f64; columns];
        for (row, &(n, rung)) in waiting.iter().enumerate() {
            for seat in &open[n].rungs[rung] {
                let stays = leads[n].owner == Some(seat.rep);
                let worth = open[n].value * seat.score * if stays { 1.0 + keep + STAY } else { 1.0 };
                values[row * columns + seat.rep.0 as usize] = worth;
                weights[seat.rep.0 as usize] = weights[seat.rep.0 as usize].max(seat.weight);
            }
        }
        let mut choices = Vec::new();
        for _ in 0..ROUNDS {
            let best = match self.snapshot.scorer {
                Some(_) => optimum(&Assignment { values: &values, capacity: &self.places, floor: &[] })?,
                None => evenly(&values, &self.places, &weights)?,
            };
            choices = best.choices.into_iter().map(|c| c.map(RepIndex)).collect();
            let excess = if self.bounded { self.excess(open, waiting, leads, &choices, &values) } else { Vec::new() };
            if excess.is_empty() {
                break;
            }
            self.exact = false;
            for (row, rep) in excess {
                values[row * columns + rep.0 as usize] = f64::NEG_INFINITY;
                choices[row] = None;
            }
        }
        self.fill(open, waiting, leads, &choices);
        Ok(choices)
    }

    /// Leads above one of their rep's other limits: those worth least there.
    fn excess(
        &self,
        open: &[Open],
        waiting: &[(usize, usize)],
        leads: &[Listed],
        choices: &[Option<RepIndex>],
        values: &[f64],
    ) -> Vec<(usize, RepIndex)> {
        let mut excess = Vec::new();
        for limit in 0..self.snapshot.roster.limits.len() {
            let mut drawn: Vec<Vec<usize>> = vec![Vec::new(); self.places.len()];
            for (row, choice) in choices.iter().enumerate() {
                let Some(rep) = choice else { continue };
                if self.draws(&open[waiting[row].0], waiting[row].1, &leads[waiting[row].0], *rep, limit) {
                    drawn[rep.0 as usize].push(row);
                }
            }
            for (rep, rows) in drawn.iter_mut().enumerate() {
                let Some(free) = self.free[rep][limit].map(|free| free as usize).filter(|free| *free < rows.len())
                else {
                    continue;
                };
                let worth = |row: &usize| values[row * self.places.len() + rep];
                rows.sort_by(|a, b| worth(b).total_cmp(&worth(a)).then(a.cmp(b)));
                excess.extend(rows[free..].iter().map(|row| (*row, RepIndex(rep as u32))));
            }
        }
        excess.sort_unstable_by_key(|(row, rep)| (*row, rep.0));
        excess.dedup();
        excess
    }

    /// Whether the lead takes a place under this limit of its new rep.
    fn draws(&self, open: &Open, rung: usize, lead: &Listed, rep: RepIndex, limit: usize) -> bool {
        let kind = self.snapshot.roster.limits[limit].kind;
        if kind != LimitKind::Open && lead.counted && lead.owner == Some(rep) {
            return false;
        }
        let seat = open.rungs[rung].iter().find(|seat| seat.rep == rep);
        seat.is_some_and(|seat| seat.limits.contains(LimitIndex(limit as u8)))
    }

    fn fill(&mut self, open: &[Open], waiting: &[(usize, usize)], leads: &[Listed], choices: &[Option<RepIndex>]) {
        for (&(n, rung), choice) in waiting.iter().zip(choices) {
            let Some(rep) = *choice else { continue };
            let at = rep.0 as usize;
            self.places[at] = self.places[at].saturating_sub(1);
            for limit in 0..self.free[at].len() {
                if self.draws(&open[n], rung, &leads[n], rep, limit)
                    && let Some(free) = &mut self.free[at][limit]
                {
                    *free = free.saturating_sub(1);
                }
            }
        }
    }
}

/// The optimum in which the largest share (leads over weight) is least: places are cut to
/// share × weight, and everybody gets the mean share first, as far as that costs nothing.
fn evenly(values: &[f64], places: &[u32], weights: &[f64]) -> Result<Optimum, FlowError> {
    let best = optimum(&Assignment { values, capacity: places, floor: &[] })?;
    let given = best.choices.iter().flatten().count() as f64;
    let total: f64 = weights.iter().sum();
    let lightest = weights.iter().copied().filter(|weight| *weight > 0.0).fold(f64::INFINITY, f64::min);
    if given == 0.0 || total <= 0.0 {
        return Ok(best);
    }
    let mean = given / total;
    let most = |share: f64| -> Vec<u32> {
        let cut = |(&places, &weight): (&u32, &f64)| places.min((share * weight).ceil() as u32);
        places.iter().zip(weights).map(cut).collect()
    };
    // The same leads with the same owners kept give the same sum, to the last bit.
    let costs_nothing = |cut: &Optimum| cut.value >= best.value;
    let capacity = most(mean);
    let least = |(&most, &weight): (&u32, &f64)| most.min((mean * weight).floor() as u32);
    let floor: Vec<u32> = capacity.iter().zip(weights).map(least).collect();
    let exact = optimum(&Assignment { values, capacity: &capacity, floor: &floor })?;
    if costs_nothing(&exact) {
        return Ok(exact);
    }
    // A share of all leads binds nobody.
    let (mut low, mut high, mut found) = (mean, given / lightest, None);
    for _ in 0..HALVINGS {
        let share = f64::midpoint(low, high);
        match optimum(&Assignment { values, capacity: &most(share), floor: &[] })? {
            cut if costs_nothing(&cut) => (found, high) = (Some(cut), share),
            _ => low = share,
        }
    }
    Ok(found.unwrap_or(best))
}

/// The first instant from `now` on at which the most reps are there: a list is not assigned to
/// whoever happens to work at night.
pub fn most_present(snapshot: &Snapshot, now: Instant) -> Instant {
    let present = |at: Instant| {
        let here = |rep: &usize| {
            let calendar = snapshot.calendar(RepIndex(*rep as u32));
            calendar.is_open(at) && snapshot.absences[*rep].end_of(at).is_none()
        };
        (0..snapshot.roster.reps.len()).filter(here).count()
    };
    let opens = snapshot.calendars.iter().filter_map(|calendar| calendar.next_open(now));
    let mut candidates: Vec<Instant> = opens.chain([now]).collect();
    candidates.sort_unstable();
    // The earliest of those with most: `max_by_key` takes the last, so it is asked backwards.
    candidates.into_iter().rev().max_by_key(|at| present(*at)).unwrap_or(now)
}
