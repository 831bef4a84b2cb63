//! `POST /v1/preview`: where a lead would go and why, under the live policy or a draft, now or at
//! another time. Nothing is written. `POST /v1/scores` gives the numbers of the same question under
//! the live policy, for marketing systems that ask often.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use pointsman_assign::Ledger;
use pointsman_decision::{Explanation, Outcome, Snapshot, Ticket, preview};
use pointsman_domain::{DecisionId, Instant, PolicyName, RuleId};
use pointsman_store::{Command, Enquiry};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::{
    api::decisions::{Sentences, unwalkable},
    body::JsonBody,
    enquiry::{self, LeadBody},
    error::{FieldError, Problem},
    state::State,
};

/// `POST /v1/preview`, as sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    pub lead: LeadBody,
    /// The text of a draft policy.
    pub policy: Option<String>,
    /// A policy of the live documents that does not rule.
    pub policy_name: Option<String>,
    /// RFC 3339; now when absent.
    pub at: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct PreviewAnswer {
    #[serde(flatten)]
    pub outcome: Outcome,
    pub rule: Option<RuleId>,
    pub policy: PolicyName,
    pub at: Instant,
    pub sentences: Sentences,
    /// As of a decision that was taken; its ids name nothing that is kept.
    pub explanation: Explanation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldError>,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    body: JsonBody<PreviewBody>,
) -> Result<Json<PreviewAnswer>, Problem> {
    let PreviewBody { lead, policy, policy_name, at } = body.value;
    let at = match at {
        None => state.now(),
        Some(text) => {
            text.parse().map_err(|error: pointsman_domain::time::InstantError| fault("at", error.to_string()))?
        }
    };
    let snapshot = under(&state, policy, policy_name).await?;
    let mut read = enquiry::read(&lead, &snapshot, &state.config, &state.outside)?;
    read.enquiry.at = at;
    let explanation = explained(&state, &snapshot, read.enquiry, at).await?;
    Ok(Json(PreviewAnswer {
        outcome: explanation.decision.outcome.clone(),
        rule: explanation.decision.rule.clone(),
        policy: explanation.decision.policy.clone(),
        at,
        sentences: Sentences::of(&explanation, &snapshot),
        explanation,
        warnings: read.warnings,
    }))
}

fn fault(field: &str, problem: String) -> Problem {
    Problem::Fields(vec![FieldError::new(field, problem)])
}

/// The live documents, with a draft or another of their policies ruling. Compiling waits for nobody
/// but takes its time, so it has a thread of its own.
async fn under(state: &Arc<State>, text: Option<String>, name: Option<String>) -> Result<Arc<Snapshot>, Problem> {
    let live = state.live()?;
    let (field, documents) = match (text, name) {
        (None, None) => return Ok(live),
        (Some(_), Some(_)) => return Err(fault("policy_name", "name a policy or send one, not both".into())),
        (Some(text), None) => ("policy", live.documents.with_policy(&text)),
        (None, Some(name)) => {
            let named = PolicyName::new(&name).map_err(|error| fault("policy_name", error.to_string()))?;
            if live.policies.iter().all(|policy| policy.name != named) {
                let known: Vec<&str> = live.policies.iter().map(|policy| policy.name.as_str()).collect();
                return Err(fault("policy_name", format!("'{name}' is not live; there are {}", known.join(", "))));
            }
            ("policy_name", live.documents.ruled_by(&named))
        }
    };
    let documents = documents.map_err(|error| fault(field, error.to_string()))?;
    let compiled = state.read(move |_| Ok(Snapshot::compile(documents))).await?;
    compiled.map(Arc::new).map_err(|faults| {
        Problem::Fields(faults.iter().map(|fault| FieldError::new(field, fault.to_string())).collect())
    })
}

/// Decides on a copy of the ledger as the last batch left it.
async fn explained(
    state: &Arc<State>,
    snapshot: &Arc<Snapshot>,
    enquiry: Enquiry,
    at: Instant,
) -> Result<Explanation, Problem> {
    let (send, ledger) = oneshot::channel();
    let look = move |ledger: &Ledger| {
        // Whoever asked may have gone.
        let _gone = send.send(ledger.clone());
    };
    // A look is answered through its own channel.
    let _no_reply = state.handle.submit(Command::Look(Box::new(look)))?;
    let mut ledger = ledger.await.map_err(|_| Problem::StoreDown)?;
    let chance = state.outside.chance();
    let ticket = Ticket { decision: DecisionId::new(at, chance), seed: chance as u64 };
    let snapshot = Arc::clone(snapshot);
    let decided = state.read(move |reader| {
        let around = reader.around(&enquiry.around())?;
        let (facts, _) = enquiry.arrive(&around);
        Ok(preview(&snapshot, &facts, at, ticket, &mut ledger))
    });
    let (_, explanation) = decided.await?.map_err(|error| unwalkable(&error))?;
    Ok(explanation)
}
