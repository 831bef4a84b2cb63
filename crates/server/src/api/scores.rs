//! `POST /v1/scores`: what would happen to this lead now, without assigning it.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use pointsman_assign::LoadEntry;
use pointsman_decision::{Outcome, Qualified, Ticket, trace};
use pointsman_domain::{CommandId, DecisionId, RuleId};
use pointsman_store::{Command, Declined, enquiry::Drawn};
use serde::Serialize;

use crate::{
    answer::{CandidateBody, candidates},
    api::leads::prepared,
    body::JsonBody,
    enquiry::{self, LeadBody},
    error::{FieldError, Problem},
    state::State,
};

#[derive(Debug, Serialize)]
pub struct ScoreAnswer {
    /// Probability of a win, averaged over the candidates who could take the lead; with a model.
    pub lead_score: Option<f64>,
    /// Lead score × value of a win: minor units, or wins where the workspace counts wins.
    pub expected_value: Option<f64>,
    pub value: f64,
    pub completeness: f64,
    /// Where the lead would go if it came now.
    pub would: Would,
    /// Best first.
    pub candidates: Vec<CandidateBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldError>,
}

#[derive(Debug, Serialize)]
pub struct Would {
    #[serde(flatten)]
    pub outcome: Outcome,
    pub rule: Option<RuleId>,
}

/// Candidates shown at most.
const MOST: usize = 1000;

pub async fn create(Shared(state): Shared<Arc<State>>, body: JsonBody<LeadBody>) -> Result<Json<ScoreAnswer>, Problem> {
    let read = enquiry::read(&body.value, &*state.live()?, &state.config, &state.outside)?;
    let enquiry = Arc::new(read.enquiry);
    let (at, chance) = (enquiry.at, state.outside.chance());
    let drawn = Drawn {
        command: CommandId::new(at, chance),
        ticket: Ticket { decision: DecisionId::new(at, state.outside.chance()), seed: chance as u64 },
        salt: [0; 16],
    };
    // A switch between qualifying and looking is met by qualifying once more.
    for _ in 0..2 {
        let (command, _) = prepared(&state, Arc::clone(&enquiry), drawn).await?;
        let reply = state.send(Command::Preview(Box::new(command))).await?;
        let (decided, qualified) = match (reply.result, reply.command) {
            (Ok(done), Command::Preview(command)) => (done.decided.ok_or(Problem::Ours)?, command.qualified),
            (Err(Declined::Stale), _) => continue,
            (Err(declined), _) => return Err(declined.into()),
            _ => return Err(Problem::Ours),
        };
        let load = trace::decode(&decided.trace, &qualified).map_err(|error| {
            tracing::error!(%error, "a fresh trace cannot be read");
            Problem::Ours
        })?;
        let entries: Vec<&LoadEntry> = (0..load.rungs()).flat_map(|rung| load.rung(rung).entries).collect();
        let lead_score = lead_score(&qualified, &entries);
        return Ok(Json(ScoreAnswer {
            lead_score,
            expected_value: lead_score.map(|score| score * qualified.value),
            value: qualified.value,
            completeness: enquiry.completeness,
            candidates: candidates(&qualified, &load, decided.decision.owner(), MOST),
            would: Would { outcome: decided.decision.outcome, rule: decided.decision.rule },
            warnings: read.warnings,
        }));
    }
    Err(Problem::Busy)
}

/// Mean over everybody admitted on the rungs that were walked; `None` without a model.
fn lead_score(qualified: &Qualified, entries: &[&LoadEntry]) -> Option<f64> {
    let scored = qualified.snapshot.scorer.is_some() && !entries.is_empty();
    scored.then(|| entries.iter().map(|entry| f64::from(entry.score)).sum::<f64>() / entries.len() as f64)
}
