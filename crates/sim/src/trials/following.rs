//! What weights that follow the results cost: the same adaptive test, many times over, in a season
//! that moves everybody.

use pointsman_domain::Rng;
use pointsman_experiment::{
    moments::Moments,
    stats::{
        adaptive::{WeightedUnit, next_weights, weighted_difference},
        bandit::ArmStats,
        bayes::Better,
        effect::welch,
        sequential::ConfidenceSequence,
    },
    undefined::Undefined,
};

/// One adaptive test of two variants, repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Followed {
    /// Conversion rates of control and treatment on the first day.
    pub rates: [f64; 2],
    /// What both lose until the last day.
    pub decline: f64,
    pub units_per_day: u32,
    pub days: u32,
    pub leader_share: f64,
    pub floor: f64,
    pub alpha: f64,
    pub runs: u32,
    pub seed: u64,
}

/// Shares of runs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Following {
    /// In which a plain interval on the last day excluded the truth.
    pub plain: f64,
    /// In which the weighted sequence excluded the truth at any look.
    pub missed: f64,
    /// In which the weighted sequence excluded zero at any look.
    pub called: f64,
    /// Of units that the treatment got.
    pub treated: f64,
}

/// Runs the test again and again.
pub fn repeat(test: &Followed) -> Result<Following, Undefined> {
    let mut sum = Following::default();
    for run in 0..test.runs {
        let one = once(test, &mut Rng::stream(test.seed, run.into()))?;
        sum.plain += one.plain;
        sum.missed += one.missed;
        sum.called += one.called;
        sum.treated += one.treated;
    }
    let share = |n: f64| n / f64::from(test.runs);
    Ok(Following {
        plain: share(sum.plain),
        missed: share(sum.missed),
        called: share(sum.called),
        treated: share(sum.treated),
    })
}

fn once(test: &Followed, rng: &mut Rng) -> Result<Following, Undefined> {
    let sequence =
        ConfidenceSequence { alpha: test.alpha, tuning: f64::from(test.units_per_day) * f64::from(test.days) };
    let mut units: Vec<[WeightedUnit; 2]> = Vec::new();
    let mut arms = [Moments::default(); 2];
    let mut weights = vec![0.5; 2];
    let mut one = Following::default();
    for day in 0..test.days {
        let lost = test.decline * f64::from(day) / f64::from(test.days);
        for _ in 0..test.units_per_day {
            let variant = usize::from(rng.uniform() >= weights[0]);
            let value = f64::from(u8::from(rng.uniform() < test.rates[variant] - lost));
            arms[variant] = arms[variant].merge(Moments::of(&[value]));
            let mut unit = [WeightedUnit::default(); 2];
            unit[variant] = WeightedUnit { weight: 1.0 / weights[variant], value: value / weights[variant] };
            units.push(unit);
        }
        if let Ok(told) = weighted_difference(units.iter().copied()) {
            let interval = sequence.interval(told.estimate, told.std_error, units.len() as f64);
            let yes = |is: bool| f64::from(u8::from(is));
            one.missed = one.missed.max(yes(!interval.contains(test.rates[1] - test.rates[0])));
            one.called = one.called.max(yes(!interval.contains(0.0)));
        }
        let stats = arms.map(|m| ArmStats { n: m.n, mean: m.mean, variance: m.ss / (m.n - 1.0) });
        weights = next_weights(&stats, Better::Higher, test.leader_share, test.floor)?;
    }
    let [control, treatment] = arms.map(Into::into);
    one.plain = welch(&control, &treatment)
        .map_or(0.0, |e| f64::from(u8::from(!e.interval(test.alpha).contains(test.rates[1] - test.rates[0]))));
    one.treated = arms[1].n / (arms[0].n + arms[1].n);
    Ok(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_test_errs_where_the_weighted_sequence_holds() {
        let base = Followed {
            rates: [0.4; 2],
            decline: 0.3,
            units_per_day: 80,
            days: 20,
            leader_share: 0.8,
            floor: 0.1,
            alpha: 0.05,
            runs: 200,
            seed: 3,
        };
        let same = repeat(&base).expect("runs");
        assert!(same.missed <= 0.05 && same.called <= 0.05, "{same:?}");
        let better = repeat(&Followed { rates: [0.4, 0.55], ..base }).expect("runs");
        assert!(better.called > 0.9 && better.treated > 0.6 && better.missed <= 0.05, "{better:?}");
        assert!(better.plain > 0.06, "the better variant got the worse season: {better:?}");
    }
}
