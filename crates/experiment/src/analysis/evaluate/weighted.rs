//! Tests whose weights moved: differences under inverse probabilities, and where the weights go next.

use pointsman_domain::VariantId;

use crate::{
    spec::{Adaptive, ExperimentSpec, Role},
    stats::{
        adaptive::{self, WeightedMean},
        bandit::{self, ArmStats},
        bayes::Better,
        effect::{self, Effect},
        sequential::ConfidenceSequence,
        srm::{self, SampleRatio},
    },
    undefined::Undefined,
};

use super::{
    super::{
        accumulate::Kept,
        adaptive::{Standing, Weighing},
        gathered::Gathered,
        result::WeightedResult,
        weighted::WeightedCells,
    },
    Context, relative_to, sequence, tested,
};

/// What the normal distribution is as a t distribution.
const NORMAL_DF: f64 = 1e12;

impl Context<'_> {
    pub(super) fn weighted(&self, cells: &WeightedCells) -> WeightedResult {
        let means = self.pair.map(|variant| adaptive::weighted_mean(cells.of(variant)).ok());
        let [control, treatment] = means.map(|mean| mean.map(|m| m.mean + cells.pivot()));
        let told = adaptive::weighted_difference(cells.pairs(self.pair));
        let effect = told.map(|d| Effect { estimate: d.estimate, std_error: d.std_error, df: NORMAL_DF });
        let relative = effect.and_then(|e| relative_to(&e, control.unwrap_or(0.0)));
        let units = cells.units() as f64;
        let [plain_control, plain_treatment] = self.pair.map(|variant| cells.plain[variant].into());
        WeightedResult {
            control,
            treatment,
            difference: told.into(),
            anytime: effect.map(|e| self.anytime(&e, units)).into(),
            naive: effect::welch(&plain_control, &plain_treatment).map(|e| tested(&e, self.alpha)).into(),
            units: cells.units() as u64,
            effective: means.map(|mean| mean.map(|m| m.effective)),
            margin: self.margin(&effect, &relative),
        }
    }
}

/// The first analysis of the decision metric and its cells.
fn deciding(gathered: &Gathered) -> Option<(&WeightedCells, Better)> {
    let spec = &gathered.spec;
    let at = spec.analyses.iter().position(|a| spec.metric(a).role == Role::Decision)?;
    let Kept::Weighted(cells) = &gathered.accumulator(at).kept else { return None };
    Some((cells, spec.metric(&spec.analyses[at]).better))
}

/// Where an adaptive test stands.
pub fn weighing(gathered: &Gathered, rules: &Adaptive) -> Result<Weighing, Undefined> {
    let spec = &gathered.spec;
    let (cells, better) = deciding(gathered).ok_or(Undefined::NoUnits)?;
    let means: Vec<WeightedMean> =
        (0..spec.variants.len()).map(|variant| adaptive::weighted_mean(cells.of(variant))).collect::<Result<_, _>>()?;
    // The variance of one unit that gives a mean of n units its standard error.
    let arms: Vec<ArmStats> = means
        .iter()
        .map(|m| ArmStats { n: m.units, mean: m.mean, variance: m.std_error * m.std_error * m.units })
        .collect();
    let standing = bandit::standing(&arms, better)?;
    let weights = adaptive::next_weights(&arms, better, rules.leader_share, rules.floor)?;
    let id = |variant: usize| -> VariantId { spec.variants[variant].id.clone() };
    let standings = means.iter().enumerate().map(|(variant, m)| Standing {
        variant: id(variant),
        mean: m.mean + cells.pivot(),
        std_error: m.std_error,
        units: m.units as u64,
        effective: m.effective,
        prob_best: standing.prob_best[variant],
        next_weight: weights[variant],
    });
    Ok(Weighing {
        leader: id(standing.leader),
        enough: means.iter().all(|m| m.units >= rules.first_units as f64),
        separated: separated(spec, cells, standing.leader),
        standings: standings.collect(),
    })
}

/// Whether the sequence tells the leader from every other variant. If another variant is truly the
/// best, one of its K − 1 pairs must have missed the truth: α is divided by their number.
fn separated(spec: &ExperimentSpec, cells: &WeightedCells, leader: usize) -> bool {
    let others = spec.variants.len() - 1;
    let whole = sequence(spec, false);
    let each = ConfidenceSequence { alpha: spec.alpha / others as f64, ..whole };
    let units = cells.units() as f64;
    (0..spec.variants.len()).filter(|other| *other != leader).all(|other| {
        adaptive::weighted_difference(cells.pairs([other, leader])).is_ok_and(|told| {
            let interval = each.interval(told.estimate, told.std_error, units);
            !interval.contains(0.0)
        })
    })
}

/// The split where weights moved: Σ 1/p over a variant's units expects the number of all units.
pub fn sample_ratio(gathered: &Gathered) -> Result<SampleRatio, Undefined> {
    let (cells, _) = deciding(gathered).ok_or(Undefined::NoUnits)?;
    let variants = gathered.spec.variants.len();
    let weights = (0..variants).map(|variant| cells.mean_weights(variant).collect::<Vec<f64>>());
    srm::weighted(&weights.collect::<Vec<_>>())
}
