//! From the load of one rung to a choice with its propensity. Nothing else is looked at.

mod posterior;

use pointsman_domain::{Exploration, Pick, ReasonCode, Rng};

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
    /// How others than the best are tried.
    pub explore: Exploration,
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
    match explores(how) {
        true => by_chance(explored(free(), position, how).into_iter(), draw),
        false => Choice::Taken { position, propensity: 1.0 },
    }
}

fn explores(how: &Choosing) -> bool {
    how.explore.is_on() && matches!(how.pick, Pick::ExpectedValue | Pick::BestScore)
}

/// The probability with which each free candidate is chosen, by position within the rung, where
/// the pick leaves anything to chance; who is not listed is not chosen. Sums to 1.
pub fn propensities(load: RungLoad<'_>, how: &Choosing) -> Vec<(usize, f64)> {
    let free = || load.entries.iter().enumerate().filter(|(_, e)| e.reason == ReasonCode::Admitted);
    let first_best = |best: Option<(usize, f64)>, (at, entry): (usize, &LoadEntry)| {
        let value = merit(entry, how);
        if best.is_none_or(|(_, so_far)| value > so_far) { Some((at, value)) } else { best }
    };
    let Some((best, _)) = free().fold(None, first_best) else { return Vec::new() };
    let weights: Vec<(usize, f64)> = match how.pick {
        Pick::Draw => free().map(|(i, e)| (i, f64::from(e.rank).max(0.0))).collect(),
        _ if explores(how) => explored(free(), best, how),
        _ => vec![(best, 1.0)],
    };
    let total: f64 = weights.iter().map(|(_, w)| w).sum();
    weights.into_iter().map(|(position, w)| (position, w / total)).collect()
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

/// The best keeps 1 − ε; the near-best share ε evenly, or by the probability that each is the best.
/// The table is made first and the draw is taken from it, so the propensity is exact whatever the
/// table is worth.
fn explored<'a>(free: impl Iterator<Item = (usize, &'a LoadEntry)>, best: usize, how: &Choosing) -> Vec<(usize, f64)> {
    let epsilon = how.explore.share().min(1.0);
    let mut near: Vec<(usize, f64, f64)> = free.map(|(i, e)| (i, merit(e, how), doubt(e, how))).collect();
    // Whoever may turn out best first: the merit, and twice what is not known of it.
    let hope = |c: &(usize, f64, f64)| c.1 + 2.0 * c.2;
    let order = |a: &(usize, f64, f64), b: &(usize, f64, f64)| {
        let first = (b.0 == best).cmp(&(a.0 == best));
        first.then(hope(b).total_cmp(&hope(a))).then(a.0.cmp(&b.0))
    };
    if near.len() > NEAR_BEST {
        near.select_nth_unstable_by(NEAR_BEST, order);
        near.truncate(NEAR_BEST);
    }
    near.sort_by(order);
    let kept = |position: usize| if position == best { 1.0 - epsilon } else { 0.0 };
    match how.explore {
        Exploration::Posterior(_) => {
            let bests = posterior::best_of(&near.iter().map(|c| (c.1, c.2)).collect::<Vec<_>>());
            near.iter().zip(bests).map(|(c, p)| (c.0, kept(c.0) + epsilon * p)).collect()
        }
        Exploration::Evenly(_) | Exploration::Off => {
            let share = epsilon / near.len() as f64;
            near.iter().map(|c| (c.0, kept(c.0) + share)).collect()
        }
    }
}

/// Standard deviation of the merit: by the slope of the score, s (1 − s) for one unit of log-odds.
fn doubt(entry: &LoadEntry, how: &Choosing) -> f64 {
    let score = f64::from(entry.score);
    let scale = if how.pick == Pick::ExpectedValue { how.value.abs() } else { 1.0 };
    match how.explore {
        Exploration::Posterior(_) => scale * score * (1.0 - score) * f64::from(entry.rank).max(0.0),
        Exploration::Evenly(_) | Exploration::Off => 0.0,
    }
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
        let how = Choosing { pick, value: 100.0, may_wait, explore: Exploration::Off };
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

    fn frequencies(load: &Load, how: &Choosing) -> (Vec<f64>, Vec<f64>) {
        let n = load.rung(0).entries.len();
        let (mut counts, mut stated) = (vec![0.0; n], vec![0.0; n]);
        for seed in 0..DRAWS {
            let Choice::Taken { position, propensity } = choose(load.rung(0), how, Draw { seed }) else {
                panic!("somebody is free");
            };
            counts[position] += 1.0 / DRAWS as f64;
            stated[position] = propensity;
        }
        (counts, stated)
    }

    const DRAWS: u64 = 20_000;

    #[test]
    fn propensities_are_the_frequencies() {
        let entries =
            [entry(A, 0.9, 0.3, 0.0), entry(A, 0.7, 0.2, 0.0), entry(A, 0.4, 0.25, 0.1), entry(F, 9.0, 0.9, 0.0)];
        let mut load = Load::default();
        load.push_rung(entries);
        for explore in [Exploration::Evenly(0.3), Exploration::Posterior(0.3), Exploration::Posterior(1.0)] {
            let how = Choosing { pick: Pick::ExpectedValue, value: 1.0, may_wait: false, explore };
            let (counts, stated) = frequencies(&load, &how);
            assert!((stated.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{stated:?}");
            assert!(counts.iter().zip(&stated).all(|(count, p)| (count - p).abs() < 0.011), "{counts:?} {stated:?}");
            for (position, p) in propensities(load.rung(0), &how) {
                assert!((stated[position] - p).abs() < 1e-15, "{stated:?}");
            }
        }
    }

    const F: ReasonCode = ReasonCode::LimitReached;

    /// The rule as its name says it: draw each merit from its normal, take the greatest.
    #[test]
    fn posterior_shares_are_those_of_sampling() {
        let entries =
            [entry(A, 0.9, 0.3, 2.0), entry(A, 0.1, 0.2, 0.0), entry(A, 0.6, 0.25, 8.0), entry(A, 0.0, 0.27, 3.0)];
        let mut load = Load::default();
        load.push_rung(entries);
        let explore = Exploration::Posterior(1.0);
        let how = Choosing { pick: Pick::ExpectedValue, value: 100.0, may_wait: false, explore };
        let mut rng = Rng::seeded(5);
        let mut counts = [0.0; 4];
        for _ in 0..100_000 {
            let drawn = entries.map(|e| merit(&e, &how) + doubt(&e, &how) * rng.normal());
            let best = (0..4).max_by(|a, b| drawn[*a].total_cmp(&drawn[*b])).expect("four");
            counts[best] += 1e-5;
        }
        for (position, p) in propensities(load.rung(0), &how) {
            assert!((counts[position] - p).abs() < 0.01, "{position}: {p} {counts:?}");
        }
    }

    #[test]
    fn one_choice_in_ten_explores_and_the_best_keeps_the_rest() {
        let entries = [entry(A, 0.5, 0.5, 0.0), entry(A, 0.5, 0.4, 0.0)];
        let mut load = Load::default();
        load.push_rung(entries);
        let at = |share| {
            let explore = Exploration::Posterior(share);
            propensities(load.rung(0), &Choosing { pick: Pick::BestScore, value: 1.0, may_wait: false, explore })
        };
        let (full, tenth) = (at(1.0), at(0.1));
        assert!(full[1].1 > 0.1 && (tenth[1].1 - 0.1 * full[1].1).abs() < 1e-12, "{full:?} {tenth:?}");
        assert_eq!(at(0.0), [(0, 1.0)]);
    }
}
