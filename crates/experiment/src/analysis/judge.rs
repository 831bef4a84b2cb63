//! What follows from a result: guardrails, looks and faults come before the effect.

use pointsman_domain::VariantId;

use crate::{
    spec::{Design, ExperimentSpec, MetricId, Role},
    special::normal,
    stats::{bayes::Better, group_sequential::GroupSequential, non_inferiority::WithinMargin, srm},
    undefined::Undefined,
};

use super::{
    looking::Looking,
    outcome::Outcome,
    result::{AnalysisResult, Anytime, Comparison, ExclusionReason, ExperimentResult, Finding},
    tuning::sequence,
    verdict::{Because, Guardrail, GuardrailState, Invalid, Look, Verdict, VerdictFor},
};

/// Below this p a period still feels the one before.
const CARRY_OVER_ALERT: f64 = 0.01;

/// A verdict for every variant but the control.
pub fn of(spec: &ExperimentSpec, result: &ExperimentResult, looking: &Looking) -> Vec<VerdictFor> {
    let faults = faults(spec, result);
    result.comparisons.iter().map(|c| verdict(spec, result, c, &faults, looking)).collect()
}

fn verdict(
    spec: &ExperimentSpec,
    result: &ExperimentResult,
    comparison: &Comparison,
    faults: &[Invalid],
    looking: &Looking,
) -> VerdictFor {
    let guardrails = guardrails(spec, comparison, looking);
    let one_sided = empty_variant(result, comparison);
    let mut faults = faults.to_vec();
    faults.extend(one_sided.filter(|_| !goes_on(looking)));
    let decision = decision(spec, comparison);
    let look = decision.as_ref().and_then(|d| look(spec, result, d.p, looking));
    let answer = |verdict, because| VerdictFor {
        variant: comparison.treatment.clone(),
        verdict,
        because,
        guardrails: guardrails.clone(),
        look,
    };
    if !faults.is_empty() {
        return answer(Verdict::Invalid, faults.into_iter().map(|why| Because::Invalid { why }).collect());
    }
    if one_sided.is_some() {
        return answer(Verdict::KeepRunning, vec![Because::NothingToCompare]);
    }
    let in_state = |state| guardrails.iter().filter(move |g| g.state == state).map(|g| g.metric.clone());
    let harmed: Vec<Because> =
        in_state(GuardrailState::Harmed).map(|metric| Because::GuardrailHarmed { metric }).collect();
    if !harmed.is_empty() {
        return answer(Verdict::DoNotShip, harmed);
    }
    let Some(decision) = decision else {
        return answer(Verdict::CannotTell, vec![not_computable(spec, comparison)]);
    };
    let Decision { metric, estimate, p, better, anytime_p } = decision;
    let crossed = match (looking, look) {
        (_, Some(look)) => look.z >= look.bound,
        // Nobody planned an end: only an interval that holds at every look may decide.
        (Looking::Anytime, None) => anytime_p.is_some_and(|p| p <= spec.alpha),
        (Looking::Planned { .. }, None) => false,
        (Looking::Complete, None) => p <= spec.alpha,
    };
    let unfinished = match (looking, look) {
        (_, Some(look)) => Some(look.fraction).filter(|f| *f < 1.0),
        (Looking::Planned { fraction, .. }, None) => Some(*fraction).filter(|f| *f < 1.0),
        (Looking::Anytime, None) => Some(f64::NAN),
        (Looking::Complete, None) => None,
    };
    if !crossed {
        let none = Because::NoDifference { metric, estimate, p };
        return match unfinished {
            Some(fraction) if fraction.is_finite() => {
                answer(Verdict::KeepRunning, vec![Because::NotThereYet { fraction }, none])
            }
            Some(_) => answer(Verdict::KeepRunning, vec![none]),
            None => answer(Verdict::CannotTell, vec![none]),
        };
    }
    if !better {
        return answer(Verdict::DoNotShip, vec![Because::Worse { metric, estimate, p }]);
    }
    let mut because = vec![Because::Better { metric, estimate, p }];
    let unclear: Vec<Because> =
        in_state(GuardrailState::Unclear).map(|metric| Because::GuardrailUnclear { metric }).collect();
    if unclear.is_empty() {
        return answer(Verdict::Ship, because);
    }
    because.extend(unclear);
    answer(if unfinished.is_some() { Verdict::KeepRunning } else { Verdict::CannotTell }, because)
}

struct Decision {
    metric: MetricId,
    estimate: f64,
    p: f64,
    better: bool,
    /// Of the confidence sequence, where the analysis has one.
    anytime_p: Option<f64>,
}

/// The first analysis of the decision metric that has an effect; its p adjusted over comparisons.
fn decision(spec: &ExperimentSpec, comparison: &Comparison) -> Option<Decision> {
    let analysis = comparison.analyses.iter().find(|a| a.role == Role::Decision)?;
    let (estimate, p) = estimate_and_p(&analysis.finding)?;
    let metric = spec.metrics.iter().find(|m| m.id == analysis.metric)?;
    let better = (estimate > 0.0) == (metric.better == Better::Higher);
    // Holm's factor, as far as it went, also widens what holds at every look.
    let factor = analysis.adjusted_p.filter(|_| p > 0.0).map_or(1.0, |adjusted| adjusted / p);
    let anytime_p = anytime(&analysis.finding).map(|a| (a.p_value * factor).min(1.0));
    let p = analysis.adjusted_p.unwrap_or(p);
    Some(Decision { metric: analysis.metric.clone(), estimate, p, better, anytime_p })
}

/// The interval that holds at every look, where the finding has one.
pub fn anytime(finding: &Finding) -> Option<&Anytime> {
    match finding {
        Finding::Means(m) => m.anytime.ok(),
        Finding::Clustered(c) => c.anytime.ok(),
        Finding::Weighted(w) => w.anytime.ok(),
        _ => None,
    }
}

fn not_computable(spec: &ExperimentSpec, comparison: &Comparison) -> Because {
    let analysis = comparison.analyses.iter().find(|a| a.role == Role::Decision);
    let metric = analysis.map_or_else(|| spec.metrics[0].id.clone(), |a| a.metric.clone());
    let why = analysis.and_then(|a| match &a.finding {
        Finding::Means(m) => refusal(&m.absolute),
        Finding::Clustered(c) => refusal(&c.absolute),
        Finding::Weighted(w) => refusal(&w.difference),
        Finding::Stratified(s) => refusal(&s.tested),
        Finding::Survival(s) => refusal(&s.tested),
        Finding::Winsorised(w) => refusal(w),
        Finding::Periods(p) => refusal(p),
        Finding::Paired(p) => refusal(p),
        Finding::Ranks(r) => refusal(r),
        Finding::Quantiles { quantiles } => quantiles.first().and_then(|q| refusal(&q.absolute)),
    });
    Because::NotComputable { metric, why }
}

fn refusal<T>(outcome: &Outcome<T>) -> Option<Undefined> {
    match outcome {
        Outcome::Ok(_) => None,
        Outcome::Undefined { reason } => Some(*reason),
    }
}

/// The effect and p-value that a finding decides by.
pub fn estimate_and_p(finding: &Finding) -> Option<(f64, f64)> {
    let of = |tested: &super::result::Tested| (tested.estimate, tested.p_value);
    match finding {
        Finding::Means(m) => m.absolute.ok().map(of),
        Finding::Clustered(c) => c.absolute.ok().map(of),
        Finding::Stratified(s) => s.tested.ok().map(of),
        Finding::Survival(s) => s.tested.ok().map(of),
        Finding::Winsorised(w) => w.ok()?.absolute.ok().map(of),
        Finding::Periods(p) => p.ok().map(|p| of(&p.tested)),
        Finding::Paired(p) => p.ok()?.absolute.ok().map(of),
        Finding::Quantiles { quantiles } => quantiles.first()?.absolute.ok().map(of),
        // Only the sequence's p holds after weights that followed the results.
        Finding::Weighted(w) => Some((w.difference.ok()?.estimate, w.anytime.ok()?.p_value)),
        Finding::Ranks(r) => r.ok().map(|r| (r.test.prob_superiority - 0.5, r.test.p_asymptotic)),
    }
}

/// One entry a guardrail metric: its first analysis with a margin.
fn guardrails(spec: &ExperimentSpec, comparison: &Comparison, looking: &Looking) -> Vec<Guardrail> {
    let mut guardrails: Vec<Guardrail> = Vec::new();
    for analysis in comparison.analyses.iter().filter(|a| a.role == Role::Guardrail) {
        if !guardrails.iter().any(|g| g.metric == analysis.metric) {
            guardrails.extend(guardrail(spec, analysis, looking));
        }
    }
    guardrails
}

fn guardrail(spec: &ExperimentSpec, analysis: &AnalysisResult, looking: &Looking) -> Option<Guardrail> {
    let against_margin = match &analysis.finding {
        Finding::Means(m) => m.margin,
        Finding::Clustered(c) => c.margin,
        Finding::Stratified(s) => s.margin,
        Finding::Survival(s) => s.margin,
        Finding::Weighted(w) => w.margin,
        _ => return None,
    };
    let moved = matches!(analysis.finding, Finding::Weighted(_));
    let state = match (against_margin.as_ref().and_then(Outcome::ok), looking) {
        (None, _) => GuardrailState::Unclear,
        (Some(m), Looking::Complete) if !moved => state_once(m, spec.alpha),
        (Some(m), _) => state_at_any_look(m, spec, analysis),
    };
    Some(Guardrail { metric: analysis.metric.clone(), state, against_margin })
}

fn state_once(margin: &WithinMargin, alpha: f64) -> GuardrailState {
    match margin {
        m if m.noninferior => GuardrailState::Held,
        // H₀ "at least as bad as the margin" would be rejected in the other direction.
        m if m.p_noninferiority > 1.0 - alpha => GuardrailState::Harmed,
        _ => GuardrailState::Unclear,
    }
}

/// By the one-sided confidence sequence: a guardrail is looked at every day, and must neither stop
/// a harmless test nor miss a harmful one for it.
fn state_at_any_look(margin: &WithinMargin, spec: &ExperimentSpec, analysis: &AnalysisResult) -> GuardrailState {
    // (estimate − margin)/se, read back from its p-value.
    let distance = normal::upper_quantile(margin.p_noninferiority);
    let units = match &analysis.finding {
        Finding::Clustered(c) => c.absolute.ok().and_then(|t| t.df).map_or(0.0, |df| df + 1.0),
        Finding::Weighted(w) => w.units as f64,
        _ => analysis.units.iter().sum::<u64>() as f64,
    };
    let sequence = sequence(spec, matches!(analysis.finding, Finding::Clustered(_)));
    let width = sequence.one_sided_width(1.0, units);
    match distance {
        d if d >= width => GuardrailState::Held,
        d if d <= -width => GuardrailState::Harmed,
        _ => GuardrailState::Unclear,
    }
}

/// The bound at this fraction: planned looks before it are taken as held.
fn look(spec: &ExperimentSpec, result: &ExperimentResult, p: f64, looking: &Looking) -> Option<Look> {
    if spec.adaptive.is_some() {
        return None;
    }
    let by_units = spec.horizon.units.map(|planned| result.accounting.matured as f64 / planned as f64);
    let (by_time, taken) = match looking {
        Looking::Planned { fraction, before } => (Some(*fraction), Some(before)),
        Looking::Complete | Looking::Anytime => (None, None),
    };
    let fraction = by_units.or(by_time)?.min(1.0);
    if fraction <= 0.0 {
        return None;
    }
    let looks = f64::from(spec.horizon.looks);
    let planned: Vec<f64> = (1..=spec.horizon.looks).map(|k| f64::from(k) / looks).collect();
    // Every look spends, also one that nobody planned.
    let mut fractions: Vec<f64> = taken.unwrap_or(&planned).iter().copied().filter(|t| *t < fraction - 1e-9).collect();
    fractions.sort_unstable_by(f64::total_cmp);
    fractions.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    fractions.push(fraction);
    let plan = GroupSequential::plan(&fractions, spec.alpha, spec.horizon.spending).ok()?;
    Some(Look { fraction, z: normal::upper_quantile(p / 2.0), bound: *plan.z_bounds.last()? })
}

fn faults(spec: &ExperimentSpec, result: &ExperimentResult) -> Vec<Invalid> {
    let mut faults = Vec::new();
    if let Some(ratio) = result.sample_ratio.ok() {
        // Below five expected units χ² does not hold; the sequential test does.
        let p = if ratio.min_expected < 5.0 { ratio.sequential_p } else { ratio.p_value };
        if p < srm::ALERT {
            faults.push(Invalid::SampleRatio { p });
        }
        if ratio.units_in_zero_weight > 0 {
            faults.push(Invalid::UnitsInZeroWeight { units: ratio.units_in_zero_weight });
        }
    }
    for excluded in &result.accounting.excluded {
        match excluded.reason {
            ExclusionReason::UnknownVariant => faults.push(Invalid::UnknownVariants { rows: excluded.rows }),
            ExclusionReason::OutcomeBeforeExposure => {
                faults.push(Invalid::OutcomeBeforeExposure { rows: excluded.rows });
            }
            _ => {}
        }
    }
    let carried = result.comparisons.iter().flat_map(|c| &c.analyses).filter_map(|a| match &a.finding {
        Finding::Periods(p) => p.ok()?.carry_over.ok().map(|t| t.p_value),
        _ => None,
    });
    if let Some(p) = carried.min_by(f64::total_cmp).filter(|p| *p < CARRY_OVER_ALERT) {
        faults.push(Invalid::CarryOver { p });
    }
    if matches!(spec.design, Design::Cluster { .. } | Design::Switchback { .. }) {
        let crossing = result.comparisons.iter().flat_map(|c| &c.analyses).filter_map(|a| match &a.finding {
            Finding::Clustered(c) => c.details.ok().map(|d| d.crossing),
            _ => None,
        });
        if let Some(clusters) = crossing.max().filter(|c| *c > 0) {
            faults.push(Invalid::CrossingClusters { clusters });
        }
    }
    faults
}

/// Whether units are still to come.
fn goes_on(looking: &Looking) -> bool {
    match looking {
        Looking::Complete => false,
        Looking::Planned { fraction, .. } => *fraction < 1.0,
        Looking::Anytime => true,
    }
}

fn empty_variant(result: &ExperimentResult, comparison: &Comparison) -> Option<Invalid> {
    let empty = |id: &VariantId| result.variants.iter().any(|v| v.variant == *id && v.exposed == 0);
    (empty(&comparison.control) || empty(&comparison.treatment)).then_some(Invalid::EmptyVariant)
}
