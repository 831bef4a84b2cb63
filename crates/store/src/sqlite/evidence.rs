//! What the rows of the record stand for, for the audit.

use pointsman_domain::ContactId;
use rusqlite::{Connection, Row, params};

use super::{
    decision, record,
    rows::{ASSIGNMENT, RESPONSE, STAGE, assignment, one, response, stage_row},
    value::{digest, instant},
};
use crate::{
    backend::Evidence,
    log::{self, LogKind, LogRow},
    row::erasure_digest,
};

pub fn evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    match row.kind {
        LogKind::Decision => decision_evidence(connection, row),
        LogKind::Outcome => {
            let sql = format!("{STAGE} WHERE seq = ?1");
            let stage = one(connection, &sql, [row.seq as i64], stage_row)?;
            Ok(Evidence { detail: stage.map(|stage| stage.digest()), ..Evidence::default() })
        }
        LogKind::Transfer => {
            let sql = format!("{ASSIGNMENT} WHERE seq = ?1");
            let assignment = one(connection, &sql, [row.seq as i64], assignment)?;
            Ok(Evidence { detail: assignment.map(|assignment| assignment.digest()), ..Evidence::default() })
        }
        LogKind::Switch => switch_evidence(connection, row),
        LogKind::Response => {
            let sql = format!("{RESPONSE} WHERE seq = ?1");
            let response = one(connection, &sql, [row.seq as i64], response)?;
            let sql = format!("{ASSIGNMENT} WHERE seq = ?1");
            let assignment = one(connection, &sql, [row.seq as i64], assignment)?;
            Ok(Evidence::of_response(response.as_ref(), assignment.as_ref()))
        }
        LogKind::Erasure => {
            let sql = "SELECT request, at, contact FROM erasures WHERE seq = ?1";
            let seq = row.seq;
            let read = |row: &Row<'_>| {
                let (request, at): (String, _) = (row.get(0)?, instant(row, 1)?);
                let contact = row.get::<_, Option<[u8; 16]>>(2)?.map(ContactId::from_bytes);
                Ok(erasure_digest(seq, &request, at, contact))
            };
            Ok(Evidence { detail: one(connection, sql, [seq as i64], read)?, ..Evidence::default() })
        }
        LogKind::Credit | LogKind::PriceEpoch | LogKind::Kept | LogKind::Load => Ok(Evidence::default()),
    }
}

fn decision_evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    let seq = row.seq as i64;
    let Some(stored) = decision::stored(connection, "d.seq = ?1", [seq])? else { return Ok(Evidence::default()) };
    let facts = "SELECT salt, body FROM facts WHERE seq = ?1";
    let facts = one(connection, facts, [seq], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let erased = "SELECT e.request FROM erased_facts f JOIN erasures e ON e.seq = f.erasure WHERE f.seq = ?1";
    let assignment = one(connection, &format!("{ASSIGNMENT} WHERE seq = ?1"), [seq], assignment)?;
    let decision = &stored.decision;
    let earlier = "SELECT 1 FROM assignments WHERE lead = ?1 AND seq < ?2 LIMIT 1";
    let hop = one(connection, earlier, params![decision.lead.bytes(), seq], |_| Ok(()))?.is_some();
    let told = assignment.as_ref().map(|a| (&a.rep, a.lead, a.at, a.hop, a.propensity));
    let implied = decision.given_to().map(|rep| (rep, decision.lead, row.at, hop, Some(decision.propensity)));
    Ok(Evidence {
        detail: Some(log::decision_digest(decision)),
        facts: facts.map(|(salt, body)| log::salted(&salt, &body)),
        trace: stored.trace.map(|trace| (log::digest(&trace), decision.trace)),
        erased_by: one(connection, erased, [seq], |row| row.get(0))?,
        contradiction: (told != implied).then(|| "its assignment says something else".to_owned()),
    })
}

fn switch_evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    let sql = "SELECT s.id, w.author, w.reason, w.at FROM switches w JOIN snapshots s ON s.number = w.snapshot WHERE w.seq = ?1";
    let read =
        |row: &Row<'_>| Ok((digest(row, 0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, instant(row, 3)?));
    let Some((id, author, reason, at)) = one(connection, sql, [row.seq as i64], read)? else {
        return Ok(Evidence::default());
    };
    let documents = record::documents(connection, &id).ok().flatten();
    let whole = documents.is_some_and(|documents| documents.digest() == id);
    Ok(Evidence {
        detail: Some(log::switch_digest(&id, &author, &reason, at)),
        contradiction: (!whole).then(|| "its documents are not those of its snapshot".to_owned()),
        ..Evidence::default()
    })
}
