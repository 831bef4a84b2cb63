//! A compiled model: an artifact laid out for one roster of reps.
//!
//! The lead's part is computed once; then every slope block adds one column over reps (all reps'
//! effects at the lead's level stand side by side), and so does every tree whose leaves hold one
//! effect a rep: 1,000 reps cost a few microseconds and no heap. Calibration is folded into every effect, so a score is a sum.

use std::collections::BTreeMap;

use pointsman_domain::{RepId, RepIndex};

use crate::{
    Artifact, FeatureState, Scope,
    artifact::{Inputs, SlopeBlock},
    lead_row::{LeadRow, NO_LEVEL},
    rep_trees::{self, RosterTree},
    row::{Executor, FeatureRow},
    segment, shape, trees,
};

#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) artifact: Artifact,
    pub(crate) roster: usize,
    pub(crate) intercepts: Vec<f64>,
    variances: Vec<f32>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) rep_trees: Vec<RosterTree>,
    pub(crate) rep_features: RepFeatures,
}

/// A slope block over the roster; both tables are `[level × roster + rep]`.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) effects: Vec<f64>,
    variances: Vec<f32>,
    covariances: Vec<f32>,
}

/// Effects of numbers that speak of reps, as of one border.
#[derive(Debug, Clone, Default)]
pub(crate) struct RepFeatures {
    /// Sum over rep-alone numbers, one a rep; empty without any.
    pub(crate) alone: Vec<f64>,
    pub(crate) by_segment: Vec<SegmentFeature>,
}

#[derive(Debug, Clone)]
pub(crate) struct SegmentFeature {
    pub(crate) input: usize,
    /// Which category holds the level.
    category: usize,
    columns: BTreeMap<Box<str>, u32>,
    /// `[column × roster + rep]`; the last column is that of any other text.
    pub(crate) effects: Vec<f64>,
}

impl Model {
    /// Lays the artifact out for these reps. One whom the artifact does not know gets the prior:
    /// no effect, full variance.
    pub fn compile<R: AsRef<str>>(artifact: Artifact, roster: &[R]) -> Self {
        let slope = artifact.calibration.slope;
        let layer = artifact.reps.as_ref();
        let names = layer.map_or(&[][..], |l| &l.names);
        let place = |rep: &R| names.binary_search_by(|n| (**n).cmp(rep.as_ref())).ok();
        let places: Vec<Option<usize>> = roster.iter().map(place).collect();
        let (intercepts, variances) = match layer {
            None => (vec![0.0; roster.len()], vec![0.0; roster.len()]),
            Some(l) => (
                places.iter().map(|p| p.map_or(0.0, |i| slope * l.intercepts[i])).collect(),
                places.iter().map(|p| p.map_or(l.prior_variance as f32, |i| l.variances[i])).collect(),
            ),
        };
        let block = |b: &SlopeBlock| {
            let levels = shape::levels(&b.segment, &artifact.inputs).unwrap_or_default();
            let cells = || (0..levels).flat_map(|l| places.iter().map(move |p| p.map(|i| l * names.len() + i)));
            Block {
                effects: cells().map(|c| c.map_or(0.0, |i| slope * b.effects[i])).collect(),
                variances: cells().map(|c| c.map_or(b.prior_variance as f32, |i| b.variances[i])).collect(),
                covariances: cells().map(|c| c.map_or(0.0, |i| b.covariances[i])).collect(),
            }
        };
        let blocks = layer.map_or_else(Vec::new, |l| l.slopes.iter().map(block).collect());
        let trees = layer.map_or(&[][..], |l| &l.trees);
        let rep_trees = trees.iter().map(|tree| RosterTree::new(tree, names.len(), &places, slope)).collect();
        let rep_features = RepFeatures::default();
        Self { roster: roster.len(), intercepts, variances, blocks, rep_trees, rep_features, artifact }
    }

    /// The same model with the numbers that speak of reps as of the state's border; the roster
    /// must be the one it was compiled for. Without this call such numbers have no effect.
    pub fn with_state(mut self, executor: &Executor, state: &FeatureState, roster: &[RepId]) -> Self {
        let mut features = RepFeatures::default();
        let effect = |input: usize, rep: &RepId, level: &str| {
            self.number_effect(input, executor.rep_feature(input, state, rep, level))
        };
        for (input, number) in self.artifact.inputs.numbers.iter().enumerate() {
            match number.scope {
                Scope::Lead => {}
                Scope::Rep => {
                    features.alone.resize(roster.len(), 0.0);
                    let terms = features.alone.iter_mut().zip(roster);
                    terms.for_each(|(sum, rep)| *sum += effect(input, rep, ""));
                }
                Scope::RepSegment => {
                    let segment = executor.segment_of(input);
                    let texts = state.segments.get(segment).into_iter().flat_map(BTreeMap::keys);
                    let columns: BTreeMap<Box<str>, u32> = texts.cloned().zip(0..).collect();
                    // No level has this text, so its rate is the parent's, as for any unseen one.
                    let unseen: Box<str> = "\u{0}".into();
                    let each =
                        columns.keys().chain([&unseen]).flat_map(|level| roster.iter().map(move |rep| (level, rep)));
                    let effects = each.map(|(level, rep)| effect(input, rep, level)).collect();
                    let name = executor.spec().segments.get(segment);
                    let category = executor.category_names().position(|c| name.is_some_and(|n| **n == *c));
                    let category = category.unwrap_or(usize::MAX);
                    features.by_segment.push(SegmentFeature { input, category, columns, effects });
                }
            }
        }
        self.rep_features = features;
        self
    }

    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// How many reps it was compiled for.
    pub fn roster(&self) -> usize {
        self.roster
    }

    pub fn inputs(&self) -> &Inputs {
        &self.artifact.inputs
    }

    /// Codes a row of features (in the specification's order) into `into`.
    pub fn encode(&self, row: &FeatureRow<'_>, into: &mut LeadRow) {
        let text = |i: usize| row.categories.get(i).and_then(|t| t.as_deref());
        into.levels.clear();
        let categories = self.artifact.inputs.categories.iter().enumerate();
        into.levels.extend(categories.map(|(i, c)| c.level(text(i)).unwrap_or(NO_LEVEL)));
        into.numbers.clear();
        let numbers = 0..self.artifact.inputs.numbers.len();
        into.numbers.extend(numbers.map(|i| row.numbers.get(i).copied().unwrap_or(f64::NAN)));
        into.rep_columns.clear();
        into.rep_columns.extend(self.rep_features.by_segment.iter().map(|f| {
            let level = text(f.category).unwrap_or_default();
            f.columns.get(level).copied().unwrap_or(f.columns.len() as u32)
        }));
    }

    /// The calibrated effect of one number.
    pub(crate) fn number_effect(&self, input: usize, x: f64) -> f64 {
        let (lead, number) = (&self.artifact.lead, &self.artifact.inputs.numbers[input]);
        let effect = if x.is_nan() { lead.missing[input] } else { lead.numbers[input] * number.standardise(x) };
        self.artifact.calibration.slope * effect
    }

    /// The part of the logit that is the same for every rep.
    pub fn lead_logit(&self, lead: &LeadRow) -> f64 {
        let Artifact { inputs, calibration, base, lead: effects, trees, .. } = &self.artifact;
        let mut logit = calibration.intercept + calibration.slope * base;
        for (input, number) in inputs.numbers.iter().enumerate() {
            if number.scope == Scope::Lead {
                logit += self.number_effect(input, lead.numbers[input]);
            }
        }
        for (effects, &level) in effects.categories.iter().zip(&lead.levels) {
            logit += calibration.slope * effects.get(level as usize).copied().unwrap_or(0.0);
        }
        for (_, effect) in self.lead_segments(lead) {
            logit += effect;
        }
        match trees {
            Some(layer) => logit + calibration.slope * trees::sum(&layer.trees, lead),
            None => logit,
        }
    }

    /// Calibrated effects of the lead's segments, with their places in the artifact.
    pub(crate) fn lead_segments<'a>(&'a self, lead: &'a LeadRow) -> impl Iterator<Item = (usize, f64)> + 'a {
        let Artifact { inputs, calibration, lead: layer, .. } = &self.artifact;
        layer.segments.iter().enumerate().filter_map(move |(i, of)| {
            let (level, multiplier) = segment::place(&of.segment, inputs, lead)?;
            Some((i, calibration.slope * multiplier * of.effects[level]))
        })
    }

    /// Logits of this lead with each of these reps, into `out` (of the same length).
    pub fn score(&self, lead: &LeadRow, reps: &[RepIndex], out: &mut [f64]) {
        let base = self.lead_logit(lead);
        add(&self.intercepts, 1.0, reps, out, |_| base);
        self.each_block(lead, |block, level, multiplier| {
            let column = &block.effects[level * self.roster..(level + 1) * self.roster];
            add(column, multiplier, reps, out, |so_far| so_far);
        });
        rep_trees::add(&self.rep_trees, self.roster, lead, reps, out);
        if !self.rep_features.alone.is_empty() {
            add(&self.rep_features.alone, 1.0, reps, out, |so_far| so_far);
        }
        for (feature, &column) in self.rep_features.by_segment.iter().zip(&lead.rep_columns) {
            let from = column as usize * self.roster;
            add(&feature.effects[from..from + self.roster], 1.0, reps, out, |so_far| so_far);
        }
    }

    /// The logit of a row whose numbers include those of its rep, as training tables have them;
    /// without a rep, the lead's part and what its numbers say.
    pub fn row_logit(&self, row: &LeadRow, rep: Option<RepIndex>) -> f64 {
        let mut logit = self.lead_logit(row);
        for (input, number) in self.artifact.inputs.numbers.iter().enumerate() {
            if number.scope != Scope::Lead {
                logit += self.number_effect(input, row.numbers[input]);
            }
        }
        let Some(RepIndex(rep)) = rep else { return logit };
        logit += self.intercepts[rep as usize];
        self.each_block(row, |block, level, multiplier| {
            logit += multiplier * block.effects[level * self.roster + rep as usize];
        });
        let leaf = |tree: &RosterTree| f64::from(tree.column(row, self.roster)[rep as usize]);
        logit + self.rep_trees.iter().map(leaf).sum::<f64>()
    }

    /// Posterior variance of the rep's part of the logit: how little is known of this rep with
    /// such a lead, in squared logits, after calibration. Covariances between two slopes are left out.
    ///
    /// Trees of reps move the mean and not the variance. Their leaves are steps of boosting, each a
    /// fraction of a shrunken mean of what the steps before left over, and a sum of such steps has no
    /// posterior; the cells' own `1 / (H + λ)` would be added up over trees that looked at the same
    /// rows. What is missing is the doubt about a known rep in a box of leads where it had few: there
    /// exploration by posterior tries less than it might. A rep that is new has its intercept's whole
    /// prior variance, and logged propensities are exact either way.
    pub fn variance(&self, lead: &LeadRow, rep: RepIndex) -> f64 {
        let rep = rep.0 as usize;
        let mut variance = f64::from(self.variances[rep]);
        self.each_block(lead, |block, level, x| {
            let cell = level * self.roster + rep;
            variance += x * (x * f64::from(block.variances[cell]) + 2.0 * f64::from(block.covariances[cell]));
        });
        let slope = self.artifact.calibration.slope;
        slope * slope * variance.max(0.0)
    }

    /// Every block in which the lead has a level, with what its column is multiplied by.
    pub(crate) fn each_block(&self, lead: &LeadRow, mut visit: impl FnMut(&Block, usize, f64)) {
        let Some(layer) = &self.artifact.reps else { return };
        for (block, slopes) in self.blocks.iter().zip(&layer.slopes) {
            if let Some((level, multiplier)) = segment::place(&slopes.segment, &self.artifact.inputs, lead) {
                visit(block, level, multiplier);
            }
        }
    }
}

/// `out[i] = start(out[i]) + multiplier × column[reps[i]]`.
fn add(column: &[f64], multiplier: f64, reps: &[RepIndex], out: &mut [f64], start: impl Fn(f64) -> f64) {
    for (sum, rep) in out.iter_mut().zip(reps) {
        *sum = start(*sum) + multiplier * column[rep.0 as usize];
    }
}
