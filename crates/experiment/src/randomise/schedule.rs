//! Switchback schedules: which variant runs in which unit and period.
//!
//! Weekdays and hours differ far more than variants do, so the draw is blocked: within one unit
//! and one (weekday, hour) the variants come in freshly shuffled rounds, and what does not fill a
//! round is dealt out over units in the same way.

use std::collections::BTreeMap;

use serde::Serialize;

use pointsman_domain::{Instant, Micros, Rng};

use super::Salt;

/// A place in a schedule's list of units (teams, regions): the caller keeps their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UnitIndex(pub usize);

/// One period with its place in the local week (0 = Monday); civil time is the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Slot {
    pub start: Instant,
    pub end: Instant,
    pub weekday: u8,
    pub hour: u8,
}

/// What a schedule is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchbackConfig {
    pub units: usize,
    /// In order of time, not overlapping.
    pub slots: Vec<Slot>,
    /// How often each variant runs in one round, for example [1, 1] or [3, 1].
    pub round: Vec<u32>,
    /// Leads decided so soon after a switch are not counted: the queue is still the other's.
    pub burn_in: Micros,
    /// Nor those so shortly before the next.
    pub burn_out: Micros,
}

/// Why no schedule can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("a switchback needs at least two variants that run, found {found}")]
    Variants { found: usize },
    #[error("a switchback needs at least one unit and one period")]
    Empty,
    #[error("period {index} starts before its predecessor ends, or ends before it starts")]
    Order { index: usize },
    #[error("period {index} is shorter than burn-in and burn-out together: nothing would be counted")]
    Burnt { index: usize },
}

/// Where in its period an instant lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    BurnIn,
    Counted,
    BurnOut,
}

/// The drawn schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    pub slots: Vec<Slot>,
    /// `variant[unit][slot]`, an index into the round.
    variant: Vec<Vec<u8>>,
    burn_in: Micros,
    burn_out: Micros,
}

impl Schedule {
    /// The same salt gives the same schedule for ever.
    pub fn draw(config: &SwitchbackConfig, salt: Salt) -> Result<Self, ScheduleError> {
        check(config)?;
        let round: Vec<u8> = (0u8..).zip(&config.round).flat_map(|(v, &times)| (0..times).map(move |_| v)).collect();
        let mut by_place: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
        for (i, slot) in config.slots.iter().enumerate() {
            by_place.entry((slot.weekday, slot.hour)).or_default().push(i);
        }
        let mut rng = Rng::seeded(salt.point(b"switchback schedule"));
        let mut variant = vec![vec![0u8; config.slots.len()]; config.units];
        // What is left of a round passes from one (weekday, hour) to the next.
        let mut left_over: Vec<u8> = Vec::new();
        for slots in by_place.values() {
            let whole = slots.len() - slots.len() % round.len();
            for unit in &mut variant {
                for group in slots[..whole].chunks(round.len()) {
                    let mut order = round.clone();
                    rng.shuffle(&mut order);
                    for (&slot, v) in group.iter().zip(order) {
                        unit[slot] = v;
                    }
                }
            }
            for &slot in &slots[whole..] {
                let mut units: Vec<usize> = (0..config.units).collect();
                rng.shuffle(&mut units);
                for unit in units {
                    if left_over.is_empty() {
                        left_over.clone_from(&round);
                        rng.shuffle(&mut left_over);
                    }
                    variant[unit][slot] = left_over.pop().unwrap_or(0);
                }
            }
        }
        Ok(Self { slots: config.slots.clone(), variant, burn_in: config.burn_in, burn_out: config.burn_out })
    }

    /// The variant's index and the phase at an instant; none outside the schedule.
    pub fn at(&self, unit: UnitIndex, at: Instant) -> Option<(usize, Phase)> {
        let slot = self.slots.partition_point(|s| s.start <= at).checked_sub(1)?;
        let Slot { start, end, .. } = self.slots[slot];
        if at >= end {
            return None;
        }
        let phase = if at - start < self.burn_in {
            Phase::BurnIn
        } else if end - at <= self.burn_out {
            Phase::BurnOut
        } else {
            Phase::Counted
        };
        Some((self.variant(unit, slot)?, phase))
    }

    /// The variant's index in a period.
    pub fn variant(&self, unit: UnitIndex, slot: usize) -> Option<usize> {
        self.variant.get(unit.0)?.get(slot).map(|v| usize::from(*v))
    }
}

fn check(config: &SwitchbackConfig) -> Result<(), ScheduleError> {
    let found = config.round.iter().filter(|r| **r > 0).count();
    if found < 2 || config.round.len() > 256 {
        return Err(ScheduleError::Variants { found });
    }
    if config.units == 0 || config.slots.is_empty() {
        return Err(ScheduleError::Empty);
    }
    let mut before = Instant::MIN;
    for (index, slot) in config.slots.iter().enumerate() {
        if slot.start < before || slot.end <= slot.start {
            return Err(ScheduleError::Order { index });
        }
        if (slot.end - slot.start).0 <= config.burn_in.0 + config.burn_out.0 {
            return Err(ScheduleError::Burnt { index });
        }
        before = slot.end;
    }
    Ok(())
}

/// Equal periods from `start` to `end`, with weekday and hour at a fixed offset from UTC. Where
/// clocks change within the experiment, the caller builds the slots with `workhours`.
pub fn even_slots(start: Instant, end: Instant, length: Micros, offset: Micros) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut at = start;
    while length.0 > 0 && at + length <= end {
        let local = at + offset;
        // 1970-01-01 was a Thursday: day 3 of a week that starts on Monday.
        let weekday = (local.utc_day() + 3).rem_euclid(7) as u8;
        let hour = (local.unix_micros().rem_euclid(Micros::DAY.0) / Micros::HOUR.0) as u8;
        slots.push(Slot { start: at, end: at + length, weekday, hour });
        at = at + length;
    }
    slots
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(units: usize, days: i64, hours: i64, round: Vec<u32>) -> SwitchbackConfig {
        let start: Instant = "2026-03-02T00:00:00Z".parse().expect("a Monday");
        let slots = even_slots(start, start + Micros::DAY.times(days), Micros::HOUR.times(hours), Micros(0));
        SwitchbackConfig { units, slots, round, burn_in: Micros::MINUTE, burn_out: Micros::MINUTE }
    }

    #[test]
    fn phases_follow_the_clock() {
        let schedule = Schedule::draw(&config(1, 1, 2, vec![1, 1]), Salt::new(1)).expect("valid");
        let start = schedule.slots[0].start;
        let phase = |after: Micros| schedule.at(UnitIndex(0), start + after).map(|x| x.1);
        assert_eq!(phase(Micros(0)), Some(Phase::BurnIn));
        assert_eq!(phase(Micros::MINUTE), Some(Phase::Counted));
        assert_eq!(phase(Micros::MINUTE.times(119)), Some(Phase::BurnOut));
        assert_eq!(phase(Micros::DAY), None);
        assert_eq!(schedule.slots[0].weekday, 0);
    }

    #[test]
    fn a_schedule_that_counts_nothing_is_refused() {
        let mut short = config(1, 1, 1, vec![1, 1]);
        short.burn_in = Micros::HOUR;
        assert_eq!(Schedule::draw(&short, Salt::new(1)), Err(ScheduleError::Burnt { index: 0 }));
        assert_eq!(
            Schedule::draw(&config(1, 1, 1, vec![1, 0]), Salt::new(1)),
            Err(ScheduleError::Variants { found: 1 })
        );
    }

    proptest! {
        #[test]
        fn variants_are_balanced_over_weekday_and_hour(units in 1usize..6, weeks in 1i64..5, hours in prop::sample::select(vec![1i64, 6, 24]), salt: u128) {
            let config = config(units, 7 * weeks, hours, vec![1, 1]);
            let schedule = Schedule::draw(&config, Salt::new(salt)).expect("valid");
            prop_assert_eq!(&schedule, &Schedule::draw(&config, Salt::new(salt)).expect("the same"));
            let mut total = 0i64;
            let mut places: BTreeMap<(u8, u8, usize), i64> = BTreeMap::new();
            for (i, slot) in schedule.slots.iter().enumerate() {
                for unit in 0..units {
                    let sign = if schedule.variant(UnitIndex(unit), i) == Some(0) { 1 } else { -1 };
                    total += sign;
                    *places.entry((slot.weekday, slot.hour, unit)).or_default() += sign;
                }
            }
            prop_assert!(total.abs() <= 1, "overall {}", total);
            prop_assert!(places.values().all(|d| d.abs() <= 1), "{:?}", places);
        }
    }
}
