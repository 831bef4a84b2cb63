//! Why a score is what it is: contributions that sum to the logit.

use std::collections::BTreeMap;

use pointsman_domain::RepIndex;

use crate::{
    Scope,
    lead_row::LeadRow,
    model::Model,
    trees::{self, Asked},
};

/// A part of the logit; inputs and blocks are places in the artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The average lead, calibrated.
    Base,
    /// A category of the lead, linear effect and trees together.
    Category(u32),
    /// A number of the lead, linear effect and trees together.
    Number(u32),
    /// A segment of the lead.
    LeadSegment(u32),
    /// A number that speaks of the rep.
    RepNumber(u32),
    /// The rep with the average lead.
    RepIntercept,
    /// A slope block of the rep layer.
    RepSlope(u32),
    /// What trees say of the rep because of a category of the lead.
    RepTreeCategory(u32),
    /// What trees say of the rep because of a number of the lead.
    RepTreeNumber(u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    pub part: Part,
    /// In logits, calibrated.
    pub logit: f64,
}

impl Model {
    /// Every part of this lead's logit with this rep; they sum to what [`Model::score`] gives.
    /// A tree's path is credited split by split: the change of the node's mean goes to the
    /// feature asked (Saabas 2014).
    pub fn explain(&self, lead: &LeadRow, rep: RepIndex) -> Vec<Contribution> {
        let artifact = &self.artifact;
        let (slope, rep) = (artifact.calibration.slope, rep.0 as usize);
        let mut base = artifact.calibration.intercept + slope * artifact.base;
        let mut numbers = vec![0.0; artifact.inputs.numbers.len()];
        let mut categories = vec![0.0; artifact.inputs.categories.len()];
        for (input, number) in artifact.inputs.numbers.iter().enumerate() {
            if number.scope == Scope::Lead {
                numbers[input] = self.number_effect(input, lead.numbers[input]);
            }
        }
        for (input, effects) in artifact.lead.categories.iter().enumerate() {
            categories[input] = slope * effects.get(lead.levels[input] as usize).copied().unwrap_or(0.0);
        }
        for tree in artifact.trees.iter().flat_map(|layer| &layer.trees) {
            base += slope * tree.values[0];
            trees::walk(&tree.splits, lead, |asked, from, to| {
                let step = slope * (tree.values[to] - tree.values[from]);
                match asked {
                    Asked::Number(input) => numbers[input as usize] += step,
                    Asked::Category(input) => categories[input as usize] += step,
                }
            });
        }
        let mut parts = vec![Contribution { part: Part::Base, logit: base }];
        let mut push = |part: Part, logit: f64| parts.push(Contribution { part, logit });
        categories.iter().enumerate().for_each(|(i, &x)| push(Part::Category(i as u32), x));
        numbers.iter().enumerate().for_each(|(i, &x)| push(Part::Number(i as u32), x));
        self.lead_segments(lead).for_each(|(i, x)| push(Part::LeadSegment(i as u32), x));
        if artifact.reps.is_some() {
            let mut intercept = self.intercepts[rep];
            let mut asked = BTreeMap::new();
            for tree in &self.rep_trees {
                intercept += tree.explain(lead, rep, self.roster, |what, step| {
                    let part = match what {
                        Asked::Number(input) => Part::RepTreeNumber(input),
                        Asked::Category(input) => Part::RepTreeCategory(input),
                    };
                    *asked.entry(part).or_default() += step;
                });
            }
            push(Part::RepIntercept, intercept);
            asked.into_iter().for_each(|(part, logit): (Part, f64)| push(part, logit));
        }
        if let Some(layer) = &artifact.reps {
            for (i, (block, slopes)) in self.blocks.iter().zip(&layer.slopes).enumerate() {
                if let Some((level, x)) = crate::segment::place(&slopes.segment, &artifact.inputs, lead) {
                    push(Part::RepSlope(i as u32), x * block.effects[level * self.roster + rep]);
                }
            }
        }
        self.rep_numbers(lead, rep, &mut push);
        parts.retain(|c| c.logit != 0.0 || c.part == Part::Base);
        parts
    }

    fn rep_numbers(&self, lead: &LeadRow, rep: usize, push: &mut impl FnMut(Part, f64)) {
        if let Some(&alone) = self.rep_features.alone.get(rep) {
            // The sum over such numbers is kept, not each: it is credited to the first of them.
            let first = self.artifact.inputs.numbers.iter().position(|n| n.scope == Scope::Rep);
            push(Part::RepNumber(first.unwrap_or_default() as u32), alone);
        }
        for (feature, &column) in self.rep_features.by_segment.iter().zip(&lead.rep_columns) {
            push(Part::RepNumber(feature.input as u32), feature.effects[column as usize * self.roster + rep]);
        }
    }

    /// Why `rep` rather than `other`: the differences of their parts, largest first; they sum to
    /// the difference of the two logits.
    pub fn compare(&self, lead: &LeadRow, rep: RepIndex, other: RepIndex) -> Vec<Contribution> {
        let (mut ours, theirs) = (self.explain(lead, rep), self.explain(lead, other));
        for their in theirs {
            match ours.iter_mut().find(|c| c.part == their.part) {
                Some(our) => our.logit -= their.logit,
                None => ours.push(Contribution { part: their.part, logit: -their.logit }),
            }
        }
        ours.retain(|c| c.logit != 0.0);
        ours.sort_by(|a, b| b.logit.abs().total_cmp(&a.logit.abs()).then(a.part.cmp(&b.part)));
        ours
    }
}
