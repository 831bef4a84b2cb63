//! From the load of one rung to a choice with its propensity. Nothing else is looked at.

use pointsman_domain::{Pick, ReasonCode, Rng};

use crate::{LoadEntry, RungLoad};

/// Chance, as an argument: the seed recorded with the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    pub seed: u64,
}

/// What the rung says about choosing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choosing {
    pub pick: Pick,
    /// What a win is worth, in minor units; 1 in a workspace that counts wins.
    pub value: f64,
    /// Whether the lead may wait when every net value is negative.
    pub may_wait: bool,
    /// Share of decisions that try one of the near-best instead of the best; 0 is off.
    pub explore: f64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// Position within the rung, and the probability with which it was drawn.
    Taken { position: usize, propensity: f64 },
    /// Somebody is free, but every price is above what the lead is worth there.
    Priced,
    /// Nobody can take it now.
    NobodyFree,
}

/// At most this many near-best candidates share the exploration.
const NEAR_BEST: usize = 16;

/// Chooses one entry of the rung. Ties go to the earlier candidate, that is by rep id.
pub fn choose(load: RungLoad<'_>, how: &Choosing, draw: Draw) -> Choice {
    let entries = load.entries;
    let open = |reason: ReasonCode| entries.iter().any(|e| e.reason == reason);
    // Turns are a matter of order among the free, not a bar: when nobody's turn has come, the
    // next in line goes.
    let admitted = match (open(ReasonCode::Admitted), open(ReasonCode::LaterTurn)) {
        (true, _) => ReasonCode::Admitted,
        (false, true) => ReasonCode::LaterTurn,
        (false, false) => return Choice::NobodyFree,
    };
    let free = || entries.iter().enumerate().filter(|(_, e)| e.reason == admitted);
    let merit = |e: &LoadEntry| merit(e, how);
    if how.pick == Pick::Draw {
        return by_chance(free().map(|(i, e)| (i, f64::from(e.rank))), draw);
    }
    let mut best: Option<(usize, f64)> = None;
    for (position, entry) in free() {
        let value = merit(entry);
        if best.is_none_or(|(_, so_far)| value > so_far) {
            best = Some((position, value));
        }
    }
    let Some((position, top)) = best else { return Choice::NobodyFree };
    if how.pick == Pick::ExpectedValue && how.may_wait && top < 0.0 {
        return Choice::Priced;
    }
    if how.explore > 0.0 && matches!(how.pick, Pick::ExpectedValue | Pick::BestScore) {
        return explore(free().map(|(i, e)| (i, merit(e))), position, how.explore, draw);
    }
    Choice::Taken { position, propensity: 1.0 }
}

/// What the pick maximises.
pub fn merit(entry: &LoadEntry, how: &Choosing) -> f64 {
    match how.pick {
        Pick::WeightedRoundRobin | Pick::LeastLoaded => -f64::from(entry.rank),
        Pick::BestSkill | Pick::NearestTerritory | Pick::Draw => f64::from(entry.rank),
        Pick::BestScore => f64::from(entry.score),
        Pick::ExpectedValue => how.value * f64::from(entry.score) - f64::from(entry.price),
    }
}

/// ε-exploration over the near-best: the best keeps 1 − ε, all of them share ε evenly.
/// The table of probabilities is made first and the draw is taken from it, so the propensity is exact.
fn explore(free: impl Iterator<Item = (usize, f64)>, best: usize, epsilon: f64, draw: Draw) -> Choice {
    let mut near: Vec<(usize, f64)> = free.collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    near.truncate(NEAR_BEST);
    let share = epsilon.min(1.0) / near.len() as f64;
    let weights = near.iter().map(|&(position, _)| {
        let kept = if position == best { 1.0 - epsilon.min(1.0) } else { 0.0 };
        (position, kept + share)
    });
    by_chance(weights, draw)
}

/// Draws one position in proportion to its weight.
fn by_chance(weighted: impl Iterator<Item = (usize, f64)> + Clone, draw: Draw) -> Choice {
    let total: f64 = weighted.clone().map(|(_, w)| w.max(0.0)).sum();
    let mut left = Rng::seeded(draw.seed).uniform() * total;
    let mut last = None;
    for (position, weight) in weighted.filter(|(_, w)| *w > 0.0) {
        let taken = Choice::Taken { position, propensity: weight / total };
        if left < weight {
            return taken;
        }
        left -= weight;
        last = Some(taken);
    }
    last.unwrap_or(Choice::NobodyFree)
}

#[cfg(test)]
mod tests {
    use pointsman_domain::LimitIndex;

    use super::*;
    use crate::Load;

    fn entry(reason: ReasonCode, rank: f32, score: f32, price: f32) -> LoadEntry {
        LoadEntry { reason, limit: LimitIndex(0), free: 1, rank, score, price }
    }

    fn check(pick: Pick, may_wait: bool, entries: &[LoadEntry], expected: Choice) {
        let mut load = Load::default();
        load.push_rung(entries.iter().copied());
        let how = Choosing { pick, value: 100.0, may_wait, explore: 0.0 };
        assert_eq!(choose(load.rung(0), &how, Draw { seed: 1 }), expected, "{pick:?}");
    }

    const A: ReasonCode = ReasonCode::Admitted;

    #[test]
    fn each_pick_compares_its_own_number() {
        let entries = [entry(A, 0.5, 0.3, 1.0), entry(A, 0.2, 0.4, 20.0), entry(A, 0.9, 0.1, 0.0)];
        let taken = |position| Choice::Taken { position, propensity: 1.0 };
        check(Pick::WeightedRoundRobin, false, &entries, taken(1));
        check(Pick::LeastLoaded, false, &entries, taken(1));
        check(Pick::BestSkill, false, &entries, taken(2));
        check(Pick::BestScore, false, &entries, taken(1));
        // 100 × .3 − 1 = 29 beats 100 × .4 − 20 = 20.
        check(Pick::ExpectedValue, false, &entries, taken(0));
    }

    #[test]
    fn ties_go_to_the_earlier_candidate_and_the_blocked_are_passed_over() {
        let tied = [entry(ReasonCode::LimitReached, 0.0, 0.9, 0.0), entry(A, 0.0, 0.2, 0.0), entry(A, 0.0, 0.2, 0.0)];
        check(Pick::BestScore, false, &tied, Choice::Taken { position: 1, propensity: 1.0 });
        check(Pick::BestScore, false, &tied[..1], Choice::NobodyFree);
        let later = [entry(ReasonCode::LaterTurn, 0.4, 0.0, 0.0), entry(ReasonCode::LaterTurn, 0.3, 0.0, 0.0)];
        check(Pick::WeightedRoundRobin, false, &later, Choice::Taken { position: 1, propensity: 1.0 });
    }

    #[test]
    fn a_lead_that_may_wait_waits_for_a_better_price() {
        let dear = [entry(A, 0.0, 0.1, 30.0)];
        check(Pick::ExpectedValue, true, &dear, Choice::Priced);
        check(Pick::ExpectedValue, false, &dear, Choice::Taken { position: 0, propensity: 1.0 });
    }

    #[test]
    fn propensities_are_the_frequencies() {
        let entries = [entry(A, 0.0, 0.3, 0.0), entry(A, 0.0, 0.2, 0.0), entry(A, 0.0, 0.1, 0.0)];
        let mut load = Load::default();
        load.push_rung(entries);
        let how = Choosing { pick: Pick::ExpectedValue, value: 1.0, may_wait: false, explore: 0.3 };
        let mut counts = [0u32; 3];
        let mut stated = [0.0; 3];
        for seed in 0..20_000 {
            let Choice::Taken { position, propensity } = choose(load.rung(0), &how, Draw { seed }) else {
                panic!("somebody is free");
            };
            counts[position] += 1;
            stated[position] = propensity;
        }
        assert!((stated.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{stated:?}");
        for (count, p) in counts.iter().zip(stated) {
            assert!((f64::from(*count) / 20_000.0 - p).abs() < 0.011, "{counts:?} {stated:?}");
        }
    }
}
