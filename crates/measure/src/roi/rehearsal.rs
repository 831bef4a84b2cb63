//! What comparisons say in a world whose truth is known: how often a comparison of before and after
//! finds an effect that is not there, and how often a hold-out's interval holds the truth.

use pointsman_domain::rng::Rng;
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

    /// Errors where an arm has no leads or a share is outside 0 to 1.
    pub fn rehearse(&self, runs: u32, seed: u64) -> Result<Rehearsed, FunnelError> {
        let mut told = Rehearsed { runs, ..Rehearsed::default() };
        for run in 0..runs {
            let mut rng = Rng::stream(seed, u64::from(run));
            let [luck_before, luck_after] = [(); 2].map(|()| self.luck(&mut rng));
            let held = (self.leads_after as f64 * self.held_out).round() as u64;
            let without = self.wins_per_worked * luck_after;
            let with = without + self.effect;
            let before = self.draw(&mut rng, self.leads_before, self.wins_per_worked * luck_before)?;
            let held = self.draw(&mut rng, held, without)?;
            let routed = self.draw(&mut rng, self.leads_after - held.leads(), with)?;
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
        let mut happens = |n: u64, chance: f64| (0..n).filter(|_| rng.uniform() < chance).count() as u64;
        let missed = happens(leads, self.missed);
        let wins = happens(leads - missed, wins_per_worked);
        Funnel::counted(leads, missed, wins)
    }
}
