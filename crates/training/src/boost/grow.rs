//! One tree, level by level.

use pointsman_domain::{Rng, math};
use pointsman_scoring::artifact::{Split, Tree};

use super::{
    BoostConfig, Lessons,
    bins::{BinKind, Binned, BinnedColumn},
};
use crate::hier::in_order;

/// A tree, and the same over bins, for walking training rows.
pub(super) struct Grown {
    pub tree: Tree,
    routes: Vec<Route>,
}

#[derive(Clone)]
struct Route {
    column: usize,
    /// Per bin whether it goes left.
    left_bins: Vec<bool>,
    left: usize,
    right: usize,
}

impl Grown {
    pub fn value(&self, features: &Binned, row: usize) -> f64 {
        let mut node = 0;
        while let Some(route) = self.routes.get(node).filter(|r| !r.left_bins.is_empty()) {
            let code = features.columns[route.column].codes[row];
            node = if route.left_bins[usize::from(code)] { route.left } else { route.right };
        }
        self.tree.values[node]
    }
}

/// Gradient and curvature, summed.
#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
    }

    fn minus(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, curvature: self.curvature - other.curvature }
    }

    /// Twice the loss that a leaf saves.
    fn score(self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + lambda)
    }
}

struct Candidate {
    gain: f64,
    column: usize,
    left_bins: Vec<bool>,
}

pub(super) struct Grower<'a> {
    lessons: Lessons<'a>,
    config: &'a BoostConfig,
    /// Per row of the sample: gradient and curvature, and the node it is in.
    slopes: Vec<(f32, f32)>,
    nodes: Vec<u8>,
}

/// Rows in a node that is not split further.
const SETTLED: u8 = u8::MAX;

impl<'a> Grower<'a> {
    pub fn new(lessons: &Lessons<'a>, config: &'a BoostConfig) -> Self {
        Self { lessons: *lessons, config, slopes: Vec::new(), nodes: Vec::new() }
    }

    /// `None` where not even the root can be split.
    pub fn grow(&mut self, sample: &[u32], logits: &[f64], rng: &mut Rng) -> Option<Grown> {
        let columns = self.columns(rng);
        let slope = |&row: &u32| {
            let row = row as usize;
            let p = math::sigmoid(logits[row]);
            let weight = self.lessons.weight[row];
            let gradient = weight * (p - f64::from(u8::from(self.lessons.won[row])));
            (gradient as f32, (weight * p * (1.0 - p)) as f32)
        };
        self.slopes = sample.iter().map(slope).collect();
        self.nodes = vec![0; sample.len()];
        let mut root = Sums::default();
        self.slopes.iter().for_each(|&(g, h)| root.add(Sums { gradient: g.into(), curvature: h.into() }));
        let mut grown =
            Grown { tree: Tree { splits: vec![Split::Leaf], values: vec![self.leaf(root)] }, routes: vec![] };
        // Places in the tree of the nodes that may be split at this depth.
        let mut open = vec![0usize];
        for _ in 0..self.config.depth {
            let found = self.best_splits(sample, &columns, open.len());
            let mut next = Vec::new();
            let mut children = vec![None; open.len()];
            for (slot, candidate) in found.into_iter().enumerate() {
                let Some((candidate, left, right)) = candidate else { continue };
                children[slot] = Some((candidate.column, candidate.left_bins.clone(), next.len() as u8));
                let at = self.split(&mut grown, open[slot], candidate, left, right);
                next.extend([at, at + 1]);
            }
            if next.is_empty() {
                break;
            }
            for (node, &row) in self.nodes.iter_mut().zip(sample).filter(|(node, _)| **node != SETTLED) {
                *node = match &children[usize::from(*node)] {
                    None => SETTLED,
                    Some((column, left_bins, first)) => {
                        let code = self.lessons.features.columns[*column].codes[row as usize];
                        first + u8::from(!left_bins[usize::from(code)])
                    }
                };
            }
            open = next;
        }
        (grown.tree.splits.len() > 1).then_some(grown)
    }

    fn columns(&self, rng: &mut Rng) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.lessons.features.columns.len()).collect();
        let keep = (columns.len() as f64 * self.config.feature_share).ceil() as usize;
        rng.shuffle(&mut columns);
        columns.truncate(keep.max(1));
        columns.sort_unstable();
        columns
    }

    fn leaf(&self, sums: Sums) -> f64 {
        -self.config.learning_rate * sums.gradient / (sums.curvature + self.config.lambda)
    }

    /// Writes a split and its two children; returns the place of the left one.
    fn split(&self, grown: &mut Grown, node: usize, candidate: Candidate, left: Sums, right: Sums) -> usize {
        let at = grown.tree.splits.len();
        let column = &self.lessons.features.columns[candidate.column];
        grown.tree.splits[node] = column.split(&candidate.left_bins, at);
        for sums in [left, right] {
            grown.tree.splits.push(Split::Leaf);
            grown.tree.values.push(self.leaf(sums));
        }
        let nothing = Route { column: 0, left_bins: Vec::new(), left: 0, right: 0 };
        grown.routes.resize(grown.tree.splits.len(), nothing);
        grown.routes[node] =
            Route { column: candidate.column, left_bins: candidate.left_bins, left: at, right: at + 1 };
        at
    }

    /// The best split of each open node, with the sums of its two sides.
    fn best_splits(&self, sample: &[u32], columns: &[usize], open: usize) -> Vec<Option<(Candidate, Sums, Sums)>> {
        let threads = if sample.len() > 20_000 { self.config.threads } else { 1 };
        let of = |column: usize| {
            let histogram = self.histogram(sample, column, open);
            let bins = self.lessons.features.columns[column].bins;
            histogram.chunks_exact(bins).map(|node| self.best_of(column, node)).collect::<Vec<_>>()
        };
        let mut best: Vec<Option<(Candidate, Sums, Sums)>> = (0..open).map(|_| None).collect();
        for found in in_order(columns.to_vec(), threads, of) {
            for (best, found) in best.iter_mut().zip(found) {
                let gain = |c: &Option<(Candidate, Sums, Sums)>| c.as_ref().map_or(0.0, |(c, ..)| c.gain);
                if gain(&found) > gain(best) {
                    *best = found;
                }
            }
        }
        best
    }

    fn histogram(&self, sample: &[u32], column: usize, open: usize) -> Vec<Sums> {
        let BinnedColumn { bins, codes, .. } = &self.lessons.features.columns[column];
        let mut histogram = vec![Sums::default(); open * bins];
        for ((&row, &node), &(g, h)) in sample.iter().zip(&self.nodes).zip(&self.slopes) {
            if node != SETTLED {
                let code = usize::from(codes[row as usize]);
                histogram[usize::from(node) * bins + code].add(Sums { gradient: g.into(), curvature: h.into() });
            }
        }
        histogram
    }

    fn best_of(&self, column: usize, node: &[Sums]) -> Option<(Candidate, Sums, Sums)> {
        match &self.lessons.features.columns[column].kind {
            BinKind::Number { .. } => {
                let (ranges, missing) = node.split_at(node.len() - 1);
                let order: Vec<usize> = (0..ranges.len()).collect();
                let with =
                    [false, true].map(|left| self.scan(column, node, &order, (ranges.len(), left), self.config.lambda));
                let empty = missing[0].curvature == 0.0;
                let [right, left] = with;
                if empty { right } else { better(right, left) }
            }
            BinKind::Category { .. } => {
                let named = node.len() - 1;
                let mut order: Vec<usize> = (0..named).filter(|&bin| node[bin].curvature > 0.0).collect();
                let ratio = |bin: usize| node[bin].gradient / (node[bin].curvature + self.config.category_lambda);
                order.sort_by(|&a, &b| ratio(a).total_cmp(&ratio(b)).then(a.cmp(&b)));
                self.scan(column, node, &order, (named, false), self.config.lambda + self.config.category_lambda)
            }
        }
    }

    /// The best cut of the bins in `order`; bin `set_aside.0` goes left if `set_aside.1`.
    fn scan(
        &self,
        column: usize,
        node: &[Sums],
        order: &[usize],
        set_aside: (usize, bool),
        lambda: f64,
    ) -> Option<(Candidate, Sums, Sums)> {
        let mut total = Sums::default();
        node.iter().for_each(|s| total.add(*s));
        let mut left = if set_aside.1 { node[set_aside.0] } else { Sums::default() };
        let mut best: Option<(f64, usize, Sums)> = None;
        for (place, &bin) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
            left.add(node[bin]);
            let right = total.minus(left);
            if left.curvature.min(right.curvature) < self.config.min_curvature {
                continue;
            }
            let gain = left.score(lambda) + right.score(lambda) - total.score(lambda);
            if gain > best.map_or(1e-9, |(gain, ..)| gain) {
                best = Some((gain, place, left));
            }
        }
        let (gain, place, left) = best?;
        let mut left_bins = vec![false; node.len()];
        order[..=place].iter().for_each(|&bin| left_bins[bin] = true);
        left_bins[set_aside.0] |= set_aside.1;
        Some((Candidate { gain, column, left_bins }, left, total.minus(left)))
    }
}

type Found = Option<(Candidate, Sums, Sums)>;

fn better(a: Found, b: Found) -> Found {
    match (&a, &b) {
        (Some((x, ..)), Some((y, ..))) if y.gain > x.gain => b,
        (None, _) => b,
        _ => a,
    }
}
