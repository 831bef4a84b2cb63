//! `GET /v1/audit/verify`: whether the record is what was written, and adds up.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State as Shared},
};
use pointsman_domain::Digest;
use pointsman_store::audit::{AuditReport, LedgerReport, verify, verify_ledger};
use serde::{Deserialize, Serialize};

use crate::{error::Problem, state::State};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyQuery {
    /// A head hash kept elsewhere: it must be in the record.
    pub head: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct VerifyBody {
    pub holds: bool,
    pub chain: AuditReport,
    pub ledger: LedgerReport,
}

pub async fn check(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<VerifyQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<VerifyBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let head: Option<Digest> = match query.head {
        None => None,
        Some(text) => Some(text.parse().map_err(|error| Problem::Parameter(format!("'head': {error}")))?),
    };
    let (chain, ledger) = state.read(move |reader| Ok((verify(reader, head)?, verify_ledger(reader)?.0))).await?;
    Ok(Json(VerifyBody { holds: chain.fault.is_none() && ledger.holds(), chain, ledger }))
}
