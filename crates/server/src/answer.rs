//! What a decision looks like from outside: a function of the decision and of what it was taken
//! on, so that the same request is answered the same way again.

use pointsman_assign::{Load, LoadEntry, pick::merit};
use pointsman_decision::{Decision, Outcome, Qualified, ValueSource, trace};
use pointsman_domain::{
    DecisionId, Exploration, Instant, LeadId, Pick, PolicyName, QueueId, ReasonCode, RepId, RuleId,
};
use pointsman_store::backend::LeadRecord;
use serde::Serialize;

use crate::error::FieldError;

/// The answer to `POST /v1/leads`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadAnswer {
    pub lead: LeadId,
    pub decision: DecisionId,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The rep, where the state is `owned` or `offered`.
    pub owner: Option<RepId>,
    pub rule: Option<RuleId>,
    pub policy: PolicyName,
    pub priority: u8,
    /// Probability with which this choice was drawn.
    pub propensity: f64,
    /// The owner's probability of winning, with a model.
    pub score: Option<f64>,
    /// Of a win: minor units, or 1 where the workspace counts wins.
    pub value: f64,
    pub value_source: ValueSource,
    pub price: Option<f64>,
    pub decided_at: Instant,
    /// The person had an open lead already, or the source sent this lead before: this is that one.
    pub duplicate: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<LeadId>,
    /// The candidates of the rung where the walk ended, best first.
    pub reasons: Vec<CandidateBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldError>,
}

/// One candidate in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateBody {
    pub rep: RepId,
    pub code: ReasonCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// Value × score − price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<f64>,
    /// Free slots under the binding limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<u16>,
}

/// Candidates shown; the whole list is at `/v1/decisions/{id}`.
const SHOWN: usize = 5;

impl LeadAnswer {
    pub fn new(decision: &Decision, qualified: Option<&Qualified>, trace: &[u8]) -> Self {
        let load = qualified.and_then(|qualified| trace::decode(trace, qualified).ok().map(|load| (qualified, load)));
        let reasons =
            load.map_or_else(Vec::new, |(qualified, load)| candidates(qualified, &load, decision.owner(), SHOWN));
        Self {
            lead: decision.lead,
            decision: decision.id,
            outcome: decision.outcome.clone(),
            owner: decision.owner().cloned(),
            rule: decision.rule.clone(),
            policy: decision.policy.clone(),
            priority: decision.priority,
            propensity: decision.propensity,
            score: decision.score,
            value: decision.value,
            value_source: decision.value_source,
            price: decision.price,
            decided_at: decision.decided_at,
            duplicate: false,
            ambiguous: Vec::new(),
            reasons,
            warnings: Vec::new(),
        }
    }

    /// A lead that another system dealt with, and that has an owner.
    pub fn imported(record: &LeadRecord) -> Option<Self> {
        let owner = record.state.custody.owner()?.clone();
        Some(Self {
            lead: record.row.id,
            decision: DecisionId::NONE,
            outcome: Outcome::Owned { rep: owner.clone(), sla_due: None },
            owner: Some(owner),
            rule: None,
            policy: PolicyName::new("imported").expect("a plain word is a name"),
            priority: 0,
            propensity: 1.0,
            score: None,
            value: 0.0,
            value_source: ValueSource::Given,
            price: None,
            decided_at: record.state.since,
            duplicate: true,
            ambiguous: Vec::new(),
            reasons: Vec::new(),
            warnings: Vec::new(),
        })
    }

    pub fn queue(&self) -> Option<&QueueId> {
        match &self.outcome {
            Outcome::Parked { queue, .. } => Some(queue),
            Outcome::Owned { .. } | Outcome::Offered { .. } | Outcome::Held { .. } => None,
        }
    }
}

/// The candidates of the last rung that was walked: the chosen one, then by what the pick
/// compares, then those who were excluded before load.
pub fn candidates(qualified: &Qualified, load: &Load, chosen: Option<&RepId>, most: usize) -> Vec<CandidateBody> {
    let Some(last) = load.rungs().checked_sub(1) else { return Vec::new() };
    let rung = &qualified.rungs[last];
    let rule = qualified.rule(rung);
    let how = pointsman_assign::Choosing {
        pick: rule.pick,
        value: qualified.value,
        may_wait: false,
        explore: Exploration::Off,
    };
    let mut entries = load.rung(last).entries.iter();
    let mut listed: Vec<(u8, f64, CandidateBody)> = Vec::new();
    for admission in qualified.admissions(rung) {
        let rep = qualified.snapshot.roster.rep_at(admission.rep).id.clone();
        let entry = if admission.reason == ReasonCode::Admitted { entries.next() } else { None };
        listed.push(match entry {
            None => {
                (2, 0.0, CandidateBody { rep, code: admission.reason, score: None, price: None, net: None, free: None })
            }
            Some(entry) => {
                let taken = chosen == Some(&rep);
                let code = if taken { ReasonCode::Chosen } else { against(entry, rule.pick, chosen.is_some()) };
                (u8::from(!taken), -merit(entry, &how), body(qualified, rep, code, entry))
            }
        });
    }
    listed.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap_or(std::cmp::Ordering::Equal));
    listed.into_iter().take(most).map(|(_, _, body)| body).collect()
}

fn body(qualified: &Qualified, rep: RepId, code: ReasonCode, entry: &LoadEntry) -> CandidateBody {
    let scored = qualified.snapshot.scorer.is_some();
    let (score, price) = (f64::from(entry.score), f64::from(entry.price));
    CandidateBody {
        rep,
        code,
        score: scored.then_some(score),
        price: scored.then_some(price),
        net: scored.then_some(qualified.value * score - price),
        free: (entry.limit != LoadEntry::NO_LIMIT).then_some(entry.free),
    }
}

/// Why an admitted candidate did not get it.
fn against(entry: &LoadEntry, pick: Pick, somebody_chosen: bool) -> ReasonCode {
    match (entry.reason, pick) {
        (ReasonCode::LimitReached | ReasonCode::OlderLeadWaits, _) => entry.reason,
        _ if !somebody_chosen => ReasonCode::PriceTooHigh,
        (_, Pick::WeightedRoundRobin) => ReasonCode::LaterTurn,
        (_, Pick::LeastLoaded) => ReasonCode::HigherLoad,
        (_, Pick::BestSkill) => ReasonCode::LowerSkill,
        (_, Pick::NearestTerritory) => ReasonCode::FartherTerritory,
        (_, Pick::BestScore) => ReasonCode::LowerScore,
        (_, Pick::ExpectedValue) => ReasonCode::LowerValue,
        (_, Pick::Draw) => ReasonCode::NotDrawn,
    }
}
