//! An A/B test of two policies in a world: a switchback, teams × working days.

use std::sync::Arc;

use pointsman_decision::PricingConfig;
use pointsman_domain::{Instant, Micros};
use pointsman_experiment::randomise::{Salt, Schedule, ScheduleError, Slot, SwitchbackConfig, UnitIndex};

use crate::compare::Contender;
use crate::run::{LeadRun, Setting, run};
use crate::world::{START, World, WorldLead};

/// How the test is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbConfig {
    pub first_day: u32,
    pub days: u32,
    /// Which leads come.
    pub draw: u64,
    pub salt: Salt,
    /// A win counts when it is known this long after the first decision.
    pub maturity: Micros,
}

/// One lead of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbRow {
    /// 0 control, 1 variant.
    pub variant: usize,
    /// The team's period: the unit that was randomised.
    pub cluster: u64,
    pub team: usize,
    pub exposed_at: Instant,
    pub won: bool,
    /// Working minutes from arrival to first touch; `None` if nobody touched it.
    pub minutes: Option<f64>,
    /// Not touched within its SLA.
    pub late: bool,
    /// Decided first in one period and given to its owner in another.
    pub crossed: bool,
}

/// The test as it went, and what is known only here: the true effect.
#[derive(Debug, Clone, PartialEq)]
pub struct AbRun {
    pub rows: Vec<AbRow>,
    pub schedule: Schedule,
    /// True win rate had everything been routed by the control, and by the variant.
    pub truth: [f64; 2],
}

/// Runs control against variant.
pub fn switchback(world: &World, contenders: [&Contender; 2], config: AbConfig) -> Result<AbRun, ScheduleError> {
    let leads = world.leads(config.first_day, config.days, config.draw);
    let slots = working_days(world, contenders[0], config);
    let schedule = Schedule::draw(
        &SwitchbackConfig {
            units: world.file.reps.teams.len(),
            slots,
            round: vec![1, 1],
            burn_in: Micros(0),
            burn_out: Micros(0),
        },
        config.salt,
    )?;
    let variant_at = |team: usize, at: Instant| schedule.at(UnitIndex(team), at).map_or(0, |(variant, _)| variant);
    let route = |lead: &WorldLead, now: Instant| variant_at(lead.team, now);
    let policies = contenders.map(|contender| Arc::clone(&contender.snapshot));
    let priced = contenders.map(|contender| contender.priced);
    let runs = run(&Setting {
        world,
        leads: &leads,
        policies: &policies,
        route: &route,
        priced: &priced,
        pricing: PricingConfig::simulated(),
    });
    let period = |at: Instant| schedule.slots.partition_point(|slot| slot.start <= at);
    let row = |(lead, run): (&WorldLead, &LeadRun)| AbRow {
        variant: variant_at(lead.team, run.decided_at),
        cluster: (lead.team * 10_000 + period(run.decided_at)) as u64,
        team: lead.team,
        exposed_at: run.decided_at,
        won: run.owned.is_some_and(|owned| owned.won) && lead.to_win <= config.maturity,
        minutes: run.owned.map(|owned| {
            let worked = contenders[0].snapshot.calendar(owned.rep).worked_between(lead.at, owned.touched_at);
            worked.0 as f64 / Micros::MINUTE.0 as f64
        }),
        late: run.owned.is_none_or(|owned| !owned.sla_kept),
        crossed: run.owned.is_some_and(|owned| period(owned.at) != period(run.decided_at)),
    };
    let rows = leads.iter().zip(&runs).map(row).collect();
    let truth = contenders.map(|contender| true_rate(world, contender, &leads, config.maturity));
    Ok(AbRun { rows, schedule, truth })
}

/// Mean true probability of a win within the maturity window when one policy routes everything.
fn true_rate(world: &World, contender: &Contender, leads: &[WorldLead], maturity: Micros) -> f64 {
    let policies = [Arc::clone(&contender.snapshot)];
    let priced = [contender.priced];
    let pricing = PricingConfig::simulated();
    let runs = run(&Setting { world, leads, policies: &policies, route: &|_, _| 0, priced: &priced, pricing });
    let counted = leads.iter().zip(&runs).filter(|(lead, _)| lead.to_win <= maturity);
    counted.filter_map(|(_, run)| run.owned.map(|owned| owned.probability)).sum::<f64>() / leads.len().max(1) as f64
}

/// Periods that end when the working day ends, so that what comes in at night or over the weekend
/// counts for the day on which somebody can take it.
fn working_days(world: &World, contender: &Contender, config: AbConfig) -> Vec<Slot> {
    let snapshot = &contender.snapshot;
    let Some(calendar) = snapshot.calendars.get(1) else { return Vec::new() };
    let zone = calendar.zone();
    let first = zone.local_day(START + Micros::DAY.times(i64::from(config.first_day)));
    let mut slots = Vec::new();
    let mut start = zone.day_start(first);
    debug_assert!(world.file.reps.per_team > 0);
    for day in first..=first + config.days as i32 {
        let (midnight, next) = (zone.day_start(day), zone.day_start(day + 1));
        // The last instant of the day's work: closed until the next midnight.
        let mut end = midnight;
        while let Some(open) = calendar.next_open(end).filter(|open| *open < next) {
            end = calendar.next_closed(open).unwrap_or(next).min(next);
        }
        if end > midnight {
            slots.push(Slot { start, end, weekday: zone.local_weekday(midnight + Micros::HOUR.times(12)), hour: 0 });
            start = end;
        }
    }
    slots
}
