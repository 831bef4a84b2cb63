//! The market of one snapshot: what was decided, how many leads are to come, how long a slot is
//! held, and from these the next price book.
//!
//! The server's pricing thread and the simulator drive the same market: they tell it of leads that
//! got an owner ([`Market::saw`]), show it the ledger ([`Figures`]), and ask for a book when one is
//! due ([`Market::due`]). Nothing here is on the decision path.

use pointsman_assign::{
    Ledger,
    price::{Horizon, Moment, Planner, PlannerConfig, PriceBook, Standing, Volume, solve_book},
};
use pointsman_domain::{COUNTED_ONLY, Digest, Instant, LimitIndex, LimitKind, Micros, Pick, RepIndex, Window, math};

use pointsman_workhours::Calendar;

use crate::{Qualified, Snapshot};

/// A solve is followed by so many times its duration without one.
const REST: i64 = 10;
/// Leads seen before prices are worth solving.
pub const ENOUGH: usize = 50;
/// Leads remembered; twice as many are forgotten down to this.
pub const REMEMBERED: usize = 8000;
/// Ended leads that the holding time assumed before counts as.
const HOLD_PRIOR: f64 = 20.0;
/// Until anything is known a slot is taken to be held this long.
const HOLD_DAYS: f64 = 3.0;
/// Conditional limits that are told apart; more of them are priced at nothing.
const CONDITIONAL: usize = 6;

/// How often is solved, on how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PricingConfig {
    /// Leads between two solves, at most.
    pub leads: u64,
    /// After so long a solve is due if anything happened at all.
    pub longest: Micros,
    /// Rows that stand for the coming leads; `None`: as many as are quick to solve.
    pub rows: Option<usize>,
}

impl Default for PricingConfig {
    fn default() -> Self {
        Self { leads: 200, longest: Micros(10 * Micros::MINUTE.0), rows: None }
    }
}

impl PricingConfig {
    /// For simulated years: a few solves a day, each quick. Half the rows win 0.2 % less on a company
    /// of 50 reps over five seeds, and leave twice as many rep-days short of their floor.
    pub fn simulated() -> Self {
        Self { longest: Micros(3 * Micros::HOUR.0), rows: Some(800), ..Self::default() }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Market {
    config: PricingConfig,
    planner: Planner,
    volume: Volume,
    /// Bit k of a lead's class: it draws on this limit.
    conditional: Vec<LimitIndex>,
    holds: Vec<Holds>,
    before: Option<Figures>,
    last: Option<Last>,
    buffer: Vec<f64>,
}

/// The last solve.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    leads: u64,
    took: Micros,
    days: i64,
    away: u64,
    /// What `days` and `away` were made of, and until when they stay as they are.
    snapshot: Digest,
    until: Instant,
}

/// Time that leads held a slot, and how many ended: of all reps, and of each.
#[derive(Debug, Clone, Default)]
struct Holds {
    all: Held,
    each: Vec<Held>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    days: f64,
    ended: f64,
}

/// What the ledger says of one rep's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cell {
    used: u32,
    cap: Option<u32>,
    claims: u64,
}

/// What a market sees of the ledger, read in one go.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub at: Instant,
    /// First decisions ever.
    pub leads: u64,
    pub epoch: u64,
    /// Rep after rep, a cell for each limit of the roster.
    cells: Vec<Cell>,
}

impl Figures {
    pub fn of(snapshot: &Snapshot, ledger: &Ledger, at: Instant) -> Self {
        let cell = |rep: usize, limit: usize| {
            let (id, limit) = (&snapshot.roster.reps[rep].id, &snapshot.roster.limits[limit]);
            let window = snapshot.calendar(RepIndex(rep as u32)).zone().window(limit.kind, at);
            let (used, cap) = ledger.used(id, &limit.id, window);
            let cap = cap.filter(|cap| *cap != COUNTED_ONLY);
            Cell { used, cap, claims: ledger.claims(id, &limit.id) }
        };
        let limits = snapshot.roster.limits.len();
        let cells = (0..snapshot.roster.reps.len()).flat_map(|rep| (0..limits).map(move |limit| (rep, limit)));
        let cells = cells.map(|(rep, limit)| cell(rep, limit)).collect();
        Self { at, leads: ledger.decided(), epoch: ledger.price_epoch(), cells }
    }
}

impl Market {
    pub fn new(snapshot: &Snapshot, config: PricingConfig) -> Self {
        let (reps, limits) = (snapshot.roster.reps.len(), &snapshot.roster.limits);
        let conditional = (0..limits.len()).filter(|&l| limits[l].when.is_some()).take(CONDITIONAL);
        let mut planner = PlannerConfig::for_columns(reps);
        planner.mix.rows = config.rows.unwrap_or(planner.mix.rows);
        Self {
            config,
            planner: Planner::new(reps, &[], planner),
            volume: Volume::default(),
            conditional: conditional.map(|l| LimitIndex(l as u8)).collect(),
            holds: vec![Holds { all: Held::default(), each: vec![Held::default(); reps] }; limits.len()],
            before: None,
            last: None,
            buffer: Vec::new(),
        }
    }

    /// Whether anybody would look at prices: a rule that maximises expected value, on a model.
    pub fn serves(snapshot: &Snapshot) -> bool {
        snapshot.scorer.is_some()
            && !snapshot.roster.limits.is_empty()
            && snapshot.policies.iter().any(|policy| policy.rules.iter().any(|rule| rule.pick == Pick::ExpectedValue))
    }

    /// A lead got its owner at `qualified.decided_at`: counted, with `each` of like it, and kept as
    /// one of those that stand for the coming ones.
    pub fn saw(&mut self, qualified: &Qualified, each: f64) {
        self.count(&qualified.snapshot, qualified.decided_at, each);
        let Some(rung) = qualified.rungs.iter().find(|rung| !qualified.asks(rung).is_empty()) else { return };
        self.buffer.clear();
        self.buffer.resize(qualified.snapshot.roster.reps.len(), f64::NEG_INFINITY);
        let mut class = 0;
        for ask in qualified.asks(rung) {
            self.buffer[ask.rep.0 as usize] = qualified.value * math::sigmoid(ask.logit);
            let drawn = |(k, limit): (usize, &LimitIndex)| u8::from(ask.limits.contains(*limit)) << k;
            class |= self.conditional.iter().enumerate().map(drawn).sum::<u8>();
        }
        self.planner.push_of(&self.buffer, class);
        if self.planner.leads() >= 2 * REMEMBERED {
            self.planner.forget(REMEMBERED);
        }
    }

    /// Leads got their owners, and nothing more is known of them.
    pub fn count(&mut self, snapshot: &Snapshot, at: Instant, leads: f64) {
        self.volume.push(local_minute(snapshot, at), leads);
    }

    /// A lead of the past held its slots for this long, and `ended` or still does.
    pub fn held(&mut self, rep: RepIndex, long: Micros, ended: bool) {
        for holds in &mut self.holds {
            holds.add(rep.0 as usize, long.0.max(0) as f64 / Micros::DAY.0 as f64, f64::from(u8::from(ended)));
        }
    }

    /// Leads seen so far, of those remembered.
    pub fn leads(&self) -> usize {
        self.planner.leads()
    }

    /// Whether prices should be solved now. `leads` are the first decisions ever.
    pub fn due(&self, snapshot: &Snapshot, leads: u64, now: Instant) -> bool {
        if self.leads() < ENOUGH {
            return false;
        }
        let Some(last) = self.last else { return true };
        let (since, passed) = (leads.saturating_sub(last.leads), now - last.at);
        if passed < last.took.times(REST) {
            return false;
        }
        let other = || last.days != days(snapshot, now) || last.away != away(snapshot, now);
        let event = || now >= last.until || (last.snapshot != snapshot.id && other());
        since >= self.config.leads || (since > 0 && passed >= self.config.longest) || event()
    }

    /// The next book. `took` is told afterwards by [`Market::took`].
    pub fn book(&mut self, snapshot: &Snapshot, figures: Figures) -> PriceBook {
        let now = figures.at;
        self.learn_holds(snapshot, &figures);
        let minute = local_minute(snapshot, now);
        let midnight = (minute.div_euclid(1440) + 1) * 1440;
        let today = self.volume.expected(minute, midnight);
        let standings = self.standings(snapshot, &figures);
        let sample = self.planner.sample(today.max(1.0));
        let moment = Moment { epoch: figures.epoch + 1, at: now, leads: figures.leads, today };
        let book = solve_book(&mut self.planner, &sample, &standings, moment);
        self.last = Some(Last {
            at: now,
            leads: figures.leads,
            took: Micros(0),
            days: days(snapshot, now),
            away: away(snapshot, now),
            snapshot: snapshot.id,
            until: until_event(snapshot, now),
        });
        self.before = Some(figures);
        book
    }

    /// How long the last solve took, reading included.
    pub fn took(&mut self, long: Micros) {
        if let Some(last) = &mut self.last {
            last.took = long;
        }
    }

    fn standings(&self, snapshot: &Snapshot, figures: &Figures) -> Vec<Standing> {
        let limits = snapshot.roster.limits.len();
        let pair = |(at, cell): (usize, &Cell)| {
            let (rep, limit) = (at / limits, at % limits);
            self.standing(snapshot, rep, limit, *cell, figures.at)
        };
        figures.cells.iter().enumerate().filter_map(pair).collect()
    }

    fn standing(&self, snapshot: &Snapshot, rep: usize, at: usize, cell: Cell, now: Instant) -> Option<Standing> {
        let (cap, index) = (cell.cap?, RepIndex(rep as u32));
        let (limit, who) = (&snapshot.roster.limits[at], &snapshot.roster.reps[rep]);
        let classes = match (&limit.when, self.conditional.iter().position(|c| usize::from(c.0) == at)) {
            (None, _) => u64::MAX,
            (Some(_), Some(k)) => (0..64).filter(|class| class >> k & 1 == 1).fold(0, |mask, class| mask | 1 << class),
            (Some(_), None) => return None,
        };
        let zone = snapshot.calendar(index).zone();
        let window = zone.window(limit.kind, now);
        let end = match limit.kind {
            LimitKind::Open => now + self.holds[at].mean(rep),
            _ => window_end(window, zone, now),
        };
        let expected = |from, until| self.volume.expected(local_minute(snapshot, from), local_minute(snapshot, until));
        let leads = expected(now, end);
        let next = (limit.kind != LimitKind::Open && end - now < self.config.longest.times(2)).then(|| {
            let window = zone.window(limit.kind, end);
            (window, expected(end, window_end(window, zone, end)))
        });
        let gone = if who.active { away_share(snapshot, rep, now, end) } else { 1.0 };
        Some(Standing {
            rep: who.id.clone(),
            column: rep as u32,
            limit: limit.id.clone(),
            window,
            classes,
            cap,
            free: cap.saturating_sub(cell.used),
            claims: cell.claims,
            horizon: if limit.kind == LimitKind::Open { Horizon::Hold { leads } } else { Horizon::Window { leads } },
            present: 1.0 - gone,
            floor: Some(who.floors[at].saturating_sub(cell.used)).filter(|owed| *owed > 0),
            next,
        })
    }

    /// From two looks at the ledger: how long slots were held, and how many came back.
    fn learn_holds(&mut self, snapshot: &Snapshot, now: &Figures) {
        let Some(before) = self.before.as_ref().filter(|before| before.cells.len() == now.cells.len()) else { return };
        let limits = snapshot.roster.limits.len();
        let days = (now.at - before.at).0.max(0) as f64 / Micros::DAY.0 as f64;
        for (at, (old, new)) in before.cells.iter().zip(&now.cells).enumerate() {
            let (rep, limit) = (at / limits, at % limits);
            if snapshot.roster.limits[limit].kind == LimitKind::Open {
                let came = new.claims.saturating_sub(old.claims) as f64;
                let ended = (came + f64::from(old.used) - f64::from(new.used)).max(0.0);
                self.holds[limit].add(rep, days * f64::from(old.used + new.used) / 2.0, ended);
            }
        }
    }
}

impl Holds {
    fn add(&mut self, rep: usize, days: f64, ended: f64) {
        for held in [Some(&mut self.all), self.each.get_mut(rep)].into_iter().flatten() {
            held.days += days;
            held.ended += ended;
        }
    }

    /// Time held over leads ended, the usual estimate with some still open; a rep's own shrinks to
    /// that of all, that to what was assumed.
    fn mean(&self, rep: usize) -> Micros {
        let all = (HOLD_PRIOR * HOLD_DAYS + self.all.days) / (HOLD_PRIOR + self.all.ended);
        let own = self.each.get(rep).copied().unwrap_or_default();
        let days = (HOLD_PRIOR * all + own.days) / (HOLD_PRIOR + own.ended);
        Micros((days * Micros::DAY.0 as f64) as i64)
    }
}

/// Minutes since 1970-01-01T00:00 in the workspace's zone.
fn local_minute(snapshot: &Snapshot, at: Instant) -> i64 {
    let zone = snapshot.home();
    i64::from(zone.local_day(at)) * 1440 + i64::from(zone.local_minute_of_day(at))
}

/// When the window that `from` lies in ends; [`Window::Always`] does not.
pub fn window_end(window: Window, zone: &pointsman_workhours::Zone, from: Instant) -> Instant {
    match window {
        Window::Day(day) => zone.day_start(day + 1),
        Window::Week(monday) => zone.day_start(monday + 7),
        Window::Month(month) => {
            let first = |day: &i32| zone.local_month(zone.day_start(*day)) > month;
            let from = zone.local_day(from) + 1;
            zone.day_start((from..from + 31).find(first).unwrap_or(from + 31))
        }
        Window::Always => Instant::MAX,
    }
}

/// The share of `from` to `until` for which an absence keeps the rep away.
fn away_share(snapshot: &Snapshot, rep: usize, from: Instant, until: Instant) -> f64 {
    let Some(back) = snapshot.absences[rep].end_of(from) else { return 0.0 };
    let whole = (until - from).0.max(1) as f64;
    ((back - from).0 as f64 / whole).clamp(0.0, 1.0)
}

/// When a zone's day ends or an absence begins or ends, whichever is first.
fn until_event(snapshot: &Snapshot, now: Instant) -> Instant {
    let midnight = |calendar: &Calendar| calendar.zone().day_start(calendar.zone().local_day(now) + 1);
    let border = |(from, until): (Instant, Instant)| if from > now { from } else { until };
    let borders = snapshot.absences.iter().filter_map(|absences| absences.next(now)).map(border);
    snapshot.calendars.iter().map(midnight).chain(borders).min().unwrap_or(Instant::MAX)
}

/// Changes when any zone's day does: windows begin anew.
fn days(snapshot: &Snapshot, now: Instant) -> i64 {
    snapshot.calendars.iter().map(|calendar| i64::from(calendar.zone().local_day(now))).sum()
}

/// Changes when a rep leaves or comes back.
fn away(snapshot: &Snapshot, now: Instant) -> u64 {
    let gone = |(rep, absences): (usize, &pointsman_workhours::Absences)| match absences.end_of(now) {
        // Any odd factor tells sets apart well enough; a collision costs one early solve.
        Some(_) => (rep as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        None => 0,
    };
    snapshot.absences.iter().enumerate().map(gone).fold(0, u64::wrapping_add)
}
