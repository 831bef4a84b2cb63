//! Past leads: what advice and plans are measured on.

use pointsman_decision::{Facts, LeadFacts, Scratch, Snapshot, qualify, trial};
use pointsman_domain::{Instant, Micros, ReasonCode, VariantId};
use pointsman_experiment::live::{ExposedLead, StageReached};
use pointsman_store::{
    Reader, StoreError,
    backend::{Courses, LeadCourse},
    stage::StageFact,
};
use std::sync::Arc;

/// Leads of the last weeks.
#[derive(Debug, Clone)]
pub struct Past {
    pub from: Instant,
    pub until: Instant,
    pub leads: Vec<PastLead>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct PastLead {
    pub lead: ExposedLead,
    /// Reps, by number, whom the policy that rules now would have looked at.
    pub candidates: Vec<u32>,
    pub closed_at: Option<Instant>,
}

/// How far back a company is like itself.
pub const DAYS: i64 = 90;
/// More leads make no estimate better that matters here.
const MOST: usize = 50_000;

/// A lead of an analysis from what is stored of it, as it was known at `as_of`; `None` when it was
/// not exposed by then.
pub fn as_of(course: LeadCourse, snapshot: &Snapshot, as_of: Instant) -> Option<ExposedLead> {
    let zone = snapshot.home();
    let exposed_at = course.exposure.as_ref().map_or(course.first_decided, |exposure| exposure.at);
    if exposed_at > as_of {
        return None;
    }
    let known = course.stages.iter().filter(|fact| fact.known_at <= as_of);
    let owned = course.owned.filter(|(_, at)| *at <= as_of);
    let nobody = || VariantId::new("none").expect("a slug");
    Some(ExposedLead {
        lead: course.lead.to_string().into(),
        unit: course.unit,
        variant: course.exposure.as_ref().map_or_else(nobody, |exposure| exposure.variant.clone()),
        epoch: course.exposure.as_ref().map_or(0, |exposure| exposure.epoch),
        propensity: course.exposure.as_ref().map_or(1.0, |exposure| exposure.propensity),
        exposed_at,
        exposed_local: trial::local_time(zone, exposed_at),
        arrived: course.arrived,
        first_decided: course.first_decided,
        owner: owned.as_ref().map(|(rep, _)| rep.as_str().into()),
        owned_at: owned.map(|(_, at)| at),
        stages: known.map(|fact| StageReached { at: fact.happened(), stage: fact.stage, value: fact.value }).collect(),
        attributes: trial::attribute_texts(&snapshot.environment, &course.attributes),
    })
}

impl Past {
    /// Reads the leads of the last [`DAYS`] days.
    pub fn read(reader: &mut dyn Reader, snapshot: &Arc<Snapshot>, now: Instant) -> Result<Self, StoreError> {
        let from = now - Micros::DAY.times(DAYS);
        let mut leads = Vec::new();
        let mut scratch = Scratch::new(snapshot);
        let mut first = None;
        reader.courses(Courses::Since(from), &mut |course| {
            first.get_or_insert(course.arrived);
            let candidates = candidates(&course, snapshot, &mut scratch);
            let closing = course.stages.iter().filter(|fact| fact.stage.closes()).map(StageFact::happened).min();
            if let Some(lead) = as_of(course, snapshot, now)
                && leads.len() < MOST
            {
                leads.push(PastLead { lead, candidates, closed_at: closing });
            }
        })?;
        // A company that is younger than the window is not as empty as its first weeks.
        Ok(Self { from: first.unwrap_or(from).max(from), until: now, leads })
    }
}

/// Whom the first rung that names anybody looks at, present or not.
fn candidates(course: &LeadCourse, snapshot: &Arc<Snapshot>, scratch: &mut Scratch) -> Vec<u32> {
    let facts = Facts::of(LeadFacts {
        id: course.lead,
        arrived: course.arrived,
        attributes: course.attributes.clone(),
        value: None,
        originator: None,
    });
    let qualified = qualify(snapshot, &facts, course.first_decided, scratch);
    let may = |reason| matches!(reason, ReasonCode::Admitted | ReasonCode::Absent | ReasonCode::OutsideHours);
    let of = |rung| {
        let admissions = qualified.admissions(rung).iter().filter(|admission| may(admission.reason));
        admissions.map(|admission| admission.rep.0).collect::<Vec<u32>>()
    };
    qualified.rungs.iter().map(of).find(|reps| !reps.is_empty()).unwrap_or_default()
}
