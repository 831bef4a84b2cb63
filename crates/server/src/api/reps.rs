//! `GET /v1/reps`: who is there, how full, whose turn.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use pointsman_assign::{Ledger, Partition};
use pointsman_decision::{Snapshot, qualify::availability_of};
use pointsman_domain::{Availability, Instant, LimitId, LimitKind, PoolId, RepId, RepIndex, TeamId};
use pointsman_store::Command;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{error::Problem, state::State};

#[derive(Debug, Serialize)]
pub struct RepsBody {
    pub reps: Vec<RepView>,
}

#[derive(Debug, Serialize)]
pub struct RepView {
    pub id: RepId,
    pub name: Box<str>,
    pub team: Option<TeamId>,
    pub active: bool,
    /// Takes leads now.
    pub available: bool,
    /// When an absence or a closed calendar ends.
    pub returns_at: Option<Instant>,
    pub limits: Vec<LimitView>,
    pub turns: Vec<TurnView>,
}

#[derive(Debug, Serialize)]
pub struct LimitView {
    pub limit: LimitId,
    pub kind: LimitKind,
    pub used: u32,
    pub cap: Option<u32>,
}

#[derive(Debug, Serialize)]
pub struct TurnView {
    pub pool: PoolId,
    pub weight: u32,
    /// Turns owed to this rep; negative: had in advance.
    pub deficit: f64,
}

/// The roster with the load that the last batch left.
pub fn views(snapshot: &Snapshot, ledger: &Ledger, now: Instant) -> Vec<RepView> {
    let mut views: Vec<RepView> = Vec::with_capacity(snapshot.roster.reps.len());
    for (at, rep) in snapshot.roster.reps.iter().enumerate() {
        let index = RepIndex(at as u32);
        let zone = snapshot.calendar(index).zone();
        let limits = snapshot.roster.limits.iter().map(|limit| {
            let (used, cap) = ledger.used(&rep.id, &limit.id, zone.window(limit.kind, now));
            LimitView { limit: limit.id.clone(), kind: limit.kind, used, cap }
        });
        let (available, returns_at) = match availability_of(snapshot, index, now) {
            Availability::Here => (rep.active, None),
            Availability::Absent { until } | Availability::Closed { until } => (false, until),
        };
        views.push(RepView {
            id: rep.id.clone(),
            name: rep.name.clone(),
            team: rep.team.clone(),
            active: rep.active,
            available,
            returns_at,
            limits: limits.collect(),
            turns: Vec::new(),
        });
    }
    for pool in &snapshot.roster.pools {
        let weights: Vec<(RepId, f64)> = pool
            .members
            .iter()
            .map(|(rep, weight)| (snapshot.roster.rep_at(*rep).id.clone(), f64::from(*weight)))
            .collect();
        let deficits = ledger.deficits(&pool.id, Partition::default(), &weights);
        for ((rep, weight), (_, deficit)) in pool.members.iter().zip(deficits) {
            views[rep.0 as usize].turns.push(TurnView { pool: pool.id.clone(), weight: *weight, deficit });
        }
    }
    views
}

/// Reads the roster's load off the running ledger.
pub async fn now(state: &Arc<State>) -> Result<Vec<RepView>, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let (sender, seen) = oneshot::channel();
    let look = move |ledger: &Ledger| {
        // Whoever asked may have gone.
        let _gone = sender.send(views(&snapshot, ledger, now));
    };
    // A look is answered through its own channel.
    let _no_reply = state.handle.submit(Command::Look(Box::new(look)))?;
    seen.await.map_err(|_| Problem::StoreDown)
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Json<RepsBody>, Problem> {
    Ok(Json(RepsBody { reps: now(&state).await? }))
}
