//! Every setting once: what it may be, how it is read and checked, and the page made of them.

use std::net::SocketAddr;

use pointsman_connect::{MailServer, Target, mail::letter::is_sender};
use pointsman_report::Locale;
use toml::{Table, Value};

use crate::{access::Role, deliver::message::EventName};

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
    /// Where spans are sent; empty is nowhere.
    Collector,
    /// A share, from 0 to 1.
    Ratio,
    /// The server that letters are handed to.
    MailServer,
    /// Who writes a letter, or is answered.
    Sender,
    /// Names of what is told.
    Events,
    /// Of those, what tells a rep.
    RepEvents,
    /// A language that pages are written in.
    Language,
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
        "threads that read, each with a connection, at most; 0 is 16; on PostgreSQL a replica has about eight connections more for writing and looking",
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
        "server.language",
        Kind::Language,
        "en",
        "of pages, en or de, for readers who neither chose one nor whose browser asks for one of the two",
    ),
    known(
        "privacy.rep_figures",
        Kind::Roles,
        "admin,ops",
        "roles that see figures of single reps (in Germany they are performance data)",
    ),
    known(
        "traces.endpoint",
        Kind::Collector,
        "none",
        "where traces are sent (OTLP over HTTP, protobuf), as http://collector:4318; without a path /v1/traces",
    ),
    known(
        "traces.ratio",
        Kind::Ratio,
        "1",
        "share of the traces that begin here which is recorded; a caller's `traceparent` decides for theirs",
    ),
    known(
        "traces.service",
        Kind::Text,
        "pointsman",
        "`service.name`: what this server is called among the traced ones",
    ),
    known(
        "traces.timeout_seconds",
        Kind::Count(1, 60),
        "10",
        "a collector that takes longer did not take the spans; nothing else waits for it",
    ),
    known(
        "traces.headers_file",
        Kind::Text,
        "-",
        "a file with headers for the collector, NAME=VALUE in lines; read where POINTSMAN_TRACES_HEADERS is not set",
    ),
    known("traces.ca_file", Kind::Text, "-", "certificates (PEM) that are trusted besides the well-known ones"),
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
    known(
        "mail.NAME.url",
        Kind::MailServer,
        "",
        "the mail server: smtps://host:465, or smtp://host:587 (STARTTLS; in the clear to this machine only)",
    ),
    known("mail.NAME.from", Kind::Sender, "", "who writes: leads@firm.example, or Leads <leads@firm.example>"),
    known("mail.NAME.reply_to", Kind::Sender, "-", "where answers go; to the sender, if absent"),
    known(
        "mail.NAME.events",
        Kind::RepEvents,
        "lead.owned,lead.offered,lead.reassigned",
        "what reps are written about (docs/mail.md)",
    ),
    known("mail.NAME.user", Kind::Text, "-", "the name at the mail server; without one there is no login"),
    known(
        "mail.NAME.password_file",
        Kind::Text,
        "-",
        "a file with the password of the user; read where POINTSMAN_MAIL_NAME_PASSWORD is not set",
    ),
    known("mail.NAME.ca_file", Kind::Text, "-", "certificates (PEM) that are trusted besides the well-known ones"),
    known("mail.NAME.attempts", Kind::Count(1, 100), "16", "a letter is given up after so many"),
    known("mail.NAME.timeout_seconds", Kind::Count(1, 60), "10", "a mail server that takes longer did not answer"),
];

impl Known {
    /// The name in the environment: `server.listen` is `POINTSMAN_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        variable(self.path)
    }

    /// Takes the environment's value for this path before the file's, and checks it.
    pub(super) fn take(
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
    pub(super) fn read(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Kind::Base | Kind::Collector if text == "none" => Ok(Value::String(String::new())),
            Kind::Text
            | Kind::Address
            | Kind::Url
            | Kind::MailServer
            | Kind::Sender
            | Kind::Base
            | Kind::Collector
            | Kind::Language => Ok(Value::String(text.into())),
            Kind::Ratio => text.parse().map(Value::Float).map_err(|_| "is no number".into()),
            Kind::Flag => text.parse().map(Value::Boolean).map_err(|_| "is neither true nor false".into()),
            Kind::Count(..) => text.parse().map(Value::Integer).map_err(|_| "is no whole number".into()),
            Kind::Roles | Kind::Events | Kind::RepEvents => {
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
            (Kind::Language, Value::String(text)) => Locale::parse(text).is_some(),
            (Kind::Count(least, most), Value::Integer(n)) => (least..=most).contains(n),
            (Kind::Base, Value::String(text)) => {
                text.is_empty() || (Target::parse(text).is_ok() && !text.ends_with('/'))
            }
            (Kind::Url, Value::String(text)) => {
                return Target::parse(text).map(drop).map_err(|why| format!("'{text}' {why}"));
            }
            (Kind::Collector, Value::String(text)) => {
                // Not with the address, which may hold a password.
                let read = if text.is_empty() { Ok(()) } else { Target::parse_plain(text).map(drop) };
                return read.map_err(|why| why.to_string());
            }
            (Kind::Ratio, Value::Float(ratio)) => (0.0..=1.0).contains(ratio),
            (Kind::Ratio, Value::Integer(ratio)) => (0..=1).contains(ratio),
            (Kind::MailServer, Value::String(text)) => {
                return MailServer::parse(text).map(drop).map_err(|why| format!("'{text}' {why}"));
            }
            (Kind::Sender, Value::String(text)) => is_sender(text),
            (Kind::RepEvents, Value::Array(names)) => {
                !names.is_empty()
                    && names.iter().all(|name| name.as_str().is_some_and(|name| rep_events().any(|e| e == name)))
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
            Kind::Language => "en or de is wanted".into(),
            Kind::Count(1, 1) => "this version reads 1".into(),
            Kind::Count(least, most) => format!("a whole number from {least} to {most} is wanted"),
            Kind::Roles => format!("a list of roles is wanted: {}", Role::names()),
            Kind::Base => "an address like https://leads.example.com is wanted, without a slash at its end".into(),
            Kind::Url => "an address like https://host/path is wanted".into(),
            Kind::Collector => "an address like http://collector:4318 is wanted".into(),
            Kind::Ratio => "a number from 0 to 1 is wanted".into(),
            Kind::MailServer => "an address like smtps://host:465 is wanted".into(),
            Kind::Sender => "an address like Leads <leads@firm.example> is wanted".into(),
            Kind::RepEvents => {
                format!("a list of what tells a rep is wanted: {}", rep_events().collect::<Vec<_>>().join(", "))
            }
            Kind::Events => format!("a list of events is wanted: {}", EventName::ALL.map(EventName::as_str).join(", ")),
        }
    }
}

/// What tells a rep something.
pub(super) fn rep_events() -> impl Iterator<Item = &'static str> {
    EventName::ALL.into_iter().filter(|event| event.tells_a_rep()).map(EventName::as_str)
}

pub(super) fn variable(path: &str) -> String {
    format!("POINTSMAN_{}", path.to_uppercase().replace(['.', '-'], "_"))
}

/// The paths that a setting of named sections has in this file.
pub(super) fn paths(path: &str, table: &Table) -> Vec<String> {
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
pub(super) fn unknown(prefix: &str, table: &Table, faults: &mut Vec<String>) {
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

pub(super) fn find<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((section, rest)) => find(table.get(section)?.as_table()?, rest),
        None => table.get(path),
    }
}

pub(super) fn put(table: &mut Table, path: &str, value: Value) {
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

/// What the page says of variables that are not ours.
const STANDARD: &str = "
Of traces the variables of OpenTelemetry are read too. They go before the file, and ours before them:

| in the environment | is |
|---|---|
| `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` behind it | `traces.endpoint`: either switches traces on |
| `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, else `OTEL_EXPORTER_OTLP_HEADERS` | `POINTSMAN_TRACES_HEADERS`; not both |
| `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES` (whose others are sent too) | `traces.service` |
| `OTEL_TRACES_SAMPLER_ARG` | `traces.ratio`, unless `OTEL_TRACES_SAMPLER` is `always_on` (1) or `always_off` (0); always `parentbased_` |
| `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT` (milliseconds) | `traces.timeout_seconds`, rounded up |
| `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`, else `OTEL_EXPORTER_OTLP_CERTIFICATE` | `traces.ca_file` |
| `OTEL_SDK_DISABLED=true`, `OTEL_TRACES_EXPORTER=none`, `POINTSMAN_TRACES_ENDPOINT=none` | no traces, whatever else is set |
| `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, else `OTEL_EXPORTER_OTLP_PROTOCOL` | must be `http/protobuf`, where it is set |
";

/// `docs/settings.md`, whole.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Settings\n\nOf a workspace: `pointsman.toml` in its folder. A variable of the environment goes before the file. All of it is\n\
         checked at the start and all faults are told together. Secrets are never in the file: keys and users are in the store\n\
         (`pointsman keys`, `pointsman users`), further keys in `POINTSMAN_API_KEYS=NAME:KEY,…`; `POINTSMAN_LOG` says what is logged\n\
         (`info` for a line per request and decision); secrets of webhooks in `POINTSMAN_WEBHOOKS_NAME_SECRET`, passwords of mail\n\
         servers in `POINTSMAN_MAIL_NAME_PASSWORD`, headers for the collector of traces in `POINTSMAN_TRACES_HEADERS`\n\
         (`NAME=VALUE,…`, odd characters as `%XX`). `NAME` is a name of\n\
         your own: a section has one for each system. Made from `crates/server/src/settings/known.rs`, and compared with it by a test.\n\n\
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
    out + STANDARD
}
