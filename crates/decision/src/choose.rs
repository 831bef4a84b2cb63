//! From the matching rungs and the load to a decision: the walk down the ladder.

use pointsman_assign::{
    Binding, Change, Choice, Choosing, Draw, Ledger, Load, Partition, Waiting, choose as choose_rung,
};
use pointsman_domain::{Instant, LimitId, Micros, ReasonCode, RepId};
use pointsman_rules::{Admission, OnFull, Target};

use crate::qualify::{Qualified, Rung};
use crate::record::{Decided, Decision, ENGINE, Hold, Outcome, Ticket};
use crate::trace;

/// Where the walk ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Walk {
    /// The next rung's load is needed: `load` holds fewer rungs than were walked.
    Rung(usize),
    Taken {
        rung: usize,
        position: usize,
        propensity: f64,
    },
    Held {
        rung: usize,
        hold: Hold,
        until: Instant,
    },
    /// On purpose (a rule) or because nobody may take it (the fallback, `rung` is `None`).
    Parked {
        rung: Option<usize>,
    },
}

impl Walk {
    /// The rung where it ended; `None`: at the fallback, behind all of them.
    pub fn rung(&self) -> Option<usize> {
        match self {
            Self::Rung(rung) | Self::Taken { rung, .. } | Self::Held { rung, .. } => Some(*rung),
            Self::Parked { rung } => *rung,
        }
    }
}

/// Walks the rungs whose load is there. Looks at nothing but its arguments, so that a stored
/// load gives the same walk again.
pub fn choose(qualified: &Qualified, load: &Load, draw: Draw) -> Walk {
    walk_from(0, qualified, load, draw)
}

fn walk_from(first: usize, qualified: &Qualified, load: &Load, draw: Draw) -> Walk {
    for (at, rung) in qualified.rungs.iter().enumerate().skip(first) {
        let rule = qualified.rule(rung);
        if let Target::Queue(_) = rule.target {
            return Walk::Parked { rung: Some(at) };
        }
        if at >= load.rungs() {
            return Walk::Rung(at);
        }
        let may_hold = qualified.deadline.is_none_or(|deadline| qualified.decided_at < deadline);
        let how = Choosing {
            pick: rule.pick,
            value: qualified.value,
            may_wait: may_hold && priced_until(qualified, rung).is_some_and(|until| qualified.decided_at < until),
            explore: rule.explore,
        };
        match choose_rung(load.rung(at), &how, draw) {
            Choice::Taken { position, propensity } => return Walk::Taken { rung: at, position, propensity },
            Choice::Priced => {
                let until = priced_until(qualified, rung).unwrap_or(qualified.decided_at);
                return Walk::Held { rung: at, hold: Hold::Priced, until };
            }
            Choice::NobodyFree => {}
        }
        match &rule.on_full {
            OnFull::Hold(longest) if may_hold && qualified.admissions(rung).iter().any(may_be_waited_for) => {
                let until = deadline(qualified, *longest);
                return Walk::Held { rung: at, hold: Hold::Queued, until };
            }
            OnFull::Park(_) => return Walk::Parked { rung: Some(at) },
            OnFull::Next | OnFull::Backup | OnFull::Overflow(_) | OnFull::Hold(_) => {}
        }
    }
    Walk::Parked { rung: None }
}

/// Somebody who is merely full or away. Waiting for whoever may never take this lead would hold it
/// in vain, and would keep that person's free slots from the leads behind it.
fn may_be_waited_for(admission: &Admission) -> bool {
    use ReasonCode::{Absent, Admitted, OutOfPool, OutsideHours, Redirected};
    matches!(admission.reason, Admitted | Absent | OutsideHours | Redirected | OutOfPool)
}

/// A hold ends when the first hold of this lead said it would.
fn deadline(qualified: &Qualified, longest: Micros) -> Instant {
    qualified.deadline.unwrap_or(qualified.decided_at + longest)
}

/// Until when a lead may wait for a better price: as long as the rule says, and never past its
/// SLA, which for a lead without an owner runs from its arrival in the hours of whichever
/// candidate is first to be late.
fn priced_until(qualified: &Qualified, rung: &Rung) -> Option<Instant> {
    let rule = qualified.rule(rung);
    let until = deadline(qualified, rule.wait?);
    let Some(sla) = rule.sla else { return Some(until) };
    let mut zones: Vec<u8> = qualified.asks(rung).iter().map(|ask| ask.zone).collect();
    zones.sort_unstable();
    zones.dedup();
    let calendars = zones.iter().map(|zone| &qualified.snapshot.calendars[usize::from(*zone)]);
    let due = calendars.filter_map(|calendar| calendar.due_at(qualified.place.arrived(), sla)).min();
    Some(due.map_or(until, |due| due.min(until)))
}

/// `decide = choose ∘ qualify` on a ledger: makes the load rung by rung as the walk needs it.
/// `load` is a buffer; it is left as the load that was compared.
pub fn decide(qualified: &Qualified, ledger: &Ledger, binding: &Binding, ticket: Ticket, load: &mut Load) -> Decided {
    let draw = Draw { seed: ticket.seed };
    ledger.open_load(qualified.place, qualified.partition, load);
    let mut walk = walk_from(0, qualified, load, draw);
    while let Walk::Rung(next) = walk {
        // Queue rungs have no load, but every rung before the next one must have its place.
        while load.rungs() <= next {
            let ask = qualified.rung_ask(&qualified.rungs[load.rungs()]);
            let part = |rep: &RepId, limit: &LimitId, window, cap| qualified.part(rep, limit, window, cap);
            let split = qualified.partition != Partition::default();
            ledger.load_rung_split(binding, qualified.place, &ask, split.then_some(&part), load);
        }
        walk = walk_from(next, qualified, load, draw);
    }
    let mut bytes = Vec::with_capacity(trace::size(qualified, load));
    trace::encode(qualified, load, &mut bytes);
    let mut changes = Vec::new();
    if let Walk::Taken { rung, position, .. } = walk {
        let rung_index = rung;
        let rung = &qualified.rungs[rung];
        let chosen = &qualified.asks(rung)[position];
        let entries = load.rung(rung_index).entries;
        ledger.claim(binding, &qualified.rung_ask(rung), entries, chosen, &mut changes);
    }
    let mut decision = conclude(qualified, load, &walk, ticket, trace::digest(&bytes));
    let claims = changes.iter().filter_map(|change| match change {
        Change::Claim { key } => Some(key.clone()),
        _ => None,
    });
    decision.claims = claims.collect();
    if ledger.is_waiting(decision.lead) {
        changes.insert(0, Change::Awake { lead: decision.lead });
    }
    if let (Walk::Held { rung, hold, until }, Outcome::Held { wake_at, .. }) = (&walk, &decision.outcome) {
        let waiting = waiting(qualified, &qualified.rungs[*rung], *hold, *until, *wake_at);
        changes.push(Change::Wait { waiting });
    }
    Decided { decision, changes, trace: bytes }
}

fn waiting(qualified: &Qualified, rung: &Rung, hold: Hold, until: Instant, wake_at: Instant) -> Waiting {
    let roster = &qualified.snapshot.roster;
    let reps: Vec<RepId> = match hold {
        Hold::Queued => {
            let able = qualified.admissions(rung).iter().filter(|admission| may_be_waited_for(admission));
            able.map(|admission| roster.rep_at(admission.rep).id.clone()).collect()
        }
        Hold::Priced => Vec::new(),
    };
    let (lead, arrived) = (qualified.place.lead(), qualified.place.arrived());
    Waiting { lead, priority: qualified.place.priority(), arrived, until, wake_at, reps }
}

/// The decision that a walk amounts to, without the claims, which only a ledger can name.
pub(crate) fn conclude(
    qualified: &Qualified,
    load: &Load,
    walk: &Walk,
    ticket: Ticket,
    trace: pointsman_domain::Digest,
) -> Decision {
    let (mut propensity, mut score, mut price) = (1.0, None, None);
    let (rule, outcome) = match walk {
        Walk::Taken { rung, position, propensity: p } => {
            let entry = load.rung(*rung).entries[*position];
            let rung = &qualified.rungs[*rung];
            let chosen = &qualified.asks(rung)[*position];
            propensity = *p;
            score = qualified.snapshot.scorer.is_some().then_some(f64::from(entry.score));
            price = Some(f64::from(entry.price));
            let calendar = qualified.snapshot.calendar(chosen.rep);
            let rule = qualified.rule(rung);
            let rep = qualified.snapshot.roster.rep_at(chosen.rep).id.clone();
            let due = |length| calendar.due_at(qualified.decided_at, length);
            let sla_due = rule.sla.and_then(due);
            // A calendar that never opens again cannot ask: then it is theirs at once.
            let outcome = match rule.accept.and_then(due) {
                Some(until) => Outcome::Offered { rep, until, sla_due },
                None => Outcome::Owned { rep, sla_due },
            };
            (Some(rung.rule), outcome)
        }
        Walk::Held { rung, hold, until } => {
            let held = &qualified.rungs[*rung];
            // A freed slot wakes the lead at once; but quotas also renew at local midnights, and
            // prices move, so whoever is full or dear is looked at again every full hour.
            let eligible = !qualified.asks(held).is_empty();
            let hourly = eligible.then(|| qualified.decided_at.full_hour() + Micros::HOUR);
            let wake_at = [Some(*until), held.back_at, hourly].into_iter().flatten().min().unwrap_or(*until);
            (Some(held.rule), Outcome::Held { hold: *hold, until: *until, wake_at })
        }
        Walk::Parked { rung } => {
            let rule = rung.map(|at| qualified.rungs[at].rule);
            let policy = qualified.policy();
            let named = rule.and_then(|rule| match (&policy.rules[rule].target, &policy.rules[rule].on_full) {
                (Target::Queue(queue), _) | (_, OnFull::Park(queue)) => Some(queue.clone()),
                _ => None,
            });
            let alarm = named.is_none() && policy.alarm;
            (rule, Outcome::Parked { queue: named.unwrap_or_else(|| policy.fallback.clone()), alarm })
        }
        Walk::Rung(_) => unreachable!("a walk that needs a rung is not concluded"),
    };
    let policy = qualified.policy();
    Decision {
        format: 1,
        id: ticket.decision,
        lead: qualified.place.lead(),
        engine: ENGINE,
        snapshot: qualified.snapshot.id,
        policy: policy.name.clone(),
        decided_at: qualified.decided_at,
        border: qualified.snapshot.border(),
        seed: ticket.seed,
        outcome,
        rule: rule.map(|rule| policy.rules[rule].id.clone()),
        priority: qualified.place.priority(),
        variant: qualified.variant.clone(),
        propensity,
        price_epoch: load.header.price_epoch,
        score,
        value: qualified.value,
        value_source: qualified.value_source,
        price,
        claims: Vec::new(),
        trace,
    }
}
