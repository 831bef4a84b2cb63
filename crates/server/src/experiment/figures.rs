//! What analysts read of an experiment (`rpt_experiment_v1`): one row a metric and variant, as of a
//! look, with where the experiment stands. Written when it is looked at, and at every step after.

use pointsman_domain::VariantId;
use pointsman_experiment::{
    analysis::{ExperimentResult, Verdict},
    live::{LiveExperiment, State},
    spec::{Design, ExperimentSpec, Role},
};
use pointsman_store::{
    Reports, StoreError,
    reports::{ExperimentFigure, ExperimentStanding},
    statements::Statements,
};

use super::report::effect;

/// Keeps what a look found.
pub fn keep(
    statements: &mut dyn Statements,
    live: &LiveExperiment,
    spec: &ExperimentSpec,
    result: &ExperimentResult,
) -> Result<(), StoreError> {
    Reports::new(statements).keep_experiment(&standing(live, spec), &figures(result))
}

/// Keeps where an experiment stands after a step.
pub fn stands(statements: &mut dyn Statements, live: &LiveExperiment, spec: &ExperimentSpec) -> Result<(), StoreError> {
    Reports::new(statements).experiment_stands(&standing(live, spec))
}

fn standing(live: &LiveExperiment, spec: &ExperimentSpec) -> ExperimentStanding {
    let decided = live.history.iter().find(|event| event.to == State::Decided);
    ExperimentStanding {
        id: live.id.clone(),
        design: match spec.design {
            Design::Lead => "lead",
            Design::Switchback { .. } => "switchback",
            Design::BudgetSplit => "budget",
            Design::Cluster { .. } => "cluster",
        },
        state: live.state.as_str(),
        started_at: live.started_at(),
        decided_at: decided.map(|event| event.at),
    }
}

/// The first analysis of each metric that gives an effect: the one that decides, where the metric does.
fn figures(result: &ExperimentResult) -> Vec<ExperimentFigure> {
    let units = |variant: &VariantId| {
        result.variants.iter().find(|count| count.variant == *variant).map_or(0, |count| count.matured)
    };
    let mut figures: Vec<ExperimentFigure> = Vec::new();
    for comparison in &result.comparisons {
        let verdict = result.verdicts.iter().find(|verdict| verdict.variant == comparison.treatment);
        for analysis in &comparison.analyses {
            let metric = analysis.metric.as_str();
            let known = |figure: &ExperimentFigure| &*figure.metric == metric && figure.variant == comparison.treatment;
            let Some(found) = effect(analysis).filter(|_| !figures.iter().any(known)) else { continue };
            let finite = |number: f64| number.is_finite().then_some(number);
            figures.push(ExperimentFigure {
                metric: metric.into(),
                variant: comparison.treatment.clone(),
                control: comparison.control.clone(),
                is_primary: analysis.role == Role::Decision,
                verdict: verdict.map(|verdict| word(verdict.verdict)),
                n_control: units(&comparison.control),
                n_variant: units(&comparison.treatment),
                effect: finite(found.effect.est),
                low: finite(found.effect.lo),
                high: finite(found.effect.hi),
            });
        }
    }
    figures
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ship => "ship",
        Verdict::DoNotShip => "do_not_ship",
        Verdict::KeepRunning => "keep_running",
        Verdict::CannotTell => "cannot_tell",
        Verdict::Invalid => "invalid",
    }
}
