//! Random lives of leads, told event by event and folded into rows as a store would.

use std::{collections::BTreeMap, ops::Range};

use pointsman_domain::{Instant, LeadId, Micros, Money, record::Stage};
use pointsman_measure::{
    kpi::{Cost, Handling, KpiSpec},
    roi::Date,
    rows::{Custody, LeadRow, LocalDay, Millionths, Name, Names, RepDayRow},
};
use pointsman_workhours::{Calendar, CalendarFile, WeekHours};
use proptest::prelude::*;

/// 2026-02-02, a Monday.
pub const START: i64 = 1_769_990_400_000_000;
const DAYS: i64 = 60;

#[derive(Debug, Clone)]
pub struct World {
    pub now: Instant,
    pub first_day: i32,
    pub names: Names,
    pub calendars: BTreeMap<Name, Calendar>,
    pub rows: Vec<LeadRow>,
    pub rep_days: Vec<RepDayRow>,
    pub spec: KpiSpec,
}

/// What happens to a lead, and how many minutes after the event before.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    Decide,
    Notify,
    Offer,
    Accept,
    Decline,
    Expire,
    Own(u8),
    Misroute(u8),
    Touch,
    Reach,
    Opportunity,
    Win,
    Lose,
    Reopen,
    Park,
    Rate(u8),
    Tick,
    Merge,
}

#[derive(Debug, Clone)]
pub struct Life {
    arrived: i64,
    words: [u8; 4],
    promise: Option<i64>,
    score: Option<u32>,
    checklist: Option<u8>,
    has_calendar: bool,
    events: Vec<(i64, Event)>,
}

fn event() -> impl Strategy<Value = Event> {
    use Event::{
        Accept, Decide, Decline, Expire, Lose, Merge, Misroute, Notify, Offer, Opportunity, Own, Park, Rate, Reach,
        Reopen, Tick, Touch, Win,
    };
    prop_oneof![
        4 => Just(Decide), 2 => Just(Notify), 2 => Just(Offer), 2 => Just(Accept), 1 => Just(Decline),
        1 => Just(Expire), 4 => (0u8..4).prop_map(Own), 1 => (0u8..4).prop_map(Misroute), 5 => Just(Touch),
        2 => Just(Reach), 1 => Just(Opportunity), 2 => Just(Win), 2 => Just(Lose), 1 => Just(Reopen),
        1 => Just(Park), 1 => (1u8..6).prop_map(Rate), 1 => Just(Tick), 1 => Just(Merge),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    // Whole minutes of few kinds and whole days, so that ties and ends of windows are common.
    let whole_days = (0i64..40).prop_map(|days| days * 1440);
    let wait = prop_oneof![3 => 0i64..6, 2 => 0i64..240, 1 => 0i64..30_000, 1 => whole_days];
    let told = proptest::collection::vec((wait, event()), 0..12);
    let promise = proptest::option::of(prop_oneof![Just(5i64), Just(0), 1i64..3000]);
    let arrived = prop_oneof![1 => 0i64..5, 3 => 0..DAYS * 1440];
    (
        arrived,
        any::<[u8; 4]>(),
        promise,
        proptest::option::of(0u32..=1_000_000),
        proptest::option::of(0u8..4),
        any::<bool>(),
        told,
    )
        .prop_map(|(arrived, words, promise, score, checklist, has_calendar, events)| Life {
            arrived,
            words,
            promise,
            score,
            checklist,
            has_calendar,
            events,
        })
}

pub fn world(leads: Range<usize>) -> impl Strategy<Value = World> {
    let one_day = (0u8..4, 0i32..60, 0i64..9, 0u32..5, proptest::option::of(0i64..4_000_000), any::<bool>());
    let rep_days = proptest::collection::vec(one_day, 0..20);
    (proptest::collection::vec(life(), leads), rep_days, 1u16..40, any::<bool>()).prop_map(
        |(lives, days, maturity_days, stated)| {
            let mut world = World::empty();
            world.spec.maturity_days = maturity_days;
            if stated {
                world.spec.cost = costs();
                world.spec.handling = Some(Handling { minutes: 6.0, low: Some(4.0), high: None });
            }
            lives.iter().enumerate().for_each(|(n, life)| world.live(n, life));
            for (rep, day, busy, received, entitled, measured) in days {
                let rep = world.rep(rep);
                let (team, day) = (world.team(rep), LocalDay(world.first_day + day));
                world.rep_days.push(RepDayRow {
                    team,
                    busy: measured.then_some(Micros(busy * 1000)),
                    room: measured.then_some(Micros(busy * 1500)),
                    received,
                    entitled: entitled.map(Millionths),
                    ..rep_day(rep, day)
                });
            }
            world
        },
    )
}

fn costs() -> Vec<Cost> {
    let date = |day| Date::new(2026, 2, day).expect("a day");
    let cost = |name: &str, from, until, amount, source: Option<&str>| Cost {
        name: name.into(),
        from: date(from),
        until: date(until),
        amount,
        source: source.map(Into::into),
    };
    vec![
        cost("search", 1, 15, 1400.0, Some("web")),
        cost("fair", 10, 28, 999.0, Some("fair")),
        cost("desk", 2, 3, 50.0, None),
    ]
}

pub fn rep_day(rep: Name, day: LocalDay) -> RepDayRow {
    RepDayRow {
        rep,
        team: None,
        day,
        work: Micros::HOUR.times(8),
        absent: Micros(0),
        busy: None,
        room: None,
        received: 0,
        entitled: None,
        offered: 0,
        accepted: 0,
        declined: 0,
        expired: 0,
        touches: 0,
        won: 0,
        lost: 0,
        won_value: None,
        open: 0,
    }
}

pub fn close(row: &mut LeadRow, at: Instant, won: bool) {
    row.stage = if won { Stage::Won } else { Stage::Lost };
    row.won_at = won.then_some(at);
    row.lost_at = (!won).then_some(at);
    row.closed_at = Some(at);
    row.value = won.then_some(Money(100_000));
    row.custody = Custody::Closed;
    row.unassigned_since = None;
}

impl World {
    pub fn empty() -> Self {
        let day = || vec!["09:00-12:00".into(), "13:00-17:30".into()];
        let hours = WeekHours { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), ..WeekHours::default() };
        let file = CalendarFile { format: 1, zone: "UTC".into(), hours, holidays: vec![], stand_by: false };
        let mut names = Names::default();
        let calendar = names.intern("office");
        let calendars = [(calendar, Calendar::new(&file, 2025..=2027).expect("a calendar"))].into();
        let now = Instant::from_unix_micros(START) + Micros::DAY.times(DAYS);
        let first_day = Instant::from_unix_micros(START).utc_day() as i32;
        Self { now, first_day, names, calendars, rows: vec![], rep_days: vec![], spec: KpiSpec::default() }
    }

    /// One lead on the first day, changed by hand.
    pub fn lead(&mut self, change: impl FnOnce(&mut LeadRow)) {
        let at = Instant::from_unix_micros(START);
        let mut row = LeadRow::new(LeadId::new(at, self.rows.len() as u128), at, LocalDay(self.first_day));
        change(&mut row);
        self.rows.push(row);
    }

    fn rep(&mut self, rep: u8) -> Name {
        self.names.intern(["ann", "ben", "cem", "dora"][usize::from(rep) % 4])
    }

    fn team(&mut self, rep: Name) -> Option<Name> {
        match self.names.text(rep) {
            "ann" | "ben" => Some(self.names.intern("north")),
            "cem" => Some(self.names.intern("south")),
            _ => None,
        }
    }

    fn word(&mut self, kinds: &[&str], pick: u8) -> Option<Name> {
        let word = kinds.get(usize::from(pick) % (kinds.len() + 1))?;
        Some(self.names.intern(word))
    }

    fn live(&mut self, n: usize, life: &Life) {
        let arrived = Instant::from_unix_micros(START) + Micros::MINUTE.times(life.arrived);
        let mut row = LeadRow::new(LeadId::new(arrived, n as u128), arrived, LocalDay(arrived.utc_day() as i32));
        row.source = self.word(&["web", "fair"], life.words[0]);
        row.country = self.word(&["DE", "FR", "AT"], life.words[1]);
        row.path = self.word(&["expected-value", "named", "weighted-round-robin"], life.words[2]);
        row.variant = self.word(&["control", "priced"], life.words[3]);
        row.rule = self.word(&["dach"], life.words[1] / 2);
        row.sla_due_at = life.promise.map(|minutes| arrived + Micros::MINUTE.times(minutes));
        row.score = life.score.map(|score| Millionths(i64::from(score)));
        row.completeness = life.score.map(|score| Millionths(i64::from(score / 2)));
        row.checklist_of = life.checklist.map(u32::from);
        row.calendar = life.has_calendar.then(|| self.names.find("office")).flatten();
        let mut at = arrived;
        let mut had: Vec<Name> = Vec::new();
        for (wait, event) in &life.events {
            at = at + Micros::MINUTE.times(*wait);
            if at > self.now {
                break;
            }
            self.happens(&mut row, &mut had, at, *event);
        }
        self.rows.push(row);
    }

    fn happens(&mut self, row: &mut LeadRow, had: &mut Vec<Name>, at: Instant, event: Event) {
        let first = |known: &mut Option<Instant>| *known = known.or(Some(at));
        if row.stage.closes() && !matches!(event, Event::Reopen | Event::Rate(_)) {
            return;
        }
        match event {
            Event::Decide => first(&mut row.decided_at),
            Event::Notify => first(&mut row.notified_at),
            Event::Offer => {
                first(&mut row.offered_at);
                row.custody = Custody::Offered;
            }
            Event::Accept if row.custody == Custody::Offered => {
                first(&mut row.accepted_at);
                self.own(row, had, at, 0);
            }
            Event::Decline if row.custody == Custody::Offered => {
                row.declined += 1;
                row.custody = Custody::Held;
            }
            Event::Expire if row.custody == Custody::Offered => {
                row.expired += 1;
                row.custody = Custody::Held;
            }
            Event::Own(rep) => self.own(row, had, at, rep),
            Event::Misroute(rep) => {
                row.misrouted += 1;
                self.own(row, had, at, rep);
            }
            Event::Touch => {
                row.touches += 1;
                first(&mut row.touched_at);
                row.stage = row.stage.max(Stage::Attempted);
            }
            Event::Reach => {
                first(&mut row.touched_at);
                first(&mut row.reached_at);
                row.stage = row.stage.max(Stage::Contacted);
            }
            Event::Opportunity => {
                first(&mut row.opportunity_at);
                row.stage = row.stage.max(Stage::Opportunity);
            }
            Event::Win | Event::Lose => close(row, at, matches!(event, Event::Win)),
            Event::Reopen if row.stage.closes() => {
                row.stage = Stage::Contacted;
                row.reopened += 1;
                (row.closed_at, row.won_at, row.lost_at, row.value) = (None, None, None, None);
                row.custody = if row.owner.is_some() { Custody::Owned } else { Custody::Parked };
                row.unassigned_since = row.owner.is_none().then_some(at);
            }
            Event::Accept | Event::Decline | Event::Expire | Event::Reopen => {}
            Event::Park => first(&mut row.parked_at),
            Event::Rate(score) => {
                row.feedback = Some(score);
                row.feedback_at = Some(at);
            }
            Event::Tick => row.checklist_done += 1,
            Event::Merge => {
                row.stage = Stage::Merged;
                row.closed_at = Some(at);
                row.custody = Custody::Closed;
                row.unassigned_since = None;
            }
        }
    }

    fn own(&mut self, row: &mut LeadRow, had: &mut Vec<Name>, at: Instant, rep: u8) {
        let rep = self.rep(rep);
        if row.rep.is_none() {
            row.rep = Some(rep);
            row.team = self.team(rep);
            row.assigned_at = Some(at);
        } else if row.owner != Some(rep) {
            row.hops += 1;
            row.first_hop_at = row.first_hop_at.or(Some(at));
            row.ping_pong |= had.contains(&rep);
        }
        had.push(rep);
        row.owner = Some(rep);
        row.custody = Custody::Owned;
        row.unassigned_since = None;
    }
}
