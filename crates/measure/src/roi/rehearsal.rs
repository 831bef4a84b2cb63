//! What comparisons say in a world whose truth is known: how often a comparison of before and after
//! finds an effect that is not there, and how often a hold-out's interval holds the truth.

use pointsman_domain::{math, rng::Rng};
use serde::Serialize;

use super::{Claim, Evidence, Funnel, FunnelError};

/// Two quarters. Each has its own luck: its win rate is a share `drift` above or below the mean,
/// for reasons that have nothing to do with Pointsman.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct World {
    pub leads_before: u64,
    pub leads_after: u64,
    /// Of the leads after, those that Pointsman does not route, 0 to 1.
    pub held_out: f64,
    /// ℓ, with Pointsman or without.
    pub missed: f64,
    /// q without Pointsman, in a mean quarter.
    pub wins_per_worked: f64,
    /// For example 0.2.
    pub drift: f64,
    /// q with − q without.
    pub effect: f64,
}

/// How often, of `runs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Rehearsed {
    pub runs: u32,
    /// Before and after differ, as their interval has it: without an effect, a false alarm.
    pub pre_post_differs: u32,
    /// The sentence about before and after was "caused". Never, or the sentences are wrong.
    pub pre_post_caused: u32,
    pub hold_out_caused: u32,
    /// The hold-out's interval holds the true w₁ − w₀.
    pub hold_out_covers: u32,
}

impl World {
    /// The drift that is tried where nobody knows the real one.
    pub const DRIFT: f64 = 0.2;
    /// Where nobody holds leads out.
    pub const HELD_OUT: f64 = 0.2;

    /// Errors where an arm has no leads or a share is outside 0 to 1.
    pub fn rehearse(&self, runs: u32, seed: u64) -> Result<Rehearsed, FunnelError> {
        let mut told = Rehearsed { runs, ..Rehearsed::default() };
        for run in 0..runs {
            let mut rng = Rng::stream(seed, u64::from(run));
            let [luck_before, luck_after] = [(); 2].map(|()| self.luck(&mut rng));
            let held = (self.leads_after as f64 * self.held_out).round().max(1.0) as u64;
            let without = self.wins_per_worked * luck_after;
            let with = without + self.effect;
            let before = self.draw(&mut rng, self.leads_before, self.wins_per_worked * luck_before)?;
            let held = self.draw(&mut rng, held, without)?;
            let routed = self.draw(&mut rng, self.leads_after.saturating_sub(held.leads()), with)?;
            let pre_post = Evidence::pre_post(before, routed);
            let hold_out = Evidence::hold_out(held, routed);
            let truth = (1.0 - self.missed) * self.effect;
            told.pre_post_differs += u32::from(pre_post.claim() != Claim::Undecided);
            told.pre_post_caused += u32::from(pre_post.claim() == Claim::Caused);
            told.hold_out_caused += u32::from(hold_out.claim() == Claim::Caused);
            told.hold_out_covers += u32::from(hold_out.effect.low <= truth && truth <= hold_out.effect.high);
        }
        Ok(told)
    }

    fn luck(&self, rng: &mut Rng) -> f64 {
        if rng.below(2) == 0 { 1.0 - self.drift } else { 1.0 + self.drift }
    }

    fn draw(&self, rng: &mut Rng, leads: u64, wins_per_worked: f64) -> Result<Funnel, FunnelError> {
        let missed = binomial(rng, leads, self.missed);
        let wins = binomial(rng, leads - missed, wins_per_worked);
        Funnel::counted(leads, missed, wins)
    }
}

/// Above this variance the normal distribution is as good and takes no longer for a million leads.
const NORMAL_ABOVE: f64 = 400.0;

/// How many of `n` happen: from one that does to the next by geometric steps, a step a hit.
fn binomial(rng: &mut Rng, n: u64, chance: f64) -> u64 {
    if chance > 0.5 {
        return n - binomial(rng, n, 1.0 - chance);
    }
    let (mean, variance) = (n as f64 * chance, n as f64 * chance * (1.0 - chance));
    if chance <= 0.0 {
        return 0;
    }
    if variance > NORMAL_ABOVE {
        return (mean + variance.sqrt() * rng.normal()).round().clamp(0.0, n as f64) as u64;
    }
    let (mut hits, mut at) = (0, 0.0);
    loop {
        at += (math::ln(1.0 - rng.uniform()) / math::ln(1.0 - chance)).floor() + 1.0;
        if at > n as f64 {
            return hits;
        }
        hits += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binomials_have_their_mean_and_variance() {
        let mut rng = Rng::seeded(5);
        for (n, chance) in [(40, 0.1), (3_000, 0.09), (900, 0.8), (40_000, 0.3), (10, 0.0), (10, 1.0), (0, 0.4)] {
            let runs = 20_000;
            let draws: Vec<f64> = (0..runs).map(|_| binomial(&mut rng, n, chance) as f64).collect();
            assert!(draws.iter().all(|k| (0.0..=n as f64).contains(k)));
            let mean = draws.iter().sum::<f64>() / f64::from(runs);
            let variance = draws.iter().map(|k| (k - mean).powi(2)).sum::<f64>() / f64::from(runs);
            let (true_mean, true_variance) = (n as f64 * chance, n as f64 * chance * (1.0 - chance));
            let error = (true_variance / f64::from(runs)).sqrt();
            assert!((mean - true_mean).abs() <= 4.0 * error, "{n} {chance}: {mean}");
            assert!((variance - true_variance).abs() <= 0.06 * true_variance, "{n} {chance}: {variance}");
        }
    }
}
