//! What is kept of the rows: all that a result is made of.

use crate::spec::ExperimentSpec;

use super::{
    accumulate::Accumulator,
    keys::{KeyIndex, KeyValue},
    layout::{Collector, Layout},
    looking::Looking,
    result::ExclusionReason,
};

#[derive(Debug, Clone)]
pub(super) struct Gathered {
    pub spec: ExperimentSpec,
    pub layout: Layout,
    pub accumulators: Vec<Accumulator>,
    /// For key columns, at the column's place.
    pub keys: Vec<KeyIndex>,
    pub counts: Counts,
    pub looking: Looking,
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

impl Gathered {
    pub fn new(spec: &ExperimentSpec) -> Self {
        let layout = Layout::new(spec);
        let variants = spec.variants.len();
        Self {
            accumulators: layout.collectors.iter().map(|c| Accumulator::new(c, variants)).collect(),
            keys: vec![KeyIndex::default(); layout.columns.len()],
            counts: Counts { exposed_of: vec![0; variants], matured_of: vec![0; variants], ..Counts::default() },
            looking: Looking::default(),
            layout,
            spec: spec.clone(),
        }
    }

    /// As if the other's rows had come here too. Both must be of the same spec.
    pub fn merge(&mut self, other: Self) {
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
    }

    /// The collector that an analysis reads.
    pub fn accumulator(&self, analysis: usize) -> &Accumulator {
        &self.accumulators[self.layout.of_analysis[analysis]]
    }

    /// The names of an analysis' cells; none when it has no cells.
    pub fn names(&self, analysis: usize) -> &[KeyValue] {
        match self.layout.collectors[self.layout.of_analysis[analysis]] {
            Collector::Cells { key, .. } | Collector::Weighted { key, .. } => self.keys[key].names(),
            _ => &[],
        }
    }
}
