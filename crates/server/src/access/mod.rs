//! Who may do what. A route names one [`Scope`]; a role is a set of scopes, and a key has the
//! scopes it was made with. The table of both is in `docs/roles.md`, made from here.

pub mod gate;
pub mod keys;
pub mod origin;
pub mod password;
pub mod secret;
pub mod table;
pub mod users;

use std::fmt;

use pointsman_domain::RepId;
use serde::{Deserialize, Serialize};

/// One thing that may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Scope {
    LeadsSend,
    LeadsScore,
    LeadsRead,
    LeadsRespond,
    LeadsAssign,
    DecisionsRead,
    /// Figures of single reps: load, turns, results. In Germany they are performance data.
    RepsRead,
    SetupRead,
    SetupWrite,
    ExperimentsWrite,
    ReportsRead,
    AuditRead,
    MetricsRead,
    /// Everything that is known of one person, out or away.
    PeopleManage,
    /// Keys, users.
    AccessManage,
}

impl Scope {
    pub const ALL: [Self; 15] = [
        Self::LeadsSend,
        Self::LeadsScore,
        Self::LeadsRead,
        Self::LeadsRespond,
        Self::LeadsAssign,
        Self::DecisionsRead,
        Self::RepsRead,
        Self::SetupRead,
        Self::SetupWrite,
        Self::ExperimentsWrite,
        Self::ReportsRead,
        Self::AuditRead,
        Self::MetricsRead,
        Self::PeopleManage,
        Self::AccessManage,
    ];

    pub fn as_str(self) -> &'static str {
        self.described().0
    }

    /// What it allows, in a phrase.
    pub fn meaning(self) -> &'static str {
        self.described().1
    }

    fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::LeadsSend => ("leads:send", "send leads, activities and outcomes"),
            Self::LeadsScore => ("leads:score", "ask where a lead would go"),
            Self::LeadsRead => ("leads:read", "see leads and their history, without personal attributes"),
            Self::LeadsRespond => ("leads:respond", "accept, decline, mark contacted"),
            Self::LeadsAssign => ("leads:assign", "assign by hand"),
            Self::DecisionsRead => ("decisions:read", "see why a lead went where it went"),
            Self::RepsRead => ("reps:read", "see figures of single reps"),
            Self::SetupRead => ("setup:read", "see policies, reps, prices, experiments"),
            Self::SetupWrite => ("setup:write", "change policies, reps, absences, accounts"),
            Self::ExperimentsWrite => ("experiments:write", "start, pause and stop experiments"),
            Self::ReportsRead => ("reports:read", "see counts, reports and results"),
            Self::AuditRead => ("audit:read", "check the record"),
            Self::MetricsRead => ("metrics:read", "scrape metrics"),
            Self::PeopleManage => ("people:manage", "export and erase what is known of one person"),
            Self::AccessManage => ("access:manage", "make and revoke keys, add and remove users"),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u32);

impl Scopes {
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | 1 << *scope as u32))
    }

    pub fn all() -> Self {
        Self::of(&Scope::ALL)
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u32) != 0
    }

    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn with(self, scope: Scope, yes: bool) -> Self {
        let bit = 1 << scope as u32;
        Self(if yes { self.0 | bit } else { self.0 & !bit })
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Reads `leads:send,leads:read`, or the name of a role, which stands for its scopes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scopes = Self::default();
        for part in text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
            let one = Scope::ALL.into_iter().find(|scope| scope.as_str() == part).map(|scope| Self::of(&[scope]));
            let role = || Role::parse(part).map(|role| role.scopes(&RepFigures::default()));
            match one.or_else(role) {
                Some(some) => scopes.0 |= some.0,
                None => {
                    return Err(format!("'{part}' is neither a scope ({}) nor a role ({})", names(), Role::names()));
                }
            }
        }
        if scopes.is_empty() { Err(format!("no scope is named; there are {}", names())) } else { Ok(scopes) }
    }
}

fn names() -> String {
    Scope::ALL.map(Scope::as_str).join(", ")
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&names.join(",")).map_err(serde::de::Error::custom)
    }
}

/// What a person is to the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Ops,
    Analyst,
    Rep,
    Viewer,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Admin, Self::Ops, Self::Analyst, Self::Rep, Self::Viewer];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Ops => "ops",
            Self::Analyst => "analyst",
            Self::Rep => "rep",
            Self::Viewer => "viewer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// What the role may do in a workspace with this setting.
    pub fn scopes(self, figures: &RepFigures) -> Scopes {
        let scopes = match self {
            Self::Admin => Scopes::all(),
            Self::Ops => Scopes::all().with(Scope::PeopleManage, false).with(Scope::AccessManage, false),
            Self::Analyst => Scopes::of(&[
                Scope::LeadsScore,
                Scope::LeadsRead,
                Scope::DecisionsRead,
                Scope::SetupRead,
                Scope::ReportsRead,
                Scope::AuditRead,
                Scope::MetricsRead,
            ]),
            // Of their own leads only.
            Self::Rep => Scopes::of(&[Scope::LeadsRead, Scope::LeadsRespond]),
            Self::Viewer => Scopes::of(&[Scope::ReportsRead]),
        };
        scopes.with(Scope::RepsRead, figures.0.contains(&self))
    }
}

/// Which roles see figures of single reps: a setting, because they are performance data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepFigures(pub Vec<Role>);

impl Default for RepFigures {
    fn default() -> Self {
        Self(vec![Role::Admin, Role::Ops])
    }
}

/// What a route asks of whoever calls it. Every route names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a key.
    Open,
    /// Whoever has this scope.
    Needs(Scope),
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Key,
    Session,
    /// Nobody needs to prove anything: there are no keys and users, and only this machine is served.
    Loopback,
}

/// Whoever sent a request, and what they may do. Handlers that show one rep's things only ask
/// [`Rights::only`].
#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    pub name: String,
    pub scopes: Scopes,
    pub via: Via,
    /// The rep that this person is.
    pub rep: Option<RepId>,
    pub role: Option<Role>,
}

impl Rights {
    /// The rep whose leads alone this caller may see; `None` sees all.
    pub fn only(&self) -> Option<Option<&RepId>> {
        (self.role == Some(Role::Rep)).then_some(self.rep.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for role in Role::ALL {
            let scopes = role.scopes(&RepFigures::default());
            assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
            assert_eq!(Scopes::parse(role.as_str()), Ok(scopes));
            assert!(scopes.within(Role::Admin.scopes(&RepFigures::default())));
        }
        assert!(Scopes::parse("leads:sent").is_err());
        assert!(Scopes::parse(" , ").is_err());
    }

    #[test]
    fn figures_of_reps_are_a_setting() {
        let nobody = RepFigures(vec![]);
        assert!(Role::ALL.iter().all(|role| !role.scopes(&nobody).has(Scope::RepsRead)));
        assert!(Role::Viewer.scopes(&RepFigures(vec![Role::Viewer])).has(Scope::RepsRead));
    }
}
