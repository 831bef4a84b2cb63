//! Which layers a model has, and fitting exactly those.

use std::sync::Arc;

use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::Array1;
use pointsman_scoring::{
    LeadRow, NO_LEVEL, Scope,
    artifact::{Inputs, RepTree, Segment, Tree},
    segment, trees,
};

use crate::{
    boost::{Binned, BoostConfig, Boosted, Lessons, Owners, RepBoostConfig, boost, boost_reps, reps},
    drift::{self, Drift},
    encode::Encoded,
    hier::{Column, Covariance, Design, FixedColumn, HierError, HierLogit, HierLogitParams, Prior},
};

/// Coefficients of one rep at most; categories with the fewest levels come first.
const REP_WIDTH: usize = 160;
/// Levels of a category that may have rep slopes.
const SLOPE_LEVELS: usize = 60;
/// Full covariances are learned only below this many numbers in memory.
const COVARIANCE_CELLS: usize = 30_000_000;
/// The multiplier of the trees lies near 1: its prior standard deviation is 0.3.
const TREES_VARIANCE: f64 = 0.1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RepPlan {
    None,
    Intercepts,
    Slopes,
}

/// How many trees, and how deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreesPlan {
    pub depth: usize,
    pub count: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Linear effects of the lead's features.
    pub lead: bool,
    /// The lead's effects move over this many periods.
    pub periods: Option<usize>,
    /// Effects of these segments, the same for all reps.
    pub lead_segments: Vec<Segment>,
    pub reps: RepPlan,
    /// Effects of numbers that speak of the rep.
    pub rep_numbers: bool,
    /// Slopes on these as well.
    pub segments: Vec<Segment>,
    /// Slopes borrow from one another.
    pub covariance: bool,
    pub trees: Option<TreesPlan>,
    /// Trees whose leaves hold one effect a rep.
    pub rep_trees: bool,
    /// Rows this share of all rows back count half.
    pub half_life: Option<f64>,
}

impl Plan {
    pub const BASE: Self = Self {
        lead: false,
        periods: None,
        lead_segments: Vec::new(),
        reps: RepPlan::None,
        rep_numbers: false,
        segments: Vec::new(),
        covariance: false,
        trees: None,
        rep_trees: false,
        half_life: None,
    };

    pub fn is_base(&self) -> bool {
        !self.lead && self.trees.is_none() && self.reps == RepPlan::None && !self.rep_numbers
    }
}

/// What all fits of one training share.
#[derive(Debug, Clone)]
pub struct FitConfig {
    pub threads: usize,
    pub boost: BoostConfig,
}

/// A fitted plan.
#[derive(Debug, Clone)]
pub struct Fitted {
    pub plan: Plan,
    pub hier: Arc<HierLogit>,
    /// The fit that the trees were grown on; the same as `hier` without trees.
    pub linear: Arc<HierLogit>,
    /// The lead-only fit that the other starts from, where effects move.
    pub drift: Option<Drift>,
    /// The segments of the slope columns, in their order.
    pub slopes: Vec<Segment>,
    pub trees: Vec<Tree>,
    /// Not yet multiplied by [`Fitted::rep_trees_multiplier`].
    pub rep_trees: Vec<RepTree>,
}

impl Fitted {
    /// What the trees' sum is multiplied by.
    pub fn trees_multiplier(&self) -> f64 {
        if self.trees.is_empty() { 1.0 } else { self.multiplier(usize::from(!self.rep_trees.is_empty())) }
    }

    /// What the effects of the trees with reps are multiplied by.
    pub fn rep_trees_multiplier(&self) -> f64 {
        if self.rep_trees.is_empty() { 1.0 } else { self.multiplier(0) }
    }

    /// 1 and the effect of a fixed column, counted from the last.
    fn multiplier(&self, from_last: usize) -> f64 {
        1.0 + self.hier.fixed.iter().rev().nth(from_last).map_or(0.0, |f| f[0])
    }
}

/// Fits a plan to rows in order of time.
pub fn fit(
    rows: &Encoded,
    plan: &Plan,
    config: &FitConfig,
    start: Option<Arc<HierLogit>>,
) -> Result<Fitted, HierError> {
    let weighted;
    let rows = match plan.half_life {
        None => rows,
        Some(share) => {
            let n = rows.len() as f64;
            let decay = |i: usize| 0.5f64.powf((n - 1.0 - i as f64) / (share * n));
            weighted = rows.with_weight(rows.weight.iter().enumerate().map(|(i, w)| w * decay(i)).collect());
            &weighted
        }
    };
    let slopes = slope_segments(rows, plan);
    let drift = match plan.periods {
        None => None,
        Some(periods) => Some(fit_drift(rows, periods, config)?),
    };
    let given = drift.as_ref().map(|drift| drift.logits(rows));
    let ground = Ground { plan, slopes: &slopes, given: given.as_deref() };
    let linear = Arc::new(fit_hier(rows, &ground, &[], config, start)?);
    let mut hier = linear.clone();
    let mut grown: Vec<Vec<f64>> = Vec::new();
    let mut trees = Vec::new();
    if let Some(plan) = plan.trees {
        let unseen;
        (trees, unseen) = grow(rows, &linear.logits(&ground.design(rows, &[])), plan, config)?;
        if !trees.is_empty() {
            grown.push(unseen);
            hier = Arc::new(fit_hier(rows, &ground, &grown, config, Some(hier))?);
        }
    }
    let mut rep_trees = Vec::new();
    if plan.rep_trees {
        let unseen;
        (rep_trees, unseen) = grow_reps(rows, &ground, &grown, &hier, config)?;
        if !rep_trees.is_empty() {
            grown.push(unseen);
            hier = Arc::new(fit_hier(rows, &ground, &grown, config, Some(hier))?);
        }
    }
    Ok(Fitted { plan: plan.clone(), hier, linear, drift, slopes, trees, rep_trees })
}

fn fit_drift(rows: &Encoded, periods: usize, config: &FitConfig) -> Result<Drift, HierError> {
    let hier = run(drift::design(rows, periods, rows.len()), rows, HierLogitParams::default().threads(config.threads))?;
    Ok(Drift { hier, periods, trained: rows.len() })
}

fn fit_hier(
    rows: &Encoded,
    ground: &Ground<'_>,
    grown: &[Vec<f64>],
    config: &FitConfig,
    start: Option<Arc<HierLogit>>,
) -> Result<HierLogit, HierError> {
    let design = ground.design(rows, grown);
    let width = design.rep_width();
    let fits = design.reps * width * width <= COVARIANCE_CELLS;
    let covariance = match ground.plan.covariance && fits {
        true => Covariance::Full { weight: width as f64 },
        false => Covariance::Blocks,
    };
    let mut params = HierLogitParams::default().threads(config.threads).covariance(covariance);
    if let Some(start) = start {
        params = params.start(start);
    }
    run(design, rows, params)
}

fn run(design: Design, rows: &Encoded, params: HierLogitParams) -> Result<HierLogit, HierError> {
    let weights: Array1<f32> = rows.weight.iter().map(|&w| w as f32).collect();
    let dataset = DatasetBase::new(design, Array1::from_vec(rows.won.to_vec())).with_weights(weights);
    params.check()?.fit(&dataset)
}

/// How many trees a plan deserves, and how deep: by boosting on the first four fifths of the
/// rows until the last fifth no longer gains. `None`: not one tree gains.
pub fn choose_trees(rows: &Encoded, plan: &Plan, config: &FitConfig) -> Result<Option<TreesPlan>, HierError> {
    let border = rows.len() * 4 / 5;
    let past = rows.take(&(0..border).collect::<Vec<_>>());
    let plan = Plan { trees: None, rep_trees: false, ..plan.clone() };
    let fitted = fit(&past, &plan, config, None)?;
    let given = fitted.drift.as_ref().map(|drift| drift.logits(rows));
    let ground = Ground { plan: &plan, slopes: &fitted.slopes, given: given.as_deref() };
    let offset = fitted.hier.logits(&ground.design(rows, &[]));
    let features = lead_features(rows);
    if features.columns.is_empty() {
        return Ok(None);
    }
    let lessons = Lessons { features: &features, offset: &offset, won: &rows.won, weight: &rows.weight };
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let (early, late) = all.split_at(border);
    let trials = [1, 2, 4].map(|depth| {
        let config = BoostConfig { depth, ..config.boost.clone() };
        let Boosted { trees, loss, .. } = boost(&lessons, early, late, &config);
        (loss, TreesPlan { depth, count: trees.len() })
    });
    let best = trials.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, trees)| trees);
    Ok(best.filter(|trees| trees.count > 0))
}

fn lead_features(rows: &Encoded) -> Binned {
    let levels: Vec<&[u32]> = rows.levels.iter().map(AsRef::as_ref).collect();
    let raw: Vec<&[f64]> = rows.raw.iter().map(AsRef::as_ref).collect();
    Binned::new(&rows.inputs, &levels, &raw, |input| rows.inputs.numbers[input].scope == Scope::Lead)
}

/// Trees for the rows on top of `offset`, and for each row the sum of trees that did not see it.
fn grow(
    rows: &Encoded,
    offset: &[f64],
    trees: TreesPlan,
    config: &FitConfig,
) -> Result<(Vec<Tree>, Vec<f64>), HierError> {
    let features = lead_features(rows);
    if features.columns.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let lessons = Lessons { features: &features, offset, won: &rows.won, weight: &rows.weight };
    let settled = BoostConfig { depth: trees.depth, max_trees: trees.count, ..config.boost.clone() };
    let learn = |seen: &[u32]| Ok(boost(&lessons, seen, &[], &settled).trees);
    let say = |trees: &Vec<Tree>, lead: &LeadRow, _: usize| trees::sum(trees, lead);
    crossed(rows, learn, say)
}

/// Trees with reps on top of `hier`, and for each row what trees that did not see it say. Where
/// rows are kept from the trees, the effects below are fitted without them as well: the residuals
/// of a rep's rows sum to about zero, so what is learned from some of them would say the opposite
/// of the others.
fn grow_reps(
    rows: &Encoded,
    ground: &Ground<'_>,
    grown: &[Vec<f64>],
    hier: &Arc<HierLogit>,
    config: &FitConfig,
) -> Result<(Vec<RepTree>, Vec<f64>), HierError> {
    let features = lead_features(rows);
    if features.columns.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let owners = Owners { rep: &rows.rep, reps: rows.rep_names.len() };
    let settled = RepBoostConfig { threads: config.threads, seed: config.boost.seed, ..RepBoostConfig::default() };
    let learn = |seen: &[u32]| {
        let mut below = hier.clone();
        if seen.len() < rows.len() {
            let mut weight = vec![0.0; rows.len()];
            seen.iter().for_each(|&row| weight[row as usize] = rows.weight[row as usize]);
            below = Arc::new(fit_hier(&rows.with_weight(weight), ground, grown, config, Some(below))?);
        }
        let offset = below.logits(&ground.design(rows, grown));
        let lessons = Lessons { features: &features, offset: &offset, won: &rows.won, weight: &rows.weight };
        Ok(boost_reps(&lessons, owners, seen, &settled))
    };
    let say = |trees: &Vec<RepTree>, lead: &LeadRow, row: usize| reps::sum(trees, owners.reps, lead, rows.rep[row]);
    crossed(rows, learn, say)
}

/// What is learned from all rows, and for each row what was learned from others says of it.
fn crossed<T>(
    rows: &Encoded,
    learn: impl Fn(&[u32]) -> Result<T, HierError>,
    say: impl Fn(&T, &LeadRow, usize) -> f64,
) -> Result<(T, Vec<f64>), HierError> {
    let n = rows.len() as u32;
    let all: Vec<u32> = (0..n).collect();
    let folds = if all.len() > 100_000 { 2 } else { 4 };
    let mut unseen = vec![0.0; rows.len()];
    let mut lead = LeadRow::default();
    for fold in 0..folds {
        let others: Vec<u32> = all.iter().copied().filter(|i| i % folds != fold).collect();
        let learned = learn(&others)?;
        for row in (fold as usize..rows.len()).step_by(folds as usize) {
            rows.load(row, &mut lead);
            unseen[row] = say(&learned, &lead, row);
        }
    }
    Ok((learn(&all)?, unseen))
}

/// Whether a column could have an effect in these rows.
fn varies<T: PartialEq>(column: &[T]) -> bool {
    column.iter().any(|x| *x != column[0])
}

/// The slope columns of a plan, fewest levels first among the categories.
fn slope_segments(rows: &Encoded, plan: &Plan) -> Vec<Segment> {
    if plan.reps == RepPlan::None {
        return Vec::new();
    }
    let mut slopes = Vec::new();
    let mut width = 1;
    if plan.reps == RepPlan::Slopes {
        let numbers = rows.inputs.numbers.iter().zip(&rows.standard).enumerate();
        let numbers = numbers.filter(|(_, (input, x))| input.scope == Scope::Lead && varies(x));
        slopes.extend(numbers.map(|(input, _)| Segment::Number { input: input as u32 }).take(REP_WIDTH / 4));
        width += slopes.len();
        let mut categories: Vec<(usize, usize)> =
            rows.inputs.categories.iter().enumerate().map(|(i, c)| (c.len(), i)).collect();
        categories.sort_unstable();
        for (levels, input) in categories {
            if (2..=SLOPE_LEVELS).contains(&levels) && width + levels <= REP_WIDTH && varies(&rows.levels[input]) {
                width += levels;
                slopes.push(Segment::Category { input: input as u32 });
            }
        }
    }
    slopes.extend(plan.segments.iter().cloned());
    slopes
}

/// A segment as a column of these rows.
pub fn segment_column(rows: &Encoded, segment: &Segment) -> Column {
    match segment {
        Segment::Number { input } => Column::Number(rows.standard[*input as usize].clone()),
        Segment::Category { input } => {
            let input = *input as usize;
            Column::Levels { codes: rows.levels[input].clone(), levels: rows.inputs.categories[input].len() }
        }
        _ => {
            let mut lead = LeadRow::default();
            let place = |row: usize| {
                rows.load(row, &mut lead);
                segment::place(segment, &rows.inputs, &lead).map_or(NO_LEVEL, |(level, _)| level as u32)
            };
            let codes = (0..rows.len()).map(place).collect();
            Column::Levels { codes, levels: segment::levels(segment, &rows.inputs) }
        }
    }
}

/// What a design is built from besides the rows.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub plan: &'a Plan,
    /// The segments of the slope columns.
    pub slopes: &'a [Segment],
    /// A part of the logit known from elsewhere.
    pub given: Option<&'a [f64]>,
}

impl Ground<'_> {
    /// The design; sums of `grown` trees join the offset, each with a column for what it is
    /// multiplied by beyond 1. Fixed columns: numbers, missing, categories, segments, trees
    /// ([`FixedPlaces`]).
    pub fn design(&self, rows: &Encoded, grown: &[Vec<f64>]) -> Design {
        let plan = self.plan;
        let learned =
            |column: Column, group: usize| FixedColumn { column, prior: Prior::Learned { group: group as u32 } };
        let mut fixed = Vec::new();
        // What is known of a rep has a variance of its own, or the lead's numbers would set it.
        let of_reps = 1 + rows.levels.len() + plan.lead_segments.len();
        let group = |scope: Scope| if scope == Scope::Lead { 0 } else { of_reps };
        for (input, x) in rows.inputs.numbers.iter().zip(&rows.standard) {
            if plan.uses(input.scope) {
                fixed.push(learned(Column::Number(x.clone()), group(input.scope)));
            }
        }
        for (input, x) in rows.inputs.numbers.iter().zip(&rows.missing) {
            if let (true, Some(x)) = (plan.uses(input.scope), x) {
                fixed.push(learned(Column::Number(x.clone()), group(input.scope)));
            }
        }
        if plan.lead {
            for (k, codes) in rows.levels.iter().enumerate() {
                let levels = rows.inputs.categories[k].len();
                fixed.push(learned(Column::Levels { codes: codes.clone(), levels }, 1 + k));
            }
        }
        for (k, segment) in plan.lead_segments.iter().enumerate() {
            fixed.push(learned(segment_column(rows, segment), 1 + rows.levels.len() + k));
        }
        let mut offset = self.given.map_or_else(|| vec![0.0; rows.len()], <[f64]>::to_vec);
        for trees in grown {
            offset.iter_mut().zip(trees).for_each(|(z, tree)| *z += tree);
            let column = Column::Number(trees.as_slice().into());
            fixed.push(FixedColumn { column, prior: Prior::Known { variance: TREES_VARIANCE } });
        }
        Design {
            fixed,
            rep: rows.rep.clone(),
            reps: if plan.reps == RepPlan::None { 0 } else { rows.rep_names.len() },
            slopes: self.slopes.iter().map(|s| segment_column(rows, s)).collect(),
            offset: offset.into(),
        }
    }
}

impl Plan {
    /// Whether numbers of this scope have an effect.
    fn uses(&self, scope: Scope) -> bool {
        if scope == Scope::Lead { self.lead } else { self.rep_numbers }
    }
}

/// Which fixed column of a fit belongs to which input.
#[derive(Debug)]
pub struct FixedPlaces {
    pub numbers: Vec<Option<usize>>,
    pub missing: Vec<Option<usize>>,
    pub categories: Vec<Option<usize>>,
    pub lead_segments: Vec<usize>,
}

impl FixedPlaces {
    pub fn of(inputs: &Inputs, any_missing: &[bool], plan: &Plan) -> Self {
        let mut next = 0;
        let mut give = |present: bool| {
            present.then(|| {
                next += 1;
                next - 1
            })
        };
        Self {
            numbers: inputs.numbers.iter().map(|n| give(plan.uses(n.scope))).collect(),
            missing: inputs.numbers.iter().zip(any_missing).map(|(n, m)| give(plan.uses(n.scope) && *m)).collect(),
            categories: inputs.categories.iter().map(|_| give(plan.lead)).collect(),
            lead_segments: plan.lead_segments.iter().filter_map(|_| give(true)).collect(),
        }
    }
}
