//! What each rep's days held: work, load, turns, what was received and what was won.
//!
//! Working time is that of the live calendars less absences; the cap is the live one. Who has no
//! calendar has no working time to measure load over: `busy` and `room` are missing then.

use std::collections::BTreeMap;

use pointsman_decision::Snapshot;
use pointsman_domain::{COUNTED_ONLY, Instant, LimitKind, Micros, Money, RepIndex, TeamId};
use pointsman_measure::rows::{LeadRow, LocalDay, Millionths, Name, Names, Origin, RepDayRow};

use crate::{
    cell::{Cell, maybe, no_int},
    loaded::Table,
};

/// The figures of one rep and day, in the order of [`COLUMNS`].
pub type Day = [Option<i64>; 15];

const COLUMNS: [&str; 17] = [
    "rep",
    "day",
    "work",
    "absent",
    "busy",
    "room",
    "received",
    "entitled",
    "offered",
    "accepted",
    "declined",
    "expired",
    "touches",
    "won",
    "lost",
    "won_value",
    "open",
];

pub const TABLE: Table = Table {
    name: "rep_days",
    columns: &COLUMNS,
    conflict: "ON CONFLICT (rep, day) DO UPDATE SET work = excluded.work, absent = excluded.absent,
        busy = excluded.busy, room = excluded.room, received = excluded.received, entitled = excluded.entitled,
        offered = excluded.offered, accepted = excluded.accepted, declined = excluded.declined,
        expired = excluded.expired, touches = excluded.touches, won = excluded.won, lost = excluded.lost,
        won_value = excluded.won_value, open = excluded.open",
};

pub fn cells(rep: &str, day: i32, figures: &Day) -> Vec<Cell<'static>> {
    let numbers = figures.iter().map(|number| maybe(*number, no_int));
    [rep.to_owned().into(), i64::from(day).into()].into_iter().chain(numbers).collect()
}

/// What happened, by rep and local day, as it is streamed past.
#[derive(Debug)]
pub struct RepDays<'a> {
    live: &'a Snapshot,
    now: Instant,
    counts: BTreeMap<(RepIndex, i32), Counts>,
    /// When a rep got or lost an open lead.
    load: Vec<Vec<(Instant, i32)>>,
    /// Leads given out by pool and day.
    pools: BTreeMap<(u16, i32), u32>,
    /// Leads of a loaded history, by the team of whoever got them and day: a history knows no pools.
    teams: BTreeMap<(Option<TeamId>, i32), u32>,
    /// First and last day on which a rep got a lead of a history.
    tenure: BTreeMap<RepIndex, (i32, i32)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    received: u32,
    offered: u32,
    accepted: u32,
    declined: u32,
    expired: u32,
    touches: u32,
    won: u32,
    lost: u32,
    won_value: i64,
}

/// An answer to an offer, by its word in the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Offered,
    Accepted,
    Declined,
    Expired,
}

impl Answered {
    /// As the stores give it: 0, or the number of the response.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Offered, Self::Accepted, Self::Declined, Self::Expired].into_iter().nth(usize::try_from(number).ok()?)
    }
}

impl<'a> RepDays<'a> {
    pub fn new(live: &'a Snapshot, now: Instant) -> Self {
        let load = vec![Vec::new(); live.roster.reps.len()];
        Self {
            live,
            now,
            counts: BTreeMap::new(),
            load,
            pools: BTreeMap::new(),
            teams: BTreeMap::new(),
            tenure: BTreeMap::new(),
        }
    }

    fn day(&self, at: Instant) -> i32 {
        self.live.home().local_day(at)
    }

    fn count(&mut self, rep: Option<RepIndex>, at: Instant, what: impl FnOnce(&mut Counts)) {
        if let Some(rep) = rep {
            let day = self.day(at);
            what(self.counts.entry((rep, day)).or_default());
        }
    }

    fn find(&self, names: &Names, name: Option<Name>) -> Option<RepIndex> {
        self.live.roster.rep(names.text(name?))
    }

    /// A lead with one owner at most; one that was passed on has its owners told by
    /// [`held`](Self::held).
    pub fn lead(&mut self, row: &LeadRow, names: &Names) {
        let (first, owner) = (self.find(names, row.rep), self.find(names, row.owner));
        if let Some(at) = row.assigned_at {
            self.count(first, at, |counts| counts.received += 1);
            let pool = row.pool.map(|pool| names.text(pool));
            let pool = pool.and_then(|id| self.live.roster.pools.iter().position(|pool| pool.id.as_str() == id));
            match (pool, first) {
                (Some(pool), _) => *self.pools.entry((pool as u16, self.day(at))).or_default() += 1,
                (None, Some(rep)) if row.origin == Origin::Import => self.of_history(rep, self.day(at)),
                (None, _) => {}
            }
            if row.hops == 0 {
                self.held(first, at, row.closed_at);
            }
        }
        if let Some(at) = row.won_at {
            let value = row.value.map_or(0, Money::minor_units);
            self.count(owner, at, |counts| {
                counts.won += 1;
                counts.won_value += value;
            });
        }
        if let Some(at) = row.lost_at {
            self.count(owner, at, |counts| counts.lost += 1);
        }
    }

    fn of_history(&mut self, rep: RepIndex, day: i32) {
        let team = self.live.roster.rep_at(rep).team.clone();
        *self.teams.entry((team, day)).or_default() += 1;
        let known = self.tenure.entry(rep).or_insert((day, day));
        *known = (known.0.min(day), known.1.max(day));
    }

    /// Somebody had an open lead.
    pub fn held(&mut self, rep: Option<RepIndex>, from: Instant, until: Option<Instant>) {
        let Some(rep) = rep else { return };
        let load = &mut self.load[rep.0 as usize];
        load.push((from, 1));
        if let Some(until) = until {
            load.push((until.max(from), -1));
        }
    }

    pub fn touched(&mut self, rep: &str, at: Instant) {
        let rep = self.live.roster.rep(rep);
        self.count(rep, at, |counts| counts.touches += 1);
    }

    pub fn answered(&mut self, rep: &str, at: Instant, what: Answered) {
        let rep = self.live.roster.rep(rep);
        self.count(rep, at, |counts| match what {
            Answered::Offered => counts.offered += 1,
            Answered::Accepted => counts.accepted += 1,
            Answered::Declined => counts.declined += 1,
            Answered::Expired => counts.expired += 1,
        });
    }

    /// Every day from the first that anything is known of, to today.
    pub fn finish(mut self) -> BTreeMap<(Box<str>, i32), Day> {
        let mut days = BTreeMap::new();
        let first = self.load.iter().flatten().map(|(at, _)| *at).min().map(|at| self.day(at));
        let Some(first) = first.into_iter().chain(self.counts.keys().map(|(_, day)| *day)).min() else { return days };
        let last = self.day(self.now);
        let entitled = self.entitled();
        let mut load = std::mem::take(&mut self.load);
        for (index, events) in (0..).map(RepIndex).zip(&mut load) {
            events.sort_unstable();
            self.of_rep(index, events, first..=last, &entitled, &mut days);
        }
        days
    }

    fn of_rep(
        &self,
        rep: RepIndex,
        events: &[(Instant, i32)],
        range: std::ops::RangeInclusive<i32>,
        entitled: &BTreeMap<(RepIndex, i32), f64>,
        days: &mut BTreeMap<(Box<str>, i32), Day>,
    ) {
        let (zone, roster) = (self.live.home(), &self.live.roster);
        let member = roster.rep_at(rep);
        let hours = member.calendar.is_some();
        let caps = roster.limits.iter().zip(&member.caps);
        let cap = caps.filter(|(limit, _)| limit.kind == LimitKind::Open && limit.when.is_none());
        // Whose open leads are only counted has no room that they could fill.
        let cap = cap.filter_map(|(_, cap)| *cap).min().filter(|cap| *cap != COUNTED_ONLY);
        let (mut events, mut open) = (events.iter().peekable(), 0i64);
        for day in range {
            let (start, end) = (zone.day_start(day), zone.day_start(day + 1).min(self.now));
            let (mut busy, mut from) = (0, start);
            while let Some((at, change)) = events.next_if(|(at, _)| *at < end) {
                busy += open * self.worked(rep, from, (*at).max(start)).0;
                from = (*at).max(start);
                open += i64::from(*change);
            }
            busy += open * self.worked(rep, from, end).0;
            let work = self.worked(rep, start, end);
            let whole = self.live.calendar(rep).worked_between(start, end.max(start));
            let counts = self.counts.get(&(rep, day)).copied();
            let share = entitled.get(&(rep, day)).and_then(|share| Millionths::from_f64(*share));
            // Whoever was due a lead and got none has a day, too.
            let nothing = counts.is_none() && share.is_none() && open == 0 && busy == 0;
            if nothing && (!hours || whole.0 == 0) {
                continue;
            }
            let counts = counts.unwrap_or_default();
            let number = |n: u32| Some(i64::from(n));
            let figures = [
                Some(if hours { work.0 } else { 0 }),
                Some(if hours { whole.0 - work.0 } else { 0 }),
                hours.then_some(busy),
                cap.filter(|_| hours).map(|cap| i64::from(cap) * work.0),
                number(counts.received),
                share.map(|share| share.0),
                number(counts.offered),
                number(counts.accepted),
                number(counts.declined),
                number(counts.expired),
                number(counts.touches),
                number(counts.won),
                number(counts.lost),
                (counts.won > 0).then_some(counts.won_value),
                Some(open),
            ];
            days.insert((member.id.as_str().into(), day), figures);
        }
    }

    /// Working time less absences.
    fn worked(&self, rep: RepIndex, from: Instant, until: Instant) -> Micros {
        if until <= from {
            return Micros(0);
        }
        let calendar = self.live.calendar(rep);
        let away = self.live.absences[rep.0 as usize].iter();
        let away = away.filter(|(a, b)| *a < until && from < *b);
        let absent: i64 = away.map(|(a, b)| calendar.worked_between(a.max(from), b.min(until)).0).sum();
        Micros(calendar.worked_between(from, until).0 - absent)
    }

    /// The turns of a pool's day, by weight among those members who worked on it; of a loaded history
    /// the team's leads of the day, evenly among those who worked on it and had begun to get leads.
    fn entitled(&self) -> BTreeMap<(RepIndex, i32), f64> {
        let zone = self.live.home();
        let mut here: BTreeMap<(RepIndex, i32), bool> = BTreeMap::new();
        let mut entitled: BTreeMap<(RepIndex, i32), f64> = BTreeMap::new();
        let mut share = |day: i32, given: u32, members: &mut dyn Iterator<Item = (RepIndex, u32)>| {
            let (start, end) = (zone.day_start(day), zone.day_start(day + 1));
            let mut works =
                |rep: RepIndex| *here.entry((rep, day)).or_insert_with(|| self.worked(rep, start, end).0 > 0);
            let present: Vec<(RepIndex, u32)> = members.filter(|(rep, _)| works(*rep)).collect();
            let weights: u32 = present.iter().map(|(_, weight)| weight).sum();
            for (rep, weight) in present.into_iter().filter(|_| weights > 0) {
                *entitled.entry((rep, day)).or_default() += f64::from(given) * f64::from(weight) / f64::from(weights);
            }
        };
        for ((pool, day), given) in &self.pools {
            share(*day, *given, &mut self.live.roster.pools[usize::from(*pool)].members.iter().copied());
        }
        for ((team, day), given) in &self.teams {
            let there = |tenure: &(i32, i32)| (tenure.0..=tenure.1).contains(day);
            let members = self.tenure.iter().filter(|(_, tenure)| there(tenure)).map(|(rep, _)| *rep);
            let of_team = members.filter(|rep| self.live.roster.rep_at(*rep).team == *team);
            share(*day, *given, &mut of_team.map(|rep| (rep, 1)));
        }
        entitled
    }

    /// The days as rows that figures are measured on.
    pub fn rows(self, names: &mut Names) -> Vec<RepDayRow> {
        let live = self.live;
        let days = self.finish();
        let team = |rep: &str| {
            let rep = live.roster.rep(rep).map(|index| live.roster.rep_at(index));
            rep.and_then(|rep| rep.team.as_ref())
        };
        let one = |((rep, day), figures): (&(Box<str>, i32), &Day)| {
            let team = team(rep).map(|team| names.intern(team.as_str()));
            row(names.intern(rep), team, LocalDay(*day), figures)
        };
        days.iter().map(one).collect()
    }
}

/// One day of a rep from its figures, in the order of the table's columns.
pub fn row(rep: Name, team: Option<Name>, day: LocalDay, figures: &Day) -> RepDayRow {
    let count = |at: usize| figures[at].and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    RepDayRow {
        rep,
        team,
        day,
        work: Micros(figures[0].unwrap_or_default()),
        absent: Micros(figures[1].unwrap_or_default()),
        busy: figures[2].map(Micros),
        room: figures[3].map(Micros),
        received: count(4),
        entitled: figures[5].map(Millionths),
        offered: count(6),
        accepted: count(7),
        declined: count(8),
        expired: count(9),
        touches: count(10),
        won: count(11),
        lost: count(12),
        won_value: figures[13].map(Money),
        open: count(14),
    }
}
