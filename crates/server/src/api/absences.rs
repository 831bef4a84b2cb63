//! `/v1/absences`: who is away, and whose leads go elsewhere for a while. What is posted here is
//! kept in a document of its own beside `absences.toml`, goes live like every document (under the
//! head, recorded, in force for the next decision), and survives an apply of the folder's files.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
};
use pointsman_decision::{
    Snapshot,
    document::{LIVE_ABSENCES, away_files},
};
use pointsman_domain::{Digest, Instant, Micros, PoolId, RepId, RepIndex};
use pointsman_rules::{
    AwayFile, Roster,
    away::{AbsenceFile, OverrideFile, When},
    hr::{self, HrReading},
    roll::find_rep,
};
use serde::{Deserialize, Serialize};

use crate::{
    api::Caller,
    body::JsonBody,
    error::{FieldError, Problem},
    etag::{IfMatch, tagged},
    state::State,
};

/// Absences that ended longer ago than this are forgotten at the next change.
const KEPT: Micros = Micros(90 * Micros::DAY.0);
/// Where what is posted one by one comes from.
const SOURCE: &str = "api";

#[derive(Debug, Serialize)]
pub struct AbsencesBody {
    pub absences: Vec<AbsenceView>,
    pub overrides: Vec<OverrideView>,
}

#[derive(Debug, Serialize)]
pub struct AbsenceView {
    pub id: String,
    pub rep: RepId,
    pub from: Instant,
    /// The end of the absence; null where it is not known.
    pub until: Option<Instant>,
    pub backup: Option<RepId>,
    /// `file`, or the system it came from.
    pub source: Box<str>,
}

#[derive(Debug, Serialize)]
pub struct OverrideView {
    pub id: String,
    pub rep: RepId,
    /// Null where it holds since ever.
    pub from: Option<Instant>,
    pub until: Instant,
    pub pool: Option<PoolId>,
    pub to: Option<RepId>,
    pub source: Box<str>,
}

/// Everything that is known and not over, by beginning.
pub fn views(snapshot: &Snapshot, now: Instant) -> AbsencesBody {
    let mut body = AbsencesBody { absences: Vec::new(), overrides: Vec::new() };
    for (name, file) in away_files(&snapshot.documents) {
        let from_file = &*name != LIVE_ABSENCES;
        let source = |given: &Option<Box<str>>| match given {
            _ if from_file => "file".into(),
            Some(given) => given.clone(),
            None => SOURCE.into(),
        };
        for absence in &file.absence {
            let Some(zone) = zone_of(snapshot, &absence.rep) else { continue };
            let (Ok(from), until) = (absence.from.on(&zone), absence.until.as_ref().and_then(|u| u.on(&zone).ok()))
            else {
                continue;
            };
            if until.is_none_or(|until| now < until) {
                let (rep, backup) = (absence.rep.clone(), absence.backup.clone());
                let source = source(&absence.source);
                body.absences.push(AbsenceView { id: absence.id(), rep, from, until, backup, source });
            }
        }
        for o in &file.overrides {
            let Some(zone) = zone_of(snapshot, &o.rep) else { continue };
            let (from, Ok(until)) = (o.from.as_ref().and_then(|from| from.on(&zone).ok()), o.until.on(&zone)) else {
                continue;
            };
            if now < until {
                let (rep, pool, to) = (o.rep.clone(), o.pool.clone(), o.to.clone());
                let source = source(&o.source);
                body.overrides.push(OverrideView { id: o.id(), rep, from, until, pool, to, source });
            }
        }
    }
    body.absences.sort_by(|a, b| (a.from, &a.rep).cmp(&(b.from, &b.rep)));
    body.overrides.sort_by(|a, b| (a.until, &a.rep).cmp(&(b.until, &b.rep)));
    body
}

fn zone_of(snapshot: &Snapshot, rep: &RepId) -> Option<pointsman_workhours::Zone> {
    Some(snapshot.calendar(snapshot.roster.rep(rep.as_str())?).zone().clone())
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    Ok(tagged(&views(&snapshot, state.now()), &version(&snapshot)))
}

/// Of everything that is known of absences: what their documents are.
fn version(snapshot: &Snapshot) -> String {
    let files = away_files(&snapshot.documents);
    let text = serde_json::to_vec(&files.iter().map(|(name, file)| (name, file)).collect::<Vec<_>>());
    pointsman_store::log::digest(&text.unwrap_or_default()).short()
}

/// An absence; with `to` or `pool`, an override.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceBody {
    pub rep: String,
    pub from: Option<String>,
    pub until: Option<String>,
    pub backup: Option<String>,
    pub to: Option<String>,
    pub pool: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct CreatedBody {
    pub id: String,
    /// False: the same was there already, and nothing changed.
    pub created: bool,
    pub snapshot: Digest,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<AbsenceBody>,
) -> Result<Json<CreatedBody>, Problem> {
    let (now, body, seen) = (state.now(), body.value, IfMatch::of(&headers)?);
    let reason = format!("absence of {}", shown(&body.rep));
    let edit = move |snapshot: &Snapshot, file: &mut AwayFile| {
        let is_override = body.to.is_some() || body.pool.is_some();
        let id =
            if is_override { add_override(&body, snapshot, file)? } else { add_absence(&body, snapshot, file, now)? };
        Ok(id)
    };
    let (id, snapshot, created) = change(&state, &caller, reason, seen, edit).await?;
    Ok(Json(CreatedBody { id, created, snapshot }))
}

/// The fields of a body, read for the rep it names.
struct Fields<'a> {
    snapshot: &'a Snapshot,
    faults: Vec<FieldError>,
}

impl Fields<'_> {
    fn rep(&mut self, field: &str, text: &str) -> Option<RepIndex> {
        let found = find_rep(&self.snapshot.roster, text);
        if found.is_none() {
            self.faults.push(FieldError::new(field, format!("'{}' is not in the roster", shown(text))));
        }
        found
    }

    fn id(&self, rep: RepIndex) -> RepId {
        self.snapshot.roster.rep_at(rep).id.clone()
    }

    fn time(&mut self, field: &str, text: &str, rep: Option<RepIndex>) -> Option<Instant> {
        let zone = self.snapshot.calendar(rep?).zone();
        let read = When::Text(text.into()).on(zone);
        read.map_err(|problem| self.faults.push(FieldError::new(field, problem))).ok()
    }

    fn pool(&mut self, text: &str) -> Option<PoolId> {
        let pool = self.snapshot.roster.pool(text).map(|pool| self.snapshot.roster.pool_at(pool).id.clone());
        if pool.is_none() {
            self.faults.push(FieldError::new("pool", format!("the roster has no pool '{}'", shown(text))));
        }
        pool
    }

    fn end(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::Fields(self.faults)) }
    }
}

fn add_absence(body: &AbsenceBody, snapshot: &Snapshot, file: &mut AwayFile, now: Instant) -> Result<String, Problem> {
    let mut fields = Fields { snapshot, faults: Vec::new() };
    let rep = fields.rep("rep", &body.rep);
    let from = body.from.as_ref().map_or(Some(now), |text| fields.time("from", text, rep));
    let until = body.until.as_ref().map(|text| fields.time("until", text, rep));
    let backup = body.backup.as_ref().map(|text| fields.rep("backup", text));
    let (Some(rep), Some(from)) = (rep, from) else { return Err(Problem::Fields(fields.faults)) };
    if until.flatten().is_some_and(|until| until <= from) {
        fields.faults.push(FieldError::new("until", "the absence ends before it begins"));
    }
    let backup = backup.flatten();
    if backup == Some(rep) {
        fields.faults.push(FieldError::new("backup", "nobody stands in for themselves"));
    }
    let absence = AbsenceFile {
        rep: fields.id(rep),
        from: from.into(),
        until: until.flatten().map(When::from),
        backup: backup.map(|backup| fields.id(backup)),
        known_at: Some(now),
        source: Some(SOURCE.into()),
    };
    fields.end()?;
    let id = absence.id();
    if !file.has(&id) {
        file.absence.push(absence);
    }
    Ok(id)
}

fn add_override(body: &AbsenceBody, snapshot: &Snapshot, file: &mut AwayFile) -> Result<String, Problem> {
    let mut fields = Fields { snapshot, faults: Vec::new() };
    let rep = fields.rep("rep", &body.rep);
    let from = body.from.as_ref().map(|text| fields.time("from", text, rep));
    let until = body.until.as_ref().and_then(|text| fields.time("until", text, rep));
    if body.until.is_none() {
        fields.faults.push(FieldError::new("until", "an override ends by itself: say when"));
    }
    if body.backup.is_some() {
        fields.faults.push(FieldError::new("backup", "belongs to an absence; an override hands 'to' somebody"));
    }
    let to = body.to.as_ref().map(|text| fields.rep("to", text));
    let pool = body.pool.as_ref().map(|text| fields.pool(text));
    let (Some(rep), Some(until)) = (rep, until) else { return Err(Problem::Fields(fields.faults)) };
    if from.flatten().is_some_and(|from| until <= from) {
        fields.faults.push(FieldError::new("until", "the override ends before it begins"));
    }
    if to.flatten() == Some(rep) {
        fields.faults.push(FieldError::new("to", "is the rep whose leads are to go elsewhere"));
    }
    let entry = OverrideFile {
        rep: fields.id(rep),
        from: from.flatten().map(When::from),
        until: until.into(),
        pool: pool.flatten(),
        to: to.flatten().map(|to| fields.id(to)),
        source: Some(SOURCE.into()),
    };
    fields.end()?;
    let id = entry.id();
    if !file.has(&id) {
        file.overrides.push(entry);
    }
    Ok(id)
}

#[derive(Debug, Serialize)]
pub struct RemovedBody {
    pub id: String,
    pub snapshot: Digest,
}

pub async fn remove(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<RemovedBody>, Problem> {
    let seen = IfMatch::of(&headers)?;
    let reason = format!("end of {}", shown(&id));
    let edit = move |snapshot: &Snapshot, file: &mut AwayFile| {
        if file.remove(&id) {
            return Ok(id.clone());
        }
        match away_files(&snapshot.documents).iter().any(|(_, file)| file.has(&id)) {
            true => Err(Problem::Parameter(format!(
                "{} comes from absences.toml: take it out there, then run 'pointsman apply'",
                shown(&id)
            ))),
            false => Err(Problem::NotFound { what: format!("absence '{}'", shown(&id)) }),
        }
    };
    let (id, snapshot, _) = change(&state, &caller, reason, seen, edit).await?;
    Ok(Json(RemovedBody { id, snapshot }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Everything that came from this source before is replaced.
    pub source: String,
    /// Whose the whole file is.
    pub rep: Option<String>,
    /// `skip`: rows of people whom the roster does not list are left out.
    pub unknown: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ImportedBody {
    pub absences: usize,
    pub added: usize,
    pub removed: usize,
    /// Rows of people whom the roster does not list.
    pub skipped: Vec<String>,
    pub snapshot: Digest,
}

pub async fn import(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ImportedBody>, Problem> {
    let seen = IfMatch::of(&headers)?;
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let source = query.source.trim().to_owned();
    if source.is_empty() || source.len() > 100 || ["file", SOURCE].contains(&&*source) {
        return Err(Problem::Parameter("name the source in 1 to 100 bytes, and neither 'file' nor 'api'".into()));
    }
    let text = String::from_utf8(body.to_vec()).map_err(|_| Problem::Body("the file is not UTF-8".into()))?;
    let (now, skip) = (state.now(), query.unknown.as_deref() == Some("skip"));
    let reason = format!("absences from {source}");
    let edit = move |snapshot: &Snapshot, file: &mut AwayFile| {
        let rep = query.rep.as_ref().map(|text| {
            let unknown = || Problem::Parameter(format!("'{}' is not in the roster", shown(text)));
            find_rep(&snapshot.roster, text).ok_or_else(unknown)
        });
        let zone_of = |rep: RepIndex| snapshot.calendar(rep).zone().clone();
        let roster: &Roster = &snapshot.roster;
        if roster.reps.is_empty() {
            return Err(Problem::Body("the roster lists nobody".into()));
        }
        let reading = HrReading { roster, zone_of: &zone_of, source: &source, known_at: now, rep: rep.transpose()? };
        let read = hr::read(&text, reading).map_err(|error| Problem::Body(error.to_string()))?;
        let refused = if skip { &[][..] } else { &read.unknown[..] };
        let faults: Vec<FieldError> = refused
            .iter()
            .chain(&read.faults)
            .take(50)
            .map(|fault| FieldError::new(format!("line {}", fault.line), fault.problem.clone()))
            .collect();
        if !faults.is_empty() {
            return Err(Problem::Fields(faults));
        }
        let absences = read.absences.len();
        let (added, removed) = file.replace(&source, read.absences);
        let skipped: Vec<String> = read.unknown.iter().map(ToString::to_string).collect();
        Ok((absences, added, removed, skipped))
    };
    let ((absences, added, removed, skipped), snapshot, _) = change(&state, &caller, reason, seen, edit).await?;
    Ok(Json(ImportedBody { absences, added, removed, skipped, snapshot }))
}

/// Edits the live document and makes it live, on a thread that may wait. Where somebody else
/// changed documents meanwhile, it is done again on theirs. Also says whether anything changed.
async fn change<T: Send + 'static>(
    state: &Arc<State>,
    caller: &Caller,
    reason: String,
    seen: IfMatch,
    edit: impl Fn(&Snapshot, &mut AwayFile) -> Result<T, Problem> + Send + 'static,
) -> Result<(T, Digest, bool), Problem> {
    let now = state.now();
    let edit = move |snapshot: &Snapshot| {
        seen.check(&version(snapshot), || serde_json::to_value(views(snapshot, now)).unwrap_or_default())?;
        let mut documents = snapshot.documents.clone();
        let files = away_files(&documents);
        let before = files.into_iter().find(|(name, _)| **name == *LIVE_ABSENCES).map(|(_, file)| file);
        let mut file = before.clone().unwrap_or_else(AwayFile::empty);
        let result = edit(snapshot, &mut file)?;
        if before.as_ref() == Some(&file) || (before.is_none() && file.is_empty()) {
            return Ok((result, None));
        }
        file.forget(now - KEPT);
        documents.keep_away(LIVE_ABSENCES, &file);
        Ok((result, Some(documents)))
    };
    state.change_documents(caller.0.clone(), reason, edit).await
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
