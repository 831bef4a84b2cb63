//! How far a lead is: stage facts arrive in whatever order a CRM reports them, and converge.
//!
//! The stage is a function of the *set* of facts, never of the order in which they came: sort by
//! (`at`, terminal first, source rank, external id), walk, keep the last. A fact that is not
//! terminal does not leave a terminal stage; only a fact marked `reopen` does. A fact whose `at`
//! lies more than five minutes after it was learned happened when it was learned. Facts made of
//! activities only raise open → attempted → contacted, whenever they come.

use pointsman_domain::{Instant, Micros, Money, record::Stage};
use serde::{Deserialize, Serialize};

/// What somebody said about a lead's stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFact {
    pub at: Instant,
    pub known_at: Instant,
    pub stage: Stage,
    /// Which source is believed when two say something of one instant: higher wins.
    pub source_rank: u8,
    /// The fact's name in its source, empty where it has none.
    pub external_id: Box<str>,
    /// Leaves a terminal stage on purpose.
    pub reopen: bool,
    /// Revenue, on a win.
    pub value: Option<Money>,
    pub reason: Option<Box<str>>,
}

/// A clock may run ahead of ours by this much before we stop believing it.
const AHEAD: Micros = Micros(5 * Micros::MINUTE.0);

/// What the external id of a fact made of an activity begins with.
const ACTIVITY: &str = "activity:";

impl StageFact {
    /// The external id of a fact made of the activity of this name in its source.
    pub fn of_activity(name: &str) -> String {
        format!("{ACTIVITY}{name}")
    }

    /// Whether it only raises.
    pub fn is_activity(&self) -> bool {
        self.external_id.starts_with(ACTIVITY)
    }

    /// The instant that counts.
    pub fn happened(&self) -> Instant {
        if self.at > self.known_at + AHEAD { self.known_at } else { self.at }
    }
}

/// Where a set of facts leaves the lead; `None` without facts: it is open.
pub fn converge<'a>(facts: impl IntoIterator<Item = &'a StageFact>) -> Option<&'a StageFact> {
    let (activities, mut told): (Vec<&StageFact>, Vec<&StageFact>) =
        facts.into_iter().partition(|fact| fact.is_activity());
    // A terminal fact at an instant is sorted last there, so that it is the one that stays.
    told.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut current: Option<&StageFact> = None;
    for fact in told {
        let stuck = current.is_some_and(|so_far| so_far.stage.is_terminal());
        if !stuck || fact.stage.is_terminal() || fact.reopen {
            current = Some(fact);
        }
    }
    let so_far = current.map_or(Stage::Open, |fact| fact.stage);
    let raised = activities.into_iter().max_by(|a, b| a.stage.cmp(&b.stage).then_with(|| key(b).cmp(&key(a))));
    match raised {
        Some(raised) if raised.stage > so_far && so_far < Stage::Contacted => Some(raised),
        _ => current,
    }
}

fn key(fact: &StageFact) -> (Instant, bool, u8, &str, Stage) {
    (fact.happened(), fact.stage.is_terminal(), fact.source_rank, &fact.external_id, fact.stage)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fact(at: i64, stage: Stage) -> StageFact {
        StageFact {
            at: Instant::from_unix_micros(at),
            known_at: Instant::from_unix_micros(1_000_000_000),
            stage,
            source_rank: 0,
            external_id: "".into(),
            reopen: false,
            value: None,
            reason: None,
        }
    }

    #[test]
    fn activities_raise_and_never_lower_or_reopen() {
        let done = |at: i64, stage: Stage| StageFact { external_id: "activity:a".into(), ..fact(at, stage) };
        check(&[done(5, Stage::Attempted)], Stage::Attempted);
        check(&[done(9, Stage::Attempted), done(5, Stage::Contacted)], Stage::Contacted);
        check(&[fact(3, Stage::Contacted), done(5, Stage::Attempted)], Stage::Contacted);
        check(&[fact(3, Stage::Qualified), done(5, Stage::Contacted)], Stage::Qualified);
        check(&[fact(9, Stage::Open), done(5, Stage::Attempted)], Stage::Attempted);
        check(&[fact(3, Stage::Lost), done(5, Stage::Contacted)], Stage::Lost);
        check(&[fact(3, Stage::Nurture), done(5, Stage::Contacted)], Stage::Nurture);
    }

    fn check(facts: &[StageFact], expected: Stage) {
        assert_eq!(converge(facts).map(|f| f.stage), Some(expected));
    }

    #[test]
    fn the_latest_fact_wins_and_a_terminal_one_stays() {
        check(&[fact(2, Stage::Qualified), fact(1, Stage::Contacted)], Stage::Qualified);
        check(&[fact(3, Stage::Contacted), fact(2, Stage::Lost)], Stage::Lost);
        check(&[fact(2, Stage::Lost), fact(3, Stage::Won)], Stage::Won);
        check(&[fact(2, Stage::Won), fact(2, Stage::Qualified)], Stage::Won);
        check(&[fact(2, Stage::Nurture), fact(3, Stage::Contacted)], Stage::Contacted);
        check(&[fact(2, Stage::Lost), StageFact { reopen: true, ..fact(3, Stage::Open) }], Stage::Open);
        assert_eq!(converge(&[]), None);
    }

    #[test]
    fn a_fact_from_the_future_happened_when_it_was_learned() {
        let future = StageFact { at: Instant::from_unix_micros(9_000_000_000), ..fact(0, Stage::Contacted) };
        assert_eq!(future.happened(), future.known_at);
        let near = StageFact { at: future.known_at + Micros::MINUTE, ..fact(0, Stage::Contacted) };
        assert_eq!(near.happened(), near.at);
    }

    proptest! {
        #[test]
        fn order_of_arrival_does_not_matter(
            facts in prop::collection::vec((0i64..6, 0usize..9, 0u8..3, any::<bool>()), 1..8),
            shift in 0usize..8,
        ) {
            const STAGES: [Stage; 9] = [Stage::Open, Stage::Attempted, Stage::Contacted, Stage::Qualified,
                Stage::Opportunity, Stage::Won, Stage::Lost, Stage::Unqualified, Stage::Nurture];
            let facts: Vec<StageFact> = facts.into_iter()
                .map(|(at, stage, source_rank, reopen)| StageFact { source_rank, reopen, ..fact(at, STAGES[stage]) })
                .collect();
            let mut other = facts.clone();
            other.rotate_left(shift % facts.len());
            let reversed: Vec<StageFact> = facts.iter().rev().cloned().collect();
            let stage = |facts: &[StageFact]| converge(facts).map(|f| f.stage);
            prop_assert_eq!(stage(&facts), stage(&other));
            prop_assert_eq!(stage(&facts), stage(&reversed));
        }
    }
}
