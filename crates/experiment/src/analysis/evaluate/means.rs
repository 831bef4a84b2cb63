//! Means, rates, ratios and adjusted means.

use crate::{
    moments::{CoMoments, Moments},
    spec::MetricKind,
    stats::{
        cuped,
        effect::{self, Sample, Scale},
        lift::{self, LiftMethod},
        proportion::{self, Count},
    },
    undefined::Undefined,
};

use super::{
    super::result::{LiftResult, MeansResult, Tested},
    Context, delta_result, tested,
};

impl Context<'_> {
    /// A mean, or a rate with its binomial variance.
    pub(super) fn difference(&self, control: Moments, treatment: Moments, lift: LiftMethod) -> MeansResult {
        if !matches!(self.metric.kind, MetricKind::Binary { .. }) {
            return self.means(Ok(control.into()), Ok(treatment.into()), lift);
        }
        let count = |m: Moments| Count::new(m.sum().round().max(0.0) as u64, m.n as u64);
        let sample = |m: Moments| count(m).map(|c| Sample::proportion(c.successes, c.trials));
        let mut result = self.means(sample(control), sample(treatment), lift);
        if let (Ok(c), Ok(t)) = (count(control), count(treatment)) {
            result.newcombe = Some(proportion::newcombe(c, t, self.alpha));
            if lift == LiftMethod::Log {
                result.absolute = self.pooled(c, t).into();
                result.relative = self.pooled_lift(c, t).into();
            }
        }
        result
    }

    /// The pooled z test and the interval that belongs to it.
    fn pooled(&self, control: Count, treatment: Count) -> Result<Tested, Undefined> {
        let z = proportion::pooled_z(control, treatment)?;
        let interval = proportion::pooled_intervals(control, treatment, self.alpha)?.difference;
        Ok(Tested {
            estimate: treatment.rate() - control.rate(),
            std_error: z.std_error,
            df: None,
            statistic: z.z,
            p_value: z.p_value,
            low: interval.low,
            high: interval.high,
        })
    }

    fn pooled_lift(&self, control: Count, treatment: Count) -> Result<LiftResult, Undefined> {
        let interval = proportion::pooled_intervals(control, treatment, self.alpha)?.lift;
        Ok(LiftResult {
            estimate: treatment.rate() / control.rate() - 1.0,
            method: LiftMethod::Log,
            std_error: None,
            df: None,
            p_value: None,
            low: Some(interval.low),
            high: Some(interval.high),
        })
    }

    pub(super) fn means(
        &self,
        control: Result<Sample, Undefined>,
        treatment: Result<Sample, Undefined>,
        method: LiftMethod,
    ) -> MeansResult {
        let both = control.and_then(|c| Ok((c, treatment?)));
        let absolute = both.and_then(|(c, t)| effect::welch(&c, &t));
        let delta = both.and_then(|(c, t)| lift::delta(&c, &t));
        let relative = both.and_then(|(c, t)| self.lift(&c, &t, method));
        MeansResult {
            control: control.ok().filter(|s| s.n > 0.0).map(|s| s.mean),
            treatment: treatment.ok().filter(|s| s.n > 0.0).map(|s| s.mean),
            absolute: absolute.map(|e| tested(&e, self.alpha)).into(),
            relative: relative.into(),
            newcombe: None,
            theta: None,
            naive: None,
            anytime: absolute.map(|e| self.anytime(&e, both.map_or(0.0, |(c, t)| c.n + t.n))).into(),
            margin: self.margin(&absolute, &delta),
        }
    }

    fn lift(&self, control: &Sample, treatment: &Sample, method: LiftMethod) -> Result<LiftResult, Undefined> {
        let delta = lift::delta(control, treatment)?;
        let interval = match method {
            LiftMethod::Delta => return Ok(delta_result(&delta, self.alpha)),
            LiftMethod::Log => Some(lift::log_interval(control, treatment, self.alpha)?),
            LiftMethod::Fieller => lift::fieller(control, treatment, self.alpha)?,
        };
        Ok(LiftResult {
            estimate: delta.estimate,
            method,
            std_error: None,
            df: None,
            p_value: None,
            low: interval.map(|i| i.low),
            high: interval.map(|i| i.high),
        })
    }

    pub(super) fn adjusted(&self, control: &CoMoments<2>, treatment: &CoMoments<2>, method: LiftMethod) -> MeansResult {
        let plain = |s: &CoMoments<2>| Sample::from(s.moments(cuped::OUTCOME));
        let mut result = self.means(Ok(plain(control)), Ok(plain(treatment)), method);
        result.naive = Some(result.absolute);
        result.theta = Some(cuped::theta(control, treatment));
        let absolute = cuped::mean_effect(control, treatment, Scale::Absolute);
        let relative = cuped::mean_effect(control, treatment, Scale::Relative);
        if let Ok(means) = cuped::adjusted_means(control, treatment, self.alpha) {
            (result.control, result.treatment) = (Some(means.control), Some(means.treatment));
        }
        result.absolute = absolute.map(|e| tested(&e, self.alpha)).into();
        result.relative = match method {
            LiftMethod::Log => cuped::adjusted_means(control, treatment, self.alpha).map(|means| LiftResult {
                estimate: means.lift,
                method,
                std_error: None,
                df: None,
                p_value: None,
                low: Some(means.lift_interval.low),
                high: Some(means.lift_interval.high),
            }),
            // Fieller's ratio has no adjusted form: the delta method stands in, and says so.
            LiftMethod::Delta | LiftMethod::Fieller => relative.map(|e| delta_result(&e, self.alpha)),
        }
        .into();
        result.anytime = absolute.map(|e| self.anytime(&e, control.n + treatment.n)).into();
        result.margin = self.margin(&absolute, &relative);
        result
    }
}
