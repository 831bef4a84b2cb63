//! Which layers earn their place: forward-chained gain above two standard errors, layer by layer.
//! Slopes of reps may earn it together with the intercepts, of which they are a finer form.

use pointsman_domain::math;
use pointsman_scoring::{Layer, LayerTrial, Scope, Verdict};

use crate::{
    chain::{Chain, HeldOut, predict},
    encode::Encoded,
    hier::HierError,
    plan::{FitConfig, Fitted, Plan, RepPlan, choose_trees, fit},
    segments,
};

/// Standard errors that a gain must exceed.
const Z: f64 = 2.0;
/// Standard errors that a finer form of a proven layer may seem to cost. Log-loss hears of the rep
/// who had the lead; choosing among all of them hears of every difference, and squares none of it.
const FINER: f64 = 1.0;
/// Held-out rows below which nothing is tried: two standard errors of such a sample are wider
/// than any gain a model of leads has ever had.
const FEWEST: usize = 100;
/// Rows a rep below which trees of reps are not tried: an effect in one of a tree's leaves would be
/// the prior, and with thousands of reps the trial costs most of the training.
const ROWS_A_REP: usize = 20;
/// Periods tried for lead effects that move.
const PERIODS: [usize; 2] = [3, 8];
/// Half-lives tried, as shares of all rows.
const HALF_LIVES: [f64; 3] = [0.5, 0.25, 0.1];

/// The plan that was kept, its held-out predictions, and every trial.
#[derive(Debug)]
pub struct Gated {
    pub plan: Plan,
    pub held_out: HeldOut,
    pub base: HeldOut,
    pub trials: Vec<LayerTrial>,
}

struct Gate<'a> {
    chain: &'a Chain,
    config: &'a FitConfig,
    plan: Plan,
    held_out: HeldOut,
    /// The folds' fits of the plan.
    fits: Vec<Fitted>,
    trials: Vec<LayerTrial>,
}

impl Gate<'_> {
    /// Keeps `plan` if it gains; tells whether it did.
    fn try_plan(&mut self, layer: Layer, plan: Plan) -> Result<bool, HierError> {
        let rival = self.rival(plan)?;
        Ok(self.judge(layer, rival, None, 0))
    }

    /// The best of several plans, kept if it gains.
    fn try_best(&mut self, layer: Layer, plans: Vec<Plan>) -> Result<bool, HierError> {
        let mut best: Option<(f64, Rival)> = None;
        for plan in plans {
            let rival = self.rival(plan)?;
            let (gain, _) = gain(&self.held_out, &rival.held_out);
            if best.as_ref().is_none_or(|(so_far, _)| gain > *so_far) {
                best = Some((gain, rival));
            }
        }
        Ok(best.is_some_and(|(_, rival)| self.judge(layer, rival, None, 0)))
    }

    fn rival(&self, plan: Plan) -> Result<Rival, HierError> {
        let (held_out, fits) = self.chain.run(&plan, self.config, &self.fits)?;
        Ok(Rival { plan, held_out, fits })
    }

    /// Keeps the rival if it gains on the kept plan, and on `reference` where there is one, over
    /// the folds from `first_fold` on.
    fn judge(&mut self, layer: Layer, rival: Rival, reference: Option<&HeldOut>, first_fold: usize) -> bool {
        let against = |held_out: &HeldOut| gain(&held_out.from_fold(first_fold), &rival.held_out.from_fold(first_fold));
        let (mut gain, mut standard_error) = against(&self.held_out);
        if let Some((other, its_error)) = reference.map(against).filter(|(other, _)| *other < gain) {
            (gain, standard_error) = (other, its_error);
        }
        let rows = rival.held_out.from_fold(first_fold).won.len() as u64;
        let kept = gain > Z * standard_error;
        let verdict = if kept { Verdict::Kept } else { Verdict::NoGain };
        self.trials.push(LayerTrial { layer, verdict, gain: Some(gain), standard_error: Some(standard_error), rows });
        if kept {
            self.keep(rival);
        }
        kept
    }

    fn keep(&mut self, rival: Rival) {
        Rival { plan: self.plan, held_out: self.held_out, fits: self.fits } = rival;
    }

    fn skip(&mut self, layer: Layer, verdict: Verdict) {
        self.trials.push(LayerTrial { layer, verdict, gain: None, standard_error: None, rows: 0 });
    }
}

/// A plan that wants to be kept.
struct Rival {
    plan: Plan,
    held_out: HeldOut,
    fits: Vec<Fitted>,
}

/// Mean loss saved a row by `rival`, and its standard error.
pub fn gain(now: &HeldOut, rival: &HeldOut) -> (f64, f64) {
    let saved: Vec<f64> = now.losses().iter().zip(rival.losses()).map(|(a, b)| a - b).collect();
    let total: f64 = now.weight.iter().sum();
    let mean = saved.iter().zip(&now.weight).map(|(d, w)| w * d).sum::<f64>() / total;
    let squares: f64 = saved.iter().zip(&now.weight).map(|(d, w)| (w * (d - mean)).powi(2)).sum();
    (mean, squares.sqrt() / total)
}

/// Tries every layer in turn on rows in order of time.
pub fn gate(rows: &Encoded, folds: usize, no_rep: bool, config: &FitConfig) -> Result<Gated, HierError> {
    let chain = Chain::cut(rows, folds);
    let (base, _) = chain.run(&Plan::BASE, config, &[])?;
    let mut gate =
        Gate { chain: &chain, config, plan: Plan::BASE, held_out: base.clone(), fits: Vec::new(), trials: Vec::new() };
    if base.won.len() < FEWEST {
        for layer in [Layer::Lead, Layer::RepIntercepts, Layer::RepSlopes, Layer::Trees] {
            gate.skip(layer, Verdict::TooFewRows);
        }
        let Gate { plan, held_out, trials, .. } = gate;
        return Ok(Gated { plan, held_out, base, trials });
    }
    if rows.levels.is_empty() && rows.raw.is_empty() {
        gate.skip(Layer::Lead, Verdict::NotApplicable);
    } else {
        gate.try_plan(Layer::Lead, Plan { lead: true, ..Plan::BASE })?;
        let moving = PERIODS.map(|periods| Plan { lead: true, periods: Some(periods), ..Plan::BASE });
        gate.try_best(Layer::LeadDrift, moving.into())?;
    }
    match (no_rep, rows.rep_names.len()) {
        (true, _) => gate.skip(Layer::RepIntercepts, Verdict::Excluded),
        (false, 0 | 1) => gate.skip(Layer::RepIntercepts, Verdict::NotApplicable),
        (false, _) => rep_layers(&mut gate)?,
    }
    if rows.levels.is_empty() && rows.raw.is_empty() {
        gate.skip(Layer::Trees, Verdict::NotApplicable);
    } else {
        match choose_trees(rows, &gate.plan, config)? {
            None => gate.skip(Layer::Trees, Verdict::NoGain),
            trees => {
                let plan = Plan { trees, ..gate.plan.clone() };
                gate.try_plan(Layer::Trees, plan)?;
            }
        }
    }
    if !no_rep && rows.rep_names.len() > 1 {
        rep_trees(&mut gate, rows)?;
        rep_refinements(&mut gate)?;
        finer_slopes(&mut gate)?;
    }
    if !gate.plan.is_base() {
        recency(&mut gate)?;
    }
    let Gate { plan, held_out, trials, .. } = gate;
    Ok(Gated { plan, held_out, base, trials })
}

fn rep_layers(gate: &mut Gate<'_>) -> Result<(), HierError> {
    let intercepts = Plan { reps: RepPlan::Intercepts, ..gate.plan.clone() };
    gate.try_plan(Layer::RepIntercepts, intercepts)?;
    let slopes = Plan { reps: RepPlan::Slopes, ..gate.plan.clone() };
    gate.try_plan(Layer::RepSlopes, slopes)?;
    if gate.chain.folds.iter().any(|fold| fold.past.inputs.numbers.iter().any(|n| n.scope != Scope::Lead)) {
        let plan = Plan { rep_numbers: true, ..gate.plan.clone() };
        gate.try_plan(Layer::RepNumbers, plan)?;
    }
    Ok(())
}

/// Where reps of a few kinds are good at leads of a few kinds, and nobody said which.
fn rep_trees(gate: &mut Gate<'_>, rows: &Encoded) -> Result<(), HierError> {
    if rows.levels.is_empty() && rows.inputs.numbers.iter().all(|n| n.scope != Scope::Lead) {
        gate.skip(Layer::RepTrees, Verdict::NotApplicable);
        return Ok(());
    }
    if rows.len() < ROWS_A_REP * rows.rep_names.len() {
        gate.skip(Layer::RepTrees, Verdict::TooFewRows);
        return Ok(());
    }
    let plan = Plan { rep_trees: true, reps: gate.plan.reps.max(RepPlan::Intercepts), ..gate.plan.clone() };
    gate.try_plan(Layer::RepTrees, plan)?;
    Ok(())
}

/// Layers of reps that build on all others: segments, then a covariance.
fn rep_refinements(gate: &mut Gate<'_>) -> Result<(), HierError> {
    rep_segments(gate)?;
    // Where no effect of a rep was kept, this would be one more throw of the dice.
    if gate.plan.reps == RepPlan::None {
        gate.skip(Layer::SlopeCovariance, Verdict::NotApplicable);
        return Ok(());
    }
    // Slopes too weak to be told from noise one by one may be strong together: where reps are of a
    // few kinds, what one shows on two levels says what it will do on the others.
    let plan = Plan { covariance: true, reps: RepPlan::Slopes, ..gate.plan.clone() };
    gate.try_plan(Layer::SlopeCovariance, plan)?;
    Ok(())
}

/// Segments are looked for in the past of the middle fold only, and judged by the folds after it,
/// on rows that did not choose them. They must beat the same segments without reps, or a curve in
/// the lead's own effect would pass for a difference between reps.
fn rep_segments(gate: &mut Gate<'_>) -> Result<(), HierError> {
    let middle = gate.chain.folds.len() / 2;
    let Some(fold) = gate.chain.folds.get(middle) else { return Ok(()) };
    let plan = Plan { reps: gate.plan.reps.max(RepPlan::Intercepts), ..gate.plan.clone() };
    let fitted = match gate.fits.get(middle) {
        Some(fitted) if fitted.plan == plan => fitted.clone(),
        _ => fit(&fold.past, &plan, gate.config, None)?,
    };
    let p: Vec<f64> = predict(&fold.past, &fitted, &fold.past).into_iter().map(math::sigmoid).collect();
    let found = segments::find(&fold.past, &p, &fitted.slopes);
    if found.is_empty() {
        gate.skip(Layer::RepSegments, Verdict::NoGain);
        return Ok(());
    }
    let without = gate.rival(Plan { lead_segments: found.clone(), ..gate.plan.clone() })?;
    let with = gate.rival(Plan { lead_segments: found.clone(), segments: found, ..plan })?;
    gate.judge(Layer::RepSegments, with, Some(&without.held_out), middle);
    Ok(())
}

/// Where reps are known to differ and nothing has shown by which leads, slopes stay unless they
/// cost: intercepts and slopes together gain two standard errors on the same model without reps,
/// and slopes alone do not seem to lose more than one. This trial takes the place of the one in
/// which slopes had to gain alone.
fn finer_slopes(gate: &mut Gate<'_>) -> Result<(), HierError> {
    let plan = gate.plan.clone();
    let by_lead = plan.rep_trees || !plan.segments.is_empty();
    if !plan.lead || plan.reps != RepPlan::Intercepts || by_lead {
        return Ok(());
    }
    let rival = gate.rival(Plan { reps: RepPlan::Slopes, ..plan.clone() })?;
    let (alone, its_error) = gain(&gate.held_out, &rival.held_out);
    if alone <= -FINER * its_error {
        return Ok(());
    }
    let without = gate.rival(Plan { reps: RepPlan::None, rep_numbers: false, ..plan })?;
    let (together, standard_error) = gain(&without.held_out, &rival.held_out);
    if together > Z * standard_error {
        gate.trials.retain(|trial| trial.layer != Layer::RepSlopes);
        gate.trials.push(LayerTrial {
            layer: Layer::RepSlopes,
            verdict: Verdict::KeptFiner,
            gain: Some(together),
            standard_error: Some(standard_error),
            rows: rival.held_out.won.len() as u64,
        });
        gate.keep(rival);
    }
    Ok(())
}

/// Shorter and shorter memories, as long as they gain.
fn recency(gate: &mut Gate<'_>) -> Result<(), HierError> {
    for half_life in HALF_LIVES {
        let plan = Plan { half_life: Some(half_life), ..gate.plan.clone() };
        if !gate.try_plan(Layer::Recency, plan)? {
            break;
        }
    }
    Ok(())
}
