//! Sensitivity: the net result when one input is at its ends and all others stay.

use serde::Serialize;

use super::{Evidence, Input, RoiInputs};

/// An input that moves the net result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dial {
    WinsPerLead,
    Margin,
    Hours,
    Rate,
    Days,
    Cost,
}

/// The net result, minor units, with one input at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Swing {
    pub dial: Dial,
    pub input: Input,
    /// The ends that were tried.
    pub low: f64,
    pub high: f64,
    /// They were assumed, a fifth either way.
    pub assumed: bool,
    pub net_at_low: f64,
    pub net_at_high: f64,
}

/// Values that the net result is a function of.
#[derive(Debug, Clone, Copy)]
struct Point {
    effect: f64,
    margin: f64,
    hours: f64,
    rate: f64,
    days: f64,
    cost: f64,
}

/// One swing an input, the widest first.
pub(super) fn tornado(inputs: &RoiInputs, evidence: Option<&Evidence>) -> Vec<Swing> {
    let cycle = inputs.cycle.as_ref().filter(|cycle| cycle.signed_by.is_some());
    let today = Point {
        effect: evidence.map_or(0.0, |found| found.effect.value),
        margin: inputs.margin.value,
        hours: inputs.time.map_or(0.0, |time| time.hours.value),
        rate: inputs.time.map_or(0.0, |time| time.rate.value),
        days: cycle.map_or(0.0, |cycle| cycle.days_shorter.value),
        cost: inputs.cost.value,
    };
    let reps = inputs.time.map_or(0.0, |time| time.reps);
    let wins_a_day = cycle.map_or(0.0, |cycle| cycle.wins_a_day);
    let net = |p: Point| {
        inputs.leads as f64 * p.effect * p.margin
            + p.hours * reps * inputs.weeks * p.rate
            + wins_a_day * p.days * p.margin
            - p.cost
    };
    let dials = [
        evidence.map(|found| (Dial::WinsPerLead, Input::measured(found.effect))),
        Some((Dial::Margin, inputs.margin)),
        inputs.time.map(|time| (Dial::Hours, time.hours)),
        inputs.time.map(|time| (Dial::Rate, time.rate)),
        cycle.map(|cycle| (Dial::Days, cycle.days_shorter)),
        Some((Dial::Cost, inputs.cost)),
    ];
    let swing = |(dial, input): (Dial, Input)| {
        let (low, high, assumed) = input.ends();
        let at = |value: f64| net(moved(today, dial, value));
        Swing { dial, input, low, high, assumed, net_at_low: at(low), net_at_high: at(high) }
    };
    let mut swings: Vec<Swing> = dials.into_iter().flatten().map(swing).collect();
    let width = |swing: &Swing| (swing.net_at_high - swing.net_at_low).abs();
    swings.sort_by(|a, b| width(b).total_cmp(&width(a)));
    swings
}

fn moved(point: Point, dial: Dial, value: f64) -> Point {
    match dial {
        Dial::WinsPerLead => Point { effect: value, ..point },
        Dial::Margin => Point { margin: value, ..point },
        Dial::Hours => Point { hours: value, ..point },
        Dial::Rate => Point { rate: value, ..point },
        Dial::Days => Point { days: value, ..point },
        Dial::Cost => Point { cost: value, ..point },
    }
}
