//! Features as small integers.

use pointsman_scoring::{
    NO_LEVEL,
    artifact::{Inputs, Split},
    metrics, segment,
};

/// Bins of a number, besides the one for missing.
const NUMBER_BINS: usize = 62;
/// Levels of a category that get a bin of their own; later ones share the last.
const CATEGORY_BINS: usize = 254;

#[derive(Debug, Clone, PartialEq)]
pub enum BinKind {
    /// Upper edges, ascending; the bin after the last range is missing.
    Number { input: u32, edges: Vec<f64> },
    /// Bin = level; the last bin holds what has no level.
    Category { input: u32 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct BinnedColumn {
    pub kind: BinKind,
    pub bins: usize,
    pub codes: Vec<u8>,
}

impl BinnedColumn {
    /// The split that sends these bins left, to node `left`, and the others to the one after it.
    pub fn split(&self, left_bins: &[bool], left: usize) -> Split {
        let (left, right) = (left as u32, left as u32 + 1);
        match &self.kind {
            BinKind::Number { input, edges } => {
                let last = left_bins[..=edges.len()].iter().rposition(|&left| left);
                let threshold = last.and_then(|k| edges.get(k)).copied().unwrap_or(f64::MAX);
                Split::Number { input: *input, threshold, missing_left: left_bins[edges.len() + 1], left, right }
            }
            BinKind::Category { input } => {
                let named = left_bins[..self.bins - 1].iter().enumerate();
                let levels = named.filter(|(_, left)| **left).map(|(level, _)| level as u32).collect();
                Split::Category { input: *input, levels, left, right }
            }
        }
    }
}

/// The lead's features, binned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Binned {
    pub columns: Vec<BinnedColumn>,
}

impl Binned {
    /// Bins levels and numbers (as measured) given by input. `numbers` are left out where `use_number`
    /// says no; columns with fewer than two bins in use are left out as well.
    pub fn new(inputs: &Inputs, levels: &[&[u32]], numbers: &[&[f64]], use_number: impl Fn(usize) -> bool) -> Self {
        let mut columns = Vec::new();
        for (input, codes) in levels.iter().enumerate() {
            let width = inputs.categories[input].len().min(CATEGORY_BINS);
            let bin = |&code: &u32| if code == NO_LEVEL { width as u8 } else { (code as usize).min(width - 1) as u8 };
            let codes: Vec<u8> = codes.iter().map(bin).collect();
            columns.push(BinnedColumn { kind: BinKind::Category { input: input as u32 }, bins: width + 1, codes });
        }
        for (input, values) in numbers.iter().enumerate().filter(|(input, _)| use_number(*input)) {
            let edges = quantile_edges(values, NUMBER_BINS);
            let codes = values.iter().map(|&x| segment::bin(&edges, x) as u8).collect();
            let bins = edges.len() + 2;
            columns.push(BinnedColumn { kind: BinKind::Number { input: input as u32, edges }, bins, codes });
        }
        columns.retain(|c| c.codes.iter().any(|&code| code != c.codes[0]));
        Self { columns }
    }
}

/// Edges that cut the values into at most `bins` ranges of about equal numbers of rows; the last
/// range is open. Missing values are left aside.
pub fn quantile_edges(values: &[f64], bins: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    // A sample is enough to place the edges.
    let step = sorted.len() / 200_000 + 1;
    sorted = sorted.into_iter().step_by(step).collect();
    sorted.sort_by(f64::total_cmp);
    let Some((&first, &last)) = sorted.first().zip(sorted.last()) else { return Vec::new() };
    if first == last {
        return Vec::new();
    }
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= bins {
        // Halfway between neighbours, so that an unseen value goes to the nearer one.
        return distinct.windows(2).map(|pair| pair[0] + (pair[1] - pair[0]) / 2.0).collect();
    }
    let mut edges: Vec<f64> = (1..bins).map(|k| metrics::quantile_of_sorted(&sorted, k as f64 / bins as f64)).collect();
    edges.dedup();
    edges.retain(|edge| *edge < last);
    edges
}
