//! The feature state: everything "as of a border" that features read, as integer counts.
//!
//! `pipeline` folds it over tables in order of `known_at`, the server over its log; both call
//! [`FeatureState::assigned`] and [`FeatureState::closed`]. A row counts when it was learned
//! strictly before the border (the last full hour before the decision).

use std::collections::{BTreeMap, btree_map::Entry};

use pointsman_domain::{Digest, Instant, LeadId, Micros, RepId, record::Stage};
use serde::{Deserialize, Serialize};

/// Closed leads and wins among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub leads: u64,
    pub won: u64,
}

impl Tally {
    pub fn add(&mut self, won: bool) {
        self.leads += 1;
        self.won += u64::from(won);
    }

    pub fn merge(&mut self, other: Self) {
        self.leads += other.leads;
        self.won += other.won;
    }

    /// (won + shrink × parent) / (leads + shrink).
    pub fn rate(self, parent: f64, shrink: f64) -> f64 {
        (self.won as f64 + shrink * parent) / (self.leads as f64 + shrink)
    }
}

/// What is counted of one rep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepState {
    /// The earliest assignment, by `at`.
    pub first_at: Instant,
    pub total: Tally,
    /// Leads given to the rep and not closed. States written before this was counted have 0, and
    /// belong to specifications that do not read it.
    #[serde(default)]
    pub open: u64,
    /// Per segment of the specification, by level; missing is the empty text.
    pub segments: Vec<BTreeMap<Box<str>, Tally>>,
    /// By UTC day on which the outcome was learned.
    pub days: BTreeMap<i64, Tally>,
}

/// A lead that was given to a rep and is not closed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    rep: RepId,
    levels: Box<[Box<str>]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureState {
    pub format: u32,
    /// The specification whose segments are counted.
    pub spec: Digest,
    /// Everything learned strictly before this instant is in, nothing later.
    pub border: Instant,
    pub global: Tally,
    pub segments: Vec<BTreeMap<Box<str>, Tally>>,
    pub reps: BTreeMap<RepId, RepState>,
    pending: BTreeMap<LeadId, Pending>,
    /// Outcomes whose assignment is in another part (see [`FeatureState::merge`]).
    orphans: BTreeMap<LeadId, (bool, Instant)>,
}

/// Two states that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("the states count different specifications: {0} and {1}")]
    Spec(Digest, Digest),
    #[error("a fact learned at {known_at} does not belong before the border {border}")]
    AfterBorder { known_at: Instant, border: Instant },
}

impl FeatureState {
    /// Nothing known yet, for a specification with this many segments.
    pub fn empty(spec: Digest, segments: usize) -> Self {
        Self {
            format: 1,
            spec,
            border: Instant::MIN,
            global: Tally::default(),
            segments: vec![BTreeMap::new(); segments],
            reps: BTreeMap::new(),
            pending: BTreeMap::new(),
            orphans: BTreeMap::new(),
        }
    }

    /// Moves the border forward: facts learned before it may now be folded in.
    pub fn advance(&mut self, border: Instant) {
        self.border = self.border.max(border);
    }

    fn before_border(&self, known_at: Instant) -> Result<(), StateError> {
        match known_at < self.border {
            true => Ok(()),
            false => Err(StateError::AfterBorder { known_at, border: self.border }),
        }
    }

    /// A lead was given to its first owner. `levels` are the lead's levels of the specification's
    /// segments, in their order; missing is the empty text. Later owners are not counted.
    pub fn assigned(
        &mut self,
        lead: LeadId,
        rep: &RepId,
        levels: &[&str],
        at: Instant,
        known_at: Instant,
    ) -> Result<(), StateError> {
        self.before_border(known_at)?;
        let segments = self.segments.len();
        let state = self.reps.entry(rep.clone()).or_insert_with(|| RepState {
            first_at: at,
            total: Tally::default(),
            open: 0,
            segments: vec![BTreeMap::new(); segments],
            days: BTreeMap::new(),
        });
        state.first_at = state.first_at.min(at);
        let levels = (0..segments).map(|s| levels.get(s).copied().unwrap_or_default().into()).collect();
        let pending = Pending { rep: rep.clone(), levels };
        match self.orphans.remove(&lead) {
            Some((won, day)) => self.count(&pending, won, day),
            None => {
                if let Entry::Vacant(free) = self.pending.entry(lead) {
                    free.insert(pending);
                    state.open += 1;
                }
            }
        }
        Ok(())
    }

    /// The lead is open no more.
    fn release(&mut self, pending: &Pending) {
        if let Some(rep) = self.reps.get_mut(&pending.rep) {
            rep.open = rep.open.saturating_sub(1);
        }
    }

    /// A lead reached a stage. Only the first closing stage counts: won, or lost (unqualified
    /// included); merged and erased leads leave without a trace; the rest changes nothing.
    pub fn closed(&mut self, lead: LeadId, stage: Stage, known_at: Instant) -> Result<(), StateError> {
        self.before_border(known_at)?;
        let won = match stage {
            Stage::Won => true,
            Stage::Lost | Stage::Unqualified => false,
            Stage::Merged | Stage::Erased => {
                if let Some(pending) = self.pending.remove(&lead) {
                    self.release(&pending);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        match self.pending.remove(&lead) {
            Some(pending) => {
                self.release(&pending);
                self.count(&pending, won, known_at);
            }
            None => {
                self.orphans.entry(lead).or_insert((won, known_at));
            }
        }
        Ok(())
    }

    fn count(&mut self, pending: &Pending, won: bool, known_at: Instant) {
        self.global.add(won);
        for (levels, level) in self.segments.iter_mut().zip(&pending.levels) {
            levels.entry(level.clone()).or_default().add(won);
        }
        if let Some(rep) = self.reps.get_mut(&pending.rep) {
            rep.total.add(won);
            rep.days.entry(known_at.utc_day()).or_default().add(won);
            for (levels, level) in rep.segments.iter_mut().zip(&pending.levels) {
                levels.entry(level.clone()).or_default().add(won);
            }
        }
    }
}

/// Open leads against those lately closed; one is added, so that a new rep has a number.
pub fn utilisation(open: u64, closed: u64) -> f64 {
    open as f64 / (closed as f64 + 1.0)
}

/// Reading: every rate falls back to its parent where nothing was counted.
impl FeatureState {
    pub fn rep(&self, rep: &RepId) -> Option<&RepState> {
        self.reps.get(rep)
    }

    /// The global rate, shrunk towards one half.
    pub fn global_rate(&self, shrink: f64) -> f64 {
        self.global.rate(0.5, shrink)
    }

    /// A rep's rate, shrunk towards the global one.
    pub fn rep_rate(&self, rep: &RepId, shrink: f64) -> f64 {
        let tally = self.rep(rep).map_or_else(Tally::default, |r| r.total);
        tally.rate(self.global_rate(shrink), shrink)
    }

    /// A segment level's rate, shrunk towards the global one.
    pub fn segment_rate(&self, segment: usize, level: &str, shrink: f64) -> f64 {
        let levels = self.segments.get(segment);
        let tally = levels.and_then(|levels| levels.get(level)).copied().unwrap_or_default();
        tally.rate(self.global_rate(shrink), shrink)
    }

    /// A rep's rate within a segment level, shrunk towards the rep's own.
    pub fn rep_segment_rate(&self, rep: &RepId, segment: usize, level: &str, shrink: f64) -> f64 {
        let levels = self.rep(rep).and_then(|r| r.segments.get(segment));
        let tally = levels.and_then(|levels| levels.get(level)).copied().unwrap_or_default();
        tally.rate(self.rep_rate(rep, shrink), shrink)
    }

    /// A rep's rate over outcomes learned in the last `days` whole UTC days before the border's
    /// day, shrunk towards the global rate.
    pub fn recent_rate(&self, rep: &RepId, days: u16, shrink: f64) -> f64 {
        self.recent(rep, days).rate(self.global_rate(shrink), shrink)
    }

    fn recent(&self, rep: &RepId, days: u16) -> Tally {
        let today = self.border.utc_day();
        let mut tally = Tally::default();
        if let Some(rep) = self.rep(rep) {
            rep.days.range(today - i64::from(days)..today).for_each(|(_, day)| tally.merge(*day));
        }
        tally
    }

    /// Leads that the rep holds.
    pub fn open_leads(&self, rep: &RepId) -> u64 {
        self.rep(rep).map_or(0, |r| r.open)
    }

    /// [`utilisation`] as of the border.
    pub fn utilisation(&self, rep: &RepId, days: u16) -> f64 {
        utilisation(self.open_leads(rep), self.recent(rep, days).leads)
    }

    /// Closed leads of the rep at a segment level.
    pub fn experience(&self, rep: &RepId, segment: usize, level: &str) -> u64 {
        let levels = self.rep(rep).and_then(|r| r.segments.get(segment));
        levels.and_then(|levels| levels.get(level)).map_or(0, |tally| tally.leads)
    }

    /// Days from the rep's first known lead to the border; `None` before it.
    pub fn tenure_days(&self, rep: &RepId) -> Option<f64> {
        let first = self.rep(rep)?.first_at;
        Some((self.border - first).as_secs_f64() / Micros::DAY.as_secs_f64())
    }

    /// Joins two states of disjoint parts of the same rows, whichever way they were cut: an
    /// assignment in one part finds its outcome in the other.
    pub fn merge(&mut self, other: Self) -> Result<(), StateError> {
        if self.spec != other.spec {
            return Err(StateError::Spec(self.spec, other.spec));
        }
        self.advance(other.border);
        self.global.merge(other.global);
        merge_segments(&mut self.segments, other.segments);
        for (id, rep) in other.reps {
            match self.reps.entry(id) {
                Entry::Vacant(free) => {
                    free.insert(rep);
                }
                Entry::Occupied(mut taken) => taken.get_mut().merge(rep),
            }
        }
        for (lead, pending) in other.pending {
            match self.orphans.remove(&lead) {
                Some((won, known_at)) => {
                    self.release(&pending);
                    self.count(&pending, won, known_at);
                }
                None => match self.pending.entry(lead) {
                    Entry::Vacant(free) => {
                        free.insert(pending);
                    }
                    Entry::Occupied(_) => self.release(&pending),
                },
            }
        }
        for (lead, (won, known_at)) in other.orphans {
            match self.pending.remove(&lead) {
                Some(pending) => {
                    self.release(&pending);
                    self.count(&pending, won, known_at);
                }
                None => {
                    self.orphans.entry(lead).or_insert((won, known_at));
                }
            }
        }
        Ok(())
    }
}

impl RepState {
    fn merge(&mut self, other: Self) {
        self.first_at = self.first_at.min(other.first_at);
        self.total.merge(other.total);
        self.open += other.open;
        merge_segments(&mut self.segments, other.segments);
        for (day, tally) in other.days {
            self.days.entry(day).or_default().merge(tally);
        }
    }
}

fn merge_segments(into: &mut [BTreeMap<Box<str>, Tally>], from: Vec<BTreeMap<Box<str>, Tally>>) {
    for (into, from) in into.iter_mut().zip(from) {
        for (level, tally) in from {
            into.entry(level).or_default().merge(tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Instant {
        Instant::from_unix_micros(0) + Micros::HOUR.times(hours)
    }

    fn lead(n: u8) -> LeadId {
        LeadId::from_bytes([n; 16])
    }

    fn rep(name: &str) -> RepId {
        RepId::new(name).expect("a slug")
    }

    fn empty() -> FeatureState {
        let mut state = FeatureState::empty(Digest::default(), 1);
        state.advance(at(1000));
        state
    }

    #[test]
    fn only_what_was_learned_before_the_border_counts() {
        let mut state = empty();
        state.assigned(lead(1), &rep("mara"), &["retail"], at(1), at(1)).expect("before");
        state.closed(lead(1), Stage::Won, at(999)).expect("before");
        let late = state.closed(lead(2), Stage::Won, at(1000));
        assert_eq!(late, Err(StateError::AfterBorder { known_at: at(1000), border: at(1000) }));
        assert_eq!(state.global, Tally { leads: 1, won: 1 });
        assert_eq!(state.rep_rate(&rep("mara"), 2.0), (1.0 + 2.0 * state.global_rate(2.0)) / 3.0);
        assert_eq!(state.rep_segment_rate(&rep("ben"), 0, "retail", 5.0), state.rep_rate(&rep("ben"), 5.0));
        assert_eq!(state.tenure_days(&rep("mara")), Some(999.0 / 24.0));
        assert_eq!(state.tenure_days(&rep("ben")), None);
    }

    #[test]
    fn a_lead_counts_once_and_merged_ones_never() {
        let mut state = empty();
        for n in [1, 2] {
            state.assigned(lead(n), &rep("mara"), &[], at(1), at(1)).expect("before");
        }
        state.closed(lead(1), Stage::Contacted, at(2)).expect("before");
        state.closed(lead(1), Stage::Lost, at(3)).expect("before");
        state.assigned(lead(2), &rep("ben"), &[], at(3), at(3)).expect("a later owner");
        state.closed(lead(2), Stage::Merged, at(4)).expect("before");
        assert_eq!(state.global, Tally { leads: 1, won: 0 });
        assert_eq!((state.open_leads(&rep("mara")), state.experience(&rep("mara"), 0, "")), (0, 1));
        assert_eq!(state.segments[0].get(""), Some(&Tally { leads: 1, won: 0 }), "missing is the empty level");
    }

    #[test]
    fn recent_rates_run_over_whole_days() {
        let mut state = empty();
        // The border is hour 1000: day 41 is under way, days 39 and 40 are the last two whole ones.
        for (n, hour) in [(1, 38 * 24 + 23), (2, 39 * 24), (3, 40 * 24 + 23), (4, 41 * 24)] {
            state.assigned(lead(n), &rep("mara"), &["x"], at(1), at(1)).expect("before");
            state.closed(lead(n), Stage::Won, at(hour)).expect("before");
        }
        let global = state.global_rate(1.0);
        assert_eq!(state.recent_rate(&rep("mara"), 2, 1.0), (2.0 + global) / 3.0);
    }

    #[test]
    fn parts_merge_to_the_whole_however_they_are_cut() {
        type Fact = (u8, &'static str, Option<Stage>, i64);
        let facts: [Fact; 6] = [
            (1, "mara", None, 1),
            (2, "ben", None, 2),
            (1, "", Some(Stage::Won), 3),
            (3, "mara", None, 4),
            (3, "", Some(Stage::Lost), 5),
            (2, "", Some(Stage::Won), 30),
        ];
        let fold = |facts: &[Fact]| {
            let mut state = empty();
            for &(n, name, stage, hour) in facts {
                match stage {
                    None => state.assigned(lead(n), &rep(name), &["x"], at(hour), at(hour)),
                    Some(stage) => state.closed(lead(n), stage, at(hour)),
                }
                .expect("before");
            }
            state
        };
        let whole = fold(&facts);
        for cut in 0..=facts.len() {
            let (mut first, second) = (fold(&facts[..cut]), fold(&facts[cut..]));
            let mut reversed = second.clone();
            reversed.merge(first.clone()).expect("one specification");
            first.merge(second).expect("one specification");
            assert_eq!((&first, &reversed), (&whole, &whole), "cut at {cut}");
        }
        let json = serde_json::to_string(&whole).expect("plain");
        assert_eq!(serde_json::from_str::<FeatureState>(&json).expect("reads back"), whole);
    }
}
