//! From a result to the report that people read.

use std::sync::Arc;

use pointsman_decision::{Snapshot, document::digest};
use pointsman_domain::{Currency, Instant, VariantId};
use pointsman_experiment::{
    analysis::{
        AnalysisResult, Because, Comparison, ExclusionReason, ExperimentResult, Finding, GuardrailState, Invalid,
        LiftResult, Outcome, Tested, Verdict, VerdictFor, anytime,
    },
    live::{LiveExperiment, State as Life, live_spec},
    spec::{Design, ExperimentSpec, MetricKind, Role},
    stats::{bayes::Better, survival::Curve},
};
use pointsman_report::{
    Cx, Day, Interval, Page, Role as Side,
    chart::Step,
    experiment::{
        Accounting, Analysis, ContactSteps, EffectRow, Exclusion, ExperimentReport, Look, MetricEffect, MetricMeasure,
        MetricRole, MetricStatus, Names, Record, SegmentEffect, Srm, TestResult, TestVerdict, page, record_sections,
    },
    part::{Document, DocumentKind, Provenance},
};
use pointsman_store::Reader;
use pointsman_workhours::Zone;

use super::{DeskError, look};

/// A report with everything it is made of.
#[derive(Debug)]
pub struct Reported {
    pub live: LiveExperiment,
    pub spec: ExperimentSpec,
    pub result: ExperimentResult,
    report: ExperimentReport,
    because: Vec<Because>,
    zone: Zone,
}

impl Reported {
    /// The page: result, then why, looks, history, methods.
    pub fn page(&self, other_language: Option<String>, cx: Cx) -> Page {
        let mut made = page(&self.report, other_language, cx);
        let record = Record { because: &self.because, live: Some(&self.live), spec: &self.spec, zone: &self.zone };
        made.sections.extend(record_sections(record, cx));
        made
    }
}

/// The report as of the last look; without one, of an empty table: what was not looked at is not told.
pub fn of_last_look(
    reader: &mut dyn Reader,
    snapshot: &Arc<Snapshot>,
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    now: Instant,
) -> Result<Reported, DeskError> {
    let lived = live_spec(spec, live.comparable_since());
    let result = match live.looks.last() {
        Some(last) => look::analyse(reader, snapshot, live, spec, last.at)?,
        None => pointsman_experiment::analysis::Analyzer::new(&lived).finish(),
    };
    let at = live.looks.last().map_or(now, |last| last.at);
    let treatment = live.winner.clone().filter(|w| result.comparisons.iter().any(|c| c.treatment == *w));
    let treatment = treatment.or_else(|| result.comparisons.first().map(|c| c.treatment.clone()));
    let because = treatment
        .as_ref()
        .filter(|_| !live.looks.is_empty())
        .and_then(|t| result.verdicts.iter().find(|v| v.variant == *t))
        .map_or_else(Vec::new, |v| v.because.clone());
    let report = report(live, &lived, &result, treatment.as_ref(), snapshot.currency, at);
    let zone = snapshot.home().clone();
    Ok(Reported { live: live.clone(), spec: lived, result, report, because, zone })
}

fn report(
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    result: &ExperimentResult,
    treatment: Option<&VariantId>,
    currency: Currency,
    at: Instant,
) -> ExperimentReport {
    let comparison = result.comparisons.iter().find(|c| Some(&c.treatment) == treatment);
    let control = spec.variants[spec.control].id.to_string();
    let variant = treatment.map_or_else(String::new, ToString::to_string);
    let analyses = || comparison.into_iter().flat_map(|c| &c.analyses);
    let deciding = analyses().find(|a| a.role == Role::Decision);
    ExperimentReport {
        names: Names { control, variant },
        test: test(live, spec, result, comparison, deciding, treatment, at),
        metrics: metrics(spec, comparison, result, treatment, currency),
        segments: analyses().find_map(segments).unwrap_or_default(),
        contact: analyses().find_map(contact).unwrap_or_default(),
        sla_minutes: None,
        provenance: provenance(live, at),
    }
}

fn tested(t: &Tested) -> Interval {
    Interval::new(t.estimate, t.low, t.high)
}

fn nothing() -> Interval {
    Interval::point(f64::NAN)
}

/// Levels of both variants, the effect, the naive effect.
pub(super) struct Effect {
    levels: [f64; 2],
    pub(super) effect: Interval,
    naive: Option<Interval>,
    relative: Option<Interval>,
}

pub(super) fn effect(analysis: &AnalysisResult) -> Option<Effect> {
    let level = |x: Option<f64>| x.unwrap_or(f64::NAN);
    let shown = |outcome: &Outcome<Tested>| outcome.ok().map(tested);
    let lift = |outcome: &Outcome<LiftResult>| {
        outcome.ok().map(|l| Interval::new(l.estimate, l.low.unwrap_or(f64::NAN), l.high.unwrap_or(f64::NAN)))
    };
    Some(match &analysis.finding {
        Finding::Means(m) => Effect {
            levels: [level(m.control), level(m.treatment)],
            effect: shown(&m.absolute).unwrap_or_else(nothing),
            naive: m.naive.as_ref().and_then(shown),
            relative: lift(&m.relative),
        },
        Finding::Clustered(c) => {
            let effect = shown(&c.absolute).unwrap_or_else(nothing);
            let base = c.control.filter(|base| *base != 0.0).map(f64::abs);
            Effect {
                levels: [level(c.control), level(c.treatment)],
                effect,
                naive: shown(&c.naive),
                relative: base.map(|b| Interval::new(effect.est / b, effect.lo / b, effect.hi / b)),
            }
        }
        Finding::Weighted(w) => {
            let estimate = w.difference.ok().map_or(f64::NAN, |d| d.estimate);
            let effect = w.anytime.ok().map_or_else(nothing, |a| Interval::new(estimate, a.low, a.high));
            let base = w.control.filter(|base| *base != 0.0).map(f64::abs);
            Effect {
                levels: [level(w.control), level(w.treatment)],
                effect,
                naive: shown(&w.naive),
                relative: base.map(|b| Interval::new(effect.est / b, effect.lo / b, effect.hi / b)),
            }
        }
        Finding::Survival(s) => Effect {
            levels: [s.control.restricted_mean.value, s.treatment.restricted_mean.value],
            effect: shown(&s.tested).unwrap_or_else(nothing),
            naive: None,
            relative: None,
        },
        Finding::Winsorised(w) => {
            let w = w.ok()?;
            Effect {
                levels: [w.control, w.treatment],
                effect: shown(&w.absolute).unwrap_or_else(nothing),
                naive: None,
                relative: lift(&w.relative),
            }
        }
        _ => return None,
    })
}

fn test(
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    result: &ExperimentResult,
    comparison: Option<&Comparison>,
    deciding: Option<&AnalysisResult>,
    treatment: Option<&VariantId>,
    at: Instant,
) -> TestResult {
    let found = deciding.and_then(effect);
    let mut analyses = Vec::new();
    if let Some(found) = &found {
        if let Some(naive) = found.naive {
            analyses.push(EffectRow { analysis: Analysis::Naive, effect: naive, trusted: false });
        }
        analyses.push(EffectRow { analysis: Analysis::ByUnit, effect: found.effect, trusted: true });
    }
    if let Some(valid) = deciding.and_then(|a| anytime(&a.finding)) {
        let estimate = found.as_ref().map_or(f64::NAN, |f| f.effect.est);
        let effect = Interval::new(estimate, valid.low, valid.high);
        analyses.push(EffectRow { analysis: Analysis::AlwaysValid, effect, trusted: true });
    }
    let levels = found.as_ref().map_or([f64::NAN; 2], |f| f.levels);
    let judged = result.verdicts.iter().find(|v| Some(&v.variant) == treatment);
    let faults: Vec<Invalid> = judged.iter().flat_map(|v| &v.because).filter_map(fault).collect();
    let count = |id: Option<&VariantId>| {
        result.variants.iter().find(|v| Some(&v.variant) == id).map_or((0, 0.0), |v| (v.exposed, v.weight))
    };
    let (control, treated) = (count(comparison.map(|c| &c.control)), count(treatment));
    let looks = live.looks.iter().filter(|l| Some(&l.variant) == treatment);
    TestResult {
        name: live.id.to_string(),
        hypothesis: spec.hypothesis.clone(),
        design: design(spec),
        from: Day::utc(live.started_at().unwrap_or(at)),
        until: Day::utc(at),
        verdict: verdict_of(live, spec, judged, at),
        control_rate: Interval::point(levels[0]),
        variant_rate: Interval::point(levels[1]),
        effect: found.as_ref().map_or_else(nothing, |f| f.effect),
        analyses,
        truth: None,
        looks: looks
            .filter_map(|l| {
                let effect = Interval::new(l.estimate?, l.low?, l.high?);
                Some(Look { unix_day: l.at.utc_day(), effect })
            })
            .collect(),
        switchback: None,
        accounting: accounting(result),
        srm: Srm {
            control: control.0,
            variant: treated.0,
            planned: treated.1 / (control.1 + treated.1),
            p_value: result.sample_ratio.ok().map_or(f64::NAN, |ratio| ratio.p_value),
            healthy: !faults.iter().any(is_of_split),
        },
        crossed_periods: None,
    }
}

/// How a test divides leads, as reports name it.
pub fn design(spec: &ExperimentSpec) -> pointsman_report::experiment::Design {
    use pointsman_report::experiment::Design as Word;
    match spec.design {
        Design::Lead => Word::LeadLevel,
        Design::Switchback { .. } => Word::Switchback,
        Design::BudgetSplit => Word::BudgetSplit,
        Design::Cluster { .. } => Word::Cluster,
    }
}

fn fault(because: &Because) -> Option<Invalid> {
    match because {
        Because::Invalid { why } => Some(*why),
        _ => None,
    }
}

/// Whether leads went elsewhere than was planned.
fn is_of_split(fault: &Invalid) -> bool {
    matches!(fault, Invalid::SampleRatio { .. } | Invalid::UnitsInZeroWeight { .. } | Invalid::UnknownVariants { .. })
}

/// A test that was planned for one look at its end shows no effect before it. A running one in which
/// a variant had no lead yet (a switchback's first period) has nothing to compare, and no fault.
fn verdict_of(live: &LiveExperiment, spec: &ExperimentSpec, judged: Option<&VerdictFor>, at: Instant) -> TestVerdict {
    let done = look::fraction(live, spec, at);
    let verdict = judged.map(|v| v.verdict);
    let early = verdict == Some(Verdict::KeepRunning) && spec.horizon.looks == 1 && done.is_some_and(|d| d < 1.0);
    let one_sided = judged.is_some_and(|v| v.because.contains(&Because::NothingToCompare));
    match verdict {
        Some(_) if one_sided && live.state == Life::Running && !live.looks.is_empty() => TestVerdict::TooSoon,
        Some(_) if live.looks.is_empty() || early => {
            let days = spec.horizon.days.unwrap_or(0.0) + spec.maturity.0 as f64 / 86_400e6;
            let gone = live.started_at().map_or(0.0, |start| (at - start).0 as f64 / 86_400e6);
            TestVerdict::Running { days_left: (days - gone).max(0.0).ceil() as u64 }
        }
        Some(Verdict::Ship) => TestVerdict::ShipVariant,
        Some(Verdict::DoNotShip) => TestVerdict::KeepControl,
        Some(Verdict::Invalid) => TestVerdict::Unhealthy,
        Some(Verdict::KeepRunning | Verdict::CannotTell) | None => TestVerdict::Undecided,
    }
}

fn accounting(result: &ExperimentResult) -> Accounting {
    let of = |wanted: &[ExclusionReason]| {
        result.accounting.excluded.iter().filter(|e| wanted.contains(&e.reason)).map(|e| e.rows).sum::<u64>()
    };
    let all: u64 = result.accounting.excluded.iter().map(|e| e.rows).sum();
    let burn_in = of(&[ExclusionReason::BurnedIn]);
    Accounting {
        exposed: result.accounting.exposed,
        matured: result.accounting.matured,
        pending: result.accounting.pending,
        excluded: vec![(Exclusion::BurnIn, burn_in), (Exclusion::Other, all - burn_in)],
    }
}

fn metrics(
    spec: &ExperimentSpec,
    comparison: Option<&Comparison>,
    result: &ExperimentResult,
    treatment: Option<&VariantId>,
    currency: Currency,
) -> Vec<MetricEffect> {
    let guardrails = result.verdicts.iter().find(|v| Some(&v.variant) == treatment).map(|v| &v.guardrails);
    let mut shown: Vec<MetricEffect> = Vec::new();
    for analysis in comparison.into_iter().flat_map(|c| &c.analyses) {
        let Some(metric) = spec.metrics.iter().find(|m| m.id == analysis.metric) else { continue };
        let Some(found) = effect(analysis) else { continue };
        if shown.iter().any(|m| m.name == analysis.metric.to_string()) {
            continue;
        }
        let state = guardrails.and_then(|g| g.iter().find(|g| g.metric == analysis.metric)).map(|g| g.state);
        let higher = metric.better == Better::Higher;
        let status = match (state, found.effect.excludes(0.0)) {
            (Some(GuardrailState::Harmed), _) => MetricStatus::Breached,
            (Some(GuardrailState::Held), _) => MetricStatus::WithinMargin,
            (_, true) if (found.effect.est > 0.0) == higher => MetricStatus::Better,
            (_, true) => MetricStatus::Worse,
            (_, false) => MetricStatus::Unclear,
        };
        shown.push(MetricEffect {
            name: analysis.metric.to_string(),
            role: match analysis.role {
                Role::Decision => MetricRole::Primary,
                Role::Guardrail => MetricRole::Guardrail,
                Role::Exploratory => MetricRole::Secondary,
            },
            measure: measure(&metric.kind, currency),
            control: found.levels[0],
            variant: found.levels[1],
            effect: found.effect,
            relative: found.relative.filter(|r| r.est.is_finite()),
            status,
        });
    }
    shown.sort_by_key(|m| m.role != MetricRole::Primary);
    shown
}

fn measure(kind: &MetricKind, currency: Currency) -> MetricMeasure {
    match kind {
        MetricKind::Binary { .. } => MetricMeasure::Share,
        MetricKind::TimeToEvent { .. } => MetricMeasure::Minutes,
        MetricKind::Mean { column } if column.as_str().starts_with("minutes") => MetricMeasure::Minutes,
        MetricKind::Mean { column } if column.as_str() == "value" => MetricMeasure::Money(currency),
        MetricKind::Mean { .. } | MetricKind::Ratio { .. } => MetricMeasure::Number,
    }
}

fn segments(analysis: &AnalysisResult) -> Option<Vec<SegmentEffect>> {
    let Finding::Stratified(stratified) = &analysis.finding else { return None };
    if analysis.role != Role::Decision {
        return None;
    }
    let name = |key: &pointsman_experiment::analysis::KeyValue| match key {
        pointsman_experiment::analysis::KeyValue::Number(n) => n.to_string(),
        pointsman_experiment::analysis::KeyValue::Text(text) => text.clone(),
    };
    let cell = |cell: &pointsman_experiment::analysis::Cell| {
        let effect = cell.effect.ok().map(tested)?;
        Some(SegmentEffect { segment: name(&cell.cell), leads: cell.units.iter().sum(), effect })
    };
    Some(stratified.cells.iter().filter_map(cell).collect())
}

fn contact(analysis: &AnalysisResult) -> Option<Vec<ContactSteps>> {
    let Finding::Survival(survival) = &analysis.finding else { return None };
    Some(vec![
        ContactSteps { role: Side::Control, steps: steps(&survival.control.curve) },
        ContactSteps { role: Side::Variant, steps: steps(&survival.treatment.curve) },
    ])
}

/// Shares still waiting with pointwise 95 % intervals.
fn steps(curve: &Curve) -> Vec<Step> {
    let points = curve.times.iter().zip(&curve.survival).zip(curve.std_error.iter().zip(&curve.at_risk));
    points
        .map(|((at, share), (se, open))| Step {
            at: *at,
            share: Interval::new(*share, (share - 1.96 * se).max(0.0), (share + 1.96 * se).min(1.0)),
            open: *open as u64,
        })
        .collect()
}

fn provenance(live: &LiveExperiment, at: Instant) -> Provenance {
    let mut documents = vec![Document {
        kind: DocumentKind::Experiment,
        name: live.id.to_string(),
        version: live.epochs.last().map_or_else(|| "draft".into(), |e| format!("epoch {}", e.number)),
        digest: live.frozen.as_ref().map_or_else(|| digest(live.spec.as_bytes()), |frozen| frozen.digest),
    }];
    for policy in live.frozen.iter().flat_map(|frozen| &frozen.policies) {
        documents.push(Document {
            kind: DocumentKind::Policy,
            name: policy.name.to_string(),
            version: policy.variant.to_string(),
            digest: digest(policy.body.as_bytes()),
        });
    }
    Provenance {
        engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
        documents,
        seeds: Vec::new(),
        command: format!("pointsman experiment report {} --as-of {at} --workspace DIR", live.id),
    }
}
