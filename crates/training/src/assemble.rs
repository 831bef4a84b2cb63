//! From a fit to the artifact that serving reads.

use pointsman_domain::Digest;
use pointsman_scoring::{
    Artifact, Calibration, Fallback,
    artifact::{
        LeadLayer, Provenance, RepLayer, RepTree, Segment, SegmentEffects, SlopeBlock, Tree, TreeLayer, ValueModel,
    },
};

use crate::{
    encode::Encoded,
    hier::RepEffects,
    plan::{Fitted, FixedPlaces, Plan, RepPlan},
};

/// The artifact of a fit to `rows`.
pub fn assemble(
    rows: &Encoded,
    fitted: &Fitted,
    calibration: Calibration,
    value: Option<ValueModel>,
    provenance: Provenance,
) -> Artifact {
    let inputs = &*rows.inputs;
    let any_missing: Vec<bool> = rows.missing.iter().map(Option::is_some).collect();
    let places = FixedPlaces::of(inputs, &any_missing, &fitted.plan);
    let fixed = &fitted.hier.fixed;
    let one = |place: &Option<usize>| place.map_or(0.0, |p| fixed[p][0]);
    let level_effects = |(place, input): (&Option<usize>, &pointsman_scoring::artifact::CategoryInput)| match place {
        Some(place) => fixed[*place].clone(),
        None => vec![0.0; input.len()],
    };
    let segment = |(segment, &place): (&Segment, &usize)| SegmentEffects {
        segment: segment.clone(),
        effects: fixed[place].clone(),
    };
    let mut lead = LeadLayer {
        numbers: places.numbers.iter().map(one).collect(),
        missing: places.missing.iter().map(one).collect(),
        categories: places.categories.iter().zip(&inputs.categories).map(level_effects).collect(),
        segments: fitted.plan.lead_segments.iter().zip(&places.lead_segments).map(segment).collect(),
    };
    let mut base = fitted.hier.intercept;
    if let Some(drift) = &fitted.drift {
        let latest = drift.latest(rows);
        base += latest.intercept;
        add(&mut lead.numbers, &latest.numbers);
        lead.categories.iter_mut().zip(&latest.categories).for_each(|(sum, more)| add(sum, more));
    }
    Artifact {
        format: if fitted.rep_trees.is_empty() { 1 } else { 2 },
        provenance,
        fallback: fallback(&fitted.plan),
        inputs: inputs.clone(),
        base,
        lead,
        trees: (!fitted.trees.is_empty()).then(|| scaled(&fitted.trees, fitted.trees_multiplier())),
        reps: fitted.hier.reps.as_ref().map(|reps| rep_layer(rows, fitted, reps)),
        calibration,
        value,
    }
}

fn add(sum: &mut [f64], more: &[f64]) {
    sum.iter_mut().zip(more).for_each(|(a, b)| *a += b);
}

fn fallback(plan: &Plan) -> Fallback {
    match plan {
        plan if plan.is_base() => Fallback::BaseRate,
        Plan {
            lead: false,
            trees: None,
            reps: RepPlan::Intercepts,
            rep_numbers: false,
            rep_trees: false,
            segments,
            ..
        } if segments.is_empty() => Fallback::RepRate,
        _ => Fallback::Layers,
    }
}

fn scaled(trees: &[Tree], by: f64) -> TreeLayer {
    let scale =
        |tree: &Tree| Tree { splits: tree.splits.clone(), values: tree.values.iter().map(|v| by * v).collect() };
    TreeLayer { trees: trees.iter().map(scale).collect() }
}

fn multiplied(tree: &RepTree, by: f64) -> RepTree {
    let effects = tree.effects.iter().map(|&e| (by * f64::from(e)) as f32).collect();
    RepTree { effects, ..tree.clone() }
}

fn rep_layer(rows: &Encoded, fitted: &Fitted, reps: &RepEffects) -> RepLayer {
    let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let block = |(segment, slopes): (&_, &crate::hier::SlopeEffects)| SlopeBlock {
        segment: Clone::clone(segment),
        prior_variance: slopes.prior_variance,
        effects: slopes.effects.clone(),
        variances: single(&slopes.variances),
        covariances: single(&slopes.covariances),
    };
    RepLayer {
        names: rows.rep_names.to_vec(),
        intercepts: reps.intercepts.clone(),
        variances: single(&reps.variances),
        prior_variance: reps.prior_variance,
        slopes: fitted.slopes.iter().zip(&reps.slopes).map(block).collect(),
        trees: fitted.rep_trees.iter().map(|tree| multiplied(tree, fitted.rep_trees_multiplier())).collect(),
    }
}

/// Of artifacts that only live inside a training.
pub(crate) fn nowhere() -> Provenance {
    Provenance { engine: "".into(), spec: None, data: Digest::default(), rows: 0, trained_until: None, seed: 0 }
}
