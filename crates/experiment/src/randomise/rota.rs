//! A switchback that need know neither its end nor its units: which variant a unit runs in a
//! period, computed when a lead comes.
//!
//! Time is cut into blocks of as many weeks as the round is long. Within one week the variants are
//! dealt evenly over the week's periods; in the next week every period gets the next variant of the
//! round, so that over a block each variant ran equally often at every weekday and hour. Which
//! period starts where in the round, and the order of the weeks, are shuffled for every unit and
//! block.

use serde::Serialize;

use pointsman_domain::{Micros, Rng};

use super::{Phase, Salt};

/// Where an instant stands in local time, from the test's first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LocalTime {
    /// Local days since 1970-01-01.
    pub day: i32,
    /// Of the local day, 0 to 1439; an hour that a change of clocks repeats is one period.
    pub minute: u16,
}

/// A period of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PeriodIndex(pub i64);

/// Length and first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rota {
    first_day: i32,
    length: Length,
    burn_in: i64,
    burn_out: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// Divides the day.
    Minutes(i64),
    Days(i64),
}

const DAY_MINUTES: i64 = 24 * 60;
/// Shorter periods are all change-over, and a week of them is long to shuffle for every lead.
const SHORTEST_MINUTES: i64 = 15;
/// Longer ones leave too few periods to analyse.
const LONGEST_DAYS: i64 = 28;

/// Why a period cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotaError {
    #[error("a period of {minutes} minutes does not divide the day: use 15, 20, 30, 60, 120, … 1440 or whole days")]
    Uneven { minutes: i64 },
    #[error("a period is 15 minutes to 28 days long")]
    Length,
    #[error("the weights are not those of a round of at most 12 periods: use for example 1 and 1, or 3 and 1")]
    Weights,
}

impl Rota {
    pub fn new(period: Micros, burn_in: Micros, burn_out: Micros, first_day: i32) -> Result<Self, RotaError> {
        let minutes = period.0 / Micros::MINUTE.0;
        let length = match minutes {
            m if !(SHORTEST_MINUTES..=LONGEST_DAYS * DAY_MINUTES).contains(&m) => return Err(RotaError::Length),
            m if DAY_MINUTES % m == 0 => Length::Minutes(m),
            m if m % DAY_MINUTES == 0 => Length::Days(m / DAY_MINUTES),
            m => return Err(RotaError::Uneven { minutes: m }),
        };
        let (burn_in, burn_out) = (burn_in.0 / Micros::MINUTE.0, burn_out.0 / Micros::MINUTE.0);
        Ok(Self { first_day, length, burn_in, burn_out })
    }

    /// The period that an instant lies in, and where in it.
    pub fn period(&self, at: LocalTime) -> (PeriodIndex, Phase) {
        let (day, minute) = (i64::from(at.day) - i64::from(self.first_day), i64::from(at.minute));
        let (index, since, length) = match self.length {
            Length::Minutes(m) => (day * (DAY_MINUTES / m) + minute / m, minute % m, m),
            Length::Days(d) => (day.div_euclid(d), day.rem_euclid(d) * DAY_MINUTES + minute, d * DAY_MINUTES),
        };
        let phase = if since < self.burn_in {
            Phase::BurnIn
        } else if length - since <= self.burn_out {
            Phase::BurnOut
        } else {
            Phase::Counted
        };
        (PeriodIndex(index), phase)
    }

    /// The variant that runs then. The same salt gives the same answer for ever.
    pub fn variant(&self, salt: Salt, unit: &str, period: PeriodIndex, round: &[u8]) -> usize {
        let places = match self.length {
            Length::Minutes(m) => 7 * (DAY_MINUTES / m),
            // Whole weeks differ less than weekdays do: a block is a round of periods.
            Length::Days(_) => 1,
        };
        let (week, place) = (period.0.div_euclid(places), period.0.rem_euclid(places) as usize);
        let weeks = round.len().max(1) as i64;
        let mut key = unit.as_bytes().to_vec();
        key.push(0);
        key.extend(week.div_euclid(weeks).to_le_bytes());
        let mut rng = Rng::seeded(salt.point(&key));
        let start = rng.below(weeks as u64) as usize;
        let mut offsets: Vec<usize> = (0..places as usize).map(|i| (start + i) % round.len().max(1)).collect();
        rng.shuffle(&mut offsets);
        let mut order: Vec<usize> = (0..round.len()).collect();
        rng.shuffle(&mut order);
        let turn = (offsets[place] + order[week.rem_euclid(weeks) as usize]) % round.len();
        usize::from(round[turn])
    }
}

/// The shortest round that has the weights: `[0, 1]` for halves, `[0, 0, 0, 1]` for 3 to 1.
pub fn round_of(weights: &[f64]) -> Result<Vec<u8>, RotaError> {
    let sum: f64 = weights.iter().sum();
    for length in 2..=12u32 {
        let exact: Vec<f64> = weights.iter().map(|w| w / sum * f64::from(length)).collect();
        if exact.iter().all(|x| (x - x.round()).abs() < 1e-6) {
            let times = (0u8..).zip(&exact);
            return Ok(times.flat_map(|(variant, x)| (0..x.round() as u32).map(move |_| variant)).collect());
        }
    }
    Err(RotaError::Weights)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn rota(minutes: i64) -> Rota {
        Rota::new(Micros::MINUTE.times(minutes), Micros::MINUTE.times(10), Micros::MINUTE.times(5), 100)
            .expect("a length")
    }

    #[test]
    fn periods_and_phases_follow_the_local_clock() {
        let at = |day, minute| LocalTime { day, minute };
        assert_eq!(rota(60).period(at(100, 0)), (PeriodIndex(0), Phase::BurnIn));
        assert_eq!(rota(60).period(at(100, 70)), (PeriodIndex(1), Phase::Counted));
        assert_eq!(rota(60).period(at(101, 56)), (PeriodIndex(24), Phase::BurnOut));
        assert_eq!(rota(2 * 1440).period(at(103, 1)), (PeriodIndex(1), Phase::Counted));
        assert_eq!(rota(1440).period(at(99, 30)), (PeriodIndex(-1), Phase::Counted));
        let refused = |minutes| Rota::new(Micros::MINUTE.times(minutes), Micros(0), Micros(0), 0).err();
        assert_eq!(refused(50), Some(RotaError::Uneven { minutes: 50 }));
        assert_eq!((refused(5), refused(60 * 1440)), (Some(RotaError::Length), Some(RotaError::Length)));
        assert_eq!(round_of(&[0.75, 0.25]), Ok(vec![0, 0, 0, 1]));
        assert_eq!(round_of(&[0.937, 0.063]), Err(RotaError::Weights));
    }

    proptest! {
        #[test]
        fn every_weekday_and_hour_is_balanced_over_a_block(
            salt: u128, unit in "[a-z]{1,8}", minutes in prop::sample::select(vec![60i64, 240, 1440]),
            weights in prop::sample::select(vec![vec![1.0, 1.0], vec![3.0, 1.0], vec![1.0, 1.0, 1.0]]),
        ) {
            let (rota, salt) = (rota(minutes), Salt::new(salt));
            let round = round_of(&weights).expect("a round");
            let places = 7 * 1440 / minutes;
            let mut by_place: BTreeMap<(i64, usize), usize> = BTreeMap::new();
            for week in 0..round.len() as i64 {
                let mut by_week = vec![0usize; round.len()];
                for place in 0..places {
                    let variant = rota.variant(salt, &unit, PeriodIndex(week * places + place), &round);
                    *by_place.entry((place, variant)).or_default() += 1;
                    by_week[variant] += 1;
                }
                for (variant, n) in by_week.iter().enumerate() {
                    let share = round.iter().filter(|v| usize::from(**v) == variant).count();
                    let exact = places as f64 * share as f64 / round.len() as f64;
                    prop_assert!((*n as f64 - exact).abs() <= share as f64, "week {}: {} of {}", week, n, exact);
                }
            }
            for ((place, variant), n) in by_place {
                prop_assert_eq!(n, round.iter().filter(|v| usize::from(**v) == variant).count(), "place {}", place);
            }
        }
    }
}
