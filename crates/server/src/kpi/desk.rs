//! Rows of leads in columns, kept as fresh as their number allows.
//!
//! Whoever asks first brings the projection to where the record stands. Where making the columns
//! anew is quick, it is done whenever anything changed; where it takes longer (a million leads:
//! seconds), the columns that are there are shown, with the moment that they are of, and made anew
//! beside the reader, so that a page never waits for them. Whoever asks for a page before they are
//! there is told so at once. An hour after the last reader they are let go: they grow with every lead
//! there ever was, and a server that only decides must not.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pointsman_decision::Snapshot;
use pointsman_domain::{Currency, Instant, Micros, RepIndex};
use pointsman_measure::{
    kpi::{Days, Detail, Feeds, Kpi, KpiSpec, Kpis, LeadTable, Overview, Selection},
    rows::{IMPORTED, LocalDay, Name, Names, RepDayRow},
};
use pointsman_store::{Projector, Reader, StoreError, fact::rep_day_row, load::Cell, stopwatch, view::View};
use pointsman_workhours::{Calendar, Zone};

use super::{
    question,
    reported::{keep_days, nothing_kept},
};
use crate::{errand::Errand, error::Problem, state::State};

/// The columns with everything that figures are measured with.
#[derive(Debug)]
pub struct Measured {
    pub table: LeadTable,
    pub names: Names,
    pub rep_days: Vec<RepDayRow>,
    pub spec: KpiSpec,
    pub feeds: Feeds,
    pub currency: Currency,
    pub zone: Zone,
    /// Where the record stood.
    pub seq: u64,
    /// The days of reps are those that an earlier process left.
    days_as_kept: bool,
    /// What making them took.
    cost: Duration,
    answers: Mutex<BTreeMap<String, Answer>>,
}

#[derive(Debug, Clone)]
enum Answer {
    Overview(Arc<Overview>),
    Detail(Arc<Detail>),
}

/// Answers kept with one set of columns: pages that people look at again and again.
const ANSWERS: usize = 128;
/// Columns that take no longer than this are made anew whenever anything changed.
const QUICK: Duration = Duration::from_millis(60);
/// At most this share of the time is spent on making columns anew: one part in so many.
const SHARE: u32 = 25;
/// Columns are of this moment or a later one even where nothing changed: time passes.
const OLDEST: Micros = Micros(5 * Micros::MINUTE.0);
/// Quick ones are of this moment at least.
const SOON: Micros = Micros(10 * Micros::SECOND.0);
/// Columns are kept for so long after somebody asked.
const WANTED: Micros = Micros::HOUR;
/// How long a page waits: the first columns of small companies are there by then.
pub(crate) const PATIENCE: Duration = Duration::from_millis(250);
/// How often the projection follows while nobody asks.
const EVERY: Duration = Duration::from_secs(1);
/// Days of the usual page: thirteen weeks.
const WEEKS_DAYS: i32 = 91;

impl Measured {
    pub fn kpis(&self) -> Kpis<'_> {
        Kpis {
            table: &self.table,
            rep_days: &self.rep_days,
            names: &self.names,
            spec: &self.spec,
            feeds: &self.feeds,
            currency: self.currency,
        }
    }

    /// The last thirteen weeks; of a history that ended before, its last ones.
    pub fn usual_days(&self) -> Days {
        let today = self.zone.local_day(self.table.as_of());
        let last = self.table.days().map_or(today, |(_, last)| last);
        let until = if last <= today - WEEKS_DAYS { last + 1 } else { today + 1 };
        Days { from: LocalDay(until - WEEKS_DAYS), until: LocalDay(until) }
    }

    /// The page of a period. Single reps are left out where the reader may not see them.
    pub fn overview(&self, selection: &Selection, days: Days, reps: bool) -> Arc<Overview> {
        let key = format!("{selection:?} {days:?}");
        let known = locked(&self.answers).get(&key).cloned();
        let whole = match known {
            Some(Answer::Overview(known)) => known,
            _ => {
                let made = Arc::new(self.kpis().overview(selection, days, true));
                self.keep(key, Answer::Overview(Arc::clone(&made)));
                made
            }
        };
        match reps {
            true => whole,
            false => Arc::new(Overview { reps: None, ..Overview::clone(&whole) }),
        }
    }

    /// What people open first: the last thirteen weeks, this quarter, the one before.
    fn warm(&self) {
        let today = LocalDay(self.zone.local_day(self.table.as_of()));
        let quarters = question::quarters_until(today);
        for days in [self.usual_days()].into_iter().chain(quarters) {
            self.overview(&Selection::default(), days, true);
        }
    }

    /// Rows as they are, in columns, as of `now`.
    pub fn read(reader: &mut dyn Reader, live: &Snapshot, spec: KpiSpec, now: Instant) -> Result<Self, StoreError> {
        let started = stopwatch::start();
        let names = reader.names()?;
        let by_hand: Vec<Name> = ["named", "crm", IMPORTED].iter().filter_map(|word| names.find(word)).collect();
        let mut table = LeadTable::new(now, calendars(live, &names));
        let seq = reader.facts_after(0, &mut |row| table.push(&row, |name| by_hand.contains(&name)))?;
        // Words that came in between are in the dictionary of now.
        let mut names = reader.names()?;
        let rep_days = rep_days(reader, &mut names)?;
        let feeds = Feeds::of(&table, &rep_days, &spec);
        Ok(Self {
            feeds,
            table,
            names,
            rep_days,
            spec,
            currency: live.currency,
            zone: live.home().clone(),
            seq,
            days_as_kept: false,
            cost: started.elapsed(),
            answers: Mutex::new(BTreeMap::new()),
        })
    }

    pub fn detail(
        &self,
        kpi: Kpi,
        selection: &Selection,
        days: Days,
        by: &[pointsman_measure::kpi::Dimension],
    ) -> Arc<Detail> {
        let key = format!("{kpi:?} {selection:?} {days:?} {by:?}");
        if let Some(Answer::Detail(known)) = locked(&self.answers).get(&key) {
            return Arc::clone(known);
        }
        let made = Arc::new(self.kpis().detail(kpi, selection, days, by));
        self.keep(key, Answer::Detail(Arc::clone(&made)));
        made
    }

    fn keep(&self, key: String, answer: Answer) {
        let mut answers = locked(&self.answers);
        if answers.len() >= ANSWERS {
            answers.clear();
        }
        answers.insert(key, answer);
    }

    fn is_quick(&self) -> bool {
        self.cost <= QUICK
    }

    /// Whether they are to be made anew, with the record at `seq`.
    fn is_old(&self, seq: u64, now: Instant) -> bool {
        let age = now - self.table.as_of();
        let pause = Micros((self.cost * SHARE).as_micros() as i64);
        match self.seq == seq {
            _ if self.days_as_kept => true,
            true => age >= OLDEST,
            false => self.is_quick() || age >= pause,
        }
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The columns that are there, and who keeps them.
#[derive(Debug, Default)]
pub struct Desk {
    projector: Mutex<Option<Projector>>,
    /// Another one for the days of reps, which take longer.
    days: Mutex<Option<Projector>>,
    current: Mutex<Option<Arc<Measured>>>,
    /// When somebody last asked for them.
    asked: Mutex<Option<Instant>>,
    /// When figures of days were last kept.
    kept: Mutex<Option<Instant>>,
    /// Held while columns are made.
    making: Mutex<()>,
    /// Somebody makes them beside the readers.
    at_work: AtomicBool,
    /// What pages ask for.
    asking: Errand<Result<Arc<Measured>, Problem>>,
}

impl Desk {
    /// Brings what is reported to where the record stands. Blocks.
    pub fn follow(&self, state: &State) -> Result<u64, StoreError> {
        let mut projector = locked(&self.projector);
        match &mut *projector {
            Some(projector) => projector.catch_up(),
            none => none.insert(Projector::new(state.store())?).catch_up(),
        }
    }

    /// Brings the days of reps up to now. Blocks.
    fn days_of_reps(&self, state: &State, now: Instant) -> Result<(), StoreError> {
        let mut days = locked(&self.days);
        let projector = match &mut *days {
            Some(projector) => projector,
            none => none.insert(Projector::new(state.store())?),
        };
        projector.rep_days(now).map(drop)
    }

    /// Keeps figures of days for dashboards, once an hour. Blocks.
    fn keep_days(&self, state: &Arc<State>) -> Result<(), Problem> {
        let now = state.now();
        let last = *locked(&self.kept);
        if last.is_some_and(|last| now - last < Micros::HOUR) {
            return Ok(());
        }
        let measured = self.fresh(state)?;
        let everything = last.is_none() && state.read_now(nothing_kept)?;
        if let Some(projector) = &mut *locked(&self.days) {
            keep_days(&measured, projector, everything)?;
        }
        *locked(&self.kept) = Some(now);
        Ok(())
    }

    /// The columns for somebody who asks, as fresh as their number allows. Blocks.
    pub fn measured(&self, state: &Arc<State>) -> Result<Arc<Measured>, Problem> {
        *locked(&self.asked) = Some(state.now());
        self.fresh(state)
    }

    /// Follows the record, and keeps columns that are slow to make warm for those who look at them.
    /// Blocks.
    fn keep_up(&self, state: &Arc<State>) -> Result<(), Problem> {
        let slow = locked(&self.current).as_ref().is_none_or(|there| !there.is_quick());
        let wanted = locked(&self.asked).is_some_and(|asked| state.now() - asked < WANTED);
        if state.live().is_err() {
            return Ok(self.follow(state).map(drop)?);
        }
        if slow && wanted {
            self.fresh(state)?;
        } else {
            self.follow(state)?;
        }
        self.keep_days(state)?;
        if !wanted {
            *locked(&self.current) = None;
        }
        Ok(())
    }

    fn fresh(&self, state: &Arc<State>) -> Result<Arc<Measured>, Problem> {
        let seq = self.follow(state)?;
        let now = state.now();
        let there = locked(&self.current).clone();
        match there {
            // Time passes under quick ones, too: a lead that waits has waited longer.
            Some(there) if there.is_quick() && (there.is_old(seq, now) || now - there.table.as_of() >= SOON) => {
                self.make(state, Some(&there))
            }
            Some(there) => {
                if there.is_old(seq, now) {
                    self.make_beside(state, Arc::clone(&there));
                }
                Ok(there)
            }
            None => self.make(state, None),
        }
    }

    /// The same for a page, which does not wait long: what is there by then, and `None` while the first
    /// columns of this process are being made. Pages that come at once share one round.
    pub fn soon(&self, state: &Arc<State>) -> Result<Option<Arc<Measured>>, Problem> {
        let server = Arc::downgrade(state);
        let measured = self.asking.run(PATIENCE, move || {
            let state = server.upgrade().ok_or(Problem::Ours)?;
            state.desk.measured(&state)
        });
        match measured {
            Some(measured) => measured.map(Some),
            None => Ok(locked(&self.current).clone()),
        }
    }

    /// Makes them on a thread of their own, unless somebody does already.
    fn make_beside(&self, state: &Arc<State>, old: Arc<Measured>) {
        if self.at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            // What fails here is met again, and told, by whoever asks next.
            let _made = state.desk.make(&state, Some(&old));
            state.desk.at_work.store(false, Ordering::Release);
        });
    }

    /// Makes them, once for all who wait.
    fn make(&self, state: &Arc<State>, over: Option<&Arc<Measured>>) -> Result<Arc<Measured>, Problem> {
        let _one_at_a_time = locked(&self.making);
        let there = locked(&self.current).clone();
        if let Some(newer) = there.filter(|there| over.is_none_or(|over| !Arc::ptr_eq(there, over))) {
            return Ok(newer);
        }
        // The first ones are made of the days that an earlier process left: bringing those up to now
        // takes as long as all the rest.
        let first = over.is_none() && !state.read_now(no_days)?;
        let made = self.publish(read(state, first)?);
        if first && made.is_quick() {
            return Ok(self.publish(read(state, false)?));
        }
        if !first && !made.is_quick() {
            // Those pages are ready before anybody asks.
            made.warm();
        }
        Ok(made)
    }

    fn publish(&self, made: Measured) -> Arc<Measured> {
        let made = Arc::new(made);
        *locked(&self.current) = Some(Arc::clone(&made));
        made
    }
}

/// Whether no day of a rep was ever kept.
fn no_days(reader: &mut dyn Reader) -> Result<bool, StoreError> {
    let mut none = true;
    let enough = || StoreError::Refused { what: "to look further".into(), source: None };
    let view = View::find("rep_day").expect("it is one of the views");
    let read = reader.view(view, &mut |_| {
        none = false;
        Err(enough())
    });
    match read {
        Err(StoreError::Refused { .. }) if !none => Ok(false),
        read => read.map(|()| none),
    }
}

/// Reads the rows and lays them out; the days of reps as they are kept, or brought up to now first.
fn read(state: &Arc<State>, days_as_kept: bool) -> Result<Measured, Problem> {
    let (live, now, started) = (state.live()?, state.now(), stopwatch::start());
    if !days_as_kept {
        state.desk.days_of_reps(state, now)?;
    }
    let spec = state.config.kpi.clone();
    let made = state.read_now(|reader| Measured::read(reader, &live, spec, now))?;
    Ok(Measured { cost: started.elapsed(), days_as_kept, ..made })
}

/// The days of reps as rows; a rep without a lead gets a number of its own here.
fn rep_days(reader: &mut dyn Reader, names: &mut Names) -> Result<Vec<RepDayRow>, StoreError> {
    let mut days = Vec::new();
    let view = View::find("rep_day").expect("it is one of the views");
    reader.view(view, &mut |cells| {
        days.extend(rep_day(cells, names));
        Ok(())
    })?;
    Ok(days)
}

fn rep_day(cells: &[Cell<'_>], names: &mut Names) -> Option<RepDayRow> {
    let [Cell::Text(Some(rep)), Cell::Text(team), Cell::Int(Some(day)), figures @ ..] = cells else { return None };
    let mut numbers: pointsman_store::fact::Day = [None; 15];
    for (number, cell) in numbers.iter_mut().zip(figures) {
        if let Cell::Int(kept) = cell {
            *number = *kept;
        }
    }
    let (rep, team) = (names.intern(rep), team.as_ref().map(|team| names.intern(team)));
    Some(rep_day_row(rep, team, LocalDay(i32::try_from(*day).ok()?), &numbers))
}

/// The calendars that rows name.
fn calendars(live: &Snapshot, names: &Names) -> BTreeMap<Name, Calendar> {
    let reps = (0..).map(RepIndex).zip(&live.roster.reps);
    let named = reps.filter_map(|(index, rep)| Some((names.find(rep.calendar.as_ref()?.as_str())?, index)));
    let mut calendars = BTreeMap::new();
    for (name, index) in named {
        calendars.entry(name).or_insert_with(|| live.calendar(index).clone());
    }
    calendars
}

/// Follows the record while nobody asks, and keeps columns that are slow to make warm. Runs until
/// it is aborted.
pub async fn run(state: Arc<State>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let state = Arc::clone(&state);
        let followed =
            tokio::task::spawn_blocking(move || state.desk.keep_up(&state).map_err(|problem| format!("{problem:?}")));
        match followed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is reported could not be brought up to date"),
            Err(error) => tracing::warn!(%error, "what is reported could not be brought up to date"),
        }
    }
}
