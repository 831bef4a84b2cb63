//! What is still to be told to other systems.
//!
//! The record is the outbox: a row of the log is written in the transaction of what it tells, so
//! nothing is told that did not happen and nothing that happened is forgotten, and a decision pays
//! nothing for it. A sink (a webhook) remembers how far in the record it is; a message that did not
//! arrive becomes a row of its own, which is tried again, and whatever else concerns that lead waits
//! behind it. One process delivers for a sink at a time, by a lease; what it settles is written
//! only while it has the lease and the sink stands where it found it, so two of them tell a thing
//! twice at worst, under the same id.

use std::collections::BTreeSet;

use pointsman_domain::record::Stage;
use pointsman_domain::{CommandId, DecisionId, Instant, LeadId, Micros, Money, PolicyName, QueueId, RepId, RuleId};

use crate::{
    error::StoreError,
    log::LogKind,
    number,
    row::{CustodyKind, Response},
    statements::{Cell, Row, Statements, Step},
};

/// One row of the record with what a message says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub seq: u64,
    pub command: CommandId,
    pub at: Instant,
    pub kind: LogKind,
    pub actor: Option<Box<str>>,
    pub lead: Option<Subject>,
    pub decision: Option<Decided>,
    pub assignment: Option<Assigned>,
    pub stage: Option<Staged>,
    pub response: Option<Responded>,
}

/// Of a rep's answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responded {
    pub rep: RepId,
    pub response: Response,
    pub reason: Option<Box<str>>,
}

/// The lead an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub id: LeadId,
    pub source: Box<str>,
    pub external_id: Option<Box<str>>,
}

/// Of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub id: DecisionId,
    pub state: CustodyKind,
    pub rep: Option<RepId>,
    pub sla_due: Option<Instant>,
    pub until: Option<Instant>,
    pub queue: Option<QueueId>,
    pub rule: Option<RuleId>,
    pub policy: PolicyName,
}

/// Of a rep who got a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    pub rep: RepId,
    /// Who had it before.
    pub from: Option<RepId>,
    pub reason: Option<Box<str>>,
}

/// Of a stage fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub stage: Stage,
    pub value: Option<Money>,
    pub reason: Option<Box<str>>,
}

/// Where a sink stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub sink: Box<str>,
    /// The last row of the record that was looked at.
    pub seq: u64,
    pub delivered: u64,
    /// When something last arrived.
    pub last_at: Option<Instant>,
    /// Rounds in a row in which nothing arrived.
    pub failures: u32,
    /// Nothing is tried before this.
    pub resume_at: Instant,
    /// What was wrong last; none after a success.
    pub error: Option<Box<str>>,
}

/// Whether a message waits or was given up. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DeliveryState {
    Waiting = 1,
    Dead = 2,
}

impl DeliveryState {
    pub const ALL: [Self; 2] = [Self::Waiting, Self::Dead];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }
}

/// A message that did not arrive yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub sink: Box<str>,
    pub seq: u64,
    pub lead: Option<LeadId>,
    pub event: Box<str>,
    /// Of the event.
    pub at: Instant,
    pub state: DeliveryState,
    /// 0: it waits behind another message of its lead.
    pub attempts: u32,
    pub due: Instant,
    pub failed_at: Option<Instant>,
    pub error: Option<Box<str>>,
}

/// What came of a round, written whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The cursor as this round found it, and as it leaves it.
    pub found: Cursor,
    pub left: Cursor,
    /// New rows, and known ones whose attempt failed.
    pub kept: Vec<Delivery>,
    /// Known rows that arrived.
    pub arrived: Vec<u64>,
    /// Leads of whom a message arrived that tells a rep of them, and when.
    pub told: Vec<(LeadId, Instant)>,
}

/// How a sink is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkStanding {
    pub cursor: Cursor,
    pub waiting: u64,
    pub dead: u64,
    /// When the oldest thing happened that was not told yet.
    pub oldest: Option<Instant>,
}

/// Which deliveries a list shows, oldest first.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    pub sink: Option<Box<str>>,
    pub state: Option<DeliveryState>,
    /// Only those after this one: sink and seq.
    pub after: Option<(Box<str>, u64)>,
    pub limit: u32,
}

/// Reads and writes the outbox.
pub struct Outbox(Box<dyn Statements>);

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbox")
    }
}

/// How long a process has a sink for itself.
pub const LEASE: Micros = Micros(30 * Micros::SECOND.0);

const EVENTS: &str = "SELECT l.seq, l.command, l.at, l.kind, l.actor, l.lead, le.source, le.external_id,
        d.id, d.state, d.rep, d.sla_due, d.until, d.queue, d.rule, d.policy,
        a.rep, a.reason, s.stage, s.value, s.reason,
        (SELECT p.rep FROM assignments p WHERE p.lead = l.lead AND p.seq < l.seq ORDER BY p.seq DESC LIMIT 1),
        r.rep, r.response, r.reason
    FROM log l LEFT JOIN leads le ON le.id = l.lead LEFT JOIN decisions d ON d.seq = l.seq
    LEFT JOIN assignments a ON a.seq = l.seq LEFT JOIN stage_changes s ON s.seq = l.seq
    LEFT JOIN responses r ON r.seq = l.seq
    WHERE l.seq > $1 AND l.seq <= $2 ORDER BY l.seq LIMIT $3";

const DELIVERIES: &str = "SELECT sink, seq, lead, event, at, state, attempts, due, failed_at, error FROM deliveries
    WHERE ($1 = '' OR sink = $1) AND ($2 = 0 OR state = $2) AND (sink > $3 OR (sink = $3 AND seq > $4))
    ORDER BY sink, seq LIMIT $5";

/// The first waiting message of each lead of a sink, where its time has come.
const DUE: &str = "SELECT sink, seq, lead, event, at, state, attempts, due, failed_at, error FROM deliveries d
    WHERE d.state = 1 AND d.sink = $1 AND d.due <= $2 AND NOT EXISTS (SELECT 1 FROM deliveries e
        WHERE e.sink = d.sink AND e.state = 1 AND e.lead = d.lead AND e.seq < d.seq)
    ORDER BY d.due, d.seq LIMIT $3";

impl Outbox {
    pub fn new(statements: Box<dyn Statements>) -> Self {
        Self(statements)
    }

    /// Takes or keeps the lease of a job until `now` + [`LEASE`]; `false` while somebody else has it.
    pub fn lease(&mut self, job: &str, holder: &str, now: Instant) -> Result<bool, StoreError> {
        let sql = "INSERT INTO leases (job, holder, until) VALUES ($1, $2, $3) ON CONFLICT (job) DO UPDATE
            SET holder = excluded.holder, until = excluded.until WHERE leases.holder = excluded.holder OR leases.until < $4";
        let cells = vec![job.into(), holder.into(), (now + LEASE).into(), now.into()];
        self.0.all("take a lease", vec![Step::must(sql, cells)])
    }

    /// Lets go of a lease, so that another process need not wait for its end.
    pub fn release(&mut self, job: &str, holder: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM leases WHERE job = $1 AND holder = $2";
        self.0.all("let go of a lease", vec![Step::may(sql, vec![job.into(), holder.into()])]).map(drop)
    }

    /// Where a sink stands; a new one starts at the end of the record: what was before is not told.
    pub fn cursor(&mut self, sink: &str) -> Result<Cursor, StoreError> {
        if let Some(cursor) = self.known(sink)? {
            return Ok(cursor);
        }
        let sql = "INSERT INTO delivery_cursors (sink, seq, delivered, failures, resume_at)
            SELECT $1, seq, 0, 0, 0 FROM head WHERE one = 1 ON CONFLICT (sink) DO NOTHING";
        self.0.all("begin a sink", vec![Step::may(sql, vec![sink.into()])])?;
        self.known(sink)?.ok_or_else(|| StoreError::damaged("a sink", &"it is not there"))
    }

    fn known(&mut self, sink: &str) -> Result<Option<Cursor>, StoreError> {
        let sql =
            "SELECT sink, seq, delivered, last_at, failures, resume_at, error FROM delivery_cursors WHERE sink = $1";
        let rows = self.0.rows("read where a sink stands", sql, vec![sink.into()])?;
        rows.first().map(cursor).transpose()
    }

    /// Where the record ends.
    pub fn head(&mut self) -> Result<u64, StoreError> {
        let rows = self.0.rows("read its head", "SELECT seq FROM head WHERE one = 1", vec![])?;
        rows.first().map_or(Ok(0), |row| row.number(0))
    }

    /// At most `most` rows of the record after `seq`, in order.
    pub fn events(&mut self, after: u64, most: u32) -> Result<Vec<Event>, StoreError> {
        self.events_to(after, i64::MAX as u64, most)
    }

    /// The event of this seq.
    pub fn event(&mut self, seq: u64) -> Result<Option<Event>, StoreError> {
        Ok(self.events_to(seq.saturating_sub(1), seq, 1)?.pop())
    }

    fn events_to(&mut self, after: u64, last: u64, most: u32) -> Result<Vec<Event>, StoreError> {
        let cells = vec![after.into(), last.into(), i64::from(most).into()];
        self.0.rows("read what happened", EVENTS, cells)?.iter().map(event).collect()
    }

    /// Messages to be tried again now: of each lead the first.
    pub fn due(&mut self, sink: &str, now: Instant, most: u32) -> Result<Vec<Delivery>, StoreError> {
        let cells = vec![sink.into(), now.into(), i64::from(most).into()];
        self.0.rows("read what is due", DUE, cells)?.iter().map(delivery).collect()
    }

    /// Leads with a message that waits: whatever else concerns them waits behind it.
    pub fn blocked(&mut self, sink: &str) -> Result<BTreeSet<LeadId>, StoreError> {
        let sql = "SELECT DISTINCT lead FROM deliveries WHERE sink = $1 AND state = 1 AND lead IS NOT NULL";
        let rows = self.0.rows("read who waits", sql, vec![sink.into()])?;
        rows.iter().map(|row| row.id(0, LeadId::from_bytes)).collect()
    }

    /// Writes what came of a round; `false`: the lease is lost or somebody else was here.
    pub fn settle(&mut self, job: &str, holder: &str, settled: &Settled) -> Result<bool, StoreError> {
        let lease = "UPDATE leases SET until = until WHERE job = $1 AND holder = $2";
        let Settled { found, left, kept, arrived, told } = settled;
        let moved = "UPDATE delivery_cursors SET seq = $1, delivered = $2, last_at = $3, failures = $4, resume_at = $5,
            error = $6 WHERE sink = $7 AND seq = $8 AND delivered = $9";
        let mut steps = vec![
            Step::must(lease, vec![job.into(), holder.into()]),
            Step::must(
                moved,
                vec![
                    left.seq.into(),
                    left.delivered.into(),
                    Cell::Int(left.last_at.map(Instant::unix_micros)),
                    i64::from(left.failures).into(),
                    left.resume_at.into(),
                    left.error.as_deref().into(),
                    (&*left.sink).into(),
                    found.seq.into(),
                    found.delivered.into(),
                ],
            ),
        ];
        let keep = "INSERT INTO deliveries (sink, seq, lead, event, at, state, attempts, due, failed_at, error)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (sink, seq) DO UPDATE SET state = excluded.state,
            attempts = excluded.attempts, due = excluded.due, failed_at = excluded.failed_at, error = excluded.error";
        steps.extend(kept.iter().map(|row| Step::may(keep, cells(row))));
        let gone = "DELETE FROM deliveries WHERE sink = $1 AND seq = $2";
        steps.extend(arrived.iter().map(|seq| Step::may(gone, vec![(&*left.sink).into(), (*seq).into()])));
        // The first time counts; the row that is reported takes it over later.
        let first = "INSERT INTO notifications (lead, at, shown) VALUES ($1, $2, 0) ON CONFLICT (lead) DO NOTHING";
        steps.extend(told.iter().map(|(lead, at)| Step::may(first, vec![lead.bytes().into(), (*at).into()])));
        self.0.all("write what was delivered", steps)
    }

    pub fn deliveries(&mut self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, StoreError> {
        let (after, seq) = filter.after.as_ref().map_or(("", 0), |(sink, seq)| (sink, *seq));
        let cells = vec![
            filter.sink.as_deref().unwrap_or_default().into(),
            filter.state.map_or(0, |state| state as i64).into(),
            after.into(),
            seq.into(),
            i64::from(filter.limit).into(),
        ];
        self.0.rows("list deliveries", DELIVERIES, cells)?.iter().map(delivery).collect()
    }

    /// Tries a message again at once, as if for the first time; `None`: there is none.
    pub fn retry(&mut self, sink: &str, seq: u64, now: Instant) -> Result<Option<Delivery>, StoreError> {
        let again = "UPDATE deliveries SET state = 1, attempts = 0, due = $1 WHERE sink = $2 AND seq = $3";
        let resume = "UPDATE delivery_cursors SET resume_at = 0 WHERE sink = $1";
        let steps =
            vec![Step::must(again, vec![now.into(), sink.into(), seq.into()]), Step::may(resume, vec![sink.into()])];
        if !self.0.all("try a delivery again", steps)? {
            return Ok(None);
        }
        let one =
            DeliveryFilter { sink: Some(sink.into()), after: Some((sink.into(), seq - 1)), limit: 1, state: None };
        Ok(self.deliveries(&one)?.pop().filter(|delivery| delivery.seq == seq))
    }

    /// Every sink that ever was, by name.
    pub fn standing(&mut self) -> Result<Vec<SinkStanding>, StoreError> {
        let sql = "SELECT c.sink, c.seq, c.delivered, c.last_at, c.failures, c.resume_at, c.error,
                (SELECT count(*) FROM deliveries d WHERE d.state = 1 AND d.sink = c.sink),
                (SELECT count(*) FROM deliveries d WHERE d.state = 2 AND d.sink = c.sink),
                (SELECT min(d.at) FROM deliveries d WHERE d.state = 1 AND d.sink = c.sink),
                (SELECT l.at FROM log l WHERE l.seq = c.seq + 1)
            FROM delivery_cursors c ORDER BY c.sink";
        let rows = self.0.rows("read how sinks are doing", sql, vec![])?;
        let standing = |row: &Row| {
            let oldest = [row.maybe_at(9)?, row.maybe_at(10)?].into_iter().flatten().min();
            Ok(SinkStanding { cursor: cursor(row)?, waiting: row.number(7)?, dead: row.number(8)?, oldest })
        };
        rows.iter().map(standing).collect()
    }
}

fn cells(row: &Delivery) -> Vec<Cell> {
    vec![
        (&*row.sink).into(),
        row.seq.into(),
        row.lead.map(|lead| lead.bytes()).into(),
        (&*row.event).into(),
        row.at.into(),
        (row.state as i64).into(),
        i64::from(row.attempts).into(),
        row.due.into(),
        Cell::Int(row.failed_at.map(Instant::unix_micros)),
        row.error.as_deref().into(),
    ]
}

fn cursor(row: &Row) -> Result<Cursor, StoreError> {
    Ok(Cursor {
        sink: row.text(0)?,
        seq: row.number(1)?,
        delivered: row.number(2)?,
        last_at: row.maybe_at(3)?,
        failures: row.number(4)? as u32,
        resume_at: row.at(5)?,
        error: row.maybe_text(6)?,
    })
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    let state = row.int(5)?;
    Ok(Delivery {
        sink: row.text(0)?,
        seq: row.number(1)?,
        lead: row.maybe_id(2, LeadId::from_bytes)?,
        event: row.text(3)?,
        at: row.at(4)?,
        state: if state == DeliveryState::Dead as i64 { DeliveryState::Dead } else { DeliveryState::Waiting },
        attempts: row.number(6)? as u32,
        due: row.at(7)?,
        failed_at: row.maybe_at(8)?,
        error: row.maybe_text(9)?,
    })
}

fn event(row: &Row) -> Result<Event, StoreError> {
    let kind = LogKind::from_number(row.int(3)?)
        .ok_or_else(|| StoreError::damaged("a row of the log", &"it is of no kind we know"))?;
    let lead = match row.maybe_id(5, LeadId::from_bytes)? {
        None => None,
        Some(id) => {
            Some(Subject { id, source: row.maybe_text(6)?.unwrap_or_default(), external_id: row.maybe_text(7)? })
        }
    };
    let decision = match row.maybe_id(8, DecisionId::from_bytes)? {
        None => None,
        Some(id) => Some(Decided {
            id,
            state: u8::try_from(row.int(9)?)
                .ok()
                .and_then(number::custody)
                .ok_or_else(|| StoreError::damaged("a decision", &"it ended in no way we know"))?,
            rep: row.maybe_name(10)?,
            sla_due: row.maybe_at(11)?,
            until: row.maybe_at(12)?,
            queue: row.maybe_name(13)?,
            rule: row.maybe_name(14)?,
            policy: row.maybe_name(15)?.ok_or_else(|| StoreError::damaged("a decision", &"it names no policy"))?,
        }),
    };
    let assignment = match row.maybe_name(16)? {
        None => None,
        Some(rep) => Some(Assigned { rep, from: row.maybe_name(21)?, reason: row.maybe_text(17)? }),
    };
    let stage = match row.maybe_int(18)? {
        None => None,
        Some(stage) => Some(Staged {
            stage: number::stage(stage).ok_or_else(|| StoreError::damaged("a stage", &"it is none we know"))?,
            value: row.maybe_int(19)?.map(Money),
            reason: row.maybe_text(20)?,
        }),
    };
    let response = match row.maybe_name(22)? {
        None => None,
        Some(rep) => Some(Responded {
            rep,
            response: Response::from_number(row.int(23)?)
                .ok_or_else(|| StoreError::damaged("a response", &"it is none we know"))?,
            reason: row.maybe_text(24)?,
        }),
    };
    Ok(Event {
        seq: row.number(0)?,
        command: row.id(1, CommandId::from_bytes)?,
        at: row.at(2)?,
        kind,
        actor: row.maybe_text(4)?,
        lead,
        decision,
        assignment,
        stage,
        response,
    })
}
