//! `absences.toml`: who is away, and whose leads go elsewhere for a while.
//!
//! ```toml
//! format = 1
//!
//! [[absence]]
//! rep = "mara"
//! from = "2026-12-21"                # the first day away, on the rep's own clock
//! until = "2027-01-04"               # the first day back; without it the end is not known
//! backup = "jonas"                   # before the backups of the roster
//!
//! [[override]]                       # the leads of Mara go to Jonas
//! rep = "mara"
//! to = "jonas"
//! until = "2026-12-01"
//!
//! [[override]]                       # Elif takes nothing in one pool
//! rep = "elif"
//! pool = "enterprise"
//! until = "2026-12-01T12:00:00+01:00"
//! ```

use pointsman_domain::{Instant, PoolId, PoolIndex, RepId, RepIndex};
use pointsman_workhours::{Absences, Zone};
use serde::{Deserialize, Serialize};

use crate::Roster;

/// The file as written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwayFile {
    pub format: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absence: Vec<AbsenceFile>,
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceFile {
    pub rep: RepId,
    pub from: When,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<When>,
    /// Who stands in, before the roster's backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<RepId>,
    /// When it was learned; features before that must not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Instant>,
    /// The system it came from, whose next import replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideFile {
    pub rep: RepId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<When>,
    pub until: When,
    /// Only in this pool; everywhere, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Who gets them; nobody in particular, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<RepId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<str>>,
}

/// A time with an offset, or a date: the beginning of that day on the rep's own clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum When {
    Text(Box<str>),
    Toml(toml::value::Datetime),
}

impl From<Instant> for When {
    fn from(at: Instant) -> Self {
        Self::Text(at.to_string().into())
    }
}

impl When {
    /// The instant, for somebody whose clock shows this zone.
    pub fn on(&self, zone: &Zone) -> Result<Instant, String> {
        let text = match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Toml(datetime) => datetime.to_string(),
        };
        if let Ok(at) = text.parse() {
            return Ok(at);
        }
        // Midnight UTC tells the day; the day begins where the rep's clock says so.
        let day = (text.len() == 10).then(|| format!("{text}T00:00:00Z").parse::<Instant>().ok()).flatten();
        let wrong = || {
            let shown: String = text.chars().take(80).collect();
            format!("'{shown}' is no time: write a date like 2026-12-01, or 2026-12-01T09:00:00+01:00")
        };
        Ok(zone.day_start(day.ok_or_else(wrong)?.utc_day() as i32))
    }
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AwayError {
    #[error("format {0} of the absences is newer than this version reads (1)")]
    Format(u32),
    #[error("{place} names the {what} '{id}', which the roster does not list")]
    Unknown { place: String, what: &'static str, id: String },
    #[error("{place}: {fault}")]
    Time { place: String, fault: String },
    #[error("{place} ends before it begins")]
    Ends { place: String },
    #[error("{place} changes nothing: name a pool, whom the leads go to, or both")]
    Nothing { place: String },
    #[error("{place} hands to '{rep}' what comes from '{rep}'")]
    Itself { place: String, rep: RepId },
    #[error("from {at} on, the stand-ins of '{rep}' lead back to '{rep}'")]
    Cycle { rep: RepId, at: Instant },
}

/// Who is away and whose leads go elsewhere, by rep index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Away {
    pub absences: Vec<Absences>,
    /// Who stands in during which absence.
    stand_ins: Vec<Vec<(Instant, Instant, RepIndex)>>,
    overrides: Vec<Vec<Override>>,
}

/// One dated override, resolved. Half-open: at `until` it is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Override {
    pub from: Instant,
    pub until: Instant,
    pub pool: Option<PoolIndex>,
    pub to: Option<RepIndex>,
}

impl Override {
    fn holds(&self, now: Instant) -> bool {
        self.from <= now && now < self.until
    }
}

impl Away {
    pub fn nobody(reps: usize) -> Self {
        Self {
            absences: vec![Absences::none(); reps],
            stand_ins: vec![Vec::new(); reps],
            overrides: vec![Vec::new(); reps],
        }
    }

    /// Resolves the files together; every fault, with the number of its file.
    pub fn new<'a>(
        files: impl IntoIterator<Item = &'a AwayFile>,
        roster: &Roster,
        zone_of: impl Fn(RepIndex) -> Zone,
    ) -> (Self, Vec<(usize, AwayError)>) {
        let mut away = Self::nobody(roster.reps.len());
        let mut spans = vec![Vec::new(); roster.reps.len()];
        let mut faults = Vec::new();
        for (at, file) in files.into_iter().enumerate() {
            if file.format != 1 {
                faults.push((at, AwayError::Format(file.format)));
                continue;
            }
            for absence in &file.absence {
                match away.absence(absence, roster, &zone_of) {
                    Ok((rep, span)) => spans[rep.0 as usize].push(span),
                    Err(fault) => faults.push((at, fault)),
                }
            }
            let overrides = file.overrides.iter();
            faults.extend(overrides.filter_map(|o| Some((at, away.change(o, roster, &zone_of).err()?))));
        }
        away.absences = spans.into_iter().map(Absences::new).collect();
        faults.extend(away.cycle(roster).map(|fault| (0, fault)));
        (away, faults)
    }

    fn absence(
        &mut self,
        file: &AbsenceFile,
        roster: &Roster,
        zone_of: impl Fn(RepIndex) -> Zone,
    ) -> Result<(RepIndex, (Instant, Instant)), AwayError> {
        let place = || format!("the absence of '{}'", file.rep);
        let rep = find(roster, place, &file.rep)?;
        let zone = zone_of(rep);
        let from = time(place, &file.from, &zone)?;
        let until = file.until.as_ref().map_or(Ok(Instant::MAX), |until| time(place, until, &zone))?;
        if until <= from {
            return Err(AwayError::Ends { place: format!("{} from {from}", place()) });
        }
        if let Some(backup) = &file.backup {
            let backup = find(roster, place, backup)?;
            if backup == rep {
                return Err(AwayError::Itself { place: place(), rep: file.rep.clone() });
            }
            self.stand_ins[rep.0 as usize].push((from, until, backup));
        }
        Ok((rep, (from, until)))
    }

    fn change(
        &mut self,
        file: &OverrideFile,
        roster: &Roster,
        zone_of: impl Fn(RepIndex) -> Zone,
    ) -> Result<(), AwayError> {
        let place = || format!("the override of '{}'", file.rep);
        let rep = find(roster, place, &file.rep)?;
        let zone = zone_of(rep);
        let from = file.from.as_ref().map_or(Ok(Instant::MIN), |from| time(place, from, &zone))?;
        let until = time(place, &file.until, &zone)?;
        if until <= from {
            return Err(AwayError::Ends { place: place() });
        }
        let unknown = |id: &PoolId| AwayError::Unknown { place: place(), what: "pool", id: id.to_string() };
        let pool = file.pool.as_ref().map(|id| roster.pool(id.as_str()).ok_or_else(|| unknown(id))).transpose()?;
        let to = file.to.as_ref().map(|to| find(roster, place, to)).transpose()?;
        if to == Some(rep) {
            return Err(AwayError::Itself { place: place(), rep: file.rep.clone() });
        }
        if pool.is_none() && to.is_none() {
            return Err(AwayError::Nothing { place: place() });
        }
        self.overrides[rep.0 as usize].push(Override { from, until, pool, to });
        Ok(())
    }

    /// The override of a rep that holds now, in this pool or everywhere.
    pub fn override_of(&self, rep: RepIndex, pool: Option<PoolIndex>, now: Instant) -> Option<&Override> {
        let overrides = self.overrides.get(rep.0 as usize)?;
        overrides.iter().find(|o| o.holds(now) && (o.pool.is_none() || o.pool == pool))
    }

    /// All overrides of a rep that are not over.
    pub fn overrides_of(&self, rep: RepIndex, now: Instant) -> impl Iterator<Item = &Override> {
        self.overrides.get(rep.0 as usize).into_iter().flatten().filter(move |o| now < o.until)
    }

    /// Who stands in during the absence that holds now.
    pub fn stand_in_of(&self, rep: RepIndex, now: Instant) -> Option<RepIndex> {
        let spans = self.stand_ins.get(rep.0 as usize)?;
        spans.iter().find(|(from, until, _)| *from <= now && now < *until).map(|(.., backup)| *backup)
    }

    /// Following stand-ins must end, at every instant. A circle that ever closes does so when the
    /// last of its parts begins, so these instants are enough.
    fn cycle(&self, roster: &Roster) -> Option<AwayError> {
        let begins = |rep: usize| {
            let overrides = self.overrides[rep].iter().filter(|o| o.to.is_some() && o.pool.is_none()).map(|o| o.from);
            overrides.chain(self.stand_ins[rep].iter().map(|(from, ..)| *from)).collect::<Vec<_>>()
        };
        for rep in 0..roster.reps.len() {
            for at in begins(rep) {
                let start = RepIndex(rep as u32);
                let mut next = self.next(start, at);
                for _ in 0..roster.reps.len() {
                    match next {
                        None => break,
                        Some(rep) if rep == start => {
                            return Some(AwayError::Cycle { rep: roster.rep_at(start).id.clone(), at });
                        }
                        Some(rep) => next = self.next(rep, at),
                    }
                }
            }
        }
        None
    }

    fn next(&self, rep: RepIndex, at: Instant) -> Option<RepIndex> {
        self.override_of(rep, None, at).and_then(|o| o.to).or_else(|| self.stand_in_of(rep, at))
    }
}

fn find(roster: &Roster, place: impl Fn() -> String, id: &RepId) -> Result<RepIndex, AwayError> {
    roster.rep(id.as_str()).ok_or_else(|| AwayError::Unknown { place: place(), what: "rep", id: id.to_string() })
}

fn time(place: impl Fn() -> String, when: &When, zone: &Zone) -> Result<Instant, AwayError> {
    when.on(zone).map_err(|fault| AwayError::Time { place: place(), fault })
}

#[cfg(test)]
mod tests {
    use pointsman_domain::AttributeSchema;
    use pointsman_expr::Environment;

    use super::*;

    fn roster() -> Roster {
        let text = r#"
            format = 1
            rep = [{ id = "elif" }, { id = "jonas" }, { id = "mara" }]
            pool = [{ id = "all", reps = ["elif", "jonas", "mara"] }]
        "#;
        Roster::new(&toml::from_str(text).expect("toml"), &Environment::new(&AttributeSchema::default()))
            .expect("valid")
    }

    fn load(text: &str) -> Result<Away, String> {
        let file: AwayFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let (away, faults) = Away::new([&file], &roster(), |_| Zone::new("Europe/Berlin").expect("known"));
        match faults.first() {
            None => Ok(away),
            Some((_, fault)) => Err(fault.to_string()),
        }
    }

    const GOOD: &str = r#"
        format = 1
        [[absence]]
        rep = "mara"
        from = "2026-12-21"
        until = 2027-01-04
        backup = "jonas"
        [[absence]]
        rep = "jonas"
        from = 2026-12-24T12:00:00+01:00
        [[override]]
        rep = "elif"
        to = "mara"
        until = "2026-12-01"
        [[override]]
        rep = "elif"
        pool = "all"
        from = "2026-12-01"
        until = "2026-12-02"
    "#;

    #[test]
    fn days_begin_on_the_clock_of_the_rep() {
        let away = load(GOOD).expect("valid");
        let at = |text: &str| text.parse::<Instant>().expect("a time");
        let (elif, jonas, mara) = (RepIndex(0), RepIndex(1), RepIndex(2));
        assert_eq!(away.absences[2].end_of(at("2026-12-20T23:00:00Z")), Some(at("2027-01-03T23:00:00Z")));
        assert_eq!(away.absences[2].end_of(at("2026-12-20T22:59:59Z")), None);
        assert_eq!(away.absences[1].end_of(at("2026-12-24T11:00:00Z")), Some(Instant::MAX), "no end is known");
        assert_eq!(away.stand_in_of(mara, at("2026-12-30T00:00:00Z")), Some(jonas));
        assert_eq!(away.stand_in_of(mara, at("2027-01-03T23:00:00Z")), None);
        let of = |text| away.override_of(elif, Some(PoolIndex(0)), at(text)).map(|o| (o.to, o.pool));
        assert_eq!(of("2026-11-30T22:59:59Z"), Some((Some(mara), None)));
        assert_eq!(of("2026-11-30T23:00:00Z"), Some((None, Some(PoolIndex(0)))), "the next one begins where it ends");
        assert_eq!(of("2026-12-01T23:00:00Z"), None, "it ended by itself");
        assert_eq!(away.override_of(elif, None, at("2026-12-01T12:00:00Z")), None, "another pool is not concerned");
    }

    #[test]
    fn faults_name_their_place() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = load(&GOOD.replace(from, to)).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        };
        check("format = 1", "format = 2", "format 2");
        check("rep = \"mara\"", "rep = \"maria\"", "the absence of 'maria' names the rep 'maria'");
        check("pool = \"all\"", "pool = \"alle\"", "the override of 'elif' names the pool 'alle'");
        check("until = 2027-01-04", "until = 2026-12-21", "ends before it begins");
        check("\"2026-12-21\"", "\"21.12.2026\"", "'21.12.2026' is no time");
        check("backup = \"jonas\"", "backup = \"mara\"", "hands to 'mara' what comes from 'mara'");
        check("pool = \"all\"\n", "\n", "changes nothing");
        check("until = \"2026-12-02\"", "", "missing field `until`");
        // Mara's leads go to Jonas and his to her, but never at once; then at once.
        let swap = |until: &str| {
            format!(
                "format = 1\n[[override]]\nrep = 'mara'\nto = 'jonas'\nuntil = '{until}'\n\
                 [[override]]\nrep = 'jonas'\nto = 'mara'\nfrom = '2026-12-01'\nuntil = '2026-12-31'\n"
            )
        };
        assert!(load(&swap("2026-12-01")).is_ok());
        let error = load(&swap("2026-12-02")).expect_err("a circle");
        assert!(error.contains("2026-11-30T23:00:00Z") && error.contains("lead back to 'jonas'"), "{error}");
    }

    #[test]
    fn a_file_that_is_written_is_read_again() {
        let file: AwayFile = toml::from_str(GOOD).expect("valid");
        let again: AwayFile = toml::from_str(&toml::to_string(&file).expect("written")).expect("read");
        assert_eq!(again, file);
    }
}
