//! Time to an event, for example to the first contact, when not everybody has had it yet.

use serde::Serialize;

use crate::{
    special::{chi_squared, exp, ln, normal},
    undefined::Undefined,
};

/// A time and whether it ended with the event or with the end of watching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observed {
    pub time: f64,
    pub event: bool,
}

/// Sorted observations of one variant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sorted(Vec<Observed>);

impl Sorted {
    /// Undefined when a time is not finite.
    pub fn new(mut observations: Vec<Observed>) -> Result<Self, Undefined> {
        if observations.iter().any(|o| !o.time.is_finite()) {
            return Err(Undefined::NotFinite);
        }
        observations.sort_unstable_by(|a, b| a.time.total_cmp(&b.time));
        Ok(Self(observations))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// (time, at risk before it, events at it) for each distinct time with an event.
    fn steps(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let mut at_risk = self.0.len();
        self.0.chunk_by(|a, b| a.time == b.time).filter_map(move |tied| {
            let before = at_risk;
            at_risk -= tied.len();
            let events = tied.iter().filter(|o| o.event).count();
            (events > 0).then_some((tied[0].time, before as f64, events as f64))
        })
    }
}

/// The Kaplan–Meier curve (1958), one entry for each time with an event.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Curve {
    pub times: Vec<f64>,
    pub at_risk: Vec<f64>,
    pub events: Vec<f64>,
    pub survival: Vec<f64>,
    /// Greenwood's: S √Σ d/(Y(Y−d)); 0 where the curve reaches 0.
    pub std_error: Vec<f64>,
}

/// Π(1 − d/Y).
pub fn kaplan_meier(sample: &Sorted) -> Curve {
    let mut curve = Curve::default();
    let (mut survival, mut sum) = (1.0, 0.0);
    for (time, at_risk, events) in sample.steps() {
        survival *= (at_risk - events) / at_risk;
        let left = at_risk - events;
        let std_error = if left > 0.0 {
            sum += events / (at_risk * left);
            survival * sum.sqrt()
        } else {
            0.0
        };
        curve.times.push(time);
        curve.at_risk.push(at_risk);
        curve.events.push(events);
        curve.survival.push(survival);
        curve.std_error.push(std_error);
    }
    curve
}

impl Curve {
    /// The first time with S ≤ 1 − q: the q quantile of the time to the event. None when the
    /// curve does not fall that far. The slack of 1e-12 is the product's rounding.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let at = self.survival.iter().position(|s| *s <= 1.0 - q + 1e-12)?;
        Some(self.times[at])
    }

    /// At most `points` steps, spread evenly over the events, the last one included: for drawing.
    #[must_use]
    pub fn thinned(&self, points: usize) -> Self {
        let n = self.times.len();
        if n <= points || points < 2 {
            return self.clone();
        }
        let chosen: Vec<usize> = (0..points).map(|i| i * (n - 1) / (points - 1)).collect();
        let pick = |values: &[f64]| chosen.iter().map(|&i| values[i]).collect();
        Self {
            times: pick(&self.times),
            at_risk: pick(&self.at_risk),
            events: pick(&self.events),
            survival: pick(&self.survival),
            std_error: pick(&self.std_error),
        }
    }

    /// S at a time.
    pub fn at(&self, time: f64) -> f64 {
        let steps = self.times.partition_point(|t| *t <= time);
        if steps == 0 { 1.0 } else { self.survival[steps - 1] }
    }

    /// The restricted mean to `tau` (the area under S) and its standard error
    /// √Σ A_i² d_i/(Y_i(Y_i−d_i)), A_i the area from t_i to `tau`. S stays level after the last time.
    pub fn restricted_mean(&self, tau: f64) -> RestrictedMean {
        let used = self.times.partition_point(|t| *t < tau);
        let mut area_after = vec![0.0; used + 1];
        let mut area = 0.0;
        for i in (0..used).rev() {
            let end = if i + 1 < used { self.times[i + 1] } else { tau };
            area += self.survival[i] * (end - self.times[i]);
            area_after[i] = area;
        }
        let first = if used > 0 { self.times[0] } else { tau };
        let mut variance = 0.0;
        for ((at_risk, events), area) in self.at_risk.iter().zip(&self.events).zip(&area_after[..used]) {
            let left = at_risk - events;
            if left > 0.0 {
                variance += area * area * events / (at_risk * left);
            }
        }
        RestrictedMean { value: area + first, std_error: variance.sqrt() }
    }
}

/// E[min(T, tau)].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RestrictedMean {
    pub value: f64,
    pub std_error: f64,
}

/// The difference of two restricted means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RestrictedMeanDifference {
    pub estimate: f64,
    pub std_error: f64,
    /// Normal; none when neither curve varies before tau.
    pub p_value: Option<f64>,
}

/// treatment − control.
pub fn restricted_mean_difference(control: RestrictedMean, treatment: RestrictedMean) -> RestrictedMeanDifference {
    let estimate = treatment.value - control.value;
    let std_error = (control.std_error * control.std_error + treatment.std_error * treatment.std_error).sqrt();
    let p_value = (std_error > 0.0).then(|| (2.0 * normal::sf(estimate.abs() / std_error)).min(1.0));
    RestrictedMeanDifference { estimate, std_error, p_value }
}

/// How early and late differences are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RankWeight {
    /// All alike.
    LogRank,
    /// By the number at risk.
    Gehan,
    /// By its square root.
    TaroneWare,
}

/// A χ² test of two curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankTest {
    pub chi2: f64,
    pub p_value: f64,
}

/// One instant of both samples together: at risk and events, all and treatment.
struct Instant {
    at_risk: f64,
    treated_at_risk: f64,
    events: f64,
    treated_events: f64,
}

/// Walks both sorted samples once.
fn instants(control: &Sorted, treatment: &Sorted) -> Vec<Instant> {
    let (c, t) = (&control.0, &treatment.0);
    let (mut i, mut j) = (0, 0);
    let mut result = Vec::new();
    while i < c.len() || j < t.len() {
        let next = |at: &[Observed], k: usize| at.get(k).map_or(f64::INFINITY, |o| o.time);
        let time = next(c, i).min(next(t, j));
        let (at_risk_c, at_risk_t) = ((c.len() - i) as f64, (t.len() - j) as f64);
        let (mut events_c, mut events_t) = (0.0, 0.0);
        while i < c.len() && c[i].time == time {
            events_c += if c[i].event { 1.0 } else { 0.0 };
            i += 1;
        }
        while j < t.len() && t[j].time == time {
            events_t += if t[j].event { 1.0 } else { 0.0 };
            j += 1;
        }
        if events_c + events_t > 0.0 {
            result.push(Instant {
                at_risk: at_risk_c + at_risk_t,
                treated_at_risk: at_risk_t,
                events: events_c + events_t,
                treated_events: events_t,
            });
        }
    }
    result
}

/// Σ w(O − E) against Σ w² V with V hypergeometric (Mantel 1966; Gehan 1965; Tarone and Ware 1977).
/// Undefined without events or when all are at the last instant.
pub fn rank_test(control: &Sorted, treatment: &Sorted, weight: RankWeight) -> Result<RankTest, Undefined> {
    let (mut excess, mut variance) = (0.0, 0.0);
    for x in instants(control, treatment) {
        let w = match weight {
            RankWeight::LogRank => 1.0,
            RankWeight::Gehan => x.at_risk,
            RankWeight::TaroneWare => x.at_risk.sqrt(),
        };
        let share = x.treated_at_risk / x.at_risk;
        excess += w * (x.treated_events - x.events * share);
        if x.at_risk > 1.0 {
            variance += w * w * x.events * share * (1.0 - share) * (x.at_risk - x.events) / (x.at_risk - 1.0);
        }
    }
    if variance <= 0.0 {
        return Err(Undefined::NoEvents);
    }
    let chi2 = excess * excess / variance;
    Ok(RankTest { chi2, p_value: chi_squared::sf(chi2, 1) })
}

/// How ties enter Cox's likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    Breslow,
    Efron,
}

/// ln of the hazard ratio treatment/control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HazardRatio {
    pub ln_ratio: f64,
    pub std_error: f64,
}

/// Cox's partial likelihood (1972) with one indicator, by Newton. Undefined when a variant has no
/// events, when they do not overlap (the estimate is infinite), or when nothing is informative.
pub fn hazard_ratio(control: &Sorted, treatment: &Sorted, ties: Ties) -> Result<HazardRatio, Undefined> {
    let steps = instants(control, treatment);
    let treated: f64 = steps.iter().map(|s| s.treated_events).sum();
    let all: f64 = steps.iter().map(|s| s.events).sum();
    if all == 0.0 {
        return Err(Undefined::NoEvents);
    }
    if treated == 0.0 || treated == all {
        return Err(Undefined::NoFiniteHazardRatio);
    }
    let mut ln_ratio: f64 = 0.0;
    for _ in 0..100 {
        let (score, information) = score(&steps, ln_ratio, ties);
        if information <= 0.0 {
            return Err(Undefined::NoEvents);
        }
        // Steps of at most 2, so that a first step cannot overshoot into flatness.
        let step = (score / information).clamp(-2.0, 2.0);
        ln_ratio += step;
        if ln_ratio.abs() > 30.0 {
            return Err(Undefined::NoFiniteHazardRatio);
        }
        if step.abs() < 1e-13 * (1.0 + ln_ratio.abs()) {
            break;
        }
    }
    let (_, information) = score(&steps, ln_ratio, ties);
    Ok(HazardRatio { ln_ratio, std_error: (1.0 / information).sqrt() })
}

fn score(steps: &[Instant], ln_ratio: f64, ties: Ties) -> (f64, f64) {
    let ratio = exp(ln_ratio);
    let (mut score, mut information) = (0.0, 0.0);
    for s in steps {
        let (treated, others) = (s.treated_at_risk * ratio, s.at_risk - s.treated_at_risk);
        score += s.treated_events;
        let mut add = |treated: f64, others: f64, times: f64| {
            let share = treated / (treated + others);
            score -= times * share;
            information += times * share * (1.0 - share);
        };
        match ties {
            Ties::Breslow => add(treated, others, s.events),
            // The d tied events leave the risk set one after the other, on average.
            Ties::Efron => {
                let (dt, dc) = (s.treated_events * ratio, s.events - s.treated_events);
                for k in 0..s.events as u64 {
                    let part = k as f64 / s.events;
                    add(treated - part * dt, others - part * dc, 1.0);
                }
            }
        }
    }
    (score, information)
}

/// The interval of S at a time on the complementary log-log scale, which stays inside 0..1
/// (Kalbfleisch and Prentice 1980). None before the first event.
pub fn survival_interval(curve: &Curve, time: f64, alpha: f64) -> Option<(f64, f64)> {
    let steps = curve.times.partition_point(|t| *t <= time);
    let (s, se) = (*curve.survival.get(steps.checked_sub(1)?)?, curve.std_error[steps - 1]);
    if s <= 0.0 || s >= 1.0 {
        return Some((s, s));
    }
    let log = -ln(s);
    let half = normal::two_sided(alpha) * se / (s * log);
    Some((exp(-log * exp(half)), exp(-log * exp(-half))))
}
