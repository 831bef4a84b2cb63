//! `GET /v1/prices`: what every rep's places are worth to the leads still to come.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use pointsman_assign::{
    Ledger,
    price::{LimitPrice, SolvedFrom},
};
use pointsman_decision::{Snapshot, pricing::window_end};
use pointsman_domain::{Instant, LimitKind, RepIndex};
use pointsman_store::Command;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{error::Problem, state::State};

/// The book in force. Without one every place is free, and `epoch` is 0.
#[derive(Debug, Default, Serialize)]
pub struct PricesBody {
    pub epoch: u64,
    pub solved_at: Option<Instant>,
    pub solved_from: Option<SolvedFrom>,
    /// What `now` counts: minor units of the workspace's currency, or wins.
    pub unit: &'static str,
    pub prices: Vec<PriceView>,
}

/// One limit of one rep in one window, as it was solved and as it stands.
#[derive(Debug, Serialize)]
pub struct PriceView {
    #[serde(flatten)]
    pub solved: LimitPrice,
    /// What the next place costs now: claims and leads since the solve included.
    pub now: Option<f64>,
    /// When the window ends; absent for open leads, whose places come back.
    pub until: Option<Instant>,
}

/// The prices as the last committed batch left them.
pub fn view(snapshot: &Snapshot, ledger: &Ledger, now: Instant) -> PricesBody {
    let unit = unit(snapshot);
    let Some(book) = ledger.book() else { return PricesBody { unit, ..PricesBody::default() } };
    let priced = |solved: &LimitPrice| {
        let rep = snapshot.roster.rep(solved.rep.as_str());
        let zone = snapshot.calendar(rep.unwrap_or(RepIndex(0))).zone();
        let limit = snapshot.roster.limits.iter().find(|limit| limit.id == solved.limit);
        let until = limit.filter(|limit| limit.kind != LimitKind::Open).map(|_| window_end(solved.window, zone, now));
        let now = ledger.price(&solved.rep, &solved.limit, solved.window);
        PriceView { solved: solved.clone(), now, until }
    };
    let prices = book.prices.iter().map(priced).collect();
    let solved_from = Some(book.solved_from.clone());
    PricesBody { epoch: book.epoch, solved_at: Some(book.at), solved_from, unit, prices }
}

/// Prices are in the unit of values: money where the model knows what a win is worth.
pub fn unit(snapshot: &Snapshot) -> &'static str {
    let values = snapshot.scorer.as_ref().is_some_and(|scorer| scorer.artifact().value.is_some());
    if values { "minor units" } else { "wins" }
}

pub async fn show(Shared(state): Shared<Arc<State>>) -> Result<Json<PricesBody>, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let (sender, seen) = oneshot::channel();
    let look = move |ledger: &Ledger| {
        // Whoever asked may have gone.
        let _gone = sender.send(view(&snapshot, ledger, now));
    };
    // A look is answered through its own channel.
    let _no_reply = state.handle.submit(Command::Look(Box::new(look)))?;
    Ok(Json(seen.await.map_err(|_| Problem::StoreDown)?))
}
