//! Trees over the lead whose leaves hold one effect a rep: walked once a lead, added over reps.

use pointsman_domain::RepIndex;

use crate::{
    artifact::{RepTree, Split},
    lead_row::LeadRow,
    trees::{self, Asked},
};

/// A tree laid out for one roster, calibrated.
#[derive(Debug, Clone)]
pub(crate) struct RosterTree {
    splits: Vec<Split>,
    shares: Vec<f64>,
    /// Per node its place among the leaves.
    leaves: Vec<usize>,
    /// `[leaf × roster + rep]`; 0 for a rep whom the artifact does not know.
    effects: Vec<f32>,
}

impl RosterTree {
    /// `places` are the roster's reps among the artifact's `reps`.
    pub fn new(tree: &RepTree, reps: usize, places: &[Option<usize>], slope: f64) -> Self {
        let is_leaf = |split: &Split| *split == Split::Leaf;
        let leaves = tree.splits.iter().scan(0, |next, split| {
            let own = *next;
            *next += usize::from(is_leaf(split));
            Some(own)
        });
        let count = tree.splits.iter().filter(|s| is_leaf(s)).count();
        let cells = (0..count).flat_map(|leaf| places.iter().map(move |place| place.map(|rep| leaf * reps + rep)));
        let effect = |cell: Option<usize>| cell.map_or(0.0, |i| (slope * f64::from(tree.effects[i])) as f32);
        Self {
            leaves: leaves.collect(),
            effects: cells.map(effect).collect(),
            splits: tree.splits.clone(),
            shares: tree.shares.clone(),
        }
    }

    /// One effect a rep of the roster, at the lead's leaf.
    pub fn column(&self, lead: &LeadRow, roster: usize) -> &[f32] {
        let leaf = self.leaves[trees::walk(&self.splits, lead, |_, _, _| ())];
        &self.effects[leaf * roster..(leaf + 1) * roster]
    }

    /// Credits the lead's path split by split with the change of the rep's mean effect; returns
    /// the mean over all leads. They sum to the effect at the leaf.
    pub fn explain(&self, lead: &LeadRow, rep: usize, roster: usize, mut credit: impl FnMut(Asked, f64)) -> f64 {
        let means = self.means(rep, roster);
        trees::walk(&self.splits, lead, |asked, from, to| credit(asked, means[to] - means[from]));
        means[0]
    }

    /// The rep's mean effect in every node, leaves weighed by their share of rows.
    fn means(&self, rep: usize, roster: usize) -> Vec<f64> {
        let mut means = vec![0.0; self.splits.len()];
        for (node, split) in self.splits.iter().enumerate().rev() {
            means[node] = match split {
                Split::Leaf => f64::from(self.effects[self.leaves[node] * roster + rep]),
                Split::Number { left, right, .. } | Split::Category { left, right, .. } => {
                    let [a, b] = [*left as usize, *right as usize];
                    let total = self.shares[a] + self.shares[b];
                    let left = if total > 0.0 { self.shares[a] / total } else { 0.5 };
                    left * means[a] + (1.0 - left) * means[b]
                }
            };
        }
        means
    }
}

/// Trees added in one pass over the reps: each pass reads the places of the reps and the sums once.
const AT_ONCE: usize = 8;

/// Adds every tree's column to `out`.
pub(crate) fn add(trees: &[RosterTree], roster: usize, lead: &LeadRow, reps: &[RepIndex], out: &mut [f64]) {
    // The first reps of the roster in order, as when everybody may have the lead: no places to look up.
    let strays: usize = reps.iter().zip(0u32..).map(|(rep, i)| usize::from(rep.0 != i)).sum();
    let in_order = strays == 0 && reps.len() <= roster.min(out.len());
    let (full, rest) = trees.as_chunks::<AT_ONCE>();
    for trees in full {
        let [a, b, c, d, e, f, g, h] = trees.each_ref().map(|tree| &tree.column(lead, roster)[..roster]);
        let at = |i: usize| f64::from(((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + (g[i] + h[i])));
        match in_order {
            true => out[..reps.len()].iter_mut().enumerate().for_each(|(i, sum)| *sum += at(i)),
            false => out.iter_mut().zip(reps).for_each(|(sum, rep)| *sum += at(rep.0 as usize)),
        }
    }
    for tree in rest {
        let column = tree.column(lead, roster);
        out.iter_mut().zip(reps).for_each(|(sum, rep)| *sum += f64::from(column[rep.0 as usize]));
    }
}
