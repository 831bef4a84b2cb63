//! Which variant a unit gets now: the compiled form of a running experiment.

use pointsman_domain::{LimitId, RepId, VariantId, Window};

use crate::{
    randomise::{
        Allocation, AllocationError, LocalTime, PeriodIndex, Phase, Rota, RotaError, Salt, compat::growthbook,
        rota::round_of, split::split,
    },
    spec::{Design, ExperimentSpec, HashMode},
};

use super::{LiveExperiment, State};

/// Ready to be asked.
#[derive(Debug, Clone)]
pub struct Routing {
    salt: Salt,
    epoch: u32,
    weights: Vec<f64>,
    by: By,
    population: Population,
}

#[derive(Debug, Clone)]
enum By {
    Point(Allocation<usize>),
    /// GrowthBook's hash of the experiment's id.
    Growthbook {
        key: String,
    },
    Period {
        rota: Rota,
        round: Vec<u8>,
    },
}

#[derive(Debug, Clone)]
struct Population {
    layer: Option<(Salt, f64, f64)>,
    holdout: f64,
    namespace: Option<(String, f64, f64)>,
    growthbook: bool,
}

/// What a unit gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assigned {
    /// Its place among the variants.
    pub variant: usize,
    /// Probability with which it was drawn.
    pub propensity: f64,
    /// In a switchback.
    pub period: Option<(PeriodIndex, Phase)>,
}

/// Why a running experiment cannot be compiled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RoutingError {
    #[error("the experiment is {0}: nothing was drawn yet")]
    NotStarted(State),
    #[error("its slices cannot be read: {0}")]
    Slices(#[from] AllocationError),
    #[error(transparent)]
    Rota(#[from] RotaError),
    #[error("a slice names the variant '{0}', which the specification does not have")]
    UnknownVariant(VariantId),
}

impl Routing {
    /// Of an experiment in any state but draft; whether it may expose anybody is the caller's.
    pub fn compile(live: &LiveExperiment, spec: &ExperimentSpec) -> Result<Self, RoutingError> {
        let (Some(frozen), Some(epoch)) = (&live.frozen, live.epoch()) else {
            return Err(RoutingError::NotStarted(live.state));
        };
        let total: f64 = epoch.weights.iter().sum();
        let weights: Vec<f64> = epoch.weights.iter().map(|w| w / total).collect();
        let by = match (&spec.design, spec.hash) {
            (Design::Switchback { period, burn_in, burn_out, .. }, _) => By::Period {
                rota: Rota::new(*period, *burn_in, *burn_out, frozen.first_day)?,
                round: round_of(&weights)?,
            },
            (_, HashMode::GrowthbookV2) => By::Growthbook { key: spec.id.to_string() },
            (_, HashMode::Pointsman) => By::Point(allocation(spec, epoch)?),
        };
        let population = &spec.population;
        Ok(Self {
            salt: frozen.salt,
            epoch: epoch.number,
            weights,
            by,
            population: Population {
                layer: frozen.layer.as_ref().map(|l| (Salt::of_name(&format!("layer {}", l.name)), l.from, l.until)),
                holdout: population.holdout,
                namespace: population.namespace.as_ref().map(|n| (n.name.clone(), n.from, n.until)),
                growthbook: spec.hash == HashMode::GrowthbookV2,
            },
        })
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The variant of a unit at a local time; `None` when the unit is not in the experiment.
    pub fn choose(&self, unit: &str, at: LocalTime) -> Option<Assigned> {
        if !self.population.has(unit) {
            return None;
        }
        let (variant, period) = match &self.by {
            By::Point(allocation) => (*allocation.owner(self.salt.point(unit.as_bytes()))?, None),
            By::Growthbook { key } => {
                (growthbook::assign(key, unit, self.weights.len(), 1.0, Some(&self.weights))?, None)
            }
            By::Period { rota, round } => {
                let (period, phase) = rota.period(at);
                (rota.variant(self.salt, unit, period, round), Some((period, phase)))
            }
        };
        Some(Assigned { variant, propensity: self.weights[variant], period })
    }

    /// The period of a switchback that a local time lies in.
    pub fn period(&self, at: LocalTime) -> Option<(PeriodIndex, Phase)> {
        match &self.by {
            By::Period { rota, .. } => Some(rota.period(at)),
            By::Point(_) | By::Growthbook { .. } => None,
        }
    }

    /// How many of a rep's `cap` slots in a window belong to a variant: whole, without bias, the
    /// same on every replica, drawn anew for every window.
    pub fn part(&self, variant: usize, rep: &RepId, limit: &LimitId, window: Window, cap: u32) -> u32 {
        let mut key = rep.as_str().as_bytes().to_vec();
        key.push(0);
        key.extend(limit.as_str().as_bytes());
        key.push(0);
        key.extend(window_key(window));
        split(cap, &self.weights, self.salt.uniform(&key)).get(variant).copied().unwrap_or(0)
    }
}

fn window_key(window: Window) -> [u8; 5] {
    let (kind, number) = match window {
        Window::Always => (0, 0),
        Window::Day(day) => (1, day),
        Window::Week(monday) => (2, monday),
        Window::Month(month) => (3, month),
    };
    let [a, b, c, d] = i32::to_le_bytes(number);
    [kind, a, b, c, d]
}

fn allocation(spec: &ExperimentSpec, epoch: &super::Epoch) -> Result<Allocation<usize>, RoutingError> {
    let slices = epoch.slices.iter().map(|slice| {
        let variant = spec.variants.iter().position(|v| v.id == slice.owner);
        let owner = variant.ok_or_else(|| RoutingError::UnknownVariant(slice.owner.clone()))?;
        Ok(crate::randomise::Slice { owner, first: slice.first, last: slice.last })
    });
    Ok(Allocation::from_slices(slices.collect::<Result<Vec<_>, RoutingError>>()?)?)
}

impl Population {
    fn has(&self, unit: &str) -> bool {
        let held_out = self.holdout > 0.0 && Salt::of_name("holdout").uniform(unit.as_bytes()) < self.holdout;
        let in_layer = self.layer.is_none_or(|(salt, from, until)| {
            let at = salt.uniform(unit.as_bytes());
            from <= at && at < until
        });
        let in_namespace = self.namespace.as_ref().is_none_or(|(name, from, until)| match self.growthbook {
            true => growthbook::in_namespace(unit, name, *from, *until),
            false => {
                let at = Salt::of_name(&format!("namespace {name}")).uniform(unit.as_bytes());
                *from <= at && at < *until
            }
        });
        !held_out && in_layer && in_namespace
    }
}
