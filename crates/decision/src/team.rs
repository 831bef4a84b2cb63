//! The team at one instant, for people: who is here, who returns when, how full everybody is, and
//! where each stands in the turns of their pools.

use pointsman_assign::{Ledger, Partition, Windows};
use pointsman_domain::{
    Availability, COUNTED_ONLY, FairnessMeasure, FairnessWindow, Instant, LimitId, LimitKind, PoolId, RepId, RepIndex,
    TeamId,
};
use serde::Serialize;

use crate::pricing::window_end;
use crate::qualify::availability_of;
use crate::snapshot::Snapshot;

/// One rep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    pub id: RepId,
    pub name: Box<str>,
    pub team: Option<TeamId>,
    pub active: bool,
    /// Takes leads now.
    pub available: bool,
    pub state: Presence,
    /// When an absence ends or a closed calendar opens.
    pub until: Option<Instant>,
    /// When this rep is next here: open, and not absent. Unknown with an absence without end.
    pub returns_at: Option<Instant>,
    /// Who stands in during the absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<RepId>,
    /// Dated overrides that are not over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Overridden>,
    pub limits: Vec<Use>,
    pub turns: Vec<Standing>,
}

/// Whether a rep takes leads, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Here,
    /// Outside working hours.
    Closed,
    Absent,
    /// No longer in the team.
    Inactive,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overridden {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<RepId>,
    /// Absent where it holds already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    pub until: Instant,
}

/// One limit of one rep in its present window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Use {
    pub limit: LimitId,
    pub kind: LimitKind,
    pub used: u32,
    /// Absent: it is counted, and never full.
    pub cap: Option<u32>,
    /// Leads that the rep is owed in the window, of which `used` were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<u32>,
    /// What the next place is worth to the leads still to come; absent before prices were solved.
    pub price: Option<f64>,
    /// When this window's places end; absent for open leads, whose places come back.
    pub until: Option<Instant>,
}

/// Where a rep stands in one pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    pub pool: PoolId,
    pub measure: FairnessMeasure,
    pub window: FairnessWindow,
    pub weight: u32,
    /// In this window, in the pool's measure: turns, open leads, or expected value in minor units.
    pub taken: f64,
    pub entitled: f64,
    /// `entitled − taken`: still to come (positive) or had in advance (negative).
    pub deficit: f64,
    /// Missed while away, and paid by the day.
    pub owed: f64,
}

/// Everybody of the roster, in its order.
pub fn team(snapshot: &Snapshot, ledger: &Ledger, now: Instant) -> Vec<Member> {
    let reps = 0..snapshot.roster.reps.len() as u32;
    let mut members: Vec<Member> = reps.map(|rep| member(snapshot, ledger, RepIndex(rep), now)).collect();
    let zone = snapshot.home();
    let windows = Windows { day: zone.local_day(now), week: zone.local_week_monday(now), month: zone.local_month(now) };
    for pool in &snapshot.roster.pools {
        let named = pool.members.iter().map(|(rep, weight)| (snapshot.roster.rep_at(*rep).id.clone(), *weight));
        let weights: Vec<(RepId, f64)> = named.map(|(rep, weight)| (rep, f64::from(weight))).collect();
        let shares = ledger.shares((&pool.id, Partition::default()), pool.contract, &windows, &weights);
        for ((rep, weight), share) in pool.members.iter().zip(shares) {
            members[rep.0 as usize].turns.push(Standing {
                pool: pool.id.clone(),
                measure: pool.contract.measure,
                window: pool.contract.window,
                weight: *weight,
                taken: share.taken,
                entitled: share.entitled,
                deficit: share.deficit,
                owed: share.owed,
            });
        }
    }
    members
}

fn member(snapshot: &Snapshot, ledger: &Ledger, index: RepIndex, now: Instant) -> Member {
    let rep = snapshot.roster.rep_at(index);
    let calendar = snapshot.calendar(index);
    let absences = &snapshot.absences[index.0 as usize];
    let (state, until) = match availability_of(snapshot, index, now) {
        _ if !rep.active => (Presence::Inactive, None),
        Availability::Here => (Presence::Here, None),
        Availability::Absent { until } => (Presence::Absent, until),
        Availability::Closed { until } => (Presence::Closed, until),
    };
    let away = matches!(state, Presence::Absent | Presence::Closed);
    let id_of = |rep: RepIndex| snapshot.roster.rep_at(rep).id.clone();
    let overrides = snapshot.away.overrides_of(index, now).map(|o| Overridden {
        pool: o.pool.map(|pool| snapshot.roster.pool_at(pool).id.clone()),
        to: o.to.map(id_of),
        from: Some(o.from).filter(|from| *from > now),
        until: o.until,
    });
    let bounds = snapshot.roster.limits.iter().zip(&rep.caps).zip(&rep.floors).filter(|((_, cap), _)| cap.is_some());
    let limits = bounds.map(|((limit, _), floor)| {
        let floor = Some(*floor).filter(|floor| *floor > 0);
        let window = calendar.zone().window(limit.kind, now);
        let (used, cap) = ledger.used(&rep.id, &limit.id, window);
        let cap = cap.filter(|cap| *cap != COUNTED_ONLY);
        let price = ledger.price(&rep.id, &limit.id, window).filter(|_| cap.is_some());
        let until = (limit.kind != LimitKind::Open).then(|| window_end(window, calendar.zone(), now));
        Use { limit: limit.id.clone(), kind: limit.kind, used, cap, floor, price, until }
    });
    Member {
        id: rep.id.clone(),
        name: rep.name.clone(),
        team: rep.team.clone(),
        active: rep.active,
        available: state == Presence::Here,
        state,
        until,
        returns_at: away.then(|| calendar.next_available(now, absences)).flatten(),
        stand_in: snapshot.away.stand_in_of(index, now).map(id_of),
        overrides: overrides.collect(),
        limits: limits.collect(),
        turns: Vec::new(),
    }
}
