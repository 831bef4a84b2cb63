//! What to change first: the five changes that would save leads the most waiting.
//!
//! Each rests on one measured figure and names the goal that it implies. Savings overlap (an edge
//! may wait because of a hand-off) and must not be added up; they are arithmetic on what was
//! observed, not a promise.

use pointsman_domain::{Instant, Micros};
use serde::Serialize;

use super::{
    FlowConfig, FlowEvent, FlowLog, People, Process, first_touch, median_and_p90,
    process::{Repeat, repeats},
    seconds,
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    #[serde(flatten)]
    pub kind: ProposalKind,
    /// Leads, transitions or hand-offs concerned.
    pub cases: u64,
    /// What they wait today, all together.
    pub waiting_seconds: f64,
    /// The goal, as waiting of one case.
    pub goal_seconds: f64,
    /// Waiting saved if the goal were reached: the size that proposals are ordered by.
    pub saved_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProposalKind {
    /// Leads that nobody touched. Goal: the median first touch of the others.
    TouchEverybody,
    /// Slow first touches. Goal: none slower than the median.
    TouchSooner,
    /// First touches that waited outside working hours. Goal: a stand-by pool that covers them.
    CoverOffHours,
    /// One transition. Goal: none slower than its median.
    ShortenEdge { from: Box<str>, to: Box<str> },
    /// Waiting before another person takes over. Goal: no longer than between two touches of the
    /// same person.
    HandOffFaster,
    /// Waiting before steps that come again after something else. Goal: half of them.
    RepeatLess,
}

/// Proposals that are made.
const MOST: usize = 5;
/// Transitions that may be proposed: more would crowd out everything else.
const EDGES: usize = 2;

pub(super) fn largest(
    log: &FlowLog,
    process: &Process,
    people: &People,
    end: Option<Instant>,
    config: &FlowConfig,
) -> Vec<Proposal> {
    let mut all = first_touches(log, end, config);
    let mut edges: Vec<_> = process.edges.iter().collect();
    edges.sort_by(|a, b| b.above_median_seconds.total_cmp(&a.above_median_seconds));
    all.extend(edges.iter().take(EDGES).map(|edge| Proposal {
        kind: ProposalKind::ShortenEdge { from: edge.from.clone(), to: edge.to.clone() },
        cases: edge.count,
        waiting_seconds: edge.total_seconds,
        goal_seconds: edge.median_seconds,
        saved_seconds: edge.above_median_seconds,
    }));
    all.extend(hand_offs(log, people));
    all.extend(rework(log));
    all.retain(|proposal| proposal.saved_seconds > 0.0);
    all.sort_by(|a, b| b.saved_seconds.total_cmp(&a.saved_seconds));
    all.truncate(MOST);
    all
}

fn first_touches(log: &FlowLog, end: Option<Instant>, config: &FlowConfig) -> Vec<Proposal> {
    let (mut touched, mut untouched) = (Vec::new(), Vec::new());
    let (mut off_hours, mut off_hours_leads) = (0.0, 0);
    for (lead, events) in log.iter() {
        match first_touch(events) {
            Some(event) => {
                let wait = event.at - lead.at;
                touched.push(seconds(wait));
                let off = seconds(wait) - seconds(config.calendar.worked_between(lead.at, event.at));
                off_hours += off;
                off_hours_leads += u64::from(off > 0.0);
            }
            None => {
                let until = lead.closed.map(|(at, _)| at).or(end).unwrap_or(lead.at);
                untouched.push(seconds(until - lead.at).max(0.0));
            }
        }
    }
    if touched.is_empty() {
        return Vec::new();
    }
    let goal_seconds = median_and_p90(&mut touched).0;
    let proposal = |kind, waits: &[f64]| Proposal {
        kind,
        cases: waits.iter().filter(|wait| **wait > goal_seconds).count() as u64,
        waiting_seconds: waits.iter().sum(),
        goal_seconds,
        saved_seconds: waits.iter().map(|wait| (wait - goal_seconds).max(0.0)).sum(),
    };
    vec![
        proposal(ProposalKind::TouchEverybody, &untouched),
        proposal(ProposalKind::TouchSooner, &touched),
        Proposal {
            kind: ProposalKind::CoverOffHours,
            cases: off_hours_leads,
            waiting_seconds: off_hours,
            goal_seconds: 0.0,
            saved_seconds: off_hours,
        },
    ]
}

fn hand_offs(log: &FlowLog, people: &People) -> Option<Proposal> {
    let (mut same, mut pairs) = (0.0, 0u64);
    for (_, events) in log.iter() {
        let touches: Vec<&FlowEvent> = events.iter().filter(|event| event.doer.rep().is_some()).collect();
        for pair in touches.windows(2).filter(|pair| pair[0].doer == pair[1].doer) {
            same += seconds(pair[1].at - pair[0].at);
            pairs += 1;
        }
    }
    let mean = |total: f64, n: u64| (n > 0).then(|| total / n as f64);
    let (goal, now) = (mean(same, pairs)?, mean(people.hand_off_seconds, people.hand_offs)?);
    Some(Proposal {
        kind: ProposalKind::HandOffFaster,
        cases: people.hand_offs,
        waiting_seconds: people.hand_off_seconds,
        goal_seconds: goal,
        saved_seconds: (now - goal).max(0.0) * people.hand_offs as f64,
    })
}

fn rework(log: &FlowLog) -> Option<Proposal> {
    let (mut waited, mut cases) = (Micros(0), 0u64);
    for (_, events) in log.iter() {
        for (i, _) in repeats(events).filter(|(_, repeat)| *repeat == Repeat::Rework) {
            waited = Micros(waited.0 + (events[i].at - events[i - 1].at).0);
            cases += 1;
        }
    }
    (cases > 0).then(|| Proposal {
        kind: ProposalKind::RepeatLess,
        cases,
        waiting_seconds: seconds(waited),
        goal_seconds: seconds(waited) / cases as f64,
        saved_seconds: seconds(waited) / 2.0,
    })
}
