//! From the file to the checked form.

use std::fmt;

use pointsman_domain::{ExperimentId, IdError, Micros, PolicyName, VariantId};

use crate::stats::{bayes::Better, effect::Scale, group_sequential::Spending, lift::LiftMethod, winsor::CapOf};

use super::{
    Analysis, AnalysisId, Change, ColumnName, DataColumns, Design, ExperimentSpec, HashMode, Horizon, Layer, Margin,
    Method, Metric, MetricId, MetricKind, Namespace, Population, Role, Variant, adaptive,
    file::{AnalysisFile, DataFile, DesignFile, HorizonFile, MetricFile, PopulationFile, SpecFile, VariantFile},
};

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// For example `metrics[2].denominator`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// Why an experiment file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    #[error("the experiment file cannot be read")]
    Syntax(#[source] toml::de::Error),
    #[error("the experiment file has {} wrong fields:{}", .0.len(), Listed(.0))]
    Invalid(Vec<FieldProblem>),
}

struct Listed<'a>(&'a [FieldProblem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|p| write!(f, "\n  {}: {}", p.field, p.problem))
    }
}

/// Collects problems, so that an author sees all of them at once.
#[derive(Default)]
pub(super) struct Problems(Vec<FieldProblem>);

impl Problems {
    pub(super) fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(FieldProblem { field: field.into(), problem: problem.into() });
    }

    fn keep<T>(&mut self, field: impl Into<String>, value: Result<T, IdError>) -> Option<T> {
        value.map_err(|e| self.add(field, e.to_string())).ok()
    }

    pub(super) fn unless(&mut self, fits: bool, field: &str, problem: &str) {
        if !fits {
            self.add(field, problem);
        }
    }

    fn column(&mut self, field: &str, name: Option<&str>) -> Option<ColumnName> {
        match name {
            Some(name) => self.keep(field, ColumnName::new(name)),
            None => {
                self.add(field, "is missing: name the table's column");
                None
            }
        }
    }
}

pub fn checked(file: &SpecFile) -> Result<ExperimentSpec, SpecError> {
    let mut problems = Problems::default();
    problems.unless(file.format == Some(1), "format", "expected `format = 1`");
    let id = problems.keep("id", ExperimentId::new(file.id.as_deref().unwrap_or_default()));
    let (alpha, power) = (file.alpha.unwrap_or(0.05), file.power.unwrap_or(0.8));
    problems.unless(alpha > 0.0 && alpha < 0.5, "alpha", "expected a number between 0 and 0.5, usually 0.05");
    problems.unless(power > 0.5 && power < 1.0, "power", "expected a number between 0.5 and 1, usually 0.8");
    let maturity_days = file.maturity_days.unwrap_or(0.0);
    problems.unless((0.0..=3650.0).contains(&maturity_days), "maturity_days", "expected 0 to 3650 days");
    let design = design(file.design.as_ref(), &mut problems);
    let variants = variants(file, &mut problems);
    let control = match &file.control {
        None => 0,
        Some(name) => file.variants.iter().position(|v| v.id == *name).unwrap_or_else(|| {
            problems.add("control", format!("'{name}' is not a variant of this experiment"));
            0
        }),
    };
    let metrics = metrics(file, &mut problems);
    let mut analyses = analyses(file, &metrics, &mut problems);
    let horizon = horizon(file.horizon.as_ref(), &mut problems);
    let data = data(file.data.as_ref(), &mut problems);
    let adaptive = adaptive::adaptive(file, design.as_ref(), horizon.as_ref(), &metrics, &mut problems);
    if let (Some(_), Some(data)) = (adaptive, &data) {
        adaptive::weigh(&mut analyses, data, &mut problems);
    }
    let population = population(file.population.as_ref(), &mut problems);
    let hash = hash(file.hash.as_deref(), &mut problems);
    match (id, design, horizon, data) {
        (Some(id), Some(design), Some(horizon), Some(data)) if problems.0.is_empty() => Ok(ExperimentSpec {
            id,
            hypothesis: file.hypothesis.clone(),
            owner: file.owner.clone(),
            segment: file.segment.clone(),
            design,
            variants,
            control,
            metrics,
            analyses,
            horizon,
            alpha,
            power,
            maturity: Micros((maturity_days * Micros::DAY.0 as f64) as i64),
            data,
            population,
            hash,
            adaptive,
            aa: file.aa == Some(true),
            signed: file.design.as_ref().and_then(|d| d.signed.clone()).filter(|name| !name.trim().is_empty()),
        }),
        _ => Err(SpecError::Invalid(problems.0)),
    }
}

fn design(file: Option<&DesignFile>, problems: &mut Problems) -> Option<Design> {
    let Some(file) = file else {
        problems.add(
            "design",
            "is missing: add [design] with kind = \"lead\", \"switchback\", \"budget-split\" or \"cluster\"",
        );
        return None;
    };
    let minutes = |m: Option<f64>| Micros((m.unwrap_or(0.0).max(0.0) * Micros::MINUTE.0 as f64) as i64);
    let unit = |problems: &mut Problems| {
        file.unit.clone().or_else(|| {
            problems.add(
                "design.unit",
                "is missing: an expression over facts known before routing, for example \"territory\"",
            );
            None
        })
    };
    match file.kind.as_str() {
        "lead" => Some(Design::Lead),
        "budget-split" => Some(Design::BudgetSplit),
        "cluster" => Some(Design::Cluster { unit: unit(problems)? }),
        "switchback" => {
            let (period, burn_in, burn_out) =
                (minutes(file.period_minutes), minutes(file.burn_in_minutes), minutes(file.burn_out_minutes));
            problems.unless(period.0 > 0, "design.period_minutes", "is missing: for example 60, or 1440 for days");
            problems.unless(
                burn_in.0 + burn_out.0 < period.0.max(1),
                "design.burn_in_minutes",
                "burn-in and burn-out leave nothing of the period",
            );
            Some(Design::Switchback { unit: unit(problems)?, period, burn_in, burn_out })
        }
        other => {
            problems.add(
                "design.kind",
                format!("'{other}' is not a design: expected lead, switchback, budget-split or cluster"),
            );
            None
        }
    }
}

fn variants(file: &SpecFile, problems: &mut Problems) -> Vec<Variant> {
    problems.unless(file.variants.len() >= 2, "variants", "an experiment needs at least two [[variants]]");
    problems.unless(file.variants.len() <= 100, "variants", "more than 100 variants cannot be told apart");
    let mut result: Vec<Variant> = Vec::new();
    for (i, v) in file.variants.iter().enumerate() {
        let id = problems.keep(format!("variants[{i}].id"), VariantId::new(&v.id));
        let policy = problems.keep(format!("variants[{i}].policy"), PolicyName::new(&v.policy));
        let weight = v.weight.is_finite() && v.weight >= 0.0;
        problems.unless(weight, &format!("variants[{i}].weight"), "expected a number of at least 0");
        let value = v.value.clone().unwrap_or_else(|| v.id.clone());
        problems.unless(
            !result.iter().any(|other| other.value == value || other.id.as_str() == v.id),
            &format!("variants[{i}].id"),
            "is listed twice",
        );
        if let (Some(id), Some(policy)) = (id, policy) {
            let changes = changes(i, v, problems);
            result.push(Variant { id, policy, weight: v.weight, value, changes });
        }
    }
    let weighted = file.variants.iter().filter(|v| v.weight > 0.0).count();
    problems.unless(
        weighted >= 2 || file.variants.len() < 2,
        "variants",
        "at least two variants need a weight above 0",
    );
    result
}

fn changes(variant: usize, file: &VariantFile, problems: &mut Problems) -> Vec<Change> {
    let mut changes = Vec::new();
    for (i, change) in file.change.iter().enumerate() {
        let field = format!("variants[{variant}].change[{i}]");
        let edits = !change.set.is_empty() || !change.unset.is_empty();
        problems.unless(edits != change.drop, &field, "expected either `set` and `unset`, or `drop = true`");
        problems.unless(!change.set.contains_key("id"), &field, "a rule keeps its id: other tests and reports name it");
        let (rule, set, unset) = (change.rule.clone(), change.set.clone(), change.unset.clone());
        changes.push(Change { rule, set, unset, drop: change.drop });
    }
    changes
}

fn population(file: Option<&PopulationFile>, problems: &mut Problems) -> Population {
    let Some(file) = file else { return Population::default() };
    let inside = |x: f64| x > 0.0 && x <= 1.0;
    problems.unless(file.share.is_none_or(inside), "population.share", "expected a share above 0, at most 1");
    problems.unless(
        file.share.is_none() || file.layer.is_some(),
        "population.share",
        "is a share of a layer: name the layer",
    );
    let holdout = file.holdout.unwrap_or(0.0);
    problems.unless((0.0..=0.5).contains(&holdout), "population.holdout", "expected 0 to 0.5, usually 0.05");
    if let Some(n) = &file.namespace {
        let fits = 0.0 <= n.from && n.from < n.until && n.until <= 1.0 && !n.name.is_empty();
        problems.unless(fits, "population.namespace", "expected a name and 0 <= from < until <= 1");
    }
    let layer = file.layer.clone().map(|name| Layer { name, share: file.share });
    problems.unless(
        layer.as_ref().is_none_or(|l| !l.name.trim().is_empty()),
        "population.layer",
        "is empty: name the layer, for example \"routing\"",
    );
    let namespace = file.namespace.as_ref().map(|n| Namespace { name: n.name.clone(), from: n.from, until: n.until });
    Population { layer, holdout, namespace }
}

fn hash(text: Option<&str>, problems: &mut Problems) -> HashMode {
    match text {
        None | Some("pointsman") => HashMode::Pointsman,
        Some("growthbook-v2") => HashMode::GrowthbookV2,
        Some(other) => {
            problems.add("hash", format!("'{other}' is not known: expected pointsman or growthbook-v2"));
            HashMode::Pointsman
        }
    }
}

fn metrics(file: &SpecFile, problems: &mut Problems) -> Vec<Metric> {
    problems.unless(!file.metrics.is_empty(), "metrics", "add at least one [[metrics]]");
    let decisions = file.metrics.iter().filter(|m| m.role == Some(Role::Decision)).count();
    problems.unless(decisions >= 1 || file.metrics.is_empty(), "metrics", "one metric needs role = \"decision\"");
    let mut seen: Vec<&str> = Vec::new();
    let mut result = Vec::new();
    for (i, m) in file.metrics.iter().enumerate() {
        problems.unless(!seen.contains(&m.id.as_str()), &format!("metrics[{i}].id"), "is listed twice");
        seen.push(&m.id);
        let id = problems.keep(format!("metrics[{i}].id"), MetricId::new(&m.id));
        let kind = metric_kind(i, m, problems);
        let role = m.role.unwrap_or(Role::Exploratory);
        let field = format!("metrics[{i}].margin");
        problems.unless(
            role != Role::Guardrail || m.margin.is_some(),
            &field,
            "is missing: the worst change a guardrail accepts, for example 0.02",
        );
        problems.unless(
            m.margin.is_none_or(|x| x > 0.0 && x.is_finite()),
            &field,
            "expected a positive size; `better` says the direction",
        );
        let margin = m.margin.map(|size| Margin { size, scale: m.margin_scale.unwrap_or(Scale::Relative) });
        if let (Some(id), Some(kind)) = (id, kind) {
            result.push(Metric { id, kind, role, better: m.better.unwrap_or(Better::Higher), margin });
        }
    }
    result
}

fn metric_kind(i: usize, m: &MetricFile, problems: &mut Problems) -> Option<MetricKind> {
    let field = |name: &str| format!("metrics[{i}].{name}");
    let column = problems.column(&field("column"), Some(&m.column))?;
    match m.kind.as_str() {
        "binary" => Some(MetricKind::Binary { column }),
        "mean" => Some(MetricKind::Mean { column }),
        "ratio" => Some(MetricKind::Ratio {
            numerator: column,
            denominator: problems.column(&field("denominator"), m.denominator.as_deref())?,
        }),
        "time-to-event" => {
            Some(MetricKind::TimeToEvent { time: column, event: problems.column(&field("event"), m.event.as_deref())? })
        }
        other => {
            problems
                .add(field("kind"), format!("'{other}' is not a kind: expected binary, mean, ratio or time-to-event"));
            None
        }
    }
}

fn analyses(file: &SpecFile, metrics: &[Metric], problems: &mut Problems) -> Vec<Analysis> {
    if file.analyses.is_empty() {
        return metrics.iter().enumerate().filter_map(|(i, m)| default_analysis(i, m)).collect();
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut result = Vec::new();
    for (i, a) in file.analyses.iter().enumerate() {
        problems.unless(!seen.contains(&a.id.as_str()), &format!("analyses[{i}].id"), "is listed twice");
        seen.push(&a.id);
        let id = problems.keep(format!("analyses[{i}].id"), AnalysisId::new(&a.id));
        let Some(metric) = metrics.iter().position(|m| m.id.as_str() == a.metric) else {
            problems.add(format!("analyses[{i}].metric"), format!("'{}' is not a metric of this experiment", a.metric));
            continue;
        };
        let method = method(i, a, &metrics[metric].kind, problems);
        if let (Some(id), Some(method)) = (id, method) {
            result.push(Analysis { id, metric, method });
        }
    }
    for (i, metric) in metrics.iter().enumerate().filter(|(_, m)| m.role != Role::Exploratory) {
        let decided = result.iter().any(|a| a.metric == i && decides(&a.method));
        problems.unless(
            decided || result.is_empty(),
            "analyses",
            &format!("the metric '{}' decides, so it needs an analysis with an interval (lift, covariate, cluster or stratify)", metric.id),
        );
    }
    result
}

/// Whether an analysis gives the effect and interval that a verdict reads.
fn decides(method: &Method) -> bool {
    matches!(
        method,
        Method::Difference { .. }
            | Method::Adjusted { .. }
            | Method::Clustered { .. }
            | Method::Stratified { .. }
            | Method::Winsorised { .. }
            | Method::Periods { .. }
            | Method::Paired { .. }
            | Method::Weighted { .. }
            | Method::Survival { .. }
    )
}

/// Without [[analyses]]: the plain difference, or the curves.
fn default_analysis(index: usize, metric: &Metric) -> Option<Analysis> {
    let method = match metric.kind {
        MetricKind::TimeToEvent { .. } => return None,
        _ => Method::Difference { lift: LiftMethod::Delta },
    };
    Some(Analysis { id: AnalysisId::new(metric.id.as_str()).ok()?, metric: index, method })
}

fn method(i: usize, a: &AnalysisFile, kind: &MetricKind, problems: &mut Problems) -> Option<Method> {
    let field = |name: &str| format!("analyses[{i}].{name}");
    let given: Vec<&str> = [
        ("covariate", a.covariate.is_some()),
        ("cluster", a.cluster.is_some()),
        ("stratify", a.stratify.is_some()),
        ("quantiles", a.quantiles.is_some()),
        ("survival", a.survival.is_some()),
        ("ranks", a.ranks == Some(true)),
        ("winsorise", a.winsorise.is_some()),
        ("periods", a.periods.is_some()),
        ("paired", a.paired.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is)| is.then_some(name))
    .collect();
    if let [first, second, ..] = given.as_slice() {
        problems.add(field(second), format!("cannot be combined with {first}: list two analyses of the metric"));
        return None;
    }
    let ratio = matches!(kind, MetricKind::Ratio { .. });
    let timed = matches!(kind, MetricKind::TimeToEvent { .. });
    if let Some(first) = given.first() {
        problems.unless(!ratio, &field(first), "a ratio metric has only lift");
        problems.unless(
            timed == (*first == "survival"),
            &field(first),
            "survival belongs to time-to-event metrics, and only survival does",
        );
    } else {
        problems.unless(
            !timed,
            &field("survival"),
            "is missing: a time-to-event metric needs survival = { restrict = … }",
        );
    }
    let lift = a.lift.unwrap_or(LiftMethod::Delta);
    let column = |name: &str, text: &str, problems: &mut Problems| problems.column(&field(name), Some(text));
    Some(match given.first().copied() {
        None => Method::Difference { lift },
        Some("covariate") => {
            Method::Adjusted { covariate: column("covariate", a.covariate.as_ref()?, problems)?, lift }
        }
        Some("cluster") => Method::Clustered { by: column("cluster", a.cluster.as_ref()?, problems)? },
        Some("stratify") => Method::Stratified { by: column("stratify", a.stratify.as_ref()?, problems)? },
        Some("paired") => Method::Paired { by: column("paired", a.paired.as_ref()?, problems)? },
        Some("periods") => {
            let periods = a.periods.as_ref()?;
            Method::Periods { by: column("periods.by", &periods.by, problems)?, lag: periods.lag.unwrap_or(1) }
        }
        Some("quantiles") => {
            let levels = a.quantiles.clone()?;
            let inside = !levels.is_empty() && levels.iter().all(|q| *q > 0.0 && *q < 1.0);
            problems.unless(inside, &field("quantiles"), "expected numbers between 0 and 1, for example [0.5, 0.9]");
            Method::Quantiles { levels }
        }
        Some("survival") => {
            let restrict = a.survival.as_ref()?.restrict;
            problems.unless(
                restrict > 0.0 && restrict.is_finite(),
                &field("survival.restrict"),
                "expected a positive time",
            );
            Method::Survival { restrict }
        }
        Some("winsorise") => {
            let cut = a.winsorise.as_ref()?;
            problems.unless(
                cut.percentile > 0.0 && cut.percentile <= 1.0,
                &field("winsorise.percentile"),
                "expected a number between 0 and 1, for example 0.99",
            );
            Method::Winsorised { percentile: cut.percentile, of: cut.of.unwrap_or(CapOf::All) }
        }
        _ => Method::Ranks,
    })
}

fn horizon(file: Option<&HorizonFile>, problems: &mut Problems) -> Option<Horizon> {
    let Some(file) = file else {
        return Some(Horizon { start: None, days: None, units: None, looks: 1, spending: Spending::ObrienFleming });
    };
    let start = match file.start.as_deref().map(str::parse) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(e)) => {
            let e: pointsman_domain::time::InstantError = e;
            problems.add("horizon.start", e.to_string());
            None
        }
    };
    let looks = file.looks.unwrap_or(1);
    problems.unless((1..=200).contains(&looks), "horizon.looks", "expected 1 to 200");
    problems.unless(file.units != Some(0), "horizon.units", "expected a positive number");
    problems.unless(
        file.days.is_none_or(|d| d > 0.0 && d < 3650.0),
        "horizon.days",
        "expected a positive number of days",
    );
    let spending = match file.spending.as_deref() {
        None | Some("obrien-fleming") => Spending::ObrienFleming,
        Some("pocock") => Spending::Pocock,
        Some(other) => match other.strip_prefix("power-").and_then(|k| k.parse::<f64>().ok()) {
            Some(k) if k > 0.0 && k < 100.0 => Spending::Power(k),
            _ => {
                problems.add(
                    "horizon.spending",
                    format!("'{other}' is not a spending function: expected obrien-fleming, pocock or power-2"),
                );
                return None;
            }
        },
    };
    Some(Horizon { start, days: file.days, units: file.units, looks, spending })
}

fn data(file: Option<&DataFile>, problems: &mut Problems) -> Option<DataColumns> {
    let empty = DataFile {
        variant: "variant".into(),
        unit: None,
        matured: None,
        epoch: None,
        propensity: None,
        counted: None,
        exposed_at: None,
        outcome_at: None,
    };
    let file = file.unwrap_or(&empty);
    let mut optional = |field: &str, name: Option<&String>| match name {
        None => None,
        Some(name) => problems.column(field, Some(name)),
    };
    let unit = optional("data.unit", file.unit.as_ref());
    let matured = optional("data.matured", file.matured.as_ref());
    let epoch = optional("data.epoch", file.epoch.as_ref());
    let propensity = optional("data.propensity", file.propensity.as_ref());
    let counted = optional("data.counted", file.counted.as_ref());
    let exposed_at = optional("data.exposed_at", file.exposed_at.as_ref());
    let outcome_at = optional("data.outcome_at", file.outcome_at.as_ref());
    Some(DataColumns {
        variant: problems.column("data.variant", Some(&file.variant))?,
        unit,
        matured,
        epoch,
        propensity,
        counted,
        exposed_at,
        outcome_at,
    })
}
