//! What stands behind rows of the log, for `audit verify`: many rows in a handful of statements,
//! because a record is verified from its first row and each statement is a round trip.

use std::collections::BTreeMap;

use pointsman_decision::Decision;
use pointsman_domain::{ContactId, Digest};
use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::{
    connect::Line,
    decision,
    fault::unreadable,
    record,
    rows::{ASSIGNMENT, RESPONSE, STAGE, assignment, response, stage_row},
    value::{digest, instant, maybe_id, number, text},
};
use crate::{
    backend::Evidence,
    error::StoreError,
    log::{self, LogKind, LogRow},
    row::{AssignmentRow, ResponseRow, StageRow, erasure_digest},
};

/// Rows of the tables behind some rows of the log, by seq.
#[derive(Debug)]
pub struct Behind {
    decisions: BTreeMap<u64, Decision>,
    beside: BTreeMap<u64, Beside>,
    assignments: BTreeMap<u64, AssignmentRow>,
    stages: BTreeMap<u64, StageRow>,
    responses: BTreeMap<u64, ResponseRow>,
    erasures: BTreeMap<u64, Digest>,
}

/// What is kept beside a decision.
#[derive(Debug)]
struct Beside {
    facts: Option<Digest>,
    trace: Option<Digest>,
    erased_by: Option<Box<str>>,
    /// The lead had an owner before.
    hop: bool,
}

const BESIDE: &str = "SELECT d.seq, f.salt, f.body, t.body,
        (SELECT e.request FROM erased_facts x JOIN erasures e ON e.seq = x.erasure WHERE x.seq = d.seq),
        EXISTS (SELECT 1 FROM assignments a WHERE a.lead = d.lead AND a.seq < d.seq)
    FROM decisions d LEFT JOIN facts f ON f.seq = d.seq LEFT JOIN traces t ON t.seq = d.seq
    WHERE d.seq = ANY($1)";

impl Behind {
    /// Reads what stands behind `rows`; a statement for each table that one of them may be in.
    pub async fn read(connection: &mut PgConnection, rows: &[LogRow]) -> sqlx::Result<Self> {
        let of = |kinds: &[LogKind]| -> Vec<i64> {
            rows.iter().filter(|row| kinds.contains(&row.kind)).map(|row| row.seq as i64).collect()
        };
        let decided = of(&[LogKind::Decision]);
        let sql = format!("SELECT {} WHERE d.seq = ANY($1)", decision::COLUMNS);
        let decisions = all(connection, sql, &decided, decision::read).await?;
        let beside = all(connection, BESIDE.into(), &decided, beside).await?;
        let assigned = of(&[LogKind::Decision, LogKind::Transfer, LogKind::Response]);
        let sql = format!("{ASSIGNMENT} WHERE seq = ANY($1)");
        let assignments = all(connection, sql, &assigned, |row| Ok((number(row, 0)?, assignment(row)?))).await?;
        let sql = format!("{STAGE} WHERE seq = ANY($1)");
        let staged = of(&[LogKind::Outcome]);
        let stages = all(connection, sql, &staged, |row| Ok((number(row, 0)?, stage_row(row)?))).await?;
        let sql = format!("{RESPONSE} WHERE seq = ANY($1)");
        let answered = of(&[LogKind::Response]);
        let responses = all(connection, sql, &answered, |row| Ok((number(row, 0)?, response(row)?))).await?;
        let sql = "SELECT seq, request, at, contact FROM erasures WHERE seq = ANY($1)";
        let erasures = all(connection, sql.into(), &of(&[LogKind::Erasure]), erasure).await?;
        Ok(Self { decisions, beside, assignments, stages, responses, erasures })
    }

    /// Of any row but a switch of documents.
    pub fn of(&self, row: &LogRow) -> Evidence {
        let assignment = self.assignments.get(&row.seq);
        let detail = |detail| Evidence { detail, ..Evidence::default() };
        match row.kind {
            LogKind::Decision => self.of_decision(row, assignment).unwrap_or_default(),
            LogKind::Outcome => detail(self.stages.get(&row.seq).map(StageRow::digest)),
            LogKind::Transfer => detail(assignment.map(AssignmentRow::digest)),
            LogKind::Response => Evidence::of_response(self.responses.get(&row.seq), assignment),
            LogKind::Erasure => detail(self.erasures.get(&row.seq).copied()),
            LogKind::Switch | LogKind::Credit | LogKind::PriceEpoch | LogKind::Kept | LogKind::Load => {
                Evidence::default()
            }
        }
    }

    fn of_decision(&self, row: &LogRow, assignment: Option<&AssignmentRow>) -> Option<Evidence> {
        let (decision, beside) = (self.decisions.get(&row.seq)?, self.beside.get(&row.seq)?);
        let told = assignment.map(|a| (&a.rep, a.lead, a.at, a.hop, a.propensity));
        let given = decision.given_to();
        let implied = given.map(|rep| (rep, decision.lead, row.at, beside.hop, Some(decision.propensity)));
        Some(Evidence {
            detail: Some(log::decision_digest(decision)),
            facts: beside.facts,
            trace: beside.trace.map(|trace| (trace, decision.trace)),
            erased_by: beside.erased_by.clone(),
            contradiction: (told != implied).then(|| "its assignment says something else".to_owned()),
        })
    }
}

async fn all<T>(
    connection: &mut PgConnection,
    sql: String,
    seqs: &[i64],
    read: impl Fn(&PgRow) -> sqlx::Result<(u64, T)>,
) -> sqlx::Result<BTreeMap<u64, T>> {
    if seqs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(seqs).fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

fn beside(row: &PgRow) -> sqlx::Result<(u64, Beside)> {
    let (salt, facts): (Option<[u8; 16]>, Option<&[u8]>) = (row.try_get(1)?, row.try_get(2)?);
    let trace: Option<&[u8]> = row.try_get(3)?;
    let beside = Beside {
        facts: salt.zip(facts).map(|(salt, body)| log::salted(&salt, body)),
        trace: trace.map(log::digest),
        erased_by: text(row, 4)?,
        hop: row.try_get(5)?,
    };
    Ok((number(row, 0)?, beside))
}

fn erasure(row: &PgRow) -> sqlx::Result<(u64, Digest)> {
    let (seq, request): (u64, String) = (number(row, 0)?, row.try_get(1)?);
    let contact = maybe_id(row, 3, ContactId::from_bytes)?;
    Ok((seq, erasure_digest(seq, &request, instant(row, 2)?, contact)))
}

/// Of a switch: its documents are read whole.
pub fn of_switch(line: &mut Line, row: &LogRow) -> Result<Evidence, StoreError> {
    let read = line.run(async |connection| {
        let sql = "SELECT s.id, w.author, w.reason, w.at FROM switches w JOIN snapshots s ON s.number = w.snapshot
            WHERE w.seq = $1";
        let found = sqlx::query(sql).bind(row.seq as i64).fetch_optional(connection).await?;
        let parts = |row: &PgRow| {
            let (author, reason) = (row.try_get::<String, _>(1)?, row.try_get::<String, _>(2)?);
            Ok((digest(row, 0)?, author, reason, instant(row, 3)?))
        };
        found.as_ref().map(parts).transpose()
    });
    let found: Option<(Digest, String, String, _)> = read.map_err(unreadable("read a switch"))?;
    let Some((id, author, reason, at)) = found else { return Ok(Evidence::default()) };
    let whole = record::documents(line, &id).ok().flatten().is_some_and(|documents| documents.digest() == id);
    Ok(Evidence {
        detail: Some(log::switch_digest(&id, &author, &reason, at)),
        contradiction: (!whole).then(|| "its documents are not those of its snapshot".to_owned()),
        ..Evidence::default()
    })
}
