//! The rooms that decide in earnest, driven by the oracle's plain words.

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_assign::{Binding, Change, Ledger, Load, Posted, price::PriceBook};
use pointsman_decision::{
    Decided, DocumentKind, DocumentSet, Explanation, Facts, Hold, LeadFacts, Outcome, Replay, Scratch, Snapshot,
    Ticket, decide, explain, qualify, replay,
};
use pointsman_domain::{
    AttributeType, DecisionId, Entity, Instant, LeadId, LimitId, Money, Reason, RepId, Value, Values,
};
use pointsman_scoring::{
    Artifact, FeatureSpec,
    artifact::{Calibration, Fallback, Inputs, LeadLayer, Provenance, RepLayer},
};
use serde_json::json;

use super::generate::{Company, Plain};
use super::interpret::{Answer, Case, End, Rung};

#[derive(Debug)]
pub struct Engine {
    pub snapshot: Arc<Snapshot>,
    pub ledger: Ledger,
    pub binding: Binding,
    scratch: Scratch,
    load: Load,
    held: BTreeMap<u64, Decided>,
}

/// A decision with what it was taken on.
#[derive(Debug)]
pub struct Taken {
    pub facts: Facts,
    pub decided: Decided,
    pub answer: Answer,
}

fn at(micros: i64) -> Instant {
    Instant::from_unix_micros(micros)
}

fn rep(id: &str) -> RepId {
    RepId::new(id).expect("a slug")
}

pub fn documents(company: &Company) -> DocumentSet {
    let mut set = DocumentSet::default();
    let routing = format!("format = 1\nzone = '{}'\ncurrency = 'EUR'\npolicy = 'main'\n", company.zone);
    let mut add = |kind, name: &str, text: &str| set.insert(kind, name, text.as_bytes());
    add(DocumentKind::Routing, "", &routing);
    add(DocumentKind::Attributes, "", &company.attributes);
    add(DocumentKind::Roster, "", &company.roster);
    add(DocumentKind::Absences, "", &company.absences);
    add(DocumentKind::Policy, "main", &company.policy);
    company.calendars.iter().for_each(|(name, body)| add(DocumentKind::Calendar, name, body));
    if let Some((base, effects)) = &company.model {
        let spec: FeatureSpec = serde_json::from_value(json!({ "format": 1 })).expect("a specification");
        let artifact = artifact(&spec, *base, effects);
        set.insert(DocumentKind::Model, "", artifact.save());
        set.insert(DocumentKind::Features, "", serde_json::to_vec(&spec).expect("JSON"));
    }
    set
}

fn artifact(spec: &FeatureSpec, base: f64, effects: &[(String, f64)]) -> Artifact {
    Artifact {
        format: 1,
        provenance: Provenance {
            engine: "oracle".into(),
            spec: Some(spec.digest()),
            data: spec.digest(),
            rows: 1,
            trained_until: None,
            seed: 0,
        },
        fallback: Fallback::RepRate,
        inputs: Inputs::default(),
        base,
        lead: LeadLayer::default(),
        trees: None,
        reps: Some(RepLayer {
            names: effects.iter().map(|(rep, _)| rep.as_str().into()).collect(),
            intercepts: effects.iter().map(|(_, effect)| *effect).collect(),
            variances: vec![0.0; effects.len()],
            prior_variance: 0.0,
            slopes: Vec::new(),
            trees: Vec::new(),
        }),
        calibration: Calibration::IDENTITY,
        value: None,
    }
}

impl Engine {
    pub fn new(company: &Company) -> Self {
        let snapshot = Snapshot::compile(documents(company)).unwrap_or_else(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}\n{}\n{}", faults.join("\n"), company.policy, company.roster)
        });
        let snapshot = Arc::new(snapshot);
        let mut ledger = Ledger::default();
        snapshot.caps().for_each(|cap| ledger.apply(&cap));
        let binding = snapshot.bind(&mut ledger);
        let limit = |id: &str| LimitId::new(id).expect("a slug");
        let prices = company.prices.iter().map(|(r, l, price)| (rep(r), limit(l), Posted::fixed(*price)));
        ledger.apply(&Change::Prices { book: Arc::new(PriceBook::lasting(1, at(0), prices)) });
        let scratch = Scratch::new(&snapshot);
        Self { snapshot, ledger, binding, scratch, load: Load::default(), held: BTreeMap::new() }
    }

    pub fn id(case: &Case) -> LeadId {
        LeadId::new(at(case.arrived), u128::from(case.number))
    }

    pub fn facts(&self, case: &Case) -> Facts {
        let schema = &self.snapshot.schema;
        let mut attributes = Values::missing(schema.len());
        for (name, plain) in &case.lead.attributes {
            let index = schema.find(Entity::Lead, name).expect("in the schema");
            let (_, attribute) = schema.get(index).expect("in the schema");
            let value = match (plain, attribute.kind) {
                (Plain::Text(word), AttributeType::Choice) => {
                    let place = attribute.values.iter().position(|v| **v == **word).expect("one of the values");
                    Value::Choice(place as u16)
                }
                (Plain::Text(text), _) => Value::Text(text.as_str().into()),
                (Plain::Number(n), AttributeType::Money) => Value::Money(Money((n * 100.0) as i64)),
                (Plain::Number(n), AttributeType::Integer) => Value::Integer(*n as i64),
                (Plain::Number(n), _) => Value::Number(*n),
                (Plain::Bool(b), _) => Value::Bool(*b),
                (Plain::Date(text), _) => attribute.parse(text).expect("a date").expect("a date"),
                (Plain::List(items), _) => Value::List(items.iter().map(|i| i.as_str().into()).collect()),
            };
            attributes.set(index, Some(value));
        }
        let mut facts = Facts::of(LeadFacts {
            id: Self::id(case),
            arrived: at(case.arrived),
            attributes,
            value: case.lead.value.map(Money),
            originator: case.lead.originator.as_deref().map(rep),
        });
        let person = case.lead.contact.as_ref().map(|c| {
            json!({ "id": pointsman_domain::ContactId::new(at(0), 1), "known": c.known, "email_domain": c.domain, "owner": c.owner })
        });
        facts.contact = person.map(|json| serde_json::from_value(json).expect("a contact"));
        let company = case.lead.account.as_ref().map(|a| {
            json!({
                "id": pointsman_domain::AccountId::new(at(0), 1), "name": a.name, "domain": a.domain, "owner": a.owner,
                "parent_owner": a.parent_owner, "open_opportunity": a.open_opportunity,
                "opportunity_owner": a.opportunity_owner,
            })
        });
        facts.account = company.map(|json| serde_json::from_value(json).expect("an account"));
        facts.routing.declined = case.declined.iter().map(|id| rep(id)).collect();
        facts.routing.last_owner = case.last_owner.as_deref().map(rep);
        facts.routing.deadline = case.deadline.map(at);
        facts
    }

    pub fn due(&self, now: i64) -> Vec<LeadId> {
        self.ledger.due(at(now)).collect()
    }

    pub fn first_in_line(&self, id: &str) -> Option<LeadId> {
        self.ledger.first_in_line(&rep(id))
    }

    /// Gives back what the lead's owner holds open.
    pub fn release(&mut self, lead: u64) {
        let Some(decided) = self.held.remove(&lead) else { return };
        let limits = &self.snapshot.roster.limits;
        for key in decided.decision.claims {
            let open = limits.iter().any(|l| l.id == key.limit && l.kind == pointsman_domain::LimitKind::Open);
            if open {
                self.ledger.apply(&Change::Release { key });
            }
        }
    }

    /// Decides, checks the replay, applies.
    pub fn decide(&mut self, case: &Case, now: i64) -> Taken {
        let facts = self.facts(case);
        let qualified = qualify(&self.snapshot, &facts, at(now), &mut self.scratch);
        let ticket = Ticket { decision: DecisionId::new(at(now), u128::from(case.number)), seed: case.seed };
        let decided = decide(&qualified, &self.ledger, &self.binding, ticket, &mut self.load);
        self.scratch.reuse(qualified);
        let again = replay(&self.snapshot, &facts, &decided.decision, &decided.trace);
        assert_eq!(again, Ok(Replay::Equal), "lead {} is not replayed alike", case.number);
        let explanation =
            explain(&self.snapshot, &facts, &decided.decision, &decided.trace).expect("it explains itself");
        let answer = answer(&decided, &explanation);
        Taken { facts, decided, answer }
    }

    pub fn apply(&mut self, case: &Case, decided: Decided) {
        decided.changes.iter().for_each(|change| self.ledger.apply(change));
        if decided.decision.owner().is_some() {
            self.held.insert(case.number, decided);
        }
    }
}

/// The decision and its explanation in the oracle's words.
fn answer(decided: &Decided, explanation: &Explanation) -> Answer {
    let decision = &decided.decision;
    let micros = |at: Instant| at.unix_micros();
    let end = match &decision.outcome {
        Outcome::Owned { rep, sla_due } | Outcome::Offered { rep, sla_due, .. } => {
            End::Owned { rep: rep.to_string(), due: sla_due.map(micros) }
        }
        Outcome::Held { hold, until, wake_at } => {
            End::Held { priced: *hold == Hold::Priced, until: micros(*until), wake: micros(*wake_at) }
        }
        Outcome::Parked { queue, alarm } => End::Parked { queue: queue.to_string(), alarm: *alarm },
    };
    let walked = explanation.rungs.iter().filter(|rung| rung.verdict != pointsman_decision::Verdict::NotMatched);
    let rungs = walked.map(|rung| Rung {
        rule: rung.rule.to_string(),
        overflow: rung.overflow,
        verdict: word(&rung.verdict),
        candidates: rung.candidates.iter().map(|c| (c.rep.to_string(), word(&c.reason), number(&c.reason))).collect(),
    });
    Answer {
        end,
        rule: decision.rule.as_ref().map(ToString::to_string),
        priority: decision.priority,
        propensity: decision.propensity,
        value: decision.value,
        rungs: rungs.collect(),
    }
}

/// The word that a verdict or a reason has in JSON.
fn word(what: &impl serde::Serialize) -> &'static str {
    const WORDS: [&str; 25] = [
        "not_matched",
        "chosen",
        "nobody_named",
        "nobody_eligible",
        "nobody_free",
        "queued",
        "priced",
        "parked",
        "inactive",
        "absent",
        "outside_hours",
        "missing_skill",
        "excluded_by_rule",
        "declined_before",
        "limit_reached",
        "older_lead_waits",
        "later_turn",
        "higher_load",
        "lower_skill",
        "farther_territory",
        "lower_score",
        "lower_value",
        "not_drawn",
        "price_too_high",
        "",
    ];
    let json = serde_json::to_value(what).expect("JSON");
    let word = json.as_str().or_else(|| json.get("code").and_then(|code| code.as_str())).unwrap_or_default();
    WORDS.into_iter().find(|known| *known == word).unwrap_or_else(|| panic!("a new word: {word}"))
}

fn number(reason: &Reason) -> f64 {
    match reason {
        Reason::Absent { until } | Reason::OutsideHours { until } => until.map_or(0.0, |at| at.unix_micros() as f64),
        Reason::LaterTurn { by }
        | Reason::HigherLoad { by }
        | Reason::LowerSkill { by }
        | Reason::FartherTerritory { by }
        | Reason::LowerScore { by }
        | Reason::LowerValue { by }
        | Reason::PriceTooHigh { by } => *by,
        Reason::NotDrawn { propensity } => *propensity,
        _ => 0.0,
    }
}
