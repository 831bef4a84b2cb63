//! Where a lead stands in a segment.

use crate::{
    artifact::{Inputs, Segment},
    lead_row::{LeadRow, NO_LEVEL},
    shape,
};

/// The lead's level and what its effect is multiplied by; `None`: no effect.
pub fn place(segment: &Segment, inputs: &Inputs, lead: &LeadRow) -> Option<(usize, f64)> {
    match segment {
        Segment::Category { input } => {
            let level = lead.levels[*input as usize];
            (level != NO_LEVEL).then_some((level as usize, 1.0))
        }
        Segment::Bins { input, edges } => Some((bin(edges, lead.numbers[*input as usize]), 1.0)),
        Segment::Pair { first, second } => {
            let (a, _) = place(first, inputs, lead)?;
            let (b, _) = place(second, inputs, lead)?;
            Some((a * shape::levels(second, inputs).ok()? + b, 1.0))
        }
        Segment::Number { input } => {
            let input = *input as usize;
            Some((0, inputs.numbers[input].standardise(lead.numbers[input])))
        }
    }
}

/// The range that holds x: bin k is edges[k−1] < x ≤ edges[k]; the one after the last is missing.
pub fn bin(edges: &[f64], x: f64) -> usize {
    if x.is_nan() { edges.len() + 1 } else { edges.partition_point(|edge| *edge < x) }
}

/// How many levels a segment has; 0 where it reads an input that is not there.
pub fn levels(segment: &Segment, inputs: &Inputs) -> usize {
    shape::levels(segment, inputs).unwrap_or_default()
}
