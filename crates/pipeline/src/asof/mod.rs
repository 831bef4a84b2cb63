//! As-of features over columns: the same numbers as the row executor gives lead by lead, for
//! millions of leads in memory that does not grow with the features.
//!
//! What a lead's row needs of the lead itself (attributes, activities, its label) is read into
//! columns, one entry a lead that has an owner. What is known of everybody else is counted while the
//! leads are walked in order of time: before each lead, the facts learned before its border are added
//! to integer counters by rep, segment and day. Rates are formed at the end, by the functions that
//! `scoring` uses too, so both agree bit by bit. Rows leave in chunks.
//!
//! Reading order: `read` (columns of the canonical tables), `attributes`, `counters`, this file.

mod attributes;
mod counters;
mod read;

use std::path::Path;

use pointsman_domain::{Instant, LeadId, RepId, record::Stage};
use pointsman_scoring::{
    CategoryColumn, Coded, Executor, FeatureSpec, FeatureState, FeatureTable, LocalTime, NumberColumn, Source,
    TimeScale,
    row::missing_number,
    spec::{Feature, FeatureKind, RateOf},
    state::utilisation,
};
use pointsman_workhours::Zone;

use crate::{FeatureError, History};
use attributes::Column;
use counters::Counters;
use read::Owned;

/// Rows of a chunk: what Parquet writers put into one row group.
pub const CHUNK: usize = 1 << 18;

/// Hands the feature table of a workspace to `each`, in chunks and in order of time. All chunks
/// share one dictionary a column.
pub fn for_each_chunk<E: From<FeatureError>>(
    workspace: &Path,
    spec: &FeatureSpec,
    local: &dyn Fn(Instant) -> LocalTime,
    mut each: impl FnMut(FeatureTable) -> Result<(), E>,
) -> Result<(), E> {
    let history = History::open(workspace).map_err(FeatureError::from)?;
    let executor = Executor::new(spec.clone(), &history.schema).map_err(FeatureError::from)?;
    let owned = Owned::read(&history, &executor, local)?;
    let mut walk = Walk::new(&owned, &executor);
    let mut chunk = walk.empty();
    for row in 0..owned.len() {
        walk.advance(row);
        if owned.label(row).is_some() {
            walk.push(row, &mut chunk);
        }
        if chunk.len() == CHUNK {
            let full = std::mem::replace(&mut chunk, walk.empty());
            each(walk.finish(full))?;
        }
    }
    each(walk.finish(chunk))
}

/// The feature state of a workspace at a border, folded from the same columns.
pub fn state_at(
    workspace: &Path,
    spec: &FeatureSpec,
    border: Instant,
    local: &dyn Fn(Instant) -> LocalTime,
) -> Result<FeatureState, FeatureError> {
    let history = History::open(workspace)?;
    let executor = Executor::new(spec.clone(), &history.schema)?;
    let owned = Owned::read(&history, &executor, local)?;
    let segments = segment_columns(&executor);
    let mut state = FeatureState::empty(spec.digest(), spec.segments.len());
    state.advance(border);
    let reps: Vec<RepId> = owned.rep_ids()?;
    for row in owned.by_known_at() {
        let (row, known_at) = (row as usize, Instant::from_unix_micros(owned.known_at[row as usize]));
        if known_at < border {
            let level = |&column: &usize| owned.categories[column].text(row).unwrap_or_default();
            let levels: Vec<&str> = segments.iter().map(level).collect();
            let at = Instant::from_unix_micros(owned.at[row]);
            state.assigned(owned.lead[row], &reps[owned.rep[row] as usize], &levels, at, known_at)?;
        }
    }
    for (lead, stage, known_at) in owned.closings() {
        if known_at < border {
            state.closed(lead, stage, known_at)?;
        }
    }
    Ok(state)
}

/// Per segment of the specification the place of its category column.
fn segment_columns(executor: &Executor) -> Vec<usize> {
    let place = |segment: &str| executor.category_names().position(|name| name == segment);
    executor.spec().segments.iter().map(|s| place(s).expect("a checked specification")).collect()
}

/// Walks the leads in order of time.
struct Walk<'a> {
    owned: &'a Owned,
    executor: &'a Executor,
    segments: Vec<usize>,
    counters: Counters,
    numbers: Vec<Number<'a>>,
    /// Rows by when their assignment was learned, and the next of them.
    assigned: Vec<u32>,
    next_assigned: usize,
    /// What closes leads, by when it was learned.
    closed: Vec<(i64, u32)>,
    next_closed: usize,
    border: Instant,
}

/// A number column and where it comes from.
struct Number<'a> {
    feature: &'a Feature,
    /// Place among the specification's segments.
    segment: usize,
    /// Values of the lead itself.
    own: Option<&'a [f64]>,
    missing: f64,
}

impl<'a> Walk<'a> {
    fn new(owned: &'a Owned, executor: &'a Executor) -> Self {
        let spec = executor.spec();
        let features = spec.features.iter().filter(|f| f.kind == FeatureKind::Number);
        let numbers = features.zip(&owned.numbers).map(|(feature, own)| Number {
            feature,
            segment: feature.source.segment().and_then(|s| spec.segments.iter().position(|n| **n == *s)).unwrap_or(0),
            own: own.as_deref(),
            missing: missing_number(&feature.missing),
        });
        let segments = segment_columns(executor);
        let widths: Vec<usize> = segments.iter().map(|&column| owned.categories[column].names.len() + 1).collect();
        let recent =
            spec.features.iter().any(|f| matches!(f.source, Source::RecentRate { .. } | Source::Utilisation { .. }));
        Self {
            counters: Counters::new(owned.reps.len(), &widths, recent),
            numbers: numbers.collect(),
            segments,
            assigned: owned.by_known_at(),
            next_assigned: 0,
            closed: owned.by_closing(),
            next_closed: 0,
            border: Instant::MIN,
            owned,
            executor,
        }
    }

    /// Counts everything learned before the border of `row`.
    fn advance(&mut self, row: usize) {
        let owned = self.owned;
        self.border = Instant::from_unix_micros(owned.at[row]).full_hour();
        let border = self.border.unix_micros();
        while let Some(&other) = self.assigned.get(self.next_assigned) {
            let other = other as usize;
            if owned.known_at[other] >= border {
                break;
            }
            self.counters.assigned(owned.rep[other] as usize, owned.at[other]);
            self.next_assigned += 1;
        }
        while let Some(&(at, other)) = self.closed.get(self.next_closed) {
            if at >= border {
                break;
            }
            let other = other as usize;
            let rep = owned.rep[other] as usize;
            match owned.counted(other) {
                None => self.counters.released(rep),
                Some((won, known_at)) => {
                    let levels = self.segments.iter().map(|&column| owned.categories[column].level(other));
                    self.counters.closed(rep, levels, won, Instant::from_unix_micros(known_at).utc_day());
                }
            }
            self.next_closed += 1;
        }
    }

    fn number(&self, number: &Number<'_>, row: usize) -> f64 {
        let rep = self.owned.rep[row] as usize;
        let level = || self.owned.categories[self.segments[number.segment]].level(row);
        let counters = &self.counters;
        let global = |shrink: f64| counters.global.rate(0.5, shrink);
        let of_rep = |shrink: f64| counters.rep(rep).rate(global(shrink), shrink);
        match &number.feature.source {
            Source::WinRate { of: RateOf::Global, shrink } => global(*shrink),
            Source::WinRate { of: RateOf::Rep, shrink } => of_rep(*shrink),
            Source::WinRate { of: RateOf::Segment(_), shrink } => {
                counters.segment(number.segment, level()).rate(global(*shrink), *shrink)
            }
            Source::WinRate { of: RateOf::RepSegment(_), shrink } => {
                counters.rep_segment(number.segment, rep, level()).rate(of_rep(*shrink), *shrink)
            }
            Source::RecentRate { days, shrink } => {
                counters.recent(rep, self.border.utc_day(), *days).rate(global(*shrink), *shrink)
            }
            Source::Tenure => match counters.first_at(rep) {
                Some(first) => {
                    let held = self.border - Instant::from_unix_micros(first);
                    held.as_secs_f64() / pointsman_domain::Micros::DAY.as_secs_f64()
                }
                None => number.missing,
            },
            Source::OpenLeads => counters.open(rep) as f64,
            Source::Utilisation { days } => {
                utilisation(counters.open(rep), counters.recent(rep, self.border.utc_day(), *days).leads)
            }
            Source::Experience { .. } => counters.rep_segment(number.segment, rep, level()).leads as f64,
            _ => number.own.map_or(f64::NAN, |own| own[row]),
        }
    }

    fn push(&self, row: usize, table: &mut FeatureTable) {
        let owned = self.owned;
        let label = owned.label(row).unwrap_or_default();
        table.lead_id.push(owned.lead[row].to_string().into());
        table.ts.push(owned.at[row]);
        table.label_ts.push(label.known_at);
        table.y.push(label.won);
        table.value.push(label.value);
        table.rep.codes.push(owned.rep[row]);
        for (column, from) in table.categories.iter_mut().zip(&owned.categories) {
            column.values.codes.push(from.codes[row]);
        }
        for (column, number) in table.numbers.iter_mut().zip(&self.numbers) {
            let value = self.number(number, row);
            column.values.push(if value.is_nan() { number.missing } else { value });
        }
        if let (Some(into), Some(from)) = (&mut table.propensity, &owned.propensity) {
            into.push(from[row]);
        }
    }

    fn empty(&self) -> FeatureTable {
        let categories = self.executor.category_names();
        let numbers = self.executor.number_names();
        FeatureTable {
            time_scale: TimeScale::Micros,
            categories: categories.map(|name| CategoryColumn { name: name.into(), values: Coded::default() }).collect(),
            numbers: numbers
                .map(|(name, scope)| NumberColumn { name: name.into(), scope, values: Vec::new() })
                .collect(),
            propensity: self.owned.propensity.as_ref().map(|_| Vec::new()),
            ..FeatureTable::default()
        }
    }

    /// Puts the dictionaries into a chunk.
    fn finish(&self, mut table: FeatureTable) -> FeatureTable {
        table.rep.names.clone_from(&self.owned.reps);
        for (column, from) in table.categories.iter_mut().zip(&self.owned.categories) {
            column.values.names.clone_from(&from.names);
        }
        table
    }
}

/// What one lead became, as far as it is known.
#[derive(Debug, Clone, Copy)]
struct Label {
    won: bool,
    known_at: i64,
    value: f64,
}

impl Default for Label {
    fn default() -> Self {
        Self { won: false, known_at: i64::MAX, value: f64::NAN }
    }
}

impl Owned {
    fn len(&self) -> usize {
        self.lead.len()
    }

    fn rep_ids(&self) -> Result<Vec<RepId>, FeatureError> {
        let id = |name: &str| RepId::new(name).map_err(|_| FeatureError::Rep { rep: name.into() });
        self.reps.iter().map(|name| id(name)).collect()
    }

    /// `None` for leads that do not count at all.
    fn label(&self, row: usize) -> Option<Label> {
        let Some(stage) = self.ends.first[row].stage else { return Some(Label::default()) };
        let won = match stage {
            Stage::Won => true,
            Stage::Lost | Stage::Unqualified => false,
            _ => return None,
        };
        Some(Label { won, known_at: self.ends.first[row].known_at, value: self.ends.value[row] })
    }

    /// The outcome by which a lead counts, and when it was learned. A lead that was merged after it
    /// was given away never counts.
    fn counted(&self, row: usize) -> Option<(bool, i64)> {
        let first = &self.ends.first[row];
        let stage = first.stage?;
        if first.known_at >= self.known_at[row] && matches!(stage, Stage::Merged | Stage::Erased) {
            return None;
        }
        let closing = &self.ends.closing[row];
        closing.stage.map(|stage| (stage == Stage::Won, closing.known_at))
    }

    /// Rows by when their assignment was learned.
    fn by_known_at(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.len() as u32).collect();
        if !self.known_at.is_sorted() {
            rows.sort_by_key(|&row| self.known_at[row as usize]);
        }
        rows
    }

    /// When each lead stopped being open, of those that did.
    fn by_closing(&self) -> Vec<(i64, u32)> {
        let mut closed = Vec::new();
        for (row, first) in self.ends.first.iter().enumerate() {
            let learned = match (self.counted(row), first.stage) {
                (Some((_, known_at)), _) => known_at,
                (None, Some(_)) if first.known_at >= self.known_at[row] => first.known_at,
                _ => continue,
            };
            // An outcome learned before its assignment counts with the latter.
            closed.push((learned.max(self.known_at[row]), row as u32));
        }
        closed.sort_unstable();
        closed
    }

    /// Everything that closes a lead, in the order in which it was learned.
    fn closings(&self) -> Vec<(LeadId, Stage, Instant)> {
        let mut all: Vec<(i64, LeadId, Stage)> = self.ends.strays.clone();
        for (row, first) in self.ends.first.iter().enumerate() {
            let closing = &self.ends.closing[row];
            all.extend(first.stage.map(|stage| (first.known_at, self.lead[row], stage)));
            let early = first.known_at < self.known_at[row] && closing.known_at != first.known_at;
            all.extend(closing.stage.filter(|_| early).map(|stage| (closing.known_at, self.lead[row], stage)));
        }
        all.sort_by_key(|(known_at, lead, _)| (*known_at, *lead));
        all.into_iter().map(|(known_at, lead, stage)| (lead, stage, Instant::from_unix_micros(known_at))).collect()
    }
}

/// Hour and weekday of each row in its lead's zone, or the workspace's.
fn local_times(at: &[i64], zones: Option<&Column>, local: &dyn Fn(Instant) -> LocalTime) -> Vec<LocalTime> {
    const QUARTER: i64 = 15 * 60 * 1_000_000;
    let known: Vec<Option<Zone>> =
        zones.map_or_else(Vec::new, |column| column.names.iter().map(|text| Zone::of_place(text)).collect());
    // Clocks are moved at quarters of an hour only, so rows of one quarter share an answer.
    let mut last: Option<(i64, LocalTime)> = None;
    let mut here = |at: i64| match last {
        Some((quarter, found)) if quarter == at.div_euclid(QUARTER) => found,
        _ => {
            let found = local(Instant::from_unix_micros(at));
            last = Some((at.div_euclid(QUARTER), found));
            found
        }
    };
    let time = |(row, &at): (usize, &i64)| {
        let zone = zones.and_then(|column| known.get(column.codes[row] as usize)).and_then(Option::as_ref);
        zone.map_or_else(|| here(at), |zone| LocalTime::in_zone(zone, Instant::from_unix_micros(at)))
    };
    at.iter().enumerate().map(time).collect()
}
