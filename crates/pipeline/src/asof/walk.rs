//! Leads in order of time, counted as of their borders. Between two borders no count changes, so the
//! leads of one border are a block that is computed column by column.

use std::ops::Range;

use pointsman_domain::{Instant, LeadId, Micros};
use pointsman_scoring::{
    CategoryColumn, Coded, Executor, FeatureTable, NumberColumn, Source, TimeScale,
    row::missing_number,
    spec::{FeatureKind, RateOf},
    state::utilisation,
};

use super::{counters::Counters, hours::ByHour, owned::Owned};

/// Rows of a chunk: what Parquet writers put into one row group.
pub const CHUNK: usize = 1 << 18;

/// Some rows of the feature table.
pub struct Chunk {
    pub leads: Vec<LeadId>,
    /// All columns but `lead_id`.
    pub table: FeatureTable,
}

impl Chunk {
    pub fn into_table(self) -> FeatureTable {
        let lead_id = self.leads.iter().map(|lead| lead.to_string().into()).collect();
        FeatureTable { lead_id, ..self.table }
    }
}

/// Yields the feature table in chunks: at least one, which is empty where there are no leads.
pub struct Walk<'a> {
    owned: &'a Owned,
    executor: &'a Executor,
    segments: Vec<usize>,
    counters: Counters,
    numbers: Vec<Number<'a>>,
    assigned: ByHour,
    closed: ByHour,
    /// The next row; `None` after the last chunk.
    next: Option<usize>,
}

/// A number column and where it comes from.
struct Number<'a> {
    source: &'a Source,
    /// Place among the specification's segments.
    segment: usize,
    /// Values of the lead itself.
    own: Option<&'a [f64]>,
    missing: f64,
}

impl<'a> Walk<'a> {
    pub fn new(owned: &'a Owned, executor: &'a Executor) -> Self {
        let spec = executor.spec();
        let features = spec.features.iter().filter(|f| f.kind == FeatureKind::Number);
        let numbers = features.zip(&owned.numbers).map(|(feature, own)| Number {
            source: &feature.source,
            segment: feature.source.segment().and_then(|s| spec.segments.iter().position(|n| **n == *s)).unwrap_or(0),
            own: own.as_deref(),
            missing: missing_number(&feature.missing),
        });
        let segments = segment_columns(executor);
        let widths: Vec<usize> = segments.iter().map(|&column| owned.categories[column].names().len() + 1).collect();
        let recent =
            spec.features.iter().any(|f| matches!(f.source, Source::RecentRate { .. } | Source::Utilisation { .. }));
        Self {
            counters: Counters::new(owned.reps.len(), &widths, recent),
            numbers: numbers.collect(),
            segments,
            assigned: ByHour::new(owned.known_at.iter().copied().zip(0..)),
            closed: owned.by_closing(),
            next: Some(0),
            owned,
            executor,
        }
    }

    /// Counts everything learned before the border.
    fn advance(&mut self, border: Instant) {
        let owned = self.owned;
        for &row in self.assigned.before(border) {
            self.counters.assigned(owned.rep[row as usize] as usize, owned.at[row as usize]);
        }
        for &row in self.closed.before(border) {
            let row = row as usize;
            let rep = owned.rep[row] as usize;
            match owned.counted(row) {
                None => self.counters.released(rep),
                Some((won, known_at)) => {
                    let levels = self.segments.iter().map(|&column| owned.categories[column].level(row));
                    self.counters.closed(rep, levels, won, Instant::from_unix_micros(known_at).utc_day());
                }
            }
        }
    }

    /// Appends the rows of one border that count.
    fn push(&self, border: Instant, rows: Range<usize>, chunk: &mut Chunk) {
        let Chunk { leads, table } = chunk;
        let owned = self.owned;
        let start = leads.len();
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(label) = owned.label(row) else { continue };
            kept.push(row as u32);
            leads.push(owned.lead[row]);
            table.ts.push(owned.at[row]);
            table.label_ts.push(label.known_at);
            table.y.push(label.won);
            table.value.push(label.value);
            table.rep.codes.push(owned.rep[row]);
        }
        for (column, from) in table.categories.iter_mut().zip(&owned.categories) {
            column.values.codes.extend(kept.iter().map(|&row| from.codes[row as usize]));
        }
        for (column, number) in table.numbers.iter_mut().zip(&self.numbers) {
            self.fill(number, border, &kept, &mut column.values);
            column.values[start..].iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = number.missing);
        }
        if let (Some(into), Some(from)) = (&mut table.propensity, &owned.propensity) {
            into.extend(kept.iter().map(|&row| from[row as usize]));
        }
    }

    /// Appends a number of rows of one border.
    fn fill(&self, number: &Number<'_>, border: Instant, rows: &[u32], into: &mut Vec<f64>) {
        let counters = &self.counters;
        let reps = rows.iter().map(|&row| self.owned.rep[row as usize] as usize);
        let segment = number.segment;
        // Asked for by sources that name a segment only.
        let levels = || {
            let column = &self.owned.categories[self.segments[segment]];
            rows.iter().map(|&row| column.level(row as usize))
        };
        let recent = |rep: usize, days: u16| counters.recent(rep, border.utc_day(), days);
        let global = |shrink: f64| counters.global.rate(0.5, shrink);
        match *number.source {
            Source::WinRate { of: RateOf::Global, shrink } => {
                into.extend(std::iter::repeat_n(global(shrink), rows.len()));
            }
            Source::WinRate { of: RateOf::Rep, shrink } => {
                let parent = global(shrink);
                into.extend(reps.map(|rep| counters.rep(rep).rate(parent, shrink)));
            }
            Source::WinRate { of: RateOf::Segment(_), shrink } => {
                let parent = global(shrink);
                into.extend(levels().map(|level| counters.segment(segment, level).rate(parent, shrink)));
            }
            Source::WinRate { of: RateOf::RepSegment(_), shrink } => {
                let parent = global(shrink);
                let rate = |rep, level| {
                    counters.rep_segment(segment, rep, level).rate(counters.rep(rep).rate(parent, shrink), shrink)
                };
                into.extend(reps.zip(levels()).map(|(rep, level)| rate(rep, level)));
            }
            Source::RecentRate { days, shrink } => {
                let parent = global(shrink);
                into.extend(reps.map(|rep| recent(rep, days).rate(parent, shrink)));
            }
            Source::Tenure => {
                let held =
                    |first| (border - Instant::from_unix_micros(first)).as_secs_f64() / Micros::DAY.as_secs_f64();
                into.extend(reps.map(|rep| counters.first_at(rep).map_or(f64::NAN, held)));
            }
            Source::OpenLeads => into.extend(reps.map(|rep| counters.open(rep) as f64)),
            Source::Utilisation { days } => {
                into.extend(reps.map(|rep| utilisation(counters.open(rep), recent(rep, days).leads)));
            }
            Source::Experience { .. } => {
                let leads = |(rep, level)| counters.rep_segment(segment, rep, level).leads as f64;
                into.extend(reps.zip(levels()).map(leads));
            }
            _ => match number.own {
                Some(own) => into.extend(rows.iter().map(|&row| own[row as usize])),
                None => into.extend(std::iter::repeat_n(f64::NAN, rows.len())),
            },
        }
    }

    fn empty(&self) -> Chunk {
        let owned = self.owned;
        let categories = self.executor.category_names().zip(&owned.categories).map(|(name, from)| {
            let values = Coded { names: from.names().to_vec(), ..Coded::default() };
            CategoryColumn { name: name.into(), values }
        });
        let numbers = self.executor.number_names();
        let table = FeatureTable {
            time_scale: TimeScale::Micros,
            rep: Coded { names: owned.reps.clone(), ..Coded::default() },
            categories: categories.collect(),
            numbers: numbers
                .map(|(name, scope)| NumberColumn { name: name.into(), scope, values: Vec::new() })
                .collect(),
            propensity: owned.propensity.as_ref().map(|_| Vec::new()),
            ..FeatureTable::default()
        };
        Chunk { leads: Vec::new(), table }
    }
}

impl Iterator for Walk<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let mut row = self.next.take()?;
        let mut chunk = self.empty();
        let at = &self.owned.at;
        while row < at.len() && chunk.leads.len() < CHUNK {
            let border = Instant::from_unix_micros(at[row]).full_hour();
            let after = border + Micros::HOUR;
            let room = &at[row..at.len().min(row + CHUNK - chunk.leads.len())];
            let block = row..row + room.partition_point(|at| Instant::from_unix_micros(*at) < after).max(1);
            row = block.end;
            self.advance(border);
            self.push(border, block, &mut chunk);
        }
        self.next = Some(row).filter(|&row| row < at.len());
        Some(chunk)
    }
}

/// Per segment of the specification the place of its category column.
pub fn segment_columns(executor: &Executor) -> Vec<usize> {
    let place = |segment: &str| executor.category_names().position(|name| name == segment);
    executor.spec().segments.iter().map(|s| place(s).expect("a checked specification")).collect()
}
