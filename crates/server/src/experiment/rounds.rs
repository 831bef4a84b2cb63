//! The daily round: every running experiment is looked at once a day, so that a harmed guardrail
//! pauses it without anybody watching, and the effect has a course over time.

use std::{sync::Arc, time::Duration};

use opentelemetry::KeyValue;
use pointsman_domain::{ExperimentId, Instant, Micros};
use pointsman_experiment::{
    live::{LiveExperiment, State as Life},
    spec::ExperimentSpec,
};

use crate::{api::experiments::take_look, state::State, traces};

/// How often it is asked whether a look is due.
const EVERY: Duration = Duration::from_secs(600);
/// Who looks.
pub const BY: &str = "daily round";

/// Runs until it is aborted.
pub async fn run(state: Arc<State>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        for id in due(&state) {
            let about = || vec![KeyValue::new("pointsman.experiment_id", id.to_string())];
            let part = state.traces.as_ref().map(|traces| traces.part("look at experiment", about()));
            if let Err(problem) = traces::whole(part, take_look(&state, &id, BY)).await {
                tracing::warn!(experiment = %id, ?problem, "the daily look failed");
            }
        }
    }
}

fn due(state: &State) -> Vec<ExperimentId> {
    let Ok(snapshot) = state.live() else { return Vec::new() };
    let now = state.now();
    let trials = snapshot.trials.iter().filter(|trial| is_due(&trial.live, &trial.spec, now));
    trials.map(|trial| trial.live.id.clone()).collect()
}

/// A day after the last look, or after the start; sooner where weights move more often.
fn is_due(live: &LiveExperiment, spec: &ExperimentSpec, now: Instant) -> bool {
    let last = live.looks.last().map(|look| look.at).or_else(|| live.started_at());
    let every = spec.adaptive.map_or(Micros::DAY, |rules| rules.every.min(Micros::DAY));
    live.state == Life::Running && last.is_some_and(|last| now - last >= every)
}
