//! Courses of leads: one pass over exposures or arrivals, two cached look-ups a lead.

use pointsman_domain::{AccountId, ContactId, ExperimentId, LeadId};
use rusqlite::{Connection, Row};

use super::{
    look_up::stage_fact,
    value::{at, instant, json, name},
};
use crate::backend::{Courses, Exposure, LeadCourse};

/// A lead's first exposure: SQLite takes the other columns from the row that has the least seq.
const EXPOSED: &str = "SELECT l.id, l.at, l.attributes, e.unit, e.variant, e.epoch, e.at, e.p, min(e.seq)
    FROM exposures e JOIN decisions d ON d.seq = e.seq JOIN leads l ON l.id = d.lead
    WHERE e.experiment = ?1 GROUP BY d.lead ORDER BY min(e.seq)";

const ARRIVED: &str = "SELECT id, at, attributes, account, contact FROM leads WHERE at >= ?1 ORDER BY at, id";

/// A lead's first decision, and whom it first went to.
const FIRST: &str = "SELECT (SELECT decided_at FROM decisions WHERE lead = ?1 ORDER BY seq LIMIT 1),
    (SELECT rep FROM assignments WHERE lead = ?1 ORDER BY seq LIMIT 1),
    (SELECT at FROM assignments WHERE lead = ?1 ORDER BY seq LIMIT 1)";

const STAGES: &str = "SELECT at, known_at, stage, source_rank, external_id, reopen, value, reason
    FROM stage_changes WHERE lead = ?1 ORDER BY seq";

pub fn read(connection: &Connection, which: Courses<'_>, visit: &mut dyn FnMut(LeadCourse)) -> rusqlite::Result<()> {
    match which {
        Courses::Of(experiment) => exposed(connection, experiment, visit),
        Courses::Since(since) => {
            let mut select = connection.prepare_cached(ARRIVED)?;
            let mut rows = select.query([at(since)])?;
            while let Some(row) = rows.next()? {
                let lead = LeadId::from_bytes(row.get(0)?);
                let account = row.get::<_, Option<[u8; 16]>>(3)?.map(|id| AccountId::from_bytes(id).to_string());
                let contact = row.get::<_, Option<[u8; 16]>>(4)?.map(|id| ContactId::from_bytes(id).to_string());
                let unit = account.or(contact).unwrap_or_else(|| lead.to_string());
                if let Some(course) = course(connection, row, lead, unit.into(), None)? {
                    visit(course);
                }
            }
            Ok(())
        }
    }
}

fn exposed(
    connection: &Connection,
    experiment: &ExperimentId,
    visit: &mut dyn FnMut(LeadCourse),
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(EXPOSED)?;
    let mut rows = select.query([experiment.as_str()])?;
    while let Some(row) = rows.next()? {
        let lead = LeadId::from_bytes(row.get(0)?);
        let exposure =
            Exposure { variant: name(row, 4)?, epoch: row.get(5)?, at: instant(row, 6)?, propensity: row.get(7)? };
        if let Some(course) = course(connection, row, lead, row.get(3)?, Some(exposure))? {
            visit(course);
        }
    }
    Ok(())
}

/// `None` for a lead that was not decided: it came in from elsewhere.
fn course(
    connection: &Connection,
    row: &Row<'_>,
    lead: LeadId,
    unit: Box<str>,
    exposure: Option<Exposure>,
) -> rusqlite::Result<Option<LeadCourse>> {
    let (decided, owned) = connection.prepare_cached(FIRST)?.query_row([lead.bytes()], |first| {
        let decided = first.get::<_, Option<i64>>(0)?.map(|_| instant(first, 0)).transpose()?;
        let rep = first.get::<_, Option<String>>(1)?.map(|_| name(first, 1)).transpose()?;
        let at = first.get::<_, Option<i64>>(2)?.map(|_| instant(first, 2)).transpose()?;
        Ok((decided, rep.zip(at)))
    })?;
    let Some(first_decided) = decided else { return Ok(None) };
    let mut stages = connection.prepare_cached(STAGES)?;
    let stages = stages.query_map([lead.bytes()], |stage| stage_fact(stage, 0))?.collect::<Result<_, _>>()?;
    let (arrived, attributes) = (instant(row, 1)?, json(row, 2)?);
    Ok(Some(LeadCourse { lead, arrived, attributes, unit, first_decided, exposure, owned, stages }))
}
