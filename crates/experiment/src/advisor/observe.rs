//! What past leads say about capacity: how full reps are, and whom units have in common.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use pointsman_domain::{Instant, Micros};

use super::{Scarce, Situation};

/// One past lead.
#[derive(Debug, Clone, Copy)]
pub struct PastLead<'a> {
    /// The value of the unit that would be randomised; `None` when the lead lacks it.
    pub unit: Option<&'a str>,
    /// Who could have taken it, present or not, by number.
    pub candidates: &'a [u32],
    /// Who took it, and when.
    pub owned: Option<(u32, Instant)>,
    /// When its slot was free again; `None`: not yet.
    pub closed_at: Option<Instant>,
}

/// The caps of one rep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// Leads at a time.
    pub open: Option<u32>,
    /// New leads a day; a week's or month's cap divided by its days.
    pub daily: Option<u32>,
}

/// Collects past leads.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    leads: u64,
    candidates_of: BTreeMap<String, (u64, BTreeSet<u32>)>,
    owned: Vec<(u32, Instant, Option<Instant>)>,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observed {
    pub leads: u64,
    pub leads_per_day: f64,
    pub units: u32,
    /// Share of candidates that two units have in common, weighted by their leads.
    pub shared_candidates: f64,
    /// Open slots in use over open slots; `None` without such caps.
    pub open_use: Option<f64>,
    /// New leads a day over the daily caps; `None` without such caps.
    pub quota_use: Option<f64>,
    pub scarce: Scarce,
}

/// Units with fewer leads say nothing about who their candidates are.
const LEAST_LEADS: u64 = 3;
/// Pairs grow with the square: the largest units speak for all.
const MOST_UNITS: usize = 60;

impl Observer {
    pub fn push(&mut self, lead: &PastLead<'_>) {
        self.leads += 1;
        if let Some(unit) = lead.unit {
            let entry = self.candidates_of.entry(unit.to_owned()).or_default();
            entry.0 += 1;
            entry.1.extend(lead.candidates);
        }
        self.owned.extend(lead.owned.map(|(rep, at)| (rep, at, lead.closed_at)));
    }

    /// `caps` by rep number, for the reps that take leads; the leads came in `from..until`.
    pub fn finish(self, caps: &[Caps], from: Instant, until: Instant) -> Observed {
        let days = ((until - from).0 as f64 / Micros::DAY.0 as f64).max(1.0);
        let mut units: Vec<&(u64, BTreeSet<u32>)> =
            self.candidates_of.values().filter(|(leads, _)| *leads >= LEAST_LEADS).collect();
        units.sort_by_key(|(leads, _)| std::cmp::Reverse(*leads));
        let (open_use, quota_use) = (self.open_use(caps, from, until), self.quota_use(caps));
        // Counts run short where quotas are nearly used up and rather sooner than open slots.
        let counts = quota_use.is_some_and(|quota| quota >= 0.8 && open_use.is_none_or(|open| quota > open));
        Observed {
            leads: self.leads,
            leads_per_day: self.leads as f64 / days,
            units: units.len() as u32,
            shared_candidates: shared(&units[..units.len().min(MOST_UNITS)]),
            open_use,
            quota_use,
            scarce: if counts { Scarce::Counts } else { Scarce::Time },
        }
    }

    /// Slot-time in use over slot-time there was.
    fn open_use(&self, caps: &[Caps], from: Instant, until: Instant) -> Option<f64> {
        let slots: f64 = caps.iter().filter_map(|c| c.open).map(f64::from).sum();
        let length = (until - from).0 as f64;
        if slots <= 0.0 || length <= 0.0 {
            return None;
        }
        let capped = |rep: u32| caps.get(rep as usize).is_some_and(|c| c.open.is_some());
        let busy = |at: Instant, closed: Option<Instant>| (closed.unwrap_or(until).min(until) - at.max(from)).0.max(0);
        let used: i64 = self.owned.iter().filter(|o| capped(o.0)).map(|(_, at, closed)| busy(*at, *closed)).sum();
        Some(used as f64 / (slots * length))
    }

    /// Leads given on a day over the quotas of that day, for days on which anybody got one.
    fn quota_use(&self, caps: &[Caps]) -> Option<f64> {
        let quota: f64 = caps.iter().filter_map(|c| c.daily).map(f64::from).sum();
        let days: BTreeSet<i64> = self.owned.iter().map(|(_, at, _)| at.utc_day()).collect();
        if quota <= 0.0 || days.is_empty() {
            return None;
        }
        let capped = |rep: u32| caps.get(rep as usize).is_some_and(|c| c.daily.is_some());
        let given = self.owned.iter().filter(|o| capped(o.0)).count() as f64;
        Some(given / (quota * days.len() as f64))
    }
}

/// |A ∩ B| over the smaller set, weighted by the smaller unit's leads.
fn shared(units: &[&(u64, BTreeSet<u32>)]) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    for (i, (leads, a)) in units.iter().enumerate() {
        for (others, b) in &units[i + 1..] {
            let smaller = a.len().min(b.len());
            if smaller > 0 {
                let w = (*leads).min(*others) as f64;
                sum += w * a.intersection(b).count() as f64 / smaller as f64;
                weight += w;
            }
        }
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

impl Observed {
    /// The situation that the advisor judges: `uses_reps` when the variants may give a lead to
    /// different people, `periods` of one unit over the planned test.
    pub fn situation(&self, uses_reps: bool, periods: u32) -> Situation {
        let used = [self.open_use, self.quota_use].into_iter().flatten().fold(0.0, f64::max);
        Situation {
            uses_reps,
            scarce: self.scarce,
            shared_candidates: self.shared_candidates,
            units: self.units.max(1),
            periods,
            utilisation: used,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Instant {
        Instant::from_unix_micros(0) + Micros::HOUR.times(hours)
    }

    #[test]
    fn use_and_overlap_are_measured_on_past_leads() {
        let mut observer = Observer::default();
        for n in 0..40u32 {
            let (unit, candidates): (_, &[u32]) = if n % 2 == 0 { ("north", &[0, 1]) } else { ("south", &[1, 2]) };
            let owned = Some((n % 3, at(i64::from(n) * 6)));
            observer.push(&PastLead {
                unit: Some(unit),
                candidates,
                owned,
                closed_at: Some(at(i64::from(n) * 6 + 12)),
            });
        }
        let caps = [Caps { open: Some(2), daily: Some(2) }; 3];
        let seen = observer.finish(&caps, at(0), at(240));
        // 40 leads × 12 h (the last one is cut by 6 h) over 3 × 2 slots × 240 h.
        assert!((seen.open_use.expect("caps") - (40.0 * 12.0 - 6.0) / 1440.0).abs() < 1e-9, "{seen:?}");
        // Four leads on each of ten days, quotas of six.
        assert!((seen.quota_use.expect("quotas") - 40.0 / 60.0).abs() < 1e-9);
        assert_eq!((seen.units, seen.shared_candidates, seen.leads_per_day), (2, 0.5, 4.0));
        assert_eq!(seen.scarce, Scarce::Time);
        let nothing = Observer::default().finish(&[], at(0), at(24));
        assert_eq!((nothing.open_use, nothing.quota_use, nothing.shared_candidates), (None, None, 0.0));
    }
}
