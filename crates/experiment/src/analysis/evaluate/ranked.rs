//! Methods that hold the values: quantiles, winsorised means, curves.

use crate::{
    stats::{
        bootstrap,
        effect::{self, Effect, Scale},
        lift, quantile, survival as surv, winsor,
    },
    undefined::Undefined,
};

use super::{
    super::result::{QuantileResult, SurvivalArm, SurvivalResult, WinsorisedResult},
    Context, SEED, delta_result, relative_to, tested, tested_normal,
};

const BOOTSTRAP_DRAWS: u32 = 2000;
const CURVE_POINTS: usize = 200;

impl Context<'_> {
    pub(super) fn quantiles(&self, control: &[f64], treatment: &[f64], levels: &[f64]) -> Vec<QuantileResult> {
        let sorted = |values: &[f64]| {
            let mut values = values.to_vec();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let (control, treatment) = (sorted(control), sorted(treatment));
        levels
            .iter()
            .map(|&level| {
                let (c, t) = (quantile::from_sorted(&control, level), quantile::from_sorted(&treatment, level));
                let samples = c.and_then(|c| Ok((c.sample(None)?, t?.sample(None)?)));
                let on = |scale| samples.and_then(|(c, t)| lift::effect_on(scale, &c, &t));
                QuantileResult {
                    level,
                    control: c.into(),
                    treatment: t.into(),
                    absolute: on(Scale::Absolute).map(|e| tested(&e, self.alpha)).into(),
                    relative: on(Scale::Relative).map(|e| delta_result(&e, self.alpha)).into(),
                    bootstrap: bootstrap::quantile_difference(
                        &control,
                        &treatment,
                        level,
                        BOOTSTRAP_DRAWS,
                        1.0 - self.alpha,
                        SEED,
                    )
                    .into(),
                }
            })
            .collect()
    }

    pub(super) fn winsorised(
        &self,
        control: &[f64],
        treatment: &[f64],
        percentile: f64,
        of: winsor::CapOf,
    ) -> Result<WinsorisedResult, Undefined> {
        let cut = winsor::cap(control, treatment, percentile, of)?;
        Ok(WinsorisedResult {
            cap: cut.cap,
            capped: cut.capped,
            control: cut.control.mean,
            treatment: cut.treatment.mean,
            absolute: effect::welch(&cut.control, &cut.treatment).map(|e| tested(&e, self.alpha)).into(),
            relative: lift::delta(&cut.control, &cut.treatment).map(|e| delta_result(&e, self.alpha)).into(),
        })
    }

    pub(super) fn survival(&self, control: &[f64], treatment: &[f64], restrict: f64) -> SurvivalResult {
        let sorted = |times: &[f64]| {
            let observed = times.iter().map(|t| surv::Observed { time: t.abs(), event: t.is_sign_positive() });
            // Times that are not finite were left out when they came.
            surv::Sorted::new(observed.collect()).unwrap_or_default()
        };
        let (c, t) = (sorted(control), sorted(treatment));
        let (curve_c, curve_t) = (surv::kaplan_meier(&c), surv::kaplan_meier(&t));
        let difference =
            surv::restricted_mean_difference(curve_c.restricted_mean(restrict), curve_t.restricted_mean(restrict));
        let tested = if c.is_empty() || t.is_empty() {
            Err(Undefined::NoUnits)
        } else {
            tested_normal(difference.estimate, difference.std_error, self.alpha)
        };
        let units = (c.len() + t.len()) as f64;
        let effect = tested.map(|e| Effect { estimate: e.estimate, std_error: e.std_error, df: units });
        let relative = effect.and_then(|e| relative_to(&e, curve_c.restricted_mean(restrict).value));
        SurvivalResult {
            restrict,
            log_rank: surv::rank_test(&c, &t, surv::RankWeight::LogRank).into(),
            gehan: surv::rank_test(&c, &t, surv::RankWeight::Gehan).into(),
            hazard_ratio: surv::hazard_ratio(&c, &t, surv::Ties::Breslow).into(),
            control: survival_arm(&c, &curve_c, restrict),
            treatment: survival_arm(&t, &curve_t, restrict),
            difference,
            tested: tested.into(),
            margin: self.margin(&effect, &relative),
        }
    }
}

fn survival_arm(sample: &surv::Sorted, curve: &surv::Curve, restrict: f64) -> SurvivalArm {
    SurvivalArm {
        units: sample.len() as u64,
        events: curve.events.iter().sum::<f64>() as u64,
        restricted_mean: curve.restricted_mean(restrict),
        median: curve.quantile(0.5),
        p90: curve.quantile(0.9),
        curve: curve.thinned(CURVE_POINTS),
    }
}
