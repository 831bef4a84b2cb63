//! Running experiments in the snapshot: which variant's policy decides a lead, and what is kept of
//! that.

use std::collections::BTreeMap;

use pointsman_assign::Partition;
use pointsman_domain::{ExperimentId, Instant, VariantId};
use pointsman_experiment::{
    live::{LiveExperiment, Routing, State},
    randomise::{LocalTime, Phase},
    spec::{Design, ExperimentSpec},
};
use pointsman_expr::{Condition, Environment, Field, FieldKind, Row};
use pointsman_rules::{Policy, Roster, Territory};
use pointsman_workhours::Zone;
use serde::{Deserialize, Serialize};

use crate::document::{DocumentKind, DocumentSet};
use crate::facts::{Exposed, Facts};

/// A running experiment, compiled.
#[derive(Debug, Clone)]
pub struct Trial {
    pub live: LiveExperiment,
    pub spec: ExperimentSpec,
    pub routing: Routing,
    segment: Option<Condition>,
    unit: UnitKey,
    /// Per variant, its place among the snapshot's policies.
    policies: Vec<usize>,
}

/// What names the unit that is randomised.
#[derive(Debug, Clone)]
enum UnitKey {
    /// The account, else the contact, else the lead.
    Lead,
    /// Everybody at once.
    All,
    Fields(Vec<Field>),
}

/// The unit that is everybody: a company whose teams share reps can only switch as a whole.
pub const EVERYBODY: &str = "all";

/// What a lead gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Which of the snapshot's trials.
    pub trial: usize,
    pub variant: usize,
    pub policy: usize,
    /// What was randomised.
    pub unit: Box<str>,
    pub partition: Partition,
    pub exposed: Exposed,
}

/// The part of an experiment in one decision, for whoever asks why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedTrial {
    pub experiment: ExperimentId,
    pub hypothesis: String,
    /// lead, switchback, budget_split or cluster.
    pub design: Box<str>,
    pub variant: VariantId,
    pub epoch: u32,
    pub propensity: f64,
    pub unit: Box<str>,
    pub salt_version: u32,
    /// In a switchback: the period's number since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// False in a switchback's burn-in and burn-out.
    pub counted: bool,
}

/// The word for a design.
pub fn design_word(design: &Design) -> &'static str {
    match design {
        Design::Lead => "lead",
        Design::Switchback { .. } => "switchback",
        Design::BudgetSplit => "budget_split",
        Design::Cluster { .. } => "cluster",
    }
}

impl Trial {
    /// Compiles the running experiments among the documents; their policies are added to `policies`.
    /// A fault names the document.
    pub fn compile_all(
        documents: &DocumentSet,
        roster: &Roster,
        territories: &[Territory],
        environment: &Environment,
        default_pick: pointsman_domain::Pick,
        policies: &mut Vec<Policy>,
        fault: &mut dyn FnMut(&str, String),
    ) -> Vec<Self> {
        let mut trials = Vec::new();
        for (name, body) in documents.of(DocumentKind::Experiment) {
            match LiveExperiment::read(body) {
                Ok((live, _)) if live.id.as_str() != name => fault(name, format!("says id = '{}' inside", live.id)),
                Ok((live, spec)) if live.state == State::Running => {
                    let compiled = compile(live, spec, roster, territories, environment, default_pick, policies);
                    match compiled {
                        Ok(trial) => trials.push(trial),
                        Err(message) => fault(name, message),
                    }
                }
                Ok(_) => {}
                Err(error) => fault(name, error.to_string()),
            }
        }
        trials
    }

    /// Its variant's place by name.
    fn variant(&self, id: &VariantId) -> Option<usize> {
        self.spec.variants.iter().position(|v| v.id == *id)
    }

    /// The key of what is randomised; `None` when the lead lacks a field that names it.
    fn unit_of(&self, facts: &Facts, environment: &Environment, row: &Row) -> Option<Box<str>> {
        match &self.unit {
            UnitKey::Lead => Some(facts.unit().into()),
            UnitKey::All => Some(EVERYBODY.into()),
            UnitKey::Fields(fields) => {
                let texts: Option<Vec<String>> = fields.iter().map(|field| text_of(*field, environment, row)).collect();
                Some(texts?.join(" / ").into())
            }
        }
    }

    fn switches(&self) -> bool {
        matches!(self.spec.design, Design::Switchback { .. })
    }
}

/// Checks what an experiment says about leads against the schema: its segment and its unit.
pub fn check(spec: &ExperimentSpec, environment: &Environment) -> Vec<String> {
    let segment = spec.segment.as_ref().map(|text| environment.compile(text));
    let segment = segment.and_then(Result::err).map(|error| format!("segment: {error}"));
    segment.into_iter().chain(unit_fields(&spec.design, environment).err()).collect()
}

fn compile(
    live: LiveExperiment,
    spec: ExperimentSpec,
    roster: &Roster,
    territories: &[Territory],
    environment: &Environment,
    default_pick: pointsman_domain::Pick,
    policies: &mut Vec<Policy>,
) -> Result<Trial, String> {
    let routing = Routing::compile(&live, &spec).map_err(|e| e.to_string())?;
    let segment = spec.segment.as_ref().map(|text| environment.compile(text)).transpose();
    let segment = segment.map_err(|e| format!("segment: {e}"))?;
    let unit = unit_fields(&spec.design, environment)?;
    let mut places = Vec::new();
    for frozen in live.frozen.iter().flat_map(|frozen| &frozen.policies) {
        let policy = Policy::parse(&frozen.body, roster, territories, environment, default_pick);
        let policy = policy.map_err(|e| format!("the policy of variant '{}': {e}", frozen.variant))?;
        places.push(policies.len());
        policies.push(policy);
    }
    Ok(Trial { live, spec, routing, segment, unit, policies: places })
}

/// The fields of a unit, `lead.region` or `lead.region, lead.product`: known before routing, and
/// never a rep.
fn unit_fields(design: &Design, environment: &Environment) -> Result<UnitKey, String> {
    let (Design::Switchback { unit, .. } | Design::Cluster { unit }) = design else { return Ok(UnitKey::Lead) };
    if unit.trim() == EVERYBODY {
        return Ok(UnitKey::All);
    }
    let mut fields = Vec::new();
    for name in unit.split(',').map(str::trim) {
        let field = environment.field(name).map_err(|e| format!("design.unit: {e}"))?;
        let info = environment.info(field);
        let refused = match info.kind {
            FieldKind::Rep => Some("names a rep, whom routing decides"),
            FieldKind::Number | FieldKind::Money | FieldKind::List => Some("has no small number of values"),
            _ if info.name.starts_with("time.") => Some("is time, which the periods already are"),
            _ => None,
        };
        if let Some(why) = refused {
            return Err(format!("design.unit: '{name}' {why}: name for example a region, a product or a territory"));
        }
        fields.push(field);
    }
    Ok(UnitKey::Fields(fields))
}

/// A field's value as a reader would write it.
fn text_of(field: Field, environment: &Environment, row: &Row) -> Option<String> {
    use pointsman_domain::Value;
    let info = environment.info(field);
    Some(match row.value(info)? {
        Value::Choice(index) => info.words.get(usize::from(index))?.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Date(days) => days.to_string(),
        Value::Number(_) | Value::Money(_) | Value::List(_) => return None,
    })
}

/// An instant in the workspace's zone.
pub fn local_time(zone: &Zone, at: Instant) -> LocalTime {
    LocalTime { day: zone.local_day(at), minute: zone.local_minute_of_day(at) }
}

/// Which experiment a lead is in, and with which variant. `row` holds the lead's fields, `zone` is
/// the workspace's.
pub fn draw(
    trials: &[Trial],
    environment: &Environment,
    facts: &Facts,
    (zone, now): (&Zone, Instant),
    row: &Row,
) -> Option<Drawn> {
    if trials.is_empty() {
        return None;
    }
    let at = local_time(zone, now);
    let before = facts.routing.variant.as_ref();
    for (index, trial) in trials.iter().enumerate() {
        let kept = before.filter(|exposed| exposed.experiment == trial.live.id);
        let unit = trial.unit_of(facts, environment, row);
        // The variant of the first exposure stays with the lead, unless the period says which runs.
        if let Some((exposed, variant)) =
            kept.filter(|_| !trial.switches()).and_then(|e| Some((e, trial.variant(&e.variant)?)))
        {
            return Some(drawn(index, trial, variant, unit.unwrap_or_default(), exposed.clone()));
        }
        // A lead that was first decided outside of a test does not enter it later; but where a
        // period runs, it runs for everybody.
        let enters = facts.routing.first_decided.is_none() || trial.switches();
        let Some(unit) = unit.filter(|_| enters) else { continue };
        if trial.segment.as_ref().is_some_and(|segment| !segment.eval(row)) {
            continue;
        }
        if let Some(assigned) = trial.routing.choose(&unit, at) {
            let exposed = Exposed {
                experiment: trial.live.id.clone(),
                variant: trial.spec.variants[assigned.variant].id.clone(),
                epoch: trial.routing.epoch(),
                propensity: assigned.propensity,
            };
            return Some(drawn(index, trial, assigned.variant, unit, exposed));
        }
    }
    None
}

fn drawn(index: usize, trial: &Trial, variant: usize, unit: Box<str>, exposed: Exposed) -> Drawn {
    let partition = match trial.spec.design {
        Design::BudgetSplit => Partition(variant as u8 + 1),
        _ => Partition::default(),
    };
    Drawn { trial: index, variant, policy: trial.policies[variant], unit, partition, exposed }
}

/// What an explanation says of the experiment.
pub fn explained(trial: &Trial, drawn: &Drawn, at: LocalTime) -> ExplainedTrial {
    let period = trial.routing.period(at);
    ExplainedTrial {
        experiment: drawn.exposed.experiment.clone(),
        hypothesis: trial.spec.hypothesis.clone(),
        design: design_word(&trial.spec.design).into(),
        variant: drawn.exposed.variant.clone(),
        epoch: drawn.exposed.epoch,
        propensity: drawn.exposed.propensity,
        unit: drawn.unit.clone(),
        salt_version: trial.live.frozen.as_ref().map_or(1, |frozen| frozen.salt_version),
        period: period.map(|(period, _)| period.0),
        counted: period.is_none_or(|(_, phase)| phase == Phase::Counted),
    }
}

/// A lead's attributes by their names in conditions, as a reader would write them: for segments
/// and covariates of an analysis.
pub fn attribute_texts(
    environment: &Environment,
    attributes: &pointsman_domain::Values,
) -> BTreeMap<Box<str>, Box<str>> {
    let mut row = environment.row();
    row.take(attributes);
    let named = environment.fields().iter().filter(|info| matches!(info.field, Field::Attribute(_)));
    let text = |info: &pointsman_expr::FieldInfo| {
        let text = match row.value(info)? {
            pointsman_domain::Value::Number(x) => x.to_string(),
            pointsman_domain::Value::Money(m) => m.minor_units().to_string(),
            _ => text_of(info.field, environment, &row)?,
        };
        Some((info.name.clone(), text.into()))
    };
    named.filter_map(text).collect()
}
