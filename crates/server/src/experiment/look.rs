//! A look at the effect: from what is stored to the result, and what is written down of it.

use pointsman_decision::Snapshot;
use pointsman_domain::{Instant, Micros};
use pointsman_experiment::{
    analysis::{Analyzer, ExperimentResult, GuardrailState, Looking, anytime, estimate_and_p},
    live::{LiveExperiment, LiveTable, LookRecord, Routing, State, live_spec},
    spec::{Design, ExperimentSpec, Role},
};
use pointsman_store::{Reader, backend::Courses};

use super::{DeskError, past::as_of};

/// Analyses what was known at `at`: the same instant gives the same result for ever.
pub fn analyse(
    reader: &mut dyn Reader,
    snapshot: &Snapshot,
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    at: Instant,
) -> Result<ExperimentResult, DeskError> {
    let lived = live_spec(spec, live.comparable_since());
    let routing = matches!(spec.design, Design::Switchback { .. }).then(|| Routing::compile(live, spec)).transpose()?;
    let mut analyzer = Analyzer::new(&lived).looking(looking(live, spec, at));
    let mut table = LiveTable::new(&analyzer, routing.as_ref(), spec.maturity, at)?;
    let mut fault = None;
    reader.courses(Courses::Of(&live.id), &mut |course| {
        if let Some(lead) = as_of(course, snapshot, at)
            && fault.is_none()
        {
            fault = table.push(&lead, &mut analyzer).err();
        }
    })?;
    match fault {
        Some(fault) => Err(fault.into()),
        None => {
            table.flush(&mut analyzer)?;
            let mut result = analyzer.finish();
            if spec.adaptive.is_some() {
                live.latch(&mut result, at);
            }
            Ok(result)
        }
    }
}

/// How far a planned test is: leads are only counted once they matured, so time starts to count
/// one maturity window late.
pub fn fraction(live: &LiveExperiment, spec: &ExperimentSpec, at: Instant) -> Option<f64> {
    let (start, days) = (live.started_at()?, spec.horizon.days?);
    let counted = (at - start).0 - spec.maturity.0;
    Some((counted as f64 / (days * Micros::DAY.0 as f64)).clamp(0.0, 1.0))
}

fn looking(live: &LiveExperiment, spec: &ExperimentSpec, at: Instant) -> Looking {
    if spec.adaptive.is_some() {
        return Looking::Anytime;
    }
    match fraction(live, spec, at) {
        None if spec.horizon.units.is_none() => Looking::Anytime,
        fraction_now => {
            let units = spec.horizon.units;
            let of = |look: &LookRecord| match units {
                Some(planned) => Some(look.matured as f64 / planned as f64),
                None => fraction(live, spec, look.at),
            };
            let before = live.looks.iter().filter(|look| look.at < at).filter_map(of).filter(|f| *f > 0.0).collect();
            Looking::Planned { fraction: fraction_now.unwrap_or(0.0), before }
        }
    }
}

/// What is written down of a look, one row a variant.
pub fn records(spec: &ExperimentSpec, result: &ExperimentResult, at: Instant, by: &str) -> Vec<LookRecord> {
    let row = |comparison: &pointsman_experiment::analysis::Comparison| {
        let verdict = result.verdicts.iter().find(|v| v.variant == comparison.treatment)?;
        let deciding = comparison.analyses.iter().find(|a| a.role == Role::Decision);
        let interval = deciding.and_then(|a| anytime(&a.finding));
        let harmed = verdict.guardrails.iter().filter(|g| g.state == GuardrailState::Harmed);
        Some(LookRecord {
            at,
            by: by.into(),
            variant: comparison.treatment.clone(),
            metric: deciding.map_or_else(|| spec.metrics[0].id.clone(), |a| a.metric.clone()),
            exposed: result.accounting.exposed,
            matured: result.accounting.matured,
            estimate: deciding.and_then(|a| estimate_and_p(&a.finding)).map(|(estimate, _)| estimate),
            low: interval.map(|i| i.low).filter(|x| x.is_finite()),
            high: interval.map(|i| i.high).filter(|x| x.is_finite()),
            verdict: verdict.verdict,
            harmed: harmed.map(|g| g.metric.clone()).collect(),
        })
    };
    result.comparisons.iter().filter_map(row).collect()
}

/// Looks, writes the look down, and pauses a running test whose guardrail was harmed.
pub fn looked(
    reader: &mut dyn Reader,
    snapshot: &Snapshot,
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    at: Instant,
    by: &str,
) -> Result<(ExperimentResult, LiveExperiment), DeskError> {
    let result = analyse(reader, snapshot, live, spec, at)?;
    let records = records(spec, &result, at, by);
    let mut harmed: Vec<String> = records.iter().flat_map(|r| r.harmed.iter().map(ToString::to_string)).collect();
    harmed.sort();
    harmed.dedup();
    let mut next = live.looked(records)?;
    if !harmed.is_empty() && live.state == State::Running {
        let reason = format!("guardrail harmed: {}", harmed.join(", "));
        next = next.pause(at, "pointsman", &reason)?;
    }
    if let Some(rules) = &spec.adaptive {
        next = next.adapted(rules, &result, at)?;
    }
    Ok((result, next))
}
