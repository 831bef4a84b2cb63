//! The same leads by several policies, over independent stretches: means with intervals.

use std::sync::Arc;

use pointsman_assign::flow::{Assignment, optimum};
use pointsman_decision::{
    PricingConfig, Snapshot,
    comparison::{Comparison, Estimate, PolicyResult},
};
use pointsman_domain::{Instant, Micros};
use pointsman_experiment::special::student;

use crate::manual::by_hand;
use crate::run::{LeadRun, Setting, run};
use crate::world::{START, World, WorldLead};

/// One policy to compare.
#[derive(Debug, Clone)]
pub struct Contender {
    pub name: Box<str>,
    pub snapshot: Arc<Snapshot>,
    /// Whether it chooses by prices.
    pub priced: bool,
    /// By hand, as the world's file describes; the snapshot gives hours and absences only.
    pub manual: bool,
}

/// Which stretch of the world is routed, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub first_day: u32,
    pub days: u32,
    pub replicates: u32,
}

/// What one policy made of one replicate.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outcome {
    leads: f64,
    conversions: f64,
    revenue: f64,
    share: f64,
    median: f64,
    p90: f64,
    reaction: f64,
    lost: f64,
    within_sla: f64,
    breaches: f64,
    held: f64,
    gini: f64,
    deficit: f64,
    unassigned: f64,
}

/// Routes every replicate by every contender. `done` is called after each run.
pub fn compare(world: &World, contenders: &[Contender], stretch: Stretch, done: &(dyn Fn() + Sync)) -> Comparison {
    let replicate = |draw: u32| replicate(world, contenders, stretch, u64::from(draw) + 1, done);
    summed_up(world, contenders, stretch, &in_two_threads(stretch.replicates, &replicate))
}

/// The same over companies drawn from several seeds: `make` draws one with its contenders, alike
/// in name and order.
pub fn compare_seeds<E: Send>(
    seeds: u32,
    stretch: Stretch,
    make: &(dyn Fn(u32) -> Result<(World, Vec<Contender>), E> + Sync),
    done: &(dyn Fn() + Sync),
) -> Result<Comparison, E> {
    let stretch = Stretch { replicates: 1, ..stretch };
    let run = |seed: u32| make(seed).map(|(world, contenders)| replicate(&world, &contenders, stretch, 1, done));
    let results = in_two_threads(seeds.max(1), &run).into_iter().collect::<Result<Vec<_>, E>>()?;
    let (world, contenders) = make(0)?;
    Ok(summed_up(&world, &contenders, Stretch { replicates: seeds.max(1), ..stretch }, &results))
}

/// The most there was to win, and what each contender won of it.
type Replicate = (f64, Vec<Outcome>);

fn replicate(
    world: &World,
    contenders: &[Contender],
    stretch: Stretch,
    draw: u64,
    done: &(dyn Fn() + Sync),
) -> Replicate {
    let leads = world.leads(stretch.first_day, stretch.days, draw);
    let best = hindsight(world, &contenders[0].snapshot, &leads, stretch);
    let outcomes = contenders.iter().map(|contender| {
        let outcome = measure(world, contender, &leads, best);
        done();
        outcome
    });
    (best, outcomes.collect())
}

fn summed_up(world: &World, contenders: &[Contender], stretch: Stretch, results: &[Replicate]) -> Comparison {
    let column = |policy: usize, read: &dyn Fn(&Outcome) -> f64| -> Vec<f64> {
        results.iter().map(|(_, outcomes)| read(&outcomes[policy])).collect()
    };
    let paired = |policy: usize, read: &dyn Fn(&Outcome, &Outcome) -> f64| -> Option<Estimate> {
        let differences: Vec<f64> = results.iter().map(|(_, o)| read(&o[policy], &o[0])).collect();
        (policy > 0).then(|| estimate(&differences))
    };
    let policy = |(at, contender): (usize, &Contender)| PolicyResult {
        name: contender.name.clone(),
        leads: estimate(&column(at, &|o| o.leads)),
        conversions: estimate(&column(at, &|o| o.conversions)),
        conversion_rate: estimate(&column(at, &|o| o.conversions / o.leads)),
        revenue: estimate(&column(at, &|o| o.revenue)),
        share_of_optimum: estimate(&column(at, &|o| o.share)),
        speed_median_minutes: estimate(&column(at, &|o| o.median)),
        speed_p90_minutes: estimate(&column(at, &|o| o.p90)),
        reaction_hours: estimate(&column(at, &|o| o.reaction)),
        lost: estimate(&column(at, &|o| o.lost)),
        within_sla: estimate(&column(at, &|o| o.within_sla)),
        sla_breaches: estimate(&column(at, &|o| o.breaches)),
        held: estimate(&column(at, &|o| o.held)),
        gini: estimate(&column(at, &|o| o.gini)),
        deficit: estimate(&column(at, &|o| o.deficit)),
        unassigned: estimate(&column(at, &|o| o.unassigned)),
        more_conversions: paired(at, &|o, first| o.conversions - first.conversions),
        more_revenue: paired(at, &|o, first| o.revenue - first.revenue),
        lift: paired(at, &|o, first| o.conversions / first.conversions - 1.0),
    };
    Comparison {
        format: 1,
        source: world.file.name.clone(),
        seed: world.seed,
        replicates: stretch.replicates,
        days: stretch.days,
        policies: contenders.iter().enumerate().map(policy).collect(),
        optimum: estimate(&results.iter().map(|(best, _)| *best).collect::<Vec<_>>()),
    }
}

/// Replicates are independent: even ones on this thread, odd ones on another, put back in order.
fn in_two_threads<T: Send>(replicates: u32, run: &(dyn Fn(u32) -> T + Sync)) -> Vec<T> {
    let half = |first: u32| (first..replicates).step_by(2).map(run).collect::<Vec<T>>();
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        (half(0), odd.join().expect("a replicate does not panic"))
    });
    let mut odd = odd.into_iter();
    even.into_iter().flat_map(|even| [Some(even), odd.next()]).flatten().collect()
}

fn measure(world: &World, contender: &Contender, leads: &[WorldLead], best: f64) -> Outcome {
    let policies = [Arc::clone(&contender.snapshot)];
    let route = |_: &WorldLead, _: Instant| 0;
    let priced = [contender.priced];
    let setting = Setting {
        world,
        leads,
        policies: &policies,
        route: &route,
        priced: &priced,
        pricing: PricingConfig::simulated(),
    };
    let runs = if contender.manual { by_hand(world, &contender.snapshot, leads) } else { run(&setting) };
    let owned = || runs.iter().zip(leads).filter_map(|(run, lead)| run.owned.map(|owned| (owned, lead)));
    let minutes = |(owned, lead): (crate::Owned, &WorldLead)| {
        let waited = contender.snapshot.calendar(owned.rep).worked_between(lead.at, owned.touched_at);
        waited.0 as f64 / Micros::MINUTE.0 as f64
    };
    let mut waits: Vec<f64> = owned().filter(|(o, _)| o.touched).map(minutes).collect();
    waits.sort_by(f64::total_cmp);
    let (count, all) = (owned().count().max(1) as f64, leads.len().max(1) as f64);
    let touched = owned().filter(|(o, _)| o.touched).count() as f64;
    let hours = |(o, lead): (crate::Owned, &WorldLead)| (o.touched_at - lead.at).0 as f64 / Micros::HOUR.0 as f64;
    let kept = owned().filter(|(o, _)| o.sla_kept).count() as f64;
    let waited = runs.iter().filter(|run| run.owned.is_none_or(|owned| owned.at > run.decided_at));
    let (gini, deficit) = balance(world, &runs);
    Outcome {
        leads: leads.len() as f64,
        conversions: owned().map(|(o, _)| o.probability).sum(),
        revenue: owned().map(|(o, lead)| o.probability * lead.value.minor_units() as f64).sum(),
        share: owned().map(|(o, _)| o.at_once).sum::<f64>() / best,
        median: quantile(&waits, 0.5),
        p90: quantile(&waits, 0.9),
        reaction: owned().filter(|(o, _)| o.touched).map(hours).sum::<f64>() / touched.max(1.0),
        lost: 1.0 - touched / all,
        within_sla: kept / count,
        breaches: all - kept,
        held: waited.count() as f64,
        gini,
        deficit,
        unassigned: leads.len() as f64 - owned().count() as f64,
    }
}

/// The lower empirical quantile of sorted values; 0 of none.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Gini coefficient of the leads that each rep received within the team they share them with,
/// Σ_ij |x_i − x_j| / (2 n² mean), averaged over teams; and by how much the rep who got least is
/// below an even share of their team.
fn balance(world: &World, runs: &[LeadRun]) -> (f64, f64) {
    let mut received = vec![0.0; world.reps.len()];
    runs.iter().filter_map(|run| run.owned).for_each(|owned| received[owned.rep.0 as usize] += 1.0);
    let teams = world.file.reps.teams.len();
    let of_team = |team: usize| -> (f64, f64) {
        let mine = world.reps.iter().zip(&received).filter(|(rep, _)| rep.team == team);
        let x: Vec<f64> = mine.map(|(_, n)| *n).collect();
        let spread: f64 = x.iter().flat_map(|a| x.iter().map(move |b| (a - b).abs())).sum();
        let total: f64 = x.iter().sum();
        let least = x.iter().copied().fold(f64::INFINITY, f64::min);
        match total > 0.0 {
            true => (spread / (2.0 * x.len() as f64 * total), 1.0 - least * x.len() as f64 / total),
            false => (0.0, 0.0),
        }
    };
    let each: Vec<(f64, f64)> = (0..teams).map(of_team).collect();
    (each.iter().map(|t| t.0).sum::<f64>() / teams as f64, each.iter().fold(0.0, |m, t| m.max(t.1)))
}

/// The most expected wins that any assignment within the quotas of the whole stretch could have:
/// every lead touched at once, everything known beforehand. An upper bound for every policy.
fn hindsight(world: &World, snapshot: &Snapshot, leads: &[WorldLead], stretch: Stretch) -> f64 {
    let teams = world.file.reps.teams.len();
    let of_team = |team: usize| {
        let reps: Vec<usize> = (0..world.reps.len()).filter(|&r| world.reps[r].team == team).collect();
        let mine: Vec<&WorldLead> = leads.iter().filter(|lead| lead.team == team).collect();
        let mut gains = Vec::with_capacity(mine.len() * reps.len());
        for lead in &mine {
            gains.extend(reps.iter().map(|&r| world.probability(lead, &world.reps[r], Micros(0))));
        }
        let capacity: Vec<u32> =
            reps.iter().map(|&r| days_present(snapshot, r, stretch) * world.file.reps.per_day).collect();
        let best = optimum(&Assignment { values: &gains, capacity: &capacity, floor: &[] });
        best.expect("probabilities are finite and every row has one for each rep").value
    };
    (0..teams).map(of_team).sum()
}

/// Local days of the stretch on which the rep works at all; the days into which the last holds
/// may run count as well, so that the bound stays one.
fn days_present(snapshot: &Snapshot, rep: usize, stretch: Stretch) -> u32 {
    let rep = pointsman_domain::RepIndex(rep as u32);
    let (calendar, absences) = (snapshot.calendar(rep), &snapshot.absences[rep.0 as usize]);
    let zone = calendar.zone();
    let first = zone.local_day(START + Micros::DAY.times(i64::from(stretch.first_day)));
    let works = |day: i32| {
        let (from, until) = (zone.day_start(day), zone.day_start(day + 1));
        calendar.next_available(from, absences).is_some_and(|open| open < until)
    };
    const HOLD_DAYS: i32 = 4;
    (first..first + stretch.days as i32 + HOLD_DAYS).filter(|day| works(*day)).count() as u32
}

/// Mean and 95 % interval of independent replicates; one replicate has no interval (NaN bounds).
fn estimate(values: &[f64]) -> Estimate {
    let n = values.len() as f64;
    let value = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - value).powi(2)).sum::<f64>() / (n - 1.0);
    let half = student::two_sided(0.05, n - 1.0) * (variance / n).sqrt();
    Estimate { value, low: value - half, high: value + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_students() {
        let e = estimate(&[1.0, 2.0, 3.0, 4.0]);
        // scipy.stats.t.interval(.95, 3, 2.5, sqrt(5/3/4))
        assert!((e.value - 2.5).abs() < 1e-12 && (e.low - 0.445_739_743_239_121).abs() < 1e-9, "{e:?}");
    }
}
