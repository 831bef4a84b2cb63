//! Time from a lead's arrival to the first touch by a person.
//!
//! A lead that nobody has touched yet is censored: watched until it was closed, or until the last
//! thing that the data know. Leaving such leads out would make a company look faster the more
//! leads it forgets.

use pointsman_domain::{Instant, Micros};
use pointsman_experiment::stats::survival::{Curve, Observed, Sorted, kaplan_meier, survival_interval};
use serde::Serialize;

use super::{FlowConfig, FlowEvent, FlowLead, FlowLog, first_touch, median_and_p90, seconds};
use crate::{Estimate, Share, estimate::ALPHA};

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Touch {
    pub touched: Share,
    /// Over touched leads only: what is usually reported, and too good.
    pub median_of_touched_seconds: Option<f64>,
    pub p90_of_touched_seconds: Option<f64>,
    pub all: TouchCurve,
    /// Largest source first, at most [`CURVES`]; empty with one source.
    pub by_source: Vec<TouchCurve>,
    /// By weekday (Monday 0) and hour of arrival in the calendar's zone.
    pub by_hour: Vec<HourCell>,
}

/// A Kaplan–Meier curve, with untouched leads censored.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TouchCurve {
    pub source: Box<str>,
    pub touched: Share,
    /// `None` where the curve does not fall that far.
    pub median_seconds: Option<f64>,
    pub p90_seconds: Option<f64>,
    /// Share touched within [`FlowConfig::fast`].
    pub fast: Option<Estimate>,
    pub within_day: Option<Estimate>,
    /// Mean time to the touch, counted to 48 hours at most.
    pub mean_to_48h_seconds: f64,
    pub mean_to_48h_std_error: f64,
    /// For drawing, thinned; one of them is where watching ended, or two days.
    pub steps: Vec<TouchStep>,
}

/// From this time on, this share is still untouched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TouchStep {
    pub seconds: f64,
    pub untouched: f64,
    pub low: f64,
    pub high: f64,
    /// Leads watched just before.
    pub at_risk: u64,
}

/// Leads that arrived in one hour of the week.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct HourCell {
    pub weekday: u8,
    pub hour: u8,
    pub leads: u64,
    /// Kaplan–Meier median; `None` where the curve does not fall that far.
    pub median_seconds: Option<f64>,
}

/// Sources that get a curve of their own.
pub const CURVES: usize = 4;
/// Points of a drawn curve.
const POINTS: usize = 300;
const TWO_DAYS: f64 = 48.0 * 3600.0;

/// How long a lead was watched for its first touch, and whether it came.
pub(super) fn observed(lead: &FlowLead, events: &[FlowEvent], end: Option<Instant>) -> Observed {
    let touch = first_touch(events).map(|event| event.at);
    let until = touch.or(lead.closed.map(|(at, _)| at)).or(end).unwrap_or(lead.at);
    Observed { time: seconds(until - lead.at).max(0.0), event: touch.is_some() }
}

pub(super) fn measure(log: &FlowLog, end: Option<Instant>, config: &FlowConfig) -> Touch {
    let watched: Vec<Observed> = log.iter().map(|(lead, events)| observed(lead, events, end)).collect();
    let mut touched: Vec<f64> = watched.iter().filter(|o| o.event).map(|o| o.time).collect();
    let of_touched = (!touched.is_empty()).then(|| median_and_p90(&mut touched));
    let all = curve("", watched.clone(), config);
    Touch {
        touched: all.touched,
        median_of_touched_seconds: of_touched.map(|(median, _)| median),
        p90_of_touched_seconds: of_touched.map(|(_, p90)| p90),
        all,
        by_source: by_source(log, &watched, config),
        by_hour: by_hour(log, &watched, config),
    }
}

fn curve(source: &str, watched: Vec<Observed>, config: &FlowConfig) -> TouchCurve {
    let touched = Share::new(watched.iter().filter(|o| o.event).count() as u64, watched.len() as u64);
    let limits = [config.fast, Micros::DAY].map(seconds);
    let until = limits.map(|limit| watched_until(&watched, limit));
    let horizon = watched.iter().map(|o| o.time).fold(0.0, f64::max).min(TWO_DAYS);
    let at_horizon = watched.iter().filter(|o| o.time >= horizon).count() as u64;
    // Times are differences of instants: finite.
    let Ok(sample) = Sorted::new(watched) else { return TouchCurve::default() };
    let curve = kaplan_meier(&sample);
    let mean = curve.restricted_mean(TWO_DAYS);
    let drawn = curve.thinned(POINTS);
    let step = |seconds: f64, at_risk: u64| {
        let untouched = curve.at(seconds);
        let (low, high) = survival_interval(&curve, seconds, ALPHA).unwrap_or((untouched, untouched));
        TouchStep { seconds, untouched, low, high, at_risk }
    };
    let mut steps: Vec<TouchStep> =
        drawn.times.iter().zip(&drawn.at_risk).map(|(&time, &n)| step(time, n as u64)).collect();
    let place = steps.partition_point(|one| one.seconds < horizon);
    if steps.get(place).is_none_or(|one| one.seconds > horizon) {
        steps.insert(place, step(horizon, at_horizon));
    }
    TouchCurve {
        source: source.into(),
        touched,
        median_seconds: curve.quantile(0.5),
        p90_seconds: curve.quantile(0.9),
        fast: within(&curve, limits[0], until[0]),
        within_day: within(&curve, limits[1], until[1]),
        mean_to_48h_seconds: mean.value,
        mean_to_48h_std_error: mean.std_error,
        steps,
    }
}

/// Of those touched within `limit` seconds or watched for longer, the touched ones.
fn watched_until(watched: &[Observed], limit: f64) -> Share {
    let touched = watched.iter().filter(|o| o.event && o.time <= limit).count() as u64;
    let waiting = watched.iter().filter(|o| o.time > limit).count() as u64;
    Share::new(touched, touched + waiting)
}

/// The share touched within `limit` seconds. While nobody or everybody is, Greenwood's error is 0
/// and would claim certainty: there the interval is Wilson's.
fn within(curve: &Curve, limit: f64, watched: Share) -> Option<Estimate> {
    let untouched = curve.at(limit);
    if 0.0 < untouched && untouched < 1.0 {
        let (low, high) = survival_interval(curve, limit, ALPHA)?;
        return Some(Estimate { value: 1.0 - untouched, low: 1.0 - high, high: 1.0 - low });
    }
    watched.estimate()
}

fn by_source(log: &FlowLog, watched: &[Observed], config: &FlowConfig) -> Vec<TouchCurve> {
    if log.sources.len() < 2 {
        return Vec::new();
    }
    let mut of: Vec<Vec<Observed>> = vec![Vec::new(); log.sources.len()];
    for (lead, observed) in log.leads.iter().zip(watched) {
        of[lead.source as usize].push(*observed);
    }
    let mut sources: Vec<(usize, Vec<Observed>)> = of.into_iter().enumerate().collect();
    sources.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
    sources.truncate(CURVES);
    sources.into_iter().map(|(source, watched)| curve(&log.sources[source], watched, config)).collect()
}

fn by_hour(log: &FlowLog, watched: &[Observed], config: &FlowConfig) -> Vec<HourCell> {
    let zone = config.calendar.zone();
    let mut of: Vec<Vec<Observed>> = vec![Vec::new(); 7 * 24];
    for (lead, observed) in log.leads.iter().zip(watched) {
        let cell = usize::from(zone.local_weekday(lead.at)) * 24 + usize::from(zone.local_hour(lead.at));
        of[cell].push(*observed);
    }
    let cell = |(at, watched): (usize, Vec<Observed>)| HourCell {
        weekday: (at / 24) as u8,
        hour: (at % 24) as u8,
        leads: watched.len() as u64,
        median_seconds: Sorted::new(watched).ok().and_then(|sample| kaplan_meier(&sample).quantile(0.5)),
    };
    of.into_iter().enumerate().map(cell).collect()
}
