//! How long a test takes here, and what it can show.

use std::collections::BTreeMap;

use pointsman_experiment::{
    live::live_number,
    moments::{CoMoments, Moments},
    plan::{DesignCost, Groups, Outlook, Past as PastMetric, PastLevel, metric::Baseline, outlook as outlook_on},
    spec::{Design, ExperimentSpec, Metric, MetricKind},
    stats::ratio,
    undefined::Undefined,
};

use super::{advice::unit_value, past::Past};

/// The outlook of a specification on past leads of its segment's company.
pub fn outlook_of(past: &Past, spec: &ExperimentSpec) -> Outlook {
    let days = ((past.until - past.from).0 as f64 / pointsman_domain::Micros::DAY.0 as f64).max(1.0);
    let per_day = past.leads.len() as f64 / days;
    let metrics: Vec<PastMetric> = spec.metrics.iter().map(|metric| level(past, spec, metric)).collect();
    outlook_on(spec, per_day, &metrics)
}

fn level(past: &Past, spec: &ExperimentSpec, metric: &Metric) -> PastMetric {
    let number = |column: &pointsman_experiment::spec::ColumnName, lead| {
        live_number(lead, column.as_str(), spec.maturity, past.until)
    };
    let ripe = past.leads.iter().map(|p| &p.lead).filter(|lead| lead.exposed_at + spec.maturity <= past.until);
    let mut all = Moments::default();
    let mut pairs: Vec<[f64; 2]> = Vec::new();
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for lead in ripe {
        let value = match &metric.kind {
            MetricKind::Binary { column } | MetricKind::Mean { column } => number(column, lead),
            MetricKind::TimeToEvent { event, .. } => number(event, lead),
            MetricKind::Ratio { numerator, denominator } => {
                pairs.push([number(numerator, lead), number(denominator, lead)]);
                number(numerator, lead)
            }
        };
        if value.is_finite() {
            all = all.merge(Moments::of(&[value]));
            if let Some(group) = group_of(lead, spec) {
                groups.entry(group).or_default().push(value);
            }
        }
    }
    let groups: Vec<Moments> = groups.values().map(|values| Moments::of(values)).collect();
    let level = match &metric.kind {
        _ if all.n < 2.0 => Err(Undefined::NoUnits),
        MetricKind::Binary { .. } if all.mean <= 0.0 || all.mean >= 1.0 => Err(Undefined::ZeroVariance),
        MetricKind::Binary { .. } => Ok(PastLevel::Baseline(Baseline::Rate(all.mean))),
        MetricKind::Mean { .. } => {
            Ok(PastLevel::Baseline(Baseline::Mean { mean: all.mean, sd: (all.ss / (all.n - 1.0)).sqrt() }))
        }
        MetricKind::Ratio { .. } => {
            ratio::sample(&CoMoments::of(&pairs)).map(|sample| PastLevel::Baseline(Baseline::from(sample)))
        }
        MetricKind::TimeToEvent { .. } if all.mean <= 0.0 => Err(Undefined::NoEvents),
        MetricKind::TimeToEvent { .. } => Ok(PastLevel::Events { share: all.mean }),
    };
    PastMetric { metric: metric.id.clone(), role: metric.role, level, cost: cost(spec, &groups) }
}

/// What is randomised together.
fn group_of(lead: &pointsman_experiment::live::ExposedLead, spec: &ExperimentSpec) -> Option<String> {
    match &spec.design {
        Design::Lead | Design::BudgetSplit => Some(lead.unit.to_string()),
        Design::Cluster { unit } => unit_value(lead, unit),
        Design::Switchback { unit, period, .. } => {
            let minutes = i64::from(lead.exposed_local.day) * 1440 + i64::from(lead.exposed_local.minute);
            let length = (period.0 / pointsman_domain::Micros::MINUTE.0).max(1);
            Some(format!("{}\u{1f}{}", unit_value(lead, unit)?, minutes.div_euclid(length)))
        }
    }
}

fn cost(spec: &ExperimentSpec, groups: &[Moments]) -> DesignCost {
    match (&spec.design, Groups::of(groups)) {
        (Design::Switchback { period, burn_in, burn_out, .. }, Some(groups)) => {
            let kept = 1.0 - (burn_in.0 + burn_out.0) as f64 / period.0.max(1) as f64;
            groups.as_periods(kept.clamp(0.01, 1.0))
        }
        (Design::Lead | Design::Cluster { .. }, Some(groups)) => groups.cost(),
        // A rep's two halves are taken as unrelated: nothing in the past tells how alike they are.
        (Design::BudgetSplit, _) => DesignCost::Paired { correlation: 0.0 },
        (_, None) => DesignCost::Independent,
    }
}
