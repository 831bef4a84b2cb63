//! Tests whose weights follow the results: what a look changes, and what it never changes again.

use pointsman_domain::Instant;

use crate::{
    analysis::{Because, ExperimentResult, Outcome, Verdict, VerdictFor, Weighing},
    spec::Adaptive,
};

use super::{LifecycleError, LiveExperiment, LookRecord, State};

/// Who moves weights and stops.
const BY: &str = "pointsman";

impl LiveExperiment {
    /// After a look: stops where the leader is told from all others and its verdict stands, else
    /// moves the weights when that is due. Nothing moves on a result that is not valid or has
    /// nothing to compare.
    pub fn adapted(&self, rules: &Adaptive, result: &ExperimentResult, at: Instant) -> Result<Self, LifecycleError> {
        let compares = |v: &VerdictFor| !v.because.contains(&Because::NothingToCompare);
        let valid = result.verdicts.iter().all(|v| v.verdict != Verdict::Invalid && compares(v));
        let Some(Outcome::Ok(weighing)) = result.weighing.as_ref().filter(|_| valid && self.state == State::Running)
        else {
            return Ok(self.clone());
        };
        if weighing.separated && leader_stands(weighing, result) {
            let reason = format!("the confidence sequence tells '{}' from every other variant", weighing.leader);
            return self.stop(at, BY, &reason);
        }
        let due = self.epoch().is_some_and(|epoch| at - epoch.from >= rules.every);
        if !due || !weighing.enough {
            return Ok(self.clone());
        }
        let shares: Vec<String> =
            weighing.standings.iter().map(|s| format!("{} {:.3}", s.variant, s.next_weight)).collect();
        let reason = format!("top-two Thompson sampling: {}", shares.join(", "));
        self.reweigh(&weighing.next_weights(), at, BY, &reason)
    }

    /// What was decided at a look before `at` stays decided: a first crossing is a statement about
    /// all looks, so later data must not undo it.
    pub fn latch(&self, result: &mut ExperimentResult, at: Instant) {
        for verdict in &mut result.verdicts {
            let decided = |look: &&LookRecord| {
                look.variant == verdict.variant
                    && look.at < at
                    && matches!(look.verdict, Verdict::Ship | Verdict::DoNotShip)
            };
            if verdict.verdict != Verdict::Invalid
                && let Some(look) = self.looks.iter().find(decided)
            {
                verdict.latch(look.verdict, look.at);
            }
        }
    }
}

/// A leader that is not the control needs its guardrails held; the control needs nothing.
fn leader_stands(weighing: &Weighing, result: &ExperimentResult) -> bool {
    let of_leader = result.verdicts.iter().find(|v| v.variant == weighing.leader);
    of_leader.is_none_or(|v| v.verdict == Verdict::Ship)
}
