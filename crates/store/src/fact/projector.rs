//! Follows the log and keeps the rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use pointsman_decision::{Decision, Snapshot};
use pointsman_domain::{Digest, Instant, LeadId, TeamId};
use pointsman_measure::rows::Names;
use pointsman_workhours::Zone;

use super::{
    lead::{self, Context},
    narrow,
    rep_day::{self, RepDays},
    target::{self, Snapshots},
};
use crate::{
    backend::{Reader, Store, log_page},
    cell::{Cell, maybe, no_text},
    error::StoreError,
    loaded::Table,
    log::{LogKind, LogRow},
    view::View,
};

/// What moves the projection on. One per process that follows.
pub trait Projection: Send {
    /// Writes rows and moves the cursor from `from` to `to`, all or nothing. `false`: somebody else
    /// moved it, nothing is written.
    fn advance(&mut self, from: u64, to: u64, parts: &[(Table, Vec<Vec<Cell<'_>>>)]) -> Result<bool, StoreError>;

    /// Rows take over that a rep was told since; no row of the log says so.
    fn show_notifications(&mut self) -> Result<(), StoreError>;

    /// Forgets the rows: the next one to follow makes them anew.
    fn restart(&mut self) -> Result<(), StoreError>;
}

/// Leads of one part: a few milliseconds under the database's lock.
const PART: usize = 256;
/// Rows of the log read at once.
const PAGE: usize = 4_096;

/// See the module.
pub struct Projector {
    reader: Box<dyn Reader>,
    projection: Box<dyn Projection>,
    names: Names,
    /// Words that the database has.
    kept: usize,
    live: Option<Arc<Snapshot>>,
    teams: BTreeMap<Box<str>, Box<str>>,
    snapshots: Snapshots,
    /// The zone whose days are laid out.
    zone: Option<Box<str>>,
}

impl std::fmt::Debug for Projector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Projector")
    }
}

impl Projector {
    pub fn new(store: &dyn Store) -> Result<Self, StoreError> {
        let mut reader = store.reader()?;
        let names = reader.names()?;
        Ok(Self {
            reader,
            projection: store.projection()?,
            kept: names.len(),
            names,
            live: None,
            teams: BTreeMap::new(),
            snapshots: Snapshots::default(),
            zone: None,
        })
    }

    /// Brings the rows to where the record stood when it was called, at least; that seq.
    pub fn catch_up(&mut self) -> Result<u64, StoreError> {
        let head = self.reader.head()?;
        let mut at = self.reader.projected()?;
        if at < head.seq {
            self.teams = teams(&mut *self.reader)?;
        }
        while at < head.seq {
            self.follow_documents(head.snapshot.as_ref())?;
            let page = log_page(&mut *self.reader, at, PAGE)?;
            if page.is_empty() {
                break;
            }
            at = self.take(at, &page)?;
        }
        self.projection.show_notifications()?;
        Ok(at)
    }

    /// Makes every row anew.
    pub fn rebuild(&mut self) -> Result<u64, StoreError> {
        self.projection.restart()?;
        self.zone = None;
        self.catch_up()
    }

    /// Brings the days of reps up to `now` from the rows as they are; how many changed. Reads every
    /// row: seconds for a million leads.
    pub fn rep_days(&mut self, now: Instant) -> Result<u64, StoreError> {
        let head = self.reader.head()?;
        self.follow_documents(head.snapshot.as_ref())?;
        let Some(live) = self.live.clone() else { return Ok(0) };
        let mut days = RepDays::new(&live, now);
        let (mut passed_on, names) = (Vec::new(), self.reader.names()?);
        self.reader.facts_after(0, &mut |row| {
            if row.hops > 0 {
                passed_on.push((row.lead, row.closed_at));
            }
            days.lead(&row, &names);
        })?;
        for some in passed_on.chunks(PART) {
            let closed: BTreeMap<LeadId, Option<Instant>> = some.iter().copied().collect();
            for life in self.reader.lives(&closed.keys().copied().collect::<Vec<_>>())? {
                let until = closed.get(&life.row.id).copied().flatten();
                let ends = life.assignments.iter().skip(1).map(|next| Some(next.at)).chain([until]);
                for (owner, until) in life.assignments.iter().zip(ends) {
                    days.held(live.roster.rep(owner.rep.as_str()), owner.at, until);
                }
            }
        }
        self.reader.touches(&mut |rep, at| days.touched(rep, at))?;
        self.reader.offers(&mut |rep, at, what| days.answered(rep, at, what))?;
        let new = days.finish();
        let old = kept_days(&mut *self.reader)?;
        let changed: Vec<_> = new.iter().filter(|(key, day)| old.get(*key) != Some(*day)).collect();
        for some in changed.chunks(DAYS_PART) {
            let rows = some.iter().map(|((rep, day), figures)| rep_day::cells(rep, *day, figures)).collect();
            self.keep(&[(rep_day::TABLE, rows)])?;
        }
        Ok(changed.len() as u64)
    }

    /// Writes rows beside those of leads: the cursor stays where it is.
    pub fn keep(&mut self, parts: &[(Table, Vec<Vec<Cell<'_>>>)]) -> Result<(), StoreError> {
        loop {
            let at = self.reader.projected()?;
            if self.projection.advance(at, at, parts)? {
                return Ok(());
            }
        }
    }

    fn follow_documents(&mut self, head: Option<&Digest>) -> Result<(), StoreError> {
        if let Some(id) = head
            && self.live.as_ref().is_none_or(|live| live.id != *id)
        {
            let compiled = self.snapshots.get(&mut *self.reader, id)?;
            self.live = compiled.map(|compiled| Arc::clone(&compiled.snapshot));
        }
        Ok(())
    }

    /// Takes in a page of the log, a part at a time.
    fn take(&mut self, from: u64, page: &[LogRow]) -> Result<u64, StoreError> {
        let mut at = from;
        let (mut leads, mut switched) = (BTreeSet::new(), false);
        let mut rows = page.iter().peekable();
        while let Some(row) = rows.next() {
            leads.extend(row.lead);
            switched |= row.kind == LogKind::Switch;
            let load = if row.kind == LogKind::Load { self.reader.loaded_by(row.seq)? } else { Vec::new() };
            leads.extend(load);
            if leads.len() < PART && rows.peek().is_some() {
                continue;
            }
            let part: Vec<LeadId> = std::mem::take(&mut leads).into_iter().collect();
            if !self.part(at, row.seq, &part, std::mem::take(&mut switched))? {
                // Somebody else follows, too: go on from where they are.
                self.names = self.reader.names()?;
                self.kept = self.names.len();
                return self.reader.projected();
            }
            at = row.seq;
        }
        Ok(at)
    }

    fn part(&mut self, from: u64, to: u64, leads: &[LeadId], switched: bool) -> Result<bool, StoreError> {
        let Some(live) = self.live.clone() else { return self.projection.advance(from, to, &[]) };
        let mut facts = Vec::with_capacity(leads.len());
        let mut targets = BTreeMap::new();
        for some in leads.chunks(PART) {
            let lives = self.reader.lives(some)?;
            let mut taken_on = BTreeMap::new();
            for decision in lives.iter().flat_map(|life| &life.decisions) {
                if let Some(compiled) = self.snapshots.get(&mut *self.reader, &decision.snapshot)? {
                    targets.entry(named(decision)).or_insert_with(|| Arc::clone(&compiled.snapshot));
                    taken_on.insert(decision.snapshot, compiled);
                }
            }
            let mut context = Context { live: &live, taken_on: &taken_on, teams: &self.teams, names: &mut self.names };
            facts.extend(lives.iter().map(|life| narrow::cells(&lead::row(life, &mut context), to)));
        }
        let mut parts = vec![(NAMES, self.new_names()), (TARGETS, self.targets(&targets)?), (narrow::TABLE, facts)];
        let laid_out = self.zone.as_deref() == Some(&*live.zone);
        if !laid_out {
            parts.extend([(SETTINGS, settings(&live)), (DAYS, days(live.home()))]);
        }
        if switched || !laid_out {
            parts.push((REPS, reps(&live)));
        }
        let done = self.projection.advance(from, to, &parts)?;
        if done {
            self.kept = self.names.len();
            self.zone = Some(live.zone.clone());
        }
        Ok(done)
    }

    fn new_names(&self) -> Vec<Vec<Cell<'static>>> {
        let new = self.names.rows().skip(self.kept);
        new.map(|row| vec![i64::from(row.name.number()).into(), String::from(row.text).into()]).collect()
    }

    fn targets(&mut self, wanted: &BTreeMap<RuleName, Arc<Snapshot>>) -> Result<Vec<Vec<Cell<'static>>>, StoreError> {
        let mut rows = Vec::new();
        for ((id, policy, rule), snapshot) in wanted {
            let Some(number) = self.reader.snapshot_number(id)? else { continue };
            let found = snapshot.policies.iter().find(|p| p.name.as_str() == &**policy);
            let Some(found) = found.and_then(|p| p.rules.iter().find(|r| r.id.as_str() == &**rule)) else { continue };
            rows.push(vec![
                number.into(),
                policy.to_string().into(),
                rule.to_string().into(),
                target::path(found).into(),
                maybe(target::pool(snapshot, found).map(str::to_owned), no_text),
            ]);
        }
        Ok(rows)
    }
}

type RuleName = (Digest, Box<str>, Box<str>);

fn named(decision: &Decision) -> RuleName {
    let rule = decision.rule.as_ref().map_or("", |rule| rule.as_str());
    (decision.snapshot, decision.policy.as_str().into(), rule.into())
}

const NAMES: Table = Table { name: "names", columns: &["number", "text"], conflict: "ON CONFLICT DO NOTHING" };

const TARGETS: Table = Table {
    name: "rule_targets",
    columns: &["snapshot", "policy", "rule", "path", "pool"],
    conflict: "ON CONFLICT DO NOTHING",
};

const SETTINGS: Table = Table {
    name: "report_settings",
    columns: &["one", "zone", "currency"],
    conflict: "ON CONFLICT (one) DO UPDATE SET zone = excluded.zone, currency = excluded.currency",
};

/// A day of a zone that the workspace left would overlap: it is replaced by its number.
const DAYS: Table = Table {
    name: "local_days",
    columns: &["day", "starts_at"],
    conflict: "ON CONFLICT (day) DO UPDATE SET starts_at = excluded.starts_at",
};

const REPS: Table = Table {
    name: "reps",
    columns: &["id", "external_id", "name", "team", "active", "zone", "calendar"],
    conflict: "ON CONFLICT (id) DO UPDATE SET team = excluded.team, active = excluded.active, zone = excluded.zone,
        calendar = excluded.calendar",
};

fn settings(live: &Snapshot) -> Vec<Vec<Cell<'static>>> {
    vec![vec![1i64.into(), live.zone.to_string().into(), live.currency.to_string().into()]]
}

/// 1990-01-01 to 2059-12-31.
const LAID_OUT: std::ops::Range<i32> = 7_305..32_872;

fn days(zone: &Zone) -> Vec<Vec<Cell<'static>>> {
    let start = |day: i32| -> Instant { zone.day_start(day) };
    LAID_OUT.map(|day| vec![i64::from(day).into(), start(day).into()]).collect()
}

/// The roster as it is live; names of people stay where they are.
fn reps(live: &Snapshot) -> Vec<Vec<Cell<'static>>> {
    let row = |rep: &pointsman_rules::Rep| {
        let zone = rep.zone.as_deref().unwrap_or(&live.zone).to_owned();
        vec![
            rep.id.as_str().to_owned().into(),
            rep.id.as_str().to_owned().into(),
            rep.id.as_str().to_owned().into(),
            maybe(rep.team.as_ref().map(TeamId::as_str).map(str::to_owned), no_text),
            rep.active.into(),
            zone.into(),
            maybe(rep.calendar.as_ref().map(|id| id.as_str().to_owned()), no_text),
        ]
    };
    live.roster.reps.iter().map(row).collect()
}

/// Who is in which team, whoever says so.
fn teams(reader: &mut dyn Reader) -> Result<BTreeMap<Box<str>, Box<str>>, StoreError> {
    let view = View::find("rep").expect("it is one of the views");
    let mut teams = BTreeMap::new();
    reader.view(view, &mut |cells| {
        if let [Cell::Text(Some(rep)), Cell::Text(Some(team)), ..] = cells {
            teams.insert(rep.as_ref().into(), team.as_ref().into());
        }
        Ok(())
    })?;
    Ok(teams)
}

/// Days written at once.
const DAYS_PART: usize = 512;

/// The days as they are kept.
fn kept_days(reader: &mut dyn Reader) -> Result<BTreeMap<(Box<str>, i32), rep_day::Day>, StoreError> {
    let view = View::find("rep_day").expect("it is one of the views");
    let mut days = BTreeMap::new();
    reader.view(view, &mut |cells| {
        if let [Cell::Text(Some(rep)), _, Cell::Int(Some(day)), figures @ ..] = cells {
            let mut numbers = [None; 15];
            for (number, cell) in numbers.iter_mut().zip(figures) {
                if let Cell::Int(kept) = cell {
                    *number = *kept;
                }
            }
            days.insert((rep.as_ref().into(), *day as i32), numbers);
        }
        Ok(())
    })?;
    Ok(days)
}
