//! `reps.toml`: reps, teams, pools, limits.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{
    COUNTED_ONLY, CalendarId, CatchUp, Contract, Fairness, FairnessMeasure, FairnessWindow, LimitId, LimitIndex,
    LimitKind, LimitSet, PoolId, PoolIndex, RepId, RepIndex, TeamId,
};
use pointsman_expr::{Condition, Environment, ExprError};
use serde::{Deserialize, Serialize};

/// The limit by which the open leads of reps without a cap are counted.
pub const OPEN_WORK: &str = "open-work";

/// The file as written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterFile {
    pub format: u32,
    #[serde(default)]
    pub limit: Vec<LimitFile>,
    #[serde(default)]
    pub team: Vec<TeamFile>,
    #[serde(default)]
    pub rep: Vec<RepFile>,
    #[serde(default)]
    pub pool: Vec<PoolFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitFile {
    pub id: LimitId,
    pub kind: LimitKind,
    /// The cap of every rep that names none; without it such reps have no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u32>,
    /// Leads that every rep who names no floor is owed in a window; none, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<u32>,
    /// Which leads count; all, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamFile {
    pub id: TeamId,
    #[serde(default)]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<RepId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepFile {
    pub id: RepId,
    #[serde(default)]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// As the HR system's files name the rep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Box<str>>,
    /// Working hours; without a calendar the rep is always open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// The clock on which those hours are read, and on which days, weeks and months begin; the
    /// calendar's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Box<str>>,
    /// Whose holidays hold, besides the calendar's own: `calendars/holidays/REGION.toml` or `.ics`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<CalendarId>,
    /// Where the rep is, for the pick `nearest-territory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<HomeFile>,
    /// Share of turns; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Skill → level, 1 to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<Box<str>, u8>,
    /// Caps that differ from the limits' defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caps: BTreeMap<LimitId, u32>,
    /// Floors that differ from the limits' own: leads the rep is owed in a window, where a rule
    /// picks by expected value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub floors: BTreeMap<LimitId, u32>,
    /// Who stands in, first choice first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backup: Vec<RepId>,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub active: bool,
}

/// A country (two letters) and a postcode, whole or its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeFile {
    pub country: Box<str>,
    #[serde(default)]
    pub postcode: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolFile {
    pub id: PoolId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reps: Vec<RepId>,
    /// Everybody of these teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
    /// Share of turns in this pool where it differs from the rep's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<RepId, u32>,
    /// Around the clock: members take leads outside their hours as well, unless they are absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stand_by: bool,
    #[serde(default)]
    pub fairness: Fairness,
}

fn yes() -> bool {
    true
}

/// What is wrong with a roster.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RosterError {
    #[error("format {0} of the roster is newer than this version reads (1)")]
    Format(u32),
    #[error("{what} '{id}' is listed twice")]
    Twice { what: &'static str, id: String },
    #[error("{place} names the {what} '{id}', which the roster does not list")]
    Unknown { place: String, what: &'static str, id: String },
    #[error("weight of '{place}' is 0: use 1 or more, or take the rep out of the pool")]
    Weight { place: String },
    #[error("{what}: {count} are more than the {most} that are possible")]
    TooMany { what: &'static str, count: usize, most: usize },
    #[error("condition of limit '{limit}': {error}")]
    Condition { limit: LimitId, error: ExprError },
    #[error("limit '{0}' counts open leads; a floor is owed per-day, per-week or per-month")]
    OpenFloor(LimitId),
    #[error("rep '{rep}' is owed {floor} leads under limit '{limit}', more than the cap {cap} allows")]
    FloorAboveCap { rep: RepId, limit: LimitId, floor: u32, cap: u32 },
    #[error("rep '{rep}' is owed {floor} leads under limit '{limit}' and has no cap there: give one, if a high one")]
    FloorWithoutCap { rep: RepId, limit: LimitId, floor: u32 },
    #[error("backups of '{rep}' lead back to '{rep}'")]
    BackupCycle { rep: RepId },
    #[error("rep '{rep}': {error}")]
    Zone { rep: RepId, error: pointsman_workhours::CalendarError },
    #[error("rep '{rep}': '{given}' is no country: write two letters, for example DE")]
    Country { rep: RepId, given: Box<str> },
    #[error("fairness of pool '{pool}': {fault}")]
    Fairness { pool: PoolId, fault: FairnessFault },
    #[error("the limit id '{}' is taken: it counts the open leads of reps without a cap", OPEN_WORK)]
    Reserved,
}

/// What is wrong with a pool's contract.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FairnessFault {
    #[error("measure 'quota' needs quota = \"LIMIT\": the limit whose caps are the shares")]
    NoQuota,
    #[error("quota has a meaning with measure 'quota' only")]
    OddQuota,
    #[error("the roster has no limit '{0}'")]
    UnknownQuota(LimitId),
    #[error("limit '{0}' counts open leads; a quota is per-day, per-week or per-month")]
    OpenQuota(LimitId),
    #[error("'{rep}' has no cap for '{limit}', so no share of it")]
    NoCap { rep: RepId, limit: LimitId },
    #[error("the window is the quota's own; leave it out")]
    Window,
    #[error("{0} has no meaning with measure 'open-work', which looks at what is open now")]
    Meaningless(&'static str),
    #[error("newcomers catch up on what came before them only within a window: day, week or month")]
    EndlessCatchUp,
    #[error("per-day = 0 pays nothing; write none")]
    Zero,
}

/// A rep, resolved.
#[derive(Debug, Clone)]
pub struct Rep {
    pub id: RepId,
    pub name: Box<str>,
    pub email: Option<Box<str>>,
    pub team: Option<TeamId>,
    pub calendar: Option<CalendarId>,
    pub zone: Option<Box<str>>,
    pub holidays: Vec<CalendarId>,
    /// Country and the beginning of the postcode, as [`crate::admit::nearness`] compares them.
    pub home: Option<(Box<str>, Box<str>)>,
    pub weight: u32,
    pub skills: BTreeMap<Box<str>, u8>,
    /// One per limit of the roster; `None` is no bound.
    pub caps: Vec<Option<u32>>,
    /// One per limit of the roster: leads owed in a window; 0 is no floor.
    pub floors: Vec<u32>,
    /// The limits that bound this rep.
    pub limits: LimitSet,
    pub backups: Vec<RepIndex>,
    pub active: bool,
}

#[derive(Debug, Clone)]
pub struct Pool {
    pub id: PoolId,
    /// In ascending order, with the weight each has here.
    pub members: Vec<(RepIndex, u32)>,
    pub stand_by: bool,
    pub fairness: Fairness,
    /// What of it steers turns.
    pub contract: Contract,
}

#[derive(Debug, Clone)]
pub struct Limit {
    pub id: LimitId,
    pub kind: LimitKind,
    pub when: Option<Condition>,
}

/// The checked roster. Reps are in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    pub reps: Vec<Rep>,
    pub limits: Vec<Limit>,
    pub pools: Vec<Pool>,
    by_rep: BTreeMap<RepId, RepIndex>,
    by_pool: BTreeMap<PoolId, PoolIndex>,
}

impl Roster {
    pub fn new(file: &RosterFile, environment: &Environment) -> Result<Self, RosterError> {
        check_counts(file)?;
        let mut written = file.rep.clone();
        written.sort_by(|a, b| a.id.cmp(&b.id));
        let by_rep: BTreeMap<RepId, RepIndex> =
            written.iter().enumerate().map(|(i, rep)| (rep.id.clone(), RepIndex(i as u32))).collect();
        let teams: BTreeSet<&TeamId> = file.team.iter().map(|team| &team.id).collect();
        let mut roster = Self { by_rep, ..Self::default() };
        for limit in &file.limit {
            let when = limit.when.as_deref().map(|source| environment.compile(source)).transpose();
            let when = when.map_err(|error| RosterError::Condition { limit: limit.id.clone(), error })?;
            roster.limits.push(Limit { id: limit.id.clone(), kind: limit.kind, when });
        }
        let counted = roster.limits.len();
        for rep in &written {
            roster.reps.push(roster.resolve(rep, &file.limit, &teams)?);
        }
        for pool in &file.pool {
            let index = PoolIndex(roster.pools.len() as u16);
            let mut members = roster.members(pool, &written, &teams)?;
            let contract = roster.contract(pool, &mut members);
            let contract = contract.map_err(|fault| RosterError::Fairness { pool: pool.id.clone(), fault })?;
            let (stand_by, fairness) = (pool.stand_by, pool.fairness.clone());
            roster.pools.push(Pool { id: pool.id.clone(), members, stand_by, fairness, contract });
            roster.by_pool.insert(pool.id.clone(), index);
        }
        roster.check_backups()?;
        roster.count_open_work(counted);
        Ok(roster)
    }

    /// Open leads are counted for everybody, so that load and open work compare: who has no
    /// unconditional cap on them gets a counter that is never full.
    fn count_open_work(&mut self, limits: usize) {
        let capped = |rep: &Rep| {
            let of_all = |i: usize| self.limits[i].kind == LimitKind::Open && self.limits[i].when.is_none();
            (0..limits).any(|i| of_all(i) && rep.caps[i].is_some())
        };
        let uncapped: Vec<bool> = self.reps.iter().map(|rep| !capped(rep)).collect();
        if !uncapped.contains(&true) || limits >= LimitSet::MAX {
            return;
        }
        let id = LimitId::new(OPEN_WORK).expect("a slug");
        self.limits.push(Limit { id, kind: LimitKind::Open, when: None });
        for (rep, uncapped) in self.reps.iter_mut().zip(uncapped) {
            rep.caps.push(uncapped.then_some(COUNTED_ONLY));
            rep.floors.push(0);
            if uncapped {
                rep.limits.insert(LimitIndex(limits as u8));
            }
        }
    }

    /// Checks a pool's contract; with quotas the members' weights become their caps.
    fn contract(&self, pool: &PoolFile, members: &mut [(RepIndex, u32)]) -> Result<Contract, FairnessFault> {
        let fairness = &pool.fairness;
        let FairnessMeasure::Quota = fairness.measure else {
            if fairness.quota.is_some() {
                return Err(FairnessFault::OddQuota);
            }
            check_contract(fairness)?;
            let Fairness { measure, window, catch_up, newcomers, .. } = *fairness;
            return Ok(Contract { measure, window, catch_up, newcomers });
        };
        let limit = fairness.quota.as_ref().ok_or(FairnessFault::NoQuota)?;
        let place = self.limits.iter().position(|l| l.id == *limit);
        let place = place.ok_or_else(|| FairnessFault::UnknownQuota(limit.clone()))?;
        if fairness.window != FairnessWindow::Always {
            return Err(FairnessFault::Window);
        }
        let window = match self.limits[place].kind {
            LimitKind::Open => return Err(FairnessFault::OpenQuota(limit.clone())),
            LimitKind::PerDay => FairnessWindow::Day,
            LimitKind::PerWeek => FairnessWindow::Week,
            LimitKind::PerMonth => FairnessWindow::Month,
        };
        for (rep, weight) in members {
            let rep = self.rep_at(*rep);
            let cap = rep.caps[place];
            let no_cap = || FairnessFault::NoCap { rep: rep.id.clone(), limit: limit.clone() };
            // Whoever has a cap of nothing is never a candidate; a weight must be positive all the same.
            *weight = cap.ok_or_else(no_cap)?.max(1);
        }
        let fairness = Fairness { window, ..fairness.clone() };
        check_contract(&fairness)?;
        let (catch_up, newcomers) = (fairness.catch_up, fairness.newcomers);
        Ok(Contract { measure: FairnessMeasure::Quota, window, catch_up, newcomers })
    }

    pub fn rep(&self, id: &str) -> Option<RepIndex> {
        self.by_rep.get(id).copied()
    }

    pub fn pool(&self, id: &str) -> Option<PoolIndex> {
        self.by_pool.get(id).copied()
    }

    pub fn rep_at(&self, index: RepIndex) -> &Rep {
        &self.reps[index.0 as usize]
    }

    pub fn pool_at(&self, index: PoolIndex) -> &Pool {
        &self.pools[usize::from(index.0)]
    }

    fn find(&self, place: impl Fn() -> String, id: &RepId) -> Result<RepIndex, RosterError> {
        let unknown = || RosterError::Unknown { place: place(), what: "rep", id: id.to_string() };
        self.rep(id.as_str()).ok_or_else(unknown)
    }

    fn resolve(&self, rep: &RepFile, limits: &[LimitFile], teams: &BTreeSet<&TeamId>) -> Result<Rep, RosterError> {
        let place = || format!("rep '{}'", rep.id);
        check_team(place, rep.team.as_ref(), teams)?;
        let mut named = rep.caps.keys().chain(rep.floors.keys());
        if let Some(unknown) = named.find(|id| limits.iter().all(|limit| &limit.id != *id)) {
            return Err(RosterError::Unknown { place: place(), what: "limit", id: unknown.to_string() });
        }
        if rep.weight == Some(0) {
            return Err(RosterError::Weight { place: rep.id.to_string() });
        }
        if let Some(zone) = &rep.zone {
            let known = pointsman_workhours::Zone::new(zone);
            known.map_err(|error| RosterError::Zone { rep: rep.id.clone(), error })?;
        }
        let home = rep.home.as_ref().map(|home| read_home(rep, home)).transpose()?;
        let caps: Vec<Option<u32>> =
            limits.iter().map(|limit| rep.caps.get(&limit.id).copied().or(limit.default)).collect();
        let floors = floors(rep, limits, &caps)?;
        let mut bounded = LimitSet::default();
        for (index, _) in caps.iter().enumerate().filter(|(_, cap)| cap.is_some()) {
            bounded.insert(LimitIndex(index as u8));
        }
        Ok(Rep {
            id: rep.id.clone(),
            name: if rep.name.is_empty() { rep.id.as_str().into() } else { rep.name.as_str().into() },
            email: rep.email.clone(),
            team: rep.team.clone(),
            calendar: rep.calendar.clone(),
            zone: rep.zone.clone(),
            holidays: rep.holidays.clone(),
            home,
            weight: rep.weight.unwrap_or(1),
            skills: rep.skills.clone(),
            caps,
            floors,
            limits: bounded,
            backups: rep.backup.iter().map(|id| self.find(place, id)).collect::<Result<_, _>>()?,
            active: rep.active,
        })
    }

    fn members(
        &self,
        pool: &PoolFile,
        reps: &[RepFile],
        teams: &BTreeSet<&TeamId>,
    ) -> Result<Vec<(RepIndex, u32)>, RosterError> {
        let place = || format!("pool '{}'", pool.id);
        for team in &pool.teams {
            check_team(place, Some(team), teams)?;
        }
        let named = pool.reps.iter().map(|id| self.find(place, id)).collect::<Result<Vec<_>, _>>()?;
        let of_team = |rep: &&RepFile| rep.team.as_ref().is_some_and(|team| pool.teams.contains(team));
        let teamed = reps.iter().filter(of_team).map(|rep| self.find(place, &rep.id)).collect::<Result<Vec<_>, _>>()?;
        let members: BTreeSet<RepIndex> = named.into_iter().chain(teamed).collect();
        for (id, weight) in &pool.weights {
            if !members.contains(&self.find(place, id)?) {
                return Err(RosterError::Unknown {
                    place: format!("weights of {}", place()),
                    what: "member",
                    id: id.to_string(),
                });
            }
            if *weight == 0 {
                return Err(RosterError::Weight { place: format!("{id} in pool {}", pool.id) });
            }
        }
        let weight = |rep: &Rep| pool.weights.get(&rep.id).copied().unwrap_or(rep.weight);
        Ok(members.into_iter().map(|index| (index, weight(self.rep_at(index)))).collect())
    }

    /// Following first backups from any rep must end.
    fn check_backups(&self) -> Result<(), RosterError> {
        for (start, rep) in self.reps.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let mut next = rep.backups.clone();
            while let Some(backup) = next.pop() {
                if backup.0 as usize == start {
                    return Err(RosterError::BackupCycle { rep: rep.id.clone() });
                }
                if seen.insert(backup) {
                    next.extend(&self.rep_at(backup).backups);
                }
            }
        }
        Ok(())
    }
}

fn check_team(place: impl Fn() -> String, team: Option<&TeamId>, teams: &BTreeSet<&TeamId>) -> Result<(), RosterError> {
    match team.filter(|team| !teams.contains(team)) {
        Some(team) => Err(RosterError::Unknown { place: place(), what: "team", id: team.to_string() }),
        None => Ok(()),
    }
}

fn read_home(rep: &RepFile, home: &HomeFile) -> Result<(Box<str>, Box<str>), RosterError> {
    let country = home.country.trim().to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(RosterError::Country { rep: rep.id.clone(), given: home.country.clone() });
    }
    Ok((country.into(), crate::admit::plain_postcode(&home.postcode).into()))
}

fn check_contract(fairness: &Fairness) -> Result<(), FairnessFault> {
    if [fairness.catch_up, fairness.newcomers].contains(&CatchUp::PerDay(0)) {
        return Err(FairnessFault::Zero);
    }
    if fairness.measure == FairnessMeasure::OpenWork {
        let odd = [
            ("a window", fairness.window != FairnessWindow::Always),
            ("catch_up", fairness.catch_up != CatchUp::None),
            ("newcomers", fairness.newcomers != CatchUp::None),
            ("count_manual", fairness.count_manual),
        ];
        if let Some((what, _)) = odd.into_iter().find(|(_, odd)| *odd) {
            return Err(FairnessFault::Meaningless(what));
        }
    }
    if fairness.newcomers != CatchUp::None && fairness.window == FairnessWindow::Always {
        return Err(FairnessFault::EndlessCatchUp);
    }
    Ok(())
}

/// What the rep is owed under each limit, within its cap.
fn floors(rep: &RepFile, limits: &[LimitFile], caps: &[Option<u32>]) -> Result<Vec<u32>, RosterError> {
    let floor = |(limit, cap): (&LimitFile, &Option<u32>)| {
        let floor = rep.floors.get(&limit.id).copied().or(limit.floor).unwrap_or(0);
        let (id, of) = (|| rep.id.clone(), || limit.id.clone());
        match cap {
            _ if floor == 0 => Ok(0),
            _ if limit.kind == LimitKind::Open => Err(RosterError::OpenFloor(of())),
            None => Err(RosterError::FloorWithoutCap { rep: id(), limit: of(), floor }),
            Some(cap) if floor > *cap => Err(RosterError::FloorAboveCap { rep: id(), limit: of(), floor, cap: *cap }),
            Some(_) => Ok(floor),
        }
    };
    limits.iter().zip(caps).map(floor).collect()
}

fn check_counts(file: &RosterFile) -> Result<(), RosterError> {
    if file.format != 1 {
        return Err(RosterError::Format(file.format));
    }
    fn twice<'a, T: Ord + ToString + 'a>(
        what: &'static str,
        ids: impl Iterator<Item = &'a T>,
    ) -> Result<(), RosterError> {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                return Err(RosterError::Twice { what, id: id.to_string() });
            }
        }
        Ok(())
    }
    if file.limit.iter().any(|limit| limit.id.as_str() == OPEN_WORK) {
        return Err(RosterError::Reserved);
    }
    twice("limit", file.limit.iter().map(|limit| &limit.id))?;
    twice("team", file.team.iter().map(|team| &team.id))?;
    twice("rep", file.rep.iter().map(|rep| &rep.id))?;
    twice("pool", file.pool.iter().map(|pool| &pool.id))?;
    let bounds = [
        ("limits", file.limit.len(), LimitSet::MAX),
        ("reps", file.rep.len(), 100_000),
        ("pools", file.pool.len(), 10_000),
    ];
    match bounds.into_iter().find(|(_, count, most)| count > most) {
        Some((what, count, most)) => Err(RosterError::TooMany { what, count, most }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::AttributeSchema;

    use super::*;

    fn load(text: &str) -> Result<Roster, String> {
        let file: RosterFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let environment = Environment::new(&AttributeSchema::default());
        Roster::new(&file, &environment).map_err(|e| e.to_string())
    }

    const GOOD: &str = r#"
        format = 1
        [[limit]]
        id = "open"
        kind = "open"
        default = 20
        [[team]]
        id = "dach"
        [[rep]]
        id = "mara"
        team = "dach"
        weight = 3
        skills = { german = 3 }
        backup = ["jonas"]
        [[rep]]
        id = "jonas"
        team = "dach"
        caps = { open = 5 }
        [[pool]]
        id = "all"
        teams = ["dach"]
        weights = { jonas = 2 }
    "#;

    #[test]
    fn reps_are_sorted_and_pools_resolved() {
        let roster = load(GOOD).expect("valid");
        let ids: Vec<&str> = roster.reps.iter().map(|rep| rep.id.as_str()).collect();
        assert_eq!(ids, ["jonas", "mara"]);
        assert_eq!(roster.reps[0].caps, [Some(5)]);
        assert_eq!(roster.pools[0].members, [(RepIndex(0), 2), (RepIndex(1), 3)]);
        assert_eq!(roster.reps[1].backups, [RepIndex(0)]);
    }

    #[test]
    fn faults_name_their_place() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = load(&GOOD.replace(from, to)).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        };
        check("format = 1", "format = 9", "format 9");
        check("id = \"jonas\"", "id = \"mara\"", "rep 'mara' is listed twice");
        check("teams = [\"dach\"]", "teams = [\"uk\"]", "pool 'all' names the team 'uk'");
        check("open = 5", "day = 5", "rep 'jonas' names the limit 'day'");
        check("weight = 3", "weight = 0", "weight of 'mara' is 0");
        check("caps = {", "backup = [\"mara\"]\ncaps = {", "lead back to");
        check("weight = 3", "wieght = 3", "wieght");
        check("weight = 3", "zone = \"Europe/Berlyn\"", "rep 'mara': zone: 'Europe/Berlyn' is not an IANA time zone");
        check("weight = 3", "home = { country = \"Germany\" }", "'Germany' is no country");
        check("id = \"open\"", "id = \"open-work\"", "'open-work' is taken");
    }

    #[test]
    fn floors_are_owed_within_caps() {
        let daily = GOOD.replace("kind = \"open\"", "kind = \"per-day\"\nfloor = 4");
        let roster = load(&daily.replace("weight = 3", "floors = { open = 9 }")).expect("valid");
        assert_eq!((roster.reps[0].floors[0], roster.reps[1].floors[0]), (4, 9));
        let check = |text: &str, expected: &str| {
            let error = load(text).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        };
        check(
            &daily.replace("open = 5", "open = 3"),
            "rep 'jonas' is owed 4 leads under limit 'open', more than the cap 3",
        );
        check(&daily.replace("default = 20", ""), "rep 'mara' is owed 4 leads under limit 'open' and has no cap there");
        check(&GOOD.replace("weight = 3", "floors = { open = 2 }"), "limit 'open' counts open leads");
        check(&GOOD.replace("weight = 3", "floors = { day = 2 }"), "rep 'mara' names the limit 'day'");
        assert_eq!(load(GOOD).expect("valid").reps[0].floors, [0]);
    }

    #[test]
    fn contracts_are_checked() {
        let with = |fairness: &str| load(&format!("{GOOD}\nfairness = {{ {fairness} }}\n"));
        let check = |fairness: &str, expected: &str| {
            let error = with(fairness).expect_err(expected);
            assert!(error.contains("fairness of pool 'all': ") && error.contains(expected), "{error}");
        };
        check("measure = 'quota'", "needs quota");
        check("quota = 'open'", "with measure 'quota' only");
        check("measure = 'quota', quota = 'opened'", "no limit 'opened'");
        check("measure = 'quota', quota = 'open'", "counts open leads");
        check("measure = 'open-work', catch_up = 'full'", "catch_up has no meaning");
        check("newcomers = 'full'", "only within a window");
        check("catch_up = { per-day = 0 }", "pays nothing");
        let roster = with("window = 'week', catch_up = { per-day = 3 }, newcomers = 'full'").expect("valid");
        let contract = roster.pools[0].contract;
        assert_eq!((contract.window, contract.catch_up), (FairnessWindow::Week, CatchUp::PerDay(3)));
    }

    #[test]
    fn quotas_are_the_weights_of_their_pool() {
        let quota = "kind = \"per-month\"";
        let text = GOOD.replace("kind = \"open\"", quota) + "\nfairness = { measure = 'quota', quota = 'open' }\n";
        let roster = load(&text).expect("valid");
        assert_eq!(roster.pools[0].members, [(RepIndex(0), 5), (RepIndex(1), 20)]);
        assert_eq!(roster.pools[0].contract.window, FairnessWindow::Month);
        let error = load(&text.replace("default = 20", "")).expect_err("refused");
        assert!(error.contains("'mara' has no cap for 'open'"), "{error}");
    }

    #[test]
    fn open_work_is_counted_for_who_has_no_cap() {
        let roster = load(&GOOD.replace("default = 20", "")).expect("valid");
        let caps: Vec<_> = roster.reps.iter().map(|rep| rep.caps.clone()).collect();
        assert_eq!(caps, [vec![Some(5), None], vec![None, Some(COUNTED_ONLY)]]);
        assert_eq!(roster.limits[1].id.as_str(), OPEN_WORK);
        assert_eq!(load(GOOD).expect("valid").limits.len(), 1, "everybody has a cap: nothing is added");
    }
}
