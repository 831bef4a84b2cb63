//! Courses of leads: a cursor over exposures or arrivals on one state of the database, and one
//! statement a page for the stages.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId};
use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::{
    connect::Line,
    fault::unreadable,
    look_up::stage_fact,
    value::{id, instant, json, maybe_id, maybe_name, name, number},
};
use crate::{
    backend::{Courses, Exposure, LeadCourse},
    error::StoreError,
    stage::StageFact,
};

/// Leads fetched at once.
const PAGE: usize = 2048;

/// Columns 0 to 5. A lead that was not decided came in from elsewhere and is left out.
const LEAD: &str = "l.id, l.at, l.attributes, f.decided_at, o.rep, o.at";
const FIRST: &str = "
    CROSS JOIN LATERAL (SELECT decided_at FROM decisions WHERE lead = l.id ORDER BY seq LIMIT 1) f
    LEFT JOIN LATERAL (SELECT rep, at FROM assignments WHERE lead = l.id ORDER BY seq LIMIT 1) o ON true";

pub fn read(line: &mut Line, which: Courses<'_>, visit: &mut dyn FnMut(LeadCourse)) -> Result<(), StoreError> {
    let fault = || unreadable("read the courses of leads");
    line.run(async |connection| open(connection, which).await).map_err(fault())?;
    let mut read = Ok(PAGE);
    while matches!(read, Ok(PAGE)) {
        let page = line.run(async |connection| page(connection, which).await);
        read = page.map(|page| {
            let count = page.len();
            page.into_iter().for_each(&mut *visit);
            count
        });
    }
    let closed = line.run(async |connection| sqlx::query("COMMIT").execute(connection).await);
    read.and(closed).map_err(fault()).map(drop)
}

async fn open(connection: &mut PgConnection, which: Courses<'_>) -> sqlx::Result<()> {
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *connection).await?;
    let opened = match which {
        Courses::Of(experiment) => {
            let sql = format!(
                "DECLARE courses NO SCROLL CURSOR FOR SELECT {LEAD}, e.unit, e.variant, e.epoch, e.at, e.p
                 FROM (SELECT DISTINCT ON (d.lead) d.lead, x.* FROM exposures x JOIN decisions d ON d.seq = x.seq
                     WHERE x.experiment = $1 ORDER BY d.lead, x.seq) e
                 JOIN leads l ON l.id = e.lead {FIRST} ORDER BY e.seq"
            );
            sqlx::query(AssertSqlSafe(sql)).bind(experiment.as_str()).execute(&mut *connection).await
        }
        Courses::Since(since) => {
            let sql = format!(
                "DECLARE courses NO SCROLL CURSOR FOR SELECT {LEAD}, l.account, l.contact
                 FROM leads l {FIRST} WHERE l.at >= $1 ORDER BY l.at, l.id"
            );
            sqlx::query(AssertSqlSafe(sql)).bind(since.unix_micros()).execute(&mut *connection).await
        }
    };
    if let Err(error) = opened {
        sqlx::query("ROLLBACK").execute(connection).await?;
        return Err(error);
    }
    Ok(())
}

/// The next leads of the cursor. What it fetches differs from one cursor to the next, so the
/// statement is not kept.
async fn page(connection: &mut PgConnection, which: Courses<'_>) -> sqlx::Result<Vec<LeadCourse>> {
    let sql = format!("FETCH {PAGE} FROM courses");
    let rows = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_all(&mut *connection).await?;
    let leads = rows.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<Vec<[u8; 16]>>>()?;
    let mut stages = stages(connection, leads).await?;
    rows.iter()
        .map(|row| {
            let mut course = course(row, which)?;
            course.stages = stages.remove(&course.lead).unwrap_or_default();
            Ok(course)
        })
        .collect()
}

async fn stages(connection: &mut PgConnection, leads: Vec<[u8; 16]>) -> sqlx::Result<BTreeMap<LeadId, Vec<StageFact>>> {
    let sql = "SELECT lead, at, known_at, stage, source_rank, external_id, reopen, value, reason
        FROM stage_changes WHERE lead = ANY($1) ORDER BY seq";
    let mut stages: BTreeMap<LeadId, Vec<StageFact>> = BTreeMap::new();
    for row in sqlx::query(sql).bind(leads).fetch_all(connection).await? {
        stages.entry(id(&row, 0, LeadId::from_bytes)?).or_default().push(stage_fact(&row, 1)?);
    }
    Ok(stages)
}

/// A row of the cursor; its stages are not in it.
fn course(row: &PgRow, which: Courses<'_>) -> sqlx::Result<LeadCourse> {
    let lead = id(row, 0, LeadId::from_bytes)?;
    let rep = maybe_name(row, 4)?;
    let owned = rep.map(|rep| Ok::<_, sqlx::Error>((rep, instant(row, 5)?))).transpose()?;
    let (unit, exposure) = match which {
        Courses::Of(_) => {
            let (variant, epoch) = (name(row, 7)?, number(row, 8)?);
            let exposure = Exposure { variant, epoch, at: instant(row, 9)?, propensity: row.try_get(10)? };
            (row.try_get(6)?, Some(exposure))
        }
        Courses::Since(_) => {
            let account = maybe_id(row, 6, AccountId::from_bytes)?.map(|id| id.to_string());
            let contact = maybe_id(row, 7, ContactId::from_bytes)?.map(|id| id.to_string());
            (account.or(contact).unwrap_or_else(|| lead.to_string()).into(), None)
        }
    };
    Ok(LeadCourse {
        lead,
        arrived: instant(row, 1)?,
        attributes: json(row, 2)?,
        unit,
        first_decided: instant(row, 3)?,
        exposure,
        owned,
        stages: Vec::new(),
    })
}
