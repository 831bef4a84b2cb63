//! The snapshot: the live documents, compiled. Immutable and shared; whatever decides at one
//! instant decides on one snapshot, and the decision names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_domain::{
    AttributeIndex, AttributeSchema, CalendarId, Currency, Digest, Entity, Instant, LimitKind, Pick, PolicyName,
    RepIndex, TerritoryId, attribute::AttributeFile,
};
use pointsman_expr::Environment;
use pointsman_rules::{Away, AwayFile, Policy, Rep, Roster, Territory};
use pointsman_workhours::{Absences, Calendar, CalendarFile, Holiday, Zone, icalendar};
use serde::Deserialize;

use crate::document::{DocumentKind, DocumentSet, RoutingSettings};
use crate::model::Scorer;
use crate::trial::Trial;

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
    /// Dated overrides, and who stands in during which absence.
    pub away: Away,
    /// Where a lead is, where some rule asks who is nearest: country and postcode.
    pub place: Option<(AttributeIndex, AttributeIndex)>,
    /// By name.
    pub territories: Vec<Territory>,
    pub policies: Vec<Policy>,
    /// Which of the policies rules outside experiments.
    pub ruling: usize,
    pub scorer: Option<Arc<Scorer>>,
    /// Running experiments, by id; their variants' policies stand at the end of `policies`.
    pub trials: Vec<Trial>,
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

/// `calendars/holidays/REGION.toml`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    format: u32,
    #[serde(default)]
    holidays: Vec<Holiday>,
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

    /// A ledger with these caps, in which nothing has happened yet.
    pub fn fresh_ledger(&self) -> pointsman_assign::Ledger {
        let mut ledger = pointsman_assign::Ledger::default();
        self.caps().for_each(|cap| ledger.apply(&cap));
        ledger
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

    /// What a check of a policy looks at beside it.
    pub fn lint_context(&self, now: Instant) -> pointsman_rules::lint::Context<'_> {
        pointsman_rules::lint::Context {
            environment: &self.environment,
            roster: &self.roster,
            territories: &self.territories,
            absences: &self.absences,
            calendars: (0..self.roster.reps.len() as u32).map(|rep| self.calendar(RepIndex(rep))).collect(),
            now,
            today: self.home().local_day(now),
        }
    }

    /// The workspace's zone.
    pub fn home(&self) -> &Zone {
        self.calendars[0].zone()
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
    let mut away = away(&documents, &roster, &calendars, &calendar_of, faults);
    let territories = territories(&documents, &roster, &environment, faults);
    let scorer = Scorer::compile(&documents, &schema, &roster)
        .map_err(|message| faults.push(fault(DocumentKind::Model, "", message)))
        .ok()?;
    let default_pick = if scorer.is_some() { Pick::ExpectedValue } else { Pick::WeightedRoundRobin };
    let mut policies = Vec::new();
    for (name, body) in documents.of(DocumentKind::Policy) {
        let text = std::str::from_utf8(body).map_err(|e| e.to_string());
        let policy = text.and_then(|t| {
            Policy::parse(t, &roster, &territories, &environment, default_pick).map_err(|e| e.to_string())
        });
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
    let mut note = |name: &str, message| faults.push(fault(DocumentKind::Experiment, name, message));
    let trials =
        Trial::compile_all(&documents, &roster, &territories, &environment, default_pick, &mut policies, &mut note);
    if ruling.is_none() && faults.is_empty() {
        faults.push(fault(
            DocumentKind::Routing,
            "",
            format!("names the policy '{}', which is not there", routing.policy),
        ));
    }
    let asks_place = policies.iter().flat_map(|policy| &policy.rules).any(|r| r.pick == Pick::NearestTerritory);
    let place = schema.find(Entity::Lead, "country").zip(schema.find(Entity::Lead, "postcode")).filter(|_| asks_place);
    Some(Snapshot {
        id: documents.digest(),
        zone: routing.zone,
        currency: routing.currency,
        schema,
        environment,
        roster,
        calendars,
        calendar_of,
        absences: std::mem::take(&mut away.absences),
        away,
        place,
        territories,
        policies,
        ruling: ruling?,
        scorer: scorer.map(Arc::new),
        trials,
        documents,
    })
}

fn territories(
    documents: &DocumentSet,
    roster: &Roster,
    environment: &Environment,
    faults: &mut Vec<SnapshotError>,
) -> Vec<Territory> {
    let mut territories = Vec::new();
    for (name, body) in documents.of(DocumentKind::Territory) {
        let mut note =
            |message: String| faults.push(SnapshotError { kind: DocumentKind::Territory, name: name.into(), message });
        let id = match TerritoryId::new(name) {
            Ok(id) => id,
            Err(error) => {
                note(error.to_string());
                continue;
            }
        };
        match Territory::parse(id, body, roster, environment) {
            Ok(territory) => territories.push(territory),
            Err(errors) => errors.iter().for_each(|error| note(error.to_string())),
        }
    }
    territories
}

fn ruling(policies: &[Policy], name: &PolicyName) -> Option<usize> {
    policies.iter().position(|policy| policy.name == *name)
}

/// What makes two reps' hours the same: calendar, zone, holidays.
type HoursOf<'a> = (Option<&'a CalendarId>, Option<&'a str>, &'a [CalendarId]);

fn calendars(
    documents: &DocumentSet,
    routing: &RoutingSettings,
    roster: &Roster,
    faults: &mut Vec<SnapshotError>,
) -> Option<(Vec<Calendar>, Vec<u8>)> {
    let mut note = |kind, name: &str, message: String| faults.push(SnapshotError { kind, name: name.into(), message });
    let zone = Zone::new(&routing.zone).map_err(|e| note(DocumentKind::Routing, "", e.to_string())).ok()?;
    let mut calendars = vec![Calendar::stand_by(zone.clone())];
    let mut by_name: BTreeMap<CalendarId, (u8, CalendarFile)> = BTreeMap::new();
    for (name, body) in documents.of(DocumentKind::Calendar) {
        let file = parse::<CalendarFile>(body)
            .and_then(|file| Ok((Calendar::new(&file, YEARS).map_err(|e| e.to_string())?, file)));
        match (CalendarId::new(name), file) {
            (Ok(id), Ok((calendar, file))) if calendars.len() < MOST_CALENDARS => {
                by_name.insert(id, (calendars.len() as u8, file));
                calendars.push(calendar);
            }
            (Ok(_), Ok(_)) => {
                note(DocumentKind::Calendar, name, format!("is more than the {MOST_CALENDARS} that are possible"));
            }
            (Err(e), _) => note(DocumentKind::Calendar, name, e.to_string()),
            (_, Err(e)) => note(DocumentKind::Calendar, name, e),
        }
    }
    let regions = regions(documents, &zone, faults);
    let mut note = |kind, message: String| faults.push(SnapshotError { kind, name: "".into(), message });
    let mut calendar_of = Vec::with_capacity(roster.reps.len());
    // Reps with the same hours, clock and holidays share one calendar.
    let mut variants: BTreeMap<HoursOf<'_>, u8> = BTreeMap::new();
    for rep in &roster.reps {
        let own = (rep.calendar.as_ref(), rep.zone.as_deref(), &rep.holidays[..]);
        if let Some(index) = variants.get(&own) {
            calendar_of.push(*index);
            continue;
        }
        let index = match (rep.calendar.as_ref(), rep.zone.is_none() && rep.holidays.is_empty()) {
            (None, true) => Ok(0),
            (Some(name), _) if !by_name.contains_key(name) => {
                Err(format!("rep '{}' names the calendar '{name}', which is not there", rep.id))
            }
            (Some(name), true) => Ok(by_name[name].0),
            (name, false) if calendars.len() < MOST_CALENDARS => {
                let file = name.map(|name| &by_name[name].1);
                variant(rep, file, &regions).map(|calendar| {
                    calendars.push(calendar);
                    (calendars.len() - 1) as u8
                })
            }
            (_, false) => Err(format!("more than {MOST_CALENDARS} different calendars, zones and holidays together")),
        };
        let index = index.map_err(|message| note(DocumentKind::Roster, message)).unwrap_or(0);
        variants.insert(own, index);
        calendar_of.push(index);
    }
    Some((calendars, calendar_of))
}

/// The holidays of each region: a table of our own, or an iCalendar file as a government or an HR
/// system gives it out.
fn regions(
    documents: &DocumentSet,
    zone: &Zone,
    faults: &mut Vec<SnapshotError>,
) -> BTreeMap<CalendarId, Vec<Holiday>> {
    let mut regions = BTreeMap::new();
    for (name, body) in documents.of(DocumentKind::Holidays) {
        let id = CalendarId::new(name).map_err(|e| e.to_string());
        let read = || match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with("BEGIN:") => {
                icalendar::holidays(text, zone).map_err(|e| e.to_string())
            }
            _ => parse::<HolidayFile>(body).and_then(|file| match file.format {
                1 => Ok(file.holidays),
                newer => Err(format!("format {newer} of the holidays is newer than this version reads (1)")),
            }),
        };
        match id.and_then(|id| Ok((id, read()?))) {
            Ok((id, holidays)) => drop(regions.insert(id, holidays)),
            Err(message) => faults.push(SnapshotError { kind: DocumentKind::Holidays, name: name.into(), message }),
        }
    }
    regions
}

/// A calendar on another clock, with the holidays of regions; the calendar's own go before them.
fn variant(
    rep: &Rep,
    file: Option<&CalendarFile>,
    regions: &BTreeMap<CalendarId, Vec<Holiday>>,
) -> Result<Calendar, String> {
    let zone = rep.zone.as_ref().map(|name| Zone::new(name)).transpose().map_err(|e| e.to_string())?;
    let Some(file) = file else {
        return match zone {
            Some(zone) if rep.holidays.is_empty() => Ok(Calendar::stand_by(zone)),
            _ => Err(format!("rep '{}' has holidays but no calendar: without one there are no hours", rep.id)),
        };
    };
    let mut file = file.clone();
    for region in &rep.holidays {
        let holidays = regions.get(region);
        let missing = || format!("rep '{}' names the holidays of '{region}', which are not there", rep.id);
        for holiday in holidays.ok_or_else(missing)? {
            if file.holidays.iter().all(|own| own.date != holiday.date) {
                file.holidays.push(holiday.clone());
            }
        }
    }
    let zone = zone.map_or_else(|| Zone::new(&file.zone), Ok).map_err(|e| e.to_string())?;
    Calendar::in_zone(&file, zone, YEARS).map_err(|e| format!("calendar of rep '{}': {e}", rep.id))
}

/// The file's absences and those that came in while serving, together.
fn away(
    documents: &DocumentSet,
    roster: &Roster,
    calendars: &[Calendar],
    calendar_of: &[u8],
    faults: &mut Vec<SnapshotError>,
) -> Away {
    let mut note = |name: &str, message: String| {
        faults.push(SnapshotError { kind: DocumentKind::Absences, name: name.into(), message });
    };
    let mut files: Vec<(&str, AwayFile)> = Vec::new();
    for (name, body) in documents.of(DocumentKind::Absences) {
        match parse(body) {
            Ok(file) => files.push((name, file)),
            Err(message) => note(name, message),
        }
    }
    let zone_of = |rep: RepIndex| calendars[usize::from(calendar_of[rep.0 as usize])].zone().clone();
    let (away, found) = Away::new(files.iter().map(|(_, file)| file), roster, zone_of);
    found.into_iter().for_each(|(file, fault)| note(files[file].0, fault.to_string()));
    away
}

impl Snapshot {
    /// The border of the feature state this snapshot scores with.
    pub fn border(&self) -> Option<Instant> {
        self.scorer.as_deref().map(Scorer::border)
    }
}

/// A snapshot as it is shared.
pub type Shared = Arc<Snapshot>;
