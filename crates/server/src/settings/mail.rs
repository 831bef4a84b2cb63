//! `[mail.NAME]`: a mail server through which reps are written.

use std::{path::Path, time::Duration};

use pointsman_connect::{
    MailServer, Mailer,
    mail::{Login, MailerConfig},
};
use serde::{Deserialize, Serialize};

use super::{authorities, known::rep_events, variable};
use crate::deliver::{Outlet, Sink};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    pub url: Box<str>,
    pub from: Box<str>,
    pub reply_to: Option<Box<str>>,
    #[serde(default = "events")]
    pub events: Vec<Box<str>>,
    pub user: Option<Box<str>>,
    /// Where the environment does not hold the password.
    pub password_file: Option<Box<str>>,
    pub ca_file: Option<Box<str>>,
    #[serde(default = "super::attempts")]
    pub attempts: u32,
    #[serde(default = "super::timeout_seconds")]
    pub timeout_seconds: u32,
}

fn events() -> Vec<Box<str>> {
    rep_events().map(Into::into).collect()
}

pub(super) fn sink(
    name: &str,
    settings: &MailSettings,
    workspace: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Sink, String> {
    let server = MailServer::parse(&settings.url).map_err(|error| format!("its url {error}"))?;
    let authorities = authorities(settings.ca_file.as_deref(), workspace)?;
    let mailer = Mailer::new(MailerConfig {
        server,
        from: &settings.from,
        reply_to: settings.reply_to.as_deref(),
        login: login(name, settings, workspace, environment)?,
        authorities: authorities.as_deref(),
        patience: Duration::from_secs(u64::from(settings.timeout_seconds)),
    });
    let events = settings.events.iter().map(|event| event.parse()).collect::<Result<_, _>>()?;
    let outlet = Outlet::Mail(mailer.map_err(|error| error.to_string())?);
    Ok(Sink { name: name.into(), outlet, events, attempts: settings.attempts })
}

/// Name and password, or neither.
fn login(
    name: &str,
    settings: &MailSettings,
    workspace: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Login>, String> {
    let variable = variable(&format!("mail.{name}.password"));
    let password = match (environment(&variable), &settings.password_file) {
        (Some(text), _) => Some(text),
        (None, Some(file)) => {
            let path = workspace.join(&**file);
            Some(std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?)
        }
        (None, None) => None,
    };
    // The line's end of a file is not the password's.
    let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty());
    match (&settings.user, password) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) => Ok(Some(Login { user: user.to_string(), password })),
        (Some(_), None) => Err(format!("it names a user and has no password: set {variable}, or password_file")),
        (None, Some(_)) => Err("it has a password and names no user".into()),
    }
}
