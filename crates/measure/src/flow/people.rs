//! Hand-offs, ping-pong, and how the work lies on people.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{Micros, RepId};
use serde::Serialize;

use super::{Doer, FlowEvent, FlowLog, first_touch, seconds};
use crate::{Share, estimate::gini};

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct People {
    /// Most touches first.
    pub reps: Vec<RepRow>,
    /// Of leads touched per rep: 0 equal, towards 1 uneven.
    pub gini_of_leads: Option<f64>,
    /// Touched leads that more than one person touched.
    pub handed_off: Share,
    /// Touched leads that went A to B and back to A.
    pub ping_pong: Share,
    pub hand_offs: u64,
    pub ping_pongs: u64,
    /// Waiting before a hand-off, all together.
    pub hand_off_seconds: f64,
    /// Most hand-offs first.
    pub pairs: Vec<HandOff>,
    /// Steps that hang on one person.
    pub single_points: Vec<SinglePoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepRow {
    pub rep: RepId,
    pub touches: u64,
    pub leads: u64,
    pub first_touches: u64,
    /// Of the closed leads that this rep touched first.
    pub won: Share,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandOff {
    pub from: RepId,
    pub to: RepId,
    pub count: u64,
    pub total_seconds: f64,
}

/// A step of which one person does at least [`SINGLE_POINT_SHARE`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinglePoint {
    pub step: Box<str>,
    pub rep: RepId,
    pub share: Share,
}

/// From this share of a step's touches on, it hangs on one person.
pub const SINGLE_POINT_SHARE: f64 = 0.8;
/// Fewer touches of a step than this say nothing about whom it hangs on.
const FEWEST_TOUCHES: u64 = 20;

/// How often one lead changed hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Passes {
    pub hand_offs: u32,
    pub ping_pongs: u32,
    pub waited: Micros,
}

/// A hand-off: two touches that follow each other by different named people. A ping-pong: the
/// person before the last one has it again.
pub(super) fn passes(events: &[FlowEvent]) -> Passes {
    let mut passes = Passes::default();
    let mut before: Option<Doer> = None;
    let mut last: Option<&FlowEvent> = None;
    for event in events.iter().filter(|event| event.doer.rep().is_some()) {
        if let Some(previous) = last.filter(|previous| previous.doer != event.doer) {
            passes.hand_offs += 1;
            passes.ping_pongs += u32::from(before == Some(event.doer));
            passes.waited = Micros(passes.waited.0 + (event.at - previous.at).0);
            before = Some(previous.doer);
        }
        last = Some(event);
    }
    passes
}

pub(super) fn measure(log: &FlowLog) -> People {
    let mut people = People::default();
    let row = |rep: &RepId| RepRow { rep: rep.clone(), touches: 0, leads: 0, first_touches: 0, won: Share::default() };
    let mut reps: Vec<RepRow> = log.reps.iter().map(row).collect();
    let mut pairs: BTreeMap<(usize, usize), (u64, i64)> = BTreeMap::new();
    let mut by_step: BTreeMap<(u32, usize), u64> = BTreeMap::new();
    for (lead, events) in log.iter() {
        let mut touched = BTreeSet::new();
        for event in events {
            let Some(rep) = event.doer.rep() else { continue };
            reps[rep].touches += 1;
            *by_step.entry((event.step, rep)).or_default() += 1;
            touched.insert(rep);
        }
        for &rep in &touched {
            reps[rep].leads += 1;
        }
        if let Some(first) = first_touch(events).and_then(|event| event.doer.rep()) {
            reps[first].first_touches += 1;
            if lead.closed.is_some() {
                reps[first].won.count(lead.won());
            }
        }
        if !touched.is_empty() {
            let passes = passes(events);
            people.handed_off.count(passes.hand_offs > 0);
            people.ping_pong.count(passes.ping_pongs > 0);
            people.hand_offs += u64::from(passes.hand_offs);
            people.ping_pongs += u64::from(passes.ping_pongs);
            people.hand_off_seconds += seconds(passes.waited);
            count_pairs(events, &mut pairs);
        }
    }
    people.single_points = single_points(log, &by_step);
    people.gini_of_leads = gini(&reps.iter().map(|row| row.leads as f64).collect::<Vec<_>>());
    reps.sort_by(|a, b| b.touches.cmp(&a.touches).then_with(|| a.rep.cmp(&b.rep)));
    people.reps = reps;
    people.pairs = pairs
        .into_iter()
        .map(|((from, to), (count, waited))| HandOff {
            from: log.reps[from].clone(),
            to: log.reps[to].clone(),
            count,
            total_seconds: seconds(Micros(waited)),
        })
        .collect();
    people.pairs.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    people
}

fn count_pairs(events: &[FlowEvent], pairs: &mut BTreeMap<(usize, usize), (u64, i64)>) {
    let mut last: Option<(usize, &FlowEvent)> = None;
    for event in events {
        let Some(rep) = event.doer.rep() else { continue };
        if let Some((before, previous)) = last.filter(|(before, _)| *before != rep) {
            let (count, waited) = pairs.entry((before, rep)).or_default();
            *count += 1;
            *waited += (event.at - previous.at).0;
        }
        last = Some((rep, event));
    }
}

fn single_points(log: &FlowLog, by_step: &BTreeMap<(u32, usize), u64>) -> Vec<SinglePoint> {
    let mut totals = vec![0u64; log.steps.len()];
    for (&(step, _), touches) in by_step {
        totals[step as usize] += touches;
    }
    let mut points: Vec<SinglePoint> = by_step
        .iter()
        .map(|(&(step, rep), &touches)| (step as usize, rep, Share::new(touches, totals[step as usize])))
        .filter(|(_, _, share)| share.n >= FEWEST_TOUCHES && share.value() >= Some(SINGLE_POINT_SHARE))
        .map(|(step, rep, share)| SinglePoint { step: log.steps[step].clone(), rep: log.reps[rep].clone(), share })
        .collect();
    points.sort_by(|a, b| b.share.n.cmp(&a.share.n).then_with(|| a.step.cmp(&b.step)));
    points
}
