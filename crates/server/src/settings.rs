//! `pointsman.toml`: the settings of a workspace, and what the environment says instead. Every
//! setting stands once in [`KNOWN`], with what it may be; the page `docs/settings.md` is made from
//! there. All faults are told together. Secrets come from the environment or a file, never from
//! here.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use pointsman_connect::{Secret, Target, Webhook};
use pointsman_decision::RoutingSettings;
use pointsman_domain::{Currency, Micros, PolicyName};
use pointsman_intake::Mapping;
use pointsman_measure::kpi::KpiSpec;
use pointsman_store::Location;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::{
    access::{RepFigures, Role},
    api::hooks::Hook,
    config::ServeConfig,
    deliver::{Sink, message::EventName},
    listen::Connections,
};

/// The file as written, with what the environment says instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub format: u32,
    /// IANA name: the workspace's day.
    pub zone: Box<str>,
    pub currency: Currency,
    /// The policy that rules outside experiments.
    pub policy: PolicyName,
    #[serde(default)]
    pub store: StoreSettings,
    #[serde(default)]
    pub server: ServerSettings,
    #[serde(default)]
    pub privacy: PrivacySettings,
    /// Systems that are told what happens, by name.
    #[serde(default)]
    pub webhooks: BTreeMap<Box<str>, WebhookSettings>,
    /// Systems that send by themselves, by name.
    #[serde(default)]
    pub hooks: BTreeMap<Box<str>, HookSettings>,
}

/// One system that sends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSettings {
    /// A mapping file of the workspace.
    pub mapping: Box<str>,
    /// Which of its inputs; the only one, if absent.
    pub input: Option<Box<str>>,
    pub secret_file: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    pub url: Box<str>,
    pub readers: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: "sqlite:pointsman.db".into(), readers: 0 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    pub listen: Box<str>,
    /// Within this many days the same e-mail or phone is the same lead.
    pub duplicate_days: u32,
    pub https: bool,
    pub rate: u32,
    pub timeout_seconds: u32,
    pub connections: u32,
    /// Empty: no links.
    pub public_url: Box<str>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7171".into(),
            duplicate_days: 30,
            https: false,
            rate: 20_000,
            timeout_seconds: 10,
            connections: 20_000,
            public_url: "".into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacySettings {
    pub rep_figures: Vec<Role>,
}

/// One system that is told what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    pub url: Box<str>,
    /// Empty: everything.
    #[serde(default)]
    pub events: Vec<Box<str>>,
    /// Where the environment does not hold the secret.
    pub secret_file: Option<Box<str>>,
    pub ca_file: Option<Box<str>>,
    #[serde(default = "attempts")]
    pub attempts: u32,
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u32,
}

fn attempts() -> u32 {
    16
}

fn timeout_seconds() -> u32 {
    10
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self { rep_figures: RepFigures::default().0 }
    }
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Address,
    Flag,
    /// A whole number between two others.
    Count(i64, i64),
    Roles,
    /// The beginning of addresses of this server; empty is none.
    Base,
    /// Where messages are sent.
    Url,
    /// Names of what is told.
    Events,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub path: &'static str,
    pub kind: Kind,
    /// As text; empty where it must be given.
    pub default: &'static str,
    pub meaning: &'static str,
}

const fn known(path: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Known {
    Known { path, kind, default, meaning }
}

/// Every setting.
pub const KNOWN: &[Known] = &[
    known("format", Kind::Count(1, 1), "", "the format of this file"),
    known("zone", Kind::Text, "", "the workspace's day: dates without a zone, time features, reports (an IANA name)"),
    known("currency", Kind::Text, "", "the workspace's one currency (ISO 4217)"),
    known("policy", Kind::Text, "", "the policy that rules outside experiments: policies/NAME.toml"),
    known("store.url", Kind::Text, "sqlite:pointsman.db", "where the store is; a file is relative to the workspace"),
    known(
        "store.readers",
        Kind::Count(0, 512),
        "0",
        "connections that read, at most; 0 is 64 on a file and 16 on PostgreSQL, where a replica has about seven more for writing and looking",
    ),
    known(
        "server.listen",
        Kind::Address,
        "127.0.0.1:7171",
        "address to listen on; beyond this machine only with keys or users",
    ),
    known(
        "server.duplicate_days",
        Kind::Count(0, 3650),
        "30",
        "within this many days the same e-mail or phone is the same lead",
    ),
    known(
        "server.https",
        Kind::Flag,
        "false",
        "people reach the server over TLS (through a proxy): cookies are sent over nothing else",
    ),
    known(
        "server.rate",
        Kind::Count(1, 1_000_000),
        "20000",
        "requests a second of one key, unless the key says otherwise",
    ),
    known(
        "server.timeout_seconds",
        Kind::Count(1, 300),
        "10",
        "a request that takes longer is given up; what it asked for may still be done",
    ),
    known("server.connections", Kind::Count(16, 1_000_000), "20000", "connections open at once; more wait"),
    known(
        "server.public_url",
        Kind::Base,
        "none",
        "where people reach the server, as https://leads.example.com: messages about offers then hold a link to answer",
    ),
    known(
        "privacy.rep_figures",
        Kind::Roles,
        "admin,ops",
        "roles that see figures of single reps (in Germany they are performance data)",
    ),
];

/// The place of a name in [`NAMED`].
const NAME: &str = "NAME";

/// Settings of sections that have a name of the workspace's own.
pub const NAMED: &[Known] = &[
    known("webhooks.NAME.url", Kind::Url, "", "where messages are sent: https, or http to this machine"),
    known("webhooks.NAME.events", Kind::Events, "[]", "what is told (docs/webhooks.md); everything, if empty"),
    known(
        "webhooks.NAME.secret_file",
        Kind::Text,
        "-",
        "a file with the secret that signs; read where POINTSMAN_WEBHOOKS_NAME_SECRET is not set",
    ),
    known("webhooks.NAME.ca_file", Kind::Text, "-", "certificates (PEM) that are trusted besides the well-known ones"),
    known("webhooks.NAME.attempts", Kind::Count(1, 100), "16", "a message is given up after so many"),
    known("hooks.NAME.mapping", Kind::Text, "", "the mapping that reads what the source sends: mappings/NAME.toml"),
    known("hooks.NAME.input", Kind::Text, "-", "which of the mapping's inputs; the only one, if absent"),
    known(
        "hooks.NAME.secret_file",
        Kind::Text,
        "-",
        "a file with the secret that the source signs with; read where POINTSMAN_HOOKS_NAME_SECRET is not set",
    ),
    known("webhooks.NAME.timeout_seconds", Kind::Count(1, 60), "10", "a receiver that takes longer did not answer"),
];

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("{}", faults.join("\n"))]
pub struct SettingsError {
    pub faults: Vec<String>,
}

impl SettingsError {
    fn one(fault: String) -> Self {
        Self { faults: vec![fault] }
    }
}

impl Known {
    /// The name in the environment: `server.listen` is `POINTSMAN_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        variable(self.path)
    }

    /// Takes the environment's value for this path before the file's, and checks it.
    fn take(
        &self,
        path: &str,
        table: &mut Table,
        environment: &impl Fn(&str) -> Option<String>,
        faults: &mut Vec<String>,
    ) {
        let variable = variable(path);
        if let Some(text) = environment(&variable) {
            match self.read(text.trim()) {
                Ok(value) => put(table, path, value),
                Err(why) => faults.push(format!("{variable} {why}")),
            }
        }
        match find(table, path).map(|value| self.check(value)) {
            Some(Err(why)) => faults.push(format!("{path} {why}")),
            None if self.default.is_empty() => faults.push(format!("{path} is missing: {}", self.meaning)),
            Some(Ok(())) | None => {}
        }
    }

    /// What the environment's text means.
    fn read(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Kind::Base if text == "none" => Ok(Value::String(String::new())),
            Kind::Text | Kind::Address | Kind::Url | Kind::Base => Ok(Value::String(text.into())),
            Kind::Flag => text.parse().map(Value::Boolean).map_err(|_| "is neither true nor false".into()),
            Kind::Count(..) => text.parse().map(Value::Integer).map_err(|_| "is no whole number".into()),
            Kind::Roles | Kind::Events => {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                Ok(Value::Array(names.map(|name| Value::String(name.into())).collect()))
            }
        }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match (self.kind, value) {
            (Kind::Text, Value::String(text)) => !text.trim().is_empty(),
            (Kind::Address, Value::String(text)) => text.parse::<SocketAddr>().is_ok(),
            (Kind::Flag, Value::Boolean(_)) => true,
            (Kind::Count(least, most), Value::Integer(n)) => (least..=most).contains(n),
            (Kind::Base, Value::String(text)) => {
                text.is_empty() || (Target::parse(text).is_ok() && !text.ends_with('/'))
            }
            (Kind::Url, Value::String(text)) => {
                return Target::parse(text).map(drop).map_err(|why| format!("'{text}' {why}"));
            }
            (Kind::Events, Value::Array(names)) => {
                names.iter().all(|name| name.as_str().is_some_and(|name| name.parse::<EventName>().is_ok()))
            }
            (Kind::Roles, Value::Array(names)) => {
                names.iter().all(|name| name.as_str().and_then(Role::parse).is_some())
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("is {value}, but {}", self.wanted())) }
    }

    fn wanted(&self) -> String {
        match self.kind {
            Kind::Text => "a text is wanted".into(),
            Kind::Address => "an address like 127.0.0.1:7171 is wanted".into(),
            Kind::Flag => "true or false is wanted".into(),
            Kind::Count(1, 1) => "this version reads 1".into(),
            Kind::Count(least, most) => format!("a whole number from {least} to {most} is wanted"),
            Kind::Roles => format!("a list of roles is wanted: {}", Role::names()),
            Kind::Base => "an address like https://leads.example.com is wanted, without a slash at its end".into(),
            Kind::Url => "an address like https://host/path is wanted".into(),
            Kind::Events => format!("a list of events is wanted: {}", EventName::ALL.map(EventName::as_str).join(", ")),
        }
    }
}

impl Settings {
    pub const FILE: &'static str = "pointsman.toml";

    /// Reads the settings of a workspace; the environment's go before the file's.
    #[expect(clippy::disallowed_methods, reason = "settings are an edge: this is where the environment is read")]
    pub fn read(workspace: &Path) -> Result<Self, SettingsError> {
        let path = workspace.join(Self::FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let (folder, file) = (workspace.display(), Self::FILE);
            SettingsError::one(format!(
                "'{folder}' is no workspace, cannot read its {file} (make one with: pointsman init {folder}): {error}"
            ))
        })?;
        Self::parse(&text, |name| std::env::var(name).ok()).map_err(|error| SettingsError {
            faults: error.faults.into_iter().map(|fault| format!("{}: {fault}", path.display())).collect(),
        })
    }

    /// The same from a text and an environment.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
            SettingsError::one(format!("cannot be read: {}", error.to_string().trim_end()))
        })?;
        let mut faults = Vec::new();
        unknown("", &table, &mut faults);
        for known in KNOWN {
            known.take(known.path, &mut table, &environment, &mut faults);
        }
        for known in NAMED {
            for path in paths(known.path, &table) {
                known.take(&path, &mut table, &environment, &mut faults);
            }
        }
        if faults.is_empty() {
            return table.try_into().map_err(|error| SettingsError::one(error.to_string().trim_end().to_owned()));
        }
        Err(SettingsError { faults })
    }

    /// Where the store is.
    pub fn store(&self, workspace: &Path) -> Result<Location, SettingsError> {
        Location::parse(&self.store.url, workspace).map_err(|error| SettingsError::one(format!("store.url: {error}")))
    }

    /// The part that decides, as a document.
    pub fn routing_document(&self) -> Result<Vec<u8>, SettingsError> {
        let routing = RoutingSettings {
            format: 1,
            zone: self.zone.clone(),
            currency: self.currency,
            policy: self.policy.clone(),
        };
        let text = toml::to_string(&routing).map_err(|error| SettingsError::one(error.to_string()))?;
        Ok(text.into_bytes())
    }

    /// The receivers, with their secrets from the environment or a file. All faults together.
    #[expect(clippy::disallowed_methods, reason = "settings are an edge: this is where secrets are read")]
    pub fn sinks(&self, workspace: &Path) -> Result<Vec<Arc<Sink>>, SettingsError> {
        let environment = |name: &str| std::env::var(name).ok();
        let (mut sinks, mut faults) = (Vec::new(), Vec::new());
        for (name, webhook) in &self.webhooks {
            let section = format!("webhooks.{name}");
            let read = secrets(&section, webhook.secret_file.as_deref(), workspace, &environment);
            match read.and_then(|secrets| sink(name, webhook, secrets, workspace)) {
                Ok(sink) => sinks.push(Arc::new(sink)),
                Err(why) => faults.push(format!("{section}: {why}")),
            }
        }
        if faults.is_empty() { Ok(sinks) } else { Err(SettingsError { faults }) }
    }

    /// The sources that send by themselves, with their mappings and secrets. All faults together.
    #[expect(clippy::disallowed_methods, reason = "settings are an edge: this is where secrets are read")]
    pub fn sources(&self, workspace: &Path) -> Result<Vec<Arc<Hook>>, SettingsError> {
        let environment = |name: &str| std::env::var(name).ok();
        let (mut hooks, mut faults) = (Vec::new(), Vec::new());
        for (name, settings) in &self.hooks {
            let section = format!("hooks.{name}");
            let read = secrets(&section, settings.secret_file.as_deref(), workspace, &environment);
            match read.and_then(|secrets| hook(name, settings, secrets, workspace)) {
                Ok(hook) => hooks.push(Arc::new(hook)),
                Err(why) => faults.push(format!("{section}: {why}")),
            }
        }
        if faults.is_empty() { Ok(hooks) } else { Err(SettingsError { faults }) }
    }

    /// What a server needs to be told; without documents and keys.
    pub fn serve_config(&self, workspace: &Path) -> Result<ServeConfig, SettingsError> {
        let server = &self.server;
        let listen = server
            .listen
            .parse()
            .map_err(|_| SettingsError::one(format!("server.listen is '{}', which is no address", server.listen)))?;
        Ok(ServeConfig {
            store: self.store(workspace)?,
            listen,
            rate: server.rate,
            https: server.https,
            figures: RepFigures(self.privacy.rep_figures.clone()),
            kpi: figures(workspace)?,
            duplicate_window: Micros::DAY.times(i64::from(server.duplicate_days)),
            timeout: Duration::from_secs(u64::from(server.timeout_seconds)),
            connections: Connections { most: server.connections as usize, ..Connections::default() },
            public_url: Some(server.public_url.to_string()).filter(|url| !url.is_empty()),
            readers: self.store.readers as usize,
            hooks: self.sources(workspace)?,
            sinks: self.sinks(workspace)?,
            ..ServeConfig::of_folder(workspace)
        })
    }
}

/// `kpi.toml`, or what holds without one.
pub fn figures(workspace: &Path) -> Result<KpiSpec, SettingsError> {
    let path = workspace.join(KpiSpec::FILE);
    let fault = |error: &dyn std::fmt::Display| SettingsError::one(format!("{}: {error}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(text) => KpiSpec::parse(&text).map_err(|error| fault(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(KpiSpec::default()),
        Err(error) => Err(fault(&error)),
    }
}

/// One or several secrets, the newest first, from the environment or else from a file.
pub fn secrets(
    section: &str,
    file: Option<&str>,
    workspace: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Secret>, String> {
    let variable = variable(&format!("{section}.secret"));
    let text = match (environment(&variable), file) {
        (Some(text), _) => text,
        (None, Some(file)) => {
            let path = workspace.join(file);
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?
        }
        (None, None) => return Err(format!("has no secret: set {variable}, or secret_file")),
    };
    let secrets: Result<Vec<Secret>, _> = text.split_whitespace().map(Secret::parse).collect();
    let secrets = secrets.map_err(|error| format!("its secret is none: {error}"))?;
    if secrets.is_empty() { Err("its secret is empty".into()) } else { Ok(secrets) }
}

fn hook(name: &str, settings: &HookSettings, secrets: Vec<Secret>, workspace: &Path) -> Result<Hook, String> {
    let path = workspace.join(&*settings.mapping);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mapping = Mapping::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let names = || mapping.inputs.iter().map(|input| &*input.name).collect::<Vec<_>>().join(", ");
    let input = match (&settings.input, mapping.inputs.len()) {
        (Some(wanted), _) => mapping.inputs.iter().position(|input| input.name == *wanted),
        (None, 1) => Some(0),
        (None, _) => None,
    };
    let input = input.ok_or_else(|| format!("say which input of the mapping it is: {}", names()))?;
    Ok(Hook { name: name.into(), secrets, mapping, input })
}

fn sink(name: &str, settings: &WebhookSettings, secrets: Vec<Secret>, workspace: &Path) -> Result<Sink, String> {
    let target = Target::parse(&settings.url).map_err(|error| format!("its url {error}"))?;
    let authorities = settings.ca_file.as_ref().map(|file| {
        let path = workspace.join(&**file);
        std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    });
    let authorities = authorities.transpose()?;
    let patience = Duration::from_secs(u64::from(settings.timeout_seconds));
    let webhook = Webhook::new(target, secrets, authorities.as_deref(), patience).map_err(|error| error.to_string())?;
    let events = settings.events.iter().map(|event| event.parse()).collect::<Result<_, _>>()?;
    Ok(Sink { name: name.into(), webhook, events, attempts: settings.attempts })
}

fn variable(path: &str) -> String {
    format!("POINTSMAN_{}", path.to_uppercase().replace(['.', '-'], "_"))
}

/// The paths that a setting of named sections has in this file.
fn paths(path: &str, table: &Table) -> Vec<String> {
    let Some((section, rest)) = path.split_once(".NAME.") else { return Vec::new() };
    let names = table.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys);
    names.map(|name| format!("{section}.{name}.{rest}")).collect()
}

/// The path as the list has it: a name of the workspace's own is [`NAME`].
fn general(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('.').collect();
    let named = |section: &str| NAMED.iter().any(|known| known.path.starts_with(&format!("{section}.")));
    if parts.len() >= 2 && named(parts[0]) {
        parts[1] = NAME;
    }
    parts.join(".")
}

/// Keys of the file that no setting has.
fn unknown(prefix: &str, table: &Table, faults: &mut Vec<String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        let section = format!("{path}.");
        let (one, within) = (general(&path), general(&section));
        let mut all = KNOWN.iter().chain(NAMED);
        match value {
            _ if all.clone().any(|known| known.path == one) => {}
            Value::Table(_) if one.ends_with(".NAME") && !plain_name(key) => {
                faults.push(format!("{path}: a name has letters a to z, digits, dashes and underscores, at most 63"));
            }
            Value::Table(inner) if all.any(|known| known.path.starts_with(&within)) => {
                unknown(&section, inner, faults);
            }
            _ => {
                let prefix = general(prefix);
                let all = KNOWN.iter().chain(NAMED).map(|known| known.path);
                let there: Vec<&str> = all.filter(|path| path.starts_with(&prefix)).collect();
                faults.push(format!("{path} is no setting; there are {}", there.join(", ")));
            }
        }
    }
}

fn plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=63).contains(&name.len()) && name.bytes().all(plain)
}

fn find<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((section, rest)) => find(table.get(section)?.as_table()?, rest),
        None => table.get(path),
    }
}

fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Some(inner) = inner.as_table_mut() {
                put(inner, rest, value);
            }
        }
        None => {
            table.insert(path.into(), value);
        }
    }
}

/// `docs/settings.md`, whole.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Settings\n\nOf a workspace: `pointsman.toml` in its folder. A variable of the environment goes before the file. All of it is\n\
         checked at the start and all faults are told together. Secrets are never in the file: keys and users are in the store\n\
         (`pointsman keys`, `pointsman users`), further keys in `POINTSMAN_API_KEYS=NAME:KEY,…`; `POINTSMAN_LOG` says what is logged\n\
         (`info` for a line per request and decision); secrets of webhooks in `POINTSMAN_WEBHOOKS_NAME_SECRET`. `NAME` is a name of\n\
         your own: a section has one for each system. Made from `crates/server/src/settings.rs`, and compared with it by a test.\n\n\
         | setting | default | in the environment | meaning |\n|---|---|---|---|\n",
    );
    for known in KNOWN.iter().chain(NAMED) {
        let default = match known.default {
            "" => "must be given".into(),
            "-" => "none".into(),
            default => format!("`{default}`"),
        };
        let wanted = match known.kind {
            Kind::Count(least, most) if least < most => format!(" ({least} to {most})"),
            _ => String::new(),
        };
        out += &format!("| `{}` | {default} | `{}` | {}{wanted} |\n", known.path, known.variable(), known.meaning);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'\n";

    fn faults(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::parse(text, find).expect_err("wrong settings").faults
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let settings = Settings::parse(LEAST, |_| None).unwrap();
        let table = Table::try_from(&settings).unwrap();
        for known in KNOWN.iter().filter(|known| !known.default.is_empty()) {
            assert_eq!(find(&table, known.path), Some(&known.read(known.default).unwrap()), "{}", known.path);
        }
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let text = format!("{LEAST}[server]\nlisten = '127.0.0.1:1'\n");
        let environment = |name: &str| match name {
            "POINTSMAN_SERVER_LISTEN" => Some("0.0.0.0:80".to_owned()),
            "POINTSMAN_SERVER_HTTPS" => Some("true".to_owned()),
            "POINTSMAN_PRIVACY_REP_FIGURES" => Some("admin, rep".to_owned()),
            _ => None,
        };
        let settings = Settings::parse(&text, environment).unwrap();
        assert_eq!((&*settings.server.listen, settings.server.https), ("0.0.0.0:80", true));
        assert_eq!(settings.privacy.rep_figures, [Role::Admin, Role::Rep]);
    }

    #[test]
    fn all_faults_are_told_together() {
        let text = "format = 2\nzone = 7\ncurrency = 'EUR'\ncolour = 'red'\n\
                    [server]\nlisten = 'here'\nrate = 0\nlisen = 'x'\n[privacy]\nrep_figures = ['boss']\n[sever]\na = 1\n";
        let told = faults(text, &[("POINTSMAN_SERVER_HTTPS", "yes")]);
        let expected = [
            "colour is no setting; there are format",
            "server.lisen is no setting; there are server.listen",
            "sever is no setting",
            "format is 2, but this version reads 1",
            "zone is 7, but a text is wanted",
            "policy is missing: the policy that rules",
            "server.listen is \"here\", but an address like",
            "POINTSMAN_SERVER_HTTPS is neither true nor false",
            "server.rate is 0, but a whole number from 1",
            "privacy.rep_figures is [\"boss\"], but a list of roles",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for part in expected {
            assert!(told.iter().any(|fault| fault.starts_with(part)), "no '{part}' in {told:#?}");
        }
        assert!(faults("format = ", &[])[0].contains("line 1"));
    }
}
