//! Walking boosted trees.

use crate::{
    artifact::{Split, Tree},
    lead_row::LeadRow,
};

/// The sum of the leaves that the lead falls into.
pub fn sum(trees: &[Tree], lead: &LeadRow) -> f64 {
    trees.iter().map(|tree| tree.values[walk(&tree.splits, lead, |_, _, _| ())]).sum()
}

/// What a split asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Number(u32),
    Category(u32),
}

/// Walks from the root to a leaf, which is returned; `visit` sees every split passed, with the
/// node before and the node after it.
pub fn walk(splits: &[Split], lead: &LeadRow, mut visit: impl FnMut(Asked, usize, usize)) -> usize {
    let mut node = 0;
    loop {
        let (asked, next) = match &splits[node] {
            Split::Leaf => return node,
            Split::Number { input, threshold, missing_left, left, right } => {
                let x = lead.numbers[*input as usize];
                let goes_left = if x.is_nan() { *missing_left } else { x <= *threshold };
                (Asked::Number(*input), if goes_left { *left } else { *right })
            }
            Split::Category { input, levels, left, right } => {
                let goes_left = levels.binary_search(&lead.levels[*input as usize]).is_ok();
                (Asked::Category(*input), if goes_left { *left } else { *right })
            }
        };
        visit(asked, node, next as usize);
        node = next as usize;
    }
}
