//! Handing leads out by hand: a box that somebody goes through at fixed times of the working day,
//! reps who get to the leads in their own box when they get to them.

use pointsman_decision::Snapshot;
use pointsman_domain::{Instant, Micros, RepIndex, Rng};

use crate::run::{LeadRun, Owned};
use crate::world::{SLA, World, WorldLead, minutes_of_day};

/// Streams of a lead's seed.
const DISPATCH: u64 = 12;

/// What becomes of the leads; nobody decides by rule, score or load.
pub fn by_hand(world: &World, snapshot: &Snapshot, leads: &[WorldLead]) -> Vec<LeadRun> {
    let manual = &world.file.manual;
    let mut busy = vec![Instant::MIN; world.reps.len()];
    let mut given = vec![0u32; world.reps.len()];
    leads
        .iter()
        .map(|lead| {
            let mut rng = Rng::stream(lead.seed, DISPATCH);
            let unlucky = rng.uniform() < manual.forgotten;
            let team: Vec<usize> = (0..world.reps.len()).filter(|&rep| world.reps[rep].team == lead.team).collect();
            // The one who always gets them, or whoever had fewest so far; skill is nobody's question.
            let rep = match rng.uniform() < manual.favourites {
                true => team[rng.below(team.len().min(2) as u64) as usize],
                false => team.iter().copied().min_by_key(|&rep| (given[rep], rep)).unwrap_or(0),
            };
            let at = next_round(world, snapshot, rep, lead.at);
            if unlucky {
                return LeadRun { policy: 0, decided_at: lead.at, owned: None };
            }
            given[rep] += 1;
            let owned = work(world, snapshot, lead, rep, at, &mut busy, &mut rng);
            LeadRun { policy: 0, decided_at: lead.at, owned: Some(owned) }
        })
        .collect()
}

/// When the box is next gone through, on a day on which the team works at all.
fn next_round(world: &World, snapshot: &Snapshot, rep: usize, from: Instant) -> Instant {
    let calendar = snapshot.calendar(RepIndex(rep as u32));
    let zone = calendar.zone();
    let rounds = || world.file.manual.rounds.iter().filter_map(|round| minutes_of_day(round));
    for day in zone.local_day(from)..zone.local_day(from) + 10 {
        let times = rounds().map(|minute| zone.day_start(day) + Micros::MINUTE.times(minute));
        let next = times.filter(|at| *at > from && calendar.is_open(*at)).min();
        if let Some(next) = next {
            return next;
        }
    }
    from
}

fn work(
    world: &World,
    snapshot: &Snapshot,
    lead: &WorldLead,
    rep: usize,
    at: Instant,
    busy: &mut [Instant],
    rng: &mut Rng,
) -> Owned {
    let index = RepIndex(rep as u32);
    let (calendar, absences) = (snapshot.calendar(index), &snapshot.absences[rep]);
    // The box is read by whoever is there: an absent rep finds it on their return.
    let free_at = calendar.next_available(busy[rep].max(at), absences).unwrap_or(at);
    let lies = Micros((rng.exponential(1.0) * world.file.manual.box_hours * Micros::HOUR.0 as f64) as i64 + 1);
    let touched_at = calendar.due_at(free_at, lies).unwrap_or(free_at);
    let waited = calendar.worked_between(lead.at, touched_at);
    let reaction = &world.file.reaction;
    let patience = Micros((reaction.gives_up_hours.min(1e6) * Micros::HOUR.0 as f64) as i64);
    let touched = waited <= patience;
    if touched {
        busy[rep] = calendar.due_at(busy[rep].max(at), lead.service).unwrap_or(touched_at);
    }
    let truth = &world.reps[rep];
    let probability = if touched { world.probability(lead, truth, waited) } else { 0.0 };
    Owned {
        rep: index,
        at,
        touched_at,
        at_once: world.probability(lead, truth, Micros(0)),
        probability,
        won: lead.luck < probability,
        sla_kept: touched && calendar.due_at(lead.at, SLA).is_none_or(|due| touched_at <= due),
        propensity: 1.0,
        touched,
    }
}
