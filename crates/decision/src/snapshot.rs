//! The snapshot: the live documents, compiled. Immutable and shared; whatever decides at one
//! instant decides on one snapshot, and the decision names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_domain::{
    Absence, AttributeSchema, CalendarId, Currency, Digest, Instant, LimitKind, Pick, PolicyName, RepIndex,
    attribute::AttributeFile,
};
use pointsman_expr::Environment;
use pointsman_rules::{Policy, Roster};
use pointsman_workhours::{Absences, Calendar, CalendarFile, Zone};
use serde::Deserialize;

use crate::document::{DocumentKind, DocumentSet, RoutingSettings};
use crate::model::Scorer;

/// The compiled documents.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: Digest,
    pub documents: DocumentSet,
    pub zone: Box<str>,
    pub currency: Currency,
    pub schema: AttributeSchema,
    pub environment: Environment,
    pub roster: Roster,
    /// Calendar 0 is the workspace's own day, open around the clock.
    pub calendars: Vec<Calendar>,
    /// By rep index.
    pub calendar_of: Vec<u8>,
    /// By rep index.
    pub absences: Vec<Absences>,
    pub policies: Vec<Policy>,
    /// Which of the policies rules outside experiments.
    pub ruling: usize,
    pub scorer: Option<Arc<Scorer>>,
}

/// A document that does not compile, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", place(*kind, name))]
pub struct SnapshotError {
    pub kind: DocumentKind,
    pub name: Box<str>,
    pub message: String,
}

fn place(kind: DocumentKind, name: &str) -> String {
    if name.is_empty() { kind.as_str().to_owned() } else { format!("{} '{name}'", kind.as_str()) }
}

/// `absences.toml`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceFile {
    pub format: u32,
    #[serde(default)]
    pub absence: Vec<Absence>,
}

/// The years for which working hours are laid out; outside them calendars are slower, not wrong.
const YEARS: std::ops::RangeInclusive<i16> = 2010..=2040;

/// At most this many calendars, so that a candidate names its zone in one byte.
const MOST_CALENDARS: usize = 250;

impl Snapshot {
    /// Compiles the documents; every fault that can be found at once is returned at once.
    pub fn compile(documents: DocumentSet) -> Result<Self, Vec<SnapshotError>> {
        let mut faults = Vec::new();
        match compile(documents, &mut faults) {
            Some(snapshot) if faults.is_empty() => Ok(snapshot),
            _ => Err(faults),
        }
    }

    /// The policy that rules, outside experiments.
    pub fn policy(&self) -> &Policy {
        &self.policies[self.ruling]
    }

    /// The caps as the ledger must know them.
    pub fn caps(&self) -> impl Iterator<Item = pointsman_assign::Change> + '_ {
        self.roster.reps.iter().flat_map(move |rep| {
            let capped = self.roster.limits.iter().zip(&rep.caps);
            capped.map(|(limit, cap)| pointsman_assign::Change::Cap {
                rep: rep.id.clone(),
                limit: limit.id.clone(),
                cap: *cap,
            })
        })
    }

    /// Numbers this snapshot's names in a ledger.
    pub fn bind(&self, ledger: &mut pointsman_assign::Ledger) -> pointsman_assign::Binding {
        let limits = self.roster.limits.iter().map(|limit| (&limit.id, limit.kind));
        ledger.bind(
            self.roster.reps.iter().map(|rep| &rep.id),
            limits.collect::<Vec<(_, LimitKind)>>(),
            self.roster.pools.iter().map(|pool| &pool.id),
        )
    }

    /// The working hours of a rep.
    pub fn calendar(&self, rep: RepIndex) -> &Calendar {
        &self.calendars[usize::from(self.calendar_of[rep.0 as usize])]
    }
}

/// Reads one document into `T`; a fault is noted and gives `None`.
fn read<T: for<'de> Deserialize<'de>>(
    documents: &DocumentSet,
    kind: DocumentKind,
    faults: &mut Vec<SnapshotError>,
) -> Option<T> {
    let mut note = |message: String| faults.push(SnapshotError { kind, name: "".into(), message });
    let Some(body) = documents.get(kind, "") else {
        note("is missing".into());
        return None;
    };
    parse(body).map_err(&mut note).ok()
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|e| format!("is not UTF-8: {e}"))?;
    toml::from_str(text).map_err(|e| e.to_string())
}

fn compile(documents: DocumentSet, faults: &mut Vec<SnapshotError>) -> Option<Snapshot> {
    let fault = |kind, name: &str, message: String| SnapshotError { kind, name: name.into(), message };
    let routing: RoutingSettings = read(&documents, DocumentKind::Routing, faults)?;
    let attributes: AttributeFile = read(&documents, DocumentKind::Attributes, faults)?;
    let schema = AttributeSchema::new(attributes);
    let schema = schema.map_err(|e| faults.push(fault(DocumentKind::Attributes, "", e.to_string()))).ok()?;
    let environment = Environment::new(&schema).in_currency(routing.currency);
    let roster = read(&documents, DocumentKind::Roster, faults)?;
    let roster = Roster::new(&roster, &environment);
    let roster = roster.map_err(|e| faults.push(fault(DocumentKind::Roster, "", e.to_string()))).ok()?;
    let (calendars, calendar_of) = calendars(&documents, &routing, &roster, faults)?;
    let absences = absences(&documents, &roster, faults);
    let scorer = Scorer::compile(&documents, &schema, &roster)
        .map_err(|message| faults.push(fault(DocumentKind::Model, "", message)))
        .ok()?;
    let default_pick = if scorer.is_some() { Pick::ExpectedValue } else { Pick::WeightedRoundRobin };
    let mut policies = Vec::new();
    for (name, body) in documents.of(DocumentKind::Policy) {
        let text = std::str::from_utf8(body).map_err(|e| e.to_string());
        let policy =
            text.and_then(|t| Policy::parse(t, &roster, &environment, default_pick).map_err(|e| e.to_string()));
        let policy = policy.and_then(|policy| match policy.name.as_str() == name {
            true => Ok(policy),
            false => Err(format!("says name = '{}' inside", policy.name)),
        });
        match policy {
            Ok(policy) => policies.push(policy),
            Err(message) => faults.push(fault(DocumentKind::Policy, name, message)),
        }
    }
    let ruling = ruling(&policies, &routing.policy);
    if ruling.is_none() && faults.is_empty() {
        faults.push(fault(
            DocumentKind::Routing,
            "",
            format!("names the policy '{}', which is not there", routing.policy),
        ));
    }
    Some(Snapshot {
        id: documents.digest(),
        zone: routing.zone,
        currency: routing.currency,
        schema,
        environment,
        roster,
        calendars,
        calendar_of,
        absences,
        policies,
        ruling: ruling?,
        scorer: scorer.map(Arc::new),
        documents,
    })
}

fn ruling(policies: &[Policy], name: &PolicyName) -> Option<usize> {
    policies.iter().position(|policy| policy.name == *name)
}

fn calendars(
    documents: &DocumentSet,
    routing: &RoutingSettings,
    roster: &Roster,
    faults: &mut Vec<SnapshotError>,
) -> Option<(Vec<Calendar>, Vec<u8>)> {
    let mut note = |kind, name: &str, message: String| faults.push(SnapshotError { kind, name: name.into(), message });
    let zone = Zone::new(&routing.zone).map_err(|e| note(DocumentKind::Routing, "", e.to_string())).ok()?;
    let mut calendars = vec![Calendar::stand_by(zone)];
    let mut by_name: BTreeMap<CalendarId, u8> = BTreeMap::new();
    for (name, body) in documents.of(DocumentKind::Calendar) {
        let file = parse::<CalendarFile>(body).and_then(|file| Calendar::new(&file, YEARS).map_err(|e| e.to_string()));
        match (CalendarId::new(name), file) {
            (Ok(id), Ok(calendar)) if calendars.len() < MOST_CALENDARS => {
                by_name.insert(id, calendars.len() as u8);
                calendars.push(calendar);
            }
            (Ok(_), Ok(_)) => {
                note(DocumentKind::Calendar, name, format!("is more than the {MOST_CALENDARS} that are possible"));
            }
            (Err(e), _) => note(DocumentKind::Calendar, name, e.to_string()),
            (_, Err(e)) => note(DocumentKind::Calendar, name, e),
        }
    }
    let mut calendar_of = Vec::with_capacity(roster.reps.len());
    for rep in &roster.reps {
        let index = match &rep.calendar {
            None => Some(0),
            Some(name) => by_name.get(name).copied(),
        };
        if index.is_none() {
            let name = rep.calendar.as_ref().map_or("", |c| c.as_str());
            note(DocumentKind::Roster, "", format!("rep '{}' names the calendar '{name}', which is not there", rep.id));
        }
        calendar_of.push(index.unwrap_or(0));
    }
    Some((calendars, calendar_of))
}

fn absences(documents: &DocumentSet, roster: &Roster, faults: &mut Vec<SnapshotError>) -> Vec<Absences> {
    let mut by_rep = vec![Vec::new(); roster.reps.len()];
    let laid_out = |by_rep: Vec<Vec<(Instant, Instant)>>| by_rep.into_iter().map(Absences::new).collect();
    let Some(body) = documents.get(DocumentKind::Absences, "") else { return laid_out(by_rep) };
    let mut note =
        |message: String| faults.push(SnapshotError { kind: DocumentKind::Absences, name: "".into(), message });
    let file: AbsenceFile = match parse(body) {
        Ok(file) => file,
        Err(message) => {
            note(message);
            return laid_out(by_rep);
        }
    };
    for absence in file.absence {
        match roster.rep(absence.rep.as_str()) {
            Some(rep) if absence.from < absence.until => by_rep[rep.0 as usize].push((absence.from, absence.until)),
            Some(_) => note(format!("the absence of '{}' from {} ends before it begins", absence.rep, absence.from)),
            None => note(format!("names the rep '{}', whom the roster does not list", absence.rep)),
        }
    }
    laid_out(by_rep)
}

impl Snapshot {
    /// The border of the feature state this snapshot scores with.
    pub fn border(&self) -> Option<Instant> {
        self.scorer.as_deref().map(Scorer::border)
    }
}

/// A snapshot as it is shared.
pub type Shared = Arc<Snapshot>;
