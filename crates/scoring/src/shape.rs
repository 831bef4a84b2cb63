//! Whether the parts of an artifact fit together, checked once at loading so that scoring may
//! index without asking.

use crate::artifact::{Artifact, Inputs, RepLayer, RepTree, Segment, Split, Tree};

pub(crate) fn check(artifact: &Artifact) -> Result<(), String> {
    let inputs = &artifact.inputs;
    let lead = &artifact.lead;
    equal("number effects", lead.numbers.len(), inputs.numbers.len())?;
    equal("missing effects", lead.missing.len(), inputs.numbers.len())?;
    equal("category effects", lead.categories.len(), inputs.categories.len())?;
    for (effects, input) in lead.categories.iter().zip(&inputs.categories) {
        equal(&format!("effects of '{}'", input.name), effects.len(), input.len())?;
        let sorted = input.levels.windows(2).all(|pair| pair[0] < pair[1]);
        that(sorted, || format!("the levels of '{}' are not in byte order", input.name))?;
    }
    for segment in &lead.segments {
        equal("segment effects", segment.effects.len(), levels(&segment.segment, inputs)?)?;
    }
    for input in &inputs.numbers {
        that(input.sd > 0.0 && input.clip > 0.0, || format!("'{}' has no spread", input.name))?;
    }
    for tree in artifact.trees.iter().flat_map(|layer| &layer.trees) {
        check_tree(tree, inputs)?;
    }
    if let Some(reps) = &artifact.reps {
        check_reps(reps, inputs)?;
        let readable = reps.trees.is_empty() || artifact.format >= 2;
        that(readable, || "trees of reps are not in format 1".into())?;
    }
    if let Some(segment) = artifact.value.as_ref().and_then(|v| v.segment.as_ref()) {
        let input = inputs.categories.get(segment.category as usize);
        let expected = input.ok_or("the value model reads a category that is not there")?.len();
        equal("segment values", segment.means.len(), expected)?;
    }
    let numbers = [artifact.base, artifact.calibration.intercept, artifact.calibration.slope];
    that(numbers.iter().all(|x| x.is_finite()), || "base or calibration is not a number".into())
}

fn that(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn equal(what: &str, found: usize, expected: usize) -> Result<(), String> {
    that(found == expected, || format!("{found} {what} where {expected} are expected"))
}

fn check_tree(tree: &Tree, inputs: &Inputs) -> Result<(), String> {
    equal("tree values", tree.values.len(), tree.splits.len())?;
    check_splits(&tree.splits, inputs)
}

fn check_rep_tree(tree: &RepTree, reps: usize, inputs: &Inputs) -> Result<(), String> {
    check_splits(&tree.splits, inputs)?;
    equal("shares of a tree", tree.shares.len(), tree.splits.len())?;
    let leaves = tree.splits.iter().filter(|s| **s == Split::Leaf).count();
    equal("effects of a tree's leaves", tree.effects.len(), leaves * reps)?;
    let known = tree.shares.iter().all(|s| *s >= 0.0) && tree.effects.iter().all(|e| e.is_finite());
    that(known, || "a tree's effects or shares are not numbers".into())
}

fn check_splits(splits: &[Split], inputs: &Inputs) -> Result<(), String> {
    that(!splits.is_empty(), || "a tree has no node".into())?;
    for (node, split) in splits.iter().enumerate() {
        let (known, children) = match split {
            Split::Leaf => continue,
            Split::Number { input, left, right, .. } => ((*input as usize) < inputs.numbers.len(), [*left, *right]),
            Split::Category { input, left, right, .. } => {
                ((*input as usize) < inputs.categories.len(), [*left, *right])
            }
        };
        that(known, || "a tree reads a feature that is not there".into())?;
        // Children after their parent: walking always ends.
        let ordered = children.iter().all(|&c| c as usize > node && (c as usize) < splits.len());
        that(ordered, || "a tree's nodes are out of order".into())?;
    }
    Ok(())
}

fn check_reps(layer: &RepLayer, inputs: &Inputs) -> Result<(), String> {
    let reps = layer.names.len();
    that(layer.names.windows(2).all(|p| p[0] < p[1]), || "the reps are not in byte order".into())?;
    equal("intercepts", layer.intercepts.len(), reps)?;
    equal("intercept variances", layer.variances.len(), reps)?;
    for block in &layer.slopes {
        let cells = levels(&block.segment, inputs)? * reps;
        equal("slopes", block.effects.len(), cells)?;
        equal("slope variances", block.variances.len(), cells)?;
        equal("slope covariances", block.covariances.len(), cells)?;
    }
    layer.trees.iter().try_for_each(|tree| check_rep_tree(tree, reps, inputs))
}

/// How many levels a segment has.
pub(crate) fn levels(segment: &Segment, inputs: &Inputs) -> Result<usize, String> {
    let number = |input: u32| match (input as usize) < inputs.numbers.len() {
        true => Ok(()),
        false => Err(format!("a segment reads number {input}, which is not there")),
    };
    match segment {
        Segment::Category { input } => match inputs.categories.get(*input as usize) {
            Some(category) => Ok(category.len()),
            None => Err(format!("a segment reads category {input}, which is not there")),
        },
        Segment::Bins { input, edges } => number(*input).map(|()| edges.len() + 2),
        Segment::Pair { first, second } => Ok(levels(first, inputs)? * levels(second, inputs)?),
        Segment::Number { input } => number(*input).map(|()| 1),
    }
}
