//! The directly-follows map, variants, loops and rework.

use std::collections::BTreeMap;

use pointsman_domain::Micros;
use pointsman_workhours::Calendar;
use serde::Serialize;

use super::{FlowEvent, FlowLog, median_and_p90, seconds};
use crate::Share;

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Process {
    pub steps: Vec<StepRow>,
    /// Largest count first.
    pub edges: Vec<Edge>,
    /// Transitions, which are the counts of all edges together.
    pub transitions: u64,
    /// Waiting of all transitions together.
    pub waiting_seconds: f64,
    /// Most leads first; as JSON only the first [`VARIANTS_AS_JSON`], all of them as a table.
    #[serde(serialize_with = "first_variants")]
    pub variants: Vec<Variant>,
    /// Leads with a step that came again.
    pub leads_with_repeats: Share,
    /// The variant of each lead, by its place in the log; none without an activity.
    #[serde(skip)]
    pub variant_of: Vec<Option<u32>>,
}

/// One step: what the source calls an activity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepRow {
    pub step: Box<str>,
    pub events: u64,
    pub leads: u64,
    /// Of the events, those by a person.
    pub human: u64,
    pub repeated: Repeated,
}

/// How a step came again within one lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Repeated {
    /// Directly after itself.
    pub loops: u64,
    /// Again after something else came between.
    pub rework: u64,
}

/// Two steps of which the second followed the first directly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    pub from: Box<str>,
    pub to: Box<str>,
    pub count: u64,
    pub median_seconds: f64,
    pub p90_seconds: f64,
    pub total_seconds: f64,
    /// Of all waiting.
    pub share_of_waiting: f64,
    /// Of `total_seconds`, what fell into working hours.
    pub working_seconds: f64,
    /// What would be saved if nothing waited longer than the median.
    pub above_median_seconds: f64,
}

/// A sequence of steps, and the leads that took it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    pub steps: Vec<Box<str>>,
    pub leads: u64,
    /// Of the leads with an activity.
    pub share: f64,
    /// From the first to the last activity.
    pub median_seconds: f64,
    /// Of those that are closed.
    pub won: Share,
}

/// Rare ways come once each and are most of the text.
pub const VARIANTS_AS_JSON: usize = 200;

fn first_variants<S: serde::Serializer>(variants: &[Variant], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(variants.iter().take(VARIANTS_AS_JSON))
}

pub(super) fn measure(log: &FlowLog, calendar: &Calendar) -> Process {
    let (edges, waiting_seconds) = edges(log, calendar);
    let (variants, variant_of) = variants(log);
    let (steps, leads_with_repeats) = steps(log);
    let transitions = edges.iter().map(|edge| edge.count).sum();
    Process { steps, edges, transitions, waiting_seconds, variants, leads_with_repeats, variant_of }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Loop,
    Rework,
}

/// The events whose step came before in the same lead.
pub(super) fn repeats(events: &[FlowEvent]) -> impl Iterator<Item = (usize, Repeat)> + '_ {
    let mut seen: Vec<u32> = Vec::new();
    events.iter().enumerate().filter_map(move |(i, event)| {
        if i > 0 && events[i - 1].step == event.step {
            return Some((i, Repeat::Loop));
        }
        if seen.contains(&event.step) {
            return Some((i, Repeat::Rework));
        }
        seen.push(event.step);
        None
    })
}

fn steps(log: &FlowLog) -> (Vec<StepRow>, Share) {
    let row = |step: &str| StepRow { step: step.into(), events: 0, leads: 0, human: 0, repeated: Repeated::default() };
    let mut rows: Vec<StepRow> = log.steps.iter().map(|step| row(step)).collect();
    let mut with_repeats = Share::default();
    for (_, events) in log.iter() {
        let mut any = false;
        for event in events {
            let row = &mut rows[event.step as usize];
            row.events += 1;
            row.leads += 1;
            row.human += u64::from(event.doer.is_human());
        }
        for (i, repeat) in repeats(events) {
            any = true;
            let row = &mut rows[events[i].step as usize];
            // Counted above for each event; a lead counts once.
            row.leads -= 1;
            match repeat {
                Repeat::Loop => row.repeated.loops += 1,
                Repeat::Rework => row.repeated.rework += 1,
            }
        }
        with_repeats.count(any);
    }
    rows.retain(|row| row.events > 0);
    rows.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.step.cmp(&b.step)));
    (rows, with_repeats)
}

fn edges(log: &FlowLog, calendar: &Calendar) -> (Vec<Edge>, f64) {
    let mut numbers: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    let mut of_transition: Vec<u32> = Vec::new();
    let mut waits: Vec<f64> = Vec::new();
    let mut working: Vec<i64> = Vec::new();
    for (_, events) in log.iter() {
        for pair in events.windows(2) {
            let next = numbers.len() as u32;
            let edge = *numbers.entry((pair[0].step, pair[1].step)).or_insert(next);
            if edge == next {
                working.push(0);
            }
            of_transition.push(edge);
            waits.push(seconds(pair[1].at - pair[0].at));
            working[edge as usize] += calendar.worked_between(pair[0].at, pair[1].at).0;
        }
    }
    let waiting: f64 = waits.iter().sum();
    let mut groups = grouped(&of_transition, &waits, numbers.len());
    let mut edges: Vec<Edge> = numbers
        .iter()
        .map(|(&(from, to), &number)| {
            let waits = &mut groups[number as usize];
            let (median_seconds, p90_seconds) = median_and_p90(waits);
            let total_seconds: f64 = waits.iter().sum();
            Edge {
                from: log.steps[from as usize].clone(),
                to: log.steps[to as usize].clone(),
                count: waits.len() as u64,
                median_seconds,
                p90_seconds,
                total_seconds,
                share_of_waiting: if waiting > 0.0 { total_seconds / waiting } else { 0.0 },
                working_seconds: seconds(Micros(working[number as usize])),
                above_median_seconds: waits.iter().map(|wait| (wait - median_seconds).max(0.0)).sum(),
            }
        })
        .collect();
    edges.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    (edges, waiting)
}

fn grouped(group_of: &[u32], values: &[f64], groups: usize) -> Vec<Vec<f64>> {
    let mut sizes = vec![0usize; groups];
    for &group in group_of {
        sizes[group as usize] += 1;
    }
    let mut grouped: Vec<Vec<f64>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for (&group, &value) in group_of.iter().zip(values) {
        grouped[group as usize].push(value);
    }
    grouped
}

/// Leads whose steps are the same lie side by side once they are sorted by their steps.
fn variants(log: &FlowLog) -> (Vec<Variant>, Vec<Option<u32>>) {
    let steps_of = |lead: u32| log.events_of(lead as usize).iter().map(|event| event.step);
    let mut leads: Vec<u32> = (0..log.leads.len() as u32).filter(|&i| !log.events_of(i as usize).is_empty()).collect();
    let all = leads.len() as f64;
    leads.sort_by(|&a, &b| steps_of(a).cmp(steps_of(b)).then(a.cmp(&b)));
    let mut groups: Vec<&[u32]> = leads.chunk_by(|&a, &b| steps_of(a).eq(steps_of(b))).collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    let mut variant_of = vec![None; log.leads.len()];
    let mut variants = Vec::with_capacity(groups.len());
    for (number, group) in groups.iter().enumerate() {
        let mut durations = Vec::with_capacity(group.len());
        let mut won = Share::default();
        for &lead in *group {
            variant_of[lead as usize] = Some(number as u32);
            let (lead, events) = (&log.leads[lead as usize], log.events_of(lead as usize));
            durations.push(seconds(events[events.len() - 1].at - events[0].at));
            if lead.closed.is_some() {
                won.count(lead.won());
            }
        }
        variants.push(Variant {
            steps: steps_of(group[0]).map(|step| log.steps[step as usize].clone()).collect(),
            leads: group.len() as u64,
            share: group.len() as f64 / all,
            median_seconds: median_and_p90(&mut durations).0,
            won,
        });
    }
    (variants, variant_of)
}
