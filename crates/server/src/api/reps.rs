//! `GET /v1/reps`: who is there, how full, whose turn.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use pointsman_assign::Ledger;
use pointsman_decision::{Member, team};
use pointsman_store::Command;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{error::Problem, state::State};

#[derive(Debug, Serialize)]
pub struct RepsBody {
    pub reps: Vec<Member>,
}

/// Reads the roster's load off the running ledger.
pub async fn now(state: &Arc<State>) -> Result<Vec<Member>, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let (sender, seen) = oneshot::channel();
    let look = move |ledger: &Ledger| {
        // Whoever asked may have gone.
        let _gone = sender.send(team(&snapshot, ledger, now));
    };
    // A look is answered through its own channel.
    let _no_reply = state.handle.submit(Command::Look(Box::new(look)))?;
    seen.await.map_err(|_| Problem::StoreDown)
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Json<RepsBody>, Problem> {
    Ok(Json(RepsBody { reps: now(&state).await? }))
}
