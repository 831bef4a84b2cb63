//! Rows in, result out.

use crate::spec::ExperimentSpec;

use super::{
    chunk::{CHUNK_ROWS, Chunk},
    evaluate,
    gathered::Gathered,
    keys::KeyValue,
    looking::Looking,
    result::{ExclusionReason, ExperimentResult},
    table::{Batch, BatchError, Column, ColumnKind, ColumnNeed, UnitRow},
};

/// Eats rows in any number of batches. Two analyzers of the same spec may eat halves of a table
/// and be merged.
#[derive(Debug, Clone)]
pub struct Analyzer {
    gathered: Gathered,
    /// What each name in the variant column means, at its key's number.
    meaning: Vec<Result<u16, ExclusionReason>>,
    chunk: Chunk,
    variant_of: Vec<Option<u16>>,
    /// Rows from [`Analyzer::push_row`], column by column, until a chunk is full.
    waiting: Vec<Vec<f64>>,
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
        let gathered = Gathered::new(spec);
        Self {
            waiting: vec![Vec::new(); gathered.layout.columns.len()],
            gathered,
            meaning: Vec::new(),
            chunk: Chunk::default(),
            variant_of: Vec::new(),
        }
    }

    /// Says that the rows are not yet all there will be.
    #[must_use]
    pub fn looking(mut self, looking: Looking) -> Self {
        self.gathered.looking = looking;
        self
    }

    /// The columns that a batch must give, in this order.
    pub fn columns(&self) -> &[ColumnNeed] {
        &self.gathered.layout.columns
    }

    /// Takes in a batch, or nothing of it when a column is wrong. Sums are rounded chunk by
    /// chunk, so batches cut elsewhere may differ in the last digits.
    pub fn push(&mut self, batch: &Batch<'_>) -> Result<(), BatchError> {
        self.check(batch)?;
        let mut from = 0;
        while from < batch.rows {
            let to = (from + CHUNK_ROWS).min(batch.rows);
            self.sort_rows(batch, from, to);
            self.chunk.arrange(from, &self.variant_of, self.gathered.spec.variants.len());
            self.chunk.gather(batch, &self.gathered.layout, &mut self.gathered.keys)?;
            for (accumulator, collector) in self.gathered.accumulators.iter_mut().zip(&self.gathered.layout.collectors)
            {
                accumulator.add(collector, &self.chunk);
            }
            from = to;
        }
        Ok(())
    }

    /// Takes in one row; a whole chunk of them goes the way of a batch.
    pub fn push_row(&mut self, row: &UnitRow<'_>) -> Result<(), BatchError> {
        if row.values.len() != self.gathered.layout.columns.len() {
            return Err(BatchError::Columns { expected: self.gathered.layout.columns.len(), found: row.values.len() });
        }
        for (column, value) in self.waiting.iter_mut().zip(row.values) {
            column.push(*value);
        }
        if self.waiting[0].len() == CHUNK_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), BatchError> {
        let waiting = std::mem::replace(&mut self.waiting, vec![Vec::new(); self.gathered.layout.columns.len()]);
        let columns: Vec<Column<'_>> = waiting.iter().map(|c| Column::F64(c)).collect();
        self.push(&Batch { rows: waiting[0].len(), columns: &columns })
    }

    /// As if the other's rows had come here too. Both must be of the same spec.
    pub fn merge(&mut self, mut other: Self) -> Result<(), BatchError> {
        if self.gathered.spec != other.gathered.spec {
            return Err(BatchError::OtherExperiment);
        }
        other.flush()?;
        self.gathered.merge(other.gathered);
        Ok(())
    }

    /// The result. Pure arithmetic on what was kept; deterministic.
    pub fn finish(mut self) -> ExperimentResult {
        // Rows that wait were checked for their number of values when they came.
        let flushed = self.flush();
        debug_assert!(flushed.is_ok(), "{flushed:?}");
        evaluate::result(&self.gathered)
    }

    fn check(&self, batch: &Batch<'_>) -> Result<(), BatchError> {
        if batch.columns.len() != self.gathered.layout.columns.len() {
            return Err(BatchError::Columns {
                expected: self.gathered.layout.columns.len(),
                found: batch.columns.len(),
            });
        }
        for (need, column) in self.gathered.layout.columns.iter().zip(batch.columns) {
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
        self.gathered.counts.exposed += (to - from) as u64;
        for row in from..to {
            let counted = match self.sort_row(batch, row) {
                Ok((variant, matured)) => {
                    self.gathered.counts.exposed_of[usize::from(variant)] += 1;
                    if matured {
                        self.gathered.counts.matured_of[usize::from(variant)] += 1;
                    } else {
                        self.gathered.counts.pending += 1;
                    }
                    matured.then_some(variant)
                }
                Err(reason) => {
                    self.gathered.counts.excluded[reason as usize] += 1;
                    None
                }
            };
            self.variant_of.push(counted);
        }
    }

    fn sort_row(&mut self, batch: &Batch<'_>, row: usize) -> Result<(u16, bool), ExclusionReason> {
        let variant = self.variant(batch.columns[self.gathered.layout.variant], row)?;
        let number = |column: Option<usize>| column.map(|i| at(batch.columns[i], row));
        let exposed_at = number(self.gathered.layout.exposed_at);
        if let Some(exposed_at) = exposed_at {
            if exposed_at.is_nan() {
                return Err(ExclusionReason::NoExposureTime);
            }
            if self.gathered.spec.horizon.start.is_some_and(|start| exposed_at < start.unix_micros() as f64) {
                return Err(ExclusionReason::BeforeStart);
            }
            if number(self.gathered.layout.outcome_at).is_some_and(|outcome| outcome < exposed_at) {
                return Err(ExclusionReason::OutcomeBeforeExposure);
            }
        }
        if number(self.gathered.layout.counted).is_some_and(|c| c == 0.0) {
            return Err(ExclusionReason::BurnedIn);
        }
        let matured = number(self.gathered.layout.matured).is_none_or(|m| m > 0.0);
        Ok((variant, matured))
    }

    /// The variant's place. Keys are remembered, so text is compared once a different value.
    fn variant(&mut self, column: Column<'_>, row: usize) -> Result<u16, ExclusionReason> {
        let keys = &mut self.gathered.keys[self.gathered.layout.variant];
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
        let names = self.gathered.keys[self.gathered.layout.variant].names();
        for name in &names[self.meaning.len()..] {
            let found = self.gathered.spec.variants.iter().position(|v| match name {
                KeyValue::Number(n) => v.value.parse() == Ok(*n),
                KeyValue::Text(t) => v.value == *t,
            });
            self.meaning.push(found.map(|i| i as u16).ok_or(ExclusionReason::UnknownVariant));
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
