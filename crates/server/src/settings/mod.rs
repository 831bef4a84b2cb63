//! `pointsman.toml`: the settings of a workspace, and what the environment says instead. Every
//! setting stands once in [`KNOWN`], with what it may be; the page `docs/settings.md` is made from
//! there. All faults are told together. Secrets come from the environment or a file, never from
//! here.

mod known;
mod mail;
mod traces;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use pointsman_connect::{Secret, Target, Webhook};
use pointsman_decision::RoutingSettings;
use pointsman_domain::{Currency, Micros, PolicyName};
use pointsman_intake::Mapping;
use pointsman_measure::kpi::KpiSpec;
use pointsman_report::Locale;
use pointsman_store::Location;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{
    access::{RepFigures, Role},
    api::hooks::Hook,
    config::ServeConfig,
    deliver::{Outlet, Sink},
    listen::Connections,
    traces::TraceConfig,
};

pub use known::{KNOWN, Kind, Known, NAMED, markdown};
use known::{paths, unknown, variable};
pub use mail::MailSettings;
use traces::Standard;
pub use traces::TraceSettings;

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
    /// Where traces go.
    #[serde(default)]
    pub traces: TraceSettings,
    /// Systems that are told what happens, by name.
    #[serde(default)]
    pub webhooks: BTreeMap<Box<str>, WebhookSettings>,
    /// Mail servers through which reps are written, by name.
    #[serde(default)]
    pub mail: BTreeMap<Box<str>, MailSettings>,
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
    pub language: Locale,
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
            language: Locale::En,
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
        Standard::of(&environment, &mut faults).take(&mut table);
        for known in KNOWN {
            known.take(known.path, &mut table, &environment, &mut faults);
        }
        for known in NAMED {
            for path in paths(known.path, &table) {
                known.take(&path, &mut table, &environment, &mut faults);
            }
        }
        Standard::of(&environment, &mut faults).finish(&mut table);
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

    /// The receivers and mail servers, with their secrets from the environment or a file. All faults
    /// together.
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
        for (name, settings) in &self.mail {
            // What is still to be told is kept by the name alone.
            let taken = self.webhooks.contains_key(name).then(|| format!("the name is taken by webhooks.{name}"));
            match taken.map_or_else(|| mail::sink(name, settings, workspace, &environment), Err) {
                Ok(sink) => sinks.push(Arc::new(sink)),
                Err(why) => faults.push(format!("mail.{name}: {why}")),
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

    /// Where traces go, with what the collector asks for from the environment or a file; `None`
    /// where they are off. All faults together.
    #[expect(clippy::disallowed_methods, reason = "settings are an edge: this is where secrets are read")]
    pub fn tracing(&self, workspace: &Path) -> Result<Option<Arc<TraceConfig>>, SettingsError> {
        self.traces.resolve(workspace, &|name| std::env::var(name).ok())
    }

    /// What a server needs to be told; without documents and keys. All faults together.
    pub fn serve_config(&self, workspace: &Path) -> Result<ServeConfig, SettingsError> {
        let server = &self.server;
        let listen = server
            .listen
            .parse()
            .map_err(|_| SettingsError::one(format!("server.listen is '{}', which is no address", server.listen)));
        let mut faults = Vec::new();
        let (store, listen) = (kept(self.store(workspace), &mut faults), kept(listen, &mut faults));
        let (kpi, traces) = (kept(figures(workspace), &mut faults), kept(self.tracing(workspace), &mut faults));
        let (hooks, sinks) = (kept(self.sources(workspace), &mut faults), kept(self.sinks(workspace), &mut faults));
        let (Some(store), Some(listen), Some(kpi), Some(traces), Some(hooks), Some(sinks)) =
            (store, listen, kpi, traces, hooks, sinks)
        else {
            return Err(SettingsError { faults });
        };
        Ok(ServeConfig {
            store,
            listen,
            rate: server.rate,
            https: server.https,
            figures: RepFigures(self.privacy.rep_figures.clone()),
            kpi,
            duplicate_window: Micros::DAY.times(i64::from(server.duplicate_days)),
            timeout: Duration::from_secs(u64::from(server.timeout_seconds)),
            connections: Connections { most: server.connections as usize, ..Connections::default() },
            public_url: Some(server.public_url.to_string()).filter(|url| !url.is_empty()),
            language: server.language,
            readers: self.store.readers as usize,
            hooks,
            sinks,
            traces,
            ..ServeConfig::of_folder(workspace)
        })
    }
}

/// What was resolved, or else its faults to the others.
fn kept<T>(resolved: Result<T, SettingsError>, faults: &mut Vec<String>) -> Option<T> {
    resolved.map_err(|error| faults.extend(error.faults)).ok()
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
    let authorities = authorities(settings.ca_file.as_deref(), workspace)?;
    let patience = Duration::from_secs(u64::from(settings.timeout_seconds));
    let webhook = Webhook::new(target, secrets, authorities.as_deref(), patience).map_err(|error| error.to_string())?;
    let events = settings.events.iter().map(|event| event.parse()).collect::<Result<_, _>>()?;
    Ok(Sink { name: name.into(), outlet: Outlet::Webhook(webhook), events, attempts: settings.attempts })
}

/// Certificates that are trusted besides the well-known ones.
fn authorities(file: Option<&str>, workspace: &Path) -> Result<Option<Vec<u8>>, String> {
    let Some(file) = file else { return Ok(None) };
    let path = workspace.join(file);
    std::fs::read(&path).map(Some).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{known::find, *};

    const LEAST: &str = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'\n";

    fn faults(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::parse(text, find).expect_err("wrong settings").faults
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let settings = Settings::parse(LEAST, |_| None).unwrap();
        let table = Table::try_from(&settings).unwrap();
        for known in KNOWN.iter().filter(|known| !matches!(known.default, "" | "-")) {
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
    fn a_mail_server_needs_an_address_a_sender_and_both_or_neither_of_name_and_password() {
        let folder = std::env::temp_dir();
        let read = |lines: &str| Settings::parse(&format!("{LEAST}{lines}"), |_| None).unwrap().sinks(&folder);
        let good = read("[mail.reps]\nurl = 'smtps://mail.example'\nfrom = 'Leads <leads@firm.example>'\n").unwrap();
        assert_eq!((good[0].outlet.address().as_str(), good[0].attempts), ("smtps://mail.example:465", 16));
        assert!(good[0].events.iter().all(|event| event.tells_a_rep()) && good[0].events.len() == 3);
        let wrong = "[webhooks.reps]\nurl = 'https://crm.example'\nsecret_file = 'none'\n\
                     [mail.reps]\nurl = 'smtps://mail.example'\nfrom = 'leads@firm.example'\n\
                     [mail.c]\nurl = 'smtps://mail.example'\nfrom = 'leads@firm.example'\nuser = 'x'\n\
                     [mail.d]\nurl = 'smtps://mail.example'\nfrom = 'leads@firm.example'\nca_file = 'none.pem'\n";
        let told = read(wrong).expect_err("wrong").faults;
        for part in [
            "mail.reps: the name is taken by webhooks.reps",
            "mail.c: it names a user and has no password: set POINTSMAN_MAIL_C_PASSWORD, or password_file",
            "mail.d: cannot read",
        ] {
            assert!(told.iter().any(|fault| fault.starts_with(part)), "no '{part}' in {told:#?}");
        }
        let unread = "[mail.a]\nfrom = 'leads'\nreply_to = 'x@müller.example'\nurl = 'http://mail.example'\nevents = ['lead.parked']\n[mail.b]\npassword = 'x'\n";
        let told = faults(&format!("{LEAST}{unread}"), &[("POINTSMAN_MAIL_A_ATTEMPTS", "0")]);
        for part in [
            "mail.a.url 'http://mail.example' is no address like smtps://host:465",
            "mail.a.events is [\"lead.parked\"], but a list of what tells a rep is wanted: lead.owned, lead.offered, lead.reassigned",
            "mail.a.from is \"leads\", but an address like Leads <leads@firm.example> is wanted",
            "mail.a.reply_to is \"x@müller.example\", but",
            "mail.a.attempts is 0",
            "mail.b.password is no setting",
            "mail.b.url is missing",
            "mail.b.from is missing",
        ] {
            assert!(told.iter().any(|fault| fault.starts_with(part)), "no '{part}' in {told:#?}");
        }
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
