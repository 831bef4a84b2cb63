//! A feature table as the numbers that fits read: levels, standardised numbers, reps.

use std::{collections::BTreeMap, sync::Arc};

use pointsman_domain::RepIndex;
use pointsman_scoring::{
    Coded, FeatureTable, LeadRow, NO_LEVEL, Scope,
    artifact::{CategoryInput, Inputs, NumberInput},
};

/// Levels of one category that get an effect of their own.
const MAX_LEVELS: usize = 250;
/// Levels of all categories together: the fixed part of a fit is dense in them.
const LEVEL_BUDGET: usize = 500;
/// A level with fewer rows joins `other`.
const MIN_ROWS: usize = 3;
/// Standardised numbers end here.
const CLIP: f64 = 5.0;

/// Rows ready for fitting. Columns are shared between the many fits of a training.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub inputs: Arc<Inputs>,
    /// Per category input.
    pub levels: Vec<Arc<[u32]>>,
    /// Per number input: as measured, and standardised (0 for missing).
    pub raw: Vec<Arc<[f64]>>,
    pub standard: Vec<Arc<[f64]>>,
    /// Per number input: 1 where missing; absent where nothing is.
    pub missing: Vec<Option<Arc<[f64]>>>,
    /// Place in `rep_names`, or [`NO_LEVEL`].
    pub rep: Arc<[u32]>,
    /// In byte order.
    pub rep_names: Arc<[Box<str>]>,
    pub won: Arc<[bool]>,
    pub weight: Arc<[f64]>,
}

/// Learns inputs and reps from a table: which levels there are, how numbers are spread. Outcomes
/// are not looked at.
pub fn learn_inputs(table: &FeatureTable) -> (Inputs, Vec<Box<str>>) {
    let room = LEVEL_BUDGET / table.categories.len().max(1);
    let categories = table.categories.iter().map(|c| category_input(&c.name, &c.values, room.clamp(8, MAX_LEVELS)));
    let numbers = table.numbers.iter().map(|c| number_input(&c.name, c.scope, &c.values));
    let inputs = Inputs { categories: categories.collect(), numbers: numbers.collect() };
    let mut seen = vec![false; table.rep.names.len()];
    table.rep.codes.iter().filter(|&&c| c != Coded::MISSING).for_each(|&c| seen[c as usize] = true);
    let mut reps: Vec<Box<str>> =
        table.rep.names.iter().zip(seen).filter(|(_, seen)| *seen).map(|(n, _)| n.clone()).collect();
    reps.sort_unstable();
    reps.dedup();
    (inputs, reps)
}

fn category_input(name: &str, values: &Coded, room: usize) -> CategoryInput {
    // Names may repeat in a dictionary; counts are by text.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missing = false;
    for row in 0..values.codes.len() {
        match values.text(row) {
            Some(text) => *counts.entry(text).or_default() += 1,
            None => missing = true,
        }
    }
    let mut by_count: Vec<(&str, usize)> =
        counts.iter().map(|(t, n)| (*t, *n)).filter(|(_, n)| *n >= MIN_ROWS).collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    by_count.truncate(room);
    let mut levels: Vec<Box<str>> = by_count.into_iter().map(|(text, _)| text.into()).collect();
    levels.sort_unstable();
    CategoryInput { name: name.into(), other: levels.len() < counts.len(), levels, missing }
}

fn number_input(name: &str, scope: Scope, values: &[f64]) -> NumberInput {
    let present = || values.iter().copied().filter(|x| x.is_finite());
    let n = present().count().max(1) as f64;
    let mean = present().sum::<f64>() / n;
    let variance = present().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let sd = variance.sqrt();
    // A constant column keeps a scale, so that a new value cannot explode; it gets no effect.
    let sd = if sd > 1e-12 * mean.abs().max(1e-300) { sd } else { 1.0 };
    NumberInput { name: name.into(), scope, mean, sd, clip: CLIP }
}

/// Codes a table by inputs and reps learned before; columns are found by name, absent ones are
/// missing throughout.
pub fn encode(table: &FeatureTable, inputs: &Arc<Inputs>, rep_names: &Arc<[Box<str>]>) -> Encoded {
    let rows = table.len();
    let levels = inputs.categories.iter().map(|input| {
        let Some(column) = table.categories.iter().find(|c| c.name == input.name) else {
            return vec![input.level(None).unwrap_or(NO_LEVEL); rows].into();
        };
        let named: Vec<u32> = column.values.names.iter().map(|n| input.level(Some(n)).unwrap_or(NO_LEVEL)).collect();
        let missing = input.level(None).unwrap_or(NO_LEVEL);
        column.values.codes.iter().map(|&c| named.get(c as usize).copied().unwrap_or(missing)).collect()
    });
    let raw: Vec<Arc<[f64]>> = (inputs.numbers.iter())
        .map(|input| match table.numbers.iter().find(|c| c.name == input.name) {
            Some(column) => column.values.iter().map(|&x| if x.is_finite() { x } else { f64::NAN }).collect(),
            None => vec![f64::NAN; rows].into(),
        })
        .collect();
    let standard =
        inputs.numbers.iter().zip(&raw).map(|(input, raw)| raw.iter().map(|&x| input.standardise(x)).collect());
    let missing = raw.iter().map(|raw| {
        let any = raw.iter().any(|x| x.is_nan());
        any.then(|| raw.iter().map(|x| f64::from(u8::from(x.is_nan()))).collect())
    });
    let place = |name: &str| rep_names.binary_search_by(|n| (**n).cmp(name)).map_or(NO_LEVEL, |i| i as u32);
    let places: Vec<u32> = table.rep.names.iter().map(|name| place(name)).collect();
    let rep = table.rep.codes.iter().map(|&c| places.get(c as usize).copied().unwrap_or(NO_LEVEL));
    Encoded {
        levels: levels.collect(),
        standard: standard.collect(),
        missing: missing.collect(),
        raw,
        rep: rep.collect(),
        rep_names: rep_names.clone(),
        won: table.y.clone().into(),
        weight: table.weight.clone().unwrap_or_else(|| vec![1.0; rows]).into(),
        inputs: inputs.clone(),
    }
}

impl Encoded {
    pub fn len(&self) -> usize {
        self.won.len()
    }

    pub fn is_empty(&self) -> bool {
        self.won.is_empty()
    }

    /// The rows at `rows`, in that order.
    pub fn take(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(from: &[T], rows: &[usize]) -> Arc<[T]> {
            rows.iter().map(|&i| from[i]).collect()
        }
        Self {
            inputs: self.inputs.clone(),
            levels: self.levels.iter().map(|c| pick(c, rows)).collect(),
            raw: self.raw.iter().map(|c| pick(c, rows)).collect(),
            standard: self.standard.iter().map(|c| pick(c, rows)).collect(),
            missing: self.missing.iter().map(|c| c.as_ref().map(|c| pick(c, rows))).collect(),
            rep: pick(&self.rep, rows),
            rep_names: self.rep_names.clone(),
            won: pick(&self.won, rows),
            weight: pick(&self.weight, rows),
        }
    }

    pub fn with_weight(&self, weight: Vec<f64>) -> Self {
        Self { weight: weight.into(), ..self.clone() }
    }

    /// A row as a compiled model reads it, with its rep (if the model's roster is `rep_names`).
    pub fn load(&self, row: usize, into: &mut LeadRow) -> Option<RepIndex> {
        into.levels.clear();
        into.levels.extend(self.levels.iter().map(|c| c[row]));
        into.numbers.clear();
        into.numbers.extend(self.raw.iter().map(|c| c[row]));
        Some(self.rep[row]).filter(|&r| r != NO_LEVEL).map(RepIndex)
    }
}
