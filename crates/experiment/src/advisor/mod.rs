//! Which design is honest for a change of routing, before anybody starts a test.
//!
//! When variants share reps, a lead-level test measures who takes the free slots first: in a study
//! it overstated the effect by 26 to 47 %, a 5 % canary by 31 to 108 %, at every utilisation.

mod observe;

use serde::Serialize;

use crate::spec::Design;

pub use observe::{Caps, Observed, Observer, PastLead};

/// What past leads say about the change under test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// The change alters who gets a lead, so that variants draw on the same reps.
    pub uses_reps: bool,
    /// What runs short: a rep's hours, or a count per day or of open leads.
    pub scarce: Scarce,
    /// Share of candidates that two units (teams, territories) have in common on past leads, 0..1.
    pub shared_candidates: f64,
    pub units: u32,
    /// Periods of one unit over the planned duration.
    pub periods: u32,
    /// Busy time over working time, or used over allowed slots, 0..1.
    pub utilisation: f64,
}

/// What runs short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scarce {
    Time,
    Counts,
}

/// The four designs, without their settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DesignKind {
    Lead,
    Switchback,
    BudgetSplit,
    Cluster,
}

impl From<&Design> for DesignKind {
    fn from(design: &Design) -> Self {
        match design {
            Design::Lead => Self::Lead,
            Design::Switchback { .. } => Self::Switchback,
            Design::BudgetSplit => Self::BudgetSplit,
            Design::Cluster { .. } => Self::Cluster,
        }
    }
}

/// What is said of one design.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Advice {
    pub design: DesignKind,
    pub answer: Answer,
}

/// Why, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Recommended,
    /// Honest, but another one finds the effect sooner.
    Possible,
    /// Variants share reps: the answer would not be the effect of switching everybody. Only with
    /// the owner's signature.
    SharedReps {
        utilisation: f64,
    },
    /// Units have candidates in common, so one unit's variant reaches into the next.
    OverlappingUnits {
        share: f64,
    },
    /// Fewer groups per variant than a standard error needs.
    TooFewGroups {
        found: u32,
        needed: u32,
    },
    /// The queue is one and physical: split counters do not split it (−4 to −16 % in the study).
    TimeIsNotSplit,
}

impl Answer {
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Recommended | Self::Possible)
    }
}

/// Candidates in common that still count as none: below it the bias is within the study's error.
const NEGLIGIBLE_OVERLAP: f64 = 0.05;
/// Periods, or clusters, that a t interval and a randomisation test need at least.
const LEAST_GROUPS: u32 = 12;

/// One answer for each design, the recommended one first. Always recommends one that is not
/// refused, or none.
///
/// ```
/// use pointsman_experiment::advisor::{DesignKind, Scarce, Situation, advise};
/// let situation = Situation {
///     uses_reps: true, scarce: Scarce::Time, shared_candidates: 0.0, units: 10, periods: 14, utilisation: 0.75,
/// };
/// let advice = advise(&situation);
/// assert_eq!(advice[0].design, DesignKind::Switchback);
/// assert!(advice.iter().any(|a| a.design == DesignKind::Lead && a.answer.is_refusal()));
/// ```
pub fn advise(situation: &Situation) -> Vec<Advice> {
    let order = preference(situation);
    let mut advice: Vec<Advice> =
        order.iter().map(|&design| Advice { design, answer: judge(design, situation) }).collect();
    if let Some(first) = advice.iter_mut().find(|a| a.answer == Answer::Possible) {
        first.answer = Answer::Recommended;
    }
    advice.sort_by_key(|a| a.answer != Answer::Recommended);
    advice
}

/// Which design to prefer among honest ones: by the error they had in the study.
fn preference(situation: &Situation) -> [DesignKind; 4] {
    if !situation.uses_reps {
        return [DesignKind::Lead, DesignKind::Switchback, DesignKind::BudgetSplit, DesignKind::Cluster];
    }
    match situation.scarce {
        Scarce::Time => [DesignKind::Switchback, DesignKind::Cluster, DesignKind::BudgetSplit, DesignKind::Lead],
        Scarce::Counts => [DesignKind::BudgetSplit, DesignKind::Switchback, DesignKind::Cluster, DesignKind::Lead],
    }
}

fn judge(design: DesignKind, situation: &Situation) -> Answer {
    let overlapping = situation.shared_candidates > NEGLIGIBLE_OVERLAP && situation.units > 1;
    let groups = |found: u32| {
        if found < LEAST_GROUPS { Answer::TooFewGroups { found, needed: LEAST_GROUPS } } else { Answer::Possible }
    };
    match design {
        DesignKind::Lead if situation.uses_reps => Answer::SharedReps { utilisation: situation.utilisation },
        DesignKind::BudgetSplit if situation.scarce == Scarce::Time => Answer::TimeIsNotSplit,
        DesignKind::Lead | DesignKind::BudgetSplit => Answer::Possible,
        DesignKind::Switchback | DesignKind::Cluster if overlapping => {
            Answer::OverlappingUnits { share: situation.shared_candidates }
        }
        DesignKind::Switchback => groups(situation.units.saturating_mul(situation.periods)),
        DesignKind::Cluster => groups(situation.units),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(utilisation: f64) -> Situation {
        Situation { uses_reps: true, scarce: Scarce::Time, shared_candidates: 0.0, units: 10, periods: 14, utilisation }
    }

    fn answer(advice: &[Advice], design: DesignKind) -> Answer {
        advice.iter().find(|a| a.design == design).expect("every design is judged").answer
    }

    #[test]
    fn shared_reps_refuse_lead_level_at_every_utilisation() {
        for utilisation in [0.4, 0.75, 0.95] {
            let advice = advise(&situation(utilisation));
            assert_eq!(answer(&advice, DesignKind::Lead), Answer::SharedReps { utilisation });
            assert_eq!(advice[0], Advice { design: DesignKind::Switchback, answer: Answer::Recommended });
        }
    }

    #[test]
    fn units_that_share_candidates_cannot_be_switched_apart() {
        let overlapping = Situation { shared_candidates: 0.3, ..situation(0.75) };
        let advice = advise(&overlapping);
        assert!(advice.iter().all(|a| a.answer.is_refusal()), "{advice:?}");
        // All teams switched together share with nobody.
        let together = Situation { units: 1, periods: 60, ..overlapping };
        assert_eq!(advise(&together)[0], Advice { design: DesignKind::Switchback, answer: Answer::Recommended });
        let counts = Situation { scarce: Scarce::Counts, ..overlapping };
        assert_eq!(advise(&counts)[0].design, DesignKind::BudgetSplit);
    }

    #[test]
    fn a_change_of_texts_may_be_tested_lead_by_lead() {
        let texts = Situation { uses_reps: false, ..situation(0.9) };
        assert_eq!(advise(&texts)[0], Advice { design: DesignKind::Lead, answer: Answer::Recommended });
    }
}
