//! Absences that come in while serving: one more, one ended, all of an HR system's next export.
//! What is kept here has instants, never dates, so that its id stays when a rep's zone changes.

use pointsman_domain::{Instant, PoolId, RepId, RepIndex};
use sha2::{Digest as _, Sha256};

use crate::{
    Roster,
    away::{AbsenceFile, AwayFile, OverrideFile, When},
};

/// The name of an absence or override: the beginning of a hash of what it says, so that saying the
/// same twice is saying it once.
fn id(parts: &[Option<&str>]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update([u8::from(part.is_some())]);
        hasher.update(part.unwrap_or_default());
        hasher.update([0]);
    }
    let hash: String = hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("absence-{hash}")
}

impl When {
    fn as_text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Toml(datetime) => datetime.to_string(),
        }
    }

    /// Where it is an instant of its own.
    fn instant(&self) -> Option<Instant> {
        self.as_text().parse().ok()
    }
}

impl AbsenceFile {
    pub fn id(&self) -> String {
        let (from, until) = (self.from.as_text(), self.until.as_ref().map(When::as_text));
        let backup = self.backup.as_ref().map(RepId::as_str);
        id(&[Some("absence"), Some(self.rep.as_str()), Some(&from), until.as_deref(), backup, self.source.as_deref()])
    }
}

impl OverrideFile {
    pub fn id(&self) -> String {
        let (from, until) = (self.from.as_ref().map(When::as_text), self.until.as_text());
        let (pool, to) = (self.pool.as_ref().map(PoolId::as_str), self.to.as_ref().map(RepId::as_str));
        let rep = Some(self.rep.as_str());
        id(&[Some("override"), rep, from.as_deref(), Some(&until), pool, to, self.source.as_deref()])
    }
}

impl AwayFile {
    pub fn empty() -> Self {
        Self { format: 1, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.absence.is_empty() && self.overrides.is_empty()
    }

    pub fn has(&self, id: &str) -> bool {
        self.absence.iter().any(|a| a.id() == id) || self.overrides.iter().any(|o| o.id() == id)
    }

    /// Removes one; whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let there = self.has(id);
        self.absence.retain(|absence| absence.id() != id);
        self.overrides.retain(|o| o.id() != id);
        there
    }

    /// Everything that came from `source` before is replaced; how many are new, and how many gone.
    pub fn replace(&mut self, source: &str, absences: Vec<AbsenceFile>) -> (usize, usize) {
        let of_source = |absence: &AbsenceFile| absence.source.as_deref() == Some(source);
        let before: Vec<String> = self.absence.iter().filter(|a| of_source(a)).map(AbsenceFile::id).collect();
        self.absence.retain(|absence| !of_source(absence));
        let mut ids = Vec::new();
        for absence in absences {
            let id = absence.id();
            if !ids.contains(&id) {
                ids.push(id);
                self.absence.push(absence);
            }
        }
        let new = ids.iter().filter(|id| !before.contains(id)).count();
        (new, before.iter().filter(|id| !ids.contains(id)).count())
    }

    /// Forgets what was over before this instant.
    pub fn forget(&mut self, before: Instant) {
        let over = |until: Option<&When>| until.and_then(When::instant).is_some_and(|until| until < before);
        self.absence.retain(|absence| !over(absence.until.as_ref()));
        self.overrides.retain(|o| !over(Some(&o.until)));
    }

    /// Lets go what names a rep or pool that the roster does not list any more; how many.
    pub fn keep_known(&mut self, roster: &Roster) -> usize {
        let before = self.absence.len() + self.overrides.len();
        let known = |rep: &RepId| roster.rep(rep.as_str()).is_some();
        self.absence.retain(|a| known(&a.rep) && a.backup.as_ref().is_none_or(known));
        self.overrides.retain(|o| {
            known(&o.rep)
                && o.to.as_ref().is_none_or(known)
                && o.pool.as_ref().is_none_or(|pool| roster.pool(pool.as_str()).is_some())
        });
        before - self.absence.len() - self.overrides.len()
    }
}

/// A rep by id, address or name, as other systems write them.
pub fn find_rep(roster: &Roster, text: &str) -> Option<RepIndex> {
    let text = text.trim();
    let same = |other: &str| !text.is_empty() && other.to_lowercase() == text.to_lowercase();
    if let Some(rep) = roster.rep(text) {
        return Some(rep);
    }
    let mut found =
        roster.reps.iter().enumerate().filter(|(_, rep)| same(&rep.name) || rep.email.as_deref().is_some_and(same));
    let first = found.next()?;
    // Two of one name are nobody.
    found.next().is_none().then_some(RepIndex(first.0 as u32))
}
