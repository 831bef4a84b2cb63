//! From what was kept to findings.

mod cells;
mod means;
mod ranked;
mod weighted;

use crate::{
    spec::{Analysis, ColumnName, Design, Method, Metric, Role},
    special::normal,
    stats::{
        bayes::Better,
        effect::{Effect, Scale},
        lift::LiftMethod,
        mann_whitney,
        multiplicity::{self, Adjustment},
        non_inferiority::{self, WithinMargin},
        ratio,
        sequential::ConfidenceSequence,
        srm,
    },
    undefined::Undefined,
};

use super::{
    accumulate::Kept,
    gathered::Gathered,
    judge,
    outcome::Outcome,
    result::{
        Accounting, AnalysisResult, Anytime, Comparison, Excluded, ExclusionReason, ExperimentResult, Finding,
        LiftResult, RanksResult, Tested, VariantCount,
    },
    tuning::sequence,
};

/// Seed of what is drawn: a result must not change from run to run.
const SEED: u64 = 0x706f_696e_7473_6d61;

pub fn result(gathered: &Gathered) -> ExperimentResult {
    let spec = &gathered.spec;
    let counts = &gathered.counts;
    let excluded = ExclusionReason::ALL
        .into_iter()
        .map(|reason| Excluded { reason, rows: counts.excluded[reason as usize] })
        .filter(|e| e.rows > 0)
        .collect();
    let accounting = Accounting {
        exposed: counts.exposed,
        matured: counts.matured_of.iter().sum(),
        pending: counts.pending,
        excluded,
    };
    let variants = spec
        .variants
        .iter()
        .zip(counts.exposed_of.iter().zip(&counts.matured_of))
        .map(|(v, (exposed, matured))| VariantCount {
            variant: v.id.clone(),
            weight: v.weight,
            exposed: *exposed,
            matured: *matured,
        })
        .collect();
    let sample_ratio = match spec.adaptive {
        Some(_) => weighted::sample_ratio(gathered),
        None => srm::test(&randomised(gathered), &spec.weights(), 1.0),
    }
    .into();
    let weighing = spec.adaptive.map(|rules| weighted::weighing(gathered, &rules).into());
    let mut comparisons: Vec<Comparison> = (0..spec.variants.len())
        .filter(|treatment| *treatment != spec.control)
        .map(|treatment| compare(gathered, treatment))
        .collect();
    adjust(&mut comparisons);
    let mut result = ExperimentResult {
        format: 1,
        experiment: spec.id.clone(),
        design: spec.design.clone(),
        alpha: spec.alpha,
        accounting,
        variants,
        sample_ratio,
        comparisons,
        verdicts: Vec::new(),
        weighing,
    };
    result.verdicts = judge::of(spec, &result, &gathered.looking);
    result
}

/// What was randomised, by variant: rows, or the clusters of the randomised column where rows come
/// in those. Rows of a switchback vary with its periods, far more than a draw of rows would.
fn randomised(gathered: &Gathered) -> Vec<u64> {
    let spec = &gathered.spec;
    let is_unit = |by: &ColumnName| match spec.design {
        Design::Switchback { .. } | Design::Cluster { .. } => true,
        Design::Lead => spec.data.unit.as_ref() == Some(by),
        Design::BudgetSplit => false,
    };
    let clustered = spec.analyses.iter().position(|a| matches!(&a.method, Method::Clustered { by } if is_unit(by)));
    let cells = clustered.map(|at| (at, &gathered.accumulator(at).kept));
    let Some((at, Kept::Cells(cells))) = cells else { return gathered.counts.exposed_of.clone() };
    let codes = gathered.names(at).len();
    let clusters = |variant| (0..codes).filter(|code| cells.moments(*code, variant).n > 0.0).count() as u64;
    (0..spec.variants.len()).map(clusters).collect()
}

fn compare(gathered: &Gathered, treatment: usize) -> Comparison {
    let spec = &gathered.spec;
    let analyses = (0..spec.analyses.len()).map(|i| analyse(gathered, i, treatment)).collect();
    Comparison {
        control: spec.variants[spec.control].id.clone(),
        treatment: spec.variants[treatment].id.clone(),
        analyses,
    }
}

/// What an analysis needs to know of its surroundings.
struct Context<'a> {
    gathered: &'a Gathered,
    index: usize,
    analysis: &'a Analysis,
    metric: &'a Metric,
    pair: [usize; 2],
    alpha: f64,
    sequence: ConfidenceSequence,
}

fn analyse(gathered: &Gathered, index: usize, treatment: usize) -> AnalysisResult {
    let spec = &gathered.spec;
    let analysis = &spec.analyses[index];
    let context = Context {
        gathered,
        index,
        analysis,
        metric: spec.metric(analysis),
        pair: [spec.control, treatment],
        alpha: spec.alpha,
        sequence: sequence(spec, matches!(analysis.method, Method::Clustered { .. })),
    };
    let accumulator = gathered.accumulator(index);
    let units = context.pair.map(|v| units(&accumulator.kept, v, gathered.names(index).len()));
    AnalysisResult {
        analysis: analysis.id.clone(),
        metric: context.metric.id.clone(),
        role: context.metric.role,
        method: analysis.method.clone(),
        units,
        missing: context.pair.map(|v| accumulator.missing[v]),
        adjusted_p: None,
        finding: context.finding(&accumulator.kept),
    }
}

fn units(kept: &Kept, variant: usize, codes: usize) -> u64 {
    match kept {
        Kept::One(m) => m[variant].n as u64,
        Kept::Two(m) => m[variant].n as u64,
        Kept::Cells(cells) => (0..codes).map(|code| cells.moments(code, variant).n as u64).sum(),
        Kept::Weighted(cells) => cells.plain[variant].n as u64,
        Kept::Values(values) | Kept::Times(values) => values[variant].len() as u64,
    }
}

fn tested(effect: &Effect, alpha: f64) -> Tested {
    let interval = effect.interval(alpha);
    Tested {
        estimate: effect.estimate,
        std_error: effect.std_error,
        df: Some(effect.df),
        statistic: effect.t(),
        p_value: effect.p_two_sided(),
        low: interval.low,
        high: interval.high,
    }
}

/// An effect tested by the normal distribution.
fn tested_normal(estimate: f64, std_error: f64, alpha: f64) -> Result<Tested, Undefined> {
    if std_error.is_nan() || std_error <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    let (z, half) = (estimate / std_error, normal::two_sided(alpha) * std_error);
    Ok(Tested {
        estimate,
        std_error,
        df: None,
        statistic: z,
        p_value: (2.0 * normal::sf(z.abs())).min(1.0),
        low: estimate - half,
        high: estimate + half,
    })
}
impl Context<'_> {
    fn finding(&self, kept: &Kept) -> Finding {
        let [c, t] = self.pair;
        match (&self.analysis.method, kept) {
            (Method::Difference { lift }, Kept::One(m)) => Finding::Means(Box::new(self.difference(m[c], m[t], *lift))),
            (Method::Difference { lift }, Kept::Two(m)) => {
                Finding::Means(Box::new(self.means(ratio::sample(&m[c]), ratio::sample(&m[t]), *lift)))
            }
            (Method::Difference { lift }, Kept::Cells(cells)) => Finding::Means(Box::new(self.by_epoch(cells, *lift))),
            (Method::Adjusted { lift, .. }, Kept::Two(m)) => {
                Finding::Means(Box::new(self.adjusted(&m[c], &m[t], *lift)))
            }
            (Method::Clustered { .. }, Kept::Cells(cells)) => Finding::Clustered(Box::new(self.clustered(cells))),
            (Method::Stratified { .. }, Kept::Cells(cells)) => Finding::Stratified(Box::new(self.stratified(cells))),
            (Method::Quantiles { levels }, Kept::Values(values)) => {
                Finding::Quantiles { quantiles: self.quantiles(&values[c], &values[t], levels) }
            }
            (Method::Winsorised { percentile, of }, Kept::Values(values)) => {
                Finding::Winsorised(self.winsorised(&values[c], &values[t], *percentile, *of).into())
            }
            (Method::Survival { restrict }, Kept::Times(times)) => {
                Finding::Survival(Box::new(self.survival(&times[c], &times[t], *restrict)))
            }
            (Method::Periods { lag, .. }, Kept::Cells(cells)) => Finding::Periods(self.periods(cells, *lag).into()),
            (Method::Paired { .. }, Kept::Cells(cells)) => Finding::Paired(self.paired(cells).into()),
            (Method::Weighted { .. }, Kept::Weighted(cells)) => Finding::Weighted(Box::new(self.weighted(cells))),
            // The layout gives every other method the values of one column.
            (_, Kept::Values(values)) => {
                let test = mann_whitney::test(&values[c], &values[t]).map(|test| RanksResult { test });
                Finding::Ranks(test.into())
            }
            _ => Finding::Ranks(Outcome::Undefined { reason: Undefined::NoUnits }),
        }
    }

    fn anytime(&self, effect: &Effect, units: f64) -> Anytime {
        let interval = self.sequence.interval(effect.estimate, effect.std_error, units);
        Anytime {
            low: interval.low,
            high: interval.high,
            p_value: self.sequence.p_value(effect.estimate, effect.std_error, units),
        }
    }

    /// The effect against the metric's margin, turned so that higher is better.
    fn margin(
        &self,
        absolute: &Result<Effect, Undefined>,
        relative: &Result<Effect, Undefined>,
    ) -> Option<Outcome<WithinMargin>> {
        let margin = self.metric.margin?;
        let effect = match margin.scale {
            Scale::Absolute => absolute,
            Scale::Relative => relative,
        };
        let answer = effect.map(|e| {
            let sign = if self.metric.better == Better::Higher { 1.0 } else { -1.0 };
            let turned = Effect { estimate: sign * e.estimate, ..e };
            non_inferiority::within_margin(&turned, -margin.size, self.alpha)
        });
        Some(answer.into())
    }
}

fn delta_result(effect: &Effect, alpha: f64) -> LiftResult {
    let interval = effect.interval(alpha);
    LiftResult {
        estimate: effect.estimate,
        method: LiftMethod::Delta,
        std_error: Some(effect.std_error),
        df: Some(effect.df),
        p_value: Some(effect.p_two_sided()),
        low: Some(interval.low),
        high: Some(interval.high),
    }
}

/// An absolute effect in shares of a base that is taken as known: for margins of clustered effects,
/// where the base's own error is small beside the effect's.
fn relative_to(effect: &Effect, base: f64) -> Result<Effect, Undefined> {
    if base == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    Ok(Effect { estimate: effect.estimate / base.abs(), std_error: effect.std_error / base.abs(), df: effect.df })
}

/// Holm over the decision metrics' comparisons, Benjamini–Hochberg over the others'. Several
/// analyses of one metric in one comparison are one question: the first of them counts.
fn adjust(comparisons: &mut [Comparison]) {
    for (decision, how) in [(true, Adjustment::Holm), (false, Adjustment::BenjaminiHochberg)] {
        let mut family: Vec<(usize, usize, f64)> = Vec::new();
        for (c, comparison) in comparisons.iter().enumerate() {
            let mut seen = Vec::new();
            for (a, analysis) in comparison.analyses.iter().enumerate() {
                if (analysis.role == Role::Decision) != decision || seen.contains(&&analysis.metric) {
                    continue;
                }
                if let Some((_, p)) = judge::estimate_and_p(&analysis.finding) {
                    seen.push(&analysis.metric);
                    family.push((c, a, p));
                }
            }
        }
        let p_values: Vec<f64> = family.iter().map(|f| f.2).collect();
        for ((c, a, _), adjusted) in family.iter().zip(multiplicity::adjust(&p_values, how)) {
            comparisons[*c].analyses[*a].adjusted_p = Some(adjusted);
        }
    }
}
