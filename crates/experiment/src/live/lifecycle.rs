//! From one state to the next. Each step makes a new document and says why it cannot where it
//! cannot; time and chance are arguments.

use pointsman_domain::{Instant, PolicyName, VariantId};

use crate::{
    randomise::{Allocation, AllocationError, Salt, rota::round_of},
    spec::{Design, ExperimentSpec, SpecError},
};

use super::{
    Epoch, Event, Frozen, FrozenPolicy, LayerRange, LiveExperiment, LookRecord, PolicyTextError, Routing, RoutingError,
    State, document::frozen_digest, policy_text,
};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Edit,
    Start,
    Pause,
    Resume,
    Reweigh,
    Stop,
    Look,
    Decide,
    Promote,
}

impl Action {
    fn words(self) -> &'static str {
        match self {
            Self::Edit => "edited",
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Reweigh => "given other weights",
            Self::Stop => "stopped",
            Self::Look => "looked at",
            Self::Decide => "decided",
            Self::Promote => "promoted",
        }
    }

    fn from(self) -> &'static [State] {
        match self {
            Self::Edit | Self::Start => &[State::Draft],
            Self::Pause | Self::Reweigh => &[State::Running],
            Self::Resume => &[State::Paused],
            Self::Stop => &[State::Running, State::Paused],
            Self::Look => &[State::Running, State::Paused, State::Stopped, State::Decided, State::Promoted],
            Self::Decide => &[State::Stopped],
            Self::Promote => &[State::Decided],
        }
    }
}

/// Why a step is not taken.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    #[error("'{id}' is {state} and cannot be {}: that is possible from {}", .action.words(), listed(.action.from()))]
    WrongState { id: pointsman_domain::ExperimentId, state: State, action: Action },
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error("variant '{variant}' names the policy '{policy}', which is not live")]
    NoPolicy { variant: VariantId, policy: PolicyName },
    #[error("variant '{variant}': {source}")]
    Change {
        variant: VariantId,
        #[source]
        source: PolicyTextError,
    },
    #[error("the variants '{0}' and '{1}' are the same policy: change one, or set aa = true to test the test itself")]
    SamePolicy(VariantId, VariantId),
    #[error("aa = true, but the variants differ: an A/A test compares a policy with itself")]
    NotAa,
    #[error(
        "the layer '{name}' has {free:.3} of its units free in one piece, {wanted:.3} are wanted: stop another test of the layer or ask for a smaller share"
    )]
    LayerFull { name: String, wanted: f64, free: f64 },
    #[error(transparent)]
    Slices(#[from] AllocationError),
    #[error(transparent)]
    Routing(#[from] RoutingError),
    #[error("{expected} weights are needed, one a variant and each at least 0, found {found}")]
    Weights { expected: usize, found: usize },
    #[error("a switchback keeps its weights: its schedule is drawn from them; stop it and start another")]
    SwitchbackWeights,
    #[error("there is no variant '{0}' in this experiment")]
    NoVariant(VariantId),
    #[error("say who does it and why: both are recorded")]
    Unsigned,
}

fn listed(states: &[State]) -> String {
    states.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a start is given.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    pub at: Instant,
    pub by: &'a str,
    pub reason: &'a str,
    pub salt: Salt,
    /// The workspace's local day, in days since 1970-01-01.
    pub local_day: i32,
    /// The text of a live policy.
    pub policy: &'a dyn Fn(&PolicyName) -> Option<String>,
    /// The other experiments, for the layer.
    pub others: &'a [LiveExperiment],
}

impl std::fmt::Debug for Start<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("at", &self.at).field("by", &self.by).finish()
    }
}

impl LiveExperiment {
    fn may(&self, action: Action) -> Result<(), LifecycleError> {
        if action.from().contains(&self.state) {
            return Ok(());
        }
        Err(LifecycleError::WrongState { id: self.id.clone(), state: self.state, action })
    }

    fn step(&self, action: Action, to: State, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        self.may(action)?;
        if by.trim().is_empty() || reason.trim().is_empty() {
            return Err(LifecycleError::Unsigned);
        }
        let mut next = self.clone();
        next.state = to;
        next.history.push(Event { at, by: by.trim().into(), to, reason: reason.trim().into() });
        Ok(next)
    }

    /// Another text of a draft.
    pub fn edit(&self, text: &str, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        let spec = ExperimentSpec::from_toml(text)?;
        let mut next = self.step(Action::Edit, State::Draft, at, by, reason)?;
        debug_assert!(spec.id == self.id);
        next.spec = text.into();
        Ok(next)
    }

    /// Freezes policies, salt and weights; the first epoch begins.
    pub fn start(&self, start: Start<'_>) -> Result<Self, LifecycleError> {
        let mut next = self.step(Action::Start, State::Running, start.at, start.by, start.reason)?;
        let spec = ExperimentSpec::from_toml(&self.spec)?;
        let policies = policies(&spec, start.policy)?;
        let digest = frozen_digest(&self.spec, start.salt, &policies);
        let layer = layer(&spec, start.others)?;
        next.frozen =
            Some(Frozen { salt: start.salt, salt_version: 1, policies, layer, first_day: start.local_day, digest });
        let weights = spec.weights();
        if matches!(spec.design, Design::Switchback { .. }) {
            round_of(&weights).map_err(RoutingError::from)?;
        }
        let slices = Allocation::new(&shares(&spec, &weights))?.slices().to_vec();
        next.epochs = vec![Epoch { number: 1, from: start.at, weights, slices }];
        Routing::compile(&next, &spec)?;
        Ok(next)
    }

    pub fn pause(&self, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        self.step(Action::Pause, State::Paused, at, by, reason)
    }

    /// A pause ends with a new epoch of the same weights.
    pub fn resume(&self, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        let mut next = self.step(Action::Resume, State::Running, at, by, reason)?;
        if let Some(last) = self.epochs.last() {
            next.epochs.push(Epoch { number: last.number + 1, from: at, ..last.clone() });
        }
        Ok(next)
    }

    /// Other weights begin a new epoch; whoever need not move does not.
    pub fn reweigh(&self, weights: &[f64], at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        let mut next = self.step(Action::Reweigh, State::Running, at, by, reason)?;
        let spec = ExperimentSpec::from_toml(&self.spec)?;
        let usable = weights.iter().all(|w| w.is_finite() && *w >= 0.0) && weights.iter().sum::<f64>() > 0.0;
        if weights.len() != spec.variants.len() || !usable {
            return Err(LifecycleError::Weights { expected: spec.variants.len(), found: weights.len() });
        }
        if matches!(spec.design, Design::Switchback { .. }) {
            return Err(LifecycleError::SwitchbackWeights);
        }
        if let Some(last) = self.epochs.last() {
            let before = Allocation::from_slices(last.slices.clone())?;
            let slices = before.reweigh(&shares(&spec, weights))?.slices().to_vec();
            next.epochs.push(Epoch { number: last.number + 1, from: at, weights: weights.to_vec(), slices });
        }
        Ok(next)
    }

    pub fn stop(&self, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        self.step(Action::Stop, State::Stopped, at, by, reason)
    }

    /// What is used from now on: a variant, the control included.
    pub fn decide(&self, winner: &VariantId, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        let mut next = self.step(Action::Decide, State::Decided, at, by, reason)?;
        let spec = ExperimentSpec::from_toml(&self.spec)?;
        if !spec.variants.iter().any(|v| v.id == *winner) {
            return Err(LifecycleError::NoVariant(winner.clone()));
        }
        next.winner = Some(winner.clone());
        Ok(next)
    }

    /// The winner became the default policy; `policy` gives its frozen text.
    pub fn promote(&self, at: Instant, by: &str, reason: &str) -> Result<Self, LifecycleError> {
        self.step(Action::Promote, State::Promoted, at, by, reason)
    }

    /// The winner's policy as it ran.
    pub fn winning_policy(&self) -> Option<&FrozenPolicy> {
        let winner = self.winner.as_ref()?;
        self.frozen.as_ref()?.policies.iter().find(|policy| policy.variant == *winner)
    }

    /// Writes a look down; the state stays.
    pub fn looked(&self, looks: impl IntoIterator<Item = LookRecord>) -> Result<Self, LifecycleError> {
        self.may(Action::Look)?;
        let mut next = self.clone();
        next.looks.extend(looks);
        Ok(next)
    }
}

fn shares(spec: &ExperimentSpec, weights: &[f64]) -> Vec<(VariantId, f64)> {
    let sum: f64 = weights.iter().sum();
    spec.variants.iter().zip(weights).map(|(v, w)| (v.id.clone(), w / sum)).collect()
}

fn policies(
    spec: &ExperimentSpec,
    policy: &dyn Fn(&PolicyName) -> Option<String>,
) -> Result<Vec<FrozenPolicy>, LifecycleError> {
    let mut frozen: Vec<FrozenPolicy> = Vec::new();
    for variant in &spec.variants {
        let missing = || LifecycleError::NoPolicy { variant: variant.id.clone(), policy: variant.policy.clone() };
        let text = policy(&variant.policy).ok_or_else(missing)?;
        let body = policy_text::changed(&text, &variant.changes)
            .map_err(|source| LifecycleError::Change { variant: variant.id.clone(), source })?;
        frozen.push(FrozenPolicy { variant: variant.id.clone(), name: variant.policy.clone(), body: body.into() });
    }
    let rules = |policy: &FrozenPolicy| rules_of(&policy.body);
    let same = |a: &FrozenPolicy, b: &FrozenPolicy| rules(a) == rules(b);
    let pairs = || frozen.iter().enumerate().flat_map(|(i, a)| frozen[i + 1..].iter().map(move |b| (a, b)));
    match spec.aa {
        true if pairs().any(|(a, b)| !same(a, b)) => Err(LifecycleError::NotAa),
        false => match pairs().find(|(a, b)| same(a, b)) {
            Some((a, b)) => Err(LifecycleError::SamePolicy(a.variant.clone(), b.variant.clone())),
            None => Ok(frozen),
        },
        true => Ok(frozen),
    }
}

/// What a policy does, without what it is called.
fn rules_of(body: &str) -> Option<toml::Table> {
    let mut table: toml::Table = toml::from_str(body).ok()?;
    table.remove("name");
    table.remove("description");
    Some(table)
}

/// The first stretch of the layer that is wide enough, or the widest where no share is asked for.
fn layer(spec: &ExperimentSpec, others: &[LiveExperiment]) -> Result<Option<LayerRange>, LifecycleError> {
    let Some(layer) = &spec.population.layer else { return Ok(None) };
    let live = others.iter().filter(|o| matches!(o.state, State::Running | State::Paused) && o.id != spec.id);
    let mut taken: Vec<(f64, f64)> = live
        .filter_map(|o| o.frozen.as_ref()?.layer.as_ref())
        .filter(|range| *range.name == *layer.name)
        .map(|range| (range.from, range.until))
        .collect();
    taken.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps = Vec::new();
    let mut from = 0.0;
    for (start, end) in taken.into_iter().chain([(1.0, 1.0)]) {
        if start > from {
            gaps.push((from, start));
        }
        from = f64::max(from, end);
    }
    let widest = gaps.iter().copied().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    let free = widest.map_or(0.0, |(from, until)| until - from);
    let found = match layer.share {
        Some(share) => {
            gaps.iter().find(|(from, until)| until - from >= share - 1e-9).map(|(from, _)| (*from, from + share))
        }
        None => widest,
    };
    match found {
        Some((from, until)) => Ok(Some(LayerRange { name: layer.name.as_str().into(), from, until: until.min(1.0) })),
        None => Err(LifecycleError::LayerFull { name: layer.name.clone(), wanted: layer.share.unwrap_or(1e-3), free }),
    }
}
