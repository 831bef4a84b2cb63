//! Which design is honest here: measured on past leads, not guessed.

use pointsman_decision::{DocumentKind, Snapshot};
use pointsman_domain::{LimitKind, Micros, RepIndex};
use pointsman_experiment::{
    advisor::{Advice, Answer, Caps, DesignKind, Observed, Observer, PastLead, advise},
    live::changed,
    plan::outlook::USUAL_DAYS,
    spec::{Design, ExperimentSpec},
};
use pointsman_expr::FieldKind;
use serde::Serialize;

use super::past::Past;

/// Advice with what it was measured on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advised {
    pub observed: Observed,
    /// The variants may give a lead to different people.
    pub uses_reps: bool,
    /// What would be switched or clustered: the specification's unit, else the field whose values
    /// share the fewest candidates, else everybody at once.
    pub unit: String,
    pub advice: Vec<Advice>,
    /// What is said of the specification's own design.
    pub design: DesignKind,
    pub answer: Answer,
    /// Who accepted the answer all the same.
    pub signed: Option<String>,
}

impl Advised {
    /// Whether the test may start: an honest design, or a signature.
    pub fn may_start(&self) -> bool {
        !self.answer.is_refusal() || self.signed.is_some()
    }
}

/// Units with more values than this are no groups that one switches.
const MOST_VALUES: usize = 200;

/// Measures the past and judges every design for this specification.
pub fn advise_on(past: &Past, snapshot: &Snapshot, spec: &ExperimentSpec) -> Advised {
    let (unit, observed) = match &spec.design {
        Design::Switchback { unit, .. } | Design::Cluster { unit } => (unit.clone(), observe(past, snapshot, unit)),
        Design::Lead | Design::BudgetSplit => best_unit(past, snapshot),
    };
    let uses_reps = uses_reps(snapshot, spec);
    let days = spec.horizon.days.unwrap_or(USUAL_DAYS);
    let period = match spec.design {
        Design::Switchback { period, .. } => period,
        _ => Micros::DAY,
    };
    let periods = (days * Micros::DAY.0 as f64 / period.0.max(1) as f64) as u32;
    let advice = advise(&observed.situation(uses_reps, periods));
    let design = DesignKind::from(&spec.design);
    let answer = advice.iter().find(|a| a.design == design).map_or(Answer::Possible, |a| a.answer);
    Advised { observed, uses_reps, unit, advice, design, answer, signed: spec.signed.clone() }
}

/// Observes past leads with one unit.
fn observe(past: &Past, snapshot: &Snapshot, unit: &str) -> Observed {
    let mut observer = Observer::default();
    let number = |rep: &str| snapshot.roster.rep(rep).map(|index| index.0);
    for past_lead in &past.leads {
        let lead = &past_lead.lead;
        let key = unit_value(lead, unit);
        let owned = lead.owner.as_deref().and_then(number).zip(lead.owned_at);
        let (candidates, closed_at) = (past_lead.candidates.as_slice(), past_lead.closed_at);
        observer.push(&PastLead { unit: key.as_deref(), candidates, owned, closed_at });
    }
    observer.finish(&caps(snapshot), past.from, past.until)
}

/// A lead's value of a unit: one field or several, or everybody.
pub fn unit_value(lead: &pointsman_experiment::live::ExposedLead, unit: &str) -> Option<String> {
    if unit.trim() == pointsman_decision::trial::EVERYBODY {
        return Some(unit.trim().to_owned());
    }
    let parts: Option<Vec<&str>> =
        unit.split(',').map(|name| lead.attributes.get(name.trim()).map(|text| &**text)).collect();
    Some(parts?.join(" / "))
}

/// The choice, country or language whose values share the fewest candidates.
fn best_unit(past: &Past, snapshot: &Snapshot) -> (String, Observed) {
    let kinds = [FieldKind::Choice, FieldKind::Country, FieldKind::Language];
    let fields = snapshot.environment.fields().iter();
    let fields = fields.filter(|f| kinds.contains(&f.kind) && !f.name.starts_with("time."));
    let everybody = pointsman_decision::trial::EVERYBODY;
    let mut best = (everybody.to_owned(), observe(past, snapshot, everybody));
    for field in fields {
        let observed = observe(past, snapshot, &field.name);
        let groups = 2..=MOST_VALUES;
        let apart = observed.shared_candidates <= 0.05;
        if groups.contains(&(observed.units as usize)) && apart && observed.units > best.1.units {
            best = (field.name.to_string(), observed);
        }
    }
    best
}

fn caps(snapshot: &Snapshot) -> Vec<Caps> {
    let of = |rep: RepIndex| {
        let mut caps = Caps::default();
        let least = |a: Option<u32>, b: u32| Some(a.map_or(b, |a| a.min(b)));
        for (limit, cap) in snapshot.roster.limits.iter().zip(&snapshot.roster.rep_at(rep).caps) {
            let (Some(cap), true) = (*cap, limit.when.is_none()) else { continue };
            match limit.kind {
                LimitKind::Open => caps.open = least(caps.open, cap),
                LimitKind::PerDay => caps.daily = least(caps.daily, cap),
                LimitKind::PerWeek => caps.daily = least(caps.daily, cap.div_ceil(5)),
                LimitKind::PerMonth => caps.daily = least(caps.daily, cap.div_ceil(21)),
            }
        }
        caps
    };
    (0..snapshot.roster.reps.len() as u32).map(|rep| of(RepIndex(rep))).collect()
}

/// Whether the variants may give a lead to different people, or at different times: anything but
/// a promise (`sla`) or a description.
fn uses_reps(snapshot: &Snapshot, spec: &ExperimentSpec) -> bool {
    let what_it_does = |variant: &pointsman_experiment::spec::Variant| {
        let body = snapshot.documents.get(DocumentKind::Policy, variant.policy.as_str())?;
        let text = changed(std::str::from_utf8(body).ok()?, &variant.changes).ok()?;
        let mut table: toml::Table = toml::from_str(&text).ok()?;
        table.remove("name");
        table.remove("description");
        for rule in table.get_mut("rule").and_then(toml::Value::as_array_mut).into_iter().flatten() {
            rule.as_table_mut().map(|rule| rule.remove("sla"));
        }
        Some(table)
    };
    let mut policies = spec.variants.iter().map(what_it_does);
    let first = policies.next().flatten();
    first.is_none() || policies.any(|policy| policy != first)
}

/// Why a test may not start, in words, and what would.
pub fn refusal(advised: &Advised) -> String {
    let why = match advised.answer {
        Answer::SharedReps { utilisation } => format!(
            "a {} test of a rule that chooses reps is biased: both variants draw on the same reps ({:.0} % used), so what one wins the other loses",
            word(advised.design),
            100.0 * utilisation
        ),
        Answer::OverlappingUnits { share } => format!(
            "units of '{}' have {:.0} % of their candidates in common, so one unit's variant reaches into the next",
            advised.unit,
            100.0 * share
        ),
        Answer::TooFewGroups { found, needed } => {
            format!("{found} groups are too few for a standard error: at least {needed} are needed")
        }
        Answer::TimeIsNotSplit => {
            "what is scarce is the reps' time, and dividing their caps does not divide it".to_owned()
        }
        Answer::Recommended | Answer::Possible => return "the design is honest".to_owned(),
    };
    let best = advised.advice.iter().find(|a| a.answer == Answer::Recommended);
    let instead = match best.map(|a| a.design) {
        Some(DesignKind::Switchback) => format!("use a switchback of '{}'", advised.unit),
        Some(other) => format!("use a {} design", word(other)),
        None => "no design is honest here; the least bad is a switchback of 'all'".to_owned(),
    };
    format!("{why}; {instead}, or sign for the biased answer with design.signed = \"NAME\"")
}

fn word(design: DesignKind) -> &'static str {
    match design {
        DesignKind::Lead => "lead-level",
        DesignKind::Switchback => "switchback",
        DesignKind::BudgetSplit => "budget-split",
        DesignKind::Cluster => "cluster",
    }
}
