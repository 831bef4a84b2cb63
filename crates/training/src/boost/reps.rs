//! Boosting that sees the rep: trees that ask about the lead only, with one effect a rep in every
//! leaf.
//!
//! A split is good where reps differ more within its two sides than they did before. Of a cell
//! (rep, node) with gradient G = Σ w (y − p) and curvature H = Σ w p (1 − p), the evidence for an
//! effect ~ N(0, 1/λ) against none is, by Laplace's approximation,
//!
//! ```text
//! ½ G² / (H + λ) − ½ ln(1 + H / λ)
//! ```
//!
//! and the split with the largest gain of its sum over reps is taken. The second term is the price
//! of a cell, so a split that only halves the rows loses. Splits are chosen on one half of the
//! rows, effects taken from the other (Athey and Imbens 2016, *honest* trees): among hundreds of
//! ways to split, the best one flatters the rows that it was chosen on.
//!
//! A rep's own splits are never needed: reps of one kind get similar effects in the same leaves.
//! That keeps scoring at one walk and one column a tree, whatever the number of reps.

use pointsman_domain::{Rng, math};
use pointsman_scoring::{
    LeadRow, NO_LEVEL,
    artifact::{RepTree, Split},
};

use super::{
    Lessons,
    bins::{BinKind, BinnedColumn},
    cells::{Cells, evidence},
    config::RepBoostConfig,
    partition,
};
use crate::hier::in_order;

/// Reps of the rows, as places below `reps` or [`NO_LEVEL`].
#[derive(Debug, Clone, Copy)]
pub struct Owners<'a> {
    pub rep: &'a [u32],
    pub reps: usize,
}

/// What the trees say of a rep with a lead.
pub fn sum(trees: &[RepTree], reps: usize, lead: &LeadRow, rep: u32) -> f64 {
    if rep == NO_LEVEL {
        return 0.0;
    }
    let of = |tree: &RepTree| {
        let node = pointsman_scoring::trees::walk(&tree.splits, lead, |_, _, _| ());
        let leaf = tree.splits[..node].iter().filter(|s| **s == Split::Leaf).count();
        f64::from(tree.effects[leaf * reps + rep as usize])
    };
    trees.iter().map(of).sum()
}

/// Boosts on `rows`. Trees whose root cannot be split are left out.
pub fn boost_reps(lessons: &Lessons<'_>, owners: Owners<'_>, rows: &[u32], config: &RepBoostConfig) -> Vec<RepTree> {
    let owned: Vec<u32> = rows.iter().copied().filter(|&row| owners.rep[row as usize] != NO_LEVEL).collect();
    let mut logits = lessons.offset.to_vec();
    let mut slopes = vec![(0.0, 0.0); logits.len()];
    let mut trees = Vec::new();
    for round in 0..config.trees {
        let mut rng = Rng::stream(config.seed, 1_000_000 + round as u64);
        for &row in &owned {
            let row = row as usize;
            let (p, weight) = (math::sigmoid(logits[row]), lessons.weight[row]);
            slopes[row] = (weight * (f64::from(u8::from(lessons.won[row])) - p), weight * p * (1.0 - p));
        }
        let (split_on, learn_from): (Vec<u32>, Vec<u32>) = owned.iter().partition(|_| rng.uniform() < 0.5);
        let step = split_on.len() / config.split_rows.max(1) + 1;
        let split_on = split_on.into_iter().step_by(step).collect();
        let mut grower = Grower { lessons, owners, config, slopes: &slopes, columns: Vec::new(), nodes: Vec::new() };
        grower.columns = grower.sample_columns(&mut rng);
        grower.grow(split_on);
        if grower.nodes.len() < 2 {
            continue;
        }
        let leaves = grower.leaves(&owned);
        let effects = grower.effects(&learn_from, &owned, &leaves);
        for (&row, &leaf) in owned.iter().zip(&leaves) {
            logits[row as usize] += f64::from(effects[leaf * owners.reps + owners.rep[row as usize] as usize]);
        }
        trees.push(grower.tree(effects, &leaves));
    }
    trees
}

/// Ranges of a number between which cuts are tried: with thousands of reps every range costs.
const RANGES: usize = 16;

/// The group of a bin: neighbouring ranges of a number together, missing ones last.
fn group(column: &BinnedColumn, bin: usize) -> usize {
    let ranges = column.bins - 1;
    match column.kind {
        BinKind::Category { .. } => bin,
        BinKind::Number { .. } => bin * ranges.min(RANGES) / ranges,
    }
}

struct Grower<'a> {
    lessons: &'a Lessons<'a>,
    owners: Owners<'a>,
    config: &'a RepBoostConfig,
    /// Per row: gradient and curvature.
    slopes: &'a [(f64, f64)],
    columns: Vec<usize>,
    nodes: Vec<Node>,
}

#[derive(Clone)]
enum Node {
    Leaf,
    Split { column: usize, left_bins: Vec<bool>, left: usize },
}

impl Grower<'_> {
    fn sample_columns(&self, rng: &mut Rng) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.lessons.features.columns.len()).collect();
        let keep = (columns.len() as f64 * self.config.feature_share).ceil() as usize;
        rng.shuffle(&mut columns);
        columns.truncate(keep.max(1));
        columns.sort_unstable();
        columns
    }

    fn column(&self, column: usize) -> &BinnedColumn {
        &self.lessons.features.columns[column]
    }

    fn grow(&mut self, rows: Vec<u32>) {
        self.nodes = vec![Node::Leaf];
        let mut open = vec![(0, rows)];
        for _ in 0..self.config.depth {
            let mut next = Vec::new();
            for (node, rows) in open {
                let Some((column, left_bins)) = self.best_split(&rows) else { continue };
                let codes = &self.column(column).codes;
                let (l, r) = rows.into_iter().partition(|&row| left_bins[usize::from(codes[row as usize])]);
                let left = self.nodes.len();
                self.nodes.extend([Node::Leaf, Node::Leaf]);
                self.nodes[node] = Node::Split { column, left_bins, left };
                next.extend([(left, l), (left + 1, r)]);
            }
            open = next;
        }
    }

    fn best_split(&self, rows: &[u32]) -> Option<(usize, Vec<bool>)> {
        let threads = if rows.len() > 5_000 { self.config.threads } else { 1 };
        let of = |column: usize| {
            let cells = self.cells(rows, column);
            let before = evidence(&cells.total(), self.config.lambda);
            let found = match self.column(column).kind {
                BinKind::Number { .. } => partition::ranges(&cells, self.config),
                BinKind::Category { .. } => partition::levels(&cells, self.config),
            };
            let of = self.column(column);
            let bins = |left: Vec<bool>| (0..of.bins).map(|bin| left[group(of, bin)]).collect();
            found.map(|(after, left)| (after - before, column, bins(left)))
        };
        let found = in_order(self.columns.clone(), threads, of).into_iter().flatten();
        let best = found.fold(None, |best: Option<(f64, usize, Vec<bool>)>, one| match &best {
            Some((gain, ..)) if *gain >= one.0 => best,
            _ => Some(one),
        });
        best.filter(|(gain, ..)| *gain > 0.0).map(|(_, column, left_bins)| (column, left_bins))
    }

    fn cells(&self, rows: &[u32], column: usize) -> Cells {
        let column = self.column(column);
        let groups: Vec<usize> = (0..column.bins).map(|bin| group(column, bin)).collect();
        let mut cells = Cells::new(groups.last().map_or(0, |last| last + 1), self.owners.reps);
        for &row in rows {
            let row = row as usize;
            cells.add(groups[usize::from(column.codes[row])], self.owners.rep[row] as usize, self.slopes[row]);
        }
        cells
    }

    /// Per row its place among the leaves.
    fn leaves(&self, rows: &[u32]) -> Vec<usize> {
        let mut place = vec![0; self.nodes.len()];
        let mut next = 0;
        for (place, node) in place.iter_mut().zip(&self.nodes) {
            *place = next;
            next += usize::from(matches!(node, Node::Leaf));
        }
        let leaf = |&row: &u32| {
            let mut at = 0;
            while let Node::Split { column, left_bins, left } = &self.nodes[at] {
                let goes_left = left_bins[usize::from(self.column(*column).codes[row as usize])];
                at = left + usize::from(!goes_left);
            }
            place[at]
        };
        rows.iter().map(leaf).collect()
    }

    /// `[leaf × reps + rep]`, from the rows that chose no split.
    fn effects(&self, learn_from: &[u32], owned: &[u32], leaves: &[usize]) -> Vec<f32> {
        let count = self.nodes.iter().filter(|n| matches!(n, Node::Leaf)).count();
        let mut cells = Cells::new(count, self.owners.reps);
        let mut wanted = learn_from.iter().peekable();
        for (&row, &leaf) in owned.iter().zip(leaves) {
            if wanted.next_if_eq(&&row).is_some() {
                cells.add(leaf, self.owners.rep[row as usize] as usize, self.slopes[row as usize]);
            }
        }
        let effect = |&(g, h): &(f64, f64)| (self.config.learning_rate * g / (h + self.config.lambda)) as f32;
        cells.sums.iter().map(effect).collect()
    }

    fn tree(&self, effects: Vec<f32>, leaves: &[usize]) -> RepTree {
        let mut counts = vec![0usize; effects.len() / self.owners.reps];
        leaves.iter().for_each(|&leaf| counts[leaf] += 1);
        let mut of_leaf = counts.iter().map(|&n| n as f64 / leaves.len() as f64);
        let own = |node: &Node| if matches!(node, Node::Leaf) { of_leaf.next() } else { None };
        let mut shares: Vec<f64> = self.nodes.iter().map(own).map(Option::unwrap_or_default).collect();
        for (node, of) in self.nodes.iter().enumerate().rev() {
            if let Node::Split { left, .. } = of {
                shares[node] = shares[*left] + shares[left + 1];
            }
        }
        let split = |node: &Node| match node {
            Node::Leaf => Split::Leaf,
            Node::Split { column, left_bins, left } => self.column(*column).split(left_bins, *left),
        };
        RepTree { splits: self.nodes.iter().map(split).collect(), shares, effects }
    }
}
