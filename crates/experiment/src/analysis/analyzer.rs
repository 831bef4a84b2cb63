//! Rows in, result out.

use crate::spec::ExperimentSpec;

use super::{
    accumulate::Accumulator,
    chunk::{CHUNK_ROWS, Chunk},
    evaluate,
    keys::{KeyIndex, KeyValue},
    layout::{Collector, Layout},
    looking::Looking,
    result::{ExclusionReason, ExperimentResult},
    table::{Batch, BatchError, Column, ColumnKind, ColumnNeed, UnitRow},
};

/// Eats rows in any number of batches. Two analyzers of the same spec may eat halves of a table
/// and be merged.
#[derive(Debug, Clone)]
pub struct Analyzer {
    pub(super) spec: ExperimentSpec,
    pub(super) layout: Layout,
    pub(super) accumulators: Vec<Accumulator>,
    /// For key columns, at the column's place.
    pub(super) keys: Vec<KeyIndex>,
    pub(super) counts: Counts,
    pub(super) looking: Looking,
    /// What each name in the variant column means, at its key's number.
    meaning: Vec<Result<u16, ExclusionReason>>,
    chunk: Chunk,
    variant_of: Vec<Option<u16>>,
    /// Rows from [`Analyzer::push_row`], column by column, until a chunk is full.
    waiting: Vec<Vec<f64>>,
}

/// Rows by what became of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub exposed: u64,
    pub pending: u64,
    pub excluded: [u64; ExclusionReason::ALL.len()],
    /// Per variant: exposed (pending ones included) and matured.
    pub exposed_of: Vec<u64>,
    pub matured_of: Vec<u64>,
}

impl Analyzer {
    /// ```
    /// use pointsman_experiment::{analysis::{Analyzer, Batch, Column}, spec::ExperimentSpec};
    /// let spec = ExperimentSpec::from_toml(r#"
    ///     format = 1
    ///     id = "two"
    ///     design = { kind = "lead" }
    ///     variants = [{ id = "a", policy = "p", weight = 1 }, { id = "b", policy = "q", weight = 1 }]
    ///     metrics = [{ id = "won", kind = "binary", column = "won", role = "decision" }]
    /// "#).unwrap();
    /// let mut analyzer = Analyzer::new(&spec);
    /// let names: Vec<&str> = analyzer.columns().iter().map(|c| c.name.as_str()).collect();
    /// assert_eq!(names, ["variant", "won"]);
    /// let columns = [Column::Text(&["a", "b", "a", "b"]), Column::I64(&[0, 1, 1, 1])];
    /// analyzer.push(&Batch { rows: 4, columns: &columns }).unwrap();
    /// assert_eq!(analyzer.finish().accounting.exposed, 4);
    /// ```
    pub fn new(spec: &ExperimentSpec) -> Self {
        let layout = Layout::new(spec);
        let variants = spec.variants.len();
        Self {
            accumulators: layout.collectors.iter().map(|c| Accumulator::new(c, variants)).collect(),
            keys: vec![KeyIndex::default(); layout.columns.len()],
            counts: Counts { exposed_of: vec![0; variants], matured_of: vec![0; variants], ..Counts::default() },
            looking: Looking::default(),
            meaning: Vec::new(),
            chunk: Chunk::default(),
            variant_of: Vec::new(),
            waiting: vec![Vec::new(); layout.columns.len()],
            layout,
            spec: spec.clone(),
        }
    }

    /// Says that the rows are not yet all there will be.
    #[must_use]
    pub fn looking(self, looking: Looking) -> Self {
        Self { looking, ..self }
    }

    /// The columns that a batch must give, in this order.
    pub fn columns(&self) -> &[ColumnNeed] {
        &self.layout.columns
    }

    /// Takes in a batch, or nothing of it when a column is wrong. Sums are rounded chunk by
    /// chunk, so batches cut elsewhere may differ in the last digits.
    pub fn push(&mut self, batch: &Batch<'_>) -> Result<(), BatchError> {
        self.check(batch)?;
        let mut from = 0;
        while from < batch.rows {
            let to = (from + CHUNK_ROWS).min(batch.rows);
            self.sort_rows(batch, from, to);
            self.chunk.arrange(from, &self.variant_of, self.spec.variants.len());
            self.chunk.gather(batch, &self.layout, &mut self.keys)?;
            for (accumulator, collector) in self.accumulators.iter_mut().zip(&self.layout.collectors) {
                accumulator.add(collector, &self.chunk);
            }
            from = to;
        }
        Ok(())
    }

    /// Takes in one row; a whole chunk of them goes the way of a batch.
    pub fn push_row(&mut self, row: &UnitRow<'_>) -> Result<(), BatchError> {
        if row.values.len() != self.layout.columns.len() {
            return Err(BatchError::Columns { expected: self.layout.columns.len(), found: row.values.len() });
        }
        for (column, value) in self.waiting.iter_mut().zip(row.values) {
            column.push(*value);
        }
        if self.waiting[0].len() == CHUNK_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), BatchError> {
        let waiting = std::mem::replace(&mut self.waiting, vec![Vec::new(); self.layout.columns.len()]);
        let columns: Vec<Column<'_>> = waiting.iter().map(|c| Column::F64(c)).collect();
        self.push(&Batch { rows: waiting[0].len(), columns: &columns })
    }

    /// As if the other's rows had come here too. Both must be of the same spec.
    pub fn merge(&mut self, mut other: Self) -> Result<(), BatchError> {
        if self.spec != other.spec {
            return Err(BatchError::OtherExperiment);
        }
        other.flush()?;
        let recodes: Vec<Vec<u32>> = self
            .keys
            .iter_mut()
            .zip(&other.keys)
            .map(|(ours, theirs)| theirs.names().iter().map(|name| ours.code(name)).collect())
            .collect();
        for ((ours, theirs), collector) in
            self.accumulators.iter_mut().zip(other.accumulators).zip(&self.layout.collectors)
        {
            let recode = match collector {
                Collector::Cells { key, .. } | Collector::Weighted { key, .. } => recodes[*key].as_slice(),
                _ => &[],
            };
            ours.merge(theirs, recode);
        }
        let add = |into: &mut [u64], from: &[u64]| into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        self.counts.exposed += other.counts.exposed;
        self.counts.pending += other.counts.pending;
        add(&mut self.counts.excluded, &other.counts.excluded);
        add(&mut self.counts.exposed_of, &other.counts.exposed_of);
        add(&mut self.counts.matured_of, &other.counts.matured_of);
        Ok(())
    }

    /// The result. Pure arithmetic on what was kept; deterministic.
    pub fn finish(mut self) -> ExperimentResult {
        // Rows that wait were checked for their number of values when they came.
        let flushed = self.flush();
        debug_assert!(flushed.is_ok(), "{flushed:?}");
        evaluate::result(&mut self)
    }

    fn check(&self, batch: &Batch<'_>) -> Result<(), BatchError> {
        if batch.columns.len() != self.layout.columns.len() {
            return Err(BatchError::Columns { expected: self.layout.columns.len(), found: batch.columns.len() });
        }
        for (need, column) in self.layout.columns.iter().zip(batch.columns) {
            if column.len() != batch.rows {
                return Err(BatchError::Length { name: need.name.clone(), rows: batch.rows, found: column.len() });
            }
            if need.kind == ColumnKind::Number && matches!(column, Column::Text(_)) {
                return Err(BatchError::NotNumeric { name: need.name.clone() });
            }
        }
        Ok(())
    }

    /// Decides for the rows `from..to` whether they count, and for which variant.
    fn sort_rows(&mut self, batch: &Batch<'_>, from: usize, to: usize) {
        self.variant_of.clear();
        self.counts.exposed += (to - from) as u64;
        for row in from..to {
            let counted = match self.sort_row(batch, row) {
                Ok((variant, matured)) => {
                    self.counts.exposed_of[usize::from(variant)] += 1;
                    if matured {
                        self.counts.matured_of[usize::from(variant)] += 1;
                    } else {
                        self.counts.pending += 1;
                    }
                    matured.then_some(variant)
                }
                Err(reason) => {
                    self.counts.excluded[reason as usize] += 1;
                    None
                }
            };
            self.variant_of.push(counted);
        }
    }

    fn sort_row(&mut self, batch: &Batch<'_>, row: usize) -> Result<(u16, bool), ExclusionReason> {
        let variant = self.variant(batch.columns[self.layout.variant], row)?;
        let number = |column: Option<usize>| column.map(|i| at(batch.columns[i], row));
        let exposed_at = number(self.layout.exposed_at);
        if let Some(exposed_at) = exposed_at {
            if exposed_at.is_nan() {
                return Err(ExclusionReason::NoExposureTime);
            }
            if self.spec.horizon.start.is_some_and(|start| exposed_at < start.unix_micros() as f64) {
                return Err(ExclusionReason::BeforeStart);
            }
            if number(self.layout.outcome_at).is_some_and(|outcome| outcome < exposed_at) {
                return Err(ExclusionReason::OutcomeBeforeExposure);
            }
        }
        if number(self.layout.counted).is_some_and(|c| c == 0.0) {
            return Err(ExclusionReason::BurnedIn);
        }
        let matured = number(self.layout.matured).is_none_or(|m| m > 0.0);
        Ok((variant, matured))
    }

    /// The variant's place. Keys are remembered, so text is compared once a different value.
    fn variant(&mut self, column: Column<'_>, row: usize) -> Result<u16, ExclusionReason> {
        let keys = &mut self.keys[self.layout.variant];
        let code = match column {
            Column::I64(values) => keys.number(values[row]),
            Column::Text(values) => {
                if values[row].is_empty() {
                    return Err(ExclusionReason::NoVariant);
                }
                keys.text(values[row])
            }
            Column::F64(values) => {
                let x = values[row];
                if x.is_nan() {
                    return Err(ExclusionReason::NoVariant);
                }
                if x == x.trunc() { keys.number(x as i64) } else { keys.text(&x.to_string()) }
            }
        };
        if self.meaning.len() <= code as usize {
            self.learn_variants();
        }
        self.meaning[code as usize]
    }

    /// Compares names that were not seen before with the spec's.
    fn learn_variants(&mut self) {
        let names = self.keys[self.layout.variant].names();
        for name in &names[self.meaning.len()..] {
            let found = self.spec.variants.iter().position(|v| match name {
                KeyValue::Number(n) => v.value.parse() == Ok(*n),
                KeyValue::Text(t) => v.value == *t,
            });
            self.meaning.push(found.map(|i| i as u16).ok_or(ExclusionReason::UnknownVariant));
        }
    }

    /// The collector that an analysis reads.
    pub(super) fn accumulator(&self, analysis: usize) -> &Accumulator {
        &self.accumulators[self.layout.of_analysis[analysis]]
    }

    /// The names of an analysis' cells; none when it has no cells.
    pub(super) fn names(&self, analysis: usize) -> &[KeyValue] {
        match self.layout.collectors[self.layout.of_analysis[analysis]] {
            Collector::Cells { key, .. } | Collector::Weighted { key, .. } => self.keys[key].names(),
            _ => &[],
        }
    }
}

fn at(column: Column<'_>, row: usize) -> f64 {
    match column {
        Column::F64(values) => values[row],
        Column::I64(values) => values[row] as f64,
        Column::Text(_) => f64::NAN,
    }
}
