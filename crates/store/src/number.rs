//! The numbers that closed enums have in the columns of both stores. Never renumber, only append.

use pointsman_decision::{Hold, ValueSource};
use pointsman_domain::record::{ActivityKind, Stage};

use crate::row::CustodyKind;

/// How a decision ended.
pub const OWNED: u8 = 1;
pub const HELD: u8 = 2;
pub const PARKED: u8 = 3;
pub const OFFERED: u8 = 5;

pub fn custody(number: u8) -> Option<CustodyKind> {
    CustodyKind::ALL.into_iter().find(|kind| *kind as u8 == number)
}

pub fn hold_number(hold: Hold) -> u8 {
    match hold {
        Hold::Queued => 1,
        Hold::Priced => 2,
    }
}

pub fn hold(number: u8) -> Option<Hold> {
    [Hold::Queued, Hold::Priced].into_iter().find(|hold| hold_number(*hold) == number)
}

pub fn source_number(source: ValueSource) -> u8 {
    match source {
        ValueSource::Given => 1,
        ValueSource::Model => 2,
        ValueSource::Wins => 3,
    }
}

pub fn source(number: u8) -> Option<ValueSource> {
    let all = [ValueSource::Given, ValueSource::Model, ValueSource::Wins];
    all.into_iter().find(|source| source_number(*source) == number)
}

pub fn stage_number(stage: Stage) -> i64 {
    STAGES.iter().position(|s| *s == stage).map_or(0, |at| at as i64)
}

pub fn stage(number: i64) -> Option<Stage> {
    usize::try_from(number).ok().and_then(|at| STAGES.get(at).copied())
}

const STAGES: [Stage; 11] = [
    Stage::Open,
    Stage::Attempted,
    Stage::Contacted,
    Stage::Qualified,
    Stage::Opportunity,
    Stage::Won,
    Stage::Lost,
    Stage::Unqualified,
    Stage::Nurture,
    Stage::Merged,
    Stage::Erased,
];

pub fn activity_number(kind: ActivityKind) -> i64 {
    ACTIVITIES.iter().position(|k| *k == kind).map_or(0, |at| at as i64)
}

pub fn activity(number: i64) -> Option<ActivityKind> {
    usize::try_from(number).ok().and_then(|at| ACTIVITIES.get(at).copied())
}

const ACTIVITIES: [ActivityKind; 7] = [
    ActivityKind::Call,
    ActivityKind::Mail,
    ActivityKind::Meeting,
    ActivityKind::PageView,
    ActivityKind::Task,
    ActivityKind::State,
    ActivityKind::Other,
];
